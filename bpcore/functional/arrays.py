"""The derivatives of what moves, stretches and sums entries: each way forward, and its way back.

The value of each is numpy's own function. As in `functional.arithmetic`, most formulas also hold for the recorded
arrays of `bpcore.autodiff`.
"""

from math import prod
from typing import Any

import numpy as np

Axis = int | tuple[int, ...] | None


def unbroadcast(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The derivative of broadcasting: an entry that was used k times gets the sum of k gradients.

    Shapes: grad, any to which `shape` broadcasts -> shape. For (N, 1) + (K,) -> (N, K), the gradient of the first sums
    over the columns and keeps them as one, that of the second sums over the rows.
    """
    if grad.shape == shape:
        return grad
    added = grad.ndim - len(shape)
    if added and 1 not in shape:
        return grad.sum(axis=tuple(range(added)) if added > 1 else 0)
    stretched = tuple(i + added for i, size in enumerate(shape) if size == 1)
    return grad.sum(axis=(*range(added), *stretched)).reshape(shape)


def broadcast_vjp(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """dx of z = broadcast_to(x, …), where x has the shape `shape`."""
    return unbroadcast(grad, shape)


def sum_vjp(grad: np.ndarray, shape: tuple[int, ...], axis: Axis = None) -> np.ndarray:
    """dx = g at every entry that was summed, for s = x.sum(axis).

    Shapes: grad as the sum has it, with or without keepdims; shape that of x -> shape.
    """
    grad = grad.reshape(kept(shape, axis))
    # A view takes no memory, but longer to make than a small array.
    small = isinstance(grad, np.ndarray) and prod(shape) <= 4096
    return np.full(shape, grad) if small else np.broadcast_to(grad, shape)


def mean_vjp(grad: np.ndarray, shape: tuple[int, ...], axis: Axis = None) -> np.ndarray:
    """dx = g / n at each of the n entries that were averaged, for m = x.mean(axis). Shapes as in sum_vjp."""
    count = prod(shape) // prod(kept(shape, axis))
    return sum_vjp(grad / count, shape, axis)


def max_vjp(grad: np.ndarray, x: np.ndarray, largest: np.ndarray, axis: Axis = None) -> np.ndarray:
    """dx = g where x is the largest and 0 elsewhere, for m = x.max(axis), taking x and m.

    Where several are the largest there is no derivative; by convention they share g equally. Shapes as in sum_vjp.
    """
    shape = kept(x.shape, axis)
    chosen = x == largest.reshape(shape)
    # NaN equals nothing, not even itself: then nothing is chosen, and the count of 0 must not divide.
    count = np.maximum(chosen.sum(axis=axis, keepdims=True), 1)
    return chosen * (grad.reshape(shape) / count)


def matmul_vjp_left(grad: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """dA = g Bᵀ, for C = A B.

    Shapes: a (k,) or (…, n, k), b (k,) or (…, k, m), grad as a @ b -> that of a. A vector counts as a matrix of one row
    (left) or one column (right); over a stack of matrices, what was shared sums.
    """
    if a.ndim == b.ndim == 2:
        return np.dot(grad, b.T)  # as @ does, and on small matrices twice as fast
    rows, columns = _matrices(a, b)
    piece = grad.reshape(_product_shape(rows, columns)) @ columns.swapaxes(-1, -2)
    return unbroadcast(piece, rows.shape).reshape(a.shape)


def matmul_vjp_right(grad: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """dB = Aᵀ g, for C = A B. Shapes as in matmul_vjp_left -> that of b."""
    if a.ndim == b.ndim == 2:
        return np.dot(a.T, grad)
    rows, columns = _matrices(a, b)
    piece = rows.swapaxes(-1, -2) @ grad.reshape(_product_shape(rows, columns))
    return unbroadcast(piece, columns.shape).reshape(b.shape)


def reshape_vjp(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """dx = g in the shape that x had."""
    return grad.reshape(shape)


def transpose_vjp(grad: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """dx = g with its axes put back, for z = x.transpose(axes)."""
    return grad.transpose(tuple(int(i) for i in np.argsort(axes)))


def index(x: np.ndarray, index: Any) -> np.ndarray:
    """x[index], for slices, integers, integer arrays and boolean arrays."""
    return x[index]


def index_vjp(grad: np.ndarray, shape: tuple[int, ...], index: Any) -> np.ndarray:
    """dx = 0 everywhere, plus g where x was read, for z = x[index]: an entry that was read twice gets both.

    Shapes: grad as x[index]; shape that of x -> shape.
    """
    spread = np.zeros(shape, dtype=grad.dtype)
    if _reads_once(index):
        spread[index] = grad
    else:
        # Not spread[index] += grad: numpy would write a repeated entry once, with only its last gradient.
        np.add.at(spread, index, grad)
    return spread


def concatenate_vjp(grad: np.ndarray, start: int, stop: int, axis: int) -> np.ndarray:
    """dx = the part of g that lies where x was put, from start to stop along the axis (0 or more)."""
    return grad[(slice(None),) * axis + (slice(start, stop),)]


def where_vjp_left(grad: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """dx = g where x was chosen, 0 elsewhere, for z = where(chosen, x, y)."""
    return np.where(chosen, grad, 0)


def where_vjp_right(grad: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """dy = 0 where x was chosen, g elsewhere, for z = where(chosen, x, y)."""
    return np.where(chosen, 0, grad)


def kept(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The shape that a reduction over `axis` has with keepdims=True: 1 in place of each axis that was reduced."""
    if axis is None:
        return (1,) * len(shape)
    axes = {i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))}
    return tuple(1 if i in axes else size for i, size in enumerate(shape))


def _matrices(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (a.reshape((1, -1)) if a.ndim == 1 else a), (b.reshape((-1, 1)) if b.ndim == 1 else b)


def _product_shape(rows: np.ndarray, columns: np.ndarray) -> tuple[int, ...]:
    stack = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    return (*stack, rows.shape[-2], columns.shape[-1])


def _reads_once(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) or _is_mask(part)
        for part in parts
    )


def _is_mask(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype == bool
