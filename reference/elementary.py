"""Elementary functions (notes 3.12)."""

import jax
import jax.numpy as jnp


def exp(z: jax.Array) -> jax.Array:
    """a = e^z, notes (3.12)."""
    return jnp.exp(z)


def log(z: jax.Array) -> jax.Array:
    """a = ln z, notes (3.12)."""
    return jnp.log(z)


def sin(z: jax.Array) -> jax.Array:
    """a = sin z, notes (3.12)."""
    return jnp.sin(z)


def cos(z: jax.Array) -> jax.Array:
    """a = cos z, notes (3.12)."""
    return jnp.cos(z)


def tan(z: jax.Array) -> jax.Array:
    """a = tan z, notes (3.12)."""
    return jnp.tan(z)
