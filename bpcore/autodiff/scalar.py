"""Backpropagation on single numbers: every Value remembers what it was made from, and its slopes."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from bpcore.errors import DataError
from bpcore.functional.activations import relu_vjp, sigmoid_vjp, tanh_vjp
from bpcore.functional.arithmetic import (
    add_vjp,
    divide_vjp_left,
    divide_vjp_right,
    exp_vjp,
    log_vjp,
    power_vjp,
    power_vjp_left,
    power_vjp_right,
    subtract_vjp_right,
)

# The slopes of a sum and of a difference are the same whatever is added.
_ONE, _MINUS = add_vjp(1.0), subtract_vjp_right(1.0)
_new = object.__new__


class Value:
    """One number on a graph: `data`, and after `backward()` on what was made from it `grad`, the slope of that by this.

    It understands + − * / **, exp, log, tanh, sigmoid and relu, with Values and with plain numbers on either side.
    Division by 0 raises ZeroDivisionError, as Python's own numbers do; a number too large becomes infinite.

    Each slope ∂out/∂in is computed on the way forward (by functional's formula, with g = 1) and kept on the edge. So on
    the way back there is one rule for every operation: multiply along a path, add where paths meet. `parents` and
    `slopes` show what is kept, as for a drawing of the graph.

    Source: Linnainmaa (1970); in this small form Karpathy, "micrograd" (2020).
    """

    # No tuple for the parents and none for the slopes: for a million Values, those would cost more than all else, in
    # memory and in the time of Python's garbage collector.
    __slots__ = ("_left", "_left_slope", "_right", "_right_slope", "data", "grad")

    # numpy's numbers stand back: np.float64(2) * value is then asked of the Value.
    __array_ufunc__ = None

    def __init__(self, data: float) -> None:
        self.data = _number(data)
        self.grad = 0.0
        self._left: Value | None = None
        self._right: Value | None = None
        self._left_slope = self._right_slope = 0.0

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values that this one was made from, in the order in which they stand in the formula; () for a leaf."""
        return tuple(parent for parent in (self._left, self._right) if parent is not None)

    @property
    def slopes(self) -> tuple[float, ...]:
        """The derivative of this Value by each of its parents, as noted when it was made."""
        return (self._left_slope, self._right_slope)[: len(self.parents)]

    def __repr__(self) -> str:
        return f"Value({self.data:.6g}, grad={self.grad:.6g})"

    def __add__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _made(self.data + other.data, self, _ONE, other, _ONE)
        return _made(self.data + _number(other), self, _ONE)

    __radd__ = __add__

    def __sub__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _made(self.data - other.data, self, _ONE, other, _MINUS)
        return _made(self.data - _number(other), self, _ONE)

    def __rsub__(self, other: float) -> Value:
        return _made(_number(other) - self.data, self, _MINUS)

    def __neg__(self) -> Value:
        return _made(-self.data, self, _MINUS)

    def __mul__(self, other: Value | float) -> Value:
        # multiply_vjp(1.0, y) is y itself: each slope is the number that is there already, and takes no memory.
        if isinstance(other, Value):
            x, y = self.data, other.data
            return _made(x * y, self, y, other, x)
        y = _number(other)
        return _made(self.data * y, self, y)

    __rmul__ = __mul__

    def __truediv__(self, other: Value | float) -> Value:
        y = other.data if isinstance(other, Value) else _number(other)
        quotient = self.data / y
        if isinstance(other, Value):
            return _made(quotient, self, divide_vjp_left(1.0, y), other, divide_vjp_right(1.0, quotient, y))
        return _made(quotient, self, divide_vjp_left(1.0, y))

    def __rtruediv__(self, other: float) -> Value:
        quotient = _number(other) / self.data
        return _made(quotient, self, divide_vjp_right(1.0, quotient, self.data))

    def __pow__(self, other: Value | float) -> Value:
        """x^y. Raises DataError where the result would not be real, or y is a Value and x < 0."""
        x = self.data
        if not isinstance(other, Value):
            p = _number(other)
            return _made(_power(x, p), self, _slope(power_vjp, 1.0, x, p))
        y = other.data
        result = _power(x, y)
        _require_log(x)
        by_base, by_exponent = _slope(power_vjp_left, 1.0, x, y), float(power_vjp_right(1.0, x, result))
        return _made(result, self, by_base, other, by_exponent)

    def __rpow__(self, other: float) -> Value:
        x = _number(other)
        result = _power(x, self.data)
        _require_log(x)
        return _made(result, self, float(power_vjp_right(1.0, x, result)))

    def exp(self) -> Value:
        """e^x."""
        try:
            a = math.exp(self.data)
        except OverflowError:
            a = math.inf
        return _made(a, self, exp_vjp(1.0, a))

    def log(self) -> Value:
        """The natural logarithm. Raises DataError unless x > 0."""
        if self.data <= 0:
            raise DataError(f"log needs a number above 0 and was given {self.data:g}. Did a probability become 0?")
        return _made(math.log(self.data), self, log_vjp(1.0, self.data))

    def tanh(self) -> Value:
        """tanh x."""
        a = math.tanh(self.data)
        return _made(a, self, tanh_vjp(1.0, a))

    def sigmoid(self) -> Value:
        """1 / (1 + e^−x), without overflow: the exponential is of −|x|."""
        small = math.exp(-abs(self.data))
        a = (1.0 if self.data >= 0 else small) / (1.0 + small)
        return _made(a, self, sigmoid_vjp(1.0, a))

    def relu(self) -> Value:
        """max(x, 0), with slope 0 at 0."""
        return _made(max(self.data, 0.0), self, relu_vjp(1.0, self.data))

    def backward(self) -> None:
        """Give every Value that this one was made from its `grad`: the derivative of this one with respect to it.

        Values that were made from nothing (the leaves) add it to the grad they have, so that two calls give the sum;
        all others start again from 0. It needs no recursion, so a graph may be a million operations deep.
        """
        if self._left is None:
            self.grad += 1.0
            return
        try:
            _mark(self)
            _hand_on(self)
        except BaseException:
            # Stopped on the way: no mark may stay, or the next backward would take it for its own.
            _unmark(self)
            raise


class _Meeting:
    """In place of a gradient, while backward runs, where several paths meet: how many are to come, and the sum."""

    __slots__ = ("left", "total")

    def __init__(self) -> None:
        self.left = 2
        self.total = 0.0

    def is_complete_with(self, piece: float) -> bool:
        self.total += piece
        self.left -= 1
        return not self.left


# In place of a gradient, while backward runs, where only one path arrives: most of a graph.
_ONE_PATH = _Meeting()


def _mark(output: Value) -> None:
    """Mark every Value below `output` that is no leaf: how many paths of one step arrive there on the way back."""
    # Depth first, since what was made together lies together in memory. Left and right are written out, here and below:
    # a loop over the two would make backward half as slow again.
    found, one_path = [output], _ONE_PATH
    add, pop = found.append, found.pop
    while found:
        value = pop()
        parent = value._left
        if parent._left is not None:
            mark = parent.grad
            if mark is one_path:
                parent.grad = _Meeting()
            elif mark.__class__ is _Meeting:
                mark.left += 1
            else:
                parent.grad = one_path
                add(parent)
        parent = value._right
        if parent is not None and parent._left is not None:
            mark = parent.grad
            if mark is one_path:
                parent.grad = _Meeting()
            elif mark.__class__ is _Meeting:
                mark.left += 1
            else:
                parent.grad = one_path
                add(parent)


def _hand_on(output: Value) -> None:
    """Hand each gradient on to the parents once it is complete, and replace every mark by a gradient."""
    output.grad = 1.0
    ready = [output]
    add, pop, one, one_path = ready.append, ready.pop, _ONE, _ONE_PATH
    while ready:
        value = pop()
        g = value.grad
        parent, slope = value._left, value._left_slope
        piece = g if slope is one else slope * g
        mark = parent.grad
        if mark is one_path:
            parent.grad = piece
            add(parent)
        elif mark.__class__ is not _Meeting:
            parent.grad = mark + piece
        elif mark.is_complete_with(piece):
            parent.grad = mark.total
            add(parent)

        parent = value._right
        if parent is None:
            continue
        slope = value._right_slope
        piece = g if slope is one else slope * g
        mark = parent.grad
        if mark is one_path:
            parent.grad = piece
            add(parent)
        elif mark.__class__ is not _Meeting:
            parent.grad = mark + piece
        elif mark.is_complete_with(piece):
            parent.grad = mark.total
            add(parent)


def _unmark(output: Value) -> None:
    found, seen = [output], {id(output)}
    for value in found:
        if value.grad.__class__ is _Meeting:
            value.grad = 0.0
        for parent in value.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                found.append(parent)


def _made(data: float, left: Value, left_slope: float, right: Value | None = None, right_slope: float = 0.0) -> Value:
    # Not through __init__, which checks: this is the most frequent step of all.
    value = _new(Value)
    value.data = data
    value.grad = 0.0
    value._left = left
    value._left_slope = left_slope
    value._right = right
    value._right_slope = right_slope
    return value


def _number(x: Any) -> float:
    if type(x) is float:
        return x
    if isinstance(x, Real):
        return float(x)
    raise DataError(
        f"A Value is one number and cannot take {x!r} of type {type(x).__name__}. "
        "For arrays there is bp.Tensor; from an array of one number take x.item()."
    )


def _power(x: float, p: float) -> float:
    try:
        result = x**p
    except OverflowError:
        return math.inf
    if isinstance(result, complex):
        raise DataError(f"({x:g}) ** {p:g} is not a real number: a base below 0 needs a whole exponent.")
    return result


def _slope(formula: Any, *arguments: float) -> float:
    """The slope of a power at 0, as of √x, may be infinite: Python's floats raise an error where numpy says inf."""
    try:
        return formula(*arguments)
    except (ZeroDivisionError, OverflowError):
        return math.inf


def _require_log(x: float) -> None:
    if x < 0:
        raise DataError(
            f"The exponent is a Value, and the slope by the exponent is x^y log x, for x ≥ 0; here x is {x:g}. "
            "If the exponent is a constant, pass a plain number."
        )
