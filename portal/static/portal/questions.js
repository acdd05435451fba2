// What a dashboard's page asks of the portal: all of its cards, one question at a time.

import { ask, say } from "./shell.js";

const PATIENCE = 120000; // ms

/** `page` has: show(widgets, chosen), isDrawn() -> whether it has the drawings of all cards, reached() when the
 * portal said something, gone() when there is no such dashboard, and answered(first, seen) when all is shown: the first answer, null when nothing is new, and
 * [id, version] of all cards of the page, null where a part did not come yet. */
export class Questions {
  constructor(grid, page) {
    this.grid = grid;
    this.page = page;
    this.turn = 0; // counts what the page was about: an answer to something older is not shown
    this.under = null; // the question under way
    this.about(grid.dataset.address); // as the page's head preloads it
  }

  /** What the page is about from now on. After a choice it is owed the bar, until an answer brings it. */
  about(address, { etags = {}, seen = {}, owesBar = false } = {}) {
    this.turn += 1;
    this.under?.stop.abort();
    // Of each part of what is on the page: its ETag, and its cards as [id, version].
    Object.assign(this, { address, etags, seen, owesBar });
  }

  get state() {
    const { address, etags, seen, owesBar } = this;
    return { address, etags, seen, owesBar };
  }

  /** Ask for every card; who asks while a question is under way is answered by the next one. */
  look() {
    const { under, turn } = this;
    if (under?.turn === turn) return (under.next ??= under.done.then(() => (turn === this.turn ? this.look() : null)));
    const asked = (this.under = { turn, stop: new AbortController() });
    asked.done = this.#look(asked).finally(() => {
      if (this.under === asked) this.under = null;
    });
    return asked.done;
  }

  /** The server answers 304 when nothing changed. On large pages the first screen comes first. */
  async #look(asked) {
    const more = this.owesBar && (this.page.isDrawn() ? "bar=1&drawn=1" : "bar=1");
    let first = null;
    const parts = "inParts" in this.grid.dataset ? ["first", "rest"] : [""];
    for (const part of parts) {
      const found = await this.#part(part, more, asked);
      if (asked.turn !== this.turn) return null;
      if (!found) continue;
      await this.page.show(found.answer.widgets, Boolean(more));
      if (asked.turn !== this.turn) return null;
      this.etags[part] = found.etag; // not before: 304 means that it is on the page
      this.seen[part] = found.answer.widgets.map(({ id, version }) => [id, version]);
      say(this.grid.dataset.wrong);
      first ??= found.answer;
    }
    this.grid.setAttribute("aria-busy", "false");
    if (first?.bar) this.owesBar = false;
    await this.page.answered(first, parts.every((part) => this.seen[part]) ? parts.flatMap((part) => this.seen[part]) : null);
  }

  /** The answer to one part of the page, or null when there is none to show. */
  async #part(part, more, { turn, stop }) {
    const query = [this.address, part && `cards=${part}`, more].filter(Boolean).join("&");
    const etag = this.etags[part];
    const late = setTimeout(() => stop.abort(), PATIENCE);
    let response;
    let answer = null;
    try {
      response = await ask(`${this.grid.dataset.url}${query && `?${query}`}`, { headers: etag ? { "If-None-Match": etag } : {}, cache: etag ? "no-store" : "default", signal: stop.signal });
      if (response && response.status in { 200: 1, 400: 1 }) answer = await response.json();
    } catch {
      if (turn === this.turn) say("The portal does not answer. Numbers stay as they were; trying again.");
      return null;
    } finally {
      clearTimeout(late);
    }
    if (!response || turn !== this.turn) return null;
    if (response.status === 404) return this.page.gone(), say("This dashboard is not there any more, or not shared with you any more.", { label: "All dashboards", href: "/" }), null;
    this.page.reached();
    if (response.status === 304) return say(this.grid.dataset.wrong), null;
    if (response.status === 400) return say(answer.error), null;
    if (!response.ok) return say(`The portal answers with an error (${response.status}). Trying again.`), null;
    return { answer, etag: response.headers.get("ETag") ?? "" };
  }
}
