"""What every formula needs before its first line: the array library, one dtype, shapes that fit.

The shapes are read from the annotations: ``Float[Array, "*batch n k"]`` is a stack of n×k matrices over any leading
axes. Arguments with ``*batch`` share those axes, the others belong to all samples. An axis named by a number has that
size, and one named by two letters has their product (``"kn"``).
"""

from __future__ import annotations

import functools
import math
import operator
import re
import sys
import types
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

# Any, because one body serves NumPy, JAX and PyTorch arrays, whose classes have no common base.
Array: TypeAlias = Any
Pullback: TypeAlias = Callable[[Array], Array]
Pullbacks: TypeAlias = Callable[[Array], tuple[Array, ...]]

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
_INT64 = np.dtype(np.int64)
_ANNOTATION = re.compile(r"""(Float|Int)\[Array, ['\"]([^'\"]*)['\"]\]""")

LARGE, PART = 1 << 20, 1 << 18
"""With more bytes than this, NumPy arrays are computed in parts of so many, which stay in the processor's cache."""
NARROW, MANY = 32, 512
"""Rows up to this length are slow to sum or compare in NumPy, and with more entries than this a remedy pays."""
LONG = 1 << 12
"""Inner products of longer rows are computed in blocks of this length."""
WIDE, BUFFER = 256, 16
"""Beside rows of this length on it pays to give NumPy a buffer of so many entries, which is shorter than a row."""
IN_COLUMNS = 12
"""XLA sums rows up to this length faster if it is told to add their columns up."""


