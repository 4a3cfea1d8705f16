"""How many digits a formula keeps: by hand, as the notes print it, in JAX and in PyTorch, against mpmath.

``python -m benchmarks.accuracy`` draws arguments over the whole range of float64, computes every formula of the
catalogue and its derivatives in the four ways, and reports the worst error of any entry in two units.

============  ============================================================
ulp           the spacing of float64 numbers at the exact value, at least
              2^-1074; where terms cancel, as in a dot product, it grows
              without bound for every way to compute, since the terms
              themselves are rounded
conditioning  what rounding each input and the result once can change,
              2^-53 (Σ_j |∂f/∂x_j · x_j| + |f|), at least 2^-1075; it
              allows for the cancellation that lies in the function, not
              for one that a form adds
============  ============================================================

So a few ulp are good anywhere, and where all ways have many the second unit tells which of them is to blame. It is
lenient where the inputs are large: of sin 1e300, rounding the input leaves nothing.

Of eight samples, four have entries of any magnitude from 1e-300 to 1e307, three from 1e-3 to 1e3, and in one all are
±1000; one entry in twenty is 0 where that is allowed. Probabilities go as near to 0 and 1 as float64 does. Left out are
entries whose exact value overflows or does not exist, kinks, where conventions differ, and for JAX entries whose exact
value is subnormal, which XLA sets to 0 on a CPU. ∞ stands for an overflow or nan where the exact value is finite.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from handgrad.catalogue import FACTOR, FORMULAS, LABEL, POSITIVE, PROBABILITY, REAL, TARGET, Domain, Formula, find
from tests.exact import OVERFLOW, Exact, exact_beside, spacing, ulp_error

Real = np.ndarray[Any, Any]
SIZES = {"n": 3, "k": 2, "m": 2, "K": 3, "N": 3}
WAYS = ("hand", "printed", "jax", "torch")
UNITS = ("ulp", "conditioning")
WIDTH = 120


class Row(NamedTuple):
    """The worst errors of one function in one unit; None where there is nothing to compare."""

    formula: str
    function: str
    unit: str
    hand: float | None
    printed: float | None
    jax: float | None
    torch: float | None


# Arguments

SMALLEST, LARGEST = -300, 307
# The exponents, negative too, up to which the products inside a formula stay in the range, where its value would go on.
REACH = {"example_3_7": 100, "neuron": 150, "sum_of_sines": 150}


def drawn(formula: Formula, samples: int, seed: int) -> list[Real]:
    """Arguments with the samples along the leading axis, of the shared ones too."""
    draw = _Draw(np.random.default_rng([seed, list(FORMULAS).index(formula.name)]), formula, samples)
    return [draw.entries(formula.domains[name], _core(axes)) for name, axes in formula.axes.items()]


def cotangents(formula: Formula, samples: int, seed: int) -> list[Real]:
    """A cotangent per sample, if the pullback is measured."""
    if len(functions(formula)) < 3:
        return []
    generator = np.random.default_rng([seed, list(FORMULAS).index(formula.name), 1])
    shape = (samples, *_core(formula.result_axes))
    return [10 ** generator.uniform(-3, 0, shape) * generator.choice([-1.0, 1.0], shape)]


def _core(axes: tuple[str, ...]) -> tuple[int, ...]:
    named = [axis for axis in axes if not axis.startswith("*")]
    return tuple(int(axis) if axis.isdigit() else math.prod(SIZES[letter] for letter in axis) for axis in named)


class _Draw:
    """Of eight samples, four have entries of any magnitude, three of a moderate one, and one of 1000."""

    def __init__(self, generator: np.random.Generator, formula: Formula, samples: int) -> None:
        self.generator, self.formula, self.samples = generator, formula, samples

    def entries(self, domain: Domain | tuple[Domain, ...], core: tuple[int, ...]) -> Real:
        if isinstance(domain, tuple):
            return np.stack([self.entries(part, core[:-1]) for part in domain], axis=-1)
        draw, shape = self.generator, (self.samples, *core)
        kind = np.arange(self.samples).reshape(-1, *[1] * len(core)) % 8
        if domain in (TARGET, PROBABILITY):
            either = draw.random(shape) < 0.5
            near_an_end = np.where(either, 10 ** draw.uniform(-300, 0, shape), 1 - 10 ** draw.uniform(-16, 0, shape))
            inside = np.clip(np.where(kind < 4, near_an_end, draw.random(shape)), 1e-300, 1 - 2.0**-53)
            at_an_end = (domain is TARGET) & (draw.random(shape) < 0.5)
            return np.where(at_an_end, draw.integers(0, 2, shape), inside)
        if domain is LABEL:
            return draw.integers(0, SIZES["K"], shape)
        reach = REACH.get(self.formula.name)
        span = (-reach, reach) if reach else (SMALLEST, LARGEST)
        exponent = np.where(kind < 4, draw.uniform(*span, shape), draw.uniform(-3, 3, shape))
        size = np.where(kind == 7, 1000.0, 10**exponent)
        if domain is POSITIVE:
            return size
        zero = (domain in (REAL, FACTOR)) & (not self.formula.kinks) & (draw.random(shape) < 0.05)
        return np.where(zero, 0.0, size * draw.choice([-1.0, 1.0], shape))


# The forms the notes print, where they differ from the computed ones


def _sigmoid(z: Real) -> Real:
    return 1 / (1 + np.exp(-z))


def _softmax(l: Real) -> Real:
    return np.exp(l) / np.sum(np.exp(l), axis=-1, keepdims=True)


def _softmax_jacobian(l: Real) -> Real:
    p = _softmax(l)
    on_diagonal = (p * (1 - p))[..., None]
    return np.where(np.eye(l.shape[-1], dtype=bool), on_diagonal, -p[..., :, None] * p[..., None, :])


def _binary_cross_entropy(y: Real, y_hat: Real) -> Real:
    return -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))


def _sigmoid_cross_entropy(y: Real, z: Real) -> Real:
    a = _sigmoid(z)
    return -(np.where(y == 0, 0, y * np.log(a)) + np.where(y == 1, 0, (1 - y) * np.log(1 - a)))


def _neuron_gradient(x: Real, w: Real, b: Real) -> tuple[Real, ...]:
    a = _sigmoid(x @ w + b)
    da_dz = a * (1 - a)
    return da_dz * w, da_dz * x, da_dz


def _example_3_6_jacobian(x: Real) -> Real:
    rows = [[-np.sin(x), np.cos(x)], [np.exp(x), 1 - np.tanh(x) ** 2]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _norm(d: Real) -> Real:
    return np.sqrt(np.sum(d**2, axis=-1, keepdims=True))


PRINTED: dict[str, Callable[..., Any]] = {
    "binary_cross_entropy": _binary_cross_entropy,
    "binary_cross_entropy_derivative": lambda y, y_hat: -(y / y_hat - (1 - y) / (1 - y_hat)),
    "euclidean_error": lambda y, y_hat: _norm(y_hat - y)[..., 0],
    "euclidean_error_gradient": lambda y, y_hat: (y_hat - y) / _norm(y_hat - y),
    "example_3_1": lambda x: x**2 * np.log(x**2),
    "example_3_1_derivative": lambda x: 2 * x * (np.log(x**2) + 1),
    "example_3_6_jacobian": _example_3_6_jacobian,
    "example_3_6_vjp": lambda x, Y_bar: np.sum(Y_bar * _example_3_6_jacobian(x), axis=(-2, -1)),
    "mean_binary_cross_entropy": lambda y, y_hat: np.sum(_binary_cross_entropy(y, y_hat), axis=-1) / y.shape[-1],
    "neuron": lambda x, w, b: _sigmoid(x @ w + b),
    "neuron_gradient": _neuron_gradient,
    "sigmoid": _sigmoid,
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "sigmoid_cross_entropy_derivative": lambda y, z: _sigmoid(z) - y,
    "sigmoid_derivative": lambda z: _sigmoid(z) * (1 - _sigmoid(z)),
    "softmax": _softmax,
    "softmax_cross_entropy": lambda y, l: -np.sum(np.where(y == 0, 0, y * np.log(_softmax(l))), axis=-1),
    "softmax_cross_entropy_gradient": lambda y, l: _softmax(l) * np.sum(y, axis=-1, keepdims=True) - y,
    "softmax_jacobian": _softmax_jacobian,
    "softmax_vjp": lambda l, p_bar: np.vecdot(_softmax_jacobian(l), p_bar[..., None, :]),
    "tanh_derivative": lambda z: (1 + np.tanh(z)) * (1 - np.tanh(z)),
}
NOT_PRINTED = {"tan_derivative"}


# PyTorch's functions, as they are called


def torch_functions() -> dict[str, Callable[..., Any]]:
    """PyTorch's own function for a formula, of one sample; empty without PyTorch."""
    try:
        import torch
        from torch.nn import functional
    except ImportError:
        return {}
    return {
        "absolute": torch.abs,
        "addition": torch.add,
        "affine": lambda x, w, b: functional.linear(x, w, b),
        "batch_mean": torch.mean,
        "binary_cross_entropy": lambda y, y_hat: functional.binary_cross_entropy(y_hat, y, reduction="none"),
        "cos": torch.cos,
        "dense": lambda x, W, b: functional.linear(x, W.T, b),
        "dot": torch.dot,
        "euclidean_error": lambda y, y_hat: torch.linalg.vector_norm(y_hat - y),
        "example_3_5": torch.sum,
        "exp": torch.exp,
        "label_cross_entropy": lambda label, y_hat: functional.nll_loss(torch.log(y_hat), label),
        "linear_map": torch.mv,
        "log": torch.log,
        "mean": torch.mean,
        "mean_binary_cross_entropy": lambda y, y_hat: functional.binary_cross_entropy(y_hat, y),
        "mean_squared_error": lambda y, y_hat: functional.mse_loss(y_hat, y),
        "neuron": lambda x, w, b: torch.sigmoid(functional.linear(x, w, b)),
        "product": torch.mul,
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "sigmoid_cross_entropy": lambda y, z: functional.binary_cross_entropy_with_logits(z, y, reduction="none"),
        "sin": torch.sin,
        "softmax": lambda l: torch.softmax(l, 0),
        "softmax_cross_entropy": lambda y, l: functional.cross_entropy(l, y),
        "squared_error": lambda y, y_hat: functional.mse_loss(y_hat, y, reduction="none"),
        "sum_squared_error": lambda y, a: functional.mse_loss(a, y, reduction="sum"),
        "tan": torch.tan,
        "tanh": torch.tanh,
    }


