"""The exercises of unit 05: from the sums over paths of one small layer to the backward pass of the four-layer network."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

BATCH, INPUTS, OUTPUTS = "the batch size N", "the number of inputs D", "the number of outputs H"
CLASSES = "the number of classes K"


def layer_sizes(N, D, H):
    return {BATCH: N, INPUTS: D, OUTPUTS: H}


# -- the forward step of a layer ----------------------------------------------------------------------------------------------------------


def dense_forward(X, W, b):
    """The weighted sums of a dense layer.

    X: (N, D), one sample a row. W: (D, H). b: (H,). Returns Z: (N, H), with Z[n, j] = sum over i of X[n, i] W[i, j], plus b[j].
    """
    return X @ W + b


def dense_forward_cases(rng):
    small = (np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), np.array([0.5, -1.0, 0.0]))
    cases = [Case("one sample through a 2×3 layer", small, layer_sizes(1, 2, 3))]
    for name, (N, D, H) in {"seven samples, 3 to 5": (7, 3, 5), "all sizes equal": (4, 4, 4), "one output": (5, 3, 1)}.items():
        cases.append(Case(name, (rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=H)), layer_sizes(N, D, H)))
    X, W, b = rng.normal(size=(3, 6)), rng.normal(size=(4, 3)), rng.normal(size=4)
    cases.append(Case("views that are not contiguous", (X.T[:, :3], W.T, b), layer_sizes(6, 3, 4)))
    cases.append(Case("whole numbers", (rng.integers(-3, 4, (2, 3)), rng.integers(-3, 4, (3, 2)), rng.integers(-3, 4, 2)), layer_sizes(2, 3, 2)))
    return cases


DENSE_FORWARD = Exercise(
    id="backprop.dense_forward",
    title="A layer, forward",
    points=1,
    minutes=4,
    objective="Compute a dense layer for a whole batch.",
    form="blank",
    statement=(
        "Write `dense_forward(X, W, b)`. Row `n` of `X` is one sample. The result has shape `(N, H)`; its entry `[n, j]` is the weighted sum that unit "
        "`j` makes of sample `n`, plus that unit's bias. No activation yet."
    ),
    reference=dense_forward,
    cases=dense_forward_cases,
    hints=(
        "Which axis do `X` and `W` share? That is the one that is summed away.",
        "`X` is (N, D) and `W` is (D, H): the matrix product sums over D. `b` has shape (H,) and is added to every row.",
        "`X @ W + b`",
    ),
    mistakes=(
        Mistake("bias_forgotten", "the bias is left out.", {" + b": ""}),
        Mistake("bias_subtracted", "the bias is subtracted.", {" + b": " - b"}),
        Mistake("bias_multiplied", "the sums are multiplied by the bias, which shifts and does not scale.", {" + b": " * b"}),
        Mistake("bias_summed", "the sum of all biases is added to every unit: each unit has its own.", {" + b": " + b.sum()"}),
        Mistake("weights_transposed", "the weights are transposed. With W of shape (D, H) and samples in rows the product is `X @ W`.", {"@ W": "@ W.T"}),
        Mistake("elementwise", "`*` multiplies entry by entry: the weighted sum needs the matrix product `@`.", {"X @ W": "X * W"}),
        Mistake("activated", "an activation (ReLU) is already applied: here only the weighted sum is asked for.", {"X @ W + b": "np.maximum(X @ W + b, 0)"}),
    ),
)

# -- one sample: sums over paths ---------------------------------------------------------------------------------------------------------------


def weight_gradient(x, g):
    """The gradient of the loss by each weight of a layer, for one sample.

    x: (D,), what went in. g: (H,), the gradient by what came out. Returns dW: (D, H).
    """
    dW = np.zeros((len(x), len(g)))
    for i in range(len(x)):
        for j in range(len(g)):
            dW[i, j] = x[i] * g[j]
    return dW


def weight_gradient_cases(rng):
    cases = [Case("a 2×3 layer", (np.array([1.0, 2.0]), np.array([0.5, -1.0, 3.0])), {INPUTS: 2, OUTPUTS: 3})]
    for name, (D, H) in {"5 to 7": (5, 7), "4 to 4": (4, 4), "one output": (3, 1)}.items():
        cases.append(Case(name, (rng.normal(size=D), rng.normal(size=H)), {INPUTS: D, OUTPUTS: H}))
    return cases


WEIGHT_GRADIENT = Exercise(
    id="backprop.weight_gradient",
    title="One weight, one path",
    points=1,
    minutes=5,
    objective="Derive the gradient by one weight from the single path that leads through it.",
    form="faded",
    statement=(
        "Weight `W[i, j]` touches the loss along one path only: input `i` → output `j`. The loops are there; write the one product that belongs "
        "in place of `...`: the local slope of `z[j]` by `W[i, j]`, times what arrives from above."
    ),
    reference=weight_gradient,
    blanks=("x[i] * g[j]",),
    cases=weight_gradient_cases,
    hints=(
        "`z[j] = … + x[i] * W[i, j] + …`. What is the slope of that by `W[i, j]`?",
        "The slope is what multiplies the weight: the input `x[i]`. And `g[j]` arrives from above.",
        "`x[i] * g[j]`",
    ),
    mistakes=(
        Mistake("added", "input and incoming gradient are added: along one path slopes are multiplied.", {"x[i] * g[j]": "x[i] + g[j]"}),
        Mistake("input_left_out", "the incoming gradient alone is taken: the slope of z[j] by W[i, j] is x[i], not 1.", {"x[i] * g[j]": "g[j]"}),
        Mistake("upstream_dropped", "the input alone is taken: what arrives from above, g[j], is dropped.", {"x[i] * g[j]": "x[i]"}),
        Mistake("indices_exchanged", "the indices are exchanged: `x` is indexed by the input i, `g` by the output j.", {"x[i] * g[j]": "x[j] * g[i]"}),
        Mistake("transposed", "the table is turned: rows are for inputs, columns for outputs, as in W.", {
            "np.zeros((len(x), len(g)))": "np.zeros((len(g), len(x)))", "dW[i, j]": "dW[j, i]",
        }),
    ),
)  # fmt: skip


def input_gradient(W, g):
    """The gradient of the loss by each input of a layer, for one sample.

    W: (D, H). g: (H,), the gradient by what came out. Returns dx: (D,).
    """
    dx = np.zeros(W.shape[0])
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            dx[i] += W[i, j] * g[j]
    return dx


def input_gradient_cases(rng):
    small = (np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), np.array([0.5, -1.0, 3.0]))
    cases = [Case("a 2×3 layer", small, {INPUTS: 2, OUTPUTS: 3})]
    for name, (D, H) in {"5 to 7": (5, 7), "4 to 4": (4, 4), "one output": (3, 1)}.items():
        cases.append(Case(name, (rng.normal(size=(D, H)), rng.normal(size=H)), {INPUTS: D, OUTPUTS: H}))
    return cases


INPUT_GRADIENT = Exercise(
    id="backprop.input_gradient",
    title="One input, many paths",
    points=1,
    minutes=8,
    objective="Derive the gradient by an input as a sum over all paths that leave it.",
    form="blank",
    statement=(
        "Input `i` reaches every output `j` through `W[i, j]`, so it has as many paths to the loss as there are outputs. Write "
        "`input_gradient(W, g)` with loops, and without `.T`: for each input add up, over all `j`, the slope of `z[j]` by `x[i]` times `g[j]`."
    ),
    reference=input_gradient,
    cases=input_gradient_cases,
    hints=(
        "How many paths lead from one input to the loss? Each gives a product; what happens to the products?",
        "For a fixed input `i`, run over all outputs `j` and add `W[i, j] * g[j]` to `dx[i]`.",
        "`dx[i] += W[i, j] * g[j]`",
    ),
    mistakes=(
        Mistake("overwritten", "each path overwrites the one before (`=`): paths add up (`+=`).", {"dx[i] +=": "dx[i] ="}),
        Mistake("averaged", "the paths are averaged: they are added.", {"    return dx": "    return dx / W.shape[1]"}),
        Mistake("upstream_dropped", "the weights alone are added up: what arrives from above, g[j], is dropped.", {"W[i, j] * g[j]": "W[i, j]"}),
        Mistake("weight_left_out", "the incoming gradients alone are added up: each path goes through its weight.", {"W[i, j] * g[j]": "g[j]"}),
        Mistake("summed_over_inputs", "the sum runs over the inputs: the result has one entry for each output.", {
            "np.zeros(W.shape[0])": "np.zeros(W.shape[1])", "dx[i] +=": "dx[j] +=",
        }),
        Mistake("weights_transposed", "the weight of the opposite direction is taken: `W[j, i]` instead of `W[i, j]`.", {"W[i, j] * g[j]": "W[j, i] * g[j]"}),
    ),
)  # fmt: skip

# -- a batch: the same sums as matrix products -------------------------------------------------------------------------------------------------


def dense_vjp(X, W, g):
    """Send a gradient back through Z = X @ W + b.

    X: (N, D). W: (D, H). g: (N, H), the gradient by Z. Returns dX: (N, D), dW: (D, H), db: (H,).
    """
    dX = g @ W.T
    dW = X.T @ g
    db = g.sum(axis=0)
    return dX, dW, db


def dense_vjp_cases(rng):
    small = (np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), np.array([[0.5, -1.0, 3.0]]))
    cases = [Case("one sample through a 2×3 layer", small, layer_sizes(1, 2, 3))]
    for name, (N, D, H) in {"seven samples, 3 to 5": (7, 3, 5), "all sizes equal": (4, 4, 4), "one output": (5, 3, 1)}.items():
        cases.append(Case(name, (rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=(N, H))), layer_sizes(N, D, H)))
    cases.append(Case("views that are not contiguous", (rng.normal(size=(3, 6)).T, rng.normal(size=(4, 3)).T, rng.normal(size=(4, 6)).T), layer_sizes(6, 3, 4)))
    return cases


DENSE_VJP = Exercise(
    id="backprop.dense_backward",
    title="A layer, backward",
    points=3,
    minutes=12,
    objective="Write the backward pass of a dense layer for a batch as three matrix expressions.",
    form="blank",
    statement=(
        "Write `dense_vjp(X, W, g)`, the backward step of `Z = X @ W + b` for a batch. `g` has the shape of `Z`. Return `dX, dW, db`, each of the shape "
        "of what it is the gradient by. The mean over the batch is already in `g`: sum over the samples, do not average again."
    ),
    reference=dense_vjp,
    cases=dense_vjp_cases,
    stages=("dX", "dW", "db"),
    hints=(
        "Write down the three shapes first. Which product of `g` with what else gives each of them, and what is summed?",
        "`dX` sums over the outputs H, `dW` sums over the samples N, and `db` is what `dW` would be for an input that is always 1.",
        "`dX = g @ W.T`, `dW = X.T @ g`, `db = g.sum(axis=0)`",
    ),
    mistakes=(
        Mistake("weights_not_transposed", "W is not transposed on the way back: `g @ W` and not `g @ W.T`. It runs only where W is square.", {"g @ W.T": "g @ W"}),
        Mistake("weights_left_out", "the incoming gradient is handed on as it came: each path back goes through its weight.", {"g @ W.T": "g + 0 * X"}),
        Mistake("gradient_transposed", "dW comes out transposed, (H, D): it must have the shape of W.", {"X.T @ g": "g.T @ X"}),
        Mistake("averaged_again_dW", "dW is divided by the batch size once more: the mean is already in g.", {"X.T @ g": "X.T @ g / len(X)"}),
        Mistake("summed_outer_dW", "only the sums over the batch are multiplied: inputs and gradients must meet sample by sample.", {"X.T @ g": "np.outer(X.sum(axis=0), g.sum(axis=0))"}),
        Mistake("input_left_out", "dW is made without the input: every row is the bias gradient.", {"X.T @ g": "np.ones_like(X).T @ g"}),
        Mistake("own_weight", "the weights stand where the input belongs: the slope of z by a weight is the input.", {"X.T @ g": "W * g.sum(axis=0)"}),
        Mistake("not_transposed_dW", "X is not transposed: `X @ g` pairs a sample's inputs with other samples' gradients.", {"X.T @ g": "X @ g"}),
        Mistake("bias_not_summed", "db still has one row a sample: the one bias serves all samples, so their gradients add up.", {"g.sum(axis=0)": "g"}),
        Mistake("bias_wrong_axis", "db is summed over the outputs (axis 1): it needs one entry for each output, summed over the samples.", {"g.sum(axis=0)": "g.sum(axis=1)"}),
        Mistake("bias_one_number", "db is one number for all units: name the axis.", {"g.sum(axis=0)": "g.sum()"}),
        Mistake("bias_averaged", "db is averaged over the batch: the mean is already in g.", {"g.sum(axis=0)": "g.mean(axis=0)"}),
        Mistake("bias_times_input", "db is multiplied by the input: the slope of z by its bias is 1.", {"g.sum(axis=0)": "(g * X.sum(axis=1, keepdims=True)).sum(axis=0)"}),
        Mistake("bias_last_sample", "only the last sample's gradient is left: in a loop over samples, `=` stands for `+=`.", {"g.sum(axis=0)": "g[-1]"}),
    ),
)  # fmt: skip

# -- the output -----------------------------------------------------------------------------------------------------------------------------------


def softmax_ce_delta(logits, labels):
    """The gradient of the mean cross-entropy by the logits.

    logits: (N, K). labels: (N,) whole numbers from 0 to K - 1. Returns delta: (N, K).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    P = np.exp(shifted)
    P = P / P.sum(axis=1, keepdims=True)
    Y = np.zeros(P.shape)
    Y[np.arange(len(labels)), labels] = 1
    return (P - Y) / len(labels)


