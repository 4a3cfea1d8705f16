"""The parts of a public docstring: what the command line prints and the documentation is made of."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Docstring", "listed", "plain", "read"]

_LABELS = ("Convention", "Shapes", "Raises", "Source")


@dataclasses.dataclass(frozen=True)
class Docstring:
    """A docstring taken apart; labels that it does not have are empty."""

    summary: str
    formula: str
    """The mathematics, in LaTeX."""
    remarks: tuple[str, ...]
    """Paragraphs without a label."""
    labelled: dict[str, str]
    example: str
    """The doctest, prompts included."""


def read(function: Callable[..., Any]) -> Docstring:
    """Take a function's docstring apart.

    >>> from handgrad import softmax
    >>> read(softmax).labelled["Source"]
    'notes (2.27)'
    """
    summary, *blocks = re.split(r"\n\s*\n", inspect.getdoc(function) or "")
    formula, example, remarks, labelled = "", "", [], {}
    for block in blocks:
        if block.startswith(".. math::"):
            formula = " ".join(block.removeprefix(".. math::").split())
        elif block.startswith(">>>"):
            example = f"{example}\n\n{block}".strip()
        else:
            for part in re.split(rf"\n(?=(?:{'|'.join(_LABELS)}): )", block):
                label, _, text = part.partition(": ")
                if label in _LABELS:
                    labelled[label] = " ".join(text.replace("``", "").split()).rstrip(".")
                else:
                    remarks.append(" ".join(part.split()))
    return Docstring(summary, formula, tuple(remarks), labelled, example)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["x", "W", "b"])
    'x, W and b'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


_ACCENTS = {"bar": "\u0304", "dot": "\u0307", "hat": "\u0302"}


def plain(formula: str) -> str:
    r"""A formula in LaTeX as a line for the terminal.

    >>> plain(r"\bar l = p ⊙ (\bar p - \bar p^T p), \quad \operatorname{sign}(z_{ij})")
    'l̄ = p ⊙ (p̄ - p̄^T p),  sign(z_ij)'
    >>> plain(r"\begin{pmatrix} \cos x & 0 \\ 1 & 2 \end{pmatrix}")
    '[[cos x, 0], [1, 2]]'
    """
    line = re.sub(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", _nested_lists, formula)
    line = re.sub(r"\\(bar|dot|hat)\s*\{?([^\W\d_])\}?", lambda found: found[2] + _ACCENTS[found[1]], line)
    line = re.sub(r"\\(quad|,|;)\s*", " ", line)
    line = re.sub(r"\\(?:text|operatorname|mathrm)\{([^}]*)\}", r"\1", line)
    return re.sub(r"\\([a-zA-Z]+)", r"\1", re.sub(r"_\{(\w+)\}", r"_\1", line))


def _nested_lists(matrix: re.Match[str]) -> str:
    rows = [", ".join(entry.strip() for entry in row.split("&")) for row in matrix[1].split(r"\\")]
    return f"[{', '.join(f'[{row}]' for row in rows)}]"
