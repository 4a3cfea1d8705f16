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
    diagonal("identity", "HG211", "returns its input", lambda z: z),
    diagonal("identity", "HG213", "derivative of a constant", lambda z: np.zeros_like(z)),
    diagonal("identity", "HG249", "one number for all entries", lambda z: np.float64(1.0)),
    derivative("identity", "HG249", "one matrix for all samples", lambda z: np.eye(z.shape[-1])),
    pullback("identity", "HG227", "upstream times the input", lambda a_bar, z: a_bar * z),
    tangent("identity", "tangent times the input", lambda z, z_dot: z * z_dot),
    # Sigmoid
    value("sigmoid", "exponent without its minus", lambda z: 1 / (1 + np.exp(z))),
    diagonal("sigmoid", "HG210", "the sigmoid itself", sigmoid),
    diagonal("sigmoid", "HG225", "written for the output, given the input", lambda z: z * (1 - z)),
    diagonal("sigmoid", "HG225", "taken at the output", lambda z: sigmoid(sigmoid(z)) * (1 - sigmoid(sigmoid(z)))),
    diagonal("sigmoid", "HG225", "half of it at the input, a(1 - z)", lambda z: sigmoid(z) * (1 - z)),
    diagonal("sigmoid", "HG228", "inner derivative forgotten, 1/(1 + e^-z)^2", lambda z: sigmoid(z) ** 2),
    diagonal("sigmoid", "HG233", "tanh's, 1 - a^2", lambda z: 1 - sigmoid(z) ** 2),
    diagonal("sigmoid", "HG253", "1 - a, its factor a forgotten", lambda z: 1 - sigmoid(z)),
    diagonal("sigmoid", "HG251", "parentheses forgotten, a*1 - a", lambda z: sigmoid(z) * 1 - sigmoid(z)),
    diagonal("sigmoid", "HG254", "e^z above the fraction bar", lambda z: np.exp(z) / (1 + np.exp(-z)) ** 2),
    diagonal(
        "sigmoid",
        "HG100",
        "float64 for float32",
        lambda z: sigmoid(z.astype(np.float64)) * sigmoid(-z),
        dtype="float32",
    ),
    diagonal("sigmoid", "HG100", "float32 for float64", lambda z: (sigmoid(z) * sigmoid(-z)).astype(np.float32)),
    derivative(
        "sigmoid", "HG250", "outer product a(1 - a)^T", lambda z: sigmoid(z)[:, :, None] * (1 - sigmoid(z))[:, None, :]
    ),
    derivative("sigmoid", "HG210", "diagonal of a, not of its derivative", lambda z: diag(sigmoid(z))),
    diagonal("sigmoid", "HG211", "returns its input", lambda z: z),
    diagonal("sigmoid", "HG201", "sign inside, a(1 + a)", lambda z: sigmoid(z) * (1 + sigmoid(z))),
    pullback("sigmoid", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("sigmoid", "HG226", "derivative applied twice", lambda a_bar, z: a_bar * (sigmoid(z) * sigmoid(-z)) ** 2),
    pullback("sigmoid", "HG222", "derivative at the upstream", lambda a_bar, z: sigmoid(a_bar) * (1 - sigmoid(a_bar))),
    pullback(
        "sigmoid",
        "HG251",
        "parentheses forgotten, a_bar*a - a^2",
        lambda a_bar, z: a_bar * sigmoid(z) - sigmoid(z) ** 2,
    ),
    pullback("sigmoid", "HG225", "written for the output, given the input", lambda a_bar, z: a_bar * z * (1 - z)),
    pullback(
        "sigmoid",
        "HG225",
        "taken at the output",
        lambda a_bar, z: a_bar * sigmoid(sigmoid(z)) * (1 - sigmoid(sigmoid(z))),
    ),
    pullback("sigmoid", "HG227", "the sigmoid for its derivative", lambda a_bar, z: a_bar * sigmoid(z)),
    tangent("sigmoid", "parenthesis misplaced, a(1 - a*z_dot)", lambda z, z_dot: sigmoid(z) * (1 - sigmoid(z) * z_dot)),
    # Tanh
    value("tanh", "sinh", np.sinh),
    diagonal("tanh", "HG210", "tanh itself", np.tanh),
    diagonal("tanh", "HG225", "written for the output, given the input", lambda z: 1 - z**2),
    diagonal("tanh", "HG225", "taken at the output", lambda z: 1 - np.tanh(np.tanh(z)) ** 2),
    diagonal("tanh", "HG254", "square forgotten", lambda z: 1 - np.tanh(z)),
    diagonal("tanh", "HG233", "tan's, 1 + a^2", lambda z: 1 + np.tanh(z) ** 2),
    diagonal("tanh", "HG233", "the sigmoid's, a(1 - a)", lambda z: np.tanh(z) * (1 - np.tanh(z))),
    diagonal("tanh", "HG251", "all of it squared, (1 - a)^2", lambda z: (1 - np.tanh(z)) ** 2),
    diagonal("tanh", "HG211", "returns its input", lambda z: z),
    diagonal("tanh", "HG254", "1/cosh z, not squared", lambda z: 1 / np.cosh(z)),
    pullback("tanh", "HG251", "precedence, 1 - a^2*a_bar", lambda a_bar, z: 1 - np.tanh(z) ** 2 * a_bar),
    pullback("tanh", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("tanh", "HG226", "derivative applied twice", lambda a_bar, z: a_bar * (1 - np.tanh(z) ** 2) ** 2),
    pullback("tanh", "HG225", "written for the output, given the input", lambda a_bar, z: a_bar * (1 - z**2)),
    pullback("tanh", "HG225", "taken at the output", lambda a_bar, z: a_bar * (1 - np.tanh(np.tanh(z)) ** 2)),
    pullback("tanh", "HG227", "tanh for its derivative", lambda a_bar, z: a_bar * np.tanh(z)),
    pullback("tanh", "HG233", "the sigmoid's, a(1 - a)", lambda a_bar, z: a_bar * np.tanh(z) * (1 - np.tanh(z))),
    tangent("tanh", "tanh of the tangent", lambda z, z_dot: np.tanh(z_dot)),
    # ReLU
    value("relu", "smaller of 0 and z", lambda z: np.minimum(0, z)),
    diagonal("relu", "HG210", "ReLU itself", lambda z: np.maximum(0, z)),
    diagonal("relu", "HG257", "0 at the kink", lambda z: (z > 0).astype(float)),
    diagonal("relu", "HG257", "one half at the kink", lambda z: np.heaviside(z, 0.5)),
    diagonal("relu", "HG100", "truth values", lambda z: z >= 0),
    diagonal("relu", "HG256", "1 on the wrong side", lambda z: (z <= 0).astype(float)),
    diagonal("relu", "HG256", "leaky, 0.01 below 0", lambda z: np.where(z >= 0, 1.0, 0.01)),
    diagonal("relu", "HG103", "overwrites its input", relu_in_place, raises=ValueError),
    diagonal("relu", "HG102", "for one number only", lambda z: 1.0 if z >= 0 else 0.0, raises=ValueError),
    diagonal("relu", "HG211", "returns its input", lambda z: z),
    diagonal("relu", "HG256", "1 everywhere", lambda z: np.ones_like(z)),
    pullback("relu", "HG222", "cut off by the sign of the upstream", lambda a_bar, z: np.where(a_bar >= 0, a_bar, 0)),
    pullback(
        "relu",
        "HG222",
        "cut off by the sign of the upstream too",
        lambda a_bar, z: np.where((z >= 0) & (a_bar >= 0), a_bar, 0),
    ),
    pullback("relu", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("relu", "HG227", "ReLU for its derivative", lambda a_bar, z: a_bar * np.maximum(0, z)),
    pullback("relu", "HG256", "1 on the wrong side", lambda a_bar, z: a_bar * (z <= 0)),
    tangent("relu", "ReLU of the tangent", lambda z, z_dot: np.maximum(0, z_dot)),
    # Absolute value
    value("absolute", "the argument itself", lambda z: z.copy()),
    diagonal("absolute", "HG257", "1 at the kink", lambda z: np.where(z >= 0, 1.0, -1.0)),
    diagonal("absolute", "HG257", "nan at the kink", lambda z: z / np.abs(z)),
    diagonal("absolute", "HG210", "the absolute value itself", np.abs),
    diagonal("absolute", "HG256", "1 everywhere", lambda z: np.ones_like(z)),
    diagonal("absolute", "HG233", "ReLU's, 0 on the left", lambda z: (z > 0).astype(float)),
    diagonal("absolute", "HG211", "returns its input", lambda z: z),
    pullback("absolute", "HG222", "absolute value of the upstream", lambda a_bar, z: np.abs(a_bar)),
    pullback("absolute", "HG222", "sign of the upstream", lambda a_bar, z: np.sign(a_bar)),
    pullback("absolute", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("absolute", "HG227", "the absolute value for its derivative", lambda a_bar, z: a_bar * np.abs(z)),
    tangent("absolute", "absolute value of the tangent", lambda z, z_dot: np.abs(z_dot)),
    # Unit step
    value("unit_step", "0 at the kink", lambda z: (z > 0).astype(float)),
    value("unit_step", "one half at the kink", lambda z: np.heaviside(z, 0.5)),
    value("unit_step", "the sign", np.sign),
    diagonal("unit_step", "HG257", "1 at the kink", lambda z: (z == 0).astype(float)),
    diagonal("unit_step", "HG257", "infinite at the kink", lambda z: np.where(z == 0, np.inf, 0.0)),
    diagonal("unit_step", "HG210", "the step itself", lambda z: (z >= 0).astype(float)),
    diagonal("unit_step", "HG233", "the sigmoid's in its place", lambda z: sigmoid(z) * sigmoid(-z)),
    derivative("unit_step", "HG233", "the identity matrix", lambda z: diag(np.ones_like(z))),
    pullback("unit_step", "HG224", "upstream passed straight through", lambda a_bar, z: a_bar.copy()),
    pullback("unit_step", "HG227", "upstream where the step is 1", lambda a_bar, z: a_bar * (z >= 0)),
    tangent("unit_step", "tangent passed straight through", lambda z, z_dot: z_dot.copy()),
)
