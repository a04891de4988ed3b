// Where the parts of a drawn network lie, and which of them a pointer means.

import { describe, expect, test } from "vitest";
import * as N from "../../bpcore/widgets/network.js";
import { blend, ticks } from "../../bpcore/widgets/charts.js";

const SIZES = [[2, 1], [2, 4, 4, 1], [2, 8, 8, 8, 8, 2], [2, 1, 8, 1], [2, 2]];

// Numbers that look like chance and are the same in every run (Park & Miller, 1988).
function* chance(seed) {
  for (let s = seed; ; ) yield (s = (s * 48271) % 2147483647) / 2147483647;
}

describe.each(SIZES.map((sizes) => [sizes]))("a network of %j", (sizes) => {
  const plan = N.layout(sizes);

  test("has one edge for each weight and bias, in Python's order", () => {
    const count = sizes.slice(1).reduce((sum, n, l) => sum + (sizes[l] + 1) * n, 0);
    expect(plan.edges.map((e) => e.k)).toEqual(Array.from({ length: count }, (_, k) => k));
    expect(plan.edges.filter(N.isBias)).toHaveLength(sizes.slice(1).reduce((a, b) => a + b));
    // W1[i, j] stands at i · columns + j, and b1 follows.
    const last = plan.edges[sizes[0] * sizes[1] - 1];
    expect([last.l, last.i, last.j]).toEqual([0, sizes[0] - 1, sizes[1] - 1]);
    expect(N.isBias(plan.edges[sizes[0] * sizes[1]])).toBe(true);
  });

  test("has names that are all different", () => {
    const names = plan.edges.map((e) => N.parameterName(sizes, e));
    expect(new Set(names).size).toBe(names.length);
  });

  test("lies within its drawing", () => {
    for (const { x, y } of plan.units) {
      expect(x - plan.side / 2).toBeGreaterThan(0);
      expect(x + plan.side / 2).toBeLessThan(plan.width);
      expect(y - plan.side / 2).toBeGreaterThan(20);
      expect(y + plan.side / 2).toBeLessThan(plan.height);
    }
  });

  test("has units that do not touch", () => {
    for (const a of plan.units) for (const b of plan.units) {
      if (a !== b) expect(Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y))).toBeGreaterThan(plan.side + 3);
    }
  });

  test("is picked at the nearest edge, at 200 places out of 200", () => {
    const random = chance(11);
    const next = () => random.next().value;
    // Another way to the same distances: many points of the curve itself instead of pieces of lines.
    const dense = plan.edges.map((e) => (N.isBias(e) ? e.points : Array.from({ length: 1501 }, (_, i) => N.along(e.from, e.to, i / 1500))));
    const far = (points, x, y) => Math.sqrt(points.reduce((least, [a, b]) => Math.min(least, (a - x) ** 2 + (b - y) ** 2), Infinity));
    for (let n = 0; n < 200; n += 1) {
      const [x, y] = [next() * plan.width, next() * plan.height];
      const exact = dense.map((points, k) => Math.max(0, far(points, x, y) - (N.isBias(plan.edges[k]) ? N.DOT : 0)));
      const best = Math.min(...exact);
      const found = N.nearest(plan.edges, x, y, 30);
      if (found) expect(exact[found.k]).toBeLessThan(best + 0.2);
      else expect(best).toBeGreaterThan(29.8);
    }
  });
});

test("the distance to a piece of a line", () => {
  expect(N.apart(0, 5, [-1, 0], [1, 0])).toBe(25);
  expect(N.apart(4, 4, [0, 0], [1, 0])).toBe(25);
  expect(N.apart(3, 4, [0, 0], [0, 0])).toBe(25);
});

test("a curve begins and ends where it should", () => {
  expect(N.along([1, 2], [7, 9], 0)).toEqual([1, 2]);
  expect(N.along([1, 2], [7, 9], 1)).toEqual([7, 9]);
  expect(N.along([0, 0], [2, 4], 0.5)).toEqual([1, 2]);
});

test("gradients are shown against the largest, and the smallest not at all", () => {
  expect(N.gradientSizes([0, 0])).toEqual([0, 0]);
  expect(N.gradientSizes([-4, 1, 0.01])).toEqual([1, 0.5, 0]);
  expect(N.gradientSizes([NaN, Infinity, 1])).toEqual([0, 0, 1]);
});

test("a triangle points where descent moves the weight", () => {
  const tip = (d) => +d.match(/^M\S+ (\S+)L/)[1];
  expect(tip(N.triangle([10, 50], 1, true))).toBeLessThan(50);
  expect(tip(N.triangle([10, 50], 1, false))).toBeGreaterThan(50);
});

test("colours go from one end over the middle to the other", () => {
  const palette = { minus: [200, 0, 0], neutral: [100, 100, 100], plus: [0, 0, 200] };
  expect(blend(0, palette)).toEqual([100, 100, 100]);
  expect(blend(-1, palette)).toEqual([200, 0, 0]);
  expect(blend(7, palette)).toEqual([0, 0, 200]);
  expect(blend(0.5, palette, 0.5)).toEqual([75, 75, 125]);
});

test.each([[0.1], [0.7], [1], [1.44], [3.9], [77]])("the marks of an axis up to %d are round and reach it", (top) => {
  const [zero, half, whole] = ticks(top);
  expect(zero).toBe(0);
  expect(whole).toBeCloseTo(2 * half, 10);
  expect(whole).toBeGreaterThanOrEqual(top * 0.998);
  expect(whole).toBeLessThanOrEqual(top * 2.6);
});
