"""Pictures of learning and of what was learnt: paths down a loss, who is taken for whom, weights as images."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bpcore.errors import DataError, ShapeError
from bpcore.plots import BLUE, HAIRLINE, INK, PAGE, QUIET, TITLE, VERMILION, VERMILION_TEXT, numbers, paper, short

Loss = Callable[[float, float], float]

_PATHS = ((BLUE, "-", "o"), (VERMILION, "--", "s"), ("#00805D", "-.", "^"))
_LARGEST_TABLE = 20  # rows: with more, the counts cannot be read


def plot_descent(
    loss: Loss,
    paths: Mapping[str, Sequence[Sequence[float]]],
    *,
    title: str,
    xlim: tuple[float, float] = (-1.0, 1.0),
    ylim: tuple[float, float] = (-1.0, 1.0),
    ax: Axes | None = None,
) -> Axes:
    """The levels of a loss of two weights, and up to three paths over them, each from its ring to its star.

    loss(w1, w2) gives one number. Shapes: each path (steps + 1, 2). The legend says which path leaves the picture, and
    at which step. Returns the Axes; in words: describe_descent. Raises DataError for no paths or more than three,
    ShapeError for a path that is not a row of points.
    """
    rows = _paths(paths)
    ax = paper(ax, (6.4, 4.4))
    x, y = np.linspace(*xlim, 81), np.linspace(*ylim, 81)
    heights = np.array([[float(loss(a, b)) for a in x] for b in y])
    # Levels that are dense near the bottom, where the paths end.
    levels = heights.min() + (heights.max() - heights.min()) * np.linspace(0.02, 1, 12) ** 2
    ax.contour(x, y, heights, levels=levels, colors=HAIRLINE, linewidths=0.9)
    for (name, path), (color, dashes, mark) in zip(rows.items(), _PATHS, strict=False):
        out = _first_outside(path, xlim, ylim)
        if out is not None:
            name = f"{name} (leaves the picture at step {out})"
        # One point beyond the edge shows where it goes; farther ones would only draw lines across the picture.
        shown = path if out is None else path[: out + 1]
        ax.plot(*shown.T, linestyle=dashes, color=color, marker=mark, markersize=4, linewidth=1.6, label=name)
        ax.plot(*path[0], "o", markersize=11, markerfacecolor="none", markeredgecolor=color, markeredgewidth=1.6)
        if out is None:
            ax.plot(*path[-1], "*", markersize=14, color=color, markeredgecolor=PAGE, zorder=5)
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_title(title, **TITLE, pad=8 + 17 * len(rows))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderpad=0, borderaxespad=0.4, frameon=False, labelcolor=INK)
    ax.set_xlabel("first weight", color=QUIET)
    ax.set_ylabel("second weight", color=QUIET)
    return ax


def describe_descent(
    loss: Loss,
    paths: Mapping[str, Sequence[Sequence[float]]],
    *,
    xlim: tuple[float, float] = (-1.0, 1.0),
    ylim: tuple[float, float] = (-1.0, 1.0),
) -> str:
    """One line for each path: where it starts and ends, the loss at both, and how often each weight changes its way."""
    lines = []
    for name, path in _paths(paths).items():
        steps = np.diff(path, axis=0)
        turns = [int((steps[1:, k] * steps[:-1, k] < 0).sum()) for k in (0, 1)]
        start, end = (f"({short(w[0])}, {short(w[1])}), loss {short(float(loss(*w)))}" for w in (path[0], path[-1]))
        line = f"{name}: from {start}, in {len(steps)} steps to {end}. The first weight turns back {turns[0]} times"
        line += f", the second {turns[1]} times."
        out = _first_outside(path, xlim, ylim)
        lines.append(line + (f" It leaves the picture at step {out}." if out is not None else ""))
    return "\n".join(lines)


def plot_confusion(table: np.ndarray, names: Sequence[object] | None = None, *, ax: Axes | None = None) -> Axes:
    """Who is taken for whom: a row for each truth, a column for each prediction, the count in each field.

    Shapes: table (classes, classes) of counts, names one for each class, or their numbers. What was read rightly, the
    diagonal, stays pale; the more often a mistake was made, the darker its field. Returns the Axes; in words:
    describe_confusion. Raises ShapeError for a table that is not square or other names, DataError for negative counts.
    """
    table, names = _confusion(table, names)
    k = len(table)
    ax = paper(ax, (max(3.6, 0.46 * k + 1.2), max(3.4, 0.4 * k + 1.2)))
    wrong = np.where(np.eye(k, dtype=bool), 0, table)
    most = max(wrong.max(), 1)
    for t, p in np.ndindex(k, k):
        share = wrong[t, p] / most
        if t == p:
            ax.add_patch(plt.Rectangle((p - 0.5, t - 0.5), 1, 1, facecolor=PAGE, edgecolor=QUIET, linewidth=1.2))
        elif share:
            ax.add_patch(plt.Rectangle((p - 0.5, t - 0.5), 1, 1, facecolor=VERMILION_TEXT, alpha=_darkness(share)))
        if table[t, p]:
            color = QUIET if t == p else INK
            weight = "normal" if t == p else "bold"
            ax.text(p, t, f"{table[t, p]:g}", color=color, fontsize=9, fontweight=weight, ha="center", va="center")
    ax.set(xlim=(-0.5, k - 0.5), ylim=(k - 0.5, -0.5), aspect="equal", xticks=range(k), yticks=range(k))
    ax.set_xticklabels(names)
    ax.set_yticklabels(names)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("read as", color=QUIET)
    ax.set_ylabel("is", color=QUIET)
    ax.set_title(f"{wrong.sum():g} of {table.sum():g} misread", **TITLE, pad=10)
    return ax


def describe_confusion(table: np.ndarray, names: Sequence[object] | None = None) -> str:
    """How many were misread; for each class how many of it were read rightly, and as what the others were read."""
    table, names = _confusion(table, names)
    lines = [f"{table.sum() - table.trace():g} of {table.sum():g} misread."]
    for t, row in enumerate(table):
        others = [p for p in np.argsort(-row, kind="stable") if p != t and row[p]]
        line = f"  {names[t]}: {row[t]:g} of {row.sum():g} read rightly"
        lines.append(line + "".join(f", {row[p]:g} as {names[p]}" for p in others) + ".")
    return "\n".join(lines)


def plot_weights(W: np.ndarray, *, columns: int = 8, title: str = "Weights") -> Figure:
    """The weights into each unit as an image of its inputs: dark where a pixel raises the unit, light where it lowers.

    Shapes: W (side², units). The grey in the middle is zero, and each image has a scale of its own. Returns the Figure;
    in words: describe_weights. Raises ShapeError when the inputs are no square image.
    """
    images = _weights(W)
    columns = max(1, min(columns, len(images)))
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(0.95 * columns + 0.2, 1.05 * rows + 0.75), squeeze=False)
    figure.set_facecolor(PAGE)
    for i, ax in enumerate(axes.flat):
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color(HAIRLINE)
        if i >= len(images):
            ax.set_visible(False)
            continue
        largest = np.abs(images[i]).max() or 1.0
        ax.imshow(images[i], cmap="gray_r", vmin=-largest, vmax=largest, interpolation="nearest")
        ax.set_title(str(i), color=QUIET, fontsize=8, pad=2)
    legend = "dark raises the unit, light lowers it, middle grey does neither"
    # Measured from the top, so that a sheet of one row and one of five look alike.
    height = figure.get_figheight()
    figure.suptitle(f"{title}\n", x=0.02, y=1 - 0.08 / height, ha="left", va="top", **_bold())
    figure.text(0.02, 1 - 0.42 / height, legend, color=QUIET, fontsize=9, va="center")
    figure.subplots_adjust(left=0.02, right=0.98, bottom=0.02, top=1 - 0.75 / height, hspace=0.3, wspace=0.12)
    return figure


def describe_weights(W: np.ndarray) -> str:
    """For each unit: the pixel that raises it most, the one that lowers it most, and how large its weights are."""
    images = _weights(W)
    lines = [f"{len(images)} units, each with weights for {images.shape[1]} × {images.shape[2]} pixels."]
    for i, image in enumerate(images):
        up, down = (np.unravel_index(place, image.shape) for place in (image.argmax(), image.argmin()))
        lines.append(
            f"  unit {i}: most raised by row {up[0]}, column {up[1]} ({short(image[up])}), most lowered by "
            f"row {down[0]}, column {down[1]} ({short(image[down])}); mean size {short(np.abs(image).mean())}."
        )
    return "\n".join(lines)


def _darkness(share: float) -> float:
    """How dark a field is: never so dark that black figures in it cannot be read."""
    return 0.1 + 0.6 * share


def _bold() -> dict[str, object]:
    return {key: value for key, value in TITLE.items() if key != "loc"}


def _paths(paths: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, np.ndarray]:
    if not isinstance(paths, Mapping) or not paths:
        raise DataError('Give the paths by name: {"rate 0.1": points}, with points a list of (w1, w2).')
    if len(paths) > len(_PATHS):
        raise DataError(f"{len(paths)} paths cannot be told apart in one picture: draw at most {len(_PATHS)}.")
    rows = {str(name): numbers(path, f"The path {name!r}") for name, path in paths.items()}
    for name, path in rows.items():
        if path.ndim != 2 or path.shape[1] != 2 or not len(path):
            raise ShapeError(f"The path {name!r} must be (steps + 1, 2), a point for each step, and is {path.shape}.")
    return rows


def _first_outside(path: np.ndarray, xlim: tuple[float, float], ylim: tuple[float, float]) -> int | None:
    """The first step at which a path is beyond the edges (or nowhere, with NaN)."""
    low, high = np.array([xlim[0], ylim[0]]), np.array([xlim[1], ylim[1]])
    inside = ((path >= low) & (path <= high)).all(axis=1)
    return None if inside.all() else int(inside.argmin())


def _confusion(table: np.ndarray, names: Sequence[object] | None) -> tuple[np.ndarray, list[str]]:
    table = numbers(table, "table")
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.size:
        raise ShapeError(f"The table must be (classes, classes), a row for each truth, and has shape {table.shape}.")
    if len(table) > _LARGEST_TABLE:
        raise DataError(f"{len(table)} classes cannot be read in one picture: show at most {_LARGEST_TABLE}.")
    if not (table >= 0).all():
        raise DataError("The table must hold counts, 0 or more in each field.")
    if names is not None and len(names) != len(table):
        raise ShapeError(f"There are {len(names)} names for {len(table)} classes: give one for each.")
    return table, [str(name) for name in (range(len(table)) if names is None else names)]


def _weights(W: np.ndarray) -> np.ndarray:
    W = numbers(W, "W")
    side = round(W.shape[0] ** 0.5) if W.ndim == 2 else 0
    if W.ndim != 2 or not W.size or side * side != W.shape[0]:
        raise ShapeError(f"W must be (side², units), the weights of a first layer of images, and has shape {W.shape}.")
    return W.T.reshape(-1, side, side)
