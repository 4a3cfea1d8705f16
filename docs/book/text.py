"""From plain prose and docstrings to reStructuredText: mathematics is typeset, equation numbers become links."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

from docs.book.mathematics import as_latex, plain_as_latex
from docs.book.phrases import phrases

__all__ = ["block", "code", "docstring", "facts", "field", "heading", "math", "prose", "reference", "table"]

_CODE = re.compile(
    r"``(.+?)``|`(.+?)`|"
    r"(?<![\w.\"'(])("
    r"(?:[A-Za-z]\w*\.)*(?:[A-Za-z]\w*_\w{3,}|[A-Za-z]\w+_\w{2,})(?:\([^()]*\))?|"  # p_bar, np.ones_like(z)
    r"(?:np|os|math)\.\w+(?:\([^()]*\))?|"
    r"--[a-z-]+|"
    r"[a-z]\w*\.py"
    r")(?!\w)"
)
_EQUATIONS = re.compile(r"\((\d\.\d+(?:, \d\.\d+)*)\)")


def prose(text: str) -> str:
    r"""A sentence: code, equation numbers and letters with an index in a markup of their own, the rest as it is.

    >>> prose("p_i of ``l``, notes (2.27)")
    '\\ :math:`p_i`\\  of \\ ``l``\\ , notes (\\ :ref:`2.27 <eq-2-27>`\\ )'
    """
    found, position = "", 0
    text = " ".join(text.split())
    for part in _CODE.finditer(text):
        found += _numbered(text[position : part.start()]) + _marked(f"``{part[1] or part[2] or part[3]}``")
        position = part.end()
    return found + _numbered(text[position:])


def _marked(markup: str) -> str:
    return rf"\ {markup}\ "


def _numbered(text: str) -> str:
    found, position = "", 0
    for part in _EQUATIONS.finditer(text):
        links = ", ".join(reference(number) for number in part[1].split(", "))
        found += _typeset(text[position : part.start()]) + f"({links})"
        position = part.end()
    return found + _typeset(text[position:])


def _typeset(text: str) -> str:
    return "".join(
        _marked(f":math:`{plain_as_latex(part, fractions=False).strip()}`")
        if i % 2
        else re.sub(r"([\\*_`|])", r"\\\1", part)
        for i, part in enumerate(phrases(text))
    )


def reference(number: str, text: str = "") -> str:
    """A link to an equation."""
    return _marked(f":ref:`{text or number} <eq-{number.replace('.', '-')}>`")


def heading(text: str, underline: str, label: str = "") -> str:
    """A heading, with a label to refer to."""
    target = f".. _{label}:\n\n" if label else ""
    return f"{target}{text}\n{underline * (2 * len(text))}"


def block(name: str, argument: str, content: str, /, **options: str) -> str:
    """A directive."""
    lines = [f".. {name}:: {argument}".rstrip(), *[f"   :{key}: {value}".rstrip() for key, value in options.items()]]
    indented = "\n".join(f"   {line}" if line else "" for line in content.splitlines())
    return "\n".join([*lines, "", indented])


def math(latex: str) -> str:
    """A formula of its own."""
    return block("math", "", latex)


def code(source: str, language: str = "python") -> str:
    """A listing."""
    return block("code-block", language, source)


def field(name: str, content: str) -> str:
    """An entry of a list of facts."""
    if "\n" not in content:
        return f":{name}: {content}"
    return "\n".join([f":{name}:", *[f"   {line}".rstrip() for line in content.splitlines()]])


def table(head: Sequence[str], rows: Iterable[Sequence[str]], **options: str) -> str:
    """A table, with a head if there is one; wide ones scroll by themselves."""
    lines = []
    for row in [*([head] if head else []), *rows]:
        lines += [f"{'* -' if i == 0 else '  -'} {cell}".rstrip() for i, cell in enumerate(row)]
    return block("list-table", "", "\n".join(lines), **{"header-rows": str(int(bool(head))), **options})


def docstring(text: str) -> str:
    """A docstring, its labelled lines as a list of facts."""
    parts: list[str] = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith(".. math::"):
            parts.append(math(as_latex(" ".join(paragraph.removeprefix(".. math::").split()))))
        elif paragraph.startswith(">>>"):
            parts.append(code(paragraph, "pycon"))
        elif paragraph.startswith("==="):
            parts.append(_legend(paragraph))
        else:
            words, facts = _parts(paragraph)
            parts += [prose(part) for part in words]
            parts += ["\n".join(field(label, fact) for label, fact in facts.items())] if facts else []
    return "\n\n".join(parts)


def facts(text: str) -> dict[str, str]:
    """The labelled lines of a docstring."""
    found: dict[str, str] = {}
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        found |= _parts(paragraph)[1]
    return found


def _parts(paragraph: str) -> tuple[list[str], dict[str, str]]:
    """What a paragraph says without a label, and what with one."""
    words, found = [], {}
    for part in re.split(r"\n(?=(?:Convention|Shapes|Raises|Source): )", paragraph):
        label, colon, rest = part.partition(": ")
        if colon and label in ("Convention", "Shapes", "Raises", "Source"):
            found[label] = prose(rest.strip().removesuffix("."))
        else:
            words.append(part)
    return words, found


def _legend(paragraph: str) -> str:
    """The meaning of letters and words, from the simple table in a docstring."""
    border, *lines = paragraph.splitlines()
    start = border.index("  =") + 2
    rows: list[list[str]] = []
    for line in lines[:-1]:
        letter, meaning = line[:start].strip(), line[start:].strip()
        if letter:
            rows.append([letter, meaning])
        else:
            rows[-1][1] += f" {meaning}"
    return table([], [[prose(cell) for cell in row] for row in rows], **{"class": "legend", "widths": "auto"})
