"""The derivative of any function from its values alone: the truth where the catalogue has no formula.

Analytic NumPy functions take a step along the imaginary axis, f(x + ih) = f(x) + ih f'(x) + O(h²): nothing is
subtracted, so h may be as small as 1e-30 and the derivative is as exact as the value. Whether a function is analytic
nobody can see from outside, so what the step gives must agree with real differences along a random direction. All other
functions get central differences, extrapolated to h = 0 (Ridders), with an estimate of their error.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Real = np.ndarray[Any, Any]
COMPLEX_STEP, DIFFERENCES = "complex step", "extrapolated differences"
EPS = float(np.finfo(float).eps)

_IMAGINARY = (1e-30, 0.7e-30)
"""Two steps, the second a few units in the last place beside x: by what they differ, rounding moves a derivative."""
_FIRST, _LAST, _TINIEST = 2, 26, 60
"""Real steps halve from 2⁻² to 2⁻²⁶, in units of max(1, |x|), and further only where x stands closer to the end of
f's domain."""
_ROWS = 12
"""Steps inside the domain that settle what a limit is, or that there is none."""
_DEPTH = 7
"""How many terms of the error's power series an extrapolation removes."""
_ENOUGH = 1e-11
"""Relative error at which halving ends."""
_SLACK = 4.0
"""How many error estimates apart two one-sided slopes must be to make a kink."""


@dataclasses.dataclass(frozen=True)
class Numerical:
    """A derivative found from values; where none was found, value is nan and error infinite."""

    value: Real
    """The axes of f's result, then of the argument; at a kink the mean of the two one-sided slopes."""
    error: Real
    """An estimate of each entry's error that is meant as a bound."""
    method: str
    """``complex step`` or ``extrapolated differences``."""
    low: Real
    """The smaller one-sided slope; but at kinks the value itself."""
    high: Real

    @property
    def kinked(self) -> Real:
        """Where the one-sided slopes differ, so that any number between ``low`` and ``high`` is as good."""
        return self.low < self.high


def jacobian(f: Callable[..., Any], args: Sequence[Any], position: int) -> Numerical:
    """The Jacobian of f by one of its arguments, the others held fixed.

    Raises: whatever f raises at the arguments themselves, TypeError where it gives no real numbers.

    >>> jacobian(np.sin, [0.0], 0).value.item()
    1.0
    """
    return _derivative(f, args, position, None)


def pullback(f: Callable[..., Any], args: Sequence[Any], position: int, y_bar: Real) -> Numerical:
    """A cotangent of f's result pulled back to one of its arguments: a sum over the Jacobian, which is not built.

    >>> pullback(lambda x: x[::-1] ** 2, [[1.0, 3.0]], 0, np.array([10.0, 1.0])).value
    array([ 2., 60.])
    """
    return _derivative(f, args, position, np.asarray(y_bar, float))


def _derivative(f: Callable[..., Any], args: Sequence[Any], position: int, y_bar: Real | None) -> Numerical:
    x = np.array(args[position], dtype=float)
    line = _Line(f, args, position, x)
    if y_bar is not None and y_bar.shape != line.base.shape:
        raise ValueError(f"the cotangent has shape {y_bar.shape}, the value {line.base.shape}")
    columns, method = _by_complex_step(line, y_bar), COMPLEX_STEP
    if columns is None:
        columns, method = [_weighted(column, y_bar) for column in _by_differences(line)], DIFFERENCES
    axes = (*(line.base.shape if y_bar is None else ()), *x.shape)
    parts = [[getattr(column, name) for column in columns] for name in ("value", "error", "low", "high")]
    value, error, low, high = (np.stack(p, axis=-1).reshape(axes) if p else np.zeros(axes) for p in parts)
    return Numerical(value, error, method, low, high)


@dataclasses.dataclass(frozen=True)
class _Slope:
    """The derivative along one line, for each entry of f's result."""

    value: Real
    error: Real
    low: Real
    high: Real


