"""A factor or a sum left out is right where it was stated, and then nothing else is."""

from __future__ import annotations

import dataclasses
import pathlib
import textwrap
from typing import Any

import pytest

import handgrad
from handgrad.cli import main
from handgrad.oracle.checking import CheckError, check, check_file
from handgrad.oracle.report import Result
from handgrad.oracle.stating import parsed, take_stated
from tests.handed_in import COLUMNS, NETWORK, function, judged

# What has to be stated


@dataclasses.dataclass(frozen=True)
class Stated:
    """A function that is wrong unless its convention is stated, beside one in the notes' own."""

    code: str
    own: str
    sentence: str
    stated: dict[str, Any]
    claim: str | None = None

    def __str__(self) -> str:
        name = self.code.strip().partition("(")[0].removeprefix("def ")
        return f"{name}: {', '.join(f'{key}={value}' for key, value in self.stated.items())}"


MSE, MEAN_SQUARED = "def mse_grad(y, yh): return {}", "def mse_grad(y, yh): return 2 * (yh - y) / len(y)"
DENSE = "def dense_backward(dz, x, W, b): return dz @ W.T, {}, {}"
DENSE_OWN = DENSE.format("x.T @ dz", "dz.sum(0)")
SSE_OWN = "def sse_grad(y, a): return 2 * (a - y)"
FUSED = """
def softmax_cross_entropy_grad(y, logits):
    return (softmax(logits) - y){}
"""
SCORES = """
def softmax_cross_entropy_grad(labels, scores):
    N = len(scores)
    dscores = softmax(scores)
    dscores[range(N), labels] -= 1
    return dscores{}
"""
TWO_LAYERS = """
def backprop(X, Y, W1, b1, W2, b2):
    A1 = sigmoid(X @ W1 + b1)
    A2 = sigmoid(A1 @ W2 + b2)
    d2 = {}
    d1 = d2 @ W2.T * A1 * (1 - A1)
    return {{"dW1": X.T @ d1, "db1": d1.sum(0), "dW2": A1.T @ d2, "db2": d2.sum(0)}}
"""
NETWORK_OWN = TWO_LAYERS.format("2 * (A2 - Y) / len(X) * A2 * (1 - A2)")
CLASSES = "def cce_grad(y, p): return -y / p / {}"
OWN_CLASSES = "mean_categorical_cross_entropy_gradient"

STATED = [
    Stated(MSE.format("2 * (yh - y)"), MEAN_SQUARED, "for the sum, N times the notes' loss", {"loss": "sum"}),
    Stated(
        MSE.format("(yh - y) / y.size"),
        MEAN_SQUARED,
        "for the loss with ½, 1/2 times the notes' loss",
        {"loss": "half"},
    ),
    Stated(
        MSE.format("(yh - y) / y.size"),
        MEAN_SQUARED,
        "for the mean with ½, 1/2 times the notes' loss",
        {"loss": "half mean"},
    ),
    Stated(MSE.format("yh - y"), MEAN_SQUARED, "for the sum with ½, N/2 times the notes' loss", {"loss": "half sum"}),
    Stated(
        "def sse_grad(y, a): return a - y", SSE_OWN, "for the loss with ½, 1/2 times the notes' loss", {"loss": "half"}
    ),
    Stated(
        "def sse_grad(y, a): return 2 * (a - y) / len(a)",
        SSE_OWN,
        "for the mean, 1/k times the notes' loss",
        {"loss": "mean"},
    ),
    Stated(
        CLASSES.format("y.size"),
        CLASSES.format("len(y)"),
        "for the mean over all entries, 1/K times the notes' loss",
        {"loss": "mean over entries"},
        OWN_CLASSES,
    ),
    Stated(
        CLASSES.format("1"),
        CLASSES.format("len(y)"),
        "for the sum, N times the notes' loss",
        {"loss": "sum"},
        OWN_CLASSES,
    ),
    Stated(CLASSES.format("y.shape[1]"), CLASSES.format("len(y)"), COLUMNS, {"samples": "columns"}, OWN_CLASSES),
    Stated(FUSED.format(" / len(y)"), FUSED.format(""), "for the mean, 1/N times the notes' loss", {"loss": "mean"}),
    Stated(
        SCORES.format(" / N"),
        SCORES.format(""),
        "targets are class numbers; the notes' are one-hot; for the mean, 1/N times the notes' loss",
        {"loss": "mean", "labels": "integer"},
    ),
    Stated(
        DENSE.format("x.T @ dz / len(x)", "np.mean(dz, axis=0)"),
        DENSE_OWN,
        "with W_bar and b_bar divided by N, the number of samples; the notes' are sums",
        {"gradients": "mean"},
    ),
    Stated(
        DENSE.format("x[:, :, None] * dz[:, None, :]", "dz.copy()"),
        DENSE_OWN,
        "with W_bar and b_bar for each sample, not yet summed; the notes' are summed over the samples",
        {"rows": "separate"},
    ),
    Stated(
        TWO_LAYERS.format("(A2 - Y) / len(X) * A2 * (1 - A2)"),
        NETWORK_OWN,
        "for the loss with ½, 1/2 times the notes' loss",
        {"loss": "half"},
    ),
    Stated(
        TWO_LAYERS.format("2 * (A2 - Y) * A2 * (1 - A2)"),
        NETWORK_OWN,
        "for the sum, N times the notes' loss",
        {"loss": "sum"},
    ),
    Stated(
        "def log_prime(z): return 1 / (z + 0.01)",
        "def log_prime(z): return 1 / z",
        "with ε = 0.01 added to z; the notes' has none",
        {"epsilon": 0.01},
    ),
]


