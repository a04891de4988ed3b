"""Other people's answers to the exercises of unit 07, and what the library's own optimizers and measurements say."""

import random

import numpy as np
import pytest

from bpcore.differences import numerical_gradient
from bpcore.exercises import assess, catalogue, plan
from bpcore.layers import Parameter
from bpcore.optim import SGD, Adam
from bpcore.training import batches

from .answers import NO_NAME, earns_everything, is_told
from .unit_07_update_rules import answers

right, wrong = answers.right, answers.wrong

# -- gradient_by_pattern -------------------------------------------------------


@right("gradient_descent.gradient_by_pattern")
def pattern_with_zip(X, y, w):
    gradients = [(np.dot(x, w) - t) * x for x, t in zip(X, y, strict=True)]
    return np.mean(gradients, axis=0)


@right("gradient_descent.gradient_by_pattern")
def pattern_with_four_loops(X, y, w):
    N, D = X.shape
    total = [0.0] * D
    for n in range(N):
        output = 0.0
        for i in range(D):
            output += X[n, i] * w[i]
        for i in range(D):
            total[i] += (output - y[n]) * X[n, i] / N
    return total


@right("gradient_descent.gradient_by_pattern")
def pattern_backwards(X, y, w):
    dw = 0
    for n in reversed(range(len(y))):
        dw = dw - (y[n] - X[n].dot(w)) * X[n]
    return np.divide(dw, len(y))


@wrong("gradient_descent.gradient_by_pattern", "last_pattern_only")
def pattern_cleared_in_the_loop(X, y, w):
    for x, t in zip(X, y, strict=True):
        dw = np.zeros(w.shape)
        dw += (x @ w - t) * x
    return dw / y.size


@wrong("gradient_descent.gradient_by_pattern", "factor_two")
def pattern_of_the_square(X, y, w):
    return sum(2 * (x @ w - t) * x for x, t in zip(X, y, strict=True)) / len(y)


@wrong("gradient_descent.gradient_by_pattern", "not_averaged")
def pattern_sum(X, y, w):
    return np.sum([(x @ w - t) * x for x, t in zip(X, y, strict=True)], 0)


@wrong("gradient_descent.gradient_by_pattern", NO_NAME)
def pattern_normalised(X, y, w):
    dw = np.mean([(x @ w - t) * x for x, t in zip(X, y, strict=True)], axis=0)
    return dw / np.linalg.norm(dw)


# -- sgd_step ------------------------------------------------------------------


@right("gradient_descent.sgd_step")
def sgd_with_a_loop(X, y, w, rows, lr):
    total = np.zeros(len(w))
    for n in rows:
        total += (X[n] @ w - y[n]) * X[n]
    w[:] = w - lr * total / len(rows)
    return total / len(rows)


@right("gradient_descent.sgd_step")
def sgd_with_take(X, y, w, rows, lr):
    batch = np.take(X, rows, axis=0)
    gradient = ((batch.dot(w) - np.take(y, rows))[:, None] * batch).mean(axis=0)
    np.subtract(w, lr * gradient, out=w)
    return gradient.tolist()


@right("gradient_descent.sgd_step")
def sgd_measured(X, y, w, rows, lr):
    gradient = numerical_gradient(lambda v: float(((X[rows] @ v - y[rows]) ** 2).mean() / 2), w.copy(), eps=1e-4)
    w += -lr * gradient
    return gradient


@wrong("gradient_descent.sgd_step", "divided_by_all")
def sgd_as_a_share_of_everything(X, y, w, rows, lr):
    gradient = sum((X[n] @ w - y[n]) * X[n] for n in rows) / len(y)
    w -= lr * gradient
    return gradient


@wrong("gradient_descent.sgd_step", "rebound")
def sgd_moves_a_copy(X, y, w, rows, lr):
    gradient = X[rows].T @ (X[rows] @ w - y[rows]) / len(rows)
    w = w.copy()
    w -= lr * gradient
    return gradient


@wrong("gradient_descent.sgd_step", NO_NAME)
def sgd_stays_where_it_was_allowed(X, y, w, rows, lr):
    gradient = X[rows].T @ (X[rows] @ w - y[rows]) / len(rows)
    w -= np.clip(lr * gradient, -0.01, 0.01)
    return gradient


# -- gradient_by_matrix --------------------------------------------------------


