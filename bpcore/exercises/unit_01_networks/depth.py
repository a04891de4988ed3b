"""What depth is worth: layers without an activation collapse, XOR needs a hidden layer, and a network that lost its bends."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

INPUTS, HIDDEN, OUTPUTS = "the number of inputs D", "the hidden size H", "the number of outputs K"

# -- two layers are one ------------------------------------------------------------------------------------------------------------------------------------


def collapse(W1, b1, W2, b2):
    """One layer in place of two that have no activation between them.

    W1: (D, H), b1: (H,), W2: (H, K), b2: (K,).
    Returns W, b of shapes (D, K) and (K,): x @ W + b is (x @ W1 + b1) @ W2 + b2 for every x.
    """
    W = W1 @ W2
    b = b1 @ W2 + b2
    return W, b


def collapse_cases(rng):
    def case(name, D, H, K):
        args = rng.normal(size=(D, H)), rng.normal(size=H), rng.normal(size=(H, K)), rng.normal(size=K)
        return Case(name, args, {INPUTS: D, HIDDEN: H, OUTPUTS: K})

    by_hand = (
        np.array([[1.0, 2.0], [0.0, 1.0]]),
        np.array([1.0, -1.0]),
        np.array([[2.0, 0.0], [1.0, 3.0]]),
        np.array([0.5, 1.0]),
    )
    return [
        Case("two by two, by hand", by_hand, {}),
        case("3, 5, 2", 3, 5, 2),
        case("5, 2, 7", 5, 2, 7),
        case("all sizes equal", 4, 4, 4),
        case("one unit in the middle", 3, 1, 2),
        case("one of each", 1, 1, 1),
    ]


_W, _B = "W = W1 @ W2", "b = b1 @ W2 + b2"

COLLAPSE = Exercise(
    id="networks.collapse",
    title="Two layers are one",
    points=2,
    minutes=8,
    objective="Show that layers without an activation between them are a single layer.",
    form="blank",
    statement=(
        "Write `collapse(W1, b1, W2, b2)` for two layers *without activation*, one behind the other: first `h = x @ W1 + b1`, then `y = h @ W2 + b2`. Return the `W` and the `b` of one single layer that does "
        "exactly the same: `x @ W + b` equals `y` for every `x`."
    ),
    reference=collapse,
    cases=collapse_cases,
    stages=("W", "b"),
    hints=(
        "Put the first formula into the second, and multiply out the bracket: `(x @ W1 + b1) @ W2 + b2`. Which part has an `x` in it?",
        "`x @ W1 @ W2` is the part with `x`; `b1 @ W2 + b2` has none. Mind the order: a matrix product may not be turned round.",
        "`W = W1 @ W2`, `b = b1 @ W2 + b2`",
    ),
    mistakes=(
        Mistake("first_bias_lost", "the first bias is lost: it goes through the second layer, and arrives as `b1 @ W2`.", {_B: "b = b2 + 0 * W2.sum(axis=0)"}),
        Mistake("second_bias_lost", "the second bias is lost: it is added at the end.", {_B: "b = b1 @ W2"}),
        Mistake("biases_just_added", "the biases are added as they are: the first one goes through the second layer's weights.", {_B: "b = b1 + b2"}),
        Mistake("order_turned_round", "the matrices are multiplied in the other order: `x` meets `W1` first, so `W1` stands on the left. Where the sizes differ, this raises.", {_W: "W = W2 @ W1"}),
        Mistake("entry_by_entry", "the matrices are multiplied entry by entry: the product of two layers is `@`.", {_W: "W = W1 * W2"}),
        Mistake("matrices_added", "the matrices are added: one layer behind the other is a product.", {_W: "W = W1 + W2"}),
        Mistake("transposed", "the product is transposed.", {_W: "W = (W1 @ W2).T"}),
        Mistake("transposed_bias_weights", "the first bias goes through the second matrix transposed.", {_B: "b = W2 @ b1 + b2"}),
        Mistake("through_both", "the first bias goes through both matrices: it comes in behind the first one.", {_B: "b = b1 @ W1 @ W2 + b2"}),
        Mistake("bias_through_the_first", "the biases go through the wrong matrices: `b1` through `W2`, and `b2` through none.", {_B: "b = b1 @ W2 + b2 @ W2"}),
        Mistake("second_matrix_alone", "the first matrix is left out.", {_W: "W = W2 + 0 * (W1 @ W2)"}),
    ),
)  # fmt: skip

# -- XOR ------------------------------------------------------------------------------------------------------------------------------------------------------


def xor_weights():
    """Weights with which two hidden units and one output unit compute XOR.

    Returns W1, b1, w2, b2: (2, 2), (2,), (2,) and a number. Each unit fires above 0.
    """
    W1 = np.array([[1.0, 1.0], [1.0, 1.0]])
    b1 = np.array([-0.5, -1.5])
    w2 = np.array([1.0, -1.0])
    b2 = -0.5
    return W1, b1, w2, b2


def drive_xor(answer, first, second):
    W1, b1, w2, b2 = answer()
    x = np.array([first, second])
    hidden = np.where(x @ np.asarray(W1, dtype=float) + np.asarray(b1, dtype=float) > 0, 1.0, 0.0)
    if hidden.shape != (2,):
        raise ValueError(f"the hidden units should be 2, and x @ W1 + b1 has the shape {hidden.shape}")
    total = hidden @ np.asarray(w2, dtype=float).reshape(2) + float(np.asarray(b2, dtype=float).reshape(()))
    return {"output": 1.0 if total > 0 else 0.0}


def xor_cases(rng):
    return [Case(f"inputs {a} and {b}", (float(a), float(b))) for a in (0, 1) for b in (0, 1)]


_W1, _B1 = "np.array([[1.0, 1.0], [1.0, 1.0]])", "np.array([-0.5, -1.5])"
_W2, _B2 = "np.array([1.0, -1.0])", "b2 = -0.5"

XOR = Exercise(
    id="networks.xor_weights",
    title="XOR by hand",
    points=2,
    minutes=10,
    objective="Choose the weights of a hidden layer by hand, so that the network computes what no single unit can.",
    form="blank",
    statement=(
        "Write `xor_weights()`, which takes nothing and returns `W1, b1, w2, b2`: numbers that you have worked out on paper. The network has two inputs, two hidden units and one output unit, and every unit "
        "fires (1) when its sum is above 0 and is silent (0) otherwise. `W1` has the shape `(2, 2)`, with one *column* for each hidden unit, `b1` and `w2` the shape `(2,)`, `b2` is a number. The output must fire when exactly one of "
        "the two inputs, which are 0 or 1, is 1. There are many right answers."
    ),
    reference=xor_weights,
    drive=drive_xor,
    cases=xor_cases,
    hints=(
        "Say XOR in words with OR and AND: at least one of them is on, and not …",
        "One hidden unit can be OR (weights 1 and 1, a bias between -1 and 0), the other AND (weights 1 and 1, a bias between -2 and -1). The output fires for OR without AND.",
        "`W1 = [[1, 1], [1, 1]]`, `b1 = [-0.5, -1.5]`, `w2 = [1, -1]`, `b2 = -0.5`",
    ),
    mistakes=(
        Mistake("it_is_or", "the output is OR: it fires for (1, 1) too. The unit that knows of \"both\" must hold it back, with a negative weight.", {_W2: "np.array([1.0, 0.0])"}),
        Mistake("it_is_and", "the output is AND: it fires for (1, 1) alone.", {_W2: "np.array([0.0, 1.0])"}),
        Mistake("turned_round", "the output is turned round: it fires when both inputs are *equal*. Turn the signs of `w2`, and choose `b2` anew.", {_W2: "np.array([-1.0, 1.0])", _B2: "b2 = 0.5"}),
        Mistake("it_is_nand", "the output fires unless both are on: it should be silent for (0, 0) too, so OR must be asked for.", {_W2: "np.array([0.0, -1.0])", _B2: "b2 = 0.5"}),
        Mistake("it_is_nor", "the output fires for (0, 0) alone.", {_W2: "np.array([-1.0, 0.0])", _B2: "b2 = 0.5"}),
        Mistake("never_fires", "the output never fires: look at its sum for (1, 0). Is the bias too low?", {_B2: "b2 = -1.5"}),
        Mistake("always_fires", "the output always fires: look at its sum for (0, 0). Is the bias too high?", {_B2: "b2 = 1.5"}),
        Mistake("first_input_alone", "the output repeats the first input: the second is not heard.", {_W1: "np.array([[1.0, 0.0], [0.0, 1.0]])", _B1: "np.array([-0.5, -0.5])", _W2: "np.array([1.0, 0.0])"}),
        Mistake("second_input_alone", "the output repeats the second input: the first is not heard.", {_W1: "np.array([[1.0, 0.0], [0.0, 1.0]])", _B1: "np.array([-0.5, -0.5])", _W2: "np.array([0.0, 1.0])"}),
        Mistake("one_direction_only", "the output fires for (1, 0), and not for (0, 1): each of the two needs a way to it.", {_W1: "np.array([[1.0, 0.0], [0.0, 1.0]])", _B1: "np.array([-0.5, -0.5])"}),
        Mistake("other_direction_only", "the output fires for (0, 1), and not for (1, 0): each of the two needs a way to it.", {_W1: "np.array([[0.0, 1.0], [1.0, 0.0]])", _B1: "np.array([-0.5, -0.5])"}),
    ),
)  # fmt: skip

# -- a bug to find --------------------------------------------------------------------------------------------------------------------------------------------


def run_network(x, weights, f):
    """What a network makes of one sample.

    x: (D,) inputs. weights: a list of pairs W, b, one for each layer behind the inputs.
    f: the activation of every layer, a function that works entry by entry. Returns the outputs.
    """
    a = x
    for W, b in weights:
        z = a @ W + b
        a = f(z)
    return a


def drive_network(answer, name, x, weights):
    functions = {
        "a threshold": lambda z: np.where(np.asarray(z) > 0, 1.0, 0.0),
        "tanh": np.tanh,
        "a square": lambda z: np.asarray(z, dtype=float) ** 2,
    }
    return {"outputs": answer(x, weights, functions[name])}


def network_cases(rng):
    def case(name, f, sizes):
        weights = [
            (rng.normal(size=(m, n)) / np.sqrt(m), rng.normal(size=n) / 2)
            for m, n in zip(sizes[:-1], sizes[1:], strict=True)
        ]
        return Case(name, (f, rng.normal(size=sizes[0]), weights), {})

    xor = [(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([-0.5, -1.5])), (np.array([[1.0], [-1.0]]), np.array([-0.5]))]
    return [
        Case("XOR of 1 and 1", ("a threshold", np.array([1.0, 1.0]), xor), {}),
        case("four layers, tanh", "tanh", (3, 5, 4, 2)),
        case("three layers, squares", "a square", (2, 3, 2)),
        case("all layers of one size", "tanh", (4, 4, 4, 4)),
        case("six layers", "tanh", (2, 3, 5, 3, 2, 1)),
    ]


_BODY = "        z = a @ W + b\n        a = f(z)\n    return a"

FIND_THE_BUG = Exercise(
    id="networks.find_the_bug",
    title="Find the bug: deep, and no better than one layer",
    points=2,
    minutes=8,
    objective="Show that layers without an activation between them are a single layer.",
    form="debug",
    statement=(
        "This function runs a network of any depth. It raises nothing, its shapes are right, and with the weights of XOR it gives wrong answers. However many layers it is given, it can do no more than one "
        "layer can. Go through it with `x = (1, 1)` and the weights of XOR on paper. Mend it, so that each layer does what your `layer` does."
    ),
    reference=run_network,
    drive=drive_network,
    cases=network_cases,
    bug="activated_at_the_end_only",
    hints=(
        "Write down the hidden sums for (1, 1): 1.5 and 0.5. What should the next layer see, and what does it see here?",
        "What stands in the loop is done once a layer. What stands behind the loop is done once in all.",
        "The activation belongs into the loop: `a = f(a @ W + b)`, and at the end `return a`.",
    ),
    mistakes=(
        Mistake("activated_at_the_end_only", "the activation is applied once, behind the last layer: the layers before it have none, and collapse into one.", {_BODY: "        a = a @ W + b\n    return f(a)"}),
        Mistake("biases_left_out", "the biases are left out: each unit adds its own.", {"a @ W + b": "a @ W"}),
        Mistake("output_not_activated", "the last layer is left without its activation: every layer has it here.", {"    return a": "    return z"}),
        Mistake("last_layer_skipped", "the last layer is skipped: the loop ends one too early.", {"in weights:": "in weights[:-1]:"}),
        Mistake("inputs_activated", "the activation is applied to the inputs too: they come as they are.", {"a = x": "a = f(x)"}),
        Mistake("never_activated", "there is no activation at all: the layers collapse into one.", {"a = f(z)": "a = z"}),
        Mistake("activated_twice", "the activation is applied twice in each layer.", {"f(z)": "f(f(z))"}),
    ),
)  # fmt: skip
