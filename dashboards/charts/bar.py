"""Bars per category: one measure, several side by side, or a series, lying or standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.charts import drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula, refuse_stack
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_MEASURES = 4
#: Lying bars closer than this could not carry their values.
MOST_LYING = 20
#: Pixels that the frame has at least across lying bars, and that such a bar wants.
FRAME_HEIGHT, THICK = 250, 14
#: Pixels that the frame of standing bars has at least, in wide and in narrow cards.
WIDE, NARROW = 390, 260
LABEL_WIDTH = 130
#: Steps of the sequential palette for measures side by side, light to dark.
SHADES = {1: (6,), 2: (3, 6), 3: (2, 4, 6), 4: (1, 3, 5, 6)}


@dataclass(frozen=True, slots=True)
class BarOptions:
    category: str = options.column("Category")
    measures: tuple[str, ...] = options.measures("Measures", default=("count()",))
    series: str = options.column("Series", types=("text", "integer", "boolean"), default="")
    orientation: str = options.choice(
        "Direction", [("horizontal", "Lying"), ("vertical", "Standing")], default="horizontal"
    )
    stack: str = options.choice(
        "Stack", [("grouped", "Side by side"), ("stacked", "On top of each other")],
        default="grouped",
    )  # fmt: skip
    order: str = options.choice(
        "Order", [("value", "Largest first"), ("data", "As given")], default="value"
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


@dataclass(slots=True)
class Bars:
    """One colour of bars: a measure or a series."""

    name: str
    formula: Formula
    color: str
    values: list[float | None]  # one per category


@chart_type("bar", label="Bar")
class Bar(Chart):
    Options = BarOptions
    size = (5, 8)

    def queries(self, options: BarOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.category, name="category")]
        if options.series:
            groups.append(Group(options.series, name="series"))
        formulas = _formulas(options, context)
        query = Query(
            group_by=tuple(groups),
            measures=tuple(Measure(f"value_{i}", f.formula) for i, f in enumerate(formulas)),
            filters=during(options.time, options.period),
            time_zone=context.time_zone,
        )
        return {"bars": query}

    def state(self, tables: dict[str, pa.Table], options: BarOptions, context: Context) -> State:
        formulas = _formulas(options, context)
        names, bars = _read(tables["bars"], formulas, options, context.locale)
        if not names or all(value is None for one in bars for value in one.values):
            return State(empty=nothing(options.period, formulas[0], names, context.locale))
        names, others, note = _shorten(names, bars, options)
        _paint(bars, options, context)
        heading = context.label(options.category)
        state = _Picture(names, bars, others, options, heading, context.locale).state()
        state.note = note
        return state

    def figure(self, options: BarOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        lying = options.orientation == "horizontal"
        bars = drawing.source("bars", "at", "value", "base", "thick", "color", "title", "text")
        look = {"source": bars, "color": "color", "line_color": None}
        if options.stack == "stacked":
            look |= {"line_color": theme.surface, "line_width": 1}
        else:
            ends = {"top_left": 3, "top_right": 3, "bottom_left": 0, "bottom_right": 0}
            look["border_radius"] = 4 if lying else ends
        if lying:
            plot.xaxis.visible = plot.yaxis.visible = False  # bars carry their values and names
            plot.min_border_top = plot.min_border_bottom = 4
            marks = plot.hbar(y="at", left="base", right="value", height="thick", **look)
            names = drawing.source("names", "y", "text", "x_offset")
            drawing.words(plot, names, theme, x=0, x_offset="x_offset", x_range_name=drawing.FRAME)
        else:
            plot.min_border_top, plot.min_border_right = 18, 8
            drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
            drawing.ticks_by_name(plot.yaxis[0], "y_ticks")
            plot.xaxis.major_label_text_color = theme.text
            drawing.grid_lines(plot, plot.yaxis[0], theme)
            marks = plot.vbar(x="at", bottom="base", top="value", width="thick", **look)
        drawing.zero_line(plot, theme, "height" if lying else "width")
        labels = drawing.source("labels", "x", "y", "text", "short", "dx", "dy", "align", "style")
        place = {"x_offset": "dx", "y_offset": "dy", "text_align": "align",
                 "text_font_style": "style"}  # fmt: skip
        drawing.words(plot, labels, theme, **place, name="values")
        drawing.words(
            plot, labels, theme, **place, text="short", name="values_narrow", visible=False
        )
        plot.add_tools(drawing.hover(theme, [marks]))
        return plot


def _formulas(options: BarOptions, context: Context) -> list[Formula]:
    found = [
        read_formula(written, context.columns, pattern=options.pattern, unit=options.unit)
        for written in options.measures
    ]
    most = 1 if options.series else MOST_MEASURES
    if len(found) > most:
        of = "one with a series" if options.series else str(MOST_MEASURES)
        raise OptionsRefused("measures", f"there are {len(found)}; at most {of}.")
    if options.orientation == "horizontal" and options.top > MOST_LYING:
        raise OptionsRefused("top", f"at most {MOST_LYING} lying bars have room for their values.")
    if options.stack == "stacked" and (options.series or len(found) > 1):
        refuse_stack(found)
    return found


def _read(
    table: pa.Table, formulas: list[Formula], options: BarOptions, locale: str
) -> tuple[list[str], list[Bars]]:
    """Categories in order and their bars."""
    keys = [formats.name(value, locale) for value in table.column("category").to_pylist()]
    if not options.series:
        columns = [table.column(f"value_{i}").to_pylist() for i in range(len(formulas))]
        bars = [Bars(f.label, f, "", values) for f, values in zip(formulas, columns, strict=True)]
        return _sorted(keys, bars, options)
    series = [formats.name(value, locale) for value in table.column("series").to_pylist()]
    names = list(dict.fromkeys(keys))
    place = {name: index for index, name in enumerate(names)}
    by_series: dict[str, list[float | None]] = {}
    for key, name, value in zip(keys, series, table.column("value_0").to_pylist(), strict=True):
        by_series.setdefault(name, [None] * len(names))[place[key]] = value
    largest = sorted(by_series.items(), key=lambda item: -sum(v or 0 for v in item[1]))
    bars = [Bars(name, formulas[0], "", values) for name, values in largest]
    top = options.top_series
    if len(bars) > top + 1 and formulas[0].adds_up:
        rest = [
            sum(v or 0 for v in column)
            for column in zip(*(b.values for b in bars[top:]), strict=True)
        ]
        bars = [*bars[:top], Bars("Other", formulas[0], TOKEN_THEME.border_strong, rest)]
    return _sorted(names, bars[: top + 1], options)


def _sorted(
    names: list[str], bars: list[Bars], options: BarOptions
) -> tuple[list[str], list[Bars]]:
    if options.order == "data":
        return names, bars
    weight = bars[:1] if not options.series else bars

    def size(index: int) -> float:
        return sum(one.values[index] or 0 for one in weight)

    order = sorted(range(len(names)), key=lambda index: -size(index))
    for one in bars:
        one.values = [one.values[index] for index in order]
    return [names[index] for index in order], bars


def _shorten(
    names: list[str], bars: list[Bars], options: BarOptions
) -> tuple[list[str], bool, str]:
    """Cut to the top categories; says whether the last is Other, and what was left out."""
    top = options.top
    if len(names) <= top + 1:
        return names, False, ""
    rest = len(names) - top
    adds_up = all(one.formula.adds_up for one in bars)
    for one in bars:
        tail = [value for value in one.values[top:] if value is not None]
        one.values = [*one.values[:top], *([sum(tail)] if adds_up else [])]
    if adds_up:
        return [*names[:top], f"Other ({rest:,})"], True, ""
    return names[:top], False, f"{top} of {len(names):,}"


def _paint(bars: list[Bars], options: BarOptions, context: Context) -> None:
    """Series in their colours, measures in shades of one."""
    if not options.series:
        for one, shade in zip(bars, SHADES[len(bars)], strict=True):
            one.color = TOKEN_THEME.sequential[shade]
        return
    named = [one for one in bars if not one.color]  # Other has one already
    places = context.places(options.series, [one.name for one in named])
    for one, place in zip(named, places, strict=True):
        one.color = TOKEN_THEME.palette[place % len(TOKEN_THEME.palette)]


@dataclass(frozen=True, slots=True)
class _Picture:
    """Categories stand at 0, 1, 2 ...; their bars share 0.76 of the step."""

    names: list[str]
    bars: list[Bars]
    has_other: bool
    options: BarOptions
    heading: str  # of the categories
    locale: str

    @property
    def lying(self) -> bool:
        return self.options.orientation == "horizontal"

    @property
    def stacked(self) -> bool:
        return self.options.stack == "stacked" and bool(self.options.series or len(self.bars) > 1)

    def state(self) -> State:
        rows = self.rows()
        columns = ["at", "value", "base", "thick", "color", "title", "text"]
        state = State()
        state.sources["bars"] = {name: [row[name] for row in rows] for name in columns}
        state.sources["labels"] = self.labels(rows)
        self.add_axes(state, rows)
        if len(self.bars) > 1:
            state.legend_at = "top"
            state.legend = [{"label": b.name, "color": b.color, "value": ""} for b in self.bars]
        rows = [
            [name, *(one.formula.cell(one.values[i], self.locale) for one in self.bars)]
            for i, name in enumerate(self.names[:TWIN_ROWS])
        ]
        state.tell([self.heading, *(one.name for one in self.bars)], rows)
        state.summary = self.summary()
        return state

    def span(self) -> float:
        """Step of one category, in steps, that its bars fill."""
        count = len(self.names)
        if not self.lying or (len(self.bars) > 1 and not self.stacked):
            return 0.76
        return min(THICK * max(count, 4) / FRAME_HEIGHT, 0.7)

    def rows(self) -> list[dict]:
        """One row per bar, in the order of drawing."""
        lanes = 1 if self.stacked else len(self.bars)
        lane = self.span() / lanes
        found = []
        for index, name in enumerate(self.names):
            above = below = 0.0
            for position, one in enumerate(self.bars):
                value = one.values[index]
                if value is None:
                    continue
                base = 0.0
                if self.stacked:
                    base = above if value >= 0 else below
                    above, below = above + max(value, 0), below + min(value, 0)
                other = self.has_other and index == len(self.names) - 1 and len(self.bars) == 1
                written = one.formula.text(value, self.locale)
                found.append({
                    "at": index + (0 if self.stacked else (position - (lanes - 1) / 2) * lane),
                    "value": base + value, "base": base, "own": value, "formula": one.formula,
                    "thick": lane * (0.92 if lanes > 1 else 1),
                    "color": TOKEN_THEME.border_strong if other else one.color,
                    "title": name, "text": f"{one.name}: {written}",
                    "strong": position == len(self.bars) - 1 if len(self.bars) > 1 else index == 0,
                })  # fmt: skip
        return found

    def labels(self, rows: list[dict]) -> dict[str, list]:
        """Values at the bars' ends; of stacks, their totals."""
        columns = ("x", "y", "text", "short", "dx", "dy", "align", "style")
        found: dict[str, list] = {name: [] for name in columns}
        for row in self.totals(rows) if self.stacked else rows:
            sign = -1 if row["own"] < 0 else 1
            place = (row["value"], row["at"]) if self.lying else (row["at"], row["value"])
            offset = (7 * sign, 0) if self.lying else (0, -9 * sign)
            align = ("left" if sign > 0 else "right") if self.lying else "center"
            formula, style = row["formula"], "bold" if row["strong"] else "normal"
            text, short = (
                write(row["own"], self.locale) for write in (formula.short, formula.shortest)
            )
            if not self.lying:
                text = text.rstrip("%\xa0\u202f ")  # the axis has the percent sign
            cells = (*place, text, short, *offset, align, style)
            for column, value in zip(found.values(), cells, strict=True):
                column.append(value)
        return found

    def fits(self, texts: list[str], frame: int) -> bool:
        """Whether values fit above standing bars."""
        lanes = 1 if self.stacked else len(self.bars)
        room = (
            frame / max(len(self.names), 3) * (0.95 if lanes == 1 else self.span() / lanes + 0.02)
        )
        return all(scales.width(text) <= room for text in texts)

    def totals(self, rows: list[dict]) -> list[dict]:
        found = []
        for index in range(len(self.names)):
            own = [row for row in rows if row["at"] == index]
            if own:
                total = sum(row["own"] for row in own)
                end = (max if total >= 0 else min)(row["value"] for row in own)
                found.append(own[-1] | {"own": total, "value": end, "strong": index == 0})
        return found

    def add_axes(self, state: State, rows: list[dict]) -> None:
        values = [row["value"] for row in rows]
        if self.lying:
            self.lie(state, values)
        else:
            self.stand(state, values)

    def lie(self, state: State, values: list[float]) -> None:
        count, low, high = len(self.names), min(0, *values, 0), max(0, *values, 0)
        names = [scales.cut(name, LABEL_WIDTH) for name in self.names]
        left = round(max(map(scales.width, names))) + 12
        labels = state.sources["labels"]["text"]
        right = round(max((scales.width(t, bold=True) for t in labels), default=0)) + 12
        state.sources["names"] = {
            "y": list(range(count)), "text": names, "x_offset": [-left] * count,
        }  # fmt: skip
        room = 0.25 * (high - low) if low < 0 else 0  # for the values left of negative bars
        state.props = {
            "y_range": {"start": max(count, 4) - 0.5, "end": -0.5},
            "x_range": {"start": low - room, "end": high if high > low else low + 1},
            "plot": {"min_border_left": left, "min_border_right": right if high > 0 else 0},
            "zero": {"visible": low < 0},
        }

    def stand(self, state: State, values: list[float]) -> None:
        count, formula = len(self.names), self.bars[0].formula
        whole = not formula.is_share and all(float(value).is_integer() for value in values)
        ticks = scales.scale(values, from_zero=True, whole=whole)
        empty = max(0, 3 - count) / 2
        named = list(enumerate(self.names))
        wide, narrow = (
            {str(i): scales.wrapped(name, frame / max(count, 3) - 6) for i, name in named}
            for frame in (WIDE, NARROW)
        )
        texts = state.sources["labels"]
        state.props = {
            "x_range": {"start": -0.5 - empty, "end": count - 0.5 + empty},
            "y_range": {"start": ticks[0], "end": ticks[-1]},
            "x_ticks": {"ticks": list(range(count))},
            "x_axis": {"major_label_overrides": wide},
            "y_ticks": {"ticks": ticks},
            "y_axis": {
                "major_label_overrides": scales.tick_texts(ticks, formula.pattern, self.locale)
            },
            "values": {"visible": self.fits(texts["text"], WIDE)},
            "values_narrow": {"visible": False},
        }
        state.narrow = {
            "x_axis": {"major_label_overrides": narrow},
            "values": {"visible": False},
            "values_narrow": {"visible": self.fits(texts["short"], NARROW)},
        }

    def summary(self) -> str:
        one = self.bars[0]
        known = [(v, i) for i, v in enumerate(one.values) if v is not None]
        if self.has_other:
            known = [(v, i) for v, i in known if i < len(self.names) - 1] or known
        if not known:
            return f"{one.name}: no values."
        value, index = max(known, key=lambda item: item[0])
        count = len(self.names)
        written = one.formula.text(value, self.locale)
        return f"{one.name}: {self.names[index]} is first of {count} with {written}."
