// Paper: all cards drawn, two in a row, at the width of the sheet, before the browser takes its picture.

import { isStale } from "./charts.js";

const PATIENCE = 20000; // ms for cards whose data are on their way
const root = document.documentElement;
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

export class Paper {
  /** `repainted()` is the promise that the cards have the colours of the theme. */
  constructor(cards, repainted) {
    this.cards = cards;
    this.repainted = repainted;
    this.on = this.painted = false;
    window.addEventListener("beforeprint", () => this.#lay());
    window.addEventListener("afterprint", () => this.end());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.print();
    });
  }

  /** The browser takes its picture: nothing may be drawn anew. */
  get isStill() {
    return this.on && !this.painted;
  }

  /** Print when everything is drawn, for paper. */
  async print() {
    this.#lay();
    if (isStale()) {
      this.painted = true;
      root.dispatchEvent(new Event("themechange")); // paper is light
    }
    for (const { drawing } of this.cards.values()) drawing?.dropCopy();
    await this.repainted();
    const end = Date.now() + PATIENCE;
    do {
      await Promise.all([...this.cards.values()].map((card) => card.enter().catch(console.error)));
      await frame();
    } while (Date.now() < end && [...this.cards.values()].some(({ section }) => section.ariaBusy === "true"));
    root.classList.remove("turned");
    await frame();
    this.#fit();
    await frame();
    window.print();
  }

  /** At once, for menus of the browser do not wait: what is drawn takes its size on paper. */
  #lay() {
    if (this.on) return;
    this.on = true;
    root.classList.add("paper");
    root.classList.toggle("turned", isStale());
    this.#fit();
    for (const { drawing } of this.cards.values()) drawing?.copy();
  }

  #fit() {
    for (const card of this.cards.values()) card.drawing?.fit();
  }

  end() {
    if (!this.on) return;
    root.classList.remove("paper", "turned");
    for (const { drawing } of this.cards.values()) drawing?.dropCopy();
    this.#fit();
    if (this.painted) root.dispatchEvent(new Event("themechange"));
    this.on = this.painted = false;
  }
}
