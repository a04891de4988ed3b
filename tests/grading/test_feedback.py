"""A student's page says what was wrong and why, gives nothing hidden away, and runs nothing."""

import html
import re
from html.parser import HTMLParser

import pytest

from bpcore.exercises import catalogue, telling
from bpcore.grading import build_spec, grade
from bpcore.grading.feedback import POLICY, page, write
from bpcore.grading.keeping import keep
from bpcore.grading.standing import Standing

from .submissions import BACKPROP, HARM, STUDENTS, answered, as_bytes, own_cell, right

SPEC = build_spec(BACKPROP)
# What a page is made of: no element that loads, runs, sends or leads anywhere.
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3", "p", "strong"}
ELEMENTS |= {"ul", "li", "pre", "code", "table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "scope", "class"}


class Seen(HTMLParser):
    """The elements, their attributes and the text of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.text, self.open = set(), set(), "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open += [tag] if tag != "meta" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if self.open[-1:] != ["style"] else ""


def told(notebook):
    result = grade(notebook, SPEC, 1, sandboxed=False)
    return result.to_dict() | {"notebook": result.notebook}


@pytest.fixture(scope="module")
def results():
    return {student.name: told(student.notebook) for student in STUDENTS}


@pytest.mark.parametrize("student", STUDENTS, ids=lambda s: s.name)
def test_the_page_names_each_mistake_and_says_what_it_means(results, student):
    seen = Seen(page(student.name, results[student.name], SPEC, None))
    assert seen.open == []
    for exercise, mistake in student.mistakes.items():
        known = {m.name: m.message for m in catalogue[exercise].mistakes}
        if mistake == catalogue[exercise].bug and exercise not in student.answers:
            assert telling.BUG not in seen.text  # nobody touched it
        elif mistake == catalogue[exercise].bug:
            assert telling.BUG in seen.text
            assert known[mistake] not in seen.text
        else:
            assert mistake.replace("_", " ") in seen.text
            assert known.get(mistake, "SyntaxError") in seen.text
    assert f"{student.total:g} of 19" in seen.text


@pytest.mark.parametrize("student", STUDENTS, ids=lambda s: s.name)
def test_no_check_no_solution_and_no_expected_value_is_shown(results, student):
    text = Seen(page(student.name, results[student.name], SPEC, None)).text
    assert "check(" not in text
    assert "yours" not in text
    for report in results[student.name]["reports"].values():
        for value in (report["expected"], report["yours"]):
            # A number of one digit stands in any text.
            assert len(value) < 5 or value not in text
    if student.name == "blank":
        for exercise in catalogue(BACKPROP).values():
            body = [line.strip() for line in exercise.solved.splitlines() if len(line.strip()) > 25]
            given = exercise.starter + " ".join(c["source"] for c in SPEC["cells"] if c["kind"] == "answer")
            assert not [line for line in body if line in text and line not in given]


def test_nothing_that_a_student_wrote_runs():
    notebook = answered(BACKPROP, {"backprop.sgd_step": f"# {' '.join(HARM.values())}\n'</code></pre></main>'"})
    notebook["cells"] += [own_cell(text, name) for name, text in HARM.items()]
    notebook["cells"].append(
        own_cell('"><svg onload=alert(1)> \u202e <style>*{}</style><meta http-equiv=refresh>', "odd")
    )
    student = "<script>alert(1)</script> O'Neil\u202e"
    given = Standing(comments={"backprop-sgd_step": "<img src=x onerror=alert(1)>"})
    shown = page(student, told(as_bytes(notebook)), SPEC, given)
    seen = Seen(shown)
    assert seen.elements <= ELEMENTS
    assert seen.attributes <= ATTRIBUTES
    assert seen.open == []
    for text in (
        *HARM.values(),
        "<svg onload=alert(1)>",
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script> O",
    ):
        assert text in seen.text
    assert "\u202e" not in shown
    assert shown.count(html.escape(POLICY, quote=False)) == 1
    assert "default-src 'none'" in POLICY


def test_what_a_function_printed_of_its_hidden_arguments_stays_out(results):
    leak = right(BACKPROP)["backprop.sgd_step"].replace("):\n", "):\n    print('seen', params)\n", 1)
    result = told(as_bytes(answered(BACKPROP, {"backprop.sgd_step": leak})))
    assert any("printed" in note for note in result["reports"]["backprop.sgd_step"]["notes"])
    text = Seen(page("ada", result, SPEC, None)).text
    assert "printed" not in text
    assert text.count("seen") == 1  # in the student's own line


def test_what_a_person_gave_and_wrote_stands_on_the_page(results):
    cells = {c["exercise"]: c["grade_id"] for c in SPEC["cells"] if c["kind"] == "check"}
    points = {cells[name]: value for name, value in results["loops"]["cells"].items()}
    check = cells["backprop.dense_backward"]
    standing = Standing(points | {check: 2.5}, {check: 2.5}, {check: "Come & see me.\nSoon."}, penalty=1.0)
    text = Seen(page("ada", results["loops"], SPEC, standing)).text
    assert "2.5 points given by a person; the check gave 2." in text
    assert "Come & see me.\nSoon." in text
    assert re.search(r"Handed in late.*−1", text, re.DOTALL)
    assert "17.5 of 19" in text


def test_an_answer_in_words_is_shown_with_what_a_person_gave_and_said(results):
    cell = {"kind": "written", "exercise": "", "grade_id": "why", "nbgrader": {"grade": True, "points": 8}}
    spec = SPEC | {"cells": [*SPEC["cells"], cell]}
    mine = {
        "source": "Because <b>it is</b> so.",
        "metadata": {"bpcore": {"kind": "written"}, "nbgrader": {"grade_id": "why"}},
    }
    notebook = results["right"]["notebook"]
    result = results["right"] | {"notebook": notebook | {"cells": [*notebook["cells"], mine]}}
    text = Seen(page("ada", result, spec, Standing({"x": 19.0}))).text
    assert "to be read by a person– of 8" in text
    assert "19 of 27" in text
    text = Seen(page("ada", result, spec, Standing({"x": 19.0, "why": 6.0}, comments={"why": "Why so?"}))).text
    assert "6 of 8" in text
    assert "25 of 27" in text
    assert "Because <b>it is</b> so." in text
    assert "Why so?" in text


def test_a_refused_file_is_told_of():
    text = Seen(page("ada", told(b"{broken"), SPEC, None)).text
    assert "was not graded. The file is no notebook" in text


def test_pages_are_written_once_and_stay_as_they_are(tmp_path, results):
    keep(tmp_path, "k", results["right"])
    assert write(tmp_path / "out", SPEC, tmp_path, {"Zoë O'Neil, jr.": "k", "gone": "none"}, {}) == 1
    path = tmp_path / "out" / "Zoë O'Neil, jr." / BACKPROP / f"{BACKPROP}.html"
    assert "Zoë O&#x27;Neil, jr." in path.read_text(encoding="utf-8")
    assert write(tmp_path / "out", SPEC, tmp_path, {"Zoë O'Neil, jr.": "k"}, {}) == 0
