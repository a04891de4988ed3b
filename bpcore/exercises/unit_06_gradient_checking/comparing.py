"""Two gradients side by side: how far apart they are, and in what way."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- how far apart ---------------------------------------------------------------------------------------------------------------------------------------


def relative_error(a, b):
    """How far apart two arrays are, compared with how large they are.

    a, b: arrays of one shape. Returns one number from 0 to 1: the length of a - b,
    divided by the length of a plus the length of b.
    """
    size = np.sqrt((a**2).sum()) + np.sqrt((b**2).sum())
    if size == 0:
        return 0.0
    return np.sqrt(((a - b) ** 2).sum()) / size


def relative_error_cases(rng):
    def near(shape, scale, distance):
        a = rng.normal(size=shape) * scale
        return a, a + rng.normal(size=shape) * scale * distance

    a, b = near((4, 6), 1.0, 0.3)
    return [
        Case("lengths 5 and 10", (np.array([3.0, 4.0]), np.array([6.0, 8.0]))),
        Case("a table", near((3, 5), 1.0, 0.2)),
        Case("nearly equal", near((7,), 1.0, 1e-7)),
        Case("very small gradients", near((5,), 1e-10, 0.5)),
        Case("very large gradients", near((5, 2), 1e8, 0.5)),
        Case("equal", (np.array([1.0, -2.0]), np.array([1.0, -2.0]))),
        Case("opposite", (np.array([1.0, -2.0, 2.0]), np.array([-1.0, 2.0, -2.0]))),
        Case("one is zero", (np.zeros((2, 3)), rng.normal(size=(2, 3)))),
        Case("both are zero", (np.zeros(3), np.zeros(3))),
        Case("a single number", (np.array([0.5]), np.array([0.25]))),
        Case("whole numbers", (np.array([[1, -2], [3, 0]]), np.array([[1, 2], [3, -1]]))),
        Case("views that are not contiguous", (a.T[::2], b.T[::2])),
    ]


_SIZE, _DISTANCE = "np.sqrt((a**2).sum()) + np.sqrt((b**2).sum())", "np.sqrt(((a - b) ** 2).sum())"
_NO_ZERO = "    if size == 0:\n        return 0.0\n"

RELATIVE_ERROR = Exercise(
    id="gradient_checking.relative_error",
    title="How far apart?",
    points=1,
    minutes=7,
    objective="Compare two gradients in a way that does not depend on their scale.",
    form="blank",
    statement=(
        "Write `relative_error(a, b)` for two arrays of one shape. The length of an array is the square root of the sum of all its squared entries. Return one number: the "
        "length of `a - b`, divided by the sum of the length of `a` and the length of `b`. It is 0 for equal arrays, 1 for opposite ones, and does not change when both are "
        "multiplied by one number, however small: so nothing may be added below the fraction line. If both arrays are zero, return 0."
    ),
    reference=relative_error,
    cases=relative_error_cases,
    hints=(
        "A difference of 0.001 is nothing for a gradient of 1000, and everything for one of 0.001. What must you divide by?",
        "Three lengths: of `a - b`, of `a`, of `b`. And one question before you divide: is the divisor zero?",
        "`np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))`, and 0 when both lengths are 0",
    ),
    mistakes=(
        Mistake("not_relative", "the length of the difference is returned as it is: without a division it depends on the scale of the gradients.", {_DISTANCE + " / size": _DISTANCE}),
        Mistake("zero_by_zero", "two zero arrays give 0/0, which is nan: ask first whether the divisor is zero.", {_NO_ZERO: "    size = np.float64(size)\n"}),
        *(
            Mistake(f"padded_by_{eps:g}".replace("-", "_"), f"{eps:g} is added below the fraction line, to avoid a division by zero: very small gradients then look equal although they are not.", {_NO_ZERO: f"    size = size + {eps:g}\n"})
            for eps in (1e-8, 1e-12)
        ),
        Mistake("one_for_both_zero", "two zero arrays give 1: they are equal, so the error is 0.", {"return 0.0": "return 1.0"}),
        Mistake("zero_when_one_is_zero", "the result is 0 as soon as one of the arrays is zero: only if both are zero they agree.", {"if size == 0": "if not a.any() or not b.any()"}),
        Mistake("root_left_out", "the squares are summed and no root is taken: these are squares of lengths.", {_SIZE: "(a**2).sum() + (b**2).sum()", _DISTANCE: "((a - b) ** 2).sum()"}),
        Mistake("root_of_sum_of_both", "one root is taken of all the squares together: take the length of each array, then add the two.", {_SIZE: "np.sqrt((a**2).sum() + (b**2).sum())"}),
        Mistake("sizes_added_up", "the absolute values are added up: the length is the root of the sum of the squares.", {_SIZE: "np.abs(a).sum() + np.abs(b).sum()", _DISTANCE: "np.abs(a - b).sum()"}),
        Mistake("largest_entries", "the largest absolute entries are compared: the length takes in all entries.", {_SIZE: "np.abs(a).max() + np.abs(b).max()", _DISTANCE: "np.abs(a - b).max()"}),
        Mistake("signs_cancel", "the plain differences are added up: those up and those down cancel.", {_DISTANCE: "np.abs((a - b).sum())"}),
        Mistake("lengths_compared", "only the two lengths are compared: arrays of one length can point in opposite directions.", {_DISTANCE: "np.abs(np.sqrt((a**2).sum()) - np.sqrt((b**2).sum()))"}),
        Mistake("by_first_alone", "it is divided by the length of `a` alone: opposite arrays should give 1, and give 2.", {_SIZE: "np.sqrt((a**2).sum())"}),
        Mistake("by_second_alone", "it is divided by the length of `b` alone: opposite arrays should give 1, and give 2.", {_SIZE: "np.sqrt((b**2).sum())"}),
        Mistake("by_larger", "it is divided by the larger of the two lengths: here it is their sum.", {_SIZE: "max(np.sqrt((a**2).sum()), np.sqrt((b**2).sum()))"}),
        Mistake("by_product", "it is divided by the product of the two lengths: then it depends on the scale.", {_SIZE: "np.sqrt((a**2).sum()) * np.sqrt((b**2).sum())"}),
        Mistake("by_length_of_sum", "it is divided by the length of `a + b`: opposite arrays then give a division by zero.", {_SIZE: "np.sqrt(((a + b) ** 2).sum())"}),
        Mistake("one_for_each_row", "there is one number for each row: all entries belong to one length.", {_SIZE: "np.sqrt((a**2).sum(axis=-1)) + np.sqrt((b**2).sum(axis=-1))", "if size == 0": "if not size.any()", _DISTANCE: "np.sqrt(((a - b) ** 2).sum(axis=-1))"}),
    ),
)  # fmt: skip

# -- in what way -------------------------------------------------------------------------------------------------------------------------------------------


def diagnose(grad, numeric):
    """Say in one word what is wrong with a gradient.

    grad: the derived gradient, an array. numeric: the measured one, an array.
    Returns "ok", "sign", "transpose", "shape", "factor" or "wrong".
    """

    def agree(a, b):
        return a.shape == b.shape and np.linalg.norm(a - b) <= 1e-5 * (np.linalg.norm(a) + np.linalg.norm(b))

    if agree(grad, numeric):
        return "ok"
    if agree(-grad, numeric):
        return "sign"
    if agree(grad.T, numeric):
        return "transpose"
    if grad.shape != numeric.shape:
        return "shape"
    if grad.any() and numeric.any():
        factor = (grad * numeric).sum() / (numeric**2).sum()
        if agree(grad, factor * numeric):
            return "factor"
    return "wrong"


def diagnose_cases(rng):
    def measured(shape, scale=1.0):
        numeric = rng.uniform(0.5, 2, size=shape) * rng.choice([-1.0, 1.0], size=shape) * scale
        return numeric, numeric * (1 + 1e-8 * rng.normal(size=shape))

    def case(name, shape, change, scale=1.0):
        numeric, grad = measured(shape, scale)
        return Case(name, (change(grad), numeric))

    def spoil(entry, factor):
        def change(grad):
            grad.flat[entry] *= factor
            return grad

        return change

    N = 7
    numeric, _ = measured((3, 3))
    symmetric = numeric + numeric.T + np.array([[0, 5.0, 0], [5.0, 0, 0], [0, 0, 5.0]])
    holed = measured(5)[1]
    holed[2] = np.nan
    by_hand = np.array([[1.0, 2.0], [3.0, 4.0]])
    return [
        Case("equal, by hand", (by_hand, by_hand * 1.0)),
        Case("a sign turned, by hand", (-by_hand, by_hand)),
        case("right, with rounding", (3, 5), lambda g: g),
        case("a sign turned", (3, 5), lambda g: -g),
        case("N times too large", 5, lambda g: N * g),
        case("divided by N once more", (2, 3), lambda g: g / N),
        case("a factor and the sign", (5, 2), lambda g: -g / N),
        case("transposed, square", (4, 4), lambda g: g.T),
        case("transposed, not square", (3, 5), lambda g: g.T),
        Case("symmetric, so its transpose is itself", (symmetric.T, symmetric)),
        case("a batch axis left over", (1, 3), lambda g: np.repeat(g, 4, axis=0)),
        case("a row (1, 5) for a list (5,)", 5, lambda g: g.reshape(1, 5)),
        case("one number for a list", 4, lambda g: np.array(g[0])),
        case("one entry wrong, in the middle", (3, 5), spoil(7, -1.0)),
        case("one entry wrong, the first", (3, 5), spoil(0, 3.0)),
        case("one entry wrong, a little", 11, spoil(4, 1.1)),
        case("another array altogether", (3, 2), lambda g: np.sin(9 * g)),
        case("all zeros, where slopes were measured", (2, 3), lambda g: 0 * g),
        Case("slopes, where zeros were measured", (np.array([0.5, -1.0]), np.zeros(2))),
        Case("zeros for zeros", (np.zeros((2, 3)), np.zeros((2, 3)))),
        Case("nan in one entry", (holed, measured(5)[0])),
        case("very small, and the sign turned", 5, lambda g: -g, 1e-11),
        case("very small, and one entry wrong", 5, spoil(2, 2.0), 1e-11),
        case("very small, and right", 5, lambda g: g, 1e-11),
        case("very large, and right", 5, lambda g: g, 1e6),
    ]


_AGREE = "a.shape == b.shape and np.linalg.norm(a - b) <= 1e-5 * (np.linalg.norm(a) + np.linalg.norm(b))"
_OK = '    if agree(grad, numeric):\n        return "ok"\n'
_SIGN = '    if agree(-grad, numeric):\n        return "sign"\n'
_TRANSPOSE = '    if agree(grad.T, numeric):\n        return "transpose"\n'
_SHAPE = '    if grad.shape != numeric.shape:\n        return "shape"\n'
_FACTOR = (
    "    if grad.any() and numeric.any():\n        factor = (grad * numeric).sum() / (numeric**2).sum()\n"
    '        if agree(grad, factor * numeric):\n            return "factor"\n'
)

DIAGNOSE = Exercise(
    id="gradient_checking.diagnose",
    title="What is wrong with it?",
    points=3,
    minutes=20,
    objective="Read the kind of mistake from the numbers of two gradients.",
    form="blank",
    statement=(
        "Write `diagnose(grad, numeric)`: `grad` is a gradient that was derived, `numeric` the same gradient as it was measured. Two arrays *agree* when their shapes are equal and their relative "
        "error (as in `relative_error`: the length of the difference by the sum of the lengths) is at most `1e-5`. Return the first word that fits, as a string: "
        '`"ok"`: they agree. `"sign"`: `-grad` and `numeric` agree. `"transpose"`: `grad.T` and `numeric` agree. `"shape"`: the shapes are not equal, and `(1, K)` is not `(K,)`. '
        '`"factor"`: `grad` agrees with `numeric` times one number, which may be negative, and neither is zero everywhere. `"wrong"`: anything else, `nan` too.'
    ),
    reference=diagnose,
    cases=diagnose_cases,
    hints=(
        "Write a small function `agree(a, b)` first, with the shapes in it. Then five questions, in the order of the statement.",
        "If `grad` is `c` times `numeric`, then `c = (grad * numeric).sum() / (numeric**2).sum()`. Compute `c`, and see whether `grad` and `c * numeric` agree.",
        '`if agree(grad, numeric): return "ok"`, then `-grad`, then `grad.T`, then the shapes, then the factor, and `return "wrong"` at the end',
    ),
    mistakes=(
        Mistake("sign_is_a_factor", "a turned sign is called a factor: -1 is a number too, so ask for the sign first.", {_SIGN: ""}),
        Mistake("shape_before_transpose", "the shapes are compared before the transpose is tried: a transposed gradient that is not square is called a shape.", {_TRANSPOSE: "", _SHAPE: _SHAPE + _TRANSPOSE}),
        Mistake("transpose_first", "the transpose is tried first: a symmetric array is its own transpose, and is right.", {_TRANSPOSE: "", _OK: _TRANSPOSE + _OK}),
        Mistake("transpose_not_tried", "the transpose is never tried.", {_TRANSPOSE: ""}),
        Mistake("factor_not_tried", "a factor is never looked for.", {_FACTOR: ""}),
        Mistake("only_positive_factors", "a negative factor is not recognised: sign and size can both be off.", {"if agree(grad, factor * numeric)": "if factor > 0 and agree(grad, factor * numeric)"}),
        Mistake("any_ratio_is_a_factor", "the ratio is never checked on all entries: every wrong gradient is called a factor.", {"        if agree(grad, factor * numeric):\n            return": "        return"}),
        Mistake("zeros_are_a_factor", "a gradient of zeros is called 0 times the measured one: a factor must not be 0.", {"grad.any() and numeric.any()": "numeric.any()"}),
        Mistake("signs_ignored", "absolute values are compared, so that turned signs look right.", {"np.linalg.norm(a - b)": "np.linalg.norm(np.abs(a) - np.abs(b))"}),
        Mistake("broadcast_accepted", "the shapes are not compared before the subtraction: numpy stretches `(5,)` to `(1, 5)`, and a row to many rows, so that other shapes can be called ok. Where it cannot stretch, it raises.", {"a.shape == b.shape and ": ""}),
        Mistake("absolute_tolerance", "the tolerance does not shrink with the gradients: very small ones agree with anything. `np.allclose` does so too, with its `atol=1e-8`.", {_AGREE: "a.shape == b.shape and np.allclose(a, b)"}),
        Mistake("exact", "the arrays are compared by `==`: a measured slope is never exact.", {_AGREE: "a.shape == b.shape and np.array_equal(a, b)"}),
        Mistake("nan_passes", "`not error > tolerance` is asked: every comparison with nan is false, so nan counts as agreement.", {"np.linalg.norm(a - b) <= 1e-5 * (": "not np.linalg.norm(a - b) > 1e-5 * ("}),
        Mistake("strictly_smaller", "the error must be smaller than the tolerance, and for two zero arrays both are 0: 0 < 0 is false.", {"<= 1e-5": "< 1e-5"}),
        Mistake("first_entry_alone", "only the first entries are compared: a wrong entry elsewhere is not seen.", {"np.linalg.norm(a - b) <= 1e-5 * (np.linalg.norm(a) + np.linalg.norm(b))": "abs(a - b).flat[0] <= 1e-5 * (abs(a) + abs(b)).flat[0]"}),
        Mistake("sums_compared", "only the sums over all entries are compared: their errors can cancel, and a transpose has the same sum.", {"np.linalg.norm(a - b) <= 1e-5 * (np.linalg.norm(a) + np.linalg.norm(b))": "abs(a.sum() - b.sum()) <= 1e-5 * (abs(a.sum()) + abs(b.sum()))"}),
        Mistake("loose", "the tolerance is 0.1: a gradient that is wrong by a tenth in one entry passes.", {"<= 1e-5": "<= 0.1"}),
    ),
)  # fmt: skip
