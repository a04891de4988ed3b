"""What the Playground plays with, without any browser: a network, its data, the settings, steps, undo, and the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from bpcore.datasets import make_circles, make_moons, make_spirals, make_xor
from bpcore.errors import DataError, ShapeError
from bpcore.layers import Dense, Sequential
from bpcore.optim import SGD, Adam, Optimizer, RMSProp
from bpcore.trace import ACTIVATIONS, OURS, Functions, Pass, arrays_of, loss_of, sizes_of, trace_pass
from bpcore.training import batches

SHAPES = ("xor", "moons", "circles", "spirals", "own")
OPTIMIZERS = {
    "sgd": SGD,
    "momentum": lambda params, lr: SGD(params, lr, momentum=0.9),
    "rmsprop": RMSProp,
    "adam": Adam,
}
MOST_UNITS, MOST_LAYERS, MOST_UNDO = 8, 4, 200
# Beyond this a tanh or sigmoid is flat and a picture says nothing: training has left for infinity.
LARGEST = 1e4
# Where the shapes lie, brought to the middle of the same square: (centre, factor).
_PLACES = {
    "xor": (np.array([0.5, 0.5]), 2.0),
    "moons": (np.array([0.5, 0.25]), 0.9),
    "circles": (np.zeros(2), 1.25),
    "spirals": (np.zeros(2), 1.4),
}
_MAKERS = {"xor": make_xor, "moons": make_moons, "circles": make_circles, "spirals": make_spirals}
FIRST_POINTS = (np.array([[-0.8, -0.8], [0.8, 0.8]]), np.array([0, 1]))


@dataclass(frozen=True)
class Settings:
    """All that can be chosen. batch_size None is the whole matrix at once; hidden are the widths of the layers."""

    data: str = "xor"
    noise: float = 0.15
    points: int = 200
    seed: int = 0
    hidden: tuple[int, ...] = (4, 4)
    activation: str = "tanh"
    optimizer: str = "sgd"
    learning_rate: float = 0.3
    batch_size: int | None = None

    def __post_init__(self) -> None:
        for name, known in [("data", SHAPES), ("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS)]:
            if getattr(self, name) not in known:
                raise DataError(f"{name}={getattr(self, name)!r}: choose one of {', '.join(known)}.")
        if not (np.isfinite(self.noise) and 0 <= self.noise <= 1):
            raise DataError(f"noise={self.noise!r} must lie between 0 and 1.")
        if not (np.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise DataError(f"learning_rate={self.learning_rate!r} must be a number above 0.")
        if self.batch_size is not None and not _whole(self.batch_size, 1):
            raise DataError(f"batch_size={self.batch_size!r} must be a whole number from 1, or None for all points.")
        if not _whole(self.points, 2):
            raise DataError(f"points={self.points!r} must be a whole number from 2.")
        if len(self.hidden) > MOST_LAYERS or not all(_whole(n, 1) and n <= MOST_UNITS for n in self.hidden):
            raise DataError(
                f"hidden={list(self.hidden)}: the picture has room for {MOST_LAYERS} hidden layers of 1 to "
                f"{MOST_UNITS} units."
            )


@dataclass(frozen=True)
class _Moment:
    """What undo brings back."""

    settings: Settings
    own: tuple[np.ndarray, np.ndarray]
    model: Sequential
    arrays: list[np.ndarray]
    history: list[float]
    length: int
    memories: dict[str, list[np.ndarray]]
    steps: int


class Experiment:
    """A network of dense layers on points in the plane, labelled 0 and 1, with everything that can be done to it.

    Raises DataError for settings out of range, data that is not two coordinates and labels 0 and 1, and a model that
    is not made of Dense layers from 2 inputs to 1 or 2 outputs; ShapeError for weights that do not fit.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        model: Sequential | None = None,
        own: tuple[Any, Any] | None = None,
        theirs: Functions = OURS,
        outputs: int = 1,
    ):
        self.theirs, self.outputs = theirs, outputs
        self.own = FIRST_POINTS if own is None else _points(*own)
        self.settings = settings
        self.history: list[float] = []
        self._moments: list[_Moment] = []
        self._restart()
        self.model = self._fresh(settings) if model is None else model

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def model(self) -> Sequential:
        """The network itself."""
        return self._model

    @model.setter
    def model(self, model: Sequential) -> None:
        if not isinstance(model, Sequential):
            raise DataError(f"model should be a Sequential, and is {model!r}.")
        sizes = sizes_of(model)
        if sizes[0] != 2 or sizes[-1] not in (1, 2):
            raise DataError(
                "The data are points in the plane, of two classes: a network of 2 inputs and 1 or 2 outputs is needed, "
                f"and this one has {sizes[0]} and {sizes[-1]}."
            )
        kinds = [name for name, kind in ACTIVATIONS.items() if len(sizes) > 2 and type(model.layers[1]) is kind]
        self.settings = replace(
            self.settings, hidden=tuple(sizes[1:-1]), activation=kinds[0] if kinds else self.settings.activation
        )
        self._model, self.outputs = model, sizes[-1]
        self._optimizer = self._new_optimizer()

    @property
    def sizes(self) -> list[int]:
        """The widths, input first."""
        return [2, *self.settings.hidden, self.outputs]

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """X of shape (N, 2), and labels of shape (N,)."""
        return self._data

    @property
    def window(self) -> float:
        """The picture shows the square from −window to window."""
        return max(1.6, float(np.abs(self._data[0]).max()) * 1.08) if self.settings.data == "own" else 1.6

    @property
    def weights(self) -> list[np.ndarray]:
        """Copies of [W1, b1, W2, b2, …]."""
        return [a.copy() for a in arrays_of(self.model)]

    @weights.setter
    def weights(self, weights: float | Sequence[Any]) -> None:
        arrays = arrays_of(self.model)
        if isinstance(weights, Real):
            weights = [np.full(a.shape, float(weights)) for a in arrays]
        if len(weights) != len(arrays):
            raise ShapeError(
                f"weights should be [W1, b1, …], {len(arrays)} arrays for this network; got {len(weights)}."
            )
        new = [np.asarray(w, dtype=np.float64) for w in weights]
        for i, (a, w) in enumerate(zip(arrays, new, strict=True)):
            if a.shape != w.shape:
                raise ShapeError(f"weights[{i}], {name_of(i)}, should have the shape {a.shape}, and has {w.shape}.")
            if not np.isfinite(w).all():
                raise DataError(f"weights[{i}], {name_of(i)}, has entries that are NaN or infinite.")
        for a, w in zip(arrays, new, strict=True):
            a[...] = w

    def trace(self) -> Pass:
        """The loss and its gradients on all points."""
        return trace_pass(self.model, *self.data, self.theirs)

    # -- what can be done ----------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Remember this moment, so that undo can come back to it."""
        optimizer = self._optimizer
        memories = {name: [m.copy() for m in getattr(optimizer, name)] for name in optimizer.memories}
        moment = _Moment(
            self.settings,
            self.own,
            self.model,
            self.weights,
            self.history,
            len(self.history),
            memories,
            optimizer.steps,
        )
        self._moments = [*self._moments[1 - MOST_UNDO :], moment]

    @property
    def can_undo(self) -> bool:
        """Whether there is a moment to come back to."""
        return bool(self._moments)

    def undo(self) -> None:
        """Come back to the last moment that was marked; without one, nothing happens."""
        if not self._moments:
            return
        moment = self._moments.pop()
        self.own, self.settings = moment.own, moment.settings
        self._restart()
        self.model = moment.model
        self.weights = moment.arrays
        self.history = moment.history[: moment.length]
        for name, memory in moment.memories.items():
            setattr(self._optimizer, name, memory)
        self._optimizer.steps = moment.steps

    def change(self, **settings: Any) -> None:
        """Choose something else; the weights stay as far as they still have a place."""
        before = self.settings
        new = replace(before, **settings)
        self.settings = new
        if (new.hidden, new.activation) != (before.hidden, before.activation):
            old, was = arrays_of(self.model), before.hidden
            model = self._fresh(new)
            _carry(old, arrays_of(model), same_depth=len(was) == len(new.hidden))
            self.model = model
        if new.optimizer != before.optimizer:
            self._optimizer = self._new_optimizer()
        self._optimizer.lr = new.learning_rate
        if any(getattr(new, f) != getattr(before, f) for f in ("data", "noise", "points", "seed", "batch_size")):
            self._restart()

    def use(self, data: str | tuple[Any, Any]) -> None:
        """Another shape by its name, or X (N, 2) and labels (N,)."""
        if isinstance(data, str):
            self.change(data=data)
        else:
            self.own = _points(*data)
            self._own_now()

    def edit(self, index: int, value: float) -> None:
        """Give one parameter, counted through all of them, another value."""
        if not np.isfinite(value):
            raise DataError(f"A weight must be a finite number, and {value!r} is not.")
        for array in arrays_of(self.model):
            if index < array.size:
                array.flat[index] = value
                return
            index -= array.size
        raise DataError(f"There is no parameter number {index}: they are counted from 0.")

    def add_point(self, x: float, y: float, label: int) -> None:
        """A point of one's own. With another shape on show, its points become one's own first."""
        X, labels = self._data
        self.own = _points(np.vstack([X, [x, y]]), np.append(labels, label))
        self._own_now()

    def clear_points(self) -> None:
        """One's own points again as they were at first: one of each class."""
        self.own = FIRST_POINTS
        self._own_now()

    def step(self, times: int = 1) -> None:
        """Move all parameters so many times, each by one batch, and note the loss on all points after each.

        Raises DataError when the weights run off to infinity; the last good ones are kept.
        """
        for _ in range(times):
            kept = self.weights
            with np.errstate(over="ignore", invalid="ignore"):
                try:
                    X, y = self._next_batch()
                    passed = trace_pass(self.model, X, y, self.theirs)
                    for p, g in zip(self.model.parameters(), passed.gradients, strict=True):
                        p.grad[...] = g
                    self._optimizer.step()
                    self.model.zero_grad()
                    loss = self._loss()
                except DataError:
                    loss = np.nan
            largest = max(np.abs(a).max(initial=0.0) for a in arrays_of(self.model))
            if not (np.isfinite(loss) and largest < LARGEST):
                self.weights = kept
                raise DataError(
                    f"After {len(self.history)} steps the weights ran off: with a learning rate of "
                    f"{self.settings.learning_rate:g} each step overshoots. Choose a smaller one, or undo."
                )
            self.history.append(loss)

    def reset(self) -> None:
        """Draw the weights anew from the seed, and forget the steps."""
        self.history = []
        self._restart()
        self.model = self._fresh(self.settings)

    def code(self, names: Sequence[str] = ()) -> str:
        """A cell that builds this state again; `names` are further arguments, written as name=name.

        The weights, the data, the settings and the losses so far come back exactly; the optimizer's memory and the
        order of the batches begin anew.
        """
        shown = {f.name: getattr(self.settings, f.name) for f in fields(self.settings)}
        shown["hidden"] = list(shown["hidden"])
        if self.settings.data == "own":
            X, y = self._data
            shown["data"] = (X.tolist(), y.tolist())
            del shown["noise"], shown["points"]
        given = [*(f"{name}={value!r}" for name, value in shown.items()), f"outputs={self.outputs}"]
        given += [f"{name}={name}" for name in names]
        weights = "".join(f"        {w.tolist()!r},\n" for w in self.weights)
        lines = ["from bpcore.widgets import Playground", "", "Playground(", *(f"    {item}," for item in given)]
        lines += [f"    weights=[\n{weights}    ],"]
        if self.history:
            lines.append(f"    history={self.history!r},")
        return "\n".join([*lines, ")"])

    def described(self) -> dict[str, Any]:
        """The settings as plain data for the browser."""
        return asdict(self.settings) | {"hidden": list(self.settings.hidden), "outputs": self.outputs}

    # -- inside --------------------------------------------------------------------------------------------------------

    def _fresh(self, settings: Settings) -> Sequential:
        rng = np.random.default_rng(settings.seed + 1)
        init = "he" if settings.activation in ("relu", "leaky") else "glorot"
        sizes, layers = [2, *settings.hidden, self.outputs], []
        for a, b in pairwise(sizes):
            layers += [Dense(a, b, rng=rng, init=init), ACTIVATIONS[settings.activation]()]
        return Sequential(layers[:-1])

    def _new_optimizer(self) -> Optimizer:
        return OPTIMIZERS[self.settings.optimizer](self.model.parameters(), self.settings.learning_rate)

    def _own_now(self) -> None:
        self.settings = replace(self.settings, data="own")
        self._restart()

    def _restart(self) -> None:
        """The data by the present settings, and a new order of the batches."""
        s = self.settings
        rng = np.random.default_rng(s.seed)
        if s.data == "own":
            self._data = self.own
        else:
            centre, factor = _PLACES[s.data]
            X, y = _MAKERS[s.data](s.points, s.noise, rng=rng)
            self._data = (X - centre) * factor, y
        self._rng = np.random.default_rng(s.seed)
        self._left: Iterator = iter(())

    def _next_batch(self) -> tuple[np.ndarray, np.ndarray]:
        batch = next(self._left, None)
        if batch is None:
            size = self.settings.batch_size
            self._left = batches(*self._data, size, self._rng if size else None)
            batch = next(self._left)
        return batch

    def _loss(self) -> float:
        X, y = self._data
        output = self.model.predict(X)
        if self.theirs.forward is not None:
            try:
                output = self.theirs.logits(arrays_of(self.model), X)[0]
            except Exception:
                output = self.model.predict(X)  # said where the trace complains
        return loss_of(self.model).forward(output, y[:, None].astype(float) if self.outputs == 1 else y)


def name_of(number: int) -> str:
    """W1, b1, W2, …: the parameters in order."""
    return f"{'Wb'[number % 2]}{number // 2 + 1}"


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least


def _points(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    X, y = np.array(X, dtype=np.float64), np.array(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != (len(X),) or not len(X):
        raise ShapeError(f"data should be X of shape (N, 2) and labels of shape (N,); got {X.shape} and {y.shape}.")
    if not np.isfinite(X).all() or not np.isin(y, (0, 1)).all():
        raise DataError("data needs finite coordinates and labels that are 0 or 1.")
    return X, y.astype(np.int64)


def _carry(old: list[np.ndarray], new: list[np.ndarray], *, same_depth: bool) -> None:
    """Copy into the new arrays what the old ones had at the same place; the last layer only if it still is the last."""
    pairs = list(zip(old, new, strict=False))
    for a, b in pairs if same_depth else pairs[: min(len(old), len(new)) - 2]:
        place = tuple(slice(min(m, n)) for m, n in zip(a.shape, b.shape, strict=True))
        b[place] = a[place]
