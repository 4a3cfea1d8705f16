"""What a function claims to be: said by a decorator or an option, or read from its name."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from handgrad import catalogue
from handgrad.catalogue import Formula
from handgrad.oracle import networks
from handgrad.oracle.networks import Network

CLAIM_ATTRIBUTE = "__handgrad_claim__"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Claim:
    """A formula and which of its derivatives: ``derivative``, ``jacobian``, ``gradient`` or ``vjp``.

    Of a network they are ``gradients`` and ``sensitivities``.
    """

    formula: Formula
    part: str
    options: tuple[tuple[str, Any], ...] = ()
    """What is chosen among the formula's variants, such as a neuron's activation."""

    def __str__(self) -> str:
        """The catalogue's name of the function, with the options."""
        options = ", ".join(f"{name}={_listed(value)!r}" for name, value in self.options)
        return f"{self.name}({options})" if options else self.name

    @property
    def name(self) -> str:
        """The catalogue's name of the function."""
        return self.formula.companions[self.part].__name__

    @property
    def keywords(self) -> dict[str, Any]:
        """The options that the formula's functions take; a network has none but is built with them."""
        return {name: value for name, value in self.options if name in self.formula.choices}

    @property
    def truth(self) -> Callable[..., Any]:
        """The verified function of the letters."""
        return functools.partial(self.formula.companions[self.part], **self.keywords)

    @property
    def value(self) -> Callable[..., Any]:
        """The formula itself as a function of the letters."""
        return functools.partial(self.formula.value, **self.keywords)

    @property
    def bar(self) -> str | None:
        """The letter of the cotangent that the derivative takes, if it is a backward pass of one formula."""
        return f"{self.formula.letter}_bar" if self.part == "vjp" else None

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that the derivative takes."""
        return (*self.formula.axes, *([self.bar] if self.bar else []))

    @property
    def sums(self) -> bool:
        """Whether a batch gives other results than its samples: gradients by shared arguments are summed."""
        return self.bar is not None or isinstance(self.formula, Network)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def claims(claim: str, *, call: Callable[..., Any] | None = None, **options: Any) -> Callable[[Function], Function]:
    """Mark a function as one of the catalogue's derivatives.

    The function itself is left as it is. ``call`` says how to call it, if not by the usual arguments: a function of
    the marked one and then of the claim's letters, which it takes by name. ``options`` are the formula's own, such as
    ``activation="relu"`` of a neuron, or ``activations=["relu", "softmax"]`` and ``loss`` of a network.

    Raises: KeyError where the catalogue has no such derivative; ValueError where an option does not fit.

    >>> @claims("sigmoid_derivative")
    ... def slope(z): ...
    >>> @claims("softmax_vjp", call=lambda f, l, p_bar: f(p_bar, cache=l))
    ... def backward(upstream, cache): ...
    """
    return _marker(claim, call, options)


def derives(claim: str, *, call: Callable[..., Any] | None = None, **options: Any) -> Callable[[Function], Function]:
    """Mark a generator as the derivation of one of the catalogue's derivatives, of which each ``yield`` is a line.

    A line is a value, or a label and a value. Each must equal the derivative; one whose label is a letter of the
    formula, such as "p" of a softmax, must equal that. ``call`` and ``options`` are those of ``claims``.

    Raises: as ``claims``.

    >>> @derives("tanh_derivative")
    ... def derivation(z):
    ...     yield "quotient rule", (np.cosh(z) ** 2 - np.sinh(z) ** 2) / np.cosh(z) ** 2
    ...     yield "split the fraction", 1 - np.tanh(z) ** 2
    """
    return _marker(claim, call, options, lines=True)


def _marker(
    claim: str, call: Callable[..., Any] | None, options: Mapping[str, Any], *, lines: bool = False
) -> Callable[[Function], Function]:
    stated = str(_with_options(parse(claim), options))

    def mark(function: Function) -> Function:
        setattr(function, CLAIM_ATTRIBUTE, {"claim": stated, "call": call, "lines": lines})
        return function

    return mark


def yields_lines(function: Callable[..., Any]) -> bool:
    """Whether a function is a derivation, by its decorator or because it is a generator."""
    stated = getattr(function, CLAIM_ATTRIBUTE, None)
    return bool(stated and stated.get("lines")) or inspect.isgeneratorfunction(function)


def bound(function: Callable[..., Any], claim: dict[str, Any]) -> Callable[..., Any]:
    """The function under another claim; it keeps its own."""

    @functools.wraps(function)
    def bearer(*args: Any, **keywords: Any) -> Any:
        return function(*args, **keywords)

    setattr(bearer, CLAIM_ATTRIBUTE, claim)
    return bearer


def parse(text: str) -> Claim:
    """The claim that a catalogue name such as ``softmax_jacobian`` or ``neuron_vjp(activation="relu")`` states.

    Raises: KeyError with a hint for any other name; ValueError where an option does not fit.
    """
    name, options = _split(text)
    if name in networks.CLAIMS:
        return _with_options(_network_claim(name, {}), options)
    stem, _, part = name.rpartition("_")
    if stem in catalogue.FORMULAS and part in catalogue.FORMULAS[stem].companions and part != "jvp":
        return _with_options(Claim(catalogue.FORMULAS[stem], part), options)
    formula = catalogue.find(name if name in catalogue.FORMULAS else stem or name)
    known = ", ".join(f"{formula.name}_{suffix}" for suffix in formula.companions if suffix != "jvp")
    raise KeyError(f"{name!r} is no derivative of the catalogue; of {formula.name} there are {known}")


def _split(text: str) -> tuple[str, dict[str, Any]]:
    """A name and the keyword arguments written behind it."""
    name, parenthesis, _ = text.partition("(")
    if not parenthesis:
        return text.strip(), {}
    try:
        call = ast.parse(text.strip(), mode="eval").body
        assert isinstance(call, ast.Call)
        assert not call.args
        return name.strip(), {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise ValueError(f"{text!r} is no claim; write it like {name.strip()}(activation='relu')") from None


def _with_options(claim: Claim, options: Mapping[str, Any]) -> Claim:
    if not options:
        return claim
    if isinstance(claim.formula, Network):
        return _network_claim(claim.formula.name, {**dict(claim.options), **options})
    for name, value in options.items():
        known = claim.formula.choices.get(name)
        if known is None:
            has = f"it has {', '.join(claim.formula.choices)}" if claim.formula.choices else "it has none"
            raise ValueError(f"{claim.name}: there is no option {name}; {has}")
        if value not in known:
            raise ValueError(f"{claim.name}: {name} is {value!r}; it must be one of {', '.join(known)}")
    return dataclasses.replace(claim, options=tuple(options.items()))


def _network_claim(name: str, options: Mapping[str, Any]) -> Claim:
    unknown = ", ".join(set(options) - {"activations", "loss"})
    if unknown:
        raise ValueError(f"{name}: there is no option {unknown}; it has activations and loss")
    stated = {key: _tupled(value) for key, value in options.items()}
    activations = stated.get("activations")
    if activations is not None and not isinstance(activations, tuple):
        raise ValueError(f"{name}: activations is {activations!r}; it must be a list of a name for each layer")
    likeliest = next(networks.variants(name, 2, activations, stated.get("loss")), {"activations": ("sigmoid",) * 2})
    chosen = {"loss": networks.SQUARED_ERROR, **likeliest, **stated}
    row = networks.network(name, chosen["activations"], chosen["loss"])
    return Claim(row, networks.CLAIMS[name], tuple(stated.items()))


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def alternatives(claim: Claim, parameters: Sequence[Mapping[str, Any]], *, stated: bool) -> list[Claim]:
    """The claim with each likely choice of what nobody stated: a network's activations and loss, a neuron's activation.

    Of a neuron a stated claim without it is the catalogue's own, which has a default.
    """
    if isinstance(claim.formula, Network):
        options = dict(claim.options)
        name, depth = claim.formula.name, networks.depth_of(parameters)
        found = networks.variants(name, depth, options.get("activations"), options.get("loss"))
        return [_network_claim(name, options) for options in found] or [claim]
    open_choices = [name for name in claim.formula.choices if name not in dict(claim.options)]
    if stated or not open_choices:
        return [claim]
    (name,) = open_choices
    return [claim, *(_with_options(claim, {name: value}) for value in ("tanh", "relu"))]


def siblings(claim: Claim) -> list[Claim]:
    """The same derivative with the upstream gradient, or without, which a function may be in its place."""
    if isinstance(claim.formula, Network):
        return []
    parts = [claim.formula.derivative.__name__.rpartition("_")[2], "vjp"]
    if claim.formula.elementwise:
        parts[0] = "derivative"
    return [dataclasses.replace(claim, part=part) for part in parts if (part == "vjp") != (claim.part == "vjp")]


# Names as people write them

_ALIASES: dict[str, tuple[str, ...]] = {
    "abs": ("absolute",),
    "affine": ("dense", "affine"),
    "bce": ("mean_binary_cross_entropy", "binary_cross_entropy"),
    "binary_cross_entropy": ("binary_cross_entropy", "mean_binary_cross_entropy"),
    "binary_crossentropy": ("mean_binary_cross_entropy", "binary_cross_entropy"),
    "categorical_cross_entropy": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "categorical_crossentropy": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "cce": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "ce": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "cross_entropy": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "crossentropy": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "cross_entropy_loss": ("categorical_cross_entropy", "mean_categorical_cross_entropy"),
    "dense_layer": ("dense",),
    "fc": ("dense",),
    "fully_connected": ("dense",),
    "heaviside": ("unit_step",),
    "layer": ("dense",),
    "linear": ("dense", "identity"),
    "linear_layer": ("dense",),
    "log_loss": ("mean_binary_cross_entropy", "binary_cross_entropy"),
    "logistic": ("sigmoid",),
    "mse": ("mean_squared_error",),
    "mse_loss": ("mean_squared_error",),
    "norm": ("euclidean_error",),
    "softmax_ce": ("softmax_cross_entropy",),
    "softmax_crossentropy": ("softmax_cross_entropy",),
    "softmax_cross_entropy_loss": ("softmax_cross_entropy",),
    "softmax_loss": ("softmax_cross_entropy",),
    "softmax_with_cross_entropy": ("softmax_cross_entropy",),
    "softmax_with_loss": ("softmax_cross_entropy",),
    "softmax_xent": ("softmax_cross_entropy",),
    "sse": ("sum_squared_error",),
    "step": ("unit_step",),
}
_OF_LOGITS = re.compile(r"logits?|scores?")
_VJP_WORDS = ("backward", "backprop", "bwd", "vjp", "pullback")
_DERIVATIVE_WORDS = (
    *("derivative", "deriv", "der", "prime", "gradient", "grad", "jacobian", "jac", "diff", "derivate", "dx", "d"),
)


def stem_of(name: str) -> tuple[str, str] | None:
    """The function whose derivative a name promises, and "vjp" or "derivative"; None where it promises none.

    >>> stem_of("softmax_derivative"), stem_of("d_relu"), stem_of("linear_backward"), stem_of("softmax")
    (('softmax', 'derivative'), ('relu', 'derivative'), ('linear', 'vjp'), None)
    """
    owner, _, method = name.rpartition(".")
    if owner:
        return (_stem_of_class(owner), "vjp") if method == "backward" else None
    snake = _snake(name)
    backward, derivative = "|".join(_VJP_WORDS), "|".join(_DERIVATIVE_WORDS)
    after = re.fullmatch(rf"(.+?)_(?:(?P<vjp>{backward})|{derivative})", snake)
    if after:
        return after[1], "vjp" if after["vjp"] else "derivative"
    before = re.fullmatch(rf"(?:{derivative})(?:_of)?_(.+)", snake)
    if before:
        return before[1], "derivative"
    # Without an underscore only what the catalogue knows, or dropout would be a derivative of ropout.
    joined = re.fullmatch(r"d([a-z]\w+)", snake)
    return (joined[1], "derivative") if joined and _formulas(joined[1]) else None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def _stem_of_class(name: str) -> str:
    """What a class is called after, as a function would be: ReLU, MSELoss, SoftmaxLayer, my_tanh."""
    short = re.sub(r"^_*(my|custom)_?|_?(layer|loss|activation|function|func|fn|module|op)$", "", name, flags=re.I)
    return next((stem for stem in (short.lower(), _snake(short), _snake(name)) if _formulas(stem)), _snake(name))


_REDUCTIONS = {"half": "half", "sum": "sum", "summed": "sum", "total": "sum"}


def reduction_in(name: str) -> dict[str, str]:
    """The convention of the loss that a function's name states.

    >>> reduction_in("half_mse_grad"), reduction_in("bce_sum_derivative"), reduction_in("mse_grad")
    ({'loss': 'half'}, {'loss': 'sum'}, {})
    """
    found = stem_of(name)
    if found is None or _formulas(found[0]):
        return {}
    words = [word for word in found[0].split("_") if word in _REDUCTIONS]
    return {"loss": _REDUCTIONS[words[0]]} if len(words) == 1 else {}


def _plain(stem: str) -> str:
    """A stem without the word for a reduction, if what is left is known and the whole is not."""
    rest = "_".join(word for word in stem.split("_") if word not in _REDUCTIONS)
    return stem if _formulas(stem) or not _formulas(rest) else rest


def _formulas(stem: str) -> tuple[str, ...]:
    return _ALIASES.get(stem, (stem,) if stem in catalogue.FORMULAS else ())


def from_name(name: str, parameters: Sequence[Mapping[str, Any]] = ()) -> list[Claim]:
    """What a function's name may claim, the likeliest first; nothing where it says nothing the catalogue knows.

    Of a network the parameters must look like it too.

    >>> [str(claim) for claim in from_name("mse_grad")]
    ['mean_squared_error_gradient']
    """
    network = networks.claimed_by(name, parameters)
    if network is not None:
        return [parse(network)]
    found = stem_of(name)
    if found is None:
        return []
    stem, kind = found
    known = _formulas(_plain(stem))
    if "categorical_cross_entropy" in known and any(_OF_LOGITS.fullmatch(p["name"].lower()) for p in parameters):
        known = ("softmax_cross_entropy", *known)
    rows = [catalogue.FORMULAS[row] for row in known]
    # A class's backward pass that takes as much as its forward pass takes nothing from above. A layer's always does.
    alone = "." in name and rows and not rows[0].shared and len(parameters) == len(rows[0].axes)
    if kind == "vjp" and not alone:
        return [Claim(row, "vjp") for row in rows]
    order = ("derivative", "gradient", "jacobian")
    return [Claim(row, next(part for part in order if part in row.companions)) for row in rows]
