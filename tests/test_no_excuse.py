"""Neither conventions nor the forward function excuse a mistake: they change what is right, and never make wrong right.

Every named mistake, in both writings, is held against every convention that can be stated of its formula, one by one
and in pairs. Most fail on one probe. The few that agree there are judged in full.
"""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from handgrad.oracle import calling, candidates, conventions, pairs, signatures
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.claiming import Claim, siblings
from handgrad.oracle.conventions import Stated
from handgrad.oracle.judge import judge
from handgrad.oracle.report import ACCEPTED, Result
from handgrad.oracle.stating import KNOWN, checked
from tests.test_naming import CLAIMS, NETWORKS, ways

Real = np.ndarray[Any, Any]
Version = Callable[[Mapping[str, Real]], Any]
QUICK = 40
"""One of so many mistakes is held against all of them in the quick run."""

THE_CONVENTION_ITSELF = {
    # The mistake is a factor, and a loss with this factor is what was stated.
    ("HG202", "loss"),
    ("HG207", "loss"),
    ("HG208", "loss"),
    ("HG209", "loss"),
    # 1/N folded into the gradients of weights and biases.
    ("HG244", "gradients"),
    # A mean over the K columns, where these are the samples.
    ("HG209", "samples"),
    # One gradient for each sample, rows not yet summed.
    ("HG243", "rows"),
}
"""Mistakes, by their codes, that are right where a convention of this kind is stated, and only then."""


def stated_of(claim: Claim) -> dict[str, list[Any]]:
    """What can be stated of a claim, where it changes something: the values of each kind of convention."""
    known: dict[str, list[Any]] = {"kink": [0, 0.5, 1], "epsilon": [1e-8, 0.1]}
    for convention in conventions.conventions_of(claim):
        known.setdefault(convention.key, []).append(convention.value)
    return {key: known.get(key) or list(KNOWN[key]) for key in sorted(conventions.kinds_of(claim))}


def combinations(claim: Claim) -> Iterator[dict[str, Any]]:
    """Nothing stated, each convention alone, and all pairs of different kinds."""
    known = [(key, value) for key, values in stated_of(claim).items() for value in values]
    yield {}
    for size in (1, 2):
        for chosen in itertools.combinations(known, size):
            if len({key for key, _ in chosen}) == size:
                yield checked(dict(chosen))


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A wrong function of a claim's letters, the cotangent first."""

    claim: Claim
    version: Version

    @property
    def names(self) -> list[str]:
        """The letters in order."""
        return [*([self.claim.bar] if self.claim.bar else []), *self.claim.formula.axes]

    def __call__(self, *given: Any) -> Any:
        """What the wrong version gives."""
        with np.errstate(all="ignore"):
            return self.version(dict(zip(self.names, map(np.asarray, given), strict=True)))

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        """One call, as a backend makes it."""
        return calling.call({"f": self}, plan, letters)

    def plans(self, claim: Claim) -> Iterator[Plan]:
        """How it may be called for a claim; a parameter x may be an input or an output."""
        parameters = [{"name": "x" if name in ("z", "l") else name, "required": True} for name in self.names]
        return signatures.plans("f", parameters, claim)

    def excused(self, stated: Stated) -> bool:
        """Whether it is called right; most are told by one probe."""
        claims, generator = [self.claim, *siblings(self.claim)], np.random.default_rng(1)
        found = candidates.found(claims, self.plans, self, generator, stated, candidates.Search())
        if found is None or not found.agrees:
            return False
        return judge("f", claims, self.plans, self, stated=stated).verdict in ACCEPTED


def excuses(claim: Claim, *, of: int = 1) -> Iterator[str]:
    """The mistakes of a claim that some convention excuses; of every ``of``-th of them."""
    start = zlib.crc32(str(claim).encode())
    for i, (code, name, version) in enumerate(ways(claim)):
        if (start + i) % of == 0:
            for stated in combinations(claim):
                allowed = any((code, key) in THE_CONVENTION_ITSELF for key in stated) or _unstated(claim, code, stated)
                if not allowed and Candidate(claim, version).excused(stated):
                    yield f"{claim}, {name} ({code}) under {stated}"


def _unstated(claim: Claim, code: str, stated: Stated) -> bool:
    """Whether a mistake is one in the notes' own convention only, which nobody stated."""
    if code == "HG225":  # a(1 - a) of a parameter x, which may be the output
        return stated.get("argument") != "input"
    return code == "HG249" and claim.formula.name == "identity"  # one number for all, which all of them are


@pytest.mark.parametrize("claim", [*CLAIMS, *NETWORKS[::10]], ids=str)
def test_no_mistake_is_excused_quick(claim: Claim) -> None:
    assert not [*excuses(claim, of=QUICK)]


@pytest.mark.slow
@pytest.mark.parametrize("claim", [*CLAIMS, *NETWORKS[::3]], ids=str)
def test_no_mistake_is_excused(claim: Claim) -> None:
    assert not [*excuses(claim)]


# A forward function in the same file


def beside_its_function(candidate: Candidate) -> Result:
    """The verdict on a wrong function in a file that holds the right forward function too."""
    claim, formula = candidate.claim, candidate.claim.formula
    named = {formula.name: [*formula.axes], claim.name: candidate.names}
    infos = {
        name: {"name": name, "parameters": [{"name": letter, "required": True} for letter in letters]}
        for name, letters in named.items()
    }
    backend = Both({formula.name: formula.value, claim.name: candidate})
    parameters = infos[claim.name]["parameters"]
    claims = [claim, *siblings(claim)]
    result = judge(claim.name, claims, lambda each: signatures.plans(claim.name, parameters, each), backend)
    return pairs.judged_by_forward(result, infos[claim.name], infos[formula.name], backend, 0)


@dataclasses.dataclass(frozen=True)
class Both:
    """A backend that calls one of two functions."""

    functions: dict[str, Callable[..., Any]]

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        """One call."""
        return calling.call(self.functions, plan, letters)


def excused_by_their_function(claim: Claim, *, of: int = 1) -> Iterator[str]:
    """The mistakes of a claim that are called right beside the formula itself; of every ``of``-th of them."""
    start = zlib.crc32(str(claim).encode())
    for i, (code, name, version) in enumerate(ways(claim)):
        # Of a mean over one batch there is one upstream number, which is its own mean.
        alone = claim.formula.name == "batch_mean" and code == "HG223"
        if (start + i) % of == 0 and not alone and not _unstated(claim, code, {"argument": "input"}):
            result = beside_its_function(Candidate(claim, version))
            if result.verdict in ACCEPTED:
                yield f"{claim}, {name} ({code}): {result.convention}"


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_no_forward_function_excuses_a_mistake_quick(claim: Claim) -> None:
    assert not [*excused_by_their_function(claim, of=QUICK)]


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_no_forward_function_excuses_a_mistake(claim: Claim) -> None:
    assert not [*excused_by_their_function(claim)]
