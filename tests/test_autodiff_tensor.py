"""Tensor, the array tape: every operation against finite differences, over random shapes, once and twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bpcore as bp
from bpcore import SecondDerivativeError, Tensor
from bpcore.autodiff import concatenate, softmax_cross_entropy, where
from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.functional import softmax_cross_entropy_grad

seeds = st.integers(0, 2**32 - 1)
shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)


def away_from_kinks(rng, shape, positive=False):
    """Numbers from 0.3 to 1.7, of either sign: no kink of abs or relu within the reach of a finite difference."""
    size = rng.uniform(0.3, 1.7, size=shape)
    return size if positive else size * rng.choice([-1.0, 1.0], size=shape)


def agree_once_and_twice(f, inputs, rng, twice=True):
    """The tape's gradients are the measured ones; so, of a fixed mixture of the gradients, are its gradients."""
    weights = rng.normal(size=np.shape(f(*map(Tensor, inputs)).data))

    def loss(*inputs):
        # The tanh bends what is linear, so that there is a second derivative to get wrong.
        return (f(*inputs).tanh() * weights).sum()

    report = bp.gradcheck(loss, [Tensor(x) for x in inputs], rtol=1e-4)
    assert report.ok, report
    if not twice:
        return
    mix = [rng.normal(size=np.shape(x)) for x in inputs]
    everywhere = tuple(range(len(inputs)))

    def of_gradients(*inputs):
        return sum((g * m).sum() for g, m in zip(bp.grad(loss, everywhere)(*inputs), mix, strict=True))

    report = bp.gradcheck(of_gradients, [Tensor(x) for x in inputs], rtol=1e-4)
    assert report.ok, report


ELEMENTWISE = {
    "minus": lambda x: -x,
    "exp": lambda x: x.exp(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "abs": lambda x: x.abs(),
    "built-in abs": lambda x: abs(x),
    "numpy's exp": lambda x: np.exp(x),
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "inverse": lambda x: 1 / x,
    "to the power 0": lambda x: x**0,
    "plain numbers": lambda x: 3 - 2 * x / 4 + 1,
    "maximum with a number": lambda x: x.maximum(0.1),
    "a number to a power": lambda x: 2.0**x,
    "used twice": lambda x: x * x.tanh() + x,
}
POSITIVE = {"log": lambda x: x.log(), "root": lambda x: x**0.5, "to its own power": lambda x: x**x}
BINARY = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "maximum": lambda x, y: x.maximum(y),
    "numpy's maximum": lambda x, y: np.maximum(x, y),
    "where": lambda x, y: np.where(x > y, x, 2 * y),
}
REDUCTIONS = {
    "sum": lambda x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims),
    "mean": lambda x, axis, keepdims: x.mean(axis=axis, keepdims=keepdims),
    "max": lambda x, axis, keepdims: x.max(axis=axis, keepdims=keepdims),
    "numpy's sum": lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims),
}


@pytest.mark.parametrize("f", ELEMENTWISE.values(), ids=ELEMENTWISE)
@given(seed=seeds, shape=shapes)
def test_functions_of_each_entry(f, seed, shape):
    rng = np.random.default_rng(seed)
    agree_once_and_twice(f, [away_from_kinks(rng, shape)], rng)


@pytest.mark.parametrize("f", POSITIVE.values(), ids=POSITIVE)
@given(seed=seeds, shape=shapes)
def test_functions_of_positive_entries(f, seed, shape):
    rng = np.random.default_rng(seed)
    agree_once_and_twice(f, [away_from_kinks(rng, shape, positive=True)], rng)


@pytest.mark.parametrize("f", BINARY.values(), ids=BINARY)
@given(seed=seeds, shape=shapes, data=st.data())
def test_two_operands_of_shapes_that_broadcast(f, seed, shape, data):
    rng = np.random.default_rng(seed)
    # One operand has lost some of its first axes, and each has some axes of length 1.
    drop = data.draw(st.integers(0, len(shape)))
    first = tuple(1 if data.draw(st.booleans()) else n for n in shape)
    second = tuple(1 if data.draw(st.booleans()) else n for n in shape[drop:])
    x, y = away_from_kinks(rng, first), away_from_kinks(rng, second)
    # No two are near each other, where maximum has its kink.
    y = y + 0.011 * np.sign(y) if np.min(np.abs(x - y)) < 0.01 else y
    if np.min(np.abs(x - y)) > 1e-4:
        agree_once_and_twice(f, [x, y], rng)


@given(seed=seeds, shape=shapes)
def test_powers_of_two_tensors(seed, shape):
    rng = np.random.default_rng(seed)
    base, exponent = away_from_kinks(rng, shape, positive=True), away_from_kinks(rng, shape)
    agree_once_and_twice(lambda x, y: x**y, [base, exponent], rng)


