"""Buckets of time on the local wall clock: their order, names and gaps.

Times here are naive local ones, as queries return them for grouped columns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton

from datasets import periods
from datasets.formats import locale_of

GRAINS = [("hour", "Hour"), ("day", "Day"), ("week", "Week"), ("month", "Month"),
          ("quarter", "Quarter"), ("year", "Year")]  # fmt: skip
AUTO = "auto"
#: What options offer; `fitting` turns the first into one of the others before a chart asks.
CHOICES = [(AUTO, "What fits the period"), *GRAINS]
FITS = 100  # points of a course that one can still tell apart
#: More points than a screen has pixels help nobody; the newest stay.
MOST = 2000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock
#: Buckets between labelled ones that read well.
STRIDES = {"hour": (1, 2, 3, 6, 12, 24, 48, 168), "day": (1, 2, 7, 14, 28, 91, 182, 364),
           "week": (1, 2, 4, 13, 26, 52), "month": (1, 2, 3, 6, 12, 24, 60),
           "quarter": (1, 2, 4, 8, 20), "year": (1, 2, 5, 10, 20)}  # fmt: skip


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def as_time(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def ms(moment: datetime) -> int:
    return round((moment - EPOCH) / timedelta(milliseconds=1))


def floor(moment: datetime, grain: str) -> datetime:
    """Start of the bucket that holds the moment."""
    if grain == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match grain:
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
        case "quarter":
            return midnight.replace(month=(midnight.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return midnight.replace(month=1, day=1)
    return midnight


LONGEST = {
    "hour": timedelta(hours=1),
    "day": timedelta(1),
    "week": timedelta(7),
    "month": timedelta(31),
    "quarter": timedelta(92),
    "year": timedelta(366),
}


def fitting(period: str, as_of: datetime | None, zone: str, begins: datetime | None = None) -> str:
    """The finest grain in which a period, or all times since the data begin, is no more than
    `FITS` buckets; days where neither is known."""
    if as_of is None or not (period or begins):
        return "day"
    start, end = periods.bounds(period, 0, as_of, zone) if period else (begins or as_of, as_of)
    span = max(min(end, as_of) - start, timedelta(0))
    return next((grain for grain, longest in LONGEST.items() if span <= FITS * longest), "year")


def following(start: datetime, grain: str) -> datetime:
    """Start of the next bucket."""
    if grain in ("hour", "day", "week"):
        return (
            start + {"hour": timedelta(hours=1), "day": timedelta(1), "week": timedelta(7)}[grain]
        )
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    index = start.year * 12 + start.month - 1 + months
    return start.replace(year=index // 12, month=index % 12 + 1)


def exists(start: datetime, zone: str) -> bool:
    """Whether the hour is on the clock: one a year is skipped where clocks go forward."""
    tz = ZoneInfo(zone)
    return start.replace(tzinfo=tz).astimezone(UTC).astimezone(tz).replace(tzinfo=None) == start


def between(first: datetime, last: datetime, grain: str, zone: str) -> list[datetime]:
    """All buckets from first to last, the newest `MOST` of them."""
    try:  # one odd date, such as year 1, must not cost millions of empty buckets
        first = max(first, floor(last - MOST * LONGEST[grain], grain))
    except OverflowError:
        pass  # the calendar itself is shorter than so many buckets
    found, start = [], first
    while start <= last:
        if grain != "hour" or exists(start, zone):
            found.append(start)
        try:
            start = following(start, grain)
        except (OverflowError, ValueError):  # the end of the calendar
            break
    return found[-MOST:]


def expected(
    present: set[datetime], grain: str, period: str, as_of: datetime, zone: str
) -> list[datetime]:
    """The buckets of a chart: of the whole period, or from the first to the last that have rows."""
    if not present:
        return []
    first, last = min(present), max(present)
    if period:
        start, end = periods.bounds(period, 0, as_of, zone)
        first = min(first, floor(local(start, zone), grain))
        last = max(last, floor(local(min(as_of, end - periods.TICK), zone), grain))
    return between(first, last, grain, zone)


def is_unfinished(start: datetime, grain: str, period: str, as_of: datetime, zone: str) -> bool:
    """Whether the bucket still grows, or the period ends within it."""
    if start <= local(as_of, zone) < following(start, grain):
        return True
    end = local(periods.bounds(period, 0, as_of, zone)[1], zone) if period else None
    return end is not None and start < end < following(start, grain)


def is_over(period: str, as_of: datetime, zone: str) -> bool:
    """Whether the period has its end behind it: what it holds of a bucket does not grow."""
    return bool(period) and periods.bounds(period, 0, as_of, zone)[1] <= as_of


@lru_cache(4096)
def label(start: datetime, grain: str, locale: str) -> str:
    """Short name for an axis."""
    at = locale_of(locale)
    match grain:
        case "hour" if start.hour:
            return f"{start:%H:%M}"
        case "month":
            return format_date(start, "MMM" if start.month > 1 else "MMM y", locale=at)
        case "quarter":
            return format_date(start, "QQQ y", locale=at)
        case "year":
            return str(start.year)
    return format_date(start, "d MMM", locale=at)


def is_cut(start: datetime, period: str, as_of: datetime, zone: str) -> bool:
    """Whether the period begins within the bucket: of 24 h at 14:05, the first hour has 55
    minutes."""
    return bool(period) and start < local(periods.bounds(period, 0, as_of, zone)[0], zone)


def cell(start: datetime, grain: str, zone: str, name: str) -> tuple[str, date | datetime]:
    """A bucket in the table of the same numbers: its name, and when it starts."""
    return name, start.replace(tzinfo=ZoneInfo(zone)) if grain == "hour" else start.date()


@lru_cache(4096)
def title(start: datetime, grain: str, locale: str) -> str:
    """Full name for a tooltip or a table."""
    at = locale_of(locale)
    match grain:
        case "hour":
            return f"{format_date(start, 'EEE d MMM y', locale=at)}, {start:%H:%M}"
        case "week":
            return f"Week of {format_date(start, 'd MMM y', locale=at)}"
        case "month":
            return format_skeleton("yMMMM", start, locale=at)
        case "quarter" | "year":
            return label(start, grain, locale)
    return format_date(start, "EEE d MMM y", locale=at)


def ticks(starts: list[datetime], grain: str, most: int) -> list[datetime]:
    """At most about ``most`` buckets for labels, evenly apart; hours stand at round ones."""
    if not starts:
        return []
    fitting = [s for s in STRIDES[grain] if -(-len(starts) // s) <= most]
    stride = fitting[0] if fitting else -(-len(starts) // most)
    if grain == "hour" and stride <= 24:
        return [start for start in starts if start.hour % stride == 0]
    if grain in ("month", "quarter") and 12 % stride == 0:
        size = 1 if grain == "month" else 3
        return [start for start in starts if (start.month - 1) // size % stride == 0]
    return starts[::-1][::stride][::-1]  # the newest bucket always has its label
