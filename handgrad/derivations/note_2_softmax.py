"""Derivations of note 2, third part: softmax by the quotient rule, and its two fused cross-entropies.

l (K) are the logits, S is the sum of their exponentials and p (K) the probabilities; y (K) is a target, p_bar = ∂J/∂p.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.derivations.lines import Chain, Derivation, Line, Part
from handgrad.derivations.steps import diagonal, jacobian, off_diagonal, sigmoid, slope

__all__ = ["DERIVATIONS"]


def total(l: Any) -> Any:
    """S."""
    return np.sum(np.exp(l))


def softmax(l: Any) -> Any:
    """p."""
    return np.exp(l) / np.sum(np.exp(l))


def cross_entropy(y: Any, p: Any) -> Any:
    """J."""
    return -np.sum(y * np.log(p))


SUM_EXP = Derivation(
    "sum_exp_gradient",
    "The denominator of softmax",
    (
        Chain(
            r"\frac{\partial S}{\partial l_j}",
            (
                Line(
                    r"\frac{\partial}{\partial l_j}\left[\sum_k e^{l_k}\right]",
                    "insert S",
                    lambda l: jacobian(lambda l: np.sum(np.exp(l)), l),
                    "2.28",
                ),
                Line(
                    r"\frac{\partial}{\partial l_j}\left[e^{l_1} + \dots + e^{l_j} + \dots + e^{l_K}\right]",
                    "write out the sum",
                    lambda l: jacobian(lambda l: sum(np.exp(l[k]) for k in range(len(l))), l),
                    "2.28",
                ),
                Line(
                    r"\frac{\partial}{\partial l_j}\left[e^{l_1}\right] + \dots + "
                    r"\frac{\partial}{\partial l_j}\left[e^{l_j}\right] + \dots + "
                    r"\frac{\partial}{\partial l_j}\left[e^{l_K}\right]",
                    "sum rule",
                    lambda l: sum(jacobian(lambda l, k=k: np.exp(l[k]), l) for k in range(len(l))),
                    "2.28",
                ),
                Line(r"e^{l_j}", "only one term depends on l_j", lambda l: np.exp(l), "2.28"),
            ),
        ),
    ),
)

EQUAL = Part("the entries i = j", diagonal)
UNEQUAL = Part("the entries i ≠ j", off_diagonal)

SOFTMAX = Derivation(
    "softmax_jacobian",
    "Softmax by the quotient rule",
    (
        Chain(
            r"\frac{\partial p_i}{\partial l_i}",
            (
                Line(
                    r"\frac{\partial}{\partial l_i}\left[\frac{e^{l_i}}{S}\right]",
                    "case i = j",
                    lambda l: diagonal(jacobian(lambda l: np.exp(l) / total(l), l)),
                    "2.29",
                ),
                Line(
                    r"\frac{\frac{\partial e^{l_i}}{\partial l_i} S - e^{l_i} \frac{\partial S}{\partial l_i}}{S^2}",
                    "quotient rule",
                    lambda l: (slope(np.exp, l) * total(l) - np.exp(l) * jacobian(total, l)) / total(l) ** 2,
                    "2.29",
                ),
                Line(
                    r"\frac{e^{l_i} S - e^{2 l_i}}{S^2}",
                    "insert (2.28)",
                    lambda l: (np.exp(l) * total(l) - np.exp(2 * l)) / total(l) ** 2,
                    "2.29",
                ),
                Line(
                    r"\frac{e^{l_i} (S - e^{l_i})}{S^2}",
                    "factor out",
                    lambda l: np.exp(l) * (total(l) - np.exp(l)) / total(l) ** 2,
                    "2.29",
                ),
                Line(
                    r"\frac{e^{l_i}}{S} \cdot \frac{S - e^{l_i}}{S}",
                    "split the fraction",
                    lambda l: np.exp(l) / total(l) * ((total(l) - np.exp(l)) / total(l)),
                    "2.29",
                ),
                Line(r"p_i (1 - p_i)", "insert p_i", lambda l: softmax(l) * (1 - softmax(l)), "2.29"),
            ),
            EQUAL,
        ),
        Chain(
            r"\frac{\partial p_i}{\partial l_j}",
            (
                Line(
                    r"\frac{\partial}{\partial l_j}\left[\frac{e^{l_i}}{S}\right]",
                    "case i ≠ j",
                    lambda l: off_diagonal(jacobian(lambda l: np.exp(l) / total(l), l)),
                    "2.30",
                ),
                Line(
                    r"\frac{\frac{\partial e^{l_i}}{\partial l_j} S - e^{l_i} \frac{\partial S}{\partial l_j}}{S^2}",
                    "quotient rule",
                    lambda l: off_diagonal(
                        (jacobian(np.exp, l) * total(l) - np.exp(l)[:, None] * jacobian(total, l)) / total(l) ** 2
                    ),
                    "2.30",
                ),
                Line(
                    r"\frac{-e^{l_i} e^{l_j}}{S^2}",
                    "the first term is 0; insert (2.28)",
                    lambda l: off_diagonal(-np.exp(l)[:, None] * np.exp(l) / total(l) ** 2),
                    "2.30",
                ),
                Line(
                    r"-\frac{e^{l_i}}{S} \cdot \frac{e^{l_j}}{S}",
                    "split the fraction",
                    lambda l: off_diagonal(-(np.exp(l) / total(l))[:, None] * (np.exp(l) / total(l))),
                    "2.30",
                ),
                Line(
                    r"-p_i p_j",
                    "insert p_i and p_j",
                    lambda l: off_diagonal(-softmax(l)[:, None] * softmax(l)),
                    "2.30",
                ),
            ),
            UNEQUAL,
        ),
        Chain(
            r"\frac{\partial p_i}{\partial l_j}",
            (
                Line(
                    r"\begin{cases} p_i (1 - p_i), & i = j \\ -p_i p_j, & i \neq j \end{cases}",
                    "both cases",
                    lambda l: np.where(
                        np.eye(len(l)) == 1, softmax(l) * (1 - softmax(l)), -softmax(l)[:, None] * softmax(l)
                    ),
                    "2.32",
                ),
                Line(
                    r"\begin{cases} -p_i p_i + p_i, & i = j \\ -p_i p_j, & i \neq j \end{cases}",
                    "multiply out",
                    lambda l: np.where(
                        np.eye(len(l)) == 1,
                        -softmax(l) * softmax(l) + softmax(l),
                        -softmax(l)[:, None] * softmax(l),
                    ),
                    "2.32",
                ),
                Line(
                    r"p_i (\delta_{ij} - p_j)",
                    "factor out, both cases in one",
                    lambda l: softmax(l)[:, None] * (np.eye(len(l)) - softmax(l)),
                    "2.32",
                ),
            ),
        ),
        Chain(
            r"\frac{\partial p_i}{\partial l}",
            (
                Line(
                    r"\begin{pmatrix} -p_i p_1 & -p_i p_2 & \dots & p_i (1 - p_i) & \dots & -p_i p_K \end{pmatrix}",
                    "the derivatives of p_i in a row",
                    lambda l: np.stack(
                        [
                            np.where(np.arange(len(l)) == i, p_i * (1 - p_i), -p_i * softmax(l))
                            for i, p_i in enumerate(softmax(l))
                        ]
                    ),
                    "2.31",
                ),
            ),
        ),
        Chain(
            r"\frac{\partial p}{\partial l}",
            (
                Line(
                    r"\begin{pmatrix} p_1 (1 - p_1) & -p_1 p_2 & \dots & -p_1 p_K \\ "
                    r"-p_2 p_1 & p_2 (1 - p_2) & \dots & -p_2 p_K \\ \vdots & \vdots & \ddots & \vdots \\ "
                    r"-p_K p_1 & -p_K p_2 & \dots & p_K (1 - p_K) \end{pmatrix}",
                    "all rows",
                    lambda l: np.array(
                        [
                            [p_i * (1 - p_i) if i == j else -p_i * p_j for j, p_j in enumerate(softmax(l))]
                            for i, p_i in enumerate(softmax(l))
                        ]
                    ),
                    "2.32",
                ),
                Line(
                    r"\operatorname{diag}(p) - p\, p^T",
                    "a diagonal matrix less a product of two vectors",
                    lambda l: np.diag(softmax(l)) - np.outer(softmax(l), softmax(l)),
                    "2.32",
                ),
            ),
        ),
    ),
)

SOFTMAX_BACKWARDS = Derivation(
    "softmax_vjp",
    "Backwards through softmax without its Jacobian",
    (
        Chain(
            r"\frac{\partial J}{\partial l_j}",
            (
                Line(
                    r"\sum_i \frac{\partial J}{\partial p_i}\, \frac{\partial p_i}{\partial l_j}",
                    "chain rule",
                    lambda l, p_bar: p_bar @ jacobian(softmax, l),
                ),
                Line(
                    r"\sum_i \frac{\partial J}{\partial p_i}\, p_i (\delta_{ij} - p_j)",
                    "insert (2.32)",
                    lambda l, p_bar: np.sum(
                        (p_bar * softmax(l))[:, None] * (np.eye(len(l)) - softmax(l)),
                        axis=0,
                    ),
                ),
                Line(
                    r"\frac{\partial J}{\partial p_j}\, p_j - p_j \sum_i \frac{\partial J}{\partial p_i}\, p_i",
                    "multiply out; only i = j is left of the first sum",
                    lambda l, p_bar: p_bar * softmax(l) - softmax(l) * np.sum(p_bar * softmax(l)),
                ),
                Line(
                    r"p_j \left(\frac{\partial J}{\partial p_j} - \sum_i \frac{\partial J}{\partial p_i}\, p_i\right)",
                    "factor out",
                    lambda l, p_bar: softmax(l) * (p_bar - p_bar @ softmax(l)),
                ),
            ),
        ),
    ),
)

SOFTMAX_CROSS_ENTROPY = Derivation(
    "softmax_cross_entropy_gradient",
    "Softmax and categorical cross-entropy in one",
    (
        Chain(
            r"\frac{\partial J}{\partial l_j}",
            (
                Line(
                    r"\sum_k \frac{\partial J}{\partial p_k}\, \frac{\partial p_k}{\partial l_j}",
                    "chain rule",
                    lambda y, l: jacobian(lambda p: cross_entropy(y, p), softmax(l)) @ jacobian(softmax, l),
                ),
                Line(
                    r"\sum_k \left(-\frac{y_k}{p_k}\right) p_k (\delta_{kj} - p_j)",
                    "insert (2.23) and (2.32)",
                    lambda y, l: np.sum(
                        (-y / softmax(l) * softmax(l))[:, None] * (np.eye(len(l)) - softmax(l)),
                        axis=0,
                    ),
                ),
                Line(
                    r"-\sum_k y_k \delta_{kj} + p_j \sum_k y_k",
                    "cancel p_k, multiply out",
                    lambda y, l: -np.sum(y[:, None] * np.eye(len(l)), axis=0) + softmax(l) * np.sum(y),
                ),
                Line(
                    r"p_j \sum_k y_k - y_j",
                    "only k = j is left of the first sum",
                    lambda y, l: softmax(l) * np.sum(y) - y,
                ),
            ),
        ),
    ),
    remark="Where the targets sum to 1, this is p - y.",
)

SIGMOID_CROSS_ENTROPY = Derivation(
    "sigmoid_cross_entropy_derivative",
    "Sigmoid and binary cross-entropy in one",
    (
        Chain(
            r"\frac{\partial J}{\partial z}",
            (
                Line(
                    r"\frac{\partial J}{\partial \hat y}\, \frac{\partial \hat y}{\partial z}",
                    "chain rule, with ŷ = σ(z)",
                    lambda y, z: (
                        slope(lambda y_hat: -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)), sigmoid(z))
                        * slope(sigmoid, z)
                    ),
                ),
                Line(
                    r"\frac{\hat y - y}{\hat y (1 - \hat y)}\, \hat y (1 - \hat y)",
                    "insert (2.21) and (3.13)",
                    lambda y, z: (sigmoid(z) - y) / (sigmoid(z) * (1 - sigmoid(z))) * (sigmoid(z) * (1 - sigmoid(z))),
                ),
                Line(r"\sigma(z) - y", "cancel", lambda y, z: sigmoid(z) - y),
            ),
        ),
    ),
)

DERIVATIONS = (SUM_EXP, SOFTMAX, SOFTMAX_BACKWARDS, SOFTMAX_CROSS_ENTROPY, SIGMOID_CROSS_ENTROPY)
