"""A written answer that an instructor chose to grade reaches nbgrader as one that waits for a person."""

import nbformat
from nbgrader.api import Gradebook

from bpcore.authoring import as_text, build_release, build_solved
from bpcore.grading import build_spec, runner
from bpcore.grading.gradebook import course_directory
from bpcore.grading.spec import max_points

from .submissions import ROOT, START

CELL = "written-start"


def test_the_batch_runner_leaves_the_written_answer_to_a_person(tmp_path, monkeypatch):
    solved = build_solved(ROOT / "solutions" / START / f"{START}.py", by_hand=True)
    released = build_release({START: solved})[START]
    for folder, text in (("course", released), ("solutions", as_text(solved))):
        (tmp_path / folder / START).mkdir(parents=True)
        (tmp_path / folder / START / f"{START}.ipynb").write_text(text, encoding="utf-8")
    spec = build_spec(START, tmp_path / "course")
    handed_in = nbformat.reads(released, as_version=4)
    (cell,) = [c for c in handed_in.cells if c.metadata.get("nbgrader", {}).get("grade_id") == CELL]
    cell.source = "No. With 10⁻¹² the error was 10⁻³."
    place = tmp_path / "submitted" / "ada" / START
    place.mkdir(parents=True)
    nbformat.write(handed_in, place / f"{START}.ipynb")
    monkeypatch.chdir(tmp_path)
    batch = runner.run(spec, course_directory(tmp_path), sandboxed=False, workers=1)
    assert "Waiting for a person in formgrader:\n    1  a written answer" in batch.overview.text()
    assert batch.overview.waiting == ["ada"]
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(START, START, "ada")
        grades = {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades}
        assert grades[CELL] == (None, True)
        assert notebook.needs_manual_grade
        assert notebook.max_score == sum(max_points(spec).values()) + 8
    graded = nbformat.read(tmp_path / "autograded" / "ada" / START / f"{START}.ipynb", as_version=4)
    shown = [c.source for c in graded.cells if c.metadata.get("nbgrader", {}).get("grade_id") == CELL]
    assert shown == [cell.source]
