"""A report as lines of text, in colour where there is a terminal."""

from __future__ import annotations

import itertools
import math
import shlex
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from handgrad.catalogue import FORMULAS
from handgrad.oracle import networks
from handgrad.oracle.report import ACCEPTED, Counterexample, Real, Report, Result, number, written

WIDTH = 100
"""How far to the right things stand; a line of a table or of plain text may be longer."""
INDENT = 13
"""The column at which a block's text begins, after its labels."""
SMALL = 6
"""Arrays up to this size along each axis are shown whole."""
UNLIMITED = 10**6
LONGEST = 1000
"""Characters of a message; that of an error may print a whole array."""

_WORDS = {
    "right": ("✓", "right", "is right"),
    "right-in-convention": ("✓", "right", "is right in a convention"),
    "wrong": ("✗", "wrong", "is wrong"),
    "unusable": ("!", "unusable", "is unusable"),
    "timeout": ("!", "timed out", "timed out"),
    "inconclusive": ("?", "inconclusive", "is not settled"),
    "not checked": ("-", "not checked", "is not checked"),
}
NO_CLAIM = "no claim; say one with --as or @claims"


def as_text(report: Report) -> str:
    """The report as plain text."""
    return "\n".join(line.plain for line in _lines(report, UNLIMITED))


def render(report: Report, console: Console) -> None:
    """Print the lines of ``as_text``, in colour where the console has any, folded to a terminal's width."""
    for line in _lines(report, console.width if console.is_terminal else UNLIMITED):
        if not console.is_terminal or line.cell_len <= console.width:
            console.print(line, soft_wrap=True)
            continue
        start = line[:INDENT]
        for rest in line[INDENT:].wrap(console, max(console.width - INDENT, 20)):
            rest.rstrip()
            console.print(start + rest, soft_wrap=True)
            start = Text(" " * INDENT)


def block_text(result: Result, report: Report, *, arrays: bool = True) -> str:
    """All that is known of one function, as plain text; empty where it is plainly right or was not checked."""
    return "\n".join(line.plain for line in _block(result, report, WIDTH, arrays=arrays))


def headline(result: Result) -> str:
    """The verdict on one function as a sentence."""
    unstable = " but unstable" if result.unstable else ""
    said = "" if result.verdict == "right" else result.convention or _reason(result)
    colon = " in " if result.verdict == "wrong" and at_fault(result) else ": "
    return printable(f"{result.function} {_WORDS[result.verdict][2]}{unstable}{f'{colon}{said}' if said else ''}")


def summary(report: Report) -> str:
    """How many functions have which verdict."""
    verdicts = [result.verdict for result in report.results]
    unstable = sum(bool(result.unstable) for result in report.results)
    counts = {
        f"right{f' ({unstable} unstable)' if unstable else ''}": verdicts.count("right"),
        "right in a convention": verdicts.count("right-in-convention"),
        "wrong": verdicts.count("wrong"),
        "unusable": verdicts.count("unusable"),
        "timed out": verdicts.count("timeout"),
        "inconclusive": verdicts.count("inconclusive"),
        "not checked": verdicts.count("not checked"),
    }
    always = ("right", "wrong", "not checked")
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count or what in always)
    functions = f"{len(verdicts)} function{'' if len(verdicts) == 1 else 's'}"
    return f"{functions}: {said} in {report.seconds:.1f} s"


