"""Functions as students hand them in, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from handgrad.oracle.checking import check
from handgrad.oracle.report import Result

PRELUDE = """
import math
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def softmax(l):
    e = np.exp(l - np.max(l, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)
"""

NETWORK = """
def backprop(X, Y, W1, b1, W2, b2):
    m = X.shape[1]
    A1 = sigmoid(W1 @ X + b1)
    A2 = sigmoid(W2 @ A1 + b2)
    dZ2 = 2 * (A2 - Y) / m * A2 * (1 - A2)
    dZ1 = W2.T @ dZ2 * A1 * (1 - A1)
    dW1, db1 = dZ1 @ X.T, np.sum(dZ1, axis=1, keepdims=True)
    dW2, db2 = dZ2 @ A1.T, np.sum(dZ2, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
"""
"""A network of two layers whose samples are columns and whose weights have a row for each output."""
COLUMNS = "samples are columns; the notes' are rows"
"""What is said of the former."""


def function(code: str) -> Callable[..., Any]:
    """The last function that a student's code defines."""
    namespace: dict[str, Any] = {}
    exec(PRELUDE, namespace)
    before = set(namespace)
    exec(textwrap.dedent(code), namespace)
    return namespace[[name for name in namespace if name not in before][-1]]


def judged(code: str, claim: str | None = None, **stated: Any) -> Result:
    return check(function(code), claim, conventions=stated).results[0]
