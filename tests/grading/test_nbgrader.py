"""nbgrader's own pipeline, with our door in it: the same points, the mistakes in the feedback, and no solution
anywhere."""

import csv
import re

import nbformat
import numpy as np
import pytest
from nbgrader.utils import determine_grade
from traitlets.config import Config, PyFileConfigLoader

import bpcore
from bpcore.exercises import catalogue, telling
from bpcore.grading import SandboxUnavailable, SpecError, build_spec, grade
from bpcore.grading.nbgrader_door import WalledExecute, graded_notebook

from .submissions import BACKPROP, HARM, ROOT, START, STUDENTS, answered, as_bytes, right


def test_the_release_that_nbgrader_makes_is_the_committed_one(course):
    made = nbformat.read(course / "course" / BACKPROP / f"{BACKPROP}.ipynb", as_version=4)
    committed = nbformat.read(ROOT / "course" / BACKPROP / f"{BACKPROP}.ipynb", as_version=4)
    assert made == committed
    assert [p.name for p in (course / "course" / BACKPROP).iterdir()] == [f"{BACKPROP}.ipynb"]


def test_the_settings_are_those_that_the_course_is_built_with():
    from bpcore.authoring import RELEASE_STEPS

    config = PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()
    assert config.GenerateAssignment.preprocessors == RELEASE_STEPS


def test_the_exported_grades_are_those_of_grade(course):
    with open(course / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: float(row["score"]) for name, row in rows.items()} == {s.name: s.total for s in STUDENTS}
    assert {float(row["max_score"]) for row in rows.values()} == {19.0}


@pytest.mark.parametrize("student", STUDENTS, ids=lambda s: s.name)
def test_each_check_cell_earns_the_same_both_ways(course, student):
    notebook = nbformat.read(course / "autograded" / student.name / BACKPROP / f"{BACKPROP}.ipynb", as_version=4)
    points = {
        c.metadata.bpcore.exercise: determine_grade(c)[0]
        for c in notebook.cells
        if c.metadata.get("bpcore", {}).get("kind") == "check"
    }
    assert points == student.points
    assert grade(student.notebook, build_spec(BACKPROP), notebook.metadata.bpcore.seed).cells == points


@pytest.mark.parametrize("student", STUDENTS, ids=lambda s: s.name)
def test_the_feedback_names_the_mistakes_and_shows_no_solution(course, student):
    page = (course / "feedback" / student.name / BACKPROP / f"{BACKPROP}.html").read_text(encoding="utf-8")
    text = (
        re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))
        .replace("&#39;", "'")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&quot;", '"')
    )
    for exercise, mistake in student.mistakes.items():
        messages = [m.message for m in catalogue[exercise].mistakes if m.name == mistake] or ["SyntaxError"]
        if mistake == catalogue[exercise].bug:  # to find it is the exercise
            assert telling.BUG in text
            assert messages[0] not in text
        else:
            assert messages[0] in text
    if student.name != "right":
        assert "BEGIN SOLUTION" not in text
        assert "delta1 = (delta2 @ W2.T) * (Z1 > 0)" not in text or "backprop.backward" in student.answers
    assert "_cases(" not in text
    assert "<script>alert(" not in page
    assert "<img src=x" not in page
    assert not re.search("href=[^>]*script:", page)
    assert page.count("Mine ") == len(HARM)


def test_unset_answers_show_no_reference(course):
    page = (course / "feedback" / "blank" / BACKPROP / f"{BACKPROP}.html").read_text(encoding="utf-8")
    assert "dW3" in page
    assert "A2.T @ delta3" not in re.sub("<[^>]+>", "", page).replace("`", "")


def test_where_there_is_no_sandbox_nothing_is_graded_unless_one_says_so(course, monkeypatch):
    door = WalledExecute(config=Config({"CourseDirectory": {"root": str(course), "release_directory": "course"}}))
    resources = {"nbgrader": {"assignment": BACKPROP, "notebook": BACKPROP, "student": "right"}}
    notebook = nbformat.reads(STUDENTS[0].notebook.decode(), as_version=4)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(
        SandboxUnavailable, match=r"apt-get install bubblewrap Nothing was graded\..*BPCORE_UNSANDBOXED=1"
    ):
        door.preprocess(notebook, resources)
    monkeypatch.setenv("BPCORE_UNSANDBOXED", "1")
    graded, _ = door.preprocess(notebook, resources)
    assert (
        sum(determine_grade(c)[0] for c in graded.cells if c.metadata.get("bpcore", {}).get("kind") == "check") == 19.0
    )
    with pytest.raises(SpecError, match="has one notebook"):
        door.preprocess(notebook, {"nbgrader": resources["nbgrader"] | {"notebook": "other"}})


