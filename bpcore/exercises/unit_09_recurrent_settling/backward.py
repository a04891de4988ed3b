"""Backward: the error settles too, and then it gives the gradients."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_09_recurrent_settling.exactly import SETTLED_ERROR
from bpcore.exercises.unit_09_recurrent_settling.networks import (
    BATCH,
    ONE_UNIT,
    TURNING,
    UNITS,
    random_network,
    settled,
    sizes,
)

# -- the settled error --------------------------------------------------------------------------------------------------------------------------------


def adjoint(W, y, e, relaxation):
    """Let the error settle at z = (slope * z) Wᵀ + e, with slope = 1 - y², from z = 0.

    W: (H, H). y: (N, H), the settled state. e: (N, H), the gradient of the loss by y. Returns z: (N, H).
    """
    slope = 1 - y**2
    z = np.zeros(e.shape)
    for _ in range(200):
        target = (z * slope) @ W.T + e
        change = target - z
        z = z + relaxation * change
        if np.abs(change).max() < 1e-10:
            break
    return z


def adjoint_cases(rng):
    def case(name, N, D, H, relaxation):
        W, U, b, x = random_network(rng, N, D, H)
        return Case(name, (W, settled(W, U, b, x), rng.normal(size=(N, H)), relaxation), {BATCH: N, UNITS: H})

    chain = np.triu(rng.uniform(0.5, 1.5, size=(3, 3)), 1)
    return [
        Case("one unit with w = -2", (ONE_UNIT[0], settled(*ONE_UNIT), np.array([[1.0]]), 0.5), {BATCH: 1, UNITS: 1}),
        Case("two units that push each other round", (TURNING[0], settled(*TURNING), np.array([[1.0, 0.0]]), 0.3), {BATCH: 1, UNITS: 2}),
        Case("a chain of three units, not damped", (chain, rng.uniform(-0.8, 0.8, size=(2, 3)), rng.normal(size=(2, 3)), 1.0), {BATCH: 2, UNITS: 3}),
        case("seven samples, five units", 7, 3, 5, 0.9),
        case("as many units as samples", 4, 4, 4, 0.8),
    ]


TARGET = "(z * slope) @ W.T + e"

ADJOINT = Exercise(
    id="recurrent_settling.adjoint",
    title="The error settles too",
    points=3,
    minutes=10,
    objective=SETTLED_ERROR,
    form="blank",
    statement=(
        "`y` is a state in which `y = tanh(y @ W + x @ U + b)` has settled, and `e` the gradient of the loss by `y` as the output. But a disturbance of `y` also travels round the loop. Everything "
        "together is `z`, the solution of `z = (z * slope) @ W.T + e` with `slope = 1 - y**2`. Write `adjoint(W, y, e, relaxation)`: begin at zero, move `z` by `relaxation` times the "
        "change, and go on until no entry of the change is larger than 1e-10 (200 steps are always enough). Return `z`, of shape `(N, H)`. Only the solution is compared, so you may also solve the equation in another way."
    ),
    reference=adjoint,
    cases=adjoint_cases,
    hints=(
        "It is the loop of `settle` with another target. What goes round now, and through which side of `W`?",
        "On the way back the error passes the slope of the unit first, and then each weight from its far end to its near end: `(z * slope) @ W.T`. And `e` keeps flowing in.",
        "`target = (z * slope) @ W.T + e`, then `z = z + relaxation * (target - z)`",
    ),
    mistakes=(
        Mistake("weights_not_transposed", "W is not transposed: the error goes round in the direction of the state. On the way back every weight is passed from its other end.", {"W.T": "W"}),
        Mistake("slope_left_out", "the slope is left out: between the state and the sums lies tanh.", {"(z * slope) @ W.T": "z @ W.T"}),
        Mistake("slope_after_weights", "the slope is applied after the weights: the error meets the unit's tanh first, and then its weights.", {"(z * slope) @ W.T": "(z @ W.T) * slope"}),
        Mistake("slope_of_error", "the slope is made from z, 1 - z²: it belongs to the state, 1 - y².", {"(z * slope)": "(z * (1 - z**2))"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: y has already been through it, so the slope is 1 - y².", {"1 - y**2": "1 - np.tanh(y) ** 2"}),
        Mistake("value_for_slope", "y itself stands where the slope 1 - y² belongs.", {"1 - y**2": "y"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, y(1 - y), is used: the slope of tanh is 1 - y².", {"1 - y**2": "y * (1 - y)"}),
        Mistake("slope_plus", "the slope is taken as 1 + y²: it is 1 - y².", {"1 - y**2": "1 + y**2"}),
        Mistake("one_round", "the error goes round the loop once and no more: `e` and the first echo. Go on until nothing changes.", {"return z": "return (e * slope) @ W.T + e"}),
        Mistake("no_round", "`e` is given back: the paths round the loop are left out.", {"return z": "return 1.0 * e"}),
        Mistake("stopped_after_ten", "the loop ends after ten steps: the error has not settled yet.", {"range(200)": "range(10)"}),
        Mistake("stopped_early", "the loop ends when the change is below 0.001: that is not yet the solution. Go on to 1e-10.", {"1e-10": "1e-3"}),
        Mistake("residual_for_solution", "the last change (the residual) is given back and not z: it is near zero because z has settled.", {"return z": "return change"}),
        Mistake("error_once", "`e` enters only at the beginning: it keeps flowing in at every step. Without it the error dies away.", {"z = np.zeros(e.shape)": "z = 1.0 * e", TARGET: "(z * slope) @ W.T"}),
        Mistake("error_subtracted", "`e` is subtracted.", {TARGET: "(z * slope) @ W.T - e"}),
        Mistake("loop_subtracted", "what comes round the loop is subtracted from `e`.", {TARGET: "e - (z * slope) @ W.T"}),
        Mistake("not_damped", "the relaxation is not used: where the undamped error grows, it is inf or nan in the end.", {"z = z + relaxation * change": "z = target"}),
        Mistake("slope_passed", "the error behind the tanh, z * slope, is given back: z itself is asked for.", {"return z": "return z * slope"}),
    ),
)  # fmt: skip

# -- the gradients --------------------------------------------------------------------------------------------------------------------------------------


def settled_gradients(x, y, z, U):
    """The gradients of a settled network, from the settled error.

    x: (N, D). y: (N, H), the settled state. z: (N, H), the settled error. U: (D, H). Returns a dict: delta (N, H), dW (H, H),
    dU (D, H), db (H,), dx (N, D).
    """
    delta = z * (1 - y**2)
    dW = y.T @ delta
    dU = x.T @ delta
    db = delta.sum(axis=0)
    dx = delta @ U.T
    return dict(delta=delta, dW=dW, dU=dU, db=db, dx=dx)


def settled_gradients_cases(rng):
    def case(name, N, D, H):
        return Case(name, (rng.normal(size=(N, D)), rng.uniform(-0.9, 0.9, size=(N, H)), rng.normal(size=(N, H)), rng.normal(size=(D, H))), sizes(N, D, H))

    small = (np.array([[1.0, -2.0]]), np.array([[0.5, 0.0]]), np.array([[4.0, 3.0]]), np.array([[1.0, 2.0], [0.0, -1.0]]))
    one = (ONE_UNIT[3], settled(*ONE_UNIT), np.array([[0.3395828584]]), ONE_UNIT[1])
    return [
        Case("one sample, 2 inputs, 2 units", small, sizes(1, 2, 2)),
        Case("one unit with w = -2", one, sizes(1, 1, 1)),
        case("seven samples, 3 inputs, 5 units", 7, 3, 5),
        case("all sizes equal", 4, 4, 4),
    ]


GRADIENTS = Exercise(
    id="recurrent_settling.gradients",
    title="From the settled error to the gradients",
    points=2,
    minutes=6,
    objective="Turn a settled error into the gradients of all weights, and of the input.",
    form="blank",
    statement=(
        "Write `settled_gradients(x, y, z, U)` for the network `y = tanh(y @ W + x @ U + b)`, settled, with the settled error `z`. Return a dict: `delta`, the error behind the tanh, which is `z` times the slope "
        "`1 - y**2`; then `dW`, `dU`, `db` and `dx`, each of the shape of what it is the gradient by. What went into `W` is the settled state `y` itself. Sum over the samples; do not average."
    ),
    reference=settled_gradients,
    cases=settled_gradients_cases,
    stages=("delta", "dW", "dU", "db", "dx"),
    hints=(
        "Compare with a dense layer: `delta` is the gradient by the sums, and there are two inputs, `y` through `W` and `x` through `U`.",
        "As in a dense layer: the gradient of a weight is what went into it, transposed, times delta. The bias is summed over the samples.",
        "`delta = z * (1 - y**2)`, `dW = y.T @ delta`, `dU = x.T @ delta`, `db = delta.sum(axis=0)`, `dx = delta @ U.T`",
    ),
    mistakes=(
        Mistake("slope_left_out", "the slope is left out of delta: between the sums and the state lies tanh.", {"z * (1 - y**2)": "1.0 * z"}),
        Mistake("slope_of_error", "the slope is made from z, 1 - z²: it belongs to the state, 1 - y².", {"(1 - y**2)": "(1 - z**2)"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: y has already been through it, so the slope is 1 - y².", {"(1 - y**2)": "(1 - np.tanh(y) ** 2)"}),
        Mistake("value_for_slope", "y itself stands where the slope 1 - y² belongs.", {"(1 - y**2)": "y"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, y(1 - y), is used: the slope of tanh is 1 - y².", {"(1 - y**2)": "y * (1 - y)"}),
        Mistake("raw_error_dW", "dW is made from z: it needs the error behind the tanh, delta.", {"dW = y.T @ delta": "dW = y.T @ z"}),
        Mistake("transposed_dW", "dW comes out transposed, which the square shape hides: row i belongs to the unit that sends.", {"dW = y.T @ delta": "dW = delta.T @ y"}),
        Mistake("error_for_state_dW", "dW has z where the state belongs: what went into W is y.", {"dW = y.T @ delta": "dW = z.T @ delta"}),
        Mistake("averaged_dW", "dW is divided by the batch size: sum over the samples.", {"dW = y.T @ delta": "dW = y.T @ delta / len(y)"}),
        Mistake("raw_error_dU", "dU is made from z: it needs the error behind the tanh, delta.", {"dU = x.T @ delta": "dU = x.T @ z"}),
        Mistake("transposed_dU", "dU comes out transposed: it must have the shape of U.", {"dU = x.T @ delta": "dU = delta.T @ x"}),
        Mistake("state_for_input_dU", "dU has the state where the input belongs: what went into U is x.", {"dU = x.T @ delta": "dU = y.T @ delta"}),
        Mistake("averaged_dU", "dU is divided by the batch size: sum over the samples.", {"dU = x.T @ delta": "dU = x.T @ delta / len(y)"}),
        Mistake("raw_error_db", "db is made from z: it needs the error behind the tanh, delta.", {"db = delta.sum(axis=0)": "db = z.sum(axis=0)"}),
        Mistake("not_summed_db", "db still has one row a sample: the one bias serves all samples, so their gradients add up.", {"db = delta.sum(axis=0)": "db = delta"}),
        Mistake("wrong_axis_db", "db is summed over the units (axis 1) and not over the samples (axis 0).", {"db = delta.sum(axis=0)": "db = delta.sum(axis=1)"}),
        Mistake("one_number_db", "db is one number for all units: name the axis.", {"db = delta.sum(axis=0)": "db = delta.sum()"}),
        Mistake("averaged_db", "db is averaged over the samples: sum them.", {"db = delta.sum(axis=0)": "db = delta.mean(axis=0)"}),
        Mistake("raw_error_dx", "dx is made from z: the way to the input leads through the tanh first.", {"dx = delta @ U.T": "dx = z @ U.T"}),
        Mistake("not_transposed_dx", "U is not transposed in dx: it runs only where U is square.", {"dx = delta @ U.T": "dx = delta @ U"}),
        Mistake("weights_left_out_dx", "the error is spread evenly over the inputs, without U.", {"dx = delta @ U.T": "dx = delta.sum(axis=1, keepdims=True) + 0 * x"}),
    ),
)  # fmt: skip

# -- the whole ----------------------------------------------------------------------------------------------------------------------------------------------


def recurrent_backprop(W, U, b, x, t, relaxation):
    """One settling of the state, one of the error, and the gradients, for the loss ½ Σ (y - t)².

    W: (H, H). U: (D, H). b: (H,). x: (N, D). t: (N, H), what y should be. Returns a dict of every stage by its name: y, slope, e, z, dW, dU, db.
    """
    y = np.zeros(t.shape)
    for _ in range(200):
        change = np.tanh(y @ W + x @ U + b) - y
        y = y + relaxation * change
        if np.abs(change).max() < 1e-10:
            break
    slope = 1 - y**2
    e = y - t
    z = np.zeros(t.shape)
    for _ in range(200):
        change = (z * slope) @ W.T + e - z
        z = z + relaxation * change
        if np.abs(change).max() < 1e-10:
            break
    delta = z * slope
    dW = y.T @ delta
    dU = x.T @ delta
    db = delta.sum(axis=0)
    return dict(y=y, slope=slope, e=e, z=z, dW=dW, dU=dU, db=db)


def recurrent_backprop_cases(rng):
    def case(name, N, D, H, relaxation):
        return Case(name, (*random_network(rng, N, D, H), rng.uniform(-1, 1, size=(N, H)), relaxation), sizes(N, D, H))

    return [
        Case("one unit with w = -2", (*ONE_UNIT, np.array([[-0.8]]), 0.5), sizes(1, 1, 1)),
        Case("two units that push each other round", (0.6 * TURNING[0], *TURNING[1:], np.array([[-0.9, 0.3]]), 0.6), sizes(1, 2, 2)),
        case("seven samples, 3 inputs, 5 units", 7, 3, 5, 0.9),
        case("all sizes equal", 4, 4, 4, 0.8),
    ]


FORWARD, BACK = "np.tanh(y @ W + x @ U + b)", "(z * slope) @ W.T + e - z"

BACKPROP = Exercise(
    id="recurrent_settling.backprop",
    title="Recurrent backpropagation, whole",
    points=4,
    minutes=20,
    objective="Put both settlings and the gradients together.",
    form="blank",
    statement=(
        "Write `recurrent_backprop(W, U, b, x, t, relaxation)` with what you have learnt. The loss is half the sum, over all samples and units, of `(y - t)**2`. Let the state settle from zero, then the error from zero, both damped by "
        "`relaxation`, each until no entry of the change is larger than 1e-10, for which 200 steps are always enough. Return a dict: `y` (settled), `slope` (of tanh, at the settled state), `e` (the gradient of the loss by y as the output), `z` (the settled error), and `dW`, "
        "`dU`, `db`. Do not call your earlier functions: this one stands alone."
    ),
    reference=recurrent_backprop,
    cases=recurrent_backprop_cases,
    stages=("y", "slope", "e", "z", "dW", "dU", "db"),
    hints=(
        "Two loops of the same form: one for `y`, one for `z`. Between them, the slope and the error at the output.",
        "The loss has a half in front of the square, so `e = y - t`. The second loop has the target `(z * slope) @ W.T + e`.",
        "`delta = z * slope`, `dW = y.T @ delta`, `dU = x.T @ delta`, `db = delta.sum(axis=0)`",
    ),
    mistakes=(
        Mistake("weights_transposed", "W is transposed on the way forward: with the state in rows the sums are `y @ W`.", {FORWARD: "np.tanh(y @ W.T + x @ U + b)"}),
        Mistake("one_step", "the state has made one step from zero and no more: the loop back through W is missing.", {"    slope = 1": "    y = np.tanh(x @ U + b)\n    slope = 1"}),
        Mistake("bias_forgotten", "the bias is left out on the way forward.", {FORWARD: "np.tanh(y @ W + x @ U)"}),
        Mistake("change_for_state", "y is the last change and not the state: it is near zero because the network has settled.", {"    slope = 1": "    y = change\n    slope = 1"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: y has already been through it, so the slope is 1 - y².", {"1 - y**2": "1 - np.tanh(y) ** 2"}),
        Mistake("value_for_slope", "y itself stands where the slope 1 - y² belongs.", {"1 - y**2": "1.0 * y"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, y(1 - y), is used: the slope of tanh is 1 - y².", {"1 - y**2": "y * (1 - y)"}),
        Mistake("slope_of_sums", "the slope is made from the weighted sums and not from the state: 1 - y² needs what came out of tanh.", {"1 - y**2": "1 - (y @ W + x @ U + b) ** 2"}),
        Mistake("sign_of_error", "t - y is taken: the gradient of ½(y - t)² is y - t.", {"e = y - t": "e = t - y"}),
        Mistake("error_doubled", "the error is doubled: the half in front of the square takes the 2 away.", {"e = y - t": "e = 2 * (y - t)"}),
        Mistake("error_averaged", "the error is divided by the batch size: this loss is a sum over the samples.", {"e = y - t": "e = (y - t) / len(y)"}),
        Mistake("error_behind_tanh", "the slope is already in e: it comes in once the error goes round the loop.", {"e = y - t": "e = (y - t) * slope"}),
        Mistake("weights_not_transposed", "W is not transposed on the way back: the error goes round in the direction of the state.", {BACK: "(z * slope) @ W + e - z"}),
        Mistake("slope_left_out", "the slope is left out where the error goes round the loop.", {BACK: "z @ W.T + e - z"}),
        Mistake("slope_after_weights", "the slope is applied after the weights: the error meets the unit's tanh first, and then its weights.", {BACK: "(z @ W.T) * slope + e - z"}),
        Mistake("error_not_settled", "z is e: the paths round the loop are left out.", {"    delta = ": "    z = 1.0 * e\n    delta = "}),
        Mistake("one_round", "the error goes round the loop once and no more: `e` and its first echo.", {"    delta = ": "    z = (e * slope) @ W.T + e\n    delta = "}),
        Mistake("residual_for_solution", "z is the last change (the residual) and not the settled error.", {"    delta = ": "    z = change\n    delta = "}),
        Mistake("raw_error_dW", "dW is made from z: it needs the error behind the tanh, z * slope.", {"dW = y.T @ delta": "dW = y.T @ z"}),
        Mistake("output_error_dW", "dW is made from e: it needs the error that has settled.", {"dW = y.T @ delta": "dW = y.T @ (e * slope)"}),
        Mistake("transposed_dW", "dW comes out transposed, which the square shape hides: row i belongs to the unit that sends.", {"dW = y.T @ delta": "dW = delta.T @ y"}),
        Mistake("averaged_dW", "dW is divided by the batch size: this loss is a sum over the samples.", {"dW = y.T @ delta": "dW = y.T @ delta / len(y)"}),
        Mistake("raw_error_dU", "dU is made from z: it needs the error behind the tanh, z * slope.", {"dU = x.T @ delta": "dU = x.T @ z"}),
        Mistake("transposed_dU", "dU comes out transposed: it must have the shape of U.", {"dU = x.T @ delta": "dU = delta.T @ x"}),
        Mistake("state_for_input_dU", "dU has the state where the input belongs: what went into U is x.", {"dU = x.T @ delta": "dU = y.T @ delta"}),
        Mistake("raw_error_db", "db is made from z: it needs the error behind the tanh, z * slope.", {"db = delta.sum(axis=0)": "db = z.sum(axis=0)"}),
        Mistake("not_summed_db", "db still has one row a sample: the one bias serves all samples, so their gradients add up.", {"db = delta.sum(axis=0)": "db = delta"}),
        Mistake("wrong_axis_db", "db is summed over the units (axis 1) and not over the samples (axis 0).", {"db = delta.sum(axis=0)": "db = delta.sum(axis=1)"}),
        Mistake("averaged_db", "db is averaged over the samples: this loss is a sum over them.", {"db = delta.sum(axis=0)": "db = delta.mean(axis=0)"}),
    ),
)  # fmt: skip
