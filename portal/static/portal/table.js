// Tables in cards: sorted here when all rows are here, else, like further pages, by the server.

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const chosen = new WeakMap(); // section of a card -> {order, descending, page} that its reader wants
let fetchBody = null;

/** Turn on what the server must answer.
 *
 * `ask(id, {order, descending, page})` resolves to the body of widget `id` as the reader wants to
 * see it: {html, note, summary, empty, error}, or to null when the page goes away. */
export function serve(ask) {
  fetchBody = ask;
  document.documentElement.dataset.tables = "served";
}

/** What the reader of this card wants to see of its table, or null: also for its table twin and CSV. */
export function wantedOf(section) {
  return chosen.get(section) ?? null;
}

/** The order that a click on a heading asks for: turned round, or numbers largest first. */
function nextOrder(button) {
  const heading = button.closest("th");
  const now = heading.getAttribute("aria-sort");
  const descending = now ? now === "ascending" : heading.classList.contains("num");
  return { order: button.dataset.order, descending };
}

function rankOf(cell) {
  const written = cell.dataset.rank;
  if (written === undefined) return cell.textContent;
  if (written === "") return null;
  return cell.classList.contains("num") ? Number(written) : written;
}

/** Missing values are last, whatever the direction; equal rows keep their order. */
function compare(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const found = typeof a === "number" ? a - b : collator.compare(a, b);
  return descending ? -found : found;
}

function sortHere(table, { order, descending }) {
  const headings = [...table.tHead.rows[0].cells];
  const at = headings.findIndex((cell) => cell.firstElementChild.dataset.order === order);
  if (at < 0) return;
  headings.forEach((cell, index) => {
    if (index === at) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, rank: rankOf(row.cells[at]) }));
  rows.sort((a, b) => compare(a.rank, b.rank, descending));
  body.append(...rows.map(({ row }) => row));
}

function put(section, body) {
  const place = section.querySelector(".card-html");
  if (!place) return;
  const within = place.contains(document.activeElement) ? document.activeElement.dataset : null;
  place.innerHTML = body.html; // made by the portal's own templates, which escape every value
  section.querySelector("[data-note]")?.replaceChildren(body.note);
  section.querySelector("[data-summary]")?.replaceChildren(body.summary);
  if (within) focusAgain(place, within);
}

/** The keyboard stays at the button that was pressed, or at its neighbour when that is off now. */
function focusAgain(place, { order, page }) {
  const buttons = [...place.querySelectorAll(order ? "[data-order]" : "[data-page]")];
  const same = order ? buttons.find((button) => button.dataset.order === order) : buttons[page > 1 ? 1 : 0];
  (same?.disabled ? buttons.find((button) => !button.disabled) : same)?.focus();
}

async function askFor(section, wanted) {
  const place = section.querySelector(".card-html");
  chosen.set(section, wanted);
  place.setAttribute("aria-busy", "true");
  try {
    const body = await fetchBody(Number(section.dataset.widget), wanted);
    if (!body || chosen.get(section) !== wanted) return; // a later click is answered instead
    if (body.html) put(section, body);
    else if (wanted.page > 1) await askFor(section, { ...wanted, page: 1 }); // it has fewer pages now
  } finally {
    section.querySelector(".card-html")?.removeAttribute("aria-busy");
  }
}

/** The order that is shown, which further pages keep. */
function orderOf(table) {
  const heading = table.querySelector("th[aria-sort]");
  if (!heading) return {};
  return { order: heading.firstElementChild.dataset.order, descending: heading.getAttribute("aria-sort") === "descending" };
}

/** Show the card as its reader wants it; called when its table was replaced by a newer one. */
function again(section) {
  const wanted = chosen.get(section);
  const table = section.querySelector(".card-html .table.paged");
  if (!wanted || !table) return;
  if (table.hasAttribute("data-whole")) sortHere(table, wanted);
  else if (fetchBody) askFor(section, { ...wanted }).catch(console.error);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".table.paged [data-order], .pager [data-page]");
  const section = button?.closest("[data-widget]");
  if (!section) return;
  const table = section.querySelector(".table.paged");
  if (button.dataset.order && table.hasAttribute("data-whole")) {
    const wanted = { ...nextOrder(button), page: 1 };
    chosen.set(section, wanted);
    sortHere(table, wanted);
  } else if (fetchBody) {
    const wanted = button.dataset.order ? { ...nextOrder(button), page: 1 } : { ...orderOf(table), page: Number(button.dataset.page) };
    askFor(section, wanted).catch(console.error);
  }
});

// News replaces the table of a card, and its reader's order and page must stay.
const grid = document.getElementById("grid");
if (grid) {
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.classList?.contains("card-html")) again(node.closest("[data-widget]"));
      }
    }
  }).observe(grid, { childList: true, subtree: true });
}
