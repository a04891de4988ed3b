"""The digit pad without a browser: ink, noise, samples, whose network it is, and what a blank pad says."""

from __future__ import annotations

import json

import numpy as np
import pytest

import bpcore as bp
from bpcore import diary
from bpcore.errors import DataError, ShapeError
from bpcore.exercises import catalogue
from bpcore.widgets import DigitPad
from bpcore.widgets.digit_pad import PIXELS, demo_network, unseen_images


def quiet(*arguments, **options) -> DigitPad:
    """A pad that keeps what it would send."""
    pad = DigitPad(*arguments, **options)
    pad.sent = []
    pad.send = lambda content, buffers=None: pad.sent.append((content, buffers))
    return pad


def ask(pad: DigitPad, name: str, **given) -> dict:
    pad._received(pad, {"ask": name, "n": 1, "who": "me", "given": given}, [])
    return pad.sent[-1][0]


def test_the_demo_network_reads_what_it_has_not_seen():
    assert bp.accuracy(demo_network(), *unseen_images()) > 0.94


def test_a_frame_holds_every_layer():
    pad = quiet()
    head = ask(pad, "look")
    json.dumps(head)
    f = pad.frame().numbers
    assert head["words"]["widths"] == [64, 32]
    assert f["hidden"].shape == (96,)
    assert f["probabilities"].sum() == pytest.approx(1)
    np.testing.assert_array_equal(f["ink"], f["seen"])
    np.testing.assert_allclose(pad.model.predict(pad.ink[None])[0], f["logits"])


def test_a_blank_pad_is_not_ten_percent_each_because_biases_speak():
    pad = quiet()
    ask(pad, "clear")
    assert pad.ink.sum() == 0
    assert np.ptp(pad.probabilities) > 0.02
    a = np.zeros(PIXELS)
    for layer in pad.model.layers:
        a = np.maximum(a, 0) if isinstance(layer, bp.ReLU) else a @ layer.W.data + layer.b.data
    np.testing.assert_allclose(pad.probabilities, np.exp(a) / np.exp(a).sum())
    for layer in pad.model.layers[::2]:
        layer.b.data[...] = 0
    np.testing.assert_allclose(pad.probabilities, 0.1)


def test_the_question_about_it(tmp_path, monkeypatch):
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    pad = quiet(noise=0.3, predict="blank_pad")
    assert pad.ink.any()  # a blank pad would show the answer
    assert ask(pad, "predict", value=0, confidence=3)["words"]["question"]["stage"] == "said"
    question = ask(pad, "carry_out")["words"]["question"]
    assert "Not what you said." in question["come"]
    assert not pad.seen.any()
    assert [entry.exercise for entry in diary.remembered()] == ["feedforward.forward"]


def test_samples_are_the_unseen_images_of_a_digit_in_turn():
    pad = quiet()
    X, y = unseen_images()
    rows = np.flatnonzero(y == 3)
    for row in rows[:3]:
        head = ask(pad, "sample", digit=3)
        np.testing.assert_array_equal(pad.ink, X[row])
        assert head["words"]["sample"] == 3
    ask(pad, "draw", ink=[0.5] * PIXELS)
    assert "Ink in 64 of 64 squares" in pad.table().text


def test_noise_grows_on_the_same_grain():
    pad = quiet()
    pad.ink = np.full((8, 8), 0.5)
    ask(pad, "draw", noise=0.05)
    one = pad.seen - 0.5
    ask(pad, "draw", noise=0.1)
    np.testing.assert_allclose(pad.seen - 0.5, 2 * one)
    ask(pad, "grain")
    assert not np.allclose(pad.seen - 0.5, 2 * one)
    pad.noise = 1.0
    assert pad.seen.min() == 0
    assert pad.seen.max() == 1


@pytest.mark.parametrize(
    ("way", "from_to"),
    [({"right": 1}, (9, 10)), ({"right": -1}, (9, 8)), ({"down": 1}, (9, 17)), ({"down": -1}, (9, 1))],
)
def test_the_ink_moves_by_one_square(way, from_to):
    pad, ink = quiet(), np.zeros(PIXELS)
    ink[from_to[0]] = 1
    pad.ink = ink
    ask(pad, "move", **way)
    assert np.flatnonzero(pad.ink).tolist() == [from_to[1]]


def test_what_leaves_the_pad_is_lost():
    pad = quiet()
    for _ in range(8):
        ask(pad, "move", right=1)
    assert not pad.ink.any()


