"""The build: the same bytes every time, what is committed is what the prose gives, bad prose is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bpcore.authoring import AuthoringError, as_text, build, build_solved
from bpcore.exercises import catalogue

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
    assert len(written) == 2 * len(list((root / "solutions").glob("*/*.py")))
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
