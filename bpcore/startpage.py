"""The page the course opens on: where you left off, what to do in ten minutes, and how much there is left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bpcore.authoring import exercise_cells
from bpcore.diary import UNIT, Entry, Progress, progress_of, units_in
from bpcore.exercises import Exercise, catalogue
from bpcore.itinerary import SHORT_PATH, WORDS_A_MINUTE, Core, core_of
from bpcore.review import Due, for_today

PAGE = "start.md"
HEADING = "# Backpropagation, built by hand"
REVIEWS = "review"
REVIEW_SETUP = "import numpy as np\n\nimport bpcore as bp\nfrom bpcore import check, hint, solution"


@dataclass(frozen=True)
class Unit:
    """A unit in a learner's folder: its notebook, its title, its exercises, and which of them are still to be done."""

    name: str
    title: str
    core: Core
    exercises: tuple[Exercise, ...]
    left: tuple[Exercise, ...]

    @property
    def path(self) -> str:
        """The notebook as a link from the folder."""
        return quote(f"{self.name}/{self.name}.ipynb")

    @property
    def core_left(self) -> tuple[Exercise, ...]:
        """What is left of the sections marked Core."""
        return tuple(exercise for exercise in self.left if exercise.id in self.core.exercises)

    @property
    def minutes_left(self) -> float:
        """The minutes of the Core exercises left, and of the reading that goes with them."""
        share = len(self.core_left) / len(self.core.exercises) if self.core.exercises else 0.0
        return sum(exercise.minutes for exercise in self.core_left) + share * self.core.words / WORDS_A_MINUTE


def units_of(folder: Path, progress: Progress) -> list[Unit]:
    """The units that a folder holds, in order, with pages that have no exercises among them.

    A notebook that cannot be read costs only its title and its reading.
    """
    pages = {path.name for path in folder.glob("[0-9][0-9]_*") if UNIT.fullmatch(path.name)} - {*catalogue.units}
    units = []
    for name in sorted({*progress.units, *(page for page in pages if (folder / page / f"{page}.ipynb").is_file())}):
        exercises = tuple(catalogue(name).values()) if name in catalogue.units else ()
        title, core = _title_and_core(folder / name / f"{name}.ipynb", name, exercises)
        units.append(Unit(name, title, core, exercises, tuple(_left(exercises, progress))))
    return units


def _left(exercises: Iterable[Exercise], progress: Progress) -> Iterable[Exercise]:
    """What is not passed, without the guided exercises whose goal was reached from scratch: that shows more."""
    exercises = list(exercises)
    passed = {e.id for e in exercises if progress.points.get(e.id, 0.0) >= e.points}
    reached = {e.objective for e in exercises if e.id in passed and e.form == "blank"}
    return [e for e in exercises if e.id not in passed and not (e.form == "faded" and e.objective in reached)]


