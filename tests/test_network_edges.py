"""What the functions for networks owe their callers: empty batches, memory, dtypes, and other libraries."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import handgrad
from tests.chains import LONGEST, check_chain, hand_chain
from tests.compiling import compiled
from tests.networks import (
    LAST,
    NEEDS_PROBABILITIES,
    RECTANGULAR,
    Named,
    Network,
    check_gradients,
    check_recursion,
    hand_gradients,
    hand_recursion,
    recursion_arrays,
)

each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


# Edges


@pytest.mark.parametrize(("loss", "last"), [(loss, last) for loss in LAST for last in LAST[loss]])
def test_an_empty_batch(loss: str, last: str) -> None:
    network = Network((3, 4, 2), ("tanh", last), loss, batch=0)
    W, b, x, y = network.arrays()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        J, dW, db = handgrad.mlp_gradients(W, b, x, y, network.activations, loss)
        assert handgrad.mlp(W, b, x, network.activations).shape == (0, 2)
    assert np.isnan(J)
    for found, parameter in zip([*dW, *db], [*W, *b], strict=True):
        np.testing.assert_array_equal(found, np.zeros_like(parameter))


def test_the_recursion_of_an_empty_batch() -> None:
    W, b, x, y, y_bar = recursion_arrays(dataclasses.replace(RECTANGULAR, batch=0))
    found = hand_recursion(RECTANGULAR.activations, W, b, x, y, y_bar)
    for m, width in enumerate(RECTANGULAR.widths[1:], start=1):
        assert {found[f"{name}^{m}"].shape for name in "nsδe"} == {(0, width)}
    assert [found[f"∂n/∂n^{m}"].shape for m in (1, 2)] == [(0, 3, 4), (0, 5, 3)]
    layers = [handgrad.layer("dense", W[0], b[0]), handgrad.layer("tanh")]
    E, ((dW, db), ()) = handgrad.backpropagate(layers, "sum_squared_error", x, np.ones((0, 4)))
    assert E.shape == (0,)
    np.testing.assert_array_equal(dW, np.zeros((2, 4)))
    np.testing.assert_array_equal(db, np.zeros(4))


# What every function owes its callers


def every_call(W: Any, b: Any, x: Any, y: Any, y_bar: Any) -> dict[str, Any]:
    """All results of all functions, for networks with the activations of RECTANGULAR."""
    activations = RECTANGULAR.activations
    names, parameters = [], []
    for W_m, b_m, name in zip(W, b, activations, strict=True):
        names += ["dense", name]
        parameters += [[W_m, b_m], []]
    layers = [handgrad.layer(name, *theta) for name, theta in zip(names, parameters, strict=True)]
    gradients = handgrad.mlp_gradients(W, b, x, y, activations)
    found = {
        "mlp": handgrad.mlp(W, b, x, activations),
        "mlp, identity": handgrad.mlp(W, b, x, ["identity"] * 3),
        "mlp, softmax": handgrad.mlp(W, b, x, ["identity"] * 2 + ["softmax"]),
        "mlp_gradients": gradients,
        "sgd_step": handgrad.sgd_step(W, b, *gradients[1:], 0.25),
        "sensitivities": handgrad.sensitivities(W, b, x, y, activations),
        "deltas": handgrad.deltas(W, b, x, y_bar, activations),
        "deltas, identity": handgrad.deltas(W, b, x, y_bar, ["identity"] * 3),
        "preactivation_jacobians": handgrad.preactivation_jacobians(W, b, x, activations),
        "sensitivity_gradients": handgrad.sensitivity_gradients(x, y_bar),
        "stacked_weights_gradient": handgrad.stacked_weights_gradient(x, y, y_bar, activation="sin"),
        "backpropagate": handgrad.backpropagate(layers, "sum_squared_error", x, y),
        "backpropagate, no parameters": handgrad.backpropagate(
            [handgrad.layer("identity")], "euclidean_error", y, y_bar
        ),
    }
    if len(x.shape) == 1:
        found |= {
            "backpropagate_by_jacobians": handgrad.backpropagate_by_jacobians(layers, "sum_squared_error", x, y),
            "layer_jacobian": handgrad.layer_jacobian(layers[0], x),
            "layer_jacobian, identity": handgrad.layer_jacobian(handgrad.layer("identity"), x),
        }
    for loss in LAST:
        last = "sigmoid" if loss in NEEDS_PROBABILITIES else "identity"
        found[f"mlp_gradients, {loss}"] = handgrad.mlp_gradients(W, b, x, y, ["cos", "sin", last], loss)
    return found


both_kinds = pytest.mark.parametrize("batch", [None, 3])


@both_kinds
@each_dtype
def test_arguments_are_left_alone_and_results_are_the_callers_own(batch: int | None, dtype: str) -> None:
    given = recursion_arrays(dataclasses.replace(RECTANGULAR, batch=batch, dtype=dtype))
    arrays = jax.tree.leaves(given)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    W, b = list(given[0]), list(given[1])
    found = every_call(W, b, *given[2:])
    assert all(one is other for one, other in zip(W + b, [*given[0], *given[1]], strict=True))
    for name, results in found.items():
        leaves = jax.tree.leaves(results)
        for i, result in enumerate(leaves):
            assert result.dtype == dtype, name
            if isinstance(result, np.generic):  # a number of its own
                continue
            assert type(result) is np.ndarray, name
            assert result.flags.writeable, name
            assert not any(np.shares_memory(result, other) for other in [*arrays, *leaves[:i]]), name
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(("batch", "dtype"), [(None, "float32"), (3, "float64")])
def test_jax_arrays_stay_jax_arrays_under_jit(batch: int | None, dtype: str) -> None:
    network = dataclasses.replace(RECTANGULAR, batch=batch, dtype=dtype)
    given = jax.tree.map(jnp.asarray, recursion_arrays(network))
    activations, loss = network.activations, network.loss

    @compiled
    def everything(W: list[Any], b: list[Any], x: Any, y: Any, y_bar: Any) -> dict[str, Any]:
        return {
            "all": every_call(W, b, x, y, y_bar),
            "gradients": hand_gradients(activations, loss, W, b, x, y),
            "recursion": hand_recursion(activations, W, b, x, y, y_bar),
        }

    found, expected = everything(*given), every_call(*recursion_arrays(network))
    assert jax.tree.structure(found["all"]) == jax.tree.structure(expected)
    for result, other in zip(jax.tree.leaves(found["all"]), jax.tree.leaves(expected), strict=True):
        assert isinstance(result, jax.Array)
        assert result.dtype == other.dtype
    assert check_gradients(network, lambda *_: found["gradients"])
    assert check_recursion(network, lambda *_: found["recursion"])


def test_numpy_data_goes_with_parameters_of_jax_under_jit() -> None:
    parameters, x, target = LONGEST.arrays()
    hand = functools.partial(hand_chain, handgrad.backpropagate_by_jacobians, LONGEST.names, LONGEST.cost)
    found = compiled(lambda parameters: hand(parameters, x, target))(parameters)
    assert check_chain(LONGEST, lambda *_: found)


def test_lists_adopt_the_dtype_of_the_parameters() -> None:
    parameters, x, target = dataclasses.replace(LONGEST, dtype="float32").arrays()
    layers = [handgrad.layer(name, *theta) for name, theta in zip(LONGEST.names, parameters, strict=True)]
    for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians):
        found = form(layers, LONGEST.cost, x.tolist(), target.tolist())
        assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {np.dtype(np.float32)}
    W, b, x, y = dataclasses.replace(RECTANGULAR, dtype="float32").arrays()
    found = handgrad.mlp_gradients(W, b, x.tolist(), y.tolist(), RECTANGULAR.activations)
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {np.dtype(np.float32)}
    of_lists = handgrad.mlp_gradients(
        [W_m.tolist() for W_m in W], [b_m.tolist() for b_m in b], x.tolist(), y.tolist(), RECTANGULAR.activations
    )
    assert {leaf.dtype for leaf in jax.tree.leaves(of_lists)} == {np.dtype(np.float64)}


def in_torch(hand: Callable[..., Named]) -> Callable[..., Named]:
    """The same function, called with tensors."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def with_tensors(*args: Any) -> Named:
        convert = functools.partial(
            jax.tree.map, lambda leaf: torch.tensor(leaf) if isinstance(leaf, np.ndarray) else leaf
        )
        found = hand(*[arg if isinstance(arg, (str, tuple)) else convert(arg) for arg in args])
        assert all(isinstance(result, torch.Tensor) for result in found.values())
        return found

    return with_tensors


@both_kinds
@each_dtype
def test_tensors_stay_tensors(batch: int | None, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    network = dataclasses.replace(RECTANGULAR, batch=batch, dtype=dtype)
    found = every_call(*jax.tree.map(torch.tensor, recursion_arrays(network)))
    expected = every_call(*recursion_arrays(network))
    for name, results in found.items():
        for result, other in zip(jax.tree.leaves(results), jax.tree.leaves(expected[name]), strict=True):
            assert isinstance(result, torch.Tensor), name
            assert str(result.dtype) == f"torch.{dtype}", name
            assert tuple(result.shape) == other.shape, name
    assert check_gradients(network, in_torch(hand_gradients))
    assert check_recursion(network, in_torch(hand_recursion))
    forms = [handgrad.backpropagate, *([handgrad.backpropagate_by_jacobians] if batch is None else [])]
    chain = dataclasses.replace(LONGEST, batch=batch, dtype=dtype)
    assert check_chain(chain, *[in_torch(functools.partial(hand_chain, form)) for form in forms])
