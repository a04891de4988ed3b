// Where the parts of a drawn network lie, and which of them is nearest to a pointer. Nothing here touches the page.

const WIDTH = 620;
const TOP = 38; // room for the heads of the layers

// One entry for each weight and bias, in the order in which Python lists them: W1 row by row, b1, W2, …
export function parameters(sizes) {
  const found = [];
  for (let l = 0; l + 1 < sizes.length; l += 1) {
    for (let i = 0; i < sizes[l]; i += 1) for (let j = 0; j < sizes[l + 1]; j += 1) found.push({ k: found.length, l, i, j });
    for (let j = 0; j < sizes[l + 1]; j += 1) found.push({ k: found.length, l, i: -1, j });
  }
  return found;
}

export const isBias = (e) => e.i < 0;

export function unitName(sizes, l, j) {
  if (l === 0) return `input ${j + 1}`;
  if (l === sizes.length - 1) return sizes[l] === 1 ? "output" : `output ${j + 1}`;
  return `layer ${l} unit ${j + 1}`;
}

export const parameterName = (sizes, e) =>
  isBias(e) ? `bias of ${unitName(sizes, e.l + 1, e.j)}` : `${unitName(sizes, e.l, e.i)} → ${unitName(sizes, e.l + 1, e.j)}`;

// Everything in the units of the drawing, WIDTH wide.
export function layout(sizes) {
  const most = Math.max(...sizes);
  const pitch = most > 6 ? 47 : most > 4 ? 56 : 66;
  const side = most > 6 ? 38 : 44;
  const height = TOP + Math.max(most * pitch, 4 * 66) + 14;
  const middle = TOP + (height - TOP) / 2;
  const x = (l) => 62 + (l * (WIDTH - 62 - 40)) / (sizes.length - 1);
  const y = (l, j) => middle + (j - (sizes[l] - 1) / 2) * pitch * (sizes[l] === 2 && most > 2 ? 1.5 : 1);
  // Each edge leaves and arrives at a place of its own, so that what is drawn there does not run together.
  const port = (n, i) => (i - (n - 1) / 2) * Math.min(9, (side - 6) / n);
  const edges = parameters(sizes).map((e) => {
    const x2 = x(e.l + 1) - side / 2;
    const y2 = y(e.l + 1, e.j);
    if (isBias(e)) return { ...e, points: [[x2, y2 + side / 2]], mark: [x2 - 13, y2 + side / 2] };
    const from = [x(e.l) + side / 2, y(e.l, e.i) + port(sizes[e.l + 1], e.j)];
    const to = [x2, y2 + port(sizes[e.l], e.i)];
    return { ...e, from, to, points: curve(from, to), mark: [x2 - 8, to[1]] };
  });
  const units = sizes.flatMap((n, l) => Array.from({ length: n }, (_, j) => ({ l, j, x: x(l), y: y(l, j) })));
  return { width: WIDTH, height, side, edges, units, x };
}

const bend = (from, to) => from[0] + (to[0] - from[0]) / 2;

export function path(from, to) {
  const m = bend(from, to);
  return `M${from[0]} ${from[1]}C${m} ${from[1]} ${m} ${to[1]} ${to[0]} ${to[1]}`;
}

export function along(from, to, t) {
  const m = bend(from, to);
  const u = 1 - t;
  const mix = (a, b, c, d) => u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
  return [mix(from[0], m, m, to[0]), mix(from[1], from[1], to[1], to[1])];
}

const curve = (from, to) => Array.from({ length: 65 }, (_, i) => along(from, to, i / 64));

// The squared distance from a point to the piece of a line between a and b.
export function apart(x, y, [ax, ay], [bx, by]) {
  const dx = bx - ax;
  const dy = by - ay;
  const t = dx || dy ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy))) : 0;
  return (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2;
}

export function distance(edge, x, y) {
  const { points } = edge;
  if (points.length === 1) return Math.sqrt(apart(x, y, points[0], points[0]));
  let least = Infinity;
  for (let i = 1; i < points.length; i += 1) least = Math.min(least, apart(x, y, points[i - 1], points[i]));
  return Math.sqrt(least);
}

// The edge nearest to the pointer, whatever is drawn on top; null when none is within reach.
export function nearest(edges, x, y, reach) {
  let best = null;
  let least = reach;
  for (const edge of edges) {
    // A bias is a dot of some size: on it, it is meant, and not the edge that passes behind.
    const d = Math.max(0, distance(edge, x, y) - (isBias(edge) ? DOT : 0));
    if (d < least) [best, least] = [edge, d];
  }
  return best;
}

export const DOT = 5;

// How large each gradient is drawn, from 0 to 1: the root brings small ones up, and the smallest are left out.
export function gradientSizes(gradients) {
  let largest = 0;
  for (const g of gradients) if (Number.isFinite(g)) largest = Math.max(largest, Math.abs(g));
  if (!(largest > 1e-9)) return Array.from(gradients, () => 0);
  return Array.from(gradients, (g) => {
    const size = Math.sqrt(Math.abs(g) / largest);
    return size >= 0.2 && size <= 1 ? size : 0;
  });
}

export const strokeWidth = (weight) => Math.min(0.8 + 2 * Math.abs(weight), 11);

// A triangle that says which way descent moves the weight: up for more.
export function triangle([x, y], size, up) {
  const r = 1.5 + 3.2 * size;
  const s = up ? -1 : 1;
  return `M${x} ${y + s * r}L${x - r} ${y - s * r * 0.8}H${x + r}Z`;
}
