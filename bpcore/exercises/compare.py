"""Compares what an answer gave with what was expected: same values in any representation are the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOAT32_RTOL = 1e-4
ATOL_SHARE = 1e-2  # entries near zero are compared to this share of rtol times the largest entry


class Missing:
    """Stands where the answer has no such quantity at all."""


MISSING = Missing()


@dataclass(frozen=True)
class Comparison:
    """Whether the values agree, and what to note about how they are represented."""

    ok: bool
    note: str = ""


def compare(own: Any, expected: Any, rtol: float, exact_shape: bool = False, equal_nan: bool = False) -> Comparison:
    """Compare one quantity. Numbers may come as lists, scalars or arrays of any numeric dtype and with extra axes
    of length one.

    float32 is compared to 1e-4 relative, everything else to ``rtol``; entries near zero to ``rtol`` / 100 of the
    largest entry. nan equals nothing, unless ``equal_nan``: a wrong version may well give nan.
    """
    if expected is None or isinstance(expected, str | bool):
        return Comparison(scalar(own) == expected and type(scalar(own)) is type(expected))
    if isinstance(expected, dict):
        return Comparison(isinstance(own, dict) and "opaque" in own and own["opaque"] == expected.get("opaque"))
    theirs = numbers(own)
    ours = np.asarray(expected)
    if theirs is None or theirs.dtype.kind == "c":
        return Comparison(False)
    note = ""
    if theirs.shape != ours.shape:
        if exact_shape or _squeezed(theirs.shape) != _squeezed(ours.shape):
            return Comparison(False)
        note = f"has shape {theirs.shape} where {ours.shape} is usual: equal here, but it can broadcast to something else later"
        theirs = theirs.reshape(ours.shape)
    if theirs.dtype == np.float32:
        rtol = max(rtol, FLOAT32_RTOL)
        note = note or f"is float32: compared to {FLOAT32_RTOL:g} instead of {1e-6:g}"
    return Comparison(close(theirs, ours, rtol, equal_nan), note)


def close(theirs: np.ndarray, ours: np.ndarray, rtol: float, equal_nan: bool = False) -> bool:
    """Whether two arrays of one shape agree to ``rtol``, or to a hundredth of it against the largest entry."""
    if theirs.shape != ours.shape:
        return False
    return not differing(theirs, ours, rtol, equal_nan).any()


def differing(theirs: np.ndarray, ours: np.ndarray, rtol: float, equal_nan: bool = False) -> np.ndarray:
    """A mask of the entries that differ."""
    a, b = theirs.astype(np.float64), ours.astype(np.float64)
    finite = np.abs(b[np.isfinite(b)])
    atol = ATOL_SHARE * rtol * float(finite.max(initial=0.0)) + 1e-300
    with np.errstate(all="ignore"):
        return ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def numbers(value: Any) -> np.ndarray | None:
    """The value as a numeric array, or None when it is none (text, None, a ragged list, an object)."""
    if value is None or isinstance(value, str | dict | Missing):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return array if array.dtype.kind in "biufc" else None


def scalar(value: Any) -> Any:
    """A 0-d array as the Python scalar in it; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def quantities(own: Any, expected: Any, stages: tuple[str, ...]) -> Iterator[tuple[str, str, Any, Any]]:
    """Walk the expected result and yield (stage, quantity, own value, expected value) for each of its leaves.

    The items of a dict or tuple are named by ``stages``; deeper ones by their path, such as ``params[1]``.
    """
    if not stages:
        yield from _leaves("", "the result", own, expected)
        return
    items = expected if isinstance(expected, dict) else dict(zip(stages, expected, strict=True))
    for position, stage in enumerate(stages):
        yield from _leaves(stage, stage, _item(own, stage, position, len(stages)), items[stage])


def _leaves(stage: str, name: str, own: Any, expected: Any) -> Iterator[tuple[str, str, Any, Any]]:
    if isinstance(expected, dict):
        for position, key in enumerate(expected):
            yield from _leaves(
                stage, key if name == "the result" else f"{name}[{key!r}]", _item(own, key, position, -1), expected[key]
            )
    elif isinstance(expected, list | tuple):
        for position, item in enumerate(expected):
            yield from _leaves(stage, f"{name}[{position}]", _item(own, None, position, len(expected)), item)
    else:
        yield stage, name, own, expected


def _item(own: Any, key: str | None, position: int, length: int) -> Any:
    if isinstance(own, dict):
        return own.get(key, MISSING) if key is not None else MISSING
    if (isinstance(own, list | tuple) or (isinstance(own, np.ndarray) and own.ndim)) and len(own) == length:
        return own[position]
    return own if length == 1 else MISSING


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
