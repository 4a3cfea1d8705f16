"""What was measured: the files that the tests and the benchmarks write, as far as they are there.

This is a plugin of pytest too: ``-p docs.evidence`` keeps what the comparison with JAX counts.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import json
import math
import shlex
import sys
from pathlib import Path
from typing import Any

__all__ = ["COMMANDS", "FOLDER", "Measured", "measured", "short", "verified"]

FOLDER = Path(__file__).parent / "_data"
COMMANDS = {
    "verified": "python -m pytest -n auto -p docs.evidence tests/test_against_jax.py",
    "accuracy": "python -m benchmarks.accuracy --format json --output docs/_data/accuracy.json",
    "speed": "python -m benchmarks.speed --json docs/_data/speed.json",
    "inline": "python -m benchmarks.speed --inline --json docs/_data/inline.json",
}
"""What writes each file; from the checkout."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """One of these files: what its figures depend on, and the figures."""

    header: tuple[str, ...]
    content: dict[str, Any]


@functools.cache
def measured(name: str) -> Measured | None:
    """A file by its name in ``COMMANDS``; None if it has not been written."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return Measured(tuple(content["header"]), content)


@functools.cache
def _worst() -> dict[str, dict[str, Any]]:
    """Per function the row of each unit."""
    found: dict[str, dict[str, Any]] = {}
    accuracy = measured("accuracy")
    for row in accuracy.content["rows"] if accuracy else ():
        found.setdefault(row["function"], {})[row["unit"]] = row
    return found


def verified(formula: str, function: str) -> str:
    """What is on record of a function of the catalogue, in a clause; empty if nothing is."""
    counts, worst = measured("verified"), _worst().get(function)
    parts = []
    if counts and formula in counts.content["formulas"]:
        parts.append(f"equal to JAX at {counts.content['formulas'][formula]['points']:,} points")
    if worst:
        ulp, conditioning = short(worst["ulp"]["hand"]), short(worst["conditioning"]["hand"])
        parts.append(f"worst error against mpmath {ulp} ulp, {conditioning} :doc:`units of conditioning </accuracy>`")
    return "; ".join(parts)


def short(error: float | str | None) -> str:
    """An error as a table shows it.

    >>> short(1.25), short(9e15), short("inf"), short(None)
    ('1.2', '9e15', '∞', '–')
    """
    if error is None:
        return "–"
    number = float(error)
    if math.isinf(number):
        return "∞"
    return f"{number:.1f}" if number < 1000 else f"{number:.0e}".replace("e+0", "e").replace("e+", "e")


def pytest_terminal_summary() -> None:
    """Write the counts of every formula, those of all workers together."""
    from tests.cases import VERIFIED

    if not VERIFIED:
        return
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "jax"))
    points = sum(found.points for found in VERIFIED.values())
    header = [
        f"{points:,} points, {len(VERIFIED)} formulas; {libraries}",
        shlex.join(["python", "-m", "pytest", *sys.argv[1:]]),
    ]
    formulas = {name: VERIFIED[name]._asdict() for name in sorted(VERIFIED)}
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps({"header": header, "formulas": formulas}, indent=1)
    (FOLDER / "verified.json").write_text(f"{text}\n", encoding="utf-8")
