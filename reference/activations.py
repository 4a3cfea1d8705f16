"""Activation functions (notes 0.3, 2.14, 3.9, 3.12)."""

import jax
import jax.numpy as jnp


def identity(z: jax.Array) -> jax.Array:
    """a = z, notes (3.9)."""
    return z


def sigmoid(z: jax.Array) -> jax.Array:
    """a = 1/(1 + e^-z), notes (0.3)."""
    return 1 / (1 + jnp.exp(-z))


def tanh(z: jax.Array) -> jax.Array:
    """a = tanh z, notes (2.14)."""
    return jnp.tanh(z)


def relu(z: jax.Array) -> jax.Array:
    """a = max(0, z), notes (2.14); `where` gives the derivative 1 at 0, where `maximum` gives JAX's 0.5."""
    return jnp.where(z < 0, 0, z)


def absolute(z: jax.Array) -> jax.Array:
    """a = |z|, notes (3.12); the inner `where` gives the derivative 0 at 0, where `abs` gives JAX's 1."""
    return jnp.where(z > 0, z, jnp.where(z < 0, -z, 0))


def unit_step(z: jax.Array) -> jax.Array:
    """a = 1 where z >= 0, else 0, notes (3.12)."""
    return jnp.where(z >= 0, 1.0, 0.0).astype(z.dtype)
