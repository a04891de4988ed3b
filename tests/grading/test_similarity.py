"""Answers that are alike beyond what their statement forces are listed, and what everybody writes is not."""

import ast
import re
import time

import pytest

from bpcore.exercises import catalogue
from bpcore.grading import build_spec, grade
from bpcore.grading.overview import Overview
from bpcore.grading.similarity import DEEPEST, ENOUGH, LONGEST, ROOM, Alike, alike, normal_form, prints
from bpcore.grading.spec import max_points

from .submissions import BACKPROP, START, STUDENTS, answered, as_bytes, right

UNITS = {unit: list(max_points(build_spec(unit))) for unit in (START, BACKPROP)}

MINE = '''
def numerical_gradient(f, x, h=1e-5):
    """Mine."""
    slopes = []
    start = np.array(x, dtype=float)
    for place in range(start.size):
        moved = [start.flatten(), start.flatten()]
        moved[0][place] = moved[0][place] + h  # up
        moved[1][place] = moved[1][place] - h  # down
        high, low = (f(m.reshape(start.shape)) for m in moved)
        slopes.append((high - low) / (h + h))
    if not slopes:
        return np.zeros_like(start)
    return np.array(slopes).reshape(start.shape)
'''

# The same, as somebody hands it on: other names, comments, order of brackets, and a docstring.
HANDED_ON = '''
def numerical_gradient(func, point, step=1e-5):
    """All my own work."""
    result = []   # collects
    p = np.array(point, dtype=float)

    for i in range(p.size):
        both = [p.flatten(), p.flatten()]
        both[0][i] = (both[0][i]) + step
        both[1][i] = both[1][i] - step
        a, b = (func(t.reshape(p.shape)) for t in both)
        result.append((a - b) / (step + step))
    if not result:
        return np.zeros_like(p)
    return np.array(result).reshape(p.shape)
'''

OTHER = """
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    g = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        g[i] = (f(x + e) - f(x - e)) / (2 * h)
    return g
"""


def printed(unit, answers):
    result = grade(as_bytes(answered(unit, answers)), build_spec(unit), 1, sandboxed=False)
    return prints(result.notebook)


def test_names_comments_formatting_and_annotations_make_no_difference():
    assert normal_form(MINE, "numerical_gradient") == normal_form(HANDED_ON, "numerical_gradient")
    assert normal_form(MINE, "numerical_gradient") != normal_form(OTHER, "numerical_gradient")
    plain, noted = "def f(a):\n    b = a\n    return b", "def f(x: int) -> int:\n    y: int = x\n    'y'\n    return y"
    assert normal_form(plain, "f") == normal_form(noted, "f")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(a, b):\n    return a - b", "def f(a, b):\n    return b - a"),
        ("def f(a):\n    return np.sum(a)", "def f(a):\n    return np.mean(a)"),
        ("def f(a):\n    return a.sum(axis=0)", "def f(a):\n    return a.sum(axis=1)"),
        ("def f(a):\n    return a * 2", "def f(a):\n    return a * 3"),
        ("def f(a):\n    return g(a)", "def f(a):\n    return h(a)"),
    ],
)
def test_what_a_program_does_makes_a_difference(one, other):
    assert normal_form(one, "f") != normal_form(other, "f")


@pytest.mark.parametrize(
    "source",
    [
        "def f(:",
        "x = '\0'",
        "(" * 3000,
        "-" * 5000 + "1",
        "not " * 2400 + "1",
        "1" + "+1" * 4900,
        "x" + ".y" * 4900,
        "lambda: " * 1200 + "1",
        "a if b else " * 800 + "1",
        "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 4 * DEEPEST + 9)),
        "x = 1\n" * LONGEST,
    ],
    ids=lambda source: source[:8],
)
def test_what_no_person_writes_is_passed_over_quickly(source):
    start = time.process_time()
    assert normal_form(source, "f") is None or ast.parse(source)
    assert time.process_time() - start < 5


def test_two_who_share_a_long_answer_are_listed_and_one_short_or_forced_one_is_not():
    share = {"start.numerical_gradient": MINE, "start.value": LONG}
    passed_on = {"start.numerical_gradient": HANDED_ON, "start.value": re.sub(r"\bout\b", "made", LONG)}
    alone = {"start.numerical_gradient": OTHER, "start.value": right(START)["start.value"]}
    found = alike({"ada": printed(START, share), "bob": printed(START, passed_on)}, UNITS[START])
    assert found == [Alike(("ada", "bob"), ("start.numerical_gradient", "start.value"))]
    assert alike({"ada": printed(START, share)}, UNITS[START]) == []
    found = alike({"ada": printed(START, share), "eve": printed(START, alone)}, UNITS[START])
    assert found == [Alike(("eve",), ("start.value",), reference=True)]
    short = {"start.row_sums": right(START)["start.row_sums"], "start.refuse_nan": right(START)["start.refuse_nan"]}
    assert printed(START, short) == {}


LONG = """
class Value:
    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self.back = lambda: None
        self.kids = ()
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data)
        out.kids = (self, other)
        def back():
            self.grad = self.grad + out.grad
            other.grad = other.grad + out.grad
        out.back = back
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data)
        out.kids = (self, other)
        def back():
            self.grad = self.grad + out.grad * other.data
            other.grad = other.grad + out.grad * self.data
        out.back = back
        return out
"""


def test_released_faded_and_planted_code_is_nobodys():
    assert printed(BACKPROP, {}) == {}
    solved = printed(BACKPROP, right(BACKPROP))
    assert {catalogue[name].form for name in solved} == {"blank"}
    assert all(size >= ROOM for _, size in solved.values())


def test_the_references_own_answers_are_listed_as_such():
    found = alike({s.name: printed(BACKPROP, s.answers) for s in STUDENTS}, UNITS[BACKPROP])
    assert found
    assert all(a.reference for a in found)  # who share the reference's own are not listed a second time
    listed = {student for a in found for student in a.students}
    assert listed == {"right", "loops", "early"}


def test_a_ring_is_one_group_and_a_large_class_takes_little_time():
    shared = {"x": ("same", ENOUGH), "y": ("same", ENOUGH)}
    ring = {"a": {"x": shared["x"]}, "b": shared, "c": {"y": shared["y"]}, "d": {"x": ("own", ENOUGH)}}
    everybody = {f"s{i:05d}": {"start.value": ("same", ENOUGH)} for i in range(5_000)}
    assert [a.students for a in alike(ring, [])] == [("a", "b", "c")]
    assert [len(a.students) for a in alike(everybody, ["start.value"])] == [5_000]


def test_several_middling_answers_count_together():
    middling = {name: (name, ENOUGH // 2) for name in ("x", "y")}
    assert alike({"a": {"x": middling["x"]}, "b": {"x": middling["x"]}}, []) == []
    assert [a.students for a in alike({"a": middling, "b": middling}, [])] == [("a", "b")]


def test_the_report_says_it_is_no_verdict_and_whose_only_if_asked():
    overview = Overview(START, {}, alike=[Alike(("ada", "b\x1bob"), ("start.value",)), Alike(("eve",), ("x",), True)])
    said = overview.text()
    assert "no verdict" in said
    assert "2  the same answer to start.value" in said
    assert "1  the course's own solution of x" in said
    assert "ada" not in said
    assert "ada; b\N{REPLACEMENT CHARACTER}ob" in overview.text(names=True)
