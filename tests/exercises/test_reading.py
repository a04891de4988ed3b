"""References read as text: stubs, solutions, edits, and replays that take a student's own values for their stages."""

import textwrap
import warnings

import numpy as np
import pytest

from bpcore.exercises import reading

from .helpers import cell


def replay(source, stages, args, own=None, **names):
    return reading.Replay(textwrap.dedent(source), "f", stages, {"np": np, **names})(args, own)


FUNCTION = '''def f(x, y=2):
    """What it does."""
    z = x + y  # the work
    return z
'''

CLASS = '''class C:
    """A class."""

    size = 3

    def __init__(self, x):
        """Keeps x."""
        self.x = x

    def double(self):
        return 2 * self.x
'''


def test_the_starter_keeps_signature_and_docstring():
    text = reading.starter(FUNCTION)
    assert text == 'def f(x, y=2):\n    """What it does."""\n    # your code here\n    raise NotImplementedError\n'
    with pytest.raises(NotImplementedError):
        cell(text, "f")(1)


def test_the_starter_of_a_class_keeps_what_is_no_method():
    text = reading.starter(CLASS)
    assert "size = 3" in text
    assert "Keeps x." in text
    assert "self.x" not in text
    assert text.count("raise NotImplementedError") == 2
    assert cell(text, "C").size == 3


@pytest.mark.parametrize("source", [FUNCTION, CLASS])
def test_the_solution_stands_between_markers_and_still_runs(source):
    text = reading.solved(source)
    functions = source.count("def ")
    assert text.count("### BEGIN SOLUTION") == text.count("### END SOLUTION") == functions
    answer = cell(text, "f" if source is FUNCTION else "C")
    assert answer(1) == 3 if source is FUNCTION else answer(4).double() == 8
    without = [line for line in text.splitlines() if "SOLUTION" not in line]
    assert "\n".join(without) + "\n" == source


def test_an_edit_stands_exactly_once():
    assert reading.edited("a b a", {"b": "c"}) == "a c a"
    assert reading.edited("a b", {"a": "b", "b b": "c"}) == "c"
    with pytest.raises(ValueError, match="2 times"):
        reading.edited("a b a", {"a": "c"})
    with pytest.raises(ValueError, match="0 times"):
        reading.edited("a b a", {"d": "c"})


def test_build_leaves_the_namespace_alone():
    names = {"y": 3}
    assert reading.build("def f(x):\n    return x + y", "f", names)(1) == 4
    assert names == {"y": 3}


PLAIN = """
def f(x):
    a = x + 1
    h = 2 * a
    b = h * x
    c = b - a
    return a, b, c
"""


def test_without_own_values_it_is_the_function():
    seen = replay(PLAIN, ("a", "b", "c"), (3,))
    assert {k: v.tolist() for k, v in seen.items()} == {"a": 4, "b": 24, "c": 20}


def test_own_values_take_the_place_of_a_stage_for_what_follows():
    seen = replay(PLAIN, ("a", "b", "c"), (3,), {"a": 10, "b": 1})
    assert {k: v.tolist() for k, v in seen.items()} == {"a": 4, "b": 60, "c": -9}


def test_what_feeds_what_is_read_through_other_variables():
    feeds = reading.Replay(textwrap.dedent(PLAIN), "f", ("a", "b", "c"), {}).feeds
    assert feeds == {"a": set(), "b": {"a"}, "c": {"a", "b"}}


def test_a_loop_is_one_step():
    source = """
    def f(x):
        a = np.zeros(3)
        for i in range(3):
            a[i] = x[i]
            a[i] *= 2
        b = a.sum()
        return a, b
    """
    seen = replay(source, ("a", "b"), (np.arange(3.0),), {"a": [1, 1, 1]})
    assert seen["a"].tolist() == [0, 2, 4]
    assert seen["b"] == 3


@pytest.mark.parametrize(
    "write",
    [
        "a[1] = 5",
        "a[1] += 5 - a[1]",
        "np.add.at(a, 1, 5 - a[1])",
        "np.copyto(a[1:2], 5)",
        "np.maximum(a, [0, 5, 0], out=a)",
        "a.put(1, 5)",
        "a[1:][0] = 5",
        "a, k = np.where([0, 1, 0], 5, a), 0",
        "if x.any(): a[1] = 5",
    ],
)
def test_a_stage_is_complete_only_after_the_last_write(write):
    source = f"def f(x):\n    a = x.copy()\n    {write}\n    b = a * 2\n    return a, b"
    x = np.array([1.0, 0.5, 2.0])
    seen = replay(source, ("a", "b"), (x,))
    assert seen["a"].tolist() == [1, 5, 2]
    seen = replay(source, ("a", "b"), (x,), {"a": np.array([7.0, 7, 7])})
    assert (seen["a"].tolist(), seen["b"].tolist()) == ([1, 5, 2], [14, 14, 14])


def test_names_inside_other_scopes_are_no_stages():
    source = """
    def f(x):
        a = x + 1
        b = sum(a for a in [a, a])
        def inner():
            a = 5
            return a
        c = a + b
        return a, b, c
    """
    seen = replay(source, ("a", "b", "c"), (1,), {"a": 10})
    assert {k: v.tolist() for k, v in seen.items()} == {"a": 2, "b": 20, "c": 30}


def test_what_is_noted_does_not_change_afterwards():
    source = """
    def f(x):
        a = x * 1
        b = a
        b += 1
        return a, b
    """
    seen = replay(source, ("a", "b"), (np.ones(2),))
    assert (seen["a"].tolist(), seen["b"].tolist()) == ([1, 1], [2, 2])


def test_whole_numbers_still_serve_as_an_index():
    source = """
    def f(x):
        a = x.argmax(axis=1)
        b = x[np.arange(2), a]
        return a, b
    """
    seen = replay(source, ("a", "b"), (np.eye(2),), {"a": [1.0, 0.0]})
    assert seen["b"].tolist() == [0, 0]


def test_stages_after_an_error_are_missing_and_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = replay(PLAIN, ("a", "b", "c"), (np.array([1.0, 2]),), {"a": np.array([np.nan, np.inf])})
        assert set(seen) == {"a", "b", "c"}
        source = "def f(x):\n    a = x\n    b = a[5]\n    return a, b"
        assert set(replay(source, ("a", "b"), ([1],))) == {"a"}


def test_a_stage_must_be_assigned():
    with pytest.raises(ValueError, match=r"never assigns \['d'\]"):
        reading.Replay(textwrap.dedent(PLAIN), "f", ("a", "d"), {})
    with pytest.raises(ValueError, match="only a function"):
        reading.Replay(CLASS, "C", ("x",), {})
