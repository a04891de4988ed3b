"""Values come back from the wire exactly as they went in, and bytes that are no frame have one way to fail."""

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bpcore.grading import wire

numbers = st.integers() | st.floats(allow_nan=True, allow_infinity=True)
dtypes = st.sampled_from(["?", "<i1", "<i8", ">i4", "<u2", ">u8", "<f2", ">f4", "<f8", "<c8", ">c16"])
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text() | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a, b):
    """Whether two values are the same in type, in order, and in every bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return a.hex() == b.hex()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return a == b


@given(values)
def test_a_value_comes_back_as_it_went(value):
    assert same(wire.decode(wire.encode(value)), value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        math.inf,
        math.nan,
        5e-324,
        10**5000,
        -(2**64),
        True,
        "\ud800 half a character",
        (),
        {"": []},
        np.array(3.5),
        np.zeros((0, 3)),
        np.arange(12.0).reshape(3, 4).T,
        np.arange(10)[::-2],
        np.array([1.5, 2.5], dtype=">f8"),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_is_easily_lost_comes_back(value):
    assert same(wire.decode(wire.encode(value)), value)


def test_arrays_come_back_writable_and_their_own():
    value = wire.decode(wire.encode([np.zeros(3), np.zeros(3)]))
    value[0] += 1
    assert value[1].tolist() == [0, 0, 0]


def test_a_numpy_number_travels_as_an_array_without_axes():
    assert same(wire.decode(wire.encode(np.float32(1.5))), np.array(1.5, dtype=np.float32))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1: "a number for a key"},
        np.array(["text"]),
        np.array([object()]),
        np.zeros(3, dtype=[("a", float)]),
        np.array("2020-01-01", dtype="datetime64[D]"),
        {1, 2},
        b"bytes",
        2**100_000,
        np.zeros(wire.MAX_FRAME + 1, dtype=np.uint8),
        "x" * (wire.MAX_FRAME + 1),
        [None] * (wire.MAX_ITEMS + 1),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_cannot_be_sent_is_refused(value):
    with pytest.raises(wire.WireError):
        wire.encode(value)


def test_what_is_too_deep_is_refused():
    deep = []
    for _ in range(wire.MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(wire.WireError):
        wire.encode(deep)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_wire_error(noise):
    with pytest.raises(wire.WireError):
        wire.decode(noise + b"{")
    with pytest.raises(wire.WireError):
        wire.decode(wire.HEADER.pack(len(noise), 0) + noise + b"x")


@settings(max_examples=300)
@given(values, st.data())
def test_a_frame_with_a_changed_byte_is_a_value_or_a_wire_error(value, data):
    frame = bytearray(wire.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(wire.WireError):
        wire.encode(wire.decode(bytes(frame)))


tags = st.sampled_from(["i", "f", "l", "t", "d", "a", "x", ""])
trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["<f8", "|O", "<i999", "0x1", "nan"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tags, inner, max_size=2),
    max_leaves=15,
)


@settings(max_examples=500)
@given(trees, st.binary(max_size=32))
def test_any_json_is_a_value_or_a_wire_error(tree, blob):
    text = json.dumps(tree).encode()
    with contextlib.suppress(wire.WireError):
        wire.decode(wire.HEADER.pack(len(text), len(blob)) + text + blob)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"l":[' * 50 + "]}" * 50,
        '{"a":["|O",[1]]}',
        '{"a":["<f8",[-1]]}',
        '{"a":["<f8",[1e9]]}',
        '{"a":["<f8",[0,99999999999999999999]]}',
        '{"a":["<f8",[1]]}',
        '{"a":["<V8",[0]]}',
        '{"d":[["a",null],["a",null]]}',
        '{"i":"0x' + "f" * 100_000 + '"}',
        '{"i":"12"}',
        '{"f":"one"}',
        "NaN",
        "1.5",
        '{"l":[],"t":[]}',
        '{"a":["<f8",[' + ",".join(["1"] * 70) + "]]}",
    ],
    ids=lambda t: t[:30],
)
def test_malformed_json_is_refused(text):
    with pytest.raises(wire.WireError):
        wire.decode(wire.HEADER.pack(len(text), 0) + text.encode())


def test_a_header_that_promises_too_much_is_refused_before_anything_is_read():
    with pytest.raises(wire.WireError):
        wire.lengths(wire.HEADER.pack(2**32 - 1, 2**32 - 1))
