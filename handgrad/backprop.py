"""Back-propagation through layers: the general recursion, and networks of dense layers.

=========  ==========================================================
y^r        output of layer r of L, y^r = f^r(y^{r-1}, θ^r); y^0 = x
θ^r        parameters of layer r, any number of arrays
E          cost of the last output y^L against the target y
J_y, J_θ   Jacobians of a layer by its input and by its parameters
W, b       weights and biases of M dense layers, two lists: W[m-1] is
           (s_{m-1}, s_m), inputs × outputs, and b[m-1] is (s_m)
n, a       pre-activation n^(m) = W^(m)T a^(m-1) + b^(m) of layer m and
           its output a^(m) = f^(m)(n^(m)); a^(0) = x
s          sensitivity s^(m) = ∂J/∂n^(m), the δ of textbooks
=========  ==========================================================

A network takes one sample, a vector, or a batch of them, the rows of a matrix.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from handgrad import activations as _activations
from handgrad import elementary as _elementary
from handgrad import layers as _layers
from handgrad import losses as _losses
from handgrad import probabilities as _probabilities
from handgrad._activation_names import ACTIVATIONS, activation_kernel
from handgrad._arrays import FLOATS, Array, arguments, as_arrays, copied, namespace_of, summed
from handgrad.descent import descend

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "Layer",
    "backpropagate",
    "backpropagate_by_jacobians",
    "deltas",
    "layer",
    "layer_jacobian",
    "mlp",
    "mlp_gradients",
    "preactivation_jacobians",
    "sensitivities",
    "sensitivity_gradients",
    "sgd_step",
    "stacked_weights_gradient",
]


# Layers of any kind


@dataclasses.dataclass(frozen=True, eq=False)  # arrays have no one truth value to compare by
class Layer:
    """A layer: a function of the output before it and of its parameters, by its pullback and its Jacobians.

    Any functions will do that keep the conventions of ``dense_vjp`` and ``dense_jacobian``; ``layer`` takes those of
    the catalogue by name.
    """

    vjp: Callable[..., tuple[Array, Callable[[Array], Any]]]
    """``vjp(y_prev, *parameters)`` gives the output and its pullback."""
    jacobian: Callable[..., Any]
    """``jacobian(y_prev, *parameters)`` gives the Jacobians by the same arguments."""
    parameters: tuple[Array, ...] = ()
    """The arrays θ to differentiate by."""


_LAYERS: dict[str, Any] = {
    "dense": _layers,
    "softmax": _probabilities,
    **{name: _activations if hasattr(_activations, name) else _elementary for name in ACTIVATIONS},
}


def layer(name: str, *parameters: Array) -> Layer:
    """A layer of the catalogue: ``dense`` with its W and b, ``softmax``, or an element-wise function.

    .. math:: y^r = f^r(y^{r-1}, θ^r)

    Shapes: those of the function of that name.
    Raises: ValueError for an unknown name or a wrong number of parameters.
    Source: notes (4.4)

    >>> layer("dense", [[1.0], [2.0]], [0.0]).vjp([3.0, 4.0], [[1.0], [2.0]], [0.0])[0]
    array([11.])
    """
    if not isinstance(name, str) or name not in _LAYERS:
        raise ValueError(f"layer: name is {name!r}; it must be one of {', '.join(_LAYERS)}")
    wanted = 2 if name == "dense" else 0
    if len(parameters) != wanted:
        found = f"the number of parameters is {len(parameters)}"
        raise ValueError(f"layer: {name}: {found}; it must be {'2, W and b' if wanted else '0'}")
    return Layer(getattr(_LAYERS[name], f"{name}_vjp"), getattr(_LAYERS[name], f"{name}_jacobian"), parameters)


_COSTS: dict[str, Callable[..., Any]] = {
    "euclidean_error": _losses.euclidean_error_vjp,
    "sum_squared_error": _losses.sum_squared_error_vjp,
    "mean_squared_error": _losses.mean_squared_error_vjp,
    "mean_binary_cross_entropy": _losses.mean_binary_cross_entropy_vjp,
    "categorical_cross_entropy": _losses.categorical_cross_entropy_vjp,
    "mean_categorical_cross_entropy": _losses.mean_categorical_cross_entropy_vjp,
    "softmax_cross_entropy": _probabilities.softmax_cross_entropy_vjp,
}


def backpropagate(
    layers: Sequence[Layer], cost: str | Callable[..., Any], x: Array, target: Array
) -> tuple[Array, tuple[tuple[Array, ...], ...]]:
    r"""The cost of a chain of layers and its gradients by all parameters, by pullbacks: no Jacobian is formed.

    .. math:: ∂E/∂θ^r = (J_θ^r)^T ∂E/∂y^r, \quad ∂E/∂y^r = (J_y^{r+1})^T ∂E/∂y^{r+1}

    The products with the transposed Jacobians are what the layers' pullbacks compute.

    Convention: where the cost is one number per sample, the gradients are those of their sum.

    Shapes: x and target as the first layer and the cost take them; the cost, then per layer a gradient in the shape of
    each parameter.
    Raises: ValueError for an unknown cost or no layers, and where a layer does not fit the output before it, with the
    number of the layer; TypeError where an argument is of the wrong kind.
    Source: notes (4.4, 4.7, 4.8)

    >>> layers = [layer("dense", [[2.0]], [1.0]), layer("identity")]
    >>> E, gradients = backpropagate(layers, "sum_squared_error", [3.0], [5.0])
    >>> E, gradients[0]
    (np.float64(4.0), (array([[12.]]), array([4.])))
    """
    cost_vjp = _cost(backpropagate, cost)
    layers = _chain(backpropagate, layers)
    y, pullbacks = x, []
    for r, f in enumerate(layers, start=1):
        y, pullback = _in_layer(backpropagate, f"layer {r}", f.vjp, y, *f.parameters)
        pullbacks.append(pullback)
    E, y_bar = _cost_gradient(backpropagate, cost_vjp, target, y)
    gradients = []
    for pullback in reversed(pullbacks):
        y_bar, *theta_bar = _as_tuple(pullback(y_bar))
        gradients.append(tuple(theta_bar))
    return E, tuple(reversed(gradients))


def backpropagate_by_jacobians(
    layers: Sequence[Layer], cost: str | Callable[..., Any], x: Array, target: Array
) -> tuple[Array, tuple[tuple[Array, ...], ...]]:
    r"""The cost of one sample and its gradients by all parameters, by the transposed Jacobian of each layer in full.

    .. math:: ∂E/∂θ^r = (J_θ^r)^T ∂E/∂y^r, \quad ∂E/∂y^r = (J_y^{r+1})^T ∂E/∂y^{r+1}

    A Jacobian of a dense layer has k (n + nk + k) entries, of which most are 0: use ``backpropagate``.

    Shapes: x (n), target as the cost takes it; the cost, then per layer a gradient in the shape of each parameter.
    Raises: as ``backpropagate``, and ValueError where x is not one sample.
    Source: notes (4.6, 4.7, 4.8)

    >>> layers = [layer("dense", [[2.0]], [1.0]), layer("identity")]
    >>> E, gradients = backpropagate_by_jacobians(layers, "sum_squared_error", [3.0], [5.0])
    >>> E, gradients[0]
    (np.float64(4.0), (array([[12.]]), array([4.])))
    """
    function = backpropagate_by_jacobians
    cost_vjp = _cost(function, cost)
    layers = _chain(function, layers)
    _one_sample(function, "x", x)
    y, jacobians = x, []
    for r, f in enumerate(layers, start=1):
        jacobians.append(_in_layer(function, f"layer {r}", layer_jacobian, f, y))
        y, _ = f.vjp(y, *f.parameters)
    E, y_bar = _cost_gradient(function, cost_vjp, target, y)
    gradients = []
    for f, J in zip(reversed(layers), reversed(jacobians), strict=True):
        xp = namespace_of(J)
        shapes = [np.shape(parameter) for parameter in f.parameters]
        inputs = J.shape[1] - sum(math.prod(shape) for shape in shapes)
        column = xp.matrix_transpose(J) @ y_bar
        y_bar, start = column[:inputs], inputs
        theta_bar = []
        for shape in shapes:
            theta_bar.append(xp.reshape(column[start : start + math.prod(shape)], shape))
            start += math.prod(shape)
        gradients.append(tuple(theta_bar))
    return E, tuple(reversed(gradients))


def layer_jacobian(layer: Layer, y_prev: Array) -> Array:
    r"""The Jacobian of a layer by its input and all its parameters, side by side.

    .. math:: J^r = [J_y^r \; J_θ^r]

    Each parameter is flattened row by row.

    Shapes: y_prev (n) -> (k, n + j), for a layer of k outputs and j parameters in all.
    Raises: ValueError where y_prev is not one sample; TypeError where layer is no Layer; what its own Jacobian raises.
    Source: notes (4.6)

    >>> layer_jacobian(layer("dense", [[2.0], [3.0]], [1.0]), [5.0, 7.0])
    array([[2., 3., 5., 7., 1.]])
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"layer_jacobian: layer is of type {type(layer).__name__}; a Layer fits")
    _one_sample(layer_jacobian, "y_prev", y_prev)
    parts = _as_tuple(layer.jacobian(y_prev, *layer.parameters))
    xp, parts = as_arrays("layer_jacobian:", {f"Jacobian {i}": part for i, part in enumerate(parts)})
    return xp.concat([xp.reshape(part, (part.shape[0], math.prod(part.shape[1:]))) for part in parts], axis=1)


