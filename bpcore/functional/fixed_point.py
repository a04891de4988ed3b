"""A network that settles, y = tanh(y W + x U + b), and the second network, just as large, in which its error settles.

Each sample settles on its own. The "drive" is x U + b: what does not change while y settles.
"""

from collections.abc import Callable

import numpy as np

from bpcore.functional.activations import tanh, tanh_vjp
from bpcore.functional.dense import dense_vjp_b, dense_vjp_W, dense_vjp_X


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


def fixed_point_adjoint(e: np.ndarray, y: np.ndarray, W: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """z -> fixed_point_adjoint_step(z, e, y, W), with all that no z changes computed once: 1 − y², and Wᵀ in a row."""
    slope, back = tanh_vjp(np.ones((), y.dtype), y), np.ascontiguousarray(W.T)

    def step(z: np.ndarray) -> np.ndarray:
        z = np.dot(z * slope, back)
        z += e
        return z

    return step


def fixed_point_vjp(
    z: np.ndarray, x: np.ndarray, y: np.ndarray, U: np.ndarray, to_x: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
    """With δ = z ⊙ (1 − y²): dx = δ Uᵀ, dU = xᵀ δ, dW = yᵀ δ, db = Σₙ δₙ, for the settled y and the settled z.

    Shapes: z and y (N, h), x (N, d), U (d, h) -> grad_x (N, d), grad_U (d, h), grad_W (h, h), grad_b (h,).
    to_x=False leaves grad_x out: it is None then.
    """
    delta = tanh_vjp(z, y)
    grad_x = dense_vjp_X(delta, U) if to_x else None
    return grad_x, dense_vjp_W(delta, x), dense_vjp_W(delta, y), dense_vjp_b(delta)
