"""A recurrent layer: forward through time, and the gradients back through time."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

CARRY_BACK = "Carry gradients from each step to the one before, and add up what each step gives to the shared weights."
BATCH, STEPS, INPUTS, UNITS = "the batch size N", "the number of time steps T", "the number of inputs D", "the number of units H"

# -- forward -------------------------------------------------------------------------------------------------------------------------------------


def rnn_forward(X, U, W, b, h0):
    """The states of a recurrent layer: h[t] = tanh(h[t-1] W + x[t] U + b).

    X: (N, T, D), one sequence a row. U: (D, H). W: (H, H). b: (H,). h0: (N, H), the state before the first step. Returns states: (N, T, H).
    """
    N, T = X.shape[:2]
    states = np.zeros((N, T, len(b)))
    h = h0
    for t in range(T):
        h = np.tanh(h @ W + X[:, t] @ U + b)
        states[:, t] = h
    return states


def random_rnn(rng, N, T, D, H):
    """A batch of sequences and a layer: X, U, W, b, h0."""
    return rng.normal(size=(N, T, D)), rng.normal(size=(D, H)) / np.sqrt(D), rng.normal(size=(H, H)) / np.sqrt(H), rng.normal(size=H) * 0.3, rng.uniform(-0.8, 0.8, size=(N, H))


def sizes(N, T, D, H):
    """The sizes of one batch of sequences and its layer, by name."""
    return {BATCH: N, STEPS: T, INPUTS: D, UNITS: H}


def rnn_forward_cases(rng):
    def case(name, N, T, D, H):
        return Case(name, random_rnn(rng, N, T, D, H), sizes(N, T, D, H))

    small = (np.array([[[1.0], [0.0], [0.0]]]), np.array([[0.5, -1.0]]), np.array([[0.0, 1.0], [0.5, 0.0]]), np.array([0.0, 0.1]), np.array([[0.2, -0.2]]))
    return [
        Case("one sequence of three steps, two units", small, sizes(1, 3, 1, 2)),
        case("two sequences, 5 steps, 3 inputs, 7 units", 2, 5, 3, 7),
        case("all sizes equal", 4, 4, 4, 4),
        case("one unit", 3, 5, 2, 1),
        case("one step", 3, 1, 2, 5),
    ]


STEP = "np.tanh(h @ W + X[:, t] @ U + b)"

RNN_FORWARD = Exercise(
    id="through_time.rnn_forward",
    title="One layer, many times",
    points=2,
    minutes=8,
    objective="Run a recurrent layer over a batch of sequences and keep every state.",
    form="blank",
    statement=(
        "Write `rnn_forward(X, U, W, b, h0)`. `X` is (N, T, D): N sequences of T steps; `X[:, t]` is what comes in at step t, one sequence a row. Begin with the state `h0`, (N, H). Each step makes the next state from the one "
        "before: `tanh(h @ W + X[:, t] @ U + b)`, with the same weights every time. Return all states after the steps, as an array of shape `(N, T, H)`, H being the number of units; `h0` is not among them."
    ),
    reference=rnn_forward,
    cases=rnn_forward_cases,
    hints=(
        "One variable for the present state, one array for all of them. What must the state be before the first step?",
        "In a loop over t: compute the next `h` from the old `h` and `X[:, t]`, then write it to `states[:, t]`.",
        "`h = np.tanh(h @ W + X[:, t] @ U + b)`, then `states[:, t] = h`",
    ),
    mistakes=(
        Mistake("weights_transposed", "W is transposed: with the state in rows the sums are `h @ W`. It runs because W is square.", {STEP: "np.tanh(h @ W.T + X[:, t] @ U + b)"}),
        Mistake("first_state_ignored", "the state begins at zero: begin with `h0`.", {"h = h0": "h = np.zeros(h0.shape)"}),
        Mistake("state_not_carried", "every step begins again from `h0`: hand the new state on to the next step.", {"        h = np": "        h = h0\n        h = np"}),
        Mistake("state_left_out", "the state before is left out: each step sees its own input only.", {STEP: "np.tanh(X[:, t] @ U + b)"}),
        Mistake("bias_forgotten", "the bias is left out.", {STEP: "np.tanh(h @ W + X[:, t] @ U)"}),
        Mistake("bias_once", "the bias enters at the first step only: it belongs to every step.", {STEP: "np.tanh(h @ W + X[:, t] @ U + b * (t == 0))"}),
        Mistake("not_squashed", "tanh is left out.", {STEP: "h @ W + X[:, t] @ U + b"}),
        Mistake("squashed_apart", "tanh is taken of the state's part alone: it is for the whole sum.", {STEP: "np.tanh(h @ W) + X[:, t] @ U + b"}),
        Mistake("sums_carried", "the weighted sums are carried to the next step and not what came out of tanh.", {STEP + "\n        states[:, t] = h": STEP.removeprefix("np.tanh(").removesuffix(")") + "\n        states[:, t] = np.tanh(h)"}),
        Mistake("squashed_when_kept", "tanh is taken once more when the state is kept.", {"states[:, t] = h": "states[:, t] = np.tanh(h)"}),
        Mistake("added_to_state", "the new state is added to the old one: it takes its place.", {"h = np.tanh": "h = h + np.tanh"}),
        Mistake("kept_too_early", "the state before each step is kept and not the one after it: `h0` comes first, and the last state is lost.", {
            "        h = " + STEP + "\n        states[:, t] = h": "        states[:, t] = h\n        h = " + STEP,
        }),
        Mistake("first_input_only", "the first step's input comes in at every step.", {"X[:, t]": "X[:, 0]"}),
        Mistake("backward_in_time", "time runs backward: the last input comes first.", {"in range(T)": "in reversed(range(T))"}),
        Mistake("sequences_for_steps", "steps and sequences are exchanged: `X[t]` is one whole sequence, `X[:, t]` is one step of all of them. It runs only where N and T are equal.", {"X[:, t]": "X[t]"}),
        Mistake("last_state_only", "only the last state is given back: keep the states of all steps.", {"return states": "return h"}),
        Mistake("steps_first", "the steps come first, (T, N, H): the sequences are to come first, as in X.", {"return states": "return states.transpose(1, 0, 2)"}),
    ),
)  # fmt: skip

# -- backward ------------------------------------------------------------------------------------------------------------------------------------


def rnn_backward(X, states, h0, U, W, dstates):
    """Send the gradients by all states back through time.

    X: (N, T, D). states: (N, T, H). h0: (N, H). U: (D, H). W: (H, H). dstates: (N, T, H), the gradient that reaches each state directly.
    Returns a dict: dZ (N, T, H), by the weighted sums; dU, dW, db; dX (N, T, D); dh0 (N, H).
    """
    T = states.shape[1]
    dZ = np.zeros(states.shape)
    carry = np.zeros(h0.shape)
    for t in reversed(range(T)):
        arriving = dstates[:, t] + carry
        dZ[:, t] = arriving * (1 - states[:, t] ** 2)
        carry = dZ[:, t] @ W.T
    dU, dW, db = np.zeros(U.shape), np.zeros(W.shape), np.zeros(len(W))
    for t in range(T):
        before = states[:, t - 1] if t > 0 else h0
        dU += X[:, t].T @ dZ[:, t]
        dW += before.T @ dZ[:, t]
        db += dZ[:, t].sum(axis=0)
    dX = dZ @ U.T
    dh0 = dZ[:, 0] @ W.T
    return dict(dZ=dZ, dU=dU, dW=dW, db=db, dX=dX, dh0=dh0)


def rnn_backward_cases(rng):
    def case(name, N, T, D, H):
        X, U, W, b, h0 = random_rnn(rng, N, T, D, H)
        return Case(name, (X, rnn_forward(X, U, W, b, h0), h0, U, W, rng.normal(size=(N, T, H))), sizes(N, T, D, H))

    X, U, W, h0 = np.array([[[1.0], [-2.0]]]), np.array([[0.5, -1.0]]), np.array([[0.0, 2.0], [0.5, 0.0]]), np.array([[0.2, -0.2]])
    states = np.array([[[0.5, 0.0], [-0.5, 0.8]]])  # any states do: the way back takes them as they are
    return [
        Case("one sequence of two steps, two units", (X, states, h0, U, W, np.array([[[1.0, 0.0], [0.0, 1.0]]])), sizes(1, 2, 1, 2)),
        case("two sequences, 5 steps, 3 inputs, 7 units", 2, 5, 3, 7),
        case("all sizes equal", 4, 4, 4, 4),
        case("one unit", 3, 5, 2, 1),
    ]


ARRIVING, SLOPE, CARRY = "arriving = dstates[:, t] + carry", "(1 - states[:, t] ** 2)", "carry = dZ[:, t] @ W.T"

RNN_BACKWARD = Exercise(
    id="through_time.rnn_backward",
    title="Back through time",
    points=4,
    minutes=18,
    objective=CARRY_BACK,
    form="blank",
    statement=(
        "Write `rnn_backward(X, states, h0, U, W, dstates)`, the way back through `states[:, t] = tanh(states[:, t-1] @ W + X[:, t] @ U + b)`. `states` is (N, T, H), `h0` the state before the first step. `dstates` has, for every step, the gradient that reaches its "
        "state **directly** (from an output at that step). A state also reaches the loss through the next step. Return a dict: `dZ`, (N, T, H), the gradients by the weighted sums inside tanh; from them `dU`, `dW`, `db`, which are sums over "
        "the samples and over all steps (do not average); `dX`, (N, T, D); and `dh0`, (N, H)."
    ),
    reference=rnn_backward,
    cases=rnn_backward_cases,
    stages=("dZ", "dU", "dW", "db", "dX", "dh0"),
    hints=(
        "Begin with the last step: nothing comes to it from later. What arrives at the state of the step before it?",
        "Two things arrive at a state: `dstates[:, t]`, and the carry from step t + 1. Their sum goes through the slope of tanh, which is `dZ[:, t]`; that goes back through the weights to become the next carry.",
        "`dZ[:, t] = (dstates[:, t] + carry) * (1 - states[:, t] ** 2)`, `carry = dZ[:, t] @ W.T`, `dW += before.T @ dZ[:, t]`, where `before` is `states[:, t - 1]`, or `h0` at the first step",
    ),
    mistakes=(
        Mistake("carry_dropped", "what comes from the next step is left out: each state gets its own `dstates[:, t]` only.", {ARRIVING: "arriving = dstates[:, t]"}),
        Mistake("only_the_carry", "only the last step takes in its `dstates`; at the others what comes from the next step takes the place of what arrives directly. Both are added.", {ARRIVING: "arriving = dstates[:, t] if t == T - 1 else carry"}),
        Mistake("weights_not_transposed", "W is not transposed on the way back from step to step. It runs because W is square.", {CARRY: "carry = dZ[:, t] @ W"}),
        Mistake("weights_left_out", "what comes from the next step has not been through the weights.", {CARRY: "carry = dZ[:, t]"}),
        Mistake("slope_not_carried", "what is carried to the step before has not been through the slope of tanh.", {CARRY: "carry = arriving @ W.T"}),
        Mistake("carry_not_summed", "only the direct gradient `dstates[:, t]` is carried to the step before: what came from later steps goes on as well, to the very first.", {CARRY: f"carry = (dstates[:, t] * {SLOPE}) @ W.T"}),
        Mistake("carry_doubled", "what comes from the next step is added twice.", {ARRIVING: "arriving = dstates[:, t] + 2 * carry"}),
        Mistake("carry_collected", "the carry is added up from step to step (`+=`): each new one already holds what came from later.", {CARRY: "carry = carry + dZ[:, t] @ W.T"}),
        Mistake("forward_in_time", "the steps are walked forward: gradients come from later steps, so begin with the last.", {"in reversed(range(T))": "in range(T)"}),
        Mistake("slope_left_out", "the slope of tanh is left out.", {"arriving * (1 - states[:, t] ** 2)": "arriving"}),
        Mistake("slope_on_direct_only", "the slope is applied to the direct gradient and not to what comes from the next step: add first, then multiply.", {"arriving * (1 - states[:, t] ** 2)": "dstates[:, t] * (1 - states[:, t] ** 2) + carry"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: a state has already been through it, so the slope is 1 - h².", {SLOPE: "(1 - np.tanh(states[:, t]) ** 2)"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, h(1 - h), is used: the slope of tanh is 1 - h².", {SLOPE: "states[:, t] * (1 - states[:, t])"}),
        Mistake("value_for_slope", "the state itself stands where the slope 1 - h² belongs.", {SLOPE: "states[:, t]"}),
        Mistake("slope_of_step_before", "the slope is made from the state before the step: it belongs to the state that came out of it.", {SLOPE: "(1 - (states[:, t - 1] if t > 0 else h0) ** 2)"}),
        Mistake("overwritten_dU", "dU keeps the last step only (`=`): what each step gives is added (`+=`).", {"dU += X": "dU = X"}),
        Mistake("state_gradient_dU", "dU is made from dstates: it needs the gradient by the weighted sums, dZ.", {"dU += X[:, t].T @ dZ[:, t]": "dU += X[:, t].T @ dstates[:, t]"}),
        Mistake("averaged_over_time_dU", "dU is averaged over the steps: what each step gives is added.", {"dU += X[:, t].T @ dZ[:, t]": "dU += X[:, t].T @ dZ[:, t] / T"}),
        Mistake("transposed_dU", "dU comes out transposed, (H, D): it must have the shape of U.", {"np.zeros(U.shape)": "np.zeros(U.T.shape)", "dU += X[:, t].T @ dZ[:, t]": "dU += dZ[:, t].T @ X[:, t]"}),
        Mistake("state_after_step", "dW is made from the state after the step, `states[:, t]`: what went into W is the state before it.", {"before = states[:, t - 1] if t > 0 else h0": "before = states[:, t]"}),
        Mistake("first_state_forgotten", "the first step is left out of dW: what went into W there is `h0`.", {"if t > 0 else h0": "if t > 0 else np.zeros(h0.shape)"}),
        Mistake("last_state_first", "at the first step `states[:, t - 1]` is `states[:, -1]`, and numpy takes the *last* state: what went in is `h0`.", {" if t > 0 else h0": ""}),
        Mistake("first_state_everywhere", "`h0` stands for the state before every step.", {"before = states[:, t - 1] if t > 0 else h0": "before = h0"}),
        Mistake("overwritten_dW", "dW keeps the last step only (`=`): what each step gives is added (`+=`).", {"dW += before": "dW = before"}),
        Mistake("state_gradient_dW", "dW is made from dstates: it needs the gradient by the weighted sums, dZ.", {"dW += before.T @ dZ[:, t]": "dW += before.T @ dstates[:, t]"}),
        Mistake("transposed_dW", "dW comes out transposed, which the square shape hides.", {"dW += before.T @ dZ[:, t]": "dW += dZ[:, t].T @ before"}),
        Mistake("averaged_over_time_dW", "dW is averaged over the steps: what each step gives is added.", {"dW += before.T @ dZ[:, t]": "dW += before.T @ dZ[:, t] / T"}),
        Mistake("overwritten_db", "db keeps the last step only (`=`): what each step gives is added (`+=`).", {"db += dZ": "db = dZ"}),
        Mistake("state_gradient_db", "db is made from dstates: it needs the gradient by the weighted sums, dZ.", {"db += dZ[:, t].sum(axis=0)": "db += dstates[:, t].sum(axis=0)"}),
        Mistake("averaged_over_time_db", "db is averaged over the steps: what each step gives is added.", {"db += dZ[:, t].sum(axis=0)": "db += dZ[:, t].sum(axis=0) / T"}),
        Mistake("averaged_over_samples_db", "db is averaged over the samples: sum them.", {"db += dZ[:, t].sum(axis=0)": "db += dZ[:, t].mean(axis=0)"}),
        Mistake("recurrent_weights_dX", "dX goes back through W: the input came in through U. It runs only where both have one shape.", {"dX = dZ @ U.T": "dX = dZ @ W.T"}),
        Mistake("not_transposed_dX", "U is not transposed in dX: it runs only where U is square.", {"dX = dZ @ U.T": "dX = dZ @ U"}),
        Mistake("state_gradient_dX", "dX is made from dstates: it needs the gradient by the weighted sums, dZ.", {"dX = dZ @ U.T": "dX = dstates @ U.T"}),
        Mistake("weights_left_out_dh0", "dh0 is `dZ[:, 0]`: the way to `h0` leads through W.", {"dh0 = dZ[:, 0] @ W.T": "dh0 = dZ[:, 0]"}),
        Mistake("not_transposed_dh0", "W is not transposed in dh0.", {"dh0 = dZ[:, 0] @ W.T": "dh0 = dZ[:, 0] @ W"}),
        Mistake("last_step_dh0", "dh0 is made from the last step: `h0` went into the first.", {"dh0 = dZ[:, 0] @ W.T": "dh0 = dZ[:, -1] @ W.T"}),
        Mistake("summed_dh0", "dh0 adds up all steps: `h0` goes into the first one only.", {"dh0 = dZ[:, 0] @ W.T": "dh0 = dZ.sum(axis=1) @ W.T"}),
    ),
)  # fmt: skip
