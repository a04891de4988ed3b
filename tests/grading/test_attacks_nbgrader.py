"""The class of attackers, graded by nbgrader's own autograde: no undeserved point, and nobody else's grade moves."""

import shutil
import sqlite3
from contextlib import closing

import nbformat
import pytest
from nbgrader.utils import determine_grade

from bpcore.exercises import catalogue

from .conftest import nbgrader
from .submissions import ROOT, START, answered, as_bytes, right
from .test_attacks_batch import ATTACKS, FULL, hand_in

# nbgrader takes seconds for each. What only goes on behind the wall, and takes long, test_attacks_batch waits for.
BEHIND_THE_WALL = ("hoards", "remains", "fills", "prints", "kills", "reads", "overwrites", "leaves", "crashes", "huge")
TRIED = tuple(name for name in ATTACKS if name not in BEHIND_THE_WALL)
# nbgrader reads a file before any preprocessor of ours does. What it cannot read stays ungraded: it says so, and goes
# on with the next student.
UNREAD = ("version", "no json", "empty", "deep", "not a number", "no text")


@pytest.fixture(scope="module")
def graded(tmp_path_factory, bubblewrap):
    """A course with all attackers, honest students between them, and what `nbgrader autograde` said of it."""
    folder = tmp_path_factory.mktemp("nbgrader")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for part in ("solutions", "course"):
        shutil.copytree(ROOT / part / START, folder / part / START)
    honest = as_bytes(answered(START, right(START), after="print('mine')"))
    for i, name in enumerate(TRIED):
        hand_in(folder, f"{i:02} {name}", ATTACKS[name][0])
        if i in (0, 12):
            hand_in(folder, f"{i:02} zz honest", honest)
    hand_in(folder, "zz honest and last", honest)
    made = nbgrader(folder, "generate_assignment", START, "--force")
    assert made.returncode == 0, made.stderr
    said = nbgrader(folder, "autograde", START)
    return folder, said.stderr + said.stdout


@pytest.fixture(scope="module")
def points(graded):
    """By student, the points in the gradebook."""
    folder, _ = graded
    with closing(sqlite3.connect(folder / "gradebook.db")) as book:
        rows = book.execute(
            "select submitted_assignment.student_id, sum(grade.auto_score) from grade "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
            "group by submitted_assignment.student_id"
        ).fetchall()
    return dict(rows)


def student(name):
    return f"{TRIED.index(name):02} {name}"


@pytest.mark.parametrize("name", TRIED)
def test_an_attacker_earns_no_more_than_the_honest_cells(points, name):
    assert (points.get(student(name)) or 0.0) <= ATTACKS[name][1]


def test_all_that_can_be_read_is_graded(points):
    unread = [name for name in TRIED if points.get(student(name)) is None]
    assert unread == [name for name in TRIED if name in UNREAD]


def test_nobody_elses_grade_moves(graded, points):
    folder, _ = graded
    honest = sorted(path.name for path in (folder / "submitted").iterdir() if "honest" in path.name)
    assert len(honest) == 3
    assert {name: points.get(name) for name in honest} == dict.fromkeys(honest, FULL)


def test_each_cell_in_the_graded_notebooks_has_a_plain_number_within_its_points(graded):
    folder, _ = graded
    most = {name: float(exercise.points) for name, exercise in catalogue(START).items()}
    for path in (folder / "autograded").glob("*/*/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        checks = [c for c in notebook.cells if c.metadata.get("bpcore", {}).get("kind") == "check"]
        assert [c.metadata.bpcore.exercise for c in checks] == list(most)
        for cell in checks:
            earned, of = determine_grade(cell)
            assert 0 <= earned <= of == most[cell.metadata.bpcore.exercise]


@pytest.mark.parametrize("name", UNREAD)
def test_what_nbgrader_cannot_read_is_named_and_stays_without_a_grade(graded, points, name):
    folder, said = graded
    assert points.get(student(name)) is None
    assert not (folder / "autograded" / student(name)).exists()
    assert f"There was an error processing assignment '{START}' for student '{student(name)}'" in said


@pytest.mark.parametrize("name", [name for name in TRIED if ATTACKS[name][2] and name not in UNREAD])
def test_what_was_repaired_stands_in_the_graded_notebook(graded, name):
    folder, _ = graded
    path = folder / "autograded" / student(name) / START / f"{START}.ipynb"
    assert ATTACKS[name][2] in nbformat.read(path, as_version=4).cells[0].source


def test_nothing_that_came_with_the_course_was_written_over(graded):
    folder, _ = graded
    for part in ("solutions", "course"):
        for path in (ROOT / part / START).glob("*.ipynb"):
            copied = nbformat.read(folder / part / START / path.name, as_version=4)
            assert copied == nbformat.read(path, as_version=4)
