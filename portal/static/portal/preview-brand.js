// The form of a theme: the two fields of a colour hold the same, and a preview shows what is in the form.

const panel = document.querySelector("[data-brand-preview]");
const form = panel.closest("form");
const frame = panel.querySelector("iframe");
const note = document.getElementById("brand-note");
const facts = document.getElementById("brand-facts");
const WAIT = 250; // ms after the last key
let timer = 0;
let turn = 0;
let uploaded = null; // what the portal made of the file that was chosen last, and what it said of it

/** The page inside the frame, once it is there. */
const page = new Promise((resolve) => {
  const look = () => {
    const inside = frame.contentDocument;
    if (inside?.getElementById("brand") && inside.readyState === "complete") resolve(inside);
    else setTimeout(look, 30);
  };
  look();
});

/** The frame is as high as its page. */
async function fit() {
  const inside = await page;
  frame.style.height = `${inside.body.scrollHeight + 2}px`;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function sayFacts(found) {
  const rows = new Map();
  for (const fact of found) rows.set(fact.what, { ...rows.get(fact.what), [fact.scheme]: fact });
  const cell = ({ ratio, least }) => {
    const good = ratio >= least;
    const made = element("td", `${good ? "\u2713" : "\u2717 too low:"} ${(Math.floor(ratio * 10) / 10).toFixed(1)}`);
    made.classList.toggle("wrong", !good);
    return made;
  };
  facts.replaceChildren(...[...rows].map(([what, { light, dark }]) => {
    const row = document.createElement("tr");
    const head = element("th", what);
    head.scope = "row";
    row.append(head, cell(light), cell(dark), element("td", light.least.toFixed(1)));
    return row;
  }));
}

/** A colour of charts that is not named shows which one stands there. */
function showUsual(name, place, colour) {
  const text = form.elements[`${name}-${place}`];
  const chooser = text.closest(".colour").querySelector("[data-usual]");
  chooser.dataset.usual = text.placeholder = colour;
  if (!text.value) chooser.value = colour;
}

async function preview(withFile) {
  const mine = ++turn;
  const data = new FormData(form);
  data.set("record", panel.dataset.record);
  data.delete("_save");
  if (!withFile) data.delete("upload");
  let found;
  try {
    const response = await fetch(panel.dataset.brandPreview, { method: "POST", body: data });
    if (response.redirected) throw new Error("You were signed out. Sign in in another tab, then go on here.");
    if (!response.ok) throw new Error(`The portal answers ${response.status}.`);
    found = await response.json();
  } catch (error) {
    note.textContent = error.message;
    return;
  }
  if (withFile) uploaded = form.elements.upload.value ? { logo: found.logo, problem: found.problems.upload } : null;
  if (mine !== turn) return; // a newer one is under way
  note.textContent = "";
  await show(found);
}

async function show(found) {
  const inside = await page;
  inside.getElementById("brand").textContent = found.css;
  for (const name of inside.querySelectorAll("[data-name]")) name.textContent = found.name;
  const logo = uploaded ? uploaded.logo : found.logo;
  for (const place of inside.querySelectorAll("[data-logo]")) {
    place.querySelector("img")?.remove();
    place.querySelector("svg").style.display = logo ? "none" : "";
    if (!logo) continue;
    const image = inside.createElement("img");
    image.alt = "";
    image.src = logo;
    place.append(image);
  }
  for (const [name, colours] of Object.entries(found.palettes)) colours.forEach((colour, place) => showUsual(name, place, colour));
  sayFacts(found.facts);
  if (uploaded?.problem) note.textContent = uploaded.problem;
  note.classList.toggle("wrong", Boolean(uploaded?.problem));
  for (const place of form.querySelectorAll("[data-problem]")) place.textContent = found.problems[place.dataset.problem] ?? "";
  for (const place of form.querySelectorAll("[data-warning]")) place.textContent = (found.warnings[place.dataset.warning] ?? []).join(" ");
  await fit();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, WAIT, false);
}

/** One of the two fields of a colour changed: the other one follows. */
function follow(field) {
  const both = field.closest(".colour");
  if (!both) return;
  const [chooser, text] = both.querySelectorAll("input");
  if (field === chooser) text.value = chooser.value;
  else chooser.value = /^#[0-9a-f]{6}$/i.test(text.value) ? text.value : chooser.dataset.usual;
  both.classList.toggle("unset", !text.value);
}

form.addEventListener("input", (event) => {
  follow(event.target);
  if (event.target.name !== "upload") soon();
});
form.addEventListener("change", (event) => {
  clearTimeout(timer);
  preview(event.target.name === "upload");
});
new ResizeObserver(fit).observe(frame.parentElement);
preview(false);
