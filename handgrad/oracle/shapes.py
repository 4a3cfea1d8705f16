"""Arguments for a function of the user's own: their shapes as the user wrote them, sizes to try, entries to fill in.

A shape is a list of axes: a letter that stands for one size wherever it appears, a number, or ``*batch`` for any number
of axes. It comes from a signature such as ``"(n),(n,k),(k)->(k)"`` or from jaxtyping's annotations.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Real = np.ndarray[Any, Any]
Sizes = Mapping[str, tuple[int, ...]]
"""What each letter stands for: one size or, with a star, several."""
DISTINCT = (3, 2, 4, 5)
"""Sizes that differ, so that no transposition goes unseen."""
LARGEST = 5
FEW = 27
"""Shapes to look for the smallest counterexample in."""

_CORE = r"\(([^()]*)\)"
_SIGNATURE = re.compile(rf"{_CORE}(?:,{_CORE})*->{_CORE}")
_ANNOTATION = re.compile(r"(\w+)\[.*,\s*(['\"])(.*)\2\]", re.DOTALL)
_INTEGERS = re.compile(r"(U?Int(eger)?\d*|Key)")


@dataclasses.dataclass(frozen=True)
class Argument:
    """An array argument, by its name and its axes."""

    name: str
    axes: tuple[str, ...] = ()
    integer: bool = False


@dataclasses.dataclass(frozen=True)
class Domain:
    """Where entries are drawn, and the whole numbers, divided by one of them, that are shown."""

    text: str
    low: float
    high: float
    whole: tuple[int, int]
    divisor: int = 1


DOMAINS = (
    Domain("between -2 and 2", -2.0, 2.0, (-3, 3)),
    Domain("between 1/8 and 2", 0.125, 2.0, (1, 3)),
    Domain("between 1/16 and 15/16", 0.0625, 0.9375, (1, 3), 4),
)
"""Tried in this order, until the function is finite."""
FAR = Domain("between -16 and 16", -16.0, 16.0, (-16, 16))
"""Beyond the first of them, where a function may go on in another way."""


def names_of(function: Callable[..., Any], count: int) -> list[str]:
    """The names of a function's first arguments, or x1, x2, … where it does not name that many."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
    return names if len(names) == count else [f"x{i}" for i in range(1, count + 1)]


def from_signature(signature: str, function: Callable[..., Any]) -> tuple[list[Argument], tuple[str, ...]]:
    """The arguments, and the axes of the result, that a gufunc signature states.

    >>> arguments, result = from_signature("(n),(n,2)->()", lambda x, W: x @ W)
    >>> [(argument.name, argument.axes) for argument in arguments], result
    ([('x', ('n',)), ('W', ('n', '2'))], ())
    """
    text = re.sub(r"\s", "", signature)
    if not _SIGNATURE.fullmatch(text):
        raise ValueError(f"{signature!r} is no signature of one result, such as '(n),(n,k),(k)->(k)'")
    *cores, result = [tuple(_axis(axis) for axis in core.split(",") if axis) for core in re.findall(_CORE, text)]
    names = names_of(function, len(cores))
    return [Argument(name, axes) for name, axes in zip(names, cores, strict=True)], result


def from_annotations(function: Callable[..., Any]) -> list[Argument]:
    """The arguments that carry jaxtyping's annotations, written out or postponed; others must have a default."""
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = parameter.annotation
        text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
        match = _ANNOTATION.fullmatch(text.strip())
        if match:
            unnamed = itertools.count(len(found) * 100)
            words = [word.lstrip("#?").rpartition("=")[2] for word in match[3].split()]
            axes = [f"*_{next(unnamed)}" if w == "..." else f"_{next(unnamed)}" if w == "_" else w for w in words]
            found.append(Argument(name, tuple(map(_axis, axes)), bool(_INTEGERS.fullmatch(match[1]))))
        elif parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            raise ValueError(
                f"{name} has no annotation such as Float[Array, 'n k']; give the shapes as '(n,k),(k)->(n)'"
            )
    if not found:
        raise ValueError("no argument has an annotation such as Float[Array, 'n k']; give the shapes as '(n,k)->(n)'")
    return found


