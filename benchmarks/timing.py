"""Measuring side by side: every contestant in turn, again and again, and ratios of times that were taken together."""

import gc
import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

OURS = "ours"


@dataclass
class Contest:
    """One row of the table: the same work done by bpcore and by its peers.

    work     name -> a function without arguments that does it once; "ours" is bpcore
    missing  what is not installed
    goals    name -> the least ratio (the peer's time to ours) that is to be reached; for the floor, the greatest ratio
             of our time to it
    per      into how many pieces the time of a call is divided when it is shown: its steps, epochs or nodes
    extra    name -> (value, goal, unit) of what is measured in another way; the goal is an upper limit, or None
    collector  False: Python's cyclic garbage collector is off while the work is done
    once     the work takes many seconds: it is timed once, without doing it before to warm up
    """

    name: str
    work: dict[str, Callable[[], object]]
    goals: dict[str, float] = field(default_factory=dict)
    per: dict[str, float] | float = 1
    unit: str = "step"
    missing: list[str] = field(default_factory=list)
    extra: dict[str, tuple[float, float | None, str]] = field(default_factory=dict)
    collector: bool = True
    once: bool = False


@dataclass(frozen=True)
class Line:
    """What was measured of one contestant: seconds for one piece, and the ratio of its time to ours in each run."""

    name: str
    seconds: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median over the runs."""
        return median(self.ratios)


def measure(contest: Contest, runs: int = 3, seconds: float = 2.0) -> list[Line]:
    """Time all contestants in turn, `runs` times over, each run for about `seconds`.

    A run's ratio is the median of the ratios in its rounds: within a round the contestants follow one another at once,
    so that whatever else the machine does falls upon all of them alike. Every other round goes in the opposite order.
    """
    names = list(contest.work)
    with _collector(contest.collector):
        if contest.once:
            return _lines(names, [{name: [_timed(contest.work[name]) / _pieces(contest, name)] for name in names}])
        for work in contest.work.values():
            work()
        once = sum(_timed(work) for work in contest.work.values())
        rounds = max(3, min(200, round(seconds / once)))
        per_run: list[dict[str, list[float]]] = []
        for _ in range(runs):
            times: dict[str, list[float]] = {name: [] for name in names}
            for turn in range(rounds):
                for name in names if turn % 2 else reversed(names):
                    times[name].append(_timed(contest.work[name]) / _pieces(contest, name))
            per_run.append(times)
    return _lines(names, per_run)


def _lines(names: list[str], per_run: list[dict[str, list[float]]]) -> list[Line]:
    return [
        Line(
            name,
            median(median(times[name]) for times in per_run),
            tuple(median(a / b for a, b in zip(times[name], times[OURS], strict=True)) for times in per_run),
        )
        for name in names
    ]


def table(contest: Contest, lines: list[Line]) -> Iterator[str]:
    """The measured row as text: a line for each contestant, with its goal and whether that was met."""
    yield f"{contest.name}"
    for line in lines:
        spread = f"{min(line.ratios):.2f}-{max(line.ratios):.2f}"
        yield f"  {line.name:<24}{_duration(line.seconds):>10} a {contest.unit:<7}" + (
            "" if line.name == OURS else f"{line.ratio:>8.2f}  ({spread}){_verdict(contest, line)}"
        )
    for name, (value, limit, unit) in contest.extra.items():
        goal = "" if limit is None else f"   goal ≤ {limit:g}: {'met' if value <= limit else 'missed'}"
        yield f"  {name:<24}{value:>10.4g} {unit}{goal}"
    for name in contest.missing:
        yield f"  {name:<24}not installed: pip install -e '.[peers]'"


def have(*modules: str) -> bool:
    """Whether all these packages can be imported."""
    try:
        for module in modules:
            importlib.import_module(module)
    except ImportError:
        return False
    return True


def _verdict(contest: Contest, line: Line) -> str:
    if line.name not in contest.goals:
        return ""
    goal = contest.goals[line.name]
    if line.name == "floor":
        ours = 1 / line.ratio
        return f"   ours is {ours:.2f} × the floor, goal ≤ {goal:g}: {'met' if ours <= goal else 'missed'}"
    return f"   goal ≥ {goal:g}: {'met' if line.ratio >= goal else 'missed'}"


def _pieces(contest: Contest, name: str) -> float:
    return contest.per.get(name, 1) if isinstance(contest.per, dict) else contest.per


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def _collector(wanted: bool) -> Iterator[None]:
    gc.collect()
    if not wanted:
        gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _duration(seconds: float) -> str:
    for unit, size in [("s ", 1.0), ("ms", 1e-3), ("µs", 1e-6)]:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
