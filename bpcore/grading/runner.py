"""The batch runner: grades a class in parallel, keeps each result as it comes, and lands them in the gradebook."""

import contextlib
import errno
import secrets
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm

from bpcore.errors import BpcoreError
from bpcore.grading.gradebook import OURS, Gradebook, GradebookError, Graded
from bpcore.grading.incoming import Submission, find
from bpcore.grading.keeping import Blocked, alone, grade_and_keep, keep, no_room, note, read, restored
from bpcore.grading.overview import Overview, line_of, printable
from bpcore.grading.pool import Lost, each
from bpcore.grading.sandbox import DEFAULT, SandboxUnavailable
from bpcore.grading.similarity import alike
from bpcore.grading.spec import max_points

BATCH = 20  # results to a transaction: the writer works while others are graded
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
PATIENCE = 2 * DEFAULT.total + 120  # a submission ends itself at half of this


class RunnerError(BpcoreError, ValueError):
    """There is nothing that could be graded, no such exercise, or no room for the results."""


@dataclass(frozen=True)
class Move:
    """What an exercise earned before and after it was graded again, and what a person gave instead."""

    student: str
    before: float | None
    after: float
    manual: float | None


@dataclass(frozen=True)
class Batch:
    """What became of a class; ``moves`` where an exercise was graded again, ``changed`` whose grades or files moved.

    ``keys`` says by student under which key the result is kept in the folder ``kept``; ``fresh`` how many different
    submissions were graded by this run.
    """

    overview: Overview
    changed: tuple[str, ...]
    kept: Path
    keys: dict[str, str]
    fresh: int
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
    cluster: str = "",
    wait: float = 60.0,
    say: Callable[[str], None] = lambda sentence: None,
) -> Batch:
    """Grade all submissions of a unit and land them in the gradebook.

    Each result is kept in autograded/.bpcore as soon as it is there, by the hash of the submission, the spec and the
    seed: an interrupted run goes on where it was, and a second one changes nothing. Without a ``seed``, one is drawn
    for all that this run grades: nobody knows it before, and everybody meets the same cases. ``regrade`` names an
    exercise whose check has changed: all are graded again, by the seeds that they had. ``submitted`` is a folder that
    holds STUDENT/UNIT/UNIT.ipynb, nbgrader's by default. ``cluster`` is the address of a Dask scheduler, whose workers
    grade in the place of processes here. ``say`` is told of what is waited for, ``wait`` seconds at most.

    Raises RunnerError where nothing was submitted and where the disk is full, SandboxUnavailable, ClusterError, and
    GradebookError; the results that could not land by then are kept.
    """
    if regrade and regrade not in max_points(spec):
        raise RunnerError(f"{spec['unit']} has no exercise {regrade!r}. There are: {', '.join(max_points(spec))}.")
    found, aside = find(spec, course, submitted, seed)
    if not found and not aside:
        where = submitted or Path(course.root, course.submitted_directory)
        raise RunnerError(
            f"No submission of {spec['unit']} is in {where}: put them at STUDENT/{spec['unit']}/{spec['unit']}.ipynb "
            f"in it, or name another folder with --submitted."
        )
    kept = Path(course.root, course.autograded_directory, OURS, spec["unit"])
    overview = Overview(spec["unit"], max_points(spec), aside=aside)
    with _explaining(kept), alone(kept, say), Gradebook(spec, course, wait=wait, say=say) as book:
        by_key = _by_key(found, book.known())
        scores = book.scores() if regrade else {}
        landing = _Landing(book, kept)
        todo = [key for key in by_key if regrade or read(kept, key) is None]
        fresh = set(todo)
        for key in by_key:
            if key not in fresh:
                landing.add(key, by_key[key])
        drawn = secrets.randbits(32) if seed is None else seed
        tasks = [(key, by_key[key][0].path, _seed(kept, key, drawn, bool(regrade) and seed is None)) for key in todo]
        if cluster:
            from bpcore.grading.cluster import each as each_there  # Dask is an extra

            outcomes = each_there(tasks, cluster, spec, sandboxed=sandboxed, wait=wait, say=say)
        else:
            work = partial(grade_and_keep, spec=spec, kept=str(kept), sandboxed=sandboxed)
            outcomes = each(work, tasks, workers, seconds=PATIENCE)
        bar = tqdm(total=len(tasks), unit="submission", desc=spec["unit"], disable=None)
        with bar, contextlib.closing(outcomes):
            for (key, *_), told in outcomes:
                bar.update()
                if isinstance(told, dict):
                    told = keep(kept, key, told)
                if isinstance(told, Lost):
                    aside |= {submission.student: f"Not graded: {told.why}." for submission in by_key[key]}
                elif isinstance(told, Blocked):
                    raise SandboxUnavailable(told.why) if told.sandbox else RunnerError(told.why)
                else:
                    note(kept, key, [submission.student for submission in by_key[key]])
                    landing.add(key, by_key[key])
        landing.finish()
        overview.waiting = book.waiting()
    keys = _tell(overview, kept, by_key, fresh)
    moves = _moves(spec, regrade, scores, overview) if regrade else ()
    return Batch(overview, tuple(landing.changed), kept, keys, len(fresh), moves)


def _by_key(found: list[Submission], known: dict[str, str]) -> dict[str, list[Submission]]:
    """The submissions by what they hold; each student as the gradebook spells the name, where it knows it."""
    by_key: dict[str, list[Submission]] = defaultdict(list)
    for submission in found:
        name = known.get(submission.student) or known.get(unicodedata.normalize("NFC", submission.student))
        by_key[submission.key].append(replace(submission, student=name or submission.student))
    return by_key


def _tell(overview: Overview, kept: Path, by_key: dict[str, list[Submission]], fresh: set[str]) -> dict[str, str]:
    """Fill in the overview from what is kept, and give back the keys by student."""
    keys, prints = {}, {}
    for key, submissions in by_key.items():
        data = read(kept, key)
        for submission in submissions:
            if data is None or submission.student in overview.aside:
                continue
            keys[submission.student] = key
            if data["refused"]:
                overview.aside[submission.student] = data["refused"]
            else:
                overview.lines.append(line_of(submission.student, data, key in fresh))
                prints[submission.student] = {
                    sys.intern(name): (sys.intern(shape), size)
                    for name, (shape, size) in data.get("prints", {}).items()
                }
    overview.alike = alike(prints, overview.most)
    return keys


@contextlib.contextmanager
def _explaining(kept: Path) -> Iterator[None]:
    """Say in a sentence that the disk takes no more, whoever finds out."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise RunnerError(no_room(kept, error).why) from error


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


def _seed(kept: Path, key: str, drawn: int, again: bool) -> int:
    """The seed to grade by: one for all who are graded together, so that all meet the same cases and what the reference
    gives in them is worked out once; when grading again, that of before, so that chance moves no points."""
    data = read(kept, key) if again else None
    return data["seed"] if data else drawn


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
            yield f"       {printable('; '.join(sorted(move.student for move in group)))}"
    manual = [move for move in moves if move.manual is not None]
    if manual:
        yield f"{len(manual):5}  have points given by a person, and keep them"
        if names:
            yield "       " + printable("; ".join(f"{move.student} ({move.manual:g})" for move in manual))
