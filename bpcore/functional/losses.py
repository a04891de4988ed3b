"""What is to be made small: cross-entropy for classes, squared error for numbers, and their gradients."""

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """pₖ = exp(zₖ) / Σⱼ exp(zⱼ), over the last axis.

    Shapes: (..., K) -> (..., K); each row sums to 1. Adding one number to a whole row changes nothing, so the largest
    logit is subtracted first: every exponent is then at most 0 and nothing overflows.
    """
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


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
