"""The same gradient twice: pattern by pattern in a loop, and for all patterns at once as a matrix product."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, INPUTS


def unit_cases(rng):
    """Patterns, targets and weights of one linear unit; the first by hand, with outputs 1, 3 and errors -1, 2."""
    cases = [Case("two patterns of two inputs", (np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([2.0, 1.0]), np.array([1.0, 1.0])), {BATCH: 2, INPUTS: 2})]
    for name, (N, D) in {"seven patterns of three inputs": (7, 3), "as many patterns as inputs": (4, 4), "one input": (5, 1), "one pattern": (1, 3)}.items():
        cases.append(Case(name, (rng.normal(size=(N, D)), rng.normal(size=N), rng.normal(size=D)), {BATCH: N, INPUTS: D}))
    views = (rng.normal(size=(3, 5)).T, rng.normal(size=10)[::2], rng.normal(size=6)[::2])
    cases.append(Case("views that are not contiguous", views, {BATCH: 5, INPUTS: 3}))
    cases.append(Case("whole numbers", (np.array([[1, 2, 3], [0, -1, 4]]), np.array([3, -2]), np.array([2, -1, 1])), {BATCH: 2, INPUTS: 3}))
    return cases


# -- one pattern after another ---------------------------------------------------------------------------------------------------------------


def gradient_by_pattern(X, y, w):
    """The gradient of the loss of a linear unit by its weights, added up one pattern after another.

    X: (N, D), one pattern a row. y: (N,), the targets. w: (D,). The unit's output for pattern n is X[n] @ w.
    The loss is the mean over the N patterns of (output - target)² / 2. Returns dw: (D,).
    """
    dw = np.zeros(len(w))
    for n in range(len(X)):
        error = X[n] @ w - y[n]
        dw += error * X[n]
    return dw / len(X)


GRADIENT_BY_PATTERN = Exercise(
    id="gradient_descent.gradient_by_pattern",
    title="The gradient, pattern by pattern",
    points=2,
    minutes=10,
    objective="Add up the gradients of single patterns to the gradient of the mean loss.",
    form="blank",
    statement=(
        "Write `gradient_by_pattern(X, y, w)` with a loop over the patterns (the rows of `X`). The unit is linear: its output for pattern `n` is "
        "`X[n] @ w`. The loss is the **mean** over the N patterns of `(output - target)² / 2`. Return its gradient by `w`, of shape `(D,)`. Leave `X`, `y` and `w` as they are."
    ),
    reference=gradient_by_pattern,
    cases=unit_cases,
    keep_inputs=True,
    hints=(
        "Forget the loop first. For one pattern, what is the slope of `(output - target)² / 2` by the output? And of the output by `w[i]`?",
        "One pattern contributes (output - target) times its inputs `X[n]`. Start with zeros, add the N contributions, then divide once.",
        "`dw += (X[n] @ w - y[n]) * X[n]` for every `n`, and `dw / len(X)` at the end",
    ),
    mistakes=(
        Mistake("last_pattern_only", "each pattern overwrites the one before (`=`), so that only the last is left: the contributions add up (`+=`).", {"dw += error": "dw = error"}),
        Mistake("last_pattern_undivided", "only the last pattern's gradient is returned: add up all of them, then divide by N.", {"dw += error": "dw = error", "dw / len(X)": "dw"}),
        Mistake("returned_too_early", "the loop ends after the first pattern: `return` stands inside the loop.", {"X[n]\n    return": "X[n]\n        return"}),
        Mistake("started_from_weights", "the sum starts from the weights: `dw = w` is no new array of zeros but w itself, and adding to it also changes w.", {"np.zeros(len(w))": "w"}),
        Mistake("started_from_copy", "the sum starts from a copy of the weights: it starts from zeros, `np.zeros(len(w))`.", {"np.zeros(len(w))": "w.astype(float)"}),
        Mistake("not_averaged", "the contributions are added up and never divided: the loss is the mean over the patterns.", {"dw / len(X)": "dw"}),
        Mistake("divided_twice", "the mean is taken twice: once in the loop and once more at the end.", {"error * X[n]": "error * X[n] / len(X)"}),
        Mistake("divided_by_inputs", "it is divided by the number of inputs: the mean is over the N patterns.", {"dw / len(X)": "dw / len(w)"}),
        Mistake("running_mean", "it is divided inside the loop by N, the older contributions again and again: divide once, after the loop.", {"dw += error * X[n]": "dw = (dw + error * X[n]) / len(X)", "dw / len(X)": "dw"}),
        Mistake("sign_turned", "target minus output is taken: that is the direction of improvement. The gradient points the other way.", {"X[n] @ w - y[n]": "y[n] - X[n] @ w"}),
        Mistake("factor_two", "the slope is that of (output - target)², without the half: the ½ in this loss cancels the 2.", {"error * X[n]": "2 * error * X[n]"}),
        Mistake("half_kept", "the half of the loss is still there: the slope of e²/2 is e.", {"error * X[n]": "error / 2 * X[n]"}),
        Mistake("input_left_out", "the errors alone are added up: the slope of the output by w[i] is the input X[n, i].", {"error * X[n]": "error"}),
        Mistake("weights_for_inputs", "the error is multiplied by the weights: the slope of the output by w[i] is the input X[n, i].", {"error * X[n]": "error * w"}),
        Mistake("target_left_out", "the targets are never subtracted: the output stands where the error belongs.", {"X[n] @ w - y[n]": "X[n] @ w"}),
        Mistake("output_left_out", "the error is made without the output: it is output minus target.", {"X[n] @ w - y[n]": "-y[n]"}),
        Mistake("error_squared", "the squared error is multiplied by the inputs: the slope of e²/2 is e.", {"error * X[n]": "error**2 * X[n]"}),
        Mistake("moved_between_patterns", "the weights already move from pattern to pattern: a gradient belongs to one place, so w stays as it is.", {
            "    dw = np": "    w = w.astype(float)\n    dw = np", "dw += error * X[n]": "dw += error * X[n]\n        w -= error * X[n]",
        }),
    ),
)  # fmt: skip

# -- all patterns at once -----------------------------------------------------------------------------------------------------------------------


def gradient_by_matrix(X, y, w):
    """The gradient of the loss of a linear unit by its weights, for all patterns at once.

    X: (N, D), one pattern a row. y: (N,), the targets. w: (D,).
    The loss is the mean over the N patterns of (output - target)² / 2. Returns dw: (D,).
    """
    error = X @ w - y
    return X.T @ error / len(X)


GRADIENT_BY_MATRIX = Exercise(
    id="gradient_descent.gradient_by_matrix",
    title="The same gradient without a loop",
    points=1,
    minutes=6,
    objective="Replace a loop over patterns by a matrix product.",
    form="blank",
    statement=(
        "Write `gradient_by_matrix(X, y, w)`: the same gradient of the same loss, the mean over the N patterns of `(output - target)² / 2`, without a loop. "
        "Return an array of shape `(D,)`."
    ),
    reference=gradient_by_matrix,
    cases=unit_cases,
    hints=(
        "All outputs at once are `X @ w`, of shape (N,). What has shape (N,) as well, and what must be summed away to leave (D,)?",
        "The sum over the patterns of error times input is a matrix product of `X.T`, (D, N), with the errors, (N,).",
        "`X.T @ (X @ w - y) / len(X)`",
    ),
    mistakes=(
        Mistake("not_averaged", "the patterns are summed: the loss is their mean.", {" / len(X)": ""}),
        Mistake("divided_twice", "the mean is taken twice.", {" / len(X)": " / len(X) / len(X)"}),
        Mistake("divided_by_inputs", "it is divided by the number of inputs D: the mean is over the N patterns.", {"/ len(X)": "/ len(w)"}),
        Mistake("divided_by_size", "it is divided by the number of all entries of X: the mean is over the N patterns alone.", {"/ len(X)": "/ X.size"}),
        Mistake("not_transposed", "X is not transposed: `X @ error` runs only where there are as many patterns as inputs, and pairs an error with another pattern's inputs.", {"X.T @": "X @"}),
        Mistake("sign_turned", "target minus output is taken: that is the direction of improvement. The gradient points the other way.", {"X @ w - y": "y - X @ w"}),
        Mistake("factor_two", "the slope is that of (output - target)², without the half: the ½ in this loss cancels the 2.", {"X.T @ error": "2 * X.T @ error"}),
        Mistake("half_kept", "the half of the loss is still there: the slope of e²/2 is e.", {"/ len(X)": "/ (2 * len(X))"}),
        Mistake("paired_with_all", "every output met every target: an array of shape (N, 1) minus one of shape (N,) is a table of N×N. Give both the shape (N,).", {
            "X @ w - y": "((X @ w).reshape(-1, 1) - y).sum(axis=1)",
        }),
        Mistake("paired_with_all_mean", "every output met every target, (N, 1) minus (N,) is N×N, and the mean over that table hid it. Give both the shape (N,).", {
            "X @ w - y": "((X @ w).reshape(-1, 1) - y).mean(axis=1)",
        }),
        Mistake("sums_multiplied", "summed inputs are multiplied by summed errors: inputs and errors must meet pattern by pattern.", {"X.T @ error": "X.sum(axis=0) * error.sum()"}),
        Mistake("not_summed", "there is still one row a pattern: the gradients of the patterns add up to one of shape (D,).", {"X.T @ error": "X * error[:, None]"}),
        Mistake("input_left_out", "the error alone is averaged: the slope of the output by w[i] is the input X[n, i].", {"X.T @ error": "np.ones(X.shape).T @ error"}),
        Mistake("target_left_out", "the targets are never subtracted.", {"X @ w - y": "X @ w"}),
        Mistake("loss_for_gradient", "the loss is returned, one number: its gradient has one entry for each weight.", {"X.T @ error": "error @ error / 2"}),
    ),
)  # fmt: skip
