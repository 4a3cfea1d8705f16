"""Homework with the mistakes that are made most often, each file beside the report on it, word for word.

``python -m tests.transcripts`` writes the reports anew.
"""

from __future__ import annotations

import pathlib
import re

from handgrad.oracle.checking import check_file

FOLDER = pathlib.Path(__file__).parent
HOMEWORK = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))


def transcript(path: pathlib.Path) -> str:
    """What ``handgrad check`` says of a file; the time that it took stands as dots."""
    report = check_file(path)
    report.path = path.name
    return re.sub(r"in \d+\.\d s$", "in … s", str(report)) + "\n"
