"""Derivations of note 1: a layer by its weights and biases, and the recursion of the sensitivities.

n (s) is the pre-activation of layer m, W (s, t) and b (t) are the weights and biases of layer m + 1, f and g are the
activations of both layers; for the squared error layer m + 1 is the last one, M, with target y (t).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.backprop import preactivation_jacobians, sensitivities, sensitivity_gradients
from handgrad.derivations.lines import Chain, Derivation, Line, Part
from handgrad.derivations.steps import activate, activation_slope, jacobian, slope

__all__ = ["DERIVATIONS"]


def preactivation(n: Any, W: Any, b: Any, f: str) -> Any:
    """n^(m+1), from n^(m)."""
    return activate(f, n) @ W + b


def preactivation_jacobian(n: Any, W: Any, b: Any, f: str) -> Any:
    """∂n^(m+1)/∂n^(m), yet to be taken."""
    return jacobian(lambda n: preactivation(n, W, b, f), n)


def cost(n: Any, y: Any, g: str) -> Any:
    """J = (y - a)^T (y - a) of the last layer's pre-activation n."""
    return (y - activate(g, n)) @ (y - activate(g, n))


def cost_slope(n: Any, W: Any, b: Any, y: Any, f: str, g: str) -> Any:
    """∂J/∂n^(M), yet to be taken."""
    return jacobian(lambda last: cost(last, y, g), preactivation(n, W, b, f))


def error(n: Any, W: Any, b: Any, y: Any, f: str, g: str) -> Any:
    """y - a at the last layer."""
    return y - activate(g, preactivation(n, W, b, f))


def last_slope(n: Any, W: Any, b: Any, f: str, g: str) -> Any:
    """f' at the last layer."""
    return activation_slope(g, preactivation(n, W, b, f))


BY_X = Part("by the input", lambda parts: parts[0])
BY_W = Part("by the weights", lambda parts: parts[1])
BY_B = Part("by the biases", lambda parts: parts[2])

DENSE = Derivation(
    "dense_jacobian",
    "The pre-activation by weights, biases and inputs",
    (
        Chain(
            r"\frac{\partial z_i}{\partial w_{jl}}",
            (
                Line(
                    r"\frac{\partial}{\partial w_{jl}}\left[\sum_m w_{mi} x_m + b_i\right]",
                    "insert z_i",
                    lambda x, W, b: jacobian(lambda W: x @ W + b, W),
                    "1.3",
                ),
                Line(
                    r"\sum_m \frac{\partial w_{mi}}{\partial w_{jl}}\, x_m",
                    "sum rule, the bias is constant",
                    lambda x, W, b: np.tensordot(x, jacobian(lambda W: W, W), axes=1),
                ),
                Line(
                    r"\sum_m \delta_{mj}\, \delta_{il}\, x_m",
                    "the weights are independent",
                    lambda x, W, b: np.eye(len(b))[:, None, :] * (x @ np.eye(len(x)))[:, None],
                ),
                Line(
                    r"\delta_{il}\, x_j",
                    "only m = j is left",
                    lambda x, W, b: np.eye(len(b))[:, None, :] * x[:, None],
                    "1.4",
                ),
            ),
            BY_W,
        ),
        Chain(
            r"\frac{\partial z_i}{\partial b_l}",
            (
                Line(
                    r"\frac{\partial}{\partial b_l}\left[\sum_m w_{mi} x_m + b_i\right]",
                    "insert z_i",
                    lambda x, W, b: jacobian(lambda b: x @ W + b, b),
                    "1.3",
                ),
                Line(r"\delta_{il}", "only b_i itself is not constant", lambda x, W, b: np.eye(len(b)), "1.4"),
            ),
            BY_B,
        ),
        Chain(
            r"\frac{\partial z_i}{\partial x_j}",
            (
                Line(
                    r"\frac{\partial}{\partial x_j}\left[\sum_m w_{mi} x_m + b_i\right]",
                    "insert z_i",
                    lambda x, W, b: jacobian(lambda x: x @ W + b, x),
                    "1.3",
                ),
                Line(
                    r"\sum_m w_{mi}\, \delta_{mj}",
                    "sum rule, the inputs are independent",
                    lambda x, W, b: W.T @ np.eye(len(x)),
                ),
                Line(r"w_{ji}", "only m = j is left", lambda x, W, b: W.T),
            ),
            BY_X,
        ),
    ),
    remark="The notes write n for z and a for x.",
)

