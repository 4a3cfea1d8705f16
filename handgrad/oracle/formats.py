"""A report in the formats that other programs read, and as HTML for notebooks."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

from handgrad.oracle.rendering import (
    NO_CLAIM,
    as_text,
    block_text,
    headline,
    marked,
    printable,
    render,
    rows_of,
    summary,
    symbol_and_word,
    table_reason,
    worth_showing,
)
from handgrad.oracle.report import Counterexample, Real, Report, Result, number

__all__ = ["FORMATS", "as_github", "as_html", "as_json", "as_junit", "as_text", "render"]


def as_json(report: Report) -> str:
    """The report in the schema of ``report.schema.json``."""
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace").decode()  # half a surrogate pair as JSON's own escape


# JUnit


def as_junit(report: Report) -> str:
    """The report as JUnit XML: a test case for each function."""
    name = printable(report.path or "handgrad")
    tag_of = {id(result): _junit_tag(result, report) for result in report.results}
    tags = list(tag_of.values())
    counts = {
        "tests": len(tags),
        "failures": tags.count("failure"),
        "errors": tags.count("error"),
        "skipped": tags.count("skipped"),
    }
    attributes = {**{key: str(count) for key, count in counts.items()}, "time": f"{report.seconds:.3f}"}
    root = ElementTree.Element("testsuites", {"name": "handgrad", **attributes})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **attributes})
    for result in report.results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {"classname": name, "name": printable(result.function), "time": f"{result.seconds:.3f}"},
        )
        if report.path is not None:
            case.set("file", name)
        if result.line is not None:
            case.set("line", str(result.line))
        tag, text = tag_of[id(result)], block_text(result, report)
        if tag:
            found = ElementTree.SubElement(case, tag, {"message": NO_CLAIM if not text else headline(result)})
            if tag != "skipped":
                found.set("type", result.diagnosis[0].code if result.diagnosis else result.verdict)
            found.text = text or None
        elif text:
            ElementTree.SubElement(case, "system-out").text = text
    if report.problems:
        ElementTree.SubElement(suite, "system-err").text = "\n".join(map(printable, report.problems))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}'


def _junit_tag(result: Result, report: Report) -> str | None:
    if result.accepted(strict=report.strict):
        return None
    if result.verdict in ("unusable", "timeout"):
        return "error"
    return "skipped" if result.verdict in ("inconclusive", "not checked") else "failure"


# GitHub


def as_github(report: Report) -> str:
    """The report as GitHub workflow commands, which put each finding beside its line, and a summary."""
    lines = []
    for problem in report.problems:
        at = re.match(r"line (\d+)", problem)
        line = int(at[1]) if at else None
        lines.append(_command("warning", report.path, line, "a problem when the file was loaded", printable(problem)))
    for result in report.results:
        level = _github_level(result, report)
        if level is not None:
            _, _, body = block_text(result, report).partition("\n")
            title = " ".join([*(diagnosis.code for diagnosis in result.diagnosis[:1]), headline(result)])
            lines.append(_command(level, report.path, result.line, title, body or NO_CLAIM))
    return "\n".join([*lines, summary(report)])


def _github_level(result: Result, report: Report) -> str | None:
    if result.accepted(strict=report.strict):
        return "warning" if result.unstable else "notice" if result.convention else None
    if result.verdict == "not checked":
        return "notice"
    return "warning" if result.verdict == "inconclusive" else "error"


def _command(level: str, path: str | None, line: int | None, title: str, message: str) -> str:
    properties = {"file": path, "line": None if path is None or line is None else str(line), "title": title}
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value is not None)
    return f"::{level} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# HTML

_CELL = "padding:2px 8px;text-align:left;vertical-align:top;border:1px solid rgba(128,128,128,.4)"
_NUMBER = "padding:2px 8px;text-align:right;font-family:monospace;border:1px solid rgba(128,128,128,.4)"
_MARKED = "padding:2px 8px;text-align:right;font-family:monospace;border:2px solid #d33;background:rgba(221,51,51,.2)"
_PRE = "white-space:pre-wrap;background:none;color:inherit;margin:8px 0"


def as_html(report: Report) -> str:
    """The report as HTML for a notebook, light or dark: it takes the page's own colours."""
    rows = [["verdict", "function", "claim", "line", "reason"]]
    for result in report.results:
        reason = NO_CLAIM if result.verdict == "not checked" else table_reason(result, report)
        line = "" if result.line is None else str(result.line)
        rows.append([" ".join(symbol_and_word(result, report)), result.function, result.claim or "", line, reason])
    parts = [_html_table(rows)]
    for result in report.results:
        text = block_text(result, report, arrays=False)
        if text:
            parts.append(f'<pre style="{_PRE}">{_escaped(text, one_line=False)}</pre>')
        found = result.telling or result.smallest
        if found is not None and worth_showing(found):
            parts.append(_html_arrays(found))
    problems = [f"when it was loaded: {problem}" for problem in report.problems]
    said = "".join(f"<p>{_escaped(text)}</p>" for text in [*problems, summary(report)])
    return f'<div style="color:inherit">{"".join(parts)}{said}</div>'


def _escaped(text: str, *, one_line: bool = True) -> str:
    return html.escape(printable(text) if one_line else text)


def _table(*rows: str) -> str:
    lines = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table style="border-collapse:collapse">{lines}</table>'


def _html_table(rows: list[list[str]]) -> str:
    head, *body = rows
    titles = "".join(f'<th style="{_CELL}">{_escaped(cell)}</th>' for cell in head)
    lines = ["".join(f'<td style="{_CELL}">{_escaped(cell)}</td>' for cell in row) for row in body]
    return _table(titles, *lines)


def _html_arrays(found: Counterexample) -> str:
    """Both arrays side by side; the entries of the first that differ have a border and a sign."""
    assert found.yours is not None
    marks = marked(found)
    title = "yours" if marks is None else "yours (✗ differs)"
    sides = [(title, found.yours, marks), *([] if found.hidden else [("correct", found.correct, None)])]
    cells = "".join(
        f'<td style="border:none;vertical-align:top;text-align:left">{name}{_html_array(array, where)}</td>'
        for name, array, where in sides
    )
    return _table(cells)


def _html_array(array: Real, marks: Real | None) -> str:
    lines = []
    for index, row in rows_of(array, marks):
        cells = [
            f'<td style="{_MARKED if differs else _NUMBER}">{"✗ " if differs else ""}{number(entry)}</td>'
            for entry, differs in row
        ]
        lines.append((f'<td style="border:none">{index}</td>' if index else "") + "".join(cells))
    return _table(*lines)


FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "github": as_github,
}
"""How a report may be written, by the name that the command line takes."""