def printable(text: str) -> str:
    """The text on one line, without control characters."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def location(result: Result, report: Report) -> str:
    """File and line, as far as they are known."""
    if report.path is None:
        return "" if result.line is None else f"line {result.line}"
    return printable(report.path if result.line is None else f"{report.path}:{result.line}")


# Lines


def _line(*parts: str | tuple[str, str]) -> Text:
    """A line of pieces, each with its style or without."""
    return Text.assemble(*((printable(p), "") if isinstance(p, str) else (printable(p[0]), p[1]) for p in parts))


def _labelled(label: str, text: str, style: str = "") -> Text:
    return _line((f"  {label}".ljust(INDENT), "dim"), (text if len(text) <= LONGEST else f"{text[:LONGEST]}…", style))


def _lines(report: Report, width: int) -> Iterator[Text]:
    yield _line(("handgrad check", "bold"), f" {report.path}" if report.path else "", f", seed {report.seed}")
    for problem in report.problems:
        yield _line(("! ", "yellow"), f"when it was loaded: {problem}")
    yield Text()
    yield from _table(report, width)
    for result in report.results:
        block = list(_block(result, report, min(width, WIDTH)))
        if block:
            yield Text()
            yield from block
    if report.results:
        yield Text()
    yield _line((summary(report), "bold"))


def _table(report: Report, width: int) -> Iterator[Text]:
    """A line for each function that was checked, with its reason below where the width is too small, and the rest."""
    checked = [result for result in report.results if result.verdict != "not checked"]
    rows = [["verdict", "function", "claim", "line"]]
    for result in checked:
        line = "" if result.line is None else str(result.line)
        rows.append([" ".join(symbol_and_word(result, report)), result.function, result.claim or "-", line])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    reasons = [table_reason(result, report) for result in checked]
    below = max((sum(widths) + 2 * len(widths) + len(reason) for reason in reasons), default=0) > width
    if checked:
        yield _line(("  ".join(padded[0]).rstrip(), "dim"))
    for result, row, reason in zip(checked, padded[1:], reasons, strict=True):
        rest = f"  {row[2]}  {row[3]}"
        rest = rest.rstrip() if below or not reason else f"{rest}  {reason}"
        yield _line((f"{row[0]}  ", _style(result, report)), (row[1], "bold"), rest)
        if below and reason:
            yield _line(" " * (widths[0] + 2), reason)
    others = [result.function for result in report.results if result.verdict == "not checked"]
    if others:
        yield _line(("not checked: ", "dim"), ", ".join(others), (f" ({NO_CLAIM})", "dim"))


def symbol_and_word(result: Result, report: Report) -> tuple[str, str]:
    """The verdict as a symbol, which no colour is needed to tell, and in a word."""
    symbol, word, _ = _WORDS[result.verdict]
    return ("!" if _too_loose(result, report) else symbol), word


def table_reason(result: Result, report: Report) -> str:
    """Why, in the few words that a table has room for."""
    reason = "; ".join(result.notes) if _plainly_right(result) else _reason(result)
    return f"{reason}; not enough for --strict" if _too_loose(result, report) else reason


def _reason(result: Result) -> str:
    if result.diagnosis:
        where = at_fault(result)
        return f"{where}{': ' if where else ''}{result.diagnosis[0].title}"
    if result.convention:
        return f"in a convention: {result.convention}{'; unstable' if result.unstable else ''}"
    if result.unstable:
        text = f"unstable: {result.unstable}"
        return text if len(text) <= 60 else f"{text[:60].rstrip()}…"
    return result.notes[0] if result.notes else ""


def at_fault(result: Result) -> str:
    """Which step of several is the first that is wrong."""
    for steps in (result.lines, result.nodes):
        for position, step in enumerate(steps, start=1):
            if step.verdict == "wrong":
                name = step.name or f"its line {position}"
                return name if step.line is None else f"line {step.line}"
    return ""


def _too_loose(result: Result, report: Report) -> bool:
    return result.verdict in ACCEPTED and not result.accepted(strict=report.strict)


def _plainly_right(result: Result) -> bool:
    return result.verdict == "right" and not result.unstable


def _style(result: Result, report: Report) -> str:
    if result.accepted(strict=report.strict):
        return "green" if _plainly_right(result) else "yellow"
    return "yellow" if result.verdict == "inconclusive" else "bold red"


# One function


def _block(result: Result, report: Report, width: int, *, arrays: bool = True) -> Iterator[Text]:
    """What was found, where it shows, how the function was called, what to do, and how to see it again."""
    if result.verdict == "not checked" or (_plainly_right(result) and not (result.lines or result.nodes)):
        return
    code = result.diagnosis[0].code if result.diagnosis else ""
    start = _line((f"{code}  " if code else "", "dim"), (headline(result), _style(result, report)))
    where = location(result, report)
    start.append(" " * max(2, width - start.cell_len - len(where)) + where if where else "")
    yield start
    yield from _steps(result)
    if _plainly_right(result):
        return
    for diagnosis in result.diagnosis:
        if diagnosis is not result.diagnosis[0]:
            yield _labelled("also:", f"{diagnosis.code}  {diagnosis.title}")
        if diagnosis.message not in ("", diagnosis.title):
            yield _labelled("seen:", diagnosis.message)
    smallest, telling = result.smallest, result.telling or result.smallest
    if smallest is not None and telling is not None and not _same(smallest, telling):
        yield from _shown("fails at:", result, smallest, width, smallest=True, arrays=False)
        yield from _shown("and at:", result, telling, width, arrays=arrays)
    elif telling is not None:
        yield from _shown("fails at:", result, telling, width, arrays=arrays)
    if result.unstable:
        yield _labelled("unstable:", result.unstable)
    if result.claim or result.assumed:
        assumed = f" ({result.assumed})" if result.claim and result.assumed else ""
        notes = f", notes ({result.source})" if result.source else ""
        yield _labelled("claim:", f"{result.claim or result.assumed}{assumed}{notes}")
    if result.call:
        yield _labelled("call:", result.call)
    for note in result.notes:
        if note != _reason(result):
            yield _labelled("note:", note)
    for text in _help(result):
        yield _labelled("help:", text, "bold")
    if result.reveals == "full" and code.startswith("HG2"):
        yield _labelled("explain:", f"handgrad explain {code}", "cyan")
    if _too_loose(result, report):
        yield _labelled("strict:", "asks for the notes' own convention, and for finite numbers at large inputs")
    again = _repeat(result, report)
    if again and result.verdict != "right-in-convention":
        yield _labelled("repeat:", again, "cyan")


def _same(first: Counterexample, second: Counterexample) -> bool:
    """Whether a second counterexample adds nothing to the first."""
    return first.inputs.keys() == second.inputs.keys() and all(
        np.array_equal(array, second.inputs[name]) for name, array in first.inputs.items()
    )


def _help(result: Result) -> list[str]:
    """What to do: as the diagnoses say, else where the formula stands."""
    said = [diagnosis.help for diagnosis in result.diagnosis if diagnosis.help]
    said += [f"in the notes: {result.notes_line}"] if result.notes_line else []
    if result.reveals != "full":
        return []
    if said or result.claim is None:
        return said
    name = result.claim.partition("(")[0]
    if name in networks.CLAIMS:
        return []
    command = f"handgrad show {name}"
    if result.unstable:
        return [f"right on paper, but not in floating point at large inputs; a stable form: {command}"]
    if result.verdict != "wrong" or result.smallest is None or result.smallest.yours is None:
        return []
    inputs = result.smallest.inputs
    at = " ".join(f'--at "{name}={written(array)}"' for name, array in inputs.items())
    if inputs.keys() == FORMULAS[name.rpartition("_")[0]].axes.keys() and len(at) <= 60:
        return [f"the formula with the correct numbers: {command} {at}"]
    return [f"the formula: {command}"]


def _repeat(result: Result, report: Report) -> str:
    if report.path is None or not result.function.replace(".", "_").isidentifier():
        return ""
    return f"handgrad check {shlex.quote(f'{report.path}::{result.function}')} --seed {report.seed}{result.options}"


_MARKS = {"right": "✓", "wrong": "✗", "inherited": "·"}


def _steps(result: Result) -> Iterator[Text]:
    """A line for each line of a derivation, and for nodes of which the same is said."""
    names = [step.name for step in result.lines]
    places = ["" if step.line is None else f"line {step.line}  " for step in result.lines]
    label, longest = "lines:", max(map(len, names), default=0)
    for position, (step, name, place) in enumerate(zip(result.lines, names, places, strict=True), start=1):
        start = f"{_MARKS[step.verdict]} {position:>{len(str(len(names)))}}  {place:>{max(map(len, places))}}"
        remark = step.remark or ("true" if step.verdict == "right" else "false")
        yield _labelled(label, f"{start}{name:<{longest}}{'  ' if longest else ''}{remark}")
        label = ""
    label = "nodes:"
    for (verdict, remark), group in itertools.groupby(result.nodes, key=lambda node: (node.verdict, node.remark)):
        yield _labelled(label, f"{_MARKS[verdict]} {', '.join(node.name for node in group)}: {remark or verdict}")
        label = ""


# One counterexample


def _shown(
    label: str, result: Result, found: Counterexample, width: int, *, smallest: bool = False, arrays: bool
) -> Iterator[Text]:
    """The inputs, the worst entry, how many differ, what these have in common, and both arrays."""
    inputs = [f"{name} = {written(array)}" for name, array in found.inputs.items()]
    remark = "   (the smallest such input)" if smallest else ""
    joined = ", ".join(inputs) + remark
    # What entries have in common may be chance on the smallest input.
    said = [*_difference(result, found), *(() if smallest else found.observations)]
    for text in [*([joined] if INDENT + len(joined) <= width else inputs), *said]:
        yield _labelled(label, text)
        label = ""
    if arrays and worth_showing(found):
        yield from _side_by_side(found, width)


def _side_by_side(found: Counterexample, width: int) -> Iterator[Text]:
    """Both arrays in as many digits as fit, one below the other if none do."""
    assert found.yours is not None
    if found.hidden:
        for text in ["yours", *_grid(found.yours, marked(found), 6)]:
            yield _labelled("", text, "dim" if text == "yours" else "")
        return
    marks = None if found.differing == found.correct.size else marked(found)
    title = "yours" if marks is None else "yours (* differs)"
    for digits in (6, 4, 3):
        yours, correct = _grid(found.yours, marks, digits), _grid(found.correct, None, digits)
        left = max(map(len, [title, *yours])) + 4
        if INDENT + left + max(map(len, correct)) <= width:
            lines = [
                f"{mine.ljust(left)}{right}".rstrip()
                for mine, right in itertools.zip_longest(yours, correct, fillvalue="")
            ]
            title = f"{title.ljust(left)}correct"
            break
    else:
        lines = [*yours, "correct", *correct]
    yield _labelled("", title, "dim")
    for text in lines:
        line = _labelled("", text, "dim" if text == "correct" else "")
        line.highlight_regex(r"[^\s\[]+\*", "bold red")
        yield line


def _difference(result: Result, found: Counterexample) -> list[str]:
    yours, correct = found.yours, found.correct
    if yours is None:
        return []
    what = f"{found.letter}_bar" if (result.claim or "").partition("(")[0].endswith("_vjp") else f"by {found.letter}"
    where = [what] if found.letter and len(found.inputs) > 1 else []
    if yours.shape == correct.shape:
        if found.index is None:
            return []
        where += [f"entry {list(found.index)}"] if found.index else []
        mine, right = _told_apart(yours[found.index], correct[found.index])
        right += _how_many(found.differing, correct.size)
    else:
        mine, right = _shape(yours), _shape(correct)
    where_said = f"{', '.join(where)}{': ' if where else ''}"
    if found.hidden:
        return [f"{where_said}yours {mine}{right[right.index(';') :] if ';' in right else ''}"]
    return [f"{where_said}yours {mine}, correct {right}"]


def _how_many(differing: int, size: int) -> str:
    if size == 1 or not differing:
        return ""
    if differing == size:
        return "; both entries differ" if size == 2 else f"; all {size} entries differ"
    return f"; {differing} of {size} entries differ{'s' if differing == 1 else ''}"


def _shape(array: Real) -> str:
    return f"has shape {array.shape}" if array.ndim else "is a single number"


def _told_apart(yours: Any, correct: Any) -> tuple[str, str]:
    """Two numbers in as many digits as tell them apart."""
    pairs = [(number(yours, digits), number(correct, digits)) for digits in (6, 9, 12, 17)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])


def marked(found: Counterexample) -> Real | None:
    """Which entries differ, where that is known."""
    if found.wrong is None and found.index is not None and found.differing == found.correct.size:
        return np.ones(found.correct.shape, bool)
    return found.wrong


def worth_showing(found: Counterexample) -> bool:
    """Whether the arrays can be read side by side, and are more than the numbers that were said already."""
    arrays = [array for array in (found.yours, found.correct) if array is not None]
    small = all(array.size <= SMALL**2 and max(array.shape, default=1) <= SMALL for array in arrays)
    return small and len(arrays) == 2 and max(array.size for array in arrays) > 1


def rows_of(array: Real, marks: Real | None) -> Iterator[tuple[str, list[tuple[float, bool]]]]:
    """An array's rows as numbers with their marks; with more than two axes, each behind its index."""
    lead, last = array.shape[:-1], math.prod(array.shape[-1:])
    rows = array.reshape(math.prod(lead), last)
    stars = np.zeros(rows.shape, bool) if marks is None else marks.reshape(rows.shape)
    for index, row, differs in zip(np.ndindex(*lead), rows, stars, strict=True):
        yield (str(list(index)) if len(lead) > 1 else ""), list(zip(row, differs, strict=True))


def _grid(array: Real, marks: Real | None, digits: int) -> list[str]:
    rows = [
        (f"{index}: " if index else "", [number(x, digits) + "*" * bool(differs) for x, differs in row])
        for index, row in rows_of(array, marks)
    ]
    if array.ndim == 0:
        return rows[0][1]
    width = max((len(text) for _, row in rows for text in row), default=0) if len(rows) > 1 else 0
    return [f"{index}[{', '.join(text.rjust(width) for text in row)}]" for index, row in rows]