def _axis(text: str) -> str:
    if not re.fullmatch(r"\*?[A-Za-z_]\w*|\d+", text):
        raise ValueError(f"the axis {text!r} is neither a name nor a number")
    return text


def shape_of(axes: Sequence[str], sizes: Sizes) -> tuple[int, ...]:
    """The shape that axes stand for."""
    return tuple(itertools.chain.from_iterable((int(a),) if a.isdigit() else sizes[a] for a in axes))


def letters_of(arguments: Sequence[Argument]) -> list[str]:
    """The letters of all shapes, in the order in which they appear."""
    return list(dict.fromkeys(axis for argument in arguments for axis in argument.axes if not axis.isdigit()))


# Sizes


def distinct(arguments: Sequence[Argument]) -> Sizes:
    """All letters with sizes that differ, and no batch."""
    numbers = itertools.chain(DISTINCT, itertools.count(DISTINCT[-1] + 1))
    return {letter: () if letter.startswith("*") else (next(numbers),) for letter in letters_of(arguments)}


def several(arguments: Sequence[Argument], generator: np.random.Generator) -> Iterator[Sizes]:
    """Sizes without end: all different, all 1, one of them 0, then random ones."""
    letters = letters_of(arguments)
    yield distinct(arguments)
    if not letters:
        yield from itertools.repeat({})
    yield dict.fromkeys(letters, (1,))
    empty = letters[int(generator.integers(len(letters)))]
    yield {**distinct(arguments), empty: (0,)}
    while True:
        counts = [int(generator.integers(3)) if letter.startswith("*") else 1 for letter in letters]
        sizes = [tuple(int(size) for size in generator.integers(1, LARGEST + 1, count)) for count in counts]
        yield dict(zip(letters, sizes, strict=True))


def smallest_first(arguments: Sequence[Argument]) -> list[Sizes]:
    """Small sizes in order of the number of entries that the arguments have in all."""
    letters = letters_of(arguments)
    options = [[(), (1,), (2,)] if letter.startswith("*") else [(1,), (2,), (3,)] for letter in letters]
    products = itertools.islice(itertools.product(*options), 3**6)
    found: list[Sizes] = [dict(zip(letters, sizes, strict=True)) for sizes in products]
    return sorted(found, key=lambda sizes: entries(arguments, sizes))[:FEW]


def entries(arguments: Sequence[Argument], sizes: Sizes) -> int:
    """How many numbers the arguments hold."""
    return sum(math.prod(shape_of(argument.axes, sizes)) for argument in arguments)


# Entries


def _classes(sizes: Sizes) -> int:
    """How many integers to draw from, so that each may count along any axis."""
    return max(1, min(itertools.chain.from_iterable(sizes.values()), default=2))


def draw(
    arguments: Sequence[Argument], sizes: Sizes, domain: Domain, generator: np.random.Generator
) -> dict[str, Real]:
    """Random entries, all different."""
    drawn = {}
    for argument in arguments:
        shape = shape_of(argument.axes, sizes)
        uniform = generator.uniform(domain.low, domain.high, shape)
        drawn[argument.name] = np.asarray(
            generator.integers(0, _classes(sizes), shape) if argument.integer else uniform
        )
    return drawn


def whole(
    arguments: Sequence[Argument], sizes: Sizes, domain: Domain, choose: Callable[[int, int], int]
) -> dict[str, Real]:
    """Small whole numbers other than 0, where kinks are, or small fractions; ``choose(low, high)`` gives each."""
    drawn = {}
    for argument in arguments:
        shape = shape_of(argument.axes, sizes)
        low, high = (0, _classes(sizes) - 1) if argument.integer else domain.whole
        skips = low < 0  # 0 is left out, where kinks are
        numbers = [n + (skips and n >= 0) for n in (choose(low, high - skips) for _ in range(math.prod(shape)))]
        drawn[argument.name] = np.array(numbers, int if argument.integer else float).reshape(shape)
        if not argument.integer:
            drawn[argument.name] /= domain.divisor
    return drawn
