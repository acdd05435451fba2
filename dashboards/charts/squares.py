"""Rectangles of given areas that fill a rectangle and are near to squares.

Bruls, Huizing, van Wijk (2000), Squarified treemaps, Proc. Joint Eurographics and IEEE TCVG
Symposium on Visualization, 33-42."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """``top`` is the smaller y: a treemap is read from the top left."""

    left: float
    top: float
    width: float
    height: float

    @property
    def aspect(self) -> float:
        """Longer side by shorter side, at least 1."""
        return max(self.width, self.height) / min(self.width, self.height)

    def inner(self, by: float, head: float = 0.0) -> Rect:
        """Without a margin, and without ``head`` more at the top; never less than nothing."""
        width, height = max(self.width - 2 * by, 0.0), max(self.height - 2 * by - head, 0.0)
        return Rect(self.left + by, self.top + by + head, width, height)


def squares(values: list[float], whole: Rect) -> list[Rect]:
    """One rectangle per value, in their order, areas in their proportion.

    Values are positive and descend; the area of ``whole`` is divided completely."""
    if not values:
        return []
    unit = whole.width * whole.height / sum(values)
    areas = [value * unit for value in values]
    found: list[Rect] = []
    rest = whole
    while areas:
        side = min(rest.width, rest.height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(
            areas[:count], side
        ):
            count += 1
        row, rest = _row(areas[:count], rest, is_last=count == len(areas))
        found += row
        areas = areas[count:]
    return found


def _worst(row: list[float], side: float) -> float:
    """The largest aspect in a row along a side."""
    total = sum(row)
    if not total or not side:
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _row(areas: list[float], rest: Rect, *, is_last: bool) -> tuple[list[Rect], Rect]:
    """A row along the shorter side, at the left or at the top, and what is left over."""
    total, found, at = sum(areas), [], 0.0
    stands = rest.width >= rest.height
    side = rest.height if stands else rest.width
    depth = rest.width if is_last and stands else rest.height if is_last else 0.0
    depth = depth or (total / side if side else 0.0)
    for area in areas:
        length = side * area / total if total else 0.0
        if stands:
            found.append(Rect(rest.left, rest.top + at, depth, length))
        else:
            found.append(Rect(rest.left + at, rest.top, length, depth))
        at += length
    if stands:
        return found, Rect(rest.left + depth, rest.top, max(rest.width - depth, 0.0), rest.height)
    return found, Rect(rest.left, rest.top + depth, rest.width, max(rest.height - depth, 0.0))
