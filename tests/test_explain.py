"""``handgrad explain``, as a user calls it."""

from __future__ import annotations

import json

import pytest

from handgrad.catalogue import FORMULAS
from handgrad.oracle import networks
from handgrad.oracle.codes import CODES, Code
from handgrad.oracle.mistakes import MISTAKES
from tests.test_cli import output, refusal, run

DERIVATIVES = [
    *(function.__name__ for row in FORMULAS.values() for part, function in row.companions.items() if part != "jvp"),
    *networks.CLAIMS,
]


def words(text: str) -> str:
    """The text however it was folded."""
    return " ".join(text.split())


def test_a_story_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "explain", "HG204").splitlines()
    assert lines[:5] == [
        "HG204  softmax is taken element by element",
        "",
        "  seen  yours is p(1 - p) in each entry, as for the sigmoid",
        "  help  the derivative of softmax is a matrix; a backward pass needs p(p̄ - Σ p p̄), not p̄ p(1 - p)",
        "",
    ]
    assert "      l̄_j = Σ_i p̄_i p_i (δ_ij - p_j) = p_j (p̄_j - Σ_i p̄_i p_i)" in lines
    assert "    >>> wrong = p_bar * p * (1 - p)" in lines
    assert "  idea  p * (p_bar - np.sum(p * p_bar, axis=-1, keepdims=True)); no matrix is needed" in lines
    assert lines[lines.index("  known for") :] == [
        "  known for",
        "    softmax_jacobian: element-wise, p(1 - p)",
        "    softmax_vjp: element-wise, p(1 - p)",
        "    softmax_cross_entropy_gradient: softmax element-wise, -y(1 - p)",
    ]


@pytest.mark.parametrize("code", CODES.values(), ids=list(CODES))
def test_every_story_is_printed_whole(capsys: pytest.CaptureFixture[str], code: Code) -> None:
    text = output(capsys, "explain", code.code.lower())
    assert text.startswith(f"{code.code}  {code.title}\n")
    assert all(words(part) in words(text) for part in (code.seen, code.help, code.story, code.example, code.idea))
    assert max(map(len, text.splitlines())) <= 110, "prose is folded"
    names = {m.name for m in MISTAKES if m.code == code.code and code.code.startswith("HG2")}
    assert all(name in words(text.partition("known for")[2]) for name in names)


def test_what_fits_any_derivative_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert output(capsys, "explain", "HG221").count("upstream forgotten") == 1


def test_all_codes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "explain").splitlines()
    assert [line.split("  ") for line in lines[1:]] == [[code.code, code.title] for code in CODES.values()]


@pytest.mark.parametrize("name", DERIVATIVES)
def test_the_mistakes_known_of_a_derivative(capsys: pytest.CaptureFixture[str], name: str) -> None:
    head, *lines = output(capsys, "explain", name).splitlines()
    assert head.split() == ["function", "code", "mistake", "kind"]
    assert lines
    for line in lines:
        function, code, *_ = line.split()
        assert function == name
        assert line.endswith(f"  {CODES[code].title}")


def test_a_formula_stands_for_its_derivatives(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "explain", "relu").splitlines()[1:]
    assert {line.split()[0] for line in lines} == {"relu_derivative", "relu_jacobian", "relu_vjp"}


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(output(capsys, "explain", "--format", "json"))["codes"]
    assert [found["code"] for found in listed] == list(CODES)
    assert all({"code", "title", "seen", "help"} == found.keys() for found in listed)
    one = json.loads(output(capsys, "explain", "hg203", "--format", "json"))
    assert one["title"] == "the off-diagonal terms are missing"
    assert one["known_for"] == [{"function": "softmax_jacobian", "mistakes": ["diagonal only"]}]
    assert {"seen", "help", "story", "example", "idea"} <= one.keys()
    (function,) = json.loads(output(capsys, "explain", "softmax_jacobian", "--format", "json"))["functions"]
    assert function["function"] == "softmax_jacobian"
    assert {
        "code": "HG203",
        "title": "the off-diagonal terms are missing",
        "mistake": "diagonal only",
    } in function["mistakes"]


REFUSALS = {
    "no code is called 'HG2003'; did you mean HG203": "HG2003",
    "no code is called '203'; did you mean HG203?": "203",
    "no code is called 'hg999'; `handgrad explain` lists them all": "hg999",
    "no code or derivative is called 'sofmax_jacobian'; did you mean softmax_jacobian": "sofmax_jacobian",
    "no code or derivative is called 'why'; `handgrad explain` lists the codes": "why",
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_explain_refuses(capsys: pytest.CaptureFixture[str], message: str) -> None:
    assert refusal(capsys, "explain", REFUSALS[message]).startswith(f"handgrad: {message}")


def test_it_is_plain_in_a_pipe_and_coloured_on_demand() -> None:
    assert "explain" in run("--help").stdout
    assert "\x1b" not in run("explain", "HG203").stdout
    assert "\x1b[32m" in run("explain", "HG203", FORCE_COLOR="1").stdout
    assert "\x1b[32m" not in run("explain", "HG203", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_a_narrow_terminal_folds_prose() -> None:
    text = run("explain", "HG203", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="60").stdout
    assert max(map(len, text.splitlines())) <= 80
