"""Wrong versions of every formula, as people write them; the suite's own comparison must reject each.

Most come from a survey of hand-written derivatives in public repositories, some are the notes' misprints.
"""

from __future__ import annotations

from handgrad.catalogue import FORMULAS
from tests.mistakes import activations, elementary, layers, losses, multivariate, probabilities, worked_examples
from tests.mistakes.kinds import Mistake, usual

__all__ = ["MISTAKES", "OWN", "Mistake"]

_FILES = (multivariate, activations, elementary, layers, losses, probabilities, worked_examples)

OWN: tuple[Mistake, ...] = tuple(mistake for file in _FILES for mistake in file.MISTAKES)
"""Those that are written out for one formula."""

# The unit step's derivative is 0: flipped, scaled or repeated it stays right.
_USUAL = [mistake for name, formula in FORMULAS.items() if name != "unit_step" for mistake in usual(formula)]

MISTAKES: tuple[Mistake, ...] = tuple(sorted((*OWN, *_USUAL), key=lambda mistake: [*FORMULAS].index(mistake.formula)))
"""All of them, formula by formula."""
