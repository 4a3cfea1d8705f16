"""What is asked of both bridges, to JAX and to PyTorch: their answers are held against JAX's on the naive reference.

A bridge answers two questions about a case. One is everything that the catalogue's own comparison asks for, by name.
The other is its derivative by any arguments, taken in one or more ways, each "rev" or "fwd", from the inside out.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import mpmath
import numpy as np

from handgrad.catalogue import FORMULAS, Formula
from tests.cases import Case, HandSide, choices, compare_with_jax, distinct, reference_of
from tests.compiling import compiled
from tests.exact import Exact, ulp_error
from tests.rounding import rounding_bounds

Real = np.ndarray[Any, Any]
Derivative = Callable[..., list[Real]]
"""Of a case, names of arguments and ways: a Jacobian per sample for each choice of arguments."""

JAX_WAYS: dict[str, Callable[..., Any]] = {"rev": jax.jacrev, "fwd": jax.jacfwd}
TRUE_SLOPE: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: mpmath.exp(-abs(z)) / (1 + mpmath.exp(-abs(z))) ** 2,
    "tanh": lambda z: mpmath.sech(z) ** 2,
}


def data_of(formula: Formula) -> tuple[str, ...]:
    """The arguments that are neither integers nor differentiated by in the catalogue."""
    hints = formula.value.__annotations__
    return tuple(name for name in formula.axes if name not in formula.by and not hints[name].startswith("Int"))


WITH_DATA = {name: formula for name, formula in FORMULAS.items() if data_of(formula)}
AFFINE = [name for name in WITH_DATA if "cross_entropy" in name]
"""In the target y, so that the derivative by it is a difference of two values."""
OF_A_DIFFERENCE = [name for name in WITH_DATA if name.endswith("_error")]
"""Of y and ŷ, so that the derivatives by them are opposite."""
BRANCHED = [
    "sigmoid",
    "tanh",
    "softmax",
    "euclidean_error",
    "categorical_cross_entropy",
    "softmax_cross_entropy",
    "sigmoid_cross_entropy",
]
"""Smooth, but computed by choices and maxima, whose own derivatives are those of the formula on one side only."""


def floats(formula: Formula) -> tuple[str, ...]:
    """All arguments but integers."""
    return tuple(name for name in formula.axes if name in (*formula.by, *data_of(formula)))


def positions(formula: Formula, names: Sequence[str]) -> tuple[int, ...]:
    """Where the arguments of these names stand."""
    return tuple(list(formula.axes).index(name) for name in names)


def over_samples(vmap: Callable[..., Any], case: Case, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one sample as a function of all."""
    return vmap(function, tuple(None if name in case.formula.shared else 0 for name in case.formula.axes))


def smooth(formula: Formula) -> Case:
    """A case with many special values, but none of them a kink from which no derivative can be told."""
    *_, options = choices(formula)
    return dataclasses.replace(
        distinct(formula), samples=16, options=options, special=0.0 if formula.name == "euclidean_error" else 0.5
    )


def moderate(formula: Formula) -> tuple[Case, list[Real]]:
    """A case and numbers of its shapes, far from kinks and poles, for checkers that know finite differences only."""
    *_, options = choices(formula)
    case = dataclasses.replace(distinct(formula), samples=2, options=options)
    generator = np.random.default_rng(0)

    def far(name: str, drawn: Real) -> Real:
        if drawn.dtype.kind != "f":
            return drawn
        domain = formula.domains[name]
        size = generator.uniform(0.2, 0.8, drawn.shape)
        signed = not isinstance(domain, tuple) and domain.low < 0
        return size * generator.choice([-1, 1], drawn.shape) if signed else size

    return case, [far(name, drawn) for name, drawn in zip(formula.axes, case.arguments(), strict=True)]


def compare(case: Case, everything: dict[str, Any], value_ulp: float = 0) -> None:
    """The catalogue's comparison, for value, reverse and forward mode.

    A value that the library computes less closely may be some ulp off handgrad's own, which is then compared for it.
    """
    if value_ulp:
        own = case.formula.value(*case.arguments(), **case.keywords)
        assert np.all(np.abs(everything["value"] - own) <= value_ulp * np.finfo(case.dtype).eps * np.abs(own))
        everything = {**everything, "value": own}
    for way in ("rev", "fwd"):
        compare_with_jax(
            case,
            HandSide(
                value=lambda *_, **__: everything["value"],
                derivative=lambda *_, way=way, **__: everything[way],
                diagonal=None,
                vjp=lambda *_, **__: (everything["value"], lambda _: everything["vjp"]),
                jvp=lambda *_, **__: (everything["value"], everything["jvp"]),
            ),
        )


