"""handgrad.jax: the catalogue's formulas as functions that JAX differentiates by the rules worked out by hand."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import handgrad
import handgrad.jax
from handgrad._arrays import IN_COLUMNS, row_products, row_sums
from handgrad.catalogue import FORMULAS, Formula
from tests import bridges
from tests.bridges import BRANCHED, JAX_WAYS, WITH_DATA, Real, over_samples, positions
from tests.cases import Case, cases, distinct
from tests.compiling import compiled

each_formula = pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
each_way = pytest.mark.parametrize("way", ["rev", pytest.param("fwd", marks=pytest.mark.exhaustive)])
bridge: Any = handgrad.jax  # Any, since some calls are wrong on purpose

LOG1P: dict[str, float] = {"binary_cross_entropy": 256, "mean_binary_cross_entropy": 256}
"""Values with a log1p, which near -0.4 XLA computes no closer than to so many ulp."""


@pytest.fixture(autouse=True)
def _points_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary counts what the catalogue's own functions were verified at."""
    monkeypatch.setattr("tests.cases.VERIFIED", {})


def bridged(case: Case) -> Callable[..., Any]:
    """The function under test, its options chosen."""
    return functools.partial(getattr(bridge, case.formula.name), **case.keywords)


def answers(case: Case) -> Callable[..., dict[str, Any]]:
    """Value, Jacobians, cotangents and tangent, as a function of arguments, cotangent and tangents."""
    function, by = bridged(case), positions(case.formula, case.formula.by)

    def answer(args: list[Any], cotangent: Any, tangents: list[Any]) -> dict[str, Any]:
        def of_differentiable(*chosen: Any) -> Any:
            return function(*(dict(enumerate(args)) | dict(zip(by, chosen, strict=True))).values())

        chosen = [args[i] for i in by]
        value, pullback = jax.vjp(of_differentiable, *chosen)
        jacobians = {way: over_samples(jax.vmap, case, jac(function, by))(*args) for way, jac in JAX_WAYS.items()}
        _, tangent = jax.jvp(of_differentiable, tuple(chosen), tuple(tangents))
        return {"value": value, **jacobians, "vjp": pullback(cotangent), "jvp": tangent}

    return answer


def compare(case: Case) -> None:
    """All of it with JAX on the naive reference."""
    found = compiled(answers(case))(case.arguments(), *case.directions())
    bridges.compare(case, jax.tree.map(np.asarray, found), LOG1P.get(case.formula.name, 0))


def derivative(case: Case, names: Sequence[str], *ways: str) -> list[Real]:
    """As tests.bridges asks for it."""
    return derivative_of(bridged(case), case, names, *ways)


def derivative_of(function: Callable[..., Any], case: Case, names: Sequence[str], *ways: str) -> list[Real]:
    """Of another function of the case's arguments."""
    for way in ways:
        function = JAX_WAYS[way](function, positions(case.formula, names))
    found = compiled(over_samples(jax.vmap, case, function))(*case.arguments())
    return [np.asarray(leaf) for leaf in jax.tree.leaves(found)]


# Derivatives


@each_formula
def test_derivatives_equal_jax(formula: Formula) -> None:
    compare(dataclasses.replace(distinct(formula), samples=64))


@each_formula
def test_float32_stays_float32(formula: Formula) -> None:
    case = dataclasses.replace(distinct(formula, "float32"), samples=2)
    found = jax.eval_shape(answers(case), case.arguments(), *case.directions())
    assert {array.dtype for array in jax.tree.leaves(found)} == {np.dtype("float32")}


@pytest.mark.exhaustive
@each_formula
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_derivatives_equal_jax_on_random_cases(formula: Formula, dtype: str) -> None:
    @hypothesis.settings(max_examples=6)
    @hypothesis.given(cases(formula, dtype))
    def on_random_cases(case: Case) -> None:
        compare(case)

    compare(distinct(formula, dtype))
    on_random_cases()


