"""What a function claims to be: said by a decorator or an option, or read from its name."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

from handgrad import catalogue
from handgrad.catalogue import Formula

CLAIM_ATTRIBUTE = "__handgrad_claim__"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Claim:
    """A formula and which of its derivatives: ``derivative``, ``jacobian``, ``gradient`` or ``vjp``."""

    formula: Formula
    part: str

    def __str__(self) -> str:
        """The catalogue's name of the function."""
        return f"{self.formula.name}_{self.part}"

    @property
    def truth(self) -> Callable[..., Any]:
        """The verified function."""
        return self.formula.companions[self.part]


def claims(claim: str, *, call: Callable[..., Any] | None = None) -> Callable[[Function], Function]:
    """Mark a function as one of the catalogue's derivatives.

    The function itself is left as it is. ``call`` says how to call it, if not by the usual arguments: a function of
    the marked one and then of the claim's letters, which it takes by name.

    Raises: KeyError where the catalogue has no such derivative.

    >>> @claims("sigmoid_derivative")
    ... def slope(z): ...
    >>> @claims("softmax_vjp", call=lambda f, l, p_bar: f(p_bar, cache=l))
    ... def backward(upstream, cache): ...
    """
    stated = str(parse(claim))

    def mark(function: Function) -> Function:
        setattr(function, CLAIM_ATTRIBUTE, {"claim": stated, "call": call})
        return function

    return mark


def bound(function: Callable[..., Any], claim: dict[str, Any]) -> Callable[..., Any]:
    """The function under another claim; it keeps its own."""

    @functools.wraps(function)
    def bearer(*args: Any, **keywords: Any) -> Any:
        return function(*args, **keywords)

    setattr(bearer, CLAIM_ATTRIBUTE, claim)
    return bearer


def parse(text: str) -> Claim:
    """The claim that a catalogue name such as ``softmax_jacobian`` states; KeyError with a hint for any other."""
    stem, _, part = text.rpartition("_")
    if stem in catalogue.FORMULAS and part in catalogue.FORMULAS[stem].companions and part != "jvp":
        return Claim(catalogue.FORMULAS[stem], part)
    formula = catalogue.find(text if text in catalogue.FORMULAS else stem or text)
    known = ", ".join(f"{formula.name}_{suffix}" for suffix in formula.companions if suffix != "jvp")
    raise KeyError(f"{text!r} is no derivative of the catalogue; of {formula.name} there are {known}")


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
    "softmax_xent": ("softmax_cross_entropy",),
    "sse": ("sum_squared_error",),
    "step": ("unit_step",),
}
_VJP_WORDS = ("backward", "backprop", "bwd", "vjp", "pullback")
_DERIVATIVE_WORDS = (
    *("derivative", "deriv", "der", "prime", "gradient", "grad", "jacobian", "jac", "diff", "derivate", "dx", "d"),
)


def stem_of(name: str) -> tuple[str, str] | None:
    """The function whose derivative a name promises, and "vjp" or "derivative"; None where it promises none.

    >>> stem_of("softmax_derivative"), stem_of("d_relu"), stem_of("linear_backward"), stem_of("softmax")
    (('softmax', 'derivative'), ('relu', 'derivative'), ('linear', 'vjp'), None)
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
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


def _formulas(stem: str) -> tuple[str, ...]:
    return _ALIASES.get(stem, (stem,) if stem in catalogue.FORMULAS else ())


def from_name(name: str) -> list[Claim]:
    """What a function's name may claim, the likeliest first; nothing where it says nothing the catalogue knows.

    >>> [str(claim) for claim in from_name("mse_grad")]
    ['mean_squared_error_gradient']
    """
    found = stem_of(name)
    if found is None:
        return []
    stem, kind = found
    rows = [catalogue.FORMULAS[row] for row in _formulas(stem)]
    if kind == "vjp":
        return [Claim(row, "vjp") for row in rows]
    order = ("derivative", "gradient", "jacobian")
    return [Claim(row, next(part for part in order if part in row.companions)) for row in rows]
