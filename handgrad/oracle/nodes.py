"""The verdict on a network whose function returns its intermediates: node by node, each for those before it.

So a student's error is blamed once, and what only inherited it is cleared.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from handgrad.docstrings import listed
from handgrad.oracle import conventions, inputs
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend, Candidate
from handgrad.oracle.claiming import Claim
from handgrad.oracle.codes import CODES
from handgrad.oracle.comparison import LAYOUTS, Match, counterexample
from handgrad.oracle.conventions import Stated
from handgrad.oracle.factors import Factor, constant_ratio, identified, sizes_of
from handgrad.oracle.graph import Graph, Node
from handgrad.oracle.inputs import Shape
from handgrad.oracle.naming import code_of
from handgrad.oracle.networks import Network
from handgrad.oracle.process import settling
from handgrad.oracle.reading import Reading, Seen, nearly, reading_of, seen_in
from handgrad.oracle.report import Counterexample, Diagnosis, Result, Step, diagnosed

Real = np.ndarray[Any, Any]
Ways = Callable[[Claim], Iterator[Plan]]
DRAWS = 8
EVIDENCE = (({}, 8), ({"m": 2, "h": 3, "k": 4, "K": 4}, 9), ({"m": 5, "h": 2, "k": 3, "K": 4}, 10))
"""Sizes of the inputs on which a mistake must reproduce the numbers, all distinct, and numbers of samples."""


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
    with settling(result), np.errstate(all="ignore"):
        reading = reading_of([claim for claim in claims if claim.part == "gradients"], ways, backend, seed, stated)
        if reading is None:
            return None
        _settle(result, reading, backend, seed)
    return result


# The verdict


def _settle(result: Result, reading: Reading, backend: Backend, seed: int) -> None:
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
        calls.append(seen_in(reading, letters, outcome))
    keys = calls[0].keys
    if not any(node.kind in ("dW", "db") for node in keys):
        result.verdict = "unusable"
        result.diagnosis = [diagnosed("HG107", f"{result.function} returns no gradients by weights and biases")]
        return
    calls = [seen for seen in calls if seen.keys == keys]
    faults = [node for node in keys if any(seen.wrong(node, reading) for seen in calls)]
    off = {node for node in keys if any(seen.off(node, reading) for seen in calls)}
    others = [node for node in keys if node not in faults]
    for node in faults:
        diagnosis = _named(node, keys[node], calls[: len(EVIDENCE)], reading)
        result.diagnosis.append(diagnosis)
        result.nodes.append(Step(keys[node], "wrong", diagnosis.title))
    for node in sorted(others, key=lambda node: node not in off):
        origins = [keys[before] for before in _sources(reading, node, keys) if before in off]
        remark = f"right for your {listed(origins)}" if node in off else ""
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
    random = [
        ({letter: int(generator.integers(1, 6)) for letter in inputs.DISTINCT}, int(generator.integers(1, 5)))
        for _ in range(DRAWS)
    ]
    for sizes, samples in [*EVIDENCE, *random[len(EVIDENCE) :]]:
        yield inputs.draw(candidate.claim, candidate.shape({**inputs.DISTINCT, **sizes}, samples), generator)


def _broken(outcome: Outcome, candidate: Candidate) -> Diagnosis | None:
    """What a call does that no function may."""
    if outcome.error is not None:
        return diagnosed("HG102", f"{candidate.plan} {outcome.complaint}")
    return diagnosed(*outcome.breach) if outcome.breach else None


def _sources(reading: Reading, node: Node, keys: Mapping[Node, str]) -> list[Node]:
    """The returned nodes that a node is computed from, through those that are not returned."""
    assert isinstance(reading.candidate.claim.formula, Network)
    found: list[Node] = []
    for before in Graph(reading.candidate.claim.formula).before(node):
        if isinstance(before, Node):
            found += [before] if before in keys else _sources(reading, before, keys)
    return list(dict.fromkeys(found))


def _sentences(reading: Reading, keys: Mapping[Node, str]) -> Iterator[str]:
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


def _named(node: Node, key: str, calls: Sequence[Seen], reading: Reading) -> Diagnosis:
    """The mistake that gives a node's numbers on all inputs, else only that they differ."""
    own = [seen.arrays[node] for seen in calls]
    sizes = [sizes_of(reading.candidate.claim.formula, seen.letters) for seen in calls]
    graphs = [reading.graph(seen.letters) for seen in calls]
    versions = [[*g.mistakes(node, g.completed(seen.given))] for g, seen in zip(graphs, calls, strict=True)]
    rights = [[reading.laid_out(node, truth).value for truth in seen.expected[node]] for seen in calls]
    # Shapes may rule a version out on some inputs, so that names and not places tell them apart.
    by_name = [{name: (code, array) for code, name, array in each} for each in versions]
    common = [name for name in by_name[0] if all(name in each for each in by_name)]
    for name in common:
        wrong = [_shaped(reading, node, each[name][1]) for each in by_name]
        if all(any(nearly(a, laid) for laid in w) for a, w in zip(own, wrong, strict=True)):
            return _diagnosis(by_name[0][name][0], key, name, reading)
    for right, name in [(rights, ""), *(([_shaped(reading, node, each[n][1]) for each in by_name], n) for n in common)]:
        for way in range(min(map(len, right))):
            ratios = [constant_ratio(a, r[way]) for a, r in zip(own, right, strict=True)]
            known = [ratio for ratio in ratios if ratio is not None]
            factor = identified(known, sizes) if len(known) == len(ratios) else None
            if factor is not None:
                code = by_name[0][name][0] if name else code_of(factor)
                times = "the sign is flipped" if factor.sign_only else f"it is {factor} times the correct one"
                times = f"{factor} times: {name}" if name else times
                advice = _help(code, reading) if name else f"{_stating(node, factor, reading)}{_help(code, reading)}"
                return Diagnosis(code, CODES[code].title, f"{key}: {times}", advice)
    return Diagnosis("HG100", CODES["HG100"].title, f"{key} is wrong for what comes before it")


