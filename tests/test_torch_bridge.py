"""handgrad.torch: the catalogue's formulas as functions that PyTorch differentiates by the rules worked out by hand."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import pickle
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
import jax
import numpy as np
import pytest

import handgrad
from handgrad.catalogue import FORMULAS, Formula
from tests import bridges
from tests.bridges import BRANCHED, WITH_DATA, Real, over_samples, positions
from tests.cases import Case, cases, distinct

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")

each_formula = pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
each_way = pytest.mark.parametrize("way", ["rev", pytest.param("fwd", marks=pytest.mark.exhaustive)])
bridge: Any = importlib.import_module("handgrad.torch")
WAYS: dict[str, Callable[..., Any]] = {"rev": torch.func.jacrev, "fwd": torch.func.jacfwd}

# PyTorch's own forward mode still calls what PyTorch has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


@pytest.fixture(autouse=True)
def _points_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary counts what the catalogue's own functions were verified at."""
    monkeypatch.setattr("tests.cases.VERIFIED", {})


def bridged(case: Case) -> Callable[..., Any]:
    """The function under test, its options chosen."""
    return functools.partial(getattr(bridge, case.formula.name), **case.keywords)


def tensors(arrays: Sequence[Real], *needed: int) -> list[Any]:
    """The arrays as tensors, some of which a gradient is wanted by."""
    return [torch.tensor(array, requires_grad=i in needed) for i, array in enumerate(arrays)]


def as_numpy(tree: Any) -> Any:
    """A tree of tensors as arrays."""
    return jax.tree.map(lambda tensor: tensor.detach().numpy(), tree)


def answers(case: Case) -> dict[str, Any]:
    """Value, Jacobians, cotangents and tangent."""
    function, by, args = bridged(case), positions(case.formula, case.formula.by), case.arguments()
    cotangent, tangents = case.directions()
    needing = tensors(args, *by)
    value = function(*needing)

    def of_differentiable(*chosen: Any) -> Any:
        return function(*(dict(enumerate(tensors(args))) | dict(zip(by, chosen, strict=True))).values())

    pulled = torch.autograd.grad(value, [needing[i] for i in by], *tensors([cotangent]))
    _, tangent = torch.func.jvp(of_differentiable, tuple(tensors([args[i] for i in by])), tuple(tensors(tangents)))
    jacobians = {
        way: over_samples(torch.func.vmap, case, jac(function, by))(*tensors(args)) for way, jac in WAYS.items()
    }
    return as_numpy({"value": value, **jacobians, "vjp": pulled, "jvp": tangent})


def derivative(case: Case, names: Sequence[str], *ways: str) -> list[Real]:
    """As tests.bridges asks for it."""
    function = bridged(case)
    for way in ways:
        function = WAYS[way](function, positions(case.formula, names))
    return jax.tree.leaves(as_numpy(over_samples(torch.func.vmap, case, function)(*tensors(case.arguments()))))


# Derivatives


@each_formula
def test_derivatives_equal_jax(formula: Formula) -> None:
    case = dataclasses.replace(distinct(formula), samples=64)
    bridges.compare(case, answers(case))


@each_formula
def test_float32_stays_float32(formula: Formula) -> None:
    found = answers(dataclasses.replace(distinct(formula, "float32"), samples=2))
    assert {array.dtype for array in jax.tree.leaves(found)} == {np.dtype("float32")}


@pytest.mark.exhaustive
@each_formula
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_derivatives_equal_jax_on_random_cases(formula: Formula, dtype: str) -> None:
    @hypothesis.settings(max_examples=6)
    @hypothesis.given(cases(formula, dtype))
    def on_random_cases(case: Case) -> None:
        bridges.compare(case, answers(case))

    bridges.compare(distinct(formula, dtype), answers(distinct(formula, dtype)))
    on_random_cases()


@pytest.mark.parametrize("ways", [("rev", "rev"), ("fwd", "fwd")], ids=str)
@pytest.mark.parametrize("name", BRANCHED)
def test_the_hessian_where_the_body_branches(name: str, ways: tuple[str, ...]) -> None:
    bridges.check_higher(derivative, FORMULAS[name], *ways)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "ways", [("rev", "rev"), ("rev", "fwd"), ("fwd", "rev"), ("fwd", "fwd"), ("rev", "rev", "rev")], ids=str
)
@each_formula
def test_higher_derivatives_equal_jax(formula: Formula, ways: tuple[str, ...]) -> None:
    bridges.check_higher(derivative, formula, *ways)


@each_formula
def test_gradcheck(formula: Formula) -> None:
    case, args = bridges.moderate(formula)
    assert torch.autograd.gradcheck(
        bridged(case),
        tensors(args, *positions(formula, bridges.floats(formula))),
        check_forward_ad=True,
        check_batched_grad=True,
    )


@pytest.mark.exhaustive
@each_formula
def test_gradgradcheck(formula: Formula) -> None:
    case, args = bridges.moderate(formula)
    assert torch.autograd.gradgradcheck(
        bridged(case),
        tensors(args, *positions(formula, bridges.floats(formula))),
        check_fwd_over_rev=True,
        check_rev_over_rev=True,
    )


