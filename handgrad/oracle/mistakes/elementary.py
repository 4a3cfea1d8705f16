"""Mistakes in the elementary functions. In each, z has shape (samples, n)."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import derivative, diag, diagonal, pullback, tangent, value

MISTAKES = (
    # Exponential
    value("exp", "2 to the power of z", np.exp2),
    diagonal("exp", "HG254", "power rule, z*e^(z-1)", lambda z: z * np.exp(z - 1)),
    diagonal("exp", "HG254", "times its argument, z*e^z", lambda z: z * np.exp(z)),
    diagonal("exp", "HG233", "the derivative of e^-z", lambda z: -np.exp(-z)),
    diagonal("exp", "HG226", "inner derivative of e^(z^2)", lambda z: 2 * z * np.exp(z)),
    derivative("exp", "HG248", "the diagonal first, then e", lambda z: np.exp(diag(z))),
    diagonal("exp", "HG211", "returns its input", lambda z: z),
    pullback("exp", "HG222", "upstream in the exponent", lambda a_bar, z: np.exp(z * a_bar)),
    pullback("exp", "HG226", "derivative applied twice", lambda a_bar, z: a_bar * np.exp(z) ** 2),
    pullback("exp", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    tangent("exp", "exponential of the tangent", lambda z, z_dot: np.exp(z_dot)),
    # Logarithm
    value("log", "logarithm to the base 10", np.log10),
    diagonal("log", "HG210", "the logarithm itself", np.log),
    diagonal("log", "HG225", "1/log z", lambda z: 1 / np.log(z)),
    diagonal("log", "HG226", "differentiated twice", lambda z: -1 / z**2),
    diagonal("log", "HG233", "logarithm to the base 10", lambda z: 1 / (z * np.log(10))),
    diagonal("log", "HG211", "returns its input", lambda z: z),
    pullback("log", "HG222", "upstream under the fraction bar", lambda a_bar, z: 1 / (a_bar * z)),
    pullback("log", "HG255", "times z, not divided by it", lambda a_bar, z: a_bar * z),
    pullback("log", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("log", "HG226", "derivative applied twice", lambda a_bar, z: a_bar / z**2),
    pullback("log", "HG227", "the logarithm for its derivative", lambda a_bar, z: a_bar * np.log(z)),
    tangent("log", "quotient upside down", lambda z, z_dot: z / z_dot),
    # Sine
    value("sin", "argument in degrees", lambda z: np.sin(np.radians(z))),
    diagonal("sin", "HG210", "the sine itself", np.sin),
    diagonal("sin", "HG233", "angle in degrees", lambda z: np.cos(np.radians(z))),
    diagonal("sin", "HG225", "taken at the output", lambda z: np.cos(np.sin(z))),
    diagonal("sin", "HG254", "power rule, z*cos z", lambda z: z * np.cos(z)),
    diagonal("sin", "HG211", "returns its input", lambda z: z),
    pullback("sin", "HG222", "upstream inside the cosine", lambda a_bar, z: np.cos(z * a_bar)),
    pullback("sin", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("sin", "HG226", "derivative applied twice", lambda a_bar, z: a_bar * np.cos(z) ** 2),
    pullback("sin", "HG225", "taken at the output", lambda a_bar, z: a_bar * np.cos(np.sin(z))),
    pullback("sin", "HG227", "the sine for its derivative", lambda a_bar, z: a_bar * np.sin(z)),
    tangent("sin", "sine of the tangent", lambda z, z_dot: np.sin(z_dot)),
    tangent("sin", "finite difference of a whole step", lambda z, z_dot: np.sin(z + z_dot) - np.sin(z)),
    # Cosine
    value("cos", "the sine", np.sin),
    diagonal("cos", "HG210", "the cosine itself", np.cos),
    diagonal("cos", "HG225", "taken at the output", lambda z: -np.sin(np.cos(z))),
    diagonal("cos", "HG211", "returns its input", lambda z: z),
    diagonal("cos", "HG254", "power rule, -z*sin z", lambda z: -z * np.sin(z)),
    pullback("cos", "HG222", "upstream inside the sine", lambda a_bar, z: -np.sin(z * a_bar)),
    pullback("cos", "HG201", "minus forgotten on the way back", lambda a_bar, z: a_bar * np.sin(z)),
    pullback("cos", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("cos", "HG225", "taken at the output", lambda a_bar, z: -a_bar * np.sin(np.cos(z))),
    pullback("cos", "HG227", "the cosine for its derivative", lambda a_bar, z: a_bar * np.cos(z)),
    tangent("cos", "cosine of the tangent", lambda z, z_dot: np.cos(z_dot)),
    # Tangent
    value("tan", "the cotangent", lambda z: 1 / np.tan(z)),
    diagonal("tan", "HG254", "square forgotten, 1 + a", lambda z: 1 + np.tan(z)),
    diagonal("tan", "HG233", "tanh's, 1 - a^2", lambda z: 1 - np.tan(z) ** 2),
    diagonal("tan", "HG254", "1/cos z, not squared", lambda z: 1 / np.cos(z)),
    diagonal("tan", "HG255", "cos^2 z, upside down", lambda z: np.cos(z) ** 2),
    diagonal("tan", "HG233", "the arc tangent's", lambda z: 1 / (1 + z**2)),
    diagonal("tan", "HG210", "the tangent itself", np.tan),
    diagonal("tan", "HG211", "returns its input", lambda z: z),
    diagonal("tan", "HG225", "taken at the output", lambda z: 1 + np.tan(np.tan(z)) ** 2),
    pullback("tan", "HG251", "precedence, 1 + a^2*a_bar", lambda a_bar, z: 1 + np.tan(z) ** 2 * a_bar),
    pullback("tan", "HG224", "derivative forgotten", lambda a_bar, z: a_bar.copy()),
    pullback("tan", "HG227", "the tangent for its derivative", lambda a_bar, z: a_bar * np.tan(z)),
    tangent("tan", "quotient rule without its second term", lambda z, z_dot: z_dot * np.cos(z) / np.cos(z)),
)
