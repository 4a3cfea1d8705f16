"""Write docs/equations.md, the table of equation numbers and the functions that implement them.

Run from the checkout: ``python -m docs.equations``. A test compares the file with what this would write.
"""

from __future__ import annotations

import pathlib
from collections import defaultdict

from handgrad import catalogue

EQUATIONS = {0: 6, 1: 15, 2: 32, 3: 13, 4: 11}
"""How many equations each note has."""

NOTES = {
    0: "Jacobians for stochastic gradient descent",
    1: "Stochastic gradient descent and back-propagated sensitivities",
    2: "Multivariate functions and Jacobians",
    3: "Matrix calculus by shape",
    4: "Back-propagation in matrix notation",
}

PATH = pathlib.Path(__file__).with_name("equations.md")


def functions_by_equation() -> dict[str, list[str]]:
    """Every equation number of the notes with the functions whose docstrings cite it."""
    cited: dict[str, list[str]] = defaultdict(list)
    for formula in catalogue.FORMULAS.values():
        for function in (formula.value, *formula.companions.values()):
            for number in catalogue.equations_of(function):
                cited[number].append(function.__name__)
    for function, numbers in catalogue.tools().items():
        for number in numbers:
            cited[number].append(function.__name__)
    return {f"{note}.{i}": cited[f"{note}.{i}"] for note, count in EQUATIONS.items() for i in range(1, count + 1)}


def table() -> str:
    """The page."""
    found = functions_by_equation()
    lines = [
        "# From equation number to function",
        "",
        "`handgrad list 2.32` finds the same from the command line. Written by `python -m docs.equations`.",
    ]
    for note, title in NOTES.items():
        lines += ["", f"## Note {note}: {title}", "", "| equation | functions |", "|---|---|"]
        for number, names in found.items():
            if number.startswith(f"{note}."):
                lines.append(f"| {number} | {', '.join(f'`{name}`' for name in names) or '—'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(table(), encoding="utf-8")
