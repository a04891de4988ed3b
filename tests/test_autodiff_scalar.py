"""Value, the scalar engine: known slopes, paths that add, numbers of every kind, and graphs of any depth."""

import gc
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore import Tensor, Value
from bpcore.autodiff import scalar
from bpcore.diagrams import describe_graph
from bpcore.errors import DataError
from bpcore.functional import multiply_vjp


def test_a_product_and_a_sum_by_hand():
    x, y = Value(3.0), Value(-4.0)
    z = x * y + x  # −9
    z.backward()
    assert (z.data, x.grad, y.grad, z.grad) == (-9.0, -3.0, 3.0, 1.0)


def test_the_example_that_micrograd_made_known():
    # Karpathy, micrograd's README: the numbers printed there are 24.7041, 138.8338 and 645.5773.
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert g.data == pytest.approx(24.7041, abs=5e-5)
    assert a.grad == pytest.approx(138.8338, abs=5e-5)
    assert b.grad == pytest.approx(645.5773, abs=5e-5)


UNARY = {
    "minus": lambda x: -x,
    "plus a number": lambda x: x + 2,
    "a number plus": lambda x: 2 + x,
    "minus a number": lambda x: x - 2,
    "a number minus": lambda x: 2 - x,
    "times a number": lambda x: x * 3,
    "a number times": lambda x: 3 * x,
    "over a number": lambda x: x / 4,
    "a number over": lambda x: 4 / x,
    "cube": lambda x: x**3,
    "inverse square": lambda x: x**-2,
    "root": lambda x: x**0.5,
    "a number to the power": lambda x: 2**x,
    "to its own power": lambda x: x**x,
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "used three times": lambda x: x * x + x,
    "over itself": lambda x: x / (1 + x),
    "from itself": lambda x: x - x * x,
}


@pytest.mark.parametrize("f", UNARY.values(), ids=UNARY)
@given(at=st.floats(0.2, 3))
def test_slope_is_the_measured_one(f, at):
    x = Value(at)
    f(x).backward()
    h = 1e-5
    measured = (f(Value(at + h)).data - f(Value(at - h)).data) / (2 * h)
    assert x.grad == pytest.approx(measured, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("f", [f for name, f in UNARY.items() if name not in ("root", "log", "to its own power")])
@given(at=st.floats(-3, -0.2))
def test_slope_is_the_measured_one_below_zero(f, at):
    x = Value(at)
    h = 1e-5
    if abs(1 + at) < 0.1:  # x / (1 + x) has a pole
        return
    f(x).backward()
    measured = (f(Value(at + h)).data - f(Value(at - h)).data) / (2 * h)
    assert x.grad == pytest.approx(measured, rel=1e-5, abs=1e-7)


@given(x=st.floats(-3, 3), y=st.floats(0.5, 3))
def test_value_and_tensor_are_two_witnesses_of_the_same_slope(x, y):
    def f(x, y):
        return (x * y - x / y + y**2 + (x.tanh() * y.log()).exp()).sigmoid() + x.relu()

    a, b = Value(x), Value(y)
    f(a, b).backward()
    s, t = Tensor(x), Tensor(y)
    f(s, t).backward()
    assert a.grad == pytest.approx(s.grad.item(), rel=1e-12, abs=1e-12)
    assert b.grad == pytest.approx(t.grad.item(), rel=1e-12, abs=1e-12)


def test_leaves_accumulate_and_what_lies_between_starts_again():
    x = Value(2.0)
    between = x * 3
    out = between * between  # 9x², slope 18x = 36
    out.backward()
    assert (x.grad, between.grad) == (36.0, 12.0)
    out.backward()
    assert (x.grad, between.grad) == (72.0, 12.0)
    x.grad = 0.0
    out.backward()
    assert x.grad == 36.0


def test_backward_of_a_leaf_is_one():
    x = Value(5.0)
    x.backward()
    assert x.grad == 1.0


def test_a_part_of_the_graph_has_gradients_of_its_own():
    x = Value(3.0)
    square = x * x
    (square * 100).backward()
    x.grad = 0.0
    square.backward()
    assert (x.grad, square.grad) == (6.0, 1.0)


def test_every_path_is_counted():
    # Each step doubles the number of paths: 2^60 of them, in 60 steps.
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_a_graph_a_million_operations_deep():
    x = Value(1.0)
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad == 1_000_001.0


def test_relu_at_its_kink_and_powers_at_zero():
    x = Value(0.0)
    x.relu().backward()
    assert x.grad == 0.0
    (x**0).backward()
    assert x.grad == 0.0
    (x**0.5).backward()
    assert x.grad == math.inf
    base, exponent = Value(0.0), Value(2.0)
    (base**exponent).backward()
    assert (base.grad, exponent.grad) == (0.0, 0.0)


def test_overflow_gives_infinity_and_nan_is_carried_on():
    assert Value(1000.0).exp().data == math.inf
    assert (Value(1e200) ** 2).data == math.inf
    assert Value(-1000.0).sigmoid().data == 0.0
    assert math.isnan((Value(math.nan) * 2).relu().data)


def test_numpy_numbers_on_either_side():
    assert (np.float64(2) * Value(3)).data == 6.0
    assert (Value(3) - np.int64(1)).data == 2.0
    assert type(Value(np.float64(1)).data) is float


def test_repr_is_short():
    x = Value(1 / 3)
    (x * 2).backward()
    assert repr(x) == "Value(0.333333, grad=2)"


def test_it_is_small():
    with pytest.raises(AttributeError):
        Value(1.0).note = "slots leave no room"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Value("3"), "cannot take '3' of type str"),
        (lambda: Value(1.0) * [1.0], "bp.Tensor"),
        (lambda: np.ones(2) * Value(1.0), "bp.Tensor"),
        (lambda: Value(0.0).log(), "above 0"),
        (lambda: Value(-8.0) ** (1 / 3), "whole exponent"),
        (lambda: Value(-8.0) ** Value(2.0), "pass a plain number"),
    ],
)
def test_errors_say_what_to_do(act, message):
    with pytest.raises(DataError, match=message):
        act()


