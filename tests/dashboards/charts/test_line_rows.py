"""A line from the rows of a dataset: the questions that it asks fit together in its picture."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from dashboards import render
from datasets import policies
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 3, 31)  # the clocks went forward two days before
NOW = datetime(2026, 3, 31, 12, tzinfo=BERLIN)


def rows(kind: str) -> pa.Table:
    """One row a day: 10 of each of the last 7 days and 5 of those before; plans for 3 days more."""
    days = [TODAY + timedelta(days=number) for number in range(-20, 4)]
    when = days if kind == "date" else [datetime(d.year, d.month, d.day, 9, tzinfo=BERLIN)
                                        for d in days]  # fmt: skip
    amounts = [None if d > TODAY else 10.0 if d > TODAY - timedelta(7) else 5.0 for d in days]
    return pa.table({"at": when, "amount": amounts, "plan": [12.0] * len(days)})


@pytest.mark.parametrize("kind", ["date", "datetime"])
def test_earlier_days_and_plans_lie_where_they_belong(db, settings, kind):
    settings.TIME_ZONE = "Europe/Berlin"
    dataset = DatasetFactory()
    publish(dataset, rows(kind), as_of=NOW)
    options = {"x": "at", "measure": "sum(amount)", "period": "7d", "compare": "previous",
               "forecast_measure": "Plan: max(plan)"}  # fmt: skip
    widget = WidgetFactory(dataset=dataset, chart_type="line", options=options)

    _, found, _, _ = render.compute(widget, policies.ServiceViewer("test"))

    assert found.sources["earlier"]["ys"] == [[5.0] * 7]
    assert found.sources["lines"]["ys"] == [[10.0] * 6]
    assert found.sources["part"]["ys"] == [[10.0, 10.0]]
    assert found.sources["forecast"]["ys"] == [[12.0] * 10]  # 7 days and the 3 ahead
    assert found.note == "dotted: 7 days before, same weekdays"
    assert "In all 70; 7 days before, same weekdays: 35 (+100.0%)." in found.summary
