"""Derivations of note 3, first part: one example for each shape.

x is a number or (3), X a matrix with entries x_1, x_2, … row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.derivations.lines import Chain, Derivation, Line, Part
from handgrad.derivations.steps import jacobian, slope

__all__ = ["DERIVATIONS"]

EXAMPLE_1 = Derivation(
    "example_3_1_derivative",
    "From a number to a number: the product rule",
    (
        Chain(
            r"\frac{dy}{dx}",
            (
                Line(
                    r"\frac{d}{dx}\left[x^2 \ln x^2\right]",
                    "insert y",
                    lambda x: slope(lambda x: x**2 * np.log(x**2), x),
                    "3.1",
                ),
                Line(
                    r"2x \ln x^2 + x^2 \frac{1}{x^2} 2x",
                    "product rule, chain rule",
                    lambda x: 2 * x * np.log(x**2) + x**2 * (1 / x**2) * (2 * x),
                    "3.1",
                ),
                Line(r"2x \ln x^2 + 2x", "cancel x²", lambda x: 2 * x * np.log(x**2) + 2 * x, "3.1"),
                Line(r"2x (\ln x^2 + 1)", "factor out", lambda x: 2 * x * (np.log(x**2) + 1), "3.1"),
            ),
        ),
    ),
)


def y_3_2(x1: Any, x2: Any, x3: Any) -> Any:
    """The value of example 3.2."""
    return x1**2 + x1 * np.log(x2) + np.exp(x2 * x3) + 2 * x3


def entry(i: int) -> Part:
    """The partial derivative by one entry of x."""
    return Part(f"by x_{i + 1}", lambda gradient: gradient[i])


EXAMPLE_2 = Derivation(
    "example_3_2_gradient",
    "From three numbers to one: partial derivatives",
    (
        Chain(
            r"\frac{\partial y}{\partial x_1}",
            (
                Line(
                    r"\frac{\partial}{\partial x_1}\left[x_1^2 + x_1 \ln x_2 + e^{x_2 x_3} + 2 x_3\right]",
                    "insert y",
                    lambda x: slope(lambda x1: y_3_2(x1, x[1], x[2]), x[0]),
                ),
                Line(
                    r"2 x_1 + \ln x_2",
                    "power rule; the other terms are constant",
                    lambda x: 2 * x[0] + np.log(x[1]),
                    "3.2",
                ),
            ),
            entry(0),
        ),
        Chain(
            r"\frac{\partial y}{\partial x_2}",
            (
                Line(
                    r"\frac{\partial}{\partial x_2}\left[x_1^2 + x_1 \ln x_2 + e^{x_2 x_3} + 2 x_3\right]",
                    "insert y",
                    lambda x: slope(lambda x2: y_3_2(x[0], x2, x[2]), x[1]),
                ),
                Line(
                    r"\frac{x_1}{x_2} + x_3 e^{x_2 x_3}",
                    "derivative of the logarithm; chain rule",
                    lambda x: x[0] / x[1] + x[2] * np.exp(x[1] * x[2]),
                    "3.2",
                ),
            ),
            entry(1),
        ),
        Chain(
            r"\frac{\partial y}{\partial x_3}",
            (
                Line(
                    r"\frac{\partial}{\partial x_3}\left[x_1^2 + x_1 \ln x_2 + e^{x_2 x_3} + 2 x_3\right]",
                    "insert y",
                    lambda x: slope(lambda x3: y_3_2(x[0], x[1], x3), x[2]),
                ),
                Line(r"x_2 e^{x_2 x_3} + 2", "chain rule", lambda x: x[1] * np.exp(x[1] * x[2]) + 2, "3.2"),
            ),
            entry(2),
        ),
        Chain(
            r"\frac{\partial y}{\partial x}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial y}{\partial x_1} & \frac{\partial y}{\partial x_2} & "
                    r"\frac{\partial y}{\partial x_3} \end{pmatrix}",
                    "numerator layout: a row",
                    lambda x: jacobian(lambda x: y_3_2(x[0], x[1], x[2]), x),
                    "3.2",
                ),
                Line(
                    r"\begin{pmatrix} 2 x_1 + \ln x_2 & \frac{x_1}{x_2} + x_3 e^{x_2 x_3} & "
                    r"x_2 e^{x_2 x_3} + 2 \end{pmatrix}",
                    "insert the three",
                    lambda x: np.stack(
                        [
                            2 * x[0] + np.log(x[1]),
                            x[0] / x[1] + x[2] * np.exp(x[1] * x[2]),
                            x[1] * np.exp(x[1] * x[2]) + 2,
                        ]
                    ),
                ),
            ),
        ),
    ),
)

EXAMPLE_3 = Derivation(
    "example_3_3_jacobian",
    "From a number to a vector: a column",
    (
        Chain(
            r"\frac{\partial y}{\partial x}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial f_1}{\partial x} \\ \frac{\partial f_2}{\partial x} \\ "
                    r"\frac{\partial f_3}{\partial x} \end{pmatrix}",
                    "entry by entry, with f = (3x² + x, e^x, ln x)",
                    lambda x: np.stack([slope(lambda x: 3 * x**2 + x, x), slope(np.exp, x), slope(np.log, x)]),
                    "3.3",
                ),
                Line(
                    r"\begin{pmatrix} 6x + 1 \\ e^x \\ \frac{1}{x} \end{pmatrix}",
                    "power rule, derivatives of e^x and ln x, for x > 0",
                    lambda x: np.stack([6 * x + 1, np.exp(x), 1 / x]),
                    "3.3",
                ),
            ),
        ),
    ),
)

EXAMPLE_4 = Derivation(
    "example_3_4_jacobian",
    "From a vector to a vector: the Jacobian",
    (
        Chain(
            r"\frac{\partial y}{\partial x}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial f_1}{\partial x_1} & \frac{\partial f_1}{\partial x_2} & "
                    r"\frac{\partial f_1}{\partial x_3} \\ \frac{\partial f_2}{\partial x_1} & "
                    r"\frac{\partial f_2}{\partial x_2} & \frac{\partial f_2}{\partial x_3} \end{pmatrix}",
                    "a row for each f_i, a column for each x_j",
                    lambda x: jacobian(lambda x: np.stack([x[0] + x[1] * x[2] + x[0] * x[2], x[0] ** 2 + 2 * x[2]]), x),
                    "3.4",
                ),
                Line(
                    r"\begin{pmatrix} 1 + x_3 & x_3 & x_2 + x_1 \\ 2 x_1 & 0 & 2 \end{pmatrix}",
                    "f_1 = x_1 + x_2 x_3 + x_1 x_3 and f_2 = x_1² + 2 x_3, entry by entry",
                    lambda x: np.array([[1 + x[2], x[2], x[1] + x[0]], [2 * x[0], 0.0, 2.0]]),
                    "3.4",
                ),
            ),
        ),
    ),
)

EXAMPLE_5 = Derivation(
    "example_3_5_gradient",
    "From a matrix to a number",
    (
        Chain(
            r"\frac{\partial y}{\partial x_{kl}}",
            (
                Line(
                    r"\frac{\partial}{\partial x_{kl}}\left[\sum_i \sum_j x_{ij}\right]",
                    "insert y",
                    lambda X: jacobian(np.sum, X),
                    "3.5",
                ),
                Line(
                    r"\sum_i \sum_j \delta_{ik}\, \delta_{jl}",
                    "sum rule, the entries are independent",
                    lambda X: np.sum(np.eye(3)[:, None, :, None] * np.eye(4)[None, :, None, :], axis=(0, 1)),
                ),
                Line(r"1", "only i = k, j = l is left", lambda X: np.ones((3, 4)), "3.5"),
            ),
        ),
        Chain(
            r"\frac{\partial y}{\partial X}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial y}{\partial x_1} & \frac{\partial y}{\partial x_5} & "
                    r"\frac{\partial y}{\partial x_9} \\ \frac{\partial y}{\partial x_2} & "
                    r"\frac{\partial y}{\partial x_6} & \frac{\partial y}{\partial x_{10}} \\ "
                    r"\frac{\partial y}{\partial x_3} & \frac{\partial y}{\partial x_7} & "
                    r"\frac{\partial y}{\partial x_{11}} \\ \frac{\partial y}{\partial x_4} & "
                    r"\frac{\partial y}{\partial x_8} & \frac{\partial y}{\partial x_{12}} \end{pmatrix}",
                    "numerator layout: the transpose",
                    lambda X: jacobian(np.sum, X).T,
                    "3.5",
                ),
                Line(
                    r"\begin{pmatrix} 1 & 1 & 1 \\ 1 & 1 & 1 \\ 1 & 1 & 1 \\ 1 & 1 & 1 \end{pmatrix}",
                    "every entry is 1",
                    lambda X: np.ones((4, 3)),
                    "3.5",
                ),
            ),
            Part("every entry, transposed to 4×3", lambda gradient: gradient.T),
        ),
    ),
)

EXAMPLE_6 = Derivation(
    "example_3_6_jacobian",
    "From a number to a matrix",
    (
        Chain(
            r"\frac{\partial Y}{\partial x}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial f_1}{\partial x} & \frac{\partial f_2}{\partial x} \\ "
                    r"\frac{\partial f_3}{\partial x} & \frac{\partial f_4}{\partial x} \end{pmatrix}",
                    "entry by entry, with f = (cos x, sin x, e^x, tanh x)",
                    lambda x: slope(lambda x: np.array([[np.cos(x), np.sin(x)], [np.exp(x), np.tanh(x)]]), x),
                    "3.6",
                ),
                Line(
                    r"\begin{pmatrix} -\sin x & \cos x \\ e^x & 1 - \tanh^2 x \end{pmatrix}",
                    "the derivatives of the four",
                    lambda x: np.array([[-np.sin(x), np.cos(x)], [np.exp(x), 1 - np.tanh(x) ** 2]]),
                    "3.6",
                ),
            ),
        ),
    ),
)


def y_3_7(X: Any) -> Any:
    """The value of example 3.7."""
    x1, x2, x3, x4, x5, x6 = X.reshape(6)
    return np.stack([x1 + x2 + x3 + x4 + x5 + x6, x1 * x5 * x6, x2 * x4, x3 * x4 * x5])


def columns_3_7(X: Any) -> list[Any]:
    """∂y/∂x_1 to ∂y/∂x_6."""
    x1, x2, x3, x4, x5, x6 = X.reshape(6)
    return [
        np.array([1.0, x5 * x6, 0.0, 0.0]),
        np.array([1.0, 0.0, x4, 0.0]),
        np.array([1.0, 0.0, 0.0, x4 * x5]),
        np.array([1.0, 0.0, x2, x3 * x5]),
        np.array([1.0, x1 * x6, 0.0, x3 * x4]),
        np.array([1.0, x1 * x5, 0.0, 0.0]),
    ]


def slices_3_7(X: Any) -> Any:
    """∂y_1/∂X to ∂y_4/∂X, each transposed, 3×2."""
    x1, x2, x3, x4, x5, x6 = X.reshape(6)
    return np.array(
        [
            [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]],
            [[x5 * x6, 0.0], [0.0, x1 * x6], [0.0, x1 * x5]],
            [[0.0, x2], [x4, 0.0], [0.0, 0.0]],
            [[0.0, x3 * x5], [0.0, x3 * x4], [x4 * x5, 0.0]],
        ]
    )


EXAMPLE_7 = Derivation(
    "example_3_7_jacobian",
    "From a matrix to a vector: a tensor, and the same flattened",
    (
        Chain(
            r"\frac{\partial y}{\partial X}",
            (
                Line(
                    r"\begin{bmatrix} \frac{\partial y}{\partial x_1} & \frac{\partial y}{\partial x_4} \\ "
                    r"\frac{\partial y}{\partial x_2} & \frac{\partial y}{\partial x_5} \\ "
                    r"\frac{\partial y}{\partial x_3} & \frac{\partial y}{\partial x_6} \end{bmatrix}",
                    "numerator layout: X transposed, a vector at each place",
                    lambda X: np.transpose(jacobian(y_3_7, X), (0, 2, 1)),
                    "3.7",
                ),
                Line(
                    r"\begin{bmatrix} \begin{pmatrix} 1 \\ x_5 x_6 \\ 0 \\ 0 \end{pmatrix} & "
                    r"\begin{pmatrix} 1 \\ 0 \\ x_2 \\ x_3 x_5 \end{pmatrix} \\ "
                    r"\begin{pmatrix} 1 \\ 0 \\ x_4 \\ 0 \end{pmatrix} & "
                    r"\begin{pmatrix} 1 \\ x_1 x_6 \\ 0 \\ x_3 x_4 \end{pmatrix} \\ "
                    r"\begin{pmatrix} 1 \\ 0 \\ 0 \\ x_4 x_5 \end{pmatrix} & "
                    r"\begin{pmatrix} 1 \\ x_1 x_5 \\ 0 \\ 0 \end{pmatrix} \end{bmatrix}",
                    "y = (Σ x_ij, x_1 x_5 x_6, x_2 x_4, x_3 x_4 x_5), entry by entry",
                    lambda X: np.stack(
                        [np.stack([columns_3_7(X)[row], columns_3_7(X)[row + 3]], axis=-1) for row in range(3)],
                        axis=1,
                    ),
                    "3.7",
                ),
                Line(
                    r"\begin{bmatrix} \begin{pmatrix} 1 & 1 \\ 1 & 1 \\ 1 & 1 \end{pmatrix} \\ "
                    r"\begin{pmatrix} x_5 x_6 & 0 \\ 0 & x_1 x_6 \\ 0 & x_1 x_5 \end{pmatrix} \\ "
                    r"\begin{pmatrix} 0 & x_2 \\ x_4 & 0 \\ 0 & 0 \end{pmatrix} \\ "
                    r"\begin{pmatrix} 0 & x_3 x_5 \\ 0 & x_3 x_4 \\ x_4 x_5 & 0 \end{pmatrix} \end{bmatrix}",
                    "the same numbers sorted by y_1 to y_4",
                    slices_3_7,
                    "3.7",
                ),
            ),
            Part("every entry, as the tensor 4×3×2", lambda J: np.transpose(J, (0, 2, 1))),
        ),
        Chain(
            r"\frac{\partial y}{\partial \operatorname{vec}(X)}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial y}{\partial x_1} & \frac{\partial y}{\partial x_2} & "
                    r"\frac{\partial y}{\partial x_3} & \frac{\partial y}{\partial x_4} & "
                    r"\frac{\partial y}{\partial x_5} & \frac{\partial y}{\partial x_6} \end{pmatrix}",
                    "flatten X row by row",
                    lambda X: np.stack(columns_3_7(X), axis=1),
                    "3.8",
                ),
                Line(
                    r"\begin{pmatrix} 1 & 1 & 1 & 1 & 1 & 1 \\ x_5 x_6 & 0 & 0 & 0 & x_1 x_6 & x_1 x_5 \\ "
                    r"0 & x_4 & 0 & x_2 & 0 & 0 \\ 0 & 0 & x_4 x_5 & x_3 x_5 & x_3 x_4 & 0 \end{pmatrix}",
                    "insert the six",
                    lambda X: np.transpose(slices_3_7(X), (0, 2, 1)).reshape(4, 6),
                ),
            ),
            Part("every entry, flattened to 4×6", lambda J: J.reshape(4, 6)),
        ),
    ),
)

DERIVATIONS = (EXAMPLE_1, EXAMPLE_2, EXAMPLE_3, EXAMPLE_4, EXAMPLE_5, EXAMPLE_6, EXAMPLE_7)
