"""Other people's answers to the exercises of unit 09, and what finite differences say of settled networks."""

import numpy as np
import pytest

from bpcore.exercises import catalogue, plan
from bpcore.exercises.unit_09_recurrent_settling.networks import ONE_UNIT, TURNING, settled
from bpcore.exercises.unit_09_recurrent_settling.stability import matrix_with

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- settle -----------------------------------------------------------------------


@right("recurrent_settling.settle")
def settle_with_for_else(W, U, b, x, tol, max_steps, relaxation):
    drive = x @ U + b
    y = np.zeros_like(drive)
    for step in range(1, max_steps + 1):
        target = np.tanh(y @ W + drive)
        biggest = abs(target - y).max()
        y = (1 - relaxation) * y + relaxation * target
        if biggest < tol:
            return {"y": y, "steps": step, "status": "converged"}
    return {"y": y, "steps": max_steps, "status": "max_iter"}


@right("recurrent_settling.settle")
def settle_in_columns(W, U, b, x, tol, max_steps, relaxation):
    y = np.zeros((len(b), len(x)))
    done, count = False, 0
    while not done and count < max_steps:
        change = np.tanh(W.T @ y + U.T @ x.T + b[:, None]) - y
        y += relaxation * change
        count += 1
        done = bool(np.all(np.abs(change) < tol))
    return {"steps": np.int64(count), "status": "converged" if done else "max_iter", "y": y.T}


@right("recurrent_settling.settle")
def settle_by_recursion(W, U, b, x, tol, max_steps, relaxation, y=None, steps=0):
    y = np.zeros((x.shape[0], W.shape[0])) if y is None else y
    if steps == max_steps:
        return {"y": y, "steps": steps, "status": "max_iter"}
    change = np.tanh(np.hstack([y, x]) @ np.vstack([W, U]) + b) - y
    y = y + relaxation * change
    if not np.any(np.abs(change) >= tol):
        return {"y": y, "steps": steps + 1, "status": "converged"}
    return settle_by_recursion(W, U, b, x, tol, max_steps, relaxation, y, steps + 1)


@wrong("recurrent_settling.settle", "relaxation_turned")
def settle_keeps_the_share(W, U, b, x, tol, max_steps, relaxation):
    y = np.zeros((len(x), len(W)))
    for step in range(max_steps):
        new = np.tanh(y @ W + x @ U + b)
        gap = np.abs(y - new)
        y = relaxation * y + (1 - relaxation) * new
        if gap.max() < tol:
            return {"y": y, "steps": step + 1, "status": "converged"}
    return {"y": y, "steps": max_steps, "status": "max_iter"}


@wrong("recurrent_settling.settle", "mean_change")
def settle_on_average(W, U, b, x, tol, max_steps, relaxation):
    y, steps, status = np.zeros((len(x), len(W))), 0, "max_iter"
    while steps < max_steps and status != "converged":
        change = np.tanh(y @ W + x @ U + b) - y
        y, steps = y + relaxation * change, steps + 1
        status = "converged" if np.average(abs(change)) < tol else status
    return {"y": y, "steps": steps, "status": status}


@wrong("recurrent_settling.settle", NO_NAME)
def settle_counts_from_one(W, U, b, x, tol, max_steps, relaxation):
    seen = settle_with_for_else(W, U, b, x, tol, max_steps, relaxation)
    return seen | {"steps": seen["steps"] + 1}


# -- spectral radius --------------------------------------------------------------


@right("recurrent_settling.spectral_radius")
def radius_for_all_at_once(W, y):
    return np.abs(np.linalg.eigvals(W * (1 - y**2)[:, None, :])).max(axis=1)


@right("recurrent_settling.spectral_radius")
def radius_of_the_transpose(W, y):
    return [max(abs(e) for e in np.linalg.eig(np.diag(1 - row**2) @ W.T)[0]) for row in y]


@right("recurrent_settling.spectral_radius")
def radius_with_slopes_on_the_rows(W, y):
    sizes = []
    for row in y:
        values = np.linalg.eigvals(np.diag((1 - row) * (1 + row)) @ W)
        sizes.append(np.sqrt(values.real**2 + values.imag**2).max())
    return np.array(sizes)


@wrong("recurrent_settling.spectral_radius", "largest_stretch")
def radius_by_singular_values(W, y):
    return np.array([np.linalg.svd(W * (1 - row**2), compute_uv=False)[0] for row in y])


