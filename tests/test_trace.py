"""What a network shows at one moment: our numbers, or the learner's, and a word on where theirs fail."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import bpcore as bp
from bpcore.differences import numerical_gradient
from bpcore.errors import DataError
from bpcore.exercises import catalogue
from bpcore.trace import Functions, arrays_of, sizes_of, trace_along, trace_look, trace_pass

forward, backward = catalogue["feedforward.forward"].reference, catalogue["backprop.backward"].reference


def network(*sizes: int, kind: type = bp.ReLU, seed: int = 0) -> bp.Sequential:
    rng = np.random.default_rng(seed)
    layers = []
    for a, b in pairwise(sizes):
        layers += [bp.Dense(a, b, rng=rng, init="glorot"), kind()]
    return bp.Sequential(layers[:-1])


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    return bp.make_moons(40, rng=np.random.default_rng(1))


@pytest.mark.parametrize("outputs", [1, 2])
def test_the_gradients_are_those_of_finite_differences(data, outputs):
    model = network(2, 3, 4, outputs, kind=bp.Tanh)
    passed = trace_pass(model, *data)
    for array, gradient in zip(arrays_of(model), passed.gradients, strict=True):

        def loss(values, array=array):
            kept = array.copy()
            array[...] = values
            value = trace_pass(model, *data).loss
            array[...] = kept
            return value

        np.testing.assert_allclose(gradient, numerical_gradient(loss, array.copy()), atol=1e-8)


def test_a_look_agrees_with_the_loss(data):
    X, y = data
    model = network(2, 5, 1, kind=bp.Tanh)
    look = trace_look(model, X)
    assert [a.shape for a in look.hidden] == [(40, 5)]
    cross_entropy = -np.log(np.where(y == 1, look.field, 1 - look.field)).mean()
    assert trace_pass(model, X, y).loss == pytest.approx(cross_entropy, rel=1e-12)


@pytest.mark.parametrize("index", [0, 7, 8, 9, 20])
def test_along_a_weight_the_loss_has_the_slope_of_its_gradient(data, index):
    model = network(2, 4, 2, kind=bp.Tanh)
    before = [a.copy() for a in arrays_of(model)]
    value = np.concatenate([a.ravel() for a in before])[index]
    h = 1e-5
    low, here, high = trace_along(model, *data, index, np.array([value - h, value, value + h]))
    passed = trace_pass(model, *data)
    assert here == pytest.approx(passed.loss)
    assert (high - low) / (2 * h) == pytest.approx(
        np.concatenate([g.ravel() for g in passed.gradients])[index], abs=1e-8
    )
    for a, b in zip(arrays_of(model), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_answers_of_the_course_are_taken_as_they_are(data):
    model = network(2, 5, 3, 2)
    passed = trace_pass(model, *data, Functions(forward, backward))
    ours = trace_pass(model, *data)
    assert passed.complaints == ()
    assert passed.loss == pytest.approx(ours.loss)
    for mine, theirs in zip(ours.gradients, passed.gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
    look = trace_look(model, data[0], Functions(forward))
    np.testing.assert_allclose(look.hidden[1], trace_look(model, data[0]).hidden[1])


def test_one_that_raises_is_named_with_its_line_and_ours_goes_on(data):
    def forward(params, X):
        return X @ params[1], None

    model = network(2, 3, 2)
    passed = trace_pass(model, *data, Functions(forward))
    (complaint,) = passed.complaints
    assert complaint.function == "forward"
    assert complaint.text.startswith("ValueError: matmul")
    assert "return X @ params[1], None" in complaint.text
    assert not complaint.used
    assert passed.loss == trace_pass(model, *data).loss


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (lambda params, X, y: params[:-1], "should return 6 gradients, dW1, db1, dW2, db2, dW3, db3, and returned 5"),
        (lambda params, X, y: None, "returned NoneType"),
        (lambda params, X, y: [p.T for p in params], "dW1 should have the shape (2, 5), and has (5, 2)"),
        (lambda params, X, y: {"dW1": params[0]}, "its dict has no 'db1'; it has 'dW1'"),
        (lambda params, X, y: [p * np.nan for p in params], "dW1 has entries that are NaN"),
        (lambda params, X, y: [p.astype(str) for p in params], "dW1 should hold numbers"),
    ],
)
def test_a_gradient_of_another_kind_is_told_by_its_name(data, answer, text):
    model = network(2, 5, 3, 2)
    passed = trace_pass(model, *data, Functions(backward=answer))
    assert text in passed.complaints[0].text
    np.testing.assert_array_equal(passed.gradients[0], trace_pass(model, *data).gradients[0])


def test_a_wrong_gradient_of_the_right_shape_is_used_and_told(data):
    def averaged_again(*args):
        stages = backward(*args)
        return stages | {"dW2": stages["dW2"] / 40}

    model = network(2, 5, 3, 2)
    passed = trace_pass(model, *data, Functions(backward=averaged_again))
    (complaint,) = passed.complaints
    assert complaint.used
    assert complaint.text.startswith("dW2 differs from ours")
    np.testing.assert_allclose(passed.gradients[2] * 40, trace_pass(model, *data).gradients[2])


def test_what_they_write_into_their_arguments_stays_there(data):
    def spoil(params, X, labels):
        for p in params:
            p[...] = 0
        return params

    model = network(2, 3, 2)
    before = arrays_of(model)[0].copy()
    trace_pass(model, *data, Functions(backward=spoil))
    np.testing.assert_array_equal(arrays_of(model)[0], before)


def test_only_what_can_be_drawn_is_taken():
    rng = np.random.default_rng(0)
    assert sizes_of(network(2, 4, 3, 1)) == [2, 4, 3, 1]
    for layers in (
        [bp.Tanh()],
        [bp.Dense(2, 3, rng=rng), bp.Dense(3, 1, rng=rng)],
        [bp.Dense(2, 1, rng=rng), bp.Tanh()],
    ):
        with pytest.raises(DataError, match=r"Dense, activation, Dense"):
            sizes_of(bp.Sequential(layers))
    mixed = [bp.Dense(2, 3, rng=rng), bp.Tanh(), bp.Dense(3, 3, rng=rng), bp.ReLU(), bp.Dense(3, 1, rng=rng)]
    with pytest.raises(DataError, match="one kind"):
        sizes_of(bp.Sequential(mixed))
