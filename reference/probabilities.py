"""Softmax, the sum it divides by, and the fused cross-entropies (notes 2.27-2.32)."""

import jax
import jax.numpy as jnp

from reference import activations, losses


def sum_exp(l: jax.Array) -> jax.Array:
    """S = Σ_k e^l_k, notes (2.28)."""
    return jnp.sum(jnp.exp(l))


def softmax(l: jax.Array) -> jax.Array:
    """p_i = e^l_i / S, notes (2.27)."""
    return jnp.exp(l) / jnp.sum(jnp.exp(l))


def softmax_cross_entropy(y: jax.Array, l: jax.Array) -> jax.Array:
    """J = -Σ_k y_k log p_k at p = softmax(l), notes (2.23, 2.27)."""
    return losses.categorical_cross_entropy(y, softmax(l))


def sigmoid_cross_entropy(y: jax.Array, z: jax.Array) -> jax.Array:
    """J = -[y log ŷ + (1 - y) log(1 - ŷ)] at ŷ = σ(z), notes (0.3, 2.21)."""
    return losses.binary_cross_entropy(y, activations.sigmoid(z))
