"""Copies of handgrad's functions that enforce their shape annotations, jaxtyping and beartype checking at run time."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable
from typing import Any

import beartype
import jaxtyping

# NumPy scalars stand for 0-d arrays, so any class with a shape and a dtype will do.
_NAMES = {"Float": jaxtyping.Float, "Int": jaxtyping.Int, "Array": Any}


@functools.cache
def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, raising where an argument or a result has not the annotated shape."""
    assert isinstance(function, types.FunctionType)
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    hints = typing.get_type_hints(function, globalns={**function.__globals__, **_NAMES}, include_extras=True)
    copy.__annotations__ = hints
    return jaxtyping.jaxtyped(copy, typechecker=beartype.beartype)
