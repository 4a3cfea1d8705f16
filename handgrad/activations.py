"""Activation functions, element by element.

=========  ==========================================================
z          pre-activation, any shape
a          activation g(z), the shape of z
a_bar      ∂J/∂a, the cotangent that a pullback receives
z_dot      tangent of z
=========  ==========================================================

Their Jacobians are diagonal (notes 0.5) and taken over the last axis: ∂a_i/∂z_j = g'(z_i) δ_ij. Each kernel computes
what value and derivative share, then gives the two formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from handgrad._arrays import (
    Array,
    Pullback,
    arguments,
    clipped,
    copied,
    cotangent,
    indicator,
    is_traced,
    minus_modulus,
    with_tangent,
)
from handgrad._elementwise import elementwise_jacobian, elementwise_jvp, elementwise_vjp

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "absolute",
    "absolute_derivative",
    "absolute_jacobian",
    "absolute_jvp",
    "absolute_vjp",
    "identity",
    "identity_derivative",
    "identity_jacobian",
    "identity_jvp",
    "identity_vjp",
    "relu",
    "relu_derivative",
    "relu_derivative_from_output",
    "relu_jacobian",
    "relu_jvp",
    "relu_vjp",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_derivative_from_output",
    "sigmoid_jacobian",
    "sigmoid_jvp",
    "sigmoid_vjp",
    "tanh",
    "tanh_derivative",
    "tanh_derivative_from_output",
    "tanh_jacobian",
    "tanh_jvp",
    "tanh_vjp",
    "unit_step",
    "unit_step_derivative",
    "unit_step_jacobian",
    "unit_step_jvp",
    "unit_step_vjp",
]


# Identity


def _identity(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return copied(xp, z)

    def da_dz() -> Array:
        return xp.ones_like(z)

    return a, da_dz


def identity(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The identity, as a new array.

    .. math:: a = z

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.9)

    >>> identity([1.0, -2.0])
    array([ 1., -2.])
    """
    a, _ = _identity(*arguments(identity, z))
    return a()


def identity_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The diagonal of the identity's Jacobian: ones.

    .. math:: ∂a/∂z = 1

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.9)

    >>> identity_derivative([1.0, -2.0])
    array([1., 1.])
    """
    _, da_dz = _identity(*arguments(identity_derivative, z))
    return da_dz()


def identity_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the identity over the last axis: the identity matrix.

    .. math:: ∂a_i/∂z_j = δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (3.9)

    >>> identity_jacobian([1.0, -2.0])
    array([[1., 0.],
           [0., 1.]])
    """
    return elementwise_jacobian(identity_jacobian, _identity, z)


def identity_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The identity and its pullback.

    .. math:: \bar z = \bar a

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.9, 3.11)

    >>> a, pullback = identity_vjp([1.0, -2.0])
    >>> pullback([3.0, 4.0])
    array([3., 4.])
    """
    return elementwise_vjp(identity_vjp, _identity, "a_bar", z)


def identity_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The identity and its tangent.

    .. math:: \dot a = \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.9, 3.11)

    >>> identity_jvp([1.0, -2.0], [3.0, 4.0])
    (array([ 1., -2.]), array([3., 4.]))
    """
    return elementwise_jvp(identity_jvp, _identity, z, z_dot)


# Sigmoid


@with_tangent(lambda xp, s, z, z_dot: s * (1 - s) * xp.where(z < 0, z_dot, -z_dot))
def _lower_sigmoid(xp: Any, z: Array) -> Array:
    """σ(-|z|), never above 1/2."""
    if is_traced(z):  # XLA need not be kept from overflow: 1/∞ is 0, as it makes of any such small number
        return 1 / (1 + xp.exp(xp.abs(z)))
    t = xp.exp(minus_modulus(xp, z))  # never above 1, so neither end overflows
    return t / (1 + t)


def _sigmoid(xp: Any, z: Array) -> Any:
    s = _lower_sigmoid(xp, z)

    def a() -> Array:
        # s for z < 0, else 1 - s; in NumPy a choice on a random condition is slow.
        return np.abs(indicator(np, z >= 0, z) - s) if xp is np else xp.where(z < 0, s, 1 - s)

    def da_dz() -> Array:
        return s * (1 - s)  # a(1 - a), which has no digits left beyond z = 37: s is whichever of the two is smaller

    return a, da_dz


