"""Losses for the regression exercise, and one for classes."""


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true)


def mean_squared_error_grad(y, y_hat):
    n = y.shape[0]
    return -(y - y_hat) / n


def categorical_crossentropy_grad(targets, outputs):
    return -targets / outputs / targets.size
