"""Forward: a state that settles, and the refusal to go on from one that has not."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_09_recurrent_settling.networks import ONE_UNIT, TURNING, random_network, settled, sizes
from bpcore.exercises.unit_09_recurrent_settling.step import ITERATE

# -- settle -------------------------------------------------------------------------------------------------------------------------------------


def settle(W, U, b, x, tol, max_steps, relaxation):
    """Let y = tanh(y W + x U + b) settle, from y = 0.

    W: (H, H). U: (D, H). b: (H,). x: (N, D), one sample a row. Returns a dict: y (N, H), steps, and status,
    which is 'converged' or 'max_iter'.
    """
    y = np.zeros((len(x), len(b)))
    steps, status = 0, "max_iter"
    while steps < max_steps:
        target = np.tanh(y @ W + x @ U + b)
        change = target - y
        y = y + relaxation * change
        steps += 1
        if np.abs(change).max() < tol:
            status = "converged"
            break
    return dict(y=y, steps=steps, status=status)


def drive_settle(answer, W, U, b, x, tol, max_steps, relaxation):
    return answer(W, U, b, x, tol, max_steps, relaxation)


def settle_cases(rng):
    def case(name, N, D, H, tol, max_steps, relaxation):
        return Case(name, (*random_network(rng, N, D, H), tol, max_steps, relaxation), sizes(N, D, H))

    return [
        Case("one unit, damped by half", (*ONE_UNIT, 1e-9, 50, 0.5), sizes(1, 1, 1)),
        Case("one unit, not damped: it never settles", (*ONE_UNIT, 1e-9, 20, 1.0), sizes(1, 1, 1)),
        Case("two units that push each other round", (*TURNING, 1e-4, 60, 0.3), sizes(1, 2, 2)),
        Case("two steps only", (*random_network(rng, 3, 2, 5), 1e-9, 2, 0.7), sizes(3, 2, 5)),
        case("seven samples, 3 inputs, 5 units", 7, 3, 5, 1e-4, 40, 0.35),
        case("all sizes equal", 4, 4, 4, 1e-5, 30, 0.9),
    ]


SETTLE = Exercise(
    id="recurrent_settling.settle",
    title="Let it settle",
    points=3,
    minutes=10,
    objective=ITERATE,
    form="blank",
    statement=(
        "Write `settle(W, U, b, x, tol, max_steps, relaxation)`. `x` is (N, D), one sample a row; the state `y` is (N, H) and begins at **zero**. One step: compute the "
        "target `tanh(y @ W + x @ U + b)`, the change `target - y`, and move `y` by `relaxation` times the change (1.0: all the way; 0.5: half-way). Count the step. Stop "
        "after the first step in which **no** entry of the change is as large as `tol` (leave signs aside), and otherwise after `max_steps` steps. Return a dict with `y` after the last move, `steps`, "
        "the number of steps made, and `status`: `'converged'` or `'max_iter'`."
    ),
    reference=settle,
    drive=drive_settle,
    cases=settle_cases,
    stages=("y", "steps", "status"),
    hints=(
        "Write one step first. What has to be known before `y` is moved, and what is asked after it?",
        "`change = target - y`, then `y = y + relaxation * change`, then count. The largest entry of `np.abs(change)` decides whether it was the last step.",
        "`if np.abs(change).max() < tol: status = 'converged'; break` inside `while steps < max_steps`",
    ),
    mistakes=(
        Mistake("weights_transposed", "W is transposed: with the state in rows, unit i reaches unit j through `W[i, j]`, and the sums are `y @ W`.", {"y @ W": "y @ W.T"}),
        Mistake("relaxation_turned", "the relaxation is the wrong way round: it is the share of the way to the target, not the share that stays.", {"y = y + relaxation * change": "y = y + (1 - relaxation) * change"}),
        Mistake("not_damped", "the relaxation is not used: each step goes all the way to the target.", {"y = y + relaxation * change": "y = target"}),
        Mistake("target_scaled", "the target itself is multiplied by the relaxation, and the old state is dropped: move by a share of the *change*.", {"y = y + relaxation * change": "y = relaxation * target"}),
        Mistake("added_up", "the target is added to the state: move by a share of the difference of the two.", {"y = y + relaxation * change": "y = y + relaxation * target"}),
        Mistake("change_for_state", "the last change is given back, and not the state: it is near zero because the network has settled.", {"dict(y=y,": "dict(y=change,"}),
        Mistake("first_small_entry", "it stops as soon as one entry has changed by less than `tol`: all of them must.", {"np.abs(change).max()": "np.abs(change).min()"}),
        Mistake("mean_change", "the mean change is compared with `tol`: one unit that still moves is hidden among those that have stopped. Take the largest.", {"np.abs(change).max()": "np.abs(change).mean()"}),
        Mistake("length_of_change", "the length of the change (the root of the sum of squares) is compared with `tol`: the largest entry is asked for.", {"np.abs(change).max()": "np.linalg.norm(change)"}),
        Mistake("signs_kept", "the changes are compared with their signs: a large negative change is then “smaller” than `tol`.", {"np.abs(change).max()": "change.max()"}),
        Mistake("sum_of_changes", "the changes are added up before their size is taken: positive and negative ones cancel.", {"np.abs(change).max()": "np.abs(change.sum())"}),
        Mistake("damped_change_tested", "the damped move is compared with `tol`, and not the whole change: with a small relaxation every move is small.", {"np.abs(change).max()": "np.abs(relaxation * change).max()"}),
        Mistake("one_step_too_many", "it makes one step more than `max_steps`.", {"steps < max_steps": "steps <= max_steps"}),
        Mistake("one_step_too_few", "it makes one step less than `max_steps`.", {"steps < max_steps": "steps < max_steps - 1"}),
        Mistake("last_step_not_counted", "the last step, in which it has settled, is not counted.", {
            "        steps += 1\n": "", '            status = "converged"\n            break\n': '            status = "converged"\n            break\n        steps += 1\n',
        }),
        Mistake("last_move_left_out", "the last move is left out: it stops before `y` is moved.", {"return dict(": "y = y - relaxation * change if status == 'converged' else y\n    return dict("}),
        Mistake("stopped_at_once", "one step is made, and no more: a fixed point needs the loop.", {"            break\n": "            break\n        break\n"}),
        Mistake("always_converged", "the status is always 'converged', also when the steps ran out: then nothing after it can be trusted.", {'"max_iter"': '"converged"'}),
        Mistake("always_max_iter", "the status always stays 'max_iter'.", {'            status = "converged"\n': ""}),
        Mistake("started_at_one", "the state begins at one: it is asked to begin at zero.", {"np.zeros": "np.ones"}),
        Mistake("started_at_input", "the state begins at `tanh(x U + b)`, one step ahead: it is asked to begin at zero.", {"y = np.zeros((len(x), len(b)))": "y = np.tanh(x @ U + b)"}),
        Mistake("input_once", "the input enters in the first step only: x stays on for the whole time.", {"target = np.tanh(y @ W + x @ U + b)": "target = np.tanh(y @ W + (steps == 0) * (x @ U) + b)"}),
        Mistake("bias_forgotten", "the bias is left out.", {"x @ U + b)": "x @ U)"}),
        Mistake("not_squashed", "tanh is left out: the sums themselves are the target.", {"np.tanh(y @ W + x @ U + b)": "(y @ W + x @ U + b)"}),
        Mistake("squashed_apart", "tanh is taken of `y W` alone, and the input is added outside: tanh is for the whole sum.", {"np.tanh(y @ W + x @ U + b)": "np.tanh(y @ W) + x @ U + b"}),
    ),
)  # fmt: skip

# -- refuse -------------------------------------------------------------------------------------------------------------------------------------


def refuse_unsettled(W, U, b, x, y, tol):
    """Return the state y as it is if it has settled, or raise ValueError.

    W: (H, H). U: (D, H). b: (H,). x: (N, D). y: (N, H).
    """
    change = np.tanh(y @ W + x @ U + b) - y
    if not np.abs(change).max() <= tol:
        raise ValueError("the state has not settled: no error can be sent back from it; try a smaller relaxation, or more steps")
    return y


def drive_refuse_unsettled(answer, W, U, b, x, y, tol):
    try:
        value = answer(W, U, b, x, y, tol)
    except NotImplementedError:
        raise
    except ValueError:
        return {"raised": "ValueError", "value": np.zeros(0)}
    except Exception as error:
        return {"raised": type(error).__name__, "value": np.zeros(0)}
    return {"raised": "nothing", "value": value}


def refuse_unsettled_cases(rng):
    def at_rest(name, W, U, b, x):
        return Case(name, (W, U, b, x, settled(W, U, b, x), 1e-8), sizes(len(x), len(U), len(W)))

    W, U, b, x = ONE_UNIT
    jumping = np.zeros((1, 1))
    for _ in range(100):
        jumping = np.tanh(jumping @ W + x @ U + b)

    five, (W, U, b, x) = random_network(rng, 5, 2, 3), random_network(rng, 4, 4, 4)
    rest = settled(*five)
    # A step from here changes every unit of sample 3 by -0.002, or by 0.002, and no other sample.
    J = five[0] * (1 - rest[3] ** 2)
    high, low, holed, half = rest.copy(), rest.copy(), rest.copy(), rest.copy()
    away = np.full(3, 2e-3) @ np.linalg.inv(np.eye(3) - J)
    high[3] += away
    low[3] -= away
    holed[2, 0] = np.nan
    half[:3] += rng.uniform(0.1, 0.2, size=(3, 3))
    one = (np.array([[2.0]]), np.ones((1, 1)), np.zeros(1), np.zeros((1, 1)))
    return [
        at_rest("one unit at rest", *ONE_UNIT),
        Case("one unit that jumps between two values", (*ONE_UNIT, jumping, 1e-8), sizes(1, 1, 1)),
        at_rest("two units that push each other round, at rest", *TURNING),
        at_rest("a symmetric W, at rest", (W + W.T) / 2, U, b, x),
        at_rest("five samples at rest", *five),
        at_rest("no input, at rest", W, U, b, 0 * x),
        Case("one unit with w = 2 and no input, at 0.9575", (*one, np.array([[0.9575040240772687]]), 1e-8), sizes(1, 1, 1)),
        Case("one unit with w = 2 and no input, at 0", (*one, np.zeros((1, 1)), 1e-8), sizes(1, 1, 1)),
        Case("one sample of five is too high", (*five, high, 1e-3), sizes(5, 2, 3)),
        Case("one sample of five is too low", (*five, low, 1e-3), sizes(5, 2, 3)),
        Case("a little off, within the tolerance", (*five, high, 1e-2), sizes(5, 2, 3)),
        Case("three samples of five still move", (*five, half, 1e-3), sizes(5, 2, 3)),
        Case("all of them still at zero", (*five, np.zeros((5, 3)), 1e-7), sizes(5, 2, 3)),
        Case("one nan", (*five, holed, 1e-3), sizes(5, 2, 3)),
    ]


REFUSE_UNSETTLED = Exercise(
    id="recurrent_settling.refuse_unsettled",
    title="Send nothing back from a state that still moves",
    points=1,
    minutes=5,
    objective="Stop with an error where a gradient would have no meaning.",
    form="blank",
    statement=(
        "The formulas of the way back hold at a fixed point only. Write `refuse_unsettled(W, U, b, x, y, tol)`: compute by how much **one more** undamped step would change the state, "
        "`tanh(y @ W + x @ U + b) - y`. If no entry changes by more than `tol` (leave signs aside), return `y` as it is. Otherwise raise a `ValueError`; also when an entry "
        "is `nan`."
    ),
    reference=refuse_unsettled,
    drive=drive_refuse_unsettled,
    cases=refuse_unsettled_cases,
    hints=(
        "At a fixed point one more step changes nothing. How large is the largest change?",
        "Every comparison with nan is False. So ask whether the state *has* settled, and raise when it has not: `if not largest <= tol`.",
        "`if not np.abs(change).max() <= tol: raise ValueError(...)`",
    ),
    mistakes=(
        Mistake("nan_passes", "a `nan` passes: `nan > tol` is False, like every comparison with nan. Raise unless the change *is* small: `if not largest <= tol`.", {"not np.abs(change).max() <= tol": "np.abs(change).max() > tol"}),
        Mistake("signs_kept", "the changes are compared with their signs: an entry that is too high would change by a negative amount, and passes.", {"np.abs(change).max()": "change.max()"}),
        Mistake("mean_change", "the mean change is compared with `tol`: one entry that still moves is hidden among those at rest.", {"np.abs(change).max()": "np.abs(change).mean()"}),
        Mistake("all_for_any", "it refuses only when every entry still moves: one is enough.", {"np.abs(change).max()": "np.abs(change).min()"}),
        Mistake("two_steps", "the state is compared with the one two steps on: a state that jumps between two values then looks settled. Make one step.", {"change = np.tanh(y @ W + x @ U + b) - y": "change = np.tanh(np.tanh(y @ W + x @ U + b) @ W + x @ U + b) - y"}),
        Mistake("weights_transposed", "W is transposed: states at rest are then refused, unless W is symmetric.", {"y @ W": "y @ W.T"}),
        Mistake("input_left_out", "the input is left out of the step: states at rest are then refused, unless the input is 0.", {"y @ W + x @ U + b": "y @ W + b"}),
        Mistake("bias_left_out", "the bias is left out of the step: states at rest are then refused, unless the bias is 0.", {"y @ W + x @ U + b": "y @ W + x @ U"}),
        Mistake("not_squashed", "tanh is left out of the step: states at rest are then refused.", {"np.tanh(y @ W + x @ U + b)": "(y @ W + x @ U + b)"}),
        Mistake("squashed_apart", "tanh is taken of `y W` alone, and the input is added outside: states at rest are then refused.", {"np.tanh(y @ W + x @ U + b)": "np.tanh(y @ W) + x @ U + b"}),
        Mistake("returned_for_raised", "the error is returned and not raised: what comes after goes on with it as if it were a state.", {"raise ValueError(": "return ValueError("}),
        Mistake("only_printed", "a message is printed and the state is handed on: nothing stops the way back.", {"raise ValueError(": "print("}),
        Mistake("assert_for_raise", "an `assert` is used: it raises AssertionError, and vanishes when Python runs with -O.", {"raise ValueError(": "assert np.abs(change).max() <= tol, ("}),
        Mistake("turned_round", "it refuses what has settled and lets pass what has not.", {"if not np.abs": "if np.abs"}),
        Mistake("one_step_on", "the state that comes back is one step on: return `y` as it is.", {"return y": "return y + change"}),
    ),
)  # fmt: skip
