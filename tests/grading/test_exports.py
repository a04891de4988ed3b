"""Points leave as CSV that a spreadsheet, Canvas and Moodle read, and that runs nothing."""

import csv
import json
import os
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore.grading import build_spec, exports, main
from bpcore.grading.exports import by_exercise, for_canvas, for_moodle, unknown_to
from bpcore.grading.spec import max_points
from bpcore.grading.standing import Standing

from .submissions import START, answered, as_bytes, right
from .test_runner import hand_in

SPEC = build_spec(START)
NFD, NFC = "Zoe\u0308 O'Neil, jr.", "Zo\u00eb O'Neil, jr."
WORTH = max_points(SPEC)
TOTAL = f"{sum(WORTH.values()):g}"
CELLS = {cell["exercise"]: cell["grade_id"] for cell in SPEC["cells"] if cell["kind"] == "check"}
FULL = {CELLS[name]: points for name, points in WORTH.items()}
POINTS = [f"{points:g}" for points in WORTH.values()]
FORMULA = tuple("=+-@\t\r＝＋－＠")


def parsed(text):
    return list(csv.reader(text.splitlines()))


def test_each_exercise_has_a_column_and_what_counts_is_less_the_penalty():
    late = Standing(dict(FULL), penalty=1.5)
    header, row = parsed(by_exercise(SPEC, {NFC: late}, {}, ""))
    assert header == ["student", *WORTH, "late_penalty", "points", "max_points"]
    assert row == [NFC, *POINTS, "1.5", f"{float(TOTAL) - 1.5:g}", TOTAL]
    assert parsed(by_exercise(SPEC, {"ada": Standing({}, penalty=3.0)}, {}, ""))[1][-2:] == ["0", TOTAL]


@given(
    st.sampled_from("=+-@\t\r＝＋－＠"), st.text(max_size=20), st.sampled_from([by_exercise, for_canvas, for_moodle])
)
def test_no_cell_begins_as_a_formula(first, rest, preset):
    name = first + rest.replace("\0", "")
    standing = Standing(dict(FULL), about={"first_name": name, "last_name": name, "email": name, "lms_user_id": name})
    text = preset(SPEC, {name: standing}, {}, name)
    cells = [cell for row in csv.reader(text.splitlines(keepends=True)) for cell in row]
    assert not any(cell.startswith(FORMULA) for cell in cells if cell != "-")
    assert text.startswith('"')


def test_an_answer_in_words_has_a_column_that_is_empty_while_it_waits_for_a_person():
    cell = {"kind": "written", "grade_id": "written-start", "nbgrader": {"grade": True, "points": 8}}
    spec = SPEC | {"cells": [*SPEC["cells"], cell]}
    read = Standing(FULL | {"written-start": 6.5})
    header, *rows = parsed(by_exercise(spec, {"ada": Standing(dict(FULL)), "bob": read}, {}, ""))
    place, most = header.index("written-start"), f"{float(TOTAL) + 8:g}"
    assert [(row[place], *row[-2:]) for row in rows] == [("", TOTAL, most), ("6.5", f"{float(TOTAL) + 6.5:g}", most)]
    assert parsed(for_canvas(spec, {}, {}, ""))[1][-1] == most


def test_canvas_finds_students_by_its_number_and_the_assignment_by_its_title():
    people = {"doejane": {"system": "canvas", "number": "1234"}, "roe": {"system": "moodle", "number": "9"}}
    known = Standing(dict(FULL), about={"first_name": "Rita", "last_name": "Roe", "lms_user_id": "77"})
    rows = parsed(for_canvas(SPEC, {"doejane": Standing(dict(FULL)), "roe": known}, people, "Start (42)"))
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Start (42)"],
        ["    Points Possible", "", "", "", "", TOTAL],
        ["doejane", "1234", "", "", "", TOTAL],
        ["Roe, Rita", "77", "", "", "", TOTAL],
    ]


def test_moodle_finds_students_by_their_participant_number():
    people = {NFC: {"system": "moodle", "number": "99"}}
    rows = parsed(for_moodle(SPEC, {NFD: Standing(dict(FULL)), "guest": Standing()}, people, ""))
    assert rows[0] == ["Identifier", "Full name", "Email address", "Grade", "Maximum Grade", "Last modified (grade)"]
    assert rows[1] == ["Participant 99", NFD, "", TOTAL, TOTAL, "-"]
    assert rows[2] == ["", "guest", "", "0", TOTAL, "-"]
    assert unknown_to("moodle", {NFD: Standing(), "guest": Standing()}, people) == ["guest"]


@pytest.mark.parametrize(
    ("member", "preset", "row"),
    [
        (f"{NFD}_99_assignsubmission_file_/{START}.ipynb", "moodle", ["Participant 99", NFC, "", TOTAL, TOTAL, "-"]),
        (f"oneilzoe_LATE_1234_5678_{START}.ipynb", "canvas", ["oneilzoe", "1234", "", "", "", TOTAL]),
    ],
)
def test_an_archive_goes_in_and_its_systems_table_comes_out(tmp_path, monkeypatch, capsys, member, preset, row):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(member, as_bytes(answered(START, right(START))))
    monkeypatch.chdir(tmp_path)
    options = ["--zip", "in.zip", "--csv", "out.csv", "--preset", preset, "--unsandboxed", "--workers", "1"]
    assert main([START, *options]) == 0
    assert parsed((tmp_path / "out.csv").read_text(encoding="utf-8"))[-1] == row
    assert "have no number" not in capsys.readouterr().out
    # Later, without the archive, the numbers are still known; a student without one is told of.
    hand_in(tmp_path, "guest", as_bytes(answered(START, {})))
    assert main([START, "--csv", "out.csv", "--preset", preset, "--unsandboxed", "--workers", "1"]) == 0
    assert row in parsed((tmp_path / "out.csv").read_text(encoding="utf-8"))
    assert f"1 of 2 have no number of {preset.capitalize()}'s" in capsys.readouterr().out


def test_one_student_stays_one_however_the_accents_are_spelled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = hand_in(tmp_path, NFD, as_bytes(answered(START, {})))
    options = ["--csv", "out.csv", "--feedback", "out", "--unsandboxed", "--workers", "1"]
    assert main([START, *options]) == 0
    path.unlink()
    path.parent.rmdir()
    path.parent.parent.rmdir()
    hand_in(tmp_path, NFC, as_bytes(answered(START, right(START))))
    assert main([START, *options]) == 0
    (row,) = parsed((tmp_path / "out.csv").read_text(encoding="utf-8"))[1:]
    assert row == [NFD, *POINTS, "0", TOTAL, TOTAL]
    assert [p.name for p in (tmp_path / "out").iterdir()] == [NFD]


def test_a_table_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    exports.write(tmp_path / "out.csv", "before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        exports.write(tmp_path / "out.csv", "after")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"out.csv": "before"}


@pytest.mark.parametrize("content", ["", "[]", "{broken", json.dumps({"ada": {"system": "moodle", "number": "1"}})])
def test_what_was_kept_of_an_archive_may_be_damaged(tmp_path, content):
    (tmp_path / "people.json").write_text(content)
    exports.remember(tmp_path / "people.json", {"new": {"system": "canvas", "number": "2"}})
    assert exports.recall(tmp_path / "people.json")["new"]["number"] == "2"


def test_a_preset_needs_a_file(capsys):
    with pytest.raises(SystemExit):
        main([START, "--preset", "canvas"])
    assert "--csv" in capsys.readouterr().err
