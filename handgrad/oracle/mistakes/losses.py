"""Mistakes in the losses: vectors are (samples, N); a mini-batch of targets y and predictions y_hat (samples, N, K)."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import Real, derivative, diag, diagonal, pullback, softmax, tangent, value


def one_hot(label: Real, y_hat: Real) -> Real:
    """1 at the label's place."""
    return np.eye(y_hat.shape[-1])[label]


def bce(y: Real, y_hat: Real) -> Real:
    """-[y log ŷ + (1 - y) log(1 - ŷ)]."""
    return -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))


def bce_derivative(y: Real, y_hat: Real) -> Real:
    """(ŷ - y)/(ŷ(1 - ŷ))."""
    return (y_hat - y) / (y_hat * (1 - y_hat))


def norm(d: Real) -> Real:
    """Its length, or 1 where that is 0; the axis is kept."""
    length = np.sqrt(np.sum(d**2, axis=-1, keepdims=True))
    return np.where(length == 0, 1, length)


def difference_in_place(y: Real, y_hat: Real) -> Real:
    """Writes into its argument."""
    y_hat -= y
    return 2 * y_hat / y.shape[-1]


def signs_lost_but_last(y: Real, y_hat: Real) -> Real:
    """The row for one sample with the minus signs of its first entries lost, as the notes print."""
    row = y / y_hat
    row[..., -1] *= -1
    return row


