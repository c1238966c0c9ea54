// How the review goes: plots that the server draws, each with its figures in a table.

import { get } from "./api.js";
import { h, icon, number } from "./dom.js";

const TITLES = {
  progress: "Progress by document",
  effort: "Post-editing effort (HTER)",
  days: "Decisions by day",
  speed: "Pairs an hour",
  checks: "Precision of the checks",
};

const VERDICTS = ["accepted", "edited", "rejected", "skipped", "flagged", "commented"];

const share = (value) => (value === null ? "" : `${Math.round(value * 100)}%`);
const fixed = (value, places) => (value === null || value === undefined ? "" : value.toFixed(places));

/** The page of figures. */
export async function showStatistics(main) {
  const found = await get("/api/statistics");
  const tables = { progress: progress(found), effort: effort(found), days: days(found), speed: reviewers(found), checks: checks(found) };
  const content = h("div", { class: "figures" });
  const draw = () => content.replaceChildren(...found.plots.map((name) => figure(name, tables[name])), agreement(found));
  draw();
  main.replaceChildren(h("div", { class: "page" }, h("h1", { tabIndex: -1 }, "Statistics"), content));
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", draw);
  return { refresh: draw, leave: () => scheme.removeEventListener("change", draw) };
}

function theme() {
  const own = document.documentElement.dataset.theme;
  return own ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function figure(name, table) {
  return h("section", { class: "panel figure-panel", "aria-labelledby": `plot-${name}` },
    h("h2", { id: `plot-${name}`, class: "unseen" }, TITLES[name] ?? name),
    h("img", { src: `/api/plots/${name}.svg?theme=${theme()}`, alt: `${TITLES[name] ?? name}; the figures are in the table below.` }),
    h("div", { class: "figure-foot" },
      table && h("details", {}, h("summary", {}, "Figures"), h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": TITLES[name] }, table)),
      h("a", { href: `/api/plots/${name}.svg?theme=${theme()}&download=1`, download: `${name}.svg` }, icon("download"), "SVG", h("span", { class: "unseen" }, ` of ${TITLES[name]}`))));
}

function table(columns, rows) {
  return h("table", { class: "wide" },
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map(([first, ...others]) => h("tr", {}, h("th", { scope: "row" }, first), others.map((cell) => h("td", { class: "figure" }, cell))))));
}

function progress(found) {
  const names = ["accepted", "edited", "rejected", "skipped", "flagged", "open"];
  return table(["Document", ...names], found.progress.map((one) => [one.name, ...names.map((name) => number(one.counts[name] ?? 0))]));
}

function effort(found) {
  const scores = [...found.documents, ...found.engines, ...found.reviewers.map((one) => one.edits).filter(Boolean)];
  return table(["Of", "HTER", "Signature"], scores.map((one) => [one.name, fixed(one.value, 1), h("code", {}, one.signature)]));
}

function days(found) {
  return table(["Day (UTC)", "Decisions"], Object.entries(found.days).map(([day, count]) => [day, number(count)]));
}

function reviewers(found) {
  return table(["Reviewer", ...VERDICTS, "Hours", "Pairs an hour"], found.reviewers.map((one) => [one.name, ...VERDICTS.map((name) => number(one.verdicts[name] ?? 0)), fixed(one.hours, 1), fixed(one.pairs_per_hour, 0)]));
}

function checks(found) {
  return table(["Check", "Confirmed", "Dismissed", "Unclear", "Precision"], found.checks.map((one) => [one.check, number(one.confirmed), number(one.dismissed), number(one.unclear), share(one.value)]));
}

function agreement(found) {
  const rows = found.agreement.map((one) => [one.reviewers.join(" and "), number(one.pairs), number(one.agreed), share(one.agreed / one.pairs), fixed(one.kappa, 2)]);
  return h("section", { class: "panel", "aria-labelledby": "agreement" }, h("h2", { id: "agreement" }, "Agreement"),
    rows.length ? h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Agreement" }, table(["Reviewers", "Pairs both judged", "Agreed", "Share", "Cohen’s kappa"], rows))
      : h("p", { class: "quiet" }, "No pair was judged by two reviewers yet."));
}