@pytest.mark.parametrize("name", BRANCHED)
def test_the_hessian_where_the_body_branches(name: str) -> None:
    bridges.check_higher(derivative, FORMULAS[name], "rev", "fwd")


@pytest.mark.parametrize("name", BRANCHED)
@pytest.mark.parametrize("ways", [("rev",), ("rev", "fwd")], ids=str)
def test_the_body_differentiated_by_jax(name: str, ways: tuple[str, ...]) -> None:
    def derivative(case: Case, names: Sequence[str], *ways: str) -> list[Real]:
        return derivative_of(functools.partial(case.formula.value, **case.keywords), case, names, *ways)

    bridges.check_higher(derivative, FORMULAS[name], *ways)


@pytest.mark.exhaustive
@pytest.mark.parametrize("ways", [("rev", "fwd"), ("fwd", "rev"), ("rev", "rev"), ("fwd", "fwd", "fwd")], ids=str)
@each_formula
def test_higher_derivatives_equal_jax(formula: Formula, ways: tuple[str, ...]) -> None:
    bridges.check_higher(derivative, formula, *ways)


@pytest.mark.exhaustive
@each_formula
def test_the_checker_of_jax_agrees(formula: Formula) -> None:
    case, args = bridges.moderate(formula)
    floats, function = positions(formula, bridges.floats(formula)), bridged(case)

    def of_floats(*chosen: Any) -> Any:
        return function(*(dict(enumerate(args)) | dict(zip(floats, chosen, strict=True))).values())

    check_grads(jax.jit(of_floats), [args[i] for i in floats], order=2, modes=["fwd", "rev"])


def test_at_kinks_the_derivative_is_the_one_by_hand() -> None:
    def slopes(z: Any) -> list[Any]:
        return [jax.grad(getattr(bridge, name))(z) for name in ("relu", "absolute", "unit_step")]

    assert compiled(slopes)(np.array(0.0)) == [1, 0, 0]  # of a maximum JAX's own is 0.5, and of |z| it is 1
    y = np.ones(3)
    by_y, by_y_hat = compiled(jax.grad(bridge.euclidean_error, (0, 1)))(y, y)  # JAX's own are nan
    assert by_y.tolist() == by_y_hat.tolist() == [0, 0, 0]


# Derivatives by data


@pytest.mark.parametrize("formula", WITH_DATA.values(), ids=WITH_DATA)
@each_way
def test_derivatives_by_data(formula: Formula, way: str) -> None:
    bridges.check_by_data(derivative, formula, way)


@pytest.mark.parametrize("name", [*bridges.AFFINE, *bridges.OF_A_DIFFERENCE])
@each_way
def test_derivatives_by_targets_of_0_and_1(name: str, way: str) -> None:
    bridges.check_by_target(derivative, FORMULAS[name], way)


