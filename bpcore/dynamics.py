"""Pictures of what moves step by step: a unit that settles or jumps, sizes that grow or die, and the eigenvalues."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from bpcore.errors import DataError, ShapeError
from bpcore.plots import BLUE, HAIRLINE, INK, PAGE, QUIET, TITLE, VERMILION, numbers, paper, say

# (colour, dashes, mark), as in plot_curves: told apart without colour.
_STROKES = ((BLUE, "-", "o"), (VERMILION, "--", "s"), ("#00805D", "-.", "^"), ("#A8507F", ":", "D"), (INK, "-", "v"))
_MARKED_UP_TO = 40


def plot_cobweb(step: Callable[[float], float], states: Sequence[float], *, title: str, ax: Axes | None = None) -> Axes:
    """One unit's way, as a staircase between the curve y -> step(y) and the diagonal, where nothing changes.

    states (n,) are the states in order, each the step of the one before. From a state go up or down to the curve: that
    height is the next state; go across to the diagonal to stand on it. Returns the Axes; in words: describe_cobweb.
    Raises DataError for fewer than two states, or for states that are not finite.
    """
    states = _states(states)
    low, high = min(-1.0, states.min()), max(1.0, states.max())
    ax = paper(ax, (5.2, 5.0))
    places = np.linspace(low - 0.1, high + 0.1, 200)
    ax.plot(places, [step(y) for y in places], color=BLUE, linewidth=2, label="the next state")
    ax.plot(places, places, color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)), label="no change")
    corners = np.repeat(states, 2)
    ax.plot(
        corners[:-1], np.r_[low - 0.1, corners[2:]], color=VERMILION, linewidth=1.2, linestyle="-.", label="the way"
    )
    ax.plot(states[:1], [low - 0.1], marker="o", color=VERMILION, markersize=6, linestyle="")
    ax.plot(states[-1:], states[-1:], marker="s", color=VERMILION, markersize=6, linestyle="")
    say(ax, "start", (states[0], low - 0.1), (6, 6))
    say(ax, "end", (states[-1], states[-1]), (7, -12))
    ax.set(xlim=(low - 0.1, high + 0.1), ylim=(low - 0.1, high + 0.1), aspect="equal")
    ax.locator_params(nbins=5)
    _dress(ax, title, "state y", "state after the next step", 3, 3)
    return ax


def describe_cobweb(step: Callable[[float], float], states: Sequence[float]) -> str:
    """The first six states, the last two, and whether the way ended at rest, went on jumping, or was still moving."""
    states = _states(states)
    first = ", ".join(f"{y:.4g}" for y in states[:6])
    left = abs(step(states[-1]) - states[-1])
    twice = abs(step(step(states[-1])) - states[-1])
    if left < 1e-6:
        end = "It is at rest: one more step changes nothing."
    elif twice < 1e-6:
        end = "It jumps between these two for ever: two more steps lead back."
    else:
        end = f"It is still moving: one more step would change it by {left:.2g}."
    return f"States: {first}{', …' * (len(states) > 6)}; the last two {states[-2]:.4g} and {states[-1]:.4g}.\n{end}"


def plot_sizes(
    curves: Mapping[str, Sequence[float]],
    *,
    title: str,
    xlabel: str = "step",
    ylabel: str = "",
    x: Sequence[float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Up to five rows of sizes by name on a logarithmic axis, where growing or dying by one factor is a straight line.

    Over x (n,), or counted from 0. A 0 and what is not finite leave a gap. Returns the Axes; in words: describe_sizes.
    Raises DataError for no curves, more than five, or negative sizes; ShapeError for a curve that is not as long as x.
    """
    rows = _sizes(curves, x)
    ax = paper(ax, (6.4, 3.8))
    ax.set_yscale("log")
    for (name, (places, row)), (color, dashes, mark) in zip(rows.items(), _STROKES, strict=False):
        shown = np.where(np.isfinite(row) & (row > 0), row, np.nan)
        mark = mark if len(row) <= _MARKED_UP_TO else ""
        ax.plot(places, shown, linestyle=dashes, color=color, marker=mark, markersize=4.5, linewidth=2, label=name)
    _dress(ax, title, xlabel, ylabel, len(rows) if len(rows) > 1 else 0, min(len(rows), 2))
    ax.grid(axis="y", color=HAIRLINE, linewidth=0.6)
    ax.tick_params(which="minor", length=0)
    return ax


def describe_sizes(
    curves: Mapping[str, Sequence[float]], *, xlabel: str = "step", x: Sequence[float] | None = None
) -> str:
    """One line for each row: its first and last size, and the factor from one entry to the next between them."""
    lines = []
    for name, (places, row) in _sizes(curves, x).items():
        text = f"{name}: {row[0]:.3g} at {xlabel} {places[0]:g}, {row[-1]:.3g} at {xlabel} {places[-1]:g}"
        if len(row) > 1 and np.isfinite(row).all() and row[0] > 0 and row[-1] > 0:
            text += f", times {(row[-1] / row[0]) ** (1 / (len(row) - 1)):.3g} from one to the next on the whole"
        lines.append(text + ".")
    return "\n".join(lines)


