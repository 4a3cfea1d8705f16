"""The element-wise functions that a neuron or a network can take as its activation, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handgrad import activations, elementary
from handgrad._elementwise import Kernel

ACTIVATIONS: dict[str, Kernel] = {
    "identity": activations._identity,
    "sigmoid": activations._sigmoid,
    "tanh": activations._tanh,
    "relu": activations._relu,
    "absolute": activations._absolute,
    "unit_step": activations._unit_step,
    "exp": elementary._exp,
    "log": elementary._log,
    "sin": elementary._sin,
    "cos": elementary._cos,
    "tan": elementary._tan,
}


def activation_kernel(function: Callable[..., Any], activation: str) -> Kernel:
    """The kernel of an element-wise function, by its name."""
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(
            f"{function.__name__}: activation is {activation!r}; it must be one of {', '.join(ACTIVATIONS)}"
        )
    return ACTIVATIONS[activation]
