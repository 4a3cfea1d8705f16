"""Softmax, the sum it divides by, and the cross-entropies fused with what makes their probabilities.

=========  ==========================================================
l          logits, (*batch, K)
e, S       e^{l - max l} and its sum over the K classes; below is l - max l
p          softmax probabilities, (*batch, K)
y          target, (*batch, K); it need not sum to 1
J          loss, one number per sample
p_bar      ∂J/∂p, the cotangent that the pullback of softmax receives
=========  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from handgrad._arrays import (
    LONG,
    NARROW,
    Array,
    Pullback,
    arguments,
    cotangent,
    identity_mask,
    in_parts,
    indicator,
    inner,
    largest,
    minus_modulus,
    row_products,
    row_sums,
    summed,
    with_tangent,
)
from handgrad._elementwise import elementwise_jacobian, elementwise_jvp, elementwise_vjp, value_and_derivative
from handgrad._fused_softmax import numpy_kernel

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_derivative",
    "sigmoid_cross_entropy_jacobian",
    "sigmoid_cross_entropy_jvp",
    "sigmoid_cross_entropy_vjp",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_gradient",
    "softmax_cross_entropy_jvp",
    "softmax_cross_entropy_vjp",
    "softmax_jacobian",
    "softmax_jvp",
    "softmax_vjp",
    "sum_exp",
    "sum_exp_gradient",
    "sum_exp_jvp",
    "sum_exp_vjp",
]


def _logits(function: Callable[..., Any], *values: Any) -> tuple[Any, ...]:
    """The arguments of a function of at least one class."""
    xp, *arrays = arguments(function, *values)
    if arrays[-1].shape[-1] == 0:
        raise ValueError(f"{function.__name__}: l has shape {tuple(arrays[-1].shape)}; it must have at least one class")
    return xp, *arrays


# Sum of exponentials


def sum_exp(l: Float[Array, "*batch K"]) -> Float[Array, "*batch"]:
    """The sum of exponentials, the denominator of softmax.

    .. math:: S = Σ_k e^{l_k}

    Shapes: ``l (*batch, K) -> (*batch)``.
    Raises: ValueError where l is 0-d; TypeError where it does not hold real numbers.
    Source: notes (2.28)

    >>> sum_exp([0.0, 0.0, 0.0])
    np.float64(3.0)
    """
    xp, l = arguments(sum_exp, l)
    return xp.sum(xp.exp(l), axis=-1)


def sum_exp_gradient(l: Float[Array, "*batch K"]) -> Float[Array, "*batch K"]:
    """The gradient of the sum of exponentials.

    .. math:: ∂S/∂l_j = e^{l_j}

    Shapes: ``l (*batch, K) -> (*batch, K)``.
    Source: notes (2.28)

    >>> sum_exp_gradient([0.0, 0.0])
    array([1., 1.])
    """
    xp, l = arguments(sum_exp_gradient, l)
    return xp.exp(l)


def sum_exp_vjp(l: Float[Array, "*batch K"]) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The sum of exponentials and its pullback.

    .. math:: \bar l_j = \bar S e^{l_j}

    Shapes: ``l (*batch, K) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, K)``.
    Source: notes (2.28)

    >>> S, pullback = sum_exp_vjp([0.0, 0.0])
    >>> pullback(3.0)
    array([3., 3.])
    """
    xp, l = arguments(sum_exp_vjp, l)
    e = xp.exp(l)
    S = xp.sum(e, axis=-1)

    def sum_exp_pullback(S_bar: Array) -> Array:
        _, S_bar = cotangent(sum_exp_vjp, "S_bar", S_bar, S)
        return S_bar[..., None] * e

    return S, sum_exp_pullback


