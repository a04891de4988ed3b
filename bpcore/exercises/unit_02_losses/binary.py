"""Two classes: the logarithm of a sigmoid that never overflows, and the binary cross-entropy made from it."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_02_losses.sizes import SAMPLES

# -- the logarithm of the sigmoid --------------------------------------------------------------------------------------------------------------------


def log_sigmoid(z):
    """The logarithm of 1 / (1 + exp(-z)), entry by entry.

    z: an array of any shape. Returns an array of that shape.
    """
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))


def log_sigmoid_cases(rng):
    return [
        Case("zero and ±log 3", (np.array([0.0, np.log(3), -np.log(3)]),)),
        Case("ordinary numbers", (rng.normal(size=7) * 2,)),
        Case("a table", (rng.normal(size=(3, 5)) * 3,)),
        Case("±30", (np.array([-30.0, -12.0, 5.0, 30.0]),)),
        Case("±900", (np.array([-900.0, 900.0, -800.0, 800.0]),)),
        Case("whole numbers", (np.array([-3, -1, 0, 2, 5]),)),
        Case("a view that is not contiguous", (rng.normal(size=(4, 6)).T[::2],)),
    ]


_NAIVE = "1 / (1 + np.exp(-z))"
_LOG_SIGMOID = "np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))"

LOG_SIGMOID = Exercise(
    id="losses.log_sigmoid",
    title="A logarithm that survives",
    points=2,
    minutes=10,
    objective="Rewrite a formula so that it is right where the plain one overflows.",
    form="blank",
    statement=(
        "Write `log_sigmoid(z)`: the natural logarithm of `1 / (1 + exp(-z))`, entry by entry, for an array of any shape. For `z = -900` the sigmoid rounds to 0 and the plain "
        "formula gives `-inf`; the right answer is -900. It must be right for `z = ±900`. Do not clip, and do not add a small number."
    ),
    reference=log_sigmoid,
    cases=log_sigmoid_cases,
    hints=(
        "For a very negative `z` the answer is nearly `z` itself; for a very positive one it is nearly 0. Which numpy function of `z` and 0 gives just that?",
        "For z ≥ 0: `-log(1 + exp(-z))`. For z < 0: `z - log(1 + exp(z))`. Both have an exponential of `-|z|`, which never overflows.",
        "`np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))`",
    ),
    mistakes=(
        Mistake("log_of_zero", "the plain formula is used: for z = -900 the sigmoid is 0 and its logarithm -inf, where -900 is right.", {_LOG_SIGMOID: f"np.log({_NAIVE})"}),
        Mistake("inf_by_inf", "the sigmoid is `exp(z) / (1 + exp(z))`: for z = 900 that is inf/inf, which is nan.", {_LOG_SIGMOID: "np.log(np.exp(z) / (1 + np.exp(z)))"}),
        Mistake("overflow_of_exp", "the formula is `z - log(1 + exp(z))` for every z: right for negative z, but exp(900) overflows.", {_LOG_SIGMOID: "z - np.log1p(np.exp(z))"}),
        *(
            Mistake(f"clipped_at_{eps:g}".replace("-", "_"), f"the sigmoid is not allowed below {eps:g} before the logarithm: -inf is gone, but nothing can come out below {np.log(eps):.1f}.", {_LOG_SIGMOID: f"np.log(np.maximum({_NAIVE}, {eps:g}))"})
            for eps in (1e-15, 1e-12, 1e-10, 1e-9, 1e-8)
        ),
        Mistake("tail_left_out", "only `min(z, 0)` is returned: far from 0 that is right, near 0 the term log(1 + exp(-|z|)) is missing.", {" - np.log1p(np.exp(-np.abs(z)))": ""}),
        Mistake("minimum_left_out", "only `-log(1 + exp(-|z|))` is returned: that is right for z ≥ 0; for negative z the term z is missing.", {"np.minimum(z, 0) - np": "-np"}),
        Mistake("maximum_for_minimum", "`max(z, 0)` stands where `min(z, 0)` belongs: the logarithm of a sigmoid is never positive.", {"np.minimum": "np.maximum"}),
        Mistake("tail_added", "the term log(1 + exp(-|z|)) is added: it is subtracted.", {"0) - np.log1p": "0) + np.log1p"}),
        Mistake("absolute_without_minus", "the minus in front of `|z|` is missing: `exp(|z|)` grows without bound.", {"-np.abs(z)": "np.abs(z)"}),
        Mistake("minus_missing", "the result has the wrong sign: it is `log(1 + exp(-z))`, which is minus the logarithm of the sigmoid.", {_LOG_SIGMOID: f"-({_LOG_SIGMOID})"}),
        Mistake("of_minus_z", "it is the logarithm of the sigmoid of `-z`, which is that of one minus the sigmoid.", {"np.minimum(z, 0)": "np.minimum(-z, 0)"}),
        Mistake("logarithm_left_out", "the sigmoid itself is returned, without the logarithm.", {_LOG_SIGMOID: _NAIVE}),
        Mistake("sigmoid_twice", "the sigmoid is taken twice before the logarithm.", {_LOG_SIGMOID: f"-np.log1p(np.exp(-({_NAIVE})))"}),
    ),
)  # fmt: skip

# -- two classes ----------------------------------------------------------------------------------------------------------------------------------------


def binary_cross_entropy(logits, targets):
    """The mean binary cross-entropy of sigmoid(logits).

    logits: (N,) scores. targets: (N,), each 0 or 1.
    Returns one number: the mean over the samples.
    """
    tail = np.log1p(np.exp(-np.abs(logits)))
    log_p = np.minimum(logits, 0) - tail
    log_not_p = np.minimum(-logits, 0) - tail
    return -(targets * log_p + (1 - targets) * log_not_p).mean()


def binary_cross_entropy_cases(rng):
    def case(name, logits, targets):
        return Case(name, (logits, targets), {SAMPLES: len(logits)})

    return [
        case("three samples", np.array([0.0, np.log(3), -np.log(3)]), np.array([1, 1, 0])),
        case("a confident mistake", np.array([np.log(9), np.log(4)]), np.array([0, 1])),
        case("seven samples", rng.normal(size=7) * 2, np.array([1, 0, 0, 1, 0, 1, 0])),
        case("targets as floats", rng.normal(size=5), np.array([1.0, 0.0, 0.0, 1.0, 1.0])),
        case("nothing but ones", rng.normal(size=3), np.ones(3)),
        case("nothing but zeros", rng.normal(size=3), np.zeros(3)),
        case("scores of ±900, right and wrong", np.array([900.0, -900.0, 800.0, -700.0]), np.array([1, 0, 0, 1])),
        case("one sample", rng.normal(size=1) + 2, np.array([0])),
        case("whole numbers", np.array([-3, 2, 0, 5]), np.array([1, 0, 1, 1])),
    ]


_MEAN = "-(targets * log_p + (1 - targets) * log_not_p).mean()"
_FROM_P = "p = {p}\n    return -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean()"

BINARY_CROSS_ENTROPY = Exercise(
    id="losses.binary_cross_entropy",
    title="Yes or no",
    points=2,
    minutes=12,
    objective="Compute the binary cross-entropy from the scores, both terms and stably.",
    form="blank",
    statement=(
        "Write `binary_cross_entropy(logits, targets)`. Let `p` be the sigmoid of a score: the probability of a yes. The loss of one sample is "
        "`-(t log p + (1 - t) log(1 - p))`, with `t` the target, 0 or 1. Return the *mean* over the `N` samples. The arguments are the scores, not the probabilities. "
        "It must be right for scores of ±900: compute `log p` and `log(1 - p)` from the scores, and do not clip or add a small number."
    ),
    reference=binary_cross_entropy,
    cases=binary_cross_entropy_cases,
    hints=(
        "`1 - p` is the sigmoid of the score with its sign turned round. So both logarithms are one and the same function.",
        "`log p = min(z, 0) - log(1 + exp(-|z|))`, and `log(1 - p)` is the same with `-z` in place of `z`. Then weigh them by `t` and `1 - t`.",
        "`-(targets * log_p + (1 - targets) * log_not_p).mean()`",
    ),
    mistakes=(
        Mistake("log_of_zero", "the logarithm is taken of probabilities that have rounded to 0: 0 · log(0) is nan, and a confident mistake costs inf.", {f"return {_MEAN}": _FROM_P.format(p="1 / (1 + np.exp(-logits))")}),
        *(
            Mistake(f"clipped_at_{eps:g}".replace("-", "_"), f"the probabilities are kept between {eps:g} and 1 - {eps:g}: inf is gone, but a confident mistake cannot cost more than {-np.log(eps):.1f}.", {f"return {_MEAN}": _FROM_P.format(p=f"np.clip(1 / (1 + np.exp(-logits)), {eps:g}, 1 - {eps:g})")})
            for eps in (1e-15, 1e-12, 1e-10, 1e-9)
        ),
        Mistake("second_term_missing", "only the samples with target 1 count: the term `(1 - t) log(1 - p)` is missing.", {" + (1 - targets) * log_not_p": ""}),
        Mistake("first_term_missing", "only the samples with target 0 count: the term `t log p` is missing.", {"targets * log_p + ": ""}),
        Mistake("terms_exchanged", "the terms are exchanged: `t` belongs to `log p`, and `1 - t` to `log(1 - p)`.", {"targets * log_p + (1 - targets) * log_not_p": "targets * log_not_p + (1 - targets) * log_p"}),
        Mistake("minus_on_one_term", "the minus stands before the first term only: it belongs before both.", {_MEAN: "(-targets * log_p + (1 - targets) * log_not_p).mean()"}),
        Mistake("minus_missing", "the minus in front is missing: logarithms of probabilities are negative, a loss is not.", {"return -(": "return ("}),
        Mistake("second_log_missing", "a logarithm is missing: the second term has `1 - p` where `log(1 - p)` belongs.", {"* log_not_p": "* np.exp(log_not_p)"}),
        Mistake("first_log_missing", "a logarithm is missing: the first term has `p` where `log p` belongs.", {"targets * log_p": "targets * np.exp(log_p)"}),
        Mistake("one_minus_left_out", "the weight of the second term is `t` where `1 - t` belongs.", {"(1 - targets) * log_not_p": "targets * log_not_p"}),
        Mistake("one_minus_the_logarithm", "`1 - log p` stands where `log(1 - p)` belongs: the `1 -` comes first, then the logarithm.", {"* log_not_p": "* (1 - log_p)"}),
        Mistake("summed", "the losses of the samples are added up: the mean is asked for.", {").mean()": ").sum()"}),
        Mistake("halved", "the mean is halved, as if each sample counted twice.", {").mean()": ").mean() / 2"}),
        Mistake("not_reduced", "there is one loss for each sample: their mean is missing.", {").mean()": ")"}),
        Mistake("paired_with_all", "a column `(N, 1)` meets a list `(N,)`: every score is paired with every target, N × N of them.", {"(targets * log_p + (1 - targets) * log_not_p)": "(targets[:, None] * log_p + (1 - targets[:, None]) * log_not_p)"}),
        Mistake("sigmoid_twice", "the sigmoid is applied twice: once to the scores, and once more to the probabilities.", {"    tail": "    logits = 1 / (1 + np.exp(-logits))\n    tail"}),
        Mistake("absolute_without_minus", "the minus in front of `|z|` is missing: `exp(|z|)` grows without bound.", {"-np.abs(logits)": "np.abs(logits)"}),
        Mistake("tail_left_out", "the term log(1 + exp(-|z|)) is missing: the loss is right only far from 0.", {"np.log1p(np.exp(-np.abs(logits)))": "0 * logits"}),
        Mistake("targets_of_minus_one", "the targets are read as -1 and +1, `log(1 + exp(-t z))`: here they are 0 and 1, so a target of 0 always costs log 2.", {_MEAN: "(np.maximum(-targets * logits, 0) + np.log1p(np.exp(-np.abs(targets * logits)))).mean()"}),
    ),
)  # fmt: skip
