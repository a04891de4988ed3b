"""Where the transpose comes from: two matrices that click together or do not, and what only the values can tell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from bpcore.differences import numerical_gradient
from bpcore.errors import DataError, require_rng
from bpcore.plots import BLUE, INK, PAGE, QUIET, VERMILION, VERMILION_TEXT, short
from bpcore.widgets.assets import script, style
from bpcore.widgets.base import Live
from bpcore.widgets.frames import Frame, Table
from bpcore.widgets.prediction import Prediction, Question
from bpcore.widgets.questions import named

MOST = 6
SIZES = {"N": 5, "D": 3, "H": 2}  # samples, inputs, outputs
SHAPES = {"X": ("N", "D"), "W": ("D", "H"), "g": ("N", "H")}
WANTED = {"dW": ("W", ("X", "g")), "dX": ("X", ("g", "W"))}  # what is sought: of which matrix, from which two


@dataclass(frozen=True)
class Piece:
    """One of the matrices, as it stands or turned."""

    name: str
    turned: bool = False

    def __str__(self) -> str:
        return self.name + ".T" * self.turned

    @property
    def letters(self) -> tuple[str, str]:
        """The names of its two sizes, rows first."""
        rows, columns = SHAPES[self.name]
        return (columns, rows) if self.turned else (rows, columns)


Pair = tuple[Piece, Piece]
# The four that come to mind first; the others are these, turned as a whole.
FOUR: tuple[Pair, ...] = (
    (Piece("X"), Piece("g")),
    (Piece("X", True), Piece("g")),
    (Piece("g", True), Piece("X")),
    (Piece("X"), Piece("g", True)),
)

WHICH = Question(
    title="X (5, 3) and g (5, 2): which product is dW",
    text="X has the shape (5, 3), and the gradient g of the outputs (5, 2). Which product is dW, of the shape of W?",
    exercise="backprop.dense_backward",
    actual=lambda puzzle: float(FOUR.index(puzzle.pair)) if puzzle.pair in FOUR and puzzle.is_right() else None,
    run=lambda puzzle: puzzle.choose("X.T @ g"),
    label="Put it together",
    choices=tuple(f"{left} @ {right}" for left, right in FOUR),
    why=(
        "W has the shape (3, 2), and X.T @ g is the only one of these that gives it: the five samples meet in the "
        "middle and are summed over. g.T @ X can be computed too, but it gives (2, 3)."
    ),
)
ALL_TWO = Question(
    title="All sizes 2: how many of four products have the shape of W",
    text="Now N, D and H are all 2. How many of X @ g, X.T @ g, g.T @ X and X @ g.T have the shape of W?",
    exercise="backprop.dense_backward",
    actual=lambda puzzle: float(sum(map(puzzle.has_shape, FOUR))) if set(puzzle.sizes.values()) == {2} else None,
    run=lambda puzzle: puzzle.resize(2, 2, 2),
    label="Make them all 2",
    why=(
        "All four, and three of them are wrong. Here the shapes cannot tell: then values do. Compare the numbers with "
        "the slopes that were measured, as a gradient check does."
    ),
)
QUESTIONS = {"which_product": WHICH, "all_square": ALL_TWO}


class TransposePuzzle(Live):
    """Turn and swap two matrices until their product has the right shape, and then the right values.

    TransposePuzzle()                          X (5, 3) and g (5, 2): which product is dW?
    TransposePuzzle(wanted="dX")               g and W: which is dX?
    TransposePuzzle(N=2, D=2, H=2)             all square: every product fits, and one is right
    TransposePuzzle(rng=rng)                   other numbers

    Forward is Z = X W, and g is the gradient of the loss by Z. Shapes: X (N, D), W (D, H), g (N, H). What is right was
    measured, by central differences of Σ g · (X W). `predict` is a Question, "which_product" (after which "all_square"
    is asked) or "all_square". After a change from Python call refresh(). Raises DataError for a size outside 1 to 6.
    """

    _esm = script("transpose.js")
    _css = style("small.css")
    title: ClassVar[str] = "Where the transpose comes from"
    size: ClassVar[tuple[float, float]] = (8.0, 4.0)

    def __init__(
        self,
        *,
        wanted: str = "dW",
        N: int = SIZES["N"],
        D: int = SIZES["D"],
        H: int = SIZES["H"],
        rng: np.random.Generator | None = None,
        predict: Question | str | None = None,
    ):
        rng = np.random.default_rng(3) if rng is None else rng
        require_rng(rng, "TransposePuzzle")
        # Whole numbers other than 0, so that one can follow each product in one's head.
        numbers = rng.integers(1, 4, (3, MOST, MOST)) * rng.choice([-1, 1], (3, MOST, MOST))
        self._all = {name: a.astype(np.float64) for name, a in zip(SHAPES, numbers, strict=True)}
        self.resize(N, D, H)
        self.want(wanted)
        super().__init__(predict=named(predict, QUESTIONS) if isinstance(predict, str) else predict)

    # -- from Python ---------------------------------------------------------------------------------------------------

    def resize(self, N: int, D: int, H: int) -> None:
        """Samples, inputs and outputs, each from 1 to 6."""
        sizes = {"N": N, "D": D, "H": H}
        if wrong := [name for name, n in sizes.items() if not (isinstance(n, int) and 1 <= n <= MOST)]:
            raise DataError(f"{wrong[0]}={sizes[wrong[0]]!r}: each size is a whole number from 1 to {MOST}.")
        self.sizes = sizes

    def want(self, wanted: str) -> None:
        """Look for "dW" or "dX"; the two matrices stand as they are."""
        if wanted not in WANTED:
            raise DataError(f"wanted={wanted!r}: choose one of {', '.join(WANTED)}.")
        self.wanted = wanted
        left, right = WANTED[wanted][1]
        self.pair: Pair = (Piece(left), Piece(right))

    def choose(self, formula: str) -> None:
        """Put together what is written: choose("X.T @ g")."""
        known = {f"{left} @ {right}": (left, right) for left, right in self.pairs()}
        if formula not in known:
            raise DataError(f"There is no product {formula!r} here; there are {', '.join(known)}.")
        self.pair = known[formula]

    def pairs(self) -> list[Pair]:
        """All eight ways to put the two together: both orders, each matrix as it stands or turned."""
        names = WANTED[self.wanted][1]
        turns = list(product((False, True), repeat=2))
        return [(Piece(a, s), Piece(b, t)) for a, b in (names, names[::-1]) for s, t in turns]

    def matrix(self, piece: Piece) -> np.ndarray:
        """The numbers of a piece, as it stands or turned."""
        rows, columns = (self.sizes[letter] for letter in SHAPES[piece.name])
        whole = self._all[piece.name][:rows, :columns]
        return whole.T if piece.turned else whole

    def fits(self, pair: Pair) -> bool:
        """Whether the product can be computed."""
        left, right = map(self.matrix, pair)
        return left.shape[1] == right.shape[0]

    def has_shape(self, pair: Pair) -> bool:
        """Whether the product can be computed and has the shape of what is sought."""
        left, right = map(self.matrix, pair)
        return self.fits(pair) and (left.shape[0], right.shape[1]) == self.target.shape

    def is_right(self, pair: Pair | None = None) -> bool:
        """Whether the product (of the pair that is shown) has the right shape and the right values."""
        pair = pair or self.pair
        return self.has_shape(pair) and np.allclose(self.matrix(pair[0]) @ self.matrix(pair[1]), self.target)

    @property
    def target(self) -> np.ndarray:
        """The gradient that is sought, measured: the slopes of Σ g · (X W), one entry at a time."""
        X, W, g = (self.matrix(Piece(name)) for name in SHAPES)
        if self.wanted == "dW":
            slopes = numerical_gradient(lambda moved: float((g * (X @ moved)).sum()), W)
        else:
            slopes = numerical_gradient(lambda moved: float((g * (moved @ W)).sum()), X)
        return slopes.round(6)

    def __repr__(self) -> str:
        return f"TransposePuzzle({self.wanted} = {self.pair[0]} @ {self.pair[1]}, {self.sizes})"

    # -- from the browser ----------------------------------------------------------------------------------------------

    def ask_turn(self, given: dict) -> None:
        """Turn one of the two: which is 0 for the left one, 1 for the right one."""
        pieces = list(self.pair)
        piece = pieces[given["which"]]
        pieces[given["which"]] = Piece(piece.name, not piece.turned)
        self.pair = (pieces[0], pieces[1])

    def ask_swap(self, given: dict) -> None:
        """Let the two change places."""
        self.pair = self.pair[::-1]

    def ask_size(self, given: dict) -> None:
        """New sizes, some or all of N, D and H."""
        self.resize(**{**self.sizes, **{name: int(n) for name, n in given.items()}})

    def ask_want(self, given: dict) -> None:
        """Look for something else."""
        self.want(given["wanted"])

    def ask_leave(self, given: dict) -> None:
        """Put the question away; after the first one, the other follows."""
        waiting = self._prediction
        first = waiting is not None and waiting.question is WHICH and waiting.stage == "come"
        super().ask_leave(given)
        if first:
            self._prediction = Prediction(ALL_TWO)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _spelt(self, piece: Piece) -> str:
        return f"{piece} {self.matrix(piece).shape}"

    def verdict(self) -> tuple[str, str]:
        """One word for what became of it (open, shape, values or right), and a sentence."""
        (left, right), of = self.pair, WANTED[self.wanted][0]
        (rows, inner), (other, columns) = self.matrix(left).shape, self.matrix(right).shape
        if inner != other:
            return "open", (
                f"They do not click together: {left} has {inner} column{'s' * (inner > 1)}, "
                f"{right} has {other} row{'s' * (other > 1)}."
            )
        made, wanted = (rows, columns), self.target.shape
        if made != wanted:
            return "shape", f"It can be computed and gives {made}. {of} has the shape {wanted}: turned the wrong way."
        wrong = int((~np.isclose(self.matrix(left) @ self.matrix(right), self.target)).sum())
        if wrong:
            count = f"{wrong} of {self.target.size} numbers differ" if wrong > 1 else "one number differs"
            return "values", f"The shape is right, and the values are not: {count} from the slopes that were measured."
        letter = left.letters[1]
        summed = {"N": "the samples", "D": "the inputs", "H": "the outputs"}[letter]
        return "right", f"This is {self.wanted}: shape and values agree. The sum runs over {letter}, {summed}."

    def counted(self) -> str:
        """How far shapes alone can tell."""
        pairs, of = self.pairs(), WANTED[self.wanted][0]
        fit, shape, right = (sum(map(f, pairs)) for f in (self.fits, self.has_shape, self.is_right))
        told = f"Of the {len(pairs)} ways to put the two together, {fit} can be computed, {shape} "
        told += f"{'have' if shape != 1 else 'has'} the shape of {of}, and {right} the right values."
        return told + (" Shapes cannot tell here: values do." if shape > 1 else "")

    def frame(self) -> Frame:
        kind, text = self.verdict()
        tiles = [{"name": str(p), "letters": p.letters, "shape": self.matrix(p).shape} for p in self.pair]
        left, right = map(self.matrix, self.pair)
        target = self.target
        made = left @ right if kind != "open" else np.empty((0, 0))
        same = np.isclose(made, target) if made.shape == target.shape else np.zeros(made.shape, bool)
        asking = self._prediction is not None and self._prediction.stage != "come"
        words = {
            "tiles": tiles,
            "made": made.shape,
            "target": target.shape,
            "wanted": self.wanted,
            "of": WANTED[self.wanted][0],
            "sizes": self.sizes,
            "kind": kind,
            "text": text,
            "formula": f"{self.pair[0]} @ {self.pair[1]}",
            # It would answer what is being asked.
            "counted": "" if asking else self.counted(),
        }
        return Frame({"left": left, "right": right, "product": made, "same": same, "measured": target}, words)

    def table(self) -> Table:
        rows = []
        for pair in self.pairs():
            left, right = map(self.matrix, pair)
            shape = f"({left.shape[0]}, {right.shape[1]})" if self.fits(pair) else "cannot be computed"
            said = "yes" if self.is_right(pair) else "no" if self.has_shape(pair) else "wrong shape"
            rows.append((f"{pair[0]} @ {pair[1]}", f"{left.shape} @ {right.shape}", shape, said))
            rows[-1] = (*rows[-1][:3], said if self.fits(pair) else "")
        sizes = ", ".join(f"{name} = {n}" for name, n in self.sizes.items())
        asking = self._prediction is not None and self._prediction.stage != "come"
        text = f"{sizes}. Shown is {self._spelt(self.pair[0])} @ {self._spelt(self.pair[1])}. {self.verdict()[1]}"
        if asking:
            return Table(text, ("product", "shapes"), tuple(row[:2] for row in rows))
        return Table(f"{text} {self.counted()}", ("product", "shapes", "gives", f"is it {self.wanted}"), tuple(rows))

    def draw(self, figure: Any) -> None:
        ax = figure.add_subplot()
        kind, text = self.verdict()
        left, right = map(self.matrix, self.pair)
        gap = 0.9
        corner = left.shape[1] + gap
        _grid(ax, left, 0, right.shape[0] + gap, self._spelt(self.pair[0]), BLUE)
        _grid(ax, right, corner, 0, self._spelt(self.pair[1]), BLUE)
        wide, tall = corner + right.shape[1], right.shape[0] + gap + left.shape[0]
        if kind != "open":
            agree = np.isclose(left @ right, self.target) if (left @ right).shape == self.target.shape else None
            _grid(ax, left @ right, corner, right.shape[0] + gap, "", INK, agree)
        if kind == "open":
            unequal = f"{left.shape[1]} ≠ {right.shape[0]}"
            ax.text(corner - gap / 2, right.shape[0] + gap / 2, unequal, ha="center", va="center", color=VERMILION_TEXT)
        _grid(ax, self.target, wide + 1.4, right.shape[0] + gap, f"{self.wanted}, measured {self.target.shape}", QUIET)
        tall = max(tall, right.shape[0] + gap + self.target.shape[0])
        far = wide + 1.4 + self.target.shape[1]
        ax.set(xlim=(-0.2, max(far, 11) + 0.2), ylim=(tall + 0.2, -0.8), aspect="equal")
        ax.set_axis_off()
        ax.set_title(f"{self.pair[0]} @ {self.pair[1]}: {text}", loc="left", color=INK, fontsize=10, wrap=True)


def _grid(ax: Any, a: np.ndarray, x: float, y: float, caption: str, colour: str, agree: Any = None) -> None:
    """A matrix as cells, downwards from its upper left corner; where `agree` is False, the number is crossed out."""
    from matplotlib.patches import Rectangle

    for (i, j), value in np.ndenumerate(a):
        good = agree is None or agree[i, j]
        edge = colour if good else VERMILION
        ax.add_patch(Rectangle((x + j, y + i), 1, 1, facecolor=PAGE, edgecolor=edge, linewidth=1))
        text = short(float(value)) if good else f"≠ {short(float(value))}"
        ax.text(
            x + j + 0.5, y + i + 0.5, text, ha="center", va="center", color=INK if good else VERMILION_TEXT, fontsize=9
        )
    ax.text(x, y - 0.15, caption, ha="left", va="bottom", color=colour, fontsize=9)