def softmax_ce_delta_cases(rng):
    def case(name, logits, labels):
        return Case(name, (logits, labels), {BATCH: len(labels), CLASSES: logits.shape[1]})

    return [
        case("two samples, three classes", np.log(np.array([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0]])), np.array([1, 2])),
        case("five samples, seven classes", rng.normal(size=(5, 7)), rng.integers(0, 7, 5)),
        case("as many classes as samples", rng.normal(size=(4, 4)), np.array([3, 0, 0, 2])),
        case("scores of ±900", np.array([[900.0, -900.0, 0.0], [-900.0, 899.0, 900.0]]), np.array([0, 1])),
        case("rows on different levels", np.array([[1000.0, 1001.0], [0.0, 1.0], [-1000.0, -1001.0]]), np.array([0, 1, 1])),
        case("whole numbers", rng.integers(-3, 4, (3, 2)), np.array([0, 1, 1])),
    ]


SOFTMAX_CE_DELTA = Exercise(
    id="backprop.softmax_ce_delta",
    title="The error at the output",
    points=2,
    minutes=12,
    objective="Find the gradient of softmax and cross-entropy together, stably.",
    form="blank",
    statement=(
        "Write `softmax_ce_delta(logits, labels)`: the gradient, by the logits, of the cross-entropy averaged over the batch. It is the predicted "
        "probabilities minus the one-hot targets, divided by the batch size. It must be right for scores of ±900 too, without a warning becoming a `nan`. "
        "Do not change `logits` or `labels`."
    ),
    reference=softmax_ce_delta,
    cases=softmax_ce_delta_cases,
    keep_inputs=True,
    hints=(
        "Softmax does not change when one number is subtracted from a whole row. Which number keeps `exp` from overflowing?",
        "Subtract each row's own maximum (`keepdims=True`), take `exp`, divide by each row's sum. Then subtract 1 at the label of each row.",
        "`(P - Y) / N`, with `Y[np.arange(N), labels] = 1`",
    ),
    mistakes=(
        Mistake("no_maximum", "the maximum is not subtracted before `exp`: exp(900) overflows to inf, and inf/inf is nan.", {"logits - logits.max(axis=1, keepdims=True)": "logits"}),
        Mistake("one_maximum", "one maximum for the whole batch is subtracted: rows far below it underflow to 0/0. Each row has its own.", {"logits.max(axis=1, keepdims=True)": "logits.max()"}),
        Mistake("softmax_wrong_axis", "softmax runs down the columns, over the samples: the probabilities of one sample, one row, add up to 1.", {
            "logits.max(axis=1, keepdims=True)": "logits.max(axis=0, keepdims=True)", "P.sum(axis=1, keepdims=True)": "P.sum(axis=0, keepdims=True)",
        }),
        Mistake("one_sum", "the probabilities are divided by one sum for the whole batch: each row adds up to 1 by itself.", {"P.sum(axis=1, keepdims=True)": "P.sum()"}),
        Mistake("sign_turned", "targets minus probabilities are taken: that is the direction of improvement. The gradient points the other way.", {"(P - Y)": "(Y - P)"}),
        Mistake("not_averaged", "the batch is summed: the loss is the mean over the batch, so its gradient has 1/N.", {"(P - Y) / len(labels)": "P - Y"}),
        Mistake("divided_by_classes", "it is divided by the number of classes: the mean is over the N samples.", {"/ len(labels)": "/ P.shape[1]"}),
        Mistake("divided_by_size", "it is divided by the number of all entries: the mean is over the N samples alone.", {"/ len(labels)": "/ P.size"}),
        Mistake("slope_kept", "the slope P(1 - P) is multiplied in once more: with cross-entropy it has already cancelled.", {"(P - Y)": "(P - Y) * P * (1 - P)"}),
        Mistake("softmax_twice", "softmax is applied twice, to probabilities as if they were scores.", {
            "    Y = np.zeros": "    P = np.exp(P) / np.exp(P).sum(axis=1, keepdims=True)\n    Y = np.zeros",
        }),
        Mistake("softmax_left_out", "the scores stand where the probabilities belong.", {"    Y = np.zeros": "    P = logits\n    Y = np.zeros"}),
        Mistake("targets_left_out", "the targets are never subtracted.", {"(P - Y)": "P"}),
        Mistake("stopped_at_probabilities", "it is the gradient by the probabilities, -Y/P: the way back through softmax is missing.", {"(P - Y)": "-Y / P"}),
        Mistake("every_label_in_every_row", "1 is subtracted in every row at every label that occurs: `P[:, labels]` picks columns for all rows. Pair rows with labels: `P[np.arange(N), labels]`.", {"Y[np.arange(len(labels)), labels]": "Y[:, labels]"}),
    ),
)  # fmt: skip

