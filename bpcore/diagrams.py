"""A computation as a graph: a box for each number, an arrow with its local slope for each path of one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from bpcore.errors import DataError, ShapeError
from bpcore.plots import INK, PAGE, QUIET, VERMILION, VERMILION_TEXT, paper, short

_LARGEST = 16  # boxes: with more, the labels are too small to read at the width of a notebook
_SIGNS = {"add": " + ", "subtract": " − ", "multiply": " · ", "divide": " / "}
_LETTER, _LINE, _GAP = 0.085, 0.2, 0.95  # inches: the width of a letter, the height of a line, between two columns

Graph = Mapping[str, Sequence[object]]
Edge = tuple[str, str, int]  # from a parent, to a node, as its operand of this number


@dataclass(frozen=True)
class Plan:
    """Where the parts of a drawn graph are, in inches, y upwards.

    boxes: for each node the middle, the width and the height. curves: for each edge the points of its bends, one after
    another (Bézier). labels: for each edge the middle of its label. xlim, ylim: the page.
    """

    boxes: dict[str, tuple[float, float, float, float]]
    curves: dict[Edge, list[tuple[float, float]]]
    labels: dict[Edge, tuple[float, float]]
    xlim: tuple[float, float]
    ylim: tuple[float, float]


def plan_graph(
    graph: Graph,
    edges: Sequence[Edge],
    texts: Mapping[str, Sequence[str]],
    labels: Mapping[Edge, str],
    gap: float = _GAP,
) -> Plan:
    """Place a graph from left to right. texts: the lines in each node's box; labels: what stands on edges.

    The labels are placed in their order, each clear of the boxes and of those before it. gap: between two columns.
    """
    widths = {name: _LETTER * max(map(len, lines)) + 0.3 for name, lines in texts.items()}
    height = _LINE * max(map(len, texts.values())) + 0.18
    columns, routes = _layers(graph, edges)
    spots, xlim, ylim = _place(columns, widths, height, gap)
    curves = _paths(edges, routes, spots, widths, height)
    taken = [(x, y, widths[key] / 2, height / 2) for key, (x, y) in spots.items() if key in graph]
    placed = {}
    for edge, text in labels.items():
        half = 0.5 * _LETTER * len(text) + 0.05
        placed[edge] = _free(curves[edge], half, taken, [other for other in edges if other != edge], curves)
        taken.append((*placed[edge], half, 0.1))
    return Plan({name: (*spots[name], widths[name], height) for name in graph}, curves, placed, xlim, ylim)


def plot_graph(
    graph: Graph,
    values: Mapping[str, float],
    gradients: Mapping[str, float] | None = None,
    slopes: Mapping[str, Sequence[float]] | None = None,
    *,
    highlight: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A computation from left to right: each node with its value (and gradient), each edge with its local slope.

    graph: name -> [operation, parent, ...], parents before children, at most 16 nodes. Operations are "input", "add",
    "subtract", "multiply", "divide", "power" (whose second operand is a number), and any other name, which is shown as
    it is; "" leaves it out. values and gradients: a number for each name. slopes: for each name one number per parent.
    highlight="a" marks every edge that leaves a. Returns the Axes; in words: describe_graph.

    Raises DataError for an unknown parent, wrong order, a missing value or a graph too large; ShapeError when a node
    has another number of slopes than of parents.
    """
    edges = _edges(graph, values, gradients, slopes, highlight)
    texts = {name: _lines(name, graph, values, gradients) for name in graph}
    drawn = sorted(edges, key=lambda edge: edge[0] == highlight)
    labels = {} if slopes is None else {edge: short(slopes[edge[1]][edge[2]]) for edge in drawn}
    plan = plan_graph(graph, edges, texts, labels)
    (left, right), (bottom, top) = plan.xlim, plan.ylim
    ax = paper(ax, (right - left + 0.3, top - bottom + 0.3))
    ax.set(xlim=plan.xlim, ylim=plan.ylim, aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)

    for edge in drawn:
        on, curve = edge[0] == highlight, plan.curves[edge]
        codes = [Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1)
        stroke = {"color": VERMILION, "linewidth": 3} if on else {"color": "#8A8A8A", "linewidth": 1.1}
        arrow = {"arrowstyle": "-|>", "mutation_scale": 13, "shrinkA": 0, "shrinkB": 0, "capstyle": "butt"}
        ax.add_patch(FancyArrowPatch(path=Path(curve, codes), **arrow, **stroke, zorder=2 if on else 1))
        if slopes is not None:
            on_edge = {"color": VERMILION_TEXT, "fontweight": "bold"} if on else {"color": QUIET}
            page = {"boxstyle": "square,pad=0.1", "facecolor": PAGE, "edgecolor": "none"}
            x, y = plan.labels[edge]
            ax.text(x, y, labels[edge], fontsize=10, ha="center", va="center", bbox=page, zorder=3, **on_edge)
    for name, lines in texts.items():
        x, y, width, height = plan.boxes[name]
        stroke = {"edgecolor": VERMILION, "linewidth": 3} if name == highlight else {"edgecolor": INK, "linewidth": 1.2}
        corner = (x - width / 2, y - height / 2)
        shape = "round,pad=0,rounding_size=0.1"
        ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, facecolor=PAGE, **stroke, zorder=4))
        for k, line in enumerate(lines):
            how = [{"color": INK, "fontweight": "bold"}, {"color": INK}, {"color": VERMILION_TEXT}][k]
            down = y + _LINE * ((len(lines) - 1) / 2 - k)
            ax.text(x, down, line, fontsize=10, ha="center", va="center", zorder=5, **how)
    return ax


