"""Losses for classes: from scores to probabilities, and from probabilities to surprise."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_02_losses.sizes import CLASSES, SAMPLES

# -- scores to probabilities -------------------------------------------------------------------------------------------------------------------------


def softmax(logits):
    """Probabilities from scores, row by row.

    logits: (N, K), one sample a row. Returns an array of shape (N, K) whose rows add up to 1.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=1, keepdims=True)


def scores(rng):
    """Scores that tell one softmax from another: (name, logits) for each."""
    return [
        ("two samples, three classes", np.log(np.array([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0]]))),
        ("five samples, seven classes", rng.normal(size=(5, 7))),
        ("as many classes as samples", rng.normal(size=(4, 4))),
        ("scores of ±900", np.array([[900.0, -900.0, 0.0], [-900.0, 20.0, 21.0]])),
        ("rows on different levels", np.array([[1000.0, 1001.0], [0.0, 1.0], [-1000.0, -1001.0]])),
        ("a single class", rng.normal(size=(3, 1))),
        ("whole numbers", np.array([[1, 3], [2, 0], [-1, -2]])),
        ("views that are not contiguous", rng.normal(size=(3, 5)).T),
    ]


def softmax_cases(rng):
    return [Case(name, (logits,), {SAMPLES: len(logits), CLASSES: logits.shape[1]}) for name, logits in scores(rng)]


_ROW_MAXIMUM, _ROW_SUM = "logits.max(axis=1, keepdims=True)", "powers.sum(axis=1, keepdims=True)"

SOFTMAX = Exercise(
    id="losses.softmax",
    title="From scores to probabilities",
    points=2,
    minutes=10,
    objective="Write a softmax that works on rows and survives large scores.",
    form="blank",
    statement=(
        "Write `softmax(logits)`. Row `n` of `logits` holds the scores of sample `n`. Entry `[n, k]` of the result is `exp(logits[n, k])` divided by the sum of `exp` over "
        "that row: every row adds up to 1. It must be right for scores of ±900 too, and for rows that lie on very different levels, although `exp(900)` is "
        "too large for a float."
    ),
    reference=softmax,
    cases=softmax_cases,
    hints=(
        "Softmax does not change when one number is subtracted from a whole row. Which number keeps `exp` from overflowing?",
        "Subtract each row's own maximum, take `exp`, divide by each row's sum. `keepdims=True` keeps `(N, 1)`, which lines up with the rows.",
        "`powers = np.exp(logits - logits.max(axis=1, keepdims=True))`, then `powers / powers.sum(axis=1, keepdims=True)`",
    ),
    mistakes=(
        Mistake("no_maximum", "the maximum is not subtracted before `exp`: exp(900) overflows to inf, and inf/inf is nan.", {f"logits - {_ROW_MAXIMUM}": "logits"}),
        Mistake("one_maximum", "one maximum for the whole batch is subtracted: rows far below it underflow to 0/0. Each row has its own.", {_ROW_MAXIMUM: "logits.max()"}),
        Mistake("maximum_of_columns", "the maximum of each column is subtracted: a row must lose one and the same number, or its probabilities change.", {_ROW_MAXIMUM: "logits.max(axis=0, keepdims=True)"}),
        Mistake("maximum_not_below_zero", "`max(0, …)` is subtracted: a row of large negative scores is not lifted, and underflows to 0/0. Take the row's maximum, whatever its sign.", {_ROW_MAXIMUM: "np.maximum(logits.max(axis=1, keepdims=True), 0)"}),
        Mistake("largest_size", "the largest absolute value is subtracted: a row whose large scores are negative underflows to 0/0. Take the maximum.", {_ROW_MAXIMUM: "np.abs(logits).max(axis=1, keepdims=True)"}),
        Mistake("minimum", "the minimum is subtracted: then the largest exponent is as large as can be, and overflows.", {_ROW_MAXIMUM: "logits.min(axis=1, keepdims=True)"}),
        Mistake("wrong_axis", "softmax runs down the columns, over the samples: the probabilities of one sample, one row, add up to 1.", {_ROW_MAXIMUM: "logits.max(axis=0, keepdims=True)", _ROW_SUM: "powers.sum(axis=0, keepdims=True)"}),
        Mistake("one_sum", "the powers are divided by one sum for the whole batch: each row adds up to 1 by itself.", {_ROW_SUM: "powers.sum()"}),
        Mistake("keepdims_forgotten", "`keepdims=True` is missing: a shape of `(N,)` lines up with the columns, not with the rows. It runs only where N = K, or where one of them is 1.", {_ROW_MAXIMUM: "logits.max(axis=1)", _ROW_SUM: "powers.sum(axis=1)"}),
        Mistake("sum_of_scores", "the powers are divided by the sum of the scores: it is the powers that must add up to 1.", {_ROW_SUM: "logits.sum(axis=1, keepdims=True)"}),
        Mistake("divided_inside", "the division stands inside `exp`: a bracket is misplaced. Take `exp` first, then divide.", {"    return powers / " + _ROW_SUM: "    return np.exp(shifted / powers.sum(axis=1, keepdims=True))"}),
        Mistake("not_normalised", "the powers are not divided by their sum: they are positive, but no probabilities yet.", {" / " + _ROW_SUM: ""}),
        Mistake("each_by_itself", "each score goes through a sigmoid by itself: the probabilities of one row do not add up to 1.", {"    return powers / " + _ROW_SUM: "    return 1 / (1 + np.exp(-logits))"}),
        Mistake("sign_turned", "the scores are turned round: the largest score must get the largest probability.", {"np.exp(shifted)": "np.exp(-shifted)"}),
        Mistake("twice", "softmax is applied twice, to probabilities as if they were scores.", {"    return": "    powers = np.exp(powers / powers.sum(axis=1, keepdims=True))\n    return"}),
        Mistake("logarithm", "the logarithm of the probabilities is returned.", {"    return powers / " + _ROW_SUM: "    return shifted - np.log(powers.sum(axis=1, keepdims=True))"}),
        Mistake("integer_array", "the powers are written into an array of the scores' dtype: whole scores make it an integer array, and the digits after the point are cut off.", {"np.exp(shifted)": "np.exp(shifted).astype(logits.dtype)"}),
    ),
)  # fmt: skip

