"""The formulas of the catalogue for PyTorch, which differentiates them by the rules worked out by hand.

Each function has the name, the arguments and the errors of handgrad's and returns tensors. ``backward``,
``torch.autograd.grad`` and the transforms of ``torch.func`` take it.

The gradient by the arguments that the catalogue names is the pullback of the formula's ``_vjp``, the forward-mode
derivative is its ``_jvp``, and higher ones are PyTorch's of these. By other tensors, a target for one, derivatives are
right as well; a function's docstring says whose they are.

>>> import torch
>>> from handgrad.torch import sigmoid
>>> z = torch.tensor([0.0], requires_grad=True)
>>> sigmoid(z).sum().backward()
>>> z.grad
tensor([0.2500])
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handgrad import _bridges
from handgrad._bridges import Library, Options, Rules, bridge
from handgrad.catalogue import FORMULAS

try:
    import torch
    from torch.autograd import forward_ad
except ImportError as error:
    raise ImportError("handgrad.torch needs PyTorch: python -m pip install 'handgrad[torch]'", name="torch") from error

if TYPE_CHECKING:
    from handgrad._bridges import *  # noqa: F403 - the functions made below, as the type checker is to see them

__all__: list[str] = []
__all__ += _bridges.__all__


@functools.cache
def _differentiable(name: str, options: Options) -> Callable[..., torch.Tensor]:
    """A formula as a function of tensors that carries the hand-written rules."""
    rules = Rules(name, options)

    def forward(*tensors: torch.Tensor) -> torch.Tensor:
        return rules.value(*tensors)

    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        # Of intermediate results none is kept: a pullback that is made anew can itself be differentiated.
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)
        ctx.set_materialize_grads(False)  # no tangent is None, not zeros

    def backward(ctx: Any, cotangent: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        tensors, wanted = ctx.saved_tensors, ctx.needs_input_grad
        if cotangent is None:
            return (None,) * len(tensors)
        found: dict[int, torch.Tensor] = {}
        if any(wanted[i] for i in (*rules.by_hand, *rules.mirrored)):
            _, pullback = rules.vjp(*tensors)
            bars = pullback(cotangent)
            found.update(zip(rules.by_hand, bars if isinstance(bars, tuple) else (bars,), strict=True))
            found.update({i: -found[j] for i, j in rules.mirrored.items() if wanted[i]})
        if any(wanted[i] for i in rules.as_data):
            pullback = torch.func.vjp(*rules.of_data(tensors, [i for i in rules.as_data if wanted[i]]))[1]
            found.update(*pullback(cotangent))
        return tuple(found.get(i) for i in range(len(tensors)))

    def jvp(ctx: Any, *tangents: torch.Tensor | None) -> torch.Tensor:
        # PyTorch switches forward mode off in here, so that a forward mode around this one would see a constant. With
        # it on, the tangents that are being computed must not be seen themselves, hence the primals.
        with forward_ad._set_fwd_grad_enabled(True):
            tensors = [forward_ad.unpack_dual(tensor, level=0).primal for tensor in ctx.saved_tensors]
            dots = {i: forward_ad.unpack_dual(dot, level=0).primal for i, dot in enumerate(tangents) if dot is not None}
            by_hand, as_data = rules.split(dots)
            _, tangent = rules.jvp(
                *tensors, *[by_hand[i] if i in by_hand else torch.zeros_like(tensors[i]) for i in rules.by_hand]
            )
            if as_data:
                # PyTorch nests no forward modes of its own. A pullback is linear, and its own pullback is the tangent.
                value, pullback, *_ = torch.func.vjp(*rules.of_data(tensors, as_data))
                tangent = tangent + torch.func.vjp(pullback, torch.zeros_like(value))[1]((as_data,))[0]
            return tangent

    methods: list[Callable[..., Any]] = [forward, setup_context, backward, jvp]
    contents = {"generate_vmap_rule": True, **{method.__name__: staticmethod(method) for method in methods}}
    # Not a class statement: the class gets its name with its making, and a tensor's grad_fn shows it.
    return type(name, (torch.autograd.Function,), contents).apply


_TORCH = Library(
    title="PyTorch",
    module=__name__,
    rule="_vjp _jvp",
    array=torch.Tensor,
    from_numpy=torch.tensor,
    differentiable=_differentiable,
)

globals().update({formula.name: bridge(formula, _TORCH) for formula in FORMULAS.values()})
