import re

import pytest
from django.template.loader import render_to_string

from dashboards.charts import number
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times


def single(value, previous=None, /, **values):
    tables = {"value": table(value=[value]), "previous": table(value=[previous])}
    return state("number", tables, time="time", period="24h", **values)


@pytest.mark.parametrize(
    ("value", "previous", "good", "kind", "text"),
    [
        (0.694, 0.706, "down", "good", "1.2 pp better"),
        (0.706, 0.694, "down", "bad", "1.2 pp worse"),
        (0.098, 0.091, "up", "good", "0.7 pp better"),
        (0.098, 0.091, "neutral", "flat", "0.7 pp more"),
        (0.5, 0.5, "up", "flat", "No change"),
        (0.50001, 0.5, "up", "flat", "No change"),
        (0.5, None, "up", "flat", "Nothing to compare"),
    ],
)
def test_change_of_a_share_in_points(value, previous, good, kind, text):
    delta = single(value, previous, value="avg(value)", pattern="0.0%", good=good)

    assert (delta.view["delta"]["kind"], delta.view["delta"]["text"]) == (kind, text)


@pytest.mark.parametrize(
    ("value", "previous", "text"),
    [
        (108, 100, "8.0% better"),
        (90, 120, "25.0% worse"),
        (5, 0, "Nothing to compare"),
        (0, 0, "No change"),
        (-50, -100, "50.0% better"),
    ],
)
def test_change_of_an_amount_in_per_cent(value, previous, text):
    assert single(value, previous, value="sum(value)").view["delta"]["text"] == text


def test_value_and_unit_stand_apart():
    share = single(0.694, value="avg(value)", pattern="0.0%").view
    amount = single(48210, value="sum(value)").view

    assert (share["value"], share["unit"]) == ("69.4", "%")
    assert (amount["value"], amount["unit"]) == ("48,210", "EUR")


@pytest.mark.parametrize(
    ("good", "target", "text", "badge"),
    [
        ("down", 0.7, "Target at most 70%", "On target"),
        ("down", 0.6, "Target at most 60%", "9.4 pp over"),
        ("up", 0.7, "Target 70%", "0.6 pp short"),
    ],
)
def test_target(good, target, text, badge):
    found = single(0.694, value="avg(value)", pattern="0.0%", good=good, target=target).view[
        "target"
    ]

    assert (found["text"], found["badge"]["text"]) == (text, badge)


def test_the_distance_to_a_target_is_short_and_keeps_its_unit():
    found = single(23_861, value="sum(value)", target=200_000)

    assert found.view["target"]["badge"]["text"] == "176.1K short"
    assert found.summary.endswith("Target 200,000 EUR, 176.1K short.")


def test_small_line_ends_in_its_point():
    spark = number.sparkline([0, 10, 5])

    assert spark["line"] == "M0 28L50 4L100 16"
    assert (spark["x"], spark["y"]) == ("100.00%", "50.00%")


def test_small_line_keeps_gaps_and_needs_two_points():
    assert number.sparkline([1, 2, None, 1, 2])["line"].count("M") == 2
    assert number.sparkline([None, 3]) is None
    assert number.sparkline([3, 3])["line"] == "M0 16L100 16"


def test_templates_escape_and_their_styles_are_numbers():
    hostile = "<script>alert(1)</script>"
    tables = {"rows": table(name=[hostile], measure_0=[1])}
    found = state("table", tables, group_by=["name"], measures=[f"{hostile}: count()"])

    html = render_to_string("dashboards/charts/_table.html", {"view": found.view, "state": found})
    value = single(1.0, 2.0, value="sum(value)", target=3.0, unit=hostile)
    html += render_to_string("dashboards/charts/_number.html", {"view": value.view, "state": value})

    assert "<script" not in html
    assert re.findall(r"style=\S*", html) == ['style="--rows:1">']
    assert "&lt;script&gt;" in html


def test_trend_of_the_period():
    bucket = times("2025-11-21T15:00", "2025-11-21T17:00", "2025-11-22T14:00")
    tables = {"value": table(value=[9]), "trend": table(bucket=bucket, value=[3, 4, 2])}

    found = state("number", tables, value="count()", time="time", period="24h", grain="hour")

    assert len(found.rows) == 26  # the number, and a day of hours with both ends
    assert found.rows[0] == ["Last 24 h", "9"]
    assert found.rows[1] == ["Sat 22 Nov 2025, 14:00 (so far)", "2"]
    assert found.values[1] == ["2025-11-22T14:00:00+01:00", 2]
    assert found.rows[-1][0] == "Fri 21 Nov 2025, 14:00 (in part)"


