"""The loop that learns: batches, one epoch after another, and a record of how it went."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcore.errors import DataError, ShapeError, require_rng
from bpcore.layers.base import Layer


@dataclass(frozen=True)
class History:
    """What was measured, one entry for each finished epoch.

    train_loss and train_accuracy are means over the epoch, each batch measured just before the step it caused: the
    network changed along the way, so they trail a little behind. val_loss and val_accuracy are measured at the end of
    each epoch. The accuracies are empty where y is not integer labels, the val_ ones without validation data.
    """

    train_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    seconds: tuple[float, ...]
    planned: int
    interrupted: bool = False

    @property
    def epochs(self) -> int:
        """The number of epochs that were finished."""
        return len(self.train_loss)

    def __str__(self) -> str:
        done = f"{self.epochs} epoch{'s' * (self.epochs != 1)} in {sum(self.seconds):.2f} s"
        if self.interrupted:
            done = f"Interrupted after {self.epochs} of {self.planned} epochs; what was learnt is kept. {done}"
        for name, values in [
            ("train loss", self.train_loss),
            ("train accuracy", self.train_accuracy),
            ("validation loss", self.val_loss),
            ("validation accuracy", self.val_accuracy),
        ]:
            if values:
                done += f"; {name} {values[0]:.3f} to {values[-1]:.3f}"
        return done + "."


def batches(
    X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (X_batch, y_batch) until every row has been seen once, in an order drawn by rng; the last may be shorter.

    Raises ShapeError when X and y differ in length; DataError for no rows, a batch_size below 1, or no rng.
    """
    require_rng(rng, "batches")
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise DataError(f"batch_size={batch_size!r} must be a whole number of at least 1.")
    _require_pairs(X, y)

    # A generator inside, so that the checks above happen at the call and not at the first batch.
    def walk() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            yield X[rows], y[rows]

    return walk()


def train(
    model: Layer,
    loss: Any,
    optimizer: Any,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    X_val: np.ndarray | None = None,
    y_val: np.ndarray | None = None,
    progress: bool | None = None,
) -> History:
    """Train the model in place and return the History.

    Each step: forward, loss, empty the gradients, backward, optimizer.step(). The data is cast to the model's dtype
    (so model.astype("float32") first, for speed); integer labels stay integers. The training order is drawn from rng,
    afresh for each epoch. progress shows a bar on stdout: None, the default, shows it on a terminal or in a notebook;
    True and False decide it; while nbgrader grades (NBGRADER_EXECUTION is set) it never shows. Interrupting (the stop
    button, Ctrl-C) keeps what was learnt and returns the History of the finished epochs, with .interrupted True.

    Raises DataError for bad epochs or batch_size, for X_val without y_val, and for an optimizer that holds another
    model's parameters; ShapeError when X and y differ in length.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)) or epochs < 1:
        raise DataError(f"epochs={epochs!r} must be a whole number of at least 1.")
    if (X_val is None) != (y_val is None):
        raise DataError("Validation needs both X_val and y_val.")
    if not {id(p) for p in model.parameters()} & {id(p) for p in optimizer.params}:
        raise DataError("The optimizer holds none of this model's parameters: build it from model.parameters().")
    X, y = _cast(X, y, model.dtype)
    batches(X, y, batch_size, rng)  # its checks, before the first epoch
    if X_val is not None:
        X_val, y_val = _cast(X_val, y_val, model.dtype)
        _require_pairs(X_val, y_val)

    record = {name: [] for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")}
    interrupted = False
    bar = _progress_bar(epochs, progress)
    try:
        for _ in bar:
            start = time.perf_counter()
            measured = _epoch(model, loss, optimizer, batches(X, y, batch_size, rng))
            if X_val is not None:
                output = model.predict(X_val)
                measured["val_loss"] = loss.forward(output, y_val)
                if _is_labels(y_val):
                    measured["val_accuracy"] = _right(output, y_val) / len(y_val)
            measured["seconds"] = time.perf_counter() - start
            for name, value in measured.items():
                record[name].append(value)
            if hasattr(bar, "set_postfix"):
                bar.set_postfix(loss=f"{measured['train_loss']:.4f}")
    except KeyboardInterrupt:
        interrupted = True
    return History(**{name: tuple(values) for name, values in record.items()}, planned=epochs, interrupted=interrupted)


def accuracy(model: Layer, X: np.ndarray, y: np.ndarray) -> float:
    """The fraction of rows whose largest logit is at their label. Shapes: X (N, ...), y (N,) of integers.

    Raises ShapeError when X and y differ in length, DataError when there are no rows or y is not integer labels.
    """
    X, y = np.asarray(X), np.asarray(y)
    _require_pairs(X, y)
    if not _is_labels(y):
        raise DataError(f"Accuracy needs integer labels of shape (N,); y has dtype {y.dtype} and shape {y.shape}.")
    return _right(model.predict(X), y) / len(y)


def _epoch(model: Layer, loss: Any, optimizer: Any, pairs: Iterator[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    total, right, rows = 0.0, 0, 0
    for X, y in pairs:
        output = model.forward(X)
        total += loss.forward(output, y) * len(y)
        optimizer.zero_grad()
        model.backward(loss.backward())
        optimizer.step()
        rows += len(y)
        if labelled := _is_labels(y):
            right += _right(output, y)
    measured = {"train_loss": total / rows}
    if labelled:
        measured["train_accuracy"] = right / rows
    return measured


def _is_labels(y: np.ndarray) -> bool:
    return y.dtype.kind in "iu" and y.ndim == 1


def _right(output: np.ndarray, labels: np.ndarray) -> int:
    return int((output.argmax(axis=1) == labels).sum())


def _cast(X: np.ndarray, y: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    y = np.asarray(y)
    return np.asarray(X, dtype=dtype), y.astype(dtype, copy=False) if y.dtype.kind == "f" else y


def _require_pairs(X: np.ndarray, y: np.ndarray) -> None:
    if len(X) != len(y):
        raise ShapeError(f"X has {len(X)} rows and y has {len(y)}: row i of one belongs to row i of the other.")
    if not len(X):
        raise DataError("There are no rows in X and y: nothing can be learnt or measured from an empty set.")


def _progress_bar(epochs: int, wanted: bool | None) -> Any:
    # In a notebook stdout is ipykernel's own stream: its type tells, without importing any of it.
    watched = sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")
    if os.environ.get("NBGRADER_EXECUTION") or not (watched if wanted is None else wanted):
        return range(epochs)
    from tqdm import tqdm

    return tqdm(range(epochs), file=sys.stdout, unit="epoch")
