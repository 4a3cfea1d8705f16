"""Networks node by node: one error is blamed once, what inherited it is cleared, and the mistake gets its name."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from handgrad.oracle.checking import check, check_file
from handgrad.oracle.graph import named
from handgrad.oracle.report import Result

Real = np.ndarray[Any, Any]
Change = Callable[[Real, dict[str, Real]], Real]
NO_CHANGES: Mapping[str, Change] = MappingProxyType({})


# Back-propagation as students write it, with a place to go wrong at every step


def sigmoid(n: Real) -> Real:
    return 1 / (1 + np.exp(-n))


def softmax(n: Real) -> Real:
    e = np.exp(n - n.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


HIDDEN: dict[str, tuple[Callable[[Real], Real], Callable[[Real], Real]]] = {
    "sigmoid": (sigmoid, lambda n: sigmoid(n) * (1 - sigmoid(n))),
    "tanh": (np.tanh, lambda n: 1 - np.tanh(n) ** 2),
    "relu": (lambda n: np.maximum(n, 0), lambda n: 1.0 * (n > 0)),
}
ENDS: dict[str, tuple[str, str, Callable[[Real], Real], Callable[..., Any], Callable[..., Real]]] = {
    "squared": (
        "sigmoid",
        "sum_squared_error",
        sigmoid,
        lambda y, a: np.sum((y - a) ** 2) / len(y),
        lambda y, a: 2 * (a - y) * a * (1 - a) / len(y),
    ),
    "classes": (
        "softmax",
        "mean_categorical_cross_entropy",
        softmax,
        lambda y, a: -np.sum(y * np.log(a)) / len(y),
        lambda y, a: (a - y) / len(y),
    ),
    "binary": (
        "sigmoid",
        "mean_binary_cross_entropy",
        sigmoid,
        lambda y, a: -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)),
        lambda y, a: (a - y) / y.size,
    ),
    "regression": (
        "identity",
        "mean_squared_error",
        lambda n: 1 * n,
        lambda y, a: np.mean((y - a) ** 2),
        lambda y, a: 2 * (a - y) / y.size,
    ),
}
NODES = ("n1", "a1", "n2", "a2", "J", "s2", "dW2", "db2", "s1", "dW1", "db1")


def backpropagation(
    hidden: str, end: str, changes: Mapping[str, Change] = NO_CHANGES, *, columns: bool = False, apart: bool = False
) -> Callable[..., dict[str, Real]]:
    """Both passes through two layers; a change takes what is right and the nodes before it."""
    f, slope = HIDDEN[hidden]
    _, _, last, loss, error = ENDS[end]

    def mlp_gradients(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> dict[str, Real]:
        nodes: dict[str, Real] = {"W2": W2, "x": x, "y": y}
        turn = np.transpose if columns else np.asarray

        def put(name: str, array: Real) -> Real:
            if name in changes:
                array = changes[name](array, nodes)
            nodes[name] = array
            return array

        N = x.shape[1] if columns else len(x)
        once, later = (1, N) if apart else (N, 1)
        n1 = put("n1", W1 @ x + b1 if columns else x @ W1 + b1)
        a1 = put("a1", f(n1))
        n2 = put("n2", W2 @ a1 + b2 if columns else a1 @ W2 + b2)
        a2 = put("a2", turn(last(turn(n2))))
        put("J", loss(turn(y), turn(a2)))
        s2 = put("s2", turn(error(turn(y), turn(a2))) * N / once)
        put("dW2", (s2 @ a1.T if columns else a1.T @ s2) / later)
        put("db2", s2.sum(axis=1, keepdims=True) / later if columns else s2.sum(axis=0) / later)
        s1 = put("s1", (W2.T @ s2 if columns else s2 @ W2.T) * slope(n1))
        put("dW1", (s1 @ x.T if columns else x.T @ s1) / later)
        put("db1", s1.sum(axis=1, keepdims=True) / later if columns else s1.sum(axis=0) / later)
        return {name: nodes[name] for name in NODES}

    return mlp_gradients


@pytest.fixture
def _unshrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the smallest input out, which takes most of the time."""
    monkeypatch.setattr("handgrad.oracle.shrinking.smallest", lambda fails, shapes, seed: None)


def judged(function: Callable[..., Any], hidden: str, end: str) -> Result:
    (result,) = check(function, f"mlp_gradients(activations={[hidden, ENDS[end][0]]}, loss={ENDS[end][1]!r})").results
    return result


def by_verdict(result: Result) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"right": set(), "wrong": set(), "inherited": set()}
    for step in result.nodes:
        found[step.verdict].add(step.name)
    return found