@wrong("recurrent_settling.spectral_radius", "slope_left_out")
def radius_of_the_weights(W, y):
    return np.full(len(y), max(abs(np.linalg.eigvals(W))))


@wrong("recurrent_settling.spectral_radius", NO_NAME)
def radius_squared(W, y):
    return np.array([(np.abs(np.linalg.eigvals(W * (1 - row**2))) ** 2).max() for row in y])


# -- one step ---------------------------------------------------------------------


@right("recurrent_settling.one_step")
def step_as_a_weighted_mean(W, U, b, x, y, relaxation):
    target = np.tanh(b + x @ U + y @ W)
    return {"target": target, "change": target - y, "moved": (1 - relaxation) * y + relaxation * target}


@right("recurrent_settling.one_step")
def step_in_columns(W, U, b, x, y, relaxation):
    target = np.tanh(W.T @ y.T + U.T @ x.T + b[:, None]).T
    change = target - y
    return {"moved": y + change * relaxation, "change": change, "target": target}


@right("recurrent_settling.one_step")
def step_by_einsum(W, U, b, x, y, relaxation):
    target = np.tanh(np.einsum("ni,ij->nj", y, W) + np.einsum("nd,dj->nj", x, U) + b)
    return target, target - y, y + relaxation * (target - y)


@wrong("recurrent_settling.one_step", "weights_transposed")
def step_with_columns_in_rows(W, U, b, x, y, relaxation):
    target = np.tanh((W @ y.T).T + x @ U + b)
    return {"target": target, "change": target - y, "moved": y + relaxation * (target - y)}


@wrong("recurrent_settling.one_step", "not_damped")
def step_all_the_way(W, U, b, x, y, relaxation):
    target = np.tanh(y @ W + x @ U + b)
    return {"target": target, "change": target - y, "moved": target}


@wrong("recurrent_settling.one_step", NO_NAME)
def step_in_thirds(W, U, b, x, y, relaxation):
    target = np.tanh(y @ W + x @ U + b)
    return {"target": target, "change": target - y, "moved": y + (target - y) / 3}


# -- will settle ------------------------------------------------------------------


@right("recurrent_settling.will_settle")
def settle_inside_the_circle(J, relaxation):
    return np.all(np.abs(1 - relaxation * (1 - np.linalg.eigvals(J))) < 1)


@right("recurrent_settling.will_settle")
def settle_by_parts(J, relaxation):
    def shrinks(e):
        return (1 - relaxation + relaxation * e.real) ** 2 + (relaxation * e.imag) ** 2 < 1

    return all(shrinks(e) for e in np.linalg.eigvals(J))


@right("recurrent_settling.will_settle")
def settle_by_the_damped_matrix(J, relaxation):
    damped = (1 - relaxation) * np.eye(len(J)) + relaxation * J.T
    return bool(abs(np.linalg.eigvals(damped)).max() < 1)


@wrong("recurrent_settling.will_settle", "undamped")
def settle_only_if_small(J, relaxation):
    return max(abs(np.linalg.eigvals(J))) < 1


@wrong("recurrent_settling.will_settle", "always_rescued")
def settle_if_left_of_one(J, relaxation):
    return bool(np.linalg.eigvals(J).real.max() < 1)


@wrong("recurrent_settling.will_settle", NO_NAME)
def settle_always(J, relaxation):
    return True


# -- the error without iterating --------------------------------------------------


def exactly_with(matrix_of, W, y, e):
    return np.array([np.linalg.inv(np.eye(len(W)) - matrix_of(W, 1 - row**2)) @ g for row, g in zip(y, e, strict=True)])


@right("recurrent_settling.adjoint_exactly")
def exactly_by_inverse(W, y, e):
    return exactly_with(lambda W, slope: W @ np.diag(slope), W, y, e)


@right("recurrent_settling.adjoint_exactly")
def exactly_in_a_stack(W, y, e):
    J = W[None] * (1 - y**2)[:, None, :]
    return np.linalg.solve(np.eye(len(W)) - J, e[:, :, None])[:, :, 0]


@right("recurrent_settling.adjoint_exactly")
def exactly_in_rows(W, y, e):
    return np.array(
        [g @ np.linalg.inv(np.eye(len(W)) - (1 - row**2)[:, None] * W.T) for row, g in zip(y, e, strict=True)]
    )