def _shaped(reading: Reading, node: Node, array: Real) -> list[Real]:
    """A wrong version as it may come back; its shape may be no node's."""
    array = np.asarray(array, float)
    try:
        turned = reading.turned(node, array)
    except (IndexError, ValueError):
        turned = array
    return [laid for _, write in LAYOUTS if (laid := write(reading.candidate.claim, turned)) is not None]


def _diagnosis(code: str, key: str, name: str, reading: Reading) -> Diagnosis:
    seen = name if code == "HG100" else f"{CODES[code].seen} ({name})"
    return Diagnosis(code, CODES[code].title, f"{key}: {seen}", _help(code, reading))


def _stating(node: Node, factor: Factor, reading: Reading) -> str:
    """For which loss a factor would be right, where the loss comes in."""
    claim = reading.candidate.claim
    assert isinstance(claim.formula, Network)
    if node.kind == "J" or (node.kind in ("da", "s") and node.layer == claim.formula.depth):
        for held in conventions.conventions_of(claim):
            if held.key == "loss" and held.factor == factor:
                return f'right {held.sentence}: if that is meant, state conventions(loss="{held.value}"); '
    return ""


def _help(code: str, reading: Reading) -> str:
    advice, source = CODES[code].help, ", ".join(reading.candidate.claim.formula.equations)
    return advice if "notes (" in advice else f"{advice}; notes ({source})"


def _show(result: Result, reading: Reading, node: Node, calls: Sequence[Seen], backend: Backend, seed: int) -> None:
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
        seen = seen_in(reading, letters, outcome, only=node)
        return _shown(reading, seen, node) if node in seen.expected and seen.wrong(node, reading) else None

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


def _shown(reading: Reading, seen: Seen, node: Node) -> Counterexample:
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
