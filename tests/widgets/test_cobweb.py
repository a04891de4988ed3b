"""The settling cobweb without a browser: what settles, what does not, and the two limits, which are one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore import diary
from bpcore.errors import DataError
from bpcore.widgets import SettlingCobweb
from bpcore.widgets.cobweb import Knobs, settled


def quiet(**options) -> SettlingCobweb:
    """A cobweb that keeps what it would send."""
    cobweb = SettlingCobweb(**options)
    cobweb.sent = []
    cobweb.send = lambda content, buffers=None: cobweb.sent.append((content, buffers))
    return cobweb


def ask(cobweb: SettlingCobweb, name: str, **given) -> dict:
    cobweb._received(cobweb, {"ask": name, "n": 1, "who": "me", "given": given}, [])
    return cobweb.sent[-1][0]


def test_all_the_way_it_goes_round_and_the_error_explodes():
    s = SettlingCobweb().settling
    assert (s.state_report.status, s.state_report.period) == ("cycle", 2)
    low, high = sorted(s.states[-2:])
    assert (low, high) == (pytest.approx(np.tanh(-2 * high + 0.5)), pytest.approx(np.tanh(-2 * low + 0.5)))
    assert s.error_report.status == "diverged"
    assert s.rest == pytest.approx(0.1661484359, abs=1e-10)


def test_half_of_the_way_both_settle():
    cobweb = SettlingCobweb(relaxation=0.5)
    s = cobweb.settling
    assert (s.state_report.status, s.error_report.status) == ("converged", "converged")
    assert s.states[-1] == pytest.approx(0.1661484359, abs=1e-10)
    assert s.errors[-1] == pytest.approx(1 / (1 - s.slope), abs=1e-10)
    assert "0.1661484359" in cobweb.table().text


@pytest.mark.parametrize(
    ("relaxation", "settles"), [(0.1, True), (0.6, True), (0.67, True), (0.69, False), (0.9, False)]
)
def test_state_and_error_have_one_limit(relaxation, settles):
    s = SettlingCobweb(relaxation=relaxation).settling
    assert (s.state_report.status == "converged") == settles
    assert (s.error_report.status == "converged") == settles
    assert s.limit == pytest.approx(0.67917, abs=1e-5)


def test_the_limit_that_is_measured_is_the_one_that_is_derived():
    for weight, x in [(-2.0, 0.5), (-4.0, 0.3), (-1.0, 1.0)]:
        cobweb = SettlingCobweb(weight, x)
        state, error = cobweb.measure_limits()
        assert state == pytest.approx(min(cobweb.settling.limit, 2), rel=1e-3)
        assert error == pytest.approx(min(cobweb.settling.limit, 2), rel=1e-3)


@given(st.floats(-4, 4), st.floats(-3, 3), st.floats(-1, 1), st.floats(0.01, 1.5))
def test_wherever_it_comes_to_rest_one_more_step_changes_nothing(weight, x, start, relaxation):
    s = settled(Knobs(weight, x, start, relaxation))
    if s.rest_report.status == "converged":
        assert np.tanh(weight * s.rest + x) == pytest.approx(s.rest, abs=1e-10)
        assert s.slope == pytest.approx(weight * (1 - s.rest**2), abs=1e-8)
    for values, report in ((s.states, s.state_report), (s.errors, s.error_report)):
        assert len(values) == len(report.residuals)
    assert abs(s.states).max() <= 1.5 * 1.5 + 1


def test_at_rest_and_yet_unstable():
    cobweb = SettlingCobweb(2.0, 0.0)
    assert cobweb.settling.state_report.iterations == 0
    assert cobweb.settling.error_report.status == "diverged"
    assert cobweb.settling.limit == 0
    assert "no relaxation settles it" in cobweb.table().text
    assert cobweb.measure_limits() == (0.0, pytest.approx(0.0, abs=1e-4))


def test_a_frame_holds_the_picture():
    cobweb = quiet(relaxation=0.5)
    head = ask(cobweb, "edit", weight=-1.0, steps=12)
    json.dumps(head)
    f = cobweb.frame().numbers
    np.testing.assert_allclose(f["full"], np.tanh(-f["places"] + 0.5))
    np.testing.assert_allclose(f["damped"], (f["places"] + f["full"]) / 2)
    assert list(f["knobs"]) == [-1.0, 0.5, 0.0, 0.5, 12]
    assert len(f["state_steps"]) == len(f["state_residuals"]) == cobweb.settling.state_report.iterations + 1
    assert f["states"][0] == cobweb.start == 0.0


def test_python_reads_and_writes():
    cobweb = quiet()
    cobweb.relaxation = 0.5
    assert cobweb.sent[-1][0]["words"]["status"] == ["converged", "converged"]
    before = cobweb.settling
    cobweb.steps = 3
    assert cobweb.settling is before
    assert (cobweb.weight, cobweb.x, cobweb.steps) == (-2.0, 0.5, 3)


@pytest.mark.parametrize(
    "wrong", [{"weight": 5.0}, {"relaxation": 0.0}, {"start": 2}, {"x": float("nan")}, {"steps": -1}]
)
def test_what_does_not_fit_is_refused_and_changes_nothing(wrong):
    with pytest.raises(DataError, match="should be a number from"):
        SettlingCobweb(**wrong)
    cobweb = quiet()
    assert ask(cobweb, "edit", **wrong)["kind"] == "failed"
    assert cobweb.knobs == Knobs()
    assert "no 'speed'" in ask(cobweb, "edit", speed=1)["text"]


def test_an_unknown_question_is_refused():
    with pytest.raises(DataError, match="largest_relaxation"):
        SettlingCobweb(predict="largest")


def test_both_questions_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    cobweb = quiet(predict="largest_relaxation")
    head = ask(cobweb, "look")
    assert head["words"]["secret"]
    assert "0.679" not in json.dumps(head) + cobweb.table().text
    ask(cobweb, "predict", value=0.9, confidence=4)
    come = ask(cobweb, "carry_out")["words"]["question"]
    assert "It came out as 0.6792. Not what you said." in come["come"]
    assert (cobweb.relaxation, cobweb.settling.state_report.status) == (0.67, "converged")
    second = ask(cobweb, "leave")["words"]["question"]
    assert second["stage"] == "ask"
    assert "the same" in second["text"]
    ask(cobweb, "predict", value=0, confidence=2)
    assert "As you said." in ask(cobweb, "carry_out")["words"]["question"]["come"]
    assert "question" not in ask(cobweb, "leave")["words"]
    (missed,) = [entry for entry in diary.remembered() if entry.points]
    assert missed.exercise == "recurrent_settling.will_settle"


def test_who_skips_is_not_asked_again():
    cobweb = quiet(predict="largest_relaxation")
    assert "question" not in ask(cobweb, "predict")["words"]


def test_a_picture_of_every_end(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    for options in ({}, {"relaxation": 0.5}, {"weight": 2.0, "x": 0.0}, {"relaxation": 0.68}, {"steps": 0}):
        still = SettlingCobweb(**options).still()
        assert still["image/png"].startswith("iVBOR")
        assert "tanh(" in still["text/html"]
