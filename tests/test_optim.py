"""The optimizers take the steps that their formulas say, worked by hand where that can be done."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore.errors import DataError
from bpcore.layers import Dense, Parameter
from bpcore.optim import SGD, Adam, AdamW, CosineLR, RMSProp, StepLR, WarmUp, clip_gradients


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


def test_rmsprop_by_hand():
    # α = 3/4, lr 1, gradients 2, 1, −4 from 0. v = 4/4 = 1, then 3/4 + 1/4 = 1, then 3/4 + 16/4 = 4.75.
    # The steps are 2 / √1, 1 / √1 and −4 / √4.75.
    p = parameter(0.0)
    path = steps(RMSProp([p], lr=1, alpha=0.75), p, [2, 1, -4])
    np.testing.assert_allclose(path, [-2, -3, -3 + 4 / np.sqrt(4.75)], rtol=1e-7)


def test_rmsprop_adds_eps_outside_the_root():
    # α = 3/4, g = 2: v = 1. With eps = 1 the step is 2 / (1 + 1); inside the root it would be 2 / √2.
    p = parameter(0.0)
    assert steps(RMSProp([p], lr=1, alpha=0.75, eps=1.0), p, [2]) == pytest.approx(-1)


def test_rmsprop_adds_the_decay_to_the_gradient():
    # From 4 with decay 0.5: g = 1 + 0.5 · 4 = 3, v = 9/4, step 3 / 1.5 = 2. The gradient itself is left alone.
    p = parameter(4.0)
    assert steps(RMSProp([p], lr=1, alpha=0.75, weight_decay=0.5), p, [1]) == pytest.approx(2)
    assert p.grad.item() == 1


def test_adamw_by_hand():
    # betas (1/2, 3/4), lr 0.1, decay 0.5, from 2: each step first multiplies by 1 − 0.1 · 0.5 = 0.95.
    # Gradients 1, 3 as in test_adam_by_hand, then −1: m = 0.5 · 1.75 − 0.5 = 0.375, m̂ = 0.375 / 0.875 = 3/7;
    # v = 0.75 · 2.4375 + 0.25 = 2.078125, v̂ = 2.078125 / (1 − 27/64).
    p = parameter(2.0)
    path = steps(AdamW([p], lr=0.1, betas=(0.5, 0.75), weight_decay=0.5), p, [1, 3, -1])
    first = 2 * 0.95 - 0.1
    second = first * 0.95 - 0.1 * (7 / 3) / np.sqrt(2.4375 / 0.4375)
    third = second * 0.95 - 0.1 * (3 / 7) / np.sqrt(2.078125 / 0.578125)
    np.testing.assert_allclose(path, [first, second, third], rtol=1e-7)


def test_adamw_fades_all_weights_alike_whatever_their_gradients():
    gradients = [[1e-3, 1e3], [-1e-3, 2e3], [5e-3, -1e3]]
    p, q = parameter(5.0, 5.0), parameter(0.0, 0.0)
    faded = steps(AdamW([p], lr=0.1, weight_decay=0.1), p, gradients)
    plain = steps(Adam([q], lr=0.1), q, gradients)
    # θ = 0.99³ · 5 + the three steps, each faded by the decays after it.
    expected = 5 * 0.99**3 + plain[0] * 0.99**2 + (plain[1] - plain[0]) * 0.99 + (plain[2] - plain[1])
    np.testing.assert_allclose(faded[2], expected, rtol=1e-12)


def test_adamw_without_decay_is_adam():
    p, q = parameter(1.0), parameter(1.0)
    np.testing.assert_array_equal(
        steps(AdamW([p], lr=0.1, weight_decay=0), p, [1, -2, 3]), steps(Adam([q], lr=0.1), q, [1, -2, 3])
    )


@pytest.mark.parametrize(
    "make",
    [lambda p: SGD(p, 0.1), lambda p: SGD(p, 0.1, 0.9), lambda p: Adam(p, 0.1), lambda p: AdamW(p, 0.1), RMSProp],
    ids=["sgd", "momentum", "adam", "adamw", "rmsprop"],
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


@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=0.1, momentum=0.9),
        lambda p: Adam(p, lr=0.5),
        lambda p: AdamW(p, lr=0.5),
        lambda p: RMSProp(p, lr=0.02),
    ],
)
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
        (lambda: AdamW([parameter(1.0)], weight_decay=-1), "negative"),
        (lambda: RMSProp([parameter(1.0)], alpha=1), "alpha"),
        (lambda: RMSProp([parameter(1.0)], eps=0), "eps"),
        (lambda: RMSProp([parameter(1.0)], weight_decay=float("nan")), "negative"),
        (lambda: clip_gradients([parameter(1.0)], 0), "max_norm"),
        (lambda: StepLR(0, 3), "learning rate"),
        (lambda: StepLR(0.1, 2.5), "every=2.5"),
        (lambda: StepLR(0.1, 2, factor=0), "factor"),
        (lambda: CosineLR(0.1, 0), "epochs=0"),
        (lambda: CosineLR(0.1, 5, least=0.2), "least"),
        (lambda: WarmUp(True, 0.1), "epochs=True"),
        (lambda: WarmUp(3, -0.1), "learning rate"),
    ],
)
def test_settings_that_cannot_work(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_clipping_by_hand():
    # (3) and (4, 0) together have length 5; clipped to 1 they are (0.6) and (0.8, 0).
    p, q = parameter(0.0), parameter(0.0, 0.0)
    p.grad[...], q.grad[...] = 3, [4, 0]
    assert clip_gradients([p, q], 10) == pytest.approx(5)
    assert p.grad.item() == 3
    assert clip_gradients(iter([p, q]), 1) == pytest.approx(5)
    np.testing.assert_allclose([*p.grad, *q.grad], [0.6, 0.8, 0])


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.sampled_from([1e-200, 1.0, 1e300]))
def test_clipping_keeps_the_direction_and_limits_the_length(seed, max_norm, scale):
    rng = np.random.default_rng(seed)
    p = Parameter(np.zeros((3, 4)))
    g = rng.normal(size=(3, 4))
    p.grad[...] = g * scale
    clip_gradients([p], max_norm)
    size = np.abs(p.grad).max()
    np.testing.assert_allclose(p.grad / size, g / np.abs(g).max(), rtol=1e-9)
    assert np.linalg.norm(p.grad) <= max_norm * (1 + 1e-9)


def test_clipping_leaves_zeros_and_refuses_what_is_not_finite():
    p = parameter(1.0, 2.0)
    assert clip_gradients([p], 1) == 0
    p.grad[0] = np.nan
    with pytest.raises(DataError, match="NaN"):
        clip_gradients([p], 1)
    p.grad[0] = np.inf
    with pytest.raises(DataError, match="lower lr"):
        clip_gradients([p], 1)


def test_schedules_by_hand():
    assert [StepLR(8, every=2, factor=0.5)(t) for t in range(6)] == [8, 8, 4, 4, 2, 2]
    # cos 0 = 1, cos 60° = 1/2, cos 90° = 0, cos 120° = −1/2, cos 180° = −1, and so it stays.
    cosine = CosineLR(1.0, epochs=6, least=0.2)
    np.testing.assert_allclose([cosine(t) for t in (0, 2, 3, 4, 6, 7)], [1, 0.8, 0.6, 0.4, 0.2, 0.2])
    assert [WarmUp(3, 8)(t) for t in range(5)] == [2, 4, 6, 8, 8]
    assert [WarmUp(1, StepLR(8, every=2, factor=0.5))(t) for t in range(5)] == [4, 8, 8, 4, 4]
