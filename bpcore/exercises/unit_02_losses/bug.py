"""A loss that runs, falls, and is not the loss: a bug to find."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_02_losses.sizes import CLASSES, SAMPLES


def loss_and_accuracy(logits, labels):
    """How surprised a network is, and how often it is right.

    logits: (N, K), one sample a row. labels: (N,) whole numbers from 0 to K - 1.
    Returns a dict with log_P, the logarithms of the probabilities (N, K), and loss and accuracy,
    two numbers.
    """
    N = len(labels)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_P = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_P[np.arange(N), labels].mean()
    accuracy = (log_P.argmax(axis=1) == labels).mean()
    return dict(log_P=log_P, loss=loss, accuracy=accuracy)


def loss_and_accuracy_cases(rng):
    def case(name, N, K):
        return Case(name, (rng.normal(size=(N, K)) * 2, rng.integers(0, K, N)), {SAMPLES: N, CLASSES: K})

    return [
        Case(
            "two samples, two classes", (np.array([[2.0, 0.0], [0.0, 2.0]]), np.array([0, 1])), {SAMPLES: 2, CLASSES: 2}
        ),
        case("five samples, three classes", 5, 3),
        case("as many classes as samples", 4, 4),
        case("seven samples, two classes", 7, 2),
        Case(
            "scores of ±900",
            (np.array([[900.0, 0.0, -900.0], [0.0, -900.0, 1.0]]), np.array([1, 0])),
            {SAMPLES: 2, CLASSES: 3},
        ),
    ]


_PICKED, _LOSS = "log_P[np.arange(N), labels]", "loss = -log_P[np.arange(N), labels].mean()"
_SUM = "np.exp(shifted).sum(axis=1, keepdims=True)"

FIND_THE_BUG = Exercise(
    id="losses.find_the_bug",
    title="Find the bug: the accuracy is right, and the loss will not fall",
    points=1,
    minutes=6,
    objective="Compute the mean cross-entropy from the scores, without ever taking the logarithm of 0.",
    form="debug",
    statement=(
        "Someone trains a network with this function. The accuracy rises to 95%, so the network reads well, and the loss stays above 2 all the same. Nothing is raised, and every shape that is *returned* is right. "
        "For two samples with the scores (2, 0) and (0, 2) and the labels 0 and 1, work out the loss by hand: each sample is surprised by 0.127, so that is the mean. Then find the line that says something "
        "else, and mend it."
    ),
    reference=loss_and_accuracy,
    cases=loss_and_accuracy_cases,
    stages=("log_P", "loss", "accuracy"),
    bug="every_label_in_every_row",
    hints=(
        "Print shapes *inside* the function, for five samples. Which array has more entries than you would expect?",
        "How many numbers should be picked out of `log_P`: one for each sample, or one for each pair of a sample and a label?",
        "`log_P[np.arange(N), labels]` picks N numbers; `log_P[:, labels]` picks N × N.",
    ),
    mistakes=(
        Mistake("every_label_in_every_row", "each sample is compared with the labels of all samples: `log_P[:, labels]` picks N × N numbers, where one belongs to each row.", {_PICKED: "log_P[:, labels]"}),
        Mistake("softmax_twice", "softmax is applied twice: the loss takes probabilities for scores.", {_LOSS: "P = np.exp(log_P)\n    twice = P - np.log(np.exp(P).sum(axis=1, keepdims=True))\n    loss = -twice[np.arange(N), labels].mean()"}),
        Mistake("summed", "the surprises are added up over the batch, and not averaged.", {_LOSS: "loss = -log_P[np.arange(N), labels].sum()"}),
        Mistake("wrong_axis", "softmax runs down the columns, so that the probabilities of one sample do not add up to 1.", {_SUM: "np.exp(shifted).sum(axis=0, keepdims=True)"}),
        Mistake("labels_from_one", "the labels are taken to begin at 1.", {_LOSS: "loss = -log_P[np.arange(N), labels - 1].mean()"}),
        Mistake("every_class", "every class counts in the loss, and not only the right one.", {_LOSS: "loss = -log_P.mean()"}),
        Mistake("minus_missing", "the minus in front of the loss is missing.", {_LOSS: "loss = log_P[np.arange(N), labels].mean()"}),
    ),
)  # fmt: skip