def _cost(function: Callable[..., Any], cost: str | Callable[..., Any]) -> Callable[..., Any]:
    if callable(cost):
        return cost
    if not isinstance(cost, str) or cost not in _COSTS:
        names = ", ".join(_COSTS)
        raise ValueError(
            f"{function.__name__}: cost is {cost!r}; it must be one of {names}, or a function like their _vjp"
        )
    return _COSTS[cost]


def _cost_gradient(
    function: Callable[..., Any], cost_vjp: Callable[..., Any], target: Array, y: Array
) -> tuple[Array, Array]:
    """The cost and its gradient by the last output, which is what its pullback makes of 1."""
    E, cost_pullback = _in_layer(function, "the cost", cost_vjp, target, y)
    xp, (value,) = as_arrays(f"{function.__name__}: the cost:", {"E": E})
    return E, cost_pullback(xp.ones_like(value))


def _chain(function: Callable[..., Any], layers: Sequence[Layer]) -> list[Layer]:
    chain = _as_list(function, "layers", layers)
    if not chain:
        raise ValueError(f"{function.__name__}: layers is empty; it must hold at least one Layer")
    for r, f in enumerate(chain, start=1):
        if not isinstance(f, Layer):
            raise TypeError(f"{function.__name__}: layer {r} is of type {type(f).__name__}; a Layer fits")
    return chain


