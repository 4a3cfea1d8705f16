"""A page per note: every equation with its functions, how it is found, and what is misprinted there."""

from __future__ import annotations

import ast
import collections
import functools
import html
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from docs import evidence
from docs.book import text
from docs.book.mathematics import as_latex
from docs.book.text import block, field, heading, prose, reference, table
from docs.equations import NOTES, TITLES, functions_by_equation
from handgrad import catalogue, derivations, docstrings, errata, layouts
from handgrad.catalogue import FORMULAS, Formula
from handgrad.derivations import ALL, Chain, Derivation
from handgrad.errata import ERRATA, Erratum

__all__ = ["anchor", "pages"]

Function = Callable[..., Any]
MANY = 12
"""With more functions than that, an equation shows only those that have no page of their own elsewhere."""


def pages() -> Iterator[tuple[str, str]]:
    """The pages by name, without the suffix."""
    yield "notes/index", _index()
    for note in NOTES:
        yield f"notes/{note}", _note(note)
    yield "notes/errata", _errata()


def anchor(number: str) -> str:
    """Where an equation stands.

    >>> anchor("2.32")
    'notes/2.html#eq-2-32'
    """
    return f"notes/{number.partition('.')[0]}.html#eq-{number.replace('.', '-')}"


# The pages


def _index() -> str:
    found, misprints = derivations.counts(), errata.counts()
    parts = [
        heading("The notes", "="),
        f"{len(TITLES)} equations of {len(NOTES)} lecture notes, each with the functions that compute it and its "
        "derivatives. The number of an equation is what docstrings, messages and the command line cite: the line "
        f"``Source: notes (2.32)`` of a docstring means {reference('2.32', 'this place')}, ``{anchor('2.32')}``.",
        f"{found['derivations']} derivations are written out, {found['lines']} lines in {found['chains']} chains. The "
        "tests compute each line on random inputs: it equals the line before it, and the last equals the function "
        "and JAX's derivative. "
        f"{misprints['errata']} :doc:`misprints <errata>` were found; {misprints['proven']} of them make a formula "
        "false, and the tests prove that, and the correction, with numbers.",
        block("toctree", "", "\n".join([*[str(note) for note in NOTES], "errata"]), maxdepth="1"),
    ]
    return "\n\n".join(parts)


def _note(note: int) -> str:
    numbers = [number for number in TITLES if number.startswith(f"{note}.")]
    parts = [heading(f"Note {note}: {NOTES[note]}", "=")]
    parts.append(" · ".join(reference(number) for number in numbers))
    for number in numbers:
        parts += _equation(number)
    return "\n\n".join(parts)


def _equation(number: str) -> Iterator[str]:
    label = f"eq-{number.replace('.', '-')}"
    yield block("index", f"! ({number})", "", name=label)
    yield heading(f"({number}) {TITLES[number]}", "-")
    names = functions_by_equation()[number]
    shown = [name for name in names if len(names) <= MANY or _home(name) == number]
    folded = [name for name in shown if name.endswith(("_vjp", "_jvp"))]
    for name in shown:
        if name in folded and folded != shown:
            yield _folded(name, docstrings.read(_functions()[name][0]).summary, _card(name))
        else:
            yield block("container", "function", _card(name))
    others = [name for name in names if name not in shown]
    if others:
        yield f"{'Also behind' if shown else 'Behind'} {', '.join(f'``{name}``' for name in others)}."
    for derivation, chains in _chains_of(number):
        yield block("container", "derivation", "\n\n".join(_derivation(derivation, chains, number)))
    elsewhere = [at for derivation in derivations.DERIVATIONS.values() for at in _elsewhere(derivation, number)]
    if elsewhere:
        yield f"A line of the derivation at {' and at '.join(reference(at) for at in dict.fromkeys(elsewhere))}."
    for erratum in errata.errata_of(number):
        yield _erratum(erratum)


# Functions


@functools.cache
def _functions() -> dict[str, tuple[Function, Formula | None]]:
    """Every public function by name, with the formula it belongs to."""
    rows = FORMULAS.values()
    found: dict[str, tuple[Function, Formula | None]] = {
        function.__name__: (function, row) for row in rows for function in (row.value, *row.companions.values())
    }
    return {**{function.__name__: (function, None) for function in catalogue.tools()}, **found}