@functools.cache
def axes_of(function: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """The axes of each array argument and, under "return", of an array result."""
    found = {name: _ANNOTATION.fullmatch(str(text)) for name, text in function.__annotations__.items()}
    return {name: tuple(match[2].split()) for name, match in found.items() if match}


def arguments(function: Callable[..., Any], *values: Any) -> tuple[Any, ...]:
    """The array namespace, then the values as arrays of one float dtype, in the shapes that ``function`` declares."""
    dtype = getattr(values[-1], "dtype", None)  # a label comes first
    if dtype is FLOATS[0] or dtype is FLOATS[1]:
        for position, value in enumerate(values):
            if type(value) is not np.ndarray or (
                value.dtype is not dtype and not (value.dtype is _INT64 and position in _integers(function))
            ):
                break
        else:
            _check_shapes(function, *[value.shape for value in values])
            return np, *values
    return _converted(function, values)


def cotangent(function: Callable[..., Any], name: str, value: Any, result: Array) -> tuple[Any, Array]:
    """The array namespace and a pullback's cotangent, which has the shape and dtype of the function's value."""
    if type(value) is np.ndarray and value.dtype is result.dtype and value.shape == result.shape:
        return np, value
    where = f"{function.__name__}: the pullback's"
    xp, (value,) = as_arrays(where, {name: value}, beside=result)
    found, wanted = tuple(value.shape), tuple(result.shape)
    if found != wanted:
        raise ValueError(f"{where} {name} has shape {found}; it must have the value's shape {wanted}")
    return xp, xp.astype(value, result.dtype, copy=False)


@functools.cache
def _integers(function: Callable[..., Any]) -> tuple[int, ...]:
    """The positions of the integer arguments."""
    texts = [str(function.__annotations__[name]) for name in axes_of(function) if name != "return"]
    return tuple(position for position, text in enumerate(texts) if text.startswith("Int["))


# Shapes


@functools.lru_cache(maxsize=4096)
def _check_shapes(function: Callable[..., Any], *shapes: tuple[int, ...]) -> None:
    """Raise ValueError unless the shapes, one per array argument, fit the annotations and one another."""
    axes = {name: names for name, names in axes_of(function).items() if name != "return"}
    sizes: dict[str, int] = {}
    batch: tuple[int, ...] | None = None
    for position, ((name, names), shape) in enumerate(zip(axes.items(), shapes, strict=True)):
        batched = names[:1] in (("*batch",), ("*shape",))
        core = names[batched:]
        split = len(shape) - len(core) if batched else 0
        fits = split >= 0 and len(shape) - split == len(core) and (not batched or batch in (None, shape[:split]))
        fits = fits and all(_fits(axis, size, sizes) for axis, size in zip(core, shape[split:], strict=True))
        if not fits:
            others = [f"{other} has shape {taken}" for other, taken in zip(axes, shapes[:position], strict=False)]
            found = ", ".join([f"{name} has shape {shape}", *others])
            wanted = _expected(core, sizes, batched, batch)
            raise ValueError(f"{function.__name__}: {found}; {name} must have shape {wanted}")
        if batched:
            batch = shape[:split]


def _fits(axis: str, size: int, sizes: dict[str, int]) -> bool:
    """Whether an axis may have this size; the first size seen for a letter binds it."""
    if axis.isdigit():
        return size == int(axis)
    if len(axis) == 2:
        new, known = axis[0], sizes[axis[1]]
        sizes[new] = size // known if known else 0
        return size == sizes[new] * known
    return sizes.setdefault(axis, size) == size


def _expected(core: tuple[str, ...], sizes: dict[str, int], batched: bool, batch: tuple[int, ...] | None) -> str:
    """A shape in words, with the sizes already known filled in: "(5, k)"."""
    leading = [] if not batched else ["..."] if batch is None else [str(size) for size in batch]
    known = [f"{axis[0]}*{sizes[axis[1]]}" if len(axis) == 2 else str(sizes.get(axis, axis)) for axis in core]
    inside = ", ".join([*leading, *known])
    return f"({inside},)" if len(leading) + len(known) == 1 and inside != "..." else f"({inside})"


# Libraries and dtypes


def _converted(function: Callable[..., Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The slow path of ``arguments``: anything but NumPy arrays of one float dtype."""
    names = [name for name in axes_of(function) if name != "return"]
    integers = {names[position] for position in _integers(function)}
    given = dict(zip(names, values, strict=True))
    xp, arrays = as_arrays(f"{function.__name__}:", given, integers=integers)
    _check_shapes(function, *[tuple(array.shape) for array in arrays])
    return xp, *arrays


def as_arrays(
    where: str, given: dict[str, Any], *, integers: frozenset[str] | set[str] = frozenset(), beside: Any = None
) -> tuple[Any, list[Array]]:
    """The values as arrays of one library and one float dtype; ``beside`` is an array they must go with."""
    namespaces = {name: namespace_of(value) for name, value in given.items()}
    xp = _common_namespace(where, {**namespaces, "the value": None if beside is None else namespace_of(beside)})
    device = next((value.device for value in [*given.values(), beside] if _is_torch(value)), None)
    placed = {} if device is None else {"device": device}
    arrays = {}
    for name, value in given.items():
        array = value if namespaces[name] is not None else _plain_array(where, name, value)
        _check_dtype(where, name, array, integer=name in integers)
        if namespaces[name] in (None, np):
            plain = np.asarray(array)
            array = xp.asarray(plain.astype(plain.dtype.newbyteorder("="), copy=False), **placed)
        arrays[name] = array
    default = xp.asarray(0.0).dtype
    floating = [name for name in arrays if name not in integers]
    # Lists and numbers adopt the dtype of the arrays beside them, so they do not vote on it.
    voting = [name for name in floating if namespaces[name] is not None] or floating
    dtypes = [arrays[name].dtype if _is_float(xp, arrays[name]) else default for name in voting]
    for name in floating:
        arrays[name] = xp.astype(arrays[name], xp.result_type(*dtypes), copy=False)
    return xp, list(arrays.values())


def namespace_of(value: Any) -> Any:
    """The array namespace of an array, None for lists and Python numbers."""
    if _is_torch(value):
        from array_api_compat import torch

        return torch
    return value.__array_namespace__() if hasattr(value, "__array_namespace__") else None


def _is_torch(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def is_traced(value: Any) -> bool:
    """Whether JAX compiles or differentiates what is computed of it."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.core.Tracer)


def _common_namespace(where: str, namespaces: dict[str, types.ModuleType | None]) -> Any:
    """The one library of the arrays: NumPy joins JAX, PyTorch mixes with neither."""
    libraries = {xp.__name__: xp for xp in namespaces.values() if xp is not None}
    others = [xp for name, xp in libraries.items() if name != "numpy"]
    if len(others) > 1 or (len(libraries) > 1 and "torch" in others[0].__name__):
        found = ", ".join(f"{name} is from {xp.__name__}" for name, xp in namespaces.items() if xp is not None)
        found = found.replace("array_api_compat.torch", "torch")
        raise TypeError(f"{where} {found}; arrays of different libraries do not mix, convert one of them")
    return others[0] if others else np


def _plain_array(where: str, name: str, value: Any) -> np.ndarray[Any, Any]:
    """A list, number or anything else NumPy can read, as a NumPy array."""
    try:
        return np.asarray(value)
    except Exception as error:
        reason = "ragged" if isinstance(error, ValueError) else f"of type {type(value).__name__}"
        raise TypeError(f"{where} {name} is {reason}; an array, a list of numbers or a number fits") from None


def _check_dtype(where: str, name: str, array: Array, *, integer: bool) -> None:
    """Raise TypeError unless the dtype is float32, float64, an integer or bool (or, for a label, an integer)."""
    kind = str(getattr(array.dtype, "name", array.dtype)).removeprefix("torch.")
    found = f"has dtype {kind}"
    if isinstance(array, np.ma.MaskedArray):
        found = "is a masked array"
    elif kind == "object" or kind.startswith(("str", "bytes")):
        found = f"holds {'objects' if kind == 'object' else 'strings'}"
    elif re.fullmatch(r"u?int\d+" if integer else r"float(32|64)|u?int\d+|bool", kind):
        return
    fits = "integers fit" if integer else "real numbers fit, as float32, float64 or integers"
    raise TypeError(f"{where} {name} {found}; {fits}")


def _is_float(xp: Any, array: Array) -> bool:
    return xp.isdtype(array.dtype, "real floating")


# Arrays the formulas build


def placement(x: Array) -> dict[str, Any]:
    """The dtype of an array and, for PyTorch, its device: the keywords for making another beside it."""
    return {"dtype": x.dtype, "device": x.device} if _is_torch(x) else {"dtype": x.dtype}


def identity_mask(xp: Any, n: int, x: Array) -> Array:
    """An n×n array that is True on the diagonal, beside x."""
    index = xp.arange(n, **{**placement(x), "dtype": xp.int32})
    return index[:, None] == index


def diagonal(xp: Any, d: Array) -> Array:
    """diag(d) for each vector along the last axis; a 0-d d stays as it is."""
    if d.ndim == 0:
        return d
    return xp.where(identity_mask(xp, d.shape[-1], d), d[..., None], 0)


def repeated(xp: Any, core: Array, batch: tuple[int, ...]) -> Array:
    """The same array for every sample, as a copy that may be written to."""
    return copied(xp, broadcast(xp, core, (*batch, *core.shape)))


def broadcast(xp: Any, x: Array, shape: tuple[int, ...]) -> Array:
    """The array repeated to a shape, as a view; of PyTorch's two ways the other one does not go through every vmap."""
    return x.expand(shape) if _is_torch(x) else xp.broadcast_to(x, shape)


def copied(xp: Any, x: Array) -> Array:
    """The same numbers in memory of their own; PyTorch's asarray warns where it meets what it differentiates."""
    return x.copy() if xp is np else x.clone() if _is_torch(x) else xp.asarray(x, copy=True)


def minus_modulus(xp: Any, x: Array) -> Array:
    """-|x|; beyond NumPy by a choice of sign, as others give |x| the slope 0 at 0, and with it wrong second slopes."""
    return -np.abs(x) if xp is np else xp.where(x < 0, x, -x)


def summed(xp: Any, x: Array, axis: Any = -1, *, keepdims: bool = False) -> Array:
    """The sum along an axis; np.sum takes longer than a short sum to arrive at the ufunc that does it."""
    return (np.add.reduce if xp is np else xp.sum)(x, axis=axis, keepdims=keepdims)


def with_tangent(tangent: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of f(xp, *x), a part of a formula, for which JAX takes this tangent in second derivatives.

    Else it would go through the body step by step. The tangent is ``tangent(xp, f(x), *x, *x_dot)``; for higher
    derivatives it is differentiated in turn, and f(x) in it by the tangent again.
    """

    def decorate(compute: Callable[..., Any]) -> Callable[..., Any]:
        @functools.cache
        def in_jax() -> Callable[..., Any]:
            import jax

            function = jax.custom_jvp(functools.partial(compute, jax.numpy))

            def rule(x: tuple[Array, ...], x_dot: tuple[Array, ...]) -> tuple[Any, Any]:
                value = function(*x)
                return value, tangent(jax.numpy, value, *x, *x_dot)

            function.defjvp(rule)
            return function

        @functools.wraps(compute)
        def function(xp: Any, *x: Array) -> Any:
            traced = xp is not np and any(map(is_traced, x))
            return in_jax()(*x) if traced else compute(xp, *x)

        return function

    return decorate


def row_sums(xp: Any, x: Array) -> Array:
    """The sums along the last axis, which is kept with size 1; not for tangents, which JAX may have to transpose."""
    columns = is_traced(x) and 0 < x.shape[-1] <= IN_COLUMNS
    return _sum_of_columns(xp, x) if columns else summed(xp, x, keepdims=True)


def row_products(xp: Any, x: Array, y: Array) -> Array:
    """The inner products along the last axis; like ``row_sums`` not for tangents."""
    return inner(xp, x, y) if xp is np else row_sums(xp, x * y)[..., 0]


@with_tangent(lambda xp, total, x, x_dot: xp.sum(x_dot, axis=-1, keepdims=True))  # whose transpose is no sum of columns
def _sum_of_columns(xp: Any, x: Array) -> Array:
    return functools.reduce(operator.add, [x[..., k : k + 1] for k in range(x.shape[-1])])


def average(xp: Any, x: Array) -> Array:
    """The mean along the last axis; of nothing it is nan, without NumPy's warning."""
    n = x.shape[-1]
    total = summed(xp, x)
    return total / n if n else total + xp.nan


def inner(xp: Any, x: Array, y: Array) -> Array:
    """The inner products along the last axis, in NumPy without an array of the products."""
    if xp is not np:
        return xp.sum(x * y, axis=-1)
    n = x.shape[-1]
    if n <= NARROW and x.size > MANY:
        return np.einsum("...i,...i->...", x, y)
    if n <= LONG:
        return np.vecdot(x, y)
    # Block by block: fewer numbers are added up one after the other, and BLAS does not wake its threads.
    whole = n - n % LONG
    blocks = [np.reshape(array[..., :whole], (*array.shape[:-1], -1, LONG)) for array in (x, y)]
    return np.add.reduce(np.vecdot(*blocks), axis=-1) + np.vecdot(x[..., whole:], y[..., whole:])


def entry(xp: Any, x: Array, index: Array) -> Array:
    """The entry at an index along the last axis, one for each row; beyond NumPy at the nearest index in range."""
    n = x.shape[-1]
    if xp is not np:
        return xp.take_along_axis(x, xp.clip(index, 0, max(n - 1, 0))[..., None], axis=-1)[..., 0]
    rows = np.reshape(x, (index.size, n))  # np.take_along_axis takes three times as long to arrive here
    return np.reshape(rows[np.arange(len(rows)), np.reshape(index, -1)], index.shape)


def only_entry(xp: Any, value: Array, index: Array, n: int) -> Array:
    """Rows of n entries: a value at an index, one for each row, and 0; but nan if the index is out of range."""
    if xp is not np:
        of_index = index[..., None] == xp.arange(n, **placement(index))
        elsewhere = xp.where((index >= 0) & (index < n), xp.zeros_like(value), xp.nan)
        return xp.where(of_index, value[..., None], elsewhere[..., None])
    rows = np.zeros((index.size, n), value.dtype)
    rows[np.arange(len(rows)), np.reshape(index, -1)] = np.reshape(value, -1)
    return np.reshape(rows, (*index.shape, n))


def clipped(xp: Any, x: Array, low: float | None = None, high: float | None = None) -> Array:
    """The numbers not below one bound and not above the other; np.clip takes longer than the two ufuncs."""
    if xp is not np:
        return xp.clip(x, low, high)
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def largest(xp: Any, x: Array) -> Array:
    """The maximum along the last axis, which is kept with size 1; of nothing it is 0."""
    if x.shape[-1] == 0:
        return xp.zeros((*x.shape[:-1], 1), **placement(x))
    return (np.maximum.reduce if xp is np else xp.max)(x, axis=-1, keepdims=True)


def indicator(xp: Any, where: Array, x: Array) -> Array:
    """1 where a condition holds, else 0, in the dtype of x: unlike xp.where, as fast on a random condition."""
    return where.astype(x.dtype) if xp is np else xp.astype(where, x.dtype)


# Large NumPy arrays


def in_parts(
    xp: Any, compute: Callable[..., Any], *arrays: Array, core: int = 0, columns: bool = False
) -> tuple[Array, ...]:
    """The tuple ``compute(xp, *arrays)``, but part by part if these are large NumPy arrays.

    The result does not depend on it, since all axes but the last ``core`` of the first array are loops. With
    ``columns``, short rows lie column by column in memory: a sum along them is a few sums of long columns.
    """
    first = arrays[0]
    if xp is not np or first.size <= MANY:
        return compute(xp, *arrays)
    columns = columns and 1 < first.shape[-1] <= NARROW
    batch = first.shape[: first.ndim - core]
    rows = math.prod(batch)
    if core == 1 and rows > 1 and first.shape[-1] >= WIDE and first.size > LONG:
        compute = functools.partial(_with_short_buffer, compute)
    if rows == 1 or not (columns or first.nbytes > LARGE):
        return compute(xp, *arrays)
    flat = [np.reshape(array, (rows, *array.shape[len(batch) :])) for array in arrays]
    step = max(1, PART * rows // first.nbytes) if first.nbytes > LARGE else rows
    whole: list[Array] = []
    for start in range(0, rows, step):
        part = slice(start, start + step)
        found = compute(np, *[np.asfortranarray(array[part]) if columns else array[part] for array in flat])
        whole = whole or [np.empty((rows, *array.shape[1:]), array.dtype) for array in found]
        for array, result in zip(whole, found, strict=True):
            array[part] = result
    return tuple(np.reshape(array, (*batch, *array.shape[1:])) for array in whole)


def _with_short_buffer(compute: Callable[..., Any], *arguments: Any) -> Any:
    """``compute(*arguments)``, in which long rows meet one number each.

    With its usual buffer of 8192 entries NumPy first copies each number along its row into it, which takes longer than
    the subtraction itself; not if a row is longer than the buffer.
    """
    with np.errstate():  # which restores the buffer too
        np.setbufsize(BUFFER)
        return compute(*arguments)
