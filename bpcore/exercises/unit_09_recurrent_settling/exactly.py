"""A bug to find: the settled error without iterating, right for one unit and wrong for two."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_09_recurrent_settling.networks import (
    BATCH,
    ONE_UNIT,
    TURNING,
    UNITS,
    random_network,
    settled,
)

SETTLED_ERROR = "Find the gradient by a settled state as the fixed point of a second, linear network."


def adjoint_exactly(W, y, e):
    """The settled error without iterating: z = (z * slope) Wᵀ + e is a linear system for each sample.

    W: (H, H). y: (N, H), the settled state. e: (N, H), the gradient of the loss by y. Returns z: (N, H).
    """
    units = len(W)
    z = np.zeros(e.shape)
    for n in range(len(y)):
        slope = 1 - y[n] ** 2
        J = W * slope
        z[n] = np.linalg.solve(np.eye(units) - J, e[n])
    return z


def adjoint_exactly_cases(rng):
    def case(name, N, D, H):
        W, U, b, x = random_network(rng, N, D, H)
        return Case(name, (W, settled(W, U, b, x), rng.normal(size=(N, H))), {BATCH: N, UNITS: H})

    W, U, b, x = random_network(rng, 2, 3, 3)
    both_ways = (W + W.T) / 2
    return [
        Case("one unit with w = -2", (ONE_UNIT[0], settled(*ONE_UNIT), np.array([[1.0]])), {BATCH: 1, UNITS: 1}),
        Case("a symmetric W", (both_ways, settled(both_ways, U, b, x), rng.normal(size=(2, 3))), {BATCH: 2, UNITS: 3}),
        Case("two units that push each other round", (TURNING[0], settled(*TURNING), np.array([[1.0, 0.0]])), {BATCH: 1, UNITS: 2}),
        case("seven samples, five units", 7, 3, 5),
        case("as many units as samples", 4, 4, 4),
    ]  # fmt: skip


MATRIX = "np.eye(units) - J"

ADJOINT_EXACTLY = Exercise(
    id="recurrent_settling.adjoint_exactly",
    title="Find the bug: right for one unit, wrong for two",
    points=1,
    minutes=6,
    objective=SETTLED_ERROR,
    form="debug",
    statement=(
        "Someone did not want to iterate. Written for one sample, `z = (z * slope) @ W.T + e` says that `z[i]` is the sum over `j` of `W[i, j] * slope[j] * z[j]`, plus `e[i]`. That is a linear system, and numpy solves it at once. "
        "The function below runs. For one unit it agrees with the error that has settled, and for a symmetric `W` too. For the two units that push each other round it gives the wrong sign. Find the line, and mend it."
    ),
    reference=adjoint_exactly,
    cases=adjoint_exactly_cases,
    bug="weights_turned",
    hints=(
        "Which operation changes nothing about a matrix of one entry, and nothing about a symmetric one?",
        "Write out the sum for `z[0]` with two units. Which entries of `W` stand in it? Compare with the first row of `J`.",
        "`J = W * slope`",
    ),
    mistakes=(
        Mistake("weights_turned", "W is turned round in J: the error goes round in the direction of the state. It cannot be seen with one unit, or where W is symmetric.", {"J = W * slope": "J = W.T * slope"}),
        Mistake("system_turned", "J as a whole is turned round: then the slope belongs to the unit that sends, and the error passes its weights before its tanh.", {MATRIX: "np.eye(units) - J.T"}),
        Mistake("slope_of_sender", "the slope stands in the rows of J: `slope[j]` belongs to the unit j from which the error comes back.", {"J = W * slope": "J = W * slope[:, None]"}),
        Mistake("slope_left_out", "the slope is left out of J: between the state and the sums lies tanh.", {"J = W * slope": "J = 1.0 * W"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: y has already been through it, so the slope is 1 - y².", {"1 - y[n] ** 2": "1 - np.tanh(y[n]) ** 2"}),
        Mistake("value_for_slope", "y itself stands where the slope 1 - y² belongs.", {"slope = 1 - y[n] ** 2": "slope = y[n]"}),
        Mistake("sign_of_loop", "what comes round the loop is subtracted: from z = J z + e follows (I - J) z = e.", {MATRIX: "np.eye(units) + J"}),
        Mistake("identity_left_out", "the identity is left out: from z = J z + e follows (I - J) z = e.", {MATRIX: "J"}),
        Mistake("multiplied", "e is multiplied by I - J: z is what gives e when it is multiplied, so solve.", {f"np.linalg.solve({MATRIX}, e[n])": f"({MATRIX}) @ e[n]"}),
        Mistake("first_sample_for_all", "the slopes of the first sample serve for all of them: each sample has a J of its own.", {"y[n] ** 2": "y[0] ** 2"}),
    ),
)  # fmt: skip
