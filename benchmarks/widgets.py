"""How the widgets feel: key press to changed pixels, pictures a second in a drag, and what is left over after release.

The Playground beside a minimal widget of one synced trait and `interact` with matplotlib, in one JupyterLab, one
Chromium and one run: `python -m benchmarks.widgets`. It needs Chromium, and what the browser tests need.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from tests.browser import harness

# The Playground, with nothing but one weight taken hold of; the field is what must change.
PLAYGROUND = "from bpcore.widgets import Playground\npg = Playground()\npg"
# The least that an anywidget can be: one number to Python, one picture of the same size back.
MINIMAL = '''
import anywidget, traitlets, numpy as np
X, Y = np.meshgrid(np.linspace(-3, 3, 60), np.linspace(-3, 3, 60))
class Minimal(anywidget.AnyWidget):
    _esm = """
    export default { render({ model, el }) {
      const range = document.createElement("input"), canvas = document.createElement("canvas");
      Object.assign(range, { type: "range", min: -4, max: 4, step: 0.1, value: 0, className: "minimal-range" });
      range.dataset.lmSuppressShortcuts = "true"; range.style.width = "400px";
      Object.assign(canvas, { width: 60, height: 60, className: "minimal-canvas" });
      range.addEventListener("input", () => { model.set("w", +range.value); model.save_changes(); });
      const draw = () => {
        const view = model.get("picture"), pen = canvas.getContext("2d"), image = pen.createImageData(60, 60);
        for (let i = 0; i < 3600; i++) image.data.set([view.getUint8(i), 0, 0, 255], 4 * i);
        pen.putImageData(image, 0, 0);
      };
      model.on("change:picture", draw); draw(); el.append(range, canvas);
    } }"""
    w = traitlets.Float(0.0).tag(sync=True)
    picture = traitlets.Bytes(bytes(3600)).tag(sync=True)
    @traitlets.observe("w")
    def _changed(self, change):
        self.picture = (127 * (1 + np.tanh(change.new * X + Y))).astype("u1").tobytes()
Minimal()
'''
INTERACT = """
%matplotlib inline
import matplotlib.pyplot as plt, numpy as np
from ipywidgets import interact
X, Y = np.meshgrid(np.linspace(-3, 3, 60), np.linspace(-3, 3, 60))
@interact(w=(-4.0, 4.0, 0.1))
def draw(w=0.0):
    plt.imshow(np.tanh(w * X + Y), cmap="RdBu")
    plt.show()
"""
# What one would write instead of the Playground: the same picture, drawn by matplotlib each time.
SAME = """
%matplotlib inline
import matplotlib.pyplot as plt
from ipywidgets import interact
from bpcore.widgets import Playground
pg = Playground()
@interact(w=(-4.0, 4.0, 0.1))
def draw(w=0.0):
    pg.experiment.edit(2, w)
    pg.draw(plt.figure(figsize=pg.size, layout="constrained"))
    plt.show()
