"""What data with coordinates puts on a map: circles whose areas are the values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.charts import atlas, projection, scales
from dashboards.charts.formulas import Formula
from dashboards.charts.map_extent import around, extent
from dashboards.charts.registry import TWIN_ROWS, Context, State
from dashboards.charts.theme import TOKEN_THEME
from dashboards.charts.topology import Box
from dashboards.charts.words import nothing
from datasets import formats

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboards.charts.map import MapOptions

MOST_POINTS = 500
#: Diameters of the largest and the smallest circle, in pixels.
LARGEST, SMALLEST = 34, 5
CAPTION = 500
#: Pixels of the frame of a small card, in which no circle is cut at the edge.
FRAME_WIDTH, FRAME_HEIGHT = 320, 200


@dataclass(frozen=True, slots=True)
class Point:
    longitude: float
    latitude: float
    value: float
    name: Any  # as its column has it; None without one

    @property
    def is_on_earth(self) -> bool:
        return abs(self.longitude) <= 180 and abs(self.latitude) <= 90  # not so for NaN


@dataclass(frozen=True, slots=True)
class Points:
    options: MapOptions
    formula: Formula
    context: Context

    def state(self, table: pa.Table) -> State:
        every = self.read(table)
        locale = self.context.locale
        if not every:
            return State(
                empty=nothing(self.options.period, self.formula, range(len(table)), locale)
            )
        on_earth = [point for point in every if point.is_on_earth]
        if not on_earth:
            return State(
                empty="No point lies on the map: latitudes go from -90 to 90 and longitudes from "
                "-180 to 180 degrees."
            )
        shown = sorted(on_earth, key=lambda point: -point.value)[:MOST_POINTS]
        state = State(summary=self.summary(shown, len(on_earth)))
        marks = self.marks(shown)
        state.sources = {
            "points": marks,
            "caption": {"text": [self.caption(shown)]},
            "ramp": {"text": [], "x_offset": [], "y_offset": [], "color": []},
            "limits": {"text": [], "x_offset": [], "y_offset": []},
        }
        sources, state.props = extent(self.options.region, _held(shown, marks["size"]))
        state.sources |= sources
        state.props["caption_wide"] = {"visible": True}
        state.note = self.note(len(shown), len(on_earth), len(every))
        if self.options.category:
            state.picks = {
                "source": "points", "column": self.options.category,
                "values": [formats.plain(point.name) for point in shown],
            }  # fmt: skip
        self.tell(state, shown)
        return state

    def read(self, table: pa.Table) -> list[Point]:
        names = [None] * len(table)
        if self.options.category:
            names = table.column("category").to_pylist()
        lists = [table.column(name).to_pylist() for name in ("longitude", "latitude", "value")]
        return [
            Point(float(x), float(y), float(value), name)
            for x, y, value, name in zip(*lists, names, strict=True)
            if None not in (x, y, value)
        ]

    def name(self, point: Point) -> str:
        if self.options.category:
            return formats.name(point.name, self.context.locale)
        return ", ".join(self.degrees(point))

    def degrees(self, point: Point) -> list[str]:
        found = []
        for value, plus, minus in ((point.latitude, "N", "S"), (point.longitude, "E", "W")):
            written = formats.number(abs(value), "0.00", self.context.locale)
            found.append(f"{written}° {plus if value >= 0 else minus}")
        return found

    def marks(self, shown: list[Point]) -> dict[str, list]:
        locale = self.context.locale
        x, y = atlas.places(
            self.options.region, [p.longitude for p in shown], [p.latitude for p in shown]
        )
        most = max(shown[0].value, 0.0)
        shares = [max(point.value, 0.0) / most if most else 0.0 for point in shown]
        return {
            "x": x,
            "y": y,
            "size": [round(max(LARGEST * math.sqrt(share), SMALLEST), 1) for share in shares],
            "color": [TOKEN_THEME.palette[0]] * len(shown),
            "title": [self.name(point) for point in shown],
            "text": [self.formula.text(point.value, locale) for point in shown],
        }

    def caption(self, shown: list[Point]) -> str:
        words = f"{self.name(shown[0])}, {self.formula.text(shown[0].value, self.context.locale)}"
        return scales.cut(f"Most: {words}" if len(shown) > 1 else words, CAPTION)

    def summary(self, shown: list[Point], count: int) -> str:
        first = shown[0]
        words = f"{self.formula.label}: {self.name(first)}"
        written = self.formula.text(first.value, self.context.locale)
        if count <= 1:
            return f"{words}, {written}."
        many = formats.count(count, self.context.locale)
        return f"{words} has the most of {many} points, {written}."

    def note(self, shown: int, on_earth: int, every: int) -> str:
        some, known, off = (
            formats.count(many, self.context.locale) for many in (shown, on_earth, every - on_earth)
        )
        parts = [f"{some} of {known} points"] if shown < on_earth else []
        parts += [f"{off} off the map"] if on_earth < every else []
        return ", ".join(parts)

    def tell(self, state: State, shown: list[Point]) -> None:
        headings = ["Latitude", "Longitude", self.formula.label]
        rows = []
        for point in shown[:TWIN_ROWS]:
            north, east = self.degrees(point)
            row: list = [(north, point.latitude), (east, point.longitude)]
            rows.append([*row, self.formula.cell(point.value, self.context.locale)])
            if self.options.category:
                rows[-1].insert(0, self.name(point))
        if self.options.category:
            headings.insert(0, self.context.label(self.options.category))
        state.tell(headings, rows)


def _held(shown: list[Point], sizes: list[float]) -> Box:
    """What holds the circles, of which a fitted map shows the middles at its edge else."""
    west, south, east, north = around(_circles(shown, sizes, 0.0, 0.0))
    short = projection.east(south, north)
    across = (east - west) * short / (FRAME_WIDTH - LARGEST)
    pixel = max(across, (north - south) / (FRAME_HEIGHT - LARGEST))  # in degrees north
    return around(_circles(shown, sizes, pixel / short, pixel))


def _circles(shown: list[Point], sizes: list[float], across: float, up: float) -> Iterator[Box]:
    """Boxes of circles in degrees; ``across`` and ``up``: degrees that a pixel is."""
    for point, size in zip(shown, sizes, strict=True):
        x, y = size / 2 * across, size / 2 * up
        yield point.longitude - x, point.latitude - y, point.longitude + x, point.latitude + y
