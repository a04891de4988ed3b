"""The graph stepper, the shapes that click together and the loss landscape in a real JupyterLab, by keys alone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from . import harness

STEPPER = """import bpcore as bp
from bpcore.widgets import GraphStepper
a = bp.Value(3.0)
c = a * a + a
w = GraphStepper(c, a=a, c=c{options})
w"""
PUZZLE = "from bpcore.widgets import TransposePuzzle\nw = TransposePuzzle({options})\nw"
LANDSCAPE = "from bpcore.widgets import LossLandscape\nw = LossLandscape({options})\nw"
ASKING = [
    (STEPPER, ", predict='used_again'"),
    (PUZZLE, "predict='which_product'"),
    (LANDSCAPE, "'steep', learning_rate=0.21, start=(1, 0), steps=0, optimizers=['sgd'], predict='too_fast'"),
]
EACH = pytest.mark.parametrize(("cell", "options"), ASKING, ids=["stepper", "transpose", "landscape"])


def show(page: Page, lab: harness.Server, name: str, cell: str, theme: str | None = None) -> None:
    """Open a notebook of this cell and an empty one, and wait until the widget has drawn itself."""
    harness.write_notebook(lab.root / name, [cell, ""])
    harness.open_notebook(page, lab.url, name, theme)
    assert harness.run_all(page) == []
    page.locator(".bp[data-serial]").wait_for()


def python(page: Page, code: str) -> str:
    """What the kernel prints for the code, run in the notebook's last cell."""
    harness.set_source(page, 1, code)
    return "".join(output.get("text", "") for output in harness.run_cell(page, 1)).strip()


def until(page: Page, attribute: str, value: str) -> None:
    page.locator(f'.bp[data-{attribute}="{value}"]').wait_for()


def heard(page: Page, text: str) -> None:
    page.locator('.bp-heard[role="log"]').get_by_text(re.compile(text)).wait_for(state="attached")


def twin(page: Page) -> str:
    return page.locator(".bp-twin-rows").inner_text()


def serious(page: Page) -> list[str]:
    found = Axe().run(page, context=".bp").response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in {"serious", "critical"}]


def test_the_stepper_walks_by_keys_and_tells_where_it_is(lab, page):
    show(page, lab, "stepper.ipynb", STEPPER.format(options=""))
    page.locator(".bp-twin summary").focus()
    page.keyboard.press("Enter")
    page.locator(".bp-twin table").wait_for()
    page.get_by_role("button", name="One step forward").focus()
    for _ in range(6):
        page.keyboard.press("Enter")
    until(page, "at", "6")
    heard(page, "From v1 to a: local slope 3 × upstream 1 = 3")
    assert "1 + 3 = 4" in twin(page)
    assert page.locator(".bp-slope-label.bp-now text").all_text_contents() == ["3 × 1", "= 3"]
    page.get_by_role("button", name="One step back").focus()
    page.keyboard.press("Space")
    until(page, "at", "5")
    page.get_by_role("slider", name="Step").focus()
    page.keyboard.press("End")
    until(page, "at", "7")
    assert python(page, "print(w.gradients['a'])") == "7.0"
    page.locator(".bp-twin td").get_by_text("1 + 3 + 3 = 7").wait_for()
    # JupyterLab has not taken the keys for its own commands.
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == 2


def test_the_stepper_plays_to_the_end_and_stops(lab, page):
    show(page, lab, "plays.ipynb", STEPPER.format(options=""))
    page.get_by_role("slider", name="Step").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    until(page, "at", "5")
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Pause").wait_for()
    until(page, "at", "7")
    page.get_by_role("button", name="Play", exact=True).wait_for()


