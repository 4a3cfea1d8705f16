"""Hand-derived gradients and Jacobians, verified against automatic differentiation.

Every function takes NumPy, JAX or PyTorch arrays, or lists of numbers, and answers in kind.
"""

from typing import TYPE_CHECKING

# ruff: noqa: F403 - each module's __all__ is its public list, and a test holds the sum to no name twice
from handgrad.activations import *
from handgrad.backprop import *
from handgrad.descent import *
from handgrad.elementary import *
from handgrad.layers import *
from handgrad.layouts import *
from handgrad.losses import *
from handgrad.multivariate import *
from handgrad.probabilities import *
from handgrad.worked_examples import *

if TYPE_CHECKING:
    from handgrad.oracle.checking import check as check
    from handgrad.oracle.claiming import claims as claims
    from handgrad.oracle.claiming import derives as derives
    from handgrad.oracle.stating import conventions as conventions

__version__ = "0.1.0"

_ORACLE = {
    "check": "handgrad.oracle.checking",
    "claims": "handgrad.oracle.claiming",
    "conventions": "handgrad.oracle.stating",
    "derives": "handgrad.oracle.claiming",
}


def __getattr__(name: str) -> object:
    """The oracle's names, imported when they are first asked for."""
    if name not in _ORACLE:
        raise AttributeError(f"module 'handgrad' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_ORACLE[name]), name)
