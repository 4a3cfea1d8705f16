"""Elementary functions, element by element.

=========  ==========================================================
z          argument, any shape
a          value of the function at z, the shape of z
a_bar      ∂J/∂a, the cotangent that a pullback receives
z_dot      tangent of z
=========  ==========================================================

Their Jacobians are diagonal (notes 0.5) and taken over the last axis. Outside its domain a function returns what the
array library returns there: the logarithm is -inf at 0 and nan below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handgrad._arrays import Array, Pullback, arguments, copied
from handgrad._elementwise import elementwise_jacobian, elementwise_jvp, elementwise_vjp

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "cos",
    "cos_derivative",
    "cos_jacobian",
    "cos_jvp",
    "cos_vjp",
    "exp",
    "exp_derivative",
    "exp_jacobian",
    "exp_jvp",
    "exp_vjp",
    "log",
    "log_derivative",
    "log_jacobian",
    "log_jvp",
    "log_vjp",
    "sin",
    "sin_derivative",
    "sin_jacobian",
    "sin_jvp",
    "sin_vjp",
    "tan",
    "tan_derivative",
    "tan_jacobian",
    "tan_jvp",
    "tan_vjp",
]


# Exponential


def _exp(xp: Any, z: Array) -> Any:
    e = xp.exp(z)

    def a() -> Array:
        return e

    def da_dz() -> Array:
        return copied(xp, e)  # so that writing into a value leaves its pullback alone

    return a, da_dz


def exp(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The exponential function.

    .. math:: a = e^z

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> exp([0.0, -1000.0])
    array([1., 0.])
    """
    a, _ = _exp(*arguments(exp, z))
    return a()


def exp_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The diagonal of the exponential's Jacobian, which is its value.

    .. math:: ∂a/∂z = e^z

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> exp_derivative([0.0, -1000.0])
    array([1., 0.])
    """
    _, da_dz = _exp(*arguments(exp_derivative, z))
    return da_dz()


def exp_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the exponential over the last axis.

    .. math:: ∂a_i/∂z_j = e^{z_i} δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> exp_jacobian([0.0, -1000.0])
    array([[1., 0.],
           [0., 0.]])
    """
    return elementwise_jacobian(exp_jacobian, _exp, z)


def exp_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The exponential and its pullback.

    .. math:: \bar z = \bar a ⊙ e^z

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> a, pullback = exp_vjp([0.0, -1000.0])
    >>> pullback([3.0, 3.0])
    array([3., 0.])
    """
    return elementwise_vjp(exp_vjp, _exp, "a_bar", z)


def exp_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The exponential and its tangent.

    .. math:: \dot a = e^z ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> exp_jvp([0.0], [3.0])
    (array([1.]), array([3.]))
    """
    return elementwise_jvp(exp_jvp, _exp, z, z_dot)


# Natural logarithm


