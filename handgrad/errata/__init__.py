"""The notes' misprints, kept as data: what is printed, why it is false, what is right.

A misprint that makes a formula false comes with a proof: printed and right form as functions of the same letters, and a
counterexample to the printed one, the smallest that was found. Both forms state the same thing, a number, an array, a
shape or a truth value. Where only a symbol or a name is lost, there is nothing to prove.

``import handgrad`` does not import this package.
"""

from __future__ import annotations

from handgrad.errata import note_2, notes_0_1, notes_3_4
from handgrad.errata.misprints import Erratum, Letter, Proof

__all__ = ["ERRATA", "Erratum", "Letter", "Proof", "counts", "errata_of"]

ERRATA: tuple[Erratum, ...] = (*notes_0_1.ERRATA, *note_2.ERRATA, *notes_3_4.ERRATA)


def errata_of(equation: str) -> tuple[Erratum, ...]:
    """The misprints of an equation, by its number.

    >>> [erratum.title for erratum in errata_of("2.28")]
    ['an exponent that has lost its letter']
    """
    return tuple(erratum for erratum in ERRATA if erratum.equation == equation)


def counts() -> dict[str, int]:
    """How many there are: all, those shown false and put right, and lost symbols and names.

    >>> sorted(counts())
    ['errata', 'names', 'proven']
    """
    proven = sum(erratum.proof is not None for erratum in ERRATA)
    return {"errata": len(ERRATA), "proven": proven, "names": len(ERRATA) - proven}
