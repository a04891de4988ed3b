"""The blank page of the end: the backward pass of a network whose structure is drawn by lot."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES, INPUTS

HIDDEN = "the hidden size H"
ACTIVATIONS = ("relu", "tanh", "sigmoid")
LOSSES = ("cross-entropy", "squared", "squared after sigmoid")


def backward_by_lot(X, Y, weights, biases, network):
    """Forward and backward through a network that the dict ``network`` describes.

    X: (N, D). Y: (N, K), the targets. weights, biases: lists, one of each a layer; layer k takes (N, m_k) to (N, m_k+1).
    network: "activation" of the hidden layers, "skip" (True or False) and "loss"; see the statement.
    Returns a dict: loss, and the lists deltas, dW and db, with one entry for each layer, the first layer first.
    """
    activation, skip, last = network["activation"], network["skip"], len(weights) - 1
    A, slopes = [X], []
    for k in range(last):
        Z = A[k] @ weights[k] + biases[k]
        if activation == "relu":
            a, slope = np.maximum(Z, 0), Z > 0
        elif activation == "tanh":
            a = np.tanh(Z)
            slope = 1 - a**2
        else:
            a = 1 / (1 + np.exp(-Z))
            slope = a * (1 - a)
        A.append(a + A[k] if skip and k > 0 else a)
        slopes.append(slope)
    Z = A[last] @ weights[last] + biases[last]
    if network["loss"] == "cross-entropy":
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        P = E / E.sum(axis=1, keepdims=True)
        loss = -(Y * np.log(P)).sum() / len(X)
        delta = (P - Y) / len(X)
    elif network["loss"] == "squared":
        loss = ((Z - Y) ** 2).sum() / (2 * len(X))
        delta = (Z - Y) / len(X)
    else:
        S = 1 / (1 + np.exp(-Z))
        loss = 0.5 * ((S - Y) ** 2).sum() / len(X)
        delta = (S - Y) * S * (1 - S) / len(X)
    deltas, dW, db, dA = [delta], [], [], None
    for k in reversed(range(len(weights))):
        dW.insert(0, A[k].T @ delta)
        db.insert(0, delta.sum(axis=0))
        if k > 0:
            through = delta @ weights[k].T
            dA = through + dA if skip and k < last else through
            delta = dA * slopes[k - 1]
            deltas.insert(0, delta)
    return dict(loss=loss, deltas=deltas, dW=dW, db=db)


def drive_by_lot(answer, X, Y, weights, biases, network):
    return answer(X, Y, weights, biases, network)


def by_lot_cases(rng):
    """Every activation, loss, depth and kind of skip; and two networks drawn by lot."""

    def case(name, activation, hidden, skip, loss, N, D, H, K):
        sizes = [D, *[H] * hidden, K]
        for _ in range(500):  # no hidden unit near ReLU's kink, and some of each layer on and some off
            X = rng.normal(size=(N, D))
            weights = [rng.normal(size=pair) / np.sqrt(pair[0]) for pair in zip(sizes[:-1], sizes[1:], strict=True)]
            biases = [rng.uniform(-0.4, 0.4, n) for n in sizes[1:]]
            if activation != "relu" or _clear(X, weights, biases, skip):
                break
        Y = np.eye(K)[rng.integers(0, K, N)] if loss == "cross-entropy" else rng.uniform(size=(N, K))
        network = {"activation": activation, "skip": skip, "loss": loss}
        told = f"{name}: {activation}, {hidden} hidden, {'skip' if skip else 'no skip'}, {loss}"
        return Case(told, (X, Y, weights, biases, network), {BATCH: N, INPUTS: D, HIDDEN: H, CLASSES: K})

    fixed = [
        case("small", "tanh", 1, False, "squared", 2, 3, 2, 2),
        case("square", "relu", 2, False, "cross-entropy", 4, 4, 4, 4),
        case("deep", "sigmoid", 3, True, "squared after sigmoid", 7, 3, 5, 2),
        case("with a skip", "relu", 2, True, "squared", 6, 2, 3, 5),
        case("deep with skips", "tanh", 3, True, "cross-entropy", 5, 3, 4, 2),
        case("plain", "sigmoid", 2, False, "squared", 3, 2, 5, 4),
        case("a skip that nothing needs", "tanh", 1, True, "squared after sigmoid", 5, 4, 3, 2),
    ]
    drawn = []
    for name in ("first lot", "second lot"):
        activation, loss = ACTIVATIONS[rng.integers(3)], LOSSES[rng.integers(3)]
        drawn.append(case(name, activation, int(rng.integers(1, 4)), bool(rng.integers(2)), loss, 5, 3, 4, 2))
    return [*fixed, *drawn]


def _clear(X, weights, biases, skip):
    A = X
    for k, (W, b) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        Z = A @ W + b
        if np.abs(Z).min() < 1e-3 or not 0.15 < (Z > 0).mean() < 0.9:
            return False
        A = np.maximum(Z, 0) + (A if skip and k > 0 else 0)
    return True


_JOIN = "through + dA if skip and k < last else through"
_FORWARD = "a + A[k] if skip and k > 0 else a"

BACKWARD_BY_LOT = Exercise(
    id="reading_aloud.backward_by_lot",
    title="The blank page: a network drawn by lot",
    points=5,
    minutes=35,
    objective="Write the whole backward pass of a network whose structure somebody else has chosen.",
    form="blank",
    statement=(
        "Write `backward_by_lot(X, Y, weights, biases, network)` for any network that the lot may draw. There are `len(weights)` layers; all but the last are hidden. Hidden layer `k` (counted from 0) is "
        "`A[k + 1] = f(A[k] @ weights[k] + biases[k])` with `A[0] = X` and `f` by `network['activation']`: `'relu'`, `'tanh'` or `'sigmoid'`. If `network['skip']` is True, each hidden layer **but the first** adds "
        "what went into it, behind its activation: `A[k + 1] = f(…) + A[k]`. The last layer's weighted sums are `Z = A[-1] @ weights[-1] + biases[-1]`. The loss, by `network['loss']`: `'cross-entropy'`, of "
        "softmax(Z), where each row of `Y` holds a single 1; `'squared'`, half the squared error of Z; `'squared after sigmoid'`, half the squared error of sigmoid(Z). Each is summed over the outputs and averaged over the N samples. "
        "Return a dict: `loss`, and the lists `deltas`, `dW`, `db`, one entry a layer, the first layer first. `deltas[k]` is the gradient by layer k's weighted sums, 1/N in it."
    ),
    reference=backward_by_lot,
    drive=drive_by_lot,
    cases=by_lot_cases,
    stages=("loss", "deltas", "dW", "db"),
    hints=(
        "Write it first for the plain network, in one loop forward and one loop backward; a list that is filled from behind begins as `[None] * len(weights)`. Keep each layer's activation *and* its slope on the way forward: then the way back does not ask which activation it was.",
        "On the way back, `dA[k]` comes through layer k, `delta @ weights[k].T`. If layer k has a skip, `dA[k + 1]` is added to it, as it was before the slope. The first layer and the last have no skip.",
        "`dA = delta @ weights[k].T + dA` (with a skip), then `delta = dA * slopes[k - 1]`; at the output `(P - Y) / N`, `(Z - Y) / N` or `(S - Y) * S * (1 - S) / N`",
    ),
    mistakes=(
        Mistake("bias_forgotten", "the biases of the hidden layers are left out.", {"A[k] @ weights[k] + biases[k]": "A[k] @ weights[k]"}),
        Mistake("skip_left_out_forward", "the skip is missing on the way forward.", {_FORWARD: "a"}),
        Mistake("skip_at_the_end_forgotten", "the last hidden layer has no skip on the way forward: each hidden layer but the first has one.", {"k > 0 else a": "0 < k < last - 1 else a"}),
        Mistake("softmax_wrong_axis", "softmax runs over the samples and not over the classes.", {"Z.max(axis=1, keepdims=True)": "Z.max(axis=0, keepdims=True)", "E.sum(axis=1, keepdims=True)": "E.sum(axis=0, keepdims=True)"}),
        Mistake("output_squashed", "a sigmoid is applied to the outputs although the loss is the plain squared error.", {'elif network["loss"] == "squared"': 'elif network["loss"] == "never"'}),
        Mistake("sign_turned", "targets minus outputs are taken: the gradient is output minus target.", {"delta = (P - Y) / len(X)": "delta = (Y - P) / len(X)", "delta = (Z - Y) / len(X)": "delta = (Y - Z) / len(X)", "(S - Y) * S": "(Y - S) * S"}),
        Mistake("not_averaged", "the mean over the samples is missing from the deltas.", {"delta = (P - Y) / len(X)": "delta = P - Y", "delta = (Z - Y) / len(X)": "delta = Z - Y", "S * (1 - S) / len(X)": "S * (1 - S)"}),
        Mistake("factor_two", "the error at the output is doubled: the half in the squared error takes the 2 away.", {"delta = (Z - Y) / len(X)": "delta = 2 * (Z - Y) / len(X)", "delta = (S - Y)": "delta = 2 * (S - Y)"}),
        Mistake("raw_error_delta", "the slope at the output is missing with the squared error after a sigmoid: it cancels with cross-entropy only.", {"(S - Y) * S * (1 - S)": "(S - Y)"}),
        Mistake("slope_kept", "the slope P(1 - P) is still in the delta of cross-entropy: it has cancelled.", {"delta = (P - Y) / len(X)": "delta = (P - Y) * P * (1 - P) / len(X)"}),
        Mistake("slope_left_out", "the slopes of the hidden layers are missing.", {"dA * slopes[k - 1]": "dA * 1"}),
        Mistake("squashed_again_tanh", "tanh is applied once more in its slope: `a` has already been through it.", {"slope = 1 - a**2": "slope = 1 - np.tanh(a) ** 2"}),
        Mistake("slope_of_sums_tanh", "the slope of tanh is taken at the weighted sums: 1 - a² needs the activation.", {"slope = 1 - a**2": "slope = 1 - Z**2"}),
        Mistake("slope_of_sums_sigmoid", "the slope of the sigmoid is taken at the weighted sums: a(1 - a) needs the activation.", {"slope = a * (1 - a)": "slope = Z * (1 - Z)"}),
        Mistake("relu_value", "the value of ReLU stands where its slope, 1 or 0, belongs.", {"np.maximum(Z, 0), Z > 0": "np.maximum(Z, 0), np.maximum(Z, 0)"}),
        Mistake("slope_from_output_tanh", "the slope of tanh is taken from what leaves the layer, with the skip in it: it needs tanh alone.", {"slope = 1 - a**2": "slope = 1 - (a + A[k] if skip and k > 0 else a) ** 2"}),
        Mistake("other_layers_slope", "each hidden layer gets the slope of the first: take its own.", {"slopes[k - 1]": "slopes[0]"}),
        Mistake("weights_not_transposed", "the weights are not transposed on the way back: it runs only where they are square.", {"weights[k].T": "weights[k]"}),
        Mistake("skip_left_out", "on the way back only what comes through the layer is taken: the gradient of the skip is missing, or was overwritten.", {_JOIN: "through"}),
        Mistake("only_skip", "on the way back only what comes along the skip is taken: the way through the layer is missing.", {_JOIN: "dA if skip and k < last else through"}),
        Mistake("skip_with_slope", "the delta goes back along the skip: the skip passes the activation by, so what goes along it is `dA` without the slope.", {_JOIN: "through + delta if skip and k < last else through"}),
        Mistake("skip_doubled", "the gradient of the skip is added twice.", {_JOIN: "through + 2 * dA if skip and k < last else through"}),
        Mistake("skip_averaged", "the two ways are averaged: they are added.", {_JOIN: "(through + dA) / 2 if skip and k < last else through"}),
        Mistake("output_error", "the delta of the output is sent back to every layer: each layer sends back its own delta, through its own weights.", {"through = delta @ weights[k].T": "through = deltas[-1] @ weights[last].T"}),
        Mistake("own_output", "dW is made from what leaves a layer: it takes what went into it, `A[k]`.", {"A[k].T @ delta)": "A[min(k + 1, last)].T @ delta)"}),
        Mistake("averaged_again_dW", "dW is divided by N once more: the mean is already in delta.", {"A[k].T @ delta)": "A[k].T @ delta / len(X))"}),
        Mistake("gradient_transposed", "dW comes out transposed: it must have the shape of the weights.", {"A[k].T @ delta)": "delta.T @ A[k])"}),
        Mistake("bias_averaged", "db is averaged over the samples: the mean is already in delta.", {"delta.sum(axis=0)": "delta.mean(axis=0)"}),
        Mistake("bias_not_summed", "db still has a row for each sample: one bias serves all samples.", {"delta.sum(axis=0)": "delta"}),
        Mistake("bias_wrong_axis", "db is summed over the units (axis 1) and not over the samples (axis 0).", {"delta.sum(axis=0)": "delta.sum(axis=1)"}),
        Mistake("last_layer_first", "the lists are in the order in which they are computed, the last layer first: the first layer comes first.", {"loss=loss, deltas=deltas, dW=dW, db=db": "loss=loss, deltas=deltas[::-1], dW=dW[::-1], db=db[::-1]"}),
    ),
)  # fmt: skip
