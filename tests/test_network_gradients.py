"""The value and the gradients of a network equal what JAX derives from the forward pass, as does training by them."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import handgrad
from handgrad.backprop import _COSTS, _LOSSES
from reference import backprop as reference
from tests.chains import COSTS
from tests.compiling import compiled
from tests.exact import exact
from tests.networks import (
    EVERYWHERE,
    LAST,
    ON_KINKS,
    ON_STEPS,
    RECTANGULAR,
    SMALLEST,
    SQUARE,
    Network,
    Real,
    check_gradients,
    hand_preactivations,
    networks,
)

each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


@pytest.mark.parametrize(("dtype", "examples"), [("float64", 25), ("float32", 4)])
def test_gradients_of_random_networks_equal_jax(dtype: str, examples: int) -> None:
    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(networks(dtype=dtype))
    def on_random_networks(network: Network) -> None:
        compared = [check_gradients(seeded) for seeded in network.seeded()]
        hypothesis.assume(any(compared))

    on_random_networks()


@each_dtype
@pytest.mark.parametrize(
    "network", [SMALLEST, dataclasses.replace(SMALLEST, batch=None), RECTANGULAR, SQUARE, ON_KINKS, ON_STEPS], ids=str
)
def test_gradients_of_telling_networks_equal_jax(network: Network, dtype: str) -> None:
    assert check_gradients(dataclasses.replace(network, dtype=dtype))


@pytest.mark.parametrize(("loss", "last"), [(loss, last) for loss in LAST for last in LAST[loss]])
def test_gradients_of_every_loss_after_every_activation_equal_jax(loss: str, last: str) -> None:
    assert check_gradients(Network((2, 3), (last,), loss, batch=2, seed=3))


@pytest.mark.parametrize("network", [ON_KINKS, ON_STEPS], ids=["kinks", "steps"])
def test_kinks_are_met(network: Network) -> None:
    n = hand_preactivations(network.activations, *network.arrays()[:3])
    assert all(np.any(n_m == 0) and np.any(n_m != 0) for n_m in n)


def test_the_draws_cover_every_loss_and_cost() -> None:
    assert set(LAST) == set(_LOSSES)
    assert {*COSTS, "mean_categorical_cross_entropy"} == set(_COSTS)


# Training


@pytest.mark.parametrize(
    ("activations", "loss"),
    [
        (("tanh", "sigmoid", "identity"), "sum_squared_error"),
        (("relu", "sin", "softmax"), "mean_categorical_cross_entropy"),
        (("sigmoid", "absolute", "sigmoid"), "mean_binary_cross_entropy"),
        (("cos", "tanh", "identity"), "softmax_cross_entropy"),
    ],
)
def test_training_stays_with_jax_for_200_steps(activations: tuple[str, ...], loss: str) -> None:
    @compiled
    def jax_step(theta: Any, x: Any, y: Any) -> Any:
        slopes = jax.grad(reference.mlp_loss, (0, 1))(*theta, x, y, activations=activations, loss=loss)
        return jax.tree.map(lambda parameter, slope: parameter - 0.1 * slope, theta, slopes)

    for seed in range(3):
        W, b, x, y = Network((3, 4, 5, 2), activations, loss, batch=8, seed=seed).arrays()
        start = (W, b)
        expected = start
        losses = []
        for _ in range(200):
            J, dW, db = handgrad.mlp_gradients(W, b, x, y, activations, loss)
            W, b = handgrad.sgd_step(W, b, dW, db, 0.1)
            expected = jax_step(expected, x, y)
            losses.append(J)
        assert losses[-1] < losses[0]
        for found, true, first in zip(*map(jax.tree.leaves, ((W, b), expected, start)), strict=True):
            # Relative to the terms of the sum that the parameter is: where it began, and how far it went.
            assert np.all(np.abs(found - true) <= 1e-9 * (np.abs(first) + np.abs(found - first)))
            assert np.any(found != first)


def test_a_step_is_the_rule_of_each_parameter() -> None:
    W, b, x, y = RECTANGULAR.arrays()
    _, dW, db = handgrad.mlp_gradients(W, b, x, y, RECTANGULAR.activations)
    new_W, new_b = handgrad.sgd_step(W, b, dW, db, 0.25)
    for old, gradient, new in zip([*W, *b], [*dW, *db], [*new_W, *new_b], strict=True):
        np.testing.assert_array_equal(new, old - 0.25 * gradient)


def saturated(activations: tuple[str, ...], loss: str, seed: int) -> tuple[list[Real], list[Real], Real, Real]:
    """A network whose last pre-activations reach 1000 in size, with one-hot targets."""
    W, b, x, _ = Network((3, 4, 3), activations, loss, batch=6, seed=seed).arrays()
    a = handgrad.mlp(W[:1], b[:1], x, activations[:1])
    n = a @ W[1] + b[1]
    factor = 1000 / np.abs(n).max()
    y = np.eye(3)[np.random.default_rng(seed).integers(0, 3, 6)]
    return [W[0], W[1] * factor], [b[0], b[1] * factor], x, y


@hypothesis.settings(max_examples=25)
@hypothesis.given(
    st.sampled_from(EVERYWHERE),
    st.sampled_from(
        [
            ("softmax", "mean_categorical_cross_entropy"),
            ("sigmoid", "mean_binary_cross_entropy"),
            ("sigmoid", "sum_squared_error"),
            ("tanh", "mean_squared_error"),
            ("identity", "softmax_cross_entropy"),
            ("identity", "sigmoid_cross_entropy"),
        ]
    ),
    st.integers(0, 2**32),
)
def test_a_saturated_network_has_finite_gradients(hidden: str, pair: tuple[str, str], seed: int) -> None:
    last, loss = pair
    W, b, x, y = saturated((hidden, last), loss, seed)
    J, dW, db = handgrad.mlp_gradients(W, b, x, y, [hidden, last], loss)
    assert all(np.all(np.isfinite(found)) for found in (J, *dW, *db))
    fused = {"softmax": "softmax_cross_entropy", "sigmoid": "sigmoid_cross_entropy"}.get(last)
    if loss.endswith("cross_entropy") and fused:
        same = handgrad.mlp_gradients(W, b, x, y, [hidden, "identity"], fused)
        for found, expected in zip(jax.tree.leaves((J, dW, db)), jax.tree.leaves(same), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("last", "loss"), [("softmax", "mean_categorical_cross_entropy"), ("sigmoid", "mean_binary_cross_entropy")]
)
def test_saturated_gradients_are_true(last: str, loss: str) -> None:
    # What JAX derives is 0/0 here, and right in mpmath.
    W, b, x, y = saturated(("tanh", last), loss, seed=4)
    activations = ("tanh", last)
    _, (dW_0, dW_1), (db_0, db_1) = handgrad.mlp_gradients(W, b, x, y, activations, loss)
    flat = [array[None] for array in (*W, *b, x, y)]

    def of_stacks(W_0: Any, W_1: Any, b_0: Any, b_1: Any, x: Any, y: Any) -> Any:
        def J(W: Any, b: Any) -> Any:
            return reference.mlp_loss(W, b, x[0], y[0], activations, loss)

        J_value, (dW, db) = jax.value_and_grad(J, (0, 1))([W_0[0], W_1[0]], [b_0[0], b_1[0]])
        return [value[None] for value in (*dW, *db, jnp.reshape(J_value, (1,)))]

    for found, true in zip([dW_0, dW_1, db_0, db_1], exact(of_stacks, *flat), strict=False):
        assert np.any(found != 0)
        # n of size 1000 is itself rounded, and a gradient follows it in relative terms.
        true = np.asarray(true[0], float)
        np.testing.assert_allclose(found, true, rtol=1e-11, atol=0)
