"""Periods that begin before the data do: there is a gap, not zero, and nothing to compare with."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboards.charts import coverage
from tests.dashboards.charts.tables import context, read, state, table, times

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ["2025-11-19", "2025-11-20", "2025-11-22"]  # of a dataset that begins with the first


def begins(written: str) -> dict:
    return {"begins": datetime.fromisoformat(written).replace(tzinfo=BERLIN)}


def on(written: str):
    return replace(context(), **begins(written))


@pytest.mark.parametrize(
    ("first", "period", "back", "covered"),
    [
        ("2025-09-24", "30d", 1, True),  # 24 Sep to 23 Oct, 14:05
        ("2025-09-24 23:00", "30d", 1, True),  # a quiet first day
        ("2025-09-25 12:00", "30d", 1, False),
        ("2025-09-27", "30d", 1, False),
        ("2025-09-27", "30d", 0, True),
        ("2025-10-25", "30d", 0, False),
        ("2025-09-21", "30d", "aligned", False),  # 35 days back: from 19 Sep
        ("2025-09-19", "30d", "aligned", True),
        ("2025-11-20 14:35", "24h", 1, True),  # from 20 Nov, 14:05
        ("2025-11-20 15:30", "24h", 1, False),
        ("2025-11-20 15:30", "24h", 0, True),
        ("2025-09-01", "2025-10-01..2025-10-31", 1, True),  # from 31 Aug; the clocks change within
        ("2025-09-03", "2025-10-01..2025-10-31", 1, False),
        ("2025-01-01", "this-year", 0, True),
        ("2025-01-01", "this-year", 1, False),
        ("2025-01-01", "30d", "year", False),
        ("2025-11-22 14:00", "", 0, True),  # all times are those that there are
        ("2025-11-22 14:00", "9999m", 3, True),  # of which the question says that it is none
    ],
)  # fmt: skip
def test_what_is_covered(first, period, back, covered):
    assert coverage.covers(on(first), period, back) is covered


def test_who_does_not_know_when_the_data_begin_takes_them_as_whole():
    assert coverage.covers(context(), "12m", 1)
    assert coverage.blanks(
        [datetime(2001, 1, 1)], "day", context(), adds_up=True  # noqa: DTZ001
    ) == [0.0]  # fmt: skip


def test_a_bucket_is_a_part_in_the_zone_of_the_person():
    first = {"begins": datetime(2025, 11, 18, 23, 0, tzinfo=UTC)}  # midnight in Berlin
    starts = [datetime(2025, 11, day) for day in (18, 19, 20)]  # noqa: DTZ001
    berlin = replace(context(), **first)
    london = replace(berlin, time_zone="Europe/London")

    assert coverage.part(starts, "day", "", berlin) is None
    assert coverage.blanks(starts, "day", berlin, adds_up=True) == [None, 0.0, 0.0]
    assert coverage.part(starts, "day", "", london) == 0


def number(first, page=None, **values):
    given = {"value": "sum(value)", "time": "time", "period": "30d"} | values
    chart, options = read("number", **given)
    known = replace(on(first), **(page or {}))
    tables = {"value": table(value=[108]), "previous": table(value=[4])}
    tables["trend"] = table(bucket=times(*DAYS), value=[5, 6, 8])
    asked = chart.queries(options, known)
    return asked, chart.state({k: v for k, v in tables.items() if k in asked}, options, known)


def test_a_single_value_has_nothing_to_compare_where_the_period_before_is_not_all_there():
    asked, found = number("2025-11-01")

    assert "previous" not in asked
    assert found.view["delta"] | {"kind": ""} == {
        "kind": "", "icon": "flat", "text": "Nothing to compare:", "than": "data begin 1 Nov",
    }  # fmt: skip
    assert found.summary == "Value: 108 EUR; Nothing to compare: data begin 1 Nov."
    assert "4 EUR" not in str(found.rows)


def test_a_single_value_is_compared_where_the_period_before_is_all_there():
    assert number("2025-09-24")[1].view["delta"]["text"] == "2600.0% better"
    year = {"page": {"compare": "year"}}
    assert "data begin" in number("2025-09-24", **year)[1].view["delta"]["than"]


def test_a_single_value_without_comparison_says_where_its_data_begin_within_the_period():
    assert number("2025-11-01", compare=False)[1].view["delta"]["text"] == "Data begin"
    assert number("2025-10-20", compare=False)[1].view["delta"] is None


def test_the_small_line_is_a_gap_before_the_data_begin():
    spark = number("2025-11-19")[1].view["spark"]

    # 30 days without today are 29 points; data are of the last 3, of which the newest has none.
    assert spark["line"].startswith("M92.86 ")
    assert number("2025-09-24")[1].view["spark"]["line"].startswith("M0 ")


def test_the_small_line_leaves_out_the_day_within_which_the_data_begin():
    _, found = number("2025-11-19 12:00")

    assert found.view["spark"]["line"].startswith("M96.43 ")
    assert found.rows[-27][0] == "Wed 19 Nov 2025 (in part)"


def line(first, **values):
    given = {"measure": "sum(value)", "period": "7d"} | values
    points = table(bucket=times(*DAYS), value=[5, 6, 8])
    before = table(bucket=times("2025-11-13", "2025-11-15"), value=[3, 4])
    return state("line", {"points": points, "earlier": before}, x="time", page=begins(first),
                 **given)  # fmt: skip


def test_a_line_starts_where_the_data_begin():
    found = line("2025-11-19")

    assert found.sources["lines"]["ys"] == [[5, 6, 0]]  # none of 16 to 18; today is a part
    assert [row[1] for row in found.rows] == ["8 EUR", "0 EUR", "6 EUR", "5 EUR", "–", "–", "–"]


def test_the_way_from_the_day_within_which_the_data_begin_is_dashed():
    found = line("2025-11-19 12:00")

    assert found.sources["lines"]["ys"] == [[6, 0]]
    assert found.sources["part"]["ys"] == [[5, 6], [0, 8]]
    assert found.rows[3][0] == "Wed 19 Nov 2025 (in part)"


def test_other_series_have_a_gap_too():
    points = table(bucket=times(*(3 * ["2025-11-20"])), series=["a", "b", "c"], value=[9, 2, 1])
    found = state("line", {"points": points}, x="time", series="name", top=1, period="7d",
                  measure="sum(value)", stack="stacked", page=begins("2025-11-20"))  # fmt: skip

    assert found.headings == ["Day", "a", "Other"]
    assert [row[2] for row in found.rows] == ["0 EUR", "0 EUR", "3 EUR", *4 * ["–"]]


def test_an_overlay_starts_where_the_data_begin_and_their_sums_are_not_compared():
    found = line("2025-11-13", compare="previous")

    # 16 to 22 Nov lies over 9 to 15 Nov, of which the first four days are not known.
    assert found.sources["earlier"]["ys"] == [[3, 0, 4]]
    assert found.note == "dotted: 7 days before, same weekdays, whose data begin 13 Nov"
    assert found.summary.endswith("Compared with 7 days before, same weekdays.")
    whole = line("2025-11-09", compare="previous")
    assert whole.note == "dotted: 7 days before, same weekdays"
    assert whole.summary.endswith("In all 19 EUR; 7 days before, same weekdays: 7 EUR (+171.4%).")


def test_an_overlay_of_a_time_without_data_is_none():
    found = line("2025-11-15 12:00", compare="previous")

    assert found.sources["earlier"]["ys"] == []
    assert found.note == "no data 7 days before, same weekdays"


@pytest.mark.parametrize("kind", ["bar", "combo"])
def test_bars_over_time_are_missing_before_the_data_begin(kind):
    more = {"lines": ["avg(value)"]} if kind == "combo" else {"series": "name", "top_series": 1}
    series = {"series": ["a", "b", "c"], "value_0": [5, 6, 8]}
    answer = {"category": times(*DAYS), "value_0": [5, 6, 8], "value_1": [1, 1, 1]}
    tables = {"bars": table(category=times(*DAYS), **series), "columns": table(**answer)}
    given = {"category": "time", "grain": "day", "time": "time", "period": "7d",
             "measures": ["sum(value)"]}  # fmt: skip

    found = state(kind, tables, page=begins("2025-11-19 12:00"), **given, **more)
    other = state(kind, tables, page=begins("2025-11-19 12:00"), **given | {"time": "day"}, **more)

    assert [row[1] for row in found.rows][-4:] == [found.rows[3][1], "–", "–", "–"]
    assert "–" not in found.rows[1][1]  # 21 Nov: a day without rows
    assert found.rows[3][0] == "Wed 19 Nov 2025 (in part)"
    assert len(other.rows) == 4  # the period is of another column
    assert other.rows[3][0] == "Wed 19 Nov 2025"


def test_days_of_a_calendar_before_the_data_begin_are_told_from_empty_ones():
    days = table(day=times(*DAYS), value=[5, 6, 8])
    found = state("calendar", {"days": days}, time="time", measure="sum(value)", period="7d",
                  page=begins("2025-11-19 12:00"))  # fmt: skip

    assert found.sources["gaps"]["text"] == [*3 * ["No data yet"], "No rows"]


def test_changes_since_a_time_without_data_are_not_drawn():
    tables = {"parts": table(category=["a"], value=[9]), "previous": table(category=[], value=[])}
    given = {"category": "name", "measure": "sum(value)", "steps": "change", "time": "time",
             "period": "7d"}  # fmt: skip

    assert state("waterfall", tables, page=begins("2025-11-12"), **given).empty == (
        "Nothing to compare: data begin 12 Nov."
    )
    assert not state("waterfall", tables, page=begins("2025-11-09"), **given).empty


def test_hours_say_at_what_time_the_data_begin():
    assert coverage.day(on("2025-11-22 09:05")) == "22 Nov, 09:05"
    assert coverage.day(on("2025-11-19 09:05")) == "19 Nov"
    assert coverage.day(on("2024-11-19 09:05")) == "19 Nov 2024"
    assert coverage.day(replace(on("2024-11-19"), locale="de")) == "19 Nov. 2024"