SENSITIVITY_GRADIENTS = Derivation(
    "sensitivity_gradients",
    "The gradients by weights and biases, from the sensitivity",
    (
        Chain(
            r"\frac{\partial J}{\partial w_{ji}}",
            (
                Line(
                    r"\sum_l \frac{\partial J}{\partial n_l}\, \frac{\partial n_l}{\partial w_{ji}}",
                    "chain rule",
                    lambda a, s, W, b: np.tensordot(s, jacobian(lambda W: a @ W + b, W), axes=1),
                ),
                Line(
                    r"\frac{\partial J}{\partial n_i}\, \frac{\partial n_i}{\partial w_{ji}}",
                    "the weight w_ji enters n_i alone",
                    lambda a, s, W, b: (
                        s * np.sum(jacobian(lambda W: a @ W + b, W) * np.eye(len(b))[:, None, :], axis=0)
                    ),
                    "1.2",
                ),
                Line(r"s_i\, a_j", "insert (1.5) and (1.4)", lambda a, s, W, b: s * a[:, None], "1.6"),
                Line(
                    r"\left[a\, s^T\right]_{ji}", "a product of two vectors", lambda a, s, W, b: np.outer(a, s), "1.14"
                ),
            ),
            Part("by the weights", lambda parts: parts[0]),
        ),
        Chain(
            r"\frac{\partial J}{\partial b_i}",
            (
                Line(
                    r"\sum_l \frac{\partial J}{\partial n_l}\, \frac{\partial n_l}{\partial b_i}",
                    "chain rule",
                    lambda a, s, W, b: s @ jacobian(lambda b: a @ W + b, b),
                ),
                Line(
                    r"\frac{\partial J}{\partial n_i}\, \frac{\partial n_i}{\partial b_i}",
                    "the bias b_i enters n_i alone",
                    lambda a, s, W, b: s * slope(lambda b: a @ W + b, b),
                    "1.2",
                ),
                Line(r"s_i", "insert (1.5) and (1.4)", lambda a, s, W, b: s, "1.6"),
            ),
            Part("by the biases", lambda parts: parts[1]),
        ),
    ),
    letters={"a": "n", "s": "k", "W": "n k", "b": "k"},
    hand=lambda a, s, W, b: sensitivity_gradients(a, s),
    remark="W and b matter only where a derivative is yet to be taken.",
)

PREACTIVATION_JACOBIANS = Derivation(
    "preactivation_jacobians",
    "From one layer's pre-activation to the next",
    (
        Chain(
            r"\frac{\partial n_i^{(m+1)}}{\partial n_j^{(m)}}",
            (
                Line(
                    r"\frac{\partial}{\partial n_j^{(m)}}\left[\sum_l w_{li}^{(m+1)} a_l^{(m)} + b_i^{(m+1)}\right]",
                    "insert (1.3)",
                    preactivation_jacobian,
                    "1.9",
                ),
                Line(
                    r"\sum_l w_{li}^{(m+1)} \frac{\partial a_l^{(m)}}{\partial n_j^{(m)}}",
                    "sum rule, weights and biases are constant",
                    lambda n, W, b, f: W.T @ jacobian(lambda n: activate(f, n), n),
                ),
                Line(
                    r"w_{ji}^{(m+1)} \frac{\partial f^{(m)}(n_j^{(m)})}{\partial n_j^{(m)}}",
                    "only a_j depends on n_j",
                    lambda n, W, b, f: W.T * slope(lambda n: activate(f, n), n),
                    "1.9",
                ),
                Line(
                    r"w_{ji}^{(m+1)} f'^{(m)}(n_j^{(m)})",
                    "a name for the derivative",
                    lambda n, W, b, f: W.T * activation_slope(f, n),
                    "1.9",
                ),
            ),
        ),
        Chain(
            r"\frac{\partial n^{(m+1)}}{\partial n^{(m)}}",
            (
                Line(
                    r"\left[W^{(m+1)}\right]^T F'^{(m)}(n^{(m)})",
                    "a factor for each column is a diagonal matrix, F'(n) = diag(f'(n))",
                    lambda n, W, b, f: W.T @ np.diag(activation_slope(f, n)),
                    "1.10",
                ),
            ),
        ),
    ),
    letters={"n": "s", "W": "s t", "b": "t", "f": "activation"},
    hand=lambda n, W, b, f: preactivation_jacobians([np.eye(len(n)), W], [0 * n, b], n, [f, "identity"])[0],
)

HIDDEN = Part("a hidden layer", lambda parts: parts[0])
LAST = Part("the last layer", lambda parts: parts[1])

