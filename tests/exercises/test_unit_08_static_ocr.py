"""Other people's answers to the exercises of unit 08, and what measured gradients say of the references."""

import numpy as np
import pytest

from bpcore import functional as F
from bpcore.differences import numerical_gradient
from bpcore.exercises import assess, catalogue, plan

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- train_step ----------------------------------------------------------------


def softmax(Z):
    E = np.exp(Z)
    return E / E.sum(1, keepdims=True)


def step(X, labels, W1, b1, W2, b2, lr, slope=lambda A1, Z1: 1 - A1**2, error=lambda P, Y: (P - Y) / len(Y)):
    """The step with a slope and an error at the output to be chosen."""
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    P = softmax(A1 @ W2 + b2)
    loss = -np.mean([np.log(p[k]) for p, k in zip(P, labels, strict=True)])
    delta2 = error(P, np.eye(len(b2))[labels])
    delta1 = np.dot(delta2, W2.T) * slope(A1, Z1)
    dW2, dW1 = A1.T.dot(delta2), X.T.dot(delta1)
    moved = {
        "new_W1": W1 - lr * dW1,
        "new_b1": b1 - lr * delta1.sum(0),
        "new_W2": W2 - lr * dW2,
        "new_b2": b2 - lr * delta2.sum(0),
    }
    return {"A1": A1, "P": P, "loss": loss, "delta2": delta2, "dW2": dW2, "delta1": delta1, "dW1": dW1} | moved


@right("static_ocr.train_step")
def step_with_eye(X, labels, W1, b1, W2, b2, lr):
    return step(X, labels, W1, b1, W2, b2, lr)


@right("static_ocr.train_step")
def step_with_cosh(X, labels, W1, b1, W2, b2, lr):
    return step(X, labels, W1, b1, W2, b2, lr, slope=lambda A1, Z1: 1 / np.cosh(Z1) ** 2)


@right("static_ocr.train_step")
def step_in_place(X, labels, W1, b1, W2, b2, lr):
    A1 = np.tanh(b1 + X.dot(W1))
    P = F.softmax(b2 + A1.dot(W2))
    loss = F.softmax_cross_entropy(b2 + A1.dot(W2), labels)
    delta2 = P.copy()
    delta2[range(len(X)), labels] -= 1
    delta2 /= len(X)
    delta1 = np.einsum("nk,hk->nh", delta2, W2)
    delta1 -= delta1 * A1 * A1
    dW1, dW2 = np.einsum("nd,nh->dh", X, delta1), np.einsum("nh,nk->hk", A1, delta2)
    W1 -= lr * dW1
    b1 -= lr * np.add.reduce(delta1)
    W2 -= lr * dW2
    b2 -= lr * np.add.reduce(delta2)
    stages = {"A1": A1, "P": P, "loss": loss, "delta2": delta2, "dW2": dW2, "delta1": delta1, "dW1": dW1}
    return {**stages, "new_W1": W1, "new_b1": b1, "new_W2": W2, "new_b2": b2}


@right("static_ocr.train_step")
def step_sample_by_sample(X, labels, W1, b1, W2, b2, lr):
    parts = [step(x[None], k[None], W1, b1, W2, b2, lr) for x, k in zip(X, np.asarray(labels), strict=True)]
    out = {key: np.concatenate([part[key] for part in parts]) for key in ("A1", "P", "delta2", "delta1")}
    out["delta2"], out["delta1"] = out["delta2"] / len(X), out["delta1"] / len(X)
    for key in ("loss", "dW2", "dW1", "new_W1", "new_b1", "new_W2", "new_b2"):
        out[key] = np.mean([part[key] for part in parts], axis=0)
    return out


@wrong("static_ocr.train_step", "slope_of_sums")
def step_slope_of_sums(X, labels, W1, b1, W2, b2, lr):
    return step(X, labels, W1, b1, W2, b2, lr, slope=lambda A1, Z1: 1 - Z1 * Z1)


@wrong("static_ocr.train_step", "not_averaged")
def step_sums_the_batch(X, labels, W1, b1, W2, b2, lr):
    return step(X, labels, W1, b1, W2, b2, lr, error=lambda P, Y: P - Y)


@wrong("static_ocr.train_step", NO_NAME)
def step_with_another_slope(X, labels, W1, b1, W2, b2, lr):
    return step(X, labels, W1, b1, W2, b2, lr, slope=lambda A1, Z1: 1 - np.abs(A1) ** 3)


# -- split_by_writer -----------------------------------------------------------


