"""The worked examples of note 3, each a small function named after its equation.

=========  ==========================================================
x, X       argument, of the shape the example prints: a number, (3) or a matrix
x1, x2, …  entries of x, and of X row by row
y, Y       value, a number, a vector or a matrix
W          weights of the sum of sines, (n, k), of all samples
u          W^T x, (*batch, k)
L          sum of the sines of u, (*batch)
y_bar      ∂J/∂y, the cotangent that a pullback receives
x_dot      tangent of x
=========  ==========================================================

Derivatives have the axes of the value, then those of the argument; ``handgrad.layouts`` turns them into the
transposed matrix and the tensor that the notes print for 3.5 and 3.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handgrad._arrays import Array, Pullback, arguments, broadcast, copied, cotangent
from handgrad._elementwise import elementwise_jacobian, elementwise_jvp, elementwise_vjp
from handgrad.activations import tanh_derivative

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "example_3_1",
    "example_3_1_derivative",
    "example_3_1_jacobian",
    "example_3_1_jvp",
    "example_3_1_vjp",
    "example_3_2",
    "example_3_2_gradient",
    "example_3_2_jvp",
    "example_3_2_vjp",
    "example_3_3",
    "example_3_3_jacobian",
    "example_3_3_jvp",
    "example_3_3_vjp",
    "example_3_4",
    "example_3_4_jacobian",
    "example_3_4_jvp",
    "example_3_4_vjp",
    "example_3_5",
    "example_3_5_gradient",
    "example_3_5_jvp",
    "example_3_5_vjp",
    "example_3_6",
    "example_3_6_jacobian",
    "example_3_6_jvp",
    "example_3_6_vjp",
    "example_3_7",
    "example_3_7_jacobian",
    "example_3_7_jvp",
    "example_3_7_vjp",
    "sum_of_sines",
    "sum_of_sines_gradient",
    "sum_of_sines_jvp",
    "sum_of_sines_vjp",
]


# Example 3.1: a square times its logarithm

# The positive zero c = e^{-1/2} of ln x² + 1 is the sum of these three; the first is exact in float32 too, so that
# |x| - c, subtracted part by part, keeps all its digits.
_ZERO = (0.6065306663513184, -6.638684935111883e-09, -6.593178415491414e-19)


def _example_3_1(xp: Any, x: Array) -> Any:
    size = xp.abs(x)
    log_square = 2 * xp.log(xp.where(x == 0, 1, size))  # ln x², which is finite where x² is not or is 0

    def y() -> Array:
        return x * (x * log_square)  # in this order nothing leaves the range before y does

    def dy_dx() -> Array:
        from_zero = ((size - _ZERO[0]) - _ZERO[1]) - _ZERO[2]
        near = xp.abs(from_zero) < 0.3  # where the sum ln x² + 1 cancels, 2 ln(|x|/c) does not
        log_ratio = xp.log1p(xp.where(near, from_zero, 0) / sum(_ZERO))
        return 2 * x * xp.where(near, 2 * log_ratio, log_square + 1)

    return y, dy_dx


def example_3_1(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The square times its own logarithm, element by element.

    .. math:: y = x^2 \ln x^2

    Convention: the notes leave x = 0 out; the limit there, 0, is returned.

    Shapes: ``x (*shape) -> (*shape)``.
    Raises: TypeError where x does not hold real numbers.
    Source: notes (3.1)

    >>> example_3_1([1.0, 0.0])
    array([0., 0.])
    """
    y, _ = _example_3_1(*arguments(example_3_1, x))
    return y()