SENSITIVITIES = Derivation(
    "sensitivities",
    "The sensitivities, from the last layer back",
    (
        Chain(
            r"\frac{\partial J}{\partial n_i^{(m)}}",
            (
                Line(
                    r"\sum_j \frac{\partial J}{\partial n_j^{(m+1)}}\, "
                    r"\frac{\partial n_j^{(m+1)}}{\partial n_i^{(m)}}",
                    "chain rule through all units of the next layer",
                    lambda n, W, b, y, f, g: np.sum(
                        cost_slope(n, W, b, y, f, g)[:, None] * preactivation_jacobian(n, W, b, f), axis=0
                    ),
                    "1.8",
                ),
                Line(
                    r"\sum_j \left[\frac{\partial n^{(m+1)}}{\partial n^{(m)}}\right]_{ji} "
                    r"\left[\frac{\partial J}{\partial n^{(m+1)}}\right]_j",
                    "as entries of a matrix and of a vector",
                    lambda n, W, b, y, f, g: np.sum(
                        preactivation_jacobian(n, W, b, f).T * cost_slope(n, W, b, y, f, g), axis=1
                    ),
                    "1.8",
                ),
            ),
            HIDDEN,
        ),
        Chain(
            r"s^{(m)}",
            (
                Line(
                    r"\left[\frac{\partial n^{(m+1)}}{\partial n^{(m)}}\right]^T \frac{\partial J}{\partial n^{(m+1)}}",
                    "the sum is a product with the transpose",
                    lambda n, W, b, y, f, g: preactivation_jacobian(n, W, b, f).T @ cost_slope(n, W, b, y, f, g),
                    "1.8",
                ),
                Line(
                    r"\left\{\left[W^{(m+1)}\right]^T F'^{(m)}(n^{(m)})\right\}^T s^{(m+1)}",
                    "insert (1.10) and (1.5)",
                    lambda n, W, b, y, f, g: (
                        (W.T @ np.diag(activation_slope(f, n))).T
                        @ (-2 * last_slope(n, W, b, f, g) * error(n, W, b, y, f, g))
                    ),
                    "1.11",
                ),
                Line(
                    r"F'^{(m)}(n^{(m)})\, W^{(m+1)} s^{(m+1)}",
                    "transpose of a product, a diagonal matrix is its own",
                    lambda n, W, b, y, f, g: (
                        np.diag(activation_slope(f, n)) @ W @ (-2 * last_slope(n, W, b, f, g) * error(n, W, b, y, f, g))
                    ),
                    "1.11",
                ),
            ),
            HIDDEN,
        ),
        Chain(
            r"\frac{\partial J}{\partial n_i^{(M)}}",
            (
                Line(
                    r"\frac{\partial}{\partial n_i^{(M)}}\left[(y - a)^T (y - a)\right]",
                    "insert J",
                    cost_slope,
                    "1.12",
                ),
                Line(
                    r"\frac{\partial}{\partial n_i^{(M)}}\left[\sum_j (y_j - a_j)^2\right]",
                    "write out the product",
                    lambda n, W, b, y, f, g: jacobian(
                        lambda last: np.sum((y - activate(g, last)) ** 2), preactivation(n, W, b, f)
                    ),
                    "1.12",
                ),
                Line(
                    r"-2 (y_i - a_i) \frac{\partial a_i}{\partial n_i^{(M)}}",
                    "power rule; only a_i depends on n_i",
                    lambda n, W, b, y, f, g: (
                        -2 * error(n, W, b, y, f, g) * slope(lambda last: activate(g, last), preactivation(n, W, b, f))
                    ),
                    "1.12",
                ),
                Line(
                    r"-2 (y_i - a_i)\, f'^{(M)}(n_i^{(M)})",
                    "a name for the derivative",
                    lambda n, W, b, y, f, g: -2 * error(n, W, b, y, f, g) * last_slope(n, W, b, f, g),
                    "1.12",
                ),
            ),
            LAST,
        ),
        Chain(
            r"s^{(M)}",
            (
                Line(
                    r"-2 F'^{(M)}(n^{(M)}) (y - a)",
                    "all units at once, F'(n) = diag(f'(n))",
                    lambda n, W, b, y, f, g: -2 * np.diag(last_slope(n, W, b, f, g)) @ error(n, W, b, y, f, g),
                    "1.13",
                ),
            ),
            LAST,
        ),
    ),
    letters={"n": "s", "W": "s t", "b": "t", "y": "t", "f": "activation", "g": "activation"},
    hand=lambda n, W, b, y, f, g: sensitivities([np.eye(len(n)), W], [0 * n, b], n, y, [f, g]),
)

DERIVATIONS = (DENSE, SENSITIVITY_GRADIENTS, PREACTIVATION_JACOBIANS, SENSITIVITIES)
