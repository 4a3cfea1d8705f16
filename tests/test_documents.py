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


COMMANDS = [
    line.partition("&& ")[2] or line
    for path in PAGES
    for block in blocks(path, "sh")
    for line in block.splitlines()
    if "handgrad " in line
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(capsys: pytest.CaptureFixture[str], command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == "handgrad"
    assert main(arguments) == 0
    assert capsys.readouterr().out


def test_the_readme_shows_the_first_commands_output(capsys: pytest.CaptureFixture[str]) -> None:
    shown = blocks(ROOT / "README.md", "text")[0]
    main(shlex.split(COMMANDS[0])[1:])
    printed = capsys.readouterr().out
    head, tail = shown.split("...\n")
    assert printed.startswith(head)
    assert printed.endswith(tail)
