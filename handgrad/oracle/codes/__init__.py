"""The stable codes of what the oracle finds: HG1xx for what a call does, HG2xx for mistakes that have a name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from handgrad.oracle.codes import algebra, arrays, chain, contract, losses, probabilities, returned, scale
from handgrad.oracle.codes.kinds import Code

__all__ = ["CODES", "Code", "find"]

_FILES = (contract, scale, probabilities, returned, chain, losses, arrays, algebra)

CODES: Mapping[str, Code] = MappingProxyType(
    {code.code: code for code in sorted((code for file in _FILES for code in file.CODES), key=lambda code: code.code)}
)
"""All of them, in order."""


def find(code: str) -> Code:
    """A code in upper or lower case; an unknown one raises KeyError with those that come close.

    >>> find("hg203").title
    'the off-diagonal terms are missing'
    """
    known = code.upper()
    if known in CODES:
        return CODES[known]
    close = difflib.get_close_matches(known, CODES, n=3, cutoff=0.7)
    hint = f"did you mean {' or '.join(close)}?" if close else "`handgrad explain` lists them all"
    raise KeyError(f"no code is called {code!r}; {hint}")
