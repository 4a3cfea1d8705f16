"""The mistakes in the elementary functions, entry by entry. Each takes one sample, a vector z."""

from __future__ import annotations

import math

import numpy as np

from tests.second_ways import second

# Exponential


@second("exp", "diagonal", "power rule, z*e^(z-1)")
def exp_derivative(z):
    return [x * math.exp(x - 1) for x in z]


@second("exp", "diagonal", "times its argument, z*e^z")
def exp_prime(z):
    d = []
    for x in z:
        d.append(math.exp(x) * x)
    return d


@second("exp", "diagonal", "the derivative of e^-z")
def d_exp(z):
    return [-1 / math.exp(x) for x in z]


@second("exp", "diagonal", "inner derivative of e^(z^2)")
def dexp(z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        outer = math.exp(z[i])
        inner = 2 * z[i]
        d[i] = outer * inner
    return d


@second("exp", "diagonal", "returns its input")
def exp_grad(z):
    return [z[i] for i in range(len(z))]


@second("exp", "derivative", "the diagonal first, then e")
def exp_jacobian(z):
    n = len(z)
    J = np.zeros((n, n))
    for i in range(n):
        J[i, i] = z[i]
    for i in range(n):
        for j in range(n):
            J[i, j] = math.exp(J[i, j])
    return J


@second("exp", "vjp", "upstream in the exponent")
def exp_backward(a_bar, z):
    return [math.exp(a_bar[i] * z[i]) for i in range(len(z))]


@second("exp", "vjp", "derivative applied twice")
def exp_back(a_bar, z):
    dz = []
    for i in range(len(z)):
        a = math.exp(z[i])
        dz.append(a_bar[i] * a * a)
    return dz


@second("exp", "vjp", "derivative forgotten")
def backward_exp(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = a_bar[i]
    return dz


# Logarithm


@second("log", "diagonal", "the logarithm itself")
def log_derivative(z):
    return [math.log(x) for x in z]


@second("log", "diagonal", "1/log z")
def log_prime(z):
    d = []
    for x in z:
        d.append(1 / math.log(x))
    return d


@second("log", "diagonal", "differentiated twice")
def dlog(z):
    return [-1 / (x * x) for x in z]


@second("log", "diagonal", "logarithm to the base 10")
def ln_prime(z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        d[i] = math.log10(math.e) / z[i]
    return d


@second("log", "diagonal", "returns its input")
def log_grad(z):
    grad = []
    for x in z:
        grad.append(x)
    return grad


@second("log", "vjp", "upstream under the fraction bar")
def log_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        dz.append(1 / a_bar[i] / z[i])
    return dz


@second("log", "vjp", "times z, not divided by it")
def log_back(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = z[i] * a_bar[i]
    return dz


@second("log", "vjp", "derivative forgotten")
def backward_log(a_bar, z):
    dz = []
    for g in a_bar:
        dz.append(g)
    return dz


@second("log", "vjp", "derivative applied twice")
def log_bwd(a_bar, z):
    dz = []
    for i in range(len(z)):
        slope = 1 / z[i]
        dz.append(a_bar[i] * slope * slope)
    return dz


@second("log", "vjp", "the logarithm for its derivative")
def ln_backward(a_bar, z):
    return [math.log(z[i]) * a_bar[i] for i in range(len(z))]


# Sine


@second("sin", "diagonal", "the sine itself")
def sin_derivative(z):
    return [math.sin(x) for x in z]


@second("sin", "diagonal", "angle in degrees")
def sin_prime(z):
    d = []
    for x in z:
        d.append(math.cos(x * math.pi / 180))
    return d


@second("sin", "diagonal", "taken at the output")
def dsin(z):
    d = []
    for x in z:
        a = math.sin(x)
        d.append(math.cos(a))
    return d


@second("sin", "diagonal", "power rule, z*cos z")
def sin_deriv(z):
    return [x * math.cos(x) for x in z]


@second("sin", "diagonal", "returns its input")
def sin_grad(z):
    grad = np.zeros(len(z))
    for i, x in enumerate(z):
        grad[i] = x
    return grad


@second("sin", "vjp", "upstream inside the cosine")
def sin_backward(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = math.cos(a_bar[i] * z[i])
    return dz


@second("sin", "vjp", "derivative forgotten")
def backward_sin(a_bar, z):
    return [a_bar[i] for i in range(len(z))]


@second("sin", "vjp", "derivative applied twice")
def sin_bwd(a_bar, z):
    dz = []
    for i in range(len(z)):
        c = math.cos(z[i])
        dz.append(a_bar[i] * c * c)
    return dz


@second("sin", "vjp", "taken at the output")
def sin_back(a_bar, z):
    dz = []
    for i in range(len(z)):
        a = math.sin(z[i])
        dz.append(math.cos(a) * a_bar[i])
    return dz


@second("sin", "vjp", "the sine for its derivative")
def sin_layer_backward(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = math.sin(z[i]) * a_bar[i]
    return dz


# Cosine


@second("cos", "diagonal", "the cosine itself")
def cos_derivative(z):
    return [math.cos(x) for x in z]


@second("cos", "diagonal", "taken at the output")
def cos_prime(z):
    d = []
    for x in z:
        a = math.cos(x)
        d.append(-math.sin(a))
    return d


@second("cos", "diagonal", "returns its input")
def dcos(z):
    d = []
    for x in z:
        d.append(x)
    return d


@second("cos", "diagonal", "power rule, -z*sin z")
def cos_deriv(z):
    return [-math.sin(x) * x for x in z]


@second("cos", "vjp", "upstream inside the sine")
def cos_backward(a_bar, z):
    return [-math.sin(a_bar[i] * z[i]) for i in range(len(z))]


@second("cos", "vjp", "minus forgotten on the way back")
def cos_back(a_bar, z):
    dz = []
    for i in range(len(z)):
        dz.append(math.sin(z[i]) * a_bar[i])
    return dz


@second("cos", "vjp", "derivative forgotten")
def backward_cos(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = a_bar[i]
    return dz


@second("cos", "vjp", "taken at the output")
def cos_layer_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        a = math.cos(z[i])
        dz.append(-math.sin(a) * a_bar[i])
    return dz


@second("cos", "vjp", "the cosine for its derivative")
def cos_bwd(a_bar, z):
    return [math.cos(z[i]) * a_bar[i] for i in range(len(z))]


# Tangent


@second("tan", "diagonal", "square forgotten, 1 + a")
def tan_derivative(z):
    return [1 + math.tan(x) for x in z]


@second("tan", "diagonal", "tanh's, 1 - a^2")
def tan_prime(z):
    d = []
    for x in z:
        t = math.tan(x)
        d.append(1 - t * t)
    return d


@second("tan", "diagonal", "1/cos z, not squared")
def dtan(z):
    return [1 / math.cos(x) for x in z]


@second("tan", "diagonal", "cos^2 z, upside down")
def tan_deriv(z):
    d = np.zeros(len(z))
    for i in range(len(z)):
        d[i] = math.cos(z[i]) * math.cos(z[i])
    return d


@second("tan", "diagonal", "the arc tangent's")
def tan_grad(z):
    grad = []
    for x in z:
        grad.append(1 / (1 + x * x))
    return grad


@second("tan", "diagonal", "the tangent itself")
def d_tan(z):
    d = []
    for x in z:
        d.append(math.sin(x) / math.cos(x))
    return d


@second("tan", "diagonal", "returns its input")
def grad_tan(z):
    return [z[i] for i in range(len(z))]


@second("tan", "diagonal", "taken at the output")
def tan_slope(z):
    d = []
    for x in z:
        a = math.tan(x)
        d.append(1 / math.cos(a) ** 2)
    return d


@second("tan", "vjp", "precedence, 1 + a^2*a_bar")
def tan_backward(a_bar, z):
    dz = []
    for i in range(len(z)):
        t = math.tan(z[i])
        dz.append(1 + t**2 * a_bar[i])
    return dz


@second("tan", "vjp", "derivative forgotten")
def tan_back(a_bar, z):
    dz = []
    for g in a_bar:
        dz.append(g)
    return dz


@second("tan", "vjp", "the tangent for its derivative")
def backward_tan(a_bar, z):
    dz = np.zeros(len(z))
    for i in range(len(z)):
        dz[i] = math.tan(z[i]) * a_bar[i]
    return dz
