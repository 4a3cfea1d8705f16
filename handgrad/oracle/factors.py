"""Factors between two derivatives as expressions of the shapes: 2, -1, 1/N or 2/(N·K), not decimals."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from handgrad.catalogue import Formula
from handgrad.oracle import inputs

Real = np.ndarray[Any, Any]
Sizes = Mapping[str, int]
SAMPLES = "N"
"""The letter of a batch's size."""
_NUMBERS = tuple(Fraction(sign * n, d) for n, d in ((1, 1), (2, 1), (1, 2), (4, 1), (1, 4)) for sign in (1, -1))
_POWERS = (0, -1, 1)
_PRECISION = 1e-9


@dataclasses.dataclass(frozen=True)
class Factor:
    """A number times sizes to the powers -1, 0 or 1."""

    number: Fraction
    powers: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        """As it is written on paper.

        >>> str(Factor(Fraction(-2), (("N", -1), ("K", -1)))), str(Factor(Fraction(1, 2), (("N", 1),)))
        ('-2/(N·K)', 'N/2')
        """
        above = [name for name, power in self.powers if power > 0]
        below = [name for name, power in self.powers if power < 0]
        sign = "-" if self.number < 0 else ""
        top, bottom = abs(self.number.numerator), self.number.denominator
        numerator = "·".join([*([str(top)] if top > 1 or not above else []), *above])
        divisors = [*([str(bottom)] if bottom > 1 else []), *below]
        if not divisors:
            return sign + numerator
        denominator = "·".join(divisors)
        return f"{sign}{numerator}/{f'({denominator})' if len(divisors) > 1 else denominator}"

    def of(self, sizes: Sizes) -> float:
        """Its value for some sizes."""
        return float(self.number) * math.prod(float(sizes[name]) ** power for name, power in self.powers)

    @property
    def sign_only(self) -> bool:
        """Whether it is -1."""
        return self.number == -1 and not self.powers


def sizes_of(formula: Formula, letters: Mapping[str, Real]) -> dict[str, int]:
    """The sizes behind a claim's letters, each by its letter, and the number of samples of a batch."""
    found: dict[str, int] = {}
    for name, axes in formula.axes.items():
        shape = letters[name].shape
        if axes == ("*shape",):
            found.update(zip(("n",) if len(shape) == 1 else (SAMPLES, "n"), shape, strict=False))
            continue
        batched = axes[:1] == ("*batch",)
        core = axes[batched:]
        if batched and len(shape) > len(core):
            # Where N is a letter of the formula, the batch is one of samples of N.
            found["samples" if SAMPLES in inputs.letters_of(formula) else SAMPLES] = shape[0]
        found.update({a: s for a, s in zip(core, shape[len(shape) - len(core) :], strict=True) if len(a) == 1})
    return {name: size for name, size in found.items() if not name.isdigit()}


def identified(ratios: Sequence[float], sizes: Sequence[Sizes]) -> Factor | None:
    """The simplest factor that has these values for these sizes; None where none has or the values are all 1."""
    return next((factor for factor in _known(sizes) if _fits(factor, ratios, sizes)), None)


def _known(sizes: Sequence[Sizes]) -> Iterator[Factor]:
    names = list(dict.fromkeys(name for found in sizes for name in found if all(name in each for each in sizes)))
    exponents = [p for p in itertools.product(_POWERS, repeat=len(names)) if sum(map(abs, p)) <= 2]
    for powers in sorted(exponents, key=lambda p: sum(map(abs, p))):
        for number in _NUMBERS:
            factor = Factor(number, tuple((n, p) for n, p in zip(names, powers, strict=True) if p))
            if factor != Factor(Fraction(1)):
                yield factor


def _fits(factor: Factor, ratios: Sequence[float], sizes: Sequence[Sizes]) -> bool:
    return all(
        math.isclose(factor.of(found), ratio, rel_tol=_PRECISION) for ratio, found in zip(ratios, sizes, strict=True)
    )


def constant_ratio(array: Real, correct: Real) -> float | None:
    """The one factor between two arrays, 1 included; None where there is none, or nothing to tell it by.

    >>> constant_ratio(np.array([2.0, 4.0]), np.array([1.0, 2.0]))
    2.0
    """
    there = correct != 0
    if array.shape != correct.shape or not there.any() or (array[~there] != 0).any():
        return None
    with np.errstate(all="ignore"):
        ratios = array[there].astype(float) / correct[there]
    ratio = float(ratios.flat[0])
    same = np.isfinite(ratios).all() and np.allclose(ratios, ratio, rtol=_PRECISION, atol=0)
    return ratio if same and ratio != 0 else None
