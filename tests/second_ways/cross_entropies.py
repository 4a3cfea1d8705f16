"""The mistakes in the cross-entropies, entry by entry, of one sample or over the samples of a batch."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second

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
