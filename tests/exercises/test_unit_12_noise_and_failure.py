"""Other people's answers to the exercises of unit 12, and what holds for every fair draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore.exercises import assess, catalogue

from .answers import NO_NAME, Answers, earns_everything, is_told

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- labels -----------------------------------------------------------------------


@right("noise.corrupt_labels")
def corrupt_in_a_loop(labels, fraction, classes, rng):
    noisy = labels.copy()
    for row in rng.choice(len(labels), round(fraction * len(labels)), replace=False):
        noisy[row] = rng.choice([c for c in range(classes) if c != labels[row]])
    return noisy


@right("noise.corrupt_labels")
def corrupt_until_another(labels, fraction, classes, rng):
    noisy = list(labels)
    order = list(range(len(noisy)))
    rng.shuffle(order)
    for row in order[: round(len(noisy) * fraction)]:
        while noisy[row] == labels[row]:
            noisy[row] = int(rng.integers(classes))
    return noisy


@right("noise.corrupt_labels")
def corrupt_by_skipping_the_old(labels, fraction, classes, rng):
    rows = np.argsort(rng.random(len(labels)))[: int(np.rint(fraction * len(labels)))]
    new = rng.integers(0, classes - 1, len(rows))
    noisy = np.array(labels)
    noisy[rows] = new + (new >= labels[rows])
    return noisy


@wrong("noise.corrupt_labels", "any_class")
def corrupt_with_any_class(labels, fraction, classes, rng):
    noisy = np.array(labels)
    for row in rng.choice(len(labels), round(fraction * len(labels)), replace=False):
        noisy[row] = rng.integers(classes)
    return noisy


@wrong("noise.corrupt_labels", "drawn_with_repeats")
def corrupt_some_twice(labels, fraction, classes, rng):
    noisy = labels.copy()
    rows = rng.choice(len(labels), round(fraction * len(labels)))
    noisy[rows] = (labels[rows] + rng.integers(1, classes, len(rows))) % classes
    return noisy


@wrong("noise.corrupt_labels", "always_the_next")
def corrupt_by_one(labels, fraction, classes, rng):
    noisy = labels.copy()
    rows = rng.choice(len(labels), round(fraction * len(labels)), replace=False)
    noisy[rows] = np.where(labels[rows] == classes - 1, 0, labels[rows] + 1)
    return noisy


@wrong("noise.corrupt_labels", NO_NAME)
def corrupt_mostly_the_next(labels, fraction, classes, rng):
    noisy = corrupt_in_a_loop(labels, fraction, classes, rng)
    pushed = (noisy != labels) & (rng.random(len(labels)) < 0.5)
    return np.where(pushed, (labels + 1) % classes, noisy)


# -- early stopping ---------------------------------------------------------------


@right("noise.early_stopping")
def stop_with_a_counter(losses, patience):
    best, lowest, waited = 0, losses[0], 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            best, lowest, waited = epoch, loss, 0
        elif epoch:
            waited += 1
        if waited == patience:
            return best, epoch
    return best, len(losses) - 1


@right("noise.early_stopping")
def stop_by_looking_back(losses, patience):
    for last in range(len(losses)):
        best = int(np.nanargmin(losses[: last + 1]))
        if last - best == patience:
            return np.array([best, last])
    return np.array([best, last])


@right("noise.early_stopping")
def stop_with_while(losses, patience):
    epoch = best = 0
    while epoch + 1 < len(losses) and epoch - best < patience:
        epoch += 1
        best = epoch if losses[epoch] < losses[best] else best
    return [best, epoch]


@wrong("noise.early_stopping", "first_rise")
def stop_at_once(losses, patience):
    last = 0
    while last + 1 < len(losses):
        last += 1
        if losses[last] > losses[last - 1]:
            break
    seen = np.array(losses[: last + 1])
    return int(np.nanargmin(seen)), last


@wrong("noise.early_stopping", NO_NAME)
def stop_after_twice_the_patience(losses, patience):
    return stop_with_a_counter(losses, 2 * patience)


# -- noise on the inputs ----------------------------------------------------------


@right("noise.noisy_copies")
def copies_in_a_line(X, size, epochs, rng):
    return [X + rng.normal(size=X.shape) * size for _ in range(epochs)]


@right("noise.noisy_copies")
def copies_all_at_once(X, size, epochs, rng):
    return X + size * rng.standard_normal((epochs, *X.shape))


@right("noise.noisy_copies")
def copies_by_copying(X, size, epochs, rng):
    copies = []
    for _ in range(epochs):
        noisy = X.copy()
        noisy += rng.normal(0, size, X.shape)
        copies.append(noisy)
    return copies


@wrong("noise.noisy_copies", "noise_drawn_once")
def copies_alike(X, size, epochs, rng):
    return [X + size * rng.normal(size=X.shape)] * epochs


@wrong("noise.noisy_copies", NO_NAME)
def copies_cut_off(X, size, epochs, rng):
    return [np.clip(copy, 0, 1) for copy in copies_in_a_line(X, size, epochs, rng)]


# -- dead units -------------------------------------------------------------------


@right("noise.dead_units")
def dead_by_the_largest(X, W, b):
    return (X @ W).max(axis=0) + b <= 0


@right("noise.dead_units")
def dead_by_relu(X, W, b):
    return ~np.maximum(X @ W + b, 0).any(axis=0)


@right("noise.dead_units")
def dead_one_by_one(X, W, b):
    return [all(x @ W[:, j] + b[j] <= 0 for x in X) for j in range(len(b))]


@wrong("noise.dead_units", "zero_counts_as_on")
def dead_below_zero(X, W, b):
    return np.array([max(column) < 0 for column in (X @ W + b).T])


@wrong("noise.dead_units", NO_NAME)
def dead_nearly(X, W, b):
    return (X @ W + b <= 1.0).mean(axis=0) > 0.5


# -- saturation -------------------------------------------------------------------


@right("noise.saturation")
def flat_by_cosh(Z, small):
    slope = 1 / np.cosh(Z) ** 2
    return {"slope": slope, "share": np.mean(slope < small, axis=0)}


@right("noise.saturation")
def flat_from_values(Z, small):
    A = np.tanh(Z)
    slope = (1 - A) * (1 + A)
    return slope, (slope < small).sum(axis=0) / len(Z)


@right("noise.saturation")
def flat_unit_by_unit(Z, small):
    slope = 1 - np.tanh(Z) ** 2
    return {"share": [sum(column < small) / len(column) for column in slope.T], "slope": slope.tolist()}


@wrong("noise.saturation", "wrong_axis")
def flat_samples(Z, small):
    slope = 1 / np.cosh(Z) ** 2
    return {"slope": slope, "share": np.array([np.mean(row < small) for row in slope])}


@wrong("noise.saturation", NO_NAME)
def flat_by_far_sums(Z, small):
    slope = 1 - np.tanh(Z) ** 2
    return {"slope": slope, "share": (np.abs(Z) > 1).mean(axis=0) / 3}


# -- a diagnosis ------------------------------------------------------------------


@right("noise.diagnose_run")
def diagnose_by_a_list(history):
    t, v = history["training"], history["validation"]
    signs = [
        ("overflow", any(np.isnan(x) or np.isinf(x) for x in t)),
        ("says nothing", t[-1] / np.log(history["classes"]) > 0.95),
        ("memorises", v[-1] / min(v) > 1.2),
        ("goes on", t[-1] / t[-6] < 0.9),
        ("has settled", True),
    ]
    return next(name for name, seen in signs if seen)


@right("noise.diagnose_run")
def diagnose_with_elif(history):
    training, validation, K = history["training"], history["validation"], history["classes"]
    if not np.isfinite(sum(training)):
        word = "overflow"
    elif np.exp(training[-1] / 0.95) > K:
        word = "says nothing"
    elif validation[-1] > 1.2 * min(validation):
        word = "memorises"
    else:
        word = "goes on" if training[-1] < 0.9 * training[len(training) - 6] else "has settled"
    return word


@right("noise.diagnose_run")
def diagnose_backwards(history):
    t, v = np.array(history["training"]), np.array(history["validation"])
    word = np.where(t[-1] < 0.9 * t[-6], "goes on", "has settled")
    word = "memorises" if v[-1] > 1.2 * v.min() else str(word)
    word = "says nothing" if t[-1] > 0.95 * np.log(history["classes"]) else word
    return word if np.isfinite(t).all() else "overflow"


@wrong("noise.diagnose_run", "compared_with_training")
def diagnose_by_the_gap(history):
    word = diagnose_by_a_list(history)
    if word in ("memorises", "goes on", "has settled"):
        t, v = history["training"], history["validation"]
        if v[-1] > 1.2 * t[-1]:
            return "memorises"
        return "goes on" if t[-1] < 0.9 * t[-6] else "has settled"
    return word


@wrong("noise.diagnose_run", NO_NAME)
def diagnose_always_well(history):
    return "has settled"


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("12_noise_and_failure") == []


def reference(name):
    return catalogue[f"noise.{name}"].reference


@pytest.mark.parametrize("fair", [corrupt_in_a_loop, corrupt_until_another, corrupt_by_skipping_the_old])
def test_a_fair_draw_passes_whatever_the_seed(fair):
    for seed in range(30):
        assert assess("noise.corrupt_labels", fair, seed).passed


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=40), fraction=st.floats(0, 1), seed=st.integers(0, 1000))
def test_exactly_so_many_labels_are_wrong(labels, fraction, seed):
    labels = np.array(labels)
    noisy = reference("corrupt_labels")(labels, fraction, 5, np.random.default_rng(seed))
    assert (noisy != labels).sum() == round(fraction * len(labels))
    assert set(noisy) <= set(range(5))


@given(losses=st.lists(st.floats(0, 10), min_size=1, max_size=30), patience=st.integers(1, 8))
def test_it_stops_after_the_patience_or_at_the_end(losses, patience):
    best, last = reference("early_stopping")(np.array(losses), patience)
    assert losses[best] == min(losses[: last + 1])
    assert best == losses.index(losses[best])
    assert last - best == patience or (last == len(losses) - 1 and last - best < patience)


def test_noise_that_piles_up_grows_with_the_root_of_the_epochs():
    exercise, X = catalogue["noise.noisy_copies"], np.zeros((100, 100))
    for build, growth in ((exercise.reference, 1.0), (exercise.build(exercise.mistake("noise_piles_up")), 4.0)):
        copies = build(X, 0.1, 16, np.random.default_rng(0))
        assert copies[15].std() / copies[0].std() == pytest.approx(growth, rel=0.05)


def test_no_gradient_comes_through_a_dead_unit():
    rng = np.random.default_rng(1)
    X, W, b = rng.normal(size=(20, 3)), rng.normal(size=(3, 12)), rng.normal(size=12) * 3
    dead = reference("dead_units")(X, W, b)
    assert 0 < dead.sum() < 12
    dW = X.T @ (rng.normal(size=(20, 12)) * (X @ W + b > 0))
    np.testing.assert_array_equal((dW == 0).all(axis=0), dead)


def test_the_slope_of_a_saturated_unit_is_measured():
    Z = np.linspace(-4, 4, 9)[:, None]
    measured = (np.tanh(Z + 1e-5) - np.tanh(Z - 1e-5)) / 2e-5
    np.testing.assert_allclose(reference("saturation")(Z, 0.1)["slope"], measured, atol=1e-9)


def test_a_network_that_gives_each_class_the_same_says_nothing():
    for classes in (2, 3, 10, 1000):
        history = {"training": [np.log(classes)] * 6, "validation": [np.log(classes)] * 6, "classes": classes}
        assert reference("diagnose_run")(history) == "says nothing"
