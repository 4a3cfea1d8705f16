"""The update rules and first-order facts, against exact arithmetic and against what JAX finds.

Sums of products of floats are rational, so the truth of a rule is a `Fraction`; with norms it is mpmath's, to fifty
digits. A tolerance is a count of roundings, in eps times the sizes of the terms that are summed.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings

from handgrad.descent import (
    ascend,
    cosine_similarity,
    descend,
    difference_quotient,
    directional_derivative,
    linear_approximation,
    sensitivity_step,
    sign_choices,
    steepest_ascent,
)
from tests.compiling import compiled

Real = np.ndarray[Any, Any]
EPS = Fraction(1, 2**52)

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)
batches = st.lists(st.integers(0, 3), max_size=2).map(tuple)
rates = st.sampled_from([1e-9, 1e-3, 0.25, 1.0, 7.0])
scales = st.sampled_from([1e-9, 1e-3, 1.0, 1e6])


def normal(seed: int, *shape: int, scale: float = 1.0) -> Real:
    """Random numbers, all different."""
    return np.asarray(scale * np.random.default_rng(seed).standard_normal(shape))


def whole(seed: int, *shape: int) -> Real:
    """Small whole numbers as floats, on which the arithmetic of the tests is exact."""
    return np.asarray(np.random.default_rng(seed).integers(-9, 10, shape), dtype=float)


def fractions(x: Any) -> Real:
    """The exact values of floats."""
    floats = np.asarray(x, dtype=float)
    exact = np.empty(floats.shape, dtype=object)
    for index in np.ndindex(floats.shape):
        exact[index] = Fraction(float(floats[index]))
    return exact


def within(found: Any, truth: Real, tolerance: Any) -> None:
    """The same shape, and every entry as near to the truth as its own tolerance says."""
    assert np.shape(found) == np.shape(truth)
    errors, allowed = np.broadcast_arrays(
        *[np.asarray(x, dtype=object) for x in (abs(fractions(found) - truth), tolerance)]
    )
    for index in np.ndindex(errors.shape):
        off, most = errors[index], allowed[index]
        assert off <= most, f"at {index}: off by {float(off):.2e}, {float(most):.2e} allowed"


def equal(found: Any, truth: Any) -> None:
    """The same shape, dtype and entries."""
    found, truth = np.asarray(found), np.asarray(truth)
    assert (found.shape, found.dtype) == (truth.shape, truth.dtype)
    np.testing.assert_array_equal(found, truth)


# Update rules


@settings(max_examples=100)
@given(shapes, seeds, rates, scales)
def test_descent_and_ascent_follow_the_rule(shape: tuple[int, ...], seed: int, rate: float, scale: float) -> None:
    theta, gradient = normal(seed, *shape), normal(seed + 1, *shape, scale=scale)
    move = Fraction(rate) * fractions(gradient)
    tolerance = EPS * (abs(fractions(theta)) + 2 * abs(move))
    within(descend(theta, gradient, rate), fractions(theta) - move, tolerance)
    within(ascend(theta, gradient, rate), fractions(theta) + move, tolerance)
    equal(descend(theta, -gradient, rate), ascend(theta, gradient, rate))


def quadratic(theta: Any, A: Any, c: Any) -> Any:
    """J(θ) = ‖A θ - c‖²."""
    return ((A @ theta - c) ** 2).sum()


quadratic_and_gradient = compiled(jax.value_and_grad(quadratic))


@settings(max_examples=15)
@given(sizes, sizes, seeds)
def test_a_small_step_goes_down_or_up_by_the_squared_norm_of_the_gradient(m: int, n: int, seed: int) -> None:
    A, c, theta = whole(seed, m, n), whole(seed + 1, m), whole(seed + 2, n)
    value, gradient = map(np.asarray, quadratic_and_gradient(theta, A, c))
    assume(np.any(gradient != 0))
    rate = 2.0**-16
    curvature = rate * np.sum((A @ gradient) ** 2)  # of a quadratic, all there is beyond first order
    slope = np.sum(gradient**2)
    assert curvature < slope
    for update, sign in ((descend, -1), (ascend, 1)):
        equal((quadratic(update(theta, gradient, rate), A, c) - value) / rate, sign * slope + curvature)


@settings(max_examples=100)
@given(shapes, seeds, rates)
def test_the_sign_choices_are_the_four_updates(shape: tuple[int, ...], seed: int, rate: float) -> None:
    x, y, dz_dx, dz_dy = (normal(seed + i, *shape) for i in range(4))
    found = sign_choices(x, y, dz_dx, dz_dy, rate)
    assert list(found) == ["++", "+-", "-+", "--"]
    updates = {"+": ascend, "-": descend}
    for (sign_x, sign_y), (new_x, new_y) in found.items():
        equal(new_x, updates[sign_x](x, dz_dx, rate))
        equal(new_y, updates[sign_y](y, dz_dy, rate))


@settings(max_examples=100)
@given(seeds, st.sampled_from([1.0, 0.0, -3.0]))
def test_plus_plus_rises_most_and_minus_minus_falls_most(seed: int, factor: float) -> None:
    x, y, dz_dx = (whole(seed + i) for i in range(3))
    dz_dy = factor * whole(seed + 3)
    gradient = np.stack([dz_dx, dz_dy])
    rise = {
        signs: float(linear_approximation(0.0, gradient, np.stack(new) - np.stack([x, y])))
        for signs, new in sign_choices(x, y, dz_dx, dz_dy, 0.125).items()
    }
    assert rise["++"] == max(rise.values()) == 0.125 * np.sum(gradient**2)
    assert rise["--"] == min(rise.values()) == -rise["++"]
    assert rise["+-"] == -rise["-+"] == 0.125 * (dz_dx**2 - dz_dy**2)
    assert (rise["++"] == rise["+-"]) == (dz_dy == 0)


@settings(max_examples=100)
@given(batches, sizes, sizes, seeds, rates, scales)
def test_a_sensitivity_step_is_the_rule_of_each_weight(
    batch: tuple[int, ...], n: int, k: int, seed: int, rate: float, scale: float
) -> None:
    W, b, a = normal(seed, n, k), normal(seed + 1, k), normal(seed + 2, *batch, n)
    s = normal(seed + 3, *batch, k, scale=scale)
    new_W, new_b = sensitivity_step(W, b, a, s, rate)
    assert (new_W.shape, new_b.shape) == (W.shape, b.shape)
    samples = list(np.ndindex(batch))
    roundings = len(samples) + 2
    for i in range(k):
        for j in range(n):
            terms = [Fraction(rate) * Fraction(s[*t, i]) * Fraction(a[*t, j]) for t in samples]
            size = abs(Fraction(W[j, i])) + sum(abs(term) for term in terms)
            within(new_W[j, i], fractions(W[j, i]) - sum(terms), roundings * EPS * size)
        terms = [Fraction(rate) * Fraction(s[*t, i]) for t in samples]
        size = abs(Fraction(b[i])) + sum(abs(term) for term in terms)
        within(new_b[i], fractions(b[i]) - sum(terms), roundings * EPS * size)


@compiled
def layer_gradients(W: Any, b: Any, a: Any, c: Any) -> Any:
    """Of the squared error of a layer, by W and b, and by its net input."""

    def J_of_n(n: Any) -> Any:
        return jnp.sum((c - n) ** 2)

    def J(W: Any, b: Any) -> Any:
        return J_of_n(a @ W + b)

    return jax.grad(J, argnums=(0, 1))(W, b), jax.grad(J_of_n)(a @ W + b)


@settings(max_examples=15)
@given(st.sampled_from([(), (3,), (2, 3), (0,)]), sizes, sizes, seeds)
def test_a_sensitivity_step_descends_along_the_gradients_that_jax_finds(
    batch: tuple[int, ...], n: int, k: int, seed: int
) -> None:
    W, b, a, c = whole(seed, n, k), whole(seed + 1, k), whole(seed + 2, *batch, n), whole(seed + 3, *batch, k)
    (dJ_dW, dJ_db), s = layer_gradients(W, b, a, c)
    new_W, new_b = sensitivity_step(W, b, a, np.asarray(s), 0.125)  # whole numbers of eighths: exact on both sides
    equal(new_W, W - 0.125 * np.asarray(dJ_dW))
    equal(new_b, b - 0.125 * np.asarray(dJ_db))


def test_a_step_over_no_samples_leaves_the_layer_as_it_is() -> None:
    W, b = whole(0, 3, 2), whole(1, 2)
    new_W, new_b = sensitivity_step(W, b, np.zeros((0, 3)), np.zeros((0, 2)), 0.5)
    equal(new_W, W)
    equal(new_b, b)
    assert not np.shares_memory(new_W, W)
    assert not np.shares_memory(new_b, b)


# Difference quotients


@settings(max_examples=60)
@given(shapes, shapes, seeds, st.sampled_from([1.0, -0.5, 2.0**-10]))
def test_the_difference_quotient_of_an_affine_function_is_its_jacobian(
    y: tuple[int, ...], x: tuple[int, ...], seed: int, h: float
) -> None:
    A, c, at = whole(seed, *y, *x), whole(seed + 1, *y), whole(seed + 2, *x)
    equal(difference_quotient(lambda x: np.tensordot(A, x, axes=x.ndim) + c, at, h), A)


@settings(max_examples=60)
@given(sizes, seeds, st.sampled_from([1.0, -0.5, 2.0**-10]))
def test_the_difference_quotient_of_a_quadratic_misses_its_gradient_by_h_times_the_curvature(
    n: int, seed: int, h: float
) -> None:
    A, x = whole(seed, n, n), whole(seed + 1, n)
    equal(difference_quotient(lambda x: x @ A @ x, x, h), (A + A.T) @ x + h * np.diagonal(A))


sines = compiled(lambda A, x: jnp.sin(A @ x))
jacobian_of_sines = compiled(jax.jacrev(lambda x, A: jnp.sin(A @ x)))


@settings(max_examples=15)
@given(sizes, sizes, seeds)
def test_the_difference_quotient_tends_to_the_jacobian_that_jax_finds(m: int, n: int, seed: int) -> None:
    A, x, h = normal(seed, m, n), normal(seed + 1, n), 1e-6
    J = np.asarray(jacobian_of_sines(x, A))
    found = difference_quotient(functools.partial(sines, A), x, h)
    assert isinstance(found, jax.Array)
    # half of h |f''|, and f(x + h e_j) - f(x) with the roundings of A x and of the sine in both
    roundings = (n + 2) * 2**-52 * (np.abs(A) @ (np.abs(x) + h) + 1)
    within(found, fractions(J), fractions(h / 2 * A**2 + 3 * roundings[:, None] / h))


def test_the_quotient_divides_by_the_step_that_was_taken() -> None:
    x, h = np.array([1e8, 1.0, -3e5]), 1e-7
    assert np.all(((x + h) - x) / h != 1)  # the step asked for is not the step taken
    equal(difference_quotient(lambda x: x, x, h), np.eye(3))


def test_a_step_that_is_lost_gives_nan() -> None:
    with pytest.warns(RuntimeWarning, match="invalid value"):
        found = difference_quotient(np.sum, [1.0, 1e20], 0.5)
    assert math.isnan(found[1])


def test_a_function_may_write_into_what_it_gets_and_is_called_once_per_entry_and_once_more() -> None:
    calls = 0

    def f(x: Real) -> Any:
        nonlocal calls
        calls += 1
        x *= x
        return x

    x = np.array([[1.0, 2.0, 3.0]])
    found = difference_quotient(f, x, 0.5)
    equal(found, np.diag([2.5, 4.5, 6.5]).reshape(1, 3, 1, 3))
    equal(x, np.array([[1.0, 2.0, 3.0]]))
    assert calls == 4


def test_the_difference_quotient_at_a_number_and_at_nothing() -> None:
    equal(difference_quotient(math.sqrt, 4.0, 2.25), np.array((2.5 - 2) / 2.25))
    equal(difference_quotient(lambda x: x[:2], np.zeros((3, 0)), 0.5), np.zeros((2, 0, 3, 0)))
    equal(difference_quotient(lambda x: np.zeros((0, 2)), np.ones(3), 0.5), np.zeros((0, 2, 3)))
    equal(
        difference_quotient(lambda x: [x[0], 3 * x[1]], np.zeros(2, dtype="float32"), 0.5),
        np.array([[1, 0], [0, 3]], dtype="float32"),
    )


# First order


@settings(max_examples=100)
@given(batches, st.integers(0, 6), seeds, scales)
def test_the_directional_derivative_and_the_linear_approximation_are_sums_of_products(
    batch: tuple[int, ...], n: int, seed: int, scale: float
) -> None:
    gradient, step = normal(seed, *batch, n, scale=scale), normal(seed + 1, *batch, n)
    value = normal(seed + 2, *batch, scale=scale)
    products = fractions(gradient) * fractions(step)
    total, size = products.sum(axis=-1), abs(products).sum(axis=-1)
    within(directional_derivative(gradient, step), np.asarray(total), n * EPS * size)
    truth = np.asarray(fractions(value) + total)
    within(linear_approximation(value, gradient, step), truth, (n + 1) * EPS * (abs(fractions(value)) + size))


@compiled
def gradient_and_tangent(A: Any, x: Any, v: Any) -> Any:
    """Of ‖A x‖²: the gradient, and the value with its tangent along v."""
    f = functools.partial(squared_norm, A)
    return jax.grad(f)(x), jax.jvp(f, (x,), (v,))


def squared_norm(A: Any, x: Any) -> Any:
    return ((A @ x) ** 2).sum()


@settings(max_examples=15)
@given(sizes, sizes, seeds)
def test_the_directional_derivative_is_the_tangent_that_jax_finds(m: int, n: int, seed: int) -> None:
    A, x, v = whole(seed, m, n), whole(seed + 1, n), whole(seed + 2, n)
    gradient, (value, tangent) = gradient_and_tangent(A, x, v)
    equal(directional_derivative(np.asarray(gradient), v), tangent)
    # 4.2 holds to first order only: a quadratic has ‖A Δx‖² besides
    approximation = linear_approximation(np.asarray(value), np.asarray(gradient), v)
    equal(squared_norm(A, x + v) - approximation, squared_norm(A, v))


@settings(max_examples=100)
@given(batches, st.integers(1, 6), seeds, st.integers(-1074, 1023), st.integers(-1074, 1023))
def test_direction_and_angle_are_right_at_any_size(
    batch: tuple[int, ...], n: int, seed: int, exponent: int, other: int
) -> None:
    gradient = np.ldexp(normal(seed, *batch, n, scale=0.125), exponent)
    step = np.ldexp(normal(seed + 1, *batch, n, scale=0.125), other)
    directions, cosines = steepest_ascent(gradient), cosine_similarity(gradient, step)
    assert (directions.shape, cosines.shape) == (gradient.shape, batch)
    for sample in np.ndindex(batch):
        with mpmath.workdps(50):
            g, s = ([mpmath.mpf(float(entry)) for entry in array[sample]] for array in (gradient, step))
            norms = mpmath.norm(g), mpmath.norm(s)
            unit = [entry / (norms[0] or 1) for entry in g]
            # the scaled entries, their squares, n - 1 sums, the root, the quotient
            for found, true in zip(directions[sample], unit, strict=True):
                assert abs(float(found) - true) <= (n + 4) * 2.0**-52 * abs(true)
            products = [x * y / ((norms[0] * norms[1]) or 1) for x, y in zip(g, s, strict=True)]
            size = mpmath.fsum(map(abs, products))
            assert abs(float(cosines[sample]) - mpmath.fsum(products)) <= (2 * n + 6) * 2.0**-52 * size
            assert -1 <= cosines[sample] <= 1


@settings(max_examples=60)
@given(st.integers(1, 6), seeds, scales, rates)
def test_the_steepest_ascent_is_the_direction_of_cosine_one(n: int, seed: int, scale: float, length: float) -> None:
    gradient, others = normal(seed, n, scale=scale), normal(seed + 1, 50, n)
    direction = steepest_ascent(gradient)
    slope = directional_derivative(gradient, direction)
    for other in steepest_ascent(others):  # other unit vectors
        assert directional_derivative(gradient, other) <= slope * (1 + (n + 4) * 2.0**-52)
    for sign in (1, -1):
        assert abs(cosine_similarity(gradient, sign * length * direction) - sign) <= (2 * n + 6) * 2.0**-52
        assert cosine_similarity(gradient, sign * gradient) == sign


@settings(max_examples=60)
@given(st.integers(1, 6), seeds, scales)
def test_both_forms_of_the_first_order_term_agree(n: int, seed: int, scale: float) -> None:
    gradient, step = normal(seed, n, scale=scale), normal(seed + 1, n)
    lengths = np.linalg.norm(gradient) * np.linalg.norm(step)
    size = Fraction(float(np.abs(gradient) @ np.abs(step)))
    found = lengths * cosine_similarity(gradient, step)
    within(found, fractions(directional_derivative(gradient, step)), (5 * n + 12) * EPS * size)


def test_zero_has_no_direction_and_no_angle() -> None:
    equal(steepest_ascent([[0.0, 0.0], [0.0, 5.0]]), np.array([[0.0, 0.0], [0.0, 1.0]]))
    equal(cosine_similarity([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]), np.zeros(3))
    equal(steepest_ascent(np.zeros((2, 0))), np.zeros((2, 0)))
    equal(cosine_similarity(np.zeros((2, 0)), np.zeros((2, 0))), np.zeros(2))


def test_nan_comes_through() -> None:
    nan = math.nan
    assert np.isnan(descend([nan, 1.0], [1.0, nan], 0.5)).all()
    assert np.isnan(steepest_ascent([nan, 1.0])).all()
    assert np.isnan(cosine_similarity([nan, 1.0], [0.0, 0.0]))
    assert np.isnan(linear_approximation(nan, [1.0], [1.0]))


# Every function: libraries, dtypes, memory

CALLS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "descend": (descend, ((2, 3), (2, 3), ())),
    "ascend": (ascend, ((2, 3), (2, 3), ())),
    "sign_choices": (sign_choices, ((2, 3), (2, 3), (2, 3), (2, 3), ())),
    "sensitivity_step": (sensitivity_step, ((3, 2), (2,), (4, 3), (4, 2), ())),
    "difference_quotient": (functools.partial(difference_quotient, lambda x: x * x[..., :1]), ((2, 3), ())),
    "directional_derivative": (directional_derivative, ((2, 3), (2, 3))),
    "linear_approximation": (linear_approximation, ((2,), (2, 3), (2, 3))),
    "steepest_ascent": (steepest_ascent, ((2, 3),)),
    "cosine_similarity": (cosine_similarity, ((2, 3), (2, 3))),
}


def call(name: str, dtype: str = "float64") -> tuple[Callable[..., Any], list[Real]]:
    """A function and arguments for it: whole numbers above 0, so that in every dtype no sum rounds unless it grows."""
    function, given_shapes = CALLS[name]
    return function, [np.asarray(abs(whole(seed, *shape)) + 1, dtype) for seed, shape in enumerate(given_shapes)]


def close(found: Any, truth: Any, dtype: str = "float64") -> None:
    """Within a few roundings of each entry; only the roots and quotients of the unit vectors round at all."""
    np.testing.assert_allclose(found, truth, rtol=8 * float(np.finfo(dtype).eps), atol=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_results_are_new_writable_arrays_of_the_same_dtype(name: str, dtype: str) -> None:
    function, arrays = call(name, dtype)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    results = jax.tree.leaves(function(*arrays))
    for result, truth in zip(results, jax.tree.leaves(function(*call(name)[1])), strict=True):
        assert result.dtype == dtype
        close(result, truth, dtype)
    for array, copy in zip(arrays, before, strict=True):
        equal(array, copy)
    for result, other in itertools.product(results, [*arrays, *results]):
        assert result is other or not np.shares_memory(result, other)
    for result in results:
        result[...] = 0.0


@pytest.mark.parametrize("name", CALLS)
def test_jax_arrays_stay_jax_arrays_under_jit(name: str) -> None:
    function, values = call(name)
    results, truths = compiled(function)(*values), function(*values)
    assert jax.tree.structure(results) == jax.tree.structure(truths)
    for result, truth in zip(jax.tree.leaves(results), jax.tree.leaves(truths), strict=True):
        assert isinstance(result, jax.Array)
        close(result, truth)


@pytest.mark.parametrize("name", CALLS)
def test_tensors_stay_tensors(name: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    function, values = call(name)
    results = jax.tree.leaves(function(*map(torch.tensor, values)))
    for result, truth in zip(results, jax.tree.leaves(function(*values)), strict=True):
        assert isinstance(result, torch.Tensor)
        close(result.numpy(), truth)


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: descend([1.0, 2.0], [1.0, 2.0, 3.0], 0.5),
            ValueError,
            "descend: gradient has shape (3,), theta has shape (2,); gradient must have shape (2,)",
        ),
        (
            lambda: descend(np.ones((3, 1)), np.ones(3), 0.5),
            ValueError,
            "descend: gradient has shape (3,), theta has shape (3, 1); gradient must have shape (3, 1)",
        ),
        (
            lambda: descend([1.0, 2.0], [1.0, 2.0], [0.5, 0.5]),
            ValueError,
            "descend: rate has shape (2,), theta has shape (2,), gradient has shape (2,); rate must have shape ()",
        ),
        (
            lambda: descend([1.0], [1.0], 1j),
            TypeError,
            "descend: rate has dtype complex128; real numbers fit, as float32, float64 or integers",
        ),
        (
            lambda: ascend([1.0], 1.0, 0.5),
            ValueError,
            "ascend: gradient has shape (), theta has shape (1,); gradient must have shape (1,)",
        ),
        (
            lambda: sign_choices(1.0, 2.0, [3.0], 4.0, 0.5),
            ValueError,
            "sign_choices: dz_dx has shape (1,), x has shape (), y has shape (); dz_dx must have shape ()",
        ),
        (
            lambda: sensitivity_step(np.ones((3, 2)), np.ones(3), np.ones(3), np.ones(2), 0.5),
            ValueError,
            "sensitivity_step: b has shape (3,), W has shape (3, 2); b must have shape (2,)",
        ),
        (
            lambda: sensitivity_step(np.ones((3, 2)), np.ones(2), np.ones((4, 3)), np.ones((5, 2)), 0.5),
            ValueError,
            "sensitivity_step: s has shape (5, 2), W has shape (3, 2), b has shape (2,), a has shape (4, 3); "
            "s must have shape (4, 2)",
        ),
        (
            lambda: difference_quotient(np.sum, [1.0], [0.5]),
            ValueError,
            "difference_quotient: h has shape (1,), x has shape (1,); h must have shape ()",
        ),
        (
            lambda: difference_quotient(lambda x: 1j * x, [1.0], 0.5),
            TypeError,
            "difference_quotient: f(x) has dtype complex128; real numbers fit, as float32, float64 or integers",
        ),
        (
            lambda: difference_quotient(lambda x: [0.0, [0.0, 0.0]], [1.0], 0.5),
            TypeError,
            "difference_quotient: f(x) is ragged; an array, a list of numbers or a number fits",
        ),
        (
            lambda: directional_derivative([1.0, 2.0], [1.0]),
            ValueError,
            "directional_derivative: direction has shape (1,), gradient has shape (2,); direction must have shape (2,)",
        ),
        (
            lambda: linear_approximation([1.0], [1.0, 2.0], [1.0, 2.0]),
            ValueError,
            "linear_approximation: gradient has shape (2,), value has shape (1,); gradient must have shape (1, n)",
        ),
        (
            lambda: steepest_ascent(1.0),
            ValueError,
            "steepest_ascent: gradient has shape (); gradient must have shape (..., n)",
        ),
        (
            lambda: cosine_similarity([1.0, 2.0], [[1.0, 2.0]]),
            ValueError,
            "cosine_similarity: step has shape (1, 2), gradient has shape (2,); step must have shape (2,)",
        ),
    ],
)
def test_errors_name_what_came_and_what_fits(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message
