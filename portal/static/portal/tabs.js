// The tabs above a dashboard: one click, one look. What a tab shows is fetched while the pointer is on its way.

import { ask } from "./shell.js";

const FRESH = 5000; // ms for which a page that was fetched ahead is taken

export class Tabs {
  /** `open(search)` shows the page of a tab. */
  constructor(open) {
    this.open = open;
    this.ahead = new Map(); // search -> {page, at}
    const link = (event) => event.target.closest?.(".tabs [data-tab]");
    for (const type of ["pointerover", "focusin", "touchstart"]) {
      document.addEventListener(type, (event) => {
        const found = link(event);
        if (found && !found.hasAttribute("aria-current")) this.#fetch(found.search).catch(() => this.ahead.delete(found.search));
      }, { passive: true });
    }
    document.addEventListener("click", (event) => {
      const found = link(event);
      if (!found || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (!found.hasAttribute("aria-current")) open(found.search);
    });
    document.addEventListener("keydown", (event) => {
      const found = link(event);
      if (found) this.#walk(event, found);
    });
  }

  get links() {
    return [...document.querySelectorAll(".tabs [data-tab]")];
  }

  /** The tab in view, and the one that an address names: the first where it names none. */
  get current() {
    return this.links.find((link) => link.hasAttribute("aria-current"))?.dataset.tab ?? "";
  }

  of(search) {
    const wanted = new URLSearchParams(search).get("tab");
    return (this.links.find((link) => link.dataset.tab === wanted) ?? this.links[0])?.dataset.tab ?? "";
  }

  mark(search) {
    const tab = this.of(search);
    for (const link of this.links) {
      if (link.dataset.tab !== tab) link.removeAttribute("aria-current");
      else {
        link.setAttribute("aria-current", "page");
        const [bar, place] = [link.parentElement, link.getBoundingClientRect()]; // the page itself stays where it is
        bar.scrollLeft += place.left + place.width / 2 - bar.getBoundingClientRect().left - bar.clientWidth / 2;
      }
    }
  }

  /** The page at an address, as a document; null where there is none to show. */
  async page(search) {
    const { ahead } = this;
    const text = await this.#fetch(search).finally(() => ahead.delete(search));
    return text === null ? null : new DOMParser().parseFromString(text, "text/html");
  }

  #fetch(search) {
    const known = this.ahead.get(search);
    if (known && Date.now() - known.at < FRESH) return known.page;
    const page = ask(search || location.pathname, { cache: "no-store" }).then((response) => (response?.ok ? response.text() : null));
    this.ahead.set(search, { page, at: Date.now() });
    return page;
  }

  #walk(event, link) {
    const { links } = this;
    const at = links.indexOf(link);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = links[(to + links.length) % links.length];
    next.focus();
    this.open(next.search);
  }
}
