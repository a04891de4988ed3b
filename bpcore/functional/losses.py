"""What is to be made small: cross-entropy for classes, squared or absolute error for numbers, and their gradients."""

from functools import lru_cache

import numpy as np

from bpcore.functional.activations import sigmoid
from bpcore.functional.dense import number, ones


def softmax(logits: np.ndarray) -> np.ndarray:
    """pₖ = exp(zₖ) / Σⱼ exp(zⱼ), over the last axis.

    Shapes: (..., K) -> (..., K); each row sums to 1. Adding one number to a whole row changes nothing, so the largest
    logit is subtracted first: every exponent is then at most 0 and nothing overflows.
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_vjp(grad: np.ndarray, p: np.ndarray) -> np.ndarray:
    """dzₖ = pₖ (gₖ − Σⱼ gⱼ pⱼ), taking p = softmax(z): each p depends on every z of its row, hence the sum.

    Shapes: (..., K) and (..., K) -> (..., K).
    """
    return p * (grad - (grad * p).sum(axis=-1, keepdims=True))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """log pₖ = zₖ − log Σⱼ exp(zⱼ), over the last axis, without ever forming a p that could round to 0.

    Shapes: (..., K) -> (..., K).
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """L = −(1/N) Σₙ log softmax(zₙ)[yₙ]: how surprised the network is by the right answers, on average.

    Shapes: logits (N, K) floats, labels (N,) integers in 0 … K−1 -> a float.
    """
    return float(-log_softmax(logits)[np.arange(len(labels)), labels].mean())


def softmax_cross_entropy_grad(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """dL/dz = (softmax(z) − onehot(y)) / N.

    Shapes: logits (N, K), labels (N,) -> (N, K). This short form holds only because softmax and cross-entropy are
    taken together, and the 1/N only because the loss is a mean.

    Source: Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).
    """
    grad = softmax(logits)
    grad[np.arange(len(labels)), labels] -= 1
    grad /= len(labels)
    return grad


def softmax_cross_entropy_both(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """L and dL/dz as above, in one go: both need the same powers. Shapes: (N, K), (N,) -> a float and (N, K).

    Inside, the classes are rows: what is largest of ten numbers, numpy finds for a whole row at once, or slowly.
    """
    (n, classes), kind = logits.shape, logits.dtype.char
    z = logits.T.copy()
    z -= np.maximum.reduce(z)
    right = labels.astype(np.intp)  # where in z, row after row, the right answers stand
    right *= number(n, "p")
    right += _count(n)
    entries = z.reshape(-1)
    z_right = entries[right]
    p = np.exp(z, out=z)
    total = np.dot(ones(classes, kind), p)
    loss = float(np.dot(np.log(total) - z_right, ones(n, kind))) / n
    total *= number(n, kind)
    p /= total
    entries[right] -= number(1 / n, kind)
    return loss, p.T


@lru_cache(maxsize=16)
def _count(n: int) -> np.ndarray:
    """0 … n − 1, kept, and not to be changed."""
    array = np.arange(n)
    array.flags.writeable = False
    return array


def mean_squared_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """L = (1/M) Σ (ŷ − y)², a true mean over all M entries: over the samples and over the outputs of each.

    Shapes: prediction and target alike, any shape -> a float.
    """
    return float(np.mean((prediction - target) ** 2))


def mean_squared_error_grad(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """dL/dŷ = (2/M) (ŷ − y), with M the number of entries, not of rows.

    Shapes: prediction and target alike -> the same shape.
    """
    return (2 / prediction.size) * (prediction - target)


def mean_absolute_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """L = (1/M) Σ |ŷ − y|, a mean over all M entries: one that is far off weighs no more than its distance.

    Shapes: prediction and target alike, any shape -> a float.
    """
    return float(np.mean(np.abs(prediction - target)))


def mean_absolute_error_grad(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """dL/dŷ = sign(ŷ − y) / M, with M the number of entries. Where ŷ = y there is no derivative; here it is 0.

    Shapes: prediction and target alike -> the same shape.
    """
    return np.sign(prediction - target) / prediction.size


def sigmoid_cross_entropy(logits: np.ndarray, target: np.ndarray) -> float:
    """L = −(1/M) Σ (y log σ(z) + (1 − y) log(1 − σ(z))), over all M entries: each a question of yes or no.

    Shapes: logits and target alike, any shape; 0 ≤ y ≤ 1 -> a float. It is computed as max(z, 0) − y z +
    log(1 + exp(−|z|)), the same number: no exponent is above 0, and no logarithm is taken of what rounded to 0.
    """
    return float(np.mean(np.maximum(logits, 0) - target * logits + np.log1p(np.exp(-np.abs(logits)))))


def sigmoid_cross_entropy_grad(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    """dL/dz = (σ(z) − y) / M. The short form holds only because sigmoid and cross-entropy are taken together.

    Shapes: logits and target alike -> the same shape.
    """
    return (sigmoid(logits) - target) / logits.size
