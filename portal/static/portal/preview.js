// The form of a card: options follow chart type and dataset, and a preview shows the card as its page would.

const panel = document.querySelector("[data-preview]");
const form = panel.closest("form");
const stage = document.getElementById("preview-stage");
const frame = stage.querySelector("iframe");
const note = document.getElementById("preview-note");
const sizeNote = document.getElementById("preview-size");
const fullButton = document.getElementById("preview-full");
const width = form.elements["card-width"];
const height = form.elements["card-height"];
const WAIT = 350; // ms after the last key
const MARGIN = 4; // pixels around the card, for its shadow
let timer = 0;
let turn = 0;
let followed = 0;
let card = null; // its size in pixels on a page of 1440

function posted() {
  const data = new FormData(form);
  data.set("record", panel.dataset.record);
  data.delete("_save");
  return data;
}

async function post(url) {
  const response = await fetch(url, { method: "POST", body: posted() });
  if (response.redirected) throw new Error("You were signed out. Sign in in another tab, then go on here.");
  if (!response.ok) throw new Error(`The portal answers ${response.status}.`);
  return response;
}

/** The page inside the frame, once its script is there. */
const page = new Promise((resolve) => {
  const look = () => (frame.contentWindow?.preview ? resolve(frame.contentWindow.preview) : setTimeout(look, 30));
  look();
});

function theme() {
  return document.documentElement.classList.contains("dark") ? "dark" : "light";
}

function say(text, wrong) {
  note.textContent = text;
  note.classList.toggle("wrong", wrong);
}

/** Scale the card to the room that there is, never above its real size. */
function fit() {
  frame.hidden = fullButton.hidden = !card;
  stage.classList.toggle("filled", Boolean(card));
  if (!card) {
    stage.style.height = "";
    sizeNote.textContent = "";
    return;
  }
  const whole = document.fullscreenElement === stage;
  const scale = Math.min(1, stage.clientWidth / (card.width + 2 * MARGIN));
  frame.style.height = `${card.height + 2 * MARGIN}px`;
  frame.style.transform = `scale(${scale})`;
  frame.style.left = whole ? `${Math.max(0, (stage.clientWidth - card.width * scale) / 2)}px` : "0";
  if (!whole) stage.style.height = `${Math.ceil((card.height + 2 * MARGIN) * scale)}px`;
  const percent = scale < 0.995 ? `, shown at ${Math.round(scale * 100)} %` : "";
  sizeNote.textContent = `${card.width} × ${card.height} pixels on a page of 1440${percent}`;
}

async function preview() {
  const mine = ++turn;
  let found;
  stage.setAttribute("aria-busy", "true");
  try {
    found = await (await post(panel.dataset.preview)).json();
  } catch (error) {
    found = { error: error.message };
  }
  const inside = await page;
  if (mine !== turn) return; // a newer one is under way
  stage.setAttribute("aria-busy", "false");
  say(found.wait || found.error || found.body.empty || found.body.summary, Boolean(found.error));
  if (!found.body) {
    card = null; // no old picture above an error
    inside.clear();
    return fit();
  }
  await inside.setTheme(theme());
  frame.hidden = false; // what is hidden has no size
  const size = await inside.show(found);
  if (mine !== turn) return;
  card = size;
  fit();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT);
}

async function follow() {
  const mine = ++followed;
  let html;
  try {
    html = await (await post(panel.dataset.options)).text();
  } catch (error) {
    return say(error.message, true);
  }
  if (mine !== followed) return; // type or dataset changed again meanwhile
  const before = document.getElementById("widget-options").dataset;
  const usual = width.value === before.width && height.value === before.height;
  const parts = new DOMParser().parseFromString(html, "text/html");
  for (const id of ["widget-options", "widget-filters"]) {
    document.getElementById(id).replaceWith(parts.getElementById(id));
  }
  if (!panel.dataset.record && usual) {
    const { dataset } = document.getElementById("widget-options");
    width.value = dataset.width;
    height.value = dataset.height;
  }
  soon();
}

/** Rows of filters: names are counted on, so that no two are the same. */
function addFilter() {
  const rows = [...document.querySelectorAll("#widget-filters .filter-row")];
  const made = rows.at(-1).cloneNode(true);
  const number = 1 + Math.max(...rows.map((row) => Number(row.querySelector("input").name.match(/-(\d+)-/)[1])));
  for (const input of made.querySelectorAll("[name]")) {
    input.name = input.name.replace(/-\d+-/, `-${number}-`);
    if (input.tagName === "SELECT") input.selectedIndex = 0;
    else input.value = "";
  }
  rows.at(-1).after(made);
  made.querySelector("select").focus();
}

function removeFilter(row) {
  const left = document.querySelectorAll("#widget-filters .filter-row").length - 1;
  if (!left) addFilter();
  row.remove();
  document.querySelector("[data-add-filter]").focus();
  soon();
}

form.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-filter]")) addFilter();
  const button = event.target.closest("[data-remove-filter]");
  if (button) removeFilter(button.closest(".filter-row"));
});
form.addEventListener("change", (event) => {
  if (["card-chart_type", "card-dataset"].includes(event.target.name)) follow();
  else soon();
});
form.addEventListener("input", soon);
fullButton.addEventListener("click", () => stage.requestFullscreen());
new ResizeObserver(fit).observe(stage);
document.addEventListener("fullscreenchange", fit);
new MutationObserver(async () => (await page).setTheme(theme())).observe(document.documentElement, { attributeFilter: ["class"] });
preview();
