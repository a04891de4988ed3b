"""The digit pad: draw an image of 8 × 8 squares, and see each layer of a network respond to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from bpcore.datasets import load_digits
from bpcore.errors import DataError, ShapeError
from bpcore.functional import softmax
from bpcore.layers import Dense, ReLU, Sequential
from bpcore.losses import CrossEntropyLoss
from bpcore.optim import Adam
from bpcore.trace import Functions, told
from bpcore.training import train
from bpcore.widgets.assets import script, style
from bpcore.widgets.base import Live
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Question

SIDE = 8
PIXELS, CLASSES = SIDE * SIDE, 10
EPOCHS = 5
LOUD = 98  # the percentile of a layer's values over unseen images that is drawn in full colour


@cache
def demo_network() -> Sequential:
    """The network of `make demo`, 64-64-32-10, after five epochs on two thirds of the digits: about 96% of the rest."""
    rng = np.random.default_rng(0)
    X, y, _, _ = load_digits(split=True, rng=rng)
    model = _relu_network([PIXELS, 64, 32, CLASSES], rng)
    optimizer = Adam(model.parameters(), lr=3e-3)
    train(model, CrossEntropyLoss(), optimizer, X, y, epochs=EPOCHS, batch_size=32, rng=rng, progress=False)
    return model


def unseen_images() -> tuple[np.ndarray, np.ndarray]:
    """The images that the demo network has not learned from, (599, 64) from 0 to 1, and their labels."""
    _, _, X, y = load_digits(split=True, rng=np.random.default_rng(0))
    return X, y


class DigitPad(Live):
    """A pad of 8 × 8 squares, and a network that reads what is on it: every layer, and ten probabilities.

    DigitPad()                                   the network of the demo, trained in about 0.1 s
    DigitPad(model)                              your own Sequential, from 64 inputs to 10 outputs
    DigitPad(forward, params=[W1, b1, W2, b2])   your forward(params, X) -> logits, or (logits, cache), as in unit 03;
                                                 without params it is given those of the demo network

    Where your function fails, the pad says so, and a network with ReLU between the same params goes on. Its hidden
    layers are shown if it returns a cache of pairs (A, Z), or if its logits are those of that network.

    images        (n, 64) from 0 to 1 and labels (n,): the samples to choose from; unseen digits unless given
    noise         each square gets so much times a normal number added; drawn from `rng`
    predict       a Question, or "blank_pad"

    .ink (64,) and .noise can be read and written; .probabilities are the ten. Raises DataError and ShapeError for what
    does not fit.
    """

    _esm = script("digit_pad.js")
    _css = style("digit_pad.css")
    title: ClassVar[str] = "Digit pad"
    size: ClassVar[tuple[float, float]] = (9.0, 3.4)

    def __init__(
        self,
        model: Sequential | Callable[..., Any] | None = None,
        *,
        params: Sequence[Any] | None = None,
        images: tuple[Any, Any] | None = None,
        noise: float = 0.0,
        rng: np.random.Generator | None = None,
        predict: Question | str | None = None,
    ):
        self.model, self._theirs = _network(model, params)
        self._images, self._labels = _checked(images) if images is not None else unseen_images()
        self._rng = np.random.default_rng(0) if rng is None else rng
        self._grain = self._rng.normal(size=PIXELS)
        self._noise, self._complaint, self._sample = _share(noise), "", None
        usual = self._respond(self._images)[0]
        self._loud = [max(float(np.percentile(np.abs(a), LOUD)), 1e-9) for a in usual]
        self._ink = np.zeros(PIXELS)
        self._take(int(self._labels[0]))
        if isinstance(predict, str):
            if predict != "blank_pad":
                raise DataError(f"There is no question {predict!r}; there is 'blank_pad'.")
            predict = BLANK_PAD
        super().__init__(predict=predict)

    # -- from Python ---------------------------------------------------------------------------------------------------

    @property
    def ink(self) -> np.ndarray:
        """A copy of what is drawn, (64,) from 0 to 1, before the noise; assign such a row, or (8, 8)."""
        return self._ink.copy()

    @ink.setter
    def ink(self, ink: Any) -> None:
        with self._lock:
            self._draw_ink(ink)
            self.refresh()

    @property
    def noise(self) -> float:
        """How much noise is added, from 0 to 1."""
        return self._noise

    @noise.setter
    def noise(self, noise: float) -> None:
        with self._lock:
            self._noise = _share(noise)
            self.refresh()

    @property
    def seen(self) -> np.ndarray:
        """What the network is given, (64,): the ink with its noise, kept between 0 and 1."""
        return np.clip(self._ink + self._noise * self._grain, 0, 1)

    @property
    def probabilities(self) -> np.ndarray:
        """The ten probabilities, from softmax of the logits."""
        return softmax(self._now()[1][None])[0]

    def __repr__(self) -> str:
        p = self.probabilities
        return f"DigitPad(reads {p.argmax()} with {p.max():.0%})"

    # -- from the browser ----------------------------------------------------------------------------------------------

    def ask_draw(self, given: dict) -> None:
        """New ink for all squares, a new noise, or both."""
        if "ink" in given:
            self._draw_ink(given["ink"])
        if "noise" in given:
            self._noise = _share(given["noise"])

    def ask_clear(self, given: dict) -> None:
        """An empty pad."""
        self._draw_ink(np.zeros(PIXELS))

    def ask_sample(self, given: dict) -> None:
        """The next image of a digit."""
        self._take(int(given["digit"]))

    def ask_grain(self, given: dict) -> None:
        """Other noise of the same size."""
        self._grain = self._rng.normal(size=PIXELS)

    def ask_move(self, given: dict) -> None:
        """All ink by one square; what leaves the pad is lost."""
        down, right = (max(-1, min(1, int(given.get(name, 0)))) for name in ("down", "right"))
        image = np.pad(self._ink.reshape(SIDE, SIDE), 1)
        self._draw_ink(image[1 - down : 1 - down + SIDE, 1 - right : 1 - right + SIDE])

    def _draw_ink(self, ink: Any) -> None:
        array = np.asarray(ink, dtype=float)
        if array.size != PIXELS:
            raise ShapeError(f"The pad holds 64 numbers, shape (64,) or (8, 8), and not {array.shape}.")
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise DataError("Ink goes from 0, none, to 1, black: divide the digits' 0 to 16 by 16.")
        self._ink, self._sample = array.reshape(PIXELS).copy(), None

    def _take(self, digit: int) -> None:
        rows = np.flatnonzero(self._labels == digit)
        if not rows.size:
            raise DataError(f"There is no image of {digit} to choose; there are {np.unique(self._labels).tolist()}.")
        last = self._sample if self._sample is not None and self._sample in rows else -1
        row = int(rows[np.searchsorted(rows, last, side="right") % rows.size])
        self._ink, self._sample = self._images[row].copy(), row

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _respond(self, X: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Each hidden layer's values, and the logits, for rows of pixels X (N, 64)."""
        hidden, logits = _hidden(self.model, X), self.model.predict(X)
        self._complaint = ""
        if self._theirs is not None:
            try:
                ours = logits
                logits, kept = self._theirs.logits([p.data for p in self.model.parameters()], X)
                hidden = _theirs_hidden(kept, hidden) or (hidden if np.allclose(ours, logits) else [])
            except Exception as error:
                self._complaint = f"Your forward: {told(error, self._theirs.forward)}. Ours goes on in its place."
        return hidden, logits

    def _now(self) -> tuple[list[np.ndarray], np.ndarray]:
        hidden, logits = self._respond(self.seen[None])
        return [a[0] for a in hidden], logits[0]

    def frame(self) -> Frame:
        hidden, logits = self._now()
        numbers = {
            "ink": self._ink,
            "seen": self.seen,
            "noise": self._noise,
            "probabilities": softmax(logits[None])[0],
            "logits": logits,
            "hidden": np.concatenate([np.clip(a / s, -1, 1) for a, s in zip(hidden, self._loud, strict=False)] or [[]]),
        }
        words = {
            "widths": [len(a) for a in hidden],
            "loud": [float(s) for s in self._loud[: len(hidden)]],
            "active": [int((np.abs(a) > 1e-9).sum()) for a in hidden],
            "sample": None if self._sample is None else int(self._labels[self._sample]),
            "told": self._told(hidden, logits),
            "complaint": self._complaint,
            "mine": self._theirs is not None,
        }
        return Frame(numbers, words)

    def _told(self, hidden: Sequence[np.ndarray], logits: np.ndarray) -> str:
        p = softmax(logits[None])[0]
        first, second = np.argsort(-p, kind="stable")[:2]
        drawn = int((self._ink > 0).sum())
        pad = "The pad is blank" if drawn == 0 else f"Ink in {drawn} of {PIXELS} squares"
        if self._sample is not None:
            pad = f"An unseen {self._labels[self._sample]}"
        noise = f", noise {self._noise:.2f}" if self._noise else ""
        return f"{pad}{noise}. It reads {first} with {p[first]:.1%}, then {second} with {p[second]:.1%}."

    def table(self) -> Table:
        hidden, logits = self._now()
        p = softmax(logits[None])[0]
        layers = " ".join(
            f"Hidden layer {n}: {int((np.abs(a) > 1e-9).sum())} of {len(a)} units are not 0, the largest is "
            f"{a[np.abs(a).argmax()]:.2f}."
            for n, a in enumerate(hidden, 1)
        )
        rows = tuple((f"digit {d}", f"{p[d]:.1%}", f"{logits[d]:.2f}") for d in range(CLASSES))
        told_all = " ".join(filter(None, [self._told(hidden, logits), layers, self._complaint]))
        return Table(told_all, ("output", "probability", "logit"), rows)

    def draw(self, figure: Any) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        from bpcore.plots import BLUE, HAIRLINE, INK, PAGE, QUIET, TITLE, VERMILION

        hidden, logits = self._now()
        p = softmax(logits[None])[0]
        colours = LinearSegmentedColormap.from_list("signs", [VERMILION, "#F4F4F2", BLUE])
        axes = figure.subplots(1, len(hidden) + 2, width_ratios=[1.3, *[1] * len(hidden), 1.5])
        axes[0].imshow(self.seen.reshape(SIDE, SIDE), cmap="gray_r", vmin=0, vmax=1)
        axes[0].set_title("the pad", **TITLE)
        for n, (ax, a, loud) in enumerate(zip(axes[1:-1], hidden, self._loud, strict=True), 1):
            tiles = np.full(-(-len(a) // SIDE) * SIDE, np.nan)
            tiles[: len(a)] = a / loud
            ax.imshow(tiles.reshape(-1, SIDE), cmap=colours, vmin=-1, vmax=1)
            ax.set_title(f"hidden {n}", **TITLE)
        for ax in axes[:-1]:
            ax.set(xticks=(), yticks=())
            ax.spines[:].set_color(HAIRLINE)
        last = axes[-1]
        last.barh(range(CLASSES), p, color=[BLUE if d == p.argmax() else QUIET for d in range(CLASSES)], height=0.7)
        for d in range(CLASSES):
            last.text(p[d] + 0.02, d, f"{p[d]:.0%}", va="center", color=INK, fontsize=9)
        last.set(xlim=(0, 1.2), xticks=(), yticks=range(CLASSES), ylim=(9.6, -0.6), facecolor=PAGE)
        last.spines[:].set_visible(False)
        last.tick_params(length=0, colors=INK)
        last.set_title(f"it reads {p.argmax()}", **TITLE)


def _relu_network(sizes: Sequence[int], rng: np.random.Generator) -> Sequential:
    layers: list = []
    for n_in, n_out in pairwise(sizes):
        layers += [Dense(n_in, n_out, rng=rng), ReLU()]
    return Sequential(layers[:-1])


def _network(model: Any, params: Sequence[Any] | None) -> tuple[Sequential, Functions | None]:
    """The network that computes, and the learner's function if there is one."""
    if model is None or isinstance(model, Sequential):
        if params is not None:
            raise DataError("params go with a forward of your own: DigitPad(forward, params=[W1, b1, …]).")
        model = deepcopy(demo_network()) if model is None else model
        try:
            out = model.predict(np.zeros((1, PIXELS)))
        except ShapeError as error:
            raise ShapeError(f"The pad gives a network rows of {PIXELS} pixels, shape (1, 64). {error}") from error
        if out.shape != (1, CLASSES):
            raise ShapeError(f"The pad reads ten digits: the last layer should give (1, 10), and gave {out.shape}.")
        return model, None
    if not callable(model):
        raise DataError(f"model should be a Sequential or a function forward(params, X), not {type(model).__name__}.")
    if params is None:
        return deepcopy(demo_network()), Functions(model)
    arrays = [np.array(p, dtype=float) for p in params]
    shapes = [a.shape for a in arrays]
    sizes = [PIXELS, *(a.shape[-1] for a in arrays[::2] if a.ndim)]
    wanted = [shape for n_in, n_out in pairwise(sizes) for shape in ((n_in, n_out), (n_out,))]
    if shapes != wanted or not shapes or sizes[-1] != CLASSES:
        raise ShapeError(f"params should be [W1, b1, W2, b2, …] from 64 to 10, each W (in, out), and are {shapes}.")
    network = _relu_network(sizes, np.random.default_rng(0))
    for parameter, array in zip(network.parameters(), arrays, strict=True):
        parameter.data[...] = array
    return network, Functions(model)


def _hidden(model: Sequential, X: np.ndarray) -> list[np.ndarray]:
    """What goes into each Dense layer but the first, each (N, width)."""
    found, a = [], X
    for n, layer in enumerate(model.layers):
        if n and isinstance(layer, Dense):
            found.append(a)
        a = layer.predict(a)
    return found


def _theirs_hidden(kept: Any, ours: list[np.ndarray]) -> list[np.ndarray]:
    """The hidden layers as a cache of pairs (A, Z) has them, the input first; none if it is not built like that."""
    try:
        found = [np.asarray(kept[n + 1][0], dtype=float) for n in range(len(ours))]
    except (TypeError, IndexError, KeyError, ValueError):
        return []
    return found if all(a.shape == b.shape and np.isfinite(a).all() for a, b in zip(found, ours, strict=True)) else []


def _checked(images: tuple[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    X, labels = np.asarray(images[0], dtype=float), np.asarray(images[1])
    if X.ndim != 2 or X.shape[1] != PIXELS or labels.shape != (len(X),) or not len(X):
        raise ShapeError(f"images should be (X, labels), (n, 64) and (n,), and are {X.shape} and {labels.shape}.")
    if not (X.min() >= 0 and X.max() <= 1):
        raise DataError("The images should go from 0 to 1: divide the digits' 0 to 16 by 16.")
    return X, labels


def _share(noise: float) -> float:
    if not isinstance(noise, (int, float, np.number)) or not 0 <= noise <= 1:
        raise DataError(f"noise={noise!r} should be a number from 0 to 1.")
    return float(noise)


def _blank(pad: DigitPad) -> float | None:
    if pad.ink.any():
        return None
    p = pad.probabilities
    return 0 if float(np.ptp(p)) < 0.005 else 1


def _clear(pad: DigitPad) -> None:
    pad.ask_draw({"ink": np.zeros(PIXELS), "noise": 0.0})


BLANK_PAD = Question(
    title="A blank pad: is each digit 10%?",
    text="The pad is cleared: no ink at all, 64 inputs of 0. Is each of the ten digits now read with 10%?",
    exercise="feedforward.forward",
    actual=_blank,
    run=_clear,
    label="Clear the pad",
    why="With inputs of 0 the first weights have no say, but the biases speak: b1 goes through the ReLU, on through W2 "
    "and W3, and is joined by b2 and b3. Softmax must share out the whole of 1, so some digits are likelier than "
    "others. Only a network with all biases at 0 would say 10% each.",
    choices=("yes, 10% each", "no, some are likelier than others"),
)
