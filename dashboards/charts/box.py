"""Box plot: how a number is spread within each category, by its quartiles."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from dashboards.charts import drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

#: Whiskers -> aggregates of their ends, and what they reach in words.
WHISKERS = {
    "5-95": ("p5", "p95", "5th to 95th percentile"),
    "10-90": ("p10", "p90", "10th to 90th percentile"),
    "ends": ("min", "max", "smallest to largest value"),
}
#: Lying boxes closer than this could not carry their names.
MOST_LYING = 20
#: Pixels: the frame at least (standing wide and narrow; lying in height), thickness of a box.
WIDE, NARROW, HEIGHT, THICK = 450, 250, 240, 18
LABEL_WIDTH = 130


@dataclass(frozen=True, slots=True)
class BoxOptions:
    category: str = options.column("Category")
    column: str = options.column("Values", types=("integer", "number"))
    whiskers: str = options.choice(
        "Whiskers", [(key, words[0].upper() + words[1:]) for key, (*_, words) in WHISKERS.items()],
        default="5-95",
    )  # fmt: skip
    orientation: str = options.choice(
        "Direction", [("horizontal", "Lying"), ("vertical", "Standing")], default="horizontal"
    )
    order: str = options.choice(
        "Order", [("value", "Largest median first"), ("data", "As given")], default="value"
    )
    top: int = options.integer(
        "Boxes shown", help="Those with the most rows; at most 20 lying, 40 standing.",
        default=8, most=40,
    )  # fmt: skip
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0.0")
    unit: str = options.text("Unit", help="For example EUR")


@dataclass(frozen=True, slots=True)
class Spread:
    """The numbers of one category, in ascending order; ``low`` and ``high`` end the whiskers."""

    name: str
    raw: Any
    count: int
    least: float
    low: float
    first: float  # quartile
    median: float
    third: float
    high: float
    most: float


NUMBERS = ("least", "low", "first", "median", "third", "high", "most")


@chart_type("box", label="Box plot")
class Box(Chart):
    Options = BoxOptions
    size = (6, 7)
    least = (5, 6)

    def queries(self, options: BoxOptions, context: Context) -> dict[str, Query]:
        if options.orientation == "horizontal" and options.top > MOST_LYING:
            raise OptionsRefused("top", f"at most {MOST_LYING} lying boxes have room.")
        _formula(options, context)
        low, high, _ = WHISKERS[options.whiskers]
        asked = dict(zip(NUMBERS, ("min", low, "p25", "median", "p75", high, "max"), strict=True))
        asked |= {"count": "count"}
        measures = (
            Measure(f"value_{name}", f"{function}({options.column})")
            for name, function in asked.items()
        )
        query = Query(
            group_by=(Group(options.category, name="category"),),
            measures=tuple(measures),
            filters=during(options.time, options.period),
            order=(Order("value_median", True),) if options.order == "value" else (),
            time_zone=context.time_zone,
        )
        return {"boxes": query}

    def state(self, tables: dict[str, pa.Table], options: BoxOptions, context: Context) -> State:
        formula = _formula(options, context)
        every = _read(tables["boxes"], context)
        if not every:
            rows = tables["boxes"]
            return State(empty=nothing(options.period, formula, rows, context.locale))
        kept = sorted(every, key=lambda one: -one.count)[: options.top]
        shown = [one for one in every if one in kept]
        if options.order == "value":
            shown.sort(key=lambda one: -one.median)
        state = _Picture(shown, formula, options, context).state()
        state.note = f"Whiskers: {WHISKERS[options.whiskers][2]}"
        if len(shown) < len(every):
            state.note += f"; {len(shown)} of {formats.count(len(every), context.locale)}"
        return state

    def figure(self, options: BoxOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        lying = options.orientation == "horizontal"
        if lying:
            plot.yaxis.visible = False
            plot.min_border_top = 18
            axis = plot.xaxis[0]
            names = drawing.source("names", "y", "text", "x_offset")
            drawing.words(plot, names, theme, x=0, x_offset="x_offset", x_range_name=drawing.FRAME)
            values = drawing.source(
                "medians", "y", "text", "x_offset", "y_offset", "color", "style"
            )
            drawing.words(plot, values, theme, x=1, x_offset="x_offset", y_offset="y_offset",
                          text_color="color", text_font_style="style", text_align="right",
                          x_range_name=drawing.FRAME)  # fmt: skip
        else:
            plot.min_border_top, plot.min_border_right = 12, 8
            axis = plot.yaxis[0]
            drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
            plot.xaxis.major_label_text_color = theme.text
        drawing.ticks_by_name(axis, "ticks")
        drawing.grid_lines(plot, axis, theme)
        marks = _boxes(plot, theme, lying)
        plot.add_tools(drawing.hover(theme, [marks]))
        drawing.pickable(plot, marks)
        marks.nonselection_glyph.fill_alpha = 0.6  # a veil over the boxes that are not chosen
        return plot


def _boxes(plot: Figure, theme: Theme, lying: bool) -> Any:
    """Whiskers, boxes, medians; over them strips, so that a thin box is easy to point at."""
    boxes = drawing.source(
        "boxes", "at", "low", "first", "median", "third", "high", "thick", "before", "after",
        "color", "title", "text",
    )  # fmt: skip

    def along(start: str, end: str, **look: Any) -> None:
        across = {"y0": "at", "y1": "at"} if lying else {"x0": "at", "x1": "at"}
        ends = {"x0": start, "x1": end} if lying else {"y0": start, "y1": end}
        plot.segment(source=boxes, **across, **ends, **look)

    def across(place: str, start: str, end: str, **look: Any) -> None:
        along_ = {"x0": place, "x1": place} if lying else {"y0": place, "y1": place}
        ends = {"y0": start, "y1": end} if lying else {"x0": start, "x1": end}
        plot.segment(source=boxes, **along_, **ends, **look)

    for start, end in (("low", "first"), ("third", "high")):
        along(start, end, line_color=theme.border_strong, line_width=1.5)
    for place in ("low", "high"):
        across(place, "before", "after", line_color=theme.border_strong, line_width=1.5)
    look = {
        "source": boxes,
        "fill_color": "color",
        "line_color": theme.palette[0],
        "border_radius": 3,
    }
    if lying:
        plot.hbar(y="at", left="first", right="third", height="thick", **look)
    else:
        plot.vbar(x="at", bottom="first", top="third", width="thick", **look)
    half = drawing.source("middles", "x0", "y0", "x1", "y1")
    plot.segment(source=half, x0="x0", y0="y0", x1="x1", y1="y1", line_color=theme.palette[0],
                 line_width=3.5)  # fmt: skip
    for renderer in plot.renderers:
        renderer.nonselection_glyph = None  # what is not chosen is dimmed by the veil alone
    veil = {"source": boxes, "fill_color": theme.surface, "fill_alpha": 0, "line_color": None}
    if lying:
        return plot.hbar(y="at", left=0, right=1, height=0.96, x_range_name=drawing.FRAME, **veil)
    return plot.vbar(x="at", bottom=0, top=1, width=0.96, y_range_name=drawing.FRAME, **veil)


def _formula(options: BoxOptions, context: Context) -> Formula:
    if not options.column.isidentifier() or iskeyword(options.column):
        raise OptionsRefused(
            "column", f"a formula cannot name '{options.column}'; rename it in the dataset's SQL."
        )
    found = read_formula(
        f"median({options.column})", context.columns, pattern=options.pattern, unit=options.unit
    )
    return replace(found, label=context.label(options.column))


def _read(table: pa.Table, context: Context) -> list[Spread]:
    """Categories that have values."""
    found = []
    for row in table.to_pylist():
        numbers = [row[f"value_{name}"] for name in NUMBERS]
        if any(number is None or not math.isfinite(number) for number in numbers):
            continue
        name = formats.name(row["category"], context.locale, context.time_zone)
        count = round(row["value_count"] or 0)
        found.append(Spread(name, formats.plain(row["category"]), count, *numbers))
    return found


@dataclass(frozen=True, slots=True)
class _Picture:
    shown: list[Spread]
    formula: Formula
    options: BoxOptions
    context: Context

    @property
    def lying(self) -> bool:
        return self.options.orientation == "horizontal"

    def state(self) -> State:
        state = State()
        state.sources = {"boxes": self.boxes(), "middles": self.middles()}
        state.picks = {
            "source": "boxes", "column": self.options.category,
            "values": [one.raw for one in self.shown],
        }  # fmt: skip
        ends = [end for one in self.shown for end in (one.low, one.high)]
        ticks = scales.scale(ends)
        low, high = min(ticks[0], *ends), max(ticks[-1], *ends)
        labels = scales.tick_texts(ticks, self.formula.pattern, self.context.locale)
        state.props = {
            f"{'x' if self.lying else 'y'}_range": {"start": low, "end": high},
            f"{'x' if self.lying else 'y'}_axis": {"major_label_overrides": labels},
            "ticks": {"ticks": ticks},
        }
        if self.lying:
            self.lie(state)
        else:
            self.stand(state)
        self.tell(state)
        return state

    def thick(self) -> float:
        return min(THICK * max(len(self.shown), 4) / HEIGHT, 0.6) if self.lying else 0.5

    def boxes(self) -> dict[str, list]:
        count, thick = len(self.shown), self.thick()
        found: dict[str, list] = {
            name: [getattr(one, name) for one in self.shown]
            for name in ("low", "first", "median", "third", "high")
        }
        return found | {
            "at": list(range(count)),
            "thick": [thick] * count,
            "before": [index - thick / 4 for index in range(count)],
            "after": [index + thick / 4 for index in range(count)],
            "color": [TOKEN_THEME.sequential[1]] * count,
            "title": [one.name for one in self.shown],
            "text": [self.words(one) for one in self.shown],
        }

    def words(self, one: Spread) -> str:
        def text(value: float) -> str:
            return self.formula.text(value, self.context.locale)

        whiskers = WHISKERS[self.options.whiskers][2]
        lines = [
            f"Median: {text(one.median)}",
            f"Middle half: {text(one.first)} to {text(one.third)}",
            f"{whiskers[0].upper()}{whiskers[1:]}: {text(one.low)} to {text(one.high)}",
        ]
        if self.options.whiskers != "ends":
            lines.append(f"All: {text(one.least)} to {text(one.most)}")
        return "\n".join([*lines, f"Rows: {formats.count(one.count, self.context.locale)}"])

    def middles(self) -> dict[str, list]:
        half = self.thick() / 2
        lines = [(one.median, i - half, one.median, i + half) for i, one in enumerate(self.shown)]
        names = ("x0", "y0", "x1", "y1") if self.lying else ("y0", "x0", "y1", "x1")
        return {name: [line[i] for line in lines] for i, name in enumerate(names)}

    def lie(self, state: State) -> None:
        count = len(self.shown)
        names = [scales.cut(one.name, LABEL_WIDTH) for one in self.shown]
        texts = [self.formula.short(one.median, self.context.locale) for one in self.shown]
        left = round(max(map(scales.width, names))) + 14
        right = round(max(scales.width(t, bold=True) for t in [*texts, "median"])) + 14
        rows = list(range(count))
        state.sources["names"] = {"y": rows, "text": names, "x_offset": [-left] * count}
        top = -0.5  # the heading stands above the first box, on the frame's upper edge
        state.sources["medians"] = {
            "y": [top, *rows], "text": ["median", *texts], "x_offset": [right] * (count + 1),
            "y_offset": [-8, *[0] * count],
            "color": [TOKEN_THEME.muted, *[TOKEN_THEME.text] * count],
            "style": ["normal", *["bold"] * count],
        }  # fmt: skip
        state.props["y_range"] = {"start": max(count, 4) - 0.5, "end": top}
        state.props["plot"] = {"min_border_left": left, "min_border_right": right}

    def stand(self, state: State) -> None:
        count = len(self.shown)
        empty = max(0, 3 - count) / 2
        wide, narrow = (
            {str(i): scales.wrapped(one.name, frame / max(count, 3) - 6)
             for i, one in enumerate(self.shown)}
            for frame in (WIDE, NARROW)
        )  # fmt: skip
        state.props["x_range"] = {"start": -0.5 - empty, "end": count - 0.5 + empty}
        state.props["x_ticks"] = {"ticks": list(range(count))}
        state.props["x_axis"] = {"major_label_overrides": wide}
        state.narrow["x_axis"] = {"major_label_overrides": narrow}

    def tell(self, state: State) -> None:
        def cell(value: float) -> tuple[str, float | None]:
            return self.formula.cell(value, self.context.locale)

        low, high, _ = WHISKERS[self.options.whiskers]
        ends = {"p5": "5 %", "p95": "95 %", "p10": "10 %", "p90": "90 %"}
        headings = ["Smallest", "25 %", "Median", "75 %", "Largest"]
        numbers = ["least", "first", "median", "third", "most"]
        if low in ends:
            headings[1:1], headings[-1:-1] = [ends[low]], [ends[high]]
            numbers = list(NUMBERS)
        rows = [
            [one.name, *(cell(getattr(one, name)) for name in numbers),
             (formats.number(one.count, "#,##0", self.context.locale), one.count)]
            for one in self.shown[:TWIN_ROWS]
        ]  # fmt: skip
        heading = self.context.label(self.options.category)
        state.tell([heading, *headings, "Rows"], rows)
        state.summary = self.summary()

    def summary(self) -> str:
        def text(value: float) -> str:
            return self.formula.text(value, self.context.locale)

        most = max(self.shown, key=lambda one: one.median)
        words = f"{self.formula.label}: {most.name} has the largest median, {text(most.median)}"
        if len(self.shown) == 1:
            words = f"{self.formula.label}, {most.name}: the median is {text(most.median)}"
        return (
            f"{words}, and half of its rows are from {text(most.first)} to {text(most.third)}; "
            f"whiskers reach from the {WHISKERS[self.options.whiskers][2]}."
        )
