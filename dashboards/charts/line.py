"""Lines or areas over time; one row of a source per stretch of a series, so gaps stay gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from dashboards.charts import (
    buckets,
    coverage,
    earlier,
    goals,
    line_figure,
    line_picture,
    line_words,
    options,
    series,
)
from dashboards.charts.course import COMPARED, Course
from dashboards.charts.formulas import Formula, read_formula, refuse_stack
from dashboards.charts.marks import add_note
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

STACKS = [("none", "Side by side"), ("stacked", "On top of each other"),
          ("percent", "As shares of 100 %")]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineOptions:
    x: str = options.column("Time", types=("date", "datetime"))
    measure: str = options.measure("Measure", default="count()")
    grain: str = options.choice("One point per", buckets.CHOICES, default="day")
    series: str = options.column("Series", types=("text", "integer", "boolean"), default="")
    top: int = options.integer(
        "Series shown", help="1 to 10, the largest; the rest is Other.", default=4, most=10
    )
    period: str = options.text("Period", help="For example 30d; empty: all.")
    area: bool = options.boolean("Fill below the line")
    stack: str = options.choice("Stack", STACKS, default="none")
    compare: str = options.choice("Compare with", earlier.CHOICES, default="none")
    target: float | None = options.number(
        "Target", help="A level line, for example 500; of an amount, one per day unless you choose."
    )
    target_measure: str = options.measure(
        "Target by", help="A formula over the same rows, for example: Plan: sum(plan)", default=""
    )
    forecast_measure: str = options.measure(
        "Forecast", help="Of the dataset, for example: max(forecast)", default=""
    )
    forecast_low: str = options.measure("Forecast, low end", default="")
    forecast_high: str = options.measure("Forecast, high end", default="")
    pattern: str = options.text("Number format", help="For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="For example EUR")


@chart_type("line", label="Line or area")
class Line(Chart):
    Options = LineOptions
    size = (7, 7)

    def fitted(self, options: LineOptions, grain: str, context: Context) -> LineOptions:
        """A target of an amount is one of a day."""
        adds_up = options.target is not None and _formula(options, context).adds_up
        return replace(options, grain="day" if adds_up else grain)

    def queries(self, options: LineOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.x, options.grain, "bucket")]
        if options.series:
            groups.append(Group(options.series, name="series"))
        measures = (Measure("value", _formula(options, context).formula),)

        def query(back: int | str) -> Query:
            filters = (Filter(options.x, "not_null"), *during(options.x, options.period, back))
            return Query(group_by=tuple(groups), measures=measures, filters=filters,
                         time_zone=context.time_zone)  # fmt: skip

        found = {"points": query(0)}
        back = earlier.way_back(_compare(options, context), options.period, options.grain)
        if back is not None:
            found["earlier"] = query(back)
        if asked := goals.query(options, context):
            found["goals"] = asked
        return found

    def state(self, tables: dict[str, pa.Table], options: LineOptions, context: Context) -> State:
        formula = _formula(options, context)
        points = series.points(tables["points"])
        given = goals.read(tables.get("goals"), options, context)
        starts = _starts(set(points), given, options, context)
        adds_up = formula.adds_up
        blanks = coverage.blanks(starts, options.grain, context, adds_up=adds_up)
        every = series.over(points, starts, blanks)
        shown, note = series.largest(every, options.top, formula)
        if not shown or all(value is None for one in shown for value in one.values):
            return State(empty=nothing(options.period, formula, points, context.locale))
        if options.stack == "percent" and any((v or 0) < 0 for one in shown for v in one.values):
            return State(empty="Values below zero are no shares of a whole. Lay the series on top "
                         "of each other or side by side.")  # fmt: skip
        series.paint(shown, options.series, context)
        ahead = goals.ahead(given, starts, options.grain, options.period, context)
        for one in shown:
            one.values += [None] * len(ahead)
        series.place(shown, options.stack if options.series else "none")
        way, before, said = _earlier(tables.get("earlier"), starts, shown, options, context)
        before = [values + [None] * len(ahead) for values in before]
        course = Course(
            starts + ahead, len(starts), shown, formula, options, context, way, before, given
        )
        state = line_picture.state(course)
        if course.compares_whole and not (course.compares_each or course.draws_total_before):
            said += f": {line_words.whole_before(course)}"
        annotated, state.note = state.note, note
        add_note(state, said)
        add_note(state, annotated)
        return state

    def figure(self, options: LineOptions, theme: Theme) -> Figure:
        return line_figure.draw(options, theme)


def _formula(options: LineOptions, context: Context) -> Formula:
    formula = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    if options.stack == "percent" and not options.series:
        raise OptionsRefused("series", "is required for shares: choose what parts the whole.")
    if options.stack != "none" and options.series:
        refuse_stack([formula])
    return formula


def _compare(options: LineOptions, context: Context) -> str:
    """What the page compares with, else what the card does."""
    return context.compare or options.compare


def _starts(
    present: set[tuple[datetime, str]], given: goals.Goals, options: LineOptions, context: Context
) -> list[datetime]:
    """The buckets that have begun, or all that have rows where nothing says that some are ahead."""
    starts = buckets.expected(
        {start for start, _ in present}, options.grain, options.period, context.as_of,
        context.time_zone,
    )  # fmt: skip
    if "forecast" in given.formulas:
        now = buckets.local(context.as_of, context.time_zone)
        starts = [start for start in starts if start <= now]
    return starts


def _earlier(
    table: pa.Table | None,
    starts: list[datetime],
    shown: list[series.Series],
    options: LineOptions,
    context: Context,
) -> tuple[earlier.Earlier | None, list[list[float | None]], str]:
    """The way back, the earlier values of each series, and what the foot says of them."""
    asked = (_compare(options, context), options.period, options.grain)
    way = earlier.earlier(*asked, context)
    if way is None or table is None:
        return None, [], earlier.refusal(*asked)
    points = series.points(table)
    if not points:
        return None, [], f"no rows {way.label}"
    formula = _formula(options, context)
    many = len(shown) > COMPARED
    if many and not formula.adds_up:
        return None, [], f"more than {COMPARED} series are not compared"
    known = [coverage.is_whole(way.at(start), options.grain, context) for start in starts]
    if not any(known):
        return None, [], f"no data {way.label}"
    values = earlier.beside(points, starts, shown, known, formula, way)
    drawn = not many or options.stack == "stacked"
    said = f"dotted: {way.label}" if drawn else f"compared with {way.label}"
    return way, values, said if known[0] else f"{said}, whose data begin {coverage.day(context)}"
