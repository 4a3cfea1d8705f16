"""The smallest failing input: the first shape that shows a failure, and there the least numbers, by Hypothesis."""

from __future__ import annotations

import contextlib
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import hypothesis
import hypothesis.configuration
import hypothesis.errors
import hypothesis.strategies as st

Shape = TypeVar("Shape")
Found = TypeVar("Found")
Fails = Callable[[Shape, Callable[[int, int], int]], Found | None]
TRIES = 6
"""Random inputs for each shape."""


def smallest(fails: Fails[Shape, Found], shapes: Sequence[Shape], seed: int) -> Found | None:
    """The failure at the first shape that shows one and at the smallest numbers; None where no shape does.

    ``fails(shape, choose)`` tries one input of a shape, whose whole numbers it takes from ``choose(low, high)``.
    """
    generator = random.Random(seed)
    for shape in shapes:
        for _ in range(TRIES):
            found = fails(shape, generator.randint)
            if found is not None:
                # A test of the user's own that Hypothesis runs shrinks its own inputs.
                return found if hypothesis.currently_in_test_context() else _shrunk(fails, shape, seed) or found
    return None


@contextlib.contextmanager
def without_traces() -> Iterator[None]:
    """Hypothesis without warnings, and with a folder of its own, which it keeps even without a database."""
    before = getattr(hypothesis.configuration, "__hypothesis_home_directory", None)
    hypothesis.configuration.set_hypothesis_home_dir(tempfile.gettempdir())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hypothesis.configuration.set_hypothesis_home_dir(before)


def _shrunk(fails: Fails[Shape, Found], shape: Shape, seed: int) -> Found | None:
    def failures(draw: Any) -> Found | None:
        return fails(shape, lambda low, high: draw(st.integers(low, high)))

    settings = hypothesis.settings(
        max_examples=100,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much],
    )
    with without_traces():
        strategy = st.composite(failures)()
        try:
            return hypothesis.find(
                strategy, lambda found: found is not None, settings=settings, random=random.Random(seed)
            )
        except hypothesis.errors.NoSuchExample:
            return None
