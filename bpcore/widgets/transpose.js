// Where the transpose comes from: two matrices around a corner, and arcs from each column of one to a row of the other.

import { button, choice, el, focusable, lineOf, short, slider, stage, svg } from "./live.js";
import { predictPanel } from "./predict.js";
import { speaker } from "./small.js";

const CELL = 34;
const GAP = 44;
const HEAD = 30;
const NAMES = { N: "N, samples", D: "D, inputs", H: "H, outputs" };
const SIGNS = { right: "M5 12.5l4.8 4.8L19.5 7", wrong: "M6 6l12 12M18 6L6 18" };

// Quarter circles around the corner at (x, y): column j of the left matrix to row j of the right one.
export const arcs = (inner, x, y, gap = GAP, cell = CELL) =>
  Array.from({ length: inner }, (_, j) => {
    const r = gap + (inner - j - 0.5) * cell;
    return `M${x - r} ${y} A${r} ${r} 0 0 1 ${x} ${y - r}`;
  });

function cells(values, [rows, columns], x, y, kind, wrong = null) {
  const group = svg("g", { class: `bp-cells ${kind}` });
  for (let i = 0; i < rows; i += 1) for (let j = 0; j < columns; j += 1) {
    const k = i * columns + j;
    const [u, v] = [x + j * CELL, y + i * CELL];
    const bad = wrong && !wrong[k];
    group.append(svg("rect", { x: u, y: v, width: CELL, height: CELL, class: bad ? "bp-bad" : "" }),
      svg("text", { x: u + CELL / 2, y: v + CELL / 2 + 5, class: bad ? "bp-bad" : "" }, (bad ? "≠" : "") + tidy(values[k])));
  }
  return group;
}

const tidy = (value) => (Number.isInteger(value) ? String(value).replace("-", "−") : short(value));

// A side of a matrix with its letter and length; the letter's own stroke tells it from the others without colour.
function side(x, y, length, letter, size, down) {
  const [u, v] = down ? [x, y + length] : [x + length, y];
  const at = down ? { x: x - 15, y: y + length / 2 + 5 } : { x: x + length / 2, y: y - 9 };
  return svg("g", { class: `bp-side bp-side-${letter}` }, svg("line", { x1: x, y1: y, x2: u, y2: v }),
    svg("text", at, down ? letter : `${letter} = ${size}`), down ? svg("text", { x: x - 15, y: at.y + 15 }, String(size)) : null);
}

