"""A running error bound: beside every number of a JAX computation, how far rounding may have carried it.

Each operation passes on the errors of its operands to first order and adds its own rounding, one unit in the last
place of its result (a sum or product adds one of the sum of its terms' sizes). Inputs count as rounded once, so the
bound also covers another formula of the same conditioning. The tolerance of a comparison is a small multiple of this
bound: it scales with the terms that were summed, entry by entry, and never with the size of an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.jaxpr import contraction, evaluate

Real = np.ndarray[Any, Any]
LOOSENESS = 8  # two computations, each within the bound, and library functions good to a few ulp


class Bounded(NamedTuple):
    """A number and a bound on its error."""

    value: Real
    error: Real


class Rounding:
    """The arithmetic of numbers with error bounds, for one floating dtype."""

    def __init__(self, dtype: Any) -> None:
        self.eps = float(np.finfo(dtype).eps)

    def constant(self, array: Real) -> Bounded:
        """An exact number; the caller gives inputs their own error."""
        return Bounded(array, np.zeros(array.shape))

    def move(self, function: Callable[..., Real], *values: Bounded) -> Bounded:
        """Values and errors travel together; a selection's condition has no error of its own."""
        moved = function(*[value.value for value in values])
        first = values[0].value if values[0].value.dtype == bool else values[0].error
        return Bounded(moved, function(first, *[value.error for value in values[1:]]))

    def compute(self, name: str, params: dict[str, Any], *values: Bounded) -> Bounded:
        """A primitive: its value, the operands' errors to first order, and its own rounding."""
        if name == "dot_general":
            (a, da), (b, db) = values
            value, size = contraction(params, a, b), contraction(params, np.abs(a), np.abs(b))
            passed_on = contraction(params, np.abs(a), db) + contraction(params, da, np.abs(b))
            return Bounded(value, passed_on + self.eps * size)
        if name == "reduce_sum":
            value, error = values[0]
            size = np.sum(np.abs(value), axis=params["axes"])
            return Bounded(np.sum(value, axis=params["axes"]), np.sum(error, axis=params["axes"]) + self.eps * size)
        if name in EXACT:
            return self.constant(np.asarray(EXACT[name](params, *[value.value for value in values])))
        if name == "convert_element_type":
            return Bounded(values[0].value.astype(params["new_dtype"]), values[0].error)
        function, slopes = SMOOTH[name]
        arrays = [value.value for value in values]
        with np.errstate(all="ignore"):  # branches that a later select drops may divide by zero
            value = function(params, *arrays)
            passed_on = sum(
                np.abs(slope) * value.error for slope, value in zip(slopes(params, *arrays), values, strict=True)
            )
        return Bounded(value, passed_on + self.eps * np.abs(value))


EXACT: dict[str, Callable[..., Any]] = {
    "and": lambda params, a, b: a & b,
    "eq": lambda params, a, b: a == b,
    "ge": lambda params, a, b: a >= b,
    "gt": lambda params, a, b: a > b,
    "le": lambda params, a, b: a <= b,
    "lt": lambda params, a, b: a < b,
    "ne": lambda params, a, b: a != b,
    "not": lambda params, a: ~a,
    "or": lambda params, a, b: a | b,
    "sign": lambda params, a: np.sign(a),
    "stop_gradient": lambda params, a: a,
}

# Each smooth primitive: the function, and its partial derivatives at the operands.
SMOOTH: dict[str, tuple[Callable[..., Any], Callable[..., tuple[Any, ...]]]] = {
    "abs": (lambda params, a: np.abs(a), lambda params, a: (1.0,)),
    "add": (lambda params, a, b: a + b, lambda params, a, b: (1.0, 1.0)),
    "add_any": (lambda params, a, b: a + b, lambda params, a, b: (1.0, 1.0)),
    "cos": (lambda params, a: np.cos(a), lambda params, a: (np.sin(a),)),
    "div": (lambda params, a, b: a / b, lambda params, a, b: (1 / b, a / b / b)),
    "exp": (lambda params, a: np.exp(a), lambda params, a: (np.exp(a),)),
    "integer_pow": (lambda params, a: a ** params["y"], lambda params, a: (params["y"] * a ** (params["y"] - 1),)),
    "log": (lambda params, a: np.log(a), lambda params, a: (1 / a,)),
    "max": (lambda params, a, b: np.maximum(a, b), lambda params, a, b: (a >= b, b >= a)),
    "mul": (lambda params, a, b: a * b, lambda params, a, b: (b, a)),
    "neg": (lambda params, a: -a, lambda params, a: (1.0,)),
    "sin": (lambda params, a: np.sin(a), lambda params, a: (np.cos(a),)),
    "sqrt": (lambda params, a: np.sqrt(a), lambda params, a: (0.5 / np.sqrt(a),)),
    "square": (lambda params, a: a * a, lambda params, a: (2 * a,)),
    "sub": (lambda params, a, b: a - b, lambda params, a, b: (1.0, 1.0)),
    "tan": (lambda params, a: np.tan(a), lambda params, a: (1 + np.tan(a) ** 2,)),
    "tanh": (lambda params, a: np.tanh(a), lambda params, a: (1 - np.tanh(a) ** 2,)),
}


class _RoundedInputs(Rounding):
    """The same arithmetic, in which floating constants from outside count as rounded once."""

    def constant(self, array: Real) -> Bounded:
        if array.dtype.kind != "f":
            return super().constant(array)
        return Bounded(array, self.eps * np.abs(array))


def rounding_bounds(function: Callable[..., Any], dtype: Any, *args: Real) -> list[Real]:
    """The tolerance for each entry of each flat result of ``function``: what an honest computation may differ by."""
    return [LOOSENESS * result.error for result in evaluate(function, _RoundedInputs(dtype), *args)]
