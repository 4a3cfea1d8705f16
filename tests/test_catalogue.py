"""The catalogue is complete: every public function has its row, its companions, its reference and its docstring."""

from __future__ import annotations

import importlib
import inspect
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import handgrad
from docs import equations
from handgrad import catalogue, docstrings
from handgrad._arrays import axes_of
from handgrad.catalogue import COMPANIONS, FORMULAS, Formula

MODULES = (
    "activations",
    "backprop",
    "descent",
    "elementary",
    "layers",
    "layouts",
    "losses",
    "multivariate",
    "probabilities",
    "worked_examples",
)
ROOT = pathlib.Path(__file__).parent.parent

# Derivatives written in the output have no arguments in common with the formula's rows.
FROM_OUTPUT = {f"{name}_derivative_from_output" for name in ("sigmoid", "tanh", "relu")}
NO_FUNCTIONS = {"KINDS", "LAYOUTS", "Layer"}


def public_functions() -> dict[str, Callable[..., Any]]:
    modules = [importlib.import_module(f"handgrad.{name}") for name in MODULES]
    return {name: getattr(module, name) for module in modules for name in module.__all__ if name not in NO_FUNCTIONS}


each_function = pytest.mark.parametrize("function", public_functions().values(), ids=public_functions())
each_formula = pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)


def test_every_public_function_is_exported_once() -> None:
    names = [name for module in MODULES for name in importlib.import_module(f"handgrad.{module}").__all__]
    assert len(names) == len(set(names))
    assert all(getattr(handgrad, name) is not None for name in names)


@pytest.mark.parametrize("module", MODULES)
def test_all_lists_what_is_defined(module: str) -> None:
    found = importlib.import_module(f"handgrad.{module}")
    defined = {
        name
        for name, value in vars(found).items()
        if inspect.isfunction(value) and value.__module__ == found.__name__ and not name.startswith("_")
    }
    assert set(found.__all__) - NO_FUNCTIONS == defined
    assert list(found.__all__) == sorted(found.__all__)


def test_every_public_function_belongs_to_a_row() -> None:
    named = {function.__name__ for formula in FORMULAS.values() for function in formula.companions.values()}
    assert set(public_functions()) - named - set(FORMULAS) - FROM_OUTPUT == {
        tool.__name__ for tool in catalogue.tools()
    }


@each_formula
def test_companions(formula: Formula) -> None:
    full = (
        "gradient" if formula.result_axes == ("*batch",) and formula.axes[formula.by[0]] != ("*shape",) else "jacobian"
    )
    expected = {"derivative", "jacobian"} if formula.result_axes == ("*shape",) else {full}
    assert set(formula.companions) == expected | {"vjp", "jvp"}
    arguments = list(inspect.signature(formula.value).parameters)
    for suffix in COMPANIONS[:-1]:
        if suffix in formula.companions:
            assert list(inspect.signature(formula.companions[suffix]).parameters) == arguments
    positional = [name for name in arguments if name not in formula.choices]
    tangents = [f"{name}_dot" for name in formula.by]
    assert list(inspect.signature(formula.companions["jvp"]).parameters) == [*positional, *tangents, *formula.choices]


@each_formula
def test_reference(formula: Formula) -> None:
    reference = getattr(importlib.import_module(f"reference.{formula.module}"), formula.name)
    assert list(inspect.signature(reference).parameters) == list(inspect.signature(formula.value).parameters)
    assert set(formula.domains) == set(formula.axes)
    assert set(formula.by) <= set(formula.axes)


@pytest.mark.parametrize("path", sorted(ROOT.glob("reference/*.py")), ids=lambda path: path.stem)
def test_the_reference_holds_no_derivative(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"jax\.(grad|jac|vjp|jvp|custom|nn)|handgrad import|import handgrad", text)


def test_no_automatic_differentiation_in_the_formulas() -> None:
    for module in MODULES:
        text = (ROOT / "handgrad" / f"{module}.py").read_text(encoding="utf-8")
        assert not re.search(r"\bgrad\(|jacrev|jacfwd|autograd|jax\.vjp|jax\.jvp", text), module


@each_function
def test_docstring(function: Callable[..., Any]) -> None:
    parts = docstrings.read(function)
    name = function.__name__
    assert len(parts.summary.splitlines()) == 1
    assert parts.summary.endswith(".")
    assert parts.formula or function in catalogue.tools()
    assert ">>> " in parts.example
    assert name.removesuffix("_vjp") in parts.example
    assert set(parts.labelled) >= {"Shapes", "Source"}
    assert ("Raises" in parts.labelled) or not (name in FORMULAS or function in catalogue.tools())
    assert set(catalogue.equations_of(function)) <= set(equations.functions_by_equation())
    for argument, axes in axes_of(function).items():
        if argument != "return" and not name.startswith("stacked_rows"):
            named = ["·".join(axis) if len(axis) == 2 and axis.isalpha() else axis for axis in axes]
            assert f"{argument} ({', '.join(named)})" in parts.labelled["Shapes"]


def test_every_equation_is_reached() -> None:
    assert [number for number, names in equations.functions_by_equation().items() if not names] == []


def test_the_table_of_equations_is_up_to_date() -> None:
    assert equations.PATH.read_text(encoding="utf-8") == equations.table(), "run python -m docs.equations"


def test_an_unknown_formula_is_met_with_a_suggestion() -> None:
    with pytest.raises(KeyError, match="no formula is called 'sofmax'; did you mean softmax"):
        catalogue.find("sofmax")


def test_the_import_is_light() -> None:
    heavy = (
        "import sys, handgrad; print(sorted({'jax', 'torch', 'hypothesis', 'rich', 'jaxtyping'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"
