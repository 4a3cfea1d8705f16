"""Functions of several variables with one number as value: sums, means, products and the affine function.

=========  ==========================================================
x, y       numbers, (*batch), or a vector x, (*batch, n)
u, v       vectors, (*batch, n)
w, b       weights, (n), and bias, (), of all samples
z          value, one number per sample, (*batch)
z_bar      ∂J/∂z, the cotangent that a pullback receives
x_dot      tangent of x, and so for the other letters
=========  ==========================================================

A gradient has the shape of its argument, per sample. The pullback of ``affine`` sums over the samples what goes to w
and b, which all samples share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handgrad._arrays import (
    Array,
    Pullback,
    Pullbacks,
    arguments,
    average,
    broadcast,
    copied,
    cotangent,
    inner,
    placement,
    repeated,
)

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "addition",
    "addition_gradient",
    "addition_jvp",
    "addition_vjp",
    "affine",
    "affine_gradient",
    "affine_jvp",
    "affine_vjp",
    "dot",
    "dot_gradient",
    "dot_jvp",
    "dot_vjp",
    "mean",
    "mean_gradient",
    "mean_jvp",
    "mean_square",
    "mean_square_gradient",
    "mean_square_jvp",
    "mean_square_vjp",
    "mean_vjp",
    "product",
    "product_gradient",
    "product_jvp",
    "product_vjp",
    "sum_of_squares",
    "sum_of_squares_gradient",
    "sum_of_squares_jvp",
    "sum_of_squares_vjp",
]


# Addition


def addition(x: Float[Array, "*batch"], y: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The sum of two numbers.

    .. math:: z = x + y

    Shapes: ``x (*batch), y (*batch) -> (*batch)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (2.1)

    >>> addition(3.0, 4.0)
    np.float64(7.0)
    """
    _, x, y = arguments(addition, x, y)
    return x + y


def addition_gradient(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The gradient of the sum by either number: 1.

    .. math:: (∂z/∂x, ∂z/∂y) = (1, 1)

    Shapes: ``x (*batch), y (*batch) -> (*batch), (*batch)``.
    Source: notes (2.1)

    >>> addition_gradient([3.0], [4.0])
    (array([1.]), array([1.]))
    """
    xp, x, y = arguments(addition_gradient, x, y)
    return xp.ones_like(x), xp.ones_like(y)


def addition_vjp(x: Float[Array, "*batch"], y: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch"], Pullbacks]:
    r"""The sum of two numbers and its pullback, which hands the cotangent to both.

    .. math:: \bar x = \bar z, \quad \bar y = \bar z

    Shapes: ``x (*batch), y (*batch) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch), (*batch)``.
    Source: notes (2.1)

    >>> z, pullback = addition_vjp([3.0], [4.0])
    >>> pullback([5.0])
    (array([5.]), array([5.]))
    """
    _, x, y = arguments(addition_vjp, x, y)
    z = x + y

    def addition_pullback(z_bar: Array) -> tuple[Array, Array]:
        xp, z_bar = cotangent(addition_vjp, "z_bar", z_bar, z)
        return copied(xp, z_bar), copied(xp, z_bar)

    return z, addition_pullback


def addition_jvp(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"], x_dot: Float[Array, "*batch"], y_dot: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The sum of two numbers and its tangent.

    .. math:: \dot z = \dot x + \dot y

    Shapes: ``x (*batch), y (*batch), x_dot (*batch), y_dot (*batch) -> (*batch), (*batch)``.
    Source: notes (2.1)

    >>> addition_jvp(3.0, 4.0, 5.0, 6.0)
    (np.float64(7.0), np.float64(11.0))
    """
    _, x, y, x_dot, y_dot = arguments(addition_jvp, x, y, x_dot, y_dot)
    return x + y, x_dot + y_dot


# Sum of squares


