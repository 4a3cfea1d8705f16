"""Every line of every derivation equals the next, and the last equals handgrad's function and JAX's derivative.

And every line counts: with one sign, operator or number changed, it is found false.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import numpy as np
import pytest

import handgrad
from docs.equations import functions_by_equation
from handgrad.derivations import DERIVATIONS, FILES, Derivation, counts, derivation_of
from tests.derived import Points, check, points, said, said_at_telling_points, telling_points
from tests.latex import complaints

EXAMPLES = 3
REQUIRED = (
    "0.2",
    *[f"1.{i}" for i in range(8, 14)],
    "2.21",
    *[f"2.{i}" for i in (23, 24, 25, 26, 28, 29, 30, 31, 32)],
    *[f"3.{i}" for i in (1, 2, 3, 4, 5, 6, 7, 10, 13)],
    *[f"4.{i}" for i in range(7, 12)],
)
"""Equations for which the notes show how they are found."""

each_derivation = pytest.mark.parametrize("derivation", DERIVATIONS.values(), ids=DERIVATIONS)


@each_derivation
def test_each_line_equals_the_next_and_the_last_the_derivative(derivation: Derivation) -> None:
    @hypothesis.settings(max_examples=EXAMPLES)
    @hypothesis.given(points(derivation))
    def at_random_points(at: Points) -> None:
        check(derivation, said(at))

    assert check(derivation, said_at_telling_points(derivation.name)) == len(derivation.lines)
    at_random_points()


# Broken lines


class Breaker(ast.NodeTransformer):
    """Changes one operator, sign or number of a function, the one counted down to.

    What cannot show is left alone: indices, axes and shapes; a factor ±1 made a divisor; in a function that is yet to
    be differentiated, the sign of a constant.
    """

    def __init__(self, which: int) -> None:
        self.left = which
        self.depth = 0
        self.constants: set[int] = set()

    def _now(self) -> bool:
        self.left -= 1
        return self.left == -1

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """A lambda within a lambda is yet to be differentiated, by its argument."""
        variables, term = {argument.arg for argument in node.args.args}, node.body
        while self.depth and isinstance(term, ast.BinOp) and isinstance(term.op, (ast.Add, ast.Sub)):
            if not variables & names_in(term.right):
                self.constants.add(id(term))
            term = term.left
        self.depth += 1
        node.body = self.visit(node.body)
        self.depth -= 1
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Plus and minus change places, as do times and divided by."""
        self.generic_visit(node)
        swaps = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        divisor = isinstance(node.op, (ast.Mult, ast.Div))
        hidden = ast.unparse(node.right) in ("1", "-1") if divisor else id(node) in self.constants
        if type(node.op) in swaps and not hidden and self._now():
            return ast.BinOp(node.left, swaps[type(node.op)](), node.right)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """A sign is lost."""
        self.generic_visit(node)
        return node.operand if isinstance(node.op, ast.USub) and self._now() else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A number is one larger."""
        changes = isinstance(node.value, (int, float)) and self._now()
        return ast.BinOp(node, ast.Add(), ast.Constant(1)) if changes else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The numbers that shape an array are no part of a formula."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "reshape":
            node.func = self.visit(node.func)
            return node
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Nor are indices."""
        node.value = self.visit(node.value)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """Nor are axes."""
        return node