def test_ones_own_sequential():
    rng = np.random.default_rng(0)
    model = bp.Sequential([bp.Dense(64, 20, rng=rng), bp.Tanh(), bp.Dense(20, 10, rng=rng)])
    pad = quiet(model)
    assert ask(pad, "look")["words"]["widths"] == [20]
    np.testing.assert_allclose(pad.frame().numbers["logits"], model.predict(pad.ink[None])[0])
    assert pad.frame().numbers["hidden"].min() < 0


def test_ones_own_forward_of_unit_03_works_on_the_demos_weights():
    pad, ours = quiet(catalogue["feedforward.forward"].reference), quiet()
    assert ask(pad, "look")["words"]["complaint"] == ""
    np.testing.assert_allclose(pad.probabilities, ours.probabilities)
    assert ask(pad, "look")["words"]["widths"] == [64, 32]


def tanh_network(rng):
    params = [rng.normal(size=(64, 12)), np.zeros(12), rng.normal(size=(12, 10)), np.zeros(10)]

    def forward(params, X):
        W1, b1, W2, b2 = params
        return np.tanh(X @ W1 + b1) @ W2 + b2

    def with_cache(params, X):
        A1 = np.tanh(X @ params[0] + params[1])
        return A1 @ params[2] + params[3], [(X, None), (A1, None)]

    return forward, with_cache, params


def test_hidden_layers_that_nobody_knows_are_not_made_up():
    forward, with_cache, params = tanh_network(np.random.default_rng(0))
    pad = quiet(forward, params=params)
    assert ask(pad, "look")["words"]["widths"] == []
    np.testing.assert_allclose(pad.frame().numbers["logits"], forward(params, pad.ink[None])[0])
    told = quiet(with_cache, params=params)
    assert ask(told, "look")["words"]["widths"] == [12]
    assert told.frame().numbers["hidden"].min() < 0


def test_a_forward_that_fails_is_named_and_ours_goes_on():
    def forward(params, X):
        raise RuntimeError("no bias")

    pad = quiet(forward)
    assert "Your forward: RuntimeError: no bias" in ask(pad, "look")["words"]["complaint"]
    np.testing.assert_allclose(pad.probabilities, DigitPad().probabilities)
    short = quiet(lambda params, X: X[:, :3])
    assert "should have the shape (1, 10)" in ask(short, "look")["words"]["complaint"]


def test_changing_a_pads_network_leaves_the_others_alone():
    first, second = DigitPad(), DigitPad()
    before = second.probabilities
    first.model.parameters()[0].data[...] = 0
    np.testing.assert_array_equal(second.probabilities, before)


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        (("a network",), {}, "forward"),
        ((), {"params": [1]}, "params go with a forward"),
        ((bp.Sequential([bp.Dense(3, 10, rng=np.random.default_rng(0))]),), {}, "rows of 64 pixels"),
        ((bp.Sequential([bp.Dense(64, 3, rng=np.random.default_rng(0))]),), {}, "ten digits"),
        ((lambda params, X: X,), {"params": [np.zeros((64, 3)), np.zeros(3)]}, "from 64 to 10"),
        ((), {"noise": 2}, "from 0 to 1"),
        ((), {"predict": "blank"}, "blank_pad"),
        ((), {"images": (np.zeros((2, 5)), [0, 1])}, r"\(n, 64\)"),
        ((), {"images": (np.full((1, 64), 16), [0])}, "divide"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(arguments, options, text):
    with pytest.raises((DataError, ShapeError), match=text):
        DigitPad(*arguments, **options)


def test_ink_that_does_not_fit_changes_nothing():
    pad = quiet()
    before = pad.ink
    for wrong in ([0.0] * 63, [2.0] * PIXELS, [float("nan")] * PIXELS):
        assert ask(pad, "draw", ink=wrong)["kind"] == "failed"
    np.testing.assert_array_equal(pad.ink, before)
    assert "no image of 11" in ask(pad, "sample", digit=11)["text"]


def test_the_table_is_the_twin(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    pad = DigitPad()
    table = pad.table()
    assert [row[0] for row in table.rows] == [f"digit {d}" for d in range(10)]
    assert [float(row[1][:-1]) for row in table.rows] == pytest.approx(100 * pad.probabilities, abs=0.051)
    assert "Hidden layer 2:" in table.text
    forward, _, params = tanh_network(np.random.default_rng(0))
    for shown in (pad, DigitPad(forward, params=params)):
        assert shown.still()["image/png"].startswith("iVBOR")
