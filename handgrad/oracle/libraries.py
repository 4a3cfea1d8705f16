"""For which library's arrays a function is written; a library is looked at only where it is there already."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Conversion = Callable[[Any], Any]
HOMES = {"jax": ("jax", "jaxlib"), "torch": ("torch",)}
"""Of each library the packages in which its functions and arrays are defined."""


def written_in(library: str, function: Any) -> bool:
    """Whether a function, or one that it calls by name, names anything of a library."""
    if library not in sys.modules:
        return False
    module, seen, todo = getattr(function, "__module__", None), set(), [function]
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if _at_home(library, value):
            return True
        plain = inspect.unwrap(value) if callable(value) else value
        if isinstance(plain, types.FunctionType) and plain.__module__ == module:  # not through whole libraries
            todo += [plain.__globals__[name] for name in _names(plain.__code__) if name in plain.__globals__]
            todo += [cell.cell_contents for cell in plain.__closure__ or () if _filled(cell)]
    return False


def conversions(function: Any, namespace: Mapping[str, Any]) -> Iterator[Conversion]:
    """What to make of NumPy's arrays before they go to a function of a file, the likeliest first.

    A file that names PyTorch or JAX may have functions that use nothing but the methods of their arrays.
    """
    for_tensors = written_in("torch", function)
    if for_tensors:
        yield _tensor
    yield np.asarray
    there = sys.modules.keys() & HOMES
    named = {library for library in there for value in namespace.values() if _at_home(library, value)}
    if "torch" in named and not for_tensors:
        yield _tensor
    if "jax" in named:
        yield sys.modules["jax"].numpy.asarray


def autograd_gradients(
    apply: Callable[..., Any], tensors: Sequence[Any], by: Sequence[int], y_bar: Any
) -> tuple[Any, list[Any]]:
    """What PyTorch makes of a function: its value, and its gradients, of which None is 0."""
    torch: Any = sys.modules["torch"]
    inputs = [tensors[i].requires_grad_() for i in by]
    y = apply(*tensors)
    gradients = torch.autograd.grad(y, inputs, y_bar, allow_unused=True)
    zeros = map(torch.zeros_like, inputs)
    return y, [zero if found is None else found for found, zero in zip(gradients, zeros, strict=True)]


def _tensor(array: Any) -> Any:
    return sys.modules["torch"].as_tensor(array)


def _at_home(library: str, value: Any) -> bool:
    home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None) or ""
    return not {home.partition(".")[0], type(value).__module__.partition(".")[0]}.isdisjoint(HOMES[library])


def _names(code: types.CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
