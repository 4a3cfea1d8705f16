"""What the derivative of a user's own function is: by JAX if it is written for it, else from its values alone."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from handgrad.oracle import numerical
from handgrad.oracle.comparison import STRUCTURAL, Truth, differing
from handgrad.oracle.libraries import written_in
from handgrad.oracle.numerical import Numerical

Real = np.ndarray[Any, Any]
Function = Callable[..., Any]
JAX = "JAX"
VALUE = "its value"
"""The letter of a value, which is no argument."""
_DOUBLE = np.dtype(float)
_STEP, _MOVES = 2.0**-26, 6


@dataclasses.dataclass(frozen=True)
class Measured(Truth):
    """A truth that has an error itself, infinite where it is not known, and floats that bound its precision."""

    error: Real
    free: Real
    """How far from the value a subgradient may be, where there are several."""
    floats: np.dtype[Any] = _DOUBLE
    method: str = ""

    def allowed(self, dtype: np.dtype[Any]) -> Real:
        """How far an entry may be off: by rounding in the coarser of the two dtypes, and by the truth's own error."""
        own = dtype if dtype.kind == "f" else _DOUBLE
        return super().allowed(_coarser(own, self.floats)) + self.error + self.free


def _coarser(first: np.dtype[Any], second: np.dtype[Any]) -> np.dtype[Any]:
    return min(first, second, key=lambda floats: floats.itemsize)


def _exact(letter: str, value: Real) -> Measured:
    nothing = np.zeros(value.shape)
    return Measured(letter, value, nothing, nothing, nothing)


