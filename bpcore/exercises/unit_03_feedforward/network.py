"""A whole network forward: for any number of layers, and one with a line to find."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

BATCH, INPUTS, CLASSES = "the batch size N", "the number of inputs D", "the number of classes K"

# -- any number of layers ---------------------------------------------------------------------------------------------------------------------------------


def forward(params, X):
    """A network of dense layers, with ReLU between them and none after the last.

    params: a list [W1, b1, W2, b2, ...], each W of shape (inputs, outputs), each b (outputs,).
    X: (N, D), one sample a row.
    Returns logits, cache: the last layer's weighted sums (N, K), and a list with one pair (A, Z)
    for each layer: A is what went into the layer, Z its weighted sums.
    """
    cache = []
    A = X
    for i in range(0, len(params), 2):
        W, b = params[i], params[i + 1]
        Z = A @ W + b
        cache.append((A, Z))
        A = np.maximum(Z, 0)
    return Z, cache


def drive_forward(answer, params, X):
    result = answer(params, X)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return result
    logits, cache = result
    if isinstance(cache, (tuple, list)):  # pairs, and as many in every case: what is missing is empty
        none = np.zeros(0)
        cache = [pair if isinstance(pair, (tuple, list)) and len(pair) == 2 else (pair, none) for pair in cache]
        cache += [(none, none)] * (8 - len(cache))
    return {"cache": cache, "logits": logits}


def forward_cases(rng):
    def case(name, N, *sizes):
        params = [p for a, b in zip(sizes, sizes[1:]) for p in (rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b) * 0.5)]
        hidden = {f"the hidden size H{i}": size for i, size in enumerate(sizes[1:-1], start=1)}
        return Case(name, (params, rng.normal(size=(N, sizes[0]))), {BATCH: N, INPUTS: sizes[0], **hidden, CLASSES: sizes[-1]})

    small = [np.array([[1.0, -1.0], [2.0, 0.5]]), np.array([0.5, 0.0]), np.array([[1.0, 0.0], [3.0, -1.0]]), np.array([0.0, 1.0])]
    whole = [np.array([[1, -1, 2], [0, 3, -2]]), np.array([1, 0, -1]), np.array([[1, -2], [2, 1], [-1, 1]]), np.array([-1, 2])]
    apart = case("views that are not contiguous", 5, 3, 4, 2)
    params, X = apart.args
    return [
        Case("one sample through 2-2-2", (small, np.array([[1.0, 2.0]])), {BATCH: 1, INPUTS: 2, CLASSES: 2}),
        case("one layer", 4, 3, 2),
        case("two layers", 7, 3, 5, 2),
        case("three layers", 11, 2, 7, 5, 3),
        case("four layers, all sizes equal", 4, 4, 4, 4, 4, 4),
        case("one output", 3, 5, 2, 1),
        Case("whole numbers", (whole, np.array([[1, 2], [-3, 1], [0, -1]])), {BATCH: 3, INPUTS: 2, "the hidden size H1": 3, CLASSES: 2}),
        Case(apart.name, ([np.asfortranarray(p) for p in params], np.repeat(X, 2, axis=0)[::2]), apart.sizes),
    ]


_SUM, _STORE, _STEP = "Z = A @ W + b", "cache.append((A, Z))", "        A = np.maximum(Z, 0)"

FORWARD = Exercise(
    id="feedforward.forward",
    title="A network forward",
    points=3,
    minutes=18,
    objective="Run a network of any depth forward, and keep what the way back will need.",
    form="blank",
    statement=(
        "Write `forward(params, X)` for a network of dense layers. `params` is a list `[W1, b1, W2, b2, …]` for any number of layers, each `W` of shape `(inputs, outputs)`; row `n` of `X` is one "
        "sample. Every layer computes `Z = A @ W + b` from what goes into it, `A`; for the first layer that is `X`. Between two layers stands a ReLU; after the last there is "
        "none. Return `logits, cache`: `logits` are the `Z` of the last layer; `cache` is a list with one pair `(A, Z)` for each layer, the first layer first: what went into it, and its "
        "weighted sums *before* ReLU."
    ),
    reference=forward,
    drive=drive_forward,
    cases=forward_cases,
    stages=("cache", "logits"),
    hints=(
        "What does a layer need from the one before it? Write the loop for one layer; what has to be ready for the next round?",
        "`A` starts as `X`. In each round: take `W, b = params[i], params[i + 1]`, compute `Z`, store the pair, then set `A` for the next layer. `range(0, len(params), 2)` visits the layers.",
        "`Z = A @ W + b`, `cache.append((A, Z))`, `A = np.maximum(Z, 0)`; at the end `return Z, cache`",
    ),
    mistakes=(
        Mistake("sums_passed_on", "the next layer is fed the weighted sums Z and not the activations: without ReLU in between, all layers together are only one.", {_STEP: "        A = Z"}),
        Mistake("first_bias_everywhere", "every layer adds the bias of the first: each has its own. It runs only where all layers have one size.", {"params[i + 1]": "params[1]"}),
        Mistake("first_weights_everywhere", "every layer uses the weights of the first. It runs only where all layers have one size.", {"W, b = params[i], params[i + 1]": "W, b = params[0], params[i + 1]"}),
        Mistake("input_everywhere", "every layer is fed X: from the second layer on it is the activation of the layer before. It runs only where all sizes agree.", {_STEP: ""}),
        Mistake("bias_forgotten", "the biases are left out.", {_SUM: "Z = A @ W"}),
        Mistake("bias_after_relu", "the bias is added after ReLU: it belongs to the weighted sum, before the activation.", {_SUM: "Z = A @ W", _STEP: "        A = np.maximum(Z, 0) + b\n        Z = Z + b"}),
        Mistake("weights_transposed", "the weights are transposed: with W of shape (inputs, outputs) the product is `A @ W`. It runs only where W is square.", {"A @ W": "A @ W.T"}),
        Mistake("output_activated", "the last layer's sums go through ReLU as well: logits may be negative, and half of them are lost.", {"    return Z, cache": "    return A, cache"}),
        Mistake("probabilities", "softmax is applied to the last layer's sums: the logits themselves are asked for.", {"    return Z, cache": "    E = np.exp(Z - Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1, keepdims=True), cache"}),
        Mistake("input_activated", "ReLU is applied to X as well: the first layer takes its input as it is.", {"    A = X": "    A = np.maximum(X, 0)"}),
        Mistake("spoiled_in_place", "ReLU is written into Z (`out=Z`, or `Z[Z < 0] = 0`), and the cache holds that same array: the sums before ReLU are gone, and with them the slope. Make a new array.", {_STEP: "        if i + 2 < len(params):\n            A = np.maximum(Z, 0, out=Z)"}),
        Mistake("output_stored", "the cache holds what came out of each layer's activation, where what went into the layer belongs.", {"        " + _STORE + "\n" + _STEP: _STEP + "\n        " + _STORE}),
        Mistake("sums_stored_for_inputs", "the cache holds Z where A belongs: the way back needs what the layer was fed.", {_STORE: "cache.append((A if i == 0 else cache[-1][1], Z))"}),
        Mistake("pair_exchanged", "the pairs in the cache are the wrong way round: first what went in, then the sums.", {_STORE: "cache.append((Z, A))"}),
        Mistake("not_in_pairs", "the cache is one long list A, Z, A, Z, …: one pair `(A, Z)` for each layer is asked for, so that the way back can take a layer at a time.", {_STORE: "cache += [A, Z]"}),
        Mistake("cache_backwards", "the cache begins with the last layer: the first layer comes first.", {_STORE: "cache.insert(0, (A, Z))"}),
        Mistake("last_layer_not_stored", "the last layer is missing from the cache: its input is needed on the way back too.", {_STORE: "if i + 2 < len(params):\n            cache.append((A, Z))"}),
        Mistake("only_last_stored", "the cache holds the last layer only: it is made anew in every round.", {_STORE: "cache = [(A, Z)]"}),
        Mistake("leaky", "the activation is a leaky ReLU: below 0 plain ReLU is flat.", {"np.maximum(Z, 0)": "np.where(Z > 0, Z, 0.01 * Z)"}),
        Mistake("tanh", "the activation between the layers is tanh: here it is ReLU.", {"np.maximum(Z, 0)": "np.tanh(Z)"}),
        Mistake("sigmoid", "the activation between the layers is the sigmoid: here it is ReLU.", {"np.maximum(Z, 0)": "1 / (1 + np.exp(-Z))"}),
        Mistake("slope_for_value", "the slope of ReLU, 1 or 0, is passed on where its value belongs.", {"np.maximum(Z, 0)": "1.0 * (Z > 0)"}),
        Mistake("minimum_for_maximum", "`min(Z, 0)` is passed on: ReLU keeps what is positive.", {"np.maximum(Z, 0)": "np.minimum(Z, 0)"}),
    ),
)  # fmt: skip

# -- a bug to find -----------------------------------------------------------------------------------------------------------------------------------------


def three_layers(X, W1, b1, W2, b2, W3, b3):
    """The forward pass of a network with two hidden ReLU layers of one size.

    X: (N, D). W1: (D, H), b1: (H,). W2: (H, H), b2: (H,). W3: (H, K), b3: (K,).
    Returns a dict of every stage by its name: Z1, A1, Z2, A2, logits.
    """
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    A2 = np.maximum(Z2, 0)
    logits = A2 @ W3 + b3
    return dict(Z1=Z1, A1=A1, Z2=Z2, A2=A2, logits=logits)


def three_layers_cases(rng):
    def case(name, N, D, H, K):
        args = [rng.normal(size=(N, D))]
        for a, b in ((D, H), (H, H), (H, K)):
            args += [rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b) * 0.5]
        args[1][:, 0], args[2][:2] = np.abs(args[1][:, 0]), (1.5, -1.5)
        return Case(name, tuple(args), {BATCH: N, INPUTS: D, "the hidden size H": H, CLASSES: K})

    return [
        case("two samples, 3-2-2-2", 2, 3, 2, 2),
        case("seven samples, 3-5-5-2", 7, 3, 5, 2),
        case("eleven samples, 5-3-3-7", 11, 5, 3, 7),
        case("all sizes equal", 4, 4, 4, 4),
        case("one output", 5, 2, 3, 1),
    ]


FIND_THE_BUG = Exercise(
    id="feedforward.find_the_bug",
    title="Find the bug: it runs, and one parameter never matters",
    points=1,
    minutes=8,
    objective="Run a network of any depth forward, and keep what the way back will need.",
    form="debug",
    statement=(
        "`three_layers` runs, the shapes are right, the network learns something, and it is wrong. Both hidden layers have the same size, so numpy has nothing to complain about. Someone noticed "
        "that one of the six parameters can be set to anything at all, and the logits stay the same. Find the line and mend it. Layer by layer: weighted sums with the layer's own "
        "weights and bias, then ReLU; no ReLU after the last."
    ),
    reference=three_layers,
    cases=three_layers_cases,
    stages=("Z1", "A1", "Z2", "A2", "logits"),
    bug="bias_copied",
    hints=(
        "Go through the arguments one by one: is each of them used somewhere?",
        "Look at the line that was copied from the one two lines above it. Was everything in it renamed?",
        "`Z2 = A1 @ W2 + b2`",
    ),
    mistakes=(
        Mistake("bias_copied", "layer 2 adds b1, the bias of layer 1: the line was copied and not fully renamed. It runs because both layers have one size.", {"A1 @ W2 + b2": "A1 @ W2 + b1"}),
        Mistake("sums_passed_on_1", "layer 2 is fed the weighted sums Z1 and not the activations A1.", {"A1 @ W2": "Z1 @ W2"}),
        Mistake("weights_transposed", "W2 is transposed: it runs because W2 is square.", {"A1 @ W2": "A1 @ W2.T"}),
        Mistake("first_activation_again", "A2 is made from Z1: layer 2 is computed and then forgotten.", {"np.maximum(Z2, 0)": "np.maximum(Z1, 0)"}),
        Mistake("layer_skipped", "the output layer is fed A1: layer 2 is left out.", {"A2 @ W3": "A1 @ W3"}),
        Mistake("bias_forgotten_2", "the bias of layer 2 is left out.", {"A1 @ W2 + b2": "A1 @ W2"}),
        Mistake("both_biases", "layer 2 adds both biases: its own is enough.", {"A1 @ W2 + b2": "A1 @ W2 + b1 + b2"}),
        Mistake("bias_forgotten_3", "the bias of the output layer is left out.", {"A2 @ W3 + b3": "A2 @ W3"}),
        Mistake("output_activated", "ReLU is applied to the logits: the last layer has none.", {"A2 @ W3 + b3": "np.maximum(A2 @ W3 + b3, 0)"}),
        Mistake("sums_passed_on_2", "the output layer is fed the weighted sums Z2 and not the activations A2.", {"A2 @ W3": "Z2 @ W3"}),
    ),
)  # fmt: skip
