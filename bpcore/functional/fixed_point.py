"""A network that settles, y = tanh(y W + x U + b), and the second network, just as large, in which its error settles.

Each sample settles on its own. The "drive" is x U + b: what does not change while y settles.
"""

import numpy as np

from bpcore.functional.activations import tanh, tanh_vjp
from bpcore.functional.dense import dense_vjp


def fixed_point_step(y: np.ndarray, drive: np.ndarray, W: np.ndarray) -> np.ndarray:
    """tanh(y W + drive): where y is sent. A y that is sent to itself has settled.

    Shapes: y and drive (N, h), W (h, h) -> (N, h).

    Source: Almeida, "A learning rule for asynchronous perceptrons with feedback" (1987); Pineda, "Generalization of
    back-propagation to recurrent neural networks" (1987).
    """
    return tanh(np.dot(y, W) + drive)


def fixed_point_jacobian(a: np.ndarray, W: np.ndarray) -> np.ndarray:
    """J[n, i, j] = ∂aⱼ/∂yᵢ = Wᵢⱼ (1 − aⱼ²), for a = fixed_point_step(y, ...); at a settled state a = y.

    Shapes: a (N, h), W (h, h) -> (N, h, h). A small disturbance δ of y, a row, becomes δ J.
    """
    return W * tanh_vjp(1, a)[:, None, :]


def fixed_point_adjoint_step(z: np.ndarray, e: np.ndarray, y: np.ndarray, W: np.ndarray) -> np.ndarray:
    """(z ⊙ (1 − y²)) Wᵀ + e: where z is sent. Where it settles, z is the error e = dL/dy with all its echoes.

    k steps from z = e give the first k + 1 terms of the Neumann series e + J e + J² e + …, and so does backpropagation
    through time that is truncated after k links.

    Shapes: z, e and y (N, h), W (h, h) -> (N, h). y must have settled, or z belongs to no state of the network.
    """
    return np.dot(tanh_vjp(z, y), W.T) + e


def fixed_point_vjp(
    z: np.ndarray, x: np.ndarray, y: np.ndarray, U: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """With δ = z ⊙ (1 − y²): dx = δ Uᵀ, dU = xᵀ δ, dW = yᵀ δ, db = Σₙ δₙ, for the settled y and the settled z.

    Shapes: z and y (N, h), x (N, d), U (d, h) -> grad_x (N, d), grad_U (d, h), grad_W (h, h), grad_b (h,).
    """
    delta = tanh_vjp(z, y)
    return *dense_vjp(delta, x, U)[:2], np.dot(y.T, delta), delta.sum(axis=0)
