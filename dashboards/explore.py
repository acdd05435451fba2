"""What lies behind a card: values to choose from, other dimensions, single rows, and where a number
comes from. All of it by `datasets.query.run` for the viewer, with the choices of the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dashboards import bar, definition, filters, why
from dashboards.charts import words
from dashboards.charts.formulas import read_formula
from dashboards.choices import View
from dashboards.errors import ChoiceRefused
from dashboards.models import Filter, Widget
from datasets import formats, policies
from datasets.errors import NoSnapshot
from datasets.models import Dataset
from datasets.query import Filter as Condition
from datasets.query import Group, Measure, Order, Query, Result, run

VALUES_MOST, GROUPS_MOST, ROWS_MOST, PAGES_MOST = 200, 100, 50, 200
#: Columns by which anybody may break a card down are those of these types.
DIMENSIONS = ("text", "boolean", "integer", "date")
#: Rows that are looked at to tell ids, and how many of their values differ in an id.
LOOKED_AT, FEWEST, DIFFER = 1000, 50, 0.9


def values(view: View, one: Filter, search: str = "") -> dict[str, Any]:
    """Values of a filter with their rows, most frequent first, under all other choices."""
    dataset = view.dataset_of(one)
    column = filters.column_of(one, view.columns_of(dataset)) if dataset else ""
    if not dataset or not column:
        return {"values": [], "total": 0}
    asked = view.conditions_for(dataset, but=one)
    if search:
        asked.append(Condition(column, "contains", search))
    base = Query(filters=tuple(asked), time_zone=definition.zone_and_locale(view.viewer)[0])
    groups = replace(
        base, group_by=(Group(column, name="value"),), measures=(Measure("rows", "count()"),),
        order=(Order("rows", True), Order("value")), limit=VALUES_MOST,
    )  # fmt: skip
    total = replace(base, measures=(Measure("total", f"count_distinct({column})"),))
    found = run(groups, dataset, view.viewer).table
    locale = definition.zone_and_locale(view.viewer)[1]
    rows = zip(found.column("value").to_pylist(), found.column("rows").to_pylist(), strict=True)
    listed = [
        {"value": "" if value is None else str(formats.plain(value)),
         "label": "(empty)" if value is None else formats.name(value, locale),
         "rows": formats.number(count, "#,##0", locale)}
        for value, count in rows
    ]  # fmt: skip
    count = int(run(total, dataset, view.viewer).table.column("total")[0].as_py() or 0)
    return {"values": listed, "total": max(count, len(listed))}


@dataclass(frozen=True, slots=True)
class Asked:
    """The main question of a card, as it stands on the page for this viewer."""

    query: Query
    known: definition.Context
    others: tuple[Query, ...] = ()


def asked(view: View, widget: Widget) -> Asked:
    if widget.dataset.current_snapshot is None:
        raise NoSnapshot(widget.dataset.name)
    wish = view.wish(widget)
    known = definition.context(widget.dataset, widget.dataset.current_snapshot.as_of, view.viewer)
    begins = definition.begins(widget, known, view.viewer, wish)
    known = replace(known, compare=wish.compare, begins=begins)
    chart, options = definition.read(widget, known, wish)
    first, *others = definition.queries(widget, chart, options, known, wish).values()
    return Asked(first, known, tuple(others))


def may_see_rows(widget: Widget, viewer) -> bool:
    """Rows are a grant of their own: see docs/decisions/0003-two-grants.md."""
    if not viewer.has_perm("datasets.explore_dataset"):
        return False
    return Dataset.objects.visible_to(viewer).filter(pk=widget.dataset_id).exists()


def dimensions(view: View, widget: Widget) -> list[tuple[str, str]]:
    """(column, label) by which a card may be broken down: with the right to its rows all of them,
    else those that the dashboard offers as filters anyway."""
    question = asked(view, widget)
    hidden = policies.of(widget.dataset, view.viewer).unlisted(question.known.columns)
    used = {group.column for group in question.query.group_by}
    found = [
        (column.name, column.label)
        for column in question.known.columns.values()
        if column.type in DIMENSIONS and column.name not in hidden | used
    ]
    if not may_see_rows(widget, view.viewer):
        offered = {filters.column_of(one, {name: "" for name, _ in found}) for one in view.filters}
        found = [(name, label) for name, label in found if name in offered]
    ids = _ids(view, widget, question.known, [name for name, _ in found])
    return sorted(found, key=lambda one: one[0] in ids)


def _ids(view: View, widget: Widget, known: definition.Context, names: list[str]) -> set[str]:
    """Columns of these that name rows rather than group them: almost every value is another one."""
    asked = tuple(name for name in names if known.columns[name].type in ("text", "integer"))
    if not asked:
        return set()
    table = run(Query(select=asked, limit=LOOKED_AT), widget.dataset, view.viewer).table
    known_values = {name: table.column(name).drop_null() for name in asked}
    return {
        name for name, values in known_values.items()
        if len(values) >= FEWEST and len(values.unique()) > DIFFER * len(values)
    }  # fmt: skip


def breakdown(view: View, widget: Widget, by: str, at: list[Condition]) -> dict[str, Any]:
    """The measures of a card by another column, largest first, as a table."""
    if by not in dict(dimensions(view, widget)):
        raise ChoiceRefused("by", "this card cannot be broken down by that.")
    question = asked(view, widget)
    known, locale = question.known, question.known.locale
    measures = question.query.measures or (Measure("rows", "count()"),)
    query = replace(
        question.query, select=(), group_by=(Group(by, name="dimension"),), measures=measures,
        filters=(*question.query.filters, *at), limit=GROUPS_MOST + 1, offset=0,
        order=(Order(measures[0].name, True), Order("dimension")),
    )  # fmt: skip
    table = run(query, widget.dataset, view.viewer).table
    formulas = [
        read_formula(measure.formula, known.columns, pattern=widget.options.get("pattern", ""),
                     unit=widget.options.get("unit", ""))
        for measure in measures
    ]  # fmt: skip
    columns = [table.column(measure.name).to_pylist() for measure in measures]
    names = [None if v is None else formats.name(v, locale) for v in table["dimension"].to_pylist()]
    largest = max((abs(value) for value in columns[0] if value), default=0) or 1
    rows = [
        {"name": name if name is not None else "(empty)",
         "value": "" if raw is None else str(formats.plain(raw)),
         "bar": f"{abs(columns[0][i] or 0) / largest * 100:.1f}%",
         "cells": [f.text(c[i], locale) for f, c in zip(formulas, columns, strict=True)]}
        for i, (name, raw) in enumerate(zip(names, table["dimension"].to_pylist(), strict=True))
    ]  # fmt: skip
    return {
        "longest": max((row["cells"][0] for row in rows), key=len, default=""),
        "by": by, "label": known.label(by), "headings": [f.label for f in formulas],
        "rows": rows[:GROUPS_MOST], "more": len(rows) > GROUPS_MOST,
        "narrows": any(by in one.columns and one.kind in (filters.CHOICE, filters.CHOICES)
                       for one in view.filters),
    }  # fmt: skip


def rows(view: View, widget: Widget, at: list[Condition], page: int) -> dict[str, Any]:
    """The single rows that a card counts, newest first where it has a time."""
    page = min(page, PAGES_MOST)
    question = asked(view, widget)
    known = question.known
    every = [column["name"] for column in widget.dataset.current_snapshot.schema]
    hidden = policies.of(widget.dataset, view.viewer).unlisted(every)
    names = [name for name in every if name not in hidden]
    time = widget.options.get("time") or widget.options.get("x") or ""
    order = [Order(time, True)] if time in names else []
    order += [Order(name) for name in names if name != time]  # so that pages do not overlap
    base = replace(
        question.query, group_by=(), measures=(), filters=(*question.query.filters, *at),
        limit=None, offset=0, order=(),
    )  # fmt: skip
    query = replace(
        base, select=tuple(names), order=tuple(order), limit=ROWS_MOST, offset=page * ROWS_MOST
    )
    found = run(query, widget.dataset, view.viewer)
    counted = replace(base, select=(), measures=(Measure("rows", "count()"),))
    total = int(run(counted, widget.dataset, view.viewer).table.column("rows")[0].as_py() or 0)
    about = [known.columns.get(name) for name in names]
    cells = [
        [formats.text(value, column.format if column else "", known.locale, known.time_zone)
         for column, value in zip(about, row.values(), strict=True)]
        for row in found.table.to_pylist()
    ]  # fmt: skip
    first = page * ROWS_MOST
    numeric = [bool(column and column.type in ("integer", "number")) for column in about]
    said = [
        formats.number(n, "#,##0", known.locale) for n in (first + 1, first + len(cells), total)
    ]
    more = first + len(cells) < total
    return {
        "headings": list(zip(map(_heading, names, about), numeric, strict=True)),
        "rows": [list(zip(row, numeric, strict=True)) for row in cells],
        "shown": "Rows {} to {} of {}".format(*said),
        "before": page - 1 if page else None,
        "after": page + 1 if more and page < PAGES_MOST else None,
        "ends": more and page == PAGES_MOST, "as_of": found.as_of,
    }  # fmt: skip


def _heading(name: str, column) -> str:
    if column is None:
        return name
    return f"{column.label}, {column.unit}" if column.unit else column.label


def at_conditions(params, widget: Widget) -> list[Condition]:
    """The mark from which somebody drills: ``at.<column>=value``, a column that the card shows."""
    shown = set(_texts(widget.options.values()))
    found = []
    for key, held in params.lists():
        if not key.startswith("at."):
            continue
        column = key.removeprefix("at.")
        if column not in shown or any(len(value) > filters.LONGEST for value in held):
            raise ChoiceRefused("at", "this card does not show that.")
        found.append(Condition(column, "in", [value or None for value in held]))
    return found


def _texts(options):
    for value in options:
        yield from value if isinstance(value, list) else [value]


def explain(view: View, widget: Widget) -> dict[str, Any]:
    """Where a card's numbers come from: dataset, choices, rules, and how long it took."""
    question = asked(view, widget)
    dataset, locale = widget.dataset, question.known.locale
    result: Result = run(question.query, dataset, view.viewer)
    labels = {name: column.label for name, column in question.known.columns.items()}
    found = why.of(widget, view.viewer, labels, locale)
    chosen = [
        f"{one.label}: {bar.said(one, view.values[one.name], locale)}"
        for one in view.filters
        if view.values[one.name] and one.label not in view.wish(widget).ignored
    ]
    own = [_in_words(condition, question.known) for condition in
           definition.read_filters(widget.filters)]  # fmt: skip
    measures = [
        (read_formula(m.formula, question.known.columns).label, m.formula)
        for m in question.query.measures
    ]
    snapshot = dataset.current_snapshot
    return {
        "dataset": dataset, "description": dataset.description, "measures": measures,
        "as_of": snapshot.as_of,
        "fresh_for": _duration(dataset.fresh_for.total_seconds()),
        "chosen": chosen, "ignored": view.wish(widget).ignored, "own": own,
        "why": found,
        "milliseconds": round(result.seconds * 1000), "from_cache": result.from_cache,
        "answers": formats.number(result.table.num_rows, "#,##0", locale),
        "sql": dataset.sql if found.whole and may_see_rows(widget, view.viewer) else "",
    }  # fmt: skip


def _in_words(condition: Condition, known) -> str:
    label = known.label(condition.column)
    match condition.op, condition.value:
        case "is_null", _:
            return f"{label} is empty"
        case "not_null", _:
            return f"{label} is not empty"
        case "period", [str() as period, *_]:
            return f"{label} {words.within(period, known.locale)}"
        case "in" | "not_in" as op, list() as several:
            listed = ", ".join("(empty)" if v is None else str(v) for v in several)
            return f"{label} is {'one' if op == 'in' else 'none'} of {listed}"
    return f"{label} {condition.op} {condition.value}"


def _duration(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
