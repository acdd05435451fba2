"""A widget's options as a whole, beyond what each of them may be."""

import pytest

from dashboards import definition
from dashboards.charts.registry import ColumnInfo, Context
from dashboards.errors import OptionsRefused
from dashboards.models import Widget

KNOWN = Context({"country": ColumnInfo("country", "text", "Country")}, "UTC", "en", None)


def test_a_period_without_its_time_column_is_refused_not_ignored():
    widget = Widget(chart_type="pie", options={"category": "country", "period": "30d"})

    with pytest.raises(OptionsRefused, match="time: choose the column"):
        definition.read(widget, KNOWN)