def test_at_kinks_the_derivative_is_the_one_by_hand() -> None:
    at_0 = torch.tensor(0.0)
    slopes = [torch.func.grad(getattr(bridge, name))(at_0).item() for name in ("relu", "absolute", "unit_step")]
    assert slopes == [1, 0, 0]  # of relu PyTorch's own is 0
    y, y_hat = tensors([np.ones(3), np.ones(3)], 0, 1)
    bridge.euclidean_error(y, y_hat).backward()
    assert y.grad.tolist() == y_hat.grad.tolist() == [0, 0, 0]


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
        return -(torch.softmax(l, -1) * torch.log_softmax(l, -1)).sum()

    (l,) = tensors([np.array([0.5, -1.0, 2.0])])
    for derivative_of in (torch.func.grad, torch.func.jacfwd, torch.func.hessian):
        ours, theirs = (derivative_of(function)(l) for function in (entropy, naive))
        torch.testing.assert_close(ours, theirs, rtol=1e-13, atol=1e-15)


# Accuracy


@pytest.mark.parametrize("name", bridges.TRUE_SLOPE)
def test_slopes_keep_their_digits_in_the_tails(name: str) -> None:
    def slope(numbers: Real) -> Real:
        (z,) = tensors([numbers], 0)
        getattr(bridge, name)(z).sum().backward()
        return z.grad.numpy()

    bridges.check_tails(name, slope)
    bridges.check_tails(
        name, lambda numbers: as_numpy(torch.func.vmap(WAYS["fwd"](getattr(bridge, name)))(*tensors([numbers])))
    )


def test_second_derivatives_keep_their_digits() -> None:
    def hessian(y: Real, l: Real) -> Real:
        return torch.func.hessian(bridge.softmax_cross_entropy, argnums=1)(*tensors([y, l])).numpy()

    bridges.check_saturated_hessian(hessian)


# Use


def test_training_equals_the_network_of_handgrad() -> None:
    generator = np.random.default_rng(3)
    W, b, x = generator.normal(size=(3, 4)), generator.normal(size=4), generator.normal(size=(8, 3))
    y = np.eye(4)[generator.integers(0, 4, 8)]
    parameters = tensors([W, b], 0, 1)
    optimizer = torch.optim.SGD(parameters, lr=0.5)
    given = tensors([x, y])
    for _ in range(3):
        optimizer.zero_grad()
        bridge.softmax_cross_entropy(given[1], bridge.dense(given[0], *parameters)).mean().backward()
        optimizer.step()
        _, (dW,), (db,) = handgrad.mlp_gradients([W], [b], x, y, ["identity"], "softmax_cross_entropy")
        W, b = W - 0.5 * dW, b - 0.5 * db
    for ours, own in zip(parameters, (W, b), strict=True):
        np.testing.assert_allclose(ours.detach(), own, rtol=1e-12)


