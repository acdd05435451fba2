"""Table: groups with measures, or plain rows; one measure may carry bars in its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts import options
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 50
NUMERIC = ("integer", "number")


@dataclass(frozen=True, slots=True)
class TableOptions:
    group_by: tuple[str, ...] = options.columns("Group by")
    columns: tuple[str, ...] = options.columns("Columns", help="Plain rows, instead of groups.")
    measures: tuple[str, ...] = options.measures("Measures", default=())
    order: str = options.text("Order by", help="Label of a measure or name of a column.")
    descending: bool = options.boolean("Largest first", default=True)
    limit: int = options.integer("Rows", help="1 to 50.", default=8, most=MOST_ROWS)
    bars: str = options.text("Bars in", help="Label of a measure; empty: the one in order.")
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the answer as it is shown."""

    name: str  # in the answer
    label: str
    formula: Formula | None = None
    pattern: str = ""
    numeric: bool = False

    def text(self, value: Any, context: Context) -> str:
        if self.formula:
            return self.formula.number(value, context.locale)
        return formats.text(value, self.pattern, context.locale, context.time_zone)


@chart_type("table", label="Table")
class Table(Chart):
    Options = TableOptions
    size = (6, 8)
    template = "dashboards/charts/_table.html"

    def queries(self, options: TableOptions, context: Context) -> dict[str, Query]:
        shown, order = _columns(options, context), _order(options, context)
        limit = options.limit
        base = {"filters": during(options.time, options.period), "time_zone": context.time_zone}
        orders = (Order(order.name, options.descending),) if order else ()
        # One row more than is shown tells whether there are more.
        if options.columns:
            rows = Query(select=options.columns, order=orders, limit=limit + 1, **base)
            return {"rows": rows, "total": Query(measures=(Measure("total", "count()"),), **base)}
        rows = Query(
            group_by=tuple(Group(name) for name in options.group_by),
            measures=tuple(Measure(c.name, c.formula.formula) for c in shown if c.formula),
            order=orders, limit=limit + 1, **base,
        )  # fmt: skip
        if len(options.group_by) != 1:
            return {"rows": rows}
        total = Measure("total", f"count_distinct({options.group_by[0]})")
        return {"rows": rows, "total": Query(measures=(total,), **base)}

    def state(self, tables: dict[str, pa.Table], options: TableOptions, context: Context) -> State:
        table, limit = tables["rows"], options.limit
        if not table.num_rows:
            return State(empty=empty_words(options.period, context.locale))
        shown, order, barred = (
            _columns(options, context),
            _order(options, context),
            _barred(options, context),
        )
        columns = {c.name: table.column(c.name).to_pylist()[:limit] for c in shown}
        count = min(table.num_rows, limit)
        rows = zip(*(columns[c.name] for c in shown), strict=True)
        cells = [[(c.text(v, context), v) for c, v in zip(shown, row, strict=True)] for row in rows]
        texts = [[text for text, _ in row] for row in cells]
        widths = _widths(columns[barred.name]) if barred else []
        optional = [c.numeric and i > 1 and c not in (order, barred) for i, c in enumerate(shown)]
        state = State()
        state.tell([_heading(c) for c in shown], cells)
        state.view = {
            # Of the numbers beside bars, so that all bars have the same room.
            "longest": max((row[shown.index(barred)] for row in texts), key=len) if barred else "",
            "columns": [
                {"label": _heading(c), "numeric": c.numeric, "optional": optional[index],
                 "sorted": _direction(c, order, options)}
                for index, c in enumerate(shown)
            ],
            "rows": [
                [{"text": text, "numeric": c.numeric, "bar": widths[i] if c == barred else None,
                  "first": index == 0, "optional": optional[index]}
                 for index, (c, text) in enumerate(zip(shown, row, strict=True))]
                for i, row in enumerate(texts)
            ],
        }  # fmt: skip
        state.note = _note(count, table.num_rows, tables)
        state.summary = f"{state.note or f'{count} rows'}; first: {', '.join(texts[0][:3])}."
        return state


def _columns(options: TableOptions, context: Context) -> list[Column]:
    if not (options.columns or options.group_by or options.measures):
        raise OptionsRefused("group_by", "is required unless plain columns are chosen.")
    names = options.columns or options.group_by
    found = []
    for name in names:
        info = context.columns.get(name)
        if info is None:
            raise OptionsRefused("columns", f"the dataset has no column '{name}'.")
        found.append(Column(name, info.label, None, info.format, info.type in NUMERIC))
    if options.columns:
        return found
    formulas = [read_formula(written, context.columns) for written in options.measures]
    return found + [Column(f"measure_{i}", f.label, f, "", True) for i, f in enumerate(formulas)]


def _named(name: str, option: str, options: TableOptions, context: Context) -> Column:
    shown = _columns(options, context)
    for column in shown:
        if name in (column.name, column.label):
            return column
    known = ", ".join(column.label for column in shown)
    raise OptionsRefused(option, f"there is no '{name}'. There are {known}.")


def _order(options: TableOptions, context: Context) -> Column | None:
    """The column that orders the rows: the named one, else the first measure."""
    if options.order:
        return _named(options.order, "order", options, context)
    return next((c for c in _columns(options, context) if c.formula), None)


def _barred(options: TableOptions, context: Context) -> Column | None:
    if options.bars:
        return _named(options.bars, "bars", options, context)
    order = _order(options, context)
    return order if order and order.formula else None


def _widths(values: list[float | None]) -> list[str]:
    most = max((abs(value) for value in values if value), default=1.0)
    return [f"{abs(value or 0) / most * 100:.1f}%" for value in values]


def _heading(column: Column) -> str:
    unit = column.formula.unit if column.formula else ""
    return f"{column.label}, {unit}" if unit else column.label


def _direction(column: Column, order: Column | None, options: TableOptions) -> str:
    if column != order:
        return ""
    return "descending" if options.descending else "ascending"


def _note(count: int, found: int, tables: dict[str, pa.Table]) -> str:
    if found <= count:
        return ""
    if "total" not in tables:
        return f"First {count}"
    total = tables["total"].column("total").to_pylist()[0] or 0
    return f"{count} of {max(int(total), found):,}"
