"""No false verdicts: what equals a formula is called right, what does not is called wrong.

Right candidates are the catalogue's own functions, the same derivative in loops over samples and rows, in float32, as
lists, and JAX's derivatives of the naive references, other forms that are equal but for rounding. Wrong ones are the
named mistakes. The quick run takes some of them with one seed, the slow one takes all with several.
"""

from __future__ import annotations

import functools
import importlib
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import pytest

from handgrad.catalogue import FORMULAS
from handgrad.oracle.checking import check
from handgrad.oracle.claiming import Claim
from handgrad.oracle.mistakes import wrong_versions
from tests.cases import as_tuple
from tests.compiling import compiled

Real = np.ndarray[Any, Any]
Candidate = Callable[[Mapping[str, Real]], Any]
SEEDS = range(5)
QUICK = 500
"""At least so many combinations of candidate and seed are judged in the quick run, of each formula an equal share."""

CLAIMS = {
    str(claim): claim
    for formula in FORMULAS.values()
    for part in formula.companions
    if part != "jvp"
    for claim in [Claim(formula, part)]
}


def by_hand(claim: Claim, letters: Mapping[str, Real]) -> tuple[Real, ...]:
    """The catalogue's own function."""
    args = [letters[name] for name in claim.formula.axes]
    found = claim.truth(*args)
    if claim.part == "vjp":
        found = found[1](letters[f"{claim.formula.letter}_bar"])
    return found if isinstance(found, tuple) else (found,)


@functools.cache
def _by_jax(claim: Claim) -> Callable[..., Any]:
    formula = claim.formula
    reference = getattr(importlib.import_module(f"reference.{formula.module}"), formula.name)
    by = tuple(list(formula.axes).index(name) for name in formula.by)
    full = jax.jacrev(reference, by)
    if claim.part == "derivative" and formula.elementwise:
        return compiled(lambda *args: tuple(jax.numpy.diagonal(J) if J.ndim else J for J in full(*args)))
    return compiled(full)


def by_jax(claim: Claim, letters: Mapping[str, Real]) -> tuple[Real, ...]:
    """JAX's derivative of the naive reference, of one sample."""
    return tuple(map(np.asarray, _by_jax(claim)(*[letters[name] for name in claim.formula.axes])))


def in_loops(claim: Claim, letters: Mapping[str, Real]) -> tuple[Real, ...]:
    """A Jacobian row by row from pullbacks of unit vectors; a backward pass sample by sample from the Jacobian."""
    formula = claim.formula
    args = [letters[name] for name in formula.axes]
    if claim.part == "vjp":
        return _sample_by_sample(claim, args, letters[f"{formula.letter}_bar"])
    value, pullback = formula.companions["vjp"](*args)
    if claim.part == "derivative":
        return as_tuple(pullback(np.ones(np.shape(value))))
    rows = [as_tuple(pullback(unit.reshape(np.shape(value)))) for unit in np.eye(np.size(value))]
    return tuple(np.reshape(column, (*np.shape(value), *np.shape(column[0]))) for column in zip(*rows, strict=True))


def _sample_by_sample(claim: Claim, args: list[Real], bar: Real) -> tuple[Real, ...]:
    formula = claim.formula
    output = len([axis for axis in formula.result_axes if axis != "*batch"])
    if bar.ndim == output:
        return tuple(np.tensordot(bar, J, axes=output) for J in as_tuple(formula.derivative(*args)))
    pulled = []
    for i, row_bar in enumerate(bar):
        row = [arg if name in formula.shared else arg[i] for name, arg in zip(formula.axes, args, strict=True)]
        pulled.append(_sample_by_sample(claim, row, row_bar))
    return tuple(
        np.sum(column, axis=0) if name in formula.shared else np.stack(column)
        for name, column in zip(formula.by, zip(*pulled, strict=True), strict=True)
    )


def in_float32(claim: Claim, letters: Mapping[str, Real]) -> tuple[Real, ...]:
    """Computed in single precision."""
    narrow = {name: a.astype(np.float32) if a.dtype.kind == "f" else a for name, a in letters.items()}
    return by_hand(claim, narrow)


def as_lists(claim: Claim, letters: Mapping[str, Real]) -> Any:
    """Arrays as nested lists of numbers."""
    return tuple(np.asarray(array).tolist() for array in by_hand(claim, letters))


RIGHT = {"by hand": by_hand, "in loops": in_loops, "in float32": in_float32, "as lists": as_lists}


def candidates(claim: Claim) -> dict[str, tuple[bool, Candidate]]:
    """Right and wrong versions of a claim, by name."""
    right = {name: (True, functools.partial(make, claim)) for name, make in RIGHT.items()}
    batched = claim.part == "vjp" and any(axes[:1] == ("*batch",) for axes in claim.formula.axes.values())
    wrong = {name: (False, version) for name, version in wrong_versions(claim, batched=batched)}
    return {**right, **wrong}


def false_verdict(claim: Claim, name: str, seed: int) -> str | None:
    """What the oracle says of a candidate if that is not so."""
    right, function = candidates(claim)[name]
    # Only the letters of the claim: what a forward pass kept is offered too, and not wanted here.
    names = [*claim.formula.axes, *([f"{claim.formula.letter}_bar"] if claim.part == "vjp" else [])]

    def candidate(letters: Mapping[str, Real]) -> Any:
        with np.errstate(all="ignore"):
            return function(letters)

    call = lambda f, **letters: f({key: letters[key] for key in names})  # noqa: E731 - said as a decorator would
    (result,) = check(candidate, str(claim), call=call, seed=seed).results
    expected = ("right", "right-in-convention") if right else ("wrong", "unusable")
    return None if result.verdict in expected else f"{claim}, {name}, seed {seed}: {result.verdict} {result.notes}"


def quick(claim: Claim) -> list[str]:
    """The candidates of the quick run: the right ones and a share of the wrong ones."""
    wrong = [name for name in candidates(claim) if name not in RIGHT]
    start = zlib.crc32(str(claim).encode())
    share = -(-QUICK // len(CLAIMS)) - len(RIGHT)
    return [*RIGHT, *(wrong[(start + i) % len(wrong)] for i in range(min(share + 1, len(wrong))))]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_no_false_verdicts_quick(claim: Claim) -> None:
    found = [false_verdict(claim, name, seed=len(str(claim))) for name in quick(claim)]
    assert [text for text in found if text] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_no_false_verdicts(claim: Claim, seed: int) -> None:
    found = [false_verdict(claim, name, seed) for name in candidates(claim)]
    assert [text for text in found if text] == []


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in CLAIMS.values() if claim.part != "vjp"], ids=str)
def test_what_jax_derives_is_right(claim: Claim) -> None:
    names = list(claim.formula.axes)
    call = lambda f, **letters: f({key: letters[key] for key in names})  # noqa: E731 - said as a decorator would
    (result,) = check(functools.partial(by_jax, claim), str(claim), call=call).results
    assert result.verdict == "right"


def test_how_many_are_judged() -> None:
    assert sum(len(candidates(claim)) for claim in CLAIMS.values()) * len(SEEDS) >= 5000
    assert sum(len(quick(claim)) for claim in CLAIMS.values()) >= QUICK
