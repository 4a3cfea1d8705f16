"""One row per formula: where its arguments lie, by which it differentiates, what happens at its kinks.

What a row does not say is read from the functions themselves: shapes from their annotations, equation numbers from the
``Source:`` lines of their docstrings.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from handgrad import docstrings
from handgrad._activation_names import ACTIVATIONS
from handgrad._arrays import axes_of
from handgrad.layers import outputs_matrix

__all__ = ["COMPANIONS", "FORMULAS", "Domain", "Formula", "Kink", "equations_of", "find", "tools"]

COMPANIONS = ("derivative", "jacobian", "gradient", "vjp", "jvp")


@dataclasses.dataclass(frozen=True)
class Domain:
    """The numbers an entry may be, in words, a moderate range to draw from, and values to try exactly."""

    text: str
    low: float
    high: float
    special: tuple[float, ...] = ()


REAL = Domain("any real number", -8.0, 8.0, (0.0, 1.0, -1.0))
FACTOR = Domain("any real number", -3.0, 3.0, (0.0, 1.0, -1.0))
"""Of a product that goes through an exponential, which float32 must still hold."""
NONZERO = Domain("not 0", -8.0, 8.0, (1.0, -1.0))
POSITIVE = Domain("above 0", 1 / 64, 8.0, (1.0,))
PROBABILITY = Domain("between 0 and 1, both excluded", 1 / 1024, 1 - 1 / 1024, (0.5,))
TARGET = Domain("between 0 and 1", 0.0, 1.0, (0.0, 1.0))
LABEL = Domain("a class counted from 0, below K", 0.0, 0.0)


@dataclasses.dataclass(frozen=True)
class Kink:
    """A point without a derivative: what is returned there, and the subgradients that would do as well."""

    text: str
    low: float
    high: float


@dataclasses.dataclass(frozen=True, eq=False)  # a row is itself, whatever it holds
class Formula:
    """A formula of the notes: its functions, and what their signatures do not say."""

    name: str
    module: str
    by: tuple[str, ...]
    """The differentiable arguments, in argument order."""
    domains: Mapping[str, Domain | tuple[Domain, ...]]
    """Where each argument's entries lie; a tuple gives one domain per position along the last axis."""
    kinks: Mapping[float, Kink] = dataclasses.field(default_factory=dict)
    """Points without a derivative; of a norm, the distance at which it has none."""
    choices: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Keyword arguments that choose among variants."""

    optional: ClassVar[tuple[str, ...]] = ()
    """Results that a function need not return."""

    @functools.cached_property
    def value(self) -> Callable[..., Any]:
        """The function itself."""
        return getattr(importlib.import_module(f"handgrad.{self.module}"), self.name)

    @functools.cached_property
    def companions(self) -> dict[str, Callable[..., Any]]:
        """The functions derived from it, by suffix."""
        module = importlib.import_module(f"handgrad.{self.module}")
        named = {suffix: getattr(module, f"{self.name}_{suffix}", None) for suffix in COMPANIONS}
        return {suffix: function for suffix, function in named.items() if function is not None}

    @functools.cached_property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The axes of each array argument."""
        return {name: axes for name, axes in axes_of(self.value).items() if name != "return"}

    @property
    def result_axes(self) -> tuple[str, ...]:
        """The axes of the value."""
        return axes_of(self.value)["return"]

    @property
    def shared(self) -> tuple[str, ...]:
        """The arguments that all samples have in common."""
        return tuple(name for name, axes in self.axes.items() if not axes or not axes[0].startswith("*"))

    @property
    def elementwise(self) -> bool:
        """Whether the Jacobian is diagonal, one derivative per element."""
        return "derivative" in self.companions

    @property
    def scalar(self) -> bool:
        """Whether there is one number per sample, so that the derivative is a gradient."""
        return "gradient" in self.companions

    @property
    def derivative(self) -> Callable[..., Any]:
        """The full derivative: the Jacobian or, of a scalar, the gradient."""
        return self.companions["gradient" if self.scalar else "jacobian"]

    @functools.cached_property
    def equations(self) -> tuple[str, ...]:
        """The numbers of the notes' equations that its functions implement."""
        found = {number for function in (self.value, *self.companions.values()) for number in equations_of(function)}
        return tuple(sorted(found, key=_equation_order))

    @functools.cached_property
    def letter(self) -> str:
        """The notes' letter for the value, the left-hand side of its formula."""
        formula = docstrings.read(self.value).formula
        return re.split(r"[_ (]", formula.partition("=")[0].strip())[0]

    @property
    def title(self) -> str:
        """The first line of the value's docstring."""
        return (self.value.__doc__ or self.name).splitlines()[0].rstrip(".")


@functools.cache
def tools() -> dict[Callable[..., Any], tuple[str, ...]]:
    """The update rules, layouts and networks, which are no formulas of their own, with their equation numbers."""
    modules = [importlib.import_module(f"handgrad.{name}") for name in ("descent", "layouts", "backprop")]
    functions = [getattr(module, name) for module in modules for name in module.__all__]
    functions.append(outputs_matrix)
    return {function: equations_of(function) for function in functions if inspect.isfunction(function)}


