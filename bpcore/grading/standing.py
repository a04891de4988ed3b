"""Where students stand by the gradebook, for what is written down elsewhere: tables, and feedback."""

from dataclasses import dataclass, field

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
                manual = grade.manual_score is not None
                points = grade.manual_score if manual else grade.auto_score or 0.0
                standing.points[grade.cell.name] = points + (grade.extra_credit or 0.0)
                if manual:
                    standing.given[grade.cell.name] = points
            for comment in notebook.comments:
                if comment.manual_comment:
                    standing.comments[comment.cell.name] = comment.manual_comment
    return found
