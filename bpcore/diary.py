"""What a learner has done, in one readable file of theirs, and what follows from it: progress, and what to review.

The file is `progress.txt` beside the units: one line for each check, hint and solution, only ever appended to. Lines
that cannot be read are passed over and kept, so that the file survives editing, merging and a crash in mid-line.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bpcore.exercises import catalogue
from bpcore.exercises.families import family_of, in_family

FILE = "progress.txt"
HEADER = "# What you have done, one line each: yours to read, to edit or to delete.\n"
HOME = "BPCORE_HOME"
NOBODYS = ("course", "solutions")  # the course as released and as written: no workplace
UNIT = re.compile(r"\d\d_\w+")
WHEN = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Entry:
    """One line of the diary: when, what was done, on which exercise, with what outcome.

    What was done is a check, a hint, a solution or, in a widget, predict: then `points` is how sure one was (1 to 4)
    of what did not come out, or 0 when it did, and `mistake` is the title of the question.
    """

    when: datetime
    what: str
    exercise: str
    points: float = 0.0
    mistake: str = ""

    def line(self) -> str:
        """The entry as a line of the file."""
        outcome = {
            "check": f"{self.points:g} points",
            "hint": f"hint {self.points:g}",
            "solution": "seen",
            "predict": f"missed, {self.points:g} of 4 sure" if self.points else "no confident miss",
        }[self.what]
        parts = [self.when.strftime(WHEN), self.what, self.exercise, outcome, self.mistake]
        return " | ".join(parts).rstrip(" |") + "\n"


def home() -> Path | None:
    """The folder that holds the learner's units, or None where nothing is to be remembered.

    It is what `bpcore lab` was given, or else the parent of the folder NN_unit in which a notebook runs. While nbgrader
    runs a notebook, nobody is learning.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    if named := os.environ.get(HOME):
        return Path(named) if Path(named).is_dir() else None
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted under the notebook
        return None
    return here.parent if UNIT.fullmatch(here.name) and here.parent.name not in NOBODYS else None


def remember(entry: Entry) -> None:
    """Append an entry, if there is a place for it. A folder that cannot be written is no reason to stop a lesson."""
    folder = home()
    if folder is None:
        _session.append(entry)
        return
    try:
        before = (folder / FILE).read_bytes() if (folder / FILE).exists() else HEADER.encode()
        with (folder / FILE).open("a", encoding="utf-8", newline="\n") as file:
            file.write(HEADER if not file.tell() else "" if before.endswith(b"\n") else "\n")
            file.write(entry.line())
    except OSError:
        _session.append(entry)


def remembered() -> list[Entry]:
    """All that is known of this learner: the file's entries, and those of this session that found no place in it."""
    return read(home()) + _session


def read(folder: Path | None) -> list[Entry]:
    """All entries in order; none if there is no file. Lines that are no entries are passed over."""
    if folder is None or not (folder / FILE).is_file():
        return []
    text = (folder / FILE).read_text(encoding="utf-8", errors="replace")
    return [entry for line in text.splitlines() if (entry := _parse(line))]


def _parse(line: str) -> Entry | None:
    parts = [part.strip() for part in line.split("|")]
    number = re.search(r"\d+(\.\d+)?", parts[3]) if len(parts) > 3 else None
    if len(parts) < 4 or parts[1] not in ("check", "hint", "solution", "predict") or parts[2] not in catalogue:
        return None
    try:
        when = datetime.strptime(parts[0], WHEN)
    except ValueError:
        return None
    return Entry(when, parts[1], parts[2], float(number[0]) if number else 0.0, parts[4] if len(parts) > 4 else "")


# What could not be written down is remembered for as long as this session lasts.
_session: list[Entry] = []


@dataclass(frozen=True)
class Review:
    """An exercise worth doing again, because a mistake of the same kind was made, and mended, somewhere else."""

    exercise: str
    family: str
    made_in: str
    done_before: bool
    question: str = ""  # the title of a prediction that was missed though one was sure; then there is no family

    def text(self) -> str:
        """The offer in two sentences."""
        if self.question:
            title = catalogue[self.exercise].title
            return (
                f"Worth predicting again: {self.question}. You were sure, and it came out otherwise; it goes with "
                f"{self.exercise} ({title})."
            )
        offer = "Worth doing again" if self.done_before else "Worth doing with an eye on it"
        title = catalogue[self.exercise].title
        return (
            f"{offer}: {self.exercise} ({title}). In {self.made_in} you met “{self.family}” and mended it; it can "
            "hide here too."
        )


