// The line to the kernel, and the parts that every widget is made of.

import { beforeEach, describe, expect, test, vi } from "vitest";
import { brightness, button, fixed, Line, lineOf, rgb, short, slider, unpack } from "../../bpcore/widgets/live.js";

class Model {
  constructor() {
    this.sent = [];
    this.listeners = {};
    this.about = { id: "x" };
  }
  get(name) { return name === "_about" ? this.about : undefined; }
  on(name, callback) { this.listeners[name] = callback; }
  send(message) { if (this.dead) throw new Error("gone"); this.sent.push(message); }
  answer(message, values = [1]) {
    const floats = Float32Array.from(values);
    const whole = { kind: "frame", who: "", n: 0, layout: [["a", values.length]], words: {}, ...message };
    this.listeners["msg:custom"](whole, [new DataView(floats.buffer)]);
  }
}

let model, line, seen;
beforeEach(() => {
  vi.useFakeTimers();
  model = new Model();
  line = new Line(model);
  seen = [];
  line.listen((news) => seen.push(news));
});
const reply = (serial, values) => model.answer({ who: line.me, n: model.sent.at(-1).n, serial }, values);

describe("one request at a time", () => {
  test("of a hundred steers, the first and the last are sent", () => {
    for (let i = 0; i < 100; i += 1) line.steer("edit", { i });
    expect(model.sent.map((m) => m.given.i)).toEqual([0]);
    reply(0);
    expect(model.sent.map((m) => m.given.i)).toEqual([0, 99]);
    reply(1);
    expect(model.sent).toHaveLength(2);
    expect(line.settled).toBe(true);
  });

  test("what counts each time is sent each time, in order, after what was steered before", () => {
    line.ask("step");
    line.ask("undo");
    line.steer("edit");
    for (let serial = 0; serial < 3; serial += 1) reply(serial);
    expect(model.sent.map((m) => m.ask)).toEqual(["step", "edit", "undo"]);
  });

  test("a failure is an answer too", () => {
    line.ask("step");
    line.ask("step");
    model.listeners["msg:custom"]({ kind: "failed", who: line.me, n: 1, text: "no" }, []);
    expect(seen).toContainEqual({ failed: "no" });
    expect(model.sent).toHaveLength(2);
  });

  test("the answer to somebody else frees nobody", () => {
    line.ask("step");
    line.ask("step");
    model.answer({ who: "another", n: 1, serial: 0 });
    expect(model.sent).toHaveLength(1);
  });
});

describe("frames", () => {
  test("an older one never wins", () => {
    model.answer({ serial: 5 }, [5]);
    model.answer({ serial: 4 }, [4]);
    model.answer({ serial: 5 }, [6]);
    expect(line.frame.a[0]).toBe(5);
    expect(seen.filter((news) => news.frame)).toHaveLength(1);
  });

  test("in any order of arrival, the newest is shown at last", () => {
    for (const serial of [3, 0, 7, 2, 6, 7, 1]) model.answer({ serial }, [serial]);
    expect(line.frame.a[0]).toBe(7);
  });

  test("are taken apart by their layout, wherever they lie in memory", () => {
    const floats = Float32Array.from([9, 1, 2, 3]);
    const named = unpack([["x", 1], ["none", 0], ["y", 2]], new DataView(floats.buffer, 4));
    expect(Array.from(named.x)).toEqual([1]);
    expect(Array.from(named.y)).toEqual([2, 3]);
    expect(named.none).toHaveLength(0);
  });
});

describe("the kernel", () => {
  test("is busy when it has not answered for a while, and then is not", () => {
    line.ask("step");
    vi.advanceTimersByTime(1400);
    expect(line.state).toBe("live");
    vi.advanceTimersByTime(200);
    expect(line.state).toBe("busy");
    reply(0);
    expect(line.state).toBe("live");
  });

  test("has stopped when nothing can be sent; what waited is forgotten", () => {
    line.ask("step");
    line.ask("step");
    model.dead = true;
    reply(0);
    expect(line.state).toBe("stopped");
    expect(line.settled).toBe(true);
    vi.advanceTimersByTime(5000);
    expect(line.state).toBe("stopped");
  });

  test.each(["restarting", "autorestarting", "terminating", "dead"])("has stopped when its manager says %s", (status) => {
    const told = [];
    model.widget_manager = { kernel: { statusChanged: { connect: (callback) => told.push(callback) }, disposed: { connect() {} } } };
    const other = new Line(model);
    told[0](null, "idle");
    expect(other.state).toBe("live");
    told[0](null, status);
    expect(other.state).toBe("stopped");
  });

  test("that is back after all is taken back", () => {
    line.become("stopped");
    line.ask("look");
    reply(0);
    expect(line.state).toBe("live");
  });
});

test("every view of one model has the same line", () => {
  expect(lineOf(model)).toBe(lineOf(model));
  expect(lineOf(new Model())).not.toBe(lineOf(model));
});

test("a slider moves by its buttons, and says so on release", () => {
  const oninput = vi.fn();
  const onrelease = vi.fn();
  const made = slider({ label: "Noise", min: 0, max: 0.5, step: 0.05, value: 0.15, oninput, onrelease, told: (v) => v.toFixed(2) });
  const [less, more] = made.node.querySelectorAll("button");
  more.click();
  expect(oninput).toHaveBeenLastCalledWith(0.2);
  expect(onrelease).toHaveBeenLastCalledWith(0.2);
  expect(made.range.getAttribute("aria-valuetext")).toBe("0.20");
  for (let i = 0; i < 9; i += 1) less.click();
  expect(oninput).toHaveBeenLastCalledWith(0);
  for (const node of made.node.querySelectorAll("button, input")) expect(node.dataset.lmSuppressShortcuts).toBe("true");
});

test("a button is named by its label", () => {
  expect(button({ label: "Undo", sign: "undo" }).getAttribute("aria-label")).toBe("Undo");
  expect(button({ text: "Close" }).hasAttribute("aria-label")).toBe(false);
});

test("numbers are written as one reads them", () => {
  expect(fixed(-1.5)).toBe("−1.50");
  expect(fixed(NaN)).toBe("not finite");
  expect([0, 0.0123, -2.5, 31.25, 412.6, 0.00001, -1e9].map(short)).toEqual(["0.000", "0.012", "−2.50", "31.3", "413", "1.0e−5", "−1.0e+9"]);
});

test("colours are read in the ways a browser writes them", () => {
  expect(rgb("#0072b2")).toEqual([0, 114, 178]);
  expect(rgb("rgb(1, 2, 3)")).toEqual([1, 2, 3]);
  expect(brightness("rgb(255, 255, 255)")).toBeCloseTo(1);
  expect(brightness("rgba(0, 0, 0, 0.87)")).toBeLessThan(0.01);
});
