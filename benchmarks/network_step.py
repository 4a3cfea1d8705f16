"""How long the loss and gradients of one training step take: by hand, and in the libraries that differentiate.

``python -m benchmarks.network_step`` times ``mlp_gradients`` beside its peers on the same arrays, for networks from
2-3-2 with a batch of 4 to 784-1024-1024-10 with a batch of 256, with softmax and cross-entropy at the end. Nobody
updates a weight.

products      the matrix products of such a step and nothing else, in NumPy: no hand formula can be faster
jax           jax.jit(jax.value_and_grad(...)) called with NumPy arrays, until the gradients are there
torch         PyTorch, eager, torch.autograd.grad
autograd      HIPS autograd, value_and_grad
scikit-learn  MLPClassifier._backprop, its loss and gradients without the update and the checks of partial_fit, which
              would only slow it down

They take turns, round by round in another order, so that whatever else the machine does meets all of them. A ratio is
handgrad's time by the peer's, below 1 where handgrad is faster: the median over the rounds, and that of the fastest
rounds, which says more on a busy machine, where libraries with several threads wait for one that does not run. Every
library keeps the threads it takes by default. The loss and the gradients of all are compared before the clock starts.

The memory is the most that NumPy and Python hold at any time during a step by hand, beyond what they held before it: in
units of the parameters and the activations, it does not grow with the network, since no Jacobian is formed.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import itertools
import json
import math
import os
import platform
import shlex
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from handgrad.backprop import mlp_gradients

Real = np.ndarray[Any, Any]
Step = Callable[[], Any]

NETWORKS = (((2, 3, 2), 4), ((64, 32, 10), 32), ((784, 256, 128, 10), 128), ((784, 1024, 1024, 10), 256))
"""Sizes of the layers, from input to output, and of the batch."""
MEASURED = NETWORKS[2:]
"""Those whose memory is measured; in smaller ones, Python's own objects weigh more than the arrays."""
DTYPES = ("float32", "float64")
ACTIVATIONS = ("relu", "tanh", "sigmoid")
LOSS = "softmax_cross_entropy"
SECONDS, QUICK_SECONDS = 6.5, 1.5
"""Clock time for each case."""
BLOCK = 0.003
"""A fast step is repeated for so many seconds before the clock is read again."""
PAUSE = 0.03
"""Seconds between two ways, for the threads of the first to go to sleep: for a while they wait for work in a loop."""


class Case(NamedTuple):
    """A network, a batch of samples and what they are made of."""

    sizes: tuple[int, ...]
    batch: int
    dtype: str
    activation: str

    @property
    def network(self) -> str:
        """The sizes in words."""
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch}"

    @property
    def activations(self) -> list[str]:
        """One for each layer; the loss contains the softmax."""
        return [*[self.activation] * (len(self.sizes) - 2), "identity"]


class Arrays(NamedTuple):
    """The arguments of a step."""

    W: list[Real]
    b: list[Real]
    x: Real
    y: Real


class Row(NamedTuple):
    """What one way to compute a step takes, and handgrad's time by it."""

    network: str
    dtype: str
    activation: str
    way: str
    rounds: int
    median_microseconds: float
    median_ratio: float
    fastest_microseconds: float
    fastest_ratio: float


class Memory(NamedTuple):
    """What a step by hand needs at its peak, in bytes."""

    network: str
    dtype: str
    parameters: int
    activations: int
    peak: int

    @property
    def ratio(self) -> float:
        """The peak by the parameters and activations together."""
        return self.peak / (self.parameters + self.activations)


def arrays(case: Case) -> Arrays:
    """Random samples and weights of which the activations keep their size."""
    generator = np.random.default_rng(0)
    shapes = list(itertools.pairwise(case.sizes))
    W = [(generator.normal(size=shape) / math.sqrt(shape[0])).astype(case.dtype) for shape in shapes]
    b = [generator.normal(size=k).astype(case.dtype) for _, k in shapes]
    x = generator.normal(size=(case.batch, case.sizes[0])).astype(case.dtype)
    y = np.eye(case.sizes[-1], dtype=case.dtype)[generator.integers(0, case.sizes[-1], case.batch)]
    return Arrays(W, b, x, y)


# The ways to compute a step; each gives the loss, then the gradients by all W and by all b, and products gives nothing


def handgrad_step(case: Case, given: Arrays) -> Step:
    """By hand."""
    activations = case.activations
    return lambda: mlp_gradients(*given, activations, LOSS)


def products_step(case: Case, given: Arrays) -> Step:
    """The products with each layer's weights, there and back, and those for the gradients by them."""
    W = given.W
    a = [given.x, *[np.ones((case.batch, k), case.dtype) for k in case.sizes[1:]]]

    def step() -> None:
        for a_m, W_m in zip(a, W, strict=False):
            _ = a_m @ W_m
        for m in reversed(range(len(W))):
            _ = a[m].T @ a[m + 1]
            if m > 0:
                _ = a[m + 1] @ W[m].T

    return step


