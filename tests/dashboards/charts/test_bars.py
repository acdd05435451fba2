from datetime import date

import pyarrow as pa
import pytest

from dashboards.charts.registry import NO_PICK
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times

PARTS = {
    "bars": table(
        category=["a", "a", "a", "b", "b"], series=["x", "y", "z", "x", "y"],
        value_0=[50, 30, 20, 1, 3],
    )
}  # fmt: skip
SHARES = {"category": "name", "series": "other", "stack": "percent", "measures": ["sum(value)"]}
DAILY = {"category": "time", "grain": "day", "time": "time"}


def bars(found, *columns):
    return list(zip(*(found.sources["bars"][name] for name in columns), strict=True))


def test_shares_stand_on_each_other_up_to_one():
    found = state("bar", PARTS, **SHARES)

    assert bars(found, "base", "value") == [
        (0, 0.5), (0.5, 0.8), (0.8, 1.0), (0, 0.25), (0.25, 1.0),
    ]  # fmt: skip
    assert found.sources["bars"]["text"][0] == "x: 50 EUR, 50.0%"
    assert found.sources["inside_texts"]["text"] == ["50%", "30%", "20%", "25%", "75%"]
    assert found.sources["inside_texts"]["x"] == pytest.approx([0.25, 0.65, 0.9, 0.125, 0.625])
    assert found.sources["labels"]["text"] == []
    assert found.rows[0] == ["a", "50 EUR", "30 EUR", "20 EUR"]


def test_standing_shares_have_an_axis_in_per_cent():
    found = state("bar", PARTS, orientation="vertical", **SHARES)

    assert found.props["y_range"] == {"start": 0, "end": 1}
    assert list(found.props["y_axis"]["major_label_overrides"].values())[::2] == [
        "0%", "50%", "100%",
    ]  # fmt: skip


def test_what_has_no_shares_says_why():
    below = {"bars": table(category=["a", "a"], series=["x", "y"], value_0=[5, -2])}
    zero = {"bars": table(category=["a", "a"], series=["x", "y"], value_0=[0, 0])}

    assert state("bar", below, **SHARES).empty.startswith("y of a is below zero, so it has no")
    assert state("bar", zero, **SHARES).empty.startswith("All values are zero")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"series": "other", "measures": ["avg(value)"]}, "stack: values of 'avg"),
        ({}, "stack: shares of 100 % want a series"),
    ],
)
def test_shares_of_nothing_are_refused(values, message):
    chart, options = read("bar", category="name", stack="percent", **values)

    with pytest.raises(OptionsRefused, match=message):
        chart.queries(options, context())


def test_values_stand_inside_parts_only_where_they_fit():
    tables = {"bars": table(category=["a", "a", "b"], series=["x", "y", "x"],
                            value_0=[1000, 4, 500])}  # fmt: skip

    found = state("bar", tables, category="name", series="other", stack="stacked")

    # 4 of 1004 has one pixel; b has one part, whose value is its total and stands at its end.
    assert found.sources["inside_texts"]["text"] == ["1K"]
    assert found.sources["labels"]["text"] == ["1K", "500"]


def test_bars_over_time_stand_in_its_order_with_gaps():
    days = times("2025-11-20", "2025-11-17", "2025-11-18")
    counts, averages = ({"bars": table(category=days, value_0=[3, 9, 4])} for _ in range(2))

    summed = state("bar", counts, measures=["sum(value)"], **DAILY)
    mean = state("bar", averages, measures=["avg(value)"], **DAILY)

    assert bars(summed, "at", "value") == [(0, 9), (1, 4), (2, 0), (3, 3)]
    assert bars(mean, "at", "value") == [(0, 9), (1, 4), (3, 3)]
    assert summed.rows[0][0] == "Thu 20 Nov 2025"  # newest first
    assert summed.values[0] == ["2025-11-20", 3]
    assert summed.summary == (
        "Value per day, Mon 17 Nov 2025 to Thu 20 Nov 2025: "
        "highest Mon 17 Nov 2025 with 9 EUR."
    )  # fmt: skip


