"""The pages of figures, from the files that the benchmarks write."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docs.book import text
from docs.book.text import block, docstring, heading, prose
from docs.evidence import COMMANDS, measured, short

__all__ = ["pages"]

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
WAYS = ("hand", "printed", "jax", "torch")


def pages() -> Iterator[tuple[str, str]]:
    """The pages by name, without the suffix."""
    yield "accuracy", "\n\n".join(_page("Accuracy", "accuracy", _accuracy))
    yield "speed", "\n\n".join(_page("Speed", "speed", _speed))


def _page(title: str, name: str, tables: Any) -> Iterator[str]:
    yield heading(title, "=")
    path = BENCHMARKS / f"{name}.py"
    yield docstring(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "") if path.is_file() else ""
    found = measured(name)
    if found is None:
        yield "No figures are on record. From a checkout this writes them, and the next build shows them:"
        yield text.code(COMMANDS[name], "sh")
        return
    said = [line for line in found.header if not line.startswith("python ")]
    yield "\n".join(f"| {prose(line)}" for line in said)
    yield text.code("\n".join([line for line in found.header if line not in said] or [COMMANDS[name]]), "sh")
    yield from tables(found.content)


def _accuracy(content: dict[str, Any]) -> Iterator[str]:
    yield block("image", "pictures/tails.svg", "", alt="σ' and its error by hand and by automatic differentiation")
    rows = {(row["function"], row["unit"]): row for row in content["rows"]}
    for unit in ("ulp", "conditioning"):
        yield heading({"ulp": "In ulp", "conditioning": "In units of conditioning"}[unit], "-")
        cells = [
            [f"``{function}``", *[short(row[way]) for way in WAYS]]
            for (function, of), row in rows.items()
            if of == unit
        ]
        yield text.table(["function", "handgrad", "as printed", "JAX", "PyTorch"], cells, widths="auto")


SHOWN = (100, 10_000, 1_000_000)
"""Of the measured sizes, those in the table of times; it is in float64."""


def _speed(content: dict[str, Any]) -> Iterator[str]:
    yield from _titled("What is shown", _marks(content["summary"]))
    inline = measured("inline")
    if inline is not None:
        yield heading("The same in jax.jit, run in the thread that calls", "-")
        yield text.code(COMMANDS["inline"], "sh")
        yield _marks(inline.content["summary"])
        yield from map(prose, inline.content["reasons"])
    yield from _titled("Time for a value and its gradients", _times(content["rows"]))
    yield from _titled(
        "Memory at the peak beyond the arguments, in sizes of the largest one", _memory(content["memory"])
    )
    yield from _titled("Seconds to import, beyond the start of Python", _seconds(content["imports"]))
    yield from _titled("Seconds to a verdict on four derivatives", _seconds(content["verdicts"]))
    yield from (prose(remark) for remark in [*content["remarks"], *content["reasons"]])


def _titled(title: str, shown: str) -> list[str]:
    return [heading(title, "-"), shown] if shown else []


def _marks(found: list[dict[str, Any]]) -> str:
    head = ["what is shown", "rounds", "median", "mark", "worst", "mark", "worst at"]
    keys = ("median", "median_mark", "worst", "worst_mark")
    cells = [
        [prose(mark["what"]), mark["rounds"], *[_number(mark[key]) for key in keys], prose(mark["worst_row"])]
        for mark in found
    ]
    return text.table(head, cells, widths="auto") if found else ""


def _times(rows: list[dict[str, Any]]) -> str:
    sizes = {row["elements"] for row in rows}
    kept = [row for row in rows if row["dtype"] == "float64" and row["elements"] in (sizes & {*SHOWN} or sizes)]
    return _by_way(kept, ("label", "elements"), _time)


def _memory(rows: list[dict[str, Any]]) -> str:
    return _by_way(rows, ("label",), lambda row: f"{row['peak'] / row['argument']:.2f}")


def _by_way(rows: list[dict[str, Any]], keys: tuple[str, ...], cell: Callable[[dict[str, Any]], str]) -> str:
    """A line for each formula and size, a column for each way."""
    lines: dict[tuple[Any, ...], dict[str, str]] = {}
    for row in rows:
        lines.setdefault(tuple(row[key] for key in keys), {})[row["way"]] = cell(row)
    ways = list(dict.fromkeys(row["way"] for row in rows))
    cells = [[*map(_label, at), *[found.get(way, "–") for way in ways]] for at, found in lines.items()]
    return text.table([*keys, *ways], cells, widths="auto") if rows else ""


def _time(row: dict[str, Any]) -> str:
    micro = row["microseconds"]
    time = f"{micro:.1f} µs" if micro < 1000 else f"{micro / 1000:.1f} ms"
    return time if row["ratio"] == 1 else f"{time}, {row['ratio']:.2f}"


def _seconds(rows: list[dict[str, Any]]) -> str:
    return text.table(["", "seconds"], [[prose(row["name"]), _number(row["seconds"])] for row in rows]) if rows else ""


def _label(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else prose(str(value))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
