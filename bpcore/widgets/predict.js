// Predict first: a question before anything moves, then what was said beside what came out.

import { button, el, focusable, unique } from "./live.js";

const SURE = ["a guess", "rather sure", "sure", "certain"];

function radios(legend, options) {
  const name = unique("radio");
  const inputs = options.map((text, i) => [focusable(el("input", { type: "radio", name, value: i })), text]);
  const node = el("fieldset", {}, el("legend", {}, legend), ...inputs.map(([input, text]) => el("label", {}, input, text)));
  return { node, picked: () => inputs.findIndex(([input]) => input.checked) };
}

// Above the widget's body, which is inert until there is a prediction. Without a question there is nothing to see.
export function predictPanel(stage) {
  const panel = el("section", { class: "bp-predict", "aria-label": "Predict first", hidden: true });
  stage.body.before(panel);
  let shown = "";

  const ask = (question) => {
    const choices = question.choices.length ? radios(question.text, question.choices) : null;
    const id = unique("prediction");
    const input = choices ? null : focusable(el("input", { id, class: "bp-input", inputmode: "decimal", autocomplete: "off", size: 8 }));
    const sure = radios("How sure are you?", SURE);
    const missing = el("p", { role: "alert" });
    const done = () => {
      const value = choices ? choices.picked() : Number.parseFloat(input.value.replace(",", ".").replace("−", "-"));
      const confidence = sure.picked() + 1;
      if (!Number.isFinite(value) || value < 0 && choices || !confidence) {
        missing.textContent = `First ${choices ? "pick an answer" : "write a number"}, and say how sure you are.`;
        return;
      }
      stage.line.ask("predict", { value, confidence });
    };
    input?.addEventListener("keydown", (event) => { if (event.key === "Enter") done(); });
    panel.replaceChildren(
      ...(choices ? [choices.node]
        : [el("label", { for: id, class: "bp-question" }, question.text), el("div", { class: "bp-row" }, input, question.unit)]),
      sure.node,
      el("div", { class: "bp-row" },
        button({ text: "That is my prediction", kind: "bp-primary", onpress: done }),
        button({ text: "Skip", onpress: () => stage.line.ask("predict", {}) })),
      missing);
  };

  const tell = (question) => {
    const rows = [el("p", { class: "bp-question" }, question.text), el("p", {}, question.told)];
    if (question.come) rows.push(el("p", {}, question.come), el("p", {}, question.why));
    const row = el("div", { class: "bp-row" });
    if (!question.come) row.append(button({ text: question.run, onpress: () => stage.line.ask("carry_out") }));
    row.append(button({ text: question.come ? "Close" : "Leave it", onpress: () => stage.line.ask("leave") }));
    panel.replaceChildren(...rows, row);
    if (question.come) stage.say(`${question.told} ${question.come} ${question.why}`);
  };

  return (words) => {
    const question = words.question ?? null;
    const now = JSON.stringify(question);
    if (now === shown) return;
    const held = panel.contains(document.activeElement);
    shown = now;
    panel.hidden = !question;
    stage.body.inert = question?.stage === "ask";
    stage.body.style.opacity = stage.body.inert ? 0.45 : "";
    if (!question) return;
    (question.stage === "ask" ? ask : tell)(question);
    // Whoever pressed a button here goes on from here.
    if (held) panel.querySelector("button, input")?.focus();
  };
}
