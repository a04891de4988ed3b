"""Arrays that lie side by side are a matter of speed alone: whatever is done to them, training is what it was."""

import copy
import pickle

import numpy as np
import pytest

from bpcore.errors import DataError
from bpcore.layers import Conv2d, Dense, FixedPoint, Flatten, Layer, Parameter, ReLU, Sequential
from bpcore.layers.recurrent import LSTM, RNN
from bpcore.losses import CrossEntropyLoss
from bpcore.optim import SGD, Adam, AdamW, RMSProp, clip_gradients
from bpcore.training import batches, train

KINDS = {
    "SGD": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "RMSProp": lambda p: RMSProp(p, lr=0.01, weight_decay=0.01),
    "Adam": lambda p: Adam(p, lr=0.01),
    "AdamW": lambda p: AdamW(p, lr=0.01, weight_decay=0.1),
}


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential([Dense(4, 5, rng=rng), ReLU(), Dense(5, 3, rng=rng)])


def data(n=6):
    rng = np.random.default_rng(9)
    return rng.normal(size=(n, 4)), rng.integers(0, 3, n)


def step(model, optimizer):
    X, y = data()
    loss = CrossEntropyLoss()
    loss.forward(model.forward(X), y)
    optimizer.zero_grad()
    model.backward(loss.backward())
    optimizer.step()


def scattered(model):
    """Give each parameter an array of its own, as if it had never been in a Sequential."""
    for p in model.parameters():
        p.data, p.grad = p.data.copy(), p.grad.copy()


def values(model):
    return [p.data.copy() for p in model.parameters()]


def assert_same(model, other):
    for a, b in zip(values(model), values(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_one_vector_or_many_arrays_learn_the_same_to_the_bit(kind):
    whole, parts = network(), network()
    scattered(parts)
    optimizers = KINDS[kind](whole.parameters()), KINDS[kind](parts.parameters())
    assert [len(o.vectors()) for o in optimizers] == [1, 4]
    for _ in range(3):
        step(whole, optimizers[0])
        step(parts, optimizers[1])
    assert_same(whole, parts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_goes_on_where_the_first_one_was(kind, again):
    model = network()
    optimizer = KINDS[kind](model.parameters())
    step(model, optimizer)
    other, its = again((model, optimizer))
    step(model, optimizer)
    before = values(model)
    step(other, its)
    assert_same(model, other)
    step(other, its)
    for a, b in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(a, b)  # what the copy learns is its own


def test_a_new_array_is_what_the_next_step_moves():
    model, other = network(), network()
    optimizer, its = Adam(model.parameters(), lr=0.01), Adam(other.parameters(), lr=0.01)
    step(model, optimizer)
    step(other, its)
    mine = model.parameters()[2].data * 2
    model.parameters()[2].data = mine
    other.parameters()[2].data *= 2
    step(model, optimizer)
    step(other, its)
    assert model.parameters()[2].data is mine
    assert_same(model, other)


def test_an_array_that_somebody_holds_goes_on_showing_the_parameter():
    rng = np.random.default_rng(0)
    first = Dense(4, 5, rng=rng)
    W, row = first.W.data, Dense(4, 5, rng=rng).W
    piece = row.data[0]
    model = Sequential([first, ReLU(), Dense(5, 3, rng=rng)])
    step(model, SGD(model.parameters(), lr=0.5))
    assert W is first.W.data
    assert np.shares_memory(piece, row.data)


def test_a_gradient_that_somebody_holds_is_never_out_of_date():
    p = Parameter(np.zeros(2))
    held = p.grad
    p.gather(np.array([1.0, 2.0]))
    assert held.tolist() == [1, 2]
    p.zero_grad()
    assert held.tolist() == [0, 0]
    held += 5
    p.gather(np.array([1.0, 1.0]))
    assert p.grad.tolist() == [6, 6]
    assert p.room() is None


def test_room_is_there_once_after_zero_grad():
    p = Parameter(np.zeros(2))
    room = p.room()
    room[...] = 3
    p.gather(room)
    assert p.room() is None
    p.gather(np.ones(2))
    assert p.gradient().tolist() == [4, 4]
    p.zero_grad()
    assert p.gradient().tolist() == [0, 0]


def test_a_gradient_is_an_array():
    with pytest.raises(DataError, match=r"zero_grad\(\)"):
        Parameter(np.zeros(2)).grad = None


def test_a_layer_with_another_ones_weights_adds_to_their_gradient():
    class Turned(Layer):
        """The transposed weights of another layer, as in a tied autoencoder."""

        def __init__(self, other):
            self.W = other.W

        def compute(self, X):
            return X @ self.W.data.T, X

        def pull_back(self, grad_output, saved):
            self.W.grad += grad_output.T @ saved
            return grad_output @ self.W.data

    first = Dense(4, 3, rng=np.random.default_rng(0))
    model = Sequential([first, Turned(first)])
    X, g = np.random.default_rng(1).normal(size=(2, 5, 4))
    expected = X.T @ (g @ first.W.data) + g.T @ (X @ first.W.data)
    for _ in range(2):
        model.zero_grad()
        model.forward(X)
        model.backward_to_parameters(g)
        np.testing.assert_allclose(first.W.grad, expected)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda rng: Dense(3, 2, rng=rng), (5, 3)),
        (lambda rng: Conv2d(2, 3, 3, stride=2, padding=1, rng=rng), (4, 2, 6, 5)),
        (lambda rng: RNN(3, 4, rng=rng, returns="last"), (5, 6, 3)),
        (lambda rng: LSTM(3, 4, rng=rng, returns="all", truncate=2), (5, 6, 3)),
        (lambda rng: FixedPoint(3, 4, rng=rng), (5, 3)),
        (lambda rng: Sequential([Conv2d(1, 2, 2, rng=rng), ReLU(), Flatten()]), (3, 1, 4, 4)),
    ],
)
def test_without_the_gradient_of_the_input_those_of_the_parameters_are_the_same(make, shape):
    layer = make(np.random.default_rng(0))
    X = np.random.default_rng(1).normal(size=shape)
    grad = np.random.default_rng(2).normal(size=layer.forward(X).shape)
    layer.backward(grad)
    whole = [p.grad.copy() for p in layer.parameters()]
    layer.forward(X)
    layer.zero_grad()
    assert layer.backward_to_parameters(grad) is None
    for p, expected in zip(layer.parameters(), whole, strict=True):
        np.testing.assert_array_equal(p.grad, expected)


