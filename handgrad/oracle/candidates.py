"""A function with a claim and a way to call it: found by trying, the notes' own way first."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from handgrad.oracle import conventions, epsilons, inputs
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import Match, Truth, equals, likeliest, matches, read, truths_of
from handgrad.oracle.conventions import Convention, Stated
from handgrad.oracle.epsilons import Near0
from handgrad.oracle.factors import Factor, constant_ratio, identified, sizes_of
from handgrad.oracle.inputs import Shape

Real = np.ndarray[Any, Any]


UNKNOWN = Match(())


class Backend(Protocol):
    """Where the function runs."""

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        """One call; WorkerError where there is no answer."""
        ...


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A function with a claim, a way to call it, and what its arrays are taken for."""

    claim: Claim
    plan: Plan
    batched: bool
    manner: tuple[str, ...] = ()
    """How the inputs are handed over, where not in the notes' own way."""
    held: tuple[Convention, ...] = ()
    """The conventions under which its numbers are judged."""
    match: Match = UNKNOWN
    agrees: bool = False
    """Whether it gave the right numbers on the first try."""
    asked: Claim | None = None
    """What was claimed, if it is judged as something else: with or without the upstream gradient."""
    stated: bool = True
    """Whether it is as was stated; else it is called only to see what the function takes."""

    def shape(self, sizes: Mapping[str, int], samples: int) -> Shape:
        """The formula's sizes, with a batch if the function takes one."""
        letters = inputs.letters_of(self.claim.formula)
        return Shape(tuple((letter, sizes[letter]) for letter in letters), (samples,) if self.batched else ())

    def given(self, letters: Mapping[str, Real]) -> dict[str, Real]:
        """The letters as the function gets them."""
        return inputs.in_manner(self.claim, letters, self.manner)

    def called(self, letters: Mapping[str, Real], backend: Backend) -> Outcome:
        """One call; a backward pass may also want the value that its forward pass kept."""
        given = self.given(letters)
        if self.claim.formula.letter not in given:
            with np.errstate(all="ignore"):
                value = self.claim.value(*[letters[name] for name in self.claim.formula.axes])
            given[self.claim.formula.letter] = np.asarray(value)
        return backend.call(self.plan, given)

    def truths(self, letters: Mapping[str, Real]) -> list[Truth]:
        """What is right at these letters, in the manner and the conventions of the candidate."""
        return self.under(letters, truths_of(self.claim, letters))

    def under(self, letters: Mapping[str, Real], truths: list[Truth]) -> list[Truth]:
        """The notes' own truths in the manner and the conventions of the candidate."""
        truths = conventions.changed(self.claim, letters, truths, self.held)
        return [self.turned(truth) for truth in truths]

    def turned(self, truth: Truth) -> Truth:
        """A truth in the candidate's manner."""
        if not inputs.moved(self.claim, truth.letter, self.manner):
            return truth
        return truth.through(inputs.turned)

    @property
    def moved(self) -> frozenset[str]:
        """The letters that are handed over turned around."""
        return frozenset(name for name in self.claim.formula.axes if inputs.moved(self.claim, name, self.manner))

    def likeliest(self, arrays: tuple[Real, ...], truths: list[Truth]) -> Match:
        """What each array is meant for, where not all are right."""
        return likeliest(self.claim, arrays, truths, turned=self.moved)

    def sentence(self) -> str:
        """What is unlike the notes' own way, in words; empty where nothing is."""
        called = conventions.call_sentences(self.claim, self.plan, self.manner, self.asked)
        return "; ".join(filter(None, [*called, *(c.sentence for c in self.held), self.match.sentence(self.claim)]))


@dataclasses.dataclass(frozen=True)
class Tried:
    """A candidate that gave numbers, and its score: how much of them could be meant for the claim."""

    candidate: Candidate
    letters: dict[str, Real]
    arrays: tuple[Real, ...]
    truths: list[Truth]

    def meant(self) -> Candidate:
        """The candidate with what its arrays are the likeliest to be meant for."""
        match = self.candidate.likeliest(read(self.arrays, self.truths), self.truths)
        return dataclasses.replace(self.candidate, match=match)


@dataclasses.dataclass
class Search:
    """What was tried of a function: the candidates that gave numbers, and the first refusal."""

    tried: list[Tried] = dataclasses.field(default_factory=list)
    refused: tuple[Candidate, Outcome] | None = None
    seen: list[Tried] = dataclasses.field(default_factory=list)
    """What it gave in ways other than the stated ones."""


