// The digit pad in a page without pixels: the brush, the keys on the squares, and what is asked of Python.

import { beforeEach, describe, expect, test } from "vitest";
import widget, { brushed, columnsFor, steppingStones } from "../../bpcore/widgets/digit_pad.js";
import { shown } from "./small_model.js";

const EMPTY = new Array(64).fill(0);
const PARTS = { ink: EMPTY, seen: EMPTY, noise: [0], probabilities: [0.1, 0.05, 0.05, 0.3, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05], logits: new Array(10).fill(0), hidden: new Array(96).fill(0.5) };
const WORDS = { widths: [64, 32], loud: [1, 1], active: [64, 32], sample: null, told: "It reads 3.", complaint: "", mine: false };

describe("the brush", () => {
  test("fills the square it is on, a third of its four neighbours, and nothing else", () => {
    const ink = brushed(EMPTY, 3, 4);
    expect(ink[28]).toBe(1);
    for (const k of [20, 36, 27, 29]) expect(ink[k]).toBeCloseTo(0.35);
    expect(ink.filter((v) => v > 0)).toHaveLength(5);
  });
  test("never takes ink away, and the eraser never adds any", () => {
    const grey = new Array(64).fill(0.6);
    expect(Math.min(...brushed(grey, 2.3, 2.7))).toBe(0.6);
    const erased = brushed(grey, 2, 2, true);
    expect(erased[18]).toBe(0);
    expect(Math.max(...erased)).toBe(0.6);
  });
  test("a fast hand leaves no gaps", () => {
    const points = steppingStones([0, 0], [7, 7]);
    expect(points.at(-1)).toEqual([7, 7]);
    const far = points.map(([r, c], i) => (i ? Math.hypot(r - points[i - 1][0], c - points[i - 1][1]) : 0));
    expect(Math.max(...far)).toBeLessThanOrEqual(0.26);
    expect(steppingStones([1, 1], [1, 1])).toEqual([[1, 1]]);
  });
});

test("a layer is drawn eight units in a row, and a wide one as a square", () => {
  expect([5, 32, 64, 100].map(columnsFor)).toEqual([5, 8, 8, 10]);
});

describe("keys", () => {
  let page;
  const cell = (k) => page.root.querySelectorAll("[role=gridcell]")[k];
  const key = (k, name, more = {}) => cell(k).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
  beforeEach(async () => {
    page = await shown(widget);
    page.model.answer(PARTS, WORDS);
  });

  test("arrows go from square to square and stop at the edge", () => {
    cell(0).focus();
    key(0, "ArrowDown");
    expect(document.activeElement).toBe(cell(8));
    key(8, "ArrowLeft");
    expect(document.activeElement).toBe(cell(8));
    key(8, "End");
    expect(document.activeElement).toBe(cell(15));
    expect(page.root.querySelectorAll('[role=gridcell][tabindex="0"]')).toHaveLength(1);
  });

  test.each([[" ", [1]], ["+", [0.25]], ["-", [0]], ["Delete", [0]]])("%s changes the square", (name, [value]) => {
    key(9, name);
    expect(page.last().ask).toBe("draw");
    expect(page.last().given.ink[9]).toBe(value);
    expect(cell(9).getAttribute("aria-label")).toBe(`row 2, column 2: ink ${value.toFixed(2)}`);
  });

  test("two keys before an answer are both kept", () => {
    key(0, "+");
    key(0, "+");
    key(1, " ");
    page.model.answer(PARTS, WORDS);
    expect(page.last().given.ink.slice(0, 2)).toEqual([0.5, 1]);
  });

  test("shortcuts with Ctrl stay the page's", () => {
    const before = page.model.sent.length;
    key(0, "-", { ctrlKey: true });
    expect(page.model.sent.length).toBe(before);
  });

  test("buttons: a sample, the chosen square, moving, clearing", () => {
    page.press("Show an unseen 7");
    expect(page.last()).toMatchObject({ ask: "sample", given: { digit: 7 } });
    page.model.answer(PARTS, WORDS);
    cell(10).focus();
    page.press("Chosen square: more ink");
    expect(page.last().given.ink[10]).toBe(0.25);
    page.model.answer(PARTS, WORDS);
    page.press("Move the ink left");
    expect(page.last()).toMatchObject({ ask: "move", given: { right: -1 } });
    page.model.answer(PARTS, WORDS);
    page.press("Clear");
    expect(page.last().ask).toBe("clear");
  });

  test("the likeliest digit is named, and marked by more than colour", () => {
    expect(page.root.querySelector(".bp-dp-answer").textContent).toBe("3");
    expect(page.root.querySelectorAll("[data-most]")).toHaveLength(1);
  });

  test("without a cache there are no layers to draw, and it says so", () => {
    page.press("Clear");
    page.model.answer({ ...PARTS, hidden: [] }, { ...WORDS, widths: [], active: [], mine: true });
    expect(page.root.querySelectorAll("canvas")).toHaveLength(0);
    expect(page.root.textContent).toContain("known only if forward returns its cache");
  });
});
