"""A derivative and its forward function side by side: which arguments they share, what these are, and both on the same.

Nothing says what shapes a student's function takes, so several are tried: those of the formula that it claims, vectors,
rows of samples, and what the parameters' names suggest.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle import inputs, shapes
from handgrad.oracle.calling import Plan
from handgrad.oracle.claiming import Claim
from handgrad.oracle.factors import SAMPLES
from handgrad.oracle.networks import Network
from handgrad.oracle.shapes import DOMAINS, FAR, Argument, Domain
from handgrad.oracle.signatures import cached, means_input, upstream

Real = np.ndarray[Any, Any]
Choose = Callable[[int, int], int]
ORDERS = ((3, 2, 4, 5), (1, 1, 1, 1), (4, 3, 2, 5), (2, 5, 3, 4), (5, 4, 3, 2))
"""Sizes of the letters, in the order in which they appear."""
SMALL_ORDERS = ((2, 1, 2, 1), (1, 2, 1, 2), (2, 2, 1, 1), (1, 1, 2, 2)) * 3
"""Likewise, of few entries: what is right on the others has yet to be so in each branch of an ``if``."""

_PREDICTION = re.compile(r"y_?hat|y_?pred\w*|pred\w*|output\w*|out|p|probs?|a|o|yp|logits?|scores?")
_TARGET = re.compile(r"y|t|y_?true|true|truth|targets?|labels?|actual|expected|desired")
_PARAMETERS = re.compile(r"w|ws|weights?|theta|beta|params?|coefs?")
_MATRIX = re.compile(r"[A-Z]|data|features|inputs|samples")


@dataclasses.dataclass(frozen=True)
class Pair:
    """How to call the two functions on the same arguments."""

    letters: tuple[str, ...]
    """The forward function's arguments."""
    by: int
    """By which of them a single derivative is meant."""
    forward: Plan
    derivative: Plan
    bar: str | None
    """The letter of the cotangent, where the derivative takes one."""
    may_be_in_output: bool
    """Whether its one argument, beside the cotangent, may be the forward function's value; one called z is not."""


def paired(info: Mapping[str, Any], forward: Mapping[str, Any]) -> Pair | None:
    """The arguments two functions have in common, where their names and numbers settle it."""
    letters, given = _required(forward), _required(info)
    if not letters or any(cached(name) for name in given):  # what is kept in a cache, only the catalogue can guess
        return None
    bar = None
    first_or_last = [name for name in (given[:1] + given[-1:]) if upstream(name) and name not in letters]
    if len(given) == len(letters) + 1:
        bar = first_or_last[0] if first_or_last else given[0]
    elif first_or_last and set(given) - {first_or_last[0]} <= set(letters):
        bar = first_or_last[0]
    taken = [name for name in given if name != bar]
    if not set(taken) <= set(letters):
        if len(taken) != len(letters):
            return None
        renamed = dict(zip(taken, letters, strict=True))  # other names, in the same order
    else:
        renamed = {name: name for name in taken}
    positional = tuple(name if name == bar else renamed[name] for name in given)
    return Pair(
        tuple(letters),
        _differentiable(letters),
        Plan(forward["name"], tuple(letters)),
        Plan(info["name"], positional),
        bar,
        len(letters) == 1 and len(taken) == 1 and not means_input(taken[0]),
    )


def _required(info: Mapping[str, Any]) -> list[str]:
    """The parameters that have no default; the first, if all have."""
    names = [parameter["name"] for parameter in info["parameters"]]
    return [p["name"] for p in info["parameters"] if p["required"]] or names[:1]


def _differentiable(letters: Sequence[str]) -> int:
    """The argument that a single derivative is by: the prediction, else the parameters, else the first or no target."""
    for known in (_PREDICTION, _PARAMETERS):
        found = [i for i, name in enumerate(letters) if known.fullmatch(name.lower())]
        if found and len(letters) > 1:
            return found[0]
    return 1 if len(letters) > 1 and _TARGET.fullmatch(letters[0].lower()) else 0


# What the arguments are taken for


