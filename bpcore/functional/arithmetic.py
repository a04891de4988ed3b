"""The derivatives of arithmetic, entry by entry; the values are numpy's own operators and functions.

Every formula here holds for arrays of any shape, for plain numbers, and for anything else that has numpy's operators:
the tape of `bpcore.autodiff` runs the same formulas on its own recorded arrays, and so gets second derivatives.

Where one factor is often a constant, each input has its own function, so that nobody computes what nobody wants. Inputs
of different shapes are stretched before the operation: `unbroadcast` in `functional.arrays` takes that back.
"""

import numpy as np


def add_vjp(grad: np.ndarray) -> np.ndarray:
    """dx = g and dy = g, for z = x + y: a sum hands on what it gets, the same to both."""
    return grad


def subtract_vjp_right(grad: np.ndarray) -> np.ndarray:
    """dy = −g, for z = x − y (dx is as in a sum); it is also the derivative of −y."""
    return -grad


def multiply_vjp(grad: np.ndarray, other: np.ndarray) -> np.ndarray:
    """dx = g · y, for z = x · y, taking the *other* factor."""
    return grad * other


def divide_vjp_left(grad: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """dx = g / y, for z = x / y."""
    return grad / divisor


def divide_vjp_right(grad: np.ndarray, quotient: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """dy = −g · z / y, for z = x / y, taking the quotient z that is already there."""
    return -grad * quotient / divisor


def power_vjp(grad: np.ndarray, base: np.ndarray, exponent: float) -> np.ndarray:
    """dx = g · p x^(p−1), for z = x^p with a plain number p. At p = 0 it is 0, at x = 0 too."""
    return grad * (exponent * base ** (exponent - 1)) if exponent else grad * 0.0


def power_vjp_left(grad: np.ndarray, base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """dx = g · y x^(y−1), for z = x^y, where the exponent may differ from entry to entry."""
    # Where both are 0, x^(−1) would be infinite, and 0 times that is no number: the exponent is raised to 0 there.
    return grad * exponent * base ** (exponent - 1 + (exponent == 0) * (base == 0))


def power_vjp_right(grad: np.ndarray, base: np.ndarray, result: np.ndarray) -> np.ndarray:
    """dy = g · z log x, for z = x^y and x ≥ 0. At x = 0 it is 0 by convention, the limit for every y > 0."""
    return grad * result * np.log(base + (base == 0))


def exp_vjp(grad: np.ndarray, a: np.ndarray) -> np.ndarray:
    """dz = g · a, taking a = exp z."""
    return grad * a


def log_vjp(grad: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz = g / z, taking z."""
    return grad / z


def absolute_vjp(grad: np.ndarray, z: np.ndarray) -> np.ndarray:
    """dz = g · sign z, taking z. At z = 0 there is no derivative; by convention it is 0 here."""
    return grad * np.sign(z)


def maximum_vjp(grad: np.ndarray, x: np.ndarray, other: np.ndarray) -> np.ndarray:
    """dx = g where x > y, 0 where x < y, for z = max(x, y), taking x and the other.

    Where the two are equal there is no derivative; by convention each gets half, so that the order does not matter.
    """
    return np.where(x > other, grad, np.where(x == other, grad / 2, 0))
