"""Values to pictures: each figure is made for a light page of its own, and has a twin in words (describe_...)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bpcore.errors import DataError, ShapeError
from bpcore.training import History

# Okabe & Ito's colours, told apart by nearly everyone. The page is painted too: a dark notebook must not show through.
BLUE, VERMILION = "#0072B2", "#D55E00"
# The same vermilion, darkened until small text in it stands out from the page as 4.5 to 1 and more.
VERMILION_TEXT = "#B34F00"
PAGE, INK, QUIET, HAIRLINE = "#FFFFFF", "#1A1A1A", "#5A5A5A", "#C8C8C8"
TITLE = {"loc": "left", "color": INK, "fontsize": 12, "fontweight": "bold"}
# Curves differ by their dashes and marks as well: (colour, dashes, mark).
_STROKES = (
    (BLUE, "-", "o"),
    (VERMILION, "--", "s"),
    ("#00805D", "-.", "^"),
    ("#A8507F", ":", "D"),
    (INK, (0, (7, 2, 1, 2, 1, 2)), "v"),
)
_MARKED_UP_TO = 40  # with more points than this, marks run together into a band


def plot_history(history: History, ax: Axes | None = None, what: str = "loss") -> Axes:
    """The course of training over the epochs: what="loss" or "accuracy". Returns the Axes; in words: describe_history.

    Raises DataError for another `what`, or one that the history does not hold.
    """
    ax = _draw(_curves(history, what), ax, f"{what.capitalize()} by epoch", "epoch", first=1)
    if what == "accuracy":
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g}%")
    else:
        ax.set_ylim(bottom=0)
    return ax


def describe_history(history: History) -> str:
    """The course of training as a sentence and a table of at most ten epochs, the last among them."""
    columns = {
        "train loss": history.train_loss,
        "train accuracy": history.train_accuracy,
        "validation loss": history.val_loss,
        "validation accuracy": history.val_accuracy,
    }
    columns = {name: values for name, values in columns.items() if values}
    lines = [str(history), "  ".join(["epoch", *columns])]
    for i in np.unique(np.linspace(0, history.epochs - 1, min(10, history.epochs)).round().astype(int)):
        lines.append("  ".join([f"{i + 1:>5}", *(f"{values[i]:>{len(name)}.4f}" for name, values in columns.items())]))
    return "\n".join(lines)


def plot_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    title: str,
    xlabel: str = "step",
    ylabel: str = "",
    x: Sequence[float] | None = None,
    target: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Up to five curves by name, over `x` or counted from step 0, and a line at the `target`, if there is one.

    Returns the Axes; in words: describe_curves. Values that are not finite leave a gap, and the legend says so.
    Raises DataError for no curves, more than five, or one without numbers; ShapeError for one that is not a row, or
    not as long as `x`.
    """
    rows, x = _rows(curves), _places(curves, x)
    if len(rows) > len(_STROKES):
        raise DataError(f"{len(rows)} curves cannot be told apart in one picture: draw at most {len(_STROKES)}.")
    ax = _draw(rows, ax, title, xlabel, ylabel or (next(iter(rows)) if len(rows) == 1 else ""), x=x)
    if target is not None:
        ax.axhline(target, color=QUIET, linewidth=1, dashes=(2, 2), zorder=1)
        # Outside, where no curve runs: a curve that reaches its target would otherwise lie on the words.
        say(ax, f"target\n{target:.4g}", (1, target), (5, 0), xycoords=("axes fraction", "data"), va="center")
    return ax


def describe_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    xlabel: str = "step",
    x: Sequence[float] | None = None,
    target: float | None = None,
) -> str:
    """One line for each curve: its first, lowest, highest and last value, and where it stops being finite."""
    lines, places = [], _places(curves, x)
    for name, values in _rows(curves).items():
        finite = np.isfinite(values)
        at = [f"{xlabel} {k if places is None else f'{places[k]:.4g}'}" for k in range(len(values))]
        parts = [f"first {values[0]:.4g}"]
        if finite.any():
            low, high = np.where(finite, values, np.inf).argmin(), np.where(finite, values, -np.inf).argmax()
            parts.append(f"lowest {values[low]:.4g} at {at[low]}, highest {values[high]:.4g} at {at[high]}")
        parts.append(f"last {values[-1]:.4g} at {at[-1]}")
        if not finite.all():
            parts.append(f"stops being finite at {at[finite.argmin()]}")
        lines.append(f"{name}: {', '.join(parts)}.")
    return "\n".join(lines + ([f"Target: {target:.4g}."] if target is not None else []))


