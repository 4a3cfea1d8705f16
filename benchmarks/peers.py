"""The formulas whose speed is measured, and how each library computes one and its pullback.

Each way takes the same arguments and the same cotangent, and gives the value and the gradients: by hand on NumPy
arrays, the same functions inside jax.jit, JAX's own jitted vjp of the function that one usually writes, with arrays of
JAX or of NumPy, PyTorch's eager autograd and HIPS autograd.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import network_step
from handgrad.backprop import mlp_gradients
from handgrad.catalogue import FORMULAS, LABEL, PROBABILITY, TARGET, Formula

Real = np.ndarray[Any, Any]
Step = Callable[[], Any]
Shapes = tuple[tuple[int, ...], ...]

WAYS = ("handgrad", "jax of NumPy", "torch", "autograd", "handgrad in jit", "jax")
HAND, HAND_JITTED = "handgrad", "handgrad in jit"
JITTED = (HAND_JITTED, "jax")
"""Those two are held against each other, the others against handgrad on NumPy arrays."""
NETWORK = "mlp_gradients"


class Subject(NamedTuple):
    """A formula, or the network, at one size and dtype."""

    label: str
    name: str
    elements: int
    dtype: str
    shapes: Shapes


# Sizes


def _elementwise(elements: int) -> tuple[int, ...]:
    return (elements,)


def _rows_of(classes: int) -> Callable[[int], tuple[int, ...]]:
    return lambda elements: (max(elements // classes, 1), min(elements, classes))


SHAPES: dict[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "softmax, 10 classes": ("softmax", _rows_of(10)),
    "softmax, 1000 classes": ("softmax", _rows_of(1000)),
    "softmax_cross_entropy, 10 classes": ("softmax_cross_entropy", _rows_of(10)),
    "softmax_cross_entropy, 1000 classes": ("softmax_cross_entropy", _rows_of(1000)),
    "categorical_cross_entropy": ("categorical_cross_entropy", _rows_of(10)),
    "mean_categorical_cross_entropy": ("mean_categorical_cross_entropy", _rows_of(10)),
    "label_cross_entropy": ("label_cross_entropy", _rows_of(10)),
    "sum_squared_error": ("sum_squared_error", _rows_of(10)),
    "euclidean_error": ("euclidean_error", _rows_of(10)),
    **{
        name: (name, _elementwise)
        for name in (
            "sigmoid",
            "tanh",
            "relu",
            "sigmoid_cross_entropy",
            "squared_error",
            "mean_squared_error",
            "binary_cross_entropy",
            "mean_binary_cross_entropy",
            "batch_mean",
        )
    },
    "dense": ("dense", lambda elements: (round(elements**0.5),) * 2),
}
"""Under the name in the table, the formula and the shape of what it differentiates by; of dense, that of W."""
ROWS = 32
"""The batch of a dense layer; smaller layers have as many rows as columns."""


def subjects(names: Sequence[str], sizes: Sequence[int], dtypes: Sequence[str]) -> Iterator[Subject]:
    """The formulas of these names, and the network at its own sizes, as large as the largest of these."""
    for label, (name, shape_of) in SHAPES.items():
        for dtype in dtypes if name in names else ():
            for elements in sizes:
                shape = shape_of(elements)
                shapes = (shape,) * len(FORMULAS[name].axes)
                if name == "dense":
                    shapes = ((min(ROWS, shape[0]), shape[0]), shape, shape[1:])
                elif name == "label_cross_entropy":
                    shapes = (shape[:-1], shape)
                yield Subject(label, name, elements, dtype, shapes)
    for dtype in dtypes if NETWORK in names else ():
        for layers, batch in network_step.NETWORKS:
            parameters = sum((n + 1) * k for n, k in itertools.pairwise(layers))
            if parameters <= max(sizes):
                yield Subject(NETWORK, NETWORK, parameters, dtype, (layers, (batch,)))


# Arguments


def arguments(subject: Subject) -> tuple[list[Real], Real]:
    """The arguments of the formula, and a cotangent."""
    formula, draw = FORMULAS[subject.name], np.random.default_rng(0)
    found = []
    for (name, domain), shape in zip(formula.domains.items(), subject.shapes, strict=True):
        if domain is LABEL:
            found.append(draw.integers(0, subject.shapes[1][-1], shape))
        elif domain is PROBABILITY:
            found.append(draw.uniform(0.05, 0.95, shape).astype(subject.dtype))
        elif domain is TARGET or (name == "y" and "cross_entropy" in subject.name):
            found.append(_target(draw, shape, formula).astype(subject.dtype))
        else:
            found.append(draw.normal(size=shape).astype(subject.dtype))
    value = np.asarray(formula.value(*found))
    return found, np.asarray(draw.normal(size=value.shape).astype(subject.dtype))


def _target(draw: np.random.Generator, shape: tuple[int, ...], formula: Formula) -> Real:
    if formula.elementwise or len(shape) == 1:
        return draw.integers(0, 2, shape)
    return np.eye(shape[1])[draw.integers(0, shape[1], shape[0])]


# What one writes in JAX and in HIPS autograd


def _softmax(xp: Any, l: Any) -> Any:
    e = xp.exp(l - xp.max(l, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def _softmax_cross_entropy(xp: Any, y: Any, l: Any) -> Any:
    l = l - xp.max(l, axis=-1, keepdims=True)
    return -xp.sum(y * (l - xp.log(xp.sum(xp.exp(l), axis=-1, keepdims=True))), axis=-1)


def _binary_cross_entropy(xp: Any, y: Any, y_hat: Any) -> Any:
    return -(y * xp.log(y_hat) + (1 - y) * xp.log(1 - y_hat))


def _categorical_cross_entropy(xp: Any, y: Any, y_hat: Any) -> Any:
    return -xp.sum(y * xp.log(y_hat), axis=-1)


FORWARD: dict[str, Callable[..., Any]] = {
    "batch_mean": lambda xp, losses: xp.mean(losses, axis=-1),
    "binary_cross_entropy": _binary_cross_entropy,
    "categorical_cross_entropy": _categorical_cross_entropy,
    "dense": lambda xp, x, W, b: xp.dot(x, W) + b,
    "euclidean_error": lambda xp, y, y_hat: xp.linalg.norm(y_hat - y, axis=-1),
    "label_cross_entropy": lambda xp, label, y_hat: -xp.log(y_hat[np.arange(label.shape[0]), label]),
    "mean_binary_cross_entropy": lambda xp, y, y_hat: xp.mean(_binary_cross_entropy(xp, y, y_hat), axis=-1),
    "mean_categorical_cross_entropy": lambda xp, y, y_hat: xp.mean(_categorical_cross_entropy(xp, y, y_hat), axis=-1),
    "mean_squared_error": lambda xp, y, y_hat: xp.mean((y - y_hat) ** 2, axis=-1),
    "relu": lambda xp, z: xp.maximum(z, 0),
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)),
    "sigmoid_cross_entropy": lambda xp, y, z: xp.logaddexp(0, z) - y * z,
    "softmax": _softmax,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "squared_error": lambda xp, y, y_hat: (y - y_hat) ** 2,
    "sum_squared_error": lambda xp, y, a: xp.sum((y - a) ** 2, axis=-1),
    "tanh": lambda xp, z: xp.tanh(z),
}
JAX_OWN: dict[str, Callable[..., Any]] = {
    "label_cross_entropy": lambda label, y_hat: -jnp.log(jnp.take_along_axis(y_hat, label[:, None], axis=-1)[:, 0]),
    "relu": jax.nn.relu,
    "sigmoid": jax.nn.sigmoid,
    "sigmoid_cross_entropy": lambda y, z: -y * jax.nn.log_sigmoid(z) - (1 - y) * jax.nn.log_sigmoid(-z),
    "softmax": jax.nn.softmax,
    "softmax_cross_entropy": lambda y, l: -jnp.sum(y * jax.nn.log_softmax(l), axis=-1),
}
"""Where JAX has a function for it; the two of the cross-entropies are those of optax."""


def torch_functions() -> dict[str, Callable[..., Any]]:
    """PyTorch's functions of the same arguments."""
    import torch
    from torch.nn import functional

    return {
        "batch_mean": torch.mean,
        "binary_cross_entropy": lambda y, y_hat: functional.binary_cross_entropy(y_hat, y, reduction="none"),
        "categorical_cross_entropy": lambda y, y_hat: -(y * torch.log(y_hat)).sum(-1),
        "dense": lambda x, W, b: torch.addmm(b, x, W),
        "euclidean_error": lambda y, y_hat: torch.linalg.vector_norm(y_hat - y, dim=-1),
        "label_cross_entropy": lambda label, y_hat: functional.nll_loss(torch.log(y_hat), label, reduction="none"),
        "mean_binary_cross_entropy": lambda y, y_hat: functional.binary_cross_entropy(y_hat, y),
        "mean_categorical_cross_entropy": lambda y, y_hat: -(y * torch.log(y_hat)).sum(-1).mean(),
        "mean_squared_error": lambda y, y_hat: functional.mse_loss(y_hat, y),
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "sigmoid_cross_entropy": lambda y, z: functional.binary_cross_entropy_with_logits(z, y, reduction="none"),
        "softmax": lambda l: torch.softmax(l, -1),
        "softmax_cross_entropy": lambda y, l: functional.cross_entropy(l, y, reduction="none"),
        "squared_error": lambda y, y_hat: functional.mse_loss(y_hat, y, reduction="none"),
        "sum_squared_error": lambda y, a: ((y - a) ** 2).sum(-1),
        "tanh": torch.tanh,
    }


