// What may be typed into the filter: keys and their values are offered under the field, as a combobox.

import { get } from "./api.js";
import { h, later } from "./dom.js";

/** What may stand at the cursor, and from where on it takes the place of what is typed; the server counts code points. */
async function offered(input) {
  const typed = input.value.slice(0, input.selectionStart);
  const { start, offers } = await get("/api/suggestions", { filter: typed });
  const from = Array.from(typed).slice(0, start).join("").length;
  return offers.map((one) => ({ ...one, from }));
}

/** Offer keys and values while a filter is typed into a field. */
export function suggest(input, around) {
  const list = h("ul", { class: "offers", id: "offers", role: "listbox", "aria-label": "What the filter knows" });
  list.hidden = true;
  let offers = [];
  let active = -1;
  let asked = 0;
  let wanted = false;

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
    wanted = false;
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
    const found = await offered(input).catch(() => []);
    if (mine !== asked || document.activeElement !== input) return;
    // Whoever points at one of the same offers goes on pointing at it.
    if (!list.hidden && JSON.stringify(found) === JSON.stringify(offers)) return;
    offers = found;
    list.replaceChildren(...offers.map((one, index) => h("li", {
      role: "option", id: `offer-${index}`, "aria-selected": "false",
      on: { pointerdown: (event) => event.preventDefault(), click: () => take(index) },
    }, h("span", {}, one.text.trim()), one.label && h("span", { class: "quiet" }, one.label))));
    list.hidden = !offers.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    point(-1);
  };

  const openLater = later(80, () => wanted && open());
  const soon = () => {
    wanted = true;
    openLater();
  };
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
