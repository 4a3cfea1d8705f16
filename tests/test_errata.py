"""Every misprint is false as printed and true as corrected.

Hypothesis finds where a printed formula differs from the truth, and shrinks what it finds to small numbers. The
corrected formula equals what JAX derives from the definitions, at random points.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from docs.equations import functions_by_equation
from handgrad.errata import ERRATA, Erratum, Letter, Proof, counts, errata_of
from handgrad.errata.misprints import POSITIVE, WHOLE
from reference import layers, losses, probabilities, worked_examples
from tests.jaxpr import evaluate_traced
from tests.latex import complaints
from tests.rounding import LOOSENESS, _RoundedInputs

PROVEN = {erratum.title: erratum.proof for erratum in ERRATA if erratum.proof is not None}
EXAMPLES = 4
SEARCH = hypothesis.settings(
    max_examples=2000,
    database=None,
    derandomize=True,
    phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
)
FALSE = {
    *("0.2", "0.5", "1.9", "1.10", "1.11", "1.12", "1.13"),
    *("2.9", "2.11", "2.17", "2.24", "2.26", "2.28", "2.30", "2.31", "2.32"),
    *("3.2", "3.3", "3.4", "3.7", "3.10", "3.11", "4.2", "4.8", "4.10", "4.11"),
}
"""Equations printed false."""
RENAMED = {"0.2", "1.5", "1.12", "1.14", "1.15", "2.8", "2.11", "2.22", "2.24", "3.7", "4.4", "4.8", "4.9"}
"""Equations in which a symbol or a name is lost."""

each_erratum = pytest.mark.parametrize("erratum", ERRATA, ids=lambda erratum: f"{erratum.equation} {erratum.title}")
each_proof = pytest.mark.parametrize("title", PROVEN)


# What JAX says of the corrected formula, and of the printed left-hand side where that is another one


def last_layer(y: Any, n: Any) -> Any:
    return jax.grad(lambda n: losses.sum_squared_error(y, jnp.tanh(n)))(n)


def hidden(n: Any, W: Any, s: Any) -> Any:
    """The gradient by n of a cost whose gradient by the next layer is s."""
    return jax.grad(lambda n: s @ (jnp.tanh(n) @ W))(n)


def by_output(v: Any, W: Any, y_bar: Any) -> Any:
    """The gradient by y of a cost whose gradient by tanh(v), v linear in y with weights W, is y_bar."""
    return jax.vjp(lambda y: jnp.tanh(v + y @ W), jnp.zeros(len(W)))[1](y_bar)[0]


def column(k: int) -> Callable[..., Any]:
    return lambda X: jax.jacrev(worked_examples.example_3_7)(X).reshape(4, 6)[:, k - 1]


def off_diagonal(J: Any) -> Any:
    return jnp.where(jnp.eye(len(J)) == 1, 0.0, J)


cross_entropy_row = jax.grad(losses.categorical_cross_entropy, 1)
first_row = jax.grad(lambda l: probabilities.softmax(l)[0])
sum_of_sines_gradient = jax.grad(worked_examples.sum_of_sines, 1)

ARRAYS: dict[str, Callable[..., Any]] = {
    "a derivative that need not differ from 0": lambda a: jax.jacrev(lambda a: a**2)(a),
    "an interval for a pair": lambda y: cross_entropy_row(y, jnp.ones(len(y))),
    "a chain that drops the weight": lambda n, W: jax.jacrev(lambda n: jnp.tanh(n) @ W)(n),
    "f on the diagonal for its derivative": lambda n: jax.jacrev(jnp.tanh)(n),
    "F for its derivative in a hidden layer": hidden,
    "the activation as one more factor": last_layer,
    "F for its derivative in the last layer": last_layer,
    "a difference for a row": lambda x: jax.grad(lambda x: jnp.sum(x**2))(x),
    "a negative gradient without gaps": lambda x: -jax.grad(lambda x: jnp.sum(x**2))(x),
    "the losses for their derivatives": lambda J0: jax.grad(losses.batch_mean)(J0),
    "a row of derivatives without gaps": lambda y, y_hat: jax.grad(losses.mean_binary_cross_entropy, 1)(y, y_hat),
    "the mean loss for the loss of one sample": lambda y, y_hat: jax.vmap(cross_entropy_row)(y, y_hat),
    "minus signs lost but for the last": cross_entropy_row,
    "a row of quotients without gaps": cross_entropy_row,
    "an exponent that has lost its letter": lambda l: jax.grad(probabilities.sum_exp)(l),
    "the wrong variable on the left": lambda l: off_diagonal(jax.jacrev(probabilities.softmax)(l)),
    "a row of the Jacobian without gaps": first_row,
    "a row of products without gaps": first_row,
    "a lost index in an exponential's factor": lambda x: jax.grad(worked_examples.example_3_2)(x)[2],
    "a lost index in a product": lambda x: jax.jacrev(worked_examples.example_3_4)(x)[0],
    "the column by x_2": column(2),
    "the column by x_3": column(3),
    "the column by x_4": column(4),
    "the column by x_5": column(5),
    "half of the tensor's first slice": lambda X: jax.jacrev(worked_examples.example_3_7)(X)[0].T,
    "a column for a diagonal matrix": lambda u: jax.jacrev(jnp.sin)(u),
    "a row for a tensor": lambda x, W: jax.jacrev(lambda W: W.T @ x)(W),
    "a matrix product for an element-wise one": lambda v, u: jax.vjp(jnp.sin, u)[1](v)[0][None, :],
    "a derivative that does not exist for all x": lambda x: jnp.concatenate(
        [worked_examples.example_3_3(x), jax.jacfwd(worked_examples.example_3_3)(x)]
    ),
    "an equality to first order": lambda x, step: jnp.sum(x**2) + jax.jvp(lambda x: jnp.sum(x**2), (x,), (step,))[1],
    "one term for the sum": by_output,
    "another index on the left": lambda v, W, y_bar: jnp.ones((len(W), 1)) * by_output(v, W, y_bar),
    "the sum for its product with f'": hidden,
}

LEFT: dict[str, Callable[..., Any]] = {
    "the wrong variable on the left": lambda l: off_diagonal(
        jnp.sum(jax.jacrev(probabilities.softmax)(l) * jnp.eye(len(l)), axis=1)[:, None] * jnp.ones(len(l))
    ),
    "an equality to first order": lambda x, step: jnp.sum((x + step) ** 2),
    "another index on the left": lambda v, W, y_bar: by_output(v, W, y_bar)[:, None] * jnp.ones(len(W)),
}


def column_shape(*shape: int) -> tuple[int, int]:
    return (shape[0], 1)


def columns_of_outputs(W: Any) -> int:
    """By the Jacobian of a layer of k outputs by its stacked weights."""
    k, n = W.shape
    return jax.eval_shape(jax.jacrev(layers.dense_of_weights, 1), jnp.zeros(n), jnp.zeros(k * n)).shape[1]


def parameters_of_layer(W: Any) -> int:
    """By the gradient of a cost of W^T y by all weights."""
    return jax.eval_shape(jax.grad(lambda W: jnp.sum(W.T @ jnp.ones(len(W)))), W).size


def by_weights_shape(W: Any) -> tuple[int, ...]:
    return jax.eval_shape(sum_of_sines_gradient, jnp.zeros(len(W)), W).shape


FACTS: dict[str, Callable[..., Any]] = {
    "columns of the matrix of outputs": columns_of_outputs,
    "a vector z for the factor -2": lambda y: column_shape(*jax.eval_shape(last_layer, y, y).shape),
    "three factors that do not fit": by_weights_shape,
    "a column for a row": lambda v: jax.eval_shape(jnp.matmul, jnp.ones((1, 1)), v[None, :]).shape,
    "a shape that the factors do not give": by_weights_shape,
    "as many parameters as units": parameters_of_layer,
}
"""Counts and shapes."""

SEEN: dict[str, Callable[..., Any]] = {
    "a derivative that need not differ from 0": lambda derivative, a: derivative != 0,
    "an interval for a pair": lambda derivative, y: bool(np.sum(y) == 1 and np.count_nonzero(derivative) == 1),
    "a derivative that does not exist for all x": lambda both, x: bool(np.all(np.isfinite(both))),
}
"""What is to be seen of JAX's numbers, where that is not the numbers themselves."""


