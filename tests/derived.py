"""Derivations at random points: what each line says there, and what handgrad and JAX say of the whole.

The lines are read twice. In NumPy a derivative that a line leaves to be taken is a step along the imaginary axis. In
JAX the same source reads `jax.numpy` for NumPy and takes such derivatives itself: that reading tells what rounding may
do to each entry of a line, from the sizes of the terms it sums.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import types
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np

from handgrad.derivations import DERIVATIONS, FILES, Derivation, steps
from reference import backprop as reference
from reference import layers, losses
from tests.cases import as_tuple, cases, distinct, reference_of
from tests.jaxpr import evaluate_traced
from tests.networks import compare
from tests.rounding import LOOSENESS, _RoundedInputs

Real = np.ndarray[Any, Any]
SAMPLES = 3
ACTIVATIONS = ("sigmoid", "tanh", "relu")


# The same source, read in JAX


def reread(module: types.ModuleType, **names: Any) -> types.ModuleType:
    """A copy of a module, in which functions find other things under some names."""
    spec = importlib.util.find_spec(module.__name__)
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    vars(again).update({name: value for name, value in names.items() if hasattr(again, name)})
    return again


def jax_slope(f: Callable[[Any], Any], z: Any) -> Any:
    return jax.jvp(f, (z,), (jnp.ones_like(z),))[1]


def jax_jacobian(f: Callable[[Any], Any], x: Any) -> Any:
    return jax.jacfwd(f)(x)


@functools.cache
def in_jax() -> dict[str, Derivation]:
    taken: dict[str, Any] = {"np": jnp, "slope": jax_slope, "jacobian": jax_jacobian}
    common = reread(steps, **taken)
    taken = {**{name: getattr(common, name) for name in steps.__all__}, **taken}
    return {derivation.name: derivation for file in FILES for derivation in reread(file, **taken).DERIVATIONS}


# Random points, with what each side says of them


@dataclasses.dataclass(frozen=True)
class Points:
    """Random arguments of one derivation: arrays with samples along the leading axis, then names of activations."""

    derivation: Derivation
    arrays: tuple[Real, ...]
    names: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()

    def each(self, function: Callable[..., Any]) -> list[Any]:
        """What a function says of each sample."""
        for array in self.arrays:
            array.flags.writeable = False
        samples = zip(*self.arrays, strict=True)
        return [function(*sample, *self.names, **dict(self.keywords)) for sample in samples]


def catalogue_points(derivation: Derivation, case: Any) -> Points:
    formula = case.formula
    kink = formula.scalar and formula.kinks  # where two arguments are equal, there is nothing to derive
    options = {"options": (("activation", ACTIVATIONS[case.seed % 3]),)} if formula.choices else {}
    case = dataclasses.replace(case, samples=SAMPLES, special=0.0 if kink else case.special, **options)
    arrays = [
        np.repeat(array[None], SAMPLES, axis=0) if name in formula.shared else array
        for name, array in zip(formula.axes, case.arguments(), strict=True)
    ]
    if derivation.name.endswith("_vjp"):
        arrays.append(case.directions()[0])
    return Points(derivation, tuple(arrays), (), case.options)


def other_points(derivation: Derivation, seed: int, sizes: tuple[int, ...], names: tuple[str, ...]) -> Points:
    generator = np.random.default_rng(seed)
    letters = sorted({axis for axes in derivation.letters.values() if axes != "activation" for axis in axes.split()})
    size = dict(zip(letters, sizes, strict=False))
    arrays = [
        generator.normal(size=(SAMPLES, *[size[axis] for axis in axes.split()]))
        for axes in derivation.letters.values()
        if axes != "activation"
    ]
    return Points(derivation, tuple(arrays), names[: list(derivation.letters.values()).count("activation")])


def points(derivation: Derivation) -> st.SearchStrategy[Points]:
    if derivation.formula is not None:
        return cases(derivation.formula).map(functools.partial(catalogue_points, derivation))
    return st.builds(
        other_points,
        st.just(derivation),
        st.integers(0, 2**32 - 1),
        st.tuples(*[st.integers(1, 4)] * 4),
        st.tuples(*[st.sampled_from(ACTIVATIONS)] * 2),
    )


@functools.cache
def telling_points(name: str) -> Points:
    """A size of its own for each letter, two different activations."""
    derivation = DERIVATIONS[name]
    if derivation.formula is not None:
        return catalogue_points(derivation, dataclasses.replace(distinct(derivation.formula), special=0.0, scale=0.25))
    return other_points(derivation, 5, (3, 4, 2, 5), ("tanh", "sigmoid"))


def activation(name: str) -> Callable[[Any], Any]:
    return layers.ACTIVATIONS[name]


def jax_stacked_weights(o: Any, a: Any, o_bar: Any, g: str) -> Any:
    w = jnp.zeros(a.shape[0] * o.shape[0])
    return jax.grad(lambda w: o_bar @ activation(g)(a + layers.dense_of_weights(o, w)))(w)[None, :]


def jax_sensitivities(n: Any, W: Any, b: Any, y: Any, f: str, g: str) -> Any:
    def J(n: Any) -> Any:
        return losses.sum_squared_error(y, activation(g)(n))

    def hidden(n: Any) -> Any:
        return layers.dense(activation(f)(n), W, b)

    return jax.grad(lambda n: J(hidden(n)))(n), jax.grad(J)(hidden(n))


def jax_linear_approximation(value: Any, gradient: Any, step: Any) -> Any:
    at, along = jax.jvp(lambda x: value + gradient @ x + x @ x, (jnp.zeros_like(step),), (step,))
    return at + along


def jax_layer_jacobian(y_prev: Any, W: Any, b: Any) -> Any:
    parts = jax.jacrev(layers.dense, (0, 1, 2))(y_prev, W, b)
    return jnp.concatenate([part.reshape(len(b), -1) for part in parts], axis=1)


def jax_backpropagate(y_prev: Any, theta: Any, theta_next: Any, target: Any) -> Any:
    def E(y_prev: Any, *thetas: Any) -> Any:
        parameters = [part for theta in thetas for part in ((theta, jnp.zeros(theta.shape[1])), ())]
        names = ["dense", "tanh"] * len(thetas)
        return reference.chain_cost(names, parameters, "sum_squared_error", y_prev, target)

    by_theta, by_next = jax.grad(E, (1, 2))(y_prev, theta, theta_next)
    by_y = jax.grad(E)(jnp.tanh(y_prev @ theta), theta_next)
    return by_next.reshape(-1), by_y, by_theta.reshape(-1)


def jax_deltas(y_prev: Any, W: Any, W_next: Any, y_bar: Any, f: str, g: str) -> Any:
    def E(y: Any) -> Any:
        return y_bar @ activation(g)(y @ W_next)

    v = y_prev @ W
    by_W = jax.grad(lambda W: E(activation(f)(y_prev @ W)))(W)
    return by_W, jax.grad(E)(activation(f)(v)), jax.grad(lambda v: E(activation(f)(v)))(v)


JAX: dict[str, Callable[..., Any]] = {
    "stacked_weights_gradient": jax_stacked_weights,
    "sensitivity_gradients": lambda a, s, W, b: jax.grad(lambda W, b: s @ layers.dense(a, W, b), (0, 1))(W, b),
    "preactivation_jacobians": lambda n, W, b, f: jax.jacrev(lambda n: layers.dense(activation(f)(n), W, b))(n),
    "sensitivities": jax_sensitivities,
    "linear_approximation": jax_linear_approximation,
    "layer_jacobian": jax_layer_jacobian,
    "backpropagate": jax_backpropagate,
    "deltas": jax_deltas,
}
"""What JAX derives from the definitions, where there is no formula of the catalogue."""


def jax_truth(derivation: Derivation, keywords: dict[str, str]) -> Callable[..., Any]:
    """JAX's derivative of one sample of the reference."""
    formula = derivation.formula
    if formula is None:
        return JAX[derivation.name]
    function = reference_of(dataclasses.replace(distinct(formula), options=tuple(keywords.items())))
    by = tuple(list(formula.axes).index(name) for name in formula.by)

    def truth(*arrays: Any, **_: Any) -> Any:
        args = arrays[: len(formula.axes)]

        def of(*chosen: Any) -> Any:
            full = list(args)
            for position, value in zip(by, chosen, strict=True):
                full[position] = value
            return function(*full)

        chosen = [args[position] for position in by]
        if derivation.name.endswith("_vjp"):
            found = jax.vjp(of, *chosen)[1](arrays[-1])
        elif derivation.name.endswith("_derivative"):
            found = (jax_slope(of, chosen[0]),)
        else:
            found = jax.jacrev(of, tuple(range(len(by))))(*chosen)
        return found if len(found) > 1 else found[0]

    return truth


