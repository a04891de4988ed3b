// What the network says everywhere, with the data on it; a click, or a key, adds a point.

import { el, focusable, svg } from "./live.js";
import { dot, heat, sheet } from "./charts.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// `add(x, y, label)` is called for a new point, in the coordinates of the data.
export function fieldView({ add, say }) {
  const field = el("canvas", { width: 60, height: 60, class: "bp-field-heat" });
  const points = el("canvas", { class: "bp-field-points" });
  const surface = focusable(el("div", {
    class: "bp-surface", tabindex: 0, role: "application",
    "aria-label": "Output field with the data. Arrow keys move a cross, Enter adds a point, 0 and 1 choose its class.",
  }, field, points));
  const classes = [0, 1].map((label) => {
    const input = focusable(el("input", { type: "radio", name: "bp-class", value: label, "aria-label": `new points are of class ${label}` }));
    const shape = label ? svg("circle", { cx: 8, cy: 8, r: 5.5, class: "bp-one" }) : svg("rect", { x: 3, y: 3, width: 10, height: 10, class: "bp-zero" });
    return { input, node: el("label", { class: "bp-class" }, input, svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, shape), `class ${label}`) };
  });
  classes[1].input.checked = true;
  // Radios of one name are one group in the whole page: two widgets must not share theirs.
  const group = `bp-class-${Math.random().toString(36).slice(2)}`;
  for (const { input } of classes) input.name = group;
  const picked = () => (classes[1].input.checked ? 1 : 0);
  const caption = el("div", { class: "bp-row bp-classes" }, el("span", { class: "bp-caption" }, "click to add:"), ...classes.map((c) => c.node));
  const view = { surface, caption };
  let cross = null;
  let last = null;

  const at = (event) => {
    const box = surface.getBoundingClientRect();
    const part = (value, from, size) => ((value - from) / size) * 2 - 1;
    return [part(event.clientX, box.left, box.width) * last.window, -part(event.clientY, box.top, box.height) * last.window];
  };
  let down = null;
  surface.addEventListener("pointerdown", (event) => { if (!event.button) down = [event.clientX, event.clientY]; });
  surface.addEventListener("pointerup", (event) => {
    // A finger that scrolled the page meant no point.
    if (down && last && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 8) add(...at(event), picked());
    down = null;
  });
  surface.addEventListener("blur", () => { cross = null; if (last) scatter(); });
  surface.addEventListener("keydown", (event) => {
    if (!last) return;
    if (event.key in MOVES) {
      const by = (event.shiftKey ? 0.2 : 0.04) * last.window;
      const clamp = (v) => Math.max(-last.window, Math.min(last.window, v));
      cross = (cross ?? [0, 0]).map((v, i) => clamp(v + MOVES[event.key][i] * by));
      say(`cross at ${cross.map((v) => v.toFixed(2)).join(", ")}`);
      scatter();
    } else if (event.key === "Enter" || event.key === " ") {
      cross ??= [0, 0];
      add(...cross, picked());
      say(`point of class ${picked()} added at ${cross.map((v) => v.toFixed(2)).join(", ")}`);
    } else if (event.key === "0" || event.key === "1") {
      classes[+event.key].input.checked = true;
      say(`new points are of class ${event.key}`);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function scatter() {
    const { pen, width, height } = sheet(points);
    const { X, y, window: edge, colours } = last;
    const place = (a, b) => [((a / edge + 1) / 2) * width, ((1 - b / edge) / 2) * height];
    for (let i = 0; i < y.length; i += 1) dot(pen, ...place(X[2 * i], X[2 * i + 1]), y[i] > 0.5, colours, width > 320 ? 4.5 : 3.8);
    if (!cross) return;
    const [cx, cy] = place(...cross);
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [dx, dy] of [[9, 0], [0, 9]]) {
      pen.moveTo(cx - dx, cy - dy);
      pen.lineTo(cx + dx, cy + dy);
    }
    pen.stroke();
  }

  view.draw = (frame, colours, palette) => {
    last = { X: frame.X, y: frame.y, window: frame.now[3], colours };
    const sure = frame.field.map((p) => 2 * p - 1);
    heat(field, sure, palette, 0.72);
    scatter();
  };
  return view;
}
