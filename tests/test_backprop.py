"""Back-propagation equals what JAX derives from the forward pass, on random networks and chains of layers.

A draw fixes a structure (depth, widths, activations, loss), which JAX compiles once, and seeds for several sets of
numbers. These are spread at random, or small and whole: then many pre-activations are exactly 0 and lie on kinks.
Tolerances come from ``tests.rounding``, entry by entry.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import handgrad
from handgrad._activation_names import ACTIVATIONS
from handgrad.backprop import _COSTS, _LOSSES
from handgrad.catalogue import FORMULAS, REAL
from reference import backprop as reference
from reference import layers as reference_layers
from reference import losses as reference_losses
from tests.exact import exact
from tests.rounding import rounding_bounds

Real = np.ndarray[Any, Any]
Named = dict[str, Any]

EVERYWHERE = tuple(name for name in ACTIVATIONS if FORMULAS[name].domains["z"] is REAL)
KINKED = {name for name in EVERYWHERE if FORMULAS[name].kinks}
STEEP = ("exp", "tan")  # of arguments below 1.25 only: the one overflows in a deep network, the other has a pole
NEEDS_PROBABILITIES = ("mean_binary_cross_entropy", "mean_categorical_cross_entropy")
LAST = {
    "sum_squared_error": EVERYWHERE,
    "mean_squared_error": EVERYWHERE,
    "mean_categorical_cross_entropy": ("softmax", *EVERYWHERE),
    "mean_binary_cross_entropy": tuple(name for name in EVERYWHERE if name not in ("exp", "unit_step")),
    "softmax_cross_entropy": ("identity",),
    "sigmoid_cross_entropy": ("identity",),
}
"""The last activations that go with each loss: two cross-entropies need values between 0 and 1, or above 0."""

SEEDS = 8  # sets of numbers for each structure

each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


# Random networks


def numbers(generator: np.random.Generator, *shape: int, whole: bool = False) -> Real:
    """Normal numbers, or small whole ones."""
    return np.asarray(generator.integers(-2, 3, shape), float) if whole else generator.normal(size=shape)


def halved(limit: float, n: Real) -> float:
    """The power of 2, at most 1, that brings all entries to the limit: multiplying by it rounds nothing."""
    largest = float(np.max(np.abs(n), initial=0.0))
    return 2.0 ** min(0, math.floor(math.log2(limit / largest))) if largest > 0 else 1.0


@dataclasses.dataclass(frozen=True)
class Network:
    """One draw of a multilayer perceptron: everything that determines its numbers."""

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "sum_squared_error"
    batch: int | None = None
    seed: int = 0
    whole: bool = False
    dtype: str = "float64"

    def arrays(self) -> tuple[list[Real], list[Real], Real, Real]:
        """W, b, x and y; the weights keep the pre-activations moderate."""
        generator = np.random.default_rng(self.seed)
        rows = () if self.batch is None else (self.batch,)
        W, b = [], []
        a = x = numbers(generator, *rows, self.widths[0], whole=self.whole).astype(self.dtype)
        for m, name in enumerate(self.activations):
            W_m = numbers(generator, *self.widths[m : m + 2], whole=self.whole)
            b_m = numbers(generator, self.widths[m + 1], whole=self.whole)
            if (
                m == len(self.activations) - 1
                and self.loss in NEEDS_PROBABILITIES
                and name not in ("softmax", "sigmoid")
            ):
                W_m, b_m = W_m * halved(0.25, a @ W_m), np.full_like(b_m, 0.45)  # any activation stays within (0, 1)
            factor = halved(1.25 if name in STEEP else 8.0, a @ W_m + b_m)
            W.append((W_m * factor).astype(self.dtype))
            b.append((b_m * factor).astype(self.dtype))
            a = a if name == "softmax" else getattr(handgrad, name)(a @ W[-1] + b[-1])
        shape = (*rows, self.widths[-1])
        y = numbers(generator, *shape, whole=self.whole)
        if "cross_entropy" in self.loss:
            y = np.where(generator.random(shape) < 0.5, generator.integers(0, 2, shape), generator.random(shape))
        return W, b, x, y.astype(self.dtype)

    def seeded(self) -> Iterable[Network]:
        """The same structure with other numbers."""
        return [dataclasses.replace(self, seed=self.seed + i) for i in range(SEEDS)]


@st.composite
def networks(draw: st.DrawFn, loss: str | None = None, dtype: str = "float64") -> Network:
    """Random networks of 1 to 6 layers of 1 to 5 units."""
    loss = loss or draw(st.sampled_from(list(LAST)))
    depth = draw(st.integers(1, 6))
    return Network(
        widths=tuple(draw(st.integers(1, 5)) for _ in range(depth + 1)),
        activations=(
            *[draw(st.sampled_from(EVERYWHERE)) for _ in range(depth - 1)],
            draw(st.sampled_from(LAST[loss])),
        ),
        loss=loss,
        batch=draw(st.sampled_from([None, 1, 2, 4])),
        seed=draw(st.integers(0, 2**32)),
        whole=draw(st.booleans()),
        dtype=dtype,
    )


SMALLEST = Network((1, 1), ("sigmoid",), batch=1)
RECTANGULAR = Network((2, 4, 3, 5), ("tanh", "sin", "sigmoid"), batch=3, seed=1)
SQUARE = Network((3, 3, 3, 3), ("tanh", "sin", "sigmoid"), batch=3, seed=1)
ON_KINKS = Network(
    (3, 4, 5, 2, 4, 3), ("relu", "absolute", "relu", "absolute", "identity"), batch=4, seed=58, whole=True
)
ON_STEPS = Network((3, 4, 5, 4, 3), ("relu", "unit_step", "absolute", "relu"), batch=4, seed=12, whole=True)


# Comparison


def plain(array: Any) -> Real:
    """The numbers of an array of any library."""
    return array.numpy() if hasattr(array, "numpy") else np.asarray(array)


def compare(hand: Named, truth: Named, bounds: Named) -> None:
    """Raise AssertionError unless each named result has the truth's shape and dtype, and each entry its value."""
    assert set(hand) == set(truth)
    for name, true in truth.items():
        found = plain(hand[name])
        assert found.shape == true.shape, f"{name}: shape {found.shape}, JAX has {true.shape}"
        assert found.dtype == true.dtype, f"{name}: {found.dtype}, JAX has {true.dtype}"
        error = np.abs(found.astype(float) - true)
        with np.errstate(all="ignore"):
            ratio = np.where(error == 0, 0.0, error / bounds[name])
        worst = np.max(np.where(np.isnan(ratio), np.inf, ratio), initial=0.0)
        assert worst <= 1, f"{name}: off by {worst:.3g} times what rounding allows; hand\n{found}\nJAX\n{true}"


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled once for each structure; XLA's optimisation would take longer than all the rest."""
    ready: dict[str, Callable[..., Any]] = {}

    def call(*args: Any) -> Any:
        structure = str(jax.tree.map(lambda array: (array.shape, array.dtype), args))
        if structure not in ready:
            ready[structure] = jax.jit(function).lower(*args).compile({"xla_backend_optimization_level": "0"})
        return ready[structure](*args)

    return call


def autodiff(function: Callable[..., Named], *args: Any, compiling: bool = True) -> tuple[Named, Named]:
    """What a function of JAX gives, by name, and what rounding allows."""
    found = (compiled(function) if compiling else function)(*args)
    truth = {name: np.asarray(array) for name, array in found.items()}
    flat, structure = jax.tree.flatten(args)
    traced = jax.jit(function)  # it remembers the trace of each structure, which is then only interpreted
    bounds = rounding_bounds(lambda *leaves: traced(*jax.tree.unflatten(structure, leaves)), flat[0].dtype, *flat)
    return truth, dict(zip(sorted(truth), bounds, strict=True))


def same_sides(hand: Named, truth: Named, names: Iterable[str]) -> bool:
    """Whether rounding leaves all of the named numbers on one side of 0, where kinks are."""
    return all(np.array_equal(np.sign(plain(hand[name])), np.sign(truth[name])) for name in names)


def enumerated(**lists: Iterable[Any]) -> Named:
    """Entries of lists by name and number, the number of their layer."""
    return {f"{name}^{m}": entry for name, entries in lists.items() for m, entry in enumerate(entries, start=1)}


def over_rows(function: Callable[..., Any], *data: Any) -> Any:
    """A function of one sample, of each sample if the data are a batch."""
    return function(*data) if data[0].ndim == 1 else jax.vmap(function)(*data)


# Gradients of a network


