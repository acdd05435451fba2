// A dashboard page: fetch the cards, draw them, keep them new, follow what is chosen.

import { Card, time } from "./card.js";
import { Explorer } from "./explore.js";
import { openExport } from "./export.js";
import { Choices } from "./filters.js";
import { keys } from "./keys.js";
import { Live } from "./live.js";
import { Paper } from "./printing.js";
import { Questions } from "./questions.js";
import { Sight, breath, guarded } from "./sight.js";
import { ask, say } from "./shell.js";
import { serve } from "./table.js";
import { Tabs } from "./tabs.js";

const root = document.documentElement;
const grid = document.getElementById("grid");
const datatime = document.getElementById("datatime");
const cards = new Map(); // widget id -> Card
const withSeconds = new Intl.DateTimeFormat(root.dataset.locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: grid.dataset.zone });
const printed = new URLSearchParams(location.search).has("print"); // then all cards are drawn at once
let connection = "waiting";
let newest = 0;
let mended = false; // the page was taken anew since it last was as the portal has it
const left = new Map(); // tabs that were in view, by their address, with all that was drawn
const KEPT_TABS = 6;
let shown = location.search; // the address of what is in the grid

const sight = new Sight();
const SLICE = 30; // ms of work after which the browser gets its turn

const choices = new Choices(grid.dataset.state, choose);
/** What an export holds: this dashboard, as it is chosen now. */
const exported = () => ({ slug: grid.dataset.dashboard, query: choices.query });
const file = (format) => (card) => openExport({ ...exported(), widget: card.dataset.widget, format });
const explorer = new Explorer(grid, choices, {
  fullscreen: (card) => card.requestFullscreen(),
  drawn: (section) => cards.get(Number(section.dataset.widget)),
  csv: file("csv"),
  xlsx: file("xlsx"),
  png: file("png"),
});

/** Take the sections as cards; one that is a card already stays what it is. */
function adopt(sections) {
  for (const section of sections) {
    const known = cards.get(Number(section.dataset.widget));
    const card = known?.section === section ? known : new Card(section);
    cards.set(card.id, card);
    card.picked = choices.picked(card.id);
    if (printed) card.inSight = true;
    else if (!card.inSight) sight.watch(card);
  }
}

function sections(place = grid) {
  return [...place.querySelectorAll("[data-widget]")];
}

/** Let the grid hold these in this order; what stands right is not touched. */
function fill(children) {
  const wanted = new Set(children);
  for (const child of [...grid.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    if (grid.children[index] !== child) grid.insertBefore(child, grid.children[index] ?? null);
  });
}

function sayState() {
  const [dot, text] = datatime.children;
  dot.classList.toggle("live", connection === "live");
  if (!newest) return;
  const said = connection === "live" ? withSeconds.format(newest) : time(newest);
  text.textContent = `Data of ${said}${connection === "live" ? ", live" : ""}`;
}

async function show(widgets, chosen = false) {
  const { turn } = questions;
  let begun = performance.now();
  for (const data of widgets) {
    if (performance.now() - begun > SLICE) {
      await breath();
      if (turn !== questions.turn) return; // an answer to another question is on its way
      begun = performance.now();
    }
    const card = cards.get(data.id);
    if (!card) continue;
    if (data.body.as_of) newest = Math.max(newest, Date.parse(data.body.as_of));
    await guarded(card, () => card.show({ ...data, chosen }));
  }
  sayState();
}

const questions = new Questions(grid, {
  show, answered,
  isDrawn: () => [...cards.values()].every((card) => card.item || card.section.dataset.kind !== "drawing"),
  reached: () => live?.start(), // who is signed in again gets news again
  gone() {
    live?.stop();
    connection = "ended";
    forget();
    for (const card of cards.values()) card.close();
    cards.clear();
    grid.replaceChildren();
    sayState();
  },
});
const look = () => questions.look();
let live = null;

/** All that came is shown. */
async function answered(first, seen) {
  if (first?.bar) putBar(first);
  settle();
  if (!("inParts" in grid.dataset)) sight.drawRest(cards);
  if (!seen || page.held) return;
  const same = seen.length === cards.size && seen.every(([id, version]) => cards.get(id)?.section.dataset.version === version);
  if (same || mended) return void (mended = !same); // what cannot be mended stays as it is
  await rebuild(); // news of another make-up were missed
}