def jax_step(case: Case, given: Arrays) -> Step:
    """Compiled by XLA."""
    import jax

    jax.config.update("jax_enable_x64", True)
    activation = {"relu": jax.nn.relu, "tanh": jax.numpy.tanh, "sigmoid": jax.nn.sigmoid}[case.activation]

    def loss(W: list[jax.Array], b: list[jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
        *hidden, (W_M, b_M) = zip(W, b, strict=True)
        for W_m, b_m in hidden:
            x = activation(x @ W_m + b_m)
        return -jax.numpy.sum(y * jax.nn.log_softmax(x @ W_M + b_M)) / case.batch

    value_and_grad = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))

    def step() -> Any:
        J, gradients = jax.block_until_ready(value_and_grad(*given))
        return J, *gradients

    return step


def torch_step(case: Case, given: Arrays) -> Step:
    """Eager PyTorch."""
    import torch

    activation = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[case.activation]
    W, b = ([torch.from_numpy(array).requires_grad_() for array in part] for part in (given.W, given.b))
    x, y = torch.from_numpy(given.x), torch.from_numpy(given.y)
    *hidden, (W_M, b_M) = zip(W, b, strict=True)

    def step() -> Any:
        a = x
        for W_m, b_m in hidden:
            a = activation(torch.addmm(b_m, a, W_m))
        J = torch.nn.functional.cross_entropy(torch.addmm(b_M, a, W_M), y)
        gradients = torch.autograd.grad(J, [*W, *b])
        return J.detach(), gradients[: len(W)], gradients[len(W) :]

    return step


def autograd_step(case: Case, given: Arrays) -> Step:
    """HIPS autograd, on NumPy."""
    # Imported by name: it makes its functions at run time, where no type checker sees them.
    anp, value_and_grad_of = (
        importlib.import_module("autograd.numpy"),
        importlib.import_module("autograd").value_and_grad,
    )
    activation = {
        "relu": lambda n: anp.maximum(n, 0),
        "tanh": anp.tanh,
        "sigmoid": lambda n: 1 / (1 + anp.exp(-n)),
    }[case.activation]
    x, y = given.x, given.y

    def loss(parameters: tuple[list[Real], list[Real]]) -> Any:
        a = x
        *hidden, (W_M, b_M) = zip(*parameters, strict=True)
        for W_m, b_m in hidden:
            a = activation(anp.dot(a, W_m) + b_m)
        l = anp.dot(a, W_M) + b_M
        l = l - anp.max(l, axis=1, keepdims=True)
        return -anp.sum(y * (l - anp.log(anp.sum(anp.exp(l), axis=1, keepdims=True)))) / case.batch

    value_and_grad = value_and_grad_of(loss)

    def step() -> Any:
        J, gradients = value_and_grad((given.W, given.b))
        return J, *gradients

    return step


def sklearn_step(case: Case, given: Arrays) -> Step:
    """What MLPClassifier calls for each batch, without weight decay."""
    from sklearn.neural_network import MLPClassifier

    name = {"sigmoid": "logistic"}.get(case.activation, case.activation)
    model: Any = MLPClassifier(activation=name, alpha=0.0)
    model.coefs_, model.intercepts_ = given.W, given.b
    model.n_layers_, model.n_outputs_, model.out_activation_ = len(case.sizes), case.sizes[-1], "softmax"
    depth = len(given.W)

    def step() -> Any:
        layers: list[Any] = [given.x, *[None] * depth]
        return model._backprop(given.x, given.y, None, layers, [None] * depth, [None] * depth, [None] * depth)

    return step


WAYS: dict[str, Callable[[Case, Arrays], Step]] = {
    "handgrad": handgrad_step,
    "products": products_step,
    "jax": jax_step,
    "torch": torch_step,
    "autograd": autograd_step,
    "scikit-learn": sklearn_step,
}
PEERS = {"jax": "jax", "torch": "torch", "autograd": "autograd", "scikit-learn": "sklearn.neural_network"}
"""The module that each of these ways needs, and that need not be installed."""


def available() -> list[str]:
    """The ways whose library is there."""
    return [way for way in WAYS if way not in PEERS or _importable(PEERS[way])]


def _importable(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


# The measurement


def timed(case: Case, ways: Sequence[str], seconds: float) -> list[Row]:
    """A row for each way."""
    given = arrays(case)
    steps = {way: WAYS[way](case, given) for way in ways}
    _compare(case, {way: step() for way, step in steps.items()})
    repeats = {way: _repeats(step) for way, step in steps.items()}
    times: dict[str, list[float]] = {way: [] for way in ways}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[ways[0]]) < 5:
        done = len(times[ways[0]])
        for way in [*ways[done % len(ways) :], *ways[: done % len(ways)]]:
            time.sleep(PAUSE)
            times[way].append(_seconds(steps[way], repeats[way]))
    return [
        Row(
            case.network,
            case.dtype,
            case.activation,
            way,
            len(found),
            1e6 * statistics.median(found),
            statistics.median(hand / other for hand, other in zip(times["handgrad"], found, strict=True)),
            1e6 * min(found),
            min(times["handgrad"]) / min(found),
        )
        for way, found in times.items()
    ]


