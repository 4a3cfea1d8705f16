"""Random inputs for any formula, and the comparison of its hand-written side with JAX.

Hypothesis draws a `Case`: sizes, seed, scale, special values. A seeded generator fills the samples, which both sides
then compute in one batch: many points for one compilation, and a failure is reduced to its worst sample.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import hypothesis.strategies as st
import jax
import numpy as np

from handgrad.catalogue import FORMULAS, REAL, Domain, Formula
from tests.checked import checked
from tests.compiling import compiled
from tests.rounding import LOOSENESS, rounding_bounds

Real = np.ndarray[Any, Any]
SAMPLES = 2048


class Verified(NamedTuple):
    """What the suite has seen of one formula: points, and the comparison that came closest to its tolerance."""

    points: int = 0
    worst: float = 0.0
    error: float = 0.0
    what: str = ""

    def joined(self, other: Verified) -> Verified:
        """Both counts together."""
        worst = max(self, other, key=lambda found: found.worst)
        return worst._replace(points=self.points + other.points)


VERIFIED: dict[str, Verified] = {}


@dataclasses.dataclass(frozen=True)
class Case:
    """One draw: everything that determines a batch of samples."""

    formula: Formula
    sizes: tuple[tuple[str, int], ...]
    seed: int = 0
    scale: float = 1.0
    special: float = 0.0
    options: tuple[tuple[str, str], ...] = ()
    dtype: str = "float64"
    samples: int = SAMPLES

    def __repr__(self) -> str:
        """The constructor call, with the formula by name."""
        rest = ", ".join(
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if field.name != "formula"
        )
        return f"Case(find({self.formula.name!r}), {rest})"

    def shape(self, axes: tuple[str, ...]) -> tuple[int, ...]:
        """The shape for axis names, without the batch; two letters mean a product."""
        sizes = dict(self.sizes)
        named = [axis for axis in axes if not axis.startswith("*")]
        return tuple(int(a) if a.isdigit() else int(np.prod([sizes[letter] for letter in a])) for a in named)

    @property
    def keywords(self) -> dict[str, str]:
        """The options as keyword arguments."""
        return dict(self.options)

    def arguments(self) -> list[Real]:
        """The samples: `samples` along the leading axis of each argument, none for the shared ones."""
        generator = np.random.default_rng(self.seed)
        drawn: dict[str, Real] = {}
        for name, axes in self.formula.axes.items():
            core = self.shape(axes)
            if axes == ("*shape",):
                core = self.shape(("n",))
            shape = core if name in self.formula.shared else (self.samples, *core)
            drawn[name] = self._draw(generator, self.formula.domains[name], shape)
            for other in list(drawn)[:-1]:  # some samples with both arguments equal, where errors and norms vanish
                alike = drawn[other].shape == shape and self.formula.domains[other] is self.formula.domains[name]
                if alike and shape[:1] == (self.samples,):
                    chosen = generator.random(self.samples) < self.special / 4
                    drawn[name][chosen] = drawn[other][chosen]
        return list(drawn.values())

    def _draw(
        self, generator: np.random.Generator, domain: Domain | tuple[Domain, ...], shape: tuple[int, ...]
    ) -> Real:
        if isinstance(domain, tuple):
            return np.stack([self._draw(generator, part, shape[:-1]) for part in domain], axis=-1)
        if domain.text.startswith("a class"):
            return generator.integers(0, dict(self.sizes)["K"], shape)
        low, high = domain.low, domain.high
        values = generator.uniform(low, high, shape)
        if low > 0 and high > 1:
            values = np.exp(generator.uniform(np.log(low), np.log(high), shape))
        elif low < 0:
            values = values * self.scale
        if domain.special:
            values = np.where(generator.random(shape) < self.special, generator.choice(domain.special, shape), values)
        return values.astype(self.dtype)

    def output_shape(self) -> tuple[int, ...]:
        """The shape of one sample's value."""
        return self.shape(("n",)) if self.formula.result_axes == ("*shape",) else self.shape(self.formula.result_axes)

    def directions(self) -> tuple[Real, list[Real]]:
        """A random cotangent per sample, and a random tangent for each differentiable argument."""
        generator = np.random.default_rng([self.seed, 1])
        cotangent = generator.normal(size=(self.samples, *self.output_shape())).astype(self.dtype)
        arguments = dict(zip(self.formula.axes, self.arguments(), strict=True))
        return cotangent, [generator.normal(size=arguments[name].shape).astype(self.dtype) for name in self.formula.by]


def letters(formula: Formula) -> list[str]:
    """The sizes a formula leaves open."""
    axes = [axis for names in formula.axes.values() for axis in names if axis != "*batch" and not axis.isdigit()]
    return sorted({letter for axis in axes for letter in ("n" if axis == "*shape" else axis)})


def choices(formula: Formula) -> list[tuple[tuple[str, str], ...]]:
    """The options of a formula that are defined on its whole domain."""
    return [
        ((keyword, name),)
        for keyword, names in formula.choices.items()
        for name in names
        if FORMULAS[name].domains["z"] is REAL
    ] or [()]


