"""The oracle on files and functions as students hand them in."""

from __future__ import annotations

import json
import pathlib
import textwrap
from typing import Any

import numpy as np
import pytest

import handgrad
from handgrad.cli import main
from handgrad.oracle.checking import CheckError, check, check_file
from handgrad.oracle.claiming import from_name, stem_of
from handgrad.oracle.report import Report, Result

ROOT = pathlib.Path(__file__).parent.parent
HOMEWORK = ROOT / "examples" / "homework.py"


@pytest.fixture
def hand_in(tmp_path: pathlib.Path) -> Any:
    """Write a file of a student's and check it; nothing else may appear beside it."""

    def checked(text: str, name: str = "homework.py", **options: Any) -> Report:
        path = tmp_path / name
        path.write_text(f"import numpy as np\n{textwrap.dedent(text)}" if name.endswith(".py") else text)
        report = check_file(path, **options)
        assert [entry.name for entry in tmp_path.iterdir()] == [name]
        return report

    return checked


def verdicts(report: Report) -> dict[str, str]:
    return {result.function: result.verdict for result in report.results}


def only(report: Report) -> Result:
    (result,) = [result for result in report.results if result.verdict != "not checked"]
    return result


def test_the_homework() -> None:
    report = check_file(HOMEWORK)
    assert verdicts(report) == {
        "sigmoid": "not checked",
        "sigmoid_derivative": "right",
        "tanh_prime": "right",
        "relu_derivative": "right-in-convention",
        "softmax": "not checked",
        "softmax_derivative": "wrong",
        "quotient_rule": "right",
        "softmax_backward": "right",
        "mse_grad": "wrong",
        "sse": "not checked",
        "sse_prime": "right",
        "cross_entropy_grad": "wrong",
        "softmax_cross_entropy_grad": "right",
        "linear_backward": "right-in-convention",
        "dense_backward": "wrong",
        "leaky_relu": "not checked",
        "leaky_relu_derivative": "wrong",
    }
    assert report.exit_code == 1


# Names


@pytest.mark.parametrize(
    ("name", "claim"),
    {
        "softmax_derivative": "softmax_jacobian",
        "d_softmax": "softmax_jacobian",
        "dsoftmax": "softmax_jacobian",
        "grad_softmax": "softmax_jacobian",
        "softmax_grad": "softmax_jacobian",
        "sigmoid_prime": "sigmoid_derivative",
        "sigmoidPrime": "sigmoid_derivative",
        "derivative_of_tanh": "tanh_derivative",
        "relu_backward": "relu_vjp",
        "linear_backward": "dense_vjp",
        "fc_backward": "dense_vjp",
        "mse_grad": "mean_squared_error_gradient",
        "sse_prime": "sum_squared_error_gradient",
        "bce_derivative": "mean_binary_cross_entropy_gradient",
        "cross_entropy_gradient": "categorical_cross_entropy_gradient",
        "logistic_prime": "sigmoid_derivative",
    }.items(),
)
def test_what_a_name_claims(name: str, claim: str) -> None:
    assert str(from_name(name)[0]) == claim


@pytest.mark.parametrize("name", ["softmax", "forward", "train", "data_loader", "dropout", "main", "dense", "default"])
def test_names_that_claim_nothing(name: str) -> None:
    assert from_name(name) == []


def test_a_derivative_of_something_unknown_has_a_stem() -> None:
    assert stem_of("leaky_relu_derivative") == ("leaky_relu", "derivative")
    assert from_name("leaky_relu_derivative") == []


# What existing checkers get wrong


