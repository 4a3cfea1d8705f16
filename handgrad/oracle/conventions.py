"""Conventions in which a right derivative may differ from the notes' own, and those that a file states.

A convention changes what is correct. One that changes the numbers by a factor or leaves out a sum counts only where
somebody says so: the file, an option, the function's name, or the forward function beside it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from handgrad.oracle import inputs
from handgrad.oracle.calling import Plan
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import Truth, sized, truths_of
from handgrad.oracle.factors import SAMPLES, Factor, sizes_of
from handgrad.oracle.networks import Network

Real = np.ndarray[Any, Any]
Stated = Mapping[str, Any]

# What a convention makes of the truth


@dataclasses.dataclass(frozen=True)
class Convention:
    """Another correct answer than the notes' own."""

    key: str
    value: Any
    sentence: str
    """What it is, and what the notes' own would be."""
    change: Callable[[Claim, Mapping[str, Real], list[Truth]], list[Truth]]
    factor: Factor | None = None


def _factor(number: Fraction | int, **powers: int) -> Factor:
    return Factor(Fraction(number), tuple(powers.items()))


_HALF = Fraction(1, 2)
_LOSSES = {
    "squared_error": {
        "sum": _factor(1),
        "half": _factor(_HALF),
        "half sum": _factor(_HALF),
        "mean": _factor(1, n=-1),
        "half mean": _factor(_HALF, n=-1),
    },
    "sum_squared_error": {
        "sum": _factor(1),
        "half": _factor(_HALF),
        "half sum": _factor(_HALF),
        "mean": _factor(1, k=-1),
        "half mean": _factor(_HALF, k=-1),
    },
    "mean_squared_error": {
        "mean": _factor(1),
        "half": _factor(_HALF),
        "half mean": _factor(_HALF),
        "sum": _factor(1, N=1),
        "half sum": _factor(_HALF, N=1),
    },
    "binary_cross_entropy": {"sum": _factor(1), "mean": _factor(1, n=-1)},
    "sigmoid_cross_entropy": {"sum": _factor(1), "mean": _factor(1, n=-1)},
    "mean_binary_cross_entropy": {"mean": _factor(1), "sum": _factor(1, N=1)},
    "categorical_cross_entropy": {"sum": _factor(1), "mean over entries": _factor(1, K=-1)},
    "label_cross_entropy": {"sum": _factor(1), "mean over entries": _factor(1, K=-1)},
    "softmax_cross_entropy": {"sum": _factor(1), "mean over entries": _factor(1, K=-1)},
    "mean_categorical_cross_entropy": {
        "mean": _factor(1),
        "sum": _factor(1, N=1),
        "mean over entries": _factor(1, K=-1),
    },
}
"""The loss by the notes' own, for each way to state it: the derivative is by the same factor."""


def _of_loss(claim: Claim) -> dict[str, Factor]:
    formula = claim.formula
    if not isinstance(formula, Network):
        return _LOSSES.get(formula.name, {})
    known = {"mean": _factor(1), "sum": _factor(1, N=1)}
    if formula.name == "sensitivities":
        known = {"sum": _factor(1), "mean": _factor(1, N=-1)}
    halves = {f"half {name}": dataclasses.replace(factor, number=_HALF) for name, factor in known.items()}
    if formula.loss in ("mean_squared_error", "mean_binary_cross_entropy"):
        known["mean over samples"] = _factor(1, k=1)
    squared = {**known, "half": _factor(_HALF), **halves}
    return squared if formula.loss in ("sum_squared_error", "mean_squared_error") else known


def conventions_of(claim: Claim) -> Iterator[Convention]:
    """Those in which a claim's derivative may be right though its numbers are others than the notes'."""
    for value, factor in _of_loss(claim).items():
        if factor != _factor(1):
            what = f"for the {_LOSS_WORDS[value]}, {factor} times the notes' loss"
            yield Convention("loss", value, what, functools.partial(_scaled, factor, claim.formula.by), factor=factor)
    shared = tuple(name for name in claim.formula.by if name in claim.formula.shared)
    if claim.bar and shared and any(axes[:1] == ("*batch",) for axes in claim.formula.axes.values()):
        names = " and ".join(f"{name}_bar" for name in shared)
        per_sample = Factor(Fraction(1), ((SAMPLES, -1),))
        divided = f"{names} divided by the N samples; the notes' are sums"
        scaled = functools.partial(_scaled, per_sample, shared)
        yield Convention("gradients", "mean", divided, scaled, factor=per_sample)
        apart = f"{names} for each sample, rows not yet summed; the notes' are summed over the samples"
        yield Convention("rows", "separate", apart, _unsummed)