# -- a hidden layer --------------------------------------------------------------------------------------------------------------------------------


def hidden_delta(delta_next, W_next, Z):
    """The gradient by the weighted sums Z of a hidden ReLU layer.

    delta_next: (N, K), the gradient by the next layer's weighted sums. W_next: (H, K). Z: (N, H). Returns delta: (N, H).
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
        Mistake("sigmoid_slope", "the slope of the sigmoid on Z, Z(1 - Z), is used: this layer is a ReLU.", {"(Z > 0)": "Z * (1 - Z)"}),
        Mistake("tanh_slope", "the slope 1 - Z² is used: that is tanh's (and it takes the activation): this layer is a ReLU.", {"(Z > 0)": "(1 - Z**2)"}),
        Mistake("weights_not_transposed", "W_next is not transposed: it runs only where the matrix is square.", {"W_next.T": "W_next"}),
        Mistake("weights_left_out", "the error is spread evenly, without the weights: each path back goes through its weight.", {"delta_next @ W_next.T": "delta_next.sum(axis=1, keepdims=True) * np.ones(Z.shape)"}),
        Mistake("averaged_again", "the result is divided by the batch size once more: the mean is already in delta_next.", {"arriving * (Z > 0)": "arriving * (Z > 0) / len(Z)"}),
    ),
)  # fmt: skip

# -- the whole backward pass -----------------------------------------------------------------------------------------------------------------------


def backward(X, labels, W1, b1, W2, b2, W3, b3):
    """One forward and one backward pass of the four-layer network (input, two hidden ReLU layers, softmax output).

    X: (N, D), labels: (N,), W1: (D, H1), W2: (H1, H2), W3: (H2, K), biases to match. The loss is the mean cross-entropy.
    Returns a dict of every stage by its name: Z1, A1, Z2, A2, Z3, P, loss, delta3, dW3, db3, delta2, dW2, db2, delta1, dW1, db1.
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
    stages = dict(Z1=Z1, A1=A1, Z2=Z2, A2=A2, Z3=Z3, P=P, loss=loss, delta3=delta3, dW3=dW3, db3=db3)
    return stages | dict(delta2=delta2, dW2=dW2, db2=db2, delta1=delta1, dW1=dW1, db1=db1)


