"""What README.md and docs/ show is what happens."""

from __future__ import annotations

import pathlib
import re
import shlex
from typing import Any

import pytest

from handgrad.cli import main

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


def blocks(path: pathlib.Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_python_snippets_run(path: pathlib.Path) -> None:
    names: dict[str, Any] = {}
    for snippet in blocks(path, "python"):
        exec(compile(snippet, str(path), "exec"), names)


def commands(path: pathlib.Path) -> list[str]:
    """The calls of handgrad in the shell blocks of a page."""
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    return [part for line in lines for part in line.split(" && ") if part.startswith("handgrad ")]


COMMANDS = [command for path in PAGES for command in commands(path)]


def printed(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str]:
    """The exit code and output of a call, as from the checkout."""
    code = main(shlex.split(command)[1:])
    return code, capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(ROOT)
    code, output = printed(capsys, command)
    assert code == (1 if "homework" in command else 0)
    assert output


@pytest.mark.parametrize("position", [0, 1])
def test_the_readme_shows_what_the_first_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    monkeypatch.chdir(ROOT)
    shown = blocks(ROOT / "README.md", "text")[position].split("...\n")
    _, output = printed(capsys, COMMANDS[position])
    for part in filter(None, shown):
        assert part in output
        output = output.partition(part)[2]
