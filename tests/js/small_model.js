// A model for widgets without Python: it keeps what was asked, and answers with the parts and words it is given.

export const pen = new Proxy({}, {
  get: (_, name) => (name === "createImageData" ? (w, h) => ({ data: new Uint8ClampedArray(w * h * 4) }) : () => {}),
  set: () => true,
});

export class SmallModel {
  constructor() {
    this.sent = [];
    this.about = { id: "x" };
    this.serial = 0;
  }
  get(name) { return name === "_about" ? this.about : undefined; }
  on(name, callback) { if (name === "msg:custom") this.receive = callback; }
  send(message) { this.sent.push(message); }
  answer(parts, words) {
    const last = this.sent.at(-1);
    const floats = Float32Array.from(Object.values(parts).flat());
    const layout = Object.entries(parts).map(([name, values]) => [name, values.length]);
    this.receive({ kind: "frame", who: last.who, n: last.n, serial: (this.serial += 1), layout, words }, [new DataView(floats.buffer)]);
  }
}

// Puts a widget into an empty page and waits until it has read the theme.
export async function shown(widget) {
  HTMLCanvasElement.prototype.getContext = () => pen;
  globalThis.ResizeObserver = class { observe() {} disconnect() {} };
  Element.prototype.setPointerCapture = () => {};
  document.body.replaceChildren();
  const root = document.createElement("div");
  document.body.append(root);
  const model = new SmallModel();
  widget.initialize({ model });
  widget.render({ model, el: root });
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const press = (name) => [...root.querySelectorAll("button")].find((b) => (b.getAttribute("aria-label") ?? b.textContent) === name).click();
  return { model, root, press, last: () => model.sent.at(-1) };
}
