"""The Playground as a picture that does not move: the network with what each unit says, the field, and the losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bpcore.plots import BLUE, HAIRLINE, INK, PAGE, QUIET, VERMILION
from bpcore.trace import arrays_of
from bpcore.widgets.experiment import Experiment


def draw(figure: Any, experiment: Experiment, pictures: Sequence[np.ndarray], field: np.ndarray) -> None:
    """Draw on a matplotlib Figure. Shapes: pictures (units, G, G) for each layer after the inputs, field (G, G)."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("signs", [VERMILION, PAGE, BLUE])
    grid = figure.add_gridspec(2, 2, width_ratios=(1.75, 1), height_ratios=(1.7, 1))
    _network(figure.add_subplot(grid[:, 0]), experiment, pictures, colours)
    _field(figure.add_subplot(grid[0, 1]), experiment, field, colours)
    _losses(figure.add_subplot(grid[1, 1]), experiment)


def _network(ax: Any, experiment: Experiment, pictures: Sequence[np.ndarray], colours: Any) -> None:
    sizes, side, apart = experiment.sizes, 0.72, 1.9
    places = [[(apart * layer, -(i - (n - 1) / 2)) for i in range(n)] for layer, n in enumerate(sizes)]
    for layer, W in enumerate(arrays_of(experiment.model)[::2]):
        for i, j in np.ndindex(W.shape):
            (x0, y0), (x1, y1) = places[layer][i], places[layer + 1][j]
            width, sign = min(0.4 + 1.5 * abs(W[i, j]), 7), W[i, j] < 0
            ax.plot(
                [x0 + side / 2, x1 - side / 2],
                [y0, y1],
                color=VERMILION if sign else BLUE,
                linewidth=width,
                linestyle=(0, (3, 1.5)) if sign else "-",
                alpha=0.6,
                zorder=1,
            )
    x = np.linspace(-1, 1, pictures[0].shape[1])
    shown = [np.array([np.tile(x, (len(x), 1)), np.tile(-x[:, None], len(x))]), *pictures]
    for layer, units in enumerate(shown):
        for (x0, y0), picture in zip(places[layer], units, strict=True):
            box = (x0 - side / 2, x0 + side / 2, y0 - side / 2, y0 + side / 2)
            ax.imshow(picture, cmap=colours, vmin=-1, vmax=1, extent=box, zorder=2, aspect="auto")
            ax.add_patch(_frame(box))
    tall = max(sizes) / 2 + 0.2
    ax.set(xlim=(-0.5, apart * (len(sizes) - 1) + 0.5), ylim=(-tall, tall), aspect="equal")
    ax.set_axis_off()
    settings = experiment.settings
    ax.set_title(f"{'-'.join(map(str, sizes))} network, {settings.activation}", loc="left", color=INK, fontsize=11)


def _frame(box: tuple[float, float, float, float]) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(
        (box[0], box[2]), box[1] - box[0], box[3] - box[2], fill=False, edgecolor=QUIET, linewidth=1, zorder=3
    )


def _field(ax: Any, experiment: Experiment, field: np.ndarray, colours: Any) -> None:
    X, y = experiment.data
    w = experiment.window
    ax.imshow(2 * field - 1, cmap=colours, vmin=-1.3, vmax=1.3, extent=(-w, w, -w, w))
    for label, colour, mark in [(0, VERMILION, "s"), (1, BLUE, "o")]:
        ax.scatter(*X[y == label].T, s=14, color=colour, marker=mark, edgecolors=PAGE, linewidths=0.6)
    ax.set(xticks=(), yticks=(), xlim=(-w, w), ylim=(-w, w))
    passed = experiment.trace()
    ax.set_title(f"loss {passed.loss:.3f}, {100 * passed.accuracy:.0f}% right", loc="left", color=INK, fontsize=11)


def _losses(ax: Any, experiment: Experiment) -> None:
    losses = experiment.history
    if len(losses) > 1:
        ax.plot(np.arange(1, len(losses) + 1), losses, color=BLUE)
        ax.set_ylim(bottom=0)
    else:
        ax.text(0.5, 0.5, "no steps yet", ha="center", va="center", color=QUIET, transform=ax.transAxes)
        ax.set(xticks=(), yticks=())
    ax.set_title("loss after each step", loc="left", color=INK, fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    for spine in ax.spines.values():
        spine.set_color(HAIRLINE)
