"""Points as CSV: by student and exercise, or as Canvas and Moodle read them; no cell of it runs as a formula."""

import csv
import io
import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bpcore.grading.spec import max_points
from bpcore.grading.standing import Standing, worth, written

# What a spreadsheet would run as a formula (OWASP, CSV injection), in both widths that it reads.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")

People = Mapping[str, Mapping[str, str]]


def by_exercise(spec: dict[str, Any], standings: Mapping[str, Standing], people: People, title: str) -> str:
    """One row a student: the points of each exercise and of each answer in words (empty while it waits for a person),
    what being late costs, and the points that count."""
    cells = _check_cells(spec)
    rows = [["student", *max_points(spec), *written(spec), "late_penalty", "points", "max_points"]]
    for student, standing in sorted(standings.items()):
        points = [f"{standing.points.get(cells[name], 0.0):g}" for name in max_points(spec)]
        points += [f"{standing.points[name]:g}" if name in standing.points else "" for name in written(spec)]
        rows.append([student, *points, f"{standing.penalty:g}", f"{standing.score:g}", f"{worth(spec):g}"])
    return _csv(rows)


def for_canvas(spec: dict[str, Any], standings: Mapping[str, Standing], people: People, title: str) -> str:
    """What Canvas reads under Grades, Import.

    Canvas finds a student by the ID, which stands in the names of its archives (or in nbgrader's lms_user_id), then by
    the name; an assignment by the title of its column, "Title (number)" in Canvas's own export.
    """
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title]]
    rows.append(["    Points Possible", "", "", "", "", f"{worth(spec):g}"])
    for student, standing in sorted(standings.items()):
        number = _number(student, standing, people, "canvas") or standing.about.get("lms_user_id", "")
        last, first = standing.about.get("last_name", ""), standing.about.get("first_name", "")
        name = f"{last}, {first}" if last and first else student
        rows.append([name, number, "", "", "", f"{standing.score:g}"])
    return _csv(rows)


def for_moodle(spec: dict[str, Any], standings: Mapping[str, Standing], people: People, title: str) -> str:
    """Moodle's grading worksheet, which an assignment takes back under "Upload grading worksheet".

    Moodle finds a student by the Identifier, whose number stands in the names of its archives, and leaves alone a grade
    that was changed since; the gradebook's own import can go by the e-mail address.
    """
    rows = [["Identifier", "Full name", "Email address", "Grade", "Maximum Grade", "Last modified (grade)"]]
    for student, standing in sorted(standings.items()):
        number = _number(student, standing, people, "moodle")
        names = (standing.about.get("first_name", ""), standing.about.get("last_name", ""))
        rows.append(
            [
                f"Participant {number}" if number else "",
                " ".join(filter(None, names)) or student,
                standing.about.get("email", ""),
                f"{standing.score:g}",
                f"{worth(spec):g}",
                "-",
            ]
        )
    return _csv(rows)


PRESETS: dict[str, Callable[[dict[str, Any], Mapping[str, Standing], People, str], str]] = {
    "plain": by_exercise,
    "canvas": for_canvas,
    "moodle": for_moodle,
}


def unknown_to(preset: str, standings: Mapping[str, Standing], people: People) -> list[str]:
    """The students whom Canvas or Moodle will not find by a number."""
    if preset == "plain":
        return []
    found = {student: _number(student, standing, people, preset) for student, standing in standings.items()}
    lms = "lms_user_id" if preset == "canvas" else ""
    return sorted(s for s, number in found.items() if not number and not standings[s].about.get(lms, ""))


def write(path: Path, text: str) -> None:
    """Write a table, whole or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


# -- who is who in an archive ------------------------------------------------------------------------------------------


def remember(path: Path, placed: People) -> None:
    """Keep the numbers that the names of an archive hold, beside those of earlier ones. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps({**recall(path), **placed}, ensure_ascii=False, indent=1))


def recall(path: Path) -> dict[str, dict[str, str]]:
    """The numbers that were kept, by student; none where there is no such file."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _number(student: str, standing: Standing, people: People, system: str) -> str:
    about = people.get(student) or people.get(unicodedata.normalize("NFC", student)) or {}
    return str(about.get("number", "")) if about.get("system") == system else ""


def _check_cells(spec: dict[str, Any]) -> dict[str, str]:
    return {cell["exercise"]: cell["grade_id"] for cell in spec["cells"] if cell["kind"] == "check"}


def _csv(rows: Iterable[list[str]]) -> str:
    """All quoted, and nothing that a spreadsheet would run."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) and cell != "-" else cell for cell in row])
    return file.getvalue()
