"""Large inputs, kinks, warnings and sizes: where naive forms break."""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import handgrad


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


LARGE = np.array([-1000.0, -37.0, 0.0, 37.0, 1000.0])


def test_sigmoid_and_tanh_at_large_inputs() -> None:
    for name in ("sigmoid", "tanh"):
        value, pullback = getattr(handgrad, f"{name}_vjp")(LARGE)
        assert np.isfinite(value).all()
        assert np.isfinite(pullback(np.ones(5))).all()
    slope = handgrad.sigmoid_derivative(np.array([37.0, 700.0]))
    np.testing.assert_allclose(slope, np.exp(-np.array([37.0, 700.0])), rtol=1e-15)
    assert handgrad.sigmoid_derivative_from_output(handgrad.sigmoid(38.0)) == 0  # what the notes' form makes of it


def test_softmax_at_large_inputs() -> None:
    for shift in (0.0, 1000.0, -1000.0, 1e300):
        p, pullback = handgrad.softmax_vjp(np.array([0.0, 1.0, 2.0]) + shift)
        assert p.sum() == pytest.approx(1, rel=1e-15)
        assert np.isfinite(pullback(np.array([1.0, 2.0, 4.0]))).all()
    assert handgrad.softmax(LARGE).tolist() == [0, 0, 0, np.exp(-963), 1]


def test_softmax_keeps_the_digits_of_what_is_nearly_certain() -> None:
    tail = np.exp(-50.0)  # p = (1 - tail, tail) to first order, and 1 - tail rounds to 1
    l = np.array([50.0, 0.0])
    expected = tail * np.array([[1.0, -1.0], [-1.0, 1.0]])
    np.testing.assert_allclose(handgrad.softmax_jacobian(l), expected, rtol=1e-14)
    for direction in ([1.0, 0.0], [0.0, 1.0]):
        np.testing.assert_allclose(handgrad.softmax_vjp(l)[1](direction), expected @ direction, rtol=1e-14)
        np.testing.assert_allclose(handgrad.softmax_jvp(l, direction)[1], expected @ direction, rtol=1e-14)
    np.testing.assert_allclose(handgrad.softmax_cross_entropy([1.0, 0.0], l), tail, rtol=1e-14)
    np.testing.assert_allclose(handgrad.softmax_cross_entropy_gradient([1.0, 0.0], l), [-tail, tail], rtol=1e-14)


def test_fused_cross_entropies_at_large_inputs() -> None:
    y = np.eye(5)[[0, 2, 4]]
    logits = np.broadcast_to(LARGE, (3, 5))
    J, pullback = handgrad.softmax_cross_entropy_vjp(y, logits)
    assert J.tolist() == [2000, 1000, 0]
    np.testing.assert_allclose(pullback(np.ones(3)), handgrad.softmax(logits) - y, atol=1e-15)
    J, pullback = handgrad.sigmoid_cross_entropy_vjp(np.array([0.0, 1.0]), np.array([1000.0, 1000.0]))
    assert J.tolist() == [1000, 0]
    assert pullback(np.ones(2)).tolist() == [1, 0]


def test_masked_classes() -> None:
    l = np.array([0.0, -np.inf, 0.0])
    assert handgrad.softmax(l).tolist() == [0.5, 0, 0.5]
    assert handgrad.softmax_cross_entropy([1.0, 0.0, 0.0], l) == pytest.approx(np.log(2))
    assert handgrad.softmax_cross_entropy_gradient([1.0, 0.0, 0.0], l).tolist() == [-0.5, 0, 0.5]


def test_squared_errors_of_large_numbers() -> None:
    assert handgrad.squared_error(1000.0, -1000.0) == 4e6
    assert handgrad.sum_squared_error([1000.0, 0.0], [-1000.0, 0.0]) == 4e6


@pytest.mark.parametrize("shape", [(1, 2), (1000, 2), (100, 40)])  # of many, NumPy tries the bare squares
@pytest.mark.parametrize("size", 10.0 ** np.arange(-300, 301, 20))
def test_the_norm_at_extreme_sizes(size: float, shape: tuple[int, int]) -> None:
    y, y_hat, length = np.zeros(shape), np.zeros(shape), np.full(shape[0], 5.0)
    y_hat[:, 0], y_hat[:, -1] = 3, 4
    y_hat[-1] *= size
    length[-1] *= size
    np.testing.assert_allclose(handgrad.euclidean_error(y, y_hat), length, rtol=1e-15)
    np.testing.assert_allclose(handgrad.euclidean_error_gradient(y, y_hat), y_hat / length[:, None], rtol=1e-15)


