// The Playground in a page without pixels: what the hand does, and what is asked of Python.

import { beforeEach, describe, expect, test, vi } from "vitest";
import widget from "../../bpcore/widgets/playground.js";

const SIZES = [2, 2, 1];
const COUNT = 9;
const SETTINGS = { data: "xor", noise: 0.15, hidden: [2], activation: "tanh", optimizer: "sgd", learning_rate: 0.3, batch_size: null };

const pen = new Proxy({}, {
  get: (_, name) => (name === "createImageData" ? (w, h) => ({ data: new Uint8ClampedArray(w * h * 4) }) : () => {}),
  set: () => true,
});

class Model {
  constructor() {
    this.sent = [];
    this.about = { id: "x" };
    this.serial = 0;
    this.weights = Array.from({ length: COUNT }, (_, k) => k / 10);
  }
  get(name) { return name === "_about" ? this.about : undefined; }
  on(name, callback) { if (name === "msg:custom") this.receive = callback; }
  send(message) { this.sent.push(message); }
  // What Python would answer to the last request.
  answer({ words = {}, weights = this.weights } = {}) {
    const last = this.sent.at(-1);
    const parts = { now: [0.7, 0.5, 3, 1.6, 4], weights, gradients: Array(COUNT).fill(0.1), field: Array(3600).fill(0.5),
      units: Array(3 * 400).fill(0), X: [0, 0], y: [1], along: Array(41).fill(0.7), steps: [0], history: [0.7] };
    const floats = Float32Array.from(Object.values(parts).flat());
    const layout = Object.entries(parts).map(([name, values]) => [name, values.length]);
    const all = { settings: SETTINGS, sizes: SIZES, chosen: last.given.chosen ?? 0, undo: true, complaints: [], mine: [], ...words };
    this.receive({ kind: "frame", who: last.who, n: last.n, serial: (this.serial += 1), layout, words: all }, [new DataView(floats.buffer)]);
  }
}

let model, root;
const edge = (k) => root.querySelector(`[data-k="${k}"]`);
const key = (k, name, more = {}) => edge(k).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
const press = (name) => [...root.querySelectorAll("button")].find((b) => (b.ariaLabel ?? b.getAttribute("aria-label") ?? b.textContent) === name).click();
const last = () => model.sent.at(-1);

beforeEach(async () => {
  HTMLCanvasElement.prototype.getContext = () => pen;
  globalThis.ResizeObserver = class { observe() {} disconnect() {} };
  document.body.replaceChildren();
  root = document.createElement("div");
  document.body.append(root);
  model = new Model();
  widget.initialize({ model });
  widget.render({ model, el: root });
  await new Promise(requestAnimationFrame); // the theme is read once the element stands in the page
  await new Promise(requestAnimationFrame);
  model.answer();
});

describe("keys on a weight", () => {
  test.each([["ArrowUp", {}, 0.1], ["ArrowDown", {}, -0.1], ["ArrowUp", { shiftKey: true }, 1], ["PageDown", {}, -1]])("%s moves it", (name, more, by) => {
    key(4, name, more);
    expect(last()).toMatchObject({ ask: "edit", given: { chosen: 4 } });
    expect(last().given.values[0][1]).toBeCloseTo(0.4 + by, 6);
    expect(+edge(4).getAttribute("aria-valuenow")).toBeCloseTo(0.4 + by, 6);
  });

  test("0 makes it zero, and Enter takes a step", () => {
    key(4, "0");
    expect(last().given.values).toEqual([[4, 0]]);
    model.answer();
    key(4, "Enter");
    expect(last()).toMatchObject({ ask: "step", given: { times: 1 } });
  });

  test("left and right go round, and one weight at a time can be reached with Tab", () => {
    edge(0).focus();
    key(0, "ArrowLeft");
    expect(document.activeElement).toBe(edge(COUNT - 1));
    expect(root.querySelectorAll('.bp-edge[tabindex="0"]')).toHaveLength(1);
  });

  test("other keys are left to the page", () => {
    const event = new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true });
    edge(0).dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
  });
});

test("while a request is under way, what the hand holds is not overwritten", () => {
  key(0, "ArrowUp");
  key(0, "ArrowUp");
  model.answer({ weights: Array(COUNT).fill(-3) }); // an answer to the first of the two
  expect(+edge(0).getAttribute("aria-valuenow")).toBeCloseTo(0.2, 6);
  model.answer({ weights: Array(COUNT).fill(0.25) }); // and to the second
  expect(+edge(0).getAttribute("aria-valuenow")).toBeCloseTo(0.25, 6);
});

