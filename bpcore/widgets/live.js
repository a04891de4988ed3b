// What every widget shares: elements and controls, the line to the kernel, the theme, the voice, and the banner.

// -- elements -----------------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

function made(node, props, kids) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...kids.filter((kid) => kid !== null && kid !== undefined));
  return node;
}

export const el = (tag, props = {}, ...kids) => made(document.createElement(tag), props, kids);
export const svg = (tag, props = {}, ...kids) => made(document.createElementNS(SVG, tag), props, kids);

let counted = 0;
export const unique = (word) => `bp-${word}-${(counted += 1)}`;

// JupyterLab would take the keys of whatever is focused, so each focusable element says that it wants them itself.
export function focusable(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
}

export const fixed = (value, digits = 2) =>
  Number.isFinite(value) ? (value < 0 ? "−" : "") + Math.abs(value).toFixed(digits) : "not finite";

// Enough digits to tell small gradients apart, and never more than a glance can take in.
export function short(value) {
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.0005 || size >= 10000)) return value.toExponential(1).replaceAll("-", "−");
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const ICONS = {
  play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5a.8.8 0 0 0-1.2.7z",
  pause: "M6.5 5h3.6v14H6.5zM13.9 5h3.6v14h-3.6z",
  step: "M5 5.6v12.8a.7.7 0 0 0 1.1.6l9.2-6.4a.7.7 0 0 0 0-1.2L6.1 5a.7.7 0 0 0-1.1.6zM16.6 5h2.8v14h-2.8z",
  reset: "M12 5V1.6L6.6 6 12 10.4V7a5 5 0 1 1-5 5H5a7 7 0 1 0 7-7z",
  undo: "M9 5 3.6 10 9 15v-3.4h4.6a3.2 3.2 0 1 1 0 6.4H8v2h5.6a5.2 5.2 0 1 0 0-10.4H9z",
  copy: "M8 3h11a2 2 0 0 1 2 2v11h-2V5H8zM5 7h9a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9c0-1.1.9-2 2-2zm0 2v10h9V9z",
  minus: "M5 11h14v2H5z",
  plus: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
};

export function icon(name) {
  const path = svg("path", { d: ICONS[name], fill: "currentColor" });
  return svg("svg", { viewBox: "0 0 24 24", class: "bp-icon", "aria-hidden": "true", focusable: "false" }, path);
}

// -- controls: each works by pointer, by key, and by single clicks ------------------------------------------------

export function button({ label, sign, text, kind = "", onpress }) {
  const node = focusable(el("button", { type: "button", class: `bp-button ${kind}`, onclick: onpress }));
  if (sign) node.append(icon(sign));
  if (text) node.append(el("span", {}, text));
  if (label && label !== text) made(node, { "aria-label": label, title: label }, []);
  return node;
}

export function choice({ label, options, value, onpick, hidden = false }) {
  const id = unique("choice");
  const select = focusable(el("select", { id, class: "bp-select", onchange: () => onpick(select.value) }));
  for (const option of options) {
    const [name, text] = Array.isArray(option) ? option : [option, String(option)];
    select.append(el("option", { value: name }, text));
  }
  select.value = value;
  const caption = el("label", { for: id, class: hidden ? "bp-heard" : "bp-caption" }, label);
  const node = el("div", { class: "bp-field" }, caption, select);
  return { node, select, show: (now) => { select.value = String(now); } };
}

// A slider with − and + beside it: whatever can be dragged can be clicked.
export function slider({ label, min, max, step, value, oninput, onrelease, told = (v) => String(v) }) {
  const id = unique("slider");
  const range = focusable(el("input", { id, type: "range", class: "bp-range", min, max, step }));
  const shown = el("output", { class: "bp-number", for: id });
  const set = (now) => {
    range.value = now;
    shown.textContent = told(+range.value);
    range.setAttribute("aria-valuetext", shown.textContent);
  };
  const nudge = (by) => { set(+(+range.value + by * step).toFixed(10)); oninput(+range.value); onrelease?.(+range.value); };
  range.addEventListener("input", () => { set(range.value); oninput(+range.value); });
  range.addEventListener("change", () => onrelease?.(+range.value));
  set(value);
  const less = button({ label: `${label}: less`, sign: "minus", kind: "bp-small", onpress: () => nudge(-1) });
  const more = button({ label: `${label}: more`, sign: "plus", kind: "bp-small", onpress: () => nudge(1) });
  const caption = el("label", { for: id, class: "bp-caption" }, label, " ", shown);
  return { node: el("div", { class: "bp-field" }, caption, el("div", { class: "bp-row" }, less, range, more)), range, show: set };
}

