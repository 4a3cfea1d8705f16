"""Derivations of note 4, second part: the recursion of a network of units, as textbooks have it.

W (n, s) and W_next (s, t) are the weights of layers r and r + 1, inputs × outputs: the textbook's w_ji, from unit i to
unit j, stands in row i and column j. y_prev is y^{r-1} (n); f and g are the activations of both layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.backprop import deltas, sensitivity_gradients
from handgrad.derivations.lines import Chain, Derivation, Line, Part
from handgrad.derivations.steps import activate, activation_slope, jacobian, slope

__all__ = ["DERIVATIONS"]


def textbook(y_prev: Any, W: Any, W_next: Any, y_bar: Any, f: str, g: str) -> tuple[Any, Any, Any]:
    """∂E/∂w^r, ∂E/∂y^r and δ^r as handgrad has them."""
    biases = [np.zeros(W.shape[1]), np.zeros(W_next.shape[1])]
    delta, e = deltas([W, W_next], biases, y_prev, y_bar, [f, g])
    return sensitivity_gradients(y_prev, delta[0])[0], e[0], delta[0]


def next_slope(y_prev: Any, W: Any, W_next: Any, f: str, g: str) -> Any:
    """f'(v^{r+1})."""
    return activation_slope(g, activate(f, y_prev @ W) @ W_next)


def error_slope(y_prev: Any, W: Any, W_next: Any, y_bar: Any, f: str, g: str) -> Any:
    """∂E/∂y^r, yet to be taken."""
    return jacobian(lambda y: y_bar @ activate(g, y @ W_next), activate(f, y_prev @ W))


def delta_slope(y_prev: Any, W: Any, W_next: Any, y_bar: Any, f: str, g: str) -> Any:
    """∂E/∂v^r, yet to be taken."""
    return jacobian(lambda v: y_bar @ activate(g, activate(f, v) @ W_next), y_prev @ W)


TEXTBOOK = Derivation(
    "deltas",
    "The textbook's δ and e",
    (
        Chain(
            r"\frac{\partial E}{\partial w_{ji}^r}",
            (
                Line(
                    r"\frac{\partial v_j^r}{\partial w_{ji}^r}\, \frac{\partial y_j^r}{\partial v_j^r}\, "
                    r"\frac{\partial E}{\partial y_j^r}",
                    "chain rule; w_ji enters v_j alone",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        np.sum(jacobian(lambda W: y_prev @ W, W) * np.eye(W.shape[1])[:, None, :], axis=0)
                        * slope(lambda v: activate(f, v), y_prev @ W)
                        * error_slope(y_prev, W, W_next, y_bar, f, g)
                    ),
                    "4.9",
                ),
                Line(
                    r"y_i^{r-1} \frac{\partial E}{\partial v_j^r}",
                    "v_j is linear in its weights; the other two are the derivative by v_j",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        y_prev[:, None] * delta_slope(y_prev, W, W_next, y_bar, f, g)
                    ),
                    "4.9",
                ),
                Line(
                    r"y_i^{r-1} \delta_j^r",
                    "a name for ∂E/∂v_j",
                    lambda y_prev, W, W_next, y_bar, f, g: np.outer(
                        y_prev,
                        activation_slope(f, y_prev @ W) * (W_next @ (next_slope(y_prev, W, W_next, f, g) * y_bar)),
                    ),
                    "4.9",
                ),
            ),
            Part("by the weights of layer r, with w_ji in row i and column j", lambda parts: parts[0]),
        ),
        Chain(
            r"e_j^r = \frac{\partial E}{\partial y_j^r}",
            (
                Line(
                    r"\sum_k \frac{\partial y_k^{r+1}}{\partial y_j^r}\, \frac{\partial E}{\partial y_k^{r+1}}",
                    "chain rule through all units of the next layer (4.8)",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        jacobian(lambda y: activate(g, y @ W_next), activate(f, y_prev @ W)).T @ y_bar
                    ),
                ),
                Line(
                    r"\sum_k w_{kj}^{r+1} f'(v_k^{r+1})\, \frac{\partial E}{\partial y_k^{r+1}}",
                    "insert y_k = f(v_k), v_k = Σ_j w_kj y_j",
                    lambda y_prev, W, W_next, y_bar, f, g: np.sum(
                        W_next * next_slope(y_prev, W, W_next, f, g) * y_bar, axis=1
                    ),
                    "4.10",
                ),
                Line(
                    r"\sum_k w_{kj}^{r+1} \delta_k^{r+1}",
                    "the last two factors are δ of the next layer",
                    lambda y_prev, W, W_next, y_bar, f, g: W_next @ (next_slope(y_prev, W, W_next, f, g) * y_bar),
                    "4.11",
                ),
            ),
            Part("by the output of layer r", lambda parts: parts[1]),
        ),
        Chain(
            r"\delta_j^r = \frac{\partial E}{\partial v_j^r}",
            (
                Line(
                    r"\frac{\partial y_j^r}{\partial v_j^r}\, \frac{\partial E}{\partial y_j^r}",
                    "chain rule; v_j enters y_j alone",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        slope(lambda v: activate(f, v), y_prev @ W) * error_slope(y_prev, W, W_next, y_bar, f, g)
                    ),
                    "4.11",
                ),
                Line(
                    r"f'(v_j^r) \sum_k w_{kj}^{r+1} f'(v_k^{r+1})\, \frac{\partial E}{\partial y_k^{r+1}}",
                    "insert (4.10)",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        activation_slope(f, y_prev @ W)
                        * np.sum(W_next * next_slope(y_prev, W, W_next, f, g) * y_bar, axis=1)
                    ),
                    "4.11",
                ),
                Line(
                    r"f'(v_j^r) \sum_k w_{kj}^{r+1} \delta_k^{r+1}",
                    "the last two factors are δ of the next layer",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        activation_slope(f, y_prev @ W) * (W_next @ (next_slope(y_prev, W, W_next, f, g) * y_bar))
                    ),
                    "4.11",
                ),
                Line(
                    r"f'(v_j^r)\, e_j^r",
                    "a name for the sum",
                    lambda y_prev, W, W_next, y_bar, f, g: (
                        activation_slope(f, y_prev @ W) * error_slope(y_prev, W, W_next, y_bar, f, g)
                    ),
                    "4.11",
                ),
            ),
            Part("by the pre-activation of layer r", lambda parts: parts[2]),
        ),
    ),
    letters={"y_prev": "n", "W": "n s", "W_next": "s t", "y_bar": "t", "f": "activation", "g": "activation"},
    hand=textbook,
    remark="y_bar is ∂E/∂y^{r+1}, from whatever cost.",
)

DERIVATIONS = (TEXTBOOK,)
