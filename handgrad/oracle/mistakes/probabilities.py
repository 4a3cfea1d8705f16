"""Mistakes in softmax and the fused cross-entropies: logits l and targets y are (samples, K), z is (samples, n)."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import Real, derivative, diag, diagonal, pullback, sigmoid, softmax, tangent, value


def outer(a: Real, b: Real) -> Real:
    """A column times a row, for each sample."""
    return a[:, :, None] * b[:, None, :]


def total(x: Real) -> Real:
    """The sum over the classes; the axis is kept."""
    return np.sum(x, axis=-1, keepdims=True)


def softmax_in_place(l: Real) -> Real:
    """Writes into its argument."""
    l -= l.max(axis=-1, keepdims=True)
    return np.exp(l) / total(np.exp(l))


def filled_in_loops(l: Real) -> Real:
    """The right entries, in an array of NumPy's default dtype."""
    p = softmax(l)
    J = np.zeros((*l.shape, l.shape[-1]))
    for i in range(l.shape[-1]):
        for j in range(l.shape[-1]):
            J[:, i, j] = p[:, i] * ((i == j) - p[:, j])
    return J


def one_row(l: Real) -> Real:
    """The row of the first output, for all outputs."""
    right = diag(softmax(l)) - outer(softmax(l), softmax(l))
    return np.repeat(right[:, :1], l.shape[-1], axis=1)