@pytest.mark.parametrize("f", REDUCTIONS.values(), ids=REDUCTIONS)
@given(seed=seeds, shape=shapes, keepdims=st.booleans(), data=st.data())
def test_reductions(f, seed, shape, keepdims, data):
    rng = np.random.default_rng(seed)
    axes = st.sets(st.integers(0, len(shape) - 1)).map(tuple) if shape else st.none()
    axis = data.draw(st.one_of(st.none(), axes))
    if shape:
        axis = data.draw(st.one_of(st.just(axis), st.integers(-len(shape), len(shape) - 1)))
    # All different, by far more than a finite difference: max has a kink where two are equal.
    x = rng.permutation(np.prod(shape, dtype=int)).reshape(shape) / 10 + 0.05
    agree_once_and_twice(lambda x: f(x, axis, keepdims), [x], rng)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((3,), (5, 3, 2)),
        ((5, 2, 3), (3,)),
    ],
)
def test_matrix_products(left, right):
    rng = np.random.default_rng(0)
    agree_once_and_twice(lambda a, b: a @ b, [rng.normal(size=left), rng.normal(size=right)], rng)


INDEXES = {
    "an integer": 1,
    "a negative one": -1,
    "a slice": slice(1, None),
    "every second, backward": slice(None, None, -2),
    "two axes": (slice(None), 2),
    "a new axis": (None, slice(None)),
    "an ellipsis": (..., 0),
    "integers, some twice": np.array([0, 2, 0, 0]),
    "a list": [2, 2, 1],
    "pairs": (np.array([0, 1, 0]), np.array([2, 3, 2])),
    "a mask": np.arange(12).reshape(3, 4) % 3 == 0,
    "a mask of rows": np.array([True, False, True]),
    "none at all": np.array([], dtype=int),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_indexing(index):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(Tensor(x)[index].data, x[index])
    agree_once_and_twice(lambda x: x[index], [x], rng)


def test_an_entry_that_is_read_twice_gets_both_gradients():
    x = Tensor([1.0, 2.0, 3.0])
    x[[0, 0, 2]].backward(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, [11, 0, 100])


PLACES = {
    "reshape": lambda x: x.reshape(4, 3),
    "reshape with a guess": lambda x: x.reshape((2, -1)),
    "transpose": lambda x: x.T,
    "numpy's transpose": lambda x: np.transpose(x),
    "transpose of three axes": lambda x: x.reshape(3, 2, 2).transpose(1, 2, 0),
    "swapaxes": lambda x: x.reshape(3, 2, 2).swapaxes(-1, 0),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "concatenate": lambda x: concatenate([x, 2 * x, np.ones((1, 4))]),
    "concatenate along the last": lambda x: np.concatenate([x[:, 1:], x], axis=-1),
    "where": lambda x: where(np.arange(4) % 2 == 0, x, -(x**2)),
    "rows, one by one": lambda x: sum(row * i for i, row in enumerate(x)),
}


@pytest.mark.parametrize("f", PLACES.values(), ids=PLACES)
def test_the_same_entries_in_other_places(f):
    rng = np.random.default_rng(0)
    agree_once_and_twice(f, [rng.normal(size=(3, 4))], rng)


def test_a_column_and_a_row_by_hand():
    # (N,) with (N, 1): the sum is N × N, each entry of either is used N times.
    row, column = Tensor([1.0, 2.0, 3.0]), Tensor([[10.0], [20.0], [30.0]])
    out = row * column
    assert out.shape == (3, 3)
    out.sum().backward()
    np.testing.assert_array_equal(row.grad, [60, 60, 60])
    np.testing.assert_array_equal(column.grad, [[6], [6], [6]])


def grads_of(f, *inputs):
    tensors = [Tensor(x) for x in inputs]
    f(*tensors).sum().backward()
    return [tensor.grad.tolist() for tensor in tensors]


def test_conventions_where_there_is_no_derivative():
    x, zero = [-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]
    assert grads_of(lambda x: x.relu(), x) == [[0, 0, 1]]
    assert grads_of(lambda x: x.abs(), x) == [[-1, 0, 1]]
    assert grads_of(lambda x, y: x.maximum(y), x, zero) == [[0, 0.5, 1], [1, 0.5, 0]]
    assert grads_of(lambda x: x.max(), [5.0, 7.0, 7.0, 1.0]) == [[0, 0.5, 0.5, 0]]
    assert grads_of(lambda x: x**0, x) == [[0, 0, 0]]
    assert grads_of(lambda x, y: x**y, zero, [0.0, 1.0, 2.0]) == [[0, 1, 0], [0, 0, 0]]


def test_nan_and_infinity_are_carried_on_without_an_error():
    x = Tensor([np.nan, 1.0, np.inf])
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    y = Tensor([np.nan, 1.0])
    y.max().backward()
    assert y.grad.tolist() == [0, 0]


def test_softmax_cross_entropy_is_functionals_derivative():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(5, 3)), np.array([0, 1, 2, 0, 1])
    t = Tensor(logits)
    (3 * softmax_cross_entropy(t, labels)).backward()
    np.testing.assert_allclose(t.grad, 3 * softmax_cross_entropy_grad(logits, labels), rtol=1e-14)
    by_parts = Tensor(logits)
    (-3 * bp.functional.log_softmax(by_parts)[np.arange(5), labels].mean()).backward()
    np.testing.assert_allclose(t.grad, by_parts.grad, rtol=0, atol=1e-15)


