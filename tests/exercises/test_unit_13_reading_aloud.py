"""Other people's answers to the exercises of unit 13, and what measured gradients say of the references."""

import itertools

import numpy as np
import pytest

import bpcore as bp
from bpcore import functional as F
from bpcore.exercises import assess, catalogue, plan
from bpcore.exercises.unit_13_reading_aloud.lot import ACTIVATIONS, LOSSES

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- windows -------------------------------------------------------------------


@right("reading_aloud.windows")
def windows_as_lists(word, width=7):
    numbers = [0] * (width // 2) + [ord(c) - 96 for c in word] + [0] * (width // 2)
    return [numbers[i : i + width] for i in range(len(word))]


@right("reading_aloud.windows")
def windows_by_views(word, width=7):
    numbers = np.frombuffer(word.encode(), dtype=np.uint8).astype(int) - ord("a") + 1
    return np.lib.stride_tricks.sliding_window_view(np.pad(numbers, width // 2), width)


@right("reading_aloud.windows")
def windows_by_looking(word, width=7):
    def letter(k):
        return "abcdefghijklmnopqrstuvwxyz".index(word[k]) + 1 if 0 <= k < len(word) else 0

    half = (width - 1) // 2
    return np.array([[letter(i + j) for j in range(-half, half + 1)] for i in range(len(word))])


@wrong("reading_aloud.windows", "edges_wrapped")
def windows_with_negative_places(word, width=7):
    half = width // 2
    letters = [ord(c) - 96 for c in word]
    return np.array([[letters[k % len(word)] for k in range(i - half, i + half + 1)] for i in range(len(word))])


@wrong("reading_aloud.windows", "counted_from_zero")
def windows_from_zero(word, width=7):
    return np.maximum(np.array(windows_as_lists(word, width)) - 1, 0)


@wrong("reading_aloud.windows", "letter_first")
def windows_looking_ahead(word, width=7):
    numbers = [ord(c) - 96 for c in word] + [0] * width
    return np.array([numbers[i : i + width] for i in range(len(word))])


@wrong("reading_aloud.windows", NO_NAME)
def windows_with_their_places(word, width=7):
    rows = np.array(windows_as_lists(word, width))
    return rows + 27 * np.arange(width)


# -- the table: rows picked, and their gradient ------------------------------------


def one_hot(windows, letters):
    """The same windows as rows of zeros and ones: (N, width · letters)."""
    return np.eye(letters)[windows].reshape(len(windows), -1)


@right("reading_aloud.hidden_layer")
def hidden_by_one_hot(windows, W1, b1):
    return F.sigmoid(one_hot(windows, W1.shape[1]) @ W1.reshape(-1, len(b1)) + b1)


@right("reading_aloud.hidden_layer")
def hidden_in_one_go(windows, W1, b1):
    return 0.5 * (1 + np.tanh((W1[np.arange(W1.shape[0]), windows].sum(axis=1) + b1) / 2))


@right("reading_aloud.hidden_layer")
def hidden_window_by_window(windows, W1, b1):
    return [1 / (1 + np.exp(-(sum(W1[p][c] for p, c in enumerate(row)) + b1))) for row in windows]


@wrong("reading_aloud.hidden_layer", "place_ignored")
def hidden_with_one_table(windows, W1, b1):
    return F.sigmoid(W1[0][windows].sum(axis=1) + b1)


@wrong("reading_aloud.hidden_layer", "tanh_for_sigmoid")
def hidden_as_in_unit_08(windows, W1, b1):
    return np.tanh(one_hot(windows, W1.shape[1]) @ W1.reshape(-1, len(b1)) + b1)


@wrong("reading_aloud.hidden_layer", NO_NAME)
def hidden_hard(windows, W1, b1):
    return (W1[np.arange(W1.shape[0]), windows].sum(axis=1) + b1 > 0).astype(float)


@right("reading_aloud.letter_gradient")
def gradient_by_one_hot(windows, delta1, letters):
    return (one_hot(windows, letters).T @ delta1).reshape(windows.shape[1], letters, -1)


@right("reading_aloud.letter_gradient")
def gradient_window_by_window(windows, delta1, letters):
    dW1 = np.zeros((windows.shape[1], letters, delta1.shape[1]))
    for row, delta in zip(windows, delta1, strict=True):
        for p, letter in enumerate(row):
            dW1[p, letter] += delta
    return dW1


@right("reading_aloud.letter_gradient")
def gradient_in_one_go(windows, delta1, letters):
    dW1 = np.zeros((windows.shape[1], letters, delta1.shape[1]))
    np.add.at(dW1, (np.arange(windows.shape[1])[None, :], windows), delta1[:, None, :])
    return dW1


@wrong("reading_aloud.letter_gradient", "overwritten_letters")
def gradient_set(windows, delta1, letters):
    dW1 = np.zeros((windows.shape[1], letters, delta1.shape[1]))
    for n, row in enumerate(windows):
        dW1[np.arange(len(row)), row] = delta1[n]
    return dW1


@wrong("reading_aloud.letter_gradient", "averaged_again_dW1")
def gradient_averaged(windows, delta1, letters):
    return gradient_by_one_hot(windows, delta1, letters) / len(delta1)


@wrong("reading_aloud.letter_gradient", NO_NAME)
def gradient_of_absolute(windows, delta1, letters):
    return gradient_by_one_hot(windows, np.abs(delta1), letters)


# -- train_step ----------------------------------------------------------------


def step(windows, phones, W1, b1, W2, b2, lr, slope=lambda A1: A1 - A1**2, gradient=gradient_by_one_hot):
    """The step with a slope of the hidden layer and a gradient of its table to be chosen."""
    A1 = hidden_by_one_hot(windows, W1, b1)
    P = F.softmax(A1 @ W2 + b2)
    delta2 = (P - np.eye(len(b2))[phones]) / len(phones)
    delta1 = delta2.dot(W2.T) * slope(A1)
    dW1, dW2 = gradient(windows, delta1, W1.shape[1]), A1.T @ delta2
    loss = F.softmax_cross_entropy(A1 @ W2 + b2, phones)
    moved = {"new_W1": W1 - lr * dW1, "new_b1": b1 - lr * delta1.sum(0)}
    moved |= {"new_W2": W2 - lr * dW2, "new_b2": b2 - lr * delta2.sum(0)}
    return {"A1": A1, "P": P, "loss": loss, "delta2": delta2, "dW2": dW2, "delta1": delta1, "dW1": dW1} | moved


@right("reading_aloud.train_step")
def step_by_one_hot(windows, phones, W1, b1, W2, b2, lr):
    return step(windows, phones, W1, b1, W2, b2, lr)


@right("reading_aloud.train_step")
def step_in_place(windows, phones, W1, b1, W2, b2, lr):
    stages = step(windows, phones, W1, b1, W2, b2, 0.0, gradient=gradient_in_one_go)
    W1 -= lr * stages["dW1"]
    W2 -= lr * stages["dW2"]
    b1 -= lr * np.add.reduce(stages["delta1"])
    b2 -= lr * np.add.reduce(stages["delta2"])
    return stages | {"new_W1": W1, "new_b1": b1, "new_W2": W2, "new_b2": b2}


@right("reading_aloud.train_step")
def step_with_cosh(windows, phones, W1, b1, W2, b2, lr):
    def slope(A1):
        Z1 = np.log(A1 / (1 - A1))
        return 0.25 / np.cosh(Z1 / 2) ** 2

    return step(windows, phones, W1, b1, W2, b2, lr, slope, gradient_window_by_window)


@wrong("reading_aloud.train_step", "tanh_slope")
def step_of_unit_08(windows, phones, W1, b1, W2, b2, lr):
    return step(windows, phones, W1, b1, W2, b2, lr, slope=lambda A1: 1 - A1 * A1)


@wrong("reading_aloud.train_step", "overwritten_letters")
def step_that_forgets(windows, phones, W1, b1, W2, b2, lr):
    return step(windows, phones, W1, b1, W2, b2, lr, gradient=gradient_set)


@wrong("reading_aloud.train_step", NO_NAME)
def step_with_another_slope(windows, phones, W1, b1, W2, b2, lr):
    return step(windows, phones, W1, b1, W2, b2, lr, slope=lambda A1: np.sqrt(A1 * (1 - A1)))


# -- by lot --------------------------------------------------------------------


def by_tape(X, Y, weights, biases, network, gate=lambda dA, Z, slope: dA * slope):
    """Forward with the library's functions, backward layer by layer."""
    value = {"relu": F.relu, "tanh": np.tanh, "sigmoid": F.sigmoid}[network["activation"]]
    slope = {
        "relu": lambda Z: Z > 0,
        "tanh": lambda Z: 1 / np.cosh(Z) ** 2,
        "sigmoid": lambda Z: F.sigmoid(Z) * F.sigmoid(-Z),
    }[network["activation"]]
    inputs, sums = [X], []
    for k, (W, b) in enumerate(zip(weights, biases, strict=True)):
        sums.append(inputs[-1] @ W + b)
        if k < len(weights) - 1:
            out = value(sums[-1])
            inputs.append(out + inputs[-1] if k and network["skip"] else out)
    Z, N = sums[-1], len(X)
    if network["loss"] == "cross-entropy":
        loss = -(Y * np.log(F.softmax(Z))).sum() / N
        delta = (F.softmax(Z) - Y) / N
    else:
        squashed = network["loss"] == "squared after sigmoid"
        out = F.sigmoid(Z) if squashed else Z
        loss = 0.5 * ((out - Y) ** 2).sum() / N
        delta = (out - Y) / N * (out - out**2 if squashed else 1)
    dW, db, deltas, around = [], [], [], 0
    for k in range(len(weights) - 1, -1, -1):
        deltas.append(delta)
        dW.append(np.einsum("nm,nk->mk", inputs[k], delta))
        db.append(np.ones(N) @ delta)
        dA = delta @ weights[k].T + around
        around = dA if network["skip"] and k > 1 and k - 1 < len(weights) - 1 else 0
        delta = gate(dA, sums[k - 1], slope(sums[k - 1])) if k else None
    return {"loss": loss, "deltas": deltas[::-1], "dW": dW[::-1], "db": db[::-1]}


@right("reading_aloud.backward_by_lot")
def lot_by_dictionaries(X, Y, weights, biases, network):
    return by_tape(X, Y, weights, biases, network)


@right("reading_aloud.backward_by_lot")
def lot_as_a_tuple(X, Y, weights, biases, network):
    stages = by_tape(X, Y, weights, biases, network)
    return tuple(stages.values())


@right("reading_aloud.backward_by_lot")
def lot_on_the_tape(X, Y, weights, biases, network):
    W, b = [bp.Tensor(w) for w in weights], [bp.Tensor(v) for v in biases]
    A, sums = bp.Tensor(X), []
    for k in range(len(W)):
        Z = A @ W[k] + b[k]
        sums.append(Z)
        if k < len(W) - 1:
            out = {"relu": Z.relu, "tanh": Z.tanh, "sigmoid": Z.sigmoid}[network["activation"]]()
            A = out + A if network["skip"] and k else out
    if network["loss"] == "cross-entropy":
        P = Z.exp() / Z.exp().sum(axis=1, keepdims=True)
        loss = -(P.log() * Y).sum() / len(X)
    else:
        error = (Z.sigmoid() if "sigmoid" in network["loss"] else Z) - Y
        loss = (error * error).sum() / (2 * len(X))
    loss.backward()
    lists = {"deltas": [Z.grad for Z in sums], "dW": [w.grad for w in W], "db": [v.grad for v in b]}
    return {"loss": float(loss.data)} | lists


@wrong("reading_aloud.backward_by_lot", "slope_left_out")
def lot_without_slopes(X, Y, weights, biases, network):
    return by_tape(X, Y, weights, biases, network, gate=lambda dA, Z, slope: dA)


@wrong("reading_aloud.backward_by_lot", "last_layer_first")
def lot_from_behind(X, Y, weights, biases, network):
    stages = by_tape(X, Y, weights, biases, network)
    return {key: value[::-1] if isinstance(value, list) else value for key, value in stages.items()}


@wrong("reading_aloud.backward_by_lot", NO_NAME)
def lot_with_steep_slopes(X, Y, weights, biases, network):
    return by_tape(X, Y, weights, biases, network, gate=lambda dA, Z, slope: dA * np.sqrt(slope))


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("13_reading_aloud") == []


def test_the_windows_of_a_word_by_hand():
    windows = catalogue["reading_aloud.windows"].reference
    assert windows("bank").tolist()[0] == [0, 0, 0, 2, 1, 14, 11]
    assert windows("cab", 3).tolist() == [[0, 3, 1], [3, 1, 2], [1, 2, 0]]


def test_a_step_goes_down_the_measured_slopes():
    reference = catalogue["reading_aloud.train_step"].reference
    for case in plan(catalogue["reading_aloud.train_step"], 3):
        windows, phones, *params, _ = case.args
        steps = [reference(windows, phones, *params, 1.0)[f"new_{name}"] for name in ("W1", "b1", "W2", "b2")]

        def loss_and_gradients(*params, windows=windows, phones=phones, old=params, steps=steps):
            loss = reference(windows, phones, *params, 1.0)["loss"]
            return float(loss), [a - b for a, b in zip(old, steps, strict=True)]

        assert bp.gradcheck(loss_and_gradients, params).ok


def test_every_network_that_the_lot_can_draw_is_tried_part_by_part():
    for seed in range(5):
        cases = [case.args for case in plan(catalogue["reading_aloud.backward_by_lot"], seed)]
        assert {args[4]["activation"] for args in cases} == set(ACTIVATIONS)
        assert {args[4]["loss"] for args in cases} == set(LOSSES)
        assert {len(args[2]) - 1 for args in cases} == {1, 2, 3}
        # A skip shows where there are two hidden layers; both with it and without it there is a network of that depth.
        assert {args[4]["skip"] for args in cases if len(args[2]) > 2} == {True, False}


@pytest.mark.parametrize(("activation", "loss", "skip"), [*itertools.product(ACTIVATIONS, LOSSES, (False, True))])
@pytest.mark.parametrize("hidden", [1, 2, 3])
def test_gradients_of_every_lot_are_those_that_are_measured(activation, loss, skip, hidden):
    rng = np.random.default_rng(4)
    sizes = [3, *[4] * hidden, 2]
    X, Y = rng.normal(size=(5, 3)), np.eye(2)[rng.integers(0, 2, 5)]
    weights = [rng.normal(size=pair) for pair in itertools.pairwise(sizes)]
    biases = [rng.normal(size=n) * 0.3 for n in sizes[1:]]
    reference = catalogue["reading_aloud.backward_by_lot"].reference
    network = {"activation": activation, "skip": skip, "loss": loss}

    def loss_and_gradients(*params):
        stages = reference(X, Y, list(params[: hidden + 1]), list(params[hidden + 1 :]), network)
        return float(stages["loss"]), [*stages["dW"], *stages["db"]]

    assert bp.gradcheck(loss_and_gradients, [*weights, *biases]).ok


def test_someone_who_solves_one_lot_only_is_not_paid_for_all():
    def only_tanh(X, Y, weights, biases, network):
        return by_tape(X, Y, weights, biases, network | {"activation": "tanh"})

    assert assess("reading_aloud.backward_by_lot", only_tanh).points < 3
