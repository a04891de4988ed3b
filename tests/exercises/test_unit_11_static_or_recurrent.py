"""Other people's answers to the exercises of unit 11, and what is known of counted work and broken-off sums."""

import numpy as np
import pytest

from bpcore.exercises import catalogue, plan
from bpcore.exercises.unit_09_recurrent_settling.networks import random_network, settled

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- one layer --------------------------------------------------------------------


@right("static_or_recurrent.layer_work")
def layer_by_counting(N, D, H):
    n = sum(1 for _ in range(N) for _ in range(D) for _ in range(H))
    return {"by_weights": n, "by_inputs": n, "kept": N * D}


@right("static_or_recurrent.layer_work")
def layer_as_a_tuple(N, D, H):
    return D * H * N, N * D * H, np.zeros((N, D)).size


@right("static_or_recurrent.layer_work")
def layer_in_numpy(N, D, H):
    return {"kept": np.int64(N * D)} | dict.fromkeys(("by_weights", "by_inputs"), np.prod([N, D, H]))


@wrong("static_or_recurrent.layer_work", "entries_by_weights")
def layer_entries(N, D, H):
    return {"by_weights": np.zeros((D, H)).size, "by_inputs": N * D * H, "kept": N * D}


@wrong("static_or_recurrent.layer_work", NO_NAME)
def layer_without_the_last_addition(N, D, H):
    return {"by_weights": (N + 1) * D * H, "by_inputs": N * D * H, "kept": N * D}


# -- three kinds ------------------------------------------------------------------


def product(*shape):
    return int(np.prod(shape))


@right("static_or_recurrent.work")
def work_layer_by_layer(kind, N, D, H, steps):
    counted = dict.fromkeys(("weights", "forward", "backward", "kept"), 0)
    if kind == "static":
        counted["kept"] = N * D
        for layer in range(steps):
            entering = H if layer else D
            counted["weights"] += entering * H
            counted["forward"] += N * entering * H
            counted["backward"] += N * entering * H * (2 if layer else 1)
            counted["kept"] += N * H
        return counted
    counted["weights"] = H * (D + H)
    if kind == "settling":
        counted["forward"] = product(N, D, H) + sum(product(N, H, H) for _ in range(steps))
        counted["backward"] = sum(product(N, H, H) for _ in range(steps)) + product(D, N, H) + product(H, N, H)
        counted["kept"] = N * D + N * H
        return counted
    for moment in range(steps):
        counted["forward"] += product(N, D, H) + product(N, H, H)
        counted["backward"] += product(D, N, H) + product(H, N, H) + (product(N, H, H) if moment else 0)
        counted["kept"] += N * D + N * H
    return counted


@right("static_or_recurrent.work")
def work_from_tables(kind, N, D, H, steps):
    a, b = D * H, H * H
    rows = {
        "static": (a + (steps - 1) * b, a + (steps - 1) * b, a + 2 * (steps - 1) * b, D + steps * H),
        "settling": (a + b, a + steps * b, a + (steps + 1) * b, D + H),
        "through time": (a + b, steps * (a + b), steps * (a + 2 * b) - b, steps * (D + H)),
    }
    weights, *each = rows[kind]
    return weights, *(N * n for n in each)


@right("static_or_recurrent.work")
def work_in_floats(kind, N, D, H, steps):
    return {name: float(n) for name, n in work_layer_by_layer(kind, N, D, H, steps).items()}


@wrong("static_or_recurrent.work", "all_states_kept")
def work_that_keeps_every_state(kind, N, D, H, steps):
    counted = work_layer_by_layer(kind, N, D, H, steps)
    return counted | ({"kept": N * D + steps * N * H} if kind == "settling" else {})


@wrong("static_or_recurrent.work", "carried_too_far")
def work_to_the_first_state(kind, N, D, H, steps):
    counted = work_layer_by_layer(kind, N, D, H, steps)
    return counted | ({"backward": counted["backward"] + N * H * H} if kind == "through time" else {})


@wrong("static_or_recurrent.work", NO_NAME)
def work_twice_forward(kind, N, D, H, steps):
    counted = work_layer_by_layer(kind, N, D, H, steps)
    return counted | {"backward": 2 * counted["forward"]}


# -- a time -----------------------------------------------------------------------


@right("static_or_recurrent.best_time")
def time_in_a_list(action, clock, repeats):
    action()
    times = []
    while len(times) < repeats:
        before = clock()
        action()
        times.append(clock() - before)
    return min(times)


@right("static_or_recurrent.best_time")
def time_by_looks(action, clock, repeats):
    action()
    looks = [clock()]
    for _ in range(repeats):
        action()
        looks.append(clock())
    return np.diff(looks).min()


@right("static_or_recurrent.best_time")
def time_all_and_drop_the_first(action, clock, repeats):
    def once():
        start = clock()
        action()
        return clock() - start

    return sorted([once() for _ in range(repeats + 1)][1:])[0]


@wrong("static_or_recurrent.best_time", "mean_of_times")
def time_on_average(action, clock, repeats):
    action()
    start = clock()
    for _ in range(repeats):
        action()
    return (clock() - start) / repeats


