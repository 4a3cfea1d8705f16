"""Four derivatives in NumPy, for ``handgrad check``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Real = np.ndarray[Any, Any]


def sigmoid_vjp(z: Real) -> tuple[Real, Callable[[Real], Real]]:
    """The sigmoid and its pullback."""
    a = 1 / (1 + np.exp(-z))
    return a, lambda a_bar: a_bar * a * (1 - a)


def tanh_vjp(z: Real) -> tuple[Real, Callable[[Real], Real]]:
    """The hyperbolic tangent and its pullback."""
    a = np.tanh(z)
    return a, lambda a_bar: a_bar * (1 - a**2)


def softmax_vjp(l: Real) -> tuple[Real, Callable[[Real], Real]]:
    """Softmax and its pullback."""
    e = np.exp(l - np.max(l, axis=-1, keepdims=True))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return p, lambda p_bar: p * (p_bar - np.sum(p_bar * p, axis=-1, keepdims=True))


def dense_vjp(x: Real, W: Real, b: Real) -> tuple[Real, Callable[[Real], tuple[Real, Real, Real]]]:
    """A dense layer and its pullback."""
    return x @ W + b, lambda z_bar: (z_bar @ W.T, x.T @ z_bar, z_bar.sum(axis=0))
