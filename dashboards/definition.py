"""What a widget asks and how it looks, checked: its options read, its filters read, its columns
known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from dashboards.charts import buckets, registry
from dashboards.charts import options as chart_options
from dashboards.charts.registry import Chart, ColumnInfo, Context
from dashboards.errors import OptionsRefused
from dashboards.filters import Wish
from dashboards.models import Widget
from datasets import measures, periods, policies
from datasets.compile import to_duckdb
from datasets.errors import FormulaRefused
from datasets.models import Column, Dataset, Snapshot
from datasets.policies import Policy
from datasets.query import Filter, Order, Query, run

PLAIN_NUMBER = "0"
GROUPS_MOST = 50_000  # of one question; more become Python objects only to be left out


#: A card as its record says.
PLAIN = Wish()


def context(dataset: Dataset, as_of: datetime | None = None, viewer: Any = None) -> Context:
    """What charts may know; zone and locale are the viewer's own, where the viewer has chosen."""
    columns = {
        column.name: ColumnInfo(
            column.name,
            column.type,
            column.label or column.name,
            column.unit,
            column.format or (PLAIN_NUMBER if _names_rows(column) else ""),
        )
        for column in dataset.columns.all()
    }
    return Context(columns, *zone_and_locale(viewer), as_of)


def _names_rows(column: Column) -> bool:
    """Whether its numbers are names: nobody looks for cart 200,207."""
    return column.type == "integer" and (column.name == "id" or column.name.endswith("_id"))


def zone_and_locale(viewer: Any) -> tuple[str, str]:
    zone = getattr(viewer, "wanted_time_zone", settings.TIME_ZONE)
    return zone, getattr(viewer, "wanted_locale", settings.FORMAT_LOCALE)


def read(widget: Widget, known: Context, wish: Wish = PLAIN) -> tuple[Chart, Any]:
    """The chart type and its typed options, with the period that the viewer wishes; raises
    `DashboardError` saying which option is wrong."""
    chart = registry.get(widget.chart_type)
    types = {name: column.type for name, column in known.columns.items()} or None
    options = chart_options.read(chart.Options, widget.options, types)
    if period := getattr(options, "period", ""):
        _check_period("period", period)
    if period and not getattr(options, "time", True):
        # Without this the period would limit nothing, and the number would be of all times.
        raise OptionsRefused("time", "choose the column that the period is counted on.")
    if wish.period is not None:
        options = replace(options, period=wish.period)
    if getattr(options, "grain", "") == buckets.AUTO:
        grain = buckets.fitting(options.period, known.as_of, known.time_zone, known.begins)
        whole = grain == "hour" and _counts_days(chart, options, known)
        options = chart.fitted(options, "day" if whole else grain, known)
    is_limited = wish.period is not None or wish.conditions
    return chart, chart.limited(options, known) if is_limited else options


def _counts_days(chart: Chart, options: Any, known: Context) -> bool:
    """Whether one of the chart's columns has days, which have no hours."""
    for name, role in chart_options.roles(chart.Options).items():
        given = getattr(options, name) if role.kind in ("column", "columns") else ()
        for column in (given,) if isinstance(given, str) else given:
            if column in known.columns and known.columns[column].type == "date":
                return True
    return False


def is_kept(widget: Widget, viewer: Any) -> bool:
    """Whether rules keep a column from the viewer that the card asks for."""
    names = [column.name for column in widget.dataset.columns.all()]
    kept = policies.of(widget.dataset, viewer).unlisted(names)
    return bool(kept and kept & _columns_used(widget))


def _columns_used(widget: Widget) -> set[str]:
    """Columns that a card's options, formulas and filters name."""
    found = {item[0] for item in widget.filters if isinstance(item, list) and item}
    for value in widget.options.values():
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str):
                continue
            try:
                found |= {one} | measures.columns_of(one)
            except FormulaRefused:
                found.add(one)
    return {name for name in found if isinstance(name, str)}


def has_time(widget: Widget) -> bool:
    """Whether a card counts a period on a column of its own."""
    return bool(time_of(widget))


def time_of(widget: Widget) -> str:
    """The column on which a card counts its period."""
    chart = registry.load().get(widget.chart_type)
    if chart is None or "period" not in chart_options.roles(chart.Options):
        return ""
    return widget.options.get("time") or widget.options.get("x") or ""


def begins(widget: Widget, known: Context, viewer: Any, wish: Wish = PLAIN) -> datetime | None:
    """The first time in a card's column of time, of all rows that the viewer may see: choices and
    the card's own filters leave rows out that are there, except where choices are locked. One
    question per snapshot and column."""
    column = time_of(widget)
    if column not in known.columns or known.columns[column].type not in ("date", "datetime"):
        return None
    locked = wish.conditions if wish.locked else ()
    query = Query(select=(column,), filters=(Filter(column, "not_null"), *locked),
                  order=(Order(column),), limit=1)  # fmt: skip
    try:
        found = run(query, widget.dataset, viewer).table.column(column).to_pylist()
        zone = ZoneInfo(known.time_zone)
        return _aware(found[0], zone).astimezone(zone) if found else None
    except (ValueError, OverflowError):  # years that Python's calendar does not have
        return None


def _aware(first: date, zone: ZoneInfo) -> datetime:
    if not isinstance(first, datetime):
        return datetime.combine(first, time(), zone)
    return first if first.tzinfo else first.replace(tzinfo=UTC)  # as queries take it


def queries(
    widget: Widget, chart: Chart, options: Any, known: Context, wish: Wish = PLAIN
) -> dict[str, Query]:
    """The chart's questions, each limited to the widget's own filters and the viewer's choices."""
    filters = read_filters(widget.filters) + wish.conditions
    return {
        name: replace(
            query,
            filters=(*query.filters, *filters),
            time_zone=known.time_zone,
            limit=query.limit if query.limit is not None else GROUPS_MOST + 1,
        )
        for name, query in chart.queries(options, known).items()
    }


def read_filters(stored: list) -> tuple[Filter, ...]:
    """Stored filters, [column, op] or [column, op, value] each."""
    found = []
    for item in stored:
        shaped = isinstance(item, list) and len(item) in (2, 3)
        if not shaped or not all(isinstance(part, str) for part in item[:2]):
            raise OptionsRefused("filters", '[["column", "=", value], ...] is expected.')
        found.append(Filter(*item))
        if found[-1].op == "period" and isinstance(found[-1].value, list | tuple):
            _check_period("filters", *found[-1].value[:1])
    return tuple(found)


def _check_period(field: str, written: object = "") -> None:
    """A period of nothing, such as 0d, would show nothing, in silence."""
    if not periods.is_period(written):
        raise OptionsRefused(field, f"'{written}' is no period; write for example 24h, 30d or 6m.")


def check(widget: Widget) -> None:
    """Raise unless the widget could be drawn from its dataset's columns as they are described
    now."""
    known = context(widget.dataset)
    chart, options = read(widget, known)
    read_filters(widget.filters)
    if not known.columns:
        return  # the first run has not told the columns yet
    schema = [{"name": c.name, "type": c.type} for c in known.columns.values()]
    snapshot = widget.dataset.current_snapshot
    as_of = snapshot.as_of if snapshot else datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    for query in queries(widget, chart, options, replace(known, as_of=as_of)).values():
        to_duckdb(query, Snapshot(schema=schema, as_of=as_of), Policy(), widget.dataset.name)
