"""The command `bpcore adopt`: a course folder of an instructor's own, with the units and points that were chosen."""

import argparse
import ast
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from bpcore.authoring import ROOT, as_text, build_release, build_solved
from bpcore.errors import BpcoreError
from bpcore.exercises import catalogue

CONFIG = "nbgrader_config.py"
CHOICES = "course.toml"
KEYS = ("units", "leave_out", "by_hand", "points")
EXAMPLE = """\
# What this course holds. Change it, then run the same `bpcore adopt` again: it makes the notebooks anew.

# The units, by name. Without this line: all.
# units = ["00_start", "05_backpropagation"]

# Exercises that are left out.
# leave_out = ["start.value"]

# Units, three at most, whose written answer you grade in formgrader (8 points each).
# by_hand = ["05_backpropagation"]

# Points other than the library's own.
[points]
# "backprop.backward" = 10
"""


class AdoptError(BpcoreError, ValueError):
    """The choices do not fit the course, or the folder cannot take it; the message says which line to change."""


@dataclass(frozen=True)
class Choices:
    """What an instructor chose: the units (none named: all), the exercises left out, points by exercise, and the units
    whose written answer a person grades."""

    units: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    points: Mapping[str, float] = field(default_factory=dict)


def read_choices(path: Path) -> Choices:
    """The choices that a file holds. Raises AdoptError for one that is no TOML, or that names what there is not."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AdoptError(f"{path} cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise AdoptError(f"{path} is no TOML: {error}.") from None
    if unknown := sorted(told.keys() - set(KEYS)):
        raise AdoptError(f"{path} says {', '.join(unknown)}, which means nothing here. It may say {', '.join(KEYS)}.")
    lists = {}
    for key in KEYS[:-1]:
        lists[key] = told.get(key, [])
        if not isinstance(lists[key], list) or not all(isinstance(name, str) for name in lists[key]):
            raise AdoptError(f'{path}: {key} must be a list of names, as in {key} = ["…"]. It is {lists[key]!r}.')
    points = told.get("points", {})
    if not isinstance(points, dict):
        raise AdoptError(f'{path}: write points as a table, [points] and then lines like "start.value" = 6.')
    for name, worth in points.items():
        if isinstance(worth, bool) or not isinstance(worth, int | float) or not 0 < worth < float("inf"):
            raise AdoptError(f"{path}: {name} must be worth a number above 0, and this says {worth!r}.")
    for name in (*lists["leave_out"], *points):
        catalogue[name]
    for unit in (*lists["units"], *lists["by_hand"]):
        catalogue(unit)
    if both := sorted(set(lists["leave_out"]) & set(points)):
        raise AdoptError(f"{path} leaves out {', '.join(both)}, and says what it is worth: take away one of the two.")
    return Choices(*(tuple(lists[key]) for key in KEYS[:-1]), points={n: float(p) for n, p in points.items()})


def chosen(notebook: NotebookNode, choices: Choices) -> NotebookNode:
    """A solved notebook without the exercises that are left out, and with the points that were chosen.

    Raises AdoptError when a cell that stays uses the answer of one that goes, and when no exercise would stay.
    """
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        about = cell.metadata.get("bpcore", {})
        name, kind = about.get("exercise", ""), about.get("kind")
        if name in choices.leave_out:
            if kind == "answer":
                cells.pop()  # the statement stands before the answer
            continue
        if name in choices.points and kind in ("answer", "check"):
            worth, exercise = choices.points[name], catalogue[name]
            if kind == "answer":
                was, now = (f"· {_points(points)} ·" for points in (exercise.points, worth))
                cells[-1].source = cells[-1].source.replace(was, now, 1)
            else:
                cell.metadata["nbgrader"]["points"] = worth
                about["points"] = exercise.points
        cells.append(cell)
    unit = notebook.metadata["bpcore"]["unit"]
    if not any(cell.metadata.get("bpcore", {}).get("kind") == "check" for cell in cells):
        raise AdoptError(f"No exercise of {unit} would be left: leave out the unit instead.")
    for name in choices.leave_out:
        if name in catalogue(unit):
            users = sum(catalogue[name].name in _names(cell) for cell in cells)
            if users:
                raise AdoptError(
                    f"{name} cannot be left out: {users} {'cells' if users > 1 else 'cell'} of {unit} that would stay "
                    f"call {catalogue[name].name}. Let it stay, and choose few points for it."
                )
    notebook.cells = cells
    return notebook


def _points(points: float) -> str:
    return f"{points:g} point{'s' if points != 1 else ''}"


def _names(cell: NotebookNode) -> set[str]:
    """The names that a code cell reads, strings left aside."""
    if cell.cell_type != "code":
        return set()
    nodes = ast.walk(ast.parse(cell.source))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def adopt(folder: Path, choices: Choices, *, root: Path = ROOT) -> list[Path]:
    """Make ``folder`` a course that nbgrader and `bpcore grade` work in, and return the files that changed.

    It gets ``solutions/UNIT/UNIT.ipynb``, ``course/UNIT/UNIT.ipynb`` and, where there is none, ``nbgrader_config.py``.
    Raises AdoptError where ``root`` holds no solutions, or for a unit that has no notebook.
    """
    there = {path.parent.name: path for path in sorted((root / "solutions").glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb"))}
    if not there:
        raise AdoptError(
            f"There are no solved notebooks in {root / 'solutions'}: they come with a clone of the course, and not "
            f"with the package alone. Clone it, and run this there."
        )
    if folder.resolve() == root.resolve():
        raise AdoptError(f"{folder} is the library's own folder: name another one for your course.")
    names = choices.units or tuple(there)
    if missing := [unit for unit in (*names, *choices.by_hand) if unit not in there]:
        raise AdoptError(f"There is no notebook of {', '.join(missing)}. There are: {', '.join(there)}.")
    solved = {}
    for unit in names:
        if unit in choices.by_hand:
            notebook = build_solved(there[unit].with_suffix(".py"), by_hand=True)
        else:
            notebook = nbformat.read(there[unit], as_version=4)
        solved[unit] = chosen(notebook, choices)
    released, written = build_release(solved), []
    for unit, notebook in solved.items():
        for kind, text in (("solutions", as_text(notebook)), ("course", released[unit])):
            target = folder / kind / unit / f"{unit}.ipynb"
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8", newline="\n")
                written.append(target)
    if not (folder / CONFIG).exists():
        shutil.copyfile(root / CONFIG, folder / CONFIG)
        written.append(folder / CONFIG)
    return written


def main(argv: list[str] | None = None) -> int:
    """Make or renew a course folder; its course.toml says which units, exercises and points. Raises AdoptError."""
    parser = argparse.ArgumentParser(
        prog="bpcore adopt",
        description="Make FOLDER a course of your own that nbgrader and `bpcore grade` work in. FOLDER/course.toml "
        "says which units, exercises and points; it is written the first time, and never overwritten.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    options = parser.parse_args(argv)
    folder = options.folder
    file = folder / CHOICES
    if file.exists():
        choices = read_choices(file)
    else:
        choices = Choices()
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(EXAMPLE, encoding="utf-8", newline="\n")
        print(f"wrote {file}")
    written = adopt(folder, choices)
    for path in written:
        print(f"wrote {path}")
    units = sorted(path.name for path in (folder / "course").iterdir())
    extra = [unit for unit in units if choices.units and unit not in choices.units]
    if extra:
        print(f"Not in {file}, and left where they are: {', '.join(extra)}. Delete them if nobody has them yet.")
    print(f"{len(written)} files changed." if written else "Everything is up to date.")
    return 0
