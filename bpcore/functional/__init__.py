"""Every primitive of the course, its value and its derivative side by side: the only home of derivatives.

A function `f` has its derivative in `f_vjp(grad, ...)` (vector-Jacobian product): given `grad`, the derivative of the
loss with respect to the *output* of `f`, it returns the derivative with respect to each *input*. A loss ends the
chain, so its derivative is called `..._grad` and takes no incoming gradient. Where one of two inputs is often a
constant, each has a function of its own: `f_vjp_left` and `f_vjp_right`.

Nothing is checked here and nothing is remembered: arrays in, arrays out. Layers and losses check what they are given.
"""

from bpcore.functional.activations import (
    dropout,
    dropout_vjp,
    leaky_relu,
    leaky_relu_vjp,
    relu,
    relu_vjp,
    sigmoid,
    sigmoid_vjp,
    tanh,
    tanh_vjp,
)
from bpcore.functional.arithmetic import (
    absolute_vjp,
    add_vjp,
    divide_vjp_left,
    divide_vjp_right,
    exp_vjp,
    log_vjp,
    maximum_vjp,
    multiply_vjp,
    power_vjp,
    power_vjp_left,
    power_vjp_right,
    subtract_vjp_right,
)
from bpcore.functional.arrays import (
    broadcast_vjp,
    concatenate_vjp,
    index_vjp,
    matmul_vjp_left,
    matmul_vjp_right,
    max_vjp,
    mean_vjp,
    reshape_vjp,
    sum_vjp,
    transpose_vjp,
    unbroadcast,
    where_vjp_left,
    where_vjp_right,
)
from bpcore.functional.conv import conv2d, conv2d_vjp
from bpcore.functional.dense import dense, dense_vjp
from bpcore.functional.fixed_point import (
    fixed_point_adjoint_step,
    fixed_point_jacobian,
    fixed_point_step,
    fixed_point_vjp,
)
from bpcore.functional.losses import (
    log_softmax,
    mean_absolute_error,
    mean_absolute_error_grad,
    mean_squared_error,
    mean_squared_error_grad,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_grad,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
    softmax_vjp,
)
from bpcore.functional.pooling import max_pool2d, max_pool2d_vjp
from bpcore.functional.recurrent import hold, hold_vjp, lstm, lstm_vjp, rnn, rnn_vjp

__all__ = [
    "absolute_vjp",
    "add_vjp",
    "broadcast_vjp",
    "concatenate_vjp",
    "conv2d",
    "conv2d_vjp",
    "dense",
    "dense_vjp",
    "divide_vjp_left",
    "divide_vjp_right",
    "dropout",
    "dropout_vjp",
    "exp_vjp",
    "fixed_point_adjoint_step",
    "fixed_point_jacobian",
    "fixed_point_step",
    "fixed_point_vjp",
    "hold",
    "hold_vjp",
    "index_vjp",
    "leaky_relu",
    "leaky_relu_vjp",
    "log_softmax",
    "log_vjp",
    "lstm",
    "lstm_vjp",
    "matmul_vjp_left",
    "matmul_vjp_right",
    "max_pool2d",
    "max_pool2d_vjp",
    "max_vjp",
    "maximum_vjp",
    "mean_absolute_error",
    "mean_absolute_error_grad",
    "mean_squared_error",
    "mean_squared_error_grad",
    "mean_vjp",
    "multiply_vjp",
    "power_vjp",
    "power_vjp_left",
    "power_vjp_right",
    "relu",
    "relu_vjp",
    "reshape_vjp",
    "rnn",
    "rnn_vjp",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sigmoid_cross_entropy_grad",
    "sigmoid_vjp",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softmax_vjp",
    "subtract_vjp_right",
    "sum_vjp",
    "tanh",
    "tanh_vjp",
    "transpose_vjp",
    "unbroadcast",
    "where_vjp_left",
    "where_vjp_right",
]
