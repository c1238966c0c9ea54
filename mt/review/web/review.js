// Reviewing: the queue, one pair with everything that helps to decide, and the decisions.

import { ApiError, get, leave, post, remove, words } from "./api.js";
import { drawAside } from "./aside.js";
import { askConflict, askReason, askMark, askSave, confirmAll } from "./dialogs.js";
import { suggest } from "./filter.js";
import { announce, capitalised, h, icon, later, number, shortName, toast } from "./dom.js";
import { keyOf, setting } from "./keys.js";
import { drawPair } from "./pair.js";

const RENEW = 240_000;

const SAID = { accept: "Accepted", edit: "Edited", reject: "Rejected", skip: "Skipped", flag: "Flagged", comment: "Comment saved" };

export async function showReview(main, go) {
  const review = new Review(main, go);
  await review.begin();
  return review;
}

class Review {
  constructor(main, go) {
    this.main = main;
    this.go = go;
    const asked = new URLSearchParams(location.search);
    this.filter = asked.get("filter") ?? "";
    this.order = Object.hasOwn(words.orders, asked.get("order")) ? asked.get("order") : "worst";
    this.asked = Number.parseInt(asked.get("pair") ?? "", 10);
    this.pair = null;
    this.drawn = null;
    this.editor = null;
    this.busy = false;
    this.left = false;
    this.countAgain = 0;
    this.relist = later(1000, () => this.list());
    this.renewing = setInterval(() => this.renew(), RENEW);
    this.goodbye = () => this.giveBack();
    addEventListener("pagehide", this.goodbye);
  }

  leave() {
    this.giveBack();
    this.left = true;
    clearInterval(this.renewing);
    clearTimeout(this.recounting);
    removeEventListener("pagehide", this.goodbye);
  }

  /** Let others have the pair that is shown and not decided on. */
  giveBack() {
    if (this.pair && !this.pair.holder) leave("/api/release", { pairs: [this.pair.id] });
  }

  /** Keep the pair while somebody looks at it. */
  async renew() {
    const shown = this.pair;
    if (!shown || document.visibilityState !== "visible") return;
    try {
      const { pair } = await post(`/api/pairs/${shown.id}/hold`);
      if (this.pair === shown) this.decided(pair);
    } catch {
      // The next decision tells what is wrong.
    }
  }

  // The frame

  async begin() {
    this.title = h("h1", { class: "unseen", tabIndex: -1 }, "Review");
    this.queue = h("ol", { class: "queue-list" });
    this.counted = h("span", { class: "quiet", id: "counted" });
    this.stage = h("section", { class: "stage", "aria-label": "Pair" });
    this.aside = h("aside", { class: "aside", "aria-label": "About this pair" });
    const list = h("details", { class: "queue", open: matchMedia("(min-width: 75rem)").matches },
      h("summary", {}, h("span", {}, "Queue"), this.counted), this.queue);
    this.main.replaceChildren(this.title, h("div", { class: "review" }, this.bar(), h("div", { class: "columns" },
      h("nav", { class: "queue-side", "aria-label": "Queue" }, list), this.stage, this.aside)));
    this.fillFilters();
    await (this.asked ? this.open(this.asked) : this.next());
    this.list();
    this.count();
  }

  bar() {
    this.input = h("input", {
      type: "search", id: "filter", value: this.filter, autocomplete: "off", spellcheck: false, enterKeyHint: "search",
      placeholder: "words, check:number, score:<0.5, doc:NAME, status:any", "aria-describedby": "filter-problem",
    });
    this.problem = h("p", { class: "problem", id: "filter-problem", role: "alert" });
    this.sort = h("select", { id: "order", on: { change: () => this.look(this.filter, this.sort.value) } },
      Object.entries(words.orders).map(([value, label]) => h("option", { value, selected: value === this.order }, capitalised(label))));
    this.saved = h("select", { id: "saved", on: { change: () => this.chooseSaved() } });
    const submit = (event) => {
      event.preventDefault();
      this.look(this.input.value.trim(), this.sort.value);
    };
    const field = h("div", { class: "field" }, icon("search"), this.input);
    suggest(this.input, field);
    return h("form", { class: "bar", role: "search", "aria-label": "Queue filter", on: { submit } },
      h("label", { class: "unseen", for: "filter" }, "Filter"),
      field,
      h("label", { class: "unseen", for: "order" }, "Order"), this.sort,
      h("label", { class: "unseen", for: "saved" }, "Saved filters"), this.saved,
      h("button", { type: "button", class: "bulk", on: { click: () => this.acceptAll() } }, "Accept all…"),
      this.problem);
  }

