// The print page: draw every card, cut nothing, and say when all is done (data-drawn on <html>).

import { Card } from "./card.js";

const ROW = 56; // pixels of a row of the grid with its gap
const PAGE = 880; // pixels of height that a page has, as the printer scales it
const root = document.documentElement;
const paper = document.getElementById("paper");
const vector = matchMedia("print").matches; // on paper charts are lines and words, not pixels
root.dataset.theme = "light";

/** The drawing as SVG. */
function vectored(item) {
  for (const model of item?.doc?.roots ?? []) model.attributes = { ...model.attributes, output_backend: "svg" };
  return item;
}

/** What nobody sees of a drawing, but a PDF has. Bokeh writes each text of an SVG twice, once as an outline without
 * colour: it would be found twice. And an empty box holds all that a glyph draws, also outside of the frame, where
 * it is cut: Chromium makes pages smaller until such boxes fit, too, and the drawings with them. */
function dropUnseen(place) {
  for (const unseen of place.querySelectorAll("text[fill=none][stroke-opacity='0'], .bk-GlyphRenderer")) unseen.remove();
  for (const element of place.querySelectorAll("*")) if (element.shadowRoot) dropUnseen(element.shadowRoot);
}

/** One card without the others keeps its size; the printer enlarges it for paper. */
function standAlone() {
  const section = paper.querySelector("[data-widget]");
  const { width, height } = section.getBoundingClientRect();
  section.style.width = `${width}px`;
  section.style.minHeight = `${height}px`;
  paper.classList.add("placed");
}

/** A table that is longer than its card gets a longer card. */
function grow(section) {
  const inside = section.querySelector(".card-html");
  const more = inside ? inside.scrollHeight - inside.clientHeight : 0;
  if (more > 4) section.style.gridRow = `span ${Math.ceil((section.offsetHeight + more + 16) / ROW)}`;
}

/** On paper a table that is longer than a page stands last, alone, and goes on from page to page. */
function setApart(grid) {
  for (const card of [...grid.children].filter((one) => one.offsetHeight > PAGE)) {
    const block = document.createElement("div");
    block.className = "paper-band tall";
    card.style.gridRow = card.style.gridColumn = "auto";
    block.append(card);
    grid.parentElement.append(block);
  }
}

/** Cards that stand side by side, in a block of their own: a page may end only between blocks. */
function band(grid) {
  const width = (grid.clientWidth + 16) / 12;
  const { left, top } = grid.getBoundingClientRect();
  const boxes = [...grid.children].map((card) => ({ card, box: card.getBoundingClientRect() }));
  boxes.sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left);
  const bands = [];
  let end = -1;
  for (const one of boxes) {
    if (!bands.length || one.box.top >= end - 1) bands.push([]);
    bands.at(-1).push(one);
    end = Math.max(end, one.box.bottom);
  }
  for (const cards of bands) {
    const block = document.createElement("div");
    block.className = "paper-band";
    const first = Math.round((cards[0].box.top - top) / ROW);
    for (const { card, box } of cards) {
      const row = Math.round((box.top - top) / ROW) - first + 1;
      card.style.gridRow = `${row} / span ${Math.round((box.height + 16) / ROW)}`;
      card.style.gridColumn = `${Math.round((box.left - left) / width) + 1} / span ${Math.round((box.width + 16) / width)}`;
      block.append(card);
    }
    grid.before(block);
  }
  grid.remove();
}

/** Where pages end. The browser's own breaks leave the upper edges of cards on the page before. */
function paginate(sheet) {
  let top = sheet.getBoundingClientRect().top;
  for (const [place, block] of sheet.querySelectorAll(".paper-band").entries()) {
    const box = block.getBoundingClientRect();
    if (box.bottom - top <= PAGE || box.top - top < 1 || (place === 0 && box.height > PAGE)) continue;
    block.classList.add("on-next-page");
    top = box.top;
  }
}

function arrange(cards) {
  for (const card of cards) grow(card.section);
  for (const grid of paper.querySelectorAll(".paper-grid")) {
    if (vector) setApart(grid);
    if (grid.querySelector("[data-widget]")) band(grid);
  }
  for (const sheet of paper.querySelectorAll(".paper-sheet")) paginate(sheet);
}

async function draw() {
  const cards = new Map([...paper.querySelectorAll("[data-widget]")].map((section) => {
    const card = new Card(section);
    card.inSight = true; // all of them are printed
    return [card.id, card];
  }));
  const alone = paper.classList.contains("alone");
  if (alone) standAlone();
  root.dataset.cards = cards.size;
  root.dataset.done = 0;
  const answer = cards.size ? await fetch(paper.dataset.url) : null;
  if (answer && !answer.ok) throw new Error(`The portal answers ${answer.status}.`);
  for (const data of answer ? (await answer.json()).widgets : []) {
    const card = cards.get(data.id);
    if (!card) continue; // it was added since the page was made
    if (vector) vectored(data.drawing);
    try {
      await card.show(data);
    } catch (error) {
      console.error(error);
      card.say("i-err", "Could not draw", "This card could not be drawn.");
    }
    root.dataset.done = Number(root.dataset.done) + 1;
  }
  if (!alone) arrange([...cards.values()]);
  await document.fonts.ready;
  await new Promise((resolve) => { setTimeout(resolve, 150); }); // what follows a resize is drawn in the next frames
  if (vector) dropUnseen(paper);
  root.dataset.drawn = "true";
}

draw().catch((error) => {
  root.dataset.failed = error.message;
});
