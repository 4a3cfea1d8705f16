"""Networks of dense layers as claims: their letters, their variants, and how a function's parameters name them."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from handgrad import backprop
from handgrad._activation_names import ACTIVATIONS
from handgrad.catalogue import REAL, TARGET, Domain, Formula, equations_of

CLAIMS = {"mlp_gradients": "gradients", "sensitivities": "sensitivities"}
"""The derivatives of a network that can be claimed, and their part in ``Network.companions``."""

WEIGHT = Domain("any real number", -1.0, 1.0, (0.0, 1.0, -1.0))
"""Of sums that go through several activations, which must not saturate."""
SQUARED_ERROR = "sum_squared_error"
_SIZES = ("m", "h", "g", "f")
"""Letters for the sizes of the layers' inputs, from the first; the last layer has k outputs, or K classes."""
_CLASSES = ("mean_categorical_cross_entropy", "softmax_cross_entropy")
_HIDDEN = ("sigmoid", "tanh", "relu")
_ENDS = (
    ("sigmoid", SQUARED_ERROR),
    ("identity", SQUARED_ERROR),
    ("softmax", "mean_categorical_cross_entropy"),
    ("sigmoid", "mean_binary_cross_entropy"),
    ("identity", "mean_squared_error"),
    ("sigmoid", "mean_squared_error"),
    ("tanh", SQUARED_ERROR),
)
"""The last activation and the loss of networks as people write them, the notes' own first."""


@dataclasses.dataclass(frozen=True, eq=False)
class Network(Formula):
    """A network of some depth with its activations and its loss, as a formula whose letters are W[0], b[0], … x, y."""

    activations: tuple[str, ...] = ()
    loss: str = SQUARED_ERROR

    optional: ClassVar[tuple[str, ...]] = ("J",)

    @property
    def depth(self) -> int:
        """How many layers it has."""
        return len(self.activations)

    @functools.cached_property
    def value(self) -> Callable[..., Any]:
        """The last output as a function of the letters."""
        return lambda *letters: backprop.mlp(*self._lists(letters)[:3], self.activations)

    @functools.cached_property
    def companions(self) -> dict[str, Callable[..., Any]]:
        """The gradients and the sensitivities as functions of the letters."""

        def mlp_gradients(*letters: Any) -> tuple[Any, ...]:
            J, dW, db = backprop.mlp_gradients(*self._lists(letters), self.activations, self.loss)
            return (J, *dW, *db)

        def sensitivities(*letters: Any) -> tuple[Any, ...]:
            return backprop.sensitivities(*self._lists(letters), self.activations)

        return {"gradients": mlp_gradients, "sensitivities": sensitivities}

    def _lists(self, letters: Sequence[Any]) -> tuple[list[Any], list[Any], Any, Any]:
        M = self.depth
        return list(letters[:M]), list(letters[M : 2 * M]), *letters[2 * M :]

    @functools.cached_property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The axes of each letter."""
        sizes = (*_SIZES[: self.depth], "K" if self.loss in _CLASSES else "k")
        W = {f"W[{m}]": (sizes[m], sizes[m + 1]) for m in range(self.depth)}
        b = {f"b[{m}]": (sizes[m + 1],) for m in range(self.depth)}
        return {**W, **b, "x": ("*batch", sizes[0]), "y": ("*batch", sizes[-1])}

    @property
    def result_axes(self) -> tuple[str, ...]:
        """The axes of the last output."""
        return self.axes["y"]

    @functools.cached_property
    def letter(self) -> str:
        """The notes' letter for the last output."""
        return "a"

    @functools.cached_property
    def equations(self) -> tuple[str, ...]:
        """The numbers of the notes' equations behind the derivative that is claimed."""
        return equations_of(getattr(backprop, self.name))

    def on_a_kink(self, letters: Mapping[str, Any]) -> bool:
        """Whether a unit sits where its activation has no derivative."""
        args = [letters[name] for name in self.axes]
        W, b, x, _ = self._lists(args)
        for W_m, b_m, name in zip(W, b, self.activations, strict=True):
            n = x @ W_m + b_m
            if name in ("relu", "absolute", "unit_step") and not n.all():
                return True
            x = ACTIVATIONS[name](np, n)[0]() if name in ACTIVATIONS else n
        return False


@functools.cache
def network(name: str, activations: tuple[str, ...], loss: str) -> Network:
    """The row of a derivative of a network; ValueError where activations and loss do not go together."""
    M = len(activations)
    if not 1 <= M <= len(_SIZES):
        raise ValueError(f"{name}: activations has length {M}; it must name 1 to {len(_SIZES)} layers")
    targets = TARGET if loss != SQUARED_ERROR and loss != "mean_squared_error" else REAL
    weights = [f"{letter}[{m}]" for letter in "Wb" for m in range(M)]
    by = ("J", *weights) if name == "mlp_gradients" else tuple(f"n[{m}]" for m in range(M))
    domains = {**dict.fromkeys([*weights, "x"], WEIGHT), "y": targets}
    row = Network(name, "backprop", by, domains, activations=activations, loss=loss)
    nothing = {letter: np.zeros([1] * len(axes)) for letter, axes in row.axes.items()}
    with np.errstate(all="ignore"):
        row.companions[CLAIMS[name]](*nothing.values())  # raises what does not fit
    return row


