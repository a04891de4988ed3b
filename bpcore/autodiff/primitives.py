"""The table of what a Tensor can record: each operation's value, and for each input its rule back, from functional.

A rule is called as rule(g, out, *inputs, **options). Where the inputs of an operation were broadcast, its rule may
return a gradient in the broadcast shape: the tape sums it back to the shape of the input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from bpcore.functional import activations, arithmetic, arrays, losses


@dataclass(frozen=True, slots=True)
class Primitive:
    """One operation. `twice` says whether its rules can themselves be recorded, for second derivatives."""

    name: str
    value: Callable[..., Any]
    rules: tuple[Callable[..., Any], ...]
    twice: bool = True


ADD = Primitive("add", np.add, (lambda g, out, x, y: arithmetic.add_vjp(g),) * 2)
SUBTRACT = Primitive(
    "subtract",
    np.subtract,
    (lambda g, out, x, y: arithmetic.add_vjp(g), lambda g, out, x, y: arithmetic.subtract_vjp_right(g)),
)
NEGATIVE = Primitive("negative", np.negative, (lambda g, out, x: arithmetic.subtract_vjp_right(g),))
MULTIPLY = Primitive(
    "multiply",
    np.multiply,
    (lambda g, out, x, y: arithmetic.multiply_vjp(g, y), lambda g, out, x, y: arithmetic.multiply_vjp(g, x)),
)
DIVIDE = Primitive(
    "divide",
    np.divide,
    (
        lambda g, out, x, y: arithmetic.divide_vjp_left(g, y),
        lambda g, out, x, y: arithmetic.divide_vjp_right(g, out, y),
    ),
)
POWER = Primitive(
    "power",
    np.power,
    (
        lambda g, out, x, y: arithmetic.power_vjp_left(g, x, y),
        lambda g, out, x, y: arithmetic.power_vjp_right(g, x, out),
    ),
)
POWER_OF_NUMBER = Primitive("power", lambda x, p: x**p, (lambda g, out, x, p: arithmetic.power_vjp(g, x, p),))
MAXIMUM = Primitive(
    "maximum",
    np.maximum,
    (lambda g, out, x, y: arithmetic.maximum_vjp(g, x, y), lambda g, out, x, y: arithmetic.maximum_vjp(g, y, x)),
)

EXP = Primitive("exp", np.exp, (lambda g, out, x: arithmetic.exp_vjp(g, out),))
LOG = Primitive("log", np.log, (lambda g, out, x: arithmetic.log_vjp(g, x),))
ABSOLUTE = Primitive("abs", np.abs, (lambda g, out, x: arithmetic.absolute_vjp(g, x),))
TANH = Primitive("tanh", activations.tanh, (lambda g, out, x: activations.tanh_vjp(g, out),))
SIGMOID = Primitive("sigmoid", activations.sigmoid, (lambda g, out, x: activations.sigmoid_vjp(g, out),))
RELU = Primitive("relu", activations.relu, (lambda g, out, x: activations.relu_vjp(g, x),))

SUM = Primitive(
    "sum",
    lambda x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims),
    (lambda g, out, x, axis, keepdims: arrays.sum_vjp(g, x.shape, axis),),
)
MEAN = Primitive(
    "mean",
    lambda x, axis, keepdims: x.mean(axis=axis, keepdims=keepdims),
    (lambda g, out, x, axis, keepdims: arrays.mean_vjp(g, x.shape, axis),),
)
MAX = Primitive(
    "max",
    lambda x, axis, keepdims: x.max(axis=axis, keepdims=keepdims),
    (lambda g, out, x, axis, keepdims: arrays.max_vjp(g, x, out, axis),),
)


def _matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    # On two matrices np.dot does the same, and on small ones it is twice as fast.
    return np.dot(a, b) if np.ndim(a) == np.ndim(b) == 2 else np.matmul(a, b)


MATMUL = Primitive(
    "matmul",
    _matmul,
    (lambda g, out, a, b: arrays.matmul_vjp_left(g, a, b), lambda g, out, a, b: arrays.matmul_vjp_right(g, a, b)),
)

WHERE = Primitive(
    "where",
    lambda x, y, chosen: np.where(chosen, x, y),
    (
        lambda g, out, x, y, chosen: arrays.where_vjp_left(g, chosen),
        lambda g, out, x, y, chosen: arrays.where_vjp_right(g, chosen),
    ),
)
BROADCAST = Primitive("broadcast_to", np.broadcast_to, (lambda g, out, x, shape: arrays.broadcast_vjp(g, x.shape),))
RESHAPE = Primitive(
    "reshape", lambda x, shape: x.reshape(shape), (lambda g, out, x, shape: arrays.reshape_vjp(g, x.shape),)
)
TRANSPOSE = Primitive(
    "transpose", lambda x, axes: x.transpose(axes), (lambda g, out, x, axes: arrays.transpose_vjp(g, axes),)
)
ASTYPE = Primitive("astype", lambda x, dtype: x.astype(dtype), (lambda g, out, x, dtype: g.astype(x.dtype),))
# The start of a tape within a tape: the same number, and a place of its own to take the derivative at.
SAME = Primitive("same", lambda x: x, (lambda g, out, x: g,))

INDEX = Primitive("index", arrays.index, (lambda g, out, x, index: _spread(g, x.shape, index),))
# Reading and spreading are each the way back of the other.
SPREAD = Primitive("index_vjp", arrays.index_vjp, (lambda g, out, x, shape, index: arrays.index(g, index),))

SOFTMAX_CROSS_ENTROPY = Primitive(
    "softmax_cross_entropy",
    lambda logits, labels: logits.dtype.type(losses.softmax_cross_entropy(logits, labels)),
    (lambda g, out, logits, labels: g * losses.softmax_cross_entropy_grad(logits, labels),),
    twice=False,
)

# numpy's elementwise functions as they are recorded, and those that are flat: their slope is 0 wherever they have one,
# so they give plain arrays.
RECORDED = {
    np.add: ADD,
    np.subtract: SUBTRACT,
    np.multiply: MULTIPLY,
    np.divide: DIVIDE,
    np.power: POWER,
    np.matmul: MATMUL,
    np.maximum: MAXIMUM,
    np.negative: NEGATIVE,
    np.absolute: ABSOLUTE,
    np.exp: EXP,
    np.log: LOG,
    np.tanh: TANH,
}
FLAT = {
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.sign, np.isnan, np.isfinite, np.isinf),
}


def concatenation(lengths: list[int], axis: int) -> Primitive:
    """The operation that joins arrays of these lengths along the axis; each gets its own part of the gradient."""

    def rule(start: int, stop: int) -> Callable[..., Any]:
        return lambda g, out, *inputs: arrays.concatenate_vjp(g, start, stop, axis)

    places = pairwise(accumulate(lengths, initial=0))
    return Primitive(
        "concatenate", lambda *inputs: np.concatenate(inputs, axis), tuple(rule(*place) for place in places)
    )


def _spread(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    # numpy can hand only some of its functions on to a Tensor, and writing to an index is not among them.
    if isinstance(g, (np.ndarray, np.generic)):
        return arrays.index_vjp(g, shape, index)
    return g.then(SPREAD, shape=shape, index=index)


@lru_cache(maxsize=1024)
def form(shape: tuple[int, ...], dtype: np.dtype) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype as one object: that two arrays are alike in both can then be seen by `is`, at no cost."""
    return shape, dtype


def misfit(primitive: Primitive, arrays: list[Any], options: dict[str, Any], error: ValueError) -> str:
    """The message for operands of shapes that the operation cannot take."""
    shapes = " and ".join(str(np.shape(array)) for array in arrays)
    asked = "".join(f", {name}={option!r}" for name, option in options.items() if name != "keepdims")
    return f"The operation '{primitive.name}' cannot be done on shape {shapes}{asked}. numpy says: {error}"
