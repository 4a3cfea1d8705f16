"""The verdict on a network whose function returns its intermediates: node by node, each for the student's own before it.

So one error is blamed once, and what only inherited it is cleared.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from handgrad.oracle import conventions, inputs
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend, Candidate
from handgrad.oracle.claiming import Claim
from handgrad.oracle.codes import CODES
from handgrad.oracle.comparison import LAYOUTS, Match, Truth, counterexample, equals, in_layout, sized
from handgrad.oracle.conventions import Stated
from handgrad.oracle.factors import constant_ratio, identified, sizes_of
from handgrad.oracle.graph import INTERMEDIATE, Graph, Node, named
from handgrad.oracle.inputs import Shape
from handgrad.oracle.naming import MISCOUNTED, SCALE, SIGN, TOO_FEW, TOO_MANY
from handgrad.oracle.networks import Network
from handgrad.oracle.process import settling
from handgrad.oracle.report import Counterexample, Diagnosis, Result, Step, diagnosed

Real = np.ndarray[Any, Any]
Ways = Callable[[Claim], Iterator[Plan]]
DRAWS = 8
EVIDENCE = 3
NEARLY = 1e-9
AVERAGED = "HG244"


def judge(
    name: str,
    claims: Sequence[Claim],
    ways: Ways,
    backend: Backend,
    *,
    seed: int = 0,
    stated: Stated = MappingProxyType({}),
) -> Result | None:
    """The verdict on a function that claims a network's gradients; None where it returns no intermediates by name."""
    result = Result(name, str(claims[0]), "inconclusive")
    with settling(result):
        reading = _reading([claim for claim in claims if claim.part == "gradients"], ways, backend, seed, stated)
        if reading is None:
            return None
        _settle(result, reading, backend, seed)
    return result


# One call


@dataclasses.dataclass(frozen=True)
class _Reading:
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
        samples = inputs.COLUMNS in self.candidate.manner and node.kind not in ("dW", "J")
        weights = inputs.TRANSPOSED in self.candidate.manner and node.kind == "dW"
        return inputs.turned(array) if samples or weights else array

    def laid_out(self, node: Node, truth: Truth) -> Truth:
        """A truth in the function's manner and layout."""
        turned = Truth(str(node), self.turned(node, truth.value), self.turned(node, truth.size))
        return in_layout(self.candidate.claim, turned, self.layouts.get(node, "")) or turned


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What one call gave: each node as it came, what it must be for those before it, and what it is in truth."""

    letters: dict[str, Real]
    keys: dict[Node, str]
    arrays: dict[Node, Real]
    given: dict[str, Real]
    """The letters, and the nodes that could be read, in rows."""
    expected: dict[Node, list[Truth]]
    truths: dict[Node, Truth]

    def wrong(self, node: Node, reading: _Reading) -> bool:
        """Whether a node is wrong for those before it."""
        return not any(self._equals(node, truth, reading) for truth in self.expected[node])

    def off(self, node: Node, reading: _Reading) -> bool:
        """Whether a node is not what it is in truth."""
        return not self._equals(node, self.truths[node], reading)

    def _equals(self, node: Node, truth: Truth, reading: _Reading) -> bool:
        return equals(reading.candidate.claim, self.arrays[node], reading.laid_out(node, truth), "")


def _seen(reading: _Reading, letters: dict[str, Real], outcome: Outcome) -> _Seen:
    claim, graph = reading.candidate.claim, reading.graph(letters)
    places = named(outcome.names or [], graph.network.depth)
    order = [node for node in graph.nodes() if node in places.values()]
    place_of = {node: place for place, node in places.items()}
    arrays = {node: outcome.arrays[place_of[node]] for node in order}
    rows = {**letters, "x": np.atleast_2d(letters["x"]), "y": np.atleast_2d(letters["y"])}
    with np.errstate(all="ignore"):
        truths = sized(claim, rows, lambda given: [np.asarray(graph.value(node, given)) for node in order])
        given = dict(rows)
        for node, truth in zip(order, truths, strict=True):
            own = _in_rows(reading, node, arrays[node], truth.value.shape)
            given |= {} if own is None else {str(node): own}
        counts = [len(graph.expected(node, given)) for node in order]
        flat = iter(sized(claim, given, lambda moved: [np.asarray(e) for n in order for e in graph.expected(n, moved)]))
    expected = {node: [*itertools.islice(flat, count)] for node, count in zip(order, counts, strict=True)}
    keys = {node: (outcome.names or [])[place_of[node]] for node in order}
    return _Seen(letters, keys, arrays, given, expected, dict(zip(order, truths, strict=True)))


def _in_rows(reading: _Reading, node: Node, array: Real, shape: tuple[int, ...]) -> Real | None:
    """A node as it came in the notes' own manner; None where its shape is another."""
    array = array.astype(float)
    if reading.layouts.get(node) == "transposed":
        array = array.T
    columns = inputs.COLUMNS in reading.candidate.manner and node.kind not in ("dW", "J")
    weights = inputs.TRANSPOSED in reading.candidate.manner and node.kind == "dW"
    if (columns or weights) and array.ndim == 2:
        array = array.T
    squeezed = tuple(size for size in shape if size != 1)
    return array.reshape(shape) if tuple(size for size in array.shape if size != 1) == squeezed else None


