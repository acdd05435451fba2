"""Periods in words."""

from __future__ import annotations

import re

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
