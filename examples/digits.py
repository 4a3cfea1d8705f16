"""A network learns to read handwritten digits, by gradients worked out by hand.

``python examples/digits.py`` trains it on the 1797 digits that come with scikit-learn, and after every epoch has it
read a fifth of them that it never learns from. ``--picture`` draws how that went and the digits it finds hardest.
``--check`` has JAX differentiate the same network at every step, and compares.

The exit code is 1 where a gradient fails that comparison or the loss is no longer a number, and 2 where a request
cannot be met.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from handgrad import mean_categorical_cross_entropy
from handgrad.backprop import mlp, mlp_gradients, sgd_step

Real = np.ndarray[Any, Any]

CHECKOUT = Path(__file__).resolve().parent.parent
SIDE, CLASSES = 8, 10
HELD_OUT = 0.2
LOSS = "mean_categorical_cross_entropy"
BOUND = {"float32": 1e-4, "float64": 1e-9}
"""How far a gradient may be from JAX's, relative to its largest entry."""

FORMATS = (".pdf", ".png", ".svg")
GRID = (5, 7)
"""Rows and columns of digits in the picture."""
BLUE, ORANGE, GREY, LIGHT = "#0072b2", "#d55e00", "#595959", "#d9d9d9"  # blue and orange differ for everybody


class Data(NamedTuple):
    """Digits as rows of centred pixels, their classes as rows with a single 1, and their pictures."""

    x: Real
    y: Real
    images: Real

    def rows(self, index: Real) -> Data:
        """Some of the digits."""
        return Data(self.x[index], self.y[index], self.images[index])


class Network(NamedTuple):
    """Weights and biases of each layer, and the activations that go with them."""

    W: list[Real]
    b: list[Real]
    activations: list[str]


class Epoch(NamedTuple):
    """What the network can do after one more pass over the digits it learns from."""

    network: Network
    loss: float
    held_out_loss: float
    right: int


# Learning


def digits(generator: np.random.Generator, dtype: str) -> tuple[Data, Data]:
    """The digits to learn from, and those held out, split at random."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    held_out, training = np.split(generator.permutation(len(labels)), [round(HELD_OUT * len(labels))])
    centred = (pixels - pixels[training].mean(axis=0)) / pixels[training].std()
    data = Data(centred.astype(dtype), np.eye(CLASSES, dtype=dtype)[labels], pixels.reshape(-1, SIDE, SIDE))
    return data.rows(training), data.rows(held_out)


def initial_network(generator: np.random.Generator, hidden: Sequence[int], dtype: str) -> Network:
    """Biases of 0 and random weights of variance 2/n, with which ReLU neither blows up its input nor shrinks it."""
    shapes = list(itertools.pairwise([SIDE * SIDE, *hidden, CLASSES]))
    W = [(generator.normal(size=shape) * math.sqrt(2 / shape[0])).astype(dtype) for shape in shapes]
    return Network(W, [np.zeros(k, dtype) for _, k in shapes], [*["relu"] * len(hidden), "softmax"])


def batches(generator: np.random.Generator, data: Data, size: int) -> Iterator[Data]:
    """All digits once, in random order, ``size`` at a time."""
    order = generator.permutation(len(data.x))
    for start in range(0, len(order), size):
        yield data.rows(order[start : start + size])


def epochs(
    network: Network,
    training: Data,
    held_out: Data,
    generator: np.random.Generator,
    options: argparse.Namespace,
    after_step: Callable[[Network, Data, list[Real]], None],
) -> Iterator[Epoch]:
    """Gradient descent, a pass over the training digits at a time; ``after_step`` sees what each gradient is of."""
    for _ in range(options.epochs):
        total = 0.0
        for batch in batches(generator, training, options.batch):
            W, b, activations = network
            J, dW, db = mlp_gradients(W, b, batch.x, batch.y, activations, LOSS)
            after_step(network, batch, [*dW, *db])
            network = Network(*sgd_step(W, b, dW, db, options.rate), activations)
            total += float(J) * len(batch.x)
        p = predicted(network, held_out)
        right = np.sum(p.argmax(axis=-1) == held_out.y.argmax(axis=-1))
        yield Epoch(network, total / len(training.x), float(mean_categorical_cross_entropy(held_out.y, p)), int(right))


def predicted(network: Network, data: Data) -> Real:
    """The probability of each class for each digit."""
    return mlp(network.W, network.b, data.x, network.activations)


# The comparison with JAX


class Check:
    """How far the gradients by hand have been from those of ``jax.grad`` in float64, at worst."""

    def __init__(self, activations: Sequence[str], dtype: str) -> None:
        import jax

        sys.path.insert(0, str(CHECKOUT))  # a script finds modules in its own folder only
        reference = importlib.import_module("reference.backprop")
        jax.config.update("jax_enable_x64", True)

        def loss(W: list[jax.Array], b: list[jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
            return reference.mlp_loss(W, b, x, y, activations, LOSS)

        self.gradients = jax.jit(jax.grad(loss, argnums=(0, 1)))
        self.bound, self.rounding = BOUND[dtype], 100 * np.finfo(dtype).eps
        self.steps = self.kinks = 0
        self.absolute = self.relative = 0.0

    def compare(self, network: Network, batch: Data, by_hand: list[Real]) -> None:
        """Take one step's gradients, by all weights and then by all biases, into account."""
        W, b = ([array.astype(float) for array in arrays] for arrays in (network.W, network.b))
        x, y = batch.x.astype(float), batch.y.astype(float)
        by_jax = [np.asarray(gradient) for gradient in itertools.chain(*self.gradients(W, b, x, y))]
        differences = [_difference(hand, other) for hand, other in zip(by_hand, by_jax, strict=True)]
        largest = [np.max(np.abs(other)) for other in by_jax]
        relative = np.max([d / size if size else d for d, size in zip(differences, largest, strict=True)])
        if relative > self.bound and self._at_a_kink(Network(W, b, network.activations), x):
            self.kinks += 1
            return
        self.steps += 1
        # np.maximum keeps a nan, which then fails.
        self.absolute = float(np.maximum(self.absolute, np.max(differences)))
        self.relative = float(np.maximum(self.relative, relative))

    def _at_a_kink(self, network: Network, x: Real) -> bool:
        """Whether rounding may decide on which side of ReLU's kink a hidden unit is, and so what its gradient is."""
        W, b, activations = network
        n = [mlp(W[:m], b[:m], x, [*activations[: m - 1], "identity"]) for m in range(1, len(W))]
        return bool(min(np.min(np.abs(n_m)) for n_m in n) < self.rounding)

    @property
    def passed(self) -> bool:
        """Whether there was something to compare, and every difference is within the bound."""
        return self.steps > 0 and self.relative <= self.bound

    def __str__(self) -> str:
        left_out = f", {self.kinks} with a unit at ReLU's kink left out" if self.kinks else ""
        verdict = "within" if self.passed else "NOT within"
        return (
            f"{self.steps} steps compared with jax.grad{left_out}: largest difference {self.absolute:.1e}, relative to "
            f"the gradient's largest entry {self.relative:.1e}, {verdict} {self.bound:g}"
        )