def plot_error_against_step(
    steps: Sequence[float], errors: Mapping[str, Sequence[float]], *, title: str, ax: Axes | None = None
) -> Axes:
    """How wrong a measured slope is, for each step h it was measured with: up to five methods by name, log against log.

    Shapes: steps (n,), all positive; errors (n,) for each name, absolute values. Steps fall from left to right. An
    error of exactly 0 has no logarithm: it is drawn on a line at the foot that says so. Returns the Axes; in words:
    describe_error_against_step. Raises DataError for steps or errors that cannot be drawn, ShapeError for lengths
    that differ.
    """
    steps, rows = _errors(steps, errors)
    above = np.concatenate([row[(row > 0) & np.isfinite(row)] for row in rows.values()])
    floor = 10.0 ** (np.floor(np.log10(above.min())) - 1) if above.size else 1e-17
    ax = paper(ax, (6.4, 4.2))
    ax.set(xscale="log", yscale="log")
    for (name, row), (color, dashes, mark) in zip(rows.items(), _STROKES, strict=False):
        shown = np.where(np.isfinite(row), np.maximum(row, floor), np.nan)
        ax.plot(steps, shown, linestyle=dashes, color=color, marker=mark, markersize=4.5, linewidth=2, label=name)
    ax.invert_xaxis()
    if any((row == 0).any() for row in rows.values()):
        ax.axhline(floor, color=QUIET, linewidth=1, dashes=(2, 2), zorder=1)
        say(ax, "error 0", (1, floor), (5, 0), xycoords=("axes fraction", "data"), va="center")
    columns = min(len(rows), 2)
    ax.set_title(title, **TITLE, pad=8 + 17 * -(-len(rows) // columns))
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderpad": 0, "borderaxespad": 0.4}
    ax.legend(**place, ncols=columns, frameon=False, labelcolor=INK, handlelength=3.5)
    ax.set_xlabel("step h, smaller to the right", color=QUIET)
    ax.set_ylabel("error of the slope", color=QUIET)
    ax.grid(color=HAIRLINE, linewidth=0.6)
    ax.tick_params(which="minor", length=0)
    return ax


def describe_error_against_step(steps: Sequence[float], errors: Mapping[str, Sequence[float]]) -> str:
    """One line for each method: its error at the largest and the smallest step, and where it is least."""
    steps, rows = _errors(steps, errors)
    large, small = steps.argmax(), steps.argmin()
    lines = []
    for name, row in rows.items():
        best = np.where(np.isfinite(row), row, np.inf).argmin()
        lines.append(
            f"{name}: error {row[large]:.1e} at the largest step, {steps[large]:.0e}; least at h = {steps[best]:.0e}, "
            f"{row[best]:.1e}; {row[small]:.1e} at the smallest step, {steps[small]:.0e}."
        )
    return "\n".join(lines)


def plot_digits(images: np.ndarray, titles: Sequence[object] | None = None, *, columns: int = 10) -> Figure:
    """A sheet of square images, ink dark on light. Returns the Figure; in words: describe_digits.

    Shapes: images (n, side²) or (n, side, side), values 0 (paper) to 1 (ink); titles one for each, shown above it.
    Raises ShapeError for images that are not square, or for another number of titles; DataError for no images.
    """
    return _sheet(_squares(images), [[(str(title), INK)] for title in _matching(titles, images)], columns)


def describe_digits(images: np.ndarray, titles: Sequence[object] | None = None) -> str:
    """How many images of what size, and their titles in order."""
    squares = _squares(images)
    text = f"{len(squares)} images of {squares.shape[1]} × {squares.shape[2]} pixels"
    return text + (f": {', '.join(map(str, _matching(titles, images)))}." if titles is not None else ".")


def plot_mistakes(
    images: np.ndarray, labels: np.ndarray, predictions: np.ndarray, *, columns: int = 6, limit: int = 24
) -> Figure:
    """What was misread: each image, what it is, what it was read as. Returns the Figure; in words: describe_mistakes.

    Shapes: images (n, side²) or (n, side, side), labels (n,), predictions (n,) of classes. At most `limit` are shown,
    and the title says how many there are. Raises ShapeError when the lengths differ.
    """
    squares, wrong = _squares(images), _wrong(labels, predictions)
    if len(squares) != len(labels):
        raise ShapeError(f"There are {len(squares)} images and {len(labels)} labels: image i belongs to label i.")
    shown = wrong[:limit]
    captions = [[(f"is {labels[i]}", INK), (f"read as {predictions[i]}", VERMILION_TEXT)] for i in shown]
    title = f"{len(wrong)} of {len(labels)} misread" + (f", the first {limit} of them" if len(wrong) > limit else "")
    return _sheet(squares[shown], captions, columns, title)


def describe_mistakes(labels: np.ndarray, predictions: np.ndarray) -> str:
    """How many were misread, then every confusion with its count and its rows, the commonest first."""
    wrong = _wrong(labels, predictions)
    rows: dict[tuple[int, int], list[int]] = {}
    for i in wrong:
        rows.setdefault((int(labels[i]), int(predictions[i])), []).append(int(i))
    lines = [f"{len(wrong)} of {len(labels)} misread{':' if rows else '.'}"]
    for (label, prediction), places in sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])):
        where = f"row{'s' * (len(places) > 1)} {str(places)[1:-1]}"
        lines.append(f"  {label} read as {prediction}: {len(places)} ({where})")
    return "\n".join(lines)


