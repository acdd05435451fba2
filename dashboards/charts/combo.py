"""Bars and lines in one picture, with an axis each: amounts beside rates, over time or per
category."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboards.charts import bar, bars, buckets, drawing, marks, options, scales, series
from dashboards.charts.bar import BarOptions
from dashboards.charts.bar_picture import COLUMNS, NARROW, WIDE, Picture
from dashboards.charts.bars import Bars, Content
from dashboards.charts.formulas import Formula, read_formula, refuse_stack
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_BARS, MOST_LINES = 4, 3
#: Where every value of a line has a point; lines of more columns have one at their end.
MOST_POINTS = 14
#: Of the height, above the highest tick, so that points there are whole.
HEAD = 0.03


@dataclass(frozen=True, slots=True)
class ComboOptions:
    category: str = options.column("Category or time")
    grain: str = options.choice(
        "One column per", [("", "Value of the category"), *buckets.CHOICES], default="",
        help="Of a time: in its order, with gaps.",
    )  # fmt: skip
    measures: tuple[str, ...] = options.measures("Bars", default=("count()",))
    lines: tuple[str, ...] = options.measures("Lines, on the right axis", look="line_")
    stack: str = options.choice(
        "Stack", [("grouped", "Bars side by side"), ("stacked", "On top of each other")],
        default="grouped",
    )  # fmt: skip
    axes: str = options.choice(
        "Axes", [("zero", "Zero of both at one height"), ("free", "Right one by its own values")],
        default="zero",
    )  # fmt: skip
    order: str = options.choice(
        "Order", [("value", "Largest bar first"), ("data", "By name")], default="value"
    )
    top: int = options.integer("Categories shown", help="1 to 60.", default=12, most=60)
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="Of the bars. For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="Of the bars. For example EUR")
    line_pattern: str = options.text("Number format of lines", help="For example 0.0%")
    line_unit: str = options.text("Unit of lines", help="For example min")

    @property
    def as_bars(self) -> BarOptions:
        return BarOptions(
            category=self.category, grain=self.grain, measures=self.measures, stack=self.stack,
            orientation="vertical", order=self.order, top=self.top, time=self.time,
            period=self.period,
        )  # fmt: skip


@chart_type("combo", label="Bars and lines")
class Combo(Chart):
    Options = ComboOptions
    size = (7, 7)

    def queries(self, options: ComboOptions, context: Context) -> dict[str, Query]:
        left, right = _formulas(options, context)
        known = (Filter(options.category, "not_null"),) if options.grain else ()
        measures = [Measure(f"value_{i}", f.formula) for i, f in enumerate([*left, *right])]
        query = Query(
            group_by=(Group(options.category, options.grain, "category"),),
            measures=tuple(measures),
            filters=(*known, *during(options.time, options.period)),
            order=bars.ordering(options.as_bars),
            time_zone=context.time_zone,
        )
        return {"columns": query}

    def state(self, tables: dict[str, pa.Table], options: ComboOptions, context: Context) -> State:
        left, right = _formulas(options, context)
        content = bars.read(tables["columns"], [*left, *right], options.as_bars, context)
        if not content.names or content.is_empty:
            return State(empty=nothing(options.period, left[0], content.names, context.locale))
        standing, lines = content.bars[: len(left)], content.bars[len(left) :]
        bars.paint(standing, options.as_bars, context)
        for index, one in enumerate(lines):
            one.color = TOKEN_THEME.palette[index + 1]  # the first is the colour of bars
        state = _Picture(content, standing, lines, options, context).state()
        state.note = ", ".join(content.notes)
        if options.grain:
            marks.put_on_bars(state, context, content.starts, options.grain, width=WIDE)
        return state

    def figure(self, options: ComboOptions, theme: Theme) -> Figure:
        from bokeh.models import LinearAxis, Range1d

        plot = drawing.blank(theme)
        strips = drawing.source("columns", "left", "right", "title", "text")
        found = plot.quad(
            source=strips, left="left", right="right", bottom=0, top=1,
            y_range_name=drawing.FRAME, fill_alpha=0, line_alpha=0, level="underlay",
            hover_fill_color=theme.band, hover_fill_alpha=0.8, hover_line_alpha=0,
        )  # fmt: skip
        if options.grain:
            marks.draw(plot, theme)
        standing = bar.draw(plot, options.as_bars, theme)
        drawing.zero_line(plot, theme)
        plot.min_border_top = 8
        plot.extra_y_ranges["right"] = Range1d(0, 1, name="right_range")
        axis = LinearAxis(y_range_name="right", name="right_axis")
        drawing.plain_axis(axis, theme)
        drawing.ticks_by_name(axis, "right_ticks")
        plot.add_layout(axis, "right")
        look = {"color": "color", "line_width": 2, "line_join": "round", "y_range_name": "right"}
        lines = drawing.source("lines", "xs", "ys", "color")
        halo = look | {"color": theme.surface, "line_width": 5}  # keeps lines apart from bars
        plot.multi_line("xs", "ys", source=lines, line_cap="round", **halo)
        plot.multi_line("xs", "ys", source=lines, line_cap="round", **look)
        part = drawing.source("part", "xs", "ys", "color")
        plot.multi_line("xs", "ys", source=part, line_dash=[3, 4], **look | {"line_alpha": 0.65})
        points = drawing.source("points", "x", "y", "color", "fill", "edge")
        plot.scatter(
            "x", "y", source=points, size=9, line_width=2, line_color="edge", fill_color="fill",
            y_range_name="right", level="annotation",
        )  # fmt: skip
        plot.add_tools(drawing.hover(theme, [found]))
        if not options.grain:
            drawing.pickable(plot, standing)
        return plot


def _formulas(options: ComboOptions, context: Context) -> tuple[list[Formula], list[Formula]]:
    found = []
    for name, pattern, unit, most in (
        ("measures", options.pattern, options.unit, MOST_BARS),
        ("lines", options.line_pattern, options.line_unit, MOST_LINES),
    ):
        written = getattr(options, name)
        if len(written) > most:
            raise OptionsRefused(name, f"there are {len(written)}; at most {most}.")
        found.append([
            read_formula(one, context.columns, pattern=pattern, unit=unit) for one in written
        ])  # fmt: skip
    category = context.columns.get(options.category)
    if options.grain and category and category.type not in ("date", "datetime"):
        raise OptionsRefused("grain", f"'{options.category}' is {category.type}, which has none.")
    if options.stack == "stacked" and len(found[0]) > 1:
        refuse_stack(found[0])
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class _Picture:
    content: Content
    standing: list[Bars]
    lines: list[Bars]
    options: ComboOptions
    context: Context

    def state(self) -> State:
        whole = Picture(self.content, self.options.as_bars, self.context)
        left = replace(whole, content=replace(self.content, bars=self.standing))
        rows = left.rows()
        state = State()
        state.sources = {
            "bars": {name: [row[name] for row in rows] for name in COLUMNS},
            "columns": self.strips(),
            **self.marks(),
        }
        self.add_axes(state, left, rows)
        state.legend_at = "top"
        state.legend = [
            {"label": _heading(one, ", right" if one in self.lines else ""), "color": one.color,
             "value": ""}
            for one in self.content.bars
        ]  # fmt: skip
        if not self.options.grain:
            values = [self.content.picks[row["index"]] for row in rows]
            state.picks = {"source": "bars", "column": self.options.category, "values": values}
        whole.tell(state)
        state.summary = " ".join([left.summary(), *map(self.said, self.lines)])
        return state

    def strips(self) -> dict[str, list]:
        """One per column over the whole height, so that all of its values are read together."""
        places, locale = range(len(self.content.names)), self.context.locale
        texts = [
            "\n".join(f"{b.name}: {b.formula.text(b.values[i], locale)}" for b in self.content.bars)
            for i in places
        ]
        return {
            "left": [place - 0.5 for place in places], "right": [place + 0.5 for place in places],
            "title": self.content.names, "text": texts,
        }  # fmt: skip

    def marks(self) -> dict[str, dict[str, list]]:
        """Lines with their points; the way to and from a part of a bucket is dashed."""
        partial = self.content.partial
        dense = len(self.content.names) > MOST_POINTS
        found: dict[str, dict[str, list]] = {
            "lines": {"xs": [], "ys": [], "color": []},
            "part": {"xs": [], "ys": [], "color": []},
            "points": {"x": [], "y": [], "color": [], "fill": [], "edge": []},
        }
        for one in self.lines:
            for first, last in series.stretches(one.values):
                start, end = first + (first in partial), last - (last in partial)
                for name, a, b in (("lines", start, end), ("part", first, start),
                                   ("part", max(end, start), last)):  # fmt: skip
                    if a < b <= last:
                        cells = (list(range(a, b + 1)), one.values[a : b + 1], one.color)
                        for column, cell in zip(found[name].values(), cells, strict=True):
                            column.append(cell)
                for index in range(first, last + 1):
                    if dense and index != last and first != last:
                        continue
                    looks = (one.color, TOKEN_THEME.surface)
                    fill, edge = looks[::-1] if index in partial else looks
                    cells = (index, one.values[index], one.color, fill, edge)
                    for column, cell in zip(found["points"].values(), cells, strict=True):
                        column.append(cell)
        return found

    def add_axes(self, state: State, left: Picture, rows: list[dict]) -> None:
        locale, count = self.context.locale, len(self.content.names)
        amounts = [row["value"] for row in rows]
        rates = [value for one in self.lines for value in one.values if value is not None]
        formulas = (self.standing[0].formula, self.lines[0].formula)
        whole = tuple(
            not formula.is_share and all(float(v).is_integer() for v in values)
            for formula, values in zip(formulas, (amounts, rates), strict=True)
        )
        if self.options.axes == "zero":
            ticks = scales.shared(amounts, rates, whole=whole)
        else:
            ticks = (
                scales.scale(amounts, from_zero=True, whole=whole[0]),
                scales.scale(rates, whole=whole[1]),
            )
        ranges = [
            {"start": steps[0], "end": steps[-1] + HEAD * (steps[-1] - steps[0])} for steps in ticks
        ]
        texts = [
            scales.tick_texts(steps, formula.pattern, locale)
            for steps, formula in zip(ticks, formulas, strict=True)
        ]
        empty = max(0, 3 - count) / 2
        wide, narrow = left.ticks(WIDE + 40), left.ticks(NARROW - 40)
        state.props = {
            "x_range": {"start": -0.5 - empty, "end": count - 0.5 + empty},
            "y_range": ranges[0],
            "right_range": ranges[1],
            "x_ticks": {"ticks": [int(tick) for tick in wide]},
            "x_axis": {"major_label_overrides": wide},
            "y_ticks": {"ticks": ticks[0]},
            "y_axis": {"major_label_overrides": texts[0]},
            "right_ticks": {"ticks": ticks[1]},
            "right_axis": {"major_label_overrides": texts[1]},
        }
        state.narrow = {"x_axis": {"major_label_overrides": narrow}}

    def said(self, one: Bars) -> str:
        """A line in words."""
        known = [value for value in one.values if value is not None]
        if not known:
            return f"{one.name}: no values."
        low, high = (one.formula.text(v, self.context.locale) for v in (min(known), max(known)))
        return f"{one.name}: between {low} and {high}." if low != high else f"{one.name}: {low}."


def _heading(one: Bars, where: str) -> str:
    unit = f", {one.formula.unit}" if one.formula.unit else ""
    return f"{one.name}{unit}{where}"
