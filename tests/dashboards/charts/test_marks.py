from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pytest
from bokeh.embed import json_item

from dashboards.charts import buckets, drawing, marks
from dashboards.charts.registry import Mark, State
from dashboards.charts.theme import LIGHT, TOKEN_THEME
from tests.dashboards.charts.tables import context, read, state, table, times

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def ms(text: str) -> int:
    return buckets.ms(datetime.fromisoformat(text))


def line(*given: Mark, **values) -> State:
    points = table(bucket=times("2025-11-01", "2025-11-22"), value=[4, 2])
    return state("line", {"points": points}, page={"marks": given}, x="time",
                 measure="count()", **values)  # fmt: skip


def test_a_mark_stands_at_its_time_on_the_clock_of_the_portal():
    noon = Mark("Release", datetime(2025, 11, 12, 11, 0, tzinfo=UTC))

    found = line(noon)

    assert found.sources["marks"]["x"] == [ms("2025-11-12T12:00")]
    assert found.sources["marks"]["word"] == ["Release"]
    assert found.sources["marks"]["text"] == ["12 Nov 2025 12:00"]
    assert found.note == "1 annotation"
    assert found.narrow["mark_words"] == {"visible": False}


def test_a_mark_that_lasts_is_a_band_within_the_axis():
    outage = Mark("Outage", at("2025-10-30"), at("2025-11-03"))

    found = line(outage)

    assert found.sources["mark_bands"] == {"left": [ms("2025-11-01")], "right": [ms("2025-11-03")]}
    assert found.sources["marks"]["text"] == ["30 Oct 2025 to 3 Nov 2025"]


def test_marks_outside_the_axis_are_none():
    found = line(Mark("Before", at("2025-10-01")), Mark("After", at("2025-12-01")))

    assert found.sources["marks"]["x"] == []
    assert found.note == ""


def test_a_mark_of_this_hour_stands_at_the_end_of_an_axis_of_days():
    found = line(Mark("Now", at("2025-11-22T14:00")))

    assert found.sources["marks"]["x"] == [round(found.props["x_range"]["end"])]
    assert found.sources["strips"]["text"][-1].endswith("Now (22 Nov 2025 14:00)")


def test_the_bucket_under_the_pointer_tells_its_marks():
    texts = line(Mark("Free shipping", at("2025-11-12"))).sources["strips"]["text"]

    assert texts[11] == "0\nFree shipping (12 Nov 2025)"
    assert texts[10] == texts[12] == "0"


def test_of_many_marks_the_newest_are_shown():
    found = line(*(Mark(f"Day {day}", at(f"2025-11-{day:02}")) for day in range(1, 15)))

    assert found.sources["marks"]["title"] == [f"Day {day}" for day in range(3, 15)]
    assert found.note == "the newest 12 of 14 annotations"


def test_titles_have_room_over_the_data_where_there_are_marks():
    bare, marked = line(), line(Mark("Free shipping", at("2025-11-12")))

    ends = [found.props["y_range"]["end"] for found in (bare, marked)]
    # Of a scale of 4 over 225 pixels, 22 pixels are 0.39.
    assert round(ends[1] - ends[0], 2) == 0.39
    assert bare.props["y_ticks"] == marked.props["y_ticks"]


def test_titles_never_meet():
    """Each takes the room to the next line at its right, else to the one at its left."""
    assert marks.titles([100], ["Release"], 400) == [("Release", True)]
    assert marks.titles([380], ["Release"], 400) == [("Release", False)]
    assert marks.titles([100, 110], ["Release", "Outage"], 400) == [
        ("Release", False),
        ("Outage", True),
    ]


def test_a_long_title_is_cut_to_the_room_and_left_out_where_that_is_short():
    long = "Free shipping from 50 EUR for everybody"

    (cut, right), _ = marks.titles([0, 150], [long, "Next"], 400)
    assert right
    assert cut.startswith("Free shipping")
    assert cut.endswith("…")
    assert marks.titles([30, 60], [long, "Next"], 400)[0] == ("", True)
    assert marks.titles([200, 200], ["Old", "New"], 400)[0][0] == ""  # one line, the newest title


def test_titles_cannot_become_markup_and_fit_the_drawing():
    hostile = "<img src=x onerror=alert(1)>"
    found = line(Mark(hostile, at("2025-11-12")))
    chart, options = read("line", x="time", measure="count()")
    figure = chart.figure(options, LIGHT)

    drawing.apply(figure, found)

    assert drawing.named(figure)["marks"].data["title"] == [hostile]


def test_another_chart_over_time_takes_them_with_two_calls():
    plot = drawing.blank(TOKEN_THEME)
    marks.draw(plot, TOKEN_THEME)
    given = State()
    page = replace(context(), marks=(Mark("Release", at("2025-11-12")),))

    first, last = (datetime.fromisoformat(day) for day in ("2025-11-01", "2025-11-22"))

    shown = marks.put(given, page, first, last, width=400)

    assert [mark.title for mark in shown] == ["Release"]
    assert set(given.sources) | set(given.props) <= set(drawing.named(plot))
    drawing.apply(plot, given, TOKEN_THEME)
    assert len(orjson.dumps(json_item(plot))) < 60_000


@pytest.mark.parametrize(("kind", "extra"), [("bar", {}), ("combo", {"lines": ["avg(value)"]})])
def test_bars_over_time_show_what_happened(kind, extra):
    """Bars stand at 0, 1, 2: noon of the second day is in the middle of its bar."""
    chart, options = read(kind, category="time", grain="day", measures=["sum(value)"], **extra)
    noon = datetime(2025, 11, 21, 11, tzinfo=UTC)  # 12:00 in Berlin
    known = replace(context(), marks=(Mark("Sale", noon),))
    answer = table(category=times("2025-11-20", "2025-11-21", "2025-11-22"), value_0=[1, 2, 3],
                   value_1=[1, 2, 3])  # fmt: skip
    name = next(iter(chart.queries(options, known)))

    state = chart.state({name: answer}, options, known)

    assert state.sources["marks"]["x"] == [1.0]
    assert state.sources["marks"]["word"] == ["Sale"]
    assert "1 annotation" in state.note
    drawing.apply(chart.figure(options, LIGHT), state)
