"""Periods in words."""

from __future__ import annotations

from collections.abc import Sized
from datetime import date
from typing import TYPE_CHECKING

from babel.dates import format_date

from datasets import periods
from datasets.formats import locale_of

if TYPE_CHECKING:
    from dashboards.charts.formulas import Formula

UNITS = {
    "h": ("hour", "hours"),
    "d": ("day", "days"),
    "w": ("week", "weeks"),
    "m": ("month", "months"),
}
#: Of a named period: what lies before it.
BEFORE = {"today": "day", "yesterday": "day", "week": "week", "month": "month",
          "quarter": "quarter", "year": "year"}  # fmt: skip


def span(period: str) -> str:
    """30d -> 30 days, 24h -> 24 h, 1d -> day."""
    found = periods.SPAN.fullmatch(period)
    if found is None:
        return period
    count, unit = int(found[1]), found[2]
    if count == 1:
        return UNITS[unit][0]
    return f"{count} h" if unit == "h" else f"{count} {UNITS[unit][1]}"


def name(period: str, locale: str = "en") -> str:
    """30d -> last 30 days, this-month -> this month, and days of an absolute one; "" -> all."""
    if not period:
        return "all"
    if periods.SPAN.fullmatch(period):
        return f"last {span(period)}"
    days = _days(period)
    if days is None:
        return period.replace("-", " ")
    first, last = days
    at = locale_of(locale)
    if last is None:
        return f"since {format_date(first, 'd MMM y', locale=at)}"
    return days_between(first, last, locale)


def days_between(first: date, last: date, locale: str = "en") -> str:
    at = locale_of(locale)
    until = format_date(last, "d MMM y", locale=at)
    if first == last:
        return until
    start = format_date(first, "d MMM" if first.year == last.year else "d MMM y", locale=at)
    return f"{start} to {until}"


def _days(period: str) -> tuple[date, date | None] | None:
    """First and last day of an absolute period."""
    found = periods.RANGE.fullmatch(period)
    if found is None:
        return None
    return date.fromisoformat(found[1]), date.fromisoformat(found[2]) if found[2] else None


def within(period: str, locale: str = "en") -> str:
    """As it stands in a sentence: in the last 30 days, this month, from 1 Oct to 7 Oct 2026."""
    said, days = name(period, locale), _days(period)
    if periods.SPAN.fullmatch(period):
        return f"in the {said}"
    if days is None or days[1] is None:
        return said
    return f"on {said}" if days[0] == days[1] else f"from {said}"


def before(period: str, compare: str = "") -> str:
    """What a period is compared with: the 30 days before, the month before, a year ago."""
    if compare == "year":
        return "the year before"
    if periods.SPAN.fullmatch(period):
        return f"the {span(period)} before"
    if days := _days(period):
        count = (days[1] - days[0]).days + 1 if days[1] else 0
        return f"the {count} days before" if count > 1 else "the day before" if count else "before"
    return f"the {BEFORE[period.rpartition('-')[2]]} before"


def empty_words(period: str, locale: str = "en") -> str:
    return f"No rows {within(period, locale)}." if period else "No rows yet."


def no_match(period: str, locale: str = "en") -> str:
    """The same where a person's choices leave no rows."""
    return f"Nothing{f' {within(period, locale)}' if period else ''} matches what is chosen."


def nothing(period: str, formula: Formula, rows: Sized, locale: str = "en") -> str:
    """Why nothing is drawn: there are no rows, or none of them has a value."""
    if not rows:
        return empty_words(period, locale)
    when = f" {within(period, locale)}" if period else ""
    if "/" in formula.formula:
        return f"No value{when}: what {formula.formula} divides by is zero or missing there."
    return f"No value{when}: {formula.formula} has nothing to count with there."
