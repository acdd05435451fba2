"""100 people who reload every 5 s while the shop sells and refreshes run: 95 % within 0.5 s."""

from __future__ import annotations

from bench import dashboards, portal, report
from bench.report import Figure

PEOPLE = 100
EVERY = 5
SECONDS = 30


def measure(stack: portal.Portal):
    stack.ensure_running()
    dashboards.run(stack, seconds=1)
    found = dashboards.run(stack, seconds=SECONDS, people=PEOPLE, every=EVERY)
    milliseconds = [seconds * 1000 for seconds in found["times"]]
    yield Figure("95 % of the dashboards within", report.percentile(milliseconds, 0.95), "ms", 500)
    yield Figure("median", report.median(milliseconds), "ms")
    yield Figure("slowest", max(milliseconds), "ms")
    yield Figure("dashboards", found["count"], "")
    for name in ("web", "postgres", "redis", "worker"):
        yield Figure(
            f"CPU of {name}", found["used"].get(name, 0) / found["count"] * 1000, "ms each"
        )
    yield Figure("CPU of the load generator", found["cpu"] / found["count"] * 1000, "ms each")
