"""A newer release of a unit and a learner's copy become one notebook: new cells arrive, and what was written stays."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """What became of a notebook: the merged one, and how many cells came, were corrected, and were kept."""

    notebook: Notebook
    new: int
    kept: int


def merge(mine: Notebook, released: Notebook, base: Notebook | None = None) -> Merged:
    """The `released` notebook with everything in it that the learner wrote in `mine`; all three are plain nbformat 4.

    `base` is the release from which `mine` was made: with it, an answer that was never begun and a cell that was never
    touched are told from the learner's work; without it, only answers and code cells that the course never had count
    as that. The order is the release's. An answer goes to the exercise of the same
    grade id; a cell of the course that the learner changed stays as they left it, unless the course has changed it
    too, and then both stand there; cells of their own follow the cell that they followed before; a cell that they
    deleted stays away, unless it belongs to an exercise. Outputs stay with the cells that are still the same.
    """
    before = base or released
    edited, deleted = _changes(base["cells"], mine["cells"]) if base else ({}, set())
    mine_by_key: dict[str, Cell] = {}
    for cell in mine["cells"]:
        mine_by_key.setdefault(_key(cell), cell)
    starters = {_key(cell): _source(cell) for cell in [*released["cells"], *before["cells"]] if _is_answer(cell)}

    cells: list[Cell] = []
    place: dict[int, int] = {}  # which of the learner's cells (by id()) stands where: what their own cells follow
    new = kept = 0
    for cell in released["cells"]:
        key, cell = _key(cell), copy.deepcopy(cell)
        theirs = mine_by_key.get(key)
        if theirs is not None:
            if _is_answer(cell) and _source(theirs) not in (starters[key], ""):
                cell["source"] = theirs["source"]
                kept += 1
            if _source(cell) == _source(theirs):
                _take_outputs(cell, theirs)
        elif key in edited:
            theirs = edited.pop(key)
            cell |= {"source": theirs["source"]}
            _take_outputs(cell, theirs)
            kept += 1
        elif key in deleted:
            continue
        else:
            new += 1
        if theirs is not None:
            place[id(theirs)] = len(cells)
        cells.append(cell)

    own = _own_cells(mine["cells"], base, place)
    merged = _inserted(cells, mine["cells"], own, place)
    _give_each_its_id(merged)
    return Merged({**released, "cells": merged}, new, kept + len(own))


def sources(notebook: Notebook) -> list[tuple[str, str]]:
    """What a notebook says, without outputs and counters: two that agree here hold the same work."""
    return [(cell["cell_type"], _source(cell)) for cell in notebook["cells"]]


def _key(cell: Cell) -> str:
    """What makes a cell the same in two releases: an exercise's cell its grade id, any other its text."""
    grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    return f"id {grade_id}" if grade_id else f"{cell['cell_type']} {_source(cell)}"


def _source(cell: Cell) -> str:
    source = cell.get("source", "")
    return (source if isinstance(source, str) else "".join(source)).strip("\n")


def _is_answer(cell: Cell) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("solution"))


def _changes(before: Sequence[Cell], after: Sequence[Cell]) -> tuple[dict[str, Cell], set[str]]:
    """Of the cells that stood there before: which the learner rewrote (with the new form), and which they deleted."""
    old, now = [_key(cell) for cell in before], [_key(cell) for cell in after]
    there = set(now)
    edited, deleted = {}, set()
    for kind, i, i_end, j, j_end in SequenceMatcher(None, old, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        candidates = [cell for cell in after[j:j_end] if not _key(cell).startswith("id ")] if kind == "replace" else []
        for cell in before[i:i_end]:
            key = _key(cell)
            if key in there or key.startswith("id "):
                continue
            match = next((c for c in candidates if c["cell_type"] == cell["cell_type"]), None)
            if match is not None:
                candidates.remove(match)
                edited[key] = match
            else:
                deleted.add(key)
    return edited, deleted


def _own_cells(mine: Sequence[Cell], base: Notebook | None, place: dict[int, int]) -> list[Cell]:
    """The learner's work that has no place yet: added cells, second copies, answers to what the course has given up."""
    course = {(_key(cell), _source(cell)) for cell in base["cells"]} if base else set()
    own = []
    for cell in mine:
        if base or _is_answer(cell):
            theirs = (_key(cell), _source(cell)) not in course
        else:
            # Without the release they began with, other cells that are not in this one may be the course's own, of old.
            theirs = cell["cell_type"] == "code" and "bpcore" not in cell["metadata"]
        if theirs and id(cell) not in place and _source(cell):
            own.append(cell)
    return own


def _inserted(cells: list[Cell], mine: Sequence[Cell], own: list[Cell], place: dict[int, int]) -> list[Cell]:
    following: dict[int, list[Cell]] = {}
    anchor = -1
    waiting = {id(cell) for cell in own}
    for cell in mine:
        anchor = place.get(id(cell), anchor)
        if id(cell) in waiting:
            plain = copy.deepcopy(cell)
            plain["metadata"].pop("nbgrader", None)  # a second cell of one grade id would make the notebook ungradable
            following.setdefault(anchor, []).append(plain)
    merged = list(following.get(-1, []))
    for number, cell in enumerate(cells):
        merged += [cell, *following.get(number, [])]
    return merged


def _take_outputs(cell: Cell, theirs: Cell) -> None:
    for part in ("outputs", "execution_count"):
        if part in theirs and part in cell:
            cell[part] = theirs[part]


def _give_each_its_id(cells: Sequence[Cell]) -> None:
    taken: set[str] = set()
    for cell in cells:
        if cell.get("id") in taken or "id" not in cell:
            cell["id"] = secrets.token_hex(4)
        taken.add(cell["id"])
