"""Derivatives of your own under test: one line in pytest, random shapes, and the smallest input that fails.

``assert_derivative`` is for what the catalogue knows, the others are for any function: what is right is found from the
function itself, by JAX where it is written for it, by complex steps where it is analytic NumPy, else by extrapolated
differences. All of them fail with an AssertionError that shows a counterexample.

Shapes come as a signature ``"(n),(n,k),(k)->(k)"``, in which a number is a size of its own; or from the function's
jaxtyping annotations; or, to choose the numbers too, as one Hypothesis strategy per argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from handgrad.oracle.answering import Answer
    from handgrad.oracle.examining import Agreement
    from handgrad.oracle.truths import Truths

__all__ = ["assert_derivative", "check_autograd_function", "check_custom_vjp", "check_jacobian", "check_vjp"]

Function: TypeAlias = Callable[..., Any]
Shapes: TypeAlias = str | Sequence[Any] | None
By: TypeAlias = Sequence[int | str] | None


def assert_derivative(
    function: Function,
    claim: str | None = None,
    *,
    call: Function | None = None,
    seed: int = 0,
    strict: bool = False,
) -> None:
    """Fail unless a function is one of the catalogue's derivatives.

    ``claim`` is a name such as "softmax_jacobian"; without one, the function's decorator or name says it. ``call``, a
    function of ``function`` and the claim's letters, says how to call it if not as usual. ``strict`` asks for the
    notes' own convention, and for finite numbers at large inputs.

    Raises: AssertionError with the oracle's report; ValueError where the claim is unknown.

    >>> import numpy as np
    >>> assert_derivative(lambda z: np.cos(z), "sin_derivative")
    """
    __tracebackhide__ = True
    from handgrad.oracle.checking import check

    report = check(function, claim, call=call, seed=seed, strict=strict)
    if report.exit_code:
        raise AssertionError(str(report))


def check_vjp(
    f: Function,
    f_vjp: Function,
    shapes: Shapes = None,
    *,
    by: By = None,
    seed: int = 0,
    examples: int = 50,
    dtype: str = "float64",
) -> Agreement:
    """Fail unless ``f_vjp`` pulls every cotangent of f's value back to f's arguments.

    It is called as ``f_vjp(*args)``, which gives the value and a pullback, or as ``f_vjp(y_bar, *args)``, or as
    ``f_vjp(*args, y_bar)`` if the last parameter's name says so: in the first way that works. It gives an array per
    argument, or per argument in ``by``, the names or positions of those to differentiate by; else all floats count.

    Raises: AssertionError with the counterexample; ValueError where no fitting inputs are to be had.

    >>> import numpy as np
    >>> check_vjp(np.sin, lambda y_bar, x: y_bar * np.cos(x), "(n)->(n)", examples=3).method
    'complex step'
    """
    __tracebackhide__ = True
    from handgrad.oracle.answering import of_vjp

    return _examined(f, shapes, by, seed, examples, lambda truths: of_vjp(f_vjp, truths, dtype))


def check_jacobian(
    f: Function,
    f_jacobian: Function,
    shapes: Shapes = None,
    *,
    by: By = None,
    seed: int = 0,
    examples: int = 50,
    dtype: str = "float64",
) -> Agreement:
    """Fail unless ``f_jacobian(*args)`` gives f's Jacobian: the axes of f's value, then those of the argument.

    Of a scalar-valued f that is the gradient. Several arguments have one array each.

    Raises: AssertionError with the counterexample; ValueError where no fitting inputs are to be had.

    >>> check_jacobian(lambda x: x @ x, lambda x: 2 * x, "(n)->()", examples=3).method
    'complex step'
    """
    __tracebackhide__ = True
    from handgrad.oracle.answering import of_jacobian

    return _examined(f, shapes, by, seed, examples, lambda truths: of_jacobian(f_jacobian, truths, dtype))


def check_custom_vjp(
    f: Any,
    shapes: Shapes = None,
    *,
    by: By = None,
    seed: int = 0,
    examples: int = 50,
    dtype: str = "float64",
) -> Agreement:
    """Fail unless the rule of a ``jax.custom_vjp`` function is the derivative of the function that it decorates.

    The truth is what JAX makes of that function without the rule.

    Raises: AssertionError with the counterexample; ValueError where no fitting inputs are to be had.
    """
    __tracebackhide__ = True
    from handgrad.oracle.answering import of_custom_vjp

    if not callable(getattr(f, "fun", None)):
        raise TypeError(f"check_custom_vjp takes a function decorated with jax.custom_vjp, not {f!r}")
    return _examined(f.fun, shapes, by, seed, examples, lambda truths: of_custom_vjp(f, truths, dtype), jax=True)


def check_autograd_function(
    function: Any,
    shapes: Shapes = None,
    *,
    by: By = None,
    seed: int = 0,
    examples: int = 50,
    dtype: str = "float64",
) -> Agreement:
    """Fail unless the backward of a ``torch.autograd.Function`` is the derivative of its forward.

    The truth is the forward pass in float64, differentiated numerically. A function of tensors does as well.

    Raises: AssertionError with the counterexample; ValueError where no fitting inputs are to be had.
    """
    __tracebackhide__ = True
    from handgrad.oracle.answering import forward_of, of_autograd_function

    forward = forward_of(function)
    return _examined(forward, shapes, by, seed, examples, lambda truths: of_autograd_function(function, truths, dtype))


def _examined(
    f: Function,
    shapes: Shapes,
    by: By,
    seed: int,
    examples: int,
    answer: Callable[[Truths], Answer],
    *,
    jax: bool | None = None,
) -> Agreement:
    """The agreement of a derivative of f, on inputs as the shapes ask for them."""
    __tracebackhide__ = True
    from handgrad.oracle import examining
    from handgrad.oracle.shapes import Argument, from_annotations, from_signature, names_of
    from handgrad.oracle.truths import Truths

    result: tuple[str, ...] | None = None
    if shapes is None:
        arguments = from_annotations(f)
    elif isinstance(shapes, str):
        arguments, result = from_signature(shapes, f)
    else:
        arguments = [Argument(name) for name in names_of(f, len(shapes))]
    names = [argument.name for argument in arguments]
    wanted = [names[i] if isinstance(i, int) else i for i in (range(len(names)) if by is None else by)]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"by: there is no argument {unknown[0]!r}; the function has {', '.join(names)}")
    integers = [argument.name for argument in arguments if argument.integer]
    positions = [names.index(name) for name in wanted if name not in integers]
    if not positions:
        raise ValueError("by: there is nothing to differentiate by")
    truths = Truths(f, names, positions, jax=jax)
    subject = examining.Subject(answer(truths))
    if shapes is None or isinstance(shapes, str):
        return examining.by_shapes(subject, arguments, result, seed, examples)
    return examining.by_strategies(subject, shapes, seed, examples)
