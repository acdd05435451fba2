"""Targets and forecasts of lines, as the dataset gives them."""

from datetime import datetime

import pyarrow as pa
import pytest

from dashboards.charts import buckets
from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table, times

DAYS = ("2025-11-20", "2025-11-21", "2025-11-22")
AHEAD = ("2025-11-23", "2025-11-24")
FORECAST = {"forecast_measure": "max(value)"}
RANGE = FORECAST | {"forecast_low": "min(value)", "forecast_high": "max(value)"}


def day(number: int) -> int:
    return buckets.ms(datetime.fromisoformat(f"2025-11-{number:02}"))


def goals(*days: str, **columns) -> pa.Table:
    found = {name: pa.array(values, pa.float64()) for name, values in columns.items()}
    return pa.table({"bucket": times(*days), **found})


def line(given: pa.Table | None = None, points: pa.Table | None = None, **values):
    points = points or table(bucket=times(*DAYS), value=[4, 6, 1])
    tables = {"points": points} | ({"goals": given} if given is not None else {})
    return state("line", tables, x="time", **({"measure": "sum(value)"} | values))


def test_a_target_is_a_level_line_that_the_scale_holds():
    found = line(target=500.0)

    assert found.sources["target"]["y"] == [500]
    assert found.sources["target"]["text"] == ["Target 500 EUR"]
    assert found.props["y_range"]["end"] >= 500
    assert found.sources["strips"]["text"][0] == "4 EUR\nTarget: 500 EUR"
    assert found.summary.endswith("Target 500 EUR.")


def test_the_words_of_a_target_keep_away_from_the_line():
    days = [f"2025-11-{number:02}" for number in range(1, 21)]

    def place(*first):
        points = table(bucket=times(*days), value=[*(first * 5), *[1000] * 10])
        target = line(points=points, target=380.0).sources["target"]
        return target["align"][0], target["up"][0]

    assert place(300, 300) == ("left", -9)  # above, for the line runs below
    assert place(400, 400) == ("left", 9)
    assert place(400, 340) == ("right", -9)


def test_a_target_by_bucket_is_a_line_of_its_own():
    given = goals(*DAYS, target=[5, None, 7])

    found = line(given, target_measure="Plan: avg(value)")

    assert found.sources["targets"]["ys"] == [[5], [7]]
    assert found.sources["goal_words"]["text"] == ["Plan"]
    assert found.sources["strips"]["text"][2] == "1 EUR\nPlan: 7 EUR"
    assert found.headings == ["Day", "Value", "Plan"]
    assert found.values[0][1:] == [1, 7]


def test_a_forecast_goes_on_from_the_newest_whole_bucket():
    given = goals(*DAYS[2:], *AHEAD, forecast=[5, 6, 7])

    found = line(given, **FORECAST)

    assert found.sources["forecast"]["xs"] == [[day(21), day(22), day(23), day(24)]]
    assert found.sources["forecast"]["ys"] == [[6, 5, 6, 7]]
    assert found.sources["lines"]["ys"] == [[4, 6]]  # what happened ends today
    assert found.sources["part"]["ys"] == [[6, 1]]
    assert found.sources["strips"]["title"][2:] == [
        "Sat 22 Nov 2025 (so far)", "Sun 23 Nov 2025", "Mon 24 Nov 2025",
    ]  # fmt: skip
    assert found.sources["strips"]["text"][-1] == "Forecast: 7 EUR"
    assert found.rows[0] == ["Mon 24 Nov 2025", "–", "7 EUR"]
    assert found.props["x_axis"]["major_label_overrides"][str(day(22))] == "today"
    assert found.summary.endswith("Forecast until Mon 24 Nov 2025.")


