"""The verdict on one function: how to call it, whether it is right on every draw, and what shows that it is not."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from handgrad.oracle import inputs
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import Match, Truth, counterexample, differing, equals, in_layout, matches, truths_of
from handgrad.oracle.inputs import Shape
from handgrad.oracle.mistakes import wrong_versions
from handgrad.oracle.process import TimedOutError, WorkerError
from handgrad.oracle.report import Counterexample, Result, diagnosed, written

Real = np.ndarray[Any, Any]
DRAWS = 24
LARGE_SIZES = (100.0, 1000.0)


class Backend(Protocol):
    """Where the function runs."""

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        """One call; WorkerError where there is no answer."""
        ...


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A function with a claim, a way to call it and, if it agreed with the truth, the layout it agreed in."""

    claim: Claim
    plan: Plan
    batched: bool
    match: Match | None

    def shape(self, sizes: Mapping[str, int], samples: int) -> Shape:
        """The formula's sizes, with a batch if the function takes one."""
        letters = inputs.letters_of(self.claim.formula)
        return Shape(tuple((letter, sizes[letter]) for letter in letters), (samples,) if self.batched else ())


@dataclasses.dataclass(frozen=True)
class Failure:
    """What a call did wrong on some inputs."""

    letters: dict[str, Real]
    code: str
    message: str
    truth: Truth
    yours: Real | None = None


def judge(
    name: str,
    claims: Sequence[Claim],
    ways: Callable[[Claim], Iterator[Plan]],
    backend: Backend,
    *,
    seed: int = 0,
) -> Result:
    """The verdict on a function that makes one of these claims and may be called in these ways."""
    started = time.perf_counter()
    result = Result(name, str(claims[0]), "inconclusive")
    try:
        _settle(result, claims, ways, _Counted(backend, result), np.random.default_rng(seed), seed)
    except TimedOutError as error:
        result.verdict = "timeout"
        result.diagnosis.append(diagnosed("HG105", f"{name} {error}"))
    except WorkerError as error:
        result.verdict = "unusable"
        result.diagnosis.append(diagnosed("HG104", f"{name} {error}"))
    result.seconds = time.perf_counter() - started
    return result


class _Counted:
    """A backend that counts its calls into the result."""

    def __init__(self, backend: Backend, result: Result) -> None:
        self._backend, self._result = backend, result

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        self._result.examples += 1
        return self._backend.call(plan, letters)


def _called(candidate: Candidate, letters: Mapping[str, Real], backend: Backend) -> Outcome:
    """One call; a backward pass may also want the value that its forward pass kept."""
    formula = candidate.claim.formula
    if candidate.claim.part == "vjp":
        with np.errstate(all="ignore"):
            letters = {**letters, formula.letter: np.asarray(formula.value(*[letters[name] for name in formula.axes]))}
    return backend.call(candidate.plan, letters)


def _settle(
    result: Result,
    claims: Sequence[Claim],
    ways: Callable[[Claim], Iterator[Plan]],
    backend: Backend,
    generator: np.random.Generator,
    seed: int,
) -> None:
    candidate = _first_that_agrees(result, claims, ways, backend, generator)
    if candidate is None:
        return
    claim = candidate.claim
    result.claim, result.call, result.source = str(claim), str(candidate.plan), ", ".join(claim.formula.equations)
    drawn = [(letters, truths_of(claim, letters)) for letters in _draws(candidate, generator)]
    failures = (_failure(candidate, letters, backend, truths) for letters, truths in drawn)
    failure = next(filter(None, failures), None)
    failure = failure or _failure_at_kinks(result, candidate, backend)
    if failure is not None:
        _call_wrong(result, candidate, failure, backend, seed)
        return
    unseen = _unseen_mistakes(candidate, drawn)
    if unseen:
        result.notes.append(f"the inputs drawn would not have shown {', '.join(unseen)}")
        return
    assert candidate.match is not None
    result.convention = candidate.match.sentence(claim) or None
    result.verdict = "right-in-convention" if result.convention else "right"
    result.unstable = _first_unstable(candidate, backend)


# How to call it


