"""A class with a forward and a backward pass as two functions, ``NAME.forward`` and ``NAME.backward``.

A layer keeps in its forward pass what its backward pass needs, so each call makes a layer of its own: the backward pass
as a function takes the upstream gradient, if the method does, and then the forward pass's arguments. A layer that is
made with its weights and bias, or with two sizes, takes those as arguments too, and gives the gradients that it keeps.
"""

from __future__ import annotations

import dis
import inspect
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle.libraries import autograd_gradients
from handgrad.oracle.signatures import parameters

Function = Callable[..., Any]
METHODS = ("forward", "backward")
_SIZES = (3, 5)
"""With which a layer is made to see which of its attributes are weights."""
_GIVEN = r"(w|weights?), (b|bias(es)?)"
"""How a layer calls its weights and its bias if it is made with them."""
_UNLIKE = "it is no layer or loss that can be made without arguments, or with its weights or two sizes"


def passes(name: str, namespace: Mapping[str, Any]) -> tuple[dict[str, Function], str]:
    """The functions of a class by their names, and why there are none though it has both methods."""
    made = namespace.get(name)
    if not inspect.isclass(made) or not all(callable(getattr(made, method, None)) for method in METHODS):
        return {}, ""
    if any(inspect.isclass(other) and other is not made and issubclass(other, made) for other in namespace.values()):
        return {}, ""  # the base of other layers
    try:
        found = _of_autograd_function(made) if _is_autograd_function(made) else _of_layer(made)
    except BaseException:  # whatever the student's class raises when it is made
        return {}, _UNLIKE
    for method, function in zip(METHODS, found, strict=True):
        function.__name__ = function.__qualname__ = f"{name}.{method}"
        function.__module__ = made.__module__
    return {function.__name__: function for function in found}, ""


def _of_layer(made: Any) -> tuple[Function, Function]:
    making = _required(made)
    given = re.fullmatch(_GIVEN, ", ".join(making).lower()) is not None
    like = made(np.ones(_SIZES), np.ones(_SIZES[1])) if given else made(*_SIZES) if making else made()
    weights = tuple(making) if given else _weights(like) if making else ()
    inputs, upstream = _required(like.forward), _required(like.backward)
    # It asks for the arguments once more, and for nothing from above.
    again = upstream == inputs and (len(inputs) > 1 or not _keeps(like.forward))
    bars, count = [] if again else upstream[:1], len(inputs)
    inspect.signature(like.backward).bind(*(upstream if again else bars))

    def layer_of(x: Sequence[Any]) -> tuple[Any, Any]:
        """A layer with the weights among the arguments, and its value."""
        if given:
            layer = made(*x[count:])
        else:
            layer = made(*_sizes_of(getattr(like, weights[0]), x[count])) if weights else made()
            for attribute, array in zip(weights, x[count:], strict=True):
                setattr(layer, attribute, array.reshape(_shape_for(array, getattr(layer, attribute))))
        return layer, layer.forward(*x[:count])

    def forward(*x: Any) -> Any:
        return layer_of(x)[1]

    def backward(*args: Any) -> Any:
        x = args[len(bars) :]
        layer, _ = layer_of(x)
        gradient = layer.backward(*(x[:count] if again else args[: len(bars)]))
        kept = [getattr(layer, _gradient_of(attribute, vars(layer))) for attribute in weights]
        return (gradient, *kept) if weights else gradient

    return _signed(forward, backward, [*inputs, *("W", "b")[: len(weights)]], bars)


def _keeps(method: Any) -> bool:
    """Whether a method keeps anything for later."""
    return any(instruction.opname == "STORE_ATTR" for instruction in dis.get_instructions(method))


def _weights(like: Any) -> tuple[str, ...]:
    """The attributes of a layer that hold its weights and its bias, by their shapes."""
    n, k = _SIZES
    shapes = {name: tuple(value.shape) for name, value in vars(like).items() if hasattr(value, "shape")}
    matrices = [name for name, shape in shapes.items() if shape in ((n, k), (k, n)) and not _is_gradient(name)]
    biases = [name for name, shape in shapes.items() if shape in ((k,), (1, k), (k, 1)) and not _is_gradient(name)]
    if len(matrices) != 1 or len(biases) > 1:
        raise TypeError("which are its weights is not clear")
    return (*matrices, *biases)


def _sizes_of(like: Any, W: Any) -> tuple[int, ...]:
    """The sizes with which a layer has weights of the shape of W."""
    return W.shape if tuple(like.shape) == _SIZES else W.shape[::-1]


def _shape_for(array: Any, own: Any) -> tuple[int, ...]:
    return own.shape if math.prod(own.shape) == math.prod(array.shape) else array.shape


def _is_gradient(name: str) -> bool:
    return re.match(r"_*(d|grad)", name.lower()) is not None or name.lower().endswith("grad")


def _gradient_of(attribute: str, kept: Mapping[str, Any]) -> str:
    own = attribute.lower().strip("_")
    pattern = rf"_*(d_?{own}|d\w_?d{own}|grad(ient)?s?_?(of_?)?{own}|{own}_?grad(ient)?s?)"
    return next(name for name in kept if re.fullmatch(pattern, name.lower()))


def _is_autograd_function(made: type) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(made, torch.autograd.Function)


def _of_autograd_function(made: Any) -> tuple[Function, Function]:
    """What PyTorch makes of it."""

    def forward(*x: Any) -> Any:
        return made.apply(*x)

    def backward(y_bar: Any, *x: Any) -> Any:
        by = [i for i, array in enumerate(x) if array.is_floating_point()]
        _, found = autograd_gradients(made.apply, [array.detach() for array in x], by, y_bar)
        return tuple(found) if len(found) > 1 else found[0]

    return _signed(forward, backward, _required(made.forward)[1:], _required(made.backward)[1:2])


def _required(function: Function) -> list[str]:
    """The names of the parameters that have no default."""
    return [parameter["name"] for parameter in parameters(function) if parameter["required"]]


def _signed(forward: Function, backward: Function, inputs: list[str], upstream: list[str]) -> tuple[Function, Function]:
    bars = [f"d_{name}" if name in inputs else name for name in upstream]
    for function, names in ((forward, inputs), (backward, [*bars, *inputs])):
        listed = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        function.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    return forward, backward
