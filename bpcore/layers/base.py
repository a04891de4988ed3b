"""What every layer has in common: parameters, a memory of the last forward pass, and the way back through it."""

from typing import Any, Self

import numpy as np

from bpcore.errors import DataError, OrderError, ShapeError


class Parameter:
    """An array to be learnt: its values in `.data`, the gradient gathered so far in `.grad`, of the same shape.

    Gradients accumulate: backward adds to `.grad`, and only zero_grad() empties it. Where one parameter is reached
    along several paths, or from several batches, the sum is the gradient.
    """

    def __init__(self, data: np.ndarray):
        self.data = data
        self.grad = np.zeros_like(data)

    def zero_grad(self) -> None:
        """Empty the gradient in place."""
        self.grad.fill(0)

    def __repr__(self) -> str:
        return f"Parameter(shape={self.data.shape}, dtype={self.data.dtype})"


class Layer:
    """A differentiable step. A new kind of layer writes two methods and names its parameters:

    compute(X) -> (output, saved)            the value, and whatever the way back will need
    pull_back(grad_output, saved)            adds to the parameters' .grad, returns the gradient of the input
    parameters() -> list of Parameter        empty unless there is something to learn

    forward and backward join the two: forward remembers `saved`, backward uses it. predict remembers nothing, so it may
    be called between a forward and its backward.
    """

    _memory: tuple[Any, tuple[int, ...]] | None = None

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, Any]:
        """The output for X, and what pull_back needs to know of this pass."""
        raise NotImplementedError(f"{type(self).__name__} must define compute(X) -> (output, saved).")

    def pull_back(self, grad_output: np.ndarray, saved: Any) -> np.ndarray:
        """The gradient of the input; those of the parameters are added to their .grad on the way."""
        raise NotImplementedError(f"{type(self).__name__} must define pull_back(grad_output, saved) -> grad_input.")

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order in which the formula names them."""
        return []

    def forward(self, X: np.ndarray) -> np.ndarray:
        """The output for a batch X, samples in rows; the pass is remembered for backward."""
        output, saved = self.compute(X)
        self._memory = saved, output.shape
        return output

    def backward(self, grad_output: np.ndarray) -> np.ndarray:
        """From dL/d(output) to dL/d(input), adding dL/d(parameter) to each parameter's .grad.

        Raises OrderError when there was no forward, ShapeError when grad_output is not shaped like its output.
        """
        if self._memory is None:
            raise OrderError(
                f"{self!r}.backward was called before forward. The way back starts from what the way there remembered: "
                "call forward(X) first, with the same batch (predict remembers nothing)."
            )
        saved, shape = self._memory
        grad_output = np.asarray(grad_output)
        if grad_output.shape != shape:
            raise ShapeError(
                f"{self!r}.backward was given a gradient of shape {grad_output.shape}; its last output had shape "
                f"{shape}, and a gradient has the shape of what it belongs to. Did another batch go forward in between?"
            )
        return self.pull_back(grad_output, saved)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The output for X, as forward gives it, remembering nothing."""
        return self.compute(X)[0]

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        """The shape of one sample after this layer, given it before; None stands for "not known"."""
        return shape

    def zero_grad(self) -> None:
        """Empty the gradient of every parameter."""
        for parameter in self.parameters():
            parameter.zero_grad()

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters; float64 where there are none."""
        return next((parameter.data.dtype for parameter in self.parameters()), np.dtype(np.float64))

    def astype(self, dtype: str | np.dtype) -> Self:
        """Change the parameters to "float32" or "float64" in place, and return the layer itself.

        The Parameter objects stay the same, so an optimizer that was built on them goes on training this layer.
        """
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise DataError(
                f'A network is float64 or float32, not {dtype}: gradients are fractions. Try astype("float32").'
            )
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype, copy=False)
            parameter.grad = parameter.grad.astype(dtype, copy=False)
        self._memory = None
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
