// The documents, and one of them as it reads.

import { get } from "./api.js";
import { h, number, shortName } from "./dom.js";

/** The list of documents with their progress. */
export async function showDocuments(main) {
  const { documents } = await get("/api/documents");
  const rows = documents.map((one) => h("tr", {},
    h("th", { scope: "row" }, h("a", { href: `/documents/${encodeURIComponent(one.id)}`, title: one.name }, shortName(one.name || one.id))),
    h("td", {}, `${one.lang}–${one.target_lang}`),
    h("td", { class: "figure" }, number(one.translated), " of ", number(one.segments || one.pairs)),
    h("td", { class: "figure" }, one.mean_score === null ? "" : one.mean_score.toFixed(2)),
    h("td", {}, h("progress", { max: one.pairs || 1, value: one.reviewed, "aria-label": `${one.reviewed} of ${one.pairs} reviewed` }), h("span", { class: "quiet figure" }, ` ${number(one.reviewed)}`)),
    h("td", {}, one.failed ? `${one.state}, ${number(one.failed)} failed` : one.state),
    h("td", {}, h("a", { href: `/?filter=${encodeURIComponent(`doc:${one.id}`)}&order=document` }, "Review"))));
  main.replaceChildren(h("div", { class: "page" }, h("h1", { tabIndex: -1 }, "Documents"),
    documents.length ? h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Documents" }, h("table", { class: "wide" },
      h("thead", {}, h("tr", {}, ["Document", "Languages", "Translated", "Mean score", "Reviewed", "State", ""].map((name) => h("th", { scope: "col" }, name || h("span", { class: "unseen" }, "Do"))))),
      h("tbody", {}, rows))) : h("p", { class: "empty" }, "The store holds no documents. Translate one: mt translate FILE")));
  return {};
}

export async function showDocument(main, id) {
  const { document: one } = await get(`/api/documents/${encodeURIComponent(id)}`);
  main.replaceChildren(h("div", { class: "page" }, h("h1", { tabIndex: -1 }, shortName(one.name || one.id))));
  return {};
}
