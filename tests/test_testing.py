"""The assertions for CI: right derivatives pass, wrong ones fail with the counterexample that shows it."""

from __future__ import annotations

import math
import os
import pathlib
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis.extra.numpy import arrays
from jaxtyping import Float, Int

import handgrad
from handgrad.testing import (
    assert_derivative,
    check_autograd_function,
    check_custom_vjp,
    check_jacobian,
    check_vjp,
)

Real = np.ndarray[Any, Any]
WHOLE = arrays(float, st.integers(0, 4), elements=st.integers(-2, 2).map(float))


def report(check: Callable[..., Any], *args: Any, **options: Any) -> str:
    """What a check says when it fails."""
    with pytest.raises(AssertionError) as caught:
        check(*args, **options)
    return str(caught.value)


# Functions of a user's own, with a right derivative each


def softmax(l: Real) -> Real:
    p = np.exp(l - l.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def softmax_backward(p_bar: Real, l: Real) -> Real:
    p = softmax(l)
    return p * (p_bar - p @ p_bar)


def dense(x: Real, W: Real, b: Real) -> Real:
    return x @ W + b


def dense_vjp(x: Real, W: Real, b: Real) -> Any:
    return dense(x, W, b), lambda z_bar: (W @ z_bar, np.outer(x, z_bar), z_bar.copy())


def relu(z: Real) -> Real:
    return np.maximum(z, 0)


def relu_backward(dout: Real, z: Real) -> Real:
    return dout * (z >= 0)


def norm(x: Real) -> Any:
    return np.linalg.norm(x)


def smooth_l1(y: Real, y_hat: Real) -> Any:
    e = np.abs(y_hat - y)
    return np.where(e < 1, e**2 / 2, e - 0.5).sum()


def smooth_l1_gradient(y: Real, y_hat: Real) -> Real:
    return np.clip(y_hat - y, -1, 1)


DENSE = "(n),(n,k),(k)->(k)"


# Right ones pass


def test_right_functions_pass_and_say_by_which_truth() -> None:
    passed = check_vjp(softmax, softmax_backward, "(n)->(n)")
    assert passed.method == "complex step"
    assert passed.examples >= 49  # an empty softmax is none
    assert 0 < passed.worst < 0.1
    assert passed.call == "softmax_backward(y_bar, l)"
    assert str(passed).startswith("softmax_backward is right at 49 inputs between -2 and 2: truth by complex step")
    assert check_vjp(dense, dense_vjp, DENSE).call == "dense_vjp(x, W, b)[1](y_bar)"
    assert "extrapolated differences" in check_jacobian(norm, lambda x: x / np.linalg.norm(x), "(n)->()").method
    assert (
        check_jacobian(smooth_l1, smooth_l1_gradient, "(n),(n)->()", by=["y_hat"]).call
        == "smooth_l1_gradient(y, y_hat)"
    )


def test_the_cotangent_may_come_last() -> None:
    assert check_vjp(np.sin, lambda x, dout: dout * np.cos(x), "(n)->(n)").call == "f_vjp(x, y_bar)"


def test_numbers_are_arrays_of_no_axes() -> None:
    check_vjp(lambda x, y: x * y, lambda x, y: (x * y, lambda g: (g * y, g * x)), "(),()->()", examples=10)
    check_vjp(lambda x, W: x * W.sum(), lambda g, x, W: (g * W.sum(), g * x + 0 * W), "(),(n,2)->()", dtype="float32")


def test_a_correct_relu_may_meet_zero() -> None:
    check_vjp(relu, relu_backward, [WHOLE])
    check_vjp(relu, lambda dout, z: dout * (z > 0), [WHOLE])
    check_vjp(jnp.abs, lambda g, x: g * np.sign(x), [WHOLE], examples=8)
    text = report(check_vjp, relu, lambda dout, z: dout * np.where(z == 0, 1.5, z > 0), [WHOLE])
    assert "x = [0]" in text or "z = [0]" in text


def test_domains_are_found() -> None:
    assert check_jacobian(lambda x: np.log(x).sum(), lambda x: 1 / x, "(n)->()").inputs == "between 1/8 and 2"
    check_jacobian(lambda x: math.log(x), lambda x: 1 / x, "()->()", examples=10)
    logit = check_jacobian(lambda p: np.log(p / (1 - p)), lambda p: np.diag(1 / p + 1 / (1 - p)), "(n)->(n)")
    assert logit.inputs == "between 1/16 and 15/16"
    text = report(check_jacobian, lambda x: np.log(x).sum(), lambda x: 1 / x**2, "(n)->()")
    assert "x = [2]   (the smallest such input)" in text


def test_float32_is_judged_by_its_own_precision() -> None:
    check_vjp(softmax, lambda g, l: softmax_backward(g, l).astype(np.float32), "(n)->(n)")
    check_vjp(dense, dense_vjp, DENSE, dtype="float32")
    text = report(check_vjp, softmax, lambda g, l: (softmax_backward(g, l) * 1.001).astype(np.float32), "(n)->(n)")
    assert "the numbers are wrong" in text


def test_annotations_give_the_shapes() -> None:
    def scores(x: Float[Real, "*batch n"], W: Float[Real, "n 2"], *, scale: float = 1.0) -> Float[Real, "*batch 2"]:
        return scale * np.tanh(x @ W)

    def scores_vjp(y_bar: Real, x: Real, W: Real) -> tuple[Real, Real]:
        z_bar = y_bar * (1 - scores(x, W) ** 2)
        return z_bar @ W.T, x.reshape(-1, len(W)).T @ z_bar.reshape(-1, 2)

    assert check_vjp(scores, scores_vjp).examples >= 49

    def chosen(label: Int[Real, ""], p: Float[Real, " K"]) -> Float[Real, ""]:
        return p[label] ** 2

    check_jacobian(chosen, lambda label, p: 2 * p * (np.arange(p.size) == label))


@pytest.mark.parametrize("name", ["dense", "softmax", "label_cross_entropy", "mean", "example_3_4"])
def test_functions_of_handgrad_pass(name: str) -> None:
    by = ["y_hat"] if name == "label_cross_entropy" else None
    passed = check_vjp(getattr(handgrad, name), getattr(handgrad, f"{name}_vjp"), by=by, examples=12)
    assert passed.method == "extrapolated differences"


# Wrong ones fail


def test_a_tiny_gradient_of_the_wrong_sign() -> None:
    def tiny(x: Real) -> Any:
        return 1e-7 * np.sum(x**2)

    check_jacobian(tiny, lambda x: 2e-7 * x, "(n)->()")
    text = report(check_jacobian, tiny, lambda x: -2e-7 * x, "(n)->()")
    assert "f_jacobian is wrong: the numbers are wrong" in text
    assert "x = [1]   (the smallest such input)" in text
    assert "yours -2e-07, correct 2e-07" in text
    assert "yours is -1 times the correct one in every entry" in text
    assert "the truth is tiny itself, by complex step" in text
    assert "f_jacobian(x)" in text


def test_one_wrong_entry_of_20_000() -> None:
    def energy(x: Any) -> Any:
        return jnp.sum(x**2)

    def gradient(x: Any, wrong: float = 1.0) -> Real:
        found = 2 * np.asarray(x)
        found[12_345] *= wrong
        return found

    assert check_jacobian(energy, gradient, "(20000)->()", examples=3).method == "JAX"
    text = report(check_jacobian, energy, lambda x: gradient(x, 1 + 1e-9), "(20000)->()")
    assert "entry [12345]" in text
    assert "1 of 20000 entries differs" in text


def test_one_wrong_entry_of_a_numpy_function() -> None:
    def gradient(W: Real, x: Real) -> Real:
        found = np.outer(2 * W @ x, x)
        found[3, 17] *= 1 + 1e-9
        return found

    text = report(check_jacobian, lambda W, x: np.sum((W @ x) ** 2), gradient, "(20,30),(30)->()", by=[0])
    assert "entry [3, 17]" in text
    assert "1 of 600 entries differs" in text


@pytest.mark.parametrize("victim", ["y_bar", "x", "W"])
def test_overwriting_an_argument(victim: str) -> None:
    def backward(y_bar: Real, x: Real, W: Real, b: Real) -> tuple[Real, ...]:
        found = W @ y_bar, np.outer(x, y_bar), y_bar.copy()
        {"y_bar": y_bar, "x": x, "W": W}[victim][...] *= 2
        return found

    def vjp(x: Real, W: Real, b: Real) -> Any:
        return dense(x, W, b), lambda y_bar: backward(y_bar, x, W, b)

    function = vjp if victim == "W" else backward
    text = report(check_vjp, dense, function, DENSE)
    assert f"it overwrites its argument {victim}; compute into a copy" in text


def test_a_vjp_that_ignores_its_cotangent() -> None:
    text = report(check_vjp, softmax, lambda p_bar, l: softmax(l) * (1 - softmax(l)), "(n)->(n)")
    assert "the numbers are wrong" in text
    assert "y_bar = [0, 0]" in text


def test_an_all_zero_vjp_of_softmax() -> None:
    text = report(check_vjp, softmax, lambda p_bar, l: np.zeros_like(l), "(n)->(n)")
    assert "yours is 0 everywhere" in text
    assert "by l, entry [0]: yours 0, correct" in text


def test_the_element_wise_derivative_of_softmax() -> None:
    text = report(check_jacobian, softmax, lambda l: np.diag(softmax(l) * (1 - softmax(l))), "(n)->(n)")
    assert "only entries off the diagonal differ" in text


class Liar(np.ndarray[Any, Any]):
    """An array that is equal to all others, and near to them."""

    def __eq__(self, other: object) -> Any:
        return np.ones(self.shape, bool)

    def __le__(self, other: object) -> Any:
        return np.ones(self.shape, bool)

    def __sub__(self, other: object) -> Any:
        return np.zeros(self.shape)

    def __array_ufunc__(self, *args: Any, **options: Any) -> Any:
        return np.zeros(self.shape)

    def astype(self, *args: Any, **options: Any) -> Any:
        """Itself."""
        return self


def test_an_array_that_claims_to_equal_everything() -> None:
    text = report(check_vjp, np.sin, lambda g, x: (-g * np.cos(x)).view(Liar), "(n)->(n)")
    assert "yours is -1 times the correct one in every entry" in text
    check_vjp(np.sin, lambda g, x: (g * np.cos(x)).view(Liar), "(n)->(n)", examples=5)


def test_shapes_are_compared_first() -> None:
    def row(x: Real, W: Real, b: Real) -> Any:
        return dense(x, W, b), lambda g: (W @ g, np.outer(x, g), g[None, :].copy())

    text = report(check_vjp, dense, row, DENSE)
    assert "the shape is wrong" in text
    assert "the derivative by b has shape (1, 1), correct is (1,)" in text
    text = report(check_vjp, dense, lambda g, x, W, b: (W @ g, np.outer(g, x), g.copy()), DENSE)
    assert "the derivative by W has shape (2, 1), correct is (1, 2)" in text


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda g, x, y: g * y, "it returns 1 arrays; correct is one for each of x, y"),
        (lambda g, x, y: None, "returns None; is a return missing?"),
        (lambda g, x, y: (g * y, "text"), "returns a string"),
        (lambda g, x, y: 1 / 0, "f_vjp(y_bar, x, y) raises ZeroDivisionError: division by zero"),
        (lambda g, x, y: (g * y, np.random.default_rng().normal(size=x.shape)), "another answer the second time"),
        (lambda x, y: (x + y, lambda g: (g * y, g * x)), "the value beside the pullback is not the function's"),
        (lambda g, x, y: (g * y, np.where(x > 0, g * x, np.nan)), "exactly the entries where x is below 0 differ"),
        (lambda g, x, y: (g * x, g * y), "by x"),
    ],
)
def test_other_failures_are_told(function: Callable[..., Any], said: str) -> None:
    assert said in report(check_vjp, lambda x, y: x * y, function, "(n),(n)->(n)")


