"""Reviews come back at growing distances, for what was difficult and for nothing else."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bpcore.diary import Entry
from bpcore.exercises import catalogue
from bpcore.review import GAPS, for_today, schedule

DAY = datetime(2026, 1, 5, 12)
DENSE = "backprop.dense_forward"


def on(day: float, what: str = "right", exercise: str = DENSE) -> Entry:
    """What was done so many days after the first: a right check, a wrong one, or a look at the solution."""
    when = DAY + timedelta(days=day)
    if what == "solution":
        return Entry(when, "solution", exercise)
    return Entry(when, "check", exercise, catalogue[exercise].points if what == "right" else 0.0)


def due_after(*entries: Entry) -> list[int]:
    """In how many days from the first each review is due."""
    return [(item.since - DAY.date()).days for item in schedule(entries)]


def test_what_was_right_at_once_never_comes_back():
    assert schedule([on(0), on(3)]) == []


def test_what_is_still_wrong_is_not_a_review():
    assert schedule([on(0, "wrong")]) == []
    assert schedule([on(0, "right"), on(1, "wrong")]) == []


def test_what_was_wrong_comes_back_on_the_next_day():
    assert due_after(on(0, "wrong"), on(0.1)) == [1]


def test_a_solution_looked_at_before_passing_counts_as_difficult_and_after_it_does_not():
    assert due_after(on(0, "solution"), on(0.1)) == [1]
    assert due_after(on(0), on(0.1, "solution")) == []


def test_each_success_on_its_day_makes_the_gap_longer_until_it_is_known():
    entries, day = [on(0, "wrong"), on(0)], 0
    for gap in GAPS:
        assert due_after(*entries) == [day + gap]
        day += gap
        entries.append(on(day))
    assert schedule(entries) == []


@pytest.mark.parametrize("day", [0.1, 0.4])
def test_passing_again_before_its_day_changes_nothing(day):
    assert due_after(on(0, "wrong"), on(0), on(day)) == [1]


def test_a_failure_starts_again_with_the_shortest_gap():
    assert due_after(on(0, "wrong"), on(0), on(1), on(4, "wrong"), on(4.1)) == [5]


def test_today_brings_the_longest_overdue_first_and_no_more_than_fits():
    slow, quick = "backprop.backward", "backprop.sgd_step"
    entries = [on(0, "wrong", slow), on(0, "right", slow), on(1, "wrong", quick), on(1, "right", quick)]
    assert for_today(entries, DAY.date()) == []
    assert [item.exercise for item in for_today(entries, date(2026, 1, 7), minutes=1)] == [slow]
    assert [item.exercise for item in for_today(entries, date(2026, 1, 7), minutes=999)] == [slow, quick]