test("two weights moved in one go are both sent", () => {
  key(0, "ArrowUp");
  key(1, "ArrowUp");
  key(2, "ArrowUp");
  model.answer();
  expect(last().given.values.map(([k]) => k)).toEqual([0, 1, 2]);
});

test("presses are gestures of their own, and a held key is one", () => {
  key(0, "ArrowUp", { repeat: false });
  const first = last().given.gesture;
  model.answer();
  key(0, "ArrowUp", { repeat: true });
  expect(last().given.gesture).toBe(first);
  model.answer();
  edge(0).dispatchEvent(new KeyboardEvent("keyup", { key: "ArrowUp", bubbles: true }));
  key(0, "ArrowUp", { repeat: false });
  expect(last().given.gesture).not.toBe(first);
});

test("a drag up raises the weight by its pixels, and a click alone does not", () => {
  const drawing = root.querySelector(".bp-drawing");
  drawing.getBoundingClientRect = () => ({ left: 0, top: 0, width: 620, height: 316 });
  drawing.setPointerCapture = () => {};
  const bias = edge(4).querySelector(".bp-stroke");
  const [x, y] = [+bias.getAttribute("cx"), +bias.getAttribute("cy")];
  const pointer = (kind, dy) => drawing.dispatchEvent(Object.assign(new MouseEvent(kind, { clientX: x, clientY: y + dy, bubbles: true }), { pointerId: 7, pointerType: "mouse" }));
  pointer("pointerdown", 0);
  pointer("pointerup", 0);
  expect(model.sent.flatMap((m) => m.given.values ?? [])).toEqual([]);
  model.answer();
  pointer("pointerdown", 0);
  pointer("pointermove", -42);
  expect(last().given.values).toEqual([[4, 1.4]]);
  pointer("pointerup", -42);
});

test("the next step of play is asked after the last frame, and never before", async () => {
  const frames = [];
  vi.stubGlobal("requestAnimationFrame", (callback) => frames.push(callback));
  press("Play");
  frames.splice(0).forEach((f) => f());
  const asked = model.sent.length;
  expect(last().ask).toBe("step");
  frames.splice(0).forEach((f) => f());
  expect(model.sent).toHaveLength(asked);
  model.answer();
  frames.splice(0).forEach((f) => f());
  expect(model.sent).toHaveLength(asked + 1);
  press("Pause");
  model.answer();
  frames.splice(0).forEach((f) => f());
  expect(model.sent).toHaveLength(asked + 1);
  vi.unstubAllGlobals();
});

test("settings are sent, and the buttons for layers know their limits", () => {
  press("One hidden layer more");
  expect(last().given.settings).toEqual({ hidden: [2, 4] });
  model.answer({ words: { settings: { ...SETTINGS, hidden: [2, 2, 2, 2] } } });
  const before = model.sent.length;
  press("One hidden layer more");
  expect(model.sent).toHaveLength(before);
  const select = [...root.querySelectorAll("select")].find((s) => [...s.options].some((o) => o.value === "relu"));
  select.value = "relu";
  select.dispatchEvent(new Event("change"));
  expect(last().given.settings).toEqual({ activation: "relu" });
});

test("complaints of one's own functions are listed by name", () => {
  press("Undo");
  model.answer({ words: { complaints: [{ function: "backward", text: "ValueError: no", used: false }], mine: ["forward", "backward"] } });
  const text = root.querySelector(".bp-complaints").textContent;
  expect(text).toContain("Your backward: ValueError: no. Ours goes on in its place.");
  expect(text).toContain("Your forward is at work, and agrees with ours.");
});

test("a question makes the rest wait", () => {
  const question = { stage: "ask", text: "What then?", choices: ["a", "b"], unit: "", run: "Go", told: "", come: "", why: "" };
  press("Undo");
  model.answer({ words: { question } });
  expect(root.querySelector(".bp-body").inert).toBe(true);
  press("That is my prediction");
  expect(last().ask).toBe("undo");
  const radios = root.querySelectorAll('.bp-predict input[type="radio"]');
  expect(radios).toHaveLength(6);
  radios[1].checked = true;
  radios[5].checked = true;
  press("That is my prediction");
  expect(last()).toMatchObject({ ask: "predict", given: { value: 1, confidence: 4 } });
  model.answer({ words: { question: { ...question, stage: "come", told: "You said b.", come: "It came out as a." } } });
  expect(root.querySelector(".bp-predict").textContent).toContain("You said b.It came out as a.");
  expect(root.querySelector(".bp-body").inert).toBe(false);
});
