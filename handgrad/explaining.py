"""The long story behind a code, and the mistakes that are known of a derivative: as text and as data."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from handgrad.catalogue import FORMULAS
from handgrad.oracle import claiming, codes, networks
from handgrad.oracle.codes import CODES, Code
from handgrad.oracle.mistakes import OWN, USUAL, Mistake, named_versions

ANY = "any derivative"
WIDTH = 100
"""Where prose is folded."""


@dataclasses.dataclass(frozen=True)
class Known:
    """A mistake that is recognised by its numbers."""

    code: str
    mistake: str
    function: str
    formula: str
    usual: bool = False
    """Whether it can be made with any formula."""


def find(name: str) -> Code | list[Known]:
    """A code, or the mistakes known of a derivative or of all derivatives of a formula; KeyError with a hint."""
    if re.fullmatch(r"(hg)?\d+", name, re.IGNORECASE):
        return codes.find(name)
    found = [known for known in _all_known() if name in (known.function, known.formula)]
    if not found:
        names = dict.fromkeys([*(known.function for known in _all_known()), *FORMULAS])
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(close)}?" if close else "`handgrad explain` lists the codes"
        raise KeyError(f"no code or derivative is called {name!r}; {hint}")
    return sorted(found, key=lambda known: (known.function, known.code))


@functools.cache
def _all_known() -> tuple[Known, ...]:
    """Every mistake that has a name of its own, formula by formula, then the networks'."""
    named = [mistake for mistake in (*OWN, *USUAL) if mistake.code.startswith("HG2")]
    found = [Known(m.code, m.name, _function(m), m.formula, usual=m in USUAL) for m in named]
    return (*found, *_known_of_networks())


def _function(mistake: Mistake) -> str:
    if mistake.part == "derivative":
        return FORMULAS[mistake.formula].derivative.__name__
    return f"{mistake.formula}_{'derivative' if mistake.part == 'diagonal' else mistake.part}"


def _known_of_networks() -> Iterator[Known]:
    """Of two layers with the likeliest activations and loss; the names do not depend on them."""
    for function in networks.CLAIMS:
        for code, name, _ in named_versions(claiming.parse(function)):
            yield Known(code, name, function, function)


def known_for(code: Code) -> dict[str, list[str]]:
    """The names of the mistakes under a code, by function; those that fit any derivative are said once."""
    found: dict[str, list[str]] = {}
    for known in _all_known():
        if known.code == code.code:
            names = found.setdefault(ANY if known.usual else known.function, [])
            names += [known.mistake] if known.mistake not in names else []
    return found


# As data


def to_json(found: Code | Sequence[Known]) -> dict[str, Any]:
    """All that is known, as plain data."""
    if isinstance(found, Code):
        known = [{"function": name, "mistakes": mistakes} for name, mistakes in known_for(found).items()]
        return {**dataclasses.asdict(found), "known_for": known}
    functions = dict.fromkeys(known.function for known in found)
    return {
        "functions": [
            {
                "function": function,
                "mistakes": [
                    {"code": known.code, "title": CODES[known.code].title, "mistake": known.mistake}
                    for known in found
                    if known.function == function
                ],
            }
            for function in functions
        ]
    }


def codes_to_json() -> dict[str, Any]:
    """Every code in short."""
    return {
        "codes": [{"code": c.code, "title": c.title, "seen": c.seen, "help": c.help} for c in CODES.values()],
    }


# As text


def table_of_codes() -> Table:
    """Every code with its title."""
    table = Table("code", "title", box=None, pad_edge=False)
    for code in CODES.values():
        table.add_row(Text(code.code, style="dim"), Text(code.title))
    return table


def table_of(found: Sequence[Known]) -> Table:
    """The mistakes known of some derivatives, by their codes."""
    table = Table("function", "code", "mistake", "kind", box=None, pad_edge=False)
    for known in found:
        table.add_row(
            Text(known.function, style="bold"),
            Text(known.code, style="dim"),
            Text(known.mistake),
            Text(CODES[known.code].title),
        )
    return table


def story(code: Code, width: int) -> Iterator[Text]:
    """What a code means, as lines that are folded at a width."""
    width = min(width, WIDTH)
    yield Text.assemble((code.code, "dim"), "  ", (code.title, "bold cyan"))
    yield Text()
    yield from _labelled("seen", code.seen, width)
    yield from _labelled("help", code.help, width)
    for paragraph in code.story.split("\n\n"):
        yield Text()
        if paragraph.startswith(" "):
            yield from (Text(f"  {line}", style="green") for line in paragraph.splitlines())
        else:
            yield from _folded(f"  {' '.join(paragraph.split())}", width, "  ")
    yield Text()
    for line in code.example.splitlines():
        yield Text(f"    {line}", style="green" if line.startswith((">>>", "...")) else "")
    yield Text()
    yield from _labelled("idea", code.idea, width)
    known = known_for(code)
    if known:
        yield Text()
        yield Text("  known for", style="dim")
    for function, names in known.items():
        yield from _folded(f"    {function}: {'; '.join(names)}", width, "      ")


def _labelled(label: str, text: str, width: int) -> Iterator[Text]:
    first, *rest = textwrap.wrap(text, width - 8, break_on_hyphens=False)
    yield Text.assemble((f"  {label:<6}", "dim"), first)
    yield from (Text(f"{'':8}{line}") for line in rest)


def _folded(text: str, width: int, indent: str) -> Iterator[Text]:
    yield from map(Text, textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False))