@right("gradient_descent.gradient_by_matrix")
def matrix_from_the_left(X, y, w):
    return (np.dot(X, w) - y) @ X / X.shape[0]


@right("gradient_descent.gradient_by_matrix")
def matrix_as_columns(X, y, w):
    error = X @ w[:, None] - y[:, None]
    return X.T @ error * (1 / len(y))


@right("gradient_descent.gradient_by_matrix")
def matrix_einsum(X, y, w):
    return np.einsum("n,nd->d", np.einsum("nd,d->n", X, w) - y, X) / len(X)


@right("gradient_descent.gradient_by_matrix")
def matrix_mean(X, y, w):
    return np.mean(X * (X @ w - y)[:, np.newaxis], axis=0)


@wrong("gradient_descent.gradient_by_matrix", "divided_by_size")
def matrix_mean_over_everything(X, y, w):
    return np.add.reduce((X @ w - y)[:, None] * X) / np.prod(X.shape)


@wrong("gradient_descent.gradient_by_matrix", "sign_turned")
def matrix_downhill(X, y, w):
    return np.average((y - X @ w)[:, None] * X, axis=0)


@wrong("gradient_descent.gradient_by_matrix", NO_NAME)
def matrix_of_absolute_errors(X, y, w):
    return X.T @ np.sign(X @ w - y) / len(X)


# -- batches -------------------------------------------------------------------


@right("gradient_descent.batches")
def batches_shuffled_list(X, y, batch_size, rng):
    order = np.arange(len(X))
    rng.shuffle(order)
    for rows in np.split(order, range(batch_size, len(order), batch_size)):
        yield X[rows], y[rows]


@right("gradient_descent.batches")
def batches_by_sorting(X, y, batch_size, rng):
    order = np.argsort(rng.uniform(size=len(y)))
    X, y = X[order], y[order]
    while len(X):
        yield [X[:batch_size], y[:batch_size]]
        X, y = X[batch_size:], y[batch_size:]


@right("gradient_descent.batches")
def batches_as_a_list(X, y, batch_size, rng):
    both = np.column_stack([X, y])
    both = rng.permutation(both)
    starts = range(0, len(both), batch_size)
    return [(both[s : s + batch_size, :-1], both[s : s + batch_size, -1]) for s in starts]


@right("gradient_descent.batches")
def batches_with_choice(X, y, batch_size, rng):
    left = list(range(len(X)))
    while left:
        rows = rng.choice(left, size=min(batch_size, len(left)), replace=False)
        left = [n for n in left if n not in rows]
        yield np.take(X, rows, axis=0), np.take(y, rows)


@right("gradient_descent.batches")
def batches_into_one_buffer(X, y, batch_size, rng):
    buffer = np.empty((batch_size, X.shape[1]))
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        buffer[: len(rows)] = X[rows]
        yield buffer[: len(rows)], y[rows]


@wrong("gradient_descent.batches", "rows_drawn_again")
def batches_with_random_shuffle(X, y, batch_size, rng):
    both = np.column_stack([X, y])
    random.Random(int(rng.integers(10**6))).shuffle(both)
    for start in range(0, len(both), batch_size):
        yield both[start : start + batch_size, :-1], both[start : start + batch_size, -1]


@wrong("gradient_descent.batches", "shuffled_apart")
def batches_shuffled_one_after_the_other(X, y, batch_size, rng):
    X, y = X.copy(), y.copy()
    rng.shuffle(X)
    rng.shuffle(y)
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


