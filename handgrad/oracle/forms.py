"""The forms in which a numerical derivative may be written down, and how far off each entry may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from handgrad.oracle.comparison import Truth, differing
from handgrad.oracle.numerical import Numerical

Real = np.ndarray[Any, Any]
MARGIN = 8.0
"""How many of its error estimates a numerical derivative may be off."""
_UNITS = 2.0**12 * float(np.finfo(float).eps)

FORMS: tuple[tuple[str, Callable[[Real], Real | None]], ...] = (
    ("", lambda a: a),
    ("as a row", lambda a: a[None, :] if a.ndim == 1 else None),
    ("as a column", lambda a: a[:, None] if a.ndim == 1 else None),
    ("transposed", lambda a: a.T if a.ndim == 2 else None),
    ("as a matrix of one entry", lambda a: a.reshape(1, 1) if a.ndim == 0 else None),
    ("as a vector of one entry", lambda a: a.reshape(1) if a.ndim == 0 else None),
)


def formed(array: Real, found: Numerical, outputs: int, letter: str) -> tuple[str, Truth]:
    """The truth in the form that an array has, of those in which it may be written the one that it equals."""
    first: tuple[str, Truth] | None = None
    for parts in _diagonals(found, outputs):
        for form, write in FORMS:
            written = [part for part in map(write, parts) if part is not None]
            if len(written) < len(parts):
                continue
            truth = _truth(letter, array, *written)
            if truth.value.shape == array.shape:
                if not differing(array, truth).any():
                    return form, truth
                first = first or (form, truth)
    own = next(iter(_diagonals(found, outputs)))
    return first or ("", _truth(letter, array, *own))


def _diagonals(found: Numerical, outputs: int) -> Iterator[tuple[Real, ...]]:
    """The derivative's parts: without the zeros where each entry or row depends on its own alone, then in full."""
    parts: tuple[Real, ...] = (found.value, found.error, found.low, found.high)
    written: list[tuple[Real, ...]] = [parts]
    for axis in range(outputs):
        if parts[0].ndim <= outputs or parts[0].shape[axis] != parts[0].shape[outputs]:
            break
        apart = ~np.eye(parts[0].shape[axis], dtype=bool)
        if np.nan_to_num(np.moveaxis(parts[0], (axis, outputs), (0, 1))[apart]).any():
            break
        parts = tuple(np.moveaxis(np.diagonal(part, axis1=axis, axis2=outputs), -1, axis) for part in parts)
        written.append(parts)
    yield from reversed(written)


def _truth(letter: str, array: Real, value: Real, error: Real, low: Real, high: Real) -> Truth:
    """A numerical truth with its error estimate; any slope is right at a kink, and any number where none is known."""
    known = np.isfinite(value) & np.isfinite(error)
    if array.shape == value.shape:
        yours = array.astype(float)
        value = np.where(known & (low < high), np.clip(np.nan_to_num(yours), low, high), value)
        value = np.where(known, value, np.where(np.isfinite(yours), yours, 0.0))
    floor = 2.0**-40 * np.abs(np.where(known, value, 0.0)).max(initial=1.0)
    size = np.where(known, MARGIN * error + floor, np.inf) / _UNITS
    return Truth(letter, value, size)
