"""Rebuilds a notebook from a student's file, of which only the text of answers and of own cells is taken."""

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from bpcore.errors import BpcoreError
from bpcore.exercises import catalogue
from bpcore.grading.spec import SpecError, varies_by_student

MAX_BYTES = 20 << 20
MAX_CELLS = 1_000
MAX_SOURCE = 200_000
OWN = "own"
WORKED = "worked"


class RefusedError(BpcoreError, ValueError):
    """A file that cannot be read as a submission."""


@dataclass(frozen=True)
class Cell:
    """One cell of the rebuilt notebook. ``kind`` is that of the spec, or "own" for a cell that the student added or
    changed."""

    id: str
    kind: str
    cell_type: str
    source: str
    exercise: str = ""
    nbgrader: dict[str, Any] = field(default_factory=dict)
    variant: str = ""

    @classmethod
    def of(cls, cell: dict[str, Any], source: str | None = None) -> "Cell":
        """A cell of the spec, with this source or its own."""
        source = cell["source"] if source is None else source
        managed, variant = dict(cell["nbgrader"]), cell.get("variant", "")
        return cls(cell["id"], cell["kind"], cell["cell_type"], source, cell["exercise"], managed, variant)


def sanitize(submission: bytes, spec: dict[str, Any]) -> tuple[list[Cell], tuple[str, ...]]:
    """The notebook as the spec wants it, with the student's answers in it, and notes of what had to be repaired.

    Setup cells, check cells, ids and points come from the spec. Deleted cells come back, and of two answers to one
    exercise the first is the answer. Raises RefusedError for a file that is no notebook, too large a one, or the
    notebook of another unit, and SpecError where variants are drawn for each student and nobody said whose it is.
    """
    if varies_by_student(spec):
        raise SpecError(
            f"{spec['unit']} was released with other variants for each student: say whose notebook this is "
            f"(bpcore grade --student NAME, or spec_for)."
        )
    notebook = _read(submission)
    about = notebook.get("metadata", {}).get("bpcore", {}) if isinstance(notebook.get("metadata"), dict) else {}
    unit = about.get("unit") if isinstance(about, dict) else None
    rebuilt = _Rebuilt(spec)
    cells, repaired = rebuilt.rebuild(notebook["cells"])
    if not rebuilt.answers and unit in (None, spec["unit"]):
        unit = _unit_by_answers(notebook["cells"])
    if unit in (None, spec["unit"]):
        return cells, repaired
    other = re.sub(r"[^\w .-]", "?", str(unit))[:80]
    if not rebuilt.answers:
        raise RefusedError(
            f"This is the notebook of {other}, and holds no answer cell of {spec['unit']}, which is being graded: was "
            f"the wrong file handed in?"
        )
    return cells, (f"This says that it is the notebook of {other}, and {spec['unit']} is being graded.", *repaired)


def _unit_by_answers(cells: list[Any]) -> str | None:
    """The unit whose answer cells these are, for a notebook that does not say it itself."""
    for cell in cells:
        metadata = cell.get("metadata") if isinstance(cell, dict) else None
        about = metadata.get("bpcore") if isinstance(metadata, dict) else None
        exercise = about.get("exercise") if isinstance(about, dict) and about.get("kind") == "answer" else None
        if isinstance(exercise, str) and exercise in catalogue():
            return catalogue.unit_of(exercise)
    return None


def _read(submission: bytes) -> dict[str, Any]:
    if not isinstance(submission, bytes | bytearray):
        raise RefusedError("A submission is handed over as the bytes of its file.")
    if len(submission) > MAX_BYTES:
        raise RefusedError(
            f"The file is {len(submission) >> 20} MB large, and {MAX_BYTES >> 20} MB is the limit: clear the "
            f"outputs, save, and hand it in again."
        )
    if not submission.strip():
        raise RefusedError("The file is empty.")
    try:
        notebook = json.loads(bytes(submission).decode("utf-8-sig"), parse_constant=_refuse)
    except RefusedError:
        raise
    except UnicodeDecodeError:
        raise RefusedError("The file is no notebook: it is not text in UTF-8.") from None
    except RecursionError:
        raise RefusedError("The file is no notebook: it is nested too deeply.") from None
    except ValueError as error:
        raise RefusedError(f"The file is no notebook: it is not valid JSON ({str(error)[:120]}).") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise RefusedError("The file is JSON and no notebook: it has no list of cells.")
    version = notebook.get("nbformat")
    if type(version) is not int or version != 4:
        raise RefusedError(
            f"The notebook has the format {str(version)[:20]}, and 4 is expected: open it in JupyterLab, save, "
            f"and hand it in again."
        )
    if len(notebook["cells"]) > MAX_CELLS:
        raise RefusedError(f"The notebook has {len(notebook['cells'])} cells, and {MAX_CELLS} is the limit.")
    return notebook


def _refuse(constant: str) -> Any:
    raise RefusedError(f"The file is no notebook: {constant} is no number in JSON.")


