"""Reports as people and programs read them."""

from __future__ import annotations

import dataclasses
import html.parser
import importlib.resources
import io
import json
import re
from typing import Any, get_args
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
from rich.console import Console

from handgrad.oracle import checking
from handgrad.oracle.formats import FORMATS, as_github, as_html, as_json, as_junit, as_text, render
from handgrad.oracle.report import Counterexample, Diagnosis, Report, Result, Verdict, number, written

DIFFERENT = Diagnosis("HG100", "the numbers are wrong", "the numbers differ")
P = np.array([0.25, 0.25, 0.5])
FULL = np.diag(P) - np.outer(P, P)
DIAGONAL = np.diag(np.diagonal(FULL))


def softmax_off_diagonal() -> Result:
    two = np.array([[0.25, -0.25], [-0.25, 0.25]])
    smallest = Counterexample({"l": np.zeros(2)}, np.diag([0.25, 0.25]), two, (0, 1), "l", 2, ("by chance",))
    telling = Counterexample(
        {"l": np.array([0.0, -0.0, np.log(2)])},
        DIAGONAL,
        FULL,
        (0, 2),
        "l",
        6,
        ("only entries off the diagonal differ",),
        wrong=~np.eye(3, dtype=bool),
    )
    diagnosis = Diagnosis(
        "HG203", "the off-diagonal terms are missing", "yours is diag(p(1 - p))", "∂p_i/∂l_j depends on j"
    )
    return Result(
        "softmax_grad",
        "softmax_jacobian",
        "wrong",
        line=12,
        call="softmax_grad(l)",
        diagnosis=[diagnosis],
        smallest=smallest,
        telling=telling,
        source="2.29, 2.30",
        examples=40,
        seconds=0.125,
    )


def dense_transposed() -> Result:
    inputs = {"x": np.array([[1.0, 2.0]]), "W": np.ones((2, 3)), "b": np.zeros(3), "z_bar": np.array([[1.0, 2.0, 3.0]])}
    yours = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    found = Counterexample(inputs, yours, yours.T.copy(), None, "W")
    return Result(
        "dense_backward",
        "dense_vjp",
        "wrong",
        line=20,
        assumed="from its name",
        call="dense_backward(z_bar, x, W, b)",
        diagnosis=[Diagnosis("HG108", "the shape is wrong", "")],
        smallest=found,
        telling=found,
    )


def every_verdict() -> Report:
    results = [
        Result("sigmoid_prime", "sigmoid_derivative", "right", 3, notes=["noted"]),
        Result("naive", "softmax_jacobian", "right", 5, unstable="gives nan at l = [1000, -1000]"),
        Result("row", "dense_vjp", "right-in-convention", 8, convention="b_bar as a row", call="row(z_bar, x, W, b)"),
        softmax_off_diagonal(),
        dense_transposed(),
        Result(
            "raises", "tanh_vjp", "unusable", 30, diagnosis=[Diagnosis("HG102", "it gives no numbers", "raises E: 1")]
        ),
        Result(
            "slow", "tanh_derivative", "timeout", 40, diagnosis=[Diagnosis("HG105", "it takes too long", "over 5 s")]
        ),
        Result("unsettled", "relu_derivative", "inconclusive", 50, notes=["the draws show nothing"]),
        Result("main", None, "not checked", 60),
        Result("plot", None, "not checked", 70),
    ]
    return Report(results, "home work.py", 7, problems=["line 99: NameError: name 'q' is not defined"], seconds=0.82)


def alone(result: Result, **options: Any) -> Report:
    return Report([result], "homework.py", 7, **options)


def body(report: Report) -> list[str]:
    """The lines between the table and the summary."""
    lines = as_text(report).splitlines()
    return lines[4 : lines.index("", 5)] if "" in lines[5:] else []


def difference(found: Counterexample) -> list[str]:
    """The lines that show one counterexample."""
    result = Result("f", "dense_vjp", "wrong", diagnosis=[DIFFERENT], telling=found)
    lines = body(alone(result))
    start = next(i for i, line in enumerate(lines) if line.startswith("  fails at:"))
    end = next(i for i, line in enumerate(lines) if line.startswith("  claim:"))
    return [line[13:] for line in lines[start + 1 : end]]


# Text


