"""40 dashboards a second from warm caches, with at most 25 ms of CPU of the web processes for each.

Beside it, in the same run: the same cards made without caches, and the answer "nothing changed"."""

from __future__ import annotations

import json

from bench import meter, portal, report
from bench.report import Figure

SECONDS = 16
PEOPLE = 8
# Apache Superset 6.1, 12 charts, warm cache: about 2 a second at 700 to 900 ms of CPU each.
SUPERSET_RATE, SUPERSET_CPU = 2.0, 0.8


def measure(stack: portal.Portal):
    stack.ensure_running()
    run(stack, seconds=2)
    warm = run(stack, seconds=SECONDS)
    web = warm["used"]["web"] / warm["count"] * 1000
    yield Figure("dashboards a second, warm", warm["rate"], "1/s", 40, at_least=True)
    yield Figure("CPU of the web processes", web, "ms each", 25)
    for name in ("postgres", "redis", "worker"):
        yield Figure(f"CPU of {name}", warm["used"].get(name, 0) / warm["count"] * 1000, "ms each")
    yield Figure("CPU of the load generator", warm["cpu"] / warm["count"] * 1000, "ms each")
    yield Figure("median time of a dashboard", report.median(warm["times"]) * 1000, "ms")
    yield Figure("bytes of a dashboard", warm["bytes"] / warm["count"] / 1000, "kB")
    yield Figure("rate, times Apache Superset 6.1 (2/s)", warm["rate"] / SUPERSET_RATE, "x")
    yield Figure("CPU, times less than Superset (800 ms)", SUPERSET_CPU * 1000 / web, "x")

    unchanged = run(stack, seconds=SECONDS / 2, again=True)
    share = unchanged["statuses"].get("304", 0) / sum(unchanged["statuses"].values())
    yield Figure("unchanged dashboards a second (304)", unchanged["rate"], "1/s")
    yield Figure("  of their answers are 304", share * 100, "%")
    yield Figure(
        "  CPU of the web", unchanged["used"]["web"] / unchanged["count"] * 1000, "ms each"
    )

    naive = stack.inside("uncached", REDIS_URL="unix:///nowhere", LOG_LEVEL="ERROR")
    yield Figure("the 12 cards without caches, CPU", naive["cpu"] * 1000, "ms each")
    yield Figure("CPU, times less than without caches", naive["cpu"] * 1000 / web, "x")


def run(stack: portal.Portal, *, seconds: float, people: int = PEOPLE, **more) -> dict:
    """Load dashboards from another process; what came, and the CPU that each service took."""
    plan = {"port": stack.port, "path": portal.DASHBOARD, "sessions": stack.sessions()}
    plan |= {"people": people, "seconds": seconds, **more}
    before = meter.cpu_by_service(stack.pid)
    found = portal.answer(stack.python("bench.load", json.dumps(plan)))
    found["used"] = meter.used(before, meter.cpu_by_service(stack.pid))
    if found["wrong"]:
        raise RuntimeError(f"Wrong answers: {found['wrong']}")
    found["count"] = len(found["times"])
    found["rate"] = found["count"] / found["seconds"]
    return found
