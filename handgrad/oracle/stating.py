"""The conventions of a file: what can be stated, and what was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

KNOWN: dict[str, tuple[str, ...]] = {
    "loss": ("mean", "sum", "half", "half mean", "half sum", "mean over entries", "mean over samples"),
    "gradients": ("sum", "mean"),
    "rows": ("summed", "separate"),
    "samples": ("rows", "columns"),
    "weights": ("(n, k)", "(k, n)"),
    "argument": ("input", "output"),
    "labels": ("one-hot", "integer"),
    "upstream": ("included", "excluded"),
}
"""What ``conventions`` takes, the notes' own first where there is one; a kink and an epsilon are numbers."""
_NUMBERS = ("kink", "epsilon")


class ConventionError(ValueError):
    """A convention that is not known, or not of such a value."""


def conventions(**stated: Any) -> None:
    """State the conventions of a file, once, for all of its functions; exactly those are right there.

    ``loss`` is "mean", "sum", "half", "half mean", "half sum", "mean over entries" or "mean over samples";
    ``gradients`` is "mean" where a backward pass divides the gradients of weights and biases by N; ``rows`` is
    "separate" where it leaves them unsummed; ``samples`` is "columns"; ``weights`` is "(k, n)"; ``argument`` is
    "output" where element-wise derivatives take the activation's output; ``labels`` is "integer"; ``upstream`` says
    whether it is "included"; ``kink`` is the value at a kink, and ``epsilon`` the number that is added to a
    denominator, or that is the least it may be.

    Raises: ConventionError, a ValueError, for an unknown convention or value.

    >>> conventions(loss="sum", samples="columns")
    """
    _STATED.update(checked(stated))


_STATED: dict[str, Any] = {}


def take_stated() -> dict[str, Any]:
    """What was stated since it was last asked for."""
    found = dict(_STATED)
    _STATED.clear()
    return found


def checked(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The same conventions; ValueError for one that is unknown."""
    for key, value in stated.items():
        if key in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ConventionError(f"conventions: {key} is {value!r}; it must be a number")
            if not math.isfinite(value):
                raise ConventionError(f"conventions: {key} is {value!r}; it must be a finite number")
            if key == "epsilon" and value <= 0:
                raise ConventionError(f"conventions: epsilon is {value!r}; it must be above 0")
        elif key not in KNOWN:
            raise ConventionError(f"conventions: there is no {key}; there are {', '.join([*KNOWN, *_NUMBERS])}")
        elif value not in KNOWN[key]:
            raise ConventionError(f"conventions: {key} is {value!r}; it must be one of {', '.join(KNOWN[key])}")
    return dict(stated)


def parsed(texts: Sequence[str]) -> dict[str, Any]:
    """Conventions written as ``key=value``.

    >>> parsed(["loss=sum", "kink=0.5"])
    {'loss': 'sum', 'kink': 0.5}
    """
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConventionError(f"conventions: {text!r} is not of the form name=value")
        try:
            found[key] = float(value) if key in _NUMBERS else value
        except ValueError:
            raise ConventionError(f"conventions: {key} is {value!r}; it must be a number") from None
    return checked(found)
