"""The loop that learns: batches, one epoch after another, and a record of how it went."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcore.errors import DataError, ShapeError, require_rng
from bpcore.layers.base import Layer, lay_side_by_side, require_numbers
from bpcore.optim import clip_gradients

# What a callback is: it gets the number of the epoch, from 1, and what was measured in it; True from it ends training.
Callback = Callable[[int, dict[str, float]], object]

_MEASURED = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds", "lr")
# How many numbers of X batches() may copy at once.
_GATHERED = 2**16


@dataclass(frozen=True)
class History:
    """What was measured, one entry for each finished epoch.

    train_loss and train_accuracy are means over the epoch, each batch measured just before the step it caused: the
    network changed along the way, so they trail a little behind. val_loss and val_accuracy are measured at the end of
    each epoch. The accuracies are empty where y is not integer labels, the val_ ones without validation data. lr is the
    learning rate of each epoch.

    stopped_early is True when patience ran out, a callback said so, or a threshold was reached. best_epoch, counted
    from 1, is the one whose weights the network has now, when training was given a patience; None otherwise.
    """

    train_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    seconds: tuple[float, ...]
    planned: int
    interrupted: bool = False
    stopped_early: bool = False
    best_epoch: int | None = None
    lr: tuple[float, ...] = ()

    @property
    def epochs(self) -> int:
        """The number of epochs that were finished."""
        return len(self.train_loss)

    def __str__(self) -> str:
        done = f"{self.epochs} epoch{'s' * (self.epochs != 1)} in {sum(self.seconds):.2f} s"
        if self.interrupted:
            done = f"Interrupted after {self.epochs} of {self.planned} epochs; what was learnt is kept. {done}"
        elif self.stopped_early:
            done = f"Stopped early, after {self.epochs} of {self.planned} epochs. {done}"
        if self.best_epoch is not None:
            done += f"; the weights are those of epoch {self.best_epoch}"
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
    X: np.ndarray, y: np.ndarray, batch_size: int | None, rng: np.random.Generator | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (X_batch, y_batch) until every row has been seen once, in an order drawn by rng; the last may be shorter.

    batch_size=1 goes pattern by pattern; batch_size=None takes the whole matrix at once, in its own order, without rng.

    Raises ShapeError when X and y differ in length; DataError for no rows, a batch_size below 1, or no rng.
    """
    if batch_size is not None:
        require_rng(rng, "batches")
        _require_whole("batch_size", batch_size)
    _require_pairs(X, y)

    # A generator inside, so that the checks above happen at the call and not at the first batch.
    def walk() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if batch_size is None:
            yield X, y
            return
        order = rng.permutation(len(X))
        # Many batches are gathered at once and cut apart: gathering one row takes as long as gathering fifty.
        many = batch_size * max(1, _GATHERED // max(1, X[0].size * batch_size))
        for first in range(0, len(X), many):
            rows = order[first : first + many]
            X_rows, y_rows = X[rows], y[rows]
            for start in range(0, len(rows), batch_size):
                yield X_rows[start : start + batch_size], y_rows[start : start + batch_size]

    return walk()


def train(
    model: Layer,
    loss: Any,
    optimizer: Any,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int | None,
    rng: np.random.Generator | None = None,
    X_val: np.ndarray | None = None,
    y_val: np.ndarray | None = None,
    schedule: Callable[[int], float] | None = None,
    first_epoch: int = 0,
    max_norm: float | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callback] = (),
    progress: bool | None = None,
) -> History:
    """Train the model in place and return the History.

    Each step: forward, loss, empty the gradients, backward (but for the gradient of X, which nobody needs here), and
    optimizer.step(). The data is cast to the model's dtype (so model.astype("float32") first, for speed); integer
    labels stay integers.

    batch_size  1 is pattern by pattern, None the whole matrix at once, which needs no rng. Otherwise the order is drawn
                from rng, afresh for each epoch.
    schedule    a function from the number of finished epochs, first_epoch at first, to lr, such as optim.CosineLR.
                first_epoch matters only to it: it lets a training that is resumed go on where it was.
    max_norm    clips the gradients before each step, as optim.clip_gradients does.
    patience    ends training when val_loss has not fallen below its lowest for so many epochs. However training ends,
                the weights of the epoch with the lowest val_loss are then put back (not the optimizer's memory).
    callbacks   each is called after every epoch as callback(epoch, measured), with the number of the epoch, from 1, and
                a dictionary of its values under the names that History has; True from one of them ends training.
    progress    shows a bar on stdout: None, the default, shows it on a terminal or in a notebook; True and False decide
                it; while nbgrader grades (NBGRADER_EXECUTION is set) it never shows.

    Interrupting (the stop button, Ctrl-C) keeps what was learnt and returns the History of the finished epochs, with
    .interrupted True.

    Raises DataError for settings out of range, for X_val without y_val or patience without them, and for an optimizer
    that holds another model's parameters; ShapeError when X and y differ in length.
    """
    _require_whole("epochs", epochs)
    _require_whole("first_epoch", first_epoch, least=0)
    if (X_val is None) != (y_val is None):
        raise DataError("Validation needs both X_val and y_val.")
    if patience is not None:
        _require_whole("patience", patience)
        if X_val is None:
            raise DataError("patience watches the loss on validation data: pass X_val and y_val as well.")
    if max_norm is not None and not max_norm > 0:
        raise DataError(f"max_norm={max_norm!r} must be above 0, or None for no clipping.")
    if schedule is not None and not callable(schedule):
        raise DataError(f"schedule={schedule!r} must be a function from an epoch to lr, such as bp.CosineLR(3e-3, 20).")
    if not {id(p) for p in model.parameters()} & {id(p) for p in optimizer.params}:
        raise DataError("The optimizer holds none of this model's parameters: build it from model.parameters().")
    X, y = _cast(X, y, model.dtype)
    batches(X, y, batch_size, rng)  # its checks, before the first epoch
    if X_val is not None:
        X_val, y_val = _cast(X_val, y_val, model.dtype)
        _require_pairs(X_val, y_val)

    lay_side_by_side(model.parameters())
    callbacks = list(callbacks)
    record: list[dict[str, float]] = []
    best = _Best(model)
    interrupted = stopped_early = False
    bar = _progress_bar(epochs, progress)
    try:
        for finished in bar:
            start = time.perf_counter()
            if schedule is not None:
                optimizer.lr = _scheduled(schedule, first_epoch + finished)
            measured = _epoch(model, loss, optimizer, batches(X, y, batch_size, rng), max_norm)
            if X_val is not None:
                output = model.predict(X_val)
                measured["val_loss"] = loss.forward(output, y_val)
                if _is_labels(y_val):
                    measured["val_accuracy"] = _right(output, y_val) / len(y_val)
            measured["lr"] = optimizer.lr
            measured["seconds"] = time.perf_counter() - start
            record.append(measured)
            if hasattr(bar, "set_postfix"):
                bar.set_postfix(loss=f"{measured['train_loss']:.4f}")
            if patience is not None:
                best.look(finished + 1, measured["val_loss"])
                stopped_early = finished + 1 - best.epoch >= patience
            # Every callback is called, also when an earlier one has said that this was the last epoch.
            wishes = [callback(finished + 1, dict(measured)) for callback in callbacks]
            stopped_early = stopped_early or any(wish is True for wish in wishes)
            if stopped_early:
                break
    except KeyboardInterrupt:
        interrupted = True
    finally:
        best.restore()
        if hasattr(bar, "close"):
            bar.close()
    return History(
        **{name: tuple(measured[name] for measured in record if name in measured) for name in _MEASURED},
        planned=epochs,
        interrupted=interrupted,
        stopped_early=stopped_early,
        best_epoch=best.epoch,
    )