// -- the line to the kernel ---------------------------------------------------------------------------------------

// A frame is one buffer of float32; its layout says which stretch has which name.
export function unpack(layout, buffer) {
  const all = new Float32Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength));
  const named = {};
  let at = 0;
  for (const [name, length] of layout) named[name] = all.subarray(at, (at += length));
  return named;
}

const BUSY_MS = 1500;
const GONE = new Set(["restarting", "autorestarting", "terminating", "dead"]);
const LINES = new WeakMap();

// One line for each model, whatever number of views it has. At most one request is under way: while it is, a newer
// steer takes the place of the one that waits, so nothing is left over when the hand lets go.
export class Line {
  constructor(model, clock = globalThis) {
    this.model = model;
    this.clock = clock;
    this.me = Math.random().toString(36).slice(2);
    this.number = 0; // of the last request sent
    this.serial = -1; // of the last frame shown
    this.frame = null;
    this.waiting = []; // requests, each of which counts
    this.steering = null; // the latest of those of which only the latest counts
    this.underway = 0;
    this.told = new Set(); // the views that want the table in words
    this.state = "live";
    this.listeners = new Set();
    model.on("msg:custom", (message, buffers) => this.receive(message, buffers));
    // What a manager tells of the kernel; where it tells nothing, the next request finds out.
    model.on("comm_live_update", () => this.ask("look"));
    const kernel = model.widget_manager?.kernel;
    kernel?.statusChanged?.connect?.((_, status) => { if (GONE.has(status)) this.become("stopped"); });
    kernel?.disposed?.connect?.(() => this.become("stopped"));
  }

  listen(callback) {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  ask(name, given = {}) {
    this.waiting.push([name, given]);
    this.pump();
  }

  steer(name, given = {}) {
    this.steering = [name, given];
    this.pump();
  }

  // Whether the last frame knows of everything that was asked.
  get settled() {
    return !this.underway && !this.waiting.length && !this.steering;
  }

  pump() {
    if (this.underway) return;
    // What was steered before a button was pressed comes first, as the hand did it.
    const told = !this.steering && this.told.size > 0;
    const next = this.steering ?? this.waiting.shift();
    if (!next) return;
    this.steering = null;
    this.underway = this.number += 1;
    this.timer = this.clock.setTimeout(() => this.become("busy"), BUSY_MS);
    try {
      this.model.send({ ask: next[0], given: next[1], n: this.number, who: this.me, told });
    } catch {
      this.become("stopped");
    }
  }

  receive(message, buffers) {
    if (message.kind !== "frame" && message.kind !== "failed") return;
    if (message.who === this.me && message.n === this.underway) {
      this.clock.clearTimeout(this.timer);
      this.underway = 0;
    }
    this.become("live");
    const news = message.kind === "failed" ? { failed: message.text } : this.accept(message, buffers);
    // First the picture, then the next request: what it shows decides what is asked.
    if (news) for (const callback of [...this.listeners]) callback(news);
    this.pump();
  }

  accept(message, buffers) {
    if (message.serial <= this.serial) return null;
    this.serial = message.serial;
    this.frame = { ...unpack(message.layout, buffers[0]), words: message.words, serial: message.serial, n: message.n };
    return { frame: this.frame };
  }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    if (state === "stopped") {
      this.clock.clearTimeout(this.timer);
      this.underway = 0;
      this.waiting = [];
      this.steering = null;
    }
    for (const callback of [...this.listeners]) callback({ state });
  }
}

// Made once, in `initialize`: what a view listens to is forgotten with that view.
export function lineOf(model) {
  const key = model.get("_about") ?? model; // the same object for every view of one model
  if (!LINES.has(key)) LINES.set(key, new Line(model));
  return LINES.get(key);
}

// -- theme --------------------------------------------------------------------------------------------------------

