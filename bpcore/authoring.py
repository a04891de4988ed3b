"""Builds the course: prose and exercises become solved notebooks, and nbgrader makes the release from them."""

import argparse
import ast
import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearSolutions

from bpcore.errors import BpcoreError
from bpcore.exercises import Exercise, catalogue
from bpcore.exercises.cells import asked, check_line

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("setup", "worked", "student")
WRITTEN = "written"
WRITTEN_POINTS = 8
MOST_BY_HAND = 3
RUBRIC = (
    ("claim", "says in one sentence what is true"),
    ("mechanism", "says why, step by step, so that a friend could follow"),
    ("evidence", "names a number from a run of your own"),
    ("limits", "says when it does not hold, or what you do not know"),
)
OBJECTIVES = "OBJECTIVES.md"
SCHEMA = 1


class AuthoringError(BpcoreError, ValueError):
    """The prose of a unit cannot be built; the message names the cell."""


def build_solved(prose: Path, *, by_hand: bool = False, seed: int | None = None) -> NotebookNode:
    """The solved notebook of one unit, with its exercises, solutions and checks.

    ``prose`` is percent text. ``# %% exercise="id"`` stands for an exercise: its statement, answer and check are put
    there. Every other code cell says its kind: ``# %% kind="setup"``, ``"worked"`` or ``"student"``. ``# %% [markdown]
    written="name"`` is a question to be answered in writing: the question, then ``<!-- 8 -->``, ``<!-- 5 -->`` and
    ``<!-- 2 -->``, each followed by an answer that is worth so much. With ``by_hand`` an instructor grades it: see
    `written_cells`. A page without exercises is no unit of the catalogue. ``seed`` draws variants of the
    exercises that have some, for a class.

    Raises AuthoringError for a cell without a kind, an exercise of another unit, or one that never appears.
    """
    # Only an author has it: nbgrader needs this module too, on an instructor's machine, for its releases.
    import jupytext

    unit = prose.stem
    notebook = jupytext.reads(prose.read_text(encoding="utf-8"), fmt="py:percent")
    expected = catalogue(unit) if unit in catalogue.units else {}
    cells: list[NotebookNode] = []
    used: list[str] = []
    for position, cell in enumerate(notebook.cells):
        where = f"{prose.name}, cell {position + 1}"
        if cell.cell_type == "markdown" and WRITTEN in cell.metadata:
            cells += written_cells(cell.metadata[WRITTEN], cell.source, where, by_hand=by_hand)
        elif cell.cell_type == "markdown":
            cells.append(new_markdown_cell(cell.source))
        elif "exercise" in cell.metadata:
            exercise_id = cell.metadata["exercise"]
            if exercise_id not in expected or exercise_id in used or cell.source.strip():
                raise AuthoringError(
                    f"{where}: {exercise_id!r} must be an exercise of {unit}, once, in a cell without code."
                )
            used.append(exercise_id)
            cells += exercise_cells(expected[exercise_id] if seed is None else catalogue.variant(exercise_id, seed))
        elif cell.metadata.get("kind") in KINDS:
            cells.append(_code_cell(cell.source, cell.metadata["kind"]))
        else:
            raise AuthoringError(f'{where}: a code cell needs exercise="…" or kind="…", one of {", ".join(KINDS)}.')
    if missing := [exercise_id for exercise_id in expected if exercise_id not in used]:
        raise AuthoringError(f"{prose.name} never shows {', '.join(missing)}.")
    if by_hand and not any(cell.metadata.get("bpcore", {}).get("kind") == WRITTEN for cell in cells):
        raise AuthoringError(f"{prose.name} asks for no written answer, so there is nothing to grade by hand.")
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
    about = {"exercise": exercise.id} | ({"variant": exercise.variant} if exercise.variant else {})
    answer = new_code_cell(exercise.solved.rstrip("\n"))
    answer.metadata.update(bpcore={"kind": "answer", **about}, nbgrader=_nbgrader(grade_id, solution=True))
    checking = new_code_cell(check_line(exercise))
    checking.metadata.update(
        bpcore={"kind": "check", **about},
        nbgrader=_nbgrader(f"check-{grade_id}", grade=True, locked=True, points=exercise.points),
    )
    return [new_markdown_cell(asked(exercise)), answer, checking]


