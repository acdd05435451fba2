"""The drawing of a line chart, without data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.charts import drawing, marks
from dashboards.charts.theme import Theme

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure

    from dashboards.charts.line import LineOptions

#: Glyphs are added as they are: the plot's own methods make four more of each, for selections.
LINE = {"xs": "xs", "ys": "ys", "line_color": "color", "line_width": 2, "line_join": "round",
        "line_cap": "round"}  # fmt: skip


def draw(options: LineOptions, theme: Theme) -> Figure:
    from bokeh.models import BoxZoomTool, Patches, Scatter

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
    _areas(plot, options.stack != "none" and bool(options.series))
    if options.forecast_measure:
        band = Patches(xs="xs", ys="ys", fill_color="color", fill_alpha=0.12, line_color=None)
        plot.add_glyph(drawing.source("forecast_band", "xs", "ys", "color"), band)
    marks.draw(plot, theme, told=False)
    _lines(plot)
    _goals(plot, options, theme)
    point = Scatter(x="x", y="y", size=8, line_width=2, line_color="color", fill_color="fill")
    plot.add_glyph(drawing.source("points", "x", "y", "color", "fill"), point)
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


def _areas(plot: Figure, stacked: bool) -> None:
    from bokeh.models import Patches

    for name, alpha in (("areas", 0.85), ("areas_part", 0.35)):
        area = Patches(xs="xs", ys="ys", fill_color="color", line_color=None,
                       fill_alpha=alpha if stacked else alpha / 8)  # fmt: skip
        plot.add_glyph(drawing.source(name, "xs", "ys", "color"), area)


def _lines(plot: Figure) -> None:
    from bokeh.models import MultiLine

    dotted = {"line_width": 1.75, "line_alpha": 0.75, "line_dash": [1, 4]}
    dashed = {"line_dash": [3, 4], "line_cap": "butt", "line_alpha": 0.65}
    for name, look in (("earlier", dotted), ("lines", {}), ("part", dashed)):
        line = MultiLine(**LINE | look)
        plot.add_glyph(drawing.source(name, "xs", "ys", "color"), line)


def _goals(plot: Figure, options: LineOptions, theme: Theme) -> None:
    """Targets and forecasts, those that the options name; words stand on the surface's colour."""
    from bokeh.models import MultiLine, Segment

    thin = {"line_color": theme.text, "line_width": 1.25, "line_alpha": 0.7, "line_dash": [6, 4]}
    back = {"background_fill_color": theme.surface, "background_fill_alpha": 0.7, "padding": 1}
    if options.target is not None:
        target = drawing.source("target", "y", "text", "up", "align", "x", "aside")
        frame = {"x_range_name": drawing.FRAME}
        plot.add_glyph(target, Segment(x0=0, x1=1, y0="y", y1="y", **thin), **frame)
        drawing.words(plot, target, theme, text_align="align", x_offset="aside", y_offset="up",
                      level="glyph", **back, **frame)  # fmt: skip
    if options.target_measure:
        plot.add_glyph(drawing.source("targets", "xs", "ys"), MultiLine(xs="xs", ys="ys", **thin))
    if options.forecast_measure:
        line = MultiLine(**LINE | {"line_dash": [2, 4], "line_cap": "butt"})
        plot.add_glyph(drawing.source("forecast", "xs", "ys", "color"), line)
    if options.target_measure or options.forecast_measure:
        words = drawing.source("goal_words", "x", "y", "text", "align", "up")
        drawing.words(plot, words, theme, text_align="align", y_offset="up", level="glyph", **back)