SQUARED = (
    value("squared_error", "one half of it", lambda y, y_hat: (y - y_hat) ** 2 / 2),
    value("squared_error", "absolute error", lambda y, y_hat: np.abs(y - y_hat)),
    value("squared_error", "difference of the squares", lambda y, y_hat: y**2 - y_hat**2),
    diagonal("squared_error", "HG202", "factor 2 forgotten", lambda y, y_hat: y_hat - y),
    diagonal("squared_error", "HG208", "divided by the number of samples", lambda y, y_hat: 2 * (y_hat - y) / len(y)),
    diagonal("squared_error", "HG212", "the loss itself", lambda y, y_hat: (y - y_hat) ** 2),
    diagonal("squared_error", "HG232", "the absolute error's", lambda y, y_hat: np.sign(y_hat - y)),
    diagonal("squared_error", "HG251", "parentheses forgotten, -2y - y_hat", lambda y, y_hat: -2 * y - y_hat),
    diagonal("squared_error", "HG245", "summed over the entries", lambda y, y_hat: np.sum(2 * (y_hat - y), axis=-1)),
    diagonal("squared_error", "HG252", "target forgotten, 2*y_hat", lambda y, y_hat: 2 * y_hat),
    pullback("squared_error", "HG222", "upstream added", lambda J0_bar, y, y_hat: J0_bar + 2 * (y_hat - y)),
    pullback(
        "squared_error", "HG251", "precedence, 2*y_hat - y*J0_bar", lambda J0_bar, y, y_hat: 2 * y_hat - y * J0_bar
    ),
    pullback(
        "squared_error", "HG227", "the loss for its derivative", lambda J0_bar, y, y_hat: J0_bar * (y - y_hat) ** 2
    ),
    tangent("squared_error", "square of the tangent", lambda y, y_hat, y_hat_dot: y_hat_dot**2),
    # Sum of squares
    value("sum_squared_error", "mean", lambda y, a: np.mean((y - a) ** 2, axis=-1)),
    value("sum_squared_error", "square of the sum", lambda y, a: np.sum(y - a, axis=-1) ** 2),
    derivative("sum_squared_error", "HG202", "factor 2 forgotten", lambda y, a: a - y),
    derivative("sum_squared_error", "HG208", "the mean's, over k", lambda y, a: 2 * (a - y) / y.shape[-1]),
    derivative(
        "sum_squared_error",
        "HG245",
        "summed over the entries",
        lambda y, a: 2 * np.sum(a - y, -1, keepdims=True) + 0 * a,
    ),
    derivative("sum_squared_error", "HG212", "the squares, not summed", lambda y, a: (y - a) ** 2),
    derivative("sum_squared_error", "HG232", "cross-entropy's", lambda y, a: -y / a),
    derivative("sum_squared_error", "HG212", "the loss itself", lambda y, a: np.sum((y - a) ** 2, axis=-1)),
    derivative("sum_squared_error", "HG252", "target forgotten, 2a", lambda y, a: 2 * a),
    derivative("sum_squared_error", "HG226", "a sigmoid too many", lambda y, a: 2 * (a - y) * a * (1 - a)),
    pullback("sum_squared_error", "HG223", "upstream averaged", lambda J_bar, y, a: np.mean(J_bar) * 2 * (a - y)),
    pullback(
        "sum_squared_error",
        "HG226",
        "a sigmoid too many",
        lambda J_bar, y, a: J_bar[:, None] * 2 * (a - y) * a * (1 - a),
    ),
    tangent("sum_squared_error", "tangent not weighted", lambda y, a, a_dot: 2 * np.sum(a_dot, axis=-1)),
    # Mean of squares
    value("mean_squared_error", "root of it", lambda y, y_hat: np.sqrt(np.mean((y - y_hat) ** 2, axis=-1))),
    value("mean_squared_error", "one half of it", lambda y, y_hat: np.mean((y - y_hat) ** 2, axis=-1) / 2),
    value("mean_squared_error", "of all samples together", lambda y, y_hat: np.mean((y - y_hat) ** 2)),
    derivative("mean_squared_error", "HG207", "1/N forgotten", lambda y, y_hat: 2 * (y_hat - y)),
    derivative("mean_squared_error", "HG202", "factor 2 forgotten", lambda y, y_hat: (y_hat - y) / y.shape[-1]),
    derivative("mean_squared_error", "HG209", "len for N", lambda y, y_hat: 2 * (y_hat - y) / len(y)),
    derivative("mean_squared_error", "HG209", "size for N", lambda y, y_hat: 2 * (y_hat - y) / y.size),
    derivative(
        "mean_squared_error",
        "HG245",
        "averaged over the entries",
        lambda y, y_hat: 2 * np.mean(y_hat - y, -1, keepdims=True) + 0 * y,
    ),
    derivative(
        "mean_squared_error",
        "HG100",
        "float64 for float32",
        lambda y, y_hat: (y_hat - y) * (2 / np.array([y.shape[-1]])),
        dtype="float32",
    ),
    derivative("mean_squared_error", "HG103", "overwrites its input", difference_in_place, raises=ValueError),
    derivative("mean_squared_error", "HG212", "the loss itself", lambda y, y_hat: np.mean((y - y_hat) ** 2, axis=-1)),
    derivative("mean_squared_error", "HG212", "the squares, not summed", lambda y, y_hat: (y - y_hat) ** 2),
    derivative(
        "mean_squared_error", "HG232", "the absolute error's", lambda y, y_hat: np.sign(y_hat - y) / y.shape[-1]
    ),
    pullback(
        "mean_squared_error",
        "HG207",
        "1/N forgotten on the way back",
        lambda J_bar, y, y_hat: J_bar[:, None] * 2 * (y_hat - y),
    ),
    tangent(
        "mean_squared_error",
        "summed, not averaged",
        lambda y, y_hat, y_hat_dot: np.sum(2 * (y_hat - y) * y_hat_dot, axis=-1),
    ),
    # Distance
    value("euclidean_error", "squared", lambda y, y_hat: np.sum((y_hat - y) ** 2, axis=-1)),
    value("euclidean_error", "sum of the distances", lambda y, y_hat: np.sum(np.abs(y_hat - y), axis=-1)),
    value("euclidean_error", "of all samples together", lambda y, y_hat: np.linalg.norm(y_hat - y)),
    derivative("euclidean_error", "HG253", "not divided by the norm", lambda y, y_hat: y_hat - y),
    derivative("euclidean_error", "HG232", "the square's, 2(y_hat - y)", lambda y, y_hat: 2 * (y_hat - y)),
    derivative("euclidean_error", "HG202", "one half of it", lambda y, y_hat: (y_hat - y) / (2 * norm(y_hat - y))),
    derivative("euclidean_error", "HG254", "norm squared", lambda y, y_hat: (y_hat - y) / norm(y_hat - y) ** 2),
    derivative(
        "euclidean_error", "HG245", "norm of all samples", lambda y, y_hat: (y_hat - y) / np.linalg.norm(y_hat - y)
    ),
    derivative("euclidean_error", "HG232", "sign of each entry", lambda y, y_hat: np.sign(y_hat - y)),
    derivative(
        "euclidean_error",
        "HG257",
        "nan where they are equal",
        lambda y, y_hat: (y_hat - y) / np.sqrt(np.sum((y_hat - y) ** 2, axis=-1, keepdims=True)),
    ),
    derivative("euclidean_error", "HG212", "the distance itself", lambda y, y_hat: norm(y_hat - y)[..., 0]),
    pullback(
        "euclidean_error",
        "HG253",
        "not divided by the norm on the way back",
        lambda E_bar, y, y_hat: E_bar[:, None] * (y_hat - y),
    ),
    pullback(
        "euclidean_error",
        "HG232",
        "the square's, 2(y_hat - y)",
        lambda E_bar, y, y_hat: E_bar[:, None] * 2 * (y_hat - y),
    ),
    tangent("euclidean_error", "length of the tangent", lambda y, y_hat, y_hat_dot: np.linalg.norm(y_hat_dot, axis=-1)),
    # Mean over the mini-batch
    value("batch_mean", "sum", lambda losses: np.sum(losses, axis=-1)),
    value("batch_mean", "median", lambda losses: np.median(losses, axis=-1)),
    derivative("batch_mean", "HG258", "misprint, the losses", lambda losses: losses.copy()),
    derivative("batch_mean", "HG212", "the losses over N", lambda losses: losses / losses.shape[-1]),
    derivative("batch_mean", "HG207", "1/N forgotten", lambda losses: np.ones_like(losses)),
    derivative("batch_mean", "HG209", "len for N", lambda losses: np.ones_like(losses) / len(losses)),
    derivative("batch_mean", "HG209", "size for N", lambda losses: np.ones_like(losses) / losses.size),
    derivative(
        "batch_mean", "HG249", "one number for the row", lambda losses: np.full(len(losses), 1 / losses.shape[-1])
    ),
    derivative("batch_mean", "HG212", "the mean itself", lambda losses: np.mean(losses, axis=-1)),
    pullback("batch_mean", "HG207", "1/N forgotten on the way back", lambda J_bar, losses: J_bar[:, None] + 0 * losses),
    pullback(
        "batch_mean", "HG208", "1/N twice", lambda J_bar, losses: J_bar[:, None] / losses.shape[-1] ** 2 + 0 * losses
    ),
    pullback(
        "batch_mean", "HG223", "upstream averaged", lambda J_bar, losses: np.mean(J_bar) / losses.shape[-1] + 0 * losses
    ),
    tangent("batch_mean", "sum of the tangents", lambda losses, losses_dot: np.sum(losses_dot, axis=-1)),
)

