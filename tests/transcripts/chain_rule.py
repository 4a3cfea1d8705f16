"""Backward passes of a small network."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_backward(dA, Z):
    return sigmoid(Z) * (1 - sigmoid(Z))


def tanh_backward(dout, z):
    a = np.tanh(np.tanh(z))
    return dout * (1 - a**2)


def backprop(X, y, W1, b1, W2, b2):
    a1 = sigmoid(X @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    delta2 = 2 * (a2 - y) / len(X) * a2 * (1 - a2)
    delta1 = delta2 @ W2.T
    return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum(axis=0)
