"""Funnel: one bar per stage, with the share of the stage before and of the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts import drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula, share_cell
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import empty_words
from datasets import formats
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_STAGES = 12
#: Pixels from the frame's right end to the right ends of the columns "step" and "overall".
STEP_AT, OVERALL_AT = 46, 104
#: Pixels that a frame has at least, in height and width; decides thickness and where values stand.
FRAME_HEIGHT, FRAME_WIDTH = 230, 190
LOW_HEIGHT, LOW_WIDTH = 125, 105  # of a frame in a low card, on phones beside the names
LABEL_WIDTH = 150
#: Bars thinner than this have no room for a value inside nor for a label above.
THICK, THIN = 20, 14  # in low cards, whose names stand at the left


@dataclass(frozen=True, slots=True)
class FunnelOptions:
    stage: str = options.column("Stage", types=("text", "integer"))
    measure: str = options.measure("Count", help="For example: sum(carts)", default="count()")
    order: str = options.choice(
        "Order",
        [("descending", "Largest first"), ("data", "As the data comes")],
        default="descending",
    )
    stages: tuple[str, ...] = options.texts(
        "Stages in order", help="Empty: all, in the order above."
    )
    colors: tuple[str, ...] = options.colors("Colours", help="One per stage; empty: one for all.")
    low: bool = options.boolean("Low card", help="Thinner bars, for cards of five rows and less.")
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0")


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    count: float
    step: float | None  # share of the stage before; of the first and after nothing: None
    overall: float | None  # share of the first stage


def stages_of(counts: list[tuple[str, float]]) -> list[Stage]:
    """Stages with their rates; a rate of nothing is unknown, not zero."""
    found: list[Stage] = []
    for index, (name, count) in enumerate(counts):
        before = counts[index - 1][1] if index else 0
        first = counts[0][1]
        found.append(
            Stage(
                name,
                count,
                count / before if before > 0 else None,
                count / first if first > 0 else None,
            )
        )
    return found


def worst_step(stages: list[Stage]) -> int | None:
    """Index of the stage that loses the largest share; None when no step loses."""
    steps = [(stage.step, index) for index, stage in enumerate(stages) if stage.step is not None]
    lowest, index = min(steps, default=(1.0, None))
    return index if lowest < 1 else None


@chart_type("funnel", label="Funnel")
class Funnel(Chart):
    Options = FunnelOptions
    size = (5, 7)

    def queries(self, options: FunnelOptions, context: Context) -> dict[str, Query]:
        query = Query(
            group_by=(Group(options.stage, name="stage"),),
            measures=(Measure("count", self._formula(options, context).formula),),
            filters=during(options.time, options.period),
            order=_orders(options),
            time_zone=context.time_zone,
        )
        return {"stages": query}

    def state(self, tables: dict[str, pa.Table], options: FunnelOptions, context: Context) -> State:
        table = tables["stages"]
        names, numbers = (table.column(name).to_pylist() for name in ("stage", "count"))
        rows = list(zip(names, numbers, strict=True))
        counts = _ordered([(str(name), count) for name, count in rows if name is not None], options)
        if all(count is None for _, count in counts):
            return State(empty=empty_words(options.period, context.locale))
        dropped = len(counts) - MOST_STAGES
        stages = stages_of([(name, max(count or 0, 0)) for name, count in counts[:MOST_STAGES]])
        formula, locale = self._formula(options, context), context.locale
        state = _Layout(stages, formula, options.colors, locale, options.low).state()
        raw = {str(name): formats.plain(name) for name, _ in rows}
        values = [raw.get(stage.name, stage.name) for stage in stages]
        state.picks = {"source": "stages", "column": options.stage, "values": values}
        worst = worst_step(stages)
        if worst is not None:
            state.note = f"Largest loss: {stages[worst].name}"
        if dropped > 0:
            state.note = f"{MOST_STAGES} of {len(counts)} stages"
        state.summary = _summary(stages, worst, formula, locale)
        rows = [
            [s.name, formula.cell(s.count, locale), share_cell(s.step, locale),
             share_cell(s.overall, locale)]
            for s in stages
        ]  # fmt: skip
        state.tell(["Stage", formula.label, "Step", "Overall"], rows)
        return state

    def figure(self, options: FunnelOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.xaxis.visible = plot.yaxis.visible = False
        plot.min_border_top, plot.min_border_right = 22, OVERALL_AT
        rows = drawing.source("stages", "y", "width", "middle", "thick", "color", "title", "text")
        whole = {"x": 0.5, "width": 1, "y": "y", "height": "thick", "height_units": "screen"}
        track = plot.rect(source=rows, **whole, color=theme.band, line_color=None, border_radius=6)
        bar = {**whole, "x": "middle", "width": "width"}
        bars = plot.rect(source=rows, **bar, fill_color="color", line_color=None, border_radius=6)
        values = drawing.source("values", "x", "y", "text", "color")
        drawing.words(plot, values, theme, x_offset=10, text_color="color", text_font_style="bold")
        labels = drawing.source("labels", "y", "text", "above")
        offset = {"x": 0, "x_offset": "x_offset"}
        labels.data["x_offset"] = []
        drawing.words(plot, labels, theme, **offset, name="labels_left")
        drawing.words(
            plot, labels, theme, x=0, y_offset="above", name="labels_above", visible=False
        )
        shares = drawing.source("shares", "y", "text", "x_offset", "y_offset", "color", "style")
        drawing.words(
            plot, shares, theme, x=1, x_offset="x_offset", y_offset="y_offset",
            text_align="right", text_color="color", text_font_style="style",
        )  # fmt: skip
        area = plot.rect(
            source=rows, x=0.5, y="y", width=1, height=0.98, fill_alpha=0, line_alpha=0
        )
        plot.add_tools(drawing.hover(theme, [area]))
        drawing.pickable(plot, bars, area)
        bars.nonselection_glyph.fill_alpha = 0.65  # the counts in them are still read
        for still in (track, area):  # only bars fade beside a chosen one
            still.nonselection_glyph = still.selection_glyph = still.glyph
        return plot

    def _formula(self, options: FunnelOptions, context: Context) -> Formula:
        return read_formula(options.measure, context.columns, pattern=options.pattern)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where everything stands: rows at 0, 1, 2 ... from the top, bars in widths of the frame."""

    stages: list[Stage]
    formula: Formula
    colors: tuple[str, ...]
    locale: str
    low: bool = False

    def state(self) -> State:
        count = len(self.stages)
        rows = max(count, 3)  # one or two stages do not become giants
        above = self.thick(rows) >= THICK
        room = (
            LABEL_WIDTH if above else 0.65 * LABEL_WIDTH
        )  # narrow cards have them at the left, too
        left = min(max(scales.width(s.name) for s in self.stages), room) + 16
        state = State(sources=self.sources(left, rows))
        middle = (count - rows) / 2
        state.props = {
            "y_range": {"start": middle + rows - 0.5, "end": middle - 0.5},
            "plot": {"min_border_left": round(left)},
            "labels_left": {"visible": True},
            "labels_above": {"visible": False},
        }
        if above:
            state.narrow = {
                "plot": {"min_border_left": 0},
                "labels_left": {"visible": False},
                "labels_above": {"visible": True},
            }
        return state

    def thick(self, rows: int) -> float:
        height = LOW_HEIGHT if self.low else FRAME_HEIGHT
        return round(min(28, 0.62 * height / rows), 1)

    def sources(self, left: float, rows: int) -> dict[str, dict[str, list]]:
        thick = self.thick(rows)
        most = max(stage.count for stage in self.stages) or 1
        widths = [stage.count / most for stage in self.stages]
        ys = list(range(len(self.stages)))
        values = [self.formula.number(stage.count, self.locale) for stage in self.stages]
        needed = [scales.width(value, bold=True) + 20 for value in values]
        inside = [
            thick >= (THIN if self.low else THICK)
            and w * (LOW_WIDTH if self.low else FRAME_WIDTH) > n
            for w, n in zip(widths, needed, strict=True)
        ]
        colors = [*self.colors, *[TOKEN_THEME.palette[0]] * len(self.stages)]
        return {
            "stages": {
                "y": ys,
                "width": widths,
                "middle": [w / 2 for w in widths],
                "thick": [thick] * len(ys),
                "color": colors[: len(ys)],
                "title": [stage.name for stage in self.stages],
                "text": [self.hover_text(stage) for stage in self.stages],
            },
            "values": {
                "x": [0 if fits else w for w, fits in zip(widths, inside, strict=True)],
                "y": ys,
                "text": values,
                "color": [TOKEN_THEME.on_cat_1 if fits else TOKEN_THEME.text for fits in inside],
            },
            "labels": {
                "y": ys,
                "text": [scales.cut(stage.name, left - 16) for stage in self.stages],
                "x_offset": [-round(left)] * len(ys),
                "above": [-thick / 2 - 10] * len(ys),
            },
            "shares": self.shares(thick),
        }

    def shares(self, thick: float) -> dict[str, list]:
        """The two columns at the right with their headings."""
        worst, last = worst_step(self.stages), len(self.stages) - 1
        muted, plain = TOKEN_THEME.muted, TOKEN_THEME.text
        top = -thick / 2 - 21
        cells: list[tuple] = [
            (0, "step", STEP_AT, top, muted, "normal"),
            (0, "overall", OVERALL_AT, top, muted, "normal"),
        ]
        for y, stage in enumerate(self.stages):
            if y and stage.step is not None:
                bad = y == worst
                look = (TOKEN_THEME.bad, "bold") if bad else (plain, "normal")
                cells.append((y, _share(stage.step, self.locale), STEP_AT, 0, *look))
            look = (plain, "bold") if y == last > 0 else (muted, "normal")
            cells.append((y, _share(stage.overall, self.locale), OVERALL_AT, 0, *look))
        names = ["y", "text", "x_offset", "y_offset", "color", "style"]
        return {
            name: list(column) for name, column in zip(names, zip(*cells, strict=True), strict=True)
        }

    def hover_text(self, stage: Stage) -> str:
        lines = [self.formula.text(stage.count, self.locale)]
        if stage.step is not None:
            lines.append(f"{_share(stage.step, self.locale)} of the step before")
        if stage.overall is not None:
            lines.append(f"{_share(stage.overall, self.locale)} of all")
        return "\n".join(lines)


