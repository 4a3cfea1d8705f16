"""The reports on homework with the most frequent mistakes are the ones that are kept."""

from __future__ import annotations

import difflib
import pathlib

import pytest

from tests.transcripts import FOLDER, HOMEWORK, transcript


def test_every_homework_has_its_report() -> None:
    assert len(HOMEWORK) >= 10
    assert [path.stem for path in sorted(FOLDER.glob("*.txt"))] == [path.stem for path in HOMEWORK]


@pytest.mark.parametrize("path", HOMEWORK, ids=lambda path: path.stem)
def test_a_report_is_the_one_that_is_kept(path: pathlib.Path) -> None:
    kept, found = path.with_suffix(".txt").read_text(encoding="utf-8"), transcript(path)
    changes = difflib.unified_diff(kept.splitlines(), found.splitlines(), "kept", "found", lineterm="")
    assert kept == found, "\n".join(["run python -m tests.transcripts if this is meant", *changes])


@pytest.mark.parametrize("path", HOMEWORK, ids=lambda path: path.stem)
def test_a_report_is_plain_and_short(path: pathlib.Path) -> None:
    text = path.with_suffix(".txt").read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert str(path.parent) not in text, "nothing of this machine"
    assert max(text.count("\n\n") and len(block.splitlines()) for block in text.split("\n\n")) <= 40
