"""Other people's answers to the exercises of unit 10, and finite differences of the same networks."""

import numpy as np
import pytest

from bpcore.exercises import assess, catalogue, plan

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- forward ----------------------------------------------------------------------


@right("through_time.rnn_forward")
def forward_in_a_list(X, U, W, b, h0):
    states = [h0]
    for t in range(X.shape[1]):
        states.append(np.tanh(X[:, t, :] @ U + states[-1] @ W + b))
    return np.stack(states[1:], axis=1)


@right("through_time.rnn_forward")
def forward_with_inputs_first(X, U, W, b, h0):
    Z = np.einsum("ntd,dh->nth", X, U) + b
    for t in range(Z.shape[1]):
        Z[:, t] = np.tanh(Z[:, t] + (Z[:, t - 1] if t else h0) @ W)
    return Z


@right("through_time.rnn_forward")
def forward_one_sequence_at_a_time(X, U, W, b, h0):
    out = []
    for sequence, h in zip(X, h0, strict=True):
        row = []
        for x in sequence:
            h = np.tanh(W.T @ h + U.T @ x + b)
            row.append(h)
        out.append(row)
    return np.array(out)


@wrong("through_time.rnn_forward", "first_state_ignored")
def forward_from_nothing(X, U, W, b, h0):
    states = []
    for t in range(X.shape[1]):
        states.append(np.tanh(X[:, t] @ U + b + (states[-1] @ W if states else 0)))
    return np.stack(states, axis=1)


@wrong("through_time.rnn_forward", "weights_transposed")
def forward_in_columns(X, U, W, b, h0):
    h, states = h0.T, []
    for t in range(X.shape[1]):
        h = np.tanh(W @ h + U.T @ X[:, t].T + b[:, None])
        states.append(h.T)
    return np.stack(states, axis=1)


@wrong("through_time.rnn_forward", NO_NAME)
def forward_that_leaks(X, U, W, b, h0):
    h, states = h0, []
    for t in range(X.shape[1]):
        h = 0.5 * h + 0.5 * np.tanh(h @ W + X[:, t] @ U + b)
        states.append(h)
    return np.stack(states, axis=1)


# -- one step back ----------------------------------------------------------------


@right("through_time.step_back")
def step_back_factored(dstate, carry, state, W):
    arriving = carry + dstate
    dZ = (1 + state) * (1 - state) * arriving
    return {"arriving": arriving, "dZ": dZ, "earlier": np.einsum("nj,ij->ni", dZ, W)}


@right("through_time.step_back")
def step_back_in_columns(dstate, carry, state, W):
    arriving = dstate + carry
    dZ = arriving - arriving * state * state
    return {"earlier": (W @ dZ.T).T, "dZ": dZ, "arriving": arriving}


@right("through_time.step_back")
def step_back_as_a_tuple(dstate, carry, state, W):
    dZ = (dstate + carry) * (1 - np.square(state))
    return np.add(dstate, carry), dZ, np.dot(dZ, W.T)


@wrong("through_time.step_back", "carry_dropped")
def step_back_without_later_steps(dstate, carry, state, W):
    dZ = dstate * (1 - state**2)
    return {"arriving": dstate, "dZ": dZ, "earlier": dZ @ W.T}


@wrong("through_time.step_back", "weights_not_transposed")
def step_back_in_the_direction_of_time(dstate, carry, state, W):
    dZ = (dstate + carry) * (1 - state**2)
    return {"arriving": dstate + carry, "dZ": dZ, "earlier": (W.T @ dZ.T).T}


@wrong("through_time.step_back", NO_NAME)
def step_back_that_fades(dstate, carry, state, W):
    dZ = (dstate + carry) * (1 - state**2)
    return {"arriving": dstate + carry, "dZ": dZ, "earlier": 0.9 * dZ @ W.T}


# -- backward ---------------------------------------------------------------------


def gradients(X, states, h0, W, U, dZ):
    """Everything that follows from dZ, without a loop."""
    before = np.concatenate([h0[:, None], states[:, :-1]], axis=1)
    return {
        "dZ": dZ,
        "dU": np.einsum("ntd,nth->dh", X, dZ),
        "dW": np.einsum("nti,ntj->ij", before, dZ),
        "db": dZ.sum(axis=(0, 1)),
        "dX": dZ @ U.T,
        "dh0": dZ[:, 0] @ W.T,
    }


