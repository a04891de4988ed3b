"""Whatever is handed in, the check answers with a sentence that says what to do, and never breaks."""

import functools
import json
import sys

import numpy as np
import pytest

from bpcore.exercises import UnknownExerciseError, assess, catalogue, driving, evaluate, plan

from .helpers import cell, told

ROWS, VJP, DELTA = "start.row_sums", "backprop.dense_backward", "backprop.softmax_ce_delta"


class Weird:
    """An object that has little to say."""


class NoText(Exception):
    def __str__(self):
        raise RuntimeError("no text either")


class Both(float):
    def __float__(self):
        raise TypeError


def self_containing():
    x = []
    x.extend([x, x])
    return x


def raises(error):
    def answer(*args):
        raise error

    return answer


# -- not an answer at all --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, 3, "row_sums", np.ones(3), [], ..., Weird(), {}])
@pytest.mark.parametrize("id", [ROWS, "start.value"])
def test_no_function_at_all(id, answer):
    report = told(id, answer)
    assert report.mistake == "not_a_function"
    assert f"check('{id}', {catalogue[id].name}), without brackets" in report.message


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("start.rowsums", "start.row_sums"), ("backprop.backwards", "backprop.backward"), ("zzz", "lists the units")],
)
def test_an_unknown_id_gets_a_suggestion(wrong, near):
    with pytest.raises(UnknownExerciseError, match=near):
        assess(wrong, lambda X: X)
    with pytest.raises(UnknownExerciseError):
        assess(None, lambda X: X)
    with pytest.raises(UnknownExerciseError, match="05_backpropagation"):
        catalogue("5_backprop")


@pytest.mark.parametrize(
    ("answer", "signature"), [(lambda: 1, "()"), (lambda X, W: 1, "(X, W)"), (lambda *, X: 1, "(*, X)"), (Weird, "()")]
)
def test_wrong_arity(answer, signature):
    report = told(ROWS, answer)
    assert report.mistake == "arity"
    assert f"called with 1 argument, and yours takes {signature}" in report.message


def test_wrong_arity_under_a_drive_of_its_own():
    report = told("backprop.sgd_step", cell("def sgd_step(params, grads):\n    pass", "sgd_step"))
    assert "sgd_step() takes 2 positional arguments but 3 were given" in report.message
    assert "your line" not in report.message


# -- not an answer yet ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "def f(X, *rest):\n    raise NotImplementedError",
        "def f(X, *rest):\n    return ...",
        "def f(X, *rest):\n    return ... + X",
        "def f(X, *rest):\n    return ..., ..., ...",
    ],
)
def test_a_stub_is_not_started(source):
    report = assess(VJP, cell(source, "f"))
    assert (report.points, report.attempted, report.findings) == (0, False, ())
    assert "not started" in report.text()
    json.dumps(report.to_dict())


def test_a_part_that_is_left():
    report = told(
        VJP, cell("def f(X, W, g):\n    if len(X) > 3:\n        raise NotImplementedError\n    return 1", "f")
    )
    assert report.mistake == "not_finished"
    report = told(VJP, lambda X, W, g: (g @ W.T, ..., g.sum(0)))
    assert (report.mistake, report.quantity, report.points) == ("blank_left", "dW", 2)


@pytest.mark.parametrize("id", list(catalogue("00_start")) + list(catalogue("05_backpropagation")))
def test_a_forgotten_return(id):
    report = told(id, lambda *args: None)
    if id not in ("start.refuse_nan", "start.value", "backprop.sgd_step"):
        assert report.mistake == "forgot_return"
        assert "None: did you forget `return`?" in report.message
        assert report.points == 0


def test_a_way_through_without_return():
    assert "None" in told(ROWS, lambda X: X.sum(axis=1) if len(X) < 5 else None).message


# -- errors ------------------------------------------------------------------------------------------------------------


