// The change form of a widget: options follow chart type and dataset, and a live preview of the card.

import { Drawing } from "./charts.js";

const panel = document.querySelector("[data-preview]");
const form = panel.closest("form");
const place = panel.querySelector(".card-body");
const note = document.getElementById("preview-note");
const WAIT = 350; // ms after the last key
let drawing = null;
let timer = 0;
let turn = 0;

function posted() {
  const data = new FormData(form);
  data.set("record", panel.dataset.record);
  data.delete("_save");
  return data;
}

async function post(url) {
  const response = await fetch(url, { method: "POST", body: posted() });
  if (!response.ok) throw new Error(`The portal answers ${response.status}.`);
  return response;
}

async function preview() {
  const mine = ++turn;
  let found;
  try {
    found = await (await post(panel.dataset.preview)).json();
  } catch (error) {
    note.textContent = error.message;
    return;
  }
  if (mine !== turn) return; // a newer one is under way
  note.textContent = found.wait || found.error || found.body.empty || found.body.summary;
  note.classList.toggle("wrong", Boolean(found.error));
  drawing?.close();
  drawing = null;
  if (!found.body || found.body.empty) return place.replaceChildren(); // no old chart under an error
  if (found.kind === "html") {
    const made = document.createElement("div");
    made.className = "card-html";
    made.innerHTML = found.body.html; // made by the portal's own templates, which escape every value
    place.replaceChildren(made);
    return;
  }
  const target = document.createElement("div");
  target.className = "card-chart";
  place.replaceChildren(target);
  drawing = new Drawing(target);
  await drawing.show(found.drawing, found.body);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT);
}

async function options() {
  const parts = new DOMParser().parseFromString(await (await post(panel.dataset.options)).text(), "text/html");
  for (const id of ["widget-options", "widget-filters"]) {
    document.getElementById(id).replaceWith(parts.getElementById(id));
  }
  soon();
}

form.addEventListener("change", (event) => {
  if (["card-chart_type", "card-dataset"].includes(event.target.name)) options();
  else soon();
});
form.addEventListener("input", soon);
new MutationObserver(() => {
  document.documentElement.dispatchEvent(new Event("themechange"));
  drawing?.repaint();
}).observe(document.documentElement, { attributeFilter: ["class"] });
preview();
