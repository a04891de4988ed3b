"""The Playground in a real JupyterLab: hands, keys, themes, a dead kernel, and what stays in a saved notebook."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from . import harness

MAKE = "from bpcore.widgets import Playground\npg = Playground({options})\npg"
PICTURES = os.environ.get("BPCORE_PICTURES")
SERIOUS = {"serious", "critical"}
# A hundred changes as fast as the page can make them, as a hand that shakes the weight would.
SHAKE = """async which => {
    const root = document.querySelectorAll('.bp-playground')[which];
    const edge = root.querySelector('[data-k="0"]');
    edge.focus();
    for (let i = 0; i < 100; i += 1) {
        const key = i % 3 ? 'ArrowUp' : 'ArrowDown';
        edge.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, repeat: i > 0 }));
        if (i % 10 === 9) await new Promise(requestAnimationFrame);
    }
    edge.dispatchEvent(new KeyboardEvent('keyup', { key: 'ArrowUp', bubbles: true }));
}"""
# For each of the points: which weight the Playground chose, and all distances as the browser itself measures them.
PICKS = """async points => {
    const root = document.querySelector('.bp-playground'), svg = root.querySelector('.bp-drawing');
    const groups = [...svg.querySelectorAll('.bp-edge')].sort((a, b) => a.dataset.k - b.dataset.k);
    const scale = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
    const found = [];
    for (const [u, v] of points) {
        const box = svg.getBoundingClientRect();
        const clientX = box.left + u * box.width, clientY = box.top + v * box.height;
        const [x, y] = [u * box.width * scale, v * box.height * scale];
        const distances = groups.map(group => {
            const stroke = group.querySelector('.bp-stroke');
            if (stroke.tagName === 'circle') {
                return Math.max(0, Math.hypot(stroke.cx.baseVal.value - x, stroke.cy.baseVal.value - y) - 5);
            }
            let least = Infinity;
            const length = stroke.getTotalLength();
            for (let s = 0; s <= length; s += 0.5) {
                const p = stroke.getPointAtLength(s);
                least = Math.min(least, Math.hypot(p.x - x, p.y - y));
            }
            return least;
        });
        const init = { clientX, clientY, pointerId: 1, bubbles: true };
        const event = kind => svg.dispatchEvent(new PointerEvent(kind, init));
        document.activeElement.blur();
        svg.setPointerCapture = () => {};
        event('pointerdown'); event('pointerup');
        const chosen = document.activeElement.closest?.('.bp-edge');
        found.push({ chosen: chosen ? +chosen.dataset.k : null, distances, reach: 16 * scale });
    }
    return found;
}"""


def show(page: Page, lab: harness.Server, name: str, *cells: str, theme: str | None = None, views: int = 1) -> None:
    """Open a notebook of these cells, run them all, and wait until every Playground has drawn itself."""
    harness.write_notebook(lab.root / name, list(cells))
    harness.open_notebook(page, lab.url, name, theme)
    assert harness.run_all(page) == []
    for n in range(views):
        page.locator(".bp-playground[data-serial]").nth(n).wait_for()


def playground(options: str = "") -> str:
    return MAKE.format(options=options)


def pixels(page: Page, selector: str = ".bp-field-heat", which: int = 0) -> str:
    """A fingerprint of what a canvas shows."""
    data = page.locator(selector).nth(which).evaluate("canvas => canvas.toDataURL()")
    return hashlib.sha256(data.encode()).hexdigest()


def until_pixels_change(page: Page, before: str, selector: str = ".bp-field-heat", which: int = 0) -> None:
    page.wait_for_function(
        """async ([selector, which, before]) => {
            const data = document.querySelectorAll(selector)[which].toDataURL();
            const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(data));
            return [...new Uint8Array(bytes)].map(b => b.toString(16).padStart(2, '0')).join('') !== before;
        }""",
        arg=[selector, which, before],
    )


def python(page: Page, code: str) -> str:
    """What the kernel prints for the code, run in the notebook's last cell."""
    last = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length - 1")
    harness.set_source(page, last, code)
    outputs = harness.run_cell(page, last)
    return "".join(output.get("text", "") for output in outputs).strip()


def value_of(page: Page, k: int = 0) -> float:
    return float(page.locator(f'.bp-edge[data-k="{k}"]').first.get_attribute("aria-valuenow"))