# The ways


def by_hand(formula: Formula, inputs: list[Any], y_bar: Any) -> Step:
    """The value and the pullback of the catalogue."""
    vjp = formula.companions["vjp"]

    def step() -> Any:
        value, pullback = vjp(*inputs)
        return value, pullback(y_bar)

    return step


def by_hand_in_jit(formula: Formula, inputs: list[Any], y_bar: Any) -> Step:
    """The same function, compiled by XLA."""

    def compute(inputs: list[Any], y_bar: Any) -> Any:
        return by_hand(formula, inputs, y_bar)()

    return Program(compute, *jax.device_put((inputs, y_bar)))


def by_jax(formula: Formula, inputs: list[Any], y_bar: Any) -> Step:
    """What JAX derives, of its own arrays."""
    return by_jax_of_numpy(formula, *jax.device_put((inputs, y_bar)))


def by_jax_of_numpy(formula: Formula, inputs: list[Any], y_bar: Any) -> Step:
    """What JAX derives, of the arrays as they are."""

    def value(*args: Any) -> Any:
        own = JAX_OWN.get(formula.name)
        return own(*args) if own else FORWARD[formula.name](jnp, *args)

    def compute(inputs: list[Any], y_bar: Any) -> Any:
        of_chosen, chosen = _in_chosen(formula, value, inputs)
        found, pullback = jax.vjp(of_chosen, *chosen)
        return found, pullback(y_bar)

    return Program(compute, inputs, y_bar)


