"""What the tests of the exercises share: building answers from text, and the values that answers give."""

import itertools
import json
import linecache
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bpcore.exercises import Case, Exercise, Report, assess, catalogue, driving
from bpcore.exercises.compare import close, numbers

_cells = itertools.count(1)


def cell(source: str, name: str, **names: Any) -> Callable:
    """What a notebook's cell defines under this name; its lines can be shown, as in a notebook."""
    filename = f"<cell {next(_cells)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    scope = {"np": np, **names}
    exec(compile(source, filename, "exec"), scope)
    return scope[name]


def starter(exercise: Exercise) -> Callable:
    """The answer of someone who has not written anything yet."""
    return cell(exercise.starter, exercise.name, **vars(sys.modules[exercise.reference.__module__]))


def outcomes(exercise: Exercise, answer: Callable, cases: list[Case]) -> list[dict[str, Any] | None]:
    """The value of an answer in each case, by stage; None where it raises."""
    seen = [driving.observe(answer, exercise.drive, case.args) for case in cases]
    return [None if o["error"] else o["value"] for o in seen]


def same(a: Any, b: Any) -> bool:
    """Whether two stages have the same values."""
    x, y = numbers(a), numbers(b)
    return x is not None and y is not None and close(x, y, 1e-9, equal_nan=True)


def quantity_names(exercise_id: str) -> set[str]:
    """The names of the mistakes that an exercise knows."""
    return {mistake.name for mistake in catalogue[exercise_id].mistakes}


def told(id: str, answer: Any, **options: Any) -> Report:
    """The report; it earns nothing, says something, and is plain data."""
    report = assess(id, answer, **options)
    assert report.points < catalogue[id].points
    assert report.findings
    assert report.message or report.first.yours
    assert json.loads(json.dumps(report.to_dict()))["schema"] == 1
    assert len(report.text()) < 3000
    return report
