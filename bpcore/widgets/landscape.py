"""The loss landscape: a loss of two weights from above, its gradient, and the path of each optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bpcore.autodiff import Tensor
from bpcore.errors import DataError
from bpcore.layers import Parameter
from bpcore.optim import SGD, Adam, Optimizer, RMSProp
from bpcore.plots import BLUE, HAIRLINE, INK, PAGE, QUIET, TITLE, VERMILION, paper, short
from bpcore.widgets.assets import script, style
from bpcore.widgets.base import Live
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Question
from bpcore.widgets.questions import named

GRID = 65  # heights along each side
LEVELS = 14
MOST_STEPS = 60
AHEAD = 5
RATES = (1e-4, 10.0)
FAR = 1e6  # beyond this a path is not followed

# A name, what makes it, and how a path is drawn: dashes and marks tell them apart, and not colour alone.
OPTIMIZERS: dict[str, tuple[str, Callable[..., Optimizer]]] = {
    "sgd": ("gradient descent", SGD),
    "momentum": ("momentum 0.9", lambda params, lr: SGD(params, lr, momentum=0.9)),
    "rmsprop": ("RMSProp", RMSProp),
    "adam": ("Adam", Adam),
}
STROKES = {
    "sgd": (BLUE, "-", "o"),
    "momentum": (VERMILION, "--", "s"),
    "rmsprop": ("#00805D", "-.", "^"),
    "adam": (INK, ":", "D"),
}


def bowl(w1: Any, w2: Any) -> Any:
    """½ (w₁² + w₂²): the same curvature, 1, in every direction."""
    return (w1 * w1 + w2 * w2) * 0.5


def ravine(w1: Any, w2: Any) -> Any:
    """½ (w₁² + 20 w₂²): flat along w₁, steep along w₂."""
    return (w1 * w1 + w2 * w2 * 20) * 0.5


def saddle(w1: Any, w2: Any) -> Any:
    """½ w₁² − ½ w₂² + ⅛ w₂⁴: at (0, 0) the slope is 0, and two minima lie beside it."""
    return (w1 * w1 - w2 * w2) * 0.5 + (w2 * w2) * (w2 * w2) * 0.125


def steep(w1: Any, w2: Any) -> Any:
    """5 w₁²: one weight matters, the other does not."""
    return w1 * w1 * 5 + w2 * 0


_INPUTS, _TARGETS = np.array([-1.5, -0.6, 0.4, 1.2]), np.array([-0.9, -0.7, 0.6, 0.85])


def network(w1: Any, w2: Any) -> Any:
    """The mean of (w₂ tanh(w₁ x) − y)² over four points: the smallest network with a hidden unit, and both its weights.

    Both signs turned give the same network, so there are two valleys; at (0, 0) between them the slope is 0.
    """
    apart = w2[..., None] * np.tanh(w1[..., None] * _INPUTS) - _TARGETS
    return (apart * apart).mean(axis=-1)


@dataclass(frozen=True)
class Ground:
    """A loss with its words and the square that is shown, from −edge to edge."""

    told: str
    loss: Callable[[Any, Any], Any]
    edge: float
    start: tuple[float, float]


GROUNDS = {
    "bowl": Ground("a bowl, ½ (w₁² + w₂²)", bowl, 2.0, (-1.6, 1.2)),
    "ravine": Ground("a ravine, ½ (w₁² + 20 w₂²)", ravine, 2.0, (-1.7, 0.8)),
    "saddle": Ground("a saddle, ½ w₁² − ½ w₂² + ⅛ w₂⁴", saddle, 2.0, (-1.6, 0.05)),
    "steep": Ground("one weight, 5 w₁²", steep, 2.0, (1.0, 0.0)),
    "network": Ground("a small network, y = w₂ tanh(w₁ x)", network, 3.0, (-2.2, 1.6)),
}

TOO_FAST = Question(
    title="L = 5w² with the learning rate 0.21",
    text="L = 5w², and gradient descent begins at w = 1 with the rate 0.21. By what is w multiplied in a step?",
    exercise="gradient_descent.sgd_step",
    actual=lambda landscape: landscape.factor(),
    run=lambda landscape: landscape.ask_set({"steps": 8}),
    label="Take 8 steps",
    why=(
        "The slope is 10w, so w ← w − 0.21 · 10w = −1.1 w. It jumps across the valley, farther away each time. "
        "Below the rate 0.2 the factor is between −1 and 1, and w comes to rest; the gradient was right all along."
    ),
    tolerance=0.01,
)
QUESTIONS = {"too_fast": TOO_FAST}


class LossLandscape(Live):
    """A loss of two weights from above; drag the start, change the rate, and see where each optimizer goes.

    LossLandscape()                                    a ravine; also "bowl", "saddle", "steep" and "network"
    LossLandscape(valley, edge=1.0)                    your own function of two weights
    LossLandscape("steep", learning_rate=0.21, start=(1, 0), steps=0, optimizers=["sgd"], predict="too_fast")

    A loss of your own takes two numbers or two arrays alike, and works entry by entry: w1**2 + 20 * w2**2, np.tanh(w1).
    bpcore's tape differentiates it, and bpcore's optimizers take the steps: "sgd", "momentum", "rmsprop", "adam".

    .paths has the way of each optimizer, shape (steps + 1, 2), cut off where it leaves for infinity. .start,
    .learning_rate and .steps can be read and written. Raises DataError for what does not fit.
    """

    _esm = script("landscape.js")
    _css = style("small.css")
    title: ClassVar[str] = "Loss landscape"
    size: ClassVar[tuple[float, float]] = (6.0, 6.9)

    def __init__(
        self,
        loss: str | Callable[[Any, Any], Any] = "ravine",
        *,
        learning_rate: float = 0.09,
        start: tuple[float, float] | None = None,
        steps: int = 20,
        optimizers: list[str] | tuple[str, ...] = tuple(OPTIMIZERS),
        edge: float = 2.0,
        predict: Question | str | None = None,
    ):
        self._grounds = dict(GROUNDS)
        if callable(loss):
            name = "own"
            place = (-0.8 * edge, 0.5 * edge)
            self._grounds = {
                name: Ground(f"your {getattr(loss, '__name__', 'loss')}", loss, float(edge), place),
                **GROUNDS,
            }
        else:
            name = loss
        self._change({"loss": name, "rate": learning_rate, "steps": steps, "optimizers": list(optimizers)})
        if start is not None:
            self._change({"start": start})
        super().__init__(predict=named(predict, QUESTIONS) if isinstance(predict, str) else predict)

    # -- from Python ---------------------------------------------------------------------------------------------------

    @property
    def ground(self) -> Ground:
        """The loss that is shown."""
        return self._grounds[self._name]

    @property
    def start(self) -> tuple[float, float]:
        """Where all paths begin; assign two numbers within the picture."""
        return self._start

    @start.setter
    def start(self, start: tuple[float, float]) -> None:
        self._set({"start": start})

    @property
    def learning_rate(self) -> float:
        """The rate of every optimizer; assign a number from 0.0001 to 10."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._set({"rate": rate})

    @property
    def steps(self) -> int:
        """How many steps are shown; assign 0 to 60."""
        return self._steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self._set({"steps": steps})

    @property
    def paths(self) -> dict[str, np.ndarray]:
        """By the optimizer's name, the weights after each step, shape (steps + 1, 2); shorter where it ran away."""
        return {name: path[: self._steps + 1] for name, path in self._paths.items()}

    def value(self, w: Any) -> float:
        """The loss at one point, shape (2,)."""
        return float(self._loss(np.asarray(w[0], float), np.asarray(w[1], float)))

    def gradient(self, w: Any) -> np.ndarray:
        """The gradient at one point, shape (2,)."""
        return _gradients(self.ground.loss, np.array([w], dtype=np.float64))[0]

    def factor(self) -> float | None:
        """By what the first weight was multiplied in the last step of gradient descent; None before there is one."""
        path = self.paths.get("sgd")
        return None if path is None or len(path) < 2 or not path[-2, 0] else float(path[-1, 0] / path[-2, 0])

    def __repr__(self) -> str:
        return f"LossLandscape({self._name}, rate {self._rate:g}, from {self._start}, {self._steps} steps)"

    # -- from the browser ----------------------------------------------------------------------------------------------

    def ask_set(self, given: dict) -> None:
        """New values for some of loss, start, rate, steps and optimizers."""
        self._change(given)

    def ask_move(self, given: dict) -> None:
        """So many steps more, or fewer; not below 0 nor beyond the most."""
        self._change({"steps": min(max(self._steps + int(given["by"]), 0), MOST_STEPS)})

    def _set(self, given: dict) -> None:
        with self._lock:
            self._change(given)
            self.refresh()

    def _change(self, given: dict) -> None:
        """Take over what is given once all of it is known to be good."""
        name = given.get("loss", getattr(self, "_name", None))
        if name not in self._grounds:
            raise DataError(
                f"loss={name!r}: choose one of {', '.join(self._grounds)}, or pass a function of two weights."
            )
        ground = self._grounds[name]
        start = given.get("start", ground.start if "loss" in given else getattr(self, "_start", None))
        start = tuple(float(v) for v in start)
        if len(start) != 2 or not all(abs(v) <= ground.edge for v in start):
            raise DataError(f"start={start} must be two numbers between −{ground.edge:g} and {ground.edge:g}.")
        rate = float(given.get("rate", getattr(self, "_rate", 0.0)))
        if not RATES[0] <= rate <= RATES[1]:
            raise DataError(f"learning_rate={rate!r} must be a number from {RATES[0]:g} to {RATES[1]:g}.")
        steps = given.get("steps", getattr(self, "_steps", 0))
        if steps not in range(MOST_STEPS + 1):
            raise DataError(f"steps={steps!r} must be a whole number from 0 to {MOST_STEPS}.")
        chosen = given.get("optimizers", getattr(self, "_chosen", []))
        if unknown := [o for o in chosen if o not in OPTIMIZERS]:
            raise DataError(f"There is no optimizer {unknown[0]!r}; there are {', '.join(OPTIMIZERS)}.")
        if "loss" in given:
            self._heights = _heights(ground)
        self._name, self._start, self._rate, self._steps = name, start, rate, int(steps)
        self._chosen = [o for o in OPTIMIZERS if o in chosen]
        if {"loss", "start", "rate", "optimizers"} & given.keys() or self._steps > self._reach:
            # No more than is shown, or a hand that drags would wait for the rest; some more, for the steps to come.
            self._reach = min(self._steps + AHEAD, MOST_STEPS)
            self._paths = _descend(ground.loss, start, rate, self._chosen, self._reach)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _loss(self, w1: Any, w2: Any) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.ground.loss(w1, w2))

    def _levels(self) -> np.ndarray:
        """Heights of the contours, dense near the bottom, where the paths end."""
        low, high = float(self._heights.min()), float(self._heights.max())
        return low + (high - low) * np.linspace(0, 1, LEVELS + 1)[1:] ** 2

    def _left_at(self, path: np.ndarray) -> int | None:
        outside = np.flatnonzero((np.abs(path) > self.ground.edge).any(axis=1))
        return int(outside[0]) if len(outside) else None

    def _told(self, name: str) -> str:
        """What became of a path, in a few words."""
        path = self.paths[name]
        left = self._left_at(path)
        gone = f", left the picture at step {left}" if left is not None else ""
        return f"loss {short(self.value(path[-1]))}{gone}"

    def frame(self) -> Frame:
        low, high = float(self._heights.min()), float(self._heights.max())
        gradient = self.gradient(self._start)
        paths = self.paths
        numbers = {
            "heights": self._heights,
            "levels": self._levels(),
            # As the picture shades them: the bottom in full, and lighter quickly upwards.
            "shades": np.sqrt((self._heights - low) / (high - low or 1.0)),
            "gradient": gradient,
            "start": self._start,
            **{f"path_{name}": path for name, path in paths.items()},
        }
        words = {
            "loss": self._name,
            "told": self.ground.told,
            "grounds": {name: ground.told for name, ground in self._grounds.items()},
            "edge": self.ground.edge,
            "rate": self._rate,
            "steps": self._steps,
            "most": MOST_STEPS,
            "here": f"start ({short(self._start[0])}, {short(self._start[1])}), loss {short(self.value(self._start))}, "
            f"gradient ({short(gradient[0])}, {short(gradient[1])})",
            "optimizers": {
                name: {"label": label, "on": name in self._chosen, "told": self._told(name) if name in paths else ""}
                for name, (label, _) in OPTIMIZERS.items()
            },
        }
        return Frame(numbers, words)

    def table(self) -> Table:
        gradient = self.gradient(self._start)
        text = (
            f"The loss is {self.ground.told}. From ({short(self._start[0])}, {short(self._start[1])}), where the loss "
            f"is {short(self.value(self._start))} and the gradient ({short(gradient[0])}, {short(gradient[1])}), "
            f"{self._steps} step{'s' * (self._steps != 1)} with the learning rate {self._rate:g}."
        )
        rows = []
        for name, path in self.paths.items():
            left, end = self._left_at(path), path[-1]
            turns = [int((np.diff(path[:, k])[1:] * np.diff(path[:, k])[:-1] < 0).sum()) for k in (0, 1)]
            place = f"({short(end[0])}, {short(end[1])})"
            gone = "no" if left is None else f"at step {left}"
            rows.append((OPTIMIZERS[name][0], place, short(self.value(end)), f"{turns[0]} and {turns[1]}", gone))
        columns = ("optimizer", "ends at", "loss there", "turns back along w₁ and w₂", "leaves the picture")
        return Table(text, columns, tuple(rows))

    def draw(self, figure: Any) -> None:
        ax, edge = paper(figure.add_subplot(), self.size), self.ground.edge
        side = np.linspace(-edge, edge, GRID)
        ax.contour(
            side, side, self._heights, levels=self._levels(), colors=HAIRLINE, linewidths=0.9, linestyles="solid"
        )
        for name, path in self.paths.items():
            colour, dashes, mark = STROKES[name]
            label = f"{OPTIMIZERS[name][0]}: {self._told(name)}"
            left = self._left_at(path)
            # One point beyond the edge shows where it goes; farther ones would only draw lines across the picture.
            shown = path if left is None else path[: left + 1]
            ax.plot(*shown.T, linestyle=dashes, marker=mark, color=colour, markersize=4, linewidth=1.6, label=label)
        downhill = -self.gradient(self._start)
        size = float(np.hypot(*downhill))
        if size:
            tip = np.add(self._start, downhill / size * _arrow(size, edge))
            how = {"arrowstyle": "-|>", "color": INK, "linewidth": 2}
            ax.annotate("", tip, xytext=self._start, arrowprops=how, zorder=6)
        ax.plot(
            *self._start, "o", markersize=11, markerfacecolor=PAGE, markeredgecolor=INK, markeredgewidth=2, zorder=7
        )
        ax.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal")
        ax.set_xlabel("first weight", color=QUIET)
        ax.set_ylabel("second weight", color=QUIET)
        told = f"{self.ground.told}; rate {self._rate:g}, {self._steps} steps"
        ax.set_title(told, **TITLE, pad=8 + 17 * len(self._chosen))
        if self._chosen:
            how = {"borderpad": 0, "borderaxespad": 0.4, "frameon": False, "labelcolor": INK}
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1), **how)