@functools.cache
def traced(title: str, side: str, shapes: tuple[tuple[int, ...], ...]) -> Any:
    function = {"right": ARRAYS, "left": LEFT}[side][title]
    return jax.make_jaxpr(function)(*[jnp.zeros(shape) for shape in shapes])


def jax_says(title: str, side: str, letters: dict[str, Any]) -> tuple[Any, Any]:
    """JAX's value of one side of a formula, and what rounding allows."""
    if title in FACTS:
        return FACTS[title](**letters), 0
    args = [np.asarray(value) for value in letters.values()]
    [found] = evaluate_traced(traced(title, side, tuple(arg.shape for arg in args)), _RoundedInputs("float64"), *args)
    if title in SEEN:
        return SEEN[title](found.value, **letters), 0
    return found.value, 2 * LOOSENESS * found.error


def same(found: Any, truth: Any, allowed: Any = 0) -> bool:
    """Whether two values agree: the same shape, and each number within its own tolerance."""
    if not isinstance(truth, (np.ndarray, np.floating)) or found is None:
        return found == truth
    if np.shape(found) != np.shape(truth):
        return False
    if np.asarray(truth).dtype == bool:
        return np.array_equal(found, truth)
    return bool(np.all(np.abs(found - truth) <= allowed))


# Where to look


