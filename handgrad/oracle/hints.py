"""The line of the notes' derivation that belongs to a line of a student's, as text."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from handgrad import docstrings
from handgrad.oracle.claiming import Claim

if TYPE_CHECKING:
    from handgrad.derivations import Chain, Line

CLOSE = 0.6
"""How alike a label and a rule must be, as difflib counts, to be the same step."""


def in_the_notes(claim: Claim, label: str, number: int, count: int) -> str | None:
    """The line that has this label or, in a derivation of so many lines, this place; None without a derivation.

    Where the notes take two cases apart, both may have it.
    """
    from handgrad.derivations import ALL, DERIVATIONS

    if claim.name not in DERIVATIONS:
        return None
    chains = DERIVATIONS[claim.name].chains
    closest = [(chain, max(chain.lines, key=lambda line: _likeness(label, line.rule))) for chain in chains]
    alike = [(chain, line) for chain, line in closest if _likeness(label, line.rule) >= CLOSE]
    if not alike:
        chain = min(chains, key=lambda chain: (chain.part is not ALL, abs(len(chain.lines) - count)))
        alike = [(chain, chain.lines[min(number, len(chain.lines) - 1)])]
    whole = [(chain, line) for chain, line in alike if chain.part is ALL]
    return "; ".join(
        _said(chain, line, "" if chain.part is ALL else f", {chain.part.text}") for chain, line in whole[:1] or alike
    )


def _likeness(label: str, rule: str) -> float:
    words = set(re.findall(r"\w+", label.lower()))
    if words and words <= set(re.findall(r"\w+", rule.lower())):
        return 1.0
    return difflib.SequenceMatcher(None, label.lower(), rule.lower()).ratio()


def _said(chain: Chain, line: Line, where: str) -> str:
    equation = f", equation ({line.equation})" if line.equation else ""
    return f"{line.rule}{where}: {as_text(chain.left)} = {as_text(line.latex)}{equation}"


# Without LaTeX

_SYMBOLS: dict[str, str] = dict(
    re.findall(
        r"(\w+)=(\S*)",
        "Delta=Δ alpha=α delta=δ omega=ω sigma=σ theta=θ nabla=∇ partial=∂ sum=Σ cdot=· odot=⊙ otimes=⊗ times=× sqrt=√ "
        "to=→ approx=≈ equiv=≡ geq=≥ neq=≠ in=∈ lVert=‖ rVert=‖ dots=… ddots=… vdots=… left= right=",
    )
)
_CLINGING = ("partial", "Delta", "nabla", "lVert", "left", "right")
"""Symbols with no space between them and what follows."""
_GROUP = r"\{((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}"
"""What stands in braces, with up to three pairs of them inside."""
_FRACTION = re.compile(rf"\\frac{_GROUP}{_GROUP}")
_MATRIX = re.compile(r"\\begin\{[pb]matrix\}((?:(?!\\begin).)*?)\\end\{[pb]matrix\}")


def as_text(latex: str) -> str:
    r"""A line of a derivation as it is written without LaTeX.

    >>> as_text(r"\frac{\partial p_i}{\partial l_j} = \frac{e^{l_i} S - e^{2 l_i}}{S^2}")
    '∂p_i/∂l_j = (e^{l_i} S - e^{2 l_i})/S^2'
    >>> as_text(r"\begin{cases} p_i (1 - p_i), & i = j \\ -p_i p_j, & i \neq j \end{cases}")
    'p_i (1 - p_i) for i = j; -p_i p_j for i ≠ j'
    """
    text = re.sub(r"\\begin\{cases\}(.*?)\\end\{cases\}", _cases, latex)
    while _FRACTION.search(text):
        text = _FRACTION.sub(lambda found: f"{_in_brackets(found[1])}/{_in_brackets(found[2])} ", text)
    text = re.sub(r"\\([A-Za-z]+)( ?)", _symbol, text)
    while _MATRIX.search(text):
        text = _MATRIX.sub(lambda found: docstrings.plain(rf"\begin{{pmatrix}}{found[1]}\end{{pmatrix}}"), text)
    text = " ".join(docstrings.plain(text).replace(r"\{", "{").replace(r"\}", "}").split())
    return re.sub(r" (?=[;)\]‖^])", "", text)


def _cases(found: re.Match[str]) -> str:
    return re.sub(r",?\s*&", " for", found[1]).replace(r"\\", ";")


def _in_brackets(text: str) -> str:
    text = text.strip()
    return f"({text})" if re.search(r"\s", re.sub(r"\\(partial|hat) ", "", text)) else text


def _symbol(found: re.Match[str]) -> str:
    name, space = found[1], found[2]
    if name not in _SYMBOLS:
        return found[0]
    return _SYMBOLS[name] if name in _CLINGING else f"{_SYMBOLS[name]}{space}"
