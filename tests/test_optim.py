"""The optimizers take the steps that their formulas say, worked by hand where that can be done."""

import numpy as np
import pytest

from bpcore.errors import DataError
from bpcore.layers import Dense, Parameter
from bpcore.optim import SGD, Adam


def parameter(*values):
    return Parameter(np.array(values, dtype=float))


def steps(optimizer, p, grads):
    """The values of p after each of the given gradients."""
    path = []
    for grad in grads:
        p.grad[...] = grad
        optimizer.step()
        path.append(p.data.copy())
    return np.array(path).squeeze()


def test_sgd_is_one_step_down_the_gradient():
    p = parameter(1.0, -2.0)
    np.testing.assert_allclose(steps(SGD([p], lr=0.1), p, [[10.0, -5.0]]), [0.0, -1.5])


def test_momentum_by_hand():
    # momentum 0.5, lr 1, gradient always 1, from 0. v = 1, 1.5, 1.75; the place is minus their running sum.
    p = parameter(0.0)
    np.testing.assert_allclose(steps(SGD([p], lr=1, momentum=0.5), p, [1, 1, 1]), [-1, -2.5, -4.25])


def test_nesterov_by_hand():
    # The same v, but each step is g + 0.5 v = 1.5, 1.75, 1.875.
    p = parameter(0.0)
    np.testing.assert_allclose(steps(SGD([p], lr=1, momentum=0.5, nesterov=True), p, [1, 1, 1]), [-1.5, -3.25, -5.125])


def test_weight_decay_by_hand():
    # From 2 with decay 0.5 and lr 0.1: g = 1 + 0.5 * 2 = 2, so 2 - 0.1 * 2 = 1.8. The gradient itself is left alone.
    p = parameter(2.0)
    assert steps(SGD([p], lr=0.1, weight_decay=0.5), p, [1]) == pytest.approx(1.8)
    assert p.grad.item() == 1


def test_adam_first_step_is_the_sign_whatever_the_size():
    p = parameter(0.0, 0.0, 0.0)
    np.testing.assert_allclose(steps(Adam([p], lr=0.1), p, [[1e-3, -5.0, 1e6]]), [-0.1, 0.1, -0.1], rtol=1e-4)


def test_adam_by_hand():
    # betas (1/2, 3/4), lr 1, gradients 1 then 3. t=1: m̂ = v̂ = 1, step 1.
    # t=2: m = 0.5*0.5 + 0.5*3 = 1.75, m̂ = 1.75 / 0.75 = 7/3; v = 0.75*0.25 + 0.25*9 = 2.4375, v̂ = 2.4375 / 0.4375.
    p = parameter(0.0)
    path = steps(Adam([p], lr=1, betas=(0.5, 0.75)), p, [1, 3])
    np.testing.assert_allclose(path, [-1, -1 - (7 / 3) / np.sqrt(2.4375 / 0.4375)], rtol=1e-7)


def test_adam_adds_eps_outside_the_root_after_the_correction():
    # With eps = 1 the first step is g / (|g| + 1): 3 / 4. Inside the root it would be 3 / √10.
    p = parameter(0.0)
    assert steps(Adam([p], lr=1, eps=1.0), p, [3]) == pytest.approx(-0.75)


def test_adam_stands_still_where_the_gradient_is_zero():
    p = parameter(5.0)
    assert steps(Adam([p], lr=1), p, [0]) == 5


@pytest.mark.parametrize(
    "make", [lambda p: SGD(p, 0.1), lambda p: SGD(p, 0.1, 0.9), lambda p: Adam(p, 0.1)], ids=["sgd", "momentum", "adam"]
)
def test_steps_are_in_place_and_follow_a_change_of_dtype(make):
    layer = Dense(2, 2, rng=np.random.default_rng(0))
    optimizer = make(layer.parameters())
    layer.astype("float32")
    array, before = layer.W.data, layer.W.data.copy()
    layer.W.grad[...] = 1
    optimizer.step()
    assert layer.W.data is array
    assert array.dtype == np.float32
    assert (array < before).all()


@pytest.mark.parametrize("make", [lambda p: SGD(p, lr=0.1, momentum=0.9), lambda p: Adam(p, lr=0.5)])
def test_a_bowl_is_descended(make):
    p = parameter(3.0, -2.0)
    optimizer = make(iter([p]))
    for _ in range(300):
        optimizer.zero_grad()
        p.grad += p.data * [1.0, 5.0]
        optimizer.step()
    assert np.abs(p.data).max() < 1e-2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD([], 0.1), "no parameters"),
        (lambda: SGD([parameter(1.0)], 0), "learning rate"),
        (lambda: Adam([parameter(1.0)], float("nan")), "learning rate"),
        (lambda: SGD([parameter(1.0)], 0.1, momentum=1), "below 1"),
        (lambda: SGD([parameter(1.0)], 0.1, nesterov=True), "momentum"),
        (lambda: SGD([parameter(1.0)], 0.1, weight_decay=-1), "negative"),
        (lambda: Adam([parameter(1.0)], betas=(0.9, 1.0)), "betas"),
        (lambda: Adam([parameter(1.0)], eps=0), "eps"),
    ],
)
def test_settings_that_cannot_work(make, message):
    with pytest.raises(DataError, match=message):
        make()