def variants(name: str, depth: int, activations: tuple[str, ...] | None, loss: str | None) -> Iterator[dict[str, Any]]:
    """The options that a network of that depth may have, where some are not stated, the likeliest first."""
    if activations:
        losses = [known for last, known in _ENDS if last == activations[-1]] or [SQUARED_ERROR]
        open_ends = [(activations, known) for known in losses]
    else:
        hidden = _HIDDEN if depth > 1 else ("",)
        open_ends = [((*[name] * (depth - 1), last), known) for name in hidden for last, known in _ENDS]
    for names, known in open_ends:
        if name == "mlp_gradients" and loss in (None, known):
            yield {"activations": names, "loss": known}
        elif name == "sensitivities" and known == SQUARED_ERROR:
            yield {"activations": names}
    if loss and activations:
        yield {"activations": activations, "loss": loss}


# From a function's parameters

_NAMES = re.compile(
    r"(full_?|mlp_?|network_?|nn_?)?(back_?prop(agation)?|backward(s|_?pass|_?prop(agation)?)?|(compute_?)?grad(ient)?s"
    r"|back_?propagate)(_?(mlp|network|nn|step))?|d_?params?"
)
_LISTS = {
    "W": r"ws?|weights?",
    "b": r"bs?|bias(es)?",
    "x": r"x|inputs?|data|features|sample|a_?0",
    "y": r"y|y_?true|targets?|labels?|t|truth|expected|desired|actual",
}
_NUMBERED = re.compile(r"(w|weights?|theta|b|bias(?:es)?)_?(\d)")
_TABLE = "{"
_TABLES = re.compile(r"params?|parameters?|weights?|theta|model|net(work)?")


def claimed_by(name: str, parameters: Sequence[Mapping[str, Any]]) -> str | None:
    """The derivative of a network that a function's name and parameters promise, if any."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    letters = _letters([parameter["name"] for parameter in parameters], depth_of(parameters))
    if not {"x", "y"} <= set(letters) or not any(letter[:1] in ("W", _TABLE) for letter in letters):
        return None
    if re.fullmatch(r"(compute_?)?(sensitivit(y|ies)|deltas?)", snake):
        return "sensitivities"
    return "mlp_gradients" if _NAMES.fullmatch(snake) else None


def depth_of(parameters: Sequence[Mapping[str, Any]]) -> int:
    """How many layers a function's numbered parameters have; 2 where there are none."""
    found = [_NUMBERED.fullmatch(parameter["name"].lower()) for parameter in parameters]
    numbers = [int(match[2]) for match in found if match and not match[1].startswith("b")]
    return min(max(numbers) - min(numbers) + 1, len(_SIZES)) if numbers else 2


def arguments_for(parameters: Sequence[Mapping[str, Any]], row: Network) -> Iterator[tuple[Any, ...]]:
    """What the required parameters may be meant to get: letters, lists of them by their common letter, or tables."""
    names = [parameter["name"] for parameter in parameters if parameter["required"]]
    letters = _letters(names, row.depth)
    if "" in letters or len(set(letters)) < len(letters):
        return
    layers = range(row.depth)
    named = {f"{letter}{m + 1}": f"{letter}[{m}]" for m in layers for letter in "Wb"}
    pairs = tuple((f"W[{m}]", f"b[{m}]") for m in layers)
    for table in (named, pairs) if _TABLE in letters else (None,):
        yield tuple(table if letter == _TABLE else letter for letter in letters)


def _letters(names: Sequence[str], depth: int) -> list[str]:
    """The letter of each parameter, or that it holds all weights, or nothing where its name says nothing."""
    numbered = [found for name in names if (found := _NUMBERED.fullmatch(name.lower()))]
    first = min((int(found[2]) for found in numbered), default=1)
    letters = []
    for name in names:
        found = _NUMBERED.fullmatch(name.lower())
        if found and int(found[2]) - first < depth:
            letters.append(f"{'b' if found[1].startswith('b') else 'W'}[{int(found[2]) - first}]")
            continue
        fitting = [letter for letter, pattern in _LISTS.items() if re.fullmatch(pattern, name.lower())]
        letters.append(fitting[0] if fitting else _TABLE if _TABLES.fullmatch(name.lower()) else "")
    if "W" in letters and "b" not in letters:
        letters = [_TABLE if letter == "W" else letter for letter in letters]
    return letters
