// A wall: the dashboard alone on a screen that nobody touches, for days. Its tabs take turns.

import { say } from "./shell.js";

const app = document.getElementById("app");
const root = document.documentElement;
const STILL = 3000; // ms after which a pointer that rests is hidden
const LOWEST = 2.3; // rem of a row: cards that would be lower are shown in turns
const SHORTEST = 5; // seconds of a turn
const USUAL = 30;
const FRESH = 24 * 3600e3; // ms after which the page is loaded anew: new versions come, memory goes

export class Wall {
  constructor(page) {
    this.page = page;
    this.on = null;
  }

  get every() {
    const wanted = Number(new URLSearchParams(location.search).get("every"));
    return 1000 * (wanted ? Math.max(SHORTEST, wanted) : USUAL);
  }

  toggle() {
    if (this.on) this.stop();
    else this.start();
  }

  start() {
    this.on = new AbortController();
    const { signal } = this.on;
    const asked = "wall" in app.dataset; // by the address; then nobody is there who could allow full screen
    app.dataset.wall = "";
    const query = new URLSearchParams(location.search);
    query.set("wall", "1");
    history.replaceState(null, "", `?${query}`);
    if (!asked) root.requestFullscreen?.().catch(() => {}); // refused: then it fills the window
    document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement && !asked) this.stop(); }, { signal });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") this.stop(); }, { signal });
    document.addEventListener("pointermove", () => this.#rest(), { signal });
    document.addEventListener("visibilitychange", () => this.#wake(), { signal });
    document.addEventListener("tabchange", () => this.#fit(), { signal });
    window.addEventListener("resize", () => this.#fit(), { signal });
    this.since = Date.now();
    this.watch = new MutationObserver(() => this.#fit()); // cards came or went
    this.watch.observe(this.page.grid, { childList: true });
    this.#fit();
    this.#wake();
    this.#rest();
    this.#plan();
  }

  stop() {
    if (!this.on) return;
    this.on.abort();
    this.on = null;
    this.watch.disconnect();
    clearTimeout(this.turn);
    clearTimeout(this.resting);
    this.lock?.release();
    this.lock = null;
    delete app.dataset.wall;
    root.classList.remove("resting");
    this.page.grid.style.removeProperty("--row");
    const query = new URLSearchParams(location.search);
    query.delete("wall");
    query.delete("every");
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    if (document.fullscreenElement) document.exitFullscreen();
  }

  /** Rows as high as the screen allows; where they would be too low, the page turns instead. */
  #fit() {
    const { grid } = this.page;
    grid.style.removeProperty("--row");
    const style = getComputedStyle(grid);
    const [row, gap] = [parseFloat(style.gridAutoRows), parseFloat(style.rowGap)];
    const rows = Math.round((grid.scrollHeight + gap) / (row + gap));
    const room = innerHeight - grid.getBoundingClientRect().top - scrollY - gap;
    const fitting = (room + gap) / rows - gap;
    if (rows && fitting >= LOWEST * parseFloat(getComputedStyle(root).fontSize)) grid.style.setProperty("--row", `${Math.floor(fitting * 10) / 10}px`);
  }

  #plan() {
    clearTimeout(this.turn);
    this.turn = setTimeout(() => this.#next(), this.every);
  }

  /** The next screen of this tab, then the next tab. */
  async #next() {
    if (Date.now() - this.since > FRESH && (await this.#reload())) return;
    const bottom = root.scrollHeight - innerHeight;
    if (scrollY < bottom - 8) {
      scrollBy({ top: innerHeight * 0.85, behavior: "smooth" });
    } else {
      scrollTo({ top: 0, behavior: "instant" });
      const links = [...document.querySelectorAll(".tabs [data-tab]")];
      const at = links.findIndex((link) => link.hasAttribute("aria-current"));
      if (links.length > 1) await this.page.open(links[(at + 1) % links.length].search, false);
    }
    if (this.on) this.#plan();
  }

  /** Only when the portal answers: a page that is there is better than an error of the browser. */
  async #reload() {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return false;
    location.reload();
    return true;
  }

  /** Keep the screen awake; the browser lets go of it when the page was hidden. */
  async #wake() {
    if (!navigator.wakeLock || document.hidden || !this.on) return;
    try {
      this.lock = await navigator.wakeLock.request("screen");
      if (!this.on) this.lock.release();
    } catch {
      say(""); // a battery that is low may refuse; the screen then sleeps as it is set up to
    }
  }

  #rest() {
    root.classList.remove("resting");
    clearTimeout(this.resting);
    this.resting = setTimeout(() => root.classList.add("resting"), STILL);
  }
}
