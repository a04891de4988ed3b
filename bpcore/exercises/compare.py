"""Compares what an answer gave with what was expected: same values in any representation are the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOAT32_RTOL = 1e-4
ATOL_SHARE = 1e-2  # entries near zero are compared to this share of rtol times the largest entry
ATOL_OF_ZEROS = 1e-12  # where everything expected is zero, there is no largest entry to go by


class Missing:
    """Stands where the answer has no such quantity at all."""


MISSING = Missing()


@dataclass(frozen=True)
class Comparison:
    """Whether the values agree, and what there is to say about how they are represented."""

    ok: bool
    note: str = ""
    single: bool = False


def compare(own: Any, expected: Any, rtol: float, exact_shape: bool = False, equal_nan: bool = False) -> Comparison:
    """Compare one quantity. Numbers may come as lists, scalars or arrays of any numeric dtype and with extra axes
    of length one.

    float32 is compared to 1e-4 relative, everything else to ``rtol``; entries near zero to ``rtol`` / 100 of the
    largest entry. nan equals nothing, unless ``equal_nan``: a wrong version may well give nan.
    """
    if expected is None or isinstance(expected, str | bool):
        theirs = scalar(own)
        return Comparison(type(theirs) is type(expected) and theirs == expected)
    if isinstance(expected, dict):
        return Comparison(is_opaque(own) and own == expected)
    theirs, ours = numbers(own), numbers(expected)
    if theirs is None or ours is None:
        return Comparison(False)
    note = ""
    if theirs.shape != ours.shape:
        if exact_shape or squeezed(theirs.shape) != squeezed(ours.shape):
            return Comparison(False)
        note = (
            f"has shape {theirs.shape} where {ours.shape} is usual: equal here, but it can broadcast to something "
            "else later"
        )
        theirs = theirs.reshape(ours.shape)
    ok = close(theirs, ours, tolerance(theirs, rtol), equal_nan)
    return Comparison(ok, note, theirs.dtype == np.float32)


def tolerance(theirs: np.ndarray, rtol: float) -> float:
    """How closely an array of this dtype is compared."""
    return max(rtol, FLOAT32_RTOL) if theirs.dtype == np.float32 else rtol


def close(theirs: np.ndarray, ours: np.ndarray, rtol: float, equal_nan: bool = False) -> bool:
    """Whether two arrays of one shape agree to ``rtol``, or to a hundredth of it against the largest entry."""
    if theirs.shape != ours.shape:
        return False
    if np.array_equal(theirs, ours):
        return True  # as most answers are that are right: no tolerance to work out
    return not differing(theirs, ours, rtol, equal_nan).any()


def differing(theirs: np.ndarray, ours: np.ndarray, rtol: float, equal_nan: bool = False) -> np.ndarray:
    """A mask of the entries that differ."""
    a, b = theirs.astype(np.float64), ours.astype(np.float64)
    largest = float(np.abs(b[np.isfinite(b)]).max(initial=0.0))
    atol = ATOL_SHARE * rtol * largest if largest else ATOL_OF_ZEROS
    with np.errstate(all="ignore"):
        return ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def numbers(value: Any) -> np.ndarray | None:
    """The value as an array of real numbers, or None when it is none (text, None, a ragged list, an object)."""
    if value is None or isinstance(value, str | dict | Missing):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if array.dtype.kind == "c":
        return None if array.imag.any() else array.real
    return array if array.dtype.kind in "biuf" else None


def scalar(value: Any) -> Any:
    """A 0-d array as the Python scalar in it; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def is_opaque(value: Any) -> bool:
    """Whether this stands for something that is no plain data."""
    return isinstance(value, dict) and value.keys() == {"opaque"} and isinstance(value["opaque"], str)


def is_blank(value: Any) -> bool:
    """Whether this is a `...` that has not been filled in."""
    return is_opaque(value) and value["opaque"] == "ellipsis"


def quantities(own: Any, expected: Any, stages: tuple[str, ...]) -> Iterator[tuple[str, str, Any, Any]]:
    """Walk the expected result and yield (stage, quantity, own value, expected value) for each of its leaves.

    The items of a dict or tuple are named by ``stages``; deeper ones by their path, such as ``params[1]``.
    """
    if not stages:
        yield from _leaves("", "the result", own, expected)
        return
    for position, stage in enumerate(stages):
        theirs = part(expected, stage, position, len(stages))
        yield from _leaves(stage, stage, part(own, stage, position, len(stages)), theirs)


def part(own: Any, key: str | None, position: int, length: int) -> Any:
    """One part of a result that comes as a dict, as a sequence of this length, or as the only part itself."""
    if own is None or is_opaque(own):
        return own
    if isinstance(own, dict):
        return own.get(key, MISSING) if key is not None else MISSING
    if (isinstance(own, list | tuple) or (isinstance(own, np.ndarray) and own.ndim)) and len(own) == length:
        return own[position]
    return own if length == 1 else MISSING


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape without its axes of length one."""
    return tuple(n for n in shape if n != 1)


def computable(own: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The student's stages that can be computed with: numbers, in the shape that is expected or one like it."""
    usable = {}
    for name, value in own.items():
        array, ours = numbers(value), numbers(expected.get(name))
        if array is not None and ours is not None and squeezed(array.shape) == squeezed(ours.shape):
            usable[name] = array.reshape(ours.shape)
    return usable


def is_alive(given: Any, expected: Any) -> bool:
    """Whether wrong values still put to the test what is computed from them: finite, not wiped out to zeros, and
    different along each axis along which the right ones differ.
    """
    given, expected = np.asarray(given, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if given.shape != expected.shape or not np.isfinite(given).all():
        return False
    if np.count_nonzero(given) * 2 < np.count_nonzero(expected):
        return False
    return all(np.ptp(given, axis=a).any() or not np.ptp(expected, axis=a).any() for a in range(given.ndim))


def _leaves(stage: str, name: str, own: Any, expected: Any) -> Iterator[tuple[str, str, Any, Any]]:
    if isinstance(expected, dict) and not is_opaque(expected):
        for position, key in enumerate(expected):
            inner = key if name == "the result" else f"{name}[{key!r}]"
            yield from _leaves(stage, inner, part(own, key, position, -1), expected[key])
    elif isinstance(expected, list | tuple):
        for position, item in enumerate(expected):
            yield from _leaves(stage, f"{name}[{position}]", part(own, None, position, len(expected)), item)
    else:
        yield stage, name, own, expected
