"""Core: when a dataset is due next, calculated on UTC instants so that clock changes do no harm."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab_parser

if TYPE_CHECKING:
    from datasets.models import Dataset

FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)
SHORTEST_INTERVAL = timedelta(seconds=2)
LOOK_AHEAD = 366 * 4 + 1  # days: a cron line for 29 February has its turn within them


def next_due(dataset: Dataset, after: datetime) -> datetime | None:
    """The first due instant later than ``after`` (aware); None when the dataset has no schedule."""
    if dataset.refresh_cron:
        return next_cron(dataset.refresh_cron, dataset.time_zone, after)
    if dataset.refresh_every:
        if dataset.refresh_every < SHORTEST_INTERVAL:
            raise ValueError("The interval must be two seconds or longer.")
        every: timedelta = dataset.refresh_every
        return after + every
    return None


def retry_at(failures: int, now: datetime) -> datetime:
    """Exponential back-off with full jitter on its upper half: 10 s, 20 s, ... up to an hour."""
    wait = min(FIRST_RETRY * float(2 ** min(failures - 1, 20)), LONGEST_RETRY)
    return now + wait * random.uniform(0.5, 1.0)


def jitter(due: datetime, interval: timedelta | None) -> datetime:
    """Spread datasets that came due together over a twentieth of their interval, at most 30 s."""
    if not interval:
        return due
    return due + min(interval / 20, timedelta(seconds=30)) * random.random()


def next_cron(line: str, zone: str, after: datetime) -> datetime:
    """The next match of a five-field cron line in ``zone``.

    A local time that a clock change skips is due as long after the change as it would have been;
    one that comes twice is due at its first coming, or at both when the line is for every hour.
    Raises ValueError for a line that is no cron line or never due.
    """
    minutes, hours, days, months, weekdays = _parse(line)
    tz = ZoneInfo(zone)
    day = after.astimezone(tz).date()
    any_day, any_weekday = len(days) == 31, len(weekdays) == 7
    comings = (0, 1) if len(hours) == 24 else (0,)
    for _ in range(LOOK_AHEAD):
        on_day, on_weekday = day.day in days, (day.isoweekday() % 7) in weekdays
        # Both fields given: either may match (POSIX crontab).
        fits = (on_day and on_weekday) if any_day or any_weekday else (on_day or on_weekday)
        if fits and day.month in months:
            today = (
                _instant(
                    datetime(day.year, day.month, day.day, hour, minute, tzinfo=tz, fold=coming)
                )
                for hour in hours
                for minute in minutes
                for coming in comings
            )
            if due := min((instant for instant in today if instant > after), default=None):
                return due
        day += timedelta(days=1)
    raise ValueError(f"'{line}' never comes due.")


def _instant(local: datetime) -> datetime:
    """The UTC instant of a local time; fold=0 is the first of two and moves a skipped one on."""
    return local.astimezone(ZoneInfo("UTC"))


def _parse(line: str) -> tuple[list[int], list[int], list[int], list[int], set[int]]:
    fields = line.split()
    if len(fields) != 5:
        raise ValueError("A cron line has five fields: minute hour day month weekday.")
    spans = [(60, 0), (24, 0), (31, 1), (12, 1), (7, 0)]
    try:
        values = [
            sorted(crontab_parser(span, first).parse(text))
            for (span, first), text in zip(spans, fields, strict=True)
        ]
    except (ParseException, ValueError, KeyError) as error:
        raise ValueError(f"'{line}' is no cron line: {error}") from error
    minutes, hours, days, months, weekdays = values
    return minutes, hours, days, months, set(weekdays)