class Program:
    """A function compiled by XLA and its arguments."""

    def __init__(self, compute: Callable[..., Any], *args: Any) -> None:
        self._compiled, self._args = jax.jit(compute), args

    def __call__(self) -> Any:
        """The results, once they are there."""
        return jax.block_until_ready(self._compiled(*self._args))

    def planned_bytes(self) -> int:
        """What XLA means to hold beyond the arguments: the results and all between."""
        plan: Any = self._compiled.lower(*self._args).compile().memory_analysis()
        return plan.output_size_in_bytes + plan.temp_size_in_bytes


def _in_chosen(formula: Formula, value: Callable[..., Any], inputs: list[Any]) -> tuple[Any, list[Any]]:
    """A function of the differentiable arguments, and those."""
    by = _positions(formula)

    def of_chosen(*chosen: Any) -> Any:
        full = list(inputs)
        for position, array in zip(by, chosen, strict=True):
            full[position] = array
        return value(*full)

    return of_chosen, [inputs[position] for position in by]


def _positions(formula: Formula) -> tuple[int, ...]:
    return tuple(list(formula.axes).index(name) for name in formula.by)


def by_torch(formula: Formula, inputs: list[Any], y_bar: Any) -> Step:
    """PyTorch, eager."""
    import torch

    forward, cotangent = torch_functions()[formula.name], torch.from_numpy(y_bar)
    tensors = [torch.from_numpy(array) for array in inputs]
    chosen = [tensors[position].requires_grad_() for position in _positions(formula)]

    def step() -> Any:
        value = forward(*tensors)
        return value.detach(), torch.autograd.grad(value, chosen, cotangent)

    return step


