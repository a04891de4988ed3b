// The loss landscape: contours on a canvas, a start to drag, an arrow, and a path for each optimizer.

import { button, choice, el, focusable, lineOf, short, slider, stage, svg } from "./live.js";
import { predictPanel } from "./predict.js";
import { heat, paletteOf, sheet } from "./charts.js";
import { speaker, transport } from "./small.js";

const PATH_BEAT_MS = 140;
const PATHS = {
  sgd: { ink: "plus", dashes: [], mark: "circle" },
  momentum: { ink: "minus", dashes: [9, 5], mark: "square" },
  rmsprop: { ink: "mark", dashes: [9, 4, 2, 4], mark: "triangle" },
  adam: { ink: "ink", dashes: [2, 4], mark: "diamond" },
};
const KEY = "Drag the ring, or use the arrow keys on the picture. The arrow points downhill, against the gradient; it is longer where the slope is steeper.";

// The pieces of the line at one height through a square of heights: [x0, y0, x1, y1, …] in cells, from 0 to side − 1.
export function contour(heights, side, level) {
  const pieces = [];
  for (let i = 0; i < side - 1; i += 1) for (let j = 0; j < side - 1; j += 1) {
    const at = i * side + j;
    const corners = [[j, i, heights[at]], [j + 1, i, heights[at + 1]], [j + 1, i + 1, heights[at + side + 1]], [j, i + 1, heights[at + side]]];
    const found = [];
    for (let k = 0; k < 4; k += 1) {
      const [x0, y0, a] = corners[k];
      const [x1, y1, b] = corners[(k + 1) % 4];
      if (a < level !== b < level) {
        const part = (level - a) / (b - a);
        found.push(x0 + part * (x1 - x0), y0 + part * (y1 - y0));
      }
    }
    pieces.push(...found);
  }
  return pieces;
}

const MARKS = {
  circle: (pen, x, y, s) => pen.arc(x, y, s, 0, 7),
  square: (pen, x, y, s) => pen.rect(x - s * 0.9, y - s * 0.9, s * 1.8, s * 1.8),
  triangle: (pen, x, y, s) => [[0, -1.25], [1.15, 0.85], [-1.15, 0.85]].forEach(([u, v], i) => pen[i ? "lineTo" : "moveTo"](x + u * s, y + v * s)),
  diamond: (pen, x, y, s) => [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]].forEach(([u, v], i) => pen[i ? "lineTo" : "moveTo"](x + u * s, y + v * s)),
};

