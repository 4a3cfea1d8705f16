"""Random networks, their derivatives by JAX and by hand, and the comparison of both.

A draw fixes a structure (depth, widths, activations, loss), which JAX compiles once, and seeds for several sets of
numbers. These are spread at random, or small and whole: then many pre-activations are exactly 0 and lie on kinks.
Tolerances come from ``tests.rounding``, entry by entry.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hypothesis.strategies as st
import jax
import numpy as np

import handgrad
from handgrad._activation_names import ACTIVATIONS
from handgrad.catalogue import FORMULAS, REAL
from reference import backprop as reference
from reference import layers as reference_layers
from reference import losses as reference_losses
from tests.compiling import compiled
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


def autodiff(function: Callable[..., Named], *args: Any) -> tuple[Named, Named]:
    """What a function of JAX gives, by name, and what rounding allows."""
    truth = {name: np.asarray(array) for name, array in compiled(function)(*args).items()}
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


def check_gradients(network: Network, hand: Callable[..., Named] = hand_gradients) -> bool:
    """Compare, unless rounding alone moves a number across a kink; whether it could be compared."""
    activations, loss = network.activations, network.loss
    arrays = network.arrays()
    truth, bounds = autodiff(jax_gradients(activations, loss), *arrays)
    kinks = [f"n^{m}" for m, name in enumerate(activations, start=1) if name in KINKED]
    if not same_sides(hand_gradients(activations, loss, *arrays), truth, kinks):
        return False
    compare(hand(activations, loss, *arrays), truth, bounds)
    return True


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
