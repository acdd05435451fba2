// Arranging a dashboard on its page: drag, resize, tabs, devices; saved whole with "Done".

import { Arrangement } from "./arrangement.js";
import { Dragging, glide } from "./dragging.js";
import { token } from "./filters.js";
import { nearest, pack } from "./packing.js";
import { Panels } from "./arrange-panels.js";
import { ask, say } from "./shell.js";

const root = document.documentElement;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** `page` is the dashboard's page; `kept` an arrangement that was left and is taken up again. */
export async function arrange(page, kept = null) {
  let response;
  try {
    response = await ask(page.grid.dataset.layout, { cache: "no-store" });
  } catch {
    return say("The portal does not answer. Try again in a moment.");
  }
  if (!response) return null;
  const state = await response.json();
  if (!response.ok) return say(state.error);
  say("");
  return new Arranger(page, state, kept);
}

class Arranger {
  constructor(page, state, kept) {
    this.page = page;
    this.grid = page.grid;
    this.layouts = state.layouts;
    this.model = kept ?? new Arrangement(state, page.tab);
    if (!kept) this.model.device = matchMedia("(max-width: 760px)").matches ? "phone" : matchMedia("(max-width: 1180px)").matches ? "tablet" : "desktop";
    this.slugs = new Map(state.tabs.map(({ id, slug }) => [id, slug]));
    this.loaded = new Set([state.tabs.find(({ slug }) => slug === page.tab)?.id ?? null]);
    this.off = new AbortController();
    page.held = this;
    this.#build();
    this.dragging = new Dragging(this.grid, this.#hands());
    this.panels = new Panels(this);
    this.#listen();
    this.go(this.model.tab).then(() => this.grid.querySelector("[data-widget]")?.focus({ preventScroll: true }));
  }

  #build() {
    this.tools = clone("arrange-tools");
    document.querySelector(".head").append(this.tools);
    this.tabs = document.createElement("div");
    this.tabs.className = "tabs arrange-tabs";
    this.tabs.setAttribute("role", "toolbar");
    this.tabs.setAttribute("aria-label", "Tabs");
    document.getElementById("bar").before(this.tabs);
    document.getElementById("bar").inert = true;
    this.nothing = clone("arrange-empty");
    this.#place(); // before the grid asks for the places
    this.grid.dataset.device = this.model.device;
    root.classList.add("arranges");
    this.grid.classList.add("arranging");
  }

