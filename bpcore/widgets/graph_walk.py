"""A graph of Values as plain data, and the walk over it: forward node by node, then back one product at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bpcore.diagrams import Edge
from bpcore.errors import DataError, ShapeError
from bpcore.functional import divide_vjp_left, divide_vjp_right, exp_vjp, log_vjp, sigmoid_vjp, tanh_vjp
from bpcore.plots import short

MOST_NODES = 16  # as in plot_graph: with more, nobody can read it
_CLOSE = 1e-9


@dataclass(frozen=True)
class Reading:
    """What a result was made from, parents first.

    graph      name -> [operation, parent, …], as plot_graph takes it; the operation is "" where it cannot be told
    values     name -> the number
    slopes     name -> the local slope by each parent, as the Values themselves have noted it
    theirs     name -> what stood in .grad
    """

    graph: dict[str, list[Any]]
    values: dict[str, float]
    slopes: dict[str, tuple[float, ...]]
    theirs: dict[str, float]

    @property
    def result(self) -> str:
        """The name of the node at the end."""
        return list(self.graph)[-1]

    def parents(self, name: str) -> list[str]:
        """The names of a node's parents, as often as they stand in its formula."""
        return [operand for operand in self.graph[name][1:] if isinstance(operand, str)]

    def edges(self) -> list[Edge]:
        """(parent, node, number of the operand) for each edge, parents first."""
        return [(parent, name, k) for name in self.graph for k, parent in enumerate(self.parents(name))]


def read_graph(result: Any, names: Mapping[str, Any]) -> Reading:
    """Read what a Value remembers: bpcore.Value, or any object with data, grad, parents, and a slope for each parent.

    `names` are the learner's own, name -> Value; the others are called v1, v2, …, and leaves by their number.

    Raises DataError for an object that remembers nothing of the kind or a graph too large, ShapeError for a Value that
    has not one slope for each parent.
    """
    order = _parents_first(result)
    known = {id(value): name for name, value in names.items()}
    if missing := [name for name, value in names.items() if not any(value is node for node in order)]:
        raise DataError(f"{missing[0]} is not among the Values that this result was made from: leave the name out.")
    reading = Reading({}, {}, {}, {})
    for node in order:
        parents, slopes = tuple(node.parents), tuple(map(float, node.slopes))
        if len(parents) != len(slopes):
            raise ShapeError(
                f"A Value with data {node.data!r} has {len(parents)} parents and {len(slopes)} slopes: "
                "note one local slope for each parent, in their order."
            )
        name = known.get(id(node)) or _name(node, node is result, reading.graph, names)
        known[id(node)] = name
        operands = [known[id(parent)] for parent in parents]
        reading.values[name], reading.slopes[name] = float(node.data), slopes
        reading.theirs[name] = float(node.grad)
        reading.graph[name] = _made(reading.values[name], operands, [reading.values[p] for p in operands], slopes)
    return reading


def _parents_first(result: Any) -> list[Any]:
    """Every Value below the result and itself, each after its parents. Without recursion, and never more than shown."""
    order, begun, waiting = [], set(), [(result, False)]
    while waiting:
        node, parents_done = waiting.pop()
        if parents_done:
            order.append(node)
            continue
        if id(node) in begun:
            continue
        if missing := [a for a in ("data", "grad", "parents", "slopes") if not hasattr(node, a)]:
            raise DataError(
                f"A step through a graph needs Values that remember: .data, .grad, .parents and .slopes. This "
                f"{type(node).__name__} has no .{missing[0]}. Keep what each operation made it from, or use bp.Value."
            )
        begun.add(id(node))
        if len(begun) > MOST_NODES:
            raise DataError(
                f"This graph has more than {MOST_NODES} nodes, too many to read in one drawing: take a smaller formula."
            )
        waiting.append((node, True))
        # The last is taken from the list first: so the parents come in the order of the formula.
        waiting.extend((parent, False) for parent in reversed(tuple(node.parents)) if id(parent) not in begun)
    return order


def _name(node: Any, is_result: bool, taken: Mapping[str, Any], names: Mapping[str, Any]) -> str:
    if is_result:
        wanted = "result"
    elif not tuple(node.parents):
        wanted = short(float(node.data))
    else:
        wanted = "v1"
    number = 1
    while wanted in taken or wanted in names:
        number += 1
        wanted = f"v{number}"
    return wanted


def _made(value: float, names: list[str], x: list[float], slopes: tuple[float, ...]) -> list[Any]:
    """How a node was made, in plot_graph's words, if exactly one operation has this value and these slopes."""
    if not names:
        return ["input"]
    found = [made for made, y, by in _candidates(names, x, slopes, value) if _same(y, value) and _all(by, slopes)]
    return found[0] if len(found) == 1 else ["", *names]


