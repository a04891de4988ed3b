"""Units that no longer learn: dead ones and saturated ones, read off a forward pass."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

HEALTH = "Tell from a forward pass which units can no longer learn."
BATCH, INPUTS, UNITS = "the batch size N", "the number of inputs D", "the number of units H"

# -- dead units -----------------------------------------------------------------------------------------------------------------------------------------


def dead_units(X, W, b):
    """Which units of a ReLU layer are off for every sample, so that no gradient comes through.

    X: (N, D). W: (D, H). b: (H,). Returns (H,), True for a dead unit.
    """
    Z = X @ W + b
    return (Z <= 0).all(axis=0)


def dead_units_cases(rng):
    def case(name, N, D, H):
        X, W, b = rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=H) * 0.1
        low, high = rng.permutation(H)[:2]
        reach = np.abs(X @ W).max() + 1
        b[low], b[high] = -reach, reach  # one that is surely dead, and one that is always on
        return Case(name, (X, W, b), {BATCH: N, INPUTS: D, UNITS: H})

    X = np.array([[1.0, 0.0], [0.0, 1.0], [-2.0, 1.0]])
    W = np.array([[1.0, -1.0, -1.0, 0.0, 1.0], [-3.0, -1.0, 3.0, 0.0, -1.0]])
    b = np.array([-0.5, 0.5, -0.5, 0.0, -2.0])
    rare, rare_W = np.abs(rng.normal(size=(9, 3))), -np.abs(rng.normal(size=(3, 4)))
    sums = rare @ rare_W
    once = -np.sort(sums, axis=0)[-2:].mean(axis=0)  # between the two highest sums: each unit is on for one sample
    return [
        Case("three samples, five units", (X, W, b), {BATCH: 3, INPUTS: 2, UNITS: 5}),
        case("eleven samples, three inputs, seven units", 11, 3, 7),
        case("as many samples as units", 5, 5, 5),
        Case("each unit on for one sample only", (rare, rare_W, once), {BATCH: 9, INPUTS: 3, UNITS: 4}),
        Case("all weights and biases zero", (rng.normal(size=(6, 3)), np.zeros((3, 4)), np.zeros(4)), {BATCH: 6, INPUTS: 3, UNITS: 4}),
    ]


DEAD_UNITS = Exercise(
    id="noise.dead_units",
    title="Which units are dead?",
    points=1,
    minutes=5,
    objective=HEALTH,
    form="blank",
    statement=(
        "A ReLU unit is **off** for a sample when its sum is 0 or less; then its slope is 0 and no gradient comes through. A unit that is off for *every* sample is **dead**: nothing will ever move its weights. "
        "Write `dead_units(X, W, b)` for the layer `relu(X @ W + b)`. Return an array of shape `(H,)`: True for each unit that is dead on the samples in `X`, False for the others."
    ),
    reference=dead_units,
    cases=dead_units_cases,
    exact_shape=True,
    hints=(
        "First the sums, one row a sample and one column a unit. What must be true of a whole column?",
        "`Z <= 0` gives True and False. `.all(axis=0)` asks down each column.",
        "`(X @ W + b <= 0).all(axis=0)`",
    ),
    mistakes=(
        Mistake("off_once", "a unit counts as dead when it is off for one sample: being off now and then is its work. Dead is off for all.", {".all(axis=0)": ".any(axis=0)"}),
        Mistake("zero_counts_as_on", "a sum of exactly 0 counts as on: ReLU's slope is 0 there too, so nothing comes through.", {"Z <= 0": "Z < 0"}),
        Mistake("bias_forgotten", "the bias is left out of the sums: a bias far below zero is what kills most units.", {"X @ W + b": "X @ W"}),
        Mistake("alive_returned", "it is turned round: True stands for the living.", {"return (Z <= 0)": "return ~(Z <= 0)"}),
        Mistake("always_on_returned", "it finds the units that are on for every sample: those are linear, not dead.", {"Z <= 0": "Z > 0"}),
        Mistake("mean_sum", "the mean of a unit's sums is looked at: a single sample above 0 is enough to live.", {"(Z <= 0).all(axis=0)": "Z.mean(axis=0) <= 0"}),
        Mistake("first_sample", "only the first sample is looked at.", {"(Z <= 0).all(axis=0)": "Z[0] <= 0"}),
        Mistake("samples_for_units", "it asks along each row: that finds the samples for which every unit is off.", {"axis=0": "axis=1"}),
        Mistake("weights_below_zero", "it looks for columns of W without a positive weight: inputs can be negative too, and the bias counts.", {"(Z <= 0).all(axis=0)": "(W <= 0).all(axis=0)"}),
    ),
)  # fmt: skip

# -- saturated units ------------------------------------------------------------------------------------------------------------------------------------


def saturation(Z, small):
    """How flat a layer of tanh units is.

    Z: (N, H), the sums. small: slopes below this count as flat. Returns a dict: slope (N, H), of tanh at each sum; share
    (H,), for each unit the share of the samples for which its slope is below small.
    """
    slope = 1 - np.tanh(Z) ** 2
    share = (slope < small).mean(axis=0)
    return dict(slope=slope, share=share)


def saturation_cases(rng):
    def case(name, N, H, small):
        return Case(name, (rng.normal(size=(N, H)) * rng.uniform(0.5, 3, size=H), small), {BATCH: N, UNITS: H})

    return [
        Case("four samples, two units", (np.array([[0.0, 3.0], [0.5, -4.0], [-3.0, 0.2], [1.0, 5.0]]), 0.1), {BATCH: 4, UNITS: 2}),
        case("thirteen samples, five units", 13, 5, 0.1),
        case("as many samples as units", 7, 7, 0.3),
        case("a small bound", 40, 3, 0.02),
        case("one unit", 11, 1, 0.2),
    ]


_SLOPE, _SHARE = "1 - np.tanh(Z) ** 2", "(slope < small).mean(axis=0)"

SATURATION = Exercise(
    id="noise.saturation",
    title="How flat is the layer?",
    points=1,
    minutes=4,
    objective=HEALTH,
    form="faded",
    statement=(
        "A tanh unit whose sum is far from 0 is **saturated**: its slope is nearly 0, and so is every gradient that comes through it. Fill in the two places marked `...` in `saturation(Z, small)`: the slope of tanh at each sum, and, for each unit, "
        "the share of the samples for which its slope is below `small`."
    ),
    reference=saturation,
    blanks=(_SLOPE, _SHARE),
    cases=saturation_cases,
    stages=("slope", "share"),
    hints=(
        "`Z` holds the sums, before tanh. A share is the mean of True and False.",
        "The slope of tanh is 1 minus its value squared, and the value is `np.tanh(Z)`. For the share: which axis runs over the samples?",
        "`1 - np.tanh(Z) ** 2` and `(slope < small).mean(axis=0)`",
    ),
    mistakes=(
        Mistake("slope_of_sums", "1 - Z² is taken: the square is of what comes out of tanh, and Z is what goes in.", {_SLOPE: "1 - Z**2"}),
        Mistake("value_for_slope", "the value of tanh stands where its slope belongs.", {_SLOPE: "np.tanh(Z)"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, a(1 - a), is used: the slope of tanh is 1 - a².", {_SLOPE: "np.tanh(Z) * (1 - np.tanh(Z))"}),
        Mistake("slope_plus", "the slope is taken as 1 + a²: it is 1 - a².", {_SLOPE: "1 + np.tanh(Z) ** 2"}),
        Mistake("slope_not_squared", "the square is left out: the slope of tanh is 1 - a².", {_SLOPE: "1 - np.tanh(Z)"}),
        Mistake("relu_slope", "the slope of ReLU is used: these are tanh units.", {_SLOPE: "(Z > 0) * 1.0"}),
        Mistake("wrong_axis", "the mean is taken over the units (axis 1) and not over the samples (axis 0).", {_SHARE: "(slope < small).mean(axis=1)"}),
        Mistake("one_number", "one share is given for all units: name the axis.", {_SHARE: "(slope < small).mean() + 0 * slope[0]"}),
        Mistake("steep_share", "the share of the steep samples is given: flat is *below* the bound.", {_SHARE: "(slope > small).mean(axis=0)"}),
        Mistake("flat_counted", "the flat samples are counted: a share is divided by the number of samples.", {_SHARE: "1.0 * (slope < small).sum(axis=0)"}),
        Mistake("mean_slope", "the mean slope is given: the share of the slopes below `small` is asked for.", {_SHARE: "slope.mean(axis=0)"}),
        Mistake("sums_compared", "the sums are compared with the bound, and not the slopes.", {_SHARE: "(Z < small).mean(axis=0)"}),
    ),
)  # fmt: skip
