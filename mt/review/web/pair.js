// One pair: context, source and target side by side, words that belong together, the editor.

import { post } from "./api.js";
import { announce, h, icon, later, shortName } from "./dom.js";
import { score } from "./review.js";
import { changed, layered, selectedSpan } from "./text.js";

const SIDES = ["source", "target"];

/** Draw a pair; gives its element and what can be done with it. */
export function drawPair(pair, review) {
  const heading = h("h2", { tabIndex: -1, class: "pair-title" },
    h("span", {}, `Pair ${pair.position + 1}`), " ",
    h("a", { class: "quiet", href: `/documents/${encodeURIComponent(pair.document.id)}` }, shortName(pair.document.name || pair.document.id)));
  const notice = h("div", { class: "notices" });
  if (pair.holder) notice.append(warning(`${pair.holder} is working on this pair.`));
  if (pair.failure) notice.append(warning(`The translation failed: ${pair.failure}`));
  const panes = Object.fromEntries(SIDES.map((side) => [side, pane(pair, side)]));
  const linker = linkWords(panes);
  const body = h("div", { class: "pane-body" }, panes.target);
  const element = h("article", { class: "pair" },
    h("header", { class: "pair-head" }, heading, h("div", { class: "pair-facts" }, score(pair.score), status(pair))),
    notice,
    context(pair.before, pair, review, "Before"),
    h("div", { class: "sides" },
      h("div", { class: "side" }, h("h3", {}, language(pair.source_lang)), h("div", { class: "pane-body" }, panes.source)),
      h("div", { class: "side target-side" }, h("h3", {}, language(pair.target_lang), " ", h("span", { class: "quiet" }, origin(pair))), body)),
    context(pair.after, pair, review, "After"));
  return {
    element,
    heading,
    link: linker,
    selection: () => selection(panes),
    warn: (text, reload) => notice.replaceChildren(warning(text, h("button", { type: "button", on: { click: reload } }, "Show"))),
    read: () => body.replaceChildren(panes.target),
    edit: (text, does) => editor(body, pair, text, does),
  };
}

function warning(text, ...more) {
  return h("p", { class: "notice", role: "status" }, icon("warning"), h("span", {}, text), ...more);
}

const names = new Intl.DisplayNames("en", { type: "language" });

function language(code) {
  try {
    return names.of(code);
  } catch {
    return code;
  }
}

function origin(pair) {
  return { engine: "engine", aligned: "aligned", imported: "imported", human: "written by hand", memory: "from memory", copy: "copied" }[pair.origin] ?? pair.origin;
}

function status(pair) {
  const by = pair.reviewer && pair.status !== "open" ? ` by ${pair.reviewer}` : "";
  return h("span", { class: `status ${pair.status}` }, icon(STATUS_ICONS[pair.status] ?? "open"), `${pair.status}${by}`);
}

export const STATUS_ICONS = { open: "open", accepted: "accept", edited: "edit", rejected: "reject", skipped: "skip", flagged: "flag" };

function context(rows, pair, review, label) {
  return h("div", { class: `context ${label.toLowerCase()}`, role: "group", "aria-label": `${label} this pair` }, rows.map((one) =>
    h("div", { class: "context-row" },
      h("p", { lang: pair.source_lang }, one.source),
      h("p", { lang: pair.target_lang }, one.target || h("em", {}, "no target")),
      h("button", { type: "button", class: "plain jump", "aria-label": `Open pair ${one.position + 1}`, on: { click: () => review.open(one.id) } }, String(one.position + 1)))));
}

/** One side's text with findings and marks at their place. */
function pane(pair, side) {
  const layers = [
    ...pair.findings.map((finding, index) => ({
      span: finding.span,
      side: finding.side,
      kind: `finding ${finding.severity}${finding.dismissed ? " dismissed" : ""}`,
      label: `${finding.check}: ${finding.message}`,
      number: index + 1,
    })),
    ...pair.spans.map((span) => ({
      span: [span.start, span.end],
      side: span.side,
      kind: `mqm ${span.severity}`,
      label: `${span.category}, ${span.severity}${span.note ? `: ${span.note}` : ""}`,
    })),
  ].filter((layer) => layer.side === side && layer.span && layer.span[0] < layer.span[1]);
  const text = pair[side];
  if (!text) return h("p", { class: "text quiet", data: { side } }, "There is no target.");
  const lang = side === "source" ? pair.source_lang : pair.target_lang;
  return h("p", {
    class: "text", lang, dir: "auto", tabIndex: 0, data: { side }, role: "group",
    "aria-label": `${side === "source" ? "Source" : "Target"}, ${language(lang)}. Arrow keys go through the words.`,
  }, layered(text, layers));
}

/** Where the reader selected words, or put the word cursor. */
function selection(panes) {
  for (const side of SIDES) {
    const span = selectedSpan(panes[side]);
    if (span) return { side, span, text: document.getSelection().toString() };
  }
  return null;
}

