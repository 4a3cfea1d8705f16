"""Evaluate a JAX function in another arithmetic, primitive by primitive.

Two arithmetics use this. ``tests.rounding`` carries an error bound beside every number, which gives each entry of a
derivative its own tolerance. ``tests.exact`` computes in mpmath, which gives the true value of what JAX differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import jax
import numpy as np


class Arithmetic(Protocol):
    """What the evaluation needs: numbers from arrays, moving them about, and the primitives that compute."""

    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        """Lift an exact array into the arithmetic."""
        ...

    def move(self, function: Callable[..., np.ndarray[Any, Any]], *values: Any) -> Any:
        """Apply a function that only moves, copies or selects entries."""
        ...

    def compute(self, name: str, params: dict[str, Any], *values: Any) -> Any:
        """Apply a primitive that computes."""
        ...


def evaluate(function: Callable[..., Any], arithmetic: Arithmetic, *args: np.ndarray[Any, Any]) -> list[Any]:
    """The flat results of ``function`` in the given arithmetic."""
    return evaluate_traced(jax.make_jaxpr(function)(*args), arithmetic, *args)


def evaluate_traced(traced: Any, arithmetic: Arithmetic, *args: np.ndarray[Any, Any]) -> list[Any]:
    """The same for what ``jax.make_jaxpr`` has traced, at any arguments of those shapes."""
    return _evaluate(traced.jaxpr, traced.consts, arithmetic, [arithmetic.constant(np.asarray(arg)) for arg in args])


def _evaluate(jaxpr: Any, consts: list[Any], arithmetic: Arithmetic, args: list[Any]) -> list[Any]:
    known: dict[Any, Any] = {}
    known.update(zip(jaxpr.constvars, [arithmetic.constant(np.asarray(const)) for const in consts], strict=True))
    known.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return arithmetic.constant(np.asarray(atom.val)) if hasattr(atom, "val") else known[atom]

    for equation in jaxpr.eqns:
        values = [read(atom) for atom in equation.invars]
        name, params = equation.primitive.name, equation.params
        inner = params.get("jaxpr") or params.get("call_jaxpr")
        if inner is not None:
            results = _evaluate(inner.jaxpr, inner.consts, arithmetic, values)
        elif name in MOVES:
            results = [arithmetic.move(lambda *a, f=MOVES[name], p=params: f(p, *a), *values)]
        elif name == "split":
            ends = np.cumsum(params["sizes"])
            spans = [(end - size, end) for size, end in zip(params["sizes"], ends, strict=True)]
            take = [lambda a, span=span, p=params: np.take(a, range(*span), axis=p["axis"]) for span in spans]
            results = [arithmetic.move(part, *values) for part in take]
        elif name == "iota":
            index = np.arange(params["shape"][params["dimension"]])
            along = [1] * len(params["shape"])
            along[params["dimension"]] = -1
            results = [arithmetic.constant(np.broadcast_to(index.reshape(along), params["shape"]))]
        else:
            results = [arithmetic.compute(name, params, *values)]
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


# Primitives that move entries


def _broadcast_in_dim(params: dict[str, Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    shape = [1] * len(params["shape"])
    for source, target in enumerate(params["broadcast_dimensions"]):
        shape[target] = x.shape[source]
    return np.broadcast_to(x.reshape(shape), params["shape"])


def _slice(params: dict[str, Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    strides = params["strides"] or [1] * x.ndim
    index = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return x[tuple(slice(*bounds) for bounds in index)]


def _pad(params: dict[str, Any], x: np.ndarray[Any, Any], value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    config = params["padding_config"]
    shape = [low + size + high for size, (low, high, _) in zip(x.shape, config, strict=True)]
    padded = np.full(shape, value.item(), dtype=x.dtype)
    padded[tuple(slice(low, low + size) for size, (low, _, _) in zip(x.shape, config, strict=True))] = x
    return padded


def _select_n(_: dict[str, Any], which: np.ndarray[Any, Any], *cases: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.where(which.astype(bool), cases[1], cases[0])


MOVES: dict[str, Callable[..., np.ndarray[Any, Any]]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": lambda params, *arrays: np.concatenate(arrays, axis=params["dimension"]),
    "copy": lambda params, x: x,
    "pad": _pad,
    "reshape": lambda params, x: x.reshape(params["new_sizes"]),
    "rev": lambda params, x: np.flip(x, params["dimensions"]),
    "select_n": _select_n,
    "slice": _slice,
    "squeeze": lambda params, x: np.squeeze(x, tuple(params["dimensions"])),
    "stack": lambda params, *arrays: np.stack(arrays, axis=params["axis"]),
    "transpose": lambda params, x: np.transpose(x, params["permutation"]),
}


def contraction(params: dict[str, Any], a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """JAX's dot_general: batch axes first, then what is left of a, then what is left of b."""
    (contract_a, contract_b), (batch_a, batch_b) = params["dimension_numbers"]
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    axes_a = [next(letters) for _ in range(a.ndim)]
    axes_b = [next(letters) for _ in range(b.ndim)]
    for i, j in zip([*contract_a, *batch_a], [*contract_b, *batch_b], strict=True):
        axes_b[j] = axes_a[i]
    batch = [axes_a[i] for i in batch_a]
    summed = {axes_a[i] for i in contract_a}
    rest = [axis for axis in [*axes_a, *axes_b] if axis not in summed and axis not in batch]
    return np.einsum(f"{''.join(axes_a)},{''.join(axes_b)}->{''.join([*batch, *rest])}", a, b)