@pytest.mark.parametrize("case", STATED, ids=str)
def test_a_factor_or_a_sum_left_out_counts_once_it_is_stated(case: Stated) -> None:
    unstated = judged(case.code, case.claim)
    assert unstated.verdict == "wrong"
    result = judged(case.code, case.claim, **case.stated)
    assert (result.verdict, result.convention) == ("right-in-convention", case.sentence)
    assert not result.accepted(strict=True)


@pytest.mark.parametrize("case", STATED, ids=str)
def test_what_is_stated_is_right_and_nothing_else(case: Stated) -> None:
    assert judged(case.own, case.claim).verdict in ("right", "right-in-convention")
    assert judged(case.own, case.claim, **case.stated).verdict == "wrong"


@pytest.mark.parametrize("case", [case for case in STATED if case.stated.keys() & {"loss", "gradients"}], ids=str)
def test_what_is_wrong_without_a_statement_says_for_what_it_would_be_right(case: Stated) -> None:
    said = [f'{key}="{value}"' for key, value in case.stated.items() if key in ("loss", "gradients")]
    help_said = [diagnosis.help for diagnosis in judged(case.code, case.claim).diagnosis]
    # Of two that come to the same the first is named; of a mean over one axis, that over the samples of a batch.
    same = {'loss="half mean"': 'loss="half"', 'loss="mean"': 'loss="mean over samples"'}
    assert any(f"conventions({text})" in help_said[0] for text in (said[0], same.get(said[0], said[0])))


OTHER_WAYS = [
    ("def sigmoid_derivative(z): return sigmoid(z) * (1 - sigmoid(z))", {"argument": "output"}),
    ("def sigmoid_derivative(a): return a * (1 - a)", {"argument": "input"}),
    ("def softmax_backward(up, s): return s * (up - (s * up).sum(-1, keepdims=True))", {"argument": "input"}),
    ("def dense_backward(dz, x, W, b): return dz @ W, dz.T @ x, dz.sum(0)", {"weights": "(n, k)"}),
    ("def dense_backward(dz, x, W, b): return dz @ W.T, x.T @ dz, dz.sum(0)", {"weights": "(k, n)"}),
    ("def dense_backward(dz, x, W, b): return dz @ W.T, x.T @ dz, dz.sum(0)", {"samples": "columns"}),
    (NETWORK, {"samples": "rows"}),
    ("def cce_grad(y, p): return -y / p", {"labels": "integer"}),
    ("def label_cross_entropy_gradient(y, p): return -y / p", {"labels": "integer"}),
    ("def relu_backward(z): return np.where(z >= 0, 1.0, 0.0)", {"upstream": "included"}),
    ("def sigmoid_derivative(dout, z): return dout * sigmoid(z) * (1 - sigmoid(z))", {"upstream": "excluded"}),
    ("def relu_prime(z): return np.where(z > 0, 1.0, 0.0)", {"kink": 1}),
    ("def relu_prime(z): return np.where(z >= 0, 1.0, 0.0)", {"kink": 0}),
    ("def cce_grad(y, p): return -y / p", {"epsilon": 1e-8}),
    ("def cce_grad(y, p): return -y / (p + 1e-8)", {"epsilon": 1e-7}),
    ("def cce_grad(y, p): return -y / np.maximum(p, 1e-8)", {"epsilon": 1e-7}),
]
"""Right as long as nothing else is stated."""


