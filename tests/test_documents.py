"""What README.md and docs/ show is what happens."""

from __future__ import annotations

import itertools
import pathlib
import re
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from docs import evidence
from handgrad.catalogue import FORMULAS
from handgrad.cli import main

ROOT = pathlib.Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted(ROOT.glob("docs/*.md"))]


def blocks(path: pathlib.Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_python_snippets_run(path: pathlib.Path) -> None:
    """All of a page, one after the other, and then the tests that they define."""
    names: dict[str, Any] = {}
    for snippet in blocks(path, "python"):
        if "import torch" in snippet:
            pytest.importorskip("torch", reason="a snippet of the page needs PyTorch")
        exec(compile(snippet, str(path), "exec"), names)
    for name in [name for name in names if name.startswith("test_")]:
        names[name]()


class Command(NamedTuple):
    """A call of handgrad in a shell block, and the output shown below it, empty if there is none."""

    page: str
    line: str
    shown: str


def commands(path: pathlib.Path) -> Iterator[Command]:
    """The calls of a page; a block of outputs belongs to the first calls of the block before it."""
    text = path.read_text(encoding="utf-8")
    for block in re.finditer(r"^```sh\n(.*?)^```$((?:\s+^```text\n.*?^```$)*)", text, re.MULTILINE | re.DOTALL):
        calls = [part for line in block[1].splitlines() for part in line.split(" && ") if part.startswith("handgrad ")]
        outputs = re.findall(r"^```text\n(.*?)^```$", block[2], re.MULTILINE | re.DOTALL)
        for call, shown in itertools.zip_longest(calls, outputs[: len(calls)], fillvalue=""):
            yield Command(path.name, call, shown)


COMMANDS = [command for path in PAGES for command in commands(path)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.page}: {command.line}")
def test_commands_print_what_the_page_shows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(shlex.split(command.line)[1:])
    output = capsys.readouterr().out
    assert output
    assert code == (1 if "✗" in output else 0)
    for part in filter(None, command.shown.split("...\n")):
        assert part in output
        output = output.partition(part)[2]


def test_some_output_is_shown() -> None:
    assert {command.page for command in COMMANDS if command.shown} >= {"README.md", "homework.md"}


@pytest.mark.skipif(not evidence.FOLDER.is_dir(), reason="no figures are kept")
def test_the_figures_on_record_are_of_these_formulas() -> None:
    verified, accuracy = evidence.measured("verified"), evidence.measured("accuracy")
    assert verified is None or verified.content["formulas"].keys() == FORMULAS.keys()
    assert accuracy is None or {row["formula"] for row in accuracy.content["rows"]} == FORMULAS.keys()


def test_on_record_every_form_by_hand_keeps_its_digits() -> None:
    measured = evidence.measured("accuracy")
    assert measured is not None
    errors = {row["function"]: row["hand"] for row in measured.content["rows"] if row["unit"] == "conditioning"}
    lost = {function: error for function, error in errors.items() if error is not None and error > 8}
    assert not lost


def test_the_speeds_in_readme_are_those_on_record() -> None:
    marks = {}
    for name, suffix in (("speed", ""), ("inline", ", `--inline`")):
        measured = evidence.measured(name)
        assert measured is not None
        for mark in measured.content["summary"]:
            if mark["rounds"] == "median":
                marks[mark["what"].removesuffix(" (aim)") + suffix] = mark
    shown = re.findall(r"^ +\| (.+?) \| ([\d.]+) \| ([\d.]+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) >= 5
    for what, median, largest in shown:
        mark = marks[what]
        assert (median, largest) == (f"{mark['median']:.2f}", f"{mark['worst']:.2f}"), what
