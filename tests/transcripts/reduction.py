"""Fully connected layers."""

import numpy as np


def linear_backward(dZ, A_prev, W, b):
    m = A_prev.shape[0]
    dW = np.dot(A_prev.T, dZ) / m
    db = np.sum(dZ, axis=0) / m
    dA_prev = np.dot(dZ, W.T)
    return dA_prev, dW, db


def dense_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout


def fc_backward(grad, x, W, b):
    return grad @ W.T, grad.T @ x, grad.sum(axis=1)
