"""What the oracle found: one result per function, and the report that holds them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import numpy as np

from handgrad.oracle.codes import CODES

Real = np.ndarray[Any, Any]
Verdict = Literal["right", "right-in-convention", "wrong", "unusable", "timeout", "inconclusive", "not checked"]
Reveal = Literal["none", "kind", "counterexample", "full"]
"""How much a report says of a wrong function: its verdict, the kind of mistake, where it fails, or what is right."""
SCHEMA = "handgrad/report/v1"
ACCEPTED = ("right", "right-in-convention")


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """Something seen, under a stable code."""

    code: str
    title: str
    message: str
    help: str = ""
    """What to do about it."""


def diagnosed(code: str, message: str) -> Diagnosis:
    """A diagnosis under the title of its code."""
    return Diagnosis(code, CODES[code].title, message)


@dataclasses.dataclass(frozen=True)
class Counterexample:
    """Inputs on which a function fails, and the entry at which it shows."""

    inputs: dict[str, Real]
    yours: Real | None
    """None where the function gave no such array."""
    correct: Real
    index: tuple[int, ...] | None
    """The worst entry; None where the shapes differ already."""
    letter: str
    """By which argument the derivative is."""
    differing: int = 0
    """How many entries differ."""
    observations: tuple[str, ...] = ()
    wrong: Real | None = None
    """Where they differ."""
    hidden: bool = False
    """Whether the correct numbers are kept back."""


@dataclasses.dataclass(frozen=True)
class Step:
    """A line of a derivation, by its label, or a node of a network, by its name, and what is said of it."""

    name: str
    verdict: Literal["right", "wrong", "inherited"]
    """An inherited step is right for what came before it, which is not."""
    remark: str = ""
    line: int | None = None


@dataclasses.dataclass
class Result:
    """The verdict on one function."""

    function: str
    claim: str | None
    verdict: Verdict
    line: int | None = None
    assumed: str | None = None
    """How the claim was read, where nobody stated it."""
    call: str | None = None
    convention: str | None = None
    unstable: str | None = None
    """The first large input at which a right function gives nan or overflows."""
    diagnosis: list[Diagnosis] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    smallest: Counterexample | None = None
    telling: Counterexample | None = None
    lines: list[Step] = dataclasses.field(default_factory=list)
    """Of a derivation."""
    nodes: list[Step] = dataclasses.field(default_factory=list)
    """Of a network that returns its intermediates, those at fault first."""
    notes_line: str | None = None
    """What the notes have in the place of the first false line."""
    source: str | None = None
    """The notes' equations."""
    options: str = ""
    """What else the command that repeats the check needs."""
    reveals: Reveal = "full"
    """How much of what is right it says."""
    examples: int = 0
    seconds: float = 0.0

    def accepted(self, *, strict: bool = False) -> bool:
        """Whether it counts as right; strictly, only in the notes' own convention and stable."""
        return self.verdict == "right" and not self.unstable if strict else self.verdict in ACCEPTED


@dataclasses.dataclass
class Report:
    """The results of one run."""

    results: list[Result]
    path: str | None = None
    seed: int = 0
    strict: bool = False
    problems: list[str] = dataclasses.field(default_factory=list)
    """What the file itself could not do when it was loaded."""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0: all checked functions are right; 1: one is not; 3: nothing was settled."""
        checked = [result for result in self.results if result.verdict != "not checked"]
        if any(not r.accepted(strict=self.strict) and r.verdict != "inconclusive" for r in checked):
            return 1
        return 0 if checked and all(result.verdict != "inconclusive" for result in checked) else 3

    def revealed(self, level: Reveal) -> Report:
        """The same report with no more of the solution than a level allows."""
        return dataclasses.replace(self, results=[_revealed(result, level) for result in self.results])

    def to_json(self) -> dict[str, Any]:
        """As plain data, in the published schema."""
        return {
            "schema": SCHEMA,
            "file": self.path,
            "problems": self.problems,
            "exit_code": self.exit_code,
            "results": [self._result_to_json(result) for result in self.results],
        }

    def _result_to_json(self, result: Result) -> dict[str, Any]:
        return {
            "function": result.function,
            "claim": result.claim,
            "assumed": result.assumed,
            "call": result.call,
            "verdict": result.verdict,
            "convention": result.convention,
            "unstable": result.unstable,
            "diagnosis": [dataclasses.asdict(diagnosis) for diagnosis in result.diagnosis],
            "notes": result.notes,
            "counterexample": _counterexample_to_json(result.smallest),
            "telling": _counterexample_to_json(result.telling),
            "lines": [dataclasses.asdict(step) for step in result.lines],
            "nodes": [dataclasses.asdict(step) for step in result.nodes],
            "notes_line": result.notes_line,
            "location": {"file": self.path, "line": result.line},
            "seed": self.seed,
            "examples": result.examples,
            "seconds": round(result.seconds, 4),
        }

    def __str__(self) -> str:
        """The report as plain text."""
        from handgrad.oracle.formats import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from handgrad.oracle.formats import as_html

        return as_html(self)

    __repr__ = __str__


def _revealed(result: Result, level: Reveal) -> Result:
    if level == "full" or result.verdict in (*ACCEPTED, "not checked"):
        return result
    kinds = [] if level == "none" else [dataclasses.replace(d, message="", help="") for d in result.diagnosis]
    return dataclasses.replace(
        result,
        diagnosis=kinds,
        notes=[],
        smallest=_without_solution(result.smallest) if level == "counterexample" else None,
        telling=_without_solution(result.telling) if level == "counterexample" else None,
        options=f"{result.options} --reveal {level}",
        lines=[] if level == "none" else result.lines,
        nodes=[] if level == "none" else result.nodes,
        notes_line=None,
        reveals=level,
    )


def _without_solution(found: Counterexample | None) -> Counterexample | None:
    """What an observation compares with the correct numbers goes with them."""
    if found is None:
        return None
    said = tuple(text for text in found.observations if "correct" not in text)
    return dataclasses.replace(found, observations=said, hidden=True)


def _counterexample_to_json(found: Counterexample | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "inputs": {name: plain(array) for name, array in found.inputs.items()},
        "by": found.letter,
        "yours": None if found.yours is None else plain(found.yours),
        "correct": None if found.hidden else plain(found.correct),
        "index": None if found.index is None else list(found.index),
        "differing": found.differing,
        "observations": list(found.observations),
    }


def plain(array: Real) -> Any:
    """Nested lists, in which nan and the infinities, which JSON lacks, are strings."""

    def entry(item: Any) -> Any:
        if isinstance(item, list):
            return [entry(part) for part in item]
        return item if math.isfinite(item) else str(item)

    return entry(array.tolist())


def number(value: Any, digits: int = 6) -> str:
    """A number in a few digits.

    >>> number(2.0), number(-0.0), number(1 / 3)
    ('2', '0', '0.333333')
    """
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text


def written(array: Real) -> str:
    """An array on one line; a large one by its shape alone.

    >>> written(np.array([[0.0, 1.5], [2.0, 3.0]])), written(np.ones((20, 30)))
    ('[[0, 1.5], [2, 3]]', 'an array of shape (20, 30)')
    """
    if array.ndim == 0:
        return number(array)
    if array.size > 36:
        return f"an array of shape {array.shape}"
    return f"[{', '.join(written(np.asarray(part)) for part in array)}]"
