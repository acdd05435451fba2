"""Periods in words."""

from __future__ import annotations

import re
from collections.abc import Sized
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboards.charts.formulas import Formula

UNITS = {
    "h": ("hour", "hours"),
    "d": ("day", "days"),
    "w": ("week", "weeks"),
    "m": ("month", "months"),
}


def span(period: str) -> str:
    """30d -> 30 days, 24h -> 24 h, 1d -> day."""
    found = re.fullmatch(r"(\d+)([hdwm])", period)
    if found is None:
        return period
    count, unit = int(found[1]), found[2]
    if count == 1:
        return UNITS[unit][0]
    return f"{count} h" if unit == "h" else f"{count} {UNITS[unit][1]}"


def empty_words(period: str) -> str:
    return f"No rows in the last {span(period)}." if period else "No rows yet."


def nothing(period: str, formula: Formula, rows: Sized) -> str:
    """Why nothing is drawn: there are no rows, or none of them has a value."""
    if not rows:
        return empty_words(period)
    when = f" in the last {span(period)}" if period else ""
    if "/" in formula.formula:
        return f"No value{when}: what {formula.formula} divides by is zero or missing there."
    return f"No value{when}: {formula.formula} has nothing to count with there."