def _home(name: str) -> str:
    """The last equation that a function cites."""
    return catalogue.equations_of(_functions()[name][0])[-1]


def _card(name: str) -> str:
    function, row = _functions()[name]
    parts = docstrings.read(function)
    shown = [f"``{name}`` {prose(parts.summary)}"]
    if parts.formula:
        shown.append(text.math(as_latex(parts.formula)))
    said = text.facts(function.__doc__ or "")
    known = {
        "Shapes": said["Shapes"],
        "Layouts": _layouts(row) if row and function is row.derivative else "",
        "Convention": said.get("Convention", ""),
        "Verified": _verified(function, row),
    }
    shown.append("\n".join(field(label, fact) for label, fact in known.items() if fact))
    shown.append(_folded("", "Code", "\n\n".join(text.code(source) for source in _sources(function))))
    return "\n\n".join(shown)


def _folded(name: str, title: str, content: str) -> str:
    """Something that opens when its title is clicked."""
    named = f"<code>{html.escape(name)}</code> " if name else ""
    head = f"<details><summary>{named}{html.escape(title)}</summary>"
    return "\n\n".join([block("raw", "html", head), content, block("raw", "html", "</details>")])


_TESTS = {"descent": "descent", "layouts": "layouts", "backprop": "recursion", "layers": "properties"}
"""Which tests hold the functions that are no formulas of their own."""


def _verified(function: Function, row: Formula | None) -> str:
    if row is None:
        return f"``tests/test_{_TESTS[function.__module__.rpartition('.')[2]]}.py``"
    return evidence.verified(row.name, function.__name__) or "against JAX on random inputs; no figures on record"


def _sources(function: Function) -> Iterator[str]:
    """The code of a function without its docstring, then that of the private functions it is made of."""
    source = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.FunctionDef)
    module = inspect.getmodule(function)
    said, lines = tree.body[0], source.splitlines()
    yield "\n".join([*lines[: said.lineno - 1], *lines[said.end_lineno or 0 :]])
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.startswith("_"))
    for helper in (getattr(module, name, None) for name in names):
        if inspect.isfunction(helper) and helper.__module__ == function.__module__:
            yield inspect.getsource(helper)


# Layouts

_SIZES = dict(zip("dkKmnNpsrtc", (5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41), strict=True))


def _layouts(row: Formula) -> str:
    """The shapes of a derivative in each layout that fits it, by argument."""
    found = []
    for name in row.by:
        axes = (*_core(row.result_axes), *_core(row.axes[name]))
        kind = _kind(row, len(_core(row.result_axes)), len(_core(row.axes[name])))
        by = f"by {prose(f'``{name}``')}: " if len(row.by) > 1 else ""
        found.append(by + ("; ".join(_in_each(axes, kind)) if kind else f"``{_shown(axes)}``"))
    return ". ".join(found)


