"""The convolution: one small kernel is laid over every place of an image, and the way back through it.

Images are (N, channels, height, width), NCHW, and as in every network library the kernel is not turned round, so that
strictly speaking it is a cross-correlation.

Inside, the windows that the kernel visits become the columns of a matrix ("im2col"), and one matrix product with the
kernels, one a row, does all the rest. That matrix is k² times as large as the images. So it is made for a few images at
a time: it then stays in the processor's cache, which makes more than twice the speed of all at once.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
    windows, kernels = _windows(X, W.shape[2], stride, padding), W.reshape(len(W), -1)
    z = np.empty((len(X), len(W), *windows.shape[4:]), np.result_type(X, W, b))
    for images in _few(windows):
        places = np.dot(kernels, _columns(windows, images))
        z[images] = places.reshape(len(W), -1, *z.shape[2:]).swapaxes(0, 1)
    z += b[:, None, None]
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
    """dX alone, as in conv2d_vjp."""
    n, c_in, height, width = X.shape
    k, (rows, columns) = W.shape[2], grad.shape[2:]
    windows, kernels = _windows(X, k, stride, padding), W.reshape(len(W), -1)
    framed = np.zeros((n, c_in, height + 2 * padding, width + 2 * padding), np.result_type(grad, W))
    for images in _few(windows):
        met = np.dot(kernels.T, _by_channel(grad, images)).reshape(c_in, k, k, -1, rows, columns)
        # Each entry of a window goes back to where it was copied from; windows overlap, so their gradients add up.
        for r in range(k):
            for s in range(k):
                place = framed[images, :, r : r + rows * stride : stride, s : s + columns * stride : stride]
                place += met[:, r, s].swapaxes(0, 1)
    return framed[:, :, padding : padding + height, padding : padding + width]


def conv2d_vjp_W_b(
    grad: np.ndarray, X: np.ndarray, W: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """dW and db alone, as in conv2d_vjp."""
    windows = _windows(X, W.shape[2], stride, padding)
    grad_W = np.zeros((len(W), W[0].size), np.result_type(grad, X))
    grad_b = np.zeros(len(W), grad.dtype)
    for images in _few(windows):
        g = _by_channel(grad, images)
        grad_W += np.dot(g, _columns(windows, images).T)
        grad_b += np.dot(g, ones(g.shape[1], g.dtype.char))
    return grad_W.reshape(W.shape), grad_b


def _windows(X: np.ndarray, k: int, stride: int, padding: int) -> np.ndarray:
    """All that the kernel sees, as a view of the images: (c_in, k, k, N, H', width')."""
    if padding:
        X = np.pad(X, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return sliding_window_view(X, (k, k), axis=(2, 3))[:, :, ::stride, ::stride].transpose(1, 4, 5, 0, 2, 3)


def _few(windows: np.ndarray) -> Iterator[slice]:
    """The images in groups, so that each group has about _WINDOWS windows."""
    n, rows, columns = windows.shape[3:]
    step = max(1, _WINDOWS // (rows * columns))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def _columns(windows: np.ndarray, images: slice) -> np.ndarray:
    """The windows of these images, one in each column: (c_in k², places). This is where they are copied."""
    c_in, k = windows.shape[:2]
    return windows[:, :, :, images].reshape(c_in * k * k, -1)


def _by_channel(grad: np.ndarray, images: slice) -> np.ndarray:
    """The gradient at the same places: (c_out, places)."""
    return grad[images].swapaxes(0, 1).reshape(grad.shape[1], -1)
