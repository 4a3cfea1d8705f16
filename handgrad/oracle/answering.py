"""A user's derivative in one form: arrays in, one array per argument out, however it wants to be called."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from handgrad.oracle.libraries import autograd_gradients, written_in
from handgrad.oracle.signatures import upstream
from handgrad.oracle.truths import Truths, double_precision, name_of

Real = np.ndarray[Any, Any]
Function = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to call: the function of the cotangent, if there is one, and the arguments, and how to write it."""

    function: Function
    call: str
    valued: bool = False
    """Whether the value comes before its derivatives."""


@dataclasses.dataclass
class Answer:
    """A derivative that is called in the first of some ways that works, and in that one from then on."""

    name: str
    truths: Truths
    ways: Sequence[Way]
    dtype: str
    bar: str | None = None
    """The letter of the cotangent, if it takes one."""
    path: str | None = None
    """The file to name lines of."""

    @property
    def call(self) -> str:
        """How it is called."""
        return self.ways[0].call

    def __call__(self, *given: Any) -> tuple[Any, ...]:
        """The arrays it gives; numbers among the arguments, which stand for 0-d arrays, become such again."""
        floats = np.dtype(self.dtype).type
        arrays = [floats(value) if isinstance(value, float) else value for value in given]
        while len(self.ways) > 1:
            try:
                self.ways[0].function(*[np.array(array)[()] for array in arrays])
                self.ways = self.ways[:1]
            except Exception:
                self.ways = self.ways[1:]
        self.truths.valued = self.ways[0].valued
        return tuple(self.ways[0].function(*arrays))


def _bar(truths: Truths) -> str:
    return "y_bar" if "y_bar" not in truths.names else "cotangent"


def _parts(result: Any, truths: Truths) -> tuple[Any, ...]:
    """One array per differentiable argument, of what may have one for all of them, or be alone."""
    if not (isinstance(result, tuple) or (isinstance(result, list) and any(map(_is_array, result)))):
        return (result,)
    if len(result) == len(truths.names) != len(truths.by):
        return tuple(result[i] for i in truths.by)
    return tuple(result)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape")


def _path(function: Any) -> str | None:
    try:
        return inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        return None


def _conversions(jax: bool) -> list[Function]:
    """What to make of arrays before a call: JAX's own, where the function is written for them."""
    return [sys.modules["jax"].numpy.asarray, np.asarray] if jax else [np.asarray]


# Written by hand


def of_vjp(f_vjp: Function, truths: Truths, dtype: str) -> Answer:
    """A function that gives the value and a pullback, or takes the cotangent as its first or last argument."""
    name, inside, bar = name_of(f_vjp, "f_vjp"), ", ".join(truths.names), _bar(truths)
    jax, at_end, ways = written_in("jax", f_vjp), _cotangent_last(f_vjp), []
    for convert in _conversions(jax):

        def pulled(y_bar: Real, *args: Real, convert: Function = convert) -> tuple[Any, ...]:
            with double_precision(jax):
                result = f_vjp(*map(convert, args))
                if not (isinstance(result, tuple | list) and len(result) == 2 and callable(result[1])):
                    raise TypeError(f"{name}({inside}) gives no value and pullback")
                return (result[0], *_parts(result[1](convert(y_bar)), truths))

        def backward(y_bar: Real, *args: Real, convert: Function = convert) -> tuple[Any, ...]:
            given = map(convert, (*args, y_bar) if at_end else (y_bar, *args))
            with double_precision(jax):
                return _parts(f_vjp(*given), truths)

        if _takes(f_vjp, len(truths.names)):
            ways.append(Way(pulled, f"{name}({inside})[1]({bar})", valued=True))
        if _takes(f_vjp, len(truths.names) + 1):
            ways.append(Way(backward, f"{name}({inside}, {bar})" if at_end else f"{name}({bar}, {inside})"))
    if not ways:
        count = len(truths.names)
        raise TypeError(f"{name} takes neither {inside} nor {bar}, {inside}: {count} or {count + 1} arguments")
    return Answer(name, truths, ways, dtype, bar, _path(f_vjp))


def of_jacobian(f_jacobian: Function, truths: Truths, dtype: str) -> Answer:
    """A function of the arguments that gives one Jacobian for each."""
    name, jax, ways = name_of(f_jacobian, "f_jacobian"), written_in("jax", f_jacobian), []
    for convert in _conversions(jax):

        def jacobians(*args: Real, convert: Function = convert) -> tuple[Any, ...]:
            with double_precision(jax):
                return _parts(f_jacobian(*map(convert, args)), truths)

        ways.append(Way(jacobians, f"{name}({', '.join(truths.names)})"))
    return Answer(name, truths, ways, dtype, path=_path(f_jacobian))


def _takes(function: Function, count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # a signature that cannot be read
        return True
    return True


def _cotangent_last(function: Function) -> bool:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return len(names) > 1 and upstream(names[-1]) and not upstream(names[0])


# Registered with a library


def of_custom_vjp(f: Any, truths: Truths, dtype: str) -> Answer:
    """What JAX makes of a ``jax.custom_vjp``."""
    import jax

    def pulled(y_bar: Any, *args: Any) -> tuple[Any, ...]:
        def moved(*moving: Any) -> Any:
            given = dict(zip(truths.by, moving, strict=True))
            return f(*[given.get(i, arg) for i, arg in enumerate(args)])

        y, pullback = jax.vjp(moved, *[args[i] for i in truths.by])
        return (y, *pullback(y_bar.astype(y.dtype)))

    compiled = jax.jit(pulled)

    def answer(*given: Any) -> tuple[Any, ...]:
        with double_precision(True):
            return compiled(*given)

    name, bar = name_of(f), _bar(truths)
    way = Way(answer, f"jax.vjp({name}, {', '.join(truths.names)})[1]({bar})", valued=True)
    return Answer(name, truths, [way], dtype, bar, _path(f.fun))


def forward_of(function: Any) -> Function:
    """The forward pass of an autograd function, or a function of tensors, as a function of NumPy's arrays."""
    import torch

    apply = getattr(function, "apply", function)

    def forward(*arrays: Real) -> Any:
        dtype = np.result_type(*arrays)
        if dtype.kind == "c":  # which PyTorch multiplies by no matrix of real numbers
            arrays = tuple(array if array.dtype.kind in "iub" else array.astype(dtype) for array in arrays)
        with torch.no_grad():
            return apply(*map(torch.as_tensor, arrays)).numpy()

    forward.__name__ = name_of(function)
    with contextlib.suppress(TypeError, ValueError):  # of a function of PyTorch's own that has no signature
        parameters = inspect.signature(getattr(function, "forward", function)).parameters.values()
        signature = inspect.Signature([p for p in parameters if p.name != "ctx"])
        forward.__signature__ = signature  # type: ignore[attr-defined]
    return forward


def of_autograd_function(function: Any, truths: Truths, dtype: str) -> Answer:
    """What PyTorch makes of an autograd function."""
    import torch

    apply = getattr(function, "apply", function)

    def answer(y_bar: Any, *args: Any) -> tuple[Any, ...]:
        y, gradients = autograd_gradients(apply, [*map(torch.as_tensor, args)], truths.by, torch.as_tensor(y_bar))
        return (y, *gradients)

    name, bar = name_of(function), _bar(truths)
    call = f"torch.autograd.grad({name}.apply({', '.join(truths.names)}), [{', '.join(truths.letters)}], {bar})"
    return Answer(name, truths, [Way(answer, call, valued=True)], dtype, bar, _path(function))