def test_text_of_a_wrong_jacobian() -> None:
    assert as_text(alone(softmax_off_diagonal(), seconds=0.25)).splitlines() == [
        "handgrad check homework.py, seed 7",
        "",
        "verdict  function      claim             line",
        "✗ wrong  softmax_grad  softmax_jacobian  12    the off-diagonal terms are missing",
        "",
        "HG203  softmax_grad is wrong: the off-diagonal terms are missing                      homework.py:12",
        "  seen:      yours is diag(p(1 - p))",
        "  fails at:  l = [0, 0]   (the smallest such input)",
        "             entry [0, 1]: yours 0, correct -0.25; 2 of 4 entries differ",
        "  and at:    l = [0, 0, 0.693147]",
        "             entry [0, 2]: yours 0, correct -0.125; 6 of 9 entries differ",
        "             only entries off the diagonal differ",
        "             yours (* differs)           correct",
        "             [0.1875,     0*,     0*]    [ 0.1875, -0.0625,  -0.125]",
        "             [    0*, 0.1875,     0*]    [-0.0625,  0.1875,  -0.125]",
        "             [    0*,     0*,   0.25]    [ -0.125,  -0.125,    0.25]",
        "  claim:     softmax_jacobian, notes (2.29, 2.30)",
        "  call:      softmax_grad(l)",
        "  help:      ∂p_i/∂l_j depends on j",
        "  explain:   handgrad explain HG203",
        "  repeat:    handgrad check homework.py::softmax_grad --seed 7",
        "",
        "1 function: 0 right, 1 wrong, 0 not checked in 0.2 s",
    ]


def test_text_of_a_wrong_shape() -> None:
    assert body(alone(dense_transposed())) == [
        "",
        "HG108  dense_backward is wrong: the shape is wrong                                    homework.py:20",
        "  fails at:  x = [[1, 2]], W = [[1, 1, 1], [1, 1, 1]], b = [0, 0, 0], z_bar = [[1, 2, 3]]",
        "             W_bar: yours has shape (3, 2), correct has shape (2, 3)",
        "             yours     correct",
        "             [1, 2]    [1, 2, 3]",
        "             [2, 4]    [2, 4, 6]",
        "             [3, 6]",
        "  claim:     dense_vjp (from its name)",
        "  call:      dense_backward(z_bar, x, W, b)",
        "  help:      the formula: handgrad show dense_vjp",
        "  repeat:    handgrad check homework.py::dense_backward --seed 7",
    ]


def test_text_of_every_verdict() -> None:
    lines = as_text(every_verdict()).splitlines()
    assert lines[:15] == [
        "handgrad check home work.py, seed 7",
        "! when it was loaded: line 99: NameError: name 'q' is not defined",
        "",
        "verdict         function        claim               line",
        "✓ right         sigmoid_prime   sigmoid_derivative  3     noted",
        "✓ right         naive           softmax_jacobian    5     unstable: gives nan at l = [1000, -1000]",
        "✓ right         row             dense_vjp           8     in a convention: b_bar as a row",
        "✗ wrong         softmax_grad    softmax_jacobian    12    the off-diagonal terms are missing",
        "✗ wrong         dense_backward  dense_vjp           20    the shape is wrong",
        "! unusable      raises          tanh_vjp            30    it gives no numbers",
        "! timed out     slow            tanh_derivative     40    it takes too long",
        "? inconclusive  unsettled       relu_derivative     50    the draws show nothing",
        "not checked: main, plot (no claim; say one with --as or @claims)",
        "",
        "naive is right but unstable                                                           home work.py:5",
    ]
    assert "row is right in a convention: b_bar as a row" in "\n".join(lines)
    assert "  repeat:    handgrad check 'home work.py::slow' --seed 7" in lines
    assert lines[-1] == (
        "10 functions: 2 right (1 unstable), 1 right in a convention, 2 wrong, 1 unusable, 1 timed out, 1 inconclusive,"
        " 2 not checked in 0.8 s"
    )


def test_strict_says_what_is_missing() -> None:
    report = dataclasses.replace(every_verdict(), strict=True)
    text = as_text(report)
    assert (
        "! right         row             dense_vjp           8     in a convention: b_bar as a row; not enough" in text
    )
    assert text.count("  strict:    asks for") == 2
    assert as_junit(report).count("<failure") == 4
    assert as_github(report).count("::error ") == 6


def test_a_plainly_right_function_takes_one_line() -> None:
    assert as_text(alone(Result("f", "tanh_vjp", "right", notes=["seen"]))).splitlines() == [
        "handgrad check homework.py, seed 7",
        "",
        "verdict  function  claim     line",
        "✓ right  f         tanh_vjp        seen",
        "",
        "1 function: 1 right, 0 wrong, 0 not checked in 0.0 s",
    ]