@pytest.mark.parametrize("columns", [False, True], ids=["rows", "columns"])
@pytest.mark.parametrize("apart", [False, True], ids=["1/N in s", "1/N in dW"])
@pytest.mark.parametrize(("hidden", "end"), [("sigmoid", "squared"), ("tanh", "classes"), ("relu", "binary")])
def test_right_passes(hidden: str, end: str, columns: bool, apart: bool) -> None:
    result = judged(backpropagation(hidden, end, columns=columns, apart=apart), hidden, end)
    assert by_verdict(result) == {"right": set(NODES), "wrong": set(), "inherited": set()}
    assert result.verdict == ("right-in-convention" if columns or apart else "right")
    assert ("samples are columns" in (result.convention or "")) == columns
    assert ("s2, s1 without the 1/N" in (result.convention or "")) == apart


AFTER = {
    "n1": {"a1", "n2", "a2", "J", "s2", "dW2", "db2", "s1", "dW1", "db1"},
    "a1": {"n2", "a2", "J", "s2", "dW2", "db2", "s1", "dW1", "db1"},
    "n2": {"a2", "J", "s2", "dW2", "db2", "s1", "dW1", "db1"},
    "a2": {"J", "s2", "dW2", "db2", "s1", "dW1", "db1"},
    "s2": {"dW2", "db2", "s1", "dW1", "db1"},
    "s1": {"dW1", "db1"},
}
"""What is computed from a node, directly or not."""


@pytest.mark.usefixtures("_unshrunk")
@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    ("hidden", "end", "columns"),
    [("sigmoid", "squared", False), ("tanh", "classes", True), ("relu", "regression", True)],
)
def test_one_broken_node_is_blamed_alone(node: str, hidden: str, end: str, columns: bool) -> None:
    def change(right: Real, before: dict[str, Real]) -> Real:
        return 0.75 * right + 0.125

    result = judged(backpropagation(hidden, end, {node: change}, columns=columns), hidden, end)
    inherited = AFTER.get(node, set())
    assert result.verdict == "wrong"
    assert by_verdict(result) == {"wrong": {node}, "inherited": inherited, "right": {*NODES} - {node} - inherited}
    assert result.nodes[0].name == node
    assert len(result.diagnosis) == 1
    assert result.diagnosis[0].message.startswith(node)


MISTAKES: dict[str, tuple[str, str, Change]] = {
    "slope forgotten": ("HG224", "s1", lambda right, d: d["s2"] @ d["W2"].T),
    "slope at the output": ("HG225", "s1", lambda right, d: d["s2"] @ d["W2"].T * (1 - np.tanh(d["a1"]) ** 2)),
    "f for f'": ("HG227", "s1", lambda right, d: d["s2"] @ d["W2"].T * d["a1"]),
    "slope twice": ("HG226", "s1", lambda right, d: right * (1 - d["a1"] ** 2)),
    "updated weights": (
        "HG247",
        "s1",
        lambda right, d: d["s2"] @ (d["W2"] - 0.1 * d["dW2"]).T * (1 - np.tanh(d["n1"]) ** 2),
    ),
    "1/N forgotten": ("HG207", "s2", lambda right, d: right * len(right)),
    "1/N twice": ("HG208", "s2", lambda right, d: right / len(right)),
    "factor 2 forgotten": ("HG202", "s2", lambda right, d: right / 2),
    "sign flipped": ("HG201", "s2", lambda right, d: -right),
    "last slope forgotten": ("HG224", "s2", lambda right, d: 2 * (d["a2"] - d["y"]) / len(right)),
    "as if fused": ("HG231", "s2", lambda right, d: d["a2"] - d["y"]),
    "as if fused, of a mean": ("HG231", "s2", lambda right, d: (d["a2"] - d["y"]) / len(right)),
    "n for a": ("HG229", "dW2", lambda right, d: d["n1"].T @ d["s2"]),
    "weights averaged": ("HG244", "dW1", lambda right, d: right / len(d["s1"])),
    "weights transposed and averaged": ("HG244", "dW2", lambda right, d: right.T / len(d["s2"])),
    "not summed": ("HG243", "db1", lambda right, d: d["s1"]),
    "biases averaged": ("HG244", "db2", lambda right, d: d["s2"].mean(axis=0)),
    "the other axis": ("HG246", "db2", lambda right, d: d["s2"].sum(axis=1)),
    "bias forgotten": ("HG252", "n2", lambda right, d: d["a1"] @ d["W2"]),
    "activation left out": ("HG229", "a1", lambda right, d: 1 * d["n1"]),
    "another activation": ("HG100", "a1", lambda right, d: sigmoid(d["n1"])),
    "loss summed": ("HG207", "J", lambda right, d: right * len(d["y"])),
    "loss with a half": ("HG202", "J", lambda right, d: right / 2),
}


