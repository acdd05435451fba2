// A dashboard page: fetch the cards, draw them, keep them new.

import { Card, time } from "./card.js";
import { openExport } from "./export.js";
import { Live } from "./live.js";
import { ask, say } from "./shell.js";

const root = document.documentElement;
const grid = document.getElementById("grid");
const datatime = document.getElementById("datatime");
const cards = new Map(); // widget id -> Card
const withSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: grid.dataset.zone });
let connection = "waiting";
let newest = 0;

function adopt() {
  cards.clear();
  for (const section of grid.querySelectorAll("[data-widget]")) {
    const card = new Card(section);
    cards.set(card.id, card);
  }
}

function sayState() {
  const [dot, text] = datatime.children;
  dot.classList.toggle("live", connection === "live");
  if (!newest) return;
  const said = connection === "live" ? withSeconds.format(newest) : time(newest);
  text.textContent = `Data of ${said}${connection === "live" ? ", live" : ""}`;
}

async function show(widgets) {
  for (const data of widgets) {
    const card = cards.get(data.id);
    if (!card) continue;
    if (data.body.as_of) newest = Math.max(newest, Date.parse(data.body.as_of));
    try {
      await card.show(data);
    } catch (error) {
      console.error(error);
      card.say("i-err", "Could not draw", "Reload the page; if it stays so, tell the owner of this dashboard.");
    }
  }
  sayState();
}

let etag = "";
let live = null;

/** Ask for every card; the server answers 304 when nothing changed. */
async function look() {
  let response;
  try {
    response = await ask(grid.dataset.url, { headers: etag ? { "If-None-Match": etag } : {}, cache: etag ? "no-store" : "default" });
  } catch {
    return say("The portal does not answer. Numbers stay as they were; trying again.");
  }
  if (!response) return;
  live?.start(); // who is signed in again gets news again
  if (response.status === 304) return say("");
  if (response.status === 404) return say("This dashboard is not shared with you any more.");
  if (!response.ok) return say(`The portal answers with an error (${response.status}). Trying again.`);
  etag = response.headers.get("ETag") ?? "";
  await show((await response.json()).widgets);
  say("");
}

/** The make-up of the page changed: take the new grid, keep the page. */
async function rebuild() {
  const response = await ask(location.href, { cache: "no-store" });
  if (!response) return;
  if (!response.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  document.querySelector(".head h1").textContent = fresh.querySelector(".head h1").textContent;
  for (const card of cards.values()) card.close();
  grid.replaceChildren(...fresh.getElementById("grid").children);
  adopt();
  etag = "";
  await look();
}

/** The numbers of a card as a table; what is no table is said above the page. */
async function showTable(section) {
  const twin = document.getElementById("twin");
  let response;
  try {
    response = await ask(`${location.pathname}widgets/${section.dataset.widget}/table`);
  } catch {
    return say("The portal does not answer. Try again in a moment.");
  }
  if (!response) return;
  if (!response.ok) return say(response.status === 404 ? "This card is not there any more. Reload the page." : `The portal answers with an error (${response.status}).`);
  twin.innerHTML = await response.text(); // the portal's own template
  twin.showModal();
}

/** What an export holds: this dashboard, as it is chosen now. */
function shown() {
  return { slug: grid.dataset.dashboard, query: location.search.slice(1) };
}

function menus() {
  const menu = document.getElementById("card-actions");
  let card = null;
  let opener = null;
  grid.addEventListener("click", (event) => {
    const button = event.target.closest("[data-menu]");
    if (!button) return;
    opener = button;
    card = button.closest("[data-widget]");
    const edit = menu.querySelector("[data-act=edit]");
    if (edit) edit.href = `${edit.dataset.base ??= edit.getAttribute("href")}${card.dataset.widget}/change/`;
    menu.togglePopover();
    const box = button.getBoundingClientRect();
    menu.style.top = `${Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
    menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
    menu.querySelector("button").focus();
  });
  menu.addEventListener("toggle", (event) => {
    opener?.setAttribute("aria-expanded", String(event.newState === "open"));
  });
  menu.addEventListener("click", async (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (!act) return;
    menu.hidePopover();
    opener?.focus();
    if (act === "fullscreen") card.requestFullscreen();
    if (act === "table") showTable(card);
    if (["csv", "xlsx", "png"].includes(act)) openExport({ ...shown(), widget: card.dataset.widget, format: act });
  });
  grid.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(".card-chart")) showTable(event.target.closest("[data-widget]"));
  });
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll("[data-act]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  });
}

function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "r") look();
    if (event.key === "f") fullscreen(grid.querySelector("[data-widget]:hover"));
  });
  document.querySelector("[data-export-page]").addEventListener("click", () => openExport(shown()));
  document.querySelector("[data-fullscreen-page]").addEventListener("click", () => fullscreen(null));
}

function fullscreen(card) {
  if (document.fullscreenElement) document.exitFullscreen();
  else (card ?? document.querySelector(".main")).requestFullscreen();
}

adopt();
menus();
keys();
root.addEventListener("themechange", async () => {
  for (const card of cards.values()) await card.repaint();
});
root.addEventListener("signedout", () => {
  live?.stop();
  connection = "ended";
  sayState();
});
root.addEventListener("sessionchange", look);
look();
live = new Live(grid.dataset.dashboard, {
  look,
  news: (message) => (message.changed ? rebuild() : show(message.widgets)),
  state(state, seconds) {
    connection = state;
    sayState();
    if (state === "ended") look(); // it says what is the matter, if anything is
    if (state === "lost" && seconds > 2) {
      const text = `Live updates paused at ${time(Date.now())}. Numbers stay as they were; trying again in ${seconds} s.`;
      say(text, { label: "Try now", run: () => live.connect() });
    }
    if (state === "live") say("");
  },
});