@pytest.mark.parametrize(("code", "stated"), OTHER_WAYS, ids=str)
def test_another_way_than_the_stated_one(code: str, stated: dict[str, Any]) -> None:
    assert judged(code).verdict in ("right", "right-in-convention")
    assert judged(code, **stated).verdict in ("wrong", "unusable")


KEPT = [
    ("def sigmoid_derivative(a): return a * (1 - a)", {"argument": "output"}),
    ("def sigmoid_backward(dout, cache): return dout * cache * (1 - cache)", {"argument": "output"}),
    ("def sin_derivative(z): return np.cos(z)", {"argument": "output"}),
    ("def mean_gradient(x): return np.ones(len(x)) / len(x)", {"argument": "output"}),
    ("def relu_prime(z): return np.where(z > 0, 1.0, 0.0)", {"kink": 0}),
    ("def cce_grad(y, p): return -y / (p + 1e-8)", {"epsilon": 1e-8}),
    ("def cce_grad(y, p): return -y / np.maximum(p, 1e-8)", {"epsilon": 1e-8}),
    ("def tanh_prime(z): return 1 - np.tanh(z) ** 2", {"epsilon": 1e-8, "loss": "sum", "samples": "columns"}),
    ("def cce_grad(y, p): return -y / p", {"loss": "half sum"}),
    (FUSED.format(""), {"loss": "sum", "samples": "rows", "labels": "one-hot", "upstream": "excluded"}),
    (NETWORK_OWN, {"loss": "mean over samples", "samples": "rows", "weights": "(n, k)"}),
]


@pytest.mark.parametrize(("code", "stated"), KEPT, ids=str)
def test_what_keeps_to_the_stated(code: str, stated: dict[str, Any]) -> None:
    assert judged(code, **stated).verdict in ("right", "right-in-convention")


def test_a_slope_that_a_kink_has_not_is_stated_for_others() -> None:
    assert judged("def step_derivative(z): return np.zeros_like(z)", kink=0.5).verdict == "right"


@pytest.mark.parametrize(
    ("gradients", "stated"),
    {
        ("x.T @ dz / len(x)", "dz.mean(0)"): 'gradients="mean"',
        ("x[:, :, None] * dz[:, None, :]", "dz.copy()"): 'rows="separate"',
        ("x.T @ dz", "dz.mean(0)"): "",
        ("x.T @ dz", "dz.copy()"): "",
    }.items(),
)
def test_a_convention_is_offered_where_it_explains_all(gradients: tuple[str, str], stated: str) -> None:
    (advice,) = {diagnosis.help for diagnosis in judged(DENSE.format(*gradients)).diagnosis}
    assert (f"state conventions({stated})" in advice) == bool(stated)
    assert ("state conventions" in advice) == bool(stated)


@pytest.mark.parametrize(
    ("name", "body"),
    {
        "sigmoid_derivative": "z * (1 - z)",
        "tanh_prime": "1 - z ** 2",
        "softmax_grad": "np.diag(z) - np.outer(z, z)",
    }.items(),
)
def test_a_parameter_that_is_called_z_is_no_output(name: str, body: str) -> None:
    assert judged(f"def {name}(z): return {body}").verdict == "wrong"
    assert judged(f"def {name}(s): return {body.replace('z', 's')}").verdict == "right-in-convention"


def test_sums_over_all_that_is_given_are_for_one_vector() -> None:
    body = "e = np.exp(z - np.max(z)); s = e / np.sum(e); return {}"
    assert judged(f"def softmax_backward(up, z): {body.format('s * (up - np.sum(up * s))')}").verdict == "right"
    result = judged(f"def softmax_backward(up, z): {body.format('up * s * (1 - s)')}")
    assert (result.verdict, result.diagnosis[0].code) == ("wrong", "HG204")


def test_an_upstream_gradient_does_not_make_z_an_output() -> None:
    assert judged("def sigmoid_backward(dout, z): return dout * z * (1 - z)").verdict == "wrong"


def test_a_function_that_returns_its_input_is_no_derivative_of_exp() -> None:
    assert judged("def exp_derivative(x): return x").verdict == "wrong"
    assert judged("def exp_backward(dout, x): return dout * x").verdict == "wrong"


# Where to state it


