"""The residual connection: a path around a part of the network, so that a graph need not be a chain."""

from typing import Self

import numpy as np

from bpcore.errors import DataError, ShapeError
from bpcore.layers.base import Layer, Parameter


class Add(Layer):
    """y = x + inner(x), for any layer or Sequential whose output has the shape of its input.

    x reaches y along two paths, so on the way back two gradients meet and add up: g + inner.backward(g). Even where
    the inner gradient vanishes, g itself arrives, which is why very deep networks can be trained.

    Raises DataError when inner is not a layer; forward raises ShapeError when inner changes the shape.

    Source: He, Zhang, Ren & Sun, "Deep residual learning for image recognition" (2016).
    """

    def __init__(self, inner: Layer):
        if not isinstance(inner, Layer):
            raise DataError(f"Add needs one layer, or a Sequential of several, and got {inner!r}.")
        self.inner = inner
        self.output_shape(None)

    def _go_there(self, X: np.ndarray) -> np.ndarray:
        return self._sum(X, self.inner.pass_on(X))

    def _go_back(self, grad_output: np.ndarray) -> np.ndarray:
        return grad_output + self.inner.pass_back(grad_output)

    def backward_to_parameters(self, grad_output: np.ndarray) -> None:
        if "backward" in vars(self):
            self.backward(grad_output)
            return
        self.inner.backward_to_parameters(grad_output)

    def _require_pass(self) -> None:
        self.inner._require_pass()

    def predict(self, X: np.ndarray) -> np.ndarray:
        """x + inner(x), remembering nothing."""
        return self._sum(X, self.inner.predict(X))

    def parameters(self) -> list[Parameter]:
        return self.inner.parameters()

    def astype(self, dtype: str | np.dtype) -> Self:
        self.inner.astype(dtype)
        return self

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        inner = self.inner.output_shape(shape)
        if shape is not None and inner is not None and inner != shape:
            raise ShapeError(
                f"Add needs an inner layer that keeps the shape; it was given {('N', *shape)} and {self.inner!r} makes "
                f"{('N', *inner)} of it. Try as many outputs as inputs, or padding=kernel // 2 for a convolution."
            )
        return inner

    def _sum(self, X: np.ndarray, inner: np.ndarray) -> np.ndarray:
        X = np.asarray(X, dtype=self.dtype) if self.parameters() else np.asarray(X)
        if X.shape != inner.shape:
            raise ShapeError(
                f"Add needs an inner layer that keeps the shape; x is {X.shape} and inner(x) is {inner.shape}. "
                "Try as many outputs as inputs, or padding=kernel // 2 for a convolution."
            )
        return X + inner

    def __repr__(self) -> str:
        inner = getattr(self.inner, "layers", [self.inner])
        return f"Add({', '.join(map(repr, inner))})"