@right("through_time.rnn_backward")
def backward_by_einsum(X, states, h0, U, W, dstates):
    dZ = np.empty_like(states)
    later = 0
    for t in range(states.shape[1] - 1, -1, -1):
        dZ[:, t] = (dstates[:, t] + later) * (1 - states[:, t]) * (1 + states[:, t])
        later = np.einsum("nj,ij->ni", dZ[:, t], W)
    return gradients(X, states, h0, W, U, dZ)


@right("through_time.rnn_backward")
def backward_into_a_copy(X, states, h0, U, W, dstates):
    total, slope = dstates.copy(), 1 - states**2
    for t in range(states.shape[1])[:0:-1]:
        total[:, t - 1] += (total[:, t] * slope[:, t]) @ W.T
    return gradients(X, states, h0, W, U, total * slope)


@right("through_time.rnn_backward")
def backward_all_in_one_loop(X, states, h0, U, W, dstates):
    T = X.shape[1]
    dZ, dX = np.zeros_like(states), np.zeros_like(X)
    dU, dW, db, dh = 0 * U, 0 * W, np.zeros(W.shape[0]), np.zeros_like(h0)
    for t in range(T - 1, -1, -1):
        dh = dh + dstates[:, t]
        dz = dZ[:, t] = dh * (1 - states[:, t] ** 2)
        dU += X[:, t].T @ dz
        dW += (states[:, t - 1] if t else h0).T @ dz
        db += dz.sum(0)
        dX[:, t] = dz @ U.T
        dh = dz @ W.T
    return {"dZ": dZ, "dU": dU, "dW": dW, "db": db, "dX": dX, "dh0": dh}


@wrong("through_time.rnn_backward", "carry_dropped")
def backward_without_time(X, states, h0, U, W, dstates):
    return gradients(X, states, h0, W, U, dstates * (1 - states**2))


@wrong("through_time.rnn_backward", "state_after_step")
def backward_with_the_states_themselves(X, states, h0, U, W, dstates):
    grads = backward_by_einsum(X, states, h0, U, W, dstates)
    dW = sum(states[:, t].T @ grads["dZ"][:, t] for t in range(states.shape[1]))
    return grads | {"dW": dW}


@wrong("through_time.rnn_backward", "last_state_first")
def backward_by_roll(X, states, h0, U, W, dstates):
    grads = backward_by_einsum(X, states, h0, U, W, dstates)
    return grads | {"dW": np.einsum("nti,ntj->ij", np.roll(states, 1, axis=1), grads["dZ"])}


@wrong("through_time.rnn_backward", NO_NAME)
def backward_that_fades(X, states, h0, U, W, dstates):
    dZ, later = np.empty_like(states), 0
    for t in reversed(range(states.shape[1])):
        dZ[:, t] = (dstates[:, t] + later) * (1 - states[:, t] ** 2)
        later = 0.9 * dZ[:, t] @ W.T
    return gradients(X, states, h0, W, U, dZ)


# -- letters ----------------------------------------------------------------------


def letters_with(carry_of, letters, targets, U, W, V, h0):
    one_hot, wanted = np.eye(len(U))[letters], np.eye(V.shape[1])[targets]
    states = [h0]
    for x in one_hot:
        states.append(np.tanh(x @ U + states[-1] @ W))
    before, states = np.array(states[:-1]), np.array(states[1:])
    P = np.exp(states @ V)
    P /= P.sum(1, keepdims=True)
    dO = P - wanted
    dZ, carry = np.zeros_like(states), 0
    for t in range(len(letters))[::-1]:
        dZ[t] = (V @ dO[t] + carry) * (1 - states[t] ** 2)
        carry = carry_of(W, dZ[t])
    return {
        "states": states,
        "P": P,
        "dO": dO,
        "dV": states.T @ dO,
        "dZ": dZ,
        "dW": before.T @ dZ,
        "dU": one_hot.T @ dZ,
    }


@right("through_time.letter_gradients")
def letters_one_hot(letters, targets, U, W, V, h0):
    return letters_with(lambda W, dz: W @ dz, letters, targets, U, W, V, h0)


@right("through_time.letter_gradients")
def letters_by_einsum(letters, targets, U, W, V, h0):
    return letters_with(lambda W, dz: np.einsum("j,ij->i", dz, W), letters, targets, U, W, V, h0)


