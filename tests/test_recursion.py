"""Sensitivities, deltas, layers and their chains equal what JAX derives from the definitions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import handgrad
from reference import backprop as reference
from reference import layers as reference_layers
from tests.chains import LONGEST, Chain, chains, check_chain
from tests.networks import (
    EVERYWHERE,
    ON_KINKS,
    RECTANGULAR,
    Named,
    Network,
    autodiff,
    check_recursion,
    compare,
    networks,
)

each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


@pytest.mark.parametrize(("dtype", "examples"), [("float64", 6), ("float32", 2)])
def test_sensitivities_deltas_and_jacobians_equal_jax(dtype: str, examples: int) -> None:
    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(networks("sum_squared_error", dtype))
    def on_random_networks(network: Network) -> None:
        compared = [check_recursion(seeded) for seeded in network.seeded()]
        hypothesis.assume(any(compared))

    assert check_recursion(dataclasses.replace(RECTANGULAR, dtype=dtype))
    assert check_recursion(dataclasses.replace(ON_KINKS, dtype=dtype))
    on_random_networks()


@hypothesis.settings(max_examples=50)
@hypothesis.given(networks("sum_squared_error"))
def test_sensitivities_are_the_deltas_of_the_squared_error_and_give_the_gradients(network: Network) -> None:
    network = dataclasses.replace(network, batch=None)
    W, b, x, y = network.arrays()
    s = handgrad.sensitivities(W, b, x, y, network.activations)
    a_bar = -2 * (y - handgrad.mlp(W, b, x, network.activations))
    delta, _ = handgrad.deltas(W, b, x, a_bar, network.activations)
    _, dW, db = handgrad.mlp_gradients(W, b, x, y, network.activations)
    a = [handgrad.mlp(W[:m], b[:m], x, network.activations[:m]) if m else x for m in range(len(W))]
    for m, s_m in enumerate(s):
        np.testing.assert_array_equal(s_m, delta[m])
        for found, expected in zip(handgrad.sensitivity_gradients(a[m], s_m), (dW[m], db[m]), strict=True):
            np.testing.assert_array_equal(found, expected)


@each_dtype
@hypothesis.settings(max_examples=5)
@hypothesis.given(
    st.integers(1, 5), st.integers(1, 5), st.sampled_from([(), (1,), (3,), (2, 2)]), st.integers(0, 2**32)
)
def test_the_gradients_of_a_layer_from_its_sensitivity(
    dtype: str, n: int, k: int, batch: tuple[int, ...], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    a, s = (generator.normal(size=(*batch, size)).astype(dtype) for size in (n, k))

    def by_definition(a: Any, s: Any) -> Named:
        def weighted(W: Any, b: Any) -> Any:
            return jnp.sum(reference_layers.dense(a, W, b) * s)

        dW, db = jax.grad(weighted, (0, 1))(jnp.ones((n, k), a.dtype), jnp.ones(k, a.dtype))
        return {"W": dW, "b": db}

    dW, db = handgrad.sensitivity_gradients(a, s)
    compare({"W": dW, "b": db}, *autodiff(by_definition, a, s))


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "sin"])
@hypothesis.settings(max_examples=5)
@hypothesis.given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([(), (1,), (3,)]), st.integers(0, 2**32))
def test_the_gradient_by_the_stacked_weights(
    activation: str, n: int, k: int, batch: tuple[int, ...], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    o, w, o_bar = (generator.normal(size=shape) for shape in ((*batch, n), (k * n,), (*batch, k)))
    a = handgrad.dense_of_weights(o, w)
    found = handgrad.stacked_weights_gradient(o, a, o_bar, activation=activation)

    def of_one(o: Any, w: Any, o_bar: Any) -> Any:
        g = reference_layers.ACTIVATIONS[activation]
        return jax.grad(lambda w: o_bar @ g(reference_layers.outputs_matrix(o, k) @ w))(w)[None, :]

    def by_definition(o: Any, w: Any, o_bar: Any) -> Named:
        return {"w": jax.vmap(of_one, (0, None, 0))(o, w, o_bar) if batch else of_one(o, w, o_bar)}

    truth, bounds = autodiff(by_definition, o, w, o_bar)
    compare({"w": found}, truth, bounds)
    # The note's product: a row, the diagonal Jacobian of the activation, the matrix of outputs.
    jacobian = getattr(handgrad, f"{activation}_jacobian")(a)
    printed = o_bar[..., None, :] @ jacobian @ handgrad.outputs_matrix(o, k)
    compare({"w": printed}, {"w": found}, bounds)
    if activation == "sigmoid":  # the one of the note
        np.testing.assert_array_equal(handgrad.stacked_weights_gradient(o, a, o_bar), found)


# Chains of layers


@pytest.mark.parametrize(("dtype", "examples"), [("float64", 12), ("float32", 3)])
def test_pullbacks_and_jacobians_give_the_gradients_of_jax(dtype: str, examples: int) -> None:
    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(chains(dtype))
    def on_random_chains(chain: Chain) -> None:
        compared = [check_chain(seeded) for seeded in chain.seeded()]
        hypothesis.assume(any(compared))

    assert check_chain(dataclasses.replace(LONGEST, dtype=dtype))
    on_random_chains()


def test_a_mean_over_the_batch_is_a_cost_too() -> None:
    parameters, x, target = dataclasses.replace(LONGEST, batch=4).arrays()
    layers = [handgrad.layer(name, *theta) for name, theta in zip(LONGEST.names, parameters, strict=True)]
    mean, by_mean = handgrad.backpropagate(layers, "mean_categorical_cross_entropy", x, target)
    E, by_sum = handgrad.backpropagate(layers, "categorical_cross_entropy", x, target)
    # A division by 4 rounds nothing.
    np.testing.assert_array_equal(mean, np.sum(E) / 4)
    for theta, summed in zip(by_mean, by_sum, strict=True):
        for found, expected in zip(theta, summed, strict=True):
            np.testing.assert_array_equal(found, expected / 4)


def test_the_distance_to_a_target_that_is_met_has_no_gradient() -> None:
    parameters, x, _ = Chain(("dense", "tanh", "dense"), (2, 3, 4), "euclidean_error").arrays()
    layers = [handgrad.layer(name, *theta) for name, theta in zip(("dense", "tanh", "dense"), parameters, strict=True)]
    met = handgrad.mlp(
        [parameters[0][0], parameters[2][0]], [parameters[0][1], parameters[2][1]], x, ["tanh", "identity"]
    )
    for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians):
        E, gradients = form(layers, "euclidean_error", x, met)
        assert E == 0
        assert all(np.all(gradient == 0) for gradient in jax.tree.leaves(gradients))


def test_a_layer_and_a_cost_of_ones_own() -> None:
    def scale_vjp(y: Any, c: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
        return c * y, lambda z_bar: (c * z_bar, np.sum(z_bar * y))

    def scale_jacobian(y: Any, c: Any) -> tuple[Any, Any]:
        return c * np.eye(y.shape[0]), y

    def sum_vjp(_: Any, y: Any) -> tuple[Any, Callable[[Any], Any]]:
        return np.sum(y), lambda E_bar: E_bar * np.ones_like(y)

    layers = [handgrad.Layer(scale_vjp, scale_jacobian, (np.asarray(3.0),)), handgrad.layer("identity")]
    for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians):
        E, ((c_bar,), none) = form(layers, sum_vjp, np.asarray([1.0, 2.0]), np.zeros(2))
        assert (E, c_bar, none) == (9.0, 3.0, ())


@pytest.mark.parametrize("name", ["dense", "softmax", *EVERYWHERE])
def test_the_jacobian_of_a_layer_equals_jax(name: str) -> None:
    names = ("dense",) if name == "dense" else (name,)
    chain = Chain(names, (3, 2) if name == "dense" else (3,), "sum_squared_error", seed=5)
    (theta,), x, _ = chain.arrays()
    if name == "tan":
        x = x / 4

    def by_definition(x: Any, theta: list[Any]) -> Named:
        parts = jax.jacrev(lambda x, theta: reference.LAYERS[name](x, *theta), (0, 1))(x, theta)
        return {"J": jnp.concatenate([part.reshape(part.shape[0], -1) for part in jax.tree.leaves(parts)], axis=1)}

    J = handgrad.layer_jacobian(handgrad.layer(name, *theta), x)
    assert J.shape == ((2, 3 + 6 + 2) if name == "dense" else (3, 3))
    compare({"J": J}, *autodiff(by_definition, x, theta))
