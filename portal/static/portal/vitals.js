// How long the person waited: for the page, and for the answers to what is chosen on it.
// Loaded before dashboard.js, which says on the document when cards are "drawn" and a choice is "chosen".

const address = document.querySelector("[data-vitals]").dataset.vitals;
const grid = document.getElementById("grid");
const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
const WAITS = 15_000; // milliseconds for cards out of sight
const printed = new URLSearchParams(location.search).has("print");
let seen = document.visibilityState === "visible"; // a page in the background draws when it likes

const cards = () => [...grid.querySelectorAll("[data-widget]")];
const isBusy = (card) => card.getAttribute("aria-busy") === "true";
const inSight = (card) => card.getClientRects().length > 0 && card.getBoundingClientRect().top < innerHeight;

function send(kind, measured) {
  const body = new FormData();
  const phone = matchMedia("(max-width: 760px)").matches ? 1 : 0;
  for (const [name, value] of Object.entries({ cards: cards().length, phone, ...measured })) {
    if (value !== undefined) body.set(name, Math.round(value));
  }
  body.set("kind", kind);
  body.set("csrfmiddlewaretoken", token);
  navigator.sendBeacon(address, body);
}

/** The time when none of the cards that `wanted` names is busy any more, and is on the screen. */
function settled(wanted) {
  return new Promise((resolve) => {
    const look = () => {
      if (cards().some((card) => wanted(card) && isBusy(card))) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
    };
    const watch = new MutationObserver(look);
    watch.observe(grid, { subtree: true, childList: true, attributeFilter: ["aria-busy"] });
    look();
  });
}

async function opened() {
  const first_screen = await settled(inSight);
  if (!seen || !cards().length) return;
  const [page] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const measured = { first_byte: page?.responseStart, first_paint: paint?.startTime, first_screen };
  // Cards out of sight may never be drawn; who leaves before has seen the first screen.
  const leaves = new Promise((resolve) => addEventListener("pagehide", () => resolve(), { once: true }));
  const late = new Promise((resolve) => setTimeout(() => resolve(), WAITS));
  measured.all_cards = await Promise.race([settled(() => true), leaves, late]);
  send("load", measured);
}

if (token && !printed) {
  document.addEventListener("visibilitychange", () => (seen = false));
  document.addEventListener("drawn", opened, { once: true });
  document.addEventListener("chosen", async ({ detail }) => {
    const answered = await settled(inSight);
    if (document.visibilityState === "visible") send("filter", { first_screen: answered - detail });
  });
}
