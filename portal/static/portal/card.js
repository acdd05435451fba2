// A card: its picture or table, its legend, and what is said of its data.

import { Drawing } from "./charts.js";

const timeZone = document.querySelector("[data-zone]").dataset.zone;
const { locale } = document.documentElement.dataset;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone });
const dated = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone });

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.appendChild(document.createElementNS(svg.namespaceURI, "use")).setAttribute("href", `#${name}`);
  return svg;
}

/** A time as clocks of the portal's zone show it, with its day when that is not plain. */
export function time(instant) {
  const date = new Date(instant);
  return Date.now() - date < 20 * 3600e3 ? clock.format(date) : dated.format(date);
}

export class Card {
  constructor(section) {
    this.section = section;
    this.id = Number(section.dataset.widget);
    this.place = section.querySelector(".card-body");
    this.drawing = null;
    this.snapshot = 0;
    this.picked = [];
    this.item = null; // the drawing, as Bokeh's JSON
    this.waiting = null; // what came while the card was out of sight
    this.inSight = false;
  }

  /** Drawing costs: a card that nobody sees waits until somebody scrolls to it. */
  async enter() {
    this.inSight = true;
    const { waiting } = this;
    this.waiting = null;
    if (waiting) await this.show(waiting);
  }

  /** Marks that were clicked here: [column, value] each. */
  mark(picked) {
    this.picked = picked;
    this.drawing?.mark(picked);
    for (const row of this.place.querySelectorAll("[data-pick]")) {
      const chosen = picked.some(([column, value]) => column === this.picks?.column && value === this.#pickOf(row));
      row.setAttribute("aria-selected", String(chosen));
      row.classList.toggle("unpicked", picked.length > 0 && !chosen);
    }
  }

  /** A row of a table was clicked: what is chosen then. */
  pick(row) {
    const chosen = row.getAttribute("aria-selected") === "true" ? [] : [this.#pickOf(row)];
    const detail = { column: this.picks.column, values: chosen };
    row.dispatchEvent(new CustomEvent("pick", { bubbles: true, detail }));
  }

  #pickOf(row) {
    const value = this.picks?.values[Number(row.dataset.pick)];
    return value === null || value === undefined ? "" : String(value);
  }

  part(name) {
    return this.section.querySelector(`[data-${name}]`);
  }

  /** `data` is {id, stale, body, drawing?} as the server sends it. */
  async show(data) {
    this.setStale(data.stale);
    if (data.about !== undefined) this.setAbout(data.about);
    if (data.drawing) this.item = data.drawing; // answers to choices bring none: it is the same
    if (!this.inSight && this.section.dataset.kind === "drawing") return void (this.waiting = data);
    const body = data.body;
    if (body.error || body.pending) return this.say(body.error ? "i-plug" : "i-clock", body.error ? "Could not load" : "No data yet", body.error ?? body.pending);
    if (body.snapshot < this.snapshot && !data.chosen) return; // came later than something newer
    // News that overtook the first answer: that one is as new, and brings the drawing.
    if (this.section.dataset.kind === "drawing" && !this.item && !body.empty) return;
    this.snapshot = body.snapshot;
    this.picks = body.picks;
    this.part("summary").textContent = body.summary;
    this.part("note").textContent = body.note;
    this.part("time").dataset.asOf = body.as_of;
    this.part("time").textContent = `${this.part("time").dataset.name ??= this.part("time").textContent}, ${time(body.as_of)}`;
    if (body.empty) return this.say("i-inbox", "Nothing to show", body.empty);
    if (this.section.dataset.kind === "html") this.setHtml(body.html);
    else await this.draw(body);
    this.mark(this.picked);
    this.section.setAttribute("aria-busy", "false");
  }

  /** The period that the card shows, and what it does not follow, after its subtitle. */
  setAbout(text) {
    const place = this.part("about");
    const subtitle = this.part("subtitle").textContent;
    place.textContent = text;
    const line = place.parentElement;
    line.hidden = !text && !subtitle;
    const heading = line.parentElement; // it says in full what is cut there
    const said = [subtitle, text].filter(Boolean).join(", ");
    heading.title = [heading.querySelector("h2").textContent, said].filter(Boolean).join(": ");
  }

  setHtml(html) {
    if (this.shownHtml === html) return;
    this.shownHtml = html;
    const old = this.place.querySelector(".card-html");
    const made = element("div", "card-html");
    made.innerHTML = html; // made by the portal's own templates, which escape every value
    if (old?.innerHTML !== made.innerHTML) this.place.replaceChildren(made);
  }

  async draw(body) {
    const text = JSON.stringify(this.item);
    if (this.drawing && this.itemText === text) {
      this.drawing.update(body);
    } else {
      this.itemText = text;
      const target = element("div", "card-chart");
      target.setAttribute("role", "img");
      target.tabIndex = 0;
      this.place.replaceChildren(target);
      this.drawing?.close();
      const drawing = (this.drawing = new Drawing(target));
      drawing.picked = this.picked;
      await drawing.show(this.item, body);
      if (this.drawing !== drawing) return drawing.close(); // something else is said by now
    }
    const { summary, legend, legend_at } = this.drawing.body; // newer ones, if they came while it was drawn
    this.place.querySelector(".card-chart")?.setAttribute("aria-label", summary);
    this.setLegend(legend, legend_at);
  }

  /** `at`: "rows" under the picture, "top" in one line above it, "narrow" only where labels find no room. */
  setLegend(rows, at) {
    const old = this.place.querySelector(".legend-rows");
    if (!rows.length) return old?.remove();
    const list = element("ul", `legend-rows at-${at}`);
    for (const row of rows) {
      const item = element("li");
      const key = element("span", "key");
      key.style.setProperty("--c", this.drawing.colour(row.color));
      item.append(key, element("span", "", row.label), element("b", "", row.value ?? ""));
      list.append(item);
    }
    if (old) old.replaceWith(list);
    else this.place.append(list);
  }

  setStale(text) {
    const badge = this.part("stale");
    badge.hidden = !text;
    badge.lastElementChild.textContent = text;
    badge.title = text; // a narrow card cuts it
    this.section.classList.toggle("old", Boolean(text));
  }

  /** Stand on another section, with the picture that is drawn already. */
  move(section) {
    section.querySelector(".card-body").replaceWith(this.place);
    this.section = section;
  }

  close() {
    this.drawing?.close();
    this.drawing = this.itemText = this.shownHtml = null;
  }

  async repaint() {
    if (!this.drawing) return;
    await this.drawing.repaint();
    this.setLegend(this.drawing.body.legend, this.drawing.body.legend_at);
  }

  say(iconName, title, text) {
    this.close();
    this.snapshot = 0;
    const box = element("div", "void");
    box.append(icon(iconName), element("strong", "", title), element("p", "", text));
    this.place.replaceChildren(box);
    this.section.setAttribute("aria-busy", "false");
  }
}
