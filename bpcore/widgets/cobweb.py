"""The settling cobweb: one unit that hears itself, its way to rest drawn as a staircase, and its error settling too."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bpcore.errors import DataError
from bpcore.functional import fixed_point_adjoint_step, fixed_point_jacobian, fixed_point_step
from bpcore.layers.settling import Damped, Newton, SettlingReport, settle
from bpcore.widgets.assets import script, style
from bpcore.widgets.base import Live
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Question

TOL = 1e-11
MOST = 3000  # iterations after which it counts as still moving
PLACES = 161  # on the curves
SHOWN = 200  # numbers at most on a curve of residuals
WITHOUT_END = 60  # iterations drawn where it never comes to rest
# What may be chosen: (from, to). An unrelaxed unit has relaxation 1; from 2 on nothing settles at all.
RANGES = {"weight": (-4.0, 4.0), "x": (-3.0, 3.0), "start": (-1.0, 1.0), "relaxation": (0.01, 1.5), "steps": (0, 60)}


@dataclass(frozen=True)
class Knobs:
    """What the hand holds: y = tanh(weight · y + x) from `start`, `relaxation` of the way a step; `steps` are drawn."""

    weight: float = -2.0
    x: float = 0.5
    start: float = 0.0
    relaxation: float = 1.0
    steps: int = 30

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, (int, float, np.number)) or not low <= value <= high:
                raise DataError(f"{name}={value!r} should be a number from {low:g} to {high:g}.")
            object.__setattr__(self, name, int(value) if name == "steps" else float(value))


@dataclass(frozen=True)
class Settling:
    """Both ways of one unit: the states from the start on with their report, and the errors with theirs.

    The error 1 at the output goes back from `rest`: the resting point, found with care where the state misses it.
    """

    states: np.ndarray
    state_report: SettlingReport
    errors: np.ndarray
    error_report: SettlingReport
    rest: float
    rest_report: SettlingReport

    @property
    def slope(self) -> float:
        """λ = w (1 − y²) at the resting point: what one whole step makes of a small push."""
        return float(self.rest_report.eigenvalues.real.item())

    @property
    def limit(self) -> float:
        """Below this relaxation both settle from nearby: 2 / (1 − λ), or 0 where λ is 1 or more."""
        return self.rest_report.relaxation_limit if self.slope < 1 - 1e-6 else 0.0


class _Recorded(Damped):
    """The damped move, with all the states it leads through."""

    def __init__(self, relaxation: float, start: float):
        super().__init__(relaxation)
        self.states = [start]

    def __call__(self, y: np.ndarray, change: np.ndarray) -> np.ndarray:
        moved = super().__call__(y, change)
        self.states.append(moved.item())
        return moved


def settled(knobs: Knobs) -> Settling:
    """Let the state settle from its start, and then, at the resting point, the error 1 from z = 1."""
    W, drive, e = np.array([[knobs.weight]]), np.array([[knobs.x]]), np.ones((1, 1))

    def step(y: np.ndarray) -> np.ndarray:
        return fixed_point_step(y, drive, W)

    def report(y: np.ndarray, outcome: tuple) -> SettlingReport:
        return SettlingReport(*outcome, step(y), W)

    start = np.array([[knobs.start]])
    way = _Recorded(knobs.relaxation, knobs.start)
    y, *outcome = settle(step, start, way, tol=TOL, max_iter=MOST)
    there = report(y, tuple(outcome))
    rest, rest_report = y, there
    if there.status != "converged":
        # λ lies between −|w| and |w|, so with this relaxation no step overshoots; then Newton, to the last digit.
        near = settle(step, start, Damped(1 / (1 + abs(knobs.weight))), tol=TOL, max_iter=300)[0]
        found, *outcome = settle(step, near, Newton(lambda a: fixed_point_jacobian(a, W)), tol=TOL, max_iter=30)
        rest = found if outcome[0] == "converged" else near
        rest_report = report(rest, tuple(outcome))

    def back(z: np.ndarray) -> np.ndarray:
        return fixed_point_adjoint_step(z, e, rest, W)

    echo = _Recorded(knobs.relaxation, 1.0)
    _, *outcome = settle(back, e, echo, tol=TOL, max_iter=MOST)
    # The Jacobian of the way back is the transpose, taken at the resting point: for one unit the same number.
    error_report = SettlingReport(*outcome, rest, W)
    return Settling(np.array(way.states), there, np.array(echo.states), error_report, rest.item(), rest_report)


def in_a_sentence(what: str, report: SettlingReport, values: np.ndarray) -> str:
    """How one of the two went, in a sentence."""
    n = report.iterations
    if report.status == "converged":
        return f"The {what} settles at {_signed(values[-1], '.10f')} after {n} step{'s' * (n != 1)}."
    if report.status == "cycle":
        places = ", ".join(_signed(v, ".3f") for v in values[-min(report.period, 4) :])
        more = ", …" if report.period > 4 else ""
        return f"The {what} goes round for ever, a cycle of {report.period}: {places}{more}."
    if report.status == "diverged":
        return f"The {what} grows beyond all bounds: {float(f'{abs(values[-1]):.1g}'):,.0f} after {n} steps."
    return f"The {what} still moves after {n} steps: one whole step would change it by {report.residuals[-1]:.1e}."


def _knob(name: str) -> property:
    """One of the knobs as an attribute that Python reads and writes."""

    def write(self: SettlingCobweb, value: float) -> None:
        with self._lock:
            self.change(**{name: value})
            self.refresh()

    return property(lambda self: getattr(self.knobs, name), write)


class SettlingCobweb(Live):
    """One unit y = tanh(w y + x), its way to rest, and the error z = λ z + 1 that settles after it.

    SettlingCobweb()                                weight −2, x 0.5, all of the way in each step: it goes round
    SettlingCobweb(relaxation=0.5)                  half of the way: it settles at 0.1661484359
    SettlingCobweb(predict="largest_relaxation")    asks first: for the limit, and for that of the way back

    .weight, .x, .start, .relaxation and .steps (how many are drawn) can be read and written; .settling is everything
    that was computed. `predict` is a Question, or "largest_relaxation".

    Raises DataError for a value outside RANGES, or a question there is not.
    """

    _esm = script("cobweb.js")
    _css = style("cobweb.css")
    title: ClassVar[str] = "Settling cobweb"
    size: ClassVar[tuple[float, float]] = (9.0, 4.4)

    def __init__(
        self,
        weight: float = -2.0,
        x: float = 0.5,
        *,
        start: float = 0.0,
        relaxation: float = 1.0,
        steps: int = 30,
        predict: Question | str | None = None,
    ):
        self.knobs = Knobs(weight, x, start, relaxation, steps)
        self.settling = settled(self.knobs)
        self.measured: tuple[float, float] | None = None
        self._then: Question | None = None
        if isinstance(predict, str):
            if predict != "largest_relaxation":
                raise DataError(f"There is no question {predict!r}; there is 'largest_relaxation'.")
            predict, self._then = LARGEST, SAME_FOR_THE_ERROR
        super().__init__(predict=predict)

    # -- from Python ---------------------------------------------------------------------------------------------------

    def change(self, **knobs: float) -> None:
        """Turn some of weight, x, start, relaxation and steps. Raises DataError for what does not fit; then all stays.

        In the browser it shows after refresh(); writing to an attribute does both.
        """
        unknown = set(knobs) - set(RANGES)
        if unknown:
            raise DataError(f"There is no {sorted(unknown)[0]!r} to change; there are {', '.join(RANGES)}.")
        new = replace(self.knobs, **knobs)
        if replace(new, steps=self.knobs.steps) != self.knobs:
            self.settling = settled(new)
        self.knobs = new

    def measure_limits(self) -> tuple[float, float]:
        """The largest relaxations with which state and error settle, each found by trying, twenty halvings from 0 to 2.

        Each try begins a little beside the resting point. 0 if none settles there.
        """
        W, drive, rest = np.array([[self.knobs.weight]]), np.array([[self.knobs.x]]), np.array([[self.settling.rest]])
        e = np.ones((1, 1))
        error_rest = e / (1 - fixed_point_jacobian(rest, W)[0])

        def state_step(y: np.ndarray) -> np.ndarray:
            return fixed_point_step(y, drive, W)

        def error_step(z: np.ndarray) -> np.ndarray:
            return fixed_point_adjoint_step(z, e, rest, W)

        self.measured = _largest(state_step, rest), _largest(error_step, error_rest)
        return self.measured

    weight, x, start, relaxation, steps = map(_knob, RANGES)

    def __repr__(self) -> str:
        k = self.knobs
        return (
            f"SettlingCobweb({k.weight:g}, {k.x:g}, relaxation={k.relaxation:g}: {self.settling.state_report.status})"
        )

    # -- from the browser ----------------------------------------------------------------------------------------------

    def ask_edit(self, given: dict) -> None:
        """New values for some of the knobs."""
        self.change(**given)

    def ask_leave(self, given: dict) -> None:
        """Put the question away; the one that follows it comes at once."""
        answered = self.prediction is not None and self.prediction.stage == "come"
        super().ask_leave(given)
        if answered and self._then is not None:
            question, self._then = self._then, None
            self.measured = None
            self.predict(question)

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def _secret(self) -> bool:
        """Whether the limit is what a question is waiting for."""
        return self.prediction is not None and self.prediction.stage != "come"

    def _told(self) -> list[str]:
        """State and error, each in a sentence, and what decides about both."""
        s = self.settling
        lines = [in_a_sentence("state", s.state_report, s.states), in_a_sentence("error", s.error_report, s.errors)]
        factor = 1 - self.knobs.relaxation * (1 - s.slope)
        ending = f"One step multiplies a small push by 1 − α(1 − λ) = {_signed(factor)}"
        if self._secret:
            lines.append(f"At the resting point λ = {_signed(s.slope)}.")
        elif s.limit == 0:
            lines.append(f"{ending}. λ is 1 or more: no relaxation settles it here.")
        else:
            lines.append(f"{ending}. Both settle with every relaxation below {s.limit:.4g}.")
        return lines

    def frame(self) -> Frame:
        k, s = self.knobs, self.settling
        places = np.linspace(-1.1, 1.1, PLACES)
        full = fixed_point_step(places[:, None], np.array([[k.x]]), np.array([[k.weight]]))[:, 0]
        numbers = {
            "knobs": [k.weight, k.x, k.start, k.relaxation, k.steps],
            "now": [s.rest, s.slope, abs(s.slope), 0 if self._secret else s.limit, TOL],
            "places": places,
            "full": full,
            "damped": places + k.relaxation * (full - places),
            "states": s.states[: RANGES["steps"][1] + 1],
        }
        for name, report in (("state", s.state_report), ("error", s.error_report)):
            at = _thinned(report)
            numbers[f"{name}_steps"], numbers[f"{name}_residuals"] = at, np.asarray(report.residuals)[at]
        words = {
            "status": [s.state_report.status, s.error_report.status],
            "rest": _signed(s.rest, ".10f"),
            "told": self._told(),
            "secret": self._secret,
        }
        return Frame(numbers, words)

    def table(self) -> Table:
        k, s = self.knobs, self.settling
        text = (
            f"y = tanh({_signed(k.weight, 'g')} y {'+' if k.x >= 0 else '−'} {abs(k.x):g}) from "
            f"{_signed(k.start, 'g')}, relaxation {k.relaxation:g}. "
            f"Resting point {_signed(s.rest, '.10f')}, spectral radius {abs(s.slope):.4f}. " + " ".join(self._told())
        )
        last = max(len(s.states), len(s.errors)) - 1
        rows = [
            (str(n), *_cells(s.states, s.state_report, n), *_cells(s.errors, s.error_report, n))
            for n in sorted({*range(min(last, 10) + 1), *range(0, min(last, WITHOUT_END), 10), last})
        ]
        columns = ("step", "state", "one whole step moves it by", "error", "one whole step moves it by")
        return Table(text, columns, tuple(rows))

    def draw(self, figure: Any) -> None:
        from bpcore.dynamics import plot_cobweb, plot_sizes

        k, s = self.knobs, self.settling
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))

        def step(y: float) -> float:
            target = fixed_point_step(np.array([[y]]), np.array([[k.x]]), np.array([[k.weight]])).item()
            return y + k.relaxation * (target - y)

        states = s.states[: max(k.steps, 1) + 1]
        title = f"w = {_signed(k.weight, 'g')}, x = {_signed(k.x, 'g')}, relaxation {k.relaxation:g}"
        plot_cobweb(step, states if len(states) > 1 else np.repeat(states, 2), title=title, ax=left)
        curves = {
            name: [*report.residuals[: _drawn(report) + 1]]
            for name, report in (("state", s.state_report), ("error", s.error_report))
        }
        length = max(map(len, curves.values()))
        curves = {name: row + [0.0] * (length - len(row)) for name, row in curves.items()}
        plot_sizes(curves, title="How far both still move", ylabel="change of one whole step", ax=right)


def _signed(value: float, form: str = ".4f") -> str:
    return format(value, form).replace("-", "−")


def _cells(values: np.ndarray, report: SettlingReport, n: int) -> tuple[str, str]:
    """The n-th value and how far it would move; empty where it had come to rest before."""
    if n >= len(values):
        return "", ""
    size = ".6f" if abs(values[n]) < 1e4 else ".2e"
    return _signed(values[n], size), f"{report.residuals[n]:.1e}"


def _drawn(report: SettlingReport) -> int:
    """How many iterations are worth drawing."""
    ends = report.status in ("converged", "diverged")
    return report.iterations if ends else min(report.iterations, WITHOUT_END)


def _thinned(report: SettlingReport) -> np.ndarray:
    return np.unique(np.linspace(0, _drawn(report), SHOWN).astype(int))


def _largest(step: Callable[[np.ndarray], np.ndarray], rest: np.ndarray) -> float:
    """The largest relaxation up to 2 with which step leads back to `rest` from beside it."""
    low, high = 0.0, 2.0
    for _ in range(20):
        relaxation, y, distances = (low + high) / 2, rest + 1e-3, []
        for _ in range(2):
            for _ in range(150):
                y = y + relaxation * (step(y) - y)
            distances.append(abs((y - rest).item()))
        back = distances[1] < max(distances[0], 1e-9)
        low, high = (relaxation, high) if back else (low, relaxation)
    return low


def _try_out(cobweb: SettlingCobweb) -> None:
    limit = cobweb.measure_limits()[0]
    cobweb.change(relaxation=min(max(math.floor(100 * limit) / 100, 0.01), 1.5))


def _same(cobweb: SettlingCobweb) -> float | None:
    if cobweb.measured is None:
        return None
    state, error = cobweb.measured
    return 0 if math.isclose(state, error, rel_tol=0.002) else 1 if error < state else 2


LARGEST = Question(
    title="w = −2, x = 0.5: the largest relaxation that settles",
    text="In y = tanh(−2 y + 0.5) a step goes the share α (the relaxation) of the way. The whole way, α = 1, never "
    "settles, and half of it does. What is the largest α that settles?",
    exercise="recurrent_settling.will_settle",
    actual=lambda cobweb: cobweb.measured and cobweb.measured[0],
    run=_try_out,
    label="Try them out",
    why="Near the resting point a step multiplies what is left of the way by 1 − α(1 − λ); λ = w (1 − y²) is −1.9448 "
    "there. That reaches −1 at α = 2 / (1 − λ) = 0.6792. Just under it settles, though very slowly; above it, never.",
    tolerance=0.02,
)
SAME_FOR_THE_ERROR = Question(
    title="w = −2, x = 0.5: the largest relaxation for the error on the way back",
    text="Now the error, which settles on the way back: is its largest relaxation the same?",
    exercise="recurrent_settling.adjoint",
    actual=_same,
    run=_try_out,
    label="Try them out",
    why="Yes. On the way back each step multiplies what is left by the same 1 − α(1 − λ). With many units it is the "
    "transposed matrix, and a matrix and its transpose have the same eigenvalues.",
    choices=("yes, the same", "no, it is smaller", "no, it is larger"),
)
