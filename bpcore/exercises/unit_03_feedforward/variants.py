"""Variants of unit 03: another activation between the layers, and inside the one unit."""

from bpcore.exercises.spec import Mistake
from bpcore.exercises.variants import Variant

_RELU = Mistake("relu", "the activation between the layers is plain ReLU: this network has another.", {"np.tanh(Z)": "np.maximum(Z, 0)"})
_LEAKY = "np.where(Z > 0, Z, 0.1 * Z)"

FORWARD = (
    Variant(
        "tanh",
        code={
            "np.maximum(Z, 0)": "np.tanh(Z)",
            "np.maximum(X, 0)": "np.tanh(X)",
            "np.maximum(Z, 0, out=Z)": "np.tanh(Z, out=Z)",
            "1.0 * (Z > 0)": "1 - np.tanh(Z) ** 2",
            "with ReLU between": "with tanh between",
        },
        words={
            "Between two layers stands a ReLU": "Between two layers stands a tanh, which is not the ReLU of the text above",
            "sums *before* ReLU": "sums *before* tanh",
            "without ReLU in between": "without tanh in between",
            "after ReLU": "after tanh",
            "go through ReLU as well: logits may be negative, and half of them are lost": "go through tanh as well: logits may be of any size, and these are squashed",
            "ReLU is applied to X": "tanh is applied to X",
            "ReLU is written into Z (`out=Z`, or `Z[Z < 0] = 0`)": "tanh is written into Z (`out=Z`)",
            "the sums before ReLU": "the sums before tanh",
            "the slope of ReLU, 1 or 0,": "the slope of tanh",
            "here it is ReLU": "here it is tanh",
            "below 0 plain ReLU is flat": "here it is tanh",
        },
        without=("tanh", "minimum_for_maximum"),
        mistakes=(_RELU,),
    ),
    Variant(
        "leaky",
        code={
            "np.maximum(Z, 0)": _LEAKY,
            "np.maximum(X, 0)": "np.where(X > 0, X, 0.1 * X)",
            "np.maximum(Z, 0, out=Z)": "np.multiply(Z, np.where(Z > 0, 1, 0.1), out=Z)",
            "1.0 * (Z > 0)": "np.where(Z > 0, 1, 0.1)",
            "np.minimum(Z, 0)": "np.where(Z > 0, 0.1 * Z, Z)",
            "with ReLU between": "with a leaky ReLU between",
        },
        words={
            "Between two layers stands a ReLU": "Between two layers stands a leaky ReLU, which is `z` where `z > 0` and `0.1 z` elsewhere",
            "sums *before* ReLU": "sums *before* the activation",
            "without ReLU in between": "without an activation in between",
            "after ReLU": "after the activation",
            "go through ReLU as well: logits may be negative, and half of them are lost": "go through the activation as well: logits may be negative, and those are shrunk",
            "ReLU is applied to X": "the activation is applied to X",
            "ReLU is written into Z (`out=Z`, or `Z[Z < 0] = 0`)": "the activation is written into Z (`out=Z`, or `Z[Z < 0] *= 0.1`)",
            "the sums before ReLU": "the sums before it",
            "the slope of ReLU, 1 or 0,": "the slope of the leaky ReLU, 1 or 0.1,",
            "`min(Z, 0)` is passed on: ReLU keeps what is positive.": "what is positive is shrunk, and the rest kept: it is the other way round.",
            "here it is ReLU": "here it is a leaky ReLU",
            "the activation is a leaky ReLU: below 0 plain ReLU is flat": "the leak is 0.01: here it is 0.1",
        },
        mistakes=(Mistake("leak_ignored", "what is negative is cut off, as by plain ReLU: this one lets a tenth of it through.", {_LEAKY: "np.maximum(Z, 0)"}),),
    ),
)  # fmt: skip

NEURON = (
    Variant(
        "tanh",
        code={"1 / (1 + np.exp(-z))": "np.tanh(z)", "a = a * (1 - a)": "a = 1 - a**2", "What one sigmoid unit": "What one tanh unit", "its sigmoid": "its tanh"},
        words={
            "one unit with a sigmoid": "one unit with a tanh",
            "the activation `1 / (1 + exp(-z))`": "the activation `tanh(z)`",
            "before the sigmoid": "before the tanh",
            "after the sigmoid": "after the tanh",
            "the sigmoid is missing": "tanh is missing",
            "0 or 1: the sigmoid goes smoothly from 0 to 1": "0 or 1: tanh goes smoothly from -1 to 1",
            "here it is the sigmoid": "here it is tanh",
            "the slope of the sigmoid, a (1 - a),": "the slope of tanh, 1 - a²,",
        },
        without=("sign_in_the_exponent", "inf_by_inf", "bracket_misplaced", "tanh", "activated_twice"),
        mistakes=(
            Mistake("sigmoid", "the activation is the sigmoid: here it is tanh.", {"np.tanh(z)": "1 / (1 + np.exp(-z))"}),
            Mistake("activated_twice", "tanh is applied twice.", {"np.tanh(z)": "np.tanh(np.tanh(z))"}),
            Mistake("sign_turned", "tanh of -z is taken: the unit falls where it should rise.", {"np.tanh(z)": "np.tanh(-z)"}),
        ),
    ),
)  # fmt: skip

VARIANTS = {"feedforward.neuron": NEURON, "feedforward.forward": FORWARD}