def test_three_witnesses_agree_on_a_network():
    rng = np.random.default_rng(0)
    layers = [bp.Dense(4, 6, rng=rng), bp.Tanh(), bp.Dense(6, 5, rng=rng), bp.ReLU(), bp.Dense(5, 3, rng=rng)]
    model, loss = bp.Sequential(layers), bp.CrossEntropyLoss()
    X, y = rng.normal(size=(7, 4)), rng.integers(0, 3, size=7)

    value = loss.forward(model.forward(X), y)
    grad_X = model.backward(loss.backward())
    of_layers = [grad_X, *[parameter.grad for parameter in model.parameters()]]

    def network(X, W1, b1, W2, b2, W3, b3):
        hidden = ((X @ W1 + b1).tanh() @ W2 + b2).relu()
        return softmax_cross_entropy(hidden @ W3 + b3, y)

    inputs = [Tensor(X), *[Tensor(parameter.data) for parameter in model.parameters()]]
    out = network(*inputs)
    out.backward()
    assert out.item() == pytest.approx(value, rel=1e-13)
    for tensor, grad in zip(inputs, of_layers, strict=True):
        np.testing.assert_allclose(tensor.grad, grad, rtol=1e-10, atol=1e-14)
    assert bp.gradcheck(network, inputs).ok


def test_the_square_of_the_contract():
    a = np.array([[1.0, -2.0], [3.0, 0.5]])
    t = bp.Tensor(a)
    (t * t).sum().backward()
    np.testing.assert_array_equal(t.grad, 2 * a)
    assert type(t.grad) is np.ndarray


def test_leaves_accumulate_and_what_lies_between_starts_again():
    x = Tensor([2.0])
    between = x * 3
    out = (between * between).sum()
    out.backward()
    assert (x.grad.item(), between.grad.item()) == (36.0, 12.0)
    out.backward()
    assert (x.grad.item(), between.grad.item()) == (72.0, 12.0)


def test_the_data_are_a_copy():
    a = np.ones(2)
    t = Tensor(a)
    a[0] = 7.0
    assert t.data.tolist() == [1, 1]


def test_arrays_and_numbers_on_the_left():
    a, t = np.array([1.0, 2.0]), Tensor([4.0, 8.0])
    for out, expected in [
        (a + t, [5, 10]),
        (a - t, [-3, -6]),
        (a * t, [4, 16]),
        (a / t, [0.25, 0.25]),
        (a**t, [1, 256]),
        (np.float64(2) * t, [8, 16]),
        (2 - t, [-2, -6]),
        (16 / t, [4, 2]),
        ([1, 1] * t, [4, 8]),
    ]:
        assert isinstance(out, Tensor)
        assert out.data.tolist() == expected
    assert isinstance(a @ t, Tensor)
    assert (a @ t).item() == 20


def test_comparisons_are_plain_arrays():
    t = Tensor([1.0, 2.0, 3.0])
    for seen in [t > 2, t >= Tensor([1.0, 3.0, 3.0]), t == 2, np.array([1.0, 0, 0]) < t, np.isnan(t), t != t]:
        assert type(seen) is np.ndarray
        assert seen.dtype == bool
    assert (t < 2).tolist() == [True, False, False]
    assert len({t, t, Tensor([1.0, 2.0, 3.0])}) == 2


def test_what_it_tells_of_itself():
    t = Tensor([[1.0, 2.0]])
    assert (t.shape, t.ndim, t.size, len(t), t.dtype) == ((1, 2), 2, 2, 1, np.float64)
    assert repr(t) == "Tensor([[1., 2.]])"
    assert repr(Tensor([1, 2])) == "Tensor([1, 2], dtype=int64, requires_grad=False)"
    assert t.sum().item() == float(t.sum()) == 3.0


