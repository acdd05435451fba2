import pytest

from dashboards.charts.survival import MOST_TIMES
from datasets.query import Filter
from tests.dashboards.charts.tables import context, read, state, table

OPTIONS = {"duration": "value", "event": "happened", "unit": "h"}
#: Of 10, 5 within 2 h, 2 more at 30 h; 1 left at 10 h, 2 are open at 48 h.
ROWS = table(duration=[2, 10, 30, 48], event=[True, False, True, False], count=[5, 1, 2, 2])


def durations(rows=ROWS, **values):
    return state("survival", {"durations": rows}, **OPTIONS | values)


def test_says_median_and_what_is_not_reached():
    """S = 0.5 from 2 h; of 4 at risk at 30 h, 2 happen: 0.25. So p90 is never reached."""
    found = durations()

    assert found.summary == ("Of 10, 75.0% happened by 48 h, median 2 h, p90 not reached.")
    assert found.sources["labels"]["value"] == ["median 2 h\np90 not reached"]
    assert (found.sources["reached"]["x"], found.sources["reached"]["y"]) == ([2], [0.5])


def test_the_line_is_a_stair_from_none():
    line = durations().sources["lines"]

    assert line["xs"] == [[0, 2, 2, 30, 30, 48]]
    assert line["ys"] == [[0, 0, 0.5, 0.5, 0.75, 0.75]]


def test_share_still_open_comes_down():
    found = durations(show="open")

    assert found.sources["lines"]["ys"] == [[1, 1, 0.5, 0.5, 0.25, 0.25]]
    assert "25.0% still open by 48 h" in found.summary


def test_number_at_risk_stands_at_the_days_of_an_axis_of_hours():
    found = durations()

    assert found.props["x_ticks"]["ticks"] == [0, 12, 24, 36, 48]
    assert found.sources["risk"]["text"] == ["10", "4", "4", "2", "2"]
    assert found.props["x_axis"]["major_label_overrides"]["48"] == "48 h"
    assert found.narrow["risk_counts"] == {"visible": False}


def test_the_band_may_be_left_out():
    assert durations().sources["bands"]["xs"]
    assert durations(band=False).sources["bands"]["xs"] == []


def test_series_are_the_largest_and_keep_their_colours():
    rows = table(
        duration=[1, 1, 1, 1, 1, 1], event=[True] * 6, count=[1, 2, 3, 4, 5, 6],
        series=["a", "b", "c", "d", None, "<b>"],
    )  # fmt: skip
    found = state(
        "survival", {"durations": rows}, places=lambda _, names: [len(n) for n in names],
        **OPTIONS | {"series": "name"},
    )  # fmt: skip

    assert [row["label"] for row in found.legend] == ["<b>", "–", "d", "c"]
    assert found.note == "4 of 6 series"


def test_negative_durations_are_left_out_and_said():
    rows = table(duration=[-1, 2], event=[True, True], count=[3, 4])

    found = durations(rows)

    assert found.note == "3 negative durations left out"
    assert found.summary.startswith("Of 4, 100.0% happened")


@pytest.mark.parametrize("event", [True, False])
def test_one_duration_of_zero_is_drawn(event):
    found = durations(table(duration=[0], event=[event], count=[1]))

    assert found.empty == ""
    assert found.props["x_range"]["end"] > 0
    assert ("median 0 h" if event else "median not reached") in found.summary


def test_the_axis_ends_where_the_option_says():
    found = durations(until=24.0)

    assert found.sources["lines"]["xs"] == [[0, 2, 2, 24]]
    assert "50.0% happened by 24 h" in found.summary


def test_too_many_different_durations_say_what_to_do():
    rows = table(
        duration=list(range(MOST_TIMES + 1)), event=[True] * (MOST_TIMES + 1),
        count=[1] * (MOST_TIMES + 1),
    )  # fmt: skip

    assert "round them" in durations(rows).empty


def test_the_question_leaves_out_what_is_not_known():
    chart, options = read("survival", **OPTIONS, time="time", period="30d")

    query = chart.queries(options, context())["durations"]

    assert {f.op for f in query.filters} == {"not_null", "period"}
    assert Filter("value", "not_null") in query.filters


def test_the_table_has_the_same_numbers():
    found = durations()

    assert found.headings == ["By (h)", "Happened", "95 % from", "95 % to", "At risk"]
    assert [row[0] for row in found.values] == [2, 30]
    assert [row[1] for row in found.values] == pytest.approx([0.5, 0.75])
    assert [row[4] for row in found.values] == [10, 4]


def test_few_that_happen_fill_the_height_and_say_how_many():
    """Of 100, 8 within 2 h and 2 more at 30 h; 90 are open at 48 h: 10 %, and no median."""
    rows = table(duration=[2, 30, 48], event=[True, True, False], count=[8, 2, 90])

    found = durations(rows)

    low, high = found.props["y_range"]["start"], found.props["y_range"]["end"]
    assert -0.01 < low < 0
    assert 0.17 < high < 0.2  # the band ends at 17.4 %
    assert found.sources["labels"]["value"] == ["10.0% by 48 h\nmedian not reached"]
    assert durations(rows, show="open").props["y_range"]["end"] > 1
