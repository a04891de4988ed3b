"""Initial weights have the variance they promise, keep a signal's size, and refuse shapes they cannot read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore.errors import DataError, ShapeError
from bpcore.functional import relu
from bpcore.initializers import draw, glorot, he, orthogonal
from bpcore.layers import Dense


@pytest.mark.parametrize(
    ("init", "shape", "variance"),
    [
        (he, (400, 300), 2 / 400),
        (he, (300, 12, 5, 5), 2 / (12 * 25)),
        (glorot, (400, 200), 2 / 600),
        (glorot, (64, 32, 5, 5), 2 / (25 * 96)),
        (orthogonal, (300, 300), 1 / 300),  # each row has length 1, shared by 300 entries
    ],
)
def test_the_variance_is_the_published_one(init, shape, variance):
    W = init(shape, np.random.default_rng(0))
    assert W.shape == shape
    assert W.var() == pytest.approx(variance, rel=0.02)  # 50,000 draws and more: one standard error is below 0.7%
    assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)


def test_glorot_is_uniform_up_to_its_reach():
    W = glorot((400, 200), np.random.default_rng(0))  # √(6 / 600) = 0.1
    assert 0.0999 < W.max() <= 0.1
    assert -0.1 <= W.min() < -0.0999
    assert (np.abs(W) < 0.05).mean() == pytest.approx(0.5, abs=0.01)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.integers(1, 7))
def test_orthogonal_rows_or_columns(seed, rows, columns):
    W = orthogonal((rows, columns), np.random.default_rng(seed))
    gram = W @ W.T if rows <= columns else W.T @ W
    np.testing.assert_allclose(gram, np.eye(min(rows, columns)), atol=1e-12)


def test_orthogonal_draws_both_signs_alike():
    # A 1 × 1 orthogonal matrix is 1 or −1, and each should come half of the time: 400 draws, ± 50 is five deviations.
    rng = np.random.default_rng(0)
    assert 150 < sum(orthogonal((1, 1), rng).item() > 0 for _ in range(400)) < 250


def test_orthogonal_kernel():
    W = orthogonal((4, 2, 3, 3), np.random.default_rng(0)).reshape(4, 18)
    np.testing.assert_allclose(W @ W.T, np.eye(4), atol=1e-12)


def test_he_keeps_the_signal_through_twenty_layers_of_relu():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 300))
    for _ in range(20):
        X = relu(X @ he((300, 300), rng))
    assert 0.3 < (X**2).mean() < 3  # half that variance would leave a millionth: 2⁻²⁰


def test_a_layer_takes_a_name_or_a_function():
    named = Dense(5, 4, rng=np.random.default_rng(1), init="orthogonal")
    np.testing.assert_array_equal(named.W.data, orthogonal((5, 4), np.random.default_rng(1)))
    given_by_hand = Dense(2, 3, rng=np.random.default_rng(1), init=lambda shape, rng: np.full(shape, 0.5))
    np.testing.assert_array_equal(given_by_hand.W.data, np.full((2, 3), 0.5))


@pytest.mark.parametrize("init", [he, glorot, orthogonal])
def test_what_is_refused(init):
    with pytest.raises(ShapeError, match=r"\(in, out\).*\(3,\)"):
        init((3,), np.random.default_rng(0))
    with pytest.raises(DataError, match="default_rng"):
        init((3, 3), 7)


def test_a_name_that_is_not_known():
    with pytest.raises(DataError, match="orthogonal"):
        draw("xavier", (2, 2), np.random.default_rng(0))


def test_a_function_that_returns_another_shape():
    with pytest.raises(ShapeError, match=r"\(2, 3\), and returned \(3, 2\)"):
        Dense(2, 3, rng=np.random.default_rng(0), init=lambda shape, rng: np.ones((3, 2)))
