"""Layers: linear maps, a layer as a function of its weights, the dense layer and the artificial neuron.

=========  ==========================================================
B, w       linear map: matrix, (m, n), of all samples, and vector, (*batch, n)
o, w       layer by its weights: inputs, (*batch, n), and the k rows of its
           k×n weight matrix one after the other, (k·n), of all samples
O          matrix of outputs of the layer before, (*batch, k, k·n)
x          inputs of a dense layer or a neuron, (*batch, n)
W, b       weights of a dense layer, (n, k), and biases, (k), of all samples
w, b       weights of a neuron, (n), and bias, (), of all samples
z          pre-activation, (*batch, k), of a neuron (*batch)
a          value of a linear map, of a layer by its weights, of a neuron
z_bar      ∂J/∂z, the cotangent that a pullback receives (the sensitivity)
x_dot      tangent of x, and so for the other letters
=========  ==========================================================

Jacobians are per sample, also those by weights and biases. A pullback sums over the samples what goes to an argument
that all samples share.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from handgrad._activation_names import activation_kernel
from handgrad._arrays import Array, Pullback, Pullbacks, arguments, cotangent, identity_mask, placement, repeated

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "dense",
    "dense_jacobian",
    "dense_jvp",
    "dense_of_weights",
    "dense_of_weights_jacobian",
    "dense_of_weights_jvp",
    "dense_of_weights_vjp",
    "dense_vjp",
    "linear_map",
    "linear_map_jacobian",
    "linear_map_jvp",
    "linear_map_vjp",
    "neuron",
    "neuron_gradient",
    "neuron_jvp",
    "neuron_vjp",
    "outputs_matrix",
]


def _samples(x: Array) -> tuple[int, ...]:
    """The leading axes of a stack of vectors."""
    return tuple(range(x.ndim - 1))


# Linear map


def linear_map(B: Float[Array, "m n"], w: Float[Array, "*batch n"]) -> Float[Array, "*batch m"]:
    """The linear map of a vector by a fixed matrix.

    .. math:: a = B w

    Shapes: ``B (m, n), w (*batch, n) -> (*batch, m)``.
    Raises: ValueError where the shapes do not fit; TypeError where an argument does not hold real numbers.
    Source: notes (0.1)

    >>> linear_map([[1.0, 10.0]], [3.0, 4.0])
    array([43.])
    """
    _, B, w = arguments(linear_map, B, w)
    return w @ B.T


def linear_map_jacobian(B: Float[Array, "m n"], w: Float[Array, "*batch n"]) -> Float[Array, "*batch m n"]:
    """The Jacobian of the linear map by w: the matrix itself.

    .. math:: ∂a_i/∂w_j = B_{ij}

    Shapes: ``B (m, n), w (*batch, n) -> (*batch, m, n)``.
    Source: notes (0.1)

    >>> linear_map_jacobian([[1.0, 10.0]], [3.0, 4.0])
    array([[ 1., 10.]])
    """
    xp, B, w = arguments(linear_map_jacobian, B, w)
    return repeated(xp, B, w.shape[:-1])


def linear_map_vjp(B: Float[Array, "m n"], w: Float[Array, "*batch n"]) -> tuple[Float[Array, "*batch m"], Pullback]:
    r"""The linear map and its pullback to w.

    .. math:: \bar w = \bar a^T B

    Shapes: ``B (m, n), w (*batch, n) -> (*batch, m)``; the pullback takes ``(*batch, m)`` and gives ``(*batch, n)``.
    Source: notes (0.1)

    >>> a, pullback = linear_map_vjp([[1.0, 10.0]], [3.0, 4.0])
    >>> pullback([2.0])
    array([ 2., 20.])
    """
    _, B, w = arguments(linear_map_vjp, B, w)
    a = w @ B.T

    def linear_map_pullback(a_bar: Array) -> Array:
        _, a_bar = cotangent(linear_map_vjp, "a_bar", a_bar, a)
        return a_bar @ B

    return a, linear_map_pullback


def linear_map_jvp(
    B: Float[Array, "m n"], w: Float[Array, "*batch n"], w_dot: Float[Array, "*batch n"]
) -> tuple[Float[Array, "*batch m"], Float[Array, "*batch m"]]:
    r"""The linear map and its tangent along w_dot.

    .. math:: \dot a = B \dot w

    Shapes: ``B (m, n), w (*batch, n), w_dot (*batch, n) -> (*batch, m), (*batch, m)``.
    Source: notes (0.1)

    >>> linear_map_jvp([[1.0, 10.0]], [3.0, 4.0], [1.0, 2.0])
    (array([43.]), array([21.]))
    """
    _, B, w, w_dot = arguments(linear_map_jvp, B, w, w_dot)
    return w @ B.T, w_dot @ B.T


# A layer as a function of its weights


def _outputs_matrix(xp: Any, o: Array, k: int) -> Array:
    batch, n = o.shape[:-1], o.shape[-1]
    blocks = xp.where(identity_mask(xp, k, o)[:, :, None], o[..., None, None, :], 0)
    return xp.reshape(blocks, (*batch, k, k * n))


def _weight_matrix(xp: Any, o: Array, w: Array) -> Array:
    """The k×n matrix whose rows w holds."""
    n = o.shape[-1]
    return xp.reshape(w, (w.shape[0] // n if n else 0, n))


def outputs_matrix(o: Float[Array, "*batch n"], k: int) -> Float[Array, "*batch k kn"]:
    """The matrix that takes a layer's weights to its k pre-activations: the row o^T once in each block of n columns.

    .. math:: O = I_k ⊗ o^T

    Shapes: ``o (*batch, n) -> (*batch, k, k·n)``.
    Raises: ValueError where o is 0-d or k is negative; TypeError where o does not hold real numbers or k is no integer.
    Source: notes (0.2)

    >>> outputs_matrix([3.0, 4.0], 2)
    array([[3., 4., 0., 0.],
           [0., 0., 3., 4.]])
    """
    xp, o = arguments(outputs_matrix, o)
    try:
        size = operator.index(k)
    except TypeError:
        raise TypeError(f"outputs_matrix: k is of type {type(k).__name__}; an integer fits") from None
    if size < 0:
        raise ValueError(f"outputs_matrix: k is {size}; it must be 0 or above")
    return _outputs_matrix(xp, o, size)


def dense_of_weights(o: Float[Array, "*batch n"], w: Float[Array, " kn"]) -> Float[Array, "*batch k"]:
    r"""A layer as a linear map of its weights.

    .. math:: a = O w, \quad O = I_k ⊗ o^T

    Computed as a_i = Σ_j w_{ij} o_j, without the zeros of O.

    Convention: w holds the weight matrix row by row, one row per output; ``dense`` takes the transpose of that matrix.

    Shapes: ``o (*batch, n), w (k·n) -> (*batch, k)``.
    Raises: ValueError where the size of w is not a multiple of n; TypeError where an argument does not hold real
    numbers.
    Source: notes (0.2)

    >>> dense_of_weights([3.0, 4.0], [1.0, 10.0, 100.0, 1000.0])
    array([  43., 4300.])
    """
    xp, o, w = arguments(dense_of_weights, o, w)
    return o @ _weight_matrix(xp, o, w).T


def dense_of_weights_jacobian(o: Float[Array, "*batch n"], w: Float[Array, " kn"]) -> Float[Array, "*batch k kn"]:
    """The Jacobian of a layer by its weights, for each sample apart: the matrix of outputs.

    .. math:: ∂a/∂w = O = I_k ⊗ o^T

    Shapes: ``o (*batch, n), w (k·n) -> (*batch, k, k·n)``.
    Source: notes (0.2)

    >>> dense_of_weights_jacobian([3.0, 4.0], [1.0, 10.0, 100.0, 1000.0])
    array([[3., 4., 0., 0.],
           [0., 0., 3., 4.]])
    """
    xp, o, w = arguments(dense_of_weights_jacobian, o, w)
    k, _ = _weight_matrix(xp, o, w).shape
    return _outputs_matrix(xp, o, k)


def dense_of_weights_vjp(
    o: Float[Array, "*batch n"], w: Float[Array, " kn"]
) -> tuple[Float[Array, "*batch k"], Pullback]:
    r"""A layer as a function of its weights, and its pullback to them.

    .. math:: \bar w = \bar a^T O, \quad \bar w_{ij} = \bar a_i o_j

    Summed over all samples, and computed in the second form, without the zeros of O.

    Shapes: ``o (*batch, n), w (k·n) -> (*batch, k)``; the pullback takes ``(*batch, k)`` and gives ``(k·n)``.
    Source: notes (0.2)

    >>> a, pullback = dense_of_weights_vjp([3.0, 4.0], [1.0, 10.0, 100.0, 1000.0])
    >>> pullback([1.0, 2.0])
    array([3., 4., 6., 8.])
    """
    xp, o, w = arguments(dense_of_weights_vjp, o, w)
    a = o @ _weight_matrix(xp, o, w).T

    def dense_of_weights_pullback(a_bar: Array) -> Array:
        xp, a_bar = cotangent(dense_of_weights_vjp, "a_bar", a_bar, a)
        return xp.reshape(xp.tensordot(a_bar, o, axes=(_samples(a_bar), _samples(o))), w.shape)

    return a, dense_of_weights_pullback


def dense_of_weights_jvp(
    o: Float[Array, "*batch n"], w: Float[Array, " kn"], w_dot: Float[Array, " kn"]
) -> tuple[Float[Array, "*batch k"], Float[Array, "*batch k"]]:
    r"""A layer as a function of its weights, and its tangent along w_dot.

    .. math:: \dot a = O \dot w

    Shapes: ``o (*batch, n), w (k·n), w_dot (k·n) -> (*batch, k), (*batch, k)``.
    Source: notes (0.2)

    >>> dense_of_weights_jvp([3.0, 4.0], [1.0, 10.0], [2.0, 5.0])
    (array([43.]), array([26.]))
    """
    xp, o, w, w_dot = arguments(dense_of_weights_jvp, o, w, w_dot)
    return o @ _weight_matrix(xp, o, w).T, o @ _weight_matrix(xp, o, w_dot).T


# Dense layer


def dense(x: Float[Array, "*batch n"], W: Float[Array, "n k"], b: Float[Array, " k"]) -> Float[Array, "*batch k"]:
    r"""The pre-activation of a dense layer.

    .. math:: z = x W + b, \quad n_i = Σ_j w_{ji} a_j + b_i

    The second form is the note's own: its n is z, its a is x, and w_{ji} = W_{ji} leads from unit j to unit i.

    Convention: W has a row per input and a column per output; a sample is a row of x.

    Shapes: ``x (*batch, n), W (n, k), b (k) -> (*batch, k)``.
    Raises: ValueError where the shapes do not fit; TypeError where an argument does not hold real numbers.
    Source: notes (1.3)

    >>> dense([3.0, 4.0], [[1.0, 100.0], [10.0, 1000.0]], [0.0, 5.0])
    array([  43., 4305.])
    """
    _, x, W, b = arguments(dense, x, W, b)
    return x @ W + b


def dense_jacobian(
    x: Float[Array, "*batch n"], W: Float[Array, "n k"], b: Float[Array, " k"]
) -> tuple[Float[Array, "*batch k n"], Float[Array, "*batch k n k"], Float[Array, "*batch k k"]]:
    r"""The Jacobians of a dense layer by x, W and b, for each sample apart.

    .. math:: ∂z_i/∂x_j = W_{ji}, \quad ∂n_i/∂w_{jl} = δ_{il} a_j, \quad ∂n_i/∂b_l = δ_{il}

    The last two in the note's letters, n for z and a for x.

    Shapes: ``x (*batch, n), W (n, k), b (k) -> (*batch, k, n), (*batch, k, n, k), (*batch, k, k)``.
    Source: notes (1.4, 3.10)

    >>> dz_dx, dz_dW, dz_db = dense_jacobian([3.0, 4.0], [[1.0], [10.0]], [0.0])
    >>> dz_dx, dz_dW, dz_db
    (array([[ 1., 10.]]), array([[[3.],
            [4.]]]), array([[1.]]))
    """
    xp, x, W, b = arguments(dense_jacobian, x, W, b)
    batch, k = x.shape[:-1], b.shape[0]
    dz_dx = repeated(xp, W.T, batch)
    dz_dW = xp.where(identity_mask(xp, k, x)[:, None, :], x[..., None, :, None], 0)
    dz_db = repeated(xp, xp.eye(k, **placement(x)), batch)
    return dz_dx, dz_dW, dz_db


def dense_vjp(
    x: Float[Array, "*batch n"], W: Float[Array, "n k"], b: Float[Array, " k"]
) -> tuple[Float[Array, "*batch k"], Pullbacks]:
    r"""The pre-activation of a dense layer and its pullback.

    .. math:: \bar x = \bar z W^T, \quad \bar W = x^T \bar z, \quad \bar b = \bar z

    The last two are summed over all samples. In the note's letters, with the sensitivity s = ∂J/∂n for z_bar:
    ∂J/∂w_{ji} = s_i a_j and ∂J/∂b_i = s_i.

    Shapes: ``x (*batch, n), W (n, k), b (k) -> (*batch, k)``; the pullback takes ``(*batch, k)`` and gives
    ``(*batch, n), (n, k), (k)``.
    Source: notes (1.2, 1.5, 1.6, 2.13, 4.9)

    >>> z, pullback = dense_vjp([[3.0, 4.0], [5.0, 6.0]], [[1.0], [10.0]], [0.0])
    >>> x_bar, W_bar, b_bar = pullback([[1.0], [2.0]])
    >>> x_bar, W_bar, b_bar
    (array([[ 1., 10.],
            [ 2., 20.]]), array([[13.],
            [16.]]), array([3.]))
    """
    _, x, W, b = arguments(dense_vjp, x, W, b)
    z = x @ W + b

    def dense_pullback(z_bar: Array) -> tuple[Array, Array, Array]:
        xp, z_bar = cotangent(dense_vjp, "z_bar", z_bar, z)
        samples = _samples(x)
        return z_bar @ W.T, xp.tensordot(x, z_bar, axes=(samples, samples)), xp.sum(z_bar, axis=samples)

    return z, dense_pullback


def dense_jvp(
    x: Float[Array, "*batch n"],
    W: Float[Array, "n k"],
    b: Float[Array, " k"],
    x_dot: Float[Array, "*batch n"],
    W_dot: Float[Array, "n k"],
    b_dot: Float[Array, " k"],
) -> tuple[Float[Array, "*batch k"], Float[Array, "*batch k"]]:
    r"""The pre-activation of a dense layer and its tangent.

    .. math:: \dot z = \dot x W + x \dot W + \dot b

    Shapes: ``x (*batch, n), W (n, k), b (k), x_dot (*batch, n), W_dot (n, k), b_dot (k) -> (*batch, k), (*batch, k)``.
    Source: notes (1.4)

    >>> dense_jvp([3.0, 4.0], [[1.0], [10.0]], [0.0], [1.0, 2.0], [[0.0], [1.0]], [5.0])
    (array([43.]), array([30.]))
    """
    _, x, W, b, x_dot, W_dot, b_dot = arguments(dense_jvp, x, W, b, x_dot, W_dot, b_dot)
    return x @ W + b, x_dot @ W + x @ W_dot + b_dot


# Artificial neuron


def _pre_activation(xp: Any, x: Array, w: Array, b: Array) -> Array:
    z = x @ w + b
    return np.asarray(z) if xp is np else z  # of one sample NumPy makes a scalar, and kernels take arrays


def neuron(
    x: Float[Array, "*batch n"], w: Float[Array, " n"], b: Float[Array, ""], *, activation: str = "sigmoid"
) -> Float[Array, "*batch"]:
    r"""The artificial neuron: an activation of the weighted sum of its inputs.

    .. math:: a = g(z), \quad z = x^T w + b

    Convention: g is the element-wise function that ``activation`` names, one of identity, sigmoid, tanh, relu,
    absolute, unit_step, exp, log, sin, cos and tan.

    Shapes: ``x (*batch, n), w (n), b () -> (*batch)``.
    Raises: ValueError where the shapes do not fit or no activation has that name; TypeError where an argument does
    not hold real numbers.
    Source: notes (2.16)

    >>> neuron([3.0, 4.0], [1.0, 10.0], -43.0)
    np.float64(0.5)
    """
    g = activation_kernel(neuron, activation)
    xp, x, w, b = arguments(neuron, x, w, b)
    a, _ = g(xp, _pre_activation(xp, x, w, b))
    return a()


def neuron_gradient(
    x: Float[Array, "*batch n"], w: Float[Array, " n"], b: Float[Array, ""], *, activation: str = "sigmoid"
) -> tuple[Float[Array, "*batch n"], Float[Array, "*batch n"], Float[Array, "*batch"]]:
    """The gradient of the neuron by x, w and b, for each sample apart.

    .. math:: (∂a/∂x_j, ∂a/∂w_j, ∂a/∂b) = (g'(z) w_j, g'(z) x_j, g'(z))

    Shapes: ``x (*batch, n), w (n), b () -> (*batch, n), (*batch, n), (*batch)``.
    Source: notes (2.16)

    >>> neuron_gradient([[3.0, 4.0]], [1.0, 10.0], -43.0)
    (array([[0.25, 2.5 ]]), array([[0.75, 1.  ]]), array([0.25]))
    """
    g = activation_kernel(neuron_gradient, activation)
    xp, x, w, b = arguments(neuron_gradient, x, w, b)
    _, derivative = g(xp, _pre_activation(xp, x, w, b))
    da_dz = derivative()
    return da_dz[..., None] * w, da_dz[..., None] * x, da_dz


def neuron_vjp(
    x: Float[Array, "*batch n"], w: Float[Array, " n"], b: Float[Array, ""], *, activation: str = "sigmoid"
) -> tuple[Float[Array, "*batch"], Pullbacks]:
    r"""The neuron and its pullback.

    .. math:: \bar x = \bar z w^T, \quad \bar w = \bar z x^T, \quad \bar b = \bar z, \quad \bar z = \bar a g'(z)

    Those of w and b are summed over all samples.

    Shapes: ``x (*batch, n), w (n), b () -> (*batch)``; the pullback takes ``(*batch)`` and gives
    ``(*batch, n), (n), ()``.
    Source: notes (2.16)

    >>> a, pullback = neuron_vjp([[3.0, 4.0]], [1.0, 10.0], -43.0)
    >>> pullback([4.0])
    (array([[ 1., 10.]]), array([3., 4.]), np.float64(1.0))
    """
    g = activation_kernel(neuron_vjp, activation)
    xp, x, w, b = arguments(neuron_vjp, x, w, b)
    value, derivative = g(xp, _pre_activation(xp, x, w, b))
    a, da_dz = value(), derivative()

    def neuron_pullback(a_bar: Array) -> tuple[Array, Array, Array]:
        xp, a_bar = cotangent(neuron_vjp, "a_bar", a_bar, a)
        z_bar = a_bar * da_dz
        return z_bar[..., None] * w, xp.tensordot(z_bar, x, axes=z_bar.ndim), xp.sum(z_bar)

    return a, neuron_pullback


def neuron_jvp(
    x: Float[Array, "*batch n"],
    w: Float[Array, " n"],
    b: Float[Array, ""],
    x_dot: Float[Array, "*batch n"],
    w_dot: Float[Array, " n"],
    b_dot: Float[Array, ""],
    *,
    activation: str = "sigmoid",
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The neuron and its tangent.

    .. math:: \dot a = g'(z) (\dot x^T w + x^T \dot w + \dot b)

    Shapes: ``x (*batch, n), w (n), b (), x_dot (*batch, n), w_dot (n), b_dot () -> (*batch), (*batch)``.
    Source: notes (2.16)

    >>> neuron_jvp([3.0, 4.0], [1.0, 10.0], -43.0, [1.0, 2.0], [0.0, 1.0], 3.0)
    (np.float64(0.5), np.float64(7.0))
    """
    g = activation_kernel(neuron_jvp, activation)
    xp, x, w, b, x_dot, w_dot, b_dot = arguments(neuron_jvp, x, w, b, x_dot, w_dot, b_dot)
    a, da_dz = g(xp, _pre_activation(xp, x, w, b))
    return a(), da_dz() * (x_dot @ w + x @ w_dot + b_dot)
