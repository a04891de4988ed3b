"""Slopes of a table, measured; and two gradients that a check shows to be wrong."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

INPUTS, OUTPUTS, BATCH, HIDDEN = "the number of inputs D", "the number of outputs K", "the batch size N", "the hidden size H"

# -- slopes of a table ---------------------------------------------------------------------------------------------------------------------------------------


def table_slopes(f, W, h=1e-5):
    """Measure the slope of f by every entry of a table.

    f: takes an array like W, returns one number. W: an array of any shape, floats. h: the step.
    Returns an array of W's shape.
    """
    slopes = np.zeros(W.shape)
    for index in np.ndindex(W.shape):
        up, down = W.copy(), W.copy()
        up[index] += h
        down[index] -= h
        slopes[index] = (f(up) - f(down)) / (2 * h)
    return slopes


def drive_table_slopes(answer, name, W, h):
    weights = np.arange(1.0, W.size + 1).reshape(W.shape)
    functions = {
        "cubes": lambda V: float((V**3).sum()),
        "weighted sines": lambda V: float((weights * np.sin(V)).sum()),
        "the square of the sum": lambda V: float(V.sum() ** 2),
    }
    return {"slopes": answer(functions[name], W, h)}


def table_slopes_cases(rng):
    return [
        Case("cubes, 2×2, a step of 1", ("cubes", np.array([[1.0, 2.0], [3.0, 4.0]]), 1.0)),
        Case("weighted sines, 3×5", ("weighted sines", rng.normal(size=(3, 5)), 1e-5)),
        Case("the square of the sum, 4×4", ("the square of the sum", rng.normal(size=(4, 4)), 1e-4)),
        Case("a list", ("weighted sines", rng.normal(size=7), 1e-5)),
        Case("three axes", ("weighted sines", rng.normal(size=(2, 3, 2)), 1e-5)),
        Case("cubes, a step of 0.1", ("cubes", rng.uniform(0.5, 2, size=(5, 2)), 0.1)),
    ]


_COPIES, _UP, _DOWN = "up, down = W.copy(), W.copy()", "up[index] += h", "down[index] -= h"
_QUOTIENT = "(f(up) - f(down)) / (2 * h)"

NUMERICAL_GRADIENT = Exercise(
    id="gradient_checking.numerical_gradient",
    title="Slopes of a table",
    points=1,
    minutes=5,
    objective="Check a gradient entry by entry, point at the one that is wrong, and distrust the check as well.",
    form="faded",
    statement=(
        "Complete `table_slopes(f, W, h=1e-5)`, the referee for an array of any shape. `np.ndindex(W.shape)` goes through all places of the table; `index` is one of them, and `up[index]` the entry there. `up` "
        "and `down` are copies, made anew for each entry, so that `W` stays as it was. Write in place of the two `...` the rise and the run."
    ),
    reference=table_slopes,
    blanks=("f(up) - f(down)", "(2 * h)"),
    drive=drive_table_slopes,
    cases=table_slopes_cases,
    hints=(
        "`f` takes the whole table and returns one number. Which two tables should it be given?",
        "The rise is the difference of the two values. How far apart are the two places?",
        "`(f(up) - f(down)) / (2 * h)`",
    ),
    mistakes=(
        Mistake("not_copied", "`up` and `down` are one and the same array, moved up and down again: the two values are equal.", {_COPIES: "up, down = W, W"}),
        Mistake("one_sided", "only the upper side is moved, `(f(up) - f(W)) / h`: its error shrinks like h, that of the central difference like h².", {_QUOTIENT: "(f(up) - f(W)) / h"}),
        Mistake("divided_by_h", "the difference is divided by `h`: from `down` to `up` it is `2 h`.", {"(2 * h)": "h"}),
        Mistake("half_precedence", "`/ 2 * h` divides by 2 and then multiplies by h: write `/ (2 * h)`.", {"/ (2 * h)": "/ 2 * h"}),
        Mistake("sign_turned", "up and down are exchanged.", {_QUOTIENT: "(f(down) - f(up)) / (2 * h)"}),
        Mistake("not_divided", "the rise is not divided by the run.", {_QUOTIENT: "f(up) - f(down)"}),
        Mistake("all_at_once", "all entries are moved together: only one may move, for its own slope.", {_UP: "up += h", _DOWN: "down -= h"}),
    ),
)  # fmt: skip

# -- a layer with tanh -----------------------------------------------------------------------------------------------------------------------------------------


def tanh_gradients(X, Y, W, b):
    """The loss of a layer with tanh, and its gradients.

    X: (N, D). Y: (N, K), the targets. W: (D, K). b: (K,). The loss is the mean of (tanh(X W + b) - Y)² over
    all entries. Returns a dict with loss, g (the gradient by the sums, (N, K)), dW and db.
    """
    Z = X @ W + b
    A = np.tanh(Z)
    loss = ((A - Y) ** 2).mean()
    g = 2 * (A - Y) / Y.size * (1 - A**2)
    dW = X.T @ g
    db = g.sum(axis=0)
    return dict(loss=loss, g=g, dW=dW, db=db)


def tanh_gradients_cases(rng):
    def case(name, N, D, K, scale=1.0):
        args = rng.normal(size=(N, D)) * scale, rng.normal(size=(N, K)), rng.normal(size=(D, K)), rng.normal(size=K)
        return Case(name, args, {BATCH: N, INPUTS: D, OUTPUTS: K})

    by_hand = np.array([[1.0]]), np.array([[0.0]]), np.array([[0.5]]), np.array([0.5])
    return [
        Case("one sample, one input, one output", by_hand, {}),
        case("five samples, 3 to 2", 5, 3, 2),
        case("seven samples, 2 to 3", 7, 2, 3),
        case("all sizes equal", 4, 4, 4),
        case("small sums", 5, 3, 2, 0.01),
    ]


_SLOPE = "(1 - A**2)"

TANH_BUG = Exercise(
    id="gradient_checking.find_the_slope",
    title="Find the bug: right near zero",
    points=1,
    minutes=8,
    objective="Read the kind of mistake from the numbers of two gradients.",
    form="debug",
    statement=(
        "This gradient passes its check at the start of training, when weights and sums are nearly 0, and fails it later. (For one sample with `x = 1`, `y = 0`, `w = 0.5`, `b = 0.5` it says 0 for `dW`, and "
        "0.64 is measured.) The loss is right. Compare derived with measured slopes for small and for large sums; which factor could agree near 0, and only there?"
    ),
    reference=tanh_gradients,
    cases=tanh_gradients_cases,
    stages=("loss", "g", "dW", "db"),
    bug="slope_of_sums",
    hints=(
        "At a sum of 0, tanh has the value 0 and the slope 1. Which lines could be wrong and say 1 there all the same?",
        "The slope of tanh is a formula in its *value*. What is handed to it?",
        "`g = 2 * (A - Y) / Y.size * (1 - A**2)`",
    ),
    mistakes=(
        Mistake("slope_of_sums", "the slope of tanh is taken from the sums, `1 - Z²`: it is 1 minus the square of the *activation*, and the two agree near 0 alone.", {_SLOPE: "(1 - Z**2)"}),
        Mistake("squashed_again", "the activation is squashed once more before its slope is taken.", {_SLOPE: "(1 - np.tanh(A) ** 2)"}),
        Mistake("slope_left_out", "the slope of tanh is left out.", {f" * {_SLOPE}": ""}),
        Mistake("bias_averaged", "the bias's gradient is averaged over the batch, and not summed.", {"g.sum(axis=0)": "g.mean(axis=0)"}),
        Mistake("two_left_out", "the factor 2 of the square is left out.", {"2 * (A - Y)": "(A - Y)"}),
        Mistake("divided_by_samples", "the mean is taken over the samples, and not over all entries.", {"/ Y.size": "/ len(Y)"}),
        Mistake("sign_turned", "the sign of the error is turned.", {"2 * (A - Y)": "2 * (Y - A)"}),
    ),
)  # fmt: skip

# -- two layers ------------------------------------------------------------------------------------------------------------------------------------------------


def two_layer_gradients(X, Y, W1, W2):
    """The gradients of a network with one hidden tanh layer and linear outputs, without biases.

    X: (N, D). Y: (N, K), the targets. W1: (D, H). W2: (H, K). The loss is the mean of the squared errors over
    all entries. Returns a dict with delta2 (N, K), dW2, delta1 (N, H) and dW1.
    """
    A = np.tanh(X @ W1)
    delta2 = 2 * (A @ W2 - Y) / Y.size
    dW2 = A.T @ delta2
    delta1 = (delta2 @ W2.T) * (1 - A**2)
    dW1 = X.T @ delta1
    return dict(delta2=delta2, dW2=dW2, delta1=delta1, dW1=dW1)


def two_layer_gradients_cases(rng):
    def case(name, N, D, H, K):
        args = rng.normal(size=(N, D)), rng.normal(size=(N, K)), rng.normal(size=(D, H)), rng.normal(size=(H, K))
        return Case(name, args, {BATCH: N, INPUTS: D, HIDDEN: H, OUTPUTS: K})

    return [
        case("all sizes equal", 3, 3, 3, 3),
        case("hidden and output of one size", 5, 2, 3, 3),
        case("five samples, 2-4-3", 5, 2, 4, 3),
        case("seven samples, 3-2-5", 7, 3, 2, 5),
    ]


TRANSPOSE_BUG = Exercise(
    id="gradient_checking.find_the_transpose",
    title="Find the bug: it worked on our network",
    points=1,
    minutes=6,
    objective="Read the kind of mistake from the numbers of two gradients.",
    form="debug",
    statement=(
        "For years this has been used for networks whose hidden layer has as many units as there are outputs. It learnt, a little slowly. Today somebody takes another hidden size, and it stops with an error "
        "about shapes. Mend it so that it passes a gradient check for *every* size, the old one too: was it right before?"
    ),
    reference=two_layer_gradients,
    cases=two_layer_gradients_cases,
    stages=("delta2", "dW2", "delta1", "dW1"),
    bug="weights_not_transposed",
    hints=(
        "Write the shape of every factor beside it, for N = 5, D = 2, H = 4, K = 3. Where do two inner sizes differ?",
        "Going forward, `A @ W2` adds over the hidden units. Going back, what is added over?",
        "`delta1 = (delta2 @ W2.T) * (1 - A**2)`",
    ),
    mistakes=(
        Mistake("weights_not_transposed", "the error is sent back through `W2`, and not through its transpose: with a square `W2` this runs, and is wrong.", {"delta2 @ W2.T": "delta2 @ W2"}),
        Mistake("slope_left_out", "the slope of the hidden tanh is left out.", {" * (1 - A**2)": ""}),
        Mistake("raw_error", "the error at the outputs is sent back without its scale, as if the loss were a sum.", {"(delta2 @ W2.T)": "((A @ W2 - Y) @ W2.T)"}),
        Mistake("wrong_weights", "the error is sent back through the first layer's weights.", {"delta2 @ W2.T": "delta2 @ W1"}),
        Mistake("slope_from_output", "the slope is taken at the squashed activation: tanh once too often.", {"(1 - A**2)": "(1 - np.tanh(A) ** 2)"}),
        Mistake("gradient_of_outputs_by_inputs", "the gradient of `W1` is made with the hidden activations in place of the inputs. It runs only where the sizes agree.", {"X.T @ delta1": "A.T @ delta1"}),
    ),
)  # fmt: skip
