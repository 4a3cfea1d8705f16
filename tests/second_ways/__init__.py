"""The named mistakes once more, in loops and scalar arithmetic as students write them.

Each function takes the letters of its claim, of one sample or, where only that shows the mistake, of a batch: for a
derivative the formula's arguments, for a backward pass the cotangent before them. None of them calls the first writing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Key = tuple[str, str, str]
"""The formula, the part of it that is wrong and the mistake's name."""

SECOND_WAYS: dict[Key, Callable[..., Any]] = {}
OF_A_BATCH: set[Key] = set()
"""Those that take a batch, its samples along the leading axis."""


def second(formula: str, part: str, name: str, *, batch: bool = False) -> Callable[[Function], Function]:
    """Register the second writing of a mistake."""
    key = (formula, part, name)
    if key in SECOND_WAYS:
        raise ValueError(f"{key} has a second writing already")

    def register(function: Function) -> Function:
        SECOND_WAYS[key] = function
        if batch:
            OF_A_BATCH.add(key)
        return function

    return register


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
