"""The pictures, drawn from the functions themselves while the book is built."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
import mpmath
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

import handgrad
from handgrad.oracle import checking

__all__ = ["draw"]

Real = np.ndarray[Any, Any]

CHECKOUT = Path(__file__).parent.parent.parent
BLUE, ORANGE, GREY, LIGHT = "#0072b2", "#d55e00", "#595959", "#d9d9d9"  # blue and orange differ for everybody
DIVERGING = LinearSegmentedColormap.from_list("diverging", [ORANGE, "white", BLUE])
STYLE: dict[Any, Any] = {
    "font.size": 11,
    "axes.edgecolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "svg.hashsalt": "handgrad",  # the same picture gives the same file
    "svg.fonttype": "path",
}


def draw(folder: Path) -> None:
    """Write all pictures into a folder."""
    draw_figures(folder, FIGURES)
    _digits(folder / "digits.png")


def draw_figures(folder: Path, names: Iterable[str]) -> None:
    """Write some of ``FIGURES`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for name in names:
            FIGURES[name]().savefig(folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")


def _matrix(axes: Any, matrix: Real, title: str, size: float) -> None:
    axes.imshow(matrix, cmap=DIVERGING, vmin=-size, vmax=size)
    rows, columns = matrix.shape
    axes.set_xticks(np.arange(columns + 1) - 0.5, [])
    axes.set_yticks(np.arange(rows + 1) - 0.5, [])
    axes.grid(color=LIGHT, linewidth=0.6)
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=11)
    axes.spines[:].set(visible=True, color=LIGHT)


def _patterns() -> Figure:
    """Three Jacobians, of which each fills its entries in a way of its own."""
    generator = np.random.default_rng(3)
    z = generator.normal(size=8)
    shown = {
        "σ, (0.5):\na diagonal": handgrad.sigmoid_jacobian(z),
        "softmax, (2.32): a diagonal\nless a matrix of rank one": handgrad.softmax_jacobian(1.2 * z),
        "a layer by its weights, (0.2):\na row in each block": handgrad.dense_of_weights_jacobian(
            generator.normal(size=5), np.zeros(20)
        ),
    }
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    widths = [matrix.shape[1] / matrix.shape[0] for matrix in shown.values()]
    for axes, (title, matrix) in zip(
        figure.subplots(1, 3, width_ratios=[1, 1, widths[2] / 2]), shown.items(), strict=True
    ):
        _matrix(axes, matrix, title, float(np.max(np.abs(matrix))))
    return figure


def _tails() -> Figure:
    """σ' over the whole range: by hand, and by automatic differentiation of two ways to write σ."""
    import jax

    jax.config.update("jax_enable_x64", True)
    z = np.linspace(-708, 708, 709)  # beyond, σ' has no 53 digits left
    of_printed = jax.grad(lambda z: 1 / (1 + jax.numpy.exp(-z)))
    computed = {
        "jax.grad of 1/(1 + exp(-z))": (np.asarray(jax.vmap(of_printed)(z)), ORANGE, "-", 4),
        "jax.grad of jax.nn.sigmoid": (np.asarray(jax.vmap(jax.grad(jax.nn.sigmoid))(z)), GREY, "-", 4),
        "handgrad.sigmoid_derivative": (handgrad.sigmoid_derivative(z), BLUE, "-", 1.5),
    }
    with mpmath.workdps(50):
        exact = [mpmath.exp(-abs(mpmath.mpf(x))) / (1 + mpmath.exp(-abs(mpmath.mpf(x)))) ** 2 for x in z]
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    value, error = figure.subplots(1, 2)
    for label, (slopes, colour, line, width) in computed.items():
        style = {"color": colour, "linestyle": line, "linewidth": width}
        value.plot(z, np.where(slopes > 0, slopes, np.nan), label=label, **style)
        error.plot(z, [_relative(slope, true) for slope, true in zip(slopes, exact, strict=True)], **style)
    value.set(xlabel="z", title="σ'(z), where it is not 0 or nan", yscale="log", ylim=(1e-323, 10))
    error.set(xlabel="z", title="relative error", yscale="log", ylim=(1e-17, 30))
    for axes in (value, error):
        axes.grid(color=LIGHT)
        axes.minorticks_off()
    figure.legend(*value.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _relative(computed: float, true: Any) -> float:
    """The error by the true number; that of a nan or 0 is all of it."""
    if not np.isfinite(computed):
        return 1.0
    return max(float(abs(mpmath.mpf(float(computed)) - true) / true), 1e-17)


def _verdict() -> Figure:
    """A wrong softmax Jacobian beside the right one, from the report of the oracle."""
    report = checking.check_file(str(CHECKOUT / "examples" / "homework.py"), "softmax_derivative")
    found = report.results[0].telling
    assert found is not None
    assert found.yours is not None
    shown = {"yours": found.yours, "correct": found.correct, "yours - correct": found.yours - found.correct}
    size = float(np.max(np.abs(found.correct)))
    figure = Figure(figsize=(8, 3), layout="constrained")
    for axes, (title, matrix) in zip(figure.subplots(1, 3), shown.items(), strict=True):
        _matrix(axes, matrix, title, size)
        for (i, j), entry in np.ndenumerate(matrix):
            axes.text(j, i, f"{entry:.4f}" if abs(entry) > 1e-9 else "0", ha="center", va="center", fontsize=10)
    figure.suptitle(f"l = {found.inputs['l'].astype(int).tolist()}", fontsize=11)
    return figure


def _digits(path: Path) -> None:
    """The run of ``examples/digits.py``, without its lines for the terminal."""
    spec = importlib.util.spec_from_file_location("digits", CHECKOUT / "examples" / "digits.py")
    assert spec is not None
    assert spec.loader is not None
    digits = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(digits)
    with contextlib.redirect_stdout(io.StringIO()):
        digits.main(["--picture", str(path), "--force"])


FIGURES = {"patterns": _patterns, "tails": _tails, "verdict": _verdict}

if __name__ == "__main__":
    chosen = sys.argv[2:]
    draw_figures(Path(sys.argv[1]), chosen) if chosen else draw(Path(sys.argv[1]))
