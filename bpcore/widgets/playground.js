// The Playground: puts the parts together, and says to Python what the hand does.

import { button, choice, el, fixed, focusable, lineOf, short, slider, stage, stillness, svg, unique } from "./live.js";
import { predictPanel } from "./predict.js";
import { curveOn, paletteOf, tangent } from "./charts.js";
import { networkView } from "./network_view.js";
import { fieldView } from "./field_view.js";

const RATES = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const ACTIVATIONS = [["tanh", "tanh"], ["relu", "ReLU"], ["sigmoid", "sigmoid"], ["leaky", "leaky ReLU"]];
const OPTIMIZERS = [["sgd", "gradient descent"], ["momentum", "momentum"], ["rmsprop", "RMSProp"], ["adam", "Adam"]];
const BATCHES = [["1", "1 point"], ["8", "8 points"], ["32", "32 points"], ["all", "all at once"]];
const SPEEDS = [["1", "speed 1×"], ["5", "speed 5×"], ["25", "speed 25×"]];
const SHAPES = {
  xor: ["XOR", [["m", 6, 6], ["p", 18, 6], ["p", 6, 18], ["m", 18, 18]]],
  moons: ["moons", [["m", 4, 13], ["m", 6, 8], ["m", 11, 6], ["m", 15, 10], ["p", 10, 14], ["p", 13, 18], ["p", 18, 17], ["p", 21, 11]]],
  circles: ["circles", [["p", 12, 12], ["m", 12, 4], ["m", 19, 8], ["m", 19, 16], ["m", 12, 20], ["m", 5, 16], ["m", 5, 8]]],
  spirals: ["spirals", [["m", 14, 11], ["m", 17, 14], ["m", 14, 19], ["m", 7, 19], ["m", 3, 13], ["p", 10, 13], ["p", 7, 10], ["p", 10, 5], ["p", 17, 5], ["p", 21, 11]]],
  own: ["your own", [["m", 7, 15], ["p", 16, 8]]],
};
const KEY = "Drag a weight up or down. Dashes: below 0. ▲ ▼: where descent moves it, the larger the steeper.";
const MOST_LAYERS = 4;
const QUIET_MS = 600; // between steps, for those who want no motion

function shapePicker(onpick) {
  const name = unique("shape");
  const inputs = {};
  const labels = Object.entries(SHAPES).map(([shape, [text, dots]]) => {
    const input = (inputs[shape] = focusable(el("input", { type: "radio", name, value: shape, class: "bp-heard", onchange: () => onpick(shape) })));
    const marks = dots.map(([kind, x, y]) => (kind === "p"
      ? svg("circle", { cx: x, cy: y, r: 2.6, class: "bp-one" })
      : svg("rect", { x: x - 2.3, y: y - 2.3, width: 4.6, height: 4.6, class: "bp-zero" })));
    return el("label", { class: "bp-shape", title: text }, input, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, ...marks), el("span", {}, text));
  });
  const node = el("fieldset", { class: "bp-shapes" }, el("legend", { class: "bp-heard" }, "Data"), ...labels);
  return { node, show: (shape) => { inputs[shape].checked = true; } };
}

