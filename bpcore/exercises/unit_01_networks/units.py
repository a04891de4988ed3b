"""One unit that fires or does not, and a layer of units side by side."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

INPUTS, UNITS = "the number of inputs D", "the number of units H"

# -- a unit ----------------------------------------------------------------------------------------------------------------------------------------------


def threshold_unit(x, w, b):
    """What a unit with a threshold makes of its inputs.

    x: (D,) inputs. w: (D,) weights. b: a number, the bias.
    Returns z, a: the weighted sum with the bias, and 1.0 where it is above 0, else 0.0.
    """
    z = x @ w + b
    a = 1.0 if z > 0 else 0.0
    return z, a


def threshold_unit_cases(rng):
    def case(name, x, w, b):
        return Case(name, (x, w, b), {INPUTS: len(x)})

    return [
        case("two inputs", np.array([1.0, 2.0]), np.array([0.5, -1.0]), 1.0),
        case("three inputs, a high bias", rng.normal(size=3), rng.normal(size=3), 9.0),
        case("seven inputs, a low bias", rng.normal(size=7), rng.normal(size=7), -9.0),
        case("the bias alone lifts it above 0", np.array([1.0, 1.0, 3.0]), np.array([1.0, 1.0, -1.0]), 2.0),
        case("the sum is exactly 0", np.array([1.0, 1.0]), np.array([1.0, 1.0]), -2.0),
        case("a small positive sum", np.array([0.5, 0.25]), np.array([1.0, -1.0]), 0.0),
        case("a single input", np.array([2.0]), np.array([-1.5]), 1.0),
        case("whole numbers", np.array([3, -1, 2]), np.array([1, 2, -1]), 2),
    ]


_Z, _A = "x @ w + b", "1.0 if z > 0 else 0.0"

NEURON = Exercise(
    id="networks.neuron",
    title="One unit",
    points=1,
    minutes=3,
    objective="Compute what units make of their inputs: weighted sums, then an activation.",
    form="faded",
    statement=(
        "Complete `threshold_unit(x, w, b)`. `x` and `w` have the shape `(D,)`, `b` is one number. Write in place of the two `...`: first the weighted sum of the inputs plus the "
        "bias, then `1.0` where that sum is above 0 and `0.0` where it is not (exactly 0 is not above 0)."
    ),
    reference=threshold_unit,
    blanks=(_Z, _A),
    cases=threshold_unit_cases,
    stages=("z", "a"),
    hints=(
        "Each input is multiplied by its own weight. What happens to the products, and where does the bias come in?",
        "`x @ w` multiplies entry by entry and adds up. For the second blank, `this if question else that` chooses one of two.",
        "`z = x @ w + b`, `a = 1.0 if z > 0 else 0.0`",
    ),
    mistakes=(
        Mistake("bias_forgotten", "the bias is left out.", {_Z: "x @ w"}),
        Mistake("bias_subtracted", "the bias is subtracted: it is added. (A unit that fires above a threshold `t` has the bias `-t`.)", {_Z: "x @ w - b"}),
        Mistake("bias_for_each_input", "the bias is added to each product, so it counts D times: it is added once, to the sum.", {_Z: "(x * w + b).sum()"}),
        Mistake("averaged", "the products are averaged: they are added up.", {_Z: "(x * w).mean() + b"}),
        Mistake("weights_left_out", "the inputs are added up without their weights.", {_Z: "x.sum() + b"}),
        Mistake("added_for_multiplied", "inputs and weights are added: each input is multiplied by its weight.", {_Z: "(x + w).sum() + b"}),
        Mistake("not_summed", "the products are not added up: one unit has one sum.", {_Z: "x * w + b", _A: "(z > 0) * 1.0"}),
        Mistake("fires_at_zero", "the unit fires at exactly 0 too (`>=`): it fires above 0.", {_A: "1.0 if z >= 0 else 0.0"}),
        Mistake("turned_round", "the unit fires below 0: it fires above.", {_A: "1.0 if z < 0 else 0.0"}),
        Mistake("minus_one", "the unit that does not fire gives -1, as a sign does: here it gives 0.", {_A: "1.0 if z > 0 else -1.0"}),
        Mistake("sum_passed_on", "the sum is passed on where it is above 0: a threshold gives 1, whatever the size of the sum.", {_A: "max(z, 0.0)"}),
        Mistake("threshold_one", "the sum is compared with 1: the threshold is 0, since the bias has moved it there.", {_A: "1.0 if z > 1 else 0.0"}),
    ),
)  # fmt: skip

# -- a layer ----------------------------------------------------------------------------------------------------------------------------------------------


def layer(x, W, b, f):
    """What a layer of H units makes of one sample.

    x: (D,) inputs, the same for each unit. W: (D, H), one column of weights for each unit.
    b: (H,), one bias for each unit. f: the activation, a function that works entry by entry.
    Returns (H,).
    """
    return f(x @ W + b)


def drive_layer(answer, name, x, W, b):
    functions = {
        "a threshold": lambda z: np.where(np.asarray(z) > 0, 1.0, 0.0),
        "a square": lambda z: np.asarray(z, dtype=float) ** 2,
        "tanh": np.tanh,
        "nothing": lambda z: z,
    }
    return {"activations": answer(x, W, b, functions[name])}


def layer_cases(rng):
    def case(name, f, D, H):
        return Case(name, (f, rng.normal(size=D), rng.normal(size=(D, H)), rng.normal(size=H)), {INPUTS: D, UNITS: H})

    return [
        Case(
            "two inputs, three units, by hand",
            (
                "a square",
                np.array([1.0, 2.0]),
                np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]),
                np.array([0.5, -1.0, 1.0]),
            ),
            {INPUTS: 2, UNITS: 3},
        ),
        case("five inputs, three units, tanh", "tanh", 5, 3),
        case("as many units as inputs", "tanh", 4, 4),
        case("one unit", "tanh", 3, 1),
        case("one input", "a square", 1, 5),
        case("no activation", "nothing", 3, 7),
        case("eleven units with a threshold", "a threshold", 7, 11),
        Case(
            "whole numbers",
            ("a square", np.array([1, -2]), np.array([[3, 1], [0, 2]]), np.array([1, 1])),
            {INPUTS: 2, UNITS: 2},
        ),
    ]


_LAYER = "f(x @ W + b)"

LAYER = Exercise(
    id="networks.layer",
    title="Units side by side",
    points=1,
    minutes=5,
    objective="Compute what units make of their inputs: weighted sums, then an activation.",
    form="blank",
    statement=(
        "Write `layer(x, W, b, f)` for `H` units that all see the same `D` inputs. `x` has the shape `(D,)`, `W` the shape `(D, H)`: column `j` holds the weights of unit `j`. `b` has the shape "
        "`(H,)`. Make the weighted sum of each unit, with its bias, and hand all of them to the activation `f`, which works entry by entry. Return the `(H,)` that come out."
    ),
    reference=layer,
    drive=drive_layer,
    cases=layer_cases,
    hints=(
        "One unit was `x @ w + b`, then the activation. Now there are `H` columns of weights and `H` biases.",
        "`x @ W` with `W` of shape `(D, H)` makes all `H` sums at once: `(D,) @ (D, H)` is `(H,)`.",
        "`f(x @ W + b)`",
    ),
    mistakes=(
        Mistake("bias_forgotten", "the biases are left out.", {_LAYER: "f(x @ W)"}),
        Mistake("bias_subtracted", "the biases are subtracted: they are added.", {_LAYER: "f(x @ W - b)"}),
        Mistake("bias_after_the_activation", "the biases are added after the activation: they belong to the sums.", {_LAYER: "f(x @ W) + b"}),
        Mistake("one_bias_for_all", "every unit gets the first bias: each has its own.", {_LAYER: "f(x @ W + b[0])"}),
        Mistake("not_activated", "the sums are returned as they are: the activation is missing.", {_LAYER: "x @ W + b"}),
        Mistake("activated_twice", "the activation is applied twice.", {_LAYER: "f(f(x @ W + b))"}),
        Mistake("inputs_activated", "the activation is applied to the inputs too: they come as they are.", {_LAYER: "f(f(x) @ W + b)"}),
        Mistake("row_for_a_unit", "each *row* of `W` is taken for a unit's weights: a unit has a column. Where `W` is not square, this raises.", {_LAYER: "f(W @ x + b)"}),
        Mistake("first_input_only", "only the first input is used: each unit adds up all of them.", {_LAYER: "f(x[0] * W[0] + b)"}),
        Mistake("averaged", "the products are averaged: they are added up.", {_LAYER: "f(x @ W / len(x) + b)"}),
        Mistake("weights_not_summed", "the weights are added up first and the inputs left out: each weight belongs to an input.", {_LAYER: "f(W.sum(axis=0) + b)"}),
    ),
)  # fmt: skip
