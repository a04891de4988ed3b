"""A class is graded side by side, once, and nothing that one student handed in costs another anything."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from bpcore.grading import build_spec, main
from bpcore.grading.command import in_words
from bpcore.grading.gradebook import GradebookError, course_directory
from bpcore.grading.overview import Line, Overview, line_of
from bpcore.grading.runner import RunnerError, run
from bpcore.grading.spec import max_points
from bpcore.grading.submission import grade

from .submissions import BACKPROP, ROOT, START, answered, as_bytes, right
from .test_gradebook import files, rows

SPEC = build_spec(START)
HALF = {"start.row_sums": right(START)["start.row_sums"]}
WRONG = {"start.row_sums": "def row_sums(X):\n    return X.sum(axis=0)"}
# A name as macOS writes it, with the accent as a letter of its own, and as other systems do.
APART, TOGETHER = "Zoe\u0308 O'Neil, jr.", "Zo\u00eb O'Neil, jr."

pytestmark = pytest.mark.usefixtures("bubblewrap")


def hand_in(course, student, content, name="", unit=START):
    path = course / "submitted" / student / unit / (name or f"{unit}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class with good and bad files, graded; and the batch."""
    folder = tmp_path_factory.mktemp("class")
    hand_in(folder, "all", as_bytes(answered(START, right(START))))
    hand_in(folder, "all", b"2026-02-03 04:05:06 UTC\n", "timestamp.txt")
    hand_in(folder, APART, as_bytes(answered(START, HALF)))
    hand_in(folder, "wrong", as_bytes(answered(START, WRONG)))
    hand_in(folder, "copy", as_bytes(answered(START, WRONG)))
    hand_in(folder, "wrong", b"yesterday, or so", "timestamp.txt")
    hand_in(folder, "broken", b"{broken")
    hand_in(folder, "empty", b"", "notes.txt")
    os.mkfifo(hand_in(folder, "pipe", b"", "x").with_name(f"{START}.ipynb"))
    link = hand_in(folder, "link", b"", "x").with_name(f"{START}.ipynb")
    link.symlink_to(ROOT / "solutions" / START / f"{START}.ipynb")
    hand_in(folder, "n" * 129, as_bytes(answered(START, {})))
    hand_in(folder, os.fsdecode(b"caf\xe9"), as_bytes(answered(START, {})))
    (folder / "submitted" / "elsewhere" / "05_backpropagation").mkdir(parents=True)
    return folder, run(SPEC, course_directory(folder), workers=2)


def test_all_who_are_graded_together_meet_the_same_cases(graded):
    _, batch = graded
    kept = {key: json.loads((batch.kept / f"{key}.json").read_text(encoding="utf-8")) for key in batch.keys.values()}
    assert len(kept) > 2
    assert len({told["seed"] for told in kept.values()}) == 1


def test_each_earns_what_grade_says_and_the_bad_are_set_aside(graded):
    folder, batch = graded
    points = {line.student: line.points for line in batch.overview.lines}
    assert points == {"all": sum(max_points(SPEC).values()), APART: 1.0, "wrong": 0.0, "copy": 0.0}
    assert set(batch.overview.aside) == {"broken", "empty", "pipe", "link", "n" * 129, "caf\\xe9"}
    assert "is a link" in batch.overview.aside["link"]
    assert {row[0] for row in rows(folder)["students"]} == set(points) == set(batch.changed)
    assert {row[0]: row[2] for row in rows(folder)["submissions"]} == {
        "all": "2026-02-03 04:05:06.000000",
        APART: None,
        "wrong": None,
        "copy": None,
    }
    for path in (folder / "autograded").glob(f"*/{START}/{START}.ipynb"):
        student = path.parent.parent.name
        seed = json.loads(path.read_bytes())["metadata"]["bpcore"]["seed"]
        content = (folder / "submitted" / student / START / f"{START}.ipynb").read_bytes()
        assert grade(content, SPEC, seed).points == points[student]


def test_a_second_run_changes_nothing(graded):
    folder, batch = graded
    before = rows(folder), files(folder)
    again = run(SPEC, course_directory(folder))
    assert again.changed == ()
    assert not any(line.new for line in again.overview.lines)
    assert [(line.student, line.cells) for line in again.overview.lines] == [
        (line.student, line.cells) for line in batch.overview.lines
    ]
    assert (rows(folder), files(folder)) == before


def test_the_overview_counts_mistakes_and_names_nobody_unless_asked(graded):
    overview = graded[1].overview
    said = overview.text()
    assert "4 graded, 6 set aside" in said
    assert "2  a sum over the wrong axis" in said
    assert "2  start.row_sums: wrong_axis" in said
    assert "1  00_start.ipynb: No such file or directory." in said
    for student in (APART, "wrong,", "broken", "link,", "copy"):
        assert student not in said
    named = [line.strip() for line in overview.text(names=True).splitlines()]
    assert {"broken", "link; pipe", "empty"} <= set(named)


def test_nothing_a_student_wrote_steers_the_terminal():
    line = Line("\x1b[2Jada", 0.0, {"a": 0.0}, {"a": "right"}, ("This is the notebook of \x1b[2J.",))
    assert "\x1b" not in Overview("unit", {"a": 2.0}, [line], {"\x1b[1m": "why"}).text(names=True)


def test_two_spellings_of_one_name_are_not_mixed_up(tmp_path):
    hand_in(tmp_path, APART, b"1")
    hand_in(tmp_path, TOGETHER, b"2")
    if len(list((tmp_path / "submitted").iterdir())) == 1:
        pytest.skip("this file system knows one spelling only")
    batch = run(SPEC, course_directory(tmp_path), sandboxed=False, workers=1)
    assert len(batch.overview.aside) == 2
    assert "accents written in two ways" in batch.overview.aside[TOGETHER]


