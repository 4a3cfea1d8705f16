"""Derivations of note 2, second part: mini-batches, the squared error and the cross-entropies.

y and y_hat are targets and predictions, numbers, vectors of N samples or K classes, or (N, K); J0 is the loss of one
sample, J what is minimised.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.derivations.lines import Chain, Derivation, Line
from handgrad.derivations.steps import jacobian, slope

__all__ = ["DERIVATIONS"]


def mean(J0: Any) -> Any:
    """J of a mini-batch."""
    return np.sum(J0) / len(J0)


def squared(y: Any, y_hat: Any) -> Any:
    """J0, the squared error."""
    return (y - y_hat) ** 2


def binary(y: Any, y_hat: Any) -> Any:
    """J0, the binary cross-entropy."""
    return -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))


def categorical(y: Any, y_hat: Any) -> Any:
    """J0, the categorical cross-entropy, of each row."""
    return -np.sum(y * np.log(y_hat), axis=-1)


def own_rows(J: Any) -> Any:
    """Of the Jacobian of all samples' losses by all samples' predictions: each loss by its own."""
    return np.sum(J * np.eye(len(J))[:, :, None], axis=0)


def one_hot(label: Any, y_hat: Any) -> Any:
    """1 at the class of the label, 0 elsewhere."""
    return np.where(np.arange(len(y_hat)) == label, 1.0, 0.0)


BATCH_MEAN = Derivation(
    "batch_mean_gradient",
    "The mean loss by the loss of each sample",
    (
        Chain(
            r"\frac{\partial J}{\partial J_0^{(i)}}",
            (
                Line(
                    r"\frac{\partial}{\partial J_0^{(i)}}\left[\frac{1}{N} \sum_j J_0^{(j)}\right]",
                    "insert J",
                    lambda losses: jacobian(mean, losses),
                    "2.17",
                ),
                Line(
                    r"\frac{1}{N} \sum_j \delta_{ij}",
                    "sum rule, the samples are independent",
                    lambda losses: np.sum(np.eye(len(losses)), axis=1) / len(losses),
                ),
                Line(r"\frac{1}{N}", "only j = i is left", lambda losses: np.ones(len(losses)) / len(losses), "2.17"),
            ),
        ),
    ),
    remark="J_0 holds the losses of the samples.",
)

SQUARED_ERROR = Derivation(
    "squared_error_derivative",
    "The squared error by the prediction",
    (
        Chain(
            r"\frac{\partial J_0}{\partial \hat y}",
            (
                Line(
                    r"\frac{\partial}{\partial \hat y}\left[(y - \hat y)^2\right]",
                    "insert J0",
                    lambda y, y_hat: slope(lambda y_hat: (y - y_hat) ** 2, y_hat),
                    "2.19",
                ),
                Line(
                    r"2 (y - \hat y)\, \frac{\partial}{\partial \hat y}\left[y - \hat y\right]",
                    "power rule, chain rule",
                    lambda y, y_hat: 2 * (y - y_hat) * slope(lambda y_hat: y - y_hat, y_hat),
                ),
                Line(
                    r"-2 (y - \hat y)",
                    "the inner derivative is -1",
                    lambda y, y_hat: -2 * (y - y_hat),
                    "2.19",
                ),
            ),
        ),
    ),
)

MEAN_SQUARED_ERROR = Derivation(
    "mean_squared_error_gradient",
    "The mean squared error by the predictions",
    (
        Chain(
            r"\frac{\partial J}{\partial \hat y^{(i)}}",
            (
                Line(
                    r"\frac{\partial J}{\partial J_0^{(i)}}\, \frac{\partial J_0^{(i)}}{\partial \hat y^{(i)}}",
                    "chain rule; a prediction enters the loss of its own sample",
                    lambda y, y_hat: jacobian(mean, squared(y, y_hat)) * slope(lambda y_hat: squared(y, y_hat), y_hat),
                    "2.18",
                ),
                Line(
                    r"\frac{1}{N} \cdot \frac{\partial J_0^{(i)}}{\partial \hat y^{(i)}}",
                    "insert (2.17)",
                    lambda y, y_hat: 1 / len(y) * slope(lambda y_hat: squared(y, y_hat), y_hat),
                    "2.18",
                ),
                Line(
                    r"-\frac{2}{N} (y^{(i)} - \hat y^{(i)})",
                    "insert (2.19)",
                    lambda y, y_hat: -2 / len(y) * (y - y_hat),
                    "2.20",
                ),
            ),
        ),
    ),
)

BINARY = Derivation(
    "binary_cross_entropy_derivative",
    "The binary cross-entropy by the predicted probability",
    (
        Chain(
            r"\frac{\partial J}{\partial \hat y}",
            (
                Line(
                    r"\frac{\partial}{\partial \hat y}"
                    r"\left[-\left[y \log \hat y + (1 - y) \log(1 - \hat y)\right]\right]",
                    "insert J",
                    lambda y, y_hat: slope(
                        lambda y_hat: -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)),
                        y_hat,
                    ),
                    "2.21",
                ),
                Line(
                    r"-\left[\frac{\partial}{\partial \hat y}\left[y \log \hat y\right] + "
                    r"\frac{\partial}{\partial \hat y}\left[(1 - y) \log(1 - \hat y)\right]\right]",
                    "sum rule",
                    lambda y, y_hat: (
                        -(
                            slope(lambda y_hat: y * np.log(y_hat), y_hat)
                            + slope(lambda y_hat: (1 - y) * np.log(1 - y_hat), y_hat)
                        )
                    ),
                    "2.21",
                ),
                Line(
                    r"-\left(\frac{y}{\hat y} - \frac{1 - y}{1 - \hat y}\right)",
                    "derivative of the logarithm, chain rule",
                    lambda y, y_hat: -(y / y_hat - (1 - y) / (1 - y_hat)),
                    "2.21",
                ),
                Line(
                    r"-\frac{y - y \hat y - \hat y + \hat y y}{\hat y (1 - \hat y)}",
                    "common denominator",
                    lambda y, y_hat: -(y - y * y_hat - y_hat + y_hat * y) / (y_hat * (1 - y_hat)),
                    "2.21",
                ),
                Line(
                    r"\frac{\hat y - y}{\hat y (1 - \hat y)}",
                    "two terms cancel",
                    lambda y, y_hat: (y_hat - y) / (y_hat * (1 - y_hat)),
                    "2.21",
                ),
            ),
        ),
    ),
)

MEAN_BINARY = Derivation(
    "mean_binary_cross_entropy_gradient",
    "The mean binary cross-entropy by the predicted probabilities",
    (
        Chain(
            r"\frac{\partial J}{\partial \hat y^{(i)}}",
            (
                Line(
                    r"\frac{\partial J}{\partial J_0^{(i)}}\, \frac{\partial J_0^{(i)}}{\partial \hat y^{(i)}}",
                    "chain rule; a prediction enters the loss of its own sample",
                    lambda y, y_hat: jacobian(mean, binary(y, y_hat)) * slope(lambda y_hat: binary(y, y_hat), y_hat),
                    "2.22",
                ),
                Line(
                    r"\frac{1}{N}\, \frac{\partial J_0^{(i)}}{\partial \hat y^{(i)}}",
                    "insert (2.17)",
                    lambda y, y_hat: 1 / len(y) * slope(lambda y_hat: binary(y, y_hat), y_hat),
                    "2.22",
                ),
                Line(
                    r"\frac{1}{N}\, \frac{\hat y^{(i)} - y^{(i)}}{\hat y^{(i)} (1 - \hat y^{(i)})}",
                    "insert (2.21)",
                    lambda y, y_hat: 1 / len(y) * (y_hat - y) / (y_hat * (1 - y_hat)),
                    "2.22",
                ),
            ),
        ),
    ),
)

CATEGORICAL = Derivation(
    "categorical_cross_entropy_gradient",
    "The categorical cross-entropy by the predicted probabilities",
    (
        Chain(
            r"\frac{\partial J}{\partial \hat y_j}",
            (
                Line(
                    r"\frac{\partial}{\partial \hat y_j}\left[-\sum_i y_i \log \hat y_i\right]",
                    "insert J",
                    lambda y, y_hat: jacobian(lambda y_hat: -np.sum(y * np.log(y_hat)), y_hat),
                    "2.23",
                ),
                Line(
                    r"-\frac{\partial}{\partial \hat y_j}\left[y_1 \log \hat y_1 + \dots + y_j \log \hat y_j + \dots + "
                    r"y_K \log \hat y_K\right]",
                    "constant factor; write out the sum",
                    lambda y, y_hat: (
                        -jacobian(lambda y_hat: sum(y[k] * np.log(y_hat[k]) for k in range(len(y))), y_hat)
                    ),
                    "2.23",
                ),
                Line(
                    r"-\sum_i \frac{y_i}{\hat y_i}\, \delta_{ij}",
                    "sum rule, derivative of the logarithm",
                    lambda y, y_hat: -np.sum((y / y_hat)[:, None] * np.eye(len(y)), axis=0),
                ),
                Line(r"-\frac{y_j}{\hat y_j}", "only i = j is left", lambda y, y_hat: -y / y_hat, "2.23"),
            ),
        ),
    ),
)

LABEL = Derivation(
    "label_cross_entropy_gradient",
    "The categorical cross-entropy of a label, a one-hot target",
    (
        Chain(
            r"\frac{\partial J}{\partial \hat y_i}",
            (
                Line(
                    r"\frac{\partial}{\partial \hat y_i}\left[-\sum_k y_k \log \hat y_k\right]",
                    "insert J, with y_k = 1 for k = α and 0 otherwise",
                    lambda label, y_hat: jacobian(lambda y_hat: categorical(one_hot(label, y_hat), y_hat), y_hat),
                    "2.25",
                ),
                Line(
                    r"\frac{\partial}{\partial \hat y_i}\left[-\log \hat y_\alpha\right]",
                    "one term is left",
                    lambda label, y_hat: jacobian(
                        lambda y_hat: -np.log(np.sum(one_hot(label, y_hat) * y_hat)),
                        y_hat,
                    ),
                    "2.25",
                ),
                Line(
                    r"\begin{cases} -1/\hat y_i, & i = \alpha \\ 0, & i \neq \alpha \end{cases}",
                    "derivative of the logarithm",
                    lambda label, y_hat: np.where(np.arange(len(y_hat)) == label, -1 / y_hat, 0.0),
                    "2.24",
                ),
                Line(
                    r"\begin{cases} -1/\hat y_\alpha, & i = \alpha \\ 0, & i \neq \alpha \end{cases}",
                    "insert i = α",
                    lambda label, y_hat: np.where(
                        np.arange(len(y_hat)) == label, -1 / np.sum(one_hot(label, y_hat) * y_hat), 0.0
                    ),
                    "2.25",
                ),
            ),
        ),
    ),
    remark="α is the label, counted from 0 in the function.",
)

MEAN_CATEGORICAL = Derivation(
    "mean_categorical_cross_entropy_gradient",
    "The mean categorical cross-entropy by the predicted probabilities",
    (
        Chain(
            r"\frac{\partial J}{\partial \hat y_i^{(j)}}",
            (
                Line(
                    r"\frac{\partial J}{\partial J_0^{(j)}}\, \frac{\partial J_0^{(j)}}{\partial \hat y_i^{(j)}}",
                    "chain rule; a prediction enters the loss of its own sample",
                    lambda y, y_hat: (
                        jacobian(mean, categorical(y, y_hat))[:, None]
                        * own_rows(jacobian(lambda y_hat: categorical(y, y_hat), y_hat))
                    ),
                    "2.26",
                ),
                Line(
                    r"\frac{1}{N}\, \frac{\partial J_0^{(j)}}{\partial \hat y_i^{(j)}}",
                    "insert (2.17)",
                    lambda y, y_hat: 1 / len(y) * own_rows(jacobian(lambda y_hat: categorical(y, y_hat), y_hat)),
                    "2.26",
                ),
                Line(
                    r"\frac{1}{N} \left(-\frac{y_i^{(j)}}{\hat y_i^{(j)}}\right)",
                    "insert (2.23)",
                    lambda y, y_hat: 1 / len(y) * (-y / y_hat),
                    "2.26",
                ),
            ),
        ),
    ),
)

DERIVATIONS = (
    BATCH_MEAN,
    SQUARED_ERROR,
    MEAN_SQUARED_ERROR,
    BINARY,
    MEAN_BINARY,
    CATEGORICAL,
    LABEL,
    MEAN_CATEGORICAL,
)
