// The export dialog: choose a format, follow the work, cancel it, take the file.

import { ask, say } from "./shell.js";

const POLL = 500; // milliseconds
const WORDS = { queued: "Waiting for a free worker ...", running: "Making the file ..." };
const KINDS = { csv: "CSV", xlsx: "Excel", png: "picture", pdf: "PDF" };

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toLocaleString("en", { maximumFractionDigits: step ? 1 : 0 })} ${units[step]}`;
}

class ExportDialog {
  constructor(dialog, url, request) {
    this.dialog = dialog;
    this.url = url;
    this.request = request;
    this.job = 0; // the export under way
    this.turn = 0; // raised whenever what was asked before is of no interest any more
    dialog.onclick = (event) => this.#click(event);
    dialog.onclose = () => this.#cancel();
  }

  part(name) {
    return this.dialog.querySelector(`[data-export-${name}]`);
  }

  #click(event) {
    if (event.target === this.dialog || event.target.closest("[data-export-close]")) return this.dialog.close();
    const format = event.target.closest("[data-export-formats] button");
    if (format) return this.start(format.value);
    if (event.target.closest("[data-export-cancel], [data-export-again]")) {
      this.#cancel();
      this.#choose();
    }
  }

  #show({ formats = false, work = false, cancel = false, file = false, again = false }) {
    for (const name of ["formats", "scope"]) this.part(name).hidden = !formats;
    Object.entries({ work, cancel, file, again }).forEach(([name, on]) => { this.part(name).hidden = !on; });
    for (const name of ["wrong", "note"]) this.part(name).hidden = true;
  }

  #choose() {
    this.#show({ formats: true });
    this.part("formats").querySelector("button").focus();
  }

  #tell(name, text) {
    this.part(name).lastElementChild.textContent = text;
    this.part(name).hidden = !text;
  }

  #fail(text) {
    this.job = 0;
    this.#show({ formats: true });
    this.#tell("wrong", text);
  }

  #headers() {
    return { "X-CSRFToken": this.dialog.querySelector("[name=csrfmiddlewaretoken]").value };
  }

  async start(format) {
    const turn = ++this.turn;
    const { widget = "", query = "" } = this.request;
    this.#show({ work: true, cancel: true });
    this.part("cancel").focus();
    this.#progress({ state: "queued", percent: 0 });
    let status = await this.#fetch(this.url, { method: "POST", headers: this.#headers(), body: new URLSearchParams({ format, widget, query }) });
    while (status && turn === this.turn) {
      this.job = status.id;
      if (status.state === "done") return this.#done(status, format);
      if (status.state === "failed") return this.#fail(status.note || "The export failed.");
      if (status.state === "cancelled") return this.#choose();
      this.#progress(status);
      await new Promise((resolve) => { setTimeout(resolve, POLL); });
      if (turn === this.turn) status = await this.#fetch(`/exports/${status.id}/`);
    }
    // Cancelled before the portal had answered.
    if (status && turn !== this.turn && this.job !== status.id) this.#post(status.id);
  }

  /** The answer of the portal; null when there is none, which is said. */
  async #fetch(url, options) {
    try {
      const response = await ask(url, { cache: "no-store", ...options });
      if (!response) this.dialog.close();
      if (response?.ok) return await response.json();
      if (response?.status === 400) this.#fail((await response.json()).error);
      else if (response) this.#fail(response.status === 404 ? "This is not shared with you any more." : `The portal answers with an error (${response.status}).`);
    } catch {
      this.#fail("The portal does not answer. Try again in a moment.");
    }
    return null;
  }

  #progress({ state, percent }) {
    this.part("said").textContent = WORDS[state] ?? "";
    const bar = this.part("bar");
    if (percent) bar.value = percent;
    else bar.removeAttribute("value");
    this.part("percent").textContent = percent ? `${percent} %` : "";
  }

  #done({ id, name, bytes, note }, format) {
    this.job = 0;
    this.#show({ work: true, file: true, again: true });
    this.part("said").textContent = `${name}, ${size(bytes)}`;
    this.part("percent").textContent = "";
    this.part("bar").value = 100;
    this.#tell("note", note ?? "");
    const link = this.part("file");
    link.href = `/exports/${id}/file/`;
    link.download = name;
    link.setAttribute("aria-label", `Download the ${KINDS[format]} again`);
    link.click();
    link.focus();
  }

  #cancel() {
    this.turn += 1;
    if (this.job) this.#post(this.job);
    this.job = 0;
  }

  #post(id) {
    fetch(`/exports/${id}/`, { method: "POST", headers: this.#headers(), keepalive: true }).catch(() => {});
  }
}

/** Open the dialog for a card (`widget`) or the dashboard; with a `format` it starts at once. */
export async function openExport({ slug, widget = "", query = "", format = "" }) {
  const dialog = document.getElementById("export");
  const url = `/dashboards/${slug}/export/`;
  let response;
  try {
    response = await ask(`${url}?${new URLSearchParams({ widget })}`, { cache: "no-store" });
  } catch {
    return say("The portal does not answer. Try again in a moment.");
  }
  if (!response) return;
  if (!response.ok) return say(response.status === 404 ? "This is not shared with you any more. Reload the page." : `The portal answers with an error (${response.status}).`);
  dialog.innerHTML = await response.text(); // the portal's own template
  const made = new ExportDialog(dialog, url, { widget, query });
  dialog.showModal();
  const button = dialog.querySelector(`[data-export-formats] button[value="${format}"]`);
  if (button && !button.disabled) made.start(format);
}
