"""Mistakes in the elementary functions. In each, z has shape (samples, n)."""

from __future__ import annotations

import numpy as np

from handgrad.oracle.mistakes.kinds import derivative, diag, diagonal, pullback, tangent, value

MISTAKES = (
    # Exponential
    value("exp", "2 to the power of z", np.exp2),
    diagonal("exp", "power rule, z*e^(z-1)", lambda z: z * np.exp(z - 1)),
    diagonal("exp", "times its argument, z*e^z", lambda z: z * np.exp(z)),
    diagonal("exp", "of e^-z", lambda z: -np.exp(-z)),
    diagonal("exp", "inner derivative of e^(z^2)", lambda z: 2 * z * np.exp(z)),
    derivative("exp", "the diagonal first, then e", lambda z: np.exp(diag(z))),
    pullback("exp", "upstream in the exponent", lambda a_bar, z: np.exp(z * a_bar)),
    pullback("exp", "derivative taken twice", lambda a_bar, z: a_bar * np.exp(z) ** 2),
    tangent("exp", "exponential of the tangent", lambda z, z_dot: np.exp(z_dot)),
    # Logarithm
    value("log", "logarithm to the base 10", np.log10),
    diagonal("log", "the logarithm itself", np.log),
    diagonal("log", "1/log z", lambda z: 1 / np.log(z)),
    diagonal("log", "differentiated twice", lambda z: -1 / z**2),
    diagonal("log", "to the base 10", lambda z: 1 / (z * np.log(10))),
    diagonal("log", "returns its input", lambda z: z),
    pullback("log", "upstream under the fraction bar", lambda a_bar, z: 1 / (a_bar * z)),
    pullback("log", "times z, not divided by it", lambda a_bar, z: a_bar * z),
    tangent("log", "quotient upside down", lambda z, z_dot: z / z_dot),
    # Sine
    value("sin", "argument in degrees", lambda z: np.sin(np.radians(z))),
    diagonal("sin", "the sine itself", np.sin),
    diagonal("sin", "in degrees", lambda z: np.cos(np.radians(z))),
    diagonal("sin", "at the output", lambda z: np.cos(np.sin(z))),
    diagonal("sin", "power rule, z*cos z", lambda z: z * np.cos(z)),
    pullback("sin", "upstream inside the cosine", lambda a_bar, z: np.cos(z * a_bar)),
    tangent("sin", "sine of the tangent", lambda z, z_dot: np.sin(z_dot)),
    tangent("sin", "finite difference of a whole step", lambda z, z_dot: np.sin(z + z_dot) - np.sin(z)),
    # Cosine
    value("cos", "the sine", np.sin),
    diagonal("cos", "the cosine itself", np.cos),
    diagonal("cos", "at the output", lambda z: -np.sin(np.cos(z))),
    pullback("cos", "upstream inside the sine", lambda a_bar, z: -np.sin(z * a_bar)),
    pullback("cos", "minus forgotten on the way back", lambda a_bar, z: a_bar * np.sin(z)),
    tangent("cos", "cosine of the tangent", lambda z, z_dot: np.cos(z_dot)),
    # Tangent
    value("tan", "the cotangent", lambda z: 1 / np.tan(z)),
    diagonal("tan", "square forgotten, 1 + a", lambda z: 1 + np.tan(z)),
    diagonal("tan", "tanh's, 1 - a^2", lambda z: 1 - np.tan(z) ** 2),
    diagonal("tan", "1/cos z, not squared", lambda z: 1 / np.cos(z)),
    diagonal("tan", "cos^2 z, upside down", lambda z: np.cos(z) ** 2),
    diagonal("tan", "the arc tangent's", lambda z: 1 / (1 + z**2)),
    pullback("tan", "precedence, 1 + a^2*a_bar", lambda a_bar, z: 1 + np.tan(z) ** 2 * a_bar),
    tangent("tan", "quotient rule without its second term", lambda z, z_dot: z_dot * np.cos(z) / np.cos(z)),
)
