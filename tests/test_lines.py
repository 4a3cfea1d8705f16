"""Derivations line by line: right ones are right, and of a wrong one exactly the false lines are named."""

from __future__ import annotations

import inspect
import json
import pathlib
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jsonschema
import numpy as np
import pytest

import handgrad
from handgrad.derivations import DERIVATIONS
from handgrad.oracle.checking import check, check_file
from handgrad.oracle.claiming import parse
from handgrad.oracle.formats import as_github, as_html, as_json, as_junit
from handgrad.oracle.hints import as_text, in_the_notes
from handgrad.oracle.report import Report, Result

ROOT = pathlib.Path(__file__).parent.parent
Real = np.ndarray[Any, Any]
Line = tuple[str, Callable[..., Any]]


def e(l: Real) -> Real:
    return np.exp(l)


def p(l: Real) -> Real:
    return e(l) / np.sum(e(l))


def a(z: Real) -> Real:
    return 1 / (1 + np.exp(-z))


CLAIMS = {
    "softmax_jacobian": "l",
    "sigmoid_derivative": "z",
    "binary_cross_entropy_derivative": "y, y_hat",
    "mean_squared_error_gradient": "y, y_hat",
}
"""With the letters that they take."""
LINES: dict[str, list[Line]] = {
    "softmax_jacobian": [
        ("quotient rule", lambda l: (np.diag(e(l)) * np.sum(e(l)) - np.outer(e(l), e(l))) / np.sum(e(l)) ** 2),
        ("split the fraction", lambda l: np.diag(e(l)) / np.sum(e(l)) - np.outer(p(l), e(l) / np.sum(e(l)))),
        ("insert p", lambda l: np.diag(p(l)) - np.outer(p(l), p(l))),
        ("factor out", lambda l: p(l)[:, None] * (np.eye(len(l)) - p(l))),
    ],
    "sigmoid_derivative": [
        ("chain rule", lambda z: -((1 + np.exp(-z)) ** -2.0) * np.exp(-z) * -1),
        ("signs cancel", lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
        ("add and subtract 1", lambda z: a(z) * (1 + np.exp(-z) - 1) / (1 + np.exp(-z))),
        ("split", lambda z: a(z) * (1 - 1 / (1 + np.exp(-z)))),
        ("insert a", lambda z: a(z) * (1 - a(z))),
    ],
    "binary_cross_entropy_derivative": [
        ("derivative of the logarithm", lambda y, y_hat: -(y / y_hat - (1 - y) / (1 - y_hat))),
        (
            "common denominator",
            lambda y, y_hat: -(y * (1 - y_hat) - (1 - y) * y_hat) / (y_hat * (1 - y_hat)),
        ),
        ("two terms cancel", lambda y, y_hat: (y_hat - y) / (y_hat * (1 - y_hat))),
    ],
    "mean_squared_error_gradient": [
        ("power rule", lambda y, y_hat: 2 * (y - y_hat) * -1 / len(y)),
        ("sort", lambda y, y_hat: -2 / len(y) * (y - y_hat)),
        ("turn around", lambda y, y_hat: 2 / len(y) * (y_hat - y)),
    ],
}
EVERY_LINE = [(claim, k) for claim, lines in LINES.items() for k in range(len(lines))]


@pytest.fixture
def _unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the smallest input out, which takes most of the time."""
    monkeypatch.setattr("handgrad.oracle.shrinking.smallest", lambda fails, shapes, seed: None)


def derivation(claim: str, lines: Sequence[Line], letters: str = "") -> Callable[..., Iterator[Any]]:
    """A generator of these lines, with the claim's letters for parameters."""

    @handgrad.derives(claim)
    def generator(*args: Any) -> Iterator[Any]:
        for label, value in lines:
            yield (label, value(*args)) if label else value(*args)

    names = (letters or CLAIMS[claim]).split(", ")
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    generator.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return generator


def broken(line: Line, change: Callable[[Real], Real]) -> Line:
    label, value = line
    return label, lambda *args: change(value(*args))


def judged(function: Callable[..., Any], claim: str | None = None) -> Result:
    (result,) = check(function, claim).results
    return result


def verdicts(result: Result) -> list[str]:
    return [step.verdict for step in result.lines]


# Right and wrong


@pytest.mark.parametrize("claim", CLAIMS)
def test_right_derivations(claim: str) -> None:
    result = judged(derivation(claim, LINES[claim]))
    assert (result.verdict, result.claim, result.diagnosis) == ("right", claim, [])
    assert verdicts(result) == ["right"] * len(LINES[claim])
    assert [step.name for step in result.lines] == [label for label, _ in LINES[claim]]


@pytest.mark.usefixtures("_unshrunk")
@pytest.mark.parametrize(("claim", "k"), EVERY_LINE)
def test_exactly_the_broken_line_is_false(claim: str, k: int) -> None:
    lines = list(LINES[claim])
    lines[k] = broken(lines[k], lambda right: 0.75 * right + 0.125)
    result = judged(derivation(claim, lines))
    assert result.verdict == "wrong"
    assert verdicts(result) == ["wrong" if i == k else "right" for i in range(len(lines))]
    again = [i for i, step in enumerate(result.lines) if step.remark == "true again: the slip is undone"]
    assert again == ([k + 1] if k + 1 < len(lines) else [])


@pytest.mark.usefixtures("_unshrunk")
@pytest.mark.parametrize(("claim", "k"), EVERY_LINE)
def test_what_follows_from_a_false_line_is_not_blamed(claim: str, k: int) -> None:
    lines = [broken(line, np.negative) if i >= k else line for i, line in enumerate(LINES[claim])]
    result = judged(derivation(claim, lines))
    assert verdicts(result) == ["right"] * k + ["wrong"] + ["inherited"] * (len(lines) - k - 1)
    assert {step.remark for step in result.lines[k + 1 :]} <= {f"follows from line {k + 1}"}
    assert [diagnosis.code for diagnosis in result.diagnosis] == ["HG201"]


def test_slip_upon_slip() -> None:
    claim = "softmax_jacobian"
    first, *_, last = LINES[claim]
    lines = [first, broken(last, np.negative), broken(last, np.abs), broken(first, np.negative), last, first]
    result = judged(derivation(claim, lines))
    assert [step.remark for step in result.lines] == [
        *("", "false", "false too, and not what an earlier line gives", "follows from line 2"),
        *("true again: the slip is undone", ""),
    ]
    assert len(result.diagnosis) == 1


def test_the_false_line_is_shown_at_the_smallest_input() -> None:
    lines = list(LINES["softmax_jacobian"])
    lines[2] = ("insert p", lambda l: np.diag(p(l)) + np.outer(p(l), p(l)))
    result = judged(derivation("softmax_jacobian", lines))
    assert result.diagnosis[0].code == "HG205"
    assert result.smallest is not None
    assert result.smallest.yours is not None
    assert (result.smallest.inputs["l"], result.smallest.yours, result.smallest.correct) == ([0], [[2]], [[0]])
    assert result.notes_line == (
        "insert p_i, the entries i = j: ∂p_i/∂l_i = p_i (1 - p_i), equation (2.29); "
        "insert p_i and p_j, the entries i ≠ j: ∂p_i/∂l_j = -p_i p_j, equation (2.30)"
    )


@pytest.mark.usefixtures("_unshrunk")
def test_parameters_in_another_order_excuse_no_sign() -> None:
    claim = "mean_squared_error_gradient"
    swapped = [(label, lambda y_hat, y, value=value: value(y, y_hat)) for label, value in LINES[claim]]
    lines = [swapped[0], *(broken(line, np.negative) for line in swapped[1:])]
    assert verdicts(judged(derivation(claim, lines, "y_hat, y"))) == ["right", "wrong", "inherited"]


@pytest.mark.usefixtures("_unshrunk")
def test_most_lines_decide_how_all_are_read() -> None:
    def from_the_output(a: Real) -> Iterator[Real]:
        yield 1 + a
        yield a - a**2
        yield a * (1 - a)

    result = judged(from_the_output, "sigmoid_derivative")
    assert verdicts(result) == ["wrong", "right", "right"]


def test_lines_in_any_layout() -> None:
    claim = "mean_squared_error_gradient"
    first, second, third = LINES[claim]
    lines = [broken(first, lambda g: g[:, None]), broken(second, lambda g: g[None, :]), third]
    result = judged(derivation(claim, lines))
    assert result.verdict == "right"
    assert [step.remark[:21] for step in result.lines] == ["true, as a column, (N", "true, as a row, (1, N", ""]
    result = judged(derivation(claim, lines[::-1]))
    assert (result.verdict, (result.convention or "")[:11]) == ("right-in-convention", "as a column")


def test_a_backward_pass_of_several_gradients() -> None:
    def chain(x: Real, W: Real, b: Real, z_bar: Real) -> Any:
        yield "chain rule", z_bar @ W.T, np.outer(x, z_bar), z_bar
        yield "dW", np.outer(x, z_bar)
        yield "db", 2 * z_bar

    result = judged(chain, "dense_vjp")
    assert verdicts(result) == ["right", "right", "wrong"]
    assert "b_bar" in result.diagnosis[0].message


# What else a generator may do

FILE = """
import math
import random
import numpy as np
from handgrad import derives

def jacobian(p):
    return np.diag(p) - np.outer(p, p)

def p_of(l):
    return np.exp(l) / np.exp(l).sum()

@derives("sigmoid_derivative")
def numbers(z):
    yield "quotient rule", math.exp(-z) / (1 + math.exp(-z)) ** 2
    a = 1 / (1 + math.exp(-z))
    yield "a", a
    yield a * (1 - a)

@derives("softmax_jacobian")
def raises(l):
    yield jacobian(p_of(l))
    yield 1 / 0

@derives("softmax_jacobian")
def raises_at_once(l):
    yield 1 / 0

@derives("softmax_jacobian")
def nothing(l):
    yield from ()

@derives("softmax_jacobian")
def returns(l):
    return jacobian(p_of(l))

@derives("softmax_jacobian")
def words(l):
    yield "quotient rule"
    yield "insert p", None
    yield jacobian(p_of(l))

@derives("softmax_jacobian")
def letters(l):
    S = np.exp(l).sum()
    yield "S", S
    yield "p", 2 * p_of(l)
    yield "insert p", jacobian(p_of(l))

@derives("softmax_jacobian")
def only_letters(l):
    yield "S", np.exp(l).sum()

@derives("softmax_jacobian")
def overwrites(l):
    p = p_of(l)
    yield jacobian(p)
    l -= l.max()
    yield jacobian(p)

@derives("softmax_jacobian")
def by_chance(l):
    yield jacobian(p_of(l))
    yield random.random() * jacobian(p_of(l))

@derives("softmax_jacobian")
def endless(l):
    while True:
        yield jacobian(p_of(l))

def tanh_derivative(z):
    yield 1 - np.tanh(z) ** 2

def undecorated(z):
    yield 1 - np.tanh(z) ** 2

def swish(z):
    return z / (1 + np.exp(-z))

def swish_derivative(z):
    yield swish(z) + (1 - swish(z)) / (1 + np.exp(-z))

@derives("tanh_derivative")
def in_the_output(a):
    yield (1 - a) * (1 + a)
    yield 1 - a**2
"""
EXPECTED: dict[str, tuple[str, list[str], str]] = {
    "numbers": ("right", ["right", "right", "right"], ""),
    "raises": ("wrong", ["right", "wrong"], "HG102"),
    "raises_at_once": ("unusable", [], "HG102"),
    "nothing": ("unusable", [], "HG102"),
    "returns": ("unusable", [], "HG102"),
    "words": ("wrong", ["wrong", "wrong", "right"], "HG102"),
    "letters": ("wrong", ["right", "wrong", "right"], "HG100"),
    "only_letters": ("unusable", ["right"], "HG102"),
    "overwrites": ("wrong", ["right", "wrong"], "HG103"),
    "by_chance": ("wrong", ["right", "wrong"], "HG106"),
    "endless": ("right", ["right"] * 50, ""),
    "tanh_derivative": ("right", ["right"], ""),
    "in_the_output": ("right-in-convention", ["right", "right"], ""),
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("derivations") / "homework.py"
    path.write_text(FILE)
    return check_file(path)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_generator_gets_a_verdict(checked: Report, name: str) -> None:
    (result,) = [result for result in checked.results if result.function == name]
    code = result.diagnosis[0].code if result.diagnosis else ""
    assert (result.verdict, verdicts(result), code) == EXPECTED[name]


def test_what_claims_nothing_is_not_checked(checked: Report) -> None:
    others = {result.function for result in checked.results if result.verdict == "not checked"}
    assert others == {"jacobian", "p_of", "undecorated", "swish", "swish_derivative"}


def test_what_is_said_of_lines_without_numbers(checked: Report) -> None:
    remarks = {result.function: [step.remark for step in result.lines] for result in checked.results}
    messages = {result.function: [each.message for each in result.diagnosis] for result in checked.results}
    assert remarks["raises"] == ["", "raises ZeroDivisionError"]
    assert remarks["words"][:2] == ["yields a string", "yields None"]
    line = FILE[: FILE.index("1 / 0")].count("\n") + 1
    assert messages["raises"] == [f"line {line} raises ZeroDivisionError: division by zero"]
    assert messages["nothing"] == ["nothing(l) yields nothing"]
    assert messages["returns"] == ["returns(l) yields nothing; each line of a derivation is a yield"]
    assert messages["letters"] == ["p is not the formula's"]


def test_lines_are_those_of_the_file(checked: Report) -> None:
    text = FILE.splitlines()
    for result in checked.results:
        assert all(
            "yield" in text[step.line - 1] or "1 / 0" in text[step.line - 1] for step in result.lines if step.line
        )
    (letters,) = [result for result in checked.results if result.function == "letters"]
    assert [text[(step.line or 0) - 1].split('"')[1] for step in letters.lines] == ["S", "p", "insert p"]


def test_a_line_that_takes_too_long(tmp_path: pathlib.Path) -> None:
    text = """
        @handgrad.derives("tanh_derivative")
        def slow(z):
            yield 1 - np.tanh(z) ** 2
            while True: pass
        """
    (tmp_path / "homework.py").write_text(f"import handgrad\nimport numpy as np\n{textwrap.dedent(text)}")
    (result,) = check_file(tmp_path / "homework.py", seconds=1).results
    assert (result.verdict, result.diagnosis[0].code) == ("timeout", "HG105")


def test_a_derivation_in_a_notebook(tmp_path: pathlib.Path) -> None:
    source = [
        "import numpy as np\n",
        "from handgrad import derives\n",
        "@derives('exp_derivative')\n",
        "def d(z):\n",
        "    yield 'e', np.exp(z)\n",
        "    yield 'power rule', z * np.exp(z - 1)\n",
    ]
    (tmp_path / "homework.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}))
    (result,) = check_file(tmp_path / "homework.ipynb").results
    assert [(step.name, step.verdict, step.line) for step in result.lines] == [
        ("e", "right", 5),
        ("power rule", "wrong", 6),
    ]


@pytest.mark.parametrize(
    ("loss", "lines", "verdict", "each"),
    [
        ("np.mean((y - y_hat) ** 2) / 2", ("(y_hat - y) / N", "-(y - y_hat) / N"), "right-in-convention", "right"),
        ("np.mean((y - y_hat) ** 2) / 2", ("2 * (y_hat - y) / N", "-2 * (y - y_hat) / N"), "wrong", "wrong inherited"),
        ("np.sum((y - y_hat) ** 2)", ("2 * (y_hat - y)", "-2 * (y - y_hat)"), "right-in-convention", "right"),
        ("np.mean((y - y_hat) ** 2)", ("(y_hat - y) / N", "2 * (y_hat - y) / N"), "wrong", "wrong right"),
        ("np.mean((y - y_hat) ** 2)", ("2 * (y_hat - y) / N", "-2 * (y - y_hat) / N"), "right", "right"),
        ("np.mean(np.abs(y - y_hat))", ("2 * (y_hat - y) / N", "-2 * (y - y_hat) / N"), "right", "right"),
        ("len(y.missing)", ("2 * (y_hat - y) / N", "-2 * (y - y_hat) / N"), "right", "right"),
    ],
)
def test_lines_are_of_the_loss_in_the_file(
    tmp_path: pathlib.Path, loss: str, lines: tuple[str, str], verdict: str, each: str
) -> None:
    first, last = lines
    text = f"""
    import numpy as np

    def mse(y, y_hat):
        return {loss}

    def mse_gradient(y, y_hat):
        N = y.size
        yield "power rule", {first}
        yield "the minus in front", {last}
    """
    (tmp_path / "homework.py").write_text(textwrap.dedent(text))
    (result,) = [result for result in check_file(tmp_path / "homework.py").results if result.lines]
    assert (result.verdict, verdicts(result)) == (verdict, (each.split() * 2)[:2])


def test_a_claim_on_the_command_line(tmp_path: pathlib.Path) -> None:
    (tmp_path / "homework.py").write_text(FILE)
    (result,) = check_file(tmp_path / "homework.py", "undecorated", claim="tanh_derivative").results
    assert (result.verdict, verdicts(result)) == ("right", ["right"])


def test_unknown_claims_are_refused() -> None:
    with pytest.raises(KeyError, match="no formula is called 'softmx'; did you mean softmax"):
        handgrad.derives("softmx_jacobian")


# Reports

REPORT = [
    "handgrad check derivation.py, seed 0",
    "",
    "verdict  function                claim             line",
    "✓ right  derivation              softmax_jacobian  12",
    "✗ wrong  derivation_with_a_slip  softmax_jacobian  24    line 31: the off-diagonal terms have the wrong sign",
    "",
    "derivation is right                                                                 derivation.py:12",
    "  lines:     ✓ 1  line 16  quotient rule       true",
    "             ✓ 2  line 17  split the fraction  true",
    "             ✓ 3  line 19  insert p            true",
    "             ✓ 4  line 20  factor out p        true",
    "",
    "HG205  derivation_with_a_slip is wrong in line 31: the off-diagonal terms have the wrong sign  derivation.py:24",
    "  lines:     ✓ 1  line 28  quotient rule       true",
    "             ✓ 2  line 29  split the fraction  true",
    "             ✗ 3  line 31  insert p            false",
    "             · 4  line 32  factor out p        follows from line 3",
    "  seen:      p_i p_j is added where it has to be taken off (plus p p^T)",
    "  fails at:  l = [0]   (the smallest such input)",
    "             entry [0, 0]: yours 2, correct 0",
    "  and at:    l = [0, 2, -3]",
    "             entry [1, 1]: yours 1.64228, correct 0.108924; all 9 entries differ",
    "             yours                                      correct",
    "             [   0.132542,    0.103758, 0.000699118]    [    0.104457,    -0.103758, -0.000699118]",
    "             [   0.103758,     1.64228,  0.00516582]    [   -0.103758,     0.108924,  -0.00516582]",
    "             [0.000699118,  0.00516582,  0.00593456]    [-0.000699118,  -0.00516582,   0.00586494]",
    "  claim:     softmax_jacobian, notes (2.27, 2.29, 2.30, 2.31, 2.32)",
    "  call:      derivation_with_a_slip(l)",
    "  help:      the product p_i p_j comes from the denominator and carries its minus: -p_i p_j; "
    "notes (2.29, 2.30, 2.31, 2.32)",
    "  help:      in the notes: insert p_i, the entries i = j: ∂p_i/∂l_i = p_i (1 - p_i), equation (2.29); "
    "insert p_i and p_j, the entries i ≠ j: ∂p_i/∂l_j = -p_i p_j, equation (2.30)",
    "  explain:   handgrad explain HG205",
    "  repeat:    handgrad check derivation.py::derivation_with_a_slip --seed 0",
    "",
    "2 functions: 1 right, 1 wrong, 0 not checked in 0.5 s",
]


def test_the_report_on_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples")
    report = check_file("derivation.py")
    report.seconds = 0.5
    assert str(report).splitlines() == REPORT
    schema = json.loads((ROOT / "handgrad/oracle/report.schema.json").read_text())
    found = json.loads(as_json(report))
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)
    assert found["results"][1]["lines"][2:] == [
        {"name": "insert p", "verdict": "wrong", "remark": "false", "line": 31},
        {"name": "factor out p", "verdict": "inherited", "remark": "follows from line 3", "line": 32},
    ]
    for text in (as_html(report), as_junit(report), as_github(report)):
        assert "✗ 3  line 31" in text


def test_the_solution_is_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples")
    report = check_file("derivation.py", "derivation_with_a_slip")
    for level in ("none", "kind", "counterexample"):
        hidden = report.revealed(level)
        assert "in the notes" not in str(hidden)
        assert hidden.to_json()["results"][0]["notes_line"] is None
        assert ("line 31" in str(hidden)) == (level != "none")


def test_the_line_of_the_notes_by_its_label_or_its_place() -> None:
    tanh = parse("tanh_derivative")
    for label, number, rule in [
        ("Quotient rule", 0, "quotient rule"),
        ("difference of squares", 0, "difference of two squares"),
        ("", 2, "split the fraction"),
        ("so", 99, "difference of two squares"),
    ]:
        assert (in_the_notes(tanh, label, number, 5) or "").startswith(f"{rule}: ∂a/∂z = ")
    factored = "factor out, both cases in one: ∂p_i/∂l_j = p_i (δ_ij - p_j), equation (2.32)"
    assert in_the_notes(parse("softmax_jacobian"), "factor out", 3, 4) == factored
    assert in_the_notes(parse("relu_derivative"), "", 0, 1) is None


def test_every_line_of_the_notes_can_be_written_without_latex() -> None:
    formulas = [
        text for found in DERIVATIONS.values() for c in found.chains for text in (c.left, *(x.latex for x in c.lines))
    ]
    left = [text for text in map(as_text, formulas) if "\\" in text or "begin" in text or "frac" in text or "&" in text]
    assert left == []
    assert len(formulas) > 100
