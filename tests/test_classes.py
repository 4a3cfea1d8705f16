"""Classes with a forward and a backward pass: activations, losses, layers with weights, autograd functions."""

from __future__ import annotations

import pathlib

import pytest

from handgrad.oracle.checking import CheckError, check_file
from handgrad.oracle.report import Report, Result

LAYERS = """
import numpy as np

class Layer:
    def forward(self, x): raise NotImplementedError
    def backward(self, g): raise NotImplementedError

class Sigmoid(Layer):
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out
    def backward(self, g):
        return g * self.out * (1 - self.out)

class Tanh(Layer):
    def __init__(self):
        self.out = None
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out
    def backward(self, grad_output):
        return grad_output * (1 - self.out)

class ReLU(Layer):
    def forward(self, x):
        self.mask = x <= 0
        return np.where(self.mask, 0, x)
    def backward(self, dout):
        dout[self.mask] = 0
        return dout

class MSELoss:
    def forward(self, y_pred, y_true):
        self.difference = y_pred - y_true
        return np.mean(self.difference**2)
    def backward(self):
        return 2 * self.difference / self.difference.size

class SoftmaxCrossEntropyLoss:
    def forward(self, logits, y):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.p, self.y = e / e.sum(axis=1, keepdims=True), y
        return -np.mean(np.sum(y * np.log(self.p), axis=1))
    def backward(self, dout=1):
        return dout * (self.p - self.y) / len(self.y)

class Swish(Layer):
    def forward(self, x):
        self.x, self.s = x, 1 / (1 + np.exp(-x))
        return x * self.s
    def backward(self, x):  # what comes from above has the same name here
        return x * (self.s + self.x * self.s)

class Linear(Layer):
    def __init__(self, n, k):
        self.W, self.b = np.ones((n, k)), np.zeros(k)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, g):
        self.dW, self.db = self.x.T @ g, g.sum(0)
        return g @ self.W.T

class Dense(Layer):
    def __init__(self, features_in, features_out):
        self.weights, self.bias = np.ones((features_out, features_in)), np.zeros((1, features_out))
        self.grad_weights, self.grad_bias = np.zeros_like(self.weights), None
    def forward(self, x):
        self.x = x
        return x @ self.weights.T + self.bias
    def backward(self, grad):
        self.grad_weights, self.grad_bias = grad.T @ self.x, grad.mean(axis=0, keepdims=True)
        return grad @ self.weights

class Net:
    def __init__(self, sizes, rate, activation): ...
    def forward(self, x): return x
    def backward(self, g): return g

class Quits:
    def __init__(self): raise SystemExit
    def forward(self, x): return x
    def backward(self, g): return g

class Optimizer:
    def step(self): ...
"""

OTHERWISE_MADE = """
import numpy as np

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T

class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.y + 1e-7)) / len(t)
    def backward(self, dout=1):
        return (self.y - self.t) / len(self.t)

class Dense:  # without a bias
    def __init__(self, n, k):
        self.W = np.ones((n, k))
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T

class MSE:
    def forward(self, y, y_hat):
        return np.mean((y_hat - y) ** 2)
    def backward(self, y, y_hat):
        return 2 * (y_hat - y) / y.size

class MySigmoid:
    @staticmethod
    def forward(z):
        return 1 / (1 + np.exp(-z))
    @staticmethod
    def backward(z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2
"""

FUNCTIONS = """
import torch

class Linear:
    def __init__(self, i, o):
        self.weight, self.bias = torch.ones(o, i), torch.zeros(o)
    def forward(self, x):
        self.x = x
        return x @ self.weight.t() + self.bias
    def backward(self, grad):
        self.grad_weight, self.grad_bias = grad.t() @ self.x, grad.sum(dim=0)
        return grad @ self.weight

class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x > 0)

class Multiply(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b
    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b, g * b
"""


