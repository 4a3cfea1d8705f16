"""A derivative beside its own forward function: the student's function decides what it should be.

The forward function is differentiated numerically, so this is also how a derivative is checked that the catalogue does
not know.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from handgrad.catalogue import Formula
from handgrad.oracle import claiming, naming
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend
from handgrad.oracle.codes import CODES
from handgrad.oracle.comparison import Truth, counterexample, differing
from handgrad.oracle.factors import Factor, constant_ratio, identified
from handgrad.oracle.numerical import Numerical, jacobian
from handgrad.oracle.process import TimedOutError, WorkerError
from handgrad.oracle.report import ACCEPTED, Diagnosis, Result, diagnosed
from handgrad.oracle.signatures import cached, upstream

Real = np.ndarray[Any, Any]
SIZES = (3, 1, 4, 2, 5)
MARGIN = 8.0
"""How many of its error estimates a numerical derivative may be off."""


def forward_of(info: Mapping[str, Any], found: Sequence[Mapping[str, Any]], of: str | None) -> Mapping[str, Any] | None:
    """The function of the file that a derivative belongs to, by option or by name."""
    names = {other["name"].lower(): other for other in found if other is not info}
    if of is not None:
        return names.get(of.lower())
    stem = claiming.stem_of(info["name"])
    return names.get(stem[0]) if stem else None


def judged_by_forward(
    result: Result, info: Mapping[str, Any], forward: Mapping[str, Any], backend: Backend, seed: int
) -> Result:
    """The verdict once the student's own forward function has been heard, which decides."""
    try:
        own = _judge(info, forward, backend, seed)
    except TimedOutError as error:
        return _failed(result, "timeout", "HG105", f"{info['name']} {error}")
    except WorkerError as error:
        return _failed(result, "unusable", "HG104", f"{info['name']} {error}")
    name = forward["name"]
    if own is None:  # the forward function cannot be differentiated as it is
        if result.claim is None:
            result.notes.append(f"`{name}` gives no numbers to differentiate")
        return result
    if result.claim is None or own.result.verdict == "unusable":
        return own.result if result.claim is None else result
    relation = _relation(own, result.claim, name, backend, seed)
    if own.result.verdict == "wrong" and result.verdict in ACCEPTED:
        own.result.notes.append(f"it is {result.claim} all the same: {relation}")
        own.result.claim, own.result.assumed = result.claim, result.assumed
        return own.result
    if own.result.verdict in ACCEPTED and result.verdict == "wrong":
        result.verdict, result.convention = "right-in-convention", f"it matches your `{name}`; {relation}"
        result.diagnosis, result.notes, result.smallest, result.telling = [], [], None, None
    elif own.result.verdict in ACCEPTED:
        result.notes.append(f"it is the derivative of the `{name}` in this file too")
    elif own.factor:
        result.notes.append(f"it is {own.factor} times the derivative of your `{name}`; {relation}")
    return result


def _relation(own: _Own, claim: str, name: str, backend: Backend, seed: int) -> str:
    """How the student's function goes with the one of the notes, in words."""
    formula = claiming.parse(claim).formula
    factor = _times_the_notes(own.pair, formula, backend, seed)
    if factor is None:
        return f"your `{name}` is another function than the notes' {formula.name}"
    if factor == NOTHING:
        return f"your `{name}` is the notes' {formula.name}"
    return f"your `{name}` is {factor} times the notes' {formula.name}"


NOTHING = Factor(Fraction(1))


def _times_the_notes(pair: _Pair, formula: Formula, backend: Backend, seed: int) -> Factor | None:
    """The student's forward function by the notes' own, as an expression of the number of entries."""
    if len(pair.letters) != len(formula.axes) or any(len(axes) > 2 for axes in formula.axes.values()):
        return None
    generator = np.random.default_rng(seed)
    # The differentiable argument is known by its place in each.
    others = iter(letter for i, letter in enumerate(pair.letters) if i != pair.by)
    theirs = {name: pair.letters[pair.by] if name == formula.by[0] else next(others) for name in formula.axes}
    ratios, sizes = [], []
    for size in (3, 4, 5):
        letters = {letter: generator.uniform(0.1, 0.9, (size,)) for letter in pair.letters}
        outcome = backend.call(pair.forward, letters)
        try:
            notes = np.asarray(formula.value(*[letters[theirs[name]] for name in formula.axes]))
        except (TypeError, ValueError):
            return None
        ratio = None if outcome.error is not None else constant_ratio(outcome.arrays[0], notes)
        if ratio is None:
            return None
        ratios.append(ratio)
        sizes.append({"N": size})
    return NOTHING if np.allclose(ratios, 1, rtol=1e-9) else identified(ratios, sizes)


