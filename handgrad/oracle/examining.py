"""A derivative against the function it belongs to: drawn inputs, the best truth there is, the smallest counterexample.

Unlike the judge of the catalogue's claims this knows no formula, and so no conventions: what is asked is what it takes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from handgrad.oracle import calling, shapes
from handgrad.oracle.answering import Answer
from handgrad.oracle.comparison import counterexample, differing
from handgrad.oracle.report import Counterexample, Report, Result, diagnosed
from handgrad.oracle.shapes import Argument, Domain, Sizes
from handgrad.oracle.truths import VALUE, Measured, name_of

Real = np.ndarray[Any, Any]
COMPILED_SHAPES = 5
"""Of a function that JAX compiles for each."""
ENTRIES = 20_000
"""Entries after which numerical differentiation, a call or two for each, ends."""
TRIALS = 8
"""Inputs at which a function must be finite to be so in a domain."""
SHRINKABLE = 200
"""Entries up to which a smallest counterexample is looked for."""


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What a derivative passed: at how many inputs it was right, by which truth, and how near it came to failing."""

    function: str
    examples: int
    method: str
    worst: float
    """The largest error, as a part of what was allowed."""
    call: str
    inputs: str

    def __str__(self) -> str:
        """In one sentence."""
        at = f"{self.examples} input{'' if self.examples == 1 else 's'} {self.inputs}".rstrip()
        return f"{self.function} is right at {at}: truth by {self.method}, worst error {self.worst:.1%} of the allowed"


@dataclasses.dataclass(frozen=True)
class Failure:
    """What a derivative did wrong on some inputs."""

    letters: dict[str, Real]
    code: str
    message: str
    truth: Measured | None = None
    yours: Real | None = None
    wrong: Real | None = None


class Subject:
    """A derivative under examination, and what was seen of it so far."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.truths, self.bar = answer, answer.truths, answer.bar
        self.examples, self.entries, self.unknown, self.worst = 0, 0, 0, 0.0

    def arguments(self, letters: dict[str, Real]) -> list[Real]:
        """The function's own arguments among the letters."""
        return [letters[name] for name in self.truths.names]

    def completed(self, drawn: dict[str, Real], cotangent: Callable[[tuple[int, ...]], Real]) -> dict[str, Real] | None:
        """The arguments in the asked dtype with a cotangent that fits; None where the function is not finite."""
        letters = {name: a.astype(self.answer.dtype) if a.dtype.kind == "f" else a for name, a in drawn.items()}
        value = self.truths.value(self.arguments(letters))
        if not np.isfinite(value).all():
            return None
        return letters if self.bar is None else {self.bar: cotangent(value.shape).astype(self.answer.dtype), **letters}

    def failure(self, letters: dict[str, Real], *, careful: bool = True) -> Failure | None:
        """What it does wrong on these inputs, if anything; less careful, it may call rounding and kinks wrong."""
        namespace = {"answer": self.answer, "__file__": self.answer.path}
        outcome = calling.call(namespace, calling.Plan("answer", (*letters,)), letters)
        if outcome.error is not None:
            return Failure(letters, "HG102", f"{self.answer.call} {outcome.complaint}")
        if outcome.breach:
            return Failure(letters, *outcome.breach)
        args, y_bar = self.arguments(letters), letters[self.bar] if self.bar else None
        y_bar = None if y_bar is None else y_bar.astype(float)
        truths = self.truths.at(args, y_bar, np.dtype(self.answer.dtype), count=careful)
        if len(outcome.arrays) != len(truths):
            wanted = ", ".join(truth.letter for truth in truths)
            return Failure(
                letters, "HG107", f"it returns {len(outcome.arrays)} arrays; correct is one for each of {wanted}"
            )
        failures = self._compared(outcome.arrays, truths, letters)
        if careful and any(failure.code == "HG100" for failure in failures):
            truths = self.truths.sized(truths, args, y_bar)
            truths = self.truths.with_kinks(truths, outcome.arrays, args, y_bar)
            failures = self._compared(outcome.arrays, truths, letters)
        if careful and not failures:
            self._count(outcome.arrays, truths)
        return failures[0] if failures else None

    def _compared(self, arrays: Sequence[Real], truths: Sequence[Measured], letters: dict[str, Real]) -> list[Failure]:
        failures = []
        for array, truth in zip(arrays, truths, strict=True):
            what = "the value" if truth.letter == VALUE else f"the derivative by {truth.letter}"
            if array.shape != truth.value.shape:
                message = f"{what} has shape {array.shape}, correct is {truth.value.shape}"
                failures.append(Failure(letters, "HG108", message, truth, array))
                continue
            wrong = differing(array, truth) & np.isfinite(truth.error)
            if wrong.any():
                message = "the value beside the pullback is not the function's" if truth.letter == VALUE else ""
                failures.append(Failure(letters, "HG100", message, truth, array, wrong))
        return failures

    def _count(self, arrays: Sequence[Real], truths: Sequence[Measured]) -> None:
        for array, truth in zip(arrays, truths, strict=True):
            known = np.isfinite(truth.error)
            self.entries += array.size
            self.unknown += int((~known).sum())
            with np.errstate(all="ignore"):
                part = np.abs(array.astype(float) - truth.value) / truth.allowed(array.dtype)
            judged = part[known & (truth.free == 0)]
            self.worst = max(self.worst, float(np.nan_to_num(judged, nan=0.0).max(initial=0)))


