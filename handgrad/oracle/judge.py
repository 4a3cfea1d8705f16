"""The verdict on one function: how to call it, whether it is right on every draw, and what shows that it is not."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from handgrad.oracle import candidates, inputs, naming
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend, Candidate
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import GROSS, Truth, counterexample, differing, in_layout, names_of, read, truths_of
from handgrad.oracle.conventions import Stated
from handgrad.oracle.inputs import Shape
from handgrad.oracle.mistakes import wrong_versions
from handgrad.oracle.naming import Evidence
from handgrad.oracle.networks import Network
from handgrad.oracle.process import TimedOutError, WorkerError
from handgrad.oracle.report import Counterexample, Result, diagnosed, written

Real = np.ndarray[Any, Any]
DRAWS = 24
FRESH = (({}, 4), ({"n": 2, "k": 3, "K": 4, "N": 3, "m": 3, "h": 4}, 5), ({"n": 5, "k": 4, "K": 2, "N": 6, "m": 2}, 3))
"""Sizes of the inputs on which a mistake must reproduce the numbers, each time all distinct, and numbers of samples."""
LARGE_SIZES = (100.0, 1000.0)


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
    stated: Stated = MappingProxyType({}),
) -> Result:
    """The verdict on a function that makes one of these claims, may be called in these ways, and keeps conventions."""
    started = time.perf_counter()
    result = Result(name, str(claims[0]), "inconclusive")
    try:
        _settle(result, claims, ways, _Counted(backend, result), seed, stated)
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


def _settle(
    result: Result,
    claims: Sequence[Claim],
    ways: Callable[[Claim], Iterator[Plan]],
    backend: Backend,
    seed: int,
    stated: Stated,
) -> None:
    generator = np.random.default_rng(seed)
    search = candidates.Search()
    candidate = candidates.found(claims, ways, backend, generator, stated, search)
    if candidate is None:
        _call_unusable(result, search, backend, seed)
        return
    if not candidate.agrees:
        candidate = _explained(candidate, search, backend, seed)
    # Where the notes' own manner was tried before and raised: weights that are not transposed fit only square ones.
    refused = search.refused if candidate.manner and not candidate.agrees else None
    if refused is not None and _fits_only_squares(result, refused[0], backend, seed, len(candidate.match.right)):
        return
    claim = candidate.claim
    result.claim, result.call, result.source = str(claim), str(candidate.plan), ", ".join(claim.formula.equations)
    drawn = [(letters, truths_of(claim, letters)) for letters in _draws(candidate, generator)]
    failures = (_failure(candidate, letters, backend, truths) for letters, truths in drawn)
    failure = next(filter(None, failures), None)
    at_kinks: list[str] = []
    failure = failure or _failure_at_kinks(candidate, backend, stated, at_kinks)
    if failure is not None:
        _call_wrong(result, candidate, failure, backend, seed)
        return
    unseen = _unseen_mistakes(candidate, drawn)
    if unseen:
        result.notes.append(f"the inputs drawn would not have shown {', '.join(unseen)}")
        return
    result.convention = "; ".join(filter(None, [candidate.sentence(), *at_kinks])) or None
    result.verdict = "right-in-convention" if result.convention else "right"
    result.unstable = _first_unstable(candidate, backend, drawn)


def _explained(candidate: Candidate, search: candidates.Search, backend: Backend, seed: int) -> Candidate:
    """The same called with the output of the function, if only there its numbers are those of a known mistake."""
    others = (tried for tried in search.tried if tried.candidate.plan.manner == "output")
    in_output = next(others, None)

    def known(as_called: Candidate) -> bool:
        return bool(naming.named(as_called, _evidence(as_called, backend, seed, FRESH * 2)))

    if candidate.plan.manner == "output" or in_output is None or known(candidate):
        return candidate
    other = in_output.meant()
    return other if known(other) else candidate


def _call_unusable(result: Result, search: candidates.Search, backend: Backend, seed: int) -> None:
    result.verdict = "unusable"
    if search.refused is not None and _fits_only_squares(result, search.refused[0], backend, seed):
        return
    if search.refused is None:
        message = f"{result.function} takes other arguments than {result.claim} has; say how with --call"
        result.diagnosis.append(diagnosed("HG101", message))
    else:
        candidate, outcome = search.refused
        result.diagnosis.append(diagnosed("HG102", f"{candidate.plan} {outcome.complaint}"))


def _fits_only_squares(result: Result, candidate: Candidate, backend: Backend, seed: int, right: int = 0) -> bool:
    """Whether a function that raises runs where all sizes are equal, and what is wrong with it there.

    Not if fewer of its arrays are right there than in another manner, which then is the one that is meant.
    """
    letters_of = inputs.letters_of(candidate.claim.formula)
    if len(letters_of) < 2:
        return False
    evidence = _evidence(candidate, backend, seed, [(dict.fromkeys(letters_of, size), size) for size in (2, 3, 4)])
    if len(evidence) < 3:
        return False
    candidate = dataclasses.replace(candidate, match=candidate.likeliest(evidence[0].arrays, evidence[0].truths))
    found = naming.named(candidate, evidence)
    if not found or len(candidate.match.right) < right:
        return False
    result.verdict = "wrong"
    result.claim, result.call = str(candidate.claim), str(candidate.plan)
    result.source = ", ".join(candidate.claim.formula.equations)
    result.diagnosis += found
    result.notes.append("it runs only where all sizes are equal, and is wrong there")
    result.notes += naming.cleared(candidate, evidence)
    telling = _telling(candidate, backend, dict.fromkeys(letters_of, 2))
    result.telling = result.smallest = None if telling is None else _shown(telling)
    return True


# Whether it is right


def _draws(candidate: Candidate, generator: np.random.Generator) -> Iterator[dict[str, Real]]:
    """Random inputs of random shapes, of which the first has all sizes distinct."""
    yield inputs.draw(candidate.claim, candidate.shape(inputs.DISTINCT, inputs.SAMPLES), generator)
    for _ in range(DRAWS - 1):
        sizes = {letter: int(generator.integers(1, 6)) for letter in inputs.DISTINCT}
        yield inputs.draw(candidate.claim, candidate.shape(sizes, int(generator.integers(1, 5))), generator)


def _failure(
    candidate: Candidate, letters: dict[str, Real], backend: Backend, truths: list[Truth] | None = None
) -> Failure | None:
    """What a call does wrong on these inputs, if anything."""
    claim = candidate.claim
    if isinstance(claim.formula, Network) and claim.formula.on_a_kink(letters):
        return None
    truths = candidate.under(letters, truths_of(claim, letters) if truths is None else truths)
    names = names_of(claim)
    outcome = candidate.called(letters, backend)
    given = candidate.given(letters)
    if outcome.error is not None:
        return Failure(given, "HG102", f"{candidate.plan} {outcome.complaint}", truths[0])
    if outcome.breach:
        return Failure(given, *outcome.breach, truths[0])
    arrays = read(outcome.arrays, truths)
    if len(arrays) != len(candidate.match.pairs):
        wanted = ", ".join(names)
        message = f"it returns {len(arrays)} arrays; correct is one for each of {wanted}"
        return Failure(given, "HG107", message, truths[0])
    for array, (i, layout) in zip(arrays, candidate.match.pairs, strict=True):
        truth = in_layout(claim, truths[i], layout)
        if truth is None or array.shape != truth.value.shape:
            shape = truths[i].value.shape if truth is None else truth.value.shape
            message = f"the derivative by {truths[i].letter} has shape {array.shape}, correct is {shape}"
            return Failure(given, "HG108", message, truths[i], array)
        if differing(array, truth).any():
            return Failure(given, "HG100", "", truth, array)
    return None


def _failure_at_kinks(candidate: Candidate, backend: Backend, stated: Stated, said: list[str]) -> Failure | None:
    """Of an element-wise function with kinks: a value there that is no subgradient; a valid one is said."""
    claim = candidate.claim
    if not (claim.formula.kinks and claim.formula.elementwise):
        return None
    ((at, kink),) = claim.formula.kinks.items()
    (argument,) = claim.formula.by
    shape = candidate.shape({"n": 3}, 2)
    letters = inputs.whole_numbers(claim, shape, lambda low, high: 2)
    letters[argument] = np.array([-1.0, at, 2.0]) if letters[argument].ndim == 1 else np.array([[-1.0, at, 2.0]] * 2)
    outcome = candidate.called(letters, backend)
    truth = truths_of(claim, letters)[0]
    layout = candidate.match.pairs[0][1]
    laid_out = in_layout(claim, truth, layout)
    if outcome.error is not None or laid_out is None or outcome.arrays[0].shape != laid_out.value.shape:
        return Failure(letters, "HG102", f"{candidate.plan} {outcome.error or 'changes its shape'}", truth)
    yours = outcome.arrays[0].astype(float)
    upstream = letters[claim.bar].flat[0] if claim.bar else 1.0
    low, high = sorted((kink.low * upstream, kink.high * upstream))
    there = _at_kink(letters[argument], at, yours.shape)
    wrong = differing(yours, laid_out)
    fine = ~wrong | ((yours >= low) & (yours <= high) & there)
    if not fine.all():
        return Failure(letters, "HG109", f"at the kink {argument} = {at:g} no such subgradient exists", laid_out, yours)
    value = yours[there][0] / upstream
    if kink.low <= stated.get("kink", value) <= kink.high and value != stated.get("kink", value):
        message = f"at the kink {argument} = {at:g} it takes {value:g}; stated is {stated['kink']:g}"
        return Failure(letters, "HG109", message, laid_out, yours)
    if wrong.any():
        own = kink.text.partition(",")[0]
        said.append(f"at {argument} = {at:g} it takes the subgradient {value:g}; the notes' is {own}")
    return None


def _at_kink(argument: Real, at: float, shape: tuple[int, ...]) -> Real:
    """Where a derivative's entry belongs to an element at the kink; of a Jacobian, on its diagonal."""
    there = argument == at
    return np.broadcast_to(there, shape) if there.shape == shape else np.diag(there).reshape(shape)


