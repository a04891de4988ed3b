"""Wrong walks down a slope, and where a right one arrives; the right ones stand among the right variants."""

import math

import numpy as np
import pytest

from bpcore.exercises import catalogue

from .answers import NO_NAME, Answers, is_told

answers = Answers()
wrong = answers.wrong


@wrong("start.walk_down", "uphill")
def walk_up(f, w, rate, steps):
    for _ in range(steps):
        w += (f(w + 1e-5) - f(w - 1e-5)) / 2e-5 * rate
    return w


@wrong("start.walk_down", "measured_once")
def walk_straight_on(f, w, rate, steps):
    slope = (f(w + 1e-5) - f(w - 1e-5)) / 2e-5
    return w - steps * rate * slope


@wrong("start.walk_down", NO_NAME)
def walk_with_shrinking_steps(f, w, rate, steps):
    for k in range(steps):
        w = w - rate / (k + 2) * (f(w + 1e-5) - f(w - 1e-5)) / 2e-5
    return w


@wrong("start.slope_at", "one_sided")
def slope_from_above(f, x, h):
    here = f(x)
    return (f(x + h) - here) / h


@wrong("start.slope_at", "divided_by_h")
def slope_too_steep(f, x, h):
    return f(x + h) / h - f(x - h) / h


@wrong("start.slope_at", NO_NAME)
def slope_from_below(f, x, h):
    return (f(x) - f(x - h)) / h


@wrong("start.find_the_bug", "kept_no_axis")
def centre_by_lists(X):
    means = [row.mean() for row in X]
    return X - means


@wrong("start.find_the_bug", "wrong_axis")
def centre_the_columns(X):
    return np.array([column - column.mean() for column in X.T]).T


@wrong("start.find_the_bug", NO_NAME)
def centre_by_the_median(X):
    return X - np.median(X, axis=1, keepdims=True) + 1


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_a_walk_down_a_parabola_shrinks_the_distance_by_the_same_factor():
    # The slope of (w - 3)² is 2 (w - 3), so each step multiplies the distance to 3 by 1 - 2 rate.
    walk_down = catalogue["start.walk_down"].reference
    for rate, steps in ((0.1, 5), (0.4, 3), (1.1, 2)):
        reached = walk_down(lambda v: (v - 3) ** 2, 7.0, rate, steps)
        assert math.isclose(reached, 3 + 4 * (1 - 2 * rate) ** steps, abs_tol=1e-8)