def _weighted(slope: _Slope, y_bar: Real | None) -> _Slope:
    """Summed with a cotangent; a weight of 0 makes even an unknown entry 0."""
    if y_bar is None:
        return slope

    def total(entries: Real) -> Real:
        return np.asarray(np.sum(np.where(y_bar == 0, 0, entries)))

    with np.errstate(invalid="ignore"):
        value, low, high = y_bar * slope.value, y_bar * slope.low, y_bar * slope.high
        error = np.abs(y_bar) * slope.error
    return _Slope(total(value), total(error), total(np.minimum(low, high)), total(np.maximum(low, high)))


class _Line:
    """A function of one argument, called at x and near it."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], position: int, x: Real) -> None:
        self._f, self._args, self._position, self.x = f, [np.asarray(arg) for arg in args], position, x
        generator = np.random.default_rng(0)
        moves = [1 + 4 * EPS * generator.choice([-1.0, 1.0], arg.shape) for arg in self._args]
        moved = [arg * by if arg.dtype.kind == "f" else arg for arg, by in zip(self._args, moves, strict=True)]
        self._beside = moved
        self.beside = np.asarray(x * moves[position])
        """A few units in the last place away from x, and so are then the other arguments."""
        found = self.at(x)
        self.eps = max(EPS, float(np.finfo(found.dtype).eps) if found.dtype.kind == "f" else 0.0)
        self.base = found.astype(float)
        """The value at x."""
        self.known = np.isfinite(self.base)
        size = np.maximum(1.0, np.where(np.isfinite(x), np.abs(x), 1.0))
        self.scale = np.exp2(np.ceil(np.log2(size)))
        """The unit of each coordinate's steps, a power of two so that few digits of x + h are lost."""
        self.direction = self.scale * generator.choice([-1.0, 1.0], x.shape) * generator.uniform(0.5, 1, x.shape)
        """A random one, in which no coordinate stands still."""
        noise, size = self._roughness(2.0**-24)
        if (noise > 1e-6 * size).any():  # too much even for float32: f is not smooth at this scale
            noise = np.minimum(noise, self._roughness(2.0**-44)[0])
        self.noise = noise + 2 * self.eps * np.abs(self.base)
        """What rounding may move each entry of the value."""
        self.exact = self.eps == EPS and bool((noise <= 2**16 * EPS * size.max(initial=0)).all())
        """Whether f computes in double precision throughout."""

    def at(self, x: Real, *, beside: bool = False) -> Real:
        """The value as a plain array; beside the other arguments, too. f sees copies, and 0-d arrays as numbers."""
        args = self._beside if beside else self._args
        given = [np.array(x if i == self._position else arg)[()] for i, arg in enumerate(args)]
        with np.errstate(all="ignore"):
            found = np.array(self._f(*given), subok=False)
        if found.dtype.kind not in "fiubc":
            raise TypeError(f"the function gives entries of type {found.dtype}, not numbers")
        if found.dtype.kind == "c" and np.asarray(x).dtype.kind != "c":
            raise TypeError("the function gives complex numbers, not real ones")
        return found

    def along(self, direction: Real, step: float) -> Real:
        """The value a step away; all nan where f raises there, as outside its domain."""
        try:
            found = self.at(self.x + step * direction)
        except Exception:
            return np.full(self.base.shape, np.nan)
        if found.shape != self.base.shape:
            raise ValueError(f"the function's result changes its shape from {self.base.shape} to {found.shape}")
        return found.astype(float)

    def _roughness(self, step: float) -> tuple[Real, Real]:
        """What rounding does to values near x, and the size of these.

        It is what is left in fourth differences, where a smooth f is gone. Evenly spaced values may miss it where sums
        of large terms give multiples of one coarse unit, so that unit counts as well.
        """
        near = np.stack([self.along(self.direction, k * step) for k in range(1, 8)])
        near = np.where(np.isfinite(near).all(axis=0), near, 0.0)
        fourth = np.abs(np.diff(near, 4, axis=0)).max(axis=0) / np.sqrt(70)
        digits, exponents = np.frexp(near)
        whole = np.ldexp(digits, 53).astype(np.int64)
        units = np.where(whole == 0, np.inf, np.ldexp((whole & -whole).astype(float), exponents - 53))
        unit = np.where(np.ptp(near, axis=0) > 0, units.min(axis=0), 0.0)
        return np.maximum(fourth, unit), np.abs(near).max(axis=0)


# The complex step


