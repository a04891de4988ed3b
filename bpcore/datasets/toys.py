"""Points in the plane, drawn by a seeded rng: small enough to watch a network bend its border around them."""

from numbers import Real

import numpy as np

from bpcore.errors import DataError, require_rng


def make_xor(n: int = 200, noise: float = 0.15, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The four corners of the unit square, labelled a XOR b: no straight line parts the classes.

    X = (a, b) + noise · N(0, 1), y = a ≠ b; the corners (0, 0), (0, 1), (1, 0), (1, 1) come in turn, so n=4, noise=0
    gives the truth table. Of the shapes here it is the one that needs a hidden layer most plainly: a single unit
    reaches three corners of the four (Minsky & Papert, 1969).

    X is float64 (n, 2), y is integer 0 or 1, (n,). Raises DataError unless n ≥ 2, noise ≥ 0 and rng is a Generator.
    """
    n = _checked("make_xor", n, noise, rng)
    corner = np.arange(n) % 4
    a, b = corner // 2, corner % 2
    return _blurred(np.c_[a, b], noise, rng), (a != b).astype(np.int64)


def make_moons(n: int = 200, noise: float = 0.1, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles that reach into each other: one curve parts them.

    With t uniform in [0, π]: class 0 is (cos t, sin t), class 1 is (1 − cos t, ½ − sin t); then noise · N(0, 1) is
    added. The curves are those of scikit-learn's make_moons; the places along them are drawn, not evenly spaced.

    X is float64 (n, 2); y is 0, 1, 0, 1, … (n,). Raises DataError unless n ≥ 2, noise ≥ 0 and rng is a Generator.
    """
    n = _checked("make_moons", n, noise, rng)
    y = np.arange(n) % 2
    t = rng.uniform(0, np.pi, n)
    X = np.where(y[:, None] == 0, np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)])
    return _blurred(X, noise, rng), y


def make_circles(n: int = 200, noise: float = 0.1, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A ring around a ring: the radius alone tells the class, and no straight line does.

    Class 0 lies on the circle of radius 1, class 1 on that of radius ½, at angles uniform in [0, 2π); then
    noise · N(0, 1) is added.

    X is float64 (n, 2); y is 0, 1, 0, 1, … (n,). Raises DataError unless n ≥ 2, noise ≥ 0 and rng is a Generator.
    """
    n = _checked("make_circles", n, noise, rng)
    y = np.arange(n) % 2
    radius, angle = np.where(y == 0, 1.0, 0.5), rng.uniform(0, 2 * np.pi, n)
    return _blurred(_polar(radius, angle), noise, rng), y


def make_spirals(
    n: int = 300, noise: float = 0.02, *, classes: int = 2, turns: float = 1.5, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Arms wound around each other, the hardest shape here: after Lang & Witbrock (1988), whose two made three turns.

    With s uniform in (0, 1], class c lies at radius s and angle 2π (turns · s + c / classes); then noise · N(0, 1) is
    added. More turns, more noise and more classes are all harder: two arms are 1 / (2 turns) apart along a ray.

    X is float64 (n, 2); y is 0 … classes − 1 in turn, (n,). Raises DataError unless n ≥ classes ≥ 2, noise ≥ 0,
    turns > 0 and rng is a Generator.
    """
    n = _checked("make_spirals", n, noise, rng, classes)
    if not (isinstance(turns, Real) and np.isfinite(turns) and turns > 0):
        raise DataError(f"make_spirals was given turns={turns!r}; it needs a number above 0, such as 1.5.")
    y = np.arange(n) % classes
    s = 1 - rng.random(n)
    return _blurred(_polar(s, 2 * np.pi * (turns * s + y / classes)), noise, rng), y


def make_blobs(
    n: int = 200, noise: float = 0.2, *, classes: int = 3, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Round clouds on a circle, the easiest of the shapes: straight lines part them, so a single layer will do.

    Class c has its centre at angle 2π c / classes on the circle of radius 1, and every point adds noise · N(0, 1).

    X is float64 (n, 2); y is 0 … classes − 1 in turn, (n,). Raises DataError unless n ≥ classes ≥ 2, noise ≥ 0 and
    rng is a Generator.
    """
    n = _checked("make_blobs", n, noise, rng, classes)
    y = np.arange(n) % classes
    return _blurred(_polar(np.ones(n), 2 * np.pi * y / classes), noise, rng), y


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)]


def _blurred(X: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    return X + noise * rng.standard_normal(X.shape)


def _checked(who: str, n: int, noise: float, rng: np.random.Generator, classes: int = 2) -> int:
    """The number of points as an int, or a DataError that says which argument is wrong."""
    require_rng(rng, who)
    if not _is_whole(classes) or classes < 2:
        raise DataError(f"{who} was given classes={classes!r}; it needs a whole number, 2 or more.")
    if not _is_whole(n) or n < classes:
        raise DataError(
            f"{who} was given n={n!r}; it needs a whole number of points, {classes} or more: one for each class."
        )
    if not (isinstance(noise, Real) and np.isfinite(noise) and noise >= 0):
        raise DataError(
            f"{who} was given noise={noise!r}; it needs a number, 0 or more: the standard deviation of what is added."
        )
    return int(n)


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
