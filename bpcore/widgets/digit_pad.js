// The digit pad: ink on 8 × 8 squares by hand or by keys, and how each layer of a network responds.

import { button, el, fixed, focusable, lineOf, slider, stage, svg } from "./live.js";
import { blend, paletteOf, sheet } from "./charts.js";
import { predictPanel } from "./predict.js";

const SIDE = 8;
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const CHANGES = { "+": 0.25, "=": 0.25, PageUp: 0.25, "-": -0.25, PageDown: -0.25 };
const WORDS = ["up", "down", "left", "right"];

const between = (value) => Math.max(0, Math.min(1, value));

// Where the ink goes: a soft round brush at (row, column), in squares, with the middle of a square at its whole number.
export function brushed(ink, row, column, erase = false) {
  return ink.map((old, k) => {
    const far = Math.hypot(Math.floor(k / SIDE) - row, (k % SIDE) - column);
    return erase ? Math.min(old, between(far - 0.35)) : Math.max(old, between(1.35 - far));
  });
}

// Points at most a quarter of a square apart, so that a fast hand leaves no gaps.
export function steppingStones([r0, c0], [r1, c1]) {
  const n = Math.max(1, Math.ceil(Math.hypot(r1 - r0, c1 - c0) * 4));
  return Array.from({ length: n }, (_, i) => [r0 + ((r1 - r0) * (i + 1)) / n, c0 + ((c1 - c0) * (i + 1)) / n]);
}

const rounded = (ink) => Array.from(ink, (v) => Math.round(v * 16) / 16);

// The units of one layer as squares, eight in a row (more in wide layers).
export function columnsFor(width) {
  return width <= SIDE * SIDE ? Math.min(width, SIDE) : Math.ceil(Math.sqrt(width));
}

function tiles(canvas, values, palette) {
  const columns = columnsFor(values.length);
  const rows = Math.ceil(values.length / columns);
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  const { pen, width, height } = sheet(canvas);
  const [w, h] = [width / columns, height / rows];
  const gap = Math.min(2, w / 6);
  values.forEach((v, k) => {
    pen.fillStyle = `rgb(${blend(v, palette).map(Math.round).join(" ")})`;
    pen.fillRect((k % columns) * w + gap / 2, Math.floor(k / columns) * h + gap / 2, w - gap, h - gap);
  });
}

