"""The Playground without a browser: everything that a hand can do, what Python reads and writes, and the code."""

from __future__ import annotations

import json

import numpy as np
import pytest

import bpcore as bp
from bpcore.errors import DataError, ShapeError
from bpcore.exercises import catalogue
from bpcore.widgets import Playground
from bpcore.widgets.experiment import SHAPES, Experiment, Settings
from bpcore.widgets.playground import GRID, PLACES, spoken


def quiet(**options) -> Playground:
    """A Playground that keeps what it would send."""
    playground = Playground(**options)
    playground.sent = []
    playground.send = lambda content, buffers=None: playground.sent.append((content, buffers))
    return playground


def ask(playground: Playground, name: str, **given) -> dict:
    playground._received(playground, {"ask": name, "n": 1, "who": "me", "given": given}, [])
    return playground.sent[-1][0]


def numbers(playground: Playground) -> dict[str, np.ndarray]:
    """The numbers of the last frame by their names, as the browser takes them apart."""
    content, (buffer,) = playground.sent[-1]
    flat, found, at = np.frombuffer(buffer, "<f4"), {}, 0
    for name, length in content["layout"]:
        found[name], at = flat[at : at + length], at + length
    assert at == flat.size
    return found


def test_a_frame_holds_the_picture():
    playground = quiet(hidden=(3, 2))
    head = ask(playground, "look")
    json.dumps(head)  # plain data
    found = numbers(playground)
    assert found["weights"].size == found["gradients"].size == 2 * 3 + 3 + 3 * 2 + 2 + 2 + 1
    assert found["field"].size == GRID**2
    assert found["units"].size == (3 + 2 + 1) * (GRID // 3) ** 2
    assert found["along"].size == PLACES
    assert head["words"]["sizes"] == [2, 3, 2, 1]


def test_the_field_is_what_the_network_says_from_the_top_left():
    playground = quiet()
    field = playground.frame().numbers["field"].reshape(GRID, GRID)
    edge = playground.experiment.window * (1 - 1 / GRID)
    for (row, column), place in {(0, 0): (-edge, edge), (-1, -1): (edge, -edge), (0, -1): (edge, edge)}.items():
        logit = playground.model.predict(np.array([place]))[0, 0]
        assert field[row, column] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_a_hand_on_a_weight():
    playground = quiet()
    ask(playground, "edit", values=[[5, 1.25], [36, -0.5]], chosen=5, gesture="a")
    assert (playground.weights[0][1, 1], playground.weights[-1][0]) == (1.25, -0.5)
    found = numbers(playground)
    assert found["weights"][5] == 1.25
    assert found["along"][np.argmin(np.abs(np.linspace(-4, 4, PLACES) - 1.2))] == pytest.approx(
        found["now"][0], rel=0.2
    )


def test_one_gesture_is_undone_at_once():
    playground = quiet()
    before = playground.weights
    for value in (0.1, 0.2, 0.3):
        ask(playground, "edit", values=[[0, value]], gesture="a")
    ask(playground, "edit", values=[[1, 9.0]], gesture="b")
    ask(playground, "undo")
    assert playground.weights[0][0, 0] == pytest.approx(0.3)
    assert playground.weights[0][0, 1] == before[0][0, 1]
    assert ask(playground, "undo")["words"]["undo"] is False
    for a, b in zip(playground.weights, before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert ask(playground, "undo")["kind"] == "frame"


def test_undo_takes_steps_back_with_the_optimizers_memory():
    def run(playground, *parts):
        for part in parts:
            ask(playground, "step", times=part, gesture=str(part))

    straight, detour = quiet(optimizer="adam"), quiet(optimizer="adam")
    run(straight, 3, 4)
    run(detour, 3, 20)
    ask(detour, "undo")
    assert len(detour.history) == 3
    run(detour, 4)
    assert detour.history == straight.history


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam"])
@pytest.mark.parametrize("batch_size", [None, 8])
def test_playing_learns_xor(optimizer, batch_size):
    rate = {"sgd": 0.5, "momentum": 0.1, "rmsprop": 0.02, "adam": 0.02}[optimizer]
    playground = Playground(optimizer=optimizer, batch_size=batch_size, learning_rate=rate)
    playground.step(400)
    assert len(playground.history) == 400
    assert playground.history[-1] < 0.1
    assert playground.history[-1] == pytest.approx(playground.loss)


def test_a_rate_that_is_too_large_is_said_and_leaves_the_last_good_weights():
    playground = quiet(activation="relu", learning_rate=500.0)
    answer = {"kind": "frame"}
    for _ in range(50):
        answer = ask(playground, "step", times=5)
        if answer["kind"] == "failed":
            break
    assert "learning rate of 500 each step overshoots" in answer["text"]
    assert np.isfinite(playground.loss)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_lies_in_its_window(shape):
    experiment = Experiment(Settings(data=shape, noise=0.1))
    X, y = experiment.data
    assert np.mean(np.abs(X).max(axis=1) < experiment.window) > 0.97
    assert set(y) == {0, 1}


def test_more_noise_moves_the_same_points():
    experiment = Experiment(Settings(noise=0.1))
    before = experiment.data[0]
    experiment.change(noise=0.2)
    corners = np.sign(before)
    np.testing.assert_allclose(experiment.data[0] - corners, 2 * (before - corners), atol=1e-12)


def test_a_changed_width_keeps_what_still_has_a_place():
    playground = quiet(hidden=(4, 4))
    before = playground.weights
    ask(playground, "edit", settings={"hidden": [5, 3]}, gesture="a")
    after = playground.weights
    assert [a.shape for a in after] == [(2, 5), (5,), (5, 3), (3,), (3, 1), (1,)]
    np.testing.assert_array_equal(after[0][:, :4], before[0])
    np.testing.assert_array_equal(after[2][:4], before[2][:, :3])
    np.testing.assert_array_equal(after[4], before[4][:3])
    ask(playground, "edit", settings={"hidden": [5, 3, 4]}, gesture="b")
    np.testing.assert_array_equal(playground.weights[2], after[2])
    ask(playground, "undo")
    ask(playground, "undo")
    np.testing.assert_array_equal(playground.weights[2], before[2])


def test_no_hidden_layer_is_a_network_too():
    playground = quiet(hidden=())
    ask(playground, "step", times=3)
    assert [a.shape for a in playground.weights] == [(2, 1), (1,)]


def test_settings_change_while_it_runs():
    playground = quiet()
    ask(
        playground, "edit", settings={"learning_rate": 0.01, "optimizer": "adam", "activation": "relu", "batch_size": 8}
    )
    ask(playground, "edit", settings={"data": "moons", "noise": 0.3})
    assert ask(playground, "step", times=2)["words"]["settings"]["optimizer"] == "adam"
    assert isinstance(playground.model.layers[1], bp.ReLU)
    assert len(playground.history) == 2


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"data": "xorr"}, "data='xorr'"),
        ({"optimizer": "newton"}, "optimizer='newton'"),
        ({"activation": "step"}, "activation='step'"),
        ({"noise": -1.0}, "noise=-1.0"),
        ({"learning_rate": 0.0}, "learning_rate=0.0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"hidden": (9,)}, "1 to 8 units"),
        ({"hidden": (1, 1, 1, 1, 1)}, "4 hidden layers"),
        ({"data": ([[0.0, 1.0]], [2])}, "labels that are 0 or 1"),
        ({"data": ([[0.0, np.nan]], [1])}, "finite"),
        ({"data": ([0.0, 1.0], [1, 0])}, r"\(N, 2\)"),
        ({"weights": [1.0]}, "6 arrays"),
        ({"weights": [np.zeros((4, 2))] * 6}, r"weights\[0\], W1, should have the shape \(2, 4\)"),
        ({"predict": "zero"}, "zero_weights"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(options, text):
    with pytest.raises((DataError, ShapeError), match=text):
        Playground(**options)


def test_a_failed_setting_changes_nothing():
    playground = quiet()
    assert ask(playground, "edit", settings={"hidden": [99]})["kind"] == "failed"
    assert ask(playground, "look")["words"]["settings"]["hidden"] == [4, 4]


def test_ones_own_points():
    playground = quiet(data="moons")
    answer = ask(playground, "point", x=0.25, y=-1.0, label=1)
    assert answer["words"]["settings"]["data"] == "own"
    X, y = playground.data
    assert (len(X), X[-1].tolist(), y[-1]) == (201, [0.25, -1.0], 1)
    ask(playground, "clear")
    assert len(playground.data[0]) == 2
    ask(playground, "undo")
    ask(playground, "undo")
    assert playground.experiment.settings.data == "moons"
    assert len(playground.data[0]) == 200


def test_python_reads_and_writes():
    playground = quiet()
    playground.weights = 0
    assert all((w == 0).all() for w in playground.weights)
    assert playground.loss == pytest.approx(np.log(2))
    weights = playground.weights
    weights[0][0, 0] = 2.0
    assert playground.weights[0][0, 0] == 0.0  # copies
    playground.weights = weights
    playground.history = [3, 2, 1]
    playground.data = "circles"
    playground.data = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
    assert numbers(playground)["weights"][0] == 2.0
    assert numbers(playground)["history"].tolist() == [3, 2, 1]
    rng = np.random.default_rng(0)
    playground.model = bp.Sequential([bp.Dense(2, 3, rng=rng), bp.Sigmoid(), bp.Dense(3, 2, rng=rng)])
    assert playground.sent[-1][0]["words"]["sizes"] == [2, 3, 2]
    assert playground.experiment.settings.activation == "sigmoid"


def test_the_model_can_be_trained_from_outside():
    playground = quiet()
    X, y = playground.data
    optimizer = bp.Adam(playground.model.parameters(), lr=0.05)
    target = y[:, None].astype(float)
    bp.train(playground.model, bp.BCEWithLogitsLoss(), optimizer, X, target, epochs=60, batch_size=None, progress=False)
    playground.refresh()
    assert numbers(playground)["now"][0] == pytest.approx(playground.loss, rel=1e-6)
    assert playground.loss < 0.3


@pytest.mark.parametrize("model", ["three inputs", "ten outputs", "no model"])
def test_a_model_that_cannot_be_drawn_is_refused(model):
    rng = np.random.default_rng(0)
    built = {"three inputs": (3, 1), "ten outputs": (2, 10)}.get(model)
    with pytest.raises(DataError, match=r"2 inputs|Sequential"):
        Playground(model=bp.Sequential([bp.Dense(*built, rng=rng)]) if built else "a network")


def mine(broken: bool = False):
    forward, backward = catalogue["feedforward.forward"].reference, catalogue["backprop.backward"].reference

    def broken_backward(X, labels, W1, b1, W2, b2, W3, b3):
        raise RuntimeError("the sign is missing")

    return forward, broken_backward if broken else backward


def test_ones_own_functions_train_it():
    forward, backward = mine()
    theirs, ours = Playground(forward=forward, backward=backward), Playground(activation="relu", outputs=2)
    theirs.step(30)
    ours.step(30)
    np.testing.assert_allclose(theirs.history, ours.history)


def test_where_ones_own_function_fails_it_says_so_and_goes_on():
    forward, backward = mine(broken=True)
    playground = quiet(forward=forward, backward=backward)
    words = ask(playground, "step", times=5)["words"]
    (complaint,) = words["complaints"]
    assert complaint["function"] == "backward"
    assert "RuntimeError: the sign is missing" in complaint["text"]
    assert words["mine"] == ["forward", "backward"]
    assert len(playground.history) == 5


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "data": "spirals",
            "hidden": (8, 3, 2),
            "activation": "sigmoid",
            "optimizer": "adam",
            "batch_size": 16,
            "noise": 0.02,
        },
        {"data": ([[0.5, 1.25], [-2.0, 0.1], [0.3, 0.3]], [0, 1, 1]), "activation": "relu", "outputs": 2},
    ],
)
def test_the_code_builds_the_same_state_again(options):
    playground = quiet(**options)
    ask(playground, "edit", values=[[3, 0.123456789]], chosen=3)
    ask(playground, "step", times=12)
    code = ask(playground, "code")["words"]["code"]
    assert code == playground.code()
    scope: dict = {}
    exec(code.replace("\nPlayground(", "\nagain = Playground("), scope)
    again = scope["again"]
    for a, b in zip(again.weights, playground.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert again.history == playground.history
    for a, b in zip(again.data, playground.data, strict=True):
        np.testing.assert_array_equal(a, b)
    assert again.experiment.settings == playground.experiment.settings
    assert again.loss == playground.loss


def test_the_code_names_ones_own_functions():
    forward, backward = mine()
    code = Playground(forward=forward, backward=backward).code()
    assert "    forward=forward,\n    backward=backward,\n" in code
    exec(code, {"forward": forward, "backward": backward})


def test_all_weights_zero_stay_there():
    playground = quiet(weights=0, predict="zero_weights")
    ask(playground, "predict", value=0.5, confidence=2)
    answer = ask(playground, "carry_out")
    assert "It came out as 0.6931. Not what you said." in answer["words"]["question"]["come"]
    assert len(playground.history) == 100


def test_the_table_names_every_weight():
    table = Playground(hidden=(2,), outputs=2).table()
    names = [row[0] for row in table.rows]
    assert names[0] == "W1[0, 0]: input 1 to unit 1 of layer 1"
    assert names[4] == "b1[0]: bias of unit 1 of layer 1"
    assert names[-1] == "b2[1]: bias of output 2"
    assert len(names) == 2 * 2 + 2 + 2 * 2 + 2
    assert spoken([2, 1], 0, (1, 0)) == "W1[1, 0]: input 2 to output"
    assert table.text.startswith("A 2-2-2 network with tanh on 200 points (xor), after 0 steps of sgd")


def test_a_picture_of_any_network_can_be_drawn(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    for options in ({}, {"hidden": ()}, {"hidden": (8, 8, 8, 8), "outputs": 2}, {"data": "own"}):
        playground = Playground(**options)
        playground.experiment.step(3)
        assert playground.still()["image/png"].startswith("iVBOR")
