"""A network learns on several devices at once, each with its share of every batch, by gradients worked out by hand.

``python examples/sharded.py`` trains the network of ``mlp_gradients`` to tell the arms of a spiral apart. JAX lays the
rows of a batch out over the devices, the hand-written formulas run on them as they stand, and the compiler adds up over
the devices what the formulas sum over the rows. Where there are not several devices, 8 are simulated.

Every gradient is computed on a single device as well. The exit code is 1 where the two differ by more than rounding or
the loss is no longer a number, and 2 where a request cannot be met.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import itertools
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from handgrad.backprop import mlp, mlp_gradients, sgd_step

Real = np.ndarray[Any, Any]

SIMULATED = 8
FLAG = "--xla_force_host_platform_device_count"

ARMS, TURN, NOISE = 3, 4.0, 0.2
HELD_OUT = 1024
LOSS = "mean_categorical_cross_entropy"
BOUND = {"float32": 1e-4, "float64": 1e-12}
"""How far a gradient may be from the one on a single device, relative to its largest entry."""


class Data(NamedTuple):
    """Points of the plane, and the arm of each as a row with a single 1."""

    x: Any
    y: Any


class Parameters(NamedTuple):
    """Weights and biases of each layer, or their gradients."""

    W: list[Any]
    b: list[Any]


class Epoch(NamedTuple):
    """What one more pass over the points came to."""

    parameters: Parameters
    loss: float
    difference: float
    """The largest from the gradients on a single device, relative to a gradient's largest entry."""


# Learning


def spiral(generator: np.random.Generator, points: int, dtype: str) -> Data:
    """Points on arms that wind around the origin."""
    arm, radius = generator.integers(0, ARMS, points), np.sqrt(generator.uniform(size=points))
    angle = 2 * np.pi * arm / ARMS + TURN * radius + NOISE * generator.normal(size=points)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return Data(x.astype(dtype), np.eye(ARMS, dtype=dtype)[arm])


def initial_parameters(generator: np.random.Generator, hidden: Sequence[int], dtype: str) -> Parameters:
    """Biases of 0 and random weights of variance 2/n, with which ReLU neither blows up its input nor shrinks it."""
    shapes = list(itertools.pairwise([2, *hidden, ARMS]))
    W = [(generator.normal(size=shape) * math.sqrt(2 / shape[0])).astype(dtype) for shape in shapes]
    return Parameters(W, [np.zeros(k, dtype) for _, k in shapes])


def activations(parameters: Parameters) -> list[str]:
    """ReLU in all layers but the last."""
    return [*["relu"] * (len(parameters.W) - 1), "softmax"]


def gradients(parameters: Parameters, data: Data) -> tuple[Any, Parameters]:
    """The loss and its gradients; nothing in here knows of devices."""
    J, dW, db = mlp_gradients(*parameters, *data, activations(parameters), LOSS)
    return J, Parameters(dW, db)


class Trainer:
    """Steps of gradient descent with the rows of a batch spread over devices, beside the gradients on one of them."""

    def __init__(self, devices: Sequence[Any]) -> None:
        import jax
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        mesh = Mesh(np.array(devices), ("rows",))
        self.one, self.copies = devices[0], NamedSharding(mesh, PartitionSpec())
        self.shares = NamedSharding(mesh, PartitionSpec("rows"))
        self.put: Callable[[Any, Any], Any] = jax.device_put
        self.gradients: Callable[..., tuple[Any, Parameters]] = jax.jit(gradients)
        self.step: Callable[..., tuple[list[Any], list[Any]]] = jax.jit(sgd_step)

    def epoch(self, parameters: Parameters, batches: Iterator[Data], rate: float) -> Epoch:
        """A pass over the batches."""
        losses, differences = [], []
        parameters = self.put(parameters, self.copies)
        for batch in batches:
            J, spread = self.gradients(parameters, self.put(batch, self.shares))
            _, whole = self.gradients(self.put(parameters, self.one), self.put(batch, self.one))
            losses.append(float(J))
            differences.append(largest_difference(spread, whole))
            parameters = Parameters(*self.step(*parameters, *spread, rate))
        return Epoch(parameters, float(np.mean(losses)), float(np.max(differences)))  # which keep a nan


def largest_difference(spread: Parameters, whole: Parameters) -> float:
    """Of any entry, relative to the largest one of its gradient."""
    found = []
    for array, other in zip(itertools.chain(*spread), itertools.chain(*whole), strict=True):
        difference, size = np.max(np.abs(np.asarray(array) - np.asarray(other))), np.max(np.abs(other))
        found.append(difference / size if size else difference)
    return float(np.max(found))


