"""Runs where the answer lives: calls an answer on one case and writes down what happened, as plain data.

This file and the drives it runs are sent as text into the student's process, so it may import the standard library
and numpy only, and it holds no expected value.
"""

import contextlib
import copy
import inspect
import io
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

PRINTED_LIMIT = 400
DEPTH_LIMIT = 12


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
    printed = io.StringIO()
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        np.errstate(over="warn", invalid="warn", divide="warn"),
    ):
        warnings.simplefilter("always")
        try:
            if drive is call:
                _check_arity(answer, given)
            seen["value"] = plain(drive(answer, *given))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            seen["error"] = _describe(error)
    seen["warnings"] = [f"{w.category.__name__}: {w.message}"[:PRINTED_LIMIT] for w in caught[:5]]
    seen["printed"] = printed.getvalue()[:PRINTED_LIMIT]
    seen["mutated"] = [i for i, (before, after) in enumerate(zip(args, given, strict=True)) if not _same(before, after)]
    return seen


def nothing_seen(error: str = "", message: str = "") -> dict[str, Any]:
    """An observation of nothing, or of an error alone."""
    told = {"type": error, "message": message, "line": ""} if error else None
    return {"value": None, "error": told, "warnings": [], "printed": "", "mutated": []}


def plain(value: Any, depth: int = 0) -> Any:
    """The value as plain data: None, bool, int, float, str, list, tuple, dict with string keys, or a numeric array.

    Anything else becomes ``{"opaque": type name}``, which no expected value ever equals.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.array(value, copy=True, subok=False)
        return array if array.dtype.kind in "biufc" else opaque(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if depth < DEPTH_LIMIT:
        if isinstance(value, list | tuple):
            items = [plain(item, depth + 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {str(key): plain(item, depth + 1) for key, item in value.items()}
        if hasattr(value, "__array__") and not isinstance(value, type):
            return plain(np.asarray(value), depth + 1)
    return opaque(value)


def opaque(value: Any) -> dict[str, str]:
    """What is said of a value that is no plain data: only the name of its type."""
    return {"opaque": type(value).__name__}


def _check_arity(answer: Callable, args: tuple) -> None:
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args)
    except TypeError:
        message = f"it is called with {len(args)} arguments, and yours takes {signature}"
        raise ArityError(message) from None


class ArityError(TypeError):
    """The answer cannot be called with the arguments of the exercise."""


def _describe(error: BaseException) -> dict[str, str]:
    # The last frame that is not this file's is the student's own line, or the library call that it made.
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.name not in ("observe", "call", "_check_arity")]
    own = [f for f in frames if "site-packages" not in f.filename and "numpy" not in f.filename] or frames
    return {
        "type": type(error).__name__,
        "message": str(error)[:PRINTED_LIMIT],
        "line": (own[-1].line or "")[:PRINTED_LIMIT] if own else "",
    }


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.shape == after.shape and bool(np.array_equal(before, after))
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
    return type(before) is type(after) and before == after
