"""One step of training of a network that reads: from windows of letters to the probabilities of phones."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES
from bpcore.exercises.unit_13_reading_aloud.letters import HIDDEN, TABLE_OBJECTIVE, WIDTH, window_numbers


def train_step(windows, phones, W1, b1, W2, b2, lr):
    """One step of gradient descent of a network that reads letters.

    windows: (N, width) whole numbers. phones: (N,) whole numbers. W1: (width, letters, H). b1: (H,). W2: (H, K). b2: (K,).
    The hidden layer is a sigmoid, the output a softmax, the loss the mean cross-entropy.
    Returns a dict: A1, P, loss, delta2, dW2, delta1, dW1 and the moved parameters new_W1, new_b1, new_W2, new_b2.
    """
    N, width = windows.shape
    Z1 = np.zeros((N, len(b1))) + b1
    for p in range(width):
        Z1 += W1[p, windows[:, p]]
    A1 = 1 / (1 + np.exp(-Z1))
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.log(P[np.arange(N), phones]).mean()
    Y = np.zeros(P.shape)
    Y[np.arange(N), phones] = 1
    delta2 = (P - Y) / N
    dW2 = A1.T @ delta2
    db2 = delta2.sum(axis=0)
    delta1 = (delta2 @ W2.T) * A1 * (1 - A1)
    dW1 = np.zeros(W1.shape)
    for p in range(width):
        np.add.at(dW1[p], windows[:, p], delta1)
    db1 = delta1.sum(axis=0)
    new_W1, new_b1 = W1 - lr * dW1, b1 - lr * db1
    new_W2, new_b2 = W2 - lr * dW2, b2 - lr * db2
    stages = dict(A1=A1, P=P, loss=loss, delta2=delta2, dW2=dW2, delta1=delta1, dW1=dW1)
    return stages | dict(new_W1=new_W1, new_b1=new_b1, new_W2=new_W2, new_b2=new_b2)


def train_step_cases(rng):
    def case(name, N, width, letters, H, K, lr):
        weights = (
            rng.normal(size=(width, letters, H)) / np.sqrt(width),
            rng.uniform(0.1, 0.8, H),
            rng.normal(size=(H, K)),
            rng.normal(size=K) * 0.3,
        )
        args = (window_numbers(rng, N, width, letters), rng.integers(0, K, N), *weights, lr)
        return Case(name, args, {BATCH: N, WIDTH: width, HIDDEN: H, CLASSES: K})

    return [
        case("two windows of three places", 2, 3, 4, 3, 2, 0.5),
        case("eleven windows of seven places", 11, 7, 27, 5, 3, 0.1),
        case("all sizes equal", 4, 4, 4, 4, 4, 0.3),
        case("one window", 1, 5, 6, 3, 2, 1.5),
        case("many windows, few letters", 13, 2, 3, 4, 5, 0.7),
    ]


_SLOPE = "* A1 * (1 - A1)"
_ADDED = "np.add.at(dW1[p], windows[:, p], delta1)"

TRAIN_STEP = Exercise(
    id="reading_aloud.train_step",
    title="One step of learning to read aloud",
    points=4,
    minutes=18,
    objective=TABLE_OBJECTIVE,
    form="blank",
    statement=(
        "Write `train_step(windows, phones, W1, b1, W2, b2, lr)`, one step of gradient descent: the hidden layer of `hidden_layer` (sigmoid), then `softmax(A1 @ W2 + b2)`, then the mean "
        "cross-entropy. `phones` are N whole numbers, the right answers. Return a dict: `A1 P loss delta2 dW2 delta1 dW1` (delta is the gradient by a layer's weighted sums; the 1/N sits in "
        "`delta2`) and the moved parameters `new_W1 new_b1 new_W2 new_b2`. All gradients belong to the old weights."
    ),
    reference=train_step,
    cases=train_step_cases,
    stages=("A1", "P", "loss", "delta2", "dW2", "delta1", "dW1", "new_W1", "new_b1", "new_W2", "new_b2"),
    hints=(
        "You wrote this in unit 08 for tanh and for images. Two things are different here: the activation, and how the input reaches the hidden layer. Which of your lines do they touch?",
        "The slope of the sigmoid is `a(1 - a)`. For `dW1` use what you have just mended: each window's row of `delta1` is added to the rows that it picked.",
        "`delta1 = (delta2 @ W2.T) * A1 * (1 - A1)`, then `np.add.at(dW1[p], windows[:, p], delta1)` for each place p",
    ),
    mistakes=(
        Mistake("bias_forgotten_1", "the bias of layer 1 is left out.", {"np.zeros((N, len(b1))) + b1": "np.zeros((N, len(b1)))"}),
        Mistake("place_ignored", "the weights of the first place serve all places on the way forward: each place has its own.", {"Z1 += W1[p, windows[:, p]]": "Z1 += W1[0, windows[:, p]]"}),
        Mistake("tanh_for_sigmoid", "the hidden layer is tanh: here it is a sigmoid.", {"1 / (1 + np.exp(-Z1))": "np.tanh(Z1)"}),
        Mistake("activation_left_out", "the weighted sums are handed on without the sigmoid.", {"1 / (1 + np.exp(-Z1))": "Z1"}),
        Mistake("bias_forgotten_2", "the bias of layer 2 is left out.", {"A1 @ W2 + b2": "A1 @ W2"}),
        Mistake("softmax_wrong_axis", "softmax runs over the windows and not over the phones.", {
            "Z2.max(axis=1, keepdims=True)": "Z2.max(axis=0, keepdims=True)", "E.sum(axis=1, keepdims=True)": "E.sum(axis=0, keepdims=True)",
        }),
        Mistake("loss_summed", "the loss is summed over the batch: it is the mean that is asked for.", {"phones]).mean()": "phones]).sum()"}),
        Mistake("loss_sign", "the minus in front of the logarithm is missing.", {"loss = -np.log": "loss = np.log"}),
        Mistake("sign_turned", "targets minus probabilities are taken in delta2: the gradient is P - Y.", {"(P - Y) / N": "(Y - P) / N"}),
        Mistake("not_averaged", "the mean over the batch is missing from delta2.", {"(P - Y) / N": "P - Y"}),
        Mistake("slope_kept", "the slope P(1 - P) is still in delta2: with cross-entropy it has cancelled.", {"(P - Y) / N": "(P - Y) * P * (1 - P) / N"}),
        Mistake("divided_by_width", "delta2 is divided by the width of the window: the mean is over the batch.", {"(P - Y) / N": "(P - Y) / width"}),
        Mistake("gradient_transposed_2", "dW2 comes out transposed: it must have the shape of W2.", {"A1.T @ delta2": "delta2.T @ A1"}),
        Mistake("averaged_again_dW2", "dW2 is divided by N once more: the mean is already in delta2.", {"A1.T @ delta2": "A1.T @ delta2 / N"}),
        Mistake("sums_for_activations", "dW2 is made from the weighted sums Z1: what went into layer 2 is A1.", {"A1.T @ delta2": "Z1.T @ delta2"}),
        Mistake("bias_averaged_2", "the gradient by b2 is averaged over the batch: the mean is already in delta2.", {"delta2.sum(axis=0)": "delta2.mean(axis=0)"}),
        Mistake("slope_left_out", "the slope of the sigmoid is missing in delta1.", {f" {_SLOPE}": ""}),
        Mistake("slope_of_sums", "the slope is taken at the weighted sums, Z(1 - Z): with a(1 - a) the a is the activation A1.", {_SLOPE: "* Z1 * (1 - Z1)"}),
        Mistake("squashed_again", "the sigmoid is applied once more inside the slope: A1 has already been through it.", {_SLOPE: "* (1 / (1 + np.exp(-A1))) * (1 - 1 / (1 + np.exp(-A1)))"}),
        Mistake("tanh_slope", "the slope of tanh, 1 - a², is used, as in unit 08: this layer is a sigmoid.", {_SLOPE: "* (1 - A1**2)"}),
        Mistake("slope_without_one", "the slope is 1 - a: the factor a is missing.", {_SLOPE: "* (1 - A1)"}),
        Mistake("value_for_slope", "the activation itself stands where its slope belongs.", {_SLOPE: "* A1"}),
        Mistake("weights_not_transposed", "W2 is not transposed in delta1: it runs only where the matrix is square.", {"delta2 @ W2.T": "delta2 @ W2"}),
        Mistake("raw_error", "the error P - Y without its 1/N is what delta1 is made from: use delta2.", {"(delta2 @ W2.T)": "((P - Y) @ W2.T)"}),
        Mistake("updated_too_early", "delta1 is sent back through the moved W2: all gradients belong to the old weights.", {"(delta2 @ W2.T)": "(delta2 @ (W2 - lr * dW2).T)"}),
        Mistake("overwritten_letters", "a letter that stands in several windows of the batch keeps only what the last of them gives: `np.add.at` adds each of them.", {_ADDED: "dW1[p, windows[:, p]] += delta1"}),
        Mistake("one_table", "the gradients of all places go to the table of the first: each place has its own, `dW1[p]`.", {_ADDED: "np.add.at(dW1[0], windows[:, p], delta1)"}),
        Mistake("averaged_again_dW1", "dW1 is divided by N once more: the mean is already in delta2.", {_ADDED: "np.add.at(dW1[p], windows[:, p], delta1 / N)"}),
        Mistake("bias_averaged_1", "the gradient by b1 is averaged over the batch: the mean is already in delta2.", {"delta1.sum(axis=0)": "delta1.mean(axis=0)"}),
        Mistake("bias_one_number_1", "the gradient by b1 is one number for all units: sum over the windows, axis 0.", {"delta1.sum(axis=0)": "delta1.sum()"}),
        Mistake("uphill_1", "the gradient is added to W1: that climbs the loss.", {"W1 - lr * dW1": "W1 + lr * dW1"}),
        Mistake("uphill_2", "the gradient is added to W2: that climbs the loss.", {"W2 - lr * dW2": "W2 + lr * dW2"}),
        Mistake("rate_left_out_1", "W1 is moved without the learning rate.", {"W1 - lr * dW1": "W1 - dW1"}),
        Mistake("rate_left_out_2", "W2 is moved without the learning rate.", {"W2 - lr * dW2": "W2 - dW2"}),
        Mistake("bias_left_1", "the bias b1 is never moved.", {"b1 - lr * db1": "b1"}),
        Mistake("bias_left_2", "the bias b2 is never moved.", {"b2 - lr * db2": "b2"}),
    ),
)  # fmt: skip