def _epsilons(claim: Claim, values: Sequence[float]) -> Iterator[Convention]:
    if claim.part not in ("derivative", "jacobian", "gradient"):
        return
    for text, shifted in _EPSILONS.get(claim.formula.name, {}).items():
        for epsilon in values:
            what = f"with ε = {epsilon:g} {text}; the notes' has none"
            yield Convention("epsilon", epsilon, what, functools.partial(_with_epsilon, shifted, epsilon))


_LOSS_WORDS = {
    "mean": "mean",
    "sum": "sum",
    "half": "loss with ½",
    "half mean": "mean with ½",
    "half sum": "sum with ½",
    "mean over entries": "mean over all entries",
    "mean over samples": "mean over the samples of sums over the outputs",
}


def _scaled(
    factor: Factor, names: tuple[str, ...], claim: Claim, letters: Mapping[str, Real], truths: list[Truth]
) -> list[Truth]:
    sizes = sizes_of(claim.formula, letters)
    if any(name not in sizes for name, _ in factor.powers):  # one sample, or one number
        return truths
    c = factor.of(sizes)
    return [dataclasses.replace(t, value=c * t.value, size=abs(c) * t.size) if t.letter in names else t for t in truths]


def _unsummed(claim: Claim, letters: Mapping[str, Real], truths: list[Truth]) -> list[Truth]:
    formula, bar = claim.formula, claim.bar
    assert bar is not None
    if letters[bar].ndim == len([axis for axis in formula.result_axes if not axis.startswith("*")]):
        return truths
    samples = [
        truths_of(claim, {name: a if name in formula.shared else a[i] for name, a in letters.items()})
        for i in range(len(letters[bar]))
    ]
    stacked = []
    for i, truth in enumerate(truths):
        if truth.letter in formula.shared:
            rows = [found[i] for found in samples]
            value, size = np.stack([row.value for row in rows]), np.stack([row.size for row in rows])
            truth = dataclasses.replace(truth, value=value, size=size)
        stacked.append(truth)
    return stacked


# Epsilons: the derivative with a small number where somebody fears to divide by 0

_TYPICAL = (1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)
"""Small enough to be meant as no change; a larger one must be stated."""
Shifted = Callable[[float, Mapping[str, Real]], Real]


def _binary(e: float, given: Mapping[str, Real]) -> Real:
    y, p = given["y"], given["y_hat"]
    return -y / (p + e) + (1 - y) / (1 - p + e)


def _binary_quotient(e: float, given: Mapping[str, Real]) -> Real:
    y, p = given["y"], given["y_hat"]
    return (p - y) / (p * (1 - p) + e)


def _norm(e: float, given: Mapping[str, Real]) -> Real:
    d = given["y_hat"] - given["y"]
    return d / (np.sqrt(np.sum(d**2, axis=-1, keepdims=True)) + e)


def _norm_under_root(e: float, given: Mapping[str, Real]) -> Real:
    d = given["y_hat"] - given["y"]
    return d / np.sqrt(np.sum(d**2, axis=-1, keepdims=True) + e)


def _by_count(function: Shifted) -> Shifted:
    """The mean's, for the N samples of its formula."""
    return lambda e, given: function(e, given) / given["y"].shape[-1]


def _by_rows(function: Shifted) -> Shifted:
    return lambda e, given: function(e, given) / given["y"].shape[-2]


def _categorical(e: float, given: Mapping[str, Real]) -> Real:
    return -given["y"] / (given["y_hat"] + e)


def _label(e: float, given: Mapping[str, Real]) -> Real:
    p = given["y_hat"]
    return -np.eye(p.shape[-1])[given["label"]] / (p + e)


def _log(e: float, given: Mapping[str, Real]) -> Real:
    return 1 / (given["z"] + e)