"""
# Looks at the pixels once for each picture of the page, as an eye would, and notes the moments at which they changed.
WATCH = """selector => {
    const old = window.watched;
    if (old) old.stop = true;
    const sum = () => {
        const node = document.querySelector(selector);
        if (!node) return null;
        if (node.tagName === 'IMG') return node.complete ? node.src.length + node.src.slice(-4000) : null;
        const bytes = new Uint32Array(node.getContext('2d').getImageData(0, 0, node.width, node.height).data.buffer);
        let total = 0;
        for (let i = 0; i < bytes.length; i += 1) total = (Math.imul(total, 31) + bytes[i]) | 0;
        return total;
    };
    const watch = (window.watched = { stop: false, changes: [], pressed: 0, released: 0, last: sum() });
    window.addEventListener('keydown', event => { watch.pressed = event.timeStamp; }, true);
    window.addEventListener('pointerup', event => { watch.released = event.timeStamp; }, true);
    const look = () => {
        if (watch.stop) return;
        const now = sum();
        if (now !== null && now !== watch.last) { watch.last = now; watch.changes.push(performance.now()); }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


@dataclass(frozen=True)
class Rival:
    """A widget to be timed: its cell, what takes the keys, where its pixels are, and the way in which it is dragged."""

    name: str
    cell: str
    takes_keys: str
    pixels: str
    sideways: bool


RIVALS = (
    Rival("Playground", PLAYGROUND, '.bp-edge[data-k="2"]', ".bp-field-heat", False),
    Rival("minimal, one synced trait", MINIMAL, ".minimal-range", ".minimal-canvas", True),
    Rival("interact, the same picture", SAME, '.widget-slider [role="slider"]', ".jp-OutputArea-output img", True),
    Rival("interact, one plain image", INTERACT, '.widget-slider [role="slider"]', ".jp-OutputArea-output img", True),
)


def press(page: Page, presses: int) -> np.ndarray:
    """Milliseconds from each key press to the first picture of the page with other pixels."""
    times = []
    for i in range(presses):
        page.evaluate("() => { window.watched.changes.length = 0; window.watched.pressed = 0; }")
        page.keyboard.press("ArrowUp" if i // 10 % 2 == 0 else "ArrowDown")
        page.wait_for_function("() => window.watched.pressed && window.watched.changes.length > 0")
        times.append(page.evaluate("() => window.watched.changes[0] - window.watched.pressed"))
        # Until all is quiet, so that one press does not pay for another.
        page.evaluate("() => new Promise(done => setTimeout(done, 60))")
    return np.array(times)


def drag(page: Page, rival: Rival, seconds: float) -> tuple[float, float]:
    """Pictures a second while a hand goes to and fro, and the milliseconds for which they still change after it."""
    if rival.sideways:
        box = page.locator(rival.takes_keys).first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    else:
        point = page.locator(f"{rival.takes_keys} .bp-stroke").evaluate(
            """path => {
                const p = path.getPointAtLength(path.getTotalLength() / 2), m = path.getScreenCTM();
                return [p.x * m.a + m.e, p.y * m.d + m.f];
            }"""
        )
        x, y = point
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("() => { window.watched.changes.length = 0; }")
    began, i = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        away = 50 * np.sin(i / 9)
        page.mouse.move(x + away * rival.sideways, y + away * (not rival.sideways))
        i += 1
    count = page.evaluate("() => window.watched.changes.length")
    lasted = time.perf_counter() - began
    page.mouse.up()
    page.evaluate("() => new Promise(done => setTimeout(done, 1500))")
    after = page.evaluate("() => Math.max(0, window.watched.changes.at(-1) - window.watched.released)")
    return count / lasted, after


def main() -> None:
    """Time each and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=65, help="key presses for each widget (65)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each drag (4)")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    print(f"{'':28}{'median':>9}{'95th':>9}   {'pictures/s':>10}   {'after release':>13}")
    with tempfile.TemporaryDirectory() as folder, harness.browser(chromium) as browser:
        base = Path(folder)
        for part in ("root", "private"):
            (base / part).mkdir()
        with harness.jupyterlab(base / "root", base / "private") as lab:
            context = browser.new_context(viewport={"width": 1280, "height": 1000})
            page = context.new_page()
            page.set_default_timeout(30000)
            for number, rival in enumerate(RIVALS):
                harness.write_notebook(lab.root / f"{number}.ipynb", [rival.cell])
                harness.open_notebook(page, lab.url, f"{number}.ipynb")
                if errors := harness.run_all(page):
                    raise SystemExit(errors[0])
                page.locator(rival.takes_keys).first.wait_for()
                page.locator(rival.pixels).first.wait_for()
                page.evaluate("() => new Promise(done => setTimeout(done, 1000))")
                page.evaluate(WATCH, rival.pixels)
                page.locator(rival.takes_keys).first.focus()
                press(page, 5)  # the first few warm everything up
                times = press(page, options.presses)
                rate, after = drag(page, rival, options.seconds)
                median, high = np.percentile(times, (50, 95))
                print(f"{rival.name:28}{median:6.1f} ms{high:6.1f} ms   {rate:10.1f}   {after:10.0f} ms", flush=True)


if __name__ == "__main__":
    main()
