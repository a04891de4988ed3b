"""The one writer: the rows and the notebooks of nbgrader's own autograde, whole at every moment."""

import json
import pickle
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook as NbgraderBook
from traitlets.config import Config

from bpcore.grading import build_spec, grade
from bpcore.grading.gradebook import Gradebook, GradebookError, Graded, course_directory

from .conftest import LATE, nbgrader
from .submissions import BACKPROP, ROOT, START, STUDENTS, answered, as_bytes, right

# What the rows say, with names in the place of the keys that are drawn at random.
ROWS = {
    "assignments": "SELECT name, duedate, course_id FROM assignment",
    "notebooks": "SELECT n.name, a.name, n.kernelspec FROM notebook n JOIN assignment a ON a.id = n.assignment_id",
    "cells": """SELECT b.name, b.type, g.max_score, g.cell_type FROM base_cell b
                LEFT JOIN grade_cells g ON g.id = b.id""",
    "sources": "SELECT name, cell_type, locked, source, checksum FROM source_cell",
    "students": "SELECT id, first_name, last_name, email, lms_user_id FROM student",
    "submissions": """SELECT s.student_id, a.name, s.timestamp, s.extension FROM submitted_assignment s
                      JOIN assignment a ON a.id = s.assignment_id""",
    "submitted notebooks": """SELECT s.student_id, n.flagged, n.late_submission_penalty FROM submitted_notebook n
                              JOIN submitted_assignment s ON s.id = n.assignment_id""",
    "grades": """SELECT s.student_id, b.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
                 FROM grade g JOIN base_cell b ON b.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id
                 JOIN submitted_assignment s ON s.id = n.assignment_id""",
    "comments": """SELECT s.student_id, b.name, c.auto_comment, c.manual_comment FROM comment c
                   JOIN base_cell b ON b.id = c.cell_id JOIN submitted_notebook n ON n.id = c.notebook_id
                   JOIN submitted_assignment s ON s.id = n.assignment_id""",
}


def rows(folder):
    """All that a gradebook says."""
    with closing(sqlite3.connect(folder / "gradebook.db")) as database:
        return {name: sorted(database.execute(query).fetchall(), key=repr) for name, query in ROWS.items()}


