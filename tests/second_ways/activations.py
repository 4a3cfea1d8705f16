"""The mistakes in the activation functions, entry by entry. Each takes one sample, a vector z."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# Identity


@second("identity", "diagonal", "returns its input")
def identity_prime(z):
    out = []
    for x in z:
        out.append(x)
    return out


@second("identity", "diagonal", "derivative of a constant")
def linear_derivative(z):
    return [0.0 for _ in z]


@second("identity", "diagonal", "one number for all entries")
def d_linear(z):
    return 1.0


@second("identity", "derivative", "one matrix for all samples", batch=True)
def identity_jacobian(z):
    n = len(z[0])
    J = np.zeros((n, n))
    for i in range(n):
        J[i][i] = 1
    return J


@second("identity", "vjp", "upstream times the input")
def linear_backward(a_bar, z):
    return [a_bar[i] * z[i] for i in range(len(z))]


# Sigmoid


@second("sigmoid", "diagonal", "the sigmoid itself")
def sigmoid_derivative(z):
    result = np.zeros(len(z))
    for i in range(len(z)):
        result[i] = 1 / (1 + math.exp(-z[i]))
    return result


@second("sigmoid", "diagonal", "written for the output, given the input")
def sigmoid_prime(z):
    return [a - a**2 for a in z]


@second("sigmoid", "diagonal", "half of it at the input, a(1 - z)")
def dsigma_dz(z):
    out = []
    for x in z:
        a = sigmoid(x)
        out.append(a - a * x)
    return out


@second("sigmoid", "diagonal", "inner derivative forgotten, 1/(1 + e^-z)^2")
def d_sig(z):
    return [(1 + math.exp(-x)) ** -2 for x in z]


@second("sigmoid", "diagonal", "taken at the output")
def dsigmoid(z):
    d = []
    for x in z:
        a = sigmoid(x)
        d.append(math.exp(-a) / (1 + math.exp(-a)) ** 2)
    return d


@second("sigmoid", "diagonal", "tanh's, 1 - a^2")
def sigmoid_deriv(z):
    d = []
    for x in z:
        a = sigmoid(x)
        d.append(1 - a * a)
    return d


@second("sigmoid", "diagonal", "1 - a, its factor a forgotten")
def d_sigmoid(z):
    return [math.exp(-x) / (1 + math.exp(-x)) for x in z]


@second("sigmoid", "diagonal", "parentheses forgotten, a*1 - a")
def sigmoid_grad(z):
    grad = np.zeros(len(z))
    for i, x in enumerate(z):
        s = sigmoid(x)
        grad[i] = s * 1 - s
    return grad


@second("sigmoid", "diagonal", "e^z above the fraction bar")
def sigmoid_quotient_rule(z):
    d = []
    for x in z:
        top = math.exp(x)
        bottom = 1 + math.exp(-x)
        d.append(top / (bottom * bottom))
    return d


@second("sigmoid", "diagonal", "returns its input")
def grad_sigmoid(z):
    a = []
    for x in z:
        a.append(x)
    return a


@second("sigmoid", "diagonal", "sign inside, a(1 + a)")
def sigmoid_slope(z):
    d = []
    for x in z:
        s = sigmoid(x)
        d.append(s + s * s)
    return d


@second("sigmoid", "derivative", "outer product a(1 - a)^T")
def sigmoid_jacobian(z):
    n = len(z)
    J = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            J[i, j] = sigmoid(z[i]) * (1 - sigmoid(z[j]))
    return J


@second("sigmoid", "derivative", "diagonal of a, not of its derivative")
def jacobian_sigmoid(z):
    J = []
    for i in range(len(z)):
        row = [0.0] * len(z)
        row[i] = sigmoid(z[i])
        J.append(row)
    return J


@second("sigmoid", "vjp", "derivative forgotten")
def backward_sigmoid(a_bar, z):
    dz = []
    for i in range(len(z)):
        dz.append(a_bar[i])
    return dz


@second("sigmoid", "vjp", "derivative applied twice")
def sigmoid_backward(a_bar, z):
    delta = []
    for i in range(len(z)):
        a = sigmoid(z[i])
        slope = a * (1 - a)
        delta.append(a_bar[i] * slope * slope)
    return delta


@second("sigmoid", "vjp", "derivative at the upstream")
def sigmoid_back(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = sigmoid(a_bar[i]) * (1 - sigmoid(a_bar[i]))
    return dz


@second("sigmoid", "vjp", "parentheses forgotten, a_bar*a - a^2")
def sigmoid_bwd(a_bar, z):
    dz = []
    for i in range(len(z)):
        s = sigmoid(z[i])
        dz.append(a_bar[i] * s * 1 - s * s)
    return dz


@second("sigmoid", "vjp", "written for the output, given the input")
def sigmoid_output_backward(a_bar, z):
    return [a_bar[i] * z[i] * (1 - z[i]) for i in range(len(z))]


@second("sigmoid", "vjp", "taken at the output")
def sigmoid_layer_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        a = sigmoid(z[i])
        s = sigmoid(a)
        dz.append(a_bar[i] * s * (1 - s))
    return dz


@second("sigmoid", "vjp", "the sigmoid for its derivative")
def delta_sigmoid(a_bar, z):
    delta = np.zeros(len(z))
    for i in range(len(z)):
        delta[i] = a_bar[i] / (1 + math.exp(-z[i]))
    return delta


# Tanh


@second("tanh", "diagonal", "tanh itself")
def tanh_derivative(z):
    return [math.tanh(x) for x in z]


@second("tanh", "diagonal", "written for the output, given the input")
def tanh_prime(z):
    return [(1 - a) * (1 + a) for a in z]


@second("tanh", "diagonal", "taken at the output")
def d_tanh(z):
    d = []
    for x in z:
        a = math.tanh(x)
        t = math.tanh(a)
        d.append(1 - t * t)
    return d


@second("tanh", "diagonal", "square forgotten")
def dtanh(z):
    return [1 - math.tanh(x) for x in z]


@second("tanh", "diagonal", "tan's, 1 + a^2")
def tanh_deriv(z):
    return [1 + math.tanh(x) * math.tanh(x) for x in z]


@second("tanh", "diagonal", "the sigmoid's, a(1 - a)")
def tanh_grad(z):
    grad = []
    for x in z:
        t = math.tanh(x)
        grad.append(t * (1 - t))
    return grad


@second("tanh", "diagonal", "all of it squared, (1 - a)^2")
def grad_tanh(z):
    out = np.zeros(len(z))
    for i, x in enumerate(z):
        t = (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x))
        out[i] = (1 - t) * (1 - t)
    return out


@second("tanh", "diagonal", "returns its input")
def derivative_tanh(z):
    return [z[i] for i in range(len(z))]


@second("tanh", "diagonal", "1/cosh z, not squared")
def tanh_slope(z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        d[i] = 2 / (math.exp(z[i]) + math.exp(-z[i]))
    return d


@second("tanh", "vjp", "precedence, 1 - a^2*a_bar")
def tanh_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        t = math.tanh(z[i])
        dz.append(1 - t**2 * a_bar[i])
    return dz


@second("tanh", "vjp", "derivative forgotten")
def tanh_back(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = a_bar[i]
    return dz


@second("tanh", "vjp", "derivative applied twice")
def tanh_layer_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        t = math.tanh(z[i])
        g = a_bar[i] * (1 - t * t)
        dz.append(g * (1 - t * t))
    return dz


@second("tanh", "vjp", "written for the output, given the input")
def tanh_output_backward(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = a_bar[i] * (1 - z[i] * z[i])
    return dz


@second("tanh", "vjp", "taken at the output")
def tanh_bwd(a_bar, z):
    dz = []
    for i in range(len(z)):
        a = math.tanh(z[i])
        dz.append(a_bar[i] / math.cosh(a) ** 2)
    return dz


@second("tanh", "vjp", "tanh for its derivative")
def delta_tanh(a_bar, z):
    return [math.tanh(z[i]) * a_bar[i] for i in range(len(z))]


@second("tanh", "vjp", "the sigmoid's, a(1 - a)")
def backward_tanh(a_bar, z):
    dz = []
    for i in range(len(z)):
        a = math.tanh(z[i])
        dz.append(a_bar[i] * a * (1 - a))
    return dz


# ReLU


@second("relu", "diagonal", "ReLU itself")
def relu_derivative(z):
    return [max(0.0, x) for x in z]


@second("relu", "diagonal", "0 at the kink")
def relu_prime(z):
    return [1.0 if x > 0 else 0.0 for x in z]


@second("relu", "diagonal", "one half at the kink")
def drelu(z):
    d = []
    for x in z:
        if x > 0:
            d.append(1.0)
        elif x == 0:
            d.append(0.5)
        else:
            d.append(0.0)
    return d


@second("relu", "diagonal", "1 on the wrong side")
def relu_grad(z):
    grad = np.zeros(len(z))
    for i in range(len(z)):
        if z[i] <= 0:
            grad[i] = 1
    return grad


@second("relu", "diagonal", "leaky, 0.01 below 0")
def relu_deriv(z):
    return [0.01 if x < 0 else 1.0 for x in z]


@second("relu", "diagonal", "returns its input")
def d_relu(z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        d[i] = z[i]
    return d


@second("relu", "diagonal", "1 everywhere")
def grad_relu(z):
    return [1.0 for _ in z]


@second("relu", "vjp", "cut off by the sign of the upstream")
def relu_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        if a_bar[i] > 0:
            dz.append(a_bar[i])
        else:
            dz.append(0.0)
    return dz


@second("relu", "vjp", "cut off by the sign of the upstream too")
def guided_relu_backward(a_bar, z):
    z_bar = []
    for upstream, x in zip(a_bar, z, strict=True):
        z_bar.append(max(upstream, 0) if x >= 0 else 0)
    return z_bar


@second("relu", "vjp", "derivative forgotten")
def relu_back(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = a_bar[i]
    return dz


@second("relu", "vjp", "ReLU for its derivative")
def backward_relu(a_bar, z):
    return [a_bar[i] * max(0.0, z[i]) for i in range(len(z))]


@second("relu", "vjp", "1 on the wrong side")
def relu_bwd(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        if z[i] > 0:
            dz[i] = 0
        else:
            dz[i] = a_bar[i]
    return dz


# Absolute value


@second("absolute", "diagonal", "1 at the kink")
def abs_prime(z):
    return [-1.0 if x < 0 else 1.0 for x in z]


@second("absolute", "diagonal", "nan at the kink")
def abs_derivative(z):
    d = []
    for x in z:
        d.append(x / math.sqrt(x * x))
    return d


@second("absolute", "diagonal", "the absolute value itself")
def abs_deriv(z):
    return [x if x > 0 else -x for x in z]


@second("absolute", "diagonal", "1 everywhere")
def dabs(z):
    return [1.0] * len(z)


@second("absolute", "diagonal", "ReLU's, 0 on the left")
def abs_grad(z):
    grad = np.zeros(len(z))
    for i, x in enumerate(z):
        if x > 0:
            grad[i] = 1
    return grad


@second("absolute", "diagonal", "returns its input")
def d_abs(z):
    d = []
    for x in z:
        d.append(x)
    return d


@second("absolute", "vjp", "absolute value of the upstream")
def abs_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        dz.append(a_bar[i] if a_bar[i] >= 0 else -a_bar[i])
    return dz


@second("absolute", "vjp", "sign of the upstream")
def abs_back(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        if a_bar[i] > 0:
            dz[i] = 1
        elif a_bar[i] < 0:
            dz[i] = -1
    return dz


@second("absolute", "vjp", "derivative forgotten")
def backward_abs(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = a_bar[i]
    return dz


@second("absolute", "vjp", "the absolute value for its derivative")
def abs_bwd(a_bar, z):
    dz = []
    for i in range(len(z)):
        if z[i] < 0:
            dz.append(-z[i] * a_bar[i])
        else:
            dz.append(z[i] * a_bar[i])
    return dz


# Unit step


@second("unit_step", "diagonal", "1 at the kink")
def step_derivative(z):
    return [1.0 if x == 0 else 0.0 for x in z]


@second("unit_step", "diagonal", "infinite at the kink")
def dirac_delta(z):
    d = []
    for x in z:
        if x == 0:
            d.append(math.inf)
        else:
            d.append(0.0)
    return d


@second("unit_step", "diagonal", "the step itself")
def step_prime(z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        if z[i] >= 0:
            d[i] = 1
    return d


@second("unit_step", "diagonal", "the sigmoid's in its place")
def step_surrogate(z):
    d = []
    for x in z:
        e = math.exp(-x)
        d.append(e / (1 + e) ** 2)
    return d


@second("unit_step", "derivative", "the identity matrix")
def step_jacobian(z):
    return [[1.0 if i == j else 0.0 for j in range(len(z))] for i in range(len(z))]


@second("unit_step", "vjp", "upstream passed straight through")
def straight_through(a_bar, z):
    dz = []
    for g in a_bar:
        dz.append(g)
    return dz


@second("unit_step", "vjp", "upstream where the step is 1")
def step_backward(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        if z[i] >= 0:
            dz[i] = a_bar[i]
    return dz
