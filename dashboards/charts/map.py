"""Map: countries filled by a measure, or points sized by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.charts import atlas, drawing, options
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.map_countries import Countries
from dashboards.charts.map_points import Points
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import Theme
from dashboards.errors import OptionsRefused
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure


@dataclass(frozen=True, slots=True)
class MapOptions:
    look: str = options.choice(
        "Look", [("countries", "Filled countries"), ("points", "Points")], default="countries"
    )
    country: str = options.column(
        "Country", types=("text", "integer"), default="",
        help="Codes such as DE or DEU, or English names; for filled countries.",
    )  # fmt: skip
    latitude: str = options.column(
        "Latitude", types=("number", "integer"), default="", help="Degrees north; for points."
    )
    longitude: str = options.column(
        "Longitude", types=("number", "integer"), default="", help="Degrees east; for points."
    )
    category: str = options.column("Name of a point", default="", help="For example a city.")
    measure: str = options.measure("Measure", default="count()")
    region: str = options.choice(
        "Region",
        [("fit", "Where the data is"), ("europe", "Europe"), ("world", "Whole world")],
        default="fit",
    )
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0 or 0.0%")
    unit: str = options.text("Unit", help="For example EUR")


@chart_type("map", label="Map")
class Map(Chart):
    Options = MapOptions
    size = (6, 8)

    def queries(self, options: MapOptions, context: Context) -> dict[str, Query]:
        filters = [*during(options.time, options.period)]
        if options.look == "countries":
            groups = [Group(_needed(options, "country"), name="place")]
        else:
            groups = [
                Group(_needed(options, "latitude"), name="latitude"),
                Group(_needed(options, "longitude"), name="longitude"),
            ]
            filters += [Filter(group.column, "not_null") for group in groups]
            if options.category:
                groups.append(Group(options.category, name="category"))
        query = Query(
            group_by=tuple(groups),
            measures=(Measure("value", _formula(options, context).formula),),
            filters=tuple(filters),
            time_zone=context.time_zone,
        )
        return {"places": query}

    def state(self, tables: dict[str, pa.Table], options: MapOptions, context: Context) -> State:
        kind = Countries if options.look == "countries" else Points
        return kind(options, _formula(options, context), context).state(tables["places"])

    def figure(self, options: MapOptions, theme: Theme) -> Figure:
        from bokeh.models import DataRange1d

        plot = drawing.blank(theme)
        plot.xaxis.visible = plot.yaxis.visible = False
        # Nothing is distorted in any card: both ranges follow a part of the map that is not seen.
        extent = drawing.source("extent", "x", "y", "width", "height")
        part = plot.rect("x", "y", "width", "height", source=extent, fill_alpha=0, line_alpha=0)
        for name in ("x_range", "y_range"):
            setattr(plot, name, DataRange1d(name=name, range_padding=0.06, renderers=[part]))
        plot.match_aspect = True
        xs, ys = atlas.outlines(options.region)
        look = {"line_color": theme.surface, "line_width": 0.75}
        if options.look == "countries":
            _countries(plot, theme, xs, ys, look, options.region)
        else:
            _points(plot, theme, xs, ys, look)
        return plot


def _countries(plot: Figure, theme: Theme, xs: list, ys: list, look: dict, region: str) -> None:
    middles = [one.middle for one in atlas.countries().values()]
    x, y = atlas.places(region, [m[0] for m in middles], [m[1] for m in middles])
    shapes = drawing.fixed(
        "countries", {"xs": xs, "ys": ys, "x": x, "y": y}, "color", "dot", "title", "text"
    )
    filled = plot.multi_polygons("xs", "ys", source=shapes, fill_color="color", **look)
    dots = plot.scatter("x", "y", source=shapes, size="dot", fill_color="color", **look)
    _foot(plot, theme)
    plot.add_tools(drawing.hover(theme, [dots, filled]))
    drawing.pickable(plot, dots, filled)


def _points(plot: Figure, theme: Theme, xs: list, ys: list, look: dict) -> None:
    from bokeh.models import ColumnDataSource

    land = ColumnDataSource({"xs": xs, "ys": ys})
    plot.multi_polygons("xs", "ys", source=land, fill_color=theme.band, **look)
    data = drawing.source("points", "x", "y", "size", "color", "title", "text")
    marks = plot.scatter(
        "x", "y", source=data, size="size", fill_color="color", fill_alpha=0.65,
        line_color=theme.surface, line_width=1,
    )  # fmt: skip
    _foot(plot, theme)
    plot.add_tools(drawing.hover(theme, [marks]))
    drawing.pickable(plot, marks)


def _foot(plot: Figure, theme: Theme) -> None:
    """At the left what is most, at the right the colours over their limits."""
    from bokeh.core.properties import value

    plot.min_border_bottom = 40
    foot = {"y": 0, "y_range_name": drawing.FRAME, "x_range_name": drawing.FRAME}
    caption = drawing.source("caption", "text")
    drawing.words(plot, caption, theme, x=0, y_offset=30, **foot, name="caption_wide")
    right = {"x": 1, "x_offset": "x_offset", "y_offset": "y_offset", **foot}
    # Swatches are texts of spaces on a ground: only texts take places in pixels.
    ramp = drawing.source("ramp", "text", "x_offset", "y_offset", "color")
    drawing.words(
        plot, ramp, theme, **right, text_align="right", text_font_size=value("7px"),
        background_fill_color="color", border_radius=2,
    )  # fmt: skip
    limits = drawing.source("limits", "text", "x_offset", "y_offset")
    drawing.words(plot, limits, theme, **right, text_align="center", text_color=theme.muted)


def _formula(options: MapOptions, context: Context) -> Formula:
    return read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )


def _needed(options: MapOptions, name: str) -> str:
    column: str = getattr(options, name)
    if not column:
        look = "filled countries" if options.look == "countries" else "points"
        raise OptionsRefused(name, f"is required for {look}.")
    return column