def describe_graph(
    graph: Graph,
    values: Mapping[str, float],
    gradients: Mapping[str, float] | None = None,
    slopes: Mapping[str, Sequence[float]] | None = None,
    *,
    highlight: str | None = None,
) -> str:
    """The same graph as a list: each node with its value and gradient, and below it the edges that arrive there."""
    edges = _edges(graph, values, gradients, slopes, highlight)
    lines = [f"A graph of {len(graph)} node{'s' * (len(graph) != 1)} and {len(edges)} edge{'s' * (len(edges) != 1)}."]
    if highlight is not None:
        lines.append(f"Highlighted: every edge that leaves {highlight}.")
    for name in graph:
        made, *told = _lines(name, graph, values, gradients)
        lines.append(f"{made}: {', '.join(told)}.")
        for edge in edges:
            if edge[1] == name:
                slope = "" if slopes is None else f": local slope {short(slopes[name][edge[2]])}"
                lines.append(f"  {edge[0]} to {name}{slope}{' (highlighted)' * (edge[0] == highlight)}")
    return "\n".join(lines)


def _edges(
    graph: Graph,
    values: Mapping[str, float],
    gradients: Mapping[str, float] | None,
    slopes: Mapping[str, Sequence[float]] | None,
    highlight: str | None,
) -> list[Edge]:
    """The edges in the order of their nodes, once all that was given is known to fit together."""
    if not graph:
        raise DataError('The graph is empty: give at least one node, as {"a": ["input"]}.')
    if len(graph) > _LARGEST:
        raise DataError(f"A graph of {len(graph)} nodes is too large to read in one drawing: show at most {_LARGEST}.")
    edges: list[Edge] = []
    before: set[str] = set()
    for name, (_, *operands) in graph.items():
        parents = [operand for operand in operands if isinstance(operand, str)]
        for number, parent in enumerate(parents):
            if parent not in before:
                why = "comes after it: parents stand first" if parent in graph else "is not in the graph"
                raise DataError(f"The node {name!r} is made from {parent!r}, which {why}.")
            edges.append((parent, name, number))
        before.add(name)
        for what, given in (("value", values), ("gradient", gradients)):
            if given is not None and name not in given:
                raise DataError(f"The node {name!r} has no {what}: give a number for each of {', '.join(graph)}.")
        if slopes is not None and len(slopes.get(name, ())) != len(parents):
            raise ShapeError(
                f"The node {name!r} has {len(parents)} parents and {len(slopes.get(name, ()))} slopes: "
                "give one local slope for each parent, in their order."
            )
    if highlight is not None and highlight not in graph:
        raise DataError(f"highlight={highlight!r} is not a node: the nodes are {', '.join(graph)}.")
    return edges


def _lines(
    name: str, graph: Graph, values: Mapping[str, float], gradients: Mapping[str, float] | None
) -> tuple[str, ...]:
    """What stands in a node's box: how it was made, its value, its gradient."""
    operation, *operands = graph[name]
    said = [operand if isinstance(operand, str) else short(operand) for operand in operands]
    if operation in ("input", ""):
        made = name
    elif operation == "power":
        made = f"{name} = {said[0]}**{said[1]}"
    elif operation in _SIGNS:
        made = f"{name} = {_SIGNS[operation].join(said)}"
    else:
        made = f"{name} = {operation}({', '.join(said)})"
    told = (made, f"value {short(values[name])}")
    return told if gradients is None else (*told, f"gradient {short(gradients[name])}")


