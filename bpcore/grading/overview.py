"""What a graded class looks like: points, mistakes by their families, and what a person should look at."""

import functools
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bpcore.exercises import catalogue
from bpcore.exercises.families import family_of
from bpcore.exercises.variants import keyed
from bpcore.grading.similarity import Alike

OTHER = "of no family"
UNNAMED = "wrong, and no known mistake"
MOST = 15  # lines of one kind


@dataclass(frozen=True)
class Line:
    """One student's result without the notebook: points and verdicts by exercise, and the grader's notes."""

    student: str
    points: float
    cells: dict[str, float]
    verdicts: dict[str, str]
    notes: tuple[str, ...] = ()
    new: bool = True


@dataclass
class Overview:
    """A unit's class. ``aside`` says by student why a submission was not graded; ``alike`` whose answers are;
    ``waiting`` whom a person has yet to grade, in part or again."""

    unit: str
    most: dict[str, float]
    lines: list[Line] = field(default_factory=list)
    aside: dict[str, str] = field(default_factory=dict)
    alike: list[Alike] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def text(self, names: bool = False) -> str:
        """The overview for a terminal; whose each thing is, only if asked for."""
        blocks = [self._head()]
        if self.lines:
            blocks += [self._exercises(), self._mistakes()]
        noted: dict[str, list[str]] = defaultdict(list)
        for line in self.lines:
            for note in line.notes:
                noted[note].append(line.student)
        aside: dict[str, list[str]] = defaultdict(list)
        for student, why in self.aside.items():
            aside[why].append(student)
        blocks.append(_listed("Repaired or ended, and worth a look:", noted, names))
        blocks.append(_listed("Set aside, and not in the gradebook:", aside, names))
        wait = {"a written answer, or points given by a person where the grader's have moved": self.waiting}
        blocks.append(_listed("Waiting for a person in formgrader:", wait if self.waiting else {}, names))
        blocks.append(self._alike(names))
        if (noted or aside or self.alike or self.waiting) and not names:
            blocks.append("(--names says who)")
        return "\n".join(filter(None, blocks))

    def _head(self) -> str:
        before = sum(not line.new for line in self.lines)
        head = f"{self.unit}: {len(self.lines)} graded" + (f" ({before} of them before)" if before else "")
        head += f", {len(self.aside)} set aside" if self.aside else ""
        points = [line.points for line in self.lines]
        if not points:
            return head
        return (
            f"{head}\nPoints, of {sum(self.most.values()):g}: mean {statistics.fmean(points):.3g}, median "
            f"{statistics.median(points):.3g}, from {min(points):g} to {max(points):g}"
        )

    def _exercises(self) -> str:
        width = max(map(len, self.most))
        rows = [f"{'':<{width}}  right  wrong  not started  mean"]
        for name, most in self.most.items():
            verdicts = [line.verdicts.get(name, "") for line in self.lines]
            right, blank = verdicts.count("right"), verdicts.count("not started")
            mean = statistics.fmean(line.cells[name] for line in self.lines)
            wrong = len(verdicts) - right - blank
            rows.append(f"{name:<{width}}  {right:5}  {wrong:5}  {blank:11}  {mean:.3g} of {most:g}")
        return "\n".join(rows)

    def _mistakes(self) -> str:
        counts = Counter(
            (name, verdict)
            for line in self.lines
            for name, verdict in line.verdicts.items()
            if verdict not in ("right", "not started")
        )
        if not counts:
            return ""
        families: dict[str, Counter] = defaultdict(Counter)
        for (name, verdict), number in counts.items():
            families[family_of(verdict) or OTHER][name, verdict] += number
        rows = ["Mistakes, the first of each answer:"]
        for title, inner in sorted(families.items(), key=lambda item: (item[0] == OTHER, -item[1].total(), item[0])):
            rows.append(f"{inner.total():5}  {title}")
            rows += [f"{number:12}  {name}: {verdict}" for (name, verdict), number in inner.most_common(MOST)]
        return "\n".join(rows)

    def _alike(self, names: bool) -> str:
        if not self.alike:
            return ""
        rows = ["Alike, apart from names and formatting, beyond what the statement forces (to look at, no verdict):"]
        for found in self.alike[:MOST]:
            what = "the course's own solution of" if found.reference else "the same answer to"
            rows.append(f"{len(found.students):5}  {what} {', '.join(found.exercises)}")
            rows += [f"       {printable('; '.join(found.students))}"] if names else []
        rows += [f"       … and {len(self.alike) - MOST} groups more"] if len(self.alike) > MOST else []
        return "\n".join(rows)


def line_of(student: str, told: dict[str, Any], new: bool) -> Line:
    """The line of a result that `Result.to_dict` has put into plain data, with its notebook."""
    blank = untouched(told["notebook"])
    # Interned: the same few names and verdicts for everybody, however large the class.
    verdicts = {
        sys.intern(name): sys.intern(verdict(report["passed"], report["attempted"], report["mistake"], name in blank))
        for name, report in told["reports"].items()
    }
    cells = {sys.intern(name): points for name, points in told["cells"].items()}
    return Line(student, told["points"], cells, verdicts, tuple(map(sys.intern, told["notes"])), new)


def verdict(passed: bool, attempted: bool, mistake: str, blank: bool) -> str:
    """An answer in a word or two: "right", "not started", or the mistake's name."""
    if passed:
        return "right"
    return (mistake or UNNAMED) if attempted and not blank else "not started"


def untouched(notebook: dict[str, Any]) -> set[str]:
    """The debugging exercises that a graded notebook holds as they were released: their bug is nobody's mistake."""
    found = set()
    for cell in notebook["cells"]:
        about = cell["metadata"]["bpcore"]
        if about["kind"] != "answer":
            continue
        exercise = catalogue.get(keyed(about.get("exercise", ""), about.get("variant", "")))
        planted = exercise is not None and exercise.bug
        # Line by line, so that an editor that takes off a space at the end of a line is no attempt.
        if planted and _lines(cell["source"]) == _released(exercise.key):
            found.add(exercise.id)
    return found


@functools.cache
def _released(exercise: str) -> list[str]:
    return _lines(catalogue[exercise].starter)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _listed(title: str, found: dict[str, Sequence[str]], names: bool) -> str:
    if not found:
        return ""
    # All of them, however many: what one student alone did may be what a person should look at most.
    rows = [title]
    for what, students in sorted(_by_kind(found).items(), key=lambda item: -len(item[1])):
        rows.append(f"{len(students):5}  {printable(what)}")
        rows += [f"       {printable('; '.join(sorted(students)))}"] if names else []
    return "\n".join(rows)


def _by_kind(found: dict[str, Sequence[str]]) -> dict[str, set[str]]:
    """Who stands behind each kind of note; notes that differ in numbers alone are of one kind, of which one is told."""
    kinds: dict[str, tuple[str, set[str]]] = {}
    for what, students in found.items():
        kinds.setdefault(re.sub(r"\d+(?:[.,]\d+)*", "#", what), (what, set()))[1].update(students)
    return dict(kinds.values())


def printable(text: str) -> str:
    """The text without what could steer a terminal: names and notes are a student's words."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
