"""Bad networks get errors that name the function, the layer, the argument, what came and what fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import handgrad

W = [np.ones((2, 3)), np.ones((3, 1))]
b = [np.ones(3), np.ones(1)]
x, y = np.ones((4, 2)), np.ones((4, 1))
names = ["relu", "identity"]
layers = [handgrad.layer("dense", W[0], b[0]), handgrad.layer("relu")]
too_many = [*layers, handgrad.layer("dense", W[0], b[0])]

NAMES = "identity, sigmoid, tanh, relu, absolute, unit_step, exp, log, sin, cos, tan"
LOSS_NAMES = (
    "sum_squared_error, mean_categorical_cross_entropy, softmax_cross_entropy, mean_squared_error, "
    "mean_binary_cross_entropy, sigmoid_cross_entropy"
)
COST_NAMES = (
    "euclidean_error, sum_squared_error, mean_squared_error, mean_binary_cross_entropy, categorical_cross_entropy, "
    "mean_categorical_cross_entropy, softmax_cross_entropy, or a function like their _vjp"
)
REAL_NUMBERS = "real numbers fit, as float32, float64 or integers"
A_LIST = "a list with one entry for each layer fits"

VALUE_ERRORS: dict[str, Callable[[], Any]] = {
    # Lists
    "mlp: W has length 2, b has length 1, activations has length 2; they must have the same length, at least 1": (
        lambda: handgrad.mlp(W, b[:1], x, names)
    ),
    "mlp: W has length 2, b has length 2, activations has length 1; they must have the same length, at least 1": (
        lambda: handgrad.mlp(W, b, x, ["softmax"])
    ),
    "sensitivities: W has length 0, b has length 0, activations has length 0; "
    "they must have the same length, at least 1": lambda: handgrad.sensitivities([], [], x, x, []),
    "sgd_step: W has length 2, b has length 2, dW has length 1, db has length 2; "
    "they must have the same length, at least 1": lambda: handgrad.sgd_step(W, b, W[:1], b, 0.1),
    "backpropagate: layers is empty; it must hold at least one Layer": lambda: handgrad.backpropagate(
        [], "sum_squared_error", x, y
    ),
    # Shapes
    "mlp: x has shape (2, 2, 2); it must be one sample (n,) or a batch of rows (N, n)": lambda: handgrad.mlp(
        W, b, np.ones((2, 2, 2)), names
    ),
    "mlp_gradients: x has shape (); it must be one sample (n,) or a batch of rows (N, n)": (
        lambda: handgrad.mlp_gradients(W, b, 1.0, y, names)
    ),
    "mlp: layer 1: W[0] has shape (2, 3), x has shape (4, 5); W[0] must have shape (5, k)": lambda: handgrad.mlp(
        W, b, np.ones((4, 5)), names
    ),
    "preactivation_jacobians: layer 2: W[1] has shape (2, 1), W[0] has shape (2, 3); W[1] must have shape (3, k)": (
        lambda: handgrad.preactivation_jacobians([W[0], W[1][:2]], b, x, names)
    ),
    "mlp: layer 2: W[1] has shape (3,), W[0] has shape (2, 3); W[1] must have shape (3, k)": lambda: handgrad.mlp(
        [W[0], np.ones(3)], b, x, names
    ),
    "deltas: layer 2: b[1] has shape (2,), W[1] has shape (3, 1); b[1] must have shape (1,)": lambda: handgrad.deltas(
        W, [b[0], np.ones(2)], x, y, names
    ),
    "mlp_gradients: y has shape (4,), the last layer's output has shape (4, 1); y must have it too": (
        lambda: handgrad.mlp_gradients(W, b, x, y[:, 0], names)
    ),
    "deltas: y_bar has shape (4, 2), the last layer's output has shape (4, 1); y_bar must have it too": (
        lambda: handgrad.deltas(W, b, x, x, names)
    ),
    "mlp: layer 1: softmax: l has shape (4, 0); it must have at least one class": lambda: handgrad.mlp(
        [np.ones((2, 0))], [np.ones(0)], x, ["softmax"]
    ),
    "mlp_gradients: the last layer's output has shape (4, 0); it must have a class": (
        lambda: handgrad.mlp_gradients(
            [np.ones((2, 0))], [np.ones(0)], x, y[:, :0], ["softmax"], "mean_categorical_cross_entropy"
        )
    ),
    "sgd_step: layer 1: W[0]: descend: gradient has shape (3, 1), theta has shape (2, 3); "
    "gradient must have shape (2, 3)": lambda: handgrad.sgd_step(W, b, W[::-1], b, 0.1),
    "sgd_step: layer 2: b[1]: descend: gradient has shape (1, 1), theta has shape (1,); "
    "gradient must have shape (1,)": (lambda: handgrad.sgd_step(W, b, W, [b[0], np.ones((1, 1))], 0.1)),
    "sgd_step: layer 1: W[0]: descend: rate has shape (2,), theta has shape (2, 3), gradient has shape (2, 3); "
    "rate must have shape ()": lambda: wild.sgd_step(W, b, W, b, [0.1, 0.2]),
    "sensitivity_gradients: s has shape (2, 1), a has shape (4, 2); s must have shape (4, k)": (
        lambda: handgrad.sensitivity_gradients(x, y[:2])
    ),
    "stacked_weights_gradient: o_bar has shape (4, 2), o has shape (4, 2), a has shape (4, 1); "
    "o_bar must have shape (4, 1)": lambda: handgrad.stacked_weights_gradient(x, y, x),
    # Layers
    "backpropagate: layer 3: dense_vjp: W has shape (2, 3), x has shape (4, 3); W must have shape (3, k)": (
        lambda: handgrad.backpropagate(too_many, "sum_squared_error", x, y)
    ),
    "backpropagate_by_jacobians: layer 3: dense_jacobian: W has shape (2, 3), x has shape (3,); "
    "W must have shape (3, k)": (
        lambda: handgrad.backpropagate_by_jacobians(too_many, "sum_squared_error", x[0], y[0])
    ),
    "backpropagate: the cost: sum_squared_error_vjp: a has shape (4, 3), y has shape (4, 1); "
    "a must have shape (4, 1)": (lambda: handgrad.backpropagate(layers, "sum_squared_error", x, y)),
    "backpropagate_by_jacobians: x has shape (4, 2); it must be one sample, (n,)": (
        lambda: handgrad.backpropagate_by_jacobians(layers, "sum_squared_error", x, y)
    ),
    "layer_jacobian: y_prev has shape (4, 2); it must be one sample, (n,)": lambda: handgrad.layer_jacobian(
        layers[0], x
    ),
    "layer: dense: the number of parameters is 1; it must be 2, W and b": lambda: handgrad.layer("dense", W[0]),
    "layer: relu: the number of parameters is 1; it must be 0": lambda: handgrad.layer("relu", W[0]),
    # Names
    f"layer: name is 'conv'; it must be one of dense, softmax, {NAMES}": lambda: handgrad.layer("conv"),
    f"mlp: layer 2: activation is 'swish'; it must be one of {NAMES}, or softmax in the last layer": (
        lambda: handgrad.mlp(W, b, x, ["relu", "swish"])
    ),
    f"mlp_gradients: layer 1: activation is 'softmax'; it must be one of {NAMES}, or softmax in the last layer": (
        lambda: handgrad.mlp_gradients(W, b, x, y, ["softmax", "identity"])
    ),
    f"sensitivities: layer 2: activation is 'softmax'; it must be one of {NAMES}": lambda: handgrad.sensitivities(
        W, b, x, y, ["relu", "softmax"]
    ),
    f"stacked_weights_gradient: activation is 'softmax'; it must be one of {NAMES}": (
        lambda: handgrad.stacked_weights_gradient(x, y, y, activation="softmax")
    ),
    f"mlp_gradients: loss is 'hinge'; it must be one of {LOSS_NAMES}": lambda: handgrad.mlp_gradients(
        W, b, x, y, names, "hinge"
    ),
    "mlp_gradients: the last activation is 'tanh', loss is 'softmax_cross_entropy'; "
    "the activation must be 'identity'": (
        lambda: handgrad.mlp_gradients(W, b, x, y, ["relu", "tanh"], "softmax_cross_entropy")
    ),
    "mlp_gradients: the last activation is 'softmax', loss is 'sum_squared_error'; the loss must be "
    "'mean_categorical_cross_entropy', or 'softmax_cross_entropy' after 'identity'": (
        lambda: handgrad.mlp_gradients(W, b, x, y, ["relu", "softmax"])
    ),
    f"backpropagate: cost is 'hinge'; it must be one of {COST_NAMES}": lambda: handgrad.backpropagate(
        layers, "hinge", x, y
    ),
}

# What a type checker would have caught.
wild: Any = handgrad

TYPE_ERRORS: dict[str, Callable[[], Any]] = {
    f"mlp: activations is of type str; {A_LIST}": lambda: wild.mlp(W, b, x, "relu"),
    f"mlp_gradients: activations is of type str; {A_LIST}": lambda: wild.mlp_gradients(
        W[:1], b[:1], x, y, "identity", "softmax_cross_entropy"
    ),
    f"mlp: W is of type NoneType; {A_LIST}": lambda: wild.mlp(None, b, x, names),
    f"mlp: W is of type dict; {A_LIST}": lambda: wild.mlp({1: W[0], 2: W[1]}, b, x, names),
    f"sensitivities: b is of type float; {A_LIST}": lambda: wild.sensitivities(W, 0.0, x, y, names),
    f"preactivation_jacobians: W is of type ndarray; {A_LIST}": lambda: wild.preactivation_jacobians(
        np.ones(()), b, x, names
    ),
    f"deltas: activations is of type NoneType; {A_LIST}": lambda: wild.deltas(W, b, x, y, None),
    f"sgd_step: dW is of type NoneType; {A_LIST}": lambda: wild.sgd_step(W, b, None, b, 0.1),
    f"mlp: x holds objects; {REAL_NUMBERS}": lambda: wild.mlp(W, b, None, names),
    f"mlp: b[0] holds objects; {REAL_NUMBERS}": lambda: wild.mlp(W, [None, b[1]], x, names),
    f"mlp_gradients: W[1] has dtype complex128; {REAL_NUMBERS}": lambda: wild.mlp_gradients(
        [W[0], 1j * W[1]], b, x, y, names
    ),
    f"sgd_step: layer 1: W[0]: descend: rate holds objects; {REAL_NUMBERS}": lambda: wild.sgd_step(W, b, W, b, None),
    f"backpropagate: layers is of type Layer; {A_LIST}": lambda: wild.backpropagate(
        layers[0], "sum_squared_error", x, y
    ),
    f"backpropagate_by_jacobians: layers is of type str; {A_LIST}": lambda: wild.backpropagate_by_jacobians(
        "dense", "sum_squared_error", x[0], y[0]
    ),
    "backpropagate: layer 2 is of type str; a Layer fits": lambda: wild.backpropagate(
        [layers[0], "relu"], "sum_squared_error", x, y
    ),
    "layer_jacobian: layer is of type str; a Layer fits": lambda: wild.layer_jacobian("relu", x[0]),
    f"backpropagate: layer 1: dense_vjp: x holds strings; {REAL_NUMBERS}": lambda: wild.backpropagate(
        layers, "sum_squared_error", ["a"], y
    ),
    f"backpropagate: the cost: sum_squared_error_vjp: y holds objects; {REAL_NUMBERS}": lambda: wild.backpropagate(
        layers, "sum_squared_error", x, None
    ),
}

UNHASHABLE: dict[str, Callable[[], Any]] = {
    f"layer: name is ['dense']; it must be one of dense, softmax, {NAMES}": lambda: wild.layer(["dense"]),
    f"mlp_gradients: layer 2: activation is ['tanh']; it must be one of {NAMES}, or softmax in the last layer": (
        lambda: wild.mlp_gradients(W, b, x, y, ["relu", ["tanh"]])
    ),
    f"deltas: layer 1: activation is None; it must be one of {NAMES}": lambda: wild.deltas(W, b, x, y, [None, "tanh"]),
    f"mlp_gradients: loss is None; it must be one of {LOSS_NAMES}": lambda: wild.mlp_gradients(W, b, x, y, names, None),
    f"mlp_gradients: loss is ['hinge']; it must be one of {LOSS_NAMES}": lambda: wild.mlp_gradients(
        W, b, x, y, names, ["hinge"]
    ),
    f"backpropagate_by_jacobians: cost is {{}}; it must be one of {COST_NAMES}": (
        lambda: wild.backpropagate_by_jacobians(layers, {}, x[0], y[0])
    ),
}


@pytest.mark.parametrize("message", [*VALUE_ERRORS, *UNHASHABLE])
def test_values_that_do_not_fit(message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        (VALUE_ERRORS | UNHASHABLE)[message]()


@pytest.mark.parametrize("message", TYPE_ERRORS)
def test_types_that_do_not_fit(message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        TYPE_ERRORS[message]()


def test_libraries_do_not_mix_with_torch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    with pytest.raises(
        TypeError, match=r"^mlp: x is from numpy, W\[0\] is from torch, .*; arrays of different libraries"
    ):
        handgrad.mlp([torch.ones((2, 1))], [torch.ones(1)], x, ["relu"])
    with pytest.raises(TypeError, match=r"^backpropagate: layer 2: dense_vjp: .* from torch.*; arrays of different"):
        handgrad.backpropagate(
            [layers[0], handgrad.layer("dense", torch.ones((3, 1)), [0.0])], "sum_squared_error", x, y
        )


def test_an_error_inside_a_layer_of_ones_own_keeps_its_cause() -> None:
    def broken(y: Any) -> Any:
        return np.linalg.norm(y, axis=7)

    with pytest.raises(ValueError, match=r"^backpropagate: layer 2: axis 7 is out of bounds") as caught:
        handgrad.backpropagate([layers[0], handgrad.Layer(broken, broken)], "sum_squared_error", x, y)
    assert isinstance(caught.value.__cause__, np.exceptions.AxisError)
