// The settling cobweb: the staircase of one unit, and how far its state and its error still move, on one axis.

import { button, el, fixed, lineOf, slider, stage, stillness, svg } from "./live.js";
import { sheet } from "./charts.js";
import { predictPanel } from "./predict.js";

const SLIDERS = [
  ["weight", "Weight w, back to itself", -4, 4, 0.1, (v) => fixed(v, 1)],
  ["x", "Input x", -3, 3, 0.1, (v) => fixed(v, 1)],
  ["start", "Start", -1, 1, 0.05, (v) => fixed(v, 2)],
  ["relaxation", "Relaxation α", 0.01, 1.5, 0.01, (v) => fixed(v, 2)],
  ["steps", "Steps drawn", 0, 60, 1, (v) => String(v)],
];
const STATUS = {
  converged: ["converged", "M5 12.5 10 17.5 19.5 7"],
  cycle: ["cycle", "M18.5 9A7 7 0 0 0 5.6 10M5.5 15a7 7 0 0 0 12.9-1M18.8 4.5V9h-4.5M5.2 19.5V15h4.5"],
  diverged: ["diverged", "M5 19 19 5M9.5 5H19v9.5"],
  max_iter: ["still moves", "M4 12h3M10.5 12h3M17 12h3"],
};
const MOST_STEPS = 60;
const BEAT_MS = 170;
const CALM_MS = 700; // for those who want no motion, and then five steps at once
const REACH = 1.1; // the axes go from −REACH to REACH
const LOWEST = -12; // the exponent at the foot of the axis of changes

export const clipped = (value, low, high) => Math.max(low, Math.min(high, value));

// Exponents that deserve a line: at most seven, at even distances.
export function decades(low, high) {
  const every = Math.ceil((high - low) / 6);
  const found = [];
  for (let at = Math.ceil(low / every) * every; at <= high; at += every) found.push(at);
  return found;
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
export const powerOfTen = (exponent) => (exponent === 0 ? "1" : `10${[...String(exponent)].map((c) => SUPERSCRIPT[c]).join("")}`);

// The corners of the staircase: from (y, foot) up to the curve, across to the diagonal, up to the curve, …
export function corners(states, steps, foot) {
  const found = [[states[0], foot]];
  for (let n = 0; n < Math.min(steps, states.length - 1); n += 1) found.push([states[n], states[n + 1]], [states[n + 1], states[n + 1]]);
  return found;
}

function trace(pen, points, colour, { width = 2, dashes = [] } = {}) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.setLineDash(dashes);
  pen.beginPath();
  points.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](x, y));
  pen.stroke();
  pen.setLineDash([]);
}

function lettering(pen, colour, align, baseline, font = "12px system-ui, sans-serif") {
  Object.assign(pen, { fillStyle: colour, textAlign: align, textBaseline: baseline, font });
}

