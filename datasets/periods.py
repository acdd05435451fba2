"""Core: periods as people name them, as instants on the calendar of a time zone.

A period is rolling (``24h``; ``30d``, ``12w``, ``6m``: calendar units, the one under way included),
named (`NAMED`), or absolute: ``2026-10-01..2026-10-31``, both days included, or ``2026-10-01..``.
Rolling ones and those that start with ``this`` end at the data's own time."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from datasets.errors import FilterRefused

SPAN = re.compile(r"([1-9]\d{0,3})([hdwm])", re.ASCII)
RANGE = re.compile(r"((?:19|20|21)\d\d-\d\d-\d\d)\.\.((?:19|20|21)\d\d-\d\d-\d\d)?", re.ASCII)
#: Name -> (months or days of one unit, units back from the one under way).
NAMED = {
    "today": ("1d", 0), "yesterday": ("1d", 1),
    "this-week": ("1w", 0), "last-week": ("1w", 1),
    "this-month": ("1m", 0), "last-month": ("1m", 1),
    "this-quarter": ("3m", 0), "last-quarter": ("3m", 1),
    "this-year": ("12m", 0), "last-year": ("12m", 1),
}  # fmt: skip
TICK = timedelta(microseconds=1)
YEAR = timedelta(days=364)  # 52 weeks: the same weekday of the year before

#: How far back: so many periods; ``aligned``: whole weeks, at least one period; ``year``.
Back = int | str


def is_period(written: object) -> bool:
    if not isinstance(written, str):
        return False
    if found := RANGE.fullmatch(written):
        try:
            days = [date.fromisoformat(part) for part in found.groups() if part]
        except ValueError:
            return False
        return days == sorted(days)
    return written in NAMED or SPAN.fullmatch(written) is not None


def bounds(period: str, back: Back, as_of: datetime, zone: str) -> tuple[datetime, datetime]:
    """Start (inclusive) and end (exclusive) of a period, both aware.

    ``back`` = 1 is the period before it, for one under way up to the same time of its last day."""
    if not is_period(period):
        raise FilterRefused(
            f"'{period}' is no period; write for example 24h, 30d, 12w, 6m, last-month or "
            "2026-10-01..2026-10-31."
        )
    if isinstance(back, str):
        start, end = bounds(period, 0, as_of, zone)
        return tuple(_moved(moment, _shift(start, end, back), zone) for moment in (start, end))  # type: ignore[return-value]
    if found := RANGE.fullmatch(period):
        return _absolute(found[1], found[2], back, as_of, zone)
    if period in NAMED:
        return _named(period, back, as_of, zone)
    return _rolling(period, back, as_of, zone)


def shift(period: str, back: str, as_of: datetime, zone: str) -> timedelta:
    """By how much the wall clock of an earlier period lies before that of ``period``."""
    return _shift(*bounds(period, 0, as_of, zone), back)


def _shift(start: datetime, end: datetime, back: str) -> timedelta:
    if back == "year":
        return YEAR
    if back != "aligned":
        raise FilterRefused(f"'{back}' is no way back in time; it is aligned or year.")
    days = math.ceil((end - start - TICK) / timedelta(days=1))
    return timedelta(weeks=max(1, math.ceil(days / 7)))


def _moved(moment: datetime, by: timedelta, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)) - by  # of the wall clock, so clock changes do not move


def _absolute(
    first: str, last: str | None, back: int, as_of: datetime, zone: str
) -> tuple[datetime, datetime]:
    tz = ZoneInfo(zone)
    start = datetime.combine(date.fromisoformat(first), time(), tz)
    until = date.fromisoformat(last) if last else as_of.astimezone(tz).date()
    end = datetime.combine(until, time(), tz) + timedelta(days=1)
    days = timedelta(days=(end.date() - start.date()).days * back)
    return start - days, end - days


def _named(period: str, back: int, as_of: datetime, zone: str) -> tuple[datetime, datetime]:
    span, ago = NAMED[period]
    if not ago:
        if span in ("3m", "12m"):
            return _quarter_or_year(int(span[:-1]), back, as_of, zone)
        return _rolling(span, back, as_of, zone)
    months = int(span[:-1]) if span.endswith("m") else 0
    if not months:
        start, _ = _rolling(span, 0, as_of, zone)
        size = timedelta(days=1 if span == "1d" else 7)
        return start - size * (ago + back), start - size * (ago + back - 1)
    start, _ = _quarter_or_year(months, 0, as_of, zone)
    first = months_before(start, months * (ago + back))
    return first, months_before(start, months * (ago + back - 1))


def _quarter_or_year(
    months: int, back: int, as_of: datetime, zone: str
) -> tuple[datetime, datetime]:
    """The calendar's month, quarter or year under way, or the same part of an earlier one."""
    until = (as_of + TICK).astimezone(ZoneInfo(zone))
    midnight = as_of.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight.replace(month=(midnight.month - 1) // months * months + 1, day=1)
    return months_before(start, months * back), months_before(until, months * back)


def _rolling(span: str, back: int, as_of: datetime, zone: str) -> tuple[datetime, datetime]:
    found = SPAN.fullmatch(span)
    assert found is not None
    count, unit = int(found[1]), found[2]
    end = as_of + TICK
    if unit == "h":
        step = timedelta(hours=count)
        return end - step * (back + 1), end - step * back
    tz = ZoneInfo(zone)
    local = as_of.astimezone(tz)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "m":
        start = months_before(midnight.replace(day=1), count - 1)
        return months_before(start, count * back), months_before(end.astimezone(tz), count * back)
    days = count if unit == "d" else 7 * count
    until = end.astimezone(tz)
    today = midnight if unit == "d" else midnight - timedelta(days=midnight.weekday())
    start = today - timedelta(days=days - (1 if unit == "d" else 7))
    step = timedelta(days=days * back)  # of the wall clock, so clock changes do not move it
    # Taking nothing off would still turn the second 2:30 of a clock change into the first.
    return start - step, until - step if back else until


def months_before(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(index, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month + 1)
