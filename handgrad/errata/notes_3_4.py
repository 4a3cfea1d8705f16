"""Misprints of notes 3 and 4.

The activation is tanh, and weights are inputs × outputs: w_kj stands in row j and column k.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handgrad.errata.misprints import POSITIVE, Erratum, Letter, Proof, product_shape, slope

__all__ = ["ERRATA"]


def of_entries(column: Callable[..., tuple[Any, ...]]) -> Callable[..., Any]:
    """A column of example 3.7 as a function of X, from one of x_1 to x_6."""
    return lambda X: np.stack([1.0 * np.asarray(entry) for entry in column(*X.reshape(6))])


def square_sum(x: Any) -> Any:
    """A function of several variables."""
    return np.sum(x**2)


def error(v: Any, W: Any, y_bar: Any) -> Any:
    """e of a layer, from the pre-activation v of the next and the derivative y_bar by its output."""
    return W @ (slope(v) * y_bar)


_NOTE_3 = (
    Erratum(
        "3.2",
        "a lost index in an exponential's factor",
        r"\frac{\partial y}{\partial x_3} = x e^{x_2 x_3} + 2",
        r"\frac{\partial y}{\partial x_3} = x_2 e^{x_2 x_3} + 2",
        "x without an index is the whole vector, and the derivative by one entry is a number.",
        Proof(
            "the derivative by the third entry",
            {"x": Letter("3", POSITIVE)},
            lambda x: x * np.exp(x[1] * x[2]) + 2,
            lambda x: x[1] * np.exp(x[1] * x[2]) + 2,
            {"x": [1, 1, 1]},
        ),
    ),
    Erratum(
        "3.3",
        "a derivative that does not exist for all x",
        r"\frac{\partial y}{\partial x} \text{ exists for all } x",
        r"\frac{\partial y}{\partial x} \text{ exists for } x > 0",
        "The third entry of y is ln x.",
        Proof(
            "whether y and its derivative exist",
            {"x": Letter("")},
            lambda x: True,
            lambda x: bool(x > 0),
            {"x": 0},
        ),
    ),
    Erratum(
        "3.4",
        "a lost index in a product",
        r"f_1 = x_1 + x_2 x_3 + x x_3",
        r"f_1 = x_1 + x_2 x_3 + x_1 x_3",
        "x without an index is the whole vector, and f_1 is a number: its derivative is one row, and the notes print "
        "the right one.",
        Proof(
            "the derivative of f_1",
            {"x": Letter("3")},
            lambda x: np.array([1.0, x[2], x[1]]) + x[2] * np.eye(3) + np.outer(x, [0.0, 0.0, 1.0]),
            lambda x: np.array([1 + x[2], x[2], x[1] + x[0]]),
            {"x": [0, 0, 0]},
        ),
    ),
    Erratum(
        "3.5",
        "two indices for one",
        r"y = \sum_{i=1}^3 \sum_{j=1}^4 x_{ij}",
        r"y = \sum_{k=1}^{12} x_k",
        "The entries of X are numbered from 1 to 12, row by row; 3.7 mixes the two in the same way.",
    ),
    Erratum(
        "3.7",
        "the column by x_2",
        r"\frac{\partial y}{\partial x_2} = \begin{pmatrix} 1 \\ 0 \\ 0 \\ x_4 x_5 \end{pmatrix}",
        r"\frac{\partial y}{\partial x_2} = \begin{pmatrix} 1 \\ 0 \\ x_4 \\ 0 \end{pmatrix}",
        "It is the column by x_3; the tensor below it has the right one.",
        Proof(
            "the column by x_2",
            {"X": Letter("2 3")},
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, 0, 0, x4 * x5)),
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, 0, x4, 0)),
            {"X": [[0, 0, 0], [1, 0, 0]]},
        ),
    ),
    Erratum(
        "3.7",
        "the column by x_3",
        r"\frac{\partial y}{\partial x_3} = \begin{pmatrix} 1 \\ x_1 x_6 \\ 0 \\ x_3 x_4 \end{pmatrix}",
        r"\frac{\partial y}{\partial x_3} = \begin{pmatrix} 1 \\ 0 \\ 0 \\ x_4 x_5 \end{pmatrix}",
        "It is the column by x_5; the tensor below it has the right one.",
        Proof(
            "the column by x_3",
            {"X": Letter("2 3")},
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, x1 * x6, 0, x3 * x4)),
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, 0, 0, x4 * x5)),
            {"X": [[0, 0, 0], [1, 1, 0]]},
        ),
    ),
    Erratum(
        "3.7",
        "the column by x_4",
        r"\frac{\partial y}{\partial x_4} = \begin{pmatrix} 1 \\ 0 \\ x_2 \\ 0 \end{pmatrix}",
        r"\frac{\partial y}{\partial x_4} = \begin{pmatrix} 1 \\ 0 \\ x_2 \\ x_3 x_5 \end{pmatrix}",
        "The last entry of y, x_3 x_4 x_5, depends on x_4 too.",
        Proof(
            "the column by x_4",
            {"X": Letter("2 3")},
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, 0, x2, 0)),
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, 0, x2, x3 * x5)),
            {"X": [[0, 0, 1], [0, 1, 0]]},
        ),
    ),
    Erratum(
        "3.7",
        "the column by x_5",
        r"\frac{\partial y}{\partial x_5} = \begin{pmatrix} 1 \\ 0 \\ x_2 \\ x_3 x_4 \end{pmatrix}",
        r"\frac{\partial y}{\partial x_5} = \begin{pmatrix} 1 \\ x_1 x_6 \\ 0 \\ x_3 x_4 \end{pmatrix}",
        "Its second and third entries are those of the column by x_4.",
        Proof(
            "the column by x_5",
            {"X": Letter("2 3")},
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, 0, x2, x3 * x4)),
            of_entries(lambda x1, x2, x3, x4, x5, x6: (1, x1 * x6, 0, x3 * x4)),
            {"X": [[0, 1, 0], [0, 0, 0]]},
        ),
    ),
    Erratum(
        "3.7",
        "half of the tensor's first slice",
        r"\frac{\partial y_1}{\partial X} = \begin{pmatrix} 1 \\ 1 \\ 1 \end{pmatrix}",
        r"\frac{\partial y_1}{\partial X} = \begin{pmatrix} 1 & 1 \\ 1 & 1 \\ 1 & 1 \end{pmatrix}",
        "Each slice is 3×2, the shape of X transposed.",
        Proof(
            "the derivative of y_1, transposed",
            {"X": Letter("2 3")},
            lambda X: np.ones((3, 1)),
            lambda X: np.ones((3, 2)),
            {"X": [[0, 0, 0], [0, 0, 0]]},
        ),
    ),
    Erratum(
        "3.7",
        "x for X",
        r"\frac{\partial y_2}{\partial x}",
        r"\frac{\partial y_2}{\partial X}",
        "The slices are the derivatives by the matrix.",
    ),
    Erratum(
        "3.10",
        "a column for a diagonal matrix",
        r"\frac{\partial v}{\partial u} = \cos(u) \in \mathbb{R}^{k \times k}",
        r"\frac{\partial v}{\partial u} = \operatorname{diag}(\cos u) \in \mathbb{R}^{k \times k}",
        "The cosines of u are a column of k numbers; the matrix has them on its diagonal.",
        Proof(
            "the Jacobian of v = sin u",
            {"u": Letter("k")},
            lambda u: np.cos(u)[:, None],
            lambda u: np.diag(np.cos(u)),
            {"u": [0, 0]},
        ),
    ),
    Erratum(
        "3.10",
        "a row for a tensor",
        r"\frac{\partial u}{\partial W} = x \in \mathbb{R}^{1 \times n}",
        r"\frac{\partial u_d}{\partial W_{ij}} = x_i\, \delta_{dj}",
        "u has k entries and W has n k, so there are k n k derivatives.",
        Proof(
            "the derivative of u = W^T x by the weights",
            {"x": Letter("n"), "W": Letter("n k")},
            lambda x, W: x[None, :],
            lambda x, W: np.eye(W.shape[1])[:, None, :] * x[:, None],
            {"x": [0], "W": [[0]]},
        ),
    ),
    Erratum(
        "3.10",
        "three factors that do not fit",
        r"(1 \times k)(k \times k)(1 \times n)",
        r"\frac{\partial L}{\partial W} = x \left(1 \odot \cos u\right)^T \in \mathbb{R}^{n \times k}",
        "k columns meet one row.",
        Proof(
            "the shape of the product, for n inputs and k sines",
            {"W": Letter("n k")},
            lambda W: product_shape((1, W.shape[1]), (W.shape[1], W.shape[1]), (1, W.shape[0])),
            lambda W: product_shape((W.shape[0], 1), (1, W.shape[1])),
            {"W": [[0, 0]]},
        ),
    ),
    Erratum(
        "3.10",
        "a column or a row of inputs",
        r"u = W^T x, \quad \frac{\partial}{\partial W}(x W)",
        r"u = W^T x, \quad u^T = x^T W",
        "The notes change between the two; the numbers are the same.",
    ),
    Erratum(
        "3.11",
        "a matrix product for an element-wise one",
        r"(1 \times k)(k \times 1)",
        r"(1 \times k) \odot (1 \times k)",
        "The product of a row and a column is one number; a diagonal Jacobian multiplies each entry of the row.",
        Proof(
            "a row v times the Jacobian of sin u",
            {"v": Letter("k"), "u": Letter("k")},
            lambda v, u: v[None, :] @ np.cos(u)[:, None],
            lambda v, u: v[None, :] * np.cos(u)[None, :],
            {"v": [0, 0], "u": [0, 0]},
        ),
    ),
    Erratum(
        "3.11",
        "a column for a row",
        r"(1 \times 1)(1 \times k) = (1 \times k)^T",
        r"(1 \times 1)(1 \times k) = (1 \times k)",
        "A product with a single number keeps its shape.",
        Proof(
            "the shape of the product",
            {"v": Letter("k")},
            lambda v: product_shape((len(v), 1)),
            lambda v: product_shape((1, 1), (1, len(v))),
            {"v": [0, 0]},
        ),
    ),
    Erratum(
        "3.11",
        "a shape that the factors do not give",
        r"\left[\left[(1 \times k)(k \times 1)\right]^T (1 \times n)\right]^T \in \mathbb{R}^{n \times k}",
        r"\left[\left[(1 \times k) \odot (1 \times k)\right]^T (1 \times n)\right]^T \in \mathbb{R}^{n \times k}",
        "The inner product is a number, so that n × 1 is left; with the element-wise product it is n × k.",
        Proof(
            "the shape of the derivative of L by the weights",
            {"W": Letter("n k")},
            lambda W: (W.shape[0], 1),
            lambda W: (W.shape[0], W.shape[1]),
            {"W": [[0, 0]]},
        ),
    ),
    Erratum(
        "3.13",
        "a factor without its brackets",
        r"-(1 + e^{-x})^{-2} \cdot e^{-x} \cdot -1",
        r"-(1 + e^{-x})^{-2} \cdot e^{-x} \cdot (-1)",
        "The last -1 is a factor, not a term.",
    ),
)

_NOTE_4 = (
    Erratum(
        "4.2",
        "an equality to first order",
        r"f(x + \Delta x) = f(x) + (\nabla f)^T \Delta x",
        r"f(x + \Delta x) \approx f(x) + (\nabla f)^T \Delta x",
        "Terms of second order are left out; the right-hand side follows the tangent.",
        Proof(
            "the sum of squares after a step",
            {"x": Letter("n"), "step": Letter("n")},
            lambda x, step: square_sum(x) + 2 * x @ step,
            lambda x, step: square_sum(x) + 2 * x @ step,
            {"x": [0], "step": [1]},
            lambda x, step: square_sum(x + step),
        ),
    ),
    Erratum(
        "4.4",
        "the first parameter's index",
        r"\theta^r = \begin{pmatrix} \theta_{j_1}^r \\ \vdots \\ \theta_{j_r}^r \end{pmatrix}",
        r"\theta^r = \begin{pmatrix} \theta_1^r \\ \vdots \\ \theta_{j_r}^r \end{pmatrix}",
        "The parameters of a layer are counted from 1 to j_r.",
    ),
    Erratum(
        "4.8",
        "as many parameters as units",
        r"\frac{\partial E}{\partial \theta^r} = \begin{pmatrix} \frac{\partial E}{\partial \theta_1^r} \\ "
        r"\vdots \\ \frac{\partial E}{\partial \theta_{k_r}^r} \end{pmatrix}",
        r"\frac{\partial E}{\partial \theta^r} = \begin{pmatrix} \frac{\partial E}{\partial \theta_1^r} \\ "
        r"\vdots \\ \frac{\partial E}{\partial \theta_{j_r}^r} \end{pmatrix}",
        "k_r counts the units of the layer, j_r its parameters.",
        Proof(
            "the number of derivatives, for a layer W^T y with k outputs",
            {"W": Letter("n k")},
            lambda W: W.shape[1],
            lambda W: W.shape[0] * W.shape[1],
            {"W": [[0], [0]]},
        ),
    ),
    Erratum(
        "4.8",
        "labels one off",
        r"(1): \frac{\partial E}{\partial \theta^r}, \quad (2): \frac{\partial E}{\partial y^r}",
        r"(2): \frac{\partial E}{\partial \theta^r}, \quad (3): \frac{\partial E}{\partial y^r}",
        "The first label already stands at the last layer's equation, the special case of the remark beside it.",
    ),
    Erratum(
        "4.9",
        "one index for a weight",
        r"\frac{\partial E}{\partial w_j^r}",
        r"\frac{\partial E}{\partial w_{ji}^r}",
        "The derivative is by the weight from unit i to unit j.",
    ),
    Erratum(
        "4.10",
        "one term for the sum",
        r"\frac{\partial E}{\partial y_j^r} = w_{ij}^{r+1} f'(v_i^{r+1}) \frac{\partial E}{\partial y_i^{r+1}}",
        r"\frac{\partial E}{\partial y_j^r} = \sum_k w_{kj}^{r+1} f'(v_k^{r+1}) "
        r"\frac{\partial E}{\partial y_k^{r+1}}",
        "An output goes to every unit of the next layer; here the first unit stands for all.",
        Proof(
            "the derivative by the outputs of layer r",
            {"v": Letter("t"), "W": Letter("s t"), "y_bar": Letter("t")},
            lambda v, W, y_bar: W[:, 0] * slope(v)[0] * y_bar[0],
            error,
            {"v": [0, 0], "W": [[0, 1]], "y_bar": [0, 1]},
        ),
    ),
    Erratum(
        "4.10",
        "another index on the left",
        r"\frac{\partial E}{\partial y_i^r} = \sum_k w_{kj}^{r+1} f'(v_k^{r+1}) "
        r"\frac{\partial E}{\partial y_k^{r+1}}",
        r"\frac{\partial E}{\partial y_j^r} = \sum_k w_{kj}^{r+1} f'(v_k^{r+1}) "
        r"\frac{\partial E}{\partial y_k^{r+1}}",
        "i does not occur on the right, nor j on the left: as printed all derivatives would be equal.",
        Proof(
            "both sides for every pair of i and j, a row for each i",
            {"v": Letter("t"), "W": Letter("s t"), "y_bar": Letter("t")},
            lambda v, W, y_bar: np.ones((len(W), 1)) * error(v, W, y_bar),
            lambda v, W, y_bar: np.ones((len(W), 1)) * error(v, W, y_bar),
            {"v": [0], "W": [[0], [1]], "y_bar": [1]},
            lambda v, W, y_bar: error(v, W, y_bar)[:, None] * np.ones(len(W)),
        ),
    ),
    Erratum(
        "4.11",
        "the sum for its product with f'",
        r"\delta_j^r = f'(v_j^r) \sum_k w_{kj}^{r+1} \delta_k^{r+1} = e_j^r",
        r"\delta_j^r = f'(v_j^r)\, e_j^r, \quad e_j^r = \sum_k w_{kj}^{r+1} \delta_k^{r+1}",
        "Only the sum, which the notes box, is e.",
        Proof(
            "δ of a layer, from that of the next",
            {"v": Letter("s"), "W": Letter("s t"), "delta": Letter("t")},
            lambda v, W, delta: W @ delta,
            lambda v, W, delta: slope(v) * (W @ delta),
            {"v": [1], "W": [[1]], "delta": [1]},
        ),
    ),
)

ERRATA = (*_NOTE_3, *_NOTE_4)
