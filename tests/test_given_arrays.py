"""A student's file may be written for PyTorch's or JAX's arrays; which ones a function takes is found out by trying."""

from __future__ import annotations

import pathlib
import textwrap

import pytest

from handgrad.oracle.checking import check_file
from handgrad.oracle.report import Result

TENSORS = """
import numpy as np
import torch
import torch.nn.functional as F

def softmax_jacobian(x):
    p = F.softmax(x, dim=-1)
    return torch.diag(p) - torch.outer(p, p)

def softmax_backward(grad_output, output):  # which names nothing of PyTorch's
    return output * (grad_output - (grad_output * output).sum(dim=-1, keepdim=True))

def linear_backward(dout, x, w, b):
    return dout @ w, dout.t() @ x, dout.sum(dim=0)

def cross_entropy_grad(y, logits):
    return F.softmax(logits, dim=-1) - y

def euclidean_error_gradient(y, y_hat):
    return (y_hat - y) / torch.linalg.norm(y_hat - y)

def tanh_derivative(z):  # of one number
    return torch.cosh(z).pow(-2) if z > 0 else 1 - torch.tanh(z).pow(2)

def relu_derivative(z):
    return np.where(z >= 0, 1.0, 0.0)

def gelu(x):
    return F.gelu(x)

def gelu_backward(g, x):
    return g * (0.5 * (1 + torch.erf(x / 2**0.5)) + x * torch.exp(-(x**2) / 2) / (2 * torch.pi) ** 0.5)

def sigmoid_backward(grad, out):
    return grad.mul_(out * (1 - out))

def exp_derivative(z):
    return torch.exp(z).sum(dim=7)

def sin_derivative(z):
    return z.cosine()

def tanh_backward(grad_output, output):
    return grad_output.clone() * (1 - output)
"""


def judged(folder: pathlib.Path, code: str) -> dict[str, Result]:
    path = folder / "homework.py"
    path.write_text(textwrap.dedent(code))
    return {result.function: result for result in check_file(path).results}


def test_a_file_written_for_tensors(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    results = judged(tmp_path, TENSORS)
    verdicts = {name: result.verdict for name, result in results.items()}
    right = ("softmax_jacobian", "cross_entropy_grad", "euclidean_error_gradient", "tanh_derivative")
    assert {verdicts[name] for name in (*right, "relu_derivative", "gelu_backward")} == {"right"}
    assert {verdicts[name] for name in ("softmax_backward", "linear_backward")} == {"right-in-convention"}
    codes = {name: [found.code for found in result.diagnosis] for name, result in results.items()}
    assert codes["sigmoid_backward"] == ["HG103"], "it writes into its argument's memory"
    assert codes["tanh_backward"] == ["HG254"]
    assert verdicts["exp_derivative"] == verdicts["sin_derivative"] == "unusable"
    said = {name: results[name].diagnosis[0].message for name in ("exp_derivative", "sin_derivative")}
    assert "IndexError: Dimension out of range" in said["exp_derivative"], "PyTorch's own complaint"
    assert "has no attribute 'cosine'" in said["sin_derivative"]


def test_a_method_that_only_jax_has(tmp_path: pathlib.Path) -> None:
    code = """
    import jax.numpy as jnp

    def relu_backward(z_bar, z):
        return z_bar.at[z < 0].set(0)

    def sigmoid_derivative(z):
        return jnp.exp(-z) / (1 + jnp.exp(-z)) ** 2
    """
    verdicts = {name: result.verdict for name, result in judged(tmp_path, code).items()}
    assert verdicts == {"relu_backward": "right", "sigmoid_derivative": "right"}
