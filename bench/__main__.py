"""``python -m bench [NAME ...] [--data FOLDER]``; exit code 1 when a promise is not kept."""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench import portal, report

# In this order: the first two need a portal that nobody has used yet.
PROMISES = (
    "demo", "start", "browser", "large", "dashboards", "people", "refresh", "filters", "live",
    "rights",
)  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("names", nargs="*", choices=[[], *PROMISES], metavar="NAME")
    options.add_argument(
        "--data", type=Path, help="Keep the portal in this folder, and use it again."
    )
    chosen = options.parse_args()
    data = chosen.data or Path(tempfile.mkdtemp(prefix="portal-bench-"))
    failed = 0
    try:
        with portal.Portal(data) as stack:
            for name in PROMISES:
                if name in (chosen.names or PROMISES):
                    failed += promise(name, stack)
    finally:
        if not chosen.data:
            shutil.rmtree(data, ignore_errors=True)
    print(f"\n{failed or 'None'} of the promises' figures failed.")
    return min(failed, 1)


def promise(name: str, stack: portal.Portal) -> int:
    """Measure one promise and print it; how many of its figures missed their goal."""
    module = importlib.import_module(f"bench.{name}")
    began, failed = time.monotonic(), 0
    print(f"\n{name}: {module.__doc__.splitlines()[0]}", flush=True)
    for figure in module.measure(stack):
        print(figure.line(), flush=True)
        failed += not figure.holds
    took, load = time.monotonic() - began, report.load_average()
    print(f"       ({took:.0f} s, load average {load:.1f})", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