_ADDED, _BELOW = "added to ŷ", "added to the denominator ŷ(1 - ŷ)"
_EPSILONS: dict[str, dict[str, Shifted]] = {
    "binary_cross_entropy": {_ADDED: _binary, _BELOW: _binary_quotient},
    "mean_binary_cross_entropy": {_ADDED: _by_count(_binary), _BELOW: _by_count(_binary_quotient)},
    "categorical_cross_entropy": {_ADDED: _categorical},
    "mean_categorical_cross_entropy": {_ADDED: _by_rows(_categorical)},
    "label_cross_entropy": {_ADDED: _label},
    "euclidean_error": {"added to the norm": _norm, "added under the root": _norm_under_root},
    "log": {"added to z": _log},
}


def _with_epsilon(
    shifted: Shifted, epsilon: float, claim: Claim, letters: Mapping[str, Real], truths: list[Truth]
) -> list[Truth]:
    def function(given: Mapping[str, Real]) -> list[Real]:
        value = shifted(epsilon, given)
        return [value if value.shape == truths[0].value.shape else np.diag(value)]

    return sized(claim, letters, function)


# Which of them hold


def combinations(claim: Claim, stated: Stated) -> Iterator[tuple[Convention, ...]]:
    """What to hold a derivative against, in this order: the stated conventions, then also with an epsilon."""
    base = tuple(c for c in conventions_of(claim) if stated.get(c.key) == c.value)
    yield base
    for epsilon in _epsilons(claim, [stated["epsilon"]] if "epsilon" in stated else _TYPICAL):
        yield (epsilon, *base)


def changed(
    claim: Claim, letters: Mapping[str, Real], truths: list[Truth], held: tuple[Convention, ...]
) -> list[Truth]:
    """The truths under these conventions."""
    for convention in held:
        truths = convention.change(claim, letters, truths)
    return truths


# How the function is called


def call_sentences(claim: Claim, plan: Plan, manner: tuple[str, ...], asked: Claim | None) -> Iterator[str]:
    """What is unlike the notes in how a function is called, in words."""
    argument, letter = claim.formula.by[0], claim.formula.letter
    if asked is not None and claim.bar:
        yield f"it includes the upstream gradient {claim.bar}; the notes' {asked.name} does not"
    elif asked is not None:
        yield f"it leaves out the upstream gradient {asked.bar}, to be multiplied in; {asked.name} includes it"
    if plan.manner == "output":
        yield f"written in the output {letter}, so pass {letter}, not {argument}; the notes' takes {argument}"
    if plan.manner == "order":
        yield f"with its arguments in another order; the notes' is ({', '.join(claim.letters)})"
    if inputs.COLUMNS in manner:
        yield "samples are columns; the notes' are rows"
    if inputs.TRANSPOSED in manner:
        yield "weights are (k, n), a row for each output; the notes' are (n, k)"
    if inputs.NUMBERED in manner:
        yield "targets are class numbers; the notes' are one-hot"
    if inputs.ONE_HOT in manner:
        yield "targets are one-hot; the notes' are class numbers"


def allow_plan(stated: Stated, plan: Plan, claim: Claim) -> bool:
    """Whether a way to call a function goes with what was stated."""
    if not plan.open:
        return True
    if stated.get("upstream", "included" if claim.bar else "excluded") != ("included" if claim.bar else "excluded"):
        return False
    if "argument" not in stated or tuple(claim.formula.axes) != (claim.formula.by[0],):
        return True
    return (plan.manner == "output") == (stated["argument"] == "output")


def allow_manner(stated: Stated, manner: tuple[str, ...], claim: Claim, *, batched: bool) -> bool:
    """Whether a way to hand over the inputs goes with what was stated."""
    wanted = {
        inputs.COLUMNS: ("samples", "columns"),
        inputs.TRANSPOSED: ("weights", "(k, n)"),
        inputs.NUMBERED: ("labels", "integer"),
        inputs.ONE_HOT: ("labels", "one-hot"),
    }
    possible = {name for each in inputs.manners_of(claim, batched=batched) for name in each}
    open_or_kept = (
        key not in stated or (name in manner) == (stated[key] == value)
        for name, (key, value) in wanted.items()
        if name in possible
    )
    return all(open_or_kept)
