from datetime import datetime

import pyarrow as pa
import pytest

from dashboards.charts import buckets
from dashboards.charts.theme import TOKEN_THEME
from tests.dashboards.charts.tables import state, table, times


def day(number: int) -> int:
    return buckets.ms(datetime.fromisoformat(f"2025-11-{number:02}"))


def line(points: pa.Table, **values):
    return state("line", {"points": points}, x="time", **values)


def test_days_without_rows_are_zero_for_counts():
    points = table(bucket=times("2025-11-18", "2025-11-20"), value=[4, 2])

    found = line(points, measure="count()")

    assert found.sources["lines"]["ys"] == [[4, 0, 2]]
    assert found.sources["lines"]["xs"] == [[day(18), day(19), day(20)]]


def test_days_without_rows_are_gaps_for_averages():
    points = table(bucket=times("2025-11-17", "2025-11-18", "2025-11-20"), value=[4, 3, 2])

    found = line(points, measure="avg(value)")

    assert found.sources["lines"]["ys"] == [[4, 3]]
    assert found.sources["points"]["x"] == [day(20)]  # alone, so it is a point
    assert found.rows[1] == ["Wed 19 Nov 2025", "–"]


def test_the_period_is_filled_to_both_ends():
    found = line(table(bucket=times("2025-11-20"), value=[4]), measure="count()", period="7d")

    assert found.props["x_range"]["start"] == day(16)
    assert [row[0] for row in found.rows][0] == "Sat 22 Nov 2025 (so far)"
    assert len(found.rows) == 7


def test_the_unfinished_day_is_dashed_and_hollow():
    points = table(bucket=times("2025-11-20", "2025-11-21", "2025-11-22"), value=[4, 5, 1])

    found = line(points, measure="sum(value)")

    assert found.sources["lines"]["ys"] == [[4, 5]]
    assert found.sources["part"]["ys"] == [[5, 1]]
    assert found.sources["points"]["fill"] == [TOKEN_THEME.surface]
    assert found.props["x_axis"]["major_label_overrides"][str(day(22))] == "today"


def test_a_finished_last_day_is_solid():
    found = line(
        table(bucket=times("2025-11-19", "2025-11-20"), value=[4, 5]), measure="sum(value)"
    )

    assert found.sources["part"]["xs"] == []
    assert found.sources["points"]["fill"] == [TOKEN_THEME.palette[0]]


def test_what_is_said_of_a_rate_is_of_whole_days():
    """Today's rate is of a few rows: at 14:05 it may be anything."""
    bucket = times("2025-11-21", "2025-11-22", "2025-11-21", "2025-11-22")
    points = table(bucket=bucket, series=["a", "a", "b", "b"], value=[0.7, 1.0, 0.5, 0.0])

    found = line(points, measure="avg(value)", pattern="0%", series="name")

    assert [(row["label"], row["value"]) for row in found.legend] == [("a", "70%"), ("b", "50%")]
    assert "a leads with 70%" in found.summary


def test_names_stand_beside_the_whole_days_when_the_new_one_has_nothing_yet():
    bucket = times("2025-11-21", "2025-11-22", "2025-11-21", "2025-11-22")
    points = table(bucket=bucket, series=["a", "a", "b", "b"], value=[900, 0, 100, 0])

    labels = line(points, measure="sum(value)", series="name").sources["labels"]

    assert labels["name"] == ["a", "b"]
    assert labels["end"] == [900, 100]
    assert labels["y"][0] > labels["y"][1]


def test_the_fill_of_what_is_unfinished_is_pale():
    points = table(bucket=times("2025-11-20", "2025-11-21", "2025-11-22"), value=[4, 5, 1])

    found = line(points, measure="sum(value)", area=True)

    assert found.sources["areas"]["ys"] == [[4, 5, 0, 0]]
    assert found.sources["areas_part"]["ys"] == [[5, 1, 0, 0]]


def test_an_hour_that_the_period_begins_in_is_a_part():
    """48 h at 14:05 begin at 14:05, so the first hour has 55 minutes."""
    hours = [f"2025-11-22T{hour:02}:00" for hour in range(9, 15)]
    points = table(bucket=times("2025-11-20T14:00", *hours), value=[7] * 7)

    found = line(points, measure="count()", grain="hour", period="48h")

    assert found.sources["part"]["ys"] == [[7, 0], [7, 7]]
    assert found.rows[0][0] == "Sat 22 Nov 2025, 14:00 (so far)"
    assert found.rows[-1][0] == "Thu 20 Nov 2025, 14:00 (in part)"
    assert found.values[-1] == ["2025-11-20T14:00:00+01:00", 7]


