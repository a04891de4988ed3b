"""Every primitive of the course, its value and its derivative side by side: the only home of derivatives.

A function `f` has its derivative in `f_vjp(grad, ...)` (vector-Jacobian product): given `grad`, the derivative of the
loss with respect to the *output* of `f`, it returns the derivative with respect to each *input*. A loss ends the
chain, so its derivative is called `..._grad` and takes no incoming gradient.

Nothing is checked here and nothing is remembered: arrays in, arrays out. Layers and losses check what they are given.
"""

from bpcore.functional.activations import relu, relu_vjp, sigmoid, sigmoid_vjp, tanh, tanh_vjp
from bpcore.functional.dense import dense, dense_vjp
from bpcore.functional.losses import (
    log_softmax,
    mean_squared_error,
    mean_squared_error_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)

__all__ = [
    "dense",
    "dense_vjp",
    "log_softmax",
    "mean_squared_error",
    "mean_squared_error_grad",
    "relu",
    "relu_vjp",
    "sigmoid",
    "sigmoid_vjp",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "tanh",
    "tanh_vjp",
]