@wrong("recurrent_settling.adjoint_exactly", "weights_turned")
def exactly_in_the_direction_of_the_state(W, y, e):
    return exactly_with(lambda W, slope: W.T @ np.diag(slope), W, y, e)


@wrong("recurrent_settling.adjoint_exactly", "slope_of_sender")
def exactly_with_the_slope_in_rows(W, y, e):
    return exactly_with(lambda W, slope: np.diag(slope) @ W, W, y, e)


@wrong("recurrent_settling.adjoint_exactly", NO_NAME)
def exactly_a_little_smaller(W, y, e):
    return exactly_with(lambda W, slope: 0.9 * W @ np.diag(slope), W, y, e)


# -- refuse -----------------------------------------------------------------------


@right("recurrent_settling.refuse_unsettled")
def refuse_unless_all_are_small(W, U, b, x, y, tol):
    if np.all(np.abs(np.tanh(y @ W + x @ U + b) - y) <= tol):
        return y
    raise ValueError("it still moves")


@right("recurrent_settling.refuse_unsettled")
def refuse_after_asking_for_nan(W, U, b, x, y, tol):
    largest = max(abs(v) for v in (y - np.tanh(b + x @ U + y @ W)).ravel())
    if np.isnan(y).any() or largest > tol:
        raise ValueError(largest)
    return y.copy()


@right("recurrent_settling.refuse_unsettled")
def refuse_with_an_error_of_its_own(W, U, b, x, y, tol):
    class NotSettledError(ValueError):
        pass

    if not np.allclose(np.tanh(y @ W + x @ U + b), y, rtol=0, atol=tol):
        raise NotSettledError
    return y


@wrong("recurrent_settling.refuse_unsettled", "nan_passes")
def refuse_what_is_large(W, U, b, x, y, tol):
    for row in np.abs(np.tanh(y @ W + x @ U + b) - y):
        if (row > tol).any():
            raise ValueError("it still moves")
    return y


@wrong("recurrent_settling.refuse_unsettled", "two_steps")
def refuse_after_two(W, U, b, x, y, tol):
    z = y
    for _ in range(2):
        z = np.tanh(z @ W + x @ U + b)
    if not (abs(z - y) <= tol).all():
        raise ValueError("it still moves")
    return y


@wrong("recurrent_settling.refuse_unsettled", NO_NAME)
def refuse_everything(W, U, b, x, y, tol):
    raise ValueError("never")


# -- adjoint ----------------------------------------------------------------------


@right("recurrent_settling.adjoint")
def adjoint_solved(W, y, e, relaxation):
    return np.stack([np.linalg.solve(np.eye(len(W)) - W * (1 - v**2), g) for v, g in zip(y, e, strict=True)])


@right("recurrent_settling.adjoint")
def adjoint_in_columns(W, y, e, relaxation):
    z, slope = np.zeros(e.T.shape), (1 - y * y).T
    for _ in range(400):
        z = (1 - relaxation) * z + relaxation * (W @ (slope * z) + e.T)
    return z.T


@right("recurrent_settling.adjoint")
def adjoint_from_the_error(W, y, e, relaxation):
    z = e.copy()
    while True:
        change = np.einsum("nj,ij->ni", z * (1 - y) * (1 + y), W) + e - z
        if np.linalg.norm(change) < 1e-11:
            return z
        z += relaxation * change


@wrong("recurrent_settling.adjoint", "weights_not_transposed")
def adjoint_solved_the_other_way(W, y, e, relaxation):
    return np.stack([np.linalg.solve(np.eye(len(W)) - (W.T * (1 - v**2)), g) for v, g in zip(y, e, strict=True)])


@wrong("recurrent_settling.adjoint", "slope_left_out")
def adjoint_linear(W, y, e, relaxation):
    z = 0 * e
    for _ in range(200):
        z += relaxation * (z @ W.T + e - z)
    return z


@wrong("recurrent_settling.adjoint", NO_NAME)
def adjoint_in_three_rounds(W, y, e, relaxation):
    z = e
    for _ in range(3):
        z = (z * (1 - y**2)) @ W.T + e
    return z


# -- gradients --------------------------------------------------------------------


@right("recurrent_settling.gradients")
def gradients_by_einsum(x, y, z, U):
    delta = z - z * y * y
    return {
        "delta": delta,
        "dW": np.einsum("ni,nj->ij", y, delta),
        "dU": np.einsum("ni,nj->ij", x, delta),
        "db": np.einsum("nj->j", delta),
        "dx": np.einsum("nj,ij->ni", delta, U),
    }


