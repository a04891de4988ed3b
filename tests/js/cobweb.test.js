// The settling cobweb in a page without pixels: its staircase, its axis, and what is asked of Python.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import widget, { corners, decades, powerOfTen } from "../../bpcore/widgets/cobweb.js";
import { shown } from "./small_model.js";

const PARTS = { knobs: [-2, 0.5, 0, 1, 5], now: [0.166, -1.94, 1.94, 0.679, 1e-11], places: [-1, 0, 1], full: [0.9, 0.4, -0.9], damped: [0.9, 0.4, -0.9],
  states: [0, 0.46, -0.4, 0.86, -0.84, 0.97, -0.9, 0.98], state_steps: [0, 1], state_residuals: [1, 0.1], error_steps: [0, 1], error_residuals: [1, 0] };
const WORDS = { status: ["cycle", "diverged"], rest: "0.1661484359", told: ["It goes round.", "It grows.", "Both."], secret: false };

describe("the staircase", () => {
  test("goes up to the curve and across to the diagonal", () => {
    expect(corners([0, 0.5, 0.8], 2, -1)).toEqual([[0, -1], [0, 0.5], [0.5, 0.5], [0.5, 0.8], [0.8, 0.8]]);
  });
  test("has no more steps than there are states, and may have none", () => {
    expect(corners([0, 0.5], 9, -1)).toHaveLength(3);
    expect(corners([0.3], 9, -1)).toEqual([[0.3, -1]]);
  });
});

test("an axis of powers of ten has few lines at even distances", () => {
  expect(decades(-12, 1)).toEqual([-12, -9, -6, -3, 0]);
  for (const high of [1, 2, 5, 8]) expect(decades(-12, high).length).toBeLessThanOrEqual(7);
  expect([0, 3, -12].map(powerOfTen)).toEqual(["1", "10³", "10⁻¹²"]);
});

describe("hands", () => {
  let page;
  const slider = (name) => [...page.root.querySelectorAll("input[type=range]")].find((r) => page.root.querySelector(`label[for="${r.id}"]`).textContent.startsWith(name));
  beforeEach(async () => {
    page = await shown(widget);
    page.model.answer(PARTS, WORDS);
  });
  afterEach(() => vi.useRealTimers());

  test("the sliders show what Python holds, and say the status in words", () => {
    expect(slider("Weight").value).toBe("-2");
    expect(slider("Relaxation").getAttribute("aria-valuetext")).toBe("1.00");
    expect(page.root.textContent).toMatch(/cycle.*diverged.*0\.1661484359/s);
  });

  test("a slider and its + ask for the value, and both values stay while one waits", () => {
    slider("Relaxation").value = 0.5;
    slider("Relaxation").dispatchEvent(new Event("input"));
    expect(page.last()).toMatchObject({ ask: "edit", given: { relaxation: 0.5 } });
    page.press("Input x: more");
    page.model.answer(PARTS, WORDS);
    expect(page.last().given).toEqual({ relaxation: 0.5, x: 0.6 });
    page.model.answer(PARTS, WORDS);
    expect(slider("Relaxation").value).toBe("1");
  });

  test("one step more is drawn; back to the start draws none", () => {
    page.press("One step");
    expect(page.last().given).toEqual({ steps: 6 });
    page.model.answer(PARTS, WORDS);
    page.press("Back to the start");
    expect(page.last().given).toEqual({ steps: 0 });
  });

  test("play asks for the next step only when the last has arrived", () => {
    vi.useFakeTimers();
    page.press("Play the steps");
    vi.advanceTimersByTime(900);
    expect(page.model.sent.filter((m) => m.ask === "edit")).toHaveLength(1);
    page.model.answer({ ...PARTS, knobs: [-2, 0.5, 0, 1, 6] }, WORDS);
    vi.advanceTimersByTime(200);
    expect(page.last().given).toEqual({ steps: 7 });
    page.press("Pause");
    page.model.answer(PARTS, WORDS);
    vi.advanceTimersByTime(2000);
    expect(page.model.sent.filter((m) => m.ask === "edit")).toHaveLength(2);
  });

  test("what a question waits for is not shown", () => {
    page.press("One step");
    page.model.answer(PARTS, { ...WORDS, secret: true });
    expect(page.root.querySelector(".bp-cw-stats").textContent).toContain("?settles below");
  });
});