def example_3_1_derivative(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The derivative of example 3.1.

    .. math:: ∂y/∂x = 2x (\ln x^2 + 1)

    Convention: the notes leave x = 0 out; the limit there, 0, is returned.

    Shapes: ``x (*shape) -> (*shape)``.
    Source: notes (3.1)

    >>> example_3_1_derivative([1.0, -1.0])
    array([ 2., -2.])
    """
    _, dy_dx = _example_3_1(*arguments(example_3_1_derivative, x))
    return dy_dx()


def example_3_1_jacobian(x: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    r"""The Jacobian of example 3.1 over the last axis.

    .. math:: ∂y_i/∂x_j = 2x_i (\ln x_i^2 + 1) δ_{ij}

    Shapes: ``x (*shape) -> (*shape, n)``, n the last axis of x; 0-d gives 0-d.
    Source: notes (0.5, 3.1)

    >>> example_3_1_jacobian([1.0, -1.0])
    array([[ 2.,  0.],
           [ 0., -2.]])
    """
    return elementwise_jacobian(example_3_1_jacobian, _example_3_1, x)


def example_3_1_vjp(x: Float[Array, "*shape"]) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""Example 3.1 and its pullback.

    .. math:: \bar x = \bar y ⊙ 2x (\ln x^2 + 1)

    Shapes: ``x (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (3.1, 3.11)

    >>> y, pullback = example_3_1_vjp([1.0, -1.0])
    >>> pullback([3.0, 4.0])
    array([ 6., -8.])
    """
    return elementwise_vjp(example_3_1_vjp, _example_3_1, "y_bar", x)


def example_3_1_jvp(
    x: Float[Array, "*shape"], x_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""Example 3.1 and its tangent.

    .. math:: \dot y = 2x (\ln x^2 + 1) ⊙ \dot x

    Shapes: ``x (*shape), x_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (3.1, 3.11)

    >>> example_3_1_jvp([1.0], [3.0])
    (array([0.]), array([6.]))
    """
    return elementwise_jvp(example_3_1_jvp, _example_3_1, x, x_dot)


# Example 3.2: one number from three


def _example_3_2(xp: Any, x: Array) -> Any:
    x1, x2, x3 = x[..., 0], x[..., 1], x[..., 2]
    log_x2, e = xp.log(x2), xp.exp(x2 * x3)

    def y() -> Array:
        return x1**2 + x1 * log_x2 + e + 2 * x3

    def dy_dx() -> Array:
        return xp.stack([2 * x1 + log_x2, x1 / x2 + x3 * e, x2 * e + 2], axis=-1)

    return y, dy_dx


def example_3_2(x: Float[Array, "*batch 3"]) -> Float[Array, "*batch"]:
    r"""A scalar function of three variables.

    .. math:: y = x_1^2 + x_1 \ln x_2 + e^{x_2 x_3} + 2 x_3, \quad x_2 > 0

    Shapes: ``x (*batch, 3) -> (*batch)``.
    Raises: ValueError where the last axis is not 3; TypeError where x does not hold real numbers.
    Source: notes (3.2)

    >>> example_3_2([1.0, 1.0, 0.0])
    np.float64(2.0)
    """
    y, _ = _example_3_2(*arguments(example_3_2, x))
    return y()


def example_3_2_gradient(x: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3"]:
    r"""The gradient of example 3.2: its three partial derivatives.

    .. math:: ∂y/∂x = (2x_1 + \ln x_2, \; x_1/x_2 + x_3 e^{x_2 x_3}, \; x_2 e^{x_2 x_3} + 2)

    Shapes: ``x (*batch, 3) -> (*batch, 3)``.
    Source: notes (3.2)

    >>> example_3_2_gradient([1.0, 1.0, 0.0])
    array([2., 1., 3.])
    """
    _, dy_dx = _example_3_2(*arguments(example_3_2_gradient, x))
    return dy_dx()


def example_3_2_vjp(x: Float[Array, "*batch 3"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""Example 3.2 and its pullback.

    .. math:: \bar x = \bar y (2x_1 + \ln x_2, \; x_1/x_2 + x_3 e^{x_2 x_3}, \; x_2 e^{x_2 x_3} + 2)

    Shapes: ``x (*batch, 3) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, 3)``.
    Source: notes (3.2)

    >>> y, pullback = example_3_2_vjp([1.0, 1.0, 0.0])
    >>> pullback(10.0)
    array([20., 10., 30.])
    """
    value, derivative = _example_3_2(*arguments(example_3_2_vjp, x))
    y, dy_dx = value(), derivative()

    def example_3_2_pullback(y_bar: Array) -> Array:
        _, y_bar = cotangent(example_3_2_vjp, "y_bar", y_bar, y)
        return y_bar[..., None] * dy_dx

    return y, example_3_2_pullback


def example_3_2_jvp(
    x: Float[Array, "*batch 3"], x_dot: Float[Array, "*batch 3"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""Example 3.2 and its tangent.

    .. math:: \dot y = (2x_1 + \ln x_2) \dot x_1 + (x_1/x_2 + x_3 e^{x_2 x_3}) \dot x_2 + (x_2 e^{x_2 x_3} + 2) \dot x_3

    Shapes: ``x (*batch, 3), x_dot (*batch, 3) -> (*batch), (*batch)``.
    Source: notes (3.2)

    >>> example_3_2_jvp([1.0, 1.0, 0.0], [1.0, 10.0, 100.0])
    (np.float64(2.0), np.float64(312.0))
    """
    xp, x, x_dot = arguments(example_3_2_jvp, x, x_dot)
    y, dy_dx = _example_3_2(xp, x)
    return y(), xp.sum(dy_dx() * x_dot, axis=-1)


# Example 3.3: three numbers from one


def _example_3_3(xp: Any, x: Array) -> Any:
    e = xp.exp(x)

    def y() -> Array:
        return xp.stack([3 * x**2 + x, e, xp.log(x)], axis=-1)

    def dy_dx() -> Array:
        return xp.stack([6 * x + 1, e, 1 / x], axis=-1)

    return y, dy_dx


def example_3_3(x: Float[Array, "*batch"]) -> Float[Array, "*batch 3"]:
    r"""A vector of three functions of one variable.

    .. math:: y = (3x^2 + x, \; e^x, \; \ln x), \quad x > 0

    Shapes: ``x (*batch) -> (*batch, 3)``.
    Raises: TypeError where x does not hold real numbers.
    Source: notes (3.3)

    >>> example_3_3(1.0)
    array([4.        , 2.71828183, 0.        ])
    """
    y, _ = _example_3_3(*arguments(example_3_3, x))
    return y()


def example_3_3_jacobian(x: Float[Array, "*batch"]) -> Float[Array, "*batch 3"]:
    """The Jacobian of example 3.3, a column in the notes and a vector here, since a number has no axes.

    .. math:: ∂y/∂x = (6x + 1, e^x, 1/x)

    Shapes: ``x (*batch) -> (*batch, 3)``.
    Source: notes (3.3)

    >>> example_3_3_jacobian(1.0)
    array([7.        , 2.71828183, 1.        ])
    """
    _, dy_dx = _example_3_3(*arguments(example_3_3_jacobian, x))
    return dy_dx()


def example_3_3_vjp(x: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch 3"], Pullback]:
    r"""Example 3.3 and its pullback.

    .. math:: \bar x = (6x + 1) \bar y_1 + e^x \bar y_2 + \bar y_3 / x

    Shapes: ``x (*batch) -> (*batch, 3)``; the pullback takes ``(*batch, 3)`` and gives ``(*batch)``.
    Source: notes (3.3)

    >>> y, pullback = example_3_3_vjp(1.0)
    >>> pullback([1.0, 0.0, 10.0])
    np.float64(17.0)
    """
    value, derivative = _example_3_3(*arguments(example_3_3_vjp, x))
    y, dy_dx = value(), derivative()

    def example_3_3_pullback(y_bar: Array) -> Array:
        xp, y_bar = cotangent(example_3_3_vjp, "y_bar", y_bar, y)
        return xp.sum(y_bar * dy_dx, axis=-1)

    return y, example_3_3_pullback


def example_3_3_jvp(
    x: Float[Array, "*batch"], x_dot: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch 3"], Float[Array, "*batch 3"]]:
    r"""Example 3.3 and its tangent.

    .. math:: \dot y = (6x + 1, e^x, 1/x) \, \dot x

    Shapes: ``x (*batch), x_dot (*batch) -> (*batch, 3), (*batch, 3)``.
    Source: notes (3.3)

    >>> example_3_3_jvp(1.0, 10.0)[1]
    array([70.        , 27.18281828, 10.        ])
    """
    xp, x, x_dot = arguments(example_3_3_jvp, x, x_dot)
    y, dy_dx = _example_3_3(xp, x)
    return y(), dy_dx() * x_dot[..., None]


# Example 3.4: two numbers from three


def _example_3_4(xp: Any, x: Array) -> Array:
    x1, x2, x3 = x[..., 0], x[..., 1], x[..., 2]
    return xp.stack([x1 + x2 * x3 + x1 * x3, x1**2 + 2 * x3], axis=-1)


def example_3_4(x: Float[Array, "*batch 3"]) -> Float[Array, "*batch 2"]:
    """A vector of two functions of three variables.

    .. math:: y = (x_1 + x_2 x_3 + x_1 x_3, x_1^2 + 2 x_3)

    Shapes: ``x (*batch, 3) -> (*batch, 2)``.
    Raises: ValueError where the last axis is not 3; TypeError where x does not hold real numbers.
    Source: notes (3.4)

    >>> example_3_4([1.0, 2.0, 3.0])
    array([10.,  7.])
    """
    xp, x = arguments(example_3_4, x)
    return _example_3_4(xp, x)


def example_3_4_jacobian(x: Float[Array, "*batch 3"]) -> Float[Array, "*batch 2 3"]:
    r"""The Jacobian of example 3.4.

    .. math:: ∂y/∂x = \begin{pmatrix} 1 + x_3 & x_3 & x_2 + x_1 \\ 2 x_1 & 0 & 2 \end{pmatrix}

    Shapes: ``x (*batch, 3) -> (*batch, 2, 3)``, a row per y_i and a column per x_j.
    Source: notes (3.4)

    >>> example_3_4_jacobian([1.0, 2.0, 3.0])
    array([[4., 3., 3.],
           [2., 0., 2.]])
    """
    xp, x = arguments(example_3_4_jacobian, x)
    x1, x2, x3 = x[..., 0], x[..., 1], x[..., 2]
    zero, two = xp.zeros_like(x1), 2 * xp.ones_like(x1)
    return xp.stack(
        [
            xp.stack([1 + x3, x3, x2 + x1], axis=-1),
            xp.stack([2 * x1, zero, two], axis=-1),
        ],
        axis=-2,
    )


def example_3_4_vjp(x: Float[Array, "*batch 3"]) -> tuple[Float[Array, "*batch 2"], Pullback]:
    r"""Example 3.4 and its pullback.

    .. math:: \bar x = ((1 + x_3) \bar y_1 + 2 x_1 \bar y_2, \; x_3 \bar y_1, \; (x_2 + x_1) \bar y_1 + 2 \bar y_2)

    Shapes: ``x (*batch, 3) -> (*batch, 2)``; the pullback takes ``(*batch, 2)`` and gives ``(*batch, 3)``.
    Source: notes (3.4)

    >>> y, pullback = example_3_4_vjp([1.0, 2.0, 3.0])
    >>> pullback([1.0, 10.0])
    array([24.,  3., 23.])
    """
    xp, x = arguments(example_3_4_vjp, x)
    x1, x2, x3 = x[..., 0], x[..., 1], x[..., 2]
    y = _example_3_4(xp, x)

    def example_3_4_pullback(y_bar: Array) -> Array:
        xp, y_bar = cotangent(example_3_4_vjp, "y_bar", y_bar, y)
        y1_bar, y2_bar = y_bar[..., 0], y_bar[..., 1]
        return xp.stack(
            [(1 + x3) * y1_bar + 2 * x1 * y2_bar, x3 * y1_bar, (x2 + x1) * y1_bar + 2 * y2_bar],
            axis=-1,
        )

    return y, example_3_4_pullback


def example_3_4_jvp(
    x: Float[Array, "*batch 3"], x_dot: Float[Array, "*batch 3"]
) -> tuple[Float[Array, "*batch 2"], Float[Array, "*batch 2"]]:
    r"""Example 3.4 and its tangent.

    .. math:: \dot y = ((1 + x_3) \dot x_1 + x_3 \dot x_2 + (x_2 + x_1) \dot x_3, \; 2 x_1 \dot x_1 + 2 \dot x_3)

    Shapes: ``x (*batch, 3), x_dot (*batch, 3) -> (*batch, 2), (*batch, 2)``.
    Source: notes (3.4)

    >>> example_3_4_jvp([1.0, 2.0, 3.0], [1.0, 10.0, 100.0])
    (array([10.,  7.]), array([334., 202.]))
    """
    xp, x, x_dot = arguments(example_3_4_jvp, x, x_dot)
    x1, x2, x3 = x[..., 0], x[..., 1], x[..., 2]
    x1_dot, x2_dot, x3_dot = x_dot[..., 0], x_dot[..., 1], x_dot[..., 2]
    y1_dot = (1 + x3) * x1_dot + x3 * x2_dot + (x2 + x1) * x3_dot
    y2_dot = 2 * x1 * x1_dot + 2 * x3_dot
    return _example_3_4(xp, x), xp.stack([y1_dot, y2_dot], axis=-1)


# Example 3.5: the sum of a matrix


def example_3_5(X: Float[Array, "*batch 3 4"]) -> Float[Array, "*batch"]:
    """The sum of a 3×4 matrix's entries.

    .. math:: y = Σ_{ij} X_{ij}

    Shapes: ``X (*batch, 3, 4) -> (*batch)``.
    Raises: ValueError where X is not 3×4; TypeError where it does not hold real numbers.
    Source: notes (3.5)

    >>> example_3_5([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0]])
    np.float64(15.0)
    """
    xp, X = arguments(example_3_5, X)
    return xp.sum(X, axis=(-2, -1))


def example_3_5_gradient(X: Float[Array, "*batch 3 4"]) -> Float[Array, "*batch 3 4"]:
    """The gradient of example 3.5: ones, in the shape of X, where the notes print the transpose, 4×3.

    .. math:: ∂y/∂X_{ij} = 1

    Shapes: ``X (*batch, 3, 4) -> (*batch, 3, 4)``.
    Source: notes (3.5)

    >>> example_3_5_gradient([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0]])
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    """
    xp, X = arguments(example_3_5_gradient, X)
    return xp.ones_like(X)


def example_3_5_vjp(X: Float[Array, "*batch 3 4"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""Example 3.5 and its pullback, which hands the cotangent to every entry.

    .. math:: \bar X_{ij} = \bar y

    Shapes: ``X (*batch, 3, 4) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, 3, 4)``.
    Source: notes (3.5)

    >>> y, pullback = example_3_5_vjp([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0]])
    >>> pullback(2.0)
    array([[2., 2., 2., 2.],
           [2., 2., 2., 2.],
           [2., 2., 2., 2.]])
    """
    xp, X = arguments(example_3_5_vjp, X)
    y = xp.sum(X, axis=(-2, -1))

    def example_3_5_pullback(y_bar: Array) -> Array:
        xp, y_bar = cotangent(example_3_5_vjp, "y_bar", y_bar, y)
        return copied(xp, broadcast(xp, y_bar[..., None, None], X.shape))

    return y, example_3_5_pullback


def example_3_5_jvp(
    X: Float[Array, "*batch 3 4"], X_dot: Float[Array, "*batch 3 4"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""Example 3.5 and its tangent, the sum of the tangent.

    .. math:: \dot y = Σ_{ij} \dot X_{ij}

    Shapes: ``X (*batch, 3, 4), X_dot (*batch, 3, 4) -> (*batch), (*batch)``.
    Source: notes (3.5)

    >>> example_3_5_jvp([[1.0, 0.0, 0.0, 0.0]] * 3, [[2.0, 0.0, 0.0, 5.0]] * 3)
    (np.float64(3.0), np.float64(21.0))
    """
    xp, X, X_dot = arguments(example_3_5_jvp, X, X_dot)
    return xp.sum(X, axis=(-2, -1)), xp.sum(X_dot, axis=(-2, -1))


# Example 3.6: a matrix from one number


def _example_3_6(xp: Any, x: Array) -> Any:
    cos_x, sin_x, e = xp.cos(x), xp.sin(x), xp.exp(x)

    def matrix(rows: list[list[Array]]) -> Array:
        return xp.stack([xp.stack(row, axis=-1) for row in rows], axis=-2)

    def Y() -> Array:
        return matrix([[cos_x, sin_x], [e, xp.tanh(x)]])

    def dY_dx() -> Array:
        return matrix([[-sin_x, cos_x], [e, tanh_derivative(x)]])  # 1 - tanh² x, with its digits at large x

    return Y, dY_dx


def example_3_6(x: Float[Array, "*batch"]) -> Float[Array, "*batch 2 2"]:
    r"""A 2×2 matrix of functions of one variable.

    .. math:: Y = \begin{pmatrix} \cos x & \sin x \\ e^x & \tanh x \end{pmatrix}

    Shapes: ``x (*batch) -> (*batch, 2, 2)``.
    Raises: TypeError where x does not hold real numbers.
    Source: notes (3.6)

    >>> example_3_6(0.0)
    array([[1., 0.],
           [1., 0.]])
    """
    Y, _ = _example_3_6(*arguments(example_3_6, x))
    return Y()


def example_3_6_jacobian(x: Float[Array, "*batch"]) -> Float[Array, "*batch 2 2"]:
    r"""The Jacobian of example 3.6, entry by entry of the matrix.

    .. math:: ∂Y/∂x = \begin{pmatrix} -\sin x & \cos x \\ e^x & 1 - \tanh^2 x \end{pmatrix}

    Shapes: ``x (*batch) -> (*batch, 2, 2)``.
    Source: notes (3.6)

    >>> example_3_6_jacobian(0.0)
    array([[-0.,  1.],
           [ 1.,  1.]])
    """
    _, dY_dx = _example_3_6(*arguments(example_3_6_jacobian, x))
    return dY_dx()


def example_3_6_vjp(x: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch 2 2"], Pullback]:
    r"""Example 3.6 and its pullback.

    .. math:: \bar x = -\bar Y_{11} \sin x + \bar Y_{12} \cos x + \bar Y_{21} e^x + \bar Y_{22} (1 - \tanh^2 x)

    Shapes: ``x (*batch) -> (*batch, 2, 2)``; the pullback takes ``(*batch, 2, 2)`` and gives ``(*batch)``.
    Source: notes (3.6)

    >>> Y, pullback = example_3_6_vjp(0.0)
    >>> pullback([[1.0, 2.0], [3.0, 4.0]])
    np.float64(9.0)
    """
    value, derivative = _example_3_6(*arguments(example_3_6_vjp, x))
    Y, dY_dx = value(), derivative()

    def example_3_6_pullback(Y_bar: Array) -> Array:
        xp, Y_bar = cotangent(example_3_6_vjp, "Y_bar", Y_bar, Y)
        return xp.sum(Y_bar * dY_dx, axis=(-2, -1))

    return Y, example_3_6_pullback


def example_3_6_jvp(
    x: Float[Array, "*batch"], x_dot: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch 2 2"], Float[Array, "*batch 2 2"]]:
    r"""Example 3.6 and its tangent.

    .. math:: \dot Y = \dot x \begin{pmatrix} -\sin x & \cos x \\ e^x & 1 - \tanh^2 x \end{pmatrix}

    Shapes: ``x (*batch), x_dot (*batch) -> (*batch, 2, 2), (*batch, 2, 2)``.
    Source: notes (3.6)

    >>> example_3_6_jvp(0.0, 3.0)[1]
    array([[-0.,  3.],
           [ 3.,  3.]])
    """
    xp, x, x_dot = arguments(example_3_6_jvp, x, x_dot)
    Y, dY_dx = _example_3_6(xp, x)
    return Y(), dY_dx() * x_dot[..., None, None]


# Example 3.7: a vector from a matrix


def _entries(X: Array) -> list[Array]:
    """The entries of a 2×3 matrix, row by row."""
    return [X[..., row, column] for row in range(2) for column in range(3)]


def _example_3_7(xp: Any, X: Array) -> Array:
    x1, x2, x3, x4, x5, x6 = _entries(X)
    return xp.stack([xp.sum(X, axis=(-2, -1)), x1 * x5 * x6, x2 * x4, x3 * x4 * x5], axis=-1)


def example_3_7(X: Float[Array, "*batch 2 3"]) -> Float[Array, "*batch 4"]:
    """A vector of four functions of a 2×3 matrix, whose entries are numbered row by row.

    .. math:: y = (Σ_i x_i, x_1 x_5 x_6, x_2 x_4, x_3 x_4 x_5)

    Shapes: ``X (*batch, 2, 3) -> (*batch, 4)``.
    Raises: ValueError where X is not 2×3; TypeError where it does not hold real numbers.
    Source: notes (3.7)

    >>> example_3_7([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    array([21., 30.,  8., 60.])
    """
    xp, X = arguments(example_3_7, X)
    return _example_3_7(xp, X)


def example_3_7_jacobian(X: Float[Array, "*batch 2 3"]) -> Float[Array, "*batch 4 2 3"]:
    r"""The Jacobian of example 3.7: for each of the four values a matrix in the shape of X.

    .. math:: ∂y_2/∂X = \begin{pmatrix} x_5 x_6 & 0 & 0 \\ 0 & x_1 x_6 & x_1 x_5 \end{pmatrix}

    and likewise for the others. The notes stack the transposed matrices, 4×3×2.

    Shapes: ``X (*batch, 2, 3) -> (*batch, 4, 2, 3)``.
    Source: notes (3.7)

    >>> example_3_7_jacobian([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])[1:3]
    array([[[30.,  0.,  0.],
            [ 0.,  6.,  5.]],
           [[ 0.,  4.,  0.],
            [ 2.,  0.,  0.]]])
    """
    xp, X = arguments(example_3_7_jacobian, X)
    x1, x2, x3, x4, x5, x6 = _entries(X)
    zero, one = xp.zeros_like(x1), xp.ones_like(x1)
    matrices = [
        [[one, one, one], [one, one, one]],
        [[x5 * x6, zero, zero], [zero, x1 * x6, x1 * x5]],
        [[zero, x4, zero], [x2, zero, zero]],
        [[zero, zero, x4 * x5], [x3 * x5, x3 * x4, zero]],
    ]
    stacked = [xp.stack([xp.stack(row, axis=-1) for row in rows], axis=-2) for rows in matrices]
    return xp.stack(stacked, axis=-3)


def example_3_7_vjp(X: Float[Array, "*batch 2 3"]) -> tuple[Float[Array, "*batch 4"], Pullback]:
    r"""Example 3.7 and its pullback, six entries with up to three terms each.

    .. math:: \bar x_4 = \bar y_1 + x_2 \bar y_3 + x_3 x_5 \bar y_4

    and likewise for the others.

    Shapes: ``X (*batch, 2, 3) -> (*batch, 4)``; the pullback takes ``(*batch, 4)`` and gives ``(*batch, 2, 3)``.
    Source: notes (3.7)

    >>> y, pullback = example_3_7_vjp([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> pullback([100.0, 1.0, 0.0, 0.0])
    array([[130., 100., 100.],
           [100., 106., 105.]])
    """
    xp, X = arguments(example_3_7_vjp, X)
    x1, x2, x3, x4, x5, x6 = _entries(X)
    y = _example_3_7(xp, X)

    def example_3_7_pullback(y_bar: Array) -> Array:
        xp, y_bar = cotangent(example_3_7_vjp, "y_bar", y_bar, y)
        y1_bar, y2_bar, y3_bar, y4_bar = [y_bar[..., i] for i in range(4)]
        first = [y1_bar + x5 * x6 * y2_bar, y1_bar + x4 * y3_bar, y1_bar + x4 * x5 * y4_bar]
        second = [
            y1_bar + x2 * y3_bar + x3 * x5 * y4_bar,
            y1_bar + x1 * x6 * y2_bar + x3 * x4 * y4_bar,
            y1_bar + x1 * x5 * y2_bar,
        ]
        return xp.stack([xp.stack(first, axis=-1), xp.stack(second, axis=-1)], axis=-2)

    return y, example_3_7_pullback


def example_3_7_jvp(
    X: Float[Array, "*batch 2 3"], X_dot: Float[Array, "*batch 2 3"]
) -> tuple[Float[Array, "*batch 4"], Float[Array, "*batch 4"]]:
    r"""Example 3.7 and its tangent, by the product rule.

    .. math:: \dot y_2 = x_5 x_6 \dot x_1 + x_1 x_6 \dot x_5 + x_1 x_5 \dot x_6

    and likewise for the others.

    Shapes: ``X (*batch, 2, 3), X_dot (*batch, 2, 3) -> (*batch, 4), (*batch, 4)``.
    Source: notes (3.7)

    >>> example_3_7_jvp([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 0.0, 0.0], [0.0, 10.0, 0.0]])[1]
    array([ 11.,  90.,   0., 120.])
    """
    xp, X, X_dot = arguments(example_3_7_jvp, X, X_dot)
    x1, x2, x3, x4, x5, x6 = _entries(X)
    x1_dot, x2_dot, x3_dot, x4_dot, x5_dot, x6_dot = _entries(X_dot)
    y1_dot = xp.sum(X_dot, axis=(-2, -1))
    y2_dot = x5 * x6 * x1_dot + x1 * x6 * x5_dot + x1 * x5 * x6_dot
    y3_dot = x4 * x2_dot + x2 * x4_dot
    y4_dot = x4 * x5 * x3_dot + x3 * x5 * x4_dot + x3 * x4 * x5_dot
    return _example_3_7(xp, X), xp.stack([y1_dot, y2_dot, y3_dot, y4_dot], axis=-1)


# Sum of sines


def sum_of_sines(x: Float[Array, "*batch n"], W: Float[Array, "n k"]) -> Float[Array, "*batch"]:
    r"""The sum of the sines of a layer's outputs, as a function of its weights.

    .. math:: L = Σ_j \sin u_j, \quad u = W^T x

    Shapes: ``x (*batch, n), W (n, k) -> (*batch)``.
    Raises: ValueError where the shapes do not fit; TypeError where an argument does not hold real numbers.
    Source: notes (3.10)

    >>> sum_of_sines([0.0, 0.0], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.float64(0.0)
    """
    xp, x, W = arguments(sum_of_sines, x, W)
    return xp.sum(xp.sin(x @ W), axis=-1)


def sum_of_sines_gradient(x: Float[Array, "*batch n"], W: Float[Array, "n k"]) -> Float[Array, "*batch n k"]:
    r"""The gradient of the sum of sines by the weights.

    .. math:: ∂L/∂W = x (\cos u)^T, \quad u = W^T x

    Shapes: ``x (*batch, n), W (n, k) -> (*batch, n, k)``, a matrix per sample.
    Source: notes (3.10)

    >>> sum_of_sines_gradient([2.0, 3.0], [[0.0], [0.0]])
    array([[2.],
           [3.]])
    """
    xp, x, W = arguments(sum_of_sines_gradient, x, W)
    return x[..., :, None] * xp.cos(x @ W)[..., None, :]


def sum_of_sines_vjp(x: Float[Array, "*batch n"], W: Float[Array, "n k"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The sum of sines and its pullback to the weights, summed over the samples.

    .. math:: \bar W = Σ x (\bar L \cos u)^T, \quad u = W^T x

    The cosine of the stored u takes the place of the diagonal matrix in the notes' chain.

    Shapes: ``x (*batch, n), W (n, k) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(n, k)``.
    Source: notes (3.10, 3.11)

    >>> L, pullback = sum_of_sines_vjp([[2.0, 3.0], [0.0, 1.0]], [[0.0], [0.0]])
    >>> pullback([1.0, 10.0])
    array([[ 2.],
           [13.]])
    """
    xp, x, W = arguments(sum_of_sines_vjp, x, W)
    u = x @ W
    L, cos_u = xp.sum(xp.sin(u), axis=-1), xp.cos(u)

    def sum_of_sines_pullback(L_bar: Array) -> Array:
        xp, L_bar = cotangent(sum_of_sines_vjp, "L_bar", L_bar, L)
        samples = tuple(range(L_bar.ndim))
        return xp.tensordot(x, L_bar[..., None] * cos_u, axes=(samples, samples))

    return L, sum_of_sines_pullback


def sum_of_sines_jvp(
    x: Float[Array, "*batch n"], W: Float[Array, "n k"], W_dot: Float[Array, "n k"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The sum of sines and its tangent along W_dot.

    .. math:: \dot L = (\cos u)^T \dot W^T x, \quad u = W^T x

    Shapes: ``x (*batch, n), W (n, k), W_dot (n, k) -> (*batch), (*batch)``.
    Source: notes (3.10, 3.11)

    >>> sum_of_sines_jvp([2.0, 3.0], [[0.0], [0.0]], [[1.0], [10.0]])
    (np.float64(0.0), np.float64(32.0))
    """
    xp, x, W, W_dot = arguments(sum_of_sines_jvp, x, W, W_dot)
    u = x @ W
    return xp.sum(xp.sin(u), axis=-1), xp.sum(xp.cos(u) * (x @ W_dot), axis=-1)
