"""A dashboard of 50 cards: in Chromium its first screen is drawn within 2.5 s.

The first screen: no card that is in sight is busy, and two more frames were painted. Beside it:
the server's part, cold and warm, and what the page's thread does until the screen is drawn."""

from __future__ import annotations

import time

from playwright.sync_api import sync_playwright

from bench import portal, report
from bench.browser import program
from bench.report import Figure

CARDS = 50
VISITS = 5
WATCH = """
window.longest = 0; window.blocked = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    window.longest = Math.max(window.longest, duration);
    window.blocked += duration - 50;
  }
}).observe({ type: "longtask", buffered: true });
window.drawn = new Promise((resolve) => {
  const inSight = (card) => card.getBoundingClientRect().top < innerHeight;
  const look = () => {
    const cards = [...document.querySelectorAll("[data-widget]")].filter(inSight);
    const done = cards.length && cards.every((card) => card.getAttribute("aria-busy") === "false");
    if (!done) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => resolve({
      at: performance.now(), longest: window.longest, blocked: window.blocked,
    })));
  };
  look();
});
"""
FOUND = """async () => ({
  ...(await window.drawn), cards: document.querySelectorAll("[data-widget]").length,
})"""


def measure(stack: portal.Portal):
    stack.ensure_running()
    path = stack.inside("large", str(CARDS))["path"]
    cold = _seconds(stack, path)
    warm = [_seconds(stack, path) for _ in range(VISITS)]
    address = f"http://localhost:{stack.port}"
    first, again = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for session in stack.sessions()[:VISITS]:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            page = context.new_page()
            page.add_init_script(WATCH)
            for found in (first, again):
                page.goto(address + path, wait_until="commit")
                found.append(page.evaluate(FOUND))
            context.close()
        browser.close()
    assert {found["cards"] for found in first} == {CARDS}
    yield Figure("first screen drawn, first visit", _median(first, "at"), "s", 2.5)
    yield Figure("first screen drawn, next visit", _median(again, "at"), "s", 2.5)
    yield Figure("  longest task until then, first visit", _median(first, "longest"), "s")
    yield Figure("  the page's thread is blocked, first visit", _median(first, "blocked"), "s")
    yield Figure("the first 12 cards from the server, cold", cold["first"], "s")
    yield Figure("the other 38 cards from the server, cold", cold["rest"], "s")
    for part in ("page", "first", "rest"):
        yield Figure(f"  {part}, warm", report.median([one[part] for one in warm]), "s")
    slowdown = cold["first"] / report.median([one["first"] for one in warm])
    yield Figure("the first 12 cards, times faster when warm", slowdown, "x")


def _seconds(stack: portal.Portal, path: str) -> dict[str, float]:
    """Of the page and of each of its two answers."""
    found = {}
    parts = {"page": "", "first": "data?cards=first", "rest": "data?cards=rest"}
    for name, part in parts.items():
        began = time.perf_counter()
        status, _, _ = stack.get(path + part)
        assert status == 200, f"{path}{part} answers {status}."
        found[name] = time.perf_counter() - began
    return found


def _median(found: list[dict], name: str) -> float:
    return report.median([one[name] for one in found]) / 1000