/** A saved view in the address becomes what it chose: the page and its links outlive the view. */
function settle() {
  if (!/^\d+$/.test(now("view") ?? "")) return;
  questions.address = choices.query;
  history.replaceState(null, "", addressOf(choices.query));
  shown = location.search;
}

/** Something was chosen: one question for all cards, and the address says it. */
async function choose(query, remember = true) {
  const begun = performance.now();
  questions.about(query, { owesBar: true });
  const { turn } = questions;
  grid.dataset.wrong = "";
  for (const card of cards.values()) card.mark(choices.picked(card.id));
  if (remember) history.pushState(null, "", addressOf(query));
  shown = location.search;
  tabs.mark(shown);
  grid.setAttribute("aria-busy", "true");
  await look();
  if (turn === questions.turn && !questions.owesBar) document.dispatchEvent(new CustomEvent("chosen", { detail: begun }));
}

/** The bar as it is after a choice. */
function putBar({ bar, state }) {
  const focused = document.activeElement?.dataset.filter;
  document.getElementById("bar").outerHTML = bar; // the portal's own template
  if (focused) document.querySelector(`#bar [data-filter="${focused}"]`)?.focus();
  choices.take(state);
  for (const card of cards.values()) card.mark(choices.picked(card.id));
  follow();
}

/** Links to the other tabs keep what is chosen. */
function follow() {
  for (const link of document.querySelectorAll("[data-tab]")) {
    const query = new URLSearchParams(choices.query);
    for (const name of [...query.keys()]) if (name.startsWith("x.")) query.delete(name);
    query.set("tab", link.dataset.tab);
    link.search = addressOf(query);
  }
}

/** An address with these choices; a wall stays a wall. */
function addressOf(query) {
  const all = new URLSearchParams(query);
  if (walls()) for (const name of ["wall", "every"]) if (now(name) !== null) all.set(name, now(name) || 1);
  return all.size ? `?${all}` : location.pathname;
}

const now = (name) => new URLSearchParams(location.search).get(name);
const walls = () => "wall" in document.getElementById("app").dataset;

/** The make-up of the page changed: take the new grid, keep the page. `swapped` is called in between. */
async function rebuild(swapped) {
  if (page.held && !swapped) return; // it is being arranged, and is looked at when that is over
  forget();
  const { turn } = questions;
  const fresh = await anew();
  if (turn !== questions.turn) return rebuild(swapped); // something else was chosen meanwhile
  if (page.held && !swapped) return;
  if (!fresh && swapped) return location.reload();
  if (fresh) take(fresh), (mended = true);
  swapped?.();
  if (fresh) await look();
}

