"""The start page tells the truth about what is left, leads on, and never takes the place of a learner's file."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import nbformat
import pytest

from bpcore.diary import Entry, progress_of
from bpcore.exercises import catalogue
from bpcore.startpage import HEADING, units_of, write_start

TODAY = date(2026, 1, 9)
UNIT = "05_backpropagation"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A learner's folder with one unit, as released but for its words: 130 of them, a minute's reading."""
    path = tmp_path / UNIT / f"{UNIT}.ipynb"
    path.parent.mkdir()
    prose = "# 05 · Backpropagation\n\n" + "word " * 126
    answers = [
        nbformat.v4.new_code_cell("", metadata={"bpcore": {"kind": "answer", "exercise": exercise}})
        for exercise in catalogue(UNIT)
    ]
    cells = [nbformat.v4.new_markdown_cell(prose), *answers]
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return tmp_path


def checked(exercise: str, right: bool = True, day: int = 5) -> Entry:
    points = catalogue[exercise].points if right else 0.0
    return Entry(datetime(2026, 1, day), "check", exercise, points)


def all_right() -> list[Entry]:
    return [checked(exercise, day=9) for exercise in catalogue(UNIT)]


def test_the_first_time_it_says_where_to_begin(folder):
    text = write_start(folder, [], TODAY).read_text(encoding="utf-8")
    assert f"[Begin: 05 · Backpropagation]({UNIT}/{UNIT}.ipynb)" in text
    assert f"0 of {len(catalogue(UNIT))}" in text
    assert "left off" not in text


def test_it_goes_on_after_the_last_exercise(folder):
    first, second = list(catalogue(UNIT))[:2]
    text = write_start(folder, [checked(first)], TODAY).read_text(encoding="utf-8")
    assert f"You left off at *{catalogue[first].title}*" in text
    assert f"The next exercise there is *{catalogue[second].title}*" in text


def test_the_time_left_is_that_of_the_exercises_and_their_share_of_the_reading(folder):
    exercises = list(catalogue(UNIT).values())
    (before,) = units_of(folder, progress_of([], [UNIT]))
    assert before.minutes_left == pytest.approx(sum(e.minutes for e in exercises) + 1)
    blank = next(
        e
        for e in exercises
        if e.form == "blank" and not any(o.form == "faded" and o.objective == e.objective for o in exercises)
    )
    (after,) = units_of(folder, progress_of([checked(blank.id)], [UNIT]))
    assert before.minutes_left - after.minutes_left == pytest.approx(blank.minutes + 1 / len(exercises))


def test_what_was_reached_from_scratch_need_not_be_done_guided(folder):
    pairs = [
        (guided, blank)
        for guided in catalogue.values()
        for blank in catalogue.values()
        if guided.form == "faded"
        and blank.form == "blank"
        and guided.objective == blank.objective
        and catalogue.unit_of(guided.id) == catalogue.unit_of(blank.id)
    ]
    for guided, blank in pairs:
        unit = catalogue.unit_of(blank.id)
        (told,) = units_of(folder, progress_of([checked(blank.id)], [unit]))
        assert guided not in told.left


def test_a_finished_course_is_told_so(folder):
    text = write_start(folder, all_right(), TODAY).read_text(encoding="utf-8")
    assert "All done" in text
    assert "You have done all of Core." in text
    assert "| done |" in text


def test_what_is_further_is_not_counted_as_left(folder):
    path = folder / UNIT / f"{UNIT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(2, nbformat.v4.new_markdown_cell("## More\n\n*Further.* For who wants it."))
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    (unit,) = units_of(folder, progress_of([], [UNIT]))
    first = next(iter(catalogue(UNIT).values()))
    assert unit.minutes_left == pytest.approx(first.minutes + 1, abs=0.1)
    assert len(unit.left) == len(catalogue(UNIT))


def test_a_page_without_exercises_is_on_the_list(folder):
    path = folder / "99_claims" / "99_claims.ipynb"
    path.parent.mkdir()
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Claims")])))
    text = write_start(folder, [], TODAY).read_text(encoding="utf-8")
    assert "| [Claims](99_claims/99_claims.ipynb) | a page to read |  |" in text


def test_a_confident_miss_comes_back(folder):
    miss = Entry(datetime(2026, 1, 5), "predict", "backprop.backward", 4, "A blank pad")
    text = write_start(folder, [miss], TODAY).read_text(encoding="utf-8")
    assert "Worth predicting again: A blank pad." in text


def test_what_is_due_stands_in_a_review_notebook_as_empty_as_it_was(folder):
    exercise = "backprop.dense_forward"
    text = write_start(folder, [checked(exercise, False), checked(exercise)], TODAY).read_text(encoding="utf-8")
    assert "[Today's review](review/2026-01-09.ipynb)" in text
    review = nbformat.read(folder / "review" / "2026-01-09.ipynb", as_version=4)
    nbformat.validate(review)
    assert review.cells[3].source.strip() == catalogue[exercise].starter.strip()
    assert review.cells[4].source == f'check("{exercise}", dense_forward)'


def test_a_review_that_was_begun_and_a_page_of_ones_own_stay(folder):
    entries = [checked("backprop.dense_forward", False), checked("backprop.dense_forward")]
    (folder / "review").mkdir()
    (folder / "review" / "2026-01-09.ipynb").write_text("half done")
    (folder / "start.md").write_text("my own notes")
    assert write_start(folder, entries, TODAY) is None
    assert (folder / "start.md").read_text() == "my own notes"
    assert (folder / "review" / "2026-01-09.ipynb").read_text() == "half done"


def test_a_notebook_that_cannot_be_read_costs_its_title_only(folder):
    (folder / UNIT / f"{UNIT}.ipynb").write_text("nonsense")
    text = write_start(folder, [], TODAY).read_text(encoding="utf-8")
    assert text.startswith(HEADING)
    assert f"[Begin: {UNIT}]" in text


def test_a_folder_that_cannot_be_written_has_no_page(folder, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "write_text", refuse)
    assert write_start(folder, [], TODAY) is None
