"""A choice redraws 12 cards of a snapshot of 1 M rows within 1.5 s, from cold caches.

Beside it, in the same run: all data of a dashboard from warm caches costs at most 15 ms of CPU, and
a drawing at most 60 ms at the median. Redrawn: from the click until no card waits and two more
frames were painted."""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from bench import dashboards, portal, refresh, report
from bench.browser import program
from bench.report import Figure

CHOICES = 9
WAIT = """() => new Promise((resolve) => {
  const grid = document.getElementById("grid");
  const begin = performance.now();
  document.querySelector("#panel .btn.primary").click();
  const look = () => {
    if (grid.getAttribute("aria-busy") !== "false") return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begin)));
  };
  requestAnimationFrame(look);
})"""


def measure(stack: portal.Portal):
    stack.ensure_running()
    stack.inside("big_table", refresh.SLUG, str(refresh.ROWS))
    stack.inside("refresh", refresh.SLUG)
    stack.inside("filtered_dashboard", refresh.SLUG)
    times = choose(stack)
    yield Figure("12 cards of 1 M rows redrawn, median", report.median(times) / 1000, "s", 1.5)
    yield Figure("  slowest", max(times) / 1000, "s")

    dashboards.run(stack, seconds=2)
    warm = dashboards.run(stack, seconds=8, parts=["data"])
    web = warm["used"]["web"] / warm["count"] * 1000
    yield Figure("all data of 12 cards, warm: CPU of the web", web, "ms each", 15)

    built = stack.inside("build_charts")
    every = [seconds * 1000 for times in built.values() for seconds in times]
    yield Figure("one drawing, median CPU", report.median(every), "ms", 60)
    slowest = max(built, key=lambda kind: report.median(built[kind]))
    yield Figure(f"  the slowest type, {slowest}", report.median(built[slowest]) * 1000, "ms")


def choose(stack: portal.Portal) -> list[float]:
    """Milliseconds of each choice, none of which was made before."""
    address = f"http://localhost:{stack.port}"
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        session = {"name": "sessionid", "value": stack.sessions()[0], "url": address}
        context.add_cookies([session])
        page = context.new_page()
        page.goto(f"{address}/dashboards/{refresh.SLUG}-cards/")
        page.wait_for_function("() => document.querySelectorAll('.card-chart').length > 6")
        page.wait_for_timeout(3000)
        for number in range(1, CHOICES + 1):
            page.click("[data-filter=customer]")
            page.locator("#panel input").first.fill(str(number * 1000))
            times.append(page.evaluate(WAIT))
            page.wait_for_timeout(300)
        browser.close()
    return times
