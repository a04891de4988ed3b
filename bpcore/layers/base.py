"""What every layer has in common: parameters, a memory of the last forward pass, and the way back through it."""

import math
import sys
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from bpcore.errors import DataError, OrderError, ShapeError

# Freed arrays of more than 128 kB go back to the system, and a new one is then paid for page by page: half the time of
# a pass over sequences or images. Once an array of this size has been freed, glibc keeps all that are smaller for the
# next. Nobody writes to it, so that it takes no memory.
np.empty(2**24, np.uint8)


class Parameter:
    """An array to be learnt: its values in `.data`, the gradient gathered so far in `.grad`, of the same shape.

    Gradients accumulate: backward adds to `.grad`, and only zero_grad() empties it. Where one parameter is reached
    along several paths, or from several batches, the sum is the gradient.

    Both are ordinary arrays, and may be changed in place or replaced. In a Sequential they are pieces of one long
    array, which lets an optimizer move all of them at once.

    A layer that adds with gather() saves time: the first gradient after zero_grad() then needs no addition and no zeros
    to be added to, as long as nobody but the layers and the optimizer has ever asked for `.grad`.
    """

    def __init__(self, data: np.ndarray):
        self.data = data
        self._grad, self._empty, self._seen = np.zeros_like(data), True, False

    @property
    def grad(self) -> np.ndarray:
        """The gradient so far. Whoever has asked for it once may keep it: it is never left out of date."""
        self._seen = True
        return self.gradient()

    @grad.setter
    def grad(self, grad: np.ndarray) -> None:
        if not isinstance(grad, np.ndarray):
            raise DataError(
                f"A gradient is an array, here of shape {self.data.shape}, and not {grad!r}. To empty it: zero_grad()."
            )
        self._grad, self._empty, self._seen = grad, False, True

    def zero_grad(self) -> None:
        """Empty the gradient in place."""
        # What nobody has seen need not be made zero yet: as a rule it is soon written over.
        self._empty = not self._seen
        if self._seen:
            self._grad.fill(0)

    def gradient(self) -> np.ndarray:
        """The gradient so far, for who uses it at once and does not keep it, as an optimizer does."""
        if self._empty:
            self._grad.fill(0)
            self._empty = False
        return self._grad

    def room(self) -> np.ndarray | None:
        """Where the next gradient may be written, before it goes to gather(); None where it has to be added."""
        return self._grad if self._empty and self._grad.dtype == self.data.dtype else None

    def gather(self, gradient: np.ndarray) -> None:
        """Add to the gradient; nothing is left to do where it was written into room()."""
        if gradient is self._grad:
            self._empty = False
        else:
            grad = self.gradient()
            grad += gradient

    def __repr__(self) -> str:
        return f"Parameter(shape={self.data.shape}, dtype={self.data.dtype})"


def lay_side_by_side(parameters: Iterable[Parameter]) -> None:
    """Move the parameters into one long array, and their gradients into another; each keeps its piece, with its shape.

    An array that somebody else holds too stays where it is: moved, it would no longer follow the parameter. So do
    arrays that are not float, and float32 ones beside float64.
    """
    found = [p for p in {id(p): p for p in parameters}.values() if type(p) is Parameter and _alone(p)]
    found = [p for p in found if p.data.dtype.kind == "f" and p.data.dtype == found[0].data.dtype]
    if len(found) < 2:
        return
    size = sum(p.data.size for p in found)
    data, grads = (np.zeros(size, found[0].data.dtype) for _ in range(2))
    start = 0
    for p in found:
        piece = slice(start, start + p.data.size)
        data[piece], grads[piece] = p.data.ravel(), p.gradient().ravel()
        shape, start = p.data.shape, piece.stop
        p.data, p._grad, p._seen = data[piece].reshape(shape), grads[piece].reshape(shape), False


def _alone(p: Parameter) -> bool:
    # One reference is the parameter's own, one is the call's; views of an array refer to it as well.
    alone = all(isinstance(a, np.ndarray) and a.shape == p.data.shape for a in (p.data, p._grad))
    return alone and sys.getrefcount(p.data) <= 2 and sys.getrefcount(p._grad) <= 2


def require_numbers(
    who: object, X: np.ndarray, what: str = "X", *, finite: bool = True, empty: bool = False
) -> np.ndarray:
    """X as an array. Raises DataError unless it is made of real and, if so asked, finite numbers, and is not empty."""
    try:
        X = np.asarray(X)
    except ValueError:
        raise ShapeError(f"{who} was given {what} with rows of different length: samples need one shape.") from None
    if X.dtype.kind not in "fiub":
        hint = {
            "O": "X.astype(float), which fails at the first entry that is no number",
            "c": "real and imaginary parts as two features",
        }.get(X.dtype.kind, "numbers in place of names, such as one-hot rows")
        raise DataError(f"{who} was given {what} of dtype {X.dtype}, and needs real numbers (float64); try: {hint}.")
    if not X.ndim:
        raise ShapeError(f"{who} was given {X} as {what}: shape (), where samples go along the first axis.")
    if not len(X) and not empty:
        raise DataError(f"{who} was given an empty batch: {what} has shape {X.shape}, and needs at least one sample.")
    if finite and not all_finite(X):
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(X))[0])
        raise DataError(
            f"{who} was given NaN or infinity, where finite numbers are needed: {what}[{', '.join(map(str, place))}] "
            f"is {X[place]}. If it began during training, lower lr. Otherwise, look where it came in."
        )
    return X


