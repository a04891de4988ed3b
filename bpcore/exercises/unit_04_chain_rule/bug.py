"""A walk back that is right for most graphs: a bug to find."""

from bpcore.exercises.spec import Case, Exercise, Mistake


def send_back(graph, slopes, result):
    """The gradient of a result by every node of a graph.

    graph: a dict, name -> list of the names of its parents; parents stand before their children.
    slopes: a dict, name -> list of the local slopes by these parents. result: a name.
    Returns a dict, name -> gradient.
    """
    grad = dict.fromkeys(graph, 0.0)
    grad[result] = 1.0
    for name in reversed(list(graph)):
        for parent, slope in zip(graph[name], slopes[name]):
            grad[parent] += slope * grad[name]
    return grad


def drive_send_back(answer, graph, slopes, result):
    grad = answer(graph, slopes, result)
    return {"gradients": [float(grad[name]) for name in graph]}


def send_back_cases(rng):
    def case(name, graph):
        slopes = {node: [float(s) for s in rng.uniform(0.5, 2, size=len(parents))] for node, parents in graph.items()}
        return Case(name, (graph, slopes, list(graph)[-1]))

    tower = {"x0": []} | {f"x{k + 1}": [f"x{k}", f"x{k}"] for k in range(4)}
    by_hand = {"a": [], "q": ["a", "a"], "r": ["q", "a"], "c": ["q", "r"]}
    return [
        Case(
            "q = a·a, r = q·a, c = q + r, at a = 2",
            (by_hand, {"a": [], "q": [2.0, 2.0], "r": [2.0, 4.0], "c": [1.0, 1.0]}, "c"),
        ),
        case("a chain", {"x": [], "w": ["x"], "v": ["w"], "u": ["v"]}),
        case("an input used twice", {"a": [], "b": [], "p": ["a", "b"], "c": ["p", "a"]}),
        case("a node in the middle used twice", {"a": [], "m": ["a"], "s": ["m"], "t": ["m"], "c": ["s", "t"]}),
        case("a tower", tower),
        case("a part that does not reach the result", {"a": [], "d": ["a"], "c": ["a"]}),
    ]


_LOOP = "    for name in reversed(list(graph)):\n        for parent, slope in zip(graph[name], slopes[name]):\n            grad[parent] += slope * grad[name]"

FIND_THE_BUG = Exercise(
    id="chain_rule.find_the_bug",
    title="Find the bug: right, until a node in the middle is used twice",
    points=1,
    minutes=8,
    objective="Walk a graph backward, with the rule of each operation and `+=`.",
    form="debug",
    statement=(
        "This walk back keeps a list of the nodes that are waiting. It adds with `+=`, it multiplies along paths, and it is right for every chain and for `c = a·b + a`. For `q = a·a`, `r = q·a`, `c = q + r` at "
        "`a = 2` it should say 16 for `a`, as you have seen above. Walk through it on paper, writing down what each node sends and when; then mend it. (Names of parents stand before their children in `graph`.)"
    ),
    reference=send_back,
    drive=drive_send_back,
    cases=send_back_cases,
    bug="sent_on_again",
    hints=(
        "How often does `q` come up in `waiting`? What has it sent the first time, and what does it send the second time?",
        "A node must send once, when everything has arrived. In which order of the nodes is that so?",
        "`for name in reversed(list(graph))`, without a list of waiting nodes",
    ),
    mistakes=(
        Mistake("sent_on_again", "a node sends each time something reaches it, and each time all it has collected, so that the first part is sent twice: visit each node once, after everything that was made from it.", {_LOOP: "    waiting = [result]\n    for name in waiting:\n        for parent, slope in zip(graph[name], slopes[name]):\n            grad[parent] += slope * grad[name]\n            waiting.append(parent)"}),
        Mistake("overwritten", "a gradient is overwritten by the last path that reaches it: paths add up.", {"+= slope": "= slope"}),
        Mistake("slopes_added", "slope and incoming gradient are added along a path: they are multiplied.", {"slope * grad[name]": "slope + grad[name]"}),
        Mistake("upstream_dropped", "what arrives from upstream is dropped, and each node sends its slopes alone.", {"slope * grad[name]": "slope"}),
        Mistake("walked_forward", "the nodes are visited from the inputs on, so that each sends before anything has arrived.", {"reversed(list(graph))": "list(graph)"}),
        Mistake("first_parent_only", "only the first parent of each node is sent anything.", {"zip(graph[name], slopes[name])": "zip(graph[name][:1], slopes[name])"}),
        Mistake("seen_once", "a node is sent something only once, and the later paths are left out.", {"            grad[parent] += slope * grad[name]": "            if not grad[parent]:\n                grad[parent] = slope * grad[name]"}),
    ),
)  # fmt: skip
