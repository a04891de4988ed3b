"""Other people's answers to the exercises of unit 04, and finite differences of the same graphs and expressions."""

import graphlib
import math

import numpy as np
import pytest

from bpcore.exercises import assess, catalogue, plan
from bpcore.exercises.unit_04_chain_rule.graph import graph_values

from .answers import NO_NAME, earns_everything, is_told
from .unit_04_bug import answers

right, wrong = answers.right, answers.wrong

# -- product ----------------------------------------------------------------------


@right("chain_rule.product")
def product_from_slopes(a, b, upstream):
    slopes = {"a": b, "b": a}
    return tuple(slopes[name] * upstream for name in ("a", "b"))


@right("chain_rule.product")
def product_as_a_list(a, b, upstream):
    return [np.float64(b) * upstream, np.float64(a) * upstream]


@right("chain_rule.product")
def product_by_array(a, b, upstream):
    return upstream * np.array([b, a])


@wrong("chain_rule.product", "own_factor_da")
def product_mixes_one_up(a, b, upstream):
    grads = [upstream, upstream]
    for i, factor in enumerate((a, a)):
        grads[i] *= factor
    return grads


@wrong("chain_rule.product", "upstream_dropped_db")
def product_forgets_upstream_once(a, b, upstream):
    return b * upstream, a


@wrong("chain_rule.product", NO_NAME)
def product_halves(a, b, upstream):
    c = a * b
    return 0.5 * upstream * c, 0.5 * upstream * c


# -- sum over paths ---------------------------------------------------------------


@right("chain_rule.sum_over_paths")
def paths_by_prod(paths):
    return sum(math.prod(path) for path in paths)


@right("chain_rule.sum_over_paths")
def paths_by_numpy(paths):
    return np.sum([np.prod(path) for path in paths])


@right("chain_rule.sum_over_paths")
def paths_by_recursion(paths):
    if not paths:
        return 0
    first, *rest = paths

    def along(slopes):
        return slopes[0] * along(slopes[1:]) if slopes else 1

    return along(first) + paths_by_recursion(rest)


@wrong("chain_rule.sum_over_paths", "added_along")
def paths_all_summed(paths):
    return sum(map(sum, paths))


@wrong("chain_rule.sum_over_paths", "largest_path_only")
def paths_strongest(paths):
    products = [math.prod(path) for path in paths]
    return sorted(products, key=abs)[-1] if products else 0.0


@wrong("chain_rule.sum_over_paths", NO_NAME)
def paths_without_the_last_slope(paths):
    return sum(math.prod(path[:-1]) for path in paths)


# -- topological order ------------------------------------------------------------


@right("chain_rule.topological_order")
def order_by_the_library(graph):
    return list(graphlib.TopologicalSorter(graph).static_order())


@right("chain_rule.topological_order")
def order_by_counting(graph):
    order = []
    while len(order) < len(graph):
        order += [n for n in graph if n not in order and all(p in order for p in graph[n])]
    return order


@right("chain_rule.topological_order")
def order_by_depth(graph):
    def depth(name):
        return 1 + max(map(depth, graph[name]), default=0)

    return tuple(sorted(graph, key=depth))


@right("chain_rule.topological_order")
def order_from_the_result(graph):
    left, order = dict(graph), []
    while left:
        used = {p for parents in left.values() for p in parents}
        name = next(n for n in left if n not in used)
        order.append(name)
        del left[name]
    return order[::-1]


@wrong("chain_rule.topological_order", "reversed")
def order_children_first(graph):
    order = []

    def visit(name):
        for parent in graph[name]:
            if parent not in order:
                visit(parent)
        if name not in order:
            order.insert(0, name)

    for name in graph:
        visit(name)
    return order


@wrong("chain_rule.topological_order", "sorted_by_parents")
def order_by_number_of_parents(graph):
    return [name for n in range(10) for name, parents in graph.items() if len(parents) == n]


@wrong("chain_rule.topological_order", NO_NAME)
def order_dict_backward(graph):
    return list(reversed(graph))


# -- accumulate -------------------------------------------------------------------