def _failed(result: Result, verdict: Any, code: str, message: str) -> Result:
    result.verdict = verdict
    result.diagnosis.append(diagnosed(code, message))
    return result


@dataclasses.dataclass(frozen=True)
class _Pair:
    """How to call the two functions on the same arguments, and by which of these to differentiate."""

    letters: tuple[str, ...]
    by: int
    forward: Plan
    derivative: Plan
    bar: str | None
    """The letter of the cotangent, where the derivative takes one."""


@dataclasses.dataclass
class _Own:
    """The verdict by the forward function alone."""

    pair: _Pair
    result: Result
    factor: Factor | None = None
    """The derivative by the right one, where there is one such factor."""


@dataclasses.dataclass(frozen=True)
class _Compared:
    """A derivative and what it should be, on some arguments."""

    given: dict[str, Real]
    yours: Real
    truth: Truth
    size: int

    @property
    def fine(self) -> bool:
        """Whether they are equal."""
        return self.yours.shape == self.truth.value.shape and not differing(self.yours, self.truth).any()


def _judge(info: Mapping[str, Any], forward: Mapping[str, Any], backend: Backend, seed: int) -> _Own | None:
    pair = _pair(info, forward)
    if pair is None:
        return None
    result = Result(info["name"], None, "right", call=str(pair.derivative))
    result.assumed = f"the derivative of `{forward['name']}` by {pair.letters[pair.by]}"
    own = _Own(pair, result)
    found = _compared(own, pair.derivative, forward["name"], backend, seed)
    if not found or result.verdict != "right" or all(each.fine for each in found):
        return own if found or result.verdict != "right" else None
    # Of one argument it may be written in the value: a(1 - a) for the sigmoid.
    if len(pair.letters) == 1 and pair.bar is None:
        at_output = _compared(own, pair.derivative, forward["name"], backend, seed, of_value=True)
        if at_output and all(each.fine for each in at_output):
            result.verdict = "right-in-convention"
            letter = pair.letters[0]
            result.convention = f"written in the output of your `{forward['name']}`, so pass that, not {letter}"
            return own
    ratios = [constant_ratio(each.yours, each.truth.value) for each in found]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) == len(ratios):
        own.factor = identified(known, [{"N": each.size} for each in found])
    _wrong(own, min((each for each in found if not each.fine), key=lambda each: each.size), forward["name"])
    return own


def _compared(
    own: _Own, plan: Plan, name: str, backend: Backend, seed: int, *, of_value: bool = False
) -> list[_Compared]:
    """The derivative on arguments of several sizes; what is no number ends it with a verdict."""
    pair, result = own.pair, own.result
    generator = np.random.default_rng(seed)
    found = []
    for size in SIZES:
        drawn = _draw(pair, size, generator, backend)
        if drawn is None:
            continue
        letters, truth = drawn
        x = letters[pair.letters[pair.by]]
        result.notes = [f"the truth is `{name}` itself, differentiated by {truth.method}"]
        bar = generator.uniform(-2, 2, truth.value.shape[: truth.value.ndim - x.ndim])
        given = {**letters, pair.bar: bar} if pair.bar else letters
        if of_value:
            value = backend.call(pair.forward, letters).arrays[0]
            given = {pair.letters[0]: value}
        outcome = backend.call(plan, given)
        result.examples += 1
        if outcome.error is not None:
            _failed(result, "unusable", "HG102", f"{plan} {outcome.complaint}")
            return found
        if outcome.overwritten:
            names = " and ".join(outcome.overwritten)
            _failed(result, "wrong", "HG103", f"it overwrites its argument {names}; compute into a copy")
            return found
        yours = outcome.arrays[0]
        accepted = _accepted(truth, x, bar if pair.bar else None)
        shaped = [each for each in accepted if each.value.shape == yours.shape] or accepted
        fitting = [each for each in shaped if _Compared(given, yours, each, size).fine] or shaped
        found.append(_Compared(given, yours, fitting[0], size))
    return found


