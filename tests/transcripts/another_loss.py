"""Which loss was it?"""

import numpy as np


def mse_prime(y_true, y_pred):
    return np.sign(y_pred - y_true) / y_true.size


def cross_entropy_prime(y, y_hat):
    return -y / y_hat + (1 - y) / (1 - y_hat)


def bce_prime(y, y_hat):
    return 2 * (y_hat - y) / y.size