def batches(generator: np.random.Generator, data: Data, size: int) -> Iterator[Data]:
    """The points in random order, ``size`` at a time, without a smaller rest."""
    order = generator.permutation(len(data.x))
    for start in range(0, len(order) - size + 1, size):
        rows = order[start : start + size]
        yield Data(data.x[rows], data.y[rows])


# The command


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")


def _count(text: str) -> int:
    """A whole number above 0."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return rate


def _options(argv: Sequence[str] | None) -> tuple[argparse.Namespace, list[Any]]:
    """The options, and the devices; whatever cannot be met is found out here, before any training."""
    parser = _Parser(prog="sharded.py", description=str(__doc__).partition("\n")[0])
    counts: dict[str, Any] = {"type": _count, "metavar": "N"}
    parser.add_argument("--devices", help=f"how many (default: all, or {SIMULATED} simulated ones)", **counts)
    parser.add_argument("--epochs", default=10, help="passes over the points (default: %(default)s)", **counts)
    parser.add_argument("--points", default=8192, help="points to learn from (default: %(default)s)", **counts)
    parser.add_argument(
        "--batch", default=512, help="points in a step, on all devices (default: %(default)s)", **counts
    )
    parser.add_argument("--rate", default=0.5, type=_rate, help="learning rate (default: %(default)s)")
    parser.add_argument(
        "--hidden", default=[64, 64], nargs="+", help="size of each hidden layer (default: 64 64)", **counts
    )
    parser.add_argument("--seed", default=0, type=_seed, help="of points, weights and order (default: %(default)s)")
    parser.add_argument("--dtype", default="float64", choices=BOUND, help="of the network (default: %(default)s)")
    options = parser.parse_args(argv)
    if options.points < options.batch:
        parser.error(f"--batch {options.batch}: there are {options.points} points")
    devices = _devices(parser, options)
    if options.batch % len(devices):
        parser.error(f"--batch {options.batch}: {len(devices)} devices must share it equally")
    return options, devices


def _devices(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[Any]:
    """The devices asked for, with as many simulated ones as it takes: JAX reads how many there are when it starts."""
    flags = os.environ.get("XLA_FLAGS", "")
    if FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {FLAG}={options.devices or SIMULATED}".strip()
    try:
        jax = importlib.import_module("jax")
    except ImportError:
        parser.error("JAX spreads the batch, and is not installed: python -m pip install '.[jax]'")
    if options.dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    found = jax.devices()
    if len(found) == 1:
        with contextlib.suppress(RuntimeError):  # where JAX was told to leave the processor alone
            found = jax.devices("cpu")
    if options.devices and options.devices > len(found):
        parser.error(f"--devices {options.devices}: there are {len(found)}")
    return found[: options.devices]


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report every epoch, and return the exit code."""
    options, devices = _options(argv)
    generator = np.random.default_rng(options.seed)
    data, held_out = (spiral(generator, points, options.dtype) for points in (options.points, HELD_OUT))
    parameters = initial_parameters(generator, options.hidden, options.dtype)
    trainer, bound = Trainer(devices), BOUND[options.dtype]
    sizes = "-".join(map(str, [2, *options.hidden, ARMS]))
    share = options.batch // len(devices)
    print(f"{options.points} points, a {sizes} network, batches of {options.batch}:", end=" ")
    print(f"{share} on each of {len(devices)} devices ({devices[0].platform})")

    largest = 0.0
    with np.errstate(all="ignore"):  # a rate too high shows in the loss
        for number in range(1, options.epochs + 1):
            parameters, loss, difference = trainer.epoch(
                parameters, batches(generator, data, options.batch), options.rate
            )
            largest = float(np.maximum(largest, difference))
            print(f"epoch {number:>3}  loss {loss:<8.4g}  difference from one device {difference:.1e}")
            if not math.isfinite(loss):
                print("sharded.py: the loss is no longer a number; a smaller --rate helps", file=sys.stderr)
                return 1
    W, b = ([np.asarray(array) for array in arrays] for arrays in parameters)
    right = mlp(W, b, held_out.x, activations(parameters)).argmax(axis=-1) == held_out.y.argmax(axis=-1)
    print(f"{np.mean(right):.1%} of {HELD_OUT} other points right")
    verdict = "within" if largest <= bound else "NOT within"
    print(f"largest difference, relative to the gradient's largest entry, {largest:.1e}: {verdict} {bound:g}")
    return 0 if largest <= bound else 1


if __name__ == "__main__":
    sys.exit(main())
