"""Calendar heatmap: a column per week, a row per weekday, a colour per day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from babel.dates import format_date

from dashboards.charts import buckets, coverage, drawing, options, ramps, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.heatmap import weekdays
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import Theme
from dashboards.charts.words import nothing
from datasets import formats, periods
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_WEEKS, NARROW_WEEKS = 53, 20
#: A few weeks do not become giants.
LEAST_WEEKS = 20
#: From so many weeks on there is no room for the year beside January.
MANY_WEEKS = 40
DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class CalendarOptions:
    time: str = options.column("Time", types=("date", "datetime"))
    measure: str = options.measure("Measure", default="count()")
    period: str = options.text("Period", help="For example 6m; empty: the newest 53 weeks.")
    pattern: str = options.text("Number format", help="For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="For example carts")


@chart_type("calendar", label="Calendar heatmap")
class Calendar(Chart):
    Options = CalendarOptions
    size = (12, 6)
    least = (8, 5)

    def queries(self, options: CalendarOptions, context: Context) -> dict[str, Query]:
        query = Query(
            group_by=(Group(options.time, "day", "day"),),
            measures=(Measure("value", _formula(options, context).formula),),
            filters=(Filter(options.time, "not_null"), *during(options.time, options.period)),
            time_zone=context.time_zone,
        )
        return {"days": query}

    def state(
        self, tables: dict[str, pa.Table], options: CalendarOptions, context: Context
    ) -> State:
        lists = [tables["days"].column(name).to_pylist() for name in ("day", "value")]
        every = {
            buckets.as_time(day).date(): value
            for day, value in zip(*lists, strict=True)
            if day is not None and value is not None
        }
        formula = _formula(options, context)
        if not every:
            return State(empty=nothing(options.period, formula, lists[0], context.locale))
        first, last = _span(list(every), options.period, context)
        values = {day: value for day, value in every.items() if day >= first}
        state = _Picture(first, last, values, formula, context).state()
        if len(values) < len(every):
            state.note = f"The newest {MOST_WEEKS} weeks"
        return state

    def figure(self, options: CalendarOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.min_border_bottom, plot.min_border_top, plot.min_border_right = 40, 4, 2
        plot.yaxis.visible = False
        axis = plot.xaxis[0]
        plot.below.remove(axis)
        plot.above.append(axis)
        drawing.ticks_by_name(axis, "x_ticks")
        box = {"x": "x", "y": "y", "width": 1, "height": 1, "border_radius": 3}
        days = drawing.source("days", "x", "y", "color", "title", "text")
        marks = plot.rect(source=days, **box, fill_color="color", line_color=theme.surface,
                          line_width=2)  # fmt: skip
        gaps = drawing.source("gaps", "x", "y", "title", "text")
        without = plot.rect(source=gaps, **box | {"width": 0.86, "height": 0.86}, fill_alpha=0,
                            line_color=theme.border)  # fmt: skip
        plot.multi_line("xs", "ys", source=drawing.source("months", "xs", "ys"),
                        line_color=theme.border_strong, line_width=1)  # fmt: skip
        plot.rect(source=drawing.source("today", "x", "y"), **box, fill_color=None,
                  line_color=theme.text, line_width=1.5, line_dash=[3, 2])  # fmt: skip
        plot.rect(source=drawing.source("peak", "x", "y"), **box, fill_color=None,
                  line_color=theme.text, line_width=1.5)  # fmt: skip
        names = drawing.source("names", "y", "text", "x_offset")
        drawing.words(plot, names, theme, x=0, x_offset="x_offset", x_range_name=drawing.FRAME,
                      text_color=theme.muted)  # fmt: skip
        ramps.foot(plot, theme, offset=26)
        plot.add_tools(drawing.hover(theme, [marks, without]))
        return plot


def _formula(options: CalendarOptions, context: Context) -> Formula:
    return read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )


def _span(present: list[date], period: str, context: Context) -> tuple[date, date]:
    """First and last day of the calendar: those of the period, up to now, or those with rows."""
    first, last = min(present), max(present)
    if period:
        start, end = periods.bounds(period, 0, context.as_of, context.time_zone)
        end = min(end - periods.TICK, context.as_of)
        first = min(first, buckets.local(start, context.time_zone).date())
        last = max(last, buckets.local(end, context.time_zone).date())
    oldest = _monday(last).toordinal() - 7 * (MOST_WEEKS - 1)
    return max(first, date.fromordinal(max(oldest, 1))), last


def _monday(day: date) -> date:
    return date.fromordinal(max(day.toordinal() - day.weekday(), 1))


@dataclass(frozen=True, slots=True)
class _Picture:
    """Weeks at 0, 1, 2 ... from the left, Monday at the top."""

    first: date
    last: date
    values: dict[date, float]
    formula: Formula
    context: Context

    @property
    def today(self) -> date:
        return buckets.local(self.context.as_of, self.context.time_zone).date()

    def state(self) -> State:
        short = weekdays(self.context.locale)
        left = round(max(scales.width(name) for name, _ in short.values())) + 12
        peak = max(self.values, key=lambda day: self.values[day])
        low, high = ramps.bounds(self.values.values())
        locale = self.context.locale
        state = State()
        state.sources = {
            **self.days(low, high),
            "months": self.months(),
            "today": self.outline(self.today),
            "peak": self.outline(peak if peak != self.today else None),
            "names": {
                "y": list(range(7)),
                "text": [name for name, _ in short.values()],
                "x_offset": [-left] * 7,
            },
            **ramps.caption(
                f"Peak: {self.title(peak)}, {self.formula.text(high, locale)}",
                self.newest_peak(),
                left,
            ),
            **ramps.sources(low, high, self.formula, locale),
        }
        state.props, state.narrow = self.axes(left)
        state.summary = (
            f"{self.formula.label} per day, {self.title(self.first)} to {self.title(self.last)}: "
            f"the peak is {self.title(peak)} with {self.formula.text(high, locale)}."
        )
        self.tell(state)
        return state

    def newest_peak(self) -> str:
        """Of the weeks that a phone shows."""
        start = _monday(self.last).toordinal() - 7 * (NARROW_WEEKS - 1)
        newest = [day for day in self.values if day.toordinal() >= start]
        if not newest:
            return ""
        day = max(newest, key=lambda day: self.values[day])
        name = buckets.label(buckets.as_time(day), "day", self.context.locale)
        return f"Peak: {name}, {self.formula.short(self.values[day], self.context.locale)}"

    def place(self, day: date) -> tuple[int, int]:
        return (day - _monday(self.first)).days // 7, day.weekday()

    def outline(self, day: date | None) -> dict[str, list]:
        if day is None or not self.first <= day <= self.last:
            return {"x": [], "y": []}
        x, y = self.place(day)
        return {"x": [x], "y": [y]}

    def title(self, day: date) -> str:
        name = buckets.title(buckets.as_time(day), "day", self.context.locale)
        return f"{name} (so far)" if day == self.today else name

    def days(self, low: float, high: float) -> dict[str, dict[str, list]]:
        days = drawing.Rows("x", "y", "color", "title", "text")
        gaps = drawing.Rows("x", "y", "title", "text")
        for index in range((self.last - self.first).days + 1):
            day = self.first + DAY * index
            value, title = self.values.get(day), self.title(day)
            if value is None:
                is_before = coverage.is_before(buckets.as_time(day), "day", self.context)
                gaps.add(*self.place(day), title, "No data yet" if is_before else "No rows")
            else:
                text = self.formula.text(value, self.context.locale)
                days.add(*self.place(day), ramps.color(value, low, high), title, text)
        return {"days": days.columns, "gaps": gaps.columns}

    def starts(self) -> list[date]:
        """The first days of the months, besides that of the first day."""
        ordinals = range(self.first.toordinal() + 1, self.last.toordinal() + 1)
        return [day for day in map(date.fromordinal, ordinals) if day.day == 1]

    def months(self) -> dict[str, list]:
        """Lines between months, which run down, and across where one starts within a week."""
        found = drawing.Rows("xs", "ys")
        for day in self.starts():
            x, y = self.place(day)
            found.add([x + 0.5, x + 0.5, x - 0.5, x - 0.5], [-0.5, y - 0.5, y - 0.5, 6.5])
        return found.columns

    def axes(self, left: int) -> tuple[dict, dict]:
        weeks = self.place(self.last)[0] + 1
        at = formats.locale_of(self.context.locale)
        named: dict[str, str] = {}
        days = self.starts()
        # The month of the first day has its name where the next one leaves it room.
        if not days or self.place(days[0])[0] >= 3:
            days = [self.first, *days]
        for day in days:
            january = day.month == 1 and weeks < MANY_WEEKS
            # A month that starts within a week has its name over its first whole one.
            week = self.place(day)[0] + (day.weekday() > 0 and day != self.first)
            named[str(week)] = format_date(day, "MMM y" if january else "MMM", locale=at)
        end = max(weeks, LEAST_WEEKS) - 0.5
        props = {
            "x_range": {"start": -0.5, "end": end},
            "y_range": {"start": 6.5, "end": -0.5},
            "x_ticks": {"ticks": [int(week) for week in named]},
            "x_axis": {"major_label_overrides": named},
            "plot": {"min_border_left": left},
            **ramps.shown(narrow=False),
        }
        narrow = {
            "x_range": {"start": max(weeks - NARROW_WEEKS, 0) - 0.5, "end": end},
            **ramps.shown(narrow=True),
        }
        return props, narrow

    def tell(self, state: State) -> None:
        rows = []
        by_ordinal = {day.toordinal(): value for day, value in self.values.items()}
        first, last = _monday(self.first).toordinal(), _monday(self.last).toordinal()
        for monday in range(last, first - 1, -7):
            week = date.fromordinal(monday)
            title = buckets.title(buckets.as_time(week), "week", self.context.locale)
            days = [by_ordinal.get(monday + index) for index in range(7)]
            cells = [self.formula.cell(value, self.context.locale) for value in days]
            rows.append([(title, week), *cells])
        names = [long for _, long in weekdays(self.context.locale).values()]
        state.tell(["Week", *names], rows)