def _core(axes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("n" if axis == "*shape" else axis for axis in axes if axis != "*batch")


def _kind(row: Formula, output: int, argument: int) -> str | None:
    if row.elementwise:
        return "element-wise Jacobian"
    by = {1: "vector", 2: "matrix"}.get(argument)
    head = {0: "gradient", 1: "Jacobian"}.get(output)
    return f"{head} by a {by}" if by and head else None


def _in_each(axes: tuple[str, ...], kind: str) -> Iterator[str]:
    """The layouts that are one function together, in the order of the table."""
    if kind == "element-wise Jacobian":
        axes = ("n", "n")
    by_function: dict[Function, list[str]] = collections.defaultdict(list)
    for layout, fitting in layouts.LAYOUTS.items():
        if kind in fitting:
            by_function[fitting[kind]].append(layout)
    for function, names in by_function.items():
        shape = np.shape(function(np.zeros(tuple(map(_size, axes)))))
        made = "" if function is layouts.house_layout else rf" by ``{function.__name__}``"
        yield f"{', '.join(names)} ``{_shown(_letters(shape, axes))}``{made}"


def _letters(shape: tuple[int, ...], axes: tuple[str, ...]) -> tuple[str, ...]:
    """The axes of which a shape is made: each size is that of one axis, or of the last two together."""
    known = dict(zip(map(_size, axes), axes, strict=True))
    *_, n, k = ("1", *axes)
    together = str(_size(n) * _size(k)) if (n + k).isdigit() else f"{n}·{k}"
    return tuple({1: "1", _size(n) * _size(k): together, **known}[size] for size in shape)


def _size(axis: str) -> int:
    return int(axis) if axis.isdigit() else math.prod(_SIZES[letter] for letter in axis)


def _shown(axes: tuple[str, ...]) -> str:
    return f"({', '.join('·'.join(axis) if axis.isalpha() else axis for axis in axes)})"


# Derivations


def _place(derivation: Derivation, chain: Chain) -> str:
    """The equation at which a chain stands: the one most of its lines have; of several, the last."""
    numbers = [line.equation for line in chain.lines if line.equation]
    if numbers:
        counted = collections.Counter(reversed(numbers))
        return max(counted, key=counted.__getitem__)
    return next(iter(derivation.equations), "") or _home(derivation.name)


def _chains_of(number: str) -> Iterator[tuple[Derivation, list[Chain]]]:
    for derivation in derivations.DERIVATIONS.values():
        chains = [chain for chain in derivation.chains if _place(derivation, chain) == number]
        if chains:
            yield derivation, chains


def _elsewhere(derivation: Derivation, number: str) -> Iterator[str]:
    """Where chains stand that go through an equation."""
    for chain in derivation.chains:
        place = _place(derivation, chain)
        if place != number and any(line.equation == number for line in chain.lines):
            yield place


def _derivation(derivation: Derivation, chains: list[Chain], number: str) -> Iterator[str]:
    yield f"**{derivation.title}**: ``{derivation.name}``"
    if derivation.remark:
        yield prose(derivation.remark)
    for chain in chains:
        if chain.part is not ALL:
            yield block("container", "part", prose(chain.part.text))
        yield block("container", "chain", "\n\n".join(_lines(chain, number)))


def _lines(chain: Chain, number: str) -> Iterator[str]:
    yield block("container", "left", text.math(chain.left))
    for line in chain.lines:
        at = rf" ({reference(line.equation)})" if line.equation not in ("", number) else ""
        content = [
            block("container", "right", text.math(f"= {line.latex}")),
            block("container", "rule", prose(line.rule) + at),
        ]
        yield block("container", "line", "\n\n".join(content))


# Misprints


def _errata() -> str:
    rows = [
        [reference(erratum.equation), prose(erratum.title), "false" if erratum.proof else "a lost symbol or name"]
        for erratum in ERRATA
    ]
    counts = errata.counts()
    parts = [
        heading("Misprints", "="),
        f"The notes are transcripts. {counts['errata']} of their misprints are kept here. {counts['proven']} make a "
        "formula false: for each of these the tests find a counterexample to the printed form, the smallest there is, "
        "and show that the correction holds on random inputs. In the others a symbol or a name is lost, and there is "
        "nothing to prove.",
        table(["equation", "misprint", "printed form"], rows, widths="auto"),
    ]
    return "\n\n".join(parts)


def _erratum(erratum: Erratum) -> str:
    parts = [
        field("Printed", text.math(erratum.printed)),
        field("Right", text.math(erratum.right)),
    ]
    shown = [prose(erratum.why), "\n".join(parts)]
    if erratum.proof:
        proof = erratum.proof
        printed, true = proof.shown()
        letters = ", ".join(f"{name} = {_number(value)}" for name, value in proof.counterexample.items())
        shown.append(
            f"Counterexample: at ``{letters or 'any input'}`` {prose(proof.what)} would be ``{_number(printed)}``; "
            f"it is ``{_number(true)}``."
        )
    return block("admonition", f"Misprint: {erratum.title}", "\n\n".join(shown), **{"class": "erratum"})


def _number(value: Any) -> str:
    if value is None:
        return "nothing: the factors do not fit"
    if isinstance(value, (bool, np.bool_, tuple)):
        return str(value)
    array = np.asarray(value, dtype=float)
    shown = np.array2string(array, separator=", ", formatter={"float_kind": lambda entry: f"{entry:.4g}"})
    return shown.replace("\n", "")
