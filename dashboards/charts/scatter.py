"""Scatter plot: a point per row, or a bubble per category, by two numbers and perhaps a third."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboards.charts import drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.points import Axis, Line, Point, diameters, labelled, least_squares, short
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.series import OTHER
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_POINTS = 2_000
MOST_SERIES = 6
#: Largest bubble of a category and of a row, and points without a size: diameters in pixels.
BUBBLE, ROW_BUBBLE, DOT, GROUP_DOT = 44.0, 22.0, 6.0, 12.0
#: Names at bubbles, and the frames that they must fit, in pixels.
MOST_LABELS, FRAME, FRAME_NARROW = 12, (450.0, 230.0), (215.0, 230.0)
#: Shares of the frame that dots and bubbles keep from its edges.
ROOM, ROOM_OF_BUBBLES = 0.05, 0.12
TITLE_WIDTH, TITLE_NARROW = 300, 180
NUMERIC = ("integer", "number")
SCALES = [("linear", "Linear"), ("log", "Logarithmic")]


@dataclass(frozen=True, slots=True)
class ScatterOptions:
    category: str = options.column(
        "Category", default="", help="A bubble per value, by the measures. Empty: a point per row."
    )
    x: str = options.column("Across, of rows", types=NUMERIC, default="")
    y: str = options.column("Up, of rows", types=NUMERIC, default="")
    size: str = options.column("Area, of rows", types=NUMERIC, default="")
    measure_x: str = options.measure("Across, of categories", default="")
    measure_y: str = options.measure("Up, of categories", default="")
    measure_size: str = options.measure("Area, of categories", default="")
    series: str = options.column(
        "Series", types=("text", "integer", "boolean"), default="", help="Gives the colours."
    )
    scale_x: str = options.choice("Scale across", SCALES, default="linear")
    scale_y: str = options.choice("Scale up", SCALES, default="linear")
    trend: bool = options.boolean("Draw the line that fits best")
    top: int = options.integer(
        "Categories shown", help="Those with the most rows.", default=50, most=500
    )
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")


@chart_type("scatter", label="Scatter plot")
class Scatter(Chart):
    Options = ScatterOptions
    size = (6, 7)

    def queries(self, options: ScatterOptions, context: Context) -> dict[str, Query]:
        _formulas(options, context)  # refuses what cannot be drawn
        base = during(options.time, options.period)
        zone = context.time_zone
        if options.category:
            return {"groups": _groups(options, context, base)}
        base += (Filter(options.x, "not_null"), Filter(options.y, "not_null"))
        logs = [(options.x, options.scale_x), (options.y, options.scale_y)]
        above = tuple(Filter(column, ">", 0) for column, scale in logs if scale == "log")
        names = dict.fromkeys(n for n in (options.x, options.y, options.size, options.series) if n)
        count = (Measure("count", "count()"),)
        found = {
            "rows": Query(select=tuple(names), filters=base + above, sample=MOST_POINTS,
                          time_zone=zone),
            "all": Query(measures=count, filters=base + above, time_zone=zone),
        }  # fmt: skip
        if above:
            found["whole"] = Query(measures=count, filters=base, time_zone=zone)
        return found

    def state(
        self, tables: dict[str, pa.Table], options: ScatterOptions, context: Context
    ) -> State:
        x, y, size = _formulas(options, context)
        axes = (Axis(x, options.scale_x == "log", context.locale),
                Axis(y, options.scale_y == "log", context.locale))  # fmt: skip
        every = _read(tables, options, context)
        points = [one for one in every if axes[0].holds(one.x) and axes[1].holds(one.y)]
        notes = _notes(tables, every, points, options, context)
        if not points:
            return State(empty=_nothing(tables, every, axes, options, context))
        if options.category:
            points = sorted(points, key=lambda one: -one.rows)[: options.top]
        state = _Picture(points, axes, size, options, context).state()
        state.note = ", ".join(note for note in [*notes, state.note] if note)
        return state

    def figure(self, options: ScatterOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.min_border_top, plot.min_border_right, plot.min_border_bottom = 26, 12, 46
        for axis, name in ((plot.xaxis[0], "x_ticks"), (plot.yaxis[0], "y_ticks")):
            drawing.ticks_by_name(axis, name)
            drawing.grid_lines(plot, axis, theme)
        data = drawing.source("points", "x", "y", "size", "color", "alpha", "title", "text")
        marks = plot.scatter("x", "y", source=data, size="size", fill_color="color",
                             fill_alpha="alpha", line_color="color",
                             line_alpha="alpha")  # fmt: skip
        line = drawing.source("line", "x0", "y0", "x1", "y1")
        plot.segment(source=line, x0="x0", y0="y0", x1="x1", y1="y1", line_color=theme.text,
                     line_width=1.5, line_dash=[5, 4])  # fmt: skip
        for name in ("names", "names_narrow"):
            names = drawing.source(name, "x", "y", "text", "x_offset", "align")
            drawing.words(plot, names, theme, x_offset="x_offset", text_align="align",
                          name=f"{name}_shown")  # fmt: skip
        titles = drawing.source("titles", "x", "y", "text", "short", "align", "y_offset")
        at = {"x_range_name": drawing.FRAME, "y_range_name": drawing.FRAME, "text_align": "align",
              "y_offset": "y_offset", "text_color": theme.muted}  # fmt: skip
        drawing.words(plot, titles, theme, **at, name="titles_shown")
        drawing.words(
            plot, titles, theme, **at, text="short", name="titles_narrow_shown", visible=False
        )
        plot.add_tools(drawing.hover(theme, [marks]))
        if options.category:
            drawing.pickable(plot, marks)
        return plot


def _groups(options: ScatterOptions, context: Context, base: tuple[Filter, ...]) -> Query:
    groups = [Group(options.category, name="category")]
    if options.series:
        groups.append(Group(options.series, name="series"))
    x, y, size = _formulas(options, context)
    measures = [Measure("value_x", x.formula), Measure("value_y", y.formula),
                Measure("value_rows", "count()")]  # fmt: skip
    if size:
        measures.append(Measure("value_size", size.formula))
    return Query(group_by=tuple(groups), measures=tuple(measures), filters=base,
                 time_zone=context.time_zone)  # fmt: skip


def _formulas(options: ScatterOptions, context: Context) -> tuple[Formula, Formula, Formula | None]:
    """What is drawn across, up and as the area."""
    if options.category:
        for name in ("measure_x", "measure_y"):
            if not getattr(options, name):
                raise OptionsRefused(name, "is required with a category.")
        written = (options.measure_x, options.measure_y, options.measure_size)
        x, y, size = (read_formula(one, context.columns) if one else None for one in written)
    else:
        for name in ("x", "y"):
            if not getattr(options, name):
                raise OptionsRefused(name, "is required unless there is a category.")
        columns = (options.x, options.y, options.size)
        x, y, size = (_of_column(one, context) if one else None for one in columns)
    return x, y, size


def _of_column(name: str, context: Context) -> Formula:
    column = context.columns.get(name)
    if column is None:
        return Formula(name, name)
    unit = "" if column.format.endswith("%") else column.unit
    return Formula(column.label, name, column.format, unit)


def _read(tables: dict[str, pa.Table], options: ScatterOptions, context: Context) -> list[Point]:
    found = []
    if options.category:
        for row in tables["groups"].to_pylist():
            name = formats.name(row["category"], context.locale, context.time_zone)
            series = formats.name(row["series"], context.locale) if options.series else ""
            found.append(Point(_number(row["value_x"]), _number(row["value_y"]),
                               row.get("value_size"), name, series,
                               formats.plain(row["category"]), row["value_rows"] or 0))  # fmt: skip
        return found
    for row in tables["rows"].to_pylist():
        series = formats.name(row[options.series], context.locale) if options.series else ""
        size = _number(row[options.size]) if options.size else None
        found.append(Point(_number(row[options.x]), _number(row[options.y]), size, series=series))
    return found


def _number(value: Any) -> Any:
    """As a float (columns may be decimals), or None."""
    return None if value is None else float(value)


def _notes(
    tables: dict[str, pa.Table], every: list[Point], points: list[Point],
    options: ScatterOptions, context: Context,
) -> list[str]:  # fmt: skip
    """How many points stand for how many, and what a logarithmic axis cannot show."""
    many = partial(formats.count, locale=context.locale)
    if options.category:
        shown, missing = min(len(points), options.top), len(every) - len(points)
        return [
            f"{many(shown)} of {many(len(points))}" if shown < len(points) else "",
            f"{many(missing)} without a place on the axes" if missing else "",
        ]
    count = _count(tables, "all")
    below = _count(tables, "whole") - count if "whole" in tables else 0
    return [
        f"{many(len(points))} of {many(count)} rows" if len(points) < count else "",
        f"{many(below)} at or below zero not drawn" if below > 0 else "",
    ]


def _count(tables: dict[str, pa.Table], name: str) -> int:
    values = tables[name].column("count").to_pylist()
    return round(values[0] or 0) if values else 0


def _nothing(
    tables: dict[str, pa.Table], every: list[Point], axes: tuple[Axis, Axis],
    options: ScatterOptions, context: Context,
) -> str:  # fmt: skip
    rows = len(every) or ("whole" in tables and _count(tables, "whole"))
    if rows and (axes[0].is_log or axes[1].is_log):
        return "No value is above zero, and a logarithmic axis shows no others. Take a linear one."
    if every:
        return "No point has both values: one of the two measures is missing everywhere."
    return empty_words(options.period, context.locale)


@dataclass(frozen=True, slots=True)
class _Picture:
    points: list[Point]
    axes: tuple[Axis, Axis]
    size: Formula | None
    options: ScatterOptions
    context: Context

    def state(self) -> State:
        state = State(legend_at="top")
        xs, ys = [one.x for one in self.points], [one.y for one in self.points]
        for axis, values, name in zip(self.axes, (xs, ys), "xy", strict=True):
            ticks = axis.ticks(values)
            state.props[f"{name}_range"] = axis.span(values, ticks, self.room())
            state.props[f"{name}_ticks"] = {"ticks": [axis.place(tick) for tick in ticks]}
            state.props[f"{name}_axis"] = {"major_label_overrides": axis.texts(ticks)}
        colors = self.colors(state)
        order = self.order()
        state.sources["points"] = self.marks(order, colors)
        if self.options.category:
            state.picks = {"source": "points", "column": self.options.category,
                           "values": [self.points[i].raw for i in order]}  # fmt: skip
        line = self.line()
        state.note = f"line explains {self.share(line)}" if line else ""
        state.sources["line"] = self.segment(line)
        state.sources["names"] = self.names(order, state, FRAME)
        state.sources["names_narrow"] = self.names(order, state, FRAME_NARROW)
        state.sources["titles"] = self.titles()
        for name in ("names", "titles"):
            wide, narrow = f"{name}_shown", f"{name}_narrow_shown"
            state.props |= {wide: {"visible": True}, narrow: {"visible": False}}
            state.narrow |= {wide: {"visible": False}, narrow: {"visible": True}}
        self.tell(state, line)
        return state

    def room(self) -> float:
        """Share of the frame that the largest bubble takes from its middle."""
        return ROOM_OF_BUBBLES if self.size and self.options.category else ROOM

    def colors(self, state: State) -> dict[str, str]:
        """Of the series with the most points; the others are grey."""
        counts: dict[str, int] = {}
        for one in self.points:
            counts[one.series] = counts.get(one.series, 0) + 1
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        if not self.options.series:
            return {"": TOKEN_THEME.palette[0]}
        named = ranked if len(ranked) <= MOST_SERIES + 1 else ranked[:MOST_SERIES]
        places = self.context.places(self.options.series, named)
        palette = TOKEN_THEME.palette
        found = {n: palette[at % len(palette)] for n, at in zip(named, places, strict=True)}
        state.legend = [{"label": n, "color": color, "value": ""} for n, color in found.items()]
        if len(named) < len(ranked):
            rest = f"{OTHER} ({formats.count(len(ranked) - len(named), self.context.locale)})"
            state.legend.append({"label": rest, "color": TOKEN_THEME.border_strong, "value": ""})
        return found

    def order(self) -> list[int]:
        """Large bubbles first, so that small ones lie upon them."""
        sizes = [one.size or 0 for one in self.points]
        return sorted(range(len(sizes)), key=lambda index: -sizes[index])

    def marks(self, order: list[int], colors: dict[str, str]) -> dict[str, list]:
        count, grouped = len(self.points), bool(self.options.category)
        if self.size:
            most = BUBBLE if grouped else ROW_BUBBLE
            sizes = diameters([one.size for one in self.points], most)
        else:
            sizes = [GROUP_DOT if grouped else DOT] * count
        x, y = self.axes
        alpha = 0.55 if count <= 300 else 0.35
        shown = [self.points[index] for index in order]
        return {
            "x": [short(x.place(one.x)) for one in shown],
            "y": [short(y.place(one.y)) for one in shown],
            "size": [sizes[index] for index in order],
            "color": [colors.get(one.series, TOKEN_THEME.border_strong) for one in shown],
            "alpha": [alpha] * count,
            "title": [one.name or one.series or "Row" for one in shown],
            "text": [self.words(one) for one in shown],
        }

    def words(self, one: Point) -> str:
        locale = self.context.locale
        lines = [one.series] if one.series and one.name else []
        lines += [f"{axis.formula.label}: {axis.formula.text(value, locale)}"
                  for axis, value in zip(self.axes, (one.x, one.y), strict=True)]  # fmt: skip
        if self.size:
            lines.append(f"{self.size.label}: {self.size.text(one.size, locale)}")
        return "\n".join(lines)

    def line(self) -> Line | None:
        if not self.options.trend:
            return None
        x, y = self.axes
        return least_squares([x.place(one.x) for one in self.points],
                             [y.place(one.y) for one in self.points])  # fmt: skip

    def segment(self, line: Line | None) -> dict[str, list]:
        if line is None:
            return {"x0": [], "y0": [], "x1": [], "y1": []}
        places = [self.axes[0].place(one.x) for one in self.points]
        low, high = min(places), max(places)
        return {"x0": [low], "y0": [line.at(low)], "x1": [high], "y1": [line.at(high)]}

    def names(self, order: list[int], state: State, frame: tuple[float, float]) -> dict[str, list]:
        """Names beside the largest bubbles, where they do not cover each other."""
        found: dict[str, list] = {"x": [], "y": [], "text": [], "x_offset": [], "align": []}
        if not self.options.category:
            return found
        marks = state.sources["points"]
        xs, ys = (
            [(at - span["start"]) / (span["end"] - span["start"]) * pixels for at in marks[name]]
            for name, span, pixels in zip(
                "xy", (state.props["x_range"], state.props["y_range"]), frame, strict=True
            )
        )
        texts = [scales.cut(self.points[index].name, 120) for index in order]
        places = list(zip(xs, ys, marks["size"], strict=True))
        widths = [scales.width(text) for text in texts]
        for i, side in labelled(places, widths, frame[0], MOST_LABELS):
            offset = side * (round(marks["size"][i] / 2) + 4)
            align = "left" if side > 0 else "right"
            cells = (marks["x"][i], marks["y"][i], texts[i], offset, align)
            for column, cell in zip(found.values(), cells, strict=True):
                column.append(cell)
        return found

    def titles(self) -> dict[str, list]:
        across, up = (axis.title() for axis in self.axes)
        wide, narrow = (
            [f"↑ {scales.cut(up, pixels)}", f"{scales.cut(across, pixels)} →"]
            for pixels in (TITLE_WIDTH, TITLE_NARROW)
        )
        return {"x": [0, 1], "y": [1, 0], "text": wide, "short": narrow,
                "align": ["left", "right"], "y_offset": [-16, 36]}  # fmt: skip

    def tell(self, state: State, line: Line | None) -> None:
        locale, (x, y) = self.context.locale, self.axes
        heads = [self.context.label(self.options.category)] if self.options.category else []
        heads += [self.context.label(self.options.series)] if self.options.series else []
        formulas = [x.formula, y.formula, *([self.size] if self.size else [])]
        rows = []
        for one in self.points[:TWIN_ROWS]:
            cells: list = [one.name] if self.options.category else []
            cells += [one.series] if self.options.series else []
            values = (one.x, one.y, one.size)[: len(formulas)]
            cells += [f.cell(v, locale) for f, v in zip(formulas, values, strict=True)]
            rows.append(cells)
        state.tell([*heads, *(formula.label for formula in formulas)], rows)
        state.summary = self.summary(line)

    def summary(self, line: Line | None) -> str:
        x, y = (axis.formula.label for axis in self.axes)
        count = len(self.points)
        of = self.context.label(self.options.category) if self.options.category else "row"
        many = formats.count(count, self.context.locale)
        words = f"{y} by {x}: {many} point{'s' * (count != 1)}, one per {of}"
        if line:
            way = "grows" if line.slope > 0 else "falls"
            words += f"; {y} {way} with {x}, and a line explains {self.share(line)} of it "
            words += f"({line.words}, r² {line.r2:.2f})"
        elif self.options.trend:
            words += "; no line fits fewer than three points, or values that are all the same"
        return words + "."

    def share(self, line: Line) -> str:
        return formats.number(line.r2, "0%", self.context.locale)
