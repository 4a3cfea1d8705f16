"""The student's own forward function decides what its derivative should be, whether the catalogue knows it or not."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from handgrad.catalogue import FORMULAS, Formula
from handgrad.oracle import calling, claiming, pairs, signatures, sources
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.checking import check_file
from handgrad.oracle.judge import judge
from handgrad.oracle.report import Result

HELPERS = """
import math
import numpy as np

def logistic(x):
    return 1 / (1 + np.exp(-x))
"""


def in_a_file(folder: pathlib.Path, forward: str, derivative: str) -> tuple[pathlib.Path, str]:
    """A file with both functions, and the name of the second."""
    path = folder / "homework.py"
    path.write_text("\n".join([HELPERS, textwrap.dedent(forward), textwrap.dedent(derivative)]))
    return path, derivative.strip().partition("(")[0].removeprefix("def ")


def judged(folder: pathlib.Path, forward: str, derivative: str, **stated: Any) -> Result:
    """The verdict on a derivative in such a file, without a process of its own."""
    path, name = in_a_file(folder, forward, derivative)
    loaded = sources.load(path)
    infos = {info["name"]: info for info in loaded.functions}
    parameters = infos[name]["parameters"]
    claims = claiming.from_name(name, parameters)
    claims += [sibling for claim in claims for sibling in claiming.siblings(claim)]
    backend, result = Here(loaded.namespace), Result(name, None, "inconclusive")
    if claims:
        result = judge(name, claims, lambda claim: signatures.plans(name, parameters, claim), backend, stated=stated)
    beside = pairs.forward_of(infos[name], loaded.functions, None)
    return result if beside is None else pairs.judged_by_forward(result, infos[name], beside, backend, 0, stated)


class Here:
    """A backend that calls the functions of a namespace."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def call(self, plan: Plan, letters: Mapping[str, Any]) -> Outcome:
        """One call."""
        return calling.call(self._namespace, plan, letters)


MSE_OWN = "def mse(y, y_hat): return np.mean((y - y_hat) ** 2)"
MSE_SUM = "def mse(y, y_hat): return np.sum((y - y_hat) ** 2)"
MSE_HALF = "def mse(y_true, y_pred): return 0.5 * np.mean(np.square(y_true - y_pred))"
BCE_OWN = "def bce(y, p): return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))"
FUSED = """
def softmax_cross_entropy(y, logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(p), axis=1))
"""
FUSED_GRAD = """
def softmax_cross_entropy_grad(y, logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - y){}
"""


# A loss of their own


LOG_OF_MORE = """
def bce(y, p):
    return -np.{}(y * np.log(p + {}) + (1 - y) * np.log(1 - p + {}))
"""


@pytest.mark.parametrize(
    ("reduction", "epsilon", "derivative", "verdict"),
    [
        ("mean", "1e-7", "(p - y) / (p * (1 - p)) / len(y)", "right"),
        ("sum", "1e-7", "(p - y) / (p * (1 - p))", "right"),
        ("mean", "1e-9", "(p - y) / (p * (1 - p))", "wrong"),
        ("sum", "1e-9", "(p - y) / (p * (1 - p)) / len(y)", "wrong"),
        ("mean", "1e-2", "(p - y) / (p * (1 - p)) / len(y)", "wrong"),
        ("mean", "1e-9", "1.001 * (p - y) / (p * (1 - p)) / len(y)", "wrong"),
    ],
)
def test_an_epsilon_in_the_loss_alone(
    tmp_path: pathlib.Path, reduction: str, epsilon: str, derivative: str, verdict: str
) -> None:
    loss = LOG_OF_MORE.format(reduction, epsilon, epsilon)
    result = judged(tmp_path, loss, f"def bce_grad(y, p): return {derivative}")
    assert result.verdict == verdict
    said = "but for less than 0.0001 of it, as if that had an epsilon" in f"{result.convention} {result.notes}"
    assert said == (verdict != "wrong")