def _log(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return xp.log(z)

    def da_dz() -> Array:
        return 1 / z

    return a, da_dz


def log(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The natural logarithm.

    .. math:: a = \ln z, \quad z > 0

    Convention: base e.

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> log([1.0])
    array([0.])
    """
    a, _ = _log(*arguments(log, z))
    return a()


def log_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the logarithm's Jacobian.

    .. math:: ∂a/∂z = 1/z, \quad z > 0

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> log_derivative([1.0, 4.0])
    array([1.  , 0.25])
    """
    _, da_dz = _log(*arguments(log_derivative, z))
    return da_dz()


def log_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    r"""The Jacobian of the logarithm over the last axis.

    .. math:: ∂a_i/∂z_j = 1/z_i δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> log_jacobian([1.0, 4.0])
    array([[1.  , 0.  ],
           [0.  , 0.25]])
    """
    return elementwise_jacobian(log_jacobian, _log, z)


def log_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The natural logarithm and its pullback.

    .. math:: \bar z = \bar a ⊙ 1/z

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> a, pullback = log_vjp([1.0, 4.0])
    >>> pullback([3.0, 8.0])
    array([3., 2.])
    """
    return elementwise_vjp(log_vjp, _log, "a_bar", z)


def log_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The natural logarithm and its tangent.

    .. math:: \dot a = \dot z ⊙ 1/z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> log_jvp([1.0], [3.0])
    (array([0.]), array([3.]))
    """
    return elementwise_jvp(log_jvp, _log, z, z_dot)


# Sine


def _sin(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return xp.sin(z)

    def da_dz() -> Array:
        return xp.cos(z)

    return a, da_dz


def sin(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The sine of an angle in radians.

    .. math:: a = \sin z

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> from math import pi
    >>> sin([0.0, pi / 2])
    array([0., 1.])
    """
    a, _ = _sin(*arguments(sin, z))
    return a()


def sin_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the sine's Jacobian.

    .. math:: ∂a/∂z = \cos z

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> from math import pi
    >>> sin_derivative([0.0, pi])
    array([ 1., -1.])
    """
    _, da_dz = _sin(*arguments(sin_derivative, z))
    return da_dz()


def sin_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    r"""The Jacobian of the sine over the last axis.

    .. math:: ∂a_i/∂z_j = \cos(z_i) δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> from math import pi
    >>> sin_jacobian([0.0, pi])
    array([[ 1.,  0.],
           [ 0., -1.]])
    """
    return elementwise_jacobian(sin_jacobian, _sin, z)


def sin_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The sine and its pullback.

    .. math:: \bar z = \bar a ⊙ \cos z

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> from math import pi
    >>> a, pullback = sin_vjp([0.0, pi])
    >>> pullback([3.0, 4.0])
    array([ 3., -4.])
    """
    return elementwise_vjp(sin_vjp, _sin, "a_bar", z)


def sin_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The sine and its tangent.

    .. math:: \dot a = \cos z ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> from math import pi
    >>> sin_jvp([0.0], [3.0])
    (array([0.]), array([3.]))
    """
    return elementwise_jvp(sin_jvp, _sin, z, z_dot)


# Cosine


def _cos(xp: Any, z: Array) -> Any:
    def a() -> Array:
        return xp.cos(z)

    def da_dz() -> Array:
        return -xp.sin(z)

    return a, da_dz


def cos(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The cosine of an angle in radians.

    .. math:: a = \cos z

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> from math import pi
    >>> cos([0.0, pi])
    array([ 1., -1.])
    """
    a, _ = _cos(*arguments(cos, z))
    return a()


def cos_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the cosine's Jacobian.

    .. math:: ∂a/∂z = -\sin z

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> from math import pi
    >>> cos_derivative([pi / 2, -pi / 2])
    array([-1.,  1.])
    """
    _, da_dz = _cos(*arguments(cos_derivative, z))
    return da_dz()


def cos_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    r"""The Jacobian of the cosine over the last axis.

    .. math:: ∂a_i/∂z_j = -\sin(z_i) δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> from math import pi
    >>> cos_jacobian([pi / 2, -pi / 2])
    array([[-1.,  0.],
           [ 0.,  1.]])
    """
    return elementwise_jacobian(cos_jacobian, _cos, z)


def cos_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The cosine and its pullback.

    .. math:: \bar z = -\bar a ⊙ \sin z

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> from math import pi
    >>> a, pullback = cos_vjp([pi / 2, -pi / 2])
    >>> pullback([3.0, 4.0])
    array([-3.,  4.])
    """
    return elementwise_vjp(cos_vjp, _cos, "a_bar", z)


def cos_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The cosine and its tangent.

    .. math:: \dot a = -\sin z ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> from math import pi
    >>> cos_jvp([pi / 2], [3.0])[1]
    array([-3.])
    """
    return elementwise_jvp(cos_jvp, _cos, z, z_dot)


# Tangent


def _tan(xp: Any, z: Array) -> Any:
    t = xp.tan(z)

    def a() -> Array:
        return t

    def da_dz() -> Array:
        return 1 + t**2

    return a, da_dz


def tan(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The tangent of an angle in radians.

    .. math:: a = \tan z, \quad z ≠ π/2 + mπ

    Shapes: ``z (*shape) -> (*shape)``.
    Raises: TypeError where z does not hold real numbers.
    Source: notes (3.12)

    >>> tan([0.0])
    array([0.])
    """
    a, _ = _tan(*arguments(tan, z))
    return a()


def tan_derivative(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The diagonal of the tangent's Jacobian.

    .. math:: ∂a/∂z = 1 + a^2

    It equals 1/cos² z; no pole is a floating-point number, so it is finite for every finite z.

    Shapes: ``z (*shape) -> (*shape)``.
    Source: notes (3.12)

    >>> tan_derivative([0.0])
    array([1.])
    """
    _, da_dz = _tan(*arguments(tan_derivative, z))
    return da_dz()


def tan_jacobian(z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    r"""The Jacobian of the tangent over the last axis.

    .. math:: ∂a_i/∂z_j = (1 + a_i^2) δ_{ij}

    Shapes: ``z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.5, 3.12)

    >>> tan_jacobian([0.0, 0.0])
    array([[1., 0.],
           [0., 1.]])
    """
    return elementwise_jacobian(tan_jacobian, _tan, z)


def tan_vjp(z: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The tangent and its pullback.

    .. math:: \bar z = \bar a ⊙ (1 + a^2)

    Shapes: ``z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.11, 3.12)

    >>> a, pullback = tan_vjp([0.0])
    >>> pullback([3.0])
    array([3.])
    """
    return elementwise_vjp(tan_vjp, _tan, "a_bar", z)


def tan_jvp(
    z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The tangent and its tangent.

    .. math:: \dot a = (1 + a^2) ⊙ \dot z

    Shapes: ``z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.11, 3.12)

    >>> tan_jvp([0.0], [3.0])
    (array([0.]), array([3.]))
    """
    return elementwise_jvp(tan_jvp, _tan, z, z_dot)
