// The small widgets without pixels: curves and contours, the bar that plays, and what each asks of Python.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { curveOf } from "../../bpcore/widgets/graph_stepper.js";
import { arcs } from "../../bpcore/widgets/transpose.js";
import { contour } from "../../bpcore/widgets/landscape.js";
import landscape from "../../bpcore/widgets/landscape.js";
import { transport } from "../../bpcore/widgets/small.js";

test("a curve goes from its first point through three for each bend", () => {
  const points = [[0, 0], [1, 0], [2, 3], [3, 3], [4, 3], [5, 3], [6, 3]];
  expect(curveOf(points)).toBe("M0 0 C1 0 2 3 3 3 C4 3 5 3 6 3");
});

describe("arcs around the corner", () => {
  test("join the last column to the last row by the smallest circle", () => {
    expect(arcs(2, 100, 100, 10, 20)).toEqual(["M60 100 A40 40 0 0 1 100 60", "M80 100 A20 20 0 0 1 100 80"]);
  });
  test("meet each column and each row in its middle", () => {
    const ends = arcs(5, 300, 300, 44, 34).map((d) => d.match(/[\d.]+/g).map(Number));
    ends.forEach(([x, , , , , , , , y], j) => {
      expect(x).toBeCloseTo(300 - 44 - (5 - j - 0.5) * 34);
      expect(y).toBeCloseTo(300 - 44 - (5 - j - 0.5) * 34);
    });
  });
});

describe("a contour", () => {
  const side = 41;
  const heights = Array.from({ length: side * side }, (_, k) => Math.hypot((k % side) - 20, Math.floor(k / side) - 20));
  test("of a cone is a circle", () => {
    const pieces = contour(heights, side, 12.3);
    expect(pieces.length).toBeGreaterThan(200);
    for (let i = 0; i < pieces.length; i += 2) expect(Math.hypot(pieces[i] - 20, pieces[i + 1] - 20)).toBeCloseTo(12.3, 1);
  });
  test("comes in pieces of two ends", () => expect(contour(heights, side, 7.7).length % 4).toBe(0));
  test("above everything or below it is empty", () => {
    expect(contour(heights, side, 99)).toEqual([]);
    expect(contour(heights, side, -1)).toEqual([]);
  });
});

describe("the bar", () => {
  let at, asked, bar;
  beforeEach(() => {
    vi.useFakeTimers();
    at = 0;
    asked = [];
    bar = transport({ go: (by) => { asked.push(by); at += by; }, toStart: () => { at = 0; asked.push("start"); }, ready: () => true, ended: () => at >= 3, beat: 100 });
    document.body.replaceChildren(bar.node);
  });
  afterEach(() => vi.useRealTimers());
  const press = (label) => document.querySelector(`[aria-label="${label}"]`).click();

  test("plays to the end, one at a time, and stops there", () => {
    press("Play");
    vi.advanceTimersByTime(1000);
    expect(asked).toEqual([1, 1, 1]);
    expect(document.querySelector('[aria-label="Play"]')).not.toBeNull();
    press("Play");
    expect(asked.at(-1)).toBe("start");
  });
  test("pauses, and a step by hand pauses too", () => {
    press("Play");
    vi.advanceTimersByTime(100);
    press("One step back");
    vi.advanceTimersByTime(1000);
    expect(asked).toEqual([1, -1]);
  });
  test("asks nothing more once it is gone from the page", () => {
    press("Play");
    document.body.replaceChildren();
    vi.advanceTimersByTime(1000);
    expect(asked).toEqual([]);
  });
});

describe("the landscape", () => {
  const pen = new Proxy({}, { get: (_, name) => (name === "createImageData" ? (w, h) => ({ data: new Uint8ClampedArray(w * h * 4) }) : () => {}), set: () => true });
  let sent, receive, root, serial;
  const optimizers = Object.fromEntries(["sgd", "momentum", "rmsprop", "adam"].map((name) => [name, { label: name, on: name !== "adam", told: "loss 1" }]));
  const answer = () => {
    const parts = { heights: Array(16).fill(1), levels: [1], shades: Array(16).fill(0), gradient: [1, 0], start: [-1, 1], path_sgd: [-1, 1, 0, 0] };
    const floats = Float32Array.from(Object.values(parts).flat());
    const words = { loss: "bowl", told: "a bowl", grounds: { bowl: "a bowl", saddle: "a saddle" }, edge: 2, rate: 0.21, steps: 1, most: 60, here: "start (−1, 1)", optimizers };
    const last = sent.at(-1);
    receive({ kind: "frame", who: last.who, n: last.n, serial: (serial += 1), layout: Object.entries(parts).map(([k, v]) => [k, v.length]), words }, [new DataView(floats.buffer)]);
  };
  beforeEach(async () => {
    HTMLCanvasElement.prototype.getContext = () => pen;
    globalThis.ResizeObserver = class { observe() {} disconnect() {} };
    [sent, serial] = [[], 0];
    const about = { id: "y" };
    const model = { get: () => about, on: (name, call) => { if (name === "msg:custom") receive = call; }, send: (m) => sent.push(m) };
    root = document.createElement("div");
    document.body.replaceChildren(root);
    landscape.initialize({ model });
    landscape.render({ model, el: root });
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    answer();
  });
  const key = (name, more = {}) => root.querySelector(".bp-ground").dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));

  test("arrow keys move the start, further with Shift, never out of the picture", () => {
    key("ArrowRight");
    expect(sent.at(-1)).toMatchObject({ ask: "set", given: { start: [-0.95, 1] } });
    for (let i = 0; i < 9; i += 1) key("ArrowUp", { shiftKey: true });
    answer();
    expect(sent.at(-1).given.start).toEqual([-0.95, 2]);
  });
  test("a rate between two places of the slider is told as it is", () => {
    expect(root.querySelector('[aria-label="Learning rate: more"]').closest(".bp-field").querySelector("output").textContent).toBe("0.210");
  });
  test("an optimizer is switched on among those that are", () => {
    root.querySelectorAll(".bp-entry")[3].click();
    expect(sent.at(-1)).toMatchObject({ ask: "set", given: { optimizers: ["sgd", "momentum", "rmsprop", "adam"] } });
    expect(root.querySelectorAll('.bp-entry[aria-pressed="true"]')).toHaveLength(3);
  });
});