def test_constants_are_not_recorded():
    constant = Tensor([1.0], requires_grad=False)
    out = (constant * 2).exp()
    assert not out.requires_grad
    assert out.inputs == ()
    x = Tensor([3.0])
    (x * constant).backward()
    assert constant.grad is None


# Second derivatives that backward itself gives.


def test_the_gradient_of_a_gradient_by_hand():
    x = Tensor([2.0, -1.0])
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    np.testing.assert_array_equal(first.data, [12, 3])
    x.grad = None
    first.sum().backward()
    np.testing.assert_array_equal(x.grad, [12, -6])


def test_an_operation_without_a_second_derivative_is_named():
    logits = Tensor([[1.0, 2.0]])
    loss = softmax_cross_entropy(logits, [0])
    with pytest.raises(SecondDerivativeError, match="softmax_cross_entropy has no second derivative"):
        loss.backward(create_graph=True)


# Errors.


def test_data_changed_between_forward_and_backward_is_noticed():
    x = Tensor([1.0, 2.0])
    out = (x * x).sum()
    x.data -= 0.5
    with pytest.raises(OrderError, match="'multiply' had recorded it"):
        out.backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 3])


def test_an_error_on_the_way_back_leaves_no_half_of_a_result():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    out = (x * x + y * y).sum()
    y.data += 1.0
    with pytest.raises(OrderError):
        out.backward()
    assert (x.grad, y.grad, out.grad) == (None, None, None)


def test_products_by_numpys_own_name():
    rng = np.random.default_rng(0)
    agree_once_and_twice(lambda a, b: np.dot(a, b), [rng.normal(size=(2, 3)), rng.normal(size=(3, 4))], rng)
    agree_once_and_twice(lambda a: np.dot(np.ones(2), a), [rng.normal(size=(2, 3))], rng)
    with pytest.raises(ShapeError, match="takes vectors and matrices"):
        np.dot(Tensor(np.ones((2, 2, 2))), np.ones((2, 2)))


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda t: t.backward(), ShapeError, r"one number to start from, and this Tensor has shape \(2, 3\)"),
        (lambda t: t.backward(np.ones(3)), ShapeError, r"grad has shape \(3,\), and this Tensor \(2, 3\)"),
        (lambda t: Tensor([1.0], requires_grad=False).backward(), DataError, "nowhere to go"),
        (lambda t: Tensor([1, 2], requires_grad=True), DataError, "dtype int64 cannot require a gradient"),
        (lambda t: Tensor(["a"]), DataError, "and was given dtype <U1"),
        (lambda t: Tensor([1j]), DataError, "complex128"),
        (lambda t: t + np.ones(4), ShapeError, r"'add' cannot be done on shape \(2, 3\) and \(4,\)"),
        (lambda t: t @ t, ShapeError, r"'matmul' cannot be done on shape \(2, 3\) and \(2, 3\)"),
        (lambda t: t.sum(axis=2), ShapeError, "axis=2"),
        (lambda t: t.reshape(4, 2), ShapeError, r"shape=\(4, 2\)"),
        (lambda t: concatenate([t, np.ones((2, 2))]), ShapeError, "'concatenate' cannot be done"),
        (lambda t: concatenate([t, np.ones(2)], axis=1), ShapeError, r"their shapes: \(2, 3\), \(2,\)"),
        (lambda t: t + "1", DataError, "'add' of a Tensor needs numbers"),
        (lambda t: t * None, DataError, "was given None"),
        (lambda t: t.item(), ShapeError, "item"),
        (lambda t: t.astype(int), DataError, "float32 or float64"),
        (lambda t: setattr(t, "data", np.ones(2)), ShapeError, r"new data has shape \(2,\)"),
        (lambda t: np.asarray(t), DataError, "t.data"),
        (lambda t: np.sort(t), DataError, "np.sort cannot be recorded"),
        (lambda t: np.sin(t), DataError, "np.sin cannot be recorded"),
        (lambda t: np.add.reduce(t), DataError, "np.add.reduce"),
        (lambda t: np.add(np.ones((2, 3)), t, out=np.ones((2, 3))), OrderError, "into a plain array"),
        (lambda t: softmax_cross_entropy(t, [0]), ShapeError, r"labels \(N,\)"),
        (lambda t: softmax_cross_entropy(t, [0, 3]), DataError, "from 0 to 2"),
        (lambda t: t[5], IndexError, "out of bounds"),
    ],
)
def test_errors_say_what_was_seen_and_what_to_do(act, error, message):
    with pytest.raises(error, match=message):
        act(Tensor(np.ones((2, 3))))
