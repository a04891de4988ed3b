"""The nonlinearities as layers: nothing to learn, and without them a deep network is only one matrix."""

import numpy as np

from bpcore.functional import relu, relu_vjp, sigmoid, sigmoid_vjp, tanh, tanh_vjp
from bpcore.layers.base import Layer


class ReLU(Layer):
    """a = max(z, 0), any shape; the slope at 0 is taken as 0."""

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X)
        return relu(X), X

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return relu_vjp(grad_output, saved)


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
