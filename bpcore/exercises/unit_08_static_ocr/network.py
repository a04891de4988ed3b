"""A network that reads digits: one step of its training, the table of its errors, and a skip around a layer."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES, INPUTS

HIDDEN = "the hidden size H"

# -- one step of training --------------------------------------------------------------------------------------------------------------------------


def train_step(X, labels, W1, b1, W2, b2, lr):
    """One step of gradient descent for a network with one hidden tanh layer and a softmax output.

    X: (N, D), one image a row. labels: (N,). W1: (D, H). b1: (H,). W2: (H, K). b2: (K,). The loss is the mean cross-entropy.
    Returns a dict: A1, P, loss, delta2, dW2, delta1, dW1 and the moved parameters new_W1, new_b1, new_W2, new_b2.
    """
    N = len(labels)
    A1 = np.tanh(X @ W1 + b1)
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.log(P[np.arange(N), labels]).mean()
    Y = np.zeros(P.shape)
    Y[np.arange(N), labels] = 1
    delta2 = (P - Y) / N
    dW2 = A1.T @ delta2
    db2 = delta2.sum(axis=0)
    delta1 = (delta2 @ W2.T) * (1 - A1**2)
    dW1 = X.T @ delta1
    db1 = delta1.sum(axis=0)
    new_W1, new_b1 = W1 - lr * dW1, b1 - lr * db1
    new_W2, new_b2 = W2 - lr * dW2, b2 - lr * db2
    stages = dict(A1=A1, P=P, loss=loss, delta2=delta2, dW2=dW2, delta1=delta1, dW1=dW1)
    return stages | dict(new_W1=new_W1, new_b1=new_b1, new_W2=new_W2, new_b2=new_b2)


def train_step_cases(rng):
    def case(name, N, D, H, K, lr):
        W1, W2 = rng.normal(size=(D, H)) / np.sqrt(D), rng.normal(size=(H, K)) / np.sqrt(H)
        args = (rng.uniform(size=(N, D)), rng.integers(0, K, N), W1, rng.uniform(0, 0.8, size=H), W2, rng.normal(size=K) * 0.3, lr)
        return Case(name, args, {BATCH: N, INPUTS: D, HIDDEN: H, CLASSES: K})

    return [
        case("two images, 2-3-2", 2, 2, 3, 2, 0.5),
        case("eleven images, 7-5-3", 11, 7, 5, 3, 0.1),
        case("all sizes equal", 4, 4, 4, 4, 0.3),
        case("as many hidden units as inputs", 5, 3, 3, 2, 0.7),
        case("one image", 1, 5, 3, 2, 1.5),
    ]


_SLOPE = "(1 - A1**2)"

TRAIN_STEP = Exercise(
    id="static_ocr.train_step",
    title="One step of learning to read",
    points=4,
    minutes=20,
    objective="Write forward, backward and update of a two-layer softmax network in one function.",
    form="blank",
    statement=(
        "Write `train_step(X, labels, W1, b1, W2, b2, lr)`: one step of gradient descent for the network `X` → `A1 = tanh(X @ W1 + b1)` → `softmax(A1 @ W2 + b2)` with the mean "
        "cross-entropy as its loss. `X` is (N, D), one image a row; `labels` are N whole numbers. Return a dict with every stage under its name: `A1 P loss`, then "
        "`delta2 dW2 delta1 dW1` (delta is the gradient by a layer's weighted sums; the 1/N sits in `delta2`), then the moved parameters `new_W1 new_b1 new_W2 new_b2`. "
        "All gradients belong to the old weights."
    ),
    reference=train_step,
    cases=train_step_cases,
    stages=("A1", "P", "loss", "delta2", "dW2", "delta1", "dW1", "new_W1", "new_b1", "new_W2", "new_b2"),
    hints=(
        "You have written all of this for ReLU. What is different on the way back through tanh, and which of your stages does its slope use?",
        "With `a = tanh(z)` the slope is `1 - a²`: it takes the activation A1. Compute all gradients before you move anything.",
        "`delta1 = (delta2 @ W2.T) * (1 - A1**2)`, `dW1 = X.T @ delta1`, `new_W1 = W1 - lr * dW1`",
    ),
    mistakes=(
        Mistake("bias_forgotten_1", "the bias of layer 1 is left out.", {"X @ W1 + b1": "X @ W1"}),
        Mistake("relu_for_tanh", "the hidden layer is a ReLU: here it is tanh.", {"np.tanh(X @ W1 + b1)": "np.maximum(X @ W1 + b1, 0)"}),
        Mistake("sigmoid_for_tanh", "the hidden layer is a sigmoid: here it is tanh, from -1 to 1.", {"np.tanh(X @ W1 + b1)": "1 / (1 + np.exp(-(X @ W1 + b1)))"}),
        Mistake("activation_left_out", "the weighted sums are handed on without tanh.", {"np.tanh(X @ W1 + b1)": "X @ W1 + b1"}),
        Mistake("bias_forgotten_2", "the bias of layer 2 is left out.", {"A1 @ W2 + b2": "A1 @ W2"}),
        Mistake("output_activated", "the output layer goes through tanh as well: softmax takes the weighted sums as they are.", {"Z2 = A1 @ W2 + b2": "Z2 = np.tanh(A1 @ W2 + b2)"}),
        Mistake("softmax_wrong_axis", "softmax runs over the images and not over the classes.", {
            "Z2.max(axis=1, keepdims=True)": "Z2.max(axis=0, keepdims=True)", "E.sum(axis=1, keepdims=True)": "E.sum(axis=0, keepdims=True)",
        }),
        Mistake("one_sum", "one sum for the whole batch divides the probabilities: each row adds up to 1 by itself.", {"E.sum(axis=1, keepdims=True)": "E.sum()"}),
        Mistake("softmax_twice", "softmax is applied twice.", {"    loss = -np": "    P = np.exp(P) / np.exp(P).sum(axis=1, keepdims=True)\n    loss = -np"}),
        Mistake("loss_summed", "the loss is summed over the batch: it is the mean that is asked for.", {"labels]).mean()": "labels]).sum()"}),
        Mistake("loss_sign", "the minus in front of the logarithm is missing.", {"loss = -np.log": "loss = np.log"}),
        Mistake("loss_all_entries", "the loss takes in every class and not only the labelled one.", {"-np.log(P[np.arange(N), labels]).mean()": "-np.log(P).mean()"}),
        Mistake("sign_turned", "targets minus probabilities are taken in delta2: the gradient is P - Y.", {"(P - Y) / N": "(Y - P) / N"}),
        Mistake("not_averaged", "the mean over the batch is missing from delta2.", {"(P - Y) / N": "P - Y"}),
        Mistake("divided_by_classes", "delta2 is divided by the number of classes and not by the batch size.", {"(P - Y) / N": "(P - Y) / P.shape[1]"}),
        Mistake("slope_kept", "the slope P(1 - P) is still in delta2: with cross-entropy it has cancelled.", {"(P - Y) / N": "(P - Y) * P * (1 - P) / N"}),
        Mistake("gradient_transposed_2", "dW2 comes out transposed: it must have the shape of W2.", {"A1.T @ delta2": "delta2.T @ A1"}),
        Mistake("averaged_again_dW2", "dW2 is divided by N once more: the mean is already in delta2.", {"A1.T @ delta2": "A1.T @ delta2 / N"}),
        Mistake("image_for_activation", "dW2 is made from the images X: what went into layer 2 is A1.", {"A1.T @ delta2": "X.T @ delta2"}),
        Mistake("bias_averaged_2", "the gradient by b2 is averaged over the batch: the mean is already in delta2.", {"delta2.sum(axis=0)": "delta2.mean(axis=0)"}),
        Mistake("bias_wrong_axis_2", "the gradient by b2 is summed over the classes (axis 1) and not over the images.", {"delta2.sum(axis=0)": "delta2.sum(axis=1)"}),
        Mistake("slope_left_out", "the slope of tanh is missing in delta1.", {" * (1 - A1**2)": ""}),
        Mistake("slope_of_sums", "the slope is taken at the weighted sums, 1 - Z²: with 1 - a² the a is the activation A1.", {_SLOPE: "(1 - (X @ W1 + b1) ** 2)"}),
        Mistake("tanh_twice", "tanh is applied once more inside the slope, 1 - tanh(A1)²: A1 is tanh already.", {_SLOPE: "(1 - np.tanh(A1) ** 2)"}),
        Mistake("slope_plus", "the slope has a plus: it is 1 - A1², at most 1.", {_SLOPE: "(1 + A1**2)"}),
        Mistake("slope_without_one", "the slope is -A1²: the 1 is missing.", {_SLOPE: "(-(A1**2))"}),
        Mistake("slope_not_squared", "the slope is 1 - A1: A1 is squared in it.", {_SLOPE: "(1 - A1)"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, A1(1 - A1), is used: this layer is tanh.", {_SLOPE: "A1 * (1 - A1)"}),
        Mistake("relu_slope", "the slope of ReLU (1 where positive) is used: this layer is tanh.", {_SLOPE: "(X @ W1 + b1 > 0)"}),
        Mistake("value_for_slope", "the activation itself stands where its slope belongs.", {_SLOPE: "A1"}),
        Mistake("weights_not_transposed", "W2 is not transposed in delta1: it runs only where the matrix is square.", {"delta2 @ W2.T": "delta2 @ W2"}),
        Mistake("raw_error", "the error P - Y without its 1/N is what delta1 is made from: use delta2.", {"(delta2 @ W2.T)": "((P - Y) @ W2.T)"}),
        Mistake("updated_too_early", "delta1 is sent back through the moved W2: all gradients belong to the old weights.", {"(delta2 @ W2.T)": "(delta2 @ (W2 - lr * dW2).T)"}),
        Mistake("gradient_transposed_1", "dW1 comes out transposed: it must have the shape of W1.", {"X.T @ delta1": "delta1.T @ X"}),
        Mistake("averaged_again_dW1", "dW1 is divided by N once more: the mean is already in delta2.", {"X.T @ delta1": "X.T @ delta1 / N"}),
        Mistake("bias_one_number_1", "the gradient by b1 is one number for all units: sum over the images, axis 0.", {"delta1.sum(axis=0)": "delta1.sum()"}),
        Mistake("bias_averaged_1", "the gradient by b1 is averaged over the batch: the mean is already in delta2.", {"delta1.sum(axis=0)": "delta1.mean(axis=0)"}),
        Mistake("bias_wrong_axis_1", "the gradient by b1 is summed over the units (axis 1) and not over the images.", {"delta1.sum(axis=0)": "delta1.sum(axis=1)"}),
        Mistake("uphill_1", "the gradient is added to W1: that climbs the loss.", {"W1 - lr * dW1": "W1 + lr * dW1"}),
        Mistake("uphill_2", "the gradient is added to W2: that climbs the loss.", {"W2 - lr * dW2": "W2 + lr * dW2"}),
        Mistake("rate_left_out_1", "W1 is moved without the learning rate.", {"W1 - lr * dW1": "W1 - dW1"}),
        Mistake("rate_left_out_2", "W2 is moved without the learning rate.", {"W2 - lr * dW2": "W2 - dW2"}),
        Mistake("step_averaged", "the step of W1 is divided by N once more: the mean is already in the gradient.", {"W1 - lr * dW1": "W1 - lr * dW1 / N"}),
        Mistake("bias_left_1", "the bias b1 is never moved.", {"b1 - lr * db1": "b1"}),
        Mistake("bias_left_2", "the bias b2 does not move: it was left out, or its gradient was summed over classes as well as images, and all entries of P - Y together are 0.", {"b2 - lr * db2": "b2"}),
    ),
)  # fmt: skip

# -- who is taken for whom ---------------------------------------------------------------------------------------------------------------------------


def confusion(labels, predictions, classes):
    """Count who is taken for whom.

    labels, predictions: (N,) whole numbers from 0 to classes - 1. Returns a (classes, classes) array: entry [t, p] is
    the number of samples whose label is t and whose prediction is p.
    """
    table = np.zeros((classes, classes), dtype=int)
    for truth, prediction in zip(labels, predictions):
        table[truth, prediction] += 1
    return table


def confusion_cases(rng):
    by_hand = (np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0]), 3)
    cases = [Case("six samples, three classes", by_hand, {"the number of samples N": 6, CLASSES: 3})]
    for name, N, K in (("37 samples, five classes", 37, 5), ("two classes", 11, 2), ("one class", 4, 1)):
        labels = rng.integers(0, K, N)
        predictions = np.where(rng.uniform(size=N) < 0.6, labels, rng.integers(0, K, N))
        cases.append(Case(name, (labels, predictions, K), {"the number of samples N": N, CLASSES: K}))
    labels = np.array([0, 0, 3, 3, 1, 0, 0, 4, 4])
    cases.append(Case("classes that never occur", (labels, np.array([0, 3, 3, 3, 1, 0, 1, 0, 0]), 7), {"the number of samples N": 9, CLASSES: 7}))
    cases.append(Case("a label never predicted", (np.array([2, 1, 0, 2, 2]), np.array([0, 1, 0, 1, 0]), 3), {"the number of samples N": 5, CLASSES: 3}))
    return cases


_COUNT = "        table[truth, prediction] += 1\n"
_ROUNDS = "    for truth, prediction in zip(labels, predictions):\n" + _COUNT

CONFUSION = Exercise(
    id="static_ocr.confusion",
    title="Who is taken for whom",
    points=1,
    minutes=8,
    objective="Measure how well a network reads: on whose hand, and by which mistakes.",
    form="blank",
    statement=(
        "Write `confusion(labels, predictions, classes)`. `labels` and `predictions` are arrays of N whole numbers from 0 to `classes - 1`. Return an array of shape "
        "`(classes, classes)` whose entry `[t, p]` counts the samples with label `t` and prediction `p`: the **row** is the truth, the column what was read. Counts, not shares. "
        "A class may be missing from the data: its row is zeros then."
    ),
    reference=confusion,
    cases=confusion_cases,
    hints=(
        "Which entry of the table does one sample belong to? Start from a table of zeros.",
        "`table[labels, predictions] += 1` looks right and adds only 1 where a pair comes twice. Use a loop (or `np.add.at`).",
        "`for truth, prediction in zip(labels, predictions): table[truth, prediction] += 1`",
    ),
    mistakes=(
        Mistake("transposed", "rows and columns are exchanged: the row is the truth, the column the prediction.", {"table[truth, prediction]": "table[prediction, truth]"}),
        Mistake("each_pair_once", "each pair counts once, however often it comes: `table[labels, predictions] += 1` adds only 1 to an entry that is named twice (and so does `=` for `+=`).", {"] += 1": "] = 1"}),
        Mistake("shares_of_all", "the counts are divided by the number of samples: counts are asked for.", {"return table": "return table / len(labels)"}),
        Mistake("shares_of_row", "each row is divided by its sum: counts are asked for (and a class that never occurs would be 0/0).", {"return table": "return table / table.sum(axis=1, keepdims=True)"}),
        Mistake("shares_of_column", "each column is divided by its sum: counts are asked for.", {"return table": "return table / table.sum(axis=0, keepdims=True)"}),
        Mistake("errors_only", "only the errors are counted: the diagonal, what was read rightly, belongs to the table.", {_COUNT: "        if truth != prediction:\n    " + _COUNT}),
        Mistake("hits_only", "only what was read rightly is counted: the errors are what the table is for.", {_COUNT: "        if truth == prediction:\n    " + _COUNT}),
        Mistake("predictions_sorted", "the predictions are no longer in the order of the labels: labels and predictions must stay in pairs.", {"zip(labels, predictions)": "zip(labels, np.sort(predictions))"}),
        Mistake("both_sorted", "labels and predictions were sorted, each by itself: they must stay in pairs.", {"zip(labels, predictions)": "zip(np.sort(labels), np.sort(predictions))"}),
        Mistake("all_with_all", "every label was paired with every prediction: they belong together one by one, so one loop with `zip`, not two.", {
            _ROUNDS: "    for truth in labels:\n        for prediction in predictions:\n            table[truth, prediction] += 1\n",
        }),
        Mistake("classes_from_data", "the table has only as many classes as occur among the labels: take `classes`.", {_ROUNDS: "    names = np.unique(labels)\n    table = np.array([[((labels == t) & (predictions == p)).sum() for p in names] for t in names])\n"}),
        Mistake("last_missing", "the last sample is missing: the loop ends one too early.", {"zip(labels, predictions)": "zip(labels[:-1], predictions[:-1])"}),
        Mistake("first_missing", "the first sample is missing: the loop begins with the second.", {"zip(labels, predictions)": "zip(labels[1:], predictions[1:])"}),
        Mistake("row_and_column", "an error is counted twice, once in the row of its truth and once in that of its prediction.", {_COUNT: _COUNT + "        if truth != prediction:\n            table[prediction, truth] += 1\n"}),
        Mistake("accuracy", "one number is returned, how many were read rightly: asked for is the whole table.", {"return table": "return table.trace() / len(labels)"}),
    ),
)  # fmt: skip

# -- a skip --------------------------------------------------------------------------------------------------------------------------------------------


def backward_skip(X, labels, W1, W2, W3):
    """Forward and backward through a network with a skip around its second layer (and without biases).

    A1 = relu(X W1), A2 = relu(A1 W2) + A1, P = softmax(A2 W3); the loss is the mean cross-entropy.
    X: (N, D). labels: (N,). W1: (D, H). W2: (H, H). W3: (H, K). dA1, dA2 are the gradients by A1 and A2, delta1, delta2,
    delta3 those by the weighted sums. Returns a dict: A1, A2, P, delta3, dW3, dA2, delta2, dW2, dA1, delta1, dW1.
    """
    N = len(labels)
    Z1 = X @ W1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2
    A2 = np.maximum(Z2, 0) + A1
    Z3 = A2 @ W3
    E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    Y = np.zeros(P.shape)
    Y[np.arange(N), labels] = 1
    delta3 = (P - Y) / N
    dW3 = A2.T @ delta3
    dA2 = delta3 @ W3.T
    delta2 = dA2 * (Z2 > 0)
    dW2 = A1.T @ delta2
    dA1 = delta2 @ W2.T + dA2
    delta1 = dA1 * (Z1 > 0)
    dW1 = X.T @ delta1
    return dict(A1=A1, A2=A2, P=P, delta3=delta3, dW3=dW3, dA2=dA2, delta2=delta2, dW2=dW2, dA1=dA1, delta1=delta1, dW1=dW1)


def backward_skip_cases(rng):
    def case(name, N, D, H, K):
        for _ in range(500):  # no hidden unit at ReLU's kink, and some of each layer on and some off
            X, labels = rng.normal(size=(N, D)), rng.integers(0, K, N)
            W1, W2, W3 = rng.normal(size=(D, H)) / np.sqrt(D), rng.normal(size=(H, H)) / np.sqrt(H), rng.normal(size=(H, K)) / np.sqrt(H)
            Z1 = X @ W1
            Z2 = np.maximum(Z1, 0) @ W2
            on = [(Z > 0).mean() for Z in (Z1, Z2)]
            if min(np.abs(Z1).min(), np.abs(Z2).min()) > 1e-3 and all(0.2 < share < 0.9 for share in on) and ((Z1 > 0) & (Z2 < 0)).any():
                break
        return Case(name, (X, labels, W1, W2, W3), {BATCH: N, INPUTS: D, HIDDEN: H, CLASSES: K})

    return [
        case("two samples, 2-3-3-2", 2, 2, 3, 2),
        case("seven samples, 3-5-5-2", 7, 3, 5, 2),
        case("all sizes equal", 4, 4, 4, 4),
        case("a batch of one", 1, 3, 6, 5),
    ]


_DA1 = "dA1 = delta2 @ W2.T + dA2"

BACKWARD_SKIP = Exercise(
    id="static_ocr.backward_skip",
    title="A way around a layer",
    points=3,
    minutes=18,
    objective="Add up the gradients that arrive along two ways.",
    form="blank",
    statement=(
        "This network has a skip: what leaves layer 1 goes through layer 2 and also around it. `A1 = relu(X @ W1)`, `A2 = relu(A1 @ W2) + A1`, `P = softmax(A2 @ W3)`, mean "
        "cross-entropy, no biases. Write `backward_skip(X, labels, W1, W2, W3)` and return a dict of the stages `A1 A2 P delta3 dW3 dA2 delta2 dW2 dA1 delta1 dW1`. "
        "`delta` is the gradient by a layer's weighted sums (1/N sits in `delta3`), `dA2` and `dA1` are the gradients by `A2` and `A1`: all of it, along every way."
    ),
    reference=backward_skip,
    cases=backward_skip_cases,
    stages=("A1", "A2", "P", "delta3", "dW3", "dA2", "delta2", "dW2", "dA1", "delta1", "dW1"),
    hints=(
        "`A1` is used twice. Along which two ways does a change of `A1` reach `A2`?",
        "Through layer 2 comes `delta2 @ W2.T`; around it comes `dA2`, unchanged. What arrives along two ways is added, and only then goes through the slope of layer 1.",
        "`dA1 = delta2 @ W2.T + dA2`, `delta1 = dA1 * (Z1 > 0)`",
    ),
    mistakes=(
        Mistake("skip_left_out_forward", "the skip is missing on the way forward: A2 is relu(A1 @ W2) plus A1.", {"np.maximum(Z2, 0) + A1": "np.maximum(Z2, 0)"}),
        Mistake("skip_inside_relu", "the skip is added inside the ReLU: here it goes around layer 2 with its activation, and is added after it.", {"np.maximum(Z2, 0) + A1": "np.maximum(Z2 + A1, 0)"}),
        Mistake("activation_left_out_2", "layer 2 has no ReLU: its weighted sums are added to A1 as they are.", {"np.maximum(Z2, 0) + A1": "Z2 + A1"}),
        Mistake("sums_skipped", "the weighted sums Z1 go along the skip, and not the activations A1.", {"np.maximum(Z2, 0) + A1": "np.maximum(Z2, 0) + Z1"}),
        Mistake("softmax_wrong_axis", "softmax runs over the samples and not over the classes.", {
            "Z3.max(axis=1, keepdims=True)": "Z3.max(axis=0, keepdims=True)", "E.sum(axis=1, keepdims=True)": "E.sum(axis=0, keepdims=True)",
        }),
        Mistake("sign_turned", "targets minus probabilities are taken in delta3: the gradient is P - Y.", {"(P - Y) / N": "(Y - P) / N"}),
        Mistake("not_averaged", "the mean over the batch is missing from delta3.", {"(P - Y) / N": "P - Y"}),
        Mistake("slope_kept", "the slope P(1 - P) is still in delta3: with cross-entropy it has cancelled.", {"(P - Y) / N": "(P - Y) * P * (1 - P) / N"}),
        Mistake("input_without_skip", "dW3 is made from relu(Z2) alone: what went into layer 3 is A2, with the skip.", {"A2.T @ delta3": "np.maximum(Z2, 0).T @ delta3"}),
        Mistake("averaged_again_dW3", "dW3 is divided by N once more: the mean is already in delta3.", {"A2.T @ delta3": "A2.T @ delta3 / N"}),
        Mistake("weights_not_transposed_3", "W3 is not transposed: it runs only where the matrix is square.", {"delta3 @ W3.T": "delta3 @ W3"}),
        Mistake("slope_too_early", "the slope of layer 2 is already in dA2: dA2 is the gradient by A2, and the skip needs it without that slope.", {"delta3 @ W3.T\n": "delta3 @ W3.T * (Z2 > 0)\n"}),
        Mistake("slope_left_out_2", "the slope of layer 2's ReLU is missing in delta2.", {"dA2 * (Z2 > 0)": "dA2 * 1"}),
        Mistake("slope_from_output", "A2 > 0 decides in delta2: with the skip A2 is positive wherever A1 is. It is Z2 that went through the ReLU.", {"(Z2 > 0)": "(A2 > 0)"}),
        Mistake("value_for_slope_2", "the value of A2 stands in delta2 where the slope, 1 or 0, belongs.", {"(Z2 > 0)": "A2"}),
        Mistake("own_output", "dW2 is made from A2: what went into layer 2 is A1.", {"A1.T @ delta2": "A2.T @ delta2"}),
        Mistake("averaged_again_dW2", "dW2 is divided by N once more: the mean is already in delta3.", {"A1.T @ delta2": "A1.T @ delta2 / N"}),
        Mistake("skip_left_out", "only what comes through layer 2 reaches A1: the gradient of the skip is missing, or was overwritten (`=` for `+=`).", {_DA1: "dA1 = delta2 @ W2.T"}),
        Mistake("only_skip", "only what comes along the skip reaches A1: the way through layer 2 is missing, or was overwritten (`=` for `+=`).", {_DA1: "dA1 = dA2"}),
        Mistake("skip_with_slope", "delta2 goes along the skip: the skip goes around layer 2's ReLU as well, so its gradient is dA2 without that slope.", {_DA1: "dA1 = delta2 @ W2.T + delta2"}),
        Mistake("skip_through_weights", "dA2, without the slope, goes back through W2: around the layer there are no weights, and through it there is a slope.", {_DA1: "dA1 = dA2 @ W2.T + dA2"}),
        Mistake("skip_averaged", "the two ways are averaged: they are added.", {_DA1: "dA1 = (delta2 @ W2.T + dA2) / 2"}),
        Mistake("skip_multiplied", "the two ways are multiplied: along one way slopes are multiplied, what arrives along two ways is added.", {_DA1: "dA1 = (delta2 @ W2.T) * dA2"}),
        Mistake("skip_twice", "the gradient of the skip is added twice.", {_DA1: "dA1 = delta2 @ W2.T + 2 * dA2"}),
        Mistake("weights_not_transposed_2", "W2 is not transposed in dA1: it is square, so it runs, and is wrong.", {"delta2 @ W2.T": "delta2 @ W2"}),
        Mistake("skip_past_slope", "the skip passes layer 1's ReLU as well: it starts behind it, so both ways go through the slope of layer 1.", {"dA1 * (Z1 > 0)": "(dA1 - dA2) * (Z1 > 0) + dA2"}),
        Mistake("slope_left_out_1", "the slope of layer 1's ReLU is missing in delta1.", {"dA1 * (Z1 > 0)": "dA1 * 1"}),
        Mistake("other_layers_slope", "delta1 uses the slope of layer 2: take Z1's.", {"(Z1 > 0)": "(Z2 > 0)"}),
        Mistake("skip_behind_slope", "the slope of layer 1 is taken from A2, which the skip makes positive in the same places or more: take Z1's.", {"(Z1 > 0)": "(A2 > 0)"}),
        Mistake("averaged_again_dW1", "dW1 is divided by N once more: the mean is already in delta3.", {"X.T @ delta1": "X.T @ delta1 / N"}),
        Mistake("gradient_transposed_1", "dW1 comes out transposed: it must have the shape of W1.", {"X.T @ delta1": "delta1.T @ X"}),
    ),
)  # fmt: skip