@pytest.mark.parametrize(
    ("forward", "derivative", "said"),
    [
        (MSE_SUM, "def mse_prime(y, y_hat): return 2 * (y_hat - y)", "N times the notes' mean_squared_error"),
        (
            MSE_HALF,
            "def mse_grad(y_true, y_pred): return (y_pred - y_true) / y_true.size",
            "1/2 times the notes' mean_squared_error",
        ),
        (
            "def sse(t, o): return 0.5 * np.sum((t - o) ** 2)",
            "def sse_derivative(t, o): return o - t",
            "1/2 times the notes' sum_squared_error",
        ),
        (
            "def bce_loss(y, p): return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / 2",
            "def bce_grad(y, p): return (p - y) / (p * (1 - p)) / 2",
            "N/2 times the notes' mean_binary_cross_entropy",
        ),
        (FUSED, FUSED_GRAD.format(" / len(y)"), "the mean of the notes' softmax_cross_entropy over the samples"),
        (
            "def cross_entropy(y, p): return -np.mean(y * np.log(p))",
            "def cross_entropy_grad(y, p): return -y / p / y.size",
            "1/K times the mean of the notes' categorical_cross_entropy over the samples",
        ),
        (
            "def mse(y, p): return np.mean(np.abs(y - p) ** 3)",
            "def mse_grad(y, p): return 3 * (p - y) * np.abs(p - y) / len(y)",
            "another function than the notes' mean_squared_error",
        ),
    ],
)
def test_right_for_the_loss_they_wrote(tmp_path: pathlib.Path, forward: str, derivative: str, said: str) -> None:
    name = forward.strip().partition("(")[0].removeprefix("def ")
    result = judged(tmp_path, forward, derivative)
    assert result.verdict == "right-in-convention"
    assert result.convention == f"it matches your `{name}`, which is {said}"
    assert result.diagnosis == []
    assert result.smallest is None


@pytest.mark.parametrize(
    ("forward", "derivative", "code", "times", "own"),
    [
        (MSE_OWN, "def mse_grad(y, y_hat): return 2 * (y_hat - y)", "HG207", "N times", "mean_squared_error"),
        (MSE_OWN, "def mse_grad(y, y_hat): return (y_hat - y) / len(y)", "HG202", "1/2 times", "mean_squared_error"),
        (
            MSE_OWN,
            "def mse_grad(y, y_hat): return 2 * (y - y_hat) / len(y)",
            "HG201",
            "the opposite of",
            "mean_squared_error",
        ),
    ],
)
def test_wrong_by_a_factor_for_the_notes_own_loss(
    tmp_path: pathlib.Path, forward: str, derivative: str, code: str, times: str, own: str
) -> None:
    result = judged(tmp_path, forward, derivative)
    assert (result.verdict, result.diagnosis[0].code) == ("wrong", code)
    assert f"it is {times} the derivative of your `mse`, which is the notes' {own}" in result.notes
    assert "state conventions" not in result.diagnosis[0].help, "it is stated: by the function"


@pytest.mark.parametrize(
    ("forward", "derivative", "code", "seen", "note"),
    [
        (
            MSE_HALF,
            "def mse_grad(y_true, y_pred): return 2 * (y_pred - y_true) / len(y_true)",
            "HG202",
            "it is 2 times the derivative of your `mse`",
            "it is the notes' mean_squared_error_gradient, but not the derivative of your `mse`, which is 1/2 times "
            "the notes' mean_squared_error",
        ),
        (
            BCE_OWN,
            "def bce_prime(y, p): return (p - y) / (p * (1 - p))",
            "HG207",
            "it is n times the derivative of your `bce`",
            "it is the notes' binary_cross_entropy_derivative, but not the derivative of your `bce`, which is the "
            "notes' mean_binary_cross_entropy",
        ),
        (
            FUSED,
            FUSED_GRAD.format(""),
            "HG207",
            "it is N times the derivative of your `softmax_cross_entropy`",
            "it is the notes' softmax_cross_entropy_gradient, but not the derivative of your `softmax_cross_entropy`, "
            "which is the mean of the notes' softmax_cross_entropy over the samples",
        ),
        (
            MSE_SUM,
            "def mse_grad(y, y_hat): return y_hat - y",
            "HG202",
            "it is 1/2 times the derivative of your `mse`",
            "your `mse` is N times the notes' mean_squared_error",
        ),
    ],
)
def test_wrong_by_a_factor_for_a_loss_of_their_own(
    tmp_path: pathlib.Path, forward: str, derivative: str, code: str, seen: str, note: str
) -> None:
    result = judged(tmp_path, forward, derivative)
    assert (result.verdict, result.diagnosis[0].code) == ("wrong", code)
    assert result.diagnosis[0].message == seen
    assert note in result.notes
    assert result.smallest is not None


