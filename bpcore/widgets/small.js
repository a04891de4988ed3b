// What the small widgets share: a bar of buttons to go forth and back, and a clock that plays.

import { button, el, stillness } from "./live.js";

const BEAT_MS = 900;
const CALM_MS = 1600; // for those who want no motion

// Back to the start, one back, play, one forth. `go(by)` is told how far; play calls it once for each beat, when `ready`
// says that the last picture has arrived and there is more to come.
export function transport({ go, toStart, ready, ended, onpause = () => {}, beat = BEAT_MS }) {
  let playing = 0;
  const face = (on) => {
    const { childNodes } = button({ label: on ? "Pause" : "Play", sign: on ? "pause" : "play" });
    start.replaceChildren(...childNodes);
    start.setAttribute("aria-label", on ? "Pause" : "Play");
    start.title = on ? "Pause" : "Play";
  };
  const stop = () => {
    if (!playing) return;
    clearInterval(playing);
    playing = 0;
    face(false);
    onpause();
  };
  const tick = () => {
    if (!start.isConnected || ended()) stop();
    else if (ready()) go(1);
  };
  const play = () => {
    if (playing) return stop();
    if (ended()) toStart();
    playing = setInterval(tick, stillness() ? CALM_MS : beat);
    face(true);
  };
  const by = (n) => () => { stop(); go(n); };
  const start = button({ label: "Play", sign: "play", kind: "bp-main", onpress: play });
  const first = button({ label: "Back to the start", sign: "reset", onpress: () => { stop(); toStart(); } });
  const back = button({ label: "One step back", sign: "step", kind: "bp-mirrored", onpress: by(-1) });
  const forth = button({ label: "One step forward", sign: "step", onpress: by(1) });
  const show = (atStart, atEnd) => {
    // Not disabled: whoever stands on a button would lose the focus with it.
    for (const [node, off] of [[first, atStart], [back, atStart], [forth, atEnd]]) node.setAttribute("aria-disabled", off);
    if (atEnd) stop();
  };
  return { node: el("div", { class: "bp-row" }, first, back, start, forth), show, stop };
}

// Speak once the frame knows of everything that was asked: `later(text)` after a hand lets go, `now()` in redraw.
export function speaker(scene) {
  let next = null;
  const now = () => {
    if (!next || !scene.line.settled) return;
    scene.say(next());
    next = null;
  };
  const later = (text) => {
    next = text;
    // While a hand moves, the table in words is not asked for: now it is.
    if (scene.line.told.size) scene.line.ask("look");
    now();
  };
  return { now, later };
}
