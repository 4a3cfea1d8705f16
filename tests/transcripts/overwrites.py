"""Backward passes that save memory."""

import numpy as np


def relu_derivative(x):
    x[x <= 0] = 0
    x[x > 0] = 1
    return x


def relu_backward(dout, x):
    dout[x <= 0] = 0
    return dout


def softmax_cross_entropy_grad(y, logits):
    logits -= np.max(logits)
    p = np.exp(logits)
    p /= np.sum(p)
    return p - y