def train_until(
    model: Layer,
    loss: Any,
    optimizer: Any,
    X: np.ndarray,
    y: np.ndarray,
    threshold: float,
    *,
    batch_size: int | None,
    rng: np.random.Generator | None = None,
    max_epochs: int = 10_000,
    schedule: Callable[[int], float] | None = None,
    max_norm: float | None = None,
    progress: bool | None = None,
) -> History:
    """Train until the loss on all of X is at most threshold, measured after each epoch; return the History.

    .stopped_early says whether that was reached: False means that max_epochs were not enough. The other settings are
    those of train, and so are the errors; a threshold that is not a finite number raises DataError.
    """
    if not np.isfinite(threshold):
        raise DataError(f"threshold={threshold!r} must be a finite number: no loss is ever below NaN or −infinity.")
    _require_whole("max_epochs", max_epochs)
    X, y = _cast(X, y, model.dtype)

    def reached(epoch: int, measured: dict[str, float]) -> bool:
        return loss.forward(model.predict(X), y) <= threshold

    settings = {"batch_size": batch_size, "rng": rng, "schedule": schedule, "max_norm": max_norm, "progress": progress}
    return train(model, loss, optimizer, X, y, epochs=max_epochs, callbacks=[reached], **settings)


def accuracy(model: Layer, X: np.ndarray, y: np.ndarray) -> float:
    """The fraction of rows whose largest logit is at their label. Shapes: X (N, ...), y (N,) of integers.

    A model with one logit a row, as for BCEWithLogitsLoss, answers yes where it is above 0: y is then (N,) or (N, 1)
    of 0 and 1.

    Raises ShapeError when X and y differ in length, DataError when there are no rows or y is not such labels.
    """
    X, y = np.asarray(X), np.asarray(y)
    _require_pairs(X, y)
    output = model.predict(X)
    if output.shape[1:] == (1,) and y.shape in ((len(X),), (len(X), 1)):
        if not np.isin(y, (0, 1)).all():
            raise DataError(
                "A model with one logit a row answers no or yes, so that accuracy needs labels 0 and 1; y has dtype "
                f"{y.dtype} and runs from {y.min()} to {y.max()}."
            )
        return float(((output > 0) == (y.reshape(-1, 1) == 1)).mean())
    if not _is_labels(y):
        raise DataError(f"Accuracy needs integer labels of shape (N,); y has dtype {y.dtype} and shape {y.shape}.")
    return _right(output, y) / len(y)


