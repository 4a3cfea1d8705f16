"""Derivations of note 2, first part: means, the dot product, the affine function, activations, the artificial neuron.

x, w, u and v are vectors (n), b a number; z_bar = ∂J/∂z and a_bar = ∂J/∂a come from what follows the function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handgrad.derivations.lines import Chain, Derivation, Line, Part
from handgrad.derivations.steps import activate, activation_slope, jacobian, slope

__all__ = ["DERIVATIONS"]


MEAN = Derivation(
    "mean_gradient",
    "The gradient of a mean",
    (
        Chain(
            r"\frac{\partial z}{\partial x_j}",
            (
                Line(
                    r"\frac{\partial}{\partial x_j}\left[\frac{1}{n} \sum_i x_i\right]",
                    "insert z",
                    lambda x: jacobian(lambda x: np.sum(x) / len(x), x),
                    "2.4",
                ),
                Line(
                    r"\frac{1}{n} \sum_i \delta_{ij}",
                    "sum rule, the entries are independent",
                    lambda x: np.sum(np.eye(len(x)), axis=0) / len(x),
                ),
                Line(r"\frac{1}{n}", "only i = j is left", lambda x: np.ones(len(x)) / len(x), "2.4"),
            ),
        ),
    ),
)

MEAN_SQUARE = Derivation(
    "mean_square_gradient",
    "The gradient of a mean square",
    (
        Chain(
            r"\frac{\partial z}{\partial x_j}",
            (
                Line(
                    r"\frac{\partial}{\partial x_j}\left[\frac{1}{n} \sum_i x_i^2\right]",
                    "insert z",
                    lambda x: jacobian(lambda x: np.sum(x**2) / len(x), x),
                    "2.5",
                ),
                Line(
                    r"\frac{1}{n} \sum_i 2 x_i\, \delta_{ij}",
                    "power rule",
                    lambda x: np.sum(2 * x * np.eye(len(x)), axis=1) / len(x),
                ),
                Line(r"\frac{2 x_j}{n}", "only i = j is left", lambda x: 2 * x / len(x), "2.5"),
            ),
        ),
    ),
)


def by(position: int, name: str) -> Part:
    """The derivative by one of several arguments."""
    return Part(f"by {name}", lambda parts: parts[position])


DOT = Derivation(
    "dot_gradient",
    "The gradients of a dot product",
    (
        Chain(
            r"\frac{\partial z}{\partial u_i}",
            (
                Line(
                    r"\frac{\partial}{\partial u_i}\left[\sum_k u_k v_k\right]",
                    "insert z",
                    lambda u, v: jacobian(lambda u: np.sum(u * v), u),
                    "2.12",
                ),
                Line(
                    r"\sum_k \delta_{ki}\, v_k",
                    "sum rule, the entries are independent",
                    lambda u, v: np.sum(np.eye(len(u)) * v[:, None], axis=0),
                ),
                Line(r"v_i", "only k = i is left", lambda u, v: v, "2.12"),
            ),
            by(0, "u"),
        ),
        Chain(
            r"\frac{\partial z}{\partial v_j}",
            (
                Line(
                    r"\frac{\partial}{\partial v_j}\left[\sum_k u_k v_k\right]",
                    "insert z",
                    lambda u, v: jacobian(lambda v: np.sum(u * v), v),
                    "2.12",
                ),
                Line(
                    r"\sum_k u_k\, \delta_{kj}",
                    "sum rule, the entries are independent",
                    lambda u, v: np.sum(u[:, None] * np.eye(len(v)), axis=0),
                ),
                Line(r"u_j", "only k = j is left", lambda u, v: u, "2.12"),
            ),
            by(1, "v"),
        ),
    ),
)

AFFINE = Derivation(
    "affine_vjp",
    "Backwards through an affine function",
    (
        Chain(
            r"\frac{\partial J}{\partial x}",
            (
                Line(
                    r"\frac{\partial J}{\partial z}\, \frac{\partial z}{\partial x}",
                    "chain rule",
                    lambda x, w, b, z_bar: z_bar * jacobian(lambda x: x @ w + b, x),
                    "2.13",
                ),
                Line(
                    r"\frac{\partial J}{\partial z}\, w^T",
                    "z is linear in x (2.12)",
                    lambda x, w, b, z_bar: z_bar * w,
                    "2.13",
                ),
            ),
            by(0, "x"),
        ),
        Chain(
            r"\frac{\partial J}{\partial w}",
            (
                Line(
                    r"\frac{\partial J}{\partial z}\, \frac{\partial z}{\partial w}",
                    "chain rule",
                    lambda x, w, b, z_bar: z_bar * jacobian(lambda w: x @ w + b, w),
                    "2.13",
                ),
                Line(
                    r"\frac{\partial J}{\partial z}\, x^T",
                    "z is linear in w (2.12)",
                    lambda x, w, b, z_bar: z_bar * x,
                    "2.13",
                ),
            ),
            by(1, "w"),
        ),
        Chain(
            r"\frac{\partial J}{\partial b}",
            (
                Line(
                    r"\frac{\partial J}{\partial z}\, \frac{\partial z}{\partial b}",
                    "chain rule",
                    lambda x, w, b, z_bar: z_bar * slope(lambda b: x @ w + b, b),
                    "2.13",
                ),
                Line(
                    r"\frac{\partial J}{\partial z}",
                    "z and b differ by a constant",
                    lambda x, w, b, z_bar: z_bar,
                    "2.13",
                ),
            ),
            by(2, "b"),
        ),
    ),
)

TANH = Derivation(
    "tanh_derivative",
    "The hyperbolic tangent by the quotient rule",
    (
        Chain(
            r"\frac{\partial a}{\partial z}",
            (
                Line(
                    r"\frac{\partial}{\partial z}\left[\frac{e^z - e^{-z}}{e^z + e^{-z}}\right]",
                    "insert tanh z",
                    lambda z: slope(lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), z),
                ),
                Line(
                    r"\frac{(e^z + e^{-z})^2 - (e^z - e^{-z})^2}{(e^z + e^{-z})^2}",
                    "quotient rule",
                    lambda z: (
                        ((np.exp(z) + np.exp(-z)) ** 2 - (np.exp(z) - np.exp(-z)) ** 2) / (np.exp(z) + np.exp(-z)) ** 2
                    ),
                ),
                Line(
                    r"1 - \left(\frac{e^z - e^{-z}}{e^z + e^{-z}}\right)^2",
                    "split the fraction",
                    lambda z: 1 - ((np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))) ** 2,
                ),
                Line(r"1 - a^2", "insert a = tanh z", lambda z: 1 - np.tanh(z) ** 2),
                Line(
                    r"(1 + a)(1 - a)",
                    "difference of two squares",
                    lambda z: (1 + np.tanh(z)) * (1 - np.tanh(z)),
                    "2.14",
                ),
            ),
        ),
    ),
)


def backwards(g: str, latex: str, rule: str, value: Callable[..., Any]) -> Derivation:
    """From ∂J/∂a to ∂J/∂z, for one activation."""
    return Derivation(
        f"{g}_vjp",
        f"Backwards through an activation: {g}",
        (
            Chain(
                r"\frac{\partial J}{\partial z}",
                (
                    Line(
                        r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}",
                        "chain rule",
                        lambda z, a_bar: a_bar * slope(lambda z: activate(g, z), z),
                        "2.15",
                    ),
                    Line(r"\frac{\partial J}{\partial a} \cdot " + latex, rule, value, "2.15"),
                ),
            ),
        ),
    )


SIGMOID_BACKWARDS = backwards(
    "sigmoid",
    "a (1 - a)",
    "insert σ' (2.14)",
    lambda z, a_bar: a_bar * activate("sigmoid", z) * (1 - activate("sigmoid", z)),
)

TANH_BACKWARDS = backwards(
    "tanh", "(1 + a)(1 - a)", "insert tanh' (2.14)", lambda z, a_bar: a_bar * (1 + np.tanh(z)) * (1 - np.tanh(z))
)

RELU_BACKWARDS = backwards(
    "relu",
    r"\begin{cases} 1, & z \geq 0 \\ 0, & z < 0 \end{cases}",
    "insert ReLU' (2.14); at z = 0 the notes choose 1",
    lambda z, a_bar: a_bar * np.where(z >= 0, 1.0, 0.0),
)

NEURON = Derivation(
    "neuron_vjp",
    "Backwards through an artificial neuron",
    (
        Chain(
            r"\frac{\partial J}{\partial x}",
            (
                Line(
                    r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}\, \frac{\partial z}{\partial x}",
                    "chain rule",
                    lambda x, w, b, a_bar, activation: (
                        a_bar * slope(lambda z: activate(activation, z), x @ w + b) * jacobian(lambda x: x @ w + b, x)
                    ),
                    "2.16",
                ),
                Line(
                    r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}\, w^T",
                    "z is linear in x (2.12)",
                    lambda x, w, b, a_bar, activation: a_bar * slope(lambda z: activate(activation, z), x @ w + b) * w,
                    "2.16",
                ),
                Line(
                    r"\frac{\partial J}{\partial a}\, g'(z)\, w^T",
                    "insert g' (2.14)",
                    lambda x, w, b, a_bar, activation: a_bar * activation_slope(activation, x @ w + b) * w,
                ),
            ),
            by(0, "x"),
        ),
        Chain(
            r"\frac{\partial J}{\partial w}",
            (
                Line(
                    r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}\, \frac{\partial z}{\partial w}",
                    "chain rule",
                    lambda x, w, b, a_bar, activation: (
                        a_bar * slope(lambda z: activate(activation, z), x @ w + b) * jacobian(lambda w: x @ w + b, w)
                    ),
                    "2.16",
                ),
                Line(
                    r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}\, x^T",
                    "z is linear in w (2.12)",
                    lambda x, w, b, a_bar, activation: a_bar * slope(lambda z: activate(activation, z), x @ w + b) * x,
                    "2.16",
                ),
                Line(
                    r"\frac{\partial J}{\partial a}\, g'(z)\, x^T",
                    "insert g' (2.14)",
                    lambda x, w, b, a_bar, activation: a_bar * activation_slope(activation, x @ w + b) * x,
                ),
            ),
            by(1, "w"),
        ),
        Chain(
            r"\frac{\partial J}{\partial b}",
            (
                Line(
                    r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}\, \frac{\partial z}{\partial b}",
                    "chain rule",
                    lambda x, w, b, a_bar, activation: (
                        a_bar * slope(lambda z: activate(activation, z), x @ w + b) * slope(lambda b: x @ w + b, b)
                    ),
                    "2.16",
                ),
                Line(
                    r"\frac{\partial J}{\partial a}\, \frac{\partial a}{\partial z}",
                    "z and b differ by a constant",
                    lambda x, w, b, a_bar, activation: a_bar * slope(lambda z: activate(activation, z), x @ w + b),
                    "2.16",
                ),
                Line(
                    r"\frac{\partial J}{\partial a}\, g'(z)",
                    "insert g' (2.14)",
                    lambda x, w, b, a_bar, activation: a_bar * activation_slope(activation, x @ w + b),
                ),
            ),
            by(2, "b"),
        ),
    ),
)

DERIVATIONS = (
    MEAN,
    MEAN_SQUARE,
    DOT,
    AFFINE,
    TANH,
    SIGMOID_BACKWARDS,
    TANH_BACKWARDS,
    RELU_BACKWARDS,
    NEURON,
)
