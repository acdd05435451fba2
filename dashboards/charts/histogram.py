"""Histogram: how many rows have values between which, perhaps for a few series."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import TYPE_CHECKING

from dashboards.charts import drawing, options, scales
from dashboards.charts.distribution import Counts, Scale, read
from dashboards.charts.formulas import Formula, read_formula, share_cell
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import empty_words
from datasets import formats
from datasets.query import Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

#: More outlines over each other cannot be told apart.
MOST_SERIES = 4
#: Whole numbers up to so many have their names under their bars.
MOST_NAMED = 16
#: About so many labels under the bars, in wide and narrow cards.
LABELS, LABELS_NARROW = 7, 4
WITHIN = {"all": (0, 1), "99": (0, 0.99), "95": (0, 0.95), "1-99": (0.01, 0.99)}


@dataclass(frozen=True, slots=True)
class HistogramOptions:
    column: str = options.column("Values", types=("integer", "number"))
    bins: int = options.integer(
        "Bars", help="About so many; their edges are round.", default=20, least=2, most=60
    )
    series: str = options.column(
        "Series", types=("text", "integer", "boolean"), default="",
        help="The four with the most rows are drawn over each other.",
    )  # fmt: skip
    show: str = options.choice(
        "Show", [("count", "Numbers of rows"), ("share", "Shares")], default="count"
    )
    within: str = options.choice(
        "Outliers",
        [("all", "Shown"), ("99", "Leave out the largest 1 %"), ("95", "Leave out the largest 5 %"),
         ("1-99", "Leave out the smallest and the largest 1 %")],
        default="all",
    )  # fmt: skip
    median: bool = options.boolean("Mark the median", default=True)
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="Of the values, for example #,##0.00")
    unit: str = options.text("Unit", help="Of the values, for example EUR")


@chart_type("histogram", label="Histogram")
class Histogram(Chart):
    Options = HistogramOptions
    size = (6, 7)

    def queries(self, options: HistogramOptions, context: Context) -> dict[str, Query]:
        within = WITHIN[options.within]
        series = (Group(options.series, name="series"),) if options.series else ()
        bins = Group(options.column, name="bin", bins=options.bins, within=within)
        base = {"filters": during(options.time, options.period), "time_zone": context.time_zone}
        count = (Measure("count", "count()"),)
        found = {"bins": Query(group_by=(bins, *series), measures=count, **base)}
        if _can_be_measured(options.column):
            formula = (Measure("value", f"median({options.column})"),)
            found["median"] = Query(group_by=series, measures=formula, **base)
        return found

    def state(
        self, tables: dict[str, pa.Table], options: HistogramOptions, context: Context
    ) -> State:
        every, unknown, step = read(tables["bins"], context.locale)
        every = [one for one in every if one.total]
        if not any(one.by_edge for one in every):
            words = empty_words(options.period, context.locale)
            if unknown:
                words = f"No values of {context.label(options.column)} to count: all are missing."
            return State(empty=words)
        shown = sorted(every, key=lambda one: (-one.total, one.name))[:MOST_SERIES]
        _add_medians(shown, tables.get("median"), options, context.locale)
        _paint(shown, options, context)
        scale = _scale_of(shown, step, options, context)
        formula = _formula(options, context)
        picture = _Picture(shown, scale, unknown, formula, options, context)
        state = picture.state()
        many = formats.count(len(every), context.locale)
        notes = [f"{len(shown)} of {many} series"] if len(every) > len(shown) else []
        state.note = ", ".join([*notes, *picture.left_out()])
        return state

    def figure(self, options: HistogramOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.min_border_top, plot.min_border_right = 22 if options.median else 10, 12
        drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
        drawing.ticks_by_name(plot.yaxis[0], "y_ticks")
        drawing.grid_lines(plot, plot.yaxis[0], theme)
        strips = drawing.source("strips", "left", "right", "title", "text")
        found = plot.quad(
            source=strips, left="left", right="right", bottom=0, top=1, level="underlay",
            y_range_name=drawing.FRAME, fill_alpha=0, line_alpha=0,
            hover_fill_color=theme.band, hover_fill_alpha=0.8, hover_line_alpha=0,
        )  # fmt: skip
        if options.series:
            steps = drawing.source("steps", "xs", "ys", "color")
            plot.patches("xs", "ys", source=steps, fill_color="color", fill_alpha=0.1,
                         line_color=None)  # fmt: skip
            plot.multi_line("xs", "ys", source=steps, line_color="color", line_width=2,
                            line_join="miter")  # fmt: skip
        else:
            bars = drawing.source("bars", "left", "right", "top", "color")
            plot.quad(source=bars, left="left", right="right", bottom=0, top="top",
                      fill_color="color", line_color=theme.surface, line_width=1)  # fmt: skip
        drawing.zero_line(plot, theme)
        median = drawing.source("median", "x", "text", "align", "x_offset")
        plot.segment(source=median, x0="x", x1="x", y0=0, y1=1, y_range_name=drawing.FRAME,
                     line_color=theme.text, line_dash=[3, 3], line_width=1.5)  # fmt: skip
        drawing.words(plot, median, theme, y=1, y_range_name=drawing.FRAME, y_offset=-10,
                      text_align="align", x_offset="x_offset")  # fmt: skip
        plot.add_tools(drawing.hover(theme, [found]))
        return plot


def _can_be_measured(column: str) -> bool:
    """Whether a formula can name the column."""
    return column.isidentifier() and not iskeyword(column)


def _formula(options: HistogramOptions, context: Context) -> Formula:
    written = f"median({options.column})" if _can_be_measured(options.column) else "count()"
    found = read_formula(written, context.columns, pattern=options.pattern, unit=options.unit)
    return replace(found, label=context.label(options.column))


def _add_medians(
    shown: list[Counts], table: pa.Table | None, options: HistogramOptions, locale: str
) -> None:
    if table is None or not options.median:
        return
    values = table.column("value").to_pylist()
    keys = table.column("series").to_pylist() if options.series else [""] * len(values)
    found = {formats.name(key, locale): value for key, value in zip(keys, values, strict=True)}
    for one in shown:
        one.median = found.get(one.name)


def _paint(shown: list[Counts], options: HistogramOptions, context: Context) -> None:
    places = context.places(options.series, [one.name for one in shown])
    for one, place in zip(shown, places, strict=True):
        one.color = TOKEN_THEME.palette[place % len(TOKEN_THEME.palette) if options.series else 0]


def _scale_of(
    shown: list[Counts], step: float, options: HistogramOptions, context: Context
) -> Scale:
    edges = [edge for one in shown for edge in one.by_edge]
    first, last = min(edges), max(edges)
    column = context.columns.get(options.column)
    whole = column is not None and column.type == "integer"
    if step <= 0:  # all values are the same
        step = abs(first) / 10 or 1.0
    count = min(round((last - first) / step) + 1, 4 * options.bins)
    return Scale(first, step, count, whole and step == 1 and count <= MOST_NAMED, whole)


@dataclass(frozen=True, slots=True)
class _Picture:
    shown: list[Counts]
    scale: Scale
    unknown: int
    formula: Formula  # of the values
    options: HistogramOptions
    context: Context

    def state(self) -> State:
        state = State(legend_at="top")
        tops = [self.heights(one) for one in self.shown]
        state.sources["strips"] = self.strips()
        if self.options.series:
            state.sources["steps"] = self.steps(tops)
            state.legend = [
                {"label": self.legend_text(one), "color": one.color, "value": ""}
                for one in self.shown
            ]
        else:
            left, right = self.sides()
            state.sources["bars"] = {
                "left": left, "right": right, "top": tops[0],
                "color": [self.shown[0].color] * self.scale.count,
            }  # fmt: skip
        self.add_axes(state, [top for column in tops for top in column])
        state.sources["median"] = self.median()
        self.tell(state)
        return state

    def heights(self, one: Counts) -> list[float]:
        """Rows or shares per bin; a bin is found by its place, for edges have dust."""
        scale, found = self.scale, [0.0] * self.scale.count
        whole = one.total if self.options.show == "share" else 1
        for edge, count in one.by_edge.items():
            index = min(max(round((edge - scale.first) / scale.step), 0), scale.count - 1)
            found[index] += count / whole
        return found

    def sides(self) -> tuple[list[float], list[float]]:
        scale = self.scale
        inset = 0.12 * scale.step if scale.named else 0.0
        lefts = [scale.edge(index) - scale.middle() for index in range(scale.count)]
        return [x + inset for x in lefts], [x + scale.step - inset for x in lefts]

    def steps(self, tops: list[list[float]]) -> dict[str, list]:
        scale = self.scale
        edges = [scale.edge(i) - scale.middle() for i in range(scale.count + 1)]
        xs = [edge for edge in edges for _ in (0, 1)]
        ys = [[0.0, *(top for top in column for _ in (0, 1)), 0.0] for column in tops]
        return {"xs": [xs] * len(tops), "ys": ys, "color": [one.color for one in self.shown]}

    def strips(self) -> dict[str, list]:
        scale = self.scale
        lefts = [scale.edge(index) - scale.middle() for index in range(scale.count)]
        texts = []
        for row in zip(*(self.counts(one) for one in self.shown), strict=True):
            lines = []
            for one, count in zip(self.shown, row, strict=True):
                share = formats.number(count / one.total, "0.0%", self.context.locale)
                name = one.name if self.options.series else "Rows"
                lines.append(f"{name}: {self.whole(count)}, {share}")
            texts.append("\n".join(lines))
        return {
            "left": lefts, "right": [left + scale.step for left in lefts],
            "title": [self.name_of(index) for index in range(scale.count)], "text": texts,
        }  # fmt: skip

    def counts(self, one: Counts) -> list[float]:
        share = self.options.show == "share"
        return [top * one.total if share else top for top in self.heights(one)]

    def whole(self, count: float) -> str:
        return formats.number(round(count), "#,##0", self.context.locale)

    def edge_text(self, value: float) -> str:
        """An edge with the decimals that the bins need, whatever the values' pattern says."""
        formula, locale, step = self.formula, self.context.locale, self.scale.step
        decimals = -math.floor(math.log10(step) + 1e-9) - (2 if formula.is_share else 0)
        if decimals > 6:
            return f"{value:.6g}"
        pattern = "#,##0" + ("." + "0" * decimals if decimals > 0 else "")
        return formats.number(value, pattern + "%" * formula.is_share, locale)

    def name_of(self, index: int) -> str:
        scale, unit = self.scale, f" {self.formula.unit}" if self.formula.unit else ""
        start, end = scale.edge(index), scale.edge(index + 1)
        if scale.whole:
            end -= 1
        if scale.count == 1 and not scale.whole or start == end:
            return self.edge_text(start) + unit
        return f"{self.edge_text(start)} to {self.edge_text(end)}{unit}"

    def legend_text(self, one: Counts) -> str:
        if one.median is None:
            return one.name
        return f"{one.name}, median {self.formula.text(one.median, self.context.locale)}"

    def median(self) -> dict[str, list]:
        """The line of the one series; of several, the legend has their medians."""
        scale, value = self.scale, self.shown[0].median
        low, high = scale.edge(0) - scale.middle(), scale.edge(scale.count) - scale.middle()
        if value is None or self.options.series or not low <= value <= high:
            return {"x": [], "text": [], "align": [], "x_offset": []}
        right = value > low + (high - low) * 0.6
        return {
            "x": [value], "text": [f"Median {self.formula.text(value, self.context.locale)}"],
            "align": ["right" if right else "left"], "x_offset": [4 if right else -4],
        }  # fmt: skip

    def add_axes(self, state: State, tops: list[float]) -> None:
        scale, locale = self.scale, self.context.locale
        pattern = "0%" if self.options.show == "share" else ""
        ticks = scales.scale(tops, from_zero=True, whole=not pattern)
        wide, narrow = self.ticks(LABELS), self.ticks(LABELS_NARROW)
        empty = max(0, 3 - scale.count) / 2 * scale.step  # one bar does not become a wall
        start = scale.edge(0) - scale.middle()
        state.props = {
            "x_range": {"start": start - empty, "end": start + scale.count * scale.step + empty},
            "y_range": {"start": 0, "end": ticks[-1]},
            "x_ticks": {"ticks": wide},
            "x_axis": {"major_label_overrides": self.tick_texts(wide)},
            "y_ticks": {"ticks": ticks},
            "y_axis": {"major_label_overrides": scales.tick_texts(ticks, pattern, locale)},
        }
        state.narrow = {
            "x_ticks": {"ticks": narrow},
            "x_axis": {"major_label_overrides": self.tick_texts(narrow)},
        }

    def ticks(self, most: int) -> list[float]:
        """Edges of bins at round distances; whole numbers and a single value themselves."""
        scale = self.scale
        count = scale.count if scale.middle() else scale.count + 1
        if scale.named and count <= 2.5 * most:
            return [scale.edge(index) for index in range(count)]
        strides = [n * 10**p for p in range(4) for n in (1, 2, 5)]
        stride = next((n for n in strides if count / n <= most), count)
        offset = round(scale.first / scale.step)
        if abs(offset) > 1e9:
            offset = 0
        return [scale.edge(i) for i in range(count) if (i + offset) % stride == 0]

    def tick_texts(self, ticks: list[float]) -> dict[str, str]:
        if len(ticks) < 2:
            return {scales.key(tick): self.edge_text(tick) for tick in ticks}
        return scales.tick_texts(ticks, self.formula.pattern, self.context.locale)

    def left_out(self) -> list[str]:
        said = []
        for word, counts, index in (
            ("below", [one.below for one in self.shown], 0),
            ("above", [one.above for one in self.shown], self.scale.count),
        ):
            if sum(counts):
                edge = self.edge_text(self.scale.edge(index))
                said.append(f"{self.whole(sum(counts))} {word} {edge} not drawn")
        if self.unknown:
            said.append(f"{self.whole(self.unknown)} without a value")
        return said

    def tell(self, state: State) -> None:
        """A row per bin, and the rows that are beyond the scale."""
        locale, heading = self.context.locale, self.context.label(self.options.column)
        headings = [heading]
        for one in self.shown:
            headings += (
                [one.name, f"{one.name}, share"] if self.options.series else ["Rows", "Share"]
            )
        columns = [self.counts(one) for one in self.shown]
        rows = [(self.name_of(i), [c[i] for c in columns]) for i in range(self.scale.count)]
        below, above = [one.below for one in self.shown], [one.above for one in self.shown]
        if sum(below):
            rows.insert(0, (f"Below {self.edge_text(self.scale.edge(0))}", below))
        if sum(above):
            rows.append((f"Above {self.edge_text(self.scale.edge(self.scale.count))}", above))
        told = []
        for name, counts in rows[:TWIN_ROWS]:
            cells: list = [name]
            for one, count in zip(self.shown, counts, strict=True):
                cells += [(self.whole(count), round(count)), share_cell(count / one.total, locale)]
            told.append(cells)
        state.tell(headings, told)
        state.summary = self.summary(columns[0])

    def summary(self, counts: list[float]) -> str:
        one = self.shown[0]
        most = max(range(len(counts)), key=lambda index: counts[index])
        name = f"{self.formula.label}, {one.name}" if self.options.series else self.formula.label
        words = f"{name}: of {self.whole(one.total)} rows most, {self.whole(counts[most])}, "
        words += f"are at {self.name_of(most)}"
        if one.median is not None:
            words += f"; the median is {self.formula.text(one.median, self.context.locale)}"
        return words + "."
