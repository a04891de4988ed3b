"""Predict first: a question that a widget asks before it moves, and what was said beside what came out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bpcore.diary import Entry, remember
from bpcore.errors import DataError

SURE = ("a guess", "rather sure", "sure", "certain")  # confidence 1 to 4
CONFIDENT = 3  # from here on, a miss is remembered and comes back in review


@dataclass(frozen=True)
class Question:
    """What to predict.

    title      a few words under which the diary remembers it, without |
    text       the question as it is asked
    exercise   the id of the exercise that it leads to
    actual     from the widget, what came out; None as long as that is not known
    why        the reason, shown afterwards
    run        carries out on the widget what the question is about; `label` is what its button says
    choices    the answers to choose from; then `actual` gives the position of the right one. Without choices a number
               is asked for, and it is right when it lies within `tolerance` of what came out, as a part of it
    """

    title: str
    text: str
    exercise: str
    actual: Callable[[Any], float | None]
    why: str
    run: Callable[[Any], None]
    label: str = "See what happens"
    choices: tuple[str, ...] = ()
    unit: str = ""
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        if not self.title or "|" in self.title or "\n" in self.title:
            raise DataError(f"A question's title is one line without |, and this one is {self.title!r}.")

    def right(self, said: float, actual: float) -> bool:
        """Whether the prediction was good enough."""
        if self.choices:
            return int(said) == int(actual)
        return math.isclose(said, actual, rel_tol=self.tolerance, abs_tol=1e-9)

    def worded(self, value: float) -> str:
        """A value as one says it: the choice, or the number with its unit."""
        return f"“{self.choices[int(value)]}”" if self.choices else f"{value:.4g}{self.unit and ' ' + self.unit}"


class Prediction:
    """A question on its way: first it asks, then something was said, then what came out is there (`right` says how)."""

    def __init__(self, question: Question):
        self.question = question
        self.said: float | None = None
        self.confidence = 0
        self.actual: float | None = None

    @property
    def stage(self) -> str:
        """ask, said or come."""
        return "ask" if self.said is None else "said" if self.actual is None else "come"

    @property
    def right(self) -> bool:
        """Whether what was said came out; False before."""
        return self.actual is not None and self.question.right(self.said, self.actual)

    def say(self, value: float, confidence: int) -> None:
        """Take the prediction down. Raises DataError for a confidence outside 1 to 4 or an unknown choice."""
        if confidence not in range(1, len(SURE) + 1) or not math.isfinite(value):
            raise DataError(f"A prediction is a number and a confidence from 1 to 4; got {value!r} and {confidence!r}.")
        if self.question.choices and int(value) not in range(len(self.question.choices)):
            raise DataError(f"There is no answer number {value!r}: count from 0 to {len(self.question.choices) - 1}.")
        self.said, self.confidence = float(value), int(confidence)

    def look(self, widget: Any) -> None:
        """See whether the answer is there by now; if so, write into the diary whether one was sure and wrong."""
        if self.stage != "said":
            return
        actual = self.question.actual(widget)
        if actual is None:
            return
        self.actual = float(actual)
        missed = not self.right and self.confidence >= CONFIDENT
        question = self.question
        remember(Entry(datetime.now(), "predict", question.exercise, self.confidence * missed, question.title))

    def words(self) -> dict[str, Any]:
        """What the browser shows of it."""
        question = self.question
        told = {"stage": self.stage, "text": question.text, "choices": list(question.choices), "unit": question.unit}
        told |= {"run": question.label, "told": "", "come": "", "why": ""}
        if self.said is not None:
            told["told"] = f"You said {question.worded(self.said)} ({SURE[self.confidence - 1]})."
        if self.actual is not None:
            verdict = "As you said." if self.right else "Not what you said."
            told |= {"come": f"It came out as {question.worded(self.actual)}. {verdict}", "why": question.why}
        return told
