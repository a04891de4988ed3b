"""One step of stochastic gradient descent: the gradient of some patterns, and the move that follows from it."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, INPUTS

ALL = "the number of patterns N"


def sgd_step(X, y, w, rows, lr):
    """One step of stochastic gradient descent for a linear unit, changing w in place.

    X: (N, D), all patterns. y: (N,), their targets. w: (D,). rows: the row numbers of the patterns in this batch.
    The loss of the batch is the mean over ITS patterns of (output - target)² / 2. Returns the gradient used: (D,).
    """
    X_batch, y_batch = X[rows], y[rows]
    error = X_batch @ w - y_batch
    gradient = X_batch.T @ error / len(rows)
    w -= lr * gradient
    return gradient


def drive_sgd_step(answer, X, y, w, rows, lr):
    gradient = answer(X, y, w, rows, lr)
    # While the first blank is empty, nothing has been tried: w says nothing then either.
    return {"gradient": gradient, "w": gradient if gradient is Ellipsis else w}


def sgd_step_cases(rng):
    def case(name, N, D, B, lr):
        args = (rng.normal(size=(N, D)), rng.normal(size=N), rng.normal(size=D), rng.permutation(N)[:B], lr)
        return Case(name, args, {ALL: N, BATCH: B, INPUTS: D})

    X = np.array([[1.0, 0.0], [5.0, 5.0], [1.0, 2.0]])
    by_hand = (X, np.array([2.0, 7.0, 1.0]), np.array([1.0, 1.0]), np.array([0, 2]), 0.5)
    views = (rng.normal(size=(3, 11)).T, rng.normal(size=22)[::2], rng.normal(size=3), rng.permutation(11)[:5], 0.2)
    return [
        Case("two of three patterns", by_hand, {ALL: 3, BATCH: 2, INPUTS: 2}),
        case("five of eleven patterns, three inputs", 11, 3, 5, 0.1),
        case("as many patterns in the batch as inputs", 7, 4, 4, 0.3),
        case("a batch of one", 5, 3, 1, 0.7),
        case("all patterns", 6, 2, 6, 0.05),
        Case("views that are not contiguous", views, {ALL: 11, BATCH: 5, INPUTS: 3}),
    ]


_GRADIENT, _MOVE = "X_batch.T @ error / len(rows)", "w -= lr * gradient"

SGD_STEP = Exercise(
    id="gradient_descent.sgd_step",
    title="A gradient, and then a step",
    points=1,
    minutes=6,
    objective="Put batches, gradients and updates together in the right order.",
    form="faded",
    statement=(
        "Fill in the two places marked `...` in `sgd_step(X, y, w, rows, lr)`. `rows` names the patterns of one batch. The gradient is that of the **batch's** loss, the mean over the "
        "patterns *in the batch* of `(output - target)² / 2`. Then move `w`, **in place**, by `-lr` times this gradient. The function returns the gradient."
    ),
    reference=sgd_step,
    blanks=(_GRADIENT, _MOVE),
    drive=drive_sgd_step,
    cases=sgd_step_cases,
    stages=("gradient", "w"),
    hints=(
        "The first place is `gradient_by_matrix`, for fewer patterns. Over how many of them is the mean?",
        "The mean is over `len(rows)` patterns. For the move: which of `w = w - …` and `w -= …` changes the array that the caller holds?",
        "`X_batch.T @ error / len(rows)` and `w -= lr * gradient`",
    ),
    mistakes=(
        Mistake("divided_by_all", "the gradient is divided by the number of all patterns: the mean is over the patterns in the batch, `len(rows)`.", {"/ len(rows)": "/ len(X)"}),
        Mistake("not_averaged", "the patterns of the batch are summed: the loss is their mean.", {" / len(rows)": ""}),
        Mistake("divided_by_inputs", "the gradient is divided by the number of inputs D: the mean is over the patterns in the batch.", {"/ len(rows)": "/ len(w)"}),
        Mistake("divided_by_size", "the gradient is divided by the number of all entries of the batch: the mean is over its patterns alone.", {"/ len(rows)": "/ X_batch.size"}),
        Mistake("divided_twice", "the mean is taken twice.", {"/ len(rows)": "/ len(rows) / len(rows)"}),
        Mistake("whole_data", "the gradient is that of all patterns: take the rows of this batch alone.", {"X[rows], y[rows]": "X, y", "len(rows)": "len(X)"}),
        Mistake("not_transposed", "X_batch is not transposed: `X_batch @ error` runs only where there are as many patterns as inputs.", {"X_batch.T @": "X_batch @"}),
        Mistake("sign_turned", "target minus output is taken: that is the direction of improvement, and the gradient points the other way.", {"X_batch @ w - y_batch": "y_batch - X_batch @ w"}),
        Mistake("factor_two", "the slope is that of (output - target)², without the half.", {"X_batch.T @": "2 * X_batch.T @"}),
        Mistake("input_left_out", "the errors alone are averaged: each error is multiplied by the inputs of its pattern.", {"X_batch.T @": "np.ones(X_batch.shape).T @"}),
        Mistake("rebound", "`w = w - lr * gradient` makes a new array, and the caller's w stays where it was: write `w -= lr * gradient`.", {_MOVE: "w = w - lr * gradient"}),
        Mistake("uphill", "the gradient is added: that climbs the loss.", {_MOVE: "w += lr * gradient"}),
        Mistake("rate_left_out", "w is moved without the learning rate.", {_MOVE: "w -= gradient"}),
        Mistake("rate_divides", "the gradient is divided by the learning rate.", {_MOVE: "w -= gradient / lr"}),
        Mistake("averaged_in_the_step", "the step is divided by the batch size once more: the mean is already in the gradient.", {_MOVE: "w -= lr * gradient / len(rows)"}),
        Mistake("replaced", "w is replaced by the step: it should move by it.", {_MOVE: "w[...] = -lr * gradient"}),
        Mistake("sign_only", "only the sign of the gradient is used in the step.", {_MOVE: "w -= lr * np.sign(gradient)"}),
        Mistake("step_returned", "the step, lr times the gradient, is returned: the gradient is asked for.", {"return gradient": "return lr * gradient"}),
    ),
)  # fmt: skip
