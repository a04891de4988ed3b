"""Backpropagation on single numbers: every Value remembers what it was made from, and its slopes."""

from __future__ import annotations

import math
from itertools import count
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
    multiply_vjp,
    power_vjp,
    power_vjp_left,
    power_vjp_right,
    subtract_vjp_right,
)

# The slopes of a sum and of a difference are the same whatever is added.
_ONE, _SUM = (add_vjp(1.0),), (add_vjp(1.0), add_vjp(1.0))
_MINUS, _DIFFERENCE = (subtract_vjp_right(1.0),), (add_vjp(1.0), subtract_vjp_right(1.0))
_visits = count(1)
_new = object.__new__


class Value:
    """One number on a graph: `data`, and after `backward()` on what was made from it `grad`, the slope of that by this.

    It understands + − * / **, exp, log, tanh, sigmoid and relu, with Values and with plain numbers on either side.
    Division by 0 raises ZeroDivisionError, as Python's own numbers do; a number too large becomes infinite.

    Each slope ∂out/∂in is computed on the way forward (by functional's formula, with g = 1) and kept on the edge. So on
    the way back there is one rule for every operation: multiply along a path, add where paths meet.

    Source: Linnainmaa (1970); in this small form Karpathy, "micrograd" (2020).
    """

    __slots__ = ("_parents", "_slopes", "_uses", "_visit", "data", "grad")

    # numpy's numbers stand back: np.float64(2) * value is then asked of the Value.
    __array_ufunc__ = None

    def __init__(self, data: float) -> None:
        self.data = _number(data)
        self.grad = 0.0
        self._parents: tuple[Value, ...] = ()
        self._slopes: tuple[float, ...] = ()
        self._visit = 0

    def __repr__(self) -> str:
        return f"Value({self.data:.6g}, grad={self.grad:.6g})"

    def __add__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _made(self.data + other.data, (self, other), _SUM)
        return _made(self.data + _number(other), (self,), _ONE)

    __radd__ = __add__

    def __sub__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _made(self.data - other.data, (self, other), _DIFFERENCE)
        return _made(self.data - _number(other), (self,), _ONE)

    def __rsub__(self, other: float) -> Value:
        return _made(_number(other) - self.data, (self,), _MINUS)

    def __neg__(self) -> Value:
        return _made(-self.data, (self,), _MINUS)

    def __mul__(self, other: Value | float) -> Value:
        x = self.data
        if isinstance(other, Value):
            y = other.data
            return _made(x * y, (self, other), (multiply_vjp(1.0, y), multiply_vjp(1.0, x)))
        y = _number(other)
        return _made(x * y, (self,), (multiply_vjp(1.0, y),))

    __rmul__ = __mul__

    def __truediv__(self, other: Value | float) -> Value:
        y = other.data if isinstance(other, Value) else _number(other)
        quotient = self.data / y
        if isinstance(other, Value):
            return _made(quotient, (self, other), (divide_vjp_left(1.0, y), divide_vjp_right(1.0, quotient, y)))
        return _made(quotient, (self,), (divide_vjp_left(1.0, y),))

    def __rtruediv__(self, other: float) -> Value:
        quotient = _number(other) / self.data
        return _made(quotient, (self,), (divide_vjp_right(1.0, quotient, self.data),))

    def __pow__(self, other: Value | float) -> Value:
        """x^y. Raises DataError where the result would not be real, or y is a Value and x < 0."""
        x = self.data
        if not isinstance(other, Value):
            p = _number(other)
            return _made(_power(x, p), (self,), (_slope(power_vjp, 1.0, x, p),))
        y = other.data
        result = _power(x, y)
        _require_log(x)
        return _made(result, (self, other), (_slope(power_vjp_left, 1.0, x, y), float(power_vjp_right(1.0, x, result))))

    def __rpow__(self, other: float) -> Value:
        x = _number(other)
        result = _power(x, self.data)
        _require_log(x)
        return _made(result, (self,), (float(power_vjp_right(1.0, x, result)),))

    def exp(self) -> Value:
        """e^x."""
        try:
            a = math.exp(self.data)
        except OverflowError:
            a = math.inf
        return _made(a, (self,), (exp_vjp(1.0, a),))

    def log(self) -> Value:
        """The natural logarithm. Raises DataError unless x > 0."""
        if self.data <= 0:
            raise DataError(f"log needs a number above 0 and was given {self.data:g}. Did a probability become 0?")
        return _made(math.log(self.data), (self,), (log_vjp(1.0, self.data),))

    def tanh(self) -> Value:
        """tanh x."""
        a = math.tanh(self.data)
        return _made(a, (self,), (tanh_vjp(1.0, a),))

    def sigmoid(self) -> Value:
        """1 / (1 + e^−x), without overflow: the exponential is of −|x|."""
        small = math.exp(-abs(self.data))
        a = (1.0 if self.data >= 0 else small) / (1.0 + small)
        return _made(a, (self,), (sigmoid_vjp(1.0, a),))

    def relu(self) -> Value:
        """max(x, 0), with slope 0 at 0."""
        return _made(max(self.data, 0.0), (self,), (relu_vjp(1.0, self.data),))

    def backward(self) -> None:
        """Give every Value that this one was made from its `grad`: the derivative of this one with respect to it.

        Values that were made from nothing (the leaves) add it to the grad they have, so that two calls give the sum;
        all others start again from 0. It needs no recursion, so a graph may be a million operations deep.
        """
        if not self._parents:
            self.grad += 1.0
            return
        _count_uses(self)
        self.grad = 1.0
        ready = [self]
        while ready:
            value = ready.pop()
            g = value.grad
            for parent, slope in zip(value._parents, value._slopes, strict=True):
                parent.grad += slope * g
                # Only when every path to it has been added is its own gradient complete, and can be handed on.
                parent._uses -= 1
                if not parent._uses and parent._parents:
                    ready.append(parent)


def _count_uses(output: Value) -> None:
    """Count for every Value below `output` how often it was used, and set the gradients that start again to 0."""
    # A number of this call's own tells a first visit, so that one that was interrupted leaves nothing to clean up.
    visit = next(_visits)
    found = [output]
    while found:
        for parent in found.pop()._parents:
            if parent._visit == visit:
                parent._uses += 1
                continue
            parent._visit = visit
            parent._uses = 1
            if parent._parents:
                parent.grad = 0.0
                found.append(parent)


def _made(data: float, parents: tuple[Value, ...], slopes: tuple[float, ...]) -> Value:
    # Not through __init__, which checks: this is the most frequent step of all.
    value = _new(Value)
    value.data = data
    value.grad = 0.0
    value._parents = parents
    value._slopes = slopes
    value._visit = 0
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
