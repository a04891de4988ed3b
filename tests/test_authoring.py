"""The build: the same bytes every time, what is committed is what the prose gives, bad prose is refused."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from bpcore.authoring import AuthoringError, as_text, build, build_release, build_solved, objectives_table
from bpcore.exercises import catalogue
from bpcore.grading.sanitize import sanitize
from bpcore.grading.spec import build_spec

ROOT = Path(__file__).parent.parent


def copy_prose(target: Path) -> Path:
    for prose in (ROOT / "solutions").glob("*/*.py"):
        place = target / "solutions" / prose.parent.name / prose.name
        place.parent.mkdir(parents=True)
        place.write_bytes(prose.read_bytes())
    return target


def test_what_is_committed_is_what_the_prose_gives_twice_over(tmp_path: Path) -> None:
    root = copy_prose(tmp_path)
    written = build(root / "solutions", root / "course")
    assert len(written) == 2 * len(list((root / "solutions").glob("*/*.py"))) + 1
    for path in written:
        committed = ROOT / path.relative_to(root)
        assert path.read_bytes() == committed.read_bytes(), f"{committed} is stale: run `make build`"
    assert build(root / "solutions", root / "course") == []


def test_answers_and_checks_carry_what_the_grader_needs() -> None:
    notebook = build_solved(ROOT / "solutions" / "05_backpropagation" / "05_backpropagation.py")
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    by_kind = {
        kind: [c for c in notebook.cells if c.metadata.get("bpcore", {}).get("kind") == kind]
        for kind in ("answer", "check")
    }
    for answer, check in zip(by_kind["answer"], by_kind["check"], strict=True):
        exercise = catalogue[answer.metadata.bpcore.exercise]
        assert check.source.startswith(f'check("{exercise.id}", {exercise.name}')
        assert check.metadata.nbgrader["points"] == exercise.points
        assert (answer.metadata.nbgrader["solution"], answer.metadata.nbgrader["grade"]) == (True, False)
        assert (check.metadata.nbgrader["solution"], check.metadata.nbgrader["grade"]) == (False, True)
        assert check.metadata.nbgrader["locked"]


def prose(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "00_start.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# %%\nprint(1)\n", "cell 1: a code cell needs"),
        ('# %% exercise="backprop.backward"\n', "must be an exercise of 00_start"),
        ('# %% exercise="start.nothing"\n', "must be an exercise of 00_start"),
        ('# %% exercise="start.row_sums"\nprint(1)\n', "in a cell without code"),
        ('# %% exercise="start.row_sums"\n\n# %% exercise="start.row_sums"\n', "once, in"),
        ("# %% [markdown]\n# # Title\n", "never shows start.row_sums"),
    ],
)
def test_bad_prose_is_refused_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(AuthoringError, match=sentence):
        build_solved(prose(tmp_path, text))


def test_a_folder_without_prose_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match="expected files like"):
        build(tmp_path, tmp_path / "course")


def test_text_is_stable_and_keeps_letters_of_any_language() -> None:
    notebook = build_solved(ROOT / "solutions" / "05_backpropagation" / "05_backpropagation.py")
    assert as_text(notebook) == as_text(
        build_solved(ROOT / "solutions" / "05_backpropagation" / "05_backpropagation.py")
    )
    assert "δ" in as_text(notebook)


def test_the_build_leaves_the_environment_as_it_was(tmp_path: Path) -> None:
    before = dict(os.environ)
    root = copy_prose(tmp_path)
    build(root / "solutions", root / "course")
    assert dict(os.environ) == before


def test_an_instructor_who_writes_no_prose_needs_no_jupytext() -> None:
    blocked = "import sys; sys.modules['jupytext'] = None; from bpcore.authoring import ReleaseStub"
    subprocess.run([sys.executable, "-c", blocked], check=True)


WRITTEN = """# %% [markdown] written="start"
# Why?
#
# <!-- 8 -->
# Because, and how.
#
# <!-- 5 -->
# Because.
#
# <!-- 2 -->
# So.
"""


def test_a_written_answer_has_its_question_its_rubric_and_folded_answers(tmp_path: Path) -> None:
    path = tmp_path / "99_page.py"
    path.write_text(WRITTEN, encoding="utf-8")
    asked, answer, compared = build_solved(path).cells
    assert asked.source.startswith("### In your own words\n")
    assert "Why?" in asked.source
    assert all(f"**{part}**" in asked.source for part in ("claim", "mechanism", "evidence", "limits"))
    assert "nbgrader" not in answer.metadata
    assert compared.source.count("<details><summary>An answer worth ") == 3
    assert compared.source.index("worth 8") < compared.source.index("worth 5") < compared.source.index("worth 2")


@pytest.mark.parametrize("spoilt", ["<!-- 8 -->", "<!-- 5 -->", "# Why?\n", "# So.\n"])
def test_a_written_answer_that_lacks_something_is_refused(tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "99_page.py"
    path.write_text(WRITTEN.replace(spoilt, ""), encoding="utf-8")
    with pytest.raises(AuthoringError, match="cell 1: a written answer needs its question, and answers worth 8, 5"):
        build_solved(path)


UNITS = sorted(path.stem for path in (ROOT / "solutions").glob("*/*.py"))


@pytest.mark.parametrize("unit", ["00_start", "05_backpropagation"])
def test_by_hand_the_written_answer_is_a_cell_that_nbgrader_has_graded_by_somebody(unit: str) -> None:
    from nbgrader.utils import is_grade, is_solution

    solved = build_solved(ROOT / "solutions" / unit / f"{unit}.py", by_hand=True)
    (released,) = build_release({unit: solved}).values()
    cells = nbformat.reads(released, as_version=4).cells
    (cell,) = [c for c in cells if is_grade(c) and is_solution(c)]
    assert cell.cell_type == "markdown"
    assert cell.metadata.nbgrader["points"] == 8
    assert "worth 5" not in released
    by_default = build_solved(ROOT / "solutions" / unit / f"{unit}.py")
    assert not [c for c in by_default.cells if is_grade(c) and is_solution(c)]


def test_at_most_three_units_are_graded_by_hand_and_only_those_that_ask_something(tmp_path: Path) -> None:
    root = copy_prose(tmp_path)
    with pytest.raises(AuthoringError, match="at most 3 units: 4 were named"):
        build(root / "solutions", root / "course", by_hand=UNITS[:4])
    with pytest.raises(AuthoringError, match="no unit 77_nothing"):
        build(root / "solutions", root / "course", by_hand=["77_nothing"])
    path = tmp_path / "99_page.py"
    path.write_text("# %% [markdown]\n# # Title\n", encoding="utf-8")
    with pytest.raises(AuthoringError, match="nothing to grade by hand"):
        build_solved(path, by_hand=True)


def test_what_a_student_wrote_reaches_whoever_grades_by_hand(tmp_path: Path) -> None:
    unit = "00_start"
    solved = build_solved(ROOT / "solutions" / unit / f"{unit}.py", by_hand=True)
    course = tmp_path / "course"
    (course / unit).mkdir(parents=True)
    (course / unit / f"{unit}.ipynb").write_text(build_release({unit: solved})[unit], encoding="utf-8")
    spec = build_spec(unit, course)
    handed_in = nbformat.read(course / unit / f"{unit}.ipynb", as_version=4)
    (cell,) = [c for c in handed_in.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "written-start"]
    cell.source = "The smaller step is not the truer one."
    cells, _ = sanitize(nbformat.writes(handed_in).encode(), spec)
    assert [c.source for c in cells if c.nbgrader.get("grade_id") == "written-start"] == [cell.source]


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit < "07"])
def test_every_early_unit_asks_for_one_written_answer(unit: str) -> None:
    prose = (ROOT / "solutions" / unit / f"{unit}.py").read_text(encoding="utf-8")
    assert prose.count('# %% [markdown] written="') == 1


def test_the_table_of_objectives_is_what_the_exercises_give() -> None:
    committed = (ROOT / "solutions" / "OBJECTIVES.md").read_bytes()
    assert committed == objectives_table().encode(), "solutions/OBJECTIVES.md is stale: run `make build`"
    rows = [line for line in committed.decode().splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) >= len(catalogue)
    text = committed.decode()
    for exercise in catalogue.values():
        assert f"`{exercise.id}` | {exercise.form} |" in text
        assert all(mistake.name in text for mistake in exercise.mistakes)


@pytest.mark.parametrize("unit", catalogue.units)
def test_every_objective_has_an_exercise_from_scratch(unit: str) -> None:
    exercises = catalogue(unit).values()
    from_scratch = {exercise.objective for exercise in exercises if exercise.form == "blank"}
    assert {exercise.objective for exercise in exercises} == from_scratch
