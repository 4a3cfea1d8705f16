"""Mistakes in the activation functions. In each, z has shape (samples, n)."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import Real, derivative, diag, diagonal, pullback, sigmoid, tangent, value


def relu_in_place(z: Real) -> Real:
    """Writes into its argument."""
    z[z < 0] = 0
    z[z > 0] = 1
    return z


MISTAKES = (
    # Identity
    value("identity", "one more than the argument", lambda z: z + 1),
    diagonal("identity", "returns its input", lambda z: z),
    diagonal("identity", "derivative of a constant", lambda z: np.zeros_like(z)),
    diagonal("identity", "one number for all entries", lambda z: np.float64(1.0)),
    derivative("identity", "one matrix for all samples", lambda z: np.eye(z.shape[-1])),
    pullback("identity", "upstream times the input", lambda a_bar, z: a_bar * z),
    tangent("identity", "tangent times the input", lambda z, z_dot: z * z_dot),
    # Sigmoid
    value("sigmoid", "exponent without its minus", lambda z: 1 / (1 + np.exp(z))),
    diagonal("sigmoid", "the sigmoid itself", sigmoid),
    diagonal("sigmoid", "written for the output, given the input", lambda z: z * (1 - z)),
    diagonal("sigmoid", "taken at the output", lambda z: sigmoid(sigmoid(z)) * (1 - sigmoid(sigmoid(z)))),
    diagonal("sigmoid", "tanh's, 1 - a^2", lambda z: 1 - sigmoid(z) ** 2),
    diagonal("sigmoid", "1 - a, its factor a forgotten", lambda z: 1 - sigmoid(z)),
    diagonal("sigmoid", "parentheses forgotten, a*1 - a", lambda z: sigmoid(z) * 1 - sigmoid(z)),
    diagonal("sigmoid", "e^z above the fraction bar", lambda z: np.exp(z) / (1 + np.exp(-z)) ** 2),
    diagonal("sigmoid", "float64 for float32", lambda z: sigmoid(z.astype(np.float64)) * sigmoid(-z), dtype="float32"),
    diagonal("sigmoid", "float32 for float64", lambda z: (sigmoid(z) * sigmoid(-z)).astype(np.float32)),
    derivative("sigmoid", "outer product a(1 - a)^T", lambda z: sigmoid(z)[:, :, None] * (1 - sigmoid(z))[:, None, :]),
    derivative("sigmoid", "diagonal of a, not of its derivative", lambda z: diag(sigmoid(z))),
    pullback("sigmoid", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("sigmoid", "derivative applied twice", lambda a_bar, z: a_bar * (sigmoid(z) * sigmoid(-z)) ** 2),
    pullback("sigmoid", "derivative at the upstream", lambda a_bar, z: sigmoid(a_bar) * (1 - sigmoid(a_bar))),
    pullback("sigmoid", "parentheses forgotten, a_bar*a - a^2", lambda a_bar, z: a_bar * sigmoid(z) - sigmoid(z) ** 2),
    tangent("sigmoid", "parenthesis misplaced, a(1 - a*z_dot)", lambda z, z_dot: sigmoid(z) * (1 - sigmoid(z) * z_dot)),
    # Tanh
    value("tanh", "sinh", np.sinh),
    diagonal("tanh", "tanh itself", np.tanh),
    diagonal("tanh", "written for the output, given the input", lambda z: 1 - z**2),
    diagonal("tanh", "taken at the output", lambda z: 1 - np.tanh(np.tanh(z)) ** 2),
    diagonal("tanh", "square forgotten", lambda z: 1 - np.tanh(z)),
    diagonal("tanh", "tan's, 1 + a^2", lambda z: 1 + np.tanh(z) ** 2),
    diagonal("tanh", "the sigmoid's, a(1 - a)", lambda z: np.tanh(z) * (1 - np.tanh(z))),
    diagonal("tanh", "all of it squared, (1 - a)^2", lambda z: (1 - np.tanh(z)) ** 2),
    pullback("tanh", "precedence, 1 - a^2*a_bar", lambda a_bar, z: 1 - np.tanh(z) ** 2 * a_bar),
    pullback("tanh", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    tangent("tanh", "tanh of the tangent", lambda z, z_dot: np.tanh(z_dot)),
    # ReLU
    value("relu", "smaller of 0 and z", lambda z: np.minimum(0, z)),
    diagonal("relu", "ReLU itself", lambda z: np.maximum(0, z)),
    diagonal("relu", "0 at the kink", lambda z: (z > 0).astype(float)),
    diagonal("relu", "one half at the kink", lambda z: np.heaviside(z, 0.5)),
    diagonal("relu", "truth values", lambda z: z >= 0),
    diagonal("relu", "1 on the wrong side", lambda z: (z <= 0).astype(float)),
    diagonal("relu", "leaky", lambda z: np.where(z >= 0, 1.0, 0.01)),
    diagonal("relu", "overwrites its input", relu_in_place, raises=ValueError),
    diagonal("relu", "for one number only", lambda z: 1.0 if z >= 0 else 0.0, raises=ValueError),
    pullback("relu", "cut off by the sign of the upstream", lambda a_bar, z: np.where(a_bar >= 0, a_bar, 0)),
    pullback("relu", "upstream passed on as it is", lambda a_bar, z: a_bar.copy()),
    pullback("relu", "the value in place of the derivative", lambda a_bar, z: a_bar * np.maximum(0, z)),
    tangent("relu", "ReLU of the tangent", lambda z, z_dot: np.maximum(0, z_dot)),
    # Absolute value
    value("absolute", "the argument itself", lambda z: z.copy()),
    diagonal("absolute", "1 at the kink", lambda z: np.where(z >= 0, 1.0, -1.0)),
    diagonal("absolute", "nan at the kink", lambda z: z / np.abs(z)),
    diagonal("absolute", "the absolute value itself", np.abs),
    diagonal("absolute", "1 everywhere", lambda z: np.ones_like(z)),
    diagonal("absolute", "ReLU's, 0 on the left", lambda z: (z > 0).astype(float)),
    pullback("absolute", "absolute value of the upstream", lambda a_bar, z: np.abs(a_bar)),
    pullback("absolute", "sign of the upstream", lambda a_bar, z: np.sign(a_bar)),
    tangent("absolute", "absolute value of the tangent", lambda z, z_dot: np.abs(z_dot)),
    # Unit step
    value("unit_step", "0 at the kink", lambda z: (z > 0).astype(float)),
    value("unit_step", "one half at the kink", lambda z: np.heaviside(z, 0.5)),
    value("unit_step", "the sign", np.sign),
    diagonal("unit_step", "1 at the kink", lambda z: (z == 0).astype(float)),
    diagonal("unit_step", "infinite at the kink", lambda z: np.where(z == 0, np.inf, 0.0)),
    diagonal("unit_step", "the step itself", lambda z: (z >= 0).astype(float)),
    diagonal("unit_step", "the sigmoid's in its place", lambda z: sigmoid(z) * sigmoid(-z)),
    derivative("unit_step", "the identity matrix", lambda z: diag(np.ones_like(z))),
    pullback("unit_step", "upstream passed straight through", lambda a_bar, z: a_bar.copy()),
    pullback("unit_step", "upstream where the step is 1", lambda a_bar, z: a_bar * (z >= 0)),
    tangent("unit_step", "tangent passed straight through", lambda z, z_dot: z_dot.copy()),
)
