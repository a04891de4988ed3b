"""The image layers agree with a plain loop and with finite differences, and explain images that do not fit."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_layers import check_against_finite_differences

from bpcore import functional as F
from bpcore.datasets import load_digits
from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.layers import Add, Conv2d, Dense, Flatten, MaxPool2d, ReLU, Sequential
from bpcore.losses import CrossEntropyLoss
from bpcore.optim import Adam
from bpcore.training import accuracy, train

seeds = st.integers(0, 2**32 - 1)
small = st.integers(1, 3)
images = st.integers(1, 6)


def conv_by_loop(X, W, b, stride, padding):
    """The definition, one output at a time."""
    X = np.pad(X, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    k = W.shape[2]
    rows, columns = ((size - k) // stride + 1 for size in X.shape[2:])
    z = np.empty((len(X), len(W), rows, columns))
    for n, c, i, j in np.ndindex(z.shape):
        window = X[n, :, i * stride : i * stride + k, j * stride : j * stride + k]
        z[n, c, i, j] = (window * W[c]).sum() + b[c]
    return z


@settings(max_examples=60)
@given(seeds, small, small, small, small, images, images, small, st.integers(0, 2))
def test_convolution_is_the_loop(seed, n, c_in, c_out, k, height, width, stride, padding):
    assume(min(height, width) + 2 * padding >= k)
    rng = np.random.default_rng(seed)
    X, W, b = rng.normal(size=(n, c_in, height, width)), rng.normal(size=(c_out, c_in, k, k)), rng.normal(size=c_out)
    z = F.conv2d(X, W, b, stride, padding)
    np.testing.assert_allclose(z, conv_by_loop(X, W, b, stride, padding), rtol=1e-10, atol=1e-12)


def test_convolution_worked_by_hand():
    # One image [[1, 2, 3], [4, 5, 6], [7, 8, 9]], kernel [[1, 0], [0, -1]], b = 10: each output is a step down the
    # diagonal, 1 - 5 = 2 - 6 = 4 - 8 = 5 - 9 = -4, plus 10. With g = [[1, 0], [0, 2]]:
    # dW = 1 · [[1, 2], [4, 5]] + 2 · [[5, 6], [8, 9]] = [[11, 14], [20, 23]]; db = 3;
    # dX has the kernel at (0, 0) and twice the kernel at (1, 1): [[1, 0, 0], [0, -1 + 2, 0], [0, 0, -2]].
    X, W = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.array([[[[1.0, 0], [0, -1]]]])
    np.testing.assert_array_equal(F.conv2d(X, W, np.array([10.0])), np.full((1, 1, 2, 2), 6))
    grad_X, grad_W, grad_b = F.conv2d_vjp(np.array([[[[1.0, 0], [0, 2]]]]), X, W)
    np.testing.assert_array_equal(grad_X[0, 0], [[1, 0, 0], [0, 1, 0], [0, 0, -2]])
    np.testing.assert_array_equal(grad_W[0, 0], [[11, 14], [20, 23]])
    np.testing.assert_array_equal(grad_b, [3])


@settings(max_examples=30)
@given(seeds, small, small, small, small, st.integers(1, 4), st.integers(1, 4), small, st.integers(0, 1))
def test_conv_backward(seed, n, c_in, c_out, k, height, width, stride, padding):
    assume(min(height, width) + 2 * padding >= k)
    rng = np.random.default_rng(seed)
    layer = Conv2d(c_in, c_out, k, stride, padding, rng=rng)
    layer.b.data[...] = rng.normal(size=c_out)
    check_against_finite_differences(layer, rng.normal(size=(n, c_in, height, width)), rng)


@settings(max_examples=30)
@given(seeds, small, small, st.integers(3, 6), st.integers(3, 6), small, small)
def test_max_pool_is_the_loop_and_its_backward_too(seed, n, c, height, width, size, stride):
    rng = np.random.default_rng(seed)
    # Distinct whole numbers, so that no tie lies within the step of the finite differences.
    X = rng.permutation(n * c * height * width).reshape(n, c, height, width).astype(float)
    layer = MaxPool2d(size, stride)
    z = layer.predict(X)
    for i, j in np.ndindex(z.shape[2:]):
        window = X[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
        np.testing.assert_array_equal(z[:, :, i, j], window.max(axis=(2, 3)))
    assert z.shape[2:] == ((height - size) // stride + 1, (width - size) // stride + 1)
    check_against_finite_differences(layer, X, rng)


def test_of_equal_entries_the_first_gets_the_gradient():
    X = np.array([[[[0.0, 5, 0, 0], [5, 5, 0, 0]]]])
    layer = MaxPool2d(2)
    layer.forward(X)
    np.testing.assert_array_equal(layer.backward(np.array([[[[3.0, 7]]]]))[0, 0], [[0, 3, 7, 0], [0, 0, 0, 0]])


@given(seeds, st.integers(0, 3))
def test_pooling_shares_out_all_of_the_gradient_even_among_equals(seed, values):
    rng = np.random.default_rng(seed)
    X, g = rng.integers(0, values + 1, (2, 3, 4, 6)).astype(float), rng.normal(size=(2, 3, 2, 3))
    layer = MaxPool2d(2)
    layer.forward(X)
    assert layer.backward(g).sum() == pytest.approx(g.sum(), abs=1e-12)


def test_flatten_and_back():
    X = np.arange(24.0).reshape(2, 3, 2, 2)
    layer = Flatten()
    np.testing.assert_array_equal(layer.forward(X), np.arange(24).reshape(2, 12))
    np.testing.assert_array_equal(layer.backward(np.arange(24).reshape(2, 12)), X)
    assert layer.predict(X[:0]).shape == (0, 12)


@given(seeds)
def test_a_shifted_image_gives_a_shifted_map(seed):
    rng = np.random.default_rng(seed)
    layer, image = Conv2d(2, 3, 3, rng=rng), rng.normal(size=(1, 2, 7, 7))
    np.testing.assert_allclose(
        layer.predict(image[:, :, 1:, 2:]), layer.predict(image)[:, :, 1:, 2:], rtol=1e-10, atol=1e-12
    )


@settings(max_examples=10)
@given(seeds)
def test_a_network_of_all_the_image_layers(seed):
    rng = np.random.default_rng(seed)
    model = Sequential(
        [
            Conv2d(2, 3, 3, padding=1, rng=rng),
            Add(Conv2d(3, 3, 3, padding=1, rng=rng)),
            MaxPool2d(2),
            Conv2d(3, 2, 2, stride=2, rng=rng),
            Flatten(),
            Dense(2, 3, rng=rng),
        ]
    )
    check_against_finite_differences(model, rng.normal(size=(2, 2, 4, 5)), rng)


def test_a_small_network_reads_digits():
    rng = np.random.default_rng(0)
    X_train, y_train, X_test, y_test = load_digits(split=True, rng=rng)
    model = Sequential(
        [Conv2d(1, 8, 3, rng=rng), ReLU(), MaxPool2d(2), Flatten(), Dense(8 * 3 * 3, 10, rng=rng)]
    ).astype("float32")
    optimizer = Adam(model.parameters(), lr=1e-2)
    X_train, X_test = (X.reshape(-1, 1, 8, 8) for X in (X_train, X_test))
    train(model, CrossEntropyLoss(), optimizer, X_train, y_train, epochs=4, batch_size=32, rng=rng)
    assert accuracy(model, X_test, y_test) > 0.9


def test_shapes_parameters_and_names():
    rng = np.random.default_rng(0)
    layer = Conv2d(1, 8, 5, stride=2, padding=2, rng=rng)
    assert [p.data.shape for p in layer.parameters()] == [(8, 1, 5, 5), (8,)]
    assert layer.output_shape((1, 28, 28)) == layer.predict(np.zeros((3, 1, 28, 28))).shape[1:] == (8, 14, 14)
    assert MaxPool2d(3, 2).output_shape((8, 14, 14)) == (8, 6, 6)
    assert Flatten().output_shape((8, 6, 6)) == (288,)
    assert [repr(x) for x in (layer, MaxPool2d(2), MaxPool2d(3, 2))] == [
        "Conv2d(1, 8, 5, stride=2, padding=2)",
        "MaxPool2d(2)",
        "MaxPool2d(3, 2)",
    ]
    assert layer.astype("float32").forward(np.zeros((2, 1, 8, 8))).dtype == np.float32
    assert layer.backward(np.ones((2, 8, 4, 4), np.float32)).dtype == np.float32
    assert layer.W.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((5, 64), r"reshape\(len\(X\), 1, 8, 8\)"),
        ((5, 8, 8), r"X\[:, None\]"),
        ((5, 8, 8, 3), r"transpose\(0, 3, 1, 2\)"),
        ((5, 4, 8, 8), "number of channels"),
        ((5, 3, 2, 8), "window of 3 × 3 does not fit on an image of 2 × 8"),
    ],
)
def test_images_of_the_wrong_shape(shape, hint):
    with pytest.raises(ShapeError, match=hint):
        Conv2d(3, 2, 3, rng=np.random.default_rng(0)).forward(np.zeros(shape))


def test_what_else_does_not_fit():
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError, match="2 × 2 does not fit"):
        MaxPool2d(2).forward(np.zeros((1, 1, 1, 5)))
    with pytest.raises(ShapeError, match="images"):
        MaxPool2d(2).forward(np.zeros((4, 9)))
    with pytest.raises(ShapeError, match="batch"):
        Flatten().forward(np.zeros(3))
    with pytest.raises(ShapeError, match=r"Layer 1 .*Conv2d\(1, 2, 3\)"):
        Sequential([Dense(4, 64, rng=rng), Conv2d(1, 2, 3, rng=rng)])
    with pytest.raises(ShapeError, match="before Flatten"):
        Sequential([Dense(4, 64, rng=rng), MaxPool2d(2)])
    with pytest.raises(OrderError, match="before forward"):
        Conv2d(1, 1, 1, rng=rng).backward(np.zeros((1, 1, 1, 1)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda rng: Conv2d(0, 1, 3, rng=rng), "c_in=0"),
        (lambda rng: Conv2d(1, 1.0, 3, rng=rng), "c_out=1.0"),
        (lambda rng: Conv2d(1, 1, (3, 3), rng=rng), r"kernel=\(3, 3\)"),
        (lambda rng: Conv2d(1, 1, 3, stride=0, rng=rng), "stride=0"),
        (lambda rng: Conv2d(1, 1, 3, padding=-1, rng=rng), "padding=-1"),
        (lambda rng: Conv2d(1, 1, 3, rng=3), r"default_rng\(3\)"),
        (lambda rng: Conv2d(1, 1, 3, rng=rng, init="zeros"), "not known"),
        (lambda rng: MaxPool2d(True), "size=True"),
        (lambda rng: MaxPool2d(2, 0), "stride=0"),
    ],
)
def test_settings_that_cannot_work(make, message):
    with pytest.raises(DataError, match=message):
        make(np.random.default_rng(0))
