"""The operations that take several tensors (where, concatenate, softmax_cross_entropy), and numpy's names for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bpcore.autodiff import primitives as P
from bpcore.autodiff.tensor import FUNCTIONS, Tensor, plain, record
from bpcore.errors import DataError, ShapeError


def as_tensor(x: Any) -> Tensor:
    """x itself if it is a Tensor, else a constant."""
    return x if isinstance(x, Tensor) else Tensor(x, requires_grad=False)


def where(chosen: Any, x: Any, y: Any) -> Tensor:
    """x where `chosen` (a boolean array) is true, y elsewhere; each gets the gradient of its own entries."""
    return record(P.WHERE, x, y, chosen=plain(chosen))


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """The tensors joined along an axis they already have. Raises ShapeError unless the other axes are alike."""
    parts = [as_tensor(part) for part in tensors]
    if not parts or not all(-part.ndim <= axis < part.ndim for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts) or "none"
        raise ShapeError(f"concatenate joins tensors along axis {axis}, which all must have; their shapes: {shapes}.")
    axis %= parts[0].ndim
    lengths = [part.shape[axis] if axis < part.ndim else 0 for part in parts]
    return record(P.concatenation(lengths, axis), *parts)


def softmax_cross_entropy(logits: Any, labels: Any) -> Tensor:
    """L = −(1/N) Σₙ log softmax(zₙ)[yₙ], recorded as one operation, whose derivative is (softmax − onehot) / N.

    Shapes: logits (N, K), labels (N,) integers in 0 … K−1 -> one number.

    Raises ShapeError and DataError when they are something else.
    """
    logits, labels = as_tensor(logits), np.asarray(plain(labels))
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or not len(labels):
        raise ShapeError(
            f"softmax_cross_entropy needs logits (N, K) and labels (N,), N at least 1: it got {logits.shape} and "
            f"{labels.shape}."
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise DataError(
            f"The labels must be integers from 0 to {logits.shape[1] - 1}, one class for each row; they are of dtype "
            f"{labels.dtype}, from {labels.min()} to {labels.max()}."
        )
    return record(P.SOFTMAX_CROSS_ENTROPY, logits, labels=labels)


def _dot(x: Any, y: Any) -> Tensor:
    if np.ndim(x) not in (1, 2) or np.ndim(y) not in (1, 2):
        raise ShapeError(
            f"np.dot of a Tensor takes vectors and matrices; the shapes are {np.shape(x)} and {np.shape(y)}. For "
            "stacks of matrices write x @ y, for a number x * y."
        )
    return record(P.MATMUL, x, y)


def _transpose(x: Tensor, axes: Any = None) -> Tensor:
    return x.transpose(*(() if axes is None else (axes,)))


FUNCTIONS |= {
    np.where: where,
    np.concatenate: concatenate,
    np.dot: _dot,
    np.sum: Tensor.sum,
    np.mean: Tensor.mean,
    np.max: Tensor.max,
    np.reshape: Tensor.reshape,
    np.transpose: _transpose,
    np.swapaxes: Tensor.swapaxes,
    np.broadcast_to: lambda x, shape: record(P.BROADCAST, x, shape=shape),
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x: x.size,
}
