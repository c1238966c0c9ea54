// The documents, and one of them as it reads.

import { get } from "./api.js";
import { announce, h, icon, later, number, shortName, toast } from "./dom.js";
import { STATUS_ICONS } from "./pair.js";

/** The list of documents with their progress; a part of a name finds some of many. */
export async function showDocuments(main) {
  const rows = h("tbody");
  const foot = h("div", { class: "buttons" });
  const field = h("input", { type: "search", id: "document-name", autocomplete: "off", spellcheck: false, placeholder: "Part of a name" });
  const table = h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Documents" }, h("table", { class: "wide documents" },
    h("thead", {}, h("tr", {}, COLUMNS.map(([name, kind]) => h("th", { scope: "col", class: kind }, name || h("span", { class: "unseen" }, "Do"))))), rows));
  const none = h("p", { class: "quiet" });
  let asked = 0;
  const part = async (offset) => {
    const mine = (asked += 1);
    const { documents, more } = await get("/api/documents", { text: field.value.trim(), offset: String(offset) });
    if (mine !== asked) return;
    if (!offset) rows.replaceChildren();
    rows.append(...documents.map(documentRow));
    table.hidden = !rows.children.length;
    none.textContent = rows.children.length ? "" : field.value ? "No document has such a name." : "The store holds no documents. Translate one: mt translate FILE";
    foot.replaceChildren(...(more ? [h("button", { type: "button", on: { click: () => part(offset + documents.length) } }, "Show more")] : []));
    if (field.value) announce(`${rows.children.length}${more ? " or more" : ""} documents`);
  };
  const search = later(200, () => part(0).catch((error) => toast(error.message, "error")));
  field.addEventListener("input", search);
  main.replaceChildren(h("div", { class: "page" },
    h("div", { class: "page-head" }, h("h1", { tabIndex: -1 }, "Documents"), h("label", { class: "unseen", for: "document-name" }, "Find documents"), field),
    table, none, foot));
  await part(0);
  return { act: (action) => action === "search" && (field.select(), true) };
}

const COLUMNS = [["Document", ""], ["Languages", "aside-cell"], ["Translated", "figure aside-cell"], ["Mean score", "figure aside-cell"], ["Reviewed", ""], ["State", "aside-cell"], ["", ""]];

function documentRow(one) {
  const reviewed = `${number(one.reviewed)} of ${number(one.pairs)}`;
  return h("tr", {},
    h("th", { scope: "row" }, h("a", { href: `/documents/${encodeURIComponent(one.id)}`, title: one.name }, shortName(one.name || one.id))),
    h("td", { class: "aside-cell" }, `${one.lang}–${one.target_lang}`),
    h("td", { class: "figure aside-cell" }, number(one.translated), " of ", number(one.segments || one.pairs)),
    h("td", { class: "figure aside-cell" }, one.mean_score === null ? "" : one.mean_score.toFixed(2)),
    h("td", {}, one.pairs > 0 && [h("progress", { max: one.pairs, value: one.reviewed, "aria-label": `${reviewed} reviewed` }), h("span", { class: "quiet figure" }, reviewed)]),
    h("td", { class: "aside-cell" }, one.failed ? `${one.state}, ${number(one.failed)} failed` : one.state),
    h("td", {}, one.pairs > 0 && h("a", { href: `/?filter=${encodeURIComponent(`doc:${one.id}`)}&order=document`, "aria-label": `Review ${shortName(one.name || one.id)}` }, "Review")));
}

/** One document: side by side, as it reads, or as its file will be. */
export async function showDocument(main, id) {
  const path = `/api/documents/${encodeURIComponent(id)}`;
  const { document: one } = await get(path);
  const reading = new Reading(path, one);
  main.replaceChildren(h("div", { class: "page document" },
    h("h1", { tabIndex: -1, title: one.name }, shortName(one.name || one.id)),
    h("p", { class: "quiet" }, `${number(one.translated)} of ${number(one.segments || one.pairs)} translated, ${number(one.reviewed)} reviewed`,
      one.mean_score === null ? "" : `, mean score ${one.mean_score.toFixed(2)}`, ". ",
      h("a", { href: `/?filter=${encodeURIComponent(`doc:${one.id}`)}&order=document` }, "Review it in order")),
    reading.controls(),
    reading.content));
  await reading.show("both");
  return {};
}

const VIEWS = { both: "Side by side", article: "Translation", file: "As exported" };

class Reading {
  constructor(path, one) {
    this.path = path;
    this.one = one;
    this.content = h("div", { id: "reading", class: "reading" });
  }

  controls() {
    const views = Object.entries(VIEWS).filter(([name]) => name !== "file" || this.one.kind === "text");
    this.radios = views.map(([name, label]) => {
      const radio = h("input", { type: "radio", name: "view", id: `view-${name}`, value: name, class: "unseen", on: { change: () => this.show(name) } });
      return [radio, h("label", { for: `view-${name}` }, label)];
    });
    return h("div", { class: "reading-bar" },
      h("fieldset", { class: "choice" }, h("legend", { class: "unseen" }, "View"), this.radios),
      this.one.kind === "text" && h("a", { class: "button", href: `${this.path}/export?download=1`, download: "" }, icon("download"), "Download"));
  }

  async show(name) {
    this.view = name;
    for (const [radio] of this.radios) radio.checked = radio.value === name;
    this.content.className = `reading ${name}`;
    if (name === "file") {
      const answer = await fetch(`${this.path}/export`, { credentials: "same-origin" });
      this.content.replaceChildren(h("pre", { tabIndex: 0, "aria-label": "The file as it will be exported", lang: this.one.target_lang }, await answer.text()));
      return;
    }
    this.content.replaceChildren();
    await this.part(0);
  }

  async part(offset) {
    const view = this.view;
    const { blocks, next, lang, target_lang: target } = await get(`${this.path}/article`, { offset: String(offset) });
    if (this.view !== view) return;
    this.content.append(...blocks.map((block) => {
      const element = block.kind === "heading" ? "h2" : "p";
      const side = (which, language) => h(element, { lang: language, dir: "auto" }, block.pairs.flatMap((pair) => [sentence(pair, which), " "]));
      return h("div", { class: `block ${block.kind}` }, view === "both" && side("source", lang), side("target", target));
    }));
    if (next !== null) {
      const more = h("button", { type: "button", on: { click: () => { more.remove(); this.part(next); } } }, "Show more");
      this.content.append(more);
    }
  }
}

/** A sentence; its translation leads to its review and shows how it stands. */
function sentence(pair, side) {
  if (side === "source") return h("span", { class: "sentence" }, pair.source);
  const said = [pair.status, pair.score === null ? "" : `score ${pair.score.toFixed(2)}`, pair.errors ? `${pair.errors} errors` : ""].filter(Boolean).join(", ");
  return h("a", { class: `sentence ${pair.status}`, href: `/?filter=${encodeURIComponent(`doc:${pair.document} status:any`)}&order=document&pair=${pair.id}`, title: said },
    pair.target || `[no target: ${pair.source}]`,
    pair.errors > 0 && pair.status === "open" && [" ", icon("error")],
    pair.status !== "open" && icon(STATUS_ICONS[pair.status]),
    h("span", { class: "unseen" }, ` (${said})`));
}
