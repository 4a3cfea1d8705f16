"""The diagonal Jacobian of an element-wise function, in the three forms that follow from its derivative.

A *kernel* takes the array namespace and the arguments and returns two functions, the value and its derivative by the
last argument. Both read what the kernel computed before them, so a pair costs one exponential.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from handgrad._arrays import Array, Pullback, arguments, cotangent, diagonal, in_parts

Kernel: TypeAlias = Callable[..., tuple[Callable[[], Array], Callable[[], Array]]]


def value_and_derivative(
    xp: Any, kernel: Kernel, *arrays: Array, core: int = 0, columns: bool = False
) -> tuple[Array, ...]:
    """What both functions of a kernel give; ``core`` and ``columns`` are those of ``in_parts``."""

    def both(xp: Any, *arrays: Array) -> tuple[Array, Array]:
        value, derivative = kernel(xp, *arrays)
        return value(), derivative()

    return in_parts(xp, both, *arrays, core=core, columns=columns)


def elementwise_jacobian(function: Callable[..., Any], kernel: Kernel, *primals: Any) -> Array:
    """diag(f') over the last axis (notes 0.5)."""
    xp, *arrays = arguments(function, *primals)
    _, derivative = kernel(xp, *arrays)
    return diagonal(xp, derivative())


def elementwise_vjp(
    function: Callable[..., Any], kernel: Kernel, cotangent_name: str, *primals: Any
) -> tuple[Array, Pullback]:
    """The value, and ȳ ↦ ȳ ⊙ f': a row times a diagonal matrix is a Hadamard product (notes 3.11)."""
    xp, *arrays = arguments(function, *primals)
    y, dy = value_and_derivative(xp, kernel, *arrays)

    def pullback(y_bar: Array) -> Array:
        _, y_bar = cotangent(function, cotangent_name, y_bar, y)
        return y_bar * dy

    pullback.__name__ = pullback.__qualname__ = function.__name__.replace("_vjp", "_pullback")
    return y, pullback


def elementwise_jvp(function: Callable[..., Any], kernel: Kernel, *primals_and_tangent: Any) -> tuple[Array, Array]:
    """The value and f' ⊙ ẋ."""
    xp, *primals, tangent = arguments(function, *primals_and_tangent)
    y, dy = value_and_derivative(xp, kernel, *primals)
    return y, dy * tangent
