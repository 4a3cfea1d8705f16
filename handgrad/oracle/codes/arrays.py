"""Transposes, sums over samples and axes."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG241",
        "the weights are not transposed",
        seen="the upstream gradient goes back through W as it went forward, which fits only where W is square",
        help="forward x W, backward z̄ Wᵀ: the same weights, from the outputs to the inputs",
        story="""
            Forward, output i collects over the inputs, notes (1.3): z_i = Σ_j x_j W_ji + b_i. Backward, input j
            collects over the outputs, through the same weights:

                x̄_j = Σ_i z̄_i W_ji

            The sum now runs over the other index, and a matrix product that does so needs the transpose, z̄ Wᵀ. As a
            Jacobian it is ∂z/∂x = Wᵀ, a row for each output, which is how Wᵀ appears in notes (1.10).

            With two inputs and three outputs z̄ W raises an error. Square layers let it pass.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import dense_vjp
            >>> x, W, b = np.array([[1.0, 1.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2)
            >>> z_bar = np.array([[1.0, 0.0]])
            >>> wrong = z_bar @ W
            >>> right = dense_vjp(x, W, b)[1](z_bar)[0]
            >>> wrong, right
            (array([[1., 2.]]), array([[1., 3.]]))
        """,
        idea="z_bar @ W.T; test with layers whose two sizes differ",
    ),
    Code(
        "HG242",
        "the result is transposed",
        seen="all entries are right, with rows and columns exchanged",
        help="a gradient has the shape of its argument: for W of n inputs and k outputs (n, k), which is xᵀ z̄",
        story="""
            ∂J/∂w_ji is the input j times the sensitivity of the output i, notes (1.6). All of them are an outer
            product, and which factor comes first decides the layout. Notes (1.14) put the input first and the
            sensitivity transposed, so that the gradient can be subtracted from W.

            A transposed Jacobian is a matter of layout, notes (2.10) and (4.3), and is accepted as one where nothing
            else is claimed. Before an update it has to be turned round.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import dense_vjp
            >>> x, W, b = np.array([[1.0, 2.0]]), np.zeros((2, 2)), np.zeros(2)
            >>> z_bar = np.array([[3.0, 4.0]])
            >>> wrong = z_bar.T @ x
            >>> right = dense_vjp(x, W, b)[1](z_bar)[1]
            >>> wrong
            array([[3., 6.],
                   [4., 8.]])
            >>> right
            array([[3., 4.],
                   [6., 8.]])
        """,
        idea="x.T @ z_bar, and assert W_bar.shape == W.shape",
    ),
    Code(
        "HG243",
        "it is not summed over the samples",
        seen="there is one gradient for each sample where all samples share one parameter",
        help="sum over the axis of the samples: every sample's path to the loss goes through the same weights and bias",
        story="""
            For one sample the gradient by the bias is the sensitivity itself, notes (1.6). A batch has one sensitivity
            for each sample and still one bias. It acts on the loss through all of them, and the effects add up:

                ∂J/∂b = Σ_samples z̄

            For the weights the matrix product xᵀ z̄ does this unseen, since its inner index is the sample. For the bias
            nothing does, and it has to be written.

            b - α b̄ with a b̄ of the wrong shape raises no error: broadcasting makes the bias a matrix.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import dense_vjp
            >>> x, W, b = np.ones((2, 1)), np.ones((1, 2)), np.zeros(2)
            >>> z_bar = np.array([[1.0, 2.0], [3.0, 4.0]])
            >>> wrong = z_bar
            >>> right = dense_vjp(x, W, b)[1](z_bar)[2]
            >>> wrong.shape, right
            ((2, 2), array([4., 6.]))
        """,
        idea="b_bar = z_bar.sum(axis=0)",
    ),
    Code(
        "HG244",
        "it is averaged where it should be summed",
        seen="the gradient of a shared parameter is the correct one divided by the number of samples",
        help="sum over the samples here; the 1/N of a mean comes from the loss, with the upstream gradient",
        story="""
            The effects of a shared parameter on the loss add up over the samples. A 1/N is right when the loss is a
            mean over them, notes (2.17), and then it stands in the upstream gradient already, notes (2.18). A layer
            that divides again has it twice, and two layers do not agree with each other.

            Some books fold the 1/N into dW and db, and leave it out of the derivative of the loss. The product is the
            same. Then it is a convention of the whole program, to be stated, and the derivative of its loss must have
            no 1/N.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import dense_vjp
            >>> x, W, b = np.ones((2, 1)), np.ones((1, 2)), np.zeros(2)
            >>> z_bar = np.array([[1.0, 2.0], [3.0, 4.0]])
            >>> wrong = z_bar.mean(axis=0)
            >>> right = dense_vjp(x, W, b)[1](z_bar)[2]
            >>> wrong, right
            (array([2., 3.]), array([4., 6.]))
        """,
        idea="z_bar.sum(axis=0) in the layer, 1/N in the loss",
    ),
    Code(
        "HG245",
        "entries are summed that must stay apart",
        seen="entries that should each have their own number share a sum or a mean",
        help="of a sum over terms only the term with that variable survives: its derivative keeps the index",
        story="""
            The loss of a vector is Σ_i (y_i - a_i)². By a_j every term but one is a constant, and the sum is gone,
            notes (1.12):

                ∂J/∂a_j = -2(y_j - a_j)

            Copying the sum from the loss gives one number for all entries. The same happens along the other axis:
            samples do not share their inputs, so each has its own gradient by them, and only shared parameters collect
            over the batch.

            np.sum without an axis sums over everything, also over what should remain.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import sum_squared_error_gradient
            >>> y, a = np.array([0.0, 0.0]), np.array([1.0, 2.0])
            >>> wrong = 2 * np.sum(a - y) * np.ones(2)
            >>> right = sum_squared_error_gradient(y, a)
            >>> wrong, right
            (array([6., 6.]), array([2., 4.]))
        """,
        idea="2 * (a - y): as many numbers as a has entries",
    ),
    Code(
        "HG246",
        "the wrong axis is used",
        seen="the numbers are right along another axis, or are laid out in another order",
        help="write down what each axis counts, samples, inputs or outputs, and name the one you mean",
        story="""
            In a batch of shape (samples, k) axis 0 counts samples and axis 1 outputs. A bias is shared by the samples,
            so its gradient is a sum over axis 0. The other sum has an entry for each sample, and the same shape when
            there are as many samples as outputs.

            Reshaping is an axis error in disguise. reshape keeps the order of the numbers and cuts them anew, and
            transpose changes the order. The weights of notes (0.2) are the rows of the matrix one after the other, as
            vec(X) is in (3.8). Read down the columns they are other weights.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import dense_vjp
            >>> x, W, b = np.ones((2, 1)), np.ones((1, 2)), np.zeros(2)
            >>> z_bar = np.array([[1.0, 2.0], [3.0, 4.0]])
            >>> wrong = z_bar.sum(axis=1)
            >>> right = dense_vjp(x, W, b)[1](z_bar)[2]
            >>> wrong, right
            (array([3., 7.]), array([4., 6.]))
        """,
        idea="test with sizes that all differ: 5 samples, 3 inputs, 2 outputs",
    ),
    Code(
        "HG247",
        "the updated weights are used",
        seen="yours is right for weights that have taken their step already",
        help="compute all gradients first, then update; the backward pass needs the weights of the forward pass",
        story="""
            The gradient belongs to one point: the weights with which the outputs were computed. The recursion goes back
            from the last layer to the first with those, notes (1.11) and (1.15), and the updates come after it, notes
            (1.14).

            Code that updates W and then sends the gradient on to the layer below goes through other weights than the
            forward pass did. The error is of the size of the learning rate, so training hides it.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import dense_vjp
            >>> x, W, b = np.array([[1.0]]), np.array([[2.0]]), np.zeros(1)
            >>> z_bar = np.array([[1.0]])
            >>> right, W_bar, b_bar = dense_vjp(x, W, b)[1](z_bar)
            >>> W = W - 0.5 * W_bar
            >>> wrong = z_bar @ W.T
            >>> wrong, right
            (array([[1.5]]), array([[2.]]))
        """,
        idea="x_bar = z_bar @ W.T before W = W - alpha * W_bar",
    ),
    Code(
        "HG248",
        "entries are filled that must be 0",
        seen="yours has numbers where the output does not depend on the variable",
        help="fill an entry only where output and variable share an index: that is what δ_ij says",
        story="""
            A Jacobian has an entry for each pair of output and variable, also for pairs that have nothing to do with
            each other. Those are 0. An element-wise function has a diagonal, notes (0.5). In a layer the output i
            depends on the weights of its own column only, notes (1.4):

                ∂z_i/∂W_jl = δ_il x_j

            and on its own bias, so that ∂z/∂b is the identity and not ones.

            Filling all entries with the formula for the matching pair leaves the δ out. Taking e of a diagonal matrix
            does the same, since e^0 is 1.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import exp_jacobian
            >>> z = np.array([0.0, 0.0])
            >>> wrong = np.exp(np.diag(z))
            >>> right = exp_jacobian(z)
            >>> wrong
            array([[1., 1.],
                   [1., 1.]])
            >>> right
            array([[1., 0.],
                   [0., 1.]])
        """,
        idea="start from np.zeros or np.eye, and fill what depends",
    ),
    Code(
        "HG249",
        "an axis is lost or added",
        seen="one number or matrix stands for many that happen to be equal, or an axis of length 1 is left over",
        help="give the result its full shape: that of the value, then that of the argument",
        story="""
            A derivative may have the same number everywhere, such as the 1/N of a mean, notes (2.4) and (2.17). It is
            still a row of N numbers, notes (2.10), and one for each sample. Code that returns the number alone works
            wherever broadcasting fills the rest, and fails at the first sum over its entries.

            keepdims=True keeps an axis of length 1, for the next step to broadcast over. In a result that axis is one
            too many.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import batch_mean_gradient
            >>> losses = np.array([1.0, 3.0])
            >>> wrong = np.array(1 / len(losses))
            >>> right = batch_mean_gradient(losses)
            >>> wrong, right
            (array(0.5), array([0.5, 0.5]))
        """,
        idea="np.full_like(losses, 1 / losses.shape[-1])",
    ),
)
