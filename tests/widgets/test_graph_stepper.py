"""The graph stepper: what it reads from Values of any make, the order of the walk, and the numbers on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore import Value, diary
from bpcore.errors import DataError, ShapeError
from bpcore.exercises.unit_04_chain_rule.engine import Value as Learners
from bpcore.widgets import GraphStepper

MAKES = pytest.mark.parametrize("make", [Value, Learners], ids=["bpcore's", "the learner's"])


def reused(make, **options):
    a = make(3.0)
    c = a * a + a
    return GraphStepper(c, a=a, c=c, **options)


@MAKES
def test_a_times_a_plus_a_has_the_slope_seven(make):
    stepper = reused(make)
    assert stepper.gradients == {"a": 0, "v1": 0, "c": 0}
    stepper.at = stepper.last
    assert stepper.gradients == {"a": 7, "v1": 1, "c": 1}
    assert stepper.stop.pieces["a"] == (1, 3, 3)
    assert "a has 1 + 3 + 3 = 7" in stepper.stop.text


@MAKES
def test_forward_comes_first_and_then_one_product_for_each_edge(make):
    texts = [stop.text for stop in reused(make).stops]
    assert texts[:4] == [
        "The inputs: a = 3. Nothing is computed yet.",
        "Forward: v1 = a · a = 3 · 3 = 9.",
        "Forward: c = v1 + a = 9 + 3 = 12.",
        "Back: the slope of c by itself is 1.",
    ]
    assert len(texts) == 4 + 4
    assert [stop.edge for stop in reused(make).stops[4:]] == [
        ("v1", "c", 0), ("a", "c", 1), ("a", "v1", 0), ("a", "v1", 1)
    ]  # fmt: skip


def test_a_gradient_is_sent_on_only_when_it_is_complete():
    a = Value(2.0)
    q = a * a
    stepper = GraphStepper(q + q * a, a=a, q=q)
    for stop in stepper.stops:
        if stop.edge is not None:
            sender = stop.edge[1]
            assert stop.gradient(sender) == stepper.stops[-1].gradient(sender)
    assert stepper.stops[-1].gradient("a") == 2 * 2 + 3 * 2**2


@settings(max_examples=30)
@given(st.floats(-2, 2), st.floats(0.2, 2), st.integers(2, 4))
def test_the_walk_ends_where_backward_does(a, b, k):
    a, b = Value(a), Value(b)
    out = ((a * b).tanh() + b.log() * (-a).exp()) ** k + a.sigmoid() - (2 - b).relu()
    out.backward()
    stepper = GraphStepper(out, a=a, b=b)
    stepper.at = stepper.last
    assert stepper.gradients["a"] == pytest.approx(a.grad, rel=1e-12, abs=1e-12)
    assert stepper.gradients["b"] == pytest.approx(b.grad, rel=1e-12, abs=1e-12)
    assert stepper.stop.text
    assert "says the same everywhere" in stepper.table().text or not (a.grad or b.grad)


@pytest.mark.parametrize(
    ("formula", "made"),
    [
        (lambda x, y: x + y, "result = x + y"),
        (lambda x, y: x - y, "result = x − y"),
        (lambda x, y: x * y, "result = x · y"),
        (lambda x, y: x / y, "result = x / y"),
        (lambda x, y: x**3 + 0 * y, "v1 = x**3"),
        (lambda x, y: x.tanh() * y, "v1 = tanh(x)"),
        (lambda x, y: -x * y, "v1 = −x"),
    ],
)
@MAKES
def test_how_a_node_was_made_is_told_from_its_numbers(make, formula, made):
    x, y = make(1.7), make(0.6)
    rows = [row[0] for row in GraphStepper(formula(x, y), x=x, y=y).table().rows]
    assert made in rows


def test_ones_own_wrong_slope_is_what_is_walked_with():
    a, b = Learners(3.0), Learners(2.0)
    p = Learners(6.0, (a, b), (3.0, 2.0))  # the factors' own numbers, where the others' belong
    stepper = GraphStepper(p, a=a, b=b)
    stepper.at = stepper.last
    assert stepper.gradients["a"] == 3
    assert stepper.reading.graph["result"] == ["", "a", "b"]


def test_a_grad_that_says_something_else_is_named():
    a = Learners(3.0)
    c = a * a + a
    c.backward()
    c.backward()
    stepper = GraphStepper(c, a=a, c=c)
    assert "holds" not in stepper.table().text
    stepper.at = stepper.last
    assert "Your .grad of a holds 14, and the walk gives 7" in stepper.table().text


def test_what_cannot_be_stepped_through_is_refused():
    class Forgetful:
        data, grad = 1.0, 0.0

    with pytest.raises(DataError, match=r"has no \.parents"):
        GraphStepper(Forgetful())
    with pytest.raises(ShapeError, match="2 parents and 1 slopes"):
        GraphStepper(Learners(6.0, (Learners(1.0), Learners(2.0)), (1.0,)))
    with pytest.raises(DataError, match="b is not among"):
        GraphStepper(Value(1.0) * 2, b=Value(2.0))
    long = a = Value(1.0)
    for _ in range(20_000):
        long = long + a
    with pytest.raises(DataError, match="more than 16 nodes"):
        GraphStepper(long)
    with pytest.raises(DataError, match="no stop 99"):
        reused(Value).at = 99


def test_the_twin_says_how_far_it_is():
    stepper = reused(Value)
    assert {row[0]: row[1:] for row in stepper.table().rows}["c = v1 + a"][0] == "not yet"
    stepper.ask_move({"by": 6})
    table = stepper.table()
    assert table.text.startswith("Stop 6 of 7.")
    assert table.rows[0] == ("a", "3", "a leaf", "1 + 3 = 4")
    stepper.ask_move({"by": -100})
    assert stepper.at == 0


def test_every_stop_can_be_drawn(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    stepper = reused(Value)
    for at in (0, 2, 5, stepper.last):
        stepper.at = at
        assert len(stepper.frame().numbers["boxes"]) == 3
        assert "image/png" in stepper.still()


def test_the_question_is_answered_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    stepper = reused(Value, predict="used_again")
    stepper.ask_predict({"value": 6.0, "confidence": 4})
    stepper._received(stepper, {"ask": "carry_out", "n": 1, "who": "me", "given": {}}, [])
    assert stepper.prediction.actual == 7
    assert not stepper.prediction.right