def found(
    claims: Sequence[Claim],
    ways: Callable[[Claim], Iterator[Plan]],
    backend: Backend,
    generator: np.random.Generator,
    stated: Stated,
    search: Search,
) -> Candidate | None:
    """The first claim and call whose numbers agree on a probe; else the one that comes closest; None if none runs."""
    for candidate in _candidates(claims, ways, stated, search):
        agreeing = _tried(candidate, backend, generator, stated, search)
        if agreeing is not None:
            return agreeing
    if not search.tried:
        return None
    best = max(search.tried, key=_closeness)  # of equals the first
    return (_in_a_batch(best, backend, generator) or best).meant()


def _candidates(
    claims: Sequence[Claim], ways: Callable[[Claim], Iterator[Plan]], stated: Stated, search: Search
) -> Iterator[Candidate]:
    """All that is worth trying, in order; batches of what has no sums only where single samples do not run."""
    # A formula that is the stated one goes before another by a factor.
    for claim in sorted(claims, key=lambda claim: bool(next(conventions.combinations(claim, stated)))):
        held = next(conventions.combinations(claim, stated))
        asked = claims[0] if claim.bar != claims[0].bar else None
        plans = [
            plan for plan in ways(claim) if conventions.allow_plan(stated, plan, claim) and (plan.open or not asked)
        ]
        ran, saw = len(search.tried), len(search.seen)
        first = _takes_batches(claim) and (claim.sums or any(convention.needs_a_batch(claim) for convention in held))
        for batched in (first, not first):
            other = batched != first
            if (other and not claim.sums and len(search.tried) > ran) or (batched and not _takes_batches(claim)):
                continue
            for manner in inputs.manners_of(claim, batched=batched):
                if not conventions.allow_manner(stated, manner, claim, batched=batched):
                    continue
                for plan in plans:
                    if plan.open or not manner:
                        yield Candidate(claim, plan, batched, manner, held, asked=asked)
            if stated and batched and claim.sums:  # a batch in another way is no reason to ask for single samples
                for manner in inputs.manners_of(claim, batched=True):
                    yield from (Candidate(claim, plan, True, manner, stated=False) for plan in plans if plan.open)
            if batched and any(_means_batches(tried) for tried in (*search.tried[ran:], *search.seen[saw:])):
                break


def _takes_batches(claim: Claim) -> bool:
    return any(axes[:1] in (("*batch",), ("*shape",)) for axes in claim.formula.axes.values())


def _means_batches(tried: Tried) -> bool:
    """Whether wrong results for a batch were meant for one: in their shapes, or because one that sums is right.

    Code for one sample at a time may run on a batch by chance, with shapes of its own.
    """
    claim, truths = tried.candidate.claim, tried.truths
    arrays = read(tried.arrays, truths)
    pairs = [(a, truths[i]) for a, (i, _) in zip(arrays, tried.candidate.likeliest(arrays, truths).pairs, strict=False)]
    complete = len(truths) - len(claim.formula.optional) <= len(pairs)
    if complete and all(array.shape == truth.value.shape for array, truth in pairs):
        return True
    return any(truth.letter in claim.formula.shared and equals(claim, array, truth, "") for array, truth in pairs)


def _tried(
    candidate: Candidate, backend: Backend, generator: np.random.Generator, stated: Stated, search: Search
) -> Candidate | None:
    """The candidate with its match, if its numbers agree on a probe of sizes that all differ."""
    claim = candidate.claim
    letters = inputs.draw(claim, inputs.probe_shape(claim.formula, batched=candidate.batched), generator)
    outcome = candidate.called(letters, backend)
    if outcome.error is not None:
        search.refused = search.refused or (candidate, outcome)
        return None
    if candidate.plan.loop and not _one_by_one(candidate, letters, outcome, backend):
        return None
    if candidate.batched and not claim.formula.elementwise and _as_one_vector(candidate, letters, outcome, backend):
        return None
    tried = Tried(candidate, letters, outcome.arrays, candidate.truths(letters))
    if not candidate.stated:
        search.seen.append(tried)
        return None
    agreeing = _agreeing(tried, backend, stated)
    if agreeing is None:
        search.tried.append(tried)
    return agreeing


def _one_by_one(candidate: Candidate, letters: dict[str, Real], outcome: Outcome, backend: Backend) -> bool:
    """Whether a function is for single numbers: of arrays it makes nothing, or one number that is right for all."""
    whole = backend.call(dataclasses.replace(candidate.plan, loop=False), candidate.given(letters))
    if whole.error is not None:
        return True
    return whole.arrays[0].ndim == 0 and bool((outcome.arrays[0] == whole.arrays[0]).all())


