"""The mistakes in the worked examples, number by number, of one sample unless only several show them."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second

# 3.1


@second("example_3_1", "diagonal", "second term forgotten")
def derivative_3_1(x):
    return [2 * v * math.log(v * v) for v in x]


@second("example_3_1", "diagonal", "product of the derivatives")
def product_rule_3_1(x):
    d = []
    for v in x:
        du = 2 * v
        dv = 2 / v
        d.append(du * dv)
    return d


@second("example_3_1", "diagonal", "inner derivative forgotten")
def d_3_1(x):
    d = np.zeros(len(x))
    for i, v in enumerate(x):
        first = 2 * v * math.log(v**2)
        second_term = v**2 * (1 / v**2)
        d[i] = first + second_term
    return d


@second("example_3_1", "diagonal", "x for 2x in the second term")
def prime_3_1(x):
    d = []
    for v in x:
        d.append(2 * v * math.log(v**2) + v**2 * (1 / v))
    return d


@second("example_3_1", "diagonal", "the function itself")
def dy_dx_3_1(x):
    return [v * v * math.log(v * v) for v in x]


@second("example_3_1", "vjp", "upstream on one term only")
def backward_3_1(y_bar, x):
    dx = []
    for i in range(len(x)):
        dx.append(y_bar[i] * 2 * x[i] * math.log(x[i] ** 2) + 2 * x[i])
    return dx


@second("example_3_1", "vjp", "derivative forgotten")
def back_3_1(y_bar, x):
    dx = np.zeros(len(x))
    for i in range(len(x)):
        dx[i] = y_bar[i]
    return dx


# 3.2


@second("example_3_2", "derivative", "misprint read as x_1")
def gradient_3_2(x):
    x1, x2, x3 = x
    e = math.exp(x2 * x3)
    return [2 * x1 + math.log(x2), x1 / x2 + x3 * e, x1 * e + 2]


@second("example_3_2", "derivative", "misprint read as x_3")
def grad_3_2(x):
    g = np.zeros(3)
    g[0] = 2 * x[0] + math.log(x[1])
    g[1] = x[0] / x[1] + x[2] * math.exp(x[1] * x[2])
    g[2] = x[2] * math.exp(x[1] * x[2]) + 2
    return g


@second("example_3_2", "derivative", "a column for the row")
def column_3_2(x):
    x1, x2, x3 = x
    e = math.exp(x2 * x3)
    column = np.zeros((3, 1))
    column[0][0] = 2 * x1 + math.log(x2)
    column[1][0] = x1 / x2 + x3 * e
    column[2][0] = x2 * e + 2
    return column


@second("example_3_2", "derivative", "inner derivatives forgotten")
def nabla_3_2(x):
    x1, x2, x3 = x
    e = math.exp(x2 * x3)
    return [2 * x1 + math.log(x2), x1 / x2 + e, e + 2]


@second("example_3_2", "derivative", "ln x_2 forgotten")
def partials_3_2(x):
    x1, x2, x3 = x
    d1 = 2 * x1
    d2 = x1 / x2 + x3 * math.exp(x2 * x3)
    d3 = x2 * math.exp(x2 * x3) + 2
    return [d1, d2, d3]


@second("example_3_2", "vjp", "summed over the partials")
def backward_3_2(y_bar, x):
    x1, x2, x3 = x
    e = math.exp(x2 * x3)
    dx = 0
    for partial in (2 * x1 + math.log(x2), x1 / x2 + x3 * e, x2 * e + 2):
        dx += y_bar * partial
    return dx


# 3.3


@second("example_3_3", "derivative", "1 forgotten")
def jacobian_3_3(x):
    return [6 * x, math.exp(x), 1 / x]


@second("example_3_3", "derivative", "exponent not brought down")
def derivative_3_3(x):
    d = np.zeros(3)
    d[0] = 3 * x + 1
    d[1] = math.exp(x)
    d[2] = 1 / x
    return d


@second("example_3_3", "derivative", "power rule for e^x")
def d_3_3(x):
    dy1 = 6 * x + 1
    dy2 = x * math.e ** (x - 1)
    dy3 = 1 / x
    return [dy1, dy2, dy3]


@second("example_3_3", "derivative", "logarithm left as it is")
def dy_dx_3_3(x):
    return [6 * x + 1, math.exp(x), math.log(x)]


@second("example_3_3", "derivative", "transposed", batch=True)
def jacobians_3_3(x):
    J = np.zeros((3, len(x)))
    for s in range(len(x)):
        J[0][s] = 6 * x[s] + 1
        J[1][s] = math.exp(x[s])
        J[2][s] = 1 / x[s]
    return J


@second("example_3_3", "derivative", "1/|x|, and 0 below 1")
def prime_3_3(x):
    d = [6 * x + 1, math.exp(x), 0.0]
    if x >= 1:
        d[2] = 1 / abs(x)
    return d


@second("example_3_3", "derivative", "the function itself")
def jac_3_3(x):
    J = np.zeros(3)
    J[0] = 3 * x * x + x
    J[1] = math.exp(x)
    J[2] = math.log(x)
    return J


@second("example_3_3", "vjp", "upstream summed first")
def backward_3_3(y_bar, x):
    upstream = 0
    for g in y_bar:
        upstream += g
    slope = 0
    for d in (6 * x + 1, math.exp(x), 1 / x):
        slope += d
    return upstream * slope


# 3.4


@second("example_3_4", "derivative", "transposed")
def jacobian_3_4(x):
    x1, x2, x3 = x
    J = np.zeros((3, 2))
    J[0][0] = 1 + x3
    J[1][0] = x3
    J[2][0] = x2 + x1
    J[0][1] = 2 * x1
    J[2][1] = 2
    return J


@second("example_3_4", "derivative", "misprint read as x_3^2")
def jac_3_4(x):
    x1, x2, x3 = x
    dy1 = [1.0, x3, x2 + 2 * x3]
    dy2 = [2 * x1, 0.0, 2.0]
    return [dy1, dy2]


@second("example_3_4", "derivative", "misprint read as x_2 x_3")
def derivative_3_4(x):
    J = np.zeros((2, 3))
    J[0, 0] = 1
    J[0, 1] = x[2] + x[2]
    J[0, 2] = x[1] + x[1]
    J[1, 0] = 2 * x[0]
    J[1, 2] = 2
    return J


@second("example_3_4", "derivative", "a term of x_3 forgotten")
def d_3_4(x):
    x1, x2, x3 = x
    return [[1 + x3, x3, x2], [2 * x1, 0.0, 2.0]]


@second("example_3_4", "derivative", "rows swapped")
def matrix_3_4(x):
    x1, x2, x3 = x
    dy1 = [1 + x3, x3, x1 + x2]
    dy2 = [2 * x1, 0.0, 2.0]
    return [dy2, dy1]


@second("example_3_4", "vjp", "both upstreams in each row")
def backward_3_4(y_bar, x):
    x1, x2, x3 = x
    J = [[1 + x3, x3, x1 + x2], [2 * x1, 0, 2]]
    dx = np.zeros(3)
    for i in range(2):
        for k in range(2):
            for j in range(3):
                dx[j] += y_bar[k] * J[i][j]
    return dx


# 3.5


@second("example_3_5", "derivative", "the matrix itself")
def gradient_3_5(X):
    G = np.zeros((3, 4))
    for i in range(3):
        for j in range(4):
            G[i, j] = X[i, j]
    return G


@second("example_3_5", "derivative", "the mean's, 1/12")
def grad_3_5(X):
    rows, columns = len(X), len(X[0])
    return [[1 / (rows * columns) for _ in range(columns)] for _ in range(rows)]


@second("example_3_5", "derivative", "transposed")
def ones_3_5(X):
    G = np.zeros((4, 3))
    for i in range(3):
        for j in range(4):
            G[j, i] = 1
    return G


@second("example_3_5", "derivative", "one number")
def derivative_3_5(X):
    return 1.0


@second("example_3_5", "derivative", "identity, the trace's")
def d_3_5(X):
    G = np.zeros((3, 4))
    for i in range(3):
        G[i][i] = 1
    return G


@second("example_3_5", "vjp", "upstream shared out")
def backward_3_5(y_bar, X):
    dX = np.zeros((3, 4))
    for i in range(3):
        for j in range(4):
            dX[i, j] = y_bar / (3 * 4)
    return dX


@second("example_3_5", "vjp", "times the matrix")
def back_3_5(y_bar, X):
    return [[y_bar * entry for entry in row] for row in X]


# 3.6


@second("example_3_6", "derivative", "minus forgotten")
def jacobian_3_6(x):
    t = math.tanh(x)
    return [[math.sin(x), math.cos(x)], [math.exp(x), 1 - t * t]]


@second("example_3_6", "derivative", "square forgotten")
def derivative_3_6(x):
    D = np.zeros((2, 2))
    D[0, 0] = -math.sin(x)
    D[0, 1] = math.cos(x)
    D[1, 0] = math.exp(x)
    D[1, 1] = 1 - math.tanh(x)
    return D


@second("example_3_6", "derivative", "transposed")
def d_3_6(x):
    D = np.zeros((2, 2))
    D[0][0] = -math.sin(x)
    D[1][0] = math.cos(x)
    D[0][1] = math.exp(x)
    D[1][1] = 1 / math.cosh(x) ** 2
    return D


@second("example_3_6", "derivative", "a vector of four")
def dY_dx(x):
    t = math.tanh(x)
    return [-math.sin(x), math.cos(x), math.exp(x), 1 - t**2]


@second("example_3_6", "derivative", "tan's for tanh's")
def prime_3_6(x):
    return [[-math.sin(x), math.cos(x)], [math.exp(x), 1 / math.cos(x) ** 2]]


@second("example_3_6", "derivative", "the function itself")
def matrix_3_6(x):
    return [[math.cos(x), math.sin(x)], [math.exp(x), math.tanh(x)]]


@second("example_3_6", "vjp", "by matrix product, first entry")
def backward_3_6(Y_bar, x):
    D = [[-math.sin(x), math.cos(x)], [math.exp(x), 1 - math.tanh(x) ** 2]]
    dx = 0
    for k in range(2):
        dx += Y_bar[0][k] * D[k][0]
    return dx


# 3.7


def right_columns(X):
    x1, x2, x3, x4, x5, x6 = [entry for row in X for entry in row]
    by_x1 = [1, x5 * x6, 0, 0]
    by_x2 = [1, 0, x4, 0]
    by_x3 = [1, 0, 0, x4 * x5]
    by_x4 = [1, 0, x2, x3 * x5]
    by_x5 = [1, x1 * x6, 0, x3 * x4]
    by_x6 = [1, x1 * x5, 0, 0]
    return [by_x1, by_x2, by_x3, by_x4, by_x5, by_x6]


def tensor(columns):
    T = np.zeros((4, 2, 3))
    for k in range(4):
        for r in range(2):
            for c in range(3):
                T[k, r, c] = columns[3 * r + c][k]
    return T


@second("example_3_7", "derivative", "misprint, column of x_2")
def jacobian_3_7(X):
    columns = right_columns(X)
    x4, x5 = X[1][0], X[1][1]
    columns[1] = [1, 0, 0, x4 * x5]
    return tensor(columns)


@second("example_3_7", "derivative", "misprint, column of x_3")
def derivative_3_7(X):
    columns = right_columns(X)
    x1, x3, x4, x6 = X[0][0], X[0][2], X[1][0], X[1][2]
    columns[2] = [1, x1 * x6, 0, x3 * x4]
    return tensor(columns)


@second("example_3_7", "derivative", "misprint, column of x_4")
def jac_3_7(X):
    columns = right_columns(X)
    columns[3][3] = 0
    return tensor(columns)


@second("example_3_7", "derivative", "misprint, column of x_5")
def d_3_7(X):
    columns = right_columns(X)
    x2, x3, x4 = X[0][1], X[0][2], X[1][0]
    columns[4] = [1, 0, x2, x3 * x4]
    return tensor(columns)


@second("example_3_7", "derivative", "the notes' 4x3x2 tensor")
def tensor_3_7(X):
    columns = right_columns(X)
    T = np.zeros((4, 3, 2))
    for k in range(4):
        for c in range(3):
            for r in range(2):
                T[k, c, r] = columns[3 * r + c][k]
    return T


@second("example_3_7", "derivative", "tensor reshaped, not transposed")
def reshaped_3_7(X):
    columns = right_columns(X)
    T = np.zeros((4, 2, 3))
    for k in range(4):
        entries = []
        for c in range(3):
            for r in range(2):
                entries.append(columns[3 * r + c][k])
        for i in range(6):
            T[k, i // 3, i % 3] = entries[i]
    return T


@second("example_3_7", "derivative", "flattened, 4x6")
def flat_3_7(X):
    columns = right_columns(X)
    return [[columns[i][k] for i in range(6)] for k in range(4)]


@second("example_3_7", "vjp", "in the notes' layout")
def backward_3_7(y_bar, X):
    columns = right_columns(X)
    dX = np.zeros((3, 2))
    for r in range(2):
        for c in range(3):
            for k in range(4):
                dX[c, r] += y_bar[k] * columns[3 * r + c][k]
    return dX


# 3.10


def weighted_sums(x, W):
    n, k = W.shape
    u = np.zeros(k)
    for j in range(k):
        for i in range(n):
            u[j] += W[i, j] * x[i]
    return u


@second("sum_of_sines", "derivative", "sine for cosine")
def sum_of_sines_gradient(x, W):
    n, k = W.shape
    u = weighted_sums(x, W)
    G = np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            G[i, j] = x[i] * math.sin(u[j])
    return G


@second("sum_of_sines", "derivative", "transposed")
def sum_of_sines_grad(x, W):
    u = weighted_sums(x, W)
    return [[math.cos(uj) * xi for xi in x] for uj in u]


@second("sum_of_sines", "derivative", "input forgotten")
def grad_sum_of_sines(x, W):
    n, k = W.shape
    u = weighted_sums(x, W)
    G = np.zeros((n, k))
    for j in range(k):
        for i in range(n):
            G[i, j] = math.cos(u[j])
    return G


@second("sum_of_sines", "derivative", "cosine forgotten")
def dL_dW(x, W):
    n, k = W.shape
    G = np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            G[i][j] = x[i]
    return G


@second("sum_of_sines", "derivative", "misprint, cos u for its diagonal")
def gradient_of_sines(x, W):
    return [math.cos(uj) for uj in weighted_sums(x, W)]


@second("sum_of_sines", "derivative", "by x, W cos u")
def dL_dx(x, W):
    n, k = W.shape
    u = weighted_sums(x, W)
    g = np.zeros(n)
    for i in range(n):
        for j in range(k):
            g[i] += W[i, j] * math.cos(u[j])
    return g


@second("sum_of_sines", "derivative", "summed over the samples", batch=True)
def sines_batch_gradient(x, W):
    n, k = W.shape
    G = np.zeros((n, k))
    for sample in x:
        u = weighted_sums(sample, W)
        for i in range(n):
            for j in range(k):
                G[i, j] += sample[i] * math.cos(u[j])
    return G


@second("sum_of_sines", "vjp", "one for each sample", batch=True)
def sum_of_sines_backward(L_bar, x, W):
    n, k = W.shape
    dW = np.zeros((len(x), n, k))
    for s in range(len(x)):
        u = weighted_sums(x[s], W)
        for i in range(n):
            for j in range(k):
                dW[s, i, j] = L_bar[s] * x[s, i] * math.cos(u[j])
    return dW


@second("sum_of_sines", "vjp", "averaged over the samples", batch=True)
def sines_backward(L_bar, x, W):
    n, k = W.shape
    N = len(x)
    dW = np.zeros((n, k))
    for s in range(N):
        u = weighted_sums(x[s], W)
        for i in range(n):
            for j in range(k):
                dW[i, j] += x[s, i] * math.cos(u[j]) * L_bar[s] / N
    return dW


@second("sum_of_sines", "vjp", "transposed on the way back", batch=True)
def sines_back(L_bar, x, W):
    n, k = W.shape
    dW = np.zeros((k, n))
    for s in range(len(x)):
        u = weighted_sums(x[s], W)
        for j in range(k):
            for i in range(n):
                dW[j, i] += L_bar[s] * math.cos(u[j]) * x[s, i]
    return dW


@second("sum_of_sines", "vjp", "upstream inside the cosine")
def backward_sines(L_bar, x, W):
    n, k = W.shape
    u = weighted_sums(x, W)
    dW = np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            dW[i, j] = x[i] * math.cos(L_bar * u[j])
    return dW


@second("sum_of_sines", "vjp", "cosine forgotten", batch=True)
def backward_sum_of_sines(L_bar, x, W):
    n, k = W.shape
    dW = np.zeros((n, k))
    for s in range(len(x)):
        for i in range(n):
            for j in range(k):
                dW[i, j] += x[s, i] * L_bar[s]
    return dW
