"""Pie with a hole: shares of a whole in at most six slices, the total in the middle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.charts import drawing, options, scales
from dashboards.charts.formulas import Formula, read_formula, share_cell
from dashboards.charts.marks import add_note
from dashboards.charts.registry import (
    NO_PICK,
    TWIN_ROWS,
    Chart,
    Context,
    State,
    chart_type,
    during,
)
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import nothing
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

MOST_SLICES = 6
INNER = 0.68  # of the outer radius
#: Pixels of the letters of the total, and of its width at most.
TOTAL_SIZE, TOTAL_WIDTH = 28, 96


@dataclass(frozen=True, slots=True)
class PieOptions:
    category: str = options.column("Category")
    measure: str = options.measure(
        "Measure", help="A count or a sum, such as sum(value).", default="count()"
    )
    slices: int = options.integer(
        "Slices", help="2 to 6; the rest is Other.", default=MOST_SLICES, least=2, most=MOST_SLICES
    )
    look: str = options.choice(
        "Look", [("donut", "With a hole, the total in it"), ("pie", "Without")], default="donut"
    )
    center: str = options.text("Word under the total", help="For example: abandoned carts")
    colors: tuple[str, ...] = options.colors("Colours", help="One per slice, largest first.")
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0")
    unit: str = options.text("Unit", help="For example EUR")


@chart_type("pie", label="Pie")
class Pie(Chart):
    Options = PieOptions
    size = (3, 8)
    least = (3, 6)

    def queries(self, options: PieOptions, context: Context) -> dict[str, Query]:
        query = Query(
            group_by=(Group(options.category, name="category"),),
            measures=(Measure("value", _formula(options, context).formula),),
            filters=during(options.time, options.period),
            order=(Order("value", True),),
            time_zone=context.time_zone,
        )
        return {"slices": query}

    def state(self, tables: dict[str, pa.Table], options: PieOptions, context: Context) -> State:
        table, locale = tables["slices"], context.locale
        rows = zip(
            table.column("category").to_pylist(), table.column("value").to_pylist(), strict=True
        )
        found = [(key, value or 0) for key, value in rows]
        every = [(formats.name(key, locale), value) for key, value in found]
        kept = sorted([row for row in every if row[1] > 0], key=lambda row: -row[1])
        formula = _formula(options, context)
        if not kept:
            return State(empty=nothing(options.period, formula, every, locale))
        slices = shortened(kept, options.slices, locale)
        total = sum(value for _, value in slices)
        colors = _colors(slices, len(slices) < len(kept), options, context)
        state = State(legend_at="rows")
        state.sources["slices"] = _wedges(slices, colors, total, formula, locale)
        middle = _middle(formula, total, locale)
        state.sources["total"] = {"text": [middle], "word": [options.center or formula.unit]}
        shares = [formats.number(value / total, "0.0%", locale) for _, value in slices]
        state.legend = [
            {"label": name, "color": color, "value": share}
            for (name, _), color, share in zip(slices, colors, shares, strict=True)
        ]
        keys = sorted([row for row in found if row[1] > 0], key=lambda row: -row[1])
        picks: list = [formats.plain(key) for key, _ in keys[: len(slices)]]
        if len(slices) < len(kept):
            picks[-1] = NO_PICK
        state.picks = {"source": "slices", "column": options.category, "values": picks}
        left_out = len(every) - len(kept)
        if options.look == "pie" or middle != formula.number(total, locale):
            state.note = f"Total {formula.text(total, locale)}"
        if any(value < 0 for _, value in every):
            add_note(state, f"{formats.count(left_out, locale)} without a share")
        state.summary = (
            f"{formula.label}: {slices[0][0]} has the largest share, {shares[0]} of "
            f"{formula.text(total, locale)}."
        )
        rows = [
            [name, formula.cell(value, locale), share_cell(value / total, locale)]
            for name, value in kept[:TWIN_ROWS]
        ]
        state.tell([context.label(options.category), formula.label, "Share"], rows)
        return state

    def figure(self, options: PieOptions, theme: Theme) -> Figure:
        from bokeh.core.properties import value
        from bokeh.models import DataRange1d

        plot, donut = drawing.blank(theme), options.look == "donut"
        plot.xaxis.visible = plot.yaxis.visible = False
        slices = drawing.source("slices", "start", "end", "color", "title", "text")
        # A circle stays one in any card: both ranges follow a square that is not seen.
        square = plot.rect(x=[0], y=[0], width=2, height=2, fill_alpha=0, line_alpha=0)
        for name in ("x_range", "y_range"):
            fitted = DataRange1d(name=name, range_padding=0.02, renderers=[square])
            setattr(plot, name, fitted)
        plot.match_aspect = True
        marks = plot.annular_wedge(
            x=0, y=0, inner_radius=INNER if donut else 0, outer_radius=1, start_angle="start",
            end_angle="end", direction="clock", source=slices, fill_color="color",
            line_color=theme.surface, line_width=2,
        )  # fmt: skip
        total = drawing.source("total", "text", "word")
        middle = {"x": 0, "y": 0, "text_align": "center", "visible": donut}
        drawing.words(
            plot, total, theme, **middle, text_font_size=value(f"{TOTAL_SIZE}px"),
            text_font_style="bold", y_offset=-7,
        )  # fmt: skip
        drawing.words(
            plot, total, theme, **middle, text="word", text_color=theme.muted, y_offset=17
        )
        plot.add_tools(drawing.hover(theme, [marks]))
        drawing.pickable(plot, marks)
        return plot


def _middle(formula: Formula, total: float, locale: str) -> str:
    """As it is written elsewhere, unless that would run over the ring."""
    written = formula.number(total, locale)
    if scales.width(written, bold=True) * TOTAL_SIZE / 12 <= TOTAL_WIDTH or formula.is_share:
        return written
    return formats.compact(total, locale)


def shortened(rows: list[tuple[str, float]], most: int, locale: str) -> list[tuple[str, float]]:
    """The largest rows; all others together are the last."""
    if len(rows) <= most:
        return rows
    rest = rows[most - 1 :]
    name = f"Other ({formats.count(len(rest), locale)})"
    return [*rows[: most - 1], (name, sum(value for _, value in rest))]


def _formula(options: PieOptions, context: Context) -> Formula:
    formula = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    if not formula.adds_up:
        raise OptionsRefused(
            "measure",
            f"shares of '{formula.formula}' mean nothing, as its values do not add up to a whole. "
            "Take count() or sum(...), or another chart type, such as bars.",
        )
    return formula


def _colors(
    slices: list[tuple[str, float]], has_rest: bool, options: PieOptions, context: Context
) -> list[str]:
    named = [name for name, _ in slices[: len(slices) - has_rest]]
    places = context.places(options.category, named)
    colors = [TOKEN_THEME.palette[place % len(TOKEN_THEME.palette)] for place in places]
    colors += [TOKEN_THEME.border_strong] * (len(slices) - len(named))
    return [*options.colors, *colors[len(options.colors) :]][: len(slices)]


def _wedges(
    slices: list[tuple[str, float]], colors: list[str], total: float, formula: Formula, locale: str
) -> dict[str, list]:
    starts, ends, turned = [], [], math.pi / 2
    for _, value in slices:
        starts.append(turned)
        turned -= value / total * 2 * math.pi
        ends.append(turned)
    texts = [
        f"{formula.text(value, locale)}\n{formats.number(value / total, '0.0%', locale)}"
        for _, value in slices
    ]
    return {
        "start": starts, "end": ends, "color": colors,
        "title": [name for name, _ in slices], "text": texts,
    }  # fmt: skip
