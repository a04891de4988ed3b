"""The nonlinearities as layers: nothing to learn, and without them a deep network is only one matrix."""

import numpy as np

from bpcore.errors import DataError
from bpcore.functional import (
    leaky_relu,
    leaky_relu_vjp,
    relu,
    relu_vjp,
    sigmoid,
    sigmoid_vjp,
    softmax,
    softmax_vjp,
    tanh,
    tanh_vjp,
)
from bpcore.layers.base import Layer


class ReLU(Layer):
    """a = max(z, 0), any shape; the slope at 0 is taken as 0."""

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X)
        return relu(X), X

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return relu_vjp(grad_output, saved)


class LeakyReLU(Layer):
    """a = z where z > 0, slope · z elsewhere, any shape. Raises DataError unless 0 ≤ slope < 1."""

    def __init__(self, slope: float = 0.01):
        if not 0 <= slope < 1:
            raise DataError(f"LeakyReLU(slope={slope!r}): the slope of the left side is at least 0 and below 1.")
        self.slope = slope

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X)
        return leaky_relu(X, self.slope), X

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return leaky_relu_vjp(grad_output, saved, self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"


class Tanh(Layer):
    """a = tanh z, any shape."""

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a = tanh(X)
        return a, a

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return tanh_vjp(grad_output, saved)


class Sigmoid(Layer):
    """a = 1 / (1 + exp(−z)), any shape."""

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a = sigmoid(X)
        return a, a

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return sigmoid_vjp(grad_output, saved)


class Softmax(Layer):
    """pₖ = exp(zₖ) / Σⱼ exp(zⱼ), over the last axis: (..., K) -> (..., K), each row a distribution.

    Not before CrossEntropyLoss, which takes logits and has its own softmax inside: twice, the gradient would be wrong.
    """

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = softmax(np.asarray(X))
        return p, p

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return softmax_vjp(grad_output, saved)