@right("static_ocr.split_by_writer")
def split_with_choice(writers, held_out, rng):
    chosen = rng.choice(np.unique(writers), size=held_out, replace=False)
    mask = np.array([w in chosen for w in writers])
    return np.where(~mask)[0], np.where(mask)[0]


@right("static_ocr.split_by_writer")
def split_with_lists(writers, held_out, rng):
    names = sorted(set(writers.tolist()))
    rng.shuffle(names)
    kept = set(names[len(names) - held_out :])
    train = [n for n, name in enumerate(writers.tolist()) if name not in kept]
    return train, [n for n in reversed(range(len(writers))) if n not in train]


@right("static_ocr.split_by_writer")
def split_with_masks(writers, held_out, rng):
    names, which = np.unique(writers, return_inverse=True)
    test = (rng.permutation(len(names)) < held_out)[which]
    return ~test, test


@wrong("static_ocr.split_by_writer", "rows_drawn")
def split_like_any_other(writers, held_out, rng):
    order = rng.permutation(len(writers))
    cut = round(len(order) * held_out / len(set(writers.tolist())))
    return np.sort(order[cut:]), np.sort(order[:cut])


@wrong("static_ocr.split_by_writer", "same_writers_always")
def split_the_last_writers(writers, held_out, rng):
    names = np.unique(writers)[::-1][:held_out]
    test = np.isin(writers, names)
    return np.flatnonzero(~test), np.flatnonzero(test)


@wrong("static_ocr.split_by_writer", NO_NAME)
def split_without_the_middle(writers, held_out, rng):
    names = rng.permutation(np.unique(writers))
    return np.flatnonzero(np.isin(writers, names[held_out + 1 :])), np.flatnonzero(np.isin(writers, names[:held_out]))


# -- confusion -----------------------------------------------------------------


@right("static_ocr.confusion")
def confusion_add_at(labels, predictions, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (labels, predictions), 1)
    return table


@right("static_ocr.confusion")
def confusion_bincount(labels, predictions, classes):
    return np.bincount(classes * labels + predictions, minlength=classes**2).reshape(classes, classes)


@right("static_ocr.confusion")
def confusion_one_hot(labels, predictions, classes):
    return np.eye(classes)[labels].T @ np.eye(classes)[predictions]


@right("static_ocr.confusion")
def confusion_counts(labels, predictions, classes):
    pairs = list(zip(labels.tolist(), predictions.tolist(), strict=True))
    return [[pairs.count((t, p)) for p in range(classes)] for t in range(classes)]


@wrong("static_ocr.confusion", "each_pair_once")
def confusion_fancy(labels, predictions, classes):
    table = np.zeros((classes, classes), dtype=int)
    table[labels, predictions] += 1
    return table


@wrong("static_ocr.confusion", "transposed")
def confusion_turned(labels, predictions, classes):
    return np.bincount(classes * predictions + labels, minlength=classes**2).reshape(classes, classes)


@wrong("static_ocr.confusion", "classes_from_data")
def confusion_of_seen_classes(labels, predictions, classes):
    seen = sorted(set(labels.tolist()))
    return np.array([[np.sum((labels == t) & (predictions == p)) for p in seen] for t in seen])


@wrong("static_ocr.confusion", NO_NAME)
def confusion_counted_from_one(labels, predictions, classes):
    return 1 + confusion_bincount(labels, predictions, classes)


# -- conv_forward --------------------------------------------------------------


def windows(x, K, stride):
    """All windows of an image: (C_in, rows, columns, K, K)."""
    return np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(1, 2))[:, ::stride, ::stride]


@right("static_ocr.conv_forward")
def conv_by_views(x, w, b, stride):
    return np.einsum("dijkl,cdkl->cij", windows(x, w.shape[-1], stride), w) + b[:, None, None]


@right("static_ocr.conv_forward")
def conv_by_matrix(x, w, b, stride):
    view = windows(x, w.shape[2], stride).transpose(1, 2, 0, 3, 4)
    columns = view.reshape(view.shape[0] * view.shape[1], -1)
    return (w.reshape(len(w), -1) @ columns.T + b[:, None]).reshape(len(w), *view.shape[:2])


@right("static_ocr.conv_forward")
def conv_by_shifts(x, w, b, stride):
    K, rows, columns = w.shape[3], (x.shape[1] - w.shape[2]) // stride + 1, (x.shape[2] - w.shape[3]) // stride + 1
    out = np.zeros((len(w), rows, columns)) + b.reshape(-1, 1, 1)
    for k in range(K):
        for m in range(K):
            piece = x[:, k : k + rows * stride : stride, m : m + columns * stride : stride]
            out += np.tensordot(w[:, :, k, m], piece[:, :rows, :columns], axes=1)
    return out


