"""The mistakes in the functions of several variables, number by number: of one sample, or in a loop over samples."""

from __future__ import annotations

import numpy as np

from tests.second_ways import second

# Addition


@second("addition", "derivative", "the arguments themselves")
def grad_addition(x, y):
    dx = x
    dy = y
    return dx, dy


@second("addition", "derivative", "the product's, (y, x)")
def add_gradient(x, y):
    return y, x


@second("addition", "derivative", "one pair for all samples", batch=True)
def addition_gradient(x, y):
    return 1.0, 1.0


@second("addition", "vjp", "upstream halved between the two")
def add_backward(z_bar, x, y):
    share = 0.5 * z_bar
    return share, share


@second("addition", "vjp", "y forgotten")
def addition_backward(z_bar, x, y):
    return z_bar, 0.0


# Sum of squares


@second("sum_of_squares", "derivative", "factor 2 forgotten")
def sum_of_squares_gradient(x, y):
    dx = x
    dy = y
    return dx, dy


@second("sum_of_squares", "derivative", "the two swapped")
def grad_sum_of_squares(x, y):
    dx = y + y
    dy = x + x
    return dx, dy


@second("sum_of_squares", "derivative", "both terms in each")
def gradient_of_squares(x, y):
    total = 0
    for v in (x, y):
        total += 2 * v
    return total, total


@second("sum_of_squares", "derivative", "the squares")
def squares_grad(x, y):
    return x * x, y * y


@second("sum_of_squares", "vjp", "square of the upstream")
def sum_of_squares_backward(z_bar, x, y):
    dx = z_bar * (2 * x * z_bar)
    dy = z_bar * (2 * y * z_bar)
    return dx, dy


# Product


@second("product", "derivative", "not swapped, (x, y)")
def product_gradient(x, y):
    dx = x
    dy = y
    return dx, dy


@second("product", "derivative", "the sum's, (1, 1)")
def grad_product(x, y):
    return 1.0, 1.0


@second("product", "derivative", "the product itself")
def product_grad(x, y):
    z = x * y
    return z, z


@second("product", "vjp", "own factor, not the other")
def mul_backward(z_bar, x, y):
    dx = x * z_bar
    dy = y * z_bar
    return dx, dy


@second("product", "vjp", "product of the upstream and both")
def product_backward(z_bar, x, y):
    z = x * y
    return z * z_bar, z * z_bar


# Mean


@second("mean", "derivative", "1/n forgotten")
def mean_gradient(x):
    return [1.0 for _ in x]


@second("mean", "derivative", "divided by the number of samples", batch=True)
def mean_grad(x):
    N = len(x)
    grad = np.zeros((N, len(x[0])))
    for s in range(N):
        for i in range(len(x[s])):
            grad[s][i] = 1 / N
    return grad


@second("mean", "derivative", "divided by the number of all entries", batch=True)
def grad_mean(x):
    count = 0
    for sample in x:
        count += len(sample)
    return [[1 / count for _ in sample] for sample in x]


@second("mean", "derivative", "1/(n-1)")
def d_mean(x):
    n = len(x)
    grad = []
    for _ in range(n):
        grad.append(1 / (n - 1))
    return grad


@second("mean", "derivative", "x/n")
def mean_derivative(x):
    n = len(x)
    return [v / n for v in x]


@second("mean", "vjp", "upstream not divided")
def mean_backward(z_bar, x):
    dx = np.zeros(len(x))
    for i in range(len(x)):
        dx[i] = z_bar
    return dx


@second("mean", "vjp", "mean of the upstream", batch=True)
def backward_mean(z_bar, x):
    N = len(x)
    average = 0
    for g in z_bar:
        average += g / N
    dx = []
    for sample in x:
        n = len(sample)
        dx.append([average / n for _ in range(n)])
    return dx


# Mean square


@second("mean_square", "derivative", "1/n forgotten")
def mean_square_gradient(x):
    return [2 * v for v in x]


@second("mean_square", "derivative", "factor 2 forgotten")
def mean_square_grad(x):
    n = len(x)
    grad = np.zeros(n)
    for i in range(n):
        grad[i] = x[i] / n
    return grad


@second("mean_square", "derivative", "divided by the number of samples", batch=True)
def grad_mean_square(x):
    N = len(x)
    grad = []
    for sample in x:
        grad.append([2 / N * v for v in sample])
    return grad


@second("mean_square", "derivative", "divided by the number of all entries", batch=True)
def d_mean_square(x):
    N = len(x)
    n = len(x[0])
    grad = np.zeros((N, n))
    for s in range(N):
        for i in range(n):
            grad[s, i] = 2 * x[s, i] / (N * n)
    return grad


@second("mean_square", "derivative", "the mean for every entry")
def mean_square_derivative(x):
    n = len(x)
    total = 0
    for v in x:
        total += v
    return [2 * total / n] * n


@second("mean_square", "derivative", "the squares over n")
def gradient_mean_square(x):
    n = len(x)
    grad = []
    for v in x:
        grad.append(v * v / n)
    return grad


@second("mean_square", "vjp", "1/n forgotten on the way back")
def mean_square_backward(z_bar, x):
    dx = []
    for v in x:
        dx.append(2 * v * z_bar)
    return dx


# Affine function


