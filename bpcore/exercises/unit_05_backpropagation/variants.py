"""Variants of unit 05: another activation, weights stored the other way round, one hidden layer more."""

import numpy as np

from bpcore.exercises.spec import Case, Mistake
from bpcore.exercises.unit_05_backpropagation.layer import dense_forward_cases, dense_vjp_cases
from bpcore.exercises.unit_05_backpropagation.network import delta_mistakes, layer_mistakes, network_case
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES, INPUTS
from bpcore.exercises.variants import Variant

# -- weights of shape (outputs, inputs) ------------------------------------------------------------------------------------------------------------


def _turned(cases):
    """The same cases with the weights, the second argument, the other way round."""

    def turned(rng):
        return [Case(c.name, (c.args[0], np.array(c.args[1]).T.copy(), c.args[2]), c.sizes) for c in cases(rng)]

    return turned


_SHAPES = {"W: (D, H)": "W: (H, D), one row for each output"}

DENSE_FORWARD = (
    Variant(
        "outputs_first",
        code={"@ W": "@ W.T", "X * W": "X * W.T", "len(W) * b": "W.shape[1] * b", "W[i, j]": "W[j, i]", **_SHAPES},
        words={
            "Row `n` of `X` is one sample.": "Row `n` of `X` is one sample. `W` has the shape `(H, D)`: row `j` holds the weights of unit `j`.",
            "`X` is (N, D) and `W` is (D, H): the matrix product sums over D.": "`X` is (N, D) and `W` is (H, D): the matrix product must sum over D, so `W` is transposed.",
            "the weights are transposed. With W of shape (D, H) and samples in rows the product is `X @ W`.": "the weights are not transposed. With W of shape (H, D) and samples in rows the product is `X @ W.T`.",
        },
        fields={"cases": _turned(dense_forward_cases)},
    ),
)  # fmt: skip

DENSE_VJP = (
    Variant(
        "outputs_first",
        code={
            "X @ W + b": "X @ W.T + b",
            "g @ W.T": "g @ W",
            "X.T @ g": "g.T @ X",
            "X.T @ g / len(X)": "g.T @ X / len(X)",
            "np.outer(X.sum(axis=0), g.sum(axis=0))": "np.outer(g.sum(axis=0), X.sum(axis=0))",
            "np.outer(X[-1], g[-1])": "np.outer(g[-1], X[-1])",
            "np.ones_like(X).T @ g": "g.T @ np.ones_like(X)",
            "W * g.sum(axis=0)": "W * g.sum(axis=0)[:, None]",
            "dW: (D, H)": "dW: (H, D)",
            **_SHAPES,
        },
        words={
            "`g` has the shape of `Z`.": "`W` has the shape `(H, D)`, one row for each output. `g` has the shape of `Z`.",
            "every row is the bias gradient": "every column is the bias gradient",
        },
        without=("weights_not_transposed", "gradient_transposed", "not_transposed_dW"),
        mistakes=(
            Mistake("weights_transposed", "W is transposed on the way back: with W of shape (H, D) that is `g @ W`. It runs only where W is square.", {"g @ W": "g @ W.T"}),
            Mistake("gradient_transposed", "dW comes out transposed, (D, H): it must have the shape of W, (H, D).", {"g.T @ X": "X.T @ g"}),
            Mistake("not_transposed_dW", "g is not transposed: `g @ X` pairs a sample's gradients with other samples' inputs.", {"g.T @ X": "g @ X"}),
        ),
        fields={"cases": _turned(dense_vjp_cases)},
    ),
)  # fmt: skip

# -- another activation ----------------------------------------------------------------------------------------------------------------------------


def _slope_mistakes(right, slope):
    """What else can stand where the slope of tanh belongs."""
    return (
        Mistake("relu_slope", "the slope of a ReLU, 1 or 0, is used: this layer has another activation.", {slope: "(Z > 0)"}),
        Mistake("value_for_slope", "the activation's value stands where its slope belongs.", {slope: right}),
    )