def files(folder):
    """All files of a course but the database, with their bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix != ".db"}


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """A gradebook with one unit in it and no student: nbgrader takes its time to make one."""
    folder = tmp_path_factory.mktemp("blank")
    land(folder)
    return (folder / "gradebook.db").read_bytes()


@pytest.fixture
def home(tmp_path, blank):
    """The folder of a course in which nothing is graded yet."""
    (tmp_path / "gradebook.db").write_bytes(blank)
    return tmp_path


def land(folder, *graded, unit=START, config=None, **options):
    course = course_directory(folder)
    course.update_config(config or Config())
    with Gradebook(build_spec(unit), course, **options) as book:
        return book.land(graded)


@pytest.fixture(scope="module")
def result():
    """All answers right but the first, which is as it was released."""
    answers = right(START)
    del answers["start.row_sums"]
    return grade(as_bytes(answered(START, answers)), build_spec(START), 1, sandboxed=False)


@pytest.fixture(scope="module")
def ours(course, tmp_path_factory):
    """The same course, graded by the same seeds, with our writer in the place of autograde."""
    folder = tmp_path_factory.mktemp("ours")
    (folder / "nbgrader_config.py").write_bytes((ROOT / "nbgrader_config.py").read_bytes())
    graded = []
    for student in STUDENTS:
        path = course / "autograded" / student.name / BACKPROP / f"{BACKPROP}.ipynb"
        seed = nbformat.read(path, as_version=4).metadata.bpcore.seed
        stamp = LATE if student.name == "early" else ""
        graded.append(Graded(student.name, grade(student.notebook, build_spec(BACKPROP), seed), stamp))
    assert land(folder, *graded, unit=BACKPROP) == [student.name for student in STUDENTS]
    return folder


@pytest.mark.parametrize("table", ROWS)
def test_the_rows_are_those_of_nbgraders_autograde(course, ours, table):
    assert rows(ours)[table] == rows(course)[table]
    assert rows(ours)[table]


def test_the_notebooks_are_those_of_nbgraders_autograde(course, ours):
    mine, theirs = files(ours / "autograded"), files(course / "autograded")
    assert set(mine) == set(theirs)
    for name in theirs:
        if name.endswith(".ipynb"):
            assert json.loads(mine[name]) == json.loads(theirs[name])
        else:
            assert mine[name] == theirs[name]
    modes = {(ours / "autograded" / name).stat().st_mode & 0o777 for name in mine}
    assert modes == {0o444}


def test_nbgrader_goes_on_from_there(course, ours):
    assert nbgrader(ours, "generate_feedback", BACKPROP).returncode == 0
    assert nbgrader(ours, "export").returncode == 0
    assert (ours / "grades.csv").read_text() == (course / "grades.csv").read_text()
    assert set(files(ours / "feedback")) == set(files(course / "feedback"))


def test_landing_twice_changes_nothing(home, result):
    graded = [Graded("ada", result, LATE), Graded("Zoë O'Neil, jr.", result)]
    assert land(home, *graded) == ["ada", "Zoë O'Neil, jr."]
    before = rows(home), files(home)
    assert land(home, *graded) == []
    assert (rows(home), files(home)) == before


def test_an_answer_left_as_it_was_gets_nbgraders_comment(home, result):
    land(home, Graded("ada", result))
    said = {cell: comment for _, cell, comment, _ in rows(home)["comments"]}
    assert said.pop("start-row_sums") == "No response."
    assert set(said.values()) == {None}


def test_what_a_person_wrote_stands_and_asks_for_a_look_only_where_points_moved(home, result):
    land(home, Graded("ada", result))
    with NbgraderBook(f"sqlite:///{home}/gradebook.db", "") as book:
        for name, points in (("check-start-row_sums", 0.5), ("check-start-value", 2.5)):
            mine = book.find_grade(name, START, START, "ada")
            mine.manual_score, mine.needs_manual_grade = points, False
        book.find_comment("start-row_sums", START, START, "ada").manual_comment = "Come and see me."
        book.db.commit()
    assert land(home, Graded("ada", result)) == []
    better = grade(as_bytes(answered(START, right(START))), build_spec(START), 1, sandboxed=False)
    assert land(home, Graded("ada", better)) == ["ada"]
    found = {cell: values for _, cell, *values in rows(home)["grades"]}
    assert found["check-start-row_sums"] == [1.0, 0.5, None, 1]
    assert found["check-start-value"] == [3.0, 2.5, None, 0]
    assert ("ada", "start-row_sums", None, "Come and see me.") in rows(home)["comments"]


def test_late_penalties_are_nbgraders(home, result):
    zero = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    with NbgraderBook(f"sqlite:///{home}/gradebook.db", "") as book:
        book.update_or_create_assignment(START, duedate="2026-01-01 00:00:00 UTC")
    land(home, Graded("late", result, LATE), Graded("early", result, "2025-12-31 23:59:59 UTC"), config=zero)
    penalties = {student: penalty for student, _, penalty in rows(home)["submitted notebooks"]}
    assert penalties == {"late": result.points, "early": None}
    land(home, Graded("late", result, LATE))
    assert {penalty for _, _, penalty in rows(home)["submitted notebooks"]} == {None}


def test_a_gradebook_of_another_release_is_refused(home, result):
    land(home, Graded("ada", result))
    with closing(sqlite3.connect(home / "gradebook.db")) as database, database:
        database.execute("UPDATE grade_cells SET max_score = 5 WHERE max_score = 3")
    with pytest.raises(GradebookError, match=r"holds another release of 00_start: the cells check-start-value differ"):
        land(home, Graded("ada", result))


@pytest.mark.parametrize("student", ["", "..", "../ada", "a" * 200])
def test_a_name_that_is_no_folder_is_refused_before_anything_is_written(home, result, student):
    with pytest.raises(GradebookError, match="cannot be the name of a student"):
        land(home, Graded("ada", result), Graded(student, result))
    assert rows(home)["grades"] == []
    assert not (home / "autograded").exists()


def test_a_result_by_another_release_is_refused(home, result):
    with pytest.raises(GradebookError, match="grade it again"):
        land(home, Graded("ada", replace(result, spec="0" * 64)))


def test_a_locked_gradebook_is_waited_for_and_then_named(home, result):
    with closing(sqlite3.connect(home / "gradebook.db", check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradebookError, match=r"locked by another program, and stayed so for 0.2 seconds"):
            land(home, Graded("ada", result), wait=0.2)
        release = threading.Timer(0.3, other.rollback)
        release.start()
        assert land(home, Graded("ada", result), wait=60) == ["ada"]
        release.join()


KILLED = """
import os, pickle, signal, sys, time
from bpcore.grading import build_spec
from bpcore.grading.gradebook import Gradebook, Graded, course_directory
result, delays = pickle.load(sys.stdin.buffer)
for delay in delays:
    writer = os.fork()
    if writer == 0:
        with Gradebook(build_spec(result.unit), course_directory(sys.argv[1])) as book:
            book.land([Graded(f"s{i:03d}", result) for i in range(40)], batch=4)
        os._exit(0)
    time.sleep(delay)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    print("killed", flush=True)
    sys.stdin.buffer.readline()
"""


def test_whoever_is_killed_leaves_a_whole_gradebook_that_the_next_run_completes(tmp_path, result):
    delays = [0.02, *(random.Random(5).uniform(0.1, 0.8) for _ in range(3))]
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as killer:
        pickle.dump((result, delays), killer.stdin)
        killer.stdin.flush()
        for _ in delays:
            assert killer.stdout.readline() == b"killed\n"
            if (tmp_path / "gradebook.db").exists():
                with closing(sqlite3.connect(tmp_path / "gradebook.db")) as database:
                    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                    assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
                scored = rows(tmp_path)["grades"]
                assert len(scored) % (4 * len(result.cells)) == 0  # whole batches
                assert None not in {auto for _, _, auto, *_ in scored}
            else:
                land(tmp_path)  # it was killed before the gradebook stood: the others begin with one
            for path in (tmp_path / "autograded").glob("*/*/*.ipynb"):
                json.loads(path.read_bytes())
            killer.stdin.write(b"\n")
            killer.stdin.flush()
    graded = [Graded(f"s{i:03d}", result) for i in range(40)]
    land(tmp_path, *graded)
    assert len(rows(tmp_path)["grades"]) == 40 * len(result.cells)
    assert len(list((tmp_path / "autograded").glob(f"s*/{START}/{START}.ipynb"))) == 40
    assert land(tmp_path, *graded) == []
