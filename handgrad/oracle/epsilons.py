"""Small numbers that keep a derivative finite: added to a denominator, or the least that a probability may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.catalogue import LABEL, PROBABILITY, TARGET
from handgrad.oracle import inputs
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import Truth
from handgrad.oracle.inputs import Shape

Real = np.ndarray[Any, Any]
LARGEST = 1.001e-5
"""Small enough to be meant as no change; a larger one must be stated."""
_TINY = 2.0**-80
"""Nearer to 0 than anybody's epsilon."""
Function = Callable[[float, Mapping[str, Real]], Real]


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


def _by_count(function: Function) -> Function:
    """The mean's, for the N samples of its formula."""
    return lambda e, given: function(e, given) / given["y"].shape[-1]


def _by_rows(function: Function) -> Function:
    return lambda e, given: function(e, given) / given["y"].shape[-2]


def _categorical(e: float, given: Mapping[str, Real]) -> Real:
    return -given["y"] / (given["y_hat"] + e)


def _label(e: float, given: Mapping[str, Real]) -> Real:
    p = given["y_hat"]
    return -np.eye(p.shape[-1])[given["label"]] / (p + e)


def _log(e: float, given: Mapping[str, Real]) -> Real:
    return 1 / (given["z"] + e)


@dataclasses.dataclass(frozen=True)
class Form:
    """A derivative with a small number in its denominator."""

    text: str
    """Where the number is."""
    function: Function
    root: bool = False
    """Whether it stands under a root, where it is the square of what it adds."""

    def at(self, epsilon: float, claim: Claim, letters: Mapping[str, Real]) -> Real:
        """What is claimed, with such a number."""
        value = self.function(epsilon, letters)
        if claim.bar:
            bar = letters[claim.bar]
            return value * bar.reshape(*bar.shape, *[1] * (value.ndim - bar.ndim))
        return np.diag(value) if claim.part == "jacobian" else value


_ADDED, _BELOW = "added to ŷ", "added to the denominator ŷ(1 - ŷ)"
_FORMS = {
    "binary_cross_entropy": (Form(_ADDED, _binary), Form(_BELOW, _binary_quotient)),
    "mean_binary_cross_entropy": (Form(_ADDED, _by_count(_binary)), Form(_BELOW, _by_count(_binary_quotient))),
    "categorical_cross_entropy": (Form(_ADDED, _categorical),),
    "mean_categorical_cross_entropy": (Form(_ADDED, _by_rows(_categorical)),),
    "label_cross_entropy": (Form(_ADDED, _label),),
    "euclidean_error": (Form("added to the norm", _norm), Form("added under the root", _norm_under_root, root=True)),
    "log": (Form("added to z", _log),),
}


def forms_of(claim: Claim) -> tuple[Form, ...]:
    """Where a small number may be added in a claim's derivative."""
    return _FORMS.get(claim.formula.name, ())


@dataclasses.dataclass(frozen=True)
class Near0:
    """What keeps a function's numbers finite where the formula's own have no bound."""

    size: float
    clipped: bool
    """Whether it is the least denominator; else it is added to each."""


def seen_near_0(
    claim: Claim,
    shape: Shape,
    gradient: Callable[[dict[str, Real]], Sequence[Real]],
    correct: Callable[[dict[str, Real]], Sequence[Truth]],
) -> Near0 | None:
    """What keeps a function finite near 0, if anything does, from its numbers there and the correct ones."""

    def denominator(distance: float) -> float | None:
        """What the function divides by where the formula divides by so small a number; None where it does not tell."""
        letters = _at(claim, shape, distance)
        with np.errstate(all="ignore"):
            right = _largest([truth.value for truth in correct(letters)])
        yours = _largest(gradient(letters))
        return distance * right / yours if 0 < yours < np.inf else None

    if not forms_of(claim):
        return None
    size = denominator(_TINY)
    if size is None or size < 2 * _TINY:
        return None
    again = denominator(size)
    return Near0(size, clipped=again is not None and again < 1.2 * size)


def _largest(arrays: Sequence[Real]) -> float:
    return float(max((np.abs(array.astype(float)).max(initial=0) for array in arrays), default=0.0))


def _at(claim: Claim, shape: Shape, distance: float) -> dict[str, Real]:
    """Inputs that are so near to where the formula's denominator is 0, in the last entry of each sample."""
    letters = inputs.whole_numbers(claim, shape, lambda low, high: high)
    (by,) = claim.formula.by
    for name, domain in claim.formula.domains.items():
        if domain not in (TARGET, LABEL, PROBABILITY):
            letters[name] = np.full(letters[name].shape, 1.0 if len(claim.formula.axes) == 1 else 0.0)
    letters[by] = letters[by].copy()
    letters[by][..., -1] = distance
    return letters