HIDDEN_DELTA = (
    Variant(
        "tanh",
        code={"(Z > 0)": "(1 - np.tanh(Z) ** 2)", "a hidden ReLU layer": "a hidden tanh layer", "1.0 * (Z > 0)": "1 - np.tanh(Z) ** 2", "np.maximum(arriving, 0)": "np.tanh(arriving)"},
        words={
            "`A = relu(Z)`": "`A = tanh(Z)`",
            "ReLU's slope is 1 where `Z > 0` and 0 elsewhere.": "The slope of tanh at `Z` is 1 minus the square of `tanh(Z)`.",
            "where Z is negative, ReLU lets nothing through, and nothing comes back": "far from 0 tanh is flat, and nearly nothing comes back",
            "ReLU is applied to the gradient: what decides is the sign of Z on the way forward, not the sign of the gradient": "tanh is applied to the gradient: what counts is its slope at Z on the way forward",
            "the slope of ReLU is 1 or 0": "the slope of tanh is 1 - tanh(Z)²",
            "the mask alone": "the slope alone",
            "this layer is a ReLU": "this layer is a tanh",
        },
        without=("value_for_slope", "mask_turned_round", "sign_for_slope", "leaky_slope", "tanh_slope"),
        mistakes=(
            *_slope_mistakes("np.tanh(Z)", "(1 - np.tanh(Z) ** 2)"),
            Mistake("sums_for_activations", "the slope is 1 - Z²: in the formula 1 - a² stands the activation, so compute tanh(Z) first.", {"np.tanh(Z) ** 2": "Z**2"}),
            Mistake("square_forgotten", "the slope is 1 - tanh(Z): tanh is squared.", {"np.tanh(Z) ** 2": "np.tanh(Z)"}),
            Mistake("sign_turned", "the slope is tanh² - 1, and negative: tanh rises everywhere.", {"(1 - np.tanh(Z) ** 2)": "(np.tanh(Z) ** 2 - 1)"}),
        ),
    ),
    Variant(
        "leaky",
        code={"(Z > 0)": "np.where(Z > 0, 1, 0.1)", "a hidden ReLU layer": "a hidden leaky ReLU layer", "(Z < 0)": "np.where(Z < 0, 1, 0.1)", "np.maximum(arriving, 0)": "np.where(arriving > 0, arriving, 0.1 * arriving)",
              "1.0 * (Z > 0)": "np.where(Z > 0, 1, 0.1)"},
        words={
            "`A = relu(Z)`": "`A`, a leaky ReLU of `Z`: `z` where `z > 0` and `0.1 z` elsewhere",
            "ReLU's slope is 1 where `Z > 0` and 0 elsewhere.": "The slope is 1 where `Z > 0` and 0.1 elsewhere.",
            "where Z is negative, ReLU lets nothing through, and nothing comes back": "where Z is negative, a tenth comes through, and a tenth comes back",
            "ReLU is applied to the gradient": "the activation is applied to the gradient",
            "the slope of ReLU is 1 or 0": "the slope is 1 or 0.1",
            "the mask alone": "the slope alone",
            "the mask is turned round: gradients pass where Z is positive.": "the slopes are turned round: 1 belongs where Z is positive.",
            "the slope of a leaky ReLU is used: here nothing at all comes back where Z is negative.": "the leak is 0.01: here it is 0.1.",
            "where Z is negative the slope is 0, and not −1": "where Z is negative the slope is 0.1, and not −1",
            "this layer is a ReLU": "this layer is a leaky ReLU",
        },
        without=("value_for_slope",),
        mistakes=_slope_mistakes("np.where(Z > 0, Z, 0.1 * Z)", "np.where(Z > 0, 1, 0.1)"),
    ),
)  # fmt: skip


def _smooth(layer):
    """The changes that make a hidden layer of the network a tanh."""
    Z, A = f"Z{layer}", f"A{layer}"
    return {f"{A} = np.maximum({Z}, 0)": f"{A} = np.tanh({Z})", f"* ({Z} > 0)": f"* (1 - {A}**2)"}


# -- one hidden layer more -------------------------------------------------------------------------------------------------------------------------