def test_the_day_under_way_is_pale_and_hatched():
    """It is 14:05 on 22 November."""
    tables = {"bars": table(category=times("2025-11-21", "2025-11-22"), value_0=[3, 1])}

    found = state("bar", tables, period="2d", **DAILY)

    assert bars(found, "alpha", "hatch") == [(1.0, " "), (0.3, "/")]
    assert found.sources["bars"]["title"][1] == "Sat 22 Nov 2025 (so far)"
    assert found.props["x_axis"]["major_label_overrides"]["1"] == "today"


def test_a_period_that_begins_within_a_bucket_cuts_it():
    hours = times("2025-11-22T12:00", "2025-11-22T13:00", "2025-11-22T14:00")

    found = state("bar", {"bars": table(category=hours, value_0=[3, 1, 1])},
                  **DAILY | {"grain": "hour"}, period="2h")  # fmt: skip

    assert found.sources["bars"]["hatch"] == ["/", " ", "/"]


def test_a_period_of_another_column_does_not_bound_the_buckets():
    tables = {"bars": table(category=times("2025-03-01", "2025-03-03"), value_0=[3, 1])}

    found = state("bar", tables, category="time", grain="day", measures=["count()"])

    assert len(found.rows) == 3


def test_dates_group_by_their_month():
    days = pa.array([date(2025, 9, 1), date(2025, 10, 1)])

    found = state("bar", {"bars": table(category=days, value_0=[1, 2])},
                  **DAILY | {"grain": "month"})  # fmt: skip

    assert [row[0] for row in found.rows] == ["October 2025", "September 2025"]


def test_a_thousand_years_keep_the_newest():
    tables = {"bars": table(category=times("1025-01-01", "2025-01-01"), value_0=[3, 1])}

    found = state("bar", tables, category="time", grain="year")

    assert len(found.sources["bars"]["at"]) == 400
    assert found.note == "Newest 400 of 1,001"


def test_a_grain_wants_a_time():
    chart, options = read("bar", category="name", grain="day")

    with pytest.raises(OptionsRefused, match="grain: 'name' is text"):
        chart.queries(options, context())


def test_more_series_than_are_shown():
    many = {"bars": table(category=["a"] * 5, series=list("vwxyz"), value_0=[1, 2, 3, 4, 5])}
    values = {"category": "name", "series": "other", "top_series": 2}

    summed = state("bar", many, measures=["sum(value)"], **values)
    mean = state("bar", many, measures=["avg(value)"], **values)

    assert summed.rows == [["a", "5 EUR", "4 EUR", "6 EUR"]]
    assert summed.note == "Other: 3 series"
    assert mean.rows == [["a", "5 EUR", "4 EUR"]]
    assert mean.note == "2 of 5 series"


def test_marks_stand_for_raw_values_and_other_for_none():
    named = {"bars": table(category=["b", None, "–", "d"], value_0=[9, 8, 7, 6])}
    slices = {"slices": table(category=["a", "b", "c", "d"], value=[4, 3, 2, 1])}
    cells = {"cells": table(row=["a", "b"], column=["x", "y"], value=[1, 2])}
    stages = {"stages": table(stage=[2, 1], count=[10, 4])}

    bar = state("bar", named, category="name", top=2)
    pie = state("pie", slices, category="name", slices=3)
    heatmap = state("heatmap", cells, x="name", y="other")
    funnel = state("funnel", stages, stage="name")

    assert bar.picks == {"source": "bars", "column": "name", "values": ["b", None, NO_PICK]}
    assert pie.picks == {"source": "slices", "column": "name", "values": ["a", "b", NO_PICK]}
    assert heatmap.picks == {"source": "cells", "column": "name", "values": ["x", "y"]}
    assert funnel.picks == {"source": "stages", "column": "name", "values": [2, 1]}


def test_a_bucket_of_time_is_no_one_value():
    found = state("bar", {"bars": table(category=times("2025-11-20"), value_0=[3])}, **DAILY)

    assert found.picks == {}
