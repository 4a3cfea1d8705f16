"""Mistakes in the layers: B (m, n), w (samples, n); o (samples, n), w (k·n); x (samples, n), W (n, k), b (k)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handgrad.catalogue import FORMULAS
from handgrad.oracle.mistakes.kinds import Real, derivative, pullback, tangent, value

Three = tuple[Real, Real, Real]


def rows(o: Real, w: Real) -> Real:
    """The weight matrix, one row per output."""
    return w.reshape(-1, o.shape[-1])


# A layer by its weights: O has k rows and k·n columns


def blocks(o: Real, k: int) -> Real:
    """I_k ⊗ o^T for each sample."""
    return np.stack([np.kron(np.eye(k), o_i) for o_i in o])


def misprinted_columns(o: Real, w: Real) -> Real:
    """k + n columns, as the notes print."""
    k = rows(o, w).shape[0]
    return blocks(o, k)[:, :, : k + o.shape[-1]]


def columns_first(o: Real, w: Real) -> Real:
    """The weights counted down the columns: o_1 I, o_2 I, ..."""
    k = rows(o, w).shape[0]
    return np.stack([np.kron(o_i, np.eye(k)) for o_i in o])


def without_zeros(o: Real, w: Real) -> Real:
    """The outputs in every block of every row."""
    k = rows(o, w).shape[0]
    return np.tile(o[:, None, :], (1, k, k))


# Dense layer, derivatives by x, W and b


def dense_parts(x: Real, W: Real, b: Real) -> Three:
    """The right Jacobians, of which each mistake spoils one."""
    k = len(b)
    by_W = np.zeros((len(x), k, *W.shape))
    for j in range(k):
        by_W[:, j, :, j] = x
    return np.tile(W.T, (len(x), 1, 1)), by_W, np.tile(np.eye(k), (len(x), 1, 1))


def dense_not_transposed(x: Real, W: Real, b: Real) -> Three:
    """By x: W for W^T."""
    _, by_W, by_b = dense_parts(x, W, b)
    return np.tile(W, (len(x), 1, 1)), by_W, by_b


def dense_input_in_every_column(x: Real, W: Real, b: Real) -> Three:
    """By W: without the Kronecker delta."""
    by_x, by_W, by_b = dense_parts(x, W, b)
    return by_x, np.zeros_like(by_W) + x[:, None, :, None], by_b


def dense_wrong_axis(x: Real, W: Real, b: Real) -> Three:
    """By W: outputs × outputs × inputs."""
    by_x, by_W, by_b = dense_parts(x, W, b)
    return by_x, np.swapaxes(by_W, 2, 3), by_b


def dense_bias_of_ones(x: Real, W: Real, b: Real) -> Three:
    """By b: ones for the identity."""
    by_x, by_W, by_b = dense_parts(x, W, b)
    return by_x, by_W, np.ones_like(by_b)


def dense_bias_forgotten(x: Real, W: Real, b: Real) -> Three:
    """By b: zeros."""
    by_x, by_W, by_b = dense_parts(x, W, b)
    return by_x, by_W, np.zeros_like(by_b)


def dense_updated_weights(z_bar: Real, x: Real, W: Real, b: Real) -> Three:
    """Takes the step first, then goes back through the new weights."""
    W_bar = x.T @ z_bar
    W = W - 0.01 * W_bar
    return z_bar @ W.T, W_bar, z_bar.sum(axis=0)


def dense_activation_too_many(z_bar: Real, x: Real, W: Real, b: Real) -> Three:
    """The sigmoid's derivative, where there is no sigmoid."""
    a = 1 / (1 + np.exp(-(x @ W + b)))
    delta = z_bar * a * (1 - a)
    return delta @ W.T, x.T @ delta, delta.sum(axis=0)


# Neuron


def g(activation: str) -> Callable[[Real], Real]:
    """The activation."""
    return FORMULAS[activation].value


def dg(activation: str) -> Callable[[Real], Real]:
    """Its derivative."""
    return FORMULAS[activation].companions["derivative"]


def neuron_gradient(factor: Callable[[str, Real], Real]) -> Callable[..., Three]:
    """The gradient with some other factor in the place of g'(z)."""

    def wrong(x: Real, w: Real, b: Real, *, activation: str) -> Three:
        delta = factor(activation, x @ w + b)
        return delta[:, None] * w, delta[:, None] * x, delta

    return wrong


def neuron_swapped(x: Real, w: Real, b: Real, *, activation: str) -> Three:
    """X for w, w for x."""
    delta = dg(activation)(x @ w + b)
    return delta[:, None] * x, delta[:, None] * w, delta


def neuron_bias_one(x: Real, w: Real, b: Real, *, activation: str) -> Three:
    """By b: 1, as without an activation."""
    delta = dg(activation)(x @ w + b)
    return delta[:, None] * w, delta[:, None] * x, np.ones_like(delta)