@right("static_ocr.conv_forward")
def conv_with_seven_loops(x, w, b, stride):
    C_out, C_in, K, _ = w.shape
    rows, columns = (x.shape[1] - K) // stride + 1, (x.shape[2] - K) // stride + 1
    out = np.empty((C_out, rows, columns))
    for c, i, j in np.ndindex(out.shape):
        total = b[c]
        for d, k, m in np.ndindex(C_in, K, K):
            total = total + x[d, i * stride + k, j * stride + m] * w[c, d, k, m]
        out[c, i, j] = total
    return out


@wrong("static_ocr.conv_forward", "kernel_flipped")
def conv_of_the_mathematicians(x, w, b, stride):
    return conv_by_views(x, np.flip(w, axis=(2, 3)), b, stride)


@wrong("static_ocr.conv_forward", "stride_ignored")
def conv_crowded(x, w, b, stride):
    rows, columns = windows(x, w.shape[2], stride).shape[1:3]
    return conv_by_views(x, w, b, 1)[:, :rows, :columns]


@wrong("static_ocr.conv_forward", "bias_in_the_sum")
def conv_biased(x, w, b, stride):
    return conv_by_matrix(x, w, b * w[0].size, stride)


@wrong("static_ocr.conv_forward", NO_NAME)
def conv_by_channel(x, w, b, stride):
    return conv_by_views(x / len(x), w, b, stride)


# -- conv_backward -------------------------------------------------------------


def spread(g, x, K, stride):
    """g with zeros between its entries and around them: a kernel that slides over it gives one entry for each of x."""
    _, H, W = x.shape
    wide = np.zeros((len(g), H + K - 1, W + K - 1))
    wide[:, K - 1 : K - 1 + g.shape[1] * stride : stride, K - 1 : K - 1 + g.shape[2] * stride : stride] = g
    return wide


@right("static_ocr.conv_backward")
def back_by_sliding(x, w, g, stride):
    K = w.shape[2]
    dx = np.einsum("cijkl,cdkl->dij", windows(spread(g, x, K, stride), K, 1), w[:, :, ::-1, ::-1])
    return {"dx": dx, "dw": np.einsum("dijkl,cij->cdkl", windows(x, K, stride), g), "db": np.einsum("cij->c", g)}


@right("static_ocr.conv_backward")
def back_by_kernel_entries(x, w, g, stride):
    K, (C, rows, columns) = w.shape[3], g.shape
    dx, dw = np.zeros(np.shape(x)), np.empty(w.shape)
    for k in range(K):
        for m in range(K):
            there = np.s_[:, k : k + (rows - 1) * stride + 1 : stride, m : m + (columns - 1) * stride + 1 : stride]
            dx[there] += np.tensordot(w[:, :, k, m].T, g, axes=1)
            dw[:, :, k, m] = g.reshape(C, -1) @ x[there].reshape(len(x), -1).T
    return dx, dw, g.reshape(C, -1).sum(1)


@right("static_ocr.conv_backward")
def back_with_seven_loops(x, w, g, stride):
    dx, dw, db = np.zeros_like(x, dtype=float), np.zeros_like(w, dtype=float), np.zeros(len(w))
    for c, i, j in np.ndindex(g.shape):
        db[c] += g[c, i, j]
        for d, k, m in np.ndindex(w.shape[1:]):
            dx[d, i * stride + k, j * stride + m] += w[c, d, k, m] * g[c, i, j]
            dw[c, d, k, m] += x[d, i * stride + k, j * stride + m] * g[c, i, j]
    return {"db": db, "dw": dw, "dx": dx}


@wrong("static_ocr.conv_backward", "kernel_flipped_dx")
def back_not_flipped(x, w, g, stride):
    K = w.shape[2]
    dx = np.einsum("cijkl,cdkl->dij", windows(spread(g, x, K, stride), K, 1), w)
    return back_by_sliding(x, w, g, stride) | {"dx": dx}


@wrong("static_ocr.conv_backward", "overwritten_dx")
def back_overwritten(x, w, g, stride):
    answer, K = back_by_sliding(x, w, g, stride), w.shape[2]
    answer["dx"][...] = 0
    for c, i, j in np.ndindex(g.shape):
        answer["dx"][:, i * stride : i * stride + K, j * stride : j * stride + K] = w[c] * g[c, i, j]
    return answer