def _unseen_mistakes(candidate: Candidate, drawn: Sequence[tuple[dict[str, Real], list[Truth]]]) -> list[str]:
    """Known wrong versions of the formula that equal the right one on everything drawn: they should be none."""
    claim = candidate.claim
    if claim.keywords:  # some mistakes are none with the identity for an activation: what counts are the draws
        claim = dataclasses.replace(claim, options=())
        drawn = [(letters, truths_of(claim, letters)) for letters, _ in drawn]
    versions = wrong_versions(claim, batched=candidate.batched)
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


def _first_unstable(
    candidate: Candidate, backend: Backend, drawn: Sequence[tuple[dict[str, Real], list[Truth]]]
) -> str | None:
    """The first large input at which a right function gives nan, infinity or numbers far off, and the truth is finite.

    Far off by the sizes among what was drawn as well: that a slope of 1e-22 comes out as 0 is no harm.
    """
    claim = candidate.claim
    usual = [max(float(np.abs(truths[i].value).max(initial=0)) for _, truths in drawn) for i in range(len(drawn[0][1]))]
    for size in LARGE_SIZES:
        letters = inputs.large(claim, candidate.shape(inputs.DISTINCT, 2), size)
        truths = truths_of(claim, letters)
        if not all(np.isfinite(truth.value).all() for truth in truths):
            continue
        outcome = candidate.called(letters, backend)
        if outcome.error is not None:
            what = outcome.error
        elif not all(np.isfinite(array).all() for array in outcome.arrays):
            what = "gives nan or infinity"
        elif _far_off(candidate, candidate.under(letters, truths), outcome, usual):
            what = "gives numbers far off"
        else:
            continue
        given = candidate.given(letters).items()
        return f"{what} at {', '.join(f'{name} = {written(array)}' for name, array in given)}"
    return None