def _title_and_core(path: Path, name: str, exercises: Iterable[Exercise]) -> tuple[str, Core]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        core = core_of(cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return name, Core(tuple(exercise.id for exercise in exercises), 0)
    heading = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    return heading[1] if heading else name, core


def page(units: Sequence[Unit], progress: Progress, due: Sequence[Due], review: str) -> str:
    """The start page as Markdown. ``review`` is the link to today's review, used when something is due."""
    lines = [HEADING, "", *_go_on(units, progress), "", *_ten_minutes(units, due, review)]
    lines += ["", *_again(progress)]
    lines += ["| Unit | Exercises done | Core left, about |", "|---|---|---|"]
    for unit in units:
        done = sum(progress.points.get(e.id, 0.0) >= e.points for e in unit.exercises)
        mark = " ★" if unit.name in SHORT_PATH else ""
        count = f"{done} of {len(unit.exercises)}" if unit.exercises else "a page to read"
        left = _time(unit.minutes_left) if unit.core_left else "done" if unit.exercises else ""
        lines.append(f"| [{unit.title}]({unit.path}){mark} | {count} | {left} |")
    total = sum(unit.minutes_left for unit in units)
    in_all = f"In all, about {_time(total)} of Core left, reading included." if total else "You have done all of Core."
    lines += [
        "",
        f"{in_all} Sections marked *Further* come on top. A star marks the short path, of about eight hours.",
        "",
        "You know some of this already? Do an exercise *from scratch* first: once it passes, the guided one on the "
        "same thing no longer counts as left.",
        "",
        "This page is made when the course is opened, from `progress.txt`, which is yours. In a notebook, `progress()` "
        "shows the same as it stands now.",
    ]
    return "\n".join(lines) + "\n"


def _again(progress: Progress) -> list[str]:
    """Predictions that one was sure of and that came out otherwise, and twins of mistakes that were mended."""
    told = [f"- {review.text()}" for review in progress.reviews]
    return ["**Worth another look:**", "", *told, ""] if told else []


def _go_on(units: Sequence[Unit], progress: Progress) -> list[str]:
    unfinished = [unit for unit in units if unit.left]
    if not unfinished:
        return ["**All done.**"]
    here = next((u for u in unfinished if progress.last in {e.id for e in u.exercises}), None)
    later = [u for u in unfinished if progress.last and u.name > catalogue.unit_of(progress.last)]
    unit = here or next(iter(later), unfinished[0])
    verb = "Go on" if progress.last else "Begin"
    upcoming = unit.left[0]
    if here:
        order = [e.id for e in unit.exercises]
        after = [e for e in unit.left if order.index(e.id) >= order.index(progress.last)]
        upcoming = after[0] if after else upcoming
    lines = [f"## [{verb}: {unit.title}]({unit.path})", ""]
    if progress.last:
        lines.append(f"You left off at *{catalogue[progress.last].title}*.")
    lines.append(f"The next exercise there is *{upcoming.title}*, about {_time(upcoming.minutes)}.")
    return lines


def _ten_minutes(units: Sequence[Unit], due: Sequence[Due], review: str) -> list[str]:
    if due:
        titles = ", ".join(f"*{catalogue[item.exercise].title}* ({item.reason})" for item in due)
        minutes = _time(sum(item.minutes for item in due))
        return [f"**Only ten minutes?** [Today's review]({quote(review)}), about {minutes}: {titles}."]
    short = next(((u, e) for u in units for e in u.left if e.minutes <= 10), None)
    if short is None:
        return []
    unit, exercise = short
    return [f"**Only ten minutes?** *{exercise.title}* in [{unit.title}]({unit.path}) takes about {exercise.minutes}."]


def _time(minutes: float) -> str:
    """A length of time as one would say it: in steps of five minutes from a quarter of an hour on."""
    if minutes < 15:
        return f"{max(1, round(minutes))} minute{'s' if round(minutes) > 1 else ''}"
    hours, rest = divmod(5 * round(minutes / 5), 60)
    if not hours:
        return f"{rest} minutes"
    return f"{hours} h {rest:02d} min" if rest else f"{hours} h"


def review_notebook(due: Sequence[Due]) -> nbformat.NotebookNode:
    """A notebook with the exercises that are due, each as empty as it was at first."""
    cells = [
        new_markdown_cell(
            "# Review\n\nYou have passed these before. Write them again without looking: what you can still recall "
            "stays with you."
        ),
        new_code_cell(REVIEW_SETUP),
    ]
    for item in due:
        statement, answer, check = exercise_cells(catalogue[item.exercise])
        answer.source = catalogue[item.exercise].starter.rstrip("\n")
        for cell in (answer, check):
            cell.metadata.pop("nbgrader")  # nobody grades a review
        cells += [statement, answer, check]
    for number, cell in enumerate(cells):
        cell["id"] = f"review-{number}"
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def write_start(folder: Path, entries: Sequence[Entry], today: date) -> Path | None:
    """Write the start page into a learner's folder, and today's review if one is due; return the page.

    A review that is there already, perhaps half done, stays as it is, and so does a page that is not ours. Where the
    folder cannot be written there is no page: None.
    """
    progress = progress_of(entries, units_in(folder))
    due = for_today(entries, today)
    review = folder / REVIEWS / f"{today:%Y-%m-%d}.ipynb"
    try:
        if due and not review.exists():
            review.parent.mkdir(exist_ok=True)
            review.write_text(nbformat.writes(review_notebook(due)), encoding="utf-8")
        start = folder / PAGE
        if start.exists() and not start.read_text(encoding="utf-8", errors="replace").startswith(HEADING):
            return None
        text = page(units_of(folder, progress), progress, due, f"{REVIEWS}/{review.name}")
        start.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return start
