"""The losses as training uses them: forward checks its input and returns one number, backward starts the way back."""

import numpy as np

from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.functional import (
    mean_squared_error,
    mean_squared_error_grad,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)


class CrossEntropyLoss:
    """L = −(1/N) Σₙ log softmax(logitsₙ)[labelₙ]: for classes. It takes logits; do not apply softmax before it."""

    _seen: tuple[np.ndarray, np.ndarray] | None = None

    def forward(self, logits: np.ndarray, labels: np.ndarray) -> float:
        """The mean over the batch. Shapes: logits (N, K), labels (N,) of integers 0 … K−1.

        Raises ShapeError for one-hot labels or lengths that differ; DataError for labels that are not integers or out
        of range, for logits that are not finite, and for an empty batch.
        """
        logits, labels = np.asarray(logits), np.asarray(labels)
        if logits.ndim != 2:
            raise ShapeError(
                f"CrossEntropyLoss needs logits of shape (N, K), a row for each sample, and got {logits.shape}."
            )
        _require_numbers(logits, "The logits")
        _require_labels(labels, *logits.shape)
        self._seen = logits, labels
        return softmax_cross_entropy(logits, labels)

    def backward(self) -> np.ndarray:
        """dL/dlogits = (softmax − onehot) / N, shape (N, K). Raises OrderError before forward."""
        return softmax_cross_entropy_grad(*_remembered(self))


class MSELoss:
    """L = mean of (prediction − target)² over all entries: for numbers."""

    _seen: tuple[np.ndarray, np.ndarray] | None = None

    def forward(self, prediction: np.ndarray, target: np.ndarray) -> float:
        """The mean over all entries. Shapes: prediction and target exactly alike.

        Raises ShapeError when they differ, even where numpy would stretch one to fit; DataError for values that are
        not finite, and for an empty batch.
        """
        prediction, target = np.asarray(prediction), np.asarray(target)
        if prediction.shape != target.shape:
            raise ShapeError(
                f"MSELoss: the prediction has shape {prediction.shape}, the target {target.shape}. They must be equal: "
                "(N, 1) against (N,) would be stretched to N × N differences. Try target.reshape(prediction.shape)."
            )
        _require_numbers(prediction, "The prediction")
        _require_numbers(target, "The target")
        self._seen = prediction, target
        return mean_squared_error(prediction, target)

    def backward(self) -> np.ndarray:
        """dL/dprediction = (2/M)(prediction − target), shaped like them. Raises OrderError before forward."""
        return mean_squared_error_grad(*_remembered(self))


def _remembered(loss: CrossEntropyLoss | MSELoss) -> tuple[np.ndarray, np.ndarray]:
    if loss._seen is None:
        raise OrderError(f"{type(loss).__name__}.backward was called before forward: there is no loss yet to derive.")
    return loss._seen


def _require_numbers(values: np.ndarray, what: str) -> None:
    if not values.size:
        raise DataError(f"{what}: shape {values.shape} holds no values. The mean of an empty batch is not defined.")
    if not np.isfinite(values).all():
        raise DataError(
            f"{what}: some values are NaN or infinite. If it began during training, the steps were too long: lower lr. "
            "If it was so from the start, look for NaN in X."
        )


def _require_labels(labels: np.ndarray, rows: int, classes: int) -> None:
    if labels.ndim != 1:
        hint = " They look one-hot: try labels.argmax(axis=1)." if labels.shape == (rows, classes) else ""
        raise ShapeError(f"Labels must have shape ({rows},), one integer a sample, and have {labels.shape}.{hint}")
    if len(labels) != rows:
        raise ShapeError(f"There are {len(labels)} labels for {rows} rows of logits: each row needs its own.")
    if labels.dtype.kind not in "iu":
        raise DataError(
            f"Labels have dtype {labels.dtype}; they are names of classes, so they must be integers 0 … {classes - 1}: "
            "labels.astype(int)."
        )
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise DataError(
            f"Labels run from {low} to {high}, but {classes} logits a row allow 0 … {classes - 1}. "
            "Count from 0, or give the last layer more outputs."
        )
