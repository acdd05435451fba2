"""Figures with our look, and `apply`, which puts a `State` onto one.

Bokeh is imported inside the functions: the web process imports chart types and must not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.charts.theme import LIGHT, Theme, painted

if TYPE_CHECKING:
    from bokeh.models import Axis, ColumnDataSource, GlyphRenderer, HoverTool, Range1d
    from bokeh.plotting import figure as Figure

    from dashboards.charts.registry import State

#: Name of a second range of every figure: 0 to 1 over the frame, whatever the data and the zoom.
FRAME = "frame"
#: In the tags of a source: the names of its columns that belong to the drawing.
KEPT = "kept"


def blank(theme: Theme, *, tools: tuple = ()) -> Figure:
    """An empty figure that fills its card; its ranges are named x_range and y_range."""
    from bokeh.models import Range1d
    from bokeh.plotting import figure

    plot = figure(
        name="plot",
        x_range=Range1d(0, 1, name="x_range"),
        y_range=Range1d(0, 1, name="y_range"),
        extra_x_ranges={FRAME: fixed_range()},
        extra_y_ranges={FRAME: fixed_range()},
        tools=list(tools),
        toolbar_location=None,
        sizing_mode="stretch_both",
        min_border=0,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        output_backend="canvas",
    )
    plot.center = []
    for axis, name in ((plot.xaxis[0], "x_axis"), (plot.yaxis[0], "y_axis")):
        plain_axis(axis, theme)
        axis.name = name
    return plot


def fixed_range() -> Range1d:
    from bokeh.models import Range1d

    return Range1d(0, 1, bounds=(0, 1), min_interval=1)  # so a zoom does not move it


def right_of(plot: Figure) -> str:
    """Name of a range of x that counts pixels from the frame's right end; the page keeps it so."""
    from bokeh.models import Range1d

    plot.extra_x_ranges["pixels"] = Range1d(
        -600, 0, bounds=(-600, 0), min_interval=600, name="pixels"
    )
    return "pixels"


def plain_axis(axis: Axis, theme: Theme) -> None:
    axis.axis_line_color = None
    axis.major_tick_line_color = None
    axis.minor_tick_line_color = None
    axis.major_tick_in = axis.major_tick_out = axis.minor_tick_out = 0
    axis.major_label_text_font = theme.font
    axis.major_label_text_font_size = "12px"
    axis.major_label_text_color = theme.muted
    axis.major_label_standoff = 8


def ticks_by_name(axis: Axis, name: str) -> None:
    """Let `State.props` place the ticks of an axis."""
    from bokeh.models import FixedTicker, NoOverlap

    axis.ticker = FixedTicker(ticks=[], minor_ticks=[], name=name)
    axis.major_label_policy = NoOverlap(min_distance=6)


def grid_lines(plot: Figure, axis: Axis, theme: Theme) -> None:
    """Lines at the ticks of an axis; they share its ticker."""
    from bokeh.models import Grid

    dimension = 1 if axis in plot.yaxis else 0
    plot.add_layout(Grid(dimension=dimension, ticker=axis.ticker, grid_line_color=theme.border))


def zero_line(plot: Figure, theme: Theme, dimension: str = "width") -> None:
    from bokeh.models import Span

    plot.add_layout(
        Span(
            location=0,
            dimension=dimension,
            line_color=theme.border_strong,
            line_alpha=0.7,
            level="glyph",
            name="zero",
        )
    )


def source(name: str, *columns: str) -> ColumnDataSource:
    from bokeh.models import ColumnDataSource

    return ColumnDataSource({column: [] for column in columns}, name=name)


def fixed(name: str, own: dict[str, list], *columns: str) -> ColumnDataSource:
    """A source with columns that the drawing keeps, such as shapes; a state gives the others."""
    from bokeh.models import ColumnDataSource

    rows = len(next(iter(own.values())))
    return ColumnDataSource(
        {**own, **{column: [0] * rows for column in columns}}, name=name, tags=[{KEPT: [*own]}]
    )


def kept(source: ColumnDataSource) -> dict[str, list]:
    """The columns of a source that belong to the drawing."""
    names = [name for tag in source.tags if isinstance(tag, dict) for name in tag.get(KEPT, [])]
    return {name: source.data[name] for name in names}


class Rows:
    """Rows of a source in the making."""

    def __init__(self, *names: str):
        self.columns: dict[str, list] = {name: [] for name in names}

    def add(self, *cells: Any) -> None:
        for column, cell in zip(self.columns.values(), cells, strict=True):
            column.append(cell)