def by_autograd(formula: Formula, inputs: list[Any], y_bar: Any) -> Step:
    """HIPS autograd."""
    # Imported by name: it makes its functions at run time, where no type checker sees them.
    anp, make_vjp = importlib.import_module("autograd.numpy"), importlib.import_module("autograd").make_vjp
    forward, by = FORWARD[formula.name], _positions(formula)
    vjp = make_vjp(lambda *args: forward(anp, *args), by if by[1:] else by[0])

    def step() -> Any:
        pullback, value = vjp(*inputs)
        return value, pullback(y_bar)

    return step


BUILDERS: dict[str, Callable[[Formula, list[Any], Any], Step]] = {
    "handgrad": by_hand,
    "jax of NumPy": by_jax_of_numpy,
    "torch": by_torch,
    "autograd": by_autograd,
    "handgrad in jit": by_hand_in_jit,
    "jax": by_jax,
}


def available() -> list[str]:
    """The ways whose library is there."""
    return [way for way in WAYS if way not in ("torch", "autograd") or way in network_step.available()]


def steps(subject: Subject, ways: Sequence[str]) -> dict[str, Step]:
    """A function without arguments for each way."""
    if subject.name == NETWORK:
        return _network_steps(subject, ways)
    inputs, y_bar = arguments(subject)
    return {way: BUILDERS[way](FORMULAS[subject.name], inputs, y_bar) for way in ways}


def _network_steps(subject: Subject, ways: Sequence[str]) -> dict[str, Step]:
    layers, (batch,) = subject.shapes
    case = network_step.Case(layers, batch, subject.dtype, "relu")
    given = network_step.arrays(case)
    on_device = jax.device_put(given)

    def compute(W: Any, b: Any, x: Any, y: Any) -> Any:
        return mlp_gradients(W, b, x, y, case.activations, network_step.LOSS)

    built = {
        "handgrad": lambda: network_step.handgrad_step(case, given),
        "jax of NumPy": lambda: network_step.jax_step(case, given),
        "torch": lambda: network_step.torch_step(case, given),
        "autograd": lambda: network_step.autograd_step(case, given),
        "handgrad in jit": lambda: Program(compute, *on_device),
        "jax": lambda: network_step.jax_step(case, on_device),
    }
    return {way: built[way]() for way in ways}


def flat(result: Any) -> list[Real]:
    """All arrays of a result, as NumPy arrays."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in flat(part)]
    return [np.asarray(result)]


def compare(subject: Subject, steps: dict[str, Step]) -> None:
    """Raise AssertionError unless all ways agree."""
    expected = flat(next(iter(steps.values()))())
    tolerance = 1e-4 if subject.dtype == "float32" else 1e-10
    for way, step in steps.items():
        for array, wanted in zip(flat(step()), expected, strict=True):
            bound = tolerance * np.max(np.abs(wanted))
            np.testing.assert_allclose(array, wanted, rtol=0, atol=bound, err_msg=f"{subject.label}, {way}")
