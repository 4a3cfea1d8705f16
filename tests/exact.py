"""The true value of a JAX function, in mpmath, to fifty digits.

The naive formula and what JAX derived from it are evaluated in a precision that is raised until two in a row agree to
fifty digits, so that their cancellations do not matter. Values far below the smallest float64 count as settled.

Two precisions also agree where both have lost a term beside a larger one, as 1 - tanh² z does for large z. Where an
addition leaves next to nothing of its terms, agreement therefore counts only from `DEEP` digits on: a term lost there
is so small that no float64 factor brings it back into the range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import mpmath
import numpy as np

from tests.jaxpr import contraction, evaluate_traced
from tests.rounding import EXACT

Exact = np.ndarray[Any, Any]
PRECISIONS = (70, 140, 400, 800, 1600)
DEEP = 800
DIGITS = 50
CANCELLED = 66  # bits, some 20 digits
NEGLIGIBLE = mpmath.mpf(2) ** -1200
OVERFLOW = mpmath.ldexp(2**54 - 1, 970)  # from here on float64 rounds to infinity


def _each(function: Callable[..., Any], operands: int = 1) -> Callable[..., Exact]:
    return lambda params, *arrays: np.frompyfunc(function, operands, 1)(*arrays)


def _exp(x: Any) -> Any:
    if mpmath.mag(x) < 30:
        return mpmath.exp(x)
    # mpmath raises e to a whole number by repeated squaring, which takes 50 ms at 1e300, so a half is split off.
    return mpmath.exp(mpmath.fsub(x, 0.5, exact=True)) * mpmath.exp(0.5)


def _power(params: dict[str, Any], a: Exact) -> Exact:
    exponent = params["y"]
    return np.frompyfunc(lambda x: x**exponent if x or exponent >= 0 else mpmath.nan, 1, 1)(a)


# NumPy's functions rather than operators: an operator between a number of mpmath's and an array would print the array.
COMPUTE: dict[str, Callable[..., Any]] = {
    "abs": lambda params, a: np.abs(a),
    "convert_element_type": lambda params, a: a,
    "cos": _each(mpmath.cos),
    "div": _each(lambda x, y: x / y if y else mpmath.nan, operands=2),
    "exp": _each(_exp),
    "integer_pow": _power,
    "max": lambda params, a, b: np.maximum(a, b),
    "mul": lambda params, a, b: np.multiply(a, b),
    "neg": lambda params, a: np.negative(a),
    "sign": _each(mpmath.sign),
    "sin": _each(mpmath.sin),
    "sqrt": _each(mpmath.sqrt),
    "square": lambda params, a: np.multiply(a, a),
    "tan": _each(mpmath.tan),
    "tanh": _each(mpmath.tanh),
}


def _log(params: dict[str, Any], a: Exact) -> tuple[Exact, Any]:
    return np.frompyfunc(lambda x: mpmath.log(x) if x > 0 else mpmath.nan, 1, 1)(a), 1


# Primitives in which terms may cancel: the result, and the size of the terms. A logarithm is measured against 1.
CANCELLING: dict[str, Callable[..., tuple[Any, Any]]] = {
    "add": lambda params, a, b: (np.add(a, b), np.add(np.abs(a), np.abs(b))),
    "add_any": lambda params, a, b: (np.add(a, b), np.add(np.abs(a), np.abs(b))),
    "dot_general": lambda params, a, b: (contraction(params, a, b), contraction(params, np.abs(a), np.abs(b))),
    "log": _log,
    "reduce_sum": lambda params, a: (np.sum(a, axis=params["axes"]), np.sum(np.abs(a), axis=params["axes"])),
    "sub": lambda params, a, b: (np.subtract(a, b), np.add(np.abs(a), np.abs(b))),
}


def _cancels(result: Any, size: Any) -> bool:
    return bool(size and mpmath.mag(result) < mpmath.mag(size) - CANCELLED)


class Multiprecision:
    """mpmath's numbers in NumPy object arrays, at the working precision in force."""

    def __init__(self) -> None:
        self.cancelled = False

    def constant(self, array: Exact) -> Exact:
        """Lift floats exactly; whole numbers and truth values stay as they are."""
        return np.asarray(np.frompyfunc(mpmath.mpf, 1, 1)(array), object) if array.dtype.kind == "f" else array

    def move(self, function: Callable[..., Exact], *values: Exact) -> Exact:
        """Entries are moved as objects."""
        return function(*values)

    def compute(self, name: str, params: dict[str, Any], *values: Exact) -> Exact:
        """Comparisons are shared with the other arithmetic, the rest is exact to the working precision."""
        if name in CANCELLING:
            result, size = (np.asarray(found, object) for found in CANCELLING[name](params, *values))
            self.cancelled |= bool(np.any(np.frompyfunc(_cancels, 2, 1)(result, size)))
            return result
        if name in COMPUTE:
            return np.asarray(COMPUTE[name](params, *values), object)
        return np.asarray(EXACT[name](params, *values)).astype(bool)


