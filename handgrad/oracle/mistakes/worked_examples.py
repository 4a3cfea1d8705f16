"""Mistakes in the worked examples. In 3.1 and 3.10 x is (samples, n), and W (n, k); the others are as in the notes."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import Real, derivative, diagonal, pullback, tangent, value


def stacked(*rows: tuple[Real | float, ...]) -> Real:
    """A matrix for each sample, from its rows."""
    return np.stack([np.stack(np.broadcast_arrays(*row), axis=-1) for row in rows], axis=-2)


def by_3_2(x: Real, *, third: Real | None = None) -> tuple[Real, Real, Real]:
    """The three partial derivatives, the third with what the misprint leaves open."""
    x1, x2, x3 = x.T
    return 2 * x1 + np.log(x2), x1 / x2 + x3 * np.exp(x2 * x3), (x2 if third is None else third) * np.exp(x2 * x3) + 2


def columns_3_7(X: Real, **printed: tuple[Real | float, ...]) -> Real:
    """The derivatives by x_1 ... x_6, each a column, with some as printed; as (samples, 4, 2, 3)."""
    x1, x2, x3, x4, x5, x6 = X.reshape(-1, 6).T
    zero = 0 * x1
    columns = {
        "x1": (1 + zero, x5 * x6, zero, zero),
        "x2": (1 + zero, zero, x4, zero),
        "x3": (1 + zero, zero, zero, x4 * x5),
        "x4": (1 + zero, zero, x2, x3 * x5),
        "x5": (1 + zero, x1 * x6, zero, x3 * x4),
        "x6": (1 + zero, x1 * x5, zero, zero),
        **printed,
    }
    return np.stack([np.stack(np.broadcast_arrays(*c), axis=-1) for c in columns.values()], axis=-1).reshape(
        -1, 4, 2, 3
    )


def printed_x2(X: Real) -> Real:
    """The notes' column by x_2, which is that by x_3."""
    x4, x5 = X[:, 1, 0], X[:, 1, 1]
    return columns_3_7(X, x2=(1.0, 0.0, 0.0, x4 * x5))


def printed_x3(X: Real) -> Real:
    """The notes' column by x_3, which is that by x_5."""
    x1, x6, x3, x4 = X[:, 0, 0], X[:, 1, 2], X[:, 0, 2], X[:, 1, 0]
    return columns_3_7(X, x3=(1.0, x1 * x6, 0.0, x3 * x4))


def printed_x4(X: Real) -> Real:
    """The notes' column by x_4, its last entry lost."""
    return columns_3_7(X, x4=(1.0, 0.0, X[:, 0, 1], 0.0))


def printed_x5(X: Real) -> Real:
    """The notes' column by x_5, which has an entry of that by x_4."""
    x2, x3, x4 = X[:, 0, 1], X[:, 0, 2], X[:, 1, 0]
    return columns_3_7(X, x5=(1.0, 0.0, x2, x3 * x4))


def sines(u: Real, x: Real) -> Real:
    """The outer product x u^T, for each sample."""
    return x[:, :, None] * u[:, None, :]


