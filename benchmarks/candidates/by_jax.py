"""The same four derivatives in JAX, held against differences by ``jax.test_util.check_grads``; prints seconds."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads

jax.config.update("jax_enable_x64", True)
Residuals = tuple[jax.Array, ...]


@jax.custom_vjp
def sigmoid(z: jax.Array) -> jax.Array:
    """The sigmoid."""
    return 1 / (1 + jnp.exp(-z))


@jax.custom_vjp
def tanh(z: jax.Array) -> jax.Array:
    """The hyperbolic tangent."""
    return jnp.tanh(z)


@jax.custom_vjp
def softmax(l: jax.Array) -> jax.Array:
    """Softmax."""
    e = jnp.exp(l - jnp.max(l, axis=-1, keepdims=True))
    return e / jnp.sum(e, axis=-1, keepdims=True)


@jax.custom_vjp
def dense(x: jax.Array, W: jax.Array, b: jax.Array) -> jax.Array:
    """A dense layer."""
    return x @ W + b


def _softmax_bwd(p: jax.Array, p_bar: jax.Array) -> Residuals:
    return (p * (p_bar - jnp.sum(p_bar * p, axis=-1, keepdims=True)),)


def _dense_bwd(residuals: Residuals, z_bar: jax.Array) -> Residuals:
    x, W = residuals
    return z_bar @ W.T, x.T @ z_bar, z_bar.sum(axis=0)


def _keeps_output(function: Any) -> Any:
    return lambda z: (function(z), function(z))


sigmoid.defvjp(_keeps_output(sigmoid), lambda a, a_bar: (a_bar * a * (1 - a),))
tanh.defvjp(_keeps_output(tanh), lambda a, a_bar: (a_bar * (1 - a**2),))
softmax.defvjp(_keeps_output(softmax), _softmax_bwd)
dense.defvjp(lambda x, W, b: (x @ W + b, (x, W)), _dense_bwd)


def main() -> None:
    """Check all four."""
    draw = np.random.default_rng(0).normal
    rows = draw(size=(4, 3))
    start = time.perf_counter()
    for function in (sigmoid, tanh, softmax):
        check_grads(function, (rows,), order=1, modes=("rev",))
    check_grads(dense, (rows, draw(size=(3, 2)), draw(size=2)), order=1, modes=("rev",))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