@dataclasses.dataclass(frozen=True)
class Setting:
    """Shapes of a pair's arguments, and how to fill them."""

    sizes: tuple[str, ...]
    """The letters of the sizes."""
    random: Callable[[Mapping[str, int], np.random.Generator], dict[str, Real]]
    whole: Callable[[Mapping[str, int], Choose], dict[str, Real]]
    """Small whole numbers, each from ``choose(low, high)``."""
    by: tuple[int, ...]
    """By which argument a single derivative is meant, or may be."""
    beyond: Setting | None = None
    """The same far from 0, where any number is an argument."""

    def drawn(self, generator: np.random.Generator) -> Iterator[tuple[dict[str, int], dict[str, Real]]]:
        """Random arguments of several sizes, then more of small ones."""
        for numbers in (*(ORDERS if self.sizes else ORDERS[:3]), *SMALL_ORDERS):
            sizes = dict(zip(self.sizes, numbers, strict=False))
            yield sizes, self.random(sizes, generator)

    def small(self) -> Iterator[dict[str, Real]]:
        """Arguments of small whole numbers, the smallest sizes first."""
        counts = sorted(itertools.product((1, 2), repeat=len(self.sizes)), key=lambda numbers: (sum(numbers), numbers))
        for numbers in counts[:6]:
            for start in range(5):
                yield self.whole(dict(zip(self.sizes, numbers, strict=True)), _pattern(start))

    def scattered(self) -> Iterator[dict[str, Real]]:
        """Arguments of one entry each, small whole numbers first and large ones last."""
        for start in range(2 * int(FAR.high)):
            yield self.whole(dict.fromkeys(self.sizes, 1), _pattern(start))

    def telling(self) -> Iterator[dict[str, Real]]:
        """Arguments of small whole numbers, and of sizes, that differ."""
        for start in range(3):
            yield self.whole(dict(zip(self.sizes, ORDERS[0], strict=False)), _pattern(start))


def _pattern(start: int) -> Choose:
    """Whole numbers that alternate in sign, 1, -1, 2, -2, … and 0 last."""
    count = itertools.count(start)

    def choose(low: int, high: int) -> int:
        ordered = sorted(range(low, high + 1), key=lambda n: (n == 0, abs(n), -n))
        return ordered[next(count) % len(ordered)]

    return choose


@dataclasses.dataclass(frozen=True)
class Guess:
    """Shapes that the arguments may have, each time in the domains in which they may lie."""

    settings: tuple[Setting, ...]
    tier: int
    """Where a derivative fits the shapes of one tier, no later one is asked."""
    vectors: bool = False
    """Whether all are vectors of one length; the next guess is rows of these."""
    decides: bool = False
    """Whether nothing else is asked if only it runs: sums over samples are for batches."""
    last: bool = False
    """Whether it is only for what makes nothing of all the others."""


def guesses(pair: Pair, claims: Sequence[Claim]) -> Iterator[Guess]:
    """What the arguments may be, the likeliest first: single samples and numbers last, where a 1/N does not show."""
    own = [(setting, claim) for claim in claims for setting in of_formula(pair, claim)]
    for tier, (setting, claim) in enumerate(own):
        yield Guess((setting,), tier, decides=claim.bar is not None)
    same: list[tuple[str, ...]] = [("N",), ("N", "K"), ()]
    vectors, rows, numbers = (dict.fromkeys(pair.letters, axes) for axes in same)
    named = _by_name(pair.letters)
    by = own[0][0].by if own else (pair.by, *(i for i in range(len(pair.letters)) if i != pair.by))
    of_vectors, of_rows = [*_of_shapes(pair, vectors, by)], [*_of_shapes(pair, rows, by)]
    known = bool(own)  # shapes that the formula does not have
    yield Guess(of_vectors[0], len(own), vectors=True, last=known)
    yield from (Guess(settings, len(own), last=known) for settings in (*of_rows, *of_vectors[1:]))
    for axes in (each for each in named if _batched(each)):
        yield from (Guess(settings, len(own), last=known) for settings in _of_shapes(pair, axes, by))
    for axes in (*(each for each in named if not _batched(each)), numbers):
        yield from (Guess(settings, len(own) + 1, last=True) for settings in _of_shapes(pair, axes, by))


def _batched(axes: Mapping[str, tuple[str, ...]]) -> bool:
    return any("N" in each for each in axes.values())


def named_letters(pair: Pair, claim: Claim) -> dict[str, str] | None:
    """The pair's argument that stands for each of a formula's; None where they do not correspond."""
    formula = claim.formula
    if isinstance(formula, Network) or len(pair.letters) != len(formula.axes):
        return None
    if formula.by[1:]:
        return dict(zip(formula.axes, pair.letters, strict=True))
    if set(formula.axes) == set(pair.letters):
        return {name: name for name in formula.axes}
    # The differentiable argument is known by its place in each.
    others = iter(letter for i, letter in enumerate(pair.letters) if i != pair.by)
    return {name: pair.letters[pair.by] if name == formula.by[0] else next(others) for name in formula.axes}


def of_formula(pair: Pair, claim: Claim) -> Iterator[Setting]:
    """The formula's own shapes and domains, with a batch and without one."""
    names, formula = named_letters(pair, claim), claim.formula
    if names is None:
        return
    letters = inputs.letters_of(formula)
    takes_batches = SAMPLES not in letters and any(axes[:1] == ("*batch",) for axes in formula.axes.values())
    for batched in (True, False) if takes_batches else (False,):

        def shape(sizes: Mapping[str, int], batched: bool = batched) -> inputs.Shape:
            return inputs.Shape(tuple((n, sizes[n]) for n in letters), (sizes[SAMPLES],) if batched else ())

        def random(sizes: Mapping[str, int], generator: np.random.Generator, shape: Any = shape) -> dict[str, Real]:
            found = inputs.draw(claim, shape(sizes), generator)
            return {theirs: found[name] for name, theirs in names.items()}

        def whole(sizes: Mapping[str, int], choose: Choose, shape: Any = shape) -> dict[str, Real]:
            found = inputs.whole_numbers(claim, shape(sizes), choose)
            return {theirs: found[name] for name, theirs in names.items()}

        by = pair.letters.index(names[formula.by[0]])
        yield Setting((*letters, *([SAMPLES] if batched else [])), random, whole, (by,))