# How it is read


def _reading(claims: Sequence[Claim], ways: Ways, backend: Backend, seed: int, stated: Stated) -> _Reading | None:
    """The way to call it that leaves the fewest nodes wrong; None where it returns none between the ends."""
    best: tuple[int, _Reading] | None = None
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
            reading = _with_layouts(_Reading(candidate, apart), letters, outcome)
            seen = _seen(reading, letters, outcome)
            wrong = sum(seen.wrong(node, reading) for node in seen.keys)
            if best is None or wrong < best[0]:
                best = wrong, reading
            if not wrong:
                return reading
    return best[1] if best else None


def _candidates(claims: Sequence[Claim], ways: Ways, stated: Stated) -> Iterator[Candidate]:
    for claim, batched in itertools.product(claims, (True, False)):
        held = next(conventions.combinations(claim, stated))
        for manner in inputs.manners_of(claim, batched=batched):
            if conventions.allow_manner(stated, manner, claim, batched=batched):
                for plan in ways(claim):
                    yield Candidate(claim, plan, batched, manner, held)


def _with_layouts(reading: _Reading, letters: dict[str, Real], outcome: Outcome) -> _Reading:
    """The same with the layout in which each node is right."""
    seen, found = _seen(reading, letters, outcome), {}
    for node, array in seen.arrays.items():
        for layout, _ in LAYOUTS:
            turned = [reading.laid_out(node, truth) for truth in seen.expected[node]]
            if any(equals(reading.candidate.claim, array, truth, layout) for truth in turned):
                found[node] = layout
                break
    return dataclasses.replace(reading, layouts=found)


# The verdict


def _settle(result: Result, reading: _Reading, backend: Backend, seed: int) -> None:
    claim, candidate = reading.candidate.claim, reading.candidate
    result.claim, result.call, result.source = str(claim), str(candidate.plan), ", ".join(claim.formula.equations)
    calls = []
    for letters in _draws(candidate, seed):
        outcome = candidate.called(letters, backend)
        result.examples += 1
        broken = _broken(outcome, candidate)
        if broken is not None:
            result.verdict, result.diagnosis = "wrong", [broken]
            return
        calls.append(_seen(reading, letters, outcome))
    keys = calls[0].keys
    calls = [seen for seen in calls if seen.keys == keys]
    faults = [node for node in keys if any(seen.wrong(node, reading) for seen in calls)]
    off = {node for node in keys if any(seen.off(node, reading) for seen in calls)}
    others = [node for node in keys if node not in faults]
    for node in faults:
        diagnosis = _named(node, keys[node], calls[:EVIDENCE], reading)
        result.diagnosis.append(diagnosis)
        result.nodes.append(Step(keys[node], "wrong", diagnosis.title))
    for node in sorted(others, key=lambda node: node not in off):
        origins = [keys[before] for before in _sources(reading, node, keys) if before in off]
        remark = f"right for your {' and '.join(origins)}" if node in off else ""
        result.nodes.append(Step(keys[node], "inherited" if node in off else "right", remark))
    if faults:
        result.verdict = "wrong"
        _show(result, reading, faults[0], calls, backend, seed)
        return
    result.convention = "; ".join(filter(None, _sentences(reading, keys))) or None
    result.verdict = "right-in-convention" if result.convention else "right"