def test_a_derivative_that_fails_only_in_some_shapes() -> None:
    def squared(x: Real) -> Any:
        return np.mean(x**2)

    text = report(check_jacobian, squared, lambda x: 2 * x / len(x), "(n,k)->()")
    assert "x = [[1, 1]]   (the smallest such input)" in text
    assert "by" not in text.partition("entry")[2].partition("yours")[0]


def test_the_same_seed_gives_the_same_report() -> None:
    texts = {report(check_vjp, softmax, lambda g, l: g, "(n)->(n)", seed=5) for _ in range(2)}
    assert len(texts) == 1
    assert "seed 5" in texts.pop()


def test_failures_come_soon() -> None:
    started = time.perf_counter()
    report(check_vjp, dense, lambda g, x, W, b: (W @ g, np.outer(x, g) * 2, g.copy()), DENSE)
    assert time.perf_counter() - started < 10


def test_what_cannot_be_told_is_not_called_right() -> None:
    text = report(check_jacobian, lambda x: np.sum(np.sign(x)), lambda x: 0 * x, [st.just(np.zeros(3))], examples=5)
    assert "is not settled" in text
    assert "they jump" in text


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ("n->n", "is no signature"),
        ("(n)->(n),(n)", "is no signature"),
        ("(n-1)->(n)", "the axis 'n-1' is neither a name nor a number"),
        ("(n)->()", r"sin gives an array of shape \(3,\) where the signature says \(\)"),
    ],
)
def test_shapes_that_make_no_sense(shapes: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_vjp(np.sin, lambda g, x: g * np.cos(x), shapes)


def test_functions_that_cannot_be_checked() -> None:
    with pytest.raises(ValueError, match="x has no annotation"):
        check_vjp(lambda x: x, lambda g, x: g)
    with pytest.raises(ValueError, match="f is nan or infinite at random inputs"):
        check_jacobian(lambda x: np.log(-(x**2)), lambda x: 2 / x, "(n)->(n)")
    with pytest.raises(ValueError, match="by: there is no argument 'z'; the function has x"):
        check_vjp(lambda x: x, lambda g, x: g, "(n)->(n)", by=["z"])
    with pytest.raises(ValueError, match="nothing to differentiate by"):
        check_vjp(lambda x: x, lambda g, x: g, "(n)->(n)", by=[])
    with pytest.raises(TypeError, match="f_vjp takes neither x nor y_bar, x: 1 or 2 arguments"):
        check_vjp(lambda x: x, lambda: 0, "(n)->(n)")
    with pytest.raises(ZeroDivisionError):
        check_vjp(lambda x: 1 / 0, lambda g, x: g, "(n)->(n)")


# JAX and PyTorch


@jax.jit
def jax_softmax(l: Any) -> Any:
    return jax.nn.softmax(l)


def test_jax_is_the_truth_where_a_function_is_written_for_it() -> None:
    def vjp(l: Any) -> Any:
        p = jax_softmax(l)
        return p, lambda p_bar: p * (p_bar - jnp.vdot(p, p_bar))

    assert check_vjp(jax_softmax, vjp, "(n)->(n)", examples=12).method == "JAX"
    assert check_vjp(jax_softmax, softmax_backward, "(n)->(n)", examples=3).method == "JAX"
    assert check_vjp(np.sin, lambda g, x: g * np.cos(x), "(n)->(n)", examples=5).method == "complex step"
    text = report(check_vjp, jax_softmax, lambda p_bar, l: p_bar * jax_softmax(l) * (1 - jax_softmax(l)), "(n)->(n)")
    assert "the truth is jax_softmax itself, by JAX" in text
    # The numbers of one and the shape of the other are wrong.
    text = report(check_vjp, lambda x, y: jnp.sin(x) * y, lambda g, x, y: (g * y, g[:0]), "(n),(n)->(n)")
    assert "f_vjp is wrong" in text


def test_jax_functions_are_judged_in_double_precision_whatever_the_user_has_set() -> None:
    with jax.enable_x64(False):
        passed = check_vjp(jax_softmax, softmax_backward, "(n)->(n)", examples=3)
        assert passed.method == "JAX"
        text = report(check_vjp, jax_softmax, lambda g, l: softmax_backward(g, l) * (1 + 1e-9), "(n)->(n)", examples=3)
        assert jnp.ones(1).dtype == jnp.float32
    assert "the numbers are wrong" in text


@jax.custom_vjp
def softplus(x: Float[jax.Array, "n k"]) -> Float[jax.Array, "n k"]:
    return jnp.log1p(jnp.exp(x))


softplus.defvjp(lambda x: (softplus(x), x), lambda x, g: (g * jax.nn.sigmoid(x),))


@jax.custom_vjp
def clipped(x: Any) -> Any:
    return jnp.clip(x, -1, 1)


clipped.defvjp(lambda x: (clipped(x), x), lambda x, g: (g,))


def test_a_custom_vjp_is_compared_with_the_function_without_it() -> None:
    assert check_custom_vjp(softplus).method == "JAX"
    check_custom_vjp(softplus, "(n)->(n)", dtype="float32", examples=3)
    text = report(check_custom_vjp, clipped, "(n)->(n)")
    assert "clipped is wrong: the numbers are wrong" in text
    assert "the truth is clipped itself, by JAX" in text
    assert "jax.vjp(clipped, x)[1](y_bar)" in text
    with pytest.raises(TypeError, match=r"takes a function decorated with jax\.custom_vjp"):
        check_custom_vjp(jax_softmax, "(n)->(n)")


def test_a_custom_vjp_of_what_jax_cannot_differentiate() -> None:
    @jax.custom_vjp
    def sine(x: Any) -> Any:
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    sine.defvjp(lambda x: (sine(x), x), lambda x, g: (g * jnp.cos(x),))
    assert check_custom_vjp(sine, "(n)->(n)", examples=3).method != "JAX"


def test_autograd_functions() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    class Form(torch.autograd.Function):
        """A square form x² W."""

        @staticmethod
        def forward(ctx: Any, x: Any, W: Any) -> Any:
            ctx.save_for_backward(x, W)
            return x**2 @ W

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, W = ctx.saved_tensors
            return 2 * x * (W @ g), torch.outer(x**2, g)

    class Constant(Form):
        """With no gradient by W."""

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return Form.backward(ctx, g)[0], None

    class Greedy(Form):
        """That scales its cotangent in place."""

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            found = Form.backward(ctx, g)
            g.mul_(2)
            return found

    passed = check_autograd_function(Form, "(n),(n,k)->(k)")
    assert passed.method == "complex step"
    assert passed.call == "torch.autograd.grad(Form.apply(x, W), [x, W], y_bar)"
    check_autograd_function(Form, "(n),(n,k)->(k)", dtype="float32")
    text = report(check_autograd_function, Constant, "(n),(n,k)->(k)")
    assert "by W, entry [0, 0]: yours 0, correct 1" in text
    assert "it overwrites its argument y_bar" in report(check_autograd_function, Greedy, "(n),(n,k)->(k)")
    check_autograd_function(torch.relu, [WHOLE])


# The catalogue's own


def test_assert_derivative_passes_what_is_right_if_in_a_convention() -> None:
    def sigmoid_prime(z: Real) -> Real:
        return np.exp(-z) / (1 + np.exp(-z)) ** 2

    assert_derivative(lambda z: handgrad.sigmoid(z) * (1 - handgrad.sigmoid(z)), "sigmoid_derivative")
    assert_derivative(handgrad.softmax_jacobian)
    assert_derivative(lambda l: np.asarray(handgrad.sum_exp_gradient(l))[None], "sum_exp_gradient")
    text = report(
        assert_derivative, lambda l: np.asarray(handgrad.sum_exp_gradient(l))[None], "sum_exp_gradient", strict=True
    )
    assert "as a row" in text
    assert_derivative(sigmoid_prime)
    assert "unstable" in report(assert_derivative, sigmoid_prime, strict=True)


def test_assert_derivative_fails_with_the_report() -> None:
    text = report(assert_derivative, lambda l: np.diag(softmax(l) * (1 - softmax(l))), "softmax_jacobian")
    assert "the off-diagonal terms are missing" in text
    assert "only entries off the diagonal differ" in text
    with pytest.raises(ValueError, match="softmax_jacobain"):
        assert_derivative(softmax, "softmax_jacobain")


def test_assert_derivative_takes_a_call() -> None:
    def jacobian_of(p: Real, *, scale: float) -> Real:
        return scale * (np.diag(p) - np.outer(p, p))

    assert_derivative(jacobian_of, "softmax_jacobian", call=lambda f, l: f(softmax(l), scale=1.0))
    text = report(assert_derivative, jacobian_of, "softmax_jacobian", call=lambda f, l: f(softmax(l), scale=2.0))
    assert "yours is 2 times the correct one in every entry" in text


# Light


def test_it_is_light_and_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    code = """
        import os, sys, handgrad.testing
        heavy = {"jax", "torch", "hypothesis", "rich", "pytest", "jaxtyping", "array_api_compat"} & set(sys.modules)
        assert not heavy, heavy
        import numpy as np
        handgrad.testing.check_vjp(np.sin, lambda g, x: g * np.cos(x), "(n)->(n)")
        handgrad.testing.check_jacobian(np.sum, lambda x: np.ones_like(x), "(n)->()")
        heavy = {"jax", "torch", "hypothesis"} & set(sys.modules)
        assert not heavy, heavy
        try:
            handgrad.testing.check_vjp(np.sin, lambda g, x: g, "(n)->(n)")
        except AssertionError as error:
            assert "the smallest such input" in str(error)
        import hypothesis.configuration
        folder = hypothesis.configuration.storage_directory("examples", intent_to_write=False)
        assert str(folder.path) == os.path.join(os.getcwd(), ".hypothesis", "examples"), folder.path
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    environment.pop("HYPOTHESIS_STORAGE_DIRECTORY", None)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert list(tmp_path.iterdir()) == []
