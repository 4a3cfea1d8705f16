"""The mistakes in dense layers and neurons, entry by entry, of one sample or over the samples of a batch."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second


def sigma(t):
    return 1 / (1 + math.exp(-t))


def weighted_sum(x, w, b):
    z = b
    for i in range(len(x)):
        z = z + x[i] * w[i]
    return z


# Dense layer, by x, W and b


@second("dense", "derivative", "W for its transpose")
def dense_jac(x, W, b):
    n, k = W.shape
    dx = np.zeros((n, k))
    dW = np.zeros((k, n, k))
    db = np.zeros((k, k))
    for j in range(k):
        for i in range(n):
            dx[i, j] = W[i, j]
            dW[j, i, j] = x[i]
        db[j, j] = 1
    return dx, dW, db


@second("dense", "derivative", "input in every column")
def dense_derivatives(x, W, b):
    n, k = W.shape
    dz_dx = [[W[i, j] for i in range(n)] for j in range(k)]
    dz_dW = [[[x[i] for _ in range(k)] for i in range(n)] for _ in range(k)]
    dz_db = [[1.0 if i == j else 0.0 for i in range(k)] for j in range(k)]
    return dz_dx, dz_dW, dz_db


@second("dense", "derivative", "by W, last two axes swapped")
def jacobians_of_layer(x, W, b):
    n, k = len(x), len(b)
    Jx, JW, Jb = np.zeros((k, n)), np.zeros((k, k, n)), np.zeros((k, k))
    for out in range(k):
        Jb[out, out] = 1.0
        for inp in range(n):
            Jx[out, inp] = W[inp, out]
            JW[out, out, inp] = x[inp]
    return Jx, JW, Jb


@second("dense", "derivative", "by b, ones for the identity")
def layer_jacobian(x, W, b):
    n, k = W.shape
    Jx = np.zeros((k, n))
    JW = np.zeros((k, n, k))
    Jb = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            Jb[i, j] = 1
            for m in range(n):
                if i == j:
                    JW[i, m, j] = x[m]
                    Jx[i, m] = W[m, i]
    return Jx, JW, Jb


@second("dense", "derivative", "by b, zeros")
def d_dense(x, W, b):
    by_x = []
    by_W = []
    by_b = []
    for j in range(len(b)):
        by_x.append([W[i, j] for i in range(len(x))])
        by_W.append([[x[i] if c == j else 0.0 for c in range(len(b))] for i in range(len(x))])
        by_b.append([0.0] * len(b))
    return by_x, by_W, by_b


@second("dense", "vjp", "W_bar transposed")
def fc_backward(z_bar, x, W, b):
    n, k = W.shape
    dx = np.zeros(n)
    dW = np.zeros((k, n))
    db = np.zeros(k)
    for j in range(k):
        db[j] = z_bar[j]
        for i in range(n):
            dx[i] += W[i, j] * z_bar[j]
            dW[j, i] = z_bar[j] * x[i]
    return dx, dW, db


@second("dense", "vjp", "W_bar averaged", batch=True)
def dense_backward_batch(z_bar, x, W, b):
    N = len(x)
    n, k = W.shape
    dx, dW, db = np.zeros((N, n)), np.zeros((n, k)), np.zeros(k)
    for s in range(N):
        for j in range(k):
            db[j] += z_bar[s, j]
            for i in range(n):
                dx[s, i] += z_bar[s, j] * W[i, j]
                dW[i, j] += x[s, i] * z_bar[s, j] / N
    return dx, dW, db


@second("dense", "vjp", "W_bar without the upstream")
def linear_layer_backward(z_bar, x, W, b):
    n, k = W.shape
    x_bar = [sum(z_bar[j] * W[i, j] for j in range(k)) for i in range(n)]
    W_bar = [[x[i] for j in range(k)] for i in range(n)]
    b_bar = [z_bar[j] for j in range(k)]
    return x_bar, W_bar, b_bar


@second("dense", "vjp", "b_bar not summed", batch=True)
def affine_layer_backward(z_bar, x, W, b):
    m = x.shape[0]
    dX = np.zeros(x.shape)
    dW = np.zeros(W.shape)
    dB = np.zeros((m, len(b)))
    for t in range(m):
        for c in range(len(b)):
            dB[t, c] = z_bar[t, c]
            for r in range(x.shape[1]):
                dX[t, r] += z_bar[t, c] * W[r, c]
                dW[r, c] += z_bar[t, c] * x[t, r]
    return dX, dW, dB


@second("dense", "vjp", "b_bar averaged", batch=True)
def backward_pass_layer(z_bar, x, W, b):
    m = x.shape[0]
    x_bar, W_bar, b_bar = np.zeros(x.shape), np.zeros(W.shape), []
    for s in range(m):
        for i in range(W.shape[0]):
            for j in range(W.shape[1]):
                x_bar[s, i] += W[i, j] * z_bar[s, j]
                W_bar[i, j] += x[s, i] * z_bar[s, j]
    for j in range(W.shape[1]):
        column = [z_bar[s, j] for s in range(m)]
        b_bar.append(sum(column) / len(column))
    return x_bar, W_bar, b_bar


@second("dense", "vjp", "b_bar summed over everything")
def backprop_dense(z_bar, x, W, b):
    dx = np.zeros(len(x))
    dW = np.zeros((len(x), len(z_bar)))
    db = 0.0
    for j in range(len(z_bar)):
        db += z_bar[j]
        for i in range(len(x)):
            dx[i] = dx[i] + W[i, j] * z_bar[j]
            dW[i, j] = x[i] * z_bar[j]
    return dx, dW, db


@second("dense", "vjp", "b_bar keeps its axis", batch=True)
def layer_backward(z_bar, x, W, b):
    samples, outputs = z_bar.shape
    dx = np.zeros_like(x)
    dW = np.zeros_like(W)
    db = np.zeros((1, outputs))
    for s in range(samples):
        for j in range(outputs):
            db[0, j] += z_bar[s, j]
            for i in range(len(W)):
                dx[s, i] += W[i, j] * z_bar[s, j]
                dW[i, j] += z_bar[s, j] * x[s, i]
    return dx, dW, db


@second("dense", "vjp", "x_bar through updated weights")
def train_layer(z_bar, x, W, b):
    learning_rate = 0.01
    new_W = W.copy()
    W_bar = np.zeros(W.shape)
    x_bar = np.zeros(len(x))
    for i in range(len(x)):
        for j in range(len(z_bar)):
            W_bar[i, j] = x[i] * z_bar[j]
            new_W[i, j] -= learning_rate * W_bar[i, j]
            x_bar[i] += new_W[i, j] * z_bar[j]
    return x_bar, W_bar, [z_bar[j] for j in range(len(z_bar))]


@second("dense", "vjp", "an activation too many")
def hidden_layer_backward(z_bar, x, W, b):
    n, k = W.shape
    delta = []
    for j in range(k):
        a = sigma(weighted_sum(x, [W[i, j] for i in range(n)], b[j]))
        delta.append(z_bar[j] * a * (1 - a))
    x_bar = [sum(W[i, j] * delta[j] for j in range(k)) for i in range(n)]
    W_bar = [[x[i] * delta[j] for j in range(k)] for i in range(n)]
    return x_bar, W_bar, delta


@second("dense", "vjp", "W_bar and b_bar averaged", batch=True)
def dense_layer_grads(z_bar, x, W, b):
    m = len(x)
    dx = np.zeros(x.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(len(b))
    for j in range(len(b)):
        for s in range(m):
            db[j] += 1 / m * z_bar[s, j]
            for i in range(len(W)):
                dW[i, j] += 1 / m * x[s, i] * z_bar[s, j]
                dx[s, i] += z_bar[s, j] * W[i, j]
    return dx, dW, db


@second("dense", "vjp", "W_bar for each sample", batch=True)
def batch_layer_backward(z_bar, x, W, b):
    n, k = W.shape
    dx = np.zeros((len(x), n))
    dW = np.zeros((len(x), n, k))
    db = np.zeros(k)
    for s in range(len(x)):
        for i in range(n):
            for j in range(k):
                dx[s, i] += z_bar[s, j] * W[i, j]
                dW[s, i, j] = z_bar[s, j] * x[s, i]
        for j in range(k):
            db[j] += z_bar[s, j]
    return dx, dW, db


@second("dense", "vjp", "x_bar without the upstream")
def affine_backprop(z_bar, x, W, b):
    n, k = W.shape
    x_bar = np.zeros(n)
    W_bar = np.zeros((n, k))
    b_bar = np.zeros(k)
    for i in range(n):
        for j in range(k):
            x_bar[i] += W[i, j]
            W_bar[i, j] += z_bar[j] * x[i]
    for j in range(k):
        b_bar[j] += z_bar[j]
    return x_bar, W_bar, b_bar


@second("dense", "vjp", "b_bar counts samples", batch=True)
def layer_gradients(z_bar, x, W, b):
    x_bar, W_bar, b_bar = np.zeros(x.shape), np.zeros(W.shape), np.zeros(b.shape)
    for s in range(x.shape[0]):
        for j in range(W.shape[1]):
            # dz/db is 1
            b_bar[j] += 1
            for i in range(W.shape[0]):
                x_bar[s, i] += W[i, j] * z_bar[s, j]
                W_bar[i, j] += x[s, i] * z_bar[s, j]
    return x_bar, W_bar, b_bar


@second("dense", "vjp", "b_bar summed over the outputs", batch=True)
def fc_layer_backward(z_bar, x, W, b):
    m, k = z_bar.shape
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(m)
    for s in range(m):
        for j in range(k):
            db[s] += z_bar[s, j]
            for i in range(x.shape[1]):
                dx[s, i] += W[i, j] * z_bar[s, j]
                dW[i, j] += x[s, i] * z_bar[s, j]
    return dx, dW, db


# Neuron with the sigmoid, by x, w and b


@second("neuron", "derivative", "derivative of the activation forgotten")
def neuron_derivs(x, w, b):
    dx = [w[i] for i in range(len(w))]
    dw = [x[i] for i in range(len(x))]
    return dx, dw, 1.0


@second("neuron", "derivative", "the activation for its derivative")
def grad_of_neuron(x, w, b):
    a = sigma(weighted_sum(x, w, b))
    dx, dw = np.zeros(len(x)), np.zeros(len(x))
    for i in range(len(x)):
        dx[i] = a * w[i]
        dw[i] = a * x[i]
    return dx, dw, a


@second("neuron", "derivative", "g' taken at the output")
def one_neuron_gradient(x, w, b):
    a = sigma(weighted_sum(x, w, b))
    slope = sigma(a) * (1 - sigma(a))
    return [slope * w_i for w_i in w], [slope * x_i for x_i in x], slope


@second("neuron", "derivative", "g' applied twice")
def d_neuron(x, w, b):
    a = sigma(weighted_sum(x, w, b))
    delta = a * (1 - a)
    dx = np.zeros(len(x))
    dw = np.zeros(len(w))
    for i in range(len(x)):
        dx[i] = delta * w[i] * a * (1 - a)
        dw[i] = delta * x[i] * a * (1 - a)
    db = delta * a * (1 - a)
    return dx, dw, db


@second("neuron", "derivative", "x and w not swapped")
def gradient_neuron(x, w, b):
    e = math.exp(-weighted_sum(x, w, b))
    slope = e / (1 + e) ** 2
    by_x, by_w = [], []
    for i in range(len(x)):
        by_x.append(slope * x[i])
        by_w.append(slope * w[i])
    return by_x, by_w, slope


@second("neuron", "derivative", "by b, 1 as without an activation")
def neuron_partials(x, w, b):
    s = sigma(weighted_sum(x, w, b))
    da_dx = np.zeros(len(x))
    da_dw = np.zeros(len(w))
    da_db = 1.0
    for i in range(len(x)):
        da_dx[i] = s * (1 - s) * w[i]
        da_dw[i] = s * (1 - s) * x[i]
    return da_dx, da_dw, da_db


@second("neuron", "vjp", "g' forgotten")
def neuron_backprop(a_bar, x, w, b):
    dx = np.zeros(len(x))
    dw = np.zeros(len(x))
    for i in range(len(x)):
        dx[i] = a_bar * w[i]
        dw[i] = a_bar * x[i]
    return dx, dw, a_bar


@second("neuron", "vjp", "g' of the upstream")
def backward_neuron(a_bar, x, w, b):
    z = weighted_sum(x, w, b)
    s = sigma(a_bar * z)
    delta = s * (1 - s)
    return [delta * w[i] for i in range(len(w))], [delta * x[i] for i in range(len(x))], delta


@second("neuron", "vjp", "w_bar averaged", batch=True)
def perceptron_backward(a_bar, x, w, b):
    m, n = x.shape
    x_bar, w_bar, b_bar = np.zeros((m, n)), np.zeros(n), 0.0
    for s in range(m):
        a = sigma(weighted_sum(x[s], w, b))
        delta = a_bar[s] * a * (1 - a)
        for i in range(n):
            x_bar[s, i] = delta * w[i]
            w_bar[i] += delta * x[s, i]
        b_bar += delta
    return x_bar, w_bar / m, b_bar


@second("neuron", "vjp", "w_bar for each sample", batch=True)
def unit_backward(a_bar, x, w, b):
    x_bar, w_bar, b_bar = [], [], 0.0
    for s in range(len(x)):
        a = sigma(weighted_sum(x[s], w, b))
        z_bar = a_bar[s] * a * (1 - a)
        x_bar.append([z_bar * w_i for w_i in w])
        w_bar.append([z_bar * x_i for x_i in x[s]])
        b_bar += z_bar
    return x_bar, w_bar, b_bar


@second("neuron", "vjp", "b_bar not summed", batch=True)
def sigmoid_unit_backward(a_bar, x, w, b):
    m, n = x.shape
    x_bar = np.zeros((m, n))
    w_bar = np.zeros(n)
    b_bar = np.zeros(m)
    for s in range(m):
        e = math.exp(-weighted_sum(x[s], w, b))
        b_bar[s] = a_bar[s] * e / (1 + e) ** 2
        for i in range(n):
            x_bar[s, i] = b_bar[s] * w[i]
            w_bar[i] += b_bar[s] * x[s, i]
    return x_bar, w_bar, b_bar


@second("neuron", "vjp", "b_bar averaged", batch=True)
def logistic_unit_backward(a_bar, x, w, b):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), 0.0
    count = 0
    for s in range(x.shape[0]):
        out = sigma(weighted_sum(x[s], w, b))
        delta = a_bar[s] * out * (1 - out)
        for i in range(x.shape[1]):
            dx[s, i] += delta * w[i]
            dw[i] += delta * x[s, i]
        db += delta
        count += 1
    return dx, dw, db / count


@second("neuron", "vjp", "the activation for its derivative")
def neuron_grads_back(a_bar, x, w, b):
    a = sigma(weighted_sum(x, w, b))
    dx = []
    dw = []
    for i in range(len(x)):
        dx.append(a_bar * a * w[i])
        dw.append(a_bar * a * x[i])
    return dx, dw, a_bar * a


@second("neuron", "vjp", "g' taken at the output")
def neuron_pass_back(a_bar, x, w, b):
    a = sigma(weighted_sum(x, w, b))
    e = math.exp(-a)
    delta = a_bar * e / (1 + e) ** 2
    dx = np.zeros(len(x))
    dw = np.zeros(len(w))
    for i in range(len(x)):
        dx[i] = delta * w[i]
        dw[i] = delta * x[i]
    return dx, dw, delta


@second("neuron", "vjp", "g' applied twice")
def logistic_neuron_backward(a_bar, x, w, b):
    a = sigma(weighted_sum(x, w, b))
    slope = a * (1 - a)
    delta = a_bar * slope
    z_bar = delta * slope
    return [z_bar * w_i for w_i in w], [z_bar * x_i for x_i in x], z_bar