def test_the_matrices_turn_and_swap_by_keys(lab, page):
    show(page, lab, "matrices.ipynb", PUZZLE.format(options=""))
    until(page, "kind", "open")
    page.locator(".bp-twin summary").click()
    page.get_by_role("button", name="Turn the left one, X").focus()
    page.keyboard.press("Enter")
    until(page, "kind", "right")
    heard(page, r"X\.T @ g\. This is dW")
    assert page.locator(".bp-arc").count() == 5
    page.get_by_role("button", name="All 2", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Swap the two").focus()
    page.keyboard.press("Enter")
    until(page, "kind", "values")
    assert "8 have the shape of W, and 1 the right values" in twin(page)
    page.get_by_role("slider", name="N, samples").focus()
    page.keyboard.press("ArrowRight")
    until(page, "kind", "shape")
    assert python(page, "print(w)") == "TransposePuzzle(dW = g @ X.T, {'N': 3, 'D': 2, 'H': 2})"
    page.get_by_label("Sought").select_option("dX")
    page.locator(".bp-formula").get_by_text("g @ W", exact=True).wait_for()


def test_the_start_of_the_paths_moves_by_keys_and_by_hand(lab, page):
    show(page, lab, "land.ipynb", LANDSCAPE.format(options="start=(-1.0, 1.0)"))
    page.get_by_role("application").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    heard(page, r"start \(−0\.8, 0\.75\)")
    assert python(page, "print(w.start)") == "(-0.8, 0.75)"
    box = page.locator(".bp-ground").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for i in range(1, 31):
        page.mouse.move(box["x"] + (0.3 + i / 100) * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.up()
    page.get_by_text(re.compile(r"^Start \(0\.\d+, 0\.\d+\)")).wait_for()
    heard(page, r"start \(0\.\d+, 0\.\d+\)")
    x, y = eval(python(page, "print(w.start)"))
    assert (x, y) == pytest.approx((0.4, 0.8), abs=0.02)


def test_steps_rate_loss_and_optimizers_by_keys(lab, page):
    show(page, lab, "steps.ipynb", LANDSCAPE.format(options="steps=0"))
    page.locator(".bp-twin summary").click()
    page.get_by_role("button", name="One step forward").focus()
    page.keyboard.press("Enter")
    until(page, "steps", "1")
    page.get_by_role("slider", name="Steps").focus()
    page.keyboard.press("End")
    until(page, "steps", "60")
    page.get_by_role("button", name="Learning rate: more").click()
    page.get_by_role("button", name=re.compile("^Adam")).focus()
    page.keyboard.press("Space")
    page.locator('.bp-entry[aria-pressed="false"]').wait_for()
    page.get_by_label("Loss", exact=True).select_option("saddle")
    page.locator(".bp-twin p").get_by_text(re.compile("a saddle")).wait_for()
    assert "Adam" not in twin(page)
    assert python(page, "print(list(w.paths), w.steps, w.learning_rate > 0.09)") == (
        "['sgd', 'momentum', 'rmsprop'] 60 True"
    )


@EACH
def test_axe_finds_nothing_serious_in_light_and_dark(lab, page, cell, options):
    show(page, lab, "axe-small.ipynb", cell.format(options=options), theme=harness.THEMES[0])
    page.locator(".bp-twin summary").click()
    page.locator(".bp-twin table").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Skip").click()
    page.locator(".bp-predict").wait_for(state="hidden")
    assert serious(page) == []
    harness.set_theme(page, harness.THEMES[1])
    until(page, "bp-theme", "dark")
    assert serious(page) == []


@EACH
def test_a_prediction_is_asked_and_its_answer_shown(lab, page, cell, options):
    show(page, lab, "ask-small.ipynb", cell.format(options=options))
    assert page.locator(".bp-body").evaluate("body => body.inert")
    if page.locator(".bp-predict input.bp-input").count():
        page.locator(".bp-predict input.bp-input").fill("−1,1")
    else:
        page.get_by_label("X.T @ g", exact=True).check()
    page.get_by_label("certain").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name=re.compile("Walk to the end|Put it together|Take 8 steps")).click()
    page.get_by_text(re.compile("It came out as (7|“X.T @ g”|-1.1)")).wait_for()


@EACH
def test_all_that_is_clicked_is_large_enough_and_a_dead_kernel_is_said(lab, page, cell, options):
    show(page, lab, "size-small.ipynb", cell.format(options=options.rpartition("predict=")[0].rstrip(", ")))
    small = page.evaluate(
        """() => [...document.querySelectorAll('.bp :is(button, select, input, summary)')]
            .map(node => [node.ariaLabel ?? node.outerHTML, node.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([name]) => name)"""
    )
    assert small == []
    free = page.locator(".bp :is(button, input, select, summary, [tabindex]):not([data-lm-suppress-shortcuts])")
    assert free.count() == 0
    page.set_viewport_size({"width": 420, "height": 800})
    wide = page.locator(".bp").evaluate("root => root.scrollWidth - root.clientWidth")
    assert wide <= 1
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown().then(() => null)"
    )
    page.get_by_text("The kernel has stopped").wait_for()
