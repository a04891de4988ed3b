"""The graph stepper: a computation forward node by node, and back one product at a time."""

from __future__ import annotations

from typing import Any, ClassVar

from bpcore.diagrams import Edge, plan_graph, plot_graph
from bpcore.errors import DataError
from bpcore.plots import short
from bpcore.widgets.assets import script, style
from bpcore.widgets.base import Live
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.graph_walk import Stop, added, formula, read_graph, walk
from bpcore.widgets.prediction import Question
from bpcore.widgets.questions import named

UNITS = 100  # of the drawing, for an inch of the plan
GAP = 1.2  # inches between two columns: room for a product

USED_AGAIN = Question(
    title="c = a·a + a at a = 3: the gradient of a",
    text="c = a·a + a, and a is 3. What is the slope of c by a?",
    exercise="chain_rule.sum_over_paths",
    actual=lambda stepper: stepper.gradients.get("a") if stepper.at == stepper.last else None,
    run=lambda stepper: stepper.ask_go({"at": stepper.last}),
    label="Walk to the end",
    why=(
        "Three edges lead back to a: two from the product, with the slope 3 each, and one from the sum, with the slope "
        "1. Over paths, slopes are added: 3 + 3 + 1 = 7. Who stores in place of adding keeps only the last one."
    ),
)
QUESTIONS = {"used_again": USED_AGAIN}