def _layers(graph: Graph, edges: Sequence[Edge]) -> tuple[list[list[object]], dict[Edge, list[object]]]:
    """Columns of nodes, each right of its parents; an edge that skips columns keeps a place free in each of them."""
    depth: dict[str, int] = {}
    for name in graph:
        depth[name] = max((depth[parent] + 1 for parent, child, _ in edges if child == name), default=0)
    # An input stands just before its first use, or it would be joined to it by an arrow across the whole picture.
    for name in graph:
        uses = [depth[child] for parent, child, _ in edges if parent == name]
        if graph[name][0] in ("input", "") and uses and depth[name] == 0:
            depth[name] = min(uses) - 1
    columns: list[list[object]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in graph:
        columns[depth[name]].append(name)
    routes: dict[Edge, list[object]] = {}
    for edge in edges:
        parent, child, _ = edge
        middle = [(*edge, column) for column in range(depth[parent] + 1, depth[child])]
        for place in middle:
            columns[place[-1]].append(place)
        routes[edge] = [parent, *middle, child]
    # Each in the middle of its neighbours, from left to right and back, until crossings are few (Sugiyama 1981).
    neighbours = [pair for route in routes.values() for pair in pairwise(route)]
    for sweep in range(8):
        rightwards = sweep % 2 == 0
        for k in range(1, len(columns)) if rightwards else range(len(columns) - 2, -1, -1):
            beside = columns[k - 1 if rightwards else k + 1]
            rank = {key: i / max(len(beside) - 1, 1) for i, key in enumerate(beside)}

            def middle_of(key: object, rank: dict = rank, rightwards: bool = rightwards) -> float:
                met = [rank[a if rightwards else b] for a, b in neighbours if (b if rightwards else a) == key]
                return sum(met) / len(met) if met else 0.5

            columns[k].sort(key=middle_of)
    return columns, routes


def _place(
    columns: list[list[object]], widths: dict[str, float], height: float, gap: float
) -> tuple[dict[object, tuple[float, float]], tuple[float, float], tuple[float, float]]:
    """Where the middle of each box is, in inches, and the limits of the page."""
    spots: dict[object, tuple[float, float]] = {}
    x, top = 0.0, 0.0
    for column in columns:
        width = max(widths.get(key, 0.0) for key in column)
        tall = [height if key in widths else 0.2 for key in column]
        y = (sum(tall) + 0.35 * (len(column) - 1)) / 2
        top = max(top, y)
        for key, own in zip(column, tall, strict=True):
            spots[key] = (x + width / 2, y - own / 2)
            y -= own + 0.35
        x += width + gap
    return spots, (-0.1, x - gap + 0.1), (-top - 0.1, top + 0.1)


def _paths(
    edges: Sequence[Edge],
    routes: dict[Edge, list[object]],
    spots: dict[object, tuple[float, float]],
    widths: dict[str, float],
    height: float,
) -> dict[Edge, list[tuple[float, float]]]:
    """Each edge as curves from a box's right side to a box's left side; those of one box are spread over that side."""
    ports: dict[tuple[Edge, int], tuple[float, float]] = {}
    for name in widths:
        for end, side in ((0, 1), (1, -1)):
            own = [edge for edge in edges if edge[end] == name]
            own.sort(key=lambda edge, end=end: (-spots[routes[edge][1 if end == 0 else -2]][1], edge[2]))
            for k, edge in enumerate(own):
                spread = 0.8 * height * (0.5 - (k + 0.5) / len(own)) if len(own) > 1 else 0.0
                ports[edge, end] = (spots[name][0] + side * widths[name] / 2, spots[name][1] + spread)
    paths = {}
    for edge in edges:
        points = [ports[edge, 0]]
        for place in routes[edge][1:-1]:
            # Straight on through the column, past the boxes above and below.
            x, y = spots[place]
            points += [(x - 0.35, y), (x + 0.35, y)]
        points.append(ports[edge, 1])
        curve = [points[0]]
        for (x0, y0), (x1, y1) in pairwise(points):
            bend = 0.4 * (x1 - x0)
            curve += [(x0 + bend, y0), (x1 - bend, y1), (x1, y1)]
        paths[edge] = curve
    return paths


def _along(curve: Sequence[tuple[float, float]], t: float) -> tuple[float, float]:
    """A point of the curve's last bend, for t from 0 to 1 (Bernstein's formula)."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (sum(w * p[k] for w, p in zip(weights, curve[-4:], strict=True)) for k in (0, 1))
    return x, y


def _free(
    curve: Sequence[tuple[float, float]],
    half: float,
    taken: Sequence[tuple[float, float, float, float]],
    others: Sequence[Edge],
    paths: dict[Edge, list[tuple[float, float]]],
) -> tuple[float, float]:
    """A place on the curve for a label of this half width: clear of all boxes, and of other edges if that can be."""

    def crowding(t: float) -> float:
        x, y = _along(curve, t)
        boxes = sum(
            max(0.0, half + w + 0.04 - abs(x - u)) * max(0.0, 0.1 + h + 0.04 - abs(y - v)) for u, v, w, h in taken
        )
        lines = sum(
            abs(x - u) < half and abs(y - v) < 0.11
            for other in others
            for u, v in (_along(paths[other], s / 12) for s in range(13))
        )
        return 1000 * boxes + 0.1 * lines + abs(t - 0.5)

    return _along(curve, min((0.5 + side * step / 40 for step in range(15) for side in (1, -1)), key=crowding))