def _pair(info: Mapping[str, Any], forward: Mapping[str, Any]) -> _Pair | None:
    """The arguments the two have in common: the forward function's required ones, in its order."""
    letters = [p["name"] for p in forward["parameters"] if p["required"]] or [
        p["name"] for p in forward["parameters"][:1]
    ]
    given = [p["name"] for p in info["parameters"] if p["required"]] or [p["name"] for p in info["parameters"][:1]]
    if not letters or any(cached(name) for name in given):  # what is kept in a cache, only the catalogue can guess
        return None
    bar = None
    if len(given) == len(letters) + 1:
        bar = given[0] if upstream(given[0]) or not upstream(given[-1]) else given[-1]
        given = [name for name in given if name != bar]
    if len(given) != len(letters):
        return None
    # Where both name their arguments alike, names count, not places: (y, p) beside (p, y).
    same = sorted(given) == sorted(letters)
    ordered = tuple(given) if same else tuple(letters)
    positional = (
        ordered if bar is None else ((bar, *ordered) if info["parameters"][0]["name"] == bar else (*ordered, bar))
    )
    prediction = re.compile(r"y_?hat|y_?pred|pred\w*|output\w*|out|p|probs?|a|yp|yhat")
    by = next((i for i, name in enumerate(letters) if len(letters) > 1 and prediction.fullmatch(name.lower())), None)
    if by is None:
        by = 0 if len(letters) == 1 or not re.match(r"y|t|target|label|true|actual", letters[0].lower()) else 1
    plans = Plan(forward["name"], tuple(letters)), Plan(info["name"], positional)
    return _Pair(tuple(letters), by, *plans, bar)


def _draw(
    pair: _Pair, size: int, generator: np.random.Generator, backend: Backend
) -> tuple[dict[str, Real], Numerical] | None:
    """Arguments on which the forward function is finite, and its derivative there."""
    shapes: list[tuple[int, ...]] = [(size,), ()] if size == 1 else [(size,)]
    for shape in shapes:
        for low, high in ((-3.0, 3.0), (0.1, 0.9)):
            letters = {name: generator.uniform(low, high, shape) for name in pair.letters}
            outcome = backend.call(pair.forward, letters)
            if outcome.error is None and np.isfinite(outcome.arrays[0]).all():
                function = _as_function(pair, letters, backend)
                try:
                    truth = jacobian(function, [letters[name] for name in pair.letters], pair.by)
                except ValueError:
                    continue
                if np.isfinite(truth.value).all():
                    return letters, truth
    return None


def _as_function(pair: _Pair, letters: Mapping[str, Real], backend: Backend) -> Callable[..., Real]:
    def function(*args: Real) -> Real:
        outcome: Outcome = backend.call(pair.forward, dict(zip(letters, map(np.asarray, args), strict=True)))
        if outcome.error is not None:
            raise ValueError(outcome.error)
        return outcome.arrays[0]

    return function


def _accepted(truth: Numerical, x: Real, bar: Real | None) -> list[Truth]:
    """The derivative in the forms it may come in: of an element-wise function its diagonal, or in full."""
    value, error = truth.value, truth.error
    outputs = value.ndim - x.ndim
    if bar is not None:
        spread = bar.reshape(*bar.shape, *[1] * x.ndim)
        axes = tuple(range(outputs))
        return [_truth(np.sum(spread * value, axis=axes), np.sum(np.abs(spread) * error, axis=axes))]
    forms = [_truth(value, error)]
    if value.ndim == 2 and value.shape[0] == value.shape[1] and not (value - np.diag(np.diagonal(value))).any():
        forms.insert(0, _truth(np.diagonal(value), np.diagonal(error)))
    return forms


def _truth(value: Real, error: Real) -> Truth:
    """A numerical truth, whose error estimate takes the place of what rounding moves."""
    floor = 2.0**-40 * np.abs(value).max(initial=1.0)
    return Truth("", value, (MARGIN * error + floor) / (2.0**12 * np.finfo(float).eps))


def _wrong(own: _Own, shown: _Compared, name: str) -> None:
    result, yours, truth = own.result, shown.yours, shown.truth
    result.verdict = "wrong"
    if own.factor:
        code = naming.code_of(own.factor)
        times = f"it is {own.factor} times the derivative of your `{name}`"
        result.diagnosis.append(Diagnosis(code, CODES[code].title, times, CODES[code].help))
    elif yours.shape != truth.value.shape:
        message = f"the derivative has shape {yours.shape}, correct is {truth.value.shape}"
        result.diagnosis.append(diagnosed("HG108", message))
    else:
        result.diagnosis.append(diagnosed("HG100", ""))
    result.telling = result.smallest = counterexample(shown.given, yours, truth)
