"""Facts about recurrent layers: errors go back through time, and what fills up a short sequence changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore import functional as F
from bpcore.differences import gradcheck
from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.layers import LSTM, RNN, Dense, Flatten, Sequential
from bpcore.losses import CrossEntropyLoss
from bpcore.optim import Adam
from bpcore.training import accuracy, train

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 4)
both = pytest.mark.parametrize("kind", [RNN, LSTM])


def gradients(layer):
    return [parameter.grad.copy() for parameter in layer.parameters()]


def ends(rng, N, T):
    return np.arange(T) < rng.integers(1, T + 1, N)[:, None]


def test_two_steps_of_one_unit_by_hand():
    # x = (1, 2), U = 0.5, W = 2, b = 0, h0 = 0: h1 = tanh 0.5, h2 = tanh(2 h1 + 1).
    # With g = 1 on the last state: dz2 = 1 - h2², dz1 = 2 dz2 (1 - h1²); dU = 1 dz1 + 2 dz2, dW = 0 dz1 + h1 dz2,
    # db = dz1 + dz2, dx = 0.5 (dz1, dz2), dh0 = 2 dz1.
    layer = RNN(1, 1, rng=np.random.default_rng(0))
    for parameter, value in zip(layer.parameters(), [[[0.5]], [[2.0]], [0.0]], strict=True):
        parameter.data = np.array(value)
    outputs, last = layer.forward([[[1.0], [2.0]]])
    h1 = np.tanh(0.5)
    h2 = np.tanh(2 * h1 + 1)
    np.testing.assert_allclose(outputs, [[[h1], [h2]]])
    assert last.item() == h2
    dz2 = 1 - h2**2
    dz1 = 2 * dz2 * (1 - h1**2)
    np.testing.assert_allclose(layer.backward(grad_last=[[1.0]]), [[[0.5 * dz1], [0.5 * dz2]]])
    np.testing.assert_allclose([g.item() for g in gradients(layer)], [dz1 + 2 * dz2, h1 * dz2, dz1 + dz2])
    np.testing.assert_allclose(layer.grad_h0, [[2 * dz1]])


@given(seeds, sizes, sizes, sizes, sizes)
def test_rnn_is_the_chain_of_primitives_it_unrolls_into(seed, N, T, d, h):
    rng = np.random.default_rng(seed)
    layer, X, h0 = RNN(d, h, rng=rng), rng.normal(size=(N, T, d)), rng.normal(size=(N, h))
    layer.b.data = rng.normal(size=h)
    g = rng.normal(size=(N, T, h))
    U, W, b = (parameter.data for parameter in layer.parameters())
    # One step is a dense layer of the input, one of the state, their sum, and a tanh.
    states = [h0]
    for t in range(T):
        states.append(F.tanh(F.dense(X[:, t], U, b) + F.dense(states[-1], W, 0)))
    np.testing.assert_allclose(layer.forward(X, h0)[0], np.stack(states[1:], axis=1), atol=1e-12)
    dX, dU, dW, db, carried = np.zeros_like(X), 0, 0, 0, np.zeros_like(h0)
    for t in reversed(range(T)):
        dz = F.tanh_vjp(g[:, t] + carried, states[t + 1])
        dX[:, t], dU_t, db_t = F.dense_vjp(dz, X[:, t], U)
        carried, dW_t, _ = F.dense_vjp(dz, states[t], W)
        dU, dW, db = dU + dU_t, dW + dW_t, db + db_t
    np.testing.assert_allclose(layer.backward(g), dX, atol=1e-12)
    np.testing.assert_allclose(layer.grad_h0, carried, atol=1e-12)
    for grad, expected in zip(gradients(layer), [dU, dW, db], strict=True):
        np.testing.assert_allclose(grad, expected, atol=1e-12)


@both
@settings(max_examples=15)
@given(seed=seeds, N=sizes, T=sizes, d=sizes, h=st.integers(1, 3), masked=st.booleans())
def test_backward_agrees_with_finite_differences(kind, seed, N, T, d, h, masked):
    rng = np.random.default_rng(seed)
    layer, mask = kind(d, h, rng=rng), ends(rng, N, T) if masked else None
    g, g_last = rng.normal(size=(N, T, h)), rng.normal(size=(N, h))
    starts = [rng.normal(size=(N, h)) for _ in range(1 if kind is RNN else 2)]

    def f(X, U, W, b, *starts):
        layer.zero_grad()
        for parameter, value in zip(layer.parameters(), [U, W, b], strict=True):
            parameter.data = value
        outputs, last = layer.forward(X, starts[0] if len(starts) == 1 else starts, mask)
        grad_X = layer.backward(g, g_last)
        grads = [layer.grad_h0] if len(starts) == 1 else [layer.grad_h0, layer.grad_c0]
        return float((outputs * g).sum() + (last * g_last).sum()), (grad_X, *gradients(layer), *grads)

    values = [parameter.data + 0.1 * rng.normal(size=parameter.data.shape) for parameter in layer.parameters()]
    report = gradcheck(f, [rng.normal(size=(N, T, d)), *values, *starts])
    assert report.ok, report


@both
@settings(max_examples=20)
@given(seed=seeds, k=st.integers(0, 7))
def test_a_truncated_error_goes_back_k_links_and_no_further(kind, seed, k):
    # Each error alone: from the state at t it is what a full pass gives over the last k + 1 steps, of which the state
    # before them is only the start.
    rng = np.random.default_rng(seed)
    N, T, d, h = 2, 6, 3, 2
    layer, X, g = kind(d, h, rng=rng, truncate=k), rng.normal(size=(N, T, d)), rng.normal(size=(N, T, h))
    outputs, _ = layer.forward(X)
    cells = layer._memory[0][2][1] if kind is LSTM else None
    grad_X, found, grad_h0 = layer.backward(g), gradients(layer), layer.grad_h0
    layer.truncate = None
    layer.zero_grad()
    expected, expected_h0 = np.zeros_like(X), np.zeros((N, h))
    for t in range(T):
        first = max(0, t - k)
        start = np.zeros((N, h)) if first == 0 else outputs[:, first - 1]
        layer.forward(X[:, first : t + 1], start if cells is None else (start, cells[:, first]))
        expected[:, first : t + 1] += layer.backward(grad_last=g[:, t])
        if t < k:  # the link from the first state to h0 is the last of t + 1
            expected_h0 += layer.grad_h0
    np.testing.assert_allclose(grad_X, expected, atol=1e-12)
    np.testing.assert_allclose(grad_h0, expected_h0, atol=1e-12)
    for grad, other in zip(found, gradients(layer), strict=True):
        np.testing.assert_allclose(grad, other, atol=1e-12)


@both
@given(seed=seeds)
def test_truncation_beyond_the_beginning_changes_nothing(kind, seed):
    rng = np.random.default_rng(seed)
    layer, X, g = kind(2, 3, rng=rng), rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 4, 3))
    layer.forward(X)
    full = layer.backward(g), layer.grad_h0
    layer.truncate = 4
    layer.forward(X)
    np.testing.assert_allclose(layer.backward(g), full[0], atol=1e-13)
    np.testing.assert_allclose(layer.grad_h0, full[1], atol=1e-13)


@both
@settings(max_examples=20)
@given(seed=seeds, truncate=st.sampled_from([None, 0, 2]))
def test_masked_sequences_are_shorter_sequences(kind, seed, truncate):
    rng = np.random.default_rng(seed)
    N, T, d, h = 3, 6, 2, 3
    layer, X, mask = kind(d, h, rng=rng, truncate=truncate), rng.normal(size=(N, T, d)), ends(rng, N, T)
    X[~mask] = np.nan  # what stands beyond the end is never read
    g, g_last = rng.normal(size=(N, T, h)), rng.normal(size=(N, h))
    outputs, last = layer.forward(X, mask=mask)
    grad_X, together = layer.backward(g, g_last), gradients(layer)
    layer.zero_grad()
    for n, L in enumerate(mask.sum(axis=1)):
        alone, alone_last = layer.forward(X[n : n + 1, :L])
        np.testing.assert_allclose(outputs[n, :L], alone[0], atol=1e-12)
        np.testing.assert_allclose(outputs[n, L:], np.broadcast_to(alone_last, (T - L, h)), atol=1e-12)
        np.testing.assert_allclose(last[n], alone_last[0], atol=1e-12)
        # The held outputs are the last state shown again: so their errors are errors of the last state.
        grad_alone = layer.backward(g[n : n + 1, :L], g_last[n : n + 1] + g[n : n + 1, L:].sum(axis=1))
        np.testing.assert_allclose(grad_X[n, :L], grad_alone[0], atol=1e-12)
        assert not grad_X[n, L:].any()
    for grad, apart in zip(together, gradients(layer), strict=True):
        np.testing.assert_allclose(grad, apart, atol=1e-12)


@both
@given(seed=seeds, cut=st.integers(1, 5))
def test_a_sequence_in_two_pieces_is_one_sequence(kind, seed, cut):
    rng = np.random.default_rng(seed)
    layer, X = kind(2, 3, rng=rng), rng.normal(size=(2, 6, 2))
    whole, _ = layer.forward(X)
    first, last = layer.forward(X[:, :cut])
    second, _ = layer.forward(X[:, cut:], last if kind is RNN else (last, layer.last_cell))
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-12)


@both
@given(seed=seeds)
def test_permuting_the_batch_permutes_the_rows(kind, seed):
    rng = np.random.default_rng(seed)
    layer, X, mask, g = kind(2, 3, rng=rng), rng.normal(size=(5, 4, 2)), ends(rng, 5, 4), rng.normal(size=(5, 4, 3))
    order = rng.permutation(5)
    outputs, _ = layer.forward(X, mask=mask)
    grad_X, before = layer.backward(g), gradients(layer)
    layer.zero_grad()
    np.testing.assert_allclose(layer.forward(X[order], mask=mask[order])[0], outputs[order], atol=1e-12)
    np.testing.assert_allclose(layer.backward(g[order]), grad_X[order], atol=1e-12)
    for grad, other in zip(gradients(layer), before, strict=True):
        np.testing.assert_allclose(grad, other, atol=1e-12)


def test_an_open_lstm_carries_its_cell_and_its_error_unchanged():
    # f = 1, i = 0: c stays c0 however long the sequence, and the error by c0 is that of the last step alone.
    layer = LSTM(1, 1, rng=np.random.default_rng(0))
    for parameter in layer.parameters():
        parameter.data = np.zeros_like(parameter.data)
    layer.b.data = np.array([-900.0, 900, 0, 900])  # i, f, u, o
    _, last = layer.forward(np.ones((1, 300, 1)), (np.zeros((1, 1)), np.full((1, 1), 0.7)))
    assert last.item() == np.tanh(0.7)
    layer.backward(grad_last=np.ones((1, 1)))
    np.testing.assert_allclose(layer.grad_c0, [[1 - np.tanh(0.7) ** 2]])


def test_the_gate_that_forgets_starts_open():
    np.testing.assert_array_equal(LSTM(2, 3, rng=np.random.default_rng(0)).b.data, [0] * 3 + [1] * 3 + [0] * 6)


@both
def test_first_weights_keep_the_length_of_an_error(kind):
    for W in np.split(kind(3, 8, rng=np.random.default_rng(0)).W.data, 1 if kind is RNN else 4, axis=1):
        np.testing.assert_allclose(W @ W.T, np.eye(8), atol=1e-12)


@both
def test_float32_stays_float32(kind):
    rng = np.random.default_rng(0)
    layer, X, g = kind(3, 4, rng=rng), rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 4))
    wide, _ = layer.forward(X)
    wide_grad = layer.backward(g)
    for truncate in (None, 5):
        layer.astype("float32").truncate = truncate
        narrow = [*layer.forward(X, mask=np.ones((2, 5), bool)), layer.backward(g), layer.grad_h0, layer.W.grad]
        assert {a.dtype for a in narrow} == {np.dtype("float32")}
        np.testing.assert_allclose(narrow[0], wide, atol=1e-5)
        np.testing.assert_allclose(narrow[2], wide_grad, atol=1e-4)


@both
def test_it_learns_which_of_two_words_it_was_told(kind):
    # Up-down or down-up, at some moment of a noisy sequence of some length: one step alone does not tell, only order.
    rng = np.random.default_rng(0)
    N, T = 200, 10
    y, lengths, padding = rng.integers(0, 2, N), rng.integers(4, T + 1, N), -9.0
    X = rng.normal(scale=0.1, size=(N, T, 1))
    for n in range(N):
        moment = rng.integers(0, lengths[n] - 1)
        X[n, moment : moment + 2, 0] += [1, -1] if y[n] else [-1, 1]
        X[n, lengths[n] :] = padding
    model = Sequential([kind(1, 8, rng=rng, returns="last", padding=padding), Dense(8, 2, rng=rng)])
    optimizer = Adam(model.parameters(), lr=0.02)
    train(model, CrossEntropyLoss(), optimizer, X[:150], y[:150], epochs=25, batch_size=25, rng=rng)
    assert accuracy(model, X[150:], y[150:]) >= 0.95


@both
def test_layers_one_on_the_other(kind):
    rng = np.random.default_rng(0)
    model = Sequential([kind(2, 3, rng=rng, returns="all"), kind(3, 4, rng=rng, returns="last"), Dense(4, 2, rng=rng)])
    assert model.output_shape((5, 2)) == model.output_shape(None) == (2,)
    X, g = rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 2))

    def f(X):
        return float((model.forward(X) * g).sum()), model.backward(g)

    report = gradcheck(f, X)
    assert report.ok, report
    np.testing.assert_array_equal(model.predict(X), model.forward(X))


def test_a_readout_of_all_the_steps_together():
    rng = np.random.default_rng(0)
    model = Sequential([RNN(2, 3, rng=rng, returns="all"), Flatten(), Dense(15, 2, rng=rng)])
    assert model.forward(np.ones((4, 5, 2))).shape == (4, 2)
    assert model.output_shape((5, 2)) == (2,)
    with pytest.raises(ShapeError, match=r"Dense\(15, 2\) needs shape \(N, 15\) and got \(N, 18\)"):
        model.output_shape((6, 2))


@both
def test_places_where_it_does_not_fit(kind):
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError, match='returns="last"'):
        Sequential([kind(2, 3, rng=rng), Dense(3, 2, rng=rng)])
    with pytest.raises(ShapeError, match='returns="all"'):
        Sequential([kind(2, 3, rng=rng, returns="last"), kind(3, 3, rng=rng, returns="last")])


@both
@pytest.mark.parametrize(
    ("sizes", "options", "hint"),
    [
        ((0, 2), {}, "whole numbers"),
        ((2, 2.0), {}, "whole numbers"),
        ((2, True), {}, "whole numbers"),
        ((2, 2), {"rng": 0}, "default_rng"),
        ((2, 2), {"returns": "first"}, '"last"'),
        ((2, 2), {"truncate": -1}, "at least 0"),
        ((2, 2), {"truncate": 1.5}, "whole number"),
        ((2, 2), {"padding": np.nan}, "NaN is not equal"),
    ],
)
def test_bad_options(kind, sizes, options, hint):
    with pytest.raises(DataError, match=hint):
        kind(*sizes, **{"rng": np.random.default_rng(0), **options})


@both
@pytest.mark.parametrize(
    ("X", "options", "error", "hint"),
    [
        (np.ones((4, 2)), {}, ShapeError, r"X\[None\]"),
        (np.ones((4, 5, 3)), {}, ShapeError, r"\(N, T, 2\) and got \(4, 5, 3\)"),
        (np.ones((4, 0, 2)), {}, ShapeError, "at least one step"),
        (np.full((4, 5, 2), np.nan), {}, DataError, r"X\[0, 0, 0\] is nan.*mask="),
        (np.ones((4, 5, 2)), {"h0": np.ones(3)}, ShapeError, r"h0 has shape \(3,\).*\(4, 3\)"),
        (np.ones((4, 5, 2)), {"mask": np.ones((5, 4), bool)}, ShapeError, r"\(5, 4\); X has \(4, 5\)"),
        (np.ones((4, 5, 2)), {"mask": np.ones((4, 5))}, DataError, "lengths"),
        (np.ones((4, 5, 2)), {"mask": np.tri(4, 5, -1, bool)}, DataError, "Sequence 0 does not begin.*inverted"),
        (np.ones((2, 3, 2)), {"mask": np.array([[1, 1, 1], [1, 0, 1]], bool)}, DataError, "Sequence 1 has a real step"),
    ],
)
def test_bad_batches(kind, X, options, error, hint):
    with pytest.raises(error, match=hint):
        kind(2, 3, rng=np.random.default_rng(0)).forward(X, **options)


def test_a_padding_that_real_steps_use_is_found_out():
    layer = RNN(2, 3, rng=np.random.default_rng(0), padding=0.0)
    X = np.ones((1, 4, 2))
    X[0, 1] = 0
    with pytest.raises(DataError, match=r"Sequence 0 has a real step after its end.*another value"):
        layer.forward(X)
    with pytest.raises(DataError, match="one of the two"):
        layer.forward(X, mask=np.ones((1, 4), bool))


@both
def test_bad_gradients(kind):
    rng = np.random.default_rng(0)
    layer = kind(2, 3, rng=rng)
    with pytest.raises(OrderError, match="before forward"):
        layer.backward(np.ones((4, 5, 3)))
    layer.forward(np.ones((4, 5, 2)))
    with pytest.raises(ShapeError, match="or both"):
        layer.backward()
    with pytest.raises(ShapeError, match=r"\(4, 3\) for its outputs of shape \(4, 5, 3\)"):
        layer.backward(np.ones((4, 3)))
    with pytest.raises(ShapeError, match="last state"):
        layer.backward(np.ones((4, 5, 3)), np.ones((4, 5, 3)))
    layer = kind(2, 3, rng=rng, returns="last")
    layer.forward(np.ones((4, 5, 2)))
    with pytest.raises(ShapeError, match="one gradient"):
        layer.backward(np.ones((4, 3)), np.ones((4, 3)))


@both
def test_predict_leaves_the_remembered_pass_alone(kind):
    rng = np.random.default_rng(0)
    layer, X = kind(2, 3, rng=rng, returns="all"), rng.normal(size=(2, 4, 2))
    layer.forward(X)
    expected = layer.backward(np.ones((2, 4, 3)))
    layer.forward(X)
    layer.predict(rng.normal(size=(2, 4, 2)))
    np.testing.assert_array_equal(layer.backward(np.ones((2, 4, 3))), expected)