CROSS_ENTROPIES = (
    # Binary
    value("binary_cross_entropy", "minus forgotten", lambda y, y_hat: -bce(y, y_hat)),
    value("binary_cross_entropy", "to the base 2", lambda y, y_hat: bce(y, y_hat) / np.log(2)),
    value("binary_cross_entropy", "second term forgotten", lambda y, y_hat: -y * np.log(y_hat)),
    value("binary_cross_entropy", "target and prediction swapped", lambda y, y_hat: bce(y_hat, y)),
    diagonal("binary_cross_entropy", "HG231", "fused with the sigmoid", lambda y, y_hat: y_hat - y),
    diagonal("binary_cross_entropy", "HG252", "second term forgotten", lambda y, y_hat: -y / y_hat),
    diagonal(
        "binary_cross_entropy",
        "HG228",
        "inner derivative of 1 - y_hat forgotten",
        lambda y, y_hat: -y / y_hat - (1 - y) / (1 - y_hat),
    ),
    diagonal(
        "binary_cross_entropy",
        "HG251",
        "precedence, d/y_hat*(1 - y_hat)",
        lambda y, y_hat: (y_hat - y) / y_hat * (1 - y_hat),
    ),
    diagonal(
        "binary_cross_entropy", "HG251", "parentheses forgotten", lambda y, y_hat: -y / y_hat + 1 - y / (1 - y_hat)
    ),
    diagonal("binary_cross_entropy", "HG212", "the loss itself", bce),
    diagonal("binary_cross_entropy", "HG208", "divided by len", lambda y, y_hat: bce_derivative(y, y_hat) / len(y)),
    diagonal(
        "binary_cross_entropy",
        "HG259",
        "kept from 0 by 0.001",
        lambda y, y_hat: (y_hat - y) / (y_hat * (1 - y_hat) + 1e-3),
    ),
    derivative("binary_cross_entropy", "HG231", "diagonal of the fused one", lambda y, y_hat: diag(y_hat - y)),
    diagonal("binary_cross_entropy", "HG252", "first term forgotten", lambda y, y_hat: (1 - y) / (1 - y_hat)),
    diagonal("binary_cross_entropy", "HG232", "the squared error's, 2(y_hat - y)", lambda y, y_hat: 2 * (y_hat - y)),
    pullback(
        "binary_cross_entropy",
        "HG251",
        "upstream forgotten in one term",
        lambda J0_bar, y, y_hat: -J0_bar * y / y_hat + (1 - y) / (1 - y_hat),
    ),
    pullback("binary_cross_entropy", "HG231", "fused with the sigmoid", lambda J0_bar, y, y_hat: J0_bar * (y_hat - y)),
    pullback("binary_cross_entropy", "HG252", "second term forgotten", lambda J0_bar, y, y_hat: -J0_bar * y / y_hat),
    tangent("binary_cross_entropy", "fused with the sigmoid", lambda y, y_hat, y_hat_dot: (y_hat - y) * y_hat_dot),
    # Binary, over a mini-batch
    value("mean_binary_cross_entropy", "sum", lambda y, y_hat: np.sum(bce(y, y_hat), axis=-1)),
    value("mean_binary_cross_entropy", "one for each entry", bce),
    derivative("mean_binary_cross_entropy", "HG207", "1/N forgotten", bce_derivative),
    derivative("mean_binary_cross_entropy", "HG209", "len for N", lambda y, y_hat: bce_derivative(y, y_hat) / len(y)),
    derivative("mean_binary_cross_entropy", "HG209", "size for N", lambda y, y_hat: bce_derivative(y, y_hat) / y.size),
    derivative(
        "mean_binary_cross_entropy", "HG231", "fused with the sigmoid", lambda y, y_hat: (y_hat - y) / y.shape[-1]
    ),
    derivative(
        "mean_binary_cross_entropy", "HG252", "second term forgotten", lambda y, y_hat: -y / y_hat / y.shape[-1]
    ),
    derivative(
        "mean_binary_cross_entropy",
        "HG251",
        "precedence, 1/N on one term",
        lambda y, y_hat: -y / y_hat / y.shape[-1] + (1 - y) / (1 - y_hat),
    ),
    derivative(
        "mean_binary_cross_entropy", "HG212", "the loss itself", lambda y, y_hat: np.mean(bce(y, y_hat), axis=-1)
    ),
    derivative(
        "mean_binary_cross_entropy", "HG232", "the squared error's", lambda y, y_hat: 2 * (y_hat - y) / y.shape[-1]
    ),
    pullback(
        "mean_binary_cross_entropy",
        "HG208",
        "1/N twice",
        lambda J_bar, y, y_hat: J_bar[:, None] * bce_derivative(y, y_hat) / y.shape[-1] ** 2,
    ),
    pullback(
        "mean_binary_cross_entropy",
        "HG207",
        "1/N forgotten",
        lambda J_bar, y, y_hat: J_bar[:, None] * bce_derivative(y, y_hat),
    ),
    pullback(
        "mean_binary_cross_entropy",
        "HG231",
        "fused with the sigmoid",
        lambda J_bar, y, y_hat: J_bar[:, None] * (y_hat - y) / y.shape[-1],
    ),
    tangent(
        "mean_binary_cross_entropy",
        "summed, not averaged",
        lambda y, y_hat, y_hat_dot: np.sum(bce_derivative(y, y_hat) * y_hat_dot, axis=-1),
    ),
    # Categorical
    value("categorical_cross_entropy", "minus forgotten", lambda y, y_hat: np.sum(y * np.log(y_hat), axis=-1)),
    value("categorical_cross_entropy", "mean over the classes", lambda y, y_hat: -np.mean(y * np.log(y_hat), axis=-1)),
    value("categorical_cross_entropy", "logarithm of the sum", lambda y, y_hat: -np.log(np.sum(y * y_hat, axis=-1))),
    derivative("categorical_cross_entropy", "HG231", "fused with softmax", lambda y, y_hat: y_hat - y),
    derivative("categorical_cross_entropy", "HG253", "target forgotten", lambda y, y_hat: -1 / y_hat),
    derivative(
        "categorical_cross_entropy", "HG208", "mean over the classes", lambda y, y_hat: -y / y_hat / y.shape[-1]
    ),
    derivative("categorical_cross_entropy", "HG208", "divided by len", lambda y, y_hat: -y / y_hat / len(y)),
    derivative("categorical_cross_entropy", "HG232", "the binary one's", bce_derivative),
    derivative("categorical_cross_entropy", "HG212", "the terms of the loss", lambda y, y_hat: -y * np.log(y_hat)),
    derivative("categorical_cross_entropy", "HG255", "quotient upside down", lambda y, y_hat: -y_hat / y),
    derivative("categorical_cross_entropy", "HG258", "misprint, signs lost but the last", signs_lost_but_last),
    derivative(
        "categorical_cross_entropy", "HG212", "the loss itself", lambda y, y_hat: -np.sum(y * np.log(y_hat), axis=-1)
    ),
    derivative("categorical_cross_entropy", "HG253", "prediction forgotten, -y", lambda y, y_hat: -y),
    derivative(
        "categorical_cross_entropy", "HG232", "the squared error's, 2(y_hat - y)", lambda y, y_hat: 2 * (y_hat - y)
    ),
    pullback(
        "categorical_cross_entropy",
        "HG231",
        "softmax once more, then fused",
        lambda J_bar, y, y_hat: J_bar[:, None] * (softmax(y_hat) - y),
    ),
    pullback(
        "categorical_cross_entropy", "HG231", "fused with softmax", lambda J_bar, y, y_hat: J_bar[:, None] * (y_hat - y)
    ),
    pullback("categorical_cross_entropy", "HG253", "target forgotten", lambda J_bar, y, y_hat: -J_bar[:, None] / y_hat),
    tangent(
        "categorical_cross_entropy",
        "logarithm of the tangent",
        lambda y, y_hat, y_hat_dot: -np.sum(y * np.log(np.abs(y_hat_dot)), axis=-1),
    ),
    # Categorical, over a mini-batch
    value(
        "mean_categorical_cross_entropy",
        "mean over the classes too",
        lambda y, y_hat: -np.mean(y * np.log(y_hat), axis=(1, 2)),
    ),
    derivative("mean_categorical_cross_entropy", "HG207", "misprint, 1/N forgotten", lambda y, y_hat: -y / y_hat),
    derivative(
        "mean_categorical_cross_entropy",
        "HG258",
        "misprint, signs lost but the last",
        lambda y, y_hat: signs_lost_but_last(y, y_hat) / y.shape[1],
    ),
    derivative("mean_categorical_cross_entropy", "HG209", "K for N", lambda y, y_hat: -y / y_hat / y.shape[2]),
    derivative("mean_categorical_cross_entropy", "HG209", "size for N", lambda y, y_hat: -y / y_hat / y[0].size),
    derivative("mean_categorical_cross_entropy", "HG209", "len for N", lambda y, y_hat: -y / y_hat / len(y)),
    derivative(
        "mean_categorical_cross_entropy", "HG231", "fused with softmax", lambda y, y_hat: (y_hat - y) / y.shape[1]
    ),
    derivative(
        "mean_categorical_cross_entropy",
        "HG242",
        "transposed",
        lambda y, y_hat: np.swapaxes(-y / y_hat / y.shape[1], 1, 2),
    ),
    derivative(
        "mean_categorical_cross_entropy",
        "HG245",
        "averaged over the mini-batch",
        lambda y, y_hat: np.mean(-y / y_hat, axis=1),
    ),
    derivative(
        "mean_categorical_cross_entropy",
        "HG212",
        "the loss itself",
        lambda y, y_hat: -np.sum(y * np.log(y_hat), axis=(1, 2)) / y.shape[1],
    ),
    pullback(
        "mean_categorical_cross_entropy",
        "HG207",
        "1/N forgotten on the way back",
        lambda J_bar, y, y_hat: -J_bar[:, None, None] * y / y_hat,
    ),
    pullback(
        "mean_categorical_cross_entropy",
        "HG231",
        "fused with softmax",
        lambda J_bar, y, y_hat: J_bar[:, None, None] * (y_hat - y) / y.shape[1],
    ),
    tangent(
        "mean_categorical_cross_entropy",
        "summed, not averaged",
        lambda y, y_hat, y_hat_dot: -np.sum(y / y_hat * y_hat_dot, axis=(1, 2)),
    ),
    # By label
    value("label_cross_entropy", "of all classes", lambda label, y_hat: -np.sum(np.log(y_hat), axis=-1)),
    value(
        "label_cross_entropy",
        "classes counted from 1",
        lambda label, y_hat: -np.log(np.take_along_axis(y_hat, label[:, None] - 1, axis=1)[:, 0]),
    ),
    derivative("label_cross_entropy", "HG236", "at every class", lambda label, y_hat: -1 / y_hat),
    derivative(
        "label_cross_entropy", "HG231", "fused with softmax", lambda label, y_hat: y_hat - one_hot(label, y_hat)
    ),
    derivative("label_cross_entropy", "HG253", "prediction forgotten", lambda label, y_hat: -one_hot(label, y_hat)),
    derivative(
        "label_cross_entropy",
        "HG236",
        "classes counted from 1",
        lambda label, y_hat: -one_hot(label - 1, y_hat) / y_hat,
    ),
    derivative(
        "label_cross_entropy", "HG236", "label times the quotient", lambda label, y_hat: -label[:, None] / y_hat
    ),
    derivative("label_cross_entropy", "HG236", "samples picked for classes", lambda label, y_hat: -1 / y_hat[label]),
    derivative(
        "label_cross_entropy",
        "HG249",
        "the label's entry only",
        lambda label, y_hat: -1 / np.take_along_axis(y_hat, label[:, None], axis=1)[:, 0],
    ),
    derivative(
        "label_cross_entropy",
        "HG212",
        "the loss itself",
        lambda label, y_hat: -np.log(np.sum(one_hot(label, y_hat) * y_hat, axis=-1)),
    ),
    pullback(
        "label_cross_entropy",
        "HG236",
        "at every class on the way back",
        lambda J_bar, label, y_hat: -J_bar[:, None] / y_hat,
    ),
    pullback(
        "label_cross_entropy",
        "HG231",
        "fused with softmax",
        lambda J_bar, label, y_hat: J_bar[:, None] * (y_hat - one_hot(label, y_hat)),
    ),
    tangent(
        "label_cross_entropy", "at every class", lambda label, y_hat, y_hat_dot: -np.sum(y_hat_dot / y_hat, axis=-1)
    ),
)

MISTAKES = (*SQUARED, *CROSS_ENTROPIES)
