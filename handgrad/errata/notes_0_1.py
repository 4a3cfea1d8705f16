"""Misprints of notes 0 and 1.

The activation is tanh, whose derivative differs from itself; weights are inputs × outputs.
"""

from __future__ import annotations

import numpy as np

from handgrad.errata.misprints import Erratum, Letter, Proof, f, product_shape, slope

__all__ = ["ERRATA"]

ERRATA = (
    Erratum(
        "0.2",
        "columns of the matrix of outputs",
        r"O_{t-1} \in \mathbb{R}^{k_t \times (k_{t-1} + k_t)}",
        r"O_{t-1} \in \mathbb{R}^{k_t \times k_{t-1} k_t}",
        "It is multiplied by the vector of all weights, which has an entry for each pair of an output and an input; "
        "beside that vector the notes print the product themselves.",
        Proof(
            "the number of columns, for k × k' weights",
            {"W": Letter("k n")},
            lambda W: W.shape[0] + W.shape[1],
            lambda W: W.shape[0] * W.shape[1],
            {"W": [[0]]},
        ),
    ),
    Erratum(
        "0.2",
        "indices that run together",
        r"w_{1, k_t - 1}, \; O_2, \; O^2",
        r"w_{1, k_{t-1}}, \; 0",
        "The index t - 1 of k has slipped, and the blocks of zeros have lost their shape.",
    ),
    Erratum(
        "0.2",
        "one letter for a matrix and a vector",
        r"O_{t-1} = \begin{pmatrix} O_{t-1}^T & 0 \\ 0 & O_{t-1} \end{pmatrix}",
        r"O_{t-1} = \begin{pmatrix} o_{t-1}^T & 0 \\ 0 & o_{t-1}^T \end{pmatrix}",
        "The blocks hold the vector of outputs, as a row; after the first block the transpose is lost as well.",
    ),
    Erratum(
        "0.5",
        "a derivative that need not differ from 0",
        r"\frac{\partial b_i}{\partial a_i} \neq 0, \quad \frac{\partial b_i}{\partial a_j} = 0 \text{ for } i \neq j",
        r"\frac{\partial b_i}{\partial a_j} = 0 \text{ for } i \neq j",
        "An element-wise function may have a flat place: the square at 0, ReLU below 0.",
        Proof(
            "which entries of the Jacobian of b = a² differ from 0",
            {"a": Letter("n")},
            lambda a: np.eye(len(a)) == 1,
            lambda a: np.diag(2 * a) != 0,
            {"a": [0]},
        ),
    ),
    Erratum(
        "1.4",
        "omega for w",
        r"\frac{\partial n_i^{(m)}}{\partial \omega_{ji}^{(m)}(k)}",
        r"\frac{\partial n_i^{(m)}}{\partial w_{ji}^{(m)}(k)}",
        "The weight is called w everywhere else; 1.9 has the same slip.",
    ),
    Erratum(
        "1.5",
        "u for n",
        r"u^{(m)}",
        r"n^{(m)}",
        "The sentence that names the sensitivity calls the vector of pre-activations u.",
    ),
    Erratum(
        "1.8",
        "a capital for the width of a layer",
        r"\sum_{j=1}^{S^{(m+1)}}",
        r"\sum_{j=1}^{s(m+1)}",
        "The width of a layer is a number; the small s with a raised index is the vector of its sensitivities. 1.9 and "
        "1.12 have the same capital.",
    ),
    Erratum(
        "1.9",
        "a chain that drops the weight",
        r"\frac{\partial n_i^{(m+1)}}{\partial n_j^{(m)}} = w_{ji}^{(m+1)} \frac{\partial f(n_j^{(m)})}"
        r"{\partial n_j^{(m)}} \equiv f'(n_j^{(m)})",
        r"\frac{\partial n_i^{(m+1)}}{\partial n_j^{(m)}} = w_{ji}^{(m+1)} f'(n_j^{(m)})",
        "The last link names the derivative of f alone, and stands where the whole product should.",
        Proof(
            "the Jacobian of one layer's pre-activations by those of the layer before",
            {"n": Letter("s"), "W": Letter("s t")},
            lambda n, W: np.ones((W.shape[1], 1)) * slope(n),
            lambda n, W: W.T * slope(n),
            {"n": [0], "W": [[0]]},
        ),
    ),
    Erratum(
        "1.10",
        "f on the diagonal for its derivative",
        r"F(n) = \operatorname{diag}(f(n_1), \dots, f(n_s))",
        r"F'(n) = \operatorname{diag}(f'(n_1), \dots, f'(n_s))",
        "The dots that mark a derivative are lost, over F and over each f.",
        Proof(
            "the Jacobian of a = f(n)",
            {"n": Letter("s")},
            lambda n: np.diag(f(n)),
            lambda n: np.diag(slope(n)),
            {"n": [0]},
        ),
    ),
    Erratum(
        "1.11",
        "F for its derivative in a hidden layer",
        r"s^{(m)} = F(n^{(m)})\, W^{(m+1)} s^{(m+1)}",
        r"s^{(m)} = F'(n^{(m)})\, W^{(m+1)} s^{(m+1)}",
        "The summary has lost the dot.",
        Proof(
            "the sensitivity of a hidden layer, from that of the next",
            {"n": Letter("s"), "W": Letter("s t"), "s": Letter("t")},
            lambda n, W, s: np.diag(f(n)) @ W @ s,
            lambda n, W, s: np.diag(slope(n)) @ W @ s,
            {"n": [0], "W": [[1]], "s": [1]},
        ),
    ),
    Erratum(
        "1.12",
        "the activation as one more factor",
        r"-2 (y_i - a_i) \left(\frac{\partial a_i}{\partial n_i}\right) f(n_i)",
        r"-2 (y_i - a_i) \frac{\partial a_i}{\partial n_i} = -2 (y_i - a_i) f'(n_i)",
        "f' is the name of the factor before it, not a factor of its own, and its dot is lost.",
        Proof(
            "the sensitivity of the last layer",
            {"y": Letter("k"), "n": Letter("k")},
            lambda y, n: -2 * (y - f(n)) * slope(n) * f(n),
            lambda y, n: -2 * (y - f(n)) * slope(n),
            {"y": [1], "n": [0]},
        ),
    ),
    Erratum(
        "1.12",
        "m for the last layer M",
        r"\frac{\partial J}{\partial n_i^{(m)}} = -2 (y_i - a_i) \frac{\partial a_i}{\partial n_i^{(m)}}",
        r"\frac{\partial J}{\partial n_i^{(M)}} = -2 (y_i - a_i) \frac{\partial a_i}{\partial n_i^{(M)}}",
        "The cost is a function of the last layer's output; 1.13 has the same slip.",
    ),
    Erratum(
        "1.13",
        "F for its derivative in the last layer",
        r"s^{(M)} = -2 F(n^{(M)}) (y - a)",
        r"s^{(M)} = -2 F'(n^{(M)}) (y - a)",
        "The dot is lost, here and in the summary.",
        Proof(
            "the sensitivity of the last layer",
            {"y": Letter("k"), "n": Letter("k")},
            lambda y, n: -2 * np.diag(f(n)) @ (y - f(n)),
            lambda y, n: -2 * np.diag(slope(n)) @ (y - f(n)),
            {"y": [1], "n": [0]},
        ),
    ),
    Erratum(
        "1.13",
        "a vector z for the factor -2",
        r"s^{(m)} = z^{(m)} F(n^{(m)}) (y - a)",
        r"s^{(M)} = -2 F'(n^{(M)}) (y - a)",
        "No z is defined; underlined like the other columns, it does not even fit before the matrix.",
        Proof(
            "the shape of the product, for k outputs",
            {"y": Letter("k")},
            lambda y: product_shape((len(y), 1), (len(y), len(y)), (len(y), 1)),
            lambda y: product_shape((len(y), len(y)), (len(y), 1)),
            {"y": [0, 0]},
        ),
    ),
    Erratum(
        "1.14",
        "renamed indices and letters",
        r"W_{ij}^{(m)}, \; \delta_i^{(m)}",
        r"W_{ji}^{(m)}, \; s_i^{(m)}",
        "One line swaps the indices of the weight, two write δ for the sensitivity.",
    ),
    Erratum(
        "1.15",
        "the recursion's first layer",
        r"s^{(m)} \to s^{(m-1)} \to \dots \to s^{(1)}",
        r"s^{(M)} \to s^{(M-1)} \to \dots \to s^{(1)}",
        "It starts at the last layer, M.",
    ),
)