/** Light up words that belong together: under the pointer, and at a cursor that arrow keys move. */
function linkWords(panes) {
  const partners = { source: new Map(), target: new Map() };
  const other = { source: "target", target: "source" };
  const pieces = (side, word) => panes[side].querySelectorAll(`[data-word="${word}"]`);
  const text = (side, word) => [...pieces(side, word)].map((piece) => piece.textContent).join("");
  const clear = () => SIDES.forEach((side) => panes[side].querySelectorAll(".lit").forEach((piece) => piece.classList.remove("lit")));
  const light = (side, word) => {
    clear();
    pieces(side, word).forEach((piece) => piece.classList.add("lit"));
    for (const partner of partners[side].get(word) ?? []) pieces(other[side], partner).forEach((piece) => piece.classList.add("lit"));
  };
  for (const side of SIDES) {
    const element = panes[side];
    let cursor = -1;
    let anchor = -1;
    element.addEventListener("pointerover", (event) => {
      const word = event.target instanceof Element ? event.target.dataset.word : undefined;
      if (word === undefined) clear();
      else light(side, Number(word));
    });
    element.addEventListener("pointerleave", clear);
    element.addEventListener("blur", clear);
    element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const last = Number([...element.querySelectorAll("[data-word]")].at(-1)?.dataset.word ?? -1);
      cursor = Math.max(0, Math.min(last, cursor + step));
      if (!event.shiftKey) anchor = cursor;
      if (anchor < 0) anchor = cursor;
      light(side, cursor);
      selectWords(element, Math.min(anchor, cursor), Math.max(anchor, cursor), event.shiftKey);
      const linked = (partners[side].get(cursor) ?? []).map((partner) => text(other[side], partner));
      announce(`${text(side, cursor)}${linked.length ? `: ${linked.join(", ")}` : ", no link"}`);
    });
  }
  return (links) => {
    for (const [source, target] of links) {
      partners.source.set(source, [...(partners.source.get(source) ?? []), target]);
      partners.target.set(target, [...(partners.target.get(target) ?? []), source]);
    }
    SIDES.forEach((side) => (panes[side].dataset.linked = "true"));
  };
}

function selectWords(element, first, last, on) {
  const selection = document.getSelection();
  selection.removeAllRanges();
  if (!on) return;
  const from = element.querySelector(`[data-word="${first}"]`);
  const to = [...element.querySelectorAll(`[data-word="${last}"]`)].at(-1);
  const range = document.createRange();
  range.setStart(from.firstChild, 0);
  range.setEnd(to.firstChild, to.firstChild.length);
  selection.addRange(range);
}

/** The target as a field, with what has changed below it. */
function editor(body, pair, text, does) {
  const field = h("textarea", { id: "target", class: "text", lang: pair.target_lang, dir: "auto", spellcheck: true, rows: 2, value: text });
  const changes = h("p", { class: "changes", "aria-live": "off" });
  const worth = h("div", { class: "worth", role: "status" });
  const compare = later(120, async () => {
    if (!field.isConnected) return;
    const answer = await post("/api/diff", { before: pair.target, after: field.value });
    changes.replaceChildren(...(field.value === pair.target ? ["No change yet: saving accepts the pair."] : changed(answer.changes)));
  });
  const judge = later(600, async () => {
    const target = field.value;
    if (!field.isConnected || !target.trim() || target === pair.target) return worth.replaceChildren();
    try {
      const answer = await post(`/api/pairs/${pair.id}/judge`, { target });
      if (field.value === target) worth.replaceChildren(...judged(answer, pair));
    } catch {
      worth.replaceChildren();
    }
  });
  const save = () => does.save(field.value);
  field.addEventListener("input", () => {
    compare();
    judge();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      does.cancel();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      save();
    }
  });
  body.replaceChildren(
    h("label", { class: "unseen", for: "target" }, "Target"),
    field,
    changes,
    worth,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "primary", on: { click: save } }, "Save", h("kbd", { "aria-hidden": "true" }, "Enter")),
      h("button", { type: "button", on: { click: does.cancel } }, "Cancel", h("kbd", { "aria-hidden": "true" }, "Esc"))));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  compare();
  judge();
  return field;
}

/** What an edit would be worth: its score beside the one before, and what the checks see in it. */
function judged(answer, pair) {
  const before = pair.score === null ? "" : h("span", { class: "quiet" }, ` was ${pair.score.toFixed(2)}`);
  return [
    answer.score !== null && h("p", {}, score(answer.score), before),
    ...answer.findings.map((one) => h("p", { class: `worth-finding ${one.severity}` }, icon(one.severity), h("span", {}, h("strong", {}, one.check), ` ${one.message}`))),
    answer.score !== null && !answer.findings.length && h("p", { class: "quiet" }, "The checks find nothing."),
  ].filter(Boolean);
}
