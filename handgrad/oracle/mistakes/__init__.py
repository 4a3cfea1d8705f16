"""Wrong versions of every formula, as people write them.

Most come from a survey of hand-written derivatives in public repositories, some are the notes' misprints. A judge that
cannot tell them from the right formula, on the inputs it drew, has no business calling anything right.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from handgrad.catalogue import FORMULAS
from handgrad.oracle.claiming import Claim
from handgrad.oracle.mistakes import (
    activations,
    elementary,
    layers,
    losses,
    multivariate,
    networks,
    probabilities,
    worked_examples,
)
from handgrad.oracle.mistakes.kinds import Mistake, Real, usual
from handgrad.oracle.networks import Network

__all__ = ["MISTAKES", "OWN", "USUAL", "Mistake", "named_versions", "wrong_versions"]

Version = Callable[[Mapping[str, Real]], tuple[Real, ...]]
"""A wrong version as a function of a claim's letters."""

_FILES = (multivariate, activations, elementary, layers, losses, probabilities, worked_examples)

OWN: tuple[Mistake, ...] = tuple(mistake for file in _FILES for mistake in file.MISTAKES)
"""Those that are written out for one formula."""

# The unit step's derivative is 0: flipped, scaled or repeated it stays right.
USUAL: tuple[Mistake, ...] = tuple(
    m for name, formula in FORMULAS.items() if name != "unit_step" for m in usual(formula)
)
"""Those that can be made with any formula."""

MISTAKES: tuple[Mistake, ...] = tuple(sorted((*OWN, *USUAL), key=lambda mistake: [*FORMULAS].index(mistake.formula)))
"""All of them, formula by formula."""

_SHOWN_ONLY_BY = {
    "a batch": {
        "W_bar and b_bar averaged",
        "W_bar averaged",
        "averaged over the samples",
        "b_bar averaged",
        "divided by len",
        "divided by the number of all entries",
        "divided by the number of samples",
        "len for N",
        "mean of the upstream",
        "norm of all samples",
        "one matrix for all samples",
        "one pair for all samples",
        "samples picked for classes",
        "size for N",
        "summed over the samples",
        "summed over the samples too",
        "sums before it multiplies",
        "upstream averaged",
        "w_bar averaged",
    },
    "a kink": {
        "0 at the kink",
        "1 at the kink",
        "infinite at the kink",
        "nan at the kink",
        "nan where they are equal",
        "one half at the kink",
    },
    "a layout": {
        "Jacobian left as its diagonal",
        "W for its transpose",
        "W_bar transposed",
        "a column for the row",
        "a vector of four",
        "b_bar keeps its axis",
        "by W, last two axes swapped",
        "flattened, 4x6",
        "in the notes' layout",
        "one for each sample",
        "the notes' 4x3x2 tensor",
        "transposed",
        "transposed on the way back",
    },
    "another dtype": {"float32 for float64", "truth values"},
    "targets that do not sum to 1": {"p - y, for targets that sum to 1"},
}
"""What is right in some layout, on one sample, away from kinks or with one-hot targets, or equals another one there."""

_SHOWN_BY_A_BATCH = {"1/N forgotten", "1/N twice", "bias gradients averaged", "weight gradients averaged"}
"""Of a network's mistakes those that one sample does not show."""

_NEVER_TIMES_A_COTANGENT = {"HG210", "HG211", "HG245", "HG249"}
"""Wrong derivatives that make no wrong pullback of that name: f or its argument returned, one number for all."""
_PARTS = {"jacobian": "derivative", "gradient": "derivative", "derivative": "diagonal", "vjp": "vjp"}


def named_versions(claim: Claim) -> Iterator[tuple[str, str, Version]]:
    """The wrong versions of what is claimed: code, name and function of the claim's letters."""
    if isinstance(claim.formula, Network):
        yield from networks.of(claim.formula, claim.part)
        return
    parts = {_PARTS[claim.part]}
    if claim.formula.elementwise:
        parts.add("diagonal" if claim.bar else "derivative")
    for mistake in MISTAKES:
        # Another dtype has no name; what fits only square weights is known where they are square.
        runs = mistake.raises is AssertionError or mistake.code == "HG241"
        named = runs and mistake.code.startswith("HG2")
        apart = claim.bar and mistake.part == "diagonal" and mistake.code in _NEVER_TIMES_A_COTANGENT
        if named and mistake.formula == claim.formula.name and mistake.part in parts and not apart:
            yield mistake.code, mistake.name, functools.partial(_at, claim, mistake)


def wrong_versions(claim: Claim, *, batched: bool) -> Iterator[tuple[str, Version]]:
    """Those that the draws must show, by name."""
    if isinstance(claim.formula, Network):
        for _, name, version in networks.of(claim.formula, claim.part):
            if batched or name not in _SHOWN_BY_A_BATCH:
                yield name, version
        return
    hidden = {name for where, names in _SHOWN_ONLY_BY.items() if where != "a batch" or not batched for name in names}
    for mistake in MISTAKES:
        told = mistake.raises is AssertionError and mistake.dtype == "float64" and mistake.name not in hidden
        if told and mistake.formula == claim.formula.name and mistake.part == _PARTS[claim.part]:
            yield mistake.name, functools.partial(_at, claim, mistake)


def _at(claim: Claim, mistake: Mistake, letters: Mapping[str, Real]) -> tuple[Real, ...]:
    """The mistake's arrays; a single sample makes a batch of one on the way."""
    formula = claim.formula
    batched = {name for name, axes in formula.axes.items() if axes[:1] in (("*batch",), ("*shape",))}
    cores = {name: len(formula.axes[name]) - (formula.axes[name][:1] == ("*batch",)) for name in batched}
    alone = all(letters[name].ndim == core for name, core in cores.items())
    args = [letters[name][None] if alone and name in batched else letters[name] for name in formula.axes]
    parameters = inspect.signature(formula.value).parameters
    options = {**{name: parameters[name].default for name in formula.choices}, **claim.keywords}
    if claim.part != "vjp":
        result = mistake.wrong(*args, **options)
        dropped = set(formula.by)
    else:
        bar = letters[f"{formula.letter}_bar"]
        bar = bar[None] if alone else bar
        wrong = mistake.wrong(*args, **options)
        result = bar * wrong if mistake.part == "diagonal" else wrong[1](bar)
        dropped = batched
    arrays = [np.asarray(array) for array in (result if isinstance(result, tuple) else (result,))]
    if alone and len(arrays) == len(formula.by):
        arrays = [a[0] if name in dropped and a.ndim else a for name, a in zip(formula.by, arrays, strict=True)]
    return tuple(arrays)
