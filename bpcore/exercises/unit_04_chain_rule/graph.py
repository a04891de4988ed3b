"""A graph as plain data: an order in which to visit it, and the gradients of everything in it."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- an order ----------------------------------------------------------------------------------------------------------------------------------


def topological_order(graph):
    """The names of a graph's nodes, in an order in which each comes after all its parents.

    graph: a dict, name -> list of the names of its parents. Returns a list of names.
    """
    order, seen = [], set()

    def visit(name):
        if name in seen:
            return
        seen.add(name)
        for parent in graph[name]:
            visit(parent)
        order.append(name)

    for name in graph:
        visit(name)
    return order


def drive_topological_order(answer, graph):
    order = answer(graph)
    if not isinstance(order, list | tuple) or not all(isinstance(name, str) for name in order):
        return dict.fromkeys(("missing", "unknown", "more_than_once", "before_a_parent"), order)

    def told(names):
        return ", ".join(names) if names else "none"

    first = {}
    for position, name in enumerate(order):
        first.setdefault(name, position)
    early = [n for n in graph if n in first and any(p in first and first[p] >= first[n] for p in graph[n])]
    return {
        "missing": told([name for name in graph if name not in first]),
        "unknown": told(sorted(name for name in first if name not in graph)),
        "more_than_once": told(sorted({name for name in first if order.count(name) > 1})),
        "before_a_parent": told(early),
    }


def topological_order_cases(rng):
    def random_graph(n):
        names = [str(name) for name in rng.permutation(list("abcdefghijklmnop")[:n])]
        parents = {name: [str(p) for p in rng.choice(names[:i], size=min(i, 2))] for i, name in enumerate(names)}
        return {str(name): parents[name] for name in rng.permutation(names)}

    return [
        Case("c = a * b", ({"c": ["a", "b"], "a": [], "b": []},)),
        Case("a chain", ({"x": [], "w": ["x"], "v": ["w"], "u": ["v"]},)),
        Case("a node used twice", ({"a": [], "d": ["c", "c"], "c": ["a", "a"]},)),
        Case("two ways of different length", ({"a": [], "d": ["a", "c"], "b": ["a"], "c": ["b"]},)),
        Case("a result, and a part that does not reach it", ({"a": [], "q": ["p"], "p": [], "c": ["a"]},)),
        Case("one node", ({"a": []},)),
        Case("eleven nodes in any order", (random_graph(11),)),
        Case("sixteen nodes in any order", (random_graph(16),)),
    ]


TOPOLOGICAL_ORDER = Exercise(
    id="chain_rule.topological_order",
    title="Who must come before whom",
    points=2,
    minutes=15,
    objective="Order the nodes of a graph so that each comes after everything it was made from.",
    form="blank",
    statement=(
        "Write `topological_order(graph)`. `graph` is a dict: for each node's name, the list of the names of its parents, which are the nodes it was computed from "
        "(the list is empty for an input, and may name a parent twice). Return a list with every name of the graph **once**, each **after** all its parents. The dict may be "
        "in any order. Several orders are right, and any of them is accepted. (The way forward follows this order, the way back follows its reverse.)"
    ),
    reference=topological_order,
    drive=drive_topological_order,
    cases=topological_order_cases,
    hints=(
        "When may a node be put into the list? And who should see to it that its parents are there first?",
        "Visit a node: visit all its parents first, then append its own name. Keep a set of the nodes that have been visited, and leave at once when a node is in it.",
        "`def visit(name): if name in seen: return; seen.add(name); visit each parent; order.append(name)`",
    ),
    mistakes=(
        Mistake("no_memory", "a node that is used twice is visited twice, and is then in the list twice: keep a set of what has been seen.", {"        if name in seen:\n            return\n": ""}),
        Mistake("reversed", "the order is turned round, children before parents: that is the order of the way back, and the reverse is asked for here.", {"return order": "return order[::-1]"}),
        Mistake("appended_too_early", "a node is put into the list before its parents: append it after they have been visited.", {
            "        for parent in graph[name]:\n            visit(parent)\n        order.append(name)": "        order.append(name)\n        for parent in graph[name]:\n            visit(parent)",
        }),
        Mistake("as_listed", "the nodes come in the order in which the dict has them: nothing says that parents are listed first.", {"return order": "return list(graph)"}),
        Mistake("sorted_by_name", "the nodes are sorted by their names, which say nothing about who was made from whom.", {"return order": "return sorted(graph)"}),
        Mistake("sorted_by_parents", "the nodes are sorted by how many parents they have: a node with one parent may be made from a node with two.", {"return order": "return sorted(graph, key=lambda name: len(graph[name]))"}),
        Mistake("last_only", "the visit begins at the last node of the dict alone: nodes that do not lead to it are left out.", {"for name in graph:": "for name in list(graph)[-1:]:"}),
        Mistake("first_parent_only", "only the first parent of each node is visited before it.", {"in graph[name]:": "in graph[name][:1]:"}),
        Mistake("inputs_left_out", "the inputs, the nodes without parents, are not in the list: they belong to the graph as well.", {"        order.append(name)": "        if graph[name]:\n            order.append(name)"}),
        Mistake("one_parent_is_enough", "a node is taken as soon as one of its parents is there: it has to wait for all of them.", {
            "return order": (
                "order = [name for name in graph if not graph[name]]\n    for name in order:\n"
                "        order += [child for child in graph if name in graph[child] and child not in order]\n    return order"
            ),
        }),
    ),
)  # fmt: skip

# -- gradients on a graph ------------------------------------------------------------------------------------------------------------------------


def accumulate(graph, values):
    """The gradient of a graph's result by each of its nodes.

    graph: a dict, name -> [operation, parent, ...], parents first; the last node is the result.
    values: a dict, name -> the number that the node has.
    Returns a dict, name -> gradient of the result by that node.
    """
    names = list(graph)
    grads = dict.fromkeys(names, 0.0)
    grads[names[-1]] = 1.0
    for name in reversed(names):
        operation, *parents = graph[name]
        numbers = [values[p] if isinstance(p, str) else p for p in parents]
        if operation == "input":
            slopes = []
        elif operation == "add":
            slopes = [1.0, 1.0]
        elif operation == "subtract":
            slopes = [1.0, -1.0]
        elif operation == "multiply":
            slopes = [numbers[1], numbers[0]]
        elif operation == "divide":
            slopes = [1 / numbers[1], -numbers[0] / numbers[1] ** 2]
        elif operation == "power":
            slopes = [numbers[1] * numbers[0] ** (numbers[1] - 1)]
        elif operation == "tanh":
            slopes = [1 - values[name] ** 2]
        for parent, slope in zip(parents, slopes):
            grads[parent] += slope * grads[name]
    return grads


GRAPHS = {
    "s = a * b, then s + a": {"a": ["input"], "b": ["input"], "s": ["multiply", "a", "b"], "r": ["add", "s", "a"]},
    "a * a": {"a": ["input"], "r": ["multiply", "a", "a"]},
    "a difference": {"a": ["input"], "b": ["input"], "r": ["subtract", "a", "b"]},
    "a quotient": {"a": ["input"], "b": ["input"], "r": ["divide", "a", "b"]},
    "a cube": {"a": ["input"], "p": ["power", "a", 3], "r": ["add", "p", "a"]},
    "tanh of a sum": {"a": ["input"], "b": ["input"], "s": ["add", "a", "b"], "r": ["tanh", "s"]},
    "a node that feeds two others, and these meet again": {
        "a": ["input"], "b": ["input"], "s": ["add", "a", "b"], "t": ["tanh", "s"], "d": ["divide", "s", "b"], "m": ["subtract", "t", "d"], "r": ["multiply", "m", "s"],
    },
    "a node that does not reach the result": {"a": ["input"], "b": ["input"], "q": ["power", "b", 2], "m": ["multiply", "a", "a"], "r": ["subtract", "m", "a"]},
    "a deep one": {
        "a": ["input"], "b": ["input"], "c": ["input"], "m": ["multiply", "a", "b"], "s": ["subtract", "c", "m"], "q": ["power", "s", 2], "d": ["divide", "q", "c"],
        "e": ["add", "d", "q"], "t": ["tanh", "e"], "u": ["multiply", "t", "t"], "r": ["add", "u", "e"],
    },
}  # fmt: skip


def graph_values(graph, inputs):
    """The number of every node, for given numbers of the inputs, in their order."""
    operations = {
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "power": lambda a, k: a**k,
        "tanh": lambda a: float(np.tanh(a)),
    }
    values, left = {}, list(inputs)
    for name, (operation, *parents) in graph.items():
        if operation == "input":
            values[name] = float(left.pop(0))
        else:
            values[name] = operations[operation](*[values[p] if isinstance(p, str) else p for p in parents])
    return values


def accumulate_cases(rng):
    cases = []
    for name, graph in GRAPHS.items():
        inputs = (3.0, 2.0) if not cases else rng.uniform(0.3, 0.9, size=3)
        cases.append(Case(name, (graph, graph_values(graph, inputs))))
    return cases


ACCUMULATE = Exercise(
    id="chain_rule.accumulate",
    title="Backward through a graph",
    points=3,
    minutes=25,
    objective="Walk a graph backward, with the rule of each operation and `+=`.",
    form="blank",
    statement=(
        "Write `accumulate(graph, values)`. `graph` is a dict: for each node's name, a list of the operation and what it works on. The operations are `[\"input\"]`, "
        "`[\"add\", p, q]`, `[\"subtract\", p, q]` (p − q), `[\"multiply\", p, q]`, `[\"divide\", p, q]` (p / q), `[\"power\", p, k]` (p to the fixed number k, which is a number and not "
        "a name) and `[\"tanh\", p]`. The nodes are already in order, parents first, and the last one is the result. `values` has the number of every node. Return a dict with "
        "the gradient of the result by **every** node: 1 for the result itself, 0 for a node that does not reach it. A node may be used many times, also twice by the same node."
    ),
    reference=accumulate,
    cases=accumulate_cases,
    hints=(
        "Give each node a gradient of 0 and the result 1. In which direction must you walk, so that a node's gradient is complete when you come to it?",
        "Walk in reverse. At each node find the local slope for each parent, and **add** slope times the node's own gradient to the gradient of the parent.",
        "`grads[parent] += slope * grads[name]`; the slopes of p / q are `1 / q` and `-p / q**2`, that of p**k is `k * p**(k - 1)`, that of tanh is `1 - value**2`",
    ),
    mistakes=(
        Mistake("overwritten", "a parent's gradient is overwritten (`=`) by each path that reaches it: paths add up (`+=`).", {"grads[parent] +=": "grads[parent] ="}),
        Mistake("forward_order", "the walk goes forward: a node hands on its gradient before anything has arrived at it. Walk in reverse.", {"in reversed(names)": "in names"}),
        Mistake("no_start", "the result begins with a gradient of 0: its slope by itself is 1.", {"    grads[names[-1]] = 1.0\n": ""}),
        Mistake("everything_starts_at_one", "every node begins with a gradient of 1: only the result does, the others begin with 0.", {"names, 0.0": "names, 1.0"}),
        Mistake("upstream_dropped", "a node hands on its slopes alone: multiply them by its own gradient.", {"slope * grads[name]": "slope"}),
        Mistake("upstream_added", "slope and gradient are added: along a path they are multiplied.", {"slope * grads[name]": "slope + grads[name]"}),
        Mistake("used_twice_counted_once", "a parent that is named twice by the same node gets only one of its two paths (the slopes were kept in a dict by name, and one overwrote the other).", {"in zip(parents, slopes):": "in dict(zip(parents, slopes)).items():"}),
        Mistake("subtract_as_add", "a difference is treated like a sum: the slope of `p - q` by q is -1.", {"[1.0, -1.0]": "[1.0, 1.0]"}),
        Mistake("subtract_turned", "the signs of a difference are turned round: the slope of `p - q` by p is 1, by q it is -1.", {"[1.0, -1.0]": "[-1.0, 1.0]"}),
        Mistake("own_factor", "each factor of a product gets itself as its slope: it is the other factor.", {"[numbers[1], numbers[0]]": "[numbers[0], numbers[1]]"}),
        Mistake("add_as_multiply", "a sum is treated like a product: the slopes of `p + q` are 1 and 1.", {"[1.0, 1.0]": "[numbers[1], numbers[0]]"}),
        Mistake("divide_sign", "the minus is missing from the second slope of a quotient: when q grows, p / q shrinks.", {"-numbers[0] / numbers[1] ** 2": "numbers[0] / numbers[1] ** 2"}),
        Mistake("divide_square", "the square is missing from the second slope of a quotient: it is -p / q².", {"-numbers[0] / numbers[1] ** 2": "-numbers[0] / numbers[1]"}),
        Mistake("divide_numerator", "p is missing from the second slope of a quotient: it is -p / q², not -1 / q².", {"-numbers[0] / numbers[1] ** 2": "-1 / numbers[1] ** 2"}),
        Mistake("divide_as_multiply", "a quotient is treated like a product: its first slope is 1 / q.", {"[1 / numbers[1], -numbers[0] / numbers[1] ** 2]": "[numbers[1], numbers[0]]"}),
        Mistake("power_factor", "the exponent does not come down as a factor: the slope of p**k is k * p**(k - 1).", {"numbers[1] * numbers[0] ** (numbers[1] - 1)": "numbers[0] ** (numbers[1] - 1)"}),
        Mistake("power_not_lowered", "the exponent is not lowered by 1: the slope of p**k is k * p**(k - 1).", {"numbers[0] ** (numbers[1] - 1)": "numbers[0] ** numbers[1]"}),
        Mistake("power_precedence", "`p ** k - 1` takes 1 from the power: write `p ** (k - 1)`.", {"numbers[0] ** (numbers[1] - 1)": "(numbers[0] ** numbers[1] - 1)"}),
        Mistake("power_lowered_factor", "the lowered exponent comes down as a factor: it is k, and only what stays above is k - 1.", {"numbers[1] * numbers[0] ** (numbers[1] - 1)": "(numbers[1] - 1) * numbers[0] ** (numbers[1] - 1)"}),
        Mistake("tanh_of_argument", "the slope of tanh is taken as 1 - p² with what went in: it is 1 minus the square of what came out.", {"1 - values[name] ** 2": "1 - numbers[0] ** 2"}),
        Mistake("tanh_plus", "the slope of tanh is taken as 1 + tanh²: it is 1 - tanh².", {"1 - values[name] ** 2": "1 + values[name] ** 2"}),
        Mistake("tanh_value", "the value of tanh stands where its slope belongs.", {"1 - values[name] ** 2": "values[name]"}),
        Mistake("tanh_twice", "tanh is taken twice: `values` already holds what came out of it.", {"1 - values[name] ** 2": "1 - np.tanh(values[name]) ** 2"}),
        Mistake("tanh_as_sigmoid", "the slope of the sigmoid, a(1 - a), is used for tanh: it is 1 - a².", {"1 - values[name] ** 2": "values[name] * (1 - values[name])"}),
    ),
)  # fmt: skip
