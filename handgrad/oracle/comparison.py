"""A candidate's arrays against the truth, entry by entry: equal, equal in another layout, or different and how."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle.claiming import Claim
from handgrad.oracle.report import Counterexample

Real = np.ndarray[Any, Any]
LOOSENESS = {8: 2.0**12, 4: 2.0**6, 2: 2.0**3}
"""Units in the last place that another formula may lose, by the bytes of its floats."""
GROSS = 2.0**-6
"""By so much of the largest entry an array is off that has not only lost its digits far from 0."""
STRUCTURAL = 2.0**-6
"""How much less rounding is allowed in entries that are 0 whatever the inputs are."""


@dataclasses.dataclass(frozen=True)
class Truth:
    """The verified result for one argument, and for each entry the size of what rounding its inputs moves."""

    letter: str
    value: Real
    sizes: Real | Callable[[], Real]
    """The sizes, or how to find them, which takes longer than the value and is seldom needed."""

    @functools.cached_property
    def size(self) -> Real:
        """What rounding the inputs moves in each entry."""
        return self.sizes() if callable(self.sizes) else self.sizes

    def through(self, write: Callable[[Real], Real]) -> Truth:
        """The truth in another form, its sizes in the same."""
        return dataclasses.replace(self, value=write(self.value), sizes=lambda: write(self.size))

    def allowed(self, dtype: np.dtype[Any]) -> Real:
        """How far an entry of that dtype may be off: some units in the last place of the terms behind it."""
        return _units(dtype) * (np.abs(self.value) + self.size)


def truths_of(claim: Claim, letters: Mapping[str, Real]) -> list[Truth]:
    """What the claim's function gives at these inputs, one array per differentiable argument."""
    return sized(claim, letters, lambda given: _verified(claim, given))


def sized(
    claim: Claim, letters: Mapping[str, Real], function: Callable[[Mapping[str, Real]], Sequence[Real]]
) -> list[Truth]:
    """What a function of a claim's letters gives, with the size of what rounding the letters moves in each entry."""
    with np.errstate(all="ignore"):
        values = function(letters)
    sizes = functools.cache(lambda: _sizes(claim, letters, function, values))
    names = claim.formula.by if len(values) == len(claim.formula.by) else [""] * len(values)
    return [
        Truth(letter, value, functools.partial(lambda i: sizes()[i], i))
        for i, (letter, value) in enumerate(zip(names, values, strict=True))
    ]


def _units(dtype: np.dtype[Any]) -> float:
    """The relative error that is allowed in a dtype."""
    floats: np.dtype[Any] = dtype if dtype.kind == "f" else np.dtype(float)
    return LOOSENESS[floats.itemsize] * float(np.finfo(floats).eps)


def _sizes(
    claim: Claim,
    letters: Mapping[str, Real],
    function: Callable[[Mapping[str, Real]], Sequence[Real]],
    values: Sequence[Real],
) -> list[Real]:
    step = 2.0**-26
    sizes = [np.zeros(value.shape) for value in values]
    generator = np.random.default_rng(0)
    for _ in range(6):
        moved = {
            name: array * (1 + step * generator.choice([-1.0, 1.0], array.shape)) if array.dtype.kind == "f" else array
            for name, array in letters.items()
        }
        with np.errstate(all="ignore"):
            for size, value, shifted in zip(sizes, values, function(moved), strict=True):
                np.fmax(size, np.abs(shifted - value) / step, out=size)
    # Where nothing moves, terms cancel whatever the inputs are, and leave the rounding of what they are made of.
    scale = STRUCTURAL * _largest(claim, letters)
    return [np.where((value == 0) & (size == 0), scale, size) for value, size in zip(values, sizes, strict=True)]


def _largest(claim: Claim, letters: Mapping[str, Real]) -> float:
    """The largest of the arguments and the value, times the largest of the cotangent if there is one."""
    args = [letters[name] for name in claim.formula.axes]
    with np.errstate(all="ignore"):
        value = np.asarray(claim.value(*args))
    bar = letters[claim.bar] if claim.bar else np.ones(())
    largest = max(np.abs(array[np.isfinite(array)]).max(initial=0) for array in (*args, value))
    return float(largest * np.abs(bar).max(initial=0))


