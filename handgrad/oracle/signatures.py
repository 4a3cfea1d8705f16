"""Which arguments a function means: from the names of its parameters, else from their number and order."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from handgrad.oracle import networks
from handgrad.oracle.calling import Plan
from handgrad.oracle.claiming import Claim
from handgrad.oracle.networks import Network

_UPSTREAM = re.compile(
    r"d_?(out|output|outputs|y|z|a|p|j|l|h|s|v|loss|act|activation|next|upstream|value|curr|current)"
    r"|d[lje]_?d\w+|grad(ient)?s?(_?(out|output|outputs|up|upstream|y|z|a|next|in|from_above))?|g|gy|gz|ga|dl|dj|de"
    r"|upstream(_?grad(ient)?)?|delta|error|err|cotangent|ct|v|\w+_bar|out_grad|output_grad(ient)?|loss_grad(ient)?"
)
_ALIASES: dict[str, str] = {
    "x": r"x|inputs?|inp|data|features|a_?prev|h_?prev|prev(ious)?|activations?|sample|batch",
    "W": r"w|weights?|kernel|theta|mat",
    "w": r"w|weights?|theta|vec(tor)?",
    "b": r"b|bias(es)?",
    "z": r"z|x|t|s|u|n|inputs?|logits?|pre_?activations?|net|v|arr(ay)?|val(ue)?s?",
    "l": r"l|logits?|z|x|o|s|scores?|inputs?|u|v|arr(ay)?|vec(tor)?",
    "y": r"y|y_?true|true|truth|targets?|labels?|t|actual|expected|y_?real|real|desired|ground_?truth|gt|Y",
    "y_hat": r"y_?hat|y_?pred|pred(ict(ed|ion|ions)?)?s?|outputs?|out|p|probs?|a|yp|y_?p|o|y_?out|approx|h|q|x|s",
    "a": r"a|y_?hat|y_?pred|pred(ict(ed|ion|ions)?)?s?|outputs?|out|o|activations?",
    "label": r"labels?|y|y_?true|targets?|t|k|c|class(_?(index|id))?|index|idx|alpha",
    "o": r"o|x|inputs?|outputs?|a_?prev",
    "B": r"b|matrix|mat|m|a",
    "losses": r"losses|l|j0?|x",
    "X": r"x|matrix|mat|m|inputs?",
    "u": r"u|a|x|v1",
    "v": r"v|b|y|v2",
}
_INPUT = ("z", "n", "net", "logit", "logits", "pre_activation", "preactivation", "scores", "l")
"""Parameter names that stand for what goes into an activation, never for what comes out of it."""
_ONLY_OUTPUT = re.compile(r"out(put)?s?|activated|result|(tanh|sigmoid|softmax|relu)_?(out(put)?|x|z|l)")
_OUTPUT = re.compile(r"a|y|e|s|h|out(put)?s?|exp_?\w*|e_?[xz]|activations?|activated|value|result")
_TARGETS = ("t", "target", "targets", "label", "labels", "y_true", "ytrue", "truth")
_CACHE = re.compile(r"cache[sd]?|ctx|context|saved|stored|memory|residuals?|res|tape|forward_?(cache|values?)")


def parameters(function: Any) -> list[dict[str, Any]]:
    """The name of each positional parameter, and whether it has no default."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [{"name": p.name, "required": p.default is p.empty} for p in found if p.kind in plain]


def upstream(name: str) -> bool:
    """Whether a parameter of that name takes the gradient from above."""
    return _UPSTREAM.fullmatch(name.lower()) is not None


def means_input(name: str) -> bool:
    """Whether a parameter of that name takes what goes into an activation."""
    return name.lower() in _INPUT


def cached(name: str) -> bool:
    """Whether a parameter of that name takes what a forward pass kept."""
    return _CACHE.fullmatch(name.lower()) is not None


def plans(function: str, parameters: Sequence[Mapping[str, Any]], claim: Claim) -> Iterator[Plan]:
    """Ways to call a function for a claim, the surest first."""
    if isinstance(claim.formula, Network):
        for positional in networks.arguments_for(parameters, claim.formula):
            yield Plan(function, positional)
        return
    names = [parameter["name"] for parameter in parameters]
    required = sum(parameter["required"] for parameter in parameters)
    in_input, in_output = [*_usual(function, names, required, claim)], []
    argument = claim.formula.by[0]
    # In the output of an element-wise function or a softmax: z(1 - z) for a(1 - a).
    if _alone(claim) and names and not any(_means_input(name, claim) for name in names):
        for plan in in_input:
            if argument in plan.positional:
                given = tuple(claim.formula.letter if letter == argument else letter for letter in plan.positional)
                in_output.append(dataclasses.replace(plan, positional=given, manner="output"))
    said = any(_ONLY_OUTPUT.fullmatch(name.lower()) for name in names)
    yield from [*in_output, *in_input] if said else [*in_input, *in_output]