# Inputs from shapes


def by_shapes(
    subject: Subject, arguments: Sequence[Argument], result: tuple[str, ...] | None, seed: int, examples: int
) -> Agreement:
    """The agreement on inputs of random shapes; AssertionError with the counterexample where there is none."""
    __tracebackhide__ = True
    generator = np.random.default_rng(seed)
    domain = _domain(subject, arguments, result, seed)
    for sizes in itertools.islice(_sizes(subject, arguments, generator), examples):
        drawn = shapes.draw(arguments, sizes, domain, generator)
        empty = any(0 in size for size in sizes.values())  # not everything is defined for nothing
        try:
            letters = subject.completed(drawn, lambda shape: generator.uniform(-2, 2, shape))
        except Exception:
            if empty:
                continue
            raise
        if letters is None:
            continue
        subject.examples += 1
        failure = subject.failure(letters)
        if failure is not None and failure.code == "HG102" and empty:
            continue
        if failure is not None:
            least, telling = _shrunk(subject, arguments, domain, seed)
            _raise(subject, failure, least, telling, domain.text, seed)
        if subject.entries > ENTRIES and not subject.truths.jax:
            break
    return _agreement(subject, domain.text, seed)


def _domain(subject: Subject, arguments: Sequence[Argument], result: tuple[str, ...] | None, seed: int) -> Domain:
    """The first domain in which the function is finite, at a shape that is then known to fit."""
    name, sizes, raised = name_of(subject.truths.function), shapes.distinct(arguments), None
    for domain in shapes.DOMAINS:
        generator = np.random.default_rng(seed)
        drawn = [shapes.draw(arguments, sizes, domain, generator) for _ in range(TRIALS)]
        try:
            values = [subject.truths.value(subject.arguments(letters)) for letters in drawn]
        except Exception as error:  # as math.log does outside its domain
            raised = raised or error
            continue
        if result is not None and values[0].shape != shapes.shape_of(result, sizes):
            said = shapes.shape_of(result, sizes)
            raise ValueError(f"{name} gives an array of shape {values[0].shape} where the signature says {said}")
        if np.isfinite(values).all():
            return domain
    if raised is not None:
        raise raised
    raise ValueError(f"{name} is nan or infinite at random inputs; give a Hypothesis strategy for each argument")


def _sizes(subject: Subject, arguments: Sequence[Argument], generator: np.random.Generator) -> Iterator[Sizes]:
    endless = shapes.several(arguments, generator)
    return itertools.cycle(itertools.islice(endless, COMPILED_SHAPES)) if subject.truths.jax else endless


def _shrunk(
    subject: Subject, arguments: Sequence[Argument], domain: Domain, seed: int
) -> tuple[Failure | None, Failure | None]:
    """The failure at the smallest whole numbers, and at some that differ in sizes that differ."""
    from handgrad.oracle.shrinking import smallest

    def failing(sizes: Sizes, choose: Callable[[int, int], int], careful: bool) -> Failure | None:
        def cotangent(shape: tuple[int, ...]) -> Real:
            return np.array([float(choose(-3, 3)) for _ in range(int(np.prod(shape)))]).reshape(shape)

        try:
            letters = subject.completed(shapes.whole(arguments, sizes, domain, choose), cotangent)
        except Exception:
            return None
        return None if letters is None else subject.failure(letters, careful=careful)

    small = [s for s in shapes.smallest_first(arguments) if shapes.entries(arguments, s) <= SHRINKABLE]
    for careful in (False, True):  # what was called wrong without care may have been a kink
        least = smallest(functools.partial(failing, careful=careful), small, seed)
        least = least and subject.failure(least.letters)
        if least is not None:
            break
    count = itertools.count()
    distinct = shapes.distinct(arguments)
    telling = None
    if shapes.entries(arguments, distinct) <= SHRINKABLE:
        telling = failing(distinct, lambda low, high: low + (next(count) * 2 + max(-low, 0)) % (high - low + 1), True)
    return least, telling


