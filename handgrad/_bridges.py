"""What handgrad.jax and handgrad.torch share: which rule each argument follows, and what their functions look like.

The arguments that a row of the catalogue differentiates by follow the rule worked out by hand. Integers have no
derivative. To the notes all others are data, such as a target or a given matrix, but a gradient by them must not be 0
without a word. Where only the difference of target and prediction counts, a target follows the prediction's rule with
the sign changed. By the rest, the library differentiates the value itself.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from handgrad import docstrings
from handgrad._arrays import Array, arguments, namespace_of
from handgrad.activations import absolute, identity, relu, sigmoid, tanh, unit_step
from handgrad.catalogue import FORMULAS, TARGET, Formula
from handgrad.elementary import cos, exp, log, sin, tan
from handgrad.layers import dense, dense_of_weights, linear_map, neuron
from handgrad.losses import (
    batch_mean,
    binary_cross_entropy,
    categorical_cross_entropy,
    euclidean_error,
    label_cross_entropy,
    mean_binary_cross_entropy,
    mean_categorical_cross_entropy,
    mean_squared_error,
    squared_error,
    sum_squared_error,
)
from handgrad.multivariate import addition, affine, dot, mean, mean_square, product, sum_of_squares
from handgrad.probabilities import sigmoid_cross_entropy, softmax, softmax_cross_entropy, sum_exp
from handgrad.worked_examples import (
    example_3_1,
    example_3_2,
    example_3_3,
    example_3_4,
    example_3_5,
    example_3_6,
    example_3_7,
    sum_of_sines,
)

# The names that both modules export. Type checkers read them here, with the signatures of the functions above.
__all__ = [
    "absolute",
    "addition",
    "affine",
    "batch_mean",
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "cos",
    "dense",
    "dense_of_weights",
    "dot",
    "euclidean_error",
    "example_3_1",
    "example_3_2",
    "example_3_3",
    "example_3_4",
    "example_3_5",
    "example_3_6",
    "example_3_7",
    "exp",
    "identity",
    "label_cross_entropy",
    "linear_map",
    "log",
    "mean",
    "mean_binary_cross_entropy",
    "mean_categorical_cross_entropy",
    "mean_square",
    "mean_squared_error",
    "neuron",
    "product",
    "relu",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sin",
    "softmax",
    "softmax_cross_entropy",
    "squared_error",
    "sum_exp",
    "sum_of_sines",
    "sum_of_squares",
    "sum_squared_error",
    "tan",
    "tanh",
    "unit_step",
]

Options: TypeAlias = tuple[tuple[str, str], ...]

OF_A_DIFFERENCE = ("squared_error", "sum_squared_error", "mean_squared_error", "euclidean_error")
"""The losses that depend on ŷ - y alone."""


class Library(NamedTuple):
    """A library to bridge to: its arrays, and how a formula becomes one of its differentiable functions."""

    title: str
    module: str
    rule: str
    """The companions that hold the rule."""
    array: type
    from_numpy: Callable[[Any], Array]
    differentiable: Callable[[str, Options], Callable[..., Array]]
    """A function of such arrays, from the formula's name and its keyword arguments."""


