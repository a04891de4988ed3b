"""What every widget does: answers each request with one frame, asks before it moves, and leaves a picture behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bpcore import diary
from bpcore.errors import DataError
from bpcore.widgets.base import Live
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Prediction, Question


class Counter(Live):
    """One number that can be raised."""

    _esm = "export default {}"
    title = "A counter"
    size = (2.0, 1.0)

    def __init__(self, **options: Any):
        self.number = 0
        super().__init__(**options)
        self.sent: list[tuple[dict, list]] = []
        self.send = lambda content, buffers=None: self.sent.append((content, buffers))

    def frame(self) -> Frame:
        return Frame({"number": self.number, "row": [[1, 2], [3, 4]]}, {"even": self.number % 2 == 0})

    def table(self) -> Table:
        return Table(f"It stands at {self.number}.", ("what", "value"), (("number", self.number),))

    def draw(self, figure: Any) -> None:
        figure.subplots().plot([0, self.number])

    def ask_raise(self, given: dict) -> None:
        if given["by"] < 0:
            raise DataError("It only goes up.")
        self.number += given["by"]

    def asked(self, ask: str, n: int = 1, **given: Any) -> dict:
        """What is answered when the browser asks."""
        self._received(self, {"ask": ask, "n": n, "who": "me", "given": given}, [])
        return self.sent[-1][0]


SURE = Question(
    title="After three",
    text="What does it show after 3?",
    exercise="backprop.hidden_delta",
    actual=lambda counter: counter.number if counter.number >= 3 else None,
    why="Because 3 is 3.",
    run=lambda counter: counter.ask_raise({"by": 3}),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path


def test_a_frame_is_one_stretch_of_float32_in_the_order_of_its_names():
    layout, numbers = Frame({"a": 1.5, "b": np.arange(6.0).reshape(2, 3)}).packed()
    assert layout == [["a", 1], ["b", 6]]
    assert np.frombuffer(numbers, "<f4").tolist() == [1.5, 0, 1, 2, 3, 4, 5]
    assert Frame({}).packed() == ([], b"")


def test_each_request_has_one_answer_that_names_it():
    counter = Counter()
    for n in range(1, 5):
        counter.asked("raise", n, by=1)
    assert [(head["kind"], head["who"], head["n"]) for head, _ in counter.sent] == [
        ("frame", "me", n) for n in (1, 2, 3, 4)
    ]
    serials = [head["serial"] for head, _ in counter.sent]
    assert serials == sorted(set(serials))
    assert np.frombuffer(counter.sent[-1][1][0], "<f4")[0] == 4


def test_what_python_changes_is_an_answer_to_nobody():
    counter = Counter()
    counter.refresh()
    assert (counter.sent[0][0]["who"], counter.sent[0][0]["n"]) == ("", 0)


@pytest.mark.parametrize(
    ("ask", "given", "text"),
    [
        ("raise", {"by": -1}, "It only goes up."),
        ("raise", {}, "KeyError: 'by'"),
        ("fall", {}, "Counter cannot 'fall'."),
    ],
)
def test_a_failure_is_an_answer_too(ask, given, text):
    answer = Counter().asked(ask, 7, **given)
    assert (answer["kind"], answer["n"], answer["text"]) == ("failed", 7, text)


def test_the_table_comes_only_when_it_is_wanted():
    counter = Counter()
    assert "table" not in counter.asked("look")["words"]
    counter._received(counter, {"ask": "look", "n": 2, "who": "me", "told": True}, [])
    assert counter.sent[-1][0]["words"]["table"]["text"] == "It stands at 0."


def test_nothing_moves_before_there_is_a_prediction(folder):
    counter = Counter(predict=SURE)
    assert counter.asked("raise", by=1)["words"]["question"]["stage"] == "ask"
    assert counter.number == 0
    said = counter.asked("predict", value=4.0, confidence=3)["words"]["question"]
    assert (said["stage"], said["told"]) == ("said", "You said 4 (sure).")
    come = counter.asked("carry_out")["words"]["question"]
    assert come["stage"] == "come"
    assert come["come"] == "It came out as 3. Not what you said."
    (review,) = diary.progress_of(diary.read(folder)).reviews
    assert review.question == "After three"
    assert "question" not in counter.asked("leave")["words"]


@pytest.mark.parametrize(("value", "confidence"), [(3.1, 4), (4.0, 2)])
def test_what_is_right_or_was_a_guess_is_not_held_against_anyone(folder, value, confidence):
    counter = Counter(predict=SURE)
    counter.asked("predict", value=value, confidence=confidence)
    counter.asked("carry_out")
    assert diary.progress_of(diary.read(folder)).reviews == ()


def test_a_question_can_be_skipped():
    counter = Counter(predict=SURE)
    assert "question" not in counter.asked("predict")["words"]
    counter.asked("raise", by=1)
    assert counter.number == 1


def test_a_choice_is_right_only_when_it_is_that_one():
    question = Question(
        "Is it", "Is it?", "backprop.hidden_delta", lambda _: 1, "So.", lambda _: None, choices=("no", "yes")
    )
    prediction = Prediction(question)
    with pytest.raises(DataError, match="no answer number 2"):
        prediction.say(2, 1)
    prediction.say(0, 1)
    prediction.look(None)
    assert prediction.words()["come"] == "It came out as “yes”. Not what you said."


@pytest.mark.parametrize("title", ["", "a | b", "two\nlines"])
def test_a_title_that_would_spoil_the_diary_is_refused(title):
    with pytest.raises(DataError, match="title"):
        Question(title, "?", "x", lambda _: 1, "", lambda _: None)


def test_where_nothing_moves_there_are_a_picture_and_a_table(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    counter = Counter()
    data, _ = counter._repr_mimebundle_()
    assert set(data) == {"image/png", "text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert data["image/png"] in data["text/html"]
    assert '<th scope="row">number</th><td>0</td>' in data["text/html"]
    assert data["text/plain"].splitlines() == ["A counter", "It stands at 0.", "what    value", "number      0"]


def test_while_grading_no_picture_is_drawn(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    counter = Counter()
    counter.draw = lambda figure: pytest.fail("it drew")
    assert "image/png" not in counter.still()
