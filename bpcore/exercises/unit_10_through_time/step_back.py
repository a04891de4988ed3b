"""One step back through time, with the three places that matter left blank."""

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_10_through_time.rnn import BATCH, CARRY_BACK, UNITS


def step_back(dstate, carry, state, W):
    """Back through one step, state = tanh(before @ W + ...).

    dstate: (N, H), the gradient that reaches the state directly. carry: (N, H), what comes from the step after it.
    state: (N, H). W: (H, H). Returns a dict, all (N, H): arriving, dZ (by the sums inside tanh), earlier (the next carry).
    """
    arriving = dstate + carry
    dZ = arriving * (1 - state**2)
    earlier = dZ @ W.T
    return dict(arriving=arriving, dZ=dZ, earlier=earlier)


def step_back_cases(rng):
    def case(name, N, H):
        gradients = rng.normal(size=(N, H)), rng.normal(size=(N, H))
        return Case(
            name, (*gradients, rng.uniform(-0.9, 0.9, size=(N, H)), rng.normal(size=(H, H))), {BATCH: N, UNITS: H}
        )

    return [
        case("one sequence, two units", 1, 2),
        case("five sequences, 3 units", 5, 3),
        case("as many units as sequences", 4, 4),
        case("one unit", 3, 1),
    ]  # fmt: skip


STEP_BACK = Exercise(
    id="through_time.step_back",
    title="One step back",
    points=1,
    minutes=3,
    objective=CARRY_BACK,
    form="faded",
    statement=(
        "Complete `step_back(dstate, carry, state, W)`. Two gradients reach this state: `dstate` directly, from an output at this step, and `carry`, from the step after it. Together they are what arrives. From there back through tanh "
        "to the sums inside it, `dZ`; and from the sums back through `before @ W` to the state before, `earlier`. Write the three pieces in place of each `...`."
    ),
    reference=step_back,
    cases=step_back_cases,
    stages=("arriving", "dZ", "earlier"),
    blanks=("dstate + carry", "arriving * (1 - state**2)", "dZ @ W.T"),
    hints=(
        "Two paths lead from this state to the loss. What is done with what arrives over several paths?",
        "The slope of tanh, read off the state itself, is `1 - state**2`. On the way there the state before was multiplied by `W` from the right.",
        "`dstate + carry`, `arriving * (1 - state**2)`, `dZ @ W.T`",
    ),
    mistakes=(
        Mistake("carry_dropped", "what comes from the next step is left out: the state also reaches the loss through that step.", {"dstate + carry": "1.0 * dstate"}),
        Mistake("only_the_carry", "what comes from the next step takes the place of what arrives directly. Both are added.", {"dstate + carry": "1.0 * carry"}),
        Mistake("multiplied", "the two gradients are multiplied: over paths they are added.", {"dstate + carry": "dstate * carry"}),
        Mistake("carry_subtracted", "the carry is subtracted: over paths gradients are added.", {"dstate + carry": "dstate - carry"}),
        Mistake("slope_left_out", "the slope of tanh is left out.", {"arriving * (1 - state**2)": "1.0 * arriving"}),
        Mistake("slope_plus", "the slope is taken as 1 + h²: it is 1 - h².", {"1 - state**2": "1 + state**2"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, h(1 - h), is used: the slope of tanh is 1 - h².", {"(1 - state**2)": "(state * (1 - state))"}),
        Mistake("value_for_slope", "the state itself stands where the slope 1 - h² belongs.", {"(1 - state**2)": "state"}),
        Mistake("weights_not_transposed", "W is not transposed on the way back. It runs because W is square.", {"dZ @ W.T": "dZ @ W"}),
        Mistake("weights_left_out", "what goes to the step before has not been through the weights.", {"dZ @ W.T": "1.0 * dZ"}),
        Mistake("slope_not_carried", "what goes to the step before has not been through the slope of tanh: it is made from dZ.", {"dZ @ W.T": "arriving @ W.T"}),
        Mistake("direct_only_carried", "only the direct gradient goes on to the step before: what came from later steps goes on as well.", {"dZ @ W.T": "(dstate * (1 - state**2)) @ W.T"}),
    ),
)  # fmt: skip