def _first_that_agrees(
    result: Result,
    claims: Sequence[Claim],
    ways: Callable[[Claim], Iterator[Plan]],
    backend: Backend,
    generator: np.random.Generator,
) -> Candidate | None:
    """The first claim and call whose numbers agree on a probe; else the first call that gives any numbers."""
    running: Candidate | None = None
    refused: tuple[Plan, Outcome] | None = None
    for claim in claims:
        for batched in _regimes(claim):
            probe = inputs.draw(claim, inputs.distinct_shape(claim.formula, (4,) if batched else ()), generator)
            truths = truths_of(claim, probe)
            meant: Candidate | None = None
            for plan in ways(claim):
                candidate = Candidate(claim, plan, batched, None)
                outcome = _called(candidate, probe, backend)
                if outcome.error is not None:
                    refused = refused or (plan, outcome)
                    continue
                match = next(matches(claim, outcome.arrays, truths), None)
                if match is not None:
                    return dataclasses.replace(candidate, match=match)
                running = running or candidate
                meant = meant or (candidate if batched and _means_batches(claim, outcome, truths) else None)
            if meant is not None:
                return meant
    if running is None:
        result.verdict = "unusable"
        if refused is None:
            message = f"{result.function} takes other arguments than {result.claim} has; say how with --call"
            result.diagnosis.append(diagnosed("HG101", message))
        else:
            plan, outcome = refused
            result.diagnosis.append(diagnosed("HG102", f"{plan} {outcome.complaint}"))
    return running


def _means_batches(claim: Claim, outcome: Outcome, truths: list[Truth]) -> bool:
    """Whether wrong results for a batch were meant for one: in their shapes, or because one that sums is right.

    Code for one sample at a time may run on a batch by chance, with shapes of its own.
    """
    pairs = list(zip(outcome.arrays, truths, strict=False))
    if len(outcome.arrays) == len(truths) and all(array.shape == truth.value.shape for array, truth in pairs):
        return True
    return any(truth.letter in claim.formula.shared and equals(claim, array, truth, "") for array, truth in pairs)


def _regimes(claim: Claim) -> list[bool]:
    """Whether to offer batches: to backward passes first, which see a missing sum only there."""
    batches = claim.part == "vjp" and any(axes[:1] == ("*batch",) for axes in claim.formula.axes.values())
    return [True, False] if batches else [False]


# Whether it is right


def _draws(candidate: Candidate, generator: np.random.Generator) -> Iterator[dict[str, Real]]:
    """Random inputs of random shapes, of which the first has all sizes distinct."""
    yield inputs.draw(candidate.claim, candidate.shape(inputs.DISTINCT, 5), generator)
    for _ in range(DRAWS - 1):
        sizes = {letter: int(generator.integers(1, 6)) for letter in inputs.DISTINCT}
        yield inputs.draw(candidate.claim, candidate.shape(sizes, int(generator.integers(1, 5))), generator)


def _failure(
    candidate: Candidate, letters: dict[str, Real], backend: Backend, truths: list[Truth] | None = None
) -> Failure | None:
    """What a call does wrong on these inputs, if anything."""
    truths = truths or truths_of(candidate.claim, letters)
    outcome = _called(candidate, letters, backend)
    if outcome.error is not None:
        return Failure(letters, "HG102", f"{candidate.plan} {outcome.complaint}", truths[0])
    if outcome.overwritten:
        names = " and ".join(outcome.overwritten)
        return Failure(letters, "HG103", f"it overwrites its argument {names}; compute into a copy", truths[0])
    if not outcome.repeatable:
        return Failure(letters, "HG106", "the same arguments give another answer the second time", truths[0])
    pairs = candidate.match.pairs if candidate.match else tuple((i, "") for i in range(len(truths)))
    if len(outcome.arrays) != len(pairs):
        wanted = ", ".join(truth.letter for truth in truths)
        message = f"it returns {len(outcome.arrays)} arrays; correct is one for each of {wanted}"
        return Failure(letters, "HG107", message, truths[0])
    for array, (i, layout) in zip(outcome.arrays, pairs, strict=True):
        truth = in_layout(candidate.claim, truths[i], layout)
        if truth is None or array.shape != truth.value.shape:
            shape = truths[i].value.shape if truth is None else truth.value.shape
            message = f"the derivative by {truths[i].letter} has shape {array.shape}, correct is {shape}"
            return Failure(letters, "HG108", message, truths[i], array)
        if differing(array, truth).any():
            return Failure(letters, "HG100", "", truth, array)
    return None


def _failure_at_kinks(result: Result, candidate: Candidate, backend: Backend) -> Failure | None:
    """Of an element-wise function with kinks: a value there that is no subgradient; a valid one is noted."""
    claim = candidate.claim
    if not (claim.formula.kinks and claim.formula.elementwise):
        return None
    ((at, kink),) = claim.formula.kinks.items()
    (argument,) = claim.formula.by
    shape = candidate.shape({"n": 3}, 2)
    letters = inputs.whole_numbers(claim, shape, lambda low, high: 2)
    letters[argument] = np.array([-1.0, at, 2.0]) if letters[argument].ndim == 1 else np.array([[-1.0, at, 2.0]] * 2)
    outcome = _called(candidate, letters, backend)
    truth = truths_of(claim, letters)[0]
    layout = candidate.match.pairs[0][1] if candidate.match else ""
    laid_out = in_layout(claim, truth, layout)
    if outcome.error is not None or laid_out is None or outcome.arrays[0].shape != laid_out.value.shape:
        return Failure(letters, "HG102", f"{candidate.plan} {outcome.error or 'changes its shape'}", truth)
    yours = outcome.arrays[0].astype(float)
    upstream = letters.get(f"{claim.formula.letter}_bar", np.ones(1)).flat[0]
    low, high = sorted((kink.low * upstream, kink.high * upstream))
    wrong = differing(yours, laid_out)
    fine = ~wrong | ((yours >= low) & (yours <= high) & _at_kink(letters[argument], at, yours.shape))
    if not fine.all():
        return Failure(letters, "HG109", f"at the kink {argument} = {at:g} no such subgradient exists", laid_out, yours)
    if wrong.any():
        value = yours[wrong][0] / upstream
        result.notes.append(f"at {argument} = {at:g} it takes the subgradient {value:g}; the notes take {kink.text[0]}")
    return None