@pytest.fixture
def layers(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "layers.py"
    path.write_text(LAYERS)
    return path


def by_name(report: Report) -> dict[str, Result]:
    return {result.function: result for result in report.results}


def test_layers_and_losses(layers: pathlib.Path) -> None:
    report = check_file(layers)
    results = by_name(report)
    assert {name.partition(".")[0]: (result.verdict, result.claim) for name, result in results.items()} == {
        "Sigmoid": ("right", "sigmoid_vjp"),
        "Tanh": ("wrong", "tanh_vjp"),
        "ReLU": ("wrong", "relu_vjp"),
        "MSELoss": ("right-in-convention", "mean_squared_error_gradient"),
        "SoftmaxCrossEntropyLoss": ("right-in-convention", "softmax_cross_entropy_gradient"),
        "Swish": ("wrong", None),
        "Linear": ("right", "dense_vjp"),
        "Dense": ("wrong", "dense_vjp"),
    }
    assert results["MSELoss.backward"].convention == "with its arguments in another order; the notes' is (y, y_hat)"
    codes = {name: result.diagnosis[0].code for name, result in results.items() if result.diagnosis}
    assert codes == {
        "Tanh.backward": "HG254",
        "ReLU.backward": "HG103",
        "Swish.backward": "HG100",
        "Dense.backward": "HG244",
    }
    assert results["Swish.backward"].call == "Swish.backward(d_x, x)"
    assert results["Dense.backward"].notes[0] == "x_bar, W_bar are right"
    assert report.problems == [
        "line 75: class Net is not checked: it is no layer or loss that can be made without arguments, or with its "
        "weights or two sizes",
        "line 80: class Quits is not checked: it is no layer or loss that can be made without arguments, or with its "
        "weights or two sizes",
    ]


def test_a_line_is_that_of_the_backward_pass(layers: pathlib.Path) -> None:
    lines = LAYERS.splitlines()
    for result in check_file(layers).results:
        assert lines[(result.line or 0) - 1].strip().startswith("def backward")


def test_one_class_is_asked_for_by_its_name(layers: pathlib.Path) -> None:
    for name in ("Sigmoid", "Sigmoid.backward"):
        assert [*by_name(check_file(layers, name))] == ["Sigmoid.backward"]
    assert check_file(layers, "Sigmoid.forward").results[0].verdict == "not checked"
    with pytest.raises(CheckError, match="did you mean Sigmoid"):
        check_file(layers, "Sigmod.backward")


def test_a_claim_for_a_class_with_a_name_of_its_own(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(LAYERS.replace("class Sigmoid", "class Squash"))
    result = check_file(path, "Squash", claim="sigmoid_vjp").results[0]
    assert (result.verdict, result.claim) == ("right", "sigmoid_vjp")
    assert check_file(path, "Squash").results[0].assumed == "the derivative of `Squash.forward` by x"


def test_classes_that_are_made_or_called_in_other_ways(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "otherwise.py"
    path.write_text(OTHERWISE_MADE)
    results = by_name(check_file(path))
    assert {name.partition(".")[0]: (result.verdict, result.claim) for name, result in results.items()} == {
        "Affine": ("right", "dense_vjp"),
        "SoftmaxWithLoss": ("right-in-convention", "softmax_cross_entropy_gradient"),
        "Dense": ("right-in-convention", "dense_vjp"),
        "MSE": ("right", "mean_squared_error_gradient"),
        "MySigmoid": ("right", "sigmoid_derivative"),
    }
    assert results["Dense.backward"].convention == "without b_bar"


def test_classes_of_tensors(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    path = tmp_path / "functions.py"
    path.write_text(FUNCTIONS)
    results = by_name(check_file(path))
    assert results["Linear.backward"].convention == "weights are (k, n), a row for each output; the notes' are (n, k)"
    relu, product = results["MyReLU.backward"], results["Multiply.backward"]
    assert relu.claim == "relu_vjp"
    assert relu.verdict == "right-in-convention"
    assert relu.convention == "at z = 0 it takes the subgradient 0; the notes' is 1"
    assert (product.verdict, product.assumed) == ("wrong", "the derivative of `Multiply.forward` by a, b")
    assert product.smallest is not None
    assert product.smallest.letter == "b"