def _verified(claim: Claim, letters: Mapping[str, Real]) -> list[Real]:
    args = [letters[name] for name in claim.formula.axes]
    found = claim.truth(*args)[1](letters[claim.bar]) if claim.bar else claim.truth(*args)
    return [np.asarray(array, float) for array in (found if isinstance(found, tuple) else (found,))]


# Layouts


def _flat(array: Real) -> Real:
    return array.reshape(-1)


TRANSPOSED = "transposed"
LAYOUTS: tuple[tuple[str, Callable[[Claim, Real], Real | None]], ...] = (
    ("", lambda claim, a: a),
    ("as a row, (1, {0})", lambda claim, a: a[None, :] if a.ndim == 1 else None),
    ("as a column, ({0}, 1)", lambda claim, a: a[:, None] if a.ndim == 1 else None),
    ("as the diagonal alone", lambda claim, a: np.diagonal(a, axis1=-2, axis2=-1) if _diagonal(claim, a) else None),
    ("as a diagonal matrix", lambda claim, a: np.diag(a) if claim.part == "derivative" and a.ndim == 1 else None),
    (TRANSPOSED, lambda claim, a: a.T if a.ndim == 2 else None),
    ("as a vector", lambda claim, a: a[:, 0] if a.ndim == 2 and a.shape[1] == 1 else None),
    ("as depth × row × column, ({0}, {2}, {1})", lambda claim, a: np.swapaxes(a, -1, -2) if a.ndim == 3 else None),
    *[
        (
            f"with its axes in the order ({{{i}}}, {{{j}}}, {{{k}}})",
            lambda claim, a, order=(i, j, k): a.transpose(order) if _tensor(claim, a) else None,
        )
        for i, j, k in ((1, 2, 0), (2, 1, 0), (1, 0, 2), (2, 0, 1))
    ],
    ("flattened by rows", lambda claim, a: _flat(a) if a.ndim == 2 else None),
    ("flattened by columns", lambda claim, a: _flat(a.T) if a.ndim == 2 else None),
    ("flattened over the matrix argument, by rows", lambda claim, a: _matrix(a) if _tensor(claim, a) else None),
    (
        "flattened over the matrix argument, by columns",
        lambda claim, a: _matrix(np.swapaxes(a, 1, 2)) if _tensor(claim, a) else None,
    ),
    (
        "flattened over the matrix argument, by rows, and transposed",
        lambda claim, a: _matrix(a).T if _tensor(claim, a) else None,
    ),
    (
        "flattened over the matrix argument, by columns, and transposed",
        lambda claim, a: _matrix(np.swapaxes(a, 1, 2)).T if _tensor(claim, a) else None,
    ),
    ("as a (1, 1) matrix", lambda claim, a: a.reshape(1, 1) if a.ndim == 0 else None),
    ("as a vector of one entry", lambda claim, a: a.reshape(1) if a.ndim == 0 else None),
)
"""Ways to write the same derivative, in the order in which they are tried; {0} is its first axis in the notes."""


def _tensor(claim: Claim, array: Real) -> bool:
    """Whether it is the Jacobian of a vector by a matrix."""
    return claim.part == "jacobian" and array.ndim == 3


def _matrix(tensor: Real) -> Real:
    return tensor.reshape(len(tensor), -1)


def _diagonal(claim: Claim, array: Real) -> bool:
    return claim.formula.elementwise and claim.part == "jacobian" and array.ndim == 2


@dataclasses.dataclass(frozen=True)
class Match:
    """Which truth each of the candidate's arrays is, and in which layout."""

    pairs: tuple[tuple[int, str], ...]
    right: frozenset[int] = frozenset()
    """The positions of the arrays that are right."""

    def sentence(self, claim: Claim) -> str:
        """What is unlike the notes' own way, in words; empty where nothing is."""
        names = names_of(claim)
        several = len(names) > 1
        said = [
            f"{f'{names[i]} ' if several else ''}{layout.format(*_axes(claim, i))}; the notes' is {_own_axes(claim, i)}"
            for i, layout in self.pairs
            if layout
        ]
        order = [i for i, _ in self.pairs]
        missing = [name for i, name in enumerate(names) if i not in order and name not in claim.formula.optional]
        # Of a network's gradients there is no one order: all W and then all b, or layer by layer.
        if order != sorted(order) and not claim.formula.optional:
            said.append(f"in the order {', '.join(names[i] for i in order)}; the notes' is {', '.join(names)}")
        if missing:
            said.append(f"without {', '.join(missing)}")
        return "; ".join(said)


