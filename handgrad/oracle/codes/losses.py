"""Derivatives of something else: another loss, another function, another variable."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG231",
        "the fused p - y is given",
        seen="yours is the difference of probability and target, which is the derivative by the logits",
        help="p - y is for a cross-entropy with its activation, by the logits; apart, each has its own derivative",
        story="""
            p - y is the best known result of the subject, and it belongs to the pair of softmax and cross-entropy, or
            sigmoid and binary cross-entropy, by the logits. It has the activation's derivative in it already:

                (p - y) / (p(1 - p)) · p(1 - p) = p - y

            The loss alone, by its own argument p, has the first factor only, notes (2.21). For several classes it is
            -y_j/p_j, notes (2.23).

            It matters when the parts are joined. A loss that returns p - y, followed by a softmax layer that multiplies
            by its Jacobian, counts softmax twice.
        """,
        example="""
            >>> from handgrad import binary_cross_entropy_derivative
            >>> y, p = 1.0, 0.25
            >>> wrong = p - y
            >>> right = float(binary_cross_entropy_derivative(y, p))
            >>> wrong, right
            (-0.75, -4.0)
        """,
        idea="either the loss by p and softmax by l, as two factors, or both fused as p - y by l",
    ),
    Code(
        "HG232",
        "it is the derivative of another loss",
        seen="yours is right for a loss that is not the one it claims",
        help="differentiate the loss that the forward pass computes, from its formula",
        story="""
            2(ŷ - y) is the derivative of the squared error, notes (2.19), and many programs have it for any loss. The
            cross-entropies have the prediction in the denominator, notes (2.21) and (2.23):

                squared error:          -2(y - ŷ)
                binary cross-entropy:   (ŷ - y) / (ŷ(1 - ŷ))
                categorical:            -y_j / ŷ_j

            All push the prediction towards the target, so that training with the wrong one still goes there, by steps
            of another size. The loss that is printed is then not the one that is minimised.
        """,
        example="""
            >>> from handgrad import binary_cross_entropy_derivative
            >>> y, y_hat = 1.0, 0.25
            >>> wrong = 2 * (y_hat - y)
            >>> right = float(binary_cross_entropy_derivative(y, y_hat))
            >>> wrong, right
            (-1.5, -4.0)
        """,
        idea="keep each loss and its derivative side by side under one name",
    ),
    Code(
        "HG233",
        "it is the derivative of another function",
        seen="yours is right for a function that is not the one it claims",
        help="look the formula up for the function itself: tanh has 1 - a², the sigmoid a(1 - a), tan 1 + a²",
        story="""
            The short forms in the output are easily mixed up, notes (2.14): a(1 - a) belongs to the sigmoid, (1 + a)(1
            - a) = 1 - a² to tanh. tan has a plus, 1 + a².

            One number decides. The slope of tanh at 0, where its output is 0, is 1. Put a = 0 into the formula: the
            sigmoid's gives 0.

            Close relatives of a function are taken for it as well: ln S for the sum S, whose gradient is softmax and
            not e^{l_j}, notes (2.28), or a logarithm to the base 10, which has a factor ln 10.
        """,
        example="""
            >>> from handgrad import tanh, tanh_derivative
            >>> a = float(tanh(0.0))
            >>> wrong = a * (1 - a)
            >>> right = float(tanh_derivative(0.0))
            >>> wrong, right
            (0.0, 1.0)
        """,
        idea="test the formula at one point where the slope is known",
    ),
    Code(
        "HG234",
        "it is the derivative by another variable",
        seen="yours is a right derivative of this function, by something else than what is claimed",
        help="write the variable under the fraction bar, ∂J/∂z or ∂J/∂p, and hold all others constant",
        story="""
            A function of several variables has several derivatives, and a chain has one by each thing in it. For
            cross-entropy after a sigmoid there are two: by the probability, notes (2.21), and by the logit.

                ∂J/∂p = (p - y) / (p(1 - p)),   ∂J/∂z = p - y

            A layer has one by its input and one by its weights, notes (1.4): the weights, and the input. A function
            with W in its name that returns W differentiates by x.
        """,
        example="""
            >>> from handgrad import sigmoid_cross_entropy_derivative
            >>> y, z, p = 1.0, 0.0, 0.5
            >>> wrong = (p - y) / (p * (1 - p))
            >>> right = float(sigmoid_cross_entropy_derivative(y, z))
            >>> wrong, right
            (-2.0, -0.5)
        """,
        idea="call it dJ_dz or dJ_dp; the name then says which one comes next in the chain",
    ),
    Code(
        "HG235",
        "derivatives are swapped",
        seen="two derivatives are right, each in the place of the other",
        help="the derivative by one factor is the other factor: ∂(xy)/∂x = y",
        story="""
            In a product each variable is the other's coefficient. With y held constant, xy is a line in x of slope y,
            notes (2.3). Likewise the dot product uᵀv has vᵀ by u and uᵀ by v, notes (2.12), and an affine function has
            w by x and x by w, notes (2.13).

            Writing x for the derivative by x looks tidy and is wrong for every product. It is caught where the two
            differ in shape. Where both have n entries only the numbers show it.
        """,
        example="""
            >>> from handgrad import product_gradient
            >>> x, y = 3.0, 5.0
            >>> wrong = (x, y)
            >>> right = tuple(map(float, product_gradient(x, y)))
            >>> wrong, right
            ((3.0, 5.0), (5.0, 3.0))
        """,
        idea="return y, x for a product: by x first, which is y",
    ),
    Code(
        "HG236",
        "the wrong class is picked",
        seen="the entries that differ from 0 are not those of the label",
        help="count classes from 0, and pair each sample with its own label: y_hat[np.arange(N), label]",
        story="""
            With an integer label α the loss is -ln ŷ_α, so only one prediction enters, notes (2.25):

                ∂J/∂ŷ_i = -1/ŷ_α  if i = α,  else 0

            The quotient at every class forgets the second case. Labels that count from 1 pick the neighbour, and label
            0 then picks the last class, since an index of -1 is legal in Python.

            y_hat[label] on a batch picks whole rows, samples instead of classes. The index needs both.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import label_cross_entropy_gradient
            >>> label, y_hat = 1, np.array([0.25, 0.5, 0.25])
            >>> wrong = np.zeros(3)
            >>> wrong[label - 1] = -1 / y_hat[label - 1]
            >>> right = label_cross_entropy_gradient(label, y_hat)
            >>> wrong, right
            (array([-4.,  0.,  0.]), array([ 0., -2.,  0.]))
        """,
        idea="gradient = np.zeros_like(y_hat), then gradient[np.arange(N), label] = -1 / y_hat[np.arange(N), label]",
    ),
)
