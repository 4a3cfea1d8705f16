"""Mistakes in the functions of several variables: scalars x, y are (samples,), vectors (samples, n), w (n), b ()."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import Real, derivative, pullback, tangent, value


def column(z_bar: Real) -> Real:
    """One number per sample, beside vectors."""
    return z_bar[:, None]


def ones(x: Real) -> Real:
    """As many ones."""
    return np.ones_like(x)


MISTAKES = (
    # Addition
    value("addition", "difference", lambda x, y: x - y),
    derivative("addition", "HG211", "the arguments themselves", lambda x, y: (x, y)),
    derivative("addition", "HG233", "the product's, (y, x)", lambda x, y: (y, x)),
    derivative("addition", "HG249", "one pair for all samples", lambda x, y: (np.float64(1.0), np.float64(1.0))),
    derivative("addition", "HG107", "by x only", lambda x, y: ones(x), raises=ValueError),
    pullback("addition", "HG202", "upstream halved between the two", lambda z_bar, x, y: (z_bar / 2, z_bar / 2)),
    pullback("addition", "HG213", "y forgotten", lambda z_bar, x, y: (z_bar.copy(), np.zeros_like(y))),
    tangent("addition", "product of the tangents", lambda x, y, x_dot, y_dot: x_dot * y_dot),
    tangent("addition", "x alone", lambda x, y, x_dot, y_dot: x_dot.copy()),
    # Sum of squares
    value("sum_of_squares", "square of the sum", lambda x, y: (x + y) ** 2),
    derivative("sum_of_squares", "HG202", "factor 2 forgotten", lambda x, y: (x, y)),
    derivative("sum_of_squares", "HG235", "the two swapped", lambda x, y: (2 * y, 2 * x)),
    derivative("sum_of_squares", "HG245", "both terms in each", lambda x, y: (2 * x + 2 * y, 2 * x + 2 * y)),
    derivative("sum_of_squares", "HG210", "the squares", lambda x, y: (x**2, y**2)),
    pullback(
        "sum_of_squares", "HG222", "square of the upstream", lambda z_bar, x, y: (2 * x * z_bar**2, 2 * y * z_bar**2)
    ),
    tangent("sum_of_squares", "sums first", lambda x, y, x_dot, y_dot: 2 * (x + y) * (x_dot + y_dot)),
    # Product
    value("product", "sum", lambda x, y: x + y),
    derivative("product", "HG235", "not swapped, (x, y)", lambda x, y: (x, y)),
    derivative("product", "HG233", "the sum's, (1, 1)", lambda x, y: (ones(x), ones(y))),
    derivative("product", "HG210", "the product itself", lambda x, y: (x * y, x * y)),
    pullback("product", "HG235", "own factor, not the other", lambda z_bar, x, y: (z_bar * x, z_bar * y)),
    pullback(
        "product", "HG227", "product of the upstream and both", lambda z_bar, x, y: (z_bar * x * y, z_bar * x * y)
    ),
    tangent("product", "product of the tangents", lambda x, y, x_dot, y_dot: x_dot * y_dot),
    tangent("product", "quotient rule's sign", lambda x, y, x_dot, y_dot: x_dot * y - x * y_dot),
    # Mean
    value("mean", "of all samples together", np.mean),
    value("mean", "along the wrong axis", lambda x: np.mean(x, axis=0)),
    value("mean", "sum", lambda x: np.sum(x, axis=-1)),
    value("mean", "axis kept, (N, 1) for (N)", lambda x: np.mean(x, axis=-1, keepdims=True)),
    derivative("mean", "HG207", "1/n forgotten", ones),
    derivative("mean", "HG209", "divided by the number of samples", lambda x: ones(x) / len(x)),
    derivative("mean", "HG209", "divided by the number of all entries", lambda x: ones(x) / x.size),
    derivative("mean", "HG209", "1/(n-1)", lambda x: ones(x) / (x.shape[-1] - 1)),
    derivative("mean", "HG210", "x/n", lambda x: x / x.shape[-1]),
    pullback("mean", "HG207", "upstream not divided", lambda z_bar, x: z_bar[:, None] * ones(x)),
    pullback("mean", "HG223", "mean of the upstream", lambda z_bar, x: np.mean(z_bar) * ones(x) / x.shape[-1]),
    tangent("mean", "sum of the tangents", lambda x, x_dot: np.sum(x_dot, axis=-1)),
    # Mean square
    value("mean_square", "square of the mean", lambda x: np.mean(x, axis=-1) ** 2),
    derivative("mean_square", "HG207", "1/n forgotten", lambda x: 2 * x),
    derivative("mean_square", "HG202", "factor 2 forgotten", lambda x: x / x.shape[-1]),
    derivative("mean_square", "HG209", "divided by the number of samples", lambda x: 2 * x / len(x)),
    derivative("mean_square", "HG209", "divided by the number of all entries", lambda x: 2 * x / x.size),
    derivative(
        "mean_square", "HG245", "the mean for every entry", lambda x: 2 * np.mean(x, -1, keepdims=True) * ones(x)
    ),
    derivative("mean_square", "HG210", "the squares over n", lambda x: x**2 / x.shape[-1]),
    pullback("mean_square", "HG207", "1/n forgotten on the way back", lambda z_bar, x: 2 * column(z_bar) * x),
    tangent("mean_square", "squares of the tangents", lambda x, x_dot: np.mean(x_dot**2, axis=-1)),
    # Affine function
    value("affine", "bias forgotten", lambda x, w, b: x @ w),
    value("affine", "bias at every input", lambda x, w, b: np.sum(x * w + b, axis=-1)),
    derivative("affine", "HG235", "x and w not swapped", lambda x, w, b: (x, w + 0 * x, ones(x[:, 0]))),
    derivative("affine", "HG211", "the bias for its derivative", lambda x, w, b: (w + 0 * x, x, b + 0 * x[:, 0])),
    derivative("affine", "HG213", "no derivative by the bias", lambda x, w, b: (w + 0 * x, x, 0 * x[:, 0])),
    pullback(
        "affine",
        "HG243",
        "w_bar for each sample",
        lambda z_bar, x, w, b: (column(z_bar) * w, column(z_bar) * x, np.sum(z_bar)),
    ),
    pullback(
        "affine",
        "HG244",
        "w_bar averaged",
        lambda z_bar, x, w, b: (column(z_bar) * w, z_bar @ x / len(x), np.sum(z_bar)),
    ),
    pullback(
        "affine", "HG244", "b_bar averaged", lambda z_bar, x, w, b: (column(z_bar) * w, z_bar @ x, np.mean(z_bar))
    ),
    pullback(
        "affine", "HG243", "b_bar not summed", lambda z_bar, x, w, b: (column(z_bar) * w, z_bar @ x, z_bar.copy())
    ),
    pullback(
        "affine",
        "HG221",
        "b_bar counts samples",
        lambda z_bar, x, w, b: (column(z_bar) * w, z_bar @ x, np.float64(len(x))),
    ),
    pullback(
        "affine",
        "HG247",
        "x_bar after w's update",
        lambda z_bar, x, w, b: (column(z_bar) * (w - 0.1 * z_bar @ x), z_bar @ x, np.sum(z_bar)),
    ),
    pullback(
        "affine", "HG221", "x_bar without the upstream", lambda z_bar, x, w, b: (w + 0 * x, z_bar @ x, np.sum(z_bar))
    ),
    tangent("affine", "product of the tangents", lambda x, w, b, x_dot, w_dot, b_dot: x_dot @ w_dot + b_dot),
    tangent("affine", "w's tangent forgotten", lambda x, w, b, x_dot, w_dot, b_dot: x_dot @ w + b_dot),
    tangent("affine", "b's tangent forgotten", lambda x, w, b, x_dot, w_dot, b_dot: x_dot @ w + x @ w_dot),
    # Dot product
    value("dot", "element-wise product", lambda u, v: u * v),
    value("dot", "all samples together", lambda u, v: np.sum(u * v)),
    derivative("dot", "HG235", "not swapped, (u, v)", lambda u, v: (u, v)),
    derivative("dot", "HG233", "the square's, (2u, 2v)", lambda u, v: (2 * u, 2 * v)),
    derivative("dot", "HG210", "the terms of the sum, u*v", lambda u, v: (u * v, u * v)),
    pullback("dot", "HG245", "summed over the samples", lambda z_bar, u, v: (z_bar @ v, z_bar @ u)),
    pullback("dot", "HG235", "own factor, not the other", lambda z_bar, u, v: (column(z_bar) * u, column(z_bar) * v)),
    tangent("dot", "product of the tangents", lambda u, v, u_dot, v_dot: np.sum(u_dot * v_dot, axis=-1)),
    tangent("dot", "v's tangent forgotten", lambda u, v, u_dot, v_dot: np.sum(u_dot * v, axis=-1)),
)
