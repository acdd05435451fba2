"""Cohorts: how many of those who began in a month or week are there in each one after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from babel.dates import format_skeleton

from dashboards.charts import buckets, drawing, options, ramps, scales
from dashboards.charts.formulas import Formula, read_formula
from dashboards.charts.registry import Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Filter, Group, Measure, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_COHORTS, MOST_PERIODS, NARROW_PERIODS = 24, 13, 5
LEAST_ROWS, LEAST_COLUMNS = 6, 6  # a few cells do not become giants
MEAN_ROW = -1.25
HEAD = 22  # pixels of the line of headings
SIZE_WIDTH = 76


@dataclass(frozen=True, slots=True)
class CohortOptions:
    cohort: str = options.column(
        "Cohort", types=("date", "datetime"), help="When who is counted began: first_order_at."
    )
    time: str = options.column(
        "Time", types=("date", "datetime"), help="When what is counted happened: ordered_at."
    )
    measure: str = options.measure(
        "Who is counted", help="For example: Customers: count_distinct(customer_id)", look=None
    )
    grain: str = options.choice("Cohorts by", [("week", "Week"), ("month", "Month")],
                                default="month")  # fmt: skip
    show: str = options.choice(
        "Show",
        [("share", "Share of the cohort"), ("absolute", "Numbers"),
         ("value", "Another measure, per head of the cohort")],
        default="share",
    )  # fmt: skip
    value: str = options.measure(
        "Other measure", help="A sum, such as sum(revenue); shown per head.", default=""
    )
    cumulative: bool = options.boolean(
        "Cumulative", help="Of the other measure: all up to then, which is the lifetime value."
    )
    cohorts: int = options.integer(
        "Cohorts shown", help="1 to 24, the newest.", default=12, most=MOST_COHORTS
    )
    pattern: str = options.text("Number format", help="For example 0.0%")
    unit: str = options.text("Unit", help="Of the other measure, for example EUR")


@dataclass(frozen=True, slots=True)
class Cell:
    count: float  # who is there
    value: float  # what is shown
    finished: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    start: datetime
    size: float  # who is there in the first period
    cells: list[Cell]  # up to now


@chart_type("cohort", label="Cohort retention")
class Cohorts(Chart):
    Options = CohortOptions
    size = (8, 8)
    least = (6, 6)

    def queries(self, options: CohortOptions, context: Context) -> dict[str, Query]:
        measures = [Measure("count", _counted(options, context).formula)]
        if options.show == "value":
            measures.append(Measure("value", _shown(options, context).formula))
        groups = (
            Group(options.cohort, options.grain, "cohort"),
            Group(options.time, options.grain, "bucket"),
        )
        # A period is that of the cohorts: one of what happened would cut off their beginnings.
        newest = during(options.cohort, f"{options.cohorts}{options.grain[0]}")
        query = Query(
            group_by=groups,
            measures=tuple(measures),
            filters=(Filter(options.cohort, "not_null"), Filter(options.time, "not_null"), *newest),
            time_zone=context.time_zone,
        )
        return {"cells": query}

    def state(self, tables: dict[str, pa.Table], options: CohortOptions, context: Context) -> State:
        found, without = _cohorts(tables["cells"], options, context)
        if not found:
            return State(
                empty=f"No cohorts in the last {options.cohorts} {options.grain}s: nobody began "
                "then and was counted at once. Show more cohorts or choose other columns."
            )
        state = _Picture(found, options, context).state()
        if without:
            many = formats.count(without, context.locale)
            state.note = f"{many} without anybody in their first {options.grain}"
        return state

    def figure(self, options: CohortOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.min_border_bottom, plot.min_border_top, plot.min_border_right = 40, HEAD, 2
        plot.yaxis.visible = False
        axis = plot.xaxis[0]
        plot.below.remove(axis)
        plot.above.append(axis)
        drawing.ticks_by_name(axis, "x_ticks")
        box = {"x": "x", "y": "y", "width": 1, "height": 1, "border_radius": 4}
        cells = drawing.source("cells", "x", "y", "color", "title", "text")
        marks = plot.rect(source=cells, **box, fill_color="color", line_color=theme.surface,
                          line_width=2)  # fmt: skip
        part = drawing.source("unfinished", "x", "y")
        plot.rect(source=part, **box, fill_color=theme.surface, fill_alpha=0.35,
                  line_color=theme.surface, line_width=2, hatch_pattern="right_diagonal_line",
                  hatch_color=theme.border_strong, hatch_alpha=0.55, hatch_scale=8,
                  hatch_weight=1)  # fmt: skip
        texts = drawing.source("numbers", "x", "y", "text", "brief", "color", "style")
        look = {"text_align": "center", "text_color": "color", "text_font_style": "style"}
        drawing.words(plot, texts, theme, level="glyph", name="numbers_wide", **look)
        drawing.words(plot, texts, theme, level="glyph", name="numbers_narrow", text="brief",
                      visible=False, **look)  # fmt: skip
        names = drawing.source("names", "y", "text", "x_offset", "align", "color", "style")
        at_left = {"x": 0, "x_offset": "x_offset", "x_range_name": drawing.FRAME}
        drawing.words(plot, names, theme, **at_left, text_align="align", text_color="color",
                      text_font_style="style")  # fmt: skip
        heads = drawing.source("heads", "text", "x_offset", "align")
        drawing.words(plot, heads, theme, **at_left, y=1, y_offset=-14, text_align="align",
                      y_range_name=drawing.FRAME, text_color=theme.muted)  # fmt: skip
        ramps.foot(plot, theme, offset=26)
        plot.add_tools(drawing.hover(theme, [marks]))
        return plot


def _counted(options: CohortOptions, context: Context) -> Formula:
    if options.cumulative and options.show != "value":
        raise OptionsRefused(
            "cumulative",
            "adds up another measure only: who is there in two periods would count twice.",
        )
    return read_formula(options.measure, context.columns)


def _shown(options: CohortOptions, context: Context) -> Formula:
    """What a cell shows."""
    if options.show == "share":
        return Formula("Share", options.measure, options.pattern or "0%")
    if options.show == "absolute":
        return read_formula(options.measure, context.columns, pattern=options.pattern)
    if not options.value:
        raise OptionsRefused("value", "is required to be shown, for example sum(revenue).")
    formula = read_formula(
        options.value, context.columns, pattern=options.pattern, unit=options.unit
    )
    if not formula.adds_up:
        raise OptionsRefused(
            "value", f"'{formula.formula}' has no amount per head. Take count() or sum(...)."
        )
    return formula


def _cohorts(table: pa.Table, options: CohortOptions, context: Context) -> tuple[list[Cohort], int]:
    """Cohorts, oldest first, and how many have nobody in their first period."""
    now = buckets.local(context.as_of, context.time_zone)
    names = ["cohort", "bucket", "count", *(["value"] if options.show == "value" else [])]
    rows: dict[datetime, dict[datetime, tuple[float, float]]] = {}
    for start, bucket, count, *rest in zip(
        *(table.column(name).to_pylist() for name in names), strict=True
    ):
        if start is not None and bucket is not None and count is not None:
            at = rows.setdefault(buckets.as_time(start), {})
            at[buckets.as_time(bucket)] = (count, (rest[0] if rest else count) or 0.0)
    found, without = [], 0
    for start in sorted(rows)[-options.cohorts :]:
        size = rows[start].get(start, (0.0, 0.0))[0]
        if start > now or size <= 0:
            without += 1
            continue
        found.append(Cohort(start, size, _cells(start, rows[start], size, now, options)))
    return found, without if found else 0


def _cells(
    start: datetime,
    at: dict[datetime, tuple[float, float]],
    size: float,
    now: datetime,
    options: CohortOptions,
) -> list[Cell]:
    cells, total = [], 0.0
    while start <= now and len(cells) < MOST_PERIODS:
        end = buckets.following(start, options.grain)
        count, value = at.get(start, (0.0, 0.0))
        total = total + value if options.cumulative else value
        shown = total if options.show == "absolute" else total / size
        cells.append(Cell(count, shown, end <= now))
        start = end
    return cells


def mean(cohorts: list[Cohort], period: int, *, per_head: bool) -> float | None:
    """Of finished cells, each weighing as much as its cohort is large; numbers weigh the same."""
    cells = [(c.size, c.cells[period]) for c in cohorts if period < len(c.cells)]
    known = [(size if per_head else 1.0, cell.value) for size, cell in cells if cell.finished]
    weight = sum(size for size, _ in known)
    return sum(size * value for size, value in known) / weight if weight else None


@dataclass(frozen=True, slots=True)
class _Picture:
    """Cohorts at 0, 1, 2 ... from the top, oldest first; the mean above them."""

    cohorts: list[Cohort]
    options: CohortOptions
    context: Context

    @property
    def columns(self) -> int:
        return max(len(cohort.cells) for cohort in self.cohorts)

    @property
    def means(self) -> list[float | None]:
        per_head = self.options.show != "absolute"
        return [mean(self.cohorts, k, per_head=per_head) for k in range(self.columns)]

    def state(self) -> State:
        shown = _shown(self.options, self.context)
        low, high = ramps.bounds(self.colored())
        grain, locale = self.options.grain, self.context.locale
        state = State()
        names, left = self.names()
        state.sources = {
            **self.marks(shown, low, high),
            **names,
            **ramps.caption(
                f"{grain.capitalize()}s after the first; hatched: under way",
                "Hatched: under way",
                left,
            ),
            **ramps.sources(low, high, shown, locale),
        }
        ticks = list(range(self.columns))
        state.props = {
            "x_range": {"start": -0.5, "end": max(self.columns, LEAST_COLUMNS) - 0.5},
            "y_range": {"start": max(len(self.cohorts), LEAST_ROWS) - 0.5, "end": MEAN_ROW - 0.5},
            "x_ticks": {"ticks": ticks},
            "x_axis": {"major_label_overrides": {str(k): str(k) for k in ticks}},
            "plot": {"min_border_left": left},
            "numbers_wide": {"visible": True},
            "numbers_narrow": {"visible": False},
            **ramps.shown(narrow=False),
        }
        state.narrow = {
            "x_range": {"start": -0.5, "end": NARROW_PERIODS - 0.5},
            "numbers_wide": {"visible": False},
            "numbers_narrow": {"visible": True},
            **ramps.shown(narrow=True),
        }
        state.summary = self.summary(shown)
        self.tell(state, shown)
        return state

    def colored(self) -> list[float]:
        """Values that the colours are made for: all have 100 % in the first period."""
        later = self.options.show != "value"
        values = [cell.value for c in self.cohorts for cell in c.cells[1 if later else 0 :]]
        return values or [cell.value for c in self.cohorts for cell in c.cells]

    def name(self, cohort: Cohort) -> str:
        if self.options.grain == "week":
            return buckets.label(cohort.start, "week", self.context.locale)
        return format_skeleton("yMMM", cohort.start, locale=formats.locale_of(self.context.locale))

    def marks(self, shown: Formula, low: float, high: float) -> dict[str, dict[str, list]]:
        cells = drawing.Rows("x", "y", "color", "title", "text")
        numbers = drawing.Rows("x", "y", "text", "brief", "color", "style")
        unfinished = drawing.Rows("x", "y")
        for y, cohort in enumerate(self.cohorts):
            for x, cell in enumerate(cohort.cells):
                ground, ink = ramps.readable(cell.value, low, high)
                if not cell.finished:
                    unfinished.add(x, y)
                    ground, ink = TOKEN_THEME.band, TOKEN_THEME.text
                cells.add(x, y, ground, self.title(cohort, x), self.text(cohort, cell, shown))
                numbers.add(x, y, *self.written(cell.value, shown), ink, "normal")
        for x, value in enumerate(self.means):
            if value is not None:
                text = shown.short(value, self.context.locale)
                title = f"Mean, {self.options.grain} {x}"
                cells.add(x, MEAN_ROW, TOKEN_THEME.band, title,
                          f"{shown.text(value, self.context.locale)}\nof finished cells, "
                          "large cohorts weigh more" if self.options.show != "absolute"
                          else f"{text} per cohort, of finished cells")  # fmt: skip
                brief = self.written(value, shown)[1]
                numbers.add(x, MEAN_ROW, text, brief, TOKEN_THEME.text, "bold")
        found = {"cells": cells, "numbers": numbers, "unfinished": unfinished}
        return {name: rows.columns for name, rows in found.items()}

    def written(self, value: float, shown: Formula) -> tuple[str, str]:
        """The number in a cell, and in a cell of a phone: a share without decimals."""
        text = shown.short(value, self.context.locale)
        return text, formats.number(value, "0%", self.context.locale) if shown.is_share else text

    def title(self, cohort: Cohort, period: int) -> str:
        return f"{self.name(cohort)}, {self.options.grain} {period}"

    def text(self, cohort: Cohort, cell: Cell, shown: Formula) -> str:
        locale = self.context.locale
        counted = _counted(self.options, self.context)
        share = formats.number(cell.count / cohort.size, "0.0%", locale)
        lines = [
            f"{counted.number(cell.count, locale)} of {counted.number(cohort.size, locale)}: "
            f"{share}"
        ]
        if self.options.show == "value":
            upto = " up to then" if self.options.cumulative else ""
            lines.insert(0, f"{shown.text(cell.value, locale)} per head{upto}")
        return "\n".join(lines if cell.finished else [*lines, "So far"])

    def names(self) -> tuple[dict[str, dict[str, list]], int]:
        """Names and sizes left of the cells, and the pixels that they take."""
        counted, locale = _counted(self.options, self.context), self.context.locale
        names = [self.name(cohort) for cohort in self.cohorts]
        sizes = [counted.number(cohort.size, locale) for cohort in self.cohorts]
        head = scales.cut(counted.label, SIZE_WIDTH)
        widest = max(scales.width(text) for text in [*names, "Cohort"])
        left = round(widest + max(scales.width(text) for text in [*sizes, head])) + 28
        rows = drawing.Rows("y", "text", "x_offset", "align", "color", "style")
        if any(value is not None for value in self.means):
            rows.add(MEAN_ROW, "Mean", -left, "left", TOKEN_THEME.text, "bold")
        for y, (name, size) in enumerate(zip(names, sizes, strict=True)):
            rows.add(y, name, -left, "left", TOKEN_THEME.text, "normal")
            rows.add(y, size, -12, "right", TOKEN_THEME.muted, "normal")
        heads = {"text": ["Cohort", head], "x_offset": [-left, -12], "align": ["left", "right"]}
        return {"names": rows.columns, "heads": heads}, left

    def summary(self, shown: Formula) -> str:
        grain, locale = self.options.grain, self.context.locale
        first, last = self.name(self.cohorts[0]), self.name(self.cohorts[-1])
        known = [(k, value) for k, value in enumerate(self.means) if value is not None]
        later = [pair for pair in known if pair[0]] or known
        said = [
            f"{shown.text(value, locale)} in {grain} {k}"
            for k, value in dict.fromkeys([*later[:1], *later[-1:]])
        ]
        what = {"share": "are there on average", "absolute": "are there on average",
                "value": "per head on average"}[self.options.show]  # fmt: skip
        many = (
            f"{len(self.cohorts)} cohort{'s' if len(self.cohorts) > 1 else ''}, {first} to {last}"
        )
        return f"{many}: {' and '.join(said)} {what}." if said else f"{many}: none is finished."

    def tell(self, state: State, shown: Formula) -> None:
        locale, columns = self.context.locale, self.columns
        counted = _counted(self.options, self.context)
        rows = []
        for cohort in self.cohorts:
            cells = [
                (shown.text(cell.value, locale) + ("" if cell.finished else " (so far)"),
                 cell.value)
                for cell in cohort.cells
            ]  # fmt: skip
            size = counted.cell(cohort.size, locale)
            blank = [("", None)] * (columns - len(cells))
            rows.append([(self.name(cohort), cohort.start.date()), size, *cells, *blank])
        rows.append(["Mean", ("", None), *(shown.cell(value, locale) for value in self.means)])
        grain = self.options.grain.capitalize()
        state.tell(["Cohort", counted.label, *(f"{grain} {k}" for k in range(columns))], rows)