def test_a_raise_shows_the_answers_own_line():
    report = told(VJP, cell("def f(X, W, g):\n    return g @ W, X.T @ g, g.sum(0)", "f"))
    assert (report.mistake, report.quantity) == ("weights_not_transposed", "dX")
    (note,) = [n for n in report.notes if "ValueError at your line `return g @ W, X.T @ g, g.sum(0)`" in n]
    assert "in the case “one sample through a 2×3 layer” (arguments of shape (1, 2), (2, 3), (1, 3))" in note
    report = told(ROWS, cell("def f(X):\n    import statistics\n    return statistics.mode([])", "f"))
    assert "at your line `return statistics.mode([])`" in report.message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("bad\nthing."), "It raised ValueError at your line `raise error`: bad thing. That is in the case"),
        (NoText(), "It raised NoText at your line `raise error`: no message."),
        (KeyError(), "no message"),
        (SystemExit(3), "with `return`"),
        (MemoryError(), "Print the shapes"),
        (StopIteration(), "StopIteration"),
        (GeneratorExit(), "GeneratorExit"),
        (ExceptionGroup("two", [ValueError("a"), KeyError("b")]), "two (2 sub-exceptions)"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "\udcff"), "UnicodeDecodeError"),
        (type("TimeLimit", (Exception,), {})("forged"), "forged"),
    ],
)
def test_every_error_becomes_a_sentence(error, words):
    report = told(ROWS, raises(error))
    assert report.points == 0
    assert words in report.message


def test_recursion_without_an_end():
    def answer(X):
        return answer(X)

    assert "calls itself without ever reaching an end" in told(ROWS, answer).message


def test_the_keyboard_belongs_to_the_person():
    with pytest.raises(KeyboardInterrupt):
        assess(ROWS, raises(KeyboardInterrupt()))


def test_an_error_in_some_cases_only():
    def answer(X):
        if X.dtype.kind == "i":
            raise TypeError("floats please")
        return X.sum(axis=1)

    report = told(ROWS, answer)
    assert (report.mistake, report.points) == ("raised", 0)
    assert "whole numbers" in report.message


# -- values of the wrong kind ------------------------------------------------------------------------------------------

VALUES = {
    "a generator": lambda: (x for x in range(3)),
    "an object": Weird,
    "a class": lambda: Weird,
    "a function": lambda: len,
    "text": lambda: "12",
    "a long text": lambda: "x" * 10**7,
    "bytes": lambda: b"12",
    "a set": lambda: {1, 2},
    "a huge integer": lambda: 10**10_000,
    "huge integers": lambda: [10**5000, 1],
    "a complex array": lambda: np.ones(2) * 1j,
    "a ragged list": lambda: [[1, 2], [3]],
    "an object array": lambda: np.array([Weird(), None], dtype=object),
    "an array of text": lambda: np.array(["a", "b"]),
    "dates": lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    "records": lambda: np.zeros(2, dtype=[("a", int), ("b", float)]),
    "nan": lambda: np.nan,
    "inf": lambda: [np.inf, -np.inf],
    "a list in itself": self_containing,
    "an empty list": list,
    "an empty array": lambda: np.zeros((0, 3)),
    "a view of endless size": lambda: np.broadcast_to(1.0, (10**6, 10**6)),
    "a huge array": lambda: np.zeros((10**5, 10**5), dtype="int8")[:1].repeat(30, axis=0),
    "a long list": lambda: [0.0] * 3_000_000,
    "a deep list": lambda: functools.reduce(lambda x, _: [x], range(200), 1.0),
    "a dict with odd keys": lambda: {1: 2, None: 3, "dX": Weird(), (): 4},
    "a dict that says opaque": lambda: {"opaque": "x"},
    "a tuple of too many": lambda: tuple(range(1000)),
    "a float of its own kind": lambda: Both(3.0),
    "None in a list": lambda: [None, 1.0],
    "a memoryview": lambda: memoryview(b"ab"),
    "NotImplemented": lambda: NotImplemented,
    "a bool": lambda: True,
    "a masked array": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    "float16": lambda: np.ones((2, 2), dtype=np.float16),
    "many axes": lambda: np.ones((1,) * 20),
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("id", [ROWS, VJP, "backprop.train_step", "start.refuse_nan"])
def test_a_value_of_any_kind(id, kind):
    report = told(id, lambda *args: VALUES[kind]())
    assert "object at 0x" not in report.text()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("a generator", "use `return`"),
        ("a function", "Is there a call missing"),
        ("a set", "Make a list or an array of it"),
        ("a view of endless size", "an array of shape (1000000, 1000000), which is far too large"),
        ("a huge integer", "a whole number of huge length"),
        ("text", "yours is '12'"),
    ],
)
def test_what_to_do_is_said(kind, words):
    assert words in told(ROWS, lambda X: VALUES[kind]()).message


