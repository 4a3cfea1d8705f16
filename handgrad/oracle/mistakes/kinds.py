"""What a mistake is, short ways to write one down, and those that can be made with any formula."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from handgrad.catalogue import FORMULAS, Formula

Real = np.ndarray[Any, Any]


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A wrong version of one function of a formula. Samples come along the leading axis, shared arguments without."""

    formula: str
    name: str
    part: str
    """What it stands in for: value, derivative (the full one), diagonal (of an element-wise function), vjp or jvp."""
    wrong: Callable[..., Any]
    code: str = ""
    """Its kind; empty for a wrong value or tangent, which nothing can claim to be."""
    dtype: str = "float64"
    """Of the arguments on which it shows."""
    raises: type[Exception] = AssertionError
    """How the comparison ends: AssertionError says that it disagrees, anything else came from the function itself."""

    def __str__(self) -> str:
        """A name among all mistakes."""
        return f"{self.formula}, {self.part}: {self.name}"


def value(formula: str, name: str, wrong: Callable[..., Any], **more: Any) -> Mistake:
    """A mistake in the function itself."""
    return Mistake(formula, name, "value", wrong, **more)


def derivative(formula: str, code: str, name: str, wrong: Callable[..., Any], **more: Any) -> Mistake:
    """A mistake in the full Jacobian or gradient."""
    return Mistake(formula, name, "derivative", wrong, code, **more)


def diagonal(formula: str, code: str, name: str, wrong: Callable[..., Any], **more: Any) -> Mistake:
    """A mistake in the derivative of each element of an element-wise function."""
    return Mistake(formula, name, "diagonal", wrong, code, **more)


def pullback(formula: str, code: str, name: str, wrong: Callable[..., Any], **more: Any) -> Mistake:
    """A right value with a wrong pullback: ``wrong`` takes the cotangent, then the arguments."""

    def vjp(*args: Any, **keywords: Any) -> tuple[Any, Callable[[Any], Any]]:
        return FORMULAS[formula].value(*args, **keywords), lambda bar: wrong(bar, *args, **keywords)

    return Mistake(formula, name, "vjp", vjp, code, **more)


def tangent(formula: str, name: str, wrong: Callable[..., Any], **more: Any) -> Mistake:
    """A right value with a wrong tangent: ``wrong`` takes the arguments, then their tangents."""

    def jvp(*primals_and_tangents: Any, **keywords: Any) -> tuple[Any, Any]:
        primals = primals_and_tangents[: len(FORMULAS[formula].axes)]
        return FORMULAS[formula].value(*primals, **keywords), wrong(*primals_and_tangents, **keywords)

    return Mistake(formula, name, "jvp", jvp, **more)


# With any formula


def usual(formula: Formula) -> list[Mistake]:
    """Mistakes of any formula, made from its right functions; all need a derivative that is not 0 everywhere."""
    name, right = formula.name, formula.derivative

    def through(change: Callable[[Real], Real]) -> Callable[..., Any]:
        return lambda bar, *args, **keywords: _each(change, formula.companions["vjp"](*args, **keywords)[1](bar))

    found = [
        derivative(name, "HG201", "sign flipped", _after(right, np.negative)),
        derivative(name, "HG202", "a billionth, sign flipped", _after(right, _billionth)),
        derivative(name, "HG256", "one entry off by a millionth", _after(right, _one_entry_off)),
        pullback(name, "HG202", "a billionth, sign flipped", through(_billionth)),
        pullback(name, "HG213", "zeros", through(np.zeros_like)),
        pullback(name, "HG221", "upstream forgotten", _without_upstream(formula)),
        Mistake(name, "tangent of zeros", "jvp", _with_zero_tangent(formula)),
    ]
    if formula.elementwise:
        each = formula.companions["derivative"]
        found += [
            diagonal(name, "HG201", "sign flipped", _after(each, np.negative)),
            derivative(
                name, "HG248", "no zeros off the diagonal", _after(each, lambda d: d[..., None] + 0 * d[..., None, :])
            ),
            derivative(name, "HG249", "Jacobian left as its diagonal", each),
        ]
    return found


def _each(change: Callable[[Real], Real], result: Any) -> Any:
    return tuple(map(change, result)) if isinstance(result, tuple) else change(result)


def _after(function: Callable[..., Any], change: Callable[[Real], Real]) -> Callable[..., Any]:
    return lambda *args, **keywords: _each(change, function(*args, **keywords))


def _billionth(array: Real) -> Real:
    return -1e-9 * array


def _one_entry_off(array: Real) -> Real:
    array.flat[-1] += 1e-6 * (1 + np.abs(array.flat[-1]))
    return array


def _without_upstream(formula: Formula) -> Callable[..., Any]:
    def wrong(bar: Real, *args: Any, **keywords: Any) -> Any:
        return formula.companions["vjp"](*args, **keywords)[1](np.ones_like(bar))

    return wrong


def _with_zero_tangent(formula: Formula) -> Callable[..., Any]:
    def wrong(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        found, dot = formula.companions["jvp"](*args, **keywords)
        return found, np.zeros_like(dot)

    return wrong


# The mathematics that several files need, as a student has it at hand


def sigmoid(z: Real) -> Real:
    """1/(1 + e^-z)."""
    return 1 / (1 + np.exp(-z))


def softmax(l: Real) -> Real:
    """e^l / Σ e^l along the last axis."""
    e = np.exp(l - l.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def diag(d: Real) -> Real:
    """A diagonal matrix for each vector along the last axis."""
    return d[..., None] * np.eye(d.shape[-1], dtype=d.dtype)