def written_cells(name: str, source: str, where: str, *, by_hand: bool = False) -> list[NotebookNode]:
    """The cells of a written answer: the question with its rubric, the answer, and answers to compare with.

    By itself it is marked by whoever wrote it, and nothing is counted. With ``by_hand`` the answer is a cell that
    nbgrader shows to the instructor (its *manually graded answer*, 8 points); the answers to compare with are left out.
    Raises AuthoringError unless there are answers worth 8, 5 and 2, in this order.
    """
    question, *rest = re.split(r"^<!-- (\d+) -->$", source, flags=re.MULTILINE)
    worth, answers = rest[::2], [text.strip() for text in rest[1::2]]
    if worth != ["8", "5", "2"] or not all([question.strip(), *answers]):
        raise AuthoringError(f"{where}: a written answer needs its question, and answers worth 8, 5 and 2, in order.")
    rubric = "\n".join(f"- **{part}**: {what}" for part, what in RUBRIC)
    marking = "0, 1 or 2 points for each of these" + ("" if by_hand else "; you mark it yourself") + ":"
    asked = f"### In your own words\n\n*Written · about 5 minutes*\n\n{question.strip()}\n\n{marking}\n\n{rubric}"
    about = {"bpcore": {"kind": WRITTEN}}
    question_cell = new_markdown_cell(asked, metadata=about)
    answer = new_markdown_cell("*Your answer: double-click here and write.*", metadata=about)
    if by_hand:
        answer.metadata["nbgrader"] = _nbgrader(f"written-{name}", solution=True, grade=True, points=WRITTEN_POINTS)
        return [question_cell, answer]
    folded = "\n\n".join(
        f"<details><summary>An answer worth {points}</summary>\n\n{text}\n\n</details>"
        for points, text in zip(worth, answers, strict=True)
    )
    return [question_cell, answer, new_markdown_cell(folded, metadata=about)]


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
            cell.source = catalogue.posed(about["exercise"], about.get("variant", "")).starter.rstrip("\n")
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


def objectives_table() -> str:
    """All objectives with the exercises that practise them and the mistakes that these know by name, as Markdown."""
    lines = [
        "# Objectives, exercises, mistakes",
        "",
        "Made by `bpcore build` from the exercises; do not edit. Every objective has an exercise from scratch (blank).",
    ]
    for unit in catalogue.units:
        lines += ["", f"## {unit}", "", "| objective | exercise | form | minutes | points | mistakes known by name |"]
        lines.append("|---|---|---|---|---|---|")
        grouped: dict[str, list[Exercise]] = {}
        for exercise in catalogue(unit).values():
            grouped.setdefault(exercise.objective, []).append(exercise)
        for objective, exercises in grouped.items():
            for exercise in exercises:
                names = ", ".join(mistake.name for mistake in exercise.mistakes)
                row = f"`{exercise.id}` | {exercise.form} | {exercise.minutes} | {exercise.points:g} | {names}"
                lines.append(f"| {objective} | {row} |")
    return "\n".join(lines) + "\n"


def build(solutions: Path, course: Path, *, by_hand: Collection[str] = ()) -> list[Path]:
    """Build every unit that has prose in ``solutions``, and return the files that changed.

    ``by_hand`` are the units, at most three, whose written answer an instructor will grade. Raises AuthoringError for
    more, or for a unit that has no prose.
    """
    prose = sorted(solutions.glob("[0-9][0-9]_*/[0-9][0-9]_*.py"))
    if not prose:
        raise AuthoringError(
            f"There is no prose in {solutions}: expected files like {solutions / '00_start' / '00_start.py'}."
        )
    unknown = sorted(set(by_hand) - {path.stem for path in prose})
    if unknown or len(set(by_hand)) > MOST_BY_HAND:
        raise AuthoringError(
            f"Written answers are graded by hand in at most {MOST_BY_HAND} units"
            + (f", and there is no unit {', '.join(unknown)}." if unknown else f": {len(set(by_hand))} were named.")
        )
    solved = {path.stem: build_solved(path, by_hand=path.stem in by_hand) for path in prose}
    released = build_release(solved)
    written = []
    if (table := solutions / OBJECTIVES) and (not table.exists() or table.read_text("utf-8") != objectives_table()):
        table.write_text(objectives_table(), encoding="utf-8", newline="\n")
        written.append(table)
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
    parser.add_argument(
        "--by-hand",
        metavar="UNIT",
        action="append",
        default=[],
        help="grade the written answer of this unit by hand, in nbgrader's formgrader (at most three units; without "
        "this, every student marks their own)",
    )
    parser.add_argument(
        "--variant",
        metavar="SEED",
        type=int,
        help="draw variants of the exercises by this whole number, into a course folder of their own",
    )
    parser.add_argument("--out", metavar="FOLDER", type=Path, help="that folder (variant-SEED)")
    parser.add_argument(
        "--students",
        metavar="FILE.csv",
        type=Path,
        help="draw other variants for each of these students (the column `id`, or one name a line)",
    )
    options = parser.parse_args(argv)
    root = options.root
    if options.variant is not None:
        from bpcore.handouts import build_variants, names_in

        if options.by_hand:
            parser.error("--by-hand does not go with --variant")
        out = options.out or Path(f"variant-{options.variant}")
        students = names_in(options.students) if options.students else ()
        written = build_variants(root / "solutions", out, options.variant, students)
        print(f"{len(written)} notebooks in {out}. Grade there: cd {out}, then as ever.")
        if students:
            print(f"Hand out {out / 'handouts'}/STUDENT to each of the {len(students)} students.")
        return 0
    if options.out or options.students:
        parser.error("--out and --students go with --variant")
    written = build(root / "solutions", root / "course", by_hand=options.by_hand)
    for path in written:
        print(f"wrote {path.relative_to(root)}")
    print(f"{len(written)} files changed." if written else "Everything is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