def sum_of_squares(x: Float[Array, "*batch"], y: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The sum of the squares of two numbers.

    .. math:: z = x^2 + y^2

    Shapes: ``x (*batch), y (*batch) -> (*batch)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (2.2)

    >>> sum_of_squares(3.0, 4.0)
    np.float64(25.0)
    """
    _, x, y = arguments(sum_of_squares, x, y)
    return x**2 + y**2


def sum_of_squares_gradient(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The gradient of the sum of squares by each number.

    .. math:: (∂z/∂x, ∂z/∂y) = (2x, 2y)

    Shapes: ``x (*batch), y (*batch) -> (*batch), (*batch)``.
    Source: notes (2.2)

    >>> sum_of_squares_gradient(3.0, 4.0)
    (np.float64(6.0), np.float64(8.0))
    """
    _, x, y = arguments(sum_of_squares_gradient, x, y)
    return 2 * x, 2 * y


def sum_of_squares_vjp(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Pullbacks]:
    r"""The sum of squares and its pullback.

    .. math:: \bar x = 2x \bar z, \quad \bar y = 2y \bar z

    Shapes: ``x (*batch), y (*batch) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch), (*batch)``.
    Source: notes (2.2)

    >>> z, pullback = sum_of_squares_vjp(3.0, 4.0)
    >>> pullback(10.0)
    (np.float64(60.0), np.float64(80.0))
    """
    _, x, y = arguments(sum_of_squares_vjp, x, y)
    z = x**2 + y**2

    def sum_of_squares_pullback(z_bar: Array) -> tuple[Array, Array]:
        _, z_bar = cotangent(sum_of_squares_vjp, "z_bar", z_bar, z)
        return 2 * x * z_bar, 2 * y * z_bar

    return z, sum_of_squares_pullback


def sum_of_squares_jvp(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"], x_dot: Float[Array, "*batch"], y_dot: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The sum of squares and its tangent.

    .. math:: \dot z = 2x \dot x + 2y \dot y

    Shapes: ``x (*batch), y (*batch), x_dot (*batch), y_dot (*batch) -> (*batch), (*batch)``.
    Source: notes (2.2)

    >>> sum_of_squares_jvp(3.0, 4.0, 1.0, 10.0)
    (np.float64(25.0), np.float64(86.0))
    """
    _, x, y, x_dot, y_dot = arguments(sum_of_squares_jvp, x, y, x_dot, y_dot)
    return x**2 + y**2, 2 * x * x_dot + 2 * y * y_dot


# Product


def product(x: Float[Array, "*batch"], y: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The product of two numbers.

    .. math:: z = x y

    Shapes: ``x (*batch), y (*batch) -> (*batch)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (2.3)

    >>> product(3.0, 4.0)
    np.float64(12.0)
    """
    _, x, y = arguments(product, x, y)
    return x * y


def product_gradient(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The gradient of the product: by each number, the other one.

    .. math:: (∂z/∂x, ∂z/∂y) = (y, x)

    Shapes: ``x (*batch), y (*batch) -> (*batch), (*batch)``.
    Source: notes (2.3)

    >>> product_gradient([3.0], [4.0])
    (array([4.]), array([3.]))
    """
    xp, x, y = arguments(product_gradient, x, y)
    return xp.asarray(y, copy=True), xp.asarray(x, copy=True)


def product_vjp(x: Float[Array, "*batch"], y: Float[Array, "*batch"]) -> tuple[Float[Array, "*batch"], Pullbacks]:
    r"""The product of two numbers and its pullback.

    .. math:: \bar x = y \bar z, \quad \bar y = x \bar z

    Shapes: ``x (*batch), y (*batch) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch), (*batch)``.
    Source: notes (2.3)

    >>> z, pullback = product_vjp(3.0, 4.0)
    >>> pullback(10.0)
    (np.float64(40.0), np.float64(30.0))
    """
    _, x, y = arguments(product_vjp, x, y)
    z = x * y

    def product_pullback(z_bar: Array) -> tuple[Array, Array]:
        _, z_bar = cotangent(product_vjp, "z_bar", z_bar, z)
        return y * z_bar, x * z_bar

    return z, product_pullback


def product_jvp(
    x: Float[Array, "*batch"], y: Float[Array, "*batch"], x_dot: Float[Array, "*batch"], y_dot: Float[Array, "*batch"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The product of two numbers and its tangent.

    .. math:: \dot z = y \dot x + x \dot y

    Shapes: ``x (*batch), y (*batch), x_dot (*batch), y_dot (*batch) -> (*batch), (*batch)``.
    Source: notes (2.3)

    >>> product_jvp(3.0, 4.0, 1.0, 10.0)
    (np.float64(12.0), np.float64(34.0))
    """
    _, x, y, x_dot, y_dot = arguments(product_jvp, x, y, x_dot, y_dot)
    return x * y, y * x_dot + x * y_dot


# Mean


def mean(x: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    r"""The mean of a vector's entries.

    .. math:: z = (1/n) Σ_i x_i

    Convention: the mean of nothing, n = 0, is nan.

    Shapes: ``x (*batch, n) -> (*batch)``.
    Raises: ValueError where x is 0-d; TypeError where it does not hold real numbers.
    Source: notes (2.4)

    >>> mean([3.0, 4.0, 8.0])
    np.float64(5.0)
    """
    xp, x = arguments(mean, x)
    return average(xp, x)


def mean_gradient(x: Float[Array, "*batch n"]) -> Float[Array, "*batch n"]:
    """The gradient of the mean, the same for every entry.

    .. math:: ∂z/∂x_i = 1/n

    Shapes: ``x (*batch, n) -> (*batch, n)``.
    Source: notes (2.4)

    >>> mean_gradient([3.0, 4.0])
    array([0.5, 0.5])
    """
    xp, x = arguments(mean_gradient, x)
    return xp.ones_like(x) / x.shape[-1]


def mean_vjp(x: Float[Array, "*batch n"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The mean and its pullback, which shares the cotangent out evenly.

    .. math:: \bar x_i = \bar z / n

    Shapes: ``x (*batch, n) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, n)``.
    Source: notes (2.4)

    >>> z, pullback = mean_vjp([3.0, 4.0])
    >>> pullback(10.0)
    array([5., 5.])
    """
    xp, x = arguments(mean_vjp, x)
    z = average(xp, x)

    def mean_pullback(z_bar: Array) -> Array:
        xp, z_bar = cotangent(mean_vjp, "z_bar", z_bar, z)
        return broadcast(xp, z_bar[..., None], x.shape) / x.shape[-1]

    return z, mean_pullback


def mean_jvp(
    x: Float[Array, "*batch n"], x_dot: Float[Array, "*batch n"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The mean and its tangent, the mean of the tangent.

    .. math:: \dot z = (1/n) Σ_i \dot x_i

    Shapes: ``x (*batch, n), x_dot (*batch, n) -> (*batch), (*batch)``.
    Source: notes (2.4)

    >>> mean_jvp([3.0, 5.0], [1.0, 2.0])
    (np.float64(4.0), np.float64(1.5))
    """
    xp, x, x_dot = arguments(mean_jvp, x, x_dot)
    return average(xp, x), average(xp, x_dot)


# Mean square


def mean_square(x: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    r"""The mean of the squares of a vector's entries.

    .. math:: z = (1/n) Σ_i x_i^2

    Convention: the mean of nothing, n = 0, is nan.

    Shapes: ``x (*batch, n) -> (*batch)``.
    Raises: ValueError where x is 0-d; TypeError where it does not hold real numbers.
    Source: notes (2.5)

    >>> mean_square([1.0, 3.0])
    np.float64(5.0)
    """
    xp, x = arguments(mean_square, x)
    return average(xp, x**2)


def mean_square_gradient(x: Float[Array, "*batch n"]) -> Float[Array, "*batch n"]:
    """The gradient of the mean square.

    .. math:: ∂z/∂x_i = 2 x_i / n

    Shapes: ``x (*batch, n) -> (*batch, n)``.
    Source: notes (2.5)

    >>> mean_square_gradient([1.0, 3.0])
    array([1., 3.])
    """
    _, x = arguments(mean_square_gradient, x)
    return 2 * x / x.shape[-1]


def mean_square_vjp(x: Float[Array, "*batch n"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The mean square and its pullback.

    .. math:: \bar x_i = 2 x_i \bar z / n

    Shapes: ``x (*batch, n) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, n)``.
    Source: notes (2.5)

    >>> z, pullback = mean_square_vjp([1.0, 3.0])
    >>> pullback(10.0)
    array([10., 30.])
    """
    xp, x = arguments(mean_square_vjp, x)
    z = average(xp, x**2)

    def mean_square_pullback(z_bar: Array) -> Array:
        _, z_bar = cotangent(mean_square_vjp, "z_bar", z_bar, z)
        return 2 * x * z_bar[..., None] / x.shape[-1]

    return z, mean_square_pullback


def mean_square_jvp(
    x: Float[Array, "*batch n"], x_dot: Float[Array, "*batch n"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The mean square and its tangent.

    .. math:: \dot z = (1/n) Σ_i 2 x_i \dot x_i

    Shapes: ``x (*batch, n), x_dot (*batch, n) -> (*batch), (*batch)``.
    Source: notes (2.5)

    >>> mean_square_jvp([1.0, 3.0], [2.0, 4.0])
    (np.float64(5.0), np.float64(14.0))
    """
    xp, x, x_dot = arguments(mean_square_jvp, x, x_dot)
    return average(xp, x**2), average(xp, 2 * x * x_dot)


# Affine function


def affine(x: Float[Array, "*batch n"], w: Float[Array, " n"], b: Float[Array, ""]) -> Float[Array, "*batch"]:
    """The affine function of a vector, its weights and its bias.

    .. math:: z = ν(x; w, b) = x^T w + b

    Shapes: ``x (*batch, n), w (n), b () -> (*batch)``.
    Raises: ValueError where the shapes do not fit; TypeError where an argument does not hold real numbers.
    Source: notes (2.6)

    >>> affine([3.0, 4.0], [10.0, 100.0], 1.0)
    np.float64(431.0)
    """
    _, x, w, b = arguments(affine, x, w, b)
    return x @ w + b


def affine_gradient(
    x: Float[Array, "*batch n"], w: Float[Array, " n"], b: Float[Array, ""]
) -> tuple[Float[Array, "*batch n"], Float[Array, "*batch n"], Float[Array, "*batch"]]:
    """The gradient of the affine function by x, w and b, for each sample apart.

    .. math:: (∂z/∂x_j, ∂z/∂w_j, ∂z/∂b) = (w_j, x_j, 1)

    Shapes: ``x (*batch, n), w (n), b () -> (*batch, n), (*batch, n), (*batch)``.
    Source: notes (2.13)

    >>> affine_gradient([[3.0, 4.0]], [10.0, 100.0], 1.0)
    (array([[ 10., 100.]]), array([[3., 4.]]), array([1.]))
    """
    xp, x, w, b = arguments(affine_gradient, x, w, b)
    batch = x.shape[:-1]
    return repeated(xp, w, batch), xp.asarray(x, copy=True), xp.ones(batch, **placement(x))


def affine_vjp(
    x: Float[Array, "*batch n"], w: Float[Array, " n"], b: Float[Array, ""]
) -> tuple[Float[Array, "*batch"], Pullbacks]:
    r"""The affine function and its pullback.

    .. math:: \bar x = \bar z w^T, \quad \bar w = \bar z x^T, \quad \bar b = \bar z

    The last two are summed over all samples.

    Shapes: ``x (*batch, n), w (n), b () -> (*batch)``; the pullback takes ``(*batch)`` and gives
    ``(*batch, n), (n), ()``.
    Source: notes (2.13)

    >>> z, pullback = affine_vjp([[3.0, 4.0], [5.0, 6.0]], [10.0, 100.0], 1.0)
    >>> x_bar, w_bar, b_bar = pullback([1.0, 2.0])
    >>> x_bar, w_bar, b_bar
    (array([[ 10., 100.],
            [ 20., 200.]]), array([13., 16.]), np.float64(3.0))
    """
    _, x, w, b = arguments(affine_vjp, x, w, b)
    z = x @ w + b

    def affine_pullback(z_bar: Array) -> tuple[Array, Array, Array]:
        xp, z_bar = cotangent(affine_vjp, "z_bar", z_bar, z)
        return z_bar[..., None] * w, xp.tensordot(z_bar, x, axes=z_bar.ndim), xp.sum(z_bar)

    return z, affine_pullback


def affine_jvp(
    x: Float[Array, "*batch n"],
    w: Float[Array, " n"],
    b: Float[Array, ""],
    x_dot: Float[Array, "*batch n"],
    w_dot: Float[Array, " n"],
    b_dot: Float[Array, ""],
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The affine function and its tangent.

    .. math:: \dot z = \dot x^T w + x^T \dot w + \dot b

    Shapes: ``x (*batch, n), w (n), b (), x_dot (*batch, n), w_dot (n), b_dot () -> (*batch), (*batch)``.
    Source: notes (2.13)

    >>> affine_jvp([3.0, 4.0], [10.0, 100.0], 1.0, [1.0, 2.0], [0.0, 1.0], 5.0)
    (np.float64(431.0), np.float64(219.0))
    """
    _, x, w, b, x_dot, w_dot, b_dot = arguments(affine_jvp, x, w, b, x_dot, w_dot, b_dot)
    return x @ w + b, x_dot @ w + x @ w_dot + b_dot


# Dot product


def dot(u: Float[Array, "*batch n"], v: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """The dot product of two vectors.

    .. math:: z = u^T v

    Shapes: ``u (*batch, n), v (*batch, n) -> (*batch)``.
    Raises: ValueError where the shapes differ or are 0-d; TypeError where an argument does not hold real numbers.
    Source: notes (2.12)

    >>> dot([1.0, 2.0], [3.0, 4.0])
    np.float64(11.0)
    """
    xp, u, v = arguments(dot, u, v)
    return inner(xp, u, v)


def dot_gradient(
    u: Float[Array, "*batch n"], v: Float[Array, "*batch n"]
) -> tuple[Float[Array, "*batch n"], Float[Array, "*batch n"]]:
    """The gradient of the dot product: by each vector, the other one.

    .. math:: (∂z/∂u, ∂z/∂v) = (v^T, u^T)

    Shapes: ``u (*batch, n), v (*batch, n) -> (*batch, n), (*batch, n)``.
    Source: notes (2.12)

    >>> dot_gradient([1.0, 2.0], [3.0, 4.0])
    (array([3., 4.]), array([1., 2.]))
    """
    xp, u, v = arguments(dot_gradient, u, v)
    return xp.asarray(v, copy=True), xp.asarray(u, copy=True)


def dot_vjp(u: Float[Array, "*batch n"], v: Float[Array, "*batch n"]) -> tuple[Float[Array, "*batch"], Pullbacks]:
    r"""The dot product and its pullback.

    .. math:: \bar u = \bar z v^T, \quad \bar v = \bar z u^T

    Shapes: ``u (*batch, n), v (*batch, n) -> (*batch)``; the pullback takes ``(*batch)`` and gives
    ``(*batch, n), (*batch, n)``.
    Source: notes (2.12)

    >>> z, pullback = dot_vjp([1.0, 2.0], [3.0, 4.0])
    >>> pullback(10.0)
    (array([30., 40.]), array([10., 20.]))
    """
    xp, u, v = arguments(dot_vjp, u, v)
    z = inner(xp, u, v)

    def dot_pullback(z_bar: Array) -> tuple[Array, Array]:
        _, z_bar = cotangent(dot_vjp, "z_bar", z_bar, z)
        return z_bar[..., None] * v, z_bar[..., None] * u

    return z, dot_pullback


def dot_jvp(
    u: Float[Array, "*batch n"],
    v: Float[Array, "*batch n"],
    u_dot: Float[Array, "*batch n"],
    v_dot: Float[Array, "*batch n"],
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The dot product and its tangent.

    .. math:: \dot z = v^T \dot u + u^T \dot v

    Shapes: ``u (*batch, n), v (*batch, n), u_dot (*batch, n), v_dot (*batch, n) -> (*batch), (*batch)``.
    Source: notes (2.12)

    >>> dot_jvp([1.0, 2.0], [3.0, 4.0], [1.0, 0.0], [0.0, 10.0])
    (np.float64(11.0), np.float64(23.0))
    """
    xp, u, v, u_dot, v_dot = arguments(dot_jvp, u, v, u_dot, v_dot)
    return inner(xp, u, v), inner(xp, v, u_dot) + inner(xp, u, v_dot)