def _by_complex_step(line: _Line, y_bar: Real | None) -> list[_Slope] | None:
    """The Jacobian's columns; None where f is not analytic, or does not take complex numbers."""
    if not line.exact:
        return None
    along, bound = np.zeros(line.base.shape), np.zeros(line.base.shape)
    columns = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for j, step in enumerate(line.direction.flat):
            column = _imaginary(line, j)
            if column is None:
                return None
            along += step * column.value
            bound += np.abs(step) * (column.error + 2**8 * EPS * np.abs(column.value))
            columns.append(_weighted(column, y_bar))
    if not columns:
        return columns
    seen = _slope(line, line.direction)
    with np.errstate(invalid="ignore"):
        near = np.abs(along - seen.value) <= bound + seen.error
        sharp = seen.error <= 1e-3 * (np.abs(seen.value) + np.abs(line.base)) + 2**12 * line.noise + bound
    agreed = near & sharp & ~(seen.low < seen.high)
    return columns if (agreed | ~line.known).all() else None


def _imaginary(line: _Line, j: int) -> _Slope | None:
    """One column; None where the real part is not the value, or there is no imaginary part to read."""
    slopes = []
    for beside, size in enumerate(_IMAGINARY):
        moved = (line.beside if beside else line.x).astype(complex)
        h = size * line.scale.flat[j]
        moved.flat[j] += 1j * h
        try:
            found = line.at(moved, beside=bool(beside))
        except Exception:
            return None
        if found.dtype != complex or found.shape != line.base.shape:
            return None
        with np.errstate(all="ignore"):
            same = np.abs(found.real - line.base) <= 8 * line.noise + 2**8 * EPS * np.abs(line.base)
        if not (beside or (same | ~line.known).all()):
            return None
        slopes.append(np.where(line.known, found.imag / h, np.nan))
    value = slopes[0]
    error = 2 * _SLACK * np.abs(slopes[1] - value) + 2**6 * EPS * np.abs(value)
    if (error > 1e-8 * (np.abs(value) + np.abs(line.base))).any():
        return None
    return _Slope(value, np.where(line.known, error, np.inf), value, value)


# Extrapolated differences


def _by_differences(line: _Line) -> Iterator[_Slope]:
    for j in range(line.x.size):
        unit = line.scale.flat[j]
        direction = np.zeros(line.x.shape)
        direction.flat[j] = unit
        found = _slope(line, direction)
        yield _Slope(found.value / unit, found.error / unit, found.low / unit, found.high / unit)