def exact(function: Callable[..., Any], *args: np.ndarray[Any, Any]) -> list[Exact]:
    """The flat results of ``function`` over samples along the leading axis of every argument, to fifty digits.

    An entry is nan where the function divides by 0 or takes the logarithm of 0 or below.
    """
    return exact_beside(function, lambda *_: [], *args)[0]


def exact_beside(
    function: Callable[..., Any], rough: Callable[..., Any], *args: np.ndarray[Any, Any]
) -> tuple[list[Exact], list[Exact]]:
    """The same, and the results of another function at whatever precision settled the first."""
    traced, traced_rough = (jax.make_jaxpr(f)(*[arg[:1] for arg in args]) for f in (function, rough))
    both: list[list[Exact]] = [
        [np.empty((0, *out.shape[1:]), object)] for out in (*traced.out_avals, *traced_rough.out_avals)
    ]
    for i in range(args[0].shape[0]):
        for found, sample in zip(both, _settled(traced, traced_rough, [arg[i : i + 1] for arg in args]), strict=True):
            found.append(sample)
    results = [np.concatenate(found) for found in both]
    return results[: len(traced.out_avals)], results[len(traced.out_avals) :]


def _settled(traced: Any, traced_rough: Any, args: list[np.ndarray[Any, Any]]) -> list[Exact]:
    previous: list[Exact] = []
    for precision in PRECISIONS:
        with mpmath.workdps(precision):
            arithmetic = Multiprecision()
            found = evaluate_traced(traced, arithmetic, *args)
            reliable = previous and (precision >= DEEP or not arithmetic.cancelled)
            if reliable and all(np.all(_agree(old, new)) for old, new in zip(previous, found, strict=True)):
                return [*found, *evaluate_traced(traced_rough, arithmetic, *args)]
            previous = found
    raise ArithmeticError(f"not settled at {PRECISIONS[-1]} digits: {[arg.tolist() for arg in args]}")


@np.vectorize(otypes=[bool])
def _agree(old: Any, new: Any) -> bool:
    close = abs(old - new) <= abs(new) * mpmath.mpf(10) ** -DIGITS
    return close or max(abs(old), abs(new)) < NEGLIGIBLE or (mpmath.isnan(old) and mpmath.isnan(new))


def spacing(true: Any) -> Any:
    """The distance of float64 numbers at a true value, at least 2^-1074."""
    return mpmath.ldexp(1, max(mpmath.frexp(true)[1] - 53, -1074) if true else -1074)


def ulp_error(computed: np.ndarray[Any, Any], truth: Exact) -> np.ndarray[Any, Any]:
    """|computed - truth| in units of the spacing at the truth; inf where one is nan or only one overflows."""

    def error(value: float, true: Any) -> float:
        if mpmath.isnan(true) or not np.isfinite(value):
            overflow = np.isinf(value) and abs(true) >= OVERFLOW
            return 0.0 if overflow and (value > 0) == (true > 0) else float("inf")
        return float(abs(mpmath.mpf(float(value)) - true) / spacing(true))

    with mpmath.workdps(70):
        return np.vectorize(error, otypes=[float])(computed, truth)
