"""Derivations of note 3, second part: the identity, a sum of sines, σ' line by line.

z (n) is the argument of an element-wise function; x (n) and W (n, k) are input and weights of the sum of sines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from handgrad.derivations.lines import Chain, Derivation, Line
from handgrad.derivations.steps import jacobian, sigmoid, slope

__all__ = ["DERIVATIONS"]

IDENTITY = Derivation(
    "identity_jacobian",
    "The identity",
    (
        Chain(
            r"\frac{\partial a_i}{\partial z_j}",
            (
                Line(r"\frac{\partial z_i}{\partial z_j}", "insert a = z", lambda z: jacobian(lambda z: z, z), "3.9"),
                Line(
                    r"\delta_{ij} = \left[I\right]_{ij}",
                    "the entries are independent",
                    lambda z: np.eye(len(z)),
                    "3.9",
                ),
                Line(
                    r"\left[\operatorname{diag}(1, \dots, 1)\right]_{ij}",
                    "kept as its diagonal, (1, …, 1)^T",
                    lambda z: np.diag(np.ones(len(z))),
                    "3.9",
                ),
            ),
        ),
    ),
)


def by_weights(x: Any, W: Any) -> Any:
    """∂u/∂W of u = W^T x, yet to be taken: (k, n, k)."""
    return jacobian(lambda W: W.T @ x, W)


SUM_OF_SINES = Derivation(
    "sum_of_sines_gradient",
    "A chain of three derivatives by a matrix",
    (
        Chain(
            r"\frac{\partial L}{\partial W_{ij}}",
            (
                Line(
                    r"\frac{\partial L}{\partial v}\, \frac{\partial v}{\partial u}\, "
                    r"\frac{\partial u}{\partial W_{ij}}",
                    "chain rule, with L = 1^T v, v = sin u and u = W^T x",
                    lambda x, W: np.tensordot(
                        jacobian(np.sum, np.sin(W.T @ x)) @ jacobian(np.sin, W.T @ x), by_weights(x, W), axes=1
                    ),
                    "3.10",
                ),
                Line(
                    r"1^T \operatorname{diag}(\cos u)\, \frac{\partial u}{\partial W_{ij}}",
                    "derivative of the sum; sin acts on each element",
                    lambda x, W: np.tensordot(np.ones(W.shape[1]) @ np.diag(np.cos(W.T @ x)), by_weights(x, W), axes=1),
                    "3.10",
                ),
                Line(
                    r"\left(1 \odot \cos u\right)^T \frac{\partial u}{\partial W_{ij}}",
                    "a diagonal factor is an element-wise product",
                    lambda x, W: np.tensordot(np.ones(W.shape[1]) * np.cos(W.T @ x), by_weights(x, W), axes=1),
                    "3.11",
                ),
                Line(
                    r"\sum_d \cos u_d\, x_i\, \delta_{dj}",
                    "insert ∂u_d/∂W_ij = x_i δ_dj",
                    lambda x, W: np.tensordot(np.cos(W.T @ x), np.eye(W.shape[1])[:, None, :] * x[:, None], axes=1),
                    "3.10",
                ),
                Line(r"x_i \cos u_j", "only d = j is left", lambda x, W: x[:, None] * np.cos(W.T @ x)),
                Line(
                    r"\left[x \left(1 \odot \cos u\right)^T\right]_{ij}",
                    "a product of two vectors, in the shape of W",
                    lambda x, W: np.outer(x, 1 * np.cos(W.T @ x)),
                    "3.10",
                ),
            ),
        ),
    ),
)


SIGMOID = Derivation(
    "sigmoid_derivative",
    "The sigmoid, line by line",
    (
        Chain(
            r"\sigma'(z)",
            (
                Line(
                    r"\frac{d}{dz}\left(\frac{1}{1 + e^{-z}}\right)",
                    "insert σ",
                    lambda z: slope(lambda z: 1 / (1 + np.exp(-z)), z),
                    "3.13",
                ),
                Line(
                    r"\frac{d}{dz} (1 + e^{-z})^{-1}",
                    "a fraction is a power",
                    lambda z: slope(lambda z: (1 + np.exp(-z)) ** -1, z),
                    "3.13",
                ),
                Line(
                    r"-(1 + e^{-z})^{-2} \cdot e^{-z} \cdot (-1)",
                    "power rule, chain rule twice",
                    lambda z: -((1 + np.exp(-z)) ** -2) * np.exp(-z) * -1,
                    "3.13",
                ),
                Line(
                    r"e^{-z} (1 + e^{-z})^{-2}",
                    "two signs cancel",
                    lambda z: np.exp(-z) * (1 + np.exp(-z)) ** -2,
                    "3.13",
                ),
                Line(
                    r"\sigma(z) \cdot \frac{e^{-z}}{1 + e^{-z}}",
                    "insert σ",
                    lambda z: sigmoid(z) * (np.exp(-z) / (1 + np.exp(-z))),
                    "3.13",
                ),
                Line(
                    r"\sigma(z) \cdot \frac{1 + e^{-z} - 1}{1 + e^{-z}}",
                    "add and subtract 1",
                    lambda z: sigmoid(z) * ((1 + np.exp(-z) - 1) / (1 + np.exp(-z))),
                    "3.13",
                ),
                Line(
                    r"\sigma(z) \left[\frac{1 + e^{-z}}{1 + e^{-z}} - \frac{1}{1 + e^{-z}}\right]",
                    "split the fraction",
                    lambda z: sigmoid(z) * ((1 + np.exp(-z)) / (1 + np.exp(-z)) - 1 / (1 + np.exp(-z))),
                    "3.13",
                ),
                Line(
                    r"\sigma(z) (1 - \sigma(z))",
                    "insert σ",
                    lambda z: sigmoid(z) * (1 - sigmoid(z)),
                    "3.13",
                ),
            ),
        ),
    ),
    remark="The notes write x for z.",
)

DERIVATIONS = (IDENTITY, SUM_OF_SINES, SIGMOID)