def test_a_key_changes_the_weight_the_picture_and_python(lab, page):
    show(page, lab, "key.ipynb", playground(), "")
    before, field = value_of(page), pixels(page)
    page.get_by_role("slider", name=re.compile("weight input 1 → layer 1 unit 1")).focus()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    until_pixels_change(page, field)
    settle(page)
    assert value_of(page) == pytest.approx(before + 1.2, abs=0.02)
    assert float(python(page, "print(pg.weights[0][0, 0])")) == pytest.approx(value_of(page), abs=0.006)
    # JupyterLab has not taken the keys for its own commands: the cells are as they were.
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == 2


def test_the_focus_goes_from_weight_to_weight_and_every_control_is_reached(lab, page):
    show(page, lab, "focus.ipynb", playground(), "")
    page.locator('.bp-edge[data-k="0"]').focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.dataset.k") == "1"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.dataset.k") == "36"
    assert page.locator('.bp-edge[tabindex="0"]').count() == 1
    page.locator(".bp-playground button").first.focus()
    reached = []
    for _ in range(40):
        reached.append(page.evaluate("() => document.activeElement.ariaLabel ?? document.activeElement.tagName"))
        page.keyboard.press("Tab")
        if not page.evaluate("() => !!document.activeElement.closest('.bp-playground')"):
            break
    everything = " ".join(map(str, reached))
    for wanted in ("Begin anew", "Play", "One step", "Noise: less", "One hidden layer more", "Value: more", "SUMMARY"):
        assert wanted in everything
    free = page.locator(
        ".bp-playground :is(button, input, select, textarea, summary, [tabindex]):not([data-lm-suppress-shortcuts])"
    )
    assert free.count() == 0


def test_play_step_undo_and_reset_by_their_buttons(lab, page):
    show(page, lab, "play.ipynb", playground(), "")
    steps = page.locator(".bp-count").first
    page.get_by_role("button", name="One step").click()
    page.wait_for_function("() => document.querySelector('.bp-count').textContent === '1'")
    field = pixels(page)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => +document.querySelector('.bp-count').textContent > 30")
    page.get_by_role("button", name="Pause").click()
    until_pixels_change(page, field)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("() => document.querySelector('.bp-count').textContent === '1'")
    page.get_by_role("button", name="Begin anew").click()
    page.wait_for_function("() => document.querySelector('.bp-count').textContent === '0'")
    assert steps.inner_text() == "0"
    assert python(page, "print(len(pg.history))") == "0"


def test_a_drag_leaves_nothing_behind(lab, page):
    show(page, lab, "drag.ipynb", playground(), "")
    box = page.locator(".bp-drawing").bounding_box()
    path = page.locator('.bp-edge[data-k="32"] .bp-stroke')
    x, y = path.evaluate("p => { const q = p.getPointAtLength(p.getTotalLength() / 2); return [q.x, q.y]; }")
    scale = box["width"] / 620
    page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
    page.mouse.down()
    for i in range(60):
        page.mouse.move(box["x"] + x * scale, box["y"] + y * scale - i)
    shown = value_of(page, 32)
    page.mouse.up()
    settle(page)
    assert value_of(page, 32) == pytest.approx(shown, abs=0.03)
    assert float(python(page, "print(pg.weights[4][0, 0])")) == pytest.approx(value_of(page, 32), abs=0.006)


def settle(page: Page, which: int = 0) -> None:
    """Wait until no newer frame comes for ten frames of the page."""
    page.evaluate(
        """async which => {
            const root = document.querySelectorAll('.bp-playground')[which];
            for (let still = 0, last = ''; still < 10; ) {
                await new Promise(requestAnimationFrame);
                still = root.dataset.serial === last ? still + 1 : 0;
                last = root.dataset.serial;
            }
        }""",
        which,
    )


def test_a_hundred_rapid_changes_settle_with_nothing_stale(lab, page):
    show(page, lab, "rapid.ipynb", playground(), "")
    before = value_of(page)
    asked = (
        "pg.asked = []\noriginal = pg._answer\npg._answer = lambda *a, **k: (pg.asked.append(a), original(*a, **k))[1]"
    )
    python(page, asked)
    page.evaluate(SHAKE, 0)
    settle(page)
    assert value_of(page) == pytest.approx(before + 0.1 * (66 - 34), abs=0.02)
    kernel = float(python(page, "print(pg.weights[0][0, 0])"))
    assert kernel == pytest.approx(value_of(page), abs=0.006)
    # Not one request for each change: what the hand had already left behind was never asked.
    assert 1 <= int(python(page, "print(len(pg.asked))")) < 60
    assert page.locator(".bp-playground").get_attribute("data-serial") == python(page, "print(next(pg._serial) - 1)")