def in_a_file(folder: pathlib.Path, code: str, **options: Any) -> dict[str, Result]:
    path = folder / "homework.py"
    path.write_text(f"import numpy as np\n{textwrap.dedent(code)}")
    return {result.function: result for result in check_file(path, **options).results}


def test_a_file_states_it_once_for_all_its_functions(tmp_path: pathlib.Path) -> None:
    found = in_a_file(
        tmp_path,
        """
        from handgrad import conventions
        conventions(loss="sum", samples="columns")
        def mse_grad(y, yh): return 2 * (yh - y)
        def mse_prime(y, yh): return 2 * (yh - y) / len(y)
        def dense_backward(dZ, X, W, b): return W @ dZ, X @ dZ.T, dZ.sum(axis=1, keepdims=True)
        def linear_backward(dZ, X, W, b): return dZ @ W.T, X.T @ dZ, dZ.sum(axis=0)
        def tanh_prime(z): return 1 - np.tanh(z) ** 2
        """,
    )
    assert found["mse_grad"].convention == "for the sum, N times the notes' loss"
    assert found["dense_backward"].convention == COLUMNS
    assert [found[name].verdict for name in ("mse_prime", "linear_backward", "tanh_prime")] == [
        "wrong",
        "wrong",
        "right",
    ]


def test_an_option_goes_before_the_file(tmp_path: pathlib.Path) -> None:
    code = """
        from handgrad import conventions
        conventions(loss="sum")
        def mse_grad(y, yh): return (yh - y) / len(y)
        """
    assert in_a_file(tmp_path, code)["mse_grad"].verdict == "wrong"
    result = in_a_file(tmp_path, code, conventions={"loss": "half"})["mse_grad"]
    assert result.convention == "for the loss with ½, 1/2 times the notes' loss"


def test_on_the_command_line(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_a_file(tmp_path, "def mse_grad(y, yh): return yh - y\n")
    path = str(tmp_path / "homework.py")
    assert main(["check", path]) == 1
    assert main(["check", path, "--convention", "loss=half sum"]) == 0
    assert main(["check", path, "--convention", "loss=half sum", "--strict"]) == 1
    assert "for the sum with ½, N/2 times the notes' loss; not enough for --strict" in capsys.readouterr().out


def test_a_name_says_which_loss_it_is_of() -> None:
    assert judged("def half_mse_prime(y, yh): return 2 * (yh - y) / len(y)").verdict == "wrong"
    assert judged("def summed_mse_prime(y, yh): return 2 * (yh - y) / len(y)").verdict == "wrong"
    assert judged("def summed_mse_prime(y, yh): return 2 * (yh - y)").verdict == "right-in-convention"


# Errors

UNKNOWN = {
    "conventions: there is no los; there are loss, gradients, rows,": {"los": "sum"},
    "conventions: loss is 'total'; it must be one of mean, sum, half,": {"loss": "total"},
    "conventions: loss is None; it must be one of": {"loss": None},
    "conventions: loss is \\['sum'\\]; it must be one of": {"loss": ["sum"]},
    "conventions: kink is '0'; it must be a number": {"kink": "0"},
    "conventions: kink is True; it must be a number": {"kink": True},
    "conventions: epsilon is nan; it must be a finite number": {"epsilon": float("nan")},
    "conventions: epsilon is -1e-08; it must be above 0": {"epsilon": -1e-8},
}


@pytest.mark.parametrize("message", UNKNOWN)
def test_conventions_that_there_are_not(message: str) -> None:
    take_stated()  # what a snippet of a page has left behind
    with pytest.raises(ValueError, match=f"^{message}"):
        handgrad.conventions(**UNKNOWN[message])
    with pytest.raises(CheckError, match=f"^{message}"):
        check(function("def tanh_prime(z): return 1 - np.tanh(z) ** 2"), conventions=UNKNOWN[message])
    assert take_stated() == {}, "what is refused is not stated"


@pytest.mark.parametrize(
    ("text", "message"),
    {
        "sum": "conventions: 'sum' is not of the form name=value",
        "kink=half": "conventions: kink is 'half'; it must be a number",
        "loss=": "conventions: loss is ''; it must be one of mean",
        "kink=inf": "conventions: kink is inf; it must be a finite number",
    }.items(),
)
def test_conventions_as_text_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        parsed([text])


def test_a_file_that_states_what_there_is_not(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "homework.py"
    path.write_text("from handgrad import conventions\nconventions(los='sum')\ndef tanh_prime(z): return 1 - z\n")
    assert "line 2: ConventionError: conventions: there is no los" in check_file(path).problems[0]
