"""Where students stand by the gradebook, for what is written down elsewhere: tables, and feedback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import Assignment, Comment, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload


@dataclass
class Standing:
    """Where a student stands in one unit by the gradebook: points by grade id (a person's in the place of the
    grader's, extra credit added), which of them a person gave, comments by grade id, what being late costs, and what
    nbgrader knows of the student (first_name, last_name, email, lms_user_id)."""

    points: dict[str, float] = field(default_factory=dict)
    given: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    about: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """What nbgrader exports: all points, less the penalty."""
        return max(0.0, round(sum(self.points.values()) - self.penalty, 6))


def written(spec: Mapping[str, Any]) -> dict[str, float]:
    """The answers in words that a person grades, by grade id, and what each is worth."""
    cells = [cell for cell in spec["cells"] if cell["kind"] != "check" and cell["nbgrader"].get("grade")]
    return {cell["grade_id"]: float(cell["nbgrader"]["points"]) for cell in cells}


def worth(spec: Mapping[str, Any]) -> float:
    """What a unit is worth, the answers in words included."""
    return sum(float(cell["nbgrader"]["points"]) for cell in spec["cells"] if cell["nbgrader"].get("grade"))


def waiting(session: Session, unit: str) -> list[str]:
    """Who has an answer in this unit that waits for a person, in nbgrader's formgrader."""
    asked = (
        select(SubmittedAssignment.student_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(Assignment.name == unit, Grade.needs_manual_grade)
    )
    return sorted(session.scalars(asked.distinct()))


def standings(session: Session, unit: str) -> dict[str, Standing]:
    """By student, where each who handed in the unit stands."""
    found: dict[str, Standing] = {}
    inner = selectinload(SubmittedAssignment.notebooks)
    rows = session.scalars(
        select(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == unit)
        .options(
            selectinload(SubmittedAssignment.student),
            inner.selectinload(SubmittedNotebook.grades).selectinload(Grade.cell),
            inner.selectinload(SubmittedNotebook.comments).selectinload(Comment.cell),
        )
        .execution_options(yield_per=500)
    )
    for row in rows:
        standing = found[row.student_id] = Standing()
        who = ("first_name", "last_name", "email", "lms_user_id")
        standing.about = {name: str(getattr(row.student, name) or "") for name in who}
        for notebook in row.notebooks:
            standing.penalty += notebook.late_submission_penalty or 0.0
            for grade in notebook.grades:
                if grade.auto_score is None and grade.manual_score is None:
                    continue  # a written answer that waits for a person
                manual = grade.manual_score is not None
                points = grade.manual_score if manual else grade.auto_score or 0.0
                standing.points[grade.cell.name] = points + (grade.extra_credit or 0.0)
                if manual:
                    standing.given[grade.cell.name] = points
            for comment in notebook.comments:
                if comment.manual_comment:
                    standing.comments[comment.cell.name] = comment.manual_comment
    return found