def _draws(candidate: Candidate, seed: int) -> Iterator[dict[str, Real]]:
    """Random letters clear of kinks, of which the first have sizes that all differ."""
    generator = np.random.default_rng((seed, 3))
    for number in range(DRAWS):
        sizes = {letter: int(generator.integers(1, 6)) for letter in inputs.DISTINCT}
        shape = candidate.shape(sizes, int(generator.integers(1, 5)))
        if number < EVIDENCE:
            shape = candidate.shape(inputs.DISTINCT, inputs.SAMPLES + number)
        yield inputs.draw(candidate.claim, shape, generator)


def _broken(outcome: Outcome, candidate: Candidate) -> Diagnosis | None:
    """What a call does that no function may."""
    if outcome.error is not None:
        return diagnosed("HG102", f"{candidate.plan} {outcome.complaint}")
    if outcome.overwritten:
        return diagnosed("HG103", f"it overwrites its argument {' and '.join(outcome.overwritten)}")
    if not outcome.repeatable:
        return diagnosed("HG106", "the same arguments give another answer the second time")
    return None


def _sources(reading: _Reading, node: Node, keys: Mapping[Node, str]) -> list[Node]:
    """The returned nodes that a node is computed from, through those that are not returned."""
    assert isinstance(reading.candidate.claim.formula, Network)
    found: list[Node] = []
    for before in Graph(reading.candidate.claim.formula).before(node):
        if isinstance(before, Node):
            found += [before] if before in keys else _sources(reading, before, keys)
    return list(dict.fromkeys(found))


def _sentences(reading: _Reading, keys: Mapping[Node, str]) -> Iterator[str]:
    """What is unlike the notes' own way."""
    claim = reading.candidate.claim
    everything = Match(tuple((i, "") for i in range(len(claim.formula.by))))
    yield dataclasses.replace(reading.candidate, match=everything).sentence()
    if reading.apart:
        names = [key for node, key in keys.items() if node.kind in ("da", "s")]
        yield f"{', '.join(names)} without the 1/N, which is in the gradients of weights and biases"
    for node, layout in reading.layouts.items():
        if layout:
            yield f"{keys[node]} {layout.format(*'nk')}"
    assert isinstance(claim.formula, Network)
    wanted = [Node(kind, m + 1) for kind in ("dW", "db") for m in range(claim.formula.depth)]
    missing = [str(node) for node in wanted if node not in keys]
    if missing:
        yield f"without {', '.join(missing)}"


# What is wrong with a node


def _named(node: Node, key: str, calls: Sequence[_Seen], reading: _Reading) -> Diagnosis:
    """The mistake that gives a node's numbers on all inputs, else only that they differ."""
    own = [seen.arrays[node] for seen in calls]
    sizes = [sizes_of(reading.candidate.claim.formula, seen.letters) for seen in calls]
    with np.errstate(all="ignore"):
        versions = [[*reading.graph(seen.letters).mistakes(node, seen.given)] for seen in calls]
    rights = [[reading.laid_out(node, truth).value for truth in seen.expected[node]] for seen in calls]
    # Shapes may rule a version out on some inputs, so that names and not places tell them apart.
    named = [{name: (code, array) for code, name, array in each} for each in versions]
    common = [name for name in named[0] if all(name in each for each in named)]
    for name in common:
        wrong = [_shaped(reading, node, each[name][1]) for each in named]
        if all(any(_nearly(a, laid) for laid in w) for a, w in zip(own, wrong, strict=True)):
            return _diagnosis(named[0][name][0], key, name, reading)
    for right, name in [(rights, ""), *(([_shaped(reading, node, each[n][1]) for each in named], n) for n in common)]:
        for way in range(min(map(len, right))):
            ratios = [constant_ratio(a, r[way]) for a, r in zip(own, right, strict=True)]
            known = [ratio for ratio in ratios if ratio is not None]
            factor = identified(known, sizes) if len(known) == len(ratios) else None
            if factor is not None:
                signs = {power > 0 for _, power in factor.powers}
                by_sizes = MISCOUNTED if len(signs) > 1 else TOO_MANY if True in signs else TOO_FEW
                code = SIGN if factor.sign_only else by_sizes if signs else SCALE
                code = named[0][name][0] if name else code
                times = "the sign is flipped" if factor.sign_only else f"it is {factor} times the correct one"
                times = f"it is {factor} times: {name}" if name else times
                return Diagnosis(code, CODES[code].title, f"{key}: {times}", _help(code, reading))
    return Diagnosis("HG100", CODES["HG100"].title, f"{key} is wrong for what comes before it")