@functools.cache
def jax_gradients(activations: tuple[str, ...], loss: str) -> Callable[..., Named]:
    def everything(W: list[Any], b: list[Any], x: Any, y: Any) -> Named:
        J, (dW, db) = jax.value_and_grad(reference.mlp_loss, (0, 1))(W, b, x, y, activations, loss)
        M = len(activations)
        parts = [(m, (*activations[: m - 1], "identity")) for m in range(1, M + 1)] + [(M, activations)]
        *n, a = [over_rows(lambda x, m=m, f=f: reference.mlp(W[:m], b[:m], x, f), x) for m, f in parts]
        return {"J": J, "a": a, **enumerated(n=n, dW=dW, db=db)}

    return everything


def hand_preactivations(activations: Sequence[str], W: list[Any], b: list[Any], x: Any) -> list[Any]:
    """n^(1) … n^(M), each the output of a network cut off there."""
    return [handgrad.mlp(W[: m + 1], b[: m + 1], x, [*activations[:m], "identity"]) for m in range(len(W))]


def hand_gradients(activations: Sequence[str], loss: str, W: list[Any], b: list[Any], x: Any, y: Any) -> Named:
    J, dW, db = handgrad.mlp_gradients(W, b, x, y, activations, loss)
    n = hand_preactivations(activations, W, b, x)
    return {"J": J, "a": handgrad.mlp(W, b, x, activations), **enumerated(n=n, dW=dW, db=db)}


def check_gradients(network: Network, hand: Callable[..., Named] = hand_gradients, *, compiling: bool = True) -> bool:
    """Compare, unless rounding alone moves a number across a kink; whether it could be compared."""
    activations, loss = network.activations, network.loss
    arrays = network.arrays()
    truth, bounds = autodiff(jax_gradients(activations, loss), *arrays, compiling=compiling)
    kinks = [f"n^{m}" for m, name in enumerate(activations, start=1) if name in KINKED]
    if not same_sides(hand_gradients(activations, loss, *arrays), truth, kinks):
        return False
    compare(hand(activations, loss, *arrays), truth, bounds)
    return True


@pytest.mark.parametrize(("dtype", "examples"), [("float64", 25), ("float32", 4)])
def test_gradients_of_random_networks_equal_jax(dtype: str, examples: int) -> None:
    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(networks(dtype=dtype))
    def on_random_networks(network: Network) -> None:
        compared = [check_gradients(seeded) for seeded in network.seeded()]
        hypothesis.assume(any(compared))

    on_random_networks()


@each_dtype
@pytest.mark.parametrize(
    "network", [SMALLEST, dataclasses.replace(SMALLEST, batch=None), RECTANGULAR, SQUARE, ON_KINKS, ON_STEPS], ids=str
)
def test_gradients_of_telling_networks_equal_jax(network: Network, dtype: str) -> None:
    assert check_gradients(dataclasses.replace(network, dtype=dtype))


@pytest.mark.parametrize(("loss", "last"), [(loss, last) for loss in LAST for last in LAST[loss]])
def test_gradients_of_every_loss_after_every_activation_equal_jax(loss: str, last: str) -> None:
    # Step by step, JAX compiles each operation once for all of them.
    assert check_gradients(Network((2, 3), (last,), loss, batch=2, seed=3), compiling=False)


@pytest.mark.parametrize("network", [ON_KINKS, ON_STEPS], ids=["kinks", "steps"])
def test_kinks_are_met(network: Network) -> None:
    n = hand_preactivations(network.activations, *network.arrays()[:3])
    assert all(np.any(n_m == 0) and np.any(n_m != 0) for n_m in n)


def test_the_draws_cover_every_loss_and_cost() -> None:
    assert set(LAST) == set(_LOSSES)
    assert {*COSTS, "mean_categorical_cross_entropy"} == set(_COSTS)


# Sensitivities, deltas and the Jacobians between layers


@functools.cache
def jax_recursion(activations: tuple[str, ...]) -> Callable[..., Named]:
    """Each quantity by its definition: the rest of the network as a function of n^(m), or of a^(m)."""

    def of_one(W: list[Any], b: list[Any], x: Any, y: Any, y_bar: Any) -> Named:
        found: Named = {}
        for m, name in enumerate(activations, start=1):
            f = reference_layers.ACTIVATIONS[name]
            n = reference.mlp(W[:m], b[:m], x, (*activations[: m - 1], "identity"))

            def rest(a: Any, m: int = m) -> Any:
                return reference.mlp(W[m:], b[m:], a, activations[m:])

            found |= {
                f"n^{m}": n,
                f"s^{m}": jax.grad(lambda n, f=f, rest=rest: reference_losses.sum_squared_error(y, rest(f(n))))(n),
                f"δ^{m}": jax.grad(lambda n, f=f, rest=rest: y_bar @ rest(f(n)))(n),
                f"e^{m}": jax.grad(lambda a, rest=rest: y_bar @ rest(a))(f(n)),
            }
            if m < len(W):
                found[f"∂n/∂n^{m}"] = jax.jacrev(lambda n, f=f, m=m: f(n) @ W[m] + b[m])(n)
        return found

    def everything(W: list[Any], b: list[Any], x: Any, y: Any, y_bar: Any) -> Named:
        return of_one(W, b, x, y, y_bar) if x.ndim == 1 else jax.vmap(of_one, (None, None, 0, 0, 0))(W, b, x, y, y_bar)

    return everything


def hand_recursion(activations: Sequence[str], W: list[Any], b: list[Any], x: Any, y: Any, y_bar: Any) -> Named:
    delta, e = handgrad.deltas(W, b, x, y_bar, activations)
    n = hand_preactivations(activations, W, b, x)
    s = handgrad.sensitivities(W, b, x, y, activations)
    jacobians = handgrad.preactivation_jacobians(W, b, x, activations)
    return {**enumerated(n=n, s=s, δ=delta, e=e), **enumerated(**{"∂n/∂n": jacobians})}


def recursion_arrays(network: Network) -> tuple[Any, ...]:
    W, b, x, y = network.arrays()
    return W, b, x, y, np.random.default_rng([network.seed, 1]).normal(size=y.shape).astype(network.dtype)


def check_recursion(network: Network, hand: Callable[..., Named] = hand_recursion) -> bool:
    """As for the gradients."""
    arrays = recursion_arrays(network)
    truth, bounds = autodiff(jax_recursion(network.activations), *arrays)
    kinks = [f"n^{m}" for m, name in enumerate(network.activations, start=1) if name in KINKED]
    if not same_sides(hand_recursion(network.activations, *arrays), truth, kinks):
        return False
    compare(hand(network.activations, *arrays), truth, bounds)
    return True


@pytest.mark.parametrize(("dtype", "examples"), [("float64", 6), ("float32", 2)])
def test_sensitivities_deltas_and_jacobians_equal_jax(dtype: str, examples: int) -> None:
    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(networks("sum_squared_error", dtype))
    def on_random_networks(network: Network) -> None:
        compared = [check_recursion(seeded) for seeded in network.seeded()]
        hypothesis.assume(any(compared))

    assert check_recursion(dataclasses.replace(RECTANGULAR, dtype=dtype))
    assert check_recursion(dataclasses.replace(ON_KINKS, dtype=dtype))
    on_random_networks()


@hypothesis.settings(max_examples=50)
@hypothesis.given(networks("sum_squared_error"))
def test_sensitivities_are_the_deltas_of_the_squared_error_and_give_the_gradients(network: Network) -> None:
    network = dataclasses.replace(network, batch=None)
    W, b, x, y = network.arrays()
    s = handgrad.sensitivities(W, b, x, y, network.activations)
    a_bar = -2 * (y - handgrad.mlp(W, b, x, network.activations))
    delta, _ = handgrad.deltas(W, b, x, a_bar, network.activations)
    _, dW, db = handgrad.mlp_gradients(W, b, x, y, network.activations)
    a = [handgrad.mlp(W[:m], b[:m], x, network.activations[:m]) if m else x for m in range(len(W))]
    for m, s_m in enumerate(s):
        np.testing.assert_array_equal(s_m, delta[m])
        for found, expected in zip(handgrad.sensitivity_gradients(a[m], s_m), (dW[m], db[m]), strict=True):
            np.testing.assert_array_equal(found, expected)