@wrong("gradient_descent.batches", "last_batch_lost")
def batches_counted(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for i in range(len(X) // batch_size):
        rows = order[batch_size * i : batch_size * (i + 1)]
        yield X[rows], y[rows]


@wrong("gradient_descent.batches", "other_chance")
def batches_of_the_global_generator(X, y, batch_size, rng):
    order = np.random.permutation(len(X))  # noqa: NPY002
    for start in range(0, len(X), batch_size):
        yield X[order[start : start + batch_size]], y[order[start : start + batch_size]]


@wrong("gradient_descent.batches", "same_order_always")
def batches_seeded_inside(X, y, batch_size, rng):
    yield from batches(X, y, batch_size, np.random.default_rng(42))


@wrong("gradient_descent.batches", "shuffled_in_place")
def batches_shuffled_where_they_lie(X, y, batch_size, rng):
    state = rng.bit_generator.state
    rng.shuffle(X)
    rng.bit_generator.state = state
    rng.shuffle(y)
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


@wrong("gradient_descent.batches", "same_order_always")
def batches_in_reverse(X, y, batch_size, rng):
    for start in range(0, len(X), batch_size):
        yield X[::-1][start : start + batch_size], y[::-1][start : start + batch_size]


@wrong("gradient_descent.batches", NO_NAME)
def batches_without_targets(X, y, batch_size, rng):
    for X_batch, _ in batches(X, y, batch_size, rng):
        yield X_batch


# -- train ---------------------------------------------------------------------


@right("gradient_descent.train")
def train_with_fresh_arrays(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    means = np.zeros(epochs)
    for e in range(epochs):
        start = 0
        while start < len(X):
            dW, db = np.zeros_like(W), np.zeros_like(b)
            part = slice(start, min(start + batch_size, len(X)))
            means[e] += add_gradient(X[part], Y[part], W, b, dW, db) * (part.stop - part.start)
            W[:], b[:] = W - lr * dW, b - lr * db
            start += batch_size
    return means / len(X)


@right("gradient_descent.train")
def train_clears_afterwards(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    params, grads = (W, b), (np.zeros_like(W), np.zeros_like(b))
    losses = []
    for _ in range(epochs):
        measured = []
        for s in range(0, X.shape[0], batch_size):
            x, y = X[s : s + batch_size], Y[s : s + batch_size]
            measured += [add_gradient(x, y, *params, *grads)] * len(x)
            for p, g in zip(params, grads, strict=True):
                np.subtract(p, lr * g, out=p)
                g.fill(0)
        losses.append(np.mean(measured))
    return losses


@right("gradient_descent.train")
def train_with_array_split(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    def epoch():
        cuts = range(batch_size, len(X), batch_size)
        for x, y in zip(np.split(X, cuts), np.split(Y, cuts), strict=True):
            dW, db = 0 * W, 0 * b
            yield add_gradient(x, y, W, b, dW, db), len(x)
            W.__isub__(lr * dW)
            b.__isub__(lr * db)

    return tuple(_weighted(epoch()) for _ in range(epochs))


def _weighted(pairs):
    losses, counts = zip(*pairs, strict=True)
    return np.average(losses, weights=counts)


@wrong("gradient_descent.train", "never_cleared")
def train_accumulates(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    grads = {"W": np.zeros(W.shape), "b": np.zeros(b.shape)}
    losses = []
    for _ in range(epochs):
        losses.append(0)
        for s in range(0, len(X), batch_size):
            x = X[s : s + batch_size]
            losses[-1] += add_gradient(x, Y[s : s + batch_size], W, b, grads["W"], grads["b"]) * len(x) / len(X)
            W -= lr * grads["W"]
            b -= lr * grads["b"]
    return losses


@wrong("gradient_descent.train", "bias_never_moved")
def train_rebinds_the_bias(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    def run(x, y):
        dW, db = np.zeros_like(W), np.zeros_like(b)
        loss = add_gradient(x, y, W, b, dW, db)
        W[...] -= lr * dW
        b.copy()[...] -= lr * db
        return loss, len(x)

    starts = range(0, len(X), batch_size)
    return [_weighted([run(X[s : s + batch_size], Y[s : s + batch_size]) for s in starts]) for _ in range(epochs)]


@wrong("gradient_descent.train", NO_NAME)
def train_with_fading_rate(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    losses = []
    for e in range(epochs):
        total = 0
        for s in range(0, len(X), batch_size):
            dW, db = np.zeros_like(W), np.zeros_like(b)
            x = X[s : s + batch_size]
            total += add_gradient(x, Y[s : s + batch_size], W, b, dW, db) * len(x)
            W -= lr / (e + 2) * dW
            b -= lr / (e + 2) * db
        losses.append(total / len(X))
    return losses


# -- train_until ---------------------------------------------------------------


@right("gradient_descent.train_until")
def until_while(step, threshold, max_steps):
    calls, loss = 0, float("inf")
    while loss > threshold and calls < max_steps:
        loss = step()
        calls += 1
    return calls


@right("gradient_descent.train_until")
def until_with_break(step, threshold, max_steps):
    calls = 0
    while True:
        if calls == max_steps:
            break
        calls = calls + 1
        if not step() > threshold:
            break
    return calls


@right("gradient_descent.train_until")
def until_recursive(step, threshold, max_steps):
    if not max_steps:
        return 0
    return 1 if step() <= threshold else 1 + until_recursive(step, threshold, max_steps - 1)


@wrong("gradient_descent.train_until", "never_stops")
def until_forever(step, threshold, max_steps):
    calls = 0
    while True:
        calls += 1
        if step() <= threshold:
            return calls


@wrong("gradient_descent.train_until", "at_threshold_goes_on")
def until_strictly_below(step, threshold, max_steps):
    calls, loss = 0, float("inf")
    while loss >= threshold and calls < max_steps:
        loss = step()
        calls += 1
    return calls


@wrong("gradient_descent.train_until", "first_call_not_asked")
def until_do_while(step, threshold, max_steps):
    calls = 0
    while True:
        calls += 1
        if step() <= threshold or calls >= max_steps:
            return calls


@wrong("gradient_descent.train_until", NO_NAME)
def until_twice_below(step, threshold, max_steps):
    before = False
    for calls in range(max_steps):
        now = step() <= threshold
        if before and now:
            return calls + 1
        before = now
    return max_steps


# -- the tests -----------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("07_gradient_descent") == []


@pytest.mark.parametrize("unit", ["07_gradient_descent"])
def test_every_convention_is_accepted_with_a_note(unit):
    for id, exercise in catalogue(unit).items():
        for convention in exercise.conventions:
            report = assess(id, exercise.build(convention))
            assert report.passed
            assert convention.message in report.notes


def test_the_librarys_own_batches_are_right():
    earns_everything("gradient_descent.batches", batches)


@pytest.mark.parametrize("seed", range(20))
def test_no_seed_makes_right_batches_look_wrong(seed):
    assert assess("gradient_descent.batches", batches_with_choice, seed).passed


def test_both_gradients_are_the_measured_one():
    for name in ("gradient_by_pattern", "gradient_by_matrix"):
        exercise = catalogue[f"gradient_descent.{name}"]
        for case in plan(exercise, 3):
            X, y, w = (a.astype(float) for a in case.args)
            measured = numerical_gradient(lambda v, X=X, y=y: float(((X @ v - y) ** 2).mean() / 2), w)
            np.testing.assert_allclose(exercise.reference(X, y, w), measured, atol=1e-7)


def test_the_decayed_gradient_is_the_measured_one():
    reference = catalogue["gradient_descent.l2_loss_and_gradient"].reference
    for case in plan(catalogue["gradient_descent.l2_loss_and_gradient"], 3):
        X, Y, W, b = (a.astype(float) for a in case.args[:4])

        def loss(V, c, X=X, Y=Y, lam=case.args[4]):
            return float(reference(X, Y, V, c, lam)[0])

        _, dW, db = reference(*case.args)
        np.testing.assert_allclose(dW, numerical_gradient(lambda V, loss=loss, b=b: loss(V, b), W), atol=1e-6)
        np.testing.assert_allclose(db, numerical_gradient(lambda c, loss=loss, W=W: loss(W, c), b), atol=1e-6)


def test_momentum_and_adam_move_as_the_librarys_optimizers_do():
    rng = np.random.default_rng(4)
    start = [rng.normal(size=(3, 2)), rng.normal(size=2)]
    gradients = [[rng.normal(size=(3, 2)), rng.normal(size=2)] for _ in range(5)]
    velocities = [np.zeros((3, 2)), np.zeros(2)]
    state = {"t": 0, "m": [np.zeros((3, 2)), np.zeros(2)], "v": [np.zeros((3, 2)), np.zeros(2)]}
    momentum = catalogue["gradient_descent.momentum_step"].reference
    adam = catalogue["gradient_descent.adam_step"].reference
    for make, step in (
        (lambda p: SGD(p, 0.1, momentum=0.9), lambda p, g: momentum(p, g, velocities, 0.1, 0.9)),
        (lambda p: Adam(p, 0.1), lambda p, g: adam(p, g, state, 0.1, 0.9, 0.999, 1e-8)),
    ):
        mine, theirs = [p.copy() for p in start], [Parameter(p.copy()) for p in start]
        optimizer = make(theirs)
        for grads in gradients:
            for parameter, g in zip(theirs, grads, strict=True):
                parameter.grad[...] = g
            optimizer.step()
            step(mine, grads)
        for p, parameter in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(p, parameter.data, rtol=1e-12)
