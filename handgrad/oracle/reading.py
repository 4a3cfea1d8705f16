"""One call of a function that returns a network's nodes: how it is read, and what each node must be.

Nodes are compared in the manner of the function, and read in rows of samples for those that come after.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle import conventions, inputs
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend, Candidate
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import LAYOUTS, TRANSPOSED, Truth, equals, in_layout, sized
from handgrad.oracle.conventions import Stated
from handgrad.oracle.factors import sizes_of
from handgrad.oracle.graph import INTERMEDIATE, Graph, Node, named
from handgrad.oracle.networks import Network

Real = np.ndarray[Any, Any]
Ways = Callable[[Claim], Iterator[Plan]]
NEARLY = {8: 1e-9, 4: 1e-4, 2: 1e-2}
"""How far an array may be off as a part of its largest entry to count as equal, by the bytes of its floats."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """A way to call the function, and how its nodes are laid out."""

    candidate: Candidate
    apart: bool = False
    layouts: Mapping[Node, str] = dataclasses.field(default_factory=dict)

    def graph(self, letters: Mapping[str, Real]) -> Graph:
        """The network, for the loss that is stated."""
        claim = self.candidate.claim
        assert isinstance(claim.formula, Network)
        sizes = sizes_of(claim.formula, letters)
        factors = [held.factor for held in self.candidate.held if held.key == "loss" and held.factor]
        known = [factor for factor in factors if all(name in sizes for name, _ in factor.powers)]
        return Graph(claim.formula, math.prod(factor.of(sizes) for factor in known), self.apart)

    def turned(self, node: Node, array: Real) -> Real:
        """A node's numbers, which come in rows, as the function returns them."""
        if not self.candidate.batched and node.kind in INTERMEDIATE:
            array = array[0]
        return inputs.turned(array) if self._moved(node) else array

    def _moved(self, node: Node) -> bool:
        if node.kind == "J":
            return False
        return (inputs.TRANSPOSED if node.kind == "dW" else inputs.COLUMNS) in self.candidate.manner

    def in_rows(self, node: Node, array: Real, shape: tuple[int, ...]) -> Real | None:
        """The numbers of a node that was returned, in rows of such a shape; None where they do not fit."""
        transposed = (self.layouts.get(node) == TRANSPOSED) != self._moved(node)
        array = array.astype(float).T if transposed and array.ndim == 2 else array.astype(float)
        fits = [size for size in array.shape if size != 1] == [size for size in shape if size != 1]
        return array.reshape(shape) if fits else None

    def laid_out(self, node: Node, truth: Truth) -> Truth:
        """A truth in the function's manner and layout."""
        turned = truth.through(lambda array: self.turned(node, array))
        return in_layout(self.candidate.claim, turned, self.layouts.get(node, "")) or turned


@dataclasses.dataclass(frozen=True)
class Seen:
    """What one call gave: each node as it came, what it must be for those before it, and what it is in truth."""

    letters: dict[str, Real]
    keys: dict[Node, str]
    arrays: dict[Node, Real]
    given: dict[str, Real]
    """The letters, and the nodes that could be read, in rows."""
    expected: dict[Node, list[Truth]]
    truths: dict[Node, Truth]

    def wrong(self, node: Node, reading: Reading) -> bool:
        """Whether a node is wrong for those before it."""
        return not any(self._equals(node, truth, reading) for truth in self.expected[node])

    def off(self, node: Node, reading: Reading) -> bool:
        """Whether a node is not what it is in truth."""
        return not self._equals(node, self.truths[node], reading)

    def _equals(self, node: Node, truth: Truth, reading: Reading) -> bool:
        return equals(reading.candidate.claim, self.arrays[node], reading.laid_out(node, truth), "")


def seen_in(reading: Reading, letters: dict[str, Real], outcome: Outcome, only: Node | None = None) -> Seen:
    """What a call gave, of all its nodes or of one."""
    claim, graph = reading.candidate.claim, reading.graph(letters)
    keys, arrays, given = _given(reading, letters, outcome)
    wanted = [node for node in keys if only in (None, node)]
    numbers = graph.completed(given)
    counts = [len(graph.expected(node, numbers)) for node in wanted]

    def expected(moved: Mapping[str, Real]) -> list[Real]:
        numbers = graph.completed(moved)
        return [np.asarray(each) for node in wanted for each in graph.expected(node, numbers)]

    def values(moved: Mapping[str, Real]) -> list[Real]:
        numbers = graph.completed(moved)
        return [np.asarray(numbers[str(node)]) for node in wanted]

    flat = iter(sized(claim, given, expected))
    found = {node: [*itertools.islice(flat, count)] for node, count in zip(wanted, counts, strict=True)}
    truths = dict(zip(wanted, sized(claim, _rows(letters), values), strict=True))
    return Seen(letters, keys, arrays, given, found, truths)


