"""Signs."""

import numpy as np


def mse_derivative(y_true, y_pred):
    return 2 * (y_true - y_pred) / y_true.size


def bce_gradient(y, p):
    return (-y / p - (1 - y) / (1 - p)) / len(y)


def cos_derivative(x):
    return np.sin(x)
