"""A network's passes as nodes: how people call them, what each is for those before it, and how it goes wrong.

Of layer m the pre-activation n and the output a, backwards ∂J/∂a as da, the sensitivity s = ∂J/∂n, and the gradients
dW and db; and the loss J. Numbers come in rows of samples, one row for a single one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.catalogue import FORMULAS
from handgrad.oracle.mistakes.networks import derivative, value
from handgrad.oracle.networks import Network

Real = np.ndarray[Any, Any]
Numbers = Mapping[str, Real]
"""The letters of a network, and of its nodes those that are known, by name."""

INTERMEDIATE = ("n", "a", "da", "s")
_KINDS = {
    "n": r"n|z|net|v|u|pre_?act(ivation)?s?|lin(ear)?",
    "a": r"a|h|o|act(ivation)?s?|out(put)?s?|y_?hat|y_?pred|p|probs",
    "da": r"d_?[aho]|grad_?[aho]|[aho]_?(bar|grad)",
    "s": r"s|δ|deltas?|sens(itivity|itivities)?|d_?[nzv]|d_?net|grad_?[nzv]|[nzv]_?(bar|grad)|err(or)?s?",
    "dW": r"d_?w(eights?)?|grad_?w|w_?(bar|grad)|d_?theta|w(eights?)?",
    "db": r"d_?b(ias(es)?)?|grad_?b|b_?(bar|grad)|b(ias(es)?)?",
    "J": r"j|loss|cost|l|e",
}
_OUTPUT = r"a|out(put)?|y_?hat|y_?pred|p|probs"
"""Names of the last output, which need no number."""
_NUMBERED = re.compile(r"(?P<name>.*?)_?(?:\[(?P<place>\d)\]|(?P<number>\d))(?P<end>_?(?:bar|grad))?")

_LOSSES = {
    "mean_squared_error": "squared_error",
    "mean_binary_cross_entropy": "binary_cross_entropy",
    "mean_categorical_cross_entropy": "categorical_cross_entropy",
}
"""The loss of a sample, or of an entry, of which a network's loss is the mean; others are called alike."""


@dataclasses.dataclass(frozen=True)
class Node:
    """One of the arrays of both passes."""

    kind: str
    layer: int

    def __str__(self) -> str:
        """Its name as the notes have it, counted from 1."""
        return f"{self.kind}{self.layer}" if self.layer else self.kind


def named(keys: Sequence[str], depth: int) -> dict[int, Node]:
    """The nodes that keys stand for, by their place: counted from 1, or from 0 where one is; a0 may be the input.

    >>> [str(node) for node in named(["Z1", "A1", "dZ2", "loss", "y_hat", "cache"], 2).values()]
    ['n1', 'a1', 's2', 'J', 'a2']
    """
    read = [(place, *_read(key)) for place, key in enumerate(keys)]
    plain = {kind: [number for _, k, number, in_list in read if k == kind and not in_list] for kind in _KINDS}
    first = 0 if any(0 in numbers for kind, numbers in plain.items() if kind != "a") else 1
    if 0 in plain["a"] and depth not in plain["a"]:
        first = 0
    inputs = {in_list for _, kind, number, in_list in read if kind == "a" and number == depth}
    found: dict[int, Node] = {}
    for place, kind, number, in_list in read:
        with_input = kind == "a" and in_list in inputs
        if kind == "J":
            layer = 0
        elif number is None:
            layer = depth if depth == 1 or re.fullmatch(_OUTPUT, keys[place].lower()) else -1
        else:
            layer = number + (not with_input and (in_list or first == 0))
        node = Node(kind, layer)
        if (kind == "J" or 1 <= layer <= depth) and kind and node not in found.values():
            found[place] = node
    return found


def _read(key: str) -> tuple[str, int | None, bool]:
    """The kind of node that a key names, if it names one, its number, and whether that is a place in a list."""
    match = _NUMBERED.fullmatch(key)
    text = key if match is None else f"{match['name']}{match['end'] or ''}"
    text = re.sub(r"^d[ljec]_?/?(?=d)", "", text.lower()).strip("_ ")
    number = None if match is None else int(match["place"] or match["number"])
    for kind, pattern in _KINDS.items():
        if re.fullmatch(pattern, text):
            return kind, number, bool(match and match["place"])
    return "", None, False


