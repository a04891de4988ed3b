"""Backpropagation on arrays: a Tensor is a numpy array that remembers the operations it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bpcore.autodiff import primitives as P
from bpcore.autodiff.tape import sweep
from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.functional.arrays import Axis

_NO_OPTIONS: dict[str, Any] = {}
FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


class Tensor:
    """An array on the tape: `data`, and after `backward()` on what was made from it `grad`, of the same shape.

    Operators work as numpy's do, broadcasting included, with arrays and plain numbers on either side; so do numpy's own
    functions (np.exp, np.where, np.concatenate, …) where this tape has the operation. A comparison gives a plain
    boolean array, which has no gradient. float32 and float64 stay what they are.

    Tensor(data) copies data. It requires a gradient unless it holds integers or booleans, which have none.

    Raises DataError for data that are not numbers, and for integers with requires_grad=True.
    """

    # The last five are the way back's own, which tape.py explains.
    __slots__ = (
        *("_data", "grad", "requires_grad", "version"),
        *("primitive", "inputs", "options", "stamp", "fits", "form"),
        *("visited", "uses", "left", "arrived", "mine"),
    )

    def __init__(self, data: Any, requires_grad: bool | None = None) -> None:
        self._data = np.array(data._data if isinstance(data, Tensor) else data)
        has_slope = self._data.dtype in FLOATS
        if not has_slope and self._data.dtype.kind not in "biu":
            raise DataError(
                f"A Tensor holds float64, float32, integers or booleans, and was given dtype {self._data.dtype}. "
                "Try np.asarray(data, dtype=np.float64)."
            )
        if requires_grad and not has_slope:
            raise DataError(
                f"Data of dtype {self._data.dtype} cannot require a gradient: a slope needs steps as small as you "
                "like. Use floats: 2.0 for 2, or .astype(np.float64)."
            )
        self.requires_grad = has_slope if requires_grad is None else bool(requires_grad)
        self.grad: Any = None
        self.primitive: P.Primitive | None = None
        self.inputs: tuple[Any, ...] = ()
        self.options: dict[str, Any] = _NO_OPTIONS
        # The version counts the changes of data; the stamp is the sum of all versions that an operation saw.
        self.version = self.stamp = 0
        self.fits = True
        self.form = P.form(self._data.shape, self._data.dtype)
        self.visited = None

    def __init_subclass__(cls) -> None:
        raise DataError(
            f"{cls.__name__} cannot inherit from Tensor, the one class that the tape knows: keep one in it."
        )

    # What it is.

    @property
    def data(self) -> np.ndarray:
        """The array. Assign to it, or write `t.data -= …`, only between a backward and the next forward.

        backward raises OrderError for what was assigned too early; it cannot see `t.data[0] = …`.
        """
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        value = np.asarray(value, dtype=self._data.dtype)
        if value.shape != self._data.shape:
            raise ShapeError(f"The data of this Tensor has shape {self.shape}; the new data has shape {value.shape}.")
        self._data = value
        self.version += 1

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def size(self) -> int:
        return self._data.size

    @property
    def dtype(self) -> np.dtype:
        return self._data.dtype

    def item(self) -> float:
        """Its one number, as a plain number. Raises ShapeError when it has more."""
        if self.size != 1:
            raise ShapeError(f"item() needs one number, and this Tensor has shape {self.shape}. Sum it, or index it.")
        return self._data.item()

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._data)

    def __float__(self) -> float:
        return float(self.item())

    def __repr__(self) -> str:
        array = np.array2string(self._data, separator=", ", prefix="Tensor(", threshold=100)
        kind = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({array}{kind}{'' if self.requires_grad else ', requires_grad=False'})"

    # Arithmetic.

    def __add__(self, other: Any) -> Tensor:
        return _pair(P.ADD, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return _pair(P.ADD, other, self)

    def __sub__(self, other: Any) -> Tensor:
        return _pair(P.SUBTRACT, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _pair(P.SUBTRACT, other, self)

    def __mul__(self, other: Any) -> Tensor:
        return _pair(P.MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return _pair(P.MULTIPLY, other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return _pair(P.DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _pair(P.DIVIDE, other, self)

    def __pow__(self, other: Any) -> Tensor:
        if isinstance(other, (int, float)):
            return record(P.POWER_OF_NUMBER, self, p=other)
        return record(P.POWER, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return record(P.POWER, other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return record(P.MATMUL, self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return record(P.MATMUL, other, self)

    def __neg__(self) -> Tensor:
        return _single(P.NEGATIVE, self)

    def __abs__(self) -> Tensor:
        return record(P.ABSOLUTE, self)

    # Comparison: plain boolean arrays.

    def __eq__(self, other: object) -> np.ndarray:  # type: ignore[override]
        return self._data == plain(other)

    def __ne__(self, other: object) -> np.ndarray:  # type: ignore[override]
        return self._data != plain(other)

    def __lt__(self, other: Any) -> np.ndarray:
        return self._data < plain(other)

    def __le__(self, other: Any) -> np.ndarray:
        return self._data <= plain(other)

    def __gt__(self, other: Any) -> np.ndarray:
        return self._data > plain(other)

    def __ge__(self, other: Any) -> np.ndarray:
        return self._data >= plain(other)

    # A Tensor is a place on the tape: in a dict or set it is found by who it is, not by what it holds.
    __hash__ = object.__hash__

    # Functions of each entry.

    def exp(self) -> Tensor:
        return _single(P.EXP, self)

    def log(self) -> Tensor:
        return _single(P.LOG, self)

    def tanh(self) -> Tensor:
        return _single(P.TANH, self)

    def sigmoid(self) -> Tensor:
        return _single(P.SIGMOID, self)

    def relu(self) -> Tensor:
        return _single(P.RELU, self)

    def abs(self) -> Tensor:
        return record(P.ABSOLUTE, self)

    def maximum(self, other: Any) -> Tensor:
        """The larger of the two, entry by entry; where they are equal, each gets half of the gradient."""
        return record(P.MAXIMUM, self, other)

    # Reductions: axis is None (all), an integer or a tuple of integers.

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return record(P.SUM, self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return record(P.MEAN, self, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """The largest; where several are, they share the gradient equally."""
        return record(P.MAX, self, axis=axis, keepdims=keepdims)

    # The same entries in other places.

    def __getitem__(self, index: Any) -> Tensor:
        parts = index if isinstance(index, tuple) else (index,)
        parts = tuple(plain(part) for part in parts)
        return record(P.INDEX, self, index=parts if isinstance(index, tuple) else parts[0])

    def reshape(self, *shape: Any) -> Tensor:
        return record(P.RESHAPE, self, shape=_flat(shape))

    def transpose(self, *axes: Any) -> Tensor:
        """The axes in this order; without an argument, in reverse."""
        order = _flat(axes) if axes and axes != (None,) else tuple(reversed(range(self.ndim)))
        return record(P.TRANSPOSE, self, axes=tuple(i % max(self.ndim, 1) for i in order))

    @property
    def T(self) -> Tensor:
        return self.transpose()

    def swapaxes(self, first: int, second: int) -> Tensor:
        order = list(range(self.ndim))
        order[first], order[second] = order[second], order[first]
        return self.transpose(order)

    def astype(self, dtype: Any) -> Tensor:
        """The same in float32 or float64; the gradient comes back in the dtype it has here."""
        if np.dtype(dtype) not in FLOATS:
            raise DataError(f"astype needs float32 or float64, and was given {np.dtype(dtype)}; others have no slope.")
        return record(P.ASTYPE, self, dtype=dtype)

    # The way back.

    def then(self, primitive: P.Primitive, **options: Any) -> Tensor:
        """Record one more operation of the table on this Tensor."""
        return record(primitive, self, **options)

    def backward(self, grad: Any = None, create_graph: bool = False) -> None:
        """Give every Tensor that this one was made from its `grad`: dL/dx, of the shape of x.

        grad is dL/d(this), of its shape; it may be left out when this is one number, the loss itself (then it is 1).
        Tensors made from nothing (the leaves) add it to the grad they have, so that two calls give the sum; all others
        start again, and those that no variable holds get none. With create_graph=True the gradients are Tensors,
        recorded in their turn, so that they can be differentiated again.

        Raises ShapeError when grad is missing or has another shape, DataError when nothing here requires a gradient,
        OrderError when data was changed after it was recorded, and with create_graph=True SecondDerivativeError at
        an operation that has no second derivative here.
        """
        # Written only when all are known, so that an error on the way leaves no half of a result.
        for node in sweep(self, self.start(grad, create_graph), create_graph=create_graph):
            g, node.arrived = node.arrived, None
            if g is None:
                continue
            if node.primitive is not None:
                node.grad = g
            elif node.grad is not None:
                node.grad = node.grad + g
            else:
                # A copy, since the first gradient may be a view of another's.
                node.grad = g if create_graph else np.array(g)

    def start(self, grad: Any = None, create_graph: bool = False) -> Any:
        """The gradient to begin with: `grad` if it fits, 1 if it is left out and this is one number."""
        if not self.requires_grad:
            raise DataError(
                "backward has nowhere to go: this Tensor was made from constants only. Make what you want the gradient "
                "of a Tensor of floats, before you compute with it, and do not pass through .data or item() on the way."
            )
        if grad is None:
            if self.size != 1:
                raise ShapeError(
                    f"backward needs one number to start from, and this Tensor has shape {self.shape}. Reduce it "
                    f"first, as with .sum() or .mean(), or pass grad, an array of shape {self.shape}."
                )
            grad = np.ones(self.shape, self.dtype)
        if np.shape(grad) != self.shape:
            raise ShapeError(
                f"grad has shape {np.shape(grad)}, and this Tensor {self.shape}: they must be the same, one slope for "
                "each entry."
            )
        if create_graph:
            return grad if isinstance(grad, Tensor) else Tensor(np.asarray(grad, self.dtype), requires_grad=False)
        return np.asarray(plain(grad), dtype=self.dtype)

    # numpy's side of the door.

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise DataError(
            "numpy asked for the plain array of a Tensor, and what it computes with that would not be recorded. Write "
            "t.data if that is what you want; otherwise use an operation that a Tensor has."
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if options.get("out") is not None:
            raise OrderError(
                f"np.{ufunc.__name__} would write a recorded result into a plain array, and lose where it came from. "
                "Write a = a + t in place of a += t."
            )
        if method == "__call__" and not options:
            if ufunc in P.RECORDED:
                return record(P.RECORDED[ufunc], *inputs)
            if ufunc in P.FLAT:
                return ufunc(*(plain(x) for x in inputs))
        raise DataError(_not_here(ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"))

    def __array_function__(self, function: Callable, types: Any, args: tuple, options: dict) -> Any:
        if function not in FUNCTIONS:
            raise DataError(_not_here(function.__name__))
        return FUNCTIONS[function](*args, **options)


def record(primitive: P.Primitive, *inputs: Any, **options: Any) -> Tensor:
    """The value of an operation, as a Tensor that remembers its inputs if one of them requires a gradient.

    Raises ShapeError where the shapes do not fit, DataError for an operand that is not made of numbers.
    """
    arrays, requires_grad, stamp = [], False, 0
    for x in inputs:
        if isinstance(x, Tensor):
            arrays.append(x._data)
            stamp += x.version
            requires_grad = requires_grad or x.requires_grad
        else:
            arrays.append(x)
            if type(x) not in _READY or (type(x) is np.ndarray and x.dtype.kind not in "fbiu"):
                return record(primitive, *(_numbers(x, primitive) for x in inputs), **options)
    try:
        value = primitive.value(*arrays, **options)
    except ValueError as error:
        raise ShapeError(P.misfit(primitive, arrays, options, error)) from error
    out = _made(primitive, inputs, value, None, stamp)
    out.options = options
    if not requires_grad:
        out.requires_grad, out.primitive, out.inputs, out.stamp = False, None, (), 0
    return out


# The most frequent operations on the most frequent operands have a shorter way; all else, and errors, go the long one.


def _single(primitive: P.Primitive, x: Tensor) -> Tensor:
    """`record` for a function of each entry."""
    if x.requires_grad:
        return _made(primitive, (x,), primitive.value(x._data), x.form, x.version)
    return record(primitive, x)


def _pair(primitive: P.Primitive, x: Any, y: Any) -> Tensor:
    """`record` for two operands, which is short when they have one form, or one of them is a float."""
    if type(x) is Tensor:
        if type(y) is Tensor:
            if x.form is y.form and (x.requires_grad or y.requires_grad):
                return _made(primitive, (x, y), primitive.value(x._data, y._data), x.form, x.version + y.version)
        elif type(y) is float and x.requires_grad:
            y = _number(y, x._data.dtype.char)
            return _made(primitive, (x, y), primitive.value(x._data, y), x.form, x.version)
    elif type(x) is float and y.requires_grad:
        x = _number(x, y._data.dtype.char)
        return _made(primitive, (x, y), primitive.value(x, y._data), y.form, y.version)
    return record(primitive, x, y)


def _number(x: float, dtype: str) -> np.ndarray:
    """A plain number as an array of no axes, which numpy takes much faster than the number, there and back."""
    return np.array(x, dtype)


def _made(primitive: P.Primitive, inputs: tuple[Any, ...], value: Any, form: Any, stamp: int) -> Tensor:
    """The Tensor itself, with the form of its inputs: then every rule gives a gradient of that form, which fits."""
    out = _new(Tensor)
    # numpy hands back a bare number where an array of no axes is meant.
    out._data = value if type(value) is np.ndarray else np.asarray(value)
    out.grad = out.visited = None
    out.requires_grad = True
    out.version = 0
    out.options = _NO_OPTIONS
    out.primitive = primitive
    out.inputs = inputs
    out.stamp = stamp
    out.fits = form is not None
    out.form = form or P.form(value.shape, value.dtype)
    return out


_new = object.__new__
_READY = {np.ndarray, float, int, bool, np.float64, np.float32, np.int64}


# numpy's functions that take more than arrays, and what stands for each on the tape: operations.py fills it.
FUNCTIONS: dict[Callable, Callable] = {}


def plain(x: Any) -> Any:
    """The array of a Tensor; anything else as it is."""
    return x._data if isinstance(x, Tensor) else x


def _flat(numbers: tuple) -> tuple[int, ...]:
    """(2, 3) from reshape(2, 3) and from reshape((2, 3)) alike."""
    return tuple(numbers[0]) if len(numbers) == 1 and isinstance(numbers[0], (tuple, list)) else numbers


def _numbers(x: Any, primitive: P.Primitive) -> Any:
    if isinstance(x, Tensor) or type(x) in (int, float):
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "fbiu":
        raise DataError(
            f"The operation '{primitive.name}' of a Tensor needs numbers or arrays of numbers, and was given {x!r} of "
            f"type {type(x).__name__}."
        )
    return array


def _not_here(name: str) -> str:
    known = ", ".join(sorted(function.__name__ for function in [*P.RECORDED, *FUNCTIONS]))
    return (
        f"np.{name} cannot be recorded by a Tensor. Of numpy's functions it knows {known}; a Tensor's methods and "
        "operators are the rest. For a constant, use t.data."
    )
