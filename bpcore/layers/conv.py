"""The layers that read images: convolution, max pooling, and the flattening that hands an image on to Dense."""

import numpy as np

from bpcore.errors import DataError, ShapeError, require_rng
from bpcore.functional import conv2d, conv2d_vjp_W_b, conv2d_vjp_X, max_pool2d, max_pool2d_vjp
from bpcore.initializers import Initializer, draw
from bpcore.layers.base import Layer, Parameter


class Conv2d(Layer):
    """z[n, c, i, j] = b[c] + Σ over d, r, s of W[c, d, r, s] · X[n, d, i · stride + r, j · stride + s].

    Shapes: X (N, c_in, H, width) -> (N, c_out, H', width'), H' = (H + 2 padding − kernel) // stride + 1; the parameters
    are W (c_out, c_in, kernel, kernel) and b (c_out,). padding frames the image with zeros: with an odd kernel and
    stride 1, padding=kernel // 2 keeps its size. The same few weights serve at every place of the image.

    init is as for Dense; b starts at 0. Raises DataError for sizes that are not whole numbers or too small, an unknown
    init, or an rng that is not a numpy Generator; forward raises ShapeError for images that do not fit.

    Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition" (1989).
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        *,
        rng: np.random.Generator,
        init: str | Initializer = "he",
    ):
        self.c_in, self.c_out, self.kernel, self.stride, self.padding = c_in, c_out, kernel, stride, padding
        require_rng(rng, repr(self))
        _require_whole(self, c_in=c_in, c_out=c_out, kernel=kernel, stride=stride)
        _require_whole(self, least=0, padding=padding)
        self.W = Parameter(draw(init, (c_out, c_in, kernel, kernel), rng))
        self.b = Parameter(np.zeros(c_out))

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X, dtype=self.W.data.dtype)
        _require_images(self, X, self.c_in)
        self.output_shape(X.shape[1:])
        return conv2d(X, self.W.data, self.b.data, self.stride, self.padding), X

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        Conv2d.gather_gradients(self, grad_output, saved)  # not that of a subclass, which may come back here
        return conv2d_vjp_X(grad_output, saved, self.W.data, self.stride, self.padding)

    def gather_gradients(self, grad_output: np.ndarray, saved: np.ndarray) -> None:
        grad_W, grad_b = conv2d_vjp_W_b(grad_output, saved, self.W.data, self.stride, self.padding)
        self.W.gather(grad_W)
        self.b.gather(grad_b)

    def parameters(self) -> list[Parameter]:
        return [self.W, self.b]

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if shape is None:
            return None
        if len(shape) != 3 or shape[0] != self.c_in:
            raise ShapeError(
                f"{self!r} needs images (N, {self.c_in}, height, width) and got {_batch(shape)}: "
                f"c_in must be the number of channels that the layer before puts out."
            )
        return self.c_out, *_places(self, shape[1:], self.kernel, self.stride, self.padding)

    def __repr__(self) -> str:
        more = "".join(
            f", {name}={value}"
            for name, value, usual in [("stride", self.stride, 1), ("padding", self.padding, 0)]
            if value != usual
        )
        return f"Conv2d({self.c_in}, {self.c_out}, {self.kernel}{more})"


class MaxPool2d(Layer):
    """The largest entry of each window of size × size, channel by channel; windows start every `stride` entries.

    Shapes: X (N, C, H, width) -> (N, C, H', width'), H' = (H − size) // stride + 1. stride is size unless it is given,
    so that windows lie side by side; what does not fill a window is left out. Of equal largest entries the first, row
    by row, gets the gradient.

    Raises DataError for sizes that are not whole numbers of at least 1; forward raises ShapeError for what is no image,
    or smaller than a window.
    """

    def __init__(self, size: int, stride: int | None = None):
        self.size, self.stride = size, size if stride is None else stride
        _require_whole(self, size=size, stride=self.stride)

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        X = np.asarray(X)
        _require_images(self, X, "C")
        self.output_shape(X.shape[1:])
        z = max_pool2d(X, self.size, self.stride)
        return z, (X, z)

    def pull_back(self, grad_output: np.ndarray, saved: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return max_pool2d_vjp(grad_output, *saved, self.size, self.stride)

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if shape is None:
            return None
        if len(shape) != 3:
            raise ShapeError(
                f"{self!r} needs images (N, C, height, width) and got {_batch(shape)}: pool before Flatten, not after."
            )
        return shape[0], *_places(self, shape[1:], self.size, self.stride, 0)

    def __repr__(self) -> str:
        return f"MaxPool2d({self.size})" if self.stride == self.size else f"MaxPool2d({self.size}, {self.stride})"


class Flatten(Layer):
    """Each sample as one row: (N, C, H, width) -> (N, C · H · width), so that Dense can follow. Nothing is learnt.

    forward raises ShapeError for an array without a batch axis.
    """

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
        X = np.asarray(X)
        if X.ndim < 2:
            raise ShapeError(f"Flatten needs a batch (N, ...), samples along the first axis, and got shape {X.shape}.")
        # The length is computed and not left to -1, which an empty batch could not tell.
        return X.reshape(len(X), int(np.prod(X.shape[1:]))), X.shape

    def pull_back(self, grad_output: np.ndarray, saved: tuple[int, ...]) -> np.ndarray:
        return grad_output.reshape(saved)

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        return None if shape is None else (int(np.prod(shape)),)


def _batch(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, ('N', *shape)))})"


def _require_whole(layer: Layer, least: int = 1, **sizes: int) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < least:
            raise DataError(f"{layer!r}: {name}={size!r} must be a whole number of at least {least}.")


def _require_images(layer: Layer, X: np.ndarray, channels: int | str) -> None:
    if X.ndim == 4 and channels in ("C", X.shape[1]):
        return
    if X.ndim == 2:
        hint = "give rows their image's shape: X.reshape(len(X), 1, 8, 8) for images of 8 × 8"
    elif X.ndim == 3:
        hint = "X[:, None] for grey images without a channel axis, or X[None] for a single image"
    elif X.ndim == 4 and X.shape[3] == channels:
        hint = "the channels seem to come last: X.transpose(0, 3, 1, 2)"
    else:
        hint = "the axes are sample, channel, row, column, and c_in is the number of channels"
    raise ShapeError(f"{layer!r} needs images (N, {channels}, height, width) and got shape {X.shape}; try: {hint}.")


def _places(layer: Layer, image: tuple[int, ...], size: int, stride: int, padding: int) -> tuple[int, ...]:
    if min(image) + 2 * padding < size:
        raise ShapeError(
            f"{layer!r}: a window of {size} × {size} does not fit on an image of {image[0]} × {image[1]}"
            f"{f' with a frame of {padding}' if padding else ''}. Use a smaller window, more padding or less pooling."
        )
    return tuple((n + 2 * padding - size) // stride + 1 for n in image)