def test_nothing_to_report() -> None:
    assert as_text(Report([])).splitlines() == [
        "handgrad check, seed 0",
        "",
        "0 functions: 0 right, 0 wrong, 0 not checked in 0.0 s",
    ]


def test_a_function_without_a_file_has_no_command_to_repeat() -> None:
    text = as_text(Report([dense_transposed()], seed=3))
    assert "repeat:" not in text
    assert "line 20" in text
    assert "repeat:" not in as_text(alone(dataclasses.replace(dense_transposed(), function="<lambda>")))


def test_a_function_that_raised_shows_its_inputs_only() -> None:
    found = Counterexample({"z": np.array(2.0)}, None, np.array(1.0), None, "z")
    assert difference(found) == []


def test_a_scalar_needs_no_index() -> None:
    assert difference(Counterexample({"z": np.array(2.0)}, np.array(2.0), np.array(1 / 3), (), "z", 1)) == [
        "yours 2, correct 0.333333"
    ]


def test_a_scalar_for_a_vector() -> None:
    assert difference(Counterexample({"z": np.ones(3)}, np.array(2.0), np.ones(3), None, "z")) == [
        "yours is a single number, correct has shape (3,)",
        "yours    correct",
        "2        [1, 1, 1]",
    ]


def test_numbers_that_look_alike_get_more_digits() -> None:
    found = Counterexample({"z": np.ones(1)}, np.array([1 / 3 + 1e-10]), np.array([1 / 3]), (0,), "z", 1)
    assert difference(found) == ["entry [0]: yours 0.333333333433, correct 0.333333333333"]


def test_a_large_array_is_abbreviated() -> None:
    correct = np.zeros((40, 30))
    yours = correct.copy()
    yours[3, 4] = np.nan
    found = Counterexample({"W": correct, "x": np.ones(2)}, yours, correct, (3, 4), "W", 1, ("seen",), yours != correct)
    assert difference(found) == ["W_bar, entry [3, 4]: yours nan, correct 0; 1 of 1200 entries differs", "seen"]


def test_wide_arrays_lose_digits_and_then_stand_below_each_other() -> None:
    generator = np.random.default_rng(0)
    for size, digits in ((4, 4), (6, 3)):
        correct = generator.normal(size=(size, size))
        found = Counterexample({"x": np.ones(2)}, -correct, correct, (0, 0), "x", size**2)
        lines = difference(found)
        assert max(map(len, lines)) <= 87
        assert f"{correct[0, 1]:.{digits}g}" in "\n".join(lines)
        assert ("correct" in lines) == (size == 6)


def test_more_than_two_axes_are_shown_row_by_row() -> None:
    correct = np.zeros((2, 1, 2))
    yours = correct.copy()
    yours[1] = 3
    found = Counterexample({"W": np.ones((1, 2))}, yours, correct, (1, 0, 0), "W", 2, wrong=yours != correct)
    assert difference(found) == [
        "entry [1, 0, 0]: yours 3, correct 0; 2 of 4 entries differ",
        "yours (* differs)    correct",
        "[0, 0]: [ 0,  0]     [0, 0]: [0, 0]",
        "[1, 0]: [3*, 3*]     [1, 0]: [0, 0]",
    ]


def test_many_inputs_take_a_line_each() -> None:
    inputs = {name: np.arange(12.0) for name in "xyz"}
    found = Counterexample(inputs, np.zeros(1), np.ones(1), (0,), "", 1)
    assert difference(found)[:2] == [f"{name} = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]" for name in "yz"]


def test_control_characters_and_long_messages_stay_out() -> None:
    diagnosis = Diagnosis("HG102", "it gives no numbers", "raises \x1b[31mE\x00\ud800\n" + 5000 * "x")
    result = Result("f", "tanh_vjp", "unusable", diagnosis=[diagnosis])
    for write in (*FORMATS.values(), as_html):
        text = write(alone(result))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]", text)
    assert max(map(len, as_text(alone(result)).splitlines())) < 1100


def test_short_numbers() -> None:
    shown = {2.0: "2", -0.0: "0", 1 / 3: "0.333333", 1e-9: "1e-09", np.inf: "inf", True: "1", np.int64(3): "3"}
    assert [number(value) for value in shown] == list(shown.values())
    assert written(np.zeros((0, 2))) == "[]"
    assert written(np.array(-0.0)) == "0"