const chevron = () => svg("svg", { viewBox: "0 0 24 24", class: "bp-dp-then", "aria-hidden": "true" },
  svg("path", { d: "M3 12h16M13 6l6 6-6 6", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" }));

function arrow(word, onpress) {
  const node = button({ label: `Move the ink ${word}`, kind: "bp-small", onpress });
  const turn = { up: -90, down: 90, left: 180, right: 0 }[word];
  node.append(svg("svg", { viewBox: "0 0 24 24", class: "bp-icon", "aria-hidden": "true" },
    svg("path", { d: "M4 12h15M13 6l6 6-6 6", transform: `rotate(${turn} 12 12)`, fill: "none", stroke: "currentColor", "stroke-width": 2.4 })));
  return node;
}

function pad({ draw, release }) {
  const cells = Array.from({ length: SIDE * SIDE }, (_, k) => focusable(el("div", {
    role: "gridcell", class: "bp-dp-cell", tabindex: k ? -1 : 0,
    onkeydown: (event) => keyed(event, k),
    onkeyup: (event) => { if (event.key in CHANGES || [" ", "Enter", "Delete", "Backspace"].includes(event.key)) release(k); },
    onfocus: () => choose(k),
  })));
  const rows = Array.from({ length: SIDE }, (_, r) => el("div", { role: "row", class: "bp-dp-line" }, ...cells.slice(r * SIDE, (r + 1) * SIDE)));
  const node = el("div", { role: "grid", class: "bp-dp-pad", "aria-label": "Pad of 8 by 8 squares. Arrow keys go from square to square, space inks or empties one, plus and minus change it by a quarter." }, ...rows);
  const view = { node, ink: new Array(SIDE * SIDE).fill(0), chosen: 0, erase: false };

  const choose = (k) => {
    cells[view.chosen].tabIndex = -1;
    view.chosen = k;
    cells[k].tabIndex = 0;
  };
  view.put = (k, value) => draw(view.ink.map((old, i) => (i === k ? between(value) : old)));

  function keyed(event, k) {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key in MOVES) {
      const [r, c] = [Math.floor(k / SIDE) + MOVES[key][0], (k % SIDE) + MOVES[key][1]];
      if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) cells[r * SIDE + c].focus({ preventScroll: true });
    } else if (key === "Home" || key === "End") cells[k - (k % SIDE) + (key === "End" ? SIDE - 1 : 0)].focus({ preventScroll: true });
    else if (key === " " || key === "Enter") { if (!event.repeat) view.put(k, view.ink[k] > 0.5 ? 0 : 1); }
    else if (key === "Delete" || key === "Backspace") view.put(k, 0);
    else if (key in CHANGES) view.put(k, view.ink[k] + CHANGES[key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  let last = null;
  const place = (event) => {
    const box = node.getBoundingClientRect();
    return [((event.clientY - box.top) / box.height) * SIDE - 0.5, ((event.clientX - box.left) / box.width) * SIDE - 0.5];
  };
  const stroke = (points) => draw(rounded(points.reduce((ink, [r, c]) => brushed(ink, r, c, view.erase), view.ink)));
  node.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    last = { id: event.pointerId, at: place(event) };
    const [r, c] = last.at.map((v) => Math.max(0, Math.min(SIDE - 1, Math.round(v))));
    cells[r * SIDE + c].focus({ preventScroll: true });
    stroke([last.at]);
  });
  node.addEventListener("pointermove", (event) => {
    if (event.pointerId !== last?.id) return;
    const at = place(event);
    stroke(steppingStones(last.at, at));
    last.at = at;
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    node.addEventListener(kind, (event) => {
      if (event.pointerId !== last?.id) return;
      last = null;
      release();
    });
  }

  // `grain` is what the noise adds to each square.
  view.show = (ink, grain) => {
    view.ink = Array.from(ink);
    cells.forEach((cell, k) => {
      cell.style.setProperty("--ink", `${Math.round(100 * between(ink[k] + grain[k]))}%`);
      const text = view.name(k);
      if (cell.getAttribute("aria-label") !== text) cell.setAttribute("aria-label", text);
    });
  };
  view.name = (k) => `row ${Math.floor(k / SIDE) + 1}, column ${(k % SIDE) + 1}: ink ${fixed(view.ink[k])}`;
  return view;
}

function outputs() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = el("span", { class: "bp-dp-bar" });
    const part = el("td", { class: "bp-dp-part" });
    const node = el("tr", {}, el("th", { scope: "row" }, String(digit)), el("td", { class: "bp-dp-track", "aria-hidden": "true" }, bar), part);
    return { node, bar, part };
  });
  const node = el("table", { class: "bp-dp-out" }, el("caption", { class: "bp-heard" }, "Probability of each digit"), el("tbody", {}, ...rows.map((r) => r.node)));
  const show = (probabilities) => {
    const most = probabilities.indexOf(Math.max(...probabilities));
    rows.forEach(({ node: row, bar, part }, digit) => {
      bar.style.width = `${100 * probabilities[digit]}%`;
      part.textContent = `${(100 * probabilities[digit]).toFixed(1)}%`;
      row.toggleAttribute("data-most", digit === most);
    });
    return most;
  };
  return { node, show };
}