@each_dtype
@hypothesis.settings(max_examples=5)
@hypothesis.given(
    st.integers(1, 5), st.integers(1, 5), st.sampled_from([(), (1,), (3,), (2, 2)]), st.integers(0, 2**32)
)
def test_the_gradients_of_a_layer_from_its_sensitivity(
    dtype: str, n: int, k: int, batch: tuple[int, ...], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    a, s = (generator.normal(size=(*batch, size)).astype(dtype) for size in (n, k))

    def by_definition(a: Any, s: Any) -> Named:
        def weighted(W: Any, b: Any) -> Any:
            return jnp.sum(reference_layers.dense(a, W, b) * s)

        dW, db = jax.grad(weighted, (0, 1))(jnp.ones((n, k), a.dtype), jnp.ones(k, a.dtype))
        return {"W": dW, "b": db}

    dW, db = handgrad.sensitivity_gradients(a, s)
    compare({"W": dW, "b": db}, *autodiff(by_definition, a, s))


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "sin"])
@hypothesis.settings(max_examples=5)
@hypothesis.given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([(), (1,), (3,)]), st.integers(0, 2**32))
def test_the_gradient_by_the_stacked_weights(
    activation: str, n: int, k: int, batch: tuple[int, ...], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    o, w, o_bar = (generator.normal(size=shape) for shape in ((*batch, n), (k * n,), (*batch, k)))
    a = handgrad.dense_of_weights(o, w)
    found = handgrad.stacked_weights_gradient(o, a, o_bar, activation=activation)

    def of_one(o: Any, w: Any, o_bar: Any) -> Any:
        g = reference_layers.ACTIVATIONS[activation]
        return jax.grad(lambda w: o_bar @ g(reference_layers.outputs_matrix(o, k) @ w))(w)[None, :]

    def by_definition(o: Any, w: Any, o_bar: Any) -> Named:
        return {"w": jax.vmap(of_one, (0, None, 0))(o, w, o_bar) if batch else of_one(o, w, o_bar)}

    truth, bounds = autodiff(by_definition, o, w, o_bar)
    compare({"w": found}, truth, bounds)
    # The note's product: a row, the diagonal Jacobian of the activation, the matrix of outputs.
    jacobian = getattr(handgrad, f"{activation}_jacobian")(a)
    printed = o_bar[..., None, :] @ jacobian @ handgrad.outputs_matrix(o, k)
    compare({"w": printed}, {"w": found}, bounds)
    if activation == "sigmoid":  # the one of the note
        np.testing.assert_array_equal(handgrad.stacked_weights_gradient(o, a, o_bar), found)


# Chains of layers

COSTS = {
    "euclidean_error": None,
    "sum_squared_error": None,
    "mean_squared_error": None,
    "softmax_cross_entropy": None,
    "categorical_cross_entropy": "softmax",
    "mean_binary_cross_entropy": "sigmoid",
}
"""The costs of one sample, and the last layer they need."""


@dataclasses.dataclass(frozen=True)
class Chain:
    """One draw of a chain of layers with a cost."""

    names: tuple[str, ...]
    widths: tuple[int, ...]
    """Of the input, then of each dense layer."""
    cost: str
    batch: int | None = None
    seed: int = 0
    whole: bool = False
    dtype: str = "float64"

    def arrays(self) -> tuple[list[list[Real]], Real, Real]:
        """The parameters of each layer, x and the target."""
        generator = np.random.default_rng(self.seed)
        rows = () if self.batch is None else (self.batch,)
        y = x = numbers(generator, *rows, self.widths[0], whole=self.whole).astype(self.dtype)
        widths, parameters = iter(self.widths[1:]), []
        for name, following in zip(self.names, (*self.names[1:], ""), strict=True):
            theta = []
            if name == "dense":
                k = next(widths)
                W, b = numbers(generator, y.shape[-1], k, whole=self.whole), numbers(generator, k, whole=self.whole)
                factor = halved(1.25 if following in STEEP else 8.0, y @ W + b)
                theta = [(W * factor).astype(self.dtype), (b * factor).astype(self.dtype)]
            parameters.append(theta)
            y = getattr(handgrad, name)(y, *theta)
        target = numbers(generator, *y.shape, whole=self.whole)
        if "cross_entropy" in self.cost:
            target = np.where(generator.random(y.shape) < 0.5, generator.integers(0, 2, y.shape), 0.25)
        return parameters, x, target.astype(self.dtype)

    def seeded(self) -> Iterable[Chain]:
        """The same structure with other numbers."""
        return [dataclasses.replace(self, seed=self.seed + i) for i in range(SEEDS)]


@st.composite
def chains(draw: st.DrawFn, dtype: str = "float64") -> Chain:
    """Random chains of 1 to 6 layers, dense or not, of 1 to 5 units."""
    cost = draw(st.sampled_from(list(COSTS)))
    names: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        steep = STEEP if names[-1:] == ["dense"] else ()
        tame = [name for name in EVERYWHERE if name not in STEEP]
        names.append("dense" if draw(st.booleans()) else draw(st.sampled_from([*tame, *steep, "softmax"])))
    needed = COSTS[cost]
    if needed:
        names[-1] = needed
    widths = tuple(draw(st.integers(1, 5)) for _ in range(names.count("dense") + 1))
    batch = draw(st.sampled_from([None, 1, 3]))
    return Chain(tuple(names), widths, cost, batch, draw(st.integers(0, 2**32)), draw(st.booleans()), dtype)


LONGEST = Chain(
    ("dense", "tanh", "dense", "relu", "dense", "softmax"), (2, 4, 3, 5), "categorical_cross_entropy", seed=2
)


def named_parameters(gradients: Iterable[Sequence[Any]]) -> Named:
    return {f"θ^{r}[{i}]": part for r, theta in enumerate(gradients, start=1) for i, part in enumerate(theta)}


@functools.cache
def jax_chain(names: tuple[str, ...], cost: str) -> Callable[..., Named]:
    def of_one(parameters: list[Any], x: Any, target: Any) -> Named:
        y = [reference.chain(names[:r], parameters[:r], x) for r in range(len(names))]
        return {"E": reference.chain_cost(names, parameters, cost, x, target), **enumerated(y=y)}

    def everything(parameters: list[Any], x: Any, target: Any) -> Named:
        def total(parameters: list[Any]) -> Any:
            def E(x: Any, target: Any) -> Any:
                return reference.chain_cost(names, parameters, cost, x, target)

            return E(x, target) if x.ndim == 1 else jnp.sum(jax.vmap(E)(x, target))

        forward = of_one if x.ndim == 1 else jax.vmap(of_one, (None, 0, 0))
        return {**forward(parameters, x, target), **named_parameters(jax.grad(total)(parameters))}

    return everything


def hand_chain(
    form: Callable[..., Any], names: Sequence[str], cost: str, parameters: list[Any], x: Any, target: Any
) -> Named:
    layers = [handgrad.layer(name, *theta) for name, theta in zip(names, parameters, strict=True)]
    E, gradients = form(layers, cost, x, target)
    y = [x]
    for f in layers[:-1]:
        y.append(f.vjp(y[-1], *f.parameters)[0])
    return {"E": E, **enumerated(y=y), **named_parameters(gradients)}


def sample_by_sample(names: Sequence[str], cost: str, parameters: list[Any], x: Any, target: Any) -> Named:
    """The Jacobian form for each sample: costs in a row, gradients in a sum."""
    each = [
        hand_chain(handgrad.backpropagate_by_jacobians, names, cost, parameters, *sample)
        for sample in zip(x, target, strict=True)
    ]
    return {
        name: sum(found[name] for found in each) if name[0] == "θ" else np.stack([found[name] for found in each])
        for name in each[0]
    }


def check_chain(chain: Chain, *hands: Callable[..., Named]) -> bool:
    """As for the gradients, for every way to compute them."""
    arrays = chain.arrays()
    truth, bounds = autodiff(jax_chain(chain.names, chain.cost), *arrays)
    kinks = [f"y^{r}" for r, name in enumerate(chain.names, start=1) if name in KINKED]
    by_pullbacks, by_jacobians = (
        functools.partial(hand_chain, form) for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians)
    )
    hands = hands or (by_pullbacks, by_jacobians if chain.batch is None else sample_by_sample)
    every = [hand(chain.names, chain.cost, *arrays) for hand in hands]
    if not all(same_sides(found, truth, kinks) for found in every):
        return False
    for found in every:
        compare(found, truth, bounds)
    return True


@pytest.mark.parametrize(("dtype", "examples"), [("float64", 12), ("float32", 3)])
def test_pullbacks_and_jacobians_give_the_gradients_of_jax(dtype: str, examples: int) -> None:
    @hypothesis.settings(max_examples=examples)
    @hypothesis.given(chains(dtype))
    def on_random_chains(chain: Chain) -> None:
        compared = [check_chain(seeded) for seeded in chain.seeded()]
        hypothesis.assume(any(compared))

    assert check_chain(dataclasses.replace(LONGEST, dtype=dtype))
    on_random_chains()


