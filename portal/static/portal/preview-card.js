// Inside the frame of a card's preview: the card as its page shows it.

import { Drawing } from "./charts.js";

const grid = document.getElementById("grid");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: document.documentElement.dataset.zone });
let drawing = null;
let drawn = ""; // what of the drawing does not change with the data

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function legend(place, rows, at) {
  place.querySelector(".legend-rows")?.remove();
  if (!rows.length) return;
  const list = element("ul", `legend-rows at-${at}`);
  for (const row of rows) {
    const item = element("li", "");
    const key = element("span", "key");
    key.style.setProperty("--c", drawing.colour(row.color));
    item.append(key, element("span", "", row.label), element("b", "", row.value ?? ""));
    list.append(item);
  }
  place.append(list);
}

function empty(place, text) {
  const box = element("div", "void");
  box.append(element("strong", "", "Nothing to show"), element("p", "", text));
  place.replaceChildren(box);
}

function write(place, html) {
  const made = element("div", "card-html");
  made.innerHTML = html; // made by the portal's own templates, which escape every value
  place.replaceChildren(made);
}

function forget() {
  drawing?.close();
  drawing = null;
  drawn = "";
}

async function draw(place, found) {
  const text = JSON.stringify(found.drawing);
  if (drawing && drawn === text) {
    drawing.update(found.body);
  } else {
    forget();
    drawn = text;
    const target = element("div", "card-chart");
    place.replaceChildren(target);
    drawing = new Drawing(target);
    await drawing.show(found.drawing, found.body);
  }
  if (drawing) legend(place, found.body.legend, found.body.legend_at);
}

/** Show what the portal answered; its size in pixels is returned. */
async function show(found) {
  const made = document.createElement("template");
  made.innerHTML = found.card; // made by the portal's own template, which escapes every value
  const card = made.content.firstElementChild;
  const time = card.querySelector("[data-time]");
  time.textContent += `, ${clock.format(new Date(found.body.as_of))}`;
  card.setAttribute("aria-busy", "false");
  const goesOn = drawing && found.kind === "drawing" && !found.body.empty;
  if (goesOn) card.querySelector(".card-body").replaceWith(grid.querySelector(".card-body"));
  else forget();
  grid.replaceChildren(card);
  const place = card.querySelector(".card-body");
  if (found.body.empty) empty(place, found.body.empty);
  else if (found.kind === "drawing") await draw(place, found);
  else write(place, found.body.html);
  return { width: card.offsetWidth, height: card.offsetHeight };
}

function clear() {
  forget();
  grid.replaceChildren();
}

async function setTheme(theme) {
  const root = document.documentElement;
  if (root.dataset.theme === theme) return;
  root.dataset.theme = theme;
  root.dispatchEvent(new Event("themechange"));
  if (!drawing) return;
  await drawing.repaint();
  legend(grid.querySelector(".card-body"), drawing.body.legend, drawing.body.legend_at);
}

window.preview = { show, clear, setTheme };