# The four ways; each gives, function by function, a tuple of arrays with the samples in front


def functions(formula: Formula) -> list[str]:
    """The names of the measured functions: the value, its derivative and, where the value is an array, the pullback."""
    if formula.elementwise:
        return [formula.name, f"{formula.name}_derivative"]
    if formula.scalar:
        return [formula.name, f"{formula.name}_gradient"]
    return [formula.name, f"{formula.name}_jacobian", f"{formula.name}_vjp"]


Results = list[tuple[Any, ...]]


def _as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def by_hand(formula: Formula, inputs: list[Real]) -> Results:
    """The functions of handgrad."""
    if formula.shared:  # each sample has arguments of its own
        return _stacked([_of_sample(formula, [array[i] for array in inputs]) for i in range(len(inputs[0]))])
    return _of_sample(formula, inputs)


def _of_sample(formula: Formula, inputs: list[Real]) -> Results:
    args, cotangent = inputs[: len(formula.axes)], inputs[len(formula.axes) :]
    derivative = formula.companions["derivative"] if formula.elementwise else formula.derivative
    found = [_as_tuple(formula.value(*args)), _as_tuple(derivative(*args))]
    return [*found, *[_as_tuple(formula.companions["vjp"](*args)[1](y_bar)) for y_bar in cotangent]]


