"""Grains and periods in a zone, across the change to winter time on 25 October 2026."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from datasets import periods
from datasets.errors import FilterRefused
from datasets.policies import ServiceViewer
from datasets.query import Filter, Group, Measure, Query, run
from tests.datasets.conftest import same
from tests.factories.datasets import DatasetFactory, publish

BERLIN = "Europe/Berlin"
NOW = "timestamptz '2026-10-26 09:30+00'"  # of the newest cart; Monday, 10:30 in Berlin


def rows(dataset, **asked):
    result = run(Query(**asked), dataset, ServiceViewer("test")).table
    return list(zip(*(column.to_pylist() for column in result.columns), strict=True))


def counts(dataset, column, grain, zone=BERLIN):
    group = Group(column, grain)
    return rows(dataset, group_by=(group,), measures=(Measure("n", "count()"),), time_zone=zone)


@pytest.mark.parametrize("zone", [BERLIN, "UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", "quarter", "year"])
def test_buckets_are_those_of_the_zones_wall_clock(carts, warehouse, grain, zone):
    by_hand = f"SELECT date_trunc('{grain}', created_at AT TIME ZONE '{zone}'), count(*) FROM carts GROUP BY 1"  # noqa: E501

    assert same(counts(carts, "created_at", grain, zone), warehouse(by_hand))


@pytest.mark.parametrize(("grain", "part"), [("hour_of_day", "hour"), ("day_of_week", "isodow")])
def test_parts_of_the_day_and_week_are_those_of_the_zones_wall_clock(carts, warehouse, grain, part):
    by_hand = f"SELECT extract({part} FROM created_at AT TIME ZONE '{BERLIN}'), count(*) FROM carts GROUP BY 1"  # noqa: E501

    assert same(counts(carts, "created_at", grain), warehouse(by_hand))


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York"])
def test_dates_have_no_zone(carts, warehouse, grain, zone):
    by_hand = f"SELECT date_trunc('{grain}', day::timestamp), count(*) FROM carts GROUP BY 1"

    assert same(counts(carts, "day", grain, zone), warehouse(by_hand))


@pytest.mark.parametrize("grain", ["hour", "day", "hour_of_day"])
def test_a_time_without_a_zone_is_utc(carts, warehouse, grain):
    """In this table wall is created_at without its zone, so both have the same buckets."""
    assert same(counts(carts, "wall", grain), counts(carts, "created_at", grain))


def test_the_repeated_hour_is_one_bucket_of_two_hours(db):
    dataset = DatasetFactory()
    times = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(3)]
    publish(dataset, pa.table({"at": pa.array(times, pa.timestamp("us", tz="UTC"))}))

    assert sorted(counts(dataset, "at", "hour")) == [
        (datetime(2026, 10, 25, 2), 2),  # noqa: DTZ001
        (datetime(2026, 10, 25, 3), 1),  # noqa: DTZ001
    ]


def test_the_day_of_the_change_has_25_hours(db):
    dataset = DatasetFactory()
    every_hour = [datetime(2026, 10, day, h, tzinfo=UTC) for day in (24, 25, 26) for h in range(24)]
    publish(dataset, pa.table({"at": pa.array(every_hour, pa.timestamp("us", tz="UTC"))}))

    assert dict(counts(dataset, "at", "day"))[datetime(2026, 10, 25)] == 25  # noqa: DTZ001


#: span, back -> from (inclusive) and to (inclusive), as PostgreSQL reckons them in Berlin.
WALL = f"({NOW} AT TIME ZONE '{BERLIN}')"
PERIODS = {
    ("24h", 0): (f"{NOW} - interval '24 hours' + interval '1 microsecond'", NOW),
    ("24h", 1): (
        f"{NOW} - interval '48 hours' + interval '1 microsecond'",
        f"{NOW} - interval '24 hours'",
    ),
    ("1d", 0): (f"date_trunc('day', {WALL})", WALL),
    ("1d", 1): (f"date_trunc('day', {WALL}) - interval '1 day'", f"{WALL} - interval '1 day'"),
    ("30d", 0): (f"date_trunc('day', {WALL}) - interval '29 days'", WALL),
    ("30d", 1): (f"date_trunc('day', {WALL}) - interval '59 days'", f"{WALL} - interval '30 days'"),
    ("12w", 0): (f"date_trunc('week', {WALL}) - interval '77 days'", WALL),
    ("12w", 1): (
        f"date_trunc('week', {WALL}) - interval '161 days'",
        f"{WALL} - interval '84 days'",
    ),
    ("6m", 0): (f"date_trunc('month', {WALL}) - interval '5 months'", WALL),
    ("2m", 1): (
        f"date_trunc('month', {WALL}) - interval '3 months'",
        f"{WALL} - interval '2 months'",
    ),
}


@pytest.mark.parametrize(("span", "back"), PERIODS)
def test_a_period_ends_at_the_datas_own_time(carts, warehouse, span, back):
    found = rows(
        carts,
        select=("id",),
        filters=(Filter("created_at", "period", [span, back]),),
        time_zone=BERLIN,
    )

    start, end = (
        bound if bound.startswith("timestamptz") else f"(({bound}) AT TIME ZONE '{BERLIN}')"
        for bound in PERIODS[span, back]
    )
    assert found
    assert same(
        found, warehouse(f"SELECT id FROM carts WHERE created_at BETWEEN {start} AND {end}")
    )


@pytest.mark.parametrize(
    ("span", "back", "first", "last"),
    [
        ("30d", 0, "2026-09-27", "2026-10-26"), ("30d", 1, "2026-08-28", "2026-09-26"),
        ("1d", 0, "2026-10-26", "2026-10-26"), ("1w", 0, "2026-10-26", "2026-10-26"),
        ("2w", 0, "2026-10-19", "2026-10-26"), ("1m", 1, "2026-09-01", "2026-09-26"),
        ("24h", 0, "2026-10-25", "2026-10-26"),
    ],
)  # fmt: skip
def test_a_period_of_a_date_column_has_whole_days(carts, warehouse, span, back, first, last):
    found = rows(
        carts, select=("id",), filters=(Filter("day", "period", [span, back]),), time_zone=BERLIN
    )

    assert same(found, warehouse("SELECT id FROM carts WHERE day BETWEEN %s AND %s", first, last))


def test_hours_of_a_date_column_are_days_of_the_zone(db):
    """At 23:30 UTC it is the next day in Berlin."""
    dataset = DatasetFactory()
    as_of = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    publish(dataset, pa.table({"day": [date(2026, 7, day) for day in (1, 2, 3)]}), as_of=as_of)
    wanted = (Filter("day", "period", ["1h", 0]),)

    assert rows(dataset, filters=wanted, time_zone=BERLIN) == [(date(2026, 7, 2),)]


@pytest.mark.parametrize("fold_at", ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"])
@pytest.mark.parametrize("span", ["1h", "7d", "2w", "3m"])
def test_data_of_either_half_past_two_is_included_up_to_its_time(db, fold_at, span):
    as_of = datetime.fromisoformat(fold_at)
    dataset = DatasetFactory()
    publish(dataset, pa.table({"at": pa.array([as_of], pa.timestamp("us", tz="UTC"))}), as_of=as_of)
    newest = (Filter("at", "period", [span, 0]),)

    assert len(rows(dataset, filters=newest, time_zone=BERLIN)) == 1


@pytest.mark.parametrize("span", ["1h", "24h", "1d", "30d", "1w", "12w", "1m", "6m"])
@pytest.mark.parametrize("back", [0, 1, 2])
@pytest.mark.parametrize(
    "as_of",
    [datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
     datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
     datetime(2026, 3, 31, 10, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, tzinfo=UTC)],
    ids=str,
)  # fmt: skip
def test_spans_do_not_overlap_and_are_never_empty(span, back, as_of):
    start, end = periods.bounds(span, back, as_of, BERLIN)
    earlier_start, earlier_end = periods.bounds(span, back + 1, as_of, BERLIN)

    assert start < end
    assert earlier_start < earlier_end <= start


@pytest.mark.parametrize("span", ["", "h", "24", "24 h", "-1d", "1y", "99999d", "1d; DROP"])
def test_what_is_no_span_is_refused(span):
    with pytest.raises(FilterRefused):
        periods.bounds(span, 0, datetime(2026, 1, 1, tzinfo=UTC), "UTC")


@pytest.mark.parametrize("span", ["9999m", "9999w", "9999d"])
def test_a_span_that_is_longer_than_history_is_answered_or_refused(carts, span):
    try:
        assert (
            rows(carts, select=("id",), filters=(Filter("created_at", "period", [span, 3]),)) == []
        )
    except FilterRefused as refusal:
        assert span in str(refusal)  # noqa: PT017


def test_a_date_filter_takes_a_date_of_python(carts):
    assert len(rows(carts, filters=(Filter("day", "=", date(2026, 10, 25)),))) == 30


@pytest.mark.parametrize("zone", [BERLIN, "UTC", "America/New_York"])
@pytest.mark.parametrize(
    "since",
    [
        "2026-10-25",
        "2026-10-25T00:00",
        date(2026, 10, 25),
        datetime(2026, 10, 25),  # noqa: DTZ001  (it is what is tested)
    ],
)
def test_a_filters_time_without_a_zone_is_the_clock_of_the_querys_zone(
    carts, warehouse, since, zone
):
    found = rows(
        carts, select=("id",), filters=(Filter("created_at", ">=", since),), time_zone=zone
    )

    by_hand = (
        f"SELECT id FROM carts WHERE created_at >= timestamp '2026-10-25' AT TIME ZONE '{zone}'"
    )
    assert same(found, warehouse(by_hand))


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday, 13:00 in Berlin


@pytest.mark.parametrize(
    ("period", "back", "first", "last"),
    [
        ("today", 0, "2026-11-25T00:00", "2026-11-25T13:00"),
        ("yesterday", 0, "2026-11-24T00:00", "2026-11-25T00:00"),
        ("this-week", 1, "2026-11-16T00:00", "2026-11-18T13:00"),
        ("last-week", 0, "2026-11-16T00:00", "2026-11-23T00:00"),
        ("last-month", 0, "2026-10-01T00:00", "2026-11-01T00:00"),
        ("last-month", 1, "2026-09-01T00:00", "2026-10-01T00:00"),
        ("this-quarter", 0, "2026-10-01T00:00", "2026-11-25T13:00"),
        ("last-quarter", 0, "2026-07-01T00:00", "2026-10-01T00:00"),
        ("this-year", 1, "2025-01-01T00:00", "2025-11-25T13:00"),
        ("last-year", 0, "2025-01-01T00:00", "2026-01-01T00:00"),
        ("2026-10-01..2026-10-31", 0, "2026-10-01T00:00", "2026-11-01T00:00"),
        ("2026-10-01..2026-10-31", 1, "2026-08-31T00:00", "2026-10-01T00:00"),
        ("2026-11-20..", 0, "2026-11-20T00:00", "2026-11-26T00:00"),
        ("30d", "aligned", "2026-09-22T00:00", "2026-10-21T13:00"),  # 35 days: whole weeks
        ("24h", "aligned", "2026-11-17T13:00", "2026-11-18T13:00"),
        ("7d", "year", "2025-11-20T00:00", "2025-11-26T13:00"),  # 364 days: the same weekdays
    ],
)
def test_periods_on_the_calendar_of_the_portal(period, back, first, last):
    start, end = periods.bounds(period, back, NOON, BERLIN)

    local = [moment.astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None) for moment in (start, end)]
    assert [moment.isoformat(timespec="minutes") for moment in local] == [first, last]


@pytest.mark.parametrize(
    "period", ["2026-10-31..2026-10-01", "2026-02-30..", "..2026-10-01", "next-week", "2026-10-01"]
)
def test_periods_that_no_calendar_has_are_refused(period):
    with pytest.raises(FilterRefused, match="no period"):
        periods.bounds(period, 0, NOON, BERLIN)
