// Keys and settings: every key can be changed, and all single keys can be switched off.

import { h } from "./dom.js";
import { ACTIONS, keyOf, resetKeys, setKey, setSetting, setting } from "./keys.js";

const changedSettings = () => document.dispatchEvent(new CustomEvent("mt:settings"));

/** Show the keys, with fields to change them, and the settings. */
export function showHelp() {
  if (document.querySelector("dialog[open]")) return;
  const problem = h("p", { class: "problem", role: "alert" });
  const rows = h("tbody");
  const draw = () => rows.replaceChildren(...ACTIONS.map(([action, , label]) => h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, field(action, label, problem, draw)))),
    h("tr", {}, h("th", { scope: "row" }, "Use a suggestion"), h("td", {}, h("kbd", {}, "1"), " to ", h("kbd", {}, "9"))),
    h("tr", {}, h("th", { scope: "row" }, "Save, leave the editor"), h("td", {}, h("kbd", {}, "Enter"), " ", h("kbd", {}, "Esc"))));
  draw();
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, "Keys and settings"),
    h("table", {}, rows), problem,
    h("div", { class: "settings" },
      h("label", { for: "theme" }, "Colours "), theme(),
      check("shortcuts", "on", "Single keys"),
      check("mqm", "off", "Mark errors in the text (MQM)")),
    h("div", { class: "buttons" },
      h("button", { type: "button", on: { click: () => { resetKeys(); draw(); changedSettings(); } } }, "Keys as at first"),
      h("button", { type: "button", class: "primary", on: { click: () => dialog.close() } }, "Close")));
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    changedSettings();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function field(action, label, problem, draw) {
  const input = h("input", { class: "key", value: keyOf(action), maxLength: 1, "aria-label": `Key: ${label}`, autocomplete: "off" });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("input", () => {
    if (!input.value.trim()) return;
    const taken = setKey(action, input.value);
    problem.textContent = taken ? `That key is taken: ${taken}.` : "";
    if (taken) draw();
    else input.select();
  });
  return input;
}

function theme() {
  const now = localStorage.getItem("mt.theme") ?? "system";
  const select = h("select", { id: "theme" }, [["system", "as the system"], ["light", "light"], ["dark", "dark"]].map(([value, label]) => h("option", { value, selected: value === now }, label)));
  select.addEventListener("change", () => {
    localStorage.setItem("mt.theme", select.value);
    changedSettings();
  });
  return select;
}

function check(name, otherwise, label) {
  const box = h("input", { type: "checkbox", id: `set-${name}`, checked: setting(name, otherwise), on: { change: () => setSetting(name, box.checked) } });
  return h("label", { class: "check", for: `set-${name}` }, box, label);
}
