"""The learner's own file: every line survives, nonsense is passed over, and a mended mistake comes back as its twin."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bpcore import diary
from bpcore.diary import Entry, progress_of, read, remember
from bpcore.exercises import catalogue

NOON = datetime(2026, 1, 5, 12, 0, 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(diary.HOME, str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(diary, "_session", [])
    return tmp_path


def checks(*outcomes: tuple[str, float, str]) -> list[Entry]:
    return [Entry(NOON + timedelta(minutes=i), "check", *outcome) for i, outcome in enumerate(outcomes)]


def test_what_is_written_is_read_again(folder: Path) -> None:
    entries = [
        Entry(NOON, "check", "backprop.backward", 5.25, "not_averaged"),
        Entry(NOON, "hint", "backprop.backward", 2),
        Entry(NOON, "solution", "backprop.sgd_step"),
        Entry(NOON, "check", "backprop.backward", 6),
    ]
    for entry in entries:
        remember(entry)
    assert read(folder) == entries
    done = progress_of(entries)
    assert done.points == {"backprop.backward": 6}
    assert done.hints == {"backprop.backward": 2}
    assert done.solutions == {"backprop.sgd_step"}
    assert "You left off at backprop.backward" in done.text()


def test_lines_that_make_no_sense_are_passed_over_and_kept(folder: Path) -> None:
    file = folder / diary.FILE
    file.write_bytes(
        b"my own note\n2026-13-99 | check | backprop.backward | 1 points\n\xff\xfe|||\n| | |\n2026-01-05 12:0"
    )
    remember(Entry(NOON, "check", "backprop.backward", 6))
    assert file.read_bytes().startswith(b"my own note\n2026-13-99")
    remember(Entry(NOON, "check", "backprop.sgd_step", 1))
    assert Entry(NOON, "check", "backprop.sgd_step", 1) in read(folder)


def test_a_crash_in_mid_line_costs_no_more_than_that_line(folder: Path) -> None:
    (folder / diary.FILE).write_text("2026-01-05 12:00:00 | check | backpr", encoding="utf-8")
    remember(Entry(NOON, "check", "backprop.sgd_step", 1))
    assert read(folder) == [Entry(NOON, "check", "backprop.sgd_step", 1)]


def test_without_a_place_it_is_remembered_for_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(diary.HOME, raising=False)
    monkeypatch.setattr(diary, "_session", [])
    monkeypatch.chdir(tmp_path)
    entry = Entry(NOON, "hint", "backprop.sgd_step", 1)
    remember(entry)
    assert diary.remembered() == [entry]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "kept"), [("my-course/05_backpropagation", True), ("course/05_backpropagation", False)]
)
def test_a_unit_folder_belongs_to_its_learner_but_not_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kept: bool
) -> None:
    monkeypatch.delenv(diary.HOME, raising=False)
    (tmp_path / place).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / place)
    assert diary.home() == ((tmp_path / place).parent if kept else None)


def test_a_folder_deleted_under_the_notebook_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(diary.HOME, raising=False)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert diary.home() is None


def test_nothing_is_written_while_nbgrader_runs_the_notebook(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    remember(Entry(NOON, "check", "backprop.sgd_step", 1))
    assert list(folder.iterdir()) == []


def test_a_named_mistake_that_was_mended_brings_its_twin() -> None:
    assert progress_of(checks(("backprop.dense_backward", 2, "bias_not_summed"))).reviews == ()
    mended = checks(("backprop.dense_backward", 2, "bias_not_summed"), ("backprop.dense_backward", 3, ""))
    (review,) = progress_of(mended).reviews
    assert review.made_in == "backprop.dense_backward"
    assert review.exercise != review.made_in
    assert f"Worth doing with an eye on it: {review.exercise}" in progress_of(mended).text()

    points = catalogue[review.exercise].points
    done = [*mended, Entry(NOON + timedelta(hours=1), "check", review.exercise, points)]
    assert progress_of(done).reviews == ()


def test_a_twin_that_was_passed_before_is_offered_all_the_same() -> None:
    before = checks(
        ("backprop.backward", 6, ""),
        ("backprop.dense_backward", 2, "bias_not_summed"),
        ("backprop.dense_backward", 3, ""),
    )
    (review,) = progress_of(before).reviews
    assert review.exercise == "backprop.backward"
    assert "Worth doing again: backprop.backward" in review.text()


def test_only_units_that_a_learner_has_are_told_and_offered(folder: Path) -> None:
    mended = checks(("backprop.dense_backward", 2, "bias_not_summed"), ("backprop.dense_backward", 3, ""))
    (folder / "00_start").mkdir()
    assert diary.units_in(folder) == ("00_start",)
    assert progress_of(mended, ["00_start"]).reviews == ()
    assert progress_of(mended, ["00_start"]).text().count("exercises,") == 1
    assert diary.units_in(folder / "nowhere") == diary.units_in(None) == catalogue.units


def test_a_confident_miss_comes_back_until_it_is_predicted_right(folder: Path) -> None:
    title = "XOR, all weights zero, after 100 steps"
    missed = Entry(NOON, "predict", "backprop.hidden_delta", 3, title)
    remember(missed)
    assert read(folder) == [missed]
    (review,) = progress_of(read(folder)).reviews
    assert (review.exercise, review.question) == ("backprop.hidden_delta", title)
    assert f"Worth predicting again: {title}." in review.text()
    remember(Entry(NOON + timedelta(days=1), "predict", "backprop.hidden_delta", 0, title))
    assert progress_of(read(folder)).reviews == ()