def test_target_and_prediction_may_both_depend_on_what_is_differentiated() -> None:
    def entropy(l: Any) -> Any:
        return bridge.softmax_cross_entropy(bridge.softmax(l), l)

    def naive(l: Any) -> Any:
        p = jnp.exp(l) / jnp.sum(jnp.exp(l))
        return -jnp.sum(p * jnp.log(p))

    def derivatives(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda l: [jax.grad(function)(l), jax.jacfwd(function)(l), jax.hessian(function)(l)]

    l = np.array([0.5, -1.0, 2.0])
    for ours, theirs in zip(compiled(derivatives(entropy))(l), compiled(derivatives(naive))(l), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-15)


def test_only_what_is_asked_for_is_differentiated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handgrad._bridges.Rules.of_data", None)  # a call would be an error
    y, l = np.array([1.0, 0.0]), np.array([0.5, 2.0])
    for loss in (bridge.softmax_cross_entropy, jax.jit(bridge.softmax_cross_entropy)):
        jax.eval_shape(jax.hessian(loss, argnums=1), y, l)
        jax.eval_shape(jax.grad(lambda l, loss=loss: loss(jax.lax.stop_gradient(bridge.softmax(l)), l)), l)
        with pytest.raises(TypeError):
            jax.eval_shape(jax.grad(loss, argnums=0), y, l)


# Accuracy


@pytest.mark.parametrize("jac", [jax.grad, jax.jacfwd])
@pytest.mark.parametrize("name", bridges.TRUE_SLOPE)
def test_slopes_keep_their_digits_in_the_tails_under_jit(name: str, jac: Callable[..., Any]) -> None:
    slope = jax.jit(jax.vmap(jac(getattr(bridge, name))))
    bridges.check_tails(name, lambda z: np.asarray(slope(z)))


@pytest.mark.parametrize("name", bridges.TRUE_SLOPE)
def test_second_derivatives_vanish_far_out_under_jit(name: str) -> None:
    curvature = jax.jit(jax.vmap(jax.grad(jax.grad(getattr(bridge, name)))))
    np.testing.assert_array_equal(curvature(np.array([-1e300, -800.0, 800.0, 1e300])), np.zeros(4))


@pytest.mark.parametrize("outer", [jax.jacrev, jax.jacfwd])
def test_second_derivatives_keep_their_digits_under_jit(outer: Callable[..., Any]) -> None:
    hessian = jax.jit(outer(jax.grad(bridge.softmax_cross_entropy, argnums=1), argnums=1))
    bridges.check_saturated_hessian(lambda y, l: np.asarray(hessian(y, l)))


# Transformations


@dataclasses.dataclass(frozen=True)
class Layer:
    """One dense layer before a softmax, and a batch of 8."""

    W: Real
    b: Real
    x: Real
    y: Real

    @classmethod
    def drawn(cls) -> Layer:
        """The same one at every call."""
        generator = np.random.default_rng(3)
        y = np.eye(4)[generator.integers(0, 4, 8)]
        return cls(generator.normal(size=(3, 4)), generator.normal(size=4), generator.normal(size=(8, 3)), y)

    def loss(self, parameters: tuple[Any, Any]) -> Any:
        """By the functions under test, at any parameters."""
        return jnp.mean(bridge.softmax_cross_entropy(self.y, bridge.dense(self.x, *parameters)))

    def gradients(self, W: Real, b: Real) -> tuple[Real, Real]:
        """By handgrad on NumPy arrays."""
        _, (dW,), (db,) = handgrad.mlp_gradients([W], [b], self.x, self.y, ["identity"], "softmax_cross_entropy")
        return dW, db


def assert_equal(found: Any, expected: Any) -> None:
    for ours, own in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, own, rtol=1e-12, atol=1e-15)


GRADIENTS: dict[str, Callable[..., Any]] = {
    "grad": jax.grad,
    "grad of jit": lambda loss: jax.grad(jax.jit(loss)),
    "grad of checkpoint": lambda loss: jax.grad(jax.checkpoint(loss)),
    "jacfwd": jax.jacfwd,
    "transposed linearization": lambda loss: (
        lambda at: jax.linear_transpose(jax.linearize(loss, at)[1], at)(jnp.asarray(1.0))[0]
    ),
}


@pytest.mark.parametrize("way", GRADIENTS)
def test_ways_to_a_gradient(way: str) -> None:
    layer = Layer.drawn()
    gradient = compiled(GRADIENTS[way](layer.loss))
    assert_equal(gradient((layer.W, layer.b)), layer.gradients(layer.W, layer.b))


def test_a_gradient_step_by_step() -> None:
    layer = Layer.drawn()
    assert_equal(jax.grad(layer.loss)((layer.W, layer.b)), layer.gradients(layer.W, layer.b))