def test_the_range_is_a_band_that_opens_where_the_forecast_begins():
    given = goals(*AHEAD, forecast=[6, 7], low=[5, 4], high=[7, 10])

    found = line(given, **RANGE)

    assert found.sources["forecast_band"]["xs"] == [
        [day(21), day(23), day(24), day(24), day(23), day(21)]
    ]
    assert found.sources["forecast_band"]["ys"] == [[6, 7, 10, 4, 5, 6]]
    assert found.sources["strips"]["text"][-1] == "Forecast: 7 EUR (4 EUR to 10 EUR)"
    assert found.headings[-3:] == ["Forecast", "Forecast, low", "Forecast, high"]
    assert found.props["y_range"]["end"] >= 10


def test_a_forecast_of_the_past_is_drawn_there():
    given = goals(*DAYS, forecast=[5, 5, 5])

    assert line(given, **FORECAST).sources["forecast"]["ys"] == [[5, 5, 5]]


def test_rows_that_hold_only_a_forecast_are_no_zeros():
    """Rows ahead have no value yet; count() would say 0 or 1."""
    points = table(bucket=times(*DAYS, *AHEAD), value=[4, 6, 1, 1, 1])

    found = line(goals(*AHEAD, forecast=[6, 7]), points, measure="count()", **FORECAST)

    assert found.sources["part"]["ys"] == [[6, 1]]
    assert found.rows[0][1] == "–"


def test_a_forecast_ends_with_its_period_and_is_no_longer_than_the_past():
    far = [f"2025-12-{number:02}" for number in range(1, 31)]
    given = goals(*AHEAD, *far, forecast=[1] * 32)

    assert len(line(given, **FORECAST).sources["strips"]["at"]) == 3 + 7
    until = line(given, period="2025-11-20..2025-11-24", **FORECAST)
    assert until.sources["strips"]["at"][-1] == day(24)
    over = line(given, points=table(bucket=times("2025-11-11"), value=[4]), period="last-week",
                **FORECAST)  # fmt: skip
    assert over.sources["strips"]["at"][-1] == day(16)
    assert over.sources["forecast"]["ys"] == []


def test_a_forecast_of_a_stack_is_of_its_total():
    points = table(bucket=times(*DAYS[:2] * 2), series=["a", "a", "b", "b"], value=[1, 2, 3, 4])

    found = line(goals(*DAYS[2:], forecast=[9]), points, series="name", stack="stacked",
                 **FORECAST)  # fmt: skip

    assert found.sources["forecast"]["ys"] == [[6, 9]]
    assert found.sources["forecast"]["color"] == [TOKEN_THEME.text]


def test_no_value_ahead_says_nothing_and_draws_nothing():
    found = line(goals(*AHEAD, forecast=[None, None]), **FORECAST)

    assert found.sources["forecast"]["ys"] == []
    assert len(found.sources["strips"]["at"]) == 3
    assert "Forecast until" not in found.summary


def test_goals_are_asked_from_the_start_of_the_period_without_an_end():
    chart, options = read("line", x="time", period="7d", **RANGE, target_measure="avg(value)")

    asked = chart.queries(options, context())["goals"]

    assert [m.name for m in asked.measures] == ["target", "forecast", "low", "high"]
    assert [(f.op, str(f.value)) for f in asked.filters] == [
        ("not_null", "None"), (">=", "2025-11-16 00:00:00+01:00"),
    ]  # fmt: skip
    assert [group.name for group in asked.group_by] == ["bucket"]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"series": "name", "stack": "percent", "target": 2.0}, "target", "no place"),
        ({"series": "name", "stack": "percent"} | FORECAST, "forecast_measure", "no place"),
        ({"series": "name"} | FORECAST, "forecast_measure", "of all series together"),
        (FORECAST | {"forecast_low": "min(value)"}, "forecast_low", "both"),
        ({"forecast_low": "min(value)", "forecast_high": "max(value)"}, "forecast_measure",
         "required"),
    ],
)  # fmt: skip
def test_goals_that_do_not_fit_are_refused(values, field, words):
    chart, options = read("line", x="time", measure="sum(value)", **values)

    with pytest.raises(OptionsRefused, match=words) as refused:
        chart.queries(options, context())

    assert refused.value.field == field