@wrong("static_ocr.conv_backward", "bias_averaged")
def back_mean_bias(x, w, g, stride):
    return back_by_sliding(x, w, g, stride) | {"db": np.average(g, axis=(1, 2))}


@wrong("static_ocr.conv_backward", NO_NAME)
def back_with_decay(x, w, g, stride):
    answer = back_by_sliding(x, w, g, stride)
    return answer | {"dw": answer["dw"] + 0.1 * w}


# -- max_pool_backward ---------------------------------------------------------


@right("static_ocr.max_pool_backward")
def pool_by_reshape(x, g, size):
    C, rows, columns = g.shape
    blocks = x.reshape(C, rows, size, columns, size).transpose(0, 1, 3, 2, 4).reshape(C, rows, columns, size * size)
    hot = np.arange(size * size) == blocks.argmax(axis=-1)[..., None]
    dx = (hot * g[..., None]).reshape(C, rows, columns, size, size)
    return dx.transpose(0, 1, 3, 2, 4).reshape(x.shape)


@right("static_ocr.max_pool_backward")
def pool_with_five_loops(x, g, size):
    dx = np.zeros(x.shape)
    for c, i, j in np.ndindex(g.shape):
        best, place = -np.inf, None
        for k in range(i * size, i * size + size):
            for m in range(j * size, j * size + size):
                if x[c, k, m] > best:
                    best, place = x[c, k, m], (c, k, m)
        dx[place] += g[c, i, j]
    return dx


