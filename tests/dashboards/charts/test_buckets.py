"""Buckets that a period begins or ends in. Now is Saturday, 22 Nov 2025, 14:05 in Berlin."""

from datetime import datetime, timedelta

import pytest

from dashboards.charts import buckets
from tests.dashboards.charts.tables import NOW, state, table, times

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("start", "grain", "period", "unfinished", "over"),
    [
        ("2025-11-22", "day", "today", True, False),
        ("2025-11-22T14:00", "hour", "today", True, False),
        ("2025-11-22T13:00", "hour", "today", False, False),
        ("2025-11-21", "day", "yesterday", False, True),
        ("2025-11-01", "month", "last-week", True, True),  # 10 to 16 Nov: a part of the month
        ("2025-11-10", "week", "last-week", False, True),
        ("2025-11-16", "day", "last-week", False, True),
        ("2025-10-01", "month", "last-month", False, True),
        ("2025-10-27", "week", "last-month", True, True),  # Sat and Sun are of November
        ("2025-07-01", "quarter", "last-quarter", False, True),
        ("2025-10-15", "day", "2025-10-01..2025-10-15", False, True),
        ("2025-10-01", "month", "2025-10-01..2025-10-15", True, True),
        ("2025-10-13", "week", "2025-10-01..2025-10-15", True, True),
        ("2025-11-22", "day", "2025-11-01..", True, False),
        ("2025-11-21", "day", "2025-11-01..", False, False),
        ("2025-11-22", "day", "2025-11-01..2025-12-31", True, False),
        ("2025-11-01", "month", "2025-11-01..2025-12-31", True, False),
        ("2025-11-22", "day", "30d", True, False),
        ("2025-11-22", "day", "", True, False),
        ("2025-11-20", "day", "", False, False),
    ],
)
def test_a_bucket_is_unfinished_that_grows_or_that_the_period_ends_in(
    start, grain, period, unfinished, over
):
    moment = datetime.fromisoformat(start)

    assert buckets.is_unfinished(moment, grain, period, NOW, BERLIN) is unfinished
    assert buckets.is_over(period, NOW, BERLIN) is over


@pytest.mark.parametrize(
    ("start", "period", "cut"),
    [
        ("2025-11-01", "last-week", True),
        ("2025-10-01", "last-month", False),
        ("2025-09-29", "last-month", True),
        ("2025-11-22", "today", False),
        ("2025-10-01", "2025-10-15..2025-10-31", True),
        ("2025-10-01", "", False),
    ],
)
def test_a_bucket_is_cut_that_the_period_begins_in(start, period, cut):
    assert buckets.is_cut(datetime.fromisoformat(start), period, NOW, BERLIN) is cut


def line(*days: str, **values):
    points = table(bucket=times(*days), value=[3] * len(days))
    return state("line", {"points": points}, x="time", measure="count()", **values)


def test_a_week_that_is_over_fills_no_month():
    """It does not grow any more, so it is not called "so far"."""
    found = line("2025-11-01", period="last-week", grain="month")

    assert [row[0] for row in found.rows] == ["November 2025 (in part)"]
    assert found.sources["points"]["y"] == [3]


def test_the_last_week_of_a_month_that_is_over_is_dashed():
    found = line("2025-10-20", "2025-10-27", period="last-month", grain="week")

    assert found.sources["part"]["ys"][-1] == [3, 3]
    assert found.rows[0][0] == "Week of 27 Oct 2025 (in part)"
    assert found.rows[-1][0] == "Week of 29 Sep 2025 (in part)"


def test_the_days_of_a_period_that_is_over_are_whole():
    found = line("2025-10-31", period="2025-10-30..2025-10-31")

    assert found.sources["part"]["ys"] == []
    assert found.sources["lines"]["ys"] == [[0, 3]]
    assert "today" not in found.props["x_axis"]["major_label_overrides"].values()


def test_today_by_hours_ends_in_the_hour_under_way():
    found = line("2025-11-22T13:00", "2025-11-22T14:00", period="today", grain="hour")

    assert len(found.rows) == 15
    assert found.rows[0][0] == "Sat 22 Nov 2025, 14:00 (so far)"
    assert found.sources["part"]["ys"] == [[3, 3]]


def test_a_period_that_goes_on_after_now_ends_now():
    found = line("2025-11-21", period="2025-11-20..2025-12-31")

    assert found.rows[0][0] == "Sat 22 Nov 2025 (so far)"
    assert len(found.rows) == 3


@pytest.mark.parametrize(
    ("period", "grain"),
    [
        ("24h", "hour"),
        ("today", "hour"),
        ("4d", "hour"),
        ("7d", "day"),
        ("30d", "day"),
        ("this-quarter", "day"),
        ("6m", "week"),
        ("12m", "week"),
        ("2023-01-01..2025-11-01", "month"),
        ("2005-01-01..2025-11-01", "quarter"),
        ("1925-01-01..2025-11-01", "year"),
        ("2025-11-20..2199-12-31", "hour"),  # what is to come has no rows yet
        ("2026-01-01..2026-12-31", "hour"),
        ("", "day"),
    ],
)
def test_the_grain_that_fits_a_period(period, grain):
    assert buckets.fitting(period, NOW, BERLIN) == grain


@pytest.mark.parametrize(("days", "grain"), [(4, "hour"), (90, "day"), (180, "week")])
def test_the_grain_that_fits_all_times_since_the_data_begin(days, grain):
    assert buckets.fitting("", NOW, BERLIN, NOW - timedelta(days)) == grain