def _at_kink(argument: Real, at: float, shape: tuple[int, ...]) -> Real:
    """Where a derivative's entry belongs to an element at the kink; of a Jacobian, on its diagonal."""
    there = argument == at
    return np.broadcast_to(there, shape) if there.shape == shape else np.diag(there).reshape(shape)


def _unseen_mistakes(candidate: Candidate, drawn: Sequence[tuple[dict[str, Real], list[Truth]]]) -> list[str]:
    """Known wrong versions of the formula that equal the right one on everything drawn: they should be none."""
    versions = wrong_versions(candidate.claim, batched=candidate.batched)
    return [name for name, wrong in versions if not any(_rejected(wrong, *draw) for draw in drawn)]


def _rejected(wrong: Callable[..., tuple[Real, ...]], letters: dict[str, Real], truths: list[Truth]) -> bool:
    try:
        with np.errstate(all="ignore"):
            arrays = wrong(letters)
    except Exception:  # a wrong version that raises is told from the right one
        return True
    return len(arrays) != len(truths) or any(
        array.shape != truth.value.shape or differing(array, truth).any()
        for array, truth in zip(arrays, truths, strict=True)
    )


def _first_unstable(candidate: Candidate, backend: Backend) -> str | None:
    """The first large input at which a right function gives nan or infinity where the truth is finite."""
    claim = candidate.claim
    for size in LARGE_SIZES:
        letters = inputs.large(claim, candidate.shape(inputs.DISTINCT, 2), size)
        truths = truths_of(claim, letters)
        outcome = _called(candidate, letters, backend)
        finite = all(np.isfinite(truth.value).all() for truth in truths)
        if finite and (outcome.error is not None or not all(np.isfinite(array).all() for array in outcome.arrays)):
            inputs_said = ", ".join(f"{name} = {written(array)}" for name, array in letters.items())
            what = outcome.error or "gives nan or infinity"
            return f"{what} at {inputs_said}"
    return None


# What shows it


def _call_wrong(result: Result, candidate: Candidate, failure: Failure, backend: Backend, seed: int) -> None:
    result.verdict = "unusable" if failure.code in ("HG102", "HG107") and candidate.match is None else "wrong"
    smallest = _smallest(candidate, failure, backend, seed)
    telling = _telling(candidate, backend)
    result.smallest, result.telling = _shown(smallest), _shown(telling or failure)
    shown = telling if telling is not None and telling.code == failure.code else failure
    result.diagnosis.append(diagnosed(failure.code, shown.message))


def _smallest(candidate: Candidate, failure: Failure, backend: Backend, seed: int) -> Failure:
    """The failure at the smallest shape, and there at the smallest whole numbers."""
    from handgrad.oracle.shrinking import smallest

    letters = inputs.letters_of(candidate.claim.formula)
    highest = 3 if candidate.batched else 1
    sizes = sorted(
        itertools.product(*[range(1, 4)] * len(letters), range(1, highest + 1)), key=lambda s: (math.prod(s), s)
    )

    def fails(shape: Shape, choose: Callable[[int, int], int]) -> Failure | None:
        return _failure(candidate, inputs.whole_numbers(candidate.claim, shape, choose), backend)

    shapes = [candidate.shape(dict(zip(letters, numbers, strict=False)), numbers[-1]) for numbers in sizes]
    return smallest(fails, shapes, seed) or failure


def _telling(candidate: Candidate, backend: Backend) -> Failure | None:
    """The failure on distinct small whole numbers in distinct sizes, on which explanations differ."""
    count = itertools.count()

    def choose(low: int, high: int) -> int:
        return low + (next(count) * 2 + max(-low, 0)) % (high - low + 1)

    shape = candidate.shape(inputs.DISTINCT, 2)
    return _failure(candidate, inputs.whole_numbers(candidate.claim, shape, choose), backend)


def _shown(failure: Failure) -> Counterexample:
    return counterexample(failure.letters, failure.yours, failure.truth)
