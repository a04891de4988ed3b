"""The loss landscape: the gradient against measured slopes, paths against known ones, and what may be asked of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore import diary
from bpcore.differences import numerical_gradient
from bpcore.errors import DataError
from bpcore.widgets import LossLandscape
from bpcore.widgets.landscape import GROUNDS, OPTIMIZERS

PLACE = st.floats(-1.9, 1.9)


@pytest.mark.parametrize("loss", GROUNDS)
@settings(max_examples=20)
@given(w1=PLACE, w2=PLACE)
def test_the_gradient_is_the_measured_slope(loss, w1, w2):
    landscape = LossLandscape(loss, steps=0, optimizers=[])
    w = np.array([w1, w2])
    np.testing.assert_allclose(landscape.gradient(w), numerical_gradient(landscape.value, w), rtol=1e-5, atol=1e-6)


@settings(max_examples=20)
@given(rate=st.floats(0.001, 0.15), start=st.tuples(PLACE, PLACE))
def test_in_a_ravine_each_step_of_descent_multiplies_each_weight(rate, start):
    landscape = LossLandscape("ravine", learning_rate=rate, start=start, steps=12, optimizers=["sgd"])
    powers = np.arange(13)[:, None]
    expected = np.array(start) * np.array([1 - rate, 1 - 20 * rate]) ** powers
    np.testing.assert_allclose(landscape.paths["sgd"], expected, rtol=1e-7, atol=1e-12)


def test_the_first_steps_are_as_long_as_their_formulas_say():
    landscape = LossLandscape("bowl", learning_rate=0.1, start=(1.0, -0.5), steps=1)
    steps = {name: path[1] - path[0] for name, path in landscape.paths.items()}
    np.testing.assert_allclose(steps["sgd"], [-0.1, 0.05])
    np.testing.assert_allclose(steps["momentum"], steps["sgd"])
    np.testing.assert_allclose(steps["adam"], [-0.1, 0.1], rtol=1e-6)
    np.testing.assert_allclose(steps["rmsprop"], [-1.0, 1.0], rtol=1e-6)


def test_one_weight_at_the_rate_021_grows_by_minus_11():
    landscape = LossLandscape("steep", learning_rate=0.21, start=(1, 0), steps=8, optimizers=["sgd"])
    assert landscape.factor() == pytest.approx(-1.1)
    assert landscape.paths["sgd"][8, 0] == pytest.approx(1.1**8)
    assert "at step 8" in landscape.table().plain()


def test_a_saddle_has_no_slope_in_the_middle_and_nothing_moves():
    landscape = LossLandscape("saddle", start=(0, 0), steps=30)
    assert landscape.gradient((0, 0)).tolist() == [0, 0]
    for path in landscape.paths.values():
        assert (path == 0).all()


def test_the_network_with_both_signs_turned_is_the_same():
    landscape = LossLandscape("network")
    heights = landscape.frame().numbers["heights"]
    np.testing.assert_allclose(heights, heights[::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize("loss", GROUNDS)
def test_a_path_that_runs_away_warns_nobody(loss):
    landscape = LossLandscape(loss, learning_rate=10.0, steps=60)
    for path in landscape.paths.values():
        assert np.isfinite(path).all()
    assert landscape.frame().packed()[1]
    assert landscape.table().rows


def test_a_loss_of_ones_own():
    def valley(w1, w2):
        return (w1**2 + 20 * w2**2) / 2

    mine, ours = LossLandscape(valley, start=(0.5, 0.5)), LossLandscape("ravine", start=(0.5, 0.5))
    assert mine.ground.told == "your valley"
    for name in OPTIMIZERS:
        np.testing.assert_allclose(mine.paths[name], ours.paths[name], atol=1e-12)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"loss": "hill"}, "bowl"),
        ({"start": (9, 0)}, "two numbers between"),
        ({"learning_rate": 0.0}, "from 0.0001 to 10"),
        ({"steps": 61}, "from 0 to 60"),
        ({"optimizers": ["adamw"]}, "no optimizer 'adamw'"),
        ({"loss": lambda w1, w2: 3.0}, "two arrays"),
    ],
)
def test_what_does_not_fit_is_refused(options, text):
    with pytest.raises(DataError, match=text):
        LossLandscape(**options)


def test_what_is_refused_changes_nothing():
    landscape = LossLandscape()
    before = landscape.frame().packed()[1]
    with pytest.raises(DataError):
        landscape.ask_set({"rate": 0.2, "start": [5, 5]})
    assert landscape.frame().packed()[1] == before


def test_steps_stay_between_none_and_the_most():
    landscape = LossLandscape(steps=3)
    landscape.ask_move({"by": -5})
    assert landscape.steps == 0
    assert [len(path) for path in landscape.paths.values()] == [1] * 4
    landscape.ask_move({"by": 500})
    assert landscape.steps == 60


def test_the_question_is_answered_by_the_steps(tmp_path, monkeypatch):
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    landscape = LossLandscape(
        "steep", learning_rate=0.21, start=(1, 0), steps=0, optimizers=["sgd"], predict="too_fast"
    )
    for ask, given_ in (("predict", {"value": -0.9, "confidence": 3}), ("carry_out", {})):
        landscape._received(landscape, {"ask": ask, "n": 1, "who": "me", "given": given_}, [])
    assert landscape.prediction.actual == pytest.approx(-1.1)
    assert len(diary.progress_of(diary.read(tmp_path)).reviews) == 1


def test_the_twin_and_the_picture(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    landscape = LossLandscape()
    assert [row[0] for row in landscape.table().rows] == [label for label, _ in OPTIMIZERS.values()]
    assert "image/png" in landscape.still()
