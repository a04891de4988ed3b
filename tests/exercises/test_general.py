"""What is certain of wrong numbers without a bank: proven on references with something done to their results."""

from dataclasses import replace

import numpy as np
import pytest

from bpcore.exercises import catalogue, driving, evaluate, plan
from bpcore.exercises.facts import Pair, find_fact

ARRAYS = ("start.row_sums", "backprop.dense_forward", "backprop.weight_gradient", "backprop.input_gradient")
ARRAYS += ("backprop.softmax_ce_delta", "backprop.hidden_delta")
TABLES = ("backprop.weight_gradient", "backprop.hidden_delta", "backprop.softmax_ce_delta")
RNG = np.random.default_rng(0)


def changed(id, change):
    """The verdict on the reference's result after ``change(result, *arguments)``; the bank is put aside."""
    exercise = replace(catalogue[id], mistakes=())
    cases = plan(exercise, 0)

    def answer(*args):
        return change(np.asarray(exercise.reference(*args)), *args)

    report = evaluate(exercise, cases, [driving.observe(answer, exercise.drive, case.args) for case in cases])
    assert report.points < exercise.points
    return report


def fact(own, expected, **sizes):
    return find_fact([Pair(own, np.asarray(expected), sizes)], 1e-6)


# -- facts across exercises ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ARRAYS)
@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (lambda R, *a: -R, "sign", "exactly the negative"),
        (lambda R, *a: 2 * R, "factor", "2 times what is expected"),
        (lambda R, *a: None, "forgot_return", "did you forget `return`?"),
        (lambda R, *a: np.zeros_like(R), "zeros", "zero everywhere"),
        (lambda R, *a: R * np.nan, "not_finite", "Yours is nan at [0"),
        (lambda R, *a: R[..., None] * np.ones(3) / 3, "missing_sum", "would be right if it were summed over them"),
        (lambda R, *a: R.sum(), "summed_too_far", "one number for all"),
        (lambda R, *a: R.mean(), "summed_too_far", "the mean of the expected"),
        (lambda R, *a: R * (1 + 1e-4), "few_digits", "first digits"),
        (lambda R, *a: str(R), "not_numbers", "Numbers are expected"),
        (lambda R, *a: ..., "", ""),
        (lambda R, *a: R + 1, "", "very entry differs"),
    ],
)
def test_a_fact_is_told_in_every_exercise(id, change, name, words):
    report = changed(id, change)
    assert report.mistake == name, report.text()
    assert words in report.text()


@pytest.mark.parametrize("id", ["backprop.dense_forward", "backprop.hidden_delta", "backprop.softmax_ce_delta"])
def test_a_factor_says_which_size_it_is(id):
    assert changed(id, lambda R, *a: R * len(R)).mistake == "factor_size"
    report = changed(id, lambda R, *a: -R / R.shape[1])
    assert report.mistake == "factor_one_over_size"
    assert "minus 1/" in report.message
    assert "with the sign turned round" in report.message


def test_the_batch_size_is_called_by_its_name():
    report = changed("backprop.hidden_delta", lambda R, *a: R / len(R))
    assert (
        report.message == "Yours is 1/7 of what is expected, and 7 is the batch size N."
        or "batch size N" in report.text()
    )


@pytest.mark.parametrize("id", TABLES)
def test_a_transpose_is_seen(id):
    assert changed(id, lambda R, *a: R.T).mistake == "transposed"


def test_rows_that_met_every_row():
    told = changed("start.row_sums", lambda R, X: X[:, :1] + X[:, 1:].sum(axis=1))
    assert told.mistake == "broadcast"
    assert "(2, 2) where (2,) is expected" in told.message


def test_whole_numbers():
    assert changed("backprop.dense_forward", lambda R, *a: R.astype(int)).mistake in ("integers", "")
    told = fact(np.array([1, 2, -3]), [1.5, 2.7, -3.2])
    assert (told.name, "cut off" in told.message) == ("integers", True)
    told = fact(np.array([2, 2, -4]), [1.5, 2.7, -3.2])
    assert (told.name, "dtype int64" in told.message) == ("integers", True)


def test_an_exact_shape_is_asked_for_only_where_it_is_the_point():
    assert changed("start.row_sums", lambda R, *a: R[None]).mistake == "exact_shape"
    assert fact(np.array([[2.0, 9.0, 5.0]]), [1.0, 2.0, 3.0]).name == ""


def test_the_rows_that_differ_are_told():
    def spoil(R, *a):
        R = R.copy()
        R[0] += 1
        return R

    assert "That is in row 0; every other row is right." in changed("backprop.softmax_ce_delta", spoil).message
    many = fact(np.arange(20.0).reshape(10, 2) + np.repeat([1, 0], [8, 2])[:, None], np.arange(20.0).reshape(10, 2))
    assert "That is in 8 of 10 rows." in many.message
    turned = fact([1.0, -2.0, 3.0, -4.0], [1.0, 2.0, 3.0, 4.0])
    assert turned.message.endswith("Where they differ, only the sign is turned round.")


# -- and silence where nothing is certain --------------------------------------------------------------------------


def test_one_number_is_no_proof_of_a_factor():
    for own in (2.0, -1.0, 0.5, 3.0):
        assert fact(own, 1.0, N=2, D=3) == fact(own, 1.0)
        assert fact(own, 1.0, N=2, D=3).name == ""
    assert fact([2.0, 4.0], [1.0, 2.0], N=2).name == ""


def test_the_first_case_once_more_is_no_second_proof():
    exercise = replace(catalogue["backprop.sgd_step"], mistakes=())
    cases = plan(exercise, 0)[::3]
    assert len(cases) == 2

    def answer(params, grads, lr):
        params[0] -= lr * grads[0]
        params[1] += 2 * params[1] - 3 * lr * grads[1]

    report = evaluate(exercise, cases, [driving.observe(answer, exercise.drive, c.args) for c in cases])
    assert (report.quantity, report.mistake) == ("params[1]", "")


def test_a_size_that_has_two_names_is_told_by_both():
    told = fact(np.array([4.0, 8.0, 12.0]), [1.0, 2.0, 3.0], **{"the batch size N": 4, "the inputs D": 4, "K": 3})
    assert told.message == "Yours is 4 times what is expected, and 4 is the batch size N and also the inputs D."


def test_a_square_by_another_way_is_not_called_a_broadcast():
    assert fact(RNG.normal(size=(3, 3)), RNG.normal(size=3)).name == "shape"


def test_a_factor_that_changes_from_case_to_case_is_no_constant():
    pairs = [Pair(f * np.arange(1.0, 5), np.arange(1.0, 5), {}) for f in (2, 3)]
    assert find_fact(pairs, 1e-6).message == "Yours is what is expected times one number (2 in this case)."
    pairs = [Pair(np.array([f, 2.0 * f]), np.array([1.0, 2.0]), {}) for f in (2, 3)]
    assert find_fact(pairs, 1e-6).name == ""


def test_noise_gives_no_name():
    for shape in ((), (3,), (2, 3), (4, 4), (1, 5), (5, 1)):
        for _ in range(50):
            own, expected = RNG.normal(size=(2, *shape))
            assert fact(own, expected, N=shape[0] if shape else 1, K=2).name == ""


def test_numbers_that_look_alike_are_shown_to_the_digit_that_differs():
    report = changed("start.row_sums", lambda R, *a: R * (1 + 3e-6))
    assert report.first.yours != report.first.expected
