"""The Jacobian of softmax."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG203",
        "the off-diagonal terms are missing",
        seen="the diagonal is right, and every entry off it is 0",
        help="each output depends on every input, by the sum in the denominator: ∂p_i/∂l_j = -p_i p_j",
        story="""
            Sigmoid, tanh and ReLU work on each entry alone, so their Jacobians are diagonal, notes (0.5). Softmax does
            not. Its denominator S = Σ_k e^{l_k} holds every logit, and one that grows takes from all other outputs.

            The quotient rule gives two cases. Where i = j the numerator depends on l_j too, notes (2.29):

                (e^{l_i} S - e^{l_i} e^{l_i}) / S² = p_i (1 - p_i)

            Where i ≠ j only the denominator does, notes (2.30):

                (0 · S - e^{l_i} e^{l_j}) / S² = -p_i p_j

            A test of the result: the outputs sum to 1 whatever the logits are, so each column of the Jacobian must sum
            to 0. A diagonal alone cannot.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import softmax, softmax_jacobian
            >>> l = np.log([1.0, 3.0])
            >>> p = softmax(l)
            >>> p
            array([0.25, 0.75])
            >>> wrong = np.diag(p * (1 - p))
            >>> right = softmax_jacobian(l)
            >>> wrong
            array([[0.1875, 0.    ],
                   [0.    , 0.1875]])
            >>> right
            array([[ 0.1875, -0.1875],
                   [-0.1875,  0.1875]])
        """,
        idea="np.diag(p) - np.outer(p, p), notes (2.32)",
    ),
    Code(
        "HG204",
        "softmax is taken element by element",
        seen="yours is p(1 - p) in each entry, as for the sigmoid",
        help="the derivative of softmax is a matrix; a backward pass needs p(p̄ - Σ p p̄), not p̄ p(1 - p)",
        story="""
            p(1 - p) is the derivative of the sigmoid, a(1 - a) in notes (2.14), and it is the diagonal of softmax's
            Jacobian, notes (2.29). That makes it look like all of it. The entries -p_i p_j off the diagonal, notes
            (2.30), are as large.

            In a backward pass the missing entries are a missing sum. With the Jacobian of notes (2.32), p_i(δ_ij -
            p_j):

                l̄_j = Σ_i p̄_i p_i (δ_ij - p_j) = p_j (p̄_j - Σ_i p̄_i p_i)

            The element-wise version is right only where one class has all the probability. It often goes unnoticed,
            since training with it still finds its way.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import softmax, softmax_vjp
            >>> l, p_bar = np.log([1.0, 3.0]), np.array([1.0, 0.0])
            >>> p = softmax(l)
            >>> wrong = p_bar * p * (1 - p)
            >>> right = softmax_vjp(l)[1](p_bar)
            >>> wrong, right
            (array([0.1875, 0.    ]), array([ 0.1875, -0.1875]))
        """,
        idea="p * (p_bar - np.sum(p * p_bar, axis=-1, keepdims=True)); no matrix is needed",
    ),
    Code(
        "HG205",
        "the off-diagonal terms have the wrong sign",
        seen="p_i p_j is added where it has to be taken off",
        help="the product p_i p_j comes from the denominator and carries its minus: -p_i p_j",
        story="""
            The quotient rule subtracts the term in which the denominator is differentiated. Off the diagonal it is the
            only term, notes (2.30):

                ∂p_i/∂l_j = -e^{l_i} e^{l_j} / S² = -p_i p_j

            On the diagonal it stands beside the numerator's, p_i - p_i p_i, notes (2.32). With a plus, raising one
            logit would raise every probability, and they could not sum to 1 any more.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import softmax, softmax_jacobian
            >>> l = np.log([1.0, 3.0])
            >>> p = softmax(l)
            >>> wrong = np.diag(p) + np.outer(p, p)
            >>> right = softmax_jacobian(l)
            >>> wrong.sum(axis=0), right.sum(axis=0).round(12)
            (array([0.5, 1.5]), array([0., 0.]))
        """,
        idea="np.diag(p) - np.outer(p, p): one minus for the whole outer product",
    ),
    Code(
        "HG206",
        "the softmax Jacobian is put together wrongly",
        seen="the entries are products of p and 1 - p, but not those of diag(p) - p pᵀ",
        help="write the cases i = j and i ≠ j into one matrix, and see that its columns sum to 0",
        story="""
            p_i(1 - p_i) on the diagonal suggests p_i(1 - p_j) everywhere, the outer product of p and 1 - p. Off the
            diagonal that is p_i - p_i p_j, and the p_i is too much: it comes from the numerator, which knows of l_j
            only where i = j, notes (2.29).

            The δ_ij says so in one line, notes (2.32):

                ∂p_i/∂l_j = p_i (δ_ij - p_j)

            Each row has its own p_i, notes (2.31). One row repeated, or p pᵀ without diag(p), is half of the matrix.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import softmax, softmax_jacobian
            >>> l = np.log([1.0, 3.0])
            >>> p = softmax(l)
            >>> wrong = np.outer(p, 1 - p)
            >>> right = softmax_jacobian(l)
            >>> wrong
            array([[0.1875, 0.0625],
                   [0.5625, 0.1875]])
            >>> right
            array([[ 0.1875, -0.1875],
                   [-0.1875,  0.1875]])
        """,
        idea="p[:, None] * (np.eye(len(p)) - p): the identity where the derivation has δ_ij",
    ),
)