def test_two_at_once_do_not_touch_each_other(lab, page):
    other = "other = Playground(data='circles', seed=3)\nother"
    show(page, lab, "two.ipynb", playground(), other, "", views=2)
    first, second = pixels(page, which=0), pixels(page, which=1)
    assert first != second
    page.evaluate(SHAKE, 0)
    until_pixels_change(page, first, which=0)
    settle(page, 0)
    assert pixels(page, which=1) == second
    page.evaluate(SHAKE, 1)
    until_pixels_change(page, second, which=1)


def test_two_views_of_one_show_the_same(lab, page):
    show(page, lab, "views.ipynb", playground(), "display(pg)\npg", "", views=3)
    first = pixels(page, which=0)
    page.evaluate(SHAKE, 0)
    for which in range(3):
        until_pixels_change(page, first, which=which)
    settle(page)
    assert pixels(page, which=0) == pixels(page, which=1) == pixels(page, which=2)


def test_the_theme_is_followed(lab, page):
    show(page, lab, "theme.ipynb", playground(), "", theme=harness.THEMES[0])
    light = pixels(page)
    root = page.locator(".bp-playground")
    assert root.get_attribute("data-bp-theme") == "light"
    harness.set_theme(page, harness.THEMES[1])
    page.wait_for_selector('.bp-playground[data-bp-theme="dark"]')
    until_pixels_change(page, light)
    harness.set_theme(page, harness.THEMES[0])
    page.wait_for_selector('.bp-playground[data-bp-theme="light"]')