@pytest.mark.parametrize(
    ("forward", "derivative"),
    [
        (
            "def dense(x, W, b): return x @ W + b",
            "def dense_backward(dz, x, W, b): return dz @ W.T, x.T @ dz, dz.sum(axis=0)",
        ),
        (
            "def softmax(x): return np.exp(x) / np.exp(x).sum()",
            "def softmax_grad(x): return np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))",
        ),
        (
            "def softmax(x): return np.exp(x) / np.exp(x).sum(-1, keepdims=True)",
            "def softmax_backward(up, x): return softmax(x) * (up - (softmax(x) * up).sum(-1, keepdims=True))",
        ),
        ("def relu(z): return np.maximum(z, 0)", "def relu_prime(z): return (z > 0) * 1.0"),
        (
            "def affine(x, w, b): return x @ w + b",
            "def affine_backward(g, x, w, b): return np.outer(g, w), g @ x, g.sum()",
        ),
        (
            "def cross_entropy(y, p): return -np.mean(np.sum(y * np.log(p), axis=-1))",
            "def cross_entropy_grad(y, p): return -y / p / len(y)",
        ),
        (
            "def neuron(x, w, b): return logistic(x @ w + b)",
            """
            def neuron_grad(x, w, b):
                s = neuron(x, w, b) * (1 - neuron(x, w, b))
                return s * w, s * x, s
            """,
        ),
        (MSE_OWN, "def mse_grad(y_hat, y): return 2 * (y_hat - y) / len(y)"),
    ],
)
def test_what_the_catalogue_calls_right_is_right_beside_its_forward_function(
    tmp_path: pathlib.Path, forward: str, derivative: str
) -> None:
    result = judged(tmp_path, forward, derivative)
    assert result.verdict in ("right", "right-in-convention")
    name = forward.partition("(")[0].removeprefix("def ")
    assert f"it is the derivative of the `{name}` in this file too" in result.notes


# Functions that the catalogue does not know

