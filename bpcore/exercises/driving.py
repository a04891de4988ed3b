"""Runs where the answer lives: calls an answer on one case and writes down what happened, as plain data.

This file and the drives it runs are sent as text into the student's process, so it may import the standard library
and numpy only, and it holds no expected value.
"""

import contextlib
import copy
import inspect
import io
import linecache
import os
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

PRINTED_LIMIT = 400
WARNINGS_LIMIT = 5
DEPTH_LIMIT = 12
ENTRIES_LIMIT = 2_000_000
INTEGER_BITS_LIMIT = 4_000

LIBRARIES = (os.path.dirname(os.__file__), os.path.dirname(os.path.dirname(np.__file__)), "<frozen", "<__array")


def call(answer: Callable, *args: Any) -> Any:
    """The default drive: call the answer, take what it returns."""
    return answer(*args)


def observe(answer: Callable, drive: Callable, args: tuple) -> dict[str, Any]:
    """Run ``drive(answer, *args)`` on copies of the arguments and return what could be observed.

    Returns a dict of plain data: ``value`` (see `plain`), ``error`` (None, or ``type``, ``message`` and the
    answer's own ``line``), ``warnings`` (the first few messages), ``printed`` (the first characters) and
    ``mutated`` (positions of arguments that changed). KeyboardInterrupt passes through: it belongs to the person at
    the keyboard.
    """
    given = copy.deepcopy(tuple(args))
    seen = nothing_seen()
    printed = _Printed()

    def keep(message: Any, category: type, *_: Any) -> None:
        if len(seen["warnings"]) < WARNINGS_LIMIT:
            seen["warnings"].append(f"{category.__name__}: {_told(message)}"[:PRINTED_LIMIT])

    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        np.errstate(over="warn", invalid="warn", divide="warn"),
    ):
        warnings.simplefilter("always")
        warnings.showwarning = keep
        try:
            if drive is call:
                _check_arity(answer, given)
            seen["value"] = plain(drive(answer, *given))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            seen["error"] = _describe(error, drive)
    seen["printed"] = printed.getvalue()[:PRINTED_LIMIT]
    seen["mutated"] = [i for i, (before, after) in enumerate(zip(args, given, strict=True)) if not _same(before, after)]
    return seen


def nothing_seen(error: str = "", message: str = "") -> dict[str, Any]:
    """An observation of nothing, or of an error alone."""
    told = {"type": error, "message": message, "line": ""} if error else None
    return {"value": None, "error": told, "warnings": [], "printed": "", "mutated": []}


def plain(value: Any, depth: int = 0) -> Any:
    """The value as plain data: None, bool, int, float, str, list, tuple, dict with string keys, or a numeric array.

    Anything else becomes ``{"opaque": type name}``, which no expected value ever equals; so does what is too large
    to be an answer.
    """
    return _plain(value, depth, [ENTRIES_LIMIT])


def opaque(value: Any) -> dict[str, str]:
    """What is said of a value that is no plain data: only the name of its type."""
    return {"opaque": type(value).__name__}


def _plain(value: Any, depth: int, room: list[int]) -> Any:
    room[0] -= 1
    if room[0] < (len(value) if isinstance(value, list | tuple | dict) else 0):
        return {"opaque": "a value that is far too large"}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"opaque": "a very long text"} if len(value) > ENTRIES_LIMIT else str.__str__(value)
    if isinstance(value, np.ndarray | np.generic):
        return _plain_array(value, depth, room)
    if isinstance(value, int):
        return int(value) if value.bit_length() < INTEGER_BITS_LIMIT else {"opaque": "a whole number of huge length"}
    if isinstance(value, float):
        return float(value)
    if depth < DEPTH_LIMIT:
        if isinstance(value, list | tuple):
            items = [_plain(item, depth + 1, room) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {str(key): _plain(item, depth + 1, room) for key, item in value.items()}
        if hasattr(value, "__array__") and not isinstance(value, type):
            return _plain(np.asarray(value), depth + 1, room)
    return opaque(value)


def _plain_array(value: Any, depth: int, room: list[int]) -> Any:
    # A view of one number can claim any size: look before copying.
    room[0] -= value.size
    if room[0] < 0:
        return {"opaque": f"an array of shape {value.shape}, which is far too large"}
    if value.dtype.kind in "biufc":
        return np.array(value, copy=True, subok=False)
    if value.dtype.kind == "U" and value.ndim == 0:
        return str(value)
    if value.dtype.kind == "O" and depth < DEPTH_LIMIT:
        items = value.tolist()
        room[0] += value.size
        return _plain(items, depth + 1, room)
    return {"opaque": f"an array of dtype {value.dtype}"}


class _Printed(io.StringIO):
    """Keeps the first characters that are printed: an endless loop can print more than memory holds."""

    def write(self, text: str) -> int:
        if not isinstance(text, str) or self.tell() < PRINTED_LIMIT:
            super().write(text[:PRINTED_LIMIT] if isinstance(text, str) else text)
        return len(text)

    def close(self) -> None:
        """Stay open: what was printed is still to be read."""


def _check_arity(answer: Callable, args: tuple) -> None:
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args)
    except TypeError:
        message = f"it is called with {len(args)} argument{'s' * (len(args) != 1)}, and yours takes {signature}"
        raise ArityError(message) from None


class ArityError(TypeError):
    """The answer cannot be called with the arguments of the exercise."""


def _describe(error: BaseException, drive: Callable) -> dict[str, str]:
    return {
        "type": type(error).__name__,
        "message": _told(error)[:PRINTED_LIMIT],
        "line": _own_line(error, drive)[:PRINTED_LIMIT],
    }


def _own_line(error: BaseException, drive: Callable) -> str:
    """The last line of the answer's own code on the way to the error, or "" when there is none."""
    ours = {f.__code__ for f in (observe, call, plain, _plain, _plain_array, _check_arity)}
    ours |= set(_codes(getattr(drive, "__code__", None)))
    line = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code not in ours and not code.co_filename.startswith(LIBRARIES):
            line = linecache.getline(code.co_filename, number, frame.f_globals).strip() or line
    return line


def _codes(code: types.CodeType | None) -> Iterator[types.CodeType]:
    """The code of a function and of those that are written inside it."""
    if code is not None:
        yield code
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                yield from _codes(inner)


def _told(thing: Any) -> str:
    """The text of an error or warning; one whose own text cannot be made has none."""
    try:
        return str.__str__(str(thing))
    except Exception:
        return ""


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        if not isinstance(after, np.ndarray) or before.shape != after.shape or before.dtype != after.dtype:
            return False
        return bool(np.array_equal(before, after, equal_nan=before.dtype.kind in "fc"))
    if isinstance(before, list | tuple):
        if not isinstance(after, list | tuple) or len(before) != len(after):
            return False
        return all(_same(b, a) for b, a in zip(before, after, strict=True))
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and before.keys() == after.keys()
            and all(_same(before[k], after[k]) for k in before)
        )
    return type(before) is type(after) and (before == after or before != before)
