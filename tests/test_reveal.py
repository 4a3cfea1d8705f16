"""What a report says of the solution: ``--reveal none``, ``kind``, ``counterexample`` or ``full``."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import jsonschema
import pytest

import handgrad
from handgrad.cli import main
from handgrad.oracle import formats
from handgrad.oracle.checking import check_file
from handgrad.oracle.report import Report

HOMEWORK = pathlib.Path(__file__).parent.parent / "examples" / "homework.py"
SCHEMA = json.loads((pathlib.Path(handgrad.__file__).parent / "oracle" / "report.schema.json").read_text())
WRONG = "softmax_derivative"
SOLUTION = ("-0.25", "-0.103758", "correct", "∂p_i/∂l_j", "help:", "explain:", "handgrad show")
"""What gives the right numbers or the right formula away."""


@pytest.fixture(scope="module")
def report() -> Report:
    return check_file(HOMEWORK, WRONG)


@pytest.mark.parametrize("level", ["none", "kind", "counterexample"])
@pytest.mark.parametrize("name", [*formats.FORMATS, "html"])
def test_the_solution_is_kept_back(report: Report, level: Any, name: str) -> None:
    shown = {**formats.FORMATS, "html": formats.as_html}[name](report.revealed(level))
    if name == "json":
        found = json.loads(shown)
        jsonschema.validate(found, SCHEMA)
        (result,) = found["results"]
        assert not any(result[place] and result[place]["correct"] for place in ("counterexample", "telling"))
        shown = json.dumps([result["diagnosis"], result["notes"]], ensure_ascii=False)
    assert [text for text in SOLUTION if text in shown] == []


@pytest.mark.parametrize("name", ["text", "github"])
def test_the_whole_report_has_all_of_it(report: Report, name: str) -> None:
    shown = formats.FORMATS[name](report.revealed("full"))
    assert [text for text in SOLUTION if text not in shown] == ["handgrad show"]


def test_none_says_the_verdict_alone(report: Report) -> None:
    (result,) = report.revealed("none").results
    assert (result.verdict, result.diagnosis, result.smallest, result.telling) == ("wrong", [], None, None)


def test_kind_says_the_code_and_its_title(report: Report) -> None:
    (result,) = report.revealed("kind").results
    assert [(d.code, d.title, d.message, d.help) for d in result.diagnosis] == [
        ("HG203", "the off-diagonal terms are missing", "", "")
    ]
    assert result.smallest is None


def test_counterexample_says_where_it_fails(report: Report) -> None:
    text = formats.as_text(report.revealed("counterexample"))
    assert "l = [0, 0]   (the smallest such input)" in text
    assert "entry [0, 1]: yours 0; 2 of 4 entries differ" in text
    assert "only entries off the diagonal differ" in text


def test_what_is_right_is_shown_as_before() -> None:
    report = check_file(HOMEWORK, "linear_backward")
    assert report.revealed("none").results == report.results


def test_the_command_that_repeats_it_reveals_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{HOMEWORK}::{WRONG}", "--reveal", "kind"]) == 1
    assert f"{WRONG} --seed 0 --reveal kind" in capsys.readouterr().out


def test_an_unknown_level(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["check", str(HOMEWORK), "--reveal", "everything"])
    assert "invalid choice: 'everything'" in capsys.readouterr().err


def test_a_convention_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{HOMEWORK}::mse_grad", "--convention", "loss=sum"]) == 0
    assert "for the sum, N times the notes' loss" in capsys.readouterr().out
    assert main(["check", f"{HOMEWORK}::mse_grad", "--convention", "loss=half"]) == 1
    assert "--convention loss=half" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("loss=su", "loss is 'su'; it must be one of mean, sum, half,"),
        ("los=sum", "there is no los; there are loss,"),
        ("loss", "'loss' is not of the form name=value"),
        ("kink=half", "kink is 'half'; it must be a number"),
    ],
)
def test_conventions_that_are_none(given: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(HOMEWORK), "--convention", given]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
