"""Squared error: its value, a slope measured, and the gradient derived."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_02_losses.sizes import ENTRIES, OUTPUTS, SAMPLES

# -- the loss -----------------------------------------------------------------------------------------------------------------------------------


def mse(prediction, target):
    """The mean squared error.

    prediction: (N, D), (N, 1) or (N,).
    target: as many entries in the same order; (N,) may meet (N, 1).
    Returns one number: the mean of the squared differences over all entries.
    """
    difference = prediction - target.reshape(prediction.shape)
    return (difference**2).mean()


def mse_cases(rng):
    def case(name, prediction, target):
        N, size = len(prediction), prediction.size
        sizes = {SAMPLES: N, OUTPUTS: size // N} if size > N else {SAMPLES: N}
        return Case(name, (prediction, target), sizes | ({ENTRIES: size} if size > N else {}))

    return [
        case("two samples, two outputs", np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 5.0]])),
        case("seven samples, three outputs", rng.normal(size=(7, 3)), rng.normal(size=(7, 3))),
        case("as many outputs as samples", rng.normal(size=(4, 4)), rng.normal(size=(4, 4))),
        case("one number a sample", rng.normal(size=5), rng.normal(size=5)),
        case("a column (5, 1) against a list (5,)", rng.normal(size=(5, 1)), rng.normal(size=5)),
        case("a list (3,) against a column (3, 1)", rng.normal(size=3), rng.normal(size=(3, 1))),
        case("whole numbers", rng.integers(-5, 6, (5, 2)), rng.integers(-5, 6, (5, 2))),
        case("views that are not contiguous", rng.normal(size=(3, 5)).T, rng.normal(size=(5, 6))[:, ::2]),
    ]


MSE = Exercise(
    id="losses.mse",
    title="The mean squared error",
    points=1,
    minutes=6,
    objective="Write the mean squared error and its gradient, with the shapes and the constant factors that belong to them.",
    form="blank",
    statement=(
        "Write `mse(prediction, target)`: the mean, over *all* entries, of `(prediction - target)²`. Return one number. For `N` samples with `D` outputs that is a "
        "division by `N · D`. There is no factor ½. Both arrays have the same entries in the same order, but one may have the shape `(N, 1)` and "
        "the other `(N,)`: give the target the shape of the prediction before you subtract."
    ),
    reference=mse,
    cases=mse_cases,
    hints=(
        "Three steps: subtract, square, average. Before the first one: do the two shapes agree?",
        "`(N, 1) - (N,)` is `(N, N)`: numpy pairs every prediction with every target. `target.reshape(prediction.shape)` prevents it.",
        "`((prediction - target.reshape(prediction.shape)) ** 2).mean()`",
    ),
    mistakes=(
        Mistake("paired_with_all", "a column `(N, 1)` meets a list `(N,)`: the difference is `(N, N)`, every prediction against every target. Reshape the target first.", {"target.reshape(prediction.shape)": "target"}),
        Mistake("summed", "the squares are added up and not averaged: the loss would grow with the batch.", {").mean()": ").sum()"}),
        Mistake("divided_by_samples", "the sum is divided by the number of samples: the mean over all entries divides by N · D.", {"(difference**2).mean()": "(difference**2).sum() / len(difference)"}),
        Mistake("divided_by_outputs", "the sum is divided by the length of a row: the mean over all entries divides by N · D.", {"(difference**2).mean()": "(difference**2).sum() / difference.shape[-1]"}),
        Mistake("halved", "there is a factor ½ in front: some books have it, this loss does not.", {").mean()": ").mean() / 2"}),
        Mistake("not_squared", "the differences are averaged without being squared: errors up and down cancel.", {"(difference**2)": "difference"}),
        Mistake("absolute", "the size of the differences is averaged, and not their square: that is the mean absolute error.", {"(difference**2)": "np.abs(difference)"}),
        Mistake("root_taken", "the root is taken at the end: that is the root mean squared error.", {"(difference**2).mean()": "np.sqrt((difference**2).mean())"}),
        Mistake("squared_after_mean", "the mean is taken first and then squared: errors up and down cancel. Square each difference, then average.", {"(difference**2).mean()": "difference.mean() ** 2"}),
        Mistake("squares_subtracted", "both arrays are squared and then subtracted: `p² - t²` is not `(p - t)²`.", {"(difference**2).mean()": "(prediction**2 - target.reshape(prediction.shape) ** 2).mean()"}),
        Mistake("one_for_each_sample", "the mean is taken along each row: one loss for each sample. One number for all is asked for.", {".mean()": ".mean(axis=-1)"}),
        Mistake("one_for_each_output", "the mean is taken down each column: one loss for each output. One number for all is asked for.", {".mean()": ".mean(axis=0)"}),
        Mistake("not_reduced", "the squares are returned as they are: their mean is missing.", {"(difference**2).mean()": "difference**2"}),
    ),
)  # fmt: skip

# -- a slope, measured ------------------------------------------------------------------------------------------------------------------------------


def slope(f, x, h):
    """The slope of f at x, by a central difference.

    f: takes a number, returns a number. x: a number. h: the step. Returns one number.
    """
    return (f(x + h) - f(x - h)) / (2 * h)


def drive_slope(answer, name, x, h):
    functions = {
        "the cube": lambda v: v**3,
        "the squared error to 3": lambda v: (v - 3) ** 2,
        "the surprise -log(v)": lambda v: -np.log(v),
        "the exponential": lambda v: np.exp(v),
        "the sine": lambda v: np.sin(v),
    }
    return {"slope": answer(functions[name], x, h)}


def slope_cases(rng):
    return [
        Case("the cube at 2, a step of 1", ("the cube", 2.0, 1.0)),
        Case("the squared error to 3", ("the squared error to 3", float(rng.uniform(-2, 2)), 0.5)),
        Case("the surprise -log(v)", ("the surprise -log(v)", float(rng.uniform(0.4, 0.9)), 0.1)),
        Case("the exponential", ("the exponential", float(rng.uniform(-1, 1)), 0.2)),
        Case("a small step", ("the sine", float(rng.uniform(0.5, 1)), 1e-4)),
        Case("a whole number", ("the cube", 3, 0.25)),
    ]


SLOPE = Exercise(
    id="losses.slope",
    title="A slope from two values",
    points=1,
    minutes=5,
    objective="Measure how steep a function is from its values alone.",
    form="blank",
    statement=(
        "Write `slope(f, x, h)`. `f` is a function of one number. Move `x` by `h` up and by `h` down, take the difference of the two values of `f`, and divide it by the "
        "distance between the two points, `2 h`. Use exactly the `h` that is given."
    ),
    reference=slope,
    drive=drive_slope,
    cases=slope_cases,
    hints=(
        "A slope is a rise divided by a run. How far apart are `x + h` and `x - h`?",
        "The rise is `f(x + h) - f(x - h)`, the run is `2 * h`. Mind the brackets.",
        "`(f(x + h) - f(x - h)) / (2 * h)`",
    ),
    mistakes=(
        Mistake("one_sided", "only the point above is moved, `(f(x + h) - f(x)) / h`: its error shrinks like h, that of the central difference like h².", {"f(x - h)": "f(x)", "(2 * h)": "h"}),
        Mistake("one_sided_below", "only the point below is moved, `(f(x) - f(x - h)) / h`: its error shrinks like h, that of the central difference like h².", {"f(x + h)": "f(x)", "(2 * h)": "h"}),
        Mistake("divided_by_h", "the difference is divided by `h`: from `x - h` to `x + h` it is `2 h`.", {"(2 * h)": "h"}),
        Mistake("half_precedence", "`/ 2 * h` divides by 2 and then multiplies by h: write `/ (2 * h)`.", {"/ (2 * h)": "/ 2 * h"}),
        Mistake("bracket_forgotten", "only the second value is divided: put the difference in brackets before dividing.", {"(f(x + h) - f(x - h))": "f(x + h) - f(x - h)"}),
        Mistake("not_divided", "the difference of the two values is returned: a slope is that rise divided by the run.", {" / (2 * h)": ""}),
        Mistake("sign_turned", "the value above is subtracted from the value below: a rising function has a positive slope.", {"f(x + h) - f(x - h)": "f(x - h) - f(x + h)"}),
        Mistake("half_step", "the two points are at `h / 2` on either side: the exercise asks for `h` up and `h` down.", {"f(x + h) - f(x - h)": "f(x + h / 2) - f(x - h / 2)", "(2 * h)": "h"}),
        Mistake("half_over_one_side", "only the point above is moved, but the run is taken as `2 h`: from `x` to `x + h` it is `h`.", {"f(x - h)": "f(x)"}),
        Mistake("step_on_the_value", "the step is added to the value of `f` and not to `x`: then the difference is always `2 h`.", {"f(x + h) - f(x - h)": "(f(x) + h) - (f(x) - h)"}),
        Mistake("curvature", "it is the second difference, `(f(x + h) - 2 f(x) + f(x - h)) / h²`: that measures how the slope changes.", {"- f(x - h)": "- 2 * f(x) + f(x - h)", "(2 * h)": "h**2"}),
        Mistake("own_step", "a step of 1e-5 is used in place of the `h` that is given.", {"    return": "    h = 1e-5\n    return"}),
    ),
)  # fmt: skip

# -- the gradient, derived --------------------------------------------------------------------------------------------------------------------------


def mse_grad(prediction, target):
    """The gradient of the mean squared error by the prediction.

    prediction, target: as in mse. Returns an array of the shape of the prediction.
    """
    difference = prediction - target.reshape(prediction.shape)
    return 2 * difference / difference.size


MSE_GRAD = Exercise(
    id="losses.mse_grad",
    title="The slope of the squared error",
    points=1,
    minutes=7,
    objective="Write the mean squared error and its gradient, with the shapes and the constant factors that belong to them.",
    form="faded",
    statement=(
        "Complete `mse_grad(prediction, target)`: the gradient of `mse` by the prediction. Entry `[n, d]` says how the loss changes with `prediction[n, d]` alone. The "
        "loss is the mean over *all* entries, with no factor ½. The difference is there already, in the shape of `prediction`; write what belongs in place of `...`: "
        "an array of the same shape."
    ),
    reference=mse_grad,
    blanks=("2 * difference / difference.size",),
    cases=mse_cases,
    exact_shape=True,
    hints=(
        "Write the loss for three numbers: `((p0 - t0)² + (p1 - t1)² + (p2 - t2)²) / 3`. What is its slope by `p1`?",
        "The square gives a factor 2, the mean divides by the number of all entries, `prediction.size`. Only the entry's own difference is left.",
        "`2 * (prediction - target.reshape(prediction.shape)) / prediction.size`",
    ),
    mistakes=(
        Mistake("paired_with_all", "a column `(N, 1)` meets a list `(N,)`: the difference is `(N, N)`, every prediction against every target. Reshape the target first.", {"target.reshape(prediction.shape)": "target"}),
        Mistake("two_left_out", "the factor 2 is missing: the slope of a square is twice what is squared, and this loss has no ½ to cancel it.", {"2 * difference": "difference"}),
        Mistake("sign_turned", "target minus prediction is taken: that points to the improvement. The gradient points uphill.", {"2 * difference": "-2 * difference"}),
        Mistake("not_averaged", "the division by the number of entries is missing: the loss is a mean, and so is its slope.", {" / difference.size": ""}),
        Mistake("raw_error", "the bare difference is returned: it is the gradient of ½ Σ (p - t)², which is another loss.", {"2 * difference / difference.size": "difference"}),
        Mistake("divided_by_samples", "it is divided by the number of samples: the mean runs over all N · D entries.", {"/ difference.size": "/ len(difference)"}),
        Mistake("divided_by_outputs", "it is divided by the length of a row: the mean runs over all N · D entries.", {"/ difference.size": "/ difference.shape[-1]"}),
        Mistake("half_loss_over_samples", "`(p - t) / N` is returned: it belongs to half the squared error, averaged over the samples alone.", {"2 * difference / difference.size": "difference / len(difference)"}),
        Mistake("divided_twice", "it is divided by the number of entries twice.", {"/ difference.size": "/ difference.size**2"}),
        Mistake("still_squared", "the difference is still squared: the slope of a square is linear.", {"2 * difference /": "2 * difference**2 /"}),
        Mistake("slope_of_absolute", "only the sign of the difference is left: that is the slope of the absolute error.", {"2 * difference /": "np.sign(difference) /"}),
        Mistake("one_number", "the entries are added up into one number: each entry of the prediction has a slope of its own.", {"2 * difference / difference.size": "2 * difference.mean()"}),
    ),
)  # fmt: skip