def test_async_def():
    async def answer(X):
        return X.sum(axis=1)

    assert "Take the word `async` away" in told(ROWS, answer).message


def test_one_part_that_is_none():
    report = told(VJP, lambda X, W, g: (g @ W.T, None, g.sum(0)))
    assert (report.mistake, report.quantity, report.points) == ("", "dW", 2)
    assert report.message.startswith("dW is None")


def test_two_parts_of_three():
    report = told(VJP, lambda X, W, g: (g @ W.T, X.T @ g))
    assert report.message == "3 parts are expected, dX, dW, db, and it has 2."
    assert "yours is an array of shape (1, 2)" in told(VJP, lambda X, W, g: g @ W.T).message


@pytest.mark.parametrize("id", [ROWS, VJP, "backprop.backward", "start.value", "start.refuse_nan", "backprop.sgd_step"])
def test_any_plain_observation_can_be_judged(id):
    rng = np.random.default_rng(4)
    exercise = catalogue[id]
    cases = plan(exercise, 0)
    names = [*exercise.stages, "params", "grads", "raised", "value", "opaque"]

    def any_value(depth=0):
        kind = rng.integers(0, 12 if depth < 3 else 8)
        shape = tuple(rng.integers(0, 4, size=rng.integers(0, 4)))
        if kind < 5:
            array = rng.choice([0.0, 1.0, np.nan, np.inf, 1e300, -2.5], size=shape)
            with np.errstate(all="ignore"):
                return array.astype(rng.choice(["f8", "f4", "f2"]))
        if kind < 8:
            return [None, True, 3, -1.5, "text", {"opaque": "Foo"}, np.nan, 10**30][rng.integers(0, 8)]
        many = [any_value(depth + 1) for _ in range(rng.integers(0, 5))]
        return many if kind == 8 else tuple(many) if kind == 9 else dict(zip(rng.permutation(names).tolist(), many))  # noqa: B905

    for _ in range(40):
        seen = [{**driving.nothing_seen(), "value": any_value()} for _ in cases]
        report = evaluate(exercise, cases, seen)
        assert 0 <= report.points < exercise.points
        json.dumps(report.to_dict())
        assert report.text()


# -- side effects -----------------------------------------------------------------------------------------------------


def test_printing_without_an_end_keeps_only_the_beginning():
    def answer(X):
        for _ in range(20_000):
            print("hello", "x" * 1000)
        sys.stdout.close()
        sys.stderr.write("and more")
        return X.sum(axis=1)

    report = assess(ROWS, answer)
    assert report.passed
    assert any("hello x" in note for note in report.notes)


def test_the_answers_habits_do_not_outlive_it(capsys):
    import warnings

    def answer(X):
        np.seterr(all="raise")
        warnings.simplefilter("error")
        sys.stdout = None
        return X.sum(axis=1)

    before = np.geterr(), list(warnings.filters), sys.stdout
    assert assess(ROWS, answer).passed
    assert (np.geterr(), list(warnings.filters), sys.stdout) == before


def test_the_answer_gets_copies():
    def answer(X):
        total = X.sum(axis=1)
        X[...] = 0
        return total

    assert assess(ROWS, answer).passed


def test_a_float_for_an_index_is_an_error_and_not_an_empty_page():
    def row_sums(X):
        return np.array([X[i].sum() for i in X[:, 0]])

    report = told(ROWS, row_sums)
    assert report.attempted
    assert "IndexError at your line" in report.message
    assert "range(len(x))" in report.message


def test_another_kind_of_error_than_the_one_asked_for_shows_its_line():
    def refuse_nan(X):
        if not np.isfinite(X).all():
            raise TypeError("bad")
        return np.array(X, dtype=float)

    report = told("start.refuse_nan", refuse_nan)
    assert 'TypeError at your line `raise TypeError("bad")`' in report.message
