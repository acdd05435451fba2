"""Types that ask several questions, on a real snapshot: what the engine answers is what they
read."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from bokeh.plotting import figure

from dashboards import render
from dashboards.charts import drawing
from dashboards.charts.theme import TOKEN_THEME
from dashboards.models import Widget
from datasets.models import Column
from datasets.policies import ServiceViewer
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish

TEST = ServiceViewer("test")
NOON = datetime(2025, 11, 22, 12, tzinfo=UTC)
#: Three orders of 10, 20, 60 in Germany, one of 30 in a country that is not known.
ORDERS = pa.table({
    "country": ["DE", "DE", "DE", None],
    "device": ["app", "web", "web", "web"],
    "amount": [10.0, 20.0, 60.0, 30.0],
    "at": pa.array([NOON - timedelta(days=d) for d in (40, 2, 0, 0)], pa.timestamp("us", "UTC")),
})  # fmt: skip


@pytest.fixture
def ask(db):
    """``ask(chart, **options)`` is the state of such a card, and the card."""
    dataset = DatasetFactory()
    publish(dataset, ORDERS, NOON)

    def state(chart_type: str, **options):
        widget = WidgetFactory(dataset=dataset, chart_type=chart_type, options=options)
        widget = Widget.objects.get(pk=widget.pk)
        chart, found, _, _ = render.compute(widget, TEST)
        return chart, found, widget

    assert Column.objects.filter(dataset=dataset).count() == 4
    return state


def test_a_table_counts_its_groups_also_that_of_nothing(ask):
    _, found, widget = ask("table", group_by=["country"], measures=["avg(amount) | 0"], limit=1,
                           totals=True)  # fmt: skip

    assert found.rows == [["DE", "30"], ["Total", "30"]]
    assert found.note == "1 of 2 rows"
    assert 'class="pager"' in render.body(widget, TEST)["html"]


def test_a_pivot_asks_for_every_total(ask):
    _, found, widget = ask("pivot", group_by=["country"], column="device",
                           measures=["Mean: avg(amount) | 0.0"])  # fmt: skip

    assert found.headings == ["country", "web", "app", "Total"]
    assert sorted(found.rows) == [
        ["DE", "40.0", "10.0", "30.0"],
        ["Total", "36.7", "10.0", "30.0"],  # (20 + 60 + 30) / 3; 120 / 4
        ["–", "30.0", "–", "30.0"],
    ]
    assert "<table" in render.body(widget, TEST)["html"]


def test_a_pivot_of_months_and_two_dimensions(ask):
    _, found, _ = ask("pivot", group_by=["country", "device"], column="at", grain="month",
                      measures=["sum(amount)"], order="name")  # fmt: skip

    assert found.headings == [
        "country", "device", "October 2025", "November 2025 (so far)", "Total",
    ]  # fmt: skip
    assert found.rows == [
        ["DE", "app", "10", "–", "10"],
        ["DE", "web", "–", "80", "80"],
        ["–", "web", "–", "30", "30"],
        ["Total", "", "10", "110", "120"],
    ]


@pytest.mark.parametrize(
    ("chart_type", "more"),
    [("bar", {"series": "device", "stack": "percent"}), ("combo", {"lines": ["avg(amount)"]})],
)
def test_days_with_and_without_orders(ask, chart_type, more):
    chart, found, widget = ask(chart_type, category="at", grain="day", time="at", period="3d",
                               measures=["sum(amount)"], **more)  # fmt: skip

    assert [row[0] for row in found.rows] == [
        "Sat 22 Nov 2025 (so far)", "Fri 21 Nov 2025", "Thu 20 Nov 2025",
    ]  # fmt: skip
    assert [row[1] for row in found.rows] == ["90", "0", "20"]
    _, options = render.definition.read(widget, render.definition.context(widget.dataset))
    made = chart.figure(options, TOKEN_THEME)
    assert isinstance(made, figure)
    drawing.apply(made, found, TOKEN_THEME)
