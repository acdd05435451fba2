"""A second start shows the first page within 8 s; the idle stack takes at most 600 MiB."""

from __future__ import annotations

import time

from bench import meter, portal
from bench.report import Figure

IDLE_SECONDS = 60


def measure(stack: portal.Portal):
    stack.prepare()
    stack.stop()
    drawn = any((stack.data / "drawings").glob("*.json"))
    began = time.monotonic()
    stack.start()
    login, *_ = stack.get("/login/", Cookie="")
    first_page = time.monotonic() - began
    page, *_ = stack.get(portal.DASHBOARD)
    dashboard = time.monotonic() - began
    data, *_ = stack.get(f"{portal.DASHBOARD}data")
    if (login, page, data) != (200, 200, 200):
        raise RuntimeError(f"Login page {login}, dashboard {page}, its data {data}")
    yield Figure("drawings were kept from before (1 yes, 0 no)", float(drawn), "")
    yield Figure("second start until the login page", first_page, "s", 8)
    yield Figure("second start until the dashboard", dashboard, "s", 8)
    yield Figure("CPU until then", sum(meter.cpu_by_service(stack.pid).values()), "s")

    while time.monotonic() < began + first_page + IDLE_SECONDS:
        stack.listen(1.0)
    before, since = meter.cpu_by_service(stack.pid), time.monotonic()
    sizes = {
        name: meter.pss(pids) / meter.MEBIBYTE for name, pids in meter.services(stack.pid).items()
    }
    yield Figure("memory of the idle stack (PSS)", sum(sizes.values()), "MiB", 600)
    for name, size in sorted(sizes.items()):
        yield Figure(f"  {name}", size, "MiB")
    stack.listen(10)
    while time.monotonic() < since + 10:
        stack.listen(1.0)
    spent = meter.used(before, meter.cpu_by_service(stack.pid))
    yield Figure(
        "idle CPU, with simulator and refreshes", sum(spent.values()) / 10 * 100, "% of a core"
    )