def _as_one_vector(candidate: Candidate, letters: dict[str, Real], outcome: Outcome, backend: Backend) -> bool:
    """Whether a function sums over all that it is given, and so takes the rows of a batch for one long vector."""
    names = candidate.claim.letters
    if len({letters[name].shape for name in names}) > 1 or letters[names[0]].ndim != 2:
        return False
    flat = candidate.called({name: letters[name].reshape(-1) for name in names}, backend)
    if flat.error is not None or len(flat.arrays) != 1 or flat.arrays[0].size != outcome.arrays[0].size:
        return False
    array = outcome.arrays[0].T if candidate.moved else outcome.arrays[0]
    return np.allclose(array.reshape(-1), flat.arrays[0].reshape(-1), rtol=1e-12, atol=0)


def _in_a_batch(tried: Tried, backend: Backend, generator: np.random.Generator) -> Tried | None:
    """What divides a single sample by a size, in a batch, where the number of samples is another size than the rest."""
    candidate, claim = tried.candidate, tried.candidate.claim
    by_samples = any(convention.needs_a_batch(claim) for convention in conventions.conventions_of(claim))
    factor = _factor(tried)
    if candidate.batched or not by_samples or factor is None or not any(power < 0 for _, power in factor.powers):
        return None
    batched = dataclasses.replace(candidate, batched=True)
    letters = inputs.draw(claim, inputs.probe_shape(claim.formula, batched=True), generator)
    outcome = batched.called(letters, backend)
    found = Tried(batched, letters, outcome.arrays, batched.truths(letters))
    return found if outcome.error is None and _factor(found) is not None else None


def _factor(tried: Tried) -> Factor | None:
    """The one array by the correct one, as an expression of the sizes."""
    arrays = read(tried.arrays, tried.truths)
    ratio = constant_ratio(arrays[0], tried.truths[0].value) if len(arrays) == len(tried.truths) == 1 else None
    return None if ratio is None else identified([ratio], [sizes_of(tried.candidate.claim.formula, tried.letters)])


def _agreeing(tried: Tried, backend: Backend, stated: Stated) -> Candidate | None:
    """The candidate with its match, if its numbers are right under what is stated, or with an epsilon besides."""
    claim, near_0 = tried.candidate.claim, _near_0(tried.candidate, backend)
    possible = [*conventions.combinations(claim, stated, near_0)]
    if near_0 is not None and not near_0.clipped:  # which shows in all numbers, if little
        possible.sort(key=lambda held: not _with_epsilon(held))
    wanted = stated.get("epsilon") if epsilons.forms_of(claim) else None
    for held in possible:
        candidate = dataclasses.replace(tried.candidate, held=held)
        truths = candidate.truths(tried.letters) if len(possible) > 1 else tried.truths
        match = next(matches(claim, read(tried.arrays, truths), truths, turned=candidate.moved), None)
        if match is None:
            continue
        if not _with_epsilon(held):
            if wanted is not None and not (near_0 and math.isclose(near_0.size, wanted, rel_tol=1e-3)):
                continue
            held = (*held, conventions.near_0(near_0)) if near_0 else held
        return dataclasses.replace(candidate, held=held, match=match, agrees=True)
    return None


def _with_epsilon(held: tuple[Convention, ...]) -> bool:
    return any(convention.key == "epsilon" for convention in held)


def _near_0(candidate: Candidate, backend: Backend) -> Near0 | None:
    without = tuple(convention for convention in candidate.held if convention.key != "epsilon")
    return epsilons.seen_near_0(
        candidate.claim,
        candidate.shape(inputs.DISTINCT, 2),
        lambda letters: candidate.called(letters, backend).arrays,
        dataclasses.replace(candidate, held=without).truths,
    )


def _closeness(tried: Tried) -> float:
    """How many of the arrays are right, or so but for a factor, and how many have the shape of what is claimed."""
    claim, arrays = tried.candidate.claim, read(tried.arrays, tried.truths)
    guess = tried.candidate.likeliest(arrays, tried.truths)
    meant = [(array, tried.truths[i].value) for array, (i, _) in zip(arrays, guess.pairs, strict=False)]
    shaped = sum(array.shape == value.shape for array, value in meant)
    scaled = sum(constant_ratio(array, value) is not None for array, value in meant)
    wanted = len(tried.truths) - (len(claim.formula.optional) if len(arrays) < len(tried.truths) else 0)
    return 2 * len(guess.right) + scaled + shaped + (len(arrays) == wanted)
