"""Conventions in which a right derivative may differ from the notes' own, and those that a file states.

A convention changes what is correct. One that changes the numbers by a factor or leaves out a sum counts only where
somebody says so: the file, an option, the function's name, or the forward function beside it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from handgrad.oracle import epsilons, inputs
from handgrad.oracle.calling import Plan
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import Truth, sized, truths_of
from handgrad.oracle.epsilons import Form, Near0
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

    def needs_a_batch(self, claim: Claim) -> bool:
        """Whether a single sample of a claim does not show it."""
        names = {name for name, _ in self.factor.powers} if self.factor else set()
        return names == {SAMPLES} and SAMPLES not in inputs.letters_of(claim.formula)


def _factor(number: Fraction | int, **powers: int) -> Factor:
    return Factor(Fraction(number), tuple(powers.items()))


_HALF = Fraction(1, 2)
_ONE = _factor(1)
_OF_CLASSES = {
    "sum": _ONE,
    "mean": _factor(1, N=-1),
    "mean over samples": _factor(1, N=-1),
    "mean over entries": _factor(1, N=-1, K=-1),
}
_LOSSES = {
    "squared_error": {"sum": _ONE, "mean": _factor(1, n=-1)},
    "sum_squared_error": {
        "sum": _ONE,
        "mean": _factor(1, k=-1),
        "mean over entries": _factor(1, k=-1),
        "mean over samples": _factor(1, N=-1),
    },
    "mean_squared_error": {"mean": _ONE, "mean over entries": _ONE, "sum": _factor(1, N=1)},
    "binary_cross_entropy": {"sum": _ONE, "mean": _factor(1, n=-1)},
    "sigmoid_cross_entropy": {"sum": _ONE, "mean": _factor(1, n=-1)},
    "mean_binary_cross_entropy": {"mean": _ONE, "mean over entries": _ONE, "sum": _factor(1, N=1)},
    "mean_categorical_cross_entropy": {
        "mean": _ONE,
        "mean over samples": _ONE,
        "mean over entries": _factor(1, K=-1),
        "sum": _factor(1, N=1),
    },
    "categorical_cross_entropy": _OF_CLASSES,
    "label_cross_entropy": _OF_CLASSES,
    "softmax_cross_entropy": _OF_CLASSES,
}
"""The loss by the notes' own, for each way to state it: the derivative is by the same factor."""
_OVER_OUTPUTS = {
    "sum_squared_error": {"mean over samples": _ONE, "mean over entries": _factor(1, k=-1)},
    "mean_squared_error": {"mean over samples": _factor(1, k=1), "mean over entries": _ONE},
    "mean_binary_cross_entropy": {"mean over samples": _factor(1, k=1), "mean over entries": _ONE},
    "mean_categorical_cross_entropy": {"mean over samples": _ONE, "mean over entries": _factor(1, K=-1)},
    "softmax_cross_entropy": {"mean over samples": _ONE, "mean over entries": _factor(1, K=-1)},
}
"""Of a network's loss, by its name: whether its outputs are summed or averaged."""


def _of_loss(claim: Claim) -> dict[str, Factor]:
    formula = claim.formula
    loss = formula.loss if isinstance(formula, Network) else formula.name
    if not isinstance(formula, Network):
        known = _LOSSES.get(formula.name, {})
    elif formula.name == "sensitivities":
        known = {"sum": _ONE, "mean": _factor(1, N=-1)}
    else:
        known = {"mean": _ONE, "sum": _factor(1, N=1), **_OVER_OUTPUTS.get(loss, {})}
    if not loss.endswith("squared_error"):
        return known
    halves = {f"half {name}": _times(_HALF, known[name]) for name in ("mean", "sum")}
    return {"half": _factor(_HALF), **known, **halves}


def _times(number: Fraction, factor: Factor) -> Factor:
    return dataclasses.replace(factor, number=number * factor.number)


def conventions_of(claim: Claim) -> Iterator[Convention]:
    """Those in which a claim's derivative may be right though its numbers are others than the notes'."""
    for value, factor in _of_loss(claim).items():
        if factor != _ONE:
            what = f"for the {_LOSS_WORDS[value]}, {factor} times the notes' loss"
            yield Convention("loss", value, what, functools.partial(_scaled, factor, claim.formula.by), factor=factor)
    shared = tuple(name for name in claim.formula.by if name in claim.formula.shared)
    if claim.bar and shared and any(axes[:1] == ("*batch",) for axes in claim.formula.axes.values()):
        names = " and ".join(f"{name}_bar" for name in shared)
        per_sample = Factor(Fraction(1), ((SAMPLES, -1),))
        divided = f"with {names} divided by N, the number of samples; the notes' are sums"
        scaled = functools.partial(_scaled, per_sample, shared)
        yield Convention("gradients", "mean", divided, scaled, factor=per_sample)
        apart = f"with {names} for each sample, not yet summed; the notes' are summed over the samples"
        yield Convention("rows", "separate", apart, _unsummed)