def _arrow(size: float, edge: float) -> float:
    """How long the arrow of a gradient of that size is drawn: longer for a steeper slope, and never beyond bounds."""
    return edge * (0.12 + 0.3 * size / (size + 4.0))


def _heights(ground: Ground) -> np.ndarray:
    """The loss at GRID × GRID places, w₂ upwards row by row. Raises DataError if it is no such function."""
    w1, w2 = np.meshgrid(*2 * [np.linspace(-ground.edge, ground.edge, GRID)])
    with np.errstate(over="ignore", invalid="ignore"):
        heights = np.asarray(ground.loss(w1, w2), dtype=np.float64)
    if heights.shape != w1.shape or not np.isfinite(heights).all():
        raise DataError(
            f"The loss should take two arrays of shape {w1.shape} and give a finite number for each pair; it gave the "
            f"shape {heights.shape}. Write it entry by entry, as in w1**2 + 20 * w2**2."
        )
    return heights


def _gradients(loss: Callable[[Any, Any], Any], points: np.ndarray) -> np.ndarray:
    """The gradient at each of the points, shape (K, 2) -> (K, 2), in one walk back: the points do not mix."""
    w1, w2 = Tensor(points[:, 0].copy(), requires_grad=True), Tensor(points[:, 1].copy(), requires_grad=True)
    with np.errstate(over="ignore", invalid="ignore"):
        loss(w1, w2).sum().backward()
    return np.stack([np.zeros(len(points)) if w.grad is None else np.asarray(w.grad) for w in (w1, w2)], axis=1)


def _descend(
    loss: Callable[[Any, Any], Any], start: tuple[float, float], rate: float, chosen: list[str], steps: int
) -> dict[str, np.ndarray]:
    """The weights after each of so many steps of each optimizer, until it is farther away than FAR."""
    params = [Parameter(np.array(start)) for _ in chosen]
    takers = [OPTIMIZERS[name][1]([p], lr=rate) for name, p in zip(chosen, params, strict=True)]
    paths = [[p.data.copy()] for p in params]
    running = list(range(len(chosen)))
    for _ in range(steps):
        running = [k for k in running if np.abs(params[k].data).max() < FAR]
        if not running:
            break
        # All optimizers at once: the tape costs the same for one point as for four.
        gradients = _gradients(loss, np.stack([params[k].data for k in running]))
        for k, g in zip(running, gradients, strict=True):
            if not np.isfinite(g).all():
                params[k].data[:] = math.inf
                continue
            params[k].grad[:] = g
            takers[k].step()
            paths[k].append(params[k].data.copy())
    return {name: np.array(path) for name, path in zip(chosen, paths, strict=True)}
