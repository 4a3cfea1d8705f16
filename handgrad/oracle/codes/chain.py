"""The factors of the chain rule: upstream gradients, derivatives of activations and inner derivatives."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG221",
        "the upstream gradient is forgotten",
        seen="yours is what a pullback gives for an upstream gradient of ones, whatever comes from above",
        help="multiply by the gradient that arrives from the layer above, entry by entry or as a matrix product",
        story="""
            A backward pass answers how the loss changes with the input, not how the output does. The chain rule joins
            the two, notes (2.15):

                ∂J/∂z = ∂J/∂a · ∂a/∂z

            Its first factor comes from above and is handed over as an argument. Without it the second is right as a
            derivative and wrong as a backward pass.

            A test with an upstream gradient of ones does not see it. Other numbers do.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import sigmoid_vjp
            >>> z, a_bar = np.array([0.0, 0.0]), np.array([4.0, -8.0])
            >>> a, pullback = sigmoid_vjp(z)
            >>> wrong = a * (1 - a)
            >>> right = pullback(a_bar)
            >>> wrong, right
            (array([0.25, 0.25]), array([ 1., -2.]))
        """,
        idea="a_bar * a * (1 - a): what comes from above, times the derivative here",
    ),
    Code(
        "HG222",
        "the upstream gradient is in the wrong place",
        seen="yours is no multiple of the upstream gradient: it enters a function, or is added",
        help="the upstream gradient is a factor and nothing else; the derivative is taken at the input",
        story="""
            A backward pass is linear in what comes from above, since ∂J/∂a is one factor of the chain rule, notes
            (2.15). Twice the upstream gradient must give twice the result, and 0 must give 0.

            Inside a function it breaks that: cos(z z̄) for z̄ cos z, the sigmoid's derivative at the upstream gradient,
            ReLU applied to it. ReLU's backward pass cuts where its input was below 0, notes (2.14), not where the
            gradient is.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu_vjp
            >>> z, a_bar = np.array([2.0, -1.0]), np.array([-3.0, 5.0])
            >>> wrong = np.maximum(0, a_bar)
            >>> right = relu_vjp(z)[1](a_bar)
            >>> wrong, right
            (array([0., 5.]), array([-3.,  0.]))
        """,
        idea="a_bar * derivative(z), with z as it was in the forward pass",
    ),
    Code(
        "HG223",
        "the upstream gradients are mixed",
        seen="upstream gradients are summed or averaged before they meet the derivatives they belong to",
        help="multiply each upstream gradient by its own derivative first, and sum afterwards",
        story="""
            Each output, and each sample, has its own upstream gradient. It goes with the derivative of that output:

                x̄_j = Σ_i ȳ_i ∂y_i/∂x_j

            The sum is over products. The product of two sums is something else, except where all upstream gradients are
            equal, and that is what a test with ones has.

            For the weights of a layer it is the same, notes (1.6): s_i a_j is formed for each sample, and the products
            are added up over the batch.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import mean_vjp
            >>> x, z_bar = np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([2.0, 6.0])
            >>> wrong = np.mean(z_bar) * np.ones_like(x) / 2
            >>> right = mean_vjp(x)[1](z_bar)
            >>> wrong
            array([[2., 2.],
                   [2., 2.]])
            >>> right
            array([[1., 1.],
                   [3., 3.]])
        """,
        idea="z_bar[:, None] * derivative: give the upstream gradient the axes that it lacks, then multiply",
    ),
    Code(
        "HG224",
        "the factor f'(z) is forgotten",
        seen="the upstream gradient goes through the activation as if that were the identity",
        help="multiply by the derivative of the activation at its input, z, before anything else",
        story="""
            A layer is a linear map and then an activation. On the way back the activation comes first, and with it the
            factor that is lost here, notes (2.15) and (4.11):

                δ_j = ∂E/∂v_j = f'(v_j) ∂E/∂y_j

            Then come the weights and the input, notes (1.6). In the recursion over layers it is the diagonal matrix F',
            notes (1.10) and (1.11), one for each layer.

            Code for a network without activations is right without it, and so is code for the last layer when that is
            fused with its loss. Copied from there to a hidden layer, it lacks the factor.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu_vjp
            >>> z, a_bar = np.array([-1.0, 2.0]), np.array([5.0, 5.0])
            >>> wrong = a_bar
            >>> right = relu_vjp(z)[1](a_bar)
            >>> wrong, right
            (array([5., 5.]), array([0., 5.]))
        """,
        idea="z_bar = a_bar * f'(z); the rest of the layer starts from z_bar",
    ),
    Code(
        "HG225",
        "the derivative is taken at the wrong place",
        seen="yours is the right derivative, at the output where the input belongs or the other way round",
        help="see whether your formula is written in z or in a = f(z), and hand it that one",
        story="""
            The derivatives of the sigmoid and of tanh have a short form in the output, notes (2.14): a(1 - a) and (1 +
            a)(1 - a). A function with that form wants a. Given z, it computes z(1 - z), which is not even positive.

            The long form computes the output itself. Given a, it goes through the activation twice, σ'(σ(z)). Forward
            passes keep the one or the other in their cache, so that a function may be right in one program and wrong in
            the next.

            Which one is meant can be stated. As a convention, the derivative in the output is right.
        """,
        example="""
            >>> from handgrad import sigmoid_derivative
            >>> z = 2.0
            >>> wrong = z * (1 - z)
            >>> right = float(sigmoid_derivative(z))
            >>> wrong, round(right, 6)
            (-2.0, 0.104994)
        """,
        idea="a = sigmoid(z), then a * (1 - a); keep both in the cache under their own names",
    ),
    Code(
        "HG226",
        "there is a derivative too many",
        seen="yours is the correct one times one more derivative",
        help="write the chain out, one factor for each function between the variable and the result, and count",
        story="""
            Each function in a chain gives one factor. One that is applied once and differentiated twice gives too many,
            and so does a derivative that two pieces of code both take care of: the loss, and then the last layer.

            The fused losses are the usual case. For cross-entropy after a sigmoid the sigmoid's derivative cancels
            against the loss's, notes (2.21) and (2.14):

                (p - y) / (p(1 - p)) · p(1 - p) = p - y

            Multiplying p - y by p(1 - p) takes the sigmoid once more. That is the derivative for a squared error, up to
            its factor 2.
        """,
        example="""
            >>> from handgrad import sigmoid_cross_entropy_derivative
            >>> y, z, p = 1.0, 0.0, 0.5
            >>> wrong = (p - y) * p * (1 - p)
            >>> right = float(sigmoid_cross_entropy_derivative(y, z))
            >>> wrong, right
            (-0.125, -0.5)
        """,
        idea="say for each function which variable its derivative is by; then each stands in one place",
    ),
    Code(
        "HG227",
        "f stands in the place of f'",
        seen="a factor that should be the slope of a function is its value",
        help="replace the function by its derivative in the backward pass",
        story="""
            Forward and backward passes are written side by side, and the line of the one is the model for the other:
            where a = f(z) stood, f(z) is a factor now. The factor must be f'(z), notes (2.15).

            A prime is easily lost. In the notes as printed it is lost from (1.10) to (1.13), first where f stands on
            the diagonal of F'.

            For ReLU the two differ by more than a factor. Its value grows with z, its slope is 0 or 1.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu_vjp
            >>> z, a_bar = np.array([2.0, -1.0]), np.array([3.0, 3.0])
            >>> wrong = a_bar * np.maximum(0, z)
            >>> right = relu_vjp(z)[1](a_bar)
            >>> wrong, right
            (array([6., 0.]), array([3., 0.]))
        """,
        idea="name the derivative apart from the function, f and df, and read which one stands in the backward pass",
    ),
    Code(
        "HG228",
        "the inner derivative is forgotten",
        seen="the outer function is differentiated and what stands inside it is not",
        help="name the inside u, and multiply the derivative by u with the derivative of u",
        story="""
            ln(1 - ŷ) is two functions: u = 1 - ŷ, then ln u. The chain rule has a factor for each:

                ∂ ln(1 - ŷ)/∂ŷ = (1/u) · ∂u/∂ŷ = -1/(1 - ŷ)

            With that minus, the binary cross-entropy has the derivative -(y/ŷ - (1 - y)/(1 - ŷ)), notes (2.21). Without
            it both terms get the same sign, and predictions run to one end.

            ln x² has the inner derivative 2x and gives 2/x, notes (3.1). e^{x_2 x_3} gives x_3 by x_2 and x_2 by x_3,
            notes (3.2).
        """,
        example="""
            >>> from handgrad import binary_cross_entropy_derivative
            >>> y, y_hat = 0.0, 0.5
            >>> wrong = -y / y_hat - (1 - y) / (1 - y_hat)
            >>> right = float(binary_cross_entropy_derivative(y, y_hat))
            >>> wrong, right
            (-2.0, 2.0)
        """,
        idea="one factor for each pair of brackets, from the outside in",
    ),
    Code(
        "HG229",
        "the activation itself is left out",
        seen="the input of the activation stands where its output belongs",
        help="apply the activation first: the fused derivative is p - y with p = softmax(l) or sigmoid(z), not l - y",
        story="""
            A loss that is fused with its activation takes logits, any real numbers. Its derivative compares the target
            with the probability, and the logit has to be made one first, by notes (0.3) or, for classes, (2.27):

                p = σ(z),   ∂J/∂z = p - y

            Code that was written for a function of p uses its argument as it is. Given z, it computes z - y, the
            derivative of ½(z - y)², a loss for straight lines.
        """,
        example="""
            >>> from handgrad import sigmoid_cross_entropy_derivative
            >>> y, z = 1.0, 0.0
            >>> wrong = z - y
            >>> right = float(sigmoid_cross_entropy_derivative(y, z))
            >>> wrong, right
            (-1.0, -0.5)
        """,
        idea="p = sigmoid(z); return p - y",
    ),
)
