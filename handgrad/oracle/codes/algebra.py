"""Slips in the algebra or in writing it down."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG250",
        "the wrong product is taken",
        seen="the factors are right and multiplied in another way: by entry, as matrices, or as an outer product",
        help="write the product with its indices: p_i p_j is outer, p_i p_i by entry, and a sum Σ_k a matrix product",
        story="""
            * multiplies entry by entry, @ sums over a shared index, np.outer pairs each with each. All three take two
            vectors of n entries, and none complains when another is meant.

            On paper p pᵀ is the n×n matrix of all p_i p_j, notes (2.32). In NumPy p * p.T is n numbers, since a vector
            with one axis has no other to be transposed into. The converse happens with diagonal matrices: they act by
            entry, notes (3.11), and an outer product in their place fills the matrix.

            Of two functions multiplied, the derivative is no product either: (uv)' is u'v + uv', and not u'v'.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import softmax, softmax_jacobian
            >>> l = np.log([1.0, 3.0])
            >>> p = softmax(l)
            >>> wrong = np.diag(p) - p * p.T
            >>> right = softmax_jacobian(l)
            >>> wrong
            array([[ 0.1875, -0.5625],
                   [-0.0625,  0.1875]])
            >>> right
            array([[ 0.1875, -0.1875],
                   [-0.1875,  0.1875]])
        """,
        idea="np.outer(p, p), or p[:, None] * p",
    ),
    Code(
        "HG251",
        "parentheses are missing or misplaced",
        seen="a factor acts on one term of a sum, or a divisor on the wrong part",
        help="put brackets round every sum before it is multiplied, and round every denominator of several factors",
        story="""
            On paper a bar or a bracket holds things together. In code * and / come before + and -, and ** comes before
            both, so 1 - t**2 * g is 1 - (t² g). Meant is (1 - t²) g, the derivative of tanh times what comes from
            above, notes (2.14) and (2.15).

            a / b * c is (a/b) c. A fraction with two factors below, such as (ŷ - y)/(ŷ(1 - ŷ)) in notes (2.21), needs
            brackets round them.

            With an upstream gradient of 1 the first slip does not show. It does with any other.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import tanh_vjp
            >>> z, g = np.array([0.0]), np.array([3.0])
            >>> t, pullback = tanh_vjp(z)
            >>> wrong = 1 - t**2 * g
            >>> right = pullback(g)
            >>> wrong, right
            (array([1.]), array([3.]))
        """,
        idea="(1 - t**2) * g",
    ),
    Code(
        "HG252",
        "a term is forgotten",
        seen="yours is the correct one without one of its terms",
        help="count the places where the variable stands: each gives a term",
        story="""
            A variable that stands in several places has a term for each. In x² ln x² it stands in both factors, and the
            product rule gives two terms, notes (3.1):

                2x · ln x² + x² · 2x/x² = 2x ln x² + 2x

            The binary cross-entropy has ŷ in both of its terms, notes (2.21). Where y is 0 or 1 one of them is 0, but
            the formula needs both. In softmax a logit stands in the numerator and in the sum below it, notes (2.29).

            A constant that is added disappears when it is differentiated, a target or 1 that is subtracted inside a
            square or product does not.
        """,
        example="""
            >>> from handgrad import example_3_1_derivative
            >>> wrong = 2 * 1.0 * 0.0
            >>> right = float(example_3_1_derivative(1.0))
            >>> wrong, right
            (0.0, 2.0)
        """,
        idea="(uv)' = u'v + uv': as many terms as there are factors",
    ),
    Code(
        "HG253",
        "a factor is forgotten",
        seen="yours is the correct one without one of its factors, which changes from entry to entry",
        help="carry every factor from line to line of the derivation, also those that the next step does not touch",
        story="""
            A factor is lost between two lines of a derivation more often than inside one: while one part is rewritten,
            the rest is not copied. The sigmoid's derivative ends in two factors, notes (3.13),

                e^{-z} / (1 + e^{-z})² = σ(z) · (1 - σ(z))

            and each alone is a plausible answer. So are the target in -y/ŷ, notes (2.23), the norm that divides in
            notes (4.5), and the input in the gradient by the weights, notes (1.6).

            A limit is a quick test. For large z the sigmoid is flat on both sides: a(1 - a) goes to 0 on both, 1 - a
            goes to 1 on the left.
        """,
        example="""
            >>> from handgrad import sigmoid, sigmoid_derivative
            >>> a = float(sigmoid(0.0))
            >>> wrong = 1 - a
            >>> right = float(sigmoid_derivative(0.0))
            >>> wrong, right
            (0.5, 0.25)
        """,
        idea="a * (1 - a): check each line of the derivation at one number",
    ),
    Code(
        "HG254",
        "a power is wrong",
        seen="an exponent is missing, has the wrong sign, or the power rule is used where it does not hold",
        help="the power rule is for the variable in the base, x^n; in the exponent, as in e^x, the derivative is e^x",
        story="""
            d/dx x^n = n x^{n-1} has two steps, the exponent down and one less above. Forgetting the first leaves 3x for
            the 6x of notes (3.3).

            e^x is no power of x. Its exponent is the variable, and its derivative is e^x again, notes (3.3), not x
            e^{x-1}.

            Squares get lost when a result is written from memory: 1 - a² for tanh, notes (2.14), 1/cos² for tan. So
            does the minus of an exponent, as in e^{-z} of notes (3.13).
        """,
        example="""
            >>> import math
            >>> from handgrad import tanh, tanh_derivative
            >>> z = math.log(2.0)
            >>> a = float(tanh(z))
            >>> wrong = 1 - a
            >>> right = float(tanh_derivative(z))
            >>> round(a, 6), round(wrong, 6), round(right, 6)
            (0.6, 0.4, 0.64)
        """,
        idea="1 - a**2, which is (1 + a) * (1 - a)",
    ),
    Code(
        "HG255",
        "a fraction is upside down",
        seen="a factor multiplies that should divide, or the other way round",
        help="put one number into the formula: 1/x grows where x falls",
        story="""
            The logarithm turns its argument into a quotient: the derivative of ln ŷ is 1/ŷ, so cross-entropy has -y/ŷ,
            notes (2.23). The smaller the probability of the right class, the larger its gradient. Upside down it is the
            other way round, and wrong predictions are hardly corrected.

            For tan the quotient rule has cos² in the denominator, since tan is sin/cos:

                (cos z cos z + sin z sin z) / cos² z = 1/cos² z = 1 + tan² z
        """,
        example="""
            >>> import math
            >>> from handgrad import tan_derivative
            >>> z = math.pi / 3
            >>> wrong = math.cos(z) ** 2
            >>> right = float(tan_derivative(z))
            >>> round(wrong, 6), round(right, 6)
            (0.25, 4.0)
        """,
        idea="1 / np.cos(z)**2, or 1 + np.tan(z)**2",
    ),
    Code(
        "HG256",
        "one entry or one side is wrong",
        seen="all entries are right but one, or all on one side of a kink",
        help="look at the entry or the side that the counterexample names; the rest of the formula stands",
        story="""
            Functions with a case distinction have a derivative with the same distinction. ReLU has slope 0 below 0 and
            1 above, notes (2.14), |z| has -1 and 1. One case written for both, the two exchanged, or a slope of 0.01
            from a leaky ReLU, is right on one side and wrong on the other.

            A single entry that is off is a matter of indices: a loop that ends one too early, an entry that is assigned
            twice.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu_derivative
            >>> z = np.array([-1.0, 2.0])
            >>> wrong = np.where(z >= 0, 1.0, 0.01)
            >>> right = relu_derivative(z)
            >>> wrong, right
            (array([0.01, 1.  ]), array([0., 1.]))
        """,
        idea="write both cases down, and test one number from each side",
    ),
    Code(
        "HG257",
        "the value at a kink is wrong",
        seen="all is right away from the kink; at it stands nan, infinity or a slope of neither side",
        help="decide the kink before you divide: np.where on the denominator, not on the quotient",
        story="""
            At a corner there is no derivative, and any slope between those of the two sides will do, notes (3.12). A
            jump has not even that: the unit step has derivative 0 elsewhere, and at 0 nothing larger is right.

            The distance ‖ŷ - y‖ has its corner where the two are equal, notes (4.5), and the quotient is 0/0 there. It
            is not rare: a network that has learnt a sample by heart stands on it, and one nan spoils all weights.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import euclidean_error_gradient
            >>> y = y_hat = np.array([1.0, 2.0])
            >>> d = y_hat - y
            >>> with np.errstate(invalid="ignore"):
            ...     wrong = d / np.sqrt(np.sum(d**2))
            >>> right = euclidean_error_gradient(y, y_hat)
            >>> wrong, right
            (array([nan, nan]), array([0., 0.]))
        """,
        idea="norm = np.sqrt(np.sum(d**2)); d / np.where(norm == 0, 1, norm)",
    ),
    Code(
        "HG258",
        "it follows a misprint of the notes",
        seen="yours is what the notes print at this place, and that is not the derivative",
        help="use the corrected line; `handgrad show` prints the formula as it was verified",
        story="""
            The notes are transcripts, and some lines lost an index, a minus or a prime on the way. Where that makes a
            formula false, the correction was shown right by machine and the printed line wrong by a counterexample.

            The row of derivatives of a mean, notes (2.17), is an example. It is printed as the losses themselves. The
            mean is (1/N) Σ J0^(i), and each loss enters it once:

                ∂J/∂J0 = (1/N … 1/N)
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import batch_mean_gradient
            >>> losses = np.array([1.0, 3.0])
            >>> wrong = losses
            >>> right = batch_mean_gradient(losses)
            >>> wrong, right
            (array([1., 3.]), array([0.5, 0.5]))
        """,
        idea="derive the line before you copy it, from whatever source",
    ),
    Code(
        "HG259",
        "a small number is added",
        seen="yours is close to the correct one everywhere, and off by more than rounding",
        help="keep the formula exact where it is defined, and guard the one point where it is not",
        story="""
            A small ε in the denominator keeps a quotient finite at 0. It also changes it everywhere else, by about ε
            over the denominator. The derivative of the binary cross-entropy divides by ŷ(1 - ŷ), notes (2.21), which is
            small for the predictions that matter most.

            A forward function with the same ε has another derivative, and against that yours may be right. State it, or
            clip the prediction in both.
        """,
        example="""
            >>> from handgrad import binary_cross_entropy_derivative
            >>> y, y_hat = 1.0, 0.5
            >>> wrong = (y_hat - y) / (y_hat * (1 - y_hat) + 0.001)
            >>> right = float(binary_cross_entropy_derivative(y, y_hat))
            >>> round(wrong, 6), right
            (-1.992032, -2.0)
        """,
        idea="fuse the loss with its activation: p - y has no denominator",
    ),
)