def test_division_by_zero_is_pythons_own_error():
    with pytest.raises(ZeroDivisionError):
        1 / Value(0.0)


# How the graph is kept.


def test_parents_and_slopes_show_the_graph():
    x, y = Value(3.0), Value(-4.0)
    product = x * y
    assert product.parents == (x, y)
    assert product.slopes == (-4.0, 3.0)
    assert ((x - 1).parents, (x - 1).slopes) == ((x,), (1.0,))
    assert ((5 - x).parents, (5 - x).slopes) == ((x,), (-1.0,))
    assert (x.parents, x.slopes) == ((), ())


@given(x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6))
def test_the_slopes_of_a_product_are_functionals(x, y):
    # The engine takes the other factor as it is, and does not call multiply_vjp: the two are the same number.
    assert (Value(x) * Value(y)).slopes == (multiply_vjp(1.0, y), multiply_vjp(1.0, x))
    assert (Value(x) * y).slopes == (multiply_vjp(1.0, y),)


def test_a_graph_can_be_drawn():
    w, x = Value(0.5), Value(2.0)
    loss = (w * x).tanh()
    loss.backward()
    product = loss.parents[0]
    nodes = {"w": w, "x": x, "w x": product, "L": loss}
    graph = {"w": ["input"], "x": ["input"], "w x": ["multiply", "w", "x"], "L": ["tanh", "w x"]}
    told = describe_graph(
        graph,
        {name: node.data for name, node in nodes.items()},
        {name: node.grad for name, node in nodes.items()},
        {name: node.slopes for name, node in nodes.items()},
    )
    # tanh 1 = 0.76159, its slope 1 − 0.76159² = 0.41997
    assert "L = tanh(w x): value 0.762, gradient 1." in told
    assert "w x to L: local slope 0.42" in told


def test_an_interrupted_backward_leaves_no_trace(monkeypatch):
    x = Value(2.0)
    square = x * x
    out = square * square + square.tanh()

    def stopped(output):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(scalar, "_hand_on", stopped)
        with pytest.raises(KeyboardInterrupt):
            out.backward()
    assert (square.grad, x.grad) == (0.0, 0.0)
    out.backward()
    # d/dx of x⁴ + tanh x²: 4x³ + 2x (1 − tanh² 4)
    assert x.grad == pytest.approx(32 + 4 * (1 - math.tanh(4) ** 2), rel=1e-12)


@pytest.mark.parametrize("empty", [0, np.float64(0.0)])
def test_a_gradient_emptied_with_any_zero(empty):
    x = Value(2.0)
    between = x * 3
    out = between * between
    out.backward()
    x.grad = between.grad = empty
    out.backward()
    assert (x.grad, between.grad) == (36.0, 12.0)


def test_a_graph_that_nobody_holds_is_freed():
    gc.collect()
    before = sum(type(thing) is Value for thing in gc.get_objects())
    gc.disable()  # it must not take the collector: a graph has no circles
    try:
        w = Value(0.5)
        for _ in range(20):
            out = w
            for _ in range(100):
                out = (out * w + w).tanh()
            out.backward()
        alive = sum(type(thing) is Value for thing in gc.get_objects())
    finally:
        gc.enable()
    assert alive - before == 1 + 300
    del out


def test_a_value_takes_little_memory():
    w = Value(0.5)
    tracemalloc.start()
    try:
        row = [w * w + w for _ in range(5_000)]
        while len(row) > 1:
            row = [a + b for a, b in zip(row[::2], row[1::2] + [w] * (len(row) % 2), strict=True)]
        row[0].backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / 15_000 < 150
