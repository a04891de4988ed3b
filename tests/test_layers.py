"""Facts about layers: their gradients are those of finite differences, gradients add up, and misuse is explained."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore.differences import gradcheck
from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.layers import Dense, Layer, ReLU, Sequential, Sigmoid, Tanh
from bpcore.losses import CrossEntropyLoss

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 5)


def network(rng, d=4, hidden=5, k=3, activation=Tanh):
    return Sequential([Dense(d, hidden, rng=rng), activation(), Dense(hidden, k, rng=rng)])


def check_against_finite_differences(layer, X, rng):
    """Compare backward, for the input and every parameter, with the slope of a random projection of the output."""
    g = rng.normal(size=layer.predict(X).shape)
    parameters = layer.parameters()

    def f(X, *values):
        for parameter, value in zip(parameters, values, strict=True):
            parameter.data = value
        value = float((layer.forward(X) * g).sum())
        layer.zero_grad()
        return value, (layer.backward(g), *[parameter.grad.copy() for parameter in parameters])

    report = gradcheck(f, [X, *[parameter.data.copy() for parameter in parameters]])
    assert report.ok, report


@settings(max_examples=30)
@given(seeds, sizes, sizes, sizes, st.sampled_from(["he", "glorot"]))
def test_dense_backward(seed, n, d, k, init):
    rng = np.random.default_rng(seed)
    check_against_finite_differences(Dense(d, k, rng=rng, init=init), rng.normal(size=(n, d)), rng)


@settings(max_examples=30)
@given(seeds, sizes, sizes, sizes, sizes, st.sampled_from([Tanh, Sigmoid]))
def test_sequential_backward(seed, n, d, hidden, k, activation):
    rng = np.random.default_rng(seed)
    check_against_finite_differences(network(rng, d, hidden, k, activation), rng.normal(size=(n, d)), rng)


@settings(max_examples=30)
@given(seeds, sizes, sizes)
def test_relu_backward(seed, n, k):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k))
    z[np.abs(z) < 1e-3] = -0.5
    check_against_finite_differences(ReLU(), z, rng)


def test_a_network_worked_by_hand():
    # x = 2; z = 3x - 1 = 5; a = max(z, 0) = 5; y = -2a + 4 = -6. With dL/dy = 1:
    # dW2 = a = 5, db2 = 1, da = -2, dz = -2 (z > 0), dW1 = x * dz = -4, db1 = -2, dx = 3 * dz = -6.
    rng = np.random.default_rng(0)
    model = Sequential([Dense(1, 1, rng=rng), ReLU(), Dense(1, 1, rng=rng)])
    for parameter, value in zip(model.parameters(), [[[3.0]], [-1.0], [[-2.0]], [4.0]], strict=True):
        parameter.data = np.array(value)
    assert model.forward([[2.0]]).item() == -6
    assert model.backward([[1.0]]).item() == -6
    assert [parameter.grad.item() for parameter in model.parameters()] == [-4, -2, 5, 1]


@given(seeds)
def test_permuting_the_batch_permutes_the_rows_and_leaves_the_parameter_gradients(seed):
    rng = np.random.default_rng(seed)
    model, X, g, order = network(rng), rng.normal(size=(6, 4)), rng.normal(size=(6, 3)), rng.permutation(6)
    output, grad_X = model.forward(X), model.backward(g)
    before = [parameter.grad.copy() for parameter in model.parameters()]
    model.zero_grad()
    np.testing.assert_allclose(model.forward(X[order]), output[order], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(model.backward(g[order]), grad_X[order], rtol=1e-10, atol=1e-12)
    for parameter, grad in zip(model.parameters(), before, strict=True):
        np.testing.assert_allclose(parameter.grad, grad, rtol=1e-9, atol=1e-12)


@given(seeds, st.floats(-3, 3))
def test_backward_is_linear_in_the_incoming_gradient(seed, c):
    rng = np.random.default_rng(seed)
    model, g, h = network(rng), rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    X = rng.normal(size=(5, 4))

    def pull(gradient):
        model.forward(X)
        model.zero_grad()
        return [model.backward(gradient), *[parameter.grad.copy() for parameter in model.parameters()]]

    for both, first, second in zip(pull(g + c * h), pull(g), pull(h), strict=True):
        np.testing.assert_allclose(both, first + c * second, rtol=1e-9, atol=1e-10)


def test_the_gradient_of_a_batch_is_the_mean_of_its_samples():
    rng = np.random.default_rng(0)
    model, loss = network(rng, activation=ReLU), CrossEntropyLoss()
    X, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    for i in range(7):  # the gradients accumulate over the samples
        loss.forward(model.forward(X[i : i + 1]), y[i : i + 1])
        model.backward(loss.backward())
    singles = [parameter.grad / 7 for parameter in model.parameters()]
    model.zero_grad()
    loss.forward(model.forward(X), y)
    model.backward(loss.backward())
    for parameter, single in zip(model.parameters(), singles, strict=True):
        np.testing.assert_allclose(parameter.grad, single, rtol=1e-10, atol=1e-14)


def test_gradients_accumulate_until_emptied():
    rng = np.random.default_rng(0)
    layer = Dense(2, 3, rng=rng)
    X = rng.normal(size=(4, 2))
    layer.forward(X)
    layer.backward(np.ones((4, 3)))
    once = layer.W.grad.copy()
    layer.forward(X)
    layer.backward(np.ones((4, 3)))
    np.testing.assert_allclose(layer.W.grad, 2 * once)
    layer.zero_grad()
    assert not layer.W.grad.any()
    assert not layer.b.grad.any()


def test_predict_leaves_the_remembered_pass_alone():
    rng = np.random.default_rng(0)
    model, X = network(rng), rng.normal(size=(5, 4))
    model.forward(X)
    expected = model.backward(np.ones((5, 3)))
    model.forward(X)
    model.predict(rng.normal(size=(5, 4)))
    np.testing.assert_array_equal(model.backward(np.ones((5, 3))), expected)


def test_initial_weights_have_the_width_they_promise():
    he = Dense(400, 300, rng=np.random.default_rng(0))
    glorot = Dense(400, 200, rng=np.random.default_rng(0), init="glorot")
    assert he.W.data.std() == pytest.approx((2 / 400) ** 0.5, rel=0.01)  # 120,000 draws: ± 0.2%
    assert 0.099 < np.abs(glorot.W.data).max() < 0.1  # √(6 / 600) = 0.1
    assert not he.b.data.any()


def test_the_same_seed_gives_the_same_network():
    first, second = (network(np.random.default_rng(3)).parameters() for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_astype_changes_the_parameters_in_place_and_the_data_follows():
    rng = np.random.default_rng(0)
    model = network(rng)
    parameters = model.parameters()
    assert model.astype("float32") is model
    assert model.parameters() == parameters
    assert all(p.data.dtype == p.grad.dtype == np.float32 for p in parameters)
    assert model.forward(rng.normal(size=(2, 4))).dtype == np.float32
    assert model.backward(np.ones((2, 3), np.float32)).dtype == np.float32
    with pytest.raises(DataError, match="float32"):
        model.astype(int)


def test_repr_shows_shapes_and_counts():
    text = repr(Sequential([Dense(64, 32, rng=np.random.default_rng(0)), ReLU()]))
    assert "2 layers, 2,080 parameters, float64" in text  # 64 * 32 + 32
    assert "Dense(64, 32)  (N, 32)" in text


@pytest.mark.parametrize("make", [lambda rng: Dense(2, 2, rng=rng), lambda rng: Tanh(), network])
def test_backward_before_forward(make):
    with pytest.raises(OrderError, match="before forward"):
        make(np.random.default_rng(0)).backward(np.ones((1, 2)))


@pytest.mark.parametrize(
    ("X", "hint"),
    [(np.ones(4), r"X\[None, :\]"), (np.ones((4, 5)), r"\(N, 4\) and got \(N, 5\)"), (np.ones((2, 2, 2)), "flatten")],
)
def test_a_batch_of_the_wrong_shape(X, hint):
    with pytest.raises(ShapeError, match=hint):
        Dense(4, 3, rng=np.random.default_rng(0)).forward(X)


def test_a_gradient_of_the_wrong_shape():
    model = network(np.random.default_rng(0))
    model.forward(np.ones((2, 4)))
    with pytest.raises(ShapeError, match=r"\(3, 3\).*\(2, 3\)"):
        model.backward(np.ones((3, 3)))


def test_layers_that_do_not_fit_are_refused_when_the_network_is_built():
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError, match=r"Layer 2 .*Dense\(32, 10\).*\(N, 64\)"):
        Sequential([Dense(8, 64, rng=rng), ReLU(), Dense(32, 10, rng=rng)])


def test_what_is_not_a_network_is_refused():
    layer = Dense(2, 2, rng=np.random.default_rng(0))
    with pytest.raises(DataError, match="no layers"):
        Sequential([])
    with pytest.raises(DataError, match="brackets"):
        Sequential([layer, ReLU])
    with pytest.raises(DataError, match="twice"):
        Sequential([layer, layer])


@pytest.mark.parametrize("rng", [None, 0, np.random])
def test_chance_must_be_a_generator(rng):
    with pytest.raises(DataError, match="default_rng"):
        Dense(2, 2, rng=rng)


@pytest.mark.parametrize(("sizes", "init"), [((0, 2), "he"), ((2, 2.0), "he"), ((2, 2), "zeros")])
def test_bad_sizes_and_inits(sizes, init):
    with pytest.raises(DataError, match=r"whole numbers|not known"):
        Dense(*sizes, rng=np.random.default_rng(0), init=init)


def test_a_new_layer_says_what_it_lacks():
    with pytest.raises(NotImplementedError, match="compute"):
        Layer().forward(np.ones(2))
