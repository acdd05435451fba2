"""Areas on each other: amounts and shares, and the labels beside their bands."""

import pytest

from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times


def line(points, **values):
    given = {"measure": "sum(value)", "series": "name", "stack": "percent"} | values
    return state("line", {"points": points}, x="time", **given)


def two_days(values, names=("a", "b")):
    bucket = times("2025-11-19", "2025-11-20")
    return table(
        bucket=[day for day in bucket.to_pylist() for _ in names],
        series=[*names, *names],
        value=values,
    )


def test_shares_of_each_bucket_reach_the_top():
    found = line(two_days([3, 1, 10, 30]))

    # b is the larger one and comes first, at the top.
    assert [row["label"] for row in found.legend] == ["b", "a"]
    assert found.sources["areas"]["ys"] == [[1, 1, 0.25, 0.75], [0.75, 0.25, 0, 0]]
    assert found.props["y_ticks"]["ticks"] == [0, 0.25, 0.5, 0.75, 1]
    assert found.props["y_axis"]["major_label_overrides"]["0.5"] == "50%"


def test_amount_and_share_are_told():
    found = line(two_days([3, 1, 10, 30]))

    assert found.sources["strips"]["text"][1] == "b: 30 EUR, 75.0%\na: 10 EUR, 25.0%\nTotal: 40 EUR"
    assert found.legend[0]["value"] == "31 EUR, 70.5%"  # of 44
    assert found.headings == ["Day", "b", "b, share", "a", "a, share"]
    assert found.values[0][1:] == [30, 0.75, 10, 0.25]
    assert found.summary.startswith("Value per day in shares, ")


def test_a_bucket_of_nothing_has_no_shares():
    found = line(two_days([3, 1, 0, 0]))

    assert found.sources["areas"]["ys"] == []
    assert found.sources["points"]["y"] == [1, 0.25]  # of the one day that has any
    assert found.rows[0][1:] == ["0 EUR", "–", "0 EUR", "–"]


def test_all_of_nothing_is_explained_or_empty_but_never_divided():
    found = line(two_days([0, 0, 0, 0]))

    assert found.sources["areas"]["ys"] == []
    assert found.legend[0]["value"] == "0 EUR, –"


def test_values_below_zero_are_no_shares():
    found = line(two_days([3, -1, 10, 30]))

    assert found.sources == {}
    assert found.empty.startswith("Values below zero are no shares of a whole.")


@pytest.mark.parametrize(
    ("values", "field"),
    [({"measure": "avg(value)", "series": "name"}, "stack"), ({"measure": "count()"}, "series")],
)
def test_what_has_no_shares_is_refused(values, field):
    chart, options = read("line", x="time", stack="percent", **values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field


def test_shares_before_are_the_lines_where_they_met():
    before = table(bucket=times(*["2025-11-12", "2025-11-13"] * 2), series=["a", "a", "b", "b"],
                   value=[2, 2, 2, 6])  # fmt: skip
    tables = {"points": two_days([3, 1, 10, 30]), "earlier": before}

    found = state("line", tables, x="time", measure="sum(value)", series="name", stack="percent",
                  period="7d", compare="previous")  # fmt: skip

    assert found.sources["earlier"]["ys"] == [[0.5, 0.25]]  # the upper end is 100 % always
    assert "b: 30 EUR, 75.0%, before 75.0% (no change)" in found.sources["strips"]["text"][4]
    assert "a: 3 EUR, 75.0%, before 50.0% (+25.0 pp)" in found.sources["strips"]["text"][3]


@pytest.mark.parametrize("stack", ["stacked", "percent"])
def test_labels_stand_beside_the_middles_of_their_bands_in_stacking_order(stack):
    points = table(bucket=times(*["2025-11-20"] * 4), series=["a", "b", "c", "d"],
                   value=[40, 30, 20, 10])  # fmt: skip

    labels = line(points, stack=stack).sources["labels"]

    whole = 100 if stack == "stacked" else 1
    assert labels["name"] == ["a", "b", "c", "d"]
    assert labels["end"] == pytest.approx([part * whole for part in (0.8, 0.45, 0.2, 0.05)])
    assert labels["y"] == sorted(labels["y"], reverse=True)


def test_labels_of_bands_without_height_do_not_cross():
    """Three of four end at the same place; each still stands above the one below it."""
    bucket = times(*["2025-11-19", "2025-11-20"] * 4)
    names = ["a", "a", "b", "b", "c", "c", "d", "d"]
    points = table(bucket=bucket, series=names, value=[90, 0, 50, 0, 20, 0, 10, 5])

    labels = line(points, stack="stacked").sources["labels"]

    assert labels["end"] == [5, 5, 5, 2.5]
    assert labels["y"] == sorted(labels["y"], reverse=True)
    assert len(set(labels["y"])) == 4