function render({ model, el: root }) {
  const scene = stage({ model, root, title: "Loss landscape", kind: "bp-landscape" });
  const { line } = scene;
  const ask = predictPanel(scene);
  const voice = speaker(scene);
  let frame = null;
  let held = null; // the start, while the hand is ahead of Python
  const told = () => [`${frame.words.steps} steps`, frame.words.here, ...Object.values(frame.words.optimizers).filter((o) => o.on).map((o) => `${o.label}: ${o.told}`)].join(". ");
  const set = (given) => { line.steer("set", given); };
  const then = (given) => { line.ask("set", given); voice.later(told); };

  const bar = transport({
    go: (by) => { line.ask("move", { by }); if (by !== 1) voice.later(told); },
    toStart: () => then({ steps: 0 }),
    ready: () => line.settled, ended: () => frame && frame.words.steps >= frame.words.most, onpause: () => voice.later(told), beat: PATH_BEAT_MS,
  });
  const steps = slider({ label: "Steps", min: 0, max: 60, step: 1, value: 0, oninput: (n) => { bar.stop(); set({ steps: n }); }, onrelease: () => voice.later(told) });
  const rate = slider({ label: "Learning rate", min: -4, max: 1, step: 0.05, value: -1, told: (v) => short(10 ** v), oninput: (v) => set({ rate: 10 ** v }), onrelease: () => voice.later(told) });
  const ground = choice({ label: "Loss", options: [], value: "", onpick: (loss) => { bar.stop(); held = null; then({ loss }); } });
  const places = ["first", "second"].map((word, k) => slider({
    label: `Start, ${word} weight`, min: -2, max: 2, step: 0.05, value: 0, told: (v) => short(v),
    oninput: (v) => { const now = [...start()]; now[k] = v; move(now); }, onrelease: () => voice.later(told),
  }));

  const heatCanvas = el("canvas", { class: "bp-ground-heat", "aria-hidden": "true" });
  const canvas = focusable(el("canvas", { class: "bp-ground", tabindex: 0, role: "application", "aria-roledescription": "picture with a point to move" }));
  const surface = el("div", { class: "bp-surface" }, heatCanvas, canvas);
  const here = el("p", { class: "bp-said" });
  const legend = el("div", { class: "bp-legend", role: "group", "aria-label": "Optimizers" });
  const entries = Object.fromEntries(Object.entries(PATHS).map(([name, look]) => {
    const value = el("span", { class: "bp-caption" });
    const label = el("span", {});
    const node = button({ kind: `bp-entry bp-entry-${look.ink}`, onpress: () => {
      const on = Object.entries(frame.words.optimizers).filter(([other, o]) => (other === name ? !o.on : o.on)).map(([other]) => other);
      then({ optimizers: on });
    } });
    node.append(svg("svg", { viewBox: "0 0 54 20", class: "bp-stroke-sample", "aria-hidden": "true" },
      svg("line", { x1: 2, y1: 10, x2: 52, y2: 10, "stroke-dasharray": look.dashes.join(" ") }), svg("path", { d: SAMPLES[look.mark] })),
    el("span", { class: "bp-entry-words" }, label, value));
    legend.append(node);
    return [name, { node, label, value }];
  }));
  scene.body.append(
    el("div", { class: "bp-bar" }, bar.node, steps.node, rate.node, ground.node),
    el("div", { class: "bp-land" }, surface, el("div", { class: "bp-beside" }, here, legend, places[0].node, places[1].node, el("p", { class: "bp-caption" }, KEY))));

  const start = () => held ?? (frame ? [frame.start[0], frame.start[1]] : [0, 0]);
  const move = (to) => {
    const { edge } = frame.words;
    held = to.map((v) => Math.max(-edge, Math.min(edge, +v.toFixed(3))));
    set({ start: held });
    paint();
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const { edge } = frame.words;
    return [((event.clientX - box.left) / box.width * 2 - 1) * edge, (1 - (event.clientY - box.top) / box.height * 2) * edge];
  };
  let dragging = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (!frame || scene.body.inert) return;
    dragging = true;
    canvas.setPointerCapture?.(event.pointerId);
    move(at(event));
  });
  canvas.addEventListener("pointermove", (event) => { if (dragging) move(at(event)); });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { if (dragging) voice.later(told); dragging = false; });
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way || !frame) return;
    event.preventDefault();
    event.stopPropagation();
    const by = (event.shiftKey ? 0.125 : 0.025) * frame.words.edge;
    move(start().map((v, k) => v + by * way[k]));
  });
  canvas.addEventListener("keyup", (event) => { if (WAYS[event.key]) voice.later(told); });

  const paint = () => {
    if (!frame || !scene.colours) return;
    const { colours } = scene;
    const { edge, optimizers } = frame.words;
    const { pen, width, height } = sheet(canvas);
    const X = (v) => (v / edge + 1) / 2 * width;
    const Y = (v) => (1 - v / edge) / 2 * height;
    heat(heatCanvas, frame.shades.map((s) => 0.9 * (1 - s)), paletteOf(colours), 0.42);
    const side = Math.round(Math.sqrt(frame.heights.length));
    pen.strokeStyle = colours.quiet;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    for (const level of frame.levels) {
      const pieces = contour(frame.heights, side, level);
      for (let i = 0; i + 3 < pieces.length; i += 4) {
        pen.moveTo(pieces[i] / (side - 1) * width, (1 - pieces[i + 1] / (side - 1)) * height);
        pen.lineTo(pieces[i + 2] / (side - 1) * width, (1 - pieces[i + 3] / (side - 1)) * height);
      }
    }
    pen.stroke();
    pen.globalAlpha = 1;
    for (const [name, look] of Object.entries(PATHS)) {
      const path = frame[`path_${name}`];
      if (!path || !optimizers[name].on) continue;
      const points = Array.from({ length: path.length / 2 }, (_, i) => [X(path[2 * i]), Y(path[2 * i + 1])]);
      pen.strokeStyle = pen.fillStyle = colours[look.ink];
      pen.lineWidth = 2;
      pen.setLineDash(look.dashes);
      pen.beginPath();
      points.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](clamp(x), clamp(y)));
      pen.stroke();
      pen.setLineDash([]);
      points.forEach(([x, y], i) => {
        if (!i || Math.hypot(x, y) > 4 * width) return;
        pen.beginPath();
        MARKS[look.mark](pen, x, y, i === points.length - 1 ? 6 : 2.8);
        pen.closePath();
        pen.fill();
        if (i < points.length - 1) return;
        pen.strokeStyle = colours.page;
        pen.lineWidth = 1.5;
        pen.stroke();
      });
    }
    const [x, y] = start().map((v, k) => (k ? Y(v) : X(v)));
    arrow(pen, x, y, colours, width);
    pen.beginPath();
    pen.arc(x, y, 8, 0, 7);
    pen.fillStyle = colours.page;
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 3;
    pen.fill();
    pen.stroke();
  };
  const clamp = (v) => Math.max(-1e5, Math.min(1e5, v));
  const arrow = (pen, x, y, colours, width) => {
    if (held && !line.settled) return; // the gradient of another place
    const [g1, g2] = frame.gradient;
    const size = Math.hypot(g1, g2);
    if (!size) return;
    const length = width / 2 * (0.12 + 0.3 * size / (size + 4));
    const [u, v] = [-g1 / size, g2 / size];
    const [tx, ty] = [x + u * length, y + v * length];
    for (const [colour, thick] of [[colours.page, 7], [colours.ink, 3]]) {
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = thick;
      pen.lineCap = "round";
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(tx - u * 8, ty - v * 8);
      pen.stroke();
    }
    pen.lineCap = "butt";
    pen.beginPath();
    [[0, 0], [-14, 7], [-14, -7]].forEach(([a, b], i) => pen[i ? "lineTo" : "moveTo"](tx + a * u - b * v, ty + a * v + b * u));
    pen.closePath();
    pen.fill();
  };

  let listed = "";
  scene.redraw = (news) => {
    frame = news;
    const { words } = news;
    ask(words);
    if (JSON.stringify(words.grounds) !== listed) {
      listed = JSON.stringify(words.grounds);
      ground.select.replaceChildren(...Object.entries(words.grounds).map(([name, text]) => el("option", { value: name }, text)));
    }
    if (line.settled) {
      held = null;
      ground.show(words.loss);
      steps.range.max = words.most;
      steps.show(words.steps);
      rate.show(Math.log10(words.rate));
      // What Python has may lie between two places of the slider.
      const exact = short(words.rate);
      rate.node.querySelector("output").textContent = exact;
      rate.range.setAttribute("aria-valuetext", exact);
      places.forEach((place, k) => { place.range.min = -words.edge; place.range.max = words.edge; place.show(news.start[k]); });
    }
    bar.show(words.steps === 0, words.steps >= words.most);
    here.textContent = words.here.replace(/^s/, "S");
    canvas.setAttribute("aria-label", `${words.told}. The ${words.here}. Arrow keys move the start.`);
    for (const [name, { node, label, value }] of Object.entries(entries)) {
      const o = words.optimizers[name];
      node.setAttribute("aria-pressed", o.on);
      label.textContent = o.label;
      value.textContent = o.on ? o.told : "not shown";
    }
    paint();
    root.dataset.serial = news.serial;
    root.dataset.steps = words.steps;
    voice.now();
  };
  const observer = new ResizeObserver(() => paint());
  observer.observe(canvas);
  return () => { bar.stop(); observer.disconnect(); scene.close(); };
}

const SAMPLES = {
  circle: "M22 10a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
  square: "M22.5 5.5h9v9h-9z",
  triangle: "M27 4l6 10h-12z",
  diamond: "M27 3.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z",
};

export default { initialize: ({ model }) => { lineOf(model); }, render };
