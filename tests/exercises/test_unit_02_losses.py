"""Other people's answers to the exercises of unit 02, and what the library says of the same losses."""

import math

import numpy as np
import pytest

from bpcore import functional as F
from bpcore.differences import numerical_gradient
from bpcore.exercises import catalogue, plan

from .answers import NO_NAME, earns_everything, is_told
from .unit_02_bug import answers

right, wrong = answers.right, answers.wrong

# -- mse --------------------------------------------------------------------


@right("losses.mse")
def mse_by_loop(prediction, target):
    total = 0.0
    for p, t in zip(prediction.ravel(), target.ravel(), strict=True):
        total += (p - t) ** 2
    return total / prediction.size


@right("losses.mse")
def mse_by_dot(prediction, target):
    d = (prediction.flatten() - target.flatten()).astype(float)
    return d @ d / len(d)


@right("losses.mse")
def mse_of_lists(prediction, target):
    pairs = zip(np.reshape(prediction, -1).tolist(), np.reshape(target, -1).tolist(), strict=True)
    squares = [math.pow(p - t, 2) for p, t in pairs]
    return np.array([sum(squares) / len(squares)])


@wrong("losses.mse", "divided_by_samples")
def mse_sums_the_rows(prediction, target):
    target = target.reshape(prediction.shape)
    return sum(np.sum((p - t) ** 2) for p, t in zip(prediction, target, strict=True)) / prediction.shape[0]


@wrong("losses.mse", "paired_with_all")
def mse_trusts_shapes(prediction, target):
    return np.average(np.square(np.subtract(target, prediction)))


@wrong("losses.mse", NO_NAME)
def mse_is_a_length(prediction, target):
    return np.linalg.norm(prediction.ravel() - target.ravel())


# -- slope --------------------------------------------------------------------


@right("losses.slope")
def slope_in_steps(f, x, h):
    rise = f(x + h) - f(x - h)
    run = (x + h) - (x - h)
    return rise / run


@right("losses.slope")
def slope_as_mean_of_two(f, x, h):
    middle = f(x)
    return 0.5 * ((f(x + h) - middle) / h + (middle - f(x - h)) / h)


@right("losses.slope")
def slope_with_arrays(f, x, h):
    values = [f(np.float64(v)) for v in (x - h, x + h)]
    return np.diff(values)[0] / (2.0 * h)


@wrong("losses.slope", "one_sided")
def slope_upwards(f, x, h):
    before = f(x)
    after = f(x + h)
    return (after - before) / h


@wrong("losses.slope", "sign_turned")
def slope_downhill(f, x, h):
    left, right_ = f(x - h), f(x + h)
    return (left - right_) / h / 2


@wrong("losses.slope", NO_NAME)
def slope_of_twice_the_step(f, x, h):
    return (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)


# -- mse_grad --------------------------------------------------------------------


@right("losses.mse_grad")
def mse_grad_by_loop(prediction, target):
    grad = np.zeros(prediction.shape)
    for place, t in zip(np.ndindex(prediction.shape), target.ravel(), strict=True):
        grad[place] = 2 / prediction.size * (prediction[place] - t)
    return grad


@right("losses.mse_grad")
def mse_grad_from_below(prediction, target):
    return (target.reshape(prediction.shape) - prediction) * (-2.0 / np.prod(prediction.shape))


@right("losses.mse_grad")
def mse_grad_of_means(prediction, target):
    d = prediction - np.resize(target, prediction.shape)
    return np.multiply(d, 2) * (1 / len(d.ravel()))


@wrong("losses.mse_grad", "sign_turned")
def mse_grad_to_the_target(prediction, target):
    error = target.reshape(prediction.shape) - prediction
    return error * 2 / error.size


@wrong("losses.mse_grad", "half_loss_over_samples")
def mse_grad_of_another_loss(prediction, target):
    N = prediction.shape[0]
    return (1.0 / N) * (prediction - target.reshape(prediction.shape))


@wrong("losses.mse_grad", NO_NAME)
def mse_grad_flat(prediction, target):
    return 2 * (prediction.ravel() - target.ravel()) / prediction.size


# -- softmax --------------------------------------------------------------------


@right("losses.softmax")
def softmax_row_by_row(logits):
    rows = []
    for row in logits:
        powers = [math.exp(v - max(row)) for v in row]
        rows.append([p / sum(powers) for p in powers])
    return rows


@right("losses.softmax")
def softmax_through_logarithms(logits):
    top = np.max(logits, axis=-1)[:, None]
    return np.exp(logits - top - np.log(np.sum(np.exp(logits - top), axis=-1))[:, None])


@right("losses.softmax")
def softmax_transposed(logits):
    z = logits.T.astype(float)
    e = np.exp(z - z.max(axis=0))
    return (e / e.sum(axis=0)).T


@right("losses.softmax")
def softmax_of_differences(logits):
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


