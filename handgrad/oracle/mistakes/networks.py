"""Mistakes in back-propagation through a network of dense layers, for any activations and loss.

Each spoils one step of s^(M) = F'(n^(M)) ∂J/∂a, s^(m) = F'(n^(m)) W^(m+1) s^(m+1), ∂J/∂W^(m) = a^(m-1) s^(m)T.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.catalogue import FORMULAS
from handgrad.oracle.networks import Network

Real = np.ndarray[Any, Any]
Version = Callable[[Mapping[str, Real]], tuple[Real, ...]]
_PIECEWISE = {"identity", "relu", "unit_step"}
"""Activations whose derivative is its own square."""
_IN_OUTPUT: dict[str, Callable[[Real], Real]] = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a**2}
"""Derivatives as they are printed, written in the output."""
_FUSED = {"softmax": "mean_categorical_cross_entropy", "sigmoid": "mean_binary_cross_entropy"}


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of a backward pass, each of which a mistake may replace."""

    error: Callable[[Real, Real, Real], Real] = lambda right, d, n: right
    """∂J/∂n of the last layer, from the right one, a - y and n."""
    slope: Callable[[str, Real, Real], Real] = lambda name, n, a: derivative(name, n)
    """F'(n) of a hidden layer, from its activation, n and a."""
    rate: float = 0.0
    """Of a step that the weights have taken before the error passes through them."""
    into: Callable[[Sequence[Real], Sequence[Real], int], Real] = lambda a, n, m: a[m]
    """The input of layer m, from all outputs a (a[0] is x) and all pre-activations n."""
    of_biases: Callable[[Real], Real] = lambda s: s.sum(axis=0)
    of_weights: Callable[[Real, Real], Real] = lambda a, s: a.T @ s


def of(network: Network, part: str) -> Iterator[tuple[str, str, Version]]:
    """The mistakes of a network's gradients or sensitivities: code, name, function of the letters."""
    known = [*_ENDS, *_of_last_layer(network), *_of_hidden_layers(network), *_of_all_layers(network)]
    if part == "gradients":
        known += _OF_PARAMETERS
        if set(network.activations[:-1]) - {"identity"}:
            known.append(("HG229", "n for a as a layer's input", Steps(into=lambda a, n, m: n[m - 1] if m else a[0])))
    for code, name, steps in known:
        yield code, name, _version(network, part, steps)


_ENDS = [
    ("HG201", "sign flipped, a - y for y - a", Steps(error=lambda right, d, n: -right)),
    ("HG202", "factor 2 forgotten", Steps(error=lambda right, d, n: right / 2)),
]
_OF_PARAMETERS = [
    ("HG207", "1/N forgotten", Steps(error=lambda right, d, n: right * len(right))),
    ("HG208", "1/N twice", Steps(error=lambda right, d, n: right / len(right))),
    ("HG243", "bias gradients not summed", Steps(of_biases=lambda s: s.copy())),
    ("HG244", "bias gradients averaged", Steps(of_biases=lambda s: s.mean(axis=0))),
    ("HG244", "weight gradients averaged", Steps(of_weights=lambda a, s: a.T @ s / len(s))),
]


def _of_last_layer(network: Network) -> Iterator[tuple[str, str, Steps]]:
    last, loss = network.activations[-1], network.loss
    if _FUSED.get(last) == loss:
        if last == "sigmoid":
            yield "HG226", "f' of the last layer too many", Steps(error=lambda r, d, n: r * derivative(last, n))
        return
    if last == "identity":
        return

    def with_slope(slope: Callable[[Real], Real]) -> Steps:
        return Steps(error=lambda right, d, n: right / derivative(last, n) * slope(n))

    yield "HG224", "f' of the last layer forgotten", with_slope(np.ones_like)
    yield "HG225", "f' of the last layer at its output a", with_slope(lambda n: derivative(last, value(last, n)))
    if last in _IN_OUTPUT:
        yield "HG225", "f' of the last layer written in a, given n", with_slope(_IN_OUTPUT[last])
    if last not in _PIECEWISE:
        yield "HG226", "f' of the last layer twice", with_slope(lambda n: derivative(last, n) ** 2)
    yield "HG231", "a - y, as if fused with a cross-entropy", Steps(error=lambda right, d, n: d)
    yield "HG231", "(a - y)/N, as if fused with a cross-entropy", Steps(error=lambda right, d, n: d / len(d))


