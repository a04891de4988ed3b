"""One dense layer: forward, the sums over paths of one sample, and the same sums for a batch as matrix products."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import INPUTS, OUTPUTS, layer_sizes

# -- the forward step of a layer ----------------------------------------------------------------------------------------------------------


def dense_forward(X, W, b):
    """The weighted sums of a dense layer.

    X: (N, D), one sample a row. W: (D, H). b: (H,). Returns Z: (N, H), with Z[n, j] = sum
    over i of X[n, i] W[i, j], plus b[j].
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
        Mistake("bias_in_the_loop", "the bias is added once for every input: it is added once for every unit, after the sum.", {" + b": " + len(W) * b"}),
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
    objective="Derive a layer's gradients from the paths: one leads through a weight, many leave an input.",
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
    objective="Derive a layer's gradients from the paths: one leads through a weight, many leave an input.",
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
        Mistake("total_never_reset", "the running total is never set back to 0: each input's gradient has those of the inputs before it in it.", {"    return dx": "    return np.cumsum(dx)"}),
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

    X: (N, D). W: (D, H). g: (N, H), the gradient by Z. Returns dX: (N, D), dW: (D, H), db:
    (H,).
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
        Mistake("last_sample_dW", "only the last sample's dW is left: in a loop over samples, `=` stands for `+=`.", {"X.T @ g": "np.outer(X[-1], g[-1])"}),
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
