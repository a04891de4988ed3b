"""The error at the output: softmax and cross-entropy together."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES

# -- the output -----------------------------------------------------------------------------------------------------------------------------------


def softmax_ce_delta(logits, labels):
    """The gradient of the mean cross-entropy by the logits.

    logits: (N, K). labels: (N,) whole numbers from 0 to K - 1. Returns delta: (N, K).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    P = np.exp(shifted)
    P = P / P.sum(axis=1, keepdims=True)
    Y = np.zeros(P.shape)
    Y[np.arange(len(labels)), labels] = 1
    return (P - Y) / len(labels)


def softmax_ce_delta_cases(rng):
    def case(name, logits, labels):
        return Case(name, (logits, labels), {BATCH: len(labels), CLASSES: logits.shape[1]})

    return [
        case("two samples, three classes", np.log(np.array([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0]])), np.array([1, 2])),
        case("five samples, seven classes", rng.normal(size=(5, 7)), rng.integers(0, 7, 5)),
        case("as many classes as samples", rng.normal(size=(4, 4)), np.array([3, 0, 0, 2])),
        case("scores of ±900", np.array([[900.0, -900.0, 0.0], [-900.0, 899.0, 900.0]]), np.array([0, 1])),
        case("rows on different levels", np.array([[1000.0, 1001.0], [0.0, 1.0], [-1000.0, -1001.0]]), np.array([0, 1, 1])),
        case("whole numbers", rng.integers(-3, 4, (3, 2)), np.array([0, 1, 1])),
    ]


SOFTMAX_CE_DELTA = Exercise(
    id="backprop.softmax_ce_delta",
    title="The error at the output",
    points=2,
    minutes=12,
    objective="Find the gradient of softmax and cross-entropy together, stably.",
    form="blank",
    statement=(
        "Write `softmax_ce_delta(logits, labels)`: the gradient, by the logits, of the cross-entropy averaged over the batch. It is the predicted "
        "probabilities minus the one-hot targets, divided by the batch size. It must be right for scores of ±900 too, without a warning becoming a `nan`. "
        "Do not change `logits` or `labels`."
    ),
    reference=softmax_ce_delta,
    cases=softmax_ce_delta_cases,
    keep_inputs=True,
    hints=(
        "Softmax does not change when one number is subtracted from a whole row. Which number keeps `exp` from overflowing?",
        "Subtract each row's own maximum (`keepdims=True`), take `exp`, divide by each row's sum. Then subtract 1 at the label of each row.",
        "`(P - Y) / N`, with `Y[np.arange(N), labels] = 1`",
    ),
    mistakes=(
        Mistake("no_maximum", "the maximum is not subtracted before `exp`: exp(900) overflows to inf, and inf/inf is nan.", {"logits - logits.max(axis=1, keepdims=True)": "logits"}),
        Mistake("one_maximum", "one maximum for the whole batch is subtracted: rows far below it underflow to 0/0. Each row has its own.", {"logits.max(axis=1, keepdims=True)": "logits.max()"}),
        Mistake("softmax_wrong_axis", "softmax runs down the columns, over the samples: the probabilities of one sample, one row, add up to 1.", {
            "logits.max(axis=1, keepdims=True)": "logits.max(axis=0, keepdims=True)", "P.sum(axis=1, keepdims=True)": "P.sum(axis=0, keepdims=True)",
        }),
        Mistake("one_sum", "the probabilities are divided by one sum for the whole batch: each row adds up to 1 by itself.", {"P.sum(axis=1, keepdims=True)": "P.sum()"}),
        Mistake("sign_turned", "targets minus probabilities are taken: that is the direction of improvement. The gradient points the other way.", {"(P - Y)": "(Y - P)"}),
        Mistake("not_averaged", "the batch is summed: the loss is the mean over the batch, so its gradient has 1/N.", {"(P - Y) / len(labels)": "P - Y"}),
        Mistake("targets_divided_alone", "only the targets are divided by N: `P - Y / N` needs brackets, `(P - Y) / N`.", {"(P - Y) / len(labels)": "P - Y / len(labels)"}),
        Mistake("divided_by_classes", "it is divided by the number of classes: the mean is over the N samples.", {"/ len(labels)": "/ P.shape[1]"}),
        Mistake("divided_by_size", "it is divided by the number of all entries: the mean is over the N samples alone.", {"/ len(labels)": "/ P.size"}),
        Mistake("slope_kept", "the slope P(1 - P) is multiplied in once more: with cross-entropy it has already cancelled.", {"(P - Y)": "(P - Y) * P * (1 - P)"}),
        Mistake("softmax_twice", "softmax is applied twice, to probabilities as if they were scores.", {
            "    Y = np.zeros": "    P = np.exp(P) / np.exp(P).sum(axis=1, keepdims=True)\n    Y = np.zeros",
        }),
        Mistake("softmax_left_out", "the scores stand where the probabilities belong.", {"    Y = np.zeros": "    P = logits\n    Y = np.zeros"}),
        Mistake("targets_left_out", "the targets are never subtracted.", {"(P - Y)": "P"}),
        Mistake("stopped_at_probabilities", "it is the gradient by the probabilities, -Y/P: the way back through softmax is missing.", {"(P - Y)": "-Y / P"}),
        Mistake("every_label_in_every_row", "1 is subtracted in every row at every label that occurs: `P[:, labels]` picks columns for all rows. Pair rows with labels: `P[np.arange(N), labels]`.", {"Y[np.arange(len(labels)), labels]": "Y[:, labels]"}),
    ),
)  # fmt: skip