def _orders(options: FunnelOptions) -> tuple[Order, ...]:
    if options.stages:
        return (Order("stage", values=options.stages),)
    return (Order("count", True),) if options.order == "descending" else ()


def _ordered(counts: list[tuple[str, Any]], options: FunnelOptions) -> list[tuple[str, Any]]:
    if options.stages:
        known = dict(counts)
        return [(name, known.get(name, 0 if known else None)) for name in options.stages]
    if options.order == "descending":
        return sorted(counts, key=lambda row: -(row[1] or 0))
    return counts


def _share(rate: float | None, locale: str) -> str:
    return formats.number(rate, "0.0%", locale)


def _summary(stages: list[Stage], worst: int | None, formula: Formula, locale: str) -> str:
    first, last = stages[0], stages[-1]
    parts = [f"{first.name}: {formula.text(first.count, locale)}"]
    if len(stages) > 1:
        parts = [
            f"Of {formula.text(first.count, locale)} at {first.name}, "
            f"{formula.text(last.count, locale)} ({_share(last.overall, locale)}) reach {last.name}"
        ]
    if worst is not None:
        parts.append(
            f"the largest loss is at {stages[worst].name}, "
            f"{_share(1 - stages[worst].step, locale)} of the step before do not come so far"
        )
    return "; ".join(parts) + "."
