// The network as one sees and holds it: edges and biases that can be dragged, keyed and clicked, units with pictures.

import { fixed, focusable, el, svg, button, short } from "./live.js";
import { DOT, gradientSizes, isBias, layout, nearest, parameterName, path, strokeWidth, triangle } from "./network.js";
import { heat } from "./charts.js";

const PIXELS_PER_UNIT = 42;
const REACH = { mouse: 16, pen: 18, touch: 26 };
const KEYS = { ArrowUp: 0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 };

// `hand` says what the hand does: { hold(k, value), choose(k), release(), step(), widen(layer, by) }.
export function networkView(hand) {
  const drawing = svg("svg", { role: "group", class: "bp-drawing", "aria-label": "Network. Left and right arrows go from weight to weight, up and down change the value." });
  const heads = el("div", { class: "bp-heads" });
  const pictures = el("div", { class: "bp-units", "aria-hidden": "true" });
  const node = el("div", { class: "bp-net" }, drawing, pictures, heads);
  const view = { node, plan: null, values: [], chosen: 0 };
  let sizes = [];
  let parts = [];
  let units = [];
  let drag = null;
  let hovered = null;
  const tag = svg("g", { class: "bp-tag", "aria-hidden": "true" }, svg("rect", { rx: 9, height: 18, y: -9 }), svg("text", { y: 4, "text-anchor": "middle" }));

  const place = (event) => {
    const box = drawing.getBoundingClientRect();
    const scale = view.plan.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, scale];
  };
  const pick = (event) => {
    const [x, y, scale] = place(event);
    return nearest(view.plan.edges, x, y, (REACH[event.pointerType] ?? REACH.mouse) * scale);
  };
  const hover = (edge) => {
    if (edge === hovered) return;
    if (hovered) parts[hovered.k]?.group.classList.remove("bp-near");
    hovered = edge;
    if (edge) parts[edge.k].group.classList.add("bp-near");
    drawing.style.cursor = edge ? "ns-resize" : "";
  };
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const edge = pick(event);
    if (!edge) return;
    event.preventDefault();
    drawing.setPointerCapture(event.pointerId);
    drag = { k: edge.k, y: event.clientY, from: view.values[edge.k], id: event.pointerId, moved: false };
    node.classList.add("bp-held");
    choose(edge.k, true);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!drag) return hover(event.pointerType === "touch" ? null : pick(event));
    if (event.pointerId !== drag.id) return undefined;
    const fine = event.shiftKey ? 5 : 1;
    const value = drag.from + (drag.y - event.clientY) / PIXELS_PER_UNIT / fine;
    drag.moved = drag.moved || event.clientY !== drag.y;
    if (drag.moved) hand.hold(drag.k, Math.round(value * 100) / 100);
    return undefined;
  });
  const drop = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const { moved } = drag;
    drag = null;
    node.classList.remove("bp-held");
    if (moved) hand.release();
  };
  drawing.addEventListener("pointerup", drop);
  drawing.addEventListener("pointercancel", drop);
  drawing.addEventListener("pointerleave", () => hover(null));

  function choose(k, focus) {
    if (k !== view.chosen) {
      hand.choose(k);
      mark(k);
    }
    if (focus) parts[k].group.focus({ preventScroll: true });
  }

  function mark(k) {
    parts[view.chosen]?.group.setAttribute("tabindex", "-1");
    parts[view.chosen]?.group.classList.remove("bp-chosen");
    view.chosen = k;
    parts[k].group.setAttribute("tabindex", "0");
    parts[k].group.classList.add("bp-chosen");
  }

  function keyed(event, k) {
    const { key } = event;
    const n = parts.length;
    if (key in KEYS) hand.hold(k, Math.round((view.values[k] + KEYS[key] * (event.shiftKey ? 10 : 1)) * 100) / 100, event.repeat);
    else if (key === "0" || key === "Home") hand.hold(k, 0);
    else if (key === "ArrowRight" || key === "ArrowLeft") choose((k + (key === "ArrowRight" ? 1 : n - 1)) % n, true);
    else if (key === "Enter") hand.step();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function build() {
    const plan = (view.plan = layout(sizes));
    const held = drawing.contains(document.activeElement);
    drawing.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`);
    drawing.replaceChildren();
    parts = plan.edges.map((edge) => {
      const name = parameterName(sizes, edge);
      const group = focusable(svg("g", {
        class: `bp-edge ${isBias(edge) ? "bp-bias" : ""}`, role: "slider", tabindex: -1, "aria-label": `${isBias(edge) ? "" : "weight "}${name}`,
        "aria-orientation": "vertical", "data-k": edge.k,
        onfocus: () => choose(edge.k, false),
        onkeydown: (event) => keyed(event, edge.k),
        onkeyup: (event) => { if (event.key in KEYS || event.key === "0" || event.key === "Home") hand.release(); },
      }));
      const d = isBias(edge) ? null : path(edge.from, edge.to);
      const at = { cx: edge.points[0][0], cy: edge.points[0][1] };
      const halo = isBias(edge) ? svg("circle", { ...at, r: 10, class: "bp-halo" }) : svg("path", { d, class: "bp-halo" });
      const stroke = isBias(edge) ? svg("circle", { ...at, r: DOT, class: "bp-stroke" }) : svg("path", { d, class: "bp-stroke" });
      const hit = isBias(edge) ? svg("circle", { ...at, r: 12, class: "bp-hit" }) : svg("path", { d, class: "bp-hit" });
      const gradient = svg("path", { class: "bp-gradient" });
      group.append(hit, halo, stroke, gradient);
      return { group, halo, stroke, gradient, edge };
    });
    // Biases last, on top of the edges that pass behind them.
    drawing.append(...parts.filter((p) => !isBias(p.edge)).map((p) => p.group), ...parts.filter((p) => isBias(p.edge)).map((p) => p.group));
    units = plan.units.map((unit) => {
      const canvas = el("canvas", { width: 1, height: 1, class: "bp-unit" });
      const part = (v, of) => `${(100 * v) / of}%`;
      Object.assign(canvas.style, {
        left: part(unit.x - plan.side / 2, plan.width), top: part(unit.y - plan.side / 2, plan.height), width: part(plan.side, plan.width),
      });
      if (unit.l === 0) drawing.append(svg("text", { x: unit.x - plan.side / 2 - 8, y: unit.y + 5, "text-anchor": "end" }, `x${"₁₂"[unit.j]}`));
      return { ...unit, canvas };
    });
    drawing.append(tag);
    pictures.replaceChildren(...units.map((unit) => unit.canvas));
    heads.replaceChildren(...sizes.map((n, l) => head(plan, n, l)).filter(Boolean));
    view.chosen = Math.min(view.chosen, parts.length - 1);
    if (held) parts[view.chosen].group.focus({ preventScroll: true });
  }

  function head(plan, n, l) {
    const hidden = l > 0 && l < sizes.length - 1;
    const text = el("span", {}, l === 0 ? "inputs" : hidden ? `${n} unit${n > 1 ? "s" : ""}` : n > 1 ? "outputs" : "output");
    const less = hidden && button({ label: `Layer ${l}: one unit less`, sign: "minus", kind: "bp-small", onpress: () => hand.widen(l - 1, -1) });
    const more = hidden && button({ label: `Layer ${l}: one unit more`, sign: "plus", kind: "bp-small", onpress: () => hand.widen(l - 1, 1) });
    const box = el("div", { class: "bp-head" }, less || null, text, more || null);
    box.style.left = `${(100 * plan.x(l)) / plan.width}%`;
    return box;
  }

  // Values come from the hand while it holds them, the rest from the frame.
  view.draw = (frame, values, chosen, palette) => {
    if (frame.words.sizes.join() !== sizes.join()) {
      sizes = frame.words.sizes;
      build();
    }
    view.values = values;
    const shown = gradientSizes(frame.gradients);
    for (const { edge, group, stroke, halo, gradient } of parts) {
      const v = values[edge.k];
      stroke.classList.toggle("bp-negative", v < 0);
      const width = strokeWidth(v);
      if (isBias(edge)) stroke.setAttribute("r", Math.min(3 + Math.abs(v) * 1.3, 8));
      else {
        stroke.style.strokeWidth = width;
        halo.style.strokeWidth = width + 7;
      }
      const g = frame.gradients[edge.k];
      gradient.setAttribute("d", shown[edge.k] ? triangle(edge.mark, shown[edge.k], g < 0) : "");
      if (group.getAttribute("aria-valuenow") !== v.toFixed(2)) {
        const reach = Math.max(4, Math.ceil(Math.abs(v)));
        for (const [name, value] of [["now", v.toFixed(2)], ["min", -reach], ["max", reach]]) group.setAttribute(`aria-value${name}`, value);
      }
      if (edge.k === chosen) group.setAttribute("aria-valuetext", `${fixed(v)}, gradient ${short(g)}`);
    }
    if (!parts[chosen].group.classList.contains("bp-chosen")) mark(chosen);
    label(chosen, values[chosen]);
    const cells = frame.units.length / units.filter((u) => u.l > 0).length;
    let at = 0;
    for (const unit of units) {
      if (unit.l === 0) heat(unit.canvas, ramps2[unit.j], palette);
      else heat(unit.canvas, frame.units.subarray(at, (at += cells)), palette);
    }
  };

  function label(k, value) {
    const { edge } = parts[k];
    const [x, y] = edge.points[Math.floor(edge.points.length / 2)];
    const text = fixed(value);
    const wide = 12 + text.length * 7;
    tag.setAttribute("transform", `translate(${isBias(edge) ? x - 34 : x} ${isBias(edge) ? y + 16 : y})`);
    tag.firstChild.setAttribute("width", wide);
    tag.firstChild.setAttribute("x", -wide / 2);
    tag.lastChild.textContent = text;
  }

  view.names = () => parts.map((p) => parameterName(sizes, p.edge));
  view.focus = (k) => parts[k]?.group.focus({ preventScroll: true });
  return view;
}

// What the two inputs say: from left to right, and from bottom to top.
const SIDE = 20;
const ramps2 = [0, 1].map((which) => Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
  const part = which ? 1 - Math.floor(i / SIDE) / (SIDE - 1) : (i % SIDE) / (SIDE - 1);
  return 2 * part - 1;
}));
