"""Lines or areas over time; one row of a source per stretch of a series, so gaps stay gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dashboards.charts import buckets, drawing, options, scales, series
from dashboards.charts.formulas import Formula, read_formula, refuse_stack
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import nothing
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

#: Up to so many series have their names at the line's end, above that a legend.
DIRECT_LABELS = 4
#: Pixels that the frame has at least in height, and that one label needs.
FRAME_HEIGHT, LABEL_HEIGHT = 225, 37
LABEL_WIDTH = 130


@dataclass(frozen=True, slots=True)
class LineOptions:
    x: str = options.column("Time", types=("date", "datetime"))
    measure: str = options.measure("Measure", default="count()")
    grain: str = options.choice("One point per", buckets.GRAINS, default="day")
    series: str = options.column("Series", types=("text", "integer", "boolean"), default="")
    top: int = options.integer(
        "Series shown", help="1 to 10, the largest; the rest is Other.", default=4, most=10
    )
    period: str = options.text("Period", help="For example 30d; empty: all.")
    area: bool = options.boolean("Fill below the line")
    stack: str = options.choice(
        "Stack", [("none", "Side by side"), ("stacked", "On top of each other")], default="none"
    )
    pattern: str = options.text("Number format", help="For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="For example EUR")


@chart_type("line", label="Line or area")
class Line(Chart):
    Options = LineOptions
    size = (7, 7)

    def queries(self, options: LineOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.x, options.grain, "bucket")]
        if options.series:
            groups.append(Group(options.series, name="series"))
        filters = (Filter(options.x, "not_null"), *during(options.x, options.period))
        query = Query(
            group_by=tuple(groups),
            measures=(Measure("value", _formula(options, context).formula),),
            filters=filters,
            time_zone=context.time_zone,
        )
        return {"points": query}

    def state(self, tables: dict[str, pa.Table], options: LineOptions, context: Context) -> State:
        formula = _formula(options, context)
        points = series.points(tables["points"])
        starts = buckets.expected(
            {start for start, _ in points}, options.grain, options.period, context.as_of,
            context.time_zone,
        )  # fmt: skip
        every = series.over(points, starts, formula)
        shown, note = series.largest(every, options.top, formula)
        if not shown or all(value is None for one in shown for value in one.values):
            return State(empty=nothing(options.period, formula, points, context.locale))
        series.paint(shown, options.series, context)
        series.place(shown, options.stack == "stacked")
        state = _Picture(starts, shown, formula, options, context).state()
        state.note = note
        return state

    def figure(self, options: LineOptions, theme: Theme) -> Figure:
        from bokeh.models import BoxZoomTool

        zoom = BoxZoomTool(dimensions="width", name="zoom")
        zoom.overlay.fill_color, zoom.overlay.fill_alpha = theme.accent, 0.1
        zoom.overlay.line_color = None
        plot = drawing.blank(theme, tools=(zoom,))
        plot.min_border_top = 8
        drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
        drawing.ticks_by_name(plot.yaxis[0], "y_ticks")
        drawing.grid_lines(plot, plot.yaxis[0], theme)
        drawing.zero_line(plot, theme)
        _hover_strips(plot, theme)
        areas = drawing.source("areas", "xs", "ys", "color")
        stacked = options.stack == "stacked"
        part = drawing.source("areas_part", "xs", "ys", "color")
        for data, alpha in ((areas, 0.85), (part, 0.35)):
            plot.patches("xs", "ys", source=data, color="color", line_color=None,
                         fill_alpha=alpha if stacked else alpha / 8)  # fmt: skip
        look = {"color": "color", "line_width": 2, "line_join": "round", "line_cap": "round"}
        plot.multi_line("xs", "ys", source=drawing.source("lines", "xs", "ys", "color"), **look)
        plot.multi_line(
            "xs", "ys", source=drawing.source("part", "xs", "ys", "color"), line_dash=[3, 4],
            **look | {"line_cap": "butt", "line_alpha": 0.65},
        )  # fmt: skip
        points = drawing.source("points", "x", "y", "color", "fill")
        plot.scatter(
            "x", "y", source=points, size=8, line_width=2, line_color="color", fill_color="fill"
        )
        drawing.end_labels(plot, theme)
        return plot


def _hover_strips(plot: Figure, theme: Theme) -> None:
    """One strip per bucket over the whole height, so that the nearest bucket is always found."""
    strips = drawing.source("strips", "left", "right", "title", "text", "at", "short")
    found = plot.quad(
        source=strips, left="left", right="right", bottom=0, top=1, y_range_name=drawing.FRAME,
        fill_alpha=0, line_alpha=0, level="underlay",
        hover_fill_color=theme.band, hover_fill_alpha=0.8, hover_line_alpha=0,
    )  # fmt: skip
    plot.add_tools(drawing.hover(theme, [found], name="hover"))


def _formula(options: LineOptions, context: Context) -> Formula:
    formula = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    if options.stack == "stacked" and options.series:
        refuse_stack([formula])
    return formula


@dataclass(frozen=True, slots=True)
class _Picture:
    starts: list[datetime]
    shown: list[series.Series]
    formula: Formula
    options: LineOptions
    context: Context

    @property
    def unfinished(self) -> bool:
        """Whether the last bucket still grows."""
        o, c = self.options, self.context
        return buckets.is_unfinished(self.starts[-1], o.grain, o.period, c.as_of, c.time_zone)

    @property
    def cut(self) -> bool:
        """Whether the period begins within the first bucket."""
        c = self.context
        return buckets.is_cut(self.starts[0], self.options.period, c.as_of, c.time_zone)

    def state(self) -> State:
        values = [v for one in self.shown for v in one.tops if v is not None]
        filled = self.options.area or self.options.stack == "stacked"
        whole = not self.formula.is_share and all(float(v).is_integer() for v in values)
        ticks = scales.scale(values, from_zero=filled or self.formula.adds_up, whole=whole)
        state = State(sources=self.marks())
        state.sources["strips"] = self.strips()
        state.props = self.axes(ticks)
        self.add_labels(state, ticks)
        state.summary = self.summary()
        newest = range(len(self.starts) - 1, max(len(self.starts) - 1 - TWIN_ROWS, -1), -1)
        names = [one.name or self.formula.label for one in self.shown]
        state.tell([self.options.grain.capitalize(), *names], [self.row(i) for i in newest])
        return state

    def row(self, index: int) -> list:
        grain, zone = self.options.grain, self.context.time_zone
        when = buckets.cell(self.starts[index], grain, zone, self.title(index))
        values = [one.values[index] for one in self.shown]
        return [when, *(self.formula.cell(value, self.context.locale) for value in values)]

    def title(self, index: int) -> str:
        name = buckets.title(self.starts[index], self.options.grain, self.context.locale)
        if index == len(self.starts) - 1 and self.unfinished:
            return f"{name} (so far)"
        return f"{name} (in part)" if index == 0 and self.cut else name

    def marks(self) -> dict[str, dict[str, list]]:
        """Lines and areas; the way to and from a bucket that holds a part only stands apart."""
        xs = [buckets.ms(start) for start in self.starts]
        drawn = {name: _Rows("xs", "ys") for name in ("lines", "part", "areas", "areas_part")}
        points, fills = _Rows("x", "y"), []
        filled = self.options.area or self.options.stack == "stacked"
        for one in self.shown:
            for first, last in series.stretches(one.tops):
                grows = self.unfinished and last == len(xs) - 1
                for kind, start, end in self.spans(first, last):
                    to = slice(start, end + 1)
                    drawn["part" if kind else "lines"].add(one.color, xs[to], one.tops[to])
                    if filled:
                        areas = drawn["areas_part" if kind else "areas"]
                        areas.add(one.color, *_area(xs, one, start, end))
                if last == len(xs) - 1 or first == last:
                    points.add(one.color, xs[last], one.tops[last])
                    fills.append(TOKEN_THEME.surface if grows else one.color)
        found = {name: rows.columns for name, rows in drawn.items()}
        return found | {"points": points.columns | {"fill": fills}}

    def spans(self, first: int, last: int) -> list[tuple[bool, int, int]]:
        """(whether it leads to a part of a bucket, first and last index) of the pieces of a
        stretch."""
        start = first + 1 if first == 0 and self.cut else first
        end = last - 1 if last == len(self.starts) - 1 and self.unfinished else last
        pieces = [(False, start, end), (True, first, start), (True, max(end, start), last)]
        return [piece for piece in pieces if piece[1] < piece[2] <= last]

    def strips(self) -> dict[str, list]:
        edges = [buckets.ms(start) for start in self.starts]
        step = buckets.ms(buckets.following(self.starts[-1], self.options.grain)) - edges[-1]
        middles = [(a + b) / 2 for a, b in zip(edges, edges[1:], strict=False)]
        texts = []
        for i in range(len(self.starts)):
            found = [
                (one.name, self.formula.text(one.values[i], self.context.locale))
                for one in self.shown
            ]
            texts.append("\n".join(f"{name}: {value}" if name else value for name, value in found))
        return {
            "left": [edges[0] - step / 2, *middles],
            "right": [*middles, edges[-1] + step / 2],
            "title": [self.title(i) for i in range(len(self.starts))],
            "text": texts,
            # Of these a zoomed axis takes its labels.
            "at": edges,
            "short": [
                buckets.label(s, self.options.grain, self.context.locale) for s in self.starts
            ],
        }

    def axes(self, ticks: list[float]) -> dict[str, dict]:
        grain, locale = self.options.grain, self.context.locale
        first, last = buckets.ms(self.starts[0]), buckets.ms(self.starts[-1])
        if first == last:
            half = (buckets.ms(buckets.following(self.starts[0], grain)) - first) / 2
            first, last = first - half, last + half
        pad = (ticks[-1] - ticks[0]) * 0.025  # so that points on the edge are whole
        last += (last - first) * 0.016
        named = {
            str(buckets.ms(s)): buckets.label(s, grain, locale)
            for s in buckets.ticks(self.starts, grain, 5)
        }
        if grain == "day" and self.unfinished:
            named[str(buckets.ms(self.starts[-1]))] = "today"
        return {
            "x_range": {"start": first, "end": last, "reset_start": first, "reset_end": last},
            "y_range": {"start": ticks[0] - pad, "end": ticks[-1] + pad},
            "x_ticks": {"ticks": [int(tick) for tick in named]},
            "x_axis": {"major_label_overrides": named},
            "y_ticks": {"ticks": ticks},
            "y_axis": {
                "major_label_overrides": scales.tick_texts(ticks, self.formula.pattern, locale)
            },
        }

    def add_labels(self, state: State, ticks: list[float]) -> None:
        """Labels at the lines' ends for a few series; a legend for many, and for narrow cards."""
        # Beside its whole buckets: all lines meet at zero when a day begins.
        ends = [(one, series.newest(one.tops, self.unfinished) or 0.0) for one in self.shown]
        direct = len(self.shown) <= DIRECT_LABELS and bool(self.options.series)
        facts = [self.fact(one) for one in self.shown]
        if self.options.series:
            state.legend = [
                {"label": one.name, "color": one.color, "value": fact}
                for one, fact in zip(self.shown, facts, strict=True)
            ]
            state.legend_at = "narrow" if direct else "rows"
        ends = ends if direct else []
        pixel = (ticks[-1] - ticks[0]) / FRAME_HEIGHT
        margin = 14 * pixel
        places = scales.apart(
            [y for _, y in ends], LABEL_HEIGHT * pixel, ticks[0] + margin, ticks[-1] - margin
        )
        names = [scales.cut(one.name, LABEL_WIDTH, bold=True) for one, _ in ends]
        state.sources["labels"] = {
            "end": [y for _, y in ends],
            "y": places,
            "color": [one.color for one, _ in ends],
            "name": names,
            "value": facts if direct else [],
        }
        widest = max(
            [scales.width(n, bold=True) for n in names] + [scales.width(fact) for fact in facts],
            default=0,
        )
        state.props["plot"] = {"min_border_right": round(widest) + 34 if direct else 20}
        parts = ("leads", "keys", "label_names", "label_values")
        state.props |= {part: {"visible": direct} for part in parts}
        state.narrow = {part: {"visible": False} for part in parts}
        state.narrow["plot"] = {"min_border_right": 20}

    def fact(self, one: series.Series) -> str:
        """What is said of a whole series: its total, or else its last value of a whole bucket."""
        value = one.total if self.formula.adds_up else series.newest(one.values, self.unfinished)
        return self.formula.text(value, self.context.locale)

    def summary(self) -> str:
        locale = self.context.locale
        span = f"{self.title(0)} to {self.title(len(self.starts) - 1)}"
        label = self.formula.label
        if self.options.series:
            lead = self.shown[0]
            leader = f"{lead.name} leads with {self.fact(lead)}"
            return f"{label} per {self.options.grain}, {span}. {leader}."
        one, text = self.shown[0], self.formula.text
        values = one.values[:-1] if self.unfinished and len(one.values) > 1 else one.values
        known = [(value, i) for i, value in enumerate(values) if value is not None]
        if not known:
            return f"{label} per {self.options.grain}, {span}."
        (low, _), (high, at) = min(known), max(known, key=lambda k: k[0])
        if low == high:
            return f"{label} per {self.options.grain}, {span}: {text(high, locale)}."
        return (
            f"{label} per {self.options.grain}, {span}: between {text(low, locale)} and "
            f"{text(high, locale)}, highest: {self.title(at)}."
        )


class _Rows:
    """Rows of a source in the making."""

    def __init__(self, x: str, y: str):
        self.columns: dict[str, list] = {x: [], y: [], "color": []}

    def add(self, color: str, x, y) -> None:
        for column, value in zip(self.columns.values(), (x, y, color), strict=True):
            column.append(value)


def _area(xs: list[int], one: series.Series, first: int, last: int) -> tuple[list, list]:
    down = slice(first, last + 1)
    return xs[down] + xs[down][::-1], one.tops[down] + one.floor[down][::-1]