def softmax(l: Any) -> Any:
    e = np.exp(l - l.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_a_tiny_gradient_of_the_wrong_sign() -> None:
    def gradient(y: Any, y_hat: Any) -> Any:
        return -1e-7 * 2 * (y_hat - y) / len(y)

    assert check(gradient, "mean_squared_error_gradient").results[0].verdict == "wrong"


@pytest.mark.parametrize("victim", ["p_bar", "l"])
def test_a_backward_pass_that_overwrites_what_it_is_given(victim: str) -> None:
    def backward(p_bar: Any, l: Any) -> Any:
        p = softmax(l)
        result = p * (p_bar - np.sum(p * p_bar, axis=-1, keepdims=True))
        (p_bar if victim == "p_bar" else l)[...] = 0
        return result

    (result,) = check(backward, "softmax_vjp").results
    assert result.verdict == "wrong"
    assert f"it overwrites its argument {victim}" in result.diagnosis[0].message


def test_a_bias_gradient_that_kept_its_batch_axis() -> None:
    def backward(z_bar: Any, x: Any, W: Any, b: Any) -> Any:
        return z_bar @ W.T, x.T @ z_bar, z_bar.sum(axis=0, keepdims=True)

    (result,) = check(backward, "dense_vjp").results
    assert result.verdict == "right-in-convention"
    assert result.convention == "b_bar as a row, (1, k); the notes' is (k,)"


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_subgradient_of_relu_at_zero(at_zero: float) -> None:
    def derivative(z: Any) -> Any:
        return np.where(z > 0, 1.0, np.where(z < 0, 0.0, at_zero))

    (result,) = check(derivative, "relu_derivative").results
    assert result.verdict == ("right" if at_zero == 1 else "right-in-convention")
    said = f"at z = 0 it takes the subgradient {at_zero:g}; the notes' is 1"
    assert result.convention == (None if at_zero == 1 else said)


def test_no_subgradient_of_relu_at_zero() -> None:
    (result,) = check(lambda z: np.where(z == 0, 2.0, 1.0 * (z > 0)), "relu_derivative").results
    assert result.verdict == "wrong"
    assert "no such subgradient" in result.diagnosis[0].message


def test_an_upstream_gradient_that_is_ignored() -> None:
    assert check(lambda a_bar, z: 1 - np.tanh(z) ** 2, "tanh_vjp").results[0].verdict == "wrong"


def test_a_pullback_of_zeros() -> None:
    assert check(lambda p_bar, l: 0 * l, "softmax_vjp").results[0].verdict == "wrong"


def test_single_precision() -> None:
    (result,) = check(lambda z: 1 - np.tanh(z.astype(np.float32)) ** 2, "tanh_derivative").results
    assert result.verdict == "right"


def test_nan_at_large_inputs_only() -> None:
    def naive(l: Any) -> Any:
        p = np.exp(l) / np.exp(l).sum()
        return np.diag(p) - np.outer(p, p)

    (result,) = check(naive, "softmax_jacobian").results
    assert result.verdict == "right"
    assert result.unstable is not None
    assert "1000" in result.unstable


def test_numbers_far_off_at_large_inputs_only() -> None:
    (relu_6,) = check(lambda z: ((z >= 0) & (z < 6)) * 1.0, "relu_derivative").results
    assert (relu_6.verdict, relu_6.unstable) == ("right", "gives numbers far off at z = [100, -100, 50]")


def test_a_slope_that_is_0_for_next_to_nothing_is_stable() -> None:
    def by_its_output(z: Any) -> Any:
        a = 1 / (1 + np.exp(-z))
        return a * (1 - a)

    (result,) = check(by_its_output, "sigmoid_derivative").results
    assert (result.verdict, result.unstable) == ("right", None)


def test_an_array_that_claims_to_equal_everything() -> None:
    class Boastful(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return np.ones(self.shape, bool)

        def __array_ufunc__(self, *args: Any, **keywords: Any) -> Any:
            return np.zeros(self.shape)

    assert check(lambda z: np.ones(z.shape).view(Boastful), "tanh_derivative").results[0].verdict == "wrong"


def test_another_answer_each_time() -> None:
    generator = np.random.default_rng(0)
    (result,) = check(lambda z: 1 - np.tanh(z) ** 2 + 1e-3 * generator.normal(size=z.shape), "tanh_derivative").results
    assert result.verdict == "wrong"


# Ways to call


def test_arguments_in_another_order_are_known_by_their_names() -> None:
    def mse_grad(y_pred: Any, y_true: Any) -> Any:
        return 2 * (y_pred - y_true) / y_true.size

    (result,) = check(mse_grad).results
    assert result.verdict == "right-in-convention"
    assert result.convention == "with its arguments in another order; the notes' is (y, y_hat)"
    assert result.call == "mse_grad(y_hat, y)"


def test_a_pullback_that_is_returned() -> None:
    def layer(x: Any, W: Any, b: Any) -> Any:
        return x @ W + b, lambda g: (g @ W.T, x.T @ g, g.sum(axis=0))

    assert check(layer, "dense_vjp").results[0].verdict == "right"


def test_a_decorator_says_how_to_call() -> None:
    @handgrad.claims("softmax_vjp", call=lambda f, p_bar, p: f({"p": p}, up=p_bar))
    def backward(stored: Any, *, up: Any) -> Any:
        p = stored["p"]
        return p * (up - np.sum(p * up, axis=-1, keepdims=True))

    assert check(backward).results[0].verdict == "right"


def test_a_call_expression_reaches_methods(hand_in: Any) -> None:
    report = hand_in(
        """
        from types import SimpleNamespace
        class Softmax:
            def backward(self, up):
                p = self.output
                return p * (up - np.sum(p * up, axis=-1, keepdims=True))
        def softmax_backward(): pass
        """,
        function="softmax_backward",
        claim="softmax_vjp",
        call="Softmax.backward(SimpleNamespace(output=p), p_bar)",
    )
    assert verdicts(report) == {"softmax_backward": "right"}


def test_the_own_forward_function_decides(hand_in: Any) -> None:
    report = hand_in(
        """
        def mse(y, y_hat): return np.sum((y - y_hat) ** 2)
        def mse_prime(y, y_hat): return 2 * (y_hat - y)
        def swish(x): return x / (1 + np.exp(-x))
        def swish_derivative(x):
            s = 1 / (1 + np.exp(-x))
            return s + x * s * (1 - s)
        def cube(x): return x ** 3
        def slope_of_it(x): return 3 * x ** 2
        """
    )
    found = {result.function: result for result in report.results}
    assert found["mse_prime"].verdict == "right-in-convention"
    assert "`mse`" in (found["mse_prime"].convention or "")
    assert found["swish_derivative"].verdict == "right"
    assert found["slope_of_it"].verdict == "not checked"


def test_a_pair_by_hand(hand_in: Any) -> None:
    text = """
        def cube(x): return x ** 3
        def slope_of_it(x): return 3 * x ** 2
        def slope_amiss(x): return 3 * x
        """
    assert only(hand_in(text, function="slope_of_it", of="cube")).verdict == "right"
    assert only(hand_in(text, function="slope_amiss", of="cube")).verdict == "wrong"


# Files that misbehave

GOOD = "def tanh_derivative(z): return 1 - np.tanh(z) ** 2\n"


@pytest.mark.parametrize(
    ("body", "verdict", "said"),
    [
        ("return None", "unusable", "returns None"),
        ("return 'one'", "unusable", "returns a string"),
        ("return [[1.0], [1.0, 2.0]]", "unusable", "rows of different lengths"),
        ("return list(1 / (1 + np.exp(-z)) / (1 + np.exp(z)))", "right", ""),
        ("raise RuntimeError('not done')", "unusable", "raises RuntimeError: not done"),
        ("return undefined_name", "unusable", "raises NameError"),
        ("import os; os._exit(0)", "unusable", "ends the process"),
        ("import sys; sys.exit()", "unusable", "raises SystemExit"),
        ("return np.ones(10**11)", "unusable", "memory"),
        ("print('x' * 10**7); s = 1 / (1 + np.exp(-z)); return s * (1 - s)", "right", ""),
        ("return 1j * z", "unusable", "complex numbers"),
        ("return {'a': z}", "wrong", ""),
    ],
)
def test_functions_that_misbehave(hand_in: Any, body: str, verdict: str, said: str) -> None:
    report = hand_in(f"def sigmoid_derivative(z): {body}\n{GOOD}")
    assert verdicts(report) == {"sigmoid_derivative": verdict, "tanh_derivative": "right"}
    assert said in " ".join(diagnosis.message for diagnosis in report.results[0].diagnosis)


def test_an_endless_loop(hand_in: Any) -> None:
    loop = """
def sigmoid_derivative(z):
    while True:
        try:
            pass
        except BaseException:
            pass
"""
    report = hand_in(f"{loop}{GOOD}", seconds=1.0)
    assert verdicts(report) == {"sigmoid_derivative": "timeout", "tanh_derivative": "right"}


def test_statements_that_fail_leave_the_rest(hand_in: Any) -> None:
    report = hand_in(
        f"import a_module_nobody_has\n{GOOD}raise SystemExit\ndef relu_derivative(x): return 1.0 * (x > 0)\n"
    )
    assert verdicts(report) == {"tanh_derivative": "right", "relu_derivative": "right-in-convention"}
    assert "line 2: ModuleNotFoundError" in report.problems[0]
    assert "line 4: SystemExit" in report.problems[1]


def test_a_syntax_error_leaves_the_rest(hand_in: Any) -> None:
    report = hand_in(
        f"{GOOD}def sigmoid_derivative(z):\n    return z +* 2\ndef relu_derivative(x): return 1.0 * (x > 0)\n"
    )
    assert verdicts(report) == {"tanh_derivative": "right", "relu_derivative": "right-in-convention"}
    assert report.problems[0].startswith("line 4: SyntaxError")


@pytest.mark.parametrize(("line", "verdict"), [("while True: pass", "timeout"), ("import os; os._exit(3)", "unusable")])
def test_a_file_that_cannot_be_loaded(hand_in: Any, line: str, verdict: str) -> None:
    report = hand_in(f"{GOOD}{line}\n", seconds=1.5)
    assert verdicts(report) == {"tanh_derivative": verdict}
    assert report.exit_code == 1


def test_a_notebook(hand_in: Any) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# mine"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import numpy as np\n", "!ls"]},
        {"cell_type": "code", "source": GOOD},
    ]
    report = hand_in(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}), "homework.ipynb")
    assert verdicts(report) == {"tanh_derivative": "right"}


