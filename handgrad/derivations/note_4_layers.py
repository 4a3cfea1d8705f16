"""Derivations of note 4, first part: the first-order approximation, the distance as a cost, the general recursion.

y_prev is y^{r-1} (n). In the recursion layer r is f(y, θ) = tanh(θ^T y), with an (n, k) matrix of parameters, and layer
r + 1 = L is alike; nothing is used of a layer but its two Jacobians.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.backprop import backpropagate, deltas, layer, layer_jacobian
from handgrad.derivations.lines import Chain, Derivation, Line, Part
from handgrad.derivations.steps import jacobian
from handgrad.descent import linear_approximation

__all__ = ["DERIVATIONS"]


def norm(x: Any) -> Any:
    """The Euclidean length."""
    return np.sqrt(np.sum(x**2))


def cosine(u: Any, v: Any) -> Any:
    """Of the angle between two vectors, by the law of cosines."""
    return (norm(u) ** 2 + norm(v) ** 2 - norm(u - v) ** 2) / (2 * norm(u) * norm(v))


FIRST_ORDER = Derivation(
    "linear_approximation",
    "The value after a step, to first order",
    (
        Chain(
            r"f(x) + df",
            (
                Line(
                    r"f(x) + \frac{\partial f}{\partial x_1} \Delta x_1 + \dots + "
                    r"\frac{\partial f}{\partial x_n} \Delta x_n",
                    "the differential has a term for each variable",
                    lambda value, gradient, step: value + sum(gradient[i] * step[i] for i in range(len(step))),
                    "4.2",
                ),
                Line(
                    r"f(x) + (\nabla f)^T \Delta x",
                    "the sum is a dot product",
                    lambda value, gradient, step: value + gradient @ step,
                    "4.2",
                ),
                Line(
                    r"f(x) + \lVert \nabla f \rVert\, \lVert \Delta x \rVert \cos \theta",
                    "θ is the angle between the two",
                    lambda value, gradient, step: value + norm(gradient) * norm(step) * cosine(gradient, step),
                    "4.2",
                ),
            ),
        ),
    ),
    letters={"value": "", "gradient": "n", "step": "n"},
    hand=linear_approximation,
    remark="f(x + Δx) differs from this by terms of second order in the step.",
)

EUCLIDEAN = Derivation(
    "euclidean_error_gradient",
    "The distance from the target",
    (
        Chain(
            r"\frac{\partial E}{\partial \hat y_i}",
            (
                Line(
                    r"\frac{\partial}{\partial \hat y_i}\left[\sqrt{\sum_j (\hat y_j - y_j)^2}\right]",
                    "insert E",
                    lambda y, y_hat: jacobian(lambda y_hat: np.sqrt(np.sum((y_hat - y) ** 2)), y_hat),
                    "4.5",
                ),
                Line(
                    r"\frac{1}{2 \sqrt{\sum_j (\hat y_j - y_j)^2}}\, "
                    r"\frac{\partial}{\partial \hat y_i}\left[\sum_j (\hat y_j - y_j)^2\right]",
                    "derivative of the root, chain rule",
                    lambda y, y_hat: (
                        1
                        / (2 * np.sqrt(np.sum((y_hat - y) ** 2)))
                        * jacobian(lambda y_hat: np.sum((y_hat - y) ** 2), y_hat)
                    ),
                ),
                Line(
                    r"\frac{2 (\hat y_i - y_i)}{2 \lVert \hat y - y \rVert}",
                    "only j = i is left",
                    lambda y, y_hat: 2 * (y_hat - y) / (2 * norm(y_hat - y)),
                ),
                Line(
                    r"\frac{\hat y_i - y_i}{\lVert \hat y - y \rVert}",
                    "cancel 2; for ŷ ≠ y",
                    lambda y, y_hat: (y_hat - y) / norm(y_hat - y),
                    "4.5",
                ),
            ),
        ),
    ),
    remark="ŷ is the last output, y^L in the notes.",
)

LAYER = Derivation(
    "layer_jacobian",
    "Both Jacobians of a dense layer, side by side",
    (
        Chain(
            r"J^r",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial f^r}{\partial y^{r-1}} & \frac{\partial f^r}{\partial \theta^r} "
                    r"\end{pmatrix}",
                    "by the input, then by the parameters",
                    lambda y_prev, W, b: np.concatenate(
                        [
                            jacobian(lambda y: y @ W + b, y_prev),
                            jacobian(lambda W: y_prev @ W + b, W).reshape(len(b), -1),
                            jacobian(lambda b: y_prev @ W + b, b),
                        ],
                        axis=1,
                    ),
                    "4.6",
                ),
                Line(
                    r"\begin{pmatrix} W^T & y^T \otimes I & I \end{pmatrix}",
                    "for y^T W + b, with the weights row by row (1.4)",
                    lambda y_prev, W, b: np.concatenate([W.T, np.kron(y_prev, np.eye(len(b))), np.eye(len(b))], axis=1),
                ),
            ),
        ),
    ),
    letters={"y_prev": "n", "W": "n k", "b": "k"},
    hand=lambda y_prev, W, b: layer_jacobian(layer("dense", W, b), y_prev),
)


def f(y: Any, theta: Any) -> Any:
    """The output of a layer."""
    return np.tanh(y @ theta)


def by_parameters(y: Any, theta: Any) -> Any:
    """J_θ of a layer, a row for each output and a column for each parameter."""
    return jacobian(lambda theta: f(y, theta), theta).reshape(theta.shape[1], theta.size)


def by_input(y: Any, theta: Any) -> Any:
    """J_y of a layer."""
    return jacobian(lambda y: f(y, theta), y)


def cost(y_L: Any, target: Any) -> Any:
    """E."""
    return np.sum((target - y_L) ** 2)


def by_output(y_prev: Any, theta: Any, theta_next: Any, target: Any) -> Any:
    """∂E/∂y^L, yet to be taken."""
    return jacobian(lambda y_L: cost(y_L, target), f(f(y_prev, theta), theta_next))


def recursion(y_prev: Any, theta: Any, theta_next: Any, target: Any) -> tuple[Any, Any, Any]:
    """∂E/∂θ^L, ∂E/∂y^r and ∂E/∂θ^r as handgrad has them."""
    parameters = [(theta, np.zeros(theta.shape[1])), (), (theta_next, np.zeros(theta_next.shape[1])), ()]
    chain = [layer(name, *p) for name, p in zip(["dense", "tanh"] * 2, parameters, strict=True)]
    _, gradients = backpropagate(chain, "sum_squared_error", y_prev, target)
    y_r = f(y_prev, theta)
    y_bar = -2 * (target - f(y_r, theta_next))
    _, e = deltas([theta, theta_next], [parameters[0][1], parameters[2][1]], y_prev, y_bar, ["tanh", "tanh"])
    return gradients[2][0].reshape(-1), e[0], gradients[0][0].reshape(-1)


BACKPROPAGATE = Derivation(
    "backpropagate",
    "The recursion of any layers",
    (
        Chain(
            r"\frac{\partial E}{\partial \theta^L}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial E}{\partial \theta_1^L} \\ \vdots \\ "
                    r"\frac{\partial E}{\partial \theta_{j_L}^L} \end{pmatrix}",
                    "the gradient is a column",
                    lambda y_prev, theta, theta_next, target: jacobian(
                        lambda theta_next: cost(f(f(y_prev, theta), theta_next), target), theta_next
                    ).reshape(-1),
                    "4.7",
                ),
                Line(
                    r"\begin{pmatrix} \sum_i \frac{\partial f_i^L}{\partial \theta_1^L} "
                    r"\frac{\partial E}{\partial y_i^L} \\ \vdots \\ \sum_i "
                    r"\frac{\partial f_i^L}{\partial \theta_{j_L}^L} \frac{\partial E}{\partial y_i^L} \end{pmatrix}",
                    "chain rule through all k_L outputs",
                    lambda y_prev, theta, theta_next, target: np.sum(
                        by_parameters(f(y_prev, theta), theta_next)
                        * by_output(y_prev, theta, theta_next, target)[:, None],
                        axis=0,
                    ),
                    "4.7",
                ),
                Line(
                    r"(J_\theta^L)^T \frac{\partial E}{\partial y^L}",
                    "each sum is a column of the Jacobian times the gradient",
                    lambda y_prev, theta, theta_next, target: (
                        by_parameters(f(y_prev, theta), theta_next).T @ by_output(y_prev, theta, theta_next, target)
                    ),
                    "4.7",
                ),
            ),
            Part("by the parameters of the last layer, flattened", lambda parts: parts[0]),
        ),
        Chain(
            r"\frac{\partial E}{\partial y^r}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial E}{\partial y_1^r} \\ \vdots \\ "
                    r"\frac{\partial E}{\partial y_{k_r}^r} \end{pmatrix}",
                    "the gradient is a column",
                    lambda y_prev, theta, theta_next, target: jacobian(
                        lambda y: cost(f(y, theta_next), target), f(y_prev, theta)
                    ),
                    "4.8",
                ),
                Line(
                    r"\begin{pmatrix} \sum_i \frac{\partial y_i^{r+1}}{\partial y_1^r} "
                    r"\frac{\partial E}{\partial y_i^{r+1}} \\ \vdots \\ "
                    r"\sum_i \frac{\partial y_i^{r+1}}{\partial y_{k_r}^r} "
                    r"\frac{\partial E}{\partial y_i^{r+1}} \end{pmatrix}",
                    "chain rule through all outputs of the next layer",
                    lambda y_prev, theta, theta_next, target: np.sum(
                        by_input(f(y_prev, theta), theta_next) * by_output(y_prev, theta, theta_next, target)[:, None],
                        axis=0,
                    ),
                    "4.8",
                ),
                Line(
                    r"(J_y^{r+1})^T \frac{\partial E}{\partial y^{r+1}}",
                    "each sum is a column of the Jacobian times the gradient",
                    lambda y_prev, theta, theta_next, target: (
                        by_input(f(y_prev, theta), theta_next).T @ by_output(y_prev, theta, theta_next, target)
                    ),
                    "4.8",
                ),
            ),
            Part("by the output of layer r = L - 1", lambda parts: parts[1]),
        ),
        Chain(
            r"\frac{\partial E}{\partial \theta^r}",
            (
                Line(
                    r"\begin{pmatrix} \frac{\partial E}{\partial \theta_1^r} \\ \vdots \\ "
                    r"\frac{\partial E}{\partial \theta_{j_r}^r} \end{pmatrix}",
                    "the gradient is a column",
                    lambda y_prev, theta, theta_next, target: jacobian(
                        lambda theta: cost(f(f(y_prev, theta), theta_next), target), theta
                    ).reshape(-1),
                    "4.8",
                ),
                Line(
                    r"\begin{pmatrix} \sum_i \frac{\partial y_i^r}{\partial \theta_1^r} "
                    r"\frac{\partial E}{\partial y_i^r} \\ \vdots \\ \sum_i "
                    r"\frac{\partial y_i^r}{\partial \theta_{j_r}^r} \frac{\partial E}{\partial y_i^r} \end{pmatrix}",
                    "chain rule through all k_r outputs",
                    lambda y_prev, theta, theta_next, target: np.sum(
                        by_parameters(y_prev, theta)
                        * jacobian(lambda y: cost(f(y, theta_next), target), f(y_prev, theta))[:, None],
                        axis=0,
                    ),
                    "4.8",
                ),
                Line(
                    r"(J_\theta^r)^T \frac{\partial E}{\partial y^r}",
                    "each sum is a column of the Jacobian times the gradient",
                    lambda y_prev, theta, theta_next, target: (
                        by_parameters(y_prev, theta).T
                        @ (by_input(f(y_prev, theta), theta_next).T @ by_output(y_prev, theta, theta_next, target))
                    ),
                    "4.8",
                ),
            ),
            Part("by the parameters of layer r = L - 1, flattened", lambda parts: parts[2]),
        ),
    ),
    letters={"y_prev": "n", "theta": "n k", "theta_next": "k m", "target": "m"},
    hand=recursion,
    remark="Evaluated for two layers tanh(θ^T y) and the cost E = Σ_i (y_i^L - y_i)²; the steps hold for any.",
)

DERIVATIONS = (FIRST_ORDER, EUCLIDEAN, LAYER, BACKPROPAGATE)
