"""When a dataset is due: on UTC instants, so that clock changes neither skip nor double."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from datasets.schedule import jitter, next_cron, next_due, retry_at

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def coming(line, zone, after, count):
    """The next instants in turn, each found from the one before."""
    found, now = [], utc(after)
    for _ in range(count):
        now = next_cron(line, zone, now)
        found.append(now.strftime("%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("line", "zone", "after", "instants"),
    [
        ("30 6 * * *", BERLIN, "2026-10-23T12:00", ["10-24 04:30", "10-25 05:30", "10-26 05:30"]),
        ("30 6 * * *", BERLIN, "2026-03-27T12:00", ["03-28 05:30", "03-29 04:30", "03-30 04:30"]),
        ("30 6 * * *", NEW_YORK, "2026-10-31T00:00", ["10-31 10:30", "11-01 11:30", "11-02 11:30"]),
        # 02:30 does not exist on 29 March in Berlin and on 8 March in New York: an hour later once.
        ("30 2 * * *", BERLIN, "2026-03-27T12:00", ["03-28 01:30", "03-29 01:30", "03-30 00:30"]),
        ("30 2 * * *", NEW_YORK, "2026-03-06T12:00", ["03-07 07:30", "03-08 07:30", "03-09 06:30"]),
        # 02:30 comes twice on 25 October in Berlin, 01:30 on 1 November in New York: the first counts.  # noqa: E501
        ("30 2 * * *", BERLIN, "2026-10-23T12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        ("30 1 * * *", NEW_YORK, "2026-10-30T12:00", ["10-31 05:30", "11-01 05:30", "11-02 06:30"]),
        # Every hour and every minute go on through both changes.
        (
            "0 * * * *",
            BERLIN,
            "2026-10-24T22:30",
            ["10-24 23:00", "10-25 00:00", "10-25 01:00", "10-25 02:00"],
        ),
        ("0 * * * *", BERLIN, "2026-03-28T23:30", ["03-29 00:00", "03-29 01:00", "03-29 02:00"]),
        (
            "*/20 * * * *",
            BERLIN,
            "2026-10-25T00:30",
            ["10-25 00:40", "10-25 01:00", "10-25 01:20", "10-25 01:40"],
        ),
        ("0 * * * *", NEW_YORK, "2026-11-01T04:30", ["11-01 05:00", "11-01 06:00", "11-01 07:00"]),
        ("0 * * * *", NEW_YORK, "2026-03-08T05:30", ["03-08 06:00", "03-08 07:00", "03-08 08:00"]),
        ("0 2,3 * * *", BERLIN, "2026-03-28T12:00", ["03-29 01:00", "03-30 00:00", "03-30 01:00"]),
    ],
)
def test_clock_changes(line, zone, after, instants):
    assert coming(line, zone, after, len(instants)) == instants


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, "UTC", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "start", ["2026-10-24T12:00", "2026-03-28T12:00", "2026-11-01T00:00", "2026-03-08T00:00"]
)
def test_every_quarter_of_an_hour_has_no_gap_and_no_double(zone, start):
    now = utc(start)
    for _ in range(4 * 30):
        due = next_cron("*/15 * * * *", zone, now)
        assert due - now == timedelta(minutes=15)
        now = due


@pytest.mark.parametrize(
    ("line", "instants"),
    [
        ("0 0 13 * *", ["02-13", "03-13", "04-13"]),
        ("0 0 * * 5", ["01-02", "01-09", "01-16"]),
        ("0 0 13 * 5", ["01-02", "01-09", "01-13", "01-16"]),  # the 13th or a Friday
        ("0 0 1-31 * 5", ["01-02", "01-09"]),  # every day: only the weekday says something
        ("0 0 13 * 0-6", ["02-13", "03-13"]),
        ("0 0 * * 1-5", ["01-02", "01-05"]),
        ("0 0 * * sun", ["01-04", "01-11"]),
        ("0 0 1 */3 *", ["04-01", "07-01"]),
        ("0 0 31 * *", ["01-31", "03-31"]),
        ("0 0 30 2 1", ["02-02", "02-09"]),
    ],
)
def test_days_and_weekdays(line, instants):
    after = "2026-01-13T12:00" if line == "0 0 13 * *" or "0-6" in line else "2026-01-01T12:00"

    assert [text[:5] for text in coming(line, "UTC", after, len(instants))] == instants


@pytest.mark.parametrize(
    ("after", "year"),
    [("2026-01-01T00:00", 2028), ("2028-02-28T23:59", 2028), ("2028-02-29T00:00", 2032)],
)
def test_the_29th_of_february(after, year):
    assert next_cron("0 0 29 2 *", "UTC", utc(after)) == datetime(year, 2, 29, tzinfo=UTC)


def test_the_next_instant_is_later_than_now():
    assert next_cron("0 12 * * *", "UTC", utc("2026-01-01T12:00")) == utc("2026-01-02T12:00")
    assert next_cron("0 12 * * *", "UTC", utc("2026-01-01T11:59")) == utc("2026-01-01T12:00")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 32 * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * 0 *",
        "* * * * 8",
        "a * * * *",
        "*/0 * * * *",
        "1,,2 * * * *",
        "-1 * * * *",
        "@daily",
        "1.5 * * * *",
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "; DROP TABLE x",
        "*/x * * * *",
        "1- * * * *",
    ],
)
def test_a_line_that_is_no_cron_line_is_refused(line):
    with pytest.raises(ValueError):
        next_cron(line, "UTC", utc("2026-01-01T00:00"))


def dataset(**schedule_of):
    fields = {"refresh_cron": "", "refresh_every": None, "time_zone": "UTC"}
    return SimpleNamespace(**(fields | schedule_of))


def test_what_is_due_next():
    now = utc("2026-01-01T00:00")

    assert next_due(dataset(), now) is None
    assert next_due(dataset(refresh_every=timedelta(minutes=5)), now) == now + timedelta(minutes=5)
    assert next_due(dataset(refresh_cron="5 0 * * *"), now) == now + timedelta(minutes=5)
    with pytest.raises(ValueError, match="two seconds"):
        next_due(dataset(refresh_every=timedelta(seconds=1)), now)


@pytest.mark.parametrize(
    ("failures", "longest"),
    [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (50, 3600), (10_000, 3600)],
)
def test_a_retry_waits_longer_each_time_up_to_an_hour(failures, longest):
    now = utc("2026-01-01T00:00")
    waits = [(retry_at(failures, now) - now).total_seconds() for _ in range(200)]

    assert all(longest / 2 <= wait <= longest for wait in waits)
    assert len(set(waits)) > 1, "All retries of an outage would come at once."


@pytest.mark.parametrize(
    ("interval", "spread"), [(timedelta(minutes=5), 15), (timedelta(days=1), 30), (None, 0)]
)
def test_datasets_that_came_due_together_are_spread(interval, spread):
    due = utc("2026-01-01T00:00")
    late = [(jitter(due, interval) - due).total_seconds() for _ in range(200)]

    assert all(0 <= seconds <= spread for seconds in late)