# -- the surprise ---------------------------------------------------------------------------------------------------------------------------------------


def cross_entropy(logits, labels):
    """The mean cross-entropy of softmax(logits) at the right classes.

    logits: (N, K), one sample a row. labels: (N,) whole numbers from 0 to K - 1.
    Returns one number: the mean, over the samples, of -log of the probability that the sample's
    own class gets.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_P = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_P[np.arange(len(labels)), labels].mean()


def cross_entropy_cases(rng):
    labels = {
        "two samples, three classes": np.array([1, 2]),
        "five samples, seven classes": rng.integers(0, 7, 5),
        "as many classes as samples": np.array([3, 0, 0, 2]),
        "scores of ±900": np.array([2, 1]),
        "rows on different levels": np.array([0, 1, 1]),
        "whole numbers": np.array([0, 1, 1]),
        "views that are not contiguous": rng.integers(0, 3, 5),
    }
    return [
        Case(name, (logits, labels[name]), {SAMPLES: len(logits), CLASSES: logits.shape[1]})
        for name, logits in scores(rng)
        if name in labels
    ]


_PICKED = "-log_P[np.arange(len(labels)), labels].mean()"
_LOG_SUM = "np.log(np.exp(shifted).sum(axis=1, keepdims=True))"
_LOG_P = f"shifted - {_LOG_SUM}"
_P = "np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)"

CROSS_ENTROPY = Exercise(
    id="losses.cross_entropy",
    title="How surprised the network is",
    points=2,
    minutes=12,
    objective="Compute the mean cross-entropy from the scores, without ever taking the logarithm of 0.",
    form="blank",
    statement=(
        "Write `cross_entropy(logits, labels)`. Let `P` be the softmax of each row of `logits`. The loss of sample `n` is `-log(P[n, labels[n]])`, with the natural logarithm; "
        "return the *mean* over the `N` samples. With scores of ±900 some probabilities are too small for a float and round to 0, but their logarithm is an "
        "ordinary number such as -900. So compute the logarithm from the scores: do not add a small number or clip."
    ),
    reference=cross_entropy,
    cases=cross_entropy_cases,
    hints=(
        "`log(exp(z) / s)` can be written without a division and without an `exp` of `z`. How?",
        "Subtract each row's maximum: `shifted`. Then `log P = shifted - log(sum of exp(shifted))`, row by row. Pick one entry for each row: `log_P[np.arange(N), labels]`.",
        "`-(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))[np.arange(N), labels].mean()`",
    ),
    mistakes=(
        Mistake("log_of_zero", "the logarithm is taken of probabilities that have rounded to 0: the loss becomes inf where it is 900. Stay with logarithms: `shifted - log(sum)`.", {_LOG_P: f"np.log({_P})"}),
        *(
            Mistake(f"clipped_at_{eps:g}".replace("-", "_"), f"the probability is not allowed below {eps:g} before the logarithm: inf is gone, but no loss can exceed {-np.log(eps):.1f}, and a large error looks like a small one.", {_LOG_P: f"np.log(np.maximum({_P}, {eps:g}))"})
            for eps in (1e-15, 1e-12, 1e-10, 1e-9)
        ),
        Mistake("no_maximum", "the maximum is not subtracted before `exp`: exp(900) overflows to inf.", {"logits - logits.max(axis=1, keepdims=True)": "logits"}),
        Mistake("one_maximum", "one maximum for the whole batch is subtracted: rows far below it underflow, and the logarithm of 0 is taken. Each row has its own.", {"logits.max(axis=1, keepdims=True)": "logits.max()"}),
        Mistake("summed", "the losses of the samples are added up: the mean is asked for.", {"labels].mean()": "labels].sum()"}),
        Mistake("divided_by_classes", "the sum is divided by the number of classes: the mean runs over the N samples.", {"labels].mean()": "labels].sum() / logits.shape[1]"}),
        Mistake("divided_by_entries", "the sum is divided by the number of all entries: the mean runs over the N samples alone.", {"labels].mean()": "labels].sum() / logits.size"}),
        Mistake("minus_missing", "the minus in front is missing: logarithms of probabilities are negative, a surprise is not.", {"return -log_P": "return log_P"}),
        Mistake("logarithm_left_out", "the probabilities themselves are averaged: the logarithm is missing.", {_LOG_P: _P}),
        Mistake("every_class", "every class counts, not only the right one: pick one entry for each row.", {_PICKED: "-log_P.mean()"}),
        Mistake("every_label_in_every_row", "`log_P[:, labels]` picks every label for every row, N × N entries: pair rows with labels by `log_P[np.arange(N), labels]`.", {_PICKED: "-log_P[:, labels].mean()"}),
        Mistake("surest_class", "the class with the highest probability is taken in each row: the label says which one counts.", {_PICKED: "-log_P.max(axis=1).mean()"}),
        Mistake("normaliser_left_out", "the logarithm of the sum is missing: the scores stand where log-probabilities belong.", {_LOG_P: "shifted"}),
        Mistake("scores_taken", "the plain scores stand where log-probabilities belong: softmax is missing.", {_LOG_P: "logits"}),
        Mistake("softmax_twice", "softmax is applied twice: its probabilities are taken as scores once more.", {f"log_P = {_LOG_P}": f"P = {_P}\n    log_P = P - np.log(np.exp(P).sum(axis=1, keepdims=True))"}),
        Mistake("wrong_axis", "softmax runs down the columns, over the samples: the probabilities of one sample, one row, add up to 1.", {"logits.max(axis=1, keepdims=True)": "logits.max(axis=0, keepdims=True)", "np.exp(shifted).sum(axis=1, keepdims=True)": "np.exp(shifted).sum(axis=0, keepdims=True)"}),
        Mistake("one_sum", "one sum for the whole batch stands under the probabilities: each row adds up to 1 by itself.", {"np.exp(shifted).sum(axis=1, keepdims=True)": "np.exp(shifted).sum()"}),
        Mistake("keepdims_forgotten", "`keepdims=True` is missing: a shape of `(N,)` lines up with the columns, not with the rows. It runs only where N = K.", {"logits.max(axis=1, keepdims=True)": "logits.max(axis=1)", "np.exp(shifted).sum(axis=1, keepdims=True)": "np.exp(shifted).sum(axis=1)"}),
        Mistake("not_reduced", "there is one loss for each sample: their mean is missing.", {"labels].mean()": "labels]"}),
        Mistake("logarithm_to_base_2", "the logarithm has base 2: the loss is then in bits. The natural logarithm is asked for.", {_PICKED: "-log_P[np.arange(len(labels)), labels].mean() / np.log(2)"}),
        Mistake("log_of_mean", "the probabilities are averaged and then the logarithm is taken: take the logarithm for each sample, then average.", {_PICKED: "-np.log(np.exp(log_P[np.arange(len(labels)), labels]).mean())"}),
        Mistake("labels_from_one", "the labels are taken to begin at 1: class 0 is the first column.", {"labels].mean()": "labels - 1].mean()"}),
    ),
)  # fmt: skip