def test_a_mean_over_the_batch_is_a_cost_too() -> None:
    parameters, x, target = dataclasses.replace(LONGEST, batch=4).arrays()
    layers = [handgrad.layer(name, *theta) for name, theta in zip(LONGEST.names, parameters, strict=True)]
    mean, by_mean = handgrad.backpropagate(layers, "mean_categorical_cross_entropy", x, target)
    E, by_sum = handgrad.backpropagate(layers, "categorical_cross_entropy", x, target)
    # A division by 4 rounds nothing.
    np.testing.assert_array_equal(mean, np.sum(E) / 4)
    for theta, summed in zip(by_mean, by_sum, strict=True):
        for found, expected in zip(theta, summed, strict=True):
            np.testing.assert_array_equal(found, expected / 4)


def test_the_distance_to_a_target_that_is_met_has_no_gradient() -> None:
    parameters, x, _ = Chain(("dense", "tanh", "dense"), (2, 3, 4), "euclidean_error").arrays()
    layers = [handgrad.layer(name, *theta) for name, theta in zip(("dense", "tanh", "dense"), parameters, strict=True)]
    met = handgrad.mlp(
        [parameters[0][0], parameters[2][0]], [parameters[0][1], parameters[2][1]], x, ["tanh", "identity"]
    )
    for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians):
        E, gradients = form(layers, "euclidean_error", x, met)
        assert E == 0
        assert all(np.all(gradient == 0) for gradient in jax.tree.leaves(gradients))


def test_a_layer_and_a_cost_of_ones_own() -> None:
    def scale_vjp(y: Any, c: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any]]]:
        return c * y, lambda z_bar: (c * z_bar, np.sum(z_bar * y))

    def scale_jacobian(y: Any, c: Any) -> tuple[Any, Any]:
        return c * np.eye(y.shape[0]), y

    def sum_vjp(_: Any, y: Any) -> tuple[Any, Callable[[Any], Any]]:
        return np.sum(y), lambda E_bar: E_bar * np.ones_like(y)

    layers = [handgrad.Layer(scale_vjp, scale_jacobian, (np.asarray(3.0),)), handgrad.layer("identity")]
    for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians):
        E, ((c_bar,), none) = form(layers, sum_vjp, np.asarray([1.0, 2.0]), np.zeros(2))
        assert (E, c_bar, none) == (9.0, 3.0, ())


@pytest.mark.parametrize("name", ["dense", "softmax", *EVERYWHERE])
def test_the_jacobian_of_a_layer_equals_jax(name: str) -> None:
    names = ("dense",) if name == "dense" else (name,)
    chain = Chain(names, (3, 2) if name == "dense" else (3,), "sum_squared_error", seed=5)
    (theta,), x, _ = chain.arrays()
    if name == "tan":
        x = x / 4

    def by_definition(x: Any, theta: list[Any]) -> Named:
        parts = jax.jacrev(lambda x, theta: reference.LAYERS[name](x, *theta), (0, 1))(x, theta)
        return {"J": jnp.concatenate([part.reshape(part.shape[0], -1) for part in jax.tree.leaves(parts)], axis=1)}

    J = handgrad.layer_jacobian(handgrad.layer(name, *theta), x)
    assert J.shape == ((2, 3 + 6 + 2) if name == "dense" else (3, 3))
    compare({"J": J}, *autodiff(by_definition, x, theta))


# Training


@pytest.mark.parametrize(
    ("activations", "loss"),
    [
        (("tanh", "sigmoid", "identity"), "sum_squared_error"),
        (("relu", "sin", "softmax"), "mean_categorical_cross_entropy"),
        (("sigmoid", "absolute", "sigmoid"), "mean_binary_cross_entropy"),
        (("cos", "tanh", "identity"), "softmax_cross_entropy"),
    ],
)
def test_training_stays_with_jax_for_200_steps(activations: tuple[str, ...], loss: str) -> None:
    @jax.jit
    def jax_step(theta: Any, x: Any, y: Any) -> Any:
        slopes = jax.grad(reference.mlp_loss, (0, 1))(*theta, x, y, activations=activations, loss=loss)
        return jax.tree.map(lambda parameter, slope: parameter - 0.1 * slope, theta, slopes)

    for seed in range(3):
        W, b, x, y = Network((3, 4, 5, 2), activations, loss, batch=8, seed=seed).arrays()
        start = (W, b)
        expected = start
        losses = []
        for _ in range(200):
            J, dW, db = handgrad.mlp_gradients(W, b, x, y, activations, loss)
            W, b = handgrad.sgd_step(W, b, dW, db, 0.1)
            expected = jax_step(expected, x, y)
            losses.append(J)
        assert losses[-1] < losses[0]
        for found, true, first in zip(*map(jax.tree.leaves, ((W, b), expected, start)), strict=True):
            # Relative to the terms of the sum that the parameter is: where it began, and how far it went.
            assert np.all(np.abs(found - true) <= 1e-9 * (np.abs(first) + np.abs(found - first)))
            assert np.any(found != first)


def test_a_step_is_the_rule_of_each_parameter() -> None:
    W, b, x, y = RECTANGULAR.arrays()
    _, dW, db = handgrad.mlp_gradients(W, b, x, y, RECTANGULAR.activations)
    new_W, new_b = handgrad.sgd_step(W, b, dW, db, 0.25)
    for old, gradient, new in zip([*W, *b], [*dW, *db], [*new_W, *new_b], strict=True):
        np.testing.assert_array_equal(new, old - 0.25 * gradient)


# Edges


@pytest.mark.parametrize(("loss", "last"), [(loss, last) for loss in LAST for last in LAST[loss]])
def test_an_empty_batch(loss: str, last: str) -> None:
    network = Network((3, 4, 2), ("tanh", last), loss, batch=0)
    W, b, x, y = network.arrays()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        J, dW, db = handgrad.mlp_gradients(W, b, x, y, network.activations, loss)
        assert handgrad.mlp(W, b, x, network.activations).shape == (0, 2)
    assert np.isnan(J)
    for found, parameter in zip([*dW, *db], [*W, *b], strict=True):
        np.testing.assert_array_equal(found, np.zeros_like(parameter))


def test_the_recursion_of_an_empty_batch() -> None:
    W, b, x, y, y_bar = recursion_arrays(dataclasses.replace(RECTANGULAR, batch=0))
    found = hand_recursion(RECTANGULAR.activations, W, b, x, y, y_bar)
    for m, width in enumerate(RECTANGULAR.widths[1:], start=1):
        assert {found[f"{name}^{m}"].shape for name in "nsδe"} == {(0, width)}
    assert [found[f"∂n/∂n^{m}"].shape for m in (1, 2)] == [(0, 3, 4), (0, 5, 3)]
    layers = [handgrad.layer("dense", W[0], b[0]), handgrad.layer("tanh")]
    E, ((dW, db), ()) = handgrad.backpropagate(layers, "sum_squared_error", x, np.ones((0, 4)))
    assert E.shape == (0,)
    np.testing.assert_array_equal(dW, np.zeros((2, 4)))
    np.testing.assert_array_equal(db, np.zeros(4))


def saturated(activations: tuple[str, ...], loss: str, seed: int) -> tuple[list[Real], list[Real], Real, Real]:
    """A network whose last pre-activations reach 1000 in size, with one-hot targets."""
    W, b, x, _ = Network((3, 4, 3), activations, loss, batch=6, seed=seed).arrays()
    a = handgrad.mlp(W[:1], b[:1], x, activations[:1])
    n = a @ W[1] + b[1]
    factor = 1000 / np.abs(n).max()
    y = np.eye(3)[np.random.default_rng(seed).integers(0, 3, 6)]
    return [W[0], W[1] * factor], [b[0], b[1] * factor], x, y


