"""The mistakes in the losses, entry by entry, of one sample or over the samples of a batch."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second

# Squared error of each entry


@second("squared_error", "diagonal", "factor 2 forgotten")
def d_squared(y, y_hat):
    d = []
    for i in range(len(y)):
        d.append(y_hat[i] - y[i])
    return np.array(d)


@second("squared_error", "diagonal", "divided by the number of samples", batch=True)
def squared_error_prime(y, y_hat):
    out = np.zeros(y.shape)
    for i in range(len(y)):
        out[i] = 2 * (y_hat[i] - y[i]) / len(y)
    return out


@second("squared_error", "diagonal", "the loss itself")
def squared_derivative(y, y_hat):
    result = np.zeros(len(y))
    for i in range(len(y)):
        error = y[i] - y_hat[i]
        result[i] = error * error
    return result


@second("squared_error", "diagonal", "the absolute error's")
def error_derivative(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        if y_hat[i] > y[i]:
            d[i] = 1
        elif y_hat[i] < y[i]:
            d[i] = -1
    return d


@second("squared_error", "diagonal", "parentheses forgotten, -2y - y_hat")
def deriv_sq_err(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = -2 * y[i] - y_hat[i]
    return d


@second("squared_error", "diagonal", "summed over the entries")
def se_grad(y, y_hat):
    total = 0.0
    for i in range(len(y)):
        total += -2 * (y[i] - y_hat[i])
    return total


@second("squared_error", "vjp", "upstream added")
def squared_backward(J0_bar, y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = 2 * (y_hat[i] - y[i])
        d[i] += J0_bar[i]
    return d


@second("squared_error", "vjp", "precedence, 2*y_hat - y*J0_bar")
def backward_se(J0_bar, y, y_hat):
    return [2 * y_hat[i] - y[i] * J0_bar[i] for i in range(len(y))]


@second("squared_error", "diagonal", "target forgotten, 2*y_hat")
def square_prime(y, y_hat):
    d = np.zeros(len(y_hat))
    for i in range(len(y_hat)):
        d[i] = y_hat[i] + y_hat[i]
    return d


@second("squared_error", "vjp", "the loss for its derivative")
def sq_error_backward(J0_bar, y, y_hat):
    d = []
    for i in range(len(y)):
        diff = y_hat[i] - y[i]
        d.append(diff * diff * J0_bar[i])
    return d


# Sum of squares


@second("sum_squared_error", "derivative", "factor 2 forgotten")
def sse_gradient(y, a):
    g = np.zeros(len(a))
    for k in range(len(a)):
        g[k] = -(y[k] - a[k])
    return g


@second("sum_squared_error", "derivative", "the mean's, over k")
def dJ_da(y, a):
    k = len(y)
    return [2 / k * (a[i] - y[i]) for i in range(k)]


@second("sum_squared_error", "derivative", "summed over the entries")
def sum_of_squares_gradient(y, a):
    total = 0.0
    for i in range(len(a)):
        total = total + 2 * (a[i] - y[i])
    g = np.zeros(len(a))
    for i in range(len(a)):
        g[i] = total
    return g


@second("sum_squared_error", "derivative", "the squares, not summed")
def grad_sse(y, a):
    g = []
    for i in range(len(a)):
        g.append((a[i] - y[i]) ** 2)
    return g


@second("sum_squared_error", "derivative", "cross-entropy's")
def output_error(y, a):
    delta = np.zeros(len(a))
    for j in range(len(a)):
        delta[j] = -(1 / a[j]) * y[j]
    return delta


@second("sum_squared_error", "vjp", "upstream averaged", batch=True)
def sse_backward(J_bar, y, a):
    mean_bar = 0.0
    for s in range(len(J_bar)):
        mean_bar += J_bar[s] / len(J_bar)
    a_bar = np.zeros(a.shape)
    for s in range(a.shape[0]):
        for j in range(a.shape[1]):
            a_bar[s, j] = mean_bar * 2 * (a[s, j] - y[s, j])
    return a_bar


@second("sum_squared_error", "vjp", "a sigmoid too many")
def backward_sse(J_bar, y, a):
    a_bar = []
    for j in range(len(a)):
        d = -2 * (y[j] - a[j])
        a_bar.append(J_bar * d * a[j] * (1 - a[j]))
    return a_bar


@second("sum_squared_error", "derivative", "the loss itself")
def sse_dash(y, a):
    J = 0.0
    for i in range(len(a)):
        J += (a[i] - y[i]) ** 2
    return J


@second("sum_squared_error", "derivative", "target forgotten, 2a")
def sse_deriv(y, a):
    return [a[i] + a[i] for i in range(len(a))]


@second("sum_squared_error", "derivative", "a sigmoid too many")
def delta_output(y, a):
    delta = np.zeros(len(a))
    for i in range(len(a)):
        slope = a[i] - a[i] ** 2
        delta[i] = -2 * (y[i] - a[i]) * slope
    return delta


# Mean of squares


@second("mean_squared_error", "derivative", "1/N forgotten")
def mse_prime(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = -2 * (y[i] - y_hat[i])
    return d


@second("mean_squared_error", "derivative", "factor 2 forgotten")
def mse_derivative(y, y_hat):
    n = len(y)
    d = np.zeros(n)
    for i in range(n):
        d[i] = 1 / n * (y_hat[i] - y[i])
    return d


@second("mean_squared_error", "derivative", "len for N", batch=True)
def mse_grad_batch(y, y_hat):
    grad = np.zeros(y.shape)
    for s in range(len(y)):
        for i in range(y.shape[1]):
            grad[s, i] = 2 / len(y) * (y_hat[s, i] - y[s, i])
    return grad


@second("mean_squared_error", "derivative", "size for N", batch=True)
def mse_gradient_all(y, y_hat):
    count = 0
    for row in y:
        for _ in row:
            count += 1
    grad = []
    for s in range(len(y)):
        grad.append([2 * (y_hat[s][i] - y[s][i]) / count for i in range(len(y[s]))])
    return grad


@second("mean_squared_error", "derivative", "averaged over the entries")
def gradient_mse(y, y_hat):
    total = 0.0
    for i in range(len(y)):
        total += 2 * (y_hat[i] - y[i])
    return [total / len(y)] * len(y)


@second("mean_squared_error", "vjp", "1/N forgotten on the way back")
def mse_backward(J_bar, y, y_hat):
    y_hat_bar = np.zeros(len(y_hat))
    for i in range(len(y_hat)):
        y_hat_bar[i] = 2 * (y_hat[i] - y[i]) * J_bar
    return y_hat_bar


@second("mean_squared_error", "derivative", "the loss itself")
def mse_d(y, y_hat):
    total = 0.0
    for i in range(len(y)):
        diff = y[i] - y_hat[i]
        total += diff * diff
    return total / len(y)


@second("mean_squared_error", "derivative", "the squares, not summed")
def mse_der(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = y[i] ** 2 - 2 * y[i] * y_hat[i] + y_hat[i] ** 2
    return d


@second("mean_squared_error", "derivative", "the absolute error's")
def mae_like_gradient(y, y_hat):
    g = []
    for i in range(len(y)):
        if y_hat[i] > y[i]:
            g.append(1 / len(y))
        elif y_hat[i] < y[i]:
            g.append(-1 / len(y))
        else:
            g.append(0.0)
    return g


# Distance


@second("euclidean_error", "derivative", "not divided by the norm")
def distance_gradient(y, y_hat):
    g = np.zeros(len(y))
    for i in range(len(y)):
        g[i] = y_hat[i] - y[i]
    return g


@second("euclidean_error", "derivative", "the square's, 2(y_hat - y)")
def norm_gradient(y, y_hat):
    g = []
    for i in range(len(y)):
        g.append(-2 * (y[i] - y_hat[i]))
    return g


@second("euclidean_error", "derivative", "one half of it")
def d_euclidean(y, y_hat):
    squares = 0.0
    for i in range(len(y)):
        squares += (y_hat[i] - y[i]) ** 2
    if squares == 0:
        return np.zeros(len(y))
    # derivative of the root
    return np.array([0.5 / math.sqrt(squares) * (y_hat[i] - y[i]) for i in range(len(y))])


@second("euclidean_error", "derivative", "norm squared")
def euclid_derivative(y, y_hat):
    n2 = 0.0
    for i in range(len(y)):
        n2 += (y_hat[i] - y[i]) * (y_hat[i] - y[i])
    g = np.zeros(len(y))
    if n2 > 0:
        for i in range(len(y)):
            g[i] = (y_hat[i] - y[i]) / n2
    return g


@second("euclidean_error", "derivative", "norm of all samples", batch=True)
def euclidean_batch_gradient(y, y_hat):
    squares = 0.0
    for s in range(len(y)):
        for i in range(len(y[s])):
            squares += (y_hat[s][i] - y[s][i]) ** 2
    length = math.sqrt(squares)
    g = np.zeros(y.shape)
    for s in range(len(y)):
        for i in range(len(y[s])):
            g[s, i] = (y_hat[s][i] - y[s][i]) / length
    return g


@second("euclidean_error", "derivative", "sign of each entry")
def euclidean_distance_derivative(y, y_hat):
    g = []
    for i in range(len(y)):
        d = float(y_hat[i] - y[i])
        # d / |d|
        g.append(0.0 if d == 0 else d / abs(d))
    return g


@second("euclidean_error", "derivative", "nan where they are equal")
def grad_of_distance(y, y_hat):
    length = math.sqrt(sum((y_hat[i] - y[i]) ** 2 for i in range(len(y))))
    g = np.zeros(len(y))
    for i in range(len(y)):
        g[i] = (y_hat[i] - y[i]) / length
    return g


@second("euclidean_error", "vjp", "not divided by the norm on the way back")
def distance_backward(E_bar, y, y_hat):
    return [E_bar * (y_hat[i] - y[i]) for i in range(len(y))]


@second("euclidean_error", "derivative", "the distance itself")
def euclidean_derivative(y, y_hat):
    length = math.sqrt(sum((y[i] - y_hat[i]) ** 2 for i in range(len(y))))
    if length == 0:
        length = 1.0
    return length


@second("euclidean_error", "vjp", "the square's, 2(y_hat - y)")
def euclidean_backward(E_bar, y, y_hat):
    g = np.zeros(len(y))
    for i in range(len(y)):
        g[i] = -2 * (y[i] - y_hat[i]) * E_bar
    return g


# Mean over the mini-batch


@second("batch_mean", "derivative", "misprint, the losses")
def mean_derivative(losses):
    d = np.zeros(len(losses))
    for i in range(len(losses)):
        d[i] = losses[i]
    return d


@second("batch_mean", "derivative", "the losses over N")
def d_cost(losses):
    N = len(losses)
    return [losses[i] / N for i in range(N)]


@second("batch_mean", "derivative", "1/N forgotten")
def cost_gradient(losses):
    g = []
    for _ in losses:
        g.append(1.0)
    return g


@second("batch_mean", "derivative", "len for N", batch=True)
def batch_mean_prime(losses):
    g = np.zeros(losses.shape)
    for s in range(losses.shape[0]):
        for i in range(losses.shape[1]):
            g[s, i] = 1 / len(losses)
    return g


@second("batch_mean", "derivative", "size for N", batch=True)
def average_loss_derivative(losses):
    rows, cols = losses.shape
    g = np.zeros((rows, cols))
    for s in range(rows):
        for i in range(cols):
            g[s, i] = 1 / (rows * cols)
    return g


@second("batch_mean", "derivative", "one number for the row")
def mean_loss_gradient(losses):
    n = 0
    for _ in losses:
        n += 1
    return 1 / n


@second("batch_mean", "vjp", "1/N forgotten on the way back")
def mean_backward(J_bar, losses):
    back = np.zeros(len(losses))
    for i in range(len(losses)):
        back[i] += J_bar
    return back


@second("batch_mean", "vjp", "1/N twice")
def backward_mean(J_bar, losses):
    N = len(losses)
    J_bar = J_bar / N
    back = []
    for _ in range(N):
        back.append(J_bar * (1 / N))
    return back


@second("batch_mean", "derivative", "the mean itself")
def mean_prime(losses):
    total = 0.0
    for loss in losses:
        total += loss
    return total / len(losses)


@second("batch_mean", "vjp", "upstream averaged", batch=True)
def average_backward(J_bar, losses):
    samples, N = losses.shape
    upstream = 0.0
    for s in range(samples):
        upstream += J_bar[s]
    upstream = upstream / samples
    back = np.zeros((samples, N))
    for s in range(samples):
        for i in range(N):
            back[s, i] = upstream / N
    return back


# Binary cross-entropy of each entry


@second("binary_cross_entropy", "diagonal", "fused with the sigmoid")
def bce_prime(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = y_hat[i] - y[i]
    return d


@second("binary_cross_entropy", "diagonal", "second term forgotten")
def d_bce(y, y_hat):
    d = []
    for i in range(len(y)):
        d.append(-(y[i] / y_hat[i]))
    return d


@second("binary_cross_entropy", "diagonal", "inner derivative of 1 - y_hat forgotten")
def bce_deriv(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        first = y[i] / y_hat[i]
        second_part = (1 - y[i]) / (1 - y_hat[i])
        d[i] = -(first + second_part)
    return d


@second("binary_cross_entropy", "diagonal", "precedence, d/y_hat*(1 - y_hat)")
def log_loss_prime(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        p = y_hat[i]
        d[i] = (p - y[i]) / p * (1 - p)
    return d


@second("binary_cross_entropy", "diagonal", "parentheses forgotten")
def binary_ce_derivative(y, y_hat):
    return np.array([-y[i] / y_hat[i] + 1 - y[i] / (1 - y_hat[i]) for i in range(len(y))])


@second("binary_cross_entropy", "diagonal", "the loss itself")
def bce_dash(y, y_hat):
    out = []
    for i in range(len(y)):
        out.append(-y[i] * math.log(y_hat[i]) - (1 - y[i]) * math.log(1 - y_hat[i]))
    return out


@second("binary_cross_entropy", "diagonal", "divided by len", batch=True)
def bce_gradient_mean(y, y_hat):
    m = len(y)
    d = np.zeros(y.shape)
    for i in range(m):
        d[i] = -(y[i] / y_hat[i] - (1 - y[i]) / (1 - y_hat[i])) / m
    return d


@second("binary_cross_entropy", "diagonal", "kept from 0 by 0.001")
def safe_bce_derivative(y, y_hat):
    eps = 0.001
    d = np.zeros(len(y))
    for i in range(len(y)):
        bottom = y_hat[i] - y_hat[i] ** 2 + eps
        d[i] = (y_hat[i] - y[i]) / bottom
    return d


@second("binary_cross_entropy", "derivative", "diagonal of the fused one")
def bce_jacobian(y, y_hat):
    n = len(y)
    J = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i == j:
                J[i, j] = y_hat[i] - y[i]
    return J


@second("binary_cross_entropy", "vjp", "upstream forgotten in one term")
def bce_backward(J_bar, y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = -y[i] / y_hat[i] * J_bar[i]
        d[i] += (1 - y[i]) / (1 - y_hat[i])
    return d


@second("binary_cross_entropy", "diagonal", "first term forgotten")
def bce_der(y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = 1 / (1 - y_hat[i]) - y[i] / (1 - y_hat[i])
    return d


@second("binary_cross_entropy", "diagonal", "the squared error's, 2(y_hat - y)")
def bce_error(y, y_hat):
    return [-2 * (y[i] - y_hat[i]) for i in range(len(y))]


@second("binary_cross_entropy", "vjp", "fused with the sigmoid")
def binary_ce_backward(J_bar, y, y_hat):
    d = []
    for i in range(len(y)):
        delta = y_hat[i] - y[i]
        d.append(delta * J_bar[i])
    return d


@second("binary_cross_entropy", "vjp", "second term forgotten")
def log_loss_backward(J_bar, y, y_hat):
    d = np.zeros(len(y))
    for i in range(len(y)):
        d[i] = J_bar[i] * (-1 / y_hat[i]) * y[i]
    return d


# Binary cross-entropy, the mean over a mini-batch


@second("mean_binary_cross_entropy", "derivative", "1/N forgotten")
def mean_bce_prime(y, y_hat):
    g = np.zeros(len(y))
    for i in range(len(y)):
        g[i] = -y[i] / y_hat[i] + (1 - y[i]) / (1 - y_hat[i])
    return g


@second("mean_binary_cross_entropy", "derivative", "len for N", batch=True)
def mean_bce_batch(y, y_hat):
    samples = len(y)
    g = np.zeros(y.shape)
    for s in range(samples):
        for i in range(len(y[s])):
            g[s, i] = (1 - y[s, i]) / (1 - y_hat[s, i]) - y[s, i] / y_hat[s, i]
            g[s, i] /= samples
    return g


@second("mean_binary_cross_entropy", "derivative", "size for N", batch=True)
def bce_cost_gradient(y, y_hat):
    rows, cols = y.shape
    g = []
    for s in range(rows):
        row = []
        for i in range(cols):
            p = y_hat[s, i]
            row.append((p - y[s, i]) / (p * (1 - p)) / (rows * cols))
        g.append(row)
    return g


@second("mean_binary_cross_entropy", "derivative", "fused with the sigmoid")
def d_mean_bce(y, y_hat):
    N = len(y)
    g = np.zeros(N)
    for i in range(N):
        g[i] = 1 / N * (y_hat[i] - y[i])
    return g


@second("mean_binary_cross_entropy", "derivative", "second term forgotten")
def cost_prime(y, y_hat):
    return [-1 / len(y) * y[i] / y_hat[i] for i in range(len(y))]


@second("mean_binary_cross_entropy", "derivative", "precedence, 1/N on one term")
def average_bce_derivative(y, y_hat):
    N = len(y)
    g = np.zeros(N)
    for i in range(N):
        g[i] = -1 / N * y[i] / y_hat[i] + (1 - y[i]) / (1 - y_hat[i])
    return g


@second("mean_binary_cross_entropy", "vjp", "1/N twice")
def mean_bce_backward(J_bar, y, y_hat):
    N = len(y)
    upstream = J_bar / N
    g = np.zeros(N)
    for i in range(N):
        slope = (1 - y[i]) / (1 - y_hat[i]) - y[i] / y_hat[i]
        g[i] = upstream * slope / N
    return g


@second("mean_binary_cross_entropy", "derivative", "the loss itself")
def mean_bce_dash(y, y_hat):
    J = 0.0
    for i in range(len(y)):
        J -= y[i] * math.log(y_hat[i]) + (1 - y[i]) * math.log(1 - y_hat[i])
    return J / len(y)


@second("mean_binary_cross_entropy", "derivative", "the squared error's")
def bce_mean_grad(y, y_hat):
    N = len(y)
    g = np.zeros(N)
    for i in range(N):
        g[i] = -2 / N * (y[i] - y_hat[i])
    return g


@second("mean_binary_cross_entropy", "vjp", "1/N forgotten")
def average_bce_backward(J_bar, y, y_hat):
    back = []
    for i in range(len(y)):
        p = y_hat[i]
        back.append(((1 - y[i]) / (1 - p) - y[i] / p) * J_bar)
    return back


@second("mean_binary_cross_entropy", "vjp", "fused with the sigmoid")
def backward_mean_bce(J_bar, y, y_hat):
    back = np.zeros(len(y))
    for i in range(len(y)):
        back[i] = (y_hat[i] - y[i]) * (J_bar / len(y))
    return back


# Categorical cross-entropy


@second("categorical_cross_entropy", "derivative", "fused with softmax")
def cce_grad(y, y_hat):
    g = []
    for k in range(len(y)):
        g.append(y_hat[k] - y[k])
    return g


@second("categorical_cross_entropy", "derivative", "target forgotten")
def cross_entropy_derivative(y, y_hat):
    g = np.zeros(len(y_hat))
    for k in range(len(y_hat)):
        g[k] = -1 / y_hat[k]
    return g


@second("categorical_cross_entropy", "derivative", "mean over the classes")
def ce_prime(y, y_hat):
    K = len(y)
    g = np.zeros(K)
    for k in range(K):
        g[k] = -(1 / K) * (y[k] / y_hat[k])
    return g


@second("categorical_cross_entropy", "derivative", "divided by len", batch=True)
def cce_batch_gradient(y, y_hat):
    g = np.zeros(y_hat.shape)
    for s in range(len(y)):
        for k in range(y.shape[1]):
            g[s, k] -= y[s, k] / y_hat[s, k]
    for s in range(len(y)):
        for k in range(y.shape[1]):
            g[s, k] /= len(y)
    return g


@second("categorical_cross_entropy", "derivative", "the binary one's")
def loss_gradient(y, y_hat):
    g = np.zeros(len(y))
    for k in range(len(y)):
        g[k] = -(y[k] / y_hat[k]) + (1 - y[k]) / (1 - y_hat[k])
    return g


@second("categorical_cross_entropy", "derivative", "the terms of the loss")
def d_cross_entropy(y, y_hat):
    return [-y[k] * math.log(y_hat[k]) for k in range(len(y))]


@second("categorical_cross_entropy", "derivative", "quotient upside down")
def dL_dyhat(y, y_hat):
    g = np.zeros(len(y))
    for k in range(len(y)):
        g[k] = -y_hat[k] / y[k]
    return g


@second("categorical_cross_entropy", "derivative", "misprint, signs lost but the last")
def ce_row(y, y_hat):
    row = np.zeros(len(y))
    for k in range(len(y) - 1):
        row[k] = y[k] / y_hat[k]
    row[len(y) - 1] = -y[len(y) - 1] / y_hat[len(y) - 1]
    return row


@second("categorical_cross_entropy", "vjp", "softmax once more, then fused")
def cross_entropy_backward(J_bar, y, y_hat):
    S = 0.0
    for k in range(len(y_hat)):
        S += math.exp(y_hat[k])
    return [J_bar * (math.exp(y_hat[k]) / S - y[k]) for k in range(len(y_hat))]


@second("categorical_cross_entropy", "derivative", "the loss itself")
def cce_prime(y, y_hat):
    loss = 0.0
    for k in range(len(y)):
        loss -= y[k] * math.log(y_hat[k])
    return loss


@second("categorical_cross_entropy", "derivative", "prediction forgotten, -y")
def cce_derivative(y, y_hat):
    g = np.zeros(len(y))
    for k in range(len(y)):
        g[k] -= y[k]
    return g


@second("categorical_cross_entropy", "derivative", "the squared error's, 2(y_hat - y)")
def class_error(y, y_hat):
    return [2 * y_hat[k] - 2 * y[k] for k in range(len(y))]


@second("categorical_cross_entropy", "vjp", "fused with softmax")
def backward_cross_entropy(J_bar, y, y_hat):
    back = np.zeros(len(y))
    for k in range(len(y)):
        back[k] = J_bar * y_hat[k] - J_bar * y[k]
    return back


@second("categorical_cross_entropy", "vjp", "target forgotten")
def cce_backward(J_bar, y, y_hat):
    back = []
    for p in y_hat:
        back.append(-J_bar / p)
    return back


# Categorical cross-entropy, the mean over a mini-batch


@second("mean_categorical_cross_entropy", "derivative", "misprint, 1/N forgotten")
def batch_cce_gradient(y, y_hat):
    N, K = y.shape
    D = np.zeros((N, K))
    for n in range(N):
        for k in range(K):
            D[n, k] = -y[n, k] / y_hat[n, k]
    return D


@second("mean_categorical_cross_entropy", "derivative", "misprint, signs lost but the last")
def mean_ce_matrix(y, y_hat):
    N, K = y.shape
    D = np.zeros((N, K))
    for n in range(N):
        for k in range(K):
            sign = -1 if k == K - 1 else 1
            D[n, k] = sign / N * y[n, k] / y_hat[n, k]
    return D


@second("mean_categorical_cross_entropy", "derivative", "K for N")
def mean_ce_grad(y, y_hat):
    D = []
    for n in range(len(y)):
        classes = len(y[n])
        D.append([-y[n][k] / (classes * y_hat[n][k]) for k in range(classes)])
    return D


@second("mean_categorical_cross_entropy", "derivative", "size for N")
def d_cce_mean(y, y_hat):
    N, K = y.shape
    D = np.zeros((N, K))
    for n in range(N):
        for k in range(K):
            D[n, k] = -1 / (N * K) * y[n, k] / y_hat[n, k]
    return D


@second("mean_categorical_cross_entropy", "derivative", "len for N", batch=True)
def stacked_cce_gradient(y, y_hat):
    D = np.zeros(y.shape)
    for s in range(len(y)):
        for n in range(y.shape[1]):
            for k in range(y.shape[2]):
                D[s, n, k] = -(y[s, n, k] / y_hat[s, n, k]) / len(y)
    return D


@second("mean_categorical_cross_entropy", "derivative", "fused with softmax")
def output_delta(y, y_hat):
    N = len(y)
    delta = np.zeros((N, len(y[0])))
    for n in range(N):
        for k in range(len(y[0])):
            delta[n, k] = y_hat[n, k] / N - y[n, k] / N
    return delta


@second("mean_categorical_cross_entropy", "derivative", "transposed")
def cce_columns(y, y_hat):
    N, K = y.shape
    D = np.zeros((K, N))
    for k in range(K):
        for n in range(N):
            D[k, n] = -y[n, k] / (N * y_hat[n, k])
    return D


@second("mean_categorical_cross_entropy", "derivative", "averaged over the mini-batch")
def average_cce_gradient(y, y_hat):
    N, K = y.shape
    g = np.zeros(K)
    for n in range(N):
        for k in range(K):
            g[k] += -y[n, k] / y_hat[n, k]
    return [g[k] / N for k in range(K)]


@second("mean_categorical_cross_entropy", "vjp", "1/N forgotten on the way back")
def mean_cce_backward(J_bar, y, y_hat):
    back = []
    for n in range(len(y)):
        row = []
        for k in range(len(y[n])):
            row.append(-(y[n][k] / y_hat[n][k]) * J_bar)
        back.append(row)
    return back


@second("mean_categorical_cross_entropy", "derivative", "the loss itself")
def mean_cce_prime(y, y_hat):
    N, K = y.shape
    J = 0.0
    for n in range(N):
        for k in range(K):
            J += -y[n, k] * math.log(y_hat[n, k]) / N
    return J


@second("mean_categorical_cross_entropy", "vjp", "fused with softmax")
def batch_cce_backward(J_bar, y, y_hat):
    N, K = y.shape
    back = np.zeros((N, K))
    for n in range(N):
        for k in range(K):
            back[n, k] = J_bar / N * (y_hat[n, k] - y[n, k])
    return back


# By label


@second("label_cross_entropy", "derivative", "at every class")
def sparse_ce_grad(label, y_hat):
    g = np.zeros(len(y_hat))
    for k in range(len(y_hat)):
        g[k] = -(y_hat[k] ** -1)
    return g


@second("label_cross_entropy", "derivative", "fused with softmax")
def nll_gradient(label, y_hat):
    g = []
    for k in range(len(y_hat)):
        if k == label:
            g.append(y_hat[k] - 1)
        else:
            g.append(y_hat[k])
    return g


@second("label_cross_entropy", "derivative", "prediction forgotten")
def label_loss_derivative(label, y_hat):
    g = np.zeros(len(y_hat))
    for k in range(len(y_hat)):
        if k == label:
            g[k] = -1
    return g


@second("label_cross_entropy", "derivative", "classes counted from 1")
def nll_prime(label, y_hat):
    g = [0.0] * len(y_hat)
    g[label - 1] = -1 / y_hat[label - 1]
    return g


@second("label_cross_entropy", "derivative", "label times the quotient")
def sparse_crossentropy_derivative(label, y_hat):
    return [-label / y_hat[k] for k in range(len(y_hat))]


@second("label_cross_entropy", "derivative", "samples picked for classes", batch=True)
def nll_batch_gradient(label, y_hat):
    g = np.zeros((len(label), y_hat.shape[1]))
    for s in range(len(label)):
        for k in range(y_hat.shape[1]):
            g[s, k] = -1 / y_hat[label[s], k]
    return g


@second("label_cross_entropy", "derivative", "the label's entry only")
def d_nll(label, y_hat):
    for k in range(len(y_hat)):
        if k == label:
            return -1 / y_hat[k]
    return None


@second("label_cross_entropy", "vjp", "at every class on the way back")
def nll_backward(J_bar, label, y_hat):
    g = np.zeros(len(y_hat))
    for k in range(len(y_hat)):
        g[k] = J_bar * (-1 / y_hat[k])
    return g


@second("label_cross_entropy", "derivative", "the loss itself")
def nll_dash(label, y_hat):
    return -math.log(y_hat[label])


@second("label_cross_entropy", "vjp", "fused with softmax")
def label_backward(J_bar, label, y_hat):
    g = [J_bar * p for p in y_hat]
    g[label] -= J_bar
    return g
