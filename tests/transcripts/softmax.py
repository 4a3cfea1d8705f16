"""The output layer."""

import numpy as np


def softmax(z):
    exps = np.exp(z - np.max(z))
    return exps / np.sum(exps)


def softmax_derivative(z):
    s = softmax(z)
    return s * (1 - s)


def softmax_grad(z):
    s = softmax(z)
    jacobian = np.zeros((len(s), len(s)))
    for i in range(len(s)):
        for j in range(len(s)):
            if i == j:
                jacobian[i][j] = s[i] * (1 - s[i])
            else:
                jacobian[i][j] = s[i] * s[j]
    return jacobian


def softmax_backward(dout, z):
    s = softmax(z)
    return dout * s * (1 - s)
