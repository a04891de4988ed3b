"""The convolution: one small kernel is laid over every place of an image, and the way back through it.

Images are (N, channels, height, width), NCHW, and as in every network library the kernel is not turned round, so that
strictly speaking it is a cross-correlation.

Inside, the channels come last and the height first: (H, N, W, C). Then the k · C numbers that one row of a kernel
meets lie side by side in memory, and all places that the kernel's row r visits are one block. So each row of the kernel
costs one matrix product, and the image is copied k times where the usual "im2col" copies it k² times.
"""

import numpy as np


def conv2d(X: np.ndarray, W: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """z[n, c, i, j] = b[c] + Σ over d, r, s of W[c, d, r, s] · X[n, d, i · stride + r, j · stride + s].

    Shapes: X (N, c_in, H, width), W (c_out, c_in, k, k), b (c_out,) -> z (N, c_out, H', width'), with
    H' = (H + 2 padding − k) // stride + 1. X is first framed by `padding` zeros; what a last step of `stride` does not
    reach is not seen.

    Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition" (1989).
    """
    k = W.shape[2]
    patches, out_rows = _patches(X, k, stride, padding)
    columns, n = patches.shape[2], len(X)
    z = np.repeat(b[None, :], out_rows * n * columns, axis=0)
    for r in range(k):
        z += _visited(patches, r, out_rows, stride) @ _kernel_row(W, r)
    # (H', N, width', c_out) is handed on as (N, c_out, H', width') without a copy: only the strides change.
    return z.reshape(out_rows, n, columns, len(b)).transpose(1, 3, 0, 2)


def conv2d_vjp(
    grad: np.ndarray, X: np.ndarray, W: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """dW[c, d, r, s] = Σ over n, i, j of g[n, c, i, j] · X[n, d, i · stride + r, j · stride + s];
    dX gets g[n, c, i, j] · W[c, d, r, s] at the very same places; db[c] = Σ over n, i, j of g[n, c, i, j].

    Shapes: grad (N, c_out, H', width'), X and W as in conv2d -> grad_X, grad_W, grad_b, shaped like X, W and b. Every
    weight serves at all places, so its gradient is a sum over them; an entry of X is met by up to k² weights of each
    kernel, so its gradient is a sum over these.
    """
    n, c_in, height, width = X.shape
    k = W.shape[2]
    patches, out_rows = _patches(X, k, stride, padding)
    columns = patches.shape[2]
    g = np.ascontiguousarray(grad.transpose(2, 0, 3, 1)).reshape(-1, len(W))

    grad_W = np.empty(W.shape, dtype=np.result_type(g, W))
    grad_patches = np.zeros(patches.shape, dtype=grad_W.dtype)
    for r in range(k):
        seen = _visited(patches, r, out_rows, stride)
        grad_W[:, :, r, :] = (seen.T @ g).reshape(k, c_in, -1).transpose(2, 1, 0)
        place = grad_patches[r : r + out_rows * stride : stride]
        place += (g @ _kernel_row(W, r).T).reshape(place.shape)

    # Each column of a patch goes back to where it was copied from; patches overlap, so their gradients add up.
    framed = np.zeros((patches.shape[0], n, width + 2 * padding, c_in), dtype=grad_W.dtype)
    for s in range(k):
        framed[:, :, s : s + columns * stride : stride] += grad_patches[..., s * c_in : (s + 1) * c_in]
    inner = framed[padding : padding + height, :, padding : padding + width]
    return inner.transpose(1, 3, 0, 2), grad_W, g.sum(axis=0)


def _patches(X: np.ndarray, k: int, stride: int, padding: int) -> tuple[np.ndarray, int]:
    """Every row of every image, cut into the stretches that a row of the kernel meets: (H, N, width', k · c_in)."""
    n, c_in, height, width = X.shape
    framed = np.zeros((height + 2 * padding, n, width + 2 * padding, c_in), dtype=X.dtype)
    framed[padding : padding + height, :, padding : padding + width] = X.transpose(2, 0, 3, 1)
    out_rows, columns = ((size + 2 * padding - k) // stride + 1 for size in (height, width))
    patches = np.empty((len(framed), n, columns, k * c_in), dtype=X.dtype)
    for s in range(k):
        patches[..., s * c_in : (s + 1) * c_in] = framed[:, :, s : s + columns * stride : stride]
    return patches, out_rows


def _visited(patches: np.ndarray, r: int, out_rows: int, stride: int) -> np.ndarray:
    """The patches that row r of the kernel meets, one below the other; with stride 1 this is a view, not a copy."""
    return patches[r : r + out_rows * stride : stride].reshape(-1, patches.shape[-1])


def _kernel_row(W: np.ndarray, r: int) -> np.ndarray:
    """Row r of every kernel as a matrix (k · c_in, c_out), in the order of the patches."""
    return W[:, :, r, :].transpose(2, 1, 0).reshape(-1, len(W))