def words(plot: Figure, data: ColumnDataSource, theme: Theme, **more: Any) -> GlyphRenderer:
    """Text at 12 px that may stand outside the frame; ``more`` overrides the look.

    Words have no other look when marks are chosen; the short form `plot.text` would make four."""
    from bokeh.core.properties import value
    from bokeh.models import Text

    look = {
        "x": "x",
        "y": "y",
        "text": "text",
        "text_font": value(theme.font),
        "text_font_size": value("12px"),
        "text_color": theme.text,
        "text_baseline": "middle",
        "level": "annotation",  # the one level above the data that is not clipped to the frame
    }
    look |= more
    of_renderer = ("level", "name", "visible", "x_range_name", "y_range_name")
    placed = {name: look.pop(name) for name in of_renderer if name in look}
    return plot.add_glyph(data, Text(**look), nonselection_glyph=None, **placed)


def hover(theme: Theme, renderers: list[GlyphRenderer], **more: Any) -> HoverTool:
    """A tooltip with the columns ``title`` and ``text`` of the renderer's source, as text.

    `ValueRef` writes textContent, so no data becomes HTML."""
    from bokeh.models import HoverTool
    from bokeh.models.dom import Div, ValueRef

    box = {
        "margin": "-5px",
        "padding": "8px 10px",
        "font": f"12px/1.5 {theme.font}",
        "white-space": "pre-line",
        "font-variant-numeric": "tabular-nums",
        "color": f"var(--text, {theme.text})",
        "background": f"var(--raised, {theme.surface})",
    }
    title = Div(style={"font-weight": "600"}, children=[ValueRef(field="title")])
    text = Div(children=[ValueRef(field="text")])
    look = {"show_arrow": False, "point_policy": "follow_mouse", "attachment": "horizontal"}
    return HoverTool(
        tooltips=Div(style=box, children=[title, text]), renderers=renderers, **(look | more)
    )


def end_labels(plot: Figure, theme: Theme, *, lines: int = 1) -> None:
    """Name and facts of each line right of its end, tied to it by a thin line.

    ``lines``: how many the column "value" of the source "labels" has."""
    labels = source("labels", "end", "y", "color", "name", "value")
    place = {"x_range_name": right_of(plot), "level": "annotation"}
    plot.segment(source=labels, x0=3, x1=12, y0="end", y1="y", line_color="color",
                 line_alpha=0.45, name="leads", **place)  # fmt: skip
    plot.scatter(source=labels, x=14, y="y", marker="dash", angle=1.5708, size=14 + 14 * lines,
                 line_width=3, line_color="color", name="keys", **place)  # fmt: skip
    look = {"x": 22, **place}
    words(plot, labels, theme, text="name", text_font_style="bold", y_offset=-7 * lines,
          name="label_names", **look)  # fmt: skip
    words(plot, labels, theme, text="value", text_color=theme.muted, y_offset=7 + lines,
          name="label_values", **look)  # fmt: skip


def pickable(plot: Figure, *renderers: GlyphRenderer) -> None:
    """A click on a mark chooses it, and the page filters by what it stands for (`State.picks`)."""
    from bokeh.models import TapTool

    plot.add_tools(TapTool(renderers=list(renderers), behavior="select", mode="toggle"))
    for renderer in renderers:
        glyph = renderer.glyph.clone()
        for name in ("fill_alpha", "line_alpha"):
            if hasattr(glyph, name):
                setattr(glyph, name, 0.3)
        renderer.nonselection_glyph, renderer.selection_glyph = glyph, renderer.glyph


def apply(figure: Figure, state: State, theme: Theme = LIGHT) -> Figure:
    """The figure with the state's data in it: what the page does in the browser, for Python.

    ``theme`` is the one the figure was drawn with. Raises `KeyError` for an unknown name."""
    models = named(figure)
    for name, data in painted(state.sources, theme).items():
        models[name].data = {**kept(models[name]), **data}
    for name, props in painted(state.props, theme).items():
        for prop, value in props.items():
            if prop == "major_label_overrides":  # JSON has only texts as keys
                value = {float(tick): text for tick, text in value.items()}
            setattr(models[name], prop, value)
    return figure


def named(figure: Figure) -> dict[str, Any]:
    """The figure's models by name; a name given twice is a mistake in the chart."""
    found: dict[str, Any] = {}
    for model in figure.references():
        if model.name:
            if model.name in found:
                raise ValueError(f"Two models are named '{model.name}'.")
            found[model.name] = model
    return found


def as_json(figure: Figure) -> dict[str, Any]:
    """The Bokeh document of a figure, as `bokeh.embed.json_item` makes it, in half of its time.

    That function walks all models five times, to find owners and to check what tests check here."""
    from bokeh import __version__
    from bokeh.core.serialization import Serializer
    from bokeh.document import Document

    document, serializer = Document(), Serializer(deferred=False)
    return {
        "version": __version__,
        "title": document.title,
        "config": serializer.encode(document.config),
        "roots": serializer.encode([figure]),
    }