  async fillFilters() {
    const { filters } = await get("/api/filters");
    this.filters = filters;
    const option = (value, label, disabled = false) => h("option", { value, disabled }, label);
    this.saved.replaceChildren(
      option("", "Saved filters"),
      ...filters.map((one, index) => option(`use ${index}`, one.name)),
      option("save", "Save this filter…"),
      ...filters.map((one, index) => option(`forget ${index}`, `Forget “${one.name}”`)),
    );
  }

  async chooseSaved() {
    const [what, index] = this.saved.value.split(" ");
    this.saved.value = "";
    const one = this.filters[Number(index)];
    if (what === "use") await this.look(one.filter, one.order);
    else if (what === "forget") {
      await remove("/api/filters", { name: one.name });
      toast(`The filter “${one.name}” is forgotten.`);
      await this.fillFilters();
    } else if (what === "save") {
      const name = await askSave(this.input.value.trim());
      if (!name) return;
      try {
        await post("/api/filters", { name, filter: this.input.value.trim(), order: this.sort.value });
        toast(`Saved as “${name}”.`);
        await this.fillFilters();
      } catch (error) {
        this.fail(error);
      }
    }
  }

  async look(filter, order) {
    try {
      await get("/api/queue", { filter, order, limit: 1 });
    } catch (error) {
      this.problem.textContent = error.message;
      this.input.setAttribute("aria-invalid", "true");
      return;
    }
    const query = new URLSearchParams(Object.entries({ filter, order: order === "worst" ? "" : order }).filter(([, value]) => value));
    await this.go(`/${query.size ? `?${query}` : ""}`);
  }

  address(pair) {
    const query = new URLSearchParams(location.search);
    if (pair) query.set("pair", String(pair));
    else query.delete("pair");
    history.replaceState(null, "", query.size ? `/?${query}` : "/");
  }

  // The queue

  async list() {
    const { pairs, more } = await get("/api/queue", { filter: this.filter, order: this.order, limit: 50 });
    if (this.left) return;
    this.listed = pairs;
    this.more = more;
    const rows = pairs.map((one) => h("li", {},
      h("button", { type: "button", class: "row", "aria-current": one.id === this.pair?.id ? "true" : null, on: { click: () => this.open(one.id) } },
        h("span", { class: "row-top" }, score(one.score), one.errors > 0 && h("span", { class: "badge error" }, icon("error"), h("span", { class: "unseen" }, "errors ")), 
          h("span", { class: "quiet" }, `${shortName(one.document)} ${one.position + 1}`)),
        h("span", { class: "row-text", lang: "nl" }, one.source))));
    this.queue.replaceChildren(...rows, more ? h("li", { class: "quiet more" }, "… and more") : "");
  }

  /** Take a decided pair out of the list at once; the list is asked for anew only when it runs short. */
  drop(id) {
    const place = this.listed?.findIndex((one) => one.id === id) ?? -1;
    const stays = /\bstatus:/.test(this.filter);
    if (place >= 0 && !stays) {
      this.listed.splice(place, 1);
      this.queue.children[place].remove();
      this.tell(this.remaining - 1);
    }
    if (stays || (this.more && this.listed.length < 25)) this.relist();
    this.recount();
  }