def _difference(hand: Real, other: Real) -> float:
    """The largest of any entry; broadcasting must not make up for a wrong shape."""
    return float(np.max(np.abs(hand - other))) if hand.shape == other.shape else math.inf


# The picture


def picture(history: Sequence[Epoch], held_out: Data) -> Any:
    """The learning curves, and the held-out digits whose class is least certain."""
    from matplotlib.figure import Figure

    p = predicted(history[-1].network, held_out)
    read, true = p.argmax(axis=-1), held_out.y.argmax(axis=-1)
    wrong = read != true
    figure: Any = Figure(figsize=(11, 5.2), layout="constrained")
    curves, samples = figure.subfigures(1, 2, width_ratios=(1, 1.25), wspace=0.04)

    loss, accuracy = curves.subplots(2, 1, sharex=True)
    passes = range(1, len(history) + 1)
    learning = {"color": BLUE, "marker": ".", "label": "learning"}
    unseen = {"color": ORANGE, "marker": ".", "linestyle": "--", "label": "held out"}
    loss.plot(passes, [epoch.loss for epoch in history], **learning)
    loss.plot(passes, [epoch.held_out_loss for epoch in history], **unseen)
    loss.set(ylabel="loss", yscale="log")
    loss.legend(frameon=False)
    accuracy.plot(passes, [100 * epoch.right / len(true) for epoch in history], **unseen)
    accuracy.set(xlabel="epoch", ylabel="held out, % right")
    accuracy.xaxis.get_major_locator().set_params(integer=True)
    for axes in (loss, accuracy):
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color=LIGHT)
    curves.align_ylabels()
    curves.suptitle(f"{1 - wrong.mean():.1%} of {len(true)} held-out digits right")

    grid = samples.subplots(*GRID)
    unsure = np.argsort(np.max(p, axis=-1))[: grid.size]
    for axes, i in zip(grid.flat, unsure, strict=True):
        axes.imshow(held_out.images[i], cmap="gray_r")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=ORANGE if wrong[i] else LIGHT, linewidth=2.5 if wrong[i] else 0.8)
        label, weight = (f"{read[i]}, is {true[i]}", "bold") if wrong[i] else (str(read[i]), "normal")
        axes.set_title(label, fontsize=11, pad=4, color=ORANGE if wrong[i] else GREY, weight=weight)
    samples.suptitle(f"The {grid.size} it is least sure of, {wrong[unsure].sum()} of its {wrong.sum()} mistakes framed")
    return figure


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


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options; whatever cannot be met is found out here, before any training."""
    parser = _Parser(prog="digits.py", description=str(__doc__).partition("\n")[0])
    counts: dict[str, Any] = {"type": _count, "metavar": "N"}
    parser.add_argument("--epochs", default=30, help="passes over the training digits (default: %(default)s)", **counts)
    parser.add_argument("--batch", default=32, help="digits in a step (default: %(default)s)", **counts)
    parser.add_argument("--rate", default=0.3, type=_rate, help="learning rate (default: %(default)s)")
    parser.add_argument("--hidden", default=[128], nargs="+", help="size of each hidden layer (default: 128)", **counts)
    parser.add_argument("--seed", default=0, type=_seed, help="of split, weights and order (default: %(default)s)")
    parser.add_argument("--dtype", default="float64", choices=BOUND, help="of the network (default: %(default)s)")
    parser.add_argument(
        "--picture", type=Path, metavar="PATH", help=f"draw the result; PATH ends in {_listed(FORMATS)}"
    )
    parser.add_argument("--force", action="store_true", help="let --picture replace a file")
    parser.add_argument("--check", action="store_true", help="compare the gradients of every step with jax.grad")
    options = parser.parse_args(argv)
    _require(parser, "sklearn.datasets", "the digits come with scikit-learn", "examples")
    if options.picture is not None:
        _require(parser, "matplotlib.figure", "--picture needs matplotlib", "examples")
        path = f"--picture {options.picture}"
        if options.picture.suffix.lower() not in FORMATS:
            parser.error(f"{path}: it must end in {_listed(FORMATS)}")
        if not options.picture.parent.is_dir():
            parser.error(f"{path}: there is no folder {options.picture.parent}")
        if options.picture.is_dir():
            parser.error(f"{path}: it is a folder")
        if options.picture.exists() and not options.force:
            parser.error(f"{path}: it is there already; --force replaces it")
    if options.check:
        _require(parser, "jax", "--check needs JAX", "jax")
        if not (CHECKOUT / "reference" / "backprop.py").is_file():
            parser.error(f"--check needs the checkout: {CHECKOUT} has no reference/backprop.py")
    return options


def _require(parser: argparse.ArgumentParser, module: str, reason: str, extra: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:
        parser.error(f"{reason}, which is not installed: python -m pip install '.[{extra}]'")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report every epoch, and return the exit code."""
    options = _options(argv)
    generator = np.random.default_rng(options.seed)
    training, held_out = digits(generator, options.dtype)
    network = initial_network(generator, options.hidden, options.dtype)
    check = Check(network.activations, options.dtype) if options.check else None
    console = Console(highlight=False, soft_wrap=True)
    sizes = "-".join(map(str, [SIDE * SIDE, *options.hidden, CLASSES]))
    console.print(f"{len(training.x)} digits to learn from, {len(held_out.x)} held out, a {sizes} network")

    history: list[Epoch] = []
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with shown as progress, np.errstate(all="ignore"):  # a rate too high shows in the loss
        bar = progress.add_task("learning", total=options.epochs * math.ceil(len(training.x) / options.batch))

        def after_step(network: Network, batch: Data, gradients: list[Real]) -> None:
            if check:
                check.compare(network, batch, gradients)
            progress.advance(bar)

        for epoch in epochs(network, training, held_out, generator, options, after_step):
            history.append(epoch)
            unseen = f"held out: loss {epoch.held_out_loss:<8.4g} accuracy {epoch.right / len(held_out.x):.1%}"
            console.print(f"epoch {len(history):>3}  loss {epoch.loss:<8.4g}  {unseen}")
            if not math.isfinite(epoch.loss):
                break
    if check:
        console.print(str(check))
    if not math.isfinite(history[-1].loss):
        print("digits.py: the loss is no longer a number; a smaller --rate helps", file=sys.stderr)
        return 1
    if options.picture is not None:
        try:
            with options.picture.open("wb" if options.force else "xb") as file:
                picture(history, held_out).savefig(file, format=options.picture.suffix[1:].lower(), dpi=150)
        except OSError as error:
            print(f"digits.py: --picture {options.picture}: {error.strerror}", file=sys.stderr)
            return 2
        console.print(f"picture: {options.picture}")
    return 1 if check and not check.passed else 0


if __name__ == "__main__":
    sys.exit(main())
