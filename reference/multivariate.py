"""Functions of several variables with one number as value (notes 2.1-2.6, 2.12)."""

import jax
import jax.numpy as jnp


def addition(x: jax.Array, y: jax.Array) -> jax.Array:
    """z = x + y, notes (2.1)."""
    return x + y


def sum_of_squares(x: jax.Array, y: jax.Array) -> jax.Array:
    """z = x² + y², notes (2.2)."""
    return x**2 + y**2


def product(x: jax.Array, y: jax.Array) -> jax.Array:
    """z = xy, notes (2.3)."""
    return x * y


def mean(x: jax.Array) -> jax.Array:
    """z = (1/n) Σ_i x_i, notes (2.4)."""
    return jnp.sum(x) / x.shape[0]


def mean_square(x: jax.Array) -> jax.Array:
    """z = (1/n) Σ_i x_i², notes (2.5)."""
    return jnp.sum(x**2) / x.shape[0]


def affine(x: jax.Array, w: jax.Array, b: jax.Array) -> jax.Array:
    """z = x^T w + b, notes (2.6)."""
    return x @ w + b


def dot(u: jax.Array, v: jax.Array) -> jax.Array:
    """z = u^T v, notes (2.12)."""
    return u @ v
