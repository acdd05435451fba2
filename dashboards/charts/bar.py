"""Bars per category or over time: one measure, several side by side, or a series; lying or
standing, also on top of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.charts import bars, buckets, drawing, marks, options
from dashboards.charts.bar_picture import WIDE, Picture
from dashboards.charts.formulas import Formula, read_formula, refuse_stack
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.models import ColumnDataSource, GlyphRenderer
    from bokeh.plotting import figure as Figure

MOST_MEASURES = 4
#: Lying bars closer than this could not carry their values.
MOST_LYING = 20
STACKED = ("stacked", "percent")


@dataclass(frozen=True, slots=True)
class BarOptions:
    category: str = options.column("Category")
    grain: str = options.choice(
        "One bar per", [("", "Value of the category"), *buckets.CHOICES], default="",
        help="Of a time: standing bars in its order, with gaps.",
    )  # fmt: skip
    measures: tuple[str, ...] = options.measures("Measures", default=("count()",))
    series: str = options.column("Series", types=("text", "integer", "boolean"), default="")
    orientation: str = options.choice(
        "Direction", [("horizontal", "Lying"), ("vertical", "Standing")], default="horizontal"
    )
    stack: str = options.choice(
        "Stack",
        [("grouped", "Side by side"), ("stacked", "On top of each other"),
         ("percent", "On top of each other, as shares of 100 %")],
        default="grouped",
    )  # fmt: skip
    order: str = options.choice(
        "Order", [("value", "Largest first"), ("data", "By name")], default="value"
    )
    top: int = options.integer(
        "Bars shown", help="At most 20 lying, 60 standing; the rest is Other where it adds up.",
        default=8, most=60,
    )  # fmt: skip
    top_series: int = options.integer("Series shown", help="1 to 10.", default=4, most=10)
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="For example EUR")

    @property
    def lying(self) -> bool:
        return self.orientation == "horizontal" and not self.grain


@chart_type("bar", label="Bar")
class Bar(Chart):
    Options = BarOptions
    size = (5, 8)

    def queries(self, options: BarOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.category, options.grain, "category")]
        if options.series:
            groups.append(Group(options.series, name="series"))
        formulas = _formulas(options, context)
        known = (Filter(options.category, "not_null"),) if options.grain else ()
        query = Query(
            group_by=tuple(groups),
            measures=tuple(Measure(f"value_{i}", f.formula) for i, f in enumerate(formulas)),
            filters=(*known, *during(options.time, options.period)),
            order=bars.ordering(options),
            time_zone=context.time_zone,
        )
        return {"bars": query}

    def state(self, tables: dict[str, pa.Table], options: BarOptions, context: Context) -> State:
        formulas = _formulas(options, context)
        content = bars.read(tables["bars"], formulas, options, context)
        if not content.names or content.is_empty:
            return State(empty=nothing(options.period, formulas[0], content.names, context.locale))
        if options.stack == "percent" and (words := _no_shares(content)):
            return State(empty=words)
        bars.paint(content.bars, options, context)
        state = Picture(content, options, context).state()
        state.note = ", ".join(content.notes)
        if options.grain:
            marks.put_on_bars(state, context, content.starts, options.grain, width=WIDE)
        return state

    def figure(self, options: BarOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        if options.grain:
            marks.draw(plot, theme)
        glyphs = draw(plot, options, theme)
        drawing.zero_line(plot, theme, "height" if options.lying else "width")
        labels = drawing.source("labels", "x", "y", "text", "short", "dx", "dy", "align", "style")
        place = {"x_offset": "dx", "y_offset": "dy", "text_align": "align",
                 "text_font_style": "style"}  # fmt: skip
        drawing.words(plot, labels, theme, **place, name="values")
        drawing.words(
            plot, labels, theme, **place, text="short", name="values_narrow", visible=False
        )
        if options.stack in STACKED:
            for name in ("inside", "inside_narrow"):
                chips = drawing.source(f"{name}_texts", "x", "y", "text")
                drawing.words(
                    plot, chips, theme, text_align="center", name=name,
                    visible=name == "inside", background_fill_color=theme.surface,
                    background_fill_alpha=0.94, border_radius=3, padding=[4, 1],
                )  # fmt: skip
        plot.add_tools(drawing.hover(theme, [glyphs]))
        if not options.grain:  # a bucket is no one value
            drawing.pickable(plot, glyphs)
        return plot


def draw(plot: Figure, options: BarOptions, theme: Theme) -> GlyphRenderer:
    """The bars themselves, with their axes or names."""
    columns = ("at", "value", "base", "thick", "color", "alpha", "hatch", "title", "text")
    rows = drawing.source("bars", *columns)
    look = {"source": rows, "color": "color", "line_color": None, "fill_alpha": "alpha",
            "hatch_pattern": "hatch", "hatch_color": "color", "hatch_alpha": 0.55,
            "hatch_scale": 8, "hatch_weight": 1.5}  # fmt: skip
    if options.stack in STACKED:
        look |= {"line_color": theme.surface, "line_width": 1}
    elif options.lying:
        look["border_radius"] = 4
    else:
        look["border_radius"] = {"top_left": 3, "top_right": 3, "bottom_left": 0, "bottom_right": 0}
    if not options.lying:
        return _standing(plot, look, theme)
    plot.xaxis.visible = plot.yaxis.visible = False  # bars carry their values and names
    plot.min_border_top = plot.min_border_bottom = 4
    marks = plot.hbar(y="at", left="base", right="value", height="thick", **look)
    names: ColumnDataSource = drawing.source("names", "y", "text", "x_offset")
    drawing.words(plot, names, theme, x=0, x_offset="x_offset", x_range_name=drawing.FRAME)
    return marks


def _standing(plot: Figure, look: dict, theme: Theme) -> GlyphRenderer:
    plot.min_border_top, plot.min_border_right = 18, 8
    drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
    drawing.ticks_by_name(plot.yaxis[0], "y_ticks")
    plot.xaxis.major_label_text_color = theme.text
    drawing.grid_lines(plot, plot.yaxis[0], theme)
    return plot.vbar(x="at", bottom="base", top="value", width="thick", **look)


def _formulas(options: BarOptions, context: Context) -> list[Formula]:
    found = [
        read_formula(written, context.columns, pattern=options.pattern, unit=options.unit)
        for written in options.measures
    ]
    most = 1 if options.series else MOST_MEASURES
    if len(found) > most:
        of = "one with a series" if options.series else str(MOST_MEASURES)
        raise OptionsRefused("measures", f"there are {len(found)}; at most {of}.")
    if options.lying and options.top > MOST_LYING:
        raise OptionsRefused("top", f"at most {MOST_LYING} lying bars have room for their values.")
    category = context.columns.get(options.category)
    if options.grain and category and category.type not in ("date", "datetime"):
        raise OptionsRefused("grain", f"'{options.category}' is {category.type}, which has none.")
    parts = bool(options.series or len(found) > 1)
    if options.stack == "percent" and not parts:
        raise OptionsRefused("stack", "shares of 100 % want a series or several measures.")
    if options.stack in STACKED and parts:
        refuse_stack(found)
    return found


def _no_shares(content: bars.Content) -> str:
    """Why there are no shares, if one of the values is below zero."""
    for one in content.bars:
        for name, value in zip(content.names, one.values, strict=True):
            if value is not None and value < 0:
                return (
                    f"{one.name} of {name} is below zero, so it has no share of 100 %. "
                    "Choose bars on top of each other or side by side."
                )
    if not any(one.total for one in content.bars):
        return "All values are zero, so there are no shares of 100 %."
    return ""
