"""Networks: layers of any kind in a chain, and the multilayer perceptron (notes 1.3, 1.12, 4.4, 4.5)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from reference import layers, losses, probabilities

LAYERS = {**layers.ACTIVATIONS, "softmax": probabilities.softmax, "dense": layers.dense}

COSTS = {
    "euclidean_error": losses.euclidean_error,
    "sum_squared_error": losses.sum_squared_error,
    "mean_squared_error": losses.mean_squared_error,
    "mean_binary_cross_entropy": losses.mean_binary_cross_entropy,
    "categorical_cross_entropy": losses.categorical_cross_entropy,
    "softmax_cross_entropy": probabilities.softmax_cross_entropy,
}


def _mean_sigmoid_cross_entropy(y: jax.Array, z: jax.Array) -> jax.Array:
    return jnp.sum(probabilities.sigmoid_cross_entropy(y, z)) / y.shape[0]


# The loss of one sample; a batch has the mean of these.
LOSSES = {
    "sum_squared_error": losses.sum_squared_error,
    "mean_categorical_cross_entropy": losses.categorical_cross_entropy,
    "softmax_cross_entropy": probabilities.softmax_cross_entropy,
    "mean_squared_error": losses.mean_squared_error,
    "mean_binary_cross_entropy": losses.mean_binary_cross_entropy,
    "sigmoid_cross_entropy": _mean_sigmoid_cross_entropy,
}


def chain(names: Sequence[str], parameters: Sequence[Sequence[jax.Array]], x: jax.Array) -> jax.Array:
    """y^r = f^r(y^{r-1}, θ^r) for r = 1 … L, notes (4.4)."""
    y = x
    for name, theta in zip(names, parameters, strict=True):
        y = LAYERS[name](y, *theta)
    return y


def chain_cost(
    names: Sequence[str], parameters: Sequence[Sequence[jax.Array]], cost: str, x: jax.Array, target: jax.Array
) -> jax.Array:
    """E = g(y^L, y), notes (4.5)."""
    return COSTS[cost](target, chain(names, parameters, x))


def mlp(W: Sequence[jax.Array], b: Sequence[jax.Array], x: jax.Array, activations: Sequence[str]) -> jax.Array:
    """a^(m) = f(W^(m)T a^(m-1) + b^(m)) for m = 1 … M, of one sample, notes (1.3)."""
    a = x
    for W_m, b_m, name in zip(W, b, activations, strict=True):
        a = LAYERS[name](a @ W_m + b_m)
    return a


def mlp_loss(
    W: Sequence[jax.Array],
    b: Sequence[jax.Array],
    x: jax.Array,
    y: jax.Array,
    activations: Sequence[str],
    loss: str = "sum_squared_error",
) -> jax.Array:
    """J0(y, a^(M)) of one sample, or J = (1/N) Σ_i J0_i of a batch, notes (2.17)."""

    def J0(x: jax.Array, y: jax.Array) -> jax.Array:
        return LOSSES[loss](y, mlp(W, b, x, activations))

    return J0(x, y) if x.ndim == 1 else jnp.sum(jax.vmap(J0)(x, y)) / x.shape[0]
