"""Journey: how many go from step to step, by which ways, and where they leave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dashboards.charts import drawing, flows, options, scales
from dashboards.charts.flows import Box, Graph, Key, Room
from dashboards.charts.formulas import Formula, read_formula, share_cell
from dashboards.charts.registry import TWIN_ROWS, Chart, Context, State, chart_type, during
from dashboards.charts.theme import TOKEN_THEME, Theme
from dashboards.charts.words import empty_words
from dashboards.errors import OptionsRefused
from datasets import formats
from datasets.query import Filter, Group, Measure, Order, Query

if TYPE_CHECKING:
    import pyarrow as pa
    from bokeh.plotting import figure as Figure

FEWEST_STEPS, MOST_STEPS = 2, 6
MOST_TOP, NARROW_TOP = 6, 3
#: Flows that are read of a dataset that names from and to; the largest.
MOST_LINKS = 500
#: Pixels of a frame in its usual size, and of a phone.
HEIGHT, WIDTH = 420, 760
NARROW_HEIGHT, NARROW_WIDTH = 380, 300
LINE = 16  # pixels of a line of words
BAR, LABEL_GAP = 10, 11
LABEL_WIDTH = 150
#: How far the stub of those who leave reaches to the next column, and its parts, which fade.
STUB, FADES = 0.3, (0.9, 0.65, 0.4, 0.18)
WIDE, NARROW = "", "_narrow"


@dataclass(frozen=True, slots=True)
class SankeyOptions:
    steps: tuple[str, ...] = options.columns(
        "Steps", types=("text", "integer", "boolean"),
        help="2 to 6 columns in order, for example landing, cart and outcome. "
        "Who has nothing in the next one leaves.",
    )  # fmt: skip
    source: str = options.column(
        "From", types=("text", "integer"), default="", help="Instead of steps, together with To."
    )
    target: str = options.column("To", types=("text", "integer"), default="")
    measure: str = options.measure(
        "Measure", help="A count or a sum, such as count() or sum(carts).", default="count()"
    )
    top: int = options.integer(
        "Names per step", help="1 to 6, the largest; the rest is Other.", default=5, most=MOST_TOP
    )
    time: str = options.column("Time", types=("date", "datetime"), default="")
    period: str = options.text("Period", help="For example 30d; empty: all.")
    pattern: str = options.text("Number format", help="For example #,##0")
    unit: str = options.text("Unit", help="For example carts")


@chart_type("sankey", label="Journey")
class Sankey(Chart):
    Options = SankeyOptions
    size = (12, 10)
    least = (6, 7)

    def queries(self, options: SankeyOptions, context: Context) -> dict[str, Query]:
        formula = _formula(options, context).formula

        def query(source: str, target: str, **more) -> Query:
            return Query(
                group_by=(Group(source, name="source"), Group(target, name="target")),
                measures=(Measure("value", formula),),
                filters=(Filter(source, "not_null"), *during(options.time, options.period)),
                time_zone=context.time_zone,
                **more,
            )

        if _by_links(options):
            largest = {"order": (Order("value", descending=True),), "limit": MOST_LINKS + 1}
            return {"flows": query(options.source, options.target, **largest)}
        pairs = zip(options.steps, options.steps[1:], strict=False)
        return {f"flows_{place}": query(*pair) for place, pair in enumerate(pairs)}

    def reach(self, options: SankeyOptions) -> int | None:
        return MOST_LINKS if _by_links(options) else None

    def state(self, tables: dict[str, pa.Table], options: SankeyOptions, context: Context) -> State:
        if _by_links(options):
            rows = _rows(tables["flows"], context.locale)
            graph = flows.from_links(rows[:MOST_LINKS])
            steps = []
        else:
            pairs = [tables[f"flows_{i}"] for i in range(len(options.steps) - 1)]
            graph = flows.from_steps([_rows(table, context.locale) for table in pairs])
            steps = [context.label(step) for step in options.steps]
        if not graph.totals:
            return State(empty=empty_words(options.period, context.locale))
        formula = _formula(options, context)
        state = State()
        wide = flows.largest(graph, options.top)
        for picture in (
            _Picture(wide, steps, formula, context.locale),
            _NarrowPicture(flows.largest(graph, NARROW_TOP), steps, formula, context.locale),
        ):
            state.sources |= picture.sources()
        last = len(graph.columns) - 1
        state.props, state.narrow = _props(last, wide)
        _say(state, wide, formula, context.locale)
        if graph.left_out:
            flow = f"flow{'s' * (graph.left_out > 1)}"
            many = formats.count(graph.left_out, context.locale)
            state.note = f"Without {many} {flow} leading back or too far"
        if _by_links(options) and len(rows) > MOST_LINKS:
            state.note = f"The {MOST_LINKS} largest flows"
        return state

    def figure(self, options: SankeyOptions, theme: Theme) -> Figure:
        plot = drawing.blank(theme)
        plot.xaxis.visible = plot.yaxis.visible = False
        found = []
        for kind in (WIDE, NARROW):
            found += _draw(plot, theme, kind)
        headings = drawing.source("headings", "x", "text")
        drawing.words(plot, headings, theme, y=0, y_offset=-15, x_offset=-BAR / 2,
                      text_color=theme.muted, name="headings_shown")  # fmt: skip
        plot.add_tools(drawing.hover(theme, found, attachment="vertical"))
        return plot


def _draw(plot: Figure, theme: Theme, kind: str) -> list:
    """The renderers of one of the two pictures; only one is visible."""
    shown = {"visible": kind == WIDE}
    ribbons = drawing.source(f"ribbons{kind}", "xs", "ys", "color", "title", "text")
    stubs = drawing.source(f"stubs{kind}", "xs", "ys", "alpha", "title", "text")
    bars = drawing.source(f"bars{kind}", "x", "y", "height", "color", "title", "text")
    marks = [
        plot.patches("xs", "ys", source=ribbons, fill_color="color", fill_alpha=0.24,
                     line_color=None, hover_fill_color="color", hover_fill_alpha=0.5,
                     hover_line_color=None, name=f"ribbons{kind}_shown", **shown),
        plot.patches("xs", "ys", source=stubs, fill_color=theme.border_strong, line_color=None,
                     fill_alpha={"field": "alpha", "transform": _third()}, hatch_alpha="alpha",
                     hatch_pattern="right_diagonal_line", hatch_color=theme.border_strong,
                     hatch_scale=7, hatch_weight=1, name=f"stubs{kind}_shown", **shown),
        plot.rect("x", "y", source=bars, width=BAR, width_units="screen", height="height",
                  fill_color="color", line_color=None, border_radius=2,
                  name=f"bars{kind}_shown", **shown),
    ]  # fmt: skip
    words = drawing.source(f"words{kind}", "x", "y", "text", "x_offset", "y_offset", "style",
                           "color")  # fmt: skip
    drawing.words(plot, words, theme, x_offset="x_offset", y_offset="y_offset",
                  text_font_style="style", text_color="color", text_line_height=1.2,
                  background_fill_color=theme.surface, background_fill_alpha=0.65,
                  border_radius=3, name=f"words{kind}_shown", **shown)  # fmt: skip
    return marks


def _third():
    from bokeh.models import LinearInterpolator

    return LinearInterpolator(x=[0, 1], y=[0, 0.3])


def _by_links(options: SankeyOptions) -> bool:
    """Whether the rows say from where to where; refuses what says neither or both."""
    if options.steps:
        if options.source or options.target:
            raise OptionsRefused("steps", "are either steps, or from and to; empty one of them.")
        if not FEWEST_STEPS <= len(set(options.steps)) == len(options.steps) <= MOST_STEPS:
            raise OptionsRefused(
                "steps", f"must be {FEWEST_STEPS} to {MOST_STEPS} different columns."
            )
        return False
    if not (options.source and options.target):
        raise OptionsRefused("steps", "are missing: choose two or more, or from and to.")
    if options.source == options.target:
        raise OptionsRefused("target", "must be another column than from.")
    return True


def _formula(options: SankeyOptions, context: Context) -> Formula:
    formula = read_formula(
        options.measure, context.columns, pattern=options.pattern, unit=options.unit
    )
    if not formula.adds_up:
        raise OptionsRefused(
            "measure",
            f"'{formula.formula}' does not add up, so its ways have no width. "
            "Take count() or sum(...).",
        )
    return formula


def _rows(table: pa.Table, locale: str) -> list[flows.Row]:
    lists = [table.column(name).to_pylist() for name in ("source", "target", "value")]
    return [
        (None if s is None else formats.name(s, locale),
         None if t is None else formats.name(t, locale), value)
        for s, t, value in zip(*lists, strict=True)
    ]  # fmt: skip


def _props(last: int, wide: Graph) -> tuple[dict, dict]:
    parts = ("ribbons", "stubs", "bars", "words")
    # Names stand right of the bars, on a phone above them: there the last column is one, too.
    widths = [scales.width(name, bold=True) for name in wide.columns[-1]]
    right = min(max(widths, default=0), LABEL_WIDTH)
    props = {
        "x_range": {"start": 0, "end": max(last, 1)},
        "y_range": {"start": 1, "end": 0},
        "plot": {"min_border_left": 6, "min_border_right": max(round(right), 96) + 16,
                 "min_border_top": 28, "min_border_bottom": 4},
        "headings_shown": {"visible": True},
        **{f"{part}_shown": {"visible": True} for part in parts},
        **{f"{part}{NARROW}_shown": {"visible": False} for part in parts},
    }  # fmt: skip
    narrow = {
        "x_range": {"start": 0, "end": last + 1},
        "plot": {"min_border_left": 6, "min_border_right": 0, "min_border_top": 2,
                 "min_border_bottom": 4},
        "headings_shown": {"visible": False},
        **{f"{part}_shown": {"visible": False} for part in parts},
        **{f"{part}{NARROW}_shown": {"visible": True} for part in parts},
    }  # fmt: skip
    return props, narrow


@dataclass(frozen=True, slots=True)
class _Picture:
    """Bars at 0, 1, 2 ... with their words at the right."""

    graph: Graph
    steps: list[str]
    formula: Formula
    locale: str

    kind = WIDE
    room = Room(least=2 * LINE / HEIGHT + 0.004, leaving=LINE / HEIGHT, gap=8 / HEIGHT)

    def sources(self) -> dict[str, dict[str, list]]:
        layout = flows.lay_out(self.graph, self.room)
        ribbons = drawing.Rows("xs", "ys", "color", "title", "text")
        for ribbon in sorted(layout.ribbons, key=lambda r: -r.value):
            title, text = self.flow(ribbon.source, ribbon.target, ribbon.value)
            for part in ribbon.parts:
                ribbons.add(
                    *flows.outline(part, len(self.graph.columns)),
                    self.color(ribbon.source),
                    title,
                    text,
                )
        stubs = drawing.Rows("xs", "ys", "alpha", "title", "text")
        bars = drawing.Rows("x", "y", "height", "color", "title", "text")
        words = drawing.Rows("x", "y", "text", "x_offset", "y_offset", "style", "color")
        for box in layout.boxes:
            at, name = box.key
            middle, height = (box.top + box.bottom) / 2, box.bottom - box.top
            bars.add(at, round(middle, 5), round(max(height, 0.002), 5), self.color(box.key), name,
                     self.place(box.key))  # fmt: skip
            if box.leaves:
                self.stub(box, stubs)
            self.words(box, words)
        found = {"ribbons": ribbons, "stubs": stubs, "bars": bars, "words": words}
        named = {f"{name}{self.kind}": rows.columns for name, rows in found.items()}
        return named | self.headings()

    def headings(self) -> dict[str, dict[str, list]]:
        width = WIDTH / max(len(self.steps), 2) - 8
        texts = [scales.cut(step, width) for step in self.steps]
        return {"headings": {"x": list(range(len(texts))), "text": texts}}

    def stub(self, box: Box, stubs: drawing.Rows) -> None:
        """Those who leave, fading out to the right."""
        title, text = self.flow(box.key, None, self.graph.leaves[box.key])
        low, high = round(box.bottom, 4), round(box.bottom - box.leaves, 4)
        for index, alpha in enumerate(FADES):
            left = box.key[0] + STUB * index / len(FADES)
            right = left + STUB / len(FADES)
            xs = [round(x, 3) for x in (left, right, right, left)]
            stubs.add(xs, [high, high, low, low], alpha, title, text)

    def words(self, box: Box, words: drawing.Rows) -> None:
        """Name and value in the middle of what goes on, and below them who leaves."""
        at, name = box.key
        last = at == len(self.graph.columns) - 1
        width = LABEL_WIDTH if last else WIDTH / max(len(self.graph.columns) - 1, 1) - 30
        top, bottom = (self.room.least / 2, self.room.leaving)
        middle = (box.top + box.bottom - box.leaves) / 2
        first, end = box.strip
        if box.leaves:
            middle = min(max(middle, first + top), end - bottom - top)
        place = {"x": at, "offset": LABEL_GAP, "y": middle}
        self.name_and_value(words, place, scales.cut(name, width, bold=True), self.fact(box.key))
        if box.leaves:
            y = max(box.bottom - box.leaves / 2, middle + top + bottom / 2)
            y = min(y, end - bottom / 2)
            words.add(at, round(y, 4), self.leave(box.key, width), LABEL_GAP, 0, "normal",
                      TOKEN_THEME.muted)  # fmt: skip

    def name_and_value(self, words: drawing.Rows, place: dict, name: str, fact: str) -> None:
        at = (place["x"], round(place["y"], 4))
        words.add(*at, name, place["offset"], -LINE / 2, "bold", TOKEN_THEME.text)
        words.add(*at, fact, place["offset"], LINE / 2, "normal", TOKEN_THEME.text)

    def color(self, key: Key) -> str:
        other = key[1] == flows.OTHER and key[0] in self.graph.merged
        return TOKEN_THEME.border_strong if other else TOKEN_THEME.palette[0]

    def fact(self, key: Key) -> str:
        total = self.graph.totals[key]
        return f"{self.formula.number(total, self.locale)} · {self.share(total)}"

    def share(self, value: float, whole: float | None = None) -> str:
        return _percent(round(value / (whole or self.graph.start), 2), self.locale)

    def leave(self, key: Key, width: float) -> str:
        share = self.share(self.graph.leaves[key], self.graph.totals[key])
        text = f"{share} leave here"
        return text if scales.width(text) <= width else f"–{share}"

    def place(self, key: Key) -> str:
        total = self.graph.totals[key]
        lines = [self.formula.text(total, self.locale), f"{self.share(total)} of the start"]
        if key in self.graph.leaves:
            lines.append(f"{self.share(self.graph.leaves[key], total)} leave here")
        if key[1] == flows.OTHER and (count := self.graph.merged.get(key[0])):
            lines.append(f"{formats.count(count, self.locale)} smaller ones together")
        return "\n".join(lines)

    def flow(self, source: Key, target: Key | None, value: float) -> tuple[str, str]:
        text = (
            f"{self.formula.text(value, self.locale)}\n"
            f"{self.share(value, self.graph.totals[source])} of the step\n"
            f"{self.share(value)} of the start"
        )
        return _way(source, target), text


class _NarrowPicture(_Picture):
    """Bars with their words above, in columns of their own."""

    __slots__ = ()
    kind = NARROW
    room = Room(
        least=6 / NARROW_HEIGHT, above=(3 * LINE + 2) / NARROW_HEIGHT, below=LINE / NARROW_HEIGHT,
        gap=6 / NARROW_HEIGHT,
    )  # fmt: skip

    def headings(self) -> dict[str, dict[str, list]]:
        return {}

    def words(self, box: Box, words: drawing.Rows) -> None:
        at, name = box.key
        width = NARROW_WIDTH / len(self.graph.columns) - 6
        lines = scales.wrapped(name, width).split("\n")
        total = self.graph.totals[box.key]
        fact = f"{self.formula.short(total, self.locale)} · {self.share(total)}"
        lines.append(fact if scales.width(fact) <= width else self.share(total))
        y, left = round(box.top, 4), -BAR // 2
        for index, line in enumerate(lines[::-1]):
            words.add(at, y, line, left, -LINE * index - 9, "normal" if not index else "bold",
                      TOKEN_THEME.text)  # fmt: skip
        if box.leaves:
            words.add(at, round(box.bottom, 4), self.leave(box.key, width), left, 9, "normal",
                      TOKEN_THEME.muted)  # fmt: skip


@lru_cache(1024)
def _percent(share: float, locale: str) -> str:
    return formats.number(share, "0%", locale)


def _way(source: Key, target: Key | None) -> str:
    return f"{source[1]} → {target[1] if target else 'leave here'}"


def _say(state: State, graph: Graph, formula: Formula, locale: str) -> None:
    """Words and the table of the same numbers."""
    rows = list(flows.shares_of_source(graph))
    ways = [row for row in rows if row[1]] or rows
    source, target, value, share = ways[0]
    text = (
        f"Of {formula.text(graph.start, locale)} at the start, most go {_way(source, target)}: "
        f"{formula.text(value, locale)}, {formats.number(share, '0%', locale)} of the step"
    )
    lost = [row for row in rows if row[1] is None]
    if lost:
        at, _, value, share = lost[0]
        text += (
            f"; most leave at {at[1]}: {formula.text(value, locale)}, "
            f"{formats.number(share, '0%', locale)} of it"
        )
        state.note = f"Most leave at {at[1]}"
    state.summary = text + "."
    state.tell(
        ["From", "To", formula.label, "Share of the step"],
        [[s[1], t[1] if t else "(leave here)", formula.cell(v, locale), share_cell(r, locale)]
         for s, t, v, r in rows[:TWIN_ROWS]],
    )  # fmt: skip
