"""Whether a formula is plain LaTeX: what KaTeX and MathJax both read, with nothing left open."""

from __future__ import annotations

import re

NAMES = (
    "Delta alpha approx cdot cos ddots delta dots equiv frac geq hat in lVert left ln log mathbb nabla "
    "neq odot omega operatorname otimes partial quad rVert right sigma sin sqrt sum tanh text theta times to vdots"
)
COMMANDS = {f"\\{name}" for name in NAMES.split()} | {r"\,", r"\;", r"\{", r"\}", r"\ ", r"\\"}
ENVIRONMENTS = ("pmatrix", "bmatrix", "cases")
CLOSED_BY = {"{": "}", r"\left": r"\right"} | {rf"\begin{{{name}}}": rf"\end{{{name}}}" for name in ENVIRONMENTS}

_TOKEN = re.compile(r"\\(?:begin|end)\{\w+\}|\\[A-Za-z]+|\\.|[^\\]")
_GROUP = r"(?:\w|\\\w+|\{[^{}]*\})"


def complaints(formula: str) -> list[str]:
    """What is wrong with a formula; nothing if it is plain LaTeX."""
    found = [f"{character!r} is not ASCII" for character in formula if not character.isascii()]
    within: list[str] = []
    for token in _TOKEN.findall(formula):
        if token in CLOSED_BY:
            within.append(token)
        elif token in CLOSED_BY.values():
            if not within or CLOSED_BY[within.pop()] != token:
                found.append(f"{token} closes nothing")
        elif token in ("&", r"\\"):
            if not within or not within[-1].startswith(r"\begin"):
                found.append(f"{token} outside an environment")
        elif token[0] == "\\" and token not in COMMANDS:
            found.append(f"{token} is not common")
    found += [f"{token} stays open" for token in within]
    return found + [f"{twice} twice" for twice in re.findall(rf"\^{_GROUP}\^|_{_GROUP}_", formula)]
