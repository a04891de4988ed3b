"""The elementwise nonlinearities, each with its derivative: z is what goes in, a is what comes out.

Every derivative is written in whichever of z and a makes it cheapest, and its argument says which:
`relu_vjp` takes z; `tanh_vjp` and `sigmoid_vjp` take a, the output, because their slope is a polynomial in it.
All accept and return any shape.
"""

import numpy as np


def relu(z: np.ndarray) -> np.ndarray:
    """a = max(z, 0). Source: Nair & Hinton (2010)."""
    return np.maximum(z, 0)


def relu_vjp(grad: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz = g · [z > 0], taking z. At z = 0 there is no derivative; by convention it is 0 here."""
    return grad * (z > 0)


def tanh(z: np.ndarray) -> np.ndarray:
    """a = tanh z."""
    return np.tanh(z)


def tanh_vjp(grad: np.ndarray, a: np.ndarray) -> np.ndarray:
    """dz = g · (1 − a²), taking a = tanh z."""
    return grad * (1 - a * a)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """a = 1 / (1 + exp(−z)), for any z without overflow.

    For z < 0 the same value is exp(z) / (1 + exp(z)); either way the exponential is of −|z|, so it is never above 1.
    """
    small = np.exp(-np.abs(z))
    return np.where(np.asarray(z) >= 0, 1, small) / (1 + small)


def sigmoid_vjp(grad: np.ndarray, a: np.ndarray) -> np.ndarray:
    """dz = g · a (1 − a), taking a = sigmoid(z)."""
    return grad * a * (1 - a)
