"""Measuring gradients: the entry that is worst, a step that is not real, and a check that is wrong itself."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

INPUTS, OUTPUTS, BATCH = "the number of inputs D", "the number of outputs H", "the batch size N"

# -- the worst entry -------------------------------------------------------------------------------------------------------------------------------------


def worst_entry(loss, gradient, W, h=1e-5):
    """Find the entry at which a gradient is furthest from the measured slope.

    loss: takes an array like W, returns one number. gradient: takes an array like W, returns
    an array of its shape. W: (D, H), floats. h: the step.
    Returns index, error: the pair (i, j), and the absolute difference there. W is left as it was.
    """
    difference = np.zeros(W.shape)
    derived = gradient(W)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            up, down = W.copy(), W.copy()
            up[i, j] += h
            down[i, j] -= h
            measured = (loss(up) - loss(down)) / (2 * h)
            difference[i, j] = abs(derived[i, j] - measured)
    index = np.unravel_index(difference.argmax(), difference.shape)
    return index, difference[index]


def drive_worst_entry(answer, name, faults, W, h):
    losses = {
        "cubes": (lambda V: float((V**3).sum()), lambda V: 3 * V**2),
        "sines": (lambda V: float(np.sin(2 * V).sum()), lambda V: 2 * np.cos(2 * V)),
        "the square of the sum": (lambda V: float(V.sum() ** 2), lambda V: 2 * V.sum() * np.ones(V.shape)),
    }
    loss, right = losses[name]
    result = answer(loss, lambda V: right(V) + faults, W, h)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return result
    index, error = result
    if isinstance(index, (tuple, list)) and all(isinstance(i, (int, np.integer)) for i in index):
        index = np.array(index)
    return {"index": index, "error": error}


def worst_entry_cases(rng):
    def case(name, loss, D, H, places, h=1e-5):
        faults = np.zeros((D, H))
        for (i, j), fault in places.items():
            faults[i, j] = fault
        W = rng.uniform(0.4, 1.2, size=(D, H))
        W[0, 0] = 0.02 if loss == "cubes" else W[0, 0]
        return Case(name, (loss, faults, W, h), {INPUTS: D, OUTPUTS: H})

    return [
        Case("2×2, one fault", ("cubes", np.array([[0.0, 0.5], [0.0, 0.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), 1e-5), {INPUTS: 2, OUTPUTS: 2}),
        case("3×5, the larger fault is negative", "cubes", 3, 5, {(1, 3): -0.9, (2, 1): 0.5}),
        case("5×2, a small fault where the slope is small", "cubes", 5, 2, {(0, 0): 0.2, (3, 1): 0.6}),
        case("a square", "sines", 4, 4, {(2, 0): 0.4, (0, 2): -0.3}),
        case("one column", "sines", 5, 1, {(3, 0): 0.7}),
        case("one row", "the square of the sum", 1, 3, {(0, 2): -0.4}),
        case("a fault at the very first entry", "the square of the sum", 2, 3, {(0, 0): -1.5, (1, 2): 0.3}),
        case("a larger step", "cubes", 3, 2, {(2, 1): 0.8, (0, 1): 0.1}, 0.1),
    ]


_INDEX = "np.unravel_index(difference.argmax(), difference.shape)"
_DIFF = "difference[i, j] = abs(derived[i, j] - measured)"
_COPIES = "up, down = W.copy(), W.copy()"

WORST_ENTRY = Exercise(
    id="gradient_checking.worst_entry",
    title="Where is it worst?",
    points=2,
    minutes=12,
    objective="Check a gradient entry by entry, point at the one that is wrong, and distrust the check as well.",
    form="blank",
    statement=(
        "Write `worst_entry(loss, gradient, W, h=1e-5)`. `loss(V)` gives one number for an array `V` like `W`; `gradient(V)` gives the derived gradient, an array of the shape of `V`. "
        "`W` is a float array of shape `(D, H)`. Measure the slope at every entry by the central difference with step `h`. Return `index, error`: the pair `(i, j)` at which derived and measured slope "
        "differ most, and their absolute difference there. When you are done, `W` must hold what it held before."
    ),
    reference=worst_entry,
    drive=drive_worst_entry,
    cases=worst_entry_cases,
    stages=("index", "error"),
    keep_inputs=True,
    hints=(
        "You have measured slopes before. Here there are two indices, and a second array to compare with.",
        "Keep an array `difference` of the shape of `W`. `difference.argmax()` counts through all entries; `np.unravel_index(…, difference.shape)` turns that count into `(i, j)`.",
        "`index = np.unravel_index(difference.argmax(), difference.shape)`, then `return index, difference[index]`",
    ),
    mistakes=(
        Mistake("index_counted_through", "the index counts through all entries: `argmax` flattens the array. `np.unravel_index` turns the count into a pair.", {"    return index, difference[index]": "    return difference.argmax(), difference[index]"}),
        Mistake("pair_exchanged", "the pair is `(column, row)`: the row comes first, as in `W[i, j]`.", {"    return index, ": "    return index[::-1], "}),
        Mistake("best_entry", "it is the entry with the smallest difference.", {"difference.argmax()": "difference.argmin()"}),
        Mistake("sign_kept", "the differences keep their sign: a slope that is far too small is never the largest. Take absolute values.", {_DIFF: "difference[i, j] = derived[i, j] - measured"}),
        Mistake("sign_kept_the_other_way", "the differences keep their sign, measured minus derived: a slope that is far too large is never the largest. Take absolute values.", {_DIFF: "difference[i, j] = measured - derived[i, j]"}),
        Mistake("largest_slope", "it is the entry where the measured slope is largest: compare it with the derived one.", {_DIFF: "difference[i, j] = abs(measured)"}),
        Mistake("relative_difference", "the difference is divided by the measured slope: here it is the absolute difference that counts.", {_DIFF: "difference[i, j] = abs(derived[i, j] - measured) / abs(measured)"}),
        Mistake("squared_difference", "the difference is squared: the place is right, the error is not.", {_DIFF: "difference[i, j] = (derived[i, j] - measured) ** 2"}),
        Mistake("slope_for_error", "the derived slope at the worst entry is returned where the difference belongs.", {"return index, difference[index]": "return index, derived[index]"}),
        Mistake("divided_by_h", "the difference of the two losses is divided by `h`: from `W - h` to `W + h` it is `2 h`.", {"(2 * h)": "h"}),
        Mistake("half_precedence", "`/ 2 * h` divides by 2 and then multiplies by h: write `/ (2 * h)`.", {"/ (2 * h)": "/ 2 * h"}),
        Mistake("one_array", "`up` and `down` are one and the same array: the step up is taken back, and every measured slope is 0.", {_COPIES: "up = down = W.copy()"}),
        Mistake("never_restored", "the step down is made in `W` itself and never taken back.", {_COPIES: "up, down = W.copy(), W"}),
        Mistake("all_at_once", "all entries move together: every measured slope is the sum of all slopes.", {"up[i, j] += h": "up += h", "down[i, j] -= h": "down -= h"}),
        Mistake("whole_row_moved", "a whole row moves at a time: `up[i]` is a row, `up[i, j]` one entry.", {"up[i, j] += h": "up[i] += h", "down[i, j] -= h": "down[i] -= h"}),
        Mistake("sign_of_measured", "up and down are exchanged in the measured slope.", {"loss(up) - loss(down)": "loss(down) - loss(up)"}),
        Mistake("last_column_left_out", "the last column is never visited: `range` stops before its end by itself.", {"range(W.shape[1])": "range(max(W.shape[1] - 1, 1))"}),
    ),
)  # fmt: skip

# -- a step that is not real -----------------------------------------------------------------------------------------------------------------------------


def complex_step(f, x, h=1e-20):
    """The gradient of f at x, by a step into the imaginary direction.

    f: takes an array of complex numbers, returns one complex number.
    x: a 1-D array of real numbers. h: the step.
    Returns an array of the shape of x, of real numbers.
    """
    gradient = np.zeros(len(x))
    for i in range(len(x)):
        moved = np.array(x, dtype=complex)
        moved[i] += 1j * h
        gradient[i] = f(moved).imag / h
    return gradient


def drive_complex_step(answer, name, x, *h):
    functions = {
        "cubes": lambda v: (v**3).sum(),
        "product of all": lambda v: np.prod(v),
        "sine of a weighted sum": lambda v: np.sin((np.arange(1, len(v) + 1) * v).sum()),
        "log of the sum of exp": lambda v: np.log(np.exp(v).sum()),
        "a small slope on a large value": lambda v: 1e9 + np.sin(v).sum(),
        "sigmoids times tanh": lambda v: (1 / (1 + np.exp(-v)) * np.tanh(v[::-1])).sum(),
    }
    return {"gradient": answer(functions[name], x, *h)}


def complex_step_cases(rng):
    return [
        Case("cubes, at two points", ("cubes", np.array([1.0, -2.0])), {"the number of entries": 2}),
        Case("product of all", ("product of all", rng.uniform(0.5, 2, size=3)), {"the number of entries": 3}),
        Case("sine of a weighted sum", ("sine of a weighted sum", rng.uniform(0.2, 0.4, size=3)), {"the number of entries": 3}),
        Case("log of the sum of exp", ("log of the sum of exp", rng.normal(size=7)), {"the number of entries": 7}),
        Case("a small slope on a large value", ("a small slope on a large value", rng.normal(size=5)), {"the number of entries": 5}),
        Case("sigmoids times tanh", ("sigmoids times tanh", rng.normal(size=5)), {"the number of entries": 5}),
        Case("whole numbers", ("cubes", np.array([3, 1, 2])), {"the number of entries": 3}),
        Case("one entry", ("product of all", np.array([1.5])), {"the number of entries": 1}),
        Case("a step of 0.01", ("cubes", rng.uniform(0.5, 2, size=3), 0.01), {"the number of entries": 3}),
    ]


_MOVED, _IMAG = "        moved = np.array(x, dtype=complex)\n        moved[i] += 1j * h\n", "f(moved).imag / h"

COMPLEX_STEP = Exercise(
    id="gradient_checking.complex_step",
    title="A step that is not real",
    points=2,
    minutes=12,
    objective="Measure a gradient to full precision, without subtracting.",
    form="blank",
    statement=(
        "Write `complex_step(f, x, h=1e-20)`. `f` takes a 1-D array, complex numbers allowed, and returns one number; `x` is a 1-D array of real numbers, perhaps whole ones. For each entry `i`, add "
        "`1j * h` to `x[i]` alone; the imaginary part of `f`, divided by `h`, is the slope. Return the slopes as an array of real numbers. Nothing is "
        "subtracted, so no digits are lost, and `h` may be as small as 1e-20. It must be right even where `f` is a billion and its slope is 1, where a central difference fails."
    ),
    reference=complex_step,
    drive=drive_complex_step,
    cases=complex_step_cases,
    rtol=1e-9,
    hints=(
        "For a smooth f and a tiny h: `f(x + i h) ≈ f(x) + i h f'(x)`. Where in that number is the slope?",
        "Make a complex copy of `x` for each entry, or the imaginary part is thrown away. Then one call of `f`, one `.imag`, one division.",
        "`moved = np.array(x, dtype=complex)`, `moved[i] += 1j * h`, `gradient[i] = f(moved).imag / h`",
    ),
    mistakes=(
        Mistake("step_lost", "the step never arrives: a real array drops the imaginary part, and a real step of 1e-20 is lost beside x. The array must be complex, and the step `1j * h`.", {"+= 1j * h": "+= h"}),
        Mistake("real_part", "the real part is taken: it is the value of f. The slope is in the imaginary part.", {".imag": ".real"}),
        Mistake("absolute_value", "the absolute value is taken: the slope is the imaginary part alone.", {_IMAG: "abs(f(moved)) / h"}),
        Mistake("not_divided", "the imaginary part is not divided by `h`.", {_IMAG: "f(moved).imag"}),
        Mistake("divided_by_two_h", "it is divided by `2 h`: there is one step and nothing is subtracted, so `h` is enough.", {_IMAG: "f(moved).imag / (2 * h)"}),
        Mistake("multiplied_by_h", "the imaginary part is multiplied by `h`: it is divided.", {_IMAG: "f(moved).imag * h"}),
        Mistake("sign_turned", "the step goes down, `-1j * h`: then the imaginary part is minus the slope.", {"+= 1j": "-= 1j"}),
        Mistake("all_at_once", "all entries move together: then every entry gets the sum of all slopes.", {"moved[i] += 1j * h": "moved += 1j * h"}),
        Mistake("never_restored", "the complex copy is made once, before the loop: the step of one entry is still there when the next one is tried.", {
            "    for i in range(len(x)):\n" + _MOVED: "    moved = np.array(x, dtype=complex)\n    for i in range(len(x)):\n        moved[i] += 1j * h\n",
        }),
        Mistake("entry_replaced", "the entry is replaced by the step: it must be added to what was there.", {"moved[i] += 1j * h": "moved[i] = 1j * h"}),
        Mistake("own_step", "a step of 1e-20 is used even where another `h` is given.", {"    gradient = np.zeros": "    h = 1e-20\n    gradient = np.zeros"}),
        Mistake("angle", "the angle of the complex number is taken: the slope is its imaginary part.", {_IMAG: "np.angle(f(moved)) / h"}),
        *(
            Mistake(f"central_difference_{h:g}".replace("-", "_"), f"it is a central difference with real steps of {h:g}: where f is a billion, the difference of two values has lost most of its digits.", {_MOVED: f"        up, down = np.array(x, dtype=float), np.array(x, dtype=float)\n        up[i] += {h:g}\n        down[i] -= {h:g}\n", _IMAG: f"(f(up) - f(down)) / (2 * {h:g})"})
            for h in (1e-5, 1e-6)
        ),
    ),
)  # fmt: skip

# -- a bug to find ----------------------------------------------------------------------------------------------------------------------------------------


def measured_gradient(forward, loss, X, W, y, h=1e-5):
    """Measure the gradient of loss(forward(X, W), y) by every entry of W.

    forward: takes X and an array like W, returns the network's output.
    loss: takes output and y, returns one number. X: (N, D), W: (D, H). h: the step.
    Returns an array of the shape of W.
    """
    gradient = np.zeros(W.shape)
    for index in np.ndindex(W.shape):
        step = np.zeros(W.shape)
        step[index] = h
        up = loss(forward(X, W + step), y)
        down = loss(forward(X, W - step), y)
        gradient[index] = (up - down) / (2 * h)
    return gradient


def drive_measured_gradient(answer, name, X, W, y):
    layers = {
        "a linear layer": lambda X, V: X @ V,
        "a tanh layer": lambda X, V: np.tanh(X @ V),
        "a sigmoid layer": lambda X, V: 1 / (1 + np.exp(-X @ V)),
    }

    def loss(output, y):
        return float(((output - y) ** 2).mean())

    return {"gradient": answer(layers[name], loss, X, W, y)}


def measured_gradient_cases(rng):
    def case(name, layer, N, D, H):
        return Case(name, (layer, rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=(N, H))), {BATCH: N, INPUTS: D, OUTPUTS: H})

    small = (np.array([[1.0, 2.0]]), np.array([[0.5], [-1.0]]), np.array([[2.0]]))
    whole = (rng.normal(size=(3, 2)) + 2, np.array([[1, -1], [0, 2]]), rng.normal(size=(3, 2)) * 4 - 9)
    return [
        Case("one sample, 2 to 1", ("a linear layer", *small), {BATCH: 1, INPUTS: 2, OUTPUTS: 1}),
        case("seven samples, 3 to 2", "a tanh layer", 7, 3, 2),
        case("all sizes equal", "a sigmoid layer", 3, 3, 3),
        case("one output", "a linear layer", 5, 3, 1),
        Case("weights that are whole numbers", ("a linear layer", *whole), {BATCH: 3, INPUTS: 2, OUTPUTS: 2}),
    ]


_UP, _DOWN = "up = loss(forward(X, W + step), y)", "down = loss(forward(X, W - step), y)"

FIND_THE_BUG = Exercise(
    id="gradient_checking.find_the_bug",
    title="Find the bug: the check itself is wrong",
    points=2,
    minutes=10,
    objective="Check a gradient entry by entry, point at the one that is wrong, and distrust the check as well.",
    form="debug",
    statement=(
        "`measured_gradient` measures the slope of the loss by every weight. It has been right for weeks. Then someone tries it with simple weights, `W = np.array([[1, -1], [0, 2]])`, and it says that "
        "every slope is 0, although the loss plainly changes with the weights. Find the line, and mend it so that the function is right for whole numbers too."
    ),
    reference=measured_gradient,
    drive=drive_measured_gradient,
    cases=measured_gradient_cases,
    bug="integer_array",
    hints=(
        "Print `step` inside the loop, once for `W = np.array([[1.0, -1.0]])` and once for `W = np.array([[1, -1]])`. What is the difference?",
        "`np.zeros_like(W)` takes over the shape of `W`, and its dtype too. What becomes of 0.00001 in an array of whole numbers?",
        "`step = np.zeros(W.shape)`, which is always an array of floats",
    ),
    mistakes=(
        Mistake("integer_array", "`np.zeros_like(W)` has the dtype of `W`: in an array of whole numbers the step 0.00001 becomes 0, and nothing moves.", {"step = np.zeros(W.shape)": "step = np.zeros_like(W)"}),
        Mistake("output_measured", "the network's output is measured, summed up, and not the loss: a gradient check follows the one number that training makes small.", {_UP: "up = forward(X, W + step).sum()", _DOWN: "down = forward(X, W - step).sum()"}),
        Mistake("output_moved", "the output is moved by the step and not the weight: then every weight gets the same slope.", {_UP: "up = loss(forward(X, W) + h, y)", _DOWN: "down = loss(forward(X, W) - h, y)"}),
        Mistake("weights_moved_for_good", "`W` itself is moved (`W += step`) and not moved back: each slope is measured somewhere else.", {_UP: "W = W + step\n        up = loss(forward(X, W), y)", _DOWN: "down = loss(forward(X, W - 2 * step), y)"}),
        Mistake("one_sided", "only the upper side is moved: the error of a one-sided difference shrinks like h, that of the central one like h².", {_DOWN: "down = loss(forward(X, W), y)", "(2 * h)": "h"}),
        Mistake("half_of_one_side", "the lower side does not move, and yet it is divided by `2 h`: half the slope is left.", {_DOWN: "down = loss(forward(X, W), y)"}),
        Mistake("never_cleared", "the step is made once, before the loop, and its old entries are never cleared: more and more weights move together.", {
            "    for index in np.ndindex(W.shape):\n        step = np.zeros(W.shape)\n": "    step = np.zeros(W.shape)\n    for index in np.ndindex(W.shape):\n",
        }),
        Mistake("target_moved", "the target moves with the step as well, so that part of the change is lost.", {_UP: "up = loss(forward(X, W + step), y + h)", _DOWN: "down = loss(forward(X, W - step), y - h)"}),
        Mistake("single_precision", "everything is done in float32, which keeps seven digits: the difference of two nearly equal losses loses most of them. Measure in float64.", {"gradient = np.zeros(W.shape)": "X, W = X.astype(np.float32), W.astype(np.float32)\n    gradient = np.zeros(W.shape)", "step = np.zeros(W.shape)": "step = np.zeros(W.shape, dtype=np.float32)"}),
        Mistake("integer_result", "the step is mended, but the slopes are now written into an array of whole numbers, and their digits are cut off.", {"gradient = np.zeros(W.shape)": "gradient = np.zeros_like(W)"}),
        Mistake("sign_turned", "up and down are exchanged.", {"(up - down)": "(down - up)"}),
    ),
)  # fmt: skip
