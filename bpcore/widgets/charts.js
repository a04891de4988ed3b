// Ink on canvases: fields of colour, points, and curves. Colours come from the stage, numbers from the frame.

import { brightness, rgb, short } from "./live.js";

// As many dots as the screen has, and the number of CSS pixels to draw in.
export function sheet(canvas) {
  const ratio = Math.max(1, globalThis.devicePixelRatio || 1);
  const width = canvas.clientWidth || 240;
  const height = canvas.clientHeight || 160;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// From minus through neutral to plus; `value` between −1 and 1. The result is three bytes.
export function blend(value, palette, strength = 1) {
  const part = Math.min(1, Math.abs(value)) * strength;
  const end = value < 0 ? palette.minus : palette.plus;
  return [0, 1, 2].map((i) => palette.neutral[i] + (end[i] - palette.neutral[i]) * part);
}

export const paletteOf = (colours) => ({ minus: rgb(colours.minus), plus: rgb(colours.plus), neutral: rgb(colours.neutral) });

const TABLE = 255;
const ramps = new Map();

// All colours of one palette, computed once.
function ramp(palette, strength) {
  const key = JSON.stringify([palette, strength]);
  if (!ramps.has(key)) {
    const bytes = new Uint8ClampedArray((TABLE * 2 + 1) * 4);
    for (let i = -TABLE; i <= TABLE; i += 1) bytes.set([...blend(i / TABLE, palette, strength), 255], (i + TABLE) * 4);
    ramps.set(key, new Uint32Array(bytes.buffer));
  }
  return ramps.get(key);
}

export function heat(canvas, values, palette, strength = 1) {
  const side = Math.round(Math.sqrt(values.length));
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(side, side);
  const colours = ramp(palette, strength);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i];
    pixels[i] = colours[TABLE + Math.round((v > 1 ? 1 : v < -1 ? -1 : v || 0) * TABLE)];
  }
  pen.putImageData(image, 0, 0);
}

// Class 1 is round and class 0 is square: colour alone would not do.
export function dot(pen, x, y, label, colours, size = 4) {
  pen.beginPath();
  if (label) pen.arc(x, y, size, 0, 7);
  else pen.rect(x - size * 0.88, y - size * 0.88, size * 1.76, size * 1.76);
  pen.fillStyle = label ? colours.plus : colours.minus;
  pen.strokeStyle = brightness(colours.page) < 0.5 ? "#101214" : "#ffffff";
  pen.lineWidth = 1.4;
  pen.fill();
  pen.stroke();
}

// Two or three round numbers from 0 to at least the top.
export function ticks(top) {
  const rough = top / 2;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) ?? power;
  return [0, step, 2 * step];
}

const PAD = { left: 34, right: 10, top: 8, bottom: 20 };

// Axes and one curve. `x` and `y` are the places, `top` the height of the picture; returns the two scales.
export function curveOn(canvas, { x, y, top, colours, xlabels }) {
  const { pen, width, height } = sheet(canvas);
  const marks = ticks(top);
  const least = x.length ? x[0] : 0;
  const span = (x.length ? x[x.length - 1] : 1) - least || 1;
  const X = (v) => PAD.left + ((v - least) / span) * (width - PAD.left - PAD.right);
  const Y = (v) => height - PAD.bottom - (v / marks[2]) * (height - PAD.top - PAD.bottom);
  pen.font = "11px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.fillStyle = colours.quiet;
  pen.strokeStyle = colours.line;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const mark of marks) {
    pen.globalAlpha = mark ? 0.55 : 1;
    pen.beginPath();
    pen.moveTo(PAD.left, Math.round(Y(mark)) + 0.5);
    pen.lineTo(width - PAD.right, Math.round(Y(mark)) + 0.5);
    pen.stroke();
    pen.globalAlpha = 1;
    pen.fillText(mark ? short(mark).replace(/\.?0+$/, "") : "0", PAD.left - 6, Y(mark));
  }
  pen.textBaseline = "top";
  for (const [at, text] of xlabels) {
    const edge = X(at) > width - 30 ? "right" : X(at) < PAD.left + 12 ? "left" : "center";
    pen.textAlign = edge;
    pen.fillText(text, X(at), height - PAD.bottom + 5);
  }
  pen.strokeStyle = colours.plus;
  pen.lineWidth = 2.2;
  pen.lineJoin = "round";
  pen.beginPath();
  let down = false;
  for (let i = 0; i < x.length; i += 1) {
    if (Number.isFinite(y[i])) pen[down ? "lineTo" : "moveTo"](X(x[i]), Math.max(Y(y[i]), -20));
    down = Number.isFinite(y[i]);
  }
  pen.stroke();
  return { pen, X, Y, width, height };
}

// A straight piece through (x, y) with that slope, as long on the screen as `length` whatever the slope.
export function tangent({ pen, X, Y }, { x, y, slope, colour, length = 84 }) {
  const dx = X(1) - X(0);
  const dy = (Y(1) - Y(0)) * slope;
  const part = length / 2 / (Math.hypot(dx, dy) || 1);
  pen.strokeStyle = colour;
  pen.lineWidth = 3;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(X(x) - dx * part, Y(y) - dy * part);
  pen.lineTo(X(x) + dx * part, Y(y) + dy * part);
  pen.stroke();
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(X(x), Y(y), 5.5, 0, 7);
  pen.fill();
}
