"""Core: from when on there are data at all. What lies before is not known, which is not zero.

`Context.begins` is the first time in a card's own column of time, whatever is chosen. Nights and
quiet hours have no rows, so the first thirtieth of a period or bucket may be without."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from babel.dates import format_date

from dashboards.charts import buckets
from datasets import periods
from datasets.formats import locale_of

if TYPE_CHECKING:
    from dashboards.charts.registry import Context

QUIET = 30  # one part of so many
RECENT = timedelta(days=3)


def covers(context: Context, period: str, back: periods.Back = 0) -> bool:
    """Whether the data begin before the period does, or before the one so far ``back``."""
    if context.begins is None or not period:
        return True
    try:
        start, end = periods.bounds(period, back, context.as_of, context.time_zone)
    except (ValueError, OverflowError):  # before all time: the question itself says so
        return True
    return context.begins <= start + (min(end, context.as_of) - start) / QUIET


def is_before(start: datetime, grain: str, context: Context) -> bool:
    """Whether a bucket ends before the data begin."""
    return context.begins is not None and buckets.following(start, grain) <= _begin(context)


def is_whole(start: datetime, grain: str, context: Context) -> bool:
    """Whether the data begin before the bucket does."""
    if context.begins is None:
        return True
    return _begin(context) <= start + (buckets.following(start, grain) - start) / QUIET


def blanks(
    starts: list[datetime], grain: str, context: Context, *, adds_up: bool
) -> list[float | None]:
    """What buckets without rows hold: of counts and sums zero, once there are data."""
    return [0.0 if adds_up and not is_before(s, grain, context) else None for s in starts]


def part(starts: list[datetime], grain: str, period: str, context: Context) -> int | None:
    """Index of the bucket within which the period or the data begin, so that it holds a part."""
    if starts and buckets.is_cut(starts[0], period, context.as_of, context.time_zone):
        return 0
    first = (i for i, start in enumerate(starts) if not is_before(start, grain, context))
    index = next(first, None)
    return None if index is None or is_whole(starts[index], grain, context) else index


def days(period: str, column: str, context: Context) -> str:
    """Of a period of hours on a column of days: which days it is, all of them whole."""
    info, span = context.columns.get(column), periods.SPAN.fullmatch(period)
    if info is None or info.type != "date" or span is None or span[2] != "h":
        return ""
    bounds = periods.bounds(period, 0, context.as_of, context.time_zone)
    names = [
        format_date(buckets.local(moment, context.time_zone), "d MMM", locale_of(context.locale))
        for moment in (bounds[0], bounds[1] - periods.TICK)
    ]
    return f"Whole days: {' to '.join(dict.fromkeys(names))}"


def day(context: Context) -> str:
    """When the data begin, in words."""
    assert context.begins is not None
    begin = _begin(context)
    now = buckets.local(context.as_of, context.time_zone)
    pattern = "d MMM" if begin.year == now.year else "d MMM y"
    said = format_date(begin, pattern, locale=locale_of(context.locale))
    is_recent = context.as_of - context.begins < RECENT
    return f"{said}, {begin:%H:%M}" if is_recent else said


def _begin(context: Context) -> datetime:
    assert context.begins is not None
    return buckets.local(context.begins, context.time_zone)
