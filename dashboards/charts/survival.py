"""Time to recovery: to which share it has happened by when; those still open count as censored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.charts import drawing, options, recovery, scales
from dashboards.charts.formulas import share_cell
from dashboards.charts.recovery import Step
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import empty_words
from datasets import formats
from datasets.query import Filter, Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_SERIES = 4
#: Different durations that an answer may have; more are seconds where minutes would do.
MOST_TIMES = 50_000
#: Points of a drawn line: more than these are less than a pixel apart.
MOST_POINTS = 150
FRAME_HEIGHT, LABEL_HEIGHT, LABEL_WIDTH = 225, 52, 150
AXIS_HEIGHT, RISK_HEIGHT = 26, 17
QUANTILES = ((0.5, "median"), (0.9, "p90"))
HOURS = ("h", "hour", "hours")


@dataclass(frozen=True, slots=True)
class SurvivalOptions:
    duration: str = options.column(
        "Duration", types=("number", "integer"),
        help="Until it happened or, where it has not, until now. For example hours_open.",
    )  # fmt: skip
    event: str = options.column(
        "Happened", types=("boolean", "integer"), help="False: still open. For example recovered."
    )
    unit: str = options.text("Unit of the duration", help="For example hours or days")
    show: str = options.choice(
        "Show", [("happened", "Share that happened"), ("open", "Share still open")],
        default="happened",
    )  # fmt: skip
    series: str = options.column("Series", types=("text", "integer", "boolean"), default="")
    top: int = options.integer(
        "Series shown", help="1 to 4, the largest.", default=MOST_SERIES, most=MOST_SERIES
    )
    until: float | None = options.number(
        "Axis until", help="In the unit; empty: as long as 2 % are still watched."
    )
    band: bool = options.boolean("95 % band", default=True)
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 90d; empty: all.")


@dataclass(slots=True)
class Curve:
    name: str
    color: str
    steps: list[Step]

    @property
    def count(self) -> int:
        return self.steps[0].at_risk

    @property
    def happened(self) -> int:
        return sum(step.happened for step in self.steps)


@chart_type("survival", label="Time to recovery")
class Survival(Chart):
    Options = SurvivalOptions
    size = (7, 8)

    def queries(self, options: SurvivalOptions, context: Context) -> dict[str, Query]:
        groups = [Group(options.duration, name="duration"), Group(options.event, name="event")]
        if options.series:
            groups.append(Group(options.series, name="series"))
        query = Query(
            group_by=tuple(groups),
            measures=(Measure("count", "count()"),),
            filters=(
                Filter(options.duration, "not_null"),
                Filter(options.event, "not_null"),
                *during(options.time, options.period),
            ),
            order=(Order("duration"),),
            limit=MOST_TIMES + 1,
            time_zone=context.time_zone,
        )
        return {"durations": query}

    def reach(self, options: SurvivalOptions) -> int:
        return MOST_TIMES

    def state(
        self, tables: dict[str, pa.Table], options: SurvivalOptions, context: Context
    ) -> State:
        table = tables["durations"]
        if table.num_rows > MOST_TIMES:
            most = formats.count(MOST_TIMES, context.locale)
            return State(empty=f"More than {most} different durations: round them in the dataset, "
                         "for example to tenths of an hour, or choose a shorter period."
            )  # fmt: skip
        curves, note = _curves(table, options, context)
        if not curves:
            return State(empty=empty_words(options.period, context.locale))
        until = options.until or max(recovery.last_sure_time(c.steps) for c in curves) or 1.0
        state = _Picture(curves, until, options, context).state()
        state.note = note
        return state

    def figure(self, options: SurvivalOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.min_border_top = 8
        drawing.ticks_by_name(plot.xaxis[0], "x_ticks")
        drawing.ticks_by_name(plot.yaxis[0], "y_ticks")
        drawing.grid_lines(plot, plot.yaxis[0], theme)
        drawing.zero_line(plot, theme)
        strips = drawing.source("moments", "left", "right", "title", "text")
        found = plot.quad(
            source=strips, left="left", right="right", bottom=0, top=1, y_range_name=drawing.FRAME,
            fill_alpha=0, line_alpha=0, level="underlay",
            hover_fill_color=theme.band, hover_fill_alpha=0.8, hover_line_alpha=0,
        )  # fmt: skip
        plot.add_tools(drawing.hover(theme, [found]))
        plot.patches("xs", "ys", source=drawing.source("bands", "xs", "ys", "color"),
                     color="color", line_color=None, fill_alpha=0.12)  # fmt: skip
        plot.multi_line("xs", "ys", source=drawing.source("lines", "xs", "ys", "color"),
                        color="color", line_width=2)  # fmt: skip
        guides = drawing.source("guides", "x", "y")
        plot.segment(source=guides, x0="x", x1="x", y0=0, y1="y", line_color=theme.border_strong,
                     line_dash=[3, 3])  # fmt: skip
        reached = drawing.source("reached", "x", "y", "color", "text", "x_offset", "y_offset",
                                 "align")  # fmt: skip
        plot.scatter("x", "y", source=reached, size=8, line_width=2, line_color="color",
                     fill_color=theme.surface)  # fmt: skip
        drawing.words(plot, reached, theme, x_offset="x_offset", y_offset="y_offset",
                      text_align="align", background_fill_color=theme.surface,
                      background_fill_alpha=0.7)  # fmt: skip
        drawing.end_labels(plot, theme, lines=2)
        risk = drawing.source("risk", "x", "text", "y_offset")
        below = {"y": 0, "y_range_name": drawing.FRAME, "y_offset": "y_offset"}
        drawing.words(plot, risk, theme, text_align="center", text_color=theme.muted,
                      name="risk_counts", **below)  # fmt: skip
        names = drawing.source("risk_names", "text", "y_offset", "x_offset")
        drawing.words(plot, names, theme, x=0, x_range_name=drawing.FRAME, x_offset="x_offset",
                      text_color=theme.muted, name="risk_labels", **below)  # fmt: skip
        return plot


def _curves(table: pa.Table, options: SurvivalOptions, context: Context) -> tuple[list[Curve], str]:
    """The largest series, and what is said of those left out."""
    columns = [table.column(name).to_pylist() for name in ("duration", "event", "count")]
    names = table.column("series").to_pylist() if options.series else [""] * table.num_rows
    rows: dict[str, list] = defaultdict(list)
    negative = 0
    for name, duration, event, count in zip(names, *columns, strict=True):
        if duration is None or event is None or not count or count < 1:
            continue
        if duration < 0:
            negative += int(count)
            continue
        rows[formats.name(name)].append((float(duration), bool(event), int(count)))
    ranked = sorted(rows, key=lambda name: -sum(count for *_, count in rows[name]))
    shown = ranked[: options.top]
    places = context.places(options.series, shown)
    palette = TOKEN_THEME.palette
    curves = [
        Curve(name, palette[place % len(palette)], recovery.kaplan_meier(rows[name]))
        for name, place in zip(shown, places, strict=True)
    ]
    every, left_out = (formats.count(n, context.locale) for n in (len(ranked), negative))
    notes = [f"{len(shown)} of {every} series"] if len(shown) < len(ranked) else []
    notes += [f"{left_out} negative durations left out"] if negative else []
    return curves, ", ".join(notes)


@dataclass(frozen=True, slots=True)
class _Picture:
    curves: list[Curve]
    until: float
    options: SurvivalOptions
    context: Context

    def share(self, value: float) -> float:
        return value if self.options.show == "open" else 1 - value

    def state(self) -> State:
        state = State(sources=self.lines())
        x_ticks, y_ticks = self.x_ticks(), self.y_ticks()
        state.sources |= self.reached() | self.risk(x_ticks) | {"moments": self.moments()}
        locale = self.context.locale
        named = {scales.key(t): formats.number(t, "#,##0.##", locale) for t in x_ticks}
        last = scales.key(x_ticks[-1])
        named[last] = f"{named[last]} {self.options.unit}".strip()
        rows = len(self.curves)
        below = AXIS_HEIGHT + RISK_HEIGHT * (rows + (rows > 1)) + 6
        state.props = {
            "x_range": {"start": -self.until * 0.01, "end": self.until * 1.02},
            "y_range": {"start": -0.02 * y_ticks[-1], "end": 1.03 * y_ticks[-1]},
            "x_ticks": {"ticks": x_ticks},
            "x_axis": {"major_label_overrides": named},
            "y_ticks": {"ticks": y_ticks},
            "y_axis": {"major_label_overrides": scales.tick_texts(y_ticks, "0%", locale)},
            "plot": {"min_border_bottom": below, "min_border_left": self.left()},
            "risk_counts": {"visible": True},
            "risk_labels": {"visible": True},
        }
        self.add_labels(state, below, y_ticks[-1])
        state.summary = self.summary()
        self.tell(state)
        return state

    def left(self) -> int:
        """Room for the names of the rows under the axis."""
        names = ["At risk", *(curve.name for curve in self.curves)]
        return round(min(max(scales.width(name) for name in names), 90)) + 30

    def x_ticks(self) -> list[float]:
        if self.options.unit.strip().lower() in HOURS and (found := scales.hours(self.until)):
            return found
        ticks = scales.scale([0, self.until], from_zero=True)
        return [tick for tick in ticks if tick <= self.until * 1.02]

    def y_ticks(self) -> list[float]:
        """All shares; where not even half is reached, as many as there is something to see."""
        highest = max(1 - step.low for curve in self.curves for step in curve.steps)
        if self.options.show == "open" or highest >= QUANTILES[0][0] or highest <= 0:
            return [0, 0.25, 0.5, 0.75, 1]
        return scales.scale([0, highest], from_zero=True)

    def lines(self) -> dict[str, dict[str, list]]:
        """Stairs: a share holds until the next time at which it happens."""
        lines, bands = (drawing.Rows("xs", "ys", "color") for _ in (0, 1))
        for curve in self.curves:
            steps = self.drawn(curve)
            xs = [0.0, *(step.time for step in steps), min(curve.steps[-1].time, self.until)]
            xs = [round(x, 4) for x in xs for _ in (0, 1)][1:-1]
            mid, low, high = (
                [y for value in (1.0, *shares) for y in [round(self.share(value), 4)] * 2]
                for shares in zip(*((s.open, s.low, s.high) for s in steps), strict=True)
            ) if steps else [[self.share(1.0)] * 2] * 3  # fmt: skip
            lines.add(xs, mid, curve.color)
            if self.options.band:
                bands.add(xs + xs[::-1], low + high[::-1], curve.color)
        return {"lines": lines.columns, "bands": bands.columns}

    def drawn(self, curve: Curve) -> list[Step]:
        """Steps at which the line moves by what can be seen."""
        moves = [step for step in curve.steps if step.happened and step.time <= self.until]
        stride = -(-len(moves) // MOST_POINTS) if moves else 1
        return moves[::-1][::stride][::-1]

    def reached(self) -> dict[str, dict[str, list]]:
        """Points where half and nine tenths are reached; words at them where there is one curve."""
        found = drawing.Rows("x", "y", "color", "text", "x_offset", "y_offset", "align")
        direct, rising = len(self.curves) == 1, self.options.show == "happened"
        for curve in self.curves:
            for share, name in QUANTILES:
                time = recovery.time_until(curve.steps, share)
                if time is None or time > self.until:
                    continue
                late = time > self.until * 0.7  # then its words stand at the left, off the line
                text = f"{name} {self.amount(time)}" if direct else ""
                y = round(self.share(recovery.open_at(curve.steps, time)), 4)
                offset, align = (-10, "right") if late else (10, "left")
                found.add(time, y, curve.color, text, offset, 14 if rising != late else -14, align)
        columns = found.columns
        return {"reached": columns, "guides": {"x": columns["x"], "y": columns["y"]}}

    def risk(self, ticks: list[float]) -> dict[str, dict[str, list]]:
        """The number at risk at each tick, a row per curve."""
        counts = {"x": [], "text": [], "y_offset": []}
        left = -self.left()
        names = {"text": ["At risk"], "y_offset": [AXIS_HEIGHT + 9], "x_offset": [left]}
        single = len(self.curves) == 1
        for row, curve in enumerate(self.curves):
            offset = AXIS_HEIGHT + 9 + RISK_HEIGHT * (row if single else row + 1)
            if not single:
                names["text"].append(scales.cut(curve.name, 90))
                names["y_offset"].append(offset)
                names["x_offset"].append(left)
            for tick in ticks:
                counts["x"].append(tick)
                number = recovery.at_risk(curve.steps, tick)
                counts["text"].append(formats.compact(number, self.context.locale))
                counts["y_offset"].append(offset)
        return {"risk": counts, "risk_names": names}

    def moments(self) -> dict[str, list]:
        count = 60
        edges = [self.until * index / count for index in range(count + 1)]
        return {
            "left": edges[:-1], "right": edges[1:],
            "title": [f"By {self.amount(edge)}" for edge in edges[1:]],
            "text": ["\n".join(self.at(one, edge) for one in self.curves) for edge in edges[1:]],
        }  # fmt: skip

    def at(self, curve: Curve, time: float) -> str:
        step = recovery.at(curve.steps, time)
        shares = (step.open, step.low, step.high) if step else (1.0, 1.0, 1.0)
        mid, *ends = (self.percent(self.share(share)) for share in shares)
        name = f"{curve.name}: " if curve.name else ""
        low, high = ends if self.options.show == "open" else ends[::-1]
        between = f" ({low} to {high})" if low != high else ""
        at_risk = self.count(recovery.at_risk(curve.steps, time))
        return f"{name}{mid}{between}, {at_risk} at risk"

    def add_labels(self, state: State, below: int, top: float) -> None:
        facts = [self.label(curve) for curve in self.curves]
        several = bool(self.options.series)
        names = [curve.name if several else self.word().capitalize() for curve in self.curves]
        names = [scales.cut(name, LABEL_WIDTH, bold=True) for name in names]
        ends = [self.share(recovery.open_at(c.steps, self.until)) for c in self.curves]
        pixel = 1.05 * top / FRAME_HEIGHT
        places = scales.apart(ends, LABEL_HEIGHT * pixel, 24 * pixel, top - 24 * pixel)
        state.sources["labels"] = {
            "end": [round(end, 4) for end in ends],
            "y": places,
            "color": [curve.color for curve in self.curves],
            "name": names,
            "value": ["\n".join(fact) for fact in facts],
        }
        widths = [scales.width(name, bold=True) for name in names]
        widths += [scales.width(line) for fact in facts for line in fact]
        state.props["plot"]["min_border_right"] = round(max(widths)) + 34
        parts = ("leads", "keys", "label_names", "label_values")
        state.props |= {part: {"visible": True} for part in parts}
        hidden = (*parts, "risk_counts", "risk_labels")
        state.narrow = {part: {"visible": False} for part in hidden}
        state.narrow["plot"] = {
            "min_border_right": 14, "min_border_left": 0, "min_border_bottom": AXIS_HEIGHT,
        }  # fmt: skip
        state.legend_at = "narrow"
        state.legend = [
            {"label": one.name or self.word().capitalize(), "color": one.color, "value": said}
            for one, said in zip(self.curves, map(", ".join, facts), strict=True)
        ]  # fmt: skip

    def word(self) -> str:
        return "still open" if self.options.show == "open" else "happened"

    def label(self, curve: Curve) -> list[str]:
        """Median and p90, or where the line ends when it comes to neither."""
        end = recovery.open_at(curve.steps, self.until)
        if end <= 1 - QUANTILES[0][0]:
            return self.fact(curve)
        last = f"{self.percent(self.share(end))} by {self.amount(self.until)}"
        return [last, self.fact(curve)[0]]

    def fact(self, curve: Curve) -> list[str]:
        times = [(name, recovery.time_until(curve.steps, share)) for share, name in QUANTILES]
        return [f"{n} not reached" if t is None else f"{n} {self.amount(t)}" for n, t in times]

    def amount(self, time: float) -> str:
        digits = "#,##0.#" if time < 100 else "#,##0"
        return f"{formats.number(time, digits, self.context.locale)} {self.options.unit}".strip()

    def count(self, many: int) -> str:
        return formats.count(many, self.context.locale)

    def percent(self, share: float) -> str:
        return formats.number(share, "0.0%", self.context.locale)

    def summary(self) -> str:
        parts = []
        for curve in self.curves:
            name = f"{curve.name}: of" if curve.name else "Of"
            end = self.share(recovery.open_at(curve.steps, self.until))
            parts.append(
                f"{name} {self.count(curve.count)}, {self.percent(end)} {self.word()} by "
                f"{self.amount(self.until)}, {', '.join(self.fact(curve))}"
            )
        return "; ".join(parts) + "."

    def tell(self, state: State) -> None:
        several = bool(self.options.series)
        unit = f" ({self.options.unit})" if self.options.unit else ""
        heads = ["Series"] if several else []
        rows = []
        for curve in self.curves:
            for step in self.drawn(curve) or curve.steps[-1:]:
                shares = sorted((self.share(step.low), self.share(step.high)))
                cells = [
                    (formats.number(step.time, "#,##0.##", self.context.locale), step.time),
                    share_cell(self.share(step.open), self.context.locale),
                    *(share_cell(share, self.context.locale) for share in shares),
                    (self.count(step.at_risk), step.at_risk),
                ]
                rows.append([curve.name, *cells] if several else cells)
        word = self.word().capitalize()
        heads += [f"By{unit}", word, "95 % from", "95 % to", "At risk"]
        stride = -(-len(rows) // TWIN_ROWS)
        state.tell(heads, rows[::stride])
