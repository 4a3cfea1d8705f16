"""Inputs for a claim: random ones to judge on, small whole numbers to show, large ones to break on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from handgrad.catalogue import FACTOR, LABEL, PROBABILITY, REAL, TARGET, Domain, Formula
from handgrad.oracle.claiming import Claim
from handgrad.oracle.networks import Network

Real = np.ndarray[Any, Any]
MODERATE = 3.0
"""Draws stay within this, where every honest formula has nearly all its digits."""

DISTINCT = {"n": 3, "k": 2, "m": 4, "K": 3, "N": 4, "h": 5, "g": 6, "f": 7}
"""A size of its own for each letter that may stand beside another, so that no transposition goes unseen."""
SAMPLES = 8
"""Of a batch, unlike any of these."""
_PROBE = {**DISTINCT, "k": 5, "m": 7, "N": 7, "h": 11, "g": 13, "f": 17}
"""Sizes that are no small multiples of each other: a factor ½ and a mean over two entries are not the same here."""
_PROBE_SAMPLES = 19


@dataclasses.dataclass(frozen=True)
class Shape:
    """The sizes of a formula's letters, and the batch: none, or a number of samples."""

    sizes: tuple[tuple[str, int], ...]
    batch: tuple[int, ...] = ()

    def of(self, axes: tuple[str, ...]) -> tuple[int, ...]:
        """The shape that axis names stand for; an element-wise argument is a vector or, in a batch, a matrix."""
        sizes = dict(self.sizes)
        if axes == ("*shape",):
            return (*self.batch, sizes["n"])
        batched = axes[:1] == ("*batch",)
        core = [int(a) if a.isdigit() else math.prod(sizes[letter] for letter in a) for a in axes[batched:]]
        return (*(self.batch if batched else ()), *core)


def letters_of(formula: Formula) -> list[str]:
    """The letters of a formula's sizes, in the order in which they appear."""
    axes = [axis for names in formula.axes.values() for axis in names if axis != "*batch" and not axis.isdigit()]
    return list(dict.fromkeys(letter for axis in axes for letter in ("n" if axis == "*shape" else axis)))


def distinct_shape(formula: Formula, batch: tuple[int, ...] = ()) -> Shape:
    """The formula's letters with sizes that all differ."""
    return Shape(tuple((letter, DISTINCT[letter]) for letter in letters_of(formula)), batch)


def probe_shape(formula: Formula, *, batched: bool) -> Shape:
    """The formula's letters with sizes by which no factor is taken for another."""
    sizes = tuple((letter, _PROBE[letter]) for letter in letters_of(formula))
    return Shape(sizes, (_PROBE_SAMPLES,) if batched else ())


def draw(claim: Claim, shape: Shape, generator: np.random.Generator) -> dict[str, Real]:
    """Random moderate inputs, all entries different, with targets as they are in practice: 0 and 1."""
    formula = claim.formula
    drawn = {}
    for name, axes in formula.axes.items():
        drawn[name] = _moderate(formula, shape, formula.domains[name], shape.of(axes), generator)
    if claim.bar:
        drawn[claim.bar] = generator.uniform(-2, 2, shape.of(formula.result_axes))
    return drawn


def _moderate(
    formula: Formula,
    sizes: Shape,
    domain: Domain | tuple[Domain, ...],
    shape: tuple[int, ...],
    generator: np.random.Generator,
) -> Real:
    if isinstance(domain, tuple):
        parts = [_moderate(formula, sizes, part, shape[:-1], generator) for part in domain]
        return np.stack(parts, axis=-1)
    if domain is LABEL:
        return _evenly(dict(sizes.sizes)["K"], shape, generator)
    if domain is TARGET:
        return _targets(formula, shape, generator)
    if domain is PROBABILITY:
        return generator.uniform(0.05, 0.95, shape)
    reach = 1.0 if _summed(domain) else MODERATE
    low, high = max(domain.low, -reach), min(domain.high, reach)
    values = generator.uniform(low, high, shape)
    # A distance to 0 keeps clear of kinks and poles at 0, which have inputs of their own.
    return np.where(np.abs(values) < 1 / 64, 1 / 64, values) if domain is not REAL or formula.kinks else values


def _summed(domain: Domain) -> bool:
    """Whether products of entries go through an activation, which would saturate it."""
    return domain.high <= FACTOR.high and domain.low < 0


def _targets(formula: Formula, shape: tuple[int, ...], generator: np.random.Generator) -> Real:
    """One-hot rows where there are classes, else zeros and ones."""
    if "K" not in letters_of(formula) or not shape or shape[-1] == 0:
        return _evenly(2, shape, generator).astype(float)
    return np.eye(shape[-1])[_evenly(shape[-1], shape[:-1], generator)]


def _evenly(classes: int, shape: tuple[int, ...], generator: np.random.Generator) -> Real:
    """A class for each sample, all about as often, since a mistake may show in some of them only."""
    order = generator.permutation(classes)
    return generator.permutation(np.resize(order, math.prod(shape))).reshape(shape)