  #hands() {
    const arranger = this;
    return {
      get columns() { return arranger.model.columns; },
      begin: () => this.model.step(),
      sizes: (id) => this.sizes(id),
      move: (id, index) => (this.model.move(id, index), this.#place()),
      resize: (id, width, height) => (this.model.resize(id, width, height), this.#place()),
      end: (id, undone, tab) => this.#end(id, undone, tab),
    };
  }

  #listen() {
    const { signal } = this.off;
    const on = (target, type, call, more) => target.addEventListener(type, call, { signal, ...more });
    on(this.grid, "keydown", (event) => this.#key(event));
    on(this.grid, "click", ({ target }) => this.#card(target.closest("button")), { capture: true });
    on(this.tools, "click", (event) => this.#tool(event.target.closest("button, a"), event));
    on(this.tabs, "click", ({ target }) => this.#tab(target.closest("button")));
    on(document, "keydown", (event) => this.#everywhere(event));
    on(window, "beforeunload", (event) => { if (this.model.changed) event.preventDefault(); });
  }

  // --- What is shown

  section(id) {
    return this.page.cards.get(id)?.section;
  }

  sizes(id) {
    const { shown } = this.model;
    const now = shown.findIndex((card) => card.id === id);
    const all = shown.map((card) => this.model.size(card));
    return { now, size: all[now], sizes: all.filter((_, index) => index !== now), all };
  }

  /** Put the cards where the arrangement says. */
  #place() {
    const held = this.dragging?.held;
    const children = [];
    for (const card of this.model.shown) {
      const section = this.section(card.id);
      if (!section) continue;
      const [width, height] = this.model.size(card);
      for (const part of [section, held?.section === section && held.slot]) {
        if (part) part.style.setProperty("--aw", width), part.style.setProperty("--ah", height);
      }
      this.#dress(section, card, `${this.model.device === "phone" ? "" : `${width} × `}${height}`);
      children.push(held?.slot && held.section === section ? held.slot : section);
    }
    if (!children.length) children.push(this.nothing);
    if (held?.slot) children.push(held.section);
    this.page.fill(children);
  }

  #dress(section, card, size) {
    let tools = section.querySelector(":scope > .card-tools");
    if (!tools) {
      section.tabIndex = 0;
      section.setAttribute("aria-describedby", "arrange-how");
      section.append(...clone("arrange-card").children);
      tools = section.querySelector(":scope > .card-tools");
      for (const part of section.querySelectorAll(".card-body, .card-foot, .card-menu")) part.inert = true;
    }
    const hidden = this.model.isHidden(card);
    const eye = tools.querySelector("[data-hide]");
    eye.hidden = this.model.device === "desktop";
    eye.setAttribute("aria-pressed", String(hidden));
    eye.title = hidden ? `Show on a ${this.model.device}` : `Hide on a ${this.model.device}`;
    eye.setAttribute("aria-label", `${eye.title}: ${card.title}`);
    const mover = tools.querySelector("[data-to-tab]");
    mover.hidden = this.model.tabs.length < 2;
    mover.setAttribute("aria-label", `Move ${card.title} to another tab`);
    tools.hidden = eye.hidden && mover.hidden;
    section.classList.toggle("put-away", hidden);
    section.querySelector(":scope > .card-size").textContent = size;
  }

  #undress() {
    for (const { section } of this.page.cards.values()) {
      section.removeAttribute("tabindex");
      section.removeAttribute("aria-describedby");
      section.classList.remove("put-away");
      section.querySelectorAll(":scope > :is(.card-tools, .card-size, .card-corner)").forEach((part) => part.remove());
      for (const part of section.querySelectorAll(".card-body, .card-foot, .card-menu")) part.inert = false;
    }
  }

  /** All of it, after a step. */
  render(said = "") {
    const { model } = this;
    glide(this.grid, () => this.#place());
    this.grid.dataset.device = model.device;
    for (const button of this.tools.querySelectorAll("[data-device]")) button.setAttribute("aria-pressed", String(button.dataset.device === model.device));
    this.tools.querySelector("[data-undo]").disabled = !model.changed;
    this.panels.tabs(this.tabs);
    if (said) this.tools.querySelector("[data-said]").textContent = said;
  }

  /** A step: `change` changes the arrangement, and it can be taken back. */
  step(change, said) {
    this.model.step();
    change(this.model);
    this.model.settle();
    this.render(typeof said === "function" ? said() : said);
  }

  /** Another tab, with its cards; those that were never here are fetched. */
  async go(tab) {
    this.model.tab = tab;
    const slug = this.slugs.get(tab);
    if (!this.loaded.has(tab) && (slug || !this.model.tabs.length)) {
      this.loaded.add(tab);
      await this.page.bring(slug);
    }
    const missing = this.model.shown.find((card) => !this.section(card.id));
    if (missing) { // it came from a tab that was never in view
      for (const [id, name] of this.slugs) if (!this.loaded.has(id)) this.loaded.add(id), await this.page.bring(name);
    }
    this.render();
    this.page.look();
  }

  // --- What people do

  #everywhere(event) {
    if (event.key === "Escape" && !event.defaultPrevented) {
      if (this.dragging.cancel() || document.querySelector(":popover-open, dialog[open]")) return;
      this.cancel();
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.target.closest("input")) {
      event.preventDefault();
      this.undo();
    }
  }

  #key(event) {
    const step = STEPS[event.key];
    if (!step || !event.target.matches("[data-widget]") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const id = Number(event.target.dataset.widget);
    const card = this.model.card(id);
    const [width, height] = this.model.size(card);
    if (event.shiftKey) this.step((model) => model.resize(id, width + step[0], height + step[1]), () => this.#sized(id));
    else this.step((model) => model.move(id, this.#beside(id, step)), () => this.#placed(id));
    event.target.focus({ preventScroll: true });
    event.target.scrollIntoView({ block: "nearest" });
  }

  /** The index one step on: in the order, or in the rows above or below. */
  #beside(id, [across, down]) {
    const { now, size, sizes, all } = this.sizes(id);
    if (across) return Math.max(0, Math.min(sizes.length, now + across));
    const slot = pack(all, this.model.columns)[now];
    const cell = { width: 1, height: 1 };
    for (let rows = 1; rows < 60; rows += 1) {
      const y = slot.y + down * rows;
      const index = nearest(sizes, size, this.model.columns, { x: slot.x, y }, cell);
      const found = pack([...sizes.slice(0, index), size, ...sizes.slice(index)], this.model.columns)[index];
      if (down * (found.y - slot.y) > 0) return index;
    }
    return now;
  }

  #placed(id) {
    const { shown } = this.model;
    return `${this.model.card(id).title}: place ${shown.findIndex((card) => card.id === id) + 1} of ${shown.length}.`;
  }

  #sized(id) {
    const [width, height] = this.model.size(this.model.card(id));
    return `${this.model.device === "phone" ? "" : `${width} columns wide, `}${height} rows high.`;
  }

  #end(id, undone, tab) {
    if (undone) this.model.undo();
    else if (tab) this.model.toTab(id, this.model.tabs.find((one) => String(one.id) === tab).id);
    this.model.settle();
    this.render(undone ? "Put back." : `${this.#placed(id)} ${this.#sized(id)}`);
  }

  #card(button) {
    const id = Number(button?.closest("[data-widget]")?.dataset.widget);
    if (!id) return;
    if ("hide" in button.dataset) this.step((model) => model.hide(id, !model.isHidden(model.card(id))));
    if ("toTab" in button.dataset) this.panels.toTab(button, id);
  }

