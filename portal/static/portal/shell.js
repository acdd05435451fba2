// The frame of every page: menu, theme, keys, help.

const app = document.getElementById("app");
const root = document.documentElement;
const notice = document.getElementById("notice");
const session = new BroadcastChannel("session"); // between the tabs of this browser

/** One message above the page, perhaps with an `action`: {label, href} or {label, run}; none for no text. */
export function say(text, action) {
  if (!notice) return;
  notice.hidden = !text;
  const link = action && document.createElement(action.href ? "a" : "button");
  if (link) {
    link.className = "link";
    link.textContent = action.label;
    if (action.href) link.href = action.href;
    else link.addEventListener("click", action.run);
  }
  notice.lastElementChild.replaceChildren(text, ...(link ? [" ", link] : []));
}

/** `fetch`, for people who are signed in: when they are not any more, the page says so, and null comes. */
export async function ask(url, options) {
  const response = await fetch(url, options);
  const login = app.dataset.login;
  if (response.status !== 401 && !(response.redirected && new URL(response.url).pathname === login)) return response;
  const here = encodeURIComponent(location.pathname + location.search);
  say("You were signed out. Numbers stay as they were.", { label: "Sign in", href: `${login}?next=${here}` });
  root.dispatchEvent(new Event("signedout"));
  return null;
}

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
  const theme = button.value === "system" ? root.dataset.scheme : button.value; // that of the portal, or none
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  root.dispatchEvent(new Event("themechange"));
  const token = group.querySelector("[name=csrfmiddlewaretoken]").value;
  await ask(group.dataset.themeChoice, {
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
  session.addEventListener("message", () => root.dispatchEvent(new Event("sessionchange")));
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
} else {
  session.postMessage("the page to sign in was opened"); // the other tabs look whether they still may
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => root.dispatchEvent(new Event("themechange")));
