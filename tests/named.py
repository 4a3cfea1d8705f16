"""How many mistakes were called by their names, for the line that the suite prints."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Named:
    """Mistakes that were judged, those that got their name, and what was said of the others."""

    judged: int = 0
    right: int = 0
    missed: tuple[str, ...] = ()

    def joined(self, other: Named) -> Named:
        """Both together."""
        return Named(self.judged + other.judged, self.right + other.right, (*self.missed, *other.missed))


NAMED: dict[str, Named] = {}
"""By run, quick or slow."""
