"""The mistakes in linear maps, entry by entry, of one sample or over the samples of a batch."""

from __future__ import annotations

import numpy as np

from tests.second_ways import second

# Linear map


@second("linear_map", "derivative", "transposed")
def linear_jac(B, w):
    rows, cols = B.shape
    J = np.zeros((cols, rows))
    for i in range(rows):
        for j in range(cols):
            J[j, i] = B[i, j]
    return J


@second("linear_map", "derivative", "one matrix for all samples", batch=True)
def jacobian_of_map(B, w):
    m, n = B.shape
    J = np.zeros((m, n))
    for _ in w:
        for i in range(m):
            for j in range(n):
                J[i][j] = B[i][j]
    return J


@second("linear_map", "derivative", "the terms B_ij w_j, not differentiated")
def dBw_dw(B, w):
    J = []
    for row in B:
        J.append([row[j] * w[j] for j in range(len(w))])
    return J


@second("linear_map", "derivative", "the map itself")
def linear_derivative(B, w):
    d = np.zeros(len(B))
    for i in range(len(B)):
        for j in range(len(w)):
            d[i] += B[i, j] * w[j]
    return d


@second("linear_map", "derivative", "by B, not by w")
def derivative_of_product(B, w):
    D = np.zeros(B.shape)
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            D[i, j] = w[j]
    return D


@second("linear_map", "vjp", "summed over the samples", batch=True)
def map_backward(a_bar, B, w):
    m, n = B.shape
    w_bar = np.zeros(n)
    for s in range(len(w)):
        for j in range(n):
            for i in range(m):
                w_bar[j] += a_bar[s, i] * B[i, j]
    return w_bar


@second("linear_map", "vjp", "averaged over the samples", batch=True)
def backward_linear_map(a_bar, B, w):
    samples, n = w.shape
    w_bar = np.zeros((samples, n))
    for s in range(samples):
        for j in range(n):
            total = 0.0
            for i in range(len(B)):
                total += B[i, j] * a_bar[s, i]
            w_bar[s, j] = total / samples
    return w_bar


@second("linear_map", "vjp", "times w, which is differentiated away")
def backprop_through_B(a_bar, B, w):
    out = []
    for j in range(len(w)):
        s = sum(B[i, j] * a_bar[i] for i in range(len(a_bar)))
        out.append(s * w[j])
    return out


# A layer by its weights


@second("dense_of_weights", "derivative", "misprint, k + n columns")
def big_O(o, w):
    n = len(o)
    k = len(w) // n
    O = []
    for i in range(k):
        row = [0.0] * (i * n) + [float(v) for v in o] + [0.0] * ((k - 1 - i) * n)
        O.append(row[: k + n])
    return O


@second("dense_of_weights", "derivative", "weights counted down the columns")
def jacobian_by_weights(o, w):
    n = len(o)
    k = len(w) // n
    J = np.zeros((k, k * n))
    for i in range(k):
        for j in range(n):
            J[i, j * k + i] = o[j]
    return J


@second("dense_of_weights", "derivative", "no zeros between the blocks")
def dz_dw(o, w):
    n = len(o)
    k = len(w) // n
    J = np.zeros((k, len(w)))
    for row in range(k):
        for col in range(len(w)):
            J[row, col] = o[col % n]
    return J


@second("dense_of_weights", "derivative", "by the outputs, not the weights")
def weights_jacobian(o, w):
    n = len(o)
    return [[w[i * n + j] for j in range(n)] for i in range(len(w) // n)]


@second("dense_of_weights", "vjp", "outer product transposed")
def weights_backward(a_bar, o, w):
    w_bar = []
    for o_j in o:
        for delta in a_bar:
            w_bar.append(float(o_j * delta))
    return w_bar


@second("dense_of_weights", "vjp", "left as a matrix")
def grad_weights(a_bar, o, w):
    k, n = len(a_bar), len(o)
    dW = np.zeros((k, n))
    for i in range(k):
        for j in range(n):
            dW[i, j] = a_bar[i] * o[j]
    return dW


@second("dense_of_weights", "vjp", "averaged over the samples", batch=True)
def backward_weights(a_bar, o, w):
    m = len(o)
    n = len(o[0])
    w_bar = np.zeros(len(w))
    for s in range(m):
        for q in range(len(w)):
            w_bar[q] += a_bar[s][q // n] * o[s][q % n]
    for q in range(len(w)):
        w_bar[q] = w_bar[q] / m
    return w_bar


@second("dense_of_weights", "vjp", "sums before it multiplies", batch=True)
def accumulate_weights(a_bar, o, w):
    deltas = [0.0] * a_bar.shape[1]
    outputs = [0.0] * o.shape[1]
    for s in range(len(o)):
        for i in range(a_bar.shape[1]):
            deltas[i] += a_bar[s, i]
        for j in range(o.shape[1]):
            outputs[j] += o[s, j]
    return [d * out for d in deltas for out in outputs]


@second("dense_of_weights", "vjp", "one for each sample", batch=True)
def per_sample_weights(a_bar, o, w):
    n = o.shape[1]
    grads = np.zeros((len(o), len(w)))
    for s in range(len(o)):
        for i in range(a_bar.shape[1]):
            for j in range(n):
                grads[s, i * n + j] = a_bar[s, i] * o[s, j]
    return grads
