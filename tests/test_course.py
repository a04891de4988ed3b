"""Every unit runs from top to bottom: solved it earns all points, released it earns none, and nothing crashes."""

import itertools
import json
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from bpcore.exercises import catalogue
from bpcore.itinerary import CORE_MINUTES

ROOT = Path(__file__).parent.parent
NOTEBOOKS = tuple(sorted(path.stem for path in (ROOT / "solutions").glob("*/*.py")))
UNITS = tuple(name for name in NOTEBOOKS if name in catalogue.units)
PAGES = tuple(name for name in NOTEBOOKS if name not in catalogue.units)  # without exercises
POSSIBLE = {unit: sum(exercise.points for exercise in catalogue(unit).values()) for unit in UNITS}

FIGURES = ("layer", "graph", "curves", "error_against_step", "agreement", "digits", "mistakes", "history", "descent")
FIGURES += ("confusion", "weights", "cobweb", "sizes", "spectrum")


def notebook(folder: str, unit: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / folder / unit / f"{unit}.ipynb", as_version=4)


def run(nb: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    return nbclient.NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()


def points(nb: nbformat.NotebookNode) -> list[float]:
    checks = [cell for cell in nb.cells if cell.metadata.get("bpcore", {}).get("kind") == "check"]
    return [
        float(o["data"]["text/plain"]) for cell in checks for o in cell.outputs if o.output_type == "execute_result"
    ]


def complaints(nb: nbformat.NotebookNode) -> list[str]:
    told = []
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" or (output.output_type == "stream" and output.name == "stderr"):
                told.append(output.get("evalue") or output.get("text"))
    return told


@pytest.mark.parametrize("unit", UNITS)
def test_solved_it_earns_everything(unit: str, tmp_path: Path) -> None:
    nb = run(notebook("solutions", unit), tmp_path)
    assert complaints(nb) == []
    assert sum(points(nb)) == POSSIBLE[unit]
    assert len(points(nb)) == len(catalogue(unit))


@pytest.mark.parametrize("unit", UNITS)
def test_as_released_it_earns_nothing_and_nothing_crashes(unit: str, tmp_path: Path) -> None:
    nb = run(notebook("course", unit), tmp_path)
    assert complaints(nb) == []
    assert points(nb) == [0.0] * len(catalogue(unit))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_exercises_runs_and_says_nothing_on_the_side(page: str, tmp_path: Path) -> None:
    assert complaints(run(notebook("course", page), tmp_path)) == []


@pytest.mark.parametrize("unit", NOTEBOOKS)
def test_a_link_to_a_unit_leads_to_one_of_the_course(unit: str) -> None:
    text = "\n".join(cell.source for cell in notebook("course", unit).cells if cell.cell_type == "markdown")
    for folder, name in re.findall(r"\]\(\.\./(\w+)/(\w+)\.ipynb\)", text):
        assert folder == name
        assert folder in CORE_MINUTES or folder in NOTEBOOKS


@pytest.mark.parametrize("unit", UNITS)
def test_the_exercises_do_not_rest_on_worked_cells(unit: str, capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict = {}
    earned = 0.0
    for cell in notebook("solutions", unit).cells:
        kind = cell.metadata.get("bpcore", {}).get("kind")
        if kind == "check":
            earned += eval(cell.source, namespace)
        elif cell.cell_type == "code" and kind != "worked":
            exec(cell.source, namespace)
    assert earned == POSSIBLE[unit]


@pytest.mark.parametrize("unit", UNITS)
def test_the_release_holds_no_solution_and_no_output(unit: str) -> None:
    text = (ROOT / "course" / unit / f"{unit}.ipynb").read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in text
    answers = {
        c.metadata.bpcore.exercise: c.source
        for c in notebook("course", unit).cells
        if c.metadata.get("bpcore", {}).get("kind") == "answer"
    }
    for exercise_id, exercise in catalogue(unit).items():
        assert answers[exercise_id] == exercise.starter.rstrip("\n")
        assert answers[exercise_id] != exercise.source.rstrip("\n")
    assert not any(cell.get("outputs") for cell in json.loads(text)["cells"])


@pytest.mark.parametrize("unit", NOTEBOOKS)
def test_headings_step_down_one_level_at_a_time(unit: str) -> None:
    levels = [
        len(line) - len(line.lstrip("#"))
        for cell in notebook("course", unit).cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("unit", NOTEBOOKS)
def test_every_picture_has_a_text_twin(unit: str) -> None:
    for cell in notebook("course", unit).cells:
        for figure in FIGURES:
            if cell.cell_type == "code" and f"bp.plot_{figure}(" in cell.source:
                assert "in_words(" in cell.source, cell.source