function render({ model, el: root }) {
  const scene = stage({ model, root, title: "Neural network playground", kind: "bp-playground" });
  const { line } = scene;
  const ask = predictPanel(scene);

  // -- what the hand holds, until Python knows of it --------------------------------------------------------------
  const held = new Map();
  let settings = {}; // changed here, and not yet in a frame
  let chosen = 0;
  let gesture = 0;
  let playing = false;
  let waitsForCode = false;
  let frame = null;
  const values = () => {
    const now = Array.from(frame.weights);
    for (const [k, v] of held) if (k < now.length) now[k] = v;
    return now;
  };
  const name = () => network.names()[chosen];
  const begin = () => `${line.me}-${(gesture += 1)}`;
  let current = begin();
  const steer = () => line.steer("edit", { values: [...held], settings, chosen, gesture: current });

  const hand = {
    hold(k, value, repeat = true) {
      if (!repeat) current = begin();
      held.set(k, Math.max(-20, Math.min(20, value)));
      chosen = k;
      steer();
      paint();
    },
    choose(k) { chosen = k; steer(); paint(); },
    release() {
      current = begin();
      tellWhenSettled(() => `${name()} ${fixed(values()[chosen])}. Loss ${short(frame.now[0])}, gradient ${short(frame.gradients[chosen])}.`);
    },
    step() { stepOnce(); },
    widen(layer, by) {
      const hidden = [...frame.words.settings.hidden];
      hidden[layer] += by;
      if (hidden[layer] >= 1 && hidden[layer] <= 8) change({ hidden });
    },
  };
  const change = (some, done = true) => {
    settings = { ...settings, ...some };
    steer();
    if (done) current = begin();
  };
  let tellNext = null;
  const tellWhenSettled = (text) => {
    tellNext = text;
    if (line.settled) say();
    else if (line.told.size) line.ask("look");
  };
  const say = () => {
    if (!tellNext || !line.settled) return;
    scene.say(tellNext());
    tellNext = null;
  };

  // -- the bar ----------------------------------------------------------------------------------------------------
  const reset = button({ label: "Begin anew", sign: "reset", onpress: () => { play(false); line.ask("reset"); tellWhenSettled(() => "New weights."); } });
  const undo = button({ label: "Undo", sign: "undo", onpress: () => { play(false); line.ask("undo"); tellWhenSettled(() => `Undone. Loss ${short(frame.now[0])}.`); } });
  const start = button({ label: "Play", sign: "play", kind: "bp-main", onpress: () => play(!playing) });
  const single = button({ label: "One step", sign: "step", onpress: () => stepOnce() });
  const speed = choice({ label: "Steps for each picture", options: SPEEDS, value: "1", onpick: () => {}, hidden: true });
  const counts = ["step", "loss", "right"].map((text) => {
    const value = el("span", { class: "bp-count" }, "0");
    return { value, node: el("div", { class: "bp-stat" }, value, el("span", { class: "bp-caption" }, text)) };
  });
  const copy = button({ text: "Copy as code", sign: "copy", onpress: () => { waitsForCode = true; line.ask("code"); } });
  const bar = el("div", { class: "bp-bar" },
    el("div", { class: "bp-row" }, reset, undo, start, single, speed.node),
    el("div", { class: "bp-stats" }, ...counts.map((c) => c.node)), copy);

  const codeText = focusable(el("textarea", { class: "bp-code", readonly: true, rows: 6, "aria-label": "The cell that reproduces this state", spellcheck: "false" }));
  const codeNote = el("span", {});
  const codeBox = el("div", { class: "bp-codebox", hidden: true },
    el("div", { class: "bp-row" }, codeNote, button({ label: "Close the code", sign: "close", kind: "bp-small", onpress: () => { codeBox.hidden = true; copy.focus(); } })), codeText);
  const showCode = async (text) => {
    waitsForCode = false;
    codeText.value = text;
    codeBox.hidden = false;
    try {
      await navigator.clipboard.writeText(text);
      codeNote.textContent = "Copied: paste it into a new cell.";
    } catch {
      codeText.select();
      codeNote.textContent = "Selected: copy it with Ctrl-C, and paste it into a new cell.";
      codeText.focus();
    }
    scene.say(codeNote.textContent);
  };

  // -- the choices ------------------------------------------------------------------------------------------------
  const shapes = shapePicker((data) => change({ data }));
  const noise = slider({ label: "Noise", min: 0, max: 0.5, step: 0.05, value: 0.15, told: (v) => v.toFixed(2), oninput: (v) => change({ noise: v }, false), onrelease: () => { current = begin(); } });
  const rate = choice({ label: "Learning rate", options: RATES, value: 0.3, onpick: (v) => change({ learning_rate: +v }) });
  const activation = choice({ label: "Activation", options: ACTIVATIONS, value: "tanh", onpick: (v) => change({ activation: v }) });
  const optimizer = choice({ label: "Optimizer", options: OPTIMIZERS, value: "sgd", onpick: (v) => change({ optimizer: v }) });
  const batch = choice({ label: "Batch", options: BATCHES, value: "all", onpick: (v) => change({ batch_size: v === "all" ? null : +v }) });
  const deeper = (by) => {
    const { hidden } = frame.words.settings;
    if (by < 0 ? hidden.length > 0 : hidden.length < MOST_LAYERS) change({ hidden: by < 0 ? hidden.slice(0, -1) : [...hidden, 4] });
  };
  const depth = el("span", { class: "bp-number" }, "2");
  const layers = el("div", { class: "bp-field", role: "group", "aria-label": "Hidden layers" }, el("span", { class: "bp-caption" }, "Hidden layers"),
    el("div", { class: "bp-row bp-depth" }, button({ label: "One hidden layer less", sign: "minus", kind: "bp-small", onpress: () => deeper(-1) }), depth,
      button({ label: "One hidden layer more", sign: "plus", kind: "bp-small", onpress: () => deeper(1) })));
  const choices = el("div", { class: "bp-choices" }, el("div", { class: "bp-field" }, el("span", { class: "bp-caption" }, "Data"), shapes.node), noise.node, rate.node, activation.node, optimizer.node, batch.node, layers);

  // -- the pictures -----------------------------------------------------------------------------------------------
  const network = networkView(hand);
  const field = fieldView({ say: scene.say, add: (x, y, label) => line.ask("point", { x, y, label }) });
  const clear = button({ text: "Clear", kind: "bp-clear", label: "Clear", onpress: () => line.ask("clear") });
  field.caption.append(clear);
  const complaints = el("ul", { class: "bp-complaints", role: "status" });
  const weight = choice({ label: "Weight", options: [], value: "", onpick: (k) => { hand.choose(+k); } });
  const id = unique("value");
  const typed = focusable(el("input", { id, type: "number", step: 0.1, class: "bp-input", onchange: () => { if (Number.isFinite(typed.valueAsNumber)) { hand.hold(chosen, typed.valueAsNumber, false); hand.release(); } } }));
  const nudge = (by) => { hand.hold(chosen, Math.round((values()[chosen] + by) * 100) / 100, false); hand.release(); };
  const slope = el("p", { class: "bp-slope" });
  const inspector = el("div", { class: "bp-inspector" }, weight.node,
    el("div", { class: "bp-field" }, el("label", { for: id, class: "bp-caption" }, "Value"),
      el("div", { class: "bp-row" }, button({ label: "Value: less", sign: "minus", kind: "bp-small", onpress: () => nudge(-0.1) }), typed,
        button({ label: "Value: more", sign: "plus", kind: "bp-small", onpress: () => nudge(0.1) }))), slope);
  const alongCanvas = el("canvas", { class: "bp-chart", role: "img" });
  const historyCanvas = el("canvas", { class: "bp-chart", role: "img" });
  const alongCaption = el("figcaption", {}, "Loss along this weight, and its slope");
  scene.body.append(bar, codeBox, choices,
    el("div", { class: "bp-panes" }, el("div", { class: "bp-left" }, network.node, el("p", { class: "bp-caption bp-key" }, KEY), complaints),
      el("figure", { class: "bp-right" }, field.surface, field.caption)),
    el("div", { class: "bp-panes bp-lower" }, el("div", { class: "bp-weight" }, inspector, el("figure", {}, alongCanvas, alongCaption)),
      el("figure", {}, historyCanvas, el("figcaption", {}, "Loss after each step"))));

  // -- steps ------------------------------------------------------------------------------------------------------
  const told = () => `Step ${frame.now[2]}. Loss ${short(frame.now[0])}, ${Math.round(100 * frame.now[1])}% right.`;
  const stepOnce = () => {
    play(false);
    line.ask("step", { times: 1, gesture: begin() });
    tellWhenSettled(told);
  };
  let beat = 0;
  const next = () => {
    if (!playing || !root.isConnected) return;
    const calm = stillness();
    clearTimeout(beat);
    const go = () => { if (playing) line.ask("step", { times: +speed.select.value * (calm ? 5 : 1), gesture: current }); };
    if (calm) beat = setTimeout(go, QUIET_MS);
    else requestAnimationFrame(go);
  };
  const play = (on) => {
    if (on === playing) return;
    playing = on;
    const face = button({ label: on ? "Pause" : "Play", sign: on ? "pause" : "play" });
    start.replaceChildren(...face.childNodes);
    start.setAttribute("aria-label", on ? "Pause" : "Play");
    start.title = on ? "Pause" : "Play";
    current = begin();
    if (on) next();
    else tellWhenSettled(told);
  };

  // -- drawing ----------------------------------------------------------------------------------------------------
  const paint = () => {
    if (!frame || !scene.colours) return;
    const palette = paletteOf(scene.colours);
    const now = values();
    chosen = Math.min(chosen, now.length - 1);
    network.draw(frame, now, chosen, palette);
    const [loss, right, steps, , reach] = frame.now;
    [String(steps), short(loss), `${Math.round(100 * right)}%`].forEach((text, i) => { counts[i].value.textContent = text; });
    drawInspector(now);
    const known = frame.words.chosen === chosen;
    const top = Math.max(0.1, Math.min(Math.max(...frame.along.filter(Number.isFinite)), 3 * Math.max(loss, 0.5)));
    const x = Array.from(frame.along, (_, i) => -reach + (2 * reach * i) / (frame.along.length - 1));
    const scales = curveOn(alongCanvas, { x, y: frame.along, top, colours: scene.colours, xlabels: [[-reach, fixed(-reach, 0)], [0, "0"], [reach, fixed(reach, 0)]] });
    if (known) tangent(scales, { x: frame.weights[chosen], y: loss, slope: frame.gradients[chosen], colour: scene.colours.mark });
    const count = frame.steps.length;
    const curve = curveOn(historyCanvas, { x: Array.from(frame.steps, (s) => s + 1), y: frame.history, top: count ? Math.max(0.1, ...frame.history) : 1, colours: scene.colours, xlabels: count ? [[frame.steps[0] + 1, String(frame.steps[0] + 1)], [steps, String(steps)]] : [] });
    if (count < 2) emptyNote(curve, count ? "one step so far" : "press play: the loss is drawn here");
  };
  const emptyNote = ({ pen, width, height }, text) => {
    pen.fillStyle = scene.colours.quiet;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = "13px system-ui, sans-serif";
    pen.fillText(text, width / 2 + 12, height / 2 - 6);
  };
  let listed = "";
  const drawInspector = (now) => {
    const names = network.names();
    if (names.join() !== listed) {
      listed = names.join();
      weight.select.replaceChildren(...names.map((text, k) => el("option", { value: k }, text)));
    }
    weight.show(chosen);
    if (document.activeElement !== typed) typed.value = now[chosen].toFixed(2);
    const g = frame.gradients[chosen];
    slope.replaceChildren(el("span", { class: "bp-caption" }, "Gradient "), el("strong", {}, short(g)),
      el("span", { class: "bp-caption" }, Math.abs(g) < 1e-9 ? " flat here" : g > 0 ? " ▼ descent lowers it" : " ▲ descent raises it"));
  };
  const drawChoices = ({ settings: s, undo: can, complaints: list, mine }) => {
    shapes.show(s.data);
    if (document.activeElement !== noise.range) noise.show(s.noise);
    noise.node.toggleAttribute("inert", s.data === "own");
    if (![...rate.select.options].some((o) => +o.value === s.learning_rate)) rate.select.append(el("option", { value: s.learning_rate }, String(s.learning_rate)));
    rate.show([...rate.select.options].find((o) => +o.value === s.learning_rate).value);
    activation.show(s.activation);
    optimizer.show(s.optimizer);
    const size = s.batch_size === null ? "all" : String(s.batch_size);
    if (![...batch.select.options].some((o) => o.value === size)) batch.select.append(el("option", { value: size }, `${size} points`));
    batch.show(size);
    depth.textContent = s.hidden.length;
    undo.disabled = !can;
    clear.hidden = s.data !== "own";
    const texts = list.map((c) => `Your ${c.function}: ${c.text}.${c.used ? " It is used all the same." : " Ours goes on in its place."}`);
    const fine = mine.filter((f) => !list.some((c) => c.function === f)).map((f) => `Your ${f} is at work, and agrees with ours.`);
    const all = [...texts, ...fine].join("\n");
    if (complaints.dataset.all !== all) {
      complaints.dataset.all = all;
      complaints.replaceChildren(...texts.map((t) => el("li", { class: "bp-bad" }, t)), ...fine.map((t) => el("li", {}, t)));
    }
  };

  scene.redraw = (now) => {
    const fresh = now !== frame;
    frame = now;
    ask(frame.words);
    if (fresh && line.settled) {
      held.clear();
      settings = {};
      chosen = frame.words.chosen;
      drawChoices(frame.words);
    } else if (!listed) drawChoices(frame.words);
    if (waitsForCode && frame.words.code) showCode(frame.words.code);
    paint();
    if (scene.colours) field.draw(frame, scene.colours, paletteOf(scene.colours));
    if (line.settled) {
      for (const [canvas, text] of [[alongCanvas, `Loss along ${name()}: ${short(frame.now[0])} here, slope ${short(frame.gradients[chosen])}`], [historyCanvas, told()]]) canvas.setAttribute("aria-label", text);
      say();
    }
    if (scene.colours) root.dataset.serial = frame.serial;
    if (fresh) next();
  };
  const offLine = line.listen((news) => { if (news.failed || news.state === "stopped") play(false); });
  const resized = new ResizeObserver(() => { if (frame && scene.colours) scene.redraw(frame); });
  resized.observe(root);
  return () => { playing = false; clearTimeout(beat); offLine(); resized.disconnect(); scene.close(); };
}

export default { initialize: ({ model }) => { lineOf(model); }, render };
