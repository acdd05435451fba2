"""What data by countries puts on a map: a colour, a tooltip and a pick for each country."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboards.charts import atlas, scales
from dashboards.charts.formulas import Formula, share_cell
from dashboards.charts.map_extent import around, extent
from dashboards.charts.registry import NO_PICK, TWIN_ROWS, Context, State
from dashboards.charts.shades import Shades, shades
from dashboards.charts.theme import TOKEN_THEME
from dashboards.charts.words import nothing
from datasets import formats

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.map import MapOptions

DOT = 9  # pixels, of a country too small to be drawn
PITCH, SPACE = 34, 1.95  # pixels of a step in the legend at least, and of a space that fills it
CAPTION = 270  # pixels of the sentence beside the legend


@dataclass(slots=True)
class Found:
    """The answer by country."""

    values: dict[str, float] = field(default_factory=dict)  # by alpha-2 code
    raw: dict[str, Any] = field(
        default_factory=dict
    )  # as the column has it; NO_PICK if in two ways
    unknown: list[tuple[str, float]] = field(default_factory=list)  # name, value
    total: float | None = None  # of all, the unknown included; None where shares mean nothing
    twice: int = 0  # rows of a country that another row has already named


@dataclass(frozen=True, slots=True)
class Countries:
    options: MapOptions
    formula: Formula
    context: Context

    def state(self, table: pa.Table) -> State:
        rows = list(
            zip(table.column("place").to_pylist(), table.column("value").to_pylist(), strict=True)
        )
        found = self.read([(raw, value) for raw, value in rows if value is not None])
        locale = self.context.locale
        if not found.values and not found.unknown:
            return State(empty=nothing(self.options.period, self.formula, rows, locale))
        if not found.values:
            return State(
                empty=f"No country is known by {scales.cut(found.unknown[0][0], 200)}. "
                "Take codes such as DE or DEU, or English names."
            )
        ranked = sorted(found.values.items(), key=lambda pair: (-pair[1], pair[0]))
        steps = shades(list(found.values.values()))
        state = State(summary=self.summary(ranked, found))
        state.sources = {
            "countries": self.marks(found, steps),
            "caption": {"text": [self.caption(ranked)]},
            **self.legend(steps),
        }
        sources, state.props = extent(
            self.options.region, around(atlas.countries()[code].box for code in found.values)
        )
        state.sources |= sources
        state.props["caption_wide"] = {"visible": True}
        state.narrow = {"caption_wide": {"visible": False}}
        state.note = _note(found, self.context.locale)
        values = [found.raw.get(code, NO_PICK) for code in atlas.countries()]
        state.picks = {"source": "countries", "column": self.options.country, "values": values}
        self.tell(state, ranked, found)
        return state

    def read(self, rows: list[tuple[Any, float]]) -> Found:
        found = Found()
        for raw, value in rows:
            code = atlas.find(raw)
            if not code:
                found.unknown.append((formats.name(raw, self.context.locale), value))
            elif code not in found.values:
                found.values[code], found.raw[code] = value, formats.plain(raw)
            elif self.formula.adds_up:
                found.values[code] += value
                found.raw[code] = NO_PICK
            else:
                found.twice += 1
        every = [*found.values.values(), *(value for _, value in found.unknown)]
        if self.formula.adds_up and every and min(every) >= 0 < sum(every):
            found.total = sum(every)
        return found

    def name(self, code: str) -> str:
        names = formats.locale_of(self.context.locale).territories
        return names.get(code) or atlas.countries()[code].name

    def share(self, value: float, found: Found) -> float | None:
        return None if found.total is None else value / found.total

    def marks(self, found: Found, steps: Shades) -> dict[str, list]:
        locale = self.context.locale
        missing = atlas.missing(self.options.region)
        marks: dict[str, list] = {"color": [], "dot": [], "title": [], "text": []}
        for code in atlas.countries():
            value = found.values.get(code)
            marks["title"].append(self.name(code))
            marks["dot"].append(DOT if value is not None and code in missing else 0)
            if value is None:
                marks["color"].append(TOKEN_THEME.band)
                marks["text"].append("No data")
                continue
            text = self.formula.text(value, locale)
            if (share := self.share(value, found)) is not None:
                text += f"\n{formats.number(share, '0.0%', locale)} of all"
            marks["color"].append(steps.of(value))
            marks["text"].append(text)
        return marks

    def caption(self, ranked: list[tuple[str, float]]) -> str:
        """Most: Germany, 148,200 EUR; nothing where none has more than others."""
        if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
            return ""
        code, value = ranked[0]
        words = f"{self.name(code)}, {self.formula.text(value, self.context.locale)}"
        most = "Most" if self.formula.adds_up else "Highest"
        return scales.cut(f"{most}: {words}" if len(ranked) > 1 else words, CAPTION)

    def legend(self, steps: Shades) -> dict[str, dict[str, list]]:
        """Colours over their limits, in pixels from the right."""
        texts = [self.limit(limit) for limit in steps.limits]
        if steps.limits[0] == steps.limits[-1]:
            texts = ["", texts[-1]]
        pitch = max(PITCH, round(max(map(scales.width, texts))) + 6)
        count = len(steps.colors)
        right = -round(scales.width(texts[-1]) / 2)
        # Seven limits of long numbers would not fit into a narrow card; the ends then say enough.
        if pitch > 1.35 * PITCH:
            pitch, texts = PITCH, [texts[0], *[""] * (count - 1), texts[-1]]
        edges = [right - (count - place) * pitch for place in range(count + 1)]
        swatch = " " * int((pitch - 3) / SPACE)
        return {
            "ramp": {
                "text": [swatch] * count, "x_offset": edges[1:], "y_offset": [14] * count,
                "color": list(steps.colors),
            },
            "limits": {"text": texts, "x_offset": edges, "y_offset": [30] * len(texts)},
        }  # fmt: skip

    def limit(self, value: float) -> str:
        if abs(value) >= 10_000 and not self.formula.is_share:
            return formats.compact(value, self.context.locale)
        return self.formula.short(value, self.context.locale)

    def summary(self, ranked: list[tuple[str, float]], found: Found) -> str:
        code, value = ranked[0]
        locale = self.context.locale
        words = f"{self.formula.label}: {self.name(code)}"
        written = self.formula.text(value, locale)
        if (share := self.share(value, found)) is not None:
            written += f" ({formats.number(share, '0.0%', locale)})"
        if len(ranked) == 1:
            return f"{words}, {written}."
        if value == ranked[-1][1]:
            return f"{self.formula.label}: {written} in each of {len(ranked)} countries."
        most = "most" if self.formula.adds_up else "highest value"
        return f"{words} has the {most} of {len(ranked)} countries, {written}."

    def tell(self, state: State, ranked: list[tuple[str, float]], found: Found) -> None:
        locale = self.context.locale
        named = [(self.name(code), value) for code, value in ranked]
        every = sorted([*named, *found.unknown], key=lambda pair: -pair[1])[:TWIN_ROWS]
        heading = self.context.label(self.options.country)
        if self.share(ranked[0][1], found) is None:
            rows = [[name, self.formula.cell(value, locale)] for name, value in every]
            state.tell([heading, self.formula.label], rows)
            return
        rows = [
            [name, self.formula.cell(value, locale), share_cell(self.share(value, found), locale)]
            for name, value in every
        ]
        state.tell([heading, self.formula.label, "Share"], rows)


def _note(found: Found, locale: str) -> str:
    parts = [f"{formats.count(len(found.unknown), locale)} unknown"] if found.unknown else []
    parts += [f"{formats.count(found.twice, locale)} written twice"] if found.twice else []
    return ", ".join(parts)