@pytest.mark.parametrize("measure", ["count()", "avg(value)"])
def test_small_line_has_whole_buckets_only(measure):
    """At 14:05, the hour since 14:00 has five minutes: its low count or odd rate is no fall."""
    hours = [f"2025-11-21T{hour}:00" for hour in range(14, 24)]
    hours += [f"2025-11-22T{hour:02}:00" for hour in range(15)]
    tables = {
        "value": table(value=[9]),
        "trend": table(bucket=times(*hours), value=[1] + [6] * 23 + [0]),
    }

    found = state("number", tables, value=measure, time="time", period="24h", grain="hour")

    spark = found.view["spark"]
    assert spark["line"].count("L") == 22  # 15:00 to 13:00
    assert set(re.findall(r" (\d+)", spark["line"])) == {"16"}  # level
    assert spark["title"] == (
        "Per hour, Fri 21 Nov 2025, 15:00 to Sat 22 Nov 2025, 13:00; the hour under way is left out"
    )


def test_the_table_of_a_number_tells_all_that_its_card_tells():
    found = single(0.694, 0.706, value="avg(value)", pattern="0.0%", good="down", target=0.7)

    assert found.headings == ["Period", "Average Value"]
    assert found.rows == [
        ["Last 24 h", "69.4%"],
        ["24 h before", "70.6%"],
        ["Change", "1.2 pp better"],
        ["Target at most", "70%"],
        ["Against the target", "On target"],
    ]
    assert [row[1] for row in found.values] == pytest.approx([0.694, 0.706, -0.012, 0.7, -0.006])


def test_a_ratio_without_a_value_says_what_may_be_wrong():
    found = state("number", {"value": table(value=[None])}, value="sum(value) / count(other)")

    assert found.empty == (
        "No value: there are no rows, or what sum(value) / count(other) divides by is zero."
    )


ROWS = table(name=["a", "b", "c"], measure_0=[5, 10, 2], measure_1=[0.25, None, 0.5])
MEASURES = ["Orders: count()", "Rate: avg(value) | 0%"]


def test_table_says_of_how_many_rows():
    tables = {"rows": ROWS, "total": table(value=[0]).rename_columns(["total"])}
    tables["total"] = table(value=[1204]).rename_columns(["total"])

    found = state("table", tables, group_by=["name"], measures=MEASURES, limit=2)

    assert found.note == "2 of 1,204 rows"
    assert found.rows == [["a", "5", "25%"], ["b", "10", "–"]]
    assert [row["cells"][1]["bar"] for row in found.view["rows"]] == ["50.0%", "100.0%"]
    assert [column["sorted"] for column in found.view["columns"]] == ["", "descending", ""]


def test_table_asks_one_row_more_than_it_shows():
    chart, options = read("table", group_by=["name"], measures=MEASURES, limit=2, order="Rate")

    rows = chart.queries(options, context())["rows"]

    assert rows.limit == 3
    assert (rows.order[0].name, rows.order[0].descending) == ("measure_1", True)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [({}, "group_by"), ({"group_by": ["name"], "order": "Nothing"}, "order")],
)
def test_table_names_the_wrong_option(values, wrong):
    chart, options = read("table", **values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == wrong


def test_heatmap_names_its_peak_and_leaves_empty_cells_out():
    cells = {"cells": table(row=[1, 7, 2], column=[0, 21, 5], value=[10, 142, None])}

    found = state("heatmap", cells, time="time", measure="count()", unit="carts")

    assert found.sources["caption"]["text"] == ["Peak: Sunday 21:00, 142 carts"]
    assert found.sources["caption"]["short"] == ["Peak: Sun 21:00, 142"]
    assert found.sources["peak"] == {"x": [21], "y": [6]}
    assert len(found.sources["cells"]["x"]) == 2
    assert found.sources["names"]["text"][0] == "Mon"


def test_heatmap_wants_a_time_or_two_categories():
    chart, options = read("heatmap", x="name")

    with pytest.raises(OptionsRefused, match="time"):
        chart.queries(options, context())
