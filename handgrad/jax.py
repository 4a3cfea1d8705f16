"""The formulas of the catalogue for JAX, which differentiates them by the rules worked out by hand.

Each function has the name, the arguments and the errors of handgrad's and returns JAX arrays. ``jax.grad``,
``jax.jacfwd``, ``jax.hessian``, ``jax.vmap``, ``jax.jit`` and ``jax.lax.scan`` take it, and its arrays may be sharded.

The first derivative by the arguments that the catalogue names is the ``_jvp`` of the formula, and higher ones are JAX's
of that. By other arrays, a target for one, derivatives are right as well; a function's docstring says whose they are.

>>> import jax
>>> from handgrad.jax import sigmoid
>>> float(jax.grad(sigmoid)(0.0))
0.25
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handgrad import _bridges
from handgrad._bridges import Library, Options, Rules, bridge
from handgrad.catalogue import FORMULAS

try:
    import jax
    import jax.numpy as jnp
    from jax.custom_derivatives import SymbolicZero
except ImportError as error:
    raise ImportError("handgrad.jax needs JAX: python -m pip install 'handgrad[jax]'", name="jax") from error

if TYPE_CHECKING:
    from handgrad._bridges import *  # noqa: F403 - the functions made below, as the type checker is to see them

__all__: list[str] = []
__all__ += _bridges.__all__


@functools.cache
def _differentiable(name: str, options: Options) -> Callable[..., jax.Array]:
    """A formula as a function of JAX arrays that carries the hand-written rule."""
    rules = Rules(name, options)

    def value(*arrays: jax.Array) -> jax.Array:
        return rules.value(*arrays)

    value.__name__ = value.__qualname__ = name  # what JAX calls it in its messages and traces

    def rule(primals: tuple[jax.Array, ...], tangents: tuple[Any, ...]) -> tuple[jax.Array, jax.Array]:
        by_hand, as_data = rules.split({i: dot for i, dot in enumerate(tangents) if type(dot) is not SymbolicZero})
        every_dot = [by_hand[i] if i in by_hand else jnp.zeros_like(primals[i]) for i in rules.by_hand]
        result, tangent = rules.jvp(*primals, *every_dot)
        if as_data:
            value_of, data = rules.of_data(primals, as_data)
            tangent = tangent + jax.jvp(value_of, (data,), (as_data,))[1]
        return result, tangent

    function = jax.custom_jvp(value)
    function.defjvp(rule, symbolic_zeros=True)
    return function


_JAX = Library(
    title="JAX",
    module=__name__,
    rule="_jvp",
    array=jax.Array,
    from_numpy=jnp.asarray,
    differentiable=_differentiable,
)

globals().update({formula.name: bridge(formula, _JAX) for formula in FORMULAS.values()})
