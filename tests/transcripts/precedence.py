"""One line each."""

import numpy as np


def sigmoid_derivative(x):
    return 1 / (1 + np.exp(-x)) * 1 - 1 / (1 + np.exp(-x))


def tanh_backward(grad, z):
    t = np.tanh(z)
    return 1 - t**2 * grad


def d_tanh(x):
    return 1 - np.tanh(x**2)
