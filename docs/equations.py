"""Write docs/equations.md, the table of equation numbers and the functions that implement them.

Run from the checkout: ``python -m docs.equations``. A test compares the file with what this would write.
"""

from __future__ import annotations

import pathlib
from collections import defaultdict

from handgrad import catalogue

EQUATIONS = {0: 6, 1: 15, 2: 32, 3: 13, 4: 11}
"""How many equations each note has."""

NOTES = {
    0: "Jacobians for stochastic gradient descent",
    1: "Stochastic gradient descent and back-propagated sensitivities",
    2: "Multivariate functions and Jacobians",
    3: "Matrix calculus by shape",
    4: "Back-propagation in matrix notation",
}

TITLES = {
    "0.1": "A linear map and its Jacobian",
    "0.2": "A layer as a linear map of its weights",
    "0.3": "The sigmoid and its Jacobian",
    "0.4": "What a Jacobian is",
    "0.5": "Element-wise functions have diagonal Jacobians",
    "0.6": "The loss by the stacked weights of a layer",
    "1.1": "One step for a weight and a bias",
    "1.2": "Weights and biases by the chain rule",
    "1.3": "The pre-activation of a unit",
    "1.4": "The pre-activation by weights and biases",
    "1.5": "The sensitivity of a layer",
    "1.6": "The gradients by weights and biases",
    "1.7": "One step, from the sensitivity",
    "1.8": "A layer's sensitivity from that of the next",
    "1.9": "From one layer to the next, entry by entry",
    "1.10": "From one layer to the next, as a matrix",
    "1.11": "The sensitivity of a hidden layer",
    "1.12": "The squared error at the last layer",
    "1.13": "The sensitivity of the last layer",
    "1.14": "The steps of all weights and biases of a layer",
    "1.15": "From the last layer to the first",
    "2.1": "A sum",
    "2.2": "A sum of squares",
    "2.3": "A product",
    "2.4": "The mean",
    "2.5": "The mean square",
    "2.6": "An affine function",
    "2.7": "Partial derivatives as limits",
    "2.8": "Uphill and downhill, by the signs of the steps",
    "2.9": "The gradient as a row",
    "2.10": "The shape of a derivative",
    "2.11": "A step along the gradient",
    "2.12": "The dot product",
    "2.13": "Backwards through an affine function",
    "2.14": "The slopes of the activations",
    "2.15": "Backwards through an activation",
    "2.16": "Backwards through a neuron",
    "2.17": "The mean loss of a batch",
    "2.18": "A batch by each of its predictions",
    "2.19": "The squared error",
    "2.20": "The mean squared error",
    "2.21": "The binary cross-entropy",
    "2.22": "The mean binary cross-entropy",
    "2.23": "The categorical cross-entropy",
    "2.24": "A one-hot target",
    "2.25": "A label for a target",
    "2.26": "The mean categorical cross-entropy",
    "2.27": "Softmax",
    "2.28": "The denominator of softmax",
    "2.29": "Softmax by its own logit",
    "2.30": "Softmax by another logit",
    "2.31": "A row of softmax's Jacobian",
    "2.32": "The Jacobian of softmax",
    "3.1": "A number by a number",
    "3.2": "A number by a vector",
    "3.3": "A vector by a number",
    "3.4": "A vector by a vector",
    "3.5": "A number by a matrix",
    "3.6": "A matrix by a number",
    "3.7": "A vector by a matrix",
    "3.8": "A vector by a matrix, flattened",
    "3.9": "The identity",
    "3.10": "A chain that ends at a matrix",
    "3.11": "A diagonal Jacobian as a product by entry",
    "3.12": "Where functions have a derivative",
    "3.13": "The slope of the sigmoid, line by line",
    "4.1": "The gradient as a column",
    "4.2": "To first order, and the steepest ascent",
    "4.3": "The rows of a Jacobian",
    "4.4": "Layers of any kind",
    "4.5": "The cost of the last output",
    "4.6": "The Jacobians of a layer, side by side",
    "4.7": "The cost by the last layer's parameters",
    "4.8": "The cost by the layers before",
    "4.9": "The textbook's weights",
    "4.10": "The cost by an output of a layer",
    "4.11": "The textbook's recursion",
}
"""What each equation is about, in a few words."""

PATH = pathlib.Path(__file__).with_name("equations.md")


def functions_by_equation() -> dict[str, list[str]]:
    """Every equation number of the notes with the functions whose docstrings cite it."""
    cited: dict[str, list[str]] = defaultdict(list)
    for formula in catalogue.FORMULAS.values():
        for function in (formula.value, *formula.companions.values()):
            for number in catalogue.equations_of(function):
                cited[number].append(function.__name__)
    for function, numbers in catalogue.tools().items():
        for number in numbers:
            cited[number].append(function.__name__)
    return {f"{note}.{i}": cited[f"{note}.{i}"] for note, count in EQUATIONS.items() for i in range(1, count + 1)}


def table() -> str:
    """The page."""
    found = functions_by_equation()
    lines = [
        "# From equation number to function",
        "",
        "`handgrad list 2.32` finds the same from the command line. Written by `python -m docs.equations`.",
    ]
    for note, title in NOTES.items():
        lines += ["", f"## Note {note}: {title}", "", "| equation | about | functions |", "|---|---|---|"]
        for number, names in found.items():
            if number.startswith(f"{note}."):
                lines.append(f"| {number} | {TITLES[number]} | {', '.join(f'`{name}`' for name in names) or '—'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(table(), encoding="utf-8")
