"""How a check answers, on five answers of different kinds: two plain functions, one of a function, an error, a class."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- a plain function whose shape is the point -------------------------------------------------------------------------------------------


def row_sums(X):
    """Add up each row of X.

    X: (N, D) numbers. Returns an array of shape (N,).
    """
    return X.sum(axis=1)


def row_sums_cases(rng):
    return [
        Case("two rows of three", (np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]),), {"the number of rows N": 2, "the number of columns D": 3}),
        Case("five rows of seven", (rng.normal(size=(5, 7)),), {"the number of rows N": 5, "the number of columns D": 7}),
        Case("a square", (rng.normal(size=(4, 4)),), {"the number of rows N": 4}),
        Case("whole numbers", (rng.integers(-9, 10, size=(3, 2)),), {"the number of rows N": 3, "the number of columns D": 2}),
    ]


ROW_SUMS = Exercise(
    id="start.row_sums",
    title="Add up each row",
    points=1,
    minutes=3,
    objective="Sum an array over one axis and know the shape that comes out.",
    form="blank",
    statement=(
        "Write `row_sums(X)`. It takes an array `X` of shape `(N, D)` and returns the sum of each row as an array of shape `(N,)`: one number "
        "for each row, and no second axis. One line is enough."
    ),
    reference=row_sums,
    cases=row_sums_cases,
    exact_shape=True,
    hints=(
        "`X.sum(axis=…)` adds along one axis. Which axis has to disappear for N numbers to be left?",
        "Axis 0 counts rows, axis 1 counts columns. The axis you name is the one that disappears.",
        "`X.sum(axis=1)`",
    ),
    mistakes=(
        Mistake("wrong_axis", "the sum runs down the columns: `axis=0` removes the rows, and you want to keep them.", {"axis=1": "axis=0"}),
        Mistake(
            "kept_axis",
            "the summed axis is kept: the result is `(N, 1)`, a table with one column, and not `(N,)`, a list. The two look alike and broadcast "
            "differently: `(N, 1) - (N,)` is `(N, N)`.",
            {"axis=1": "axis=1, keepdims=True"},
        ),
        Mistake("summed_everything", "everything is added up into one number: no axis was named.", {"axis=1": ""}),
        Mistake("mean_for_sum", "each row is averaged instead of summed.", {"X.sum": "X.mean"}),
        Mistake("total_never_reset", "the running total is never set back to 0: each row's sum has the rows above it in it.", {"X.sum(axis=1)": "X.sum(axis=1).cumsum()"}),
        Mistake("first_column_skipped", "the first column is left out: positions count from 0.", {"X.sum(axis=1)": "X[:, 1:].sum(axis=1)"}),
    ),
)

# -- a function that takes a function -------------------------------------------------------------------------------------------------------


def numerical_gradient(f, x, h=1e-5):
    """Estimate the slope of f in every direction by central differences.

    f: takes an array of x's shape, returns one number. x: a 1-D array. Returns an array of
    x's shape.
    Entry i is (f(x with x[i] + h) - f(x with x[i] - h)) / (2 h).
    """
    x = np.array(x, dtype=float)
    gradient = np.zeros_like(x)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def drive_numerical_gradient(answer, name, x):
    functions = {
        "sum of squares": lambda v: float((v**2).sum()),
        "product of all": lambda v: float(np.prod(v)),
        "sine of a weighted sum": lambda v: float(np.sin((np.arange(1, len(v) + 1) * v).sum())),
        "cubes": lambda v: float((v**3).sum() / 3),
    }
    return {"gradient": answer(functions[name], x)}


def numerical_gradient_cases(rng):
    return [
        Case("cubes, at two points", ("cubes", np.array([1.0, -2.0])), {"the number of entries": 2}),
        Case("sum of squares", ("sum of squares", rng.normal(size=5) + 2), {"the number of entries": 5}),
        Case("product of all", ("product of all", rng.uniform(0.5, 2, size=3)), {"the number of entries": 3}),
        Case("sine of a weighted sum", ("sine of a weighted sum", rng.uniform(0.2, 0.4, size=3)), {"the number of entries": 3}),
        Case("whole numbers", ("sine of a weighted sum", np.array([3, 1, 2])), {"the number of entries": 3}),
    ]


NUMERICAL_GRADIENT = Exercise(
    id="start.numerical_gradient",
    title="A slope, measured",
    points=2,
    minutes=8,
    objective="Estimate a gradient from function values alone.",
    form="blank",
    statement=(
        "Write `numerical_gradient(f, x, h=1e-5)`. `f` is a function of a 1-D array that returns one number. For each entry `i`, move only "
        "`x[i]` up by `h` and down by `h`, and divide the difference of the two values by `2 h`. Return the slopes as an array of the shape of `x`. "
        "`x` may hold whole numbers: an integer array would cut `h` off."
    ),
    reference=numerical_gradient,
    drive=drive_numerical_gradient,
    cases=numerical_gradient_cases,
    hints=(
        "Start with one entry. How do you change only `x[i]` without spoiling `x` for the next one?",
        "Make two copies of `x` for each `i`: one with `x[i] + h`, one with `x[i] - h`. Make `x` a float array first.",
        "`gradient[i] = (f(up) - f(down)) / (2 * h)`",
    ),
    mistakes=(
        Mistake(
            "one_sided",
            "only the upper side is moved, `(f(x + h) - f(x)) / h`: its error shrinks like h, that of the central difference like h².",
            {"down[i] -= h": "", "(2 * h)": "h"},
        ),
        Mistake("divided_by_h", "the difference is divided by `h`: from `x - h` to `x + h` it is `2 h`.", {"(2 * h)": "h"}),
        Mistake("half_precedence", "`/ 2 * h` divides by 2 and then multiplies by h: write `/ (2 * h)`.", {"/ (2 * h)": "/ 2 * h"}),
        Mistake(
            "all_at_once",
            "all entries move together: then every entry gets the slope along the diagonal, which is the sum of all of them.",
            {"up[i] += h": "up += h", "down[i] -= h": "down -= h"},
        ),
        Mistake(
            "never_restored",
            "an entry that was moved is not put back before the next one is tried: `up` and `x` are the same array.",
            {"up, down = x.copy(), x.copy()": "up, down = x, x.copy()"},
        ),
        Mistake(
            "integer_array",
            "an integer `x` stays an integer array: adding 0.00001 to a whole number in it changes nothing.",
            {"np.array(x, dtype=float)": "np.array(x)", "np.zeros_like(x)": "np.zeros(len(x))"},
        ),
        Mistake(
            "integer_result",
            "the result is made with the integer dtype of `x`: the digits after the point are cut off. Make `x` a float array first.",
            {
                "x = np.array(x, dtype=float)\n    gradient = np.zeros_like(x)": (
                    "gradient = np.zeros_like(x)\n    x = np.array(x, dtype=float)"
                )
            },
        ),
        Mistake(
            "same_array",
            "both copies are one and the same array: moved up and down again, it stands where it stood, and nothing has changed.",
            {"up, down = x.copy(), x.copy()": "up = down = x.copy()"},
        ),
        Mistake("upper_half", "the step from `x` to `x + h` is divided by `2 h`, which is the distance from `x - h` to `x + h`.", {"down[i] -= h": ""}),
        Mistake("last_entry_missed", "the loop ends one entry too early: `range(len(x))` already stops before len(x).", {"range(len(x))": "range(len(x) - 1)"}),
        Mistake("sign_turned", "up and down are exchanged.", {"f(up) - f(down)": "f(down) - f(up)"}),
    ),
)  # fmt: skip

# -- a slope that moves a weight ------------------------------------------------------------------------------------------------------------


def walk_down(f, w, rate, steps):
    """Make f(w) smaller by steps against its slope.

    f: takes a number, returns a number. w: a number to start from. rate: how far a step goes for a slope of 1.
    steps: how many steps. Returns the w that is reached.
    """
    h = 1e-5
    for _ in range(steps):
        slope = (f(w + h) - f(w - h)) / (2 * h)
        w = w - rate * slope
    return w


def drive_walk_down(answer, name, w, rate, steps):
    functions = {
        "the square of w - 3": lambda v: (v - 3.0) ** 2,
        "the fourth power": lambda v: v**4 / 4,
        "a wave": lambda v: float(np.sin(v)),
    }
    return {"w": answer(functions[name], w, rate, steps)}


def walk_down_cases(rng):
    return [
        Case("the square of w - 3, one step", ("the square of w - 3", 5.0, 0.25, 1)),
        Case("the square of w - 3, three steps", ("the square of w - 3", float(rng.uniform(-2, 0)), 0.1, 3)),
        Case("the fourth power, five steps", ("the fourth power", float(rng.uniform(1, 1.5)), 0.05, 5)),
        Case("a wave, twenty steps", ("a wave", float(rng.uniform(0.5, 1)), 0.1, 20)),
        Case("no step at all", ("a wave", 0.75, 0.1, 0)),
        Case("a whole number", ("the square of w - 3", 1, 0.125, 2)),
    ]


WALK_DOWN = Exercise(
    id="start.walk_down",
    title="A slope that moves a weight",
    points=1,
    minutes=5,
    objective="Make a number smaller by moving a weight against its slope.",
    form="blank",
    statement=(
        "Write `walk_down(f, w, rate, steps)`. `f` is a function of one number. Repeat `steps` times: measure the slope of `f` at the present `w` (up and down by `1e-5`), and replace `w` by `w - rate * slope`. "
        "Return the last `w`."
    ),
    reference=walk_down,
    drive=drive_walk_down,
    cases=walk_down_cases,
    hints=(
        "Where the slope is positive, `f` grows with `w`. In which direction should `w` move?",
        "In each round two lines: the slope at the *present* `w`, then the move.",
        "`slope = (f(w + h) - f(w - h)) / (2 * h)`, then `w = w - rate * slope`",
    ),
    mistakes=(
        Mistake("uphill", "the step goes up the slope: to make `f` smaller, subtract.", {"w - rate": "w + rate"}),
        Mistake("rate_left_out", "the rate is left out: the step is as large as the slope.", {"rate * slope": "slope"}),
        Mistake("rate_divides", "the slope is divided by the rate: it is multiplied.", {"rate * slope": "slope / rate"}),
        Mistake("sign_only", "only the sign of the slope is used: a steeper slope should move further.", {"rate * slope": "rate * np.sign(slope)"}),
        Mistake("measured_once", "the slope is measured once, at the start, and used for every step: it changes with `w`.", {
            "    for _ in range(steps):\n        slope = (f(w + h) - f(w - h)) / (2 * h)\n": "    slope = (f(w + h) - f(w - h)) / (2 * h)\n    for _ in range(steps):\n",
        }),
        Mistake("one_step_short", "there is one step too few.", {"range(steps)": "range(1, steps)"}),
        Mistake("one_step_more", "there is one step too many.", {"range(steps)": "range(steps + 1)"}),
        Mistake("one_step_only", "only one step is made: the loop ends too early.", {"        w = w - rate * slope": "        w = w - rate * slope\n        break"}),
        Mistake("half_precedence", "`/ 2 * h` divides by 2 and then multiplies by h: write `/ (2 * h)`.", {"/ (2 * h)": "/ 2 * h"}),
        Mistake("divided_by_h", "the difference is divided by `h`: from `w - h` to `w + h` it is `2 h`.", {"(2 * h)": "h"}),
        Mistake("value_for_slope", "the value of `f` is used in place of its slope.", {"(f(w + h) - f(w - h)) / (2 * h)": "f(w)"}),
    ),
)  # fmt: skip

# -- an answer that must refuse ---------------------------------------------------------------------------------------------------------------


def refuse_nan(X):
    """Return X, an array or a list of numbers, as a float64 array.

    Raise ValueError instead if any entry is nan or infinite.
    """
    X = np.asarray(X, dtype=np.float64)
    if not np.isfinite(X).all():
        raise ValueError("the input holds nan or inf: clean it before training")
    return X


def drive_refuse_nan(answer, X):
    try:
        value = answer(X)
    except NotImplementedError:
        raise
    except ValueError:
        return {"raised": "ValueError", "value": np.zeros(0)}
    except AssertionError:
        return {"raised": "AssertionError", "value": np.zeros(0)}
    return {"raised": "nothing", "value": value}


def refuse_nan_cases(rng):
    clean = rng.normal(size=(3, 2))
    holed, endless, below = clean.copy(), clean.copy(), clean.copy()
    holed[1, 0], endless[2, 1], below[0, 0] = np.nan, np.inf, -np.inf
    return [
        Case("all finite", (clean,)),
        Case("one nan", (holed,)),
        Case("one infinity", (endless,)),
        Case("one minus infinity", (below,)),
        Case("nothing but nan", (np.full((2, 2), np.nan),)),
        Case("a list of whole numbers", ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],)),
    ]


REFUSE_NAN = Exercise(
    id="start.refuse_nan",
    title="Refuse what cannot be learnt from",
    points=1,
    minutes=6,
    objective="Stop bad input at the door, with an error instead of a wrong number.",
    form="blank",
    statement=(
        "Write `refuse_nan(X)`. `X` is an array or a list of numbers. If every entry is finite, return `X` as a float64 array. If any entry is `nan`, `inf` or `-inf`, "
        "raise a `ValueError`. (One `nan` in the data turns every weight into `nan` after a single step.)"
    ),
    reference=refuse_nan,
    drive=drive_refuse_nan,
    cases=refuse_nan_cases,
    hints=(
        "`nan` is not equal to anything, itself included. Which numpy function tells finite numbers from the rest?",
        "`np.isfinite(X)` is False for nan, inf and -inf. One False anywhere is enough to refuse.",
        "`if not np.isfinite(X).all(): raise ValueError(...)`",
    ),
    mistakes=(
        Mistake(
            "never_refused",
            "nothing is ever refused. A comparison with `== np.nan` does that, for one: nan equals nothing, itself included, so it is never true.",
            {"not np.isfinite(X).all()": "(X == np.nan).any()"},
        ),
        Mistake("infinity_accepted", "only nan is refused: infinities pass.", {"not np.isfinite(X).all()": "np.isnan(X).any()"}),
        Mistake("nan_accepted", "only infinities are refused: nan passes.", {"not np.isfinite(X).all()": "np.isinf(X).any()"}),
        Mistake(
            "all_for_any",
            "the input is refused only when no entry is finite: one bad entry among good ones passes.",
            {"not np.isfinite(X).all()": "not np.isfinite(X).any()"},
        ),
        Mistake("assert_for_raise", "an `assert` is used: it raises AssertionError, and vanishes when Python runs with -O.", {
            'if not np.isfinite(X).all():\n        raise ValueError("the input holds nan or inf: clean it before training")': "assert np.isfinite(X).all()",
        }),
        Mistake("returned_for_raised", "the error is returned and not raised: the caller goes on with it as if it were data.", {"raise ValueError(": "return ValueError("}),
    ),
)  # fmt: skip

# -- a class -----------------------------------------------------------------------------------------------------------------------------------


class Value:
    """A number that remembers what it was made from, and can send a gradient back there."""

    def __init__(self, data, parents=(), slopes=()):
        """data: the number. parents: the Values it was made from. slopes: its derivative by
        each of them."""
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.slopes = slopes

    def __add__(self, other):
        """The sum of two Values, as a Value."""
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        """The product of two Values, as a Value."""
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        """Set .grad of every Value that this one was made from to the derivative of this
        one by it."""
        order, seen = [], set()

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                for parent in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += slope * value.grad


def drive_value(Value, graph, a, b):
    a, b = Value(a), Value(b)
    if graph == "a * b + a":
        out = a * b + a
    elif graph == "a * a + a":
        out = a * a + a
    elif graph == "(a + b) * (a + b)":
        s = a + b
        out = s * s
    elif graph == "(b * s) + s with s = a + b":
        s = a + b
        out = b * s + s
    else:
        d = a * b
        e = d + a
        out = (e * d) * (e + b)
    out.backward()
    return {"value": out.data, "da": a.grad, "db": b.grad}


def value_cases(rng):
    graphs = ("a * a + a", "a * b + a", "(a + b) * (a + b)", "(b * s) + s with s = a + b", "(e * d) * (e + b) with d = a * b, e = d + a")
    points = [(3.0, 2.0)] + [tuple(rng.uniform(0.5, 3, size=2)) for _ in graphs[1:]]
    return [Case(graph, (graph, float(a), float(b))) for graph, (a, b) in zip(graphs, points, strict=True)]


VALUE = Exercise(
    id="start.value",
    title="A number that knows where it came from",
    points=3,
    minutes=25,
    objective="Send a gradient back through any graph of sums and products.",
    form="blank",
    statement=(
        "Complete the class `Value`. `Value(3.0)` holds a number in `.data` and a gradient in `.grad` (0.0 at first). `+` and `*` of two Values "
        "give a Value. `c.backward()`, called once, sets the `.grad` of every Value that `c` was made from to the derivative of `c` by it. A Value may be used "
        "more than once: for `c = a * a + a` at `a = 3`, `a.grad` is 7."
    ),
    reference=Value,
    drive=drive_value,
    cases=value_cases,
    stages=("value", "da", "db"),
    hints=(
        "Give each Value its parents and, for each parent, the slope of the result by it. What are the two slopes of a product?",
        "Backward visits the Values from the result to the leaves, each only after everything that was made from it. What reaches a Value along "
        "several paths is added.",
        "`parent.grad += slope * value.grad`, in reversed topological order, starting with `self.grad = 1.0`",
    ),
    mistakes=(
        Mistake(
            "overwritten",
            "the gradient of a Value is overwritten (`=`) by each path that reaches it: paths add up (`+=`).",
            {"parent.grad += slope": "parent.grad = slope"},
        ),
        Mistake("own_slope", "the slopes of a product are exchanged: the slope of `a * b` by a is b.", {"(other.data, self.data)": "(self.data, other.data)"}),
        Mistake("no_start", "every gradient stays 0: the result's slope by itself is 1, and backward has to start with that.", {"self.grad = 1.0": ""}),
        Mistake("upstream_dropped", "the gradient that arrives is dropped: each Value passes on its slopes alone.", {"slope * value.grad": "slope"}),
        Mistake("upstream_added", "slope and incoming gradient are added: along a path they are multiplied.", {"slope * value.grad": "(slope + value.grad)"}),
        Mistake(
            "wrong_order",
            "a Value passes its gradient on before everything that was made from it has reported: visit them in reversed topological order.",
            {"for value in reversed(order)": "for value in sorted(order, key=lambda v: v is not self)"},
        ),
        Mistake(
            "every_path_again",
            "a Value passes on all it has collected each time a path reaches it, so earlier contributions are sent twice.",
            {
                "        for value in reversed(order):\n            for parent, slope in zip(value.parents, value.slopes):\n                parent.grad += slope * value.grad": (
                    "        queue = [self]\n        while queue:\n            value = queue.pop(0)\n            for parent, slope in zip(value.parents, value.slopes):\n"
                    "                parent.grad += slope * value.grad\n                queue.append(parent)"
                )
            },
        ),
        Mistake("sum_slope", "the slope of a sum is taken for the other number: the slope of `a + b` by a is 1.", {"(1.0, 1.0)": "(other.data, self.data)"}),
    ),
)  # fmt: skip