def test_a_batch_of_networks_over_a_batch_of_samples() -> None:
    layer = Layer.drawn()
    W, b = np.stack([layer.W, -layer.W]), np.stack([layer.b, 2 * layer.b])

    def of_one(x: Any, y: Any, parameters: Any) -> Any:
        return dataclasses.replace(layer, x=x, y=y).loss(parameters)

    of_samples = jax.vmap(jax.grad(of_one, argnums=2), (0, 0, None))
    dW, db = compiled(jax.vmap(of_samples, (None, None, 0)))(layer.x, layer.y, (W, b))
    for i in range(2):
        assert_equal((dW[i].mean(axis=0), db[i].mean(axis=0)), layer.gradients(W[i], b[i]))


def test_training_in_a_scan_and_its_derivative() -> None:
    layer = Layer.drawn()

    def trained(rate: Any) -> Any:
        def step(parameters: Any, _: None) -> tuple[Any, Any]:
            J, gradients = jax.value_and_grad(layer.loss)(parameters)
            return jax.tree.map(lambda theta, d: theta - rate * d, parameters, gradients), J

        return jax.lax.scan(step, (jnp.asarray(layer.W), jnp.asarray(layer.b)), None, length=3)

    W, b = layer.W, layer.b
    for _ in range(3):
        dW, db = layer.gradients(W, b)
        W, b = W - 0.5 * dW, b - 0.5 * db
    train = compiled(trained)
    assert_equal(train(np.array(0.5))[0], (W, b))

    def slopes(rate: Any) -> list[Any]:
        return [jac(lambda rate: trained(rate)[1][-1])(rate) for jac in JAX_WAYS.values()]

    above, below = (train(np.array(0.5 + step))[1][-1] for step in (1e-5, -1e-5))
    np.testing.assert_allclose(compiled(slopes)(np.array(0.5)), (above - below) / 2e-5, rtol=1e-8)


@pytest.mark.parametrize("length", [0, 1, 2, IN_COLUMNS, IN_COLUMNS + 1])
def test_row_sums_in_a_program(length: int) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (3, length))
    wanted = np.sum(x, axis=-1, keepdims=True)
    np.testing.assert_allclose(jax.jit(lambda x: row_sums(jnp, x))(x), wanted, rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        jax.jit(lambda x: row_products(jnp, x, x))(x), np.sum(x * x, axis=-1), rtol=0, atol=1e-14
    )
    slope = jax.grad(lambda x: jnp.sum(row_sums(jnp, x) ** 2))
    np.testing.assert_allclose(slope(x), np.broadcast_to(2 * wanted, x.shape), rtol=0, atol=1e-13)
    assert "pad" not in str(jax.make_jaxpr(slope)(x))  # the transpose of a column, which is a row for each


# Arguments


def test_lists_numbers_and_numpy_arrays_become_jax_arrays() -> None:
    for z in ([0.5, 1.5], np.array([0.5, 1.5]), jnp.asarray([0.5, 1.5])):
        a = bridge.sigmoid(z)
        assert isinstance(a, jax.Array)
        np.testing.assert_allclose(a, handgrad.sigmoid([0.5, 1.5]), rtol=1e-15)
    single = jnp.ones(2, np.float32)
    assert bridge.addition(1, 2).dtype == np.float64
    assert bridge.addition(single, [1, 2]).dtype == np.float32
    assert bridge.addition(np.ones(2, np.float32), [1, 2]).dtype == np.float32
    assert bridge.addition(single, np.ones(2)).dtype == np.float64
    assert bridge.addition(jnp.ones(2, int), np.ones(2, bool)).dtype == np.float64
    assert jax.eval_shape(jax.grad(lambda w: bridge.affine([1, 2], w, 3)), single).dtype == np.float32


def test_integers_have_no_derivative() -> None:
    y_hat = np.array([[0.25, 0.75], [0.5, 0.5]])
    gradient = compiled(jax.grad(lambda label, y_hat: bridge.label_cross_entropy(label, y_hat).sum(), argnums=1))
    np.testing.assert_allclose(gradient(np.array([1, 0]), y_hat), [[0, -4 / 3], [-2, 0]])
    assert np.isnan(gradient(np.array([2, 0]), y_hat)).tolist() == [[True, True], [False, False]]
    with pytest.raises(ValueError, match="label holds 2, y_hat has 2 classes"):  # it is known here, unlike above
        jax.grad(bridge.label_cross_entropy, argnums=1)(2, y_hat[0])
    with pytest.raises(TypeError, match="real- or complex-valued"):
        jax.grad(bridge.label_cross_entropy, argnums=0)(1, y_hat[0])


