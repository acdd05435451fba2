"""What a treemap shows: its tiles, laid for wide and for tall cards, with what fits into them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboards.charts import scales
from dashboards.charts.formulas import Formula, share_cell
from dashboards.charts.registry import NO_PICK, TWIN_ROWS, Context, State
from dashboards.charts.series import OTHER
from dashboards.charts.shades import Shades, shades
from dashboards.charts.squares import Rect, squares
from dashboards.charts.theme import TOKEN_THEME
from dashboards.charts.words import nothing
from datasets import formats

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.treemap import TreemapOptions

#: Pixels that the frame has at least, by form.
FRAMES = {"wide": Rect(0, 0, 448, 320), "tall": Rect(0, 0, 296, 370)}
MOST_GROUPS = 8
MARGIN, HEAD = 2, 18  # pixels around a group, and over its tiles for its name
#: A tile has a name from this height and width on, and a second line from this height on.
NAME_HEIGHT, NAME_WIDTH, DETAIL_HEIGHT, INSET = 22, 36, 40, 14
#: Words in the text colour are read on these, in both themes.
SHADES = TOKEN_THEME.sequential[:5]


@dataclass(slots=True)
class Tile:
    value: float
    raw: Any = None  # as its column has it
    shade: float | None = None
    name: str = ""  # of those that are shown
    is_rest: bool = False


@dataclass(slots=True)
class Bunch:
    """Tiles that belong together; without groups there is one, without a name."""

    name: str
    tiles: list[Tile] = field(default_factory=list)
    color: str = TOKEN_THEME.palette[0]
    more: int = 0  # categories that are too small for a tile or a row
    more_value: float = 0.0  # of these together

    @property
    def value(self) -> float:
        return sum(tile.value for tile in self.tiles) + self.more_value


@dataclass(frozen=True, slots=True)
class Tiles:
    options: TreemapOptions
    formula: Formula
    shade: Formula | None
    context: Context

    def state(self, table: pa.Table) -> State:
        every, left_out = self.read(table)
        locale = self.context.locale
        if not every:
            return State(empty=nothing(self.options.period, self.formula, range(left_out), locale))
        total = sum(bunch.value for bunch in every)
        ranked = sorted(
            ((bunch, tile) for bunch in every for tile in bunch.tiles),
            key=lambda pair: -pair[1].value,
        )
        bunches = self.shortened(every)
        for _, tile in ranked:
            tile.name = formats.name(tile.raw, locale)
        self.paint(bunches)
        known = [tile.shade for tile in _of(bunches) if tile.shade is not None]
        steps = shades(known, SHADES) if self.shade and known else None
        state = State(summary=self.summary(ranked[0][1], len(table) - left_out, total))
        state.sources = self.sources(bunches, steps, total)
        for form, visible in (("wide", True), ("tall", False)):
            for part in ("tiles", "names", "details", "heads"):
                state.props[f"{part}_{form}"] = {"visible": visible}
                state.narrow[f"{part}_{form}"] = {"visible": not visible}
        self.explain(state, bunches, steps, total)
        state.note = f"{formats.count(left_out, locale)} without a share" if left_out else ""
        state.picks = {
            "source": "tiles", "column": self.options.category,
            "values": [
                NO_PICK if tile.is_rest else formats.plain(tile.raw) for tile in _of(bunches)
            ],
        }  # fmt: skip
        self.tell(state, ranked, total)
        return state

    def read(self, table: pa.Table) -> tuple[list[Bunch], int]:
        """Groups and their tiles, largest first, and how many rows have no area."""
        columns = [table.column(name).to_pylist() for name in ("value", "category")]
        columns.append(
            table.column("group").to_pylist() if self.options.group else [None] * len(table)
        )
        columns.append(
            table.column("value_color").to_pylist() if self.shade else [None] * len(table)
        )
        rows = [row for row in zip(*columns, strict=True) if row[0] is not None and row[0] > 0]
        rows.sort(key=lambda row: -row[0])
        found: dict[Any, Bunch] = {}
        for place, (value, raw, group, shade) in enumerate(rows):
            if (bunch := found.get(group)) is None:
                name = formats.name(group, self.context.locale) if self.options.group else ""
                bunch = found[group] = Bunch(name)
            if place < TWIN_ROWS:
                bunch.tiles.append(Tile(value, raw, shade))
            else:
                bunch.more += 1
                bunch.more_value += value
        bunches = sorted(found.values(), key=lambda one: (-one.value, one.name))
        return bunches, len(table) - len(rows)

    def shortened(self, every: list[Bunch]) -> list[Bunch]:
        """The largest tiles; the others of a group are one, and so are all of small groups."""
        shown, small = every, []
        if len(every) > MOST_GROUPS:
            shown, small = every[: MOST_GROUPS - 1], every[MOST_GROUPS - 1 :]
        values = sorted((tile.value for bunch in shown for tile in bunch.tiles), reverse=True)
        least = values[min(self.options.top, len(values)) - 1] if values else 0.0
        bunches = []
        room = self.options.top
        for bunch in shown:
            kept = [tile for tile in bunch.tiles if tile.value >= least][: max(room, 0)]
            room -= len(kept)
            rest = bunch.tiles[len(kept) :]
            if len(rest) == 1 and not bunch.more:  # an Other of one would only hide its name
                kept, rest = bunch.tiles, []
            value = sum(tile.value for tile in rest) + bunch.more_value
            tiles = kept + _rest(len(rest) + bunch.more, value, self.context.locale)
            bunches.append(Bunch(bunch.name, tiles))
        if small:
            count = sum(len(bunch.tiles) + bunch.more for bunch in small)
            bunches.append(
                Bunch(OTHER, _rest(count, sum(bunch.value for bunch in small), self.context.locale))
            )
        return bunches

    def paint(self, bunches: list[Bunch]) -> None:
        if not self.options.group:
            return
        named = [bunch for bunch in bunches if bunch.name != OTHER]
        places = self.context.places(self.options.group, [bunch.name for bunch in named])
        for bunch in bunches:
            bunch.color = TOKEN_THEME.border_strong
        for bunch, place in zip(named, places, strict=True):
            bunch.color = TOKEN_THEME.palette[place % len(TOKEN_THEME.palette)]

    def sources(
        self, bunches: list[Bunch], steps: Shades | None, total: float
    ) -> dict[str, dict[str, list]]:
        locale = self.context.locale
        pairs = [(bunch, tile) for bunch in bunches for tile in bunch.tiles]
        tiles: dict[str, list] = {
            "color": [self.color(bunch, tile, steps) for bunch, tile in pairs],
            "title": [tile.name for _, tile in pairs],
            "text": [self.text(bunch, tile, total) for bunch, tile in pairs],
        }
        heads: dict[str, list] = {}
        for form, frame in FRAMES.items():
            outer = squares([bunch.value for bunch in bunches], frame)
            has_head = [
                bool(bunch.name) and rect.height > HEAD + NAME_HEIGHT and rect.width > NAME_WIDTH
                for bunch, rect in zip(bunches, outer, strict=True)
            ]
            rects = []
            for bunch, rect, head in zip(bunches, outer, has_head, strict=True):
                inside = rect.inner(MARGIN, HEAD if head else 0) if bunch.name else rect
                rects += squares([tile.value for tile in bunch.tiles], inside)
            tiles |= _placed(rects, frame, form)
            words = [
                self.words(tile, rect, total) for (_, tile), rect in zip(pairs, rects, strict=True)
            ]
            tiles[f"name_{form}"] = [name for name, _ in words]
            tiles[f"detail_{form}"] = [detail for _, detail in words]
            shown = [
                (bunch, rect) for bunch, rect, head in zip(bunches, outer, has_head, strict=True)
                if head
            ]  # fmt: skip
            # A column of a source is as long as the others, whatever the form.
            gap = [""] * (len(bunches) - len(shown))
            heads[f"x_{form}"] = [r.left / frame.width for _, r in shown] + [0.0] * len(gap)
            heads[f"y_{form}"] = [r.top / frame.height for _, r in shown] + [0.0] * len(gap)
            heads[f"text_{form}"] = [
                self.head(b, r.width - 6, total, locale) for b, r in shown
            ] + gap
        return {"tiles": tiles, "heads": heads}

    def head(self, bunch: Bunch, width: float, total: float, locale: str) -> str:
        long = f"{bunch.name}  {formats.number(bunch.value / total, '0.0%', locale)}"
        return long if scales.width(long) <= width else scales.cut(bunch.name, width)

    def color(self, bunch: Bunch, tile: Tile, steps: Shades | None) -> str:
        if self.shade:
            known = steps is not None and tile.shade is not None
            return steps.of(tile.shade) if known else TOKEN_THEME.band
        return TOKEN_THEME.border_strong if tile.is_rest else bunch.color

    def text(self, bunch: Bunch, tile: Tile, total: float) -> str:
        locale = self.context.locale
        lines = [bunch.name] if bunch.name and bunch.name != tile.name else []
        lines.append(self.formula.text(tile.value, locale))
        lines.append(f"{formats.number(tile.value / total, '0.0%', locale)} of all")
        if self.shade and tile.shade is not None:
            lines.append(f"{self.shade.label}: {self.shade.text(tile.shade, locale)}")
        return "\n".join(lines)

    def words(self, tile: Tile, rect: Rect, total: float) -> tuple[str, str]:
        """The lines inside a tile: name, and value with share, as far as they fit."""
        room = rect.width - INSET
        if rect.height < NAME_HEIGHT or rect.width < NAME_WIDTH:
            return "", ""
        name = scales.cut(tile.name, room, bold=True)
        if len(name) < min(len(tile.name), 4):  # an initial tells nothing
            return "", ""
        value = self.formula.short(tile.value, self.context.locale)
        share = formats.number(tile.value / total, "0.0%", self.context.locale)
        if rect.height >= DETAIL_HEIGHT:
            for detail in (f"{value} · {share}", value):
                if scales.width(detail) <= room:
                    return name, detail
        return name, ""

    def explain(
        self, state: State, bunches: list[Bunch], steps: Shades | None, total: float
    ) -> None:
        """The legend: the colours of groups, or the steps of the second measure."""
        locale = self.context.locale
        if self.shade and steps:
            ends = [self.shade.short(limit, locale) for limit in steps.limits]
            state.legend_at = "top"
            state.legend = [
                {"label": f"{low} to {high}" if low != high else low, "color": color, "value": ""}
                for low, high, color in zip(ends, ends[1:], steps.colors, strict=False)
            ]
        elif self.options.group:
            heads = state.sources["heads"]["text_wide"]
            state.legend_at = "narrow" if all(heads) else "top"
            state.legend = [
                {
                    "label": bunch.name, "color": bunch.color,
                    "value": formats.number(bunch.value / total, "0.0%", locale),
                }
                for bunch in bunches
            ]  # fmt: skip

    def summary(self, first: Tile, count: int, total: float) -> str:
        locale = self.context.locale
        share = formats.number(first.value / total, "0.0%", locale)
        many = formats.count(count, locale)
        return (
            f"{self.formula.label}: {first.name} has the largest share of {many}, {share} "
            f"of {self.formula.text(total, locale)}."
        )

    def tell(self, state: State, ranked: list[tuple[Bunch, Tile]], total: float) -> None:
        locale = self.context.locale
        headings = [self.context.label(self.options.category)]
        headings += [self.context.label(self.options.group)] if self.options.group else []
        headings += [self.formula.label, "Share"]
        headings += [self.shade.label] if self.shade else []
        rows = []
        for bunch, tile in ranked:
            row: list = [tile.name, bunch.name] if self.options.group else [tile.name]
            row += [self.formula.cell(tile.value, locale), share_cell(tile.value / total, locale)]
            row += [self.shade.cell(tile.shade, locale)] if self.shade else []
            rows.append(row)
        state.tell(headings, rows)


def _rest(count: int, value: float, locale: str) -> list[Tile]:
    name = f"{OTHER} ({formats.count(count, locale)})"
    return [Tile(value, name=name, is_rest=True)] if count else []


def _of(bunches: list[Bunch]) -> list[Tile]:
    return [tile for bunch in bunches for tile in bunch.tiles]


def _placed(rects: list[Rect], frame: Rect, form: str) -> dict[str, list]:
    """In parts of the frame."""
    return {
        f"left_{form}": [round(r.left / frame.width, 5) for r in rects],
        f"right_{form}": [round((r.left + r.width) / frame.width, 5) for r in rects],
        f"top_{form}": [round(r.top / frame.height, 5) for r in rects],
        f"bottom_{form}": [round((r.top + r.height) / frame.height, 5) for r in rects],
    }
