"""What a notebook shows: reports in words and in HTML, hints one at a time, and what earlier sessions left to do."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bpcore import diary, notebook
from bpcore.diary import Entry, read, remember
from bpcore.exercises import UnknownExerciseError, catalogue
from bpcore.exercises.report import Finding, Report

ROWS = "start.row_sums"


def summing(axis: int):
    """A learner's row_sums, right for axis 1."""

    def row_sums(X):
        return X.sum(axis=axis)

    return row_sums


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(notebook, "_begun", False)
    monkeypatch.setattr(diary, "_session", [])
    return tmp_path


def test_a_check_shows_its_report_returns_a_float_and_is_remembered(folder: Path, capsys) -> None:
    points = notebook.check(ROWS, summing(0))
    assert type(points) is float
    assert points == 0.0
    assert "axis=0" in capsys.readouterr().out
    (entry,) = read(folder)
    assert (entry.what, entry.exercise, entry.points, entry.mistake) == ("check", ROWS, 0.0, "wrong_axis")


def test_an_experiment_under_another_name_is_not_written_down(folder: Path, capsys) -> None:
    assert notebook.check(ROWS, lambda X: X.sum(axis=1)) == 1.0
    assert read(folder) == []


def test_a_cause_that_is_not_named_costs_half(capsys) -> None:
    exercise = catalogue["backprop.train_step"]
    for cause, points in (
        (exercise.cause, 2.0),
        (f"({exercise.cause.upper()})", 2.0),
        (None, 1.0),
        ("?", 1.0),
        ("z", 1.0),
    ):
        assert notebook.check(exercise.id, exercise.reference, cause) == points


def test_the_untouched_bug_is_not_given_away_and_nobodys_mistake(folder: Path, capsys) -> None:
    exercise = catalogue["backprop.train_step"]
    bug = exercise.mistake(exercise.bug)
    assert notebook.check(exercise.id, exercise.build(bug), exercise.cause) == 0.0
    told = capsys.readouterr().out
    assert bug.message not in told
    assert "The bug is still there" in told
    assert "cause" not in told
    assert [entry.mistake for entry in read(folder)] == [""]


def test_what_was_never_tried_is_not_written_down(folder: Path, capsys) -> None:
    def row_sums(X):
        raise NotImplementedError

    assert notebook.check(ROWS, row_sums) == 0.0
    assert "not started" in capsys.readouterr().out
    assert read(folder) == []


def test_hints_come_one_at_a_time_and_then_point_to_the_solution(capsys) -> None:
    told = []
    for _ in range(4):
        notebook.hint(ROWS)
        told.append(capsys.readouterr().out)
    for text, hint in zip(told, catalogue[ROWS].hints, strict=False):
        assert hint in text
        assert "You have not tried it yet" in text
    assert 'solution("start.row_sums")' in told[3]
    notebook.solution(ROWS)
    assert catalogue[ROWS].source in capsys.readouterr().out


def test_after_an_attempt_a_hint_comes_without_advice(capsys) -> None:
    notebook.check(ROWS, summing(0))
    capsys.readouterr()
    notebook.hint(ROWS)
    assert "You have not tried it yet" not in capsys.readouterr().out


def test_the_first_check_of_a_session_offers_what_is_worth_doing_again(capsys) -> None:
    yesterday = datetime.now() - timedelta(days=1)
    remember(Entry(yesterday, "check", "backprop.dense_backward", 2, "bias_not_summed"))
    remember(Entry(yesterday, "check", "backprop.dense_backward", 3))
    notebook.check(ROWS, summing(1))
    assert "In backprop.dense_backward you met" in capsys.readouterr().out
    notebook.check(ROWS, summing(1))
    assert "you met" not in capsys.readouterr().out


def test_html_is_escaped_and_says_in_words_what_colour_says() -> None:
    finding = Finding("", "<b>x</b>", "", "Yours is `a < b` & <script>alert(1)</script>.")
    rich = notebook.as_html(Report("id", "<title>", 0.5, 1.0, findings=(finding,), hint="look"))
    assert "<script>" not in rich
    assert "<b>" not in rich
    assert "<code>a &lt; b</code>" in rich
    assert 'role="status"' in rich
    assert "not yet" in rich


def test_progress_is_told_for_each_unit(capsys) -> None:
    notebook.check(ROWS, summing(1))
    capsys.readouterr()
    notebook.progress()
    out = capsys.readouterr().out
    assert f"1 of {len(catalogue('00_start')):2} exercises" in out
    assert "You left off at start.row_sums" in out


def test_mine_is_used_when_it_is_right_and_ours_until_then(capsys) -> None:
    mine = lambda X: X.sum(axis=1)  # noqa: E731
    assert notebook.mine_or_ours(ROWS, mine) is mine
    assert notebook.mine_or_ours(ROWS, len) is catalogue[ROWS].reference
    assert capsys.readouterr().out.splitlines() == ["row_sums: yours", "row_sums: ours, until yours passes its check"]


@pytest.mark.parametrize("act", [notebook.hint, notebook.solution, lambda name: notebook.check(name, len)])
def test_an_unknown_exercise_is_told_with_a_suggestion(act) -> None:
    with pytest.raises(UnknownExerciseError, match=r"Did you mean .start\.row_sums"):
        act("start.rowsum")
