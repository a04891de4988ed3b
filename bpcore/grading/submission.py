"""Grades one submission: its cells run behind the wall, its answers are tried there, and judged here."""

import math
import re
import secrets
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bpcore.exercises import Case, Exercise, Finding, Report, catalogue, driving, evaluate, plan, reading
from bpcore.grading.sandbox import (
    DEFAULT,
    Limits,
    Sandbox,
    SandboxError,
    SandboxTimeout,
    SandboxUnasked,
    SandboxUnavailable,
    Trial,
)
from bpcore.grading.sanitize import OWN, Cell, RefusedError, sanitize
from bpcore.grading.spec import max_points, require_spec
from bpcore.grading.usage import used

SCHEMA = 1
RUN = ("setup", "answer", OWN)
LEAVING = ("ExitCalled", "SystemExit", "KeyboardInterrupt")  # by exit(), sys.exit() and a signal to itself

# What code needs to change anything beyond its own names. A wrong answer with none of it leaves the process in which it
# was tried as it was, and most wrong answers are honest: a new process for the next one is half the cost of a trial.
REACHES = re.compile(
    r"__|\w\.\w+\s*=[^=]|^\s*[%!]|=\s*[%!]|\b(?:import|exec|eval|compile|open|exit|quit|breakpoint|setattr|delattr|getattr|"
    r"vars|globals|locals|global|get_ipython|sys|os|gc|seterr|setbufsize|setflags|set_\w+)\b",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Result:
    """What became of a submission.

    ``cells`` gives the points by exercise, ``reports`` what to tell the student; ``outputs`` what each cell showed,
    by cell id, and ``notebook`` the notebook as it was graded, with them in it. ``refused`` says why a file could not
    be graded at all. ``used`` says which hints and solutions were looked at, by the notebook's own word.
    """

    unit: str
    points: float
    max_points: float
    cells: dict[str, float]
    seed: int
    spec: str
    reports: dict[str, Report] = field(default_factory=dict)
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    refused: str = ""
    notebook: dict[str, Any] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data that JSON can hold, without the notebook."""
        return {
            "schema": SCHEMA,
            "unit": self.unit,
            "spec": self.spec,
            "seed": self.seed,
            "points": self.points,
            "max_points": self.max_points,
            "cells": dict(self.cells),
            "reports": {name: report.to_dict() for name, report in self.reports.items()},
            "notes": list(self.notes),
            "refused": self.refused,
            "used": dict(self.used),
        }


def grade(
    submission: bytes,
    spec: dict[str, Any],
    seed: int | None = None,
    *,
    sandboxed: bool = True,
    limits: Limits = DEFAULT,
) -> Result:
    """Grade the bytes of a submitted notebook. Needs no database and no course on disk.

    ``seed`` chooses the hidden cases; without one it is drawn, and recorded. ``sandboxed=False`` runs the same
    without a wall, for submissions that one trusts. Whatever is wrong with the submission is in the result. Raises
    SandboxUnavailable where there can be no sandbox, and SpecError for a spec that was not made by `build_spec` with
    these exercises.
    """
    require_spec(spec)
    seed = secrets.randbits(32) if seed is None else int(seed)
    most = max_points(spec)
    try:
        cells, notes = sanitize(submission, spec)
    except RefusedError as refused:
        return _refusal(spec, most, seed, str(refused))
    with _Session(limits, sandboxed) as session:
        outputs, reports = _run(session, cells, seed)
    points = {name: min(max(float(reports[name].points), 0.0), most[name]) for name in most}
    return Result(
        unit=spec["unit"],
        points=round(math.fsum(points.values()), 6),
        max_points=math.fsum(most.values()),
        cells=points,
        seed=seed,
        spec=spec["hash"],
        reports=reports,
        outputs={name: shown for name, shown in outputs.items() if shown},
        notes=(*notes, *dict.fromkeys(session.notes)),
        used=used(submission),
        notebook=notebook_of(spec, cells, outputs),
    )


def _refusal(spec: dict[str, Any], most: dict[str, float], seed: int, why: str) -> Result:
    cells = [Cell.of(cell) for cell in spec["cells"]]
    outputs = {cell.id: _checked(f"Not graded: {why}", 0.0) for cell in cells if cell.kind == "check"}
    notebook = notebook_of(spec, cells, outputs)
    return Result(
        spec["unit"],
        0.0,
        math.fsum(most.values()),
        dict.fromkeys(most, 0.0),
        seed,
        spec["hash"],
        refused=why,
        notebook=notebook,
    )


def _checked(text: str, points: float) -> list[dict[str, Any]]:
    return [
        {"output_type": "stream", "name": "stdout", "text": text + "\n"},
        # A plain float as the one result: nbgrader reads anything else as full marks, or as none.
        {
            "output_type": "execute_result",
            "data": {"text/plain": repr(float(points))},
            "metadata": {},
            "execution_count": None,
        },
    ]


def _run(session: "_Session", cells: list[Cell], seed: int) -> tuple[dict[str, list], dict[str, Report]]:
    outputs: dict[str, list[dict[str, Any]]] = {}
    reports: dict[str, Report] = {}
    errors: dict[str, str] = {}
    untouched: set[str] = set()
    for cell in cells:
        if cell.cell_type != "code":
            continue
        if cell.kind == "check":
            exercise = catalogue.posed(cell.exercise, cell.variant)
            outputs[cell.id] = []
            judge = _tried(session, exercise, seed, errors.get(exercise.id, ""))

            def settle(cell: Cell = cell, judge: Callable[[], Report] = judge) -> None:
                report = reports[cell.exercise] = _weighed(judge(), float(cell.nbgrader["points"]))
                outputs[cell.id] = _checked(report.text(), min(max(float(report.points), 0.0), report.max_points))

            session.later.append(settle)
            if not session.tame:
                # Unless it may have spoilt its process, the next answer is tried there as well.
                session.catch_up()
                session.doubtful = not (reports[exercise.id].passed or exercise.id in untouched)
        elif cell.kind in RUN and cell.source.strip():
            outputs[cell.id] = session.run(cell)
            error = _error(outputs[cell.id])
            if cell.kind == "answer":
                errors[cell.exercise] = error
                if cell.source.strip() == catalogue.posed(cell.exercise, cell.variant).starter.strip():
                    untouched.add(cell.exercise)
            if error.startswith(LEAVING):
                session.notes.append(f"The cell {cell.id} ended itself there, with {error}.")
            elif cell.kind == "setup" and error:
                session.notes.append(f"The cell {cell.id}, which comes with the course, stopped with {error}.")
    session.catch_up()
    return outputs, reports


def _tried(session: "_Session", exercise: Exercise, seed: int, error: str) -> Callable[[], Report]:
    """Try an answer. What is given back judges what was observed; nothing that a student's process says can make either
    raise."""
    cases = plan(exercise, seed)
    trial, nothing = _trial(session, exercise, cases, fresh=session.doubtful)
    if nothing is not None and not (trial.fresh if trial else session.doubtful):
        # An answer that was tried before in the same process may have ended it.
        trial, nothing = _trial(session, exercise, cases, fresh=True)
    if nothing is not None:
        return lambda: nothing
    if problem := _not_an_answer(exercise, trial, error):
        return lambda: _nothing(exercise, *problem)

    def judge() -> Report:
        try:
            return evaluate(exercise, cases, trial.observations, trial.cause)
        except Exception as failure:  # forged values may be stranger than any that an answer returns
            message = f"What your {exercise.name} returned cannot be compared with anything ({type(failure).__name__})."
            return _nothing(exercise, "not_judged", message)

    return judge


def _trial(
    session: "_Session", exercise: Exercise, cases: list[Case], fresh: bool
) -> tuple[Trial | None, Report | None]:
    """What became of trying an answer, and the report on one that ended its process."""
    try:
        trial = session.try_answer(exercise, [case.args for case in cases], fresh)
    except SandboxError as failure:
        name = "time_limit" if isinstance(failure, SandboxTimeout) else "process_ended"
        message = f"While your {exercise.name} was tried, {failure}. It is graded as if it gave nothing."
        return None, _nothing(exercise, name, message)
    if trial.observations is None and trial.kind in ("class", "function"):
        message = (
            f"While your {exercise.name} was tried, it ended the process (os._exit, a crash, too much memory) or never "
            f"came back."
        )
        return trial, _nothing(exercise, "process_ended", message)
    return trial, None


def _weighed(report: Report, worth: float) -> Report:
    """The report in the points of the release, where an instructor chose others than the exercise's own."""
    if worth == report.max_points:
        return report
    return replace(report, points=round(report.points * worth / report.max_points, 2), max_points=worth)


def _nothing(exercise: Exercise, name: str, message: str) -> Report:
    return Report(exercise.id, exercise.title, 0.0, exercise.points, findings=(Finding("", "", name, message),))


def _not_an_answer(exercise: Exercise, trial: Trial, error: str) -> tuple[str, str] | None:
    wanted = "class" if isinstance(exercise.reference, type) else "function"
    if trial.kind == "missing":
        why = f" Its cell stopped with {error}" if error else " No cell defines it: was the answer deleted, or renamed?"
        return "not_defined", f"There is no {wanted} called {exercise.name}.{why}"
    if trial.kind == "value" or (wanted == "class" and trial.kind != "class"):
        return (
            "not_a_function",
            (
                f"{exercise.name} should be a {wanted} and is a value of type {trial.type}: does a later line give "
                f"its name to something else?"
            ),
        )
    return None


def _error(outputs: list[dict[str, Any]]) -> str:
    """The exception of a cell in one line."""
    error = next((o for o in reversed(outputs) if o["output_type"] == "error"), None)
    if error is None:
        return ""
    told = re.sub(r"\([^()]*?, line (\d+)\)", r"(line \1)", error["evalue"])
    return f"{error['ename']}: {textwrap.shorten(told, 300)}".removesuffix(": ")


class _Session:
    """The student's process and the cells that it has run: when it ends, a new one is brought to the same point."""

    def __init__(self, limits: Limits, sandboxed: bool) -> None:
        self.limits, self.sandboxed = limits, sandboxed
        self.end = time.monotonic() + limits.total
        self.history: list[str] = []
        self.notes: list[str] = []
        self.box: Sandbox | None = None
        self.tame = True  # whether nothing that the student wrote reaches beyond its own names
        self.doubtful = False  # whether the process for trials has tried an answer that may have spoilt it
        self.later: list[Callable[[], None]] = []  # what is judged while the student's process works on the next cell

    def catch_up(self) -> None:
        """Do what was left for later."""
        while self.later:
            self.later.pop(0)()

    def __enter__(self) -> "_Session":
        self._alive()
        return self

    def __exit__(self, *_: object) -> None:
        if self.box is not None:
            self.box.close()

    def run(self, cell: Cell) -> list[dict[str, Any]]:
        """Run a cell; one that ends the process is left out from then on, and its output says so."""
        self.tame = self.tame and (cell.kind == "setup" or REACHES.search(cell.source) is None)
        try:
            shown = self._ask(lambda box: box.run_cell(cell.source))
        except SandboxUnavailable:
            raise
        except SandboxError as error:
            self.notes.append(f"While the cell {cell.id} ran, {error}.")
            return [
                {
                    "output_type": "error",
                    "ename": type(error).__name__,
                    "evalue": str(error),
                    "traceback": [f"{type(error).__name__}: {error}"],
                }
            ]
        self.history.append(cell.source)
        return shown

    def try_answer(self, exercise: Exercise, cases: list[tuple], fresh: bool) -> Trial:
        """Drive an answer through its cases. Raises SandboxError when the process did not survive it, or time is up."""
        name, cause_name = exercise.name, exercise.cause_name if exercise.causes else ""
        return self._ask(lambda box: box.try_answer(name, _drive(exercise), cases, cause_name, fresh))

    def _ask(self, question: Callable[[Sandbox], Any]) -> Any:
        while True:
            try:
                return question(self._alive())
            except SandboxUnasked:
                self._forget(len(self.history) - 1)

    def _alive(self) -> Sandbox:
        """The process, made anew where it has ended; a cell that ends it once more on the way is not run again."""
        while self.box is None or not self.box.alive:
            left = self.end - time.monotonic()
            if left <= 0:
                raise SandboxTimeout(f"the {self.limits.total:g} seconds that a submission has were used up")
            self.box = Sandbox(self.limits, sandboxed=self.sandboxed, seconds=left).__enter__()
            self.box.meanwhile = self.catch_up
            for position, source in enumerate(self.history):
                try:
                    self.box.run_cell(source)
                except SandboxError as error:
                    self._forget(position - isinstance(error, SandboxUnasked))
                    break
        return self.box

    def _forget(self, position: int) -> None:
        self.notes.append(
            "A cell ended the process, or disturbed it, after it had run: its work was left out from then on."
        )
        if self.history:
            del self.history[max(position, 0)]


def _drive(exercise: Exercise) -> dict[str, str]:
    if exercise.drive is driving.call:
        return {"name": "call", "source": ""}
    return {"name": exercise.drive.__name__, "source": reading.source_of(exercise.drive)}


def notebook_of(spec: dict[str, Any], cells: list[Cell], outputs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """A notebook of these cells, with what each showed by cell id."""
    built = []
    for cell in cells:
        metadata: dict[str, Any] = {
            "bpcore": {"kind": cell.kind}
            | ({"exercise": cell.exercise} if cell.exercise else {})
            | ({"variant": cell.variant} if cell.variant else {})
        }
        metadata |= {"nbgrader": cell.nbgrader} if cell.nbgrader else {}
        code = {"outputs": outputs.get(cell.id, []), "execution_count": None} if cell.cell_type == "code" else {}
        built.append({"id": cell.id, "cell_type": cell.cell_type, "metadata": metadata, "source": cell.source} | code)
    about = {"kernelspec": spec["kernelspec"], "bpcore": {"schema": SCHEMA, "unit": spec["unit"]}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": built}