def test_who_writes_a_way_back_of_their_own_has_it_called_in_training():
    called = []

    class Loud(Dense):
        def pull_back(self, grad_output, saved):
            called.append("pull_back")
            return super().pull_back(grad_output, saved)

    class Louder(Sequential):
        def backward(self, grad_output):
            called.append("backward")
            return super().backward(grad_output)

    rng = np.random.default_rng(0)
    model = Louder([Loud(4, 3, rng=rng)])
    patched = network()
    whole = patched.backward
    patched.backward = lambda grad: called.append("patched") or whole(grad)
    X, y = data()
    for net in (model, patched):
        train(net, CrossEntropyLoss(), SGD(net.parameters(), lr=0.1), X, y, epochs=1, batch_size=None)
    assert called == ["backward", "pull_back", "patched"]


def test_clipping_reaches_the_vector_that_the_step_takes():
    model = network()
    optimizer = SGD(model.parameters(), lr=1.0)
    step(model, optimizer)
    before = values(model)
    clip_gradients(model.parameters(), 1e-3)
    optimizer.step()
    moved = np.concatenate([(a - b).ravel() for a, b in zip(before, values(model), strict=True)])
    assert np.linalg.norm(moved) == pytest.approx(1e-3)


def test_what_predict_gave_stays_as_it_was():
    model = network()
    X, _ = data()
    kept = model.predict(X)
    expected = kept.copy()
    model.predict(2 * X)
    model.forward(3 * X)
    step(model, SGD(model.parameters(), lr=1.0))
    np.testing.assert_array_equal(kept, expected)


def test_a_batch_may_be_changed_without_touching_the_data():
    X, y = data(40)
    before = X.copy()
    seen = 0
    for X_batch, y_batch in batches(X, y, 7, np.random.default_rng(0)):
        seen += len(y_batch)
        X_batch += 1
    assert seen == 40
    np.testing.assert_array_equal(X, before)