# On a terminal


def rendered(report: Report, **options: Any) -> str:
    file = io.StringIO()
    render(report, Console(file=file, highlight=False, **options))
    return file.getvalue()


def without_escapes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_pipe_gets_the_plain_text() -> None:
    assert rendered(every_verdict(), width=40) == as_text(every_verdict()) + "\n"


def test_a_terminal_gets_the_same_lines_in_colour() -> None:
    text = rendered(every_verdict(), width=200, force_terminal=True, color_system="standard")
    assert "\x1b[1;31m✗ wrong" in text
    assert "\x1b[32m✓ right" in text
    assert without_escapes(text) == as_text(every_verdict()) + "\n"


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = rendered(every_verdict(), width=200, force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", text)
    assert without_escapes(text) == as_text(every_verdict()) + "\n"


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_folds_lines(width: int) -> None:
    whole = every_verdict()
    lines = without_escapes(rendered(whole, width=width, force_terminal=True)).splitlines()
    assert max(map(len, lines)) <= width
    assert "                the off-diagonal terms are missing" in lines
    # Without arrays, which lose digits where there is no room, no word is lost.
    words = dataclasses.replace(
        whole, results=[dataclasses.replace(result, smallest=None, telling=None) for result in whole.results]
    )
    text = without_escapes(rendered(words, width=width, force_terminal=True))
    assert text.split() == as_text(words).split()


# JSON


def schema() -> Any:
    return json.loads((importlib.resources.files("handgrad.oracle") / "report.schema.json").read_text(encoding="utf-8"))


def test_json_fits_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    large = Counterexample({"z": np.array([1e300])}, np.array([np.nan]), np.array([-np.inf]), (0,), "z", 1)
    truth_values = Counterexample({"label": np.array(1)}, np.array([[True]]), np.zeros((2, 0)), None, "z")
    extra = Result("f", None, "wrong", diagnosis=[DIFFERENT], smallest=large, telling=truth_values)
    for report in (every_verdict(), alone(extra), Report([])):
        jsonschema.validate(json.loads(as_json(report)), schema(), jsonschema.Draft202012Validator)


def test_json_refuses_what_does_not_fit() -> None:
    report = json.loads(as_json(every_verdict()))
    report["results"][3]["counterexample"]["correct"][0][0] = "0.25"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, schema(), jsonschema.Draft202012Validator)


def test_the_schema_names_all_there_is() -> None:
    report = json.loads(as_json(alone(softmax_off_diagonal())))
    (result,) = report["results"]
    definitions = schema()["$defs"]
    for found, described in (
        (report, schema()),
        (result, definitions["result"]),
        (result["diagnosis"][0], definitions["diagnosis"]),
        (result["telling"], definitions["counterexample"]),
        (result["location"], definitions["result"]["properties"]["location"]),
    ):
        assert list(found) == list(described["properties"]) == described["required"]
    assert definitions["result"]["properties"]["verdict"]["enum"] == list(get_args(Verdict))


# JUnit


def test_junit() -> None:
    text = as_junit(every_verdict())
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    suites = ElementTree.fromstring(text.encode())
    (suite,) = suites
    counts = {"tests": "10", "failures": "2", "errors": "2", "skipped": "3", "time": "0.820"}
    assert suite.attrib == {"name": "home work.py", **counts}
    assert suites.attrib == {"name": "handgrad", **counts}
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [
        [],
        ["system-out"],
        ["system-out"],
        ["failure"],
        ["failure"],
        ["error"],
        ["error"],
        ["skipped"],
        ["skipped"],
        ["skipped"],
    ]
    assert cases[3].attrib == {
        "classname": "home work.py",
        "name": "softmax_grad",
        "time": "0.125",
        "file": "home work.py",
        "line": "12",
    }
    failure = cases[3][0]
    assert failure.attrib == {"message": "softmax_grad is wrong: the off-diagonal terms are missing", "type": "HG203"}
    assert failure.text is not None
    block = as_text(every_verdict()).split("HG203", 1)[1].split("\n\n")[0]
    assert failure.text.splitlines()[3:] == block.splitlines()[3:]
    assert cases[8][0].attrib == {"message": "no claim; say one with --as or @claims"}
    assert suite.findtext("system-err") == "line 99: NameError: name 'q' is not defined"


# GitHub


