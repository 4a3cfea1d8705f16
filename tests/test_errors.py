"""Bad input gets an error that names the function, the argument, what came and what fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import handgrad

x, W, b = np.ones((2, 5)), np.ones((5, 4)), np.ones(4)

SHAPES: dict[str, Callable[[], Any]] = {
    "dense: W has shape (3, 4), x has shape (2, 5); W must have shape (5, k)": lambda: handgrad.dense(x, W[:3], b),
    "dense: b has shape (3,), x has shape (2, 5), W has shape (5, 4); b must have shape (4,)": lambda: handgrad.dense(
        x, W, b[:3]
    ),
    "dense: x has shape (); x must have shape (..., n)": lambda: handgrad.dense(1.0, W, b),
    "dense_vjp: W has shape (5,), x has shape (2, 5); W must have shape (5, k)": lambda: handgrad.dense_vjp(
        x, W[:, 0], b
    ),
    "addition: y has shape (3,), x has shape (2,); y must have shape (2,)": lambda: handgrad.addition(
        [1, 2], [1, 2, 3]
    ),
    "addition: y has shape (), x has shape (2,); y must have shape (2,)": lambda: handgrad.addition([1, 2], 3),
    "affine: b has shape (1,), x has shape (2, 5), w has shape (5,); b must have shape ()": lambda: handgrad.affine(
        x, W[:, 0], [1.0]
    ),
    "dot: v has shape (3, 5), u has shape (2, 5); v must have shape (2, 5)": lambda: handgrad.dot(x, np.ones((3, 5))),
    "dense_of_weights: w has shape (7,), o has shape (2, 5); w must have shape (k*5,)": lambda: (
        handgrad.dense_of_weights(x, np.ones(7))
    ),
    "linear_map: w has shape (2, 4), B has shape (4, 5); w must have shape (..., 5)": lambda: handgrad.linear_map(
        W.T, np.ones((2, 4))
    ),
    "example_3_4: x has shape (2, 5); x must have shape (..., 3)": lambda: handgrad.example_3_4(x),
    "softmax: l has shape (2, 0); it must have at least one class": lambda: handgrad.softmax(x[:, :0]),
    "softmax_cross_entropy: l has shape (3,), y has shape (2,); l must have shape (2,)": (
        lambda: handgrad.softmax_cross_entropy([1, 0], [1, 2, 3])
    ),
    "softmax_jvp: l_dot has shape (3,), l has shape (2,); l_dot must have shape (2,)": lambda: handgrad.softmax_jvp(
        [1, 2], [1, 2, 3]
    ),
    "softmax_vjp: the pullback's p_bar has shape (3,); it must have the value's shape (2,)": lambda: (
        handgrad.softmax_vjp([1, 2])[1]([1, 2, 3])
    ),
    "neuron: activation is 'swish'; it must be one of identity, sigmoid, tanh, relu, absolute, unit_step, "
    "exp, log, sin, cos, tan": lambda: handgrad.neuron(x, W[:, 0], 0.0, activation="swish"),
}

TYPES: dict[str, Callable[[], Any]] = {
    "softmax: l holds strings; real numbers fit, as float32, float64 or integers": lambda: handgrad.softmax("abc"),
    "softmax: l holds objects; real numbers fit, as float32, float64 or integers": lambda: handgrad.softmax(None),
    "softmax: l has dtype complex128; real numbers fit, as float32, float64 or integers": lambda: handgrad.softmax(
        [1j]
    ),
    "softmax: l has dtype float16; real numbers fit, as float32, float64 or integers": lambda: handgrad.softmax(
        np.ones(2, np.float16)
    ),
    "softmax: l is ragged; an array, a list of numbers or a number fits": lambda: handgrad.softmax([[1, 2], [3]]),
    "softmax: l is a masked array; real numbers fit, as float32, float64 or integers": lambda: handgrad.softmax(
        np.ma.array([1.0, 2.0])
    ),
    "dense: W holds objects; real numbers fit, as float32, float64 or integers": lambda: handgrad.dense(x, {}, b),
    "sigmoid_vjp: the pullback's a_bar holds strings; real numbers fit, as float32, float64 or integers": (
        lambda: handgrad.sigmoid_vjp(x)[1]("one")
    ),
    "label_cross_entropy: label has dtype float64; integers fit": lambda: handgrad.label_cross_entropy(1.0, [0.5, 0.5]),
}


@pytest.mark.parametrize("message", SHAPES)
def test_shapes_that_do_not_fit(message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SHAPES[message]()


@pytest.mark.parametrize("message", TYPES)
def test_types_that_do_not_fit(message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        TYPES[message]()


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_out_of_range(label: int) -> None:
    for function in (
        handgrad.label_cross_entropy,
        handgrad.label_cross_entropy_gradient,
        handgrad.label_cross_entropy_vjp,
    ):
        message = f"{function.__name__}: label holds {label}, y_hat has 2 classes; label must be from 0 to 1"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            function([0, label], [[0.5, 0.5], [0.5, 0.5]])


def test_a_traced_label_out_of_range_gives_nan() -> None:
    y_hat = jnp.asarray([[0.25, 0.75], [0.5, 0.5]])
    label = jnp.asarray([2, 1])
    assert np.isnan(jax.jit(handgrad.label_cross_entropy)(label, y_hat)).tolist() == [True, False]
    gradient = jax.jit(handgrad.label_cross_entropy_gradient)(label, y_hat)
    assert np.isnan(gradient).tolist() == [[True, True], [False, False]]


def test_libraries_do_not_mix_with_torch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    message = (
        "addition: x is from torch, y is from numpy; arrays of different libraries do not mix, convert one of them"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        handgrad.addition(torch.ones(2), np.ones(2))
    with pytest.raises(TypeError, match=r"^softmax_vjp: the pullback's p_bar is from torch, the value is from numpy;"):
        handgrad.softmax_vjp(np.ones(2))[1](torch.ones(2))


def test_numpy_beside_jax_becomes_jax() -> None:
    assert isinstance(handgrad.addition(jnp.ones(2), np.ones(2)), jax.Array)
    assert isinstance(handgrad.softmax_vjp(jnp.ones(2))[1](np.ones(2)), jax.Array)


def test_lists_and_numbers_adopt_what_stands_beside_them() -> None:
    single = np.ones(2, np.float32)
    assert handgrad.addition(single, [1, 2]).dtype == np.float32
    assert handgrad.affine(single, single, 0.5).dtype == np.float32
    assert isinstance(handgrad.addition(jnp.ones(2), [1, 2]), jax.Array)
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert handgrad.addition(torch.ones(2), [1, 2]).dtype == torch.float32


def test_what_is_no_float_is_promoted() -> None:
    assert handgrad.addition(True, 2).dtype == np.float64
    assert handgrad.addition(np.ones(2, np.float32), np.ones(2, int)).dtype == np.float64
    assert handgrad.addition(np.ones(2, np.float32), np.ones(2)).dtype == np.float64
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert handgrad.addition(torch.ones(2, dtype=torch.int32), torch.ones(2)).dtype == torch.float32


def test_array_subclasses_are_taken_as_plain_arrays() -> None:
    class Boastful(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return True

    assert type(handgrad.softmax(np.ones(2).view(Boastful))) is np.ndarray
    assert handgrad.sigmoid(np.zeros((1, 1)).view(np.matrix)).shape == (1, 1)
