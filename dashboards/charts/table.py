"""Table: groups with measures, or plain rows, a page at a time; measures may carry bars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboards.charts import columns, options
from dashboards.charts.columns import Column
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.tones import Tones
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 50
#: Rows that a reader can turn the pages to.
MOST_PAGED = 10_000
#: Groups that are counted to say of how many a page is.
MOST_COUNTED = 1_000_000
NO_BARS = "-"


@dataclass(frozen=True, slots=True)
class TableOptions:
    group_by: tuple[str, ...] = options.columns("Group by")
    columns: tuple[str, ...] = options.columns("Columns", help="Plain rows, instead of groups.")
    measures: tuple[str, ...] = options.measures("Measures", default=())
    order: str = options.text("Order by", help="Label of a measure or name of a column.")
    descending: bool = options.boolean("Largest first", default=True)
    limit: int = options.integer("Rows per page", help="1 to 50.", default=8, most=MOST_ROWS)
    most: int = options.integer(
        "Rows at most", help="On all pages together; as many as per page for a plain top list.",
        default=MOST_PAGED, most=MOST_PAGED,
    )  # fmt: skip
    totals: bool = options.boolean(
        "Totals", help="Last row: the measures of the whole, not of the rows shown."
    )
    bars: tuple[str, ...] = options.texts(
        "Bars in", help="Labels of measures, one per line; empty: the one in order; - for none."
    )
    color_in: str = options.text("Verdicts in", help="Label of a measure: colour and icon by it.")
    good: str = options.choice(
        "Good is", [("up", "More"), ("down", "Less")], default="up", help="Of the verdicts."
    )
    warn_beyond: float | None = options.number(
        "Warn beyond", help="Without limits the sign decides: above or below zero."
    )
    bad_beyond: float | None = options.number(
        "Bad beyond", help="In the direction that is not good."
    )
    patterns: tuple[str, ...] = options.texts(
        "Number formats", help="One per line, for example: Price: #,##0.00 | EUR"
    )
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    page: int = options.unstored(1)


@chart_type("table", label="Table")
class Table(Chart):
    Options = TableOptions
    size = (6, 8)
    template = "dashboards/charts/_table.html"
    browse = ("order", "descending", "page")

    def browsed(
        self, options: TableOptions, wanted: Mapping[str, str], context: Context
    ) -> TableOptions:
        # Bars stay where they are when a reader orders by something else.
        bars = tuple(column.name for column in _barred(options, context)) or (NO_BARS,)
        return super().browsed(replace(options, bars=bars), wanted, context)

    def reach(self, options: TableOptions) -> int:
        return options.most

    def queries(self, options: TableOptions, context: Context) -> dict[str, Query]:
        shown, order = _columns(options, context), _order(options, context)
        _tones(options, context)
        base = {"filters": during(options.time, options.period), "time_zone": context.time_zone}
        start = (options.page - 1) * options.limit
        # One row more than is shown tells whether there are more.
        page = {
            "order": _orders(order, options),
            "offset": start,
            "limit": max(min(options.limit, options.most - start), 0) + 1,
        }
        if options.columns:
            total = Query(measures=(Measure("total", "count()"),), **base)
            return {"rows": Query(select=options.columns, **page, **base), "total": total}
        groups = tuple(Group(name) for name in options.group_by)
        measures = {c.name: Measure(c.name, c.formula.formula) for c in shown if c.formula}
        found = {"rows": Query(group_by=groups, measures=tuple(measures.values()), **page, **base)}
        found["total"] = Query(group_by=groups, count=True, limit=MOST_COUNTED, **base)
        if not groups:
            del found["total"]  # measures alone are one row
        if options.totals and measures:
            found["totals"] = Query(measures=tuple(measures.values()), **base)
        for column in _barred(options, context):
            if groups and (options.page > 1 or column != order or not options.descending):
                # Bars of all pages have one scale.
                largest, first = (measures[column.name],), (Order(column.name, True),)
                found[f"most_{column.name}"] = Query(
                    group_by=groups, measures=largest, order=first, limit=1, **base
                )
        return found

    def state(self, tables: dict[str, pa.Table], options: TableOptions, context: Context) -> State:
        if not tables["rows"].num_rows:
            words = "There are no more rows." if options.page > 1 else ""
            return State(empty=words or empty_words(options.period, context.locale))
        return _Page(tables, options, context).state()


class _Page:
    """The rows of one page as cells."""

    def __init__(self, tables: dict[str, pa.Table], options: TableOptions, context: Context):
        self.tables, self.options, self.context = tables, options, context
        self.shown, self.order = _columns(options, context), _order(options, context)
        self.barred, self.tones = _barred(options, context), _tones(options, context)
        table = tables["rows"]
        start = (options.page - 1) * options.limit
        self.count = min(table.num_rows, options.limit, max(options.most - start, 1))
        self.first, self.has_more = start + 1, table.num_rows > self.count
        lists = [table.column(c.name).to_pylist()[: self.count] for c in self.shown]
        self.values = list(zip(*lists, strict=True))
        self.texts = [self.written(row) for row in self.values]
        self.optional = [
            c.numeric and i > 1 and c != self.order and c not in self.barred
            for i, c in enumerate(self.shown)
        ]

    def written(self, row: tuple) -> list[str]:
        pairs = zip(self.shown, row, strict=True)
        return [column.text(value, self.context) for column, value in pairs]

    def state(self) -> State:
        state, totals = State(), self.totals()
        rows = [*zip(self.texts, self.values, strict=True), *([totals] if totals else [])]
        pairs = [[tuple(cell) for cell in zip(*row, strict=True)] for row in rows]
        state.tell([c.heading for c in self.shown], pairs)
        if len(self.options.group_by) == 1 and not self.options.columns:
            values = [formats.plain(row[0]) for row in self.values]
            state.picks = {"source": "", "column": self.options.group_by[0], "values": values}
        pages = self.pages()
        state.view = {
            "columns": [self.heading(index) for index in range(len(self.shown))],
            "rows": self.rows(picked=bool(state.picks)),
            "totals": self.cells(totals[0]) if totals else None,
            "pages": pages if pages["of"] > 1 else None,
            "optional": sum(self.optional),
            "whole": pages["of"] == 1 and self.count > 1,
            # The card's height is parted among so many, on its last page too.
            "high": (pages["size"] if pages["of"] > 1 else self.count) + bool(totals),
        }
        state.note = self.note(pages)
        rows_said = state.note or f"{self.count} rows"
        state.summary = f"{rows_said}; first: {', '.join(self.texts[0][:3])}."
        return state

    def heading(self, index: int) -> dict[str, Any]:
        column = self.shown[index]
        way = "descending" if self.options.descending else "ascending"
        return {
            "name": column.name, "label": column.heading, "numeric": column.numeric,
            "optional": self.optional[index], "sorted": way if column == self.order else "",
        }  # fmt: skip

    def cells(self, texts: list[str]) -> list[dict[str, Any]]:
        return [
            {"text": text, "numeric": c.numeric, "first": i == 0, "optional": self.optional[i]}
            for i, (c, text) in enumerate(zip(self.shown, texts, strict=True))
        ]

    def rows(self, *, picked: bool) -> list[dict[str, Any]]:
        found = []
        for index, texts in enumerate(self.texts):
            cells = self.cells(texts)
            for cell, column, value in zip(cells, self.shown, self.values[index], strict=True):
                cell["rank"] = column.rank(value)
            found.append({"cells": cells, "pick": index if picked else None})
        for column in self.barred:
            at = self.shown.index(column)
            values = [row[at] for row in self.values]
            # The room of the longest number, so that all bars have the same.
            longest = max((texts[at] for texts in self.texts), key=len)
            for row, value, width in zip(found, values, self.widths(column, values), strict=True):
                more = {"bar": width, "minus": (value or 0) < 0, "longest": longest}
                row["cells"][at] |= more
        if self.tones:
            column, tones = self.tones
            at = self.shown.index(column)
            for row, values in zip(found, self.values, strict=True):
                tone = tones.of(values[at])
                row["cells"][at] |= {"tone": tone and asdict(tone), "toned": True}
        return found

    def widths(self, column: Column, values: list[float | None]) -> list[str]:
        known = [abs(value) for value in values if value]
        largest = self.tables.get(f"most_{column.name}")
        if largest is not None and largest.num_rows:
            known.append(abs(largest.column(column.name).to_pylist()[0] or 0))
        most = max(known, default=0) or 1.0
        return [f"{abs(value or 0) / most * 100:.1f}%" for value in values]

    def totals(self) -> tuple[list[str], list[Any]] | None:
        """The last row: measures of the whole answer."""
        if "totals" not in self.tables or not self.tables["totals"].num_rows:
            return None
        answer = self.tables["totals"].to_pylist()[0]
        values = [answer[c.name] if c.formula else None for c in self.shown]
        pairs = zip(self.shown, values, strict=True)
        texts = [c.text(value, self.context) if c.formula else "" for c, value in pairs]
        if not self.shown[0].formula:
            texts[0] = values[0] = "Total"
        return texts, [value if text else "" for text, value in zip(texts, values, strict=True)]

    def pages(self) -> dict[str, Any]:
        last = self.first + self.count - 1
        rows = last + self.has_more
        if "total" in self.tables:
            rows = max(int(self.tables["total"].column("total").to_pylist()[0] or 0), rows)
        size, reached = self.options.limit, min(rows, self.options.most)
        return {
            "page": self.options.page, "of": max(math.ceil(reached / size), self.options.page),
            "size": size, "rows": rows, "first": self.first, "last": last,
            "ends": self.ends() if rows > reached else "",
        }  # fmt: skip

    def ends(self) -> str:
        """Which rows there are pages of, where these are not all."""
        most, order = self.counted(self.options.most), self.order
        if order is None or not (order.numeric or order.kind in columns.TIMES):
            return f"The first {most}"
        ways = ("largest", "smallest") if order.numeric else ("newest", "oldest")
        return f"The {most} {ways[not self.options.descending]}"

    def counted(self, number: int) -> str:
        return formats.count(number, self.context.locale)

    def note(self, pages: dict[str, Any]) -> str:
        if pages["rows"] <= self.count:
            return ""
        first, last, rows = (self.counted(pages[name]) for name in ("first", "last", "rows"))
        shown = f"{first} to {last}" if pages["page"] > 1 else self.count
        known = "total" in self.tables
        return f"{shown} of {rows} rows" if known else f"First {self.count}"


def _columns(options: TableOptions, context: Context) -> list[Column]:
    if not (options.columns or options.group_by or options.measures):
        raise OptionsRefused("group_by", "is required unless plain columns are chosen.")
    if options.columns:
        if options.totals:
            raise OptionsRefused("totals", "are of measures; plain rows have none.")
        return columns.of(options.columns, (), options.patterns, context)
    return columns.of(options.group_by, options.measures, options.patterns, context)


def _order(options: TableOptions, context: Context) -> Column | None:
    """The column that orders the rows: the named one, else the first measure."""
    shown = _columns(options, context)
    if options.order:
        return columns.named(options.order, "order", shown)
    return next((c for c in shown if c.formula), None)


def _orders(order: Column | None, options: TableOptions) -> tuple[Order, ...]:
    """With what decides between equal rows, or they could be on two pages."""
    first = (Order(order.name, options.descending),) if order else ()
    names = options.columns if order else ()
    rest = [name for name in options.group_by or names if not order or name != order.name]
    return (*first, *(Order(name) for name in rest))


def _barred(options: TableOptions, context: Context) -> list[Column]:
    if options.bars == (NO_BARS,):
        return []
    if options.bars:
        shown = _columns(options, context)
        return [columns.measure_named(label, "bars", shown) for label in options.bars]
    order = _order(options, context)
    return [order] if order and order.formula else []


def _tones(options: TableOptions, context: Context) -> tuple[Column, Tones] | None:
    if not options.color_in:
        return None
    column = columns.measure_named(options.color_in, "color_in", _columns(options, context))
    return column, Tones(options.good == "up", options.warn_beyond, options.bad_beyond)