def kinds_of(claim: Claim) -> set[str]:
    """The kinds of convention that change something of a claim."""
    manners = {name for batched in (True, False) for each in inputs.manners_of(claim, batched=batched) for name in each}
    kinds = {_MANNERS[name][0] for name in manners} | {convention.key for convention in conventions_of(claim)}
    kinds |= {"argument"} if claim.formula.name in _IN_OUTPUT else set()
    kinds |= {"kink"} if claim.formula.kinks else set()
    kinds |= {"epsilon"} if epsilons.forms_of(claim) else set()
    return kinds if isinstance(claim.formula, Network) else kinds | {"upstream"}


def by_factor(claim: Claim, factor: Factor, letter: str, sizes: Collection[str]) -> Convention | None:
    """The convention under which a derivative that is off by a factor would be right, on inputs of such sizes."""
    for convention in conventions_of(claim):
        if convention.factor is None or (convention.key == "gradients" and letter not in claim.formula.shared):
            continue
        seen = {name: power for name, power in convention.factor.powers if name in sizes}
        if convention.factor.number == factor.number and seen == dict(factor.powers):
            return convention
    return None


def _epsilons(claim: Claim, stated: Stated, seen: Near0 | None) -> Iterator[Convention]:
    """The derivative with the stated epsilon in each place where it may stand, or with the one that was seen."""
    for form in epsilons.forms_of(claim):
        epsilon = stated.get("epsilon", seen and (seen.size**2 if form.root else seen.size))
        if epsilon and (epsilon < epsilons.LARGEST or "epsilon" in stated):
            what = f"with ε = {epsilon:.3g} {form.text}; the notes' has none"
            yield Convention("epsilon", epsilon, what, functools.partial(_with_epsilon, form, epsilon))


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
    c = factor.of({**{name: 1 for name, _ in factor.powers}, **sizes})  # what has no size is one sample or one number
    return [t.through(lambda array: c * array) if t.letter in names else t for t in truths]


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
            truth = Truth(truth.letter, np.stack([row.value for row in rows]), np.stack([row.size for row in rows]))
        stacked.append(truth)
    return stacked


def _with_epsilon(
    form: Form, epsilon: float, claim: Claim, letters: Mapping[str, Real], truths: list[Truth]
) -> list[Truth]:
    return sized(claim, letters, lambda given: [form.at(epsilon, claim, given)])


def _unchanged(claim: Claim, letters: Mapping[str, Real], truths: list[Truth]) -> list[Truth]:
    return truths


# Which of them hold


def combinations(claim: Claim, stated: Stated, seen: Near0 | None = None) -> Iterator[tuple[Convention, ...]]:
    """What to hold a derivative against, in this order: the stated conventions, then also with the epsilon seen.

    A stated epsilon must be there: it goes first.
    """
    loss = stated.get("loss")
    if loss is not None and loss not in _of_loss(claim):  # only what is squared has a ½
        loss = loss.removeprefix("half ")
    base = tuple(c for c in conventions_of(claim) if {**stated, "loss": loss}.get(c.key) == c.value)
    with_epsilon = [(epsilon, *base) for epsilon in _epsilons(claim, stated, seen)]
    yield from [*with_epsilon, base] if "epsilon" in stated else [base, *with_epsilon]


def near_0(found: Near0) -> Convention:
    """An epsilon that does not show in moderate numbers."""
    how = "clipped at" if found.clipped else "with a denominator increased by"
    return Convention("epsilon", found.size, f"{how} ε = {found.size:.3g}; the notes' has none", _unchanged)


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
        yield f"it leaves out the upstream gradient {asked.bar}; the notes' {asked.name} includes it"
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
    upstream = "included" if claim.bar else "excluded"
    if stated.get("upstream", upstream) != upstream:
        return False
    if "argument" not in stated or claim.formula.name not in _IN_OUTPUT:
        return True
    letter = claim.formula.letter if stated["argument"] == "output" else claim.formula.by[0]
    return letter in _letters(plan.positional)


_IN_OUTPUT = ("sigmoid", "tanh", "relu", "exp", "softmax")
"""Of these a file may state that all derivatives are written in the output."""


def _letters(arguments: Any) -> Iterator[str]:
    if isinstance(arguments, str):
        yield arguments
    else:
        for argument in arguments:
            yield from _letters(argument)


_MANNERS = {
    inputs.COLUMNS: ("samples", "columns"),
    inputs.TRANSPOSED: ("weights", "(k, n)"),
    inputs.NUMBERED: ("labels", "integer"),
    inputs.ONE_HOT: ("labels", "one-hot"),
}
"""What is stated by a way to hand over the inputs."""


def allow_manner(stated: Stated, manner: tuple[str, ...], claim: Claim, *, batched: bool) -> bool:
    """Whether a way to hand over the inputs goes with what was stated."""
    if inputs.COLUMNS in manner and not batched and "samples" not in stated:  # a mean over the other axis, unsaid
        return False
    possible = {name for each in inputs.manners_of(claim, batched=batched) for name in each}
    open_or_kept = (
        key not in stated or (name in manner) == (stated[key] == value)
        for name, (key, value) in _MANNERS.items()
        if name in possible
    )
    return all(open_or_kept)