def plot_spectrum(eigenvalues: np.ndarray, relaxation: float = 1.0, *, title: str, ax: Axes | None = None) -> Axes:
    """Eigenvalues λ of the undamped step in the plane, and the disc in which 1 − α(1 − λ) is shorter than 1.

    With α = 1 that disc is the unit circle; with a smaller α it is larger, and it always touches 1, which no relaxation
    can pass. A λ outside is a cross. Returns the Axes; in words: describe_spectrum. Raises DataError for no
    eigenvalues, or a relaxation that is not above 0.
    """
    eigenvalues, inside = _spectrum(eigenvalues, relaxation)
    ax = paper(ax, (5.6, 4.4))
    ax.add_patch(
        plt.Circle((1 - 1 / relaxation, 0), 1 / relaxation, facecolor="#E4EEF6", edgecolor=BLUE, linewidth=1.5)
    )
    if relaxation != 1:
        ax.add_patch(plt.Circle((0, 0), 1, facecolor="none", edgecolor=QUIET, linewidth=1, linestyle=(0, (4, 3))))
    for chosen, mark, color, name in ((inside, "o", INK, "shrinks"), (~inside, "X", VERMILION, "grows")):
        points = eigenvalues[chosen]
        if points.size:
            ax.plot(
                points.real, points.imag, mark, color=color, markersize=8, markeredgecolor=PAGE, label=f"λ that {name}"
            )
    ax.axvline(1, color=QUIET, linewidth=1, linestyle=":")
    say(ax, "1", (1, 0), (4, 4))
    reach = max(1.2, np.abs(eigenvalues.imag).max() * 1.15)
    left = min(-1.2, eigenvalues.real.min() * 1.15)
    ax.set(xlim=(left, max(1.4, eigenvalues.real.max() * 1.15)), ylim=(-reach, reach), aspect="equal")
    _dress(ax, title, "real part", "imaginary part", int(inside.any()) + int((~inside).any()), 2)
    return ax


def describe_spectrum(eigenvalues: np.ndarray, relaxation: float = 1.0) -> str:
    """How many eigenvalues shrink with this relaxation, the largest of them, and which relaxations settle."""
    eigenvalues, inside = _spectrum(eigenvalues, relaxation)
    worst = eigenvalues[np.abs(eigenvalues).argmax()]
    gap = 1 - eigenvalues
    told = f"{worst.real:.4g}" + (f" ± {abs(worst.imag):.4g}i" if worst.imag else "")
    lines = [
        f"{int(inside.sum())} of {len(eigenvalues)} eigenvalues shrink at relaxation {relaxation:g}.",
        f"The largest is {told}, of absolute value {np.abs(worst):.4g}.",
    ]
    if (gap.real <= 0).any():
        lines.append("One has a real part of 1 or more: no relaxation above 0 settles it.")
    else:
        lines.append(f"Every relaxation below {(2 * gap.real / np.abs(gap) ** 2).min():.4g} settles.")
    return "\n".join(lines)


def _dress(ax: Axes, title: str, xlabel: str, ylabel: str, named: int, columns: int) -> None:
    """Title, axes and, where there is more than one name, a legend above the picture, where no curve runs."""
    ax.set_title(title, **TITLE, pad=8 + 17 * bool(named) * -(-named // max(columns, 1)))
    if named:
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderpad": 0, "borderaxespad": 0.4}
        ax.legend(**place, ncols=columns, frameon=False, labelcolor=INK, handlelength=2.6, columnspacing=1.2)
    ax.set_xlabel(xlabel, color=QUIET)
    ax.set_ylabel(ylabel, color=QUIET)


def _states(states: Sequence[float]) -> np.ndarray:
    states = numbers(states, "The states")
    if states.ndim != 1 or len(states) < 2 or not np.isfinite(states).all():
        raise DataError(f"The states must be a row of at least two finite numbers, one unit's way, not {states!r:.60}.")
    return states


def _sizes(
    curves: Mapping[str, Sequence[float]], x: Sequence[float] | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    if not isinstance(curves, Mapping) or not 1 <= len(curves) <= len(_STROKES):
        raise DataError(f'Give one to {len(_STROKES)} rows of sizes by name, as in {{"residual": residuals}}.')
    rows = {}
    for name, values in curves.items():
        row = numbers(values, f"The curve {name!r}")
        if row.ndim != 1 or not row.size:
            raise ShapeError(f"The curve {name!r} must be one row of numbers, and has shape {row.shape}.")
        if (row < 0).any():
            raise DataError(f"The curve {name!r} holds negative numbers, which have no logarithm: give sizes.")
        places = np.arange(len(row)) if x is None else numbers(x, "x")
        if places.shape != row.shape:
            raise ShapeError(f"The curve {name!r} has {row.size} values and x {places.shape}: one x for each value.")
        rows[str(name)] = places, row
    return rows


def _spectrum(eigenvalues: np.ndarray, relaxation: float) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues in a row, and which of them a step with this relaxation shrinks."""
    eigenvalues = np.asarray(eigenvalues, dtype=complex).ravel()
    if not eigenvalues.size or not np.isfinite(eigenvalues).all() or not 0 < relaxation < np.inf:
        raise DataError(
            f"It takes finite eigenvalues, and a relaxation above 0; seen {eigenvalues!r:.60}, {relaxation!r}."
        )
    return eigenvalues, np.abs(1 - relaxation * (1 - eigenvalues)) < 1