def _one_sample(function: Callable[..., Any], name: str, value: Array) -> None:
    _, (sample,) = as_arrays(f"{function.__name__}:", {name: value})
    if sample.ndim != 1:
        found = f"{name} has shape {tuple(sample.shape)}"
        raise ValueError(f"{function.__name__}: {found}; it must be one sample, (n,)")


def _in_layer(function: Callable[..., Any], where: str, compute: Callable[..., Any], *args: Any) -> Any:
    """What ``compute`` gives; an error of its arguments also names the layer."""
    try:
        return compute(*args)
    except (TypeError, ValueError) as error:
        # Not type(error), whose constructor may want more than a message.
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{function.__name__}: {where}: {error}") from error


def _as_list(function: Callable[..., Any], name: str, value: Any) -> list[Any]:
    try:
        if not isinstance(value, (str, dict)):
            return list(value)
    except TypeError:
        pass
    raise TypeError(
        f"{function.__name__}: {name} is of type {type(value).__name__}; a list with one entry for each layer fits"
    ) from None


def _as_tuple(result: Any) -> tuple[Array, ...]:
    return result if isinstance(result, tuple) else (result,)


# Networks of dense layers

_LOSSES: dict[str, Callable[..., Any]] = {
    "sum_squared_error": _losses._sum_squared_error,
    "mean_categorical_cross_entropy": _losses._categorical_cross_entropy,
    "softmax_cross_entropy": _probabilities._softmax_cross_entropy,
    "mean_squared_error": _losses._squared_error,
    "mean_binary_cross_entropy": _losses._binary_cross_entropy,
    "sigmoid_cross_entropy": _probabilities._sigmoid_cross_entropy,
}
"""Each loss is the mean over all values of such a kernel: one per row, or one per entry."""

