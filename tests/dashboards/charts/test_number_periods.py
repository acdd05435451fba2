"""What a single value is compared with, in its query and in words."""

from dataclasses import replace

import pytest

from tests.dashboards.charts.tables import context, read, state, table, times


def asked(page: str = "", **values):
    chart, options = read("number", **({"time": "time", "value": "sum(value)"} | values))
    queries = chart.queries(options, replace(context(), compare=page))
    if "previous" not in queries:
        return None
    return [f.value for f in queries["previous"].filters if f.op == "period"]


@pytest.mark.parametrize(
    ("page", "values", "filters"),
    [
        ("", {"period": "30d"}, [["30d", 1]]),
        ("previous", {"period": "30d"}, [["30d", 1]]),
        ("year", {"period": "30d"}, [["30d", "year"]]),
        ("year", {"period": "30d", "compare": False}, [["30d", "year"]]),  # the page asks for it
        ("", {"period": "30d", "compare": False}, None),
        ("year", {}, None),
        ("year", {"period": "30d", "time": ""}, None),
    ],
)
def test_what_is_asked(page, values, filters):
    assert asked(page, **values) == filters


@pytest.mark.parametrize(
    ("period", "page", "than", "row"),
    [
        ("30d", "", "than the 30 days before", "30 days before"),
        ("today", "", "than the day before", "Day before"),
        ("yesterday", "", "than the day before", "Day before"),
        ("this-week", "", "than the week before", "Week before"),
        ("last-month", "", "than the month before", "Month before"),
        ("this-quarter", "previous", "than the quarter before", "Quarter before"),
        ("last-year", "", "than the year before", "Year before"),
        ("2025-10-01..2025-10-31", "", "than the 31 days before", "31 days before"),
        ("2025-10-01..2025-10-01", "", "than the day before", "Day before"),
        ("30d", "year", "than the year before", "Year before"),
        ("last-month", "year", "than the year before", "Year before"),
    ],
)
def test_named_periods_in_words(period, page, than, row):
    tables = {"value": table(value=[108]), "previous": table(value=[100])}

    found = state("number", tables, time="time", period=period, value="sum(value)",
                  page={"compare": page})  # fmt: skip

    assert found.view["delta"]["text"] == "8.0% better"
    assert found.view["delta"]["than"] == than
    assert found.rows[1] == [row, "100 EUR"]
    assert f"8.0% better {than}" in found.summary


def test_nothing_a_year_before_is_said():
    tables = {"value": table(value=[108]), "previous": table(value=[None])}

    found = state("number", tables, time="time", period="30d", value="sum(value)",
                  page={"compare": "year"})  # fmt: skip

    assert found.view["delta"]["text"] == "Nothing to compare"
    assert found.view["delta"]["than"] == "in the year before"


def test_the_week_that_a_month_ends_in_is_a_part_and_left_out_of_the_small_line():
    weeks = times("2025-09-29", "2025-10-06", "2025-10-13", "2025-10-20", "2025-10-27")
    tables = {"value": table(value=[9]), "trend": table(bucket=weeks, value=[1, 2, 3, 4, 5])}

    found = state("number", tables, time="time", period="last-month", grain="week")

    assert found.rows[1] == ["Week of 27 Oct 2025 (in part)", "5"]
    assert found.view["spark"]["title"] == (
        "Per week, Week of 6 Oct 2025 to Week of 20 Oct 2025; the week in which it ends is left out"
    )
