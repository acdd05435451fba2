from datetime import datetime

import pytest

from dashboards.charts.theme import TOKEN_THEME
from tests.dashboards.charts.tables import context, read, state, table, times

#: Friday to today, which is Saturday 22 November 2025; nothing on Thursday.
DAYS = table(day=times("2025-11-14", "2025-11-19", "2025-11-21", "2025-11-22"),
             value=[7, 14, 70, 2])  # fmt: skip


def calendar(rows=DAYS, **values):
    return state("calendar", {"days": rows}, time="time", **values)


def test_a_column_per_week_and_a_row_per_weekday():
    cells = calendar().sources["days"]

    assert list(zip(cells["x"], cells["y"], strict=True)) == [(0, 4), (1, 2), (1, 4), (1, 5)]


def test_colours_go_from_zero_to_the_peak():
    """70 is the last of seven steps, 14 = 20 % is the second, 7 = 10 % and 2 the first."""
    assert [TOKEN_THEME.sequential.index(c) for c in calendar().sources["days"]["color"]] == [
        0, 1, 6, 0,
    ]  # fmt: skip


def test_days_without_rows_are_empty_and_none_stand_after_today():
    gaps = calendar().sources["gaps"]

    assert list(zip(gaps["x"], gaps["y"], strict=True)) == [
        (0, 5), (0, 6), (1, 0), (1, 1), (1, 3),
    ]  # fmt: skip
    assert set(gaps["text"]) == {"No rows"}


def test_today_is_outlined_and_said_to_be_unfinished():
    found = calendar(unit="carts")

    assert found.sources["today"] == {"x": [1], "y": [5]}
    assert found.sources["peak"] == {"x": [1], "y": [4]}
    assert found.sources["days"]["title"][-1] == "Sat 22 Nov 2025 (so far)"
    assert found.sources["caption"]["text"] == ["Peak: Fri 21 Nov 2025, 70 carts"]


def test_a_period_begins_where_it_begins():
    found = calendar(period="30d")

    assert found.sources["gaps"]["title"][0] == "Fri 24 Oct 2025"
    assert found.summary.startswith("Count per day, Fri 24 Oct 2025 to Sat 22 Nov 2025 (so far)")


def test_months_are_parted_and_named():
    found = calendar(period="30d")

    # 1 November is the Saturday of the week after that of 24 October.
    assert found.sources["months"] == {
        "xs": [[1.5, 1.5, 0.5, 0.5]], "ys": [[-0.5, 4.5, 4.5, 6.5]],
    }  # fmt: skip
    assert found.props["x_axis"]["major_label_overrides"] == {"2": "Nov"}


def test_the_newest_year_is_shown_and_a_phone_shows_twenty_weeks():
    days = times(*(f"{2024 + i // 360}-{1 + i // 30 % 12:02}-{1 + i % 28:02}" for i in range(690)))
    found = calendar(table(day=days, value=[1] * 690))

    assert found.note == "The newest 53 weeks"
    assert max(found.sources["days"]["x"]) <= 52
    assert found.narrow["x_range"]["start"] == 32.5
    assert len(found.rows) == 53


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar(day):
    found = calendar(table(day=times(day), value=[1]))

    assert found.sources["days"]["y"] == [datetime.fromisoformat(day).weekday()]


def test_nothing_has_a_value():
    assert calendar(table(day=times("2025-11-14"), value=[None])).empty


def test_days_of_the_question_are_those_of_the_zone():
    chart, options = read("calendar", time="time", period="6m")

    query = chart.queries(options, context())["days"]

    assert (query.group_by[0].grain, query.time_zone) == ("day", "Europe/Berlin")
    assert [f.op for f in query.filters] == ["not_null", "period"]


def test_the_table_has_a_row_per_week():
    found = calendar()

    assert found.headings[:2] == ["Week", "Monday"]
    assert found.values[0] == ["2025-11-17", None, None, 14, None, 70, 2, None]
