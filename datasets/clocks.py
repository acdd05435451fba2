"""Core: the wall clock of a time zone as arithmetic that the engine does quickly.

The engine's own conversion asks its calendar library for every row, 0.1 s for a million; here the
few changes of a zone's offset in the years around the data are written into the statement, and
only instants outside of them are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BEFORE, AFTER = 12, 3  # years around the data's own time
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(column: str, zone: str, as_of: datetime) -> str:
    """SQL of a column of instants (one without a zone counts as UTC) on the zone's wall clock.

    ``column`` is quoted already; ``zone`` must be a name that `zoneinfo` knows."""
    first, changes = _changes(zone, as_of.astimezone(UTC).year)
    instant = f"epoch_us({column})"
    last = _micros(datetime(as_of.astimezone(UTC).year + AFTER, 1, 1, tzinfo=UTC))
    shift = str(changes[0][1])
    if len(changes) > 1:
        newest = reversed(changes[1:])  # rows are mostly new: they leave at the first branches
        branches = " ".join(f"WHEN {instant} >= {at} THEN {offset}" for at, offset in newest)
        shift = f"CASE {branches} ELSE {shift} END"
    asked = f"timezone('{ZoneInfo(zone).key}', CAST({column} AS TIMESTAMPTZ))"
    return (
        f"CASE WHEN {instant} >= {first} AND {instant} < {last} "
        f"THEN make_timestamp({instant} + {shift}) ELSE {asked} END"
    )


@lru_cache(64)
def _changes(zone: str, year: int) -> tuple[int, list[tuple[int, int]]]:
    """Begin of the years, and (instant, offset from then on), oldest first; all in microseconds."""
    tz = ZoneInfo(zone)
    moment = datetime(year - BEFORE, 1, 1, tzinfo=UTC)
    end = datetime(year + AFTER, 1, 1, tzinfo=UTC)
    found = [(_micros(moment), _offset(tz, moment))]
    while moment < end:
        following = moment + DAY
        if _offset(tz, following) != found[-1][1]:
            at = _exact(tz, moment, following)
            found.append((_micros(at), _offset(tz, at)))
            if _offset(tz, following) != found[-1][1]:  # twice within a day
                found.append((_micros(following), _offset(tz, following)))
        moment = following
    return found[0][0], found


def _exact(tz: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second at which the offset changes first, between two instants that differ in it."""
    before = _offset(tz, low)
    while high - low > SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle <= low:
            break
        if _offset(tz, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(tz: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(tz).utcoffset()
    assert offset is not None
    return round(offset / timedelta(microseconds=1))


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
