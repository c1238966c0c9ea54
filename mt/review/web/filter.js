// What may be typed into the filter: keys and their values are offered under the field, as a combobox.

import { get } from "./api.js";
import { h, later } from "./dom.js";

const EXAMPLES = {
  score: [["<0.3", "lower than 0.3"], ["<0.5", "lower than 0.5"], ["0.5..0.7", "from 0.5 to 0.7"], [">0.9", "higher than 0.9"]],
};

const PLAIN = /^[\w.'’-]+\*?$/u;

let keys = null;

/** The term of a filter that is being typed: where it begins, its key and the value behind the last comma. */
export function termAt(text, caret) {
  let start = 0;
  let quoted = false;
  for (let place = 0; place < caret; place += 1) {
    if (text[place] === "\\" && quoted) place += 1;
    else if (text[place] === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(text[place])) start = place + 1;
  }
  const term = text.slice(start, caret);
  const match = /^(-?)([A-Za-z]*)(:?)(.*)$/su.exec(term);
  if (!match || (!match[3] && match[4])) return { start, key: "", typed: null };
  const [, minus, key, colon, rest] = match;
  if (!colon) return { start, key: "", typed: minus + key };
  const value = quoted ? rest.slice(rest.lastIndexOf('"') + 1) : rest.slice(rest.lastIndexOf(",") + 1);
  return { start, key: key.toLowerCase(), typed: value, from: caret - value.length - (quoted ? 1 : 0) };
}

/** A value as a filter takes it. */
export function quote(value) {
  return PLAIN.test(value) ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

async function offered(term) {
  keys ??= (await get("/api/words")).filters;
  if (!term.key) {
    if (term.typed === null) return [];
    const names = Object.entries(keys).filter(([name]) => name.startsWith(term.typed.replace(/^-/, "")) && (!term.typed.startsWith("-") || name === "check"));
    return names.map(([name, about]) => ({ text: `${term.typed.startsWith("-") ? "-" : ""}${name}:`, label: about, from: term.start }));
  }
  if (term.key in EXAMPLES) return EXAMPLES[term.key].filter(([value]) => value.startsWith(term.typed)).map(([text, label]) => ({ text: `${text} `, label, from: term.from }));
  if (term.key === "date") return days().map(([text, label]) => ({ text: `${text} `, label, from: term.from }));
  const { values } = await get("/api/suggestions", { key: term.key, text: term.typed });
  return values.map(({ value, label }) => ({ text: `${quote(value)} `, label, from: term.from }));
}

function days() {
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  return [[day(0), "today"], [day(1), "yesterday"], [`${day(7)}..`, "the last seven days"]];
}

/** Offer keys and values while a filter is typed into a field. */
export function suggest(input, around) {
  const list = h("ul", { class: "offers", id: "offers", role: "listbox", "aria-label": "What the filter knows" });
  list.hidden = true;
  let offers = [];
  let active = -1;
  let asked = 0;

  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "offers", "aria-expanded": "false" })) input.setAttribute(name, value);

  const point = (place) => {
    active = place;
    for (const [index, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(index === place));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `offer-${place}`);
      list.children[place].scrollIntoView({ block: "nearest" });
    }
  };

  const close = () => {
    asked += 1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    point(-1);
  };

  const take = (place) => {
    const { text, from } = offers[place];
    input.setRangeText(text, from, input.selectionStart, "end");
    input.focus();
    open();
  };

  const open = async () => {
    const mine = (asked += 1);
    const found = await offered(termAt(input.value, input.selectionStart)).catch(() => []);
    if (mine !== asked || document.activeElement !== input) return;
    offers = found;
    list.replaceChildren(...offers.map((one, index) => h("li", {
      role: "option", id: `offer-${index}`, "aria-selected": "false",
      on: { pointerdown: (event) => event.preventDefault(), click: () => take(index) },
    }, h("span", {}, one.text.trim()), one.label && h("span", { class: "quiet" }, one.label))));
    list.hidden = !offers.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    point(-1);
  };

  const soon = later(80, open);
  input.addEventListener("input", soon);
  input.addEventListener("focus", soon);
  input.addEventListener("click", soon);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && event.altKey === false) {
      event.preventDefault();
      if (list.hidden) open();
      else point((active + step + offers.length + (active < 0 && step < 0 ? 1 : 0)) % offers.length);
    } else if (event.key === "Enter" && active >= 0 && !list.hidden) {
      event.preventDefault();
      take(active);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter") close();
  });
  around.append(list);
}
