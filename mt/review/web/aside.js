// Beside the pair: findings, suggestions, what was changed, history, how the score came about.

import { h, icon, moment } from "./dom.js";
import { changed } from "./text.js";

/** Fill the side with what is known of a pair. */
export function drawAside(element, pair, review) {
  element.replaceChildren(...[findings(pair, review), proposals(pair, review), beads(pair, review), edits(pair), marks(pair, review), history(pair), reasons(pair)].filter(Boolean));
}

function panel(title, count, ...content) {
  return h("section", { class: "panel" }, h("h3", {}, title, count === null ? "" : h("span", { class: "quiet" }, ` ${count}`)), ...content);
}

function quote(pair, one) {
  if (!one.span) return "";
  const text = Array.from(one.side === "source" ? pair.source : pair.target).slice(...one.span).join("");
  return text ? h("q", { lang: one.side === "source" ? pair.source_lang : pair.target_lang }, text) : "";
}

function findings(pair, review) {
  if (!pair.findings.length) return panel("Findings", null, h("p", { class: "quiet" }, "The checks found nothing."));
  return panel("Findings", pair.findings.length, h("ol", { class: "findings" }, pair.findings.map((one, index) =>
    h("li", { class: `${one.severity}${one.dismissed ? " dismissed" : ""}` },
      h("div", { class: "finding-head" },
        icon(one.severity), h("span", { class: "finding-number", "aria-hidden": "true" }, String(index + 1)), h("strong", {}, one.check), h("span", { class: one.side === "source" ? "quiet" : "unseen" }, one.side), h("span", { class: "unseen" }, one.severity),
        h("button", { type: "button", class: "plain small", "aria-label": `${one.dismissed ? "Restore" : "Dismiss"} finding ${index + 1}, ${one.check}`, on: { click: () => review.dismiss(one, !one.dismissed) } }, one.dismissed ? "Restore" : "Dismiss")),
      h("p", {}, one.message, " ", quote(pair, one)),
      one.dismissed && h("p", { class: "quiet" }, "Dismissed as a false alarm.")))));
}

function proposals(pair, review) {
  const key = (text) => {
    const place = pair.suggestions.indexOf(text);
    return place < 0 ? "" : h("button", { type: "button", class: "small", "aria-label": `Use suggestion ${place + 1}`, on: { click: () => review.use(place + 1) } }, "Use", h("kbd", { "aria-hidden": "true" }, String(place + 1)));
  };
  const others = pair.candidates.filter((one) => !one.chosen);
  const chosen = pair.candidates.find((one) => one.chosen);
  const candidates = others.length > 0 && panel("Other candidates", others.length,
    h("ul", { class: "cards" }, others.map((one) => h("li", {},
      h("p", { lang: pair.target_lang }, one.target === pair.target ? h("span", { class: "quiet" }, "The same as the target.") : changed(one.changes)),
      h("div", { class: "card-foot" }, h("span", { class: "quiet" }, `${one.strategy}: ${one.reason}`), key(one.target))))),
    chosen?.reason && h("p", { class: "quiet" }, `Chosen: ${chosen.strategy}, ${chosen.reason}`));
  const memory = pair.memory.length > 0 && panel("Memory", pair.memory.length, h("ul", { class: "cards" }, pair.memory.map((one) => h("li", {},
    h("div", { class: "card-foot" }, h("strong", {}, one.exact ? "exact" : `${Math.floor(one.similarity * 100)}%`), h("span", { class: "quiet" }, `${one.status} by ${one.reviewer || "unknown"}`)),
    !one.exact && h("p", { class: "quiet", lang: pair.source_lang }, changed(one.changes)),
    h("p", { lang: pair.target_lang }, one.target),
    h("div", { class: "card-foot" }, h("span"), key(one.target))))));
  return h("div", { class: "panels" }, candidates || "", memory || "");
}

function beads(pair, review) {
  const bead = pair.bead;
  if (!bead) return null;
  const options = [];
  for (let i = 0; i <= bead.source.length; i += 1)
    for (let j = 0; j <= bead.target.length; j += 1)
      if (i + j > 0 && i + j < bead.source.length + bead.target.length) options.push([i, j]);
  const choice = h("select", { id: "split-at" }, options.map(([i, j]) => h("option", { value: `${i},${j}`, selected: i === 1 && j === 1 }, `after ${i} source, ${j} target`)));
  const cut = () => {
    const [sources, targets] = choice.value.split(",").map(Number);
    review.changeBeads("split", { sources, targets });
  };
  return panel("Alignment", bead.kind,
    h("div", { class: "beads" }, ["source", "target"].map((side) => h("ol", { lang: side === "source" ? pair.source_lang : pair.target_lang }, bead[side].map((text) => h("li", {}, text))))),
    h("div", { class: "buttons" },
      options.length > 0 && [h("label", { for: "split-at", class: "unseen" }, "Split"), choice, h("button", { type: "button", class: "small", on: { click: cut } }, icon("split"), "Split")],
      !bead.last && h("button", { type: "button", class: "small", on: { click: () => review.changeBeads("merge", {}) } }, icon("merge"), "Merge with next")));
}

function edits(pair) {
  if (pair.changes.every(([kind]) => kind === "equal")) return null;
  return panel("Edited so far", null, h("p", { class: "changes", lang: pair.target_lang }, changed(pair.changes)));
}

function marks(pair, review) {
  if (!pair.spans.length) return null;
  return panel("Marked errors", pair.spans.length, h("ul", { class: "findings" }, pair.spans.map((one) => h("li", {},
    h("div", { class: "finding-head" }, icon("mark"), h("strong", {}, one.category), h("span", { class: "quiet" }, `${one.severity}, ${one.reviewer}`),
      h("button", { type: "button", class: "plain small", "aria-label": `Remove the mark ${one.category}`, on: { click: () => review.unmark(one) } }, "Remove")),
    h("p", {}, quote(pair, { side: one.side, span: [one.start, one.end] }), one.note ? ` ${one.note}` : "")))));
}

function history(pair) {
  if (!pair.history.length) return null;
  return panel("History", pair.history.length, h("ol", { class: "history" }, pair.history.toReversed().map((one) => h("li", {},
    h("div", {}, h("strong", {}, one.verdict), ` by ${one.reviewer || "unknown"} `, h("time", { class: "quiet", dateTime: one.at }, moment(one.at))),
    one.note && h("p", {}, one.note),
    one.changes.length > 0 && h("p", { class: "changes", lang: pair.target_lang }, changed(one.changes))))));
}

function reasons(pair) {
  const features = Object.entries(pair.features);
  if (pair.score === null) return null;
  return panel("Score", null, h("ul", { class: "reasons" }, pair.reasons.map((reason) => h("li", {}, reason))), h("details", {}, h("summary", {}, `${pair.score.toFixed(3)}, the probability that a reviewer accepts`),
    h("p", { class: "quiet" }, pair.method),
    features.length > 0 && h("table", {}, h("tbody", {}, features.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, Number(value.toPrecision(3)).toString())))))));
}
