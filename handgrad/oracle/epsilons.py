"""Small numbers that keep a derivative finite: added to a denominator, or the least that a probability may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.catalogue import LABEL, PROBABILITY, TARGET
from handgrad.oracle import inputs
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import truths_of
from handgrad.oracle.inputs import Shape

Real = np.ndarray[Any, Any]
TYPICAL = (1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 2.0**-23, 1e-6, 1e-5)
"""Small enough to be meant as no change; a larger one must be stated."""
Shifted = Callable[[float, Mapping[str, Real]], Real]
_TINY = 2.0**-80
"""Nearer to 0 than anybody's epsilon."""


def _binary(e: float, given: Mapping[str, Real]) -> Real:
    y, p = given["y"], given["y_hat"]
    return -y / (p + e) + (1 - y) / (1 - p + e)


def _binary_quotient(e: float, given: Mapping[str, Real]) -> Real:
    y, p = given["y"], given["y_hat"]
    return (p - y) / (p * (1 - p) + e)


def _norm(e: float, given: Mapping[str, Real]) -> Real:
    d = given["y_hat"] - given["y"]
    return d / (np.sqrt(np.sum(d**2, axis=-1, keepdims=True)) + e)


def _norm_under_root(e: float, given: Mapping[str, Real]) -> Real:
    d = given["y_hat"] - given["y"]
    return d / np.sqrt(np.sum(d**2, axis=-1, keepdims=True) + e)


def _by_count(function: Shifted) -> Shifted:
    """The mean's, for the N samples of its formula."""
    return lambda e, given: function(e, given) / given["y"].shape[-1]


def _by_rows(function: Shifted) -> Shifted:
    return lambda e, given: function(e, given) / given["y"].shape[-2]


def _categorical(e: float, given: Mapping[str, Real]) -> Real:
    return -given["y"] / (given["y_hat"] + e)


def _label(e: float, given: Mapping[str, Real]) -> Real:
    p = given["y_hat"]
    return -np.eye(p.shape[-1])[given["label"]] / (p + e)


def _log(e: float, given: Mapping[str, Real]) -> Real:
    return 1 / (given["z"] + e)


_ADDED, _BELOW = "added to ŷ", "added to the denominator ŷ(1 - ŷ)"
_FORMS: dict[str, dict[str, Shifted]] = {
    "binary_cross_entropy": {_ADDED: _binary, _BELOW: _binary_quotient},
    "mean_binary_cross_entropy": {_ADDED: _by_count(_binary), _BELOW: _by_count(_binary_quotient)},
    "categorical_cross_entropy": {_ADDED: _categorical},
    "mean_categorical_cross_entropy": {_ADDED: _by_rows(_categorical)},
    "label_cross_entropy": {_ADDED: _label},
    "euclidean_error": {"added to the norm": _norm, "added under the root": _norm_under_root},
    "log": {"added to z": _log},
}


def forms_of(claim: Claim) -> dict[str, Shifted]:
    """Where a small number may be added in a claim's derivative, in words and as a function of it."""
    return _FORMS.get(claim.formula.name, {})


def with_epsilon(shifted: Shifted, epsilon: float, claim: Claim, letters: Mapping[str, Real]) -> Real:
    """The derivative with the small number, in the notes' own layout."""
    value = shifted(epsilon, letters)
    if claim.bar:
        bar = letters[claim.bar]
        return value * bar.reshape(*bar.shape, *[1] * (value.ndim - bar.ndim))
    return np.diag(value) if claim.part == "jacobian" else value


@dataclasses.dataclass(frozen=True)
class Near0:
    """What keeps a right derivative finite where the formula's own has no bound."""

    size: float
    clipped: bool
    """Whether it is the least denominator; else it is added to each."""


def seen_near_0(claim: Claim, shape: Shape, gradient: Callable[[Mapping[str, Real]], Sequence[Real]]) -> Near0 | None:
    """What keeps a function's numbers finite near 0, if anything does."""
    if not forms_of(claim):
        return None
    first = _least_denominator(claim, shape, gradient, _TINY)
    if first is None or first < 2 * _TINY:
        return None
    again = _least_denominator(claim, shape, gradient, first)
    return Near0(first, clipped=again is not None and again < 1.5 * first)


def _least_denominator(
    claim: Claim, shape: Shape, gradient: Callable[[Mapping[str, Real]], Sequence[Real]], distance: float
) -> float | None:
    """What a derivative divides by where the formula divides by so small a number; None where it does not tell."""
    letters = _at(claim, shape, distance)
    with np.errstate(all="ignore"):
        right = np.abs(truths_of(claim, letters)[0].value).max(initial=0)
        found = gradient(letters)
    yours = max((np.abs(array.astype(float)).max(initial=0) for array in found), default=0.0)
    return float(distance * right / yours) if 0 < yours < np.inf else None


def _at(claim: Claim, shape: Shape, distance: float) -> dict[str, Real]:
    """Inputs that are so near to where the formula's denominator is 0, in the last entry of each sample."""
    letters = inputs.whole_numbers(claim, shape, lambda low, high: high)
    (by,) = claim.formula.by
    for name, domain in claim.formula.domains.items():
        if domain not in (TARGET, LABEL, PROBABILITY):
            letters[name] = np.full(letters[name].shape, 1.0 if name == by and len(claim.formula.axes) == 1 else 0.0)
    letters[by] = letters[by].copy()
    letters[by][..., -1] = distance
    return letters