def test_two_buckets_that_are_both_a_part_are_one_dash():
    points = table(bucket=times("2025-11-22T13:00", "2025-11-22T14:00"), value=[3, 1])

    found = line(points, measure="count()", grain="hour", period="1h")

    assert found.sources["part"]["ys"] == [[3, 1]]
    assert found.sources["lines"]["ys"] == []


def test_series_take_the_colours_that_the_page_gives_them():
    points = table(bucket=times(*["2025-11-20"] * 3), series=["b", "a", "c"], value=[9, 5, 1])
    asked = []

    def places(column, names):
        asked.append((column, names))
        return [7]

    found = line(points, places=places, measure="sum(value)", series="name", top=1)

    assert asked == [("name", ["b"])]  # Other is no entity
    assert found.legend[0]["color"] == TOKEN_THEME.palette[7]
    assert found.legend[-1]["color"] == TOKEN_THEME.border_strong


def test_whole_numbers_that_name_series_are_no_amounts():
    points = table(bucket=times(*["2025-11-20"] * 2), series=[2024, 2025], value=[9, 5])

    found = line(points, measure="sum(value)", series="name")

    assert [row["label"] for row in found.legend] == ["2024", "2025"]


def test_small_series_become_other_where_they_add_up():
    points = table(
        bucket=times(*["2025-11-20"] * 4), series=["a", "b", "c", "d"], value=[10, 5, 2, 1]
    )

    sums = line(points, measure="sum(value)", series="name", top=2)
    averages = line(points, measure="avg(value)", series="name", top=2)

    assert [(r["label"], r["value"]) for r in sums.legend] == [
        ("a", "10 EUR"),
        ("b", "5 EUR"),
        ("Other", "3 EUR"),
    ]
    assert [row["label"] for row in averages.legend] == ["a", "b"]
    assert averages.note == "2 of 4 series"


def test_labels_at_the_ends_do_not_overlap():
    names = ["a", "b", "c", "d"]
    points = table(bucket=times(*["2025-11-20"] * 4), series=names, value=[10, 10, 10, 9])

    found = line(points, measure="sum(value)", series="name")

    places = sorted(found.sources["labels"]["y"])
    gaps = [b - a for a, b in zip(places, places[1:], strict=False)]
    assert min(gaps) > 1.5  # of 10, about 34 px in a card
    assert found.legend_at == "narrow"
    assert found.narrow["label_names"] == {"visible": False}


def test_names_of_many_series_leave_the_picture_its_height():
    names = ["a", "b", "c", "d", "e"]
    points = table(bucket=times(*["2025-11-20"] * 5), series=names, value=[10, 8, 6, 4, 2])

    found = line(points, measure="sum(value)", series="name")

    assert [row["label"] for row in found.legend] == names
    assert found.legend_at == "top"  # in one line, which wraps


def test_stacked_series_stand_on_each_other():
    bucket = times("2025-11-19", "2025-11-19", "2025-11-20", "2025-11-20")
    points = table(bucket=bucket, series=["a", "b", "a", "b"], value=[1, 2, 10, 5])

    found = line(points, measure="sum(value)", series="name", stack="stacked")

    assert found.sources["areas"]["ys"] == [[3, 15, 5, 2], [2, 5, 0, 0]]


def test_the_hour_that_the_clock_skips_is_no_bucket():
    start, end = map(datetime.fromisoformat, ("2025-03-30T00:00", "2025-03-30T04:00"))

    hours = buckets.between(start, end, "hour", "Europe/Berlin")

    assert [hour.hour for hour in hours] == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("grain", "start", "after"),
    [
        ("hour", "2025-11-22T14:00", "2025-11-22T15:00"),
        ("day", "2025-11-22", "2025-11-23"),
        ("week", "2025-11-17", "2025-11-24"),
        ("month", "2025-11-01", "2025-12-01"),
        ("quarter", "2025-10-01", "2026-01-01"),
        ("year", "2025-01-01", "2026-01-01"),
    ],
)
def test_buckets(grain, start, after):
    moment = datetime.fromisoformat("2025-11-22T14:05")

    found = buckets.floor(moment, grain)

    assert found == datetime.fromisoformat(start)
    assert buckets.following(found, grain) == datetime.fromisoformat(after)


def test_many_hours_keep_the_newest():
    points = table(bucket=times("2020-01-01", "2025-11-22"), value=[1, 2])

    found = line(points, measure="count()", grain="hour")

    assert len(found.sources["strips"]["left"]) == buckets.MOST
