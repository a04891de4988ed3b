"""The fully connected layer: every output is a weighted sum of every input."""

import numpy as np

from bpcore.errors import DataError, ShapeError, require_rng
from bpcore.functional import dense, dense_vjp_b, dense_vjp_W, dense_vjp_X
from bpcore.initializers import Initializer, draw
from bpcore.layers.base import Layer, Parameter


class Dense(Layer):
    """z = X W + b, with X (N, in_features), W (in_features, out_features), b (out_features,).

    init says how wide W is drawn: "he" (for ReLU), "glorot" (for tanh and sigmoid), "orthogonal", or a function
    (shape, rng) -> array; bpcore/initializers.py has their formulas. b starts at 0.

    Raises DataError for sizes below 1, an unknown init, or an rng that is not a numpy Generator; ShapeError
    when a function given as init returns another shape.
    """

    def __init__(
        self, in_features: int, out_features: int, *, rng: np.random.Generator, init: str | Initializer = "he"
    ):
        require_rng(rng, f"Dense({in_features}, {out_features})")
        if not all(isinstance(n, (int, np.integer)) and n > 0 for n in (in_features, out_features)):
            raise DataError(
                f"Dense({in_features!r}, {out_features!r}): both sizes must be whole numbers of at least 1."
            )
        self.in_features, self.out_features = in_features, out_features
        self.W = Parameter(draw(init, (in_features, out_features), rng))
        self.b = Parameter(np.zeros(out_features))

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        W = self.W.data
        if not (type(X) is np.ndarray and X.ndim == 2 and X.shape[1] == len(W) and X.dtype == W.dtype):
            X = self._checked(X)
        return dense(X, W, self.b.data), X

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        Dense.gather_gradients(self, grad_output, saved)  # not that of a subclass, which may come back here
        return dense_vjp_X(grad_output, self.W.data)

    def gather_gradients(self, grad_output: np.ndarray, saved: np.ndarray) -> None:
        if grad_output.dtype != saved.dtype:
            grad_output = grad_output.astype(saved.dtype)
        W, b = self.W, self.b
        W.gather(dense_vjp_W(grad_output, saved, W.room()))
        b.gather(dense_vjp_b(grad_output, b.room()))

    def parameters(self) -> list[Parameter]:
        return [self.W, self.b]

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...]:
        if shape is not None and shape != (self.in_features,):
            seen = ", ".join(map(str, ("N", *shape)))
            hint = (
                f"build it as Dense({shape[0]}, {self.out_features}), or transpose X if samples are in its columns"
                if len(shape) == 1
                else "flatten each sample first"
            )
            raise ShapeError(f"{self!r} needs shape (N, {self.in_features}) and got ({seen}); try: {hint}.")
        return (self.out_features,)

    def _checked(self, X: np.ndarray) -> np.ndarray:
        # The data follows the layer's dtype: one float64 batch would otherwise make all of a float32 network slow.
        X = np.asarray(X, dtype=self.W.data.dtype)
        if X.ndim != 2:
            hint = "for one sample write X[None, :]" if X.ndim == 1 else "flatten each sample: X.reshape(len(X), -1)"
            raise ShapeError(
                f"{self!r} needs a batch of shape (N, {self.in_features}), samples in rows, and got {X.shape}; "
                f"try: {hint}."
            )
        self.output_shape(X.shape[1:])
        return X

    def __repr__(self) -> str:
        return f"Dense({self.in_features}, {self.out_features})"
