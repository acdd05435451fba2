// A card seen closer: its menu, table, breakdown, rows and explanation, in the page's one dialog.

import { ask, say } from "./shell.js";

const twin = document.getElementById("twin");
const menu = document.getElementById("card-actions");
const PANELS = { table: "table", by: "by", rows: "rows", explain: "explain" };
const MARKS_MOST = 40;

/** `grid` holds the cards; `choices` knows what is chosen; `more` acts on what is not ours. */
export class Explorer {
  constructor(grid, choices, more) {
    this.grid = grid;
    this.choices = choices;
    this.more = more;
    this.card = null; // the section that the menu or dialog is about
    this.opener = null;
    this.turn = 0; // counts looks: an answer to an older one is not shown
    grid.addEventListener("click", (event) => this.#openMenu(event.target.closest("[data-menu]")));
    menu.addEventListener("toggle", (event) => this.opener?.setAttribute("aria-expanded", String(event.newState === "open")));
    menu.addEventListener("click", (event) => this.#act(event.target.closest("[data-act]")));
    menu.addEventListener("keydown", (event) => this.#walk(event));
    twin.addEventListener("click", (event) => this.#inside(event));
    twin.addEventListener("change", (event) => {
      if ("by" in event.target.dataset) this.open("by", { by: event.target.value });
    });
    twin.addEventListener("close", () => {
      this.turn += 1;
      this.opener?.focus();
    });
    grid.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches(".card-chart")) this.see(event.target.closest("[data-widget]"), "table");
    });
  }

  see(card, panel) {
    this.card = card;
    const { activeElement } = document;
    this.opener = card.contains(activeElement) ? activeElement : card.querySelector("[data-menu]");
    this.open(panel);
  }

  #openMenu(button) {
    if (!button) return;
    this.opener = button;
    this.card = button.closest("[data-widget]");
    const edit = menu.querySelector("[data-act=edit]");
    if (edit) edit.href = `${edit.dataset.base ??= edit.getAttribute("href")}${this.card.dataset.widget}/change/`;
    menu.togglePopover();
    const box = button.getBoundingClientRect();
    menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
    menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
    menu.querySelector("button").focus();
  }

  #act(button) {
    const act = button?.dataset.act;
    if (!act) return;
    menu.hidePopover();
    this.opener?.focus();
    if (act in PANELS) this.open(PANELS[act]);
    else this.more[act]?.(this.card);
  }

  #walk(event) {
    const items = [...menu.querySelectorAll("[data-act]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  }

  #inside({ target }) {
    const button = target.closest("button");
    if (target === twin || (button && "close" in button.dataset)) return twin.close();
    if (!button) return;
    const { narrow, value, page, act } = button.dataset;
    if (act) this.open(PANELS[act]);
    if (page) this.open("rows", { page });
    if (narrow) {
      twin.close();
      this.choices.narrow(narrow, value);
    }
  }

  /** The marks of the card, for those who cannot click on them. */
  #offerMarks() {
    const { id, picks, picked } = this.more.drawn(this.card);
    if (!picks?.values) return;
    const marks = document.createElement("p");
    marks.className = "marks small";
    marks.append("Limit the page to ");
    for (const value of [...new Set(picks.values.filter((value) => !value?.none).map((value) => String(value ?? "")))].slice(0, MARKS_MOST)) {
      const chosen = picked.some(([column, one]) => column === picks.column && one === value);
      const button = Object.assign(document.createElement("button"), { type: "button", className: `chip${chosen ? " on" : ""}`, textContent: value || "(empty)", ariaPressed: String(chosen) });
      button.addEventListener("click", () => {
        twin.close();
        this.choices.pick(id, picks.column, chosen ? [] : [value]);
      });
      marks.append(button);
    }
    twin.querySelector(".twin-body").prepend(marks);
  }

  /** One way to look at the card, with the choices of the page and the marks that are chosen on it. */
  async open(panel, more = {}) {
    const query = new URLSearchParams(this.choices.query);
    for (const [column, value] of this.choices.picked(this.card.dataset.widget)) query.append(`at.${column}`, value);
    for (const [name, value] of Object.entries(more)) query.set(name, value);
    const turn = (this.turn += 1);
    let response;
    let html = "";
    try {
      response = await ask(`${location.pathname}widgets/${this.card.dataset.widget}/${panel}?${query}`);
      html = response ? await response.text() : "";
    } catch {
      return void (turn === this.turn && say("The portal does not answer. Try again in a moment."));
    }
    if (!response || turn !== this.turn) return;
    if (response.status === 404) return say(panel === "rows" ? "The rows of this dataset are not shared with you." : "This card is not there any more. Reload the page.");
    if (!response.ok) return say(`The portal answers with an error (${response.status}).`);
    const { by, page, act } = twin.contains(document.activeElement) ? document.activeElement.dataset : {};
    twin.innerHTML = html; // the portal's own template
    if (panel === "table") this.#offerMarks();
    if (!twin.open) return twin.showModal();
    const again = by !== undefined ? "[data-by]" : page ? "[data-page]" : act ? "[data-act]" : "[data-close]";
    twin.querySelector(again)?.focus();
  }
}
