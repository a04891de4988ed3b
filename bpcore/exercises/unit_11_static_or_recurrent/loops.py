"""Where the two ways meet: the sum over loops, broken off, is backpropagation through time, broken off."""

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

BROKEN_OFF = "Write the settled error as a sum over loops, break it off, and see truncated backpropagation through time in it."
TERMS = "the number of terms k"

# -- the sum --------------------------------------------------------------------------------------------------------------------------------------------


def neumann(J, e, k):
    """The first k terms of the settled error: e + e Jᵀ + e Jᵀ Jᵀ + …

    J: (H, H), J[i, j] = W[i, j] (1 - y[j]²), a full step at the resting point. e: (H,), what the loss says.
    k: at least 1; k = 1 is e alone. Returns (H,).
    """
    term = e
    total = np.zeros(e.shape)
    for _ in range(k):
        total = total + term
        term = term @ J.T
    return total


def neumann_cases(rng):
    def case(name, H, k, radius):
        J = rng.normal(size=(H, H))
        return Case(name, (J * radius / np.abs(np.linalg.eigvals(J)).max(), rng.normal(size=H), k), {UNITS: H, TERMS: k})

    return [
        Case("one unit, λ = 0.5, four terms", (np.array([[0.5]]), np.array([1.0]), 4), {UNITS: 1, TERMS: 4}),
        Case("two units that push each other round, three terms", (np.array([[0.0, -0.8], [0.8, 0.0]]), np.array([1.0, 0.0]), 3), {UNITS: 2, TERMS: 3}),
        case("five units, seven terms", 5, 7, 0.8),
        case("three units, two terms", 3, 2, 0.9),
        case("one term", 4, 1, 0.7),
        case("four units that do not settle, six terms", 4, 6, 1.3),
    ]


NEUMANN = Exercise(
    id="static_or_recurrent.neumann",
    title="The sum over loops, broken off",
    points=2,
    minutes=5,
    objective=BROKEN_OFF,
    form="blank",
    statement=(
        "`J` is the matrix of one full step at the resting point, `J[i, j] = W[i, j] * (1 - y[j]**2)`; a disturbance of the *state*, a row, becomes `row @ J`. The *error* `e`, also a row of shape `(H,)`, goes the other way: once round the loop makes `e @ J.T` of it. "
        "Write `neumann(J, e, k)`: the sum of the first `k` terms of `e + e @ J.T + e @ J.T @ J.T + …`, of shape `(H,)`. With `k = 1` it is `e` alone. Do not change `e`."
    ),
    reference=neumann,
    cases=neumann_cases,
    hints=(
        "Each term is the one before it, once more round the loop. Keep the term and the sum apart.",
        "Begin with `term = e` and a sum of zeros. In each of `k` rounds: add the term, then send it round.",
        "`total = total + term`, then `term = term @ J.T`",
    ),
    mistakes=(
        Mistake("not_transposed", "J is not transposed: the error goes round against the direction of the state.", {"term @ J.T": "term @ J"}),
        Mistake("one_term_more", "there is one term too many: with k = 1 the sum is `e` alone.", {"range(k)": "range(k + 1)"}),
        Mistake("one_term_less", "there is one term too few: with k = 1 the sum is `e`, and not zero.", {"range(k)": "range(k - 1)"}),
        Mistake("direct_path_left_out", "the first term, `e` itself, is left out: add the term first, and then send it round.", {"        total = total + term\n        term = term @ J.T\n": "        term = term @ J.T\n        total = total + term\n"}),
        Mistake("overwritten", "the sum is overwritten: only the last term is left of it.", {"total = total + term": "total = term"}),
        Mistake("next_term", "the term after the last one is returned: the sum is asked for.", {"return total": "return term"}),
        Mistake("error_again", "`e` is added to the term in each round, although the sum keeps it already: it is counted once for every round.", {"term = term @ J.T": "term = term @ J.T + e"}),
        Mistake("sum_sent_round", "the whole sum is sent round, and added to itself: send only the newest term.", {"term = term @ J.T": "term = total @ J.T"}),
        Mistake("signs_change", "every second term is subtracted: all paths are added.", {"term = term @ J.T": "term = -term @ J.T"}),
        Mistake("divided_by_factorial", "each term is divided by its number, as in the series of exp: a loop has no such factor.", {"for _ in range(k)": "for _ in range(1, k + 1)", "term = term @ J.T": "term = term @ J.T / _"}),
        Mistake("elementwise", "`*` stands where the matrix product `@` belongs.", {"term = term @ J.T": "term = (term * J.T).diagonal()"}),
        Mistake("averaged_over_terms", "the sum is divided by the number of terms: paths are added, not averaged.", {"return total": "return total / k"}),
    ),
)  # fmt: skip