def network_case(rng, name, N, sizes):
    """A four-layer network whose hidden units are never at ReLU's kink, and of which some are on and some off."""
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
    """The mistakes that can be made at any layer: in its weight gradient and in its bias gradient."""
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

# -- the update ---------------------------------------------------------------------------------------------------------------------------------------


def sgd_step(params, grads, lr):
    """Move every parameter a step against its gradient, in place.

    params, grads: lists of arrays, pairwise of one shape. lr: the learning rate. Returns nothing.
    """
    for p, g in zip(params, grads):
        p -= lr * g


def drive_sgd_step(answer, params, grads, lr):
    same = list(params)
    answer(params, grads, lr)
    return {"params": same, "grads": grads}


def sgd_step_cases(rng):
    def case(name, shapes, lr):
        return Case(name, ([rng.normal(size=s) for s in shapes], [rng.normal(size=s) for s in shapes], lr))

    return [
        Case("one weight, one bias", ([np.array([[1.0, 2.0]]), np.array([0.5])], [np.array([[10.0, -10.0]]), np.array([1.0])], 0.1)),
        case("a layer", [(3, 2), (2,)], 0.05),
        case("three layers", [(5, 3), (3,), (3, 3), (3,), (3, 2), (2,)], 0.5),
    ]


SGD_STEP = Exercise(
    id="backprop.sgd_step",
    title="Move the weights",
    points=1,
    minutes=6,
    objective="Update parameters in place against their gradients.",
    form="blank",
    statement=(
        "Write `sgd_step(params, grads, lr)`. `params` is a list of arrays, `grads` a list of arrays of the same shapes. Move each parameter by `-lr` times its "
        "gradient. Change the arrays themselves, since the layers hold on to them: the function returns nothing. Leave `grads` as they are."
    ),
    reference=sgd_step,
    drive=drive_sgd_step,
    cases=sgd_step_cases,
    hints=(
        "Downhill is against the gradient. And which of `p = p - …` and `p -= …` changes the array that the layer holds?",
        "`p = p - lr * g` makes a new array and forgets it at the end of the loop. `p -= lr * g` writes into the old one.",
        "`for p, g in zip(params, grads): p -= lr * g`",
    ),
    mistakes=(
        Mistake("rebound", "`p = p - lr * g` makes a new array, and the layer keeps its old one: nothing has moved. Write into it: `p -= lr * g`.", {"p -= lr * g": "p = p - lr * g"}),
        Mistake("uphill", "the gradient is added: that climbs the loss.", {"p -= lr * g": "p += lr * g"}),
        Mistake("rate_left_out", "the learning rate is left out.", {"p -= lr * g": "p -= g"}),
        Mistake("rate_divides", "the gradient is divided by the learning rate.", {"lr * g": "g / lr"}),
        Mistake("biases_left", "only the matrices move: biases learn too.", {"        p -= lr * g": "        if p.ndim == 2:\n            p -= lr * g"}),
        Mistake("sign_only", "only the sign of the gradient is used.", {"lr * g": "lr * np.sign(g)"}),
        Mistake("replaced", "the parameter is replaced by the step: it should move by it.", {"p -= lr * g": "p[...] = -lr * g"}),
        Mistake("first_only", "only the first parameter moves: the loop ends too early.", {"        p -= lr * g": "        p -= lr * g\n        break"}),
    ),
)  # fmt: skip

