"""Dropout keeps the mean and is silent in predict; residual paths add up; the newer activations have their slopes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_layers import check_against_finite_differences

from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.layers import Add, Conv2d, Dense, Dropout, LeakyReLU, Sequential, Softmax, Tanh

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 5)


@given(st.sampled_from([0.0, 0.2, 0.5, 0.9]), seeds)
def test_dropout_drops_a_share_and_keeps_the_mean(p, seed):
    a = Dropout(p, rng=np.random.default_rng(seed)).forward(np.full((100, 200), 3.0))
    kept = a != 0
    # 20,000 draws: six standard deviations on each side.
    assert kept.mean() == pytest.approx(1 - p, abs=6 * np.sqrt(p * (1 - p) / 20_000))
    np.testing.assert_allclose(a[kept], 3 / (1 - p))
    assert a.mean() == pytest.approx(3, abs=18 * np.sqrt(p / (1 - p) / 20_000))


def test_predict_drops_nothing_and_draws_nothing():
    rng = np.random.default_rng(0)
    layer, X = Dropout(0.5, rng=rng), np.arange(6.0).reshape(2, 3)
    before = rng.bit_generator.state
    np.testing.assert_array_equal(layer.predict(X), X)
    np.testing.assert_array_equal(Sequential([layer]).predict(X), X)
    assert rng.bit_generator.state == before


def test_backward_uses_the_mask_of_forward():
    layer = Dropout(0.5, rng=np.random.default_rng(0))
    first, second = (layer.forward(np.ones((20, 20))) for _ in range(2))
    assert (first != second).any()
    layer.predict(np.ones((20, 20)))
    # On ones, the output is the mask itself: 0 or 2.
    np.testing.assert_array_equal(layer.backward(np.full((20, 20), 3.0)), 3 * second)


@settings(max_examples=20)
@given(seeds, sizes, sizes)
def test_dropout_backward(seed, n, k):
    class Frozen(Dropout):
        """Draws the same mask for each forward, and predicts with it, so that there is one function to derive."""

        def compute(self, X):
            self.rng = np.random.default_rng(seed)
            return super().compute(X)

        def predict(self, X):
            return self.compute(X)[0]

    rng = np.random.default_rng(seed)
    check_against_finite_differences(Frozen(0.4, rng=rng), rng.normal(size=(n, k)), rng)


def test_dropout_sees_the_same_masks_in_float32():
    X = np.ones((4, 5))
    wide, narrow = (Dropout(0.5, rng=np.random.default_rng(0)).forward(X.astype(t)) for t in ("float64", "float32"))
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(wide, narrow)


@pytest.mark.parametrize("p", [-0.1, 1, float("nan")])
def test_a_share_that_cannot_be_dropped(p):
    with pytest.raises(DataError, match="below 1"):
        Dropout(p, rng=np.random.default_rng(0))


def test_dropout_needs_a_generator():
    with pytest.raises(DataError, match="default_rng"):
        Dropout(0.5, rng=None)


@settings(max_examples=20)
@given(seeds, sizes, sizes, st.sampled_from([0.0, 0.01, 0.3]))
def test_leaky_relu_backward(seed, n, k, slope):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k))
    z[np.abs(z) < 1e-3] = -0.5
    check_against_finite_differences(LeakyReLU(slope), z, rng)


def test_leaky_relu_by_hand():
    layer = LeakyReLU(0.1)
    np.testing.assert_allclose(layer.forward(np.array([[-2.0, 0.0, 3.0]])), [[-0.2, 0, 3]])
    np.testing.assert_allclose(layer.backward(np.array([[5.0, 5.0, 5.0]])), [[0.5, 0.5, 5]])
    assert layer.forward(np.ones((1, 1), np.float32)).dtype == np.float32
    with pytest.raises(DataError, match="slope"):
        LeakyReLU(-1)


@settings(max_examples=20)
@given(seeds, sizes, sizes)
def test_softmax_backward(seed, n, k):
    rng = np.random.default_rng(seed)
    check_against_finite_differences(Softmax(), rng.normal(size=(n, k)) * 2, rng)


def test_softmax_is_right_at_900():
    layer = Softmax()
    np.testing.assert_array_equal(layer.forward(np.array([[900.0, 0, -900]])), [[1, 0, 0]])
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 2, 3]])), [[0, 0, 0]])


@given(seeds)
def test_softmax_gradients_of_a_row_sum_to_zero(seed):
    # A shift of the whole row changes nothing, so the derivative along it is 0.
    rng = np.random.default_rng(seed)
    layer = Softmax()
    layer.forward(rng.normal(size=(4, 5)) * 5)
    np.testing.assert_allclose(layer.backward(rng.normal(size=(4, 5))).sum(axis=1), 0, atol=1e-12)


@settings(max_examples=20)
@given(seeds, sizes, sizes)
def test_add_backward(seed, n, d):
    rng = np.random.default_rng(seed)
    inner = Sequential([Dense(d, 3, rng=rng), Tanh(), Dense(3, d, rng=rng)])
    check_against_finite_differences(Sequential([Add(inner), Tanh(), Add(Tanh())]), rng.normal(size=(n, d)), rng)


def test_two_paths_add_up():
    # y = x + 3x = 4x at x = 2: y = 8; dx = g + 3g = 20 for g = 5; dw = x g = 10.
    inner = Dense(1, 1, rng=np.random.default_rng(0))
    inner.W.data[...] = 3
    layer = Add(inner)
    assert layer.forward([[2.0]]).item() == layer.predict([[2.0]]).item() == 8
    assert layer.backward(np.array([[5.0]])).item() == 20
    assert inner.W.grad.item() == 10


def test_the_gradient_passes_by_a_layer_that_gives_none():
    inner = Dense(3, 3, rng=np.random.default_rng(0), init=lambda shape, rng: np.zeros(shape))
    layer, g = Add(inner), np.arange(3.0)[None]
    layer.forward(np.ones((1, 3)))
    np.testing.assert_array_equal(layer.backward(g), g)


def test_add_is_one_layer_to_the_outside():
    rng = np.random.default_rng(0)
    layer = Add(Sequential([Dense(2, 2, rng=rng), Tanh()])).astype("float32")
    assert repr(layer) == "Add(Dense(2, 2), Tanh())"
    assert layer.forward(np.ones((1, 2))).dtype == np.float32
    assert len(layer.parameters()) == 2
    with pytest.raises(OrderError, match="before forward"):
        Add(Tanh()).backward(np.ones((1, 1)))


def test_add_refuses_a_change_of_shape():
    rng = np.random.default_rng(0)
    # (4, 2) + (4, 1) would be stretched by numpy without a word.
    with pytest.raises(ShapeError, match=r"\(4, 2\).*\(4, 1\)"):
        Add(Dense(2, 1, rng=rng)).forward(np.ones((4, 2)))
    with pytest.raises(ShapeError, match=r"Layer 1 .*keeps the shape"):
        Sequential([Dense(3, 2, rng=rng), Add(Dense(2, 1, rng=rng))])
    with pytest.raises(ShapeError, match="padding"):
        Add(Conv2d(1, 1, 3, rng=rng)).forward(np.ones((1, 1, 5, 5)))
    with pytest.raises(DataError, match="one layer"):
        Add([Tanh()])


def test_one_layer_in_two_places_is_found_inside_others_too():
    layer = Dense(2, 2, rng=np.random.default_rng(0))
    for nested in (Add(layer), Sequential([layer]), Sequential([Add(Sequential([layer]))])):
        with pytest.raises(DataError, match="twice"):
            Sequential([layer, Tanh(), nested])
