// Keys and buttons of a dashboard's page; arranging and walls are fetched when somebody wants them.

import { openExport } from "./export.js";

/** `walls()` tells whether the page is one; `exported()` what a file of the page holds. */
export function keys(page, explorer, { walls, exported }) {
  const arranger = document.querySelector("[data-arrange]");
  const waller = document.querySelector("[data-wall-url]");

  async function startArranging() {
    if (!arranger || page.held || walls()) return;
    const { arrange } = await import(arranger.dataset.arrange);
    await page.opened;
    if (!page.held) await arrange(page);
  }

  async function startWall() {
    const { Wall } = await import(waller.dataset.wallUrl);
    page.wall ??= new Wall(page);
    page.wall.toggle();
  }

  function fullscreen(card) {
    if (document.fullscreenElement) document.exitFullscreen();
    else (card ?? document.querySelector(".main")).requestFullscreen();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const card = page.grid.querySelector("[data-widget]:hover") ?? event.target.closest("[data-widget]");
    if (page.held) return;
    if (event.key === "r") page.look();
    if (event.key === "a") startArranging();
    if (event.key === "w") startWall();
    if (event.key === "f") fullscreen(card);
    if (event.key === "e" && card) explorer.see(card, "explain");
    if (event.key === "t" && card) explorer.see(card, "table");
  });
  document.querySelector("[data-export-page]")?.addEventListener("click", () => openExport(exported()));
  document.querySelector("[data-fullscreen-page]").addEventListener("click", () => fullscreen(null));
  arranger?.addEventListener("click", startArranging);
  waller.addEventListener("click", startWall);
  return { startWall };
}
