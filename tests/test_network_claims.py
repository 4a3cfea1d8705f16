"""Whole networks as claims: their letters, the ways to write them, what nobody stated, and each gradient by itself."""

from __future__ import annotations

import functools
import pathlib
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import handgrad
from handgrad.cli import main
from handgrad.oracle.checking import CheckError, check, check_file
from handgrad.oracle.claiming import claims, parse
from handgrad.oracle.networks import network
from handgrad.oracle.report import Result

Real = np.ndarray[Any, Any]
Grads = tuple[list[Real], list[Real]]

ENDS = [
    (("sigmoid", "sigmoid"), "sum_squared_error"),
    (("tanh", "identity"), "sum_squared_error"),
    (("relu", "softmax"), "mean_categorical_cross_entropy"),
    (("tanh", "sigmoid"), "mean_binary_cross_entropy"),
]
each_end = pytest.mark.parametrize(("activations", "loss"), ENDS, ids=lambda value: str(value))


def sigmoid(n: Real) -> Real:
    return 1 / (1 + np.exp(-n))


def softmax(n: Real) -> Real:
    e = np.exp(n - n.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


FORWARD: Mapping[str, Callable[[Real], Real]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda n: np.maximum(0, n),
    "identity": lambda n: n,
    "softmax": softmax,
}
SLOPE: Mapping[str, Callable[[Real], Real]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0).astype(float),
    "identity": np.ones_like,
}


def by_hand(activations: tuple[str, ...], loss: str, W: list[Real], b: list[Real], x: Real, y: Real) -> Grads:
    """Back-propagation as a student writes it, for rows of samples or one sample."""
    a = [x]
    for W_m, b_m, name in zip(W, b, activations, strict=True):
        a.append(FORWARD[name](a[-1] @ W_m + b_m))
    count = x.shape[0] if x.ndim == 2 else 1
    if loss == "mean_binary_cross_entropy":
        count *= y.shape[-1]
    delta = (a[-1] - y) / count
    if loss == "sum_squared_error":
        delta = 2 * delta * SLOPE[activations[-1]](a[-1])
    dW: list[Real] = []
    db: list[Real] = []
    for m in reversed(range(len(W))):
        dW.insert(0, a[m].T @ delta if x.ndim == 2 else np.outer(a[m], delta))
        db.insert(0, delta.sum(axis=0) if x.ndim == 2 else delta.copy())
        if m:
            delta = delta @ W[m].T * SLOPE[activations[m - 1]](a[m])
    return dW, db


def only(function: Callable[..., Any], claim: str | None = None, **options: Any) -> Result:
    (result,) = check(function, claim, **options).results
    return result


# Ways to write a right one


@each_end
def test_what_nobody_stated_is_found(activations: tuple[str, ...], loss: str) -> None:
    back = functools.partial(by_hand, activations, loss)

    def backprop(x: Real, y: Real, W1: Real, b1: Real, W2: Real, b2: Real) -> Any:
        (dW1, dW2), (db1, db2) = back([W1, W2], [b1, b2], x, y)
        return dW1, db1, dW2, db2

    result = only(backprop)
    assert result.verdict == "right"
    assert result.claim == f"mlp_gradients(activations={list(activations)}, loss={loss!r})"
    assert result.assumed == "from its name"


@each_end
def test_lists_of_weights_and_biases(activations: tuple[str, ...], loss: str) -> None:
    def gradients(weights: Any, biases: Any, x: Any, targets: Any) -> Any:
        return by_hand(activations, loss, weights, biases, x, targets)

    assert only(gradients).verdict == "right"


@each_end
def test_a_dictionary_of_parameters_with_samples_as_columns(activations: tuple[str, ...], loss: str) -> None:
    def backward_propagation(parameters: Any, X: Real, Y: Real) -> Any:
        W = [parameters["W1"].T, parameters["W2"].T]
        b = [parameters["b1"][:, 0], parameters["b2"][:, 0]]
        dW, db = by_hand(activations, loss, W, b, X.T, Y.T)
        return {"dW1": dW[0].T, "db1": db[0][:, None], "dW2": dW[1].T, "db2": db[1][:, None]}

    result = only(backward_propagation)
    assert result.verdict == "right-in-convention"
    assert result.convention == (
        "samples are columns; the notes' are rows; weights are (k, n), a row for each output; the notes' are (n, k)"
    )


def test_pairs_of_weights_and_biases() -> None:
    def backward(params: Any, x: Any, y: Any) -> Any:
        W, b = zip(*params, strict=True)
        dW, db = by_hand(("tanh", "identity"), "sum_squared_error", list(W), list(b), x, y)
        return list(zip(dW, db, strict=True))

    assert only(backward).verdict == "right"


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_any_depth_that_is_stated(depth: int) -> None:
    activations = ("tanh",) * (depth - 1) + ("sigmoid",)

    @claims("mlp_gradients", activations=list(activations), loss="sum_squared_error")
    def f(W: Any, b: Any, x: Any, y: Any) -> Any:
        return by_hand(activations, "sum_squared_error", W, b, x, y)

    result = only(f)
    assert result.verdict == "right"
    assert result.assumed is None