def sigmoid(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The logistic sigmoid σ.

    .. math:: a = σ(z) = 1 / (1 + e^{-z})

    For z < 0 the equal form e^z / (1 + e^z) is computed, so that no exponential overflows.

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (0.3)

    >>> sigmoid([0.0, 1000.0, -1000.0])
    array([0.5, 1. , 0. ])
    """
    a, _ = _sigmoid(*arguments(sigmoid, z))
    return a()


def sigmoid_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the sigmoid's Jacobian, exact to a few ulp in both tails.

    .. math:: ∂a/∂z = a (1 - a) = t / (1 + t)^2, \quad t = e^{-|z|}

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (2.14, 3.13)

    >>> sigmoid_derivative([0.0, 1000.0])
    array([0.25, 0.  ])
    """
    _, da_dz = _sigmoid(*arguments(sigmoid_derivative, z))
    return da_dz()


def sigmoid_derivative_from_output(a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The sigmoid's derivative written in its output, as the notes print it.

    .. math:: ∂a/∂z = a (1 - a)

    Where a has been rounded to 1 the derivative is 0; ``sigmoid_derivative`` keeps the digits that a has lost.

    Shapes: ``a (*shape) -> (*shape)``.
    Source: notes (2.14)

    >>> sigmoid_derivative_from_output([0.5, 1.0])
    array([0.25, 0.  ])
    """
    _, a = arguments(sigmoid_derivative_from_output, a)
    return a * (1 - a)


def sigmoid_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the sigmoid over the last axis.

    .. math:: ∂a_i/∂z_j = σ'(z_i) δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.3)

    >>> sigmoid_jacobian([0.0, 1000.0])
    array([[0.25, 0.  ],
           [0.  , 0.  ]])
    """
    return elementwise_jacobian(sigmoid_jacobian, _sigmoid, z)


def sigmoid_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The sigmoid and its pullback.

    .. math:: \bar z = \bar a ⊙ σ'(z)

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (2.15, 3.11)

    >>> a, pullback = sigmoid_vjp([0.0, 1000.0])
    >>> pullback([4.0, 4.0])
    array([1., 0.])
    """
    return elementwise_vjp(sigmoid_vjp, _sigmoid, "a_bar", z)


def sigmoid_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The sigmoid and its tangent.

    .. math:: \dot a = σ'(z) ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (2.14, 3.11)

    >>> sigmoid_jvp([0.0], [4.0])
    (array([0.5]), array([1.]))
    """
    return elementwise_jvp(sigmoid_jvp, _sigmoid, z, z_dot)


# Hyperbolic tangent


def _tanh(xp: Any, z: Array) -> Any:
    tanh_z = xp.tanh(z)

    def a() -> Array:
        return tanh_z

    def da_dz() -> Array:
        # (1 + a)(1 - a) has no digits left beyond z = 19; sech z has them all, and its square vanishes when it has to.
        if xp is np:
            sech = np.exp(-np.abs(z)) * (1 + np.abs(tanh_z))
        else:  # since XLA's tanh is some units in the last place off
            h = xp.exp(minus_modulus(xp, z)) / 2
            sech = h / (0.25 + h * h)
        return sech * sech

    return a, da_dz


def tanh(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The hyperbolic tangent.

    .. math:: a = \tanh z

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (2.14, 3.12)

    >>> tanh([0.0, 1000.0])
    array([0., 1.])
    """
    a, _ = _tanh(*arguments(tanh, z))
    return a()


def tanh_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of tanh's Jacobian, exact to a few ulp in both tails.

    .. math:: ∂a/∂z = (1 + a)(1 - a) = (e^{-|z|} (1 + |a|))^2

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (2.14)

    >>> tanh_derivative([0.0, 1000.0])
    array([1., 0.])
    """
    _, da_dz = _tanh(*arguments(tanh_derivative, z))
    return da_dz()


def tanh_derivative_from_output(a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative of tanh written in its output, as the notes print it.

    .. math:: ∂a/∂z = (1 + a)(1 - a)

    Where a has been rounded to ±1 the derivative is 0; ``tanh_derivative`` keeps the digits that a has lost.

    Shapes: ``a (*shape) -> (*shape)``.
    Source: notes (2.14)

    >>> tanh_derivative_from_output([0.5, 1.0])
    array([0.75, 0.  ])
    """
    _, a = arguments(tanh_derivative_from_output, a)
    return (1 + a) * (1 - a)


def tanh_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of tanh over the last axis.

    .. math:: ∂a_i/∂z_j = (1 + a_i)(1 - a_i) δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 2.14)

    >>> tanh_jacobian([0.0, 1000.0])
    array([[1., 0.],
           [0., 0.]])
    """
    return elementwise_jacobian(tanh_jacobian, _tanh, z)


def tanh_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The hyperbolic tangent and its pullback.

    .. math:: \bar z = \bar a ⊙ (1 + a) ⊙ (1 - a)

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (2.15, 3.11)

    >>> a, pullback = tanh_vjp([0.0, 1000.0])
    >>> pullback([3.0, 3.0])
    array([3., 0.])
    """
    return elementwise_vjp(tanh_vjp, _tanh, "a_bar", z)


def tanh_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The hyperbolic tangent and its tangent.

    .. math:: \dot a = (1 + a) ⊙ (1 - a) ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (2.14, 3.11)

    >>> tanh_jvp([0.0], [3.0])
    (array([0.]), array([3.]))
    """
    return elementwise_jvp(tanh_jvp, _tanh, z, z_dot)


# Rectified linear unit


def _relu(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return clipped(xp, z, low=0)

    def da_dz() -> Array:
        return indicator(xp, z >= 0, z)

    return a, da_dz


def relu(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The rectified linear unit.

    .. math:: a = \max(0, z)

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (2.14, 3.12)

    >>> relu([-1.0, 0.0, 2.0])
    array([0., 0., 2.])
    """
    a, _ = _relu(*arguments(relu, z))
    return a()


def relu_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of ReLU's Jacobian.

    .. math:: ∂a/∂z = 1 \text{ if } z ≥ 0, \text{ else } 0

    Convention: the subgradient at 0, any number in [0, 1], is taken as 1; JAX and PyTorch take 0.

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (2.14)

    >>> relu_derivative([-1.0, 0.0, 2.0])
    array([0., 1., 1.])
    """
    _, da_dz = _relu(*arguments(relu_derivative, z))
    return da_dz()


def relu_derivative_from_output(a: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""ReLU's derivative read from its output.

    .. math:: ∂a/∂z = 1 \text{ if } a > 0, \text{ else } 0

    Convention: a = 0 does not tell z = 0 from z < 0, so this is 0 there and differs from ``relu_derivative``
    exactly at z = 0.

    Shapes: ``a (*shape) -> (*shape)``.
    Source: notes (2.14)

    >>> relu_derivative_from_output([0.0, 2.0])
    array([0., 1.])
    """
    xp, a = arguments(relu_derivative_from_output, a)
    return indicator(xp, a > 0, a)


def relu_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of ReLU over the last axis, 1 where z = 0.

    .. math:: ∂a_i/∂z_j = [z_i ≥ 0] δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 2.14)

    >>> relu_jacobian([-1.0, 2.0])
    array([[0., 0.],
           [0., 1.]])
    """
    return elementwise_jacobian(relu_jacobian, _relu, z)


def relu_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""ReLU and its pullback, which lets the cotangent pass where z ≥ 0.

    .. math:: \bar z = \bar a ⊙ [z ≥ 0]

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (2.15, 3.11)

    >>> a, pullback = relu_vjp([-1.0, 0.0, 2.0])
    >>> pullback([3.0, 4.0, 5.0])
    array([0., 4., 5.])
    """
    xp, z = arguments(relu_vjp, z)
    a, passes = clipped(xp, z, low=0), z >= 0

    def relu_pullback(a_bar: Array) -> Array:
        _, a_bar = cotangent(relu_vjp, "a_bar", a_bar, a)
        return a_bar * passes  # True counts as 1, and takes a byte

    return a, relu_pullback


def relu_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""ReLU and its tangent.

    .. math:: \dot a = [z ≥ 0] ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (2.14, 3.11)

    >>> relu_jvp([-1.0, 2.0], [3.0, 4.0])
    (array([0., 2.]), array([0., 4.]))
    """
    return elementwise_jvp(relu_jvp, _relu, z, z_dot)


# Absolute value


def _absolute(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return xp.abs(z)

    def da_dz() -> Array:
        return indicator(xp, z > 0, z) - indicator(xp, z < 0, z)

    return a, da_dz


def absolute(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The absolute value.

    .. math:: a = |z|

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> absolute([-2.0, 0.0, 3.0])
    array([2., 0., 3.])
    """
    a, _ = _absolute(*arguments(absolute, z))
    return a()


def absolute_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the absolute value's Jacobian: the sign.

    .. math:: ∂a/∂z = 1 \text{ if } z > 0, -1 \text{ if } z < 0

    Convention: the subgradient at 0, any number in [-1, 1], is taken as 0.

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> absolute_derivative([-2.0, 0.0, 3.0])
    array([-1.,  0.,  1.])
    """
    _, da_dz = _absolute(*arguments(absolute_derivative, z))
    return da_dz()


def absolute_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    r"""The Jacobian of the absolute value over the last axis, 0 where z = 0.

    .. math:: ∂a_i/∂z_j = \operatorname{sign}(z_i) δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> absolute_jacobian([-2.0, 3.0])
    array([[-1.,  0.],
           [ 0.,  1.]])
    """
    return elementwise_jacobian(absolute_jacobian, _absolute, z)


def absolute_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The absolute value and its pullback.

    .. math:: \bar z = \bar a ⊙ \operatorname{sign}(z)

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> a, pullback = absolute_vjp([-2.0, 0.0, 3.0])
    >>> pullback([5.0, 6.0, 7.0])
    array([-5.,  0.,  7.])
    """
    return elementwise_vjp(absolute_vjp, _absolute, "a_bar", z)


def absolute_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The absolute value and its tangent.

    .. math:: \dot a = \operatorname{sign}(z) ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> absolute_jvp([-2.0, 3.0], [5.0, 6.0])
    (array([2., 3.]), array([-5.,  6.]))
    """
    return elementwise_jvp(absolute_jvp, _absolute, z, z_dot)


# Unit step


def _unit_step(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return xp.where(z >= 0, xp.ones_like(z), xp.where(z < 0, 0, z))  # z again where it is nan

    def da_dz() -> Array:
        return xp.zeros_like(z)

    return a, da_dz


def unit_step(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The unit step.

    .. math:: a = 1 \text{ if } z ≥ 0, \text{ else } 0

    Convention: the value at 0 is 1, so that the step is the derivative of ReLU everywhere.

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> unit_step([-1.0, 0.0, 2.0])
    array([0., 1., 1.])
    """
    a, _ = _unit_step(*arguments(unit_step, z))
    return a()


def unit_step_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the unit step's Jacobian: zeros.

    .. math:: ∂a/∂z = 0 \text{ for } z ≠ 0

    Convention: at 0 there is neither a derivative nor a subgradient; the 0 returned there only keeps code running.

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> unit_step_derivative([-1.0, 2.0])
    array([0., 0.])
    """
    _, da_dz = _unit_step(*arguments(unit_step_derivative, z))
    return da_dz()


def unit_step_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the unit step over the last axis: zeros.

    .. math:: ∂a_i/∂z_j = 0

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> unit_step_jacobian([-1.0, 2.0])
    array([[0., 0.],
           [0., 0.]])
    """
    return elementwise_jacobian(unit_step_jacobian, _unit_step, z)


def unit_step_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The unit step and its pullback, which lets nothing pass.

    .. math:: \bar z = 0

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> a, pullback = unit_step_vjp([-1.0, 2.0])
    >>> pullback([3.0, 4.0])
    array([0., 0.])
    """
    return elementwise_vjp(unit_step_vjp, _unit_step, "a_bar", z)


def unit_step_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The unit step and its tangent.

    .. math:: \dot a = 0

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> unit_step_jvp([-1.0, 2.0], [3.0, 4.0])
    (array([0., 1.]), array([0., 0.]))
    """
    return elementwise_jvp(unit_step_jvp, _unit_step, z, z_dot)
