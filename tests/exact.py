"""The true value of a JAX function, in mpmath, to fifty digits.

The naive formula and what JAX derived from it are evaluated in a precision that is raised until two in a row agree to
fifty digits, so that their cancellations do not matter. Values far below the smallest float64 count as settled.

Two precisions also agree where both have lost a term beside a larger one, as 1 - tanh² z does for large z. The lowest
precision therefore reaches further down than float64 does, and the next one so far that no factor brings a lost term
back. What is lost all the same is the argument of a logarithm: the naive formula has no value there, and nan is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from tests.jaxpr import contraction, evaluate
from tests.rounding import EXACT

Exact = np.ndarray[Any, Any]
PRECISIONS = (400, 800, 1600)
DIGITS = 50
NEGLIGIBLE = mpmath.mpf(2) ** -1200


def _each(function: Callable[[Any], Any]) -> Callable[..., Exact]:
    return lambda params, a: np.frompyfunc(function, 1, 1)(a)


def _sum(params: dict[str, Any], a: Exact) -> Exact:
    total = np.sum(a, axis=tuple(params["axes"]))
    return np.asarray(total, dtype=object)


COMPUTE: dict[str, Callable[..., Any]] = {
    "abs": _each(abs),
    "add": lambda params, a, b: a + b,
    "add_any": lambda params, a, b: a + b,
    "convert_element_type": lambda params, a: a,
    "cos": _each(mpmath.cos),
    "div": lambda params, a, b: np.frompyfunc(lambda x, y: x / y if y else mpmath.nan, 2, 1)(a, b),
    "dot_general": contraction,
    "exp": _each(mpmath.exp),
    "integer_pow": lambda params, a: (
        np.frompyfunc(lambda x: x ** params["y"] if x else mpmath.nan, 1, 1)(a) if params["y"] < 0 else a ** params["y"]
    ),
    "log": _each(lambda x: mpmath.log(x) if x > 0 else mpmath.nan),
    "max": lambda params, a, b: np.maximum(a, b),
    "mul": lambda params, a, b: a * b,
    "neg": lambda params, a: -a,
    "reduce_sum": _sum,
    "sign": _each(mpmath.sign),
    "sin": _each(mpmath.sin),
    "sqrt": _each(mpmath.sqrt),
    "square": lambda params, a: a * a,
    "sub": lambda params, a, b: a - b,
    "tan": _each(mpmath.tan),
    "tanh": _each(mpmath.tanh),
}


class Multiprecision:
    """mpmath's numbers in NumPy object arrays, at the working precision in force."""

    def constant(self, array: Exact) -> Exact:
        """Lift floats exactly; whole numbers and truth values stay as they are."""
        return (
            np.frompyfunc(mpmath.mpf, 1, 1)(array) + np.zeros(array.shape, object) if array.dtype.kind == "f" else array
        )

    def move(self, function: Callable[..., Exact], *values: Exact) -> Exact:
        """Entries are moved as objects."""
        return function(*values)

    def compute(self, name: str, params: dict[str, Any], *values: Exact) -> Exact:
        """Comparisons are shared with the other arithmetic, the rest is exact to the working precision."""
        if name in EXACT and name not in COMPUTE:
            return np.asarray(EXACT[name](params, *values)).astype(bool)
        return np.asarray(COMPUTE[name](params, *values), dtype=object)


def exact(function: Callable[..., Any], *args: np.ndarray[Any, Any]) -> list[Exact]:
    """The flat results of ``function`` over samples along the leading axis of every argument, to fifty digits."""
    open_samples = np.arange(args[0].shape[0])
    results: list[Exact] = []
    previous: list[Exact] = []
    for precision in PRECISIONS:
        with mpmath.workdps(precision):
            found = evaluate(function, Multiprecision(), *[arg[open_samples] for arg in args])
            if not results:
                results = [np.array(result, dtype=object) for result in found]
                previous = found
                continue
            for result, new in zip(results, found, strict=True):
                result[open_samples] = new
            settled = np.ones(len(open_samples), bool)
            for old, new in zip(previous, found, strict=True):
                agree = np.frompyfunc(_agree, 2, 1)(old, new).astype(bool)
                settled &= agree.reshape(len(open_samples), -1).all(axis=1)
        open_samples, previous = open_samples[~settled], [new[~settled] for new in found]
        if not len(open_samples):
            return results
    raise ArithmeticError(f"{len(open_samples)} samples did not settle at {PRECISIONS[-1]} digits")


def _agree(old: Any, new: Any) -> bool:
    close = abs(old - new) <= abs(new) * mpmath.mpf(10) ** -DIGITS
    return bool(close or max(abs(old), abs(new)) < NEGLIGIBLE or (mpmath.isnan(old) and mpmath.isnan(new)))


def ulp_error(computed: np.ndarray[Any, Any], truth: Exact) -> np.ndarray[Any, Any]:
    """|computed - truth| in units of the float64 spacing at the truth, at least 2^-1074; inf where one is nan."""

    def error(value: float, true: Any) -> float:
        if mpmath.isnan(true) or not np.isfinite(value):
            overflow = np.isinf(value) and abs(true) >= mpmath.mpf(2) ** 1024 * (1 - mpmath.mpf(2) ** -54)
            return 0.0 if overflow and (value > 0) == (true > 0) else float("inf")
        exponent = max(mpmath.frexp(true)[1] - 53, -1074) if true else -1074
        return float(abs(mpmath.mpf(float(value)) - true) / mpmath.mpf(2) ** exponent)

    with mpmath.workdps(70):
        return np.frompyfunc(error, 2, 1)(computed, truth).astype(float)