def _stacked(samples: list[Results]) -> Results:
    return [tuple(np.stack(arrays) for arrays in zip(*found, strict=True)) for found in zip(*samples, strict=True)]


def as_printed(formula: Formula, inputs: list[Real], hand: Results) -> list[tuple[Any, ...] | None]:
    """The notes' forms; the hand results where they are the same."""
    found: list[tuple[Any, ...] | None] = []
    for name, same in zip(functions(formula), hand, strict=True):
        args = inputs if name.endswith("_vjp") else inputs[: len(formula.axes)]
        if name not in PRINTED:
            found.append(None if name in NOT_PRINTED else same)
        elif formula.shared:
            samples = [[_as_tuple(PRINTED[name](*[array[i] for array in args]))] for i in range(len(args[0]))]
            found += _stacked(samples)
        else:
            found.append(_as_tuple(PRINTED[name](*args)))
    return found


def _differentiated(formula: Formula, forward: Callable[..., Any], library: Any) -> Callable[..., Results]:
    """What a library's autodiff makes of one sample's forward function; the library is jax or torch.func."""
    by = tuple(list(formula.axes).index(name) for name in formula.by)

    def results(*inputs: Any) -> Results:
        args, cotangent = list(inputs[: len(formula.axes)]), inputs[len(formula.axes) :]

        def of_differentiable(*chosen: Any) -> Any:
            full = list(args)
            for position, value in zip(by, chosen, strict=True):
                full[position] = value
            return forward(*full)

        chosen = [args[position] for position in by]
        pulled_back = [library.vjp(of_differentiable, *chosen)[1](y_bar) for y_bar in cotangent]
        return [(forward(*args),), library.jacrev(forward, by)(*args), *pulled_back]

    return results