def test_github() -> None:
    lines = as_github(every_verdict()).splitlines()
    starts = [line.split("::")[1] for line in lines[:-1]]
    assert starts == [
        "warning file=home work.py,line=99,title=a problem when the file was loaded",
        "warning file=home work.py,line=5,title=naive is right but unstable",
        "notice file=home work.py,line=8,title=row is right in a convention%3A b_bar as a row",
        "error file=home work.py,line=12,title=HG203 softmax_grad is wrong%3A the off-diagonal terms are missing",
        "error file=home work.py,line=20,title=HG108 dense_backward is wrong%3A the shape is wrong",
        "error file=home work.py,line=30,title=HG102 raises is unusable%3A it gives no numbers",
        "error file=home work.py,line=40,title=HG105 slow timed out%3A it takes too long",
        "warning file=home work.py,line=50,title=unsettled is not settled%3A the draws show nothing",
        "notice file=home work.py,line=60,title=main is not checked",
        "notice file=home work.py,line=70,title=plot is not checked",
    ]
    assert lines[-1].startswith("10 functions: ")
    assert "fails at:  l = [0, 0]   (the smallest such input)%0A  " in lines[3]


def test_github_escapes() -> None:
    diagnosis = Diagnosis("HG100", "50% off, twice: a\nb", "100%\r\nsure::really")
    report = Report([Result("f", None, "wrong", 1, diagnosis=[diagnosis])], "a,b:c%.py")
    line = as_github(report).splitlines()[0]
    assert line.startswith("::error file=a%2Cb%3Ac%25.py,line=1,title=HG100 f is wrong%3A 50%25 off%2C twice%3A a b::")
    assert "100%25  sure::really%0A  repeat:" in line
    assert as_github(Report([Result("f", None, "wrong", 1)])).startswith("::error title=f is wrong::")


# HTML


class _Checker(html.parser.HTMLParser):
    """Notes which tags are open and the marked cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.cells: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)
        if tag == "td":
            self.cells.append((dict(attrs)["style"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            style, text = self.cells.pop()
            self.cells.append((style, text + data))


def checked(report: Report) -> _Checker:
    checker = _Checker()
    checker.feed(as_html(report))
    checker.close()
    assert checker.open == []
    return checker


def test_html_has_every_verdict() -> None:
    texts = [text for _, text in checked(every_verdict()).cells]
    for word in ("✓ right", "✗ wrong", "! unusable", "! timed out", "? inconclusive", "- not checked"):
        assert word in texts
    assert "in a convention: b_bar as a row" in texts
    assert every_verdict()._repr_html_() == as_html(every_verdict())


def test_html_marks_the_entries_that_differ() -> None:
    cells = checked(alone(softmax_off_diagonal())).cells
    marked = [text for style, text in cells if "background" in style]
    assert marked == ["✗ 0"] * 6
    assert all("border:2px" in style for style, text in cells if text.startswith("✗ 0"))


def test_html_escapes() -> None:
    diagnosis = Diagnosis("HG100", "<b>t</b>", "a < b & c")
    result = Result("<lambda>", "softmax_jacobian", "wrong", diagnosis=[diagnosis])
    report = Report([result], "<script>.py", problems=["<i>"])
    assert checked(report).tags == {"div", "table", "tr", "th", "td", "pre", "p"}
    assert "a &lt; b &amp; c" in as_html(report)


def test_html_takes_the_page_colours() -> None:
    text = as_html(every_verdict())
    assert "<style" not in text
    assert "<script" not in text
    assert set(re.findall(r"(?<![-\w])color:([^;\"]+)", text)) == {"inherit"}


# All of them


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_every_function(name: str) -> None:
    text = FORMATS[name](every_verdict())
    quiet = {"sigmoid_prime"} if name == "github" else set()
    assert all(result.function in text for result in every_verdict().results if result.function not in quiet)
    assert text == FORMATS[name](every_verdict())


def test_formats_of_a_real_report() -> None:
    def tanh_derivative(z: Any) -> Any:
        return 1 - np.tanh(z)

    report = checking.check(tanh_derivative)
    assert "tanh_derivative is wrong" in str(report)
    jsonschema.validate(json.loads(as_json(report)), schema(), jsonschema.Draft202012Validator)
    ElementTree.fromstring(as_junit(report).encode())
    assert as_github(report).startswith("::error ")
    assert "✗ wrong" in [text for _, text in checked(report).cells]
