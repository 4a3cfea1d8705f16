"""Derivatives from values alone: as exact as they say, complex steps only where these are right, kinks seen as such."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from handgrad.catalogue import FORMULAS, Formula
from handgrad.oracle import inputs
from handgrad.oracle.claiming import Claim
from handgrad.oracle.numerical import COMPLEX_STEP, DIFFERENCES, jacobian, pullback

Real = np.ndarray[Any, Any]
EPS = float(np.finfo(float).eps)
KINKED = ("relu", "absolute", "unit_step")  # random directions may cross their kinks


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *args: Any) -> Any:
        """One call."""
        self.calls += 1
        return self.function(*args)


@pytest.fixture
def naive(monkeypatch: pytest.MonkeyPatch) -> Callable[[Formula], Callable[..., Any]]:
    """The naive formulas of the reference with NumPy in the place of JAX, which takes complex numbers."""
    modules = {formula.module: importlib.import_module(f"reference.{formula.module}") for formula in FORMULAS.values()}
    for module in modules.values():
        monkeypatch.setattr(module, "jnp", np)
    return lambda formula: getattr(modules[formula.module], formula.name)


def draws(formula: Formula, count: int) -> list[tuple[list[Real], list[Real]]]:
    """Random arguments, and the derivatives there by each differentiable argument."""
    generator = np.random.default_rng(3)
    found = []
    for _ in range(count):
        sizes = tuple((letter, int(generator.integers(2, 5))) for letter in inputs.letters_of(formula))
        claim = Claim(formula, "gradient" if formula.scalar else "jacobian")
        args = list(inputs.draw(claim, inputs.Shape(sizes), generator).values())
        truth = formula.derivative(*args)
        found.append((args, list(truth) if isinstance(truth, tuple) else [truth]))
    return found


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda formula: formula.name)
def test_the_complex_step_of_a_formula_is_exact_and_knows_its_error(
    formula: Formula, naive: Callable[[Formula], Callable[..., Any]]
) -> None:
    function = naive(formula)
    for args, truths in draws(formula, 4):
        for by, truth in zip(formula.by, truths, strict=True):
            found = jacobian(function, args, list(formula.axes).index(by))
            assert found.method == COMPLEX_STEP or formula.name in KINKED
            assert found.value.shape == truth.shape
            off = np.abs(found.value - truth)
            assert (off <= found.error + 8 * EPS * np.abs(truth)).all()
            assert (off <= 1e-14 * (1 + np.abs(truth))).all()
            assert (found.error <= 1e-10 * (1 + np.abs(truth))).all()
            assert not found.kinked.any()


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=lambda formula: formula.name)
def test_differences_of_a_formula_are_close_and_know_their_error(formula: Formula) -> None:
    for args, truths in draws(formula, 4):
        for by, truth in zip(formula.by, truths, strict=True):
            # handgrad's own functions refuse complex numbers.
            found = jacobian(formula.value, args, list(formula.axes).index(by))
            assert found.method == DIFFERENCES
            off = np.abs(found.value - truth)
            assert (off <= found.error).all()
            assert (off <= 1e-11 * (1 + np.abs(truth))).all()
            assert (found.error <= 1e-8 * (1 + np.abs(truth))).all()
            assert not found.kinked.any()


def single(x: Any) -> Any:
    return np.asarray(x).astype(np.float32).astype(float) ** 2


# What a complex step gets wrong without a word, or does not survive.
NOT_ANALYTIC: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "abs": (np.abs, np.sign),
    "abs times x": (lambda x: np.abs(x) * x, lambda x: 2 * np.abs(x)),
    "a little abs": (lambda x: np.arctan(x) + 1e-9 * np.abs(x), lambda x: 1 / (1 + x**2) + 1e-9 * np.sign(x)),
    "real": (lambda x: np.real(x) * x, lambda x: 2 * x),
    "conjugate": (lambda x: np.conj(x) * x**2, lambda x: 3 * x**2),
    "vdot": (lambda x: np.vdot(x, x) * x, lambda x: 3 * x**2),
    "float": (lambda x: float(x) ** 2, lambda x: 2 * x),
    "math": (lambda x: math.exp(x), np.exp),
    "norm": (lambda x: np.linalg.norm(x[None]) * x, lambda x: 2 * np.abs(x)),
}


@pytest.mark.parametrize("name", NOT_ANALYTIC)
@pytest.mark.parametrize("x", [0.7, -1.3])
def test_functions_that_are_not_analytic_get_differences(name: str, x: float) -> None:
    function, derivative = NOT_ANALYTIC[name]
    found, truth = jacobian(function, [x], 0), derivative(np.array(x))
    assert found.method == DIFFERENCES
    assert abs(found.value - truth) <= found.error
    assert found.error <= 1e-9 * (1 + abs(truth))
    assert not found.kinked


def test_a_power_that_numpy_takes_by_the_logarithm_gets_differences() -> None:
    found = jacobian(lambda x: x**101, [-0.9], 0)
    assert found.method == DIFFERENCES
    assert abs(found.value - 101 * 0.9**100) <= found.error <= 1e-4


@pytest.mark.parametrize("x", [0.7, -1.3])
def test_branches_and_maxima_keep_the_complex_step_away_from_kinks(x: float) -> None:
    for function, truth in (
        (lambda x: np.where(x > 0, x**2, -x), 2 * x if x > 0 else -1),
        (lambda x: np.maximum(x, 0) * x, 2 * x if x > 0 else 0),
        (lambda x: x**3 if x > 0 else x**2, 3 * x**2 if x > 0 else 2 * x),
    ):
        found = jacobian(function, [x], 0)
        assert found.method == COMPLEX_STEP
        assert found.value == pytest.approx(truth, rel=1e-14)


@pytest.mark.parametrize(
    ("function", "x", "low", "high"),
    [
        (np.abs, 0.0, -1, 1),
        (lambda x: np.maximum(x, 0), 0.0, 0, 1),
        (lambda x: np.where(x > 1, 3 * x - 3, x**2 - 1), 1.0, 2, 3),
        (lambda x: np.clip(x, -1, 1), 1.0, 0, 1),
        (lambda x: np.sin(x) - 2 * np.abs(x), 0.0, -1, 3),
    ],
)
def test_at_a_kink_both_slopes_are_found(function: Callable[..., Any], x: float, low: float, high: float) -> None:
    found = jacobian(function, [x], 0)
    assert found.kinked
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-9)
    assert found.value == pytest.approx((low + high) / 2, abs=1e-9)
    assert found.error <= 1e-9


def test_kinks_of_some_entries_leave_the_others_exact() -> None:
    found = jacobian(lambda x: np.maximum(x, 0) + x[::-1] ** 2, [[0.0, 2.0, -1.0]], 0)
    np.testing.assert_array_equal(found.kinked, np.diag([True, False, False]))
    np.testing.assert_allclose(found.value, [[0.5, 0, -2], [0, 5, 0], [0, 0, 0]], atol=1e-11)


def test_a_maximum_of_equal_arguments_is_a_kink_in_each() -> None:
    found = jacobian(lambda x: np.max(x), [[1.0, 1.0, 0.0]], 0)
    np.testing.assert_array_equal(found.kinked, [True, True, False])
    norm = jacobian(np.linalg.norm, [np.zeros(2)], 0)
    np.testing.assert_allclose([norm.low, norm.high], [[-1, -1], [1, 1]])


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, -1e-6])
def test_a_kink_nearby_is_not_one_here(distance: float) -> None:
    for function in (lambda x: np.maximum(x, 0), lambda x: max(float(x), 0.0)):
        found = jacobian(function, [distance], 0)
        assert abs(found.value - (distance > 0)) <= found.error <= 1e-8
        assert not found.kinked


def test_nan_stays_where_it_is() -> None:
    for function in (lambda x: x**2, lambda x: np.abs(x) * x):
        found = jacobian(function, [[1.0, np.nan, 3.0]], 0)
        np.testing.assert_allclose(found.value, [[2, 0, 0], [np.nan] * 3, [0, 0, 6]], atol=1e-9)
        np.testing.assert_array_equal(np.isinf(found.error), [[False] * 3, [True] * 3, [False] * 3])
    never = jacobian(lambda x: x * np.nan, [1.0], 0)
    assert np.isnan(never.value)
    assert never.error == np.inf


@pytest.mark.parametrize(
    ("function", "x"),
    [(lambda x: np.where(x >= 0, 1.0, 0.0), 0.0), (lambda x: math.sqrt(x), 0.0), (lambda x: np.cbrt(x.real), 0.0)],
    ids=["a jump", "the root at 0", "the cubic root at 0"],
)
def test_where_there_is_no_derivative_the_error_is_infinite(function: Callable[..., Any], x: float) -> None:
    found = jacobian(function, [x], 0)
    assert np.isnan(found.value)
    assert found.error == np.inf
    assert not found.kinked


@pytest.mark.parametrize("function", [np.log, math.log, lambda x: np.log(np.real(x))], ids=["numpy", "math", "real"])
@pytest.mark.parametrize("x", [1.0, 1e-3, 1e-9])
def test_steps_stay_in_the_domain(function: Callable[..., Any], x: float) -> None:
    found = jacobian(function, [x], 0)
    assert abs(found.value - 1 / x) <= found.error + 4 * EPS / x
    assert found.error <= 1e-4 / x


def test_at_the_end_of_the_domain_the_one_sided_slope_is_found() -> None:
    found = jacobian(lambda x: math.sqrt(x) ** 4 + 3 * x, [0.0], 0)
    assert abs(found.value - 3) <= found.error <= 1e-9


@pytest.mark.parametrize(
    "function", [single, lambda x: (1e8 + x**2) - 1e8, lambda x: np.float32(x) ** 2], ids=["inside", "offset", "result"]
)
def test_noise_in_the_values_is_in_the_error(function: Callable[..., Any]) -> None:
    for x in np.random.default_rng(0).uniform(0.5, 2, 50):
        found = jacobian(function, [x], 0)
        assert found.method == DIFFERENCES
        assert abs(found.value - 2 * x) <= found.error <= 1e-3


def test_fine_structure_is_seen() -> None:
    for x in (0.0, 1e-4, 0.3):
        found = jacobian(lambda x: math.tanh(1000 * x), [x], 0)
        assert abs(found.value - 1000 / np.cosh(1000 * x) ** 2) <= found.error <= 1e-3
        found = jacobian(lambda x: math.sin(100 * x), [x], 0)
        assert abs(found.value - 100 * np.cos(100 * x)) <= found.error <= 1e-6


def test_it_takes_few_calls() -> None:
    x = np.random.default_rng(0).uniform(0.5, 2, 40)
    analytic = Counted(lambda x: np.sum(np.exp(x)))
    assert jacobian(analytic, [x], 0).method == COMPLEX_STEP
    assert analytic.calls <= 2 * x.size + 60
    rough = Counted(lambda x: np.sum(np.exp(np.real(x))))
    assert jacobian(rough, [x], 0).method == DIFFERENCES
    assert rough.calls <= 20 * x.size + 2 * x.size + 60


def test_a_pullback_is_the_weighted_sum_of_the_jacobian() -> None:
    generator = np.random.default_rng(0)
    x, W, y_bar = (generator.uniform(-2, 2, shape) for shape in ((3,), (3, 2), (2,)))
    for function in (lambda x, W: np.tanh(x @ W), lambda x, W: np.abs(x @ W) + np.maximum(x[0], W[0])):
        for position in (0, 1):
            whole = jacobian(function, [x, W], position)
            found = pullback(function, [x, W], position, y_bar)
            np.testing.assert_allclose(found.value, np.tensordot(y_bar, whole.value, 1), rtol=1e-13)
            np.testing.assert_allclose(found.error, np.tensordot(np.abs(y_bar), whole.error, 1), rtol=1e-13)
    at_kink = pullback(lambda x: np.abs(x), [np.zeros(2)], 0, np.array([2.0, -3.0]))
    np.testing.assert_allclose([at_kink.low, at_kink.high], [[-2, -3], [2, 3]])
    weightless = pullback(lambda x: np.where(x >= 0, 1.0, 0.0), [np.array([0.0, 1.0])], 0, np.array([0.0, 1.0]))
    np.testing.assert_array_equal([weightless.value, weightless.low], np.zeros((2, 2)))
    assert (weightless.error < 1e-9).all()


def test_arguments_are_left_alone_and_results_taken_plain() -> None:
    class Liar(np.ndarray[Any, Any]):
        """An array that is equal to everything."""

        def __eq__(self, other: object) -> Any:
            return True

    x, label = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0])

    def function(label: Real, x: Real) -> Real:
        found = (x[np.arange(2), label] ** 2).view(Liar)
        x[...] = 0
        label[...] = 0
        return found

    found = jacobian(function, [label, x], 1)
    assert type(found.value) is np.ndarray
    np.testing.assert_allclose(found.value, [[[0, 4], [0, 0]], [[0, 0], [6, 0]]])
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(label, [1, 0])


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0), (2, 3)])
def test_all_shapes(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).uniform(0.5, 2, shape)
    for function in (lambda x: x**2, lambda x: np.abs(x) ** 2):
        found = jacobian(function, [x], 0)
        assert found.value.shape == found.error.shape == found.kinked.shape == (*shape, *shape)
        np.testing.assert_allclose(found.value.reshape(x.size, x.size), np.diag(2 * x.ravel()), atol=1e-10)
        assert pullback(function, [x], 0, np.ones(shape)).value.shape == shape


def test_what_cannot_be_differentiated_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        jacobian(lambda x: 1 / 0, [1.0], 0)
    with pytest.raises(TypeError, match="not numbers"):
        jacobian(lambda x: "text", [1.0], 0)
    with pytest.raises(TypeError, match="complex"):
        jacobian(lambda x: x * 1j, [1.0], 0)
    with pytest.raises(ValueError, match=r"the cotangent has shape \(2,\), the value \(\)"):
        pullback(np.sum, [np.ones(2)], 0, np.ones(2))
    with pytest.raises(ValueError, match="changes its shape"):
        jacobian(lambda x: np.ones(2 if abs(x) == 1 else 3), [1.0], 0)
