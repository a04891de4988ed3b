"""The convolution: one small kernel is laid over every place of an image, and the way back through it.

Images are (N, channels, height, width), NCHW, and as in every network library the kernel is not turned round, so that
strictly speaking it is a cross-correlation.

Inside, the windows that the kernel visits become the columns of a matrix ("im2col"), and one matrix product with the
kernels, one a row, does all the rest. That matrix is k² times as large as the images. So it is made for a few images at
a time, always in the same room: it then stays in the processor's cache, which makes more than twice the speed.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from bpcore.functional.dense import ones

# How many windows are laid side by side at a time.
_WINDOWS = 512


def conv2d(X: np.ndarray, W: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """z[n, c, i, j] = b[c] + Σ over d, r, s of W[c, d, r, s] · X[n, d, i · stride + r, j · stride + s].

    Shapes: X (N, c_in, H, width), W (c_out, c_in, k, k), b (c_out,) -> z (N, c_out, H', width'), with
    H' = (H + 2 padding − k) // stride + 1. X is first framed by `padding` zeros; what a last step of `stride` does not
    reach is not seen.

    Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition" (1989).
    """
    windows, columns = _windows(X, W.shape[2], stride, padding)
    z = np.empty((len(X), len(W), windows.shape[4], columns), np.result_type(X, W, b))
    kernels = W.reshape(len(W), -1)
    for images, matrix in _few(windows):
        places = np.dot(kernels, matrix).reshape(len(W), -1, *windows.shape[4:])
        np.add(places[..., :columns].swapaxes(0, 1), b[:, None, None], out=z[images])
    return z


def conv2d_vjp(
    grad: np.ndarray, X: np.ndarray, W: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dW[c, d, r, s] = Σ over n, i, j of g[n, c, i, j] · X[n, d, i · stride + r, j · stride + s];
    dX gets g[n, c, i, j] · W[c, d, r, s] at the very same places; db[c] = Σ over n, i, j of g[n, c, i, j].

    Shapes: grad (N, c_out, H', width'), X and W as in conv2d -> grad_X, grad_W, grad_b, shaped like X, W and b. Every
    weight serves at all places, so its gradient is a sum over them; an entry of X is met by up to k² weights of each
    kernel, so its gradient is a sum over these.
    """
    return conv2d_vjp_X(grad, X, W, stride, padding), *conv2d_vjp_W_b(grad, X, W, stride, padding)


def conv2d_vjp_X(grad: np.ndarray, X: np.ndarray, W: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """dX alone, as in conv2d_vjp.

    It is a convolution too: of g, with its entries `stride` apart and a frame of k − 1 zeros, with the kernels turned
    round, so that each entry of X meets the weights that have met it.
    """
    (n, c_out, rows, columns), k, (height, width) = grad.shape, W.shape[2], X.shape[2:]
    if stride > 1:
        spread = np.zeros((n, c_out, (rows - 1) * stride + 1, (columns - 1) * stride + 1), grad.dtype)
        spread[:, :, ::stride, ::stride] = grad
        grad = spread
    turned = W[:, :, ::-1, ::-1].swapaxes(0, 1)
    framed = conv2d(grad, turned, np.zeros(len(turned), W.dtype), padding=k - 1)
    # What the last step did not reach has no gradient.
    missing = [(0, max(0, size + padding - got)) for size, got in zip(X.shape[2:], framed.shape[2:], strict=True)]
    if any(more for _, more in missing):
        framed = np.pad(framed, [(0, 0), (0, 0), *missing])
    return framed[:, :, padding : padding + height, padding : padding + width]


def conv2d_vjp_W_b(
    grad: np.ndarray, X: np.ndarray, W: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """dW and db alone, as in conv2d_vjp."""
    windows, columns = _windows(X, W.shape[2], stride, padding)
    grad_W = np.zeros((W[0].size, len(W)), np.result_type(grad, X))
    grad_b = np.zeros(len(W), grad.dtype)
    for images, matrix in _few(windows):
        g = np.zeros((len(W), len(grad[images]), *windows.shape[4:]), grad.dtype)
        g[..., :columns] = grad[images].swapaxes(0, 1)
        g = g.reshape(len(W), -1)
        grad_W += np.dot(matrix, g.T)
        grad_b += np.dot(g, ones(g.shape[1], g.dtype.char))
    return np.ascontiguousarray(grad_W.T).reshape(W.shape), grad_b


def _windows(X: np.ndarray, k: int, stride: int, padding: int) -> tuple[np.ndarray, int]:
    """All that the kernel sees, as a view (c_in, k, k, N, H', wide) of the framed images, and W', those that count.

    At stride 1 the rows are left as wide as the image, so that they follow one another in memory and are copied as one
    piece; their last k − 1 windows, which reach over into the next row, do not count.
    """
    n, c_in, height, width = (size + 2 * padding * (axis > 1) for axis, size in enumerate(X.shape))
    framed = np.zeros((n, c_in, height * width + k - 1), X.dtype)
    images = framed[..., : height * width].reshape(n, c_in, height, width)
    images[:, :, padding : height - padding, padding : width - padding] = X
    rows, columns = ((size - k) // stride + 1 for size in (height, width))
    image, channel, entry = framed.strides
    row = width * entry
    shape = (c_in, k, k, n, rows, width if stride == 1 else columns)
    return as_strided(framed, shape, (channel, row, entry, image, stride * row, stride * entry)), columns


def _few(windows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The images in groups of about _WINDOWS windows, each with its windows, one in each column: (c_in k², places)."""
    c_in, k, _, n, rows, columns = windows.shape
    step = min(n, max(1, _WINDOWS // (rows * columns)))
    room = np.empty((c_in * k * k, step * rows * columns), windows.dtype)
    for start in range(0, n, step):
        images = slice(start, min(start + step, n))
        matrix = (
            room if images.stop - start == step else np.empty((len(room), (n - start) * rows * columns), room.dtype)
        )
        np.copyto(matrix.reshape(c_in, k, k, -1, rows, columns), windows[:, :, :, images])
        yield images, matrix