@hypothesis.settings(max_examples=25)
@hypothesis.given(
    st.sampled_from(EVERYWHERE),
    st.sampled_from(
        [
            ("softmax", "mean_categorical_cross_entropy"),
            ("sigmoid", "mean_binary_cross_entropy"),
            ("sigmoid", "sum_squared_error"),
            ("tanh", "mean_squared_error"),
            ("identity", "softmax_cross_entropy"),
            ("identity", "sigmoid_cross_entropy"),
        ]
    ),
    st.integers(0, 2**32),
)
def test_a_saturated_network_has_finite_gradients(hidden: str, pair: tuple[str, str], seed: int) -> None:
    last, loss = pair
    W, b, x, y = saturated((hidden, last), loss, seed)
    J, dW, db = handgrad.mlp_gradients(W, b, x, y, [hidden, last], loss)
    assert all(np.all(np.isfinite(found)) for found in (J, *dW, *db))
    fused = {"softmax": "softmax_cross_entropy", "sigmoid": "sigmoid_cross_entropy"}.get(last)
    if loss.endswith("cross_entropy") and fused:
        same = handgrad.mlp_gradients(W, b, x, y, [hidden, "identity"], fused)
        for found, expected in zip(jax.tree.leaves((J, dW, db)), jax.tree.leaves(same), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("last", "loss"), [("softmax", "mean_categorical_cross_entropy"), ("sigmoid", "mean_binary_cross_entropy")]
)
def test_saturated_gradients_are_true(last: str, loss: str) -> None:
    # What JAX derives is 0/0 here, and right in mpmath.
    W, b, x, y = saturated(("tanh", last), loss, seed=4)
    activations = ("tanh", last)
    _, (dW_0, dW_1), (db_0, db_1) = handgrad.mlp_gradients(W, b, x, y, activations, loss)
    flat = [array[None] for array in (*W, *b, x, y)]

    def of_stacks(W_0: Any, W_1: Any, b_0: Any, b_1: Any, x: Any, y: Any) -> Any:
        def J(W: Any, b: Any) -> Any:
            return reference.mlp_loss(W, b, x[0], y[0], activations, loss)

        J_value, (dW, db) = jax.value_and_grad(J, (0, 1))([W_0[0], W_1[0]], [b_0[0], b_1[0]])
        return [value[None] for value in (*dW, *db, jnp.reshape(J_value, (1,)))]

    for found, true in zip([dW_0, dW_1, db_0, db_1], exact(of_stacks, *flat), strict=False):
        assert np.any(found != 0)
        # n of size 1000 is itself rounded, and a gradient follows it in relative terms.
        true = np.asarray(true[0], float)
        np.testing.assert_allclose(found, true, rtol=1e-11, atol=0)


# What every function owes its callers


def every_call(W: Any, b: Any, x: Any, y: Any, y_bar: Any) -> dict[str, Any]:
    """All results of all functions, for networks with the activations of RECTANGULAR."""
    activations = RECTANGULAR.activations
    names, parameters = [], []
    for W_m, b_m, name in zip(W, b, activations, strict=True):
        names += ["dense", name]
        parameters += [[W_m, b_m], []]
    layers = [handgrad.layer(name, *theta) for name, theta in zip(names, parameters, strict=True)]
    gradients = handgrad.mlp_gradients(W, b, x, y, activations)
    found = {
        "mlp": handgrad.mlp(W, b, x, activations),
        "mlp, identity": handgrad.mlp(W, b, x, ["identity"] * 3),
        "mlp, softmax": handgrad.mlp(W, b, x, ["identity"] * 2 + ["softmax"]),
        "mlp_gradients": gradients,
        "sgd_step": handgrad.sgd_step(W, b, *gradients[1:], 0.25),
        "sensitivities": handgrad.sensitivities(W, b, x, y, activations),
        "deltas": handgrad.deltas(W, b, x, y_bar, activations),
        "deltas, identity": handgrad.deltas(W, b, x, y_bar, ["identity"] * 3),
        "preactivation_jacobians": handgrad.preactivation_jacobians(W, b, x, activations),
        "sensitivity_gradients": handgrad.sensitivity_gradients(x, y_bar),
        "stacked_weights_gradient": handgrad.stacked_weights_gradient(x, y, y_bar, activation="sin"),
        "backpropagate": handgrad.backpropagate(layers, "sum_squared_error", x, y),
        "backpropagate, no parameters": handgrad.backpropagate(
            [handgrad.layer("identity")], "euclidean_error", y, y_bar
        ),
    }
    if len(x.shape) == 1:
        found |= {
            "backpropagate_by_jacobians": handgrad.backpropagate_by_jacobians(layers, "sum_squared_error", x, y),
            "layer_jacobian": handgrad.layer_jacobian(layers[0], x),
            "layer_jacobian, identity": handgrad.layer_jacobian(handgrad.layer("identity"), x),
        }
    for loss in LAST:
        last = "sigmoid" if loss in NEEDS_PROBABILITIES else "identity"
        found[f"mlp_gradients, {loss}"] = handgrad.mlp_gradients(W, b, x, y, ["cos", "sin", last], loss)
    return found


both_kinds = pytest.mark.parametrize("batch", [None, 3])


@both_kinds
@each_dtype
def test_arguments_are_left_alone_and_results_are_the_callers_own(batch: int | None, dtype: str) -> None:
    given = recursion_arrays(dataclasses.replace(RECTANGULAR, batch=batch, dtype=dtype))
    arrays = jax.tree.leaves(given)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    W, b = list(given[0]), list(given[1])
    found = every_call(W, b, *given[2:])
    assert all(one is other for one, other in zip(W + b, [*given[0], *given[1]], strict=True))
    for name, results in found.items():
        leaves = jax.tree.leaves(results)
        for i, result in enumerate(leaves):
            assert result.dtype == dtype, name
            if isinstance(result, np.generic):  # a number of its own
                continue
            assert type(result) is np.ndarray, name
            assert result.flags.writeable, name
            assert not any(np.shares_memory(result, other) for other in [*arrays, *leaves[:i]]), name
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(("batch", "dtype"), [(None, "float32"), (3, "float64")])
def test_jax_arrays_stay_jax_arrays_under_jit(batch: int | None, dtype: str) -> None:
    network = dataclasses.replace(RECTANGULAR, batch=batch, dtype=dtype)
    given = jax.tree.map(jnp.asarray, recursion_arrays(network))
    activations, loss = network.activations, network.loss

    @compiled
    def everything(W: list[Any], b: list[Any], x: Any, y: Any, y_bar: Any) -> dict[str, Any]:
        return {
            "all": every_call(W, b, x, y, y_bar),
            "gradients": hand_gradients(activations, loss, W, b, x, y),
            "recursion": hand_recursion(activations, W, b, x, y, y_bar),
        }

    found, expected = everything(*given), every_call(*recursion_arrays(network))
    assert jax.tree.structure(found["all"]) == jax.tree.structure(expected)
    for result, other in zip(jax.tree.leaves(found["all"]), jax.tree.leaves(expected), strict=True):
        assert isinstance(result, jax.Array)
        assert result.dtype == other.dtype
    assert check_gradients(network, lambda *_: found["gradients"])
    assert check_recursion(network, lambda *_: found["recursion"])


def test_numpy_data_goes_with_parameters_of_jax_under_jit() -> None:
    parameters, x, target = LONGEST.arrays()
    hand = functools.partial(hand_chain, handgrad.backpropagate_by_jacobians, LONGEST.names, LONGEST.cost)
    found = compiled(lambda parameters: hand(parameters, x, target))(parameters)
    assert check_chain(LONGEST, lambda *_: found)


def test_lists_adopt_the_dtype_of_the_parameters() -> None:
    parameters, x, target = dataclasses.replace(LONGEST, dtype="float32").arrays()
    layers = [handgrad.layer(name, *theta) for name, theta in zip(LONGEST.names, parameters, strict=True)]
    for form in (handgrad.backpropagate, handgrad.backpropagate_by_jacobians):
        found = form(layers, LONGEST.cost, x.tolist(), target.tolist())
        assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {np.dtype(np.float32)}
    W, b, x, y = dataclasses.replace(RECTANGULAR, dtype="float32").arrays()
    found = handgrad.mlp_gradients(W, b, x.tolist(), y.tolist(), RECTANGULAR.activations)
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {np.dtype(np.float32)}
    of_lists = handgrad.mlp_gradients(
        [W_m.tolist() for W_m in W], [b_m.tolist() for b_m in b], x.tolist(), y.tolist(), RECTANGULAR.activations
    )
    assert {leaf.dtype for leaf in jax.tree.leaves(of_lists)} == {np.dtype(np.float64)}


