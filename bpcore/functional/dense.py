"""The affine map, z = X W + b, and what a gradient becomes when it is carried back through it."""

import numpy as np


def dense(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """z = X W + b.

    Shapes: X (N, in), W (in, out), b (out,) -> z (N, out). Samples are rows.
    """
    return X @ W + b


def dense_vjp(grad: np.ndarray, X: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dX = g Wᵀ, dW = Xᵀ g, db = Σₙ gₙ, for the incoming gradient g = dL/dz.

    Shapes: grad (N, out), X (N, in), W (in, out) -> grad_X (N, in), grad_W (in, out), grad_b (out,).
    W and b are shared by all the samples, so their gradients sum over the rows: the sum is what Xᵀ g already does.

    Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (1986).
    """
    return grad @ W.T, X.T @ grad, grad.sum(axis=0)
