"""A bug to find: the gradients of a small network that predicts the next letter."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_10_through_time.rnn import CARRY_BACK


def letter_gradients(letters, targets, U, W, V, h0):
    """The gradients of a network that predicts the next letter, for one text.

    letters, targets: (T,) whole numbers from 0 to K - 1. U: (K, H), one row for each letter. W: (H, H). V: (H, K). h0: (H,).
    The loss is the cross-entropy, summed over the steps. Returns a dict: states (T, H), P (T, K), dO (T, K), dV, dZ (T, H), dW, dU.
    """
    T, size = len(letters), len(h0)
    states = np.zeros((T, size))
    before = np.zeros((T, size))
    h = h0
    for t in range(T):
        before[t] = h
        h = np.tanh(U[letters[t]] + h @ W)
        states[t] = h
    scores = states @ V
    E = np.exp(scores - scores.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    dO = P.copy()
    dO[np.arange(T), targets] -= 1
    dV = states.T @ dO
    dZ = np.zeros((T, size))
    carry = np.zeros(size)
    for t in reversed(range(T)):
        dZ[t] = (dO[t] @ V.T + carry) * (1 - states[t] ** 2)
        carry = dZ[t] @ W.T
    dW = before.T @ dZ
    dU = np.zeros(U.shape)
    for t in range(T):
        dU[letters[t]] += dZ[t]
    return dict(states=states, P=P, dO=dO, dV=dV, dZ=dZ, dW=dW, dU=dU)


def letter_gradients_cases(rng):
    def case(name, letters, K, H):
        weights = rng.normal(size=(K, H)), rng.normal(size=(H, H)) / np.sqrt(H), rng.normal(size=(H, K)) / np.sqrt(H)
        args = (np.array(letters), rng.integers(0, K, len(letters)), *weights, rng.uniform(-0.8, 0.8, size=H))
        return Case(name, args, {"the number of steps T": len(letters), "the number of letters K": K, "the number of units H": H})

    return [
        case("two letters, two units", [0, 1], 2, 2),
        case("seven steps, five letters, three units", [1, 4, 1, 0, 3, 4, 4], 5, 3),
        case("all sizes equal", [2, 0, 2, 1], 4, 4),
        case("one unit", [0, 1, 0, 2, 2], 3, 1),
    ]


LETTER_GRADIENTS = Exercise(
    id="through_time.letter_gradients",
    title="Find the bug: a text network that was copied for years",
    points=2,
    minutes=8,
    objective=CARRY_BACK,
    form="debug",
    statement=(
        "This network reads one letter at each step and predicts the next. `letters` and `targets` are whole numbers; the input of a step is the row `U[letter]`, so there is no bias. It runs, its loss falls, and its gradients are wrong, as they were in a "
        "tutorial that was copied for years. States are rows here: `h = tanh(U[letter] + h_before @ W)`. Follow one gradient from step t + 1 to step t, find the line, and mend it. The shapes will not help you. The result is a dict: "
        "`states`, `P` (probabilities), `dO` (gradient by the scores), `dV`, `dZ` (by the sums inside tanh), `dW`, `dU`."
    ),
    reference=letter_gradients,
    cases=letter_gradients_cases,
    stages=("states", "P", "dO", "dV", "dZ", "dW", "dU"),
    bug="weights_not_transposed",
    hints=(
        "The forward part is right, and so are the probabilities. Which matrices are square, and where is one of them passed backward?",
        "From a state to the next step it goes through `h @ W`. What must stand on the way back?",
        "`carry = dZ[t] @ W.T`",
    ),
    mistakes=(
        Mistake("weights_not_transposed", "W is not transposed on the way from a step back to the one before. It runs, since W is square, and the network even learns a little.", {"carry = dZ[t] @ W.T": "carry = dZ[t] @ W"}),
        Mistake("carry_left_out", "what comes from the next step is left out.", {"carry = dZ[t] @ W.T": "carry = 0 * dZ[t]"}),
        Mistake("weights_left_out", "what comes from the next step has not been through the weights.", {"carry = dZ[t] @ W.T": "carry = dZ[t]"}),
        Mistake("only_the_carry", "only the last step takes in the gradient of its own scores.", {"(dO[t] @ V.T + carry)": "(dO[t] @ V.T * (t == T - 1) + carry)"}),
        Mistake("carry_outside_slope", "the slope of tanh is applied to the scores' gradient only: add the carry first, then multiply.", {"(dO[t] @ V.T + carry) * (1 - states[t] ** 2)": "dO[t] @ V.T * (1 - states[t] ** 2) + carry"}),
        Mistake("slope_left_out", "the slope of tanh is left out.", {"(dO[t] @ V.T + carry) * (1 - states[t] ** 2)": "dO[t] @ V.T + carry"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: a state has already been through it.", {"(1 - states[t] ** 2)": "(1 - np.tanh(states[t]) ** 2)"}),
        Mistake("forward_transposed", "W is transposed on the way forward: that makes the two ways fit each other, but it is another network. The forward part was right.", {"h @ W)": "h @ W.T)"}),
        Mistake("state_after_step", "dW is made from the states after the steps: what went into W is the state before.", {"dW = before.T @ dZ": "dW = states.T @ dZ"}),
        Mistake("transposed_dW", "dW comes out transposed, which the square shape hides.", {"dW = before.T @ dZ": "dW = dZ.T @ before"}),
        Mistake("repeated_letter_lost", "a letter that comes twice keeps only its last gradient: what every occurrence gives is added.", {"dU[letters[t]] += dZ[t]": "dU[letters[t]] = dZ[t]"}),
        Mistake("averaged_over_time", "the gradients are averaged over the steps: this loss is a sum.", {"dO[np.arange(T), targets] -= 1": "dO[np.arange(T), targets] -= 1\n    dO = dO / T"}),
    ),
)  # fmt: skip