@pytest.mark.usefixtures("_unshrunk")
@pytest.mark.parametrize(("code", "node", "change"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_get_their_names(code: str, node: str, change: Change) -> None:
    result = judged(backpropagation("tanh", "squared", {node: change}), "tanh", "squared")
    assert [(diagnosis.code, diagnosis.message.partition(":")[0]) for diagnosis in result.diagnosis] == [(code, node)]


def test_two_errors_are_both_blamed() -> None:
    changes: dict[str, Change] = {"s1": MISTAKES["slope forgotten"][2], "db2": MISTAKES["biases averaged"][2]}
    result = judged(backpropagation("tanh", "squared", changes), "tanh", "squared")
    assert by_verdict(result) == {
        "wrong": {"db2", "s1"},
        "inherited": {"dW1", "db1"},
        "right": {"n1", "a1", "n2", "a2", "J", "s2", "dW2"},
    }
    assert [diagnosis.code for diagnosis in result.diagnosis] == ["HG244", "HG224"]


def test_what_is_not_stated_is_found() -> None:
    (result,) = check(backpropagation("relu", "classes", {"s1": lambda right, d: 0.5 * right})).results
    assert result.claim == "mlp_gradients(activations=['relu', 'softmax'], loss='mean_categorical_cross_entropy')"
    assert by_verdict(result)["wrong"] == {"s1"}


def test_without_intermediates_each_gradient_is_judged() -> None:
    def mlp_gradients(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> dict[str, Real]:
        nodes = backpropagation("tanh", "squared", {"db1": MISTAKES["not summed"][2]})(W1, b1, W2, b2, x, y)
        return {name: nodes[name] for name in ("dW1", "db1", "dW2", "db2")}

    result = judged(mlp_gradients, "tanh", "squared")
    assert (result.verdict, result.nodes) == ("wrong", [])


@pytest.mark.parametrize(
    ("keys", "depth", "nodes"),
    [
        ("n1 z2 A1 a2", 2, "n1 n2 a1 a2"),
        ("z0 a0 z1 a1 dW0 dW1", 2, "n1 a1 n2 a2 dW1 dW2"),
        ("a0 n1 a1 n2 a2", 2, "n1 a1 n2 a2"),
        ("delta_1 dz2 dZ1 s2", 2, "s1 s2"),
        ("dL_dW1 dJ/db2 grad_W2 b1_grad dA1", 2, "dW1 db2 dW2 db1 da1"),
        ("n[0] n[1] a[0] a[1] a[2] dW[0] dW[1]", 2, "n1 n2 a1 a2 dW1 dW2"),
        ("a[0] a[1] s[0] s[1]", 2, "a1 a2 s1 s2"),
        ("loss y_hat z1 rate cache1 n3", 2, "J a2 n1"),
        ("z a dz dW db cost", 1, "n1 a1 s1 dW1 db1 J"),
    ],
)
def test_the_names_of_nodes(keys: str, depth: int, nodes: str) -> None:
    assert [str(node) for node in named(keys.split(), depth).values()] == nodes.split()


def test_nodes_in_lists_counted_from_0() -> None:
    def backprop(W: Any, b: Any, x: Any, y: Any) -> dict[str, Any]:
        a, n = [x], []
        for W_m, b_m in zip(W, b, strict=True):
            n.append(a[-1] @ W_m + b_m)
            a.append(np.tanh(n[-1]))
        deltas = [2 * (a[-1] - y) * (1 - a[-1] ** 2) / len(x)]
        for m in (2, 1):
            deltas.insert(0, deltas[0] @ W[m].T * (1 - a[m] ** 2) * (0.5 if m == 1 else 1))
        return {
            "z": n,
            "a": a,
            "delta": deltas,
            "dW": [left.T @ delta for left, delta in zip(a, deltas, strict=False)],
            "db": [delta.sum(axis=0) for delta in deltas],
        }

    (result,) = check(backprop, "mlp_gradients(activations=['tanh', 'tanh', 'tanh'])").results
    assert by_verdict(result)["wrong"] == {"delta[0]"}
    assert by_verdict(result)["inherited"] == {"dW[0]", "db[0]"}
    assert result.diagnosis[0].code == "HG202"


def test_one_sample_at_a_time() -> None:
    def mlp_gradients(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> dict[str, Real]:
        assert x.ndim == 1
        n1 = x @ W1 + b1
        a1 = np.tanh(n1)
        n2 = a1 @ W2 + b2
        s2 = n2 - y
        s1 = W2 @ s2 * (1 - a1**2)
        return {"n1": n1, "n2": n2, "s2": s2, "s1": s1, "dW1": np.outer(x, s1), "dW2": np.outer(a1, s2)}

    (result,) = check(mlp_gradients, "mlp_gradients(activations=['tanh', 'identity'])").results
    assert by_verdict(result)["wrong"] == {"s2"}
    assert by_verdict(result)["inherited"] == {"s1", "dW1", "dW2"}


@pytest.mark.parametrize(
    ("spoil", "code"), [("W1 *= 2", "HG103"), ("n1[0, 0] += np.random.rand()", "HG106"), ("1 / 0", "HG102")]
)
def test_contracts_hold_for_nodes_too(tmp_path: pathlib.Path, spoil: str, code: str) -> None:
    text = f"""
        import numpy as np
        def mlp_gradients(W1, b1, W2, b2, x, y):
            n1 = x @ W1 + b1
            n2 = np.tanh(n1) @ W2 + b2
            if len(x) < 8 or len(x) > 8:
                {spoil}
            return {{"n1": n1, "n2": n2, "dW1": W1 + n1[0, 0]}}
        """
    (tmp_path / "homework.py").write_text(textwrap.dedent(text))
    (result,) = check_file(tmp_path / "homework.py").results
    assert (result.verdict, result.diagnosis[0].code) == ("wrong", code)


PASSES = '''
import numpy as np


def mlp_gradients(W1, b1, W2, b2, x, y):
    N = len(x)
    n1 = x @ W1 + b1
    a1 = np.tanh(n1)
    n2 = a1 @ W2 + b2
    s2 = 2 * (n2 - y) / N
    s1 = s2 @ W2.T * (1 - np.tanh(a1) ** 2)
    return {
        "n1": n1, "a1": a1, "n2": n2, "s2": s2, "s1": s1,
        "dW1": x.T @ s1, "db1": s1.sum(axis=0), "dW2": a1.T @ s2, "db2": s2.sum(axis=0),
    }
'''  # fmt: skip


def test_a_report_on_nodes(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homework.py").write_text(PASSES)
    report = check_file("homework.py")
    lines = str(report).splitlines()
    assert lines[5:9] == [
        "HG225  mlp_gradients is wrong in s1: the derivative is taken at the wrong place        homework.py:5",
        "  nodes:     ✗ s1: the derivative is taken at the wrong place",
        "             · dW1, db1: right for your s1",
        "             ✓ n1, a1, n2, s2, dW2, db2: right",
    ]
    assert lines[10:15] == [
        "  fails at:  s2 = [[0.462117]]",
        "             W[1] = [[0.5]]",
        "             n1 = [[0.5]]",
        "             a1 = [[0.462117]]",
        "             entry [0, 0]: yours 0.187976, correct 0.181715",
    ]
    (nodes,) = [result["nodes"] for result in report.to_json()["results"]]
    assert nodes[1] == {"name": "dW1", "verdict": "inherited", "remark": "right for your s1", "line": None}
    assert report.revealed("none").results[0].nodes == []


def test_the_own_loss_decides() -> None:
    half: Change = lambda right, d: right / 2  # noqa: E731 - beside its name it reads best
    result = judged(backpropagation("tanh", "squared", {"J": half, "s2": half}), "tanh", "squared")
    assert (result.verdict, by_verdict(result)["wrong"]) == ("right-in-convention", set())
    assert "loss with ½" in (result.convention or "")
    result = judged(backpropagation("tanh", "squared", {"s2": half}), "tanh", "squared")
    assert by_verdict(result)["wrong"] == {"s2"}
    assert 'conventions(loss="half")' in result.diagnosis[0].help

    def mlp_gradients(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, y: Any) -> dict[str, Real]:
        nodes = backpropagation("tanh", "squared", {"J": half, "s2": half})(W1, b1, W2, b2, x, y)
        return {name: array for name, array in nodes.items() if name != "J"}

    assert by_verdict(judged(mlp_gradients, "tanh", "squared"))["wrong"] == {"s2"}


def test_a_stated_loss_is_asked_for() -> None:
    summed: Change = lambda right, d: right * len(d["y"])  # noqa: E731 - beside its name it reads best
    claim = "mlp_gradients(activations=['tanh', 'sigmoid'])"
    for changes, wrong in (({"J": summed, "s2": summed}, set()), ({"J": summed}, {"s2"}), ({}, {"J", "s2"})):
        function = backpropagation("tanh", "squared", changes)
        (result,) = check(function, claim, conventions={"loss": "sum"}).results
        assert by_verdict(result)["wrong"] == wrong


def test_single_precision() -> None:
    function = backpropagation("tanh", "squared", {"s1": MISTAKES["slope forgotten"][2]})

    def narrow(*args: Any) -> dict[str, Real]:
        return function(*[arg.astype(np.float32) for arg in args])

    (result,) = check(narrow, "mlp_gradients", call=lambda f, W, b, x, y: f(W[0], b[0], W[1], b[1], x, y)).results
    assert by_verdict(result)["wrong"] == {"s1"}
    assert result.diagnosis[0].code == "HG224"