function drawStaircase(canvas, frame, knobs, colours) {
  const { pen, width, height } = sheet(canvas);
  const pad = { left: 30, right: 8, top: 8, bottom: 30 };
  const X = (v) => pad.left + ((v + REACH) / (2 * REACH)) * (width - pad.left - pad.right);
  const Y = (v) => height - pad.bottom - ((v + REACH) / (2 * REACH)) * (height - pad.top - pad.bottom);
  for (const mark of [-1, 0, 1]) {
    trace(pen, [[X(-REACH), Y(mark)], [X(REACH), Y(mark)]], colours.line, { width: mark ? 0.6 : 1 });
    trace(pen, [[X(mark), Y(-REACH)], [X(mark), Y(REACH)]], colours.line, { width: mark ? 0.6 : 1 });
    lettering(pen, colours.quiet, "right", "middle");
    pen.fillText(fixed(mark, 0), pad.left - 5, Y(mark));
    lettering(pen, colours.quiet, "center", "top");
    pen.fillText(fixed(mark, 0), X(mark), height - pad.bottom + 12);
  }
  pen.save();
  pen.beginPath();
  pen.rect(pad.left, pad.top, width - pad.left - pad.right, height - pad.top - pad.bottom);
  pen.clip();
  const curve = (values) => Array.from(values, (v, i) => [X(frame.places[i]), Y(v)]);
  trace(pen, [[X(-REACH), Y(-REACH)], [X(REACH), Y(REACH)]], colours.quiet, { width: 1.3, dashes: [5, 4] });
  if (Math.abs(knobs.relaxation - 1) > 0.001) trace(pen, curve(frame.full), colours.plus, { width: 1.4, dashes: [2, 3] });
  trace(pen, curve(frame.damped), colours.plus, { width: 2.4 });
  const stairs = corners(frame.states, knobs.steps, -REACH).map(([x, y]) => [X(x), Y(y)]);
  // What came later stands out from what came before.
  pen.globalAlpha = 0.6;
  trace(pen, stairs, colours.minus, { width: 1.4 });
  pen.globalAlpha = 1;
  trace(pen, stairs.slice(-5), colours.minus, { width: 2.4 });
  pen.restore();
  ring(pen, X(frame.now[0]), Y(frame.now[0]), colours);
  pen.fillStyle = colours.minus;
  pen.strokeStyle = colours.page;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.arc(X(knobs.start), Y(-REACH), 7, 0, 7);
  pen.fill();
  pen.stroke();
  const last = stairs.at(-1);
  if (stairs.length > 1) pen.fillRect(last[0] - 4, last[1] - 4, 8, 8);
  return { toState: (x) => clipped(((x - pad.left) / (width - pad.left - pad.right)) * 2 * REACH - REACH, -1, 1) };
}

function ring(pen, x, y, colours) {
  pen.strokeStyle = colours.mark;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.arc(x, y, 8, 0, 7);
  pen.stroke();
}

function drawChanges(canvas, frame, colours) {
  const { pen, width, height } = sheet(canvas);
  const pad = { left: 40, right: 52, top: 8, bottom: 24 };
  const log = (values) => Array.from(values, (v) => (v > 0 ? Math.log10(v) : -Infinity));
  const rows = [["state", log(frame.state_residuals), frame.state_steps, colours.plus, []], ["error", log(frame.error_residuals), frame.error_steps, colours.minus, [7, 4]]];
  const high = Math.max(1, ...rows.flatMap(([, values]) => values.map(Math.ceil)));
  const end = Math.max(4, ...rows.map(([, , steps]) => steps.at(-1)));
  const X = (n) => pad.left + (n / end) * (width - pad.left - pad.right);
  const Y = (e) => height - pad.bottom - ((Math.max(e, LOWEST) - LOWEST) / (high - LOWEST)) * (height - pad.top - pad.bottom);
  for (const mark of decades(LOWEST, high)) {
    trace(pen, [[pad.left, Y(mark)], [width - pad.right, Y(mark)]], colours.line, { width: 0.6 });
    lettering(pen, colours.quiet, "right", "middle");
    pen.fillText(powerOfTen(mark), pad.left - 5, Y(mark));
  }
  const rest = Math.log10(frame.now[4]);
  trace(pen, [[pad.left, Y(rest)], [width - pad.right, Y(rest)]], colours.mark, { width: 1.6, dashes: [2, 3] });
  lettering(pen, colours.mark, "left", "middle");
  pen.fillText("at rest", width - pad.right + 5, Y(rest));
  lettering(pen, colours.quiet, "center", "top");
  for (const part of [0, 0.5, 1]) pen.fillText(String(Math.round(part * end)), X(Math.round(part * end)), height - pad.bottom + 6);
  const ends = [];
  for (const [name, values, steps, colour, dashes] of rows) {
    const points = values.map((v, i) => [X(steps[i]), Y(v)]);
    trace(pen, points, colour, { width: 2.4, dashes });
    pen.fillStyle = colour;
    const few = values.length <= 40 ? points : [points.at(-1)];
    for (const [x, y] of few) {
      if (name === "state") {
        pen.beginPath();
        pen.arc(x, y, 3, 0, 7);
        pen.fill();
      } else pen.fillRect(x - 2.8, y - 2.8, 5.6, 5.6);
    }
    ends.push({ name, colour, x: points.at(-1)[0] + 7, y: points.at(-1)[1] });
  }
  // The two names stand at the ends of their curves, and never on top of each other.
  const [a, b] = ends.sort((one, other) => one.y - other.y);
  const close = Math.abs(a.x - b.x) < 44 && b.y - a.y < 15;
  const shift = close ? (15 - (b.y - a.y)) / 2 : 0;
  for (const [{ name, colour, x, y }, by] of [[a, -shift], [b, shift]]) {
    lettering(pen, colour, "left", "middle", "600 12px system-ui, sans-serif");
    const low = Math.abs(y - Y(rest)) < 14 ? Y(rest) - (close ? 22 : 14) : y; // above “at rest”
    pen.fillText(name, Math.min(x, width - pad.right + 7), clipped(low + by, pad.top + 6, height - pad.bottom - 4));
  }
}