def equations_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The equation numbers on the ``Source:`` line of a docstring."""
    source = re.search(r"Source: notes \(([^)]*)\)", function.__doc__ or "")
    return tuple(re.split(r",\s*", source[1])) if source else ()


def _equation_order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def _elementwise(module: str, name: str, domain: Domain = REAL, kinks: Mapping[float, Kink] | None = None) -> Formula:
    return Formula(name, module, ("z",), {"z": domain}, kinks or {})


_ROWS = (
    Formula("addition", "multivariate", ("x", "y"), {"x": REAL, "y": REAL}),
    Formula("sum_of_squares", "multivariate", ("x", "y"), {"x": REAL, "y": REAL}),
    Formula("product", "multivariate", ("x", "y"), {"x": REAL, "y": REAL}),
    Formula("mean", "multivariate", ("x",), {"x": REAL}),
    Formula("mean_square", "multivariate", ("x",), {"x": REAL}),
    Formula("affine", "multivariate", ("x", "w", "b"), {"x": REAL, "w": REAL, "b": REAL}),
    Formula("dot", "multivariate", ("u", "v"), {"u": REAL, "v": REAL}),
    _elementwise("activations", "identity"),
    _elementwise("activations", "sigmoid"),
    _elementwise("activations", "tanh"),
    _elementwise("activations", "relu", kinks={0.0: Kink("1, of the subgradients [0, 1]", 0, 1)}),
    _elementwise("activations", "absolute", kinks={0.0: Kink("0, of the subgradients [-1, 1]", -1, 1)}),
    _elementwise("activations", "unit_step", kinks={0.0: Kink("0, though there is no subgradient", 0, 0)}),
    _elementwise("elementary", "exp"),
    _elementwise("elementary", "log", POSITIVE),
    _elementwise("elementary", "sin"),
    _elementwise("elementary", "cos"),
    _elementwise("elementary", "tan"),
    Formula("linear_map", "layers", ("w",), {"B": REAL, "w": REAL}),
    Formula("dense_of_weights", "layers", ("w",), {"o": REAL, "w": REAL}),
    Formula("dense", "layers", ("x", "W", "b"), {"x": REAL, "W": REAL, "b": REAL}),
    Formula(
        "neuron",
        "layers",
        ("x", "w", "b"),
        {"x": FACTOR, "w": FACTOR, "b": REAL},
        choices={"activation": tuple(ACTIVATIONS)},
    ),
    Formula("squared_error", "losses", ("y_hat",), {"y": REAL, "y_hat": REAL}),
    Formula("sum_squared_error", "losses", ("a",), {"y": REAL, "a": REAL}),
    Formula("mean_squared_error", "losses", ("y_hat",), {"y": REAL, "y_hat": REAL}),
    Formula("binary_cross_entropy", "losses", ("y_hat",), {"y": TARGET, "y_hat": PROBABILITY}),
    Formula("mean_binary_cross_entropy", "losses", ("y_hat",), {"y": TARGET, "y_hat": PROBABILITY}),
    Formula("categorical_cross_entropy", "losses", ("y_hat",), {"y": TARGET, "y_hat": PROBABILITY}),
    Formula("mean_categorical_cross_entropy", "losses", ("y_hat",), {"y": TARGET, "y_hat": PROBABILITY}),
    Formula("label_cross_entropy", "losses", ("y_hat",), {"label": LABEL, "y_hat": PROBABILITY}),
    Formula("batch_mean", "losses", ("losses",), {"losses": REAL}),
    Formula(
        "euclidean_error",
        "losses",
        ("y_hat",),
        {"y": REAL, "y_hat": REAL},
        kinks={0.0: Kink("0, of the subgradients of length at most 1, where y_hat = y", -1, 1)},
    ),
    Formula("sum_exp", "probabilities", ("l",), {"l": REAL}),
    Formula("softmax", "probabilities", ("l",), {"l": REAL}),
    Formula("softmax_cross_entropy", "probabilities", ("l",), {"y": TARGET, "l": REAL}),
    Formula("sigmoid_cross_entropy", "probabilities", ("z",), {"y": TARGET, "z": REAL}),
    Formula("example_3_1", "worked_examples", ("x",), {"x": NONZERO}),
    Formula("example_3_2", "worked_examples", ("x",), {"x": (REAL, POSITIVE, REAL)}),
    Formula("example_3_3", "worked_examples", ("x",), {"x": POSITIVE}),
    Formula("example_3_4", "worked_examples", ("x",), {"x": REAL}),
    Formula("example_3_5", "worked_examples", ("X",), {"X": REAL}),
    Formula("example_3_6", "worked_examples", ("x",), {"x": REAL}),
    Formula("example_3_7", "worked_examples", ("X",), {"X": REAL}),
    Formula("sum_of_sines", "worked_examples", ("W",), {"x": REAL, "W": REAL}),
)

FORMULAS: Mapping[str, Formula] = MappingProxyType({row.name: row for row in _ROWS})


def find(name: str) -> Formula:
    """The row of a formula; an unknown name raises KeyError with the names that come close.

    >>> find("softmax").equations
    ('2.27', '2.29', '2.30', '2.31', '2.32')
    """
    if name in FORMULAS:
        return FORMULAS[name]
    close = difflib.get_close_matches(name, FORMULAS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`handgrad list` names them all"
    raise KeyError(f"no formula is called {name!r}; {hint}")
