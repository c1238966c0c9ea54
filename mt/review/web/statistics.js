// How the review goes.

import { h } from "./dom.js";

export async function showStatistics(main) {
  main.replaceChildren(h("div", { class: "page" }, h("h1", { tabIndex: -1 }, "Statistics")));
  return {};
}
