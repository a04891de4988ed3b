"""An exercise of your own: copy this file to bpcore/exercises/unit_NN_name.py, and change every line of it."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake


# The answer, as a student would write it. Its source is the solution; its first line and docstring are the stub.
def leaky_relu(z, slope=0.1):
    """The leaky ReLU of every entry.

    z: an array of numbers. slope: how steep it is below 0. Returns an array of z's shape.
    """
    return np.where(z > 0, z, slope * z)


# The calls that try an answer. Different shapes, and numbers that tell the mistakes apart; rng makes them new for
# every student. The sizes that a wrong factor could come from have names.
def leaky_relu_cases(rng):
    return [
        Case("three numbers", (np.array([-2.0, 0.0, 3.0]),), {"the number of entries": 3}),
        Case("another slope", (rng.normal(size=5), 0.25), {"the number of entries": 5}),
        Case("a table", (rng.normal(size=(3, 2)),)),
        Case("all below 0", (-1 - rng.uniform(size=4),)),
    ]


LEAKY_RELU = Exercise(
    id="ours.leaky_relu",
    title="A ReLU that leaks",
    points=2,
    minutes=5,
    objective="Write an activation that treats entries by their sign.",
    form="blank",
    statement=(
        "Write `leaky_relu(z, slope=0.1)`. `z` is an array of any shape. Return an array of the same shape: `z` where "
        "`z` is above 0, and `slope * z` elsewhere."
    ),
    reference=leaky_relu,
    cases=leaky_relu_cases,
    hints=(
        "Two cases for every entry. Which function of numpy chooses entry by entry?",
        "`np.where(condition, this, that)` takes `this` where the condition is true, and `that` elsewhere.",
        "`np.where(z > 0, z, slope * z)`",
    ),
    # Each is a wrong version that runs, made by edits of the answer above; its message completes the sentence "Your
    # numbers are exactly those you get when …".
    mistakes=(
        Mistake("leak_ignored", "what is below 0 becomes 0: that is the plain ReLU.", {"slope * z": "0.0 * z"}),
        Mistake("always_leaking", "all is multiplied by the slope, above 0 as well.", {"0, z,": "0, slope * z,"}),
        Mistake("branches_exchanged", "the cases are exchanged: the slope belongs below 0.", {"z > 0": "z <= 0"}),
        Mistake("slope_for_value", "the slope itself is given below 0, and not slope times z.", {"slope * z": "slope"}),
        Mistake("sign_turned", "the sign is turned below 0: negative stays negative.", {"slope * z": "-slope * z"}),
    ),
)

EXERCISES = (LEAKY_RELU,)