@right("recurrent_settling.gradients")
def gradients_sample_by_sample(x, y, z, U):
    delta = z * (1 - y) * (1 + y)
    dW, dU, db = 0, 0, 0
    for n in range(len(x)):
        dW, dU, db = dW + np.outer(y[n], delta[n]), dU + np.outer(x[n], delta[n]), db + delta[n]
    return {"dx": (U @ delta.T).T, "db": db, "dU": dU, "dW": dW, "delta": delta}


@right("recurrent_settling.gradients")
def gradients_of_one_large_matrix(x, y, z, U):
    delta = z * (1 - np.square(y))
    together = np.hstack([y, x, np.ones((len(x), 1))]).T @ delta
    H = y.shape[1]
    return {"delta": delta, "dW": together[:H], "dU": together[H:-1], "db": together[-1], "dx": np.dot(delta, U.T)}


@wrong("recurrent_settling.gradients", "transposed_dW")
def gradients_turned(x, y, z, U):
    delta = z * (1 - y**2)
    dW = sum(np.outer(d, s) for d, s in zip(delta, y, strict=True))
    return {"delta": delta, "dW": dW, "dU": x.T @ delta, "db": delta.sum(0), "dx": delta @ U.T}


@wrong("recurrent_settling.gradients", "squashed_again")
def gradients_with_cosh(x, y, z, U):
    delta = z / np.cosh(y) ** 2
    return {"delta": delta, "dW": y.T @ delta, "dU": x.T @ delta, "db": delta.sum(0), "dx": delta @ U.T}


@wrong("recurrent_settling.gradients", NO_NAME)
def gradients_with_a_strong_bias(x, y, z, U):
    delta = z * (1 - y**2)
    return {"delta": delta, "dW": y.T @ delta, "dU": x.T @ delta, "db": 3 * delta.sum(0), "dx": delta @ U.T}


# -- the whole --------------------------------------------------------------------


def rest(step, start, relaxation):
    for _ in range(300):
        start = start + relaxation * (step(start) - start)
    return start


@right("recurrent_settling.backprop")
def backprop_by_one_helper(W, U, b, x, t, relaxation):
    y = rest(lambda v: np.tanh(v @ W + x @ U + b), np.zeros(t.shape), relaxation)
    slope, e = 1 - y**2, y - t
    z = rest(lambda v: (v * slope) @ W.T + e, np.zeros(t.shape), relaxation)
    d = z * slope
    return {"y": y, "slope": slope, "e": e, "z": z, "dW": y.T @ d, "dU": x.T @ d, "db": d.sum(0)}


@right("recurrent_settling.backprop")
def backprop_by_solving(W, U, b, x, t, relaxation):
    y = rest(lambda v: np.tanh(v @ W + x @ U + b), 0 * t, relaxation)
    slope, e = (1 - y) * (1 + y), y - t
    z = np.stack([np.linalg.solve(np.eye(len(W)) - W * s, g) for s, g in zip(slope, e, strict=True)])
    d = z * slope
    return {"db": d.sum(axis=0), "dW": y.T @ d, "dU": x.T @ d, "z": z, "e": e, "slope": slope, "y": y}


@right("recurrent_settling.backprop")
def backprop_as_a_tuple(W, U, b, x, t, relaxation):
    named = backprop_by_one_helper(W, U, b, x, t, relaxation)
    return tuple(named[name] for name in ("y", "slope", "e", "z", "dW", "dU", "db"))


@wrong("recurrent_settling.backprop", "error_not_settled")
def backprop_through_one_step(W, U, b, x, t, relaxation):
    y = rest(lambda v: np.tanh(v @ W + x @ U + b), np.zeros(t.shape), relaxation)
    d = (y - t) * (1 - y**2)
    return {"y": y, "slope": 1 - y**2, "e": y - t, "z": y - t, "dW": y.T @ d, "dU": x.T @ d, "db": d.sum(0)}


@wrong("recurrent_settling.backprop", "sign_of_error")
def backprop_uphill(W, U, b, x, t, relaxation):
    y = rest(lambda v: np.tanh(v @ W + x @ U + b), np.zeros(t.shape), relaxation)
    slope, e = 1 - y**2, t - y
    z = rest(lambda v: (v * slope) @ W.T + e, np.zeros(t.shape), relaxation)
    d = z * slope
    return {"y": y, "slope": slope, "e": e, "z": z, "dW": y.T @ d, "dU": x.T @ d, "db": d.sum(0)}