@right("through_time.letter_gradients")
def letters_as_a_tuple(letters, targets, U, W, V, h0):
    return tuple(letters_with(lambda W, dz: dz @ W.transpose(), letters, targets, U, W, V, h0).values())


@wrong("through_time.letter_gradients", "weights_not_transposed")
def letters_copied_from_columns(letters, targets, U, W, V, h0):
    return letters_with(lambda W, dz: W.T @ dz, letters, targets, U, W, V, h0)


@wrong("through_time.letter_gradients", "carry_left_out")
def letters_without_time(letters, targets, U, W, V, h0):
    return letters_with(lambda W, dz: 0, letters, targets, U, W, V, h0)


@wrong("through_time.letter_gradients", NO_NAME)
def letters_inverted(letters, targets, U, W, V, h0):
    return letters_with(lambda W, dz: -W @ dz, letters, targets, U, W, V, h0)


# -- the last valid state ---------------------------------------------------------


@right("through_time.masked_last")
def last_by_loop(states, lengths):
    return np.array([sequence[n - 1] for sequence, n in zip(states, lengths, strict=True)])


@right("through_time.masked_last")
def last_by_mask(states, lengths):
    mask = np.arange(states.shape[1])[None, :] == lengths[:, None] - 1
    return (states * mask[:, :, None]).sum(axis=1)


@right("through_time.masked_last")
def last_by_holding_on(states, lengths):
    h = states[:, 0]
    for t in range(1, states.shape[1]):
        h = np.where((t < lengths)[:, None], states[:, t], h)
    return h


@wrong("through_time.masked_last", "last_column")
def last_of_all(states, lengths):
    return np.stack(list(states.transpose(1, 0, 2)))[-1]


@wrong("through_time.masked_last", "mean_of_valid")
def last_is_a_mean(states, lengths):
    mask = (np.arange(states.shape[1]) < lengths[:, None])[:, :, None]
    return (states * mask).sum(axis=1) / lengths[:, None]


@wrong("through_time.masked_last", NO_NAME)
def last_scaled(states, lengths):
    return last_by_loop(states, lengths) / lengths[:, None]


# -- clip -------------------------------------------------------------------------


@right("through_time.clip")
def clip_by_one_long_vector(grads, max_norm):
    length = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    return [g.copy() if length <= max_norm else g / length * max_norm for g in grads]


@right("through_time.clip")
def clip_by_norm_of_norms(grads, max_norm):
    length = np.linalg.norm([np.linalg.norm(g) for g in grads])
    return [g * min(1, max_norm / (length + 1e-300)) for g in grads]


@right("through_time.clip")
def clip_as_a_tuple(grads, max_norm):
    squares = sum(float(np.vdot(g, g)) for g in grads)
    if squares <= max_norm**2:
        return tuple(grads)
    return tuple(np.multiply(max_norm / squares**0.5, g) for g in grads)


@wrong("through_time.clip", "each_by_itself")
def clip_one_by_one(grads, max_norm):
    out = []
    for g in grads:
        n = np.sqrt(np.sum(g * g))
        out.append(g / n * max_norm if n > max_norm else g)
    return out


@wrong("through_time.clip", NO_NAME)
def clip_where_it_stands(grads, max_norm):
    clipped = clip_by_one_long_vector(grads, max_norm)
    for g, new in zip(grads, clipped, strict=True):
        g[...] = new
    return grads


@wrong("through_time.clip", NO_NAME)
def clip_twice_as_hard(grads, max_norm):
    return clip_by_one_long_vector(grads, max_norm / 2)


# -- tied -------------------------------------------------------------------------


def tied_with(both, X, W, b, c):
    V = W.T.copy()
    A = np.tanh(X @ W + b)
    R = A @ V + c
    dR = (R - X) / X.shape[0]
    dZ = dR @ V.T * (1 - A * A)
    dW = both(X.T @ dZ, A.T @ dR)
    return {"A": A, "R": R, "dR": dR, "dZ": dZ, "dW": dW, "db": dZ.sum(0), "dc": dR.sum(0)}


@right("through_time.backward_tied")
def tied_as_two_matrices(X, W, b, c):
    return tied_with(lambda encoder, decoder: encoder + decoder.T, X, W, b, c)


