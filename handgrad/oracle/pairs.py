"""A derivative beside its own forward function: the student's function decides what it should be.

The forward function is differentiated numerically, so this is also how a derivative is checked that the catalogue does
not know.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle import claiming
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend
from handgrad.oracle.comparison import Truth, counterexample, differing
from handgrad.oracle.numerical import Numerical, jacobian
from handgrad.oracle.process import TimedOutError, WorkerError
from handgrad.oracle.report import Result, diagnosed
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
    """The verdict once the student's own forward function has been heard."""
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
    if result.claim is None or own.verdict == "unusable":
        return own if result.claim is None else result
    if own.verdict == "wrong" and result.verdict in ("right", "right-in-convention"):
        own.notes.append(f"it is {result.claim} all the same: `{name}` is another function than the notes have")
        own.claim, own.assumed = result.claim, result.assumed
        return own
    if own.verdict == "right" and result.verdict == "wrong":
        result.verdict, result.convention = "right-in-convention", f"for the `{name}` in this file"
        result.notes.append(f"`{name}` is not the notes' function, whose {result.claim} it is not")
        result.diagnosis, result.smallest, result.telling = [], None, None
    elif own.verdict == "right":
        result.notes.append(f"it is the derivative of the `{name}` in this file too")
    return result


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


def _judge(info: Mapping[str, Any], forward: Mapping[str, Any], backend: Backend, seed: int) -> Result | None:
    pair = _pair(info, forward)
    if pair is None:
        return None
    result = Result(info["name"], None, "right", call=str(pair.derivative))
    result.assumed = f"the derivative of `{forward['name']}` by {pair.letters[pair.by]}"
    generator = np.random.default_rng(seed)
    judged = False
    for size in SIZES:
        drawn = _draw(pair, size, generator, backend)
        if drawn is None:
            continue
        letters, truth = drawn
        result.notes = [f"the truth is `{forward['name']}` itself, differentiated by {truth.method}"]
        bar = generator.uniform(-2, 2, truth.value.shape[: truth.value.ndim - letters[pair.letters[pair.by]].ndim])
        given = {**letters, pair.bar: bar} if pair.bar else letters
        outcome = backend.call(pair.derivative, given)
        result.examples += 1
        judged = True
        if outcome.error is not None:
            return _failed(result, "unusable", "HG102", f"{pair.derivative} {outcome.complaint}")
        accepted = _accepted(truth, letters[pair.letters[pair.by]], bar if pair.bar else None)
        shown = next((t for t in accepted if t.value.shape == outcome.arrays[0].shape), accepted[0])
        yours = outcome.arrays[0]
        if outcome.overwritten:
            names = " and ".join(outcome.overwritten)
            message = f"it overwrites its argument {names}; compute into a copy"
            return _failed(result, "wrong", "HG103", message)
        if not any(t.value.shape == yours.shape and not differing(yours, t).any() for t in accepted):
            return _wrong(result, given, yours, shown)
    return result if judged else None


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


def _wrong(result: Result, letters: dict[str, Real], yours: Real, truth: Truth) -> Result:
    result.verdict = "wrong"
    code, message = "HG100", ""
    if yours.shape != truth.value.shape:
        code, message = "HG108", f"the derivative has shape {yours.shape}, correct is {truth.value.shape}"
    result.diagnosis.append(diagnosed(code, message))
    result.telling = result.smallest = counterexample(letters, yours, truth)
    return result
