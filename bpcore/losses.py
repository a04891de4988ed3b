"""The losses as training uses them: forward checks its input and returns one number, backward starts the way back."""

import math

import numpy as np

from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.functional import (
    mean_absolute_error,
    mean_absolute_error_grad,
    mean_squared_error,
    mean_squared_error_grad,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_grad,
    softmax_cross_entropy_both,
    softmax_cross_entropy_grad,
)


class CrossEntropyLoss:
    """L = −(1/N) Σₙ log softmax(logitsₙ)[labelₙ]: for classes. It takes logits; do not apply softmax before it."""

    _seen: tuple[np.ndarray, np.ndarray] | None = None
    _grad: np.ndarray | None = None

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
        logits = logits if logits.dtype.kind == "f" else logits.astype(np.float64)
        self._seen = logits, labels
        value, self._grad = softmax_cross_entropy_both(logits, labels)
        return value

    def backward(self) -> np.ndarray:
        """dL/dlogits = (softmax − onehot) / N, shape (N, K). Raises OrderError before forward."""
        logits, labels = _remembered(self)
        # Handed out once, as the receiver may change it; who asks again gets another.
        grad, self._grad = self._grad, None
        return softmax_cross_entropy_grad(logits, labels) if grad is None else grad


class MSELoss:
    """L = mean of (prediction − target)² over all entries: for numbers."""

    _seen: tuple[np.ndarray, np.ndarray] | None = None

    def forward(self, prediction: np.ndarray, target: np.ndarray) -> float:
        """The mean over all entries. Shapes: prediction and target exactly alike.

        Raises ShapeError when they differ, even where numpy would stretch one to fit; DataError for values that are
        not finite, and for an empty batch.
        """
        self._seen = _alike(self, prediction, target, "prediction")
        return mean_squared_error(*self._seen)

    def backward(self) -> np.ndarray:
        """dL/dprediction = (2/M)(prediction − target), shaped like them. Raises OrderError before forward."""
        return mean_squared_error_grad(*_remembered(self))


class MAELoss:
    """L = mean of |prediction − target| over all entries: for numbers, some of which are far off by accident."""

    _seen: tuple[np.ndarray, np.ndarray] | None = None

    def forward(self, prediction: np.ndarray, target: np.ndarray) -> float:
        """The mean over all entries. Shapes: prediction and target exactly alike. Raises as MSELoss does."""
        self._seen = _alike(self, prediction, target, "prediction")
        return mean_absolute_error(*self._seen)

    def backward(self) -> np.ndarray:
        """dL/dprediction = sign(prediction − target) / M, 0 where they are equal. Raises OrderError before forward."""
        return mean_absolute_error_grad(*_remembered(self))


class BCEWithLogitsLoss:
    """L = −mean of y log σ(z) + (1 − y) log(1 − σ(z)) over all entries: for questions of yes or no, each by itself.

    It takes logits z; do not apply sigmoid before it. It is right however large they are.
    """

    _seen: tuple[np.ndarray, np.ndarray] | None = None

    def forward(self, logits: np.ndarray, target: np.ndarray) -> float:
        """The mean over all entries. Shapes: logits and target exactly alike, such as (N, 1); 0 ≤ target ≤ 1.

        Raises ShapeError when they differ, even where numpy would stretch one to fit; DataError for values that are
        not finite, for a target outside 0 … 1, and for an empty batch.
        """
        logits, target = _alike(self, logits, target, "logits")
        if target.min() < 0 or target.max() > 1:
            raise DataError(
                f"BCEWithLogitsLoss: the target runs from {target.min()} to {target.max()}, and each entry is the "
                "probability of a yes, between 0 and 1. For −1 and 1 try (target + 1) / 2; for more than two classes "
                "use CrossEntropyLoss."
            )
        self._seen = logits, target
        return sigmoid_cross_entropy(*self._seen)

    def backward(self) -> np.ndarray:
        """dL/dlogits = (σ(logits) − target) / M, shaped like them. Raises OrderError before forward."""
        return sigmoid_cross_entropy_grad(*_remembered(self))


def _alike(
    loss: MSELoss | MAELoss | BCEWithLogitsLoss, values: np.ndarray, target: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    values, target = np.asarray(values), np.asarray(target)
    if values.shape != target.shape:
        raise ShapeError(
            f"{type(loss).__name__}: the {name} and target have shapes {values.shape} and {target.shape}. They must "
            f"be equal: (N, 1) against (N,) would be stretched to N × N differences. Try target.reshape({name}.shape)."
        )
    _require_numbers(values, f"The {name}")
    _require_numbers(target, "The target")
    # Whole numbers and yes or no as fractions: differences of unsigned numbers wrap round, those of True and False do
    # not exist, and either would turn a float32 gradient into float64.
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    return values, target if target.dtype.kind == "f" else target.astype(values.dtype)


def _remembered(loss: CrossEntropyLoss | MSELoss | MAELoss | BCEWithLogitsLoss) -> tuple[np.ndarray, np.ndarray]:
    if loss._seen is None:
        raise OrderError(f"{type(loss).__name__}.backward was called before forward: there is no loss yet to derive.")
    return loss._seen


def _require_numbers(values: np.ndarray, what: str) -> None:
    if not values.size:
        raise DataError(f"{what}: shape {values.shape} holds no values. The mean of an empty batch is not defined.")
    # The sum of the squares is not finite if any value is not; only where it is not, is it worth while to look closer.
    flat = values.ravel(order="K")
    if not math.isfinite(np.dot(flat, flat)) and not np.isfinite(values).all():
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
    # The places first: numpy finds them in a fraction of the time that min and max take.
    low, high = int(labels[labels.argmin()]), int(labels[labels.argmax()])
    if low < 0 or high >= classes:
        raise DataError(
            f"Labels run from {low} to {high}, but {classes} logits a row allow 0 … {classes - 1}. "
            "Count from 0, or give the last layer more outputs."
        )
