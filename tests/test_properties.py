"""What every formula owes its callers beyond being right: adjoints, batches, dtypes, memory, edges, libraries."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handgrad._arrays import LARGE
from handgrad.catalogue import FORMULAS, Formula
from tests.cases import Case, as_tuple, cases, distinct, tolerances
from tests.compiling import compiled

each_formula = pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
quickly = hypothesis.settings(max_examples=10)


def results(case: Case, args: list[Any]) -> list[Any]:
    """The value and the full derivative, as a flat list."""
    formula = case.formula
    return [formula.value(*args, **case.keywords), *as_tuple(formula.derivative(*args, **case.keywords))]


def every_call(case: Case, args: list[Any], cotangent: Any, tangents: list[Any]) -> dict[str, Any]:
    """All that the functions of a formula return, by a name each."""
    formula, keywords = case.formula, case.keywords
    found = {"value": formula.value(*args, **keywords)}
    found |= {
        suffix: formula.companions[suffix](*args, **keywords) for suffix in formula.companions if suffix[0] != "j"
    }
    found.pop("vjp")
    if "jacobian" in formula.companions:
        found["jacobian"] = formula.companions["jacobian"](*args, **keywords)
    value, pullback = formula.companions["vjp"](*args, **keywords)
    found |= {"value of vjp": value, "cotangents": pullback(cotangent)}
    value, tangent = formula.companions["jvp"](*args, *tangents, **keywords)
    found |= {"value of jvp": value, "tangent": tangent}
    return {f"{name} {i}": part for name, whole in found.items() for i, part in enumerate(as_tuple(whole))}


def assert_within(found: Any, expected: Any, bound: Any) -> None:
    """Per entry; the shapes first."""
    assert np.shape(found) == np.shape(expected)
    error = np.abs(np.asarray(found, float) - np.asarray(expected, float))
    assert np.all((error == 0) | (error <= bound)), (error / bound).max()


def assert_same(found: Any, expected: Any, name: str = "") -> None:
    """The same body in another library: equal but for the rounding of its own exponentials and sums."""
    eps = float(np.finfo(expected.dtype).eps)
    largest = float(np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=1024 * eps, atol=16 * eps * largest, err_msg=name)


@each_formula
def test_pullback_is_the_adjoint_of_the_tangent(formula: Formula) -> None:
    @quickly
    @hypothesis.given(cases(formula))
    def on_random_cases(case: Case) -> None:
        case = dataclasses.replace(case, samples=8)
        args, (cotangent, tangents) = case.arguments(), case.directions()
        _, pullback = formula.companions["vjp"](*args, **case.keywords)
        _, tangent = formula.companions["jvp"](*args, *tangents, **case.keywords)
        pulled = as_tuple(pullback(cotangent))
        left = np.sum(cotangent * tangent)
        right = sum(np.sum(bar * dot) for bar, dot in zip(pulled, tangents, strict=True))
        derivatives = as_tuple(formula.derivative(*args, **case.keywords))
        sizes = 0.0
        for name, jac, dot in zip(formula.by, derivatives, tangents, strict=True):
            core = dot.ndim - (name not in formula.shared)
            dot = np.abs(dot) if name not in formula.shared else np.abs(dot)[None]
            spread = dot.reshape(dot.shape[0], *[1] * (jac.ndim - 1 - core), *dot.shape[1:])
            outer = np.abs(cotangent).reshape(*cotangent.shape, *[1] * (jac.ndim - cotangent.ndim))
            sizes += np.sum(outer * np.abs(jac) * spread)
        _, bounds = tolerances(case, args)
        slack = sum(np.sum(np.abs(bound)) for bound in bounds) * (1 + np.abs(cotangent).max()) * 8
        assert abs(left - right) <= 32 * np.finfo(float).eps * sizes + slack

    on_random_cases()


@each_formula
def test_a_batch_is_a_loop(formula: Formula) -> None:
    @quickly
    @hypothesis.given(cases(formula), st.integers(1, 3))
    def on_random_cases(case: Case, rows: int) -> None:
        case = dataclasses.replace(case, samples=2 * rows)
        args = case.arguments()
        value_bound, bounds = tolerances(case, args)
        batched = [name not in formula.shared for name in formula.axes]
        folded = [
            arg.reshape(2, rows, *arg.shape[1:]) if leads else arg for arg, leads in zip(args, batched, strict=True)
        ]
        together = results(case, folded)
        for i in range(case.samples):
            sample = [arg[i] if leads else arg for arg, leads in zip(args, batched, strict=True)]
            for whole, single, bound in zip(together, results(case, sample), [value_bound, *bounds], strict=True):
                assert_within(whole[divmod(i, rows)], single, bound[i])

    on_random_cases()


@each_formula
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_large_batch_is_its_parts(formula: Formula, dtype: str) -> None:
    case = distinct(formula, dtype)
    batched = [name not in formula.shared for name in formula.axes]
    entries = max(np.size(arg[0]) for arg, leads in zip(case.arguments(), batched, strict=True) if leads)
    rows = LARGE // (entries * np.dtype(dtype).itemsize) + 1
    case = dataclasses.replace(case, samples=2 * rows)  # twice what NumPy computes in one part
    args, (cotangent, tangents) = case.arguments(), case.directions()

    def calls(fold: Callable[[Any], Any]) -> list[Any]:
        """The values, the tangent and the cotangents of samples, folded or chosen."""
        own = [fold(arg) if leads else arg for arg, leads in zip(args, batched, strict=True)]
        dots = [dot if name in formula.shared else fold(dot) for name, dot in zip(formula.by, tangents, strict=True)]
        value, pullback = formula.companions["vjp"](*own, **case.keywords)
        bars = zip(formula.by, as_tuple(pullback(fold(cotangent))), strict=True)
        own_bars = [bar for name, bar in bars if name not in formula.shared]
        return [value, *formula.companions["jvp"](*own, *dots, **case.keywords), *own_bars]

    together = calls(lambda array: np.reshape(array, (2, rows, *array.shape[1:])))
    step = -(-case.samples // 64)
    apart = [calls(lambda array, start=start: array[start : start + step]) for start in range(0, case.samples, step)]
    for whole, *parts in zip(together, *apart, strict=True):
        assert_same(np.reshape(whole, (case.samples, *whole.shape[2:])), np.concatenate(parts))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["softmax", "softmax_cross_entropy", "categorical_cross_entropy", "euclidean_error"])
def test_many_long_rows_are_each_row_alone(name: str, dtype: str) -> None:
    case = distinct(FORMULAS[name], dtype)
    case = dataclasses.replace(case, samples=20, sizes=tuple((letter, 300) for letter, _ in case.sizes))
    args, (cotangent, _) = case.arguments(), case.directions()
    vjp = FORMULAS[name].companions["vjp"]
    with np.errstate():
        np.setbufsize(4096)
        together, pullback = vjp(*args)
        assert np.getbufsize() == 4096, "the user's own"
    together_bar = pullback(cotangent)
    for i in range(case.samples):
        alone, pullback = vjp(*[arg[i] for arg in args])
        assert_same(together[i], alone)
        assert_same(together_bar[i], pullback(cotangent[i]))


@each_formula
def test_float32_stays_float32(formula: Formula) -> None:
    case = dataclasses.replace(distinct(formula, "float32"), samples=3)
    for name, array in every_call(case, case.arguments(), *case.directions()).items():
        assert array.dtype == np.float32, name


@each_formula
def test_arguments_are_left_alone_and_results_are_the_callers_own(formula: Formula) -> None:
    case = dataclasses.replace(distinct(formula), samples=3)
    args, (cotangent, tangents) = case.arguments(), case.directions()
    given = [*args, cotangent, *tangents]
    before = [array.copy() for array in given]
    found = every_call(case, args, cotangent, tangents)
    for name, array in found.items():
        if isinstance(array, np.generic):  # a number of its own
            continue
        assert isinstance(array, np.ndarray), name
        assert array.flags.writeable, name
        assert not any(np.shares_memory(array, other) for other in given), name
    pulled = [array for name, array in found.items() if name.startswith(("cotangents", "gradient", "jacobian"))]
    for i, array in enumerate(pulled):
        assert not any(np.shares_memory(array, other) for other in pulled[:i])
    for array, copy in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, copy)


MEMORY: dict[str, Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = {
    "every second entry of a larger array": lambda a: np.repeat(a, 2, axis=0)[::2] if a.ndim else a,
    "reversed": lambda a: a[::-1].copy()[::-1] if a.ndim else a,
    "Fortran order": lambda a: np.asarray(a, order="F"),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "foreign byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "a list": lambda a: a.tolist(),
}


@each_formula
@pytest.mark.parametrize("memory", MEMORY)
def test_memory_layout_does_not_matter(formula: Formula, memory: str) -> None:
    case = dataclasses.replace(distinct(formula), samples=4)
    args, (cotangent, tangents) = case.arguments(), case.directions()
    stored = [MEMORY[memory](array) for array in [*args, cotangent, *tangents]]
    inputs = stored[: len(args)], stored[len(args)], stored[len(args) + 1 :]
    expected = every_call(case, args, cotangent, tangents)
    for name, found in every_call(case, *inputs).items():
        assert found.dtype == np.float64, name
        assert_same(found, expected[name], name)


@each_formula
@pytest.mark.parametrize("samples", [(0,), (2, 0), (1,), (2, 3)], ids=str)
def test_any_number_of_samples(formula: Formula, samples: tuple[int, ...]) -> None:
    case = dataclasses.replace(distinct(formula), samples=int(np.prod(samples)))
    args, (cotangent, tangents) = case.arguments(), case.directions()

    def folded(array: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
        return array if name in formula.shared else array.reshape(*samples, *array.shape[1:])

    inputs = [folded(array, name) for array, name in zip(args, formula.axes, strict=True)]
    dots = [folded(array, name) for array, name in zip(tangents, formula.by, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = every_call(case, inputs, folded(cotangent, ""), dots)
    output = case.output_shape()
    for name in ("value 0", "value of vjp 0", "value of jvp 0", "tangent 0"):
        assert found[name].shape == (*samples, *output), name
    shapes = dict(zip(formula.axes, [np.shape(array) for array in inputs], strict=True))
    for i, name in enumerate(formula.by):
        assert found[f"cotangents {i}"].shape == shapes[name]
        core = shapes[name] if name in formula.shared else shapes[name][len(samples) :]
        assert found[f"{'gradient' if formula.scalar else 'jacobian'} {i}"].shape == (*samples, *output, *core)


@each_formula
def test_nan_in_gives_nan_out(formula: Formula) -> None:
    case = dataclasses.replace(distinct(formula), samples=3)
    args = case.arguments()
    for i, name in enumerate(formula.axes):
        if args[i].dtype.kind != "f" or name not in formula.by:
            continue
        spoilt = [np.array(arg) for arg in args]
        spoilt[i][...] = np.nan
        with np.errstate(all="ignore"):
            assert np.isnan(formula.value(*spoilt, **case.keywords)).any(), name


# Other libraries


@each_formula
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_jax_arrays_in_jax_arrays_out_under_jit(formula: Formula, dtype: str) -> None:
    case = dataclasses.replace(distinct(formula, dtype), samples=3)
    args, (cotangent, tangents) = case.arguments(), case.directions()
    everything = compiled(functools.partial(every_call, case))
    found = everything(
        [jnp.asarray(arg) for arg in args], jnp.asarray(cotangent), [jnp.asarray(dot) for dot in tangents]
    )
    for name, expected in every_call(case, args, cotangent, tangents).items():
        assert isinstance(found[name], jax.Array)
        assert found[name].dtype == expected.dtype
        assert_same(found[name], expected, name)


@each_formula
def test_jax_maps_over_the_formulas(formula: Formula) -> None:
    case = dataclasses.replace(distinct(formula), samples=3)
    args = case.arguments()
    axes = [None if name in formula.shared else 0 for name in formula.axes]
    mapped = compiled(jax.vmap(lambda *sample: tuple(results(case, list(sample))), in_axes=tuple(axes)))
    for found, expected in zip(mapped(*map(jnp.asarray, args)), results(case, args), strict=True):
        assert_same(found, expected)


@each_formula
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_torch_tensors_in_torch_tensors_out(formula: Formula, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    case = dataclasses.replace(distinct(formula, dtype), samples=3)
    args, (cotangent, tangents) = case.arguments(), case.directions()
    found = every_call(
        case, [torch.asarray(arg) for arg in args], torch.asarray(cotangent), [torch.asarray(dot) for dot in tangents]
    )
    for name, expected in every_call(case, args, cotangent, tangents).items():
        assert isinstance(found[name], torch.Tensor), name
        assert str(found[name].dtype) == f"torch.{expected.dtype}", name
        assert_same(found[name].numpy(), expected, name)
