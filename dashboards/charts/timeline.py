"""Timeline: a lane per campaign, with what ran when, or how long after it something is sent."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboards.charts import drawing, lanes, options, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.moments import Absolute, Item, Relative
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Filter, Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_LANES, MOST_ROWS, MOST_MARKS = 20, 3, 500
#: Pixels of a frame in its usual size.
WIDTH, HEIGHT = 560, 330
NAME_WIDTH, NARROW_NAME_WIDTH = 130, 76
LEAST_LANES = 4  # a few lanes do not become giants
#: Diameters of the smallest and the largest mark.
SMALL, LARGE = 8, 30
FADES = (0.16, 0.1, 0.05)


@dataclass(frozen=True, slots=True)
class TimelineOptions:
    lane: str = options.column("Lanes", help="For example campaign.")
    time: str = options.column(
        "Start", types=("date", "datetime"), default="", help="When it began; a point in time."
    )
    end: str = options.column(
        "End", types=("date", "datetime"), default="", help="Empty ones are still under way."
    )
    after: str = options.column(
        "Time after", types=("number", "integer"), default="",
        help="Instead of start and end: how long after the beginning, such as hours_after.",
    )  # fmt: skip
    after_unit: str = options.text("Unit of time after", help="Empty: h.")
    label: str = options.column("Label", default="", help="What stands at a mark.")
    measure: str = options.measure(
        "Measure", help="Of a mark; its size where time after is given.", default="count()"
    )
    also: str = options.measure(
        "Also said", default="", help="For example: Recovered: sum(recovered)", look=None
    )
    period: str = options.text("Period", help="Of the start, for example 90d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0")
    unit: str = options.text("Unit", help="Of the measure, for example mails")


@dataclass(slots=True)
class Lane:
    name: str
    color: str
    items: list[Item] = field(default_factory=list)
    rows: int = 1


@chart_type("timeline", label="Timeline")
class Timeline(Chart):
    Options = TimelineOptions
    size = (7, 7)
    least = (5, 6)

    def reach(self, options: TimelineOptions) -> int:
        return MOST_MARKS

    def queries(self, options: TimelineOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.lane, name="lane")]
        if _relative(options):
            groups.append(Group(options.after, name="after"))
            wanted = [Filter(options.after, "not_null")]
        else:
            groups.append(Group(options.time, "minute", "start"))
            if options.end:
                groups.append(Group(options.end, "minute", "end"))
            wanted = [Filter(options.time, "not_null")]
        if options.label:
            groups.append(Group(options.label, name="label"))
        measures = [Measure(name, f.formula) for name, f in _formulas(options, context).items()]
        first = Order("value", True) if options.after else Order("start", True)
        query = Query(
            group_by=tuple(groups),
            measures=tuple(measures),
            filters=(*wanted, *during(options.time, options.period)),
            order=(first,),
            limit=MOST_MARKS + 1,
            time_zone=context.time_zone,
        )
        return {"marks": query}

    def state(
        self, tables: dict[str, pa.Table], options: TimelineOptions, context: Context
    ) -> State:
        table = tables["marks"]
        relative = _relative(options)
        read = Relative(options, context) if relative else Absolute(options, context)
        items = read.items(table.slice(0, MOST_MARKS))
        if not items:
            return State(empty=empty_words(options.period, context.locale))
        found, left_out = _lanes(items, options, context, newest=not relative)
        state = _Picture(found, read, _formulas(options, context), options, context).state()
        if left_out:
            every = formats.count(len(found) + left_out, context.locale)
            state.note = f"{len(found)} of {every} lanes"
        if table.num_rows > MOST_MARKS:
            state.note = f"The {'largest' if relative else 'newest'} {MOST_MARKS} marks"
        return state

    def figure(self, options: TimelineOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.yaxis.visible = False
        plot.min_border_right, plot.min_border_bottom = 12, 26
        drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
        drawing.grid_lines(plot, plot.xaxis[0], theme)
        strips = drawing.source("grounds", "y", "height")
        plot.rect(source=strips, x=0.5, width=1, x_range_name=drawing.FRAME, y="y",
                  height="height", fill_color=theme.band, fill_alpha=0.45, line_color=None,
                  level="underlay")  # fmt: skip
        names = drawing.source("names", "y", "text", "short", "x_offset", "short_offset")
        at_left = {"x": 0, "x_range_name": drawing.FRAME}
        drawing.words(plot, names, theme, **at_left, x_offset="x_offset", name="names_wide")
        drawing.words(plot, names, theme, **at_left, text="short", x_offset="short_offset",
                      name="names_narrow", visible=False)  # fmt: skip
        marks = (_draw_marks if options.after else _draw_bars)(plot, theme)
        labels = drawing.source("labels", "x", "y", "text", "x_offset")
        drawing.words(plot, labels, theme, x_offset="x_offset", level="glyph",
                      text_line_height=1.2, name="labels_shown")  # fmt: skip
        plot.add_tools(drawing.hover(theme, marks))
        drawing.pickable(plot, marks[0])
        return plot


def _draw_bars(plot: Figure, theme: Theme) -> list:
    bars = drawing.source("bars", "left", "right", "top", "bottom", "color", "title", "text")
    found = plot.quad("left", "right", "top", "bottom", source=bars, fill_color="color",
                      fill_alpha=0.25, line_color=None, border_radius=3)  # fmt: skip
    plot.segment(source=bars, x0="left", x1="left", y0="top", y1="bottom", line_color="color",
                 line_width=3)  # fmt: skip
    tails = drawing.source("tails", "left", "right", "top", "bottom", "color", "alpha")
    plot.quad("left", "right", "top", "bottom", source=tails, fill_color="color",
              fill_alpha="alpha", line_color=None, hatch_pattern="right_diagonal_line",
              hatch_color="color", hatch_alpha="alpha", hatch_scale=7)  # fmt: skip
    points = drawing.source("points", "x", "y", "color", "title", "text")
    dots = plot.scatter("x", "y", source=points, size=10, fill_color="color",
                        line_color=theme.surface)  # fmt: skip
    today = drawing.source("today", "x", "text")
    top = {"y": 1, "y_range_name": drawing.FRAME}
    plot.segment(source=today, x0="x", x1="x", y0=0, y1=1, y_range_name=drawing.FRAME,
                 line_color=theme.border_strong, line_dash=[4, 3])  # fmt: skip
    drawing.words(plot, today, theme, x="x", y_offset=-9, text_align="center",
                  text_color=theme.muted, **top)  # fmt: skip
    return [found, dots]


def _draw_marks(plot: Figure, theme: Theme) -> list:
    ways = drawing.source("ways", "left", "right", "y")
    plot.segment(source=ways, x0="left", x1="right", y0="y", y1="y",
                 line_color=theme.border_strong, line_alpha=0.6)  # fmt: skip
    marks = drawing.source("marks", "x", "y", "size", "color", "title", "text")
    return [plot.scatter("x", "y", source=marks, size="size", fill_color="color",
                         fill_alpha=0.9, line_color=theme.surface)]  # fmt: skip


def _relative(options: TimelineOptions) -> bool:
    if not options.after and not options.time:
        raise OptionsRefused("time", "is required unless there is a time after.")
    if options.after and options.end:
        raise OptionsRefused("end", "goes with a start; empty it or the time after.")
    return bool(options.after)


def _formulas(options: TimelineOptions, context: Context) -> dict[str, Formula]:
    measure = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    found = {"value": measure}
    if options.also:
        found["also"] = read_formula(options.also, context.columns)
    return found


def _lanes(
    items: list[Item], options: TimelineOptions, context: Context, *, newest: bool
) -> tuple[list[Lane], int]:
    """Lanes by their first mark, and how many are left out: the oldest ones, or the smallest."""
    by_lane: dict[Any, list[Item]] = {}
    for item in items:
        by_lane.setdefault(item.lane, []).append(item)

    def weight(lane: Any) -> float:
        marks = by_lane[lane]
        return max(i.start for i in marks) if newest else sum(i.value or 0 for i in marks)

    kept = sorted(by_lane, key=weight, reverse=True)[:MOST_LANES]
    names = {lane: formats.name(lane, context.locale) for lane in kept}
    kept.sort(key=lambda lane: (min(i.start for i in by_lane[lane]), names[lane]))
    places = context.places(options.lane, [names[lane] for lane in kept])
    palette = TOKEN_THEME.palette
    # Beyond its colours the palette would begin again, and colours would say what is not so.
    colors = [
        palette[p % len(palette)] if len(kept) <= len(palette) else palette[0] for p in places
    ]
    found = [
        Lane(names[lane], color, sorted(by_lane[lane], key=lambda item: item.start))
        for lane, color in zip(kept, colors, strict=True)
    ]
    return found, len(by_lane) - len(kept)


@dataclass(frozen=True, slots=True)
class _Picture:
    """Rows of lanes at 0, 1, 2 ... from the top."""

    lanes: list[Lane]
    read: Absolute | Relative
    formulas: dict[str, Formula]
    options: TimelineOptions
    context: Context

    def state(self) -> State:
        items = [item for lane in self.lanes for item in lane.items]
        start, end = self.read.range(items)
        self.place(start, end)
        rows = sum(lane.rows for lane in self.lanes)
        pixels = HEIGHT / max(rows, LEAST_LANES)
        relative = bool(self.options.after)
        state = State(sources=self.marks(start, end) if relative else self.bars(end))
        names, left = self.names()
        state.sources |= names | {"labels": self.labels(start, end, pixels)}
        if not relative:
            shown = start <= self.read.now <= end
            state.sources["today"] = {
                "x": [self.read.now] if shown else [], "text": ["today"] if shown else [],
            }  # fmt: skip
        ticks = self.read.ticks(items, start, end)
        state.props = {
            "x_range": {"start": start, "end": end},
            "y_range": {"start": max(rows, LEAST_LANES) - 0.5, "end": -0.5},
            "x_ticks": {"ticks": [float(tick) for tick in ticks]},
            "x_axis": {"major_label_overrides": ticks},
            "plot": {"min_border_left": left, "min_border_top": 4 if relative else 20},
            "names_wide": {"visible": True},
            "names_narrow": {"visible": False},
            "labels_shown": {"visible": True},
        }
        state.narrow = {
            "plot": {"min_border_left": min(left, NARROW_NAME_WIDTH + 10),
                     "min_border_top": 4 if relative else 20},
            "names_wide": {"visible": False},
            "names_narrow": {"visible": True},
            "labels_shown": {"visible": False},
        }  # fmt: skip
        drawn = [i for i in items if relative or i.end > i.start or i.open]
        source = "marks" if relative else "bars"
        state.picks = {"source": source, "column": self.options.lane,
                       "values": [formats.plain(item.lane) for item in drawn]}  # fmt: skip
        state.summary = self.summary(items)
        self.tell(state)
        return state

    def place(self, start: float, end: float) -> None:
        """Rows of the items within their lanes, and the room for words right of them."""
        pixel = (end - start) / WIDTH
        for lane in self.lanes:
            spans = [(item.start, max(item.end, item.start + 8 * pixel)) for item in lane.items]
            rows = [0] * len(spans) if self.options.after else lanes.rows_of(spans, MOST_ROWS)
            lane.rows = max(rows) + 1
            rooms = lanes.room_after(spans, rows, end)
            for item, row, room in zip(lane.items, rows, rooms, strict=True):
                item.row, item.room = row, room

    def tops(self) -> list[int]:
        found, top = [], 0
        for lane in self.lanes:
            found.append(top)
            top += lane.rows
        return found

    def bars(self, end: float) -> dict[str, dict[str, list]]:
        bars = drawing.Rows("left", "right", "top", "bottom", "color", "title", "text")
        tails = drawing.Rows("left", "right", "top", "bottom", "color", "alpha")
        points = drawing.Rows("x", "y", "color", "title", "text")
        for lane, first in zip(self.lanes, self.tops(), strict=True):
            for item in lane.items:
                y = first + item.row
                words = (item.label or lane.name, self.hover(lane, item))
                if item.end == item.start and not item.open:
                    points.add(item.start, y, lane.color, *words)
                    continue
                sides = (y - 0.36, y + 0.36)
                bars.add(item.start, item.end, *sides, lane.color, *words)
                part = (end - item.end) / len(FADES)
                for index, alpha in enumerate(FADES if item.open else ()):
                    left = item.end + part * index
                    tails.add(left, left + part, *sides, lane.color, alpha)
        return {"bars": bars.columns, "tails": tails.columns, "points": points.columns}

    def marks(self, _start: float, _end: float) -> dict[str, dict[str, list]]:
        marks = drawing.Rows("x", "y", "size", "color", "title", "text")
        ways = drawing.Rows("left", "right", "y")
        for y, lane in enumerate(self.lanes):
            ways.add(min(0.0, lane.items[0].start), lane.items[-1].start, y)
            for item in lane.items:
                marks.add(item.start, y, round(self.size(item), 1), lane.color,
                          item.label or lane.name, self.hover(lane, item))  # fmt: skip
        return {"marks": marks.columns, "ways": ways.columns}

    def size(self, item: Item) -> float:
        """Diameter; the area says the value."""
        most = max(abs(i.value or 0) for lane in self.lanes for i in lane.items) or 1
        room = min(LARGE, 0.8 * HEIGHT / max(len(self.lanes), LEAST_LANES))
        return max(SMALL, room * math.sqrt(max(item.value or 0, 0) / most))

    def hover(self, lane: Lane, item: Item) -> str:
        lines = [lane.name] if item.label else []
        return "\n".join([*lines, item.when, *self.facts(item)])

    def facts(self, item: Item) -> list[str]:
        values = {"value": item.value, "also": item.also}
        return [
            f"{formula.label}: {formula.text(values[name], self.context.locale)}"
            for name, formula in self.formulas.items()
        ]

    def names(self) -> tuple[dict[str, dict[str, list]], int]:
        widest = max(scales.width(lane.name) for lane in self.lanes)
        left = round(min(widest, NAME_WIDTH)) + 16
        names = drawing.Rows("y", "text", "short", "x_offset", "short_offset")
        strips = drawing.Rows("y", "height")
        for index, (lane, top) in enumerate(zip(self.lanes, self.tops(), strict=True)):
            middle = top + (lane.rows - 1) / 2
            names.add(middle, scales.cut(lane.name, NAME_WIDTH),
                      scales.cut(lane.name, NARROW_NAME_WIDTH), -left,
                      -min(left, NARROW_NAME_WIDTH + 10))  # fmt: skip
            if index % 2 == 0:
                strips.add(middle, lane.rows)
        return {"names": names.columns, "grounds": strips.columns}, left

    def labels(self, start: float, end: float, pixels: float) -> dict[str, list]:
        """Words in their bars, else right of them; none where there is no room for either."""
        found = drawing.Rows("x", "y", "text", "x_offset")
        scale = WIDTH / (end - start)
        for lane, top in zip(self.lanes, self.tops(), strict=True):
            for item in lane.items:
                text, y = self.label(item, pixels), top + item.row
                needed = max(scales.width(line) for line in text.split("\n")) + 12
                until = end if item.open else item.end
                inside, after = (until - item.start) * scale, item.room * scale
                offset = self.size(item) / 2 + 5 if self.options.after else 8
                if not text or pixels < 15:
                    continue
                if inside >= needed:
                    found.add(item.start, y, text, 8)
                elif after >= needed + offset - 8 and not item.open:
                    found.add(item.end, y, text, offset)
        return found.columns

    def label(self, item: Item, pixels: float) -> str:
        if not self.options.after:
            return item.label
        value = self.formulas["value"].text(item.value, self.context.locale)
        if not item.label:
            return value
        return f"{item.label}\n{value}" if pixels >= 34 else item.label

    def summary(self, items: list[Item]) -> str:
        locale = self.context.locale
        many = f"{formats.count(len(items), locale)} mark{'s' if len(items) > 1 else ''}"
        count = f"{len(self.lanes)} lane{'s' if len(self.lanes) > 1 else ''}"
        last = max(items, key=lambda item: item.start)
        under_way = sum(item.open for item in items)
        parts = [f"{many} in {count}, the last: {last.label or self.lane_of(last)}, {last.when}"]
        if under_way:
            parts.append(f"{formats.count(under_way, locale)} under way")
        return "; ".join(parts) + "."

    def lane_of(self, item: Item) -> str:
        return next(lane.name for lane in self.lanes if item in lane.items)

    def tell(self, state: State) -> None:
        heads = [self.context.label(self.options.lane)]
        heads += [self.context.label(self.options.label)] if self.options.label else []
        heads += ["When", *(formula.label for formula in self.formulas.values())]
        rows = []
        for lane in self.lanes:
            for item in lane.items:
                values = {"value": item.value, "also": item.also}
                cells = [f.cell(values[n], self.context.locale) for n, f in self.formulas.items()]
                label = [item.label] if self.options.label else []
                rows.append([lane.name, *label, item.when, *cells])
        state.tell(heads, rows[:TWIN_ROWS])
