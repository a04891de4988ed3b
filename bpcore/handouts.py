"""Releases with variants: one for a class, or one for each student, in a course folder of their own."""

import csv
import json
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import compute_checksum

from bpcore.authoring import ROOT, AuthoringError, as_text, build_release, build_solved
from bpcore.exercises import catalogue
from bpcore.grading.spec import STUDENT, build_spec, spec_for

CLASS = "class"
HANDOUTS = "handouts"
SETTINGS = "nbgrader_config.py"


def build_variants(solutions: Path, out: Path, seed: int, students: Sequence[str] = ()) -> list[Path]:
    """Build the course with the variants that ``seed`` draws into the folder ``out``, and return the files written.

    ``out`` gets ``solutions/`` and ``course/`` and nbgrader's settings, and is graded there like any course. With
    ``students``, each has variants of their own: what to hand out is in ``out/handouts/STUDENT``, and the grader draws
    the same again from the seed, which the release carries, and the student's name. ``solutions`` holds the prose.
    Raises AuthoringError for a folder without prose, one that holds the prose itself, and names that are no folders.
    """
    prose = [path for path in sorted(solutions.glob("[0-9][0-9]_*/[0-9][0-9]_*.py")) if path.stem in catalogue.units]
    if not prose:
        raise AuthoringError(f"There is no prose in {solutions}: name the folder that holds solutions/ with --root.")
    if out.resolve() == solutions.parent.resolve():
        raise AuthoringError(f"{out} is the course itself: name another folder with --out, for the variants alone.")
    _require_folders(students)
    solved = {path.stem: build_solved(path, seed=None if students else seed) for path in prose}
    for notebook in solved.values():
        notebook.metadata["bpcore"]["variant"] = {"seed": seed, "each": STUDENT if students else CLASS}
    written = []
    for unit, text in build_release(solved).items():
        released = out / "course" / unit / f"{unit}.ipynb"
        _write(released, text)
        spec = build_spec(unit, out / "course")
        notebook = nbformat.reads(text, as_version=4)
        for made, path in ((notebook, released), (solved[unit], out / "solutions" / unit / f"{unit}.ipynb")):
            made.metadata["bpcore"]["spec"] = spec["hash"]
            written.append(_write(path, as_text(made)))
        for student in students:
            path = out / HANDOUTS / student / unit / f"{unit}.ipynb"
            written.append(_write(path, as_text(_handout(notebook, spec_for(spec, student)))))
    if (ROOT / SETTINGS).is_file() and not (out / SETTINGS).exists():
        shutil.copyfile(ROOT / SETTINGS, out / SETTINGS)
    return written


def names_in(path: Path) -> list[str]:
    """The students in a CSV file: its column ``id``, as nbgrader reads it, or without one its first column."""
    try:
        rows = [row for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()) if any(row)]
    except (OSError, UnicodeDecodeError) as error:
        raise AuthoringError(f"{path} cannot be read as CSV in UTF-8 ({error}).") from None
    column = rows[0].index("id") if rows and "id" in rows[0] else 0
    names = [row[column].strip() if len(row) > column else "" for row in rows[bool(rows) and "id" in rows[0] :]]
    if not names:
        raise AuthoringError(f"{path} names no student: expected a column `id`, or one name a line.")
    return names


def _require_folders(students: Iterable[str]) -> None:
    """Raise AuthoringError for a name that cannot be that of a folder, or for two that would be the same one."""
    seen: set[str] = set()
    for name in students:
        plain = unicodedata.normalize("NFC", name)
        if not name or name.startswith(".") or "/" in name or "\\" in name or not name.isprintable() or plain in seen:
            raise AuthoringError(
                f"{name!r} cannot name a student: a name is that of the folder in submitted/, and stands there once."
            )
        seen.add(plain)


def _handout(released: nbformat.NotebookNode, spec: dict[str, Any]) -> nbformat.NotebookNode:
    """The released notebook with one student's variants in it."""
    notebook = nbformat.from_dict(json.loads(nbformat.writes(released)))
    notebook.metadata["bpcore"]["variant"] = spec["variant"]
    for cell, posed in zip(notebook.cells, spec["cells"], strict=True):
        cell.source = posed["source"]
        if "variant" in posed:
            cell.metadata["bpcore"]["variant"] = posed["variant"]
        if "checksum" in cell.metadata.get("nbgrader", {}):
            cell.metadata["nbgrader"]["checksum"] = compute_checksum(cell)
    return notebook


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
