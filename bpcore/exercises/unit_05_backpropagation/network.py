"""Back through hidden layers: one delta, then the whole four-layer network."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES, INPUTS

# -- a hidden layer --------------------------------------------------------------------------------------------------------------------------------


def hidden_delta(delta_next, W_next, Z):
    """The gradient by the weighted sums Z of a hidden ReLU layer.

    delta_next: (N, K), the gradient by the next layer's weighted sums. W_next: (H, K). Z:
    (N, H). Returns delta: (N, H).
    """
    arriving = delta_next @ W_next.T
    return arriving * (Z > 0)


def hidden_delta_cases(rng):
    def case(name, N, H, K):
        Z = rng.uniform(0.2, 1.5, size=(N, H)) * rng.choice([-1.0, 1.0], size=(N, H))
        Z[0, 0], Z[0, -1] = 0.7, -0.4
        return Case(name, (rng.normal(size=(N, K)), rng.normal(size=(H, K)), Z), {BATCH: N, "the hidden size H": H, "the next layer's size K": K})

    small = (np.array([[1.0, -2.0]]), np.array([[1.0, 3.0], [0.5, 1.0], [-1.0, 2.0]]), np.array([[2.0, -1.0, 0.5]]))
    return [
        Case("one sample, three hidden units, two outputs", small, {BATCH: 1, "the hidden size H": 3, "the next layer's size K": 2}),
        case("seven samples, 5 hidden, 3 next", 7, 5, 3),
        case("all sizes equal", 4, 4, 4),
        case("one unit next", 5, 3, 1),
    ]


HIDDEN_DELTA = Exercise(
    id="backprop.hidden_delta",
    title="The error at a hidden layer",
    points=2,
    minutes=10,
    objective="Carry delta back through a weight matrix and an activation.",
    form="blank",
    statement=(
        "Write `hidden_delta(delta_next, W_next, Z)`. The hidden layer computed `A = relu(Z)`, the next layer `A @ W_next + b_next`. Given the gradient by "
        "the next layer's weighted sums, return the gradient by `Z`: first back through the weights, then through the activation."
    ),
    reference=hidden_delta,
    cases=hidden_delta_cases,
    hints=(
        "Two steps back: through the weights you know from the last exercise; then each unit by itself through its activation.",
        "What arrives at `A` is `delta_next @ W_next.T`, of shape (N, H). ReLU's slope is 1 where `Z > 0` and 0 elsewhere.",
        "`(delta_next @ W_next.T) * (Z > 0)`",
    ),
    mistakes=(
        Mistake("slope_left_out", "the activation's slope is missing: where Z is negative, ReLU lets nothing through, and nothing comes back.", {"arriving * (Z > 0)": "arriving"}),
        Mistake("value_for_slope", "the activation's value, relu(Z), stands where its slope belongs: the slope is 1 or 0.", {"(Z > 0)": "np.maximum(Z, 0)"}),
        Mistake("sum_for_slope", "Z itself stands where the slope belongs: the slope of ReLU is 1 or 0.", {"(Z > 0)": "Z"}),
        Mistake("relu_of_gradient", "ReLU is applied to the gradient: what decides is the sign of Z on the way forward, not the sign of the gradient.", {"arriving * (Z > 0)": "np.maximum(arriving, 0)"}),
        Mistake("slope_alone", "the mask alone is returned: what arrives from the next layer is dropped.", {"arriving * (Z > 0)": "1.0 * (Z > 0)"}),
        Mistake("mask_turned_round", "the mask is turned round: gradients pass where Z is positive.", {"(Z > 0)": "(Z < 0)"}),
        Mistake("sign_for_slope", "the sign of Z stands where the slope belongs: where Z is negative the slope is 0, and not −1.", {"(Z > 0)": "np.sign(Z)"}),
        Mistake("leaky_slope", "the slope of a leaky ReLU is used: here nothing at all comes back where Z is negative.", {"(Z > 0)": "np.where(Z > 0, 1, 0.01)"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid on Z, Z(1 - Z), is used: this layer is a ReLU.", {"(Z > 0)": "Z * (1 - Z)"}),
        Mistake("tanh_slope", "the slope 1 - Z² is used: that is tanh's (and it takes the activation): this layer is a ReLU.", {"(Z > 0)": "(1 - Z**2)"}),
        Mistake("weights_not_transposed", "W_next is not transposed: it runs only where the matrix is square.", {"W_next.T": "W_next"}),
        Mistake("weights_left_out", "the error is spread evenly, without the weights: each path back goes through its weight.", {"delta_next @ W_next.T": "delta_next.sum(axis=1, keepdims=True) * np.ones(Z.shape)"}),
        Mistake("averaged_again", "the result is divided by the batch size once more: the mean is already in delta_next.", {"arriving * (Z > 0)": "arriving * (Z > 0) / len(Z)"}),
    ),
)  # fmt: skip

# -- the whole backward pass -----------------------------------------------------------------------------------------------------------------------


def backward(X, labels, W1, b1, W2, b2, W3, b3):
    """One forward and one backward pass of the four-layer network (input, two hidden ReLU
    layers, softmax output).

    X: (N, D), labels: (N,), W1: (D, H1), W2: (H1, H2), W3: (H2, K), biases to match. The
    loss is the mean cross-entropy.
    Returns a dict of every stage by its name: Z1, A1, Z2, A2, Z3, P, loss, delta3, dW3,
    db3, delta2, dW2, db2, delta1, dW1, db1.
    """
    N = len(labels)
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    A2 = np.maximum(Z2, 0)
    Z3 = A2 @ W3 + b3
    E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.log(P[np.arange(N), labels]).mean()
    Y = np.zeros(P.shape)
    Y[np.arange(N), labels] = 1
    delta3 = (P - Y) / N
    dW3 = A2.T @ delta3
    db3 = delta3.sum(axis=0)
    delta2 = (delta3 @ W3.T) * (Z2 > 0)
    dW2 = A1.T @ delta2
    db2 = delta2.sum(axis=0)
    delta1 = (delta2 @ W2.T) * (Z1 > 0)
    dW1 = X.T @ delta1
    db1 = delta1.sum(axis=0)
    stages = dict(Z1=Z1, A1=A1, Z2=Z2, A2=A2, Z3=Z3, P=P, loss=loss)
    stages |= dict(delta3=delta3, dW3=dW3, db3=db3, delta2=delta2, dW2=dW2, db2=db2)
    return stages | dict(delta1=delta1, dW1=dW1, db1=db1)


def network_case(rng, name, N, sizes):
    """A four-layer network whose hidden units are never at ReLU's kink, and of which some
    are on and some off."""
    for _ in range(200):
        X, labels = rng.normal(size=(N, sizes[0])), rng.integers(0, sizes[3], N)
        weights = [w for a, b in zip(sizes, sizes[1:]) for w in (rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b) * 0.3)]
        Z1 = X @ weights[0] + weights[1]
        Z2 = np.maximum(Z1, 0) @ weights[2] + weights[3]
        on = [(Z > 0).mean() for Z in (Z1, Z2)]
        if min(np.abs(Z1).min(), np.abs(Z2).min()) > 1e-3 and all(0.2 < share < 0.9 for share in on):
            break
    names = {BATCH: N, INPUTS: sizes[0], "the first hidden size H1": sizes[1], "the second hidden size H2": sizes[2], CLASSES: sizes[3]}
    return Case(name, (X, labels, *weights), names)


def backward_cases(rng):
    return [
        network_case(rng, "two samples, 2-3-4-2", 2, (2, 3, 4, 2)),
        network_case(rng, "eleven samples, 5-7-3-2", 11, (5, 7, 3, 2)),
        network_case(rng, "all sizes equal", 5, (5, 5, 5, 5)),
        network_case(rng, "a batch of one", 1, (4, 6, 5, 3)),
    ]


def layer_mistakes(layer, before, delta):
    """The mistakes that can be made at any layer: in its weight gradient and in its bias
    gradient."""
    dW, db = f"dW{layer} = {before}.T @ {delta}", f"db{layer} = {delta}.sum(axis=0)"
    return (
        Mistake(f"averaged_again_dW{layer}", f"dW{layer} is divided by N once more: the mean is already in delta3.", {dW: dW + " / N"}),
        Mistake(f"transposed_dW{layer}", f"dW{layer} comes out transposed: it must have the shape of W{layer}.", {dW: f"dW{layer} = {delta}.T @ {before}"}),
        Mistake(f"bias_not_summed_{layer}", f"db{layer} still has one row a sample: the one bias serves all samples, so their gradients add up.", {db: f"db{layer} = {delta}"}),
        Mistake(f"bias_wrong_axis_{layer}", f"db{layer} is summed over the units (axis 1) and not over the samples (axis 0).", {db: f"db{layer} = {delta}.sum(axis=1)"}),
        Mistake(f"bias_one_number_{layer}", f"db{layer} is one number for all units: name the axis.", {db: f"db{layer} = {delta}.sum()"}),
        Mistake(f"bias_averaged_{layer}", f"db{layer} is averaged over the batch: the mean is already in delta3.", {db: f"db{layer} = {delta}.mean(axis=0)"}),
    )


def delta_mistakes(layer, arriving):
    """The mistakes that can be made on the way back into a hidden layer."""
    right = f"({arriving} @ W{layer + 1}.T) * (Z{layer} > 0)"
    return (
        Mistake(f"slope_left_out_{layer}", f"the slope of layer {layer}'s ReLU is missing in delta{layer}.", {right: f"{arriving} @ W{layer + 1}.T"}),
        Mistake(f"value_for_slope_{layer}", f"the value of layer {layer}'s ReLU stands in delta{layer} where its slope, 1 or 0, belongs.", {right: f"({arriving} @ W{layer + 1}.T) * A{layer}"}),
        Mistake(f"relu_of_gradient_{layer}", f"ReLU is applied to the gradient in delta{layer}: the sign of Z{layer} decides, not that of the gradient.", {right: f"np.maximum({arriving} @ W{layer + 1}.T, 0)"}),
        Mistake(f"weights_not_transposed_{layer}", f"W{layer + 1} is not transposed in delta{layer}: it runs only where the matrix is square.", {right: f"({arriving} @ W{layer + 1}) * (Z{layer} > 0)"}),
        Mistake(f"gradient_for_weights_{layer}", f"dW{layer + 1} stands in delta{layer} where W{layer + 1} belongs: the error travels through the weights.", {right: f"({arriving} @ dW{layer + 1}.T) * (Z{layer} > 0)"}),
        Mistake(f"raw_error_{layer}", f"the output's error P - Y, without its 1/N, is what delta{layer} is made from.", {right: right.replace(arriving, "(P - Y)")}),
    )  # fmt: skip


BACKWARD = Exercise(
    id="backprop.backward",
    title="The whole backward pass",
    points=6,
    minutes=35,
    objective="Write forward and backward through the four-layer network from a blank page.",
    form="blank",
    statement=(
        "Write `backward(X, labels, W1, b1, W2, b2, W3, b3)` for the four-layer network: input, two hidden layers with ReLU, and a softmax output with mean "
        "cross-entropy. Return a dict with every stage under its name: `Z1 A1 Z2 A2 Z3 P loss`, then `delta3 dW3 db3`, `delta2 dW2 db2`, `delta1 dW1 db1`. "
        "`delta` is the gradient by the weighted sums `Z` of its layer. The mean over the batch sits in `delta3`. Each stage is judged by what you "
        "make of your own earlier ones, so one slip is reported once, where it starts."
    ),
    reference=backward,
    cases=backward_cases,
    stages=("Z1", "A1", "Z2", "A2", "Z3", "P", "loss", "delta3", "dW3", "db3", "delta2", "dW2", "db2", "delta1", "dW1", "db1"),
    hints=(
        "Write the forward pass first and keep what you will need: every Z and every A. Then go back layer by layer: delta, dW, db.",
        "Each layer does the same three things: dW is its input transposed times its delta, db is its delta summed over the samples, and the delta of the layer below "
        "is its delta back through its weights, times the slope there.",
        "`delta2 = (delta3 @ W3.T) * (Z2 > 0)`, `dW2 = A1.T @ delta2`, `db2 = delta2.sum(axis=0)`",
    ),
    mistakes=(
        Mistake("bias_forgotten_1", "the bias of layer 1 is left out.", {"X @ W1 + b1": "X @ W1"}),
        Mistake("sums_passed_on_1", "layer 2 is fed the weighted sums Z1 and not the activations A1.", {"A1 @ W2 + b2": "Z1 @ W2 + b2"}),
        Mistake("sums_passed_on_2", "the output layer is fed the weighted sums Z2 and not the activations A2.", {"A2 @ W3 + b3": "Z2 @ W3 + b3"}),
        Mistake("output_activated", "the output layer's sums go through ReLU as well: softmax takes them as they are.", {"Z3 = A2 @ W3 + b3": "Z3 = np.maximum(A2 @ W3 + b3, 0)"}),
        Mistake("softmax_wrong_axis", "softmax runs over the samples and not over the classes.", {
            "Z3.max(axis=1, keepdims=True)": "Z3.max(axis=0, keepdims=True)", "E.sum(axis=1, keepdims=True)": "E.sum(axis=0, keepdims=True)",
        }),
        Mistake("one_sum", "one sum for the whole batch divides the probabilities: each row adds up to 1 by itself.", {"E.sum(axis=1, keepdims=True)": "E.sum()"}),
        Mistake("loss_summed", "the loss is summed over the batch: it is the mean that is asked for.", {"labels]).mean()": "labels]).sum()"}),
        Mistake("loss_sign", "the minus in front of the logarithm is missing.", {"loss = -np.log": "loss = np.log"}),
        Mistake("loss_all_entries", "the loss takes in every class and not only the labelled one.", {"-np.log(P[np.arange(N), labels]).mean()": "-np.log(P).mean()"}),
        Mistake("sign_turned", "targets minus probabilities are taken in delta3: the gradient is P - Y.", {"(P - Y) / N": "(Y - P) / N"}),
        Mistake("not_averaged", "the mean over the batch is missing from delta3.", {"(P - Y) / N": "P - Y"}),
        Mistake("divided_by_classes", "delta3 is divided by the number of classes and not by the batch size.", {"(P - Y) / N": "(P - Y) / P.shape[1]"}),
        Mistake("slope_kept", "the slope P(1 - P) is still in delta3: with cross-entropy it has cancelled.", {"(P - Y) / N": "(P - Y) * P * (1 - P) / N"}),
        Mistake("sums_for_activations_3", "dW3 is made from Z2: what went into layer 3 is A2.", {"A2.T @ delta3": "Z2.T @ delta3"}),
        Mistake("sums_for_activations_2", "dW2 is made from Z1: what went into layer 2 is A1.", {"A1.T @ delta2": "Z1.T @ delta2"}),
        *layer_mistakes(3, "A2", "delta3"),
        *delta_mistakes(2, "delta3"),
        *layer_mistakes(2, "A1", "delta2"),
        *delta_mistakes(1, "delta2")[:-1],
        Mistake("slope_skipped", "delta1 is made from what arrived at layer 2 before its slope: use delta2 itself.", {"(delta2 @ W2.T)": "(delta3 @ W3.T @ W2.T)"}),
        Mistake("other_layers_slope", "delta1 uses the slope of layer 2: take Z1's (it runs only where both layers have one size).", {"(Z1 > 0)": "(Z2 > 0)"}),
        *layer_mistakes(1, "X", "delta1"),
    ),
)  # fmt: skip