def _of_shapes(pair: Pair, axes: Mapping[str, tuple[str, ...]], by: tuple[int, ...]) -> Iterator[tuple[Setting, ...]]:
    """Arrays of these shapes, in each domain: targets as numbers, as one-hot rows and as class numbers."""
    arguments = [Argument(letter, axes[letter]) for letter in pair.letters]
    target = next((letter for letter in pair.letters if _TARGET.fullmatch(letter.lower())), None)
    classes = target is not None and len(pair.letters) > 1 and len({axes[letter] for letter in pair.letters}) == 1
    fillings = (_as_they_are, _one_hot, _numbered) if classes and any(axes.values()) else (_as_they_are,)
    sizes = tuple(shapes.letters_of(arguments))

    def setting(domain: Domain, fill: Callable[[Real, Choose], Real], beyond: Setting | None = None) -> Setting:
        random = functools.partial(_random, arguments, domain, fill, target)
        return Setting(sizes, random, functools.partial(_whole, arguments, domain, fill, target), by, beyond)

    for fill in fillings:
        everywhere, *others = DOMAINS
        yield (setting(everywhere, fill, setting(FAR, fill)), *(setting(domain, fill) for domain in others))


def _sized(sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    return {letter: (size,) for letter, size in sizes.items()}


def _random(
    arguments: Sequence[Argument],
    domain: Domain,
    fill: Callable[[Real, Choose], Real],
    target: str | None,
    sizes: Mapping[str, int],
    generator: np.random.Generator,
) -> dict[str, Real]:
    found = shapes.draw(arguments, _sized(sizes), domain, generator)
    if target is not None:
        found[target] = fill(found[target], _in_turn(generator))
    return found


def _in_turn(generator: np.random.Generator) -> Choose:
    """Numbers in random order, each once before any comes again."""
    orders: dict[tuple[int, int], Iterator[int]] = {}

    def choose(low: int, high: int) -> int:
        order = generator.permutation(np.arange(low, high + 1)).tolist()
        return next(orders.setdefault((low, high), itertools.cycle(order)))

    return choose


def _whole(
    arguments: Sequence[Argument],
    domain: Domain,
    fill: Callable[[Real, Choose], Real],
    target: str | None,
    sizes: Mapping[str, int],
    choose: Choose,
) -> dict[str, Real]:
    found = shapes.whole(arguments, _sized(sizes), domain, functools.partial(_beside_0, choose))
    if target is not None:
        found[target] = fill(found[target], choose)
    return found


def _beside_0(choose: Choose, low: int, high: int) -> int:
    """What stands for a number other than 0, of which those above it are counted from 0."""
    number = choose(low, high + 1) if low < 0 else choose(low, high)
    while low < 0 and number == 0:
        number = choose(low, high + 1)
    return number - (low < 0 < number)


def _as_they_are(targets: Real, choose: Choose) -> Real:
    return targets


def _one_hot(targets: Real, choose: Choose) -> Real:
    return np.eye(targets.shape[-1])[_numbered(targets, choose)]


def _numbered(targets: Real, choose: Choose) -> Real:
    count = int(np.prod(targets.shape[:-1]))
    chosen = [choose(0, targets.shape[-1] - 1) for _ in range(count)]
    return np.array(chosen, int).reshape(targets.shape[:-1])


def _by_name(letters: Sequence[str]) -> list[dict[str, tuple[str, ...]]]:
    """What names suggest where the shapes differ: a sample or a batch, weights as a vector or a matrix."""
    seen: list[dict[str, tuple[str, ...]]] = []
    for rows in ((), ("N",)):
        for outputs in ((), ("k",)):
            axes: dict[str, tuple[str, ...]] = {}
            for letter in letters:
                lower = letter.lower()
                if lower in ("w", "weights", "weight", "theta", "beta", "params", "coef", "kernel"):
                    axes[letter] = ("n", *outputs)
                elif lower in ("b", "bias", "intercept"):
                    axes[letter] = outputs
                elif _TARGET.fullmatch(lower) or _PREDICTION.fullmatch(lower):
                    axes[letter] = (*rows, *outputs)
                elif _MATRIX.fullmatch(letter) or lower in ("x", "sample"):
                    axes[letter] = (*rows, "n")
                else:
                    axes[letter] = ("n",)
            if any(axes.values()) and axes not in seen:
                seen.append(axes)
    return [] if len(letters) == 1 else seen