def _shaped(reading: _Reading, node: Node, array: Real) -> list[Real]:
    """A wrong version as it may come back; its shape may be no node's."""
    array = np.asarray(array, float)
    try:
        turned = reading.turned(node, array)
    except (IndexError, ValueError):
        turned = array
    return [laid for _, write in LAYOUTS if (laid := write(reading.candidate.claim, turned)) is not None]


def _nearly(array: Real, other: Real) -> bool:
    return array.shape == other.shape and bool((np.abs(array - other) <= NEARLY * np.abs(other).max(initial=0)).all())


def _diagnosis(code: str, key: str, name: str, reading: _Reading) -> Diagnosis:
    seen = name if code == "HG100" else f"{CODES[code].seen} ({name})"
    return Diagnosis(code, CODES[code].title, f"{key}: {seen}", _help(code, reading))


def _help(code: str, reading: _Reading) -> str:
    advice, source = CODES[code].help, ", ".join(reading.candidate.claim.formula.equations)
    return advice if "notes (" in advice else f"{advice}; notes ({source})"


def _show(result: Result, reading: _Reading, node: Node, calls: Sequence[_Seen], backend: Backend, seed: int) -> None:
    """The smallest and a telling input of the first node at fault: what it is computed from, and what it must be."""
    from handgrad.oracle.shrinking import smallest

    candidate, claim = reading.candidate, reading.candidate.claim
    assert isinstance(claim.formula, Network)
    network = claim.formula

    def fails(shape: Shape, choose: Callable[[int, int], int]) -> Counterexample | None:
        letters = inputs.whole_numbers(claim, shape, choose)
        outcome = candidate.called(letters, backend)
        result.examples += 1
        if outcome.error is not None or network.on_a_kink(letters):
            return None
        seen = _seen(reading, letters, outcome)
        return _shown(reading, seen, node) if node in seen.keys and seen.wrong(node, reading) else None

    letters = inputs.letters_of(network)
    sizes = itertools.product((1, 2), repeat=len(letters) + candidate.batched)
    shapes = [
        candidate.shape(dict(zip(letters, numbers, strict=False)), numbers[-1])
        for numbers in sorted(sizes, key=lambda numbers: (math.prod(numbers), numbers))
    ]
    count = itertools.count()
    result.smallest = smallest(fails, shapes, seed)
    result.telling = fails(
        candidate.shape(inputs.DISTINCT, 2), lambda low, high: low + (next(count) * 2 - low) % (high - low + 1)
    ) or next(_shown(reading, seen, node) for seen in calls if seen.wrong(node, reading))


def _shown(reading: _Reading, seen: _Seen, node: Node) -> Counterexample:
    """A node with what it is computed from."""
    handed = reading.candidate.given(seen.letters)
    sources: dict[str, Real] = {}

    def collect(later: Node) -> None:
        for before in reading.graph(seen.letters).before(later):
            if isinstance(before, str):
                sources[before] = handed[before]
            elif before in seen.keys:
                sources[seen.keys[before]] = seen.arrays[before]
            else:
                collect(before)

    collect(node)
    truth = reading.laid_out(node, seen.expected[node][0])
    return counterexample(sources, seen.arrays[node], dataclasses.replace(truth, letter=""))
