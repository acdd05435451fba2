"""Treemap: shares of a whole as areas, in groups if there are any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts import drawing, options
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import Theme
from dashboards.charts.treemap_tiles import Tiles
from dashboards.errors import OptionsRefused
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.models import GlyphRenderer
    from bokeh.plotting import figure as Figure

#: How much of its colour a tile has: words are read on every colour of the palette, in both themes.
TINT, FADED = 0.32, 0.1


@dataclass(frozen=True, slots=True)
class TreemapOptions:
    category: str = options.column("Category")
    group: str = options.column("Group", default="", help="What categories belong to, if any.")
    measure: str = options.measure(
        "Measure", help="A count or a sum, such as sum(value); it gives the areas.",
        default="count()",
    )  # fmt: skip
    color: str = options.measure(
        "Colour by", default="", look=None,
        help="A second measure, such as avg(margin); empty: one colour per group.",
    )  # fmt: skip
    top: int = options.integer("Tiles shown", help="The rest is Other.", default=24, most=60)
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0")
    unit: str = options.text("Unit", help="For example EUR")


@chart_type("treemap", label="Treemap")
class Treemap(Chart):
    Options = TreemapOptions
    size = (6, 7)

    def queries(self, options: TreemapOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.category, name="category")]
        if options.group:
            groups.append(Group(options.group, name="group"))
        measures = [Measure("value", _formula(options, context).formula)]
        if shade := _shade(options, context):
            measures.append(Measure("value_color", shade.formula))
        whole = [Order("value", True, within="group"), Order("group")] if options.group else []
        query = Query(
            group_by=tuple(groups),
            measures=tuple(measures),
            filters=during(options.time, options.period),
            order=(*whole, Order("value", True)),
            time_zone=context.time_zone,
        )
        return {"tiles": query}

    def state(
        self, tables: dict[str, pa.Table], options: TreemapOptions, context: Context
    ) -> State:
        formulas = _formula(options, context), _shade(options, context)
        return Tiles(options, *formulas, context).state(tables["tiles"])

    def figure(self, options: TreemapOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.xaxis.visible = plot.yaxis.visible = False
        plot.y_range.start, plot.y_range.end = 1, 0  # read from the top
        sides = ("left", "top", "right", "bottom", "name", "detail")
        columns = [f"{side}_{form}" for form in ("wide", "tall") for side in sides]
        tiles = drawing.source("tiles", *columns, "color", "title", "text")
        heads = drawing.source("heads", "x_wide", "y_wide", "text_wide", "x_tall", "y_tall",
                               "text_tall")  # fmt: skip
        alpha = 1.0 if options.color else TINT
        marks = [_form(plot, theme, form, tiles, heads, alpha=alpha) for form in ("wide", "tall")]
        plot.add_tools(drawing.hover(theme, marks))
        drawing.pickable(plot, *marks)
        for mark in marks:
            mark.nonselection_glyph.fill_alpha = 0.3 if options.color else FADED
        return plot


def _form(
    plot: Figure, theme: Theme, form: str, tiles: Any, heads: Any, *, alpha: float
) -> GlyphRenderer:
    """The tiles as they are laid for wide or for tall cards; both are of the same rows."""
    visible = form == "wide"
    marks = plot.quad(
        left=f"left_{form}", right=f"right_{form}", top=f"top_{form}", bottom=f"bottom_{form}",
        source=tiles, fill_color="color", fill_alpha=alpha, line_color=theme.surface,
        line_width=2, border_radius=4, name=f"tiles_{form}", visible=visible,
    )  # fmt: skip
    corner = {"x": f"left_{form}", "y": f"top_{form}", "x_offset": 7, "visible": visible}
    drawing.words(
        plot, tiles, theme, **corner, text=f"name_{form}", y_offset=14, name=f"names_{form}",
        text_font_style="bold",
    )  # fmt: skip
    drawing.words(
        plot, tiles, theme, **corner, text=f"detail_{form}", y_offset=30, name=f"details_{form}"
    )
    drawing.words(
        plot, heads, theme, x=f"x_{form}", y=f"y_{form}", text=f"text_{form}", x_offset=3,
        y_offset=10, name=f"heads_{form}", visible=visible, text_color=theme.muted,
    )  # fmt: skip
    return marks


def _formula(options: TreemapOptions, context: Context) -> Formula:
    formula = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    if not formula.adds_up:
        raise OptionsRefused(
            "measure",
            f"areas of '{formula.formula}' mean nothing, as its values do not add up to a whole. "
            "Take count() or sum(...), and this measure as the colour.",
        )
    return formula


def _shade(options: TreemapOptions, context: Context) -> Formula | None:
    return read_formula(options.color, context.columns) if options.color else None
