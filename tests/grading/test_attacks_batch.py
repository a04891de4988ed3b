"""A class with attackers in it: each earns what is honestly earned, nobody else's grade moves, and the report names it."""

# ruff: noqa: E501 -- attacks are quoted in one line each

import itertools
import json
import sqlite3
import time
from contextlib import closing
from copy import deepcopy

import pytest

from bpcore.exercises import catalogue
from bpcore.grading import build_spec, grade
from bpcore.grading.gradebook import course_directory
from bpcore.grading.runner import run

from .submissions import START, answered, as_bytes, own_cell, right

SPEC = build_spec(START)
HONEST = {"start.row_sums": right(START)["start.row_sums"]}  # one point, honestly earned
FULL, ONE, NOTHING = sum(float(exercise.points) for exercise in catalogue(START).values()), 1.0, 0.0

pytestmark = pytest.mark.usefixtures("bubblewrap")


def changed(change):
    """An honest notebook, worth one point, after somebody changed its cells."""
    notebook = deepcopy(answered(START, HONEST))
    return as_bytes(change(notebook) or notebook)


def checks(notebook):
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]


def skip_execution(notebook):
    for cell in checks(notebook):
        cell["metadata"]["tags"] = ["skip-execution"]
        cell["outputs"] = [
            {"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 1}
        ]


def points_of_abc(notebook):
    for cell, points in zip(checks(notebook), itertools.cycle(("abc", 1e9, -5, None)), strict=False):
        cell["metadata"]["nbgrader"]["points"] = points


def renamed(notebook):
    for i, cell in enumerate(checks(notebook)):
        cell["metadata"]["nbgrader"]["grade_id"] = f"mine-{i}"


def deleted(notebook):
    for cell in checks(notebook):
        notebook["cells"].remove(cell)


def checks_of_its_own(notebook):
    for cell in checks(notebook):
        cell["source"] = "float('inf')"


def twice(notebook):
    notebook["cells"] += [{**deepcopy(cell), "source": "99.0"} for cell in checks(notebook)]


def another_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "sh", "language": "sh"}


def another_unit(notebook):
    notebook["metadata"]["bpcore"] = {"unit": "05_backpropagation"}


def cell(source):
    return as_bytes(answered(START, HONEST, before=source))


# A file, what it may earn, and what the report says of it; "" where there is nothing to say.
ATTACKS = {
    "skipped": (changed(skip_execution), ONE, ""),
    "points": (changed(points_of_abc), ONE, ""),
    "renamed": (changed(renamed), ONE, ""),
    "deleted": (changed(deleted), ONE, "was missing, and was put back"),
    "own checks": (changed(checks_of_its_own), ONE, "was changed: it is graded as it was released"),
    "twice": (changed(twice), ONE, "is a second check"),
    "kernel": (changed(another_kernel), ONE, ""),
    "unit": (changed(another_unit), ONE, "the notebook of 05_backpropagation"),
    "schema": (changed(lambda n: n.update(nbformat_minor=99, nbformat=4)), ONE, ""),
    "version": (changed(lambda n: n.update(nbformat=99)), NOTHING, "has the format 99"),
    "no json": (b"{", NOTHING, "not valid JSON"),
    "empty": (b"", NOTHING, "is empty"),
    "deep": (b"[" * 200_000, NOTHING, "nested too deeply"),
    "not a number": (b'{"nbformat": 4, "cells": NaN}', NOTHING, "NaN is no number"),
    "no text": (b"\xff\xfe\x00", NOTHING, "not text in UTF-8"),
    "huge": (b" " * (21 << 20), NOTHING, "larger than 20 MB"),
    "transformer": (cell("get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"), ONE, ""),
    "reads": (cell("import glob\nprint(glob.glob('/**/*solution*', recursive=True)[:3], open('../../../solutions/00_start/00_start.ipynb').read())"), ONE, ""),
    "reference": (cell("from bpcore.exercises import catalogue\nrow_sums = catalogue['start.row_sums'].reference"), ONE, ""),
    "gradebook": (cell("import sqlite3\nfor p in ('gradebook.db', '../gradebook.db', '/tmp/gradebook.db'):\n    sqlite3.connect(p).execute('create table grade (x)')"), ONE, ""),
    "overwrites": (cell("import glob, os\nfor root in ('/', '..', '../..'):\n    for p in glob.glob(root + '/**/*.ipynb', recursive=True)[:100]: open(p, 'w').write('{}')"), ONE, ""),
    "exits": (cell("import os; os._exit(0)"), ONE, "the process ended"),
    "leaves": (cell("exit()"), ONE, "ended itself"),
    "kills": (cell("import os\nos.kill(-1, 9)\nos.kill(os.getppid(), 9)"), ONE, ""),
    "crashes": (cell("import ctypes; ctypes.string_at(0)"), ONE, "the process ended"),
    "remains": (cell("import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(1000)"), ONE, ""),
    "prints": (cell("print('x' * 300_000_000)"), ONE, ""),
    "fills": (cell("for i in range(100): open(f'/tmp/{i}', 'wb').write(bytes(8 << 20))"), ONE, ""),
    "hoards": (cell("hoard = []\nwhile True: hoard.append(bytearray(200 << 20))"), ONE, ""),
    "script": (as_bytes({**answered(START, HONEST), "metadata": {"<script>": "alert(1)"}}), ONE, ""),
    "terminal": (cell("print('\\x1b[2J\\x1b]0;mine\\x07'); raise ValueError('\\x1b[31m')"), ONE, ""),
    "always equal": (as_bytes(answered(START, {n: f"class Yes(float):\n    __eq__ = lambda s, o: True\ndef {n.split('.')[1]}(*a): return Yes()" for n in right(START) if n != "start.value"})), NOTHING, ""),
    "own wall": (as_bytes({**answered(START, HONEST), "cells": [own_cell("import sys; sys.modules['bpcore'] = sys.modules['numpy'] = sys", "a"), *answered(START, HONEST)["cells"]]}), ONE, ""),
}  # fmt: skip