# -- a bug to find --------------------------------------------------------------------------------------------------------------------------------------


def train_step(X, labels, W1, b1, W2, b2, lr):
    """One step of gradient descent for a network with one hidden ReLU layer.

    Returns a dict with delta2, delta1 and the new parameters new_W1, new_b1, new_W2, new_b2.
    """
    N = len(labels)
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    delta2 = E / E.sum(axis=1, keepdims=True)
    delta2[np.arange(N), labels] -= 1
    delta2 = delta2 / N
    delta1 = (delta2 @ W2.T) * (Z1 > 0)
    new_W2 = W2 - lr * A1.T @ delta2
    new_b2 = b2 - lr * delta2.sum(axis=0)
    new_W1 = W1 - lr * X.T @ delta1
    new_b1 = b1 - lr * delta1.sum(axis=0)
    return dict(delta2=delta2, delta1=delta1, new_W2=new_W2, new_b2=new_b2, new_W1=new_W1, new_b1=new_b1)


def train_step_cases(rng):
    cases = []
    for name, N, (D, H, K) in (("two samples, 2-3-2", 2, (2, 3, 2)), ("seven samples, 3-5-2", 7, (3, 5, 2)), ("all sizes equal", 4, (4, 4, 4))):
        X, W1, b1 = rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=H)
        args = (X, rng.integers(0, K, N), W1, b1, rng.normal(size=(H, K)), rng.normal(size=K), 0.5)
        cases.append(Case(name, args, {BATCH: N, INPUTS: D, "the hidden size H": H, CLASSES: K}))
    return cases