@wrong("losses.softmax", "no_maximum")
def softmax_plain(logits):
    total = np.zeros((len(logits), 1))
    for k in range(logits.shape[1]):
        total[:, 0] += np.exp(logits[:, k])
    return np.exp(logits) / total


@wrong("losses.softmax", "one_maximum")
def softmax_for_the_batch(logits):
    e = np.exp(logits - np.amax(logits))
    return np.array([row / np.sum(row) for row in e])


@wrong("losses.softmax", NO_NAME)
def softmax_less_the_mean(logits):
    e = np.exp(logits - logits.mean(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# -- cross_entropy --------------------------------------------------------------------


@right("losses.cross_entropy")
def cross_entropy_by_loop(logits, labels):
    losses = []
    for row, label in zip(logits, labels, strict=True):
        top = row.max()
        losses.append(top + math.log(sum(math.exp(v - top) for v in row)) - row[label])
    return sum(losses) / len(losses)


@right("losses.cross_entropy")
def cross_entropy_with_logaddexp(logits, labels):
    return np.mean(np.logaddexp.reduce(logits, axis=1) - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0])


@right("losses.cross_entropy")
def cross_entropy_with_one_hot(logits, labels):
    Y = np.eye(logits.shape[1])[labels]
    Z = logits - np.max(logits, axis=1).reshape(-1, 1)
    log_sum = np.log(np.sum(np.exp(Z), axis=1))
    return (log_sum.sum() - (Y * Z).sum()) / len(Y)


@wrong("losses.cross_entropy", "clipped_at_1e_12")
def cross_entropy_padded(logits, labels):
    e = np.exp(logits - logits.max(axis=1)[:, None])
    P = e / e.sum(axis=1)[:, None]
    return -sum(np.log(P[n, k] + 1e-12) for n, k in enumerate(labels)) / len(labels)


@wrong("losses.cross_entropy", "divided_by_entries")
def cross_entropy_of_a_table(logits, labels):
    Y = np.zeros(logits.shape)
    Y[range(len(Y)), labels] = 1
    Z = logits - logits.max(axis=1, keepdims=True)
    return np.mean(Y * (np.log(np.exp(Z).sum(axis=1, keepdims=True)) - Z))


@wrong("losses.cross_entropy", NO_NAME)
def cross_entropy_worst(logits, labels):
    return max(np.logaddexp.reduce(row) - row[k] for row, k in zip(logits, labels, strict=True))


# -- log_sigmoid --------------------------------------------------------------------


@right("losses.log_sigmoid")
def log_sigmoid_with_logaddexp(z):
    return -np.logaddexp(0, -z)


@right("losses.log_sigmoid")
def log_sigmoid_two_branches(z):
    return np.where(z < 0, z - np.log(1 + np.exp(z)), -np.log(1 + np.exp(-z)))


@right("losses.log_sigmoid")
def log_sigmoid_by_loop(z):
    out = np.empty(z.shape)
    for place in np.ndindex(z.shape):
        v = float(z[place])
        out[place] = -math.log1p(math.exp(-v)) if v > 0 else v - math.log1p(math.exp(v))
    return out


@right("losses.log_sigmoid")
def log_sigmoid_for_large_numbers(z):
    z = z.astype(float)
    near = np.abs(z) < 40
    return np.where(near, np.log(1 / (1 + np.exp(-np.where(near, z, 0)))), np.minimum(z, 0))


@wrong("losses.log_sigmoid", "log_of_zero")
def log_sigmoid_half_way(z):
    return -np.log(1 + np.exp(-z))


@wrong("losses.log_sigmoid", NO_NAME)
def log_sigmoid_without_one_tail(z):
    return np.where(z >= 0, -np.log1p(np.exp(-np.abs(z))), z)


# -- binary_cross_entropy --------------------------------------------------------------------


@right("losses.binary_cross_entropy")
def binary_in_one_line(logits, targets):
    return np.mean(np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits))))


@right("losses.binary_cross_entropy")
def binary_with_signs(logits, targets):
    return np.logaddexp(0, -(2 * targets - 1) * logits).mean()


@right("losses.binary_cross_entropy")
def binary_by_loop(logits, targets):
    total = 0
    for z, t in zip(logits.tolist(), targets.tolist(), strict=True):
        log_p = -math.log1p(math.exp(-z)) if z > 0 else z - math.log1p(math.exp(z))
        total -= log_p if t else log_p - z
    return total / len(logits)


@wrong("losses.binary_cross_entropy", "halved")
def binary_mean_of_both_terms(logits, targets):
    yes, no = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
    return -np.mean(np.concatenate([targets * yes, (1 - targets) * no]))


@wrong("losses.binary_cross_entropy", "second_term_missing")
def binary_counts_the_ones(logits, targets):
    return sum(np.logaddexp(0, -z) for z, t in zip(logits, targets, strict=True) if t == 1) / len(logits)


@wrong("losses.binary_cross_entropy", NO_NAME)
def binary_is_a_median(logits, targets):
    return np.median(np.logaddexp(0, np.where(targets == 1, -logits, logits))) + 1


