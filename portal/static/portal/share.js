// The dialog that shares a dashboard: a link to copy, and links for people without an account.

import { token } from "./filters.js";
import { ask, say } from "./shell.js";

const dialog = document.getElementById("share");

async function copy(button) {
  const input = button.previousElementSibling;
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
  } catch { // browsers give the clipboard to https alone; a selection can be copied everywhere
    if (!document.execCommand("copy")) return tell("Copy what is marked: Ctrl C.");
  }
  tell(button.dataset.copy);
}

function tell(text) {
  dialog.querySelector("[data-said]").textContent = text;
}

function show(html) {
  dialog.innerHTML = html; // the portal's own template
  if (!dialog.open) dialog.showModal();
}

async function open() {
  const response = await answer(`${location.pathname}share${location.search}`);
  if (response?.ok) show(await response.text());
}

/** What the portal answers; of an answer that nobody expects the page itself tells. */
async function answer(url, options) {
  try {
    const response = await ask(url, options);
    if (!response || response.ok || response.status === 400) return response;
    dialog.close();
    say(response.status === 403 || response.status === 404 ? "You may not share this dashboard any more." : `The portal answers with an error (${response.status}).`);
  } catch {
    dialog.close();
    say("The portal does not answer. Try again in a moment.");
  }
  return null;
}

function post(url, body) {
  return answer(url, { method: "POST", headers: { "X-CSRFToken": token() }, body });
}

async function make(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  const response = await post(form.dataset.make, new FormData(form));
  button.disabled = false;
  if (!response) return;
  if (response.ok) {
    show(await response.text());
    dialog.querySelector(".made [data-copy]").focus();
    return;
  }
  const wrong = form.querySelector("[role=alert]");
  wrong.textContent = (await response.json()).error;
  wrong.hidden = false;
}

async function revoke(button) {
  const response = await post(button.dataset.revoke);
  if (!response?.ok) return;
  const now = await answer(`${location.pathname}share${location.search}`); // it may have been opened meanwhile
  if (!now?.ok) return;
  const links = new DOMParser().parseFromString(await now.text(), "text/html").querySelector(".links");
  dialog.querySelector(".links").replaceWith(links);
  dialog.querySelector(`[data-made="${button.dataset.revoke}"]`)?.remove(); // nobody can use it any more
  tell("The link shows nothing any more.");
  dialog.querySelector("[data-close]").focus();
}

document.querySelector("[data-share]").addEventListener("click", open);
dialog.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (target === dialog || (button && "close" in button.dataset)) dialog.close();
  else if (button?.dataset.copy) copy(button);
  else if (button?.dataset.revoke) revoke(button);
});
dialog.addEventListener("change", ({ target }) => {
  if (target.name !== "days") return;
  const day = dialog.querySelector("[data-day]");
  day.hidden = target.value !== "";
  day.querySelector("input").required = !day.hidden;
});
dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  make(event.target);
});
