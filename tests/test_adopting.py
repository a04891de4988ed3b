"""An instructor's own course: what was chosen is what is released and graded, and what cannot be chosen is said."""

import shutil
from pathlib import Path

import nbformat
import pytest

from bpcore.adopting import EXAMPLE, AdoptError, Choices, adopt, chosen, main, read_choices
from bpcore.exercises import UnknownExerciseError, catalogue
from bpcore.grading import SpecError, build_spec, grade
from bpcore.grading.spec import max_points, require_spec

ROOT = Path(__file__).parent.parent
START = "00_start"
CHOSEN = Choices((START,), ("start.refuse_nan",), points={"start.value": 6.0, "start.row_sums": 0.5})


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mine")
    assert len(adopt(folder, CHOSEN)) == 3
    return folder


def release(course: Path) -> nbformat.NotebookNode:
    return nbformat.read(course / "course" / START / f"{START}.ipynb", as_version=4)


def test_the_release_holds_what_was_chosen(course: Path) -> None:
    worth = max_points(build_spec(START, course / "course"))
    expected = {name: e.points for name, e in catalogue(START).items() if name != "start.refuse_nan"}
    assert worth == expected | {"start.value": 6.0, "start.row_sums": 0.5}
    text = "\n".join(cell.source for cell in release(course).cells)
    assert "· 6 points · about" in text
    assert "· 0.5 points · about" in text
    assert catalogue["start.refuse_nan"].statement not in text
    assert catalogue["start.value"].statement in text


def test_points_are_given_in_the_chosen_measure(course: Path) -> None:
    notebook = release(course)
    for cell in notebook.cells:
        if cell.metadata.get("bpcore", {}).get("kind") == "answer":
            cell.source = catalogue[cell.metadata.bpcore.exercise].solved
        if cell.metadata.get("bpcore", {}).get("exercise") == "start.value" and "class" in cell.source:
            cell.source = cell.source.replace("parent.grad += slope", "parent.grad = slope")
    result = grade(nbformat.writes(notebook).encode(), build_spec(START, course / "course"), 1, sandboxed=False)
    alone = result.reports["start.value"]
    assert alone.mistake == "overwritten"
    assert alone.max_points == 6
    assert result.cells["start.value"] == alone.points == 2.0  # one of three stages, as 1 of the library's 3 points
    assert result.cells["start.row_sums"] == 0.5
    assert result.max_points == sum(max_points(build_spec(START, course / "course")).values())


def test_a_release_of_other_exercises_is_still_refused(course: Path) -> None:
    spec = build_spec(START, course / "course")
    for cell in spec["cells"]:
        if cell["kind"] == "check" and cell["exercise"] == "start.value":
            cell["library"] = 99
    with pytest.raises(SpecError, match=r"do not agree on 'start\.value'"):
        require_spec(spec)


def test_nothing_changes_the_second_time_and_the_choices_are_never_overwritten(tmp_path: Path, capsys) -> None:
    (tmp_path / "course.toml").write_text(f'units = ["{START}"]\n', encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("Everything is up to date.\n")
    assert (tmp_path / "course.toml").read_text(encoding="utf-8") == f'units = ["{START}"]\n'
    made = (tmp_path / "course" / START / f"{START}.ipynb").read_bytes()
    assert made == (ROOT / "course" / START / f"{START}.ipynb").read_bytes()


def test_an_answer_that_later_cells_use_cannot_be_left_out() -> None:
    notebook = nbformat.read(ROOT / "solutions" / "05_backpropagation" / "05_backpropagation.ipynb", as_version=4)
    with pytest.raises(AdoptError, match=r"backprop\.backward cannot be left out"):
        chosen(notebook, Choices(leave_out=("backprop.backward",)))


def test_a_unit_without_exercises_is_refused() -> None:
    notebook = nbformat.read(ROOT / "solutions" / START / f"{START}.ipynb", as_version=4)
    with pytest.raises(AdoptError, match="No exercise of 00_start would be left"):
        chosen(notebook, Choices(leave_out=tuple(catalogue(START))))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("unit = []", "says unit, which means nothing here"),
        ("units = 3", "units must be a list of names"),
        ("[points\n", "is no TOML"),
        ("points = 3", "write points as a table"),
        ('[points]\n"start.value" = 0', "must be worth a number above 0"),
        ('[points]\n"start.value" = true', "must be worth a number above 0"),
        ('leave_out = ["start.value"]\n[points]\n"start.value" = 2', "take away one of the two"),
    ],
)
def test_choices_that_do_not_fit_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    with pytest.raises(AdoptError, match=sentence):
        read_choices(tmp_path / "course.toml")


def test_names_that_are_not_there_are_answered_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('leave_out = ["start.valeu"]', encoding="utf-8")
    with pytest.raises(UnknownExerciseError, match=r"Did you mean 'start\.value'"):
        read_choices(tmp_path / "course.toml")


def test_the_example_chooses_everything(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(EXAMPLE, encoding="utf-8")
    assert read_choices(tmp_path / "course.toml") == Choices()
    uncommented = EXAMPLE.replace("# units", "units").replace("# leave", "leave").replace("# by", "by")
    (tmp_path / "course.toml").write_text(uncommented.replace('# "back', '"back'), encoding="utf-8")
    choices = read_choices(tmp_path / "course.toml")
    assert (choices.leave_out, choices.points) == (("start.value",), {"backprop.backward": 10.0})


def test_a_package_without_solutions_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AdoptError, match="come with a clone"):
        adopt(tmp_path / "mine", Choices(), root=tmp_path)
    shutil.copytree(ROOT / "solutions" / START, tmp_path / "solutions" / START)
    with pytest.raises(AdoptError, match="own folder"):
        adopt(tmp_path, Choices(), root=tmp_path)
    with pytest.raises(AdoptError, match="no notebook of 01_networks"):
        adopt(tmp_path / "mine", Choices(("01_networks",)), root=tmp_path)