@wrong("recurrent_settling.backprop", NO_NAME)
def backprop_with_a_hasty_error(W, U, b, x, t, relaxation):
    y = rest(lambda v: np.tanh(v @ W + x @ U + b), np.zeros(t.shape), relaxation)
    slope, e = 1 - y**2, y - t
    z = e
    for _ in range(3):
        z = (z * slope) @ W.T + e
    d = z * slope
    return {"y": y, "slope": slope, "e": e, "z": z, "dW": y.T @ d, "dU": x.T @ d, "db": d.sum(0)}


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("09_recurrent_settling") == []


def reference(name):
    return catalogue[f"recurrent_settling.{name}"].reference


def test_the_numbers_of_the_text_are_those_of_the_references():
    seen = reference("settle")(*ONE_UNIT, 1e-12, 200, 0.5)
    assert seen["status"] == "converged"
    assert seen["y"].item() == pytest.approx(0.1661484359, abs=1e-10)
    assert reference("settle")(*ONE_UNIT, 1e-12, 200, 1.0)["status"] == "max_iter"
    W, _, _, x = ONE_UNIT
    assert reference("spectral_radius")(W, seen["y"]).item() == pytest.approx(1.9447894, abs=1e-7)
    known = np.array([[-1.9447894]])
    assert [reference("will_settle")(known, a) for a in (0.5, 0.679, 0.68)] == [True, True, False]
    assert reference("adjoint_exactly")(W, seen["y"], np.ones((1, 1))).item() == pytest.approx(0.3395828584, abs=1e-9)
    z = reference("adjoint")(W, seen["y"], np.ones((1, 1)), 0.5)
    assert z.item() == pytest.approx(0.3395828584, abs=1e-9)
    grads = reference("gradients")(x, seen["y"], z, np.ones((1, 1)))
    assert grads["dW"].item() == pytest.approx(0.0548636376, abs=1e-9)
    turning = reference("adjoint")(TURNING[0], settled(*TURNING), np.array([[1.0, 0.0]]), 0.3)
    np.testing.assert_allclose(turning, [[0.308, 0.462]], atol=2e-3)


def test_settled_gradients_are_those_that_are_measured():
    h = 1e-6
    for case in plan(catalogue["recurrent_settling.backprop"], 3):
        *network, t, relaxation = case.args
        seen = reference("backprop")(*network, t, relaxation)
        dx = reference("gradients")(network[3], seen["y"], seen["z"], network[1])["dx"]
        for position, grad in enumerate((seen["dW"], seen["dU"], seen["db"], dx)):
            for index in np.ndindex(grad.shape):
                losses = []
                for sign in (1, -1):
                    moved = [a.copy() for a in network]
                    moved[position][index] += sign * h
                    losses.append(0.5 * ((settled(*moved, relaxation) - t) ** 2).sum())
                assert grad[index] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-7)


def test_every_case_that_must_settle_has_settled():
    for seed in range(20):
        for case in plan(catalogue["recurrent_settling.backprop"], seed):
            *network, t, relaxation = case.args
            y = reference("backprop")(*network, t, relaxation)["y"]
            np.testing.assert_allclose(y, settled(*network), atol=1e-8)
        for case in plan(catalogue["recurrent_settling.adjoint"], seed):
            W, y, e, relaxation = case.args
            np.testing.assert_allclose(
                reference("adjoint")(W, y, e, relaxation), adjoint_solved(W, y, e, 1), rtol=1e-7, atol=1e-8
            )


def test_the_error_found_at_once_is_the_one_that_settles():
    for case in plan(catalogue["recurrent_settling.adjoint"], 3):
        W, y, e, relaxation = case.args
        settled_error = reference("adjoint")(W, y, e, relaxation)
        np.testing.assert_allclose(reference("adjoint_exactly")(W, y, e), settled_error, rtol=1e-7, atol=1e-8)


def test_the_matrices_of_the_check_have_the_spectra_they_were_made_from():
    rng = np.random.default_rng(0)
    wanted = np.array([0.4 + 1.5j, 0.4 - 1.5j, -0.7])
    J = matrix_with(wanted, rng)
    assert not np.allclose(J, J.T)
    np.testing.assert_allclose(np.sort_complex(np.linalg.eigvals(J)), np.sort_complex(wanted), atol=1e-12)
