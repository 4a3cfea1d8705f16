"""From the house layout of a derivative to each layout that the notes print, and back.

In the house a gradient has the shape of its argument, and a Jacobian has the axes of y, then those of x.

=========  ==========================================================
g          gradient of a scalar by a vector, (*batch, n)
G          gradient of a scalar by a matrix, (*batch, n, k)
J          Jacobian: (*batch, m, n) of a vector by a vector,
           (*batch, d, c, r) of a vector by a matrix
T          that Jacobian as the notes' tensor, (*batch, d, r, c)
F          that Jacobian flattened, a column per entry of the matrix
X, v       matrix (*batch, n, k) and its entries row by row
W, w       weights (*batch, n, k), inputs by outputs, and the notes'
           vector of them
=========  ==========================================================

Nothing is computed here, entries only move, and leading axes are loops. The results are new arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from handgrad._arrays import Array, arguments, as_arrays, diagonal

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = [
    "KINDS",
    "LAYOUTS",
    "column_gradient",
    "denominator_jacobian",
    "diagonal_matrix",
    "diagonal_vector",
    "flattened_jacobian",
    "flattened_tensor",
    "gradient_from_column",
    "gradient_from_row",
    "house_layout",
    "in_layout",
    "jacobian_tensor",
    "row_gradient",
    "stacked_rows",
    "stacked_weights",
    "transposed_gradient",
    "unflattened_jacobian",
    "unstacked_rows",
    "unstacked_weights",
    "unvec",
    "vec",
]


def _transposed(xp: Any, x: Array) -> Array:
    return xp.asarray(xp.matrix_transpose(x), copy=True)


def _merged(xp: Any, x: Array) -> Array:
    """The last two axes as one, row by row."""
    *leading, n, k = x.shape
    return xp.asarray(xp.reshape(x, (*leading, n * k)), copy=True)


def _sizes(function: Callable[..., Any], name: str, x: Array, shape: tuple[int, int]) -> tuple[int, int]:
    """The two sizes in ``shape``, once it is sure that the last axis of x splits into them."""
    try:
        n, k = (operator.index(size) for size in shape)
    except (TypeError, ValueError):
        raise TypeError(f"{function.__name__}: shape is {shape!r}; a pair of integers (n, k) fits") from None
    size = x.shape[-1]
    if n < 0 or k < 0 or n * k != size:
        found = f"shape is {(n, k)}, {name} has shape {tuple(x.shape)}"
        raise ValueError(f"{function.__name__}: {found}; shape must be (n, k) with n*k = {size}")
    return n, k


def _split(xp: Any, x: Array, n: int, k: int) -> Array:
    """The last axis as two, row by row."""
    return xp.asarray(xp.reshape(x, (*x.shape[:-1], n, k)), copy=True)


# A scalar by a vector


def row_gradient(g: Float[Array, "*batch n"]) -> Float[Array, "*batch 1 n"]:
    """The gradient by a column vector as a row: numerator layout.

    .. math:: (∂f/∂x_1 … ∂f/∂x_n)

    Shapes: ``g (*batch, n) -> (*batch, 1, n)``.
    Raises: ValueError where g is 0-d; TypeError where it does not hold real numbers.
    Source: notes (2.9, 2.10, 3.2)

    >>> row_gradient([1.0, 2.0])
    array([[1., 2.]])
    """
    xp, g = arguments(row_gradient, g)
    return xp.asarray(g[..., None, :], copy=True)


def gradient_from_row(row: Float[Array, "*batch 1 n"]) -> Float[Array, "*batch n"]:
    """The gradient in the shape of its vector, from a row.

    .. math:: g_i = (∂f/∂x)_{1i}

    Shapes: ``row (*batch, 1, n) -> (*batch, n)``.
    Raises: ValueError where row is not one row; TypeError where it does not hold real numbers.
    Source: notes (2.9, 2.11)

    >>> gradient_from_row([[1.0, 2.0]])
    array([1., 2.])
    """
    xp, row = arguments(gradient_from_row, row)
    return xp.asarray(row[..., 0, :], copy=True)


def column_gradient(g: Float[Array, "*batch n"]) -> Float[Array, "*batch n 1"]:
    """The gradient by a column vector as a column: denominator layout; or, by a row vector, numerator layout.

    .. math:: (∂f/∂x_1 … ∂f/∂x_n)^T

    Shapes: ``g (*batch, n) -> (*batch, n, 1)``.
    Raises: ValueError where g is 0-d; TypeError where it does not hold real numbers.
    Source: notes (3.2, 4.1)

    >>> column_gradient([1.0, 2.0])
    array([[1.],
           [2.]])
    """
    xp, g = arguments(column_gradient, g)
    return xp.asarray(g[..., None], copy=True)


def gradient_from_column(column: Float[Array, "*batch n 1"]) -> Float[Array, "*batch n"]:
    """The gradient in the shape of its vector, from a column.

    .. math:: g_i = (∇f)_{i1}

    Shapes: ``column (*batch, n, 1) -> (*batch, n)``.
    Raises: ValueError where column is not one column; TypeError where it does not hold real numbers.
    Source: notes (4.1)

    >>> gradient_from_column([[1.0], [2.0]])
    array([1., 2.])
    """
    xp, column = arguments(gradient_from_column, column)
    return xp.asarray(column[..., 0], copy=True)


# A vector by a vector


def stacked_rows(*gradients: Float[Array, "*batch n"]) -> Float[Array, "*batch m n"]:
    """The Jacobian of several scalar functions of one vector: its rows are their transposed gradients.

    .. math:: J_{ij} = ∂f_i/∂x_j

    Shapes: ``gradients (*batch, n), m of them -> (*batch, m, n)``.
    Raises: ValueError where no gradient came or their shapes differ; TypeError where one does not hold real numbers.
    Source: notes (4.3)

    >>> stacked_rows([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    array([[1., 2., 3.],
           [4., 5., 6.]])
    """
    if not gradients:
        raise ValueError("stacked_rows: no gradients came; at least one must")
    xp, rows = as_arrays("stacked_rows:", {f"gradients[{i}]": g for i, g in enumerate(gradients)})
    first = tuple(rows[0].shape)
    if not first:
        raise ValueError("stacked_rows: gradients[0] has shape (); gradients[0] must have shape (..., n)")
    for i, row in enumerate(rows):
        if tuple(row.shape) != first:
            found = f"gradients[{i}] has shape {tuple(row.shape)}, gradients[0] has shape {first}"
            raise ValueError(f"stacked_rows: {found}; gradients[{i}] must have shape {first}")
    return xp.stack(rows, axis=-2)


def unstacked_rows(J: Float[Array, "*batch m n"]) -> tuple[Float[Array, "*batch n"], ...]:
    """The gradients of the m components, from the rows of their Jacobian.

    .. math:: (∇f_i)_j = J_{ij}

    Shapes: ``J (*batch, m, n) -> (*batch, n)``, m of them.
    Raises: ValueError where J has fewer than two axes; TypeError where it does not hold real numbers.
    Source: notes (4.3)

    >>> unstacked_rows([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (array([1., 2., 3.]), array([4., 5., 6.]))
    """
    xp, J = arguments(unstacked_rows, J)
    return tuple(xp.asarray(J[..., i, :], copy=True) for i in range(J.shape[-2]))


def denominator_jacobian(J: Float[Array, "*batch m n"]) -> Float[Array, "*batch n m"]:
    """The Jacobian of a vector by a vector in denominator layout; applied again, in numerator layout as before.

    .. math:: (J^T)_{ji} = ∂y_i/∂x_j

    Convention: the house and the notes use numerator layout, a row per output; denominator layout has a column.

    Shapes: ``J (*batch, m, n) -> (*batch, n, m)``.
    Raises: ValueError where J has fewer than two axes; TypeError where it does not hold real numbers.
    Source: notes (0.4, 1.8, 2.10)

    >>> denominator_jacobian([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    array([[1., 4.],
           [2., 5.],
           [3., 6.]])
    """
    return _transposed(*arguments(denominator_jacobian, J))


def diagonal_vector(J: Float[Array, "*batch n n"]) -> Float[Array, "*batch n"]:
    """The diagonal of a square Jacobian; of an element-wise function's, all there is to keep.

    .. math:: d_i = J_{ii}

    Entries off the diagonal are dropped, so only a diagonal Jacobian comes back from ``diagonal_matrix``.

    Shapes: ``J (*batch, n, n) -> (*batch, n)``.
    Raises: ValueError where J is not square; TypeError where it does not hold real numbers.
    Source: notes (0.5, 3.9)

    >>> diagonal_vector([[1.0, 0.0], [0.0, 2.0]])
    array([1., 2.])
    """
    xp, J = arguments(diagonal_vector, J)
    return xp.asarray(xp.linalg.diagonal(J), copy=True)


def diagonal_matrix(d: Float[Array, "*batch n"]) -> Float[Array, "*batch n n"]:
    """The diagonal Jacobian, from its diagonal.

    .. math:: J_{ij} = d_i δ_{ij}

    Shapes: ``d (*batch, n) -> (*batch, n, n)``.
    Raises: ValueError where d is 0-d; TypeError where it does not hold real numbers.
    Source: notes (0.5, 3.9)

    >>> diagonal_matrix([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]])
    """
    return diagonal(*arguments(diagonal_matrix, d))


# A scalar by a matrix


def transposed_gradient(G: Float[Array, "*batch n k"]) -> Float[Array, "*batch k n"]:
    """The gradient by a matrix in numerator layout, which transposes it; applied again, in the matrix's own shape.

    .. math:: (∂y/∂X)_{ji} = ∂y/∂X_{ij}

    A row vector, X of shape (1, n), has by this rule a column (n, 1) for its gradient.

    Shapes: ``G (*batch, n, k) -> (*batch, k, n)``.
    Raises: ValueError where G has fewer than two axes; TypeError where it does not hold real numbers.
    Source: notes (3.2, 3.5)

    >>> transposed_gradient([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    array([[1., 4.],
           [2., 5.],
           [3., 6.]])
    """
    return _transposed(*arguments(transposed_gradient, G))


def vec(X: Float[Array, "*batch n k"]) -> Float[Array, "*batch nk"]:
    r"""The entries of a matrix, or of a gradient by one, as a vector row by row.

    .. math:: \operatorname{vec}(X) = (X_{11} … X_{1k}, X_{21} … X_{nk})

    Convention: the notes go row by row; most textbooks' vec goes column by column, here ``vec`` of the transpose.

    Shapes: ``X (*batch, n, k) -> (*batch, nk)``.
    Raises: ValueError where X has fewer than two axes; TypeError where it does not hold real numbers.
    Source: notes (3.8)

    >>> vec([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    array([1., 2., 3., 4., 5., 6.])
    """
    return _merged(*arguments(vec, X))


def unvec(v: Float[Array, "*batch p"], shape: tuple[int, int]) -> Float[Array, "*batch n k"]:
    r"""The matrix of the given shape (n, k) whose entries row by row are v.

    .. math:: \operatorname{vec}(X) = v

    Shapes: ``v (*batch, p) -> (*batch, n, k)``, p = n·k.
    Raises: ValueError where shape has another number of entries; TypeError where it is no pair of integers or v does
    not hold real numbers.
    Source: notes (3.8)

    >>> unvec([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3))
    array([[1., 2., 3.],
           [4., 5., 6.]])
    """
    xp, v = arguments(unvec, v)
    n, k = _sizes(unvec, "v", v, shape)
    return _split(xp, v, n, k)


# A vector by a matrix


def jacobian_tensor(J: Float[Array, "*batch d c r"]) -> Float[Array, "*batch d r c"]:
    """The Jacobian of a vector by a matrix as the notes' tensor, depth × row × column; applied again, as it was.

    .. math:: T_{drc} = ∂y_d/∂X_{cr} = J_{dcr}

    Each slice along the depth is one component's gradient in numerator layout, hence transposed.

    Shapes: ``J (*batch, d, c, r) -> (*batch, d, r, c)``.
    Raises: ValueError where J has fewer than three axes; TypeError where it does not hold real numbers.
    Source: notes (3.7)

    >>> jacobian_tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    array([[[1., 4.],
            [2., 5.],
            [3., 6.]]])
    """
    return _transposed(*arguments(jacobian_tensor, J))


def flattened_jacobian(J: Float[Array, "*batch d n k"]) -> Float[Array, "*batch d nk"]:
    r"""The Jacobian of a vector by a matrix as the matrix that vec makes of it, a column per entry of X.

    .. math:: F = ∂y/∂\operatorname{vec}(X)

    Shapes: ``J (*batch, d, n, k) -> (*batch, d, nk)``.
    Raises: ValueError where J has fewer than three axes; TypeError where it does not hold real numbers.
    Source: notes (3.8)

    >>> flattened_jacobian([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    array([[1., 2., 3., 4., 5., 6.]])
    """
    return _merged(*arguments(flattened_jacobian, J))


def unflattened_jacobian(F: Float[Array, "*batch d p"], shape: tuple[int, int]) -> Float[Array, "*batch d n k"]:
    r"""The Jacobian by a matrix X of the given shape (n, k), from the flattened one.

    .. math:: ∂y_d/∂X_{ij} = F_{dp}, \quad p = k(i - 1) + j

    Shapes: ``F (*batch, d, p) -> (*batch, d, n, k)``, p = n·k.
    Raises: ValueError where F has fewer than two axes or shape has another number of entries; TypeError where shape
    is no pair of integers or F does not hold real numbers.
    Source: notes (3.8)

    >>> unflattened_jacobian([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], (2, 3))
    array([[[1., 2., 3.],
            [4., 5., 6.]]])
    """
    xp, F = arguments(unflattened_jacobian, F)
    n, k = _sizes(unflattened_jacobian, "F", F, shape)
    return _split(xp, F, n, k)


def flattened_tensor(T: Float[Array, "*batch d r c"]) -> Float[Array, "*batch d rc"]:
    r"""The flattened Jacobian, from the notes' tensor.

    .. math:: F_{dp} = T_{drc}, \quad p = R(c - 1) + r

    R is the number of the tensor's rows. Each slice is transposed before it is read row by row: reshaping the tensor
    as it stands would take the entries of X column by column, and for 2×3 put ∂y/∂x_4 second.

    Shapes: ``T (*batch, d, r, c) -> (*batch, d, rc)``.
    Raises: ValueError where T has fewer than three axes; TypeError where it does not hold real numbers.
    Source: notes (3.7, 3.8)

    >>> flattened_tensor([[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]])
    array([[1., 2., 3., 4., 5., 6.]])
    """
    xp, T = arguments(flattened_tensor, T)
    return _merged(xp, xp.matrix_transpose(T))


# By a weight matrix


def stacked_weights(W: Float[Array, "*batch n k"]) -> Float[Array, "*batch kn"]:
    r"""The weights as the notes' vector: the rows of the outputs × inputs matrix W^T, one after another.

    .. math:: w = \operatorname{vec}(W^T) = (W_{11} … W_{n1}, W_{12} … W_{nk})

    A gradient by W, or a Jacobian of any y by W, goes over in the same way into the one by w.

    Shapes: ``W (*batch, n, k) -> (*batch, kn)``, n inputs and k outputs.
    Raises: ValueError where W has fewer than two axes; TypeError where it does not hold real numbers.
    Source: notes (0.2, 0.6)

    >>> stacked_weights([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    array([1., 3., 5., 2., 4., 6.])
    """
    xp, W = arguments(stacked_weights, W)
    return _merged(xp, xp.matrix_transpose(W))


def unstacked_weights(w: Float[Array, "*batch p"], shape: tuple[int, int]) -> Float[Array, "*batch n k"]:
    """The weights, n inputs × k outputs by the given shape (n, k), from the notes' vector of them.

    .. math:: W_{ji} = w_p, p = n(i - 1) + j

    Shapes: ``w (*batch, p) -> (*batch, n, k)``, p = k·n.
    Raises: ValueError where shape has another number of entries; TypeError where it is no pair of integers or w does
    not hold real numbers.
    Source: notes (0.2, 0.6)

    >>> unstacked_weights([1.0, 3.0, 5.0, 2.0, 4.0, 6.0], (3, 2))
    array([[1., 2.],
           [3., 4.],
           [5., 6.]])
    """
    xp, w = arguments(unstacked_weights, w)
    n, k = _sizes(unstacked_weights, "w", w, shape)
    return xp.matrix_transpose(_split(xp, w, k, n))


# By name


def house_layout(derivative: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The derivative as it is, in a new array.

    .. math:: (∂y/∂x)_{ij} = ∂y_i/∂x_j

    Shapes: ``derivative (*shape) -> (*shape)``.
    Raises: TypeError where derivative does not hold real numbers.
    Source: notes (0.4, 2.10)

    >>> house_layout([1.0, 2.0])
    array([1., 2.])
    """
    xp, derivative = arguments(house_layout, derivative)
    return xp.asarray(derivative, copy=True)


KINDS: Final = (
    "gradient by a vector",
    "gradient by a matrix",
    "Jacobian by a vector",
    "Jacobian by a matrix",
    "element-wise Jacobian",
)
"""What a derivative can be, by the cores of its function: gradients are those of scalars, Jacobians of vectors."""

LAYOUTS: Final[dict[str, dict[str, Callable[[Array], Array]]]] = {
    "house": dict.fromkeys(KINDS, house_layout),
    "numerator": {
        "gradient by a vector": row_gradient,
        "gradient by a matrix": transposed_gradient,
        "Jacobian by a vector": house_layout,
        "Jacobian by a matrix": jacobian_tensor,
        "element-wise Jacobian": house_layout,
    },
    "denominator": {
        "gradient by a vector": column_gradient,
        "gradient by a matrix": house_layout,
        "Jacobian by a vector": denominator_jacobian,
        "element-wise Jacobian": denominator_jacobian,
    },
    "row": {"gradient by a vector": row_gradient},
    "column": {"gradient by a vector": column_gradient},
    "transposed": {"gradient by a matrix": transposed_gradient, "Jacobian by a vector": denominator_jacobian},
    "tensor": {"Jacobian by a matrix": jacobian_tensor},
    "flat": {"gradient by a matrix": vec, "Jacobian by a matrix": flattened_jacobian},
    "weights": {"gradient by a matrix": stacked_weights, "Jacobian by a matrix": stacked_weights},
    "diagonal": {"element-wise Jacobian": diagonal_vector},
}
"""The layouts by name, each with what it fits and the function that turns the house layout into it."""


def in_layout(derivative: Array, layout: str, kind: str) -> Array:
    """A derivative of one of the ``KINDS``, from the house layout into one of the ``LAYOUTS``.

    Shapes: as the function in ``LAYOUTS[layout][kind]`` says.
    Raises: ValueError where there is no such layout or kind, or the layout does not fit the kind or the shape;
    TypeError where derivative does not hold real numbers.
    Source: notes (0.2, 2.9, 3.5, 3.7, 3.8, 3.9, 4.1)

    >>> in_layout([1.0, 2.0], "row", "gradient by a vector")
    array([[1., 2.]])
    """
    for name, given, known in (("layout", layout, LAYOUTS), ("kind", kind, KINDS)):
        if given not in known:
            raise ValueError(f"in_layout: {name} is {given!r}; {_alternatives(known)} fits")
    if kind not in LAYOUTS[layout]:
        fitting = _alternatives(name for name, functions in LAYOUTS.items() if kind in functions)
        raise ValueError(f"in_layout: layout {layout!r} does not fit the {kind}; {fitting} fits")
    return LAYOUTS[layout][kind](derivative)


def _alternatives(names: Iterable[str]) -> str:
    """The names in words: "'a', 'b' or 'c'"."""
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}"