def test_gradients_of_each_sample_and_of_several_networks() -> None:
    generator = np.random.default_rng(3)
    W, b, x = generator.normal(size=(2, 3, 4)), generator.normal(size=(2, 4)), generator.normal(size=(8, 3))
    y = np.eye(4)[generator.integers(0, 4, 8)]

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        return bridge.softmax_cross_entropy(y, bridge.dense(x, *parameters))

    of_samples = torch.func.vmap(torch.func.grad(loss), (None, 0, 0))
    W_, b_, x_, y_ = tensors([W, b, x, y])
    dW, db = torch.func.vmap(of_samples, (0, None, None))((W_, b_), x_, y_)
    for i in range(2):
        _, (dW_i,), (db_i,) = handgrad.mlp_gradients([W[i]], [b[i]], x, y, ["identity"], "softmax_cross_entropy")
        np.testing.assert_allclose(dW[i].mean(dim=0), dW_i, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(db[i].mean(dim=0), db_i, rtol=1e-12, atol=1e-15)


def test_lists_numbers_and_numpy_arrays_become_tensors() -> None:
    fixed = np.array([0.5, 1.5])
    fixed.flags.writeable = False
    for z in ([0.5, 1.5], fixed, torch.tensor([0.5, 1.5], dtype=torch.float64)):
        a = bridge.sigmoid(z)
        assert isinstance(a, torch.Tensor)
        np.testing.assert_allclose(a, handgrad.sigmoid([0.5, 1.5]), rtol=1e-15)
    single = torch.ones(2)
    assert bridge.addition(1, 2).dtype == torch.float64
    assert bridge.addition(single, [1, 2]).dtype == torch.float32
    assert bridge.addition(single, single.double()).dtype == torch.float64
    assert bridge.addition(single, torch.ones(2, dtype=torch.int32)).dtype == torch.float32
    W = torch.ones(2, requires_grad=True)
    bridge.affine(torch.ones(2, dtype=torch.float64), W, 3).backward()
    assert W.grad is not None
    assert W.grad.dtype == torch.float32  # promoted on the way in, and taken back on the way out


def test_integers_have_no_derivative() -> None:
    y_hat = torch.tensor([[0.25, 0.75], [0.5, 0.5]], requires_grad=True)
    bridge.label_cross_entropy(torch.tensor([1, 0]), y_hat).sum().backward()
    assert y_hat.grad is not None
    torch.testing.assert_close(y_hat.grad, torch.tensor([[0, -4 / 3], [-2, 0]]))
    with pytest.raises(ValueError, match="label holds 2, y_hat has 2 classes"):
        bridge.label_cross_entropy(torch.tensor([2, 0]), y_hat)


def test_only_what_is_asked_for_is_differentiated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handgrad._bridges.Rules.of_data", None)  # a call would be an error
    y, l = tensors([np.array([1.0, 0.0]), np.array([0.5, 2.0])])
    for derivative_of in (torch.func.grad, torch.func.jacfwd, torch.func.hessian):
        derivative_of(bridge.softmax_cross_entropy, argnums=1)(y, l)
        with pytest.raises(TypeError):
            derivative_of(bridge.softmax_cross_entropy, argnums=0)(y, l)


def test_only_what_is_wanted_has_a_gradient() -> None:
    y, l = tensors([np.array([1.0, 0.0]), np.array([0.5, 2.0])], 1)
    J = bridge.softmax_cross_entropy(y, l)
    assert type(J.grad_fn).__name__ == "softmax_cross_entropyBackward"
    J.backward()
    assert y.grad is None
    assert not bridge.softmax_cross_entropy(y, l.detach()).requires_grad
    with torch.no_grad():
        assert not bridge.softmax(l).requires_grad


def test_arguments_by_name() -> None:
    x, W, b = torch.ones(2), torch.ones(2, 3), torch.arange(3.0)
    assert bridge.dense(b=b, W=W, x=x).tolist() == [2, 3, 4]
    slope = torch.func.grad(lambda b: bridge.neuron(x, x, b, activation="tanh"))(torch.tensor(-2.0))
    assert slope == 1


ERRORS: dict[str, tuple[type[Exception], Callable[[], Any]]] = {
    "dense: missing a required argument: 'b'": (TypeError, lambda: bridge.dense([1.0], [[1.0]])),
    "softmax: got an unexpected keyword argument 'dim'": (TypeError, lambda: bridge.softmax([1.0], dim=0)),
    "softmax: l has dtype float16; real numbers fit, as float32, float64 or integers": (
        TypeError,
        lambda: bridge.softmax(torch.ones(2, dtype=torch.float16)),
    ),
    "dense: W has shape (3, 4), x has shape (2, 5); W must have shape (5, k)": (
        ValueError,
        lambda: bridge.dense(torch.ones(2, 5), torch.ones(3, 4), torch.ones(4)),
    ),
    "addition: x is from torch, y is from numpy; arrays of different libraries do not mix, convert one of them": (
        TypeError,
        lambda: bridge.addition(torch.ones(2), np.ones(2)),
    ),
    "dense: W is from jax.numpy; PyTorch or NumPy arrays fit": (
        TypeError,
        lambda: bridge.dense([1.0], jax.numpy.ones((1, 1)), [1.0]),
    ),
    "softmax: l has shape (0,); it must have at least one class": (ValueError, lambda: bridge.softmax([])),
    "neuron: activation is 'swish'; it must be one of identity, sigmoid, tanh, relu, absolute, unit_step, exp, log, "
    "sin, cos, tan": (ValueError, lambda: bridge.neuron([1.0], [1.0], 0.0, activation="swish")),
}


@pytest.mark.parametrize("message", ERRORS)
def test_what_does_not_fit(message: str) -> None:
    error, call = ERRORS[message]
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


# The module


def test_every_formula_is_exported() -> None:
    assert bridge.__all__ == sorted(FORMULAS)


@each_formula
def test_functions_look_like_the_catalogues(formula: Formula) -> None:
    function = getattr(bridge, formula.name)
    assert (function.__module__, function.__name__, function.__qualname__) == ("handgrad.torch", *2 * [formula.name])
    assert inspect.signature(function) == inspect.signature(formula.value)
    assert f"``handgrad.{formula.name}_vjp`` and ``handgrad.{formula.name}_jvp``" in function.__doc__
    assert ("PyTorch's own" in function.__doc__) == (formula.name in set(WITH_DATA) - set(bridges.OF_A_DIFFERENCE))
    assert ("its opposite" in function.__doc__) == (formula.name in bridges.OF_A_DIFFERENCE)
    assert pickle.loads(pickle.dumps(function)) is function


def test_without_pytorch_the_import_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "handgrad.torch")
    message = "handgrad.torch needs PyTorch: python -m pip install 'handgrad[torch]'"
    with pytest.raises(ImportError, match=f"^{re.escape(message)}$"):
        importlib.import_module("handgrad.torch")