def by_jax(formula: Formula, inputs: list[Real]) -> Results:
    """What JAX derives from the reference."""
    found = jax.jit(jax.vmap(_differentiated(formula, reference_of(formula), jax)))(*inputs)
    return jax.tree.map(np.asarray, found)


def by_torch(formula: Formula, inputs: list[Real], forward: Callable[..., Any] | None) -> Results | None:
    """What PyTorch derives from its own function, if it has one."""
    if forward is None:
        return None
    import torch

    tensors = [torch.from_numpy(array) for array in inputs]
    found = torch.func.vmap(_differentiated(formula, forward, torch.func))(*tensors)
    return [tuple(tensor.numpy() for tensor in tensors) for tensors in found]


# The truth


def reference_of(formula: Formula) -> Callable[..., Any]:
    """The naive forward function of one sample."""
    return getattr(importlib.import_module(f"reference.{formula.module}"), formula.name)


def _softplus(z: Any) -> Any:
    return jnp.log(1 + jnp.exp(z))


# At z = 1e300 no precision tells σ(z) from 1; with the logarithm of the quotient taken apart none is needed.
TAKEN_APART: dict[str, Callable[..., Any]] = {
    "sigmoid_cross_entropy": lambda y, z: y * _softplus(-z) + (1 - y) * _softplus(z),
    "softmax_cross_entropy": lambda y, l: jnp.sum(y * (jnp.log(jnp.sum(jnp.exp(l))) - l)),
}


def truth(formula: Formula, inputs: list[Real]) -> tuple[list[Exact], list[Exact]]:
    """The exact value of each array that the functions return, and its unit of conditioning."""
    forward = TAKEN_APART.get(formula.name) or reference_of(formula)
    results = _differentiated(formula, forward, jax)
    moving = [position for position, array in enumerate(inputs) if array.dtype.kind == "f"]

    def flat(*sample: Any) -> list[Any]:
        return jax.tree.leaves(results(*sample))

    def changes(*sample: Any) -> list[Any]:
        found, slopes = flat(*sample), jax.jacfwd(flat, moving)(*sample)
        return [
            sum(
                jnp.sum(jnp.abs(s * sample[at]), axis=tuple(range(out.ndim, s.ndim)))
                for s, at in zip(by, moving, strict=True)
            )
            for out, by in zip(found, slopes, strict=True)
        ]

    values, changed = exact_beside(jax.vmap(flat), jax.vmap(changes), *inputs)
    return values, [_conditioning(value, change) for value, change in zip(values, changed, strict=True)]


@np.vectorize(otypes=[object])
def _conditioning(value: Any, change: Any) -> Any:
    return max(mpmath.ldexp(abs(value) + change, -53), mpmath.ldexp(1, -1075))


# The measurement


