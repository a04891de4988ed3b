"""`bpcore check`: the verdicts of a notebook, as the notebook itself gives them."""

import json
from pathlib import Path

import nbformat
import pytest

from bpcore.checking import CheckError, check_notebook, main
from bpcore.exercises import catalogue

START = Path(__file__).parent.parent / "course" / "00_start" / "00_start.ipynb"


def answered(folder: Path, **answers: str) -> Path:
    """The unit 00_start with some answers in it."""
    notebook = nbformat.read(START, as_version=4)
    for cell in notebook.cells:
        about = cell.metadata.get("bpcore", {})
        name = about.get("exercise", "").removeprefix("start.")
        if about.get("kind") == "answer" and name in answers:
            cell.source = answers[name]
    path = folder / "00_start.ipynb"
    nbformat.write(notebook, path)
    return path


def test_each_answer_has_its_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = catalogue["start.refuse_nan"].source
    path = answered(
        tmp_path, row_sums="def row_sums(X):\n    return X.sum(axis=0)", refuse_nan=right, value="class Value(:"
    )
    before = path.read_bytes()
    assert main([str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["00_start.ipynb"]
    reports = {report["exercise"]: report for report in told["reports"]}
    assert (told["points"], told["max_points"]) == (1, 10)
    assert reports["start.row_sums"]["mistake"] == "wrong_axis"
    assert reports["start.refuse_nan"]["passed"]
    assert not reports["start.numerical_gradient"]["attempted"]
    assert "NameError" in reports["start.value"]["message"]


def test_the_text_says_what_the_notebook_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solved = {exercise.id.removeprefix("start."): exercise.solved for exercise in catalogue("00_start").values()}
    assert main([str(answered(tmp_path, **solved))]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].endswith("10 of 10 points")
    assert out.count("✓ right") == 7


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read"), ("{", "is no notebook"), ('{"cells": []}', "is no notebook|holds no check")],
)
def test_another_file_is_refused_with_a_sentence(tmp_path: Path, content: str | None, sentence: str) -> None:
    path = tmp_path / "other.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CheckError, match=sentence):
        check_notebook(path)