def test_arguments_by_name() -> None:
    x, W, b = np.ones(2), np.ones((2, 3)), np.arange(3.0)
    assert bridge.dense(b=b, W=W, x=x).tolist() == [2, 3, 4]
    neuron = jax.jit(bridge.neuron, static_argnames="activation")
    assert neuron(x, x, 1.0, activation="relu") == 3
    assert jax.grad(lambda b: neuron(x, x, b, activation="tanh"))(-2.0) == 1


ERRORS: dict[str, tuple[type[Exception], Callable[[], Any]]] = {
    "dense: missing a required argument: 'b'": (TypeError, lambda: bridge.dense([1.0], [[1.0]])),
    "softmax: got an unexpected keyword argument 'axis'": (TypeError, lambda: bridge.softmax([1.0], axis=0)),
    "softmax: l holds strings; real numbers fit, as float32, float64 or integers": (
        TypeError,
        lambda: bridge.softmax("abc"),
    ),
    "softmax: l has dtype bfloat16; real numbers fit, as float32, float64 or integers": (
        TypeError,
        lambda: bridge.softmax(jnp.ones(2, jnp.bfloat16)),
    ),
    "dense: W has shape (3, 4), x has shape (2, 5); W must have shape (5, k)": (
        ValueError,
        lambda: bridge.dense(jnp.ones((2, 5)), jnp.ones((3, 4)), jnp.ones(4)),
    ),
    "softmax: l has shape (0,); it must have at least one class": (ValueError, lambda: bridge.softmax([])),
    "neuron: activation is 'swish'; it must be one of identity, sigmoid, tanh, relu, absolute, unit_step, exp, log, "
    "sin, cos, tan": (ValueError, lambda: bridge.neuron([1.0], [1.0], 0.0, activation="swish")),
}


@pytest.mark.parametrize("message", ERRORS)
def test_what_does_not_fit(message: str) -> None:
    error, call = ERRORS[message]
    with pytest.raises(error, match=rf"^{re.escape(message)}(\n|$)"):  # JAX may add a note on its traceback
        call()


def test_tensors_do_not_fit() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    with pytest.raises(TypeError, match=r"^dense: W is from torch; JAX or NumPy arrays fit$"):
        bridge.dense(np.ones(2), torch.ones(2, 3), np.ones(3))


# The module


def test_every_formula_is_exported() -> None:
    assert handgrad.jax.__all__ == sorted(FORMULAS)


@each_formula
def test_functions_look_like_the_catalogues(formula: Formula) -> None:
    function = getattr(bridge, formula.name)
    assert (function.__module__, function.__name__, function.__qualname__) == ("handgrad.jax", *2 * [formula.name])
    assert inspect.signature(function) == inspect.signature(formula.value)
    assert f"``handgrad.{formula.name}_jvp``" in function.__doc__
    assert ("JAX's own" in function.__doc__) == (formula.name in set(WITH_DATA) - set(bridges.OF_A_DIFFERENCE))
    assert ("its opposite" in function.__doc__) == (formula.name in bridges.OF_A_DIFFERENCE)
    assert pickle.loads(pickle.dumps(function)) is function


def test_without_jax_the_import_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "handgrad.jax")
    with pytest.raises(ImportError, match=r"^handgrad\.jax needs JAX: python -m pip install 'handgrad\[jax\]'$"):
        importlib.import_module("handgrad.jax")


def test_the_import_is_light() -> None:
    heavy = "import sys, handgrad.jax; print(sorted({'torch', 'hypothesis', 'rich', 'jaxtyping'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"