def names_of(claim: Claim) -> list[str]:
    """What the claim's derivatives are called, one for each differentiable argument."""
    if claim.bar:
        return [f"{letter}_bar" for letter in claim.formula.by]
    return list(claim.formula.by)


def _own_axes(claim: Claim, i: int) -> str:
    """The axes of a derivative in the notes' own layout, in words."""
    axes = _axes(claim, i)
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})" if axes else "a number"


def _axes(claim: Claim, i: int) -> list[str]:
    """The axes of a derivative in the notes' own layout, without those of a batch."""
    formula = claim.formula
    by = [axis.removeprefix("*") for axis in formula.axes[formula.by[i]] if axis != "*batch"]
    over = [] if claim.part != "jacobian" else [a.removeprefix("*") for a in formula.result_axes if a != "*batch"]
    return ["n" if axis == "shape" else axis for axis in (*over, *by)]


def read(arrays: tuple[Real, ...], truths: Sequence[Truth]) -> tuple[Real, ...]:
    """The arrays; where one is wanted, several of one shape are its rows."""
    if len(truths) == 1 and len(arrays) > 1 and len({array.shape for array in arrays}) == 1:
        return (np.stack(arrays),)
    return arrays


def matches(
    claim: Claim, arrays: tuple[Real, ...], truths: list[Truth], *, turned: Container[str] = ()
) -> Iterator[Match]:
    """Every assignment of the arrays to truths in which all are equal, the notes' own order and layout first.

    Another order counts only where shapes tell the arrays apart: to swap two alike is a mistake. So is a gradient by
    an argument that was handed over ``turned``, if it is not turned as well.
    """
    shapes = [truth.value.shape for truth in truths]

    def assign(position: int, taken: tuple[tuple[int, str], ...]) -> Iterator[Match]:
        if position == len(arrays):
            yield Match(taken, frozenset(range(len(arrays))))
            return
        used = {i for i, _ in taken}
        order = sorted(range(len(truths)), key=lambda i: i != position)
        for i in order:
            if i in used or (i != position and shapes.count(shapes[i]) > 1):
                continue
            for layout, _ in LAYOUTS:
                excused = layout != TRANSPOSED or truths[i].letter not in turned
                if excused and equals(claim, arrays[position], truths[i], layout):
                    yield from assign(position + 1, (*taken, (i, layout)))

    if 0 < len(arrays) <= len(truths):
        yield from assign(0, ())


def likeliest(claim: Claim, arrays: tuple[Real, ...], truths: list[Truth], *, turned: Container[str] = ()) -> Match:
    """Which truth each array is meant for, where not all are equal: by equality, then by shape, then by position."""
    taken: dict[int, tuple[int, str]] = {}
    shapes = [truth.value.shape for truth in truths]
    for position, array in enumerate(arrays):
        for i in sorted(set(range(len(truths))) - {i for i, _ in taken.values()}, key=lambda i: i != position):
            if i != position and shapes.count(shapes[i]) > 1:
                continue
            allowed = [layout for layout, _ in LAYOUTS if layout != TRANSPOSED or truths[i].letter not in turned]
            layout = next((layout for layout in allowed if equals(claim, array, truths[i], layout)), None)
            if layout is not None:
                taken[position] = (i, layout)
                break
    right = frozenset(taken)
    for same_shape in (True, False):
        for position, array in enumerate(arrays):
            left = sorted(set(range(len(truths))) - {i for i, _ in taken.values()}, key=lambda i: i != position)
            if same_shape:
                left = [i for i in left if truths[i].value.shape == array.shape]
            if position not in taken and left:
                taken[position] = (left[0], "")
    if len(taken) < len(arrays):  # more than there are truths
        return Match((), right)
    return Match(tuple(taken[position] for position in range(len(arrays))), right)


