"""Small answers and contexts for tests of charts."""

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from dashboards.charts import options as chart_options
from dashboards.charts import registry
from dashboards.charts.registry import ColumnInfo, Context, in_order

#: 14:05 in Berlin.
NOW = datetime(2025, 11, 22, 13, 5, tzinfo=UTC)
COLUMNS = {
    "time": ColumnInfo("time", "datetime", "Time"),
    "name": ColumnInfo("name", "text", "Name"),
    "other": ColumnInfo("other", "text", "Other name"),
    "value": ColumnInfo("value", "number", "Value", "EUR", "#,##0"),
    "happened": ColumnInfo("happened", "boolean", "Happened"),
    "day": ColumnInfo("day", "date", "Day"),
}


def context(locale: str = "en", places=in_order) -> Context:
    return Context(COLUMNS, "Europe/Berlin", locale, NOW, places)


def read(chart_name: str, **values):
    """The chart and its options."""
    chart = registry.get(chart_name)
    types = {name: column.type for name, column in COLUMNS.items()}
    return chart, chart_options.read(chart.Options, values, types)


def table(**columns) -> pa.Table:
    return pa.table(
        {
            name: pa.array(values, pa.float64()) if name.startswith(("value", "count")) else values
            for name, values in columns.items()
        }
    )


def state(
    chart_name: str,
    tables: dict[str, pa.Table],
    *,
    locale: str = "en",
    places=in_order,
    page: dict | None = None,
    **values,
):
    """``page``: what the page adds to the context, such as compare and marks."""
    chart, options = read(chart_name, **values)
    return chart.state(tables, options, replace(context(locale, places), **(page or {})))


def times(*texts: str) -> pa.Array:
    return pa.array([datetime.fromisoformat(text) for text in texts], pa.timestamp("us"))