@pytest.mark.parametrize("how", ["restart", "shutdown", "kill"])
def test_a_kernel_that_is_gone_is_said(lab, page, how):
    show(page, lab, f"gone-{how}.ipynb", playground(), "")
    if how == "kill":
        harness.set_source(page, 1, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        page.evaluate(
            """() => {
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
                window.jupyterapp.commands.execute('notebook:run-cell');
            }"""
        )
    else:
        page.evaluate(
            f"() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.{how}().then(() => null)"
        )
    page.get_by_text("The kernel has stopped").wait_for()


def test_it_answers_though_a_cell_has_yet_to_end(lab, page):
    show(page, lab, "busy.ipynb", playground(), "import time; time.sleep(3)")
    page.evaluate(
        """() => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
            window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    page.get_by_role("button", name="One step").click()
    # At once, where JupyterLab and the kernel have a second line for widgets, and when the cell has ended otherwise.
    page.wait_for_function("() => document.querySelector('.bp-count').textContent === '1'")
    page.locator(".bp-banner").wait_for(state="hidden")


def test_picking_hits_the_nearest_edge(lab, page):
    import numpy as np

    show(page, lab, "pick.ipynb", playground(), "")
    # Over the part of the drawing in which the edges lie.
    points = np.random.default_rng(7).uniform((0.1, 0.1), (0.97, 0.97), (200, 2)).tolist()
    hits, wrong = 0, []
    for found in page.evaluate(PICKS, points):
        distances = np.array(found["distances"])
        nearest, chosen = distances.min(), found["chosen"]
        if chosen is None:
            if nearest < found["reach"] - 0.5:
                wrong.append((nearest, "missed"))
            continue
        hits += 1
        # Two that are equally far to within half a unit of the drawing are both right.
        if distances[chosen] > nearest + 0.5:
            wrong.append((distances[chosen], nearest))
    assert wrong == []
    assert hits > 100


def test_axe_finds_nothing_serious(lab, page, theme):
    show(page, lab, "axe.ipynb", playground("predict='zero_weights'"), "", theme=theme)
    page.wait_for_selector(f'.bp-playground[data-bp-theme="{"dark" if "Dark" in theme else "light"}"]')
    page.locator(".bp-twin summary").click()
    page.locator(".bp-twin table").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Skip").click()
    page.locator(".bp-predict").wait_for(state="hidden")
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page, context=".bp-playground").response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in SERIOUS]


def test_a_trained_network_reads_its_data(lab, page, theme):
    page.set_viewport_size({"width": 1400, "height": 1000})
    options = "data='moons', hidden=(6, 4), optimizer='adam', learning_rate=0.03, noise=0.1"
    show(
        page, lab, "trained.ipynb", playground(options).removesuffix("pg") + "pg.step(200)\npg", "pg.loss", theme=theme
    )
    loss = float(harness.outputs(page, 1)[-1]["data"]["text/plain"])
    assert loss < 0.1
    page.wait_for_selector(f'.bp-playground[data-bp-theme="{"dark" if "Dark" in theme else "light"}"]')
    assert f"{loss:.2f}" in page.locator(".bp-playground").inner_text()
    if PICTURES:
        name = "playground-dark.png" if "Dark" in theme else "playground-light.png"
        page.locator(".bp-playground").screenshot(path=Path(PICTURES) / name, animations="disabled")


def test_everything_clickable_is_large_enough(lab, page):
    show(page, lab, "size.ipynb", playground(), "")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.bp-playground :is(button, select, input, summary)')]
            .map(node => [node.ariaLabel ?? node.outerHTML, (node.closest('label') ?? node).getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
            .map(([name, box]) => `${name} ${box.width}×${box.height}`)"""
    )
    assert small == []


def test_narrow_as_at_four_hundred_percent_nothing_is_cut_off(lab, page):
    page.set_viewport_size({"width": 420, "height": 800})
    show(page, lab, "narrow.ipynb", playground(), "")
    wide = page.locator(".bp-playground").evaluate("root => [root.scrollWidth, root.clientWidth]")
    assert wide[0] <= wide[1] + 1


def test_a_click_adds_a_point_and_a_key_too(lab, page):
    show(page, lab, "points.ipynb", playground(), "")
    page.locator(".bp-surface").click(position={"x": 20, "y": 20})
    page.wait_for_function("() => document.querySelector('.bp-shape input[value=own]').checked")
    page.locator(".bp-surface").press("ArrowRight")
    page.locator(".bp-surface").press("0")
    page.locator(".bp-surface").press("Enter")
    settle(page)
    assert python(page, "X, y = pg.data; print(len(y), y[-2:], (X[-2] * [-1, 1] > 1).all())") == "202 [1 0] True"


def test_the_code_that_is_copied_runs(lab, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show(page, lab, "code.ipynb", playground(), "")
    page.get_by_role("button", name="One step").click()
    page.get_by_role("button", name="Copy as code").click()
    page.get_by_text("Copied: paste it into a new cell.").wait_for()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == page.locator(".bp-code").input_value()
    again = python(page, copied.replace("\nPlayground(", "\nagain = Playground(") + "\nprint(again.loss == pg.loss)")
    assert again == "True"


def test_a_prediction_comes_before_anything_moves(lab, page):
    show(page, lab, "predict.ipynb", playground("weights=0, predict='zero_weights'"), "")
    assert page.locator(".bp-body").evaluate("body => body.inert")
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_text("First write a number, and say how sure you are.").wait_for()
    page.get_by_label("What is the loss after 100 steps?").fill("0,3")
    page.get_by_label("certain").check()
    page.get_by_role("button", name="That is my prediction").click()
    page.get_by_role("button", name="Take 100 steps").click()
    page.get_by_text("It came out as 0.6931. Not what you said.").wait_for()
    assert page.locator(".bp-count").first.inner_text() == "100"
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator(".bp-predict").wait_for(state="hidden")


def test_ones_own_function_that_fails_is_named(lab, page):
    broken = "def backward(X, labels, *parameters):\n    raise RuntimeError('a sign is missing')\n\n"
    show(page, lab, "mine.ipynb", broken + playground("backward=backward"), "")
    text = page.locator(".bp-complaints").inner_text()
    assert "Your backward: RuntimeError: a sign is missing" in text
    assert "Ours goes on in its place." in text


def test_a_reopened_notebook_shows_the_picture(lab, page):
    show(page, lab, "again.ipynb", playground(), "")
    assert page.locator(".bp-still").is_hidden()
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save').then(() => null)")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => null)")
    harness.open_notebook(page, lab.url, "again.ipynb")
    page.locator(".bp-still img").wait_for()
    assert page.locator(".bp-still img").evaluate("image => image.naturalWidth") > 300


def test_the_voice_speaks_on_release_only(lab, page):
    show(page, lab, "voice.ipynb", playground(), "")
    page.evaluate(
        """() => {
            const voice = document.querySelector('.bp-heard[role=log]');
            window.said = [];
            new MutationObserver(() => window.said.push(voice.textContent)).observe(voice, { childList: true });
        }"""
    )
    page.evaluate(SHAKE, 0)
    page.wait_for_function("() => window.said.length > 0")
    settle(page)
    said = page.evaluate("() => window.said")
    assert len(said) == 1
    assert re.fullmatch(r"input 1 → layer 1 unit 1 \S+\. Loss \S+, gradient \S+\.", said[0])


def test_the_table_is_the_twin(lab, page):
    show(page, lab, "twin.ipynb", playground(), "")
    page.locator(".bp-twin summary").click()
    page.locator(".bp-twin td").first.wait_for()
    assert page.locator(".bp-twin tbody tr").count() == 37
    assert float(page.locator(".bp-twin td").first.inner_text()) == pytest.approx(value_of(page), abs=0.006)
