"""The settling cobweb and the digit pad in a real JupyterLab: keys, pointers, questions, themes, and the text twin."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from . import harness

COBWEB = "from bpcore.widgets import SettlingCobweb\nw = SettlingCobweb({})\nw"
DIGITS = "from bpcore.widgets import DigitPad\nw = DigitPad({})\nw"
SERIOUS = {"serious", "critical"}


def show(page: Page, lab: harness.Server, name: str, cell: str, theme: str | None = None) -> None:
    """Open a notebook of this cell and an empty one, run them, and wait until the widget has drawn itself."""
    harness.write_notebook(lab.root / name, [cell, ""])
    harness.open_notebook(page, lab.url, name, theme)
    assert harness.run_all(page) == []
    page.locator(".bp[data-serial]").first.wait_for()


def python(page: Page, code: str) -> str:
    """What the kernel prints for the code, run in the notebook's second cell."""
    harness.set_source(page, 1, code)
    return "".join(output.get("text", "") for output in harness.run_cell(page, 1)).strip()


def settle(page: Page) -> None:
    """Wait until no newer frame comes for ten frames of the page."""
    page.evaluate(
        """async () => {
            const root = document.querySelector('.bp[data-serial]');
            for (let still = 0, last = ''; still < 10; ) {
                await new Promise(requestAnimationFrame);
                still = root.dataset.serial === last ? still + 1 : 0;
                last = root.dataset.serial;
            }
        }"""
    )


def reached_by_tab(page: Page, kind: str) -> str:
    """The names of everything that the Tab key reaches from the widget's first button on."""
    page.locator(f".{kind} button").first.focus()
    names = []
    for _ in range(60):
        names.append(
            page.evaluate(
                "() => document.activeElement.ariaLabel ?? document.activeElement.labels?.[0]?.textContent"
                " ?? document.activeElement.textContent"
            )
        )
        page.keyboard.press("Tab")
        if not page.evaluate("kind => !!document.activeElement.closest('.' + kind)", kind):
            break
    return " | ".join(map(str, names))


@pytest.mark.parametrize(("kind", "cell"), [("bp-cobweb", COBWEB), ("bp-digits", DIGITS)], ids=["cobweb", "digits"])
def test_axe_finds_nothing_serious(lab, page, theme, kind, cell):
    predict = "predict='largest_relaxation'" if kind == "bp-cobweb" else "predict='blank_pad'"
    show(page, lab, f"{kind}-{theme[-4:].strip()}.ipynb", cell.format(predict), theme)
    page.locator(".bp-twin summary").click()
    page.locator(".bp-twin td").first.wait_for()
    for _ in range(2):
        found = Axe().run(page, context=f".{kind}").response["violations"]
        assert [v["id"] for v in found if v["impact"] in SERIOUS] == []
        if page.get_by_role("button", name="Skip").is_visible():
            page.get_by_role("button", name="Skip").click()
            page.locator(".bp-predict").wait_for(state="hidden")
    small = page.locator(f".{kind} :is(button, input, select, [role=gridcell])").evaluate_all(
        "all => all.filter(n => n.offsetParent && (n.offsetWidth < 24 || n.offsetHeight < 24)).map(n => n.outerHTML)"
    )
    assert small == []


def test_the_cobweb_by_keyboard_alone(lab, page):
    show(page, lab, "cobweb-keys.ipynb", COBWEB.format(""))
    names = reached_by_tab(page, "bp-cobweb")
    for wanted in ("Back to the start", "Play the steps", "One step", "Weight w", "Relaxation α: less", "In words"):
        assert wanted in names
    expect(page.locator(".bp-cw-badge").first).to_have_text("cycle")
    page.get_by_role("slider", name=re.compile("^Relaxation")).focus()
    for _ in range(50):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".bp-cw-badge").first).to_have_text("converged")
    settle(page)
    assert python(page, "print(w.relaxation, w.settling.state_report.status)") == "0.5 converged"
    page.get_by_role("button", name="Relaxation α: more").press("Enter")
    settle(page)
    assert python(page, "print(w.relaxation)") == "0.51"
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == 2