def _of_hidden_layers(network: Network) -> Iterator[tuple[str, str, Steps]]:
    hidden = set(network.activations[:-1])
    for rate in (1, 0.1, 0.01) if hidden else ():
        yield "HG247", f"updated weights on the way back, rate {rate:g}", Steps(rate=rate)
    if not hidden - {"identity"}:
        return
    yield "HG224", "f' of the hidden layers forgotten", Steps(slope=lambda name, n, a: np.ones_like(n))
    yield "HG225", "f' of the hidden layers at their output a", Steps(slope=lambda name, n, a: derivative(name, a))
    if hidden & _IN_OUTPUT.keys():
        yield "HG225", "f' of the hidden layers written in a, given n", Steps(slope=_in_output)
    yield "HG227", "f for f' in the hidden layers", Steps(slope=lambda name, n, a: a)
    if hidden - _PIECEWISE:
        yield "HG226", "f' of the hidden layers twice", Steps(slope=lambda name, n, a: derivative(name, n) ** 2)


def _of_all_layers(network: Network) -> Iterator[tuple[str, str, Steps]]:
    """What is wrong in the last layer and in those before it alike."""
    *hidden, last = network.activations
    if last not in _IN_OUTPUT or not _IN_OUTPUT.keys() & {*hidden} or _FUSED.get(last) == network.loss:
        return
    yield (
        "HG225",
        "f' of all layers written in a, given n",
        Steps(error=lambda right, d, n: right / derivative(last, n) * _IN_OUTPUT[last](n), slope=_in_output),
    )


def _in_output(name: str, n: Real, a: Real) -> Real:
    """f' of those activations that have one in their output, but at n."""
    return _IN_OUTPUT[name](n) if name in _IN_OUTPUT else derivative(name, n)


def derivative(name: str, n: Real) -> Real:
    """f'(n) of an activation by name."""
    return FORMULAS[name].companions["derivative"](n)


def value(name: str, n: Real) -> Real:
    """f(n) of an activation by name."""
    return FORMULAS[name].value(n)


def _version(network: Network, part: str, steps: Steps) -> Version:
    def wrong(letters: Mapping[str, Real]) -> tuple[Real, ...]:
        args = [letters[name] for name in network.axes]
        M = network.depth
        W, b, x, y = [*args[:M]], [*args[M : 2 * M]], args[2 * M], args[2 * M + 1]
        alone = x.ndim == 1
        x, y = (x[None], y[None]) if alone else (x, y)
        n, a = [], [x]
        for W_m, b_m, name in zip(W, b, network.activations, strict=True):
            n.append(a[-1] @ W_m + b_m)
            a.append(value(name, n[-1]))
        # By the right gradient of a bias of its own for each sample, whatever the loss is.
        right = _sensitivity(network, part, n[-1], y)
        s = [steps.error(right, a[-1] - y, n[-1])]
        gradients = []
        for m in reversed(range(M)):
            at = steps.into(a, n, m)
            dW, db = steps.of_weights(at, s[0]), steps.of_biases(s[0])
            gradients.append((dW, db))
            if m:
                through = W[m] - steps.rate * dW
                s.insert(0, s[0] @ through.T * steps.slope(network.activations[m - 1], n[m - 1], a[m]))
        if part == "sensitivities":
            return tuple(s_m[0] if alone else s_m for s_m in s)
        J = np.asarray(network.companions["gradients"](*args)[0])
        return (J, *[dW for dW, _ in reversed(gradients)], *[db for _, db in reversed(gradients)])

    return wrong


def _sensitivity(network: Network, part: str, n: Real, y: Real) -> Real:
    """∂J/∂n of the last layer: of the squared error's sum for sensitivities, of the network's loss for gradients."""
    last = dataclasses.replace(network, activations=network.activations[-1:])
    size = n.shape[-1]
    rows = []
    for n_i, y_i in zip(n, y, strict=True):
        if part == "sensitivities":
            rows.append(last.companions[part](np.eye(size), n_i, np.zeros(size), y_i)[0])
        else:
            rows.append(last.companions[part](np.eye(size), n_i, np.zeros(size), y_i)[2] / len(n))
    return np.array(rows).reshape(n.shape)
