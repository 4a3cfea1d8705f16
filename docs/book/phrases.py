"""Where a sentence of plain text speaks mathematics: p_i (1 - p_i), where i = j, but not y_hat and not word-by-word."""

from __future__ import annotations

import re

from docs.book.mathematics import FUNCTIONS

__all__ = ["phrases"]

_LETTER = r"[^\W\d_]"
_INDEX = r"""(?:
    \^\(\w(?:[-+]\d)?\)T?                     # of a layer or sample: ^(m), ^(m-1), ^(m)T
    | \^-\d+
    | [_^]\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}     # _{ji}, ^{l_k}
    | [_^](?:[^\W_²]{1,2}(?![^\W²])|\d)       # _i, _ji, ^T
    | [²ᵀ]
)"""
_TERM = rf"""(?:
    (?<![\w.])(?:J0|(?:1|2|10)(?=\^)|{_LETTER}\u0304?){_INDEX}+
    | {_LETTER}\u0304                         # a letter with a bar
)"""
_PHRASE = re.compile(
    rf"""(?:
    {_TERM}
    | (?<![\w.'])(?:J0|{_LETTER})(?:'(?!\w))?(?![\w\u0304])
    | (?<![\w.])\d+(?![\w.])
    | \b(?:diag|{FUNCTIONS})\b(?=\ ?{_LETTER}|\ ?\()
    | (?<=\))(?:\^\w|[²ᵀ])
    | ,\ (?={_TERM})
    | [-()=+·/≠≥≈∂…‖|]
    | \s
    )+""",
    re.VERBOSE,
)
_SPEAKS = re.compile(
    rf"""
    {_TERM}
    | [=≠≥≈∂]
    | {_LETTER}'?\(                           # f(z)
    | {_LETTER}'?\ ?[-+·/]\ ?\w
    | \d\ ?/\ ?{_LETTER}                      # 1/N, but not the 0-d of an array
    | \d\ [-+]\ {_LETTER}
    """,
    re.VERBOSE,
)
_OPERATORS = r"=+·/≠≥≈"
_ARTICLE = re.compile(rf"^[aA]\ (?=[^\s{_OPERATORS}-])|(?<=[^\s{_OPERATORS}-])\ [aA]$")
_ENCLOSED = re.compile(rf"\(([^()]*)\)|{_LETTER} \(([^()=+-]*)\)")
"""Something in parentheses; a letter before them has a shape and is no function."""


def phrases(prose: str) -> list[str]:
    """Prose cut where it speaks mathematics: text, mathematics, text, …, text.

    >>> phrases("a factor p_i (1 - p_i), where i = j, and not y_hat or a word-by-word p")
    ['a factor ', 'p_i (1 - p_i)', ', where ', 'i = j', ', and not y_hat or a word-by-word p']
    """
    parts, position = [], 0
    for run in _PHRASE.finditer(prose):
        phrase = _trimmed(run[0])
        start = run.start() + run[0].index(phrase)
        end = start + len(phrase)
        apart = prose[start - 1 : start] not in (")", "]", "[", "/") and prose[end : end + 1] not in ("[", "^", "(")
        if phrase and apart:
            parts += [prose[position:start], phrase]
            position = end
    return [*parts, prose[position:]]


def _trimmed(run: str) -> str:
    """The part of a run that is mathematics; empty if it is words after all."""
    phrase, before = run, None
    while phrase != before:  # what is at the ends may belong to the words around
        before = phrase
        phrase = _ARTICLE.sub("", phrase.strip(f" ,…{_OPERATORS}").rstrip("-"))
        opened, closed = phrase.count("("), phrase.count(")")
        if opened > closed:
            phrase = phrase.removesuffix("(") if phrase.endswith("(") else phrase.removeprefix("(")
        elif closed > opened:
            phrase = phrase.removeprefix(")") if phrase.startswith(")") else phrase.removesuffix(")")
    enclosed = _ENCLOSED.fullmatch(phrase)
    phrase = (enclosed[1] or enclosed[2] or "") if enclosed else phrase
    balanced = phrase.count("(") == phrase.count(")")
    if balanced and "-=" not in phrase and _SPEAKS.search(phrase) and re.search(_LETTER, phrase):
        return phrase
    term = re.search(_TERM, run, re.VERBOSE)
    return term[0] if term else ""