@right("through_time.backward_tied")
def tied_in_place(X, W, b, c):
    def both(encoder, decoder):
        encoder += decoder.T
        return encoder

    return tied_with(both, X, W, b, c)


@right("through_time.backward_tied")
def tied_sample_by_sample(X, W, b, c):
    stages = tied_with(lambda encoder, decoder: 0 * encoder, X, W, b, c)
    for x, dz, dr, a in zip(X, stages["dZ"], stages["dR"], stages["A"], strict=True):
        stages["dW"] = stages["dW"] + np.outer(x, dz) + np.outer(dr, a)
    return tuple(stages.values())


@wrong("through_time.backward_tied", "decoder_only")
def tied_overwritten(X, W, b, c):
    def both(encoder, decoder):
        grads = {}
        grads["W"] = encoder
        grads["W"] = decoder.T
        return grads["W"]

    return tied_with(both, X, W, b, c)


@wrong("through_time.backward_tied", "paths_averaged")
def tied_mean(X, W, b, c):
    return tied_with(lambda encoder, decoder: np.mean([encoder, decoder.T], axis=0), X, W, b, c)


@wrong("through_time.backward_tied", NO_NAME)
def tied_weighted(X, W, b, c):
    return tied_with(lambda encoder, decoder: 0.9 * encoder + 0.1 * decoder.T, X, W, b, c)


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("10_through_time") == []


def reference(name):
    return catalogue[f"through_time.{name}"].reference


def assert_measured(loss, arrays, grads):
    """Assert that each gradient is what moving each entry of its array does to the loss."""
    h = 1e-6
    for position, grad in enumerate(grads):
        for index in np.ndindex(grad.shape):
            moved = [[a.copy() for a in arrays] for _ in range(2)]
            moved[0][position][index] += h
            moved[1][position][index] -= h
            assert grad[index] == pytest.approx((loss(*moved[0]) - loss(*moved[1])) / (2 * h), abs=1e-7, rel=1e-6)


def test_gradients_through_time_are_those_that_are_measured():
    rng = np.random.default_rng(0)
    X, U, W, b, h0 = next(
        case for case in plan(catalogue["through_time.rnn_forward"], 3) if "7 units" in case.name
    ).args
    states = reference("rnn_forward")(X, U, W, b, h0)
    weights = rng.normal(size=states.shape)
    seen = reference("rnn_backward")(X, states, h0, U, W, weights)
    assert_measured(
        lambda *arrays: float((reference("rnn_forward")(*arrays) * weights).sum()),
        (X, U, W, b, h0),
        [seen[name] for name in ("dX", "dU", "dW", "db", "dh0")],
    )


def test_letter_gradients_are_those_that_are_measured():
    for case in plan(catalogue["through_time.letter_gradients"], 3):
        letters, targets, U, W, V, h0 = case.args

        def loss(U, W, V, letters=letters, targets=targets, h0=h0):
            P = reference("letter_gradients")(letters, targets, U, W, V, h0)["P"]
            return -np.log(P[np.arange(len(targets)), targets]).sum()

        seen = reference("letter_gradients")(*case.args)
        assert_measured(loss, (U, W, V), [seen[name] for name in ("dU", "dW", "dV")])


def test_tied_gradients_are_those_that_are_measured():
    for case in plan(catalogue["through_time.backward_tied"], 3):
        X, *params = case.args

        def loss(*params, X=X):
            return 0.5 * ((reference("backward_tied")(X, *params)["R"] - X) ** 2).sum() / len(X)

        seen = reference("backward_tied")(X, *params)
        assert_measured(loss, params, [seen[name] for name in ("dW", "db", "dc")])


def test_changing_the_gradients_that_came_in_costs_half_and_is_named():
    report = assess("through_time.clip", clip_where_it_stands)
    assert (report.points, report.mistake) == (1, "changed_inputs")


def test_clipped_gradients_keep_their_direction():
    for case in plan(catalogue["through_time.clip"], 3):
        grads, max_norm = case.args
        clipped = reference("clip")(grads, max_norm)
        long, short = (np.concatenate([g.ravel() for g in arrays]) for arrays in (grads, clipped))
        assert np.linalg.norm(short) <= max_norm * (1 + 1e-12)
        assert long @ short == pytest.approx(np.linalg.norm(long) * np.linalg.norm(short))