RULES = {
    "input": lambda v: [],
    "add": lambda v, p, q: [1, 1],
    "subtract": lambda v, p, q: [1, -1],
    "multiply": lambda v, p, q: [q, p],
    "divide": lambda v, p, q: [1 / q, -v / q],
    "power": lambda v, p, k: [k * v / p],
    "tanh": lambda v, p: [1 / math.cosh(p) ** 2],
}


def slopes_of(graph, values, name):
    operation, *parents = graph[name]
    given = [values.get(p, p) for p in parents]
    return list(zip(parents, RULES[operation](values[name], *given), strict=False))


@right("chain_rule.accumulate")
def accumulate_by_rules(graph, values):
    *_, result = graph
    grads = dict.fromkeys(graph, 0)
    grads[result] = 1
    for name in list(graph)[::-1]:
        for parent, slope in slopes_of(graph, values, name):
            grads[parent] = grads[parent] + grads[name] * slope
    return grads


@right("chain_rule.accumulate")
def accumulate_by_asking_the_children(graph, values):
    *_, result = graph

    def grad(name):
        total = 1.0 if name == result else 0.0
        for child in graph:
            total += sum(slope * grad(child) for p, slope in slopes_of(graph, values, child) if p == name)
        return total

    return {name: grad(name) for name in graph}


@right("chain_rule.accumulate")
def accumulate_by_following_every_path(graph, values):
    grads = {name: np.zeros(()) for name in graph}

    def follow(name, product):
        grads[name] = grads[name] + product
        for parent, slope in slopes_of(graph, values, name):
            follow(parent, product * slope)

    follow(list(graph)[-1], 1.0)
    return grads


@wrong("chain_rule.accumulate", "overwritten")
def accumulate_into_new_entries(graph, values):
    names = list(graph)
    grads = {names.pop(): 1.0}
    for name in [*grads, *names[::-1]]:
        grads |= {p: grads.get(name, 0.0) * slope for p, slope in slopes_of(graph, values, name) if p != 3}
    return {name: grads.get(name, 0.0) for name in graph}


@wrong("chain_rule.accumulate", "divide_sign")
def accumulate_with_a_quotient_that_grows(graph, values):
    grads = dict.fromkeys(graph, 0.0) | {list(graph)[-1]: 1.0}
    for name in reversed(graph):
        for i, (parent, slope) in enumerate(slopes_of(graph, values, name)):
            grads[parent] += grads[name] * (abs(slope) if graph[name][0] == "divide" and i else slope)
    return grads


@wrong("chain_rule.accumulate", NO_NAME)
def accumulate_with_steeper_tanh(graph, values):
    grads = dict.fromkeys(graph, 0.0) | {list(graph)[-1]: 1.0}
    for name in reversed(graph):
        for parent, slope in slopes_of(graph, values, name):
            grads[parent] += grads[name] * slope * (2 if graph[name][0] == "tanh" else 1)
    return grads


# -- engine -----------------------------------------------------------------------


