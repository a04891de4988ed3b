"""The one writer: lands results in nbgrader's gradebook as nbgrader's own autograde would, and writes the notebooks."""

import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4.rwbase import split_lines, strip_transient
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Comment,
    Course,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from traitlets import import_item
from traitlets.config import Config

from bpcore.grading.database import Database, GradebookError, course_directory
from bpcore.grading.nbgrader_door import WalledExecute, graded_notebook
from bpcore.grading.standing import Standing, standings, waiting
from bpcore.grading.submission import Result

__all__ = ["Gradebook", "GradebookError", "Graded", "course_directory"]

OURS = ".bpcore"  # in autograded/: nbgrader looks for students there, and a name with a dot is none
LONGEST_NAME = 128  # what nbgrader's tables have room for
READ_ONLY = 0o444  # as nbgrader leaves it


@dataclass(frozen=True)
class Graded:
    """A result, whose it is, and when it was handed in (in the words of nbgrader's timestamp.txt; "" if unknown)."""

    student: str
    result: Result
    timestamp: str = ""


class Gradebook(Database):
    """The gradebook of one unit, open for writing.

    Everything of a batch lands in one transaction, and the notebooks follow: whoever ends the process in between
    finds the gradebook whole, and landing the same results again completes the rest. Manual scores and comments are
    never touched.

    Parameters: ``spec`` of `build_spec`; ``course`` of `course_directory`; ``wait``, the seconds to wait for a
    database that another program has locked; ``say`` is told when the waiting begins.
    """

    def __init__(
        self,
        spec: dict[str, Any],
        course: CourseDirectory,
        *,
        wait: float = 60.0,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        super().__init__(course, wait=wait, say=say)
        self.spec, self.unit = spec, spec["unit"]
        self.late = AssignLatePenalties(config=course.config)
        self.late.init_plugin()
        self.finish = _finishing(course.config)
        self.check: Any = CheckCellMetadata(config=course.config)

    def __enter__(self) -> "Gradebook":
        """Open the database and make the unit's rows where they are missing. Raises GradebookError."""
        super().__enter__()
        try:
            self.transaction(self._ensure_unit)
        except BaseException:
            self.book.close()
            raise
        return self

    def land(self, graded: Iterable[Graded], *, batch: int = 50) -> list[str]:
        """Write results, a batch to a transaction, and give back the students for whom anything changed.

        Raises GradebookError when the database is locked for longer than ``wait``: the batches before have landed,
        the others can be landed again.
        """
        graded, changed = list(graded), []
        for start in range(0, len(graded), batch):
            built = [(item, self._notebook(item)) for item in graded[start : start + batch]]
            moved = self.transaction(lambda session, built=built: self._rows(session, built))
            moved |= {item.student for item, notebook in built if self._write(item, notebook)}
            changed += [item.student for item, _ in built if item.student in moved]
        return changed

    def scores(self) -> dict[str, dict[str, tuple[float | None, float | None]]]:
        """By student and grade id, the points of the grader and those that a person gave in their place."""

        def read(session: Session) -> dict:
            found: dict[str, dict[str, tuple[float | None, float | None]]] = {}
            rows = session.execute(
                select(SubmittedAssignment.student_id, GradeCell.name, Grade.auto_score, Grade.manual_score)
                .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
                .join(GradeCell, GradeCell.id == Grade.cell_id)
                .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                .where(Assignment.name == self.unit)
            )
            for student, cell, auto, manual in rows:
                found.setdefault(student, {})[cell] = (auto, manual)
            return found

        return self.transaction(read)

    def known(self) -> dict[str, str]:
        """The students that the gradebook knows, by their names with each accent as one letter (NFC)."""
        names = self.transaction(lambda session: list(session.scalars(select(Student.id))))
        return {unicodedata.normalize("NFC", name): name for name in names} | {name: name for name in names}

    def standings(self) -> dict[str, Standing]:
        """Where each student stands in this unit, for whoever writes it down elsewhere."""
        return self.transaction(lambda session: standings(session, self.unit))

    def waiting(self) -> list[str]:
        """Who has an answer in this unit that waits for a person."""
        return self.transaction(lambda session: waiting(session, self.unit))

    # -- the unit's own rows, as nbgrader's generate_assignment makes them ---------------------------------------------

    def _ensure_unit(self, session: Session) -> None:
        assignment = session.scalars(select(Assignment).where(Assignment.name == self.unit)).one_or_none()
        if assignment is None:
            # nbgrader makes no row for a course without a name, which SQLite alone lets pass.
            if session.get_bind().dialect.name != "sqlite" and session.get(Course, self.course.course_id) is None:
                session.add(Course(id=self.course.course_id))
                session.flush()
            assignment = Assignment(name=self.unit, course_id=self.course.course_id)
            session.add(assignment)
            session.flush()
        mine = (Notebook.name == self.unit, Notebook.assignment_id == assignment.id)
        notebook = session.scalars(select(Notebook).where(*mine)).one_or_none()
        cells = [cell for cell in self.spec["cells"] if cell["grade_id"]]
        worth = {c["grade_id"]: float(c["nbgrader"]["points"]) for c in cells if c["nbgrader"].get("grade")}
        answers = {c["grade_id"] for c in cells if c["nbgrader"].get("solution")}
        if notebook is not None:
            there = {cell.name: cell.max_score for cell in notebook.grade_cells}
            if there != worth or {cell.name for cell in notebook.solution_cells} != answers:
                there_too = {cell.name for cell in notebook.solution_cells}
                differ = sorted(dict(there.items() ^ worth.items()) or answers ^ there_too)
                raise GradebookError(
                    f"The gradebook holds another release of {self.unit}: the cells {', '.join(differ[:5])} differ. "
                    f"Run `nbgrader generate_assignment {self.unit} --force`; where submissions are graded already, "
                    f"grade by the release that they were graded by, or begin a new gradebook."
                )
            return
        notebook = Notebook(name=self.unit, assignment=assignment, kernelspec=json.dumps(self.spec["kernelspec"]))
        session.add(notebook)
        for cell in cells:
            name, about = cell["grade_id"], cell["nbgrader"]
            if name in worth:
                session.add(GradeCell(name=name, notebook=notebook, max_score=worth[name], cell_type=cell["cell_type"]))
            if name in answers:
                session.add(SolutionCell(name=name, notebook=notebook))
            session.add(
                SourceCell(
                    name=name,
                    notebook=notebook,
                    cell_type=cell["cell_type"],
                    locked=bool(about.get("locked")),
                    source=cell["source"],
                    checksum=about.get("checksum"),
                )
            )

    # -- a submission's rows, as nbgrader's autograde makes them -------------------------------------------------------

    def _rows(self, session: Session, built: Sequence[tuple[Graded, NotebookNode]]) -> set[str]:
        """Bring the rows of a batch up to date; the students for whom any row changed."""
        names = {item.student for item, _ in built}
        assignment = session.scalars(select(Assignment).where(Assignment.name == self.unit)).one()
        notebook = next(n for n in assignment.notebooks if n.name == self.unit)
        known = set(session.scalars(select(Student.id).where(Student.id.in_(names))))
        session.add_all(Student(id=name) for name in sorted(names - known))
        session.flush()
        inner = selectinload(SubmittedAssignment.notebooks)
        submitted = {
            submission.student_id: submission
            for submission in session.scalars(
                select(SubmittedAssignment)
                .where(SubmittedAssignment.assignment_id == assignment.id, SubmittedAssignment.student_id.in_(names))
                .options(inner.selectinload(SubmittedNotebook.grades), inner.selectinload(SubmittedNotebook.comments))
            )
        }
        graded_cells = {cell.name: cell.id for cell in notebook.grade_cells}
        answer_cells = {cell.name: cell.id for cell in notebook.solution_cells}
        moved: set[str] = set()
        for item, graded in built:
            submission = submitted.get(item.student)
            changes = [submission is None]
            if submission is None:
                submission = SubmittedAssignment(assignment_id=assignment.id, student_id=item.student)
                session.add(submission)
                submitted[item.student] = submission
            if item.timestamp:
                changes.append(_set(submission, "timestamp", utils.parse_utc(item.timestamp.strip())))
            mine = next((n for n in submission.notebooks if n.notebook_id == notebook.id), None)
            if mine is None:
                mine = SubmittedNotebook(notebook_id=notebook.id, assignment=submission)
                session.add(mine)
            grades = {grade.cell_id: grade for grade in mine.grades}
            comments = {comment.cell_id: comment for comment in mine.comments}
            for cell in graded.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if utils.is_grade(cell):
                    cell_id = graded_cells[name]
                    grade = grades.get(cell_id) or Grade(cell_id=cell_id, notebook=mine, needs_manual_grade=True)
                    session.add(grade)
                    changes.append(_score(grade, utils.determine_grade(cell)[0]))
                if utils.is_solution(cell):
                    cell_id = answer_cells[name]
                    comment = comments.get(cell_id) or Comment(cell_id=cell_id, notebook=mine)
                    session.add(comment)
                    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                    changes.append(_set(comment, "auto_comment", "No response." if untouched else None))
            session.flush()
            penalty = self._penalty(session, item.student, submission, mine)
            changes.append(_set(mine, "late_submission_penalty", penalty))
            if any(changes):
                moved.add(item.student)
        return moved

    def _penalty(
        self, session: Session, student: str, submission: SubmittedAssignment, mine: SubmittedNotebook
    ) -> float | None:
        """What nbgrader's plugin takes off for handing in late, between nothing and all that was earned."""
        if submission.total_seconds_late <= 0:
            return None
        session.expire(mine, ["score"])
        asked = self.late.plugin_inst.late_submission_penalty(student, mine.score, submission.total_seconds_late)
        return None if asked is None else min(max(asked, 0), mine.score)

    # -- the notebooks -------------------------------------------------------------------------------------------------

    def _notebook(self, item: Graded) -> NotebookNode:
        if item.student in ("", ".", "..") or "/" in item.student or len(item.student) > LONGEST_NAME:
            raise GradebookError(f"{item.student[:200]!r} cannot be the name of a student in nbgrader's folders.")
        if (item.result.unit, item.result.spec) != (self.unit, self.spec["hash"]):
            raise GradebookError(
                f"A result of {item.result.unit} by the release {item.result.spec[:8]} cannot land in the gradebook of "
                f"{self.unit} by the release {self.spec['hash'][:8]}: grade it again."
            )
        notebook, resources = graded_notebook(item.result), {"nbgrader": {"student": item.student}}
        for step in self.finish:
            notebook, resources = step(notebook, resources)
        if self.check is not None and not item.result.refused:
            # Once: what it looks at comes from the spec, and is the same for everybody.
            self.check(notebook, resources)
            self.check = None
        return notebook

    def _write(self, item: Graded, notebook: NotebookNode) -> bool:
        """Put the graded notebook, and its timestamp, where nbgrader looks for them; whether anything changed."""
        course = self.course
        folder = Path(course.format_path(course.autograded_directory, item.student, self.unit))
        # As nbformat writes it, but for indentation, for which Python has no fast way.
        plain = split_lines(strip_transient(notebook))
        content = json.dumps(plain, ensure_ascii=False, sort_keys=True) + "\n"
        scratch = Path(course.root, course.autograded_directory, OURS, self.unit)
        try:
            changed = _replace(folder / f"{self.unit}.ipynb", content.encode(), scratch)
            if item.timestamp:
                changed |= _replace(folder / "timestamp.txt", item.timestamp.encode(), scratch)
        except OSError as error:
            raise GradebookError(
                f"The graded notebook of {item.student!r} could not be written to {folder} ({error.strerror or error})."
            ) from error
        return changed


def _finishing(config: Config) -> list[Any]:
    """What the settings do to a graded notebook besides grading it and saving the points: those are done here."""
    steps = [import_item(s) if isinstance(s, str) else s for s in Autograde(config=config).autograde_preprocessors]
    execute = "nbgrader.preprocessors.Execute"
    ours = (WalledExecute, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata, import_item(execute))
    return [step(config=config) for step in steps if not (isinstance(step, type) and issubclass(step, ours))]


def _score(grade: Grade, points: float | None) -> bool:
    """Set the grader's points; whether they moved. A score that a person gave stands, and asks for another look where
    the grader's moved: nbgrader asks at every run, also where nothing is new."""
    if not _set(grade, "auto_score", points):
        return False
    grade.needs_manual_grade = grade.manual_score is not None or points is None
    return True


def _set(row: Any, name: str, value: Any) -> bool:
    """Set a column, if it is not so already; whether it moved."""
    if getattr(row, name) == value:
        return False
    setattr(row, name, value)
    return True


def _replace(path: Path, content: bytes, scratch: Path) -> bool:
    """Make a file hold this, all at once, or leave it alone where it does; whether it changed."""
    try:
        if path.read_bytes() == content:
            return False
    except OSError:
        pass
    scratch.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = scratch / f"{os.getpid()}.part"
    try:
        part.write_bytes(content)
        part.chmod(READ_ONLY)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return True
