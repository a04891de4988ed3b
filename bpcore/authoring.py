"""Builds the course: prose and exercises become solved notebooks, and nbgrader makes the release from them."""

import argparse
import ast
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearSolutions

from bpcore.errors import BpcoreError
from bpcore.exercises import Exercise, catalogue

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("setup", "worked", "student")
FORMS = {"faded": "Fill the blanks", "blank": "From scratch", "debug": "Find the bug"}
SCHEMA = 1


class AuthoringError(BpcoreError, ValueError):
    """The prose of a unit cannot be built; the message names the cell."""


def build_solved(prose: Path) -> NotebookNode:
    """The solved notebook of one unit, with its exercises, solutions and checks.

    ``prose`` is percent text. ``# %% exercise="id"`` stands for an exercise: its statement, answer and check are put
    there. Every other code cell says its kind: ``# %% kind="setup"``, ``"worked"`` or ``"student"``.

    Raises AuthoringError for a cell without a kind, an exercise of another unit, or one that never appears.
    """
    # Only an author has it: nbgrader needs this module too, on an instructor's machine, for its releases.
    import jupytext

    unit = prose.stem
    notebook = jupytext.reads(prose.read_text(encoding="utf-8"), fmt="py:percent")
    expected = catalogue(unit)
    cells: list[NotebookNode] = []
    used: list[str] = []
    for position, cell in enumerate(notebook.cells):
        where = f"{prose.name}, cell {position + 1}"
        if cell.cell_type == "markdown":
            cells.append(new_markdown_cell(cell.source))
        elif "exercise" in cell.metadata:
            exercise_id = cell.metadata["exercise"]
            if exercise_id not in expected or exercise_id in used or cell.source.strip():
                raise AuthoringError(
                    f"{where}: {exercise_id!r} must be an exercise of {unit}, once, in a cell without code."
                )
            used.append(exercise_id)
            cells += exercise_cells(expected[exercise_id])
        elif cell.metadata.get("kind") in KINDS:
            cells.append(_code_cell(cell.source, cell.metadata["kind"]))
        else:
            raise AuthoringError(f'{where}: a code cell needs exercise="…" or kind="…", one of {", ".join(KINDS)}.')
    if missing := [exercise_id for exercise_id in expected if exercise_id not in used]:
        raise AuthoringError(f"{prose.name} never shows {', '.join(missing)}.")
    setups = [cell for cell in cells if cell.metadata.get("bpcore", {}).get("kind") == "setup"]
    for number, cell in enumerate(setups, start=1):
        cell.metadata["nbgrader"] = _nbgrader(f"setup-{number}", locked=True)
    for position, cell in enumerate(cells):  # a fresh id at every read would change the file at every build
        cell["id"] = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{position:03d}").replace("_", "-")[:64]
    return new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "bpcore": {"schema": SCHEMA, "unit": unit},
        },
    )


def exercise_cells(exercise: Exercise) -> list[NotebookNode]:
    """The cells of an exercise: what is asked, the answer (solved), and the locked check that carries the points."""
    grade_id = exercise.id.replace(".", "-")
    points = f"{exercise.points:g} point{'s' if exercise.points != 1 else ''}"
    paragraphs = (
        f"### Exercise: {exercise.title}",
        f"*{FORMS[exercise.form]} · {points} · about {exercise.minutes} minutes*",
        exercise.statement,
        *_causes(exercise),
        f'Stuck? Run `hint("{exercise.id}")` in a new cell.',
    )
    answer = new_code_cell(exercise.solved.rstrip("\n"))
    answer.metadata.update(
        bpcore={"kind": "answer", "exercise": exercise.id}, nbgrader=_nbgrader(grade_id, solution=True)
    )
    cause = f", {exercise.cause_name}" if exercise.causes else ""
    checking = new_code_cell(f'check("{exercise.id}", {exercise.name}{cause})')
    checking.metadata.update(
        bpcore={"kind": "check", "exercise": exercise.id},
        nbgrader=_nbgrader(f"check-{grade_id}", grade=True, locked=True, points=exercise.points),
    )
    return [new_markdown_cell("\n\n".join(paragraphs)), answer, checking]