@wrong("static_or_recurrent.best_time", NO_NAME)
def time_median_of_three(action, clock, repeats):
    return np.median([time_in_a_list(action, clock, 1) for _ in range(3)])


# -- the sum over loops -----------------------------------------------------------


@right("static_or_recurrent.neumann")
def neumann_as_iteration(J, e, k):
    z = np.zeros(len(e))
    for _ in range(k):
        z = J @ z + e
    return z


@right("static_or_recurrent.neumann")
def neumann_by_powers(J, e, k):
    return sum(e @ np.linalg.matrix_power(J.T, j) for j in range(k))


@right("static_or_recurrent.neumann")
def neumann_by_recursion(J, e, k):
    return e if k == 1 else e + J.dot(neumann_by_recursion(J, e, k - 1))


@wrong("static_or_recurrent.neumann", "not_transposed")
def neumann_in_the_direction_of_the_state(J, e, k):
    return sum(np.linalg.matrix_power(J.T, j) @ e for j in range(k))


@wrong("static_or_recurrent.neumann", NO_NAME)
def neumann_whole(J, e, k):
    return np.linalg.solve(np.eye(len(J)) - J, e)


# -- two methods in one loop ------------------------------------------------------


@right("static_or_recurrent.truncated_gradient")
def truncated_by_the_sum(W, y, e, k):
    slope = 1 - y**2
    terms = [neumann_as_iteration(W * s, g, k) for s, g in zip(slope, e, strict=True)]
    return y.T @ (np.array(terms) * slope)


@right("static_or_recurrent.truncated_gradient")
def truncated_with_a_list(W, y, e, k):
    deltas = [e * (1 - y**2)]
    while len(deltas) < k:
        deltas.append((deltas[-1] @ W.T) * (1 - y**2))
    return sum(y.T @ delta for delta in deltas)


@right("static_or_recurrent.truncated_gradient")
def truncated_in_place(W, y, e, k):
    total, carry = np.zeros_like(W), e.copy()
    for _ in range(k):
        carry *= (1 - y) * (1 + y)
        total += np.einsum("ni,nj->ij", y, carry)
        carry = carry @ W.T
    return total


@wrong("static_or_recurrent.truncated_gradient", "transposed")
def truncated_transposed(W, y, e, k):
    return truncated_with_a_list(W, y, e, k).T


@wrong("static_or_recurrent.truncated_gradient", NO_NAME)
def truncated_every_second(W, y, e, k):
    deltas = [e * (1 - y**2)]
    for _ in range(k):
        deltas.append((deltas[-1] @ W.T) * (1 - y**2))
    return sum(y.T @ delta for delta in deltas[::2])


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("11_static_or_recurrent") == []


def reference(name):
    return catalogue[f"static_or_recurrent.{name}"].reference


def test_two_layers_counted_by_hand():
    # 2 samples, 3 inputs, 5 units: (2, 3) @ (3, 5) is 30 multiplications, (2, 5) @ (5, 5) is 50.
    static = reference("work")("static", 2, 3, 5, 2)
    assert static == {"weights": 40, "forward": 80, "backward": 80 + 50, "kept": 6 + 20}
    settling = reference("work")("settling", 2, 3, 5, 2)
    assert settling == {"weights": 40, "forward": 30 + 100, "backward": 100 + 80, "kept": 16}
    time = reference("work")("through time", 2, 3, 5, 2)
    assert time == {"weights": 40, "forward": 160, "backward": 160 + 50, "kept": 32}


def test_one_static_layer_is_its_own_product():
    for case in plan(catalogue["static_or_recurrent.layer_work"], 5):
        layer, whole = reference("layer_work")(*case.args), reference("work")("static", *case.args, 1)
        assert whole["backward"] == layer["by_weights"] == whole["forward"]


def test_the_sum_approaches_the_settled_error():
    rng = np.random.default_rng(2)
    J = rng.normal(size=(6, 6))
    J *= 0.8 / np.abs(np.linalg.eigvals(J)).max()
    e = rng.normal(size=6)
    z = np.linalg.solve(np.eye(6) - J, e)
    left = [np.linalg.norm(reference("neumann")(J, e, k) - z) for k in (10, 40, 160)]
    assert left[0] > left[1] > left[2]
    assert left[2] < 1e-12


def test_the_broken_off_gradient_is_that_of_k_steps_from_the_resting_point():
    rng = np.random.default_rng(3)
    W, U, b, x = random_network(rng, 3, 2, 4)
    y, e, h = settled(W, U, b, x), rng.normal(size=(3, 4)), 1e-6

    def after(V, k):
        state = y
        for _ in range(k):
            state = np.tanh(state @ V + x @ U + b)
        return (e * state).sum()

    for k in (1, 3, 6):
        found = reference("truncated_gradient")(W, y, e, k)
        for index in np.ndindex(W.shape):
            step = np.zeros(W.shape)
            step[index] = h
            assert found[index] == pytest.approx((after(W + step, k) - after(W - step, k)) / (2 * h), abs=1e-8)
