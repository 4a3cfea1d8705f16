"""What a code stands for, in a few words and in many."""

from __future__ import annotations

import dataclasses
import inspect


@dataclasses.dataclass(frozen=True)
class Code:
    """A kind of finding. A code is never used again for something else, since reports refer to it."""

    code: str
    title: str
    """A clause that goes on after "it is wrong:"."""
    seen: str
    """What the numbers show."""
    help: str
    """What to do, whatever the formula."""
    story: str
    """Why people get this and what the derivation says; paragraphs, those indented are formulas."""
    example: str
    """A doctest that ends with ``wrong`` and ``right`` beside each other."""
    idea: str
    """What right code does."""

    def __post_init__(self) -> None:
        for name in ("story", "example"):
            object.__setattr__(self, name, inspect.cleandoc(getattr(self, name)))
