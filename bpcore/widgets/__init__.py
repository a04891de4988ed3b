"""Widgets to play with: Python computes, the browser draws and reports what the hand does.

How one is built, with Playground as the example:

1.  **A class** beside this file, below `Live` (base.py): `frame()` gives what is drawn, `table()` the same in words,
    `draw(figure)` the same on a matplotlib Figure, and `ask_NAME(given)` does what the browser asks for. It calls
    `super().__init__(predict=...)` first and `refresh()` after a change from Python. Numbers come from bpcore (or from
    the learner's functions); nothing is computed in JavaScript but where to put the ink.
2.  **A module of JavaScript** beside it, which imports from live.js and has as its default export
    `{ initialize: ({ model }) => { lineOf(model); }, render }`. `_esm = script("name.js")` (assets.py) puts it together
    with what it imports: one text, one scope, no build step. `_css = style("name.css")` does the same after look.css.
3.  `render({ model, el })` calls `stage({ model, root: el, title, kind })`, which gives the banner, the voice, the
    table and `{ line, body, say, colours, redraw, close }`: put elements into `body`, set `redraw = (frame) => …`, and
    return `close`. `redraw` is also called when the theme changes; draw with `colours`, never with fixed ones.
    `predictPanel(stage)` (predict.js) gives the function that shows a question: call it first thing in `redraw`.

**Frames.** The browser asks by `line.steer(name, given)` while a hand moves (only the latest counts) or by
`line.ask(name, given)` for what must happen each time. One request is under way at a time and every one is answered by
one frame, so nothing is queued after the hand lets go; `line.settled` says that the frame knows of everything. A frame
is `Frame({name: array, …}, words)`: all arrays in one buffer of float32, in JavaScript `frame.name`, and plain data in
`frame.words`. Frames are numbered; one that is older than what is shown is dropped. To play, ask for the next step in
`redraw`, and so never before the last one has arrived. Values that the hand holds are drawn from the hand until
`line.settled`.

**For everyone.** `focusable(node)` on all that takes keys; `button`, `choice` and `slider` from live.js (a slider has −
and +); everything that is dragged also has keys and buttons, at least 24 px large; `stage.say(text)` on release only;
no meaning by colour alone; `stillness()` says that motion is to be left out; pointer events, so that touch works.

**Colours** are custom properties on `.bp` (look.css): --bp-plus blue and --bp-minus vermilion for signs and classes,
--bp-mark green for what is picked out, --bp-ink, --bp-quiet, --bp-line, --bp-page, --bp-panel. Class names begin with
`bp-`.

**Predict first.** `Live(predict=Question(...))` (prediction.py) asks before anything moves, shows afterwards both, and
leaves confident misses in the diary, from where they come back in review.

Widgets belong in `worked` cells, which are not run when a notebook is graded.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "GraphStepper": "bpcore.widgets.graph_stepper",
    "LossLandscape": "bpcore.widgets.landscape",
    "TransposePuzzle": "bpcore.widgets.transpose",
    "DigitPad": "bpcore.widgets.digit_pad",
    "SettlingCobweb": "bpcore.widgets.cobweb",
    "Live": "bpcore.widgets.base",
    "Playground": "bpcore.widgets.playground",
    "Question": "bpcore.widgets.prediction",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"bpcore.widgets has no {name!r}. It has {', '.join(_HOME)}.")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