def _far_off(candidate: Candidate, truths: list[Truth], outcome: Outcome, usual: Sequence[float]) -> bool:
    for array, (i, layout) in zip(read(outcome.arrays, truths), candidate.match.pairs, strict=False):
        truth = in_layout(candidate.claim, truths[i], layout)
        if truth is not None and array.shape == truth.value.shape:
            most = GROSS * max(usual[i], float(np.abs(truth.value).max(initial=0)))
            if (differing(array, truth) & (np.abs(array - truth.value) > most)).any():
                return True
    return False


# What shows it


def _call_wrong(result: Result, candidate: Candidate, failure: Failure, backend: Backend, seed: int) -> None:
    unusable = failure.code in ("HG102", "HG107") and not candidate.agrees
    result.verdict = "unusable" if unusable else "wrong"
    smallest = _smallest(candidate, failure, backend, seed)
    telling = _telling(candidate, backend)
    result.smallest, result.telling = _shown(smallest), _shown(telling or failure)
    shown = telling if telling is not None and telling.code == failure.code else failure
    if failure.code in ("HG100", "HG107", "HG108"):
        evidence = _evidence(candidate, backend, seed, FRESH * 2)
        result.diagnosis += naming.named(candidate, evidence)
        result.notes += naming.cleared(candidate, evidence)
    if not result.diagnosis:
        result.diagnosis.append(diagnosed(failure.code, shown.message))