class _Best:
    """The weights of the epoch with the lowest validation loss, kept aside."""

    def __init__(self, model: Layer):
        self.parameters = model.parameters()
        self.loss, self.epoch, self.weights = np.inf, None, []

    def look(self, epoch: int, val_loss: float) -> None:
        if self.epoch is None or val_loss < self.loss:
            self.loss, self.epoch, self.weights = val_loss, epoch, [p.data.copy() for p in self.parameters]

    def restore(self) -> None:
        if self.epoch is not None:
            for p, weights in zip(self.parameters, self.weights, strict=True):
                p.data[...] = weights


def _scheduled(schedule: Callable[[int], float], epoch: int) -> float:
    lr = float(schedule(epoch))
    if not (np.isfinite(lr) and lr >= 0):
        raise DataError(f"schedule({epoch}) gave {lr}: a learning rate must be a finite number of at least 0.")
    return lr


def _epoch(
    model: Layer,
    loss: Any,
    optimizer: Any,
    pairs: Iterator[tuple[np.ndarray, np.ndarray]],
    max_norm: float | None,
) -> dict[str, float]:
    total, right, rows = 0.0, 0, 0
    for X, y in pairs:
        output = model.pass_on(X)
        total += loss.forward(output, y) * len(y)
        optimizer.zero_grad()
        model.backward_to_parameters(loss.backward())
        if max_norm is not None:
            clip_gradients(optimizer.params, max_norm)
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
    return int(np.count_nonzero(output.argmax(axis=1) == labels))


def _cast(X: np.ndarray, y: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    # All of it is looked at here, once, so that no step has to look at its batch.
    X, y = require_numbers("train", X, empty=True), require_numbers("train", y, "y", finite=False, empty=True)
    return X.astype(dtype, copy=False), y.astype(dtype, copy=False) if y.dtype.kind == "f" else y


def _require_pairs(X: np.ndarray, y: np.ndarray) -> None:
    if len(X) != len(y):
        raise ShapeError(f"X has {len(X)} rows and y has {len(y)}: row i of one belongs to row i of the other.")
    if not len(X):
        raise DataError("There are no rows in X and y: nothing can be learnt or measured from an empty set.")


def _require_whole(name: str, value: int, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise DataError(f"{name}={value!r} must be a whole number of at least {least}.")


def _progress_bar(epochs: int, wanted: bool | None) -> Any:
    # In a notebook stdout is ipykernel's own stream: its type tells, without importing any of it.
    watched = sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")
    if os.environ.get("NBGRADER_EXECUTION") or not (watched if wanted is None else wanted):
        return range(epochs)
    from tqdm import tqdm

    return tqdm(range(epochs), file=sys.stdout, unit="epoch")