def hand_in(course, student, content):
    path = course / "submitted" / student / START / f"{START}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A class of attackers with an honest student before, among and after them; the batch, and what it took."""
    folder = tmp_path_factory.mktemp("attacked")
    honest = as_bytes(answered(START, right(START), after="print('mine')"))
    for i, (name, (content, _, _)) in enumerate(ATTACKS.items()):
        hand_in(folder, f"{i:02} {name}", content)
        # Each a file of its own, so that each is graded anew.
        hand_in(folder, f"{i:02} zz honest", honest.replace(b"print('mine')", f"print('mine', {i})".encode()))
    began = time.monotonic()
    batch = run(SPEC, course_directory(folder), workers=2, seed=1)
    return folder, batch, time.monotonic() - began


def test_the_batch_goes_on_to_the_end(attacked):
    _, batch, seconds = attacked
    assert seconds < 120
    assert len(batch.overview.lines) + len(batch.overview.aside) == 2 * len(ATTACKS)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attacker_earns_no_more_than_the_honest_cells(attacked, name):
    _, batch, _ = attacked
    _, most, _ = ATTACKS[name]
    student = f"{list(ATTACKS).index(name):02} {name}"
    (points,) = [line.points for line in batch.overview.lines if line.student == student] or [0.0]
    assert points <= most
    if name not in ("transformer", "own wall"):  # whose own cells no longer run as they stand
        assert points == most


@pytest.mark.parametrize("name", [name for name in ATTACKS if ATTACKS[name][2]])
def test_the_report_names_the_attack_and_the_attacker_where_names_are_asked_for(attacked, name):
    _, batch, _ = attacked
    student = f"{list(ATTACKS).index(name):02} {name}"
    told = batch.overview.text(names=True).splitlines()
    # Under the line that tells of the attack stand all who did it.
    assert any(ATTACKS[name][2] in line and student in below for line, below in itertools.pairwise(told))


def test_nobody_elses_grade_moves_in_the_report_or_in_the_gradebook(attacked):
    folder, batch, _ = attacked
    alone = grade(as_bytes(answered(START, right(START), after="print('mine')")), SPEC, 1)
    honest = {line.student: line for line in batch.overview.lines if "honest" in line.student}
    assert len(honest) == len(ATTACKS)
    for line in honest.values():
        assert (
            line.points,
            line.cells,
            line.notes,
        ) == (FULL, alone.cells, ())
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        rows = book.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score) from grade "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
            "group by submitted_assignment.student_id"
        ).fetchall()
    assert {student: points for student, points in rows if "honest" in student} == dict.fromkeys(honest, FULL)
    assert all(points <= ONE for student, points in rows if "honest" not in student)


def test_nothing_of_an_attack_stands_in_what_a_teacher_opens(attacked):
    folder, batch, _ = attacked
    text = batch.overview.text(names=True)
    assert "\x1b" not in text
    for path in (folder / "autograded").glob("*/*/*.ipynb"):
        assert path.stat().st_size < 400_000
        json.loads(path.read_text(encoding="utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == ["autograded", "gradebook.db", "submitted"]
