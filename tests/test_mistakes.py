"""The comparison with JAX rejects wrong derivatives: every mistake is put in the place of the right function.

The case of distinct sizes must reject it, and so must the property's random draws: as many of them as the property
makes, seeded by the formula's name. One that rejects is enough, since shapes hide mistakes (one entry hides a missing
1/N, a square matrix its transpose). Draws of full scale and unequal sizes are tried first: JAX compiles each shape.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import math
import zlib
from typing import Any

import hypothesis
import numpy as np
import pytest

from handgrad.catalogue import FORMULAS, Formula
from handgrad.oracle.mistakes import MISTAKES, OWN, Mistake
from tests.cases import Case, HandSide, Verified, cases, compare_with_jax, distinct, tolerances
from tests.test_against_jax import EXAMPLES

NEEDED = 3  # mistakes written out for each formula

# How the comparison's message names what disagreed.
NAMES = {
    "value": "value",
    "derivative": "(jacrev|jacfwd|grad) by .*",
    "diagonal": "derivative",
    "vjp": "(value of vjp|vjp by .*)",
    "jvp": "(value of jvp|jvp)",
}

each_mistake = pytest.mark.parametrize("mistake", MISTAKES, ids=str)


@pytest.fixture(autouse=True)
def _uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep wrong functions out of the count of what was verified, and compute the tolerances of a case once for all."""
    counts: dict[str, Verified] = {}
    monkeypatch.setattr("tests.cases.VERIFIED", counts)
    monkeypatch.setattr("tests.cases.tolerances", lambda case, args: bounds(case))


@functools.cache
def bounds(case: Case) -> tuple[Any, tuple[Any, ...]]:
    """The tolerances, which no hand-written function enters."""
    return tolerances(case, case.arguments())


def telling(formula: Formula, dtype: str) -> Case:
    """The case of distinct sizes; where there is a choice of activations, with one whose derivative is not constant."""
    options = (("activation", "sigmoid"),) if formula.choices else ()
    return dataclasses.replace(distinct(formula, dtype), options=options)


@functools.cache
def drawn(formula: Formula, dtype: str) -> list[Case]:
    """Cases as the property draws them, the most telling first."""
    found: list[Case] = []

    @hypothesis.seed(zlib.crc32(formula.name.encode()))
    @hypothesis.settings(max_examples=EXAMPLES[dtype], database=None, phases=[hypothesis.Phase.generate])
    @hypothesis.given(cases(formula, dtype))
    def draw(case: Case) -> None:
        found.append(case)

    draw()
    return sorted(found, key=how_telling, reverse=True)


def how_telling(case: Case) -> tuple[float, ...]:
    """Scale, then the number of different sizes, then that of entries."""
    sizes = [size for _, size in case.sizes]
    return case.scale, len(set(sizes)), math.prod(sizes)


def with_mistake(mistake: Mistake) -> HandSide:
    """The right functions, but for one."""
    wrong: dict[str, Any] = {mistake.part: mistake.wrong}
    return dataclasses.replace(HandSide.of(FORMULAS[mistake.formula]), **wrong)


def rejects(case: Case, mistake: Mistake) -> bool:
    """Whether the comparison fails, in the way the mistake announces or by disagreement."""
    try:
        compare_with_jax(case, with_mistake(mistake))
    except (AssertionError, mistake.raises):
        return True
    return False


@each_mistake
def test_the_comparison_rejects(mistake: Mistake) -> None:
    message = rf"^{mistake.formula}, {NAMES[mistake.part]}: " if mistake.raises is AssertionError else None
    case = telling(FORMULAS[mistake.formula], mistake.dtype)
    # A wrong function may well divide by 0.
    with np.errstate(all="ignore"), pytest.raises(mistake.raises, match=message):
        compare_with_jax(case, with_mistake(mistake))


@each_mistake
def test_random_draws_reject(mistake: Mistake) -> None:
    with np.errstate(all="ignore"):
        assert any(rejects(case, mistake) for case in drawn(FORMULAS[mistake.formula], mistake.dtype))


@pytest.mark.parametrize(
    ("formula", "dtype"),
    sorted({(mistake.formula, mistake.dtype) for mistake in MISTAKES}),
)
def test_right_functions_pass_where_mistakes_fail(formula: str, dtype: str) -> None:
    compare_with_jax(telling(FORMULAS[formula], dtype))
    compare_with_jax(drawn(FORMULAS[formula], dtype)[0])


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_has_mistakes_of_its_own(formula: str) -> None:
    own = [mistake for mistake in OWN if mistake.formula == formula]
    assert len(own) >= NEEDED
    assert {"vjp", "jvp"} <= {mistake.part for mistake in own}


def test_mistakes_are_told_apart_by_name() -> None:
    names = collections.Counter(map(str, MISTAKES))
    assert max(names.values()) == 1, names.most_common(3)
    assert {mistake.formula for mistake in MISTAKES} == set(FORMULAS)
