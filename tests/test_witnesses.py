"""Three witnesses for every derivative: the layer, the tape on the formula written out, and a finite difference."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bpcore as bp
from bpcore import functional as F
from bpcore.autodiff import concatenate, softmax_cross_entropy

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 4)


def agree(layer, formula, X, rng, forward=None):
    """Layer and tape to 1e-9, both with the measured slope to 1e-5, for X and every parameter."""
    forward = forward or layer.forward
    output = forward(X)
    grad = rng.normal(size=output.shape)
    layer.zero_grad()
    of_layer = [layer.backward(grad), *(parameter.grad.copy() for parameter in layer.parameters())]

    value, pull = bp.vjp(formula, X, *(parameter.data for parameter in layer.parameters()))
    np.testing.assert_allclose(output, value, rtol=1e-10, atol=1e-11)
    for ours, theirs in zip(of_layer, pull(grad), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)

    def with_X(changed):
        return float((forward(changed) * grad).sum())

    np.testing.assert_allclose(of_layer[0], bp.numerical_gradient(with_X, X), rtol=1e-5, atol=1e-6)
    for number, parameter in enumerate(layer.parameters(), start=1):
        before = parameter.data.copy()

        def with_parameter(changed, parameter=parameter):
            parameter.data[...] = changed
            return with_X(X)

        measured = bp.numerical_gradient(with_parameter, before)
        parameter.data[...] = before
        np.testing.assert_allclose(of_layer[number], measured, rtol=1e-5, atol=1e-6)


def away_from_kinks(rng, shape):
    return rng.uniform(0.1, 2, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def all_different(rng, shape):
    """So that no finite difference can make another entry the largest."""
    return rng.permutation(np.prod(shape, dtype=int)).reshape(shape) / 7.0


def moved(layer, rng):
    """Biases start at 0, where a gradient can be right by accident."""
    for parameter in layer.parameters():
        parameter.data += rng.normal(size=parameter.data.shape, scale=0.3)
    return layer


ACTIVATIONS = {
    "ReLU": (lambda: bp.ReLU(), lambda z: z.relu()),
    "LeakyReLU": (lambda: bp.LeakyReLU(0.1), lambda z: z.maximum(0.1 * z)),
    "Tanh": (lambda: bp.Tanh(), lambda z: z.tanh()),
    "Sigmoid": (lambda: bp.Sigmoid(), lambda z: 1 / (1 + (-z).exp())),
    "Softmax": (lambda: bp.Softmax(), lambda z: z.exp() / z.exp().sum(axis=-1, keepdims=True)),
    "Flatten": (lambda: bp.Flatten(), lambda z: z.reshape(z.shape[0], -1)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(seed=seeds, n=small, rest=st.lists(small, min_size=1, max_size=3))
@settings(max_examples=20)
def test_layers_without_parameters(name, seed, n, rest):
    rng = np.random.default_rng(seed)
    make, formula = ACTIVATIONS[name]
    agree(make(), formula, away_from_kinks(rng, (n, *rest)), rng)


@given(seed=seeds, n=small, d=small, k=small)
@settings(max_examples=20)
def test_dense(seed, n, d, k):
    rng = np.random.default_rng(seed)
    layer = moved(bp.Dense(d, k, rng=rng), rng)
    agree(layer, lambda X, W, b: X @ W + b, rng.normal(size=(n, d)), rng)


@given(seed=seeds, n=small, d=small, h=small)
@settings(max_examples=20)
def test_add(seed, n, d, h):
    rng = np.random.default_rng(seed)
    layer = moved(bp.Add(bp.Sequential([bp.Dense(d, h, rng=rng), bp.Tanh(), bp.Dense(h, d, rng=rng)])), rng)
    agree(layer, lambda X, W, b, V, c: X + (X @ W + b).tanh() @ V + c, rng.normal(size=(n, d)), rng)


@given(seed=seeds, n=small, d=small, p=st.floats(0, 0.9))
@settings(max_examples=20)
def test_dropout(seed, n, d, p):
    rng = np.random.default_rng(seed)
    layer = bp.Dropout(p, rng=rng)

    def the_same_mask(X):
        layer.rng = np.random.default_rng(seed)
        return layer.forward(X)

    mask = the_same_mask(np.ones((n, d)))
    agree(layer, lambda X: X * mask, rng.normal(size=(n, d)), rng, forward=the_same_mask)


def windows(X, kernel, stride):
    """The windows of an image on the tape, one after another: (N, c, H', W', kernel · kernel)."""
    rows, columns = ((size - kernel) // stride + 1 for size in X.shape[2:])
    parts = [
        X[:, :, i : i + stride * (rows - 1) + 1 : stride, j : j + stride * (columns - 1) + 1 : stride][..., None]
        for i, j in itertools.product(range(kernel), repeat=2)
    ]
    return concatenate(parts, axis=-1)


def framed(X, padding):
    for axis in (2, 3):
        edge = np.zeros([padding if i == axis else size for i, size in enumerate(X.shape)])
        X = concatenate([edge, X, edge], axis=axis)
    return X


@given(
    seed=seeds,
    n=st.integers(1, 2),
    c=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 2),
    padding=st.integers(0, 1),
    size=st.tuples(st.integers(3, 5), st.integers(3, 5)),
)
@settings(max_examples=15)
def test_convolution(seed, n, c, kernel, stride, padding, size):
    rng = np.random.default_rng(seed)
    layer = moved(bp.Conv2d(*c, kernel, stride=stride, padding=padding, rng=rng), rng)

    def formula(X, W, b):
        seen = windows(framed(X, padding), kernel, stride)  # (N, c_in, H', W', k²)
        N, c_in, rows, columns, entries = seen.shape
        flat = seen.transpose(0, 2, 3, 1, 4).reshape(N * rows * columns, c_in * entries)
        out = flat @ W.reshape(W.shape[0], -1).T + b
        return out.reshape(N, rows, columns, -1).transpose(0, 3, 1, 2)

    agree(layer, formula, rng.normal(size=(n, c[0], *size)), rng)


@given(
    seed=seeds,
    n=st.integers(1, 2),
    c=st.integers(1, 2),
    pool=st.integers(1, 3),
    stride=st.integers(1, 3),
    size=st.tuples(st.integers(3, 6), st.integers(3, 6)),
)
@settings(max_examples=15)
def test_max_pooling(seed, n, c, pool, stride, size):
    rng = np.random.default_rng(seed)
    layer = bp.MaxPool2d(pool, stride=stride)
    agree(layer, lambda X: windows(X, pool, stride).max(axis=-1), all_different(rng, (n, c, *size)), rng)


def unrolled_rnn(X, U, W, b):
    h = np.zeros((X.shape[0], W.shape[0]))
    states = []
    for t in range(X.shape[1]):
        h = (X[:, t] @ U + h @ W + b).tanh()
        states.append(h[:, None])
    return concatenate(states, axis=1)


def unrolled_lstm(X, U, W, b):
    n = W.shape[0]
    h = c = np.zeros((X.shape[0], n))
    states = []
    for t in range(X.shape[1]):
        z = X[:, t] @ U + h @ W + b
        i, f, u, o = (z[:, k * n : (k + 1) * n] for k in range(4))
        c = f.sigmoid() * c + i.sigmoid() * u.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h[:, None])
    return concatenate(states, axis=1)


@pytest.mark.parametrize(("kind", "formula"), [(bp.RNN, unrolled_rnn), (bp.LSTM, unrolled_lstm)], ids=["RNN", "LSTM"])
@given(seed=seeds, n=st.integers(1, 3), T=small, d=st.integers(1, 3), h=st.integers(1, 3))
@settings(max_examples=15)
def test_through_time(kind, formula, seed, n, T, d, h):
    rng = np.random.default_rng(seed)
    agree(moved(kind(d, h, returns="all", rng=rng), rng), formula, rng.normal(size=(n, T, d)), rng)


@pytest.mark.parametrize("solver", ["iterate", "anderson", "direct"])
@given(seed=seeds, n=st.integers(1, 3), d=st.integers(1, 3), h=st.integers(1, 3))
@settings(max_examples=10)
def test_a_settling_layer(solver, seed, n, d, h):
    rng = np.random.default_rng(seed)
    layer = bp.FixedPoint(d, h, rng=rng, tol=1e-12, solver=solver)
    layer.W.data[...] *= 0.4 / np.linalg.norm(layer.W.data, 2)
    layer.b.data += rng.normal(size=h)

    def formula(X, U, W, b):
        # 0.4⁶⁰ is 1e-24: the tape of so many steps has all that the settled state has.
        y = np.zeros((X.shape[0], h))
        for _ in range(60):
            y = (y @ W + X @ U + b).tanh()
        return y

    agree(layer, formula, rng.normal(size=(n, d)), rng)


def bce(z, y):
    # log(1 + exp z) − y z, the same as the definition for moderate z
    return ((1 + z.exp()).log() - y * z).mean()


LOSSES = {
    "CrossEntropyLoss": (bp.CrossEntropyLoss, softmax_cross_entropy),
    "CrossEntropyLoss by parts": (
        bp.CrossEntropyLoss,
        lambda z, y: -(z - z.exp().sum(axis=1, keepdims=True).log())[np.arange(len(y)), y].mean(),
    ),
    "BCEWithLogitsLoss": (bp.BCEWithLogitsLoss, bce),
    "MSELoss": (bp.MSELoss, lambda z, y: ((z - y) ** 2).mean()),
    "MAELoss": (bp.MAELoss, lambda z, y: (z - y).abs().mean()),
}


@pytest.mark.parametrize("name", LOSSES)
@given(seed=seeds, n=small, k=small)
@settings(max_examples=20)
def test_losses(name, seed, n, k):
    rng = np.random.default_rng(seed)
    make, formula = LOSSES[name]
    target = rng.integers(0, k, size=n) if name.startswith("Cross") else rng.uniform(0, 1, size=(n, k))
    z = rng.normal(size=(n, k)) if name != "MAELoss" else target + away_from_kinks(rng, (n, k))
    loss = make()
    value = loss.forward(z, target)
    taped, slope = bp.value_and_grad(lambda z: formula(z, target))(z)
    assert value == pytest.approx(taped, rel=1e-12, abs=1e-14)
    grad = loss.backward()
    np.testing.assert_allclose(grad, slope, rtol=1e-10, atol=1e-13)
    measured = bp.numerical_gradient(lambda z: make().forward(z, target), z)
    np.testing.assert_allclose(grad, measured, rtol=1e-5, atol=1e-7)


# The complex step: where a formula has no kink and no |·|, f(x + ih) has the slope in its imaginary part, with no
# difference of nearly equal numbers, so that it is right to the last digits (Squire & Trapp, 1998).


def complex_slopes(f, x, grad, h=1e-30):
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * h
        slopes[index] = (f(moved).imag * grad).sum() / h
    return slopes


SMOOTH = {
    "dense": (F.dense, lambda g, out, X, W, b: F.dense_vjp(g, X, W), lambda n, d, k: [(n, d), (d, k), (k,)]),
    "tanh": (F.tanh, lambda g, out, z: (F.tanh_vjp(g, out),), lambda n, d, k: [(n, d, k)]),
    "sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda g, out, z: (F.sigmoid_vjp(g, out),),
        lambda n, d, k: [(n, d, k)],
    ),
    "softmax": (
        lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
        lambda g, out, z: (F.softmax_vjp(g, out),),
        lambda n, d, k: [(n, d, k)],
    ),
    "mean squared error": (
        lambda x, y: ((x - y) ** 2).mean(),
        lambda g, out, x, y: (g * F.mean_squared_error_grad(x, y),),
        lambda n, d, k: [(n, d), (n, d)],
    ),
    "convolution": (
        lambda X, W, b: F.conv2d(X, W, b.astype(complex), 1, 1),
        lambda g, out, X, W, b: F.conv2d_vjp(g, X, W, 1, 1),
        lambda n, d, k: [(n, d, 3, 4), (k, d, 3, 3), (k,)],
    ),
    "settling step": (
        lambda y, drive, W: F.fixed_point_step(y, drive, W),
        # One step of the adjoint with e = 0 is the error pulled back through one step.
        lambda g, out, y, drive, W: (F.fixed_point_adjoint_step(g, np.zeros_like(g), out, W),),
        lambda n, d, k: [(n, d), (n, d), (d, d)],
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
@given(seed=seeds, n=small, d=small, k=small)
@settings(max_examples=20)
def test_the_complex_step_agrees_to_the_last_digits(name, seed, n, d, k):
    rng = np.random.default_rng(seed)
    value, back, shapes = SMOOTH[name]
    inputs = [rng.normal(size=shape) for shape in shapes(n, d, k)]
    out = value(*inputs)
    grad = rng.normal(size=out.shape)
    for number, derived in enumerate(back(grad, out, *inputs)):

        def of_one(x, number=number):
            return value(*[x if i == number else other for i, other in enumerate(inputs)])

        np.testing.assert_allclose(derived, complex_slopes(of_one, inputs[number], grad), rtol=1e-11, atol=1e-13)


@given(seed=seeds, n=st.integers(1, 2), T=small, d=st.integers(1, 3), h=st.integers(1, 3))
@settings(max_examples=15)
def test_the_complex_step_through_time(seed, n, T, d, h):
    rng = np.random.default_rng(seed)
    inputs = [rng.normal(size=shape) for shape in [(n, T, d), (d, h), (h, h), (h,), (n, h)]]

    def outputs(X, U, W, b, h0):
        z = X @ U + b
        state, states = h0, []
        for t in range(T):
            state = np.tanh(z[:, t] + state @ W)
            states.append(state)
        return np.stack(states, axis=1)

    states = F.rnn(*inputs)
    grad = rng.normal(size=(n, T, h))
    derived = F.rnn_vjp(grad, inputs[0], states, inputs[1], inputs[2])
    for number, slope in enumerate(derived):

        def of_one(x, number=number):
            return outputs(*[x if i == number else other for i, other in enumerate(inputs)])

        np.testing.assert_allclose(slope, complex_slopes(of_one, inputs[number], grad), rtol=1e-11, atol=1e-13)


# A batch of losses is the mean of its samples, for a loss that is a mean over rows.


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "BCEWithLogitsLoss", "MSELoss", "MAELoss"])
@given(seed=seeds, n=st.integers(1, 5), k=small)
@settings(max_examples=15)
def test_the_gradient_of_a_batch_is_the_mean_of_its_samples(name, seed, n, k):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k))
    target = rng.integers(0, k, size=n) if name.startswith("Cross") else rng.uniform(0, 1, size=(n, k))

    def slope(rows):
        loss = LOSSES[name][0]()
        loss.forward(z[rows], target[rows])
        return loss.backward()

    one_by_one = np.concatenate([slope(slice(i, i + 1)) for i in range(n)]) / n
    np.testing.assert_allclose(slope(slice(None)), one_by_one, rtol=1e-12, atol=1e-15)
