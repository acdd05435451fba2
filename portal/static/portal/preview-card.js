// Inside the frame of a card's preview: the card as its page shows it.

import { Card } from "./card.js";

const root = document.documentElement;
const grid = document.getElementById("grid");
let card = null;

/** Show what the portal answered; the card's size in pixels is returned. */
async function show(found) {
  const made = document.createElement("template");
  made.innerHTML = found.card; // made by the portal's own template, which escapes every value
  const section = made.content.firstElementChild;
  if (card?.section.dataset.kind === found.kind) {
    card.move(section);
    card.snapshot = 0; // of another dataset, it may be older
  } else {
    card?.close();
    card = new Card(section);
    card.inSight = true;
  }
  grid.replaceChildren(section);
  await card.show({ stale: "", body: found.body, drawing: found.drawing });
  return { width: section.offsetWidth, height: section.offsetHeight };
}

function clear() {
  card?.close();
  card = null;
  grid.replaceChildren();
}

async function setTheme(theme) {
  if (root.dataset.theme === theme) return;
  root.dataset.theme = theme;
  root.dispatchEvent(new Event("themechange"));
  await card?.repaint();
}

window.preview = { show, clear, setTheme };