def all_finite(X: np.ndarray) -> bool:
    """Whether no entry is NaN or infinite. The sum of the squares tells sooner, as long as it is finite itself."""
    if X.dtype.kind != "f":
        return True
    flat = X.ravel(order="K")
    return math.isfinite(np.dot(flat, flat)) or bool(np.isfinite(X).all())


class Layer:
    """A differentiable step. A new kind of layer writes two methods and names its parameters:

    compute(X) -> (output, saved)            the value, and whatever the way back will need
    pull_back(grad_output, saved)            adds to the parameters' .grad, returns the gradient of the input
    parameters() -> list of Parameter        empty unless there is something to learn

    forward and backward join the two: forward remembers `saved`, backward uses it up. predict remembers nothing, so it
    may be called between a forward and its backward.

    forward and backward also look at what they are given. Behind them, pass_on and pass_back do the same work without
    looking for NaN: Sequential looks once at the batch, and not again between its layers.

    A layer for which the gradient of its input costs much may write gather_gradients(grad_output, saved) as well: the
    rest of pull_back. Training then spares that work in the first layer, whose input is the data.
    """

    # What the last forward left for backward; () when backward has used it up.
    _memory: tuple[Any, tuple[int, ...]] | tuple[()] | None = None

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, Any]:
        """The output for X, and what pull_back needs to know of this pass."""
        raise NotImplementedError(f"{type(self).__name__} must define compute(X) -> (output, saved).")

    def pull_back(self, grad_output: np.ndarray, saved: Any) -> np.ndarray:
        """The gradient of the input; those of the parameters are added to their .grad on the way."""
        raise NotImplementedError(f"{type(self).__name__} must define pull_back(grad_output, saved) -> grad_input.")

    def gather_gradients(self, grad_output: np.ndarray, saved: Any) -> None:
        """What pull_back does for the parameters, without the gradient of the input."""
        self.pull_back(grad_output, saved)

    def __init_subclass__(cls, **options: Any) -> None:
        # Who writes a pull_back or a backward of their own means it to be called in training too.
        super().__init_subclass__(**options)
        if "pull_back" in vars(cls) and "gather_gradients" not in vars(cls):
            cls.gather_gradients = Layer.gather_gradients
        if "backward" in vars(cls) and "backward_to_parameters" not in vars(cls):
            cls.backward_to_parameters = Layer._whole_backward
        if "backward" in vars(cls):
            cls.pass_back = Layer._whole_backward
        if "forward" in vars(cls):
            cls.pass_on = Layer._whole_forward

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order in which the formula names them."""
        return []

    def forward(self, X: np.ndarray) -> np.ndarray:
        """The output for a batch X, samples in rows; the pass is remembered for backward.

        Raises DataError for an empty batch, NaN, infinity, and what is not a real number; ShapeError for an X that does
        not fit.
        """
        return self._go_there(require_numbers(self, X))

    def pass_on(self, X: np.ndarray) -> np.ndarray:
        """As forward, for who knows that X is a batch of finite numbers, as Sequential does."""
        return self.forward(X) if "forward" in vars(self) else self._go_there(X)

    def _go_there(self, X: np.ndarray) -> np.ndarray:
        output, saved = self.compute(X)
        self._memory = saved, output.shape
        return output

    def backward(self, grad_output: np.ndarray) -> np.ndarray:
        """From dL/d(output) to dL/d(input), adding dL/d(parameter) to each parameter's .grad.

        Raises OrderError when there was no forward, or its pass has gone back already; ShapeError when grad_output is
        not shaped like its output; DataError when it is not made of finite numbers.
        """
        self._require_pass()
        return self._go_back(require_numbers(self, grad_output, "grad_output"))

    def pass_back(self, grad_output: np.ndarray) -> np.ndarray:
        """As backward, for who knows that the gradient is made of finite numbers."""
        return self.backward(grad_output) if "backward" in vars(self) else self._go_back(grad_output)

    def _go_back(self, grad_output: np.ndarray) -> np.ndarray:
        grad_input = self.pull_back(*self._recall(grad_output))
        self._memory = ()
        return grad_input

    def backward_to_parameters(self, grad_output: np.ndarray) -> None:
        """As pass_back, without the gradient of the input, which training does not need."""
        if "backward" in vars(self):
            self.backward(grad_output)
        else:
            self.gather_gradients(*self._recall(grad_output))
            self._memory = ()

    def _whole_forward(self, X: np.ndarray) -> np.ndarray:
        return self.forward(X)

    def _whole_backward(self, grad_output: np.ndarray) -> np.ndarray:
        return self.backward(grad_output)

    def _require_pass(self) -> None:
        if self._memory is None:
            raise OrderError(
                f"{self!r}.backward was called before forward. The way back starts from what the way there remembered: "
                "call forward(X) first, with the same batch (predict remembers nothing)."
            )
        if not self._memory:
            raise OrderError(
                f"{self!r}.backward was called twice after one forward: the gradients would be added up twice. Call "
                "forward(X) before each backward; to send back two gradients of one output, add them first."
            )

    def _recall(self, grad_output: np.ndarray) -> tuple[np.ndarray, Any]:
        if not self._memory:
            self._require_pass()
        saved, shape = self._memory
        grad_output = np.asarray(grad_output)
        if grad_output.shape != shape:
            raise ShapeError(
                f"{self!r}.backward was given a gradient of shape {grad_output.shape}; its last output had shape "
                f"{shape}, and a gradient has the shape of what it belongs to. Did another batch go forward in between?"
            )
        return grad_output, saved

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The output for X, as forward gives it, remembering nothing; X may have no rows. Raises as forward does."""
        return self.compute(require_numbers(self, X, empty=True))[0]

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
            parameter._grad = parameter._grad.astype(dtype, copy=False)
        self._memory = None
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