def _usual(function: str, names: Sequence[str], required: int, claim: Claim) -> Iterator[Plan]:
    letters, bar = list(claim.formula.axes), claim.bar
    wanted = list(claim.letters) if bar is None else [bar, *letters]
    assigned = _by_name(names[: max(required, len(wanted))], wanted, bar)
    # Where the names settle the order, no other is tried: on y - y_hat that would forgive a sign.
    settled = assigned is not None and sorted(assigned) == sorted(wanted)
    if assigned is not None and settled:
        swapped = [letter for letter in assigned if letter != bar] != letters
        yield from _straight_and_looped(function, tuple(assigned), claim, manner="order" if swapped else "")
    elif assigned is not None and bar in assigned and sorted([*assigned, "b"]) == sorted(wanted):
        yield Plan(function, tuple(assigned))  # without the bias, which no gradient needs
    if bar is None:
        if required <= len(letters) <= len(names) and not settled:
            yield from _straight_and_looped(function, tuple(letters), claim)
        return
    if required <= len(wanted) <= len(names) and not settled:
        last = upstream(names[len(wanted) - 1]) and not upstream(names[0])
        yield from _straight_and_looped(function, (*letters, bar) if last else (bar, *letters), claim)
    if required <= 2 <= len(names):
        upstream_last = cached(names[0]) or (upstream(names[1]) and not upstream(names[0]))
        kept = names[0 if upstream_last else 1]
        for cache in _caches(claim):
            output = cache == claim.formula.letter and _alone(claim) and not cached(kept)
            if not (output and _means_input(kept, claim)) and kept not in letters:
                positional = (cache, bar) if upstream_last else (bar, cache)
                yield Plan(function, positional, manner="output" if output else "")
    if required <= len(letters) <= len(names):
        yield Plan(function, tuple(letters), pullback=bar)


def _straight_and_looped(
    function: str, positional: tuple[str, ...], claim: Claim, *, manner: str = ""
) -> Iterator[Plan]:
    yield Plan(function, positional, manner=manner)
    if claim.formula.elementwise and claim.part in ("derivative", "vjp"):
        yield Plan(function, positional, loop=True, manner=manner)


def _alone(claim: Claim) -> bool:
    """Whether the claim is of a function whose derivative may be written in its output."""
    return tuple(claim.formula.axes) in (("z",), ("l",))


def _means_input(name: str, claim: Claim) -> bool:
    """Whether a parameter of that name cannot stand for an output."""
    if claim.formula.name == "exp":  # whose derivative in the output is what it is given: only a name tells
        return _OUTPUT.fullmatch(name.lower()) is None and not upstream(name)
    return means_input(name)


def _caches(claim: Claim) -> Iterator[Any]:
    """What a forward pass may have kept: its arguments, its value, or both."""
    letters, value = tuple(claim.formula.axes), claim.formula.letter
    if len(letters) > 1:
        yield letters
        yield letters[:-1]  # without the bias, which no gradient needs
    else:
        yield letters
    yield value
    yield (*letters, value)
    yield (value, *letters)


def _by_name(names: Sequence[str], wanted: Sequence[str], bar: str | None) -> list[str] | None:
    """The letter of each parameter, where the names settle every one; exact names go before similar ones."""
    open_letters = list(wanted)
    assigned: dict[str, str] = {}
    if "y" in names and "y" in wanted and any(name.lower() in _TARGETS for name in names):
        # Beside a target called t, y is the prediction.
        for prediction in {"y_hat", "a"} & set(open_letters):
            assigned["y"] = prediction
            open_letters.remove(prediction)
    for exact in (True, False):
        for name in names:
            if name in assigned:
                continue
            fitting = [letter for letter in open_letters if _means(name, letter, bar, exact)]
            if len(fitting) == 1 or (exact and fitting):
                assigned[name] = fitting[0]
                open_letters.remove(fitting[0])
    return [assigned[name] for name in names] if len(assigned) == len(names) else None


def _means(name: str, letter: str, bar: str | None, exact: bool) -> bool:
    if letter == bar:
        return upstream(name) and (not exact or name.lower() not in ("v", "g", "delta", "error"))
    if exact:
        return name == letter
    return re.fullmatch(_ALIASES.get(letter, re.escape(letter)), name.lower()) is not None
