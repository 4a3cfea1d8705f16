"""Misprints of note 2.

A function of several variables is the sum of their squares.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.errata.misprints import HALVES, POSITIVE, TARGETS, Erratum, Letter, Proof, number, softmax

__all__ = ["ERRATA"]


def beside(J: Any) -> Any:
    """The entries i ≠ j of a square matrix, with 0 for the others."""
    return J * (1 - np.eye(len(J)))


def binary_row(y: Any, y_hat: Any) -> Any:
    """The derivatives of the mean binary cross-entropy."""
    return (y_hat - y) / (y_hat * (1 - y_hat)) / len(y)


def softmax_row(l: Any) -> Any:
    """The derivatives of p_1."""
    return (np.eye(len(l))[0] - softmax(l)) * softmax(l)[0]


ERRATA = (
    Erratum(
        "2.8",
        "a prime that means nothing",
        r"x_i - \alpha \frac{\partial f(x')}{\partial x_i}",
        r"x_i - \alpha \frac{\partial f(x)}{\partial x_i}",
        "The arrow over x has become a prime.",
    ),
    Erratum(
        "2.9",
        "a difference for a row",
        r"\nabla_x f = \left(\frac{\partial f}{\partial x} - \frac{\partial f}{\partial x}\right)",
        r"\nabla_x f = \begin{pmatrix} \frac{\partial f}{\partial x_1} & \dots & \frac{\partial f}{\partial x_n} "
        r"\end{pmatrix}",
        "The dots between the entries have become a minus sign, and the indices are lost: the difference is 0.",
        Proof(
            "the gradient of the sum of squares",
            {"x": Letter("n")},
            lambda x: 2 * x - 2 * x,
            lambda x: 2 * x,
            {"x": [1]},
        ),
    ),
    Erratum(
        "2.11",
        "a negative gradient without gaps",
        r"-\nabla_x f = \left(-\frac{\partial f}{\partial x_1} - \frac{\partial f}{\partial x_2} \dots - "
        r"\frac{\partial f}{\partial x_n}\right)",
        r"-\nabla_x f = \begin{pmatrix} -\frac{\partial f}{\partial x_1} & \dots & -\frac{\partial f}{\partial x_n} "
        r"\end{pmatrix}",
        "Without gaps between its entries the row reads as one number, their sum.",
        Proof(
            "the negative gradient of the sum of squares",
            {"x": Letter("n")},
            lambda x: number(np.sum(-2 * x)),
            lambda x: -2 * x,
            {"x": [0, 0]},
        ),
    ),
    Erratum(
        "2.11",
        "bars round a column",
        r"x + \alpha \left| \dots \right|",
        r"x + \alpha \begin{pmatrix} \vdots \end{pmatrix}",
        "The brackets of one column have become the bars of a determinant, and in places the arrow over x is lost.",
    ),
    Erratum(
        "2.17",
        "the losses for their derivatives",
        r"J_0^T = \begin{pmatrix} \frac{\partial J}{\partial J_0^{(1)}} & \dots & "
        r"\frac{\partial J}{\partial J_0^{(N)}} \end{pmatrix}",
        r"\frac{\partial J}{\partial J_0} = \begin{pmatrix} \frac{1}{N} & \dots & \frac{1}{N} \end{pmatrix}",
        "The row on the right is the derivative by the losses, not the losses themselves.",
        Proof(
            "the row of derivatives of a mean loss",
            {"J0": Letter("N")},
            lambda J0: J0,
            lambda J0: np.ones(len(J0)) / len(J0),
            {"J0": [0]},
        ),
    ),
    Erratum(
        "2.22",
        "a row of derivatives without gaps",
        r"\frac{\partial J}{\partial \hat y} = \left(\frac{\partial J}{\partial \hat y^{(1)}} "
        r"\frac{\partial J}{\partial \hat y^{(2)}} \dots \frac{\partial J}{\partial \hat y^{(N)}}\right)",
        r"\frac{\partial J}{\partial \hat y} = \begin{pmatrix} \frac{\partial J}{\partial \hat y^{(1)}} & \dots & "
        r"\frac{\partial J}{\partial \hat y^{(N)}} \end{pmatrix}",
        "Fractions side by side with nothing between them read as one number, their product.",
        Proof(
            "the gradient of the mean binary cross-entropy",
            {"y": Letter("N", TARGETS), "y_hat": Letter("N", HALVES)},
            lambda y, y_hat: number(np.prod(binary_row(y, y_hat))),
            binary_row,
            {"y": [0, 0], "y_hat": [0.5, 0.5]},
        ),
    ),
    Erratum(
        "2.22",
        "two hats",
        r"\hat{\hat y}",
        r"\hat y",
        "The arrow over the vector of predictions has become a second hat.",
    ),
    Erratum(
        "2.24",
        "an interval for a pair",
        r"y_i \in (0, 1)",
        r"y_i \in \{0, 1\}",
        "The entries of a one-hot target are 0 or 1, and the open interval holds neither.",
        Proof(
            "whether a target that sums to 1 leaves one entry of the gradient",
            {"y": Letter("K", (0.0, 1.0, 0.5))},
            lambda y: bool(np.sum(y) == 1 and np.all((y > 0) & (y < 1))),
            lambda y: bool(np.sum(y) == 1 and np.all((y == 0) | (y == 1))),
            {"y": [1]},
        ),
    ),
    Erratum(
        "2.24",
        "a hat on another letter",
        r"\frac{\partial J}{\partial \hat v_i}",
        r"\frac{\partial J}{\partial \hat y_i}",
        "The prediction is y with a hat.",
    ),
    Erratum(
        "2.26",
        "the mean loss for the loss of one sample",
        r"\frac{\partial J_0^{(j)}}{\partial \hat y^{(j)}} = \begin{pmatrix} "
        r"\frac{\partial J}{\partial \hat y_1^{(j)}} & \dots & "
        r"\frac{\partial J}{\partial \hat y_K^{(j)}} \end{pmatrix}",
        r"\frac{\partial J_0^{(j)}}{\partial \hat y^{(j)}} = \begin{pmatrix} "
        r"\frac{\partial J_0^{(j)}}{\partial \hat y_1^{(j)}} & \dots & "
        r"\frac{\partial J_0^{(j)}}{\partial \hat y_K^{(j)}} \end{pmatrix}",
        "J is the mean over N samples, so its derivative is smaller by the factor N.",
        Proof(
            "the derivatives of each sample's own loss, a row for each sample",
            {"y": Letter("N K", TARGETS), "y_hat": Letter("N K", POSITIVE)},
            lambda y, y_hat: -y / y_hat / len(y),
            lambda y, y_hat: -y / y_hat,
            {"y": [[0], [1]], "y_hat": [[1], [1]]},
        ),
    ),
    Erratum(
        "2.26",
        "minus signs lost but for the last",
        r"\begin{pmatrix} \frac{y_1}{\hat y_1} & \frac{y_2}{\hat y_2} & \dots & -\frac{y_K}{\hat y_K} \end{pmatrix}",
        r"\begin{pmatrix} -\frac{y_1}{\hat y_1} & -\frac{y_2}{\hat y_2} & \dots & -\frac{y_K}{\hat y_K} "
        r"\end{pmatrix}",
        "Every entry has the sign of the last.",
        Proof(
            "the gradient of the categorical cross-entropy of one sample",
            {"y": Letter("K", TARGETS), "y_hat": Letter("K", POSITIVE)},
            lambda y, y_hat: np.where(np.arange(len(y)) == len(y) - 1, -y / y_hat, y / y_hat),
            lambda y, y_hat: -y / y_hat,
            {"y": [1, 0], "y_hat": [1, 1]},
        ),
    ),
    Erratum(
        "2.26",
        "a row of quotients without gaps",
        r"\left(-\frac{y_1}{\hat y_1} - \frac{y_2}{\hat y_2} \dots - \frac{y_K}{\hat y_K}\right)",
        r"\begin{pmatrix} -\frac{y_1}{\hat y_1} & -\frac{y_2}{\hat y_2} & \dots & -\frac{y_K}{\hat y_K} "
        r"\end{pmatrix}",
        "Without gaps between its entries the row reads as one number, their sum.",
        Proof(
            "the gradient of the categorical cross-entropy of one sample",
            {"y": Letter("K", TARGETS), "y_hat": Letter("K", POSITIVE)},
            lambda y, y_hat: number(np.sum(-y / y_hat)),
            lambda y, y_hat: -y / y_hat,
            {"y": [0, 0], "y_hat": [1, 1]},
        ),
    ),
    Erratum(
        "2.28",
        "an exponent that has lost its letter",
        r"\frac{\partial S}{\partial l_j} = \frac{\partial}{\partial l_j}\left[\sum_{k=1}^K e^k\right]",
        r"\frac{\partial S}{\partial l_j} = \frac{\partial}{\partial l_j}\left[\sum_{k=1}^K e^{l_k}\right]",
        "The sum of e to the power k does not depend on the logits, so its derivative is 0.",
        Proof(
            "the gradient of the sum of exponentials",
            {"l": Letter("K")},
            lambda l: 0 * l,
            lambda l: np.exp(l),
            {"l": [0]},
        ),
    ),
    Erratum(
        "2.30",
        "the wrong variable on the left",
        r"\frac{\partial p_i}{\partial l_i} = -p_i p_j, \quad i \neq j",
        r"\frac{\partial p_i}{\partial l_j} = -p_i p_j, \quad i \neq j",
        "The derivative by the class's own logit is p_i (1 - p_i), above 0; this is the one by another logit.",
        Proof(
            "the left-hand side for every pair i ≠ j",
            {"l": Letter("K")},
            lambda l: beside(-np.outer(softmax(l), softmax(l))),
            lambda l: beside(-np.outer(softmax(l), softmax(l))),
            {"l": [0, 0]},
            lambda l: beside(np.outer(softmax(l) * (1 - softmax(l)), np.ones(len(l)))),
        ),
    ),
    Erratum(
        "2.31",
        "a row of the Jacobian without gaps",
        r"\frac{\partial p_i}{\partial l} = \left(\frac{\partial p_i}{\partial l_1} \frac{\partial p_i}{\partial l_2} "
        r"\dots \frac{\partial p_i}{\partial l_K}\right)",
        r"\frac{\partial p_i}{\partial l} = \begin{pmatrix} \frac{\partial p_i}{\partial l_1} & \dots & "
        r"\frac{\partial p_i}{\partial l_K} \end{pmatrix}",
        "Fractions side by side with nothing between them read as one number, their product.",
        Proof(
            "the first row of the softmax Jacobian",
            {"l": Letter("K")},
            lambda l: number(np.prod(softmax_row(l))),
            softmax_row,
            {"l": [0, 0]},
        ),
    ),
    Erratum(
        "2.32",
        "a row of products without gaps",
        r"\frac{\partial p_1}{\partial l} = \left(p_1 (1 - p_1) - p_1 p_2 \dots - p_1 p_K\right)",
        r"\frac{\partial p_1}{\partial l} = \begin{pmatrix} p_1 (1 - p_1) & -p_1 p_2 & \dots & -p_1 p_K "
        r"\end{pmatrix}",
        "Without gaps between its entries the row reads as one number, their sum, which is 0. The last line of 2.31 "
        "has the same fault.",
        Proof(
            "the first row of the softmax Jacobian",
            {"l": Letter("K")},
            lambda l: number(np.sum(softmax_row(l))),
            softmax_row,
            {"l": [0, 0]},
        ),
    ),
)
