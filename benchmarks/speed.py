"""How long a value with its gradient takes: by hand, and in the libraries that differentiate, side by side in one run.

``python -m benchmarks.speed`` times each formula and its pullback, and ``mlp_gradients``, at sizes from 1 to 10^7
elements in float32 and float64. The ways are those of ``benchmarks.peers``: by hand on NumPy arrays, beside which stand
jax.jit called with the same NumPy arrays, PyTorch and HIPS autograd; and by hand inside jax.jit, beside which stands
JAX's own jitted derivative. All compute the same value and gradients of the same arguments, which is compared before
the clock starts. Those beside one another take turns, round by round in random order, so that whatever else the machine
does meets all of them; a time is the median over the rounds, a ratio the median of the ratios in each round, below 1
where handgrad is faster. The ratio of the fastest rounds is written beside it: it says more on a busy machine, where
libraries with several threads wait for one that does not run. Every library keeps the threads it takes by default.
JAX's arrays lie on its default device.

Then come the memory that a way holds at its peak beyond its arguments, the results included: by NumPy and HIPS autograd
as counted in a call, in jax.jit as XLA plans it (PyTorch does not say); the time to import; and the time to a verdict
on four derivatives, from the start of a command to its end, by ``handgrad check``, ``jax.test_util.check_grads`` and
``torch.autograd.gradcheck``. The summary holds what was measured against the marks that the project has set itself.
Names of formulas, or of the parts memory, imports and verdicts, restrict the run.

``--inline`` times only the two ways in jax.jit, and lets JAX run every program in the thread that calls it. Without it
JAX hands all but the smallest to another one, which on small arrays takes longer than the program.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import platform
import random
import shlex
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import peers
from benchmarks.peers import HAND, HAND_JITTED, JITTED, NETWORK, SHAPES, Program, Step, Subject

SIZES, QUICK_SIZES = tuple(10**exponent for exponent in range(8)), (10, 1000, 100_000)
DTYPES, QUICK_DTYPES = ("float32", "float64"), ("float64",)
SMALL = 10_000
"""Up to so many elements the overhead of a call counts; above, memory and threads do."""
SECONDS, QUICK_SECONDS = {True: 0.5, False: 3.0}, {True: 0.1, False: 0.3}
"""Clock time for the rounds of a subject, small or not; at least ``ROUNDS`` rounds."""
ROUNDS = 5
BLOCK = 0.001
"""A fast step is repeated for so many seconds before the clock is read again."""
PAUSE = 0.01
"""Seconds between two ways on large arrays, for the threads of the first to go to sleep."""
MEMORY_SIZE, COUNTED = 10**6, (HAND, "autograd", HAND_JITTED, "jax")
"""The elements whose memory is counted, and the ways that say what they hold."""
PARTS = ("memory", "imports", "verdicts")
MODULES = {"handgrad": "handgrad", "numpy": "numpy", "jax": "jax", "torch": "torch", "autograd": "autograd.numpy"}
CANDIDATES = Path(__file__).parent / "candidates"
CHECKERS = {
    "handgrad check": ["-m", "handgrad", "check", str(CANDIDATES / "by_handgrad.py")],
    "jax.test_util.check_grads": [str(CANDIDATES / "by_jax.py")],
    "torch.autograd.gradcheck": [str(CANDIDATES / "by_torch.py")],
}


class Row(NamedTuple):
    """What one way takes for a subject, and the time by hand by it."""

    label: str
    name: str
    dtype: str
    elements: int
    way: str
    rounds: int
    microseconds: float
    ratio: float
    fastest_microseconds: float
    fastest_ratio: float

    @property
    def where(self) -> str:
        """The subject in words."""
        return f"{self.label}, {self.elements:,}, {self.dtype}"


class Memory(NamedTuple):
    """What a way holds at its peak beyond its arguments, in bytes."""

    label: str
    way: str
    peak: int
    argument: int


class Seconds(NamedTuple):
    """The time of a command."""

    name: str
    seconds: float


class Growth(NamedTuple):
    """The exponent of a power of the size, fitted to the times by hand from 10^5 elements on."""

    label: str
    dtype: str
    exponent: float
    copy: float
    """That of copying an array, which leaves the caches at the same sizes."""


class Mark(NamedTuple):
    """What the project wants to show, and what was measured."""

    what: str
    rounds: str
    median: float
    worst: float
    median_mark: float | None
    worst_mark: float | None
    worst_row: str
    rows: int

    @property
    def met(self) -> bool:
        """Whether both numbers are within their marks."""
        pairs = ((self.median, self.median_mark), (self.worst, self.worst_mark))
        return all(mark is None or found <= mark for found, mark in pairs)


# Time


def timed(subject: Subject, ways: Sequence[str], seconds: float) -> list[Row]:
    """A row for each way."""
    steps = peers.steps(subject, ways)
    peers.compare(subject, steps)
    rows = []
    for in_jit in (False, True):
        part = {way: step for way, step in steps.items() if (way in JITTED) is in_jit}
        times = _in_turns(part, seconds * len(part) / len(steps), PAUSE if subject.elements > SMALL else 0)
        for way, found in times.items():
            by_hand = times[HAND_JITTED if in_jit else HAND]
            ratio = statistics.median(hand / other for hand, other in zip(by_hand, found, strict=True))
            shown = (subject.label, subject.name, subject.dtype, subject.elements, way)
            fastest = (1e6 * min(found), min(by_hand) / min(found))
            rows.append(Row(*shown, len(found), 1e6 * statistics.median(found), ratio, *fastest))
    return rows


def _in_turns(steps: dict[str, Step], seconds: float, pause: float) -> dict[str, list[float]]:
    """The times of steps that are held against each other, and of nobody else whose threads might still run."""
    repeats = {way: max(1, round(BLOCK / _seconds(step, 3))) for way, step in steps.items()}
    if HAND_JITTED in steps:  # the two take about as long; with the same number both are as warm
        repeats = dict.fromkeys(steps, max(repeats.values()))
    times: dict[str, list[float]] = {way: [] for way in steps}
    order = random.Random(0)
    start, rounds = time.perf_counter(), 0
    while steps and (rounds < ROUNDS or time.perf_counter() < start + seconds):
        for way in order.sample(list(steps), len(steps)):  # whoever comes second finds threads awake, memory at hand
            time.sleep(pause)
            times[way].append(_seconds(steps[way], repeats[way]))
        rounds += 1
    return times


def _seconds(step: Step, repeats: int) -> float:
    """The time of one step, after one that brings back what others drove out of the cache."""
    if repeats > 1:
        step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def growths(rows: Sequence[Row]) -> list[Growth]:
    """One for each formula and dtype that was timed at two sizes at least."""
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for row in rows:
        if row.way == HAND and row.elements >= 100_000 and row.name != NETWORK:
            found.setdefault((row.label, row.dtype), []).append((row.elements, row.microseconds))
    several = {key: points for key, points in found.items() if len(points) > 1}
    sizes = sorted({size for points in several.values() for size, _ in points})
    copies = {dtype: _exponent([(n, _copying(n, dtype)) for n in sizes]) for dtype in {dtype for _, dtype in several}}
    return [Growth(*key, _exponent(points), copies[key[1]]) for key, points in several.items()]


def _exponent(points: Sequence[tuple[int, float]]) -> float:
    return statistics.linear_regression(*zip(*np.log(points), strict=True)).slope


def _copying(elements: int, dtype: str) -> float:
    """The median time of a copy."""
    (times,) = _in_turns({"copy": np.ones(elements, dtype).copy}, SECONDS[False] / 10, PAUSE).values()
    return statistics.median(times)


# Memory


def memories(label: str, ways: Sequence[str], elements: int) -> list[Memory]:
    """A row for each way."""
    name, _ = SHAPES[label]
    subject = next(each for each in peers.subjects([name], [elements], ["float64"]) if each.label == label)
    argument = 8 * max(math.prod(shape) for shape in subject.shapes)
    return [Memory(label, way, _peak(peers.steps(subject, [way])[way]), argument) for way in ways]


def _peak(step: Step) -> int:
    """What XLA plans; of NumPy and HIPS autograd, what their second call allocates, since the first may fill caches."""
    if isinstance(step, Program):
        return step.planned_bytes()
    step()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before


# Commands


def imports(rounds: int) -> list[Seconds]:
    """The time to import each module that is there, beyond the start of Python."""
    commands = {name: ["-c", f"import {module}"] for name, module in MODULES.items()}
    found = _commands({"nothing": ["-c", ""], **commands}, rounds)
    return [Seconds(name, seconds - found["nothing"]) for name, seconds in found.items() if name != "nothing"]


def verdicts(rounds: int) -> list[Seconds]:
    """The time from a command to its verdict."""
    return [Seconds(name, seconds) for name, seconds in _commands(CHECKERS, rounds).items()]


def _commands(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """The median over rounds in turns, of those that work here; a first round is not counted."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CANDIDATES.parents[1]), *sys.path])}
    for number in range(rounds + 1):
        for name in list(found):
            start = time.perf_counter()
            command = [sys.executable, *commands[name]]
            done = subprocess.run(command, capture_output=True, check=False, env=environment)
            if done.returncode:
                del found[name]
            elif number:
                found[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


# What it shows


def marks(rows: Sequence[Row], memory: Sequence[Memory], exponents: Sequence[Growth]) -> Iterator[Mark]:
    """The project's marks, where something was measured for them."""
    wanted: list[tuple[str, str, Callable[[int], bool], float | None, float | None]] = [
        ("NumPy to 10^4, by PyTorch eager", "torch", lambda n: n <= SMALL, 0.7, 1.5),
        ("NumPy to 10^4, by HIPS autograd", "autograd", lambda n: n <= SMALL, 0.3, None),
        ("NumPy to 10^4, by jax.jit of NumPy arrays", "jax of NumPy", lambda n: n <= SMALL, 1.0, 1.5),
        ("NumPy above 10^4, by HIPS autograd", "autograd", lambda n: n > SMALL, 0.5, None),
        ("NumPy above 10^4, by PyTorch eager (aim)", "torch", lambda n: n > SMALL, 1.5, None),
        ("NumPy above 10^4, by jax.jit of NumPy arrays (aim)", "jax of NumPy", lambda n: n > SMALL, 1.5, None),
        ("in jax.jit, by JAX's own", "jax", lambda _: True, 1.05, 1.5),
        ("in jax.jit to 10^4, by JAX's own", "jax", lambda n: n <= SMALL, 1.05, 1.5),
        ("in jax.jit above 10^4, by JAX's own", "jax", lambda n: n > SMALL, 1.05, 1.5),
    ]
    for what, way, of_size, median, worst in wanted:
        chosen = [row for row in rows if row.way == way and of_size(row.elements)]
        yield from _mark(what, "median", [(row.ratio, row.where) for row in chosen], median, worst)
        yield from _mark(what, "fastest", [(row.fastest_ratio, row.where) for row in chosen], median, worst)
    peak = {(row.label, row.way): row.peak for row in memory}
    found = [
        (peak[label, HAND_JITTED] / max(peak[label, way], 1), label)
        for label, way in peak
        if way == "jax" and (label, HAND_JITTED) in peak
    ]
    yield from _mark("peak memory in jax.jit, by JAX's own", "", found, None, 1.0)
    found = [(row.exponent, f"{row.label}, {row.dtype}") for row in exponents]
    yield from _mark("exponent of the growth from 10^5 on", "median", found, None, 1.1)
    found = [(1 + row.exponent - row.copy, f"{row.label}, {row.dtype}") for row in exponents]
    yield from _mark("the same, beside that of a copy", "median", found, None, 1.1)


def _mark(
    what: str, rounds: str, found: list[tuple[float, str]], median: float | None, worst: float | None
) -> Iterator[Mark]:
    if found:
        middle = statistics.median(number for number, _ in found)
        yield Mark(what, rounds, middle, max(found)[0], median, worst, max(found)[1], len(found))


JITTED_MARK = 1.05
REASONS = {
    "sigmoid": "σ' keeps its digits beyond z = 37, from σ(-|z|), which value and pullback share",
    "tanh": "tanh' keeps its digits beyond z = 19, by an exponential, which in float64 takes XLA longer than tanh",
    "softmax": "one more sum, for the digits of a gradient at a probability near 1",
    "softmax_cross_entropy": "two more sums, for the digits of the loss and the gradient at a probability near 1",
    "categorical_cross_entropy": "0 log 0 and 0/0 are 0, where JAX's are nan",
    "mean_categorical_cross_entropy": "0 log 0 and 0/0 are 0, where JAX's are nan",
    "binary_cross_entropy": "log1p keeps the digits of a small ŷ; 0 log 0 is 0, where JAX's is nan",
    "mean_binary_cross_entropy": "log1p keeps the digits of a small ŷ; 0 log 0 is 0, where JAX's is nan",
    "label_cross_entropy": "a label out of range gives nan",
    "euclidean_error": "a maximum more, so that no square overflows or vanishes, and no 0/0 where ŷ = y",
}
"""What the extra work of a formula in jax.jit is for."""
REMARKS = (
    "Above 10^4 elements NumPy runs one operation after the other, on one thread, and writes its result to memory;"
    " PyTorch runs some of them, and XLA all, on every core, and XLA fuses them.",
    "XLA runs a program of fewer than 1,000 operations in the thread that calls it and hands others over, which takes"
    " 10 to 40 µs. At 100 elements that decides the ratio where a formula by hand, or JAX's own, is on the far side of"
    " that mark. --inline shows the ratios without that.",
    "In jax.jit rows of at most 12 entries are added up column by column, which XLA does faster than its own row sums:"
    " sum_squared_error, euclidean_error and softmax_cross_entropy of 10 classes gain by it.",
    "Of formulas that do little but read and write, time grows faster than the size, as that of a copy does, since"
    " larger arrays fit in no cache and their memory is new each time.",
)


def reasons(rows: Sequence[Row]) -> Iterator[str]:
    """Each formula with a row above the mark, how far above and in how many, and what that is for."""
    for name in dict.fromkeys(row.name for row in rows):
        own = [row for row in rows if row.name == name and row.way == "jax"]
        above = [row for row in own if row.ratio > JITTED_MARK]
        if above:
            worst = max(above, key=lambda row: row.ratio)
            text = REASONS.get(name, "the same operations as JAX's own; the rest is what else the machine did")
            yield f"{name}: {len(above)} of {len(own)}, at most {worst.ratio:.2f} at {worst.elements:,}: {text}"


# Output


def header(ways: Sequence[str], *, inline: bool) -> Iterator[str]:
    """What the numbers depend on: the machine, the versions, and who is missing."""
    names = ["numpy", "jax", *[way for way in ("torch", "autograd") if way in ways]]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    device = jax.devices()[0]
    yield f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"
    where = "its programs run in the thread that calls them" if inline else "the default threads of every library"
    yield f"JAX on {device.device_kind or device.platform}; {where}"
    yield "beside each time, the time by hand by it: below 1, handgrad is faster"
    for way in () if inline else peers.WAYS:
        if way not in ways:
            yield f"{way} is left out: it is not installed"


def _plain_table(columns: Sequence[str], words: int = 1) -> Table:
    table = Table(box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < words else "right", no_wrap=True)
    return table


def _times_table(rows: Sequence[Row]) -> Table:
    ways = list(dict.fromkeys(row.way for row in rows))
    table = _plain_table(["formula", "dtype", "elements", *ways], words=2)
    for start in range(0, len(rows), len(ways)):
        together = rows[start : start + len(ways)]
        cells = [
            _time(row.microseconds) + ("" if row.way in (HAND, HAND_JITTED) else f" {row.ratio:6.2f}")
            for row in together
        ]
        table.add_row(together[0].label, together[0].dtype, f"{together[0].elements:,}", *cells)
    return table


def _time(microseconds: float) -> str:
    return f"{microseconds:.1f} µs" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"


def _memory_table(found: Sequence[Memory]) -> Table:
    ways = list(dict.fromkeys(row.way for row in found))
    table = _plain_table(["formula", *ways])
    for start in range(0, len(found), len(ways)):
        together = found[start : start + len(ways)]
        table.add_row(together[0].label, *[f"{row.peak / row.argument:.2f}" for row in together])
    return table


def _seconds_table(found: Sequence[Seconds]) -> Table:
    table = _plain_table(["", ""])
    for row in found:
        table.add_row(row.name, f"{row.seconds:.2f}")
    return table


def _summary_table(found: Sequence[Mark]) -> Table:
    columns = ["what is shown", "rounds", "met", "worst row", "rows", "median", "mark", "worst", "mark"]
    table = _plain_table(columns, words=4)
    for row in found:
        numbers = [row.median, row.median_mark, row.worst, row.worst_mark]
        met = "yes" if row.met else "no"
        shown = ["" if number is None else f"{number:.2f}" for number in numbers]
        table.add_row(row.what, row.rounds, met, row.worst_row, str(row.rows), *shown)
    return table


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    everything = [*dict.fromkeys(name for name, _ in SHAPES.values()), NETWORK, *PARTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=str(__doc__).partition("\n")[0])
    parser.add_argument("what", nargs="*", default=everything, help=f"of {', '.join(everything)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="three sizes, one dtype, fewer rounds")
    parser.add_argument("--inline", action="store_true", help="JAX only, without a change of threads")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    options = parser.parse_args(argv)
    for name in options.what:
        if name not in everything:
            parser.error(f"{name!r} is not one of {', '.join(everything)}")
    jax.config.update("jax_enable_x64", True)
    quick, ways = options.quick, peers.available()
    if options.inline:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        options.what, ways = [name for name in options.what if name not in PARTS], [*JITTED]
    sizes, dtypes, seconds = (QUICK_SIZES, QUICK_DTYPES, QUICK_SECONDS) if quick else (SIZES, DTYPES, SECONDS)

    aside = Console(stderr=True, highlight=False)

    def watched(sequence: Sequence[Any], what: str) -> Any:
        return track(sequence, what, console=aside, disable=not aside.is_terminal)

    rows: list[Row] = []
    for subject in watched(list(peers.subjects(options.what, sizes, dtypes)), "timing"):
        rows += timed(subject, ways, seconds[subject.elements <= SMALL])
    memory: list[Memory] = []
    if "memory" in options.what:
        measured = [way for way in ways if way in COUNTED]
        for label in watched([label for label, (name, _) in SHAPES.items() if name in options.what], "memory"):
            memory += memories(label, measured, MEMORY_SIZE)
    commands: dict[str, list[Seconds]] = {"imports": [], "verdicts": []}
    for part, measure in (("imports", imports), ("verdicts", verdicts)):
        if part in options.what:
            commands[part] = measure(1 if quick else 5)

    exponents = growths(rows)
    summary = list(marks(rows, memory, exponents))
    lines, why = list(header(ways, inline=options.inline)), list(reasons(rows))
    if options.json:
        measured = {"rows": rows, "memory": memory, **commands, "growth": exponents, "summary": summary}
        listed = {key: [entry._asdict() for entry in entries] for key, entries in measured.items()}
        data = {"header": lines, **listed, "reasons": why, "remarks": REMARKS}
        options.json.write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")

    parts: list[Any] = [*lines]
    if rows:
        parts += ["", "Value and gradients", _times_table(rows)]
    if memory:
        parts += ["", "Peak memory beyond the arguments, in sizes of the largest one", _memory_table(memory)]
    if commands["imports"]:
        parts += ["", "Seconds to import, beyond the start of Python", _seconds_table(commands["imports"])]
    if commands["verdicts"]:
        parts += ["", "Seconds to a verdict on four derivatives", _seconds_table(commands["verdicts"])]
    if summary:
        parts += ["", "Summary", _summary_table(summary)]
    if why:
        parts += ["", f"In jax.jit, rows above {JITTED_MARK}, and what their work is for", *why]
    console = Console(highlight=False)
    wide = Console(highlight=False, width=max(console.width, 190))
    for part in [*parts, "", *REMARKS] if rows else parts:
        wide.print(part, soft_wrap=isinstance(part, str))
    aside.print(shlex.join(["python", "-m", "benchmarks.speed", *(sys.argv[1:] if argv is None else argv)]))


if __name__ == "__main__":
    main()
