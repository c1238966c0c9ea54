// Questions to the reviewer, each a dialog that Escape closes and that gives the focus back.

import { words } from "./api.js";
import { h, number } from "./dom.js";
import { changed } from "./text.js";

/** Show a dialog; gives what `result` says after it was confirmed, or null. */
function ask(title, content, buttons, result) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" });
    const form = h("form", { method: "dialog" }, h("h2", { id: "dialog-title" }, title), content,
      h("div", { class: "buttons" }, buttons.map(([value, label, kind]) => h("button", { type: value ? "submit" : "button", value, class: kind ?? "", on: value ? {} : { click: () => dialog.close("") } }, label))));
    dialog.append(form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(dialog.returnValue ? result(dialog.returnValue) : null);
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[autofocus], input, textarea, select")?.focus();
  });
}

/** Why a pair is rejected or flagged, or what is said about it. */
export function askReason(action, pair) {
  const required = action !== "flag";
  const title = { reject: "Reject this pair", flag: "Flag this pair", comment: "Comment on this pair" }[action];
  const field = h("input", { id: "reason", autocomplete: "off", maxLength: 2000, required, list: null });
  const quick = action === "reject" && h("div", { class: "chips", role: "group", "aria-label": "Common reasons" }, words.reasons.map((reason) =>
    h("button", { type: "button", class: "chip", on: { click: () => { field.value = reason; field.form.requestSubmit(); } } }, reason)));
  return ask(title, [h("label", { for: "reason" }, action === "comment" ? "Comment" : required ? "Reason" : "Reason, if you like"), field, quick || ""],
    [["", "Cancel"], ["yes", title.split(" ")[0], "primary"]], () => field.value);
}

/** Category and severity of an error, as Multidimensional Quality Metrics name them. */
export function askMark(place) {
  const category = h("select", { id: "category" }, words.categories.map((one) => h("option", { value: one }, one)));
  const severity = h("select", { id: "severity" }, words.severities.map((one) => h("option", { value: one, selected: one === "minor" }, one)));
  const note = h("input", { id: "mark-note", autocomplete: "off", maxLength: 2000 });
  return ask("Mark an error", [h("p", {}, h("q", {}, place.text)), h("label", { for: "category" }, "Category"), category, h("label", { for: "severity" }, "Severity"), severity, h("label", { for: "mark-note" }, "Note"), note],
    [["", "Cancel"], ["yes", "Mark", "primary"]], () => ({ category: category.value, severity: severity.value, note: note.value }));
}

/** A name for a filter. */
export function askSave(filter) {
  const field = h("input", { id: "filter-name", autocomplete: "off", maxLength: 80, required: true });
  return ask("Save this filter", [h("p", {}, h("code", {}, filter || "(everything open)")), h("label", { for: "filter-name" }, "Name"), field], [["", "Cancel"], ["yes", "Save", "primary"]], () => field.value.trim());
}

/** Whether many pairs are to be accepted at once. */
export function confirmAll(filter, count) {
  return ask("Accept all pairs that fit?", [h("p", {}, `${number(count)} pairs fit `, filter ? h("code", {}, filter) : "the queue", "."), h("p", { class: "quiet" }, "Pairs with an error finding, without a target, decided already or held by somebody else are skipped and counted. All of it can be undone.")],
    [["", "Cancel"], ["yes", `Accept up to ${number(count)}`, "primary"]], () => true);
}

/** Somebody was first: both versions, and what to do. */
export function askConflict(body, verdict) {
  const { pair, wanted, changes } = body;
  const theirs = h("div", { class: "version" }, h("h3", {}, `Now: ${pair.status}${pair.reviewer ? ` by ${pair.reviewer}` : ""}`), h("p", { lang: pair.target_lang, class: "theirs" }, pair.target));
  const mine = wanted === undefined
    ? h("div", { class: "version" }, h("h3", {}, "Yours"), h("p", {}, `${verdict}, on the version before`))
    : h("div", { class: "version" }, h("h3", {}, "Yours, not saved"), h("p", { lang: pair.target_lang, class: "mine" }, wanted), h("p", { class: "changes" }, changed(changes)));
  const again = wanted === undefined ? [] : [["edit", "Edit further"]];
  return ask("Somebody changed this pair first", [h("p", {}, "Nothing was overwritten. Both versions:"), h("div", { class: "versions" }, theirs, mine)],
    [["", "Keep theirs"], ...again, ["again", wanted === undefined ? `Still ${verdict}` : "Save mine over it"]], (value) => value);
}
