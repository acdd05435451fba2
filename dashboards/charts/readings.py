"""A value on its scale, against limits and a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.charts import scales

if TYPE_CHECKING:
    from dashboards.charts.gauge import GaugeOptions


def ends(value: float, options: GaugeOptions) -> tuple[float, float]:
    """The scale: as the options say, else round ends that hold value, target and limits, with
    room for what lies beyond the last limit."""
    points = [value, options.target, options.warn, options.critical]
    fixed = (options.scale_from, options.scale_to)
    known = [point for point in points if point is not None]
    ticks = scales.scale([p for p in [*known, *fixed] if p is not None], from_zero=True)
    start = ticks[0] if fixed[0] is None else fixed[0]
    limits = [limit for limit in (options.warn, options.critical) if limit is not None]
    if ticks[-1] in limits:
        ticks.append(2 * ticks[-1] - ticks[-2])
    end = ticks[-1] if fixed[1] is None else fixed[1]
    return (start, end) if start < end else (start, start + 1)


@dataclass(frozen=True, slots=True)
class Reading:
    """The value on its scale; places are shares of the scale."""

    value: float
    start: float
    end: float
    options: GaugeOptions

    def place(self, value: float) -> float:
        return min(max((value - self.start) / (self.end - self.start), 0.0), 1.0)

    @property
    def is_beyond(self) -> bool:
        return not self.start <= self.value <= self.end

    @property
    def has_limits(self) -> bool:
        return self.options.critical is not None or self.options.warn is not None

    @property
    def kind(self) -> str:
        """good, warn or bad by the limits; without limits by the target; else nothing."""
        sign = 1 if self.options.good == "up" else -1
        for kind, limit in (("bad", self.options.critical), ("warn", self.options.warn)):
            if limit is not None and sign * self.value < sign * limit:
                return kind
        if self.has_limits:
            return "good"
        goal = self.options.target
        if goal is None:
            return ""
        return "good" if sign * self.value >= sign * goal else "warn"

    def bands(self) -> list[tuple[str, float, float]]:
        """Kind, start and end of each band, along the scale."""
        warn, critical = self.options.warn, self.options.critical
        up = self.options.good == "up"
        limits = [("bad", critical), ("warn", warn)]
        edges = [(kind, limit) for kind, limit in limits if limit is not None]
        if not edges:
            return [("", self.start, self.end)]
        kinds = [kind for kind, _ in edges] + ["good"]
        cuts = [min(max(limit, self.start), self.end) for _, limit in edges]
        if not up:
            kinds, cuts = kinds[::-1], cuts[::-1]
        ends = [self.start, *cuts, self.end]
        rows = zip(kinds, ends[:-1], ends[1:], strict=True)
        return [(kind, low, high) for kind, low, high in rows if low < high]