@dataclass(frozen=True)
class Progress:
    """Where a learner stands."""

    points: dict[str, float] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    solutions: frozenset[str] = frozenset()
    last: str = ""
    reviews: tuple[Review, ...] = ()
    units: tuple[str, ...] = ()

    def text(self) -> str:
        """Progress in words: a line for each unit, where one left off, what to review."""
        lines = []
        for unit in self.units:
            exercises = catalogue(unit).values()
            done = sum(self.points.get(e.id, 0.0) >= e.points for e in exercises)
            earned, possible = sum(self.points.get(e.id, 0.0) for e in exercises), sum(e.points for e in exercises)
            lines.append(f"{unit:24} {done:2} of {len(exercises):2} exercises, {earned:g} of {possible:g} points")
        if self.last:
            lines.append(f"You left off at {self.last} ({catalogue[self.last].title}).")
        lines += [review.text() for review in self.reviews]
        return "\n".join(lines)


def units_in(folder: Path | None) -> tuple[str, ...]:
    """The units whose folders a learner has, in order; all of them where that cannot be told."""
    found = tuple(unit for unit in catalogue.units if folder is not None and (folder / unit).is_dir())
    return found or catalogue.units


def progress_of(entries: Sequence[Entry], units: Sequence[str] | None = None) -> Progress:
    """What follows from the entries: the best points, the hints taken, the last exercise, and what to review.

    ``units`` are those that the learner has (all by default).
    """
    points: dict[str, float] = {}
    hints: dict[str, int] = {}
    for entry in entries:
        if entry.what == "check":
            points[entry.exercise] = max(points.get(entry.exercise, 0.0), entry.points)
        elif entry.what == "hint":
            hints[entry.exercise] = max(hints.get(entry.exercise, 0), int(entry.points))
    seen = frozenset(entry.exercise for entry in entries if entry.what == "solution")
    last = next((entry.exercise for entry in reversed(entries) if entry.what == "check"), "")
    units = tuple(catalogue.units if units is None else units)
    return Progress(points, hints, seen, last, tuple(_reviews(entries, units, points)), units)


def _reviews(entries: Iterable[Entry], units: Sequence[str], tried: Mapping[str, float]) -> list[Review]:
    """A twin for each kind of mistake that was named and then mended, until the twin is passed after that."""
    open_mistakes: dict[str, set[str]] = {}
    due: dict[str, Review] = {}
    missed: dict[str, Review] = {}
    for entry in entries:
        if entry.what == "predict":
            missed.pop(entry.mistake, None)
            if entry.points and entry.exercise in (e for unit in units for e in catalogue(unit)):
                missed[entry.mistake] = Review(entry.exercise, "", "", entry.exercise in tried, entry.mistake)
        if entry.what != "check":
            continue
        if entry.mistake and (family := family_of(entry.mistake)):
            open_mistakes.setdefault(entry.exercise, set()).add(family)
        if entry.points >= catalogue[entry.exercise].points:
            due.pop(entry.exercise, None)
            for family in sorted(open_mistakes.pop(entry.exercise, ())):
                if twin := _twin(family, entry.exercise, units, tried, taken=due):
                    due[twin] = Review(twin, family, entry.exercise, twin in tried)
    return [*due.values(), *missed.values()]


def _twin(family: str, exercise: str, units: Sequence[str], tried: Mapping[str, float], taken: Iterable[str]) -> str:
    """The nearest other exercise in which a mistake of this family can be made, one that was tried before if any."""
    order = [exercise_id for unit in units for exercise_id in catalogue(unit)]
    candidates = [e for e in order if e != exercise and e not in taken and in_family(catalogue[e], family)]
    place = list(catalogue).index
    return min(candidates, key=lambda e: (e not in tried, abs(place(e) - place(exercise))), default="")