def test_the_loss_may_come_first() -> None:
    def mlp_gradients(W: Any, b: Any, x: Any, y: Any) -> Any:
        return handgrad.mlp_gradients(W, b, x, y, ["relu", "sigmoid"])

    assert only(mlp_gradients, "mlp_gradients(activations=['relu', 'sigmoid'])").verdict == "right"


def test_for_one_sample_at_a_time() -> None:
    def backprop(x: Real, y: Real, W1: Real, b1: Real, W2: Real, b2: Real) -> Any:
        if x.ndim != 1:
            raise ValueError("one sample at a time")
        (dW1, dW2), (db1, db2) = by_hand(("sigmoid", "sigmoid"), "sum_squared_error", [W1, W2], [b1, b2], x, y)
        return dW1, db1, dW2, db2

    assert only(backprop).verdict == "right"


def test_sensitivities() -> None:
    def deltas(W: Any, b: Any, x: Any, y: Any) -> Any:
        return handgrad.sensitivities(W, b, x, y, ["tanh", "sigmoid"])

    result = only(deltas)
    assert (result.verdict, result.claim) == ("right", "sensitivities(activations=['tanh', 'sigmoid'])")


def test_a_call_in_the_letters_of_a_network(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        textwrap.dedent("""
        import numpy as np
        class Net:
            def __init__(self, W, b):
                self.W, self.b = W, b
            def train(self, x, y):
                a = x
                self.a = [x]
                for W, b in zip(self.W, self.b):
                    a = np.tanh(a @ W + b)
                    self.a.append(a)
                d = 2 * (a - y) * (1 - a**2) / len(x)
                out = []
                for m in (1, 0):
                    out = [self.a[m].T @ d, d.sum(axis=0), *out]
                    d = d @ self.W[m].T * (1 - self.a[m]**2)
                return out
        def run(W, b, x, y):
            return Net(W, b).train(x, y)
        """)
    )
    claim = "mlp_gradients(activations=['tanh', 'tanh'])"
    assert main(["check", f"{path}::run", "--as", claim, "--call", "Net(W, b).train(x, y)"]) == 0
    assert claim.replace(")", ", loss='sum_squared_error')") in capsys.readouterr().out


# Wrong ones, gradient by gradient


def test_each_gradient_is_judged_by_itself() -> None:
    def backprop(x: Real, y: Real, W1: Real, b1: Real, W2: Real, b2: Real) -> Any:
        (dW1, dW2), (db1, db2) = by_hand(("tanh", "sigmoid"), "sum_squared_error", [W1, W2], [b1, b2], x, y)
        return dW1, db1, dW2, db2 / len(x)

    result = only(backprop)
    assert result.verdict == "wrong"
    said = "b[1]: it is 1/N times the correct one (bias gradients averaged)"
    assert [(d.code, d.message) for d in result.diagnosis] == [("HG244", said)]
    assert result.notes == ["W[0], b[0], W[1] are right"]


def test_a_loss_that_is_a_sum_is_wrong_until_it_is_stated() -> None:
    def backprop(x: Real, y: Real, W1: Real, b1: Real, W2: Real, b2: Real) -> Any:
        dW, db = by_hand(("tanh", "sigmoid"), "sum_squared_error", [W1, W2], [b1, b2], x, y)
        factor = len(x) if x.ndim == 2 else 1
        return [g * factor for pair in zip(dW, db, strict=True) for g in pair]

    result = only(backprop)
    assert result.verdict == "wrong"
    assert {diagnosis.code for diagnosis in result.diagnosis} == {"HG207"}
    assert 'conventions(loss="sum")' in result.diagnosis[0].help
    stated = only(backprop, conventions={"loss": "sum"})
    assert stated.verdict == "right-in-convention"
    assert stated.convention == "for the sum, N times the notes' loss"


def test_a_file_states_its_conventions(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "sums.py"
    path.write_text(
        "from handgrad import conventions\nconventions(loss='sum')\n"
        "def mse_grad(y, y_hat): return 2 * (y_hat - y)\n"
        "def bce_grad(y, y_hat): return (y_hat - y) / (y_hat * (1 - y_hat)) / len(y)\n"
    )
    assert [result.verdict for result in check_file(path).results] == ["right-in-convention", "wrong"]


# Claims that do not fit


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("mlp_gradients(activations=['relu', 'nothing'])", "layer 2: activation is 'nothing'"),
        ("mlp_gradients(activations='relu')", "activations is 'relu'; it must be a list"),
        ("mlp_gradients(activations=['softmax'], loss='sum_squared_error')", "the loss must be"),
        ("mlp_gradients(depth=2)", "there is no option depth; it has activations and loss"),
        ("mlp_gradients(activations=[])", "activations has length 0"),
        ("mlp_gradients(", "is no claim; write it like"),
        ("neuron_vjp(activation='nothing')", "activation is 'nothing'; it must be one of"),
        ("softmax_vjp(activation='relu')", "there is no option activation; it has none"),
    ],
)
def test_options_that_do_not_fit(claim: str, said: str) -> None:
    with pytest.raises(CheckError) as error:
        check(lambda W, b, x, y: None, claim)
    assert said in str(error.value)


def test_a_network_is_built_once() -> None:
    assert (
        network("mlp_gradients", ("relu",), "sum_squared_error") is parse("mlp_gradients(activations=['relu'])").formula
    )
