"""Takes the notebooks out of the archive that Canvas or Moodle makes, and trusts nothing that stands in it."""

import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bpcore.errors import BpcoreError
from bpcore.grading.sanitize import MAX_BYTES

MAX_MEMBERS = 50_000
MAX_TOTAL = 4 << 30
# Canvas: doejane_LATE_1234_5678_notebook.ipynb, all in one folder. The numbers are the person's and the file's.
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>[^/]+)")
# Moodle: Jane Doe_1234_assignsubmission_file_/notebook.ipynb, or without the folder. The number is new in every task.
MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<number>\d+)_assignsubmission_file(?:_/?|/)(?P<file>.+)")
# The same name handed in again: notebook-1.ipynb, notebook (1).ipynb.
AGAIN = re.compile(r"(?:-\d+| ?\(\d+\))$")


class ArchiveError(BpcoreError, ValueError):
    """A file that is no archive of submissions, or too large a one."""


@dataclass(frozen=True)
class _Member:
    info: zipfile.ZipInfo
    name: str
    number: str
    stem: str
    system: str


def unpack(archive: Path, unit: str, submitted: Path) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Put each student's notebook at ``submitted``/STUDENT/UNIT/UNIT.ipynb, in the place of one that was there.

    Gives back the students, each with the system that made the archive and its number for the student ({"system":
    "moodle", "number": "1234"}), and why others were set aside. A student is called by the name in the archive (accents
    as one letter, NFC), with the number behind it where two have one name. No path of the archive is ever used as a
    path: only the names of students are, if they are plain ones. Raises ArchiveError.
    """
    placed: dict[str, dict[str, str]] = {}
    aside: dict[str, str] = {}
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            if len(members) > MAX_MEMBERS:
                raise ArchiveError(f"{archive} holds {len(members):,} files, and {MAX_MEMBERS:,} is the limit.")
            total = 0
            for student, found in _by_student(members, aside).items():
                try:
                    content = _content(opened, _one_of(found, unit))
                except ValueError as error:
                    aside[student] = str(error)
                    continue
                total += len(content)
                if total > MAX_TOTAL:
                    raise ArchiveError(f"{archive} holds more than {MAX_TOTAL >> 30} GB: split it.")
                try:
                    _put(submitted / student / unit / f"{unit}.ipynb", content)
                except OSError as error:
                    raise ArchiveError(
                        f"The notebook of {student!r} could not be written to {submitted} ({error.strerror or error}). "
                        f"{len(placed)} were written before it, whole: the same command goes on from there."
                    ) from error
                placed[student] = {"system": found[0].system, "number": found[0].number}
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ArchiveError(f"{archive} is no zip archive that can be read: {error}.") from None
    if not placed and not aside:
        raise ArchiveError(
            f"{archive} holds no notebook under a name that Canvas or Moodle gives, such as "
            f"doejane_1234_5678_{unit}.ipynb or 'Jane Doe_1234_assignsubmission_file_/{unit}.ipynb'."
        )
    return placed, aside


def _by_student(members: list[zipfile.ZipInfo], aside: dict[str, str]) -> dict[str, list[_Member]]:
    people: dict[str, dict[str, list[_Member]]] = defaultdict(lambda: defaultdict(list))
    for info in members:
        path = unicodedata.normalize("NFC", info.filename)
        moodle = MOODLE.fullmatch(path)
        match = moodle or CANVAS.fullmatch(path)
        if info.is_dir() or not path.lower().endswith(".ipynb"):
            continue
        if match is None:
            aside[path] = "The file's name in the archive is neither one of Canvas's nor one of Moodle's."
        elif not _plain(match["name"]):
            aside[path] = "The student's name in the archive cannot be the name of a folder."
        else:
            system = "moodle" if moodle else "canvas"
            member = _Member(info, match["name"].strip(), match["number"], Path(match["file"]).stem, system)
            people[member.name][member.number].append(member)
    return {
        name if len(numbers) == 1 else f"{name}_{number}": found
        for name, numbers in people.items()
        for number, found in numbers.items()
    }


def _plain(name: str) -> bool:
    name = name.strip()
    return name.isprintable() and not name.startswith(".") and not set(name) & set('/\\:*?"<>|') and 0 < len(name) < 100


def _one_of(found: list[_Member], unit: str) -> zipfile.ZipInfo:
    """The one notebook of a student that is meant. Raises ValueError where there are several."""
    named = [member for member in found if AGAIN.sub("", member.stem) == unit]
    for chosen in (named, found):
        if len(chosen) == 1:
            return chosen[0].info
    raise ValueError(
        f"The archive holds {len(found)} notebooks of this student, and {len(named)} are called {unit}.ipynb."
    )


def _content(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member. Raises ValueError for a link, for what cannot be read, and for what is too large."""
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ValueError("The notebook is a link in the archive, and no file.")
    try:
        with opened.open(info) as file:
            content = file.read(MAX_BYTES + 1)  # whatever size the archive says it has
    except (RuntimeError, zipfile.BadZipFile, zlib.error, EOFError) as error:  # RuntimeError: a password is wanted
        raise ValueError(f"The notebook cannot be taken out of the archive ({error}).") from None
    if len(content) > MAX_BYTES:
        raise ValueError(f"The notebook is larger than {MAX_BYTES >> 20} MB.")
    return content


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