def test_graded_again_shows_old_and_new_and_keeps_what_a_person_gave(graded, tmp_path, monkeypatch, capsys):
    folder, _ = graded
    with closing(sqlite3.connect(folder / "gradebook.db")) as book, book:
        # As if the check of row_sums had been wrong, and a person had helped one student.
        book.execute("UPDATE grade SET auto_score = 0.5 WHERE auto_score = 0")
        book.execute("UPDATE grade SET manual_score = 2 WHERE auto_score = 3")
    seeds = {
        path.name: json.loads(path.read_bytes())["seed"] for path in (folder / "autograded").glob(".bpcore/*/*.json")
    }
    monkeypatch.chdir(folder)
    assert main([START, "--regrade", "start.row_sums", "--names", "--csv", str(tmp_path / "points.csv")]) == 1
    said = capsys.readouterr().out
    assert "start.row_sums, graded again: 2 of 4 moved" in said
    assert "2  from 0.5 to 0\n       copy; wrong\n" in said
    again = {
        path.name: json.loads(path.read_bytes())["seed"] for path in (folder / "autograded").glob(".bpcore/*/*.json")
    }
    assert again == seeds
    values = {(auto, manual) for _, _, auto, manual, *_ in rows(folder)["grades"]}
    assert (3.0, 2.0) in values
    assert 0.5 not in {auto for auto, _ in values}
    worth = max_points(SPEC) | {"start.value": 2.0}
    told = ["all", *worth.values(), 0.0, sum(worth.values()), sum(max_points(SPEC).values())]
    row = ",".join(f'"{cell:g}"' if isinstance(cell, float) else f'"{cell}"' for cell in told)
    assert row in (tmp_path / "points.csv").read_text()
    with pytest.raises(RunnerError, match=r"no exercise 'row_sums'\. There are: start\.row_sums"):
        run(SPEC, course_directory(folder), regrade="row_sums")


def test_where_nothing_was_handed_in_the_folder_is_named(tmp_path):
    with pytest.raises(RunnerError, match=r"put them at STUDENT/00_start/00_start\.ipynb"):
        run(SPEC, course_directory(tmp_path))


def test_an_interrupted_run_goes_on_where_it_was_and_a_locked_gradebook_loses_nothing(tmp_path):
    for i in range(5):
        hand_in(tmp_path, f"s{i}", as_bytes(answered(START, HALF, after=f"number = {i}")))
    kept = tmp_path / "autograded" / ".bpcore" / START
    command = [sys.executable, "-W", "ignore", "-m", "bpcore", "grade", START, "--workers", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as runner:
        while runner.poll() is None and len(list(kept.glob("*.json"))) < 2:
            time.sleep(0.02)
        runner.kill()
    first = {path.name: path.read_bytes() for path in kept.glob("*.json")}
    assert len(first) >= 2
    course = course_directory(tmp_path)
    real = course.db_url
    course.db_url = f"sqlite:///{tmp_path}/no/such/folder/gradebook.db"
    with pytest.raises(GradebookError, match="cannot be used"):
        run(SPEC, course)
    course.db_url = real
    assert len(run(SPEC, course, workers=1).changed) == 5
    after = {path.name: path.read_bytes() for path in kept.glob("*.json")}
    assert len(after) == 5
    assert first.items() <= after.items()
    assert len({row[0] for row in rows(tmp_path)["grades"]}) == 5


def test_a_gradebook_that_locks_in_the_middle_is_tried_again(tmp_path, monkeypatch):
    from bpcore.grading import runner

    for i in range(5):
        hand_in(tmp_path, f"s{i}", as_bytes(answered(START, {}, after=f"number = {i}")))
    course, real, asked = course_directory(tmp_path), runner.Gradebook.land, []

    def locked_at_first(self, graded, **options):
        asked.append(len(graded))
        if len(asked) <= locked:
            raise GradebookError("locked.")
        return real(self, graded, **options)

    monkeypatch.setattr(runner.Gradebook, "land", locked_at_first)
    monkeypatch.setattr(runner, "BATCH", 2)
    locked = 99
    with pytest.raises(GradebookError, match=r"locked\. 5 results have not landed and are kept"):
        run(SPEC, course, workers=1, sandboxed=False)
    asked.clear()
    locked = 1
    assert len(run(SPEC, course, workers=1).changed) == 5
    assert asked == [2, 2, 2, 1]


def test_a_class_and_single_notebooks_are_not_mixed_up(tmp_path, capsys):
    for options in (["x.ipynb", "--names"], ["--workers", "0"], ["--json"]):
        with pytest.raises(SystemExit):
            main([START, *options])
    assert "named" in capsys.readouterr().err


def test_a_planted_bug_that_nobody_touched_is_nobodys_mistake():
    spec, name = build_spec(BACKPROP), "backprop.train_step"
    starter = next(c["source"] for c in spec["cells"] if c["kind"] == "answer" and c["exercise"] == name)
    blank, wrong = "not started", "updated_too_early"
    for source, told in ((starter, blank), (starter + "  \n", blank), (f"{starter}\n# hm", wrong)):
        result = grade(as_bytes(answered(BACKPROP, {name: source})), spec, 1, sandboxed=False)
        line = line_of("ada", result.to_dict() | {"notebook": result.notebook}, True)
        assert line.verdicts[name] == told
        assert told in next(row for row in in_words("ada", result).splitlines() if name in row)
        said = Overview(BACKPROP, max_points(spec), [line]).text()
        assert ("moved before all gradients" in said) == (told != "not started")
