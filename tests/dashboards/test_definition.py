"""A widget's options as a whole, beyond what each of them may be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboards import definition
from dashboards.charts.registry import ColumnInfo, Context
from dashboards.errors import OptionsRefused
from dashboards.filters import Wish
from dashboards.models import Widget
from datasets.query import Filter

CREATED = ColumnInfo("created", "datetime", "Created")
NOW = datetime(2025, 11, 22, 13, 5, tzinfo=UTC)
KNOWN = Context({"country": ColumnInfo("country", "text", "Country")}, "UTC", "en", None)


def test_a_period_without_its_time_column_is_refused_not_ignored():
    widget = Widget(chart_type="pie", options={"category": "country", "period": "30d"})

    with pytest.raises(OptionsRefused, match="time: choose the column"):
        definition.read(widget, KNOWN)


@pytest.mark.parametrize("period", ["0d", "00h", "30", "d", "-1d", "1y", "99999d"])
def test_a_period_of_nothing_is_refused(period):
    options = {"category": "country", "time": "created", "period": period}
    known = replace(KNOWN, columns=KNOWN.columns | {"created": CREATED})

    with pytest.raises(OptionsRefused, match=f"period: '{period}' is no period"):
        definition.read(Widget(chart_type="pie", options=options), known)
    with pytest.raises(OptionsRefused, match="is no period"):
        definition.read_filters([["created", "period", [period, 0]]])


def test_periods_that_are_taken():
    for period in ("1h", "24h", "30d", "12w", "6m"):
        assert definition.read_filters([["created", "period", [period, 0]]])


@pytest.mark.parametrize("wish", [Wish(period="7d"), Wish(conditions=(Filter("a", "=", 1),))])
@pytest.mark.parametrize(("value", "target"), [("count()", None), ("avg(country)", 50.0)])
def test_a_target_of_an_amount_does_not_hold_for_a_part_of_it(wish, value, target):
    options = {"value": value, "target": 50, "time": "created", "period": "30d"}
    known = replace(KNOWN, columns=KNOWN.columns | {"created": CREATED})
    widget = Widget(chart_type="number", options=options)

    assert definition.read(widget, known, wish)[1].target == target
    assert definition.read(widget, known)[1].target == 50
    assert definition.read(widget, known, Wish(compare="year"))[1].target == 50


@pytest.mark.parametrize(("wish", "grain"), [(Wish(), "day"), (Wish(period="12m"), "week")])
def test_a_line_takes_the_grain_that_fits_the_period_of_the_viewer(wish, grain):
    options = {"x": "created", "grain": "auto", "period": "30d"}
    known = replace(KNOWN, columns={"created": CREATED}, as_of=NOW)

    assert (
        definition.read(Widget(chart_type="line", options=options), known, wish)[1].grain == grain
    )


@pytest.mark.parametrize(("kind", "grain"), [("date", "day"), ("datetime", "hour")])
@pytest.mark.parametrize(
    ("chart", "columns"),
    [
        ("line", {"x": "created"}),
        ("bar", {"category": "created", "time": "created"}),
        ("pivot", {"group_by": ["created"], "time": "created"}),
        ("number", {"time": "created"}),
    ],
)
def test_days_have_no_hours(chart, columns, kind, grain):
    known = replace(KNOWN, columns={"created": replace(CREATED, type=kind)}, as_of=NOW)
    widget = Widget(chart_type=chart, options=columns | {"grain": "auto", "period": "24h"})

    assert definition.read(widget, known)[1].grain == grain


@pytest.mark.parametrize(("measure", "grain"), [("count()", "day"), ("avg(created)", "week")])
def test_a_target_of_an_amount_stays_one_of_a_day(measure, grain):
    options = {"x": "created", "grain": "auto", "period": "12m", "target": 5, "measure": measure}
    known = replace(KNOWN, columns={"created": CREATED}, as_of=NOW)

    assert definition.read(Widget(chart_type="line", options=options), known)[1].grain == grain