class Truths:
    """The derivatives of a function, by the best means that works on it."""

    def __init__(self, function: Function, names: Sequence[str], by: Sequence[int], *, jax: bool | None = None) -> None:
        self.function, self.names, self.by = function, list(names), tuple(by)
        self.methods: dict[str, int] = {}
        """How often each method was used."""
        self.jax = written_in("jax", function) if jax is None else jax
        """Whether JAX differentiates the function; found out by trying."""
        self.valued = False
        """Whether the value comes before its derivatives."""
        self._compiled: dict[bool, Function] = {}
        self._proven = False

    @property
    def letters(self) -> list[str]:
        """The names of the differentiable arguments."""
        return [self.names[i] for i in self.by]

    def value(self, args: Sequence[Real]) -> Real:
        """The function's value in double precision; all that it raises goes through."""
        with double_precision(self.jax), np.errstate(all="ignore"):
            found = np.array(self.function(*[np.array(wide(arg))[()] for arg in args]), subok=False)
        if found.dtype.kind not in "fiub":
            raise TypeError(f"{name_of(self.function)} gives entries of type {found.dtype}, not real numbers")
        return found.astype(float)

    def at(
        self, args: Sequence[Real], y_bar: Real | None, floats: np.dtype[Any] = _DOUBLE, *, count: bool = True
    ) -> list[Measured]:
        """The Jacobian by each differentiable argument or, with a cotangent, what it is pulled back to.

        ``floats`` is the dtype in which the arguments are given to the derivative that is examined.
        """
        value = [_exact(VALUE, self.value(args))] if self.valued else []
        args = [wide(arg) for arg in args]
        found = self._by_jax(args, y_bar) or self.numerically(args, y_bar)
        if count and any(part.value.size for part, _ in found):
            method = max(
                (part.method for part, _ in found), key=[JAX, numerical.COMPLEX_STEP, numerical.DIFFERENCES].index
            )
            self.methods[method] = self.methods.get(method, 0) + 1
        truths = [*value, *(self._measured(position, *part) for position, part in zip(self.by, found, strict=True))]
        return [dataclasses.replace(truth, floats=_coarser(truth.floats, floats)) for truth in truths]

    def _measured(self, position: int, found: Numerical, floats: np.dtype[Any]) -> Measured:
        # At a kink anything between the one-sided slopes is right: as far from their mean as they are.
        known = np.isfinite(found.error) & np.isfinite(found.value)
        value, error = np.where(known, found.value, 0), np.where(known, found.error, np.inf)
        free = np.where(found.kinked, (found.high - found.low) / 2, 0)
        return Measured(self.names[position], value, np.zeros(value.shape), error, free, floats, found.method)

    def numerically(self, args: Sequence[Real], y_bar: Real | None) -> list[tuple[Numerical, np.dtype[Any]]]:
        """The derivatives from values alone."""
        with double_precision(self.jax):
            if y_bar is None:
                return [(numerical.jacobian(self.function, args, i), _DOUBLE) for i in self.by]
            return [(numerical.pullback(self.function, args, i, y_bar), _DOUBLE) for i in self.by]

    def _by_jax(self, args: Sequence[Real], y_bar: Real | None) -> list[tuple[Numerical, np.dtype[Any]]] | None:
        """The derivatives by automatic differentiation; None where it does not work, for good, or gives nan."""
        if not self.jax:
            return None
        with double_precision(True):
            try:
                found = self._differentiated(args, y_bar)
            except Exception:
                self.jax = self._proven
                return None
        self._proven = True
        if not all(np.isfinite(array).all() for array in found):
            return None
        values = [np.asarray(array, float) for array in found]
        exact = [Numerical(value, np.zeros(value.shape), JAX, value, value) for value in values]
        return [(part, np.dtype(str(array.dtype))) for part, array in zip(exact, found, strict=True)]

    def _differentiated(self, args: Sequence[Real], y_bar: Real | None) -> Sequence[Any]:
        import jax

        if y_bar is None:
            function: Any = jax.jacrev(self.function, argnums=self.by)
            given: tuple[Any, ...] = tuple(args)
        else:
            function, given = self._pulled, (y_bar, *args)
        compiled = self._compiled.setdefault(y_bar is None, jax.jit(function))
        try:
            return compiled(*given)
        except jax.errors.ConcretizationTypeError:  # branches on values, which only uncompiled code can
            return function(*map(jax.numpy.asarray, given))

    def _pulled(self, y_bar: Any, *args: Any) -> Any:
        import jax

        y, pullback = jax.vjp(self._of_differentiable(args), *[args[i] for i in self.by])
        return pullback(y_bar.astype(y.dtype))

    def _of_differentiable(self, args: Sequence[Any]) -> Function:
        def function(*moving: Any) -> Any:
            given = dict(zip(self.by, moving, strict=True))
            return self.function(*[given.get(i, arg) for i, arg in enumerate(args)])

        return function

    # What makes a comparison fair

    def sized(self, found: Sequence[Measured], args: Sequence[Real], y_bar: Real | None) -> list[Measured]:
        """The same truths with the size of what is rounded behind each entry.

        That is what rounding the inputs moves, and how large the entry is elsewhere: a right 1 - tanh² z has only the
        digits that 1 has, however small it is. Elsewhere is between the inputs and 0, to stay in any domain.
        """
        generator = np.random.default_rng(0)

        def moved(array: Real) -> Real:
            return wide(array) * (1 + _STEP * generator.choice([-1.0, 1.0], array.shape)) if _real(array) else array

        def smaller(array: Real) -> Real:
            return wide(array) * generator.uniform(0, 1, array.shape) if _real(array) else array

        near = [
            self.at([*map(moved, args)], None if y_bar is None else moved(y_bar), count=False) for _ in range(_MOVES)
        ]
        elsewhere = [self.at([*map(smaller, args)], y_bar, count=False) for _ in range(_MOVES)]
        # An entry that is all rounding comes from terms that cancel, which are of the size of what they are made of.
        arrays = [*filter(_real, args), self.value(args)]
        largest = max((float(np.abs(array).max(initial=0)) for array in arrays), default=0.0)
        scale = STRUCTURAL * largest * (1.0 if y_bar is None else float(np.abs(y_bar).max(initial=0)))
        result = []
        for i, truth in enumerate(found):
            shifts = [np.where(np.isfinite(o[i].error), np.abs(o[i].value - truth.value) / _STEP, 0) for o in near]
            values = [np.where(np.isfinite(o[i].error), np.abs(o[i].value), 0) for o in elsewhere]
            moves = np.max(shifts, axis=0)
            least = np.where(_STEP * moves >= np.abs(truth.value) / 4, scale, 0)
            result.append(dataclasses.replace(truth, sizes=np.max([moves, *values, least], axis=0)))
        return result

    def with_kinks(
        self, found: Sequence[Measured], arrays: Sequence[Real], args: Sequence[Real], y_bar: Real | None
    ) -> list[Measured]:
        """The same truths with the freedom at kinks that JAX, which takes one subgradient, does not know of.

        It is looked for where the arrays differ, coordinate by coordinate, up to the first difference that stays.
        """
        if not self.jax:
            return list(found)
        merged = list(found[: self.valued])
        for truth, array, position in zip(found[self.valued :], arrays[self.valued :], self.by, strict=True):
            if array.shape != truth.value.shape or not differing(array, truth).any():
                merged.append(truth)
                continue
            size = args[position].size
            wrong = differing(array, truth).reshape(-1, size)
            value, error, free = (part.copy().reshape(-1, size) for part in (truth.value, truth.error, truth.free))
            for j in np.flatnonzero(wrong.any(axis=0)):
                with double_precision(True):
                    found_there = self._by_coordinate(args, position, int(j), y_bar)
                column = self._measured(position, found_there, _DOUBLE)
                kinked = (column.free > 0).ravel()
                for part, new in ((value, column.value), (error, column.error), (free, column.free)):
                    part[:, j] = np.where(kinked, new.ravel(), part[:, j])
                if (wrong[:, j] & ~kinked).any():
                    break
            parts = (part.reshape(truth.value.shape) for part in (value, error, free))
            merged.append(dataclasses.replace(truth, **dict(zip(("value", "error", "free"), parts, strict=True))))
        return merged

    def _by_coordinate(self, args: Sequence[Real], position: int, j: int, y_bar: Real | None) -> Numerical:
        x = wide(args[position])

        def function(number: Any) -> Any:
            moved = np.array(x, dtype=np.asarray(number).dtype)
            moved.flat[j] = number
            return self.function(*[np.array(moved if i == position else wide(a))[()] for i, a in enumerate(args)])

        if y_bar is None:
            return numerical.jacobian(function, [x.flat[j]], 0)
        return numerical.pullback(function, [x.flat[j]], 0, y_bar)


def wide(array: Real) -> Real:
    """In double precision, if it is real."""
    return array.astype(float) if _real(array) else array


def _real(array: Real) -> bool:
    return array.dtype.kind == "f"


def name_of(function: Any, otherwise: str = "f") -> str:
    """What a function is called."""
    name = getattr(function, "__name__", None) or type(function).__name__
    return otherwise if name == "<lambda>" else name


# JAX, only where it is there already


def double_precision(wanted: bool) -> contextlib.AbstractContextManager[Any]:
    """JAX with float64, which is not its default."""
    if not wanted:
        return contextlib.nullcontext()
    jax: Any = sys.modules["jax"]
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64  # type: ignore[attr-defined]  # until JAX 0.8

    return enable_x64()