function render({ model, el: root }) {
  const scene = stage({ model, root, title: "Where the transpose comes from", kind: "bp-transpose" });
  const { line } = scene;
  const ask = predictPanel(scene);
  const voice = speaker(scene);
  let frame = null;
  const told = () => `${frame.words.formula}. ${frame.words.text}`;
  const then = (name, given = {}) => { line.ask(name, given); voice.later(told); };

  const turns = [0, 1].map((which) => button({ text: "Turn", onpress: () => then("turn", { which }) }));
  const swap = button({ text: "Swap the two", onpress: () => then("swap") });
  const wanted = choice({ label: "Sought", options: [["dW", "dW, from X and g"], ["dX", "dX, from g and W"]], value: "dW", onpick: (name) => then("want", { wanted: name }) });
  const sizes = Object.fromEntries(Object.keys(NAMES).map((letter) => [letter, slider({
    label: NAMES[letter], min: 1, max: 6, step: 1, value: 2,
    oninput: (n) => line.steer("size", { ...held(), [letter]: n }), onrelease: () => voice.later(told),
  })]));
  const held = () => Object.fromEntries(Object.entries(sizes).map(([letter, s]) => [letter, +s.range.value]));
  const all = (text, N, D, H) => button({ text, onpress: () => then("size", { N, D, H }) });
  const formula = el("code", { class: "bp-formula" });
  const stroke = svg("path", { fill: "none", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round" });
  const sign = svg("svg", { viewBox: "0 0 24 24", class: "bp-icon bp-verdict", "aria-hidden": "true" }, stroke);
  const text = el("p", { class: "bp-said" });
  const drawing = svg("svg", { class: "bp-matrices", role: "img" });
  const counted = el("p", { class: "bp-caption" });
  scene.body.append(
    el("div", { class: "bp-bar" }, wanted.node, ...Object.values(sizes).map((s) => s.node),
      el("div", { class: "bp-row" }, all("5, 3, 2", 5, 3, 2), all("All 2", 2, 2, 2))),
    el("div", { class: "bp-bar" }, el("div", { class: "bp-row" }, turns[0], swap, turns[1])),
    el("div", { class: "bp-saying" }, sign, formula, text),
    focusable(el("div", { class: "bp-scroll", tabindex: 0, role: "region", "aria-label": "The two matrices and their product" }, drawing)), counted);

  scene.redraw = (news) => {
    frame = news;
    const { words } = news;
    ask(words);
    const [left, right] = words.tiles;
    [left, right].forEach((tile, k) => {
      turns[k].querySelector("span").textContent = `Turn ${tile.name}`;
      turns[k].setAttribute("aria-label", `Turn the ${k ? "right" : "left"} one, ${tile.name}`);
    });
    wanted.show(words.wanted);
    if (line.settled) for (const [letter, s] of Object.entries(sizes)) s.show(words.sizes[letter]);
    formula.textContent = `${words.formula}`;
    stroke.setAttribute("d", SIGNS[words.kind] ?? SIGNS.wrong);
    sign.dataset.kind = words.kind;
    text.textContent = words.text;
    counted.textContent = words.counted;
    drawing.setAttribute("aria-label", `${words.formula}. ${words.text}`);
    draw(news);
    root.dataset.serial = news.serial;
    root.dataset.kind = words.kind;
    voice.now();
  };

  const draw = ({ left, right, product, same, measured, words }) => {
    const [a, b] = words.tiles;
    const [[m, k], [l, n]] = [a.shape, b.shape];
    // The corner where the two meet.
    const [x, y] = [HEAD + k * CELL + GAP, HEAD + l * CELL + GAP];
    const fits = words.kind !== "open";
    const tile = (values, piece, u, v, which) => {
      const group = svg("g", { class: "bp-tile", onclick: () => then("turn", { which }) },
        cells(values, piece.shape, u, v, ""), side(u, v, piece.shape[1] * CELL, piece.letters[1], piece.shape[1], false),
        side(u, v, piece.shape[0] * CELL, piece.letters[0], piece.shape[0], true));
      group.append(svg("text", { x: u + piece.shape[1] * CELL / 2, y: v + piece.shape[0] * CELL + 20, class: "bp-piece" }, piece.name));
      return group;
    };
    const far = Math.max(x + n * CELL, x + CELL) + 70;
    const [rows, columns] = words.target;
    const outline = (u, v, p, q, kind) => svg("rect", { x: u, y: v, width: q * CELL, height: p * CELL, class: kind });
    const meet = fits
      ? arcs(k, x, y).map((d) => svg("path", { d, class: "bp-arc" }))
      : [svg("text", { x: x - GAP / 2 - 12, y: y - GAP / 2, class: "bp-gapped" }, `${k} ≠ ${l}`)];
    const made = fits
      ? [cells(product, words.made, x, y, "bp-made", words.kind === "values" ? same : null),
        svg("text", { x: x + n * CELL / 2, y: y + m * CELL + 20, class: "bp-piece" }, `(${m}, ${n})`)]
      : [outline(x, y, m, n, "bp-empty")];
    const compare = words.kind === "values" || words.kind === "right";
    const goal = [compare ? cells(measured, words.target, far, y, "bp-goal") : outline(far, y, rows, columns, "bp-empty"),
      svg("text", { x: far, y: y - 10, class: "bp-left" }, `${words.wanted}${compare ? ", measured" : ": this shape"}`),
      svg("text", { x: far + columns * CELL / 2, y: y + rows * CELL + 20, class: "bp-piece" }, `(${rows}, ${columns})`)];
    const width = far + Math.max(columns * CELL, 110) + 10;
    const height = y + Math.max(m, rows) * CELL + 30;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.style.width = `${width}px`;
    drawing.replaceChildren(...meet, tile(left, a, x - GAP - k * CELL, y, 0), tile(right, b, x, y - GAP - l * CELL, 1), ...made, ...goal);
  };
  return () => scene.close();
}

export default { initialize: ({ model }) => { lineOf(model); }, render };
