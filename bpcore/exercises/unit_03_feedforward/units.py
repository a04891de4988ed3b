"""One unit: what it computes, and how steep its activation is."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

INPUTS = "the number of inputs D"

# -- a unit ----------------------------------------------------------------------------------------------------------------------------------------------


def neuron(x, w, b):
    """What one sigmoid unit makes of its inputs.

    x: (D,) inputs. w: (D,) weights. b: a number, the bias.
    Returns z, a: the weighted sum with the bias, and its sigmoid.
    """
    z = x @ w + b
    a = 1 / (1 + np.exp(-z))
    return z, a


def neuron_cases(rng):
    def case(name, x, w, b):
        return Case(name, (x, w, b), {INPUTS: len(x)})

    return [
        case("two inputs", np.array([1.0, 2.0]), np.array([0.5, -1.0]), 1.0),
        case("three inputs", rng.normal(size=3), rng.normal(size=3), float(rng.normal()) + 2),
        case("seven inputs", rng.normal(size=7), rng.normal(size=7), float(rng.normal()) - 2),
        case("a single input", rng.normal(size=1), rng.normal(size=1), 0.7),
        case("a sum of 900", np.array([300.0, 200.0]), np.array([1.0, 2.0]), 200.0),
        case("a sum of -12", np.array([-3.0, 5.0]), np.array([1.0, -1.0]), -4.0),
        case("whole numbers", np.array([3, -1, 2]), np.array([1, 2, -1]), 2),
        case("a view that is not contiguous", rng.normal(size=10)[::2], rng.normal(size=(5, 2))[:, 1], 0.4),
    ]


def neuron_not_summed(x, w, b):
    z = x * w + b
    a = 1 / (1 + np.exp(-z))
    return z, a


NEURON = Exercise(
    id="feedforward.neuron",
    title="One unit",
    points=1,
    minutes=3,
    objective="Keep the weighted sum z and the activation a apart, and know which of them a formula takes.",
    form="faded",
    statement=(
        "Complete `neuron(x, w, b)` for one unit with a sigmoid. `x` and `w` have the shape `(D,)`, `b` is one number. Write in place of the two `...`: first the weighted "
        "sum of the inputs plus the bias, then the activation `1 / (1 + exp(-z))`. From here on `z` is always what goes into an activation and `a` what comes out."
    ),
    reference=neuron,
    blanks=("x @ w + b", "1 / (1 + np.exp(-z))"),
    cases=neuron_cases,
    stages=("z", "a"),
    hints=(
        "Each input has its weight. What happens to the products, and when does the bias come in?",
        "`x @ w` multiplies entry by entry and adds up. The bias is added once, before the sigmoid.",
        "`z = x @ w + b`, `a = 1 / (1 + np.exp(-z))`",
    ),
    mistakes=(
        Mistake("bias_forgotten", "the bias is left out.", {"x @ w + b": "x @ w"}),
        Mistake("bias_subtracted", "the bias is subtracted: it is added.", {"x @ w + b": "x @ w - b"}),
        Mistake("bias_multiplied", "the sum is multiplied by the bias: it is added.", {"x @ w + b": "x @ w * b"}),
        Mistake("bias_for_each_input", "the bias is added to each product before the sum, so it counts D times: it is added once.", {"x @ w + b": "(x * w + b).sum()"}),
        Mistake("bias_after_the_sigmoid", "the bias is added to the activation, after the sigmoid: it belongs to the weighted sum, and only there.", {"a = 1 / (1 + np.exp(-z))": "a = 1 / (1 + np.exp(-z)) + b"}),
        Mistake("not_summed", "the products are not added up: one unit has one sum.", code=neuron_not_summed),
        Mistake("averaged", "the products are averaged: they are added up.", {"x @ w + b": "(x * w).mean() + b"}),
        Mistake("weights_left_out", "the inputs are added up without their weights.", {"x @ w + b": "x.sum() + b"}),
        Mistake("added_for_multiplied", "inputs and weights are added: each input is multiplied by its weight.", {"x @ w + b": "(x + w).sum() + b"}),
        Mistake("sign_in_the_exponent", "the minus in the exponent is missing: the unit falls where it should rise.", {"np.exp(-z)": "np.exp(z)"}),
        Mistake("inf_by_inf", "the sigmoid is `exp(z) / (1 + exp(z))`: for z = 900 that is inf/inf, which is nan. Divide by exp(z): `1 / (1 + exp(-z))`.", {"1 / (1 + np.exp(-z))": "np.exp(z) / (1 + np.exp(z))"}),
        Mistake("bracket_misplaced", "`1 / 1 + exp(-z)` divides first: the whole sum belongs under the fraction line.", {"1 / (1 + np.exp(-z))": "1 / 1 + np.exp(-z)"}),
        Mistake("not_activated", "the weighted sum is returned as the activation: the sigmoid is missing.", {"1 / (1 + np.exp(-z))": "z"}),
        Mistake("activated_twice", "the sigmoid is applied twice.", {"1 / (1 + np.exp(-z))": "1 / (1 + np.exp(-1 / (1 + np.exp(-z))))"}),
        Mistake("step", "a step is taken, 0 or 1: the sigmoid goes smoothly from 0 to 1.", {"1 / (1 + np.exp(-z))": "1.0 * (z > 0)"}),
        Mistake("tanh", "the activation is tanh: here it is the sigmoid.", {"1 / (1 + np.exp(-z))": "np.tanh(z)"}),
        Mistake("relu", "the activation is ReLU: here it is the sigmoid.", {"1 / (1 + np.exp(-z))": "np.maximum(z, 0)"}),
        Mistake("slope_for_value", "the slope of the sigmoid, a (1 - a), is returned where its value belongs.", {"    return": "    a = a * (1 - a)\n    return"}),
    ),
)  # fmt: skip

# -- slopes from what goes in -------------------------------------------------------------------------------------------------------------------------------


def slopes(z):
    """The slopes of four activations at z, entry by entry.

    z: an array of any shape, what goes INTO the activation; never exactly 0.
    Returns a dict of arrays of that shape: sigmoid, tanh, relu, leaky_relu.
    """
    e = np.exp(-np.abs(z))
    s = np.where(z > 0, 1, e) / (1 + e)
    t = np.tanh(z)
    sigmoid = s * (1 - s)
    tanh = 1 - t**2
    relu = np.where(z > 0, 1.0, 0.0)
    leaky_relu = np.where(z > 0, 1.0, 0.01)
    return dict(sigmoid=sigmoid, tanh=tanh, relu=relu, leaky_relu=leaky_relu)


def away_from_the_kink(rng, shape):
    """Numbers of both signs, none of them near 0."""
    return rng.uniform(0.2, 2.5, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def slopes_cases(rng):
    table = away_from_the_kink(rng, (3, 5))
    table[0, 0], table[0, 1] = 0.5, -0.5
    return [
        Case("±log 3, and 2", (np.array([np.log(3), -np.log(3), 2.0]),)),
        Case("seven numbers", (np.concatenate([away_from_the_kink(rng, 5), [0.3, -1.4]]),)),
        Case("a table", (table,)),
        Case("±900", (np.array([900.0, -900.0, 1.0]),)),
        Case("whole numbers", (np.array([-3, -1, 1, 2, 4]),)),
        Case("a view that is not contiguous", (away_from_the_kink(rng, (4, 6)).T[::2],)),
    ]


_S, _T = "sigmoid = s * (1 - s)", "tanh = 1 - t**2"
_R, _L = "relu = np.where(z > 0, 1.0, 0.0)\n", "leaky_relu = np.where(z > 0, 1.0, 0.01)"

SLOPES = Exercise(
    id="feedforward.slopes",
    title="How steep is an activation?",
    points=2,
    minutes=12,
    objective="Derive the slope of an activation from what goes into it.",
    form="blank",
    statement=(
        "Write `slopes(z)`. `z` is what goes *into* the activation, an array of any shape. Return a dict with the slopes at `z`, each of the shape of `z`: `sigmoid` for "
        "`1 / (1 + exp(-z))`, `tanh` for `tanh(z)`, `relu` for `max(z, 0)`, and `leaky_relu` for the function that is `z` where `z > 0` and `0.01 z` elsewhere. No entry is exactly 0, so the "
        "kink does not matter. `z = ±900` must give numbers, not `nan`."
    ),
    reference=slopes,
    cases=slopes_cases,
    stages=("sigmoid", "tanh", "relu", "leaky_relu"),
    hints=(
        "The well-known formula a (1 - a) contains the activation `a`, not `z`. So what do you have to compute first?",
        "`s = sigmoid(z)` gives the slope `s (1 - s)`; `t = tanh(z)` gives `1 - t²`. The other two are constant on either side of 0.",
        "`sigmoid = s * (1 - s)`, `tanh = 1 - np.tanh(z)**2`, `relu = np.where(z > 0, 1.0, 0.0)`, `leaky_relu = np.where(z > 0, 1.0, 0.01)`",
    ),
    mistakes=(
        Mistake("sum_for_activation_sigmoid", "`z (1 - z)` is returned: in the formula a (1 - a) stands the activation. Compute it from z first.", {_S: "sigmoid = z * (1 - z)"}),
        Mistake("activated_twice_sigmoid", "the sigmoid is applied twice, as if `z` were an activation that had to be squashed again after `a`.", {_S: "s = 1 / (1 + np.exp(-s))\n    sigmoid = s * (1 - s)"}),
        Mistake("value_for_slope_sigmoid", "the value of the sigmoid stands where its slope belongs.", {_S: "sigmoid = s"}),
        Mistake("one_minus_forgotten", "the activation is squared: the slope is a times (1 - a).", {_S: "sigmoid = s * s"}),
        Mistake("plus_for_minus_sigmoid", "`a (1 + a)` is returned: the slope is `a (1 - a)`.", {_S: "sigmoid = s * (1 + s)"}),
        Mistake("first_factor_missing", "`1 - a` alone is returned: the slope is `a (1 - a)`.", {_S: "sigmoid = 1 - s"}),
        Mistake("sign_turned_sigmoid", "the slope of the sigmoid is negative: `a (a - 1)`. The sigmoid rises everywhere.", {_S: "sigmoid = s * (s - 1)"}),
        Mistake("difference_of_square_sigmoid", "`1 - a²` is returned: that is the formula for tanh.", {_S: "sigmoid = 1 - s**2"}),
        Mistake("inf_by_inf", "the formula has `exp(-z) / (1 + exp(-z))²` or the like with an exponential that overflows: at z = -900 that is inf/inf, which is nan. Use a (1 - a).", {_S: "sigmoid = np.exp(-z) / (1 + np.exp(-z)) ** 2"}),
        Mistake("inf_by_inf_above", "the sigmoid is computed as `exp(z) / (1 + exp(z))`: at z = 900 that is inf/inf, which is nan.", {_S: "s = np.exp(z) / (1 + np.exp(z))\n    sigmoid = s * (1 - s)"}),
        Mistake("sum_for_activation_tanh", "`1 - z²` is returned: in the formula 1 - a² stands the activation. Compute tanh(z) first.", {_T: "tanh = 1 - z**2"}),
        Mistake("activated_twice_tanh", "tanh is applied twice before squaring.", {_T: "tanh = 1 - np.tanh(t) ** 2"}),
        Mistake("value_for_slope_tanh", "the value of tanh stands where its slope belongs.", {_T: "tanh = t"}),
        Mistake("plus_for_minus_tanh", "`1 + tanh²` is returned: the slope is `1 - tanh²`, and never above 1.", {_T: "tanh = 1 + t**2"}),
        Mistake("one_forgotten", "`-tanh²` is returned: the 1 in front is missing.", {_T: "tanh = -(t**2)"}),
        Mistake("sign_turned_tanh", "`tanh² - 1` is returned: tanh rises everywhere.", {_T: "tanh = t**2 - 1"}),
        Mistake("square_forgotten", "`1 - tanh` is returned: tanh is squared.", {_T: "tanh = 1 - t"}),
        Mistake("square_outside", "`(1 - tanh)²` is returned: only tanh is squared.", {_T: "tanh = (1 - t) ** 2"}),
        Mistake("sigmoid_formula_for_tanh", "`a (1 - a)` with a = tanh(z) is returned: that is the formula for the sigmoid.", {_T: "tanh = t * (1 - t)"}),
        Mistake("value_for_slope_relu", "the value max(z, 0) stands where the slope belongs: the slope is 1 or 0.", {_R: "relu = np.maximum(z, 0.0)\n"}),
        Mistake("sum_for_slope_relu", "`z` itself stands where the slope of ReLU belongs: the slope is 1 or 0.", {_R: "relu = z\n"}),
        Mistake("branches_exchanged_relu", "the branches are exchanged: ReLU has the slope 1 where z is positive.", {_R: "relu = np.where(z > 0, 0.0, 1.0)\n"}),
        Mistake("always_one_relu", "the slope is 1 everywhere: where z is negative ReLU is flat.", {_R: "relu = np.ones(z.shape)\n"}),
        Mistake("sign_relu", "the slope is -1 where z is negative: there ReLU is flat, and its slope 0.", {_R: "relu = np.sign(z)\n"}),
        Mistake("threshold_at_one", "the slope changes at 1, not at 0.", {_R: "relu = np.where(z > 1, 1.0, 0.0)\n"}),
        Mistake("leak_ignored", "the slope is 0 where z is negative: that is plain ReLU. The leaky one has 0.01 there.", {_L: "leaky_relu = np.where(z > 0, 1.0, 0.0)"}),
        Mistake("branches_exchanged_leaky", "the branches are exchanged: the slope is 1 where z is positive and 0.01 elsewhere.", {_L: "leaky_relu = np.where(z > 0, 0.01, 1.0)"}),
        Mistake("value_for_slope_leaky", "the value of the leaky ReLU stands where its slope belongs: the slope is 1 or 0.01.", {_L: "leaky_relu = np.where(z > 0, z, 0.01 * z)"}),
        Mistake("half_value_leaky", "the slope is 1 where z is positive, but elsewhere the value `0.01 z` is returned: the slope there is 0.01.", {_L: "leaky_relu = np.where(z > 0, 1.0, 0.01 * z)"}),
        Mistake("other_half_value_leaky", "where z is positive the value `z` is returned: the slope there is 1.", {_L: "leaky_relu = np.where(z > 0, z, 0.01)"}),
        Mistake("sign_turned_leaky", "the slope is -0.01 where z is negative: the function still rises there.", {_L: "leaky_relu = np.where(z > 0, 1.0, -0.01)"}),
        Mistake("other_leak", "the leak is 0.1: here it is 0.01.", {_L: "leaky_relu = np.where(z > 0, 1.0, 0.1)"}),
        Mistake("always_one_leaky", "the slope is 1 everywhere: where z is negative it is 0.01.", {_L: "leaky_relu = np.ones(z.shape)"}),
        Mistake("integer_array", "the slopes are written into an array of the dtype of `z`: in an array of whole numbers 0.01 becomes 0. Make it a float array.", {_L: "leaky_relu = np.where(z > 0, 1.0, 0.01).astype(z.dtype)"}),
    ),
)  # fmt: skip

# -- slopes from what comes out -------------------------------------------------------------------------------------------------------------------------------


def slopes_from_outputs(s, t):
    """The slopes of sigmoid and tanh from their values, entry by entry.

    s: an array, sigmoid(z) for some z. t: an array, tanh(z).
    Returns a dict of arrays of the same shapes: sigmoid, tanh.
    """
    sigmoid = s * (1 - s)
    tanh = 1 - t**2
    return dict(sigmoid=sigmoid, tanh=tanh)


def slopes_from_outputs_cases(rng):
    def case(name, shape):
        return Case(name, (rng.uniform(0.05, 0.95, size=shape), rng.uniform(-0.95, 0.95, size=shape)))

    return [
        Case("a quarter, a half; and ±0.5", (np.array([0.25, 0.5]), np.array([0.5, -0.5]))),
        case("seven numbers", 7),
        case("a table", (3, 5)),
        Case("exactly 0 and 1, exactly ±1", (np.array([0.0, 1.0, 0.75]), np.array([-1.0, 1.0, 0.0]))),
        Case("two shapes", (rng.uniform(0.05, 0.95, size=(2, 3)), rng.uniform(-0.95, 0.95, size=4))),
        Case("views that are not contiguous", (rng.uniform(0.05, 0.95, size=(4, 6)).T[::2], rng.uniform(-0.95, 0.95, size=10)[::2])),
    ]


SLOPES_FROM_OUTPUTS = Exercise(
    id="feedforward.slopes_from_outputs",
    title="The same slope from the other side",
    points=1,
    minutes=6,
    objective="Keep the weighted sum z and the activation a apart, and know which of them a formula takes.",
    form="blank",
    statement=(
        "Write `slopes_from_outputs(s, t)`. Now you are given what came *out*: `s` is an array of sigmoid activations, `t` one of tanh activations. Return a dict with "
        "`sigmoid`, the slope of the sigmoid where it had the value `s`, and `tanh`, the slope of tanh where it had the value `t`. The values may be exactly 0, 1 or -1: do not "
        "go back to `z`."
    ),
    reference=slopes_from_outputs,
    cases=slopes_from_outputs_cases,
    stages=("sigmoid", "tanh"),
    hints=(
        "Look at your `slopes`: which part of each formula is already in your hand?",
        "The activation has been computed. So nothing is squashed again: only products and differences are left.",
        "`sigmoid = s * (1 - s)`, `tanh = 1 - t**2`",
    ),
    mistakes=(
        Mistake("activated_again_sigmoid", "the sigmoid is applied to `s` again: `s` is an activation already, and a (1 - a) takes it as it is.", {_S: "s = 1 / (1 + np.exp(-s))\n    sigmoid = s * (1 - s)"}),
        Mistake("value_for_slope_sigmoid", "the value of the sigmoid is returned: its slope is asked for.", {_S: "sigmoid = s"}),
        Mistake("one_minus_forgotten", "the activation is squared: the slope is a times (1 - a).", {_S: "sigmoid = s * s"}),
        Mistake("plus_for_minus_sigmoid", "`a (1 + a)` is returned: the slope is `a (1 - a)`.", {_S: "sigmoid = s * (1 + s)"}),
        Mistake("first_factor_missing", "`1 - a` alone is returned: the slope is `a (1 - a)`.", {_S: "sigmoid = 1 - s"}),
        Mistake("sign_turned_sigmoid", "the slope of the sigmoid is negative, `a (a - 1)`: the sigmoid rises everywhere.", {_S: "sigmoid = s * (s - 1)"}),
        Mistake("tanh_formula_for_sigmoid", "`1 - a²` is returned for the sigmoid: that is the formula for tanh.", {_S: "sigmoid = 1 - s**2"}),
        Mistake("activated_again_tanh", "tanh is applied to `t` again: `t` is an activation already, and 1 - a² takes it as it is.", {_T: "tanh = 1 - np.tanh(t) ** 2"}),
        Mistake("value_for_slope_tanh", "the value of tanh is returned: its slope is asked for.", {_T: "tanh = t"}),
        Mistake("plus_for_minus_tanh", "`1 + a²` is returned: the slope is `1 - a²`, and never above 1.", {_T: "tanh = 1 + t**2"}),
        Mistake("one_forgotten", "`-a²` is returned: the 1 in front is missing.", {_T: "tanh = -(t**2)"}),
        Mistake("sign_turned_tanh", "`a² - 1` is returned: tanh rises everywhere.", {_T: "tanh = t**2 - 1"}),
        Mistake("square_forgotten", "`1 - a` is returned: the activation is squared.", {_T: "tanh = 1 - t"}),
        Mistake("square_outside", "`(1 - a)²` is returned: only the activation is squared.", {_T: "tanh = (1 - t) ** 2"}),
        Mistake("sigmoid_formula_for_tanh", "`a (1 - a)` is returned for tanh: that is the formula for the sigmoid.", {_T: "tanh = t * (1 - t)"}),
    ),
)  # fmt: skip
