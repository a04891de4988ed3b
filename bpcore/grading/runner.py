"""The batch runner: grades a class in parallel, keeps each result as it comes, and lands them in the gradebook."""

import contextlib
import hashlib
import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from tqdm import tqdm

from bpcore.errors import BpcoreError
from bpcore.grading.gradebook import LONGEST_NAME, OURS, Gradebook, GradebookError, Graded
from bpcore.grading.keeping import content_of, grade_and_keep, read, restored
from bpcore.grading.overview import Overview, line_of, printable
from bpcore.grading.pool import Lost, each
from bpcore.grading.sandbox import DEFAULT, SandboxUnavailable
from bpcore.grading.spec import max_points

BATCH = 50
PATIENCE = 2 * DEFAULT.total + 120  # a submission ends itself at half of this


class RunnerError(BpcoreError, ValueError):
    """There is nothing that could be graded, or no such exercise."""


@dataclass(frozen=True)
class Submission:
    """A file that was handed in: whose, where, when (in the words of timestamp.txt) and what it holds."""

    student: str
    path: str
    timestamp: str
    key: str


@dataclass(frozen=True)
class Move:
    """What an exercise earned before and after it was graded again, and what a person gave instead."""

    student: str
    before: float | None
    after: float
    manual: float | None


@dataclass(frozen=True)
class Batch:
    """What became of a class; ``moves`` where an exercise was graded again, ``changed`` whose grades or files moved."""

    overview: Overview
    changed: tuple[str, ...]
    moves: tuple[Move, ...] = ()


def run(
    spec: dict[str, Any],
    course: CourseDirectory,
    *,
    submitted: Path | None = None,
    workers: int | None = None,
    seed: int | None = None,
    sandboxed: bool = True,
    regrade: str = "",
    wait: float = 60.0,
) -> Batch:
    """Grade all submissions of a unit and land them in the gradebook.

    Each result is kept in autograded/.bpcore as soon as it is there, by the hash of the submission, the spec and the
    seed: an interrupted run goes on where it was, and a second one changes nothing. ``regrade`` names an exercise whose
    check has changed: all are graded again, by the seeds that they had. ``submitted`` is a folder that holds
    STUDENT/UNIT/UNIT.ipynb, nbgrader's by default.

    Raises RunnerError where nothing was submitted, SandboxUnavailable, and GradebookError; the results that could not
    land by then are kept.
    """
    if regrade and regrade not in max_points(spec):
        raise RunnerError(f"{spec['unit']} has no exercise {regrade!r}. There are: {', '.join(max_points(spec))}.")
    kept = Path(course.root, course.autograded_directory, OURS, spec["unit"])
    found, aside = _find(spec, course, submitted, seed)
    if not found and not aside:
        where = submitted or Path(course.root, course.submitted_directory)
        raise RunnerError(
            f"No submission of {spec['unit']} is in {where}: put them at STUDENT/{spec['unit']}/{spec['unit']}.ipynb "
            f"in it, or name another folder with --submitted."
        )
    by_key: dict[str, list[Submission]] = defaultdict(list)
    for submission in found:
        by_key[submission.key].append(submission)
    overview = Overview(spec["unit"], max_points(spec), aside=aside)
    kept.mkdir(parents=True, exist_ok=True)
    with Gradebook(spec, course, wait=wait) as book:
        scores = book.scores()
        landing = _Landing(book, kept)
        todo = [key for key in by_key if regrade or read(kept, key) is None]
        fresh = set(todo)
        for key in by_key:
            if key not in fresh:
                landing.add(key, by_key[key])
        work = partial(grade_and_keep, spec=spec, kept=str(kept), sandboxed=sandboxed)
        tasks = [(key, by_key[key][0].path, _seed(kept, key, seed, bool(regrade))) for key in todo]
        bar = tqdm(total=len(tasks), unit="submission", desc=spec["unit"], disable=None)
        outcomes = each(work, tasks, workers, seconds=PATIENCE)
        with bar, contextlib.closing(outcomes):
            for (key, *_), told in outcomes:
                bar.update()
                if isinstance(told, Lost):
                    aside |= {submission.student: f"Not graded: {told.why}." for submission in by_key[key]}
                elif told:
                    raise SandboxUnavailable(told)
                else:
                    landing.add(key, by_key[key])
        landing.finish()
    for key, submissions in by_key.items():
        data = read(kept, key)
        for submission in submissions:
            if data is None or submission.student in aside:
                continue
            if data["refused"]:
                aside[submission.student] = data["refused"]
            else:
                overview.lines.append(line_of(submission.student, data, key in fresh))
    moves = _moves(spec, regrade, scores, overview) if regrade else ()
    return Batch(overview, tuple(landing.changed), moves)


