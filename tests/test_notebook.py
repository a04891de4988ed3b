"""What a notebook shows: reports in words and in HTML, hints one at a time, and what earlier sessions left to do."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bpcore import diary, notebook
from bpcore.diary import Entry, read, remember
from bpcore.exercises import UnknownExerciseError, catalogue
from bpcore.exercises.report import Finding, Report

ROWS = "start.row_sums"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(notebook, "_begun", False)
    return tmp_path


def test_a_check_shows_its_report_returns_a_float_and_is_remembered(folder: Path, capsys) -> None:
    points = notebook.check(ROWS, lambda X: X.sum(axis=0))
    assert type(points) is float
    assert points == 0.0
    assert "axis=0" in capsys.readouterr().out
    (entry,) = read(folder)
    assert (entry.what, entry.exercise, entry.points, entry.mistake) == ("check", ROWS, 0.0, "wrong_axis")


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
    notebook.check(ROWS, lambda X: X)
    capsys.readouterr()
    notebook.hint(ROWS)
    assert "You have not tried it yet" not in capsys.readouterr().out


def test_the_first_check_of_a_session_offers_what_is_worth_doing_again(capsys) -> None:
    yesterday = datetime.now() - timedelta(days=1)
    remember(Entry(yesterday, "check", "backprop.dense_backward", 2, "bias_not_summed"))
    remember(Entry(yesterday, "check", "backprop.dense_backward", 3))
    notebook.check(ROWS, lambda X: X.sum(axis=1))
    assert "Worth doing again" in capsys.readouterr().out
    notebook.check(ROWS, lambda X: X.sum(axis=1))
    assert "Worth doing again" not in capsys.readouterr().out


def test_html_is_escaped_and_says_in_words_what_colour_says() -> None:
    finding = Finding("", "<b>x</b>", "", "Yours is `a < b` & <script>alert(1)</script>.")
    rich = notebook.as_html(Report("id", "<title>", 0.5, 1.0, findings=(finding,), hint="look"))
    assert "<script>" not in rich
    assert "<b>" not in rich
    assert "<code>a &lt; b</code>" in rich
    assert 'role="status"' in rich
    assert "not yet" in rich


def test_progress_is_told_for_each_unit(capsys) -> None:
    notebook.check(ROWS, lambda X: X.sum(axis=1))
    capsys.readouterr()
    notebook.progress()
    out = capsys.readouterr().out
    assert "1 of  4 exercises" in out
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