/** The page at this address as the portal has it now; null where it does not say, which the next look finds. */
async function anew() {
  try {
    const response = await ask(location.href, { cache: "no-store" });
    if (response?.status === 404) location.reload();
    return response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}

/** Show a page of this dashboard in place of the one that is there; cards that look the same stay drawn. */
function take(fresh) {
  document.querySelector(".head h1").replaceWith(fresh.querySelector(".head h1"));
  document.getElementById("bar").replaceWith(fresh.getElementById("bar"));
  const [tabsBefore, tabsNow] = [document.querySelector("nav.tabs"), fresh.querySelector("nav.tabs")];
  if (tabsBefore?.outerHTML !== tabsNow?.outerHTML) {
    const focused = document.activeElement?.dataset.tab;
    if (tabsBefore) tabsBefore.replaceWith(tabsNow ?? "");
    else document.getElementById("bar").before(tabsNow);
    if (focused) document.querySelector(`.tabs [data-tab="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  const made = fresh.getElementById("grid");
  Object.assign(grid.dataset, made.dataset);
  if (!("inParts" in made.dataset)) delete grid.dataset.inParts;
  questions.about(grid.dataset.address);
  choices.take(grid.dataset.state);
  fill([...made.children].map(same));
  for (const card of cards.values()) if (!card.section.isConnected) card.close(), cards.delete(card.id);
  adopt(sections());
  follow();
  tabs.mark(location.search);
  shown = location.search;
}

/** The section on the page that is drawn already, in its new place, or the new one. */
function same(section) {
  const known = cards.get(Number(section.dataset?.widget))?.section;
  if (!known || known.dataset.version !== section.dataset.version || known.dataset.kind !== section.dataset.kind) return section;
  known.className = section.className;
  known.style.cssText = section.style.cssText;
  return known;
}

/** Another tab: as it was left, or fetched; then what is new on it. */
async function open(search, remember = true) {
  const [from, query, before] = [shown, search || location.pathname, questions.state];
  questions.about(before.address, before); // what is under way is of no use
  const { turn } = questions;
  history[remember ? "pushState" : "replaceState"](null, "", query);
  tabs.mark(search);
  const kept = left.get(search);
  left.delete(search);
  if (kept) {
    leave(from, before);
    restore(kept);
  } else if (search !== from) {
    grid.setAttribute("aria-busy", "true");
    const fresh = await tabs.page(search).catch(() => null);
    if (turn !== questions.turn) return;
    if (!fresh?.getElementById("grid")) return missed(query, from);
    leave(from, before);
    take(fresh);
  }
  document.dispatchEvent(new CustomEvent("tabchange"));
  await look();
}

/** A tab did not come. The browser says what is the matter, except on a wall: nobody is there to read it. */
function missed(query, from) {
  if (!walls()) return location.assign(query);
  history.replaceState(null, "", from || location.pathname);
  tabs.mark(from);
  grid.setAttribute("aria-busy", "false");
  say("The portal does not answer. Numbers stay as they were; trying again.");
}

/** Lay the cards of the tab in view aside, drawn as they are. */
function leave(search, asked) {
  for (const card of left.get(search)?.cards ?? []) card.close();
  left.set(search, { children: [...grid.children], cards: [...cards.values()], bar: document.getElementById("bar"), data: { ...grid.dataset }, asked, state: choices.query });
  cards.clear();
  sight.forget();
  for (const [key, { cards: old }] of left) {
    if (left.size <= KEPT_TABS) break;
    left.delete(key);
    for (const card of old) card.close();
  }
}

function restore(kept) {
  delete grid.dataset.inParts;
  Object.assign(grid.dataset, kept.data);
  questions.about(kept.asked.address, kept.asked);
  document.getElementById("bar").replaceWith(kept.bar);
  choices.take(kept.state);
  fill(kept.children);
  for (const card of kept.cards) cards.set(card.id, card);
  adopt(sections());
  follow();
  shown = location.search;
}

/** What was laid aside is not as the page would be now. */
function forget() {
  for (const { cards: old } of left.values()) for (const card of old) card.close();
  left.clear();
}

/** What arranging and walls need of the page. */
const page = {
  grid, cards, fill, look, held: null,
  opened: null, // a tab that is on its way
  open(search, remember) { return (this.opened = open(search, remember).finally(() => (this.opened = null))); },
  get tab() { return tabs.current; },
  get connection() { return connection; },
  /** Cards of another tab beside those that are here. */
  async bring(slug) {
    const fresh = await tabs.page(slug ? `?tab=${slug}` : "");
    const made = fresh?.getElementById("grid");
    if (!made) return;
    questions.about(made.dataset.address);
    const fetched = sections(made).filter((section) => !cards.has(Number(section.dataset.widget)));
    adopt(fetched.map((section) => document.importNode(section, true)));
    await look();
  },
  /** Arranging is over: the page as it is stored, on this tab. */
  async release(slug, swapped) {
    const query = new URLSearchParams(choices.query);
    query.delete("tab");
    if (slug) query.set("tab", slug);
    history.replaceState(null, "", addressOf(query));
    const done = () => (this.held = null, swapped());
    await rebuild(done).catch((error) => { console.error(error); location.reload(); });
  },
};

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
  if (page.held) return;
  if (tabs.of(location.search) !== tabs.current) return page.open(location.search, false);
  choices.take(location.search);
  choose(location.search.slice(1), false);
});
const tabs = new Tabs((search) => page.open(search));
adopt(sections());
const { startWall } = keys(page, explorer, { walls, exported });
follow();
const paper = new Paper(cards, () => repainted);
if (walls()) startWall();
let repainted = Promise.resolve();
async function repaint() {
  forget();
  for (const card of [...cards.values()]) await card.repaint();
}
root.addEventListener("themechange", () => { if (!paper.isStill) repainted = repaint(); });
root.addEventListener("signedout", () => {
  questions.about(questions.address, questions.state); // an answer from before would take back what is said
  grid.setAttribute("aria-busy", "false");
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