  async count() {
    const start = performance.now();
    const { count } = await get("/api/count", { filter: this.filter });
    this.countAgain = performance.now() + 100 * (performance.now() - start);
    this.tell(count);
  }

  /** Count after a while; where counting takes long, it takes a hundredth of the time at most. */
  recount() {
    clearTimeout(this.recounting);
    this.recounting = setTimeout(() => this.count().catch(() => {}), Math.max(4000, this.countAgain - performance.now()));
  }

  tell(count) {
    if (this.left || !(count >= 0)) return;
    this.remaining = count;
    this.counted.textContent = number(count);
    this.counted.setAttribute("aria-label", `${number(count)} pairs`);
  }

  async next() {
    try {
      const { pair } = await post("/api/next", { filter: this.filter, order: this.order });
      this.show(pair);
    } catch (error) {
      this.fail(error);
      if (!this.pair) this.show(null);
    }
  }

  async open(id) {
    try {
      const release = this.pair && this.pair.id !== id && !this.pair.holder ? this.pair.id : undefined;
      const { pair } = await post(`/api/pairs/${id}/hold`, { release });
      this.show(pair);
    } catch (error) {
      this.fail(error);
      if (!this.pair) await this.next();
    }
  }

  // One pair

  show(pair) {
    if (this.left) return;
    this.editor = null;
    this.stage.classList.remove("editing");
    this.pair = pair;
    this.address(pair?.id);
    document.title = pair ? `Pair ${pair.position + 1}, ${shortName(pair.document.name || pair.document.id)} – mt` : "mt";
    if (!pair) {
      this.drawn = null;
      this.stage.replaceChildren(this.nothing());
      this.aside.replaceChildren();
      announce("No pair is left in this queue.");
      return;
    }
    this.drawn = drawPair(pair, this);
    this.stage.replaceChildren(this.drawn.element, this.actions(pair));
    drawAside(this.aside, pair, this);
    for (const row of this.queue.querySelectorAll("button[aria-current]")) row.removeAttribute("aria-current");
    const place = this.listed?.findIndex((one) => one.id === pair.id) ?? -1;
    this.queue.children[place]?.firstElementChild?.setAttribute("aria-current", "true");
    this.loadLinks(pair);
  }

  nothing() {
    const other = this.filter ? h("p", {}, h("a", { href: "/" }, "Show the whole queue")) : h("p", { class: "quiet" }, "Translate a document, or look at what was skipped: ", h("a", { href: "/?filter=status%3Askipped" }, "status:skipped"));
    return h("div", { class: "empty" }, h("h2", { tabIndex: -1 }, "Nothing is left here"), other);
  }

  async loadLinks(pair) {
    if (!pair.target) return;
    try {
      const { links } = await get(`/api/pairs/${pair.id}/links`);
      if (this.pair === pair) this.drawn.link(links);
    } catch {
      // Without links the pair is still whole.
    }
  }

  actions(pair) {
    const button = (action, label, work, kind = "") => h("button", { type: "button", class: `action ${kind}`, "aria-keyshortcuts": keyOf(action), on: { click: work } },
      icon(action), h("span", {}, label), setting("shortcuts", "on") && h("kbd", { "aria-hidden": "true" }, keyOf(action)));
    const failed = !pair.target;
    return h("div", { class: "decide", role: "group", "aria-label": "Decide" },
      h("div", { class: "actions" },
        !failed && button("accept", "Accept", () => this.act("accept"), "good"),
        button("edit", "Edit", () => this.act("edit")),
        button("reject", "Reject", () => this.act("reject"), "bad"),
        button("skip", "Skip", () => this.act("skip")),
        button("undo", "Undo", () => this.act("undo"))),
      h("div", { class: "minor" },
        button("flag", "Flag", () => this.act("flag")),
        button("comment", "Comment", () => this.act("comment")),
        setting("mqm", "off") && button("mark", "Mark error", () => this.act("mark"))));
  }