@second("affine", "derivative", "x and w not swapped")
def affine_gradient(x, w, b):
    dx = [x[i] for i in range(len(x))]
    dw = [w[i] for i in range(len(w))]
    db = 1.0
    return dx, dw, db


@second("affine", "derivative", "the bias for its derivative")
def grad_affine(x, w, b):
    dx = np.zeros(len(x))
    dw = np.zeros(len(w))
    for i in range(len(x)):
        dx[i] = w[i]
        dw[i] = x[i]
    return dx, dw, b


@second("affine", "derivative", "no derivative by the bias")
def affine_grad(x, w, b):
    dx = []
    dw = []
    for i in range(len(x)):
        dx.append(w[i])
        dw.append(x[i])
    return dx, dw, 0.0


@second("affine", "vjp", "w_bar for each sample", batch=True)
def affine_backward(z_bar, x, w, b):
    N, n = x.shape
    dx = np.zeros((N, n))
    dw = np.zeros((N, n))
    db = 0
    for s in range(N):
        for i in range(n):
            dx[s, i] = z_bar[s] * w[i]
            dw[s, i] = z_bar[s] * x[s, i]
        db += z_bar[s]
    return dx, dw, db


@second("affine", "vjp", "w_bar averaged", batch=True)
def linear_neuron_backward(z_bar, x, w, b):
    N, n = x.shape
    dx = np.zeros((N, n))
    dw = np.zeros(n)
    db = 0
    for s in range(N):
        db += z_bar[s]
        for i in range(n):
            dx[s, i] = z_bar[s] * w[i]
            dw[i] += z_bar[s] * x[s, i] / N
    return dx, dw, db


@second("affine", "vjp", "b_bar averaged", batch=True)
def backward_affine(z_bar, x, w, b):
    N, n = x.shape
    dx = [[z_bar[s] * w[i] for i in range(n)] for s in range(N)]
    dw = np.zeros(n)
    db = 0
    for s in range(N):
        for i in range(n):
            dw[i] += z_bar[s] * x[s, i]
        db += z_bar[s]
    db = db / N
    return dx, dw, db


@second("affine", "vjp", "b_bar not summed", batch=True)
def affine_back(z_bar, x, w, b):
    N, n = x.shape
    dx = np.zeros((N, n))
    dw = np.zeros(n)
    db = np.zeros(N)
    for s in range(N):
        for i in range(n):
            dx[s][i] = z_bar[s] * w[i]
            dw[i] += x[s][i] * z_bar[s]
        db[s] = z_bar[s]
    return dx, dw, db


@second("affine", "vjp", "b_bar counts samples", batch=True)
def affine_bwd(z_bar, x, w, b):
    dx = np.zeros(x.shape)
    dw = np.zeros(len(w))
    db = 0.0
    for s in range(len(x)):
        for i in range(len(w)):
            dx[s, i] = w[i] * z_bar[s]
            dw[i] += x[s, i] * z_bar[s]
        db += 1
    return dx, dw, db


@second("affine", "vjp", "x_bar after w's update", batch=True)
def train_step_backward(z_bar, x, w, b):
    learning_rate = 0.1
    N, n = x.shape
    dw = np.zeros(n)
    db = 0
    for s in range(N):
        for i in range(n):
            dw[i] += z_bar[s] * x[s, i]
        db += z_bar[s]
    new_w = [w[i] - learning_rate * dw[i] for i in range(n)]
    dx = np.zeros((N, n))
    for s in range(N):
        for i in range(n):
            dx[s, i] = z_bar[s] * new_w[i]
    return dx, dw, db


@second("affine", "vjp", "x_bar without the upstream", batch=True)
def backward_linear(z_bar, x, w, b):
    N, n = x.shape
    dx = [[w[i] for i in range(n)] for _ in range(N)]
    dw = [0.0] * n
    db = 0.0
    for s in range(N):
        for i in range(n):
            dw[i] += x[s, i] * z_bar[s]
        db += z_bar[s]
    return dx, dw, db


# Dot product


@second("dot", "derivative", "not swapped, (u, v)")
def dot_gradient(u, v):
    du = [u[i] for i in range(len(u))]
    dv = [v[i] for i in range(len(v))]
    return du, dv


@second("dot", "derivative", "the square's, (2u, 2v)")
def dot_grad(u, v):
    du = np.zeros(len(u))
    dv = np.zeros(len(v))
    for i in range(len(u)):
        du[i] = 2 * u[i]
        dv[i] = 2 * v[i]
    return du, dv


@second("dot", "derivative", "the terms of the sum, u*v")
def grad_dot(u, v):
    terms = []
    for i in range(len(u)):
        terms.append(u[i] * v[i])
    return terms, terms


@second("dot", "vjp", "summed over the samples", batch=True)
def dot_backward(z_bar, u, v):
    N, n = u.shape
    du = np.zeros(n)
    dv = np.zeros(n)
    for s in range(N):
        for i in range(n):
            du[i] += z_bar[s] * v[s, i]
            dv[i] += z_bar[s] * u[s, i]
    return du, dv


@second("dot", "vjp", "own factor, not the other")
def dot_back(z_bar, u, v):
    du = []
    dv = []
    for i in range(len(u)):
        du.append(z_bar * u[i])
        dv.append(z_bar * v[i])
    return du, dv
