"""What every widget is: it takes requests from the browser, computes, and answers each with one numbered frame."""

from __future__ import annotations

import itertools
import os
import threading
import uuid
from typing import Any, ClassVar

import anywidget
import traitlets

from bpcore.errors import BpcoreError, DataError
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Prediction, Question
from bpcore.widgets.still import NO_MANAGER, VIEW, bundle, picture_of

# What may be asked while a question waits for its prediction.
BEFORE_PREDICTING = ("look", "predict")


class Live(anywidget.AnyWidget):
    """A widget whose numbers come from Python. A new kind sets `_esm`, `_css` and `title`, and writes

    frame() -> Frame       what the browser draws of the present state
    table() -> Table       the same in words and numbers
    draw(figure)           the same on a matplotlib Figure, of `size` inches
    ask_NAME(given)        what happens when the browser asks for NAME; BpcoreErrors are shown to the learner

    After changing something from Python, call refresh().
    """

    title: ClassVar[str] = "A widget"
    size: ClassVar[tuple[float, float]] = (8.0, 4.5)
    _about = traitlets.Dict().tag(sync=True)

    def __init__(self, *, predict: Question | None = None, **traits: Any):
        self._serial = itertools.count()
        # JupyterLab may have requests answered beside a running cell, in another thread of the kernel.
        self._lock = threading.RLock()
        self._prediction = None if predict is None else Prediction(predict)
        # An id of its own, known before the browser hears of the widget.
        super().__init__(_about={"id": uuid.uuid4().hex, "title": self.title}, **traits)
        self.on_msg(self._received)

    def frame(self) -> Frame:
        """What the browser draws of the present state."""
        raise NotImplementedError(f"{type(self).__name__} must define frame() -> Frame.")

    def table(self) -> Table:
        """The present state in words and numbers."""
        raise NotImplementedError(f"{type(self).__name__} must define table() -> Table.")

    def draw(self, figure: Any) -> None:
        """The present state on a matplotlib Figure."""
        raise NotImplementedError(f"{type(self).__name__} must define draw(figure).")

    @property
    def prediction(self) -> Prediction | None:
        """The question that is on its way, with what was said and what came out; None when there is none."""
        return self._prediction

    def predict(self, question: Question) -> None:
        """Ask this now: the widget waits until there is a prediction, or it was skipped."""
        self._prediction = Prediction(question)
        self.refresh()

    def refresh(self) -> None:
        """Show in every view what the widget has become."""
        with self._lock:
            self._answer("", 0)

    def ask_look(self, given: dict) -> None:
        """Only show what there is."""

    def ask_predict(self, given: dict) -> None:
        """Take a prediction down, or skip the question if there is none."""
        if self._prediction is None:
            return
        if "value" not in given:
            self._prediction = None
        else:
            self._prediction.say(given["value"], given["confidence"])

    def ask_carry_out(self, given: dict) -> None:
        """Do what the question is about."""
        if self._prediction is not None:
            self._prediction.question.run(self)

    def ask_leave(self, given: dict) -> None:
        """Put the question away."""
        self._prediction = None

    def _received(self, _: Any, content: dict, buffers: list) -> None:
        who, n, ask = content.get("who", ""), content.get("n", 0), content.get("ask", "")
        with self._lock:
            self._do(who, n, ask, content)

    def _do(self, who: str, n: int, ask: str, content: dict) -> None:
        try:
            waits = self._prediction is not None and self._prediction.stage == "ask"
            if not waits or ask in BEFORE_PREDICTING:
                self._handler(ask)(content.get("given", {}))
            self._answer(who, n, told=bool(content.get("told")))
        except Exception as error:
            # Whatever it was, the browser must hear of it: it asks nothing more until there is an answer.
            text = str(error) if isinstance(error, BpcoreError) else f"{type(error).__name__}: {error}"
            self.send({"kind": "failed", "who": who, "n": n, "text": text})

    def _handler(self, ask: str) -> Any:
        handler = getattr(self, f"ask_{ask}", None)
        if handler is None:
            raise DataError(f"{type(self).__name__} cannot {ask!r}.")
        return handler

    def _answer(self, who: str, n: int, *, told: bool = False) -> None:
        if self._prediction is not None:
            self._prediction.look(self)
        frame = self.frame()
        layout, numbers = frame.packed()
        words = dict(frame.words)
        if self._prediction is not None:
            words["question"] = self._prediction.words()
        if told:
            table = self.table()
            words["table"] = {"text": table.text, "columns": table.columns, "rows": table.rows}
        serial = next(self._serial)
        head = {"kind": "frame", "who": who, "n": n, "serial": serial, "layout": layout, "words": words}
        self.send(head, buffers=[numbers])

    # -- where nothing can move ----------------------------------------------------------------------------------------

    def still(self) -> dict[str, str]:
        """MIME types to contents: picture and table of the present state. While nbgrader grades, the table alone."""
        png = None if os.environ.get("NBGRADER_EXECUTION") else picture_of(self.draw, self.size)
        return bundle(self.title, self.table(), png, self._about["id"])

    def _view(self) -> dict[str, Any]:
        return {VIEW: {"version_major": 2, "version_minor": 1, "model_id": self.model_id}}

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict, dict]:
        return self.still() | self._view(), {}

    def _ipython_display_(self, **_: Any) -> None:
        """Two outputs: the picture, which the live widget hides, and the widget, which leaves where it cannot live.

        As one output with alternatives, an export or a reopened notebook that knows widgets but has no kernel would
        choose the widget, and be blank.
        """
        from IPython.display import publish_display_data

        publish_display_data(self.still())
        told = f'<p style="font-size: 0.85em">{NO_MANAGER}</p>'
        publish_display_data(self._view() | {"text/html": told, "text/plain": NO_MANAGER})
