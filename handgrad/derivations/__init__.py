"""How the formulas are found by hand, line by line, kept as data.

Every line can be read and computed; on any arguments it equals the line before it and what handgrad's function says.
``import handgrad`` does not import this package.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from handgrad.derivations import (
    note_0,
    note_1,
    note_2_losses,
    note_2_neurons,
    note_2_softmax,
    note_3_chains,
    note_3_examples,
    note_4_layers,
    note_4_textbook,
)
from handgrad.derivations.lines import ALL, Chain, Derivation, Line, Part

__all__ = ["ALL", "DERIVATIONS", "FILES", "Chain", "Derivation", "Line", "Part", "counts", "derivation_of"]

FILES = (
    note_0,
    note_1,
    note_2_neurons,
    note_2_losses,
    note_2_softmax,
    note_3_examples,
    note_3_chains,
    note_4_layers,
    note_4_textbook,
)

DERIVATIONS: Mapping[str, Derivation] = MappingProxyType(
    {derivation.name: derivation for file in FILES for derivation in file.DERIVATIONS}
)


def derivation_of(name: str) -> Derivation:
    """The derivation of a function; a name without one raises KeyError with the names that come close.

    >>> [line.rule for line in derivation_of("sum_exp_gradient").lines]
    ['insert S', 'write out the sum', 'sum rule', 'only one term depends on l_j']
    """
    if name in DERIVATIONS:
        return DERIVATIONS[name]
    close = difflib.get_close_matches(name, DERIVATIONS, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise KeyError(f"there is no derivation of {name!r}{hint}")


def counts() -> dict[str, int]:
    """How many there are.

    >>> sorted(counts())
    ['chains', 'derivations', 'equations', 'lines']
    """
    found = DERIVATIONS.values()
    return {
        "derivations": len(found),
        "chains": sum(len(derivation.chains) for derivation in found),
        "lines": sum(len(derivation.lines) for derivation in found),
        "equations": len({number for derivation in found for number in derivation.equations}),
    }