def in_torch(hand: Callable[..., Named]) -> Callable[..., Named]:
    """The same function, called with tensors."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def with_tensors(*args: Any) -> Named:
        convert = functools.partial(
            jax.tree.map, lambda leaf: torch.tensor(leaf) if isinstance(leaf, np.ndarray) else leaf
        )
        found = hand(*[arg if isinstance(arg, (str, tuple)) else convert(arg) for arg in args])
        assert all(isinstance(result, torch.Tensor) for result in found.values())
        return found

    return with_tensors


@both_kinds
@each_dtype
def test_tensors_stay_tensors(batch: int | None, dtype: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    network = dataclasses.replace(RECTANGULAR, batch=batch, dtype=dtype)
    found = every_call(*jax.tree.map(torch.tensor, recursion_arrays(network)))
    expected = every_call(*recursion_arrays(network))
    for name, results in found.items():
        for result, other in zip(jax.tree.leaves(results), jax.tree.leaves(expected[name]), strict=True):
            assert isinstance(result, torch.Tensor), name
            assert str(result.dtype) == f"torch.{dtype}", name
            assert tuple(result.shape) == other.shape, name
    assert check_gradients(network, in_torch(hand_gradients))
    assert check_recursion(network, in_torch(hand_recursion))
    forms = [handgrad.backpropagate, *([handgrad.backpropagate_by_jacobians] if batch is None else [])]
    chain = dataclasses.replace(LONGEST, batch=batch, dtype=dtype)
    assert check_chain(chain, *[in_torch(functools.partial(hand_chain, form)) for form in forms])


# Tests of the tests: wrong versions, as people write them or as the notes print them

GRADIENT_MISTAKES = (
    "f' of the first layer forgotten",
    "f' of the last layer forgotten",
    "f' at the output a",
    "f' of the next layer",
    "W not transposed",
    "updated weights in the backward pass",
    "1/N missing",
    "bias gradient not summed",
    "bias gradient averaged",
    "sign",
    "factor 2 missing",
    "input of the next layer",
    "loss taken before the activation",
)


def faulty_gradients(mistake: str, activations: Sequence[str], loss: str, W: Any, b: Any, x: Any, y: Any) -> Named:
    """Back-propagation by the book, for the squared error of a batch, with one mistake; right without."""
    right = hand_gradients(activations, loss, W, b, x, y)
    W, M, N = list(W), len(W), len(x)
    n = hand_preactivations(activations, W, b, x)
    a = [x, *[getattr(handgrad, name)(n_m) for name, n_m in zip(activations, n, strict=True)]]
    at = a[1:] if mistake == "f' at the output a" else n
    slopes = [getattr(handgrad, f"{name}_derivative")(v) for name, v in zip(activations, at, strict=True)]
    if mistake == "f' of the first layer forgotten":
        slopes[0] = np.ones_like(slopes[0])
    if mistake == "f' of the last layer forgotten":
        slopes[-1] = np.ones_like(slopes[-1])
    if mistake == "f' of the next layer":
        slopes = [*slopes[1:], slopes[-1]]
    output = n[-1] if mistake == "loss taken before the activation" else a[-1]
    factor = {"sign": 2.0, "factor 2 missing": -1.0}.get(mistake, -2.0) / (1 if mistake == "1/N missing" else N)
    s = slopes[-1] * factor * (y - output)
    dW, db = [np.empty(0)] * M, [np.empty(0)] * M
    for m in reversed(range(M)):
        dW[m] = a[m + (mistake == "input of the next layer")].T @ s
        db[m] = {"bias gradient not summed": s, "bias gradient averaged": np.mean(s, axis=0)}.get(
            mistake, np.sum(s, axis=0)
        )
        if mistake == "updated weights in the backward pass":
            W[m] = W[m] - 0.1 * dW[m]
        if m > 0:
            s = slopes[m - 1] * (s @ (W[m] if mistake == "W not transposed" else W[m].T))
    return {**right, **enumerated(dW=dW, db=db)}


@functools.cache
def drawn() -> list[Network]:
    """Networks as the property draws them, batches only, the same ones every time."""
    found: list[Network] = []

    @hypothesis.seed(1)
    @hypothesis.settings(max_examples=30, database=None, phases=[hypothesis.Phase.generate])
    @hypothesis.given(networks("sum_squared_error"))
    def draw(network: Network) -> None:
        if network.batch is not None:
            found.append(network)

    draw()
    return found


def test_back_propagation_by_the_book_is_right() -> None:
    by_the_book = functools.partial(faulty_gradients, "")
    assert check_gradients(RECTANGULAR, by_the_book)
    for network in (SQUARE, ON_KINKS, *drawn()[:6]):
        check_gradients(network, by_the_book)


@pytest.mark.parametrize("mistake", GRADIENT_MISTAKES)
def test_the_comparison_rejects_wrong_gradients(mistake: str) -> None:
    wrong = functools.partial(faulty_gradients, mistake)
    with pytest.raises(AssertionError, match=r"^d[Wb]\^\d: "):
        check_gradients(SQUARE, wrong)
    with pytest.raises((AssertionError, ValueError)):  # some do not even fit
        check_gradients(RECTANGULAR, wrong)


@pytest.mark.parametrize("mistake", GRADIENT_MISTAKES)
def test_random_draws_reject_wrong_gradients(mistake: str) -> None:
    def rejected(network: Network) -> bool:
        try:
            check_gradients(network, functools.partial(faulty_gradients, mistake))
        except (AssertionError, ValueError):
            return True
        return False

    assert any(rejected(network) for network in drawn())


RECURSION_MISTAKES = {
    "s": (
        "misprint 1.11, f for f'",
        "misprint 1.12, f'(n) f(n)",
        "misprint 1.13, no factor -2",
        "sign",
        "W not transposed",
        "f' of the next layer",
    ),
    "∂n/∂n": ("misprint 1.9, f'(n_j) alone", "misprint 1.10, f for f'", "not transposed", "f' of the next layer"),
    "δ": ("misprint 4.11, δ = e", "f' of the next layer", "W not transposed"),
    "e": ("misprint 4.10, one term for the sum", "misprint 4.10, ∂E/∂y_i on the left", "f' forgotten"),
}
"""By the quantity that is wrong; a misprint is what the notes print where they err."""


def faulty_recursion(wrong: str, mistake: str, activations: Sequence[str], *arrays: Any) -> Named:
    """The recursion by the book for a batch, with one mistake in one quantity; right without."""
    W, b, x, y, y_bar = arrays
    found = hand_recursion(activations, *arrays)
    n = hand_preactivations(activations, W, b, x)
    f = [getattr(handgrad, name)(n_m) for name, n_m in zip(activations, n, strict=True)]
    slopes = [getattr(handgrad, f"{name}_derivative")(n_m) for name, n_m in zip(activations, n, strict=True)]
    last = slopes[-1]
    if "f for f'" in mistake:
        slopes, last = f, f[-1]
    if mistake == "f' of the next layer":
        slopes = [*slopes[1:], slopes[-1]]

    def back(m: int, s: Real) -> Real:
        """From the sensitivity of layer m + 1 to what arrives at the output of layer m, counted from 0."""
        if mistake == "misprint 4.10, one term for the sum":
            return s * np.diagonal(W[m + 1])
        if mistake == "misprint 4.10, ∂E/∂y_i on the left":
            return np.roll(s @ W[m + 1].T, 1, axis=-1)
        return s @ (W[m + 1] if mistake == "W not transposed" else W[m + 1].T)

    M = len(W)
    s, delta, e, jacobians = [np.empty(0)] * M, [np.empty(0)] * M, [y_bar] * M, [np.empty(0)] * (M - 1)
    s[-1] = {"sign": 2.0, "misprint 1.13, no factor -2": 1.0}.get(mistake, -2.0) * last * (y - f[-1])
    if mistake == "misprint 1.12, f'(n) f(n)":
        s[-1] = s[-1] * f[-1]
    delta[-1] = last * y_bar
    for m in reversed(range(M - 1)):
        s[m] = slopes[m] * back(m, s[m + 1])
        e[m] = back(m, e[m + 1] if mistake == "f' forgotten" else delta[m + 1])
        delta[m] = e[m] if mistake == "misprint 4.11, δ = e" else slopes[m] * e[m]
        weights = W[m + 1] if mistake == "not transposed" else W[m + 1].T
        weights = np.ones_like(weights) if "alone" in mistake else weights
        jacobians[m] = weights * slopes[m][:, None, :]
    quantities = {"s": s, "δ": delta, "e": e, "∂n/∂n": jacobians}
    return {**found, **enumerated(**({wrong: quantities[wrong]} if wrong else quantities))}


def test_the_recursion_by_the_book_is_right() -> None:
    for network in (RECTANGULAR, SQUARE):
        assert check_recursion(network, functools.partial(faulty_recursion, "", ""))


@pytest.mark.parametrize(
    ("wrong", "mistake"), [(wrong, mistake) for wrong, mistakes in RECURSION_MISTAKES.items() for mistake in mistakes]
)
def test_the_comparison_rejects_a_wrong_recursion(wrong: str, mistake: str) -> None:
    with pytest.raises(AssertionError, match=rf"^{re.escape(wrong)}\^\d: off by"):
        check_recursion(SQUARE, functools.partial(faulty_recursion, wrong, mistake))


CHAIN_MISTAKES = (
    "J not transposed",
    "J of the layer before",
    "gradient of the cost forgotten",
    "J_y after the update",
    "parameters in the wrong order",
    "misprint 4.8, as many parameters as outputs",
)


def faulty_chain(mistake: str, names: Sequence[str], cost: str, parameters: Any, x: Any, target: Any) -> Named:
    """The Jacobian form by the book, with one mistake; right without."""
    layers = [handgrad.layer(name, *theta) for name, theta in zip(names, parameters, strict=True)]
    found = hand_chain(handgrad.backpropagate_by_jacobians, names, cost, parameters, x, target)
    y = [x]
    for f in layers:
        y.append(f.vjp(y[-1], *f.parameters)[0])
    y_bar = getattr(handgrad, f"{cost}_gradient")(target, y[-1])
    if mistake == "gradient of the cost forgotten":
        y_bar = np.ones_like(y_bar)
    gradients: list[list[Real]] = []
    for r in reversed(range(len(layers))):
        f, inputs = layers[r], y[r].shape[0]
        J = handgrad.layer_jacobian(f, y[r])
        if mistake == "J of the layer before" and not f.parameters and r > 1:
            J = handgrad.layer_jacobian(layers[r - 2], y[r - 2])
        J_y, J_theta = J[:, :inputs], J[:, inputs:]
        column = J_theta.T @ y_bar
        if mistake == "misprint 4.8, as many parameters as outputs":
            column = column[: J.shape[0]]
        ends = np.cumsum([0, *[np.size(part) for part in f.parameters]])
        parts = [column[start:end] for start, end in itertools.pairwise(ends)]
        if mistake == "parameters in the wrong order":
            parts = [
                part.reshape(np.shape(like)[::-1]).T.reshape(-1) for part, like in zip(parts, f.parameters, strict=True)
            ]
        short = mistake.startswith("misprint")
        gradients.append(
            [part if short else part.reshape(np.shape(like)) for part, like in zip(parts, f.parameters, strict=True)]
        )
        if mistake == "J_y after the update" and f.parameters:
            J_y = J_y - 0.1 * gradients[-1][0].T
        y_bar = (J_y if mistake == "J not transposed" else J_y.T) @ y_bar
    return {**found, **named_parameters(reversed(gradients))}


SQUARE_CHAIN = Chain(("dense", "tanh", "dense", "sin", "dense", "sigmoid"), (3, 3, 3, 3), "sum_squared_error", seed=2)


def test_the_jacobian_form_by_the_book_is_right() -> None:
    for chain in (LONGEST, SQUARE_CHAIN):
        assert check_chain(chain, functools.partial(faulty_chain, ""))


@pytest.mark.parametrize("mistake", CHAIN_MISTAKES)
def test_the_comparison_rejects_a_wrong_chain(mistake: str) -> None:
    with pytest.raises(AssertionError, match=r"^θ\^\d\[\d\]: "):
        check_chain(SQUARE_CHAIN, functools.partial(faulty_chain, mistake))


# Errors

W = [np.ones((2, 3)), np.ones((3, 1))]
b = [np.ones(3), np.ones(1)]
x, y = np.ones((4, 2)), np.ones((4, 1))
names = ["relu", "identity"]
layers = [handgrad.layer("dense", W[0], b[0]), handgrad.layer("relu")]
too_many = [*layers, handgrad.layer("dense", W[0], b[0])]

NAMES = "identity, sigmoid, tanh, relu, absolute, unit_step, exp, log, sin, cos, tan"
LOSS_NAMES = (
    "sum_squared_error, mean_categorical_cross_entropy, softmax_cross_entropy, mean_squared_error, "
    "mean_binary_cross_entropy, sigmoid_cross_entropy"
)
COST_NAMES = (
    "euclidean_error, sum_squared_error, mean_squared_error, mean_binary_cross_entropy, categorical_cross_entropy, "
    "mean_categorical_cross_entropy, softmax_cross_entropy, or a function like their _vjp"
)
REAL_NUMBERS = "real numbers fit, as float32, float64 or integers"
A_LIST = "a list with one entry for each layer fits"

VALUE_ERRORS: dict[str, Callable[[], Any]] = {
    # Lists
    "mlp: W has length 2, b has length 1, activations has length 2; they must have the same length, at least 1": (
        lambda: handgrad.mlp(W, b[:1], x, names)
    ),
    "mlp: W has length 2, b has length 2, activations has length 1; they must have the same length, at least 1": (
        lambda: handgrad.mlp(W, b, x, ["softmax"])
    ),
    "sensitivities: W has length 0, b has length 0, activations has length 0; "
    "they must have the same length, at least 1": lambda: handgrad.sensitivities([], [], x, x, []),
    "sgd_step: W has length 2, b has length 2, dW has length 1, db has length 2; "
    "they must have the same length, at least 1": lambda: handgrad.sgd_step(W, b, W[:1], b, 0.1),
    "backpropagate: layers is empty; it must hold at least one Layer": lambda: handgrad.backpropagate(
        [], "sum_squared_error", x, y
    ),
    # Shapes
    "mlp: x has shape (2, 2, 2); it must be one sample (n,) or a batch of rows (N, n)": lambda: handgrad.mlp(
        W, b, np.ones((2, 2, 2)), names
    ),
    "mlp_gradients: x has shape (); it must be one sample (n,) or a batch of rows (N, n)": (
        lambda: handgrad.mlp_gradients(W, b, 1.0, y, names)
    ),
    "mlp: layer 1: W[0] has shape (2, 3), x has shape (4, 5); W[0] must have shape (5, k)": lambda: handgrad.mlp(
        W, b, np.ones((4, 5)), names
    ),
    "preactivation_jacobians: layer 2: W[1] has shape (2, 1), W[0] has shape (2, 3); W[1] must have shape (3, k)": (
        lambda: handgrad.preactivation_jacobians([W[0], W[1][:2]], b, x, names)
    ),
    "mlp: layer 2: W[1] has shape (3,), W[0] has shape (2, 3); W[1] must have shape (3, k)": lambda: handgrad.mlp(
        [W[0], np.ones(3)], b, x, names
    ),
    "deltas: layer 2: b[1] has shape (2,), W[1] has shape (3, 1); b[1] must have shape (1,)": lambda: handgrad.deltas(
        W, [b[0], np.ones(2)], x, y, names
    ),
    "mlp_gradients: y has shape (4,), the last layer's output has shape (4, 1); y must have it too": (
        lambda: handgrad.mlp_gradients(W, b, x, y[:, 0], names)
    ),
    "deltas: y_bar has shape (4, 2), the last layer's output has shape (4, 1); y_bar must have it too": (
        lambda: handgrad.deltas(W, b, x, x, names)
    ),
    "mlp: layer 1: softmax: l has shape (4, 0); it must have at least one class": lambda: handgrad.mlp(
        [np.ones((2, 0))], [np.ones(0)], x, ["softmax"]
    ),
    "mlp_gradients: the last layer's output has shape (4, 0); it must have a class": (
        lambda: handgrad.mlp_gradients(
            [np.ones((2, 0))], [np.ones(0)], x, y[:, :0], ["softmax"], "mean_categorical_cross_entropy"
        )
    ),
    "sgd_step: layer 1: W[0]: descend: gradient has shape (3, 1), theta has shape (2, 3); "
    "gradient must have shape (2, 3)": lambda: handgrad.sgd_step(W, b, W[::-1], b, 0.1),
    "sgd_step: layer 2: b[1]: descend: gradient has shape (1, 1), theta has shape (1,); "
    "gradient must have shape (1,)": (lambda: handgrad.sgd_step(W, b, W, [b[0], np.ones((1, 1))], 0.1)),
    "sgd_step: layer 1: W[0]: descend: rate has shape (2,), theta has shape (2, 3), gradient has shape (2, 3); "
    "rate must have shape ()": lambda: wild.sgd_step(W, b, W, b, [0.1, 0.2]),
    "sensitivity_gradients: s has shape (2, 1), a has shape (4, 2); s must have shape (4, k)": (
        lambda: handgrad.sensitivity_gradients(x, y[:2])
    ),
    "stacked_weights_gradient: o_bar has shape (4, 2), o has shape (4, 2), a has shape (4, 1); "
    "o_bar must have shape (4, 1)": lambda: handgrad.stacked_weights_gradient(x, y, x),
    # Layers
    "backpropagate: layer 3: dense_vjp: W has shape (2, 3), x has shape (4, 3); W must have shape (3, k)": (
        lambda: handgrad.backpropagate(too_many, "sum_squared_error", x, y)
    ),
    "backpropagate_by_jacobians: layer 3: dense_jacobian: W has shape (2, 3), x has shape (3,); "
    "W must have shape (3, k)": (
        lambda: handgrad.backpropagate_by_jacobians(too_many, "sum_squared_error", x[0], y[0])
    ),
    "backpropagate: the cost: sum_squared_error_vjp: a has shape (4, 3), y has shape (4, 1); "
    "a must have shape (4, 1)": (lambda: handgrad.backpropagate(layers, "sum_squared_error", x, y)),
    "backpropagate_by_jacobians: x has shape (4, 2); it must be one sample, (n,)": (
        lambda: handgrad.backpropagate_by_jacobians(layers, "sum_squared_error", x, y)
    ),
    "layer_jacobian: y_prev has shape (4, 2); it must be one sample, (n,)": lambda: handgrad.layer_jacobian(
        layers[0], x
    ),
    "layer: dense: the number of parameters is 1; it must be 2, W and b": lambda: handgrad.layer("dense", W[0]),
    "layer: relu: the number of parameters is 1; it must be 0": lambda: handgrad.layer("relu", W[0]),
    # Names
    f"layer: name is 'conv'; it must be one of dense, softmax, {NAMES}": lambda: handgrad.layer("conv"),
    f"mlp: layer 2: activation is 'swish'; it must be one of {NAMES}, or softmax in the last layer": (
        lambda: handgrad.mlp(W, b, x, ["relu", "swish"])
    ),
    f"mlp_gradients: layer 1: activation is 'softmax'; it must be one of {NAMES}, or softmax in the last layer": (
        lambda: handgrad.mlp_gradients(W, b, x, y, ["softmax", "identity"])
    ),
    f"sensitivities: layer 2: activation is 'softmax'; it must be one of {NAMES}": lambda: handgrad.sensitivities(
        W, b, x, y, ["relu", "softmax"]
    ),
    f"stacked_weights_gradient: activation is 'softmax'; it must be one of {NAMES}": (
        lambda: handgrad.stacked_weights_gradient(x, y, y, activation="softmax")
    ),
    f"mlp_gradients: loss is 'hinge'; it must be one of {LOSS_NAMES}": lambda: handgrad.mlp_gradients(
        W, b, x, y, names, "hinge"
    ),
    "mlp_gradients: the last activation is 'tanh', loss is 'softmax_cross_entropy'; "
    "the activation must be 'identity'": (
        lambda: handgrad.mlp_gradients(W, b, x, y, ["relu", "tanh"], "softmax_cross_entropy")
    ),
    "mlp_gradients: the last activation is 'softmax', loss is 'sum_squared_error'; the loss must be "
    "'mean_categorical_cross_entropy', or 'softmax_cross_entropy' after 'identity'": (
        lambda: handgrad.mlp_gradients(W, b, x, y, ["relu", "softmax"])
    ),
    f"backpropagate: cost is 'hinge'; it must be one of {COST_NAMES}": lambda: handgrad.backpropagate(
        layers, "hinge", x, y
    ),
}

# What a type checker would have caught.
wild: Any = handgrad

TYPE_ERRORS: dict[str, Callable[[], Any]] = {
    f"mlp: activations is of type str; {A_LIST}": lambda: wild.mlp(W, b, x, "relu"),
    f"mlp_gradients: activations is of type str; {A_LIST}": lambda: wild.mlp_gradients(
        W[:1], b[:1], x, y, "identity", "softmax_cross_entropy"
    ),
    f"mlp: W is of type NoneType; {A_LIST}": lambda: wild.mlp(None, b, x, names),
    f"mlp: W is of type dict; {A_LIST}": lambda: wild.mlp({1: W[0], 2: W[1]}, b, x, names),
    f"sensitivities: b is of type float; {A_LIST}": lambda: wild.sensitivities(W, 0.0, x, y, names),
    f"preactivation_jacobians: W is of type ndarray; {A_LIST}": lambda: wild.preactivation_jacobians(
        np.ones(()), b, x, names
    ),
    f"deltas: activations is of type NoneType; {A_LIST}": lambda: wild.deltas(W, b, x, y, None),
    f"sgd_step: dW is of type NoneType; {A_LIST}": lambda: wild.sgd_step(W, b, None, b, 0.1),
    f"mlp: x holds objects; {REAL_NUMBERS}": lambda: wild.mlp(W, b, None, names),
    f"mlp: b[0] holds objects; {REAL_NUMBERS}": lambda: wild.mlp(W, [None, b[1]], x, names),
    f"mlp_gradients: W[1] has dtype complex128; {REAL_NUMBERS}": lambda: wild.mlp_gradients(
        [W[0], 1j * W[1]], b, x, y, names
    ),
    f"sgd_step: layer 1: W[0]: descend: rate holds objects; {REAL_NUMBERS}": lambda: wild.sgd_step(W, b, W, b, None),
    f"backpropagate: layers is of type Layer; {A_LIST}": lambda: wild.backpropagate(
        layers[0], "sum_squared_error", x, y
    ),
    f"backpropagate_by_jacobians: layers is of type str; {A_LIST}": lambda: wild.backpropagate_by_jacobians(
        "dense", "sum_squared_error", x[0], y[0]
    ),
    "backpropagate: layer 2 is of type str; a Layer fits": lambda: wild.backpropagate(
        [layers[0], "relu"], "sum_squared_error", x, y
    ),
    "layer_jacobian: layer is of type str; a Layer fits": lambda: wild.layer_jacobian("relu", x[0]),
    f"backpropagate: layer 1: dense_vjp: x holds strings; {REAL_NUMBERS}": lambda: wild.backpropagate(
        layers, "sum_squared_error", ["a"], y
    ),
    f"backpropagate: the cost: sum_squared_error_vjp: y holds objects; {REAL_NUMBERS}": lambda: wild.backpropagate(
        layers, "sum_squared_error", x, None
    ),
}

UNHASHABLE: dict[str, Callable[[], Any]] = {
    f"layer: name is ['dense']; it must be one of dense, softmax, {NAMES}": lambda: wild.layer(["dense"]),
    f"mlp_gradients: layer 2: activation is ['tanh']; it must be one of {NAMES}, or softmax in the last layer": (
        lambda: wild.mlp_gradients(W, b, x, y, ["relu", ["tanh"]])
    ),
    f"deltas: layer 1: activation is None; it must be one of {NAMES}": lambda: wild.deltas(W, b, x, y, [None, "tanh"]),
    f"mlp_gradients: loss is None; it must be one of {LOSS_NAMES}": lambda: wild.mlp_gradients(W, b, x, y, names, None),
    f"mlp_gradients: loss is ['hinge']; it must be one of {LOSS_NAMES}": lambda: wild.mlp_gradients(
        W, b, x, y, names, ["hinge"]
    ),
    f"backpropagate_by_jacobians: cost is {{}}; it must be one of {COST_NAMES}": (
        lambda: wild.backpropagate_by_jacobians(layers, {}, x[0], y[0])
    ),
}


@pytest.mark.parametrize("message", [*VALUE_ERRORS, *UNHASHABLE])
def test_values_that_do_not_fit(message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        (VALUE_ERRORS | UNHASHABLE)[message]()


@pytest.mark.parametrize("message", TYPE_ERRORS)
def test_types_that_do_not_fit(message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        TYPE_ERRORS[message]()


def test_libraries_do_not_mix_with_torch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    with pytest.raises(
        TypeError, match=r"^mlp: x is from numpy, W\[0\] is from torch, .*; arrays of different libraries"
    ):
        handgrad.mlp([torch.ones((2, 1))], [torch.ones(1)], x, ["relu"])
    with pytest.raises(TypeError, match=r"^backpropagate: layer 2: dense_vjp: .* from torch.*; arrays of different"):
        handgrad.backpropagate(
            [layers[0], handgrad.layer("dense", torch.ones((3, 1)), [0.0])], "sum_squared_error", x, y
        )


def test_an_error_inside_a_layer_of_ones_own_keeps_its_cause() -> None:
    def broken(y: Any) -> Any:
        return np.linalg.norm(y, axis=7)

    with pytest.raises(ValueError, match=r"^backpropagate: layer 2: axis 7 is out of bounds") as caught:
        handgrad.backpropagate([layers[0], handgrad.Layer(broken, broken)], "sum_squared_error", x, y)
    assert isinstance(caught.value.__cause__, np.exceptions.AxisError)