_FUSED = {
    ("softmax", "mean_categorical_cross_entropy"): ("identity", "softmax_cross_entropy"),
    ("sigmoid", "mean_binary_cross_entropy"): ("identity", "sigmoid_cross_entropy"),
}
"""Pairs of last activation and loss whose gradient 0/0 in a saturated unit the fused loss of n^(M) avoids."""


def mlp(W: Sequence[Array], b: Sequence[Array], x: Array, activations: Sequence[str]) -> Array:
    r"""The output of a multilayer perceptron.

    .. math:: a^{(m)} = f^{(m)}(W^{(m)T} a^{(m-1)} + b^{(m)}), \quad a^{(0)} = x

    Shapes: W[m-1] (s_{m-1}, s_m), b[m-1] (s_m), x (s_0) or a batch (N, s_0) -> (s_M) or (N, s_M).
    Raises: ValueError where the lists differ in length or are empty, a layer does not fit the one before (with its
    number and both shapes) or an activation is unknown ("softmax" is known in the last layer); TypeError where W, b or
    activations is no list or another argument does not hold real numbers.
    Source: notes (1.3)

    >>> mlp([[[1.0], [2.0]]], [[1.0]], [3.0, 4.0], ["relu"])
    array([12.])
    """
    W, b, activations = _lists(mlp, W=W, b=b, activations=activations)
    softmax = activations[-1:] == ["softmax"]
    hidden = [*activations[:-1], "identity"] if softmax else activations
    xp, W, b, hidden, x = _checked(mlp, W, b, x, hidden)
    a = _forward(xp, W, b, x, hidden)[0][-1]
    return _in_layer(mlp, f"layer {len(W)}", _probabilities.softmax, a) if softmax else a


def sensitivities(
    W: Sequence[Array], b: Sequence[Array], x: Array, y: Array, activations: Sequence[str]
) -> tuple[Array, ...]:
    r"""The sensitivities of the squared error J = (y - a)^T (y - a), from s^(M) back to s^(1).

    .. math:: s^{(M)} = -2 F'(n^{(M)}) (y - a), \quad s^{(m)} = F'(n^{(m)}) W^{(m+1)} s^{(m+1)}

    F'(n) is the diagonal matrix of the f'(n_i), so its products are element-wise.

    Convention: without ½; of a batch, a row per sample.

    Shapes: W[m-1] (s_{m-1}, s_m), b[m-1] (s_m), x (s_0) or (N, s_0), y (s_M) or (N, s_M) -> M arrays, the m-th (s_m) or
    (N, s_m).
    Raises: as ``mlp``.
    Source: notes (1.5, 1.8, 1.11, 1.12, 1.13, 1.15)

    >>> sensitivities([[[1.0], [2.0]], [[3.0]]], [[0.0], [0.0]], [1.0, 1.0], [10.0], ["relu", "identity"])
    (array([-6.]), array([-2.]))
    """
    xp, W, b, activations, x, y = _network(sensitivities, W, b, x, activations, y=y)
    a, slopes = _forward(xp, W, b, x, activations)
    return _backward(W, activations, slopes, -2 * (y - a[-1]))[0]