def test_a_neighbouring_module_can_be_imported(tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.py").write_text("import numpy as np\ndef tanh(z): return np.tanh(z)\n")
    (tmp_path / "homework.py").write_text("from mine import tanh\ndef tanh_derivative(z): return 1 - tanh(z) ** 2\n")
    assert verdicts(check_file(tmp_path / "homework.py")) == {"tanh_derivative": "right"}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["homework.py", "mine.py"]


# Reports


def test_a_seed_repeats_a_run(hand_in: Any) -> None:
    text = "def softmax_derivative(x):\n    p = np.exp(x) / np.exp(x).sum()\n    return np.diag(p * (1 - p))\n"
    first, second = (hand_in(text, seed=7).to_json() for _ in range(2))
    for report in (first, second):
        report["results"][0].pop("seconds")
    assert first == second


def test_the_counterexamples_of_a_softmax_without_its_off_diagonal() -> None:
    def derivative(l: Any) -> Any:
        p = softmax(l)
        return np.diag(p * (1 - p))

    (result,) = check(derivative, "softmax_jacobian").results
    assert result.smallest is not None
    assert result.telling is not None
    assert result.smallest.inputs["l"].tolist() == [0, 0]
    assert result.smallest.differing == 2
    assert result.telling.inputs["l"].shape == (3,)
    assert len(set(result.telling.inputs["l"])) == 3
    assert "only entries off the diagonal differ" in result.telling.observations


@pytest.mark.parametrize(
    ("claim", "derivative"),
    [
        ("relu_derivative", lambda z: np.maximum(z, 0)),
        ("relu_vjp", lambda a_bar, z: np.maximum(a_bar, 0) * (z > 0)),
        ("absolute_derivative", np.abs),
        ("unit_step_derivative", lambda z: (z >= 0) * 1.0),
        ("euclidean_error_gradient", lambda y, y_hat: (y_hat - y) / np.sum((y_hat - y) ** 2, axis=-1, keepdims=True)),
    ],
)
def test_a_counterexample_is_none_that_a_subgradient_excuses(claim: str, derivative: Any) -> None:
    (result,) = check(derivative, claim).results
    for found in (result.smallest, result.telling):
        assert found is not None
        away = found.inputs["y_hat"] - found.inputs["y"] if "y" in found.inputs else found.inputs["z"][..., None]
        assert away.any(axis=-1).all()


def test_a_value_that_is_no_subgradient_is_shown_at_the_kink() -> None:
    (result,) = check(lambda z: np.where(z == 0, 7.0, z > 0), "relu_derivative").results
    assert result.smallest is not None
    assert (result.diagnosis[0].code, result.smallest.inputs["z"].tolist()) == ("HG109", [0])


def test_what_cannot_be_checked() -> None:
    with pytest.raises(CheckError, match="there is no file"):
        check_file("nowhere.py")
    with pytest.raises(CheckError, match=r"defines no function sofmax; did you mean softmax\?"):
        check_file(HOMEWORK, "sofmax")
    with pytest.raises(CheckError, match="--as goes with one function"):
        check_file(HOMEWORK, claim="softmax_jacobian")
    with pytest.raises(CheckError, match="'softmax_hessian' is no derivative of the catalogue"):
        check_file(HOMEWORK, "softmax_derivative", claim="softmax_hessian")
    with pytest.raises(CheckError, match="claims nothing that the catalogue knows"):
        check(softmax)


@pytest.mark.parametrize(
    ("name", "content"), [("a.py", b"\xff\xfe\x00"), ("a.ipynb", b"{"), ("b.ipynb", b"[]"), ("b.py", b"\x00")]
)
def test_a_file_that_is_none(tmp_path: pathlib.Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckError, match=r"cannot be read as Python or a notebook|defines no function"):
        check_file(tmp_path / name)


def test_check_on_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path) -> None:
    assert main(["check", f"{HOMEWORK}::quotient_rule"]) == 0
    assert main(["check", str(HOMEWORK)]) == 1
    assert main(["check", f"{HOMEWORK}::softmax"]) == 3
    assert main(["check", f"{HOMEWORK}::linear_backward", "--strict"]) == 1
    assert main(["check", "nowhere.py"]) == 2
    capsys.readouterr()
    files = [str(tmp_path / name) for name in ("report.json", "report.xml")]
    formats = ["--format", "json", "--format", "junit", "--format", "text"]
    assert main(["check", str(HOMEWORK), *formats, "--output-file", files[0], "--output-file", files[1]]) == 1
    assert json.loads(pathlib.Path(files[0]).read_text())["schema"] == "handgrad/report/v1"
    assert pathlib.Path(files[1]).read_text().startswith("<?xml")
    assert "softmax_derivative" in capsys.readouterr().out


# Names that settle the order


@pytest.mark.parametrize("names", [("y_hat", "y"), ("y_pred", "y_true"), ("y", "t"), ("output", "target")])
@pytest.mark.parametrize("name", ["mse_grad", "sse_grad", "squared_error_derivative"])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_order_that_names_settle_forgives_no_sign(hand_in: Any, name: str, names: Any, sign: int) -> None:
    prediction, target = names
    n = f"/ {prediction}.size" if name == "mse_grad" else ""
    result = only(hand_in(f"def {name}({prediction}, {target}): return {sign} * 2 * ({prediction} - {target}) {n}\n"))
    if sign == 1:
        assert (result.verdict, result.convention) == (
            "right-in-convention",
            f"with its arguments in another order; the notes' is ({'y, a' if name == 'sse_grad' else 'y, y_hat'})",
        )
    else:
        assert (result.verdict, [diagnosis.code for diagnosis in result.diagnosis]) == ("wrong", ["HG201"])
