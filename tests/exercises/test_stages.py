"""Stages: what follows from a mistake, what follows from nothing, and what the answer does beside its values."""

import inspect

import numpy as np
import pytest

from bpcore.exercises import Case, Convention, Exercise, Mistake, assess, driving, evaluate, plan

from .helpers import cell


def three(x):
    """a, b and c of x."""
    a = x + 1
    b = a * a
    c = b + x
    return a, b, c


def staged(answer, **changes):
    cases = [Case(str(n), (np.linspace(1, 3, n) ** 2,), {"N": n}) for n in (3, 4, 5)]
    texts = ("a.b", "A", 3, 1, "O.", "blank", "S")
    exercise = Exercise(*texts, three, lambda rng: cases, ("1", "2", "3"), stages=("a", "b", "c"), **changes)
    planned = plan(exercise, 0)
    return evaluate(exercise, planned, [driving.observe(answer, exercise.drive, c.args) for c in planned])


def test_what_follows_from_a_mistake_keeps_its_points():
    report = staged(lambda x: (x + 2, (x + 2) ** 2, (x + 2) ** 2 + x))
    assert ([f.quantity for f in report.findings], report.points) == (["a"], 2)
    assert "b, c follow correctly from your own earlier values" in report.text()


@pytest.mark.parametrize("poor", [0.0, np.nan, np.inf, 3.0])
def test_what_follows_from_nothing_earns_nothing(poor):
    def answer(x):
        a = np.full(x.shape, poor)
        return a, a * a, a * a + x

    report = staged(answer)
    assert [f.quantity for f in report.findings] == ["a"]
    assert report.points <= 1


def test_what_rests_on_a_wrong_shape_is_not_accused():
    report = staged(lambda x: (np.ones((2, 2)), x, x))
    assert ([f.quantity for f in report.findings], report.points) == (["a"], 0)


def test_a_missing_part_is_told_once():
    report = staged(lambda x: (x + 1, (x + 1) ** 2))
    assert (report.mistake, len(report.findings)) == ("missing_result", 1)
    assert report.message == "3 parts are expected, a, b, c, and it has 2."
    report = staged(lambda x: {"a": x + 1, "d": 1})
    assert report.message == "Your result has no `b`, `c`. It has `a`, `d`."
    assert report.points == 1


def test_wrong_quantities_come_in_the_order_in_which_they_are_computed():
    def answer(x):
        a = x + 1 + (len(x) > 3)
        return a, a * a, a * a - x

    assert [f.quantity for f in staged(answer).findings] == ["a", "c"]


def test_parts_in_the_wrong_order_are_exchanged():
    report = staged(lambda x: (three(x)[0], three(x)[2], three(x)[1]))
    assert (report.mistake, len(report.findings)) == ("exchanged", 1)
    assert report.message.startswith("b and c are exchanged")
    report = staged(lambda x: (three(x)[0], three(x)[0], three(x)[0] + x))
    assert report.message == "Yours is exactly what is expected of a."


def test_a_convention_earns_everything_and_a_note():
    allowed = Convention("doubled", "Yours is twice ours: a matter of taste.", {"a * a": "2 * a * a"})
    report = staged(lambda x: (x + 1, 2 * (x + 1) ** 2, 2 * (x + 1) ** 2 + x), conventions=(allowed,))
    assert report.passed
    assert report.notes == ("Yours is twice ours: a matter of taste.",)


def test_a_mistake_that_raises_in_some_cases_is_named_with_the_others():
    square = Mistake("only_four", "it runs only for four.", {"a * a": "a * (a + np.zeros(4))  + 1"})
    answer = cell(inspect.getsource(three).replace("a * a", "a * (a + np.zeros(4)) + 1"), "three")
    report = staged(answer, mistakes=(square,))
    assert (report.mistake, report.first.case, report.points) == ("only_four", "4", 2)
    (note,) = [n for n in report.notes if "raised" in n]
    assert "ValueError at your line `b = a * (a + np.zeros(4)) + 1`" in note
    unknown = staged(answer)
    assert (next(f.mistake for f in unknown.findings), unknown.points) == ("raised", 0)


def test_a_mistake_that_does_not_raise_is_not_blamed_for_an_error():
    plus = Mistake("plus", "one is added.", {"a * a": "a * a + 1"})

    def answer(x):
        if len(x) == 5:
            raise KeyError("five")
        return x + 1, (x + 1) ** 2 + 1, (x + 1) ** 2 + 1 + x

    report = staged(answer, mistakes=(plus,))
    assert [f.mistake for f in report.findings] == ["raised", ""]


def test_an_answer_that_remembers():
    seen = []

    def answer(X):
        seen.append(1)
        return X.sum(axis=1) * len(seen)

    report = assess("start.row_sums", answer)
    assert (report.mistake, report.points) == ("remembers", 0)
    report = assess("start.row_sums", lambda X: np.random.default_rng().normal(size=len(X)))
    assert (report.mistake, report.points) == ("remembers", 0)
    assert "or is drawn at random" in report.message


def test_inputs_that_must_stay_cost_half():
    def answer(logits, labels):
        logits -= logits.max(axis=1, keepdims=True)
        P = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return (P - np.eye(logits.shape[1])[labels]) / len(labels)

    def whole(logits, labels):
        return answer(logits.astype(float), labels)

    def integers_only(logits, labels):
        return answer(logits if logits.dtype.kind == "f" else logits.astype(float), labels)

    assert assess("backprop.softmax_ce_delta", whole).passed
    report = assess("backprop.softmax_ce_delta", integers_only)
    assert (report.mistake, report.points) == ("changed_inputs", 1)
