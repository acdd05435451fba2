"""Pivot table: up to three dimensions down, one across, with totals that are asked, not added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboards.charts import buckets, options
from dashboards.charts.crossing import Crossing, Dimension
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.pivot_view import View
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa

MOST_DIMENSIONS, MOST_MEASURES = 3, 3
MOST_ROWS, MOST_COLUMNS = 200, 30


@dataclass(frozen=True, slots=True)
class PivotOptions:
    group_by: tuple[str, ...] = options.columns("Rows", default=(), help="1 to 3 columns.")
    column: str = options.column("Columns", default="", help="Its values stand side by side.")
    grain: str = options.choice(
        "Times by", [("", "Value"), *buckets.CHOICES], default="", help="Of rows and columns."
    )
    measures: tuple[str, ...] = options.measures("Measures", default=("count()",))
    order: str = options.choice(
        "Order", [("value", "Largest total first"), ("name", "By name")], default="value",
        help="Of the first measure. Times and numbers have an order of their own.",
    )  # fmt: skip
    top: int = options.integer(
        "Rows shown", help="1 to 200; the rest is Other where it adds up.", default=50,
        most=MOST_ROWS,
    )  # fmt: skip
    top_columns: int = options.integer(
        "Columns shown", help="1 to 30; the rest is Other where it adds up.", default=12,
        most=MOST_COLUMNS,
    )  # fmt: skip
    totals: bool = options.boolean("Totals", default=True, help="Of rows, of columns, of all.")
    subtotals: bool = options.boolean("Subtotals", default=True, help="Of the first of the rows.")
    heat: bool = options.boolean("Shade cells", help="The larger, the stronger; per measure.")
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")


@chart_type("pivot", label="Pivot table")
class Pivot(Chart):
    Options = PivotOptions
    size = (8, 8)
    least = (6, 6)
    template = "dashboards/charts/_pivot.html"

    def exported(self, options: PivotOptions) -> dict[str, str]:
        return {"rows_across": ""} if options.column else {}

    def queries(self, options: PivotOptions, context: Context) -> dict[str, Query]:
        """One question per level of totals: those of ratios cannot be had from their parts."""
        dimensions = _dimensions(options, context)
        formulas = _formulas(options, context)
        measures = tuple(Measure(f"value_{i}", f.formula) for i, f in enumerate(formulas))
        groups = [Group(d.column, d.grain, f"row_{i}") for i, d in enumerate(dimensions)]
        across = _across(options, context)
        column = [Group(across.column, across.grain, "column")] if across else []
        wanted = {"rows": groups, "all": []}
        if len(groups) > 1:
            wanted["parts"] = groups[:1]
        if column:
            wanted |= {f"{name}_across": [*level, *column] for name, level in wanted.items()}
        found = {
            name: Query(
                group_by=tuple(level), measures=measures, time_zone=context.time_zone,
                filters=during(options.time, options.period),
            )
            for name, level in wanted.items()
        }  # fmt: skip
        first = dimensions[0]
        if options.order == "value" and len(groups) == 1 and not (first.is_time or first.numeric):
            found["rows"] = replace(found["rows"], order=(Order("value_0", True),))
            if column:
                order = (Order("value_0", True, within="row_0"),)
                found["rows_across"] = replace(found["rows_across"], order=order)
        return found

    def state(self, tables: dict[str, pa.Table], options: PivotOptions, context: Context) -> State:
        formulas = _formulas(options, context)
        rows = tables["rows"]
        if not rows.num_rows:
            return State(empty=empty_words(options.period, context.locale))
        crossing = Crossing(
            _dimensions(options, context), _across(options, context), formulas,
            by_name=options.order == "name",
        )  # fmt: skip
        for table in tables.values():
            crossing.add(table)
        columns = crossing.columns(options.top_columns)
        shown = crossing.rows(options.top)
        return View(crossing, shown, columns, options, context).state()


def _dimension(name: str, option: str, options: PivotOptions, context: Context) -> Dimension:
    info = context.columns.get(name)
    if info is None:
        raise OptionsRefused(option, f"the dataset has no column '{name}'.")
    is_time = info.type in ("date", "datetime")
    numeric = info.type in ("integer", "number")
    return Dimension(name, info.label, options.grain if is_time else "", is_time, numeric)


def _dimensions(options: PivotOptions, context: Context) -> list[Dimension]:
    if not 1 <= len(options.group_by) <= MOST_DIMENSIONS:
        raise OptionsRefused("group_by", f"choose 1 to {MOST_DIMENSIONS} columns for the rows.")
    return [_dimension(name, "group_by", options, context) for name in options.group_by]


def _across(options: PivotOptions, context: Context) -> Dimension | None:
    if not options.column:
        return None
    if options.column in options.group_by:
        raise OptionsRefused("column", f"'{options.column}' stands in the rows already.")
    return _dimension(options.column, "column", options, context)


def _formulas(options: PivotOptions, context: Context) -> list[Formula]:
    if len(options.measures) > MOST_MEASURES:
        raise OptionsRefused(
            "measures", f"there are {len(options.measures)}; at most {MOST_MEASURES}."
        )
    return [read_formula(written, context.columns) for written in options.measures]