def whole_numbers(claim: Claim, shape: Shape, choose: Any, *, at_kinks: bool = False) -> dict[str, Real]:
    """Inputs of small whole numbers, or small fractions for probabilities; ``choose(low, high)`` gives an integer.

    They keep clear of kinks, where more than one derivative is right, unless it is these that are looked for.
    """
    formula = claim.formula

    def entries(domain: Domain | tuple[Domain, ...], wanted: tuple[int, ...]) -> Real:
        if isinstance(domain, tuple):
            return np.stack([entries(part, wanted[:-1]) for part in domain], axis=-1)
        if domain is LABEL:
            return np.array([choose(0, dict(shape.sizes)["K"] - 1) for _ in range(math.prod(wanted))], int).reshape(
                wanted
            )
        if domain is TARGET and "K" in letters_of(formula) and wanted:
            rows = math.prod(wanted[:-1])
            return np.eye(wanted[-1])[[choose(0, wanted[-1] - 1) for _ in range(rows)]].reshape(wanted)
        low, high = (1, 3) if domain is PROBABILITY else (0, 1) if domain is TARGET else (-3, 3)
        if domain.low > 0 and domain is not PROBABILITY:
            low = 1
        numbers = np.array([choose(low, high) for _ in range(math.prod(wanted))], float).reshape(wanted)
        if domain is PROBABILITY:
            return numbers / 4
        if _summed(domain):
            return numbers / 2
        return np.where(numbers == 0, 1.0, numbers) if domain.low < 0 and domain is not REAL else numbers

    found = {name: entries(formula.domains[name], shape.of(axes)) for name, axes in formula.axes.items()}
    if claim.bar:
        found[claim.bar] = entries(REAL, shape.of(formula.result_axes))
    return found if at_kinks or not formula.kinks else _clear_of_kinks(formula, found)


def _clear_of_kinks(formula: Formula, letters: dict[str, Real]) -> dict[str, Real]:
    """One more where an argument is at its kink; of a distance, in the first entry where target and prediction meet."""
    ((at, _),), (by,) = formula.kinks.items(), formula.by
    if formula.elementwise:
        return {**letters, by: letters[by] + (letters[by] == at)}
    (target,) = formula.axes.keys() - {by}
    moved = letters[by].copy()
    moved[..., 0] += (letters[target] == moved).all(axis=-1)
    return {**letters, by: moved}


# What a function is given in another manner than the notes'


COLUMNS, TRANSPOSED, NUMBERED, ONE_HOT = "columns", "weights", "labels", "one-hot"


def manners_of(claim: Claim, *, batched: bool) -> list[tuple[str, ...]]:
    """Ways to hand over the same inputs: in the notes' own, with samples as columns, weights (k, n), class numbers."""
    formula = claim.formula
    manners: list[tuple[str, ...]] = [()]
    matrix = any(len(formula.axes[name]) == 2 for name in formula.shared)
    if batched and any(len(axes) == 2 for name, axes in formula.axes.items() if name not in formula.shared):
        manners += [(COLUMNS,), (COLUMNS, TRANSPOSED), (TRANSPOSED,)] if matrix else [(COLUMNS,)]
    elif matrix:
        manners.append((TRANSPOSED,))
    elif not batched and any(axes[-2:] == ("N", "K") for axes in formula.axes.values()):
        manners.append((COLUMNS,))
    if TARGET in formula.domains.values() and "K" in letters_of(formula) and not isinstance(formula, Network):
        manners += [(NUMBERED, *manner) for manner in manners]
    if LABEL in formula.domains.values():
        manners.append((ONE_HOT,))
    return manners


def in_manner(claim: Claim, letters: Mapping[str, Real], manner: tuple[str, ...]) -> dict[str, Real]:
    """The letters as they are handed over."""
    formula = claim.formula
    given = dict(letters)
    for name in letters:
        if ONE_HOT in manner and formula.domains.get(name) is LABEL:
            given[name] = np.eye(letters["y_hat"].shape[-1])[letters[name]]
        elif NUMBERED in manner and formula.domains.get(name) is TARGET:
            given[name] = letters[name].argmax(axis=-1)
        elif moved(claim, name, manner):
            given[name] = turned(letters[name])
    return given


def moved(claim: Claim, name: str, manner: tuple[str, ...]) -> bool:
    """Whether an argument, or the derivative by it, is turned around in this manner."""
    formula = claim.formula
    if name in formula.shared:
        return (TRANSPOSED if len(formula.axes[name]) == 2 else COLUMNS) in manner
    return COLUMNS in manner and name != "J"


def turned(array: Real) -> Real:
    """A matrix transposed, a vector as a column."""
    return np.ascontiguousarray(array.T) if array.ndim == 2 else array[:, None] if array.ndim == 1 else array


def large(claim: Claim, shape: Shape, size: float) -> dict[str, Real]:
    """Inputs of one large size with changing signs; probabilities within 1/size of 0 and 1."""
    formula = claim.formula
    found = {}
    for i, (name, axes) in enumerate(formula.axes.items()):
        domain, wanted = formula.domains[name], shape.of(axes)
        count = np.arange(math.prod(wanted), dtype=float).reshape(wanted) + i
        if isinstance(domain, tuple) or domain in (TARGET, LABEL):
            generator = np.random.default_rng(i)
            found[name] = _moderate(formula, shape, domain, wanted, generator)
        elif domain is PROBABILITY:
            found[name] = np.where(count % 2 == 0, 1 / size, 1 - 1 / size)
        elif domain.low > 0:
            found[name] = size / (1 + count)
        else:
            found[name] = size * np.where(count % 2 == 0, 1.0, -1.0) / (1 + count // 2)
    if claim.bar:
        found[claim.bar] = np.ones(shape.of(formula.result_axes))
    return found