MISTAKES = (
    # Sum of exponentials
    value("sum_exp", "misprint, e^k", lambda l: np.full(len(l), np.sum(np.exp(np.arange(1.0, l.shape[-1] + 1))))),
    value("sum_exp", "its logarithm", lambda l: np.log(np.sum(np.exp(l), axis=-1))),
    value("sum_exp", "exponential of the sum", lambda l: np.exp(np.sum(l, axis=-1))),
    value("sum_exp", "of all samples", lambda l: np.sum(np.exp(l))),
    derivative("sum_exp", "HG258", "misprint, e^j", lambda l: np.exp(np.arange(1.0, l.shape[-1] + 1)) + 0 * l),
    derivative("sum_exp", "HG233", "softmax, the logarithm's", softmax),
    derivative("sum_exp", "HG210", "the sum at every class", lambda l: total(np.exp(l)) + 0 * l),
    derivative("sum_exp", "HG254", "power rule, l*e^(l-1)", lambda l: l * np.exp(l - 1)),
    derivative(
        "sum_exp", "HG253", "maximum taken off and forgotten", lambda l: np.exp(l - l.max(axis=-1, keepdims=True))
    ),
    pullback("sum_exp", "HG222", "upstream in the exponent", lambda S_bar, l: np.exp(S_bar[:, None] * l)),
    pullback("sum_exp", "HG233", "softmax, the logarithm's", lambda S_bar, l: S_bar[:, None] * softmax(l)),
    tangent("sum_exp", "sum of the tangents' exponentials", lambda l, l_dot: np.sum(np.exp(l_dot), axis=-1)),
    # Softmax
    value("softmax", "normalised over all samples", lambda l: np.exp(l) / np.sum(np.exp(l))),
    value("softmax", "normalised along the wrong axis", lambda l: np.exp(l) / np.sum(np.exp(l), axis=0)),
    value("softmax", "sigmoid", sigmoid),
    value("softmax", "its logarithm", lambda l: l - np.log(total(np.exp(l)))),
    value("softmax", "without exponentials", lambda l: l / total(l)),
    value("softmax", "overwrites its input", softmax_in_place, raises=ValueError),
    derivative("softmax", "HG204", "element-wise, p(1 - p)", lambda l: softmax(l) * (1 - softmax(l))),
    derivative("softmax", "HG203", "diagonal only", lambda l: diag(softmax(l) * (1 - softmax(l)))),
    derivative("softmax", "HG206", "outer product p(1 - p)^T", lambda l: outer(softmax(l), 1 - softmax(l))),
    derivative(
        "softmax",
        "HG205",
        "sign off the diagonal",
        lambda l: diag(softmax(l) - 2 * softmax(l) ** 2) + outer(softmax(l), softmax(l)),
    ),
    derivative("softmax", "HG205", "plus p p^T", lambda l: diag(softmax(l)) + outer(softmax(l), softmax(l))),
    derivative("softmax", "HG206", "p p^T, the diagonal forgotten", lambda l: -outer(softmax(l), softmax(l))),
    derivative(
        "softmax",
        "HG250",
        "transpose without effect, diag(p) - p*p",
        lambda l: diag(softmax(l)) - (softmax(l) * softmax(l))[:, None, :],
    ),
    derivative(
        "softmax",
        "HG250",
        "transpose without effect, diag(p) - p^T p",
        lambda l: diag(softmax(l)) - total(softmax(l) ** 2)[..., None],
    ),
    derivative(
        "softmax", "HG253", "identity for diag(p)", lambda l: np.eye(l.shape[-1]) - outer(softmax(l), softmax(l))
    ),
    derivative(
        "softmax", "HG253", "p_i forgotten, I - p_j", lambda l: np.eye(l.shape[-1]) - outer(np.ones_like(l), softmax(l))
    ),
    derivative("softmax", "HG206", "one row for all", one_row),
    derivative("softmax", "HG210", "softmax itself", softmax),
    derivative(
        "softmax",
        "HG253",
        "not divided by S^2",
        lambda l: diag(np.exp(l) * total(np.exp(l))) - outer(np.exp(l), np.exp(l)),
    ),
    derivative("softmax", "HG100", "float64 for float32", filled_in_loops, dtype="float32"),
    derivative("softmax", "HG252", "second term forgotten, diag(p)", lambda l: diag(softmax(l))),
    derivative("softmax", "HG211", "returns its input", lambda l: l),
    pullback("softmax", "HG204", "element-wise, p(1 - p)", lambda p_bar, l: p_bar * softmax(l) * (1 - softmax(l))),
    pullback("softmax", "HG231", "fused with the cross-entropy", lambda p_bar, l: softmax(l) - p_bar),
    pullback("softmax", "HG253", "sum of the upstream without p", lambda p_bar, l: softmax(l) * (p_bar - total(p_bar))),
    pullback(
        "softmax",
        "HG206",
        "mean of the upstream",
        lambda p_bar, l: softmax(l) * (p_bar - np.mean(p_bar, axis=-1, keepdims=True)),
    ),
    pullback(
        "softmax",
        "HG245",
        "summed over the samples too",
        lambda p_bar, l: softmax(l) * (p_bar - np.sum(p_bar * softmax(l), keepdims=True)),
    ),
    pullback("softmax", "HG253", "p outside forgotten", lambda p_bar, l: p_bar - total(p_bar * softmax(l))),
    pullback("softmax", "HG252", "second term forgotten, p*p_bar", lambda p_bar, l: softmax(l) * p_bar),
    pullback("softmax", "HG205", "plus p p^T", lambda p_bar, l: softmax(l) * (p_bar + total(p_bar * softmax(l)))),
    pullback(
        "softmax", "HG206", "outer product p(1 - p)^T", lambda p_bar, l: total(p_bar * softmax(l)) * (1 - softmax(l))
    ),
    tangent("softmax", "diagonal only", lambda l, l_dot: softmax(l) * l_dot),
    tangent("softmax", "softmax of the tangent", lambda l, l_dot: softmax(l_dot)),
    # Softmax with cross-entropy
    value("softmax_cross_entropy", "minus forgotten", lambda y, l: np.sum(y * np.log(softmax(l)), axis=-1)),
    value(
        "softmax_cross_entropy",
        "log S once, for targets that sum to 1",
        lambda y, l: np.log(np.sum(np.exp(l), axis=-1)) - np.sum(y * l, axis=-1),
    ),
    value("softmax_cross_entropy", "softmax twice", lambda y, l: -np.sum(y * np.log(softmax(softmax(l))), axis=-1)),
    derivative("softmax_cross_entropy", "HG253", "p - y, for targets that sum to 1", lambda y, l: softmax(l) - y),
    derivative("softmax_cross_entropy", "HG234", "by the probabilities, -y/p", lambda y, l: -y / softmax(l)),
    derivative("softmax_cross_entropy", "HG229", "logits for probabilities", lambda y, l: total(y) * l - y),
    derivative("softmax_cross_entropy", "HG204", "softmax element-wise, -y(1 - p)", lambda y, l: -y * (1 - softmax(l))),
    derivative(
        "softmax_cross_entropy", "HG208", "divided by K", lambda y, l: (total(y) * softmax(l) - y) / l.shape[-1]
    ),
    derivative("softmax_cross_entropy", "HG208", "divided by len", lambda y, l: (total(y) * softmax(l) - y) / len(l)),
    derivative(
        "softmax_cross_entropy", "HG212", "the loss itself", lambda y, l: -np.sum(y * np.log(softmax(l)), axis=-1)
    ),
    derivative(
        "softmax_cross_entropy",
        "HG226",
        "through softmax once more",
        lambda y, l: (total(y) * softmax(l) - y) * softmax(l) * (1 - softmax(l)),
    ),
    derivative("softmax_cross_entropy", "HG252", "target forgotten, p", lambda y, l: softmax(l)),
    pullback(
        "softmax_cross_entropy",
        "HG226",
        "through softmax once more",
        lambda J_bar, y, l: J_bar[:, None] * (total(y) * softmax(l) - y) * softmax(l) * (1 - softmax(l)),
    ),
    pullback(
        "softmax_cross_entropy",
        "HG234",
        "by the probabilities, -y/p",
        lambda J_bar, y, l: -J_bar[:, None] * y / softmax(l),
    ),
    tangent("softmax_cross_entropy", "not summed", lambda y, l, l_dot: (total(y) * softmax(l) - y) * l_dot),
    # Sigmoid with cross-entropy
    value("sigmoid_cross_entropy", "sigmoid forgotten", lambda y, z: -(y * np.log(z) + (1 - y) * np.log(1 - z))),
    value("sigmoid_cross_entropy", "second term forgotten", lambda y, z: -y * np.log(sigmoid(z))),
    diagonal(
        "sigmoid_cross_entropy",
        "HG232",
        "squared error's, (p - y)p(1 - p)",
        lambda y, z: (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z)),
    ),
    diagonal(
        "sigmoid_cross_entropy",
        "HG234",
        "by the probability",
        lambda y, z: (sigmoid(z) - y) / (sigmoid(z) * (1 - sigmoid(z))),
    ),
    diagonal("sigmoid_cross_entropy", "HG229", "sigmoid forgotten, z - y", lambda y, z: z - y),
    diagonal("sigmoid_cross_entropy", "HG252", "second term forgotten", lambda y, z: -y * (1 - sigmoid(z))),
    diagonal("sigmoid_cross_entropy", "HG208", "divided by len", lambda y, z: (sigmoid(z) - y) / len(y)),
    diagonal("sigmoid_cross_entropy", "HG202", "factor 2", lambda y, z: 2 * (sigmoid(z) - y)),
    diagonal("sigmoid_cross_entropy", "HG212", "the loss itself", lambda y, z: np.logaddexp(0, z) - y * z),
    diagonal("sigmoid_cross_entropy", "HG252", "target forgotten, p", lambda y, z: sigmoid(z)),
    pullback("sigmoid_cross_entropy", "HG251", "upstream on one term only", lambda J_bar, y, z: J_bar * sigmoid(z) - y),
    pullback(
        "sigmoid_cross_entropy",
        "HG226",
        "through the sigmoid once more",
        lambda J_bar, y, z: J_bar * (sigmoid(z) - y) * sigmoid(z) * sigmoid(-z),
    ),
    tangent("sigmoid_cross_entropy", "sigmoid of the tangent", lambda y, z, z_dot: sigmoid(z_dot) - y),
)
