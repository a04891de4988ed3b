"""One step of a network that settles, with the three places that matter left blank."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_09_recurrent_settling.networks import ONE_UNIT, TURNING, random_network, sizes

ITERATE = "Iterate a recurrent network to its fixed point, damped, and say honestly whether it got there."


def one_step(W, U, b, x, y, relaxation):
    """One damped step of y = tanh(y W + x U + b).

    W: (H, H). U: (D, H). b: (H,). x: (N, D), one sample a row. y: (N, H), the present state.
    Returns a dict, all (N, H): target, where the state is sent; change, how far that is; moved, the next state.
    """
    target = np.tanh(y @ W + x @ U + b)
    change = target - y
    moved = y + relaxation * change
    return dict(target=target, change=change, moved=moved)


def one_step_cases(rng):
    def case(name, N, D, H, relaxation):
        W, U, b, x = random_network(rng, N, D, H)
        return Case(name, (W, U, b, x, rng.uniform(-0.9, 0.9, size=(N, H)), relaxation), sizes(N, D, H))

    return [
        Case("one unit with w = -2, from 0.5", (*ONE_UNIT, np.array([[0.5]]), 0.5), sizes(1, 1, 1)),
        Case("two units that push each other round", (*TURNING, np.array([[0.2, -0.4]]), 0.3), sizes(1, 2, 2)),
        case("seven samples, 3 inputs, 5 units", 7, 3, 5, 0.35),
        case("all sizes equal", 4, 4, 4, 0.9),
    ]


SUM, MOVE = "y @ W + x @ U + b", "y + relaxation * change"

ONE_STEP = Exercise(
    id="recurrent_settling.one_step",
    title="One step",
    points=1,
    minutes=3,
    objective=ITERATE,
    form="faded",
    statement=(
        "Complete `one_step(W, U, b, x, y, relaxation)`. The target of a step is `tanh` of the sums that reach the units: from the other units, from the input, and the bias. Rows are samples, as everywhere. "
        "The change is the way from the state to its target, and the state moves by `relaxation` times the change (1.0: all the way; 0.5: half of it). Write the three pieces in place of each `...`."
    ),
    reference=one_step,
    cases=one_step_cases,
    stages=("target", "change", "moved"),
    blanks=(f"np.tanh({SUM})", "target - y", MOVE),
    hints=(
        "The state sits in rows, and unit i reaches unit j through `W[i, j]`. So on which side of `W` does `y` stand?",
        "Three things are added inside tanh: `y @ W`, `x @ U` and `b`. The move is a share of `change`.",
        "`np.tanh(y @ W + x @ U + b)`, `target - y`, and `y + relaxation * change`",
    ),
    mistakes=(
        Mistake("weights_transposed", "W is transposed: with the state in rows, unit i reaches unit j through `W[i, j]`, and the sums are `y @ W`.", {SUM: "y @ W.T + x @ U + b"}),
        Mistake("input_left_out", "the input is left out of the sums: it stays on in every step.", {SUM: "y @ W + b"}),
        Mistake("bias_forgotten", "the bias is left out of the sums.", {SUM: "y @ W + x @ U"}),
        Mistake("state_left_out", "the state is left out of the sums: then there is no loop, and nothing has to settle.", {SUM: "x @ U + b"}),
        Mistake("bias_subtracted", "the bias is subtracted: add it.", {SUM: "y @ W + x @ U - b"}),
        Mistake("not_squashed", "tanh is left out: the sums themselves are the target.", {f"np.tanh({SUM})": f"({SUM})"}),
        Mistake("relaxation_turned", "the relaxation is the wrong way round: it is the share of the way to the target, not the share that stays.", {MOVE: "y + (1 - relaxation) * change"}),
        Mistake("not_damped", "the relaxation is not used: the step goes all the way to the target.", {MOVE: "y + change"}),
        Mistake("added_up", "the target is added to the state: move by a share of the change.", {MOVE: "y + relaxation * target"}),
        Mistake("moved_away", "the state moves away from its target: the change is added, not subtracted.", {MOVE: "y - relaxation * change"}),
        Mistake("state_dropped", "the old state is left out of the move: move *from* it by a share of the change.", {MOVE: "relaxation * change"}),
        Mistake("change_turned", "the change is turned round: it leads from the state to the target, `target - y`.", {"target - y": "y - target"}),
    ),
)  # fmt: skip