def _seconds(step: Step, repeats: int) -> float:
    """The time of one step, after one that brings memory and threads back."""
    step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def _repeats(step: Step) -> int:
    return max(1, round(BLOCK / _seconds(step, 3)))


def _compare(case: Case, results: dict[str, Any]) -> None:
    """Raise AssertionError unless all ways agree."""
    expected = _flat(results["handgrad"])
    for way, found in results.items():
        if found is not None:
            for array, wanted in zip(_flat(found), expected, strict=True):
                tolerance = 1e-4 if case.dtype == "float32" else 1e-10
                np.testing.assert_allclose(array, wanted, rtol=0, atol=tolerance * np.max(np.abs(wanted)), err_msg=way)


def _flat(result: Any) -> list[Real]:
    J, dW, db = result
    return [np.asarray(array) for array in (J, *dW, *db)]


def memory(case: Case) -> Memory:
    """The peak of the second step; the first may fill caches."""
    given = arrays(case)
    step = handgrad_step(case, given)
    step()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = np.dtype(case.dtype).itemsize
    parameters = sum(array.nbytes for array in (*given.W, *given.b))
    return Memory(case.network, case.dtype, parameters, case.batch * sum(case.sizes) * size, peak - before)


# Output


def header(ways: Sequence[str]) -> Iterator[str]:
    """What the numbers depend on: the machine, the versions, the threads, and who is missing."""
    versions = [
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", *[way for way in ways if way in PEERS])
    ]
    yield f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(versions)}"
    yield "the default threads of every library; one step's loss and gradients, no update"
    yield "beside each time, handgrad's by it: below 1, handgrad is faster"
    for way in WAYS:
        if way not in ways:
            yield f"{way} is left out: it is not installed"


def _steps_table(title: str, rows: Sequence[Row], kind: str) -> Table:
    ways = list(dict.fromkeys(row.way for row in rows))
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("network", "dtype", "activation"):
        table.add_column(column, no_wrap=True)
    for way in ways:
        table.add_column(way, justify="right", no_wrap=True)
    for start in range(0, len(rows), len(ways)):
        together = rows[start : start + len(ways)]
        times = [_time(getattr(row, f"{kind}_microseconds")) for row in together]
        ratios = ["" if row.way == "handgrad" else f" {getattr(row, f'{kind}_ratio'):5.2f}" for row in together]
        cells = [time + ratio for time, ratio in zip(times, ratios, strict=True)]
        table.add_row(together[0].network, together[0].dtype, together[0].activation, *cells)
    return table


def _time(microseconds: float) -> str:
    return f"{microseconds:.0f} µs" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"


def _memory_table(found: Sequence[Memory]) -> Table:
    table = Table(title="Peak memory of a step by hand", title_justify="left", box=None, pad_edge=False)
    for column in ("network", "dtype"):
        table.add_column(column, no_wrap=True)
    for column in ("parameters", "activations", "peak", "peak by both"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in found:
        sizes = [f"{size / 1e6:.2f} MB" for size in (row.parameters, row.activations, row.peak)]
        table.add_row(row.network, row.dtype, *sizes, f"{row.ratio:.2f}")
    return table


def _json(lines: Sequence[str], rows: Sequence[Row], found: Sequence[Memory]) -> str:
    data = {
        "header": list(lines),
        "steps": [row._asdict() for row in rows],
        "memory": [{**row._asdict(), "ratio": row.ratio} for row in found],
    }
    return json.dumps(data, indent=1, ensure_ascii=False)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.network_step", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="ReLU only, and fewer rounds: half a minute")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--output", type=Path, help="write to a file instead of the terminal")
    options = parser.parse_args(argv)
    chosen, seconds = (ACTIVATIONS[:1], QUICK_SECONDS) if options.quick else (ACTIVATIONS, SECONDS)
    cases = [Case(*network, *rest) for network in NETWORKS for rest in itertools.product(DTYPES, chosen)]

    aside = Console(stderr=True, highlight=False)
    ways = available()
    rows: list[Row] = []
    for case in track(cases, "measuring", console=aside, disable=not aside.is_terminal):
        rows += timed(case, ways, seconds)
    found = [memory(Case(*network, dtype, "relu")) for network in MEASURED for dtype in DTYPES]

    with options.output.open("w", encoding="utf-8") if options.output else sys.stdout as file:
        if options.format == "json":
            print(_json(list(header(ways)), rows, found), file=file)
        else:
            console = Console(file=file, highlight=False)
            wide = Console(file=file, highlight=False, width=max(console.width, 150))
            median, fastest = _steps_table("Median", rows, "median"), _steps_table("Fastest round", rows, "fastest")
            for part in (*header(ways), "", median, "", fastest, "", _memory_table(found)):
                wide.print(part)
    command = shlex.join(["python", "-m", "benchmarks.network_step", *(sys.argv[1:] if argv is None else argv)])
    aside.print(f"{min(row.rounds for row in rows)} to {max(row.rounds for row in rows)} rounds: {command}")


if __name__ == "__main__":
    main()
