// The frame of every page: menu, theme, keys, help.

const app = document.getElementById("app");
const root = document.documentElement;

function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* private windows may refuse; nothing is lost */ }
}

function recall(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

function collapse() {
  const small = app.dataset.nav === "small" ? "" : "small";
  app.dataset.nav = small;
  remember("nav", small);
  window.dispatchEvent(new Event("resize"));
}

async function chooseTheme(group, button) {
  for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  if (button.value === "system") delete root.dataset.theme;
  else root.dataset.theme = button.value;
  root.dispatchEvent(new Event("themechange"));
  const token = group.querySelector("[name=csrfmiddlewaretoken]").value;
  await fetch(group.dataset.themeChoice, {
    method: "POST",
    keepalive: true, // also when the person leaves the page at once
    headers: { "X-CSRFToken": token },
    body: new URLSearchParams({ theme: button.value }),
  });
}

function keys() {
  let goes = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (goes && event.key === "d") location.href = "/";
    goes = event.key === "g";
    if (event.key === "[") collapse();
    if (event.key === "?") document.getElementById("help")?.showModal();
  });
}

if (app) {
  if (recall("nav") === "small") app.dataset.nav = "small";
  app.querySelector("[data-collapse]")?.addEventListener("click", collapse);
  app.querySelector("[data-help]")?.addEventListener("click", () => document.getElementById("help").showModal());
  const opener = app.querySelector("[data-open-nav]");
  opener?.addEventListener("click", () => opener.setAttribute("aria-expanded", String(app.classList.toggle("nav-open"))));
  const themes = app.querySelector("[data-theme-choice]");
  themes?.addEventListener("click", (event) => {
    if (event.target.matches("button")) chooseTheme(themes, event.target);
  });
  keys();
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => root.dispatchEvent(new Event("themechange")));
