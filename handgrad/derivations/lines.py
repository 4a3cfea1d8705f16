"""What a derivation is made of: lines that are equal, in chains that each state one part of a derivative.

A line is the right-hand side of an equation twice over, as LaTeX to read and as a function to compute, of one sample of
the formula's own arguments.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import handgrad
from handgrad.catalogue import COMPANIONS, FORMULAS, Formula

__all__ = ["ALL", "Chain", "Derivation", "Line", "Part"]


@dataclasses.dataclass(frozen=True)
class Line:
    """One line: what it says, why it follows from the line before, and its value."""

    latex: str
    rule: str
    """The step that leads here, in a few words."""
    value: Callable[..., Any]
    """The line as a function of the formula's arguments."""
    equation: str = ""
    """Its number in the notes; empty where the notes go on without it."""


@dataclasses.dataclass(frozen=True)
class Part:
    """The part of a derivative that a chain states, in words and as a function of the whole."""

    text: str
    of: Callable[[Any], Any]


ALL = Part("every entry", lambda whole: whole)


@dataclasses.dataclass(frozen=True)
class Chain:
    """Lines that all equal the left-hand side."""

    left: str
    """The left-hand side, in LaTeX."""
    lines: tuple[Line, ...]
    part: Part = ALL


@dataclasses.dataclass(frozen=True)
class Derivation:
    """How one function of handgrad is found by hand."""

    name: str
    """The function, such as ``softmax_jacobian``."""
    title: str
    chains: tuple[Chain, ...]
    letters: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Of a function beyond the catalogue: the axes of each array, or ``activation`` for the name of one."""
    hand: Callable[..., Any] | None = None
    """Of such a function: what it says of these letters."""
    remark: str = ""
    """What to know about the letters."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of all chains."""
        return tuple(line for chain in self.chains for line in chain.lines)

    @property
    def equations(self) -> tuple[str, ...]:
        """The numbers of the notes' equations that its lines go through."""
        found = {line.equation for line in self.lines if line.equation}
        return tuple(sorted(found, key=lambda number: tuple(map(int, number.split(".")))))

    @functools.cached_property
    def formula(self) -> Formula | None:
        """The row of the catalogue to which the function belongs, if it belongs to one."""
        name, _, suffix = self.name.rpartition("_")
        return FORMULAS.get(name) if suffix in COMPANIONS else None

    def truth(self, *arguments: Any, **keywords: Any) -> Any:
        """The whole derivative by handgrad's own function; the last argument of a pullback is the cotangent."""
        if self.hand is not None:
            return self.hand(*arguments, **keywords)
        function = getattr(handgrad, self.name)
        if self.name.endswith("_vjp"):
            *primals, bar = arguments
            return function(*primals, **keywords)[1](bar)
        return function(*arguments, **keywords)