SWISH = "def swish(x): return x * logistic(x)"
COST = "def cost(X, y, theta): return np.sum((X @ theta - y) ** 2) / (2 * len(y))"
UNKNOWN = {
    "swish": (SWISH, "def swish_derivative(x): return logistic(x) + swish(x) * (1 - logistic(x))"),
    "swish with its upstream": (
        SWISH,
        "def swish_backward(dout, x): return dout * (logistic(x) + swish(x) * (1 - logistic(x)))",
    ),
    "one number at a time": (
        "def selu(x): return 1.05 * x if x > 0 else 1.76 * (math.exp(x) - 1)",
        "def selu_prime(x): return 1.05 if x > 0 else 1.76 * math.exp(x)",
    ),
    "log-softmax": (
        "def log_softmax(x): return x - np.log(np.sum(np.exp(x)))",
        "def log_softmax_grad(x): return np.eye(len(x)) - np.exp(log_softmax(x))",
    ),
    "layer norm": (
        "def layer_norm(x): return (x - x.mean()) / np.sqrt(x.var() + 1e-5)",
        """
        def layer_norm_backward(dout, x):
            h = layer_norm(x)
            return (dout - dout.mean() - h * (dout * h).mean()) / np.sqrt(x.var() + 1e-5)
        """,
    ),
    "a design matrix": (COST, "def cost_gradient(X, y, theta): return X.T @ (X @ theta - y) / len(y)"),
    "a cache beside the value": (
        "def linear_forward(x, W): return x @ W, (x, W)",
        "def linear_backward(dz, x, W): return dz @ W.T, x.T @ dz",
    ),
    "class numbers": (
        "def nll(label, p): return -np.log(p[label])",
        "def nll_grad(label, p):\n    g = np.zeros(len(p))\n    g[label] = -1 / p[label]\n    return g",
    ),
    "the mean of the rows": (
        "def focal(y, p): return -np.mean(np.sum(y * (1 - p) ** 2 * np.log(p), axis=1))",
        "def focal_grad(y, p): return y * (2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p) / len(y)",
    ),
    "kinks": (
        "def huber(y, p): return np.sum(np.minimum(np.abs(p - y), (p - y) ** 2))",
        "def huber_grad(y, p): return np.where(np.abs(p - y) < 1, 2 * (p - y), np.sign(p - y))",
    ),
    "a clip": ("def relu6(x): return np.clip(x, 0, 6)", "def relu6_derivative(x): return 1.0 * ((x > 0) & (x < 6))"),
    "jumps": ("def stairs(x): return np.floor(2 * x)", "def stairs_derivative(x): return np.zeros(x.shape)"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_right_for_a_function_of_their_own(tmp_path: pathlib.Path, case: str) -> None:
    result = judged(tmp_path, *UNKNOWN[case])
    assert (result.verdict in ("right", "right-in-convention"), result.diagnosis) == (True, [])


@pytest.mark.parametrize(
    ("forward", "derivative", "code", "message", "inputs"),
    [
        (SWISH, "def swish_derivative(x): return swish(x)", "HG210", "yours is `swish` itself", {"x": [1]}),
        (SWISH, "def swish_derivative(x): return x", "HG211", "yours is x, unchanged", {"x": [1]}),
        (
            SWISH,
            "def swish_backward(dout, x): return logistic(x) + swish(x) * (1 - logistic(x))",
            "HG221",
            "yours does not depend on dout",
            {"x": [1], "dout": [2]},
        ),
        (SWISH, "def swish_derivative(x): return logistic(x)", "HG100", "", {"x": [1]}),
        (
            "def square(x): return x * x",
            "def square_derivative(x): return x",
            "HG202",
            "it is 1/2 times the derivative of your `square`",
            {"x": [1]},
        ),
        (
            "def leaky_relu(x): return np.where(x > 0, x, 0.1 * x)",
            "def leaky_relu_prime(x): return np.where(x > 0, 1, -0.1)",
            "HG100",
            "",
            {"x": [-1]},
        ),
        (
            "def quartic(y, p): return np.mean((y - p) ** 4)",
            "def quartic_grad(y, p): return 4 * (p - y) ** 3",
            "HG207",
            "it is N times the derivative of your `quartic`",
            {"y": [1, -1], "p": [2, -2]},
        ),
        (
            COST,
            "def cost_gradient(X, y, theta): return X.T @ (y - X @ theta) / len(y)",
            "HG201",
            "its sign is flipped",
            {"X": [[1]], "y": [-1], "theta": [2]},
        ),
        (
            "def ridge(w, X, y): return np.sum((X @ w - y) ** 2) + 0.1 * np.sum(w ** 2)",
            "def ridge_grad(w, X, y): return 2 * X.T @ (X @ w - y)",
            "HG100",
            "",
            {"w": [1], "X": [[-1]], "y": [2]},
        ),
        (
            "def log_softmax(x): return x - np.log(np.sum(np.exp(x)))",
            "def log_softmax_grad(x): return np.eye(len(x)) + np.exp(log_softmax(x))",
            "HG100",
            "",
            {"x": [1]},
        ),
    ],
)
def test_wrong_at_the_smallest_whole_numbers(
    tmp_path: pathlib.Path, forward: str, derivative: str, code: str, message: str, inputs: dict[str, Any]
) -> None:
    result = judged(tmp_path, forward, derivative)
    assert (result.verdict, result.diagnosis[0].code, result.diagnosis[0].message) == ("wrong", code, message)
    assert result.smallest is not None
    assert result.telling is not None
    assert {name: array.tolist() for name, array in result.smallest.inputs.items()} == inputs
    assert len(np.unique(result.telling.inputs[next(iter(inputs))])) > 1


HINGE = "def hinge_loss(w, x, y): return max(0, 1 - y * (w @ x))"
RELU_6 = "def relu6(z): return np.minimum(np.maximum(z, 0), 6)"
SINH = "def sinh(z): return np.sinh(z)"
DENT = "def dent(z): return np.where(np.abs(z + 1.5) < 0.15, 6 - 5 * z, z)"
HARD_SIGMOID = "def hard_sigmoid(z): return np.clip(z / 6 + 1 / 2, 0, 1)"


@pytest.mark.parametrize(
    ("forward", "derivative", "verdict"),
    [
        (HINGE, "def hinge_loss_gradient(w, x, y): return -y * x", "wrong"),
        (HINGE, "def hinge_loss_gradient(w, x, y): return -y * x * (y * (w @ x) < 1)", "right"),
        (RELU_6, "def relu6_derivative(z): return (z > 0) * 1.0", "wrong"),
        (RELU_6, "def relu6_derivative(z): return ((z > 0) & (z < 6)) * 1.0", "right"),
        (HARD_SIGMOID, "def hard_sigmoid_derivative(z): return np.full_like(z, 1 / 6)", "wrong"),
        (HARD_SIGMOID, "def hard_sigmoid_derivative(z): return (np.abs(z) < 3) / 6", "right"),
        (SINH, "def sinh_derivative(z): return 1 / np.sqrt(1 - np.tanh(z) ** 2)", "right"),  # of few digits at 16
        (DENT, "def dent_derivative(z): return np.ones_like(z)", "wrong"),
    ],
)
def test_each_branch_is_seen(tmp_path: pathlib.Path, forward: str, derivative: str, verdict: str) -> None:
    assert judged(tmp_path, forward, derivative).verdict == verdict


def test_what_is_wrong_far_away_alone_is_shown_at_the_nearest_whole_number(tmp_path: pathlib.Path) -> None:
    result = judged(tmp_path, RELU_6, "def relu6_derivative(z): return (z > 0) * 1.0")
    assert result.diagnosis[0].message == "it is right between -2 and 2, and wrong farther away"
    assert result.smallest is not None
    assert result.smallest.inputs["z"].tolist() == [7]


def test_a_derivative_written_in_the_output_of_their_own_function(tmp_path: pathlib.Path) -> None:
    elu = "def elu(x): return np.where(x > 0, x, np.exp(x) - 1)"
    result = judged(tmp_path, elu, "def elu_prime(a): return np.where(a > 0, 1, a + 1)")
    assert result.verdict == "right-in-convention"
    assert result.convention == "written in the output of your `elu`, so pass that, not x"
    assert result.call == "elu_prime(elu(x))"
    assert judged(tmp_path, elu, "def elu_prime(z): return np.where(z > 0, 1, z + 1)").verdict == "wrong"
    result = judged(tmp_path, elu, "def elu_backward(grad, out): return grad * np.where(out > 0, 1, out + 1)")
    assert result.verdict == "right-in-convention"
    assert result.call == "elu_backward(grad, elu(x))"


def test_a_backward_pass_in_the_output_of_the_notes_function(tmp_path: pathlib.Path) -> None:
    softmax = """
    def softmax(x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    """
    backward = "def softmax_backward(grad_output, output): return output * (grad_output - {})"
    sums = "(grad_output * output).sum(axis=-1, keepdims=True)"
    result = judged(tmp_path, softmax, backward.format(sums))
    assert result.verdict == "right-in-convention"
    assert result.convention == "written in the output p, so pass p, not l; the notes' takes l"
    assert judged(tmp_path, softmax, backward.format("(grad_output * output).mean()")).verdict == "wrong"


@pytest.mark.parametrize(
    ("at_0", "verdict", "said"),
    [
        ("0.1", "right", "at the kink x = 0 it takes 0.1, of the slopes 0.1 to 1"),
        ("0.7", "right", "at the kink x = 0 it takes 0.7, of the slopes 0.1 to 1"),
        ("5", "wrong", "at the kink x = 0 `leaky` has the slopes 0.1 to 1"),
        ("np.nan", "wrong", "at the kink x = 0 `leaky` has the slopes 0.1 to 1"),
    ],
)
def test_a_kink_of_their_own_function(tmp_path: pathlib.Path, at_0: str, verdict: str, said: str) -> None:
    leaky = "def leaky(x): return np.where(x > 0, x, 0.1 * x)"
    result = judged(tmp_path, leaky, f"def leaky_prime(x): return np.where(x > 0, 1, np.where(x < 0, 0.1, {at_0}))")
    assert result.verdict == verdict
    assert said in ([diagnosis.message for diagnosis in result.diagnosis] or result.notes)


def test_what_a_step_takes_where_it_jumps_nobody_can_say(tmp_path: pathlib.Path) -> None:
    stairs = "def stairs(x): return np.where(x > 0, x + 1, x)"
    assert judged(tmp_path, stairs, "def stairs_prime(x): return np.where(x == 0, 7.0, 1.0)").verdict == "right"
    assert judged(tmp_path, stairs, "def stairs_prime(x): return np.where(x > 0, 1.0, 0.0)").verdict == "wrong"


def test_a_loss_that_is_right_for_vectors_alone_says_so(tmp_path: pathlib.Path) -> None:
    rmse = "def rmse(y, p): return np.sqrt(np.mean((y - p) ** 2))"
    result = judged(tmp_path, rmse, "def rmse_grad(y, p): return (p - y) / (len(y) * rmse(y, p))")
    assert result.verdict == "right"
    assert "of arrays with a row for each sample it is K times the derivative" in result.notes


@pytest.mark.parametrize(
    ("derivative", "code"),
    [
        ("def swish_derivative(x):\n    x *= 2\n    return x", "HG103"),
        ("def swish_derivative(x): return x + np.random.rand()", "HG106"),
        ("def swish_derivative(x): return undefined", "HG102"),
        ("def swish_derivative(x): return np.ones((2, 7))", "HG108"),
    ],
)
def test_a_derivative_that_misbehaves(tmp_path: pathlib.Path, derivative: str, code: str) -> None:
    result = judged(tmp_path, SWISH, derivative)
    assert result.verdict == ("unusable" if code == "HG102" else "wrong")
    assert result.diagnosis[0].code == code


@pytest.mark.parametrize(
    "forward",
    [
        "def wild(x): return str(x)",
        "def wild(x): return x + np.random.rand()",
        "def wild(x): raise ValueError",
        "def wild(x): return np.nan * x",
        "def wild(): return 1.0",
    ],
)
def test_a_forward_function_that_gives_no_numbers(tmp_path: pathlib.Path, forward: str) -> None:
    result = judged(tmp_path, forward, "def wild_derivative(x): return x")
    assert result.verdict == "inconclusive"
    assert result.notes == ["`wild` gives no numbers to differentiate"]


def test_a_forward_function_that_hangs_ends_in_time(tmp_path: pathlib.Path) -> None:
    path, name = in_a_file(tmp_path, "def wild(x):\n    while True: pass", "def wild_derivative(x): return x")
    assert check_file(path, name, seconds=0.5).results[0].verdict == "timeout"


# Every formula of the catalogue, as if it were a student's own

DERIVATIVES = [(formula, part) for formula in FORMULAS.values() for part in formula.companions if part != "jvp"]


def beside_itself(folder: pathlib.Path, formula: Formula, part: str, changed: str) -> Result:
    """The verdict on a verified derivative, or a change of it, beside the verified function."""
    name, letters = formula.name, ", ".join(formula.axes)
    bar = f"{formula.letter}_bar"
    taken, found = letters, f"handgrad.{name}_{part}({letters})"
    if part == "vjp":
        taken, found = f"{bar}, {letters}", f"{found}[1]({bar})"
    forward = f"import handgrad\ndef {name}({letters}): return handgrad.{name}({letters})"
    several = f"tuple({changed.format('each')} for each in found) if isinstance(found, tuple) else "
    derivative = f"""
def {name}_{part}({taken}):
    found = {found}
    return {several}{changed.format("found")}
"""
    return judged(folder, forward, derivative)


def is_right(folder: pathlib.Path, formula: Formula, part: str) -> None:
    result = beside_itself(folder, formula, part, "{}")
    assert result.verdict in ("right", "right-in-convention")
    assert f"it is the derivative of the `{formula.name}` in this file too" in result.notes
    if formula.name != "unit_step":  # whose derivative is 0
        assert beside_itself(folder, formula, part, "-{}").verdict == "wrong"


@pytest.mark.parametrize(("formula", "part"), DERIVATIVES[::9], ids=lambda each: getattr(each, "name", each))
def test_what_is_verified_is_right_beside_its_function_quick(
    tmp_path: pathlib.Path, formula: Formula, part: str
) -> None:
    is_right(tmp_path, formula, part)


@pytest.mark.slow
@pytest.mark.parametrize(("formula", "part"), DERIVATIVES, ids=lambda each: getattr(each, "name", each))
def test_what_is_verified_is_right_beside_its_function(tmp_path: pathlib.Path, formula: Formula, part: str) -> None:
    is_right(tmp_path, formula, part)


# Other forms and statements


@pytest.mark.parametrize(
    ("derivative", "form"),
    {"J": "", "J.T": "transposed"}.items(),
)
def test_a_form_of_their_own(tmp_path: pathlib.Path, derivative: str, form: str) -> None:
    forward = "def log_softmax(x): return x - np.log(np.sum(np.exp(x)))"
    body = f"    J = np.eye(len(x)) - np.exp(log_softmax(x))\n    return {derivative}"
    result = judged(tmp_path, forward, f"def log_softmax_grad(x):\n{body}")
    assert (result.verdict, result.convention) == ("right-in-convention" if form else "right", form or None)
    result = judged(tmp_path, COST, "def cost_gradient(X, y, theta): return (X.T @ (X @ theta - y))[None, :] / len(y)")
    assert result.convention == "as a row"


def test_contracts_are_not_for_the_forward_function_to_decide(tmp_path: pathlib.Path) -> None:
    derivative = "def mse_grad(y, y_hat):\n    y_hat -= y\n    return 2 * y_hat"
    result = judged(tmp_path, MSE_SUM, derivative)
    assert (result.verdict, result.diagnosis[0].code) == ("wrong", "HG103")
    step = "def step(x): return 1.0 * (x > 0)"
    result = judged(tmp_path, step, "def step_derivative(x): return np.where(x == 0, 1e9, 0.0)")
    assert (result.verdict, result.diagnosis[0].code) == ("wrong", "HG109")


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [({}, "right"), ({"argument": "input"}, "right"), ({"argument": "output"}, "wrong"), ({"loss": "sum"}, "right")],
)
def test_what_is_stated_besides_the_loss_holds(tmp_path: pathlib.Path, stated: dict[str, str], verdict: str) -> None:
    pairs = {
        "def sigmoid(x): return logistic(x)": "def sigmoid_derivative(x): return logistic(x) * (1 - logistic(x))",
        SWISH: UNKNOWN["swish"][1],
    }
    for forward, derivative in pairs.items():
        result = judged(tmp_path, forward, derivative, **stated)
        assert result.verdict in ((verdict, "unusable") if verdict == "wrong" else (verdict,))


def test_the_forward_function_goes_before_a_stated_loss(tmp_path: pathlib.Path) -> None:
    derivative = "def mse_grad(y, y_hat): return 2 * (y_hat - y) / len(y)"
    assert judged(tmp_path, "", derivative, loss="sum").verdict == "wrong"
    result = judged(tmp_path, MSE_OWN, derivative, loss="sum")
    assert result.convention == "it matches your `mse`, which is the notes' mean_squared_error"
