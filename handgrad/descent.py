"""Update rules, and what a gradient says about a function to first order.

=========  ==========================================================
theta      parameters θ, any shape
gradient   ∂J/∂θ or ∇f, in the shape of θ or x
rate       learning rate α, one real number
W, b       weights (n, k) and bias (k) of a layer, n = W^T a + b
a, s       input (*batch, n) and sensitivity ∂J/∂n (*batch, k) of that layer
h          step of a difference quotient, one real number
step       Δx, a vector (*batch, n) like the gradient
=========  ==========================================================

An update rule works entry by entry, so its arguments may have any shape. The first-order facts are about vectors: they
take the last axis, and a matrix goes through ``vec`` of ``layouts`` first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handgrad._arrays import Array, arguments, as_arrays, largest, placement

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "ascend",
    "cosine_similarity",
    "descend",
    "difference_quotient",
    "directional_derivative",
    "linear_approximation",
    "sensitivity_step",
    "sign_choices",
    "steepest_ascent",
]


# Update rules


def descend(
    theta: Float[Array, "*shape"], gradient: Float[Array, "*shape"], rate: Float[Array, ""]
) -> Float[Array, "*shape"]:
    """One step of gradient descent.

    .. math:: θ - α ∂J/∂θ

    Shapes: ``theta (*shape), gradient (*shape), rate () -> (*shape)``.
    Raises: ValueError where the shapes differ or rate is not one number; TypeError where an argument does not hold
    real numbers.
    Source: notes (1.1, 2.8, 2.11, 2.13)

    >>> descend([1.0, 2.0], [4.0, -4.0], 0.25)
    array([0., 3.])
    """
    _, theta, gradient, rate = arguments(descend, theta, gradient, rate)
    return theta - rate * gradient


def ascend(
    theta: Float[Array, "*shape"], gradient: Float[Array, "*shape"], rate: Float[Array, ""]
) -> Float[Array, "*shape"]:
    """One step of gradient ascent.

    .. math:: θ + α ∂z/∂θ

    Shapes: ``theta (*shape), gradient (*shape), rate () -> (*shape)``.
    Raises: ValueError where the shapes differ or rate is not one number; TypeError where an argument does not hold
    real numbers.
    Source: notes (2.8, 2.11)

    >>> ascend([1.0, 2.0], [4.0, -4.0], 0.25)
    array([2., 1.])
    """
    _, theta, gradient, rate = arguments(ascend, theta, gradient, rate)
    return theta + rate * gradient


def sign_choices(
    x: Float[Array, "*shape"],
    y: Float[Array, "*shape"],
    dz_dx: Float[Array, "*shape"],
    dz_dy: Float[Array, "*shape"],
    rate: Float[Array, ""],
) -> dict[str, tuple[Float[Array, "*shape"], Float[Array, "*shape"]]]:
    """The updates of two variables under each choice of signs, as pairs (x, y) keyed "++", "+-", "-+", "--".

    .. math:: x ± α ∂z/∂x, y ± α ∂z/∂y

    The first sign is that of x. For a small α > 0 no other pair raises z more than "++" or lowers it more than "--",
    to first order; where a partial derivative is 0 its sign makes no difference.

    Shapes: ``x (*shape), y (*shape), dz_dx (*shape), dz_dy (*shape), rate () -> (*shape), (*shape)`` under each key.
    Raises: ValueError where the shapes differ or rate is not one number; TypeError where an argument does not hold
    real numbers.
    Source: notes (2.8)

    >>> for signs, (x, y) in sign_choices(1.0, 2.0, 4.0, 8.0, 0.25).items():
    ...     print(signs, x, y)
    ++ 2.0 4.0
    +- 2.0 0.0
    -+ 0.0 4.0
    -- 0.0 0.0
    """
    _, x, y, dz_dx, dz_dy, rate = arguments(sign_choices, x, y, dz_dx, dz_dy, rate)
    return {
        "++": (x + rate * dz_dx, y + rate * dz_dy),
        "+-": (x + rate * dz_dx, y - rate * dz_dy),
        "-+": (x - rate * dz_dx, y + rate * dz_dy),
        "--": (x - rate * dz_dx, y - rate * dz_dy),
    }


def sensitivity_step(
    W: Float[Array, "n k"],
    b: Float[Array, " k"],
    a: Float[Array, "*batch n"],
    s: Float[Array, "*batch k"],
    rate: Float[Array, ""],
) -> tuple[Float[Array, "n k"], Float[Array, " k"]]:
    r"""One step of gradient descent for a layer, from its input and its sensitivity.

    .. math:: W - α a s^T, \quad b - α s

    Entry by entry: w_ji - α s_i a_j and b_i - α s_i.

    Convention: the samples of a batch add up, a s^T and s alike; for their mean the sensitivity carries the 1/N.

    Shapes: ``W (n, k), b (k), a (*batch, n), s (*batch, k), rate () -> (n, k), (k)``.
    Raises: ValueError where the shapes do not fit or rate is not one number; TypeError where an argument does not
    hold real numbers.
    Source: notes (1.7, 1.14)

    >>> W, b = sensitivity_step([[1.0], [2.0]], [3.0], [4.0, 8.0], [1.0], 0.25)
    >>> W
    array([[0.],
           [0.]])
    >>> b
    array([2.75])
    """
    xp, W, b, a, s, rate = arguments(sensitivity_step, W, b, a, s, rate)
    samples = tuple(range(a.ndim - 1))
    return W - rate * xp.tensordot(a, s, axes=(samples, samples)), b - rate * xp.sum(s, axis=samples)


# First order


def difference_quotient(f: Callable[[Array], Any], x: Float[Array, "*shape"], h: Float[Array, ""]) -> Array:
    """The forward difference quotients of f at x, one per entry of x; their limit for h → 0 is the derivative.

    .. math:: [f(x + h e_i) - f(x)] / h

    The divisor is (x_i + h) - x_i, the step that is left of h after rounding; it is nan where nothing is left. The
    function is called once more than x has entries, each time with an array of its own.

    Shapes: ``x (*shape), h () -> (*y, *shape)``, where f(x) is ``(*y)``: a gradient, or a Jacobian.
    Raises: ValueError where h is not one number; TypeError where x, h or f(x) does not hold real numbers.
    Source: notes (2.7)

    >>> difference_quotient(lambda x: x[0] * x[1], [2.0, 3.0], 0.5)
    array([3., 2.])
    >>> difference_quotient(lambda x: x**2, 1.0, 0.5)
    array(2.5)
    """
    xp, x, h = arguments(difference_quotient, x, h)
    n = math.prod(x.shape)
    position = xp.reshape(xp.arange(n, **{**placement(x), "dtype": xp.int32}), x.shape)
    moved = x + h

    def value(at: Array) -> tuple[Any, Array]:
        xp, (y, _) = as_arrays("difference_quotient:", {"f(x)": f(at), "x": x})
        return xp, y

    yp, y = value(xp.asarray(x, copy=True))
    shape = (*y.shape, *x.shape)
    if n == 0:
        return yp.zeros(shape, **placement(y))
    differences = [value(xp.where(position == i, moved, x))[1] - y for i in range(n)]
    return yp.reshape(yp.stack(differences, axis=-1) / yp.asarray(xp.reshape(moved - x, (n,))), shape)


def directional_derivative(
    gradient: Float[Array, "*batch n"], direction: Float[Array, "*batch n"]
) -> Float[Array, "*batch"]:
    """The rate of change of f along a direction v.

    .. math:: (∇f)^T v

    Convention: v is used at the length it has; textbooks that speak of the slope ask for a unit vector.

    Shapes: ``gradient (*batch, n), direction (*batch, n) -> (*batch)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (4.2)

    >>> directional_derivative([1.0, 2.0], [3.0, 4.0])
    np.float64(11.0)
    """
    xp, gradient, direction = arguments(directional_derivative, gradient, direction)
    return xp.sum(gradient * direction, axis=-1)


def linear_approximation(
    value: Float[Array, "*batch"], gradient: Float[Array, "*batch n"], step: Float[Array, "*batch n"]
) -> Float[Array, "*batch"]:
    """The value of f after a step, to first order.

    .. math:: f(x) + (∇f)^T Δx = f(x) + ‖∇f‖ ‖Δx‖ cos θ

    It differs from f(x + Δx) by a term of second order in Δx, and by nothing where f is affine.

    Shapes: ``value (*batch), gradient (*batch, n), step (*batch, n) -> (*batch)``.
    Raises: ValueError where the shapes do not fit; TypeError where an argument does not hold real numbers.
    Source: notes (4.2)

    >>> linear_approximation(5.0, [1.0, 2.0], [3.0, -4.0])
    np.float64(0.0)
    """
    xp, value, gradient, step = arguments(linear_approximation, value, gradient, step)
    return value + xp.sum(gradient * step, axis=-1)


def _scaled(xp: Any, v: Array) -> Array:
    """v over its largest entry in size, so that no square overflows and not all vanish; 0 stays 0."""
    size = largest(xp, xp.abs(v))
    return v / xp.where(size == 0, 1, size)


def steepest_ascent(gradient: Float[Array, "*batch n"]) -> Float[Array, "*batch n"]:
    """The unit vector along which f rises fastest, the one with cos θ = 1.

    .. math:: ∇f / ‖∇f‖

    Convention: 0 where the gradient is 0, since no direction is then the steepest.

    Shapes: ``gradient (*batch, n) -> (*batch, n)``.
    Raises: ValueError where gradient is 0-d; TypeError where it does not hold real numbers.
    Source: notes (4.2)

    >>> steepest_ascent([3e200, -4e200])
    array([ 0.6, -0.8])
    """
    xp, gradient = arguments(steepest_ascent, gradient)
    u = _scaled(xp, gradient)
    norm = xp.sqrt(xp.sum(u * u, axis=-1, keepdims=True))
    return u / xp.where(norm == 0, 1, norm)


def cosine_similarity(gradient: Float[Array, "*batch n"], step: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """The cosine of the angle θ between the gradient and a step, between -1 and 1.

    .. math:: cos θ = (∇f)^T Δx / (‖∇f‖ ‖Δx‖)

    Convention: 0 where either vector is 0 and there is no angle.

    Shapes: ``gradient (*batch, n), step (*batch, n) -> (*batch)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (4.2)

    >>> cosine_similarity([3e200, 4e200], [1e-200, 0.0])
    np.float64(0.6)
    """
    xp, gradient, step = arguments(cosine_similarity, gradient, step)
    u, v = _scaled(xp, gradient), _scaled(xp, step)
    squares = xp.sum(u * u, axis=-1) * xp.sum(v * v, axis=-1)
    return xp.clip(xp.sum(u * v, axis=-1) / xp.sqrt(xp.where(squares == 0, 1, squares)), -1, 1)