# Inputs from strategies


def by_strategies(subject: Subject, strategies: Sequence[Any], seed: int, examples: int) -> Agreement:
    """The agreement on inputs that Hypothesis draws, and shrinks where there is none."""
    __tracebackhide__ = True
    import hypothesis
    import hypothesis.errors
    import hypothesis.strategies as st

    from handgrad.oracle.shrinking import without_traces

    last: Failure | None = None
    every_check: Any = list(hypothesis.HealthCheck)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=every_check,
    )
    @hypothesis.given(st.tuples(*strategies))
    def run(drawn: tuple[Any, ...]) -> None:
        nonlocal last
        named = {name: np.asarray(array) for name, array in zip(subject.truths.names, drawn, strict=True)}
        letters = subject.completed(named, lambda shape: np.random.default_rng(seed).uniform(-2, 2, shape))
        hypothesis.assume(letters is not None)
        assert letters is not None
        subject.examples += 1
        failure = subject.failure(letters)
        if failure is not None:
            last = failure
            raise _FoundError

    expected = (_FoundError, hypothesis.errors.Flaky, hypothesis.errors.Unsatisfiable)
    with without_traces(), contextlib.suppress(*expected):
        run()
    if last is not None:
        _raise(subject, last, last, None, "from strategies", seed)
    return _agreement(subject, "from strategies", seed)


class _FoundError(Exception):
    """A counterexample was found and kept."""


# The end


def _agreement(subject: Subject, inputs: str, seed: int) -> Agreement:
    __tracebackhide__ = True
    if not subject.examples:
        raise ValueError(f"{name_of(subject.truths.function)} is finite at none of the inputs drawn")
    if subject.unknown > subject.entries / 2:
        result = Result(subject.answer.name, None, "inconclusive", call=subject.answer.call)
        result.notes.append("its derivative could not be told from the function's values: they jump, or are too rough")
        raise AssertionError(_text(result, seed))
    methods = sorted(subject.truths.methods.items(), key=lambda item: -item[1])
    method = " and ".join(name if len(methods) == 1 else f"{name} ({count})" for name, count in methods)
    return Agreement(subject.answer.name, subject.examples, method, subject.worst, subject.answer.call, inputs)


def _raise(
    subject: Subject, first: Failure, least: Failure | None, telling: Failure | None, inputs: str, seed: int
) -> None:
    """The counterexample as an AssertionError."""
    __tracebackhide__ = True
    shown = least or telling or first
    verdict = "unusable" if shown.code in ("HG102", "HG107") else "wrong"
    result = Result(subject.answer.name, None, verdict, call=subject.answer.call, examples=subject.examples)
    of = name_of(subject.truths.function)
    result.assumed = f"the {'Jacobian' if subject.bar is None else 'pullback'} of {of}"
    result.diagnosis.append(diagnosed(shown.code, shown.message))
    result.smallest, result.telling = _shown(shown), _shown(telling or shown)
    if shown.truth is not None:
        result.notes.append(f"the truth is {of} itself{shown.truth.method and f', by {shown.truth.method}'}")
        index = result.smallest.index
        if index is not None and shown.yours is not None:
            allowed = np.broadcast_to(shown.truth.allowed(shown.yours.dtype), shown.yours.shape)[index]
            result.notes.append(f"an error of {allowed:.1e} is allowed there")
    result.notes.append(f"found at input {subject.examples}, {inputs}, seed {seed}")
    raise AssertionError(_text(result, seed))


def _shown(failure: Failure) -> Counterexample:
    truth, yours, wrong = failure.truth, failure.yours, failure.wrong
    if truth is None or yours is None or wrong is None:
        correct = np.zeros(0) if truth is None else truth.value
        return Counterexample(failure.letters, yours, correct, None, "" if truth is None else truth.letter)
    return counterexample(failure.letters, yours, truth, wrong)


def _text(result: Result, seed: int) -> str:
    from handgrad.oracle.rendering import block_text

    return block_text(result, Report([result], None, seed))
