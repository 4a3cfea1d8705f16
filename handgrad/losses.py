"""Losses: how far a prediction lies from its target, for one sample and over a mini-batch.

=============  ==========================================================
y              target, any shape; (*batch, N) or (*batch, N, K) for a mini-batch
y_hat          prediction ŷ, the shape of y
a              output of a network, (*batch, k)
label          class of each sample, counted from 0, (*batch)
losses         loss of each sample in a mini-batch, (*batch, N)
J0, J          loss of one sample, and of what it belongs to
E              distance between target and prediction
J0_bar, J_bar  cotangent of a loss, which a pullback receives
=============  ==========================================================

All differentiate by the prediction alone, since the target is given; no factor ½ stands in front of a square.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from handgrad._arrays import (
    MANY,
    Array,
    Pullback,
    arguments,
    average,
    clipped,
    cotangent,
    entry,
    in_parts,
    inner,
    is_traced,
    largest,
    only_entry,
    row_products,
    with_tangent,
)
from handgrad._elementwise import elementwise_jacobian, elementwise_jvp, elementwise_vjp, value_and_derivative

if TYPE_CHECKING:
    from jaxtyping import Float, Int

__all__ = [
    "batch_mean",
    "batch_mean_gradient",
    "batch_mean_jvp",
    "batch_mean_vjp",
    "binary_cross_entropy",
    "binary_cross_entropy_derivative",
    "binary_cross_entropy_jacobian",
    "binary_cross_entropy_jvp",
    "binary_cross_entropy_vjp",
    "categorical_cross_entropy",
    "categorical_cross_entropy_gradient",
    "categorical_cross_entropy_jvp",
    "categorical_cross_entropy_vjp",
    "euclidean_error",
    "euclidean_error_gradient",
    "euclidean_error_jvp",
    "euclidean_error_vjp",
    "label_cross_entropy",
    "label_cross_entropy_gradient",
    "label_cross_entropy_jvp",
    "label_cross_entropy_vjp",
    "mean_binary_cross_entropy",
    "mean_binary_cross_entropy_gradient",
    "mean_binary_cross_entropy_jvp",
    "mean_binary_cross_entropy_vjp",
    "mean_categorical_cross_entropy",
    "mean_categorical_cross_entropy_gradient",
    "mean_categorical_cross_entropy_jvp",
    "mean_categorical_cross_entropy_vjp",
    "mean_squared_error",
    "mean_squared_error_gradient",
    "mean_squared_error_jvp",
    "mean_squared_error_vjp",
    "squared_error",
    "squared_error_derivative",
    "squared_error_jacobian",
    "squared_error_jvp",
    "squared_error_vjp",
    "sum_squared_error",
    "sum_squared_error_gradient",
    "sum_squared_error_jvp",
    "sum_squared_error_vjp",
]


# Squared error


def _squared_error(xp: Any, y: Array, y_hat: Array) -> Any:
    difference = y - y_hat

    def J0() -> Array:
        return difference**2

    def dJ0_dy_hat() -> Array:
        return -2 * difference

    return J0, dJ0_dy_hat


def squared_error(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The squared error, element by element.

    .. math:: J0 = (y - ŷ)^2

    Convention: without ½.

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (2.19)

    >>> squared_error([1.0, 5.0], [3.0, 4.0])
    array([4., 1.])
    """
    J0, _ = _squared_error(*arguments(squared_error, y, y_hat))
    return J0()


def squared_error_derivative(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative of the squared error by the prediction.

    .. math:: ∂J0/∂ŷ = -2 (y - ŷ)

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape)``.
    Source: notes (2.19)

    >>> squared_error_derivative([1.0, 5.0], [3.0, 4.0])
    array([ 4., -2.])
    """
    _, dJ0_dy_hat = _squared_error(*arguments(squared_error_derivative, y, y_hat))
    return dJ0_dy_hat()


def squared_error_jacobian(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the squared error over the last axis.

    .. math:: ∂J0_i/∂ŷ_j = -2 (y_i - ŷ_i) δ_{ij}

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape, n)``, n the last axis of ŷ; 0-d gives 0-d.
    Source: notes (0.5, 2.19)

    >>> squared_error_jacobian([1.0, 5.0], [3.0, 4.0])
    array([[ 4.,  0.],
           [ 0., -2.]])
    """
    return elementwise_jacobian(squared_error_jacobian, _squared_error, y, y_hat)


