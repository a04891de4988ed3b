"""A gap to fill and a bug to find: the two other forms that an exercise can have."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- a bug to find -------------------------------------------------------------------------------------------------------------------------


def centre_rows(X):
    """Subtract from each row its own mean.

    X: (N, D) numbers. Returns an array of the same shape, whose rows have the mean 0.
    """
    means = X.mean(axis=1, keepdims=True)
    return X - means


def centre_rows_cases(rng):
    return [
        Case("three rows of three", (np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [5.0, 5.0, 8.0]]),)),
        Case("a square of four", (rng.normal(size=(4, 4)),), {"the number of rows N": 4}),
        Case("a square of two", (rng.normal(size=(2, 2)) + 3,), {"the number of rows N": 2}),
        Case("whole numbers", (rng.integers(-9, 10, size=(5, 5)),), {"the number of rows N": 5}),
    ]


CENTRE_ROWS = Exercise(
    id="start.find_the_bug",
    title="Find the bug: it runs, and the means are not 0",
    points=1,
    minutes=4,
    objective="Sum an array over one axis and know the shape that comes out.",
    form="debug",
    statement=(
        "This function should subtract from each row its own mean. Try it by hand on `[[1, 3], [10, 30]]`: the means of the rows are 2 and 20, so the result is "
        "`[[-1, 1], [-10, 10]]`. It returns something else, without any error. Mend it. `X` is square here, as many rows as columns: for any other shape numpy would have complained."
    ),
    reference=centre_rows,
    cases=centre_rows_cases,
    bug="kept_no_axis",
    hints=(
        "Print `means.shape` for a square `X`. Does it still say which row a mean belongs to?",
        "`(N, N) - (N,)` pairs the N means with the *columns*. `(N, N) - (N, 1)` pairs them with the rows.",
        "`means = X.mean(axis=1, keepdims=True)`",
    ),
    mistakes=(
        Mistake("kept_no_axis", "the means have lost their axis: `(N,)` is laid along the columns, so that column j loses the mean of row j.", {", keepdims=True": ""}),
        Mistake("wrong_axis", "the means are those of the columns: `axis=0` removes the rows.", {"axis=1": "axis=0"}),
        Mistake("one_mean", "one mean is subtracted everywhere: that of all numbers together.", {"X.mean(axis=1, keepdims=True)": "X.mean()"}),
        Mistake("sum_for_mean", "the sum of each row is subtracted, and not its mean.", {"X.mean(": "X.sum("}),
        Mistake("means_returned", "the means themselves are returned in place of every number.", {"return X - means": "return 0 * X + means"}),
        Mistake("sign_turned", "the numbers are subtracted from the mean, and not the mean from the numbers.", {"X - means": "means - X"}),
    ),
)  # fmt: skip

# -- a gap to fill --------------------------------------------------------------------------------------------------------------------------


def slope_at(f, x, h=1e-5):
    """Estimate the slope of f at x by the central difference.

    f: takes a number, returns a number. x, h: numbers.
    Returns the difference of the two values, divided by the distance of the two places.
    """
    up = f(x + h)
    down = f(x - h)
    return (up - down) / (2 * h)


def drive_slope_at(answer, name, x, h):
    functions = {"the cube": lambda v: v**3, "a wave": lambda v: float(np.sin(v)), "one over x": lambda v: 1 / v}
    return {"slope": answer(functions[name], x, h)}


def slope_at_cases(rng):
    return [
        Case("the cube at 2", ("the cube", 2.0, 1e-3)),
        Case("a wave", ("a wave", float(rng.uniform(0.5, 1)), 1e-2)),
        Case("one over x", ("one over x", float(rng.uniform(1, 2)), 0.25)),
        Case("a negative place", ("the cube", float(-rng.uniform(1, 2)), 0.5)),
    ]


SLOPE_AT = Exercise(
    id="start.slope_at",
    title="Up a little, down a little",
    points=1,
    minutes=3,
    objective="Estimate a gradient from function values alone.",
    form="faded",
    statement=(
        "First for a single number. Complete `slope_at(f, x, h=1e-5)`: `up` is the value of `f` a step of `h` above `x`, `down` the value a step below; the slope is their difference, "
        "divided by the distance between the two places. Put code where the `...` stand."
    ),
    reference=slope_at,
    drive=drive_slope_at,
    cases=slope_at_cases,
    blanks=("f(x - h)", "(2 * h)"),
    hints=(
        "`down` is the mirror image of `up`. How far apart are the two places?",
        "From `x - h` to `x + h` it is twice `h`.",
        "`down = f(x - h)`, and divide by `(2 * h)`",
    ),
    mistakes=(
        Mistake("one_sided", "only the upper side is moved, `(f(x + h) - f(x)) / h`: its error shrinks like h, that of the central difference like h².", {"f(x - h)": "f(x)", "(2 * h)": "h"}),
        Mistake("divided_by_h", "the difference is divided by `h`: from `x - h` to `x + h` it is `2 h`.", {"(2 * h)": "h"}),
        Mistake("half_precedence", "`/ 2 * h` divides by 2 and then multiplies by h: write `/ (2 * h)`.", {"(2 * h)": "2 * h"}),
        Mistake("upper_half", "the step from `x` to `x + h` is divided by `2 h`, which is the distance from `x - h` to `x + h`.", {"f(x - h)": "f(x)"}),
        Mistake("never_divided", "the difference of the values is not divided by the distance.", {" / (2 * h)": ""}),
        Mistake("sign_turned", "up and down are exchanged.", {"up - down": "down - up"}),
        Mistake("added", "the two values are added: the slope is their difference, divided.", {"up - down": "up + down"}),
    ),
)  # fmt: skip
