"""Softmax's Jacobian derived line by line, once right and once with a slip in the third line.

Run: handgrad check examples/derivation.py
"""

import numpy as np

from handgrad import derives


@derives("softmax_jacobian")
def derivation(l):
    """Take both cases, i = j and i ≠ j, in one."""
    e, I = np.exp(l), np.eye(len(l))
    S = np.sum(e)
    yield "quotient rule", (I * e[:, None] * S - np.outer(e, e)) / S**2
    yield "split the fraction", I * e[:, None] / S - np.outer(e / S, e / S)
    p = e / S
    yield "insert p", I * p[:, None] - np.outer(p, p)
    yield "factor out p", p[:, None] * (I - p)


@derives("softmax_jacobian")
def derivation_with_a_slip(l):
    """Lose the sign of the second term, and go on from there."""
    e, I = np.exp(l), np.eye(len(l))
    S = np.sum(e)
    yield "quotient rule", (I * e[:, None] * S - np.outer(e, e)) / S**2
    yield "split the fraction", I * e[:, None] / S - np.outer(e / S, e / S)
    p = e / S
    yield "insert p", I * p[:, None] + np.outer(p, p)
    yield "factor out p", p[:, None] * (I + p)
