"""Each layout against the derivative that JAX takes by the rearranged argument, and against its own inverse.

JAX needs no convention here: the gradient by a column is what it finds for a function of a column. All functions have
small integers for coefficients and arguments, so both sides are exact and are compared without a tolerance.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from handgrad import layouts
from handgrad._arrays import axes_of
from handgrad.layouts import (
    KINDS,
    LAYOUTS,
    column_gradient,
    denominator_jacobian,
    diagonal_matrix,
    diagonal_vector,
    flattened_jacobian,
    flattened_tensor,
    gradient_from_column,
    gradient_from_row,
    house_layout,
    in_layout,
    jacobian_tensor,
    row_gradient,
    stacked_rows,
    stacked_weights,
    transposed_gradient,
    unflattened_jacobian,
    unstacked_rows,
    unstacked_weights,
    unvec,
    vec,
)
from tests.compiling import compiled

Real = np.ndarray[Any, Any]
CONVERSIONS = [name for name in layouts.__all__ if name not in ("KINDS", "LAYOUTS", "in_layout", "stacked_rows")]
FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(layouts, name) for name in CONVERSIONS}
WITH_SHAPE = {"unvec", "unflattened_jacobian", "unstacked_weights"}

PAIRS = [(2, 3), (4, 2), (3, 3), (1, 4), (3, 1)]

sizes = st.integers(1, 4)
pairs = st.sampled_from(PAIRS)
seeds = st.integers(0, 2**32 - 1)
batches = st.lists(st.integers(0, 3), max_size=2).map(tuple)


def integers(seed: int, *shape: int) -> Real:
    """Whole numbers as floats, different from one another so that no two entries can be mistaken."""
    size = int(np.prod(shape))
    return np.random.default_rng(seed).permutation(np.arange(1.0, size + 1)).reshape(shape)


def equal(found: Any, truth: Any) -> None:
    """The same shape, dtype and entries."""
    found, truth = np.asarray(found), np.asarray(truth)
    assert (found.shape, found.dtype) == (truth.shape, truth.dtype)
    np.testing.assert_array_equal(found, truth)


def samples_of(name: str, seed: int, batch: tuple[int, ...], n: int, k: int, m: int) -> tuple[Any, ...]:
    """Arguments of a conversion with the core that its annotation declares."""
    ((_, axes),) = [item for item in axes_of(FUNCTIONS[name]).items() if item[0] != "return"]
    given_sizes = {"n": n, "k": k, "m": m, "d": m, "c": n, "r": k, "p": n * k, "1": 1}
    array = integers(seed, *batch, *[given_sizes[axis] for axis in axes if not axis.startswith("*")])
    return (array, (n, k)) if name in WITH_SHAPE else (array,)


# Against JAX, at few shapes since it compiles each


@compiled
def derivatives_by_vectors(A: jax.Array, x: jax.Array) -> dict[str, jax.Array]:
    """Of A x², by x and by rearrangements of x."""

    def y(x: jax.Array) -> jax.Array:
        return A @ (x * x)

    def y_0(x: jax.Array) -> jax.Array:
        return y(x)[0]

    return {
        "g": jax.grad(y_0)(x),
        "row": jax.jacrev(lambda x: y_0(x)[None])(x),
        "row of a column": jax.jacrev(lambda column: y_0(column[:, 0])[None])(x[:, None])[:, :, 0],
        "column": jax.grad(lambda column: y_0(column[:, 0]))(x[:, None]),
        # one function y_i for each row of A
        "gradients": jax.vmap(lambda A_i: jax.grad(lambda x: A_i @ (x * x))(x))(A),
        "J": jax.jacrev(y)(x),
        # one tangent per x_j, a row each
        "denominator": jax.vmap(lambda x_dot: jax.jvp(y, (x,), (x_dot,))[1])(jnp.eye(x.shape[0])),
        "diagonal": jax.vmap(jax.grad(lambda x_i: x_i * x_i))(x),
        "element-wise": jax.jacrev(lambda x: x * x)(x),
    }


@settings(max_examples=30)
@given(pairs, seeds)
def test_layouts_of_a_vector_argument_are_derivatives_by_the_rearranged_vector(
    pair: tuple[int, int], seed: int
) -> None:
    m, n = pair
    truth = jax.tree.map(np.asarray, derivatives_by_vectors(integers(seed, m, n), integers(seed + 1, n)))
    g, J, element_wise = truth["g"], truth["J"], truth["element-wise"]
    equal(row_gradient(g), truth["row"])
    equal(row_gradient(g), truth["row of a column"])
    equal(column_gradient(g), truth["column"])
    equal(stacked_rows(*truth["gradients"]), J)
    for found, gradient in zip(unstacked_rows(J), truth["gradients"], strict=True):
        equal(found, gradient)
    equal(denominator_jacobian(J), truth["denominator"])
    equal(diagonal_vector(element_wise), truth["diagonal"])
    equal(diagonal_matrix(truth["diagonal"]), element_wise)


@compiled
def derivatives_by_matrices(A: jax.Array, X: jax.Array) -> dict[str, jax.Array]:
    """Of y_d = Σ A_dnk X_nk², by X and by rearrangements of X."""
    n, k = X.shape

    def y(X: jax.Array) -> jax.Array:
        return jnp.einsum("dnk,nk->d", A, X * X)

    def y_0(X: jax.Array) -> jax.Array:
        return y(X)[0]

    def from_rows(v: jax.Array) -> jax.Array:
        return jnp.stack([v[i * k : (i + 1) * k] for i in range(n)])

    def from_columns(w: jax.Array) -> jax.Array:
        return jnp.stack([w[j * n : (j + 1) * n] for j in range(k)], axis=1)

    rows = jnp.concatenate([X[i] for i in range(n)])
    columns = jnp.concatenate([X[:, j] for j in range(k)])
    return {
        "G": jax.grad(y_0)(X),
        "transposed": jax.grad(lambda X_t: y_0(X_t.T))(X.T),
        "by vec": jax.grad(lambda v: y_0(from_rows(v)))(rows),
        "by w": jax.grad(lambda w: y_0(from_columns(w)))(columns),
        "J": jax.jacrev(y)(X),
        "tensor": jax.jacrev(lambda X_t: y(X_t.T))(X.T),
        "J by vec": jax.jacrev(lambda v: y(from_rows(v)))(rows),
        "J by w": jax.jacrev(lambda w: y(from_columns(w)))(columns),
    }


@settings(max_examples=30)
@given(st.sampled_from([(2, 3, 4), (4, 3, 2), (3, 1, 4), (1, 3, 3), (1, 1, 1)]), seeds)
def test_layouts_of_a_matrix_argument_are_derivatives_by_the_rearranged_matrix(
    core: tuple[int, int, int], seed: int
) -> None:
    d, n, k = core
    A, X = integers(seed, d, n, k), integers(seed + 1, n, k)
    truth = jax.tree.map(np.asarray, derivatives_by_matrices(A, X))
    G, J = truth["G"], truth["J"]
    equal(transposed_gradient(G), truth["transposed"])
    equal(vec(G), truth["by vec"])
    equal(stacked_weights(G), truth["by w"])
    equal(jacobian_tensor(J), truth["tensor"])
    equal(flattened_jacobian(J), truth["J by vec"])
    equal(flattened_tensor(truth["tensor"]), truth["J by vec"])
    equal(unflattened_jacobian(truth["J by vec"], (n, k)), J)
    equal(stacked_weights(J), truth["J by w"])
    equal(unstacked_weights(truth["by w"], (n, k)), G)
    equal(unvec(truth["by vec"], (n, k)), G)


jacobian_by_weights = compiled(jax.jacrev(jnp.matmul, 1))


@settings(max_examples=30)
@given(pairs, seeds)
def test_the_jacobian_of_a_layer_by_its_stacked_weights_is_a_kronecker_product(
    pair: tuple[int, int], seed: int
) -> None:
    n, k = pair
    o, W = integers(seed, n), integers(seed + 1, n, k)
    O = np.kron(np.eye(k), o)
    equal(O @ stacked_weights(W), o @ W)
    equal(stacked_weights(np.asarray(jacobian_by_weights(o, W))), O)
    equal(unvec(stacked_weights(W), (k, n)), transposed_gradient(W))  # 0.6: row by row it is outputs × inputs


@pytest.mark.parametrize(("n", "k"), PAIRS)
def test_the_flattened_jacobian_of_the_identity_is_the_identity(n: int, k: int) -> None:
    J = np.asarray(compiled(jax.jacrev(lambda X: vec(jnp.eye(n) @ X)))(np.ones((n, k))))
    equal(flattened_jacobian(J), np.eye(n * k))


# Against the definitions, entry by entry


@settings(max_examples=50)
@given(batches, sizes, sizes, sizes, seeds)
def test_every_entry_stands_where_the_notes_put_it(batch: tuple[int, ...], d: int, n: int, k: int, seed: int) -> None:
    J, G, g = integers(seed, *batch, d, n, k), integers(seed, *batch, n, k), integers(seed, *batch, n)
    row, column, transposed, tensor = row_gradient(g), column_gradient(g), transposed_gradient(G), jacobian_tensor(J)
    flat, v, w = flattened_jacobian(J), vec(G), stacked_weights(G)
    shapes = [array.shape[len(batch) :] for array in (row, column, transposed, tensor, flat, v, w)]
    assert shapes == [(1, n), (n, 1), (k, n), (d, k, n), (d, n * k), (n * k,), (k * n,)]
    assert {array.shape[: len(batch)] for array in (row, column, transposed, tensor, flat, v, w)} == {batch}
    for sample in np.ndindex(batch):
        for i in range(n):
            assert row[*sample, 0, i] == column[*sample, i, 0] == g[*sample, i]
            for j in range(k):
                assert transposed[*sample, j, i] == v[*sample, k * i + j] == w[*sample, n * j + i] == G[*sample, i, j]
                for depth in range(d):
                    entry = J[*sample, depth, i, j]
                    assert tensor[*sample, depth, j, i] == flat[*sample, depth, k * i + j] == entry


@settings(max_examples=100)
@given(batches, sizes, sizes, sizes, seeds)
def test_every_layout_comes_back(batch: tuple[int, ...], d: int, n: int, k: int, seed: int) -> None:
    J, G, g = integers(seed, *batch, d, n, k), integers(seed, *batch, n, k), integers(seed, *batch, n)
    F, v = integers(seed, *batch, d, n * k), integers(seed, *batch, n * k)
    pairs: list[tuple[Callable[[Any], Any], Callable[[Any], Any], Real]] = [
        (row_gradient, gradient_from_row, g),
        (gradient_from_row, row_gradient, g[..., None, :]),
        (column_gradient, gradient_from_column, g),
        (gradient_from_column, column_gradient, g[..., None]),
        (unstacked_rows, lambda rows: stacked_rows(*rows), G),
        (denominator_jacobian, denominator_jacobian, G),
        (diagonal_matrix, diagonal_vector, g),
        (diagonal_vector, diagonal_matrix, g[..., None] * np.eye(n)),
        (transposed_gradient, transposed_gradient, G),
        (vec, functools.partial(unvec, shape=(n, k)), G),
        (functools.partial(unvec, shape=(n, k)), vec, v),
        (jacobian_tensor, jacobian_tensor, J),
        (flattened_jacobian, functools.partial(unflattened_jacobian, shape=(n, k)), J),
        (functools.partial(unflattened_jacobian, shape=(n, k)), flattened_jacobian, F),
        (flattened_tensor, lambda F: jacobian_tensor(unflattened_jacobian(F, (k, n))), J),
        (stacked_weights, functools.partial(unstacked_weights, shape=(n, k)), G),
        (functools.partial(unstacked_weights, shape=(n, k)), stacked_weights, v),
    ]
    for there, back, x in pairs:
        equal(back(there(x)), x)


def test_no_rows_are_stacked_from_a_jacobian_without_rows() -> None:
    assert unstacked_rows(np.zeros((0, 3))) == ()


# The numbers of notes 3.5, 3.7 and 3.8


def example_3_7(X: jax.Array) -> jax.Array:
    """Σ x_ij, x1 x5 x6, x2 x4, x3 x4 x5."""
    (x1, x2, x3), (x4, x5, x6) = X
    return jnp.stack([jnp.sum(X), x1 * x5 * x6, x2 * x4, x3 * x4 * x5])


@given(st.lists(st.integers(-50, 50), min_size=6, max_size=6, unique=True))
@settings(max_examples=50)
def test_the_tensor_and_the_columns_of_the_notes(entries: list[int]) -> None:
    X = np.array(entries, dtype=float).reshape(2, 3)
    x1, x2, x3, x4, x5, x6 = X.ravel()
    J = np.asarray(jacobian_of_example_3_7(X))
    tensor = np.array(
        [
            [[1, 1], [1, 1], [1, 1]],
            [[x5 * x6, 0], [0, x1 * x6], [0, x1 * x5]],
            [[0, x2], [x4, 0], [0, 0]],
            [[0, x3 * x5], [0, x3 * x4], [x4 * x5, 0]],
        ]
    )
    columns = [
        [1, x5 * x6, 0, 0],
        [1, 0, x4, 0],
        [1, 0, 0, x4 * x5],
        [1, 0, x2, x3 * x5],
        [1, x1 * x6, 0, x3 * x4],
        [1, x1 * x5, 0, 0],
    ]
    equal(jacobian_tensor(J), tensor)
    equal(flattened_jacobian(J), np.array(columns).T)
    equal(flattened_tensor(tensor), np.array(columns).T)


jacobian_of_example_3_7 = compiled(jax.jacrev(example_3_7))


def test_reshaping_the_tensor_as_it_stands_gives_the_wrong_order() -> None:
    tensor = jacobian_tensor(np.arange(1.0, 7.0).reshape(1, 2, 3))  # y = Σ k x_k, so ∂y/∂x_k = k
    equal(tensor.reshape(1, 6), np.array([[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]]))
    equal(flattened_tensor(tensor), np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]))


def test_the_gradient_by_a_three_by_four_matrix_is_four_by_three() -> None:
    equal(transposed_gradient(np.asarray(jax.grad(jnp.sum)(np.zeros((3, 4))))), np.ones((4, 3)))


def test_the_gradient_by_a_row_vector_is_a_column() -> None:
    equal(transposed_gradient(np.array([[1.0, 2.0, 3.0]])), column_gradient(np.array([1.0, 2.0, 3.0])))


# Every conversion: libraries, dtypes, batches, memory


@pytest.mark.parametrize("name", CONVERSIONS)
@settings(max_examples=30)
@given(batches, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), seeds)
def test_a_batch_is_a_loop(name: str, batch: tuple[int, ...], n: int, k: int, m: int, seed: int) -> None:
    function = FUNCTIONS[name]
    x, *shape = samples_of(name, seed, batch, n, k, m)
    results = function(x, *shape)
    if not isinstance(results, tuple):
        results, function = (results,), lambda x, *shape: (FUNCTIONS[name](x, *shape),)
    for sample in np.ndindex(batch):
        for found, alone in zip(results, function(x[sample], *shape), strict=True):
            equal(found[sample], alone)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CONVERSIONS)
def test_results_are_new_writable_arrays_of_the_same_dtype(name: str, dtype: str) -> None:
    x, *shape = samples_of(name, 0, (2,), 3, 2, 4)
    x = np.asarray(x, dtype=dtype)
    before = x.copy()
    x.flags.writeable = False
    results = FUNCTIONS[name](x, *shape)
    for result in results if isinstance(results, tuple) else (results,):
        assert result.dtype == dtype
        assert not np.shares_memory(result, x)
        result[...] = -1.0
    equal(x, before)


def test_stacked_rows_are_new() -> None:
    g = np.array([1.0, 2.0])
    stacked_rows(g, g)[...] = 0.0
    equal(g, np.array([1.0, 2.0]))


@pytest.mark.parametrize("name", CONVERSIONS)
def test_jax_arrays_stay_jax_arrays_under_jit(name: str) -> None:
    x, *shape = samples_of(name, 0, (2,), 3, 2, 4)
    results = jax.jit(lambda x: FUNCTIONS[name](x, *shape))(x)
    jax.tree.map(lambda result: None if isinstance(result, jax.Array) else pytest.fail(str(type(result))), results)
    jax.tree.map(equal, results, FUNCTIONS[name](x, *shape))


@pytest.mark.parametrize("name", CONVERSIONS)
def test_tensors_stay_tensors(name: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, *shape = samples_of(name, 0, (2,), 3, 2, 4)
    tensor = torch.tensor(x)
    results, truths = FUNCTIONS[name](tensor, *shape), FUNCTIONS[name](x, *shape)
    if not isinstance(results, tuple):
        results, truths = (results,), (truths,)
    for result, truth in zip(results, truths, strict=True):
        assert isinstance(result, torch.Tensor)
        equal(result.numpy(), truth)
        result[...] = -1.0
    equal(tensor.numpy(), x)


def test_rows_of_any_library_are_stacked() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert isinstance(stacked_rows(torch.ones(2), [1.0, 2.0]), torch.Tensor)
    assert isinstance(stacked_rows(np.ones(2), jnp.ones(2)), jax.Array)


# By name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_by_name_is_its_function_or_a_clear_error(layout: str, kind: str) -> None:
    core = {
        "gradient by a vector": (2,),
        "gradient by a matrix": (2, 3),
        "Jacobian by a vector": (2, 3),
        "Jacobian by a matrix": (4, 2, 3),
        "element-wise Jacobian": (3, 3),
    }[kind]
    derivative = integers(0, 5, *core)
    if kind in LAYOUTS[layout]:
        equal(in_layout(derivative, layout, kind), LAYOUTS[layout][kind](derivative))
    else:
        with pytest.raises(
            ValueError, match=rf"^in_layout: layout '{layout}' does not fit the {kind}; 'house', .* fits$"
        ):
            in_layout(derivative, layout, kind)


def test_the_named_layouts_have_the_shapes_of_the_notes() -> None:
    derivatives = {
        "gradient by a vector": np.zeros(2),
        "gradient by a matrix": np.zeros((2, 3)),
        "Jacobian by a vector": np.zeros((2, 3)),
        "Jacobian by a matrix": np.zeros((4, 2, 3)),
        "element-wise Jacobian": np.zeros((3, 3)),
    }
    found = {
        layout: [in_layout(derivatives[kind], layout, kind).shape for kind in KINDS if kind in LAYOUTS[layout]]
        for layout in LAYOUTS
    }
    assert found == {
        "house": [(2,), (2, 3), (2, 3), (4, 2, 3), (3, 3)],
        "numerator": [(1, 2), (3, 2), (2, 3), (4, 3, 2), (3, 3)],
        "denominator": [(2, 1), (2, 3), (3, 2), (3, 3)],
        "row": [(1, 2)],
        "column": [(2, 1)],
        "transposed": [(3, 2), (3, 2)],
        "tensor": [(4, 3, 2)],
        "flat": [(6,), (4, 6)],
        "weights": [(6,), (4, 6)],
        "diagonal": [(3,)],
    }


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: row_gradient(1.0), ValueError, "row_gradient: g has shape (); g must have shape (..., n)"),
        (
            lambda: gradient_from_row(np.ones((2, 3))),
            ValueError,
            "gradient_from_row: row has shape (2, 3); row must have shape (..., 1, n)",
        ),
        (lambda: column_gradient(1.0), ValueError, "column_gradient: g has shape (); g must have shape (..., n)"),
        (
            lambda: gradient_from_column(np.ones((2, 3))),
            ValueError,
            "gradient_from_column: column has shape (2, 3); column must have shape (..., 2, 1)",
        ),
        (lambda: stacked_rows(), ValueError, "stacked_rows: no gradients came; at least one must"),
        (
            lambda: stacked_rows(1.0, 2.0),
            ValueError,
            "stacked_rows: gradients[0] has shape (); gradients[0] must have shape (..., n)",
        ),
        (
            lambda: stacked_rows([1.0, 2.0], [3.0]),
            ValueError,
            "stacked_rows: gradients[1] has shape (1,), gradients[0] has shape (2,); gradients[1] must have shape (2,)",
        ),
        (
            lambda: stacked_rows([1.0], [1j]),
            TypeError,
            "stacked_rows: gradients[1] has dtype complex128; real numbers fit, as float32, float64 or integers",
        ),
        (lambda: unstacked_rows([1.0]), ValueError, "unstacked_rows: J has shape (1,); J must have shape (..., m, n)"),
        (
            lambda: denominator_jacobian([1.0]),
            ValueError,
            "denominator_jacobian: J has shape (1,); J must have shape (..., m, n)",
        ),
        (
            lambda: diagonal_vector(np.ones((2, 3))),
            ValueError,
            "diagonal_vector: J has shape (2, 3); J must have shape (..., 2, 2)",
        ),
        (lambda: diagonal_matrix(1.0), ValueError, "diagonal_matrix: d has shape (); d must have shape (..., n)"),
        (
            lambda: transposed_gradient([1.0]),
            ValueError,
            "transposed_gradient: G has shape (1,); G must have shape (..., n, k)",
        ),
        (lambda: vec([1.0]), ValueError, "vec: X has shape (1,); X must have shape (..., n, k)"),
        (
            lambda: unvec(np.ones(6), (2, 4)),
            ValueError,
            "unvec: shape is (2, 4), v has shape (6,); shape must be (n, k) with n*k = 6",
        ),
        (
            lambda: unvec(np.ones(6), (-2, -3)),
            ValueError,
            "unvec: shape is (-2, -3), v has shape (6,); shape must be (n, k) with n*k = 6",
        ),
        (
            lambda: unvec(np.ones(6), cast(Any, 6)),
            TypeError,
            "unvec: shape is 6; a pair of integers (n, k) fits",
        ),
        (
            lambda: unvec(np.ones(1), cast(Any, (1.0, 1))),
            TypeError,
            "unvec: shape is (1.0, 1); a pair of integers (n, k) fits",
        ),
        (
            lambda: unvec(np.ones(6), cast(Any, (1, 2, 3))),
            TypeError,
            "unvec: shape is (1, 2, 3); a pair of integers (n, k) fits",
        ),
        (
            lambda: jacobian_tensor(np.ones((2, 3))),
            ValueError,
            "jacobian_tensor: J has shape (2, 3); J must have shape (..., d, c, r)",
        ),
        (
            lambda: flattened_jacobian(np.ones((2, 3))),
            ValueError,
            "flattened_jacobian: J has shape (2, 3); J must have shape (..., d, n, k)",
        ),
        (
            lambda: unflattened_jacobian(np.ones((4, 6)), (3, 3)),
            ValueError,
            "unflattened_jacobian: shape is (3, 3), F has shape (4, 6); shape must be (n, k) with n*k = 6",
        ),
        (
            lambda: flattened_tensor(np.ones((2, 3))),
            ValueError,
            "flattened_tensor: T has shape (2, 3); T must have shape (..., d, r, c)",
        ),
        (
            lambda: stacked_weights([1.0]),
            ValueError,
            "stacked_weights: W has shape (1,); W must have shape (..., n, k)",
        ),
        (
            lambda: unstacked_weights(np.ones((4, 6)), (3, 3)),
            ValueError,
            "unstacked_weights: shape is (3, 3), w has shape (4, 6); shape must be (n, k) with n*k = 6",
        ),
        (
            lambda: house_layout([1j]),
            TypeError,
            "house_layout: derivative has dtype complex128; real numbers fit, as float32, float64 or integers",
        ),
        (
            lambda: in_layout([1.0], "rwo", "gradient by a vector"),
            ValueError,
            "in_layout: layout is 'rwo'; 'house', 'numerator', 'denominator', 'row', 'column', 'transposed', 'tensor', "
            "'flat', 'weights' or 'diagonal' fits",
        ),
        (
            lambda: in_layout([1.0], "row", "gradient"),
            ValueError,
            "in_layout: kind is 'gradient'; 'gradient by a vector', 'gradient by a matrix', 'Jacobian by a vector', "
            "'Jacobian by a matrix' or 'element-wise Jacobian' fits",
        ),
        (
            lambda: in_layout([1.0], "tensor", "gradient by a vector"),
            ValueError,
            "in_layout: layout 'tensor' does not fit the gradient by a vector; 'house', 'numerator', 'denominator', "
            "'row' or 'column' fits",
        ),
        (
            lambda: in_layout([1.0], "tensor", "Jacobian by a matrix"),
            ValueError,
            "jacobian_tensor: J has shape (1,); J must have shape (..., d, c, r)",
        ),
    ],
)
def test_errors_name_what_came_and_what_fits(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message
