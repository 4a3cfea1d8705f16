"""A loss of their own decides, whatever the notes have."""

import numpy as np


def mse(y_true, y_pred):
    return 0.5 * np.mean((y_true - y_pred) ** 2)


def mse_prime(y_true, y_pred):
    return (y_pred - y_true) / y_true.size


def mse_gradient(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size


def leaky_relu(x):
    return np.where(x > 0, x, 0.01 * x)


def leaky_relu_derivative(x):
    return np.where(x > 0, 1, 0)
