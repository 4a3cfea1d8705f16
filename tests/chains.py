"""Random chains of layers, their gradients by JAX and by hand, and the comparison of both."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np

import handgrad
from reference import backprop as reference
from tests.networks import (
    EVERYWHERE,
    KINKED,
    SEEDS,
    STEEP,
    Named,
    Real,
    autodiff,
    compare,
    enumerated,
    halved,
    numbers,
    same_sides,
)

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