@st.composite
def letters_of(draw: st.DrawFn, proof: Proof, entries: Callable[[Letter], st.SearchStrategy[float]]) -> dict[str, Any]:
    """Arrays of random sizes up to 3."""
    axes = sorted({axis for letter in proof.letters.values() for axis in letter.axes.split()})
    sizes = {axis: int(axis) if axis.isdigit() else draw(st.integers(1, 3)) for axis in axes}
    found = {}
    for name, letter in proof.letters.items():
        shape = [sizes[axis] for axis in letter.axes.split()]
        size = int(np.prod(shape))
        values = draw(st.lists(entries(letter), min_size=size, max_size=size))
        found[name] = np.array(values, dtype=float).reshape(shape)
    return found


def simple(letter: Letter) -> st.SearchStrategy[float]:
    return st.sampled_from(letter.among)


def anywhere(letter: Letter) -> st.SearchStrategy[float]:
    ranges = {WHOLE: st.floats(-3, 3), POSITIVE: st.floats(1 / 16, 4)}
    return ranges.get(letter.among, st.sampled_from(letter.among)).filter(lambda x: x == 0 or abs(x) > 1e-9)


def difference(proof: Proof, letters: dict[str, Any]) -> bool:
    """Whether the printed formula is false here, by more than rounding could make it."""
    printed, true = proof.printed(**letters), (proof.true or proof.right)(**letters)
    return not same(printed, true, 1e-6)


def weight(letters: dict[str, Any]) -> tuple[int, float]:
    """How large a counterexample is: its entries, then their sizes."""
    arrays = [np.asarray(value, dtype=float) for value in letters.values()]
    return sum(array.size for array in arrays), float(sum(np.sum(np.abs(array)) for array in arrays))


@each_proof
def test_the_printed_formula_is_false(title: str) -> None:
    proof = PROVEN[title]
    shown = {name: np.array(value, dtype=float) for name, value in proof.counterexample.items()}
    assert list(shown) == list(proof.letters)
    found = hypothesis.find(letters_of(proof, simple), functools.partial(difference, proof), settings=SEARCH)
    for letters in (shown, found):
        assert difference(proof, letters)
        side = "left" if title in LEFT else "right"
        truth, allowed = jax_says(title, side, letters)
        assert not same(proof.printed(**letters), truth, 1e-6 + allowed)
        assert same((proof.true or proof.right)(**letters), truth, allowed)
    assert weight(shown) <= weight(found), f"Hypothesis finds a smaller one: {found}"


@each_proof
def test_the_corrected_formula_is_true(title: str) -> None:
    proof = PROVEN[title]

    @hypothesis.settings(max_examples=EXAMPLES)
    @hypothesis.given(letters_of(proof, anywhere))
    def at_random_points(letters: dict[str, Any]) -> None:
        truth, allowed = jax_says(title, "right", letters)
        right = proof.right(**letters)
        assert same(right, truth, allowed), f"{right}, JAX has {truth} at {letters}"
        if proof.true is not None:
            truth, allowed = jax_says(title, "left", letters)
            assert same(proof.true(**letters), truth, allowed)

    at_random_points()


def test_a_printed_formula_is_not_taken_for_its_correction() -> None:
    for title, proof in PROVEN.items():
        if proof.true is None:  # else the printed right-hand side is right, but not for its left
            letters = {name: np.array(value, dtype=float) for name, value in proof.counterexample.items()}
            assert not same(proof.printed(**letters), *jax_says(title, "right", letters)), title


@each_erratum
def test_formulas_are_plain_latex(erratum: Erratum) -> None:
    assert complaints(erratum.printed) == complaints(erratum.right) == []
    assert erratum.printed != erratum.right


@each_erratum
def test_a_misprint_is_described(erratum: Erratum) -> None:
    assert erratum.equation in functions_by_equation()
    assert erratum.why.endswith(".")
    assert erratum in errata_of(erratum.equation)


def test_titles_tell_misprints_apart() -> None:
    assert len({erratum.title for erratum in ERRATA}) == len(ERRATA) == counts()["errata"]
    assert sorted(PROVEN) == sorted([*ARRAYS, *FACTS])
    assert len(PROVEN) == counts()["proven"] == len(ERRATA) - counts()["names"]


def test_every_misprint_known_is_here() -> None:
    assert {erratum.equation for erratum in ERRATA if erratum.proof is not None} >= FALSE
    assert {erratum.equation for erratum in ERRATA if erratum.proof is None} >= RENAMED


def test_what_is_shown_has_no_negative_zero() -> None:
    for proof in PROVEN.values():
        for side in proof.shown():
            assert side is None or not np.any(np.signbit(side) & (np.asarray(side) == 0))