_DELTA1 = "    delta1 = (delta2 @ W2.T) * (Z1 > 0)\n"
_NEW_B2 = "    new_b2 = b2 - lr * delta2.sum(axis=0)\n"

TRAIN_STEP = Exercise(
    id="backprop.train_step",
    title="Find the bug: it learns, but worse than it should",
    points=2,
    minutes=12,
    objective="Find an update that spoils what is still to be computed.",
    form="debug",
    statement=(
        "This training step runs, its loss falls, and it is wrong: it reaches a worse accuracy than it should. Compare it with your own `backward`, line by line: "
        "all gradients must belong to the *old* weights. Find the line that is in the wrong place, and mend it."
    ),
    reference=train_step,
    cases=train_step_cases,
    stages=("delta2", "delta1", "new_W2", "new_b2", "new_W1", "new_b1"),
    bug="updated_too_early",
    hints=(
        "Ask of every line: which weights does it read, and have they been moved already?",
        "`delta1` is sent back through layer 2's weights. Through which ones: those that made the error, or the new ones?",
        "Compute `delta1` from `W2`, before (or regardless of) the update.",
    ),
    mistakes=(
        Mistake(
            "updated_too_early",
            "W2 is moved before delta1 is computed from it: the error goes back through weights that did not make it. Compute all gradients first, then apply.",
            {_DELTA1: "", _NEW_B2: _NEW_B2 + _DELTA1.replace("W2.T", "new_W2.T")},
        ),
        Mistake("uphill", "the gradient is added to W2: that climbs the loss.", {"W2 - lr *": "W2 + lr *"}),
        Mistake("slope_left_out", "the slope of the hidden ReLU is missing in delta1.", {"(delta2 @ W2.T) * (Z1 > 0)": "delta2 @ W2.T"}),
        Mistake("bias_rate_left_out", "the bias b2 is moved without the learning rate.", {"b2 - lr * delta2": "b2 - delta2"}),
        Mistake("bias_left", "the bias b1 is never moved.", {"b1 - lr * delta1.sum(axis=0)": "b1"}),
        Mistake("divided_twice", "the mean is taken twice: once in delta2 and once more in the update of W1.", {"W1 - lr * X.T @ delta1": "W1 - lr * X.T @ delta1 / N"}),
    ),
)  # fmt: skip

EXERCISES = (DENSE_FORWARD, WEIGHT_GRADIENT, INPUT_GRADIENT, DENSE_VJP, SOFTMAX_CE_DELTA, HIDDEN_DELTA, BACKWARD, SGD_STEP, TRAIN_STEP)