@right("chain_rule.engine")
class Closures:
    """Each result knows how to send its gradient to its parents."""

    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = float(data), 0.0, parents
        self.send = lambda: None

    def make(self, data, parents, slopes):
        out = type(self)(data, parents)

        def send():
            for parent, slope in zip(parents, slopes, strict=True):
                parent.grad += slope * out.grad

        out.send = send
        return out

    def value(self, other):
        return other if isinstance(other, type(self)) else type(self)(other)

    def __add__(self, other):
        other = self.value(other)
        return self.make(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = self.value(other)
        return self.make(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, k):
        return self.make(self.data**k, (self,), (k * self.data ** (k - 1),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -self.value(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * self.value(other) ** -1

    def __rtruediv__(self, other):
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return self.make(t, (self,), (1 - t * t,))

    def relu(self):
        return self.make(self.data * (self.data > 0), (self,), (self.data > 0,))

    def backward(self):
        order = []

        def visit(value):
            if value not in order:
                for parent in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        for value in order:
            value.grad *= not value.parents
        self.grad = 1.0
        while order:
            order.pop().send()


@right("chain_rule.engine")
class Recursive(Closures):
    """Backward follows every path by itself: slow, and right."""

    def make(self, data, parents, slopes):
        out = type(self)(data, parents)
        out.slopes = slopes
        return out

    def relu(self):
        return self if self.data > 0 else self * 0

    def backward(self, product=1.0):
        if not self.parents:
            self.grad += product
        for parent, slope in zip(self.parents, getattr(self, "slopes", ()), strict=True):
            parent.backward(product * slope)


@right("chain_rule.engine")
class Table(Recursive):
    """The gradients of one backward stay in a dict, and only the leaves' are written down."""

    def backward(self):
        order = list(graphlib.TopologicalSorter(self.below({})).static_order())
        grads = dict.fromkeys(order, 0.0) | {self: 1.0}
        for value in reversed(order):
            for parent, slope in zip(value.parents, getattr(value, "slopes", ()), strict=True):
                grads[parent] += slope * grads[value]
            value.grad = grads[value] + (0.0 if value.parents else value.grad)

    def below(self, found):
        found[self] = self.parents
        for parent in self.parents:
            if parent not in found:
                parent.below(found)
        return found


@wrong("chain_rule.engine", "never_reset_in_longer_graphs")
class Collects(Closures):
    """The start is set, and what the last call left in between stays."""

    def backward(self):
        def visit(value, order):
            if value not in order:
                for parent in value.parents:
                    visit(parent, order)
                order.append(value)
            return order

        self.grad = 1.0
        for value in visit(self, [])[::-1]:
            value.send()


@wrong("chain_rule.engine", "subtract_turned_number")
class Commutes(Closures):
    """Takes `1 - a` for `a - 1`."""

    def __rsub__(self, other):
        return self - other


@wrong("chain_rule.engine", NO_NAME)
class SoftRelu(Closures):
    """Lets a little through where relu lets nothing through."""

    def relu(self):
        return self if self.data > 0 else self * 0.01


# -- the tests --------------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("04_chain_rule") == []


def test_gradients_on_a_graph_are_those_that_are_measured():
    accumulate, h = catalogue["chain_rule.accumulate"].reference, 1e-6
    for case in plan(catalogue["chain_rule.accumulate"], 3):
        graph, values = case.args
        *_, result = graph
        inputs = [name for name in graph if graph[name] == ["input"]]
        grads = accumulate(graph, values)
        for name in inputs:
            moved = [[values[n] + sign * h * (n == name) for n in inputs] for sign in (1, -1)]
            up, down = (graph_values(graph, numbers)[result] for numbers in moved)
            assert grads[name] == pytest.approx((up - down) / (2 * h), abs=1e-7)


def test_the_engines_gradients_are_those_that_are_measured():
    exercise, h = catalogue["chain_rule.engine"], 1e-6

    def value(formula, a, b):
        return exercise.drive(exercise.reference, formula, a, b)["value"]

    for case in plan(exercise, 3):
        formula, a, b = case.args
        measured = [
            (value(formula, a + h, b) - value(formula, a - h, b)) / (2 * h),
            (value(formula, a, b + h) - value(formula, a, b - h)) / (2 * h),
        ]
        seen = exercise.drive(exercise.reference, formula, a, b)
        np.testing.assert_allclose(seen["gradients"], measured, atol=1e-7, rtol=1e-6)
        np.testing.assert_allclose(seen["second_backward"], 2 * seen["gradients"])
        np.testing.assert_array_equal(seen["backward_after_clearing"], seen["gradients"])


@pytest.mark.parametrize(
    ("answer", "mistake"), [(lambda graph: None, "forgot_return"), (lambda graph: print("a"), "forgot_return")]
)
def test_an_order_that_is_none_is_told_so(answer, mistake):
    report = assess("chain_rule.topological_order", answer)
    assert (report.points, report.mistake) == (0, mistake)


def test_an_order_with_unknown_names_is_told_which():
    report = assess("chain_rule.topological_order", lambda graph: [*order_by_depth(graph), "z"])
    assert (report.points, report.quantity, report.findings[0].yours) == (0, "unknown", "'z'")
