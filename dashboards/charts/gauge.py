"""Gauge: one number on its scale, with limits and a target, as a lying bar or as a dial."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dashboards.charts import drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.readings import Reading, ends
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

#: Pixels: thickness of the lying bands, the bar on them and the target's mark.
BAND, BAR, MARK = 30, 12, 42
#: Of the dial, in radii: its ring of bands, its ring of the value, the target's mark.
BANDS, RING, TARGET = (0.93, 1.0), (0.66, 0.89), (0.62, 1.04)
BIG = 30  # pixels of the number
#: Pixels that a number of 12 px may take within the dial, where it is drawn larger.
ROOM = 62
#: Pixels of width that a lying scale has at least.
FRAME_WIDTH = 230
VERDICTS = {"good": ("✓", "Good"), "warn": ("!", "Warning"), "bad": ("×", "Critical")}


@dataclass(frozen=True, slots=True)
class GaugeOptions:
    measure: str = options.measure("Measure", default="count()")
    look: str = options.choice(
        "Look", [("bullet", "Lying bar"), ("dial", "Half circle")], default="bullet"
    )
    good: str = options.choice("Good is", [("up", "More"), ("down", "Less")], default="up")
    warn: float | None = options.number("Warning from", help="For example 0.6 for 60 %")
    critical: float | None = options.number("Critical from", help="Beyond the warning.")
    target: float | None = options.number("Target", help="For example 0.7 for 70 %")
    scale_from: float | None = options.number("Scale from", help="Empty: zero, or below the value.")
    scale_to: float | None = options.number(
        "Scale to", help="Empty: round, beyond value, target and limits. For shares often 1."
    )
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example 0.0% or #,##0")
    unit: str = options.text("Unit", help="For example EUR")


@chart_type("gauge", label="Gauge or bullet")
class Gauge(Chart):
    Options = GaugeOptions
    size = (3, 5)
    least = (3, 5)

    def limited(self, options: GaugeOptions, context: Context) -> GaugeOptions:
        """Target and limits of an amount are of its whole, not of a week or a country."""
        adds_up = _formula(options, context).adds_up
        return replace(options, target=None, warn=None, critical=None) if adds_up else options

    def queries(self, options: GaugeOptions, context: Context) -> dict[str, Query]:
        _check(options)
        query = Query(
            measures=(Measure("value", _formula(options, context).formula),),
            filters=during(options.time, options.period),
            time_zone=context.time_zone,
        )
        return {"value": query}

    def state(self, tables: dict[str, pa.Table], options: GaugeOptions, context: Context) -> State:
        formula = _formula(options, context)
        values = tables["value"].column("value").to_pylist()
        if not values or values[0] is None or not math.isfinite(values[0]):
            rows = values if "/" in formula.formula else []  # a sum of nothing has no value either
            return State(empty=nothing(options.period, formula, rows, context.locale))
        reading = Reading(values[0], *ends(values[0], options), options)
        return _Picture(reading, formula, context.locale).state()

    def figure(self, options: GaugeOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.xaxis.visible = plot.yaxis.visible = False
        marks = _dial(plot, theme) if options.look == "dial" else _bullet(plot, theme)
        plot.add_tools(drawing.hover(theme, marks))
        return plot


def _bullet(plot: Figure, theme: Theme) -> list:
    """Everything stands in pixels above and below the middle, so any height of card does."""
    from bokeh.core.properties import value

    plot.min_border_left = plot.min_border_right = 2
    bands = drawing.source("bands", "middle", "width", "color", "alpha", "title", "text")
    thick = {"y": 0.5, "height_units": "screen"}
    found = plot.rect(
        source=bands, x="middle", width="width", height=BAND, **thick,
        fill_color="color", fill_alpha="alpha", line_color=theme.surface, line_width=2,
    )  # fmt: skip
    bar = drawing.source("bar", "middle", "width", "color", "title", "text")
    own = plot.rect(source=bar, x="middle", width="width", height=BAR, **thick,
                    fill_color="color", line_color=None)  # fmt: skip
    target = drawing.source("target", "x", "text", "align")
    plot.scatter(source=target, x="x", y=0.5, marker="dash", angle=math.pi / 2, size=MARK,
                 line_width=3, line_color=theme.text, level="annotation")  # fmt: skip
    drawing.words(plot, target, theme, y=0.5, y_offset=BAND / 2 + 16, text_align="align")
    ends = drawing.source("ends", "x", "text", "align")
    drawing.words(plot, ends, theme, y=0.5, y_offset=BAND / 2 + 16, text_align="align",
                  text_color=theme.muted)  # fmt: skip
    above = -BAND / 2 - 30
    big = drawing.source("value", "text", "unit", "unit_offset")
    drawing.words(plot, big, theme, x=0, y=0.5, y_offset=above, text_font_style="bold",
                  text_font_size=value(f"{BIG}px"))  # fmt: skip
    drawing.words(plot, big, theme, x=0, y=0.5, y_offset=above + 5, text="unit",
                  x_offset="unit_offset", text_color=theme.muted,
                  text_font_size=value("16px"))  # fmt: skip
    verdict = drawing.source("verdict", "text", "color")
    drawing.words(plot, verdict, theme, x=1, y=0.5, y_offset=above + 5, text_align="right",
                  text_color="color", text_font_style="bold")  # fmt: skip
    return [found, own]


def _dial(plot: Figure, theme: Theme) -> list:
    from bokeh.core.properties import value
    from bokeh.models import DataRange1d

    # A half circle stays one in any card: both ranges follow a box that is not seen.
    box = plot.rect(x=[0], y=[0.42], width=2.1, height=1.25, fill_alpha=0, line_alpha=0)
    for name in ("x_range", "y_range"):
        setattr(plot, name, DataRange1d(name=name, range_padding=0, renderers=[box]))
    plot.match_aspect = True
    arc = {"x": 0, "y": 0, "start_angle": "start", "end_angle": "end", "direction": "clock"}
    bands = drawing.source("bands", "start", "end", "color", "alpha", "title", "text")
    found = plot.annular_wedge(
        source=bands, **arc, inner_radius=BANDS[0], outer_radius=BANDS[1],
        fill_color="color", fill_alpha="alpha", line_color=theme.surface, line_width=2,
    )  # fmt: skip
    ring = {"inner_radius": RING[0], "outer_radius": RING[1], "line_color": None}
    track = plot.annular_wedge(x=[0], y=[0], start_angle=math.pi, end_angle=0, direction="clock",
                               fill_color=theme.band, **ring)  # fmt: skip
    bar = drawing.source("bar", "start", "end", "color", "title", "text")
    own = plot.annular_wedge(source=bar, **arc, **ring, fill_color="color")
    target = drawing.source("target", "x0", "y0", "x1", "y1")
    plot.segment(source=target, x0="x0", y0="y0", x1="x1", y1="y1", line_width=3,
                 line_color=theme.text, level="annotation")  # fmt: skip
    ends = drawing.source("ends", "x", "text")
    drawing.words(plot, ends, theme, x="x", y=0, y_offset=12, text_align="center",
                  text_color=theme.muted)  # fmt: skip
    middle = {"x": 0, "y": 0, "text_align": "center"}
    big = drawing.source("value", "text", "size")
    drawing.words(plot, big, theme, **middle, y_offset=-26, text_font_style="bold",
                  text_font_size="size")  # fmt: skip
    verdict = drawing.source("verdict", "text", "color", "target")
    drawing.words(plot, verdict, theme, **middle, text_color="color", text_font_style="bold",
                  y_offset=-2)  # fmt: skip
    drawing.words(plot, verdict, theme, **middle, text="target", y_offset=12,
                  text_font_size=value("12px"))  # fmt: skip
    track.data_source.name = None
    return [found, own]


def _check(options: GaugeOptions) -> None:
    """Limits that contradict each other or the direction are told before anything is drawn."""
    start, end, warn, critical = (
        options.scale_from, options.scale_to, options.warn, options.critical
    )  # fmt: skip
    if start is not None and end is not None and start >= end:
        raise OptionsRefused("scale_to", "must be more than where the scale begins.")
    if warn is not None and critical is not None:
        if options.good == "up" and critical >= warn:
            raise OptionsRefused("critical", "must be less than the warning, as more is good.")
        if options.good == "down" and critical <= warn:
            raise OptionsRefused("critical", "must be more than the warning, as less is good.")


def _formula(options: GaugeOptions, context: Context) -> Formula:
    return read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )


@dataclass(frozen=True, slots=True)
class _Picture:
    reading: Reading
    formula: Formula
    locale: str

    @property
    def options(self) -> GaugeOptions:
        return self.reading.options

    def text(self, value: float) -> str:
        return self.formula.text(value, self.locale)

    def plain(self, value: float) -> str:
        """Ends, limits and targets: without decimals that say nothing, and without the unit."""
        whole, point, decimals = self.formula.pattern.partition(".")
        pattern = whole + point + decimals.replace("0", "#")
        if abs(value) >= 100_000 and not self.formula.is_share:
            return formats.compact(value, self.locale)
        return replace(self.formula, pattern=pattern).number(value, self.locale)

    def state(self) -> State:
        state = State()
        state.sources = self.dial() if self.options.look == "dial" else self.bullet()
        reading = self.reading
        if reading.is_beyond:
            ends = f"{self.plain(reading.start)} to {self.plain(reading.end)}"
            state.note = f"Beyond the scale from {ends}"
        self.tell(state)
        return state

    def verdict(self) -> tuple[str, str]:
        """Sign with words, and their colour."""
        kind = self.reading.kind
        if not kind:
            return "", TOKEN_THEME.muted
        sign, word = VERDICTS[kind]
        if self.options.warn is None and self.options.critical is None:
            word = "On target" if kind == "good" else self.away()
        return f"{sign} {word}", getattr(TOKEN_THEME, kind)

    def away(self) -> str:
        """How far from the target the value is."""
        away = abs(self.reading.value - (self.options.target or 0))
        size = self.text(away)
        if self.formula.is_share:
            size = f"{formats.number(away * 100, '0.0', self.locale)} pp"
        elif away >= 10_000:
            size = f"{formats.compact(away, self.locale)} {self.formula.unit}".strip()
        return f"{size} {'short' if self.options.good == 'up' else 'over'}"

    def target_text(self) -> str:
        goal = self.options.target
        if goal is None:
            return ""
        return f"Target {'at most ' if self.options.good == 'down' else ''}{self.plain(goal)}"

    def band_rows(self) -> list[tuple[str, float, float, float, str]]:
        """Colour, its strength, ends, and words of each band."""
        found = []
        for kind, low, high in self.reading.bands():
            ends = f"{self.text(low)} to {self.text(high)}"
            color = getattr(TOKEN_THEME, kind) if kind else TOKEN_THEME.band
            words = f"{VERDICTS[kind][1]}: {ends}" if kind else f"Scale: {ends}"
            found.append((color, 0.28 if kind else 1.0, low, high, words))
        return found

    def bar_color(self) -> str:
        kind = self.reading.kind
        return getattr(TOKEN_THEME, kind) if kind else TOKEN_THEME.palette[0]

    def hovers(self, count: int) -> dict[str, list]:
        title = f"{self.formula.label}: {self.text(self.reading.value)}"
        return {"title": [title] * count}

    def bands_of(self, bands: list) -> dict[str, list]:
        return {"color": [band[0] for band in bands], "alpha": [band[1] for band in bands],
                "text": [band[4] for band in bands], **self.hovers(len(bands))}  # fmt: skip

    def bar(self) -> dict[str, list]:
        goal, start, end = self.options.target, self.reading.start, self.reading.end
        said = [self.verdict()[0].partition(" ")[2]]
        said += [f"Target: {self.text(goal)}"] if goal is not None else []
        said += [f"Scale: {self.text(start)} to {self.text(end)}"]
        text = "\n".join(word for word in said if word)
        return {"color": [self.bar_color()], **self.hovers(1), "text": [text]}

    def bullet(self) -> dict[str, dict[str, list]]:
        bands, place = self.band_rows(), self.reading.place
        first, bar = self.bands_of(bands), self.bar()
        zero, at = place(0.0), place(self.reading.value)
        first["middle"] = [(place(low) + place(high)) / 2 for _, _, low, high, _ in bands]
        first["width"] = [place(high) - place(low) for _, _, low, high, _ in bands]
        bar["middle"], bar["width"] = [(zero + at) / 2], [abs(at - zero)]
        written = self.formula.number(self.reading.value, self.locale)
        unit = "" if self.formula.is_share else self.formula.unit
        text, color = self.verdict()
        width = 0.97 * scales.width(written) * BIG / 12
        return {
            "bands": first, "bar": bar, **self.bullet_labels(),
            "value": {"text": [written], "unit": [unit], "unit_offset": [round(width) + 6]},
            "verdict": {"text": [text], "color": [color]},
        }  # fmt: skip

    def bullet_labels(self) -> dict[str, dict[str, list]]:
        """The target's word under its mark, and the scale's ends where they leave room."""
        reading, goal = self.reading, self.options.target
        texts = [self.plain(reading.start), self.plain(reading.end)]
        ends = [(0.0, texts[0], "left"), (1.0, texts[1], "right")]
        target: dict[str, list] = {"x": [], "text": [], "align": []}
        if goal is not None:
            at, word = reading.place(goal), self.target_text()
            half = scales.width(word) / 2 / FRAME_WIDTH
            align = "left" if at < half else "right" if at > 1 - half else "center"
            target = {"x": [at], "text": [word], "align": [align]}
            low = {"left": at, "right": at - 2 * half, "center": at - half}[align]
            needs = [(scales.width(text) + 8) / FRAME_WIDTH for text in texts]
            fits = [low > needs[0], low + 2 * half < 1 - needs[1]]
            ends = [end for end, fit in zip(ends, fits, strict=True) if fit]
        names = ("x", "text", "align")
        return {
            "target": target,
            "ends": {name: [end[i] for end in ends] for i, name in enumerate(names)},
        }

    def dial(self) -> dict[str, dict[str, list]]:
        bands = self.band_rows() if self.reading.has_limits else []
        first, bar, place = self.bands_of(bands), self.bar(), self.reading.place

        def turn(value: float) -> float:
            return math.pi * (1 - place(value))

        first["start"] = [turn(low) for _, _, low, _, _ in bands]
        first["end"] = [turn(high) for _, _, _, high, _ in bands]
        low, high = sorted((min(max(0.0, self.reading.start), self.reading.end),
                            self.reading.value))  # fmt: skip
        bar["start"], bar["end"] = [turn(low)], [turn(high)]
        goal = self.options.target
        angles = [] if goal is None else [turn(goal)]
        (text, color), written = self.verdict(), self.text(self.reading.value)
        if scales.width(written) > ROOM:
            unit = "" if self.formula.is_share else self.formula.unit
            written = f"{self.formula.short(self.reading.value, self.locale)} {unit}".strip()
        size = max(14, min(26, int(26 * ROOM / (scales.width(written) + 1))))
        middle = sum(RING) / 2
        return {
            "bands": first,
            "bar": bar,
            "target": {
                "x0": [TARGET[0] * math.cos(a) for a in angles],
                "y0": [TARGET[0] * math.sin(a) for a in angles],
                "x1": [TARGET[1] * math.cos(a) for a in angles],
                "y1": [TARGET[1] * math.sin(a) for a in angles],
            },
            "ends": {"x": [-middle, middle],
                     "text": [self.plain(self.reading.start), self.plain(self.reading.end)]},
            "value": {"text": [written], "size": [f"{size}px"]},
            "verdict": {"text": [text], "color": [color],
                        "target": [self.target_text().replace("at most", "≤")]},
        }  # fmt: skip

    def tell(self, state: State) -> None:
        reading, options = self.reading, self.options
        rows: list = [[self.formula.label, self.formula.cell(reading.value, self.locale)]]
        for name, value in (("Target", options.target), ("Warning from", options.warn),
                            ("Critical from", options.critical), ("Scale from", reading.start),
                            ("Scale to", reading.end)):  # fmt: skip
            if value is not None:
                rows.append([name, self.formula.cell(value, self.locale)])
        word = self.verdict()[0].partition(" ")[2]
        if word:
            rows.insert(1, ["Verdict", word])
        state.tell(["", "Value"], rows)
        words = [f"{self.formula.label}: {self.text(reading.value)}"]
        words += [part for part in (word and word[0].lower() + word[1:],) if part]
        target = self.target_text()
        words += [target[0].lower() + target[1:]] if target else []
        state.summary = "; ".join(words) + "."