class Rules:
    """A formula whose keyword arguments are chosen, and the positions of its arrays by the rule that they follow.

    ``mirrored`` leads from the target to the prediction from which it is subtracted.
    """

    def __init__(self, name: str, options: Options) -> None:
        formula, chosen = FORMULAS[name], dict(options)
        self.value = functools.partial(formula.value, **chosen)
        self.vjp = functools.partial(formula.companions["vjp"], **chosen)
        self.jvp = functools.partial(formula.companions["jvp"], **chosen)
        self.by_hand = _positions(formula, *formula.by)
        self.mirrored = dict(zip(_positions(formula, *_mirrored(formula)), self.by_hand, strict=False))
        self.as_data = _positions(formula, *_data(formula))
        self._targets = _positions(formula, *[name for name in _data(formula) if formula.domains[name] is TARGET])

    def split(self, dots: dict[int, Array]) -> tuple[dict[int, Array], dict[int, Array]]:
        """The tangents that follow the rule by hand, those of a target among them, and the others."""
        by_hand = {i: dot for i, dot in dots.items() if i in self.by_hand}
        for i in dots.keys() & self.mirrored.keys():
            j = self.mirrored[i]
            by_hand[j] = by_hand[j] - dots[i] if j in by_hand else -dots[i]
        return by_hand, {i: dot for i, dot in dots.items() if i in self.as_data}

    def of_data(
        self, arrays: Sequence[Array], chosen: Iterable[int]
    ) -> tuple[Callable[[dict[int, Array]], Array], dict[int, Array]]:
        """The value as a function of some of its data, by position, and where to differentiate it.

        A cross-entropy is a straight line in its target, with the same slope everywhere. It is taken at 1/2, since the
        value may be computed in another way where the target is 0 or 1.
        """
        data = {i: arrays[i] for i in chosen}
        at = {i: namespace_of(x).full_like(x, 0.5) if i in self._targets else x for i, x in data.items()}
        return lambda data: self.value(*[data.get(i, array) for i, array in enumerate(arrays)]), at


def _positions(formula: Formula, *names: str) -> tuple[int, ...]:
    return tuple(i for i, name in enumerate(formula.axes) if name in names)


def _mirrored(formula: Formula) -> list[str]:
    """The target of which only the difference to the prediction counts."""
    return ["y"] if formula.name in OF_A_DIFFERENCE else []


def _data(formula: Formula) -> list[str]:
    """The arguments that follow no rule by hand and are no integers."""
    hints, others = formula.value.__annotations__, (*formula.by, *_mirrored(formula))
    return [name for name in formula.axes if name not in others and not str(hints[name]).startswith("Int[")]


def bridge(formula: Formula, library: Library) -> Callable[..., Array]:
    """A formula's function in the module of a library."""
    value, signature = formula.value, inspect.signature(formula.value)
    floats = _positions(formula, *formula.by, *_mirrored(formula), *_data(formula))

    def ready(values: tuple[Any, ...]) -> bool:
        """Whether there is nothing to convert; shapes and dtypes are for the formula to check."""
        alike = all(isinstance(value, library.array) for value in values)
        return alike and len({values[i].dtype for i in floats}) == 1

    def converted(values: tuple[Any, ...]) -> list[Array]:
        for name, given in zip(formula.axes, values, strict=False):
            xp = namespace_of(given)
            if xp not in (None, np) and not isinstance(given, library.array):
                found = xp.__name__.removeprefix("array_api_compat.")
                raise TypeError(f"{formula.name}: {name} is from {found}; {library.title} or NumPy arrays fit")
        _, *arrays = arguments(value, *values)
        return [array if isinstance(array, library.array) else library.from_numpy(array) for array in arrays]

    def function(*args: Any, **keywords: Any) -> Array:
        try:
            bound = signature.bind(*args, **keywords)
        except TypeError as error:
            raise TypeError(f"{formula.name}: {error}") from None
        arrays = bound.args if ready(bound.args) else converted(bound.args)
        return library.differentiable(formula.name, tuple(sorted(bound.kwargs.items())))(*arrays)

    functools.update_wrapper(function, value)  # its signature, and the formula where a tool looks for the source
    function.__module__, function.__doc__ = library.module, _text(formula, library)
    return function


def _text(formula: Formula, library: Library) -> str:
    """The docstring: what is whose."""
    labelled = docstrings.read(formula.value).labelled
    companions = " and ".join(f"``handgrad.{formula.name}{suffix}``" for suffix in library.rule.split())
    by_data = f"; by {docstrings.listed(_data(formula))} it is {library.title}'s own" if _data(formula) else ""
    mirrored = f", and by {docstrings.listed(_mirrored(formula))} its opposite" if _mirrored(formula) else ""
    return "\n".join(
        [
            f"{formula.title}, with its derivative by hand for {library.title}.",
            "",
            f"The value is that of ``handgrad.{formula.name}``, with its conventions and errors.",
            f"The derivative by {docstrings.listed(formula.by)} is that of {companions}{mirrored}{by_data}.",
            "",
            f"Shapes: {labelled['Shapes']}.",
            f"Source: {labelled['Source']}",
        ]
    )
