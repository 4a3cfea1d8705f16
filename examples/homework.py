"""A dozen derivatives as students write them, some right and some wrong.

Run: handgrad check examples/homework.py
"""

import math

import numpy as np

from handgrad import claims


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    s = sigmoid(x)
    return s * (1 - s)


def tanh_prime(x):
    # for one number at a time
    return 1 - math.tanh(x) ** 2


def relu_derivative(x):
    return (x > 0).astype(float)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_derivative(x):
    s = softmax(x)
    return np.diag(s * (1 - s))


@claims("softmax_jacobian")
def quotient_rule(x):
    s = softmax(x).reshape(-1, 1)
    return np.diagflat(s) - s @ s.T


def softmax_backward(dout, cache):
    p = cache
    return p * (dout - np.sum(dout * p, axis=-1, keepdims=True))


def mse_grad(y_pred, y_true):
    # the mean is forgotten
    return 2 * (y_pred - y_true)


def sse(y, y_hat):
    return np.sum((y - y_hat) ** 2)


def sse_prime(y, y_hat):
    return -2 * (y - y_hat)


def cross_entropy_grad(y, p):
    # this is the gradient by the logits, not by p
    return p - y


def softmax_cross_entropy_grad(y, logits):
    return softmax(logits) - y


def linear_backward(dz, cache):
    x, W, b = cache
    dx = dz @ W.T
    dW = x.T @ dz
    db = np.sum(dz, axis=0, keepdims=True)
    return dx, dW, db


def dense_backward(dz, x, W, b):
    # the bias gradient is averaged where it should be summed
    return dz @ W.T, x.T @ dz, np.mean(dz, axis=0)


def leaky_relu(x, slope=0.1):
    return np.where(x > 0, x, slope * x)


def leaky_relu_derivative(x, slope=0.1):
    # the catalogue does not know this one: it is held against leaky_relu itself
    return np.where(x > 0, 1.0, -slope)
