"""Derivations of note 0: a linear map, a layer as a function of its weights, the sigmoid's Jacobian, their product.

B (m, n) and w (n) are a linear map's; o (n) and w (k·n) those of a layer by its weights, with O = I_k ⊗ o^T.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.backprop import stacked_weights_gradient
from handgrad.derivations.lines import Chain, Derivation, Line
from handgrad.derivations.steps import activate, activation_slope, jacobian, sigmoid, slope

__all__ = ["DERIVATIONS"]


def rows(o: Any, w: Any) -> int:
    """k, the number of outputs."""
    return len(w) // len(o)


def outputs(o: Any, k: int) -> Any:
    """O, block by block: o^T on the diagonal, zeros beside it."""
    blocks = [[o if i == j else 0 * o for j in range(k)] for i in range(k)]
    return np.stack([np.concatenate(row) for row in blocks])


LINEAR_MAP = Derivation(
    "linear_map_jacobian",
    "The Jacobian of a linear map is its matrix",
    (
        Chain(
            r"\frac{\partial f_i}{\partial w_j}",
            (
                Line(
                    r"\frac{\partial}{\partial w_j}\left[\sum_k B_{ik} w_k\right]",
                    "write out row i of B w",
                    lambda B, w: jacobian(lambda w: B @ w, w),
                    "0.1",
                ),
                Line(
                    r"\sum_k B_{ik} \frac{\partial w_k}{\partial w_j}",
                    "sum rule, constant factors",
                    lambda B, w: B @ jacobian(lambda w: w, w),
                ),
                Line(
                    r"\sum_k B_{ik}\, \delta_{kj}",
                    "the entries of w are independent",
                    lambda B, w: B @ np.eye(len(w)),
                ),
                Line(r"B_{ij}", "only k = j is left", lambda B, w: B, "0.1"),
            ),
        ),
    ),
)

DENSE_OF_WEIGHTS = Derivation(
    "dense_of_weights_jacobian",
    "A layer as a linear map of its weights",
    (
        Chain(
            r"\frac{\partial a_i}{\partial w_{jl}}",
            (
                Line(
                    r"\frac{\partial}{\partial w_{jl}}\left[\sum_m w_{im}\, o_m\right]",
                    "output i is row i of the weights times o",
                    lambda o, w: jacobian(lambda w: w.reshape(rows(o, w), len(o)) @ o, w),
                ),
                Line(
                    r"\sum_m \delta_{ij}\, \delta_{ml}\, o_m",
                    "the weights are independent",
                    lambda o, w: (np.eye(rows(o, w))[:, :, None] * (np.eye(len(o)) @ o)).reshape(rows(o, w), -1),
                ),
                Line(
                    r"\delta_{ij}\, o_l",
                    "only m = l is left",
                    lambda o, w: (np.eye(rows(o, w))[:, :, None] * o).reshape(rows(o, w), -1),
                ),
            ),
        ),
        Chain(
            r"J_w(a)",
            (
                Line(
                    r"\frac{\partial}{\partial w}\left[O\, w\right]",
                    "all outputs at once, a = O w",
                    lambda o, w: jacobian(lambda w: outputs(o, rows(o, w)) @ w, w),
                    "0.2",
                ),
                Line(
                    r"O = \begin{pmatrix} o^T & 0 & \dots & 0 \\ 0 & o^T & \dots & 0 \\ "
                    r"\vdots & \vdots & \ddots & \vdots \\ 0 & 0 & \dots & o^T \end{pmatrix}",
                    "Jacobian of a linear map (0.1)",
                    lambda o, w: outputs(o, rows(o, w)),
                    "0.2",
                ),
                Line(
                    r"I_k \otimes o^T",
                    "a row in each block is a Kronecker product",
                    lambda o, w: np.kron(np.eye(rows(o, w)), o),
                ),
            ),
        ),
    ),
)

SIGMOID_JACOBIAN = Derivation(
    "sigmoid_jacobian",
    "An element-wise function has a diagonal Jacobian",
    (
        Chain(
            r"\frac{\partial a_i}{\partial z_j}",
            (
                Line(
                    r"\frac{\partial}{\partial z_j}\left[\frac{1}{1 + e^{-z_i}}\right]",
                    "insert a = σ(z)",
                    lambda z: jacobian(sigmoid, z),
                    "0.3",
                ),
                Line(
                    r"\begin{cases} \sigma'(z_i), & i = j \\ 0, & i \neq j \end{cases}",
                    "output i depends on input i alone",
                    lambda z: np.where(np.eye(len(z)) == 1, slope(sigmoid, z), 0.0),
                    "0.5",
                ),
                Line(
                    r"\sigma'(z_i)\, \delta_{ij}",
                    "both cases in one",
                    lambda z: slope(sigmoid, z)[:, None] * np.eye(len(z)),
                    "0.3",
                ),
                Line(
                    r"a_i (1 - a_i)\, \delta_{ij}",
                    "insert σ' (3.13)",
                    lambda z: np.diag(sigmoid(z) * (1 - sigmoid(z))),
                ),
            ),
        ),
    ),
    remark="The notes write a for z and o for the output a.",
)

STACKED_WEIGHTS = Derivation(
    "stacked_weights_gradient",
    "The gradient by a layer's stacked weights, as a row",
    (
        Chain(
            r"\frac{\partial L}{\partial w_{t-1}}",
            (
                Line(
                    r"\frac{\partial L}{\partial o_t}\, \frac{\partial o_t}{\partial a_t}\, "
                    r"\frac{\partial a_t}{\partial w_{t-1}}",
                    "chain rule",
                    lambda o, a, o_bar, g: (
                        o_bar[None, :]
                        @ jacobian(lambda a: activate(g, a), a)
                        @ jacobian(lambda w: w.reshape(len(a), len(o)) @ o, np.zeros(len(a) * len(o)))
                    ),
                    "0.6",
                ),
                Line(
                    r"\frac{\partial L}{\partial o_t}\, J_{a_t}(o_t)\, O_{t-1}",
                    "insert (0.3) and (0.2)",
                    lambda o, a, o_bar, g: o_bar[None, :] @ np.diag(activation_slope(g, a)) @ outputs(o, len(a)),
                    "0.6",
                ),
                Line(
                    r"\left(\frac{\partial L}{\partial o_t} \odot g'(a_t)^T\right) O_{t-1}",
                    "a diagonal factor is an element-wise product (3.11)",
                    lambda o, a, o_bar, g: (o_bar * activation_slope(g, a))[None, :] @ outputs(o, len(a)),
                ),
                Line(
                    r"\begin{pmatrix} \frac{\partial L}{\partial o_{t,1}}\, g'(a_{t,1})\, o_{t-1}^T & \dots & "
                    r"\frac{\partial L}{\partial o_{t,k}}\, g'(a_{t,k})\, o_{t-1}^T \end{pmatrix}",
                    "each block of O holds one row",
                    lambda o, a, o_bar, g: np.outer(o_bar * activation_slope(g, a), o).reshape(1, -1),
                ),
            ),
        ),
    ),
    letters={"o": "n", "a": "k", "o_bar": "k", "g": "activation"},
    hand=lambda o, a, o_bar, g: stacked_weights_gradient(o, a, o_bar, activation=g),
)

DERIVATIONS = (LINEAR_MAP, DENSE_OF_WEIGHTS, SIGMOID_JACOBIAN, STACKED_WEIGHTS)
