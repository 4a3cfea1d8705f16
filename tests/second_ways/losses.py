"""The mistakes in the losses but the cross-entropies, entry by entry, of one sample or over the samples of a batch."""

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