def test_what_is_noted_stands_in_the_first_cell(bubblewrap):
    notebook = answered(START, right(START))
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "check-start-value"]
    built = graded_notebook(grade(as_bytes(notebook), build_spec(START), 1))
    nbformat.validate(built)
    assert "check of start.value was missing" in built.cells[0].source
    refused = graded_notebook(grade(b"", build_spec(START), 1))
    nbformat.validate(refused)
    assert "The file is empty" in refused.cells[0].source
    assert [determine_grade(c)[0] for c in refused.cells if c.metadata.get("bpcore", {}).get("kind") == "check"] == [
        0.0
    ] * len(catalogue(START))


# -- the traps between a cell's output and its points ------------------------------------------------------------------


def check_cell(*outputs, points=2):
    cell = nbformat.v4.new_code_cell("check()", outputs=list(outputs))
    cell.metadata["nbgrader"] = {
        "grade": True,
        "solution": False,
        "locked": True,
        "points": points,
        "grade_id": "check",
        "schema_version": 3,
        "cell_type": "code",
    }
    return cell


def result(value):
    """What a kernel shows for a cell's last value."""
    return nbformat.v4.new_output("execute_result", data={"text/plain": repr(value)})


STDERR = nbformat.v4.new_output("stream", name="stderr", text="a warning")
DISPLAY = nbformat.v4.new_output("display_data", data={"text/plain": "report"})
STDOUT = nbformat.v4.new_output("stream", name="stdout", text="report")


@pytest.mark.parametrize(
    ("outputs", "points"),
    [
        ([result(0.5)], 0.5),
        ([result(np.float64(0.5))], 2.0),
        ([result(False)], 2.0),
        ([result(object())], 2.0),
        ([STDERR, result(2.0)], 0.0),
        ([DISPLAY, result(1.5)], 1.5),
        ([STDOUT, result(1.5)], 1.5),
        ([], 2.0),
    ],
    ids=["float", "numpy", "bool", "object", "stderr", "display", "stdout", "nothing"],
)
def test_how_nbgrader_reads_a_check_cell(outputs, points):
    assert determine_grade(check_cell(*outputs)) == (points, 2.0)


class Points(float):
    pass


ANSWERS = {
    "right": (right(START)["start.row_sums"], 1.0),
    "wrong": ("def row_sums(X):\n    return X.sum(axis=0)", 0.0),
    "numpy number": ("def row_sums(X):\n    return np.float64(1)", 0.0),
    "prints to stderr": (
        (
            "import sys, warnings\ndef row_sums(X):\n    sys.stderr.write('!')\n    warnings.warn('careful')\n    "
            "return X.sum(axis=1)"
        ),
        1.0,
    ),
    "raises": ("def row_sums(X):\n    raise ValueError('no')", 0.0),
    "no function": ("row_sums = object()", 0.0),
    "displays": (
        "from IPython.display import display\ndef row_sums(X):\n    display(X)\n    return X.sum(axis=1)",
        1.0,
    ),
}


@pytest.fixture(scope="module")
def kernel():
    """A Jupyter kernel, as nbgrader's own Execute starts it."""
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import numpy as np\nfrom bpcore import check")]
    )
    for source, _ in ANSWERS.values():
        notebook.cells += [nbformat.v4.new_code_cell(source), check_cell(points=1)]
        notebook.cells[-1].source = 'check("start.row_sums", row_sums)'
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    return {name: notebook.cells[2 + 2 * i] for i, name in enumerate(ANSWERS)}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ANSWERS)
def test_check_in_a_stock_kernel_gives_exactly_its_points(kernel, name):
    assert determine_grade(kernel[name]) == (ANSWERS[name][1], 1.0)
    shown = [o for o in kernel[name].outputs if o.output_type == "execute_result"]
    assert [o.data["text/plain"] for o in shown] == [repr(ANSWERS[name][1])]


@pytest.mark.parametrize("points", [np.float64(0.5), Points(0.5), True, 7, -1])
def test_check_gives_a_plain_float_within_its_bounds(monkeypatch, capsys, points):
    from bpcore.exercises import Report

    monkeypatch.setattr("bpcore.notebook.assess", lambda *_, **__: Report("start.row_sums", "title", points, 1.0))
    value = bpcore.check("start.row_sums", len)
    assert type(value) is float
    assert 0.0 <= value <= 1.0


@pytest.mark.parametrize("name", ANSWERS)
def test_a_graded_check_cell_gives_exactly_its_points(bubblewrap, name):
    source, points = ANSWERS[name]
    built = graded_notebook(grade(as_bytes(answered(START, {"start.row_sums": source})), build_spec(START), 1))
    cell = next(c for c in built.cells if c.get("id") == "check-start-row-sums")
    assert determine_grade(cell) == (points, 1.0)