def compare_derivatives(case: Case, found: list[Real], names: Sequence[str], order: int) -> None:
    """Each entry of a derivative of some order against JAX's of the reference, within what rounding allows."""
    function = reference_of(case)
    for _ in range(order):
        function = jax.jacfwd(function, positions(case.formula, names))
    function, args = over_samples(jax.vmap, case, function), case.arguments()
    true = [np.asarray(leaf) for leaf in jax.tree.leaves(compiled(function)(*args))]
    for ours, theirs, allowed in zip(found, true, rounding_bounds(jax.jit(function), case.dtype, *args), strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        error = np.abs(ours - theirs)
        assert np.all((error == 0) | (error <= allowed)), f"{case}: off by {np.max(error)}"


def check_higher(derivative: Derivative, formula: Formula, *ways: str) -> None:
    """At special values too a derivative of some order is that of the formula, not of the choices in its body."""
    case, names = smooth(formula), floats(formula)
    compare_derivatives(case, derivative(case, names, *ways), names, len(ways))


def check_by_data(derivative: Derivative, formula: Formula, way: str) -> None:
    """By what the notes take as given, the derivative is right as well."""
    case = dataclasses.replace(distinct(formula), samples=16, special=0.0)
    compare_derivatives(case, derivative(case, data_of(formula), way), data_of(formula), 1)


def check_by_target(derivative: Derivative, formula: Formula, way: str) -> None:
    """Where the target is exactly 0 or 1, as labels are, the derivative by it is what the values say."""
    case = dataclasses.replace(distinct(formula), samples=64, special=0.5)
    args = case.arguments()
    y, prediction = args
    (jacobian,) = derivative(case, ["y"], way)
    if formula.name in OF_A_DIFFERENCE:
        (opposite,) = derivative(case, formula.by, way)
        np.testing.assert_allclose(jacobian, -opposite, rtol=1e-14, atol=0)
        return
    direction = np.random.default_rng(0).normal(size=y.shape)
    core = direction.ndim - 1
    spread = direction.reshape(len(y), *[1] * (jacobian.ndim - 1 - core), *y.shape[1:])
    tangent = np.sum(jacobian * spread, axis=tuple(range(jacobian.ndim - core, jacobian.ndim)))
    along, at_0, size = (formula.value(given, prediction) for given in (direction, 0 * y, np.abs(direction)))
    assert np.all(np.abs(tangent - (along - at_0)) <= 1e-14 * (np.abs(along) + np.abs(at_0) + np.abs(size)))


@functools.cache
def tails(name: str) -> tuple[Real, Exact]:
    """Numbers whose true slope is a normal float64, far into both tails, and that slope."""
    generator = np.random.default_rng(0)
    size = np.concatenate([generator.uniform(0, 710, 2000), 10.0 ** generator.uniform(-300, 1, 500)])
    z = np.concatenate([size, -size, [0.0, 37.0, 222.0, -222.0, 708.0, 354.0]])
    with mpmath.workdps(70):
        true = np.frompyfunc(lambda number: TRUE_SLOPE[name](mpmath.mpf(number)), 1, 1)(z)
    normal = true >= np.finfo(float).tiny
    return z[normal], true[normal]


def check_tails(name: str, slope: Callable[[Real], Real]) -> None:
    """At most 4 ulp from the true slope."""
    z, true = tails(name)
    error = ulp_error(slope(z), true)
    assert np.max(error) <= 4, f"{np.max(error)} ulp at {z[np.argmax(error)]}"


def check_saturated_hessian(hessian: Callable[[Real, Real], Real]) -> None:
    """Where one class has nearly all, every entry of Σy (diag(p) - p p^T) still has its digits."""
    generator = np.random.default_rng(0)
    for classes in (2, 3, 10) * 4:
        y, l = generator.uniform(size=classes), generator.normal(scale=60, size=classes)
        with mpmath.workdps(70):
            e = [mpmath.exp(mpmath.mpf(float(number))) for number in l]
            S, sum_y = mpmath.fsum(e), mpmath.fsum(map(float, y))
            off = [[-sum_y * e_i * e_j / S**2 for e_j in e] for e_i in e]
            for i, row in enumerate(off):
                row[i] = -mpmath.fsum(row[:i] + row[i + 1 :])
        true, spread = np.array(off, dtype=float), np.max(l) - np.min(l)
        normal = np.abs(true) >= np.finfo(float).tiny
        error = np.abs(hessian(y, l) - true)[normal]
        assert np.all(error <= 4 * (1 + spread) * np.finfo(float).eps * np.abs(true)[normal])
