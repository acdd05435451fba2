// A dashboard page: fetch the cards, draw them, keep them new, follow what is chosen.

import { Card, time } from "./card.js";
import { Explorer } from "./explore.js";
import { Choices } from "./filters.js";
import { openExport } from "./export.js";
import { Live } from "./live.js";
import { ask, say } from "./shell.js";
import { serve } from "./table.js";

const root = document.documentElement;
const grid = document.getElementById("grid");
const datatime = document.getElementById("datatime");
const cards = new Map(); // widget id -> Card
const withSeconds = new Intl.DateTimeFormat(root.dataset.locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: grid.dataset.zone });
const printed = new URLSearchParams(location.search).has("print"); // then all cards are drawn at once
let connection = "waiting";
let newest = 0;
let turn = 0; // counts choices: an answer to an older one is not shown

const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const card = entry.isIntersecting && cards.get(Number(entry.target.dataset.widget));
    if (card) sight.unobserve(entry.target), enter(card);
  }
}, { rootMargin: "400px" });

const choices = new Choices(grid.dataset.state, choose);
/** What an export holds: this dashboard, as it is chosen now. */
const shown = () => ({ slug: grid.dataset.dashboard, query: choices.query });
const file = (format) => (card) => openExport({ ...shown(), widget: card.dataset.widget, format });
const explorer = new Explorer(grid, choices, {
  fullscreen: (card) => card.requestFullscreen(),
  csv: file("csv"),
  xlsx: file("xlsx"),
  png: file("png"),
});

async function guarded(card, draw) {
  try {
    await draw();
  } catch (error) {
    console.error(error);
    card.say("i-err", "Could not draw", "Reload the page; if it stays so, tell the owner of this dashboard.");
  }
}

function enter(card) {
  return guarded(card, () => card.enter());
}

function adopt() {
  cards.clear();
  sight.disconnect();
  for (const section of grid.querySelectorAll("[data-widget]")) {
    const card = new Card(section);
    cards.set(card.id, card);
    card.inSight = printed;
    card.picked = choices.picked(card.id);
    if (!printed) sight.observe(section);
  }
}

function sayState() {
  const [dot, text] = datatime.children;
  dot.classList.toggle("live", connection === "live");
  if (!newest) return;
  const said = connection === "live" ? withSeconds.format(newest) : time(newest);
  text.textContent = `Data of ${said}${connection === "live" ? ", live" : ""}`;
}

async function show(widgets, chosen = false) {
  for (const data of widgets) {
    const card = cards.get(data.id);
    if (!card) continue;
    if (data.body.as_of) newest = Math.max(newest, Date.parse(data.body.as_of));
    await guarded(card, () => card.show({ ...data, chosen }));
  }
  sayState();
}

let address = grid.dataset.address; // of what is shown, as the page's head preloads it
let etags = {}; // part -> ETag
let live = null;

/** On pages that are not large what is out of sight is drawn when nothing else is to do. */
function drawRest() {
  if ("inParts" in grid.dataset) return;
  const next = [...cards.values()].find((card) => card.waiting && !card.inSight);
  if (next) whenIdle(() => enter(next).then(drawRest));
}

const whenIdle = window.requestIdleCallback ?? ((call) => setTimeout(call, 50));

/** The answer to one part of the page, or null when there is none to show. */
async function fetched(part, more) {
  const query = [address, part && `cards=${part}`, more].filter(Boolean).join("&");
  const etag = etags[part];
  let response;
  try {
    response = await ask(`${grid.dataset.url}${query && `?${query}`}`, { headers: etag ? { "If-None-Match": etag } : {}, cache: etag ? "no-store" : "default" });
  } catch {
    say("The portal does not answer. Numbers stay as they were; trying again.");
    return null;
  }
  if (!response) return null;
  live?.start(); // who is signed in again gets news again
  if (response.status === 304) return say(grid.dataset.wrong), null;
  if (response.status === 400) return say((await response.json()).error), null;
  if (response.status === 404) return say("This dashboard is not shared with you any more."), null;
  if (!response.ok) return say(`The portal answers with an error (${response.status}). Trying again.`), null;
  etags[part] = response.headers.get("ETag") ?? "";
  return response.json();
}

/** Ask for every card; the server answers 304 when nothing changed. On large pages the first screen comes first. */
async function look(more = "") {
  const mine = turn;
  let state = null;
  for (const part of "inParts" in grid.dataset ? ["first", "rest"] : [""]) {
    const answer = await fetched(part, more);
    if (mine !== turn) return null;
    if (!answer) continue;
    await show(answer.widgets, Boolean(more));
    say(grid.dataset.wrong);
    state ??= answer;
  }
  drawRest();
  return state;
}