class GraphStepper(Live):
    """Step through the graph below a result: forward node by node, then back, one product at a time.

    GraphStepper(c, a=a, b=b)    names are yours to give; the other Values are called v1, v2, …
    GraphStepper(loss, w=w, L=loss)

    The result is a bp.Value, or a Value of your own with .data, .grad, .parents and .slopes, as in unit 04: then the
    walk multiplies the slopes that *your* operations have noted. If your .backward() has left gradients in .grad and
    one of them differs from the walk, the last stop says so. `predict` is a Question, or "used_again" (c = a·a + a).

    .at can be read and written, from 0 to .last; .gradients has what has arrived so far, by name.

    Raises DataError and ShapeError for what is no such graph, or has more than 16 nodes.
    """

    _esm = script("graph_stepper.js")
    _css = style("small.css")
    title: ClassVar[str] = "Graph stepper"

    def __init__(self, result: Any, *, predict: Question | str | None = None, **names: Any):
        self.reading = read_graph(result, names)
        self.stops = walk(self.reading)
        self._at = 0
        # As wide as each box will ever have to be: nothing moves from one stop to the next.
        widest = {name: added(pieces) for name, pieces in self.stops[-1].pieces.items()}
        texts = {
            name: (formula(self.reading, name), "value " + short(value), "gradient " + widest[name])
            for name, value in self.reading.values.items()
        }
        self._edges = self.reading.edges()
        products = {edge: max(self._product(edge, self.stops[-1]), key=len) for edge in self._edges}
        self._plan = plan_graph(self.reading.graph, self._edges, texts, products, GAP)
        (left, right), (bottom, top) = self._plan.xlim, self._plan.ylim
        self.size = (right - left + 0.3, top - bottom + 0.3)
        super().__init__(predict=named(predict, QUESTIONS) if isinstance(predict, str) else predict)

    # -- from Python ---------------------------------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """The number of the stop that is shown, from 0; assign one to go there."""
        return self._at

    @at.setter
    def at(self, at: int) -> None:
        with self._lock:
            self.ask_go({"at": at})
            self.refresh()

    @property
    def last(self) -> int:
        """The number of the last stop."""
        return len(self.stops) - 1

    @property
    def stop(self) -> Stop:
        """How things stand now."""
        return self.stops[self._at]

    @property
    def gradients(self) -> dict[str, float]:
        """What has arrived at each node so far, added up; 0 where nothing has."""
        return {name: self.stop.gradient(name) or 0.0 for name in self.reading.graph}

    def __repr__(self) -> str:
        return f"GraphStepper({len(self.reading.graph)} nodes, stop {self._at} of {self.last})"

    # -- from the browser ----------------------------------------------------------------------------------------------

    def ask_go(self, given: dict) -> None:
        """Go to a stop by its number. Raises DataError for one there is not."""
        at = int(given["at"])
        if not 0 <= at <= self.last:
            raise DataError(f"There is no stop {at}: they are numbered from 0 to {self.last}.")
        self._at = at

    def ask_move(self, given: dict) -> None:
        """Go on by so many stops, or back if the number is negative; not past either end."""
        self._at = min(max(self._at + int(given["by"]), 0), self.last)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _product(self, edge: Edge, stop: Stop) -> tuple[str, ...]:
        """The lines on an edge: its slope; with a product that has come, its factors, and while it comes its result."""
        _, name, k = edge
        slope = self.reading.slopes[name][k]
        if edge not in stop.done:
            return (short(slope),) if name in stop.known else ()
        upstream = stop.gradient(name)
        factors = f"{short(slope)} × {short(upstream)}"
        return (factors, f"= {short(slope * upstream)}") if edge == stop.edge else (factors,)

    def _phase(self) -> str:
        if self._at == 0:
            return "start"
        return "forward" if not self.stop.pieces else "back"

    def _disagreement(self) -> str:
        """Where the learner's own .grad says something else at the end; empty if nowhere, or if there is none yet."""
        theirs = self.reading.theirs
        if self._at < self.last or not any(theirs.values()):
            return ""
        apart = [n for n, g in self.gradients.items() if abs(g - theirs[n]) > 1e-6 * max(1.0, abs(g))]
        if not apart:
            return " Your .grad says the same everywhere."
        name = apart[0]
        return (
            f" Your .grad of {name} holds {short(theirs[name])}, and the walk gives {short(self.gradients[name])}: was "
            "backward called more than once, or does a path overwrite where it should add?"
        )

    def frame(self) -> Frame:
        stop, plan, (left, right), (bottom, top) = self.stop, self._plan, self._plan.xlim, self._plan.ylim
        boxes, nodes = [], []
        for name, (x, y, width, height) in plan.boxes.items():
            boxes.append([x - left, top - y, width, height])
            grown = stop.edge is not None and stop.node == name
            total = stop.gradient(name)
            gradient = "" if total is None else added(stop.pieces[name]) if grown else short(total)
            value = short(self.reading.values[name]) if name in stop.known else ""
            nodes.append({"made": formula(self.reading, name), "value": value, "gradient": gradient})
            nodes[-1]["now"] = stop.node == name
        edges = []
        for edge in self._edges:
            x, y = plan.labels[edge]
            state = "now" if edge == stop.edge else "done" if edge in stop.done else ""
            curve = [[round((u - left) * UNITS, 1), round((top - v) * UNITS, 1)] for u, v in plan.curves[edge]]
            place = [round((x - left) * UNITS, 1), round((top - y) * UNITS, 1)]
            edges.append({"curve": curve, "place": place, "lines": self._product(edge, stop), "state": state})
        numbers = {"boxes": [[UNITS * v for v in box] for box in boxes]}
        words = {
            "at": self._at,
            "last": self.last,
            "page": [UNITS * (right - left), UNITS * (top - bottom)],
            "nodes": nodes,
            "edges": edges,
            "phase": self._phase(),
            "text": stop.text + self._disagreement(),
        }
        return Frame(numbers, words)

    def table(self) -> Table:
        stop, rows = self.stop, []
        for name in self.reading.graph:
            value = short(self.reading.values[name]) if name in stop.known else "not yet"
            arrived = added(stop.pieces[name]) if name in stop.pieces else "nothing yet"
            slopes = ", ".join(
                f"{parent}: {short(s)}"
                for parent, s in zip(self.reading.parents(name), self.reading.slopes[name], strict=True)
            )
            rows.append((formula(self.reading, name), value, slopes or "a leaf", arrived))
        text = f"Stop {self._at} of {self.last}. {stop.text}{self._disagreement()}"
        return Table(text, ("node", "value", "local slope by each parent", "gradient: what has arrived"), tuple(rows))

    def draw(self, figure: Any) -> None:
        stop, r = self.stop, self.reading
        slopes = {name: list(values) for name, values in r.slopes.items()}
        gradients = self.gradients if stop.pieces else None
        plot_graph(
            r.graph, r.values, gradients, slopes, highlight=stop.node if stop.edge else None, ax=figure.add_subplot()
        )