def deltas(
    W: Sequence[Array], b: Sequence[Array], x: Array, y_bar: Array, activations: Sequence[str]
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    r"""The textbook's δ and e of every layer, for any cost, from its gradient by the last output.

    .. math:: δ_j^r = f'(v_j^r) e_j^r, \quad e_j^r = ∂E/∂y_j^r = Σ_k w_{kj}^{r+1} δ_k^{r+1}

    The textbook's w_kj, from unit j to unit k, is the entry [j, k] of the weights here; v is n, and δ is s.

    Shapes: W[r-1] (s_{r-1}, s_r), b[r-1] (s_r), x (s_0) or (N, s_0), y_bar = ∂E/∂y^L (s_L) or (N, s_L) -> two tuples of
    L arrays, the r-th (s_r) or (N, s_r).
    Raises: as ``mlp``.
    Source: notes (4.9, 4.10, 4.11)

    >>> deltas([[[1.0], [2.0]], [[3.0]]], [[0.0], [0.0]], [1.0, 1.0], [-2.0], ["relu", "identity"])
    ((array([-6.]), array([-2.])), (array([-6.]), array([-2.])))
    """
    xp, W, b, activations, x, y_bar = _network(deltas, W, b, x, activations, y_bar=y_bar)
    _, slopes = _forward(xp, W, b, x, activations)
    s, e = _backward(W, activations, slopes, copied(xp, y_bar))
    return tuple(copied(xp, s_m) for s_m in s), e  # else one array is in both where F' = I


def preactivation_jacobians(
    W: Sequence[Array], b: Sequence[Array], x: Array, activations: Sequence[str]
) -> tuple[Array, ...]:
    r"""The Jacobian of each layer's pre-activation by the one before.

    .. math:: ∂n^{(m+1)}/∂n^{(m)} = W^{(m+1)T} F'(n^{(m)})

    Entry by entry: ∂n_i/∂n_j = w_ji f'(n_j).

    Shapes: W[m-1] (s_{m-1}, s_m), b[m-1] (s_m), x (s_0) or (N, s_0) -> M - 1 arrays, the m-th (s_{m+1}, s_m) or
    (N, s_{m+1}, s_m).
    Raises: as ``mlp``.
    Source: notes (1.8, 1.9, 1.10)

    >>> preactivation_jacobians([[[1.0]], [[2.0, 3.0]]], [[0.0], [0.0, 0.0]], [4.0], ["relu", "identity"])
    (array([[2.],
           [3.]]),)
    """
    xp, W, b, activations, x = _network(preactivation_jacobians, W, b, x, activations)
    _, slopes = _forward(xp, W, b, x, activations)
    return tuple(xp.matrix_transpose(W_next) * f()[..., None, :] for W_next, f in zip(W[1:], slopes, strict=False))


def sensitivity_gradients(
    a: Float[Array, "*batch n"], s: Float[Array, "*batch k"]
) -> tuple[Float[Array, "n k"], Float[Array, " k"]]:
    r"""The gradients of a layer's weights and biases from its input and its sensitivity.

    .. math:: ∂J/∂W = a s^T, \quad ∂J/∂b = s

    Entry by entry: ∂J/∂w_ji = s_i a_j. The samples of a batch add up.

    Shapes: ``a (*batch, n), s (*batch, k) -> (n, k), (k)``.
    Raises: ValueError where the leading axes differ; TypeError where an argument does not hold real numbers.
    Source: notes (1.2, 1.6)

    >>> sensitivity_gradients([1.0, 2.0], [3.0])
    (array([[3.],
           [6.]]), array([3.]))
    """
    xp, a, s = arguments(sensitivity_gradients, a, s)
    rows = math.prod(a.shape[:-1])
    return _weights_and_biases(xp, xp.reshape(a, (rows, a.shape[-1])), xp.reshape(s, (rows, s.shape[-1])))


def stacked_weights_gradient(
    o: Float[Array, "*batch n"],
    a: Float[Array, "*batch k"],
    o_bar: Float[Array, "*batch k"],
    *,
    activation: str = "sigmoid",
) -> Float[Array, "*batch 1 kn"]:
    r"""The gradient of the loss by the stacked weights of a layer, as a row: the chain of three Jacobians.

    .. math:: ∂L/∂w_{t-1} = ∂L/∂o_t \, J_a(o_t) \, O_{t-1}

    Of the product's two sparse factors only the entries that are not 0 are used: row j of the k × n weights gets
    ∂L/∂o_j g'(a_j) o_{t-1}^T.

    Shapes: ``o (*batch, n), a (*batch, k), o_bar (*batch, k) -> (*batch, 1, k·n)``; o is o_{t-1}, a the
    pre-activation a_t and o_bar is ∂L/∂o_t.
    Raises: ValueError where the leading axes differ or the activation is unknown; TypeError where an argument does
    not hold real numbers.
    Source: notes (0.6)

    >>> stacked_weights_gradient([1.0, 2.0], [0.0, 0.0], [4.0, 8.0])
    array([[1., 2., 2., 4.]])
    """
    kernel = activation_kernel(stacked_weights_gradient, activation)
    xp, o, a, o_bar = arguments(stacked_weights_gradient, o, a, o_bar)
    _, derivative = kernel(xp, a)
    row = o_bar * derivative()
    return xp.reshape(row[..., :, None] * o[..., None, :], (*o.shape[:-1], 1, a.shape[-1] * o.shape[-1]))


def mlp_gradients(
    W: Sequence[Array],
    b: Sequence[Array],
    x: Array,
    y: Array,
    activations: Sequence[str],
    loss: str = "sum_squared_error",
) -> tuple[Array, list[Array], list[Array]]:
    r"""The loss of a multilayer perceptron and its gradients by all weights and biases.

    .. math:: ∂J/∂W^{(m)} = a^{(m-1)} s^{(m)T}, \quad ∂J/∂b^{(m)} = s^{(m)}

    Convention: of a batch, the mean over its rows of ``sum_squared_error``, ``mean_categorical_cross_entropy`` and
    ``softmax_cross_entropy``, and over all entries of ``mean_squared_error``, ``mean_binary_cross_entropy`` and
    ``sigmoid_cross_entropy``; an empty one has loss nan and gradients 0. A fused loss takes the last
    pre-activation, so its last activation is "identity". "softmax" is known in the last layer, with
    ``mean_categorical_cross_entropy``; it and "sigmoid" with ``mean_binary_cross_entropy`` are computed fused, so that
    a saturated output has finite gradients.

    Shapes: W[m-1] (s_{m-1}, s_m), b[m-1] (s_m), x (s_0) or (N, s_0), y (s_M) or (N, s_M) -> the loss (), a list of
    gradients in the shapes of W, and one in the shapes of b.
    Raises: as ``mlp``, and ValueError for an unknown loss, or one that does not go with the last activation.
    Source: notes (1.6, 1.11, 1.13, 1.15, 2.18)

    >>> mlp_gradients([[[1.0], [2.0]]], [[0.0]], [3.0, 4.0], [10.0], ["relu"])
    (np.float64(1.0), [array([[6.],
           [8.]])], [array([2.])])
    """
    W, b, activations = _lists(mlp_gradients, W=W, b=b, activations=activations)
    activations, loss = _paired(activations, loss)
    xp, W, b, activations, x, y = _checked(mlp_gradients, W, b, x, activations, y=y)
    if loss == "softmax_cross_entropy" and y.shape[-1] == 0:
        raise ValueError(f"mlp_gradients: the last layer's output has shape {tuple(y.shape)}; it must have a class")
    a, slopes = _forward(xp, W, b, x, activations)
    value, derivative = _LOSSES[loss](xp, y, a[-1])
    J0 = value()
    count = math.prod(J0.shape)
    total = summed(xp, J0, axis=None)
    s, _ = _backward(W, activations, slopes, derivative() / max(count, 1))
    gradients = [_weights_and_biases(xp, a_prev, s_m) for a_prev, s_m in zip(a, s, strict=False)]
    return total / count if count else total + xp.nan, [dW for dW, _ in gradients], [db for _, db in gradients]


def sgd_step(
    W: Sequence[Array], b: Sequence[Array], dW: Sequence[Array], db: Sequence[Array], rate: float
) -> tuple[list[Array], list[Array]]:
    r"""One step of gradient descent for every layer, as new lists.

    .. math:: W^{(m)} - α ∂J/∂W^{(m)}, \quad b^{(m)} - α ∂J/∂b^{(m)}

    Shapes: W[m-1] and dW[m-1] (s_{m-1}, s_m), b[m-1] and db[m-1] (s_m), rate () -> two lists in the shapes of W and b.
    Raises: ValueError where the lists differ in length or are empty, or a gradient has not the shape of its parameter,
    with the number of the layer; TypeError where W, b, dW or db is no list or does not hold real numbers.
    Source: notes (1.1, 1.14)

    >>> sgd_step([[[1.0]]], [[2.0]], [[[4.0]]], [[8.0]], 0.25)
    ([array([[0.]])], [array([0.])])
    """
    W, b, dW, db = _lists(sgd_step, W=W, b=b, dW=dW, db=db)

    def step(name: str, theta: list[Array], gradient: list[Array]) -> list[Array]:
        return [
            _in_layer(sgd_step, f"layer {m + 1}: {name}[{m}]", descend, *pair, rate)
            for m, pair in enumerate(zip(theta, gradient, strict=True))
        ]

    return step("W", W, dW), step("b", b, db)


def _forward(
    xp: Any, W: Sequence[Array], b: Sequence[Array], x: Array, activations: Sequence[str]
) -> tuple[list[Array], list[Callable[[], Array]]]:
    """a^(0) … a^(M), and a function for each diagonal of F'(n^(1)) … F'(n^(M))."""
    outputs, slopes = [x], []
    for W_m, b_m, name in zip(W, b, activations, strict=True):
        n = outputs[-1] @ W_m + b_m
        value, derivative = ACTIVATIONS[name](xp, n)
        outputs.append(n if name == "identity" else value())
        slopes.append(derivative)
    return outputs, slopes


def _weights_and_biases(xp: Any, a: Array, s: Array) -> tuple[Array, Array]:
    """a s^T and s; of a batch of rows, summed over them."""
    if a.ndim == 1:
        return a[:, None] * s, xp.asarray(s, copy=True)
    return a.mT @ s, summed(xp, s, axis=0)


def _backward(
    W: Sequence[Array], activations: Sequence[str], slopes: Sequence[Callable[[], Array]], a_bar: Array
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """The sensitivities and the gradients by each layer's output, from the one by the last; where F' = I, one array."""
    s, e = [], [a_bar]
    for m in reversed(range(len(W))):
        s.append(e[-1] if activations[m] == "identity" else slopes[m]() * e[-1])
        if m > 0:
            e.append(s[-1] @ W[m].mT)
    return tuple(reversed(s)), tuple(reversed(e))


# Arguments of a network


def _lists(function: Callable[..., Any], **given: Any) -> list[list[Any]]:
    """The arguments that have an entry for each layer, as lists of one length."""
    lists = [_as_list(function, name, value) for name, value in given.items()]
    lengths = [*map(len, lists)]
    if 0 in lengths or len({*lengths}) > 1:
        found = ", ".join(f"{name} has length {length}" for name, length in zip(given, lengths, strict=True))
        raise ValueError(f"{function.__name__}: {found}; they must have the same length, at least 1")
    return lists


def _paired(activations: list[str], loss: str) -> tuple[list[str], str]:
    """The activations and the loss to compute, once it is sure that the last activation and the loss go together."""
    if not isinstance(loss, str) or loss not in _LOSSES:
        raise ValueError(f"mlp_gradients: loss is {loss!r}; it must be one of {', '.join(_LOSSES)}")
    last = activations[-1]
    if isinstance(last, str) and (last, loss) in _FUSED:
        last, loss = _FUSED[last, loss]
        return [*activations[:-1], last], loss
    if loss in ("softmax_cross_entropy", "sigmoid_cross_entropy") and last != "identity":
        found = f"the last activation is {last!r}, loss is {loss!r}"
        raise ValueError(f"mlp_gradients: {found}; the activation must be 'identity'")
    if last == "softmax":
        wanted = "'mean_categorical_cross_entropy', or 'softmax_cross_entropy' after 'identity'"
        raise ValueError(
            f"mlp_gradients: the last activation is 'softmax', loss is {loss!r}; the loss must be {wanted}"
        )
    return activations, loss


def _network(
    function: Callable[..., Any],
    W: Sequence[Array],
    b: Sequence[Array],
    x: Array,
    activations: Sequence[str],
    **outputs: Array,
) -> tuple[Any, ...]:
    """The namespace, W, b, activations, x and what goes with the outputs: arrays of one dtype, in shapes that fit."""
    W, b, activations = _lists(function, W=W, b=b, activations=activations)
    return _checked(function, W, b, x, activations, **outputs)


def _checked(
    function: Callable[..., Any], W: list[Any], b: list[Any], x: Array, activations: list[str], **outputs: Array
) -> tuple[Any, ...]:
    """The same, once W, b and activations are lists of one length."""
    where = function.__name__
    for m, name in enumerate(activations, start=1):
        if not isinstance(name, str) or name not in ACTIVATIONS:
            last = ", or softmax in the last layer" if function in (mlp, mlp_gradients) else ""
            raise ValueError(
                f"{where}: layer {m}: activation is {name!r}; it must be one of {', '.join(ACTIVATIONS)}{last}"
            )
    depth = len(W)
    arrays = [x, *W, *b, *outputs.values()]
    xp: Any = np
    dtype = getattr(x, "dtype", None)
    if {*map(type, arrays)} != {np.ndarray} or dtype not in FLOATS or {array.dtype for array in arrays} != {dtype}:
        weights = {f"W[{m}]": v for m, v in enumerate(W)} | {f"b[{m}]": v for m, v in enumerate(b)}
        xp, arrays = as_arrays(f"{where}:", {"x": x, **weights, **outputs})
    x, W, b, results = arrays[0], arrays[1 : depth + 1], arrays[depth + 1 : 2 * depth + 1], arrays[2 * depth + 1 :]
    _check_network(where, depth, tuple(outputs), *[tuple(array.shape) for array in arrays])
    return xp, W, b, activations, x, *results


@functools.lru_cache(maxsize=4096)
def _check_network(
    where: str, depth: int, outputs: tuple[str, ...], x: tuple[int, ...], *shapes: tuple[int, ...]
) -> None:
    """Raise ValueError unless each layer fits the one before, by the shapes of x, all W, all b and the outputs."""
    W, b, results = shapes[:depth], shapes[depth : 2 * depth], shapes[2 * depth :]
    if len(x) not in (1, 2):
        raise ValueError(f"{where}: x has shape {x}; it must be one sample (n,) or a batch of rows (N, n)")
    size, before = x[-1], f"x has shape {x}"
    for m, (shape, bias) in enumerate(zip(W, b, strict=True)):
        if len(shape) != 2 or shape[0] != size:
            found = f"W[{m}] has shape {shape}, {before}"
            raise ValueError(f"{where}: layer {m + 1}: {found}; W[{m}] must have shape ({size}, k)")
        size, before = shape[1], f"W[{m}] has shape {shape}"
        if bias != (size,):
            found = f"b[{m}] has shape {bias}, {before}"
            raise ValueError(f"{where}: layer {m + 1}: {found}; b[{m}] must have shape ({size},)")
    wanted = (*x[:-1], size)
    for name, shape in zip(outputs, results, strict=True):
        if shape != wanted:
            found = f"{name} has shape {shape}, the last layer's output has shape {wanted}"
            raise ValueError(f"{where}: {found}; {name} must have it too")