function render({ model, el: root }) {
  const scene = stage({ model, root, title: "Digit pad", kind: "bp-digits" });
  const { line } = scene;
  const ask = predictPanel(scene);
  let frame = null;
  let held = {}; // ink and noise in the hand, until Python knows of them
  let tellNext = null;

  const steer = (some) => {
    held = { ...held, ...some };
    line.steer("draw", held);
    if (frame) paint();
  };
  const say = () => {
    if (tellNext === null || !frame || !line.settled) return;
    scene.say([tellNext(), frame.words.told, frame.words.complaint].filter(Boolean).join(" "));
    tellNext = null;
  };
  const release = (k) => {
    tellNext = () => (k === undefined ? "" : `${squares.name(k)}.`);
    if (line.told.size) line.ask("look"); // the table comes with what is asked, and not while a hand moves
    else say();
  };
  const asked = (name, given = {}) => {
    line.ask(name, given);
    tellNext = () => "";
  };

  const squares = pad({ draw: (ink) => steer({ ink }), release });
  const samples = el("div", { class: "bp-dp-samples", role: "group", "aria-label": "Choose an unseen image of" },
    el("span", { class: "bp-caption" }, "an unseen"),
    ...Array.from({ length: 10 }, (_, digit) => button({ text: String(digit), label: `Show an unseen ${digit}`, kind: "bp-dp-digit", onpress: () => asked("sample", { digit }) })));
  const noise = slider({ label: "Noise", min: 0, max: 1, step: 0.05, value: 0, told: (v) => v.toFixed(2), oninput: (v) => steer({ noise: v }), onrelease: () => release() });
  const grain = button({ text: "Other noise", onpress: () => asked("grain") });
  const clear = button({ text: "Clear", sign: "close", onpress: () => asked("clear") });
  const erase = button({ text: "Erase", onpress: () => { squares.erase = !squares.erase; erase.setAttribute("aria-pressed", String(squares.erase)); } });
  erase.setAttribute("aria-pressed", "false");
  const nudge = (by) => { squares.put(squares.chosen, squares.ink[squares.chosen] + by); release(squares.chosen); };
  const square = el("div", { class: "bp-row", role: "group", "aria-label": "The chosen square" },
    el("span", { class: "bp-caption" }, "square"), button({ label: "Chosen square: less ink", sign: "minus", kind: "bp-small", onpress: () => nudge(-0.25) }),
    button({ label: "Chosen square: more ink", sign: "plus", kind: "bp-small", onpress: () => nudge(0.25) }));
  const steps = { up: { down: -1 }, down: { down: 1 }, left: { right: -1 }, right: { right: 1 } };
  const moves = el("div", { class: "bp-row", role: "group", "aria-label": "Move the ink by one square" },
    el("span", { class: "bp-caption" }, "move"), ...WORDS.map((word) => arrow(word, () => asked("move", steps[word]))));

  const answer = el("span", { class: "bp-dp-answer" });
  const sure = el("span", { class: "bp-caption" });
  const bars = outputs();
  const layers = el("div", { class: "bp-dp-layers" });
  const told = el("p", { class: "bp-dp-told" });
  const complaint = el("p", { class: "bp-dp-complaint", role: "status", hidden: true });
  const column = (name, ...kids) => el("div", { class: "bp-dp-column" }, ...kids, el("span", { class: "bp-caption" }, name));
  scene.body.append(
    el("div", { class: "bp-dp-choices" }, samples, noise.node, grain),
    el("div", { class: "bp-dp-scene" },
      el("div", { class: "bp-dp-left" }, squares.node, el("div", { class: "bp-dp-tools" }, erase, clear, square, moves)),
      layers,
      el("div", { class: "bp-dp-right" }, el("div", { class: "bp-dp-reads" }, el("span", { class: "bp-caption" }, "it reads"), answer, sure), bars.node)),
    complaint, told);

  let built = "";
  let canvases = [];
  const build = () => {
    const { widths } = frame.words;
    if (widths.join() === built && layers.childNodes.length) return;
    built = widths.join();
    canvases = widths.map(() => el("canvas", { class: "bp-dp-tiles", role: "img" }));
    layers.replaceChildren(...canvases.flatMap((canvas, n) => [chevron(), column(`hidden layer ${n + 1}: ${widths[n]} units`, canvas)]), chevron());
    if (!widths.length) layers.prepend(column("the layers between are known only if forward returns its cache"));
  };

  const paint = () => {
    const ink = held.ink ?? frame.ink;
    squares.show(ink, Array.from(frame.seen, (v, k) => v - frame.ink[k]));
    if (document.activeElement !== noise.range || !("noise" in held)) noise.show(held.noise ?? frame.noise[0]);
  };

  scene.redraw = (now) => {
    const fresh = now !== frame;
    frame = now;
    ask(frame.words);
    if (fresh && line.settled) held = {};
    build();
    paint();
    const most = bars.show(Array.from(frame.probabilities));
    answer.textContent = String(most);
    sure.textContent = `with ${(100 * frame.probabilities[most]).toFixed(1)}%`;
    told.textContent = frame.words.told;
    complaint.hidden = !frame.words.complaint;
    if (complaint.textContent !== frame.words.complaint) complaint.textContent = frame.words.complaint;
    if (scene.colours) {
      const palette = paletteOf(scene.colours);
      let at = 0;
      frame.words.widths.forEach((width, n) => {
        tiles(canvases[n], Array.from(frame.hidden.subarray(at, (at += width))), palette);
        canvases[n].setAttribute("aria-label", `Hidden layer ${n + 1}: ${frame.words.active[n]} of ${width} units are not 0`);
      });
      root.dataset.serial = frame.serial;
    }
    if (line.settled) say();
  };
  const resized = new ResizeObserver(() => { if (frame && scene.colours) scene.redraw(frame); });
  resized.observe(root);
  return () => { resized.disconnect(); scene.close(); };
}

export default { initialize: ({ model }) => { lineOf(model); }, render };