class _Rebuilt:
    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec["cells"]
        self.notes: list[str] = []
        self.by_grade_id = {cell["grade_id"]: i for i, cell in enumerate(self.spec) if cell["grade_id"]}
        self.by_exercise = {(cell["kind"], cell["exercise"]): i for i, cell in enumerate(self.spec) if cell["exercise"]}
        # Cells without an id are known by their text; the same text may stand in several.
        self.by_text: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, cell in enumerate(self.spec):
            if not cell["grade_id"] and cell["kind"] != "student":
                self.by_text[cell["cell_type"], cell["source"].strip()].append(i)
        self.found: dict[int, str] = {}
        self.examples: list[str] = []
        self.own: dict[int, list[Cell]] = defaultdict(list)
        self.taken_ids = {cell["id"] for cell in self.spec}

    def rebuild(self, cells: list[Any]) -> tuple[list[Cell], tuple[str, ...]]:
        place = -1  # own cells stay behind the last cell of the course that stood before them
        for number, cell in enumerate(cells, start=1):
            read = self._read(cell, number)
            if read is None:
                continue
            cell_type, source, about, managed = read
            position = self._position(cell_type, source, about, managed)
            if position is None:
                self._add_own(place, number, cell_type, source, WORKED if about.get("kind") == WORKED else OWN)
            elif position not in self.found:
                self.found[position] = source
                if self.spec[position]["kind"] == "answer" and about.get("variant", "") != self.spec[position].get(
                    "variant", ""
                ):
                    self.notes.append(
                        f"The answer to {self.spec[position]['exercise']} was written for another variant than the one "
                        f"that was handed out here, by which it is graded."
                    )
                place = max(place, position)
            elif self.spec[position]["kind"] == "answer":
                self.notes.append(
                    f"Cell {number} is a second answer to {self.spec[position]['exercise']}: it runs where it "
                    f"stands, as a cell of your own."
                )
                self._add_own(place, number, cell_type, source)
            elif self.spec[position]["grade_id"]:
                self.notes.append(f"Cell {number} is a second {_called(self.spec[position])}, and was left out.")
        if self.examples:
            self.notes.append(
                f"Examples that were changed are, like all examples, not run when graded: cell "
                f"{', '.join(self.examples[:20])}."
            )
        rebuilt = list(self.own[-1])
        for position, cell in enumerate(self.spec):
            if cell["kind"] != "student":
                rebuilt.append(self._managed(position, cell))
            rebuilt += self.own[position]
        return rebuilt, tuple(_bounded(self.notes))

    @property
    def answers(self) -> int:
        """How many of the spec's answer cells were found."""
        return sum(self.spec[position]["kind"] == "answer" for position in self.found)

    def _read(self, cell: Any, number: int) -> tuple[str, str, dict, dict] | None:
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            self.notes.append(f"Cell {number} is no cell, and was left out.")
            return None
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            self.notes.append(f"The text of cell {number} cannot be read, and was left out.")
            source = ""
        if len(source) > MAX_SOURCE:
            self.notes.append(
                f"Cell {number} has {len(source):,} characters, and was left out: {MAX_SOURCE:,} is the limit."
            )
            source = ""
        source = source.encode("utf-8", "replace").decode()
        metadata = cell.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        about, managed = metadata.get("bpcore"), metadata.get("nbgrader")
        return (
            cell["cell_type"],
            source,
            about if isinstance(about, dict) else {},
            managed if isinstance(managed, dict) else {},
        )

    def _position(self, cell_type: str, source: str, about: dict, managed: dict) -> int | None:
        """Which cell of the spec this is."""
        grade_id, kind, exercise = managed.get("grade_id"), about.get("kind"), about.get("exercise")
        if isinstance(grade_id, str) and grade_id in self.by_grade_id:
            return self.by_grade_id[grade_id] if self._fits(self.by_grade_id[grade_id], cell_type) else None
        if isinstance(kind, str) and isinstance(exercise, str) and (kind, exercise) in self.by_exercise:
            position = self.by_exercise[kind, exercise]
            return position if self._fits(position, cell_type) else None
        same = self.by_text.get((cell_type, source.strip()), [])
        return next((i for i in same if i not in self.found), None)

    def _fits(self, position: int, cell_type: str) -> bool:
        return self.spec[position]["cell_type"] == cell_type

    def _managed(self, position: int, cell: dict[str, Any]) -> Cell:
        source = cell["source"]
        if position in self.found:
            submitted = self.found[position]
            if cell["kind"] == "answer" or cell["nbgrader"].get("solution"):  # or one that is graded by hand
                source = submitted
            elif cell["kind"] in ("setup", "check") and submitted.strip() not in (
                source.strip(),
                cell.get("instead_of", source).strip(),
            ):
                self.notes.append(f"The {_called(cell)} was changed: it is graded as it was released.")
        elif cell["grade_id"]:
            self.notes.append(f"The {_called(cell)} was missing, and was put back.")
            if cell["kind"] == "answer" and self._written_elsewhere(cell["exercise"]):
                source = ""  # the starter would take the place of what the student wrote in another cell
        return Cell.of(cell, source)

    def _written_elsewhere(self, exercise: str) -> bool:
        name = re.escape(catalogue[exercise].name)
        pattern = re.compile(rf"^(?:def|class)\s+{name}\b|^{name}\s*=", re.MULTILINE)
        return any(
            pattern.search(cell.source) for cells in self.own.values() for cell in cells if cell.cell_type == "code"
        )

    def _add_own(self, place: int, number: int, cell_type: str, source: str, kind: str = OWN) -> None:
        if kind == WORKED:
            self.examples.append(str(number))
        cell_id = f"own-{number}"
        while cell_id in self.taken_ids:
            cell_id += "-own"
        self.own[place].append(Cell(cell_id, kind, cell_type, source))


def _called(cell: dict[str, Any]) -> str:
    return f"{cell['kind']} of {cell['exercise']}" if cell["exercise"] else f"cell {cell['grade_id']}"


def _bounded(notes: list[str], limit: int = 20) -> list[str]:
    counted = [note if n == 1 else f"{note} ({n} times)" for note, n in Counter(notes).items()]
    return counted if len(counted) <= limit else [*counted[:limit], f"… and {len(counted) - limit} notes more."]
