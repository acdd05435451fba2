"""In Chromium all cards are drawn within 2.5 s at the first visit and 1.5 s at the next ones.

Drawn: no card is busy, and two more frames were painted. Times count from the start of the
navigation."""

from __future__ import annotations

import shutil

from playwright.sync_api import sync_playwright

from bench import portal, report
from bench.report import Figure

VISITS = 3
WATCH = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
window.drawn = new Promise((resolve) => {
  const look = () => {
    const cards = [...document.querySelectorAll("[data-widget]")];
    const done = cards.length && cards.every((card) => card.getAttribute("aria-busy") === "false");
    if (!done) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
  };
  look();
});
"""
FOUND = """async () => {
  const drawn = await window.drawn;
  await new Promise((resolve) => setTimeout(resolve, 1500)); // later shifts count too
  const files = performance.getEntriesByType("resource");
  const scripts = files.filter((file) => new URL(file.name).pathname.endsWith(".js"));
  return {
    drawn, shifts: window.shifts, cards: document.querySelectorAll("[data-widget]").length,
    charts: document.querySelectorAll(".card-chart").length,
    scripts: scripts.reduce((sum, file) => sum + file.transferSize, 0),
    all: files.reduce((sum, file) => sum + file.transferSize, 0), files: files.length,
  };
}"""


def measure(stack: portal.Portal):
    stack.ensure_running()
    stack.get(f"{portal.DASHBOARD}data")
    address = f"http://localhost:{stack.port}"
    first, again = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for session in stack.sessions()[:VISITS]:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            page = context.new_page()
            page.add_init_script(WATCH)
            meter = context.new_cdp_session(page)
            meter.send("Performance.enable")
            first.append(visit(page, address, meter))
            again.append(visit(page, address, meter))
            context.close()
        browser.close()
    assert {found["cards"] for found in first} == {12}
    yield Figure("all cards drawn, first visit", _median(first, "drawn") / 1000, "s", 2.5)
    yield Figure("all cards drawn, next visit", _median(again, "drawn") / 1000, "s", 1.5)
    yield Figure("  the page's thread is busy, first visit", _median(first, "busy"), "s")
    yield Figure("  the page's thread is busy, next visit", _median(again, "busy"), "s")
    shifts = max(found["shifts"] for found in first + again)
    yield Figure("layout shift (CLS), worst", shifts, "", 0.02)
    yield Figure("JavaScript, first visit", _median(first, "scripts") / 1000, "kB", 500)
    yield Figure("everything, first visit", _median(first, "all") / 1000, "kB")
    yield Figure("everything, next visit", _median(again, "all") / 1000, "kB")
    yield Figure("files besides the page", _median(first, "files"), "")


def visit(page, address: str, meter) -> dict:
    page.goto(f"{address}{portal.DASHBOARD}", wait_until="commit")
    found = page.evaluate(FOUND)
    metrics = {m["name"]: m["value"] for m in meter.send("Performance.getMetrics")["metrics"]}
    return found | {"busy": metrics["TaskDuration"]}


def _median(found: list[dict], name: str) -> float:
    return report.median([one[name] for one in found])


def program() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(path for name in names if (path := shutil.which(name)))