def _causes(exercise: Exercise) -> list[str]:
    """What a debugging exercise asks besides a mended function: the cause, from a list."""
    if not exercise.causes:
        return []
    listed = "\n".join(
        f"- **({letter})** {mistake.message.partition(':')[0].rstrip('.')}"
        for letter, mistake in exercise.causes.items()
    )
    return [f"Then name the cause: set `{exercise.cause_name}` to the letter of the sentence that is true.", listed]


def _code_cell(source: str, kind: str) -> NotebookNode:
    ast.parse(source)
    return new_code_cell(source, metadata={"bpcore": {"kind": kind}})


def _nbgrader(
    grade_id: str, *, solution: bool = False, grade: bool = False, locked: bool = False, points: float | None = None
) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return metadata if points is None else metadata | {"points": points}


class ReleaseStub(ClearSolutions):
    """Puts an exercise's starter where its solution stood: a stub, a faded text, or the bug that is to be found."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> tuple[NotebookNode, Any]:
        """Replace an answer cell by its starter; leave every other cell to nbgrader."""
        about = cell.metadata.get("bpcore", {})
        if about.get("kind") == "answer":
            cell.source = catalogue[about["exercise"]].starter.rstrip("\n")
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


def build_release(solved: dict[str, NotebookNode]) -> dict[str, str]:
    """What nbgrader's own ``generate_assignment`` makes of the solved notebooks: by unit, the release as text."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    with _commands_beside_python(), tempfile.TemporaryDirectory(prefix="bpcore-build-") as folder:
        root = Path(folder)
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
        config.GenerateAssignment.preprocessors = RELEASE_STEPS
        for unit, notebook in solved.items():
            target = root / "source" / unit / f"{unit}.ipynb"
            target.parent.mkdir(parents=True)
            target.write_text(as_text(notebook), encoding="utf-8")
        api = NbGraderAPI(config=config)
        released = {}
        for unit in solved:
            outcome = api.generate_assignment(unit, force=True)
            if not outcome["success"]:
                raise AuthoringError(f"nbgrader could not release {unit}: {outcome.get('log')}")
            released[unit] = as_text(nbformat.read(root / "release" / unit / f"{unit}.ipynb", as_version=4))
        return released


RELEASE_STEPS = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "bpcore.authoring.ReleaseStub",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]


@contextlib.contextmanager
def _commands_beside_python() -> Iterator[None]:
    """Let nbgrader find `alembic`, with which it makes its gradebook: it stands beside this Python, and PATH may not
    name that folder.
    """
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def as_text(notebook: NotebookNode) -> str:
    """A notebook as text, the same for the same notebook: sorted keys, one space of indent, one newline at the end."""
    plain = json.loads(nbformat.writes(notebook, version=4))
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def build(solutions: Path, course: Path) -> list[Path]:
    """Build every unit that has prose in ``solutions``, and return the files that changed."""
    prose = sorted(solutions.glob("[0-9][0-9]_*/[0-9][0-9]_*.py"))
    if not prose:
        raise AuthoringError(
            f"There is no prose in {solutions}: expected files like {solutions / '00_start' / '00_start.py'}."
        )
    solved = {path.stem: build_solved(path) for path in prose}
    released = build_release(solved)
    written = []
    for unit, notebook in solved.items():
        for target, text in (
            (solutions / unit / f"{unit}.ipynb", as_text(notebook)),
            (course / unit / f"{unit}.ipynb", released[unit]),
        ):
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8", newline="\n")
                written.append(target)
    return written


def main(argv: list[str] | None = None) -> int:
    """`bpcore build`: build the notebooks in `solutions/` and `course/` from the prose and the exercises."""
    parser = argparse.ArgumentParser(prog="bpcore build", description=main.__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds solutions/ and course/")
    root = parser.parse_args(argv).root
    written = build(root / "solutions", root / "course")
    for path in written:
        print(f"wrote {path.relative_to(root)}")
    print(f"{len(written)} files changed." if written else "Everything is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