def sum_exp_jvp(
    l: Float[Array, "*batch K"], l_dot: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The sum of exponentials and its tangent.

    .. math:: \dot S = Σ_j e^{l_j} \dot l_j

    Shapes: ``l (*batch, K), l_dot (*batch, K) -> (*batch), (*batch)``.
    Source: notes (2.28)

    >>> sum_exp_jvp([0.0, 0.0], [3.0, 4.0])
    (np.float64(2.0), np.float64(7.0))
    """
    xp, l, l_dot = arguments(sum_exp_jvp, l, l_dot)
    e = xp.exp(l)
    return xp.sum(e, axis=-1), xp.sum(e * l_dot, axis=-1)


# Softmax


def _exponentials(xp: Any, l: Array) -> tuple[Array, Array]:
    """l - max l and its exponentials e; the shift leaves p as it is and nothing overflows."""
    below = l - largest(xp, l)
    return below, xp.exp(below)


def _rest(xp: Any, e: Array, S: Array) -> Array:
    """S - 1, what the largest e leaves to the others; if S < 2 it is summed, since the difference has lost digits."""
    of_others = row_sums(xp, e - xp.floor(e))  # the largest e is 1, and if S < 2 no other is
    return xp.where(S < 2, of_others, S - 1)


def _of_others(xp: Any, y: Array, e: Array, S: Array) -> Array:
    """If S < 2, the sum of y without the entry of the largest e, which is 1 then and no other is."""
    if xp is np:
        return row_sums(xp, y * (e < 1))
    # XLA would write down y chosen by a mask before summing it, and, without a choice here, the sum beside every class.
    return xp.where(S < 2, row_sums(xp, y * xp.ceil(1 - e)), 0)


def _times_jacobian(xp: Any, p: Array, v: Array) -> tuple[Array]:
    """(diag(p) - p p^T) v in O(K).

    The Jacobian maps constants to 0, so v may be shifted: by its entry at a p above 1/2, if there is one, and where p
    is near 1 no digits cancel.
    """
    ask_first = xp is np and p.shape[-1] > NARROW and p.size > LONG  # among many classes there may well be none
    if not ask_first or np.any(p > 0.5):
        above_half = (np.rint if xp is np else xp.round)(p)
        v = v - inner(xp, above_half, v)[..., None]
    return (p * (v - inner(xp, p, v)[..., None]),)


@with_tangent(lambda xp, value, l, l_dot: _times_jacobian(xp, value[0], l_dot))
def _softmax(xp: Any, l: Array) -> tuple[Array]:
    _, e = _exponentials(xp, l)
    return (e / summed(xp, e, keepdims=True),)


def softmax(l: Float[Array, "*batch K"]) -> Float[Array, "*batch K"]:
    r"""Softmax: the exponentials of the logits over their sum.

    .. math:: p_i = e^{l_i} / S, \quad S = Σ_k e^{l_k}

    Every logit is lowered by the largest first, which cancels in the quotient and keeps e^{l_i} at 1 or below.

    Shapes: ``l (*batch, K) -> (*batch, K)``.
    Raises: ValueError where there are no classes, K = 0; TypeError where l does not hold real numbers.
    Source: notes (2.27)

    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    xp, l = _logits(softmax, l)
    (p,) = in_parts(xp, _softmax, l, core=1, columns=True)
    return p


def softmax_jacobian(l: Float[Array, "*batch K"]) -> Float[Array, "*batch K K"]:
    """The Jacobian of softmax, by the quotient rule.

    .. math:: ∂p_i/∂l_j = p_i (δ_{ij} - p_j)

    Its diagonal, p_i (1 - p_i), is computed in the note's form before the last step, (e_i/S)·((S - e_i)/S), where p_i
    is near 1: S - e_i is the sum of the other exponentials and has all its digits.

    Shapes: ``l (*batch, K) -> (*batch, K, K)``, a row per p_i and a column per l_j.
    Source: notes (2.29, 2.30, 2.31, 2.32)

    >>> softmax_jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    xp, l = _logits(softmax_jacobian, l)
    _, e = _exponentials(xp, l)
    S = row_sums(xp, e)
    p = e / S
    on_diagonal = p * xp.where(p > 0.5, _rest(xp, e, S) / S, 1 - p)
    off_diagonal = -p[..., :, None] * p[..., None, :]
    return xp.where(identity_mask(xp, l.shape[-1], l), on_diagonal[..., None], off_diagonal)


def softmax_vjp(l: Float[Array, "*batch K"]) -> tuple[Float[Array, "*batch K"], Pullback]:
    r"""Softmax and its pullback, which never forms the Jacobian.

    .. math:: \bar l = p ⊙ (\bar p - \bar p^T p)

    Shapes: ``l (*batch, K) -> (*batch, K)``; the pullback takes and gives ``(*batch, K)``.
    Source: notes (2.32)

    >>> p, pullback = softmax_vjp([0.0, 0.0])
    >>> pullback([4.0, 0.0])
    array([ 1., -1.])
    """
    xp, l = _logits(softmax_vjp, l)
    (p,) = in_parts(xp, _softmax, l, core=1, columns=True)

    def softmax_pullback(p_bar: Array) -> Array:
        xp, p_bar = cotangent(softmax_vjp, "p_bar", p_bar, p)
        (l_bar,) = in_parts(xp, _times_jacobian, p, p_bar, core=1, columns=True)
        return l_bar

    return p, softmax_pullback


def softmax_jvp(
    l: Float[Array, "*batch K"], l_dot: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch K"], Float[Array, "*batch K"]]:
    r"""Softmax and its tangent; the Jacobian is symmetric, so this is the pullback's formula.

    .. math:: \dot p = p ⊙ (\dot l - p^T \dot l)

    Shapes: ``l (*batch, K), l_dot (*batch, K) -> (*batch, K), (*batch, K)``.
    Source: notes (2.32)

    >>> softmax_jvp([0.0, 0.0], [4.0, 0.0])
    (array([0.5, 0.5]), array([ 1., -1.]))
    """
    xp, l, l_dot = _logits(softmax_jvp, l, l_dot)
    (p,) = in_parts(xp, _softmax, l, core=1, columns=True)
    (p_dot,) = in_parts(xp, _times_jacobian, p, l_dot, core=1, columns=True)
    return p, p_dot


# Softmax and categorical cross-entropy in one


def _softmax_cross_entropy(xp: Any, y: Array, l: Array) -> Any:
    if xp is np and (kernel := numpy_kernel(y, l)):
        return kernel
    below, e = _exponentials(xp, l)
    S = row_sums(xp, e)
    rest, sum_y = _rest(xp, e, S), row_sums(xp, y)

    def J() -> Array:
        log_S = xp.log1p(rest)
        # 0·∞ is 0 here; what stands for the ∞ is the logit itself where it can, for whoever differentiates by y.
        of_y = xp.where(y == 0, xp.maximum(below, xp.finfo(l.dtype).min), below)
        return (sum_y * log_S)[..., 0] - row_products(xp, y, of_y)  # two sums of numbers ≥ 0

    def dJ_dl() -> Array:
        return _gradient(xp, y, l, e, S, rest, sum_y)

    return J, dJ_dl


def _gradient_tangent(xp: Any, _: Array, *arrays: Array) -> Array:
    """The tangent of p Σy - y by y and l, on which the other arguments of ``_gradient`` depend."""
    y, l, *_, y_dot, l_dot = arrays[:8]
    p, p_dot = softmax_jvp(l, l_dot)
    return p_dot * summed(xp, y, keepdims=True) + (p * summed(xp, y_dot, keepdims=True) - y_dot)


@with_tangent(_gradient_tangent)
def _gradient(xp: Any, y: Array, l: Array, e: Array, S: Array, rest: Array, sum_y: Array) -> Array:
    """p Σy - y, from what the loss has computed of y and l."""
    p = e / S
    p_y = p * sum_y
    # Where p is near 1 and digits cancel, p Σy - y = (Σy - y) - (1 - p) Σy is summed over the other classes; e is 1
    # there, and so 1 - p = p · rest.
    return xp.where(p > 0.5, _of_others(xp, y, e, S) - p_y * rest, p_y - y)


def softmax_cross_entropy(y: Float[Array, "*batch K"], l: Float[Array, "*batch K"]) -> Float[Array, "*batch"]:
    r"""The categorical cross-entropy of softmax probabilities, from the logits.

    .. math:: J = -Σ_k y_k \log p_k = Σ_k y_k (\log S - l_k), \quad p = \operatorname{softmax}(l)

    Beyond the notes, which keep the two apart: no probability is rounded to 0 before its logarithm is taken.

    Convention: natural logarithm, the sum over classes; a class with y_k = 0 adds 0 whatever its logit.

    Shapes: ``y (*batch, K), l (*batch, K) -> (*batch)``.
    Raises: ValueError where the shapes differ or K = 0; TypeError where an argument does not hold real numbers.
    Source: notes (2.23, 2.27)

    >>> softmax_cross_entropy([1.0, 0.0], [0.0, 1000.0])
    np.float64(1000.0)
    """
    J, _ = _softmax_cross_entropy(*_logits(softmax_cross_entropy, y, l))
    return J()


def softmax_cross_entropy_gradient(
    y: Float[Array, "*batch K"], l: Float[Array, "*batch K"]
) -> Float[Array, "*batch K"]:
    r"""The gradient of the fused cross-entropy by the logits.

    .. math:: ∂J/∂l = p \, Σ_k y_k - y

    Where p_i is near 1 and digits cancel, 1 - p_i is taken from the sum of the other exponentials, which has them all.

    Shapes: ``y (*batch, K), l (*batch, K) -> (*batch, K)``.
    Source: notes (2.23, 2.32)

    >>> softmax_cross_entropy_gradient([1.0, 0.0], [0.0, 0.0])
    array([-0.5,  0.5])
    """
    _, dJ_dl = _softmax_cross_entropy(*_logits(softmax_cross_entropy_gradient, y, l))
    return dJ_dl()


def softmax_cross_entropy_vjp(
    y: Float[Array, "*batch K"], l: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Pullback]:
    r"""The fused cross-entropy and its pullback to the logits.

    .. math:: \bar l = \bar J (p \, Σ_k y_k - y)

    Shapes: ``y (*batch, K), l (*batch, K) -> (*batch)``; the pullback takes ``(*batch)`` and gives ``(*batch, K)``.
    Source: notes (2.23, 2.32)

    >>> J, pullback = softmax_cross_entropy_vjp([1.0, 0.0], [0.0, 0.0])
    >>> pullback(2.0)
    array([-1.,  1.])
    """
    xp, y, l = _logits(softmax_cross_entropy_vjp, y, l)
    J, dJ_dl = value_and_derivative(xp, _softmax_cross_entropy, y, l, core=1, columns=True)

    def softmax_cross_entropy_pullback(J_bar: Array) -> Array:
        _, J_bar = cotangent(softmax_cross_entropy_vjp, "J_bar", J_bar, J)
        return J_bar[..., None] * dJ_dl

    return J, softmax_cross_entropy_pullback


def softmax_cross_entropy_jvp(
    y: Float[Array, "*batch K"], l: Float[Array, "*batch K"], l_dot: Float[Array, "*batch K"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    r"""The fused cross-entropy and its tangent along l_dot.

    .. math:: \dot J = (p \, Σ_k y_k - y)^T \dot l

    Shapes: ``y (*batch, K), l (*batch, K), l_dot (*batch, K) -> (*batch), (*batch)``.
    Source: notes (2.23, 2.32)

    >>> softmax_cross_entropy_jvp([0.0, 1.0], [5.0, 5.0], [2.0, 4.0])[1]
    np.float64(-1.0)
    """
    xp, y, l, l_dot = _logits(softmax_cross_entropy_jvp, y, l, l_dot)
    J, dJ_dl = value_and_derivative(xp, _softmax_cross_entropy, y, l, core=1, columns=True)
    return J, inner(xp, dJ_dl, l_dot)


# Sigmoid and binary cross-entropy in one


def _sigmoid_cross_entropy(xp: Any, y: Array, z: Array) -> Any:
    t = xp.exp(minus_modulus(xp, z))
    s = t / (1 + t)  # σ(-|z|)
    above = indicator(xp, z >= 0, z)  # the nearer of 0 and 1 to σ(z), which lies s away from it

    def J() -> Array:
        return z * (above - y) + xp.log1p(t)

    def dJ_dz() -> Array:
        return (above - y) + (1 - 2 * above) * s

    return J, dJ_dz


def sigmoid_cross_entropy(y: Float[Array, "*shape"], z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""The binary cross-entropy of a sigmoid, from its pre-activation, element by element.

    .. math:: J = -[y \log σ(z) + (1 - y) \log(1 - σ(z))]

    Beyond the notes, which keep the two apart. Both logarithms are log(1 + e^{-|z|}) but for a shift by |z|, which
    only one of them needs; for y in [0, 1] all terms are positive and none overflows.

    Convention: natural logarithm.

    Shapes: ``y (*shape), z (*shape) -> (*shape)``.
    Raises: ValueError where the shapes differ; TypeError where an argument does not hold real numbers.
    Source: notes (0.3, 2.21)

    >>> sigmoid_cross_entropy([0.0, 1.0], [1000.0, 1000.0])
    array([1000.,    0.])
    """
    J, _ = _sigmoid_cross_entropy(*arguments(sigmoid_cross_entropy, y, z))
    return J()


def sigmoid_cross_entropy_derivative(y: Float[Array, "*shape"], z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative of the fused binary cross-entropy by the pre-activation.

    .. math:: ∂J/∂z = σ(z) - y = (1 - y) σ(z) - y σ(-z)

    The last form is computed: for y = 0 or 1 it is one term, and nothing cancels.

    Shapes: ``y (*shape), z (*shape) -> (*shape)``.
    Source: notes (0.3, 2.21)

    >>> sigmoid_cross_entropy_derivative([0.0, 1.0], [0.0, 0.0])
    array([ 0.5, -0.5])
    """
    _, dJ_dz = _sigmoid_cross_entropy(*arguments(sigmoid_cross_entropy_derivative, y, z))
    return dJ_dz()


def sigmoid_cross_entropy_jacobian(y: Float[Array, "*shape"], z: Float[Array, "*shape"]) -> Float[Array, "*shape n"]:
    """The Jacobian of the fused binary cross-entropy over the last axis.

    .. math:: ∂J_i/∂z_j = (σ(z_i) - y_i) δ_{ij}

    Shapes: ``y (*shape), z (*shape) -> (*shape, n)``, n the last axis of z; 0-d gives 0-d.
    Source: notes (0.3, 0.5, 2.21)

    >>> sigmoid_cross_entropy_jacobian([0.0, 1.0], [0.0, 0.0])
    array([[ 0.5,  0. ],
           [ 0. , -0.5]])
    """
    return elementwise_jacobian(sigmoid_cross_entropy_jacobian, _sigmoid_cross_entropy, y, z)


def sigmoid_cross_entropy_vjp(
    y: Float[Array, "*shape"], z: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Pullback]:
    r"""The fused binary cross-entropy and its pullback to the pre-activation.

    .. math:: \bar z = \bar J ⊙ (σ(z) - y)

    Shapes: ``y (*shape), z (*shape) -> (*shape)``; the pullback takes and gives ``(*shape)``.
    Source: notes (0.3, 2.21, 3.11)

    >>> J, pullback = sigmoid_cross_entropy_vjp([0.0, 1.0], [0.0, 0.0])
    >>> pullback([2.0, 4.0])
    array([ 1., -2.])
    """
    return elementwise_vjp(sigmoid_cross_entropy_vjp, _sigmoid_cross_entropy, "J_bar", y, z)


def sigmoid_cross_entropy_jvp(
    y: Float[Array, "*shape"], z: Float[Array, "*shape"], z_dot: Float[Array, "*shape"]
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    r"""The fused binary cross-entropy and its tangent along z_dot.

    .. math:: \dot J = (σ(z) - y) ⊙ \dot z

    Shapes: ``y (*shape), z (*shape), z_dot (*shape) -> (*shape), (*shape)``.
    Source: notes (0.3, 2.21, 3.11)

    >>> sigmoid_cross_entropy_jvp([1.0], [0.0], [4.0])[1]
    array([-2.])
    """
    return elementwise_jvp(sigmoid_cross_entropy_jvp, _sigmoid_cross_entropy, y, z, z_dot)