def distinct(formula: Formula, dtype: str = "float64") -> Case:
    """The case with a size of its own for each letter, so that no transposed or swapped axis goes unseen."""
    sizes = tuple(zip(letters(formula), (3, 4, 2, 5), strict=False))
    *_, options = choices(formula)[:2]  # not the first activation, the identity, whose derivative hides a lost factor
    return Case(formula, sizes, seed=7, special=0.1, options=options, dtype=dtype)


def cases(formula: Formula, dtype: str = "float64") -> st.SearchStrategy[Case]:
    """Random cases of a formula."""
    return st.builds(
        Case,
        st.just(formula),
        st.tuples(*[st.tuples(st.just(letter), st.integers(1, 5)) for letter in letters(formula)]),
        st.integers(0, 2**32 - 1),
        st.sampled_from([1.0, 1 / 8, 1e-3, 1e-9]),
        st.sampled_from([0.0, 0.1, 0.5]),
        st.sampled_from(choices(formula)),
        st.just(dtype),
    )


# Both sides


def reference_of(case: Case) -> Callable[..., Any]:
    """The naive forward function of one sample."""
    function = getattr(importlib.import_module(f"reference.{case.formula.module}"), case.formula.name)
    return functools.partial(function, **case.keywords)


def _positions(formula: Formula) -> tuple[int, ...]:
    return tuple(list(formula.axes).index(name) for name in formula.by)


def _mapped(case: Case, function: Callable[..., Any], *more: int | None) -> Callable[..., Any]:
    batched = [None if name in case.formula.shared else 0 for name in case.formula.axes]
    return jax.vmap(function, in_axes=(*batched, *more))


@functools.cache
def _autodiff(name: str, options: tuple[tuple[str, str], ...]) -> Callable[..., dict[str, Any]]:
    """Everything JAX says of a formula, compiled once per shape."""
    case = Case(FORMULAS[name], (), options=options)
    formula, function, by = case.formula, reference_of(case), _positions(case.formula)

    def everything(*inputs: Any) -> dict[str, Any]:
        args, cotangent, tangents = inputs[: len(formula.axes)], inputs[len(formula.axes)], inputs[-len(by) :]

        def of_differentiable(*chosen: Any) -> Any:
            full = list(args)
            for position, value in zip(by, chosen, strict=True):
                full[position] = value
            return function(*full)

        chosen = [args[position] for position in by]
        found = {
            "value": of_differentiable(*chosen),
            "jacrev": jax.jacrev(function, by)(*args),
            "jacfwd": jax.jacfwd(function, by)(*args),
            "vjp": jax.vjp(of_differentiable, *chosen)[1](cotangent),
            "jvp": jax.jvp(of_differentiable, tuple(chosen), tuple(tangents))[1],
        }
        return {**found, "grad": jax.grad(function, by)(*args)} if formula.scalar else found

    tangent_axes = [None if name in formula.shared else 0 for name in formula.by]
    return compiled(_mapped(case, everything, 0, *tangent_axes))


@functools.cache
def _value_and_derivatives(name: str, options: tuple[tuple[str, str], ...]) -> Callable[..., Any]:
    """What the tolerances are of, never compiled: ``jit`` remembers the trace of each shape."""
    case = Case(FORMULAS[name], (), options=options)
    function, by = reference_of(case), _positions(case.formula)
    return jax.jit(_mapped(case, lambda *sample: (function(*sample), jax.jacfwd(function, by)(*sample))))


def tolerances(case: Case, args: list[Real]) -> tuple[Real, tuple[Real, ...]]:
    """What rounding allows: for each entry of the value, and of the derivative by each argument."""
    both = _value_and_derivatives(case.formula.name, case.options)
    value, *derivatives = rounding_bounds(both, case.dtype, *args)
    return value, tuple(derivatives)


@dataclasses.dataclass(frozen=True)
class HandSide:
    """The hand-written functions under test, which the tests of tests replace by wrong ones."""

    value: Callable[..., Any]
    derivative: Callable[..., Any]
    """The full derivative: Jacobian or gradient."""
    diagonal: Callable[..., Any] | None
    """Of an element-wise function, the derivative of each element."""
    vjp: Callable[..., Any]
    jvp: Callable[..., Any]

    @classmethod
    def of(cls, formula: Formula) -> HandSide:
        """The catalogue's functions, with their shape annotations enforced."""
        has = {suffix: checked(function) for suffix, function in formula.companions.items()}
        return cls(checked(formula.value), checked(formula.derivative), has.get("derivative"), has["vjp"], has["jvp"])


def as_tuple(result: Any) -> tuple[Any, ...]:
    """One array for one differentiable argument, a tuple for several: a tuple for both."""
    return result if isinstance(result, tuple) else (result,)


