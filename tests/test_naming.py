"""Mistakes are called by their names, in whatever way they are written; what has no name is given none.

Each mistake is judged as the oracle's own data have it, and as a student wrote it in loops and scalars.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from handgrad.catalogue import FORMULAS
from handgrad.oracle.checking import check
from handgrad.oracle.claiming import Claim, parse
from handgrad.oracle.mistakes import MISTAKES, OWN, Mistake, named_versions, wrong_versions
from handgrad.oracle.networks import variants
from handgrad.oracle.report import Result
from tests.named import NAMED, Named
from tests.second_ways import OF_A_BATCH, SECOND_WAYS

Real = np.ndarray[Any, Any]
QUICK = 6
"""One of so many mistakes is judged in the quick run."""
_PARTS = {"derivative": ("jacobian", "gradient"), "diagonal": ("derivative",), "vjp": ("vjp",)}

CLAIMS = [
    Claim(formula, part) for formula in FORMULAS.values() for part in formula.companions if part not in ("jvp", "value")
]
ALIKE = {
    # On one sample, or at the sizes drawn, these are the same numbers.
    ("HG208", "HG209"),
    ("HG209", "HG208"),
}


def judged(function: Callable[[Mapping[str, Real]], Any], claim: Claim, **options: Any) -> Result:
    """The verdict on a function of the claim's letters."""
    names = list(claim.letters)

    def candidate(letters: Mapping[str, Real]) -> Any:
        with np.errstate(all="ignore"):
            return function(letters)

    call = lambda f, **letters: f({name: letters[name] for name in names})  # noqa: E731 - said as a decorator would
    return check(candidate, str(claim), call=call, **options).results[0]


def ways(claim: Claim) -> Iterator[tuple[str, str, Callable[[Mapping[str, Real]], Any]]]:
    """Each mistake of a claim that the oracle must see: its code, its name, and each way in which it is written."""
    seen = {name for name, _ in wrong_versions(claim, batched=claim.sums)}
    for code, name, version in named_versions(claim):
        if name not in seen:
            continue
        yield code, name, version
        for part in ("diagonal", "derivative", "vjp"):
            key = (claim.formula.name, part, name)
            if key in SECOND_WAYS and claim.part in _PARTS[part] and (claim.sums or key not in OF_A_BATCH):
                yield code, f"{name}, in loops", as_a_student(SECOND_WAYS[key], claim, batch=key in OF_A_BATCH)


def as_a_student(function: Callable[..., Any], claim: Claim, *, batch: bool) -> Callable[[Mapping[str, Real]], Any]:
    """A function for one sample, which does not run on a batch, or for a batch, which does not run on one sample."""
    name = next(name for name, axes in claim.formula.axes.items() if name not in claim.formula.shared)
    axes = claim.formula.axes[name]
    core = 1 if axes == ("*shape",) else len(axes) - 1

    def one(letters: Mapping[str, Real]) -> Any:
        if (letters[name].ndim > core) != batch:
            raise ValueError("meant for a batch" if batch else "meant for one sample")
        return function(**letters)

    return one


def named(claim: Claim, *, of: int = 1) -> Named:
    """How many of a claim's mistakes get their names, and which do not; every ``of``-th of them."""
    found = Named()
    start = zlib.crc32(str(claim).encode())
    for i, (code, name, function) in enumerate(ways(claim)):
        if (start + i) % of:
            continue
        result = judged(function, claim)
        codes = {diagnosis.code for diagnosis in result.diagnosis}
        right = result.verdict == "wrong" and code in codes
        found = found.joined(Named(1, int(right), () if right else (f"{claim}, {name}: {code}, got {result.verdict} {codes}",)))
    return found


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_mistakes_have_their_names_quick(claim: Claim) -> None:
    found = named(claim, of=QUICK)
    NAMED["quick"] = NAMED.get("quick", Named()).joined(found)
    assert not found.missed


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_mistakes_have_their_names(claim: Claim) -> None:
    found = named(claim)
    NAMED["all"] = NAMED.get("all", Named()).joined(found)
    assert not found.missed