def test_the_cobwebs_words_follow_and_the_voice_tells_the_end(lab, page):
    show(page, lab, "cobweb-twin.ipynb", COBWEB.format(""))
    page.locator(".bp-twin summary").click()
    page.locator(".bp-twin-rows", has_text="The state goes round for ever, a cycle of 2").wait_for()
    for _ in range(2):
        page.get_by_role("button", name="Weight w, back to itself: more").click()
    page.wait_for_function("() => document.querySelector('.bp-twin-rows').innerText.includes('tanh(−1.8 y + 0.5)')")
    page.locator(".bp-heard[role=log] p", has_text="steps are drawn").wait_for(state="attached")
    python(page, "w.relaxation = 0.5")
    page.wait_for_function("() => document.querySelector('.bp-cw-told').innerText.includes('The state settles')")


def test_a_hand_on_the_staircase_moves_the_start(lab, page):
    show(page, lab, "cobweb-drag.ipynb", COBWEB.format("relaxation=0.5"))
    page.locator(".bp-cw-stairs").scroll_into_view_if_needed()
    box = page.locator(".bp-cw-stairs").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    for part in range(50, 80):
        page.mouse.move(box["x"] + box["width"] * part / 100, box["y"] + box["height"] * 0.5)
    page.mouse.up()
    settle(page)
    start = float(python(page, "print(w.start)"))
    assert 0.4 < start < 0.8
    shown = float(page.get_by_role("slider", name=re.compile("^Start")).input_value())
    assert shown == pytest.approx(start, abs=0.026)


def test_playing_draws_step_after_step(lab, page):
    show(page, lab, "cobweb-play.ipynb", COBWEB.format("steps=0"))
    page.get_by_role("button", name="Play the steps").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function("() => +[...document.querySelectorAll('output')].at(-1).textContent >= 4")
    page.get_by_role("button", name="Pause").click()
    settle(page)
    drawn = python(page, "print(w.steps)")
    assert int(drawn) >= 4
    page.get_by_role("button", name="Back to the start").click()
    settle(page)
    assert python(page, "print(w.steps)") == "0"


def test_two_predictions_about_one_limit(lab, page):
    show(page, lab, "cobweb-predict.ipynb", COBWEB.format("predict='largest_relaxation'"))
    assert page.locator(".bp-body").evaluate("body => body.inert")
    assert "0.679" not in page.locator(".bp-cobweb").inner_text()
    page.get_by_label(re.compile("What is the largest α")).fill("0.68")
    page.get_by_label("a guess").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name="Try them out").click()
    page.get_by_text("It came out as 0.6792. As you said.").wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_label("yes, the same").check()
    page.get_by_label("certain").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name="Try them out").click()
    page.get_by_text("It came out as “yes, the same”. As you said.").wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator(".bp-predict").wait_for(state="hidden")


def test_the_pad_by_keyboard_alone(lab, page):
    show(page, lab, "digit-keys.ipynb", DIGITS.format(""))
    names = reached_by_tab(page, "bp-digits")
    for wanted in (
        "Show an unseen 0",
        "Noise: more",
        "Other noise",
        "row 1, column 1: ink",
        "Move the ink left",
        "Clear",
    ):
        assert wanted in names
    page.get_by_role("button", name="Clear").press("Enter")
    page.get_by_text("The pad is blank.").first.wait_for()
    page.get_by_role("gridcell").first.focus()
    for key in ("ArrowDown", "ArrowRight", "Space", "ArrowRight", "+", "+", "ArrowRight", "+"):
        page.keyboard.press(key)
    settle(page)
    assert python(page, "print(w.ink[9:12].tolist(), w.ink.sum())") == "[1.0, 0.5, 0.25] 1.75"
    expect(page.get_by_role("gridcell").nth(10)).to_have_attribute("aria-label", "row 2, column 3: ink 0.50")
    page.locator(".bp-heard[role=log] p", has_text="row 2, column 4: ink 0.25. Ink in 3 of 64").wait_for(
        state="attached"
    )
    page.get_by_role("button", name="Move the ink down").press("Enter")
    settle(page)
    assert python(page, "print(w.ink[17:20].tolist())") == "[1.0, 0.5, 0.25]"
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == 2


