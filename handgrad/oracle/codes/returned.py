"""What is returned in the place of a derivative."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG210",
        "the function itself is returned",
        seen="yours is the value of the function, or the terms it is made of, not their slope",
        help="differentiate the value, or call the derivative where you called the function",
        story="""
            Of the functions in the notes only e^x is its own derivative, (3.3). For the others this is a slip: the name
            of the function was called where the name of the derivative belongs, or the forward code was copied and its
            last step not changed.

            For the sigmoid the step that is missing is short, since the value a does appear in it, notes (2.14):

                ∂a/∂z = a(1 - a)

            A value and a slope look alike in training for a while. At a minimum the slope must be 0, and the value need
            not be.
        """,
        example="""
            >>> from handgrad import sigmoid, sigmoid_derivative
            >>> wrong = float(sigmoid(0.0))
            >>> right = float(sigmoid_derivative(0.0))
            >>> wrong, right
            (0.5, 0.25)
        """,
        idea="a = sigmoid(z); return a * (1 - a)",
    ),
    Code(
        "HG211",
        "its input is returned",
        seen="yours is the argument, unchanged",
        help="return the slope at the argument; of the identity that is 1, not x",
        story="""
            The derivative of y = x is 1, and its Jacobian the identity matrix, notes (3.9). Returning x differentiates
            nothing. It comes from a function that was left unfinished, or from taking "the identity" for the derivative
            of the identity function.

            Where the function has two branches, as ReLU has, returning the input is right as its value on one side, and
            the slope there is 1, notes (2.14).
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu_derivative
            >>> z = np.array([-2.0, 3.0])
            >>> wrong = z
            >>> right = relu_derivative(z)
            >>> wrong, right
            (array([-2.,  3.]), array([0., 1.]))
        """,
        idea="np.ones_like(z) where the function is z, zeros where it is constant",
    ),
    Code(
        "HG212",
        "the loss is returned",
        seen="yours is the loss or its terms, before they are summed, not how they change with the prediction",
        help="differentiate the loss by the prediction: one number for each prediction, of either sign",
        story="""
            A backward pass starts with the derivative of the loss, not with the loss. The two are told apart by their
            signs. A squared error is never negative, while its derivative, notes (2.19), must be negative for a
            prediction that is too small, so that the update raises it:

                J0 = (y - ŷ)²,   ∂J0/∂ŷ = -2(y - ŷ)

            Their shapes differ too. The loss is one number for a sample, its gradient has one for each prediction,
            notes (2.10).
        """,
        example="""
            >>> from handgrad import squared_error_derivative
            >>> y, y_hat = 5.0, 2.0
            >>> wrong = (y - y_hat) ** 2
            >>> right = float(squared_error_derivative(y, y_hat))
            >>> wrong, right
            (9.0, -6.0)
        """,
        idea="keep the loss for printing; send its derivative back",
    ),
    Code(
        "HG213",
        "zeros are returned",
        seen="yours is 0 in every entry, by one argument or by all",
        help="ask whether the value changes when the argument does; it is 0 only for what does not appear in it",
        story="""
            A derivative of 0 says that the argument has no influence. A bias has one: it is added, so its derivative is
            1, notes (1.4), and its gradient is the upstream gradient, notes (1.6) and (2.13).

            "The derivative of a constant is 0" is right for a constant. A weight or bias does not depend on x, but here
            it is the variable, and x the constant.

            Arrays that were made with np.zeros and never filled give the same.
        """,
        example="""
            >>> from handgrad import affine_gradient
            >>> by_x, by_w, by_b = affine_gradient([1.0, 2.0], [3.0, 4.0], 5.0)
            >>> wrong = 0.0
            >>> right = float(by_b)
            >>> wrong, right
            (0.0, 1.0)
        """,
        idea="differentiate by each argument in turn, with all others held constant",
    ),
)