class _Limits:
    """The limits of the central, right and left quotient as their step is halved, by Richardson's extrapolation.

    Entry by entry, the best estimate counts.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        axes = (3, *[1] * len(shape))
        self._ratio = np.array([4.0, 2.0, 2.0]).reshape(axes)
        """By what halving reduces the first error term, and each term more than the one before it."""
        self._amplified = np.array([2.0, 8.0, 8.0]).reshape(axes)
        """By what extrapolation may raise rounding errors."""
        self._row: list[Real] = []
        self.value, self.error = np.full((3, *shape), np.nan), np.full((3, *shape), np.inf)

    def add(self, quotients: Real, rounding: Real) -> None:
        """The quotients at half the step before."""
        row, best, least = [quotients], self.value, np.full(quotients.shape, np.inf)
        floor = self._amplified * rounding
        for j, previous in enumerate(self._row[:_DEPTH], 1):
            last = row[-1]
            better = last + (last - previous) / (self._ratio**j - 1)
            error = np.maximum(np.abs(better - last), np.abs(better - previous)) + floor
            less = error < least  # False for nan, so that steps out of f's domain do not count
            best, least = np.where(less, better, best), np.where(less, error, least)
            row.append(better)
        # Where smaller steps contradict larger ones, these were too coarse to see how f behaves at x.
        taken = (least < self.error) | (np.abs(best - self.value) > _SLACK * (least + self.error))
        self.value, self.error = np.where(taken, best, self.value), np.where(taken, least, self.error)
        self._row = row

    @property
    def gap(self) -> Real:
        """How far apart the one-sided limits are."""
        return np.abs(self.value[1] - self.value[2])

    @property
    def sides(self) -> Real:
        """How far apart their errors could put them."""
        return self.error[1] + self.error[2]


def _slope(line: _Line, direction: Real) -> _Slope:
    """The derivative along a direction: the central limit, and the two one-sided ones to see kinks by."""
    base, known = line.base, line.known
    limits, around, inside = _Limits(base.shape), np.abs(base), np.zeros(base.shape, int)
    with np.errstate(all="ignore"):
        for power in range(_FIRST, _TINIEST + 1):
            h = 2.0**-power
            up, down = line.along(direction, h), line.along(direction, -h)
            quotient = (up - down) / (2 * h)
            size = np.fmax(np.abs(base), np.fmax(np.abs(up), np.abs(down)))
            rounding = (line.noise + 2 * line.eps * np.where(np.isfinite(size), size, np.abs(base))) / h
            rounding += EPS / h * np.abs(np.nan_to_num(quotient))  # x + h is rounded too
            limits.add(np.stack([quotient, (up - base) / h, (base - down) / h]), rounding)
            inside += np.isfinite(quotient)
            if power >= _LAST and (inside >= _ROWS)[known].all():
                break
            around = np.fmax(np.abs(up - base), np.abs(base - down))
            around = np.abs(base) + np.where(np.isfinite(around), around, 0)
            typical, error, gap, sides = np.abs(limits.value[0]) + around, limits.error[0], limits.gap, limits.sides
            precise = (error <= _ENOUGH * typical) | (2 * rounding >= error)
            smooth = (gap <= _SLACK * sides) & ((sides <= 1e-8 * typical) | (32 * rounding >= sides))
            split = (gap > 0) & (sides <= 1e-9 * gap)
            settled = smooth & precise | split | ~known
            if settled.all() and (not split.any() or _confirmed(line, direction, limits)):
                if not (_strange(line, direction, h, limits, quotient, rounding) & known).any():
                    break
                limits = _Limits(base.shape)
        return _joined(limits, known, around, line.noise)


def _strange(line: _Line, direction: Real, h: float, limits: _Limits, quotient: Real, rounding: Real) -> Real:
    """Where a quotient at another step lies farther from the limit: halves of a period make every step look alike."""
    other = 0.29 * h
    found = (line.along(direction, other) - line.along(direction, -other)) / (2 * other)
    near = np.abs(quotient - limits.value[0]) + _SLACK * limits.error[0] + 8 * rounding
    return ~(np.abs(found - limits.value[0]) <= near)


def _confirmed(line: _Line, direction: Real, limits: _Limits) -> bool:
    """Whether two different slopes are those of the smallest steps too, and not of a kink some way off."""
    h = 2.0**-_LAST
    ahead, behind = (line.along(direction, h) - line.base) / h, (line.base - line.along(direction, -h)) / h
    off = np.fmax(np.abs(ahead - limits.value[1]), np.abs(behind - limits.value[2]))
    return bool((~line.known | (limits.gap <= _SLACK * limits.sides) | (off <= 1e-3 * limits.gap)).all())


def _joined(limits: _Limits, known: Real, around: Real, noise: Real) -> _Slope:
    """One slope from three limits: the central one, where there is a kink the two others, or the only one there is."""
    (middle, right, left), errors, sides = limits.value, limits.error, limits.sides
    kinked = limits.gap > _SLACK * sides
    between = (right + left) / 2
    value = np.where(kinked, between, middle)
    # The central limit must lie between the others, else it was mistaken about its error.
    astray = np.fmax(np.abs(middle - between) - _SLACK * sides, 0)
    error = np.where(kinked, _SLACK * sides, errors[0] + astray)
    finite = np.isfinite(errors)
    for one, other in ((1, 2), (2, 1)):  # at the end of the domain
        only = finite[one] & ~finite[other] & ~finite[0]
        value, error = np.where(only, limits.value[one], value), np.where(only, _SLACK * errors[one], error)
    found = known & (error <= 1e-2 * (np.abs(value) + around) + 2**12 * noise)
    value, error = np.where(found, value, np.nan), np.where(found, error, np.inf)
    low = np.where(kinked & found, np.minimum(right, left), value)
    high = np.where(kinked & found, np.maximum(right, left), value)
    return _Slope(value, error, low, high)