@right("static_ocr.max_pool_backward")
def pool_last_of_equals(x, g, size):
    dx = np.zeros(x.shape)
    for c, i, j in np.ndindex(g.shape):
        block = x[c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        k, m = np.argwhere(block == block.max())[-1]
        dx[c, i * size + k, j * size + m] = g[c, i, j]
    return dx


@right("static_ocr.max_pool_backward")
def pool_shares_among_equals(x, g, size):
    def repeat(a):
        return a.repeat(size, axis=1).repeat(size, axis=2)

    blocks = x.reshape(len(x), g.shape[1], size, g.shape[2], size)
    hot = (x == repeat(blocks.max(axis=(2, 4)))).astype(float)
    counts = hot.reshape(blocks.shape).sum(axis=(2, 4))
    return hot * repeat(g / counts)


@wrong("static_ocr.max_pool_backward", "every_equal_entry")
def pool_mask(x, g, size):
    largest = x.reshape(len(x), g.shape[1], size, g.shape[2], size).max(axis=(2, 4))
    return np.kron(g, np.ones((1, size, size))) * (x == np.kron(largest, np.ones((1, size, size))))


@wrong("static_ocr.max_pool_backward", "spread_to_all")
def pool_repeats(x, g, size):
    return g.repeat(size, axis=1).repeat(size, axis=2)


@wrong("static_ocr.max_pool_backward", NO_NAME)
def pool_soft(x, g, size):
    weights = np.exp(x - x.max())
    blocks = weights.reshape(len(x), g.shape[1], size, g.shape[2], size)
    return (blocks / blocks.sum(axis=(2, 4), keepdims=True) * g[:, :, None, :, None]).reshape(x.shape)


# -- backward_skip -------------------------------------------------------------


def skip(X, labels, W1, W2, W3, gate=lambda Z2, A2: Z2 > 0, join=lambda through, around: through + around):
    """The network with a skip, in which the gate of layer 2 and the joining of the two ways can be chosen."""
    Z1 = np.dot(X, W1)
    A1 = Z1 * (Z1 > 0)
    Z2 = np.dot(A1, W2)
    A2 = A1 + Z2.clip(min=0)
    P = softmax(A2 @ W3)
    delta3 = (P - np.eye(P.shape[1])[labels]) / len(X)
    dA2 = delta3.dot(W3.T)
    delta2 = np.where(gate(Z2, A2), dA2, 0)
    dA1 = join(delta2.dot(W2.T), dA2)
    delta1 = np.where(Z1 > 0, dA1, 0)
    stages = {"A1": A1, "A2": A2, "P": P, "delta3": delta3, "delta2": delta2, "delta1": delta1, "dA2": dA2, "dA1": dA1}
    return stages | {"dW3": A2.T @ delta3, "dW2": A1.T @ delta2, "dW1": X.T @ delta1}


@right("static_ocr.backward_skip")
def skip_with_where(X, labels, W1, W2, W3):
    return skip(X, labels, W1, W2, W3)


@right("static_ocr.backward_skip")
def skip_accumulates(X, labels, W1, W2, W3):
    def join(through, around):
        total = np.zeros_like(through)
        for arriving in (around, through):
            total += arriving
        return total

    return skip(X, labels, W1, W2, W3, join=join)


@right("static_ocr.backward_skip")
def skip_as_a_tuple(X, labels, W1, W2, W3):
    values = skip(X, labels, W1, W2, W3, gate=lambda Z2, A2: np.sign(Z2) == 1)
    return [values[k] for k in ("A1", "A2", "P", "delta3", "dW3", "dA2", "delta2", "dW2", "dA1", "delta1", "dW1")]


@wrong("static_ocr.backward_skip", "skip_left_out")
def skip_overwrites(X, labels, W1, W2, W3):
    return skip(X, labels, W1, W2, W3, join=lambda through, around: through)


@wrong("static_ocr.backward_skip", "slope_from_output")
def skip_gated_by_output(X, labels, W1, W2, W3):
    return skip(X, labels, W1, W2, W3, gate=lambda Z2, A2: A2 > 0)


@wrong("static_ocr.backward_skip", NO_NAME)
def skip_fades(X, labels, W1, W2, W3):
    return skip(X, labels, W1, W2, W3, join=lambda through, around: through + 0.9 * around)


# -- the tests -----------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("08_static_ocr") == []


def test_every_convention_is_accepted_with_a_note():
    for id, exercise in catalogue("08_static_ocr").items():
        for convention in exercise.conventions:
            report = assess(id, exercise.build(convention))
            assert report.passed
            assert convention.message in report.notes


def test_the_gradients_of_a_convolution_are_the_measured_ones():
    forward = catalogue["static_ocr.conv_forward"].reference
    for case in plan(catalogue["static_ocr.conv_backward"], 3):
        x, w, g, stride = case.args
        x, w, b = x.astype(float), w.astype(float), np.zeros(len(w))
        mine = catalogue["static_ocr.conv_backward"].reference(x, w, g, stride)

        def loss(x, w, b, g=g, stride=stride):
            return float((forward(x, w, b, stride) * g).sum())

        for name, at in (("dx", 0), ("dw", 1), ("db", 2)):

            def moved(a, at=at, loss=loss, given=(x, w, b)):
                return loss(*given[:at], a, *given[at + 1 :])

            np.testing.assert_allclose(mine[name], numerical_gradient(moved, (x, w, b)[at]), rtol=1e-6, atol=1e-6)


def test_the_gradient_of_pooling_is_the_measured_one():
    for case in plan(catalogue["static_ocr.max_pool_backward"], 3):
        x, g, size = case.args
        if "equal" in case.name:
            continue

        def loss(v, g=g, size=size):
            return float((v.reshape(len(v), g.shape[1], size, g.shape[2], size).max(axis=(2, 4)) * g).sum())

        mine = catalogue["static_ocr.max_pool_backward"].reference(x, g, size)
        np.testing.assert_allclose(mine, numerical_gradient(loss, x.astype(float)), atol=1e-6)


def test_the_gradients_around_a_skip_are_the_measured_ones():
    for case in plan(catalogue["static_ocr.backward_skip"], 3):
        X, labels, *weights = case.args
        mine = catalogue["static_ocr.backward_skip"].reference(X, labels, *weights)

        def loss(weights, X=X, labels=labels):
            A1 = F.relu(X @ weights[0])
            return F.softmax_cross_entropy((F.relu(A1 @ weights[1]) + A1) @ weights[2], labels)

        for at in range(3):

            def moved(W, at=at, loss=loss, weights=weights):
                return loss([*weights[:at], W, *weights[at + 1 :]])

            np.testing.assert_allclose(mine[f"dW{at + 1}"], numerical_gradient(moved, weights[at]), atol=1e-6)


def test_a_step_is_what_the_library_does():
    for case in plan(catalogue["static_ocr.train_step"], 3):
        X, labels, W1, b1, W2, b2, lr = case.args
        mine = catalogue["static_ocr.train_step"].reference(*case.args)
        A1 = F.tanh(F.dense(X, W1, b1))
        logits = F.dense(A1, W2, b2)
        grad, dW2, db2 = F.dense_vjp(F.softmax_cross_entropy_grad(logits, labels), A1, W2)
        _, dW1, db1 = F.dense_vjp(F.tanh_vjp(grad, A1), X, W1)
        np.testing.assert_allclose(mine["loss"], F.softmax_cross_entropy(logits, labels))
        for name, old, theirs in (("W1", W1, dW1), ("b1", b1, db1), ("W2", W2, dW2), ("b2", b2, db2)):
            np.testing.assert_allclose(mine[f"new_{name}"], old - lr * theirs, atol=1e-14)
