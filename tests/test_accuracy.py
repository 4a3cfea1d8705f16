"""Accuracy against mpmath: a few ulp over the whole range of float64, also where JAX keeps no digits."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import reference.activations
import reference.probabilities
from benchmarks import accuracy
from handgrad.activations import sigmoid_derivative, tanh_derivative
from handgrad.catalogue import FORMULAS, LABEL, NONZERO, POSITIVE, Formula
from handgrad.probabilities import softmax_cross_entropy_gradient, softmax_cross_entropy_vjp, softmax_jacobian
from tests.exact import OVERFLOW, Exact, exact, ulp_error

Real = np.ndarray[Any, Any]
ULP = 4
CONDITIONING = 8
DIGITS = 70


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def _softplus(z: Any) -> Any:
    return max(z, 0) + mpmath.log1p(mpmath.exp(-abs(z)))


# Each element-wise function, and its derivative, in a form that needs no more than `DIGITS` digits.
TRUE: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "absolute": (abs, mpmath.sign),
    "binary_cross_entropy": (
        lambda y, y_hat: -y * mpmath.log(y_hat) - (1 - y) * mpmath.log1p(-y_hat),
        lambda y, y_hat: (y_hat - y) / (y_hat * (1 - y_hat)),
    ),
    "cos": (mpmath.cos, lambda z: -mpmath.sin(z)),
    "example_3_1": (
        lambda x: 2 * x**2 * mpmath.log(abs(x)) if x else x,
        lambda x: 2 * x * (2 * mpmath.log(abs(x)) + 1) if x else x,
    ),
    "exp": (mpmath.exp, mpmath.exp),
    "identity": (lambda z: z, lambda z: mpmath.mpf(1)),
    "log": (mpmath.log, lambda z: 1 / z),
    "relu": (lambda z: max(z, 0), lambda z: mpmath.mpf(z >= 0)),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "sigmoid_cross_entropy": (
        lambda y, z: y * _softplus(-z) + (1 - y) * _softplus(z),
        lambda y, z: (1 - y) * _sigmoid(z) - y * _sigmoid(-z),
    ),
    "sin": (mpmath.sin, mpmath.cos),
    "squared_error": (lambda y, y_hat: (y - y_hat) ** 2, lambda y, y_hat: -2 * (y - y_hat)),
    "tan": (mpmath.tan, lambda z: 1 / mpmath.cos(z) ** 2),
    "tanh": (mpmath.tanh, lambda z: 4 * _sigmoid(2 * z) * _sigmoid(-2 * z)),
    "unit_step": (lambda z: mpmath.mpf(z >= 0), lambda z: mpmath.mpf(0)),
}
ELEMENTWISE = [name for name, formula in FORMULAS.items() if formula.elementwise]
OF_ONE = [name for name in ELEMENTWISE if len(FORMULAS[name].axes) == 1]


def true(function: Callable[..., Any], *arrays: Real) -> Exact:
    with mpmath.workdps(DIGITS):
        return np.frompyfunc(lambda *numbers: function(*map(mpmath.mpf, numbers)), len(arrays), 1)(*arrays)


def sizes(generator: np.random.Generator, count: int) -> Real:
    """Log-uniform magnitudes: all that float64 has, subnormal numbers too, then where the functions bend."""
    return 10.0 ** np.concatenate([generator.uniform(-323, 308.2, count), generator.uniform(-3, 3, count)])


def numbers(formula: Formula) -> Real:
    generator = np.random.default_rng(0)
    size = np.concatenate([sizes(generator, 300), [np.finfo(float).max, 5e-324, 1.0]])
    (domain,) = formula.domains.values()
    if domain is POSITIVE:
        return size
    zero_of_3_1 = 0.6065306597126334
    near_it = zero_of_3_1 + np.array([-1e-3, -1e-9, -1e-16, 0, 1e-16, 1e-9, 1e-3])
    both = np.concatenate([size, near_it, -size, -near_it])
    return both if domain is NONZERO else np.concatenate([both, [0.0, -0.0]])


def assert_close(function: Callable[..., Any], arrays: list[Real], truth: Exact, ulp: float = ULP) -> None:
    """Within some ulp, without a warning where every exact value is finite, and infinite where it overflows."""
    finite = np.vectorize(lambda t: abs(t) < OVERFLOW, otypes=[bool])(truth)
    computed = function(*[array[finite] for array in arrays])  # a warning would be an error
    error = ulp_error(computed, truth[finite])
    at = np.argmax(error)
    assert error[at] <= ulp, f"{error[at]} ulp at {[array[finite][at] for array in arrays]}: {computed[at]}"
    with np.errstate(over="ignore", divide="ignore"):
        beyond = function(*[array[~finite] for array in arrays])
    assert np.all(ulp_error(beyond, truth[~finite]) == 0)


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_number_on_the_whole_range(name: str) -> None:
    formula, (value, derivative) = FORMULAS[name], TRUE[name]
    z = numbers(formula)
    assert_close(formula.value, [z], true(value, z))
    assert_close(formula.companions["derivative"], [z], true(derivative, z))


def pairs(name: str, y: str) -> list[Real]:
    """y as asked, and the second argument over its whole domain."""
    generator = np.random.default_rng(1)
    size = sizes(generator, 300)
    signed = np.concatenate([size, -size, [0.0]])
    inside = np.concatenate([size[size < 1], 1 - 10 ** generator.uniform(-15.9, 0, 300), [0.5, 1 - 2.0**-53]])
    second = inside if name == "binary_cross_entropy" else signed
    random = generator.choice(signed, second.size) if name == "squared_error" else generator.random(second.size)
    return [{"0": np.zeros(second.size), "1": np.ones(second.size), "random": random}[y], second]


@pytest.mark.parametrize("y", ["0", "1", "random"])
@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name not in OF_ONE])
def test_losses_of_two_numbers_on_the_whole_range(name: str, y: str) -> None:
    formula, (value, derivative) = FORMULAS[name], TRUE[name]
    arrays = pairs(name, y)
    assert_close(formula.value, arrays, true(value, *arrays))
    if (name, y) != ("sigmoid_cross_entropy", "random"):  # there the terms σ(z) and y cancel, see below
        assert_close(formula.companions["derivative"], arrays, true(derivative, *arrays))


def test_sigmoid_cross_entropy_derivative_by_the_size_of_its_terms() -> None:
    y, z = pairs("sigmoid_cross_entropy", "random")
    computed = FORMULAS["sigmoid_cross_entropy"].companions["derivative"](y, z)
    terms = [true(lambda y, z: (1 - y) * _sigmoid(z), y, z), true(lambda y, z: y * _sigmoid(-z), y, z)]
    with mpmath.workdps(DIGITS):
        error = np.abs(computed - (terms[0] - terms[1])) / (terms[0] + terms[1])
    assert np.max(error) < ULP * 2.0**-52


# Several numbers


@functools.cache
def unlike_sizes(shape: tuple[int, int]) -> tuple[list[Real], tuple[Exact, Exact]]:
    """Targets and logits that drown one another, every other sample right and certain; the gradient and its terms."""
    generator = np.random.default_rng(3)
    y = 10.0 ** generator.uniform(-40, 2, shape) * generator.choice([-1, 0, 1, 1, 1], shape)
    l = 10.0 ** generator.uniform(-3, 2.5, shape) * generator.choice([-1, 1], shape)
    right = np.arange(0, len(l), 2), generator.integers(0, shape[1], len(l) // 2)
    y[::2] *= 1e-20
    y[right], l[right] = 1, l.max() + 1
    l[1], y[1, 0] = l.max(), 0  # all probabilities are the same
    return [y, l], fused_gradient(y, l)


def fused_gradient(y: Real, l: Real) -> tuple[Exact, Exact]:
    """∂J/∂l_i = p_i Σ_{j≠i} y_j - y_i Σ_{j≠i} p_j, and the sizes of these terms, l - max l being rounded in p, too."""
    with mpmath.workdps(DIGITS):
        e = np.frompyfunc(mpmath.exp, 1, 1)(l.astype(object) * mpmath.mpf(1))
        p, K = e / np.sum(e, axis=1, keepdims=True), l.shape[1]
        others = np.ones((K, K), int) - np.eye(K, dtype=int)
        size = p * (1 + l.max(axis=1, keepdims=True) - l)
        return p * (y @ others) - y * (p @ others), size * (np.abs(y) @ others) + np.abs(y) * (size @ others)


@pytest.mark.parametrize("library", [np, jax.jit, "torch"], ids=["numpy", "jit", "torch"])
@pytest.mark.parametrize("shape", [(20, 3), (400, 3), (20, 70), (130, 33)], ids=["few", "columns", "rows", "long rows"])
def test_fused_gradient_by_the_size_of_its_terms(shape: tuple[int, int], library: Any) -> None:
    (y, l), (truth, terms) = unlike_sizes(shape)
    if library == "torch":
        torch = pytest.importorskip("torch")
        computed = softmax_cross_entropy_vjp(torch.from_numpy(y), torch.from_numpy(l))[1](torch.ones(len(l))).numpy()
    else:
        compiled = library(softmax_cross_entropy_gradient) if library is jax.jit else softmax_cross_entropy_gradient
        computed = np.asarray(compiled(y, l))
    with mpmath.workdps(DIGITS):
        bound = ULP * 2.0**-52 * terms + np.finfo(float).smallest_normal
        off = np.abs(computed - truth) > bound
    assert not np.any(off), f"{computed[off][0]} for {truth[off][0]}"


def large(formula: Formula, seed: int = 0) -> list[Real]:
    """Arguments near ±1000, or exactly; targets one-hot, or mixed where only the values count."""
    generator = np.random.default_rng(seed)
    count, width = 16, 4
    near = generator.choice([-1000.0, 1000.0], (count, width)) + generator.choice([0, 1, 1e-3, 40], (count, width))
    if formula.elementwise:
        near = near[:, 0]
    targets = np.eye(width)[generator.integers(0, width, count)]
    if "cross_entropy" not in formula.name:
        targets = -near[::-1]
    elif formula.elementwise:
        targets = generator.integers(0, 2, count).astype(float)
    return [near] if len(formula.axes) == 1 else [targets, near]


@pytest.mark.parametrize(
    "name",
    [
        "softmax",
        "softmax_cross_entropy",
        "sigmoid_cross_entropy",
        "squared_error",
        "sum_squared_error",
        "mean_squared_error",
    ],
)
def test_finite_and_accurate_at_a_thousand(name: str) -> None:
    formula = FORMULAS[name]
    arguments = large(formula)
    inputs = arguments + [np.random.default_rng(2).uniform(-1, 1, arguments[0].shape)] * (name == "softmax")
    computed = accuracy.by_hand(formula, inputs)
    arrays = [array for arrays in computed for array in arrays]
    assert all(np.all(np.isfinite(array)) for array in arrays)
    values, units = accuracy.truth(formula, inputs)
    for array, value, unit in zip(arrays, values, units, strict=True):
        _, conditioning = accuracy.worst_error((array,), [value], [unit])
        assert conditioning is not None
        assert conditioning <= CONDITIONING


def test_softmax_jacobian_keeps_the_digits_that_p_times_one_minus_p_loses() -> None:
    l = np.array([[0.0, -gap, -gap - 1] for gap in (20.0, 36.0, 40.0, 300.0, 700.0)])
    diagonal = exact(jax.vmap(jax.jacrev(reference.probabilities.softmax)), l)[0][:, 0, 0]
    p = np.exp(l[:, 0]) / np.sum(np.exp(l), axis=1)
    assert np.max(ulp_error(softmax_jacobian(l)[:, 0, 0], diagonal)) <= ULP
    assert np.min(ulp_error(p * (1 - p), diagonal)) > 1e6


@pytest.mark.parametrize(
    ("hand", "naive", "by_jax"),
    [
        (sigmoid_derivative, reference.activations.sigmoid, jax.nn.sigmoid),
        (tanh_derivative, reference.activations.tanh, jnp.tanh),
    ],
)
def test_jax_loses_all_digits_in_the_tails(hand: Any, naive: Any, by_jax: Any) -> None:
    z = np.array([40.0, 100.0, 222.0, 300.0, 350.0])
    truth = exact(jax.vmap(jax.grad(naive)), z)[0]
    assert np.max(ulp_error(hand(z), truth)) <= ULP
    assert np.min(ulp_error(np.asarray(jax.vmap(jax.grad(by_jax))(z)), truth)) > 1e15


def test_the_benchmark_writes_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    accuracy.main(["tanh", "euclidean_error", "--samples", "64", "--format", "json", "--output", str(file)])
    rows = {(row["function"], row["unit"]): row for row in json.loads(file.read_text())["rows"]}
    assert len(rows) == 8
    assert rows["tanh_derivative", "ulp"]["hand"] <= ULP
    assert rows["tanh_derivative", "ulp"]["printed"] > 1e6
    assert rows["euclidean_error", "conditioning"]["hand"] <= CONDITIONING
    assert rows["euclidean_error", "conditioning"]["printed"] == "inf"


# The truth itself


def close_to_fifty_digits(found: Exact, wanted: Exact) -> bool:
    negligible = mpmath.mpf(2) ** -1200
    with mpmath.workdps(DIGITS):
        close = [abs(a - b) <= abs(b) * mpmath.mpf(10) ** -50 for a, b in zip(found, wanted, strict=True)]
    return all(c or max(abs(a), abs(b)) < negligible for c, a, b in zip(close, found, wanted, strict=True))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_exact_agrees_with_forms_that_do_not_cancel(name: str) -> None:
    formula, functions = FORMULAS[name], TRUE[name]
    forward = accuracy.reference_of(formula)
    z = np.array([1e-300, 0.25, 0.75, 1 - 2.0**-53])
    if name != "binary_cross_entropy":
        z = np.concatenate([z, [222.0, 700.0], [1e22, 1e300] if name in OF_ONE else []])
    if name not in ("binary_cross_entropy", "log"):
        z = np.concatenate([z, -z])
    arrays = [z] if name in OF_ONE else [np.full(z.size, 0.3), z]
    found = exact(jax.vmap(lambda *sample: (forward(*sample), jax.grad(forward, len(arrays) - 1)(*sample))), *arrays)
    for computed, function in zip(found, functions, strict=True):
        assert close_to_fifty_digits(computed, true(function, *arrays))


def test_exact_recovers_a_term_that_low_precision_loses() -> None:
    z = np.array([20.0, 200.0, 600.0, 1000.0])
    wanted = true(lambda z: mpmath.exp(-z), z)
    assert close_to_fifty_digits(exact(jax.vmap(lambda z: (1 + jnp.exp(-z)) - 1), z)[0], wanted)
    log1p = true(lambda z: mpmath.log1p(mpmath.exp(-z)), z)
    assert close_to_fifty_digits(exact(jax.vmap(lambda z: jnp.log(1 + jnp.exp(-z))), z)[0], log1p)
    assert close_to_fifty_digits(exact(jax.vmap(lambda z: jnp.sum(jnp.stack([z, jnp.exp(-z), -z]))), z)[0], wanted)
    beside = exact(jax.vmap(lambda z: 1e-100 + 1e300 * (1 - jnp.tanh(z))), z)[0]
    assert close_to_fifty_digits(beside, true(lambda z: mpmath.mpf(1e-100) + 2e300 * _sigmoid(-2 * z), z))


def test_exact_gives_nan_where_the_function_has_no_value() -> None:
    x = np.array([0.0, -1.0])
    quotient, logarithm, power = exact(lambda x: (x / x, jnp.log(x), x**-1), x)
    assert [mpmath.isnan(entry) for entry in quotient] == [True, False]
    assert [mpmath.isnan(entry) for entry in logarithm] == [True, True]
    assert [mpmath.isnan(entry) for entry in power] == [True, False]


def test_exact_refuses_what_no_precision_settles() -> None:
    with pytest.raises(ArithmeticError, match="not settled"):
        exact(lambda x: jnp.sin(jnp.exp(x)), np.array([5000.0]))


def test_exact_of_no_samples_has_the_shapes() -> None:
    (jacobian,) = exact(jax.vmap(jax.jacrev(jnp.exp)), np.empty((0, 3)))
    assert jacobian.shape == (0, 3, 3)


@pytest.mark.parametrize(
    ("computed", "truth", "error"),
    [
        (1.0, 1, 0),
        (1 + 2.0**-52, 1, 1),
        (1 - 2.0**-53, 1, 0.5),
        (1.0, 1 - mpmath.mpf(2) ** -53, 1),
        (-3.0, 3, 6 * 2.0**51),
        (5e-324, 0, 1),
        (0.0, mpmath.mpf(2) ** -1074, 1),
        (0.0, mpmath.mpf(2) ** -1100, 2.0**-26),
        (1e-320, mpmath.mpf(1e-320), 0),
        (np.inf, mpmath.mpf(2) ** 1024, 0),
        (np.inf, OVERFLOW, 0),
        (np.inf, OVERFLOW - 1, np.inf),
        (-np.inf, mpmath.mpf(2) ** 1024, np.inf),
        (np.inf, 1, np.inf),
        (np.finfo(float).max, OVERFLOW, 0.5),
        (np.nan, 1, np.inf),
        (1.0, mpmath.nan, np.inf),
    ],
)
def test_ulp_error(computed: float, truth: Any, error: float) -> None:
    true_value = np.empty(1, object)
    true_value[0] = truth
    assert ulp_error(np.array([computed]), true_value)[0] == error


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_every_formula_within_a_few_units_of_conditioning(formula: Formula) -> None:
    for row in accuracy.measured(formula, 16, 1):
        assert row.unit != "conditioning" or row.hand is None or row.hand <= CONDITIONING, row.function


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_the_benchmark_draws_numbers_for_every_formula(formula: Formula) -> None:
    draw = accuracy._Draw(np.random.default_rng(0), formula, 16)
    for name, axes in formula.axes.items():
        core = (3,) if isinstance(formula.domains[name], tuple) else (2,) * len(axes)
        drawn = draw.entries(formula.domains[name], core)
        assert drawn.dtype.kind == ("i" if formula.domains[name] is LABEL else "f"), name