def test_a_stroke_of_the_pointer_leaves_ink_and_nothing_queued(lab, page):
    show(page, lab, "digit-draw.ipynb", DIGITS.format(""))
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("The pad is blank.").first.wait_for()
    box = page.locator(".bp-dp-pad").bounding_box()
    middle = box["x"] + box["width"] * 3.5 / 8
    page.mouse.move(middle, box["y"] + 4)
    page.mouse.down()
    for part in range(1, 41):
        page.mouse.move(middle, box["y"] + 4 + (box["height"] - 8) * part / 40)
    page.mouse.up()
    settle(page)
    ink = python(page, "print(*w.ink.reshape(8, 8).sum(axis=0).round(1))").split()
    assert float(ink[3]) > 7
    assert all(float(v) == 0 for v in [*ink[:2], *ink[5:]])
    shown = page.get_by_role("gridcell").evaluate_all(
        "all => all.map(c => +c.getAttribute('aria-label').split('ink ')[1])"
    )
    assert sum(shown) == pytest.approx(float(python(page, "print(w.ink.sum())")), abs=0.3)


def test_the_layers_and_the_words_follow_the_image_and_the_noise(lab, page):
    show(page, lab, "digit-layers.ipynb", DIGITS.format(""))
    page.locator(".bp-twin summary").click()
    page.locator(".bp-twin td").first.wait_for()
    before = [page.locator(".bp-dp-tiles").nth(n).evaluate("c => c.toDataURL()") for n in range(2)]
    page.get_by_role("button", name="Show an unseen 0").click()
    page.wait_for_function(
        "() => document.querySelector('.bp-twin-rows').innerText.includes('An unseen 0. It reads 0')"
    )
    assert page.locator(".bp-dp-answer").inner_text() == "0"
    for n in range(2):
        assert page.locator(".bp-dp-tiles").nth(n).evaluate("c => c.toDataURL()") != before[n]
    page.get_by_role("button", name="Noise: more").click()
    page.wait_for_function("() => document.querySelector('.bp-twin-rows').innerText.includes('noise 0.05')")
    assert page.locator(".bp-twin tbody tr").count() == 10


def test_a_blank_pad_is_predicted_before_it_is_shown(lab, page):
    show(page, lab, "digit-predict.ipynb", DIGITS.format("predict='blank_pad'"))
    page.get_by_label("yes, 10% each").check()
    page.get_by_label("rather sure").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name="Clear the pad").click()
    page.get_by_text("Not what you said.").wait_for()
    assert "biases speak" in page.locator(".bp-predict").inner_text()


def test_a_forward_that_fails_is_named(lab, page):
    cell = "def forward(params, X):\n    raise RuntimeError('a bias is missing')\n\n" + DIGITS.format("forward")
    show(page, lab, "digit-mine.ipynb", cell)
    assert "Your forward: RuntimeError: a bias is missing" in page.locator(".bp-dp-complaint").inner_text()


@pytest.mark.parametrize(("kind", "cell"), [("bp-cobweb", COBWEB), ("bp-digits", DIGITS)], ids=["cobweb", "digits"])
def test_at_four_hundred_percent_nothing_is_cut_off_and_a_stopped_kernel_is_said(lab, page, kind, cell):
    show(page, lab, f"{kind}-narrow.ipynb", cell.format(""))
    page.locator(f".{kind}").evaluate("root => { root.style.width = '300px'; }")
    settle(page)
    wide = page.locator(f".{kind}").evaluate("root => root.scrollWidth - root.clientWidth")
    assert wide <= 0
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => null)")
    page.get_by_text("The kernel has stopped").wait_for()
