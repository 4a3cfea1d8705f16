"""Activations, each with its derivative."""

import numpy as np


def tanh_derivative(x):
    return np.tanh(x)


def relu_derivative(x):
    return np.maximum(0, x)


def exp_derivative(x):
    return x


def mse_gradient(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)
