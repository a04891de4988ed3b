"""The class report counts answers as they are, tells of nobody, and says in words what it draws."""

import json
import re

import pytest

from bpcore.exercises import catalogue
from bpcore.exercises.families import family_of
from bpcore.grading.class_report import FEWEST, ReportError, class_report, graded_lines, main
from bpcore.grading.overview import UNNAMED, Line
from bpcore.grading.submission import grade

from .submissions import START, answered, as_bytes, right
from .test_runner import SPEC, WRONG

IDS = list(catalogue(START))


def line(student, verdicts):
    return Line(student, 0.0, dict.fromkeys(IDS, 0.0), dict.fromkeys(IDS, "right") | verdicts)


def a_class(number=6):
    """Everybody has the same slip, one person another one."""
    slip = {"start.walk_down": "uphill", "start.value": "not started"}
    return {START: [line("ada", {"start.walk_down": "measured_once"}), *(line(f"s{i}", slip) for i in range(number))]}


def test_the_shares_are_counted_by_hand():
    report = class_report(a_class())
    (unit,) = report.units
    assert (unit.right, unit.wrong, unit.blank) == (7 * len(IDS) - 7 - 6, 7, 6)
    worst = report.exercises[0]
    assert (worst.name, worst.right, worst.wrong, worst.blank) == ("start.walk_down", 0, 7, 0)
    assert report.exercises[1].name == "start.value"
    assert report.exercises[1].share == pytest.approx(1 / 7)
    assert len(report.exercises) == 2  # where all are right, nothing holds anybody back
    assert report.mistakes == ((family_of("uphill"), 6, ("start.walk_down",)),)


def test_what_few_did_is_not_told_and_nobody_is_named():
    report = class_report(a_class())
    for told in (report.text(), report.html()):
        assert "measured_once" not in told
        assert family_of("measured_once") == "" or family_of("measured_once") not in told
        assert not re.search(r"\bada\b|\bs[0-9]\b", told)
    with pytest.raises(ReportError, match="would still tell who they are"):
        class_report(a_class(FEWEST - 2))
    small = a_class() | {"05_backpropagation": [Line("ada", 0.0, {}, {"backprop.backward": "slope_kept"})]}
    assert [bar.name for bar in class_report(small).units] == [START]


def test_a_student_counts_once_for_a_kind_of_mistake():
    both = [line(f"s{i}", {"start.walk_down": UNNAMED, "start.row_sums": UNNAMED}) for i in range(5)]
    ((kind, students, where),) = class_report({START: both}).mistakes
    assert (kind, students, set(where)) == (UNNAMED, 5, {"start.walk_down", "start.row_sums"})


def test_the_page_says_in_words_what_it_draws_and_loads_nothing():
    report = class_report(a_class())
    page = report.html()
    assert "prefers-color-scheme:dark" in page
    assert "default-src 'none'" in page
    assert not re.search(r"<script|https?://|<img", page)
    assert page.count('role="img" aria-label=') == 3
    for title, students, _ in report.mistakes:
        assert f"{students:4}  {title}" in report.text()
    assert page.count("<rect") == 3 * (len(report.units) + len(report.exercises)) + len(report.mistakes)


def test_the_latest_result_of_each_student_counts(tmp_path, monkeypatch, capsys):
    kept = tmp_path / "autograded" / ".bpcore" / START
    kept.mkdir(parents=True)
    for key, answers in (("wrong", WRONG), ("right", right(START))):
        result = grade(as_bytes(answered(START, answers)), SPEC, 1, sandboxed=False)
        (kept / f"{key}.json").write_text(json.dumps(result.to_dict() | {"notebook": result.notebook}), "utf-8")
    everybody = [f"s{i}" for i in range(6)]
    ledger = [{"key": "wrong", "students": everybody}, {"key": "right", "students": ["s0"]}, {"key": "gone"}]
    text = "\n".join([*map(json.dumps, ledger), '{"key": "right", "stud'])
    (kept / "ledger.jsonl").write_text(text, encoding="utf-8")
    lines = {entry.student: entry for entry in graded_lines(kept.parent)[START]}
    assert lines["s0"].verdicts["start.row_sums"] == "right"
    assert lines["s1"].verdicts["start.row_sums"] == "wrong_axis"
    monkeypatch.chdir(tmp_path)
    assert main(["class.html"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("6 students, 1 graded units.")
    assert family_of("wrong_axis") in told
    assert "wrote class.html" in told
    assert (tmp_path / "class.html").read_text(encoding="utf-8").endswith("</html>\n")


def test_an_empty_folder_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError, match="bpcore grade UNIT"):
        main([])
