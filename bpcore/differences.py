"""The referee: it compares a gradient that was derived with the slope that is measured by central differences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bpcore.errors import DataError, ShapeError


@dataclass(frozen=True)
class GradReport:
    """What gradcheck found. `ok` is True when every entry of every gradient is within the tolerance.

    worst_index is (number of the input, index within it) of the entry that strays furthest for its tolerance, with
    `derived` and `measured` its two values; max_error is the largest |derived − measured| of all the entries.
    """

    ok: bool
    worst_index: tuple[int, tuple[int, ...]]
    max_error: float
    derived: float
    measured: float
    entries: int
    wrong: int

    def __str__(self) -> str:
        number, index = self.worst_index
        place = f"input {number}" + (f" at [{', '.join(map(str, index))}]" if index else "")
        found = (
            f"all {self.entries} entries of the gradient agree with finite differences"
            if self.ok
            else f"{self.wrong} of {self.entries} entries of the gradient disagree with finite differences"
        )
        return (
            f"{'ok' if self.ok else 'NOT ok'}: {found}.\n"
            f"Worst: {place}: derived {self.derived:.8g}, measured {self.measured:.8g}. "
            f"Largest difference anywhere: {self.max_error:.2g}."
        )


def numerical_gradient(f: Callable[[np.ndarray], float], x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    """∂f/∂xᵢ ≈ (f(x + hᵢ) − f(x − hᵢ)) / 2hᵢ, one entry at a time, with hᵢ = eps · max(1, |xᵢ|).

    Shapes: x of any shape, float64 -> the same shape. f takes x and returns one number; x itself is never changed.
    Truncation costs about h², rounding about 1e-16 / h: at eps = 1e-6 both are far below 1e-5.

    Raises DataError for an x that is not float64 or not finite, ShapeError when f returns more than one number.
    """
    x = measurable(x, "x")
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        step = eps * max(1.0, abs(x[index]))
        # f gets a fresh copy each time: one that changes its argument in place would spoil the next difference.
        above, below = x.copy(), x.copy()
        above[index] += step
        below[index] -= step
        # The step as it was rounded, not as it was meant; taken before f can touch it.
        width = above[index] - below[index]
        slopes[index] = (_scalar(f(above)) - _scalar(f(below))) / width
    return slopes


def gradcheck(
    f: Callable,
    inputs: np.ndarray | Sequence[np.ndarray],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> GradReport:
    """Check the gradients that f derives against central differences of the value it returns.

    f(*inputs) returns (value, grads): value one number, grads one array per input (the array itself if there is one
    input). An entry agrees when |derived − measured| ≤ atol + rtol · |measured|. A pair of wrongs can agree where the
    function has a kink (ReLU at 0) or where both are 0: check at random points, away from kinks.

    Raises DataError for inputs that are not float64 or not finite, ShapeError when the gradients do not match the
    inputs in number and shape.
    """
    arrays = [inputs] if isinstance(inputs, (np.ndarray, float)) else list(inputs)
    if not arrays:
        raise DataError("gradcheck was given no inputs: pass at least one float64 array.")
    arrays = [measurable(array, f"input {number}") for number, array in enumerate(arrays)]
    value, grads = f(*[array.copy() for array in arrays])
    _scalar(value)

    derived = _matched(grads, arrays)
    measured = []
    for number, array in enumerate(arrays):

        def value_of(x: np.ndarray, number: int = number) -> float:
            return f(*[x if i == number else other.copy() for i, other in enumerate(arrays)])[0]

        measured.append(numerical_gradient(value_of, array, eps))

    errors = [np.abs(d - m) for d, m in zip(derived, measured, strict=True)]
    excess = [e / (atol + rtol * np.abs(m)) for e, m in zip(errors, measured, strict=True)]
    # NaN compares false with everything, so it would pass for agreement: it is made the worst there is.
    flat = np.nan_to_num(np.concatenate([e.ravel() for e in excess]), nan=np.inf)
    if not flat.size:
        raise DataError("gradcheck was given empty inputs: with no entries there is nothing to compare.")
    number, index = _locate(int(flat.argmax()), arrays)
    return GradReport(
        ok=bool((flat <= 1).all()),
        worst_index=(number, index),
        max_error=float(np.concatenate([e.ravel() for e in errors]).max()),
        derived=float(derived[number][index]),
        measured=float(measured[number][index]),
        entries=flat.size,
        wrong=int((flat > 1).sum()),
    )


def measurable(x: np.ndarray, name: str) -> np.ndarray:
    """x as an array, if a slope can be measured there. Raises DataError unless it is float64 and finite."""
    x = np.asarray(x)
    if x.dtype != np.float64:
        raise DataError(
            f"{name} has dtype {x.dtype}; finite differences need float64. The step is a millionth: an integer cannot "
            "take it, and float32 keeps 7 digits, so the difference would be mostly rounding. Use .astype(np.float64)."
        )
    if not np.isfinite(x).all():
        raise DataError(f"{name} holds NaN or infinity, where no slope can be measured: check at finite points.")
    return x


def _scalar(value: float) -> float:
    if np.size(value) != 1:
        raise ShapeError(
            f"f must return one number and returned an array of shape {np.shape(value)}. A gradient is the slope of a "
            "single number: multiply the output by fixed random weights and sum it."
        )
    return float(np.asarray(value).reshape(()))


def _matched(grads: np.ndarray | Sequence[np.ndarray], arrays: list[np.ndarray]) -> list[np.ndarray]:
    if len(arrays) == 1 and not (isinstance(grads, (tuple, list)) and len(grads) == 1):
        grads = [grads]
    if len(grads) != len(arrays):
        raise ShapeError(f"f returned {len(grads)} gradients for {len(arrays)} inputs: return one for each, in order.")
    grads = [np.asarray(grad, dtype=float) for grad in grads]
    for number, (grad, array) in enumerate(zip(grads, arrays, strict=True)):
        if grad.shape != array.shape:
            raise ShapeError(
                f"The gradient of input {number} has shape {grad.shape}, its input {array.shape}. A gradient has one "
                "entry for each entry of its input: look for a missing transpose, or a sum over the wrong axis."
            )
    return grads


def _locate(position: int, arrays: list[np.ndarray]) -> tuple[int, tuple[int, ...]]:
    for number, array in enumerate(arrays):
        if position < array.size:
            return number, tuple(int(i) for i in np.unravel_index(position, array.shape))
        position -= array.size
    raise IndexError(position)
