"""HG1xx: what a call does, whatever the formula."""

from __future__ import annotations

from handgrad.oracle.codes.kinds import Code

CODES = (
    Code(
        "HG100",
        "the numbers are wrong",
        seen="some entries differ from the verified formula by more than rounding, and no known mistake gives them",
        help="work out the smallest counterexample on paper and compare your derivation with it line by line",
        story="""
            Every entry was held against the verified formula, on random inputs of random shapes. What an entry may be
            off by is some rounding of the terms it is made of, so a difference is a difference in the mathematics or in
            the way it was typed.

            The numbers equal those of no mistake on record. What they have in common is reported as an observation:
            which entries differ, whether by one factor, whether only below 0.

            A difference quotient of your own forward function tells which entry to look at first. It is the definition
            of the partial derivative before the limit, notes (2.7); taken to both sides it is more exact:

                ∂f/∂z ≈ (f(z + h) - f(z - h)) / 2h
        """,
        example="""
            >>> from handgrad import sigmoid, sigmoid_derivative
            >>> a = float(sigmoid(0.0))
            >>> wrong = a * (1 - a / 2)
            >>> right = float(sigmoid_derivative(0.0))
            >>> h = 0.001
            >>> quotient = float(sigmoid(h) - sigmoid(-h)) / (2 * h)
            >>> wrong, right, round(quotient, 6)
            (0.375, 0.25, 0.25)
        """,
        idea="let a difference quotient choose the entry, then derive that one entry by hand",
    ),
    Code(
        "HG101",
        "no way to call it is known",
        seen="its parameters fit the arguments of the claim in no usual order, number or name",
        help="say how to call it: --call on the command line, call= in the decorator, in the letters of the claim",
        story="""
            A function is called by the letters of its claim: z for sigmoid_derivative, l and p_bar for softmax_vjp.
            Usual names and orders are tried, also with the value of the forward pass, which many backward passes keep.
            Nobody can guess what a dictionary named cache holds.

            The command line takes an expression, such as --call "backward(p_bar, cache=(l, p))". The decorator takes a
            function: call=lambda f, l, p_bar: f(p_bar, cache=l).
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import check
            >>> def slope(cache):
            ...     return 1 - np.tanh(cache["z"]) ** 2
            >>> wrong = check(slope, "tanh_derivative").results[0].verdict
            >>> right = check(slope, "tanh_derivative", call=lambda f, z: f({"z": z})).results[0].verdict
            >>> wrong, right
            ('unusable', 'right')
        """,
        idea="take the letters of the claim as parameters, or say how they are handed over",
    ),
    Code(
        "HG102",
        "it gives no numbers",
        seen="the call raises an error, or returns something that is no array of numbers",
        help="write it with functions that take whole arrays, such as np.exp and np.where, and return the result",
        story="""
            Most often this is code for one number that is given several. math.exp takes one number, and so does the
            condition of an if: Python asks the array for one truth value, and it has many.

            Next come shapes that fit only when two sizes are equal, such as a weight matrix that is not transposed, and
            functions without a return. Shapes are drawn with sizes that differ, so that such code shows.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu_derivative
            >>> def slope(z):
            ...     return 1.0 if z >= 0 else 0.0
            >>> z = np.array([-1.0, 2.0])
            >>> try:
            ...     wrong = slope(z)
            ... except ValueError as error:
            ...     wrong = type(error).__name__
            >>> right = relu_derivative(z)
            >>> wrong, right
            ('ValueError', array([0., 1.]))
        """,
        idea="np.where(z >= 0, 1.0, 0.0) decides entry by entry",
    ),
    Code(
        "HG103",
        "it overwrites its argument",
        seen="after the call an argument holds other numbers than before",
        help="compute into a new array: x = x - y where you wrote x -= y, np.where where you assigned to entries",
        story="""
            An array is handed over as it is, not as a copy. Assigning to its entries, or writing -=, changes it for
            everybody who holds it. The result may be right, and the next function that reads the argument gets
            something else: in a backward pass that is the layer below, which still needs its input.

            The derivative of ReLU is the usual place. Two assignments turn z into its slopes, and z is gone.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import relu
            >>> def slope(z):
            ...     z[z < 0] = 0
            ...     z[z > 0] = 1
            ...     return z
            >>> z = np.array([-1.0, 2.0])
            >>> right = relu(z)
            >>> slope(z)
            array([0., 1.])
            >>> wrong = relu(z)
            >>> wrong, right
            (array([0., 1.]), array([0., 2.]))
        """,
        idea="return np.where(z >= 0, 1.0, 0.0): a new array, z as it was",
    ),
    Code(
        "HG104",
        "it ends the process",
        seen="the process in which the function ran is gone, without an answer",
        help="raise an error where you leave with os._exit, and look for arrays that need more memory than there is",
        story="""
            Functions of a file run in a process of their own. If it ends before it answers, nothing is known of the
            function. os._exit does that at once, without an error that could be caught. A crash in compiled code does
            it too, and so does the system when memory runs out: an outer product of two long vectors can ask for that.

            What the process wrote last, before it went, is part of the report.
        """,
        example="""
            >>> import subprocess, sys
            >>> def ending(code):
            ...     run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            ...     return run.stderr.strip().splitlines()[-1:]
            >>> wrong = ending("import os; os._exit(1)")
            >>> right = ending("raise ValueError('z is empty')")
            >>> wrong, right
            ([], ['ValueError: z is empty'])
        """,
        idea="an error says what was wrong and lets the caller go on",
    ),
    Code(
        "HG105",
        "it takes too long",
        seen="there was no answer within the time that --timeout allows",
        help="look for a loop whose end is never reached, and replace loops over entries by operations on arrays",
        story="""
            The inputs are small, a few dozen numbers at most, so an answer is a matter of milliseconds. A function that
            needs seconds waits for something, such as input() or a plot window, or goes round a loop that does not end.

            A loop that compares floating-point numbers for equality is one. Ten times a tenth is not 1 in binary, so
            the counter steps over its end.
        """,
        example="""
            >>> x = 0.0
            >>> for _ in range(10):
            ...     x = x + 0.1
            >>> wrong = x != 1.0
            >>> right = x < 1.0 - 1e-9
            >>> wrong, right
            (True, False)
        """,
        idea="count with whole numbers, or compare by < and a tolerance; while x != 1.0 may never end",
    ),
    Code(
        "HG106",
        "it is not repeatable",
        seen="the same arguments give another answer the second time",
        help="keep nothing between calls, and draw no random numbers: a derivative depends on its arguments alone",
        story="""
            Each call is made twice with equal arguments. Two answers mean that something else goes in: a global list
            that grows, gradients that are added to those of the call before, random noise or dropout.

            Adding up gradients over calls is right in a training loop that sets them to 0 before each step. As a
            derivative it gives twice the truth the second time.
        """,
        example="""
            >>> gradient = 0.0
            >>> def slope(x):
            ...     global gradient
            ...     gradient += 2 * x
            ...     return gradient
            >>> right = slope(3.0)
            >>> wrong = slope(3.0)
            >>> wrong, right
            (12.0, 6.0)
        """,
        idea="compute the derivative from the arguments; let the caller add it to anything",
    ),
    Code(
        "HG107",
        "the number of results is wrong",
        seen="it returns more or fewer arrays than there are arguments to differentiate by",
        help="return one derivative for each argument of the claim, in the order of the arguments",
        story="""
            A function of several arguments has a partial derivative by each of them: for z = xy these are y and x,
            notes (2.3), for an affine function three, by x, by w and by b, notes (2.13).

            A backward pass that leaves one out is often short of the first: the derivative by the layer's input. No
            update needs it, but the layer below does, notes (1.8).
        """,
        example="""
            >>> from handgrad import product_gradient
            >>> wrong = (5.0,)
            >>> right = tuple(map(float, product_gradient(3.0, 5.0)))
            >>> wrong, right
            ((5.0,), (5.0, 3.0))
        """,
        idea="return x_bar, w_bar, b_bar: one for each argument, in their order",
    ),
    Code(
        "HG108",
        "the shape is wrong",
        seen="an array has a shape in which no layout of the derivative can be written",
        help="write the shapes of all terms beside the formula; where one is (n) and one is (n, 1), reshape first",
        story="""
            Shapes are compared before numbers. A derivative has the axes of the value, then those of the argument,
            notes (2.10); rows, columns and transposes are accepted too, as layouts.

            The usual cause is broadcasting. Targets of shape (n) minus predictions of shape (n, 1) do not pair up:
            every target meets every prediction, and the difference is n×n. NumPy does not complain, and after a sum or
            mean nothing shows.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import mean_squared_error_gradient
            >>> y, column = np.array([1.0, 2.0]), np.array([[3.0], [5.0]])
            >>> wrong = 2 * (column - y) / 2
            >>> right = mean_squared_error_gradient(y, column[:, 0])
            >>> wrong.shape, right.shape
            ((2, 2), (2,))
        """,
        idea="assert y.shape == y_hat.shape before the first subtraction",
    ),
    Code(
        "HG109",
        "the value at a kink is no subgradient",
        seen="away from the kink all is right; at the kink the value lies outside the slopes of the two sides",
        help="return there any slope from the left one to the right one, and no nan",
        story="""
            |z| and ReLU have a corner at 0, where there is no derivative. Any slope between that on the left and that
            on the right serves: [-1, 1] for |z|, [0, 1] for ReLU, notes (3.12). Those are the subgradients, and each is
            accepted as a convention.

            nan is none of them. z/|z| is right everywhere else, and at 0 it is 0/0. One such entry makes every sum that
            it enters nan.
        """,
        example="""
            >>> import numpy as np
            >>> from handgrad import absolute_derivative
            >>> z = np.array([-2.0, 0.0, 3.0])
            >>> with np.errstate(invalid="ignore"):
            ...     wrong = z / np.abs(z)
            >>> right = absolute_derivative(z)
            >>> wrong, right
            (array([-1., nan,  1.]), array([-1.,  0.,  1.]))
        """,
        idea="np.sign(z) for |z|, np.where(z >= 0, 1.0, 0.0) for ReLU: no division that can be 0/0",
    ),
)