function badge(name) {
  const mark = svg("path", { fill: "none", stroke: "currentColor", "stroke-width": 2.6, "stroke-linecap": "round", "stroke-linejoin": "round" });
  const text = el("span", {});
  const box = el("span", { class: "bp-cw-badge" }, svg("svg", { viewBox: "0 0 24 24", class: "bp-icon", "aria-hidden": "true" }, mark), text);
  const node = el("div", { class: "bp-cw-stat" }, box, el("span", { class: "bp-caption" }, name));
  const show = (status) => {
    [text.textContent] = STATUS[status];
    mark.setAttribute("d", STATUS[status][1]);
    box.dataset.status = status;
  };
  return { node, show };
}

function figure(name) {
  const value = el("span", { class: "bp-cw-count" });
  return { value, node: el("div", { class: "bp-cw-stat" }, value, el("span", { class: "bp-caption" }, name)) };
}

function render({ model, el: root }) {
  const scene = stage({ model, root, title: "Settling cobweb", kind: "bp-cobweb" });
  const { line } = scene;
  const ask = predictPanel(scene);
  let frame = null;
  let held = {}; // what the hand holds, until Python knows of it
  let tellNext = false;
  let playing = 0;

  const knobs = () => ({ ...Object.fromEntries(SLIDERS.map(([name], i) => [name, frame.knobs[i]])), ...held });
  const turn = (name, value) => {
    held[name] = value;
    line.steer("edit", held);
    if (frame) paint();
  };
  const release = () => {
    tellNext = true;
    if (line.told.size) line.ask("look"); // the table comes with what is asked, and not while a hand moves
    else say();
  };
  const say = () => {
    if (!tellNext || !frame || !line.settled) return;
    tellNext = false;
    scene.say(`${frame.words.told.join(" ")} ${knobs().steps} steps are drawn.`);
  };

  const sliders = SLIDERS.map(([name, label, min, max, step, told]) => [
    name,
    slider({ label, min, max, step, value: 0, told, oninput: (v) => { if (name !== "steps" || playing) play(false); turn(name, v); }, onrelease: release }),
  ]);
  const state = badge("state");
  const error = badge("error");
  const rest = figure("resting point y");
  const radius = figure("spectral radius |λ|");
  const limit = figure("settles below α");
  const again = button({ label: "Back to the start", sign: "reset", onpress: () => { play(false); turn("steps", 0); release(); } });
  const start = button({ label: "Play the steps", sign: "play", kind: "bp-main", onpress: () => play(!playing) });
  const single = button({ label: "One step", sign: "step", onpress: () => { play(false); forward(1); release(); } });
  const bar = el("div", { class: "bp-cw-bar" }, el("div", { class: "bp-row" }, again, start, single),
    el("div", { class: "bp-cw-stats" }, state.node, error.node, rest.node, radius.node, limit.node));

  const stairs = el("canvas", { class: "bp-cw-stairs", role: "img" });
  const changes = el("canvas", { class: "bp-cw-changes", role: "img" });
  const told = el("ul", { class: "bp-cw-told" });
  const key = el("figcaption", {}, "Up to the thick curve, across to the dashed diagonal: one step. The ring is the resting point. Drag sideways to move the start.");
  scene.body.append(
    bar,
    el("div", { class: "bp-cw-choices" }, ...sliders.map(([, s]) => s.node)),
    el("div", { class: "bp-cw-panes" }, el("figure", {}, stairs, key),
      el("div", {}, el("figure", {}, changes, el("figcaption", {}, "How far one whole step would still move the state, and the error that goes back from the resting point, after each step")), told)));

  const forward = (by) => turn("steps", Math.min(knobs().steps + by, MOST_STEPS));
  const play = (on) => {
    if (on === Boolean(playing)) return;
    clearInterval(playing);
    playing = 0;
    if (on) {
      if (knobs().steps >= Math.min(MOST_STEPS, frame.states.length - 1)) turn("steps", 0);
      const calm = stillness();
      playing = setInterval(() => {
        if (!root.isConnected || knobs().steps >= Math.min(MOST_STEPS, frame.states.length - 1)) play(false);
        else if (line.settled) forward(calm ? 5 : 1);
      }, calm ? CALM_MS : BEAT_MS);
    } else release();
    const face = button({ sign: on ? "pause" : "play" });
    start.replaceChildren(...face.childNodes);
    start.setAttribute("aria-label", on ? "Pause" : "Play the steps");
    start.title = on ? "Pause" : "Play the steps";
  };

  let toState = null;
  let drag = null;
  const place = (event) => Math.round(toState(event.clientX - stairs.getBoundingClientRect().left) * 100) / 100;
  stairs.addEventListener("pointerdown", (event) => {
    if (event.button || !toState) return;
    event.preventDefault();
    stairs.setPointerCapture(event.pointerId);
    drag = event.pointerId;
    turn("start", place(event));
  });
  stairs.addEventListener("pointermove", (event) => { if (event.pointerId === drag) turn("start", place(event)); });
  for (const kind of ["pointerup", "pointercancel"]) {
    stairs.addEventListener(kind, (event) => {
      if (event.pointerId !== drag) return;
      drag = null;
      release();
    });
  }

  const paint = () => {
    const now = knobs();
    for (const [name, s] of sliders) if (document.activeElement !== s.range || !(name in held)) s.show(now[name]);
    if (scene.colours) ({ toState } = drawStaircase(stairs, frame, now, scene.colours));
  };

  scene.redraw = (now) => {
    const fresh = now !== frame;
    frame = now;
    ask(frame.words);
    if (fresh && line.settled) held = {};
    state.show(frame.words.status[0]);
    error.show(frame.words.status[1]);
    rest.value.textContent = frame.words.rest;
    radius.value.textContent = fixed(frame.now[2], 4);
    limit.value.textContent = frame.words.secret ? "?" : frame.now[3] ? fixed(frame.now[3], 4) : "never";
    const text = frame.words.told.join("\n");
    if (told.dataset.all !== text) {
      told.dataset.all = text;
      told.replaceChildren(...frame.words.told.map((t) => el("li", {}, t)));
    }
    paint();
    if (scene.colours) {
      drawChanges(changes, frame, scene.colours);
      root.dataset.serial = frame.serial;
    }
    if (line.settled) {
      stairs.setAttribute("aria-label", `Staircase of ${knobs().steps} steps from ${fixed(knobs().start)}; resting point ${frame.words.rest}`);
      changes.setAttribute("aria-label", `${frame.words.told[0]} ${frame.words.told[1]}`);
      say();
    }
  };
  const offLine = line.listen((news) => { if (news.failed || news.state === "stopped") play(false); });
  const resized = new ResizeObserver(() => { if (frame && scene.colours) scene.redraw(frame); });
  resized.observe(root);
  return () => { clearInterval(playing); offLine(); resized.disconnect(); scene.close(); };
}

export default { initialize: ({ model }) => { lineOf(model); }, render };
