"""The mistakes in softmax and the fused cross-entropies, class by class, of one sample or over those of a batch."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second


def soft(l):
    S = 0.0
    for v in l:
        S += math.exp(v)
    return [math.exp(v) / S for v in l]


def sig(t):
    return 1 / (1 + math.exp(-t))


# Sum of exponentials


@second("sum_exp", "derivative", "misprint, e^j")
def sum_exp_grad(l):
    g = []
    for j in range(1, len(l) + 1):
        g.append(math.exp(j))
    return g


@second("sum_exp", "derivative", "softmax, the logarithm's")
def dS_dl(l):
    S = sum(math.exp(v) for v in l)
    g = np.zeros(len(l))
    for j in range(len(l)):
        g[j] = math.exp(l[j]) / S
    return g


@second("sum_exp", "derivative", "the sum at every class")
def gradient_sum_exp(l):
    g = np.zeros(len(l))
    for j in range(len(l)):
        for k in range(len(l)):
            g[j] += math.exp(l[k])
    return g


@second("sum_exp", "derivative", "power rule, l*e^(l-1)")
def d_sumexp(l):
    return [v * math.e ** (v - 1) for v in l]


@second("sum_exp", "derivative", "maximum taken off and forgotten")
def stable_sum_exp_derivative(l):
    m = l[0]
    for v in l:
        if v > m:
            m = v
    return [math.exp(v - m) for v in l]


@second("sum_exp", "vjp", "upstream in the exponent")
def sum_exp_backward(S_bar, l):
    back = np.zeros(len(l))
    for j in range(len(l)):
        back[j] = math.exp(S_bar * l[j])
    return back


@second("sum_exp", "vjp", "softmax, the logarithm's")
def backward_sum_exp(S_bar, l):
    S = 0.0
    for v in l:
        S += math.exp(v)
    return [S_bar / S * math.exp(v) for v in l]


# Softmax


@second("softmax", "derivative", "element-wise, p(1 - p)")
def softmax_prime(l):
    p = soft(l)
    d = np.zeros(len(p))
    for i in range(len(p)):
        d[i] = p[i] * (1 - p[i])
    return d


@second("softmax", "derivative", "diagonal only")
def softmax_jac(l):
    p = soft(l)
    J = np.zeros((len(p), len(p)))
    for i in range(len(p)):
        J[i, i] = p[i] - p[i] ** 2
    return J


@second("softmax", "derivative", "outer product p(1 - p)^T")
def softmax_matrix(l):
    p = soft(l)
    J = []
    for p_i in p:
        J.append([p_i * (1 - p_j) for p_j in p])
    return J


@second("softmax", "derivative", "sign off the diagonal")
def jacobian_softmax(l):
    p = soft(l)
    K = len(p)
    J = np.zeros((K, K))
    for i in range(K):
        for j in range(K):
            if i == j:
                J[i, j] = p[i] * (1 - p[i])
            else:
                J[i, j] = p[i] * p[j]
    return J


@second("softmax", "derivative", "plus p p^T")
def softmax_derivative(l):
    p = soft(l)
    K = len(p)
    J = np.zeros((K, K))
    for i in range(K):
        for j in range(K):
            J[i][j] = p[i] * ((1 if i == j else 0) + p[j])
    return J


@second("softmax", "derivative", "p p^T, the diagonal forgotten")
def d_softmax(l):
    e = [math.exp(v) for v in l]
    S = sum(e)
    J = np.zeros((len(e), len(e)))
    for i in range(len(e)):
        for j in range(len(e)):
            J[i, j] = -e[i] * e[j] / S**2
    return J


@second("softmax", "derivative", "transpose without effect, diag(p) - p*p")
def softmax_deriv(l):
    p = soft(l)
    J = np.zeros((len(p), len(p)))
    for i in range(len(p)):
        J[i, i] = p[i]
        for j in range(len(p)):
            J[i, j] -= p[j] * p[j]
    return J


@second("softmax", "derivative", "transpose without effect, diag(p) - p^T p")
def softmax_jacobian_dot(l):
    p = soft(l)
    dot = 0.0
    for x in p:
        dot += x * x
    return [[(p[i] if i == j else 0) - dot for j in range(len(p))] for i in range(len(p))]


@second("softmax", "derivative", "identity for diag(p)")
def softmax_jacobian_loops(l):
    p = soft(l)
    J = np.zeros((len(p), len(p)))
    for i in range(len(p)):
        for j in range(len(p)):
            if i == j:
                J[i, j] = 1 - p[i] * p[j]
            else:
                J[i, j] = -p[i] * p[j]
    return J


@second("softmax", "derivative", "p_i forgotten, I - p_j")
def dp_dl(l):
    p = soft(l)
    return [[(1 - p[j] if i == j else -p[j]) for j in range(len(p))] for i in range(len(p))]


@second("softmax", "derivative", "one row for all")
def softmax_rows(l):
    p = soft(l)
    K = len(p)
    J = np.zeros((K, K))
    for i in range(K):
        J[i, 0] = p[0] * (1 - p[0])
        for j in range(1, K):
            J[i, j] = -p[0] * p[j]
    return J


@second("softmax", "derivative", "softmax itself")
def softmax_dash(l):
    biggest = max(l)
    d = np.zeros(len(l))
    S = 0.0
    for i in range(len(l)):
        d[i] = math.exp(l[i] - biggest)
        S += d[i]
    for i in range(len(l)):
        d[i] = d[i] / S
    return d


@second("softmax", "derivative", "not divided by S^2")
def softmax_quotient_rule(l):
    K = len(l)
    S = sum(math.exp(v) for v in l)
    J = np.zeros((K, K))
    for i in range(K):
        for j in range(K):
            top = -math.exp(l[i]) * math.exp(l[j])
            if i == j:
                top += math.exp(l[i]) * S
            J[i, j] = top
    return J


@second("softmax", "vjp", "element-wise, p(1 - p)")
def softmax_back(p_bar, l):
    p = soft(l)
    l_bar = np.zeros(len(p))
    for i in range(len(p)):
        l_bar[i] = p_bar[i] * (p[i] - p[i] * p[i])
    return l_bar


@second("softmax", "vjp", "fused with the cross-entropy")
def softmax_layer_backward(p_bar, l):
    p = soft(l)
    return [p[i] - p_bar[i] for i in range(len(p))]


@second("softmax", "vjp", "sum of the upstream without p")
def backward_softmax(p_bar, l):
    p = soft(l)
    l_bar = np.zeros(len(p))
    for i in range(len(p)):
        l_bar[i] = p[i] * p_bar[i]
        for j in range(len(p)):
            l_bar[i] -= p[i] * p_bar[j]
    return l_bar


@second("softmax", "vjp", "mean of the upstream")
def softmax_backprop(p_bar, l):
    p = soft(l)
    total = 0.0
    for g in p_bar:
        total += g
    mean = total / len(p_bar)
    return [(p_bar[i] - mean) * p[i] for i in range(len(p))]


@second("softmax", "vjp", "summed over the samples too", batch=True)
def softmax_batch_backward(p_bar, l):
    probs = [soft(row) for row in l]
    total = 0.0
    for s in range(len(probs)):
        for k in range(len(probs[s])):
            total += p_bar[s, k] * probs[s][k]
    l_bar = np.zeros(l.shape)
    for s in range(len(probs)):
        for k in range(len(probs[s])):
            l_bar[s, k] = probs[s][k] * (p_bar[s, k] - total)
    return l_bar


@second("softmax", "vjp", "p outside forgotten")
def softmax_pull(p_bar, l):
    p = soft(l)
    inner = 0.0
    for j in range(len(p)):
        inner += p[j] * p_bar[j]
    l_bar = []
    for i in range(len(p)):
        l_bar.append(p_bar[i] - inner)
    return l_bar


@second("softmax", "derivative", "second term forgotten, diag(p)")
def softmax_der(l):
    p = soft(l)
    J = np.zeros((len(p), len(p)))
    for i in range(len(p)):
        J[i, i] = p[i]
    return J


@second("softmax", "derivative", "returns its input")
def softmax_grad(l):
    g = []
    for v in l:
        g.append(v)
    return g


@second("softmax", "vjp", "second term forgotten, p*p_bar")
def back_softmax(p_bar, l):
    S = sum(math.exp(v) for v in l)
    l_bar = np.zeros(len(l))
    for i in range(len(l)):
        l_bar[i] = math.exp(l[i]) / S * p_bar[i]
    return l_bar


@second("softmax", "vjp", "plus p p^T")
def softmax_pullback(p_bar, l):
    p = soft(l)
    l_bar = np.zeros(len(p))
    for i in range(len(p)):
        for j in range(len(p)):
            if i == j:
                l_bar[j] += p_bar[i] * p[i] * (1 + p[j])
            else:
                l_bar[j] += p_bar[i] * p[i] * p[j]
    return l_bar


@second("softmax", "vjp", "outer product p(1 - p)^T")
def softmax_chain(p_bar, l):
    p = soft(l)
    l_bar = []
    for j in range(len(p)):
        total = 0.0
        for i in range(len(p)):
            total += p_bar[i] * p[i] * (1 - p[j])
        l_bar.append(total)
    return l_bar


# Softmax with cross-entropy


@second("softmax_cross_entropy", "derivative", "p - y, for targets that sum to 1")
def softmax_ce_grad(y, l):
    p = soft(l)
    g = np.zeros(len(p))
    for k in range(len(p)):
        g[k] = p[k] - y[k]
    return g


@second("softmax_cross_entropy", "derivative", "by the probabilities, -y/p")
def softmax_loss_gradient(y, l):
    S = sum(math.exp(v) for v in l)
    g = []
    for k in range(len(l)):
        g.append(-y[k] * S / math.exp(l[k]))
    return g


@second("softmax_cross_entropy", "derivative", "logits for probabilities")
def d_softmax_ce(y, l):
    g = np.zeros(len(l))
    for j in range(len(l)):
        for i in range(len(l)):
            g[j] += y[i] * l[j]
        g[j] -= y[j]
    return g


@second("softmax_cross_entropy", "derivative", "softmax element-wise, -y(1 - p)")
def ce_of_softmax_derivative(y, l):
    p = soft(l)
    g = np.zeros(len(l))
    for k in range(len(l)):
        dL_dp = -y[k] / p[k]
        g[k] = dL_dp * p[k] * (1 - p[k])
    return g


@second("softmax_cross_entropy", "derivative", "divided by K")
def logits_gradient(y, l):
    p = soft(l)
    K = len(l)
    g = np.zeros(K)
    for j in range(K):
        for i in range(K):
            g[j] += y[i] * (p[j] - (1 if i == j else 0))
        g[j] = g[j] / K
    return g


@second("softmax_cross_entropy", "derivative", "divided by len", batch=True)
def logits_gradient_batch(y, l):
    N, K = l.shape
    g = np.zeros((N, K))
    for n in range(N):
        p = soft(l[n])
        targets = sum(y[n])
        for k in range(K):
            g[n, k] = (p[k] * targets - y[n, k]) / N
    return g


@second("softmax_cross_entropy", "vjp", "through softmax once more")
def softmax_ce_backward(J_bar, y, l):
    p = soft(l)
    targets = 0.0
    for y_k in y:
        targets += y_k
    l_bar = []
    for k in range(len(p)):
        delta = J_bar * (targets * p[k] - y[k])
        l_bar.append(delta * (p[k] - p[k] ** 2))
    return l_bar


@second("softmax_cross_entropy", "derivative", "through softmax once more")
def output_delta(y, l):
    p, targets = soft(l), sum(y)
    return [(targets * p[k] - y[k]) * (p[k] - p[k] * p[k]) for k in range(len(l))]


@second("softmax_cross_entropy", "derivative", "the loss itself")
def softmax_ce_prime(y, l):
    p = soft(l)
    loss = 0.0
    for k in range(len(p)):
        loss -= y[k] * math.log(p[k])
    return loss


@second("softmax_cross_entropy", "derivative", "target forgotten, p")
def dJ_dlogits(y, l):
    S = 0.0
    for v in l:
        S += math.exp(v)
    g = np.zeros(len(l))
    for k in range(len(l)):
        g[k] = math.exp(l[k]) / S
    return g


@second("softmax_cross_entropy", "vjp", "by the probabilities, -y/p")
def logits_backward(J_bar, y, l):
    p = soft(l)
    back = np.zeros(len(p))
    for k in range(len(p)):
        back[k] = -(1 / p[k]) * y[k] * J_bar
    return back


# Sigmoid with cross-entropy, of each entry


@second("sigmoid_cross_entropy", "diagonal", "squared error's, (p - y)p(1 - p)")
def logistic_loss_prime(y, z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        p = sig(z[i])
        d[i] = (p - y[i]) * (p - p**2)
    return d


@second("sigmoid_cross_entropy", "diagonal", "by the probability")
def d_logistic_loss(y, z):
    d = []
    for i in range(len(z)):
        p = sig(z[i])
        d.append(-y[i] / p + (1 - y[i]) / (1 - p))
    return d


@second("sigmoid_cross_entropy", "diagonal", "sigmoid forgotten, z - y")
def logit_gradient(y, z):
    return [z[i] - y[i] for i in range(len(z))]


@second("sigmoid_cross_entropy", "diagonal", "second term forgotten")
def sigmoid_bce_derivative(y, z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        d[i] = -y[i] / (1 + math.exp(z[i]))
    return d


@second("sigmoid_cross_entropy", "diagonal", "divided by len", batch=True)
def logistic_gradient(y, z):
    d = np.zeros(z.shape)
    for i in range(len(z)):
        p = 1 / (1 + np.exp(-z[i]))
        d[i] = (p - y[i]) / len(z)
    return d


@second("sigmoid_cross_entropy", "diagonal", "factor 2")
def sigmoid_ce_prime(y, z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        p = sig(z[i])
        d[i] = -2 * (y[i] - p)
    return d


@second("sigmoid_cross_entropy", "diagonal", "the loss itself")
def logistic_loss_dash(y, z):
    out = []
    for i in range(len(z)):
        p = sig(z[i])
        out.append(-(y[i] * math.log(p) + (1 - y[i]) * math.log(1 - p)))
    return out


@second("sigmoid_cross_entropy", "diagonal", "target forgotten, p")
def logistic_prime(y, z):
    return [math.exp(t) / (1 + math.exp(t)) for t in z]


@second("sigmoid_cross_entropy", "vjp", "upstream on one term only")
def sigmoid_ce_backward(J_bar, y, z):
    d = []
    for i in range(len(z)):
        d.append(J_bar[i] * sig(z[i]) - y[i])
    return d


@second("sigmoid_cross_entropy", "vjp", "through the sigmoid once more")
def logistic_backward(J_bar, y, z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        a = sig(z[i])
        delta = J_bar[i] * (a - y[i])
        d[i] = delta * a * (1 - a)
    return d
