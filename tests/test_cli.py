"""The command line, as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import handgrad
from handgrad.catalogue import FORMULAS, find
from handgrad.cli import main


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "handgrad", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=60,
        check=False,
    )


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_version() -> None:
    assert run("--version").stdout == f"handgrad {handgrad.__version__}\n"


def test_help_and_usage() -> None:
    assert "list" in run("--help").stdout
    nothing = run()
    assert nothing.returncode == 2
    assert "Try 'handgrad --help'" in nothing.stderr


def test_list_has_a_line_for_every_formula(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "list").splitlines()
    for formula in FORMULAS.values():
        (line,) = [line for line in lines if line.split(" ")[0] == formula.name]
        assert all(number in line for number in formula.equations)


@pytest.mark.parametrize(("pattern", "name"), [("2.32", "softmax"), ("0.2", "stacked_weights"), ("2.11", "descend")])
def test_list_finds_a_function_by_its_equation_number(
    capsys: pytest.CaptureFixture[str], pattern: str, name: str
) -> None:
    assert any(line.startswith(f"{name} ") for line in output(capsys, "list", pattern).splitlines())


def test_list_says_when_nothing_matches(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, "list", "9.9") == "handgrad: nothing matches '9.9'; `handgrad list` shows every formula\n"


def test_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(output(capsys, "list", "--format", "json"))
    assert [row["name"] for row in found["formulas"]] == list(FORMULAS)
    assert found["formulas"][0]["shapes"] == "x (*batch), y (*batch) -> (*batch)"
    assert {"name", "title", "equations"} == set(found["tools"][0])


@pytest.mark.parametrize("name", FORMULAS)
def test_show_every_formula(capsys: pytest.CaptureFixture[str], name: str) -> None:
    text = output(capsys, "show", name)
    assert all(function.__name__ in text for function in find(name).companions.values())
    assert "\\" not in text, "a formula in LaTeX that plain() does not know"


def test_show_in_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "show", "product", "--at", "x=3", "--at", "y=[5]".replace("[5]", "5"))
    assert text.endswith("product = 15.\nproduct_gradient by x = 5.\nproduct_gradient by y = 3.\n")


def test_show_in_numbers_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(output(capsys, "show", "softmax_vjp", "--at", "l=[0, 0]", "--format", "json"))
    assert found["name"] == "softmax"
    assert found["at"] == {"softmax": [0.5, 0.5], "softmax_jacobian": [[0.25, -0.25], [-0.25, 0.25]]}
    infinite = json.loads(output(capsys, "show", "log", "--at", "z=[0, -1]", "--format", "json"))
    assert infinite["at"]["log"] == ["-inf", "nan"]


@pytest.mark.parametrize(
    ("layout", "expected"),
    [("house", "[2., 1.]"), ("row", "[[2., 1.]]"), ("column", "[[2.],\n     [1.]]")],
)
def test_layouts_of_a_gradient(capsys: pytest.CaptureFixture[str], layout: str, expected: str) -> None:
    text = output(capsys, "show", "dot", "--at", "u=[1, 3]", "--at", "v=[2, 1]", "--layout", layout)
    found = text.partition("dot_gradient by u = ")[2].partition("\ndot_gradient")[0]
    assert found.replace(" " * (len("dot_gradient by u = ") - 4), "") == expected


def test_a_layout_that_fits_one_argument_leaves_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    values = ["--at", "x=[1, 2]", "--at", "W=[[1, 2, 3], [4, 5, 6]]", "--at", "b=[0, 0, 0]"]
    text = output(capsys, "show", "dense", *values, "--layout", "tensor")
    assert "dense_jacobian by x (house layout) =" in text
    assert "dense_jacobian by W = " in text


def test_an_option_of_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    values = ["--at", "x=[1, 2]", "--at", "w=[1, 1]", "--at", "b=0"]
    assert "neuron = 3.\n" in output(capsys, "show", "neuron", *values, "--at", "activation=relu")
    assert "activation is 'swish'; it must be one of" in refusal(
        capsys, "show", "neuron", *values, "--at", "activation=swish"
    )


REFUSALS = {
    "no formula is called 'sofmax'; did you mean softmax": ["sofmax"],
    "--at 'l': want NAME=VALUE, where NAME is one of l": ["softmax", "--at", "l"],
    "--at 'z=1': want NAME=VALUE, where NAME is one of l": ["softmax", "--at", "z=1"],
    "--at 'l=2': l is given twice": ["softmax", "--at", "l=1", "--at", "l=2"],
    "--at 'l=one': 'one' is neither a number nor a list of numbers": ["softmax", "--at", "l=one"],
    "dense wants --at for W, b as well; shapes: x (*batch, n), W (n, k), b (k)": ["dense", "--at", "x=[1]"],
    "softmax: l has shape (); l must have shape (..., K)": ["softmax", "--at", "l=1"],
    "softmax: l holds strings; real numbers fit": ["softmax", "--at", "l='one'"],
    "--layout row does not fit: the derivative of softmax is a Jacobian by a vector; choose from house": [
        *["softmax", "--at", "l=[1, 2]", "--layout", "row"]
    ],
}


@pytest.mark.parametrize("message", REFUSALS)
def test_what_show_refuses(capsys: pytest.CaptureFixture[str], message: str) -> None:
    assert refusal(capsys, "show", *REFUSALS[message]).startswith(f"handgrad: {message}")


def test_output_is_plain_in_a_pipe_and_coloured_on_demand() -> None:
    assert "\x1b" not in run("show", "softmax").stdout
    assert "\x1b" in run("show", "softmax", FORCE_COLOR="1").stdout
    assert "\x1b[36m" not in run("show", "softmax", FORCE_COLOR="1", NO_COLOR="1").stdout


def test_a_closed_pipe_is_no_error() -> None:
    command = f"'{sys.executable}' -m handgrad list | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
