// Cards that are dragged by their head and resized by their corner, with mouse, pen or finger.

import { HEIGHTS, WIDTHS, within } from "./arrangement.js";
import { nearest } from "./packing.js";

const FIRM = 4; // pixels before a press is a drag
const EDGE = 72; // pixels from the screen's upper and lower end where the page scrolls by itself
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Run `change`, and let the cards glide from where they stood to where they stand then. */
export function glide(grid, change, but = null) {
  const cards = [...grid.children].filter((card) => card !== but);
  const before = new Map(cards.map((card) => [card, card.getBoundingClientRect()]));
  change();
  if (still.matches) return;
  for (const card of grid.children) for (const moving of card.getAnimations()) if (moving.id === "glide") moving.cancel();
  for (const card of grid.children) {
    const from = before.get(card);
    const to = card.getBoundingClientRect();
    if (!from || card === but || (Math.abs(from.left - to.left) < 1 && Math.abs(from.top - to.top) < 1)) continue;
    const shift = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
    card.animate([{ transform: shift }, { transform: "none" }], { duration: 180, easing: "cubic-bezier(.2, 0, 0, 1)", id: "glide" });
  }
}

/** `on` knows the arrangement: sizes(but), columns, move(id, index), resize(id, w, h), drop(id, tab), begin, end(undone). */
export class Dragging {
  constructor(grid, on) {
    this.grid = grid;
    this.on = on;
    this.held = null;
    this.press = (event) => this.#press(event);
    this.keep = (event) => this.#follow(event);
    this.leave = (event) => this.#release(event.type === "pointercancel");
    grid.addEventListener("pointerdown", this.press);
  }

  close() {
    this.#release(true);
    this.grid.removeEventListener("pointerdown", this.press);
  }

  /** Width and height of one cell with its gap, and of the gap alone. */
  get cell() {
    const style = getComputedStyle(this.grid);
    const gap = parseFloat(style.columnGap);
    return { width: (this.grid.clientWidth + gap) / this.on.columns, height: parseFloat(style.gridAutoRows) + parseFloat(style.rowGap), gap };
  }

  #press(event) {
    const section = event.target.closest("[data-widget]");
    if (!section || event.button !== 0 || this.held || event.target.closest("button, a, input")) return;
    const corner = event.target.closest("[data-corner]");
    // A finger on the rest of a card scrolls the page.
    if (!corner && event.pointerType !== "mouse" && !event.target.closest(".card-head")) return;
    event.preventDefault();
    section.focus({ preventScroll: true });
    const box = section.getBoundingClientRect();
    const id = Number(section.dataset.widget);
    this.held = { section, id, corner: Boolean(corner), box, x: event.clientX, y: event.clientY, scrolled: scrollY, firm: false };
    this.point = event;
    window.addEventListener("pointermove", this.keep);
    window.addEventListener("pointerup", this.leave);
    window.addEventListener("pointercancel", this.leave);
  }

  #follow(event) {
    this.point = event;
    const { held } = this;
    if (!held.firm && Math.hypot(event.clientX - held.x, event.clientY - held.y) < FIRM) return;
    if (!held.firm) this.#begin();
  }

  #begin() {
    const { held } = this;
    held.firm = true;
    this.on.begin(held.id);
    document.documentElement.classList.add(held.corner ? "resizing" : "dragging");
    held.section.classList.add(held.corner ? "sizing" : "lifted");
    if (!held.corner) {
      held.slot = document.createElement("div");
      held.slot.className = "slot";
      held.slot.style.cssText = held.section.style.cssText;
      held.section.before(held.slot);
      Object.assign(held.section.style, { width: `${held.box.width}px`, height: `${held.box.height}px` });
    }
    const turn = () => {
      if (this.held !== held) return;
      this.#scroll();
      if (held.corner) this.#size();
      else this.#carry();
      requestAnimationFrame(turn);
    };
    turn();
  }

  #scroll() {
    const { clientY } = this.point;
    const top = EDGE + 64; // the page's head stands there
    const past = clientY < top ? clientY - top : Math.max(0, clientY - (innerHeight - EDGE));
    if (past) scrollBy({ top: past / 5, behavior: "instant" });
  }

  #carry() {
    const { held, point } = this;
    const left = held.box.left + point.clientX - held.x;
    const top = held.box.top + point.clientY - held.y;
    Object.assign(held.section.style, { left: `${left}px`, top: `${top}px` });
    const tab = document.elementsFromPoint(point.clientX, point.clientY).find((found) => found.dataset.dropTab);
    if (tab !== held.tab) {
      held.tab?.classList.remove("target");
      tab?.classList.add("target");
      held.tab = tab;
    }
    const grid = this.grid.getBoundingClientRect();
    const wanted = { x: left - grid.left, y: top - grid.top };
    if (held.wanted && Math.hypot(held.wanted.x - wanted.x, held.wanted.y - wanted.y) < 2) return;
    held.wanted = wanted;
    const { sizes, size, now } = this.on.sizes(held.id);
    const index = nearest(sizes, size, this.on.columns, wanted, this.cell, now);
    if (index === now) return;
    glide(this.grid, () => this.on.move(held.id, index, held), held.section);
  }

  #size() {
    const { held, point, cell } = this;
    const width = held.box.width + point.clientX - held.x + cell.gap;
    const height = held.box.height + point.clientY - held.y + (scrollY - held.scrolled) + cell.gap;
    const wide = within(Math.round(width / cell.width), WIDTHS);
    const high = within(Math.round(height / cell.height), HEIGHTS);
    if (held.wide === wide && held.high === high) return;
    [held.wide, held.high] = [wide, high];
    glide(this.grid, () => this.on.resize(held.id, wide, high), held.section);
  }

  /** Let go; `undone` puts the card back. */
  #release(undone) {
    window.removeEventListener("pointermove", this.keep);
    window.removeEventListener("pointerup", this.leave);
    window.removeEventListener("pointercancel", this.leave);
    const { held } = this;
    this.held = null;
    if (!held?.firm) return;
    document.documentElement.classList.remove("dragging", "resizing");
    held.section.classList.remove("lifted", "sizing");
    held.tab?.classList.remove("target");
    const from = held.section.getBoundingClientRect();
    if (held.slot) {
      const now = { left: parseFloat(held.section.style.left), top: parseFloat(held.section.style.top) };
      for (const name of ["width", "height", "left", "top"]) held.section.style.removeProperty(name);
      held.slot.replaceWith(held.section);
      const to = held.section.getBoundingClientRect();
      const shift = `translate(${now.left - to.left}px, ${now.top - to.top}px)`;
      if (!still.matches && from.width) held.section.animate([{ transform: shift, zIndex: 3 }, { transform: "none", zIndex: 3 }], { duration: 180, easing: "cubic-bezier(.2, 0, 0, 1)" });
    }
    const tab = !undone && held.tab?.dataset.dropTab;
    this.on.end(held.id, undone, tab);
    held.section.focus({ preventScroll: true });
  }

  /** Escape while something is held; true when there was. */
  cancel() {
    if (!this.held) return false;
    this.#release(true);
    return true;
  }
}
