"""Heatmap: weekday by hour, or two categories; the strongest cell is outlined and named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from babel.dates import format_date

from dashboards.charts import drawing, options, ramps, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import Theme
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MONDAY = date(2024, 1, 1)
#: Rows and columns that still have a size.
MOST_ROWS, MOST_COLUMNS = 12, 31
LABEL_WIDTH = 120


@dataclass(frozen=True, slots=True)
class HeatmapOptions:
    time: str = options.column("Time", types=("datetime",), default="", help="For weekday by hour.")
    x: str = options.column("Columns", default="", help="A category, instead of hours.")
    y: str = options.column("Rows", default="", help="A category, instead of weekdays.")
    measure: str = options.measure("Measure", default="count()")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="For example carts")


@dataclass(frozen=True, slots=True)
class Cells:
    """Values by (row, column), with names short for axes and long for words."""

    rows: list[tuple[str, str]]
    columns: list[tuple[str, str]]
    values: dict[tuple[int, int], float]
    joiner: str  # between the names of row and column
    keys: list[Any]  # values that the columns stand for, where they are a category


@chart_type("heatmap", label="Heatmap")
class Heatmap(Chart):
    Options = HeatmapOptions
    size = (6, 8)
    least = (5, 6)

    def queries(self, options: HeatmapOptions, context: Context) -> dict[str, Query]:
        filters = [Filter(options.time, "not_null")] if options.time else []
        filters += during(options.time, options.period)
        query = Query(
            group_by=(_group(options.y, options.time, "day_of_week", "row"),
                      _group(options.x, options.time, "hour_of_day", "column")),
            measures=(Measure("value", _formula(options, context).formula),),
            filters=tuple(filters),
            time_zone=context.time_zone,
        )  # fmt: skip
        return {"cells": query}

    def state(
        self, tables: dict[str, pa.Table], options: HeatmapOptions, context: Context
    ) -> State:
        cells, note = _read(tables["cells"], options, context.locale)
        if not cells.values:
            return State(empty=empty_words(options.period, context.locale))
        state = _Picture(cells, _formula(options, context), context.locale).state()
        if options.x:
            picks = [cells.keys[column] for _, column in cells.values]
            state.picks = {"source": "cells", "column": options.x, "values": picks}
        state.note = note
        return state

    def figure(self, options: HeatmapOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.min_border_bottom, plot.min_border_top, plot.min_border_right = ramps.HEIGHT, 4, 2
        plot.yaxis.visible = False
        drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
        cells = drawing.source("cells", "x", "y", "color", "title", "text")
        marks = plot.rect("x", "y", 1, 1, source=cells, fill_color="color", line_width=1.5,
                          line_color=theme.surface, border_radius=4)  # fmt: skip
        plot.rect("x", "y", 1, 1, source=drawing.source("peak", "x", "y"), fill_color=None,
                  line_color=theme.text, line_width=1.5, border_radius=4,
                  level="annotation")  # fmt: skip
        names = drawing.source("names", "y", "text", "x_offset")
        at_left = {"x": 0, "x_offset": "x_offset", "x_range_name": drawing.FRAME}
        drawing.words(plot, names, theme, **at_left, text_color=theme.muted)
        ramps.foot(plot, theme)
        plot.add_tools(drawing.hover(theme, [marks]))
        if options.x:
            drawing.pickable(plot, marks)
        return plot


@dataclass(frozen=True, slots=True)
class _Picture:
    """Rows at 0, 1, 2 ... from the top, columns from the left."""

    cells: Cells
    formula: Formula
    locale: str

    def state(self) -> State:
        cells, peak = self.cells, self.peak()
        left = round(max(scales.width(short) for short, _ in cells.rows)) + 12
        row, column = peak
        state = State(summary=f"{self.formula.label}: {self.words(peak, 1)[6:]} is the peak.")
        state.sources = {
            "cells": self.marks(),
            "peak": {"x": [column], "y": [row]},
            "names": {
                "y": list(range(len(cells.rows))),
                "text": [short for short, _ in cells.rows],
                "x_offset": [-left] * len(cells.rows),
            },
            **ramps.caption(self.words(peak, 1), self.words(peak, 0), left),
            **ramps.sources(*ramps.bounds(cells.values.values()), self.formula, self.locale),
        }  # fmt: skip
        state.props, state.narrow = self.axes(left)
        places = range(len(cells.columns))
        rows = [
            [name, *(self.formula.cell(cells.values.get((r, c)), self.locale) for c in places)]
            for r, (_, name) in enumerate(cells.rows[:TWIN_ROWS])
        ]
        state.tell(["", *(long for _, long in cells.columns)], rows)
        return state

    def peak(self) -> tuple[int, int]:
        return max(self.cells.values, key=lambda place: self.cells.values[place])

    def words(self, place: tuple[int, int], length: int) -> str:
        """Peak: Sunday 21:00, 142 carts; ``length`` 0 is the short form."""
        row, column = self.cells.rows[place[0]], self.cells.columns[place[1]]
        value = self.cells.values[place]
        written = (
            self.formula.text(value, self.locale)
            if length
            else self.formula.number(value, self.locale)
        )
        return f"Peak: {row[length]}{self.cells.joiner}{column[1]}, {written}"

    def marks(self) -> dict[str, list]:
        low, high = ramps.bounds(self.cells.values.values())
        found = drawing.Rows("x", "y", "color", "title", "text")
        for (row, column), value in self.cells.values.items():
            color = ramps.color(value, low, high)
            title = self.cells.rows[row][1] + self.cells.joiner + self.cells.columns[column][1]
            found.add(column, row, color, title, self.formula.text(value, self.locale))
        return found.columns

    def axes(self, left: int) -> tuple[dict, dict]:
        columns = self.cells.columns
        hours = len(columns) == 24
        ticks = list(range(0, len(columns), 3 if hours else 1))
        cut = {str(i): scales.cut(columns[i][0], 70) for i in ticks}
        props = {
            "x_range": {"start": -0.5, "end": len(columns) - 0.5},
            "y_range": {"start": len(self.cells.rows) - 0.5, "end": -0.5},
            "x_ticks": {"ticks": ticks},
            "x_axis": {"major_label_overrides": cut},
            "plot": {"min_border_left": left},
            **ramps.shown(narrow=False),
        }
        narrow: dict[str, dict] = ramps.shown(narrow=True)
        if hours:
            narrow["x_ticks"] = {"ticks": [0, 6, 12, 18]}
        return props, narrow


def _formula(options: HeatmapOptions, context: Context) -> Formula:
    return read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )


def _group(column: str, time: str, grain: str, name: str) -> Group:
    if column:
        return Group(column, name=name)
    if not time:
        raise OptionsRefused("time", "is required unless both columns and rows are categories.")
    return Group(time, grain, name)


def _read(table: pa.Table, options: HeatmapOptions, locale: str) -> tuple[Cells, str]:
    """The cells, and what is said of rows and columns that do not fit."""
    lists = [table.column(name).to_pylist() for name in ("row", "column", "value")]
    found = [cell for cell in zip(*lists, strict=True) if cell[2] is not None]
    rows, all_rows = _names(options.y, [(r, v) for r, _, v in found], MOST_ROWS, weekdays, locale)
    columns, all_columns = _names(
        options.x, [(c, v) for _, c, v in found], MOST_COLUMNS, _hours, locale
    )
    values = {(rows[r], columns[c]): value for r, c, value in found if r in rows and c in columns}
    note = ""
    if len(rows) < all_rows or len(columns) < all_columns:
        many = [formats.count(every, locale) for every in (all_rows, all_columns)]
        note = f"{len(rows)} of {many[0]} rows, {len(columns)} of {many[1]} columns"
    cells = Cells(
        _pairs(options.y, rows, weekdays, locale),
        _pairs(options.x, columns, _hours, locale),
        values,
        ", " if options.x or options.y else " ",
        [formats.plain(key) for key in columns] if options.x else [],
    )
    return cells, note


def _names(column, found, most, fixed, locale) -> tuple[dict, int]:
    """Key -> position of the rows or columns shown, and how many there are."""
    if not column:
        return {key: index for index, key in enumerate(fixed(locale))}, 0
    weights: dict = {}
    for key, value in found:
        weights[key] = weights.get(key, 0) + value
    ranked = sorted(weights, key=lambda key: -weights[key])[:most]
    if not any(isinstance(key, str) or key is None for key in ranked):
        ranked.sort()  # numbers and dates have an order of their own
    return {key: index for index, key in enumerate(ranked)}, len(weights)


def _pairs(column: str, shown: dict, fixed, locale: str) -> list[tuple[str, str]]:
    if not column:
        return list(fixed(locale).values())
    names = [formats.text(key, locale=locale) for key in shown]
    return [(scales.cut(name, LABEL_WIDTH), name) for name in names]


@lru_cache(64)
def weekdays(locale: str) -> dict[int, tuple[str, str]]:
    at = formats.locale_of(locale)
    days = [MONDAY + timedelta(index) for index in range(7)]
    return {
        day.isoweekday(): (format_date(day, "EEE", locale=at), format_date(day, "EEEE", locale=at))
        for day in days
    }


@lru_cache(64)
def _hours(_locale: str) -> dict[int, tuple[str, str]]:
    return {hour: (f"{hour:02}", f"{hour:02}:00") for hour in range(24)}
