// A dashboard outside the portal: it draws the cards, asks for news each minute, and changes nothing.

import { Card, time } from "./card.js";
import { Sight, guarded } from "./sight.js";

const EACH = 60_000; // ms

/** A card whose table is to be read: nothing sorts it, turns its pages, or takes its rows for filters. */
class StillCard extends Card {
  constructor(section) {
    super(section);
    this.still();
  }

  setHtml(html) {
    super.setHtml(html);
    this.still();
  }

  still() {
    for (const pager of this.place.querySelectorAll(".pager")) pager.remove();
    for (const button of this.place.querySelectorAll(":is(.table, .pivot) button")) {
      const text = document.createElement(button.matches(".name") ? "div" : "span");
      text.className = button.className;
      const isSorted = button.closest("[aria-sort]");
      text.append(...[...button.childNodes].filter((part) => isSorted || part.nodeType === Node.TEXT_NODE));
      button.replaceWith(text);
    }
    for (const row of this.place.querySelectorAll("[data-pick]")) {
      row.classList.remove("pickable");
      row.removeAttribute("data-pick");
    }
  }
}

const root = document.documentElement;
const grid = document.getElementById("grid");
const notice = document.getElementById("notice");
const twin = document.getElementById("twin");
const menu = document.getElementById("card-actions");
const headers = grid.dataset.pass ? { "X-Page-Pass": grid.dataset.pass } : {};
const cards = new Map([...grid.querySelectorAll("[data-widget]")].map((section) => [Number(section.dataset.widget), new StillCard(section)]));
let etag = "";
let opener = null;
let newest = 0;

const sight = new Sight();

function say(text) {
  notice.hidden = !text;
  notice.lastElementChild.textContent = text;
}

async function show(widgets) {
  for (const data of widgets) {
    const card = cards.get(data.id);
    if (!card) continue;
    delete data.body.picks; // marks are no buttons here
    if (data.body.as_of) newest = Math.max(newest, Date.parse(data.body.as_of));
    await guarded(card, () => card.show(data));
  }
  if (newest) document.getElementById("datatime").lastElementChild.textContent = `Data of ${time(newest)}`;
}

function close(text) {
  clearInterval(asking);
  twin.close();
  for (const card of cards.values()) card.close();
  cards.clear();
  grid.replaceChildren();
  say(text);
}

async function look() {
  let response;
  try {
    response = await fetch(grid.dataset.url, { headers: etag ? { ...headers, "If-None-Match": etag } : headers, cache: "no-store" });
  } catch {
    return say("The portal does not answer. Numbers stay as they were; trying again.");
  }
  if (response.status === 304) return say("");
  if (response.status === 404) return close("This page is not shared any more.");
  if ([403, 410].includes(response.status)) return close((await response.json()).error);
  if (!response.ok) return say(`The portal answers with an error (${response.status}). Trying again.`);
  say("");
  await show((await response.json()).widgets);
  etag = response.headers.get("ETag") ?? ""; // not before: 304 means that it is on the page
  sight.drawRest(cards);
}

async function openTable(section) {
  const response = await fetch(`${grid.dataset.url.replace(/data$/, "")}cards/${section.dataset.widget}/table`, { headers }).catch(() => null);
  if (!response?.ok) return look();
  twin.innerHTML = await response.text(); // the portal's own template
  if (!twin.open) twin.showModal();
}

function openMenu(button) {
  opener = button;
  menu.togglePopover();
  const box = button.getBoundingClientRect();
  menu.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
  menu.querySelector("button").focus();
}

grid.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-menu]");
  if (button) openMenu(button);
});
grid.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Enter" || !target.matches(".card-chart")) return;
  opener = target;
  openTable(target.closest("[data-widget]"));
});
menu.addEventListener("click", ({ target }) => {
  const act = target.closest("[data-act]")?.dataset.act;
  if (!act) return;
  menu.hidePopover();
  const section = opener.closest("[data-widget]");
  if (act === "table") openTable(section);
  else section.requestFullscreen().catch(() => say("The page around does not allow full screen."));
});
menu.addEventListener("keydown", (event) => {
  const items = [...menu.querySelectorAll("[data-act]")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
});
twin.addEventListener("click", ({ target }) => {
  if (target === twin || target.closest("[data-close]")) twin.close();
});
twin.addEventListener("close", () => opener?.focus());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", async () => {
  root.dispatchEvent(new Event("themechange"));
  for (const card of cards.values()) await card.repaint();
});
for (const card of cards.values()) sight.watch(card);
const asking = setInterval(look, EACH);
look();
