"""Losses (notes 1.12, 2.17-2.26, 4.5)."""

import jax
import jax.numpy as jnp


def _times_log(y: jax.Array, x: jax.Array) -> jax.Array:
    """y log x with 0 log 0 = 0; the inner `where` keeps JAX's derivative there from being nan."""
    both_zero = (y == 0) & (x == 0)
    return jnp.where(both_zero, 0, y * jnp.log(jnp.where(both_zero, 1, x)))


def squared_error(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J0 = (y - ŷ)², notes (2.19)."""
    return (y - y_hat) ** 2


def sum_squared_error(y: jax.Array, a: jax.Array) -> jax.Array:
    """J = (y - a)^T (y - a), notes (1.12)."""
    return (y - a) @ (y - a)


def mean_squared_error(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J = (1/N) Σ_i (y_i - ŷ_i)², notes (2.20)."""
    return jnp.sum((y - y_hat) ** 2) / y.shape[0]


def binary_cross_entropy(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J = -[y log ŷ + (1 - y) log(1 - ŷ)], notes (2.21)."""
    return -(_times_log(y, y_hat) + _times_log(1 - y, 1 - y_hat))


def mean_binary_cross_entropy(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J = (1/N) Σ_i J0_i, notes (2.22)."""
    return jnp.sum(binary_cross_entropy(y, y_hat)) / y.shape[0]


def categorical_cross_entropy(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J = -Σ_k y_k log ŷ_k, notes (2.23)."""
    return -jnp.sum(_times_log(y, y_hat))


def mean_categorical_cross_entropy(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J = -(1/N) Σ_j Σ_k y_jk log ŷ_jk, notes (2.26)."""
    return -jnp.sum(_times_log(y, y_hat)) / y.shape[0]


def label_cross_entropy(label: jax.Array, y_hat: jax.Array) -> jax.Array:
    """J = -log ŷ_label, notes (2.25)."""
    return -jnp.log(jnp.sum(jnp.where(jnp.arange(y_hat.shape[0]) == label, y_hat, 0)))


def batch_mean(losses: jax.Array) -> jax.Array:
    """J = (1/N) Σ_i losses_i, notes (2.17)."""
    return jnp.sum(losses) / losses.shape[0]


def euclidean_error(y: jax.Array, y_hat: jax.Array) -> jax.Array:
    """E = ‖ŷ - y‖, notes (4.5); the double `where` gives the derivative 0 at ŷ = y, where the root alone gives nan."""
    square = jnp.sum((y_hat - y) ** 2)
    return jnp.where(square == 0, 0, jnp.sqrt(jnp.where(square == 0, 1, square)))
