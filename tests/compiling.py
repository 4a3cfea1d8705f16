"""JAX functions compiled for few calls: once for each structure, and without what XLA spends most of its time on.

The truths of these tests are called a few times each, so the compiler's optimisation would take longer than all the
rest. Without it, and without fused loops, it takes a fifth of the time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax

QUICKLY: list[dict[str, bool | int]] = [
    {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False},
    {"xla_backend_optimization_level": 0},
]


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function of arrays, or of trees of arrays, compiled at the first call with a structure."""
    traced, ready = jax.jit(function), {}

    def call(*args: Any) -> Any:
        leaves, tree = jax.tree.flatten(args)
        structure = tree, *((leaf.shape, str(leaf.dtype)) for leaf in leaves)
        if structure not in ready:
            ready[structure] = _compiled(traced.lower(*args))
        return ready[structure](*args)

    return call


def _compiled(lowered: Any) -> Callable[..., Any]:
    for options in QUICKLY:
        try:
            return lowered.compile(options)
        except RuntimeError as error:  # another XLA, with other options
            if "No such compile option" not in str(error):
                raise
    return lowered.compile()
