"""Now is 22 November 2025, 14:05."""

import pytest

from dashboards.charts import lanes
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times

RUNS = {"lane": "name", "time": "time", "end": "time", "label": "other"}
AFTER = {"lane": "name", "after": "value", "label": "other", "unit": "mails"}


def runs(rows, **values):
    """Rows of (lane, start, end, label)."""
    names, starts, ends, labels = zip(*rows, strict=True)
    marks = table(
        lane=list(names), start=times(*starts), label=list(labels), value=[1] * len(rows),
        end=[None if end is None else times(end)[0].as_py() for end in ends],
    )  # fmt: skip
    return state("timeline", {"marks": marks}, **RUNS | values)


def sequence(rows, **values):
    """Rows of (lane, after, label, value)."""
    names, after, labels, amounts = zip(*rows, strict=True)
    marks = table(lane=list(names), after=list(after), label=list(labels), value=list(amounts))
    return state("timeline", {"marks": marks}, **AFTER | values)


TWO = [("B", "2025-11-01", "2025-11-05", "late"), ("A", "2025-10-01", "2025-10-03", "early"),
       ("A", "2025-11-10", None, "now")]  # fmt: skip


def test_lanes_stand_in_the_order_of_their_beginnings():
    found = runs(TWO)

    assert found.sources["names"]["text"] == ["A", "B"]
    assert found.sources["bars"]["title"] == ["early", "now", "late"]


def test_what_has_no_end_runs_to_now_and_fades_out():
    found = runs(TWO)

    bars, tails = found.sources["bars"], found.sources["tails"]
    now = found.sources["today"]["x"][0]
    assert bars["right"][1] == now == tails["left"][0]
    assert tails["right"][-1] == pytest.approx(found.props["x_range"]["end"])
    assert "Since 10 Nov 2025, under way" in bars["text"][1]
    assert found.summary == (
        "3 marks in 2 lanes, the last: now, Since 10 Nov 2025, under way; 1 under way."
    )


def test_what_overlaps_takes_rows_of_its_lane():
    found = runs([("A", "2025-11-01", "2025-11-10", "a"), ("A", "2025-11-05", "2025-11-12", "b"),
                  ("A", "2025-11-11", "2025-11-15", "c")])  # fmt: skip

    assert found.sources["bars"]["top"] == pytest.approx([-0.36, 0.64, -0.36])


def test_without_an_end_column_marks_are_points():
    found = state(
        "timeline", {"marks": table(lane=["A"], start=times("2025-11-01T09:30"), value=[4])},
        lane="name", time="time",
    )  # fmt: skip

    assert found.sources["bars"]["left"] == []
    assert found.sources["points"]["title"] == ["A"]
    assert found.sources["points"]["text"] == ["1 Nov 2025, 09:30\nCount: 4"]
    assert found.sources["tails"]["left"] == []


def test_today_is_drawn_only_where_it_is_near():
    assert runs(TWO).sources["today"]["text"] == ["today"]
    past = [("A", "2020-01-01", "2020-01-05", "x")]
    assert runs(past).sources["today"]["text"] == []


def test_the_newest_twenty_lanes():
    rows = [(f"n{i}", f"2025-10-{i + 1:02}", f"2025-11-{i + 1:02}", "x") for i in range(25)]

    found = runs(rows)

    assert found.note == "20 of 25 lanes"
    assert found.sources["names"]["text"][0] == "n5"
    assert set(found.sources["bars"]["color"]) == {TOKEN_THEME.palette[0]}


def test_an_end_before_its_start_is_a_point():
    found = runs([("A", "2025-11-05", "2025-11-01", "x")])

    assert found.sources["points"]["x"]


def test_time_after_has_marks_of_that_size():
    """Areas are as the values: a quarter of them is half of the diameter."""
    found = sequence([("A", 1, "one", 400), ("A", 24, "two", 100), ("B", 72, "three", 0)])

    sizes = found.sources["marks"]["size"]
    assert sizes[1] == sizes[0] / 2
    assert sizes[2] == 8
    assert found.props["x_axis"]["major_label_overrides"] == {
        "1": "1 h",
        "24": "24 h",
        "72": "72 h",
    }
    assert found.sources["labels"]["text"] == ["one\n400 mails", "two\n100 mails", "three\n0 mails"]


def test_words_without_room_are_left_out():
    found = sequence([("A", 1, "one", 4), ("A", 1.5, "two", 4), ("A", 72, "three", 4)])

    assert found.sources["labels"]["text"] == ["two\n4 mails", "three\n4 mails"]
    assert found.narrow["labels_shown"] == {"visible": False}


def test_another_measure_is_said():
    marks = table(lane=["A"], after=[1], value=[50], value_b=[5]).rename_columns(
        ["lane", "after", "value", "also"]
    )
    found = state("timeline", {"marks": marks}, lane="name", after="value",
                  also="Recovered: sum(value)", measure="Sent: count()")  # fmt: skip

    assert found.sources["marks"]["text"] == ["After 1 h\nSent: 50\nRecovered: 5 EUR"]
    assert found.headings == ["Name", "When", "Sent", "Recovered"]


def test_a_click_chooses_the_lane_as_it_is_in_the_data():
    marks = table(lane=[7, None], after=[1, 2], value=[1, 2])

    found = state("timeline", {"marks": marks}, lane="name", after="value")

    assert found.picks == {"source": "marks", "column": "name", "values": [7, None]}
    assert len(runs(TWO).picks["values"]) == 3


@pytest.mark.parametrize(
    ("values", "field"),
    [({"lane": "name"}, "time"), ({"lane": "name", "after": "value", "end": "time"}, "end")],
)
def test_wrong_options_are_named(values, field):
    chart, options = read("timeline", **values)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field


def test_times_are_asked_on_the_clock_of_the_zone():
    chart, options = read("timeline", **RUNS, period="90d")

    query = chart.queries(options, context())["marks"]

    assert [group.grain for group in query.group_by] == ["", "minute", "minute", ""]
    assert query.limit == 501


@pytest.mark.parametrize(
    ("spans", "rows"),
    [
        ([(0, 2), (2, 4)], [0, 0]),
        ([(0, 3), (2, 4), (3, 5)], [0, 1, 0]),
        ([(2, 4), (0, 3)], [1, 0]),
        ([(0, 9), (0, 8), (0, 7), (0, 6)], [1, 0, 1, 0]),
        ([], []),
    ],
)
def test_rows_of_a_lane(spans, rows):
    assert lanes.rows_of(spans, 2) == rows


def test_room_is_up_to_the_next_of_the_row():
    assert lanes.room_after([(0, 2), (5, 6), (1, 9)], [0, 0, 1], 10) == [3, 4, 1]