def neuron_back(
    delta: Callable[[Real, Real, str], Real] = lambda a_bar, z, activation: a_bar * dg(activation)(z),
    to_w: Callable[[Real, Real], Real] = lambda delta, x: delta @ x,
    to_b: Callable[[Real], Any] = np.sum,
) -> Callable[..., tuple[Any, ...]]:
    """A pullback with one of its steps replaced."""

    def wrong(a_bar: Real, x: Real, w: Real, b: Real, *, activation: str) -> tuple[Any, ...]:
        z_bar = delta(a_bar, x @ w + b, activation)
        return z_bar[:, None] * w, to_w(z_bar, x), to_b(z_bar)

    return wrong


def neuron_tangent(factor: Callable[[str, Real, Real], Real]) -> Callable[..., Real]:
    """A tangent from the activation, z and z_dot."""

    def wrong(x: Real, w: Real, b: Real, x_dot: Real, w_dot: Real, b_dot: Real, *, activation: str) -> Real:
        return factor(activation, x @ w + b, x_dot @ w + x @ w_dot + b_dot)

    return wrong


MISTAKES = (
    # Linear map
    value("linear_map", "Hadamard product, then the wrong sum", lambda B, w: np.sum(B, axis=1) * np.sum(w, 1)[:, None]),
    derivative("linear_map", "HG242", "transposed", lambda B, w: np.tile(B.T, (len(w), 1, 1))),
    derivative("linear_map", "HG249", "one matrix for all samples", lambda B, w: B.copy()),
    derivative("linear_map", "HG210", "the terms B_ij w_j, not differentiated", lambda B, w: B * w[:, None, :]),
    derivative("linear_map", "HG210", "the map itself", lambda B, w: w @ B.T),
    derivative("linear_map", "HG234", "by B, not by w", lambda B, w: np.tile(w[:, None, :], (1, len(B), 1))),
    pullback(
        "linear_map",
        "HG241",
        "B for its transpose, which fits square ones only",
        lambda a_bar, B, w: a_bar @ B.T,
        raises=ValueError,
    ),
    pullback("linear_map", "HG245", "summed over the samples", lambda a_bar, B, w: a_bar.sum(axis=0) @ B),
    pullback("linear_map", "HG208", "averaged over the samples", lambda a_bar, B, w: a_bar @ B / len(w)),
    pullback("linear_map", "HG227", "times w, which is differentiated away", lambda a_bar, B, w: a_bar @ B * w),
    tangent("linear_map", "the map itself", lambda B, w, w_dot: w @ B.T),
    # A layer by its weights
    value("dense_of_weights", "one row per input", lambda o, w: o @ w.reshape(o.shape[-1], -1)),
    derivative("dense_of_weights", "HG258", "misprint, k + n columns", misprinted_columns),
    derivative("dense_of_weights", "HG246", "weights counted down the columns", columns_first),
    derivative("dense_of_weights", "HG248", "no zeros between the blocks", without_zeros),
    derivative(
        "dense_of_weights", "HG234", "by the outputs, not the weights", lambda o, w: np.tile(rows(o, w), (len(o), 1, 1))
    ),
    pullback("dense_of_weights", "HG242", "outer product transposed", lambda a_bar, o, w: (o.T @ a_bar).ravel()),
    pullback("dense_of_weights", "HG249", "left as a matrix", lambda a_bar, o, w: a_bar.T @ o),
    pullback(
        "dense_of_weights", "HG244", "averaged over the samples", lambda a_bar, o, w: (a_bar.T @ o).ravel() / len(o)
    ),
    pullback(
        "dense_of_weights", "HG223", "sums before it multiplies", lambda a_bar, o, w: np.kron(a_bar.sum(0), o.sum(0))
    ),
    pullback(
        "dense_of_weights",
        "HG243",
        "one for each sample",
        lambda a_bar, o, w: (a_bar[:, :, None] * o[:, None, :]).reshape(len(o), -1),
    ),
    tangent("dense_of_weights", "the layer itself", lambda o, w, w_dot: o @ rows(o, w).T),
    # Dense layer
    value("dense", "bias forgotten", lambda x, W, b: x @ W),
    value("dense", "bias subtracted", lambda x, W, b: x @ W - b),
    derivative("dense", "HG241", "W for its transpose", dense_not_transposed),
    derivative("dense", "HG248", "input in every column", dense_input_in_every_column),
    derivative("dense", "HG242", "by W, last two axes swapped", dense_wrong_axis),
    derivative("dense", "HG248", "by b, ones for the identity", dense_bias_of_ones),
    derivative("dense", "HG213", "by b, zeros", dense_bias_forgotten),
    derivative("dense", "HG100", "float64 for float32", dense_parts, dtype="float32"),
    pullback(
        "dense",
        "HG241",
        "W for its transpose, which fits square ones only",
        lambda z_bar, x, W, b: (z_bar @ W, x.T @ z_bar, z_bar.sum(0)),
        raises=ValueError,
    ),
    pullback("dense", "HG242", "W_bar transposed", lambda z_bar, x, W, b: (z_bar @ W.T, z_bar.T @ x, z_bar.sum(0))),
    pullback(
        "dense", "HG244", "W_bar averaged", lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar / len(x), z_bar.sum(0))
    ),
    pullback(
        "dense",
        "HG221",
        "W_bar without the upstream",
        lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ np.ones_like(z_bar), z_bar.sum(0)),
    ),
    pullback("dense", "HG243", "b_bar not summed", lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar, z_bar.copy())),
    pullback("dense", "HG244", "b_bar averaged", lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar, z_bar.mean(axis=0))),
    pullback(
        "dense", "HG245", "b_bar summed over everything", lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar, z_bar.sum())
    ),
    pullback(
        "dense",
        "HG249",
        "b_bar keeps its axis",
        lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar, z_bar.sum(0, keepdims=True)),
    ),
    pullback("dense", "HG247", "x_bar through updated weights", dense_updated_weights),
    pullback("dense", "HG226", "an activation too many", dense_activation_too_many),
    pullback(
        "dense",
        "HG244",
        "W_bar and b_bar averaged",
        lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar / len(x), z_bar.mean(0)),
    ),
    pullback(
        "dense",
        "HG243",
        "W_bar for each sample",
        lambda z_bar, x, W, b: (z_bar @ W.T, x[:, :, None] * z_bar[:, None, :], z_bar.sum(0)),
    ),
    pullback(
        "dense",
        "HG221",
        "x_bar without the upstream",
        lambda z_bar, x, W, b: (np.ones_like(z_bar) @ W.T, x.T @ z_bar, z_bar.sum(0)),
    ),
    pullback(
        "dense", "HG221", "b_bar counts samples", lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar, len(x) + 0 * b)
    ),
    pullback(
        "dense",
        "HG246",
        "b_bar summed over the outputs",
        lambda z_bar, x, W, b: (z_bar @ W.T, x.T @ z_bar, z_bar.sum(1)),
    ),
    tangent("dense", "product of the tangents", lambda x, W, b, x_dot, W_dot, b_dot: x_dot @ W_dot + b_dot),
    tangent("dense", "tangent of W forgotten", lambda x, W, b, x_dot, W_dot, b_dot: x_dot @ W + b_dot),
    tangent("dense", "bias for its tangent", lambda x, W, b, x_dot, W_dot, b_dot: x_dot @ W + x @ W_dot + b),
    # Neuron
    value("neuron", "activation forgotten", lambda x, w, b, *, activation: x @ w + b),
    value("neuron", "bias after the activation", lambda x, w, b, *, activation: g(activation)(x @ w) + b),
    derivative(
        "neuron", "HG224", "derivative of the activation forgotten", neuron_gradient(lambda name, z: np.ones_like(z))
    ),
    derivative("neuron", "HG227", "the activation for its derivative", neuron_gradient(lambda name, z: g(name)(z))),
    derivative("neuron", "HG225", "g' taken at the output", neuron_gradient(lambda name, z: dg(name)(g(name)(z)))),
    derivative("neuron", "HG226", "g' applied twice", neuron_gradient(lambda name, z: dg(name)(z) ** 2)),
    derivative("neuron", "HG235", "x and w not swapped", neuron_swapped),
    derivative("neuron", "HG224", "by b, 1 as without an activation", neuron_bias_one),
    pullback("neuron", "HG224", "g' forgotten", neuron_back(delta=lambda a_bar, z, name: a_bar)),
    pullback("neuron", "HG222", "g' of the upstream", neuron_back(delta=lambda a_bar, z, name: dg(name)(a_bar * z))),
    pullback("neuron", "HG244", "w_bar averaged", neuron_back(to_w=lambda delta, x: delta @ x / len(x))),
    pullback("neuron", "HG243", "w_bar for each sample", neuron_back(to_w=lambda delta, x: delta[:, None] * x)),
    pullback("neuron", "HG243", "b_bar not summed", neuron_back(to_b=np.copy)),
    pullback("neuron", "HG244", "b_bar averaged", neuron_back(to_b=np.mean)),
    pullback(
        "neuron",
        "HG227",
        "the activation for its derivative",
        neuron_back(delta=lambda a_bar, z, name: a_bar * g(name)(z)),
    ),
    pullback(
        "neuron",
        "HG225",
        "g' taken at the output",
        neuron_back(delta=lambda a_bar, z, name: a_bar * dg(name)(g(name)(z))),
    ),
    pullback("neuron", "HG226", "g' applied twice", neuron_back(delta=lambda a_bar, z, name: a_bar * dg(name)(z) ** 2)),
    tangent("neuron", "g' forgotten", neuron_tangent(lambda name, z, z_dot: z_dot)),
    tangent("neuron", "g for g'", neuron_tangent(lambda name, z, z_dot: g(name)(z) * z_dot)),
    tangent("neuron", "g' at the tangent", neuron_tangent(lambda name, z, z_dot: dg(name)(z_dot) * z_dot)),
)
