"""What was handed in: whose each file is, when it came, and what cannot be graded, with its reason."""

import hashlib
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from bpcore.grading.gradebook import LONGEST_NAME
from bpcore.grading.keeping import content_of
from bpcore.grading.spec import varies_by_student


@dataclass(frozen=True)
class Submission:
    """A file that was handed in: whose, where, when (in the words of timestamp.txt) and what it holds."""

    student: str
    path: str
    timestamp: str
    key: str


def find(
    spec: dict[str, Any], course: CourseDirectory, submitted: Path | None, seed: int | None
) -> tuple[list[Submission], dict[str, str]]:
    """All submissions of the unit, and by student why one was set aside.

    ``submitted`` is a folder of STUDENT/UNIT/UNIT.ipynb, nbgrader's own by default. The key of a submission is the hash
    of what it holds, of the spec, of the seed or that one is to be drawn, and of the name where variants go by it.
    """
    unit, step = spec["unit"], course.submitted_directory if submitted is None else str(Path(submitted).resolve())
    folder = Path(course.root, step)
    found: list[Submission] = []
    aside: dict[str, str] = {}
    spelled: dict[str, str] = {}
    policy = f"{spec['hash']} {'drawn' if seed is None else seed}".encode()
    varied = varies_by_student(spec)
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
            own = f" {unicodedata.normalize('NFC', student)}".encode() if varied else b""
            key = hashlib.sha256(policy + own + b"\n" + content).hexdigest()
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
