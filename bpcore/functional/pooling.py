"""Max pooling: of each window of an image only the largest entry goes on, and only it gets the gradient back."""

from collections.abc import Iterator

import numpy as np


def max_pool2d(X: np.ndarray, size: int, stride: int) -> np.ndarray:
    """z[n, c, i, j] = max of X[n, c, i · stride + r, j · stride + s] over 0 ≤ r, s < size.

    Shapes: X (N, C, H, width) -> (N, C, H', width'), H' = (H − size) // stride + 1: a window that would not fit whole
    is left out.
    """
    windows = _places(X, size, stride)
    z = next(windows).copy()
    for entries in windows:
        np.maximum(z, entries, out=z)
    return z


def max_pool2d_vjp(grad: np.ndarray, X: np.ndarray, z: np.ndarray, size: int, stride: int) -> np.ndarray:
    """dX is g where the entry was its window's largest, and 0 elsewhere; of equals the first, row by row, gets it.

    Shapes: grad and z = max_pool2d(X) (N, C, H', width'), X (N, C, H, width) -> like X. At a tie there is no
    derivative; to give all of g to one of the equals is a convention, and their shares add up to g. Where windows
    overlap, an entry may be the largest of several: their gradients add up.
    """
    grad_X = np.zeros_like(X, dtype=grad.dtype)
    waiting = np.ones(z.shape, dtype=bool)
    for entries, grad_entries in zip(_places(X, size, stride), _places(grad_X, size, stride), strict=True):
        chosen = waiting & (entries == z)
        grad_entries += grad * chosen
        waiting &= ~chosen
    return grad_X


def _places(X: np.ndarray, size: int, stride: int) -> Iterator[np.ndarray]:
    """For each place inside a window, row by row: a view of the entries at that place, of all windows at once."""
    rows, columns = ((n - size) // stride + 1 for n in X.shape[2:])
    for r in range(size):
        for s in range(size):
            yield X[:, :, r : r + rows * stride : stride, s : s + columns * stride : stride]