@dataclasses.dataclass(frozen=True)
class Graph:
    """The nodes of a network, for its loss times a factor."""

    network: Network
    scale: float = 1.0
    apart: bool = False
    """Whether the 1/N of a batch is in dW and db alone."""

    def nodes(self) -> list[Node]:
        """All nodes, forwards and then backwards."""
        layers = range(1, self.network.depth + 1)
        back = [Node(kind, m) for m in reversed(layers) for kind in ("da", "s", "dW", "db")]
        return [*(Node(kind, m) for m in layers for kind in "na"), Node("J", 0), *back]

    def before(self, node: Node) -> list[Node | str]:
        """The nodes and letters from which a node is computed."""
        m, last = node.layer, node.layer == self.network.depth
        inputs: Node | str = Node("a", m - 1) if m > 1 else "x"
        above: list[Node | str] = [Node("a", m), "y"] if last else [Node("s", m + 1), f"W[{m}]"]
        return {
            "n": [inputs, f"W[{m - 1}]", f"b[{m - 1}]"],
            "a": [Node("n", m)],
            "J": [Node("a", self.network.depth), "y"],
            "da": above,
            "s": [Node("da", m), Node("n", m), Node("a", m)],
            "dW": [inputs, Node("s", m)],
            "db": [Node("s", m)],
        }[node.kind]

    def completed(self, given: Numbers) -> dict[str, Real]:
        """All nodes: those that are given, and the others as they must be for these."""
        found = dict(given)
        for node in self.nodes():
            if str(node) not in found:
                found[str(node)] = self.expected(node, found)[0]
        return found

    def value(self, node: Node, given: Numbers) -> Real:
        """A node: what is given for it, else what it must be."""
        return given[str(node)] if str(node) in given else self.expected(node, given)[0]

    def expected(self, node: Node, given: Numbers) -> list[Real]:
        """What a node must be for those that are given: one of these, which are equal where n and a agree."""
        m, name = node.layer, self.network.activations[node.layer - 1]
        if node.kind == "n":
            return [self.input(m, given) @ given[f"W[{m - 1}]"] + given[f"b[{m - 1}]"]]
        if node.kind == "a":
            return [value(name, self.value(Node("n", m), given))]
        if node.kind == "J":
            return [self.scale * np.mean(self._loss().value(given["y"], self.output(given)))]
        if node.kind == "da":
            return [self.above(m, given)]
        if node.kind == "s":
            return self._sensitivities(m, given)
        s = self.value(Node("s", m), given) / (len(given["x"]) if self.apart else 1)
        return [s.sum(axis=0)] if node.kind == "db" else [self.input(m, given).T @ s]

    def input(self, m: int, given: Numbers) -> Real:
        """What goes into a layer."""
        return self.value(Node("a", m - 1), given) if m > 1 else given["x"]

    def output(self, given: Numbers) -> Real:
        """The last output."""
        return self.value(Node("a", self.network.depth), given)

    def above(self, m: int, given: Numbers) -> Real:
        """∂J/∂a of a layer."""
        if m < self.network.depth:
            return self.value(Node("s", m + 1), given) @ given[f"W[{m}]"].T
        return self.by_output(self.output(given), given)

    def by_output(self, a: Real, given: Numbers) -> Real:
        """∂J/∂a of the last layer at any output."""
        loss = self._loss()
        terms = a.size if loss.elementwise else len(a)
        by_term = loss.companions["derivative"] if loss.elementwise else loss.derivative
        return by_term(given["y"], a) * self._of_terms(given) / terms

    def _of_terms(self, given: Numbers) -> float:
        return self.scale * (len(given["x"]) if self.apart else 1)

    def _loss(self) -> Any:
        return FORMULAS[_LOSSES.get(self.network.loss, self.network.loss)]

    def _sensitivities(self, m: int, given: Numbers) -> list[Real]:
        """∂J/∂n of a layer from ∂J/∂a and the slope, each taken at n or read from a, and as a - y where these fuse."""
        name, n = self.network.activations[m - 1], self.value(Node("n", m), given)
        a = self.value(Node("a", m), given)
        without = {key: array for key, array in given.items() if key != str(Node("a", m))}
        errors = [self.value(Node("da", m), given), self.above(m, given), self.above(m, without)]
        found = []
        if m == self.network.depth and self.fused:
            terms = a.size if self._loss().elementwise else len(a)
            found = [(output - given["y"]) * self._of_terms(given) / terms for output in (a, value(name, n))]
        if name == "softmax":
            outputs = (a, value(name, n))
            return found + [p * (e - np.sum(p * e, axis=-1, keepdims=True)) for p in outputs for e in errors]
        return found + [slope * error for slope in self.slopes(m, given) for error in errors]

    @property
    def fused(self) -> bool:
        """Whether the last activation and the loss have a - y in common."""
        pair = (self.network.activations[-1], self.network.loss)
        return pair in (("softmax", "mean_categorical_cross_entropy"), ("sigmoid", "mean_binary_cross_entropy"))

    def slopes(self, m: int, given: Numbers) -> list[Real]:
        """f' of a layer's activation at n, and as it is read from a."""
        name = self.network.activations[m - 1]
        from_output = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a**2, "relu": lambda a: 1.0 * (a > 0)}
        at_n = derivative(name, self.value(Node("n", m), given))
        return [at_n, from_output[name](self.value(Node("a", m), given)) if name in from_output else at_n]

    # How it goes wrong

    def mistakes(self, node: Node, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        """Wrong versions of a node, for right ones before it: code, name and numbers."""
        yield from getattr(self, f"_mistakes_of_{node.kind}")(node.layer, given)

    def _mistakes_of_n(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        W, b = given[f"W[{m - 1}]"], given[f"b[{m - 1}]"]
        yield "HG252", "the bias forgotten", self.input(m, given) @ W
        if m > 1:
            yield "HG229", "n for a as the layer's input", self.value(Node("n", m - 1), given) @ W + b

    def _mistakes_of_a(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        n = self.value(Node("n", m), given)
        yield "HG229", "n itself", n
        for other in ("sigmoid", "tanh", "relu"):
            if other != self.network.activations[m - 1]:
                yield "HG100", f"{other} of n", value(other, n)
        if self.network.activations[m - 1] == "softmax":
            yield "HG204", "each over the sum of all samples", np.exp(n) / np.sum(np.exp(n))

    def _mistakes_of_J(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        for other in ("squared_error", "binary_cross_entropy", "categorical_cross_entropy"):
            if other != self._loss().name and other not in _LOSSES.get(self.network.loss, ""):
                yield "HG100", f"the mean {other}", np.mean(FORMULAS[other].value(given["y"], self.output(given)))

    def _mistakes_of_da(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        if m == self.network.depth:
            a = self.output(given)
            yield "HG231", "a - y, as if fused with a cross-entropy", a - given["y"]
            return
        s, W = self.value(Node("s", m + 1), given), given[f"W[{m}]"]
        if W.shape[0] == W.shape[1]:
            yield "HG241", "weights not transposed", s @ W
        for rate in (1, 0.1, 0.01):
            stepped = W - rate * self.value(Node("dW", m + 1), given)
            yield "HG247", f"updated weights, rate {rate:g}", s @ stepped.T

    def _mistakes_of_s(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        name, n, a = self.network.activations[m - 1], *(self.value(Node(kind, m), given) for kind in "na")
        if m == self.network.depth:
            if self.fused:
                slope = derivative(name, n) if name != "softmax" else n * 0 + a * (1 - a)
                yield "HG226", "f' of the last layer too many", self.expected(Node("s", m), given)[0] * slope
            else:
                yield "HG231", "a - y, as if fused with a cross-entropy", a - given["y"]
            yield (
                "HG229",
                "the loss taken at n",
                self.by_output(n, given) * (1.0 if name == "softmax" else derivative(name, n)),
            )
        if name == "softmax":
            yield "HG204", "p(1 - p) alone", self.value(Node("da", m), given) * a * (1 - a)
            return
        error = self.value(Node("da", m), given)
        yield "HG224", "f' forgotten", error
        yield "HG225", "f' at the output a", error * derivative(name, a)
        yield "HG227", "f for f'", error * a
        yield "HG226", "f' twice", error * derivative(name, n) ** 2
        if m < self.network.depth:
            for code, what, wrong in self._mistakes_of_da(m, given):
                yield code, what, wrong * derivative(name, n)

    def _mistakes_of_dW(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        s, a = self.value(Node("s", m), given), self.input(m, given)
        yield "HG244", "averaged", a.T @ s / len(s)
        yield "HG242", "transposed", s.T @ a
        if m > 1:
            yield "HG229", "n for a as the layer's input", self.value(Node("n", m - 1), given).T @ s
        if m < self.network.depth and a.shape == self.value(Node("a", m), given).shape:
            yield "HG234", "the layer's output for its input", self.value(Node("a", m), given).T @ s

    def _mistakes_of_db(self, m: int, given: Numbers) -> Iterator[tuple[str, str, Real]]:
        s = self.value(Node("s", m), given)
        yield "HG243", "not summed", s
        yield "HG244", "averaged", s.mean(axis=0)
        yield "HG246", "summed over the outputs", s.sum(axis=1)
        yield "HG245", "summed over everything", s.sum()
