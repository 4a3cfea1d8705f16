"""The same four derivatives in PyTorch, held against differences by ``torch.autograd.gradcheck``; prints seconds."""

from __future__ import annotations

import time
from typing import Any

import torch


class Sigmoid(torch.autograd.Function):
    """The sigmoid."""

    @staticmethod
    def forward(ctx: Any, z: torch.Tensor) -> torch.Tensor:
        """The value."""
        a = 1 / (1 + torch.exp(-z))
        ctx.save_for_backward(a)
        return a

    @staticmethod
    def backward(ctx: Any, *a_bar: torch.Tensor) -> torch.Tensor:
        """The pullback."""
        (a,) = ctx.saved_tensors
        return a_bar[0] * a * (1 - a)


class Tanh(torch.autograd.Function):
    """The hyperbolic tangent."""

    @staticmethod
    def forward(ctx: Any, z: torch.Tensor) -> torch.Tensor:
        """The value."""
        a = torch.tanh(z)
        ctx.save_for_backward(a)
        return a

    @staticmethod
    def backward(ctx: Any, *a_bar: torch.Tensor) -> torch.Tensor:
        """The pullback."""
        (a,) = ctx.saved_tensors
        return a_bar[0] * (1 - a**2)


class Softmax(torch.autograd.Function):
    """Softmax."""

    @staticmethod
    def forward(ctx: Any, l: torch.Tensor) -> torch.Tensor:
        """The value."""
        e = torch.exp(l - l.amax(-1, keepdim=True))
        p = e / e.sum(-1, keepdim=True)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx: Any, *p_bar: torch.Tensor) -> torch.Tensor:
        """The pullback."""
        (p,) = ctx.saved_tensors
        return p * (p_bar[0] - (p_bar[0] * p).sum(-1, keepdim=True))


class Dense(torch.autograd.Function):
    """A dense layer."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """The value."""
        ctx.save_for_backward(x, W)
        return x @ W + b

    @staticmethod
    def backward(ctx: Any, *z_bar: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The pullback."""
        x, W = ctx.saved_tensors
        return z_bar[0] @ W.T, x.T @ z_bar[0], z_bar[0].sum(0)


def main() -> None:
    """Check all four."""
    torch.manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, dtype=torch.float64, requires_grad=True)

    start = time.perf_counter()
    for function in (Sigmoid, Tanh, Softmax):
        torch.autograd.gradcheck(function.apply, (draw(4, 3),))
    torch.autograd.gradcheck(Dense.apply, (draw(4, 3), draw(3, 2), draw(2)))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
