"""Signs, constant factors and normalisation."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG201",
        "a sign is flipped",
        seen="yours is the opposite of the correct one, in all of it or in one term",
        help="differentiate the innermost difference as a step of its own: y - ŷ and 1 - ŷ both have -1 by ŷ",
        story="""
            The sign goes where the variable stands behind a minus. (y - ŷ)² has the outer derivative 2(y - ŷ), and its
            inner difference, y - ŷ by ŷ, gives -1:

                ∂J0/∂ŷ = 2(y - ŷ) · (-1) = -2(y - ŷ)

            That is notes (2.19), and the same as 2(ŷ - y). Leave the inner factor out, or differentiate by y in
            thought, and the sign is gone. Elsewhere it is a rule that is remembered by half: cos' is -sin, and the
            quotient rule subtracts the term with the derivative of the denominator.

            A flipped sign is no convention. The update w - α ∂J/∂w, notes (1.1), then climbs: each step makes the loss
            larger.
        """,
        example="""
            >>> from handgrad import squared_error, squared_error_derivative
            >>> y, y_hat = 3.0, 1.0
            >>> wrong = 2 * (y - y_hat)
            >>> right = float(squared_error_derivative(y, y_hat))
            >>> wrong, right
            (4.0, -4.0)
            >>> [float(squared_error(y, y_hat - 0.25 * slope)) for slope in (wrong, right)]
            [9.0, 1.0]
        """,
        idea="-2 * (y - y_hat), or 2 * (y_hat - y): prediction minus target when the loss is an error squared",
    ),
    Code(
        "HG202",
        "a constant factor is wrong",
        seen="yours is the correct one times one constant, in every entry and for every shape",
        help="bring the exponent down as a factor, and see whether your loss has the same constant as the formula",
        story="""
            The derivative of a square brings a 2 down: z = x² + y² has the gradient (2x, 2y), notes (2.2). Many books
            write the loss as ½(y - ŷ)² so that the two cancel. The notes have no ½ and keep the 2:

                ∂J0/∂ŷ = -2(y - ŷ)

            in (2.19), and -2(y - a) f'(n) in (1.12). A derivative from one book with the loss of another is off by that
            factor. Training hides it, for half the gradient with twice the learning rate takes the same steps.

            If the ½ is meant, put it into your loss as well, in the same file or as a stated convention. Then the
            derivative is right for it.
        """,
        example="""
            >>> from handgrad import squared_error_derivative
            >>> y, y_hat = 3.0, 1.0
            >>> wrong = y_hat - y
            >>> right = float(squared_error_derivative(y, y_hat))
            >>> wrong, right
            (-2.0, -4.0)
        """,
        idea="differentiate your own loss, with the constant it has",
    ),
    Code(
        "HG207",
        "the factor 1/N is forgotten",
        seen="yours is the correct one times the number of terms under the mean",
        help="a mean of N terms has 1/N in front of every derivative; if your loss is a sum, say so",
        story="""
            The loss of a mini-batch is a mean, J = (1/N) Σ J0. One prediction enters one term of the sum only, so the
            sum goes away when it is differentiated. The 1/N stays:

                ∂J/∂ŷ^(i) = (1/N) ∂J0^(i)/∂ŷ^(i)

            That is notes (2.17) and (2.18), and for the squared error (2.20). It is easily crossed out together with
            the sum sign.

            Training hides this too: the learning rate makes up for it until the size of the batch changes. For a loss
            that is a sum the derivative without 1/N is right.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import mean_squared_error_gradient
            >>> y, y_hat = np.array([1.0, 2.0]), np.array([3.0, 5.0])
            >>> wrong = 2 * (y_hat - y)
            >>> right = mean_squared_error_gradient(y, y_hat)
            >>> wrong, right
            (array([4., 6.]), array([2., 3.]))
        """,
        idea="2 * (y_hat - y) / y_hat.shape[-1]: the sum disappears, the number of its terms does not",
    ),
    Code(
        "HG208",
        "there is a factor 1/N too many",
        seen="yours is the correct one divided by a number of terms",
        help="divide where the loss is a mean, and only once on the way back",
        story="""
            The loss of one sample is no mean: the squared error of one vector sums over its entries, notes (1.12), a
            cross-entropy sums over the classes, notes (2.23). Neither has a 1/K.

            The 1/N of a mini-batch belongs to the step that takes the mean. On the way back it arrives once, with the
            upstream gradient, notes (2.18). A derivative of the loss that divides as well makes it 1/N².

            np.mean where the formula has Σ is the usual way to get there.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import sum_squared_error_gradient
            >>> y, a = np.array([1.0, 2.0]), np.array([3.0, 5.0])
            >>> wrong = 2 * (a - y) / len(a)
            >>> right = sum_squared_error_gradient(y, a)
            >>> wrong, right
            (array([2., 3.]), array([4., 6.]))
        """,
        idea="one division by N in the whole chain, in the function that takes the mean",
    ),
    Code(
        "HG209",
        "it is divided by the wrong number",
        seen="yours is the correct one times a quotient of two sizes",
        help="count the terms under the mean in the formula, then read that axis of the shape",
        story="""
            The N of 1/N is the number of terms that are averaged: the n entries of x in (1/n) Σ x_i², notes (2.5), the
            N samples of a mini-batch in (2.26), where the K classes of each are summed and not counted.

            len(x) is the first axis, x.size is all entries, x.shape[-1] the last axis. For a batch of vectors these are
            three numbers. With one sample, or as many samples as entries, some of them agree, and a test on such an
            array passes.

            n - 1 belongs to the variance of a sample, not to a mean.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import mean_square_gradient
            >>> x = np.array([[3.0, 0.0, 6.0], [0.0, 3.0, 3.0]])
            >>> wrong = 2 * x / len(x)
            >>> right = mean_square_gradient(x)
            >>> wrong[0], right[0]
            (array([3., 0., 6.]), array([2., 0., 4.]))
        """,
        idea="name the axis: x.shape[-1] for a mean over the entries, x.shape[0] for one over the samples",
    ),
)