MISTAKES = (
    # 3.1
    value("example_3_1", "(ln x)^2 for ln x^2", lambda x: x**2 * np.log(np.abs(x)) ** 2),
    diagonal("example_3_1", "HG252", "second term forgotten", lambda x: 2 * x * np.log(x**2)),
    diagonal("example_3_1", "HG250", "product of the derivatives", lambda x: 2 * x * 2 / x),
    diagonal("example_3_1", "HG228", "inner derivative forgotten", lambda x: 2 * x * np.log(x**2) + 1),
    diagonal("example_3_1", "HG228", "x for 2x in the second term", lambda x: 2 * x * np.log(x**2) + x),
    diagonal("example_3_1", "HG210", "the function itself", lambda x: x**2 * np.log(x**2)),
    pullback(
        "example_3_1", "HG251", "upstream on one term only", lambda y_bar, x: y_bar * 2 * x * np.log(x**2) + 2 * x
    ),
    pullback("example_3_1", "HG224", "derivative forgotten", lambda y_bar, x: y_bar.copy()),
    tangent("example_3_1", "first term forgotten", lambda x, x_dot: 2 * x * x_dot),
    # 3.2
    value(
        "example_3_2",
        "last term forgotten",
        lambda x: x[:, 0] ** 2 + x[:, 0] * np.log(x[:, 1]) + np.exp(x[:, 1] * x[:, 2]),
    ),
    derivative("example_3_2", "HG258", "misprint read as x_1", lambda x: np.stack(by_3_2(x, third=x[:, 0]), axis=-1)),
    derivative("example_3_2", "HG258", "misprint read as x_3", lambda x: np.stack(by_3_2(x, third=x[:, 2]), axis=-1)),
    derivative("example_3_2", "HG242", "a column for the row", lambda x: np.stack(by_3_2(x), axis=-1)[:, :, None]),
    derivative(
        "example_3_2",
        "HG228",
        "inner derivatives forgotten",
        lambda x: np.stack(
            [
                2 * x[:, 0] + np.log(x[:, 1]),
                x[:, 0] / x[:, 1] + np.exp(x[:, 1] * x[:, 2]),
                np.exp(x[:, 1] * x[:, 2]) + 2,
            ],
            axis=-1,
        ),
    ),
    derivative("example_3_2", "HG252", "ln x_2 forgotten", lambda x: np.stack([2 * x[:, 0], *by_3_2(x)[1:]], axis=-1)),
    pullback("example_3_2", "HG245", "summed over the partials", lambda y_bar, x: y_bar * sum(by_3_2(x))),
    tangent("example_3_2", "tangents not weighted", lambda x, x_dot: np.sum(x_dot, axis=-1)),
    # 3.3
    value("example_3_3", "log to the base 10", lambda x: np.stack([3 * x**2 + x, np.exp(x), np.log10(x)], axis=-1)),
    derivative("example_3_3", "HG252", "1 forgotten", lambda x: np.stack([6 * x, np.exp(x), 1 / x], axis=-1)),
    derivative(
        "example_3_3", "HG254", "exponent not brought down", lambda x: np.stack([3 * x + 1, np.exp(x), 1 / x], axis=-1)
    ),
    derivative(
        "example_3_3", "HG254", "power rule for e^x", lambda x: np.stack([6 * x + 1, x * np.exp(x - 1), 1 / x], axis=-1)
    ),
    derivative(
        "example_3_3",
        "HG227",
        "logarithm left as it is",
        lambda x: np.stack([6 * x + 1, np.exp(x), np.log(x)], axis=-1),
    ),
    derivative("example_3_3", "HG242", "transposed", lambda x: np.stack([6 * x + 1, np.exp(x), 1 / x])),
    derivative(
        "example_3_3",
        "HG256",
        "1/|x|, and 0 below 1",
        lambda x: np.stack([6 * x + 1, np.exp(x), np.where(x < 1, 0, 1 / x)], axis=-1),
    ),
    derivative(
        "example_3_3", "HG210", "the function itself", lambda x: np.stack([3 * x**2 + x, np.exp(x), np.log(x)], axis=-1)
    ),
    pullback(
        "example_3_3",
        "HG223",
        "upstream summed first",
        lambda y_bar, x: y_bar.sum(axis=-1) * (6 * x + 1 + np.exp(x) + 1 / x),
    ),
    tangent("example_3_3", "one number for the three", lambda x, x_dot: x_dot * (6 * x + 1 + np.exp(x) + 1 / x)),
    # 3.4
    value(
        "example_3_4",
        "misprint read as x_3^2",
        lambda x: np.stack([x[:, 0] + x[:, 1] * x[:, 2] + x[:, 2] ** 2, x[:, 0] ** 2 + 2 * x[:, 2]], axis=-1),
    ),
    derivative(
        "example_3_4",
        "HG242",
        "transposed",
        lambda x: np.swapaxes(stacked((1 + x[:, 2], x[:, 2], x[:, 1] + x[:, 0]), (2 * x[:, 0], 0.0, 2.0)), 1, 2),
    ),
    derivative(
        "example_3_4",
        "HG258",
        "misprint read as x_3^2",
        lambda x: stacked((1.0, x[:, 2], x[:, 1] + 2 * x[:, 2]), (2 * x[:, 0], 0.0, 2.0)),
    ),
    derivative(
        "example_3_4",
        "HG258",
        "misprint read as x_2 x_3",
        lambda x: stacked((1.0, 2 * x[:, 2], 2 * x[:, 1]), (2 * x[:, 0], 0.0, 2.0)),
    ),
    derivative(
        "example_3_4",
        "HG252",
        "a term of x_3 forgotten",
        lambda x: stacked((1 + x[:, 2], x[:, 2], x[:, 1]), (2 * x[:, 0], 0.0, 2.0)),
    ),
    derivative(
        "example_3_4",
        "HG235",
        "rows swapped",
        lambda x: stacked((2 * x[:, 0], 0.0, 2.0), (1 + x[:, 2], x[:, 2], x[:, 1] + x[:, 0])),
    ),
    pullback(
        "example_3_4",
        "HG223",
        "both upstreams in each row",
        lambda y_bar, x: (
            y_bar.sum(axis=-1, keepdims=True)
            * stacked((1 + x[:, 2], x[:, 2], x[:, 1] + x[:, 0]), (2 * x[:, 0], 0.0, 2.0)).sum(axis=1)
        ),
    ),
    tangent(
        "example_3_4",
        "the map of the tangent",
        lambda x, x_dot: np.stack(
            [x_dot[:, 0] + x_dot[:, 1] * x_dot[:, 2], x_dot[:, 0] ** 2 + 2 * x_dot[:, 2]], axis=-1
        ),
    ),
    # 3.5
    value("example_3_5", "mean", lambda X: np.mean(X, axis=(1, 2))),
    value("example_3_5", "trace of the square part", lambda X: np.trace(X, axis1=1, axis2=2)),
    derivative("example_3_5", "HG211", "the matrix itself", lambda X: X.copy()),
    derivative("example_3_5", "HG208", "the mean's, 1/12", lambda X: np.ones_like(X) / 12),
    derivative("example_3_5", "HG242", "transposed", lambda X: np.ones((len(X), 4, 3))),
    derivative("example_3_5", "HG249", "one number", lambda X: np.ones(len(X))),
    derivative("example_3_5", "HG233", "identity, the trace's", lambda X: np.zeros_like(X) + np.eye(3, 4)),
    pullback(
        "example_3_5", "HG208", "upstream shared out", lambda y_bar, X: y_bar[:, None, None] * np.ones_like(X) / 12
    ),
    pullback("example_3_5", "HG227", "times the matrix", lambda y_bar, X: y_bar[:, None, None] * X),
    tangent("example_3_5", "along the rows only", lambda X, X_dot: np.sum(X_dot, axis=2)),
    # 3.6
    value("example_3_6", "transposed", lambda x: stacked((np.cos(x), np.exp(x)), (np.sin(x), np.tanh(x)))),
    derivative(
        "example_3_6",
        "HG201",
        "minus forgotten",
        lambda x: stacked((np.sin(x), np.cos(x)), (np.exp(x), 1 - np.tanh(x) ** 2)),
    ),
    derivative(
        "example_3_6",
        "HG254",
        "square forgotten",
        lambda x: stacked((-np.sin(x), np.cos(x)), (np.exp(x), 1 - np.tanh(x))),
    ),
    derivative(
        "example_3_6",
        "HG242",
        "transposed",
        lambda x: stacked((-np.sin(x), np.exp(x)), (np.cos(x), 1 - np.tanh(x) ** 2)),
    ),
    derivative(
        "example_3_6",
        "HG249",
        "a vector of four",
        lambda x: np.stack([-np.sin(x), np.cos(x), np.exp(x), 1 - np.tanh(x) ** 2], axis=-1),
    ),
    derivative(
        "example_3_6",
        "HG233",
        "tan's for tanh's",
        lambda x: stacked((-np.sin(x), np.cos(x)), (np.exp(x), 1 + np.tan(x) ** 2)),
    ),
    derivative(
        "example_3_6",
        "HG210",
        "the function itself",
        lambda x: stacked((np.cos(x), np.sin(x)), (np.exp(x), np.tanh(x))),
    ),
    pullback(
        "example_3_6",
        "HG250",
        "by matrix product, first entry",
        lambda Y_bar, x: (Y_bar @ stacked((-np.sin(x), np.cos(x)), (np.exp(x), 1 - np.tanh(x) ** 2)))[:, 0, 0],
    ),
    tangent(
        "example_3_6",
        "the map of the tangent",
        lambda x, x_dot: stacked((np.cos(x_dot), np.sin(x_dot)), (np.exp(x_dot), np.tanh(x_dot))),
    ),
    # 3.7
    value(
        "example_3_7",
        "x_1 x_5 x_6 read down the columns",
        lambda X: np.stack(
            [
                X.sum(axis=(1, 2)),
                X[:, 0, 0] * X[:, 0, 2] * X[:, 1, 2],
                X[:, 0, 1] * X[:, 1, 0],
                X[:, 0, 2] * X[:, 1, 0] * X[:, 1, 1],
            ],
            axis=-1,
        ),
    ),
    derivative("example_3_7", "HG258", "misprint, column of x_2", printed_x2),
    derivative("example_3_7", "HG258", "misprint, column of x_3", printed_x3),
    derivative("example_3_7", "HG258", "misprint, column of x_4", printed_x4),
    derivative("example_3_7", "HG258", "misprint, column of x_5", printed_x5),
    derivative("example_3_7", "HG242", "the notes' 4x3x2 tensor", lambda X: np.swapaxes(columns_3_7(X), 2, 3)),
    derivative(
        "example_3_7",
        "HG246",
        "tensor reshaped, not transposed",
        lambda X: np.swapaxes(columns_3_7(X), 2, 3).reshape(-1, 4, 2, 3),
    ),
    derivative("example_3_7", "HG249", "flattened, 4x6", lambda X: columns_3_7(X).reshape(-1, 4, 6)),
    pullback(
        "example_3_7",
        "HG242",
        "in the notes' layout",
        lambda y_bar, X: np.einsum("sd,sdrc->scr", y_bar, columns_3_7(X)),
    ),
    tangent(
        "example_3_7",
        "product of the tangents",
        lambda X, X_dot: np.stack(
            [
                X_dot.sum(axis=(1, 2)),
                X_dot[:, 0, 0] * X_dot[:, 1, 1] * X_dot[:, 1, 2],
                X_dot[:, 0, 1] * X_dot[:, 1, 0],
                X_dot[:, 0, 2] * X_dot[:, 1, 0] * X_dot[:, 1, 1],
            ],
            axis=-1,
        ),
    ),
    # 3.10
    value("sum_of_sines", "sine of the sum", lambda x, W: np.sin(np.sum(x @ W, axis=-1))),
    value("sum_of_sines", "not summed", lambda x, W: np.sin(x @ W)),
    derivative("sum_of_sines", "HG227", "sine for cosine", lambda x, W: sines(np.sin(x @ W), x)),
    derivative("sum_of_sines", "HG242", "transposed", lambda x, W: np.swapaxes(sines(np.cos(x @ W), x), 1, 2)),
    derivative("sum_of_sines", "HG253", "input forgotten", lambda x, W: sines(np.cos(x @ W), np.ones_like(x))),
    derivative("sum_of_sines", "HG224", "cosine forgotten", lambda x, W: sines(np.ones_like(x @ W), x)),
    derivative("sum_of_sines", "HG258", "misprint, cos u for its diagonal", lambda x, W: np.cos(x @ W)),
    derivative("sum_of_sines", "HG234", "by x, W cos u", lambda x, W: np.cos(x @ W) @ W.T),
    derivative("sum_of_sines", "HG245", "summed over the samples", lambda x, W: x.T @ np.cos(x @ W)),
    pullback(
        "sum_of_sines",
        "HG243",
        "one for each sample",
        lambda L_bar, x, W: L_bar[:, None, None] * sines(np.cos(x @ W), x),
    ),
    pullback(
        "sum_of_sines",
        "HG244",
        "averaged over the samples",
        lambda L_bar, x, W: x.T @ (L_bar[:, None] * np.cos(x @ W)) / len(x),
    ),
    pullback(
        "sum_of_sines",
        "HG242",
        "transposed on the way back",
        lambda L_bar, x, W: (L_bar[:, None] * np.cos(x @ W)).T @ x,
    ),
    pullback(
        "sum_of_sines",
        "HG222",
        "upstream inside the cosine",
        lambda L_bar, x, W: x.T @ np.cos(L_bar[:, None] * (x @ W)),
    ),
    pullback("sum_of_sines", "HG224", "cosine forgotten", lambda L_bar, x, W: x.T @ (L_bar[:, None] + 0 * (x @ W))),
    tangent("sum_of_sines", "sines of the tangent", lambda x, W, W_dot: np.sum(np.sin(x @ W_dot), axis=-1)),
)