# -- softmax_jacobian --------------------------------------------------------------------


@right("losses.softmax_jacobian")
def jacobian_by_loops(p):
    J = np.zeros((len(p), len(p)))
    for i in range(len(p)):
        for j in range(len(p)):
            J[i, j] = p[i] * (1 - p[i]) if i == j else -p[i] * p[j]
    return J


@right("losses.softmax_jacobian")
def jacobian_from_identity(p):
    return p[:, None] * (np.eye(p.size) - p)


@right("losses.softmax_jacobian")
def jacobian_fills_the_diagonal(p):
    column = p.reshape(-1, 1)
    J = -column @ column.T
    J[np.diag_indices_from(J)] += p
    return J


@wrong("losses.softmax_jacobian", "diagonal_only")
def jacobian_own_scores(p):
    J = np.zeros((p.size, p.size))
    for k, probability in enumerate(p):
        J[k, k] = probability - probability**2
    return J


@wrong("losses.softmax_jacobian", "sign_turned")
def jacobian_downhill(p):
    return np.array([[p[i] * (p[j] - (i == j)) for j in range(len(p))] for i in range(len(p))])


@wrong("losses.softmax_jacobian", NO_NAME)
def jacobian_no_second_case(p):
    return np.array([[p[i] * (1 - p[j]) for j in range(len(p))] for i in range(len(p))])


# -- softmax_vjp --------------------------------------------------------------------


@right("losses.softmax_vjp")
def vjp_with_tables(P, g):
    return np.array([row @ (np.diag(p) - np.outer(p, p)) for p, row in zip(P, g, strict=True)])


@right("losses.softmax_vjp")
def vjp_with_einsum(P, g):
    return P * g - P * np.einsum("nk,nk->n", P, g)[:, None]


@right("losses.softmax_vjp")
def vjp_by_loops(P, g):
    out = []
    for p, up in zip(P.tolist(), g.tolist(), strict=True):
        mean = sum(a * b for a, b in zip(p, up, strict=True))
        out.append([a * (b - mean) for a, b in zip(p, up, strict=True)])
    return out


@wrong("losses.softmax_vjp", "dot_added")
def vjp_with_wrong_tables(P, g):
    return np.stack([(np.diagflat(p) + np.multiply.outer(p, p)) @ up for p, up in zip(P, g, strict=True)])


@wrong("losses.softmax_vjp", "diagonal_only")
def vjp_as_for_sigmoids(P, g):
    return g * P - g * P**2


@wrong("losses.softmax_vjp", NO_NAME)
def vjp_dot_once(P, g):
    return P * g - np.sum(P * g, axis=1).reshape(-1, 1)


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("02_losses") == []


def cases(id):
    return [case.args for case in plan(catalogue[id], 3)]


def test_squared_error_is_what_the_library_says():
    mse, grad = catalogue["losses.mse"].reference, catalogue["losses.mse_grad"].reference
    for prediction, target in cases("losses.mse"):
        same = target.reshape(prediction.shape)
        np.testing.assert_allclose(mse(prediction, target), F.mean_squared_error(prediction, same))
        np.testing.assert_allclose(grad(prediction, target), F.mean_squared_error_grad(prediction, same))


def test_softmax_and_cross_entropy_are_what_the_library_says():
    for (logits,) in cases("losses.softmax"):
        np.testing.assert_allclose(catalogue["losses.softmax"].reference(logits), F.softmax(logits))
    for logits, labels in cases("losses.cross_entropy"):
        mine = catalogue["losses.cross_entropy"].reference(logits, labels)
        np.testing.assert_allclose(mine, F.softmax_cross_entropy(logits, labels))


def test_two_classes_are_what_the_library_says_of_two_scores():
    for logits, targets in cases("losses.binary_cross_entropy"):
        both = np.stack([np.zeros(len(logits)), logits], axis=1)
        mine = catalogue["losses.binary_cross_entropy"].reference(logits, targets)
        np.testing.assert_allclose(mine, F.softmax_cross_entropy(both, targets.astype(int)))


def test_log_sigmoid_is_the_logarithm_of_the_librarys_sigmoid_where_that_has_one():
    for (z,) in cases("losses.log_sigmoid"):
        there = np.abs(z) < 600
        np.testing.assert_allclose(
            catalogue["losses.log_sigmoid"].reference(z)[there], np.log(F.sigmoid(z[there])), atol=1e-15
        )


def test_the_slopes_of_softmax_are_those_that_are_measured():
    rng = np.random.default_rng(4)
    z, g = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    P = F.softmax(z)
    measured = numerical_gradient(lambda v: float((F.softmax(v) * g).sum()), z)
    np.testing.assert_allclose(catalogue["losses.softmax_vjp"].reference(P, g), measured, atol=1e-9)
    table = catalogue["losses.softmax_jacobian"].reference(P[0])
    np.testing.assert_allclose(g[0] @ table, measured[0], atol=1e-9)