/** Something was chosen: one question for all cards, and the address says it. */
async function choose(query, remember = true) {
  const begun = performance.now();
  turn += 1;
  address = query;
  etags = {};
  grid.dataset.wrong = "";
  for (const card of cards.values()) card.mark(choices.picked(card.id));
  if (remember) history.pushState(null, "", query ? `?${query}` : location.pathname);
  grid.setAttribute("aria-busy", "true");
  const answer = await look("bar=1");
  grid.setAttribute("aria-busy", "false");
  if (!answer?.bar) return;
  document.dispatchEvent(new CustomEvent("chosen", { detail: begun }));
  const focused = document.activeElement?.dataset.filter;
  document.getElementById("bar").outerHTML = answer.bar; // the portal's own template
  if (focused) document.querySelector(`#bar [data-filter="${focused}"]`)?.focus();
  choices.take(answer.state);
  for (const card of cards.values()) card.mark(choices.picked(card.id));
  follow();
}

/** Links to the other tabs keep what is chosen. */
function follow() {
  for (const link of document.querySelectorAll("[data-tab]")) {
    const query = new URLSearchParams(choices.query);
    for (const name of [...query.keys()]) if (name.startsWith("x.")) query.delete(name);
    query.set("tab", link.dataset.tab);
    link.search = query;
  }
}

/** The make-up of the page changed: take the new grid, keep the page. */
async function rebuild() {
  const response = await ask(location.href, { cache: "no-store" });
  if (!response) return;
  if (!response.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of [".head h1", "#bar", ".tabs"]) {
    const [old, made] = [document.querySelector(part), fresh.querySelector(part)];
    if (old && made) old.replaceWith(made);
  }
  for (const card of cards.values()) card.close();
  const made = fresh.getElementById("grid");
  Object.assign(grid.dataset, made.dataset);
  if (!("inParts" in made.dataset)) delete grid.dataset.inParts;
  address = grid.dataset.address;
  choices.take(grid.dataset.state);
  grid.replaceChildren(...made.children);
  adopt();
  follow();
  etags = {};
  await look();
}

function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const card = grid.querySelector("[data-widget]:hover") ?? event.target.closest("[data-widget]");
    if (event.key === "r") look();
    if (event.key === "f") fullscreen(card);
    if (event.key === "e" && card) explorer.see(card, "explain");
    if (event.key === "t" && card) explorer.see(card, "table");
  });
  document.querySelector("[data-export-page]").addEventListener("click", () => openExport(shown()));
  document.querySelector("[data-fullscreen-page]").addEventListener("click", () => fullscreen(null));
}

function fullscreen(card) {
  if (document.fullscreenElement) document.exitFullscreen();
  else (card ?? document.querySelector(".main")).requestFullscreen();
}

grid.addEventListener("pick", ({ target, detail }) => {
  choices.pick(target.closest("[data-widget]").dataset.widget, detail.column, detail.values);
});
grid.addEventListener("click", ({ target }) => {
  const row = target.closest("tr[data-pick]");
  if (row) cards.get(Number(row.closest("[data-widget]").dataset.widget)).pick(row);
});
serve(async (id, wanted) => {
  const query = new URLSearchParams(choices.query);
  for (const [name, value] of Object.entries(wanted)) query.set(name, value);
  const response = await ask(`${location.pathname}widgets/${id}/browse?${query}`);
  if (!response?.ok) return null;
  const body = await response.json();
  cards.get(id).picks = body.picks;
  return body;
});
window.addEventListener("popstate", () => {
  choices.take(location.search);
  choose(location.search.slice(1), false);
});
adopt();
keys();
follow();
root.addEventListener("themechange", async () => {
  for (const card of cards.values()) await card.repaint();
});
root.addEventListener("signedout", () => {
  live?.stop();
  connection = "ended";
  sayState();
});
root.addEventListener("sessionchange", () => look());
look().then(() => document.dispatchEvent(new CustomEvent("drawn")));
live = new Live(grid.dataset.dashboard, {
  look: () => look(),
  // What is sent is the dashboard as it starts; with choices of one's own the page asks itself.
  news: (message) => (message.changed ? rebuild() : choices.any ? look() : show(message.widgets)),
  state(state, seconds) {
    connection = state;
    sayState();
    if (state === "ended") look(); // it says what is the matter, if anything is
    if (state === "lost" && seconds > 2) {
      const text = `Live updates paused at ${time(Date.now())}. Numbers stay as they were; trying again in ${seconds} s.`;
      say(text, { label: "Try now", run: () => live.connect() });
    }
    if (state === "live") say(grid.dataset.wrong);
  },
});