def names_in(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


@functools.cache
def parsed(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def source_of(function: Callable[..., Any]) -> ast.Lambda | ast.FunctionDef:
    code = function.__code__
    for node in ast.walk(parsed(code.co_filename)):  # from outside in, so that a lambda comes before those it holds
        if isinstance(node, (ast.Lambda, ast.FunctionDef)) and node.lineno == code.co_firstlineno:
            return node
    raise LookupError(code)


def broken(function: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Versions of a function, each with a sign, an operator or a number changed."""
    yield "its sign flipped", lambda *letters, **keywords: -function(*letters, **keywords)
    yield "a factor 2", lambda *letters, **keywords: 2 * function(*letters, **keywords)
    names = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    which = 0
    while True:
        breaker = Breaker(which)
        tree = breaker.visit(copy.deepcopy(source_of(function)))
        if breaker.left >= 0:
            return
        if isinstance(tree, ast.Lambda):
            again = eval(compile(ast.fix_missing_locations(ast.Expression(tree)), "<broken>", "eval"), names)
        else:
            module = ast.fix_missing_locations(ast.Module([tree], []))
            exec(compile(module, "<broken>", "exec"), names)
            again = names[tree.name]
        yield ast.unparse(tree), again
        which += 1


UNSEEN = {
    "sensitivity_gradients": ["s / slope(lambda b: a @ W + b, b)"],
    "affine_vjp": ["z_bar / slope(lambda b: x @ w + b, b)"],
    "neuron_vjp": ["x @ w + b) / slope(lambda b: x @ w + b, b)"],
    "squared_error_derivative": ["2 * (y - y_hat) / slope(lambda y_hat: y - y_hat, y_hat)"],
    "softmax_jacobian": ["off_diagonal((jacobian(np.exp, l) / total(l)"],
}
"""Changes without effect: a divisor for a factor that is 1 or -1, or where the term is 0."""


@each_derivation
def test_a_broken_line_is_noticed(derivation: Derivation) -> None:
    at = telling_points(derivation.name)
    right = said_at_telling_points(derivation.name)
    unseen = []
    for i, line in enumerate(derivation.lines):
        for text, value in broken(line.value):
            with np.errstate(all="ignore"):
                try:
                    wrong = np.stack(at.each(value))
                except (ValueError, TypeError, IndexError):
                    continue  # it does not even compute
            try:
                check(derivation, dataclasses.replace(right, lines=[*right.lines[:i], wrong, *right.lines[i + 1 :]]))
            except AssertionError:
                continue
            unseen.append(text)
    known = UNSEEN.get(derivation.name, [])
    assert len(unseen) == len(known)
    assert all(part in text for part, text in zip(known, unseen, strict=True))


# What is beside the numbers


@each_derivation
def test_lines_are_plain_latex_with_a_rule(derivation: Derivation) -> None:
    for line in derivation.lines:
        assert complaints(line.latex) == []
        assert line.rule
        assert not line.rule.endswith(".")
        assert not line.equation or line.equation in functions_by_equation()


@each_derivation
def test_a_derivation_is_described(derivation: Derivation) -> None:
    assert callable(getattr(handgrad, derivation.name))
    assert derivation_of(derivation.name) is derivation
    assert derivation.title
    for chain in derivation.chains:
        assert complaints(chain.left) == []
        assert chain.lines
        assert chain.part.text


@each_derivation
def test_lines_are_functions_of_the_formulas_own_letters(derivation: Derivation) -> None:
    letters = list(derivation.letters)
    if derivation.formula is not None:
        letters = [*derivation.formula.axes, *derivation.formula.choices]
        if derivation.name.endswith("_vjp"):
            letters.insert(len(derivation.formula.axes), bar(derivation))
    for line in derivation.lines:
        assert list(inspect.signature(line.value).parameters) == letters


def bar(derivation: Derivation) -> str:
    """The cotangent, by the letter of the value."""
    assert derivation.formula is not None
    return f"{derivation.formula.letter}_bar"


@pytest.mark.parametrize("equation", REQUIRED)
def test_what_the_notes_derive_is_derived(equation: str) -> None:
    assert any(equation in derivation.equations for derivation in DERIVATIONS.values())


def test_counts() -> None:
    assert counts()["derivations"] == len(DERIVATIONS) == sum(len(file.DERIVATIONS) for file in FILES)
    assert counts()["lines"] == sum(len(chain.lines) for of in DERIVATIONS.values() for chain in of.chains)
    assert counts()["equations"] >= len(REQUIRED)


def test_an_unknown_name_is_answered_with_those_that_come_close() -> None:
    with pytest.raises(KeyError, match=r"softmax_jacobi'; did you mean softmax_jacobian"):
        derivation_of("softmax_jacobi")


def test_importing_handgrad_leaves_derivations_and_errata_alone() -> None:
    code = "import sys, handgrad; print([name for name in sys.modules if re.search('derivations|errata', name)])"
    run = subprocess.run([sys.executable, "-c", f"import re; {code}"], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize(
    "formula",
    [r"\frac{1}{2", r"\left[x", r"a & b", r"\begin{cases} 1", r"\foo x", "ŷ", "x^2^3", r"\begin{cases}\end{pmatrix}"],
)
def test_what_is_no_plain_latex_is_seen(formula: str) -> None:
    assert complaints(formula)
