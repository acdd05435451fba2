// Paper: all cards drawn, two in a row, at the width of the sheet, before the browser takes its picture.

const root = document.documentElement;
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const page = () => getComputedStyle(document.body).backgroundColor;

export class Paper {
  /** `repainted()` is the promise that the cards have the colours of the theme. */
  constructor(cards, repainted) {
    this.cards = cards;
    this.repainted = repainted;
    this.ready = null;
    window.addEventListener("beforeprint", () => this.begin());
    window.addEventListener("afterprint", () => this.end());
    matchMedia("print").addEventListener("change", ({ matches }) => (matches ? this.begin() : this.end()));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.print();
    });
  }

  /** Print when everything is drawn. A menu of the browser does not wait; it takes what is there, in size. */
  async print() {
    await this.begin();
    window.print();
  }

  begin() {
    if (this.ready) return this.ready;
    const before = page();
    root.classList.add("paper");
    this.dark = page() !== before; // paper is light
    if (this.dark) root.dispatchEvent(new Event("themechange"));
    this.#fit();
    this.ready = this.#draw();
    return this.ready;
  }

  async #draw() {
    await this.repainted();
    await Promise.all([...this.cards.values()].map((card) => card.enter()));
    await frame();
    this.#fit();
    root.classList.add("printable");
  }

  #fit() {
    for (const card of this.cards.values()) card.drawing?.fit();
  }

  end() {
    if (!this.ready) return;
    this.ready = null;
    root.classList.remove("paper", "printable");
    if (this.dark) root.dispatchEvent(new Event("themechange"));
  }
}
