"""The rows of the table for the two tapes, scalar and array, and for importing the package."""

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np

import bpcore as bp
from benchmarks.timing import OURS, Contest, have

LONG = 20  # nodes in one chain of the scalar graph: micrograd's recursion ends at a depth of 1000


def scalar_contests() -> Iterator[tuple[str, Callable[[], Contest]]]:
    """The rows that go before torch and jax are imported: each full collection would look through all their objects."""
    for nodes in (100_000, 1_000_000):
        for collector in (True, False):
            how = "as Python has it" if collector else "off"
            title = f"scalar tape, {nodes:,} nodes, collector {how}"
            yield title, lambda t=title, n=nodes, c=collector: _scalar(t, n, c)


def contests() -> Iterator[tuple[str, Callable[[], Contest]]]:
    """The name of each other row, and a function that prepares it."""
    for name, shape, goals in [
        ("small arrays (4, 8)", (4, 8), {"torch": 3, "HIPS autograd": 6}),
        ("65k elements", (256, 256), {"torch": 1, "HIPS autograd": 1}),
    ]:
        title = f"array tape, {name}, float32"
        yield title, lambda t=title, s=shape, g=goals: _array(t, s, g)
    yield "import bpcore", _import


def shallow_graph(kind: type, nodes: int) -> object:
    """The sum, in pairs, of many short chains x ← x · w + b with a relu at the end: `nodes` numbers in all."""
    w, b = kind(0.9), kind(0.01)
    chains = max(1, nodes // (LONG + 2))
    ends = []
    for i in range(chains):
        x = kind(i / chains)
        for _ in range(LONG // 2):
            x = x * w + b
        ends.append(x.relu())
    while len(ends) > 1:
        ends = [a + b for a, b in zip(ends[::2], ends[1::2], strict=False)] + ends[len(ends) & ~1 :]
    return ends[0]


def _run(kind: type, nodes: int) -> None:
    shallow_graph(kind, nodes).backward()


def _scalar(title: str, nodes: int, collector: bool) -> Contest:
    work: dict[str, Callable[[], object]] = {OURS: lambda: _run(bp.Value, nodes)}
    if have("micrograd"):
        from micrograd.engine import Value

        work["micrograd"] = lambda: _run(Value, nodes)
    missing = [] if have("micrograd") else ["micrograd"]
    goals = {"micrograd": 10 if collector else 3}
    contest = Contest(title, work, goals, nodes, "node", missing, collector=collector, once=nodes >= 1_000_000)
    if collector:
        tracemalloc.start()
        _run(bp.Value, 100_000)
        contest.extra["memory at the peak"] = (tracemalloc.get_traced_memory()[1] / 100_000, 150, "bytes a node")
        tracemalloc.stop()
    return contest


def _array(title: str, shape: tuple[int, int], goals: dict[str, float]) -> Contest:
    """Fifty operations on arrays of one shape, and the way back: products, sums, tanh, and a reduction."""
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=shape).astype("float32") for _ in range(2))

    def chain(a, w, tanh):
        for _ in range(12):
            a = tanh(a * w + a) * 0.5
        return a.sum()

    def ours() -> None:
        a, b = bp.Tensor(x), bp.Tensor(w)
        chain(a, b, lambda t: t.tanh()).backward()

    work: dict[str, Callable[[], object]] = {OURS: ours}
    if have("torch"):
        import torch

        def eager() -> None:
            a, b = (torch.from_numpy(array).requires_grad_() for array in (x, w))
            chain(a, b, torch.tanh).backward()

        work["torch"] = eager
    if have("autograd"):
        import autograd
        import autograd.numpy as anp

        gradient = autograd.grad(lambda pair: anp.sum(chain(*pair, anp.tanh)))
        work["HIPS autograd"] = lambda: gradient((x, w))
    missing = [name for name, package in [("torch", "torch"), ("HIPS autograd", "autograd")] if not have(package)]
    return Contest(title, work, goals, 49, "operation", missing)


def _import() -> Contest:
    def importing(name: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", f"import {name}"], check=True)

    def bare() -> None:
        subprocess.run([sys.executable, "-c", ""], check=True)

    # Ours at most 1.3 × numpy's time is a ratio of 1 / 1.3. Starting Python itself is part of both.
    work = {OURS: importing("bpcore"), "import numpy": importing("numpy"), "Python alone": bare}
    return Contest("import bpcore, in a new interpreter", work, {"import numpy": 1 / 1.3}, unit="start")