class _Landing:
    """Results on their way into the gradebook: they wait while it is locked, and are kept on disk in any case."""

    def __init__(self, book: Gradebook, kept: Path) -> None:
        self.book, self.kept = book, kept
        self.waiting: list[tuple[str, Submission]] = []
        self.changed: list[str] = []
        self.next = BATCH

    def add(self, key: str, submissions: list[Submission]) -> None:
        """Take results over; a full batch lands, or stays for the next time if the gradebook is locked."""
        self.waiting += [(key, submission) for submission in submissions]
        if len(self.waiting) >= self.next:
            try:
                self._land()
            except GradebookError:
                self.next = 2 * len(self.waiting)

    def finish(self) -> None:
        """Land all that is left. Raises GradebookError, which says that the results are kept."""
        try:
            self._land()
        except GradebookError as error:
            raise GradebookError(
                f"{error} {len(self.waiting)} results have not landed and are kept in {self.kept}: the same command "
                f"lands them, and grades nothing twice."
            ) from error

    def _land(self) -> None:
        while self.waiting:
            part = self.waiting[:BATCH]
            results = [(read(self.kept, key), submission) for key, submission in part]
            self.changed += self.book.land(
                [
                    Graded(submission.student, restored(data), submission.timestamp)
                    for data, submission in results
                    if data is not None and not data["refused"]
                ],
                batch=BATCH,
            )
            del self.waiting[:BATCH]
            self.next = BATCH


# -- what was handed in ------------------------------------------------------------------------------------------------


def _find(
    spec: dict[str, Any], course: CourseDirectory, submitted: Path | None, seed: int | None
) -> tuple[list[Submission], dict[str, str]]:
    """All submissions of the unit, and by student why one was set aside."""
    unit, step = spec["unit"], course.submitted_directory if submitted is None else str(Path(submitted).resolve())
    folder = Path(course.root, step)
    found: list[Submission] = []
    aside: dict[str, str] = {}
    spelled: dict[str, str] = {}
    policy = f"{spec['hash']} {'drawn' if seed is None else seed}".encode()
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        student = entry.name
        home = Path(course.format_path(step, student, unit))
        if student.startswith(".") or not home.is_dir():
            continue
        told = os.fsencode(student).decode("utf-8", "backslashreplace")
        twin = spelled.setdefault(unicodedata.normalize("NFC", student), student)
        if student != told or len(student) > LONGEST_NAME:
            aside[told] = f"The name of the folder is no UTF-8, or longer than {LONGEST_NAME} characters."
        elif twin != student:
            aside[student] = "Two folders have this name, with its accents written in two ways: keep one of them."
        else:
            try:
                content = content_of(home / f"{unit}.ipynb")
            except (OSError, ValueError) as error:
                aside[student] = str(error) if isinstance(error, ValueError) else f"{unit}.ipynb: {error.strerror}."
                continue
            key = hashlib.sha256(policy + b"\n" + content).hexdigest()
            found.append(Submission(student, str(home / f"{unit}.ipynb"), _timestamp(home), key))
    return found, aside


def _timestamp(home: Path) -> str:
    """What timestamp.txt says, if nbgrader could read it."""
    try:
        text = content_of(home / "timestamp.txt", 1_000).decode()
        parse_utc(text.strip())
    except (OSError, ValueError, OverflowError):
        return ""
    return text


def _seed(kept: Path, key: str, seed: int | None, again: bool) -> int | None:
    """The seed to grade by: when grading again, that of before, so that chance moves no points."""
    data = read(kept, key) if again and seed is None else None
    return data["seed"] if data else seed


# -- graded again ------------------------------------------------------------------------------------------------------


def _moves(spec: dict[str, Any], exercise: str, scores: dict, overview: Overview) -> tuple[Move, ...]:
    cell = next(c["grade_id"] for c in spec["cells"] if c["kind"] == "check" and c["exercise"] == exercise)
    return tuple(
        Move(line.student, before, line.cells[exercise], manual)
        for line in overview.lines
        for before, manual in [scores.get(line.student, {}).get(cell, (None, None))]
    )


def moves_in_words(exercise: str, moves: tuple[Move, ...], names: bool) -> Iterator[str]:
    """The old and the new points of an exercise, line by line: how many, and who if asked for."""
    same = [move for move in moves if move.before == move.after]
    yield f"{exercise}, graded again: {len(moves) - len(same)} of {len(moves)} moved"
    groups: dict[tuple[float | None, float], list[Move]] = defaultdict(list)
    for move in moves:
        if move.before != move.after:
            groups[move.before, move.after].append(move)
    for (before, after), group in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield f"{len(group):5}  from {'no points yet' if before is None else f'{before:g}'} to {after:g}"
        if names:
            yield f"       {printable(', '.join(sorted(move.student for move in group)))}"
    manual = [move for move in moves if move.manual is not None]
    if manual:
        yield f"{len(manual):5}  have points given by a person, and keep them"
        if names:
            yield "       " + printable(", ".join(f"{move.student} ({move.manual:g})" for move in manual))
