"""The demo shop with 200,000 carts is loaded within 20 s, at the first start."""

from __future__ import annotations

import re

from bench import portal
from bench.report import Figure


def measure(stack: portal.Portal):
    stack.prepare()
    said = (stack.data / "first-start.log").read_text()
    carts, seconds = re.search(r"Loaded ([\d,]+) carts in (\d+) s", said).groups()
    yield Figure(f"loading {carts} carts", float(seconds), "s", 20)
    first = re.findall(r" ([\d.]+) s$", said, re.MULTILINE)
    yield Figure("whole first start", sum(map(float, first)) - float(seconds), "s")
