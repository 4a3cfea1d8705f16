"""What the lines of derivations have in common: a derivative still to be taken, sums over δ_ij, activations.

A line such as ∂/∂z [1/(1 + e^{-z})] is worth what a step along the imaginary axis says of the function in the brackets:
f(z + ih) = f(z) + ih f'(z) + O(h²). Nothing is subtracted, so h can be so small that only f'(z) is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["activate", "activation_slope", "diagonal", "jacobian", "off_diagonal", "sigmoid", "slope"]

_H = 2.0**-600  # a power of 2, so that dividing by it rounds nothing


def slope(f: Callable[[Any], Any], z: Any) -> Any:
    """The derivative of an element-wise function that is yet to be taken, in the shape of z.

    >>> slope(lambda z: z**3, np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    return np.imag(f(z + 1j * _H)) / _H


def jacobian(f: Callable[[Any], Any], x: Any) -> Any:
    """The Jacobian that is yet to be taken: the axes of f(x), then those of x.

    >>> jacobian(lambda x: x[0] * x[1], np.array([2.0, 3.0]))
    array([3., 2.])
    """
    x = np.asarray(x)
    directions = np.eye(x.size).reshape(x.size, *x.shape)
    along = np.stack([np.imag(f(x + 1j * _H * direction)) / _H for direction in directions], axis=-1)
    return along.reshape(*along.shape[:-1], *x.shape)


def diagonal(J: Any) -> Any:
    """The entries i = j of a square matrix.

    >>> diagonal(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """
    return np.sum(J * np.eye(len(J)), axis=1)


def off_diagonal(J: Any) -> Any:
    """A square matrix with 0 for its entries i = j.

    >>> off_diagonal(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[0., 2.],
           [3., 0.]])
    """
    return J * (1 - np.eye(len(J)))


def sigmoid(z: Any) -> Any:
    """1/(1 + e^{-z}), which may take a step along the imaginary axis.

    >>> float(sigmoid(0.0))
    0.5
    """
    return 1 / (1 + np.exp(-z))


def activate(name: str, z: Any) -> Any:
    """The activation of that name, of the four that the notes use.

    >>> activate("relu", np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    if name == "sigmoid":
        return sigmoid(z)
    if name == "tanh":
        return np.tanh(z)
    if name == "relu":
        return np.where(np.real(z) < 0, 0, z)
    return {"identity": z}[name]


def activation_slope(name: str, z: Any) -> Any:
    """Its derivative, as equation 2.14 has it.

    >>> activation_slope("relu", np.array([-1.0, 2.0]))
    array([0., 1.])
    """
    a = activate(name, z)
    slopes = {
        "sigmoid": a * (1 - a),
        "tanh": (1 + a) * (1 - a),
        "relu": np.where(z < 0, 0.0, 1.0),
        "identity": 1 + 0 * z,
    }
    return slopes[name]
