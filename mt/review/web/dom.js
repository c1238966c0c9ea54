// Elements are made from nodes and plain text only, so that no text of a pair can become markup.

/**
 * An element with properties and children.
 * @param {string} tag
 * @param {Object} props `class`, `data`, `on` and `for` are special; names with a dash become attributes.
 * @param {...(Node|string|number|null|undefined|false|Array)} children text stays text.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "for") node.htmlFor = value;
    else if (name in node && !name.includes("-") && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

/** A picture from the sprite; it says nothing that the text beside it does not say. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Tell a screen reader something, once; the same text again is told again. */
export function announce(text) {
  const status = document.getElementById("status");
  status.textContent = "";
  requestAnimationFrame(() => (status.textContent = text));
}

/** Show a short message to everybody; a failure stays until it is closed. */
export function toast(text, kind = "info", action = null) {
  const box = h("div", { class: `toast ${kind}`, role: kind === "error" ? "alert" : null }, h("span", {}, text));
  if (action) box.append(h("button", { type: "button", class: "plain", on: { click: () => { box.remove(); action.run(); } } }, action.label));
  box.append(h("button", { type: "button", class: "plain square", "aria-label": "Close", on: { click: () => box.remove() } }, icon("close")));
  document.getElementById("toasts").replaceChildren(box);
  if (kind !== "error") {
    announce(text);
    setTimeout(() => box.remove(), kind === "info" ? 6000 : 20_000);
  }
}

/** A number as people write it. */
export const number = (value) => new Intl.NumberFormat("en-GB").format(value);

/** A text with a capital at its beginning. */
export const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A moment as people write it. */
export const moment = (text) =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

/** The last part of a path; both of an alignment, whose name is two paths. */
export const shortName = (name) => name.split(" | ").map((path) => path.split(/[/\\]/).pop() || path).join(" – ");

/** Call a function once, some time after the last of many calls. */
export function later(milliseconds, work) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}
