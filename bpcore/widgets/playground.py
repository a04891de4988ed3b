"""The Playground: a network one can take hold of, on points in the plane, driven by bpcore or one's own functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from bpcore.layers import Sequential
from bpcore.trace import Complaint, Functions, arrays_of, trace_along, trace_look
from bpcore.widgets.assets import script, style
from bpcore.widgets.base import Live
from bpcore.widgets.experiment import Experiment, Settings, name_of
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Question
from bpcore.widgets.questions import named

GRID = 60  # the field has GRID × GRID places, and each unit's little picture every third of them
EVERY = 3
PLACES = 41  # on the curve of the loss along one weight
REACH = 4.0  # that curve goes from −REACH to REACH, or further where the weight lies further out
SHOWN_HISTORY = 240
MOST_STEPS = 200


class Playground(Live):
    """A live network of dense layers: drag a weight, press play, and see everything that follows.

    Playground()                                   two hidden layers of four tanh units, on XOR
    Playground(model=model, data=(X, y))           a Sequential of yours; X (N, 2), labels 0 and 1
    Playground(forward=forward, backward=backward) your functions of units 03 and 05 do the work; where one fails, it
                                                   says so and ours go on (trace.Functions has what they are given)

    The other arguments are those of experiment.Settings, and can all be changed in the widget. `weights` is a list of
    arrays or one number for all. `predict` is a Question, or the name of one in questions.py.

    .weights, .history, .data and .model can be read and written; after changing the model's own arrays, call refresh().
    .code() is the cell that reproduces the present state.

    Raises DataError and ShapeError for what does not fit, saying what would.
    """

    _esm = script("playground.js")
    _css = style("playground.css")
    title: ClassVar[str] = "Neural network playground"
    size: ClassVar[tuple[float, float]] = (9.0, 5.0)

    def __init__(
        self,
        model: Sequential | None = None,
        data: str | tuple[Any, Any] = "xor",
        forward: Callable[..., Any] | None = None,
        backward: Callable[..., Any] | None = None,
        *,
        weights: float | Sequence[Any] | None = None,
        history: Iterable[float] = (),
        predict: Question | str | None = None,
        outputs: int | None = None,
        hidden: Sequence[int] = (4, 4),
        activation: str | None = None,
        **settings: Any,
    ):
        theirs = Functions(forward, backward)
        mine = forward is not None or backward is not None
        own = None if isinstance(data, str) else data
        chosen = Settings(
            data="own" if own is not None else data,
            hidden=tuple(hidden),
            activation=activation or ("relu" if mine else "tanh"),
            **settings,
        )
        # Theirs have a softmax at the end, as in the course, and so one output for each class.
        outputs = outputs or (2 if mine else 1)
        self.experiment = Experiment(chosen, model=model, own=own, theirs=theirs, outputs=outputs)
        if weights is not None:
            self.experiment.weights = weights
        self.experiment.history = [float(loss) for loss in history]
        self._chosen, self._gesture, self._code = 0, None, ""
        super().__init__(predict=named(predict) if isinstance(predict, str) else predict)

    # -- from Python ---------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[np.ndarray]:
        """Copies of [W1, b1, W2, b2, …]; assign such a list, or one number for all, to change them."""
        return self.experiment.weights

    @weights.setter
    def weights(self, weights: float | Sequence[Any]) -> None:
        with self._lock:
            self.experiment.weights = weights
            self.refresh()

    @property
    def model(self) -> Sequential:
        """The network itself, as bpcore.train takes it; assign another to show that one."""
        return self.experiment.model

    @model.setter
    def model(self, model: Sequential) -> None:
        with self._lock:
            self.experiment.model = model
            self._chosen = 0
            self.refresh()

    @property
    def history(self) -> list[float]:
        """The loss on all points after each step; assign a list to begin from there."""
        return list(self.experiment.history)

    @history.setter
    def history(self, losses: Iterable[float]) -> None:
        self.experiment.history = [float(loss) for loss in losses]
        self.refresh()

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """X of shape (N, 2) and labels of shape (N,); assign such a pair, or the name of a shape."""
        return self.experiment.data

    @data.setter
    def data(self, data: str | tuple[Any, Any]) -> None:
        with self._lock:
            self.experiment.use(data)
            self.refresh()

    @property
    def loss(self) -> float:
        """The loss on all points, now."""
        return self.experiment.trace().loss

    def step(self, times: int = 1) -> None:
        """Take so many steps of the optimizer."""
        with self._lock:
            self.experiment.mark()
            self.experiment.step(times)
            self.refresh()

    def reset(self) -> None:
        """Draw the weights anew and forget the steps."""
        with self._lock:
            self.ask_reset({})
            self.refresh()

    def undo(self) -> None:
        """Take back the last change."""
        with self._lock:
            self.ask_undo({})
            self.refresh()

    def code(self) -> str:
        """The cell that builds this state again."""
        theirs = self.experiment.theirs
        given = {"forward": theirs.forward, "backward": theirs.backward}
        return self.experiment.code([name for name, function in given.items() if function is not None])

    def __repr__(self) -> str:
        e = self.experiment
        sizes = "-".join(map(str, e.sizes))
        return f"Playground({sizes}, {e.settings.activation}, on {e.settings.data}, {len(e.history)} steps)"

    # -- from the browser ----------------------------------------------------------------------------------------------

    def ask_edit(self, given: dict) -> None:
        """New values for parameters, [[index, value], …], and settings; one gesture is undone at once."""
        self._mark_once(given)
        for index, value in given.get("values", ()):
            self.experiment.edit(int(index), float(value))
        if settings := given.get("settings"):
            if "hidden" in settings:
                settings["hidden"] = tuple(settings["hidden"])
            self.experiment.change(**settings)
        chosen = int(given.get("chosen", self._chosen))
        self._chosen = min(max(chosen, 0), self._count() - 1)

    def ask_step(self, given: dict) -> None:
        """Steps of the optimizer; those of one run of play are one gesture."""
        self._mark_once(given)
        self.experiment.step(min(int(given.get("times", 1)), MOST_STEPS))

    def ask_reset(self, given: dict) -> None:
        """Begin anew."""
        self.experiment.mark()
        self.experiment.reset()

    def ask_undo(self, given: dict) -> None:
        """Take back the last gesture."""
        self.experiment.undo()
        self._chosen = min(self._chosen, self._count() - 1)

    def ask_point(self, given: dict) -> None:
        """One more point."""
        self.experiment.mark()
        self.experiment.add_point(float(given["x"]), float(given["y"]), int(given["label"]))

    def ask_clear(self, given: dict) -> None:
        """Only two points."""
        self.experiment.mark()
        self.experiment.clear_points()

    def ask_code(self, given: dict) -> None:
        """The code goes with the next frame."""
        self._code = self.code()

    def _mark_once(self, given: dict) -> None:
        if "gesture" in given and given["gesture"] != self._gesture:
            self._gesture = given["gesture"]
            self.experiment.mark()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _count(self) -> int:
        return sum(a.size for a in arrays_of(self.experiment.model))

    def _places(self) -> np.ndarray:
        """The middle of each cell of the field, row by row from the top: shape (GRID², 2)."""
        edge = self.experiment.window * (1 - 1 / GRID)
        x = np.linspace(-edge, edge, GRID)
        return np.stack(np.meshgrid(x, -x), axis=-1).reshape(-1, 2)

    def _along(self) -> tuple[np.ndarray, np.ndarray]:
        """The values for the chosen weight, and the loss for each."""
        e = self.experiment
        value = float(np.concatenate([a.ravel() for a in arrays_of(e.model)])[self._chosen])
        reach = REACH if abs(value) <= 0.9 * REACH else 1.5 * abs(value)
        values = np.linspace(-reach, reach, PLACES)
        return values, trace_along(e.model, *e.data, self._chosen, values, e.theirs)

    def _pictures(self, field: np.ndarray, hidden: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each unit after the inputs, what it says at every place, between −1 and 1; shape (GRID², units)."""
        kind, pictures = self.experiment.settings.activation, []
        for a in hidden:
            if kind == "sigmoid":
                a = 2 * a - 1
            elif kind != "tanh":
                a = a / np.maximum(1.0, np.abs(a).max(axis=0))
            pictures.append(a)
        sure = 2 * field[:, None] - 1
        return [*pictures, sure if self.experiment.outputs == 1 else np.hstack([-sure, sure])]

    def frame(self) -> Frame:
        e = self.experiment
        passed, look = e.trace(), trace_look(e.model, self._places(), e.theirs)
        values, along = self._along()
        X, y = e.data
        pictures = self._pictures(look.field, look.hidden)
        small = [a.T.reshape(-1, GRID, GRID)[:, 1::EVERY, 1::EVERY] for a in pictures]
        shown = np.unique(np.linspace(0, max(len(e.history) - 1, 0), SHOWN_HISTORY).astype(int)) if e.history else []
        numbers = {
            "now": [passed.loss, passed.accuracy, len(e.history), e.window, values[-1]],
            "weights": np.concatenate([a.ravel() for a in arrays_of(e.model)]),
            "gradients": np.concatenate([g.ravel() for g in passed.gradients]),
            "field": look.field,
            "units": np.concatenate([a.ravel() for a in small]),
            "X": X,
            "y": y,
            "along": along,
            "steps": shown,
            "history": [e.history[i] for i in shown],
        }
        words = {
            "settings": e.described(),
            "sizes": e.sizes,
            "chosen": self._chosen,
            "undo": e.can_undo,
            "complaints": [c.__dict__ for c in _once([*passed.complaints, *look.complaints])],
            "mine": [n for n in ("forward", "backward") if getattr(e.theirs, n) is not None],
        }
        if self._code:
            words["code"], self._code = self._code, ""
        return Frame(numbers, words)

    def table(self) -> Table:
        e = self.experiment
        passed = e.trace()
        s = e.settings
        batch = "all points at once" if s.batch_size is None else f"batches of {s.batch_size}"
        sizes = "-".join(map(str, e.sizes))
        text = (
            f"A {sizes} network with {s.activation} on {len(e.data[1])} points ({s.data}), after {len(e.history)} "
            f"steps of {s.optimizer} with learning rate {s.learning_rate:g} and {batch}: loss {passed.loss:.4f}, "
            f"{100 * passed.accuracy:.0f}% of the points right."
        )
        rows = []
        for number, (a, g) in enumerate(zip(arrays_of(e.model), passed.gradients, strict=True)):
            for place in np.ndindex(a.shape):
                rows.append((spoken(e.sizes, number, place), f"{a[place]:.3f}", f"{g[place]:.2e}"))
        return Table(text, ("weight", "value", "gradient"), tuple(rows))

    def draw(self, figure: Any) -> None:
        from bpcore.widgets.playground_still import draw

        e = self.experiment
        look = trace_look(e.model, self._places(), e.theirs)
        pictures = [a.T.reshape(-1, GRID, GRID) for a in self._pictures(look.field, look.hidden)]
        draw(figure, e, pictures, look.field.reshape(GRID, GRID))


def spoken(sizes: Sequence[int], number: int, place: tuple[int, ...]) -> str:
    """A parameter by its name: array `number` of [W1, b1, …], at `place`."""
    layer, last = number // 2 + 1, len(sizes) - 1

    def unit(of: int, which: int) -> str:
        if of == 0:
            return f"input {which + 1}"
        if of == last:
            return "output" if sizes[-1] == 1 else f"output {which + 1}"
        return f"unit {which + 1} of layer {of}"

    at = ", ".join(str(i) for i in place)
    if number % 2:
        return f"{name_of(number)}[{at}]: bias of {unit(layer, place[0])}"
    return f"{name_of(number)}[{at}]: {unit(layer - 1, place[0])} to {unit(layer, place[1])}"


def _once(complaints: Iterable[Complaint]) -> list[Complaint]:
    """One complaint for each function: the first."""
    return list({c.function: c for c in reversed(list(complaints))}.values())