def _given(
    reading: Reading, letters: dict[str, Real], outcome: Outcome
) -> tuple[dict[Node, str], dict[Node, Real], dict[str, Real]]:
    """The key and the array of each node, and the numbers in rows, with the letters."""
    graph, names = reading.graph(letters), outcome.names or []
    places = {node: place for place, node in named(names, graph.network.depth).items()}
    order = [node for node in graph.nodes() if node in places]
    arrays = {node: outcome.arrays[places[node]] for node in order}
    given = _rows(letters)
    like = graph.completed(given)
    for node in order:
        own = reading.in_rows(node, arrays[node], np.shape(like[str(node)]))
        given |= {} if own is None else {str(node): own}
    return {node: names[places[node]] for node in order}, arrays, given


def _rows(letters: Mapping[str, Real]) -> dict[str, Real]:
    return {**letters, "x": np.atleast_2d(letters["x"]), "y": np.atleast_2d(letters["y"])}


# How it is read


def reading_of(claims: Sequence[Claim], ways: Ways, backend: Backend, seed: int, stated: Stated) -> Reading | None:
    """The way to call it that leaves the fewest nodes wrong; None where it returns none between the ends."""
    best: tuple[Reading, dict[str, Real], Outcome] | None = None
    for candidate in _candidates(claims, ways, stated):
        shape = candidate.shape(inputs.DISTINCT, inputs.SAMPLES)
        letters = inputs.draw(candidate.claim, shape, np.random.default_rng(seed))
        outcome = candidate.called(letters, backend)
        if outcome.error is not None:
            continue
        assert isinstance(candidate.claim.formula, Network)
        nodes = named(outcome.names or [], candidate.claim.formula.depth).values()
        if not any(node.kind in INTERMEDIATE for node in nodes):
            return None
        for apart in (False, True) if candidate.batched else (False,):
            reading = _with_layouts(Reading(candidate, apart), letters, outcome)
            if best is None or len(reading.layouts) > len(best[0].layouts):
                best = reading, letters, outcome
        if best is not None and len(best[0].layouts) == len(nodes):
            return best[0]
    return None if best is None else _for_own_loss(*best, stated)


def _for_own_loss(reading: Reading, letters: dict[str, Real], outcome: Outcome, stated: Stated) -> Reading:
    """The same for the loss that the function itself returns, if its gradients are right for that one."""
    candidate = reading.candidate
    others = [held for held in conventions.conventions_of(candidate.claim) if held.key == "loss"]
    readings = [reading]
    for held, apart in itertools.product(others if "loss" not in stated else (), {False, candidate.batched}):
        other = Reading(dataclasses.replace(candidate, held=(*candidate.held, held)), apart)
        other = _with_layouts(other, letters, outcome)
        readings += [other] if any(node.kind == "J" for node in other.layouts) else []
    return max(readings, key=lambda each: len(each.layouts))


def _candidates(claims: Sequence[Claim], ways: Ways, stated: Stated) -> Iterator[Candidate]:
    for claim, batched in itertools.product(claims, (True, False)):
        held = next(iter(conventions.combinations(claim, stated)))
        for manner in inputs.manners_of(claim, batched=batched):
            if conventions.allow_manner(stated, manner, claim, batched=batched):
                for plan in ways(claim):
                    yield Candidate(claim, plan, batched, manner, held)


def _with_layouts(reading: Reading, letters: dict[str, Real], outcome: Outcome) -> Reading:
    """The same with the layout of each node that is right, but for rounding."""
    _, arrays, given = _given(reading, letters, outcome)
    graph = reading.graph(letters)
    numbers = graph.completed(given)
    found: dict[Node, str] = {}
    for node, array in arrays.items():
        expected = [reading.turned(node, np.asarray(each)) for each in graph.expected(node, numbers)]
        for layout, write in LAYOUTS:
            laid_out = [write(reading.candidate.claim, each) for each in expected]
            if any(each is not None and nearly(array, each) for each in laid_out):
                found[node] = layout
                break
    return dataclasses.replace(reading, layouts=found)


def nearly(array: Real, other: Real) -> bool:
    """Whether arrays are equal but for rounding."""
    reach = NEARLY.get(array.dtype.itemsize, NEARLY[8]) * np.abs(other).max(initial=0)
    return array.shape == other.shape and bool((np.abs(array - other) <= reach).all())
