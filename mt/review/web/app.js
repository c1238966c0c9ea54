// The page: its head, its addresses, its session, and the keys.

import { onSignedOut, readSession, readWords, session, signIn, signOut } from "./api.js";
import { h, icon, number, toast } from "./dom.js";
import { actionOf } from "./keys.js";
import { showDocument, showDocuments } from "./documents.js";
import { showHelp } from "./help.js";
import { showReview } from "./review.js";
import { showStatistics } from "./statistics.js";

const PAGES = [
  ["/", "Review"],
  ["/documents", "Documents"],
  ["/statistics", "Statistics"],
];

const main = document.getElementById("main");
let view = null;
let events = null;

/** Go to an address of this page without loading it again. */
export function go(address, replace = false) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  return show();
}

async function show() {
  document.getElementById("toasts").replaceChildren();
  view?.leave?.();
  view = null;
  if (!session.signed_in) return showSignIn();
  drawHead();
  const path = location.pathname;
  try {
    if (!events) await begin();
    if (path === "/documents") view = await showDocuments(main);
    else if (path.startsWith("/documents/")) view = await showDocument(main, decodeURIComponent(path.slice(11)));
    else if (path === "/statistics") view = await showStatistics(main);
    else view = await showReview(main, go);
  } catch (error) {
    main.replaceChildren(h("div", { class: "empty", role: "alert" }, h("h1", {}, "That did not work"), h("p", {}, error.message)));
  }
  main.querySelector("h1")?.focus?.();
}

function drawHead() {
  const here = location.pathname;
  const links = PAGES.map(([path, name]) => {
    const current = path === "/" ? here === "/" : here.startsWith(path);
    return h("li", {}, h("a", { href: path, "aria-current": current ? "page" : null }, name));
  });
  document.getElementById("top").replaceChildren(
    h("a", { class: "brand", href: "/", "aria-label": "mt, start page" }, "mt"),
    h("nav", { "aria-label": "Main" }, h("ul", {}, links)),
    h("div", { class: "meter", id: "meter" }),
    h(
      "div",
      { class: "me" },
      h("button", { type: "button", class: "plain name", title: "Reviewer", on: { click: showAccount } }, session.reviewer),
      h("button", { type: "button", class: "plain square", "aria-label": "Keys and settings", on: { click: showHelp } }, icon("help")),
    ),
  );
  drawMeter();
}

let totals = null;

function drawMeter() {
  const meter = document.getElementById("meter");
  if (!meter || !totals) return;
  const all = Object.values(totals).reduce((sum, count) => sum + count, 0);
  const done = (totals.accepted ?? 0) + (totals.edited ?? 0) + (totals.rejected ?? 0);
  meter.replaceChildren(
    h("progress", { max: all || 1, value: done, "aria-label": "Pairs decided" }),
    h("span", {}, `${number(done)} of ${number(all)} decided`),
  );
}

/** What is done once after signing in. */
async function begin() {
  await readWords();
  listen();
}

function listen() {
  if (events) return;
  events = new EventSource("/api/events");
  events.addEventListener("progress", (event) => {
    totals = JSON.parse(event.data).total;
    drawMeter();
    view?.progressed?.();
  });
  events.addEventListener("decision", (event) => view?.decided?.(JSON.parse(event.data)));
}

function unlisten() {
  events?.close();
  events = null;
}

function showSignIn() {
  unlisten();
  document.getElementById("top").replaceChildren(h("span", { class: "brand" }, "mt"));
  const name = h("input", { id: "reviewer", name: "reviewer", autocomplete: "username", required: true, maxLength: 80 });
  name.value = localStorage.getItem("mt.reviewer") || session.proposed;
  const token = h("input", { id: "token", type: "password", name: "token", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const form = h(
    "form",
    { class: "sign-in", method: "post" },
    h("h1", { tabIndex: -1 }, "Sign in to review"),
    h("p", { class: "quiet" }, "Your name stands beside every decision you make."),
    h("label", { for: "reviewer" }, "Your name"),
    name,
    session.token_required && [h("label", { for: "token" }, "Token"), token],
    problem,
    h("button", { type: "submit", class: "primary" }, "Sign in"),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await signIn(name.value, token.value);
      await show();
    } catch (error) {
      problem.textContent = error.message;
      token.select();
    }
  });
  main.replaceChildren(form);
  (name.value && session.token_required ? token : name).focus();
}

function showAccount() {
  const name = h("input", { id: "other-name", value: session.reviewer, maxLength: 80, required: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const dialog = h("dialog", { "aria-labelledby": "account-title" });
  const close = () => dialog.close();
  const leave = async () => {
    close();
    await signOut();
    await show();
  };
  const rename = async (event) => {
    event.preventDefault();
    try {
      await signIn(name.value, "");
      close();
      await show();
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  dialog.append(
    h("h2", { id: "account-title" }, "Reviewer"),
    session.token_required
      ? h("p", {}, `Signed in as ${session.reviewer}.`)
      : h("form", { on: { submit: rename } }, h("label", { for: "other-name" }, "Name beside your decisions"), name, problem,
          h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, "Use this name"))),
    h("div", { class: "buttons" },
      session.token_required && h("button", { type: "button", on: { click: leave } }, "Sign out"),
      h("button", { type: "button", on: { click: close } }, "Close")),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function applyTheme() {
  const theme = localStorage.getItem("mt.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

document.addEventListener("keydown", (event) => {
  const action = actionOf(event);
  if (!action) return;
  if (action === "help") {
    event.preventDefault();
    showHelp();
  } else if (view?.act?.(action)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href^='/']") : null;
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.hasAttribute("download") || link.target || link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});

document.addEventListener("mt:settings", () => {
  applyTheme();
  view?.refresh?.();
});

window.addEventListener("popstate", show);

onSignedOut(() => {
  session.signed_in = false;
  toast("You were signed out. Sign in to go on.", "error");
  show();
});

applyTheme();
await readSession();
if (!session.signed_in && !session.token_required) {
  const name = localStorage.getItem("mt.reviewer") || session.proposed;
  if (name) await signIn(name, "").catch(() => {});
}
await show();
