"""The course in a real browser: a wrong answer shows its report in light and in dark, a right one passes Validate."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bpcore.exercises import catalogue

from . import harness

COURSE = Path(__file__).parent.parent.parent / "course"
PICTURES = os.environ.get("BPCORE_PICTURES")
WRONG = """
def dense_vjp(X, W, g):
    dX = g @ W.T
    dW = X.T @ g / len(X)
    db = g.sum(axis=0)
    return dX, dW, db
""".strip()


@pytest.fixture
def unit(lab, request) -> str:
    """A fresh copy of a unit in the folder that JupyterLab serves; returns its path there."""
    shutil.copytree(COURSE / request.param, lab.root / request.param, dirs_exist_ok=True)
    return f"{request.param}/{request.param}.ipynb"


def cell_of(page, exercise_id: str, kind: str) -> int:
    """The position of an exercise's answer or check."""
    return page.evaluate(
        """([id, kind]) => window.jupyterapp.shell.currentWidget.content.widgets.findIndex(cell => {
            const about = cell.model.sharedModel.getMetadata().bpcore;
            return about && about.kind === kind && about.exercise === id;
        })""",
        [exercise_id, kind],
    )


def contrast(page, selector: str) -> float:
    """How far text stands out from the notebook behind it, by WCAG's formula (21 is black on white)."""
    return page.evaluate(
        """selector => {
            const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
                .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const text = light(getComputedStyle(document.querySelector(selector)).color);
            const page = light(getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor);
            return (Math.max(text, page) + 0.05) / (Math.min(text, page) + 0.05);
        }""",
        selector,
    )


@pytest.mark.parametrize("unit", ["05_backpropagation"], indirect=True)
def test_a_wrong_answer_shows_its_report(lab, page, theme, unit):
    page.set_viewport_size({"width": 1080, "height": 640})
    harness.open_notebook(page, lab.url, unit, theme)
    answer, checking = (cell_of(page, "backprop.dense_backward", kind) for kind in ("answer", "check"))
    harness.set_source(page, answer, WRONG)

    assert harness.run_all(page) == []

    report = page.locator(".bpcore-wrong").first
    report.scroll_into_view_if_needed()
    text = report.inner_text()
    assert "2 of 3 points" in text
    assert "First wrong quantity: dW" in text
    assert "divided by the batch size once more" in text
    assert report.get_attribute("role") == "status"
    assert contrast(page, ".bpcore-wrong p") >= 4.5
    assert float(harness.outputs(page, checking)[-1]["data"]["text/plain"]) == 2.0
    if PICTURES:
        page.evaluate(
            """index => {
                const cell = window.jupyterapp.shell.currentWidget.content.widgets[index].node;
                cell.scrollIntoView({ block: 'start' });
            }""",
            answer,
        )
        name = "report-dark.png" if "Dark" in theme else "report-light.png"
        page.screenshot(path=Path(PICTURES) / name, animations="disabled")


@pytest.mark.parametrize("unit", ["00_start"], indirect=True)
def test_validate_tells_solved_from_unsolved(lab, page, unit):
    harness.open_notebook(page, lab.url, unit)
    assert "failed" in harness.validate(page)

    for exercise in catalogue("00_start").values():
        harness.set_source(page, cell_of(page, exercise.id, "answer"), exercise.solved)
    assert "Success" in harness.validate(page)