# -- a bug to find --------------------------------------------------------------------------------------------------------------------------------------


def truncated_gradient(W, y, e, k):
    """The gradient by W from the last k settling steps, carried back as through time.

    W: (H, H). y: (N, H), the resting point, so that every step begins and ends there. e: (N, H), the gradient of the
    loss by the state after the last step. k: at least 1. Returns (H, H).
    """
    slope = 1 - y**2
    carry = e
    dW = np.zeros(W.shape)
    for _ in range(k):
        delta = carry * slope
        dW = dW + y.T @ delta
        carry = delta @ W.T
    return dW


def truncated_gradient_cases(rng):
    def case(name, N, D, H, k):
        W, U, b, x = random_network(rng, N, D, H)
        return Case(name, (W, settled(W, U, b, x), rng.normal(size=(N, H)), k), {BATCH: N, UNITS: H, TERMS: k})

    return [
        Case("one unit, two steps", (np.array([[0.5]]), np.array([[0.6]]), np.array([[1.0]]), 2), {BATCH: 1, UNITS: 1, TERMS: 2}),
        Case("one unit with w = -2, three steps", (ONE_UNIT[0], settled(*ONE_UNIT), np.array([[1.0]]), 3), {BATCH: 1, UNITS: 1, TERMS: 3}),
        Case("two units that push each other round, three steps", (TURNING[0], settled(*TURNING), np.array([[1.0, 0.0]]), 3), {BATCH: 1, UNITS: 2, TERMS: 3}),
        case("seven samples, five units, four steps", 7, 3, 5, 4),
        case("as many units as samples, six steps", 4, 4, 4, 6),
        case("one step back", 3, 2, 2, 1),
    ]


TRUNCATED_GRADIENT = Exercise(
    id="static_or_recurrent.truncated_gradient",
    title="Find the bug: two methods in one loop",
    points=2,
    minutes=7,
    objective=BROKEN_OFF,
    form="debug",
    statement=(
        "`truncated_gradient(W, y, e, k)` takes the last `k` steps of the settling as moments in time, and carries the error back through them, as in unit 10. At the resting point each of these steps begins and ends at `y`. The loss looks at the state after the "
        "**last** step only. All steps share `W`, so what each of them gives is added. Somebody had unit 09 in mind while writing it. For `k = 1` it is right; for more it is not. Find the mistake and mend it."
    ),
    reference=truncated_gradient,
    cases=truncated_gradient_cases,
    bug="error_again",
    hints=(
        "Take one unit with `w = 0.5` and a slope of 1, `e = 1`, and write down `carry` and what is added to `dW` for k = 1, 2, 3. Which should it be?",
        "The error must reach `k` steps: directly the last one, once round the one before, and so on. Here the *sum* is made in `dW`. What is it that is summed a second time?",
        "The loss looks at the last state alone, so nothing new flows in on the way: `carry = delta @ W.T`.",
    ),
    mistakes=(
        Mistake("overwritten", "only one of the steps is left in dW: all steps share W, so what each of them gives is added.", {"dW = dW + y.T @ delta": "dW = y.T @ delta"}),
        Mistake("weights_not_transposed", "the error is carried back through W and not through its transpose: on the way back every weight is passed from its other end.", {"delta @ W.T": "delta @ W"}),
        Mistake("slope_not_carried", "the error is carried back without the slope of tanh: it passes the slope, and then the weights.", {"carry = delta @ W.T": "carry = carry @ W.T"}),
        Mistake("error_again", "`e` flows in at every step, as it does where the error settles: here the steps are already added up in dW, and the loss looks at the last state alone.", {"carry = delta @ W.T": "carry = delta @ W.T + e"}),
        Mistake("slope_left_out", "the slope is left out altogether: between the sums and the state lies tanh.", {"delta = carry * slope": "delta = 1.0 * carry"}),
        Mistake("one_step_more", "one step too many is added: k = 1 is the last step alone.", {"range(k)": "range(k + 1)"}),
        Mistake("transposed", "dW comes out transposed: row i belongs to the unit that sends.", {"y.T @ delta": "delta.T @ y"}),
        Mistake("raw_error", "dW is made from `carry`: it needs the error behind the tanh, delta.", {"y.T @ delta": "y.T @ carry"}),
        Mistake("averaged_over_steps", "the steps are averaged: what each of them gives is added.", {"return dW": "return dW / k"}),
        Mistake("error_not_carried", "the same error is used in every step: it has to go round the loop once for each step.", {"carry = delta @ W.T": "carry = e"}),
    ),
)  # fmt: skip
