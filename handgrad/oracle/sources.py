"""A student's file, a Python module or a notebook: what it defines, and what stood in the way."""

from __future__ import annotations

import ast
import dataclasses
import json
import pathlib
import sys
import types
from typing import Any

from handgrad.oracle import classes, stating
from handgrad.oracle.claiming import CLAIM_ATTRIBUTE, yields_lines
from handgrad.oracle.signatures import parameters


@dataclasses.dataclass
class Loaded:
    """A file after its statements ran."""

    namespace: dict[str, Any]
    functions: list[dict[str, Any]]
    """Of each function in the file, and of both passes of each class: name, line, parameters, what its decorator says,
    and whether it yields lines."""
    conventions: dict[str, Any]
    """What the file states."""
    problems: list[str]
    """Syntax errors and statements that raised; the rest of the file ran all the same."""


def load(path: pathlib.Path) -> Loaded:
    """Run a file statement by statement, so that one that fails does not take the others with it."""
    tree, problems = parse(path)
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules.setdefault(path.stem, module)
    namespace = module.__dict__
    for statement in tree.body:
        try:
            exec(compile(ast.Module([statement], []), str(path), "exec"), namespace)
        except BaseException as error:  # SystemExit and the like end a statement here, not the check
            problems.append(f"line {statement.lineno}: {type(error).__name__}: {error}".rstrip(": "))
    lines = {node.name: node.lineno for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            of_class, reason = classes.passes(node.name, namespace)
            problems += [f"line {node.lineno}: class {node.name} is not checked: {reason}"] if reason else []
            namespace.update(of_class)
            lines |= {name: _line_of(node, name.rpartition(".")[2]) for name in of_class}
    found = []
    for name, line in lines.items():
        if callable(namespace.get(name)):
            stated = getattr(namespace[name], CLAIM_ATTRIBUTE, None)
            claim = None if stated is None else stated["claim"]
            called = bool(stated and stated["call"])
            described = {"name": name, "line": line, "parameters": parameters(namespace[name])}
            found.append({**described, "claim": claim, "called": called, "lines": yields_lines(namespace[name])})
    return Loaded(namespace, found, stating.take_stated(), problems)


def _line_of(node: ast.ClassDef, method: str) -> int:
    """Where a class defines a method, or where the class begins if it inherits it."""
    defined = [each.lineno for each in node.body if isinstance(each, ast.FunctionDef) and each.name == method]
    return defined[-1] if defined else node.lineno


def parse(path: pathlib.Path) -> tuple[ast.Module, list[str]]:
    """The file's syntax tree; a block that does not parse is left out and named among the problems."""
    lines = _code_lines(path)
    problems: list[str] = []
    while True:
        try:
            return ast.parse("\n".join(lines)), problems
        except SyntaxError as error:
            at = min(error.lineno or 1, len(lines)) - 1
            start, end = _block(lines, at)
            problems.append(f"line {at + 1}: {type(error).__name__}: {error.msg}")
            lines[start:end] = [""] * (end - start)


def _block(lines: list[str], at: int) -> tuple[int, int]:
    """The lines of the top-level statement around a line; what is blank already is none."""

    def begins(line: str) -> bool:
        return bool(line) and not line[0].isspace() and line[0] not in ")]}#"

    start = next((i for i in range(at, -1, -1) if begins(lines[i])), 0)
    end = next((i for i in range(max(at, start) + 1, len(lines)) if begins(lines[i])), len(lines))
    return start, end


def _code_lines(path: pathlib.Path) -> list[str]:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix != ".ipynb":
        return text.splitlines()
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    lines = [line.rstrip("\n") for cell in cells for line in [*_as_lines(cell["source"]), ""]]
    return ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines]


def _as_lines(source: str | list[str]) -> list[str]:
    return ("".join(source) if isinstance(source, list) else source).splitlines()
