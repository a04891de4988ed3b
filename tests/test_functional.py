"""Facts about the primitives: values where it is hard to be right, and derivatives against finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore import functional as F
from bpcore.differences import gradcheck

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def test_dense_worked_by_hand():
    # One sample x = (1, 2), W = [[1, 0, -1], [2, 1, 0]], b = (0, 1, 10).
    # z = (1*1 + 2*2 + 0, 1*0 + 2*1 + 1, 1*-1 + 2*0 + 10) = (5, 3, 9).
    # With g = (1, 0, 2): dx = (1*1 + 0*0 + 2*-1, 1*2 + 0*1 + 2*0) = (-1, 2);
    # dW[i, j] = x[i] g[j] = [[1, 0, 2], [2, 0, 4]]; db = g.
    X, W, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0, -1], [2, 1, 0]]), np.array([0.0, 1, 10])
    np.testing.assert_array_equal(F.dense(X, W, b), [[5, 3, 9]])
    grad_X, grad_W, grad_b = F.dense_vjp(np.array([[1.0, 0, 2]]), X, W)
    np.testing.assert_array_equal(grad_X, [[-1, 2]])
    np.testing.assert_array_equal(grad_W, [[1, 0, 2], [2, 0, 4]])
    np.testing.assert_array_equal(grad_b, [1, 0, 2])


@given(seeds, sizes, sizes, sizes)
def test_dense_derivative(seed, n, d, k):
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(n, k))

    def f(X, W, b):
        return float((F.dense(X, W, b) * g).sum()), F.dense_vjp(g, X, W)

    report = gradcheck(f, [rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k)])
    assert report.ok, report


@pytest.mark.parametrize(
    ("value", "vjp", "takes"),
    [(F.relu, F.relu_vjp, "z"), (F.tanh, F.tanh_vjp, "a"), (F.sigmoid, F.sigmoid_vjp, "a")],
)
@given(seed=seeds, n=sizes, k=sizes)
def test_activation_derivative(value, vjp, takes, seed, n, k):
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(n, k))
    z = rng.normal(size=(n, k))
    z[np.abs(z) < 1e-3] = 0.5  # away from the kink of relu

    def f(z):
        a = value(z)
        return float((a * g).sum()), vjp(g, z if takes == "z" else a)

    report = gradcheck(f, z)
    assert report.ok, report


def test_relu_has_slope_zero_at_zero():
    np.testing.assert_array_equal(F.relu_vjp(np.ones(3), np.array([-1.0, 0.0, 2.0])), [0, 0, 1])


def test_sigmoid_is_right_where_exp_overflows():
    z = np.array([-900.0, -700.0, -40.0, 0.0, 40.0, 900.0])
    # For z far below 0, 1 / (1 + exp(-z)) = exp(z) to the last digit; at -900 that is below the smallest float.
    expected = [0.0, np.exp(-700.0), np.exp(-40.0), 0.5, 1.0, 1.0]
    np.testing.assert_allclose(F.sigmoid(z), expected, rtol=1e-15)
    np.testing.assert_array_equal(F.sigmoid_vjp(np.ones(2), F.sigmoid(np.array([-900.0, 900.0]))), [0, 0])


@given(seeds, st.floats(-1000, 1000))
def test_sigmoid_is_symmetric(seed, reach):
    z = np.random.default_rng(seed).uniform(-1, 1, 5) * reach
    np.testing.assert_allclose(F.sigmoid(z) + F.sigmoid(-z), 1, rtol=1e-12)


@given(seeds, sizes, sizes, st.floats(-1e3, 1e3))
def test_softmax_is_a_distribution_and_ignores_a_shift(seed, n, k, shift):
    logits = np.random.default_rng(seed).normal(size=(n, k)) * 3
    p = F.softmax(logits)
    assert (p > 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(F.softmax(logits + shift), p, rtol=1e-9)
    np.testing.assert_allclose(F.log_softmax(logits + shift), np.log(p), rtol=1e-9, atol=1e-11)


def test_softmax_is_right_at_900():
    logits = np.array([[900.0, 0.0, -900.0]])
    np.testing.assert_array_equal(F.softmax(logits), [[1, 0, 0]])
    np.testing.assert_array_equal(F.log_softmax(logits), [[0, -900, -1800]])
    assert F.softmax_cross_entropy(logits, np.array([2])) == 1800


def test_cross_entropy_worked_by_hand():
    # logits (0, log 3): softmax = (1/4, 3/4). Row 0 has label 1: -log(3/4); row 1 has label 0: -log(1/4).
    # The mean is (log(4/3) + log 4) / 2. The gradient is (p - onehot) / 2: (1/4, -1/4)/2 and (-3/4, 3/4)/2.
    logits = np.log([[1.0, 3.0], [1.0, 3.0]])
    labels = np.array([1, 0])
    assert F.softmax_cross_entropy(logits, labels) == pytest.approx((np.log(4 / 3) + np.log(4)) / 2)
    np.testing.assert_allclose(F.softmax_cross_entropy_grad(logits, labels), [[1 / 8, -1 / 8], [-3 / 8, 3 / 8]])


@given(seeds, sizes, sizes)
def test_cross_entropy_derivative(seed, n, k):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    f = lambda z: (F.softmax_cross_entropy(z, labels), F.softmax_cross_entropy_grad(z, labels))  # noqa: E731
    report = gradcheck(f, rng.normal(size=(n, k)) * 2)
    assert report.ok, report


def test_mean_squared_error_is_a_mean_over_every_entry():
    # Differences (1, 0, 2) and (0, 0, 1): squares sum to 6, over 6 entries: 1. The gradient is 2/6 of each difference.
    prediction, target = np.array([[1.0, 0, 2], [0, 0, 1]]), np.zeros((2, 3))
    assert F.mean_squared_error(prediction, target) == 1
    np.testing.assert_allclose(F.mean_squared_error_grad(prediction, target), prediction / 3)


@given(seeds, sizes, sizes)
def test_mean_squared_error_derivative(seed, n, k):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, k))
    f = lambda p: (F.mean_squared_error(p, y), F.mean_squared_error_grad(p, y))  # noqa: E731
    report = gradcheck(f, rng.normal(size=(n, k)))
    assert report.ok, report


@given(seeds, sizes, sizes, st.sampled_from(["absolute", "sigmoid"]))
def test_other_losses_derivative(seed, n, k, kind):
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=(n, k)) * 2, rng.uniform(0, 1, (n, k))
    if kind == "absolute":
        z[np.abs(z - y) < 1e-3] += 0.5  # away from the kink
        f = lambda z: (F.mean_absolute_error(z, y), F.mean_absolute_error_grad(z, y))  # noqa: E731
    else:
        f = lambda z: (F.sigmoid_cross_entropy(z, y), F.sigmoid_cross_entropy_grad(z, y))  # noqa: E731
    report = gradcheck(f, z)
    assert report.ok, report


@given(seeds, sizes)
def test_a_question_of_yes_or_no_is_one_of_two_classes(seed, n):
    # σ(z) = softmax((0, z))[1], so the two cross-entropies are one.
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=n) * 10, rng.integers(0, 2, n)
    two = np.stack([np.zeros(n), z], axis=1)
    assert F.sigmoid_cross_entropy(z, y) == pytest.approx(F.softmax_cross_entropy(two, y), rel=1e-10, abs=1e-14)
    one_grad = F.sigmoid_cross_entropy_grad(z, y)
    np.testing.assert_allclose(one_grad, F.softmax_cross_entropy_grad(two, y)[:, 1], atol=1e-14)


@pytest.mark.parametrize("value", [F.relu, F.leaky_relu, F.tanh, F.sigmoid, F.softmax, F.log_softmax])
def test_float32_stays_float32(value):
    assert value(np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)).dtype == np.float32


def test_gradients_of_losses_stay_float32():
    z = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)
    assert F.softmax_cross_entropy_grad(z, np.array([0, 2])).dtype == np.float32
    assert F.mean_squared_error_grad(z, z).dtype == np.float32
    assert F.mean_absolute_error_grad(z, z).dtype == np.float32
    assert F.sigmoid_cross_entropy_grad(z, np.abs(z) / 2).dtype == np.float32
