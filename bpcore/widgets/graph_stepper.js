// The graph stepper: boxes and arrows, and a bar to go forth and back.

import { el, focusable, lineOf, slider, stage, svg } from "./live.js";
import { predictPanel } from "./predict.js";
import { speaker, transport } from "./small.js";

const PHASES = { start: "Inputs", forward: "Forward", back: "Back" };
const LETTER = 8.2; // the width of one, for the paper under a label

export const curveOf = (points) =>
  points.reduce((text, [x, y], i) => text + (i === 0 ? `M${x} ${y}` : `${i % 3 === 1 ? " C" : " "}${x} ${y}`), "");

function box([x, y, width, height], { made, value, gradient, now }) {
  const line = (text, kind, down) => (text ? svg("text", { x, y: y + down, class: `bp-node-${kind}` }, text) : null);
  return svg("g", { class: `bp-node${now ? " bp-now" : ""}` },
    svg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 10 }),
    line(made, "made", -16), line(value && `value ${value}`, "value", 5), line(gradient && `gradient ${gradient}`, "gradient", 26));
}

function arrow({ curve, state }) {
  const [x, y] = curve.at(-1);
  return svg("g", { class: `bp-arrow ${state && `bp-${state}`}` },
    svg("path", { d: curveOf([...curve.slice(0, -1), [x - 7, y]]) }),
    // Its tip: an arrow shows how the numbers were made, and the product comes back against it.
    svg("path", { d: `M${x} ${y} l-10 -4.5 v9 z`, class: "bp-tip" }));
}

function label({ place: [x, y], lines, state }) {
  if (!lines.length) return null;
  const width = Math.max(...lines.map((text) => text.length)) * LETTER + 8;
  const height = 19 * lines.length + 2;
  return svg("g", { class: `bp-slope-label ${state && `bp-${state}`}` },
    svg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 4 }),
    ...lines.map((text, i) => svg("text", { x, y: y + 5.5 + 19 * (i - (lines.length - 1) / 2) }, text)));
}

function render({ model, el: root }) {
  const scene = stage({ model, root, title: "Graph stepper", kind: "bp-stepper" });
  const { line } = scene;
  const ask = predictPanel(scene);
  const voice = speaker(scene);
  let frame = null;

  const told = () => frame.words.text;
  const bar = transport({
    go: (by) => { line.ask("move", { by }); if (by !== 1 || !playing()) voice.later(told); },
    toStart: () => { line.ask("go", { at: 0 }); voice.later(told); },
    ready: () => line.settled,
    ended: () => frame && frame.words.at >= frame.words.last,
    onpause: () => voice.later(told),
  });
  const playing = () => bar.node.querySelector(".bp-main").getAttribute("aria-label") === "Pause";
  const where = slider({
    label: "Step", min: 0, max: 1, step: 1, value: 0, told: (at) => `${at} of ${frame ? frame.words.last : "…"}`,
    oninput: (at) => { bar.stop(); line.steer("go", { at }); }, onrelease: () => voice.later(told),
  });
  const phase = el("span", { class: "bp-phase" });
  const text = el("p", { class: "bp-said" });
  const drawing = svg("svg", { class: "bp-graph", role: "img" });
  const scroll = focusable(el("div", { class: "bp-scroll", tabindex: 0, role: "region", "aria-label": "The graph" }, drawing));
  scene.body.append(el("div", { class: "bp-bar" }, bar.node, where.node), el("div", { class: "bp-saying" }, phase, text), scroll,
    el("p", { class: "bp-caption" }, "On an arrow: the local slope; on the way back, local slope × what arrives from upstream. In a box: what has arrived, added up."));

  scene.redraw = (news) => {
    frame = news;
    const { words } = news;
    ask(words);
    if (line.settled) {
      where.range.max = words.last;
      where.show(words.at);
    }
    bar.show(words.at === 0, words.at === words.last);
    phase.textContent = PHASES[words.phase];
    phase.dataset.phase = words.phase;
    text.textContent = words.text;
    const [width, height] = words.page;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.style.maxWidth = `${width * 1.15}px`;
    drawing.style.minWidth = `${Math.min(width * 0.8, 900)}px`;
    drawing.setAttribute("aria-label", `A graph of ${words.nodes.length} nodes. ${words.text}`);
    const last = (state) => (state === "now" ? 1 : 0);
    const edges = [...words.edges].sort((a, b) => last(a.state) - last(b.state));
    drawing.replaceChildren(...edges.map(arrow), ...words.nodes.map((node, i) => box(news.boxes.subarray(4 * i, 4 * i + 4), node)),
      ...edges.map(label).filter(Boolean));
    root.dataset.serial = news.serial;
    root.dataset.at = words.at;
    voice.now();
  };
  return () => { bar.stop(); scene.close(); };
}

export default { initialize: ({ model }) => { lineOf(model); }, render };
