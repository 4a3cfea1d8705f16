"""Hand-derived gradients and Jacobians, verified against automatic differentiation."""

from handgrad.activations import *  # noqa: F403 - each module's __all__ is its public list
from handgrad.probabilities import *  # noqa: F403

__version__ = "0.1.0"
