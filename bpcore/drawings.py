"""Pictures that explain: a layer and a network as circles and edges, a gradient check as points beside a diagonal."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from bpcore.errors import DataError, ShapeError
from bpcore.plots import BLUE, HAIRLINE, INK, PAGE, QUIET, TITLE, VERMILION, VERMILION_TEXT, numbers, paper, say, short

Highlight = tuple[str, int] | tuple[str, int, int]

_LARGEST = 6  # circles in a column: with more, the weights of a crossing layer cannot be read
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def plot_layer(
    W: np.ndarray,
    *,
    inputs: Sequence[float] | None = None,
    outputs: Sequence[float] | None = None,
    highlight: Highlight | None = None,
    direction: str | None = None,
    names: tuple[str, str] = ("x", "z"),
    ax: Axes | None = None,
) -> Axes:
    """A small dense layer: inputs on the left, outputs on the right, an edge with its weight between each two.

    Shapes: W (in, out), at most 6 of either; inputs (in,) and outputs (out,) are written into the circles.
    highlight=("weight", i, j) is the one path through W[i, j], ("input", i) every path that leaves input i,
    ("output", j) every path that arrives at output j. direction="forward" or "backward" adds an arrow. names are
    those of the circles: ("x", "g") when the outputs shown are a gradient. Returns the Axes; in words: describe_layer.

    Raises ShapeError when the shapes do not fit, DataError for a layer too large or an unknown highlight or direction.
    """
    W, inputs, outputs = _layer(W, inputs, outputs)
    lit = _lit(W, highlight)
    _check_direction(direction)
    m, n = W.shape
    # In inches. The weights of one layer stand in one column, near the inputs: those of an input together, in order,
    # and the next input's below them, with a gap. Farther right the edges cross, and labels would meet.
    radius, share = 0.3, min(1 / 3, 1 / (n + 1.6))
    length, pitch = max(4.6, 0.75 / share), max(1.15, 0.19 / share)
    left = [(0.0, pitch * ((m - 1) / 2 - i)) for i in range(m)]
    right = [(length, pitch * ((n - 1) / 2 - j)) for j in range(n)]
    top = pitch * (max(m, n) - 1) / 2 + radius
    head = 0.5 if direction else 0.1
    xlim, ylim = (-radius - 0.55, length + radius + 0.55), (-top - 0.1, top + head)
    ax = paper(ax, (xlim[1] - xlim[0] + 0.3, ylim[1] - ylim[0] + 0.3))
    ax.set(xlim=xlim, ylim=ylim, aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)

    for i, j in np.ndindex(m, n):
        (x0, y0), (x1, y1) = left[i], right[j]
        on = bool(lit[i, j])
        stroke = {"color": VERMILION, "linewidth": 3.5} if on else {"color": "#A0A0A0", "linewidth": 0.9}
        ax.plot([x0, x1], [y0, y1], "-", **stroke, zorder=2 if on else 1)
        ax.text(
            x0 + share * (x1 - x0),
            y0 + share * (y1 - y0),
            short(W[i, j]),
            color=VERMILION_TEXT if on else QUIET,
            fontsize=10 if on else 9,
            fontweight="bold" if on else "normal",
            ha="center",
            va="center",
            bbox={"boxstyle": "square,pad=0.1", "facecolor": PAGE, "edgecolor": "none"},
            zorder=4 if on else 3,
        )
    for column, shown, name, ends, side in (
        (left, inputs, names[0], lit.any(axis=1), -1),
        (right, outputs, names[1], lit.any(axis=0), 1),
    ):
        for k, (x, y) in enumerate(column):
            # Ringed is the circle where the highlighted paths meet, and not every one that they reach.
            on = bool(ends[k] and ends.sum() == 1)
            edge = {"edgecolor": VERMILION, "linewidth": 3} if on else {"edgecolor": INK, "linewidth": 1.2}
            ax.add_patch(Circle((x, y), radius, facecolor=PAGE, zorder=5, **edge))
            weight = "bold" if on else "normal"
            if shown is not None:
                text = short(shown[k])
                size = 10 if len(text) <= 5 else 8
                ax.text(x, y, text, color=INK, fontsize=size, fontweight=weight, ha="center", va="center", zorder=6)
            where = {"ha": "right" if side < 0 else "left", "va": "center"}
            ax.text(x + side * (radius + 0.1), y, _name(name, k), color=INK, fontsize=12, fontweight=weight, **where)
    if direction:
        ends = (0.0, length) if direction == "forward" else (length, 0.0)
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (ends[1], top + 0.3), xytext=(ends[0], top + 0.3), arrowprops=arrow)
        box = {"boxstyle": "square,pad=0.3", "facecolor": PAGE, "edgecolor": "none"}
        ax.text(length / 2, top + 0.3, direction, color=INK, fontsize=11, ha="center", va="center", bbox=box)
    return ax


def describe_layer(
    W: np.ndarray,
    *,
    inputs: Sequence[float] | None = None,
    outputs: Sequence[float] | None = None,
    highlight: Highlight | None = None,
    direction: str | None = None,
    names: tuple[str, str] = ("x", "z"),
) -> str:
    """The same layer as a sentence and a list of its edges; those that are highlighted say so."""
    W, inputs, outputs = _layer(W, inputs, outputs)
    lit = _lit(W, highlight)
    _check_direction(direction)
    m, n = W.shape
    read = f", read {direction}" if direction else ""
    lines = [f"A dense layer from {m} input{'s' * (m > 1)} to {n} output{'s' * (n > 1)}{read}."]
    for name, shown in zip(names, (inputs, outputs), strict=True):
        if shown is not None:
            lines.append(", ".join(f"{_name(name, k)} = {short(value)}" for k, value in enumerate(shown)) + ".")
    if highlight:
        kind, *place = highlight
        meant = {
            "weight": f"the one path through W[{', '.join(map(str, place))}]",
            "input": f"every path that leaves {_name(names[0], place[0])}",
            "output": f"every path that arrives at {_name(names[1], place[0])}",
        }
        lines.append(f"Highlighted: {meant[kind]}.")
    for i, j in np.ndindex(m, n):
        path = f"{_name(names[0], i)} to {_name(names[1], j)}"
        lines.append(f"  {path}: W[{i}, {j}] = {short(W[i, j])}{' (highlighted)' * bool(lit[i, j])}")
    return "\n".join(lines)


def plot_network(sizes: Sequence[int], *, ax: Axes | None = None) -> Axes:
    """A fully connected network: a column of circles for each layer, with its name, its size and the weights between.

    sizes: the number of units in each layer, inputs first, 2 to 7 layers. Of a layer with more than 6 units five are
    drawn, with dots between them. Returns the Axes; in words: describe_network. Raises DataError for sizes that are no
    network.
    """
    sizes = _network(sizes)
    columns = [list(range(n)) if n <= _LARGEST else [0, 1, 2, n - 2, n - 1] for n in sizes]
    radius, pitch, apart = 0.19, 0.55, 1.75
    places = []
    for k, shown in enumerate(columns):
        gaps = [0.0 if sizes[k] <= _LARGEST else 0.5 * pitch * (j > 2) for j in range(len(shown))]
        middle = (pitch * (len(shown) - 1) + gaps[-1]) / 2
        places.append([(apart * k, middle - pitch * j - gap) for j, gap in enumerate(gaps)])
    top = max(column[0][1] for column in places) + radius
    xlim, ylim = (-0.75, apart * (len(sizes) - 1) + 0.75), (-top - 0.75, top + 0.55)
    ax = paper(ax, (xlim[1] - xlim[0] + 0.3, ylim[1] - ylim[0] + 0.3))
    ax.set(xlim=xlim, ylim=ylim, aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    for left, right in pairwise(places):
        for (x0, y0), (x1, y1) in product(left, right):
            ax.plot([x0, x1], [y0, y1], "-", color="#A0A0A0", linewidth=0.6, zorder=1)
    centred = {"ha": "center", "va": "center"}
    for k, (column, n) in enumerate(zip(places, sizes, strict=True)):
        x = apart * k
        for place in column:
            ax.add_patch(Circle(place, radius, facecolor=PAGE, edgecolor=INK, linewidth=1.2, zorder=5))
        if n > _LARGEST:
            for step in (-1, 0, 1):
                y = (column[2][1] + column[3][1]) / 2 + 0.09 * step
                ax.add_patch(Circle((x, y), 0.02, facecolor=INK, edgecolor=INK, zorder=5))
        ax.text(x, top + 0.3, _layer_name(k, sizes), color=INK, fontsize=11, fontweight="bold", **centred)
        ax.text(x, -top - 0.22, f"{n} unit{'s' * (n > 1)}", color=INK, fontsize=10, **centred)
    for k, (m, n) in enumerate(pairwise(sizes)):
        ax.text(apart * (k + 0.5), -top - 0.52, f"{m} × {n} weights", color=QUIET, fontsize=9, **centred)
    return ax


def describe_network(sizes: Sequence[int]) -> str:
    """The same network as a list: its layers with their sizes, and between them the number of weights."""
    sizes = _network(sizes)
    hidden = len(sizes) - 2
    lines = [
        f"A network of {len(sizes)} layers, {hidden} of them hidden. Each unit is joined to all of the next layer."
    ]
    for k, n in enumerate(sizes):
        lines.append(f"  {_layer_name(k, sizes)}: {n} unit{'s' * (n > 1)}")
        if k + 1 < len(sizes):
            lines.append(f"    then {n} × {sizes[k + 1]} = {n * sizes[k + 1]} weights")
    return "\n".join(lines)


def plot_agreement(
    derived: np.ndarray, measured: np.ndarray, ax: Axes | None = None, *, atol: float = 1e-5, rtol: float = 1e-3
) -> Axes:
    """A gradient check: a point for every entry, on the diagonal when it agrees; the worst is ringed and named.

    Shapes: derived and measured the same, any. An entry agrees by the rule of gradcheck, |derived − measured| ≤
    atol + rtol · |measured|; one that does not is a cross. Returns the Axes; in words: describe_agreement.
    Raises ShapeError for different shapes, DataError for no entries.
    """
    derived, measured, excess = _compared(derived, measured, atol, rtol)
    ax = paper(ax, (5.2, 5.4))
    ax.set_title("Derived against measured gradient", **TITLE, pad=40)
    ax.set_xlabel("measured", color=QUIET)
    ax.set_ylabel("derived", color=QUIET)
    say(ax, _verdict(derived, measured, excess), (0, 1), (0, 6), xycoords="axes fraction", va="bottom", fontsize=9.5)

    both = np.concatenate([derived.ravel(), measured.ravel()])
    both = both[np.isfinite(both)]
    low, high = (both.min(), both.max()) if both.size else (0.0, 1.0)
    margin = 0.08 * (high - low) or max(abs(high), 1.0)
    ends = low - margin, high + margin
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    ax.grid(color=HAIRLINE, linewidth=0.6)
    ax.locator_params(nbins=6)
    ax.plot(ends, ends, color=QUIET, linewidth=1, zorder=2)
    say(ax, "equal", (1, 1), (4, 0), xycoords="axes fraction", va="top")
    agrees = excess <= 1
    ax.plot(measured[agrees], derived[agrees], "o", color=BLUE, markersize=6, markeredgecolor=PAGE, zorder=3)
    ax.plot(measured[~agrees], derived[~agrees], "X", color=VERMILION, markersize=8, markeredgecolor=PAGE, zorder=3)

    worst = np.unravel_index(excess.argmax(), excess.shape)
    x, y = measured[worst], derived[worst]
    if np.isfinite(x) and np.isfinite(y):
        ring = {"markerfacecolor": "none", "markeredgecolor": VERMILION, "markeredgewidth": 2}
        ax.plot(x, y, "o", markersize=15, zorder=4, **ring)
        # Away from the diagonal; where the edge of the picture is too near for that, to the other side.
        above, near, room = y >= x, abs(y - x) < 0.25 * (high - low), 0.2 * (high - low)
        crowded = x < low + room if above else x > high - room
        left, up = above != crowded, above != (crowded and near)
        ax.annotate(
            "worst",
            (x, y),
            xytext=(-9 if left else 9, 9 if up else -9),
            textcoords="offset points",
            ha="right" if left else "left",
            va="bottom" if up else "top",
            color=VERMILION_TEXT,
            fontweight="bold",
            bbox={"boxstyle": "round,pad=0.15", "facecolor": PAGE, "edgecolor": "none"},
            zorder=5,
        )
    return ax


def describe_agreement(derived: np.ndarray, measured: np.ndarray, *, atol: float = 1e-5, rtol: float = 1e-3) -> str:
    """How many entries agree, the worst of them, and the first ten that disagree, the worst first."""
    derived, measured, excess = _compared(derived, measured, atol, rtol)
    wrong = [i for i in np.argsort(-excess, axis=None, kind="stable") if excess.flat[i] > 1]
    lines = [_verdict(derived, measured, excess)]
    for i in wrong[:10]:
        place = np.unravel_index(i, excess.shape)
        lines.append(f"  {_place(place)}: derived {derived[place]:.4g}, measured {measured[place]:.4g}")
    return "\n".join(lines + ([f"  and {len(wrong) - 10} more"] if len(wrong) > 10 else []))


def _layer(
    W: np.ndarray, inputs: Sequence[float] | None, outputs: Sequence[float] | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    W = numbers(W, "W")
    if W.ndim != 2 or not W.size:
        raise ShapeError(
            f"W must be (inputs, outputs), and has shape {W.shape}; the weights of a single output are W[:, None]."
        )
    if max(W.shape) > _LARGEST:
        raise DataError(
            f"W of shape {W.shape} has {W.size} edges, too many to read in one drawing: "
            f"show at most {_LARGEST} of either, as W[:4, :3] does."
        )
    checked = []
    for name, values, count in (("inputs", inputs, W.shape[0]), ("outputs", outputs, W.shape[1])):
        values = None if values is None else numbers(values, f"{name} =")
        if values is not None and values.shape != (count,):
            raise ShapeError(
                f"{name} has shape {values.shape}, and W of shape {W.shape} has {count} {name}: give one row of "
                f"{count}; of a batch, one sample, as X[0] is."
            )
        checked.append(values)
    return W, *checked


def _network(sizes: Sequence[int]) -> list[int]:
    whole = isinstance(sizes, Sequence) and all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes)
    if not whole or not 2 <= len(sizes) <= 7:
        raise DataError(
            f"sizes={sizes!r} is no network that can be drawn: give 2 to 7 whole numbers above 0, inputs first, as in "
            "[64, 64, 32, 10]."
        )
    return [int(n) for n in sizes]


def _layer_name(k: int, sizes: Sequence[int]) -> str:
    return "inputs" if k == 0 else "outputs" if k == len(sizes) - 1 else f"hidden {k}"


def _lit(W: np.ndarray, highlight: Highlight | None) -> np.ndarray:
    """True for each path that is highlighted."""
    lit = np.zeros(W.shape, dtype=bool)
    if highlight is None:
        return lit
    kind, *place = highlight if isinstance(highlight, tuple) and highlight else (None,)
    whole = all(isinstance(k, (int, np.integer)) for k in place)
    if not whole or (kind, len(place)) not in (("weight", 2), ("input", 1), ("output", 1)):
        raise DataError(
            f'highlight={highlight!r} is not known: use ("weight", i, j) for the one path through W[i, j], '
            '("input", i) for all that leave input i, ("output", j) for all that arrive at output j.'
        )
    sizes = {"weight": W.shape, "input": W.shape[:1], "output": W.shape[1:]}[kind]
    if not all(0 <= k < size for k, size in zip(place, sizes, strict=True)):
        raise DataError(
            f"highlight={highlight!r} is not in this layer: W has shape {W.shape}, so its inputs are 0 to "
            f"{W.shape[0] - 1} and its outputs 0 to {W.shape[1] - 1}."
        )
    lit[(slice(None), *place) if kind == "output" else tuple(place)] = True
    return lit


def _check_direction(direction: str | None) -> None:
    if direction not in (None, "forward", "backward"):
        raise DataError(f'direction={direction!r} is not known: use "forward" or "backward", or leave it out.')


def _name(name: str, k: int) -> str:
    return name + str(k).translate(_SUBSCRIPTS)


def _compared(
    derived: np.ndarray, measured: np.ndarray, atol: float, rtol: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both as arrays, and how far each entry strays for its tolerance: more than 1 is a disagreement."""
    derived, measured = numbers(derived, "The derived gradient"), numbers(measured, "The measured gradient")
    if derived.shape != measured.shape:
        raise ShapeError(
            f"The derived gradient has shape {derived.shape}, the measured one {measured.shape}. Entry is compared "
            "with entry: look for a missing transpose, or a sum over the wrong axis."
        )
    if not derived.size:
        raise DataError("The gradients are empty: with no entries there is nothing to compare.")
    with np.errstate(invalid="ignore"):
        excess = np.abs(derived - measured) / (atol + rtol * np.abs(measured))
    # NaN compares false with everything, so it would pass for agreement: it is made the worst there is.
    return derived, measured, np.nan_to_num(excess, nan=np.inf, posinf=np.inf)


def _verdict(derived: np.ndarray, measured: np.ndarray, excess: np.ndarray) -> str:
    wrong = int((excess > 1).sum())
    worst = np.unravel_index(excess.argmax(), excess.shape)
    found = f"{wrong} of {excess.size} entries disagree" if wrong else f"All {excess.size} entries agree"
    place = f", at {_place(worst)}" if worst else ""
    return f"{found}.\nWorst{place}: derived {derived[worst]:.4g}, measured {measured[worst]:.4g}."


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, map(int, index)))}]" if index else ""
