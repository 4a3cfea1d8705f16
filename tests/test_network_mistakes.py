"""The comparisons with JAX reject wrong back-propagation, as people write it or as the notes print it."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from typing import Any

import hypothesis
import numpy as np
import pytest

import handgrad
from tests.chains import LONGEST, Chain, check_chain, hand_chain, named_parameters
from tests.networks import (
    ON_KINKS,
    RECTANGULAR,
    SQUARE,
    Named,
    Network,
    Real,
    check_gradients,
    check_recursion,
    enumerated,
    hand_gradients,
    hand_preactivations,
    hand_recursion,
    networks,
)

GRADIENT_MISTAKES = (
    "f' of the first layer forgotten",
    "f' of the last layer forgotten",
    "f' at the output a",
    "f' of the next layer",
    "W not transposed",
    "updated weights in the backward pass",
    "1/N missing",
    "bias gradient not summed",
    "bias gradient averaged",
    "sign",
    "factor 2 missing",
    "input of the next layer",
    "loss taken before the activation",
)


def faulty_gradients(mistake: str, activations: Sequence[str], loss: str, W: Any, b: Any, x: Any, y: Any) -> Named:
    """Back-propagation by the book, for the squared error of a batch, with one mistake; right without."""
    right = hand_gradients(activations, loss, W, b, x, y)
    W, M, N = list(W), len(W), len(x)
    n = hand_preactivations(activations, W, b, x)
    a = [x, *[getattr(handgrad, name)(n_m) for name, n_m in zip(activations, n, strict=True)]]
    at = a[1:] if mistake == "f' at the output a" else n
    slopes = [getattr(handgrad, f"{name}_derivative")(v) for name, v in zip(activations, at, strict=True)]
    if mistake == "f' of the first layer forgotten":
        slopes[0] = np.ones_like(slopes[0])
    if mistake == "f' of the last layer forgotten":
        slopes[-1] = np.ones_like(slopes[-1])
    if mistake == "f' of the next layer":
        slopes = [*slopes[1:], slopes[-1]]
    output = n[-1] if mistake == "loss taken before the activation" else a[-1]
    factor = {"sign": 2.0, "factor 2 missing": -1.0}.get(mistake, -2.0) / (1 if mistake == "1/N missing" else N)
    s = slopes[-1] * factor * (y - output)
    dW, db = [np.empty(0)] * M, [np.empty(0)] * M
    for m in reversed(range(M)):
        dW[m] = a[m + (mistake == "input of the next layer")].T @ s
        db[m] = {"bias gradient not summed": s, "bias gradient averaged": np.mean(s, axis=0)}.get(
            mistake, np.sum(s, axis=0)
        )
        if mistake == "updated weights in the backward pass":
            W[m] = W[m] - 0.1 * dW[m]
        if m > 0:
            s = slopes[m - 1] * (s @ (W[m] if mistake == "W not transposed" else W[m].T))
    return {**right, **enumerated(dW=dW, db=db)}


@functools.cache
def drawn() -> list[Network]:
    """Networks as the property draws them, batches only, the same ones every time."""
    found: list[Network] = []

    @hypothesis.seed(1)
    @hypothesis.settings(max_examples=30, database=None, phases=[hypothesis.Phase.generate])
    @hypothesis.given(networks("sum_squared_error"))
    def draw(network: Network) -> None:
        if network.batch is not None:
            found.append(network)

    draw()
    return found


def test_back_propagation_by_the_book_is_right() -> None:
    by_the_book = functools.partial(faulty_gradients, "")
    assert check_gradients(RECTANGULAR, by_the_book)
    for network in (SQUARE, ON_KINKS, *drawn()[:6]):
        check_gradients(network, by_the_book)


@pytest.mark.parametrize("mistake", GRADIENT_MISTAKES)
def test_the_comparison_rejects_wrong_gradients(mistake: str) -> None:
    wrong = functools.partial(faulty_gradients, mistake)
    with pytest.raises(AssertionError, match=r"^d[Wb]\^\d: "):
        check_gradients(SQUARE, wrong)
    with pytest.raises((AssertionError, ValueError)):  # some do not even fit
        check_gradients(RECTANGULAR, wrong)


@pytest.mark.parametrize("mistake", GRADIENT_MISTAKES)
def test_random_draws_reject_wrong_gradients(mistake: str) -> None:
    def rejected(network: Network) -> bool:
        try:
            check_gradients(network, functools.partial(faulty_gradients, mistake))
        except (AssertionError, ValueError):
            return True
        return False

    assert any(rejected(network) for network in drawn())


RECURSION_MISTAKES = {
    "s": (
        "misprint 1.11, f for f'",
        "misprint 1.12, f'(n) f(n)",
        "misprint 1.13, no factor -2",
        "sign",
        "W not transposed",
        "f' of the next layer",
    ),
    "∂n/∂n": ("misprint 1.9, f'(n_j) alone", "misprint 1.10, f for f'", "not transposed", "f' of the next layer"),
    "δ": ("misprint 4.11, δ = e", "f' of the next layer", "W not transposed"),
    "e": ("misprint 4.10, one term for the sum", "misprint 4.10, ∂E/∂y_i on the left", "f' forgotten"),
}
"""By the quantity that is wrong; a misprint is what the notes print where they err."""


def faulty_recursion(wrong: str, mistake: str, activations: Sequence[str], *arrays: Any) -> Named:
    """The recursion by the book for a batch, with one mistake in one quantity; right without."""
    W, b, x, y, y_bar = arrays
    found = hand_recursion(activations, *arrays)
    n = hand_preactivations(activations, W, b, x)
    f = [getattr(handgrad, name)(n_m) for name, n_m in zip(activations, n, strict=True)]
    slopes = [getattr(handgrad, f"{name}_derivative")(n_m) for name, n_m in zip(activations, n, strict=True)]
    last = slopes[-1]
    if "f for f'" in mistake:
        slopes, last = f, f[-1]
    if mistake == "f' of the next layer":
        slopes = [*slopes[1:], slopes[-1]]

    def back(m: int, s: Real) -> Real:
        """From the sensitivity of layer m + 1 to what arrives at the output of layer m, counted from 0."""
        if mistake == "misprint 4.10, one term for the sum":
            return s * np.diagonal(W[m + 1])
        if mistake == "misprint 4.10, ∂E/∂y_i on the left":
            return np.roll(s @ W[m + 1].T, 1, axis=-1)
        return s @ (W[m + 1] if mistake == "W not transposed" else W[m + 1].T)

    M = len(W)
    s, delta, e, jacobians = [np.empty(0)] * M, [np.empty(0)] * M, [y_bar] * M, [np.empty(0)] * (M - 1)
    s[-1] = {"sign": 2.0, "misprint 1.13, no factor -2": 1.0}.get(mistake, -2.0) * last * (y - f[-1])
    if mistake == "misprint 1.12, f'(n) f(n)":
        s[-1] = s[-1] * f[-1]
    delta[-1] = last * y_bar
    for m in reversed(range(M - 1)):
        s[m] = slopes[m] * back(m, s[m + 1])
        e[m] = back(m, e[m + 1] if mistake == "f' forgotten" else delta[m + 1])
        delta[m] = e[m] if mistake == "misprint 4.11, δ = e" else slopes[m] * e[m]
        weights = W[m + 1] if mistake == "not transposed" else W[m + 1].T
        weights = np.ones_like(weights) if "alone" in mistake else weights
        jacobians[m] = weights * slopes[m][:, None, :]
    quantities = {"s": s, "δ": delta, "e": e, "∂n/∂n": jacobians}
    return {**found, **enumerated(**({wrong: quantities[wrong]} if wrong else quantities))}


def test_the_recursion_by_the_book_is_right() -> None:
    for network in (RECTANGULAR, SQUARE):
        assert check_recursion(network, functools.partial(faulty_recursion, "", ""))


@pytest.mark.parametrize(
    ("wrong", "mistake"), [(wrong, mistake) for wrong, mistakes in RECURSION_MISTAKES.items() for mistake in mistakes]
)
def test_the_comparison_rejects_a_wrong_recursion(wrong: str, mistake: str) -> None:
    with pytest.raises(AssertionError, match=rf"^{re.escape(wrong)}\^\d: off by"):
        check_recursion(SQUARE, functools.partial(faulty_recursion, wrong, mistake))


CHAIN_MISTAKES = (
    "J not transposed",
    "J of the layer before",
    "gradient of the cost forgotten",
    "J_y after the update",
    "parameters in the wrong order",
    "misprint 4.8, as many parameters as outputs",
)


def faulty_chain(mistake: str, names: Sequence[str], cost: str, parameters: Any, x: Any, target: Any) -> Named:
    """The Jacobian form by the book, with one mistake; right without."""
    layers = [handgrad.layer(name, *theta) for name, theta in zip(names, parameters, strict=True)]
    found = hand_chain(handgrad.backpropagate_by_jacobians, names, cost, parameters, x, target)
    y = [x]
    for f in layers:
        y.append(f.vjp(y[-1], *f.parameters)[0])
    y_bar = getattr(handgrad, f"{cost}_gradient")(target, y[-1])
    if mistake == "gradient of the cost forgotten":
        y_bar = np.ones_like(y_bar)
    gradients: list[list[Real]] = []
    for r in reversed(range(len(layers))):
        f, inputs = layers[r], y[r].shape[0]
        J = handgrad.layer_jacobian(f, y[r])
        if mistake == "J of the layer before" and not f.parameters and r > 1:
            J = handgrad.layer_jacobian(layers[r - 2], y[r - 2])
        J_y, J_theta = J[:, :inputs], J[:, inputs:]
        column = J_theta.T @ y_bar
        if mistake == "misprint 4.8, as many parameters as outputs":
            column = column[: J.shape[0]]
        ends = np.cumsum([0, *[np.size(part) for part in f.parameters]])
        parts = [column[start:end] for start, end in itertools.pairwise(ends)]
        if mistake == "parameters in the wrong order":
            parts = [
                part.reshape(np.shape(like)[::-1]).T.reshape(-1) for part, like in zip(parts, f.parameters, strict=True)
            ]
        short = mistake.startswith("misprint")
        gradients.append(
            [part if short else part.reshape(np.shape(like)) for part, like in zip(parts, f.parameters, strict=True)]
        )
        if mistake == "J_y after the update" and f.parameters:
            J_y = J_y - 0.1 * gradients[-1][0].T
        y_bar = (J_y if mistake == "J not transposed" else J_y.T) @ y_bar
    return {**found, **named_parameters(reversed(gradients))}


SQUARE_CHAIN = Chain(("dense", "tanh", "dense", "sin", "dense", "sigmoid"), (3, 3, 3, 3), "sum_squared_error", seed=2)


def test_the_jacobian_form_by_the_book_is_right() -> None:
    for chain in (LONGEST, SQUARE_CHAIN):
        assert check_chain(chain, functools.partial(faulty_chain, ""))


@pytest.mark.parametrize("mistake", CHAIN_MISTAKES)
def test_the_comparison_rejects_a_wrong_chain(mistake: str) -> None:
    with pytest.raises(AssertionError, match=r"^θ\^\d\[\d\]: "):
        check_chain(SQUARE_CHAIN, functools.partial(faulty_chain, mistake))
