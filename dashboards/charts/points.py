"""Points in a plane: axes that may be logarithmic, bubbles by area, the least squares line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dashboards.charts import scales
from dashboards.charts.formulas import Formula
from datasets import formats

#: Up to so many powers of ten, the ticks between them are labelled, too.
FEW_DECADES = 2
#: Marks that are tried for a name.
CANDIDATES = 60
#: Smallest bubble, as its diameter in pixels.
LEAST_SIZE = 4.0


@dataclass(slots=True)
class Point:
    x: float
    y: float
    size: float | None
    name: str = ""
    series: str = ""
    raw: Any = None  # value of the category
    rows: float = 0  # that it stands for


@dataclass(frozen=True, slots=True)
class Axis:
    formula: Formula
    is_log: bool
    locale: str

    def place(self, value: float) -> float:
        """Where a value is drawn; a logarithmic axis is drawn as one of exponents."""
        return math.log10(value) if self.is_log else value

    def holds(self, value: float | None) -> bool:
        return value is not None and math.isfinite(value) and (value > 0 or not self.is_log)

    def title(self) -> str:
        named = self.formula.label
        if self.formula.unit:
            named += f", {self.formula.unit}"
        return f"{named}, logarithmic" if self.is_log else named

    def ticks(self, values: list[float]) -> list[float]:
        if not self.is_log:
            return scales.scale(values, tight=True)
        low, high = math.log10(min(values)), math.log10(max(values))
        powers = range(math.floor(low + 1e-9), math.ceil(high - 1e-9) + 1)
        stride = max(1, math.ceil(len(powers) / 6))
        steps = (1, 2, 5) if len(powers) <= FEW_DECADES + 1 else (1,)
        every = [step * 10.0**power for power in powers[::stride] for step in steps]
        found = [tick for tick in every if low - 0.05 <= math.log10(tick) <= high + 0.05]
        return found or [10.0 ** powers[0]]

    def texts(self, ticks: list[float]) -> dict[str, str]:
        """`major_label_overrides`, by the places of the ticks."""
        if not self.is_log:
            return scales.tick_texts(ticks, self.formula.pattern, self.locale)
        return {scales.key(self.place(tick)): self._text(tick) for tick in ticks}

    def _text(self, tick: float) -> str:
        if self.formula.is_share:
            return formats.number(tick, "#,##0.######%", self.locale)
        if tick < 1e-6:
            return f"{tick:g}"
        if tick >= 10_000:
            return formats.compact(tick, self.locale)
        return formats.number(tick, "#,##0.######", self.locale)

    def span(self, values: list[float], ticks: list[float], room: float) -> dict[str, float]:
        """The range: from tick to tick, and more where a point would touch the edge; ``room`` is
        the share of the range that it then keeps from it."""
        places = [self.place(value) for value in values]
        low, high = min(places), max(places)
        ends = (low, high) if self.is_log else (ticks[0], ticks[-1])
        pad = room * ((max(high, ends[1]) - min(low, ends[0])) or 1.0)
        start = ends[0] if low - ends[0] >= pad else low - pad
        end = ends[1] if ends[1] - high >= pad else high + pad
        return {"start": min(start, ends[0]), "end": max(end, ends[1])}


@dataclass(frozen=True, slots=True)
class Line:
    """y = slope * x + base in the places of the axes; ``r2`` is the share that it explains."""

    slope: float
    base: float
    r2: float

    def at(self, x: float) -> float:
        return self.slope * x + self.base

    @property
    def words(self) -> str:
        return "strong" if self.r2 >= 0.7 else "moderate" if self.r2 >= 0.3 else "weak"


def least_squares(xs: list[float], ys: list[float]) -> Line | None:
    """The line; None for fewer than three points, or where x or y does not vary."""
    count = len(xs)
    if count < 3:
        return None
    x_mean, y_mean = math.fsum(xs) / count, math.fsum(ys) / count
    sxx = math.fsum((x - x_mean) ** 2 for x in xs)
    syy = math.fsum((y - y_mean) ** 2 for y in ys)
    sxy = math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    if sxx <= 0 or syy <= 0:
        return None
    slope = sxy / sxx
    return Line(slope, y_mean - slope * x_mean, min(sxy * sxy / (sxx * syy), 1.0))


def short(place: float) -> float:
    """With the digits that a screen can show; the words beside it are exact."""
    return float(f"{place:.7g}")


def diameters(sizes: list[float | None], most: float) -> list[float]:
    """Pixels, so that areas are as the sizes; what has no size above zero is as small as can be."""
    largest = max((size for size in sizes if size is not None and size > 0), default=0.0)
    found = []
    for size in sizes:
        share = max(size or 0.0, 0.0) / largest if largest else 0.0
        found.append(round(max(most * math.sqrt(share), LEAST_SIZE), 2))
    return found


def labelled(
    marks: list[tuple[float, float, float]], widths: list[float], frame: float, most: int
) -> list[tuple[int, int]]:
    """Which marks have their names at their right (1) or left (-1), so that none covers another
    name or mark.

    ``marks``: (x, y, diameter) in pixels, the most important first; ``widths`` of their names."""
    kept: list[tuple[int, int]] = []
    boxes: list[tuple[float, float, float]] = []  # left, right, middle
    for index, ((x, y, size), width) in enumerate(zip(marks[:CANDIDATES], widths, strict=False)):
        if len(kept) == most:
            break
        for side in (1, -1):
            left = x + size / 2 + 4 if side > 0 else x - size / 2 - 4 - width
            box = (left, left + width, y)
            others = marks[:index] + marks[index + 1 :]
            if left >= 0 and box[1] <= frame and _is_free(box, boxes, others):
                kept.append((index, side))
                boxes.append(box)
                break
    return kept


def _is_free(
    box: tuple[float, float, float],
    boxes: list[tuple[float, float, float]],
    marks: list[tuple[float, float, float]],
) -> bool:
    left, right, middle = box
    names = all(
        abs(middle - y) >= 15 or right < start - 4 or left > end + 4 for start, end, y in boxes
    )
    return names and all(
        abs(middle - y) >= 6 + size / 3 or right < x - size / 3 or left > x + size / 3
        for x, y, size in marks
    )
