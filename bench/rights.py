"""Rules cost nothing that one can feel, and neither do many dashboards and roles.

A cached dashboard whose datasets all have row rules costs at most 1.2 times the CPU of one without;
the list of a person with 3 of 50 roles, of 1,000 dashboards, at most 30 ms with a fixed number of
queries."""

from __future__ import annotations

from bench import portal
from bench.report import Figure


def measure(stack: portal.Portal):
    stack.ensure_running()
    found = stack.inside("rules")
    yield Figure("a dashboard under row rules, against one without",
                 found["with"] / found["without"], "x", 1.2)  # fmt: skip
    yield Figure("  with rules, CPU of page and data", found["with"], "ms")
    yield Figure("  without", found["without"], "ms")
    many = stack.inside("many")
    yield Figure(
        f"list of {many['shown']} of 1,000 dashboards, 50 roles, CPU", many["page"], "ms", 30
    )
    yield Figure("  queries", many["page_queries"], "")
    yield Figure("  by the API, CPU", many["api"], "ms", 30)
    yield Figure("  queries", many["api_queries"], "")
