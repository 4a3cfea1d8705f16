"""A page per code of the oracle, from the data behind ``handgrad explain``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docs.book import text
from docs.book.mathematics import plain_as_latex
from docs.book.text import block, field, heading, prose
from handgrad import explaining
from handgrad.oracle.codes import CODES, Code

__all__ = ["pages"]


def pages() -> Iterator[tuple[str, str]]:
    """The pages by name, without the suffix."""
    yield "codes/index", _index()
    for code in CODES.values():
        yield f"codes/{code.code}", _page(code)


def _index() -> str:
    rows = [[f":doc:`{code.code} <{code.code}>`", prose(code.title)] for code in CODES.values()]
    parts = [
        heading("The mistakes", "="),
        "What ``handgrad check`` finds has a code, and ``handgrad explain HG203`` tells its story. HG100 to HG109 are "
        "for what a call does. From HG201 on a code is a mistake that has a name: a wrong version of a formula is on "
        "record that gives the same numbers as the code under test, on fresh random inputs.",
        text.table(["code", "what is wrong"], rows, widths="auto"),
        block("toctree", "", "\n".join(CODES), hidden="", maxdepth="1"),
    ]
    return "\n\n".join(parts)


def _page(code: Code) -> str:
    parts = [
        block("index", f"! {code.code}", ""),
        heading(f"{code.code}: {code.title}", "="),
        "\n".join([field("Seen", prose(code.seen)), field("Help", prose(code.help))]),
        *_story(code.story),
        heading("Wrong and right", "-"),
        text.code(code.example, "pycon"),
        block("code-block", "none", code.idea, **{"class": "idea"}),
    ]
    known = explaining.known_for(code)
    if known:
        rows = [
            [name if name == explaining.ANY else f"``{name}``", prose("; ".join(names))]
            for name, names in known.items()
        ]
        parts += [heading("Known for", "-"), text.table(["derivative", "mistakes"], rows, widths="auto")]
    return "\n\n".join(parts)


def _story(story: str) -> Iterator[str]:
    for paragraph in story.split("\n\n"):
        if paragraph.startswith(" "):
            yield from (text.math(plain_as_latex(line)) for line in paragraph.splitlines())
        else:
            yield prose(re.sub(r"-\n", "-", paragraph))
