"""What is right in a layout or convention that needs no statement is called so, in whole sentences."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from handgrad.oracle.checking import check
from handgrad.oracle.report import Report
from tests.handed_in import COLUMNS, NETWORK, function, judged


@dataclasses.dataclass(frozen=True)
class Right:
    """A function as it is handed in, and the sentence that is said of it."""

    code: str
    sentence: str
    claim: str | None = None

    def __str__(self) -> str:
        return f"{self.code.strip().partition('(')[0].removeprefix('def ')}: {self.sentence[:40]}"


# Layouts and conventions that nobody has to state

TENSOR = """
def slices(X):
    (x1, x2, x3), (x4, x5, x6) = X
    return np.array([
        [[1, 1, 1], [1, 1, 1]],
        [[x5 * x6, 0, 0], [0, x1 * x6, x1 * x5]],
        [[0, x4, 0], [x2, 0, 0]],
        [[0, 0, x4 * x5], [x3 * x5, x3 * x4, 0]],
    ])
"""
TURNED = "weights are (k, n), a row for each output"
IN_OUTPUT = "written in the output a, so pass a, not z; the notes' takes z"
INCLUDED = "it includes the upstream gradient {}; the notes' {} does not"

LAYOUTS = [
    Right("def lin(B, w): return B.T", "transposed; the notes' is (m, n)", "linear_map_jacobian"),
    Right(
        "def grad(x, W): return np.outer(np.cos(W.T @ x), x)",
        "transposed; the notes' is (n, k)",
        "sum_of_sines_gradient",
    ),
    Right(
        "def mse_grad(y, y_hat): return (2 * (y_hat - y) / len(y)).reshape(1, -1)",
        "as a row, (1, N); the notes' is (N,)",
    ),
    Right("def sse_prime(y, a): return [[2 * d] for d in a - y]", "as a column, (k, 1); the notes' is (k,)"),
    Right(
        """
        def dense_backward(dz, x, W, b):
            return dz @ W.T, x.T @ dz, dz.sum(axis=0, keepdims=True)
        """,
        "b_bar as a row, (1, k); the notes' is (k,)",
    ),
    Right(
        "def grad(x, W): return np.outer(x, np.cos(x @ W)).ravel()",
        "flattened by rows; the notes' is (n, k)",
        "sum_of_sines_gradient",
    ),
    Right(
        "def grad(x, W): return np.outer(x, np.cos(x @ W)).ravel(order='F')",
        "flattened by columns; the notes' is (n, k)",
        "sum_of_sines_gradient",
    ),
    Right(
        """
        def layer(x, W, b):
            k = len(b)
            return W.T, np.kron(x, np.eye(k)), np.eye(k)
        """,
        "W flattened over the matrix argument, by rows; the notes' is (k, n, k)",
        "dense_jacobian",
    ),
    Right(
        """
        def layer(x, W, b):
            k = len(b)
            return W.T, np.kron(np.eye(k), x), np.eye(k)
        """,
        "W flattened over the matrix argument, by columns; the notes' is (k, n, k)",
        "dense_jacobian",
    ),
    *(
        Right(f"{TENSOR}\ndef ex(X): return slices(X){code}", sentence, "example_3_7_jacobian")
        for code, sentence in {
            ".transpose(0, 2, 1)": "as depth × row × column, (4, 3, 2); the notes' is (4, 2, 3)",
            ".transpose(1, 0, 2)": "with its axes in the order (2, 4, 3); the notes' is (4, 2, 3)",
            ".transpose(1, 2, 0)": "with its axes in the order (2, 3, 4); the notes' is (4, 2, 3)",
            ".transpose(2, 0, 1)": "with its axes in the order (3, 4, 2); the notes' is (4, 2, 3)",
            ".transpose(2, 1, 0)": "with its axes in the order (3, 2, 4); the notes' is (4, 2, 3)",
            ".reshape(4, 6)": "flattened over the matrix argument, by rows; the notes' is (4, 2, 3)",
            ".reshape(4, 6).T": "flattened over the matrix argument, by rows, and transposed; the notes' is (4, 2, 3)",
            ".transpose(0, 2, 1).reshape(4, 6)": (
                "flattened over the matrix argument, by columns; the notes' is (4, 2, 3)"
            ),
        }.items()
    ),
    Right(
        "def sigmoid_prime(z): return np.diag(sigmoid(z) * (1 - sigmoid(z)))",
        "as a diagonal matrix; the notes' is (n,)",
    ),
    Right("def jac(z): return 1 - np.tanh(z) ** 2", "as the diagonal alone; the notes' is (n, n)", "tanh_jacobian"),
    Right("def layer(dZ, A, W, b): return W @ dZ, A @ dZ.T, np.sum(dZ, axis=1, keepdims=True)", COLUMNS, "dense_vjp"),
    Right(
        "def linear_backward(dZ, A_prev, W, b): return W.T @ dZ, dZ @ A_prev.T, np.sum(dZ, axis=1, keepdims=True)",
        f"{COLUMNS}; {TURNED}; the notes' are (n, k)",
    ),
    Right(
        "def dense_backward(grad, x, W, b): return grad @ W, grad.T @ x, grad.sum(0)",
        f"{TURNED}; the notes' are (n, k)",
    ),
    Right(  # the bias, which no gradient needs, is not asked for
        "def linear_backward(grad_output, x, w): return grad_output @ w, grad_output.T @ x, grad_output.sum(0)",
        f"{TURNED}; the notes' are (n, k)",
    ),
    Right(
        """
        def softmax_backward(dout, z):
            e = np.exp(z - z.max(axis=0))
            p = e / e.sum(axis=0)
            return p * (dout - np.sum(dout * p, axis=0))
        """,
        COLUMNS,
    ),
    Right(NETWORK, f"{COLUMNS}; {TURNED}; the notes' are (n, k)"),
]
UNSTATED = [
    Right("def sigmoid_prime(a): return a * (1 - a)", IN_OUTPUT),
    Right("def sigmoid_derivative(x): return x * (1 - x)", IN_OUTPUT),
    Right("def dtanh(y): return 1 - y ** 2", IN_OUTPUT),
    Right("def exp_derivative(a): return a", IN_OUTPUT),
    Right("def sigmoid_backward(dA, A): return dA * A * (1 - A)", IN_OUTPUT),
    Right("def tanh_backward(grad_output, output): return grad_output * (1 - output**2)", IN_OUTPUT),
    Right(
        "def softmax_grad(s): return np.diag(s) - np.outer(s, s)",
        "written in the output p, so pass p, not l; the notes' takes l",
    ),
    Right(
        "def mse_grad(y_pred, y_true): return 2 * (y_pred - y_true) / len(y_true)",
        "with its arguments in another order; the notes' is (y, y_hat)",
    ),
    Right(
        "def relu_backward(z): return np.where(z >= 0, 1.0, 0.0)",
        "it leaves out the upstream gradient a_bar; the notes' relu_vjp includes it",
    ),
    Right(
        "def sigmoid_derivative(dout, z): return dout * sigmoid(z) * (1 - sigmoid(z))",
        INCLUDED.format("a_bar", "sigmoid_derivative"),
    ),
    Right(
        "def mse_derivative(dout, y, y_hat): return dout * 2 * (y_hat - y) / len(y)",
        INCLUDED.format("J_bar", "mean_squared_error_gradient"),
    ),
    Right(
        "def relu_prime(z): return np.where(z > 0, 1.0, 0.0)",
        "at z = 0 it takes the subgradient 0; the notes' is 1",
    ),
    Right("def d_relu(x): return np.heaviside(x, 0.5)", "at z = 0 it takes the subgradient 0.5; the notes' is 1"),
    Right("def abs_prime(x): return np.where(x < 0, -1, 1)", "at z = 0 it takes the subgradient 1; the notes' is 0"),
    Right(
        """
        def cross_entropy_grad(y, p):
            g = np.zeros(len(p))
            g[y] = -1 / p[y]
            return g
        """,
        "targets are class numbers; the notes' are one-hot",
    ),
    Right("def label_cross_entropy_gradient(y, p): return -y / p", "targets are one-hot; the notes' are class numbers"),
    Right(
        "def cross_entropy_grad(y_true, y_pred): return -y_true / (y_pred + 1e-9)",
        "with ε = 1e-09 added to ŷ; the notes' has none",
    ),
    Right(
        "def bce_grad(y, p): return (p - y) / (p * (1 - p) + 1e-8) / len(y)",
        "with ε = 1e-08 added to the denominator ŷ(1 - ŷ); the notes' has none",
    ),
    Right(
        "def bce_backward(up, y, p): return up * ((1 - y) / (1 - p + 1e-7) - y / (p + 1e-7)) / len(y)",
        "with ε = 1e-07 added to ŷ; the notes' has none",
    ),
    Right(
        """
        def bce_grad(y, p):
            p = np.clip(p, 1e-7, 1 - 1e-7)
            return (p - y) / (p * (1 - p)) / len(y)
        """,
        "clipped at ε = 1e-07; the notes' has none",
    ),
    Right(
        "def cross_entropy_grad(y, p): return -y / np.maximum(p, 1e-12)",
        "clipped at ε = 1e-12; the notes' has none",
    ),
    Right(
        "def cross_entropy_grad(y, p): return -y / (p + 1e-18)",
        "with ε = 1e-18 added to ŷ; the notes' has none",
    ),
    Right(
        "def cross_entropy_grad(y, p): return -y / np.sqrt(p**2 + 1e-18)",
        "with a denominator increased by ε = 1e-09; the notes' has none",
    ),
    Right(
        "def bce_derivative(y, p): return (p - y) / ((p + 1e-9) * (1 - p + 1e-9)) / len(y)",
        "with ε = 1e-09 added to the denominator ŷ(1 - ŷ); the notes' has none",
    ),
    Right(
        "def norm_grad(y, y_hat): return (y_hat - y) / (np.linalg.norm(y_hat - y) + 1e-8)",
        "with ε = 1e-08 added to the norm; the notes' has none",
    ),
    Right(
        "def norm_grad(y, y_hat): return (y_hat - y) / np.sqrt(np.sum((y_hat - y) ** 2) + 1e-10)",
        "with ε = 1e-10 added under the root; the notes' has none",
    ),
    Right("def half_mse_grad(y, yh): return (yh - y) / len(y)", "for the loss with ½, 1/2 times the notes' loss"),
    Right("def mse_sum_grad(y, yh): return 2 * (yh - y)", "for the sum, N times the notes' loss"),
    # Several at once
    Right(
        "def dtanh(dout, a): return (dout * (1 - a ** 2))[None, :]",
        f"{INCLUDED.format('a_bar', 'tanh_derivative')}; {IN_OUTPUT}; as a row, (1, n); the notes' is (n,)",
    ),
]


@pytest.mark.parametrize("right", [*LAYOUTS, *UNSTATED], ids=str)
def test_what_is_right_in_a_convention(right: Right) -> None:
    result = judged(right.code, right.claim)
    assert (result.verdict, result.convention) == ("right-in-convention", right.sentence)
    assert Report([result]).exit_code == 0
    assert Report([result], strict=True).exit_code == 1, "--strict asks for the notes' own"


def in_single(array: Any) -> Any:
    return array.astype(np.float32) if getattr(array, "dtype", None) == np.float64 else array


@pytest.mark.parametrize("right", [*LAYOUTS, *UNSTATED][1::6], ids=str)
def test_in_single_precision(right: Right) -> None:
    exact = function(right.code)

    def narrow(*args: Any) -> Any:
        found = exact(*[in_single(arg) for arg in args])
        return tuple(map(in_single, found)) if isinstance(found, tuple) else in_single(np.asarray(found))

    narrow.__name__, narrow.__wrapped__ = exact.__name__, exact  # type: ignore[attr-defined] # inspect.signature's
    (result,) = check(narrow, right.claim).results
    assert (result.verdict, result.convention) == ("right-in-convention", right.sentence)
