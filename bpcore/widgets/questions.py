"""Questions that the widgets ask before they move."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from bpcore.errors import DataError
from bpcore.widgets.prediction import Question


def _after(steps: int) -> Any:
    """The loss once so many steps were made."""
    return lambda playground: playground.loss if len(playground.history) >= steps else None


ZERO_WEIGHTS = Question(
    title="XOR with all weights zero: the loss after 100 steps",
    text="All weights and biases are 0, and XOR has as many points of each class. What is the loss after 100 steps?",
    exercise="backprop.hidden_delta",
    actual=_after(100),
    run=lambda playground: playground.experiment.step(100),
    label="Take 100 steps",
    why=(
        "It is still ln 2 = 0.6931. Going back, the error is multiplied by weights that are 0, so nothing arrives at "
        "the layers before; going forward, the last layer is fed zeros; and its bias is pulled up by one class as much "
        "as it is pulled down by the other. No gradient is different from 0, so nothing ever moves."
    ),
    tolerance=0.01,
)

QUESTIONS = {"zero_weights": ZERO_WEIGHTS}


def named(name: str, known: Mapping[str, Question] = QUESTIONS) -> Question:
    """The question of that name. Raises DataError for a name there is not."""
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise DataError(f"There is no question {name!r}; there are {', '.join(near or known)}.")
    return known[name]