  /** Do what a key means; true where it was done. */
  act(action) {
    if (action === "search") this.input.select();
    else if (action === "undo") this.undo();
    else if (!this.pair || this.editor) return false;
    else if (action === "accept") this.decide("accept");
    else if (action === "edit") this.edit(this.pair.target);
    else if (action === "skip") this.decide("skip");
    else if (action === "next") this.goOn();
    else if (action === "previous") this.step(this.pair.before.at(-1));
    else if (action === "following") this.step(this.pair.after[0]);
    else if (action === "mark") this.mark();
    else if (action === "dismiss") this.dismissFirst();
    else if (action.startsWith("use ")) return this.use(Number(action.slice(4)));
    else if (["reject", "flag", "comment"].includes(action)) this.decideWithReason(action);
    else return false;
    return true;
  }

  goOn() {
    const place = this.listed?.findIndex((one) => one.id === this.pair.id) ?? -1;
    const other = this.listed?.[place + 1];
    if (other) this.open(other.id);
    else this.next();
  }

  step(neighbour) {
    if (neighbour) this.open(neighbour.id);
    else announce("There is no pair on that side.");
  }

  async decideWithReason(action) {
    const note = await askReason(action, this.pair);
    if (note !== null) await this.decide(action, { note });
  }

  async decide(verdict, more = {}) {
    if (this.busy) return;
    this.busy = true;
    this.stage.setAttribute("aria-busy", "true");
    const pair = this.pair;
    try {
      await this.send(pair, verdict, more);
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) await this.conflict(error.body, verdict, more);
      else this.fail(error);
    } finally {
      this.busy = false;
      this.stage.removeAttribute("aria-busy");
    }
  }

  /** Send a decision; the answer brings the next pair. */
  async send(pair, verdict, more) {
    const then = verdict === "comment" ? undefined : { filter: this.filter, order: this.order };
    const answer = await post(`/api/pairs/${pair.id}/verdict`, { verdict, version: pair.version, ...more, then });
    if (verdict === "comment") {
      this.show(answer.pair);
      toast(SAID.comment);
      return;
    }
    this.drop(pair.id);
    this.show(answer.next);
    this.tellDecision(verdict, pair, answer.pair);
    this.focusPair();
  }

  tellDecision(verdict, before, after) {
    const judged = verdict === "edit" && after.score !== null ? ` Its score is now ${after.score.toFixed(2)}.` : "";
    const wrong = verdict === "edit" && after.findings.find((one) => one.severity === "error");
    const coming = this.pair ? ` Next: pair ${this.pair.position + 1}${this.pair.score === null ? "" : `, score ${this.pair.score.toFixed(2)}`}.` : "";
    if (wrong) toast(`Edited, but a check sees an error: ${wrong.message}`, "warning", { label: "Show", run: () => this.open(before.id) });
    else toast(`${SAID[verdict]}.${judged}${coming}`, "info", { label: "Undo", run: () => this.undo() });
  }

  focusPair() {
    (this.drawn?.heading ?? this.stage.querySelector("h2"))?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }

  async conflict(body, verdict, more) {
    const choice = await askConflict(body, verdict);
    this.show(body.pair);
    if (choice === "again") await this.send(body.pair, verdict, more)
      .catch((error) => (error.status === 409 ? this.conflict(error.body, verdict, more) : this.fail(error)));
    else if (choice === "edit") this.edit(more.target ?? body.pair.target);
    else this.focusPair();
  }

  async undo() {
    if (this.busy) return;
    this.busy = true;
    try {
      const { pair } = await post("/api/undo");
      if (!pair) toast("There is nothing left to undo.");
      else {
        this.show(pair);
        toast(`Undone. Pair ${pair.position + 1} is ${pair.status} again.`);
        this.focusPair();
        this.list();
        this.tell(this.remaining + 1);
        this.recount();
      }
    } catch (error) {
      if (error.status === 409) {
        this.show(error.body.pair);
        toast(`${error.body.pair.reviewer || "Somebody"} decided on this pair after you; your decision stays in its history.`, "error");
      } else this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  // Editing

  edit(text) {
    this.stage.classList.add("editing");
    this.editor = this.drawn.edit(text, {
      save: (target) => this.decide("edit", { target }),
      cancel: () => {
        this.editor = null;
        this.stage.classList.remove("editing");
        this.drawn.read();
        this.focusPair();
      },
    });
  }

  /** Put a suggestion into the editor: the other candidates and the matches of the memory, numbered. */
  use(place) {
    const suggestion = this.pair.suggestions[place - 1];
    if (!suggestion) return false;
    this.edit(suggestion);
    return true;
  }

  // Findings and marks

  async change(path, body, said, method = post) {
    try {
      const { pair } = await method(`/api/pairs/${this.pair.id}/${path}`, body);
      this.show(pair);
      announce(said);
    } catch (error) {
      this.fail(error);
    }
  }

  dismiss(finding, dismissed) {
    const { check, severity, message, side, span } = finding;
    return this.change("finding", { check, severity, message, side, span, dismissed }, dismissed ? "Dismissed as a false alarm." : "The finding counts again.");
  }

  dismissFirst() {
    const finding = this.pair.findings.find((one) => !one.dismissed);
    if (finding) this.dismiss(finding, true);
    else announce("There is no finding to dismiss.");
  }

  async mark() {
    const place = this.drawn.selection();
    if (!place) {
      toast("Select the wrong words first, with the mouse or with Shift and the arrow keys in the text.");
      return;
    }
    const said = await askMark(place);
    if (said) await this.change("marks", { ...place, ...said }, "Marked.");
  }

  unmark(span) {
    return this.change(`marks/${span.id}`, {}, "The mark is gone.", remove);
  }

  async changeBeads(what, body) {
    try {
      const answer = await post(`/api/pairs/${this.pair.id}/${what}`, body);
      if (!answer.changed) toast("Somebody changed these segments meanwhile. Nothing was done.", "error");
      else toast(what === "split" ? "Split and scored again." : "Merged and scored again.");
      await (answer.pair ? this.open(answer.pair) : this.next());
      this.list();
    } catch (error) {
      this.fail(error);
    }
  }

  // Many pairs

  async acceptAll() {
    const { count } = await get("/api/count", { filter: this.filter });
    if (!(await confirmAll(this.filter, count))) return;
    try {
      const result = await post("/api/accept-all", { filter: this.filter });
      toast(result.summary, "notice", result.accepted ? { label: "Undo all", run: () => this.undoAll() } : null);
      await this.next();
      this.list();
      this.count();
    } catch (error) {
      this.fail(error);
    }
  }

  async undoAll() {
    try {
      const { undone, left } = await post("/api/undo", { bulk: true });
      toast(`${number(undone)} taken back${left ? `; ${number(left)} stay, because somebody decided on them later` : ""}.`);
      await this.next();
      this.list();
      this.count();
    } catch (error) {
      this.fail(error);
    }
  }

  // What others do

  decided(event) {
    if (event.id !== this.pair?.id && event.status !== "open") this.drop(event.id);
    if (event.id !== this.pair?.id || event.version <= this.pair.version || this.busy) return;
    this.drawn.warn(`${event.reviewer || "Somebody"} decided on this pair just now: ${event.status}.`, () => this.open(event.id));
  }

  refresh() {
    if (this.pair && !this.editor) this.show(this.pair);
  }

  fail(error) {
    toast(error.message, "error");
  }
}

/** A score as a number, a word and a length, so that colour is not needed. */
export function score(value) {
  if (value === null || value === undefined) return h("span", { class: "score none" }, "no score");
  const { word } = words.levels.find(({ below }) => below === null || value < below);
  return h("span", { class: `score ${word}` }, h("span", { class: "bars", data: { level: String(Math.min(4, Math.floor(value * 5))) }, "aria-hidden": "true" }), value.toFixed(2), h("span", { class: "unseen" }, ` (${word})`));
}