def compare_with_jax(case: Case, hand: HandSide | None = None) -> None:
    """Raise AssertionError at the worst entry unless every hand-written result equals JAX's."""
    formula, hand = case.formula, hand or HandSide.of(case.formula)
    args = case.arguments()
    cotangent, tangents = case.directions()
    truth = jax.tree.map(np.asarray, _autodiff(formula.name, case.options)(*args, cotangent, *tangents))
    value_bound, bounds = tolerances(case, args)
    for array in [*args, cotangent, *tangents]:
        array.flags.writeable = False
    check = functools.partial(_check, case, args)
    eps = float(np.finfo(case.dtype).eps)

    check("value", hand.value(*args, **case.keywords), truth["value"], value_bound)
    derivatives = as_tuple(hand.derivative(*args, **case.keywords))
    for way in ["jacrev", "jacfwd", *(["grad"] if formula.scalar else [])]:
        for name, found, true, bound in zip(formula.by, derivatives, truth[way], bounds, strict=True):
            check(f"{way} by {name}", found, true, bound)

    if hand.diagonal is not None:
        true, bound = (np.diagonal(array, axis1=-2, axis2=-1) for array in (truth["jacrev"][0], bounds[0]))
        check("derivative", hand.diagonal(*args, **case.keywords), true, bound)

    value, pullback = hand.vjp(*args, **case.keywords)
    check("value of vjp", value, truth["value"], value_bound)
    cotangents = as_tuple(pullback(cotangent))
    for name, found, true, bound, jac in zip(
        formula.by, cotangents, truth["vjp"], bounds, truth["jacrev"], strict=True
    ):
        spread = cotangent.reshape(*cotangent.shape, *[1] * (bound.ndim - cotangent.ndim))
        axes = tuple(range(1, cotangent.ndim))
        allowed = np.sum(np.abs(spread) * (bound + LOOSENESS * eps * np.abs(jac)), axis=axes)
        if name in formula.shared:
            check(f"vjp by {name}", found, np.sum(true, axis=0), np.sum(allowed, axis=0), per_sample=False)
        else:
            check(f"vjp by {name}", found, true, allowed)

    value, tangent = hand.jvp(*args, *tangents, **case.keywords)
    check("value of jvp", value, truth["value"], value_bound)
    allowed = np.zeros(truth["value"].shape)
    for name, x_dot, bound, jac in zip(formula.by, tangents, bounds, truth["jacrev"], strict=True):
        core = x_dot.ndim - (name not in formula.shared)
        x_dot = x_dot if name not in formula.shared else x_dot[None]
        spread = x_dot.reshape(x_dot.shape[0], *[1] * (bound.ndim - 1 - core), *x_dot.shape[1:])
        terms = np.abs(spread) * (bound + LOOSENESS * eps * np.abs(jac))
        allowed += np.sum(terms, axis=tuple(range(bound.ndim - core, bound.ndim)))
    check("jvp", tangent, truth["jvp"], allowed)

    columns = [np.broadcast_to(arg, (case.samples, *arg.shape)) if name in formula.shared else arg
               for name, arg in zip(formula.axes, args, strict=True)]  # fmt: skip
    rows = np.concatenate([column.reshape(case.samples, -1).astype(float) for column in columns], axis=1)
    _record(case, Verified(points=len(np.unique(rows, axis=0))))


def _check(
    case: Case, args: list[Real], what: str, hand: Any, jax_says: Real, allowed: Real, *, per_sample: bool = True
) -> None:
    assert isinstance(hand, (np.ndarray, np.generic)), f"{case.formula.name}, {what}: {type(hand)} is no NumPy array"
    assert hand.shape == jax_says.shape, f"{case.formula.name}, {what}: shape {hand.shape}, JAX has {jax_says.shape}"
    assert hand.dtype == jax_says.dtype, f"{case.formula.name}, {what}: {hand.dtype}, JAX has {jax_says.dtype}"
    if not hand.size:
        return
    hand = np.asarray(hand)
    error = np.abs(hand.astype(float) - jax_says)
    with np.errstate(all="ignore"):
        ratio = np.where(error == 0, 0.0, error / allowed)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    at = np.unravel_index(np.argmax(ratio), ratio.shape)
    if not ratio[at] <= 1:
        shared = case.formula.shared
        shown = [
            f"  {name} = {(arg if name in shared or not per_sample else arg[at[0]]).tolist()}"
            for name, arg in zip(case.formula.axes, args, strict=True)
        ]
        entry = [int(i) for i in (at[1:] if per_sample else at)]
        lines = [
            f"{case.formula.name}, {what}: entry {entry} differs",
            *(shown if per_sample else []),
            f"  hand {hand[at]!r}, JAX {jax_says[at]!r}",
            f"  difference {error[at]:.3e}, rounding allows {allowed[at]:.3e}",
        ]
        raise AssertionError("\n".join(lines))
    _record(case, Verified(worst=float(ratio[at]), error=float(error[at]), what=what))


def _record(case: Case, found: Verified) -> None:
    name = case.formula.name
    VERIFIED[name] = VERIFIED.get(name, Verified()).joined(found)
