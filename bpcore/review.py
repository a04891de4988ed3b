"""What to do again, and when: an exercise that was once got wrong comes back after 1, 3, 7, 21 and 60 days.

Recalling something shortly before it is forgotten keeps it longest (Cepeda et al., Psychological Bulletin 132, 2006);
each success makes the next gap longer, and a failure starts again with the shortest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bpcore.diary import Entry
from bpcore.exercises import catalogue

GAPS = (1, 3, 7, 21, 60)  # days


@dataclass(frozen=True)
class Due:
    """An exercise to be done again, the day from which it is due, and the reason in a few words."""

    exercise: str
    since: date
    reason: str

    @property
    def minutes(self) -> int:
        """How long it took to do the first time, by the exercise's own estimate."""
        return catalogue[self.exercise].minutes


@dataclass
class _Card:
    """One exercise that was difficult: on which day it was last passed, and how often since it was last wrong."""

    reason: str
    passed_on: date | None = None
    successes: int = 0

    def due(self) -> date | None:
        if self.passed_on is None or self.successes > len(GAPS):
            return None
        return self.passed_on + timedelta(days=GAPS[self.successes - 1])


def schedule(entries: Iterable[Entry]) -> list[Due]:
    """Every exercise that will come back, the earliest first.

    It counts as difficult once a check of it lost points, or once its solution was looked at before it was passed.
    It comes back only after it has been passed: until then it is not finished, rather than due again. Passing it
    twice on one day counts once, as does passing it before its day.
    """
    cards: dict[str, _Card] = {}
    passed: set[str] = set()
    for entry in entries:
        exercise, day = entry.exercise, entry.when.date()
        if entry.what == "solution" and exercise not in passed:
            cards.setdefault(exercise, _Card("you looked at its solution"))
        elif entry.what == "check" and entry.points < catalogue[exercise].points:
            cards[exercise] = _Card("it was wrong at first")  # what was wrong is for the learner to recall
        elif entry.what == "check":
            passed.add(exercise)
            card = cards.get(exercise)
            if card and (card.passed_on is None or day >= (card.due() or day)):
                card.passed_on, card.successes = day, card.successes + 1
    due = [Due(exercise, when, card.reason) for exercise, card in cards.items() if (when := card.due())]
    return sorted(due, key=lambda item: item.since)


def for_today(entries: Iterable[Entry], today: date, minutes: float = 10) -> Sequence[Due]:
    """What to do again today: the longest overdue first, as many as fit into `minutes`, and one at least if any is."""
    chosen: list[Due] = []
    for item in schedule(entries):
        if item.since <= today and (not chosen or sum(c.minutes for c in chosen) + item.minutes <= minutes):
            chosen.append(item)
    return chosen
