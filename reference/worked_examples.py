"""The small examples of note 3 (3.1-3.7, 3.10)."""

import jax
import jax.numpy as jnp


def example_3_1(x: jax.Array) -> jax.Array:
    """y = x² ln x², notes (3.1); the double `where` settles 0·ln 0 as its limit, with JAX's derivative 0."""
    square = jnp.where(x == 0, 1, x**2)
    return jnp.where(x == 0, 0, square * jnp.log(square))


def example_3_2(x: jax.Array) -> jax.Array:
    """y = x_1² + x_1 ln x_2 + e^(x_2 x_3) + 2x_3, notes (3.2)."""
    x1, x2, x3 = x
    return x1**2 + x1 * jnp.log(x2) + jnp.exp(x2 * x3) + 2 * x3


def example_3_3(x: jax.Array) -> jax.Array:
    """y = (3x² + x, e^x, ln x), notes (3.3)."""
    return jnp.array([3 * x**2 + x, jnp.exp(x), jnp.log(x)])


def example_3_4(x: jax.Array) -> jax.Array:
    """y = (x_1 + x_2 x_3 + x_1 x_3, x_1² + 2x_3), notes (3.4)."""
    x1, x2, x3 = x
    return jnp.array([x1 + x2 * x3 + x1 * x3, x1**2 + 2 * x3])


def example_3_5(X: jax.Array) -> jax.Array:
    """y = Σ_ij x_ij, notes (3.5)."""
    return jnp.sum(X)


def example_3_6(x: jax.Array) -> jax.Array:
    """Y = [[cos x, sin x], [e^x, tanh x]], notes (3.6)."""
    return jnp.array([[jnp.cos(x), jnp.sin(x)], [jnp.exp(x), jnp.tanh(x)]])


def example_3_7(X: jax.Array) -> jax.Array:
    """y = (Σ x_ij, x_1 x_5 x_6, x_2 x_4, x_3 x_4 x_5), notes (3.7)."""
    (x1, x2, x3), (x4, x5, x6) = X
    return jnp.array([jnp.sum(X), x1 * x5 * x6, x2 * x4, x3 * x4 * x5])


def sum_of_sines(x: jax.Array, W: jax.Array) -> jax.Array:
    """L = 1^T sin(W^T x), notes (3.10)."""
    return jnp.sum(jnp.sin(W.T @ x))
