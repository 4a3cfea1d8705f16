"""The verdict on a derivation: on each line that a generator yields, of which the first false one is to blame.

Lines are equal expressions of one derivative, so that each can be judged as if the function gave nothing else. All of
them are read in one way: one call, with or without a batch.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from handgrad import docstrings
from handgrad.catalogue import FORMULAS
from handgrad.oracle import candidates, inputs
from handgrad.oracle.calling import MOST_LINES, Outcome, Plan
from handgrad.oracle.candidates import Backend, Candidate
from handgrad.oracle.claiming import Claim
from handgrad.oracle.comparison import LAYOUTS, Match, Truth, counterexample, equals, matches, read, sized
from handgrad.oracle.conventions import Stated
from handgrad.oracle.hints import in_the_notes
from handgrad.oracle.inputs import Shape
from handgrad.oracle.judge import judge as judge_function
from handgrad.oracle.process import settling
from handgrad.oracle.report import ACCEPTED, Counterexample, Result, Step, diagnosed

Real = np.ndarray[Any, Any]
Ways = Callable[[Claim], Iterator[Plan]]
PROBES = 2
"""Inputs on which a false line must equal an earlier one to follow from it."""
NEARLY = 1e-9


def judge(
    name: str,
    claims: Sequence[Claim],
    ways: Ways,
    backend: Backend,
    *,
    seed: int = 0,
    stated: Stated = MappingProxyType({}),
) -> Result:
    """The verdict on a generator that derives one of these claims and may be called in these ways."""
    result = Result(name, str(claims[0]), "inconclusive")
    whole = _Whole(backend)
    # With the upstream gradient or without: of a derivation what is claimed says it.
    claims = [claim for claim in claims if claim.bar == claims[0].bar]
    with settling(result), np.errstate(all="ignore"):
        reading = _reading(claims, lambda claim: _in_one_order(ways(claim)), whole, seed, stated)
        if reading is None:
            found = judge_function(name, claims, ways, _Line(whole, 0), seed=seed, stated=stated)
            result.verdict, result.diagnosis = found.verdict, found.diagnosis
        else:
            _Derivation(result, reading, whole, seed, stated).settle()
    result.examples = whole.runs
    return result


# One run, many lines


class _Whole:
    """The runs of a generator, each made once however many of its lines are judged."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[Any, Outcome] = {}
        self.runs = 0
        self.most = 0
        """Lines in one run."""

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        plan = dataclasses.replace(plan, lines=True)
        key = (repr(plan), *((name, array.shape, array.tobytes()) for name, array in letters.items()))
        if key not in self._known:
            self._known[key] = self._element_by_element(plan, letters) if plan.loop else self._run(plan, letters)
        return self._known[key]

    def _run(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        self.runs += 1
        outcome = self._backend.call(plan, letters)
        self.most = max(self.most, len(outcome.yielded or ()))
        return outcome

    def _element_by_element(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        """Runs with single numbers, put together line by line."""
        shape = next(iter(letters.values())).shape
        alone = dataclasses.replace(plan, loop=False)
        runs = [
            self._run(alone, {name: np.asarray(array[index]) for name, array in letters.items()})
            for index in np.ndindex(*shape)
        ]
        failed = next((run for run in runs if run.error is not None), Outcome())
        found = Outcome(error=failed.error, line=failed.line, yielded=[])
        assert found.yielded is not None
        for number in range(min(len(run.yielded or ()) for run in runs)):
            entries = [_line_of(run, number) for run in runs]
            error = next((entry.error for entry in entries if entry.error is not None), None)
            if error is None and any(len(each.arrays) != 1 or each.arrays[0].size != 1 for each in entries):
                error = "yields several numbers for one"
            if error is None:
                found.arrays += (np.array([each.arrays[0].item() for each in entries]).reshape(shape),)
            same = all(entry.repeatable for entry in entries)
            first = (runs[0].yielded or [])[number]
            found.yielded.append({**first, "count": error is None, "error": error, "repeatable": same})
        return found


def _line_of(run: Outcome, number: int) -> Outcome:
    """One line of a run as if it were all; an error where it was not reached."""
    yielded = run.yielded or []
    if number >= len(yielded):
        return Outcome(error=run.error or f"yields {'no such line' if yielded else 'nothing'}", line=run.line)
    entry = yielded[number]
    start = sum(before["count"] for before in yielded[:number])
    before = yielded[number - 1]["overwritten"] if number else []
    return Outcome(
        run.arrays[start : start + entry["count"]],
        error=entry["error"],
        line=entry["line"] if entry["error"] else None,
        overwritten=[name for name in entry["overwritten"] if name not in before],
        repeatable=entry["repeatable"],
    )


@dataclasses.dataclass(frozen=True)
class _Line:
    """One line in the place of a function."""

    whole: _Whole
    number: int
    like: Mapping[str, Real] | None = None
    """Letters with as many axes as all that are given must have."""

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        if self.like is not None and any(array.ndim != letters[name].ndim for name, array in self.like.items()):
            return Outcome(error="is read with other axes")
        return _line_of(self.whole.call(plan, letters), self.number)


# How it is read


def _in_one_order(plans: Iterator[Plan]) -> Iterator[Plan]:
    """Each choice of letters in its first order only: another turns y - ŷ around, and right lines into false ones."""
    orders: dict[Any, Any] = {}
    for plan in plans:
        letters = re.findall(r"[^\W\d]\w*", repr(plan.positional))
        if orders.setdefault(tuple(sorted(letters)), letters) == letters and not plan.pullback:
            yield plan


def _reading(claims: Sequence[Claim], ways: Ways, whole: _Whole, seed: int, stated: Stated) -> Candidate | None:
    """The way to call it that makes most lines right, of several the first; None where none gives a line."""
    found: list[Candidate] = []
    for number in itertools.count():
        if number and number >= whole.most:
            break
        line, search = _Line(whole, number), candidates.Search()
        candidate = candidates.found(claims, ways, line, np.random.default_rng(seed), stated, search)
        found += [candidate] if candidate is not None else []
    return max(found, key=lambda candidate: len(_right(candidate, *_probe(candidate, whole, seed))), default=None)


def _probe(candidate: Candidate, whole: _Whole, seed: int) -> tuple[dict[str, Real], Outcome]:
    """Random letters of sizes that all differ, and a run with them."""
    shape = candidate.shape(inputs.DISTINCT, inputs.SAMPLES)
    letters = inputs.draw(candidate.claim, shape, np.random.default_rng((seed, 2)))
    return letters, candidate.called(letters, whole)


def _right(candidate: Candidate, letters: dict[str, Real], run: Outcome) -> dict[int, Match]:
    """The lines that are right on some letters, with their layouts."""
    truths = candidate.truths(letters)
    lines = [read(_line_of(run, number).arrays, truths) for number in range(len(run.yielded or ()))]
    claim, turned = candidate.claim, candidate.moved
    found = {number: next(matches(claim, arrays, truths, turned=turned), None) for number, arrays in enumerate(lines)}
    return {number: match for number, match in found.items() if match is not None}


# Line by line


@dataclasses.dataclass
class _Derivation:
    """A generator that is read in one way, and what is found of its lines."""

    result: Result
    candidate: Candidate
    whole: _Whole
    seed: int
    stated: Stated

    def settle(self) -> None:
        """Judge line after line; the first that is false is shown."""
        result, claim = self.result, self.candidate.claim
        result.claim, result.call = str(claim), str(self.candidate.plan)
        result.source = ", ".join(claim.formula.equations)
        letters, run = _probe(self.candidate, self.whole, self.seed)
        right, yielded, values = _right(self.candidate, letters, run), run.yielded or [], _values(claim)
        last: Result | None = None
        for number, entry in enumerate(yielded):
            label, blamed = entry["label"] or "", bool(result.diagnosis)
            if entry["error"] is not None:
                found = self._wrong("HG102", f"line {entry['line']} {entry['error']}")
            elif label in values and number not in right:
                found = self._of_letter(number, label, values[label])
            elif number in right or not blamed:
                found = last = self._judged(number, self.candidate.given(letters))
                if found.verdict in ("timeout", "inconclusive"):
                    result.verdict, result.diagnosis, result.notes = found.verdict, found.diagnosis, found.notes
                    return
            else:
                found = last = self._wrong("HG100", "")
            verdict, remark = self._said(number, found, right)
            result.lines.append(Step(label, verdict, entry["error"] or remark, entry["line"]))
            if verdict == "wrong" and not blamed:
                self._blame(found)
                if found.diagnosis[0].code not in ("HG102", "HG103", "HG106") and label not in values:
                    result.notes_line = in_the_notes(claim, label, number, len(yielded))
        if run.error is not None:
            where = "" if run.line is None else f"line {run.line} "
            result.lines.append(Step("", "wrong", run.error.partition(":")[0], run.line))
            result.diagnosis = result.diagnosis or [diagnosed("HG102", f"{where}{run.error}")]
        elif last is None:
            result.verdict = "unusable"
            result.diagnosis = result.diagnosis or [diagnosed("HG102", f"no line is {claim.name} itself")]
            return
        if len(yielded) == MOST_LINES:
            result.notes.append(f"of its lines only the first {MOST_LINES} are judged")
        if any(step.verdict != "right" for step in result.lines):
            result.verdict = "wrong"
            return
        result.convention = last.convention if last else None
        result.verdict = "right-in-convention" if result.convention else "right"

    def _judged(self, number: int, like: Mapping[str, Real]) -> Result:
        """A line as if it were the only one."""
        plan, line = self.candidate.plan, _Line(self.whole, number, like)
        claims, ways = [self.candidate.claim], lambda claim: iter([plan])
        return judge_function(self.result.function, claims, ways, line, seed=self.seed, stated=self.stated)

    def _wrong(self, code: str, message: str) -> Result:
        return Result(self.result.function, self.result.claim, "wrong", diagnosis=[diagnosed(code, message)])

    def _said(
        self, number: int, found: Result, right: Mapping[int, Match]
    ) -> tuple[Literal["right", "wrong", "inherited"], str]:
        """What a line is, given those before it."""
        before = self.result.lines
        if found.verdict in ACCEPTED:
            if number in right and before and before[-1].verdict != "right":
                return "right", "true again: the slip is undone"
            return "right", self._layout(right.get(number))
        for earlier in reversed(range(len(before))):
            if before[earlier].verdict == "wrong" and self._same(number, earlier):
                return "inherited", f"follows from line {earlier + 1}"
        false_before = any(step.verdict == "wrong" for step in before)
        return "wrong", "false too, and not what an earlier line gives" if false_before else "false"

    def _blame(self, found: Result) -> None:
        """Show the first false line as a wrong function is shown."""
        result = self.result
        result.diagnosis, result.notes = found.diagnosis, found.notes
        result.smallest, result.telling = found.smallest, found.telling

    def _layout(self, match: Match | None) -> str:
        sentence = match.sentence(self.candidate.claim) if match else ""
        return f"true, {sentence}" if sentence else ""

    def _same(self, number: int, earlier: int) -> bool:
        """Whether two lines give the same, in whatever layout."""
        for probe in range(PROBES):
            _, run = _probe(self.candidate, self.whole, self.seed + probe)
            mine, other = _line_of(run, number).arrays, _line_of(run, earlier).arrays
            if not mine or len(mine) != len(other) or not all(map(self._alike, mine, other)):
                return False
        return True

    def _alike(self, array: Real, other: Real) -> bool:
        laid_out = (write(self.candidate.claim, other) for _, write in LAYOUTS)
        reach = NEARLY * np.abs(other).max(initial=0)
        return any(
            laid is not None and laid.shape == array.shape and bool((np.abs(array - laid) <= reach).all())
            for laid in laid_out
        )

    # A letter of the formula

    def _of_letter(self, number: int, letter: str, value: Callable[[Mapping[str, Real]], Real]) -> Result:
        """A line that states what a letter of the formula stands for."""
        from handgrad.oracle.shrinking import smallest

        candidate, line = self.candidate, _Line(self.whole, number)

        def failure(letters: dict[str, Real]) -> Counterexample | None:
            (truth,) = sized(candidate.claim, letters, lambda given: [value(given)])
            outcome = candidate.called(letters, line)
            array = outcome.arrays[0] if len(outcome.arrays) == 1 else None
            if array is not None and any(equals(candidate.claim, array, truth, layout) for layout, _ in LAYOUTS):
                return None
            return counterexample(candidate.given(letters), array, Truth("", truth.value, truth.size))

        def fails(shape: Shape, choose: Callable[[int, int], int]) -> Counterexample | None:
            return failure(inputs.whole_numbers(candidate.claim, shape, choose))

        for probe in range(PROBES):
            found = failure(_probe(candidate, self.whole, self.seed + probe)[0])
            if found is not None:
                result = self._wrong("HG100", f"{letter} is not the formula's")
                result.telling = found
                shapes = [candidate.shape(dict.fromkeys(inputs.DISTINCT, size), size) for size in (1, 2, 3)]
                result.smallest = smallest(fails, shapes, self.seed)
                return result
        return Result(self.result.function, self.result.claim, "right")


def _values(claim: Claim) -> dict[str, Callable[[Mapping[str, Real]], Real]]:
    """What can be stated by its letter: the formula's value, and that of each formula whose letter occurs in it."""
    formula = claim.formula
    text = docstrings.read(formula.value).formula
    rows = [formula]
    for other in FORMULAS.values():
        occurs = re.search(rf"(?<![\w\\]){re.escape(other.letter)}(?![\w{{])", text)
        if occurs and other.letter not in formula.axes and other.axes.items() <= formula.axes.items():
            rows += [other] if all(other.letter != row.letter for row in rows) else []

    def value_of(row: Any) -> Callable[[Mapping[str, Real]], Real]:
        function = claim.value if row is formula else row.value
        return lambda letters: np.asarray(function(*[letters[name] for name in row.axes]), float)

    return {row.letter: value_of(row) for row in rows}