  #tab(button) {
    if (!button) return;
    const tab = this.model.tabs.find((one) => String(one.id) === button.dataset.dropTab);
    if (tab) return void this.go(tab.id);
    if ("tabMenu" in button.dataset) this.panels.tab(button);
    if ("addTab" in button.dataset) {
      this.step((model) => model.addTab("New tab"), "A tab was added.");
      this.panels.tab(this.tabs.querySelector("[data-tab-menu]"));
    }
  }

  #tool(button, event) {
    if (!button) return;
    const { device } = button.dataset;
    if (device) {
      this.model.device = device;
      this.render(`${button.textContent}.`);
    }
    if ("layouts" in button.dataset) this.panels.layouts(button, this.layouts);
    if ("undo" in button.dataset) this.undo();
    if ("cancel" in button.dataset) this.cancel();
    if ("done" in button.dataset) this.done();
    if ("add" in button.dataset) {
      event.preventDefault();
      this.#add(button);
    }
  }

  async #add(link) {
    const at = this.model.tabs.findIndex((tab) => tab.id === this.model.tab);
    const state = await this.done();
    if (!state) return;
    const query = new URLSearchParams({ dashboard: link.dataset.add });
    const page = state.tabs?.[at]?.id ?? this.model.tabs[at]?.id;
    if (page) query.set("page", page);
    location.href = `${link.getAttribute("href")}?${query}`;
  }

  undo() {
    if (this.dragging.cancel() || !this.model.undo()) return;
    this.go(this.model.tab);
    this.tools.querySelector("[data-said]").textContent = "Taken back.";
  }

  /** Leave it as it was; what was arranged can be taken up again. */
  cancel() {
    const { model, page } = this;
    const again = model.changed && { label: "Take it up again", run: () => arrange(page, model) };
    this.#leave().then(() => say(again ? "The cards stand as before." : "", again));
  }

  /** What the server says after it was saved, or nothing where it was not. */
  async done() {
    const { model } = this;
    if (!model.changed) return this.#leave().then(() => ({}));
    const done = this.tools.querySelector("[data-done]");
    done.disabled = true;
    const headers = { "X-CSRFToken": token(), "Content-Type": "application/json" };
    let response = null;
    try {
      response = await ask(this.grid.dataset.layout, { method: "POST", headers, body: model.json });
    } catch {
      say("The portal does not answer, so nothing was saved. Try again in a moment.");
    }
    done.disabled = false;
    if (!response) return null;
    const state = await response.json().catch(() => ({ error: `The portal answers with an error (${response.status}); nothing was saved.` }));
    if (!response.ok) {
      const anew = response.status === 409 && { label: "Start anew", run: () => this.#leave().then(() => arrange(this.page)) };
      say(state.error, anew);
      return null;
    }
    model.past = [];
    const at = model.tabs.findIndex((tab) => tab.id === model.tab);
    await this.#leave(state.tabs[at]?.slug ?? "");
    say("");
    return state;
  }

  async #leave(slug = this.slugs.get(this.model.tab) ?? "") {
    this.off.abort();
    this.dragging.close();
    this.panels.close();
    await this.page.release(slug, () => {
      this.tools.remove();
      this.tabs.remove();
      this.nothing.remove();
      this.#undress();
      root.classList.remove("arranges");
      this.grid.classList.remove("arranging");
      delete this.grid.dataset.device;
      document.getElementById("bar").inert = false;
      document.querySelector("[data-arrange]")?.focus({ preventScroll: true });
    });
  }
}
