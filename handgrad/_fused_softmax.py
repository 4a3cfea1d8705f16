"""The kernel of softmax and cross-entropy in one, written twice more for NumPy arrays: of few entries, of long rows.

Both are the kernel ``probabilities._softmax_cross_entropy`` in less time. The letters are those of that module.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from handgrad._arrays import NARROW, Array, inner, largest

FEW, SHORT = 1 << 10, 64
"""Of so many entries in rows up to this length, all others are added up for each one in less time than it takes NumPy
to tell the largest apart."""
MANY = 1 << 12
"""With more entries than this, in rows that are not narrow, writing to single ones pays."""


def numpy_kernel(y: Array, l: Array) -> Any:
    """The faster of the two for arrays of this shape, or None."""
    if l.size <= FEW and l.shape[-1] <= SHORT:
        return _of_few(y, l)
    return _of_long_rows(y, l) if l.size > MANY and l.shape[-1] > NARROW else None


def _loss(y: Array, below: Array, sum_y: Array, rest: Array) -> Array:
    return sum_y * np.log1p(rest) - inner(np, y, np.where(y == 0, y, below))  # 0·∞ is 0 here


@functools.lru_cache(maxsize=2 * SHORT)
def _all_others(K: int, dtype: Any) -> Array:
    return np.ones((K, K), dtype) - np.eye(K, dtype=dtype)


def _of_few(y: Array, l: Array) -> Any:
    """∂J/∂l_i = p_i Σ_{j≠i} y_j - y_i Σ_{j≠i} p_j, where nothing cancels but these two terms."""
    below = l - largest(np, l)
    e, others = np.exp(below), _all_others(l.shape[-1], l.dtype)
    e_others = e @ others
    rest = np.minimum.reduce(e_others, axis=-1)  # beside the largest e, which is 1
    S = 1 + rest

    def J() -> Array:
        return _loss(y, below, np.add.reduce(y, axis=-1), rest)

    def dJ_dl() -> Array:
        return (e * (y @ others) - y * e_others) / S[..., None]

    return J, dJ_dl


def _of_long_rows(y: Array, l: Array) -> Any:
    """Only at the largest logit digits may cancel, so its entries are taken out of the sums, and put right in place."""
    shape, K = l.shape, l.shape[-1]
    y, l = np.reshape(y, (-1, K)), np.reshape(l, (-1, K))
    at_largest = np.arange(len(l)), np.argmax(l, axis=-1)
    below = l - l[at_largest][:, None]
    e, others = np.exp(below), y.copy()
    e[at_largest] -= 1
    others[at_largest] = 0
    rest, y_others = np.add.reduce(e, axis=-1), np.add.reduce(others, axis=-1)
    S, sum_y = 1 + rest, y_others + y[at_largest]

    def J() -> Array:
        return np.reshape(_loss(y, below, sum_y, rest), shape[:-1])[()]

    def dJ_dl() -> Array:
        p_y = sum_y / S  # p Σy at the largest, where e is 1
        dJ_dl = e * p_y[:, None] - y
        dJ_dl[at_largest] = np.where(S < 2, y_others - p_y * rest, p_y - y[at_largest])
        return np.reshape(dJ_dl, shape)

    return J, dJ_dl