def _evidence(
    candidate: Candidate, backend: Backend, seed: int, shapes: Sequence[tuple[Mapping[str, int], int]]
) -> list[Evidence]:
    """What the function gives on fresh random inputs, none of which the verdict has seen."""
    generator = np.random.default_rng((seed, 1))
    found = []
    for sizes, samples in shapes:
        letters = inputs.draw(candidate.claim, candidate.shape({**inputs.DISTINCT, **sizes}, samples), generator)
        outcome = candidate.called(letters, backend)
        if outcome.error is None:
            truths = candidate.truths(letters)
            found.append(Evidence(letters, read(outcome.arrays, truths), truths))
    return found


def _smallest(candidate: Candidate, failure: Failure, backend: Backend, seed: int) -> Failure:
    """The failure at the smallest shape, and there at the smallest whole numbers."""
    from handgrad.oracle.shrinking import smallest

    letters = inputs.letters_of(candidate.claim.formula)
    highest = 3 if candidate.batched else 1
    sizes = sorted(
        itertools.product(*[range(1, 4)] * len(letters), range(1, highest + 1)), key=lambda s: (math.prod(s), s)
    )

    def fails(shape: Shape, choose: Callable[[int, int], int]) -> Failure | None:
        numbers = inputs.whole_numbers(candidate.claim, shape, choose, at_kinks=failure.code == "HG109")
        return _failure(candidate, numbers, backend)

    shapes = [candidate.shape(dict(zip(letters, numbers, strict=False)), numbers[-1]) for numbers in sizes]
    return smallest(fails, shapes, seed) or failure


def _telling(
    candidate: Candidate, backend: Backend, sizes: Mapping[str, int] = MappingProxyType(inputs.DISTINCT)
) -> Failure | None:
    """The failure on distinct small whole numbers in distinct sizes, on which explanations differ."""
    count = itertools.count()

    def choose(low: int, high: int) -> int:
        return low + (next(count) * 2 + max(-low, 0)) % (high - low + 1)

    shape = candidate.shape(sizes, 2)
    return _failure(candidate, inputs.whole_numbers(candidate.claim, shape, choose), backend)


def _shown(failure: Failure) -> Counterexample:
    return counterexample(failure.letters, failure.yours, failure.truth)