// Brightness from 0 to 1 of a colour as the browser writes it: rgb(…) or rgba(…).
export function brightness(colour) {
  const parts = (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
}

export function rgb(colour) {
  const hex = colour.trim().match(/^#([0-9a-f]{6})$/i);
  if (hex) return [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16));
  return (colour.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
}

const INKS = ["page", "ink", "quiet", "line", "plus", "minus", "mark", "neutral"];

// Light or dark is read off the page itself once the element stands in it, and again whenever the page changes.
export function watchTheme(root, onchange) {
  let last = "";
  const look = () => {
    if (!root.isConnected) return;
    // A colour may stand there as a name or as another variable: the browser works out what it is.
    const swatch = el("span", { style: "display:none" });
    root.append(swatch);
    const resolved = (colour) => {
      swatch.style.color = colour;
      return getComputedStyle(swatch).color;
    };
    root.dataset.bpTheme = brightness(resolved("var(--jp-layout-color1, Canvas)")) < 0.5 ? "dark" : "light";
    const colours = Object.fromEntries(INKS.map((name) => [name, resolved(`var(--bp-${name})`)]));
    swatch.remove();
    const now = JSON.stringify(colours);
    if (now !== last) onchange(colours);
    last = now;
  };
  const frame = requestAnimationFrame(look);
  const observer = new MutationObserver(() => requestAnimationFrame(look));
  observer.observe(document.body, { attributes: true });
  observer.observe(document.documentElement, { attributes: true });
  const scheme = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  scheme?.addEventListener?.("change", look);
  return () => { cancelAnimationFrame(frame); observer.disconnect(); scheme?.removeEventListener?.("change", look); };
}

export const stillness = () => Boolean(globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches);

// -- the frame around a widget ------------------------------------------------------------------------------------

const STATES = {
  busy: "The kernel is busy. What you change is drawn as soon as it answers.",
  stopped: "The kernel has stopped, so nothing here can be computed. Run the cell again to go on.",
};

// The outermost element with what every widget has: a banner, a voice for screen readers, the table in words.
export function stage({ model, root, title, kind }) {
  const line = lineOf(model);
  const banner = el("div", { class: "bp-banner", role: "status", hidden: true });
  const voice = el("div", { class: "bp-heard", "aria-live": "polite", role: "log" });
  const body = el("div", { class: "bp-body" });
  const rows = focusable(el("div", { class: "bp-twin-rows", tabindex: 0, role: "region", "aria-label": `${title} in words and numbers` }));
  const twin = el("details", { class: "bp-twin" }, focusable(el("summary", {}, "In words and numbers")), rows);
  root.classList.add("bp", kind);
  made(root, { role: "group", "aria-label": title, "data-lm-suppress-shortcuts": "true" }, []);
  root.append(banner, body, twin, voice);
  const stage = { line, root, body, colours: null, redraw: () => {} };

  const show = (text, kind = "") => {
    if (banner.textContent === text && banner.hidden === !text) return;
    banner.textContent = text;
    banner.className = `bp-banner ${kind}`;
    banner.hidden = !text;
  };
  let spoken = 0;
  stage.say = (text) => {
    clearTimeout(spoken);
    spoken = setTimeout(() => voice.replaceChildren(el("p", {}, text)), 250);
  };
  const fill = () => {
    const told = line.frame?.words.table;
    if (!told || !twin.open) return;
    const head = el("tr", {}, ...told.columns.map((name) => el("th", { scope: "col" }, name)));
    const lines = told.rows.map((row) =>
      el("tr", {}, ...row.map((cell, i) => (i ? el("td", {}, String(cell)) : el("th", { scope: "row" }, String(cell))))));
    rows.replaceChildren(
      el("p", {}, told.text),
      el("table", {}, el("caption", { class: "bp-heard" }, title), el("thead", {}, head), el("tbody", {}, ...lines)));
  };
  twin.addEventListener("toggle", () => {
    line.told[twin.open ? "add" : "delete"](root);
    if (twin.open) line.ask("look");
  });

  const offLine = line.listen((news) => {
    if (news.state) show(STATES[news.state] ?? "", news.state);
    if (news.state) root.toggleAttribute("data-bp-stopped", news.state === "stopped");
    if (news.failed) show(news.failed, "failed");
    if (news.frame) {
      if (line.state === "live") show(news.frame.words.note ?? "", "failed");
      fill();
      stage.redraw(news.frame);
    }
  });
  const offTheme = watchTheme(root, (colours) => {
    stage.colours = colours;
    if (line.frame) stage.redraw(line.frame);
  });
  const hide = el("style", {}, `[data-bp-still="${model.get("_about").id}"],
    .jp-OutputArea-child:has([data-bp-still="${model.get("_about").id}"]) { display: none !important; }`);
  root.append(hide);
  stage.close = () => { offLine(); offTheme(); clearTimeout(spoken); line.told.delete(root); };
  if (line.frame) queueMicrotask(() => stage.redraw(line.frame));
  line.ask("look");
  return stage;
}