def _candidates(names: list[str], x: list[float], slopes: tuple[float, ...], value: float) -> list[tuple]:
    """Operations, each with the value and the slopes that it would have."""
    if len(names) == 2:
        p, q = x
        pairs = [(["add", *names], p + q, (1.0, 1.0)), (["subtract", *names], p - q, (1.0, -1.0))]
        pairs.append((["multiply", *names], p * q, (q, p)))
        return pairs + (
            [(["divide", *names], p / q, (divide_vjp_left(1.0, q), divide_vjp_right(1.0, p / q, q)))] if q else []
        )
    if len(names) != 1:
        return []
    (name,), (p,), (s,) = names, x, slopes
    constant = value - s * p  # of a straight line with that slope
    found = [(["exp", name], value if p < 700 and _same(math.exp(p), value) else math.nan, (exp_vjp(1.0, value),))]
    found.append((["tanh", name], math.tanh(p), (tanh_vjp(1.0, value),)))
    found.append((["sigmoid", name], 1 / (1 + math.exp(-p)) if p > -700 else 0.0, (sigmoid_vjp(1.0, value),)))
    if p > 0:
        found.append((["log", name], math.log(p), (log_vjp(1.0, p),)))
    if p and value and s * p / value not in (0.0, 1.0):
        k = round(s * p / value, 9)
        base = p if p > 0 or k == int(k) else math.nan
        found.append((["power", name, int(k) if k == int(k) else k], _power(base, k), (s,)))
    if s == 1 and constant:
        found.append((["add", name, constant], p + constant, (1.0,)))
    elif s == -1:
        found.append((["subtract", constant, name] if constant else ["−", name], constant - p, (-1.0,)))
    elif s not in (0.0, 1.0) and _same(constant, 0.0):
        found.append((["multiply", s, name], s * p, (s,)))
    elif s in (0.0, 1.0) and value == max(p, 0.0):
        found.append((["relu", name], value, (s,)))
    return found


def _power(base: float, k: float) -> float:
    try:
        return base**k
    except OverflowError:
        return math.inf


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _all(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return all(map(_same, a, b))


# -- the walk ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """How things stand after one step.

    text      what happened, in a sentence
    known     the nodes whose value has been computed
    pieces    for each node that something has reached on the way back, all that has arrived there, in order
    node      where the step led; None at the very start
    edge      the edge over which a product has just come
    done      the edges whose product has been carried
    """

    text: str
    known: frozenset[str]
    pieces: dict[str, tuple[float, ...]]
    node: str | None = None
    edge: Edge | None = None
    done: frozenset[Edge] = frozenset()

    def gradient(self, name: str) -> float | None:
        """The sum of what has arrived at a node so far; None while nothing has."""
        return sum(self.pieces[name]) if name in self.pieces else None


def walk(reading: Reading) -> list[Stop]:
    """Every stop: leaves only; each value; the slope of the result by itself, 1; each product on the way back.

    On the way back the nodes are visited in the reverse order, so that each sends only what is complete.
    """
    graph, leaves = reading.graph, frozenset(n for n in reading.graph if not reading.parents(n))
    said = ", ".join(f"{name} = {short(reading.values[name])}" for name in graph if name in leaves)
    stops = [Stop(f"The inputs: {said}. Nothing is computed yet.", leaves, {})]
    for name in graph:
        if name not in leaves:
            known = stops[-1].known | {name}
            stops.append(Stop(f"Forward: {_formula(reading, name)}.", known, {}, name))
    result = reading.result
    pieces: dict[str, tuple[float, ...]] = {result: (1.0,)}
    stops.append(Stop(f"Back: the slope of {result} by itself is 1.", frozenset(graph), dict(pieces), result))
    done: frozenset[Edge] = frozenset()
    for name in reversed(graph):
        for k, parent in enumerate(reading.parents(name)):
            slope, upstream = reading.slopes[name][k], sum(pieces[name])
            before = pieces.get(parent, ())
            pieces[parent] = (*before, slope * upstream)
            done |= {(parent, name, k)}
            text = f"From {name} to {parent}: local slope {short(slope)} × upstream {short(upstream)} = "
            text += f"{short(slope * upstream)}. "
            text += f"{parent} has {added(pieces[parent])}." if before else f"It is the first to arrive at {parent}."
            stops.append(Stop(text, frozenset(graph), dict(pieces), parent, (parent, name, k), done))
    return stops


def added(pieces: tuple[float, ...]) -> str:
    """What has arrived, as a sum: 1 + 3 + 3 = 7."""
    if len(pieces) == 1:
        return short(pieces[0])
    first, *rest = pieces
    return (
        short(first) + "".join(f" {'−' if p < 0 else '+'} {short(abs(p))}" for p in rest) + f" = {short(sum(pieces))}"
    )


def formula(reading: Reading, name: str) -> str:
    """The left side and how it was made, by names: p = a · b; the name alone for a leaf or an unknown operation."""
    operation, *operands = reading.graph[name]
    said = [operand if isinstance(operand, str) else short(operand) for operand in operands]
    made = _spelt(operation, said)
    return f"{name} = {made}" if made else name


def _formula(reading: Reading, name: str) -> str:
    """The same with the numbers put in."""
    operation, *operands = reading.graph[name]
    said = [short(reading.values[operand] if isinstance(operand, str) else operand) for operand in operands]
    said = [f"({text})" if text.startswith("−") else text for text in said]
    made = _spelt(operation, said)
    return " = ".join([formula(reading, name), *([made] if made else []), short(reading.values[name])])


def _spelt(operation: str, said: list[str]) -> str:
    signs = {"add": " + ", "subtract": " − ", "multiply": " · ", "divide": " / ", "power": "**"}
    if operation in ("", "input"):
        return ""
    if operation == "−":
        return f"−{said[0]}"
    return signs[operation].join(said) if operation in signs else f"{operation}({said[0]})"
