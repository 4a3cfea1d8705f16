"""Each named mistake is written a second time, as a student would, and both writings give the same numbers."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from handgrad.catalogue import FORMULAS, TARGET, Formula
from handgrad.oracle import calling
from handgrad.oracle.claiming import Claim
from handgrad.oracle.inputs import Shape, distinct_shape, draw
from handgrad.oracle.mistakes import OWN, Mistake
from tests.second_ways import OF_A_BATCH, SECOND_WAYS, Key

Real = np.ndarray[Any, Any]
Letters = dict[str, Real]
LARGER = (0, 3, 0, 3, 0, 3)
"""What is added to the distinct sizes in each draw: among them is a 2, for which 2/k is 1."""


def key_of(mistake: Mistake) -> Key:
    return mistake.formula, mistake.part, mistake.name


def named_letters(formula: Formula, part: str) -> list[str]:
    """What a claim's function takes, in order."""
    return [*([f"{formula.letter}_bar"] if part == "vjp" else []), *formula.axes]


def some_letters(mistake: Mistake, *, batch: bool) -> Iterator[Letters]:
    """Random inputs of distinct sizes; also at kinks, and with targets between 0 and 1, where some mistakes differ."""
    formula = FORMULAS[mistake.formula]
    generator = np.random.default_rng(zlib.crc32(str(mistake).encode()))
    claim = Claim(formula, "vjp" if mistake.part == "vjp" else next(iter(formula.companions)))
    for more in LARGER:
        # The samples are unlike every size of one of them, so that no axis is taken for another.
        sizes = tuple((letter, size + more) for letter, size in distinct_shape(formula).sizes)
        shape = Shape(sizes, (5 + more,) if batch else ())
        yield draw(claim, shape, generator)
        if formula.kinks:
            yield at_kink(formula, draw(claim, shape, generator))
        if TARGET in formula.domains.values():
            letters = draw(claim, shape, generator)
            soft = {name: generator.uniform(0.05, 0.95, letters[name].shape) for name in targets_of(formula)}
            yield {**letters, **soft}


def targets_of(formula: Formula) -> list[str]:
    return [name for name, domain in formula.domains.items() if domain is TARGET]


def at_kink(formula: Formula, letters: Letters) -> Letters:
    """The same inputs with an entry at the kink; of a norm all entries, at which two arguments are equal."""
    (at,), (by,) = formula.kinks, formula.by
    if formula.elementwise:
        letters[by].flat[0] = at
    else:
        letters[by] = letters[next(iter(formula.axes))].copy()
    return letters


def usual_choices(formula: Formula) -> dict[str, str]:
    """The keyword arguments as they are by default, which the first writings want to be told."""
    parameters = inspect.signature(formula.value).parameters
    return {name: parameters[name].default for name in formula.choices}


def first_way(mistake: Mistake, letters: Letters, *, batch: bool) -> list[Real]:
    """The mistake's arrays; one sample goes in as a batch of one, whose axis is taken off again."""
    formula = FORMULAS[mistake.formula]

    def given(name: str, axes: tuple[str, ...]) -> Real:
        return letters[name] if batch or not "".join(axes[:1]).startswith("*") else letters[name][None]

    args = [given(name, axes) for name, axes in formula.axes.items()]
    with np.errstate(all="ignore"):
        result = mistake.wrong(*args, **usual_choices(formula))
        if mistake.part == "vjp":
            result = result[1](given(f"{formula.letter}_bar", formula.result_axes))
    arrays = [np.asarray(array) for array in (result if isinstance(result, tuple) else (result,))]
    summed = formula.shared if mistake.part == "vjp" else ()
    return [
        array[0] if not batch and name not in summed and array.ndim else array
        for name, array in zip(formula.by, arrays, strict=True)
    ]


def in_numbers(mistake: Mistake) -> bool:
    """Whether it is a derivative or a pullback that shows by its numbers, rather than by raising or by its dtype."""
    if mistake.part not in ("derivative", "diagonal", "vjp"):
        return False
    if mistake.raises is not AssertionError or mistake.dtype != "float64":
        return False
    letters = next(some_letters(mistake, batch=True))
    return all(array.dtype == np.float64 for array in first_way(mistake, letters, batch=True))


WRITTEN_TWICE = [mistake for mistake in OWN if in_numbers(mistake)]


def test_every_mistake_is_written_twice() -> None:
    mistakes = {key_of(mistake) for mistake in WRITTEN_TWICE}
    assert not mistakes - set(SECOND_WAYS), "without a second writing"
    assert not set(SECOND_WAYS) - mistakes, "of no mistake"


@pytest.mark.parametrize("mistake", [m for m in WRITTEN_TWICE if key_of(m) in SECOND_WAYS], ids=str)
def test_both_writings_agree(mistake: Mistake) -> None:
    function, batch = SECOND_WAYS[key_of(mistake)], key_of(mistake) in OF_A_BATCH
    names = named_letters(FORMULAS[mistake.formula], mistake.part)
    parameters = inspect.signature(function).parameters.values()
    assert [parameter.name for parameter in parameters if parameter.default is parameter.empty] == names
    plan = calling.Plan("function", tuple(names))
    for letters in some_letters(mistake, batch=batch):
        outcome = calling.call({"function": function}, plan, letters)
        assert outcome.error is None
        assert outcome.repeatable
        assert not outcome.overwritten
        expected = first_way(mistake, letters, batch=batch)
        assert [array.shape for array in outcome.arrays] == [array.shape for array in expected]
        for yours, theirs in zip(outcome.arrays, expected, strict=True):
            np.testing.assert_allclose(yours, theirs, rtol=1e-9, atol=1e-12)