@functools.cache
def both(name: str, names: tuple[str, ...], keywords: tuple[tuple[str, str], ...]) -> Callable[..., dict[str, Any]]:
    """All lines and the truth, as JAX has them."""
    derivation, given = in_jax()[name], dict(keywords)

    def of_one(*arrays: Any) -> dict[str, Any]:
        lines = {f"line {i}": line.value(*arrays, *names, **given) for i, line in enumerate(derivation.lines)}
        truth = as_tuple(jax_truth(derivation, given)(*arrays, *names, **given))
        return {**lines, **{f"truth {i}": part for i, part in enumerate(truth)}}

    return jax.vmap(of_one)


@dataclasses.dataclass(frozen=True)
class Said:
    """The values of all lines at some points, the truth twice over, and what rounding allows."""

    lines: list[Real]
    line_bounds: list[Real]
    hand: list[Any]
    jax: list[Any]
    truth_bounds: list[Any]


def said(at: Points) -> Said:
    everything = both(at.derivation.name, at.names, at.keywords)
    traced, shapes = jax.make_jaxpr(everything, return_shape=True)(*at.arrays)
    leaves = evaluate_traced(traced, _RoundedInputs("float64"), *at.arrays)
    true = {name: leaf.value for name, leaf in zip(sorted(shapes), leaves, strict=True)}
    bounds = {name: LOOSENESS * leaf.error for name, leaf in zip(sorted(shapes), leaves, strict=True)}

    def samples(of: dict[str, Real]) -> list[Any]:
        """For each sample the whole derivative, in the form handgrad has it."""
        parts = [of[key] for key in sorted(of) if key.startswith("truth")]
        return [tuple(sample) if len(parts) > 1 else sample[0] for sample in zip(*parts, strict=True)]

    lines = at.derivation.lines
    return Said(
        [np.stack(at.each(line.value)) for line in lines],
        [bounds[f"line {i}"] for i in range(len(lines))],
        at.each(at.derivation.truth),
        samples(true),
        samples(bounds),
    )


@functools.cache
def said_at_telling_points(name: str) -> Said:
    return said(telling_points(name))


def check(derivation: Derivation, what: Said) -> int:
    """Raise AssertionError at the first line that is false; how many were compared."""
    i = 0
    for chain in derivation.chains:
        last = i + len(chain.lines) - 1
        parts = [np.stack([chain.part.of(whole) for whole in of]) for of in (what.hand, what.jax, what.truth_bounds)]
        for j in range(i, last):
            name = f"{derivation.name}: {chain.lines[j + 1 - i].latex}"
            compare(
                {name: what.lines[j + 1]}, {name: what.lines[j]}, {name: what.line_bounds[j] + what.line_bounds[j + 1]}
            )
        name = f"{derivation.name}: {chain.left}"
        for truth in parts[:2]:
            compare({name: what.lines[last]}, {name: truth}, {name: what.line_bounds[last] + parts[2]})
        i = last + 1
    return i
