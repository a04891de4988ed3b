"""The affine map, z = X W + b, and what a gradient becomes when it is carried back through it."""

from functools import lru_cache

import numpy as np


def dense(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """z = X W + b.

    Shapes: X (N, in), W (in, out), b (out,) -> z (N, out). Samples are rows.
    """
    # On small batches np.dot is twice as fast as @, which does the same here.
    return np.dot(X, W) + b


def dense_vjp(grad: np.ndarray, X: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dX = g Wᵀ, dW = Xᵀ g, db = Σₙ gₙ, for the incoming gradient g = dL/dz.

    Shapes: grad (N, out), X (N, in), W (in, out) -> grad_X (N, in), grad_W (in, out), grad_b (out,).
    W and b are shared by all the samples, so their gradients sum over the rows: the sum is what Xᵀ g already does.

    Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (1986).
    """
    return dense_vjp_X(grad, W), dense_vjp_W(grad, X), dense_vjp_b(grad)


# One by one, for who needs not all of them, or has an array `out` for the result.


def dense_vjp_X(grad: np.ndarray, W: np.ndarray) -> np.ndarray:
    """dX = g Wᵀ. Shapes as in dense_vjp."""
    return np.dot(grad, W.T)


def dense_vjp_W(grad: np.ndarray, X: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """dW = Xᵀ g. Shapes as in dense_vjp."""
    return np.dot(X.T, grad, out)


def dense_vjp_b(grad: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """db = Σₙ gₙ, as the product of a row of ones with g, which is faster than a sum. Shapes as in dense_vjp."""
    return np.dot(ones(len(grad), grad.dtype.char), grad, out)


@lru_cache(maxsize=64)
def number(x: float, dtype: str) -> np.ndarray:
    """x as an array of no axes that nobody may change: numpy takes that in half the time of Python's own number."""
    array = np.array(x, dtype)
    array.flags.writeable = False
    return array


@lru_cache(maxsize=64)
def ones(n: int, dtype: str) -> np.ndarray:
    """n ones that nobody may change: kept, because making them takes longer than a small product with them."""
    array = np.ones(n, dtype)
    array.flags.writeable = False
    return array
