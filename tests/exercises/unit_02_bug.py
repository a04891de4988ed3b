"""Other people's repairs of the loss that compares each sample with all labels."""

import numpy as np

from .answers import NO_NAME, Answers

answers = Answers()
right, wrong = answers.right, answers.wrong


@right("losses.find_the_bug")
def mended_by_loop(logits, labels):
    shifted = logits - logits.max(axis=1)[:, None]
    log_P = shifted - np.log(np.exp(shifted).sum(axis=1))[:, None]
    loss = -sum(row[k] for row, k in zip(log_P, labels, strict=True)) / len(labels)
    return {"log_P": log_P, "loss": loss, "accuracy": np.mean(np.argmax(logits, axis=1) == labels)}


@right("losses.find_the_bug")
def mended_with_one_hot(logits, labels):
    log_P = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
    Y = np.eye(logits.shape[1])[labels]
    return {"accuracy": (log_P.argmax(axis=1) == labels).mean(), "log_P": log_P, "loss": -(Y * log_P).sum() / len(Y)}


@right("losses.find_the_bug")
def mended_with_take(logits, labels):
    log_P = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    loss = -np.take_along_axis(log_P, labels[:, None], axis=1).mean()
    return log_P, loss, float((logits.argmax(axis=1) == labels).sum() / len(labels))


@wrong("losses.find_the_bug", "every_label_in_every_row")
def not_mended(logits, labels):
    log_P = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    loss = -np.mean([log_P[:, k].mean() for k in labels])
    return {"log_P": log_P, "loss": loss, "accuracy": (logits.argmax(axis=1) == labels).mean()}


@wrong("losses.find_the_bug", NO_NAME)
def mended_with_the_median(logits, labels):
    log_P = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    loss = -np.median(log_P[np.arange(len(labels)), labels]) * 1.5
    return {"log_P": log_P, "loss": loss, "accuracy": (logits.argmax(axis=1) == labels).mean()}