def squared_error_vjp(
    y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The squared error and its pullback to the prediction.

    .. math:: \bar ŷ = -2 \bar{J0} ⊙ (y - ŷ)

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (2.19, 3.11)

    >>> J0, pullback = squared_error_vjp([1.0, 5.0], [3.0, 4.0])
    >>> pullback([1.0, 2.0])
    array([ 4., -4.])
    """
    _, y, y_hat = arguments(squared_error_vjp, y, y_hat)
    difference = y - y_hat
    J0 = difference**2

    def squared_error_pullback(J0_bar: Array) -> Array:
        _, J0_bar = cotangent(squared_error_vjp, "J0_bar", J0_bar, J0)
        return -2 * J0_bar * difference

    return J0, squared_error_pullback


def squared_error_jvp(
    y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"], y_hat_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The squared error and its tangent along y_hat_dot.

    .. math:: \dot{J0} = -2 (y - ŷ) ⊙ \dot ŷ

    Shapes: ``y (*shape), y_hat (*shape), y_hat_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (2.19, 3.11)

    >>> squared_error_jvp([5.0], [4.0], [3.0])
    (array([1.]), array([-6.]))
    """
    return elementwise_jvp(squared_error_jvp, _squared_error, y, y_hat, y_hat_dot)


# Sum of squared errors


def _sum_squared_error(xp: Any, y: Array, a: Array) -> Any:
    difference = y - a

    def J() -> Array:
        return row_products(xp, difference, difference)

    def dJ_da() -> Array:
        return -2 * difference

    return J, dJ_da


def sum_squared_error(y: Float[Array, "*batch k"], a: Float[Array, "*batch k"]) -> Float[Array, "*batch"]:
    """The squared errors of a network's k outputs, summed.

    .. math:: J = (y - a)^T (y - a)

    Convention: the sum over outputs, without ½.

    Shapes: ``y (*batch, k), a (*batch, k) -> (*batch)``.
    Raises: ValueError where the shapes differ or are 0-d; TypeError where an argument does not hold real numbers.
    Source: notes (1.12)

    >>> sum_squared_error([1.0, 5.0], [3.0, 4.0])
    np.float64(5.0)
    """
    J, _ = _sum_squared_error(*arguments(sum_squared_error, y, a))
    return J()


def sum_squared_error_gradient(y: Float[Array, "*batch k"], a: Float[Array, "*batch k"]) -> Float[Array, "*batch k"]:
    """The gradient of the summed squared error by the output.

    .. math:: ∂J/∂a = -2 (y - a)

    Shapes: ``y (*batch, k), a (*batch, k) -> (*batch, k)``.
    Source: notes (1.12)

    >>> sum_squared_error_gradient([1.0, 5.0], [3.0, 4.0])
    array([ 4., -2.])
    """
    _, dJ_da = _sum_squared_error(*arguments(sum_squared_error_gradient, y, a))
    return dJ_da()


def sum_squared_error_vjp(
    y: Float[Array, "*batch k"], a: Float[Array, "*batch k"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The summed squared error and its pullback to the output.

    .. math:: \bar a = -2 \bar J (y - a)

    Shapes: ``y (*batch, k), a (*batch, k) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, k)``.
    Source: notes (1.12)

    >>> J, pullback = sum_squared_error_vjp([1.0, 5.0], [3.0, 4.0])
    >>> pullback(3.0)
    array([12., -6.])
    """
    xp, y, a = arguments(sum_squared_error_vjp, y, a)
    difference = y - a
    J = row_products(xp, difference, difference)

    def sum_squared_error_pullback(J_bar: Array) -> Array:
        _, J_bar = cotangent(sum_squared_error_vjp, "J_bar", J_bar, J)
        return (-2 * J_bar)[..., None] * difference

    return J, sum_squared_error_pullback


def sum_squared_error_jvp(
    y: Float[Array, "*batch k"], a: Float[Array, "*batch k"], a_dot: Float[Array, "*batch k"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The summed squared error and its tangent along a_dot.

    .. math:: \dot J = -2 (y - a)^T \dot a

    Shapes: ``y (*batch, k), a (*batch, k), a_dot (*batch, k) -> (*batch), (*batch)``.
    Source: notes (1.12)

    >>> sum_squared_error_jvp([1.0, 5.0], [3.0, 4.0], [1.0, 3.0])
    (np.float64(5.0), np.float64(-2.0))
    """
    xp, y, a, a_dot = arguments(sum_squared_error_jvp, y, a, a_dot)
    J, dJ_da = _sum_squared_error(xp, y, a)
    return J(), inner(xp, dJ_da(), a_dot)


# Mean squared error


def mean_squared_error(y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"]) -> Float[Array, "*batch"]:
    r"""The mean of the squared errors in a mini-batch of N samples.

    .. math:: J = \frac{1}{N} Σ_i (y_i - ŷ_i)^2

    Convention: without ½; the loss of no samples, N = 0, is nan.

    Shapes: ``y (*batch, N), y_hat (*batch, N) -> (*batch)``.
    Raises: ValueError where the shapes differ or are 0-d; TypeError where an argument does not hold real numbers.
    Source: notes (2.20)

    >>> mean_squared_error([1.0, 5.0], [4.0, 4.0])
    np.float64(5.0)
    """
    xp, y, y_hat = arguments(mean_squared_error, y, y_hat)
    return average(xp, (y - y_hat) ** 2)


def mean_squared_error_gradient(
    y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"]
) -> Float[Array, "*batch N"]:
    """The gradient of the mean squared error by the predictions.

    .. math:: ∂J/∂ŷ_i = -(2/N) (y_i - ŷ_i)

    Shapes: ``y (*batch, N), y_hat (*batch, N) -> (*batch, N)``.
    Source: notes (2.18, 2.20)

    >>> mean_squared_error_gradient([1.0, 5.0], [4.0, 4.0])
    array([ 3., -1.])
    """
    _, y, y_hat = arguments(mean_squared_error_gradient, y, y_hat)
    return -2 * (y - y_hat) / y.shape[-1]


def mean_squared_error_vjp(
    y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The mean squared error and its pullback to the predictions.

    .. math:: \bar ŷ_i = -(2/N) \bar J (y_i - ŷ_i)

    Shapes: ``y (*batch, N), y_hat (*batch, N) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, N)``.
    Source: notes (2.18, 2.20)

    >>> J, pullback = mean_squared_error_vjp([1.0, 5.0], [4.0, 4.0])
    >>> pullback(2.0)
    array([ 6., -2.])
    """
    xp, y, y_hat = arguments(mean_squared_error_vjp, y, y_hat)
    difference = y - y_hat
    N = difference.shape[-1]
    J = inner(xp, difference, difference) / N if N else average(xp, difference)

    def mean_squared_error_pullback(J_bar: Array) -> Array:
        _, J_bar = cotangent(mean_squared_error_vjp, "J_bar", J_bar, J)
        return (-2 / max(N, 1) * J_bar)[..., None] * difference

    return J, mean_squared_error_pullback


def mean_squared_error_jvp(
    y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"], y_hat_dot: Float[Array, "*batch N"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The mean squared error and its tangent along y_hat_dot.

    .. math:: \dot J = -(2/N) Σ_i (y_i - ŷ_i) \dot ŷ_i

    Shapes: ``y (*batch, N), y_hat (*batch, N), y_hat_dot (*batch, N) -> (*batch), (*batch)``.
    Source: notes (2.18, 2.20)

    >>> mean_squared_error_jvp([1.0, 5.0], [4.0, 4.0], [2.0, 1.0])
    (np.float64(5.0), np.float64(5.0))
    """
    xp, y, y_hat, y_hat_dot = arguments(mean_squared_error_jvp, y, y_hat, y_hat_dot)
    difference = y - y_hat
    return average(xp, difference**2), -2 * average(xp, difference * y_hat_dot)


# Binary cross-entropy


def _above_zero(xp: Any, y: Array, y_hat: Array) -> Array:
    """The prediction ŷ, but not 0 where y is 0, so that 0·log 0 and 0/0 become products and quotients that are 0.

    In NumPy it is 1 more wherever y is 0, which takes less time; what others make of it is differentiated by y, too.
    They have no choice of two numbers here, since XLA would write down what is chosen before it sums the logarithms.
    """
    return y_hat + (y == 0) if xp is np else xp.maximum(y_hat, xp.finfo(y_hat.dtype).smallest_normal - xp.abs(y))


def _above_minus_one(xp: Any, y: Array, y_hat: Array) -> Array:
    """Likewise -ŷ, but not -1 where y is 1; any other 1 - y is at least the distance from 1 to the number before."""
    return (y == 1) - y_hat if xp is np else xp.maximum(-y_hat, (xp.finfo(y_hat.dtype).eps / 2 - 1) - xp.abs(1 - y))


def _log_likelihood(xp: Any, y: Array, y_hat: Array) -> Array:
    of_one = y * xp.log(_above_zero(xp, y, y_hat))
    of_zero = (1 - y) * xp.log1p(_above_minus_one(xp, y, y_hat))  # since 1 - ŷ has lost the digits of a small ŷ
    return of_one + of_zero


def _binary_cross_entropy(xp: Any, y: Array, y_hat: Array) -> Any:
    def J() -> Array:
        return 0 - _log_likelihood(xp, y, y_hat)  # not -x: a perfect prediction costs 0, not -0

    def dJ_dy_hat() -> Array:
        slope = y_hat * (1 - y_hat)
        if xp is np and np.all(slope):  # to ask first takes less time
            return (y_hat - y) / slope
        # Where y = ŷ is 0 or 1 the quotient is 0/0, and its limit 1 - 2y.
        at_target = (y == y_hat) & (slope == 0)
        return xp.where(at_target, 1 - 2 * y, y_hat - y) / xp.where(at_target, 1, slope)

    return J, dJ_dy_hat


def binary_cross_entropy(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The binary cross-entropy of a predicted probability, element by element.

    .. math:: J = -[y \log ŷ + (1 - y) \log(1 - ŷ)]

    Convention: natural logarithm; 0 log 0 is 0, so a certain and right prediction costs nothing.

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape)``, probabilities.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (2.21)

    >>> binary_cross_entropy([0.0, 1.0], [0.0, 1.0])
    array([0., 0.])
    """
    J, _ = _binary_cross_entropy(*arguments(binary_cross_entropy, y, y_hat))
    return J()


def binary_cross_entropy_derivative(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative of the binary cross-entropy by the prediction.

    .. math:: ∂J/∂ŷ = -(y/ŷ - (1 - y)/(1 - ŷ)) = (ŷ - y) / (ŷ (1 - ŷ))

    Convention: where y = ŷ, it is 1 at 0 and -1 at 1, the limits as ŷ comes to y from inside.

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape)``.
    Source: notes (2.21)

    >>> binary_cross_entropy_derivative([1.0, 0.0, 0.0], [0.5, 0.5, 0.0])
    array([-2.,  2.,  1.])
    """
    _, dJ_dy_hat = _binary_cross_entropy(*arguments(binary_cross_entropy_derivative, y, y_hat))
    return dJ_dy_hat()


def binary_cross_entropy_jacobian(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the binary cross-entropy over the last axis.

    .. math:: ∂J_i/∂ŷ_j = (ŷ_i - y_i) / (ŷ_i (1 - ŷ_i)) δ_{ij}

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape, n)``, n the last axis of ŷ; 0-d gives 0-d.
    Source: notes (0.5, 2.21)

    >>> binary_cross_entropy_jacobian([1.0, 0.0], [0.5, 0.5])
    array([[-2.,  0.],
           [ 0.,  2.]])
    """
    return elementwise_jacobian(binary_cross_entropy_jacobian, _binary_cross_entropy, y, y_hat)


def binary_cross_entropy_vjp(
    y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The binary cross-entropy and its pullback to the prediction.

    .. math:: \bar ŷ = \bar J ⊙ (ŷ - y) / (ŷ (1 - ŷ))

    Shapes: ``y (*shape), y_hat (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (2.21, 3.11)

    >>> J, pullback = binary_cross_entropy_vjp([1.0, 0.0], [0.5, 0.5])
    >>> pullback([3.0, 4.0])
    array([-6.,  8.])
    """
    return elementwise_vjp(binary_cross_entropy_vjp, _binary_cross_entropy, "J_bar", y, y_hat)


def binary_cross_entropy_jvp(
    y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"], y_hat_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The binary cross-entropy and its tangent along y_hat_dot.

    .. math:: \dot J = (ŷ - y) / (ŷ (1 - ŷ)) ⊙ \dot ŷ

    Shapes: ``y (*shape), y_hat (*shape), y_hat_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (2.21, 3.11)

    >>> binary_cross_entropy_jvp([1.0], [1.0], [3.0])
    (array([0.]), array([-3.]))
    """
    return elementwise_jvp(binary_cross_entropy_jvp, _binary_cross_entropy, y, y_hat, y_hat_dot)


# Mean binary cross-entropy


def _log_likelihood_and_derivative(xp: Any, y: Array, y_hat: Array) -> tuple[Array, Array]:
    """Both of each sample; the sign of the first is for the mean to change, which is one number."""
    _, dJ0_dy_hat = _binary_cross_entropy(xp, y, y_hat)
    return _log_likelihood(xp, y, y_hat), dJ0_dy_hat()


def mean_binary_cross_entropy(y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"]) -> Float[Array, "*batch"]:
    r"""The mean of the binary cross-entropies in a mini-batch of N samples.

    .. math:: J = -\frac{1}{N} Σ_i [y_i \log ŷ_i + (1 - y_i) \log(1 - ŷ_i)]

    Convention: natural logarithm, 0 log 0 is 0; the loss of no samples, N = 0, is nan.

    Shapes: ``y (*batch, N), y_hat (*batch, N) -> (*batch)``, probabilities.
    Raises: ValueError where the shapes differ or are 0-d; TypeError where an argument does not hold real numbers.
    Source: notes (2.22)

    >>> mean_binary_cross_entropy([0.0, 1.0], [0.0, 1.0])
    np.float64(0.0)
    """
    xp, y, y_hat = arguments(mean_binary_cross_entropy, y, y_hat)
    return 0 - average(xp, _log_likelihood(xp, y, y_hat))


def mean_binary_cross_entropy_gradient(
    y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"]
) -> Float[Array, "*batch N"]:
    r"""The gradient of the mean binary cross-entropy by the predictions.

    .. math:: ∂J/∂ŷ_i = \frac{1}{N} (ŷ_i - y_i) / (ŷ_i (1 - ŷ_i))

    Convention: where y_i = ŷ_i, the quotient is 1 at 0 and -1 at 1.

    Shapes: ``y (*batch, N), y_hat (*batch, N) -> (*batch, N)``.
    Source: notes (2.18, 2.22)

    >>> mean_binary_cross_entropy_gradient([1.0, 0.0], [0.5, 0.5])
    array([-1.,  1.])
    """
    xp, y, y_hat = arguments(mean_binary_cross_entropy_gradient, y, y_hat)
    _, dJ0_dy_hat = _binary_cross_entropy(xp, y, y_hat)
    return dJ0_dy_hat() / y.shape[-1]


def mean_binary_cross_entropy_vjp(
    y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The mean binary cross-entropy and its pullback to the predictions.

    .. math:: \bar ŷ_i = \frac{1}{N} \bar J (ŷ_i - y_i) / (ŷ_i (1 - ŷ_i))

    Shapes: ``y (*batch, N), y_hat (*batch, N) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, N)``.
    Source: notes (2.18, 2.22)

    >>> J, pullback = mean_binary_cross_entropy_vjp([1.0, 0.0], [0.5, 0.5])
    >>> pullback(3.0)
    array([-3.,  3.])
    """
    xp, y, y_hat = arguments(mean_binary_cross_entropy_vjp, y, y_hat)
    log_likelihood, dJ0_dy_hat = in_parts(xp, _log_likelihood_and_derivative, y, y_hat)
    J = 0 - average(xp, log_likelihood)

    def mean_binary_cross_entropy_pullback(J_bar: Array) -> Array:
        _, J_bar = cotangent(mean_binary_cross_entropy_vjp, "J_bar", J_bar, J)
        return (J_bar / max(dJ0_dy_hat.shape[-1], 1))[..., None] * dJ0_dy_hat

    return J, mean_binary_cross_entropy_pullback


def mean_binary_cross_entropy_jvp(
    y: Float[Array, "*batch N"], y_hat: Float[Array, "*batch N"], y_hat_dot: Float[Array, "*batch N"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The mean binary cross-entropy and its tangent along y_hat_dot.

    .. math:: \dot J = \frac{1}{N} Σ_i (ŷ_i - y_i) / (ŷ_i (1 - ŷ_i)) \dot ŷ_i

    Shapes: ``y (*batch, N), y_hat (*batch, N), y_hat_dot (*batch, N) -> (*batch), (*batch)``.
    Source: notes (2.18, 2.22)

    >>> mean_binary_cross_entropy_jvp([1.0, 0.0], [0.5, 0.5], [3.0, 4.0])[1]
    np.float64(1.0)
    """
    xp, y, y_hat, y_hat_dot = arguments(mean_binary_cross_entropy_jvp, y, y_hat, y_hat_dot)
    log_likelihood, dJ0_dy_hat = in_parts(xp, _log_likelihood_and_derivative, y, y_hat)
    return 0 - average(xp, log_likelihood), average(xp, dJ0_dy_hat * y_hat_dot)


# Categorical cross-entropy


def _tangent_of_sum(
    xp: Any, total: Array, y: Array, y_hat: Array, not_zero: Array, y_dot: Array, y_hat_dot: Array, _: Array
) -> Array:
    y_hat = _above_zero(xp, y, y_hat)
    return inner(xp, y_dot, xp.log(y_hat)) + inner(xp, y / y_hat, y_hat_dot)


@with_tangent(_tangent_of_sum)
def _sum_of_logarithms(xp: Any, y: Array, y_hat: Array, not_zero: Array) -> Array:
    """Σ y log ŷ."""
    return inner(xp, y, xp.log(not_zero))


def _tangent_of_quotient(
    xp: Any, quotient: Array, y: Array, y_hat: Array, not_zero: Array, y_dot: Array, y_hat_dot: Array, _: Array
) -> Array:
    return (y_dot - quotient * y_hat_dot) / _above_zero(xp, y, y_hat)


@with_tangent(_tangent_of_quotient)
def _quotient(xp: Any, y: Array, y_hat: Array, not_zero: Array) -> Array:
    """y/ŷ."""
    return y / not_zero


def _class_likelihood(xp: Any, y: Array, y_hat: Array) -> Any:
    """The log-likelihood, whose sign a loss or the mean of losses changes, and the derivative of the loss."""
    # A choice takes XLA less time; that its derivatives by y are others is no harm, since JAX takes the tangents above.
    not_zero = xp.where(y == 0, 1, y_hat) if is_traced(y_hat) else _above_zero(xp, y, y_hat)

    def log_likelihood() -> Array:
        return _sum_of_logarithms(xp, y, y_hat, not_zero)

    def dJ_dy_hat() -> Array:
        return 0 - _quotient(xp, y, y_hat, not_zero)  # not -x: 0 where y is, not -0

    return log_likelihood, dJ_dy_hat


def _categorical_cross_entropy(xp: Any, y: Array, y_hat: Array) -> Any:
    log_likelihood, dJ_dy_hat = _class_likelihood(xp, y, y_hat)

    def J() -> Array:
        return 0 - log_likelihood()  # likewise

    return J, dJ_dy_hat


def categorical_cross_entropy(y: Float[Array, "*batch K"], y_hat: Float[Array, "*batch K"]) -> Float[Array, "*batch"]:
    r"""The categorical cross-entropy of K predicted probabilities.

    .. math:: J = -Σ_k y_k \log ŷ_k

    Convention: natural logarithm, the sum over classes; 0 log 0 is 0.

    Shapes: ``y (*batch, K), y_hat (*batch, K) -> (*batch)``, probabilities.
    Raises: ValueError where the shapes differ or are 0-d; TypeError where an argument does not hold real numbers.
    Source: notes (2.23)

    >>> categorical_cross_entropy([0.0, 1.0], [0.0, 1.0])
    np.float64(0.0)
    """
    J, _ = _categorical_cross_entropy(*arguments(categorical_cross_entropy, y, y_hat))
    return J()


def categorical_cross_entropy_gradient(
    y: Float[Array, "*batch K"], y_hat: Float[Array, "*batch K"]
) -> Float[Array, "*batch K"]:
    """The gradient of the categorical cross-entropy by the probabilities; for a one-hot y, 0 but for the hot entry.

    .. math:: ∂J/∂ŷ_j = -y_j / ŷ_j

    Convention: 0 where y_j = 0, at ŷ_j = 0 too. The classes count as free; the sum of 1 is softmax's matter.

    Shapes: ``y (*batch, K), y_hat (*batch, K) -> (*batch, K)``.
    Source: notes (2.23, 2.24)

    >>> categorical_cross_entropy_gradient([0.0, 1.0, 0.0], [0.5, 0.25, 0.25])
    array([ 0., -4.,  0.])
    """
    _, dJ_dy_hat = _categorical_cross_entropy(*arguments(categorical_cross_entropy_gradient, y, y_hat))
    return dJ_dy_hat()


def categorical_cross_entropy_vjp(
    y: Float[Array, "*batch K"], y_hat: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The categorical cross-entropy and its pullback to the probabilities.

    .. math:: \bar ŷ_j = -\bar J y_j / ŷ_j

    Shapes: ``y (*batch, K), y_hat (*batch, K) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, K)``.
    Source: notes (2.23, 2.24)

    >>> J, pullback = categorical_cross_entropy_vjp([0.0, 1.0], [0.5, 0.5])
    >>> pullback(3.0)
    array([ 0., -6.])
    """
    xp, y, y_hat = arguments(categorical_cross_entropy_vjp, y, y_hat)
    J, dJ_dy_hat = value_and_derivative(xp, _categorical_cross_entropy, y, y_hat, core=1)

    def categorical_cross_entropy_pullback(J_bar: Array) -> Array:
        _, J_bar = cotangent(categorical_cross_entropy_vjp, "J_bar", J_bar, J)
        return J_bar[..., None] * dJ_dy_hat

    return J, categorical_cross_entropy_pullback


def categorical_cross_entropy_jvp(
    y: Float[Array, "*batch K"], y_hat: Float[Array, "*batch K"], y_hat_dot: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The categorical cross-entropy and its tangent along y_hat_dot.

    .. math:: \dot J = -Σ_j (y_j / ŷ_j) \dot ŷ_j

    Shapes: ``y (*batch, K), y_hat (*batch, K), y_hat_dot (*batch, K) -> (*batch), (*batch)``.
    Source: notes (2.23, 2.24)

    >>> categorical_cross_entropy_jvp([0.0, 1.0], [0.5, 0.5], [3.0, 4.0])[1]
    np.float64(-8.0)
    """
    xp, y, y_hat, y_hat_dot = arguments(categorical_cross_entropy_jvp, y, y_hat, y_hat_dot)
    J, dJ_dy_hat = _categorical_cross_entropy(xp, y, y_hat)
    return J(), inner(xp, dJ_dy_hat(), y_hat_dot)


# Mean categorical cross-entropy


def mean_categorical_cross_entropy(
    y: Float[Array, "*batch N K"], y_hat: Float[Array, "*batch N K"]
) -> Float[Array, "*batch"]:
    r"""The mean of the categorical cross-entropies in a mini-batch of N samples.

    .. math:: J = -\frac{1}{N} Σ_j Σ_k y_{jk} \log ŷ_{jk}

    Convention: the sum over classes, the mean over samples, so 1/N and not 1/(N K); natural logarithm, 0 log 0 is 0;
    the loss of no samples, N = 0, is nan.

    Shapes: ``y (*batch, N, K), y_hat (*batch, N, K) -> (*batch)``, probabilities, a row per sample.
    Raises: ValueError where the shapes differ or have fewer than two axes; TypeError where an argument does not hold
    real numbers.
    Source: notes (2.26)

    >>> mean_categorical_cross_entropy([[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]])
    np.float64(0.0)
    """
    xp, y, y_hat = arguments(mean_categorical_cross_entropy, y, y_hat)
    log_likelihood, _ = _class_likelihood(xp, y, y_hat)
    return 0 - average(xp, log_likelihood())


def mean_categorical_cross_entropy_gradient(
    y: Float[Array, "*batch N K"], y_hat: Float[Array, "*batch N K"]
) -> Float[Array, "*batch N K"]:
    r"""The gradient of the mean categorical cross-entropy by the probabilities.

    .. math:: ∂J/∂ŷ_{ji} = -\frac{1}{N} y_{ji} / ŷ_{ji}

    Convention: 0 where y_{ji} = 0, at ŷ_{ji} = 0 too.

    Shapes: ``y (*batch, N, K), y_hat (*batch, N, K) -> (*batch, N, K)``.
    Source: notes (2.18, 2.26)

    >>> mean_categorical_cross_entropy_gradient([[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.25, 0.75]])
    array([[ 0., -1.],
           [-2.,  0.]])
    """
    xp, y, y_hat = arguments(mean_categorical_cross_entropy_gradient, y, y_hat)
    _, dJ0_dy_hat = _class_likelihood(xp, y, y_hat)
    return dJ0_dy_hat() / y.shape[-2]


def mean_categorical_cross_entropy_vjp(
    y: Float[Array, "*batch N K"], y_hat: Float[Array, "*batch N K"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The mean categorical cross-entropy and its pullback to the probabilities.

    .. math:: \bar ŷ_{ji} = -\frac{1}{N} \bar J y_{ji} / ŷ_{ji}

    Shapes: ``y (*batch, N, K), y_hat (*batch, N, K) -> (*batch)``; the pullback takes ``(*batch)`` and gives
    ``(*batch, N, K)``.
    Source: notes (2.18, 2.26)

    >>> J, pullback = mean_categorical_cross_entropy_vjp([[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.25, 0.75]])
    >>> pullback(3.0)
    array([[ 0., -3.],
           [-6.,  0.]])
    """
    xp, y, y_hat = arguments(mean_categorical_cross_entropy_vjp, y, y_hat)
    log_likelihood, dJ0_dy_hat = value_and_derivative(xp, _class_likelihood, y, y_hat, core=1)
    J = 0 - average(xp, log_likelihood)

    def mean_categorical_cross_entropy_pullback(J_bar: Array) -> Array:
        _, J_bar = cotangent(mean_categorical_cross_entropy_vjp, "J_bar", J_bar, J)
        return (J_bar / max(dJ0_dy_hat.shape[-2], 1))[..., None, None] * dJ0_dy_hat

    return J, mean_categorical_cross_entropy_pullback


def mean_categorical_cross_entropy_jvp(
    y: Float[Array, "*batch N K"], y_hat: Float[Array, "*batch N K"], y_hat_dot: Float[Array, "*batch N K"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The mean categorical cross-entropy and its tangent along y_hat_dot.

    .. math:: \dot J = -\frac{1}{N} Σ_j Σ_i (y_{ji} / ŷ_{ji}) \dot ŷ_{ji}

    Shapes: ``y (*batch, N, K), y_hat (*batch, N, K), y_hat_dot (*batch, N, K) -> (*batch), (*batch)``.
    Source: notes (2.18, 2.26)

    >>> mean_categorical_cross_entropy_jvp([[0.0, 1.0]], [[0.5, 0.5]], [[3.0, 4.0]])[1]
    np.float64(-8.0)
    """
    xp, y, y_hat, y_hat_dot = arguments(mean_categorical_cross_entropy_jvp, y, y_hat, y_hat_dot)
    log_likelihood, dJ0_dy_hat = _class_likelihood(xp, y, y_hat)
    return 0 - average(xp, log_likelihood()), average(xp, inner(xp, dJ0_dy_hat(), y_hat_dot))


# Cross-entropy of an integer label


def _known_to_fail(condition: Array) -> bool:
    """Whether a condition is false for certain; while JAX or PyTorch traces, its value cannot be read."""
    try:
        return not bool(condition)
    except (TypeError, RuntimeError):  # bool() of one truth value: JAX's tracers raise the first, PyTorch's the second
        return False


def _labelled(function: Callable[..., Any], *values: Any) -> tuple[Any, ...]:
    """The predictions, the labels, where these are in range, and the rest; a label known not to be is a ValueError."""
    xp, label, y_hat, *rest = arguments(function, *values)
    K = y_hat.shape[-1]
    in_range = (label >= 0) & (label < K)
    if _known_to_fail(xp.all(in_range)):
        wrong = int(label[~in_range][0])
        raise ValueError(
            f"{function.__name__}: label holds {wrong}, y_hat has {K} classes; label must be from 0 to {K - 1}"
        )
    return xp, y_hat, label, in_range, *rest


def _label_cross_entropy(xp: Any, y_hat: Array, label: Array, in_range: Array) -> tuple[Array, Array]:
    """The loss, and its derivative by the label's probability; nan where a label is not in range."""
    y_hat_label = xp.where(in_range, entry(xp, y_hat, label), xp.nan)
    return 0 - xp.log(y_hat_label), -1 / y_hat_label  # 0 first: a perfect prediction costs 0, not -0


def label_cross_entropy(label: Int[Array, "*batch"], y_hat: Float[Array, "*batch K"]) -> Float[Array, "*batch"]:
    r"""The categorical cross-entropy for a target given as the number of its class.

    .. math:: J = -\log ŷ_α, \quad α = label

    Convention: natural logarithm; labels count from 0, where the notes count from 1, and negative ones do not count
    from the end. Inside ``jax.jit``, where a label cannot be read, one out of range makes loss and gradient nan.

    Shapes: ``label (*batch), y_hat (*batch, K) -> (*batch)``, probabilities.
    Raises: ValueError where a label is not one of 0 … K-1 or the leading axes differ; TypeError where the labels are
    not integers or ŷ does not hold real numbers.
    Source: notes (2.25)

    >>> label_cross_entropy(1, [0.0, 1.0])
    np.float64(0.0)
    """
    J, _ = _label_cross_entropy(*_labelled(label_cross_entropy, label, y_hat))
    return J


def label_cross_entropy_gradient(
    label: Int[Array, "*batch"], y_hat: Float[Array, "*batch K"]
) -> Float[Array, "*batch K"]:
    r"""The gradient of the label's cross-entropy by the probabilities.

    .. math:: ∂J/∂ŷ_i = -1/ŷ_α \text{ if } i = α, \text{ else } 0

    Shapes: ``label (*batch), y_hat (*batch, K) -> (*batch, K)``.
    Source: notes (2.25)

    >>> label_cross_entropy_gradient(1, [0.5, 0.25, 0.25])
    array([ 0., -4.,  0.])
    """
    xp, y_hat, label, in_range = _labelled(label_cross_entropy_gradient, label, y_hat)
    _, slope = _label_cross_entropy(xp, y_hat, label, in_range)
    return only_entry(xp, slope, label, y_hat.shape[-1])


def label_cross_entropy_vjp(
    label: Int[Array, "*batch"], y_hat: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The label's cross-entropy and its pullback to the probabilities.

    .. math:: \bar ŷ_i = -\bar J / ŷ_α \text{ if } i = α, \text{ else } 0

    Shapes: ``label (*batch), y_hat (*batch, K) -> (*batch)``; the pullback takes ``(*batch)`` and gives
    ``(*batch, K)``.
    Source: notes (2.25)

    >>> J, pullback = label_cross_entropy_vjp(1, [0.5, 0.5])
    >>> pullback(3.0)
    array([ 0., -6.])
    """
    xp, y_hat, label, in_range = _labelled(label_cross_entropy_vjp, label, y_hat)
    J, slope = _label_cross_entropy(xp, y_hat, label, in_range)

    def label_cross_entropy_pullback(J_bar: Array) -> Array:
        xp, J_bar = cotangent(label_cross_entropy_vjp, "J_bar", J_bar, J)
        return only_entry(xp, J_bar * slope, label, y_hat.shape[-1])

    return J, label_cross_entropy_pullback


def label_cross_entropy_jvp(
    label: Int[Array, "*batch"], y_hat: Float[Array, "*batch K"], y_hat_dot: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The label's cross-entropy and its tangent along y_hat_dot.

    .. math:: \dot J = -\dot ŷ_α / ŷ_α

    Shapes: ``label (*batch), y_hat (*batch, K), y_hat_dot (*batch, K) -> (*batch), (*batch)``.
    Source: notes (2.25)

    >>> label_cross_entropy_jvp(1, [0.5, 0.5], [3.0, 4.0])[1]
    np.float64(-8.0)
    """
    xp, y_hat, label, in_range, y_hat_dot = _labelled(label_cross_entropy_jvp, label, y_hat, y_hat_dot)
    J, slope = _label_cross_entropy(xp, y_hat, label, in_range)
    return J, inner(xp, only_entry(xp, slope, label, y_hat.shape[-1]), y_hat_dot)


# Mean over a mini-batch


def batch_mean(losses: Float[Array, "*batch N"]) -> Float[Array, "*batch"]:
    r"""The loss of a mini-batch: the mean of its N samples' losses.

    .. math:: J = \frac{1}{N} Σ_i losses_i

    Convention: the loss of no samples, N = 0, is nan.

    Shapes: ``losses (*batch, N) -> (*batch)``.
    Raises: ValueError where losses is 0-d; TypeError where it does not hold real numbers.
    Source: notes (2.17)

    >>> batch_mean([3.0, 4.0, 8.0])
    np.float64(5.0)
    """
    xp, losses = arguments(batch_mean, losses)
    return average(xp, losses)


def batch_mean_gradient(losses: Float[Array, "*batch N"]) -> Float[Array, "*batch N"]:
    """The gradient of the mini-batch's loss, the same for every sample.

    .. math:: ∂J/∂losses_i = 1/N

    Shapes: ``losses (*batch, N) -> (*batch, N)``.
    Source: notes (2.17)

    >>> batch_mean_gradient([3.0, 4.0])
    array([0.5, 0.5])
    """
    xp, losses = arguments(batch_mean_gradient, losses)
    return xp.ones_like(losses) / losses.shape[-1]


def batch_mean_vjp(losses: Float[Array, "*batch N"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The mini-batch's loss and its pullback to the samples' losses.

    .. math:: \bar{losses}_i = \bar J / N

    Shapes: ``losses (*batch, N) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, N)``.
    Source: notes (2.17)

    >>> J, pullback = batch_mean_vjp([3.0, 4.0])
    >>> pullback(10.0)
    array([5., 5.])
    """
    xp, losses = arguments(batch_mean_vjp, losses)
    J = average(xp, losses)

    def batch_mean_pullback(J_bar: Array) -> Array:
        xp, J_bar = cotangent(batch_mean_vjp, "J_bar", J_bar, J)
        return (J_bar / max(losses.shape[-1], 1))[..., None] + xp.zeros_like(losses)

    return J, batch_mean_pullback


def batch_mean_jvp(
    losses: Float[Array, "*batch N"], losses_dot: Float[Array, "*batch N"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The mini-batch's loss and its tangent.

    .. math:: \dot J = \frac{1}{N} Σ_i \dot{losses}_i

    Shapes: ``losses (*batch, N), losses_dot (*batch, N) -> (*batch), (*batch)``.
    Source: notes (2.17)

    >>> batch_mean_jvp([3.0, 5.0], [1.0, 2.0])
    (np.float64(4.0), np.float64(1.5))
    """
    xp, losses, losses_dot = arguments(batch_mean_jvp, losses, losses_dot)
    return average(xp, losses), average(xp, losses_dot)


# Euclidean error


def _divisor(xp: Any, E: Array) -> Array:
    """The length to divide by: 1 where it is 0, or a number of lost digits."""
    return xp.where(xp.finfo(E.dtype).smallest_normal > E, 1, E)


@with_tangent(lambda xp, E, difference, dot: inner(xp, difference / _divisor(xp, E)[..., None], dot))
def _length(xp: Any, difference: Array) -> Array:
    limits = xp.finfo(difference.dtype)
    if xp is np and difference.size > MANY:  # of many, likewise
        with np.errstate(over="ignore"):
            square = inner(xp, difference, difference)
        if np.all((square > limits.smallest_normal / limits.eps) & (square < np.inf)):
            return np.sqrt(square)
    scale = clipped(xp, largest(xp, xp.abs(difference)), limits.smallest_normal, limits.max)
    scaled = difference / scale  # at most 1, and 1 somewhere: its squares neither overflow nor all vanish
    return scale[..., 0] * xp.sqrt(row_products(xp, scaled, scaled))


def _euclidean_error(xp: Any, y: Array, y_hat: Array) -> Any:
    """ŷ - y, its length, and the length to divide it by."""
    difference = y_hat - y
    E = _length(xp, difference)
    return difference, E, _divisor(xp, E)


def euclidean_error(y: Float[Array, "*batch k"], y_hat: Float[Array, "*batch k"]) -> Float[Array, "*batch"]:
    r"""The Euclidean distance from the target to the prediction.

    .. math:: E = ‖ŷ - y‖ = \sqrt{Σ_i (ŷ_i - y_i)^2}

    Both are computed from the differences over the largest one, whose squares stay in range.

    Convention: the norm itself, not its square.

    Shapes: ``y (*batch, k), y_hat (*batch, k) -> (*batch)``.
    Raises: ValueError where the shapes differ or are 0-d; TypeError where an argument does not hold real numbers.
    Source: notes (4.5)

    >>> euclidean_error([0.0, 0.0], [3.0, 4.0])
    np.float64(5.0)
    """
    _, E, _ = _euclidean_error(*arguments(euclidean_error, y, y_hat))
    return E


def euclidean_error_gradient(y: Float[Array, "*batch k"], y_hat: Float[Array, "*batch k"]) -> Float[Array, "*batch k"]:
    """The gradient of the Euclidean distance by the prediction: the unit vector that points away from the target.

    .. math:: ∂E/∂ŷ = (ŷ - y) / ‖ŷ - y‖

    Convention: the subgradient at ŷ = y, any vector no longer than 1, is taken as 0.

    Shapes: ``y (*batch, k), y_hat (*batch, k) -> (*batch, k)``.
    Source: notes (4.5)

    >>> euclidean_error_gradient([0.0, 0.0], [3.0, 4.0])
    array([0.6, 0.8])
    """
    difference, _, length = _euclidean_error(*arguments(euclidean_error_gradient, y, y_hat))
    return difference / length[..., None]


def euclidean_error_vjp(
    y: Float[Array, "*batch k"], y_hat: Float[Array, "*batch k"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The Euclidean distance and its pullback to the prediction.

    .. math:: \bar ŷ = \bar E (ŷ - y) / ‖ŷ - y‖

    Shapes: ``y (*batch, k), y_hat (*batch, k) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, k)``.
    Source: notes (4.5)

    >>> E, pullback = euclidean_error_vjp([0.0, 0.0], [3.0, 4.0])
    >>> pullback(5.0)
    array([3., 4.])
    """
    xp, y, y_hat = arguments(euclidean_error_vjp, y, y_hat)
    difference, E, length = in_parts(xp, _euclidean_error, y, y_hat, core=1)

    def euclidean_error_pullback(E_bar: Array) -> Array:
        _, E_bar = cotangent(euclidean_error_vjp, "E_bar", E_bar, E)
        return (E_bar / length)[..., None] * difference

    return E, euclidean_error_pullback


def euclidean_error_jvp(
    y: Float[Array, "*batch k"], y_hat: Float[Array, "*batch k"], y_hat_dot: Float[Array, "*batch k"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The Euclidean distance and its tangent along y_hat_dot.

    .. math:: \dot E = (ŷ - y)^T \dot ŷ / ‖ŷ - y‖

    Shapes: ``y (*batch, k), y_hat (*batch, k), y_hat_dot (*batch, k) -> (*batch), (*batch)``.
    Source: notes (4.5)

    >>> euclidean_error_jvp([0.0, 0.0], [3.0, 4.0], [5.0, 10.0])
    (np.float64(5.0), np.float64(11.0))
    """
    xp, y, y_hat, y_hat_dot = arguments(euclidean_error_jvp, y, y_hat, y_hat_dot)
    difference, E, length = _euclidean_error(xp, y, y_hat)
    return E, inner(xp, difference / length[..., None], y_hat_dot)
