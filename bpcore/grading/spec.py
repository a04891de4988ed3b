"""What a submission is graded by: the released notebook of a unit, as plain JSON with the hash of its content."""

import hashlib
import json
from pathlib import Path
from typing import Any

from bpcore.errors import BpcoreError
from bpcore.exercises import catalogue
from bpcore.exercises.cells import changes
from bpcore.exercises.variants import keyed

SCHEMA = 1
ROOT = Path(__file__).resolve().parents[2]
PROSE = "prose"
STUDENT = "student"
KINDS = (PROSE, "setup", "worked", "student", "answer", "check")


class SpecError(BpcoreError, ValueError):
    """A unit cannot be graded: it does not exist, or its release does not fit the exercises."""


def build_spec(unit: str, course: Path | None = None) -> dict[str, Any]:
    """The spec of one unit, from its release ``course/<unit>/<unit>.ipynb``: plain data that JSON can hold.

    ``course`` is the folder of released units, that of the repository by default. Raises SpecError for a unit that is
    not there (and lists those that are), and for a release that does not fit the exercises.
    """
    folder = ROOT / "course" if course is None else Path(course)
    path = folder / str(unit) / f"{unit}.ipynb"
    units = sorted(p.parent.name for p in folder.glob("*/*.ipynb") if p.stem == p.parent.name)
    if unit not in units:
        there = (
            f"There are: {', '.join(units)}."
            if units
            else "There is none at all: build the course with `bpcore build`."
        )
        raise SpecError(f"No unit is called {unit!r} in {folder}. {there}")
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [_cell(cell, position) for position, cell in enumerate(notebook["cells"])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SpecError(
            f"{path} is no released notebook ({type(error).__name__}: {error}). Build the course with `bpcore build`."
        ) from None
    about = notebook.get("metadata", {})
    spec = {
        "schema": SCHEMA,
        "unit": unit,
        "kernelspec": about.get("kernelspec", {}),
        "cells": cells,
    }
    if variant := about.get("bpcore", {}).get("variant"):
        spec["variant"] = variant
    require_spec(spec | {"hash": ""})
    return spec | {"hash": hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()}


def require_spec(spec: dict[str, Any]) -> None:
    """Raise SpecError unless submissions can be graded by this spec and the exercises that are installed."""
    if not isinstance(spec, dict) or spec.get("schema") != SCHEMA or not {"unit", "hash", "cells"} <= spec.keys():
        raise SpecError(f"This is no spec of schema {SCHEMA}: make one with build_spec(unit).")
    if not any(cell["kind"] == "check" for cell in spec["cells"]):
        raise SpecError(f"{spec['unit']} has no check cells: there is nothing to grade.")
    ids = [cell["grade_id"] for cell in spec["cells"] if cell["grade_id"]]
    if len(set(ids)) != len(ids):
        raise SpecError(f"{spec['unit']} has two cells with one grade id.")
    for cell in spec["cells"]:
        if cell["kind"] != "check":
            continue
        exercise = catalogue.get(keyed(cell["exercise"], cell.get("variant", "")))
        if exercise is None or float(exercise.points) != float(cell.get("library", cell["nbgrader"].get("points", -1))):
            raise SpecError(
                f"The release of {spec['unit']} and the installed exercises do not agree on {cell['exercise']!r}. "
                "Grade with the version of bpcore that made the release, or build the course again with `bpcore build`."
            )


def max_points(spec: dict[str, Any]) -> dict[str, float]:
    """What each exercise of a spec is worth, in order."""
    return {cell["exercise"]: float(cell["nbgrader"]["points"]) for cell in spec["cells"] if cell["kind"] == "check"}


def spec_for(spec: dict[str, Any], student: str) -> dict[str, Any]:
    """The spec that one student is graded by: where variants are drawn for each student, the cells that this one got.

    Whatever the student's file says: the seed of the release and the student's name decide. The hash stays that of the
    release. Raises SpecError for a release whose text is not that of the installed exercises.
    """
    if not varies_by_student(spec):
        return spec
    drawn, new = {}, {}
    for name in max_points(spec):
        plain, exercise = catalogue[name], catalogue.variant(name, spec["variant"]["seed"], student)
        if exercise.variant:
            drawn[name] = exercise.variant
            new |= changes(plain, exercise)
    cells = [dict(cell) for cell in spec["cells"]]
    changed = 0
    for cell in cells:
        mine = cell["exercise"] in drawn or cell["kind"] == PROSE
        if mine and cell["source"] in new:
            # nbgrader's autograde puts the class's own text back into locked cells.
            cell |= {"source": new[cell["source"]], "instead_of": cell["source"]}
            changed += 1
        if cell["exercise"] in drawn:
            cell["variant"] = drawn[cell["exercise"]]
    if changed != 3 * len(drawn):
        raise SpecError(
            f"The release of {spec['unit']} does not have the text of the installed exercises, so no variants can be "
            f"put into it: build it again with `bpcore build --variant`."
        )
    return spec | {"cells": cells, "variant": spec["variant"] | {"student": student}}


def varies_by_student(spec: dict[str, Any]) -> bool:
    """Whether each student has variants of their own, and whose this spec is has not been said yet."""
    variant = spec.get("variant", {})
    return variant.get("each") == STUDENT and "student" not in variant


def _cell(cell: dict[str, Any], position: int) -> dict[str, Any]:
    about, managed = cell["metadata"].get("bpcore", {}), cell["metadata"].get("nbgrader", {})
    kind = about["kind"] if cell["cell_type"] == "code" else PROSE
    if kind not in KINDS:
        raise ValueError(f"cell {position + 1} has the unknown kind {kind!r}")
    if kind in ("setup", "answer", "check") and not managed.get("grade_id"):
        raise ValueError(f"cell {position + 1} has no grade id")
    # What the exercise is worth where nobody chose, and which variant of it this is.
    further = {name: about[key] for name, key in (("library", "points"), ("variant", "variant")) if key in about}
    return {
        "id": cell.get("id", f"cell-{position:03d}"),
        "kind": kind,
        "cell_type": cell["cell_type"],
        "source": cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"]),
        "exercise": about.get("exercise", ""),
        "grade_id": managed.get("grade_id", ""),
        "nbgrader": managed,
    } | further