def measured(formula: Formula, samples: int, seed: int, torch: Callable[..., Any] | None = None) -> Iterator[Row]:
    """A row per function and unit."""
    inputs = [*drawn(formula, samples, seed), *cotangents(formula, samples, seed)]
    with np.errstate(all="ignore"):
        hand = by_hand(formula, inputs)
        ways = [hand, as_printed(formula, inputs, hand), by_jax(formula, inputs), by_torch(formula, inputs, torch)]
    values, units = truth(formula, inputs)
    start = 0
    for position, function in enumerate(functions(formula)):
        span = slice(start, start + len(hand[position]))
        worst = [worst_error(way and way[position], values[span], units[span], normal=way is ways[2]) for way in ways]
        for unit, errors in zip(UNITS, zip(*worst, strict=True), strict=True):
            yield Row(formula.name, function, unit, *errors)
        start = span.stop


def worst_error(
    computed: tuple[Any, ...] | None, values: list[Exact], units: list[Exact], *, normal: bool = False
) -> tuple[float | None, float | None]:
    """The worst error in ulp and in units of conditioning; among normal numbers only, if so asked."""
    if computed is None:
        return None, None
    worst = [0.0, 0.0]
    smallest = mpmath.ldexp(1, -1022) if normal else 0
    for array, true, unit in zip(computed, values, units, strict=True):
        counted = np.vectorize(lambda t, smallest=smallest: t == 0 or smallest <= abs(t) < OVERFLOW, otypes=[bool])(
            true
        )
        ulp = ulp_error(np.asarray(array)[counted], true[counted])
        units_per_ulp = np.vectorize(lambda t, u: float(spacing(t) / u), otypes=[float])(true[counted], unit[counted])
        conditioning = np.where(np.isinf(ulp), np.inf, np.where(np.isinf(ulp), 0, ulp) * units_per_ulp)
        worst = [max([old, *new.tolist()]) for old, new in zip(worst, (ulp, conditioning), strict=True)]
    return worst[0], worst[1]


# Output


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="Worst error: in ulp, and in units of conditioning")
    table.add_column("function", no_wrap=True)
    for unit in UNITS:
        for way in WAYS:
            table.add_column(f"{unit if way == 'hand' else ''}\n{way}", justify="right", no_wrap=True)
    for ulp, conditioning in zip(rows[::2], rows[1::2], strict=True):
        table.add_row(ulp.function, *[_short(error) for error in (*ulp[3:], *conditioning[3:])])
    return table


def _short(error: float | None) -> str:
    if error is None:
        return "–"
    if math.isinf(error):
        return "∞"
    return f"{error:.1f}" if error < 1000 else f"{error:.0e}".replace("e+0", "e").replace("e+", "e")


def _json(header: Sequence[str], rows: Sequence[Row]) -> str:
    """What the figures depend on, and the rows; JSON has no infinity, so it stands there as a string."""
    listed = [{key: "inf" if entry == math.inf else entry for key, entry in row._asdict().items()} for row in rows]
    return json.dumps({"header": list(header), "rows": listed}, indent=1)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("formulas", nargs="*", default=list(FORMULAS), help="names of formulas (default: all)")
    parser.add_argument("--samples", type=int, default=200, help="argument tuples per formula (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the random arguments (default: %(default)s)")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--output", type=Path, help="write to a file instead of the terminal")
    options = parser.parse_args(argv)
    try:
        formulas = [find(name) for name in options.formulas]
    except KeyError as error:
        parser.error(error.args[0])
    jax.config.update("jax_enable_x64", True)

    aside = Console(stderr=True, highlight=False)
    torch = torch_functions()
    rows: list[Row] = []
    for formula in track(formulas, "measuring", console=aside, disable=not aside.is_terminal):
        rows += measured(formula, options.samples, options.seed, torch.get(formula.name))

    points = f"{len(formulas) * options.samples:,} points, {options.samples} for each of {len(formulas)} formulas"
    libraries = [f"{name} {version(name)}" for name in ("numpy", "jax", *(["torch"] if torch else []))]
    command = shlex.join(["python", "-m", "benchmarks.accuracy", *(sys.argv[1:] if argv is None else argv)])
    header = [f"{points}; {', '.join(libraries)}", command]
    with options.output.open("w", encoding="utf-8") if options.output else contextlib.nullcontext(sys.stdout) as file:
        if options.format == "json":
            print(_json(header, rows), file=file)
        else:
            Console(file=file, highlight=False, width=WIDTH).print(_table(rows))
    aside.print("\n".join(header), soft_wrap=True)


if __name__ == "__main__":
    main()
