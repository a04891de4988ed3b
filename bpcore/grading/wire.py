"""Values as frames of bytes, without pickle: what crosses between the grader and a student's process.

A frame is ``u32 json length | u32 blob length | json | blob``; the blob holds the arrays' bytes, one after another,
in C order. This file runs on both sides of the wall, so it may import the standard library and numpy only.
"""

import json
import math
import re
import struct
from typing import Any

import numpy as np

HEADER = struct.Struct("<II")
MAX_FRAME = 16 << 20
MAX_DEPTH = 32
MAX_ITEMS = 200_000
MAX_DIMENSIONS = 32
MAX_INT_DIGITS = 20_000

_DTYPE = re.compile(r"[<>|][biufc][0-9]{1,2}")
_INT = re.compile(r"-?0x[0-9a-f]+")


class WireError(ValueError):
    """A value that cannot be sent, or bytes that are no frame."""


def encode(value: Any) -> bytes:
    """The frame of a value: None, bool, int, float, str, list, tuple, dict with string keys, or a numeric array.

    Raises WireError for anything else, and for what is too deep, too many or too large.
    """
    arrays: list[bytes] = []
    try:
        text = json.dumps(_Encoder(arrays).tree(value, 0), separators=(",", ":")).encode()
    except WireError:
        raise
    except Exception as error:  # an object may do anything when it is looked at
        raise WireError(f"this value cannot be sent: {type(error).__name__}") from None
    blob = b"".join(arrays)
    if HEADER.size + len(text) + len(blob) > MAX_FRAME:
        raise WireError(f"the frame would be larger than {MAX_FRAME} bytes")
    return HEADER.pack(len(text), len(blob)) + text + blob


def decode(frame: bytes) -> Any:
    """The value of a frame; arrays are fresh and writable. Raises WireError for any bytes that `encode` would not
    have made so."""
    try:
        text_length, blob_length = lengths(frame[: HEADER.size])
        if len(frame) != HEADER.size + text_length + blob_length:
            raise WireError("the frame has another length than its header says")
        start = HEADER.size + text_length
        tree = json.loads(frame[HEADER.size : start], parse_float=_refuse, parse_constant=_refuse)
        decoder = _Decoder(memoryview(frame)[start:])
        value = decoder.value(tree, 0)
        if decoder.position != blob_length:
            raise WireError("the frame holds bytes that belong to no array")
        return value
    except WireError:
        raise
    except Exception as error:  # total: a hostile frame must have one way to fail
        raise WireError(f"this is no frame: {type(error).__name__}") from None


def lengths(header: bytes) -> tuple[int, int]:
    """The lengths of the json and of the blob that follow a header. Raises WireError when they cannot be."""
    if len(header) != HEADER.size:
        raise WireError("the header is cut short")
    text_length, blob_length = HEADER.unpack(header)
    if HEADER.size + text_length + blob_length > MAX_FRAME:
        raise WireError(f"the frame is larger than {MAX_FRAME} bytes")
    return text_length, blob_length


class _Counted:
    def __init__(self) -> None:
        self.items = 0

    def count(self, depth: int) -> None:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise WireError("the value is nested too deeply, or has too many parts")


class _Encoder(_Counted):
    def __init__(self, arrays: list[bytes]) -> None:
        super().__init__()
        self.arrays = arrays

    def tree(self, value: Any, depth: int) -> Any:
        self.count(depth)
        # numpy's numbers first: np.float64 is a float as well.
        if isinstance(value, np.ndarray | np.generic):
            return self.array(np.asarray(value))
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int):
            return {"i": _bounded_hex(value)}
        if isinstance(value, float):
            return {"f": value.hex()}
        if isinstance(value, list | tuple):
            return {"l" if isinstance(value, list) else "t": [self.tree(item, depth + 1) for item in value]}
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                raise WireError("the keys of a dict must be strings")
            return {"d": [[key, self.tree(item, depth + 1)] for key, item in value.items()]}
        raise WireError(f"a value of type {type(value).__name__} cannot be sent")

    def array(self, array: np.ndarray) -> dict[str, list]:
        if not _DTYPE.fullmatch(array.dtype.str) or array.ndim > MAX_DIMENSIONS:
            raise WireError(f"an array of dtype {array.dtype} with {array.ndim} axes cannot be sent")
        if array.nbytes > MAX_FRAME:
            raise WireError(f"the array is larger than {MAX_FRAME} bytes")
        self.arrays.append(array.tobytes(order="C"))
        return {"a": [array.dtype.str, list(array.shape)]}


class _Decoder(_Counted):
    def __init__(self, blob: memoryview) -> None:
        super().__init__()
        self.blob = blob
        self.position = 0

    def value(self, tree: Any, depth: int) -> Any:
        self.count(depth)
        if tree is None or isinstance(tree, bool | str):
            return tree
        if not isinstance(tree, dict) or len(tree) != 1:
            raise WireError("a part of the frame has no known form")
        ((tag, body),) = tree.items()
        if tag in ("i", "f"):
            return _number(tag, body)
        if not isinstance(body, list):
            raise WireError("a part of the frame has no known form")
        if tag in ("l", "t"):
            items = [self.value(item, depth + 1) for item in body]
            return items if tag == "l" else tuple(items)
        if tag == "d":
            pairs = {key: self.value(item, depth + 1) for key, item in body if isinstance(key, str)}
            if len(pairs) != len(body):
                raise WireError("a dict has the same key twice, or one that is no string")
            return pairs
        if tag == "a":
            return self.array(*body)
        raise WireError(f"the tag {tag!r} is unknown")

    def array(self, dtype: Any, shape: Any) -> np.ndarray:
        if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype):
            raise WireError("this dtype is not allowed")
        if (
            not isinstance(shape, list)
            or len(shape) > MAX_DIMENSIONS
            or not all(type(n) is int and n >= 0 for n in shape)
        ):
            raise WireError("this shape is not allowed")
        kind = np.dtype(dtype)
        end = self.position + math.prod(shape) * kind.itemsize
        if end > len(self.blob):
            raise WireError("an array is larger than the bytes that came with it")
        raw, self.position = self.blob[self.position : end], end
        # An empty array may claim axes of any length: numpy refuses those that it could not hold.
        array = np.empty(shape, kind)
        if array.nbytes:
            array.reshape(-1)[...] = np.frombuffer(raw, kind)
        return array


def _number(tag: str, body: Any) -> int | float:
    if not isinstance(body, str) or len(body) > MAX_INT_DIGITS:
        raise WireError("a number has no known form")
    if tag == "f":
        return float.fromhex(body)
    if not _INT.fullmatch(body):
        raise WireError("a number has no known form")
    return int(body, 16)


def _bounded_hex(value: int) -> str:
    if value.bit_length() > 4 * (MAX_INT_DIGITS - 3):
        raise WireError("the number has too many digits")
    return hex(value)


def _refuse(_: str) -> Any:
    raise WireError("numbers stand in a frame as strings, and arrays as bytes")