def test_cross_entropies_where_a_logarithm_meets_zero() -> None:
    assert handgrad.categorical_cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0
    assert handgrad.categorical_cross_entropy_gradient([0.0, 1.0], [0.0, 1.0]).tolist() == [0, -1]
    assert handgrad.binary_cross_entropy([0.0, 1.0], [0.0, 1.0]).tolist() == [0, 0]
    assert handgrad.binary_cross_entropy_derivative([0.0, 1.0], [0.0, 1.0]).tolist() == [1, -1]
    assert handgrad.label_cross_entropy_gradient(1, [0.0, 0.5]).tolist() == [0, -2]


@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wrong_and_certain_prediction_is_infinitely_bad_however_small_its_weight(xp: Any, dtype: str) -> None:
    nothing, certain = xp.zeros(1, dtype=dtype), xp.ones(1, dtype=dtype)
    with np.errstate(divide="ignore"):
        for y in (np.finfo(dtype).smallest_normal, np.finfo(dtype).eps, 0.5, 1.0):
            weight = xp.asarray([y], dtype=dtype)
            assert handgrad.categorical_cross_entropy(weight, nothing) == np.inf
            assert handgrad.categorical_cross_entropy_gradient(weight, nothing).tolist() == [-np.inf]
            assert handgrad.binary_cross_entropy(weight, nothing).tolist() == [np.inf]
        assert handgrad.binary_cross_entropy(xp.nextafter(certain, nothing), certain).tolist() == [np.inf]


@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
def test_cross_entropies_of_targets_that_are_weights(xp: Any) -> None:
    y, y_hat = np.array([-2.0, -0.01, 0.25, 1.5, 1.0]), np.array([0.1, 0.9, 0.5, 0.8, 0.99])
    terms = y * np.log(y_hat)
    expected = {
        "categorical_cross_entropy": -terms.sum(),
        "categorical_cross_entropy_gradient": -y / y_hat,
        "binary_cross_entropy": -terms - (1 - y) * np.log1p(-y_hat),
        "binary_cross_entropy_derivative": (y_hat - y) / (y_hat * (1 - y_hat)),
    }
    for name, wanted in expected.items():
        found = getattr(handgrad, name)(xp.asarray(y), xp.asarray(y_hat))
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-14, err_msg=name)
    found = handgrad.softmax_cross_entropy(xp.asarray(y), xp.asarray(np.log(y_hat)))
    np.testing.assert_allclose(np.asarray(found), y.sum() * np.log(y_hat.sum()) - terms.sum(), rtol=1e-14)


def test_values_at_kinks() -> None:
    assert handgrad.relu_derivative(0.0) == 1
    assert handgrad.relu_derivative(-0.0) == 1
    assert handgrad.relu_derivative_from_output(0.0) == 0
    assert handgrad.absolute_derivative(0.0) == 0
    assert handgrad.unit_step(0.0) == 1
    assert handgrad.unit_step_derivative(0.0) == 0
    assert handgrad.euclidean_error_gradient([1.0, 2.0], [1.0, 2.0]).tolist() == [0, 0]


def test_an_empty_mini_batch() -> None:
    for name in ("mean_squared_error", "mean_binary_cross_entropy"):
        assert np.isnan(getattr(handgrad, name)([], []))
        assert getattr(handgrad, f"{name}_gradient")([], []).shape == (0,)
    assert np.isnan(handgrad.mean_categorical_cross_entropy(np.ones((0, 3)), np.ones((0, 3))))
    assert np.isnan(handgrad.batch_mean([]))


def test_softmax_pullback_of_many_nearly_certain_classes_keeps_its_digits() -> None:
    """Of large arrays NumPy asks first whether there is a p above 1/2."""
    l, p_bar = np.random.default_rng(0).normal(size=(2, 64, 100))
    l[np.arange(64), np.arange(64)] += 40
    _, pullback = handgrad.softmax_vjp(l)
    of_rows = [handgrad.softmax_vjp(l_i)[1](p_bar_i) for l_i, p_bar_i in zip(l, p_bar, strict=True)]
    np.testing.assert_allclose(pullback(p_bar), of_rows, rtol=1e-13)


def test_softmax_pullback_of_a_million_classes_forms_no_jacobian() -> None:
    l, p_bar = np.random.default_rng(0).normal(size=(2, 10**6))
    p, pullback = handgrad.softmax_vjp(l)
    tracemalloc.start()
    start = time.perf_counter()
    l_bar = pullback(p_bar)
    seconds = time.perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * l.nbytes
    assert seconds < 5  # the Jacobian would have 8 TB; only that is asserted of time
    np.testing.assert_allclose(l_bar, p * (p_bar - p @ p_bar), rtol=1e-9, atol=1e-20)
