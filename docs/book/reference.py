"""The reference: every public function with its docstring, and what the command line says of itself."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import handgrad
from docs.book import text
from docs.book.text import block, docstring, heading
from handgrad.catalogue import FORMULAS
from handgrad.oracle import checking, claiming, stating

__all__ = ["MODULES", "home", "pages"]

MODULES = {
    "multivariate": "Functions of several variables",
    "activations": "Activations",
    "elementary": "Elementary functions",
    "layers": "Layers",
    "losses": "Losses",
    "probabilities": "Probabilities",
    "worked_examples": "Worked examples",
    "backprop": "Back-propagation",
    "descent": "Descent",
    "layouts": "Layouts",
    "testing": "Property tests",
}
BRIDGES = {"jax": "JAX", "torch": "PyTorch"}
ORACLE = {
    "check": checking.check,
    "claims": claiming.claims,
    "conventions": stating.conventions,
    "derives": claiming.derives,
}
COMMANDS = ("check", "list", "show", "explain")


def pages() -> Iterator[tuple[str, str]]:
    """The pages by name, without the suffix."""
    yield "reference/index", _index()
    for name, title in MODULES.items():
        yield f"reference/{name}", _module(name, title)
    yield "reference/oracle", _oracle()
    yield "reference/command_line", _command_line()
    for name, title in BRIDGES.items():
        yield f"reference/{name}", _bridge(name, title)


def home(name: str) -> str:
    """The module under which the book has a public function; empty if it has none of that name."""
    return _HOMES.get(name, "")


def _modules() -> Iterator[ModuleType]:
    return (importlib.import_module(f"handgrad.{name}") for name in MODULES)


_HOMES = {name: module.__name__ for module in _modules() for name in module.__all__ if callable(getattr(module, name))}
_HOMES |= dict.fromkeys(ORACLE, "handgrad")


def _index() -> str:
    names = [*MODULES, "oracle", "command_line", *BRIDGES]
    parts = [
        heading("Reference", "="),
        "Every function of the first ten pages is in ``handgrad`` itself: ``from handgrad import softmax_vjp``.",
        block("toctree", "", "\n".join(names), maxdepth="1"),
    ]
    return "\n\n".join(parts)


def _module(name: str, title: str) -> str:
    module = importlib.import_module(f"handgrad.{name}")
    parts = [heading(title, "="), block("py:module", module.__name__, ""), docstring(module.__doc__ or "")]
    things = {name: getattr(module, name) for name in module.__all__}
    in_order = sorted(filter(callable, things.values()), key=lambda thing: inspect.getsourcelines(thing)[1])
    parts += [_entry(thing, thing.__name__) for thing in in_order]
    return "\n\n".join(parts)


def _entry(thing: Any, name: str) -> str:
    kind = "py:class" if inspect.isclass(thing) else "py:function"
    return block(kind, f"{name}{_signature(thing)}", docstring(thing.__doc__ or ""))


def _signature(thing: Any) -> str:
    """The parameters without their types, which the shapes say better."""
    signature = inspect.signature(thing)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _oracle() -> str:
    parts = [
        heading("The oracle", "="),
        "What judges a derivative, for use from Python: ``from handgrad import check, claims, conventions, derives``.",
        block("py:currentmodule", "handgrad", ""),
    ]
    parts += [_entry(thing, name) for name, thing in ORACLE.items()]
    return "\n\n".join(parts)


def _command_line() -> str:
    parts = [heading("Command line", "=")]
    for command in COMMANDS:
        arguments = [sys.executable, "-m", "handgrad", command, "--help"]
        environment = {**os.environ, "COLUMNS": "88", "NO_COLOR": "1"}
        shown = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment).stdout
        parts += [heading(f"handgrad {command}", "-"), text.code(shown.rstrip(), "none")]
    return "\n\n".join(parts)


def _bridge(name: str, title: str) -> str:
    """From the file itself: the library need not be there."""
    path = Path(handgrad.__file__).with_name(f"{name}.py")
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    names = ", ".join(f"``{formula}``" for formula in sorted(FORMULAS))
    return "\n\n".join([heading(f"For {title}", "="), f"``handgrad.{name}``", docstring(said), f"It has {names}."])