def paper(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """A light page with quiet axes: `ax` itself, or one on a new figure of `size` inches."""
    if ax is None:
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    ax.figure.set_facecolor(PAGE)
    ax.set_facecolor(PAGE)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color(HAIRLINE)
    ax.tick_params(colors=QUIET, length=0)
    return ax


def say(ax: Axes, text: str, place: tuple[float, float], shift: tuple[float, float], **how: object) -> None:
    """Quiet words at a place, shifted by so many points."""
    ax.annotate(text, place, xytext=shift, textcoords="offset points", color=QUIET, **how)


def short(value: float) -> str:
    """A number in at most about six characters, with a true minus: it must fit into a circle."""
    text = f"{value:.3g}"
    if len(text.lstrip("-")) > 6:  # 0.000215 would not fit into a circle: 2.1e−4
        digits, _, power = f"{value:.1e}".partition("e")
        text = f"{digits}e{int(power)}"
    return text.replace("-", "−")


def numbers(values: object, what: str) -> np.ndarray:
    """The values as an array of floats, or a DataError that says what they are not."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{what} must hold numbers alone, in rows of equal length, and is {values!r:.60}.") from None


def _draw(
    curves: Mapping[str, Sequence[float]],
    ax: Axes | None,
    title: str,
    xlabel: str,
    ylabel: str = "",
    first: int = 0,
    x: np.ndarray | None = None,
) -> Axes:
    """Curves over x, or the steps first, first + 1, ..., with a legend above where there is more to say than a name."""
    ax = paper(ax, (6.4, 3.6))
    broken = False
    for (name, row), (color, dashes, mark) in zip(curves.items(), _STROKES, strict=False):
        values = np.asarray(row, dtype=float)
        steps, finite = np.arange(first, first + len(values)) if x is None else x, np.isfinite(values)
        if not finite.all():
            name, broken = f"{name} (stops being finite at {xlabel} {steps[finite.argmin()]:.4g})", True
        mark = mark if len(values) <= _MARKED_UP_TO else ""
        values = np.where(finite, values, np.nan)
        ax.plot(steps, values, linestyle=dashes, color=color, marker=mark, markersize=4.5, linewidth=2, label=name)
    legend = len(curves) > 1 or broken
    columns = min(len(curves), 1 if broken else 3)
    ax.set_title(title, **TITLE, pad=8 + 17 * legend * -(-len(curves) // columns))
    if legend:
        # Above, never on the curves; and looking for the best place among thousands of points takes seconds.
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderpad": 0, "borderaxespad": 0.4}
        ax.legend(**place, ncols=columns, frameon=False, labelcolor=INK, handlelength=3.5)
    ax.set_xlabel(xlabel, color=QUIET)
    ax.set_ylabel(ylabel, color=QUIET)
    if x is None:
        ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    return ax


def _rows(curves: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    if not isinstance(curves, Mapping) or not curves:
        raise DataError('Give the curves by name: {"loss": losses}, with losses a list of numbers.')
    rows = {str(name): numbers(values, f"The curve {name!r}") for name, values in curves.items()}
    for name, row in rows.items():
        if row.ndim != 1:
            raise ShapeError(f"The curve {name!r} must be one row of numbers, and has shape {row.shape}.")
        if not row.size:
            raise DataError(f"The curve {name!r} is empty: there is nothing to draw.")
    return rows


def _places(curves: Mapping[str, Sequence[float]], x: Sequence[float] | None) -> np.ndarray | None:
    """Where the values of every curve stand, or None when they are counted."""
    if x is None:
        return None
    places = numbers(x, "x")
    for name, row in _rows(curves).items():
        if row.shape != places.shape:
            raise ShapeError(f"The curve {name!r} has {row.size} values and x {places.shape}: one x for each value.")
    return places


def _errors(steps: Sequence[float], errors: Mapping[str, Sequence[float]]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    steps, rows = numbers(steps, "steps"), _rows(errors)
    if steps.ndim != 1 or not (np.isfinite(steps) & (steps > 0)).all():
        raise DataError(
            f"The steps must be a row of positive numbers, as np.logspace(-1, -12, 45) is, not {steps!r:.60}."
        )
    if len(rows) > len(_STROKES):
        raise DataError(f"{len(rows)} curves cannot be told apart in one picture: draw at most {len(_STROKES)}.")
    for name, row in rows.items():
        if row.shape != steps.shape:
            raise ShapeError(f"There are {len(steps)} steps and {len(row)} errors of {name!r}: give one for each step.")
        if (row < 0).any():
            raise DataError(f"The errors of {name!r} hold negative numbers: take absolute values.")
    return steps, rows


def _curves(history: History, what: str) -> dict[str, tuple[float, ...]]:
    if what not in ("loss", "accuracy"):
        raise DataError(f'what={what!r} is not known: use "loss" or "accuracy".')
    curves = {"train": getattr(history, f"train_{what}"), "validation": getattr(history, f"val_{what}")}
    curves = {name: values for name, values in curves.items() if values}
    if not curves:
        raise DataError(f"This history holds no {what}: no epoch was finished, or y was not integer labels.")
    return curves


def _squares(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if not len(images):
        raise DataError("There are no images to show.")
    side = round(images[0].size ** 0.5)
    if images.shape[1:] not in ((side * side,), (side, side)):
        raise ShapeError(
            f"Images must be (n, side²) or (n, side, side), and have shape {images.shape}; for one, X[:1]."
        )
    return images.reshape(len(images), side, side)


def _matching(titles: Sequence[object] | None, images: np.ndarray) -> Sequence[object]:
    if titles is None:
        return [""] * len(images)
    if len(titles) != len(images):
        raise ShapeError(f"There are {len(titles)} titles for {len(images)} images: give one for each.")
    return titles


def _wrong(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape or labels.ndim != 1:
        raise ShapeError(
            f"Labels {labels.shape} and predictions {predictions.shape} must both be (n,): "
            "from logits, predictions = logits.argmax(axis=1)."
        )
    return np.flatnonzero(labels != predictions)


def _sheet(squares: np.ndarray, captions: list[list[tuple[str, str]]], columns: int, title: str = "") -> Figure:
    """Images in a grid, each under its lines of (text, colour)."""
    lines = max((len(caption) for caption in captions if any(text for text, _ in caption)), default=0)
    columns = max(1, min(columns, len(squares)))
    rows = max(1, -(-len(squares) // columns))
    # In inches, measured from the top left: rows of captions of equal height need no layout engine.
    cell, gap, line, margin, head = 0.75, 0.2, 0.17, 0.14, 0.34 * bool(title)
    pitch = lines * line + cell + gap
    width = max(columns * (cell + gap) - gap + 2 * margin, 3.0)
    height = (head + rows * pitch - gap if len(squares) else head) + 2 * margin
    figure = plt.figure(figsize=(width, height), facecolor=PAGE)
    if title:
        figure.text(
            margin / width, 1 - (margin + 0.1) / height, title, color=INK, fontsize=12, fontweight="bold", va="center"
        )
    for i, (image, caption) in enumerate(zip(squares, captions, strict=True)):
        row, column = divmod(i, columns)
        left, top = margin + column * (cell + gap), margin + head + row * pitch
        bottom = height - top - lines * line - cell
        ax = figure.add_axes((left / width, bottom / height, cell / width, cell / height))
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color(HAIRLINE)
        for n, (text, color) in enumerate(caption):
            x, y = (left + cell / 2) / width, 1 - (top + (n + 0.4) * line) / height
            figure.text(x, y, text, color=color, fontsize=9, ha="center", va="center")
    return figure