def equals(claim: Claim, array: Real, truth: Truth, layout: str) -> bool:
    """Whether an array is the truth in that layout: its shape first, then every entry."""
    laid_out = in_layout(claim, truth, layout)
    if laid_out is None or array.shape != laid_out.value.shape:
        return False
    return not differing(array, laid_out).any()


def in_layout(claim: Claim, truth: Truth, layout: str) -> Truth | None:
    """The truth as that layout writes it; None where it does not apply."""
    write = dict(LAYOUTS)[layout]
    value = write(claim, truth.value)
    if value is None:
        return None
    return truth.through(lambda array: _written(write, claim, array))


def _written(write: Callable[[Claim, Real], Real | None], claim: Claim, array: Real) -> Real:
    found = write(claim, array)
    assert found is not None
    return found


def differing(array: Real, truth: Truth) -> Real:
    """Where an array of the same shape differs by more than rounding; nan and overflow differ."""
    with np.errstate(all="ignore"):
        error = np.abs(array.astype(float) - truth.value)
        if (error <= _units(array.dtype) * np.abs(truth.value)).all():  # whatever the sizes are
            return np.zeros(error.shape, bool)
        return ~(error <= truth.allowed(array.dtype))


# What shows a difference


def counterexample(
    letters: dict[str, Real], yours: Real | None, truth: Truth, wrong: Real | None = None
) -> Counterexample:
    """The inputs, both arrays and, where their shapes agree, the worst entry and what the wrong ones have in common.

    ``wrong`` says which entries those are, if not the ones that differ by more than the truth allows.
    """
    if yours is None or yours.shape != truth.value.shape:
        return Counterexample(letters, yours, truth.value, None, truth.letter)
    wrong = differing(yours, truth) if wrong is None else wrong
    with np.errstate(all="ignore"):
        error = np.where(wrong, np.nan_to_num(np.abs(yours.astype(float) - truth.value), nan=np.inf), -1.0)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape)) if error.size else None
    observations = tuple(pattern(yours, truth, wrong, letters))
    return Counterexample(letters, yours, truth.value, index, truth.letter, int(wrong.sum()), observations, wrong)


def pattern(array: Real, truth: Truth, wrong: Real, letters: Mapping[str, Real]) -> list[str]:
    """What the wrong entries have in common, as observations, the most telling first."""
    said = []
    ratio = _constant_ratio(array, truth.value)
    if ratio is not None:
        said.append(f"yours is {ratio:.6g} times the correct one in every entry")
    if not np.isfinite(array.astype(float)).all():
        said.append("yours has entries that are nan or infinite")
    elif not array.any() and truth.value.any():
        said.append("yours is 0 everywhere")
    if array.ndim == 2 and array.shape[0] == array.shape[1] and array.shape[0] > 1:
        diagonal = np.eye(len(array), dtype=bool)
        if wrong[diagonal].any() and not wrong[~diagonal].any():
            said.append("only entries on the diagonal differ")
        elif wrong[~diagonal].any() and not wrong[diagonal].any():
            said.append("only entries off the diagonal differ")
        if np.array_equal(array, np.diag(np.diagonal(array))) and truth.value[~diagonal].any():
            said.append("yours has nothing off the diagonal")
    if array.ndim == 2 and not wrong.all():
        for axis, what in ((1, "row"), (0, "column")):
            lines = np.flatnonzero(wrong.any(axis=axis))
            if len(lines) == 1 and array.shape[1 - axis] > 1:
                said.append(f"only {what} {lines[0]} differs")
    for name, letter in letters.items():
        if letter.shape == wrong.shape and wrong.any() and not wrong.all():
            for text, where in (("below 0", letter < 0), ("above 0", letter > 0), ("0", letter == 0)):
                if np.array_equal(wrong, where):
                    said.append(f"exactly the entries where {name} is {text} differ")
    return said


def _constant_ratio(array: Real, correct: Real) -> float | None:
    """The one factor between two arrays, where there is one other than 1."""
    there = correct != 0
    if there.sum() < 2 or (array[~there] != 0).any():
        return None
    with np.errstate(all="ignore"):
        ratios = array[there].astype(float) / correct[there]
    ratio = float(ratios[0])
    same = np.isfinite(ratios).all() and np.allclose(ratios, ratio, rtol=1e-9, atol=0)
    return ratio if same and ratio not in (0, 1) else None
