"""Linear maps, a layer as a function of its weights, the dense layer and the neuron (notes 0.1, 0.2, 1.3, 2.16)."""

import jax
import jax.numpy as jnp

from reference import activations, elementary

ACTIVATIONS = {
    "identity": activations.identity,
    "sigmoid": activations.sigmoid,
    "tanh": activations.tanh,
    "relu": activations.relu,
    "absolute": activations.absolute,
    "unit_step": activations.unit_step,
    "exp": elementary.exp,
    "log": elementary.log,
    "sin": elementary.sin,
    "cos": elementary.cos,
    "tan": elementary.tan,
}


def linear_map(B: jax.Array, w: jax.Array) -> jax.Array:
    """a = B w, notes (0.1)."""
    return B @ w


def outputs_matrix(o: jax.Array, k: int) -> jax.Array:
    """O = I_k ⊗ o^T, notes (0.2)."""
    return jnp.kron(jnp.eye(k, dtype=o.dtype), o[None, :])


def dense_of_weights(o: jax.Array, w: jax.Array) -> jax.Array:
    """a = O w with k outputs, k·n being the size of w, notes (0.2)."""
    return outputs_matrix(o, w.shape[0] // max(o.shape[0], 1)) @ w


def dense(x: jax.Array, W: jax.Array, b: jax.Array) -> jax.Array:
    """z = x W + b, notes (1.3)."""
    return x @ W + b


def neuron(x: jax.Array, w: jax.Array, b: jax.Array, *, activation: str = "sigmoid") -> jax.Array:
    """a = g(x^T w + b), notes (2.16)."""
    return ACTIVATIONS[activation](x @ w + b)
