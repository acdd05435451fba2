"""Waterfall: how parts add up to a total, or what changed a total since the period before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboards.charts import coverage, drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula, share_cell
from dashboards.charts.registry import (
    NO_PICK,
    TWIN_ROWS,
    Chart,
    Context,
    State,
    chart_type,
    during,
)  # fmt: skip
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import before, nothing
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

#: Pixels that the frame has at least: standing, in wide and in narrow cards; lying, in height.
WIDE, NARROW, HEIGHT = 450, 250, 250
LABEL_WIDTH = 130
THICK = 16


@dataclass(frozen=True, slots=True)
class WaterfallOptions:
    category: str = options.column("Category")
    measure: str = options.measure(
        "Measure", help="A count or a sum, such as sum(value); values may be negative.",
        default="count()",
    )  # fmt: skip
    steps: str = options.choice(
        "Steps",
        [("parts", "Parts of the total"), ("change", "Changes since the period before")],
        default="parts",
    )
    start: float | None = options.number(
        "Starts at", help="Of parts: a first bar, such as an opening balance. Empty: none."
    )
    end: str = options.text("Last bar", help="Of parts: its name, such as Profit; empty: Total.")
    good: str = options.choice(
        "Good is", [("neutral", "Neither"), ("up", "More"), ("down", "Less")], default="neutral"
    )
    orientation: str = options.choice(
        "Direction", [("vertical", "Standing"), ("horizontal", "Lying")], default="vertical"
    )
    order: str = options.choice(
        "Order", [("value", "Largest first"), ("data", "By name, or as below")], default="value"
    )
    order_measure: str = options.measure(
        "Order by", help="Smallest first where there is an order, for example min(position)",
        default="", look=None,
    )  # fmt: skip
    top: int = options.integer("Steps shown", help="The rest is Other.", default=6, most=14)
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0")
    unit: str = options.text("Unit", help="For example EUR")


@dataclass(frozen=True, slots=True)
class Step:
    """One bar from ``base`` to ``value``; a total stands on zero."""

    name: str
    own: float
    base: float
    value: float
    is_total: bool = False
    raw: Any = field(default_factory=lambda: NO_PICK)  # value of the category


@chart_type("waterfall", label="Waterfall")
class Waterfall(Chart):
    Options = WaterfallOptions
    size = (6, 7)

    def queries(self, options: WaterfallOptions, context: Context) -> dict[str, Query]:
        formula = _formula(options, context)
        if options.steps == "change" and not (options.time and options.period):
            missing = "period" if options.time else "time"
            raise OptionsRefused(missing, "is required for changes since the period before.")

        # Groups come as the engine finds them: an order must be asked for.
        places = [Measure("place", options.order_measure)] if options.order_measure else []

        def query(back: int | str) -> Query:
            return Query(
                group_by=(Group(options.category, name="category"),),
                measures=(Measure("value", formula.formula), *places),
                order=(Order("place" if places else "category"),),
                filters=during(options.time, options.period, back),
                time_zone=context.time_zone,
            )

        found = {"parts": query(0)}
        if options.steps == "change":
            found["previous"] = query(context.back)
        return found

    def state(
        self, tables: dict[str, pa.Table], options: WaterfallOptions, context: Context
    ) -> State:
        formula = _formula(options, context)
        parts, start = _read(tables["parts"]), options.start
        if "previous" in tables:
            if not coverage.covers(context, options.period, context.back):
                return State(empty=f"Nothing to compare: data begin {coverage.day(context)}.")
            earlier = _read(tables["previous"])
            start = sum(value for value in earlier.values() if value is not None)
            parts = {
                key: (parts.get(key) or 0) - (earlier.get(key) or 0) for key in earlier | parts
            }
        known = [(key, value) for key, value in parts.items() if value is not None]
        if not known:
            return State(empty=nothing(options.period, formula, parts, context.locale))
        if options.order == "value":
            known.sort(key=lambda part: -part[1])
        steps = _steps(known, start, options, context)
        return _Picture(steps, formula, options, context).state()

    def figure(self, options: WaterfallOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        lying = options.orientation == "horizontal"
        bars = drawing.source("bars", "at", "base", "value", "thick", "color", "title", "text")
        look = {"source": bars, "fill_color": "color", "line_color": None, "border_radius": 3}
        if lying:
            plot.xaxis.visible = plot.yaxis.visible = False  # bars carry their values and names
            plot.min_border_top = plot.min_border_bottom = 4
            names = drawing.source("names", "y", "text", "x_offset", "style")
            drawing.words(plot, names, theme, x=0, x_offset="x_offset", text_font_style="style",
                          x_range_name=drawing.FRAME)  # fmt: skip
        else:
            plot.min_border_top, plot.min_border_right = 18, 8
            drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
            drawing.ticks_by_name(plot.yaxis[0], "y_ticks")
            plot.xaxis.major_label_text_color = theme.text
            drawing.grid_lines(plot, plot.yaxis[0], theme)
        drawing.zero_line(plot, theme, "height" if lying else "width")
        lines = drawing.source("lines", "x0", "y0", "x1", "y1")
        plot.segment(source=lines, x0="x0", y0="y0", x1="x1", y1="y1",
                     line_color=theme.border_strong, line_width=1)  # fmt: skip
        if lying:
            marks = plot.hbar(y="at", left="base", right="value", height="thick", **look)
        else:
            marks = plot.vbar(x="at", bottom="base", top="value", width="thick", **look)
        labels = drawing.source("labels", "x", "y", "text", "short", "dx", "dy", "align", "style")
        place = {"x_offset": "dx", "y_offset": "dy", "text_align": "align",
                 "text_font_style": "style"}  # fmt: skip
        drawing.words(plot, labels, theme, **place, name="values")
        drawing.words(plot, labels, theme, **place, text="short", name="values_narrow",
                      visible=False)  # fmt: skip
        plot.add_tools(drawing.hover(theme, [marks]))
        drawing.pickable(plot, marks)
        return plot


def _formula(options: WaterfallOptions, context: Context) -> Formula:
    formula = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    if not formula.adds_up:
        raise OptionsRefused(
            "measure",
            f"steps of '{formula.formula}' mean nothing, as its values do not add up to a total. "
            "Take count() or sum(...), or another chart type, such as bars.",
        )
    return formula


def _read(table: pa.Table) -> dict[Any, float | None]:
    keys, values = table.column("category").to_pylist(), table.column("value").to_pylist()
    return dict(zip(keys, values, strict=True))


def _steps(
    parts: list[tuple[Any, float]],
    start: float | None,
    options: WaterfallOptions,
    context: Context,
) -> list[Step]:
    """The bars in order: the first total if there is one, the parts, the last total."""
    locale, rest = context.locale, []
    if len(parts) > options.top + 1:
        kept = {key for key, _ in sorted(parts, key=lambda p: -abs(p[1]))[: options.top]}
        rest = [part for part in parts if part[0] not in kept]
        parts = [part for part in parts if part[0] in kept]
    changes = options.steps == "change"
    found = []
    level = 0.0
    if start is not None:
        name = _sentence(before(options.period, context.compare)) if changes else "Start"
        found.append(Step(name, start, 0.0, start, is_total=True))
        level = start
    shown = [(formats.name(key, locale, context.time_zone), value, formats.plain(key))
             for key, value in parts]  # fmt: skip
    if rest:
        name = f"Other ({formats.count(len(rest), locale)})"
        shown.append((name, sum(value for _, value in rest), NO_PICK))
    for name, value, raw in shown:
        found.append(Step(name, value, level, level + value, raw=raw))
        level = scales.tidy(level + value)
    end = options.end or ("End" if start is not None else "Total")
    end = "Now" if changes else end
    return [*found, Step(end, level, 0.0, level, is_total=True)]


def _sentence(words: str) -> str:
    words = words.removeprefix("the ")
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class _Picture:
    steps: list[Step]
    formula: Formula
    options: WaterfallOptions
    context: Context

    @property
    def lying(self) -> bool:
        return self.options.orientation == "horizontal"

    @property
    def has_start(self) -> bool:
        return self.steps[0].is_total and len(self.steps) > 1

    def state(self) -> State:
        state = State()
        state.sources = {"bars": self.bars(), "lines": self.lines(), "labels": self.labels()}
        state.picks = {
            "source": "bars", "column": self.options.category,
            "values": [step.raw for step in self.steps],
        }  # fmt: skip
        if self.lying:
            self.lie(state)
        else:
            self.stand(state)
        self.tell(state)
        return state

    def thick(self) -> float:
        return min(THICK * len(self.steps) / HEIGHT, 0.7) if self.lying else 0.72

    def color(self, step: Step) -> str:
        theme, good = TOKEN_THEME, self.options.good
        if step.is_total:
            return theme.muted
        if good == "neutral":
            return theme.palette[0] if step.own >= 0 else theme.border_strong
        return theme.good if (step.own >= 0) == (good == "up") else theme.bad

    def bars(self) -> dict[str, list]:
        count, locale = len(self.steps), self.context.locale
        texts = []
        for step in self.steps:
            text = self.signed(step, self.formula.text(step.own, locale))
            if not step.is_total:
                text += f"\nThen at {self.formula.text(step.value, locale)}"
            texts.append(f"{self.formula.label}: {text}" if step.is_total else text)
        return {
            "at": list(range(count)),
            "base": [step.base for step in self.steps],
            "value": [step.value for step in self.steps],
            "thick": [self.thick()] * count,
            "color": [self.color(step) for step in self.steps],
            "title": [step.name for step in self.steps],
            "text": texts,
        }

    def signed(self, step: Step, written: str) -> str:
        return f"+{written}" if step.own > 0 and not step.is_total else written

    def lines(self) -> dict[str, list]:
        """From the end of each bar to the next one, at the height that it leaves."""
        half, found = self.thick() / 2, []
        for index, step in enumerate(self.steps[:-1]):
            found.append((index + half, step.value, index + 1 - half, step.value))
        names = ("y0", "x0", "y1", "x1") if self.lying else ("x0", "y0", "x1", "y1")
        return {name: [line[i] for line in found] for i, name in enumerate(names)}

    def labels(self) -> dict[str, list]:
        names = ("x", "y", "text", "short", "dx", "dy", "align", "style")
        found: dict[str, list] = {name: [] for name in names}
        locale = self.context.locale
        for index, step in enumerate(self.steps):
            sign = -1 if step.own < 0 else 1
            end = step.value
            at = (end, index) if self.lying else (index, end)
            offset = (7 * sign, 0) if self.lying else (0, -9 * sign)
            align = ("left" if sign > 0 else "right") if self.lying else "center"
            text, short = (
                self.signed(step, write(step.own, locale))
                for write in (self.formula.short, self.formula.shortest)
            )
            cells = (*at, text, short, *offset, align, "bold" if step.is_total else "normal")
            for column, cell in zip(found.values(), cells, strict=True):
                column.append(cell)
        return found

    def bounds(self) -> list[float]:
        return [end for step in self.steps for end in (step.base, step.value)]

    def lie(self, state: State) -> None:
        count, ends = len(self.steps), self.bounds()
        low, high = min(ends), max(ends)
        names = [scales.cut(step.name, LABEL_WIDTH) for step in self.steps]
        left = round(max(scales.width(name, bold=True) for name in names)) + 12
        state.sources["names"] = {
            "y": list(range(count)), "text": names, "x_offset": [-left] * count,
            "style": ["bold" if step.is_total else "normal" for step in self.steps],
        }  # fmt: skip
        widest = max(scales.width(t, bold=True) for t in state.sources["labels"]["text"]) + 12
        span = high - low or 1.0
        falls = [step.value for step in self.steps if step.own < 0]
        # A falling bar has its value at its left, where there may be no bar above to make room.
        wide, narrow = (
            max((widest / (frame - left - widest) * span - (value - low) for value in falls),
                default=0)
            for frame in (WIDE, NARROW + left)
        )  # fmt: skip
        state.props = {
            "y_range": {"start": max(count, 4) - 0.5, "end": -0.5},
            "x_range": {"start": low - max(wide, 0), "end": low + span},
            "plot": {"min_border_left": left, "min_border_right": round(widest)},
            "zero": {"visible": low < 0},
        }
        state.narrow = {"x_range": {"start": low - max(narrow, 0), "end": low + span}}

    def stand(self, state: State) -> None:
        count, formula, locale = len(self.steps), self.formula, self.context.locale
        ends = self.bounds()
        whole = all(float(end).is_integer() for end in ends) and not formula.is_share
        ticks = scales.scale(ends, from_zero=True, whole=whole)
        low = ticks[0]
        # A falling bar has its value below, so one that ends at the axis needs room there.
        if any(s.own < 0 and s.value - low < 0.07 * (ticks[-1] - low) for s in self.steps):
            low -= 0.08 * (ticks[-1] - low)
        empty = max(0, 3 - count) / 2
        wide, narrow = (
            {str(i): scales.wrapped(step.name, frame / max(count, 3) - 6)
             for i, step in enumerate(self.steps)}
            for frame in (WIDE, NARROW)
        )  # fmt: skip
        texts = state.sources["labels"]
        state.props = {
            "x_range": {"start": -0.5 - empty, "end": count - 0.5 + empty},
            "y_range": {"start": low, "end": ticks[-1]},
            "x_ticks": {"ticks": list(range(count))},
            "x_axis": {"major_label_overrides": wide},
            "y_ticks": {"ticks": ticks},
            "y_axis": {"major_label_overrides": scales.tick_texts(ticks, formula.pattern, locale)},
            "values": {"visible": self.fits(texts["text"], WIDE)},
            "values_narrow": {"visible": False},
        }
        state.narrow = {
            "x_axis": {"major_label_overrides": narrow},
            "values": {"visible": False},
            "values_narrow": {"visible": self.fits(texts["short"], NARROW)},
        }

    def fits(self, texts: list[str], frame: int) -> bool:
        room = frame / max(len(self.steps), 3)
        return all(scales.width(text) <= room for text in texts)

    def tell(self, state: State) -> None:
        locale, formula = self.context.locale, self.formula
        whole = self.steps[0].own if self.has_start else self.steps[-1].own
        rows = []
        for step in self.steps[:TWIN_ROWS]:
            share = None if step.is_total or not whole else step.own / abs(whole)
            rows.append([step.name, formula.cell(step.own, locale),
                         formula.cell(step.value, locale), share_cell(share, locale)])  # fmt: skip
        of = "Of the start" if self.has_start else "Of the total"
        heading = self.context.label(self.options.category)
        state.tell([heading, formula.label, "Then at", of], rows)
        state.summary = self.summary()

    def summary(self) -> str:
        formula, locale, last = self.formula, self.context.locale, self.steps[-1]
        parts = [step for step in self.steps if not step.is_total and step.raw is not NO_PICK]
        parts = parts or [step for step in self.steps if not step.is_total]
        largest = max(parts, key=lambda step: abs(step.own))
        own = self.signed(largest, formula.text(largest.own, locale))
        end = formula.text(last.own, locale)
        if self.has_start:
            start = formula.text(self.steps[0].own, locale)
            step = f"the largest step is {largest.name}, {own}"
            return f"{formula.label}: from {start} to {end}; {step}."
        return f"{formula.label}: {end} in all; the largest part is {largest.name}, {own}."