def backward_deeper(X, labels, W1, b1, W2, b2, W3, b3, W4, b4):
    """One forward and one backward pass of a five-layer network (input, three hidden ReLU
    layers, softmax output).

    X: (N, D), labels: (N,), W1: (D, H1), W2: (H1, H2), W3: (H2, H3), W4: (H3, K), biases to
    match. The loss is the mean cross-entropy.
    Returns a dict of every stage by its name: Z1, A1, Z2, A2, Z3, A3, Z4, P, loss, delta4,
    dW4, db4, delta3, dW3, db3, delta2, dW2, db2, delta1, dW1, db1.
    """
    N = len(labels)
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    A2 = np.maximum(Z2, 0)
    Z3 = A2 @ W3 + b3
    A3 = np.maximum(Z3, 0)
    Z4 = A3 @ W4 + b4
    E = np.exp(Z4 - Z4.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.log(P[np.arange(N), labels]).mean()
    Y = np.zeros(P.shape)
    Y[np.arange(N), labels] = 1
    delta4 = (P - Y) / N
    dW4 = A3.T @ delta4
    db4 = delta4.sum(axis=0)
    delta3 = (delta4 @ W4.T) * (Z3 > 0)
    dW3 = A2.T @ delta3
    db3 = delta3.sum(axis=0)
    delta2 = (delta3 @ W3.T) * (Z2 > 0)
    dW2 = A1.T @ delta2
    db2 = delta2.sum(axis=0)
    delta1 = (delta2 @ W2.T) * (Z1 > 0)
    dW1 = X.T @ delta1
    db1 = delta1.sum(axis=0)
    stages = dict(Z1=Z1, A1=A1, Z2=Z2, A2=A2, Z3=Z3, A3=A3, Z4=Z4, P=P, loss=loss)
    stages |= dict(delta4=delta4, dW4=dW4, db4=db4, delta3=delta3, dW3=dW3, db3=db3)
    return stages | dict(delta2=delta2, dW2=dW2, db2=db2, delta1=delta1, dW1=dW1, db1=db1)


def _one_more(rng, name, N, sizes):
    """A four-layer case with one hidden layer more before its output: none of its units is at the kink."""
    case = network_case(rng, name, N, (*sizes[:3], sizes[3]))
    X, _, W1, b1, W2, b2, _, _ = case.args
    A2 = np.maximum(np.maximum(X @ W1 + b1, 0) @ W2 + b2, 0)
    H, K = sizes[3:]
    for _ in range(200):
        W3, b3 = rng.normal(size=(sizes[2], H)) / np.sqrt(sizes[2]), rng.normal(size=H) * 0.3
        Z3 = A2 @ W3 + b3
        if np.abs(Z3).min() > 1e-3 and 0.2 < (Z3 > 0).mean() < 0.9:
            break
    names = {BATCH: N, INPUTS: sizes[0], "the first hidden size H1": sizes[1], "the second hidden size H2": sizes[2], "the third hidden size H3": H, CLASSES: K}
    return Case(name, (X, rng.integers(0, K, N), W1, b1, W2, b2, W3, b3, rng.normal(size=(H, K)) / np.sqrt(H), rng.normal(size=K) * 0.3), names)


def deeper_cases(rng):
    return [
        _one_more(rng, "two samples, 2-3-4-5-2", 2, (2, 3, 4, 5, 2)),
        _one_more(rng, "eleven samples, 5-7-3-6-2", 11, (5, 7, 3, 6, 2)),
        _one_more(rng, "all sizes equal", 5, (5, 5, 5, 5, 5)),
        _one_more(rng, "a batch of one", 1, (4, 6, 5, 7, 3)),
    ]


# Of delta4 the mean has been taken already, by which the plain exercise's messages know delta3.
def _last(mistakes):
    return tuple(Mistake(m.name, m.message.replace("already in delta3", "already in delta4"), m.edits) for m in mistakes)


BACKWARD = (
    Variant(
        "tanh",
        code={
            **_smooth(1),
            **_smooth(2),
            "np.maximum(delta2 @ W2.T, 0)": "np.tanh(delta2 @ W2.T)",
            "np.maximum(delta3 @ W3.T, 0)": "np.tanh(delta3 @ W3.T)",
            "np.maximum(A2 @ W3 + b3, 0)": "np.tanh(A2 @ W3 + b3)",
            "hidden ReLU\n    layers": "hidden tanh\n    layers",
        },
        words={
            "two hidden layers with ReLU": "two hidden layers with **tanh** (and not ReLU as in the text above)",
            "times the slope there": "times the slope of tanh there",
            "go through ReLU as well": "go through tanh as well",
            "'s ReLU": "'s tanh",
            ", 1 or 0,": "",
            "ReLU is applied to the gradient": "tanh is applied to the gradient",
            "the sign of Z1 decides, not that of the gradient": "what counts is its slope on the way forward",
            "the sign of Z2 decides, not that of the gradient": "what counts is its slope on the way forward",
            "take Z1's": "take that of A1",
        },
        mistakes=tuple(
            mistake
            for layer, above in ((2, "delta3"), (1, "delta2"))
            for mistake in (
                Mistake(f"relu_slope_{layer}", f"the slope of a ReLU stands in delta{layer}: the layer has tanh, whose slope is 1 - A{layer}².", {f"(1 - A{layer}**2)": f"(Z{layer} > 0)"}),
                Mistake(f"sums_in_slope_{layer}", f"1 - Z{layer}² stands in delta{layer}: the formula 1 - a² takes the activation A{layer}.", {f"(1 - A{layer}**2)": f"(1 - Z{layer}**2)"}),
                Mistake(f"relu_{layer}", f"A{layer} is made by a ReLU: this network has tanh.", {f"np.tanh(Z{layer})": f"np.maximum(Z{layer}, 0)"}),
            )
        ),
    ),
    Variant(
        "deeper",
        words={
            "The whole backward pass": "The whole backward pass, one layer deeper",
            "`backward(X, labels, W1, b1, W2, b2, W3, b3)` for the four-layer network: input, two hidden layers with ReLU": (
                "`backward(X, labels, W1, b1, W2, b2, W3, b3, W4, b4)` for a five-layer network: input, **three** hidden layers with ReLU"
            ),
            "`Z1 A1 Z2 A2 Z3 P loss`, then `delta3 dW3 db3`, `delta2": "`Z1 A1 Z2 A2 Z3 A3 Z4 P loss`, then `delta4 dW4 db4`, `delta3 dW3 db3`, `delta2",
            "The mean over the batch sits in `delta3`.": "The mean over the batch sits in `delta4`.",
        },
        mistakes=(
            Mistake("sums_passed_on_1", "layer 2 is fed the weighted sums Z1 and not the activations A1.", {"A1 @ W2 + b2": "Z1 @ W2 + b2"}),
            Mistake("sums_passed_on_2", "layer 3 is fed the weighted sums Z2 and not the activations A2.", {"A2 @ W3 + b3": "Z2 @ W3 + b3"}),
            Mistake("sums_passed_on_3", "the output layer is fed the weighted sums Z3 and not the activations A3.", {"A3 @ W4 + b4": "Z3 @ W4 + b4"}),
            Mistake("layer_skipped", "layer 3 is left out on the way to the output: it runs only where the sizes agree.", {"A3 @ W4 + b4": "A2 @ W4 + b4"}),
            Mistake("loss_summed", "the loss is summed over the batch: it is the mean that is asked for.", {"labels]).mean()": "labels]).sum()"}),
            Mistake("sign_turned", "targets minus probabilities are taken in delta4: the gradient is P - Y.", {"(P - Y) / N": "(Y - P) / N"}),
            Mistake("not_averaged", "the mean over the batch is missing from delta4.", {"(P - Y) / N": "P - Y"}),
            Mistake("slope_kept", "the slope P(1 - P) is still in delta4: with cross-entropy it has cancelled.", {"(P - Y) / N": "(P - Y) * P * (1 - P) / N"}),
            *_last(layer_mistakes(4, "A3", "delta4")),
            *delta_mistakes(3, "delta4"),
            *_last(layer_mistakes(3, "A2", "delta3")),
            *delta_mistakes(2, "delta3")[:-1],
            *_last(layer_mistakes(2, "A1", "delta2")),
            *delta_mistakes(1, "delta2")[:-1],
            *_last(layer_mistakes(1, "X", "delta1")),
        ),
        fields={
            "reference": backward_deeper,
            "cases": deeper_cases,
            "stages": (
                "Z1", "A1", "Z2", "A2", "Z3", "A3", "Z4", "P", "loss", "delta4", "dW4", "db4", "delta3", "dW3", "db3", "delta2", "dW2", "db2", "delta1", "dW1", "db1",
            ),
        },
    ),
)  # fmt: skip

VARIANTS = {
    "backprop.dense_forward": DENSE_FORWARD,
    "backprop.dense_backward": DENSE_VJP,
    "backprop.hidden_delta": HIDDEN_DELTA,
    "backprop.backward": BACKWARD,
}
