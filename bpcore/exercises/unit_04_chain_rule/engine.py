"""A small engine: numbers that remember what they were made from, and send gradients back there."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake


class Value:
    """A number that remembers what it was made from, and can send a gradient back there."""

    def __init__(self, data, parents=(), slopes=()):
        """data: the number. parents: the Values it was made from. slopes: its derivative by each of them."""
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.slopes = slopes

    def with_value(self, other):
        """The other operand as a Value: itself, or a new Value when it is a plain number."""
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        """self + other, where other is a Value or a number."""
        other = self.with_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        """self - other."""
        other = self.with_value(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        """self * other."""
        other = self.with_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        """self / other."""
        other = self.with_value(other)
        return Value(self.data / other.data, (self, other), (1 / other.data, -self.data / other.data**2))

    def __pow__(self, k):
        """self ** k, where k is a plain number."""
        return Value(self.data**k, (self,), (k * self.data ** (k - 1),))

    def __neg__(self):
        """-self."""
        return Value(-self.data, (self,), (-1.0,))

    def __radd__(self, number):
        """number + self: Python asks here when a plain number stands on the left."""
        return self + number

    def __rsub__(self, number):
        """number - self."""
        return Value(number) - self

    def __rmul__(self, number):
        """number * self."""
        return self * number

    def __rtruediv__(self, number):
        """number / self."""
        return Value(number) / self

    def tanh(self):
        """The hyperbolic tangent of self."""
        t = float(np.tanh(self.data))
        return Value(t, (self,), (1 - t**2,))

    def relu(self):
        """self where it is positive, otherwise 0."""
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def backward(self):
        """Find the derivative of self by every Value below: add it to the .grad of each leaf,
        and make it the .grad of each Value in between."""
        order, seen = [], set()

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                for parent in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += slope * value.grad


def drive_engine(Value, formula, a, b):
    def fed_to_two(a, b):
        s = a * b + a
        t = s.tanh()
        return s * t - t / s + s**2

    def deep(a, b):
        x = a
        for _ in range(4):
            x = (x * x + b * x - 0.5).tanh()
        return x * a + x

    def shared(a, b):
        h = (a - b).relu() + 2 * (b - a).relu()
        return h * h + h

    formulas = {
        "a * b + a": lambda a, b: a * b + a,
        "a - b": lambda a, b: a - b,
        "a / b": lambda a, b: a / b,
        "a**3 + b**2": lambda a, b: a**3 + b**2,
        "-a * b": lambda a, b: -a * b,
        "a.tanh() * b": lambda a, b: a.tanh() * b,
        "a + 1, times 2 + b": lambda a, b: (a + 1) * (2 + b),
        "1 - a, times b - 3": lambda a, b: (1 - a) * (b - 3),
        "a * 2, plus 3 * b": lambda a, b: a * 2 + 3 * b,
        "a / 4, plus 2 / b": lambda a, b: a / 4 + 2 / b,
        "(a * b).relu() + (-a).relu() * b": lambda a, b: (a * b).relu() + (-a).relu() * b,
        "h * h + h with h = (a - b).relu() + 2 * (b - a).relu()": shared,
        "s * t - t / s + s**2 with s = a * b + a, t = s.tanh()": fed_to_two,
        "four layers of tanh": deep,
    }
    a, b = Value(a), Value(b)
    out = formulas[formula](a, b)
    out.backward()
    once = np.array([a.grad, b.grad])
    out.backward()
    twice = np.array([a.grad, b.grad])
    a.grad, b.grad = 0.0, 0.0
    out.backward()
    return {"value": out.data, "gradients": once, "second_backward": twice, "backward_after_clearing": np.array([a.grad, b.grad])}


def engine_cases(rng):
    formulas = (
        "a - b", "a / b", "a**3 + b**2", "-a * b", "a.tanh() * b", "a + 1, times 2 + b", "1 - a, times b - 3", "a * 2, plus 3 * b", "a / 4, plus 2 / b",
        "(a * b).relu() + (-a).relu() * b", "h * h + h with h = (a - b).relu() + 2 * (b - a).relu()", "s * t - t / s + s**2 with s = a * b + a, t = s.tanh()", "four layers of tanh",
    )  # fmt: skip
    points = [(formula, float(rng.uniform(0.3, 0.8)), float(rng.uniform(1.1, 1.9))) for formula in formulas]
    return [Case(args[0], args) for args in (("a * b + a", 3.0, 2.0), *points)]


FORWARD = "the value, not the gradient, is wrong: "
TOUCHED = "        for value in order:\n            if value.parents:\n                value.grad = 0.0\n"
WALK = "        for value in reversed(order):\n            for parent, slope in zip(value.parents, value.slopes):\n                parent.grad += slope * value.grad"

# Operations made from one another: right as well, with more Values in between.
CHAINED = {
    "return Value(self.data - other.data, (self, other), (1.0, -1.0))": "return self + -other",
    "return Value(self.data / other.data, (self, other), (1 / other.data, -self.data / other.data**2))": "return self * other**-1",
    "return Value(-self.data, (self,), (-1.0,))": "return self * -1",
    "return Value(number) - self": "return -self + number",
    "return Value(number) / self": "return self**-1 * number",
}

ENGINE = Exercise(
    id="chain_rule.engine",
    title="An engine of your own",
    points=4,
    minutes=45,
    objective="Build a class that differentiates any expression written with it.",
    form="blank",
    statement=(
        "Complete the class `Value`. It holds a number in `.data` and a gradient in `.grad`, 0.0 at first. These must give a Value: `a + b`, `a - b`, `a * b`, `a / b`, `-a`, `a**k` "
        "with a plain number `k`, `a.tanh()` and `a.relu()`; and in each of the first four, one of the two may be a plain number, on either side: `2 * a`, `1 - a`. Then `c.backward()` finds the "
        "derivative of `c` by every Value below it. For a **leaf**, which is a Value made directly from a number, it is **added** to `.grad`: two calls in a row give twice the gradient, "
        "until someone sets `.grad` to 0.0. The Values in between begin again at 0 in each call. (So do the large libraries: gradients of several losses can be added up.) In a report, entry 0 of the gradients is that of `a`, entry 1 that of `b`."
    ),
    reference=Value,
    drive=drive_engine,
    cases=engine_cases,
    stages=("value", "gradients", "second_backward", "backward_after_clearing"),
    hints=(
        "Every operation makes a Value that knows its parents and, for each of them, the local slope. Write `+` and `*` first and check by hand; the others follow the same pattern.",
        "Backward: put all Values below in order, parents first; set `.grad` of those that have parents to 0, and that of the result to 1; then walk the order in reverse.",
        "`parent.grad += slope * value.grad`; the slopes of `a / b` are `1 / b` and `-a / b**2`; `__rsub__(self, number)` is `Value(number) - self`",
    ),
    mistakes=(
        Mistake("overwritten", "the gradient of a Value is overwritten (`=`) by each path that reaches it: paths add up (`+=`).", {"parent.grad += slope": "parent.grad = slope"}),
        Mistake("never_reset", "the Values in between keep their gradient from the first backward, and a second one sends it down once more: begin each backward with `.grad = 0.0` for all that have parents.", {TOUCHED: ""}),
        Mistake("never_reset_in_longer_graphs", "the Values in between keep their gradient from the first backward, and a second one sends it down once more: begin each backward with `.grad = 0.0` for all that have parents. (Your `a - b` is `a + -b`, and your `a / b` is `a * b**-1`: that is fine.)", {TOUCHED: "", **CHAINED}),
        Mistake("leaves_reset", "the gradients of the leaves are set to 0 at the beginning of backward: here they add up over several calls.", {TOUCHED: "        for value in order:\n            value.grad = 0.0\n"}),
        Mistake("never_reset_and_added_start", "the result's gradient grows by 1 with every backward, and no Value in between begins again at 0: set them.", {TOUCHED: "", "self.grad = 1.0": "self.grad += 1.0"}),
        Mistake("no_start", "backward begins with a gradient of 0: the slope of the result by itself is 1.", {"        self.grad = 1.0\n": ""}),
        Mistake("upstream_dropped", "each Value hands on its slopes alone: multiply them by the gradient that has arrived at it.", {"slope * value.grad": "slope"}),
        Mistake("upstream_added", "slope and incoming gradient are added: along a path they are multiplied.", {"slope * value.grad": "slope + value.grad"}),
        Mistake("forward_order", "backward visits the parents first: a Value hands on its gradient before it has any. Walk in reverse.", {"in reversed(order)": "in order"}),
        Mistake("breadth_first", "backward visits the Values in the order in which it meets them, each once: one that is met early may not have all its gradient yet. Use the reversed topological order.", {
            "        for value in reversed(order):\n": "        order = [self]\n        for value in order:\n            order += [p for p in dict.fromkeys(value.parents) if p not in order]\n        for value in order:\n",
        }),
        Mistake("every_path_again", "a Value hands on all it has collected each time a path reaches it, so that what came earlier is sent again.", {
            WALK: "        queue = [self]\n        while queue:\n            value = queue.pop(0)\n            for parent, slope in zip(value.parents, value.slopes):\n                parent.grad += slope * value.grad\n                queue.append(parent)",
        }),
        Mistake("used_twice_counted_once", "a Value that stands twice in one operation, as in `s * s`, gets only one of its two paths.", {"in zip(value.parents, value.slopes)": "in dict(zip(value.parents, value.slopes)).items()"}),
        Mistake("own_factor", "each factor of a product gets itself as its slope: it is the other factor.", {"(other.data, self.data)": "(self.data, other.data)"}),
        Mistake("add_slopes", "the slopes of a sum are taken for those of a product: they are 1 and 1.", {"(1.0, 1.0)": "(other.data, self.data)"}),
        Mistake("subtract_slope", "the second slope of a difference is 1: when b grows, a - b shrinks.", {"(1.0, -1.0)": "(1.0, 1.0)"}),
        Mistake("subtract_turned_number", FORWARD + "`1 - a` is computed as `a - 1`. In `__rsub__` the number stands on the left.", {"Value(number) - self": "self - number"}),
        Mistake("divide_sign", "the minus is missing from the second slope of a quotient: when b grows, a / b shrinks.", {"-self.data / other.data**2": "self.data / other.data**2"}),
        Mistake("divide_square", "the square is missing from the second slope of a quotient: it is -a / b².", {"-self.data / other.data**2": "-self.data / other.data"}),
        Mistake("divide_numerator", "the numerator is missing from the second slope of a quotient: it is -a / b².", {"-self.data / other.data**2": "-1 / other.data**2"}),
        Mistake("divide_turned_number", FORWARD + "`2 / a` is computed as `a / 2`. In `__rtruediv__` the number stands on top.", {"Value(number) / self": "self / number"}),
        Mistake("power_factor", "the exponent does not come down as a factor: the slope of a**k is k * a**(k - 1).", {"k * self.data ** (k - 1)": "self.data ** (k - 1)"}),
        Mistake("power_not_lowered", "the exponent is not lowered by 1: the slope of a**k is k * a**(k - 1).", {"k * self.data ** (k - 1)": "k * self.data**k"}),
        Mistake("power_precedence", "`a**k - 1` takes 1 from the power: write `a ** (k - 1)`.", {"k * self.data ** (k - 1)": "k * (self.data**k - 1)"}),
        Mistake("negative_slope", "the slope of -a is 1: it is -1.", {"(-1.0,)": "(1.0,)"}),
        Mistake("tanh_of_argument", "the slope of tanh is 1 - a² with the argument a: it is 1 - t², with what tanh gave.", {"(1 - t**2,)": "(1 - self.data**2,)"}),
        Mistake("tanh_plus", "the slope of tanh is 1 + t²: it is 1 - t².", {"(1 - t**2,)": "(1 + t**2,)"}),
        Mistake("tanh_value", "the value of tanh stands where its slope, 1 - t², belongs.", {"(1 - t**2,)": "(t,)"}),
        Mistake("tanh_twice", "tanh is taken twice in its slope: t has already been through it.", {"(1 - t**2,)": "(1 - float(np.tanh(t)) ** 2,)"}),
        Mistake("relu_slope_one", "the slope of relu is 1 everywhere: where the argument is negative, nothing gets through.", {"(float(self.data > 0),)": "(1.0,)"}),
        Mistake("relu_value", "the value of relu stands where its slope belongs: the slope is 1 or 0.", {"(float(self.data > 0),)": "(max(self.data, 0.0),)"}),
        Mistake("numbers_lose_slope", "`2 * a` gives the right value, but its gradient does not reach a: the result has no parents.", {"return self * number": "return Value(self.data * number)"}),
    ),
)  # fmt: skip
