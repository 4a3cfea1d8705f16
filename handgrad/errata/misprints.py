"""What an erratum is made of, and the functions that several of them need."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "HALVES",
    "POSITIVE",
    "TARGETS",
    "WHOLE",
    "Erratum",
    "Letter",
    "Proof",
    "f",
    "number",
    "product_shape",
    "slope",
    "softmax",
]

WHOLE = (0.0, 1.0, -1.0, 2.0, -2.0)
"""Numbers to look for a counterexample among, the simplest first."""
POSITIVE = (1.0, 2.0, 3.0)
HALVES = (0.5, 0.25, 0.75)
TARGETS = (0.0, 1.0)


class Letter(NamedTuple):
    """An argument: its axes, such as ``"n k"``, and the numbers its entries may be."""

    axes: str
    among: tuple[float, ...] = WHOLE


@dataclasses.dataclass(frozen=True)
class Proof:
    """That a formula is false as printed, and true as corrected."""

    what: str
    """What both forms state, in words."""
    letters: Mapping[str, Letter]
    printed: Callable[..., Any]
    """The printed right-hand side; None where it cannot be computed at all."""
    right: Callable[..., Any]
    counterexample: Mapping[str, Any]
    true: Callable[..., Any] | None = None
    """What the printed left-hand side is, where the correction changes that side."""

    def shown(self) -> tuple[Any, Any]:
        """At the counterexample: what is printed, and what is true."""
        letters = {name: np.asarray(value, dtype=float) for name, value in self.counterexample.items()}
        both = self.printed(**letters), (self.true or self.right)(**letters)
        printed, true = (x + 0.0 if isinstance(x, (np.ndarray, np.floating)) and x.dtype == float else x for x in both)
        return printed, true  # with 0 for -0, which 0.0 is added for


@dataclasses.dataclass(frozen=True)
class Erratum:
    """One misprint."""

    equation: str
    title: str
    """A name among all misprints."""
    printed: str
    """In LaTeX, as is the correction."""
    right: str
    why: str
    proof: Proof | None = None
    """None where only a symbol or a name is lost."""


def f(n: Any) -> Any:
    """An activation."""
    return np.tanh(n)


def slope(n: Any) -> Any:
    """Its derivative."""
    return (1 + f(n)) * (1 - f(n))


def softmax(l: Any) -> Any:
    """The probabilities p of logits l."""
    return np.exp(l) / np.sum(np.exp(l))


def product_shape(*shapes: tuple[int, int]) -> tuple[int, int] | None:
    """The shape of a product of matrices; None where they do not fit."""
    fits = all(left[1] == right[0] for left, right in itertools.pairwise(shapes))
    return (shapes[0][0], shapes[-1][1]) if fits else None


def number(x: Any) -> Any:
    """A number as a row of one entry, to hold against a row."""
    return np.reshape(x, (1,))
